//! What the columns of a parquet file may be: numbers, lists of numbers, texts; or why one is not read.

use parquet::basic::{ConvertedType, LogicalType, Repetition, Type as Physical};
use parquet::schema::types::Type;

/// A column that is read.
#[derive(Clone, Copy)]
pub(super) struct Content {
    /// Its place among the columns that the file stores.
    pub(super) leaf: usize,
    pub(super) element: Element,
    pub(super) list: bool,
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Element {
    /// Booleans and integers of any width.
    Signed,
    Unsigned,
    Float,
    /// Half a float's width, stored as two bytes.
    Half,
    Text,
}

/// What a column of the schema holds, or the end of a sentence that says why it is not read.
pub(super) fn content(field: &Type, leaf: usize) -> Result<Content, String> {
    let (value, list) = if field.is_primitive() {
        (field, repeated(field))
    } else if is_list(field) {
        // Three levels: the list, its repeated entries, the value. Old writers leave out the last.
        let entry = match field.get_fields() {
            [entry] if repeated(entry) => &**entry,
            _ => return Err(grouped(field)),
        };
        match entry {
            Type::PrimitiveType { .. } => (entry, true),
            Type::GroupType { fields, .. } => match &fields[..] {
                [value] if value.is_primitive() && !repeated(value) => (&**value, true),
                [value] if is_list(value) || repeated(value) => {
                    return Err(
                        "holds lists of lists, expected numbers or lists of them; make one list of each row, and give \
                         its `shape` in the spec"
                            .into(),
                    );
                }
                _ => return Err(grouped(field)),
            },
        }
    } else {
        return Err(grouped(field));
    };
    element(value).map(|element| Content { leaf, element, list })
}

/// The end of a sentence about a column of columns.
fn grouped(field: &Type) -> String {
    let kind = match field.get_basic_info().converted_type() {
        ConvertedType::MAP | ConvertedType::MAP_KEY_VALUE => "maps",
        ConvertedType::LIST => "lists of structs",
        _ => "structs",
    };
    format!("holds {kind}, expected numbers or lists of them; make each member a column of its own")
}

fn repeated(field: &Type) -> bool {
    let info = field.get_basic_info();
    info.has_repetition() && info.repetition() == Repetition::REPEATED
}

fn is_list(field: &Type) -> bool {
    let info = field.get_basic_info();
    field.is_group()
        && (info.converted_type() == ConvertedType::LIST
            || matches!(info.logical_type_ref(), Some(LogicalType::List)))
}

/// The columns that the file stores for a column of the schema.
pub(super) fn leaves(field: &Type) -> usize {
    match field {
        Type::PrimitiveType { .. } => 1,
        Type::GroupType { fields, .. } => fields.iter().map(|field| leaves(field)).sum(),
    }
}

/// How a value is stored, or the end of a sentence that says why it is not read.
fn element(value: &Type) -> Result<Element, String> {
    let info = value.get_basic_info();
    let refused =
        |what: &str, remedy: &str| Err(format!("holds {what}, expected numbers or lists of them; {remedy}"));
    let converted = info.converted_type();
    match info.logical_type_ref() {
        Some(LogicalType::Decimal(_)) => return refused("decimals", "cast it to float64"),
        Some(LogicalType::Date | LogicalType::Time(_) | LogicalType::Timestamp(_)) => {
            return refused("dates or times", "convert it to seconds, a float");
        }
        Some(LogicalType::Float16) => return Ok(Element::Half),
        Some(LogicalType::Unknown) => return refused("nothing but nulls", "leave it out of the spec"),
        _ => {}
    }
    match (value.get_physical_type(), converted) {
        (_, ConvertedType::DECIMAL) => refused("decimals", "cast it to float64"),
        (Physical::INT96, _)
        | (
            _,
            ConvertedType::DATE
            | ConvertedType::TIME_MILLIS
            | ConvertedType::TIME_MICROS
            | ConvertedType::TIMESTAMP_MILLIS
            | ConvertedType::TIMESTAMP_MICROS
            | ConvertedType::INTERVAL,
        ) => refused("dates or times", "convert it to seconds, a float"),
        (Physical::INT32 | Physical::INT64, _) => {
            let unsigned = match info.logical_type_ref() {
                Some(LogicalType::Integer(kind)) => !kind.is_signed,
                _ => matches!(
                    converted,
                    ConvertedType::UINT_8
                        | ConvertedType::UINT_16
                        | ConvertedType::UINT_32
                        | ConvertedType::UINT_64
                ),
            };
            Ok(if unsigned { Element::Unsigned } else { Element::Signed })
        }
        (Physical::BOOLEAN, _) => Ok(Element::Signed),
        (Physical::FLOAT | Physical::DOUBLE, _) => Ok(Element::Float),
        (Physical::BYTE_ARRAY, _) => Ok(Element::Text),
        (Physical::FIXED_LEN_BYTE_ARRAY, _) => refused("raw bytes", "convert it to float32"),
    }
}
