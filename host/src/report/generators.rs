//! `generators.npz` and `generators.json`: the generators that were found, for numpy and for everything else.
//!
//! Arrays, with k exact and m approximate generators of n × n: `generators` `[k, n, n]`, `violation` `[k]`,
//! `range` `[k]`, and the same with `approximate` (`[m, n, n]`), `approximate_violation`, `approximate_range`.
//! Without any generator n is 0. Values are those of [`super::summary`].

use super::run_directory::RunDirectory;
use super::summary::{Generator, SymmetrySummary};
use npyz::WriterBuilder;
use npyz::npz::NpzWriter;
use serde_json::json;
use std::io::{self, Cursor};

/// Writes both files into a run directory.
///
/// # Errors
/// As [`super::write_atomic`]; generators of unequal shape.
pub fn write(run: &RunDirectory, symmetry: &SymmetrySummary) -> io::Result<()> {
    run.write("generators.npz", &npz(symmetry)?)?;
    let value = json!({
        "algebra": symmetry.algebra.as_ref().map(|algebra| &algebra.name),
        "generators": symmetry.generators,
        "approximate": symmetry.approximate,
    });
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
        let entries: Vec<f64> =
            generators.iter().flat_map(|generator| generator.matrix.iter().flatten().copied()).collect();
        if entries.len() != count * n * n {
            return Err(io::Error::other(format!("the generators are not all {n} × {n}")));
        }
        array(&mut archive, matrices, &[count, n, n], entries)?;
        let column = |read: fn(&Generator) -> f64| generators.iter().map(read).collect();
        array(&mut archive, violation, &[count], column(|generator| generator.violation))?;
        array(&mut archive, range, &[count], column(|generator| generator.range))?;
    }
    archive.zip_writer().finish()?;
    drop(archive);
    Ok(bytes)
}

fn array(
    archive: &mut NpzWriter<Cursor<&mut Vec<u8>>>,
    name: &str,
    shape: &[usize],
    entries: Vec<f64>,
) -> io::Result<()> {
    let shape: Vec<u64> = shape.iter().map(|&length| length as u64).collect();
    let mut writer = archive.array(name, Default::default())?.default_dtype().shape(&shape).begin_nd()?;
    writer.extend(entries)?;
    writer.finish()
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
    }

    #[test]
    fn no_generators_are_empty_arrays() {
        let mut symmetry = sample().symmetry;
        symmetry.generators.clear();
        symmetry.approximate.clear();
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
        assert!(run.join("generators.npz").is_file() && run.join("summary.json").is_file());
    }
}
