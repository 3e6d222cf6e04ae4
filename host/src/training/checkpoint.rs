//! Checkpoints: what had been learned, on disk, whatever happens next.

use crate::report::{RunDirectory, write_atomic};
use anyhow::Context;
use safetensors::SafeTensors;
use safetensors::tensor::{Dtype, TensorView};
use std::collections::HashMap;
use std::path::Path;
use std::str::FromStr;
use tch::{Device, Kind, Tensor};

/// Named tensors and facts of one moment of training, written as `checkpoints/NAME.safetensors`.
#[derive(Debug)]
pub struct Checkpoint {
    /// "model.layers.0.weight", "optimizer.model.0.exp_avg", "basis.weight", …
    pub tensors: Vec<(String, Tensor)>,
    /// Stage, step, seed: the file's metadata.
    pub facts: HashMap<String, String>,
}

impl Checkpoint {
    /// The same tensors, not copied.
    pub fn shallow_clone(&self) -> Self {
        let tensors = self.tensors.iter().map(|(name, tensor)| (name.clone(), tensor.shallow_clone()));
        Self { tensors: tensors.collect(), facts: self.facts.clone() }
    }

    /// Writes it atomically: a reader, or a killed run, never meets half a file.
    ///
    /// # Errors
    /// The disk is full or the directory not writable.
    pub fn write(&self, run: &RunDirectory, name: &str) -> anyhow::Result<()> {
        let path = run.checkpoint(name);
        let mut views = Vec::with_capacity(self.tensors.len());
        let bytes: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> =
            self.tensors.iter().map(|(name, tensor)| raw(name, tensor)).collect::<anyhow::Result<_>>()?;
        for (name, dtype, shape, bytes) in &bytes {
            views.push((name.as_str(), TensorView::new(*dtype, shape.clone(), bytes)?));
        }
        let file = safetensors::serialize(views, Some(self.facts.clone()))?;
        std::fs::create_dir_all(path.parent().expect("a file in the run directory has a parent"))
            .and_then(|()| write_atomic(&path, &file))
            .with_context(|| format!("cannot write {}", path.display()))
    }

    /// Reads one, tensors on the CPU.
    ///
    /// # Errors
    /// The file is missing or damaged.
    pub fn read(path: &Path) -> anyhow::Result<Self> {
        let read = || -> anyhow::Result<Self> {
            let bytes = std::fs::read(path)?;
            let facts = SafeTensors::read_metadata(&bytes)?.1.metadata().clone().unwrap_or_default();
            let file = SafeTensors::deserialize(&bytes)?;
            let tensors = file.iter().map(|(name, view)| Ok((name.to_owned(), tensor(&view)?)));
            Ok(Self { tensors: tensors.collect::<anyhow::Result<_>>()?, facts })
        };
        read().with_context(|| format!("{} is not a checkpoint that can be read", path.display()))
    }

    /// A fact by its name.
    ///
    /// # Errors
    /// There is none, or it is of another kind.
    pub fn fact<T: FromStr>(&self, name: &str) -> anyhow::Result<T> {
        let fact = self.facts.get(name).and_then(|text| text.parse().ok());
        fact.with_context(|| format!("the checkpoint does not say its `{name}`"))
    }

    /// A tensor by its name.
    ///
    /// # Errors
    /// There is none.
    pub fn tensor(&self, name: &str) -> anyhow::Result<Tensor> {
        let tensor = self.tensors.iter().find(|(known, _)| known == name);
        let tensor = tensor.with_context(|| format!("the checkpoint has no `{name}`"))?;
        Ok(tensor.1.shallow_clone())
    }

    /// Overwrites a tensor with the one of that name.
    ///
    /// # Errors
    /// There is none, or it has another shape.
    pub fn copy_into(&self, name: &str, tensor: &mut Tensor) -> anyhow::Result<()> {
        let value = self.tensor(name)?;
        let (found, expected) = (value.size(), tensor.size());
        anyhow::ensure!(
            found == expected,
            "`{name}` has shape {found:?} in the checkpoint, and the model wants {expected:?}"
        );
        tch::no_grad(|| tensor.copy_(&value));
        Ok(())
    }
}

const DTYPES: [(Kind, Dtype); 6] = [
    (Kind::Float, Dtype::F32),
    (Kind::Double, Dtype::F64),
    (Kind::Int64, Dtype::I64),
    (Kind::Half, Dtype::F16),
    (Kind::BFloat16, Dtype::BF16),
    (Kind::Bool, Dtype::BOOL),
];

fn tensor(view: &TensorView<'_>) -> anyhow::Result<Tensor> {
    let kind = DTYPES.iter().find(|(_, dtype)| *dtype == view.dtype());
    let (kind, _) = kind.with_context(|| format!("element type {:?} is not one of ours", view.dtype()))?;
    let shape: Vec<i64> = view.shape().iter().map(|&size| size as i64).collect();
    Ok(Tensor::f_from_data_size(view.data(), &shape, *kind)?)
}

fn raw(name: &str, tensor: &Tensor) -> anyhow::Result<(String, Dtype, Vec<usize>, Vec<u8>)> {
    let kind = tensor.kind();
    let dtype = DTYPES.iter().find(|(known, _)| *known == kind);
    let (_, dtype) = dtype
        .with_context(|| format!("`{name}` has element type {kind:?}, which checkpoints do not hold"))?;
    let tensor = tensor.detach().to_device(Device::Cpu).contiguous();
    let mut bytes = vec![0; tensor.numel() * tensor.kind().elt_size_in_bytes()];
    tensor.f_copy_data_u8(&mut bytes, tensor.numel())?;
    Ok((name.to_owned(), *dtype, tensor.size().iter().map(|&size| size as usize).collect(), bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_is_read() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let run = RunDirectory::create(Some(root.path()), "x", 0, "").expect("writable");
        let tensors = vec![
            ("a.weight".to_owned(), Tensor::from_slice(&[0.1_f32, -2.0, 3.5, 4.0]).reshape([2, 2])),
            ("b".to_owned(), Tensor::from_slice(&[0.1_f64])),
            ("count".to_owned(), Tensor::from(i64::MAX)),
            ("empty".to_owned(), Tensor::from_slice::<f64>(&[])),
        ];
        let written = Checkpoint { tensors, facts: HashMap::from([("step".into(), "7".into())]) };
        written.write(&run, "some/where").expect("writable");
        let path = run.join("checkpoints/some/where.safetensors");
        let read = Checkpoint::read(&path).expect("readable");
        for (name, tensor) in &written.tensors {
            let again = read.tensor(name).expect("there");
            assert_eq!(again.size(), tensor.size(), "{name}");
            assert!(again.equal(tensor), "{name}");
        }
        assert_eq!(read.fact::<u64>("step").expect("there"), 7);
        assert!(read.fact::<u64>("seed").is_err());
        assert!(read.tensor("c").is_err());

        let bytes = std::fs::read(&path).expect("readable");
        std::fs::write(&path, &bytes[..bytes.len() / 2]).expect("writable");
        let message = format!("{:#}", Checkpoint::read(&path).expect_err("half a file"));
        assert!(message.contains("where.safetensors is not a checkpoint that can be read: "), "{message}");
    }
}
