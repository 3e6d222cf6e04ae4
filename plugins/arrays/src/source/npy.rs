//! One array in NumPy's format (NEP 1), from any reader.
//!
//! The header is read here and not by `npyz`, which multiplies the shape unchecked; the type string is its.

use super::{count, error};
use crate::array::{Array, Element, Numbers};
use npyz::{Endianness, TypeChar, TypeStr};
use py_literal::Value;
use semola_plugin_api::Result;
use std::fs::File;
use std::io::{BufReader, Read};
use std::path::Path;

/// Bytes of a header (NumPy itself stops at 10,000).
const LONGEST_HEADER: u32 = 65_536;
/// Brackets within brackets: the literal's parser calls itself for each.
const DEEPEST: usize = 16;

/// Names of the `.npy` files in a directory, without the ending.
pub(super) fn names(directory: &Path) -> Result<Vec<String>> {
    let entries =
        directory.read_dir().map_err(|cause| error(directory, format_args!("cannot be read: {cause}")))?;
    let paths = entries.filter_map(|entry| entry.ok().map(|entry| entry.path()));
    let arrays = paths.filter(|path| path.extension().is_some_and(|ending| ending == "npy"));
    Ok(arrays.filter_map(|path| path.file_stem()?.to_str().map(str::to_owned)).collect())
}

/// The array `name.npy` of a directory, or nothing when there is no such file.
pub(super) fn read(directory: &Path, name: &str) -> Result<Option<Array>> {
    // A name with a separator would leave the directory.
    if !names(directory)?.iter().any(|known| known == name) {
        return Ok(None);
    }
    let path = directory.join(format!("{name}.npy"));
    let file = File::open(&path).map_err(|cause| error(&path, format_args!("cannot be opened: {cause}")))?;
    parse(BufReader::new(file)).map(Some).map_err(|what| error(&path, format_args!("array `{name}` {what}")))
}

/// Reads an array; the error is the end of a sentence about it.
pub(super) fn parse(mut reader: impl Read) -> Result<Array, String> {
    let truncated = |_| "is truncated in its header, or not in NumPy's format; write it again".to_owned();
    let mut start = [0; 8];
    reader.read_exact(&mut start).map_err(truncated)?;
    let [magic @ .., major, _minor] = start;
    if magic != *b"\x93NUMPY" {
        return Err(
            "is not in NumPy's format (it does not begin with \\x93NUMPY); write it with numpy.save".into()
        );
    }
    let length = match major {
        1 => {
            let mut length = [0; 2];
            reader.read_exact(&mut length).map_err(truncated)?;
            u16::from_le_bytes(length).into()
        }
        2 | 3 => {
            let mut length = [0; 4];
            reader.read_exact(&mut length).map_err(truncated)?;
            u32::from_le_bytes(length)
        }
        _ => return Err(format!("is in version {major} of NumPy's format, expected 1 to 3; write it again")),
    };
    if length > LONGEST_HEADER {
        return Err(format!(
            "has a header of {length} bytes, expected at most {LONGEST_HEADER}: it is damaged, or a structured array; \
             save each field as an array of its own"
        ));
    }
    let mut text = vec![0; length as usize];
    reader.read_exact(&mut text).map_err(truncated)?;
    let header = Header::parse(&text)?;

    let numbers = count(&header.shape).and_then(|numbers| numbers.checked_mul(header.element.size()));
    let expected =
        numbers.ok_or_else(|| format!("claims the impossible shape {:?}: it is damaged", header.shape))?;
    // One byte more than expected: an archive compares its checksum when it has reached the end.
    let mut bytes = Vec::new();
    let most = (expected as u64).saturating_add(1);
    reader
        .take(most)
        .read_to_end(&mut bytes)
        .map_err(|cause| format!("cannot be read to its end: {cause}"))?;
    if bytes.len() != expected {
        let relation = if bytes.len() > expected { "more" } else { "only" };
        let found = bytes.len().min(expected);
        return Err(format!(
            "has shape {:?}, which takes {expected} bytes, and holds {relation} {}: it is {}; write it again",
            header.shape,
            if relation == "more" { "than that".into() } else { found.to_string() },
            if relation == "more" { "damaged" } else { "truncated" },
        ));
    }
    let numbers = header.element.decode(&bytes, header.big_endian)?;
    let numbers = if header.fortran_order { rows_first(numbers, &header.shape) } else { numbers };
    Ok(Array { shape: header.shape, numbers })
}

struct Header {
    element: Element,
    big_endian: bool,
    fortran_order: bool,
    shape: Vec<usize>,
}

impl Header {
    /// Reads `{'descr': '<f8', 'fortran_order': False, 'shape': (3, 2), }`.
    fn parse(text: &[u8]) -> Result<Self, String> {
        let damaged = || "has a header that does not parse: it is damaged; write it again".to_owned();
        let text = str::from_utf8(text).map_err(|_| damaged())?;
        if depth(text) > DEEPEST {
            return Err(damaged());
        }
        let Ok(Value::Dict(entries)) = text.trim_end().parse::<Value>() else {
            return Err(damaged());
        };
        let entry = |name: &str| {
            let found = entries.iter().find(|(key, _)| matches!(key, Value::String(key) if key == name));
            found.map(|(_, value)| value).ok_or_else(damaged)
        };
        let (element, big_endian) = match entry("descr")? {
            Value::String(descr) => element(descr)?,
            _ => return Err("is a structured array; save each of its fields as an array of its own".into()),
        };
        let Value::Boolean(fortran_order) = *entry("fortran_order")? else {
            return Err(damaged());
        };
        let (Value::Tuple(sizes) | Value::List(sizes)) = entry("shape")? else {
            return Err(damaged());
        };
        let size = |value: &Value| match value {
            Value::Integer(size) => usize::try_from(size).map_err(|_| damaged()),
            _ => Err(damaged()),
        };
        Ok(Self {
            element,
            big_endian,
            fortran_order,
            shape: sizes.iter().map(size).collect::<Result<_, _>>()?,
        })
    }
}

/// Brackets open at once, at most.
fn depth(text: &str) -> usize {
    let (mut open, mut most) = (0_usize, 0);
    for byte in text.bytes() {
        match byte {
            b'(' | b'[' | b'{' => open += 1,
            b')' | b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
        most = most.max(open);
    }
    most
}

/// The element type of a type string such as `<f8`, and whether its bytes are in big-endian order.
fn element(descr: &str) -> Result<(Element, bool), String> {
    let refused = |kind: &str, remedy: &str| {
        Err(format!("holds {kind} ('{descr}'), expected floats, integers or booleans; {remedy}"))
    };
    // Its parser counts bytes and takes characters.
    let Some(Ok(kind)) = descr.is_ascii().then(|| descr.parse::<TypeStr>()) else {
        return refused("elements of an unknown type", "convert it with .astype('float32')");
    };
    let size = kind.size_field() as usize;
    let element = match kind.type_char() {
        TypeChar::Bool => Element::Bool,
        TypeChar::Int => Element::Signed(size),
        TypeChar::Uint => Element::Unsigned(size),
        TypeChar::Float if size <= 8 => Element::Float(size),
        TypeChar::Float => return refused("floats of 128 bits", "convert it with .astype('float64')"),
        TypeChar::Complex => {
            return refused("complex numbers", "save real and imaginary parts as two arrays");
        }
        TypeChar::Object => {
            return refused("Python objects", "rows of unequal length? Make it a plain array of numbers");
        }
        TypeChar::ByteStr | TypeChar::UnicodeStr => {
            return refused("strings", "number the distinct ones (numpy.unique with return_inverse=True)");
        }
        TypeChar::TimeDelta | TypeChar::DateTime => {
            return refused("dates or durations", "convert it to seconds, a float");
        }
        _ => return refused("raw bytes", "convert it with .astype('float32')"),
    };
    Ok((element, kind.endianness() == Endianness::Big))
}

/// From the first axis fastest to the last axis fastest.
fn rows_first(numbers: Numbers, shape: &[usize]) -> Numbers {
    fn reorder<T: Copy>(numbers: &[T], shape: &[usize]) -> Vec<T> {
        let mut index = vec![0; shape.len()];
        let mut result = Vec::with_capacity(numbers.len());
        while result.len() < numbers.len() {
            let place = index.iter().zip(shape).rev().fold(0, |place, (&at, &size)| place * size + at);
            result.push(numbers[place]);
            for (at, &size) in index.iter_mut().zip(shape).rev() {
                *at += 1;
                if *at < size {
                    break;
                }
                *at = 0;
            }
        }
        result
    }
    match numbers {
        Numbers::Floats(numbers) => Numbers::Floats(reorder(&numbers, shape)),
        Numbers::Integers(numbers) => Numbers::Integers(reorder(&numbers, shape)),
    }
}
