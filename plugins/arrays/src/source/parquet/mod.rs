//! Columns of a parquet file: numbers, lists of numbers that are as long in every row, and texts as identities.
//!
//! The `parquet` crate decodes pages, `schema` says what a column may be, `rows` that all its rows are alike. A column, or a
//! stretch of its rows, is read when it is asked for. Damage that the library meets, with an error or a panic, is one sentence.

mod rows;
mod schema;

use self::rows::Rows;
use self::schema::{Content, Element, content, leaves};
use super::error;
use crate::array::{Array, Number, Numbers, Take};
use half::f16;
use parquet::basic::Compression;
use parquet::column::reader::ColumnReader;
use parquet::data_type::ByteArray;
use parquet::errors::ParquetError;
use parquet::file::metadata::ColumnChunkMetaData;
use parquet::file::reader::{FileReader, SerializedFileReader};
use semola_plugin_api::{Error, Result};
use std::fs::File;
use std::ops::Range;
use std::panic::{self, AssertUnwindSafe};
use std::path::Path;
use std::sync::{Mutex, OnceLock, PoisonError};

/// An open file, its footer checked.
pub(super) struct Parquet {
    file: SerializedFileReader<File>,
    columns: Vec<Column>,
    /// At least 1.
    rows: usize,
}

struct Column {
    name: String,
    /// What is in it, or the end of a sentence that says why it is not read.
    content: Result<Content, String>,
    /// How many numbers its first row has, once that was looked at.
    width: OnceLock<usize>,
}

impl Parquet {
    /// Reads the footer.
    ///
    /// # Errors
    /// It is damaged or there is no row.
    pub(super) fn open(file: File, path: &Path) -> Result<Self> {
        let damaged = |cause: &dyn std::fmt::Display| {
            let cause = cause.to_string().replace('\n', " ");
            error(path, format_args!("is no parquet file, or truncated: {cause}; write it again"))
        };
        let length = file.metadata().map_err(|cause| damaged(&cause))?.len();
        let opened = guarded(|| SerializedFileReader::new(file).map_err(|cause| cause.to_string()));
        let file = opened.map_err(|cause| damaged(&cause))?;
        let metadata = file.metadata();
        let mut rows = 0_usize;
        for group in metadata.row_groups() {
            if !group.columns().iter().all(|chunk| lies_within(chunk, length)) {
                return Err(damaged(&"its footer names places that the file does not have"));
            }
            rows = usize::try_from(group.num_rows())
                .ok()
                .and_then(|more| rows.checked_add(more))
                .ok_or_else(|| damaged(&"its number of rows is impossible"))?;
        }
        if rows == 0 {
            return Err(error(path, "has no row, expected one row a sample"));
        }
        let schema = metadata.file_metadata().schema();
        let mut columns: Vec<Column> = Vec::new();
        let mut leaf = 0;
        for field in schema.get_fields() {
            let name = field.name().to_owned();
            if columns.iter().any(|earlier| earlier.name == name) {
                return Err(error(path, format_args!("has two columns `{name}`; rename one of them")));
            }
            columns.push(Column { name, content: content(field, leaf), width: OnceLock::new() });
            leaf += leaves(field);
        }
        Ok(Self { file, columns, rows })
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.columns.iter().map(|column| column.name.clone()).collect()
    }

    pub(super) fn has(&self, name: &str) -> bool {
        self.columns.iter().any(|column| column.name == name)
    }

    /// Rows of the file.
    pub(super) fn len(&self) -> usize {
        self.rows
    }

    /// How many numbers a row of a column has; nothing when there is none of the name.
    ///
    /// # Errors
    /// Its type, its first row, or damage.
    pub(super) fn width(&self, name: &str, path: &Path) -> Result<Option<usize>> {
        let Some((column, content)) = self.numeric(name, path)? else { return Ok(None) };
        if !content.list {
            return Ok(Some(1));
        }
        if column.width.get().is_none() {
            let mut first = Numbers::<f32>::default();
            let width =
                self.numbers(content, 0..1, None, &mut first).map_err(|what| about(path, name, &what))?;
            column.width.get_or_init(|| width);
        }
        Ok(column.width.get().copied())
    }

    /// A column, `[rows, 1]`, or of lists, `[rows, length]`; nothing when there is none of the name.
    ///
    /// # Errors
    /// Its type, a row, or damage.
    pub(super) fn array<T: Number>(&self, name: &str, path: &Path) -> Result<Option<Array<T>>> {
        self.read_rows(name, 0..self.rows, None, path)
    }

    /// A stretch of a column's rows, each as long as the first one of the file.
    ///
    /// # Errors
    /// As [`Self::array`]; there are no such rows.
    pub(super) fn rows<T: Number>(
        &self,
        name: &str,
        rows: Range<usize>,
        path: &Path,
    ) -> Result<Option<Array<T>>> {
        if rows.start >= rows.end || rows.end > self.rows {
            let what = format!("has {} rows, and not those from {} to {}", self.rows, rows.start, rows.end);
            return Err(about(path, name, &what));
        }
        let width = self.width(name, path)?;
        self.read_rows(name, rows, width, path)
    }

    fn read_rows<T: Number>(
        &self,
        name: &str,
        rows: Range<usize>,
        width: Option<usize>,
        path: &Path,
    ) -> Result<Option<Array<T>>> {
        let Some((_, content)) = self.numeric(name, path)? else { return Ok(None) };
        let (mut numbers, count) = (Numbers::default(), rows.len());
        let width =
            self.numbers(content, rows, width, &mut numbers).map_err(|what| about(path, name, &what))?;
        Ok(Some(numbers.shaped(vec![count, width])))
    }

    /// A column that holds numbers; nothing when there is none of the name.
    fn numeric(&self, name: &str, path: &Path) -> Result<Option<(&Column, Content)>> {
        let Some(column) = self.columns.iter().find(|column| column.name == name) else {
            return Ok(None);
        };
        let content = column.content.clone().map_err(|what| about(path, name, &what))?;
        if content.element == Element::Text {
            let what = "holds texts, expected numbers or lists of them; number the distinct ones";
            return Err(about(path, name, what));
        }
        Ok(Some((column, content)))
    }

    /// A stretch of rows of columns of single numbers side by side, `[rows, columns]`. All are there, see [`Self::has`].
    ///
    /// # Errors
    /// As [`Self::rows`]; one holds lists.
    pub(super) fn columns<T: Number>(
        &self,
        names: &[String],
        rows: Range<usize>,
        path: &Path,
    ) -> Result<Array<T>> {
        let (count, width) = (rows.len(), names.len());
        let mut result = Array { shape: vec![count, width], numbers: Vec::new(), unfit: None };
        for (place, name) in names.iter().enumerate() {
            let Some(Array { shape, numbers, unfit }) = self.rows::<T>(name, rows.clone(), path)? else {
                continue;
            };
            if shape != [count, 1] {
                return Err(about(path, name, &lists(shape[1])));
            }
            result.numbers.resize(count * width, T::default());
            for (row, number) in numbers.into_iter().enumerate() {
                result.numbers[row * width + place] = number;
            }
            let unfit = unfit.map(|(row, number)| (row * width + place, number));
            result.unfit = [result.unfit, unfit].into_iter().flatten().min_by_key(|&(place, _)| place);
        }
        Ok(result)
    }

    /// Checks that columns can be put side by side.
    ///
    /// # Errors
    /// As [`Self::columns`] for their first rows.
    pub(super) fn side_by_side(&self, names: &[String], path: &Path) -> Result<()> {
        for name in names {
            match self.width(name, path)? {
                Some(width) if width != 1 => return Err(about(path, name, &lists(width))),
                _ => {}
            }
        }
        Ok(())
    }

    /// A column's texts; nothing when it holds something else, or is not there.
    ///
    /// # Errors
    /// A row without a text, or damage.
    pub(super) fn texts(&self, name: &str, path: &Path) -> Result<Option<Vec<String>>> {
        let column = self.columns.iter().find(|column| column.name == name);
        let Some(Ok(content)) = column.map(|column| column.content.clone()) else {
            return Ok(None);
        };
        if content.element != Element::Text || content.list {
            return Ok(None);
        }
        let mut texts: Vec<String> = Vec::new();
        let mut take = |bytes: &ByteArray| {
            let text = bytes.as_utf8().map_err(|_| {
                format!("holds bytes that are no UTF-8 in row {}, expected texts", texts.len())
            })?;
            texts.push(text.to_owned());
            Ok(())
        };
        self.read(content, 0..self.rows, None, |reader, rows| match reader {
            ColumnReader::ByteArrayColumnReader(reader) => rows.of(reader, &mut take),
            _ => Err(unexpected()),
        })
        .map_err(|what| about(path, name, &what))?;
        Ok(Some(texts))
    }

    /// Adds the numbers of some rows of a column and gives how many a row has, which may be known before.
    fn numbers(
        &self,
        content: Content,
        rows: Range<usize>,
        width: Option<usize>,
        into: &mut dyn Take,
    ) -> Result<usize, String> {
        let unsigned = content.element == Element::Unsigned;
        self.read(content, rows, width, |reader, rows| match reader {
            ColumnReader::BoolColumnReader(reader) => rows.of(reader, |&value| {
                into.integer(value.into());
                Ok(())
            }),
            // Unsigned integers lie in signed ones, bit by bit.
            ColumnReader::Int32ColumnReader(reader) => rows.of(reader, |&value| {
                into.integer(if unsigned { value.cast_unsigned().into() } else { value.into() });
                Ok(())
            }),
            ColumnReader::Int64ColumnReader(reader) => rows.of(reader, |&value| {
                if unsigned {
                    return into.unsigned(value.cast_unsigned());
                }
                into.integer(value);
                Ok(())
            }),
            ColumnReader::FloatColumnReader(reader) => rows.of(reader, |&value| {
                into.float(value.into());
                Ok(())
            }),
            ColumnReader::DoubleColumnReader(reader) => rows.of(reader, |&value| {
                into.float(value);
                Ok(())
            }),
            ColumnReader::FixedLenByteArrayColumnReader(reader) => rows.of(reader, |value| {
                let bytes = <[u8; 2]>::try_from(value.data()).map_err(|_| unexpected())?;
                into.float(f16::from_le_bytes(bytes).into());
                Ok(())
            }),
            _ => Err(unexpected()),
        })
    }

    /// Goes through the row groups that hold some rows of a column and gives how many values a row has.
    fn read(
        &self,
        content: Content,
        wanted: Range<usize>,
        width: Option<usize>,
        mut each: impl FnMut(ColumnReader, &mut Rows) -> Result<(), String>,
    ) -> Result<usize, String> {
        let stored = self.file.metadata().file_metadata().schema_descr().column(content.leaf);
        let mut rows = Rows {
            list: content.list,
            full: stored.max_def_level(),
            present: stored.repeated_ancestor_def_level(),
            skip: 0,
            done: 0,
            end: 0,
            width,
        };
        let mut first = 0;
        for (index, group) in self.file.metadata().row_groups().iter().enumerate() {
            let next = first + usize::try_from(group.num_rows()).map_err(|_| unexpected())?;
            let (start, end) = (wanted.start.max(first), wanted.end.min(next));
            if start < end {
                if let Some(chunk) = group.columns().get(content.leaf) {
                    readable(chunk.compression())?;
                }
                rows.skip = start - first;
                (rows.done, rows.end) = (start, end);
                guarded(|| {
                    let reader = self.file.get_row_group(index).map_err(|cause| undecoded(&cause))?;
                    let reader = reader.get_column_reader(content.leaf).map_err(|cause| undecoded(&cause))?;
                    each(reader, &mut rows)
                })?;
            }
            first = next;
        }
        rows.width.ok_or_else(unexpected)
    }
}

/// The end of a sentence about a column that cannot stand beside others.
fn lists(width: usize) -> String {
    format!(
        "holds lists of {width} numbers, expected one number a row where several columns are put side by side; name it with \
         `array`"
    )
}

/// Runs the library on bytes of a file; a panic in it becomes the end of a sentence.
///
/// The library asserts what a page must hold (the lengths of its bit-packed runs, say) while it decodes, so that a
/// damaged page cannot be told by looking at it before. What was half read is dropped with the error. Meanwhile
/// nothing is printed, as the file is to blame and not the program.
fn guarded<T>(body: impl FnOnce() -> Result<T, String>) -> Result<T, String> {
    /// The hook is one for all threads: who changes it must be alone.
    static ALONE: Mutex<()> = Mutex::new(());
    let _alone = ALONE.lock().unwrap_or_else(PoisonError::into_inner);
    let hook = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    let result = panic::catch_unwind(AssertUnwindSafe(body));
    panic::set_hook(hook);
    result.unwrap_or_else(|_| Err(unexpected()))
}

/// Whether a column's pages are where a file of this length has bytes: the library takes that for granted.
fn lies_within(chunk: &ColumnChunkMetaData, length: u64) -> bool {
    let start = chunk.dictionary_page_offset().unwrap_or(chunk.data_page_offset());
    let end = u64::try_from(start).ok().zip(u64::try_from(chunk.compressed_size()).ok());
    end.and_then(|(start, bytes)| start.checked_add(bytes)).is_some_and(|end| end <= length)
}

/// Refuses a compression that this program is built without.
fn readable(compression: Compression) -> Result<(), String> {
    match compression {
        Compression::UNCOMPRESSED | Compression::SNAPPY | Compression::GZIP(_) | Compression::ZSTD(_) => {
            Ok(())
        }
        other => {
            let name = format!("{other:?}");
            let name = name.split('(').next().unwrap_or_default().to_lowercase();
            Err(format!("is compressed with {name}, expected snappy, zstd, gzip or nothing; write it again"))
        }
    }
}

fn about(path: &Path, name: &str, what: &str) -> Error {
    error(path, format_args!("column `{name}` {what}"))
}

/// The end of a sentence about a column that the library cannot decode.
fn undecoded(cause: &ParquetError) -> String {
    let cause = cause.to_string().replace('\n', " ");
    format!("cannot be decoded: {cause}; the file is damaged, write it again")
}

/// The end of a sentence about pages that contradict the footer.
fn unexpected() -> String {
    "holds something else than the file's footer says; the file is damaged, write it again".into()
}
