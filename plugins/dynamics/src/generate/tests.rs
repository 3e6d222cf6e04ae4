use super::*;
use crate::n_body::NBody;
use crate::three_body::ThreeBody;
use crate::two_body::TwoBody;
use std::f64::consts::TAU;

fn system<S: System>(json: &str) -> S {
    let system: S = serde_json::from_str(json).unwrap();
    crate::options::check(&system).unwrap();
    system
}

/// Total momentum and the components of the angular momentum.
fn momenta(state: &[f64], dims: usize) -> Vec<f64> {
    let (q, p) = state.split_at(state.len() / 2);
    let mut total = vec![0.0; dims];
    let mut angular = vec![0.0; dims * dims];
    for (q, p) in q.chunks_exact(dims).zip(p.chunks_exact(dims)) {
        for i in 0..dims {
            total[i] += p[i];
            for j in 0..dims {
                angular[i * dims + j] += q[i] * p[j] - q[j] * p[i];
            }
        }
    }
    total.extend(angular);
    total
}

/// The worst errors over all splits: energy relative to |E₀|, momentum and angular momentum absolute.
fn worst<S: System>(system: &S, seed: u64) -> (f64, f64) {
    let physics = system.physics();
    let (mut energy, mut momentum): (f64, f64) = (0.0, 0.0);
    for trajectory in generate(system, seed).unwrap().iter().flatten() {
        let gravity = Gravity {
            masses: trajectory.labels.clone(),
            softening: physics.softening,
            field: physics.acceleration(),
        };
        let energies: Vec<f64> = trajectory
            .states
            .iter()
            .map(|state| {
                let mut phase = state.clone();
                let half = gravity.half();
                for (mass, v) in gravity.masses.iter().zip(phase[half..].chunks_exact_mut(physics.dims)) {
                    v.iter_mut().for_each(|x| *x /= mass);
                }
                gravity.energy(&phase)
            })
            .collect();
        let first = momenta(&trajectory.states[0], physics.dims);
        for (state, now) in trajectory.states.iter().zip(&energies) {
            energy = energy.max(((now - energies[0]) / energies[0]).abs());
            for (now, first) in momenta(state, physics.dims).iter().zip(&first) {
                momentum = momentum.max((now - first).abs());
            }
        }
    }
    (energy, momentum)
}

#[test]
fn energy_and_momenta_are_conserved_by_default() {
    for (energy, momentum) in [
        worst(&TwoBody::default(), 0),
        worst(&ThreeBody::default(), 0),
        worst(&system::<NBody>("{\"trajectories\": 100}"), 0),
    ] {
        assert!(energy < 1e-11 && momentum < 1e-11, "energy {energy:.1e}, momenta {momentum:.1e}");
    }
}

#[test]
fn energy_and_momenta_are_conserved_at_the_ends_of_the_options() {
    let few = r#""trajectories": 10, "validation": 3, "test": 3"#;
    // Tens of revolutions of tight, eccentric orbits.
    let two = format!(r#"{{{few}, "radius": [0.1, 0.3], "velocity_noise": 0.3, "dt": 0.2, "samples": 100}}"#);
    let uneven = format!(r#"{{{few}, "mass_range": [0.01, 100], "samples": 200, "dt": 0.1}}"#);
    let three =
        format!(r#"{{{few}, "radius": [0.3, 0.5], "velocity_noise": 0.3, "dt": 0.1, "samples": 40}}"#);
    let many = format!(r#"{{{few}, "bodies": 12, "softening": 0.05, "radius": [0.5, 1], "samples": 60}}"#);
    let bare = format!(r#"{{{few}, "softening": 0, "samples": 40}}"#);
    for (energy, momentum) in [
        worst(&system::<TwoBody>(&two), 1),
        worst(&system::<TwoBody>(&uneven), 1),
        worst(&system::<ThreeBody>(&three), 1),
        worst(&system::<NBody>(&many), 1),
        worst(&system::<NBody>(&bare), 1),
    ] {
        assert!(energy < 3e-9 && momentum < 1e-9, "energy {energy:.1e}, momenta {momentum:.1e}");
    }
}

#[test]
fn energy_is_conserved_in_a_field_and_momentum_is_not() {
    let (energy, momentum) = worst(&system::<TwoBody>(r#"{"field": [0.2, -0.4], "trajectories": 20}"#), 2);
    assert!(energy < 1e-11 && momentum > 0.1, "energy {energy:.1e}, momenta {momentum:.1e}");
    let (energy, _) = worst(&system::<NBody>(r#"{"field": [0.2, 0, -0.4], "trajectories": 20}"#), 2);
    assert!(energy < 1e-11, "energy {energy:.1e}");
}

#[test]
fn equal_seeds_give_equal_bits_and_more_trajectories_leave_the_others_alone() {
    let small = system::<ThreeBody>(r#"{"trajectories": 5, "validation": 2, "test": 2}"#);
    let large = system::<ThreeBody>(r#"{"trajectories": 7, "validation": 2, "test": 3}"#);
    let [small, again, other, large] =
        [(&small, 3), (&small, 3), (&small, 4), (&large, 3)].map(|(s, seed)| generate(s, seed).unwrap());
    assert_eq!(small, again);
    assert_ne!(small, other);
    for (small, large) in small.iter().zip(&large) {
        assert_eq!(small[..], large[..small.len()]);
    }
}

#[test]
fn no_trajectory_is_in_two_splits() {
    let all = generate(&TwoBody::default(), 0).unwrap();
    let mut starts: Vec<Vec<u64>> = all
        .iter()
        .flatten()
        .map(|trajectory| trajectory.states[0].iter().map(|x| x.to_bits()).collect())
        .collect();
    let count = starts.len();
    assert_eq!(count, 500);
    starts.sort();
    starts.dedup();
    assert_eq!(starts.len(), count);
}

/// Rotating a solution is solving from the rotated start, when there is no field.
fn rotation_error<S: System>(json: &str) -> f64 {
    let system = system::<S>(json);
    let [.., test, shifted] = generate(&system, 5).unwrap();
    let mut worst: f64 = 0.0;
    for (number, (test, shifted)) in test.iter().zip(&shifted).enumerate() {
        let physics = system.physics();
        let mut start = test.states[0].clone();
        let half = start.len() / 2;
        for (mass, v) in test.labels.iter().zip(start[half..].chunks_exact_mut(physics.dims)) {
            v.iter_mut().for_each(|x| *x /= mass);
        }
        let gravity = Gravity {
            masses: test.labels.clone(),
            softening: physics.softening,
            field: vec![0.0; physics.dims],
        };
        let rotation = uniform(physics.dims, &mut stream(5, 0, Split::Shifted, number));
        let motion = follow(&system, gravity, rotate(&rotation, &start)).unwrap().into_trajectory();
        for (a, b) in motion.states.iter().flatten().zip(shifted.states.iter().flatten()) {
            worst = worst.max((a - b).abs());
        }
    }
    worst
}

#[test]
fn rotated_solutions_are_solutions() {
    assert!(rotation_error::<TwoBody>(r#"{"trajectories": 1, "mass_range": [0.5, 2]}"#) < 1e-10);
    assert!(rotation_error::<ThreeBody>(r#"{"trajectories": 1}"#) < 1e-10);
    assert!(rotation_error::<NBody>(r#"{"trajectories": 1}"#) < 1e-10);
}

#[test]
fn in_a_field_the_shifted_split_is_simulated_again() {
    let field = [0.3, -0.6];
    let system = system::<TwoBody>(r#"{"trajectories": 1, "field": [0.3, -0.6]}"#);
    let [.., test, shifted] = generate(&system, 6).unwrap();
    for trajectory in test.iter().chain(&shifted) {
        let (first, last) = (&trajectory.states[0], &trajectory.states[19]);
        for axis in 0..2 {
            // Total momentum grows by M g t, in the direction of the field for every orientation.
            let gain = last[4 + axis] + last[6 + axis] - first[4 + axis] - first[6 + axis];
            assert!((gain - 2.0 * field[axis] * 0.95).abs() < 1e-10);
        }
    }
}

#[test]
fn training_leaves_most_of_the_circle_uncovered_and_the_shifted_split_covers_it() {
    let [train, .., shifted] = generate(&TwoBody::default(), 0).unwrap();
    let angles = |trajectories: &[Trajectory]| -> Vec<f64> {
        let states = trajectories.iter().flat_map(|trajectory| &trajectory.states);
        states.map(|state| state[1].atan2(state[0]) / TAU).collect()
    };
    // The velocity noise carries a few orbits a little beyond the sector of ±0.35/2.
    let train = angles(&train);
    let inside = train.iter().filter(|turn| turn.abs() <= 0.175).count();
    assert!(inside as f64 > 0.95 * train.len() as f64);
    assert!(train.iter().all(|turn| turn.abs() < 0.23));
    let shifted = angles(&shifted);
    for sector in 0..8 {
        let start = f64::from(sector) / 8.0 - 0.5;
        let share = shifted.iter().filter(|turn| (start..start + 0.125).contains(*turn)).count();
        assert!(share > shifted.len() / 32, "sector {sector} holds {share} of {}", shifted.len());
    }
}

#[test]
fn a_hopeless_trajectory_is_one_sentence_with_the_options_to_change() {
    let mut draws = 0;
    let outcome = attempt::<TwoBody>(Split::Validation, 17, || {
        draws += 1;
        Err("a relative energy drift of 2.0e-8".into())
    });
    assert_eq!(draws, ATTEMPTS);
    assert_eq!(
        outcome.err().unwrap().to_string(),
        "two-body: trajectory 17 of the validation split failed in 100 draws, the last with a relative energy drift \
         of 2.0e-8, expected a relative energy drift of at most 1e-9: lower `samples`, `dt` or `velocity_noise`, or \
         raise `radius`"
    );
}
