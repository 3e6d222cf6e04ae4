//! The data set `folder`: any folder of meshes, labelled by subfolder or by a table of numbers.
//!
//! Each mesh is read once, becomes a cloud of surface points, and lies in one split; meshes of the same shape (byte for
//! byte the same corners and triangles) stay together. Everything about motion is in `clouds`.

use crate::clouds::{Clouds, Object, Preparation};
use crate::mesh::{self, Mesh};
use crate::rotation::Axis;
use crate::splits;
use crate::surface::{centred, scatter};
use crate::table;
use crate::target::{Known, Target};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use semola_plugin_api::{Context, DataSpec, Dataset, Error, Result, Samples, Split};
use serde::{Deserialize, Serialize};
use std::fs;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};

/// What is predicted of a mesh.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Predicted {
    /// The subfolder that it lies in.
    #[default]
    Label,
    /// The numbers that a table lists.
    Table,
    /// Principal radii.
    Radii,
    /// Height, length and breadth, the vertical being the space's.
    Stance,
    /// Extents along the axes of space.
    Extents,
    /// Which way was up.
    Up,
}

/// Options.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Options {
    /// The folder.
    path: String,
    target: Predicted,
    /// Of [`Predicted::Table`], within the folder unless absolute.
    table: String,
    /// The axis that is up in the files.
    vertical: Axis,
    /// Points that each surface gets, of which samples take theirs.
    surface_points: usize,
    /// Whether each mesh is divided by its own size.
    scaled: bool,
    /// Part of the meshes for decisions.
    validation: f64,
    /// Part of the meshes for the final figures.
    test: f64,
    #[serde(flatten)]
    preparation: Preparation,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            path: String::new(),
            target: Predicted::Label,
            table: "targets.csv".into(),
            vertical: Axis::Y,
            surface_points: 2048,
            scaled: true,
            validation: 0.15,
            test: 0.15,
            preparation: Preparation::default(),
        }
    }
}

/// See the module.
pub(crate) struct Folder(Clouds);

impl Dataset for Folder {
    type Options = Options;
    const SUMMARY: &'static str = "a folder of meshes (OBJ, PLY, OFF, STL) as points of their surfaces";

    fn open(options: Options, context: &Context) -> Result<Self> {
        open(&options, context.seed).map(Self)
    }

    fn spec(&self) -> DataSpec {
        self.0.spec()
    }

    fn split(&self, split: Split) -> Result<Option<Samples>> {
        self.0.samples(split)
    }
}

fn open(options: &Options, seed: u64) -> Result<Clouds> {
    if options.path.is_empty() {
        return Err("dataset option `path` is empty: set dataset.path to a folder of meshes".into());
    }
    if !(1..=1_000_000).contains(&options.surface_points) {
        return Err(Error::new(format!(
            "dataset option `surface_points` is {}, expected 1 to 1000000",
            options.surface_points
        )));
    }
    splits::check(options.validation, options.test)?;
    let folder = Path::new(&options.path);
    let files = list(folder)?;
    if files.is_empty() {
        return Err(Error::new(format!(
            "{}: holds no mesh, expected files that end in {}, here or in subfolders",
            folder.display(),
            mesh::ENDINGS.join(", ")
        )));
    }
    let (target, known) = known(options, folder, &files)?;
    options.preparation.check(options.surface_points, &target)?;

    let mut objects = Vec::with_capacity(files.len());
    let mut units = Vec::with_capacity(files.len());
    for (file, known) in files.iter().zip(known) {
        let mesh = mesh::read(&folder.join(file))?;
        let class = if let Known::Label(label) = known { label } else { 0 };
        units.push(splits::Unit { class, shape: identity(&mesh) });
        let mut random = ChaCha8Rng::seed_from_u64(seed);
        // A stream of its own for each file, by its name: another file beside it changes nothing.
        random.set_stream(hash(&file.to_string_lossy()) | 1 << 63);
        let points = scatter(&mesh, options.surface_points, &mut random);
        objects.push(Some(Object::new(centred(&points, options.scaled), known)));
    }
    let drawn = splits::draw(&units, [options.validation, options.test], seed);
    let [train, validation, test] =
        drawn.map(|part| part.into_iter().filter_map(|index| objects[index].take()).collect::<Vec<Object>>());
    for (name, part) in [("train", &train), ("validation", &validation), ("test", &test)] {
        if part.is_empty() {
            return Err(Error::new(format!(
                "{}: its {} meshes leave none for the {name} split: add meshes (different ones), or change dataset \
                 options `validation` and `test`",
                folder.display(),
                files.len()
            )));
        }
    }
    Ok(Clouds {
        preparation: options.preparation.clone(),
        target,
        vertical: options.vertical,
        objects: [train, validation, test],
        seed,
    })
}

/// What is predicted, and what is known of each file about it.
fn known(options: &Options, folder: &Path, files: &[PathBuf]) -> Result<(Target, Vec<Known>)> {
    let measured = |target| Ok((target, vec![Known::Nothing; files.len()]));
    match options.target {
        Predicted::Radii => measured(Target::Radii),
        Predicted::Stance => measured(Target::Stance),
        Predicted::Extents => measured(Target::Extents),
        Predicted::Up => measured(Target::Up),
        Predicted::Table => {
            let (names, numbers) = table::read(&folder.join(&options.table), files)?;
            Ok((Target::Numbers { names }, numbers.into_iter().map(Known::Numbers).collect()))
        }
        Predicted::Label => {
            let mut labels = Vec::with_capacity(files.len());
            for file in files {
                let first = file.parent().and_then(|parent| parent.components().next());
                let Some(first) = first else {
                    return Err(Error::new(format!(
                        "{}: lies in no subfolder, expected one that is its label; move it, or set dataset.target to \
                         \"table\" or a measured quantity",
                        folder.join(file).display()
                    )));
                };
                labels.push(first.as_os_str().to_string_lossy().into_owned());
            }
            let mut classes = labels.clone();
            classes.sort();
            classes.dedup();
            if classes.len() < 2 {
                return Err(Error::new(format!(
                    "{}: all meshes have the label `{}`, expected subfolders of at least two",
                    folder.display(),
                    classes[0]
                )));
            }
            let label =
                |label: &String| Known::Label(classes.iter().position(|it| it == label).unwrap_or(0) as i64);
            let known = labels.iter().map(label).collect();
            Ok((Target::Label { classes: classes.len() }, known))
        }
    }
}

/// Meshes below a folder, relative to it, in the order of their names. Names that begin with a dot are passed over.
fn list(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    let mut open = vec![PathBuf::new()];
    while let Some(relative) = open.pop() {
        let path = folder.join(&relative);
        let error = |cause: std::io::Error| {
            Error::new(format!("{}: cannot be read as a folder of meshes: {cause}", path.display()))
        };
        for entry in fs::read_dir(&path).map_err(error)? {
            let entry = entry.map_err(error)?;
            let name = relative.join(entry.file_name());
            let kind = entry.file_type().map_err(error)?;
            if entry.file_name().to_string_lossy().starts_with('.') {
                continue;
            } else if kind.is_dir() {
                open.push(name);
            } else if mesh::ending(&name).is_some() {
                files.push(name);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn hash(value: &impl Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    value.hash(&mut hasher);
    hasher.finish()
}

/// Equal for equal shapes.
fn identity(mesh: &Mesh) -> u64 {
    let corners: Vec<[u64; 3]> = mesh.corners.iter().map(|corner| corner.map(f64::to_bits)).collect();
    hash(&(corners, &mesh.triangles))
}

#[cfg(test)]
mod tests;
