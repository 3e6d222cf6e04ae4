//! The data set `files`: molecules in the user's own XYZ, SDF and MOL files, with a property from the same file or from
//! a CSV file beside it.
//!
//! A file is read whole and refused whole: a molecule that is left out silently would change the data. Whatever a file
//! holds, the outcome is molecules or one sentence with file, record and line. Splits go by record, or by object where
//! several records (conformers) belong to one.

mod record;
mod sdf;
mod splits;
mod table;
mod text;
mod xyz;

use crate::composition::Composition;
use crate::layout::Layout;
use crate::molecule::Molecule;
use crate::pose::Pose;
use record::Record;
use semola_arrays::error;
use semola_plugin_api::{Context, DataSpec, Dataset, Error, Reference, Result, Samples, Split};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// Options of the data set.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Options {
    /// A file, or a folder with files ending in .xyz, .extxyz, .sdf, .sd or .mol.
    path: String,
    /// Name of the property to predict: a key of the comment line, a data item, or a column of the table.
    target: String,
    /// A CSV file with a column `name` and one for the property; empty: the property stands with the molecule.
    table: String,
    /// Name of a property that tells which object a record belongs to; records of one object stay in one split. Empty:
    /// each record is one.
    object: String,
    #[serde(flatten)]
    parts: splits::Parts,
    /// Whether a constant for each kind of atom, fitted to the training molecules, is subtracted from the target.
    composition: bool,
    #[serde(flatten)]
    pose: Pose,
}

/// Molecules as read, the target without the elements' share.
pub(crate) struct Files {
    options: Options,
    seed: u64,
    layout: Layout,
    /// Train, validation, test.
    parts: [Vec<Molecule>; 3],
}

/// Numbers in all padded fields (1.6 GB): above, one large molecule makes all others as long.
const MOST_NUMBERS: usize = 400_000_000;

impl Dataset for Files {
    type Options = Options;
    const SUMMARY: &'static str = "your own molecules: XYZ, SDF and MOL files with a property of each";

    fn open(options: Options, context: &Context) -> Result<Self> {
        options.pose.check("files")?;
        options.parts.check()?;
        for (name, value, example) in
            [("path", &options.path, "molecules.sdf"), ("target", &options.target, "gap")]
        {
            if value.is_empty() {
                return Err(Error::new(format!(
                    "files: {name} is not set; give dataset.{name} = \"{example}\""
                )));
            }
        }
        let (molecules, objects) = read(&options)?;
        let layout = Layout::of(molecules.iter());
        let numbers = molecules.len() * layout.atoms * (4 + layout.kinds.len());
        if numbers > MOST_NUMBERS {
            return Err(error(
                Path::new(&options.path),
                format_args!(
                    "{} molecules padded to the {} atoms of the largest and {} kinds of atom make {numbers} numbers, \
                     expected at most {MOST_NUMBERS}; leave the largest out",
                    molecules.len(),
                    layout.atoms,
                    layout.kinds.len()
                ),
            ));
        }
        let places = splits::draw(&objects, options.parts, context.seed)
            .map_err(|what| error(Path::new(&options.path), what))?;
        let mut parts =
            places.map(|places| places.iter().map(|&place| molecules[place].clone()).collect::<Vec<_>>());
        if options.composition {
            let share = Composition::fit(&layout.kinds, &parts[0])?;
            parts.iter_mut().for_each(|molecules| share.subtract(molecules));
        }
        Ok(Self { options, seed: context.seed, layout, parts })
    }

    fn spec(&self) -> DataSpec {
        self.layout.spec(&self.options.target, Reference::rotations(3))
    }

    fn split(&self, split: Split) -> Result<Option<Samples>> {
        let part = match split {
            Split::Train => 0,
            Split::Validation => 1,
            Split::Test | Split::Shifted => 2,
        };
        let mut molecules = self.parts[part].clone();
        self.options.pose.place(&mut molecules, self.seed, split);
        Ok(Some(self.layout.samples(&molecules)?))
    }
}

/// A reader's name for a format, by the file's ending.
type Reader = fn(&Path, &str) -> Result<Vec<Record>>;

fn reader(path: &Path) -> Option<Reader> {
    let ending = path.extension()?.to_str()?.to_ascii_lowercase();
    match ending.as_str() {
        "xyz" | "extxyz" => Some(xyz::read),
        "sdf" | "sd" | "mol" => Some(sdf::read),
        _ => None,
    }
}

/// All molecules and the names of their objects.
fn read(options: &Options) -> Result<(Vec<Molecule>, Vec<String>)> {
    let table = match options.table.as_str() {
        "" => None,
        path => Some((path, table::read(Path::new(path), &options.target)?)),
    };
    let (mut molecules, mut objects) = (Vec::new(), Vec::new());
    for (path, reader) in files(Path::new(&options.path))? {
        let bytes =
            std::fs::read(&path).map_err(|cause| error(&path, format_args!("cannot be read: {cause}")))?;
        let text = String::from_utf8(bytes).map_err(|cause| {
            let place = cause.utf8_error().valid_up_to();
            error(&path, format_args!("is no text: byte {place} is not UTF-8"))
        })?;
        let records = reader(&path, &text)?;
        if records.is_empty() {
            return Err(error(&path, "holds no molecule, expected at least one record"));
        }
        let alone = records.len() == 1;
        for (place, mut record) in records.into_iter().enumerate() {
            if record.name.is_empty() && alone {
                record.name = path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
            }
            let about = |what: std::fmt::Arguments<'_>| {
                Error::new(format!("{}, record {}, line {}: {what}", path.display(), place + 1, record.line))
            };
            let target = match &table {
                Some((name, values)) => values.get(&record.name).copied().ok_or_else(|| {
                    about(format_args!("{name} has no row for the name `{}`", text::shown(&record.name)))
                })?,
                None => property(&record, &options.target, &about)?,
            };
            objects.push(match options.object.as_str() {
                "" => format!("{} {}", path.display(), place),
                name => record.properties.get(name).cloned().ok_or_else(|| {
                    about(format_args!(
                        "has no property `{name}`, which tells objects apart; it has {}",
                        names(&record)
                    ))
                })?,
            });
            molecules.push(Molecule { charges: record.charges, positions: record.positions, target });
        }
    }
    Ok((molecules, objects))
}

/// The property as a finite number.
fn property(record: &Record, target: &str, about: &dyn Fn(std::fmt::Arguments<'_>) -> Error) -> Result<f64> {
    let text = record
        .properties
        .get(target)
        .ok_or_else(|| about(format_args!("has no property `{target}`; it has {}", names(record))))?;
    match text.trim().parse::<f64>() {
        Ok(number) if number.is_finite() => Ok(number),
        _ => Err(about(format_args!("`{target}` is `{}`, expected a finite number", text::shown(text)))),
    }
}

fn names(record: &Record) -> String {
    let names: Vec<&str> = record.properties.keys().map(String::as_str).collect();
    if names.is_empty() { "none".into() } else { text::shown(&names.join(", ")) }
}

/// The files of a path with their readers, in the order of their names.
fn files(path: &Path) -> Result<Vec<(PathBuf, Reader)>> {
    const ENDINGS: &str = ".xyz, .extxyz, .sdf, .sd or .mol";
    let metadata = std::fs::metadata(path).map_err(|cause| {
        error(path, format_args!("cannot be read: {cause}; dataset.path names a file or a folder"))
    })?;
    if !metadata.is_dir() {
        return match reader(path) {
            Some(reader) => Ok(vec![(path.to_owned(), reader)]),
            None => Err(error(path, format_args!("has no ending that names its format, expected {ENDINGS}"))),
        };
    }
    let unreadable = |cause: std::io::Error| error(path, format_args!("cannot be read: {cause}"));
    let mut found = Vec::new();
    for entry in std::fs::read_dir(path).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        found.extend(reader(&path).filter(|_| path.is_file()).map(|reader| (path, reader)));
    }
    if found.is_empty() {
        return Err(error(path, format_args!("has no file that ends in {ENDINGS}")));
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(found)
}

#[cfg(test)]
mod tests;
