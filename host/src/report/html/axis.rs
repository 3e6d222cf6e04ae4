//! Axes: where a number goes on the drawing, and which numbers are written beside it.

use crate::report::summary::larger_is_better;

/// A linear or logarithmic map from values to places on the drawing.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Axis {
    low: f64,
    high: f64,
    log: bool,
    from: f64,
    to: f64,
}

/// Room beyond the outermost values, of the axis' length.
const MARGIN: f64 = 0.05;

impl Axis {
    /// From `from` to `to` on the drawing, with all finite `values` and a little room on it.
    pub(super) fn linear(values: impl IntoIterator<Item = f64>, from: f64, to: f64) -> Self {
        let (low, high) = bounds(values.into_iter().filter(|value| value.is_finite())).unwrap_or((0.0, 1.0));
        let room = if high > low { MARGIN * (high - low) } else { 0.5 * high.abs().max(1e-9) };
        Self { low: low - room, high: high + room, log: false, from, to }
    }

    /// Exactly this stretch of values.
    pub(super) fn exactly(low: f64, high: f64, from: f64, to: f64) -> Self {
        Self { low, high, log: false, from, to }
    }

    /// The same with the logarithm of the values; those that have none are left out.
    pub(super) fn log(values: impl IntoIterator<Item = f64>, from: f64, to: f64) -> Self {
        let logarithms = values.into_iter().filter(|value| value.is_finite() && *value > 0.0).map(f64::log10);
        let (low, high) = bounds(logarithms).unwrap_or((-1.0, 0.0));
        let room = (MARGIN * (high - low)).max(0.1);
        Self { low: low - room, high: high + room, log: true, from, to }
    }

    /// Of a measure: errors span decades, parts of one do not.
    pub(super) fn of_measure(measure: &str, values: &[f64], from: f64, to: f64) -> Self {
        let positive = values.iter().all(|value| *value > 0.0);
        let values = values.iter().copied();
        if larger_is_better(measure) || !positive {
            Self::linear(values, from, to)
        } else {
            Self::log(values, from, to)
        }
    }

    /// The place of a value; NaN for one that a logarithmic axis does not have, which nothing draws.
    pub(super) fn place(&self, value: f64) -> f64 {
        let value = if self.log { value.log10() } else { value };
        self.from + (value - self.low) / (self.high - self.low) * (self.to - self.from)
    }

    /// The two ends on the drawing.
    pub(super) fn ends(&self) -> (f64, f64) {
        (self.from, self.to)
    }

    /// At most `most` round numbers on the axis, ascending, as they are written.
    pub(super) fn ticks(&self, most: usize) -> Vec<(f64, String)> {
        if self.log { self.log_ticks(most) } else { self.linear_ticks(most) }
    }

    /// At most `most` numbers, and fewer where they would run into each other on a horizontal axis.
    pub(super) fn ticks_beside(&self, most: usize) -> Vec<(f64, String)> {
        // Digits at 11 pixels, and room between numbers.
        let half = |label: &String| 3.2 * label.chars().count() as f64 + 2.0;
        let apart = |ticks: &[(f64, String)]| {
            ticks.windows(2).all(|pair| {
                let [(left, a), (right, b)] = pair else { return true };
                (self.place(*right) - self.place(*left)).abs() >= half(a) + half(b)
            })
        };
        (1..=most).rev().map(|most| self.ticks(most)).find(|ticks| apart(ticks)).unwrap_or_default()
    }

    fn linear_ticks(&self, most: usize) -> Vec<(f64, String)> {
        let span = self.high - self.low;
        if !(span.is_finite() && span > 0.0) {
            return Vec::new();
        }
        let raw = span / most as f64;
        let power = 10_f64.powf(raw.log10().floor());
        let step = [1.0, 2.0, 5.0, 10.0].map(|factor| factor * power).into_iter().find(|step| *step >= raw);
        let step = step.unwrap_or(10.0 * power);
        let decimals = (-step.log10().floor()).clamp(0.0, 12.0) as usize;
        let first = (self.low / step - 1e-9).ceil() as i64;
        let last = (self.high / step + 1e-9).floor() as i64;
        (first..=last).map(|index| (index as f64 * step, fixed(index as f64 * step, decimals))).collect()
    }

    fn log_ticks(&self, most: usize) -> Vec<(f64, String)> {
        let (first, last) = (self.low.ceil() as i32, self.high.floor() as i32);
        if last - first < 1 {
            let mut exponents = first - 1..=last.max(first);
            let all = exponents.by_ref().flat_map(|exponent| {
                [1.0, 2.0, 5.0].map(|factor| (factor * 10_f64.powi(exponent), plain(factor, exponent)))
            });
            let inside = |value: &f64| (self.low..=self.high).contains(&value.log10());
            return all.filter(|(value, _)| inside(value)).collect();
        }
        let every = (last - first) as usize / most + 1;
        (first..=last)
            .filter(|exponent| ((exponent - first) as usize).is_multiple_of(every))
            .map(|exponent| (10_f64.powi(exponent), power_of_ten(exponent)))
            .collect()
    }
}

fn bounds(values: impl Iterator<Item = f64>) -> Option<(f64, f64)> {
    values.fold(None, |bounds, value| {
        let (low, high) = bounds.unwrap_or((value, value));
        Some((low.min(value), high.max(value)))
    })
}

/// With a minus as long as a plus.
pub(super) fn fixed(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let zero = text.chars().all(|character| matches!(character, '-' | '0' | '.'));
    if zero { format!("{:.decimals$}", 0.0) } else { text.replace('-', "−") }
}

fn plain(factor: f64, exponent: i32) -> String {
    if (-3..=4).contains(&exponent) {
        return fixed(factor * 10_f64.powi(exponent), (-exponent).max(0) as usize);
    }
    format!("{factor}·{}", power_of_ten(exponent))
}

fn power_of_ten(exponent: i32) -> String {
    match exponent {
        0 => "1".into(),
        1 => "10".into(),
        _ => format!("10{}", superscript(exponent)),
    }
}

fn superscript(number: i32) -> String {
    let raised = |character| match character {
        '-' => '⁻',
        '1' => '¹',
        '2' => '²',
        '3' => '³',
        digit => char::from_u32('⁰' as u32 + digit as u32 - '0' as u32).unwrap_or(digit),
    };
    number.to_string().chars().map(raised).collect()
}

/// A number as an index: "12" is "₁₂".
pub(super) fn subscript(number: usize) -> String {
    let lowered = |digit| char::from_u32('₀' as u32 + digit as u32 - '0' as u32).unwrap_or(digit);
    number.to_string().chars().map(lowered).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(axis: Axis) -> Vec<String> {
        axis.ticks(5).into_iter().map(|(_, label)| label).collect()
    }

    #[test]
    fn round_numbers_are_written() {
        assert_eq!(labels(Axis::exactly(-1.05, 1.05, 0.0, 100.0)), ["−1.0", "−0.5", "0.0", "0.5", "1.0"]);
        assert_eq!(labels(Axis::exactly(0.0, 8000.0, 0.0, 100.0)), ["0", "2000", "4000", "6000", "8000"]);
        assert_eq!(labels(Axis::log([0.0003, 2.0], 0.0, 100.0)), ["10⁻³", "10⁻²", "10⁻¹", "1"]);
        assert_eq!(labels(Axis::log([1.0, 4.0], 0.0, 100.0)), ["1", "2", "5"]);
        assert_eq!(labels(Axis::log([1e-12, 1.0], 0.0, 100.0)).len(), 5);
    }

    #[test]
    fn numbers_beside_each_other_do_not_touch() {
        let narrow = |length: f64| Axis::exactly(-1.1, 0.4, 0.0, length).ticks_beside(3);
        let labels = |length| narrow(length).into_iter().map(|(_, label)| label).collect::<Vec<_>>();
        assert_eq!(labels(100.0), ["−1.0", "−0.5", "0.0"]);
        assert_eq!(labels(50.0), ["−1", "0"]);
    }

    #[test]
    fn values_have_places() {
        let axis = Axis::exactly(0.0, 2.0, 100.0, 0.0);
        assert_eq!(axis.place(0.5), 75.0);
        let axis = Axis::log([0.01, 1.0], 0.0, 240.0);
        assert!((axis.place(0.1) - 120.0).abs() < 1e-9);
        assert!(!axis.place(0.0).is_finite() && axis.place(-1.0).is_nan());
    }

    #[test]
    fn an_axis_of_nothing_or_of_one_value_has_room() {
        for axis in [
            Axis::linear([], 0.0, 1.0),
            Axis::linear([3.0], 0.0, 1.0),
            Axis::linear([0.0, f64::NAN], 0.0, 1.0),
            Axis::log([0.0], 0.0, 1.0),
            Axis::log([7.0], 0.0, 1.0),
        ] {
            assert!(axis.low < axis.high, "{axis:?}");
            assert!(axis.ticks(5).len() < 12, "{axis:?}");
        }
    }

    #[test]
    fn indices_are_small() {
        assert_eq!((subscript(10).as_str(), superscript(-12).as_str()), ("₁₀", "⁻¹²"));
        assert_eq!(fixed(-0.001, 2), "0.00");
    }
}
