//! From trajectories to samples: measurement noise, windows of states, residual targets.
//!
//! A sample sees `history` states and is to say by how much the state changes over the next `horizon` steps. All
//! numbers stay in physical units; scaling is the host's business. Positions and momenta are separate fields,
//! because each kind needs one scale of its own (a scale for each coordinate would destroy the symmetry).

use crate::generate::{Trajectory, stream};
use crate::options::Sampling;
use rand_distr::{Distribution, StandardNormal};
use semola_plugin_api::Split;

/// The samples of a split, each list row by row.
#[derive(Debug, Default, PartialEq)]
pub(crate) struct Windows {
    /// Number of samples.
    pub(crate) count: usize,
    /// Positions, `[count, history · N, n]`, oldest state first.
    pub(crate) q: Vec<f32>,
    /// Momenta, `[count, history · N, n]`.
    pub(crate) p: Vec<f32>,
    /// Masses or charges, `[count, N]`.
    pub(crate) labels: Vec<f32>,
    /// Change of the positions, `[count, N, n]`.
    pub(crate) dq: Vec<f32>,
    /// Change of the momenta, `[count, N, n]`.
    pub(crate) dp: Vec<f32>,
}

/// Standard deviations of the measurement noise of positions and momenta: `noise` times their root mean square
/// over these trajectories.
pub(crate) fn noise_scale(noise: f64, trajectories: &[Trajectory]) -> [f64; 2] {
    let mut squares = [0.0; 2];
    let mut count = 0;
    for state in trajectories.iter().flat_map(|trajectory| &trajectory.states) {
        let half = state.len() / 2;
        for (sum, part) in squares.iter_mut().zip(state.chunks_exact(half)) {
            *sum += part.iter().map(|x| x * x).sum::<f64>();
        }
        count += half;
    }
    squares.map(|sum| noise * (sum / count.max(1) as f64).sqrt())
}

/// Cuts the trajectories of a split into samples. Noise is drawn once a state, so that windows of one trajectory
/// agree about what was measured, and the targets are differences of measured states.
pub(crate) fn windows(
    trajectories: &[Trajectory],
    sampling: &Sampling,
    noise: [f64; 2],
    seed: u64,
    split: Split,
) -> Windows {
    let mut windows = Windows::default();
    for (number, trajectory) in trajectories.iter().enumerate() {
        let measured = measure(trajectory, noise, seed, split, number);
        for first in 0..sampling.windows() {
            let now = first + sampling.history - 1;
            for state in &measured[first..=now] {
                let (q, p) = state.split_at(state.len() / 2);
                windows.q.extend(q.iter().map(|&x| x as f32));
                windows.p.extend(p.iter().map(|&x| x as f32));
            }
            let change = measured[now + sampling.horizon]
                .iter()
                .zip(&measured[now])
                .map(|(later, now)| (later - now) as f32);
            let half = measured[now].len() / 2;
            windows.dq.extend(change.clone().take(half));
            windows.dp.extend(change.skip(half));
            windows.labels.extend(trajectory.labels.iter().map(|&m| m as f32));
            windows.count += 1;
        }
    }
    windows
}

fn measure(
    trajectory: &Trajectory,
    noise: [f64; 2],
    seed: u64,
    split: Split,
    number: usize,
) -> Vec<Vec<f64>> {
    let mut states = trajectory.states.clone();
    if noise == [0.0; 2] {
        return states;
    }
    let mut rng = stream(seed, 1, split, number);
    for state in &mut states {
        let half = state.len() / 2;
        for (part, scale) in state.chunks_exact_mut(half).zip(noise) {
            for x in part {
                let error: f64 = StandardNormal.sample(&mut rng);
                *x += scale * error;
            }
        }
    }
    states
}

#[cfg(test)]
mod tests {
    use super::*;

    /// One body on a line: q = 1, 2, 4, 8, … and p = −q.
    fn doubling(samples: usize) -> Trajectory {
        Trajectory {
            labels: vec![3.0],
            states: (0..samples).map(|k| vec![f64::from(1 << k), -f64::from(1 << k)]).collect(),
        }
    }

    #[test]
    fn windows_hold_the_past_and_the_change_ahead() {
        let sampling = Sampling { samples: 6, history: 2, horizon: 3, ..Sampling::default() };
        let found = windows(&[doubling(6)], &sampling, [0.0; 2], 0, Split::Train);
        assert_eq!(found.count, 2);
        assert_eq!(found.q, [1.0, 2.0, 2.0, 4.0]);
        assert_eq!(found.p, [-1.0, -2.0, -2.0, -4.0]);
        assert_eq!(found.dq, [16.0 - 2.0, 32.0 - 4.0]);
        assert_eq!(found.dp, [-14.0, -28.0]);
        assert_eq!(found.labels, [3.0, 3.0]);
    }

    #[test]
    fn noise_is_relative_to_each_kind_seeded_and_shared_between_windows() {
        let trajectory = Trajectory { labels: vec![1.0], states: vec![vec![2.0, 0.0, 0.2, 0.0]; 4000] };
        let scale = noise_scale(0.1, std::slice::from_ref(&trajectory));
        assert!(
            (scale[0] - 0.1 * 2.0_f64.sqrt()).abs() < 1e-12
                && (scale[1] - 0.01 * 2.0_f64.sqrt()).abs() < 1e-12
        );
        let sampling = Sampling { samples: 4000, history: 2, ..Sampling::default() };
        let one = std::slice::from_ref(&trajectory);
        let found = windows(one, &sampling, scale, 7, Split::Train);
        assert_eq!(found, windows(one, &sampling, scale, 7, Split::Train));
        assert_ne!(found, windows(one, &sampling, scale, 8, Split::Train));
        assert_ne!(found, windows(one, &sampling, scale, 7, Split::Test));
        // The second state of a window is the first of the next one.
        assert_eq!(found.q[2..4], found.q[4..6]);
        let spread: f64 = found.p.iter().step_by(2).map(|&x| f64::from(x - 0.2).powi(2)).sum::<f64>();
        let deviation = (spread / (found.p.len() / 2) as f64).sqrt();
        assert!((deviation / scale[1] - 1.0).abs() < 0.1, "{deviation} instead of {}", scale[1]);
    }
}
