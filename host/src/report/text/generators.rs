//! Generators for the eye: their span in a sparse basis, and in a line each how well and how far they hold.
//!
//! Training returns any basis of the span, and three dense matrices do not look like so(3). A single generator has no
//! such freedom but its size; its coefficients are given for the matrix as printed.

use super::super::summary::Generator;
use super::number;
use crate::symmetry::algebra::{LieAlgebra, frobenius, readable_entries};
use nalgebra::DMatrix;
use std::fmt::Write;

/// Larger matrices are left to `generators.npz`.
const LARGEST_MATRIX: usize = 8;
/// And so are longer bases.
const LONGEST_BASIS: usize = 10;
/// Columns of a terminal that matrices side by side may take.
const COLUMNS: usize = 100;
/// Entries this near to an integer print as such; learned ones err by a per cent or less.
const INTEGER: f64 = 0.02;

/// A blank line and the generators, called `title` ("Generator"); nothing if there are none. `tolerance` is that of
/// their extents.
pub(super) fn section(text: &mut String, title: &str, generators: &[Generator], tolerance: Option<f64>) {
    let matrices: Vec<DMatrix<f64>> = generators.iter().map(matrix).collect();
    let largest = matrices.first().is_some_and(|matrix| matrix.nrows() > LARGEST_MATRIX);
    let readable = if largest || matrices.len() > LONGEST_BASIS {
        Vec::new()
    } else {
        // The matrices of a file that was tampered with print as they are.
        LieAlgebra::from_generators(&matrices).map_or_else(|_| matrices.clone(), |span| span.readable_basis())
    };
    match generators {
        [] => {}
        [only] => {
            let unit = readable.first().map_or(1.0, |printed| size_in(printed, &matrices[0]));
            let _ = writeln!(text, "\n{title} 1 ({})", description(only, unit, tolerance));
            print(text, &readable, &matrices);
        }
        several => {
            let _ = writeln!(text, "\n{title}s, in a basis made for reading");
            print(text, &readable, &matrices);
            let _ = writeln!(text, "One by one, as in generators.json:");
            for (index, generator) in several.iter().enumerate().take(LONGEST_BASIS) {
                let _ = writeln!(text, "  {}: {}", index + 1, description(generator, 1.0, tolerance));
            }
            if several.len() > LONGEST_BASIS {
                let more = several.len() - LONGEST_BASIS;
                let _ = writeln!(text, "  and {more} more, see generators.json");
            }
        }
    }
}

/// Violation and range, or extent, of the generator divided by `unit`.
fn description(generator: &Generator, unit: f64, tolerance: Option<f64>) -> String {
    let coefficient = |value: f64| number(value * unit);
    let violation = number(generator.violation);
    let Some(extent) = generator.extent else {
        return format!("violation {violation}, range ±{}", coefficient(generator.range));
    };
    let mut text = format!("violation {violation}, holds up to ±{}", coefficient(extent));
    if let Some(whole) = generator.whole_range {
        let _ = write!(text, " of ±{}", coefficient(whole));
    }
    if let Some(tolerance) = tolerance {
        let _ = write!(text, ", δ = {tolerance}");
    }
    text
}

/// How many times `printed` the generator is.
fn size_in(printed: &DMatrix<f64>, generator: &DMatrix<f64>) -> f64 {
    (frobenius(printed, generator) / frobenius(printed, printed)).abs()
}

fn matrix(generator: &Generator) -> DMatrix<f64> {
    let rows = &generator.matrix;
    let columns = rows.first().map_or(0, Vec::len);
    DMatrix::from_fn(rows.len(), columns, |i, j| rows[i].get(j).copied().unwrap_or(f64::NAN))
}

/// The matrices, as many beside each other as fit; where there are none to print, how many of which size there are.
fn print(text: &mut String, printed: &[DMatrix<f64>], all: &[DMatrix<f64>]) {
    if printed.is_empty() {
        let n = all.first().map_or(0, DMatrix::nrows);
        let count = if all.len() > 1 { format!("{} matrices, ", all.len()) } else { String::new() };
        let _ = writeln!(text, "  {count}{n} × {n}, see generators.npz");
        return;
    }
    let mut band: Vec<String> = Vec::new();
    for block in printed.iter().map(block) {
        let width = |lines: &[String]| lines.first().map_or(0, |line| line.chars().count());
        if band.is_empty() {
            band = block;
        } else if 2 + width(&band) + 3 + width(&block) <= COLUMNS {
            band.iter_mut().zip(block).for_each(|(line, more)| {
                let _ = write!(line, "   {more}");
            });
        } else {
            put(text, &band);
            text.push('\n');
            band = block;
        }
    }
    put(text, &band);
}

fn put(text: &mut String, lines: &[String]) {
    for line in lines {
        let _ = writeln!(text, "  {line}");
    }
}

/// A matrix as lines, columns aligned.
fn block(matrix: &DMatrix<f64>) -> Vec<String> {
    let cells = readable_entries(matrix, INTEGER);
    let width = |column: usize| cells.iter().map(|row| row[column].len()).max().unwrap_or(0);
    let widths: Vec<usize> = (0..matrix.ncols()).map(width).collect();
    let line = |row: &Vec<String>| {
        let row: Vec<String> =
            row.iter().zip(&widths).map(|(cell, &width)| format!("{cell:>width$}")).collect();
        format!("[ {} ]", row.join("  "))
    };
    cells.iter().map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn generator(n: usize, entries: &[(usize, usize, f64)]) -> Generator {
        let mut matrix = vec![vec![0.0; n]; n];
        for &(i, j, value) in entries {
            matrix[i][j] = value;
        }
        Generator { matrix, violation: 0.002, range: 1.5, extent: None, whole_range: None }
    }

    fn text(generators: &[Generator], tolerance: Option<f64>) -> String {
        let mut text = String::new();
        section(&mut text, "Generator", generators, tolerance);
        text
    }

    /// so(n) with each generator mixed with the one before.
    fn mixed_rotations(n: usize) -> Vec<Generator> {
        let pairs: Vec<_> = (0..n).flat_map(|i| (i + 1..n).map(move |j| (i, j))).collect();
        let turn = |&(i, j): &(usize, usize), size: f64| [(i, j, -size), (j, i, size)];
        (0..pairs.len())
            .map(|k| {
                let (own, other) = (turn(&pairs[k], 0.8), turn(&pairs[(k + 1) % pairs.len()], 0.6));
                generator(n, &[own, other].concat())
            })
            .collect()
    }

    #[test]
    fn several_generators_are_read_beside_each_other() {
        let expected = "
Generators, in a basis made for reading
  [ 0  -1  0 ]   [ 0  0  -1 ]   [ 0  0   0 ]
  [ 1   0  0 ]   [ 0  0   0 ]   [ 0  0  -1 ]
  [ 0   0  0 ]   [ 1  0   0 ]   [ 0  1   0 ]
One by one, as in generators.json:
  1: violation 0.00200, range ±1.50
  2: violation 0.00200, range ±1.50
  3: violation 0.00200, range ±1.50
";
        assert_eq!(text(&mixed_rotations(3), None), expected);
    }

    #[test]
    fn what_does_not_fit_beside_goes_below() {
        let text = text(&mixed_rotations(5), None);
        let matrices: Vec<&str> = text.lines().skip(2).take_while(|line| !line.starts_with("One")).collect();
        // Ten matrices of 18 columns, four to a band.
        assert_eq!(matrices.len(), 3 * 5 + 2, "{text}");
        assert!(matrices.iter().all(|line| line.chars().count() <= COLUMNS), "{text}");
        assert_eq!(matrices[0].matches('[').count(), 4, "{text}");
        assert_eq!(matrices[12].matches('[').count(), 2, "{text}");
    }

    #[test]
    fn the_range_of_one_generator_belongs_to_the_matrix_printed() {
        // A quarter turn at coefficient π/4 of the generator twice as large.
        let mut turn = generator(2, &[(0, 1, -2.0), (1, 0, 2.0)]);
        turn.range = std::f64::consts::FRAC_PI_4;
        let expected = "\nGenerator 1 (violation 0.00200, range ±1.57)\n  [ 0  -1 ]\n  [ 1   0 ]\n";
        assert_eq!(text(std::slice::from_ref(&turn), None), expected);
        turn.extent = Some(0.395);
        turn.whole_range = Some(std::f64::consts::FRAC_PI_2);
        let found = text(&[turn], Some(0.05));
        let expected = "\nGenerator 1 (violation 0.00200, holds up to ±0.790 of ±3.14, δ = 0.05)\n";
        assert!(found.starts_with(expected), "{found}");
    }

    #[test]
    fn large_matrices_and_long_bases_stay_in_the_file() {
        let found = text(&[generator(9, &[])], None);
        assert_eq!(found, "\nGenerator 1 (violation 0.00200, range ±1.50)\n  9 × 9, see generators.npz\n");
        let found = text(&mixed_rotations(6), None);
        assert!(found.contains("\n  15 matrices, 6 × 6, see generators.npz\n"), "{found}");
        assert!(found.ends_with("\n  and 5 more, see generators.json\n"), "{found}");
        assert_eq!(text(&[], None), "");
    }

    #[test]
    fn matrices_that_are_no_generators_do_not_stop_the_report() {
        let mut ragged = generator(2, &[(0, 1, 1.0)]);
        ragged.matrix[1].pop();
        assert!(text(&[ragged], None).contains("[ 0    1 ]\n  [ 0  NaN ]"));
        text(&[generator(2, &[])], None);
    }
}
