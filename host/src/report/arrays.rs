//! Named arrays in one file: `.npz` for numpy, `.safetensors` for everything else.

use npyz::WriterBuilder;
use npyz::npz::NpzWriter;
use safetensors::tensor::{Dtype, TensorView};
use std::io::{self, Cursor};
use std::path::Path;

/// One array.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Its name in the file.
    pub name: String,
    /// Its shape.
    pub shape: Vec<usize>,
    /// Row by row.
    pub values: Values,
}

/// Numbers of an array.
#[derive(Clone, Debug, PartialEq)]
pub enum Values {
    /// `float32`
    Floats(Vec<f32>),
    /// `int64`
    Integers(Vec<i64>),
}

/// A format that arrays are written in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// numpy's.
    Npz,
    /// Hugging Face's.
    Safetensors,
}

impl Format {
    /// By the ending of a file's name.
    pub fn of(path: &Path) -> Option<Self> {
        match path.extension()?.to_str()? {
            "npz" => Some(Self::Npz),
            "safetensors" => Some(Self::Safetensors),
            _ => None,
        }
    }

    /// The bytes of a file with these arrays.
    ///
    /// # Errors
    /// An array has another number of values than its shape says.
    pub fn bytes(self, arrays: &[Array]) -> io::Result<Vec<u8>> {
        match self {
            Self::Npz => npz(arrays),
            Self::Safetensors => safetensors(arrays),
        }
    }
}

fn npz(arrays: &[Array]) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    let mut archive = NpzWriter::new(Cursor::new(&mut bytes));
    for Array { name, shape, values } in arrays {
        match values {
            Values::Floats(values) => member(&mut archive, name, shape, values)?,
            Values::Integers(values) => member(&mut archive, name, shape, values)?,
        }
    }
    archive.zip_writer().finish()?;
    drop(archive);
    Ok(bytes)
}

/// Writes one array into an archive.
pub(super) fn member<T: npyz::AutoSerialize + Copy>(
    archive: &mut NpzWriter<Cursor<&mut Vec<u8>>>,
    name: &str,
    shape: &[usize],
    values: &[T],
) -> io::Result<()> {
    let shape: Vec<u64> = shape.iter().map(|&length| length as u64).collect();
    let mut writer = archive.array(name, Default::default())?.default_dtype().shape(&shape).begin_nd()?;
    writer.extend(values.iter().copied())?;
    writer.finish()
}

fn safetensors(arrays: &[Array]) -> io::Result<Vec<u8>> {
    let raw: Vec<(Dtype, Vec<u8>)> = arrays
        .iter()
        .map(|array| match &array.values {
            Values::Floats(values) => {
                (Dtype::F32, values.iter().flat_map(|value| value.to_le_bytes()).collect())
            }
            Values::Integers(values) => {
                (Dtype::I64, values.iter().flat_map(|value| value.to_le_bytes()).collect())
            }
        })
        .collect();
    let views = arrays.iter().zip(&raw).map(|(array, (dtype, bytes))| {
        Ok((
            array.name.as_str(),
            TensorView::new(*dtype, array.shape.clone(), bytes).map_err(io::Error::other)?,
        ))
    });
    let views = views.collect::<io::Result<Vec<_>>>()?;
    safetensors::serialize(views, None).map_err(io::Error::other)
}

#[cfg(test)]
mod tests {
    use super::*;
    use npyz::npz::NpzArchive;
    use safetensors::SafeTensors;

    fn arrays() -> [Array; 2] {
        [
            Array { name: "y".into(), shape: vec![2, 2], values: Values::Floats(vec![1.0, -0.5, 0.25, 3.0]) },
            Array { name: "y.target".into(), shape: vec![2], values: Values::Integers(vec![7, -1]) },
        ]
    }

    #[test]
    fn both_formats_hold_names_shapes_and_values() {
        let bytes = Format::Npz.bytes(&arrays()).expect("written");
        let mut archive = NpzArchive::new(Cursor::new(&bytes)).expect("an archive");
        let floats = archive.by_name("y").expect("readable").expect("present");
        assert_eq!(floats.shape(), [2, 2]);
        assert_eq!(floats.into_vec::<f32>().expect("floats"), [1.0, -0.5, 0.25, 3.0]);
        let integers = archive.by_name("y.target").expect("readable").expect("present");
        assert_eq!(integers.into_vec::<i64>().expect("integers"), [7, -1]);

        let bytes = Format::Safetensors.bytes(&arrays()).expect("written");
        let file = SafeTensors::deserialize(&bytes).expect("a file");
        let floats = file.tensor("y").expect("present");
        assert_eq!((floats.shape(), floats.dtype()), (&[2, 2][..], Dtype::F32));
        assert_eq!(floats.data()[4..8], (-0.5_f32).to_le_bytes());
        assert_eq!(file.tensor("y.target").expect("present").data()[..8], 7_i64.to_le_bytes());
    }

    #[test]
    fn the_ending_names_the_format() {
        assert_eq!(Format::of(Path::new("a/b.npz")), Some(Format::Npz));
        assert_eq!(Format::of(Path::new("b.safetensors")), Some(Format::Safetensors));
        assert_eq!(Format::of(Path::new("b.csv")), None);
        assert_eq!(Format::of(Path::new("npz")), None);
    }
}
