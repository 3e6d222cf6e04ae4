//! Labelled pictures and where they come from, one kind of place a file of this folder.

mod folder;
mod idx;
mod imported;

pub(crate) use folder::folder;
pub(crate) use idx::idx;
pub(crate) use imported::imported;

use semola_plugin_api::{Error, Split};
use std::path::Path;

/// Pictures of one split: bytes, 0 is black.
#[derive(Clone, Debug, Default)]
pub(crate) struct Part {
    /// `[pictures, channels, height, width]`
    pub(crate) pixels: Vec<u8>,
    /// One a picture.
    pub(crate) labels: Vec<i64>,
}

/// Train, validation and test.
#[derive(Clone, Debug)]
pub(crate) struct Pictures {
    /// `[channels, height, width]`
    pub(crate) shape: [usize; 3],
    /// Names of the labels.
    pub(crate) classes: Vec<String>,
    /// In the order of [`Split::ALL`], without the shifted one.
    pub(crate) parts: [Part; 3],
}

impl Pictures {
    /// Bytes of one picture.
    pub(crate) fn stride(&self) -> usize {
        self.shape.iter().product()
    }

    /// The pictures of a split; the shifted one is made of the test pictures.
    pub(crate) fn part(&self, split: Split) -> &Part {
        &self.parts[(split as usize).min(Split::Test as usize)]
    }
}

/// An error about a file.
pub(crate) fn error(path: &Path, what: impl std::fmt::Display) -> Error {
    semola_arrays::error(path, what)
}

/// Divides pictures into train, validation and test: a seeded shuffle, then 70 : 15 : 15.
pub(crate) fn divided(pixels: &[u8], labels: &[i64], stride: usize, seed: u64) -> [Part; 3] {
    use rand::SeedableRng;
    use rand::seq::SliceRandom;
    let mut order: Vec<usize> = (0..labels.len()).collect();
    order.shuffle(&mut rand_chacha::ChaCha8Rng::seed_from_u64(seed));
    let held_out = labels.len() * 15 / 100;
    let bounds = [0, labels.len() - 2 * held_out, labels.len() - held_out, labels.len()];
    std::array::from_fn(|part| {
        let chosen = &order[bounds[part]..bounds[part + 1]];
        Part {
            pixels: chosen
                .iter()
                .flat_map(|&index| &pixels[index * stride..(index + 1) * stride])
                .copied()
                .collect(),
            labels: chosen.iter().map(|&index| labels[index]).collect(),
        }
    })
}

#[cfg(test)]
mod tests;
