//! `generators.npz` and `generators.json`: the generators that were found, for numpy and for everything else.
//!
//! Arrays, with k exact and m approximate generators of n × n: `generators` `[k, n, n]`, `violation` `[k]`,
//! `range` `[k]`, and the same with `approximate` (`[m, n, n]`), `approximate_violation`, `approximate_range`.
//! `readable` `[k, n, n]` is a sparse basis of the exact generators' span, and `structure_constants` `[k, k, k]` are
//! those in it: the bracket of elements i and j is `Σ_l c[i, j, l]` times element l. Where the output representation is
//! learned, `output` `[k, o, o]` holds the generators' action on all o target numbers side by side.
//! Without any generator n is 0. Values are those of [`super::summary`], and the JSON file has the same names.

use super::arrays::member;
use super::run_directory::RunDirectory;
use super::summary::{Generator, SymmetrySummary};
use npyz::npz::NpzWriter;
use serde_json::json;
use std::io::{self, Cursor};

/// Writes both files into a run directory.
///
/// # Errors
/// As [`super::write_atomic`]; generators of unequal shape.
pub fn write(run: &RunDirectory, symmetry: &SymmetrySummary) -> io::Result<()> {
    run.write("generators.npz", &npz(symmetry)?)?;
    let algebra = symmetry.algebra.as_ref();
    let mut value = json!({
        "algebra": algebra.map(|algebra| &algebra.name),
        "readable": algebra.map_or(&[][..], |algebra| &algebra.readable),
        "structure_constants": algebra.map_or(&[][..], |algebra| &algebra.structure_constants),
        "generators": symmetry.generators,
        "approximate": symmetry.approximate,
    });
    if let Some(output) = &symmetry.output {
        value["output"] = json!(output);
    }
    let mut text = serde_json::to_string_pretty(&value)?;
    text.push('\n');
    run.write("generators.json", text.as_bytes())
}

fn npz(symmetry: &SymmetrySummary) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut archive = NpzWriter::new(Cursor::new(&mut bytes));
    let any = symmetry.generators.first().or(symmetry.approximate.first());
    let n = any.map_or(0, |generator| generator.matrix.len());
    let sets = [
        ("generators", "violation", "range", &symmetry.generators),
        ("approximate", "approximate_violation", "approximate_range", &symmetry.approximate),
    ];
    for (matrices, violation, range, generators) in sets {
        let count = generators.len();
        let all: Vec<_> = generators.iter().map(|generator| generator.matrix.clone()).collect();
        cube(&mut archive, matrices, &all, n)?;
        let column = |read: fn(&Generator) -> f64| -> Vec<f64> { generators.iter().map(read).collect() };
        member(&mut archive, violation, &[count], &column(|generator| generator.violation))?;
        member(&mut archive, range, &[count], &column(|generator| generator.range))?;
    }
    let algebra = symmetry.algebra.as_ref();
    let readable = algebra.map_or(&[][..], |algebra| &algebra.readable);
    cube(&mut archive, "readable", readable, n)?;
    let constants = algebra.map_or(&[][..], |algebra| &algebra.structure_constants);
    cube(&mut archive, "structure_constants", constants, constants.len())?;
    if let Some(output) = &symmetry.output {
        cube(&mut archive, "output", output, output.first().map_or(0, Vec::len))?;
    }
    archive.zip_writer().finish()?;
    drop(archive);
    Ok(bytes)
}

/// Square matrices of that size.
fn cube(
    archive: &mut NpzWriter<Cursor<&mut Vec<u8>>>,
    name: &str,
    matrices: &[Vec<Vec<f64>>],
    size: usize,
) -> io::Result<()> {
    let entries: Vec<f64> = matrices.iter().flatten().flatten().copied().collect();
    if entries.len() != matrices.len() * size * size {
        return Err(io::Error::other(format!("the matrices of `{name}` are not all {size} × {size}")));
    }
    member(archive, name, &[matrices.len(), size, size], &entries)
}

#[cfg(test)]
mod tests {
    use super::super::summary::sample;
    use super::*;
    use npyz::npz::NpzArchive;

    fn read(bytes: &[u8], name: &str) -> (Vec<u64>, Vec<f64>) {
        let mut archive = NpzArchive::new(Cursor::new(bytes)).expect("an archive");
        let array = archive.by_name(name).expect("readable").expect("present");
        let shape = array.shape().to_vec();
        (shape, array.into_vec().expect("numbers"))
    }

    #[test]
    fn numpy_s_format_holds_the_matrices() {
        let bytes = npz(&sample().symmetry).expect("written");
        assert_eq!(read(&bytes, "generators"), (vec![1, 2, 2], vec![0.0, -1.00042, 0.99958, 0.0]));
        assert_eq!(read(&bytes, "violation"), (vec![1], vec![0.0003]));
        assert_eq!(read(&bytes, "approximate").0, [1, 2, 2]);
        assert_eq!(read(&bytes, "readable"), (vec![1, 2, 2], vec![0.0, -1.0, 0.99916, 0.0]));
        assert_eq!(read(&bytes, "structure_constants"), (vec![1, 1, 1], vec![0.0]));
        assert!(
            !NpzArchive::new(Cursor::new(&bytes)).expect("an archive").array_names().any(|n| n == "output")
        );
    }

    #[test]
    fn a_learned_output_is_an_array_of_its_own_size() {
        let mut symmetry = sample().symmetry;
        symmetry.output = Some(vec![vec![vec![0.0, 0.0, 0.0], vec![0.0, 0.0, -2.0], vec![0.0, 2.0, 0.0]]]);
        let bytes = npz(&symmetry).expect("written");
        let entries = vec![0.0, 0.0, 0.0, 0.0, 0.0, -2.0, 0.0, 2.0, 0.0];
        assert_eq!(read(&bytes, "output"), (vec![1, 3, 3], entries));
    }

    #[test]
    fn no_generators_are_empty_arrays() {
        let mut symmetry = sample().symmetry;
        symmetry.generators.clear();
        symmetry.approximate.clear();
        symmetry.algebra = None;
        assert_eq!(read(&npz(&symmetry).expect("written"), "readable"), (vec![0, 0, 0], vec![]));
        assert_eq!(read(&npz(&symmetry).expect("written"), "generators"), (vec![0, 0, 0], vec![]));
        let mut symmetry = sample().symmetry;
        symmetry.approximate[0].matrix.pop();
        npz(&symmetry).expect_err("2 × 2 and 1 × 2 do not go together");
    }

    #[test]
    fn both_files_are_written() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let run = RunDirectory::create(Some(dir.path()), "x", 0, "").expect("writable");
        run.write_results(&sample()).expect("written");
        let text = std::fs::read_to_string(run.join("generators.json")).expect("written");
        let value: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        assert_eq!(value["generators"][0]["matrix"][1][0], 0.99958);
        assert_eq!(value["readable"][0][0][1], -1.0);
        assert!(value.get("output").is_none());
        assert!(run.join("generators.npz").is_file() && run.join("summary.json").is_file());
    }
}
