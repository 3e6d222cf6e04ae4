//! What a reader hands over of one molecule, before anyone asks for a certain property.

use crate::molecule::charge;
use std::collections::BTreeMap;

/// A molecule and all that its file says about it.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Record {
    /// The line at which it begins, from 1.
    pub(super) line: usize,
    /// The title of a MOL block, or the `name` of a comment line; may be empty.
    pub(super) name: String,
    pub(super) charges: Vec<u8>,
    /// Ångström.
    pub(super) positions: Vec<[f64; 3]>,
    /// Properties by name, as they are written.
    pub(super) properties: BTreeMap<String, String>,
}

/// Coordinates beyond this many ångström are a mistake: no molecule is a tenth of a millimetre long.
const FARTHEST: f64 = 1e6;

/// The largest number of atoms: above, padding would take more memory than any use.
pub(super) const MOST_ATOMS: usize = 10_000;

/// The element of a symbol or number, or the end of a sentence about the atom.
pub(super) fn element(symbol: &str) -> Result<u8, String> {
    charge(symbol).ok_or_else(|| {
        format!(
            "`{}` is no chemical element, expected a symbol or a nuclear charge",
            super::text::shown(symbol)
        )
    })
}

/// A coordinate within reason, or the end of a sentence about it.
pub(super) fn coordinate(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.abs() <= FARTHEST => Ok(number),
        _ => Err(format!(
            "a coordinate is `{}`, expected a number of ångström up to {FARTHEST:e}",
            super::text::shown(text)
        )),
    }
}
