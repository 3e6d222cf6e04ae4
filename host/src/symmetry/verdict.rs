//! How many symmetries a spectrum supports.
//!
//! Small violations alone prove nothing: a poorly fitted backbone violates true symmetries, and every spectrum
//! has a smallest value. What counts is a gap, and violations that the backbone's own error explains.

/// Ratio of neighbouring violations that makes a gap.
const GAP: f64 = 5.0;
/// `s` below which a generator is exact: its relative violation is below the backbone's error.
const EXACT: f64 = 1.0;
/// `s` up to which a generator before the gap is approximate.
const APPROXIMATE: f64 = 15.0;

/// How many of the least violated directions are symmetries.
#[derive(Clone, Debug, PartialEq)]
pub struct Count {
    /// Exact generators: the first of the spectrum.
    pub exact: usize,
    /// Approximate ones, following them.
    pub approximate: usize,
    /// Relative violation over the backbone's normalised validation error, one a direction.
    pub s: Vec<f64>,
}

/// Counts: `relative` violations ascending (mean 1), `error` the backbone's mean squared error on validation
/// data over the variance of the targets.
pub fn count(relative: &[f64], error: f64) -> Count {
    let s: Vec<f64> = relative
        .iter()
        .map(|rel| rel / error.max(f64::MIN_POSITIVE))
        .collect();
    let gaps = (1..relative.len()).map(|k| (k, relative[k] / relative[k - 1].max(f64::MIN_POSITIVE)));
    let before_gap = gaps
        .filter(|&(k, ratio)| ratio >= GAP && s[k - 1] <= APPROXIMATE)
        .max_by(|a, b| a.1.total_cmp(&b.1))
        .map_or(0, |(k, _)| k);
    let exact = s[..before_gap].iter().take_while(|&&s| s < EXACT).count();
    Count {
        exact,
        approximate: before_gap - exact,
        s,
    }
}
