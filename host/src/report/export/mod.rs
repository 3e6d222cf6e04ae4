//! What was found, for use elsewhere: matrices for numpy and LaTeX, trained weights, PyTorch code that augments by the group,
//! the group for EMLP.
//!
//! A function of the run directory alone; loads no plugin.

mod latex;
mod python;

use super::summary::Summary;
use super::write_atomic;
use anyhow::Context;
use safetensors::SafeTensors;
use safetensors::tensor::TensorView;
use std::collections::HashMap;
use std::path::Path;

/// Writes everything into a directory that is there; weights where there is a checkpoint to take them from.
///
/// # Errors
/// A file of the run or the checkpoint is missing or damaged; the directory is not writable.
pub fn write(
    run: &Path,
    summary: &Summary,
    checkpoint: Option<&Path>,
    directory: &Path,
) -> anyhow::Result<Vec<&'static str>> {
    let mut files: Vec<(&'static str, Vec<u8>)> = Vec::new();
    for name in ["generators.npz", "generators.json"] {
        let path = run.join(name);
        files.push((name, std::fs::read(&path).with_context(|| format!("cannot read {}", path.display()))?));
    }
    files.push(("generators.tex", latex::document(&summary.symmetry).into_bytes()));
    if !summary.symmetry.generators.is_empty() {
        files.push(("augment.py", python::augment(&summary.symmetry).into_bytes()));
        files.push(("emlp_group.py", python::emlp_group(&summary.symmetry).into_bytes()));
    }
    if let Some(checkpoint) = checkpoint {
        files.push(("weights.safetensors", weights(checkpoint, summary)?));
    }
    for (name, bytes) in &files {
        let path = directory.join(name);
        write_atomic(&path, bytes).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(files.into_iter().map(|(name, _)| name).collect())
}

/// The model's parameters and buffers under their own names; `fields`, the units of inputs and targets, in the metadata.
fn weights(path: &Path, summary: &Summary) -> anyhow::Result<Vec<u8>> {
    let read = || -> anyhow::Result<Vec<u8>> {
        let bytes = std::fs::read(path)?;
        let checkpoint = SafeTensors::deserialize(&bytes)?;
        let parameters: Vec<(&str, TensorView<'_>)> =
            checkpoint.iter().filter_map(|(name, view)| Some((name.strip_prefix("model.")?, view))).collect();
        let fields = serde_json::to_string(&summary.fields)?;
        Ok(safetensors::serialize(parameters, Some(HashMap::from([("fields".to_owned(), fields)])))?)
    };
    read().with_context(|| format!("{} cannot be exported", path.display()))
}

/// `[[0, -1], [1, 0]]`, as Python and JSON have it.
fn rows(matrix: &[Vec<f64>]) -> String {
    let row = |row: &Vec<f64>| {
        let numbers: Vec<String> = row.iter().map(|value| format!("{value:?}")).collect();
        format!("[{}]", numbers.join(", "))
    };
    format!("[{}]", matrix.iter().map(row).collect::<Vec<_>>().join(", "))
}

/// Matrices one below the other.
fn list(matrices: impl Iterator<Item = String>) -> String {
    matrices.map(|matrix| format!("        {matrix},\n")).collect()
}

#[cfg(test)]
mod tests {
    use super::super::RunDirectory;
    use super::super::summary::sample;
    use super::*;

    #[test]
    fn everything_of_a_run_is_written() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let run = RunDirectory::create(Some(&root.path().join("run")), "x", 0, "").expect("writable");
        run.write_results(&sample()).expect("writable");
        let last = run.checkpoint("last");
        let write = || write(run.path(), &sample(), Some(&last), root.path());
        let missing = format!("{:#}", write().expect_err("no checkpoint"));
        assert!(missing.contains("last.safetensors cannot be exported"), "{missing}");

        let numbers: Vec<u8> = [1.5_f32, -2.0].iter().flat_map(|value| value.to_le_bytes()).collect();
        let view = |shape| TensorView::new(safetensors::Dtype::F32, shape, &numbers).expect("two numbers");
        let tensors = [("model.layer.weight", view(vec![2])), ("optimizer.step", view(vec![1, 2]))];
        let bytes = safetensors::serialize(tensors, None).expect("two tensors");
        std::fs::create_dir(run.join("checkpoints")).expect("writable");
        run.write("checkpoints/last.safetensors", &bytes).expect("writable");
        let written = write().expect("writable");
        let expected = [
            "generators.npz",
            "generators.json",
            "generators.tex",
            "augment.py",
            "emlp_group.py",
            "weights.safetensors",
        ];
        assert_eq!(written, expected);
        let bytes = std::fs::read(root.path().join("weights.safetensors")).expect("written");
        let weights = SafeTensors::deserialize(&bytes).expect("safetensors");
        assert_eq!(weights.names(), ["layer.weight"]);
        assert_eq!(weights.tensor("layer.weight").expect("there").data(), numbers);
        let metadata =
            SafeTensors::read_metadata(&bytes).expect("a header").1.metadata().clone().expect("facts");
        assert!(metadata["fields"].contains("\"scale\":1.5"), "{metadata:?}");
    }
}
