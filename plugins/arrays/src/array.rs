//! An array as it was read, and the element types that files hold.
//!
//! Numbers become what their reader asked for while they are decoded, one after another: a file of 32-bit floats never
//! stands in memory as 64-bit ones. Integers do not pass through floats: labels and identities are exact. Booleans are
//! 0 and 1.

use half::{bf16, f16};
use std::io::Read;

/// A type that numbers are read into: `f32`, `f64`, `i64`.
pub trait Number: Copy + Default {
    /// The number, or nothing where this type has none for it.
    fn from_float(number: f64) -> Option<Self>;
    /// The number, the nearest one where not each is there.
    fn from_integer(number: i64) -> Self;
}

impl Number for f32 {
    fn from_float(number: f64) -> Option<Self> {
        Some(number as Self).filter(|number| number.is_finite())
    }

    fn from_integer(number: i64) -> Self {
        number as Self
    }
}

impl Number for f64 {
    fn from_float(number: f64) -> Option<Self> {
        Some(number).filter(|number| number.is_finite())
    }

    fn from_integer(number: i64) -> Self {
        number as Self
    }
}

impl Number for i64 {
    fn from_float(number: f64) -> Option<Self> {
        // Above 2^53 not every integer is a float: which one was meant is unknown.
        (number.fract() == 0.0 && number.abs() <= 9_007_199_254_740_992.0).then_some(number as Self)
    }

    fn from_integer(number: i64) -> Self {
        number
    }
}

/// An array: axis 0 counts samples.
#[derive(Clone, Debug, PartialEq)]
pub struct Array<T> {
    /// Lengths of the axes.
    pub shape: Vec<usize>,
    /// As many as the shape says, the last axis fastest.
    pub numbers: Vec<T>,
    /// Place and value of the first number that `T` does not have (not finite, a fraction); a zero stands there.
    pub unfit: Option<(usize, f64)>,
}

/// Numbers on their way into an array.
#[derive(Default)]
pub(crate) struct Numbers<T> {
    numbers: Vec<T>,
    unfit: Option<(usize, f64)>,
}

/// [`Numbers`] of any type. A reader that takes this is compiled once, not in each plugin for each type: what decodes
/// parquet is large.
pub(crate) trait Take {
    fn float(&mut self, number: f64);
    fn integer(&mut self, number: i64);
    /// # Errors
    /// See [`Numbers::unsigned`].
    fn unsigned(&mut self, number: u64) -> Result<(), String>;
}

impl<T: Number> Take for Numbers<T> {
    fn float(&mut self, number: f64) {
        self.float(number);
    }

    fn integer(&mut self, number: i64) {
        self.integer(number);
    }

    fn unsigned(&mut self, number: u64) -> Result<(), String> {
        self.unsigned(number)
    }
}

impl<T: Number> Numbers<T> {
    pub(crate) fn float(&mut self, number: f64) {
        self.floats(std::iter::once(number));
    }

    pub(crate) fn integer(&mut self, number: i64) {
        self.integers(std::iter::once(number));
    }

    /// Several at once: many times as fast as one by one.
    fn floats(&mut self, numbers: impl ExactSizeIterator<Item = f64>) {
        let Self { numbers: done, unfit } = self;
        let start = done.len();
        done.extend(numbers.enumerate().map(|(place, number)| {
            T::from_float(number).unwrap_or_else(|| {
                unfit.get_or_insert((start + place, number));
                T::default()
            })
        }));
    }

    fn integers(&mut self, numbers: impl ExactSizeIterator<Item = i64>) {
        self.numbers.extend(numbers.map(T::from_integer));
    }

    /// # Errors
    /// The end of a sentence about the array: it is beyond 2^63 − 1.
    pub(crate) fn unsigned(&mut self, number: u64) -> Result<(), String> {
        let number = i64::try_from(number).map_err(|_| {
            format!("holds the unsigned integer {number}, expected less than 2^63; shift it to int64")
        })?;
        self.integer(number);
        Ok(())
    }

    /// The array of these numbers, which are as many as the shape says.
    pub(crate) fn shaped(mut self, shape: Vec<usize>) -> Array<T> {
        debug_assert_eq!(self.numbers.len(), shape.iter().product::<usize>());
        self.numbers.shrink_to_fit();
        Array { shape, numbers: self.numbers, unfit: self.unfit }
    }

    /// The array of these numbers, which come with the first axis fastest. Of several that do not fit, the first to
    /// come is the one that is told.
    pub(crate) fn shaped_columns_first(self, shape: Vec<usize>) -> Array<T> {
        let mut index = vec![0; shape.len()];
        let mut numbers = Vec::with_capacity(self.numbers.len());
        let mut unfit = None;
        while numbers.len() < self.numbers.len() {
            let place = index.iter().zip(&shape).rev().fold(0, |place, (&at, &size)| place * size + at);
            if let Some((_, number)) = self.unfit.filter(|&(unfit, _)| unfit == place) {
                unfit = Some((numbers.len(), number));
            }
            numbers.push(self.numbers[place]);
            for (at, &size) in index.iter_mut().zip(&shape).rev() {
                *at += 1;
                if *at < size {
                    break;
                }
                *at = 0;
            }
        }
        Array { shape, numbers, unfit }
    }
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

    /// Adds the numbers that these bytes hold; a rest shorter than a number is left out.
    ///
    /// # Errors
    /// The end of a sentence about the array: an unsigned integer beyond 2^63 − 1, or no such size.
    pub(crate) fn decode<T: Number>(
        self,
        bytes: &[u8],
        big_endian: bool,
        into: &mut Numbers<T>,
    ) -> Result<(), String> {
        match self {
            Self::Bool => into.integers(bytes.iter().map(|&byte| i64::from(byte != 0))),
            Self::Signed(1) => into.integers(each(bytes, big_endian, |b| i8::from_le_bytes(b).into())),
            Self::Signed(2) => into.integers(each(bytes, big_endian, |b| i16::from_le_bytes(b).into())),
            Self::Signed(4) => into.integers(each(bytes, big_endian, |b| i32::from_le_bytes(b).into())),
            Self::Signed(8) => into.integers(each(bytes, big_endian, i64::from_le_bytes)),
            Self::Unsigned(1) => into.integers(each(bytes, big_endian, |b| u8::from_le_bytes(b).into())),
            Self::Unsigned(2) => into.integers(each(bytes, big_endian, |b| u16::from_le_bytes(b).into())),
            Self::Unsigned(4) => into.integers(each(bytes, big_endian, |b| u32::from_le_bytes(b).into())),
            Self::Unsigned(8) => {
                each(bytes, big_endian, u64::from_le_bytes).try_for_each(|number| into.unsigned(number))?;
            }
            Self::Float(2) => into.floats(each(bytes, big_endian, |b| f16::from_le_bytes(b).into())),
            Self::Float(4) => into.floats(each(bytes, big_endian, |b| f32::from_le_bytes(b).into())),
            Self::Float(8) => into.floats(each(bytes, big_endian, f64::from_le_bytes)),
            Self::Bfloat16 => into.floats(each(bytes, big_endian, |b| bf16::from_le_bytes(b).into())),
            Self::Signed(size) | Self::Unsigned(size) | Self::Float(size) => {
                return Err(format!(
                    "holds numbers of {size} bytes, expected at most 8; convert it to float64"
                ));
            }
        }
        Ok(())
    }

    /// Reads `bytes` bytes of these numbers, a piece at a time, and adds them; gives how many bytes there were.
    ///
    /// # Errors
    /// The end of a sentence about the array.
    pub(crate) fn stream<T: Number>(
        self,
        mut reader: impl Read,
        bytes: usize,
        big_endian: bool,
        into: &mut Numbers<T>,
    ) -> Result<usize, String> {
        /// A multiple of every size.
        const PIECE: usize = 1 << 20;
        let mut piece = Vec::new();
        let mut done = 0;
        while done < bytes {
            piece.clear();
            let wanted = PIECE.min(bytes - done);
            (&mut reader)
                .take(wanted as u64)
                .read_to_end(&mut piece)
                .map_err(|cause| format!("cannot be read to its end: {cause}"))?;
            self.decode(&piece, big_endian, into)?;
            done += piece.len();
            if piece.len() < wanted {
                break;
            }
        }
        Ok(done)
    }
}

fn each<const N: usize, T>(
    bytes: &[u8],
    big_endian: bool,
    convert: impl Fn([u8; N]) -> T,
) -> impl ExactSizeIterator<Item = T> {
    let (chunks, _rest) = bytes.as_chunks::<N>();
    chunks.iter().map(move |&chunk| {
        let mut chunk = chunk;
        if big_endian {
            chunk.reverse();
        }
        convert(chunk)
    })
}
