//! The data set component: paths in, the rows of each split out.
//!
//! Opening reads and checks everything, so that a run that starts does not stop for its data; but of data too large for
//! memory the headers alone.

use crate::skeleton;
use crate::spec::{Part, Spec, Splits};
use crate::splits::{Parts, draw};
use crate::streamed::{self, Streamed};
use crate::table::{Column, Table};
use semola_arrays::Source;
use semola_plugin_api::{Context, DataSpec, Dataset, Error, Extent, Field, Result, Samples, Split, Tensor};
use serde::{Deserialize, Serialize};
use std::collections::HashMap;
use std::path::{Path, PathBuf};

/// Training rows below which nothing can be learned.
const FEWEST: usize = 10;

/// The example that serves when no data are named: see example/make.py.
const EXAMPLE_DATA: &[u8] = include_bytes!("../example/bead.npz");
const EXAMPLE_SPEC: &str = include_str!("../example/bead.toml");

/// What the user can set.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Options {
    /// An .npz, .safetensors, .csv or .parquet file, or a directory of .npy, .safetensors or .parquet files; empty: the
    /// example.
    data: String,
    /// The TOML file that says what the arrays are; empty: beside the data, with the ending .toml.
    spec: String,
    /// Whether rows stay in the file until they are asked for.
    stream: Stream,
}

/// Whether rows stay in the file until they are asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Stream {
    /// Those of large safetensors and parquet files whose rows are divided by fractions or files.
    #[default]
    Auto,
    /// Yes.
    Always,
    /// No: everything is in memory from the start.
    Never,
}

/// Bytes above which files are large.
const LARGE: u64 = 256 << 20;

/// Arrays of the user's files.
pub(crate) enum Arrays {
    /// Read when they were opened.
    Resident(Resident),
    /// Read when they are asked for.
    Streamed(Streamed),
}

/// Some rows of a table.
struct Rows {
    table: usize,
    rows: Vec<usize>,
}

/// Arrays in memory.
pub(crate) struct Resident {
    spec: Spec,
    tables: Vec<Table>,
    /// In the order of [`Split::ALL`].
    parts: [Option<Rows>; 4],
}

/// A source that is being split.
struct Opened {
    path: PathBuf,
    objects: Option<Vec<String>>,
}

impl Dataset for Arrays {
    type Options = Options;
    const SUMMARY: &'static str =
        "arrays from npz, npy, safetensors, CSV or parquet, described by a TOML file";

    fn open(options: Options, _context: &Context) -> Result<Self> {
        if options.data.is_empty() {
            if !options.spec.is_empty() {
                return Err(Error::new(format!(
                    "dataset option `spec` is {:?} and `data` is empty, expected both: add --set dataset.data=FILE, or \
                     leave out both for the example",
                    options.spec
                )));
            }
            let name = "example/bead.npz (part of the plugin)";
            let spec = Spec::parse(EXAMPLE_SPEC, Path::new("example/bead.toml (part of the plugin)"))?;
            return Resident::load(Source::embedded(name, EXAMPLE_DATA)?, spec).map(Self::Resident);
        }
        let data = Path::new(&options.data);
        let shards = streamed::files(data)?;
        // A directory of safetensors or parquet files is a list of shards, any other one holds .npy files.
        let sharded = data.is_dir() && !shards.is_empty();
        let mut source = Source::open(if sharded { &shards[0] } else { data })?;
        let beside = data.with_extension("toml");
        let path = if options.spec.is_empty() { &beside } else { Path::new(&options.spec) };
        if !path.exists() {
            return Err(skeleton::missing(&mut source, path));
        }
        let spec = Spec::read(path)?;
        let large =
            || shards.iter().filter_map(|file| Some(file.metadata().ok()?.len())).sum::<u64>() > LARGE;
        let listed = spec.splits.group.is_some() || spec.splits.split.is_some();
        let streams = match options.stream {
            Stream::Always => true,
            Stream::Never if sharded => {
                return Err(Error::new(format!(
                    "{}: a directory of safetensors or parquet files is read a part at a time, and dataset.stream is \"never\"; set it \
                     to \"auto\", or put the arrays into one file",
                    data.display()
                )));
            }
            Stream::Never => false,
            Stream::Auto => sharded || (source.has_rows() && !listed && large()),
        };
        if streams {
            return Streamed::open(&if sharded { shards } else { vec![data.to_owned()] }, spec)
                .map(Self::Streamed);
        }
        Resident::load(source, spec).map(Self::Resident)
    }

    fn spec(&self) -> DataSpec {
        match self {
            Self::Resident(arrays) => arrays.spec(),
            Self::Streamed(arrays) => arrays.spec(),
        }
    }

    fn split(&self, split: Split) -> Result<Option<Samples>> {
        match self {
            Self::Resident(arrays) => arrays.split(split),
            Self::Streamed(arrays) => arrays.split(split),
        }
    }

    fn extent(&self, split: Split) -> Result<Option<Extent>> {
        match self {
            Self::Resident(_) => Ok(None),
            Self::Streamed(arrays) => Ok(arrays.extent(split)),
        }
    }

    fn block(&self, split: Split, block: u64) -> Result<Samples> {
        match self {
            Self::Resident(_) => Err(Error::new("arrays in memory have no blocks")),
            Self::Streamed(arrays) => arrays.block(split, block),
        }
    }
}

impl Resident {
    fn spec(&self) -> DataSpec {
        let fields = |columns: &[Column]| -> Vec<Field> {
            columns.iter().map(|column| column.field.clone()).collect()
        };
        DataSpec {
            n: self.spec.n,
            inputs: fields(&self.tables[0].inputs),
            targets: fields(&self.tables[0].targets),
            task: self.spec.task,
            reference: self.spec.reference.clone(),
        }
    }

    fn split(&self, split: Split) -> Result<Option<Samples>> {
        let Some(Rows { table, rows }) = &self.parts[split as usize] else {
            return Ok(None);
        };
        let table = &self.tables[*table];
        let tensors = |columns: &[Column]| -> Result<Vec<Tensor>> {
            columns.iter().map(|column| column.tensor(rows)).collect()
        };
        Ok(Some(Samples { inputs: tensors(&table.inputs)?, targets: tensors(&table.targets)? }))
    }

    /// Reads all sources and divides their rows.
    fn load(mut source: Source, spec: Spec) -> Result<Self> {
        let splits = spec.splits.clone();
        let table = Table::read(&mut source, &spec)?;
        let opened =
            Opened { objects: objects(&mut source, &splits, table.rows)?, path: source.path().into() };
        let codes = codes(&mut source, &splits, table.rows)?;
        let mut result = Self { spec, tables: vec![table], parts: [const { None }; 4] };
        let mut sources = vec![opened];

        let parts = match codes {
            Some(codes) => {
                Parts::given(&codes).map_err(|what| about_codes(&sources[0].path, &splits, &what))?
            }
            None => Parts { train: (0..result.tables[0].rows).collect(), ..Parts::default() },
        };
        let mut train = parts.train;
        let pool = train.len();
        // Test before validation: what is held out longest does not hang on the other fraction.
        let wishes = [
            (Split::Test, parts.test, Some(&splits.test)),
            (Split::Validation, parts.validation, Some(&splits.validation)),
            (Split::Shifted, parts.shifted, None),
        ];
        for (split, given, part) in wishes {
            let file = match (split, part) {
                (Split::Shifted, _) => splits.shifted.as_ref(),
                (_, Some(Part::File(file))) => Some(file),
                _ => None,
            };
            if let (Some(file), false) = (file, given.is_empty()) {
                return Err(about_codes(
                    &sources[0].path,
                    &splits,
                    &format!(
                        "has rows of code {} ({1}), and the spec names the file {2} for {1}; expected one of both",
                        split as u32,
                        split.name(),
                        file.display()
                    ),
                ));
            }
            let rows = match (file, part) {
                (Some(file), _) => result.load_part(file, &mut sources)?,
                (None, _) if !given.is_empty() => Rows { table: 0, rows: given },
                (None, Some(Part::Fraction(fraction))) => {
                    let wanted = ((pool as f64 * fraction).round() as usize).max(1);
                    let objects = sources[0].objects.as_deref();
                    let (drawn, rest) = draw(&train, objects, wanted, splits.seed, split as u64);
                    train = rest;
                    Rows { table: 0, rows: drawn }
                }
                (None, _) => continue,
            };
            result.parts[split as usize] = Some(rows);
        }
        result.parts[Split::Train as usize] = Some(Rows { table: 0, rows: train });
        result.check_objects(&sources)?;
        result.check_sizes(&sources, pool)?;
        Ok(result)
    }

    /// All rows of a further file.
    fn load_part(&mut self, file: &Path, sources: &mut Vec<Opened>) -> Result<Rows> {
        let mut source = Source::open(file)?;
        let table = Table::read(&mut source, &self.spec)?;
        self.tables[0].agrees(&table).map_err(|what| {
            Error::new(format!("{}: {what} as in {}", file.display(), sources[0].path.display()))
        })?;
        sources.push(Opened {
            objects: objects(&mut source, &self.spec.splits, table.rows)?,
            path: file.into(),
        });
        let rows = (0..table.rows).collect();
        self.tables.push(table);
        Ok(Rows { table: self.tables.len() - 1, rows })
    }

    fn check_sizes(&self, sources: &[Opened], pool: usize) -> Result<()> {
        let count = |split: Split| self.parts[split as usize].as_ref().map_or(0, |part| part.rows.len());
        let [train, validation, test] = [Split::Train, Split::Validation, Split::Test].map(count);
        if train >= FEWEST && validation >= 1 && test >= 1 {
            return Ok(());
        }
        let path = sources[0].path.display();
        let objects = match &sources[0].objects {
            Some(objects) => {
                let distinct: std::collections::HashSet<&String> = objects.iter().collect();
                let plural = if distinct.len() == 1 { "" } else { "s" };
                format!(" of {} object{plural}", distinct.len())
            }
            None => String::new(),
        };
        Err(Error::new(format!(
            "{path}: {pool} rows{objects} give {train} for training, {validation} for validation and {test} for test, \
             expected at least {FEWEST}, 1 and 1; add rows, or correct [splits] in the spec"
        )))
    }

    /// Refuses an object that is in two of train, validation and test, or in shifted and one that is learned from.
    fn check_objects(&self, sources: &[Opened]) -> Result<()> {
        let mut seen: HashMap<&str, Split> = HashMap::new();
        for split in Split::ALL {
            let Some(part) = &self.parts[split as usize] else { continue };
            let Some(objects) = &sources[part.table].objects else { continue };
            for &row in &part.rows {
                let object = objects[row].as_str();
                match seen.get(object) {
                    // Shifted rows are test rows, moved.
                    Some(&Split::Test) if split == Split::Shifted => {}
                    Some(&other) if other != split => {
                        return Err(Error::new(format!(
                            "{}: object {object:?} (row {row}) is in {} and in {}, expected each object of `group` in \
                             one split; correct the split, or leave it to the fractions",
                            sources[part.table].path.display(),
                            other.name(),
                            split.name()
                        )));
                    }
                    _ => {
                        seen.insert(object, split);
                    }
                }
            }
        }
        Ok(())
    }
}

/// The object of each row, where the spec names an array of them.
fn objects(source: &mut Source, splits: &Splits, rows: usize) -> Result<Option<Vec<String>>> {
    let Some(name) = &splits.group else { return Ok(None) };
    let objects = source.identities(name)?;
    check_length(source, "group", name, objects.len(), rows)?;
    Ok(Some(objects))
}

/// The code of each row, where the spec names an array of them.
fn codes(source: &mut Source, splits: &Splits, rows: usize) -> Result<Option<Vec<i64>>> {
    let Some(name) = &splits.split else { return Ok(None) };
    let codes = source.integers(name)?;
    check_length(source, "split", name, codes.len(), rows)?;
    Ok(Some(codes))
}

fn check_length(source: &Source, key: &str, name: &str, found: usize, rows: usize) -> Result<()> {
    if found == rows {
        return Ok(());
    }
    Err(Error::new(format!(
        "{}: {} `{name}` of `splits.{key}` has {found} rows, expected {rows} as the fields have",
        source.path().display(),
        source.noun()
    )))
}

fn about_codes(path: &Path, splits: &Splits, what: &str) -> Error {
    let name = splits.split.as_deref().unwrap_or_default();
    Error::new(format!("{}: `{name}` of `splits.split` {what}", path.display()))
}

#[cfg(test)]
mod tests;
