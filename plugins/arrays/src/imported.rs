//! Data sets that `scripts/import-data` made: a folder with a card and one safetensors file a split.
//!
//! The script has checked the download against its sha256 and writes a set whole or not at all, so what is looked for
//! here is a set that is not there, one of another recipe, and files that were damaged since.

use crate::array::{Array, Number, Numbers};
use crate::source::{element, error};
use safetensors::SafeTensors;
use semola_plugin_api::{Error, Result, Split};
use serde_json::Value;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// A set of the cache.
#[derive(Debug)]
pub struct Imported {
    name: String,
    folder: PathBuf,
    card: Value,
}

/// One of its splits.
#[derive(Debug)]
pub struct Part {
    path: PathBuf,
    samples: usize,
    bytes: Vec<u8>,
}

/// The numbers of a field, the last axis fastest.
#[derive(Clone, Debug, PartialEq)]
pub struct Values<T> {
    /// Axis 0 counts samples.
    pub shape: Vec<usize>,
    /// As many as the shape says.
    pub numbers: Vec<T>,
}

impl<T> Values<T> {
    /// Numbers in one sample.
    pub fn stride(&self) -> usize {
        self.shape.iter().skip(1).product()
    }
}

impl Imported {
    /// Opens a set by the name it was imported under, `digits` or `qm9-1000`, in the cache that the host names.
    ///
    /// # Errors
    /// It was never imported, or its card does not parse.
    pub fn open(cache: &str, name: &str) -> Result<Self> {
        let import = import(name);
        if cache.is_empty() {
            return Err(Error::new(format!(
                "data set `{name}` lies in the cache directory, and there is none: set HOME or XDG_CACHE_HOME, then \
                 run {import}"
            )));
        }
        let folder = Path::new(cache).join("data").join(name);
        let path = folder.join("card.json");
        let text = fs::read_to_string(&path).map_err(|cause| match cause.kind() {
            ErrorKind::NotFound => error(
                &folder,
                format_args!("data set `{name}` has not been imported (no card.json there); run {import}"),
            ),
            _ => error(&path, format_args!("cannot be read: {cause}")),
        })?;
        let card: Value = serde_json::from_str(&text)
            .map_err(|cause| error(&path, format_args!("is no JSON: {cause}; run {import} again")))?;
        Ok(Self { name: name.into(), folder, card })
    }

    /// The name it was opened by.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// A list of the card: class names, bodies.
    ///
    /// # Errors
    /// The card has none of that name, or it holds something else than texts.
    pub fn list(&self, key: &str) -> Result<Vec<String>> {
        let texts = self.card.get(key).and_then(Value::as_array).and_then(|list| {
            list.iter().map(|entry| entry.as_str().map(str::to_owned)).collect::<Option<Vec<_>>>()
        });
        texts.ok_or_else(|| {
            let path = self.folder.join("card.json");
            error(&path, format_args!("has no list of texts `{key}`; run {} again", self.import()))
        })
    }

    /// Reads the file of a split; there is none of [`Split::Shifted`].
    ///
    /// # Errors
    /// It is missing, truncated or damaged.
    pub fn part(&self, split: Split) -> Result<Part> {
        let path = self.folder.join(format!("{}.safetensors", split.name()));
        let bytes = fs::read(&path).map_err(|cause| {
            error(&path, format_args!("cannot be read: {cause}; run {} again", self.import()))
        })?;
        let samples = {
            let tensors = SafeTensors::deserialize(&bytes).map_err(|cause| {
                error(
                    &path,
                    format_args!(
                        "is no safetensors file, or truncated: {cause}; run {} again",
                        self.import()
                    ),
                )
            })?;
            let lengths = tensors.tensors().into_iter().map(|(_, tensor)| tensor.shape().first().copied());
            let lengths: Vec<usize> = lengths.flatten().collect();
            match lengths.split_first() {
                Some((first, rest)) if rest.iter().all(|length| length == first) && *first > 0 => *first,
                _ => {
                    return Err(error(
                        &path,
                        format_args!(
                            "has fields of {lengths:?} samples, expected one number above 0; run {} again",
                            self.import()
                        ),
                    ));
                }
            }
        };
        Ok(Part { path, samples, bytes })
    }

    fn import(&self) -> String {
        import(&self.name)
    }
}

/// The command that makes a set: `qm9-1000` is a subset of `qm9`.
fn import(name: &str) -> String {
    match name.rsplit_once('-') {
        Some((whole, count)) if !count.is_empty() && count.bytes().all(|digit| digit.is_ascii_digit()) => {
            format!("scripts/import-data {whole} --subset {count}")
        }
        _ => format!("scripts/import-data {name}"),
    }
}

impl Part {
    /// Number of samples.
    pub fn samples(&self) -> usize {
        self.samples
    }

    /// The file, for errors about its contents.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// A field as 32-bit floats, from floats or integers of any width.
    ///
    /// # Errors
    /// There is no such field; a number is not finite.
    pub fn floats(&self, field: &str) -> Result<Values<f32>> {
        self.finite(field)
    }

    /// A field as 64-bit floats.
    ///
    /// # Errors
    /// As [`Part::floats`].
    pub fn doubles(&self, field: &str) -> Result<Values<f64>> {
        self.finite(field)
    }

    /// A field of whole numbers.
    ///
    /// # Errors
    /// There is no such field; it holds fractions.
    pub fn integers(&self, field: &str) -> Result<Values<i64>> {
        let Array { shape, numbers, unfit } = self.read(field)?;
        if let Some((place, number)) = unfit {
            return Err(
                self.about(field, format_args!("holds {number} at position {place}, expected whole numbers"))
            );
        }
        Ok(Values { shape, numbers })
    }

    /// A field of bytes: pixels.
    ///
    /// # Errors
    /// There is no such field, or it does not hold unsigned bytes.
    pub fn bytes(&self, field: &str) -> Result<Values<u8>> {
        let tensors = self.tensors()?;
        let tensor = tensors.tensor(field).map_err(|_| self.missing(field))?;
        if tensor.dtype() != safetensors::Dtype::U8 {
            return Err(self.about(field, format_args!("is {:?}, expected U8", tensor.dtype())));
        }
        Ok(Values { shape: tensor.shape().to_vec(), numbers: tensor.data().to_vec() })
    }

    fn read<T: Number>(&self, field: &str) -> Result<Array<T>> {
        let tensors = self.tensors()?;
        let tensor = tensors.tensor(field).map_err(|_| self.missing(field))?;
        let mut numbers = Numbers::default();
        element(tensor.dtype())
            .and_then(|element| element.decode(tensor.data(), false, &mut numbers))
            .map_err(|what| self.about(field, what))?;
        Ok(numbers.shaped(tensor.shape().to_vec()))
    }

    fn tensors(&self) -> Result<SafeTensors<'_>> {
        SafeTensors::deserialize(&self.bytes)
            .map_err(|cause| error(&self.path, format_args!("is no safetensors file: {cause}")))
    }

    fn missing(&self, field: &str) -> Error {
        let mut names: Vec<String> = match self.tensors() {
            Ok(tensors) => tensors.names().into_iter().map(ToString::to_string).collect(),
            Err(cause) => return cause,
        };
        names.sort();
        self.about(field, format_args!("is not there; the file has {}", names.join(", ")))
    }

    fn about(&self, field: &str, what: impl std::fmt::Display) -> Error {
        error(
            &self.path,
            format_args!("field `{field}` {what}; import the set again with scripts/import-data"),
        )
    }

    fn finite<T: Number>(&self, field: &str) -> Result<Values<T>> {
        let Array { shape, numbers, unfit } = self.read(field)?;
        let Some((place, number)) = unfit else {
            return Ok(Values { shape, numbers });
        };
        let stride = shape.iter().skip(1).product::<usize>().max(1);
        Err(self.about(
            field,
            format_args!("holds {number} in sample {}, expected finite numbers", place / stride),
        ))
    }
}

#[cfg(test)]
mod tests;
