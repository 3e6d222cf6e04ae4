//! One array in NumPy's format (NEP 1), from any reader.
//!
//! The header is read here and not by `npyz`, which multiplies the shape unchecked; the type string is its.

use super::{count, error};
use crate::array::{Array, Element, Number, Numbers};
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
pub(super) fn read<T: Number>(directory: &Path, name: &str) -> Result<Option<Array<T>>> {
    // A name with a separator would leave the directory.
    if !names(directory)?.iter().any(|known| known == name) {
        return Ok(None);
    }
    let path = directory.join(format!("{name}.npy"));
    let file = File::open(&path).map_err(|cause| error(&path, format_args!("cannot be opened: {cause}")))?;
    parse(BufReader::new(file)).map(Some).map_err(|what| error(&path, format_args!("array `{name}` {what}")))
}

/// Reads an array; the error is the end of a sentence about it.
pub(super) fn parse<T: Number>(mut reader: impl Read) -> Result<Array<T>, String> {
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
    let mut numbers = Numbers::default();
    let found = header.element.stream(&mut reader, expected, header.big_endian, &mut numbers)?;
    if found != expected {
        return Err(format!(
            "has shape {:?}, which takes {expected} bytes, and holds only {found}: it is truncated; write it again",
            header.shape
        ));
    }
    // Also, an archive compares its checksum when it has reached the end.
    let mut rest = Vec::new();
    reader.take(1).read_to_end(&mut rest).map_err(|cause| format!("cannot be read to its end: {cause}"))?;
    if !rest.is_empty() {
        return Err(format!(
            "has shape {:?}, which takes {expected} bytes, and holds more than that: it is damaged; write it again",
            header.shape
        ));
    }
    let shaped = if header.fortran_order { Numbers::shaped_columns_first } else { Numbers::shaped };
    Ok(shaped(numbers, header.shape))
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
