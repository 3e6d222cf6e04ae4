//! Which mesh serves what: indices, no data. Each class gives its part to every split; equal shapes stay together.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use semola_plugin_api::{Error, Result};
use std::collections::BTreeMap;

/// What splitting asks of a mesh.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Unit {
    /// Its label, or 0.
    pub(crate) class: i64,
    /// Equal for meshes that must stay together.
    pub(crate) shape: u64,
}

/// Refuses parts that leave nothing.
pub(crate) fn check(validation: f64, test: f64) -> Result<()> {
    for (name, part) in [("validation", validation), ("test", test)] {
        if !(part > 0.0 && part < 1.0) {
            return Err(Error::new(format!(
                "dataset option `{name}` is {part}, expected above 0 and below 1"
            )));
        }
    }
    if validation + test >= 1.0 {
        return Err(Error::new(format!(
            "dataset options `validation` and `test` are {validation} and {test}, expected a sum below 1"
        )));
    }
    Ok(())
}

/// Indices of the training, validation and test meshes, ascending; `parts` are those of validation and test.
pub(crate) fn draw(units: &[Unit], parts: [f64; 2], seed: u64) -> [Vec<usize>; 3] {
    // The first mesh of a shape decides the class that all of them count for.
    let mut groups: BTreeMap<u64, Vec<usize>> = BTreeMap::new();
    for (index, unit) in units.iter().enumerate() {
        groups.entry(unit.shape).or_default().push(index);
    }
    let mut firsts: Vec<usize> = groups.values().map(|group| group[0]).collect();
    firsts.sort_unstable();
    let mut classes: BTreeMap<i64, Vec<usize>> = BTreeMap::new();
    for first in firsts {
        classes.entry(units[first].class).or_default().push(first);
    }
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    let mut splits: [Vec<usize>; 3] = Default::default();
    for members in classes.values_mut() {
        members.shuffle(&mut random);
        let count = members.len() as f64;
        let validation = (parts[0] * count).round() as usize;
        let test = (parts[1] * count).round() as usize;
        for (place, first) in members.iter().enumerate() {
            let split = if place < validation {
                1
            } else if place < validation + test {
                2
            } else {
                0
            };
            splits[split].extend(&groups[&units[*first].shape]);
        }
    }
    splits.iter_mut().for_each(|split| split.sort_unstable());
    splits
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_mesh_is_in_one_split_and_equal_ones_together(
            units in prop::collection::vec((0..4i64, 0..30u64), 1..80),
            validation in 0.01..0.49f64,
            test in 0.01..0.49f64,
            seed: u64,
        ) {
            let units: Vec<Unit> = units.into_iter().map(|(class, shape)| Unit { class, shape }).collect();
            let splits = draw(&units, [validation, test], seed);
            let mut all = splits.concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..units.len()).collect::<Vec<_>>());
            for (a, split) in splits.iter().enumerate() {
                for other in &splits[a + 1..] {
                    let shared = split.iter().any(|&i| other.iter().any(|&j| units[i].shape == units[j].shape));
                    prop_assert!(!shared);
                }
            }
        }
    }

    #[test]
    fn each_class_gives_its_part() {
        let units: Vec<Unit> = (0..200).map(|index| Unit { class: index % 2, shape: index as u64 }).collect();
        let [train, validation, test] = draw(&units, [0.2, 0.1], 7);
        assert_eq!((train.len(), validation.len(), test.len()), (140, 40, 20));
        assert_eq!(validation.iter().filter(|&&index| index % 2 == 0).count(), 20);
        assert_ne!(draw(&units, [0.2, 0.1], 8)[2], test);
    }

    #[test]
    fn parts_are_checked() {
        assert!(check(0.15, 0.15).is_ok());
        for (validation, test) in [(0.0, 0.1), (0.1, 1.0), (0.5, 0.5), (f64::NAN, 0.1)] {
            assert!(check(validation, test).is_err());
        }
    }
}
