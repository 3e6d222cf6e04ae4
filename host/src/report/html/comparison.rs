//! `compare` as a page: experiments side by side, a figure for each split and the table below.

use super::figure::{Figure, STYLE};
use super::figures::means;
use super::tables::Rows;
use crate::report::compare::{Line, table};
use askama::Template;

#[derive(Template)]
#[template(path = "comparison.html")]
struct Page<'a> {
    style: &'static str,
    figure_style: &'static str,
    title: String,
    figures: &'a [Figure],
    table: Rows,
}

/// The page, one file without scripts like the report of a run.
///
/// # Errors
/// The template's own, which has none.
pub fn comparison(lines: &[Line]) -> anyhow::Result<String> {
    let figures: Vec<Figure> =
        ["test", "shifted"].iter().filter_map(|split| means::means(lines, split)).collect();
    let mut rows = table(lines);
    let header = rows.remove(0);
    let runs: usize = lines.iter().map(|line| line.seeds.len()).sum();
    let plural = |count: usize, what: &str| format!("{count} {what}{}", if count == 1 { "" } else { "s" });
    let page = Page {
        style: include_str!("templates/page.css"),
        figure_style: STYLE,
        title: format!("{} in {}", plural(lines.len(), "experiment"), plural(runs, "run")),
        figures: &figures,
        table: Rows {
            caption: "Means over seeds with their standard errors; p of a paired t-test of ours against plain, on shifted \
                      data where there are any."
                .into(),
            header,
            rows,
        },
    };
    Ok(page.render()?)
}
