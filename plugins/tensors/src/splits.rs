//! Which row serves what: plain indices, no data.
//!
//! Rows are drawn by object: all rows of one object go together. Without objects each row is one. What is drawn
//! hangs on the seed and the objects' names alone, not on their order in the file. Invariant: what [`draw`] returns
//! covers the given rows, each once.

use rand::SeedableRng;
use rand::seq::SliceRandom;
use rand_chacha::ChaCha8Rng;
use std::collections::BTreeMap;

/// Row indices, ascending, of one source.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Parts {
    pub(crate) train: Vec<usize>,
    pub(crate) validation: Vec<usize>,
    pub(crate) test: Vec<usize>,
    pub(crate) shifted: Vec<usize>,
}

impl Parts {
    /// Rows by their codes: 0 train, 1 validation, 2 test, 3 shifted.
    ///
    /// # Errors
    /// The end of a sentence about the array of codes: its first other code.
    pub(crate) fn given(codes: &[i64]) -> Result<Self, String> {
        let mut parts = Self::default();
        for (row, code) in codes.iter().enumerate() {
            match code {
                0 => parts.train.push(row),
                1 => parts.validation.push(row),
                2 => parts.test.push(row),
                3 => parts.shifted.push(row),
                _ => {
                    return Err(format!(
                        "holds {code} at [{row}], expected 0 (train), 1 (validation), 2 (test) or 3 (shifted)"
                    ));
                }
            }
        }
        Ok(parts)
    }
}

/// Draws whole objects out of `rows` until they have at least `wanted` rows: `(drawn, rest)`, both ascending.
///
/// `objects[row]` names a row's object; `None`: each row is one. `lane` sets one draw of a seed apart from another.
pub(crate) fn draw(
    rows: &[usize],
    objects: Option<&[String]>,
    wanted: usize,
    seed: u64,
    lane: u64,
) -> (Vec<usize>, Vec<usize>) {
    let mut units: Vec<Vec<usize>> = match objects {
        None => rows.iter().map(|&row| vec![row]).collect(),
        Some(objects) => {
            let mut units: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
            for &row in rows {
                units.entry(&objects[row]).or_default().push(row);
            }
            units.into_values().collect()
        }
    };
    let mut random = ChaCha8Rng::seed_from_u64(seed);
    random.set_stream(lane);
    units.shuffle(&mut random);
    let (mut drawn, mut rest) = (Vec::new(), Vec::new());
    for unit in units {
        if drawn.len() < wanted { drawn.extend(unit) } else { rest.extend(unit) }
    }
    drawn.sort_unstable();
    rest.sort_unstable();
    (drawn, rest)
}

#[cfg(test)]
mod tests;
