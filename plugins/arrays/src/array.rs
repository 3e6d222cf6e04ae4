//! An array as it was read, and the element types that files hold.
//!
//! Integers stay integers: labels and identities must not pass through floats. Booleans are 0 and 1.

use half::{bf16, f16};

/// Numbers of an array, the last axis fastest.
#[derive(Clone, Debug, PartialEq)]
pub enum Numbers {
    /// From floats of any width.
    Floats(Vec<f64>),
    /// From integers and booleans.
    Integers(Vec<i64>),
}

impl Numbers {
    /// All as floats.
    pub fn into_floats(self) -> Vec<f64> {
        match self {
            Self::Floats(numbers) => numbers,
            Self::Integers(numbers) => numbers.into_iter().map(|number| number as f64).collect(),
        }
    }

    /// All as integers.
    ///
    /// # Errors
    /// Place and value of the first that is none.
    pub fn into_integers(self) -> Result<Vec<i64>, (usize, f64)> {
        // Above 2^53 not every integer is a float: which one was meant is unknown.
        let exact = |number: f64| number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0;
        match self {
            Self::Integers(numbers) => Ok(numbers),
            Self::Floats(numbers) => match numbers.iter().position(|&number| !exact(number)) {
                Some(place) => Err((place, numbers[place])),
                None => Ok(numbers.into_iter().map(|number| number as i64).collect()),
            },
        }
    }
}

/// An array: axis 0 counts samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Array {
    /// Lengths of the axes.
    pub shape: Vec<usize>,
    /// As many as the shape says.
    pub numbers: Numbers,
}

/// How numbers lie in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Element {
    /// One byte, 0 or not.
    Bool,
    /// Signed, this many bytes: 1, 2, 4 or 8.
    Signed(usize),
    /// Unsigned, this many bytes: 1, 2, 4 or 8.
    Unsigned(usize),
    /// IEEE 754, this many bytes: 2, 4 or 8.
    Float(usize),
    /// The upper half of a 32-bit float.
    Bfloat16,
}

impl Element {
    /// Bytes a number.
    pub(crate) fn size(self) -> usize {
        match self {
            Self::Bool => 1,
            Self::Bfloat16 => 2,
            Self::Signed(size) | Self::Unsigned(size) | Self::Float(size) => size,
        }
    }

    /// The numbers that these bytes hold; a rest shorter than a number is left out.
    ///
    /// # Errors
    /// The end of a sentence about the array: an unsigned integer beyond 2^63 − 1, or no such size.
    pub(crate) fn decode(self, bytes: &[u8], big_endian: bool) -> Result<Numbers, String> {
        use Numbers::{Floats, Integers};
        Ok(match self {
            Self::Bool => Integers(bytes.iter().map(|&byte| i64::from(byte != 0)).collect()),
            Self::Signed(1) => Integers(each(bytes, big_endian, |b| i8::from_le_bytes(b).into())),
            Self::Signed(2) => Integers(each(bytes, big_endian, |b| i16::from_le_bytes(b).into())),
            Self::Signed(4) => Integers(each(bytes, big_endian, |b| i32::from_le_bytes(b).into())),
            Self::Signed(8) => Integers(each(bytes, big_endian, i64::from_le_bytes)),
            Self::Unsigned(1) => Integers(each(bytes, big_endian, |b| u8::from_le_bytes(b).into())),
            Self::Unsigned(2) => Integers(each(bytes, big_endian, |b| u16::from_le_bytes(b).into())),
            Self::Unsigned(4) => Integers(each(bytes, big_endian, |b| u32::from_le_bytes(b).into())),
            Self::Unsigned(8) => {
                let narrow = |number: u64| {
                    i64::try_from(number).map_err(|_| {
                        format!(
                            "holds the unsigned integer {number}, expected less than 2^63; shift it to int64"
                        )
                    })
                };
                let wide = each(bytes, big_endian, u64::from_le_bytes);
                Integers(wide.into_iter().map(narrow).collect::<Result<_, _>>()?)
            }
            Self::Float(2) => Floats(each(bytes, big_endian, |b| f16::from_le_bytes(b).into())),
            Self::Float(4) => Floats(each(bytes, big_endian, |b| f32::from_le_bytes(b).into())),
            Self::Float(8) => Floats(each(bytes, big_endian, f64::from_le_bytes)),
            Self::Bfloat16 => Floats(each(bytes, big_endian, |b| bf16::from_le_bytes(b).into())),
            Self::Signed(size) | Self::Unsigned(size) | Self::Float(size) => {
                return Err(format!(
                    "holds numbers of {size} bytes, expected at most 8; convert it to float64"
                ));
            }
        })
    }
}

fn each<const N: usize, T>(bytes: &[u8], big_endian: bool, convert: impl Fn([u8; N]) -> T) -> Vec<T> {
    let (chunks, _rest) = bytes.as_chunks::<N>();
    let ordered = |mut chunk: [u8; N]| {
        if big_endian {
            chunk.reverse();
        }
        chunk
    };
    chunks.iter().map(|&chunk| convert(ordered(chunk))).collect()
}
