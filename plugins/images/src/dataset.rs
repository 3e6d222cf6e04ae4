//! The data set components: pictures of a source, moved as the experiment wants, as tensors.

use crate::motion::{Matrix, Motion, Transform};
use crate::source::{self, Pictures};
use crate::warp::{Map, Padding, warp};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use semola_plugin_api::{
    Context, DataSpec, Dataset, Error, Field, FieldType, Representation, Result, Samples, Split, Task,
    Tensor, no_grad,
};
use serde::{Deserialize, Serialize};
use std::path::Path;

/// Pictures moved together.
const CHUNK: usize = 2048;

/// What the user can set of every data set of pictures.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Common {
    /// Training pictures that are used; 0: all.
    train: usize,
    /// Validation and test pictures that are used, of each; 0: all.
    held_out: usize,
    /// Differently moved copies of each training picture.
    copies: usize,
    /// What lies outside a picture's frame when it is moved.
    padding: Padding,
    #[serde(flatten)]
    motion: Motion,
}

impl Default for Common {
    fn default() -> Self {
        Self { train: 0, held_out: 0, copies: 1, padding: Padding::Zeros, motion: Motion::default() }
    }
}

/// Pictures of any source.
struct Moved {
    pictures: Pictures,
    common: Common,
    seed: u64,
}

impl Moved {
    fn new(pictures: Pictures, common: Common, context: &Context) -> Result<Self> {
        common.motion.check()?;
        if !(1..=64).contains(&common.copies) {
            return Err(Error::new(format!(
                "dataset option `copies` is {}, expected 1 to 64",
                common.copies
            )));
        }
        if common.copies > 1 && !common.motion.moves() {
            return Err(Error::new(format!(
                "dataset option `copies` is {} and `transform` is \"none\": copies that are not moved are equal; set \
                 copies = 1",
                common.copies
            )));
        }
        let [train, validation, test] = pictures.parts.each_ref().map(|part| part.labels.len());
        if train < 10 || validation == 0 || test == 0 {
            return Err(Error::new(format!(
                "the data set has {train} training, {validation} validation and {test} test pictures, expected at least \
                 10, 1 and 1: add pictures"
            )));
        }
        Ok(Self { pictures, common, seed: context.seed })
    }

    fn spec(&self) -> DataSpec {
        let shape = self.pictures.shape.map(|size| size as i64);
        let mut label = Field::new("label", [], Representation::Scalar);
        label.dtype = FieldType::I64;
        DataSpec {
            n: 3,
            inputs: vec![Field::new("image", shape, Representation::Image)],
            targets: vec![label],
            task: Task::Classification { classes: self.pictures.classes.len() as i64 },
            reference: self.common.motion.reference(),
        }
    }

    fn split(&self, split: Split) -> Result<Samples> {
        let part = self.pictures.part(split);
        let (limit, copies) = match split {
            Split::Train => (self.common.train, self.common.copies),
            _ => (self.common.held_out, 1),
        };
        let count = if limit == 0 { part.labels.len() } else { limit.min(part.labels.len()) };
        let motion = match split {
            Split::Shifted => self.common.motion.whole(),
            _ => self.common.motion.clone(),
        };
        // Each split has a stream of its own, so that a change of one split's size leaves the others alone.
        let mut random = ChaCha8Rng::seed_from_u64(self.seed.wrapping_add(split as u64));
        let stride = self.pictures.stride();
        let mut images = Vec::new();
        for _ in 0..copies {
            for start in (0..count).step_by(CHUNK) {
                let end = count.min(start + CHUNK);
                let pixels = &part.pixels[start * stride..end * stride];
                let matrices: Vec<Matrix> = (start..end).map(|_| motion.draw(&mut random)).collect();
                images.push(self.tensor(pixels, motion.moves().then_some(&matrices[..]))?);
            }
        }
        let labels = part.labels[..count].repeat(copies);
        Ok(Samples {
            inputs: vec![Tensor::try_cat(&images, 0)?],
            targets: vec![Tensor::try_from_slice(&labels, &[labels.len() as i64])?],
        })
    }

    /// Brightness from 0 to 1, `[pictures, channels, height, width]`.
    fn tensor(&self, pixels: &[u8], matrices: Option<&[Matrix]>) -> Result<Tensor> {
        let [channels, height, width] = self.pictures.shape.map(|size| size as i64);
        let numbers: Vec<f32> = pixels.iter().map(|&pixel| f32::from(pixel) / 255.0).collect();
        let images = Tensor::try_from_slice(
            &numbers,
            &[-1, channels, height, width]
                .map(|size| if size < 0 { (pixels.len() / self.pictures.stride()) as i64 } else { size }),
        )?;
        let Some(matrices) = matrices else { return Ok(images) };
        let entries: Vec<f32> = matrices.iter().flatten().flatten().map(|&entry| entry as f32).collect();
        let g = Tensor::try_from_slice(&entries, &[matrices.len() as i64, 3, 3])?;
        no_grad(|| warp(&images, &g, Map::Projective, self.common.padding))
    }
}

macro_rules! dataset {
    ($(#[$doc:meta])* $type:ident, $options:ident, $summary:literal, |$given:ident, $context:ident| $pictures:expr) => {
        $(#[$doc])*
        pub(crate) struct $type(Moved);

        impl Dataset for $type {
            type Options = $options;
            const SUMMARY: &'static str = $summary;

            fn open($given: $options, $context: &Context) -> Result<Self> {
                let pictures = $pictures?;
                Moved::new(pictures, $given.into(), $context).map(Self)
            }

            fn spec(&self) -> DataSpec {
                self.0.spec()
            }

            fn split(&self, split: Split) -> Result<Option<Samples>> {
                self.0.split(split).map(Some)
            }
        }
    };
}

/// Options of pictures that stay upright unless set otherwise; the host gives all of them, or these defaults.
#[derive(Serialize, Deserialize)]
#[serde(transparent)]
pub(crate) struct Upright {
    common: Common,
}

impl Default for Upright {
    fn default() -> Self {
        let motion = Motion { transform: Transform::None, ..Motion::default() };
        Self { common: Common { motion, ..Common::default() } }
    }
}

/// Options of a folder.
#[derive(Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct FolderOptions {
    /// The folder: one subfolder a class.
    path: String,
    /// Side in pixels to which all pictures are brought; 0: they have one size already.
    size: u32,
    /// Three channels instead of brightness alone.
    colour: bool,
    #[serde(flatten)]
    common: Common,
}

impl Default for FolderOptions {
    fn default() -> Self {
        let common = Common { padding: Padding::Border, ..Upright::default().common };
        Self { path: String::new(), size: 0, colour: false, common }
    }
}

/// Options of IDX files.
#[derive(Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct IdxOptions {
    /// Training images.
    images: String,
    /// Their labels.
    labels: String,
    /// Test images; empty: part of the training ones.
    test_images: String,
    /// Their labels.
    test_labels: String,
    #[serde(flatten)]
    common: Common,
}

impl Default for IdxOptions {
    fn default() -> Self {
        let Upright { common } = Upright::default();
        Self {
            images: String::new(),
            labels: String::new(),
            test_images: String::new(),
            test_labels: String::new(),
            common,
        }
    }
}

macro_rules! common {
    ($($options:ident),*) => { $(
        impl From<$options> for Common {
            fn from(options: $options) -> Self {
                options.common
            }
        }
    )* };
}
common!(Upright, FolderOptions, IdxOptions);

fn required(option: &str, value: &str) -> Result<()> {
    if value.is_empty() {
        return Err(Error::new(format!(
            "dataset option `{option}` is empty, expected a path: add --set dataset.{option}=PATH"
        )));
    }
    Ok(())
}

dataset! {
    /// Handwritten digits, rotated unless set otherwise.
    Digits, Common, "handwritten digits (MNIST), moved at will",
    |options, context| source::imported(&context.cache_dir, "digits", None)
}

dataset! {
    /// Clothes, upright unless set otherwise.
    Fashion, Upright, "pictures of clothes (Fashion-MNIST), moved at will",
    |options, context| source::imported(&context.cache_dir, "fashion", Some("classes"))
}

dataset! {
    /// The user's own pictures.
    Folder, FolderOptions, "PNG and JPEG pictures, one subfolder a class",
    |options, context| required("path", &options.path)
        .and_then(|()| source::folder(Path::new(&options.path), options.size, options.colour, context.seed))
}

dataset! {
    /// The user's own pictures in MNIST's format.
    Idx, IdxOptions, "pictures and labels in IDX files",
    |options, context| required("images", &options.images)
        .and_then(|()| required("labels", &options.labels))
        .and_then(|()| source::idx(
            [&options.images, &options.labels],
            [&options.test_images, &options.test_labels],
            context.seed,
        ))
}
