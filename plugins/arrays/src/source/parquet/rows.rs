//! The rows of a column, some at a time: no row is empty, and none is longer than the first.

use super::{undecoded, unexpected};
use parquet::column::reader::ColumnReaderImpl;
use parquet::data_type::DataType;

/// Rows that are decoded at once.
const BATCH: usize = 4096;

/// Where in a column its reading is.
pub(super) struct Rows {
    pub(super) list: bool,
    /// The definition level of a value that is there.
    pub(super) full: i16,
    /// The definition level from which on a list has entries.
    pub(super) present: i16,
    /// Rows of the row group that come before those wanted.
    pub(super) skip: usize,
    /// The next row to read, from the file's first.
    pub(super) done: usize,
    /// The row after the last one that is wanted of this row group.
    pub(super) end: usize,
    /// Values of each row, once one was read.
    pub(super) width: Option<usize>,
}

impl Rows {
    /// Reads the wanted rows of a row group and hands their values over.
    pub(super) fn of<D: DataType>(
        &mut self,
        mut reader: ColumnReaderImpl<D>,
        mut take: impl FnMut(&D::T) -> Result<(), String>,
    ) -> Result<(), String> {
        let (mut values, mut definitions, mut repetitions) = (Vec::new(), Vec::new(), Vec::new());
        let skipped = reader.skip_records(self.skip).map_err(|cause| undecoded(&cause))?;
        if skipped != self.skip {
            return Err(unexpected());
        }
        while self.done < self.end {
            values.clear();
            definitions.clear();
            repetitions.clear();
            let most = BATCH.min(self.end - self.done);
            let (records, _, levels) = reader
                .read_records(most, Some(&mut definitions), Some(&mut repetitions), &mut values)
                .map_err(|cause| undecoded(&cause))?;
            if records == 0 {
                return Err(format!(
                    "ends after row {}, expected {} rows: it is damaged; write it again",
                    self.done, self.end
                ));
            }
            self.check(records, levels, &definitions, &repetitions)?;
            // With nothing null, each level has its value; a damaged page may have fewer.
            if values.len() != levels {
                return Err(unexpected());
            }
            values.iter().try_for_each(&mut take)?;
        }
        Ok(())
    }

    /// Checks that each of `records` rows has one value, or as many as every other row, and none is null.
    fn check(
        &mut self,
        records: usize,
        levels: usize,
        definitions: &[i16],
        repetitions: &[i16],
    ) -> Result<(), String> {
        let expected = if self.list { "numbers in every row" } else { "a number in every row" };
        let (mut row, mut width) = (self.done, 0);
        for place in 0..levels {
            let begins = repetitions.get(place).is_none_or(|&level| level == 0);
            if begins && place > 0 {
                self.ends(row, width)?;
                (row, width) = (row + 1, 0);
            }
            let defined = definitions.get(place).copied().unwrap_or(self.full);
            if defined < self.full {
                let found = if self.list && defined + 1 == self.present { "an empty list" } else { "null" };
                return Err(format!(
                    "holds {found} in row {row}, expected {expected}; leave such rows out before saving"
                ));
            }
            width += 1;
        }
        self.ends(row, width)?;
        self.done += records;
        if row + 1 != self.done {
            return Err(unexpected());
        }
        Ok(())
    }

    fn ends(&mut self, row: usize, width: usize) -> Result<(), String> {
        let expected = *self.width.get_or_insert(width);
        if width == expected {
            return Ok(());
        }
        Err(format!(
            "holds a list of {width} in row {row}, expected {expected} as in row 0; all rows need the same length"
        ))
    }
}
