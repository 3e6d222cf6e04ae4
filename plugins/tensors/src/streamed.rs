//! Arrays too large for memory: safetensors and parquet files whose rows are read when they are asked for.
//!
//! Rows are divided by a number drawn for each from the seed and its position, so that no list of them is kept. A block is a
//! stretch of rows of one file, and of a split those of them that are its own. Invariant: blocks of a split in their order,
//! and rows within a block in theirs, are the split.

use crate::spec::{FieldSpec, Part, Spec};
use crate::table::{all_labels, all_numbers, check_samples, label_field, number_field, origin};
use semola_arrays::{Array, Number, Source};
use semola_plugin_api::{DataSpec, Error, Extent, Field, Result, Samples, Split, Task, Tensor};
use std::path::{Path, PathBuf};

/// Bytes of a block, about, as 32-bit floats.
const BLOCK: usize = 4 << 20;

/// One file.
struct Shard {
    source: Source,
    rows: usize,
    /// Of its first row among all rows of its table.
    first: u64,
    /// Stretches of nearly equal length.
    blocks: usize,
}

/// Files that have the same arrays, one after the other.
struct Shards(Vec<Shard>);

/// Which rows of which table a split has, and how many.
struct Rows {
    table: usize,
    extent: Extent,
}

/// See the module.
pub(crate) struct Streamed {
    spec: Spec,
    inputs: Vec<Field>,
    targets: Vec<Field>,
    tables: Vec<Shards>,
    /// In the order of [`Split::ALL`].
    parts: [Option<Rows>; 4],
}

/// The files of `data`: itself, or the safetensors files of a directory by their names, or else its parquet files.
///
/// # Errors
/// The directory cannot be read.
pub(crate) fn files(data: &Path) -> Result<Vec<PathBuf>> {
    if !data.is_dir() {
        return Ok(vec![data.to_owned()]);
    }
    let unread = |cause| Error::new(format!("{}: cannot be read: {cause}", data.display()));
    let entries = std::fs::read_dir(data).map_err(unread)?;
    let mut files: Vec<PathBuf> =
        entries.map(|entry| Ok(entry.map_err(unread)?.path())).collect::<Result<_>>()?;
    files.sort();
    let ending = |ending: &str| -> Vec<PathBuf> {
        let own = |file: &&PathBuf| file.extension().is_some_and(|own| own.eq_ignore_ascii_case(ending));
        files.iter().filter(own).cloned().collect()
    };
    let tensors = ending("safetensors");
    Ok(if tensors.is_empty() { ending("parquet") } else { tensors })
}

impl Streamed {
    /// Reads the headers of all files and divides their rows.
    pub(crate) fn open(files: &[PathBuf], spec: Spec) -> Result<Self> {
        let splits = &spec.splits;
        for (key, name) in [("group", &splits.group), ("split", &splits.split)] {
            if let Some(name) = name {
                return Err(Error::new(format!(
                    "{}: rows are divided by the array `{name}` (`splits.{key}`), which takes all of them in memory; name \
                     files for validation and test instead, or set dataset.stream = \"never\"",
                    files[0].display()
                )));
            }
        }
        let mut tables = vec![Shards::open(files, &spec)?];
        let (inputs, targets) = tables[0].fields(&spec)?;
        let mut others: [Option<usize>; 4] = [None; 4];
        let named = [
            (Split::Validation, part_file(&splits.validation)),
            (Split::Test, part_file(&splits.test)),
            (Split::Shifted, splits.shifted.as_ref()),
        ];
        for (split, file) in named {
            let Some(file) = file else { continue };
            let table = Shards::open(&self::files(file)?, &spec)?;
            let found = table.fields(&spec)?;
            if found != (inputs.clone(), targets.clone()) {
                return Err(Error::new(format!(
                    "{}: its fields have other shapes than those of {}",
                    file.display(),
                    files[0].display()
                )));
            }
            others[split as usize] = Some(tables.len());
            tables.push(table);
        }
        let mut streamed = Self { spec, inputs, targets, tables, parts: [const { None }; 4] };
        for split in Split::ALL {
            let table = others[split as usize].unwrap_or(0);
            if split == Split::Shifted && table == 0 {
                continue;
            }
            let extent = streamed.count(split, table);
            if extent.samples == 0 {
                return Err(Error::new(format!(
                    "{}: {} rows give none for {}; add rows, or correct [splits] in the spec",
                    streamed.tables[table].0[0].source.path().display(),
                    streamed.tables[table].rows(),
                    split.name()
                )));
            }
            streamed.parts[split as usize] = Some(Rows { table, extent });
        }
        Ok(streamed)
    }

    pub(crate) fn spec(&self) -> DataSpec {
        DataSpec {
            n: self.spec.n,
            inputs: self.inputs.clone(),
            targets: self.targets.clone(),
            task: self.spec.task,
            reference: self.spec.reference.clone(),
        }
    }

    pub(crate) fn extent(&self, split: Split) -> Option<Extent> {
        self.parts[split as usize].as_ref().map(|part| part.extent)
    }

    /// A block of a split.
    pub(crate) fn block(&self, split: Split, block: u64) -> Result<Samples> {
        let none = || Error::new(format!("split {} has no block {block}", split.name()));
        let Rows { table, .. } = self.parts[split as usize].as_ref().ok_or_else(none)?;
        let (shard, stretch) = self.tables[*table].stretch(block).ok_or_else(none)?;
        let own: Vec<usize> =
            stretch.clone().filter(|&row| self.owner(*table, shard.first + row as u64) == split).collect();
        let read = |fields: &[FieldSpec], shapes: &[Field], labels: Option<i64>| -> Result<Vec<Tensor>> {
            let each = fields.iter().zip(shapes);
            each.map(|(field, shape)| shard.tensor(field, shape, labels, &stretch, &own)).collect()
        };
        Ok(Samples {
            inputs: read(&self.spec.inputs, &self.inputs, None)?,
            targets: read(&self.spec.targets, &self.targets, classes(&self.spec))?,
        })
    }

    /// All blocks of a split, for a host that does not know blocks.
    pub(crate) fn split(&self, split: Split) -> Result<Option<Samples>> {
        let Some(extent) = self.extent(split) else { return Ok(None) };
        let blocks = (0..extent.blocks).map(|block| self.block(split, block)).collect::<Result<Vec<_>>>()?;
        let joined = |fields: fn(&Samples) -> &Vec<Tensor>, count: usize| -> Vec<Tensor> {
            let field = |i: usize| blocks.iter().map(|block| fields(block)[i].clone()).collect::<Vec<_>>();
            (0..count).map(|i| Tensor::cat(&field(i), 0)).collect()
        };
        Ok(Some(Samples {
            inputs: joined(|block| &block.inputs, self.inputs.len()),
            targets: joined(|block| &block.targets, self.targets.len()),
        }))
    }

    /// Whose a row is, by its position among all rows of its table.
    fn owner(&self, table: usize, row: u64) -> Split {
        if table != 0 {
            let at =
                |split: &Split| self.parts[*split as usize].as_ref().is_some_and(|part| part.table == table);
            return Split::ALL.into_iter().find(at).unwrap_or(Split::Train);
        }
        let splits = &self.spec.splits;
        let (test, validation) = (fraction(&splits.test), fraction(&splits.validation));
        match uniform(splits.seed, row) {
            drawn if drawn < test => Split::Test,
            drawn if drawn < test + validation => Split::Validation,
            _ => Split::Train,
        }
    }

    fn count(&self, split: Split, table: usize) -> Extent {
        let shards = &self.tables[table];
        let mut extent = Extent { blocks: shards.blocks(), ..Extent::default() };
        for block in 0..extent.blocks {
            let Some((shard, stretch)) = shards.stretch(block) else { continue };
            let own = stretch.filter(|&row| table != 0 || self.owner(0, shard.first + row as u64) == split);
            let own = own.count() as u64;
            extent.samples += own;
            extent.largest = extent.largest.max(own);
        }
        extent
    }
}

impl Shards {
    fn open(files: &[PathBuf], spec: &Spec) -> Result<Self> {
        let mut shards = Vec::with_capacity(files.len());
        let mut first = 0;
        for file in files {
            let source = Source::open(file)?;
            if !source.has_rows() {
                return Err(Error::new(format!(
                    "{}: only safetensors and parquet files can be read a part at a time; save it as one, or set \
                     dataset.stream = \"never\"",
                    file.display()
                )));
            }
            let mut rows = None;
            let mut bytes = 0;
            for field in spec.inputs.iter().chain(&spec.targets) {
                let shape = shape(&source, field)?;
                check_samples(&shape, field, &mut rows)
                    .map_err(|what| Error::new(format!("{} {what}", origin(&source, field))))?;
                bytes += 4 * shape[1..].iter().product::<usize>();
            }
            let rows = rows.map_or(0, |(rows, _)| rows);
            let blocks = (rows * bytes).div_ceil(BLOCK).clamp(1, rows);
            shards.push(Shard { source, rows, first, blocks });
            first += rows as u64;
        }
        Ok(Self(shards))
    }

    /// What the host is told, the same for all files.
    fn fields(&self, spec: &Spec) -> Result<(Vec<Field>, Vec<Field>)> {
        let mut first: Option<(Vec<Field>, Vec<Field>)> = None;
        for shard in &self.0 {
            let fields = |specs: &[FieldSpec], labels: bool| -> Result<Vec<Field>> {
                specs
                    .iter()
                    .map(|field| {
                        let shape = shape(&shard.source, field)?;
                        let told = if labels {
                            label_field(&shape, field)
                        } else {
                            number_field(&shape, spec.n, field)
                        };
                        told.map_err(|what| Error::new(format!("{} {what}", origin(&shard.source, field))))
                    })
                    .collect()
            };
            let found = (fields(&spec.inputs, false)?, fields(&spec.targets, classes(spec).is_some())?);
            match &first {
                Some(first) if *first != found => {
                    return Err(Error::new(format!(
                        "{}: its arrays have other shapes a sample than those of {}; all files of a data set need the same",
                        shard.source.path().display(),
                        self.0[0].source.path().display()
                    )));
                }
                Some(_) => {}
                None => first = Some(found),
            }
        }
        Ok(first.unwrap_or_default())
    }

    fn rows(&self) -> usize {
        self.0.iter().map(|shard| shard.rows).sum()
    }

    fn blocks(&self) -> u64 {
        self.0.iter().map(|shard| shard.blocks as u64).sum()
    }

    /// The file of a block, and its rows there.
    fn stretch(&self, mut block: u64) -> Option<(&Shard, std::ops::Range<usize>)> {
        for shard in &self.0 {
            let blocks = shard.blocks as u64;
            if block < blocks {
                let edge =
                    |block: u64| (shard.rows as u128 * u128::from(block) / u128::from(blocks)) as usize;
                return Some((shard, edge(block)..edge(block + 1)));
            }
            block -= blocks;
        }
        None
    }
}

impl Shard {
    /// A field of the rows `own`, which lie in `stretch`.
    fn tensor(
        &self,
        spec: &FieldSpec,
        field: &Field,
        labels: Option<i64>,
        stretch: &std::ops::Range<usize>,
        own: &[usize],
    ) -> Result<Tensor> {
        let wrong = |what: String| Error::new(format!("{} {what}", origin(&self.source, spec)));
        let shape = [&[own.len() as i64], &field.shape[..]].concat();
        let width = field.shape.iter().product::<i64>() as usize;
        let (first, count) = (stretch.start, stretch.len());
        fn chosen<T: Copy>(numbers: &[T], width: usize, first: usize, own: &[usize]) -> Vec<T> {
            own.iter().flat_map(|row| &numbers[(row - first) * width..][..width]).copied().collect()
        }
        match labels {
            Some(classes) => {
                let array = rows::<i64>(&self.source, spec, first, count)?;
                all_labels(&array, classes, first).map_err(wrong)?;
                Tensor::try_from_slice(&chosen(&array.numbers, width, first, own), &shape)
            }
            None => {
                let array = rows::<f32>(&self.source, spec, first, count)?;
                all_numbers(&array, first).map_err(wrong)?;
                Tensor::try_from_slice(&chosen(&array.numbers, width, first, own), &shape)
            }
        }
    }
}

/// The shape of a field's array.
fn shape(source: &Source, field: &FieldSpec) -> Result<Vec<usize>> {
    match &field.columns {
        Some(columns) => source.shape_of_columns(columns),
        None => source.shape(field.array()),
    }
}

/// Some rows of a field's array.
fn rows<T: Number>(source: &Source, field: &FieldSpec, first: usize, count: usize) -> Result<Array<T>> {
    match &field.columns {
        Some(columns) => source.rows_of_columns(columns, first, count),
        None => source.rows(field.array(), first, count),
    }
}

fn classes(spec: &Spec) -> Option<i64> {
    match spec.task {
        Task::Classification { classes } => Some(classes),
        Task::Regression => None,
    }
}

fn part_file(part: &Part) -> Option<&PathBuf> {
    match part {
        Part::File(file) => Some(file),
        Part::Fraction(_) => None,
    }
}

fn fraction(part: &Part) -> f64 {
    match part {
        Part::Fraction(fraction) => *fraction,
        Part::File(_) => 0.0,
    }
}

/// A number from 0 to below 1 for each position: SplitMix64 (Steele, Lea, Flood 2014).
fn uniform(seed: u64, position: u64) -> f64 {
    let mut z = seed.wrapping_add(position.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    ((z ^ (z >> 31)) >> 11) as f64 / (1_u64 << 53) as f64
}

#[cfg(test)]
mod tests;
