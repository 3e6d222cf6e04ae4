//! Which molecule serves what: whole objects, drawn by the seed.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use semola_plugin_api::{Error, Result};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How much is held out.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Parts {
    /// Part of the molecules for decisions, between 0 and 1.
    pub(super) validation: f64,
    /// Part for the final figures.
    pub(super) test: f64,
}

impl Default for Parts {
    fn default() -> Self {
        Self { validation: 0.1, test: 0.2 }
    }
}

impl Parts {
    pub(super) fn check(self) -> Result<()> {
        let part = |value: f64| value > 0.0 && value < 1.0;
        if !part(self.validation) || !part(self.test) || self.validation + self.test >= 1.0 {
            return Err(Error::new(format!(
                "files: validation is {} and test {}, expected parts above 0 that together stay below 1",
                self.validation, self.test
            )));
        }
        Ok(())
    }
}

/// Places of train, validation and test, ascending, by the name of each molecule's object.
///
/// # Errors
/// The end of a sentence about the data: fewer than three objects.
pub(super) fn draw(
    objects: &[String],
    parts: Parts,
    seed: u64,
) -> std::result::Result<[Vec<usize>; 3], String> {
    let mut members: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (place, object) in objects.iter().enumerate() {
        members.entry(object).or_default().push(place);
    }
    if members.len() < 3 {
        return Err(format!(
            "has {} molecules of {} objects, expected at least 3 objects to share among train, validation and test",
            objects.len(),
            members.len()
        ));
    }
    // By name, so that the order of records does not matter.
    let mut members: Vec<Vec<usize>> = members.into_values().collect();
    members.shuffle(&mut ChaCha8Rng::seed_from_u64(seed));
    let mut drawn = [Vec::new(), Vec::new(), Vec::new()];
    for (part, share) in [(1, parts.validation), (2, parts.test)] {
        let wanted = (share * objects.len() as f64).round().max(1.0) as usize;
        // One object is left for each part still to be filled.
        while drawn[part].len() < wanted && members.len() > 3 - part {
            drawn[part].extend(members.pop().unwrap_or_default());
        }
    }
    drawn[0] = members.concat();
    drawn.iter_mut().for_each(|places| places.sort_unstable());
    Ok(drawn)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn every_molecule_is_somewhere_and_no_object_is_torn(
            objects in prop::collection::vec(0..12_u8, 3..60), validation in 0.01..0.49, test in 0.01..0.49, seed: u64,
        ) {
            let names: Vec<String> = objects.iter().map(u8::to_string).collect();
            let distinct = objects.iter().collect::<std::collections::BTreeSet<_>>().len();
            let drawn = draw(&names, Parts { validation, test }, seed);
            prop_assert_eq!(drawn.is_ok(), distinct >= 3);
            let Ok(drawn) = drawn else { return Ok(()) };
            let mut all = drawn.concat();
            all.sort_unstable();
            prop_assert_eq!(all, (0..objects.len()).collect::<Vec<_>>());
            prop_assert!(drawn.iter().all(|places| !places.is_empty()));
            let home = |object: &u8| drawn.iter().filter(|p| p.iter().any(|&i| objects[i] == *object)).count();
            prop_assert!(objects.iter().all(|object| home(object) == 1));
        }
    }

    #[test]
    fn parts_are_as_large_as_asked() {
        let names: Vec<String> = (0..100).map(|i| format!("m{i}")).collect();
        let drawn = draw(&names, Parts::default(), 1).unwrap();
        assert_eq!(drawn.each_ref().map(Vec::len), [70, 10, 20]);
        assert_ne!(drawn, draw(&names, Parts::default(), 2).unwrap());
        assert!(Parts { validation: 0.5, test: 0.5 }.check().is_err());
        assert!(Parts { validation: 0.0, test: 0.5 }.check().is_err());
    }
}
