//! How many symmetries a spectrum supports.
//!
//! Small violations alone prove nothing: every spectrum has a smallest value, and a backbone violates even an
//! exact symmetry by its own error. A direction is a symmetry if three things hold: its violation is small
//! beside the others, there is a gap behind it, and the backbone's error explains it. Thresholds on violations
//! alone do not transfer between tasks; the third condition is what keeps controls out. Two checks stand around
//! that: a backbone that explains little tells nothing, and exact symmetries close under the bracket. After joint
//! training comes one more: augmenting by an exact symmetry does not spoil the fit of held-out data.

use super::algebra::{LieAlgebra, NOT_CLOSED};
use super::{Candidates, Spectrum, to_matrices};

/// Violation over the mean of those behind the gap, up to which a direction may be exact. True directions of fitted
/// backbones stay below 0.05, controls begin at 0.15.
const SMALL: f64 = 0.07;
/// Ratio of neighbouring violations that makes a gap.
const GAP: f64 = 5.0;
/// Violation over what the backbone's error explains, below which a direction is exact. True symmetries gave
/// 0.05 to 1.1 on most tasks, a slightly broken one (two bodies in a weak field) 1.7 to 4.7, controls 3 to 2000.
const EXPLAINED: f64 = 1.5;
/// A gap so wide that more is forgiven: the error's share is an estimate, and where a backbone fits very well,
/// true symmetries gave up to 4.1 at relative violations below 0.007, with gaps of 60 to 1400 behind them; the
/// slightly broken one had a gap of 14 behind 0.01.
const WIDE_GAP: f64 = 30.0;
/// Relative violation that is forgiven so.
const TINY: f64 = 0.008;
/// As [`EXPLAINED`], for tiny violations before a wide gap.
const NEARLY_EXPLAINED: f64 = 5.0;
/// Violation over the mean of those behind the gap, up to which a direction may be exact that lies a gap behind others: cells
/// whose shape does not count have se(2) at 0.002 and two stretches that matter little at 0.02 and 0.03.
const TINY_BEHIND: f64 = 0.015;
/// Relative violation up to which a direction before a gap is at least approximate.
const APPROXIMATE: f64 = 0.1;

/// Part of the pose that may be told along a direction that holds for a part of the group. Poses up to r of data spread
/// evenly up to w tell r / 2w, so at the r of a quarter turn over data of ±45° it is a half; digits of ±45° gave 0.15
/// (r = 22°), upright ones 0.46.
const LITTLE_TOLD: f64 = 0.3;
/// Part of the pose above which a direction may hold for a part of the group although it passes for exact: digits of ±45° gave
/// 0.057 to 0.087, groups that hold as a whole up to 0.011 (digits and jets 0.004, kinds of furniture 0.011).
const HARDLY_TOLD: f64 = 0.02;
/// The gap that must be behind directions that hold for a part.
const PARTIAL_GAP: f64 = 3.0;

/// Mean squared error, over the variance of the targets, above which a backbone is no witness.
const UNEXPLAINED: f64 = 0.5;

/// How many of the least violated directions are symmetries.
#[derive(Clone, Debug, PartialEq)]
pub struct Count {
    /// Exact generators: the first of the spectrum.
    pub exact: usize,
    /// Approximate ones, following them.
    pub approximate: usize,
    /// Of the exact ones, how many the data may bear for a part of the group only, as the spread of their poses will show: all
    /// or none.
    pub partial: usize,
    /// Violation of each direction over the violation that the backbone's error explains.
    pub s: Vec<f64>,
    /// Why less is claimed than the spectrum alone would suggest.
    pub note: Option<String>,
}

/// Squared validation error with augmentation over that without, above which the augmentation contradicts the data.
/// Exact symmetries gave 1.0 to 1.7.
const CONTRADICTED: f64 = 4.0;

/// Whether training with the generators found has left a validation error that training without them avoids.
pub fn contradicted(with: f64, without: f64) -> bool {
    with > CONTRADICTED * without
}

impl Count {
    /// Says so when more was found than with the declared representation, because the output may move freely.
    pub fn warn_of_learned_output(&mut self, declared: usize) {
        if self.exact > declared {
            self.note = Some(format!(
                "the group is as large as this because the output representation is learned: {} generators with any linear \
                 action on the targets, {declared} with the declared one",
                self.exact
            ));
        }
    }

    /// Calls all generators approximate, after [`contradicted`].
    pub fn demote(&mut self, with: f64, without: f64) {
        self.approximate += self.exact;
        (self.exact, self.partial) = (0, 0);
        self.note = Some(format!(
            "augmenting with what looked like exact symmetries left {:.1} times the validation error of training without \
             them, so they hold only approximately, and the model was trained without",
            (with / without).sqrt()
        ));
    }
}

/// Counts.
///
/// # Errors
/// The generators are not finite.
pub fn count(spectrum: &Spectrum, candidates: &Candidates) -> anyhow::Result<Count> {
    let mut count = weigh(spectrum);
    let found = count.exact + count.approximate;
    if count.exact > 1 {
        let coordinates = spectrum.coordinates(0, count.exact, candidates.directions().device());
        let generators = candidates.combine(&coordinates);
        let closure = LieAlgebra::from_generators(&to_matrices(&generators))?.closure();
        if closure > NOT_CLOSED {
            count = Count { exact: 0, approximate: found, partial: 0, ..count };
            count.note = Some(format!(
                "{found} directions are hardly violated, but their brackets leave their span (closure residual \
                 {closure:.2}), so they cannot all be exact symmetries"
            ));
        }
    } else if count.approximate > 0 && count.s[..found].iter().all(|&s| s < EXPLAINED) {
        count.note = Some(
            "the model's own error explains the violations of the approximate generators: with a better fit (more \
             training.steps, a larger model) they may prove exact"
                .into(),
        );
    }
    Ok(count)
}

/// Counts by the numbers of the spectrum alone, without a look at the generators.
pub(super) fn weigh(spectrum: &Spectrum) -> Count {
    let mut count = decide(&spectrum.relative(), spectrum.s.clone());
    if spectrum.parts {
        count = in_part(count, &spectrum.relative());
    }
    if count.exact + count.approximate > 0 && spectrum.error > UNEXPLAINED {
        let unexplained = 100.0 * spectrum.error;
        count = Count { exact: 0, approximate: 0, partial: 0, ..count };
        count.note = Some(format!(
            "after the warm-up the model leaves {unexplained:.0} % of the targets' variance unexplained, too much to \
             tell symmetries by it: raise training.steps or training.warm_up, or take a larger model"
        ));
    }
    count
}

/// Judges generators that were given beforehand: all of them together, since the group is claimed as a whole.
pub fn judge(spectrum: &Spectrum) -> Count {
    let (relative, s) = (spectrum.relative(), spectrum.s.clone());
    let k = s.len();
    let exact = |(&rel, &s): (&f64, &f64)| rel < SMALL && s < EXPLAINED || rel < TINY && s < NEARLY_EXPLAINED;
    let worst = relative.iter().copied().fold(0.0, f64::max);
    if relative.iter().zip(&s).all(exact) {
        return Count { exact: k, approximate: 0, partial: 0, s, note: None };
    }
    let approximate = if worst < APPROXIMATE { k } else { 0 };
    let note = format!(
        "the model learned from the data violates the given generators by up to {worst:.2} of the mean over all \
         directions; it was trained with them as asked"
    );
    Count { exact: 0, approximate, partial: 0, s, note: Some(note) }
}

/// Whether training has turned generators away from what the data showed: the warmed-up backbone violates one of them by
/// more than its error explains. A basis in training can do that to get around contradictions.
pub fn turned_away(learned: &Spectrum) -> bool {
    learned.relative().iter().zip(&learned.s).any(|(&rel, &s)| rel > TINY && s > NEARLY_EXPLAINED)
}

/// Which directions may hold for a part of the group: those that are told a little though they pass for exact; where none does,
/// leading ones of which little is told, and of all others much.
fn in_part(count: Count, relative: &[f64]) -> Count {
    if count.exact > 0 {
        let partial = if relative[count.exact - 1] > HARDLY_TOLD { count.exact } else { 0 };
        return Count { partial, ..count };
    }
    let leading = relative.iter().zip(&count.s).take_while(|&(&rel, &s)| rel < LITTLE_TOLD && s < EXPLAINED);
    let gap_behind = |k: usize| relative.get(k).is_some_and(|next| *next >= PARTIAL_GAP * relative[k - 1]);
    match (1..=leading.count()).rev().find(|&k| gap_behind(k)) {
        Some(partial) => Count { exact: partial, approximate: 0, partial, ..count },
        None => count,
    }
}

fn decide(relative: &[f64], s: Vec<f64>) -> Count {
    let gap_behind = |k: usize, gap: f64| relative.get(k).is_none_or(|next| *next >= gap * relative[k - 1]);
    let leading = |values: &[f64], limit: f64| values.iter().take_while(|&&value| value < limit).count();
    // Small beside the violated directions: the mean of all shrinks where most directions are symmetric.
    let small = |k: usize| {
        let violated = &relative[k..];
        let scale = if violated.is_empty() { 1.0 } else { mean(violated) };
        relative[k - 1] < SMALL * scale
    };
    // What lies a gap behind other symmetries is one of them only where it is tiny as well.
    let steps_up = |k: usize| {
        let scale = relative.get(k..).filter(|violated| !violated.is_empty()).map_or(1.0, mean);
        (1..k).any(|j| gap_behind(j, GAP)) && relative[k - 1] >= TINY_BEHIND * scale
    };
    let explained =
        (1..=leading(&s, EXPLAINED)).rev().find(|&k| small(k) && gap_behind(k, GAP) && !steps_up(k));
    let nearly = leading(relative, TINY).min(leading(&s, NEARLY_EXPLAINED));
    let nearly = (1..=nearly).rev().find(|&k| gap_behind(k, WIDE_GAP));
    let exact = explained.max(nearly).unwrap_or(0);
    let approximate = (exact + 1..=leading(relative, APPROXIMATE)).rev().find(|&k| gap_behind(k, GAP));
    Count { exact, approximate: approximate.unwrap_or(exact) - exact, partial: 0, s, note: None }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn counts(relative: &[f64], s: &[f64]) -> (usize, usize) {
        let count = decide(relative, s.to_vec());
        (count.exact, count.approximate)
    }

    #[test]
    fn a_gap_and_an_explained_violation_make_an_exact_symmetry() {
        assert_eq!(counts(&[0.002, 0.12, 0.9, 2.9], &[0.5, 8.0, 80.0, 150.0]), (1, 0));
        assert_eq!(counts(&[0.004, 0.005, 0.006, 1.0, 1.1], &[0.3, 0.9, 1.1, 60.0, 70.0]), (3, 0));
    }

    #[test]
    fn a_wide_gap_forgives_an_underestimated_error() {
        assert_eq!(counts(&[0.003, 0.42, 0.57, 0.73], &[3.1, 760.0, 910.0, 1300.0]), (1, 0));
        assert_eq!(counts(&[0.01, 0.14, 0.91, 2.9], &[3.1, 6.5, 48.0, 100.0]), (0, 1));
    }

    #[test]
    fn a_broken_symmetry_is_approximate_and_a_control_is_none() {
        assert_eq!(counts(&[0.011, 0.5, 0.65, 3.3], &[4.0, 20.0, 26.0, 126.0]), (0, 1));
        assert_eq!(counts(&[0.2, 0.83, 1.4, 1.6], &[5.9, 27.0, 7.7, 5.7]), (0, 0));
    }

    #[test]
    fn without_a_gap_nothing_is_claimed() {
        assert_eq!(counts(&[0.34, 0.84, 0.9, 1.9], &[0.7, 0.3, 0.3, 0.3]), (0, 0));
        assert_eq!(counts(&[0.03, 0.05, 0.09, 0.2], &[0.5, 0.6, 0.7, 1.0]), (0, 0));
    }

    #[test]
    fn an_approximate_symmetry_may_follow_an_exact_one() {
        assert_eq!(counts(&[0.001, 0.05, 0.9, 3.0], &[0.4, 9.0, 90.0, 300.0]), (1, 1));
    }

    #[test]
    fn a_direction_that_matters_little_does_not_pass_for_a_symmetry_behind_those_that_are() {
        let relative = [0.005, 0.009, 0.011, 0.11, 0.18, 5.7];
        assert_eq!(counts(&relative, &[0.2, 0.3, 0.4, 0.6, 0.9, 30.0]), (3, 0));
        // A rotation that is easier to learn than the translations.
        assert_eq!(counts(&[0.0001, 0.003, 0.004, 1.0, 2.0], &[0.1, 0.5, 0.6, 40.0, 80.0]), (3, 0));
    }

    #[test]
    fn many_symmetric_directions_do_not_hide_each_other() {
        // sl(3,R) in gl(3,R): one direction of nine is violated, and the mean of all is small.
        let relative = [0.11, 0.11, 0.12, 0.21, 0.23, 0.26, 0.29, 0.32, 7.35];
        let s = [0.5, 0.5, 0.5, 0.7, 0.7, 0.9, 0.9, 1.0, 16.0];
        assert_eq!(counts(&relative, &s), (8, 0));
        assert_eq!(counts(&relative, &s.map(|s| 9.0 * s)), (0, 0));
    }

    #[test]
    fn poses_that_are_told_a_little_may_be_those_of_a_part_of_the_group() {
        let s = vec![0.06, 0.27, 0.21, 0.26, 0.3, 0.24];
        let of = |first: f64| {
            let relative = [first, 0.734, 0.754, 0.862, 0.875, 0.91];
            let count = in_part(decide(&relative, s.clone()), &relative);
            (count.exact, count.approximate, count.partial)
        };
        // Digits of ±45°, three seeds, of which the last passes for exact; digits over the whole circle.
        assert_eq!([0.0791, 0.0655, 0.0573].map(of), [(1, 0, 1); 3]);
        assert_eq!(decide(&[0.0573, 0.734, 0.754, 0.862, 0.875, 0.91], s.clone()).exact, 1);
        assert_eq!([0.0, 0.0005, 0.0028].map(of), [(1, 0, 0); 3]);
        assert_eq!(of(0.46), (0, 0, 0), "upright digits");
    }

    #[test]
    fn a_function_that_everything_leaves_alone_is_fully_symmetric() {
        assert_eq!(counts(&[0.01, 0.02], &[0.4, 0.6]), (2, 0));
    }
}
