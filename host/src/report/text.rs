//! The result for people: verdict, generators, spectrum, errors against the baselines, where the files are.
//!
//! [`render`] is a pure function of the [`Summary`]; whether there is colour is decided by [`colour_on_stdout`]
//! (a terminal, and `NO_COLOR` unset: see no-color.org).

mod generators;

use super::summary::{ConfidenceSummary, Estimate, Metrics, Summary, SymmetrySummary, Verdict};
use anstyle::{AnsiColor, Style};
use std::collections::BTreeMap;
use std::fmt::Write;
use std::io::IsTerminal;
use std::path::Path;

/// So many eigenvalues of the spectrum are shown.
const LONGEST_SPECTRUM: usize = 12;

/// Whether text on stdout may be coloured.
pub fn colour_on_stdout() -> bool {
    std::io::stdout().is_terminal() && colours_wanted()
}

/// Whether `NO_COLOR` is unset.
pub fn colours_wanted() -> bool {
    std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty())
}

/// The text, several lines, the last one ended. `run` is the run directory, absent when nothing was kept.
pub fn render(summary: &Summary, run: Option<&Path>, colour: bool) -> String {
    let mut text = String::new();
    let symmetry = &summary.symmetry;
    let sentence = sentence(symmetry, summary.metrics.is_some());
    let style = Style::new().bold().fg_color(Some(colour_of(symmetry.verdict).into()));
    let _ = if colour { writeln!(text, "{style}{sentence}{style:#}") } else { writeln!(text, "{sentence}") };
    if let Some(note) = &symmetry.note {
        let _ = writeln!(text, "Note: {note}.");
    }
    if let Some((percent, resamples)) = agreement(symmetry) {
        let _ = writeln!(text, "The same count in {percent} % of {resamples} resamples.");
    }
    if let Some(reference) = &symmetry.reference {
        let (name, cosine) = (&reference.name, reference.min_cosine);
        let _ = match reference.principal_cosines.last() {
            // Another number of generators: whether they are a part of what is known.
            Some(least) if cosine == 0.0 => {
                let count = reference.principal_cosines.len();
                writeln!(
                    text,
                    "Known symmetry of the data: {name}; of {count} principal cosines the smallest is {least:.4}."
                )
            }
            _ => writeln!(text, "Known symmetry of the data: {name}; smallest principal cosine {cosine:.4}."),
        };
    }
    text += &matrices(symmetry);
    spectrum(&mut text, symmetry);
    components(&mut text, symmetry);
    if let Some(ours) = &summary.metrics {
        table(&mut text, summary, ours);
    }
    let _ = writeln!(
        text,
        "\n{} steps at {:.0} steps/s; {:.1} s in all, {:.0} MiB at most, seed {}",
        summary.steps, summary.steps_per_s, summary.wall_s, summary.peak_rss_mib, summary.seed
    );
    if let Some(run) = run {
        let _ = writeln!(text, "Run directory: {}", run.display());
    }
    text
}

fn colour_of(verdict: Verdict) -> AnsiColor {
    match verdict {
        Verdict::Symmetric | Verdict::Partial => AnsiColor::Green,
        Verdict::Approximate | Verdict::None => AnsiColor::Yellow,
    }
}

/// The verdict; `trained` if the model was trained with it.
pub(super) fn sentence(symmetry: &SymmetrySummary, trained: bool) -> String {
    let plural = |count: usize| {
        if count == 1 { "1 generator".into() } else { format!("{count} generators") }
    };
    let algebra = symmetry.algebra.as_ref().map_or("a group of unknown name", |algebra| &algebra.name);
    let (exact, approximate) = (plural(symmetry.dimension), symmetry.approximate.len());
    let beside = match approximate {
        0 => String::new(),
        count => format!(", and {count} that hold{} approximately", if count == 1 { "s" } else { "" }),
    };
    match symmetry.verdict {
        Verdict::Symmetric => format!("Symmetric under {algebra}: {exact}{beside}."),
        Verdict::Partial => format!("Symmetric under a bounded part of {algebra}: {exact}{beside}."),
        Verdict::Approximate => format!("Approximately symmetric: {}, none exact.", plural(approximate)),
        Verdict::None => {
            let consequence = if trained { "; the model was trained without augmentation" } else { "" };
            format!("No symmetry of the kind searched for was found{consequence}.")
        }
    }
}

/// In how many per cent of how many resamples the spectrum gave the count reported; nothing where a later check or a
/// request changed it.
pub(super) fn agreement(symmetry: &SymmetrySummary) -> Option<(usize, usize)> {
    let confidence = symmetry.confidence.as_ref()?;
    let key = ConfidenceSummary::key(symmetry.dimension, symmetry.approximate.len());
    let same = confidence.dimensions.get(&key).copied().unwrap_or(0);
    let part = same as f64 / confidence.resamples as f64;
    // Rounded down: 100 % means all of them.
    let percent = 100 * same / confidence.resamples.max(1);
    ((part - confidence.agreement).abs() < 1e-9).then_some((percent, confidence.resamples))
}

/// The generators as matrices of text.
pub(super) fn matrices(symmetry: &SymmetrySummary) -> String {
    let mut text = String::new();
    let tolerance = symmetry.extent_tolerance;
    generators::section(&mut text, "Generator", &symmetry.generators, tolerance);
    generators::section(&mut text, "Approximate generator", &symmetry.approximate, tolerance);
    text
}

fn spectrum(text: &mut String, symmetry: &SymmetrySummary) {
    if symmetry.candidates.is_empty() {
        return;
    }
    let shown: Vec<String> =
        symmetry.candidates.iter().take(LONGEST_SPECTRUM).map(|candidate| number(candidate.rel)).collect();
    let more = symmetry.candidates.len().saturating_sub(LONGEST_SPECTRUM);
    let rest = if more > 0 { format!("  and {more} more") } else { String::new() };
    let _ = writeln!(text, "\nSpectrum (violation of each direction): {}{rest}", shown.join("  "));
}

/// The group and what decided it; nothing where no component was tested.
fn components(text: &mut String, symmetry: &SymmetrySummary) {
    let Some(group) = &symmetry.group else {
        return;
    };
    let _ = writeln!(text, "\nGroup with its components: {group}");
    for component in &symmetry.components {
        let verdict = match (component.accepted, component.supported) {
            (true, _) => "accepted",
            (false, true) => "rejected",
            (false, false) => "not supported, it leaves the training data",
        };
        let ratio = number(component.ratio);
        let _ = writeln!(text, "  {}: {verdict} (ratio of squared errors {ratio})", component.name);
    }
}

fn table(text: &mut String, summary: &Summary, ours: &Metrics) {
    let measure = ours.measure();
    let header = ["", &format!("test {measure}"), &format!("shifted {measure}"), "equivariance error"];
    let mut rows = vec![header.map(str::to_owned).to_vec()];
    let cell = |value: Option<f64>| value.map_or_else(|| "-".into(), number);
    for (name, metrics) in summary.models() {
        rows.push(vec![
            name.to_owned(),
            cell(metrics.test.get(measure).copied()),
            cell(metrics.shifted.get(measure).copied()),
            cell(metrics.equivariance_error),
        ]);
    }
    if let Some(averaged) = &ours.averaged {
        let estimate = |metrics: &BTreeMap<String, Estimate>| match metrics.get(measure) {
            Some(Estimate { value, error }) => with_error(*value, *error),
            None => cell(None),
        };
        let name = format!("ours, averaged over {}", averaged.draws);
        rows.push(vec![name, estimate(&averaged.test), estimate(&averaged.shifted), cell(None)]);
    }
    text.push('\n');
    *text += &columns(&rows, |column| column > 0);
}

/// Rows of equally many cells, one below the other; `right` tells which columns end at the same place.
pub(crate) fn columns(rows: &[Vec<String>], right: impl Fn(usize) -> bool) -> String {
    let count = rows.first().map_or(0, Vec::len);
    let width = |column: usize| rows.iter().map(|row| row[column].chars().count()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..count).map(width).collect();
    let line = |row: &Vec<String>| {
        let cells = row.iter().zip(&widths).enumerate().map(|(column, (cell, &width))| {
            if right(column) { format!("{cell:>width$}") } else { format!("{cell:<width$}") }
        });
        format!("{}\n", cells.collect::<Vec<_>>().join("  ").trim_end())
    };
    rows.iter().map(line).collect()
}

/// A figure, and how far it may be off where that is known: "0.150 ± 0.0500".
pub(crate) fn with_error(value: f64, error: Option<f64>) -> String {
    match error {
        Some(error) => format!("{} ± {}", number(value), number(error)),
        None => number(value),
    }
}

/// Metrics on the splits, a line each.
pub fn metrics(metrics: &Metrics) -> String {
    let mut text = String::new();
    let mut line = |split: &str, name: &str, value: String| {
        let _ = writeln!(text, "{split:<18}{name:<10}{value:>10}");
    };
    let splits =
        [("validation", &metrics.validation), ("test", &metrics.test), ("shifted", &metrics.shifted)];
    for (split, values) in splits {
        values.iter().for_each(|(name, &value)| line(split, name, number(value)));
    }
    if let Some(averaged) = &metrics.averaged {
        for (split, values) in [("test", &averaged.test), ("shifted", &averaged.shifted)] {
            let split = format!("{split}, mean of {}", averaged.draws);
            values.iter().for_each(|(name, estimate)| line(&split, name, number(estimate.value)));
        }
    }
    if let Some(error) = metrics.equivariance_error {
        line("equivariance", "error", number(error));
    }
    text
}

/// Three significant digits.
pub(crate) fn number(value: f64) -> String {
    let magnitude = value.abs();
    if !value.is_finite() || magnitude == 0.0 {
        return format!("{value}");
    }
    if !(1e-4..1e5).contains(&magnitude) {
        return format!("{value:.2e}");
    }
    let decimals = (2 - magnitude.log10().floor() as i32).clamp(0, 6) as usize;
    format!("{value:.decimals$}")
}

#[cfg(test)]
mod tests {
    use super::super::summary::{Averaged, Component, sample};
    use super::*;

    #[test]
    fn the_whole_text() {
        let text = render(&sample(), Some(Path::new("runs/x")), false);
        let expected = "\
Symmetric under so(2): 1 generator, and 1 that holds approximately.
The same count in 98 % of 200 resamples.
Known symmetry of the data: so(2); smallest principal cosine 0.9999.

Generator 1 (violation 0.000300, range ±3.14)
  [ 0  -1 ]
  [ 1   0 ]

Approximate generator 1 (violation 0.0400, range ±0.693)
  [ 1  0 ]
  [ 0  1 ]

Spectrum (violation of each direction): 0.000300  0.0400  1.90  2.06

        test rmse  shifted rmse  equivariance error
plain      0.0123        0.0994               0.200
oracle     0.0110        0.0112             0.00400
ours       0.0121        0.0169             0.00500

1000 steps at 151 steps/s; 12.3 s in all, 210 MiB at most, seed 3
Run directory: runs/x
";
        assert_eq!(text, expected);
    }

    #[test]
    fn components_stand_with_their_ratios_below_the_group() {
        let component = |name: &str, ratio: f64, supported, accepted| Component {
            name: name.into(),
            matrix: Vec::new(),
            ratio,
            lower: ratio,
            upper: ratio,
            distance: if supported { 1.0 } else { 4.0 },
            supported,
            accepted,
        };
        let mut summary = sample();
        summary.symmetry.group = Some("O(2)".into());
        summary.symmetry.components = vec![
            component("reflection of x1", 1.02, true, true),
            component("inversion", 15.3, true, false),
            component("exchange of x1 and x2", 800.0, false, false),
        ];
        let text = render(&summary, None, false);
        let expected = "
Group with its components: O(2)
  reflection of x1: accepted (ratio of squared errors 1.02)
  inversion: rejected (ratio of squared errors 15.3)
  exchange of x1 and x2: not supported, it leaves the training data (ratio of squared errors 800)
";
        assert!(text.contains(expected), "{text}");
    }

    #[test]
    fn averages_over_the_group_have_a_row_with_error_bars() {
        let mut summary = sample();
        let estimate = |value, error| [("rmse".to_owned(), Estimate { value, error })].into();
        let ours = summary.metrics.as_mut().expect("the sample has metrics");
        ours.averaged = Some(Averaged {
            draws: 8,
            test: estimate(0.0102, Some(0.0003)),
            shifted: estimate(0.0111, None),
        });
        let text = render(&summary, None, false);
        let row = "ours, averaged over 8  0.0102 ± 0.000300        0.0111                   -";
        assert!(text.contains(row), "{text}");
    }

    #[test]
    fn colour_only_marks_the_verdict() {
        let text = render(&sample(), None, true);
        assert!(text.starts_with("\x1b[1m\x1b[32mSymmetric"), "{text:?}");
        assert_eq!(text.lines().filter(|line| line.contains('\x1b')).count(), 1);
        assert!(!text.contains("Run directory"));
    }

    #[test]
    fn every_verdict_has_its_sentence() {
        let mut summary = sample();
        summary.symmetry.verdict = Verdict::Partial;
        summary.symmetry.generators[0].extent = Some(0.79);
        let partial = render(&summary, None, false);
        assert!(
            partial.starts_with("Symmetric under a bounded part of so(2): 1 generator, and"),
            "{partial}"
        );
        summary.symmetry.dimension = 0;
        summary.symmetry.generators.clear();
        let first = |summary: &Summary| render(summary, None, false).lines().next().map(str::to_owned);
        assert!(!render(&summary, None, false).contains("resamples"), "they gave another count");
        summary.symmetry.verdict = Verdict::Approximate;
        assert_eq!(first(&summary).as_deref(), Some("Approximately symmetric: 1 generator, none exact."));
        summary.symmetry.verdict = Verdict::None;
        summary.symmetry.approximate.clear();
        assert_eq!(
            first(&summary).as_deref(),
            Some(
                "No symmetry of the kind searched for was found; the model was trained without augmentation."
            )
        );
        summary.metrics = None;
        assert_eq!(first(&summary).as_deref(), Some("No symmetry of the kind searched for was found."));
        assert!(!render(&summary, None, false).contains("test rmse"), "discover measures no errors");
    }

    #[test]
    fn numbers_have_three_digits() {
        let cases = [
            (0.0, "0"),
            (1.0, "1.00"),
            (-0.01234, "-0.0123"),
            (123.4, "123"),
            (12345.0, "12345"),
            (1e-7, "1.00e-7"),
        ];
        for (value, expected) in cases {
            assert_eq!(number(value), expected);
        }
        assert_eq!(number(f64::NAN), "NaN");
    }

    #[test]
    fn accuracy_is_named() {
        let mut summary = sample();
        let metrics = summary.metrics.as_mut().expect("the sample has metrics");
        metrics.test = [("accuracy".to_owned(), 0.9), ("loss".to_owned(), 0.3)].into();
        metrics.shifted.clear();
        let text = render(&summary, None, false);
        assert!(text.contains("test accuracy  shifted accuracy"), "{text}");
        assert!(text.contains("ours            0.900                 -"), "{text}");
    }
}
