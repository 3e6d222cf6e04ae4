//! How much a verdict depends on the samples that happened to be drawn.

use super::verdict::weigh;
use super::{Evidence, Spectrum};
use crate::data::stream;
use rand::RngExt;
use std::collections::BTreeMap;

/// Agreement of the verdict with those of resampled validation samples (Efron's bootstrap, on blocks of samples).
#[derive(Clone, Debug, PartialEq)]
pub struct Confidence {
    /// Part of the resamples, 0 to 1, with the same numbers of exact and approximate generators.
    pub agreement: f64,
    /// How many resamples.
    pub resamples: usize,
    /// How many gave each pair of numbers.
    pub dimensions: BTreeMap<(usize, usize), usize>,
}

/// Directions above which decompositions take too long for more than [`FEW`] resamples.
const MANY_DIRECTIONS: usize = 64;
const FEW: usize = 20;

/// Draws blocks of samples with replacement, and counts again each time. The backbones stay the same: what other
/// training data would say is not in it. `None` where no resamples are asked for.
pub fn bootstrap(evidence: &Evidence, whole: &Spectrum, resamples: usize, seed: u64) -> Option<Confidence> {
    let resamples = if whole.violations.len() > MANY_DIRECTIONS { resamples.min(FEW) } else { resamples };
    if resamples == 0 {
        return None;
    }
    let mut random = stream(seed, "bootstrap");
    let blocks = evidence.blocks();
    let mut dimensions = BTreeMap::new();
    for _ in 0..resamples {
        let drawn = (0..blocks).map(|_| random.random_range(0..blocks)).collect();
        let count = weigh(&Spectrum::resampled(evidence, drawn));
        *dimensions.entry((count.exact, count.approximate)).or_insert(0) += 1;
    }
    let count = weigh(whole);
    let same = dimensions.get(&(count.exact, count.approximate)).copied().unwrap_or(0);
    Some(Confidence { agreement: same as f64 / resamples as f64, resamples, dimensions })
}
