//! Columns of a CSV file: a header line with their names, then one line a sample.

use super::error;
use crate::array::{Array, Numbers};
use csv::{ReaderBuilder, StringRecord, Trim};
use semola_plugin_api::Result;
use std::io::Read;
use std::path::Path;

/// A file's cells; numbers are read when a column is asked for.
pub(super) struct Csv {
    names: StringRecord,
    lines: Vec<StringRecord>,
}

impl Csv {
    /// Reads all lines.
    ///
    /// # Errors
    /// A line is longer or shorter than the header, a name stands twice, it is not UTF-8, or there is nothing.
    pub(super) fn read(file: impl Read, path: &Path) -> Result<Self> {
        let broken =
            |cause: csv::Error| error(path, format_args!("is not read as CSV: {cause}; correct the file"));
        let mut reader = ReaderBuilder::new().trim(Trim::All).from_reader(file);
        let names = reader.headers().map_err(broken)?.clone();
        for (place, name) in names.iter().enumerate() {
            if names.iter().take(place).any(|earlier| earlier == name) {
                return Err(error(path, format_args!("has two columns `{name}`; rename one of them")));
            }
        }
        let lines: Vec<StringRecord> = reader.records().collect::<Result<_, _>>().map_err(broken)?;
        if lines.is_empty() {
            return Err(error(path, "has no line beside its header, expected one line a sample"));
        }
        Ok(Self { names, lines })
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.names.iter().map(str::to_owned).collect()
    }

    /// Which column has this name.
    pub(super) fn place(&self, name: &str) -> Option<usize> {
        self.names.iter().position(|known| known == name)
    }

    /// The cells of a column.
    pub(super) fn texts(&self, place: usize) -> Vec<String> {
        self.lines.iter().map(|line| line.get(place).unwrap_or_default().to_owned()).collect()
    }

    /// The numbers of columns, side by side: `[lines, columns]`.
    ///
    /// # Errors
    /// A cell is no finite number: line, column, what is there.
    pub(super) fn numbers(&self, places: &[usize], path: &Path) -> Result<Array> {
        let cell = |line: &StringRecord, place: usize| {
            let text = line.get(place).unwrap_or_default();
            match text.parse::<f64>() {
                Ok(number) if number.is_finite() => Ok(number),
                _ => {
                    let at = line.position().map_or(0, |start| line_number(path, start));
                    let name = &self.names[place];
                    let found = if text.is_empty() { "nothing".into() } else { format!("{text:?}") };
                    Err(error(
                        path,
                        format_args!(
                            "line {at}, column `{name}` holds {found}, expected a finite number; correct the cell or \
                             leave the line out"
                        ),
                    ))
                }
            }
        };
        let cells = self.lines.iter().flat_map(|line| places.iter().map(move |&place| (line, place)));
        let numbers = cells.map(|(line, place)| cell(line, place)).collect::<Result<_>>()?;
        Ok(Array { shape: vec![self.lines.len(), places.len()], numbers: Numbers::Floats(numbers) })
    }
}

/// The line on which a record begins. A position is where the search for the record began: blank lines before it
/// are still ahead, so the file is looked at once more.
fn line_number(path: &Path, start: &csv::Position) -> u64 {
    let Ok(bytes) = std::fs::read(path) else {
        return start.line();
    };
    let ahead = bytes.get(start.byte() as usize..).unwrap_or_default();
    let blank = ahead.iter().take_while(|byte| matches!(byte, b'\r' | b'\n'));
    start.line() + blank.filter(|&&byte| byte == b'\n').count() as u64
}
