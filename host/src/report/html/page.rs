//! The page: which figures and words a run has, put into the template.

use super::axis::subscript;
use super::figure::Figure;
use super::figures::{along, components, errors, extent, heat_map, losses, orbits, spectrum};
use super::record::Record;
use super::tables::{self, Rows};
use crate::report::summary::{Metrics, Summary, SymmetrySummary, larger_is_better};
use crate::report::text;
use crate::symmetry::algebra::LieAlgebra;
use crate::symmetry::from_rows;
use askama::Template;
use nalgebra::DMatrix;

/// Generators whose matrices are drawn, of each kind.
const DRAWN: usize = 12;
/// Characters of a vector field that fit below its matrix.
const LONGEST: usize = 90;
/// Matrices of a learned output that are drawn, up to this size.
const OUTPUT: usize = 12;

#[derive(Template)]
#[template(path = "report.html")]
struct Page<'a> {
    style: &'static str,
    figure_style: &'static str,
    summary: &'a Summary,
    sentence: String,
    /// "symmetric", "approximate", "partial", "none": the colour of the masthead.
    kind: &'static str,
    facts: Vec<(&'static str, String)>,
    generators: Vec<&'a Figure>,
    generator_rows: Option<Rows>,
    matrices: String,
    extent: Option<&'a Figure>,
    spectrum: Vec<&'a Figure>,
    brackets: Vec<String>,
    component_figure: Option<&'a Figure>,
    component_rows: Option<Rows>,
    orbits: Vec<&'a Figure>,
    error_figure: Option<&'a Figure>,
    error_rows: Option<Rows>,
    along: Vec<&'a Figure>,
    gain: Option<String>,
    losses: Vec<&'a Figure>,
    command: &'static str,
    config: &'a str,
    lock: Option<&'a str>,
}

impl Page<'_> {
    fn number(&self, value: &f64) -> String {
        text::number(*value)
    }
}

/// The page and its figures, in the order in which they stand on it.
///
/// # Errors
/// The template's own, which has none.
pub(super) fn render(summary: &Summary, record: &Record) -> anyhow::Result<(String, Vec<Figure>)> {
    let symmetry = &summary.symmetry;
    let models = summary.models();
    let measure = summary.metrics.as_ref().map_or("rmse", Metrics::measure);
    let generators = matrices(symmetry);
    let extent = extent::extent(&symmetry.generators);
    let spectrum = [spectrum::violations(symmetry), spectrum::explained(symmetry)];
    let spectrum: Vec<Figure> = spectrum.into_iter().flatten().collect();
    let component_figure = components::components(&symmetry.components);
    let orbits: Vec<Figure> = record.orbits.as_ref().map_or_else(Vec::new, |all| {
        let relativistic = relativistic(symmetry);
        all.orbits.iter().flat_map(|orbit| orbits::orbit(all, orbit, relativistic)).collect()
    });
    let error_figure = errors::errors(&models, measure);
    let along = along::along(&models, measure == "accuracy");
    let losses = [losses::of_run(&record.metrics), losses::beside(&record.metrics)];
    let losses: Vec<Figure> = losses.into_iter().flatten().collect();
    let algebra = symmetry.algebra.as_ref();
    let page = Page {
        style: include_str!("templates/page.css"),
        figure_style: super::figure::STYLE,
        summary,
        sentence: text::sentence(symmetry, summary.metrics.is_some()),
        kind: symmetry.verdict.name(),
        facts: facts(summary),
        generators: generators.iter().collect(),
        generator_rows: tables::generators(symmetry),
        matrices: text::matrices(symmetry).trim().to_owned(),
        extent: extent.as_ref(),
        spectrum: spectrum.iter().collect(),
        brackets: algebra.map_or_else(Vec::new, |algebra| tables::brackets(&algebra.structure_constants)),
        component_figure: component_figure.as_ref(),
        component_rows: tables::components(&symmetry.components),
        orbits: orbits.iter().collect(),
        error_figure: error_figure.as_ref(),
        error_rows: tables::errors(summary),
        along: along.iter().collect(),
        gain: gain(summary, measure),
        losses: losses.iter().collect(),
        command: if summary.metrics.is_some() { "" } else { "discover " },
        config: &record.config,
        lock: record.lock.as_deref(),
    };
    let text = page.render()?;
    let figures = generators.into_iter().chain(extent).chain(spectrum).chain(component_figure);
    Ok((text, figures.chain(orbits).chain(error_figure).chain(along).chain(losses).collect()))
}

/// What a reader wants at first sight.
fn facts(summary: &Summary) -> Vec<(&'static str, String)> {
    let symmetry = &summary.symmetry;
    let mut facts = Vec::new();
    facts.extend(symmetry.algebra.as_ref().map(|algebra| ("Lie algebra", algebra.name.clone())));
    facts.extend(symmetry.group.as_ref().map(|group| ("Group", group.clone())));
    let generators = match (symmetry.dimension, symmetry.approximate.len()) {
        (exact, 0) => format!("{exact} of {} directions", symmetry.candidates.len()),
        (exact, approximate) => {
            format!("{exact} exact, {approximate} approximate of {} directions", symmetry.candidates.len())
        }
    };
    facts.push(("Generators", generators));
    facts.extend(text::agreement(symmetry).map(|(percent, resamples)| {
        ("Confidence", format!("same count in {percent} % of {resamples} resamples"))
    }));
    facts.extend(
        spectrum::gap(symmetry).map(|gap| ("Gap of the spectrum", format!("× {}", text::number(gap)))),
    );
    facts.extend(symmetry.reference.as_ref().map(|known| {
        let (count, least) = (known.principal_cosines.len(), known.principal_cosines.last());
        let cosine = match least {
            Some(least) if known.min_cosine == 0.0 => {
                format!("; the least of {count} principal cosines {least:.4}")
            }
            Some(_) => format!("; least principal cosine {:.4}", known.min_cosine),
            None => String::new(),
        };
        ("Known symmetry", format!("{}{cosine}", known.name))
    }));
    facts
}

/// What the symmetry changed on shifted data against the plain model, in a sentence; nothing where none was trained with.
fn gain(summary: &Summary, measure: &str) -> Option<String> {
    let plain = *summary.baselines.get("plain")?.shifted.get(measure)?;
    let ours = *summary.metrics.as_ref()?.shifted.get(measure)?;
    if summary.symmetry.dimension == 0 {
        return None;
    }
    let mut text = format!(
        "On data moved by the whole group the {measure} is {} with the generators found, and {} without",
        text::number(ours),
        text::number(plain)
    );
    if !larger_is_better(measure) && plain > 1.2 * ours && ours > 0.0 {
        text += &format!(": {} times as large", text::number(plain / ours));
    }
    Some(text + ".")
}

/// Whether four-vectors are momenta of the Lorentz group.
fn relativistic(symmetry: &SymmetrySummary) -> bool {
    let names = symmetry.algebra.iter().map(|algebra| &algebra.name);
    let mut names = names.chain(symmetry.reference.iter().map(|known| &known.name));
    names.any(|name| name.contains("so(1,3)") || name.contains("so(3,1)"))
}

/// Heat maps of the exact generators in the basis made for reading, of the approximate ones, and of what the exact ones do
/// to the targets where that is learned.
fn matrices(symmetry: &SymmetrySummary) -> Vec<Figure> {
    let exact = symmetry.algebra.as_ref().map_or(&[][..], |algebra| &algebra.readable);
    let exact: Vec<DMatrix<f64>> = exact.iter().filter_map(|rows| matrix(rows)).collect();
    let approximate: Vec<DMatrix<f64>> =
        symmetry.approximate.iter().filter_map(|one| matrix(&one.matrix)).collect();
    let approximate =
        LieAlgebra::from_generators(&approximate).map_or(approximate, |span| span.readable_basis());
    let mut figures = Vec::new();
    for (kind, is_exact, matrices) in [("exact", true, &exact), ("approximate", false, &approximate)] {
        figures.extend(matrices.iter().enumerate().take(DRAWN).filter_map(|(index, matrix)| {
            let symbol = orbits::generator_name(is_exact, index);
            let field = heat_map::vector_field(matrix);
            let caption =
                if field.chars().count() <= LONGEST { format!("{symbol} = {field}") } else { symbol.clone() };
            let file = if is_exact { "generator" } else { "approximate" };
            heat_map::heat_map(
                &format!("{file}-{}", index + 1),
                &format!("{symbol}, {kind}"),
                &caption,
                matrix,
            )
        }));
    }
    let output = symmetry.output.iter().flatten().filter_map(|rows| matrix(rows));
    figures.extend(output.enumerate().filter(|(_, matrix)| matrix.nrows() <= OUTPUT).take(DRAWN).filter_map(
        |(index, matrix)| {
            let symbol = subscript(index + 1);
            heat_map::heat_map(
                &format!("output-{}", index + 1),
                &format!("Action of L{symbol} on the targets"),
                &format!(
                    "How generator L{symbol} of generators.json moves all target numbers, as it was learned."
                ),
                &matrix,
            )
        },
    ));
    figures
}

/// `None` for rows that are no square matrix.
pub(super) fn matrix(rows: &[Vec<f64>]) -> Option<DMatrix<f64>> {
    let n = rows.len();
    rows.iter().all(|row| row.len() == n).then(|| from_rows(rows))
}
