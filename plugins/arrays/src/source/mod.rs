//! Files and the arrays in them, one format a file of this folder.
//!
//! A [`Source`] lists its arrays and reads one by its name; it knows nothing of fields. Every error begins with the
//! path. Nothing is allocated on the word of a header: what a file claims to hold is believed once it has been read.

mod csv;
mod npy;
mod npz;
mod parquet;
mod safetensors;

pub(crate) use self::safetensors::element;

use crate::array::{Array, Number};
use semola_plugin_api::{Error, Result};
use std::fs::File;
use std::io::{BufReader, Cursor, ErrorKind};
use std::path::{Path, PathBuf};

/// A place that arrays come from.
pub struct Source {
    /// As the user gave it.
    path: PathBuf,
    format: Format,
}

enum Format {
    Npz(npz::Npz),
    /// A directory: the arrays are its files.
    Npy,
    Safetensors(safetensors::Tensors),
    Csv(csv::Csv),
    Parquet(parquet::Parquet),
}

/// An error about a file, or about an array in it.
pub fn error(path: &Path, what: impl std::fmt::Display) -> Error {
    Error::new(format!("{}: {what}", path.display()))
}

impl Source {
    /// Opens a file by its ending, or a directory of `.npy` files.
    ///
    /// # Errors
    /// It is missing, of no known format, or not what its ending says.
    pub fn open(path: &Path) -> Result<Self> {
        if path.is_dir() {
            let source = Self { path: path.into(), format: Format::Npy };
            if source.names()?.is_empty() {
                return Err(error(path, "the directory holds no .npy file; write one with numpy.save"));
            }
            return Ok(source);
        }
        let file = File::open(path).map_err(|cause| {
            let remedy = match cause.kind() {
                ErrorKind::NotFound => {
                    "; relative paths start at the directory that the program runs in, those \
                                        within a spec at the spec's"
                }
                _ => "",
            };
            error(path, format_args!("cannot be opened: {cause}{remedy}"))
        })?;
        let ending = path.extension().map(|ending| ending.to_string_lossy().to_lowercase());
        let format = match ending.as_deref() {
            Some("npz") => Format::Npz(npz::Npz::open(BufReader::new(file), path)?),
            Some("safetensors") => Format::Safetensors(safetensors::Tensors::open(file, path)?),
            Some("csv") => Format::Csv(csv::Csv::read(BufReader::new(file), path)?),
            Some("npy") => {
                let directory = path.parent().unwrap_or(Path::new(".")).display();
                return Err(error(
                    path,
                    format_args!(
                        "is a single array, and a data set needs several: give the directory of .npy files \
                         ({directory}), or an .npz file"
                    ),
                ));
            }
            Some("parquet") => Format::Parquet(parquet::Parquet::open(file, path)?),
            _ => {
                return Err(error(
                    path,
                    "is of no known format; expected a file that ends in .npz, .safetensors, .csv or .parquet, \
                     or a directory of .npy files",
                ));
            }
        };
        Ok(Self { path: path.into(), format })
    }

    /// An `.npz` in memory, called `name` in errors.
    pub fn embedded(name: &str, npz: &'static [u8]) -> Result<Self> {
        let path = PathBuf::from(name);
        Ok(Self { format: Format::Npz(npz::Npz::open(Cursor::new(npz), &path)?), path })
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Whether arrays are columns, chosen by the name of each.
    pub fn has_columns(&self) -> bool {
        matches!(self.format, Format::Csv(_) | Format::Parquet(_))
    }

    /// "array" or "column".
    pub fn noun(&self) -> &'static str {
        if self.has_columns() { "column" } else { "array" }
    }

    /// Names of all arrays, sorted, or of all columns in their order.
    ///
    /// # Errors
    /// A directory that can no longer be read.
    pub fn names(&self) -> Result<Vec<String>> {
        let mut names = match &self.format {
            Format::Npz(archive) => archive.names(),
            Format::Npy => npy::names(&self.path)?,
            Format::Safetensors(tensors) => tensors.names(),
            Format::Csv(csv) => return Ok(csv.names()),
            Format::Parquet(parquet) => return Ok(parquet.names()),
        };
        names.sort();
        Ok(names)
    }

    /// An error for an array that is not there: lists those that are.
    fn missing(&self, name: &str) -> Error {
        let names = match self.names() {
            Ok(names) if names.is_empty() => "there are none".into(),
            Ok(names) => {
                let known: Vec<String> = names.iter().take(40).map(|name| format!("`{name}`")).collect();
                let more = if names.len() > 40 { ", …" } else { "" };
                format!("it has {}{more}", known.join(", "))
            }
            Err(cause) => return cause,
        };
        let noun = self.noun();
        error(&self.path, format_args!("has no {noun} `{name}`; {names}. Correct the name in the spec"))
    }

    /// An array, or one column as `[samples, 1]`, of lists as `[samples, length]`.
    ///
    /// # Errors
    /// There is none of the name; its numbers are of a kind that is not read; it is truncated.
    pub fn array<T: Number>(&mut self, name: &str) -> Result<Array<T>> {
        let found = match &mut self.format {
            Format::Npz(archive) => archive.array(name, &self.path)?,
            Format::Npy => npy::read(&self.path, name)?,
            Format::Safetensors(tensors) => tensors.array(name, &self.path)?,
            Format::Csv(_) => return self.columns(&[name.to_owned()]),
            Format::Parquet(parquet) => parquet.array(name, &self.path)?,
        };
        found.ok_or_else(|| self.missing(name))
    }

    /// Whether some rows of an array can be read without the others: [`Source::rows`].
    pub fn has_rows(&self) -> bool {
        matches!(self.format, Format::Safetensors(_) | Format::Parquet(_))
    }

    /// The shape of an array, or of a column as [`array`](Source::array) reads it, of a file that [has rows](Source::has_rows).
    ///
    /// # Errors
    /// There is none of the name; the format is another one; a column's type or first row.
    pub fn shape(&self, name: &str) -> Result<Vec<usize>> {
        let found = match &self.format {
            Format::Safetensors(tensors) => tensors.shape(name),
            Format::Parquet(parquet) => {
                parquet.width(name, &self.path)?.map(|width| vec![parquet.len(), width])
            }
            _ => return Err(self.without_rows()),
        };
        found.ok_or_else(|| self.missing(name))
    }

    /// The shape of columns side by side, as [`columns`](Source::columns) reads them.
    ///
    /// # Errors
    /// One is missing or holds lists; the file has no columns.
    pub fn shape_of_columns(&self, names: &[String]) -> Result<Vec<usize>> {
        let parquet = self.parquet(names)?;
        parquet.side_by_side(names, &self.path)?;
        Ok(vec![parquet.len(), names.len()])
    }

    /// `count` rows of an array or a column from the row `first` on (positions along its first axis).
    ///
    /// # Errors
    /// As for [`Source::array`]; there are no such rows; the file has no rows.
    pub fn rows<T: Number>(&self, name: &str, first: usize, count: usize) -> Result<Array<T>> {
        let found = match &self.format {
            Format::Safetensors(tensors) => tensors.rows(name, first, count, &self.path)?,
            Format::Parquet(parquet) => parquet.rows(name, first..first + count, &self.path)?,
            _ => return Err(self.without_rows()),
        };
        found.ok_or_else(|| self.missing(name))
    }

    /// `count` rows of columns side by side from the row `first` on.
    ///
    /// # Errors
    /// As for [`Source::columns`]; there are no such rows; the file has no columns whose rows can be read alone.
    pub fn rows_of_columns<T: Number>(
        &self,
        names: &[String],
        first: usize,
        count: usize,
    ) -> Result<Array<T>> {
        self.parquet(names)?.columns(names, first..first + count, &self.path)
    }

    /// The file, if it is of this format and has these columns.
    fn parquet(&self, names: &[String]) -> Result<&parquet::Parquet> {
        let Format::Parquet(parquet) = &self.format else {
            return Err(match self.format {
                Format::Csv(_) => self.without_rows(),
                _ => self.without_columns(),
            });
        };
        match names.iter().find(|name| !parquet.has(name)) {
            Some(name) => Err(self.missing(name)),
            None => Ok(parquet),
        }
    }

    fn without_rows(&self) -> Error {
        error(&self.path, "cannot be read a part at a time; save it as .safetensors or .parquet")
    }

    fn without_columns(&self) -> Error {
        error(&self.path, "has arrays, not columns: name one with `array`, not `columns`")
    }

    /// Columns side by side, `[samples, columns]`.
    ///
    /// # Errors
    /// One is missing; a cell is no number: line, column.
    pub fn columns<T: Number>(&mut self, names: &[String]) -> Result<Array<T>> {
        let csv = match &self.format {
            Format::Csv(csv) => csv,
            Format::Parquet(_) => {
                let parquet = self.parquet(names)?;
                return parquet.columns(names, 0..parquet.len(), &self.path);
            }
            _ => return Err(self.without_columns()),
        };
        let places = names.iter().map(|name| csv.place(name).ok_or_else(|| self.missing(name)));
        let places: Vec<usize> = places.collect::<Result<_>>()?;
        csv.numbers(&places, &self.path)
    }

    /// What tells objects apart, one for each sample: whole numbers of an array, or any texts of a column.
    ///
    /// # Errors
    /// It is missing or holds something else.
    pub fn identities(&mut self, name: &str) -> Result<Vec<String>> {
        if let Format::Csv(csv) = &self.format {
            let place = csv.place(name).ok_or_else(|| self.missing(name))?;
            return Ok(csv.texts(place));
        }
        if let Format::Parquet(parquet) = &self.format
            && let Some(texts) = parquet.texts(name, &self.path)?
        {
            return Ok(texts);
        }
        Ok(self.integers(name)?.iter().map(i64::to_string).collect())
    }

    /// A list of whole numbers, one for each sample.
    ///
    /// # Errors
    /// It is missing, holds fractions, or more than one number a sample.
    pub fn integers(&mut self, name: &str) -> Result<Vec<i64>> {
        let Array { shape, numbers, unfit } = self.array(name)?;
        let noun = self.noun();
        let samples = shape.first().copied().unwrap_or_default();
        if shape.iter().product::<usize>() != samples || shape.is_empty() {
            return Err(error(
                &self.path,
                format_args!("{noun} `{name}` has shape {shape:?}, expected one whole number a sample"),
            ));
        }
        if let Some((row, number)) = unfit {
            return Err(error(
                &self.path,
                format_args!(
                    "{noun} `{name}` holds {number} at [{row}], expected whole numbers; save it as integers"
                ),
            ));
        }
        Ok(numbers)
    }
}

/// The numbers of an array by its shape, or the end of a sentence when there are too many to count.
fn count(shape: &[usize]) -> Option<usize> {
    // Without the zeros: a caller may multiply the rest.
    let product = shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size.max(1)))?;
    Some(if shape.contains(&0) { 0 } else { product })
}

#[cfg(test)]
mod tests;
