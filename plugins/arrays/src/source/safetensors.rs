//! Several arrays in the safetensors format.
//!
//! The file is read as a whole: mapping it to memory takes `unsafe`, which a plugin does not use.

use super::error;
use crate::array::{Array, Element};
use safetensors::{Dtype, SafeTensors};
use semola_plugin_api::Result;
use std::fs::File;
use std::io::Read;
use std::path::Path;

/// A sound file's bytes, and the names in it.
pub(super) struct Bytes {
    bytes: Vec<u8>,
    names: Vec<String>,
}

impl Bytes {
    /// Reads and checks the file.
    pub(super) fn read(mut file: File, path: &Path) -> Result<Self> {
        let mut bytes = Vec::new();
        file.read_to_end(&mut bytes).map_err(|cause| error(path, format_args!("cannot be read: {cause}")))?;
        Self::parse(bytes, path)
    }

    /// Checks a file's bytes.
    pub(super) fn parse(bytes: Vec<u8>, path: &Path) -> Result<Self> {
        let tensors = SafeTensors::deserialize(&bytes).map_err(|cause| damaged(path, &cause))?;
        let names = tensors.names().into_iter().map(str::to_owned).collect();
        Ok(Self { bytes, names })
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.names.clone()
    }

    /// An array, or nothing when there is none of the name.
    pub(super) fn array(&self, name: &str, path: &Path) -> Result<Option<Array>> {
        let tensors = SafeTensors::deserialize(&self.bytes).map_err(|cause| damaged(path, &cause))?;
        let Ok(tensor) = tensors.tensor(name) else {
            return Ok(None);
        };
        let about = |what: String| error(path, format_args!("array `{name}` {what}"));
        let numbers = element(tensor.dtype())
            .and_then(|element| element.decode(tensor.data(), false))
            .map_err(about)?;
        Ok(Some(Array { shape: tensor.shape().to_vec(), numbers }))
    }
}

fn damaged(path: &Path, cause: &safetensors::SafeTensorError) -> semola_plugin_api::Error {
    error(path, format_args!("is no safetensors file, or truncated: {cause}; write it again"))
}

pub(crate) fn element(dtype: Dtype) -> Result<Element, String> {
    Ok(match dtype {
        Dtype::BOOL => Element::Bool,
        Dtype::I8 => Element::Signed(1),
        Dtype::I16 => Element::Signed(2),
        Dtype::I32 => Element::Signed(4),
        Dtype::I64 => Element::Signed(8),
        Dtype::U8 => Element::Unsigned(1),
        Dtype::U16 => Element::Unsigned(2),
        Dtype::U32 => Element::Unsigned(4),
        Dtype::U64 => Element::Unsigned(8),
        Dtype::F16 => Element::Float(2),
        Dtype::BF16 => Element::Bfloat16,
        Dtype::F32 => Element::Float(4),
        Dtype::F64 => Element::Float(8),
        Dtype::C64 => {
            return Err("holds complex numbers (C64), expected floats, integers or booleans; save real and \
                        imaginary parts as two arrays"
                .into());
        }
        other => {
            return Err(format!(
                "holds elements of type {other:?}, expected floats of 16 bits or more, integers or booleans; convert it \
                 to float32"
            ));
        }
    })
}
