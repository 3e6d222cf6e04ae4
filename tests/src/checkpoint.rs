use safetensors::{Dtype, SafeTensors};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;

/// A checkpoint as any other program reads it.
#[derive(Clone, Debug, PartialEq)]
pub struct Checkpoint {
    /// Stage, step, seed.
    pub facts: HashMap<String, String>,
    /// Shape and bytes of each tensor by name.
    pub tensors: BTreeMap<String, (Vec<usize>, Vec<u8>)>,
}

impl Checkpoint {
    /// Reads it and checks that it holds something, and only numbers that are finite.
    ///
    /// # Panics
    /// It is missing, damaged, empty, or holds NaN or infinity.
    #[track_caller]
    pub fn read(path: &Path) -> Self {
        let bytes = std::fs::read(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let (_, metadata) = SafeTensors::read_metadata(&bytes).expect("the checkpoint has a header");
        let file = SafeTensors::deserialize(&bytes).expect("the checkpoint is complete");
        let mut tensors = BTreeMap::new();
        for (name, view) in file.tensors() {
            assert!(finite(view.dtype(), view.data()), "`{name}` holds NaN or infinity");
            tensors.insert(name, (view.shape().to_vec(), view.data().to_vec()));
        }
        assert!(tensors.keys().any(|name| name.starts_with("model.")), "the model's parameters are there");
        Self { facts: metadata.metadata().clone().unwrap_or_default(), tensors }
    }
}

fn finite(dtype: Dtype, bytes: &[u8]) -> bool {
    match dtype {
        Dtype::F32 => bytes.as_chunks::<4>().0.iter().all(|number| f32::from_le_bytes(*number).is_finite()),
        Dtype::F64 => bytes.as_chunks::<8>().0.iter().all(|number| f64::from_le_bytes(*number).is_finite()),
        Dtype::I64 => true,
        other => panic!("checkpoints of these tests hold no {other:?}"),
    }
}
