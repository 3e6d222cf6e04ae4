//! Generators as LaTeX.

use super::super::summary::SymmetrySummary;
use std::fmt::Write;

/// Entries this near to a simple number are written as it.
const NEAR: f64 = 0.02;

/// Lines for a paper: a comment with the verdict, then one `pmatrix` a generator. Of the exact generators the readable basis
/// of their span, where there is one.
pub(super) fn document(symmetry: &SymmetrySummary) -> String {
    let name = symmetry.algebra.as_ref().map_or("none", |algebra| algebra.name.as_str());
    let mut text = format!("% {:?}: {name}. Needs amsmath.\n", symmetry.verdict);
    let own = symmetry.generators.iter().map(|generator| &generator.matrix);
    let readable = symmetry.algebra.iter().flat_map(|algebra| &algebra.readable);
    let exact: Vec<&Vec<Vec<f64>>> =
        if readable.clone().next().is_some() { readable.collect() } else { own.collect() };
    for (letter, matrices) in [
        ("L", exact),
        ("A", symmetry.approximate.iter().map(|generator| &generator.matrix).collect::<Vec<_>>()),
    ] {
        for (index, matrix) in matrices.into_iter().enumerate() {
            let row = |row: &Vec<f64>| row.iter().map(|&value| entry(value)).collect::<Vec<_>>().join(" & ");
            let rows: Vec<String> = matrix.iter().map(row).collect();
            let _ = writeln!(
                text,
                "\\[ {letter}_{{{}}} = \\begin{{pmatrix}} {} \\end{{pmatrix}} \\]",
                index + 1,
                rows.join(" \\\\ ")
            );
        }
    }
    text
}

fn entry(value: f64) -> String {
    let nearest = value.round();
    if (value - nearest).abs() < NEAR { format!("{}", nearest + 0.0) } else { format!("{value:.3}") }
}

#[cfg(test)]
mod tests {
    use super::super::super::summary::sample;
    use super::*;

    #[test]
    fn each_generator_is_a_matrix() {
        let expected = "% Symmetric: so(2). Needs amsmath.\n\
            \\[ L_{1} = \\begin{pmatrix} 0 & -1 \\\\ 1 & 0 \\end{pmatrix} \\]\n\
            \\[ A_{1} = \\begin{pmatrix} 1 & 0 \\\\ 0 & 1 \\end{pmatrix} \\]\n";
        assert_eq!(document(&sample().symmetry), expected);
        assert_eq!([entry(-0.01), entry(0.3456), entry(-2.0)], ["0", "0.346", "-2"]);
    }
}
