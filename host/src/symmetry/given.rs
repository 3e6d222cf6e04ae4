//! Generators that are known beforehand: an algebra's name, or the file that another run left.

use super::algebra::standard;
use super::{Candidates, from_rows};
use crate::exit::Coded;
use anyhow::Context;
use nalgebra::DMatrix;
use serde::Deserialize;
use std::path::Path;

/// The parts of a `generators.json` that are read.
#[derive(Deserialize)]
struct File {
    generators: Vec<Generator>,
}

#[derive(Deserialize)]
struct Generator {
    matrix: Vec<Vec<f64>>,
}

/// Coordinates of the named or stored generators among the candidates, each of norm 1 in the data metric.
///
/// # Errors
/// No such name or file, matrices of another size, or matrices that do not act on these data: usage errors.
pub fn read(basis: &str, candidates: &Candidates) -> anyhow::Result<DMatrix<f64>> {
    let n = candidates.directions().size()[1] as usize;
    let path = Path::new(basis);
    let matrices = if path.extension().is_some_and(|extension| extension == "json") {
        from_file(path, n).map_err(|error| Coded::usage(format!("symmetry.basis: {error:#}")))?
    } else {
        standard(basis, n).map_err(|error| Coded::usage(format!("symmetry.basis: {error}")))?
    };
    let rows = candidates.coordinates_of(&matrices);
    Ok(rows.map_err(|index| {
        Coded::usage(format!(
            "symmetry.basis: generator {} of `{basis}` does not act on these data: it has entries that the group action \
             keeps at 0, or moves no input",
            index + 1
        ))
    })?)
}

fn from_file(path: &Path, n: usize) -> anyhow::Result<Vec<DMatrix<f64>>> {
    let place = path.display();
    let text = std::fs::read_to_string(path).with_context(|| format!("cannot read {place}"))?;
    let file: File = serde_json::from_str(&text)
        .with_context(|| format!("{place} is not a generators.json as a run writes it"))?;
    anyhow::ensure!(!file.generators.is_empty(), "{place} holds no generators");
    let matrix = |(index, generator): (usize, &Generator)| {
        let rows = &generator.matrix;
        let fits =
            rows.len() == n && rows.iter().all(|row| row.len() == n && row.iter().all(|x| x.is_finite()));
        anyhow::ensure!(fits, "generator {} of {place} is not a finite {n} × {n} matrix", index + 1);
        Ok(from_rows(rows))
    };
    file.generators.iter().enumerate().map(matrix).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_s_faults_are_named() {
        let directory = tempfile::tempdir().expect("a directory");
        let path = directory.path().join("generators.json");
        let refusal = |text: &str| {
            std::fs::write(&path, text).expect("writable");
            format!("{:#}", from_file(&path, 2).expect_err("refused"))
        };
        assert!(refusal("{").contains("is not a generators.json"));
        assert!(refusal(r#"{"generators": []}"#).contains("holds no generators"));
        let other = r#"{"generators": [{"matrix": [[0.0]]}]}"#;
        assert!(refusal(other).contains("generator 1 of") && refusal(other).contains("2 × 2"));
        let good = r#"{"generators": [{"matrix": [[0, -1], [1, 0]], "violation": 0.1}]}"#;
        std::fs::write(&path, good).expect("writable");
        let matrices = from_file(&path, 2).expect("read");
        assert_eq!(matrices[0][(0, 1)], -1.0);
        assert!(from_file(Path::new("nowhere.json"), 2).is_err());
    }
}
