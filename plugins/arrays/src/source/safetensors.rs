//! Several arrays in the safetensors format.
//!
//! The header is read when the file is opened, an array when it is asked for, so that a file is never in memory as a
//! whole.

use super::error;
use crate::array::{Array, Element, Number, Numbers};
use safetensors::Dtype;
use safetensors::tensor::Metadata;
use semola_plugin_api::Result;
use std::fs::File;
use std::io::{Read, Seek, SeekFrom};
use std::os::unix::fs::FileExt;
use std::path::Path;

/// Bytes of a header (safetensors' own limit).
const LONGEST_HEADER: u64 = 100_000_000;
/// Bytes before the header: its length.
const START: u64 = 8;

/// An open file, its header checked.
pub(super) struct Tensors {
    file: File,
    /// Where the numbers begin.
    start: u64,
    metadata: Metadata,
}

impl Tensors {
    /// Reads and checks the header.
    pub(super) fn open(mut file: File, path: &Path) -> Result<Self> {
        let damaged = |cause: String| {
            error(path, format_args!("is no safetensors file, or truncated: {cause}; write it again"))
        };
        let unread = |cause: std::io::Error| error(path, format_args!("cannot be read: {cause}"));
        let length = file.metadata().map_err(unread)?.len();
        let mut bytes = [0; START as usize];
        if length < START {
            return Err(damaged(format!("it has {length} bytes")));
        }
        file.read_exact(&mut bytes).map_err(unread)?;
        let header = u64::from_le_bytes(bytes);
        if header > LONGEST_HEADER.min(length - START) {
            return Err(damaged(format!("it claims a header of {header} bytes, and has {length} in all")));
        }
        let mut bytes = Vec::new();
        (&mut file).take(header).read_to_end(&mut bytes).map_err(unread)?;
        let metadata: Metadata = serde_json::from_slice(&bytes)
            .map_err(|cause| damaged(format!("its header is wrong: {cause}")))?;
        let (start, numbers) = (START + header, metadata.data_len() as u64);
        if start.checked_add(numbers) != Some(length) {
            return Err(damaged(format!(
                "its header of {header} bytes announces {numbers} bytes of numbers, and it has {}",
                length - start
            )));
        }
        Ok(Self { file, start, metadata })
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.metadata.offset_keys()
    }

    /// The shape of an array, or nothing when there is none of the name.
    pub(super) fn shape(&self, name: &str) -> Option<Vec<usize>> {
        self.metadata.info(name).map(|info| info.shape.clone())
    }

    /// Some rows of an array (positions along its first axis), which must be there. Needs no more memory than these.
    pub(super) fn rows<T: Number>(
        &self,
        name: &str,
        first: usize,
        count: usize,
        path: &Path,
    ) -> Result<Option<Array<T>>> {
        let Some(info) = self.metadata.info(name) else {
            return Ok(None);
        };
        let about = |what: String| error(path, format_args!("array `{name}` {what}"));
        let element = element(info.dtype).map_err(about)?;
        let (start, end) = info.data_offsets;
        let row = info.shape.get(1..).unwrap_or_default().iter().product::<usize>() * element.size();
        let (from, bytes) = (start + first * row, count * row);
        if from + bytes > end {
            return Err(about(format!(
                "has shape {:?}, and rows {first} to {} were asked for",
                info.shape,
                first + count
            )));
        }
        let mut numbers = Numbers::default();
        let reader = At { file: &self.file, place: self.start + from as u64 };
        let found = element.stream(reader, bytes, false, &mut numbers).map_err(about)?;
        if found != bytes {
            return Err(about(format!(
                "ends after {found} of the {bytes} bytes of rows {first} to {}: it was cut while it was read; write it again",
                first + count
            )));
        }
        let shape = [&[count], info.shape.get(1..).unwrap_or_default()].concat();
        Ok(Some(numbers.shaped(shape)))
    }

    /// An array, or nothing when there is none of the name.
    pub(super) fn array<T: Number>(&mut self, name: &str, path: &Path) -> Result<Option<Array<T>>> {
        let Some(info) = self.metadata.info(name) else {
            return Ok(None);
        };
        let about = |what: String| error(path, format_args!("array `{name}` {what}"));
        let element = element(info.dtype).map_err(about)?;
        // The header was checked: offsets ascend, and each pair spans what dtype and shape take.
        let (start, end) = info.data_offsets;
        let place = SeekFrom::Start(self.start + start as u64);
        self.file.seek(place).map_err(|cause| about(format!("cannot be read: {cause}")))?;
        let mut numbers = Numbers::default();
        let found = element.stream(&self.file, end - start, false, &mut numbers).map_err(about)?;
        if found != end - start {
            return Err(about(format!(
                "has shape {:?}, which takes {} bytes, and holds only {found}: it is truncated; write it again",
                info.shape,
                end - start
            )));
        }
        Ok(Some(numbers.shaped(info.shape.clone())))
    }
}

/// A file from a place on, read without moving the file's own position: several readers may have it.
struct At<'a> {
    file: &'a File,
    place: u64,
}

impl Read for At<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> std::io::Result<usize> {
        let count = self.file.read_at(buffer, self.place)?;
        self.place += count as u64;
        Ok(count)
    }
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
