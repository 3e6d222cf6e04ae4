//! Checkpoints: what had been learned, on disk, whatever happens next.

use crate::report::RunDirectory;
use anyhow::Context;
use safetensors::tensor::{Dtype, TensorView};
use std::collections::HashMap;
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
    /// Writes it atomically: a reader, or a killed run, never meets half a file.
    ///
    /// # Errors
    /// The disk is full or the directory not writable.
    pub fn write(&self, run: &RunDirectory, name: &str) -> anyhow::Result<()> {
        let path = format!("checkpoints/{name}.safetensors");
        let mut views = Vec::with_capacity(self.tensors.len());
        let bytes: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> =
            self.tensors.iter().map(|(name, tensor)| raw(name, tensor)).collect::<anyhow::Result<_>>()?;
        for (name, dtype, shape, bytes) in &bytes {
            views.push((name.as_str(), TensorView::new(*dtype, shape.clone(), bytes)?));
        }
        let file = safetensors::serialize(views, Some(self.facts.clone()))?;
        std::fs::create_dir_all(run.join("checkpoints"))
            .and_then(|()| run.write(&path, &file))
            .with_context(|| format!("cannot write {}", run.join(&path).display()))
    }
}

fn raw(name: &str, tensor: &Tensor) -> anyhow::Result<(String, Dtype, Vec<usize>, Vec<u8>)> {
    let dtype = match tensor.kind() {
        Kind::Float => Dtype::F32,
        Kind::Double => Dtype::F64,
        Kind::Int64 => Dtype::I64,
        Kind::Half => Dtype::F16,
        Kind::BFloat16 => Dtype::BF16,
        other => anyhow::bail!("`{name}` has element type {other:?}, which checkpoints do not hold"),
    };
    let tensor = tensor.detach().to_device(Device::Cpu).contiguous();
    let mut bytes = vec![0; tensor.numel() * tensor.kind().elt_size_in_bytes()];
    tensor.f_copy_data_u8(&mut bytes, tensor.numel())?;
    Ok((name.to_owned(), dtype, tensor.size().iter().map(|&size| size as usize).collect(), bytes))
}
