//! PLY, text and binary, through the crate `ply-rs-bw`: element `vertex` with `x`, `y`, `z`, element `face` with a list.

use super::Mesh;
use ply_rs_bw::parser::{Parser, Reader};
use ply_rs_bw::ply::{DefaultElement, Property};

/// Names that programs give to the list of a face's corners.
const LISTS: [&str; 2] = ["vertex_indices", "vertex_index"];

pub(super) fn parse(bytes: &[u8]) -> Result<Mesh, String> {
    let parser = Parser::<DefaultElement>::new();
    let mut reader = Reader::new(bytes);
    let refused = |cause: ply_rs_bw::parser::ParseError| {
        // The crate's message goes over several lines; the first says what, the others quote the line.
        let text = cause.to_string().replace(['\n', '\t'], " ");
        let text: String = text.chars().take(300).collect();
        format!("is no PLY, or damaged: {text}")
    };
    let header = parser.read_header(&mut reader).map_err(refused)?;
    // An element takes a byte at least (a line in text): more of them than bytes would only fill the memory.
    if let Some((name, element)) = header.elements.iter().find(|(_, element)| element.count > bytes.len()) {
        return Err(format!(
            "announces {} of `{name}` in its header, expected no more than its {} bytes: it is truncated",
            element.count,
            bytes.len()
        ));
    }
    let payload = parser.read_payload(&mut reader, &header).map_err(refused)?;
    let elements = |name: &str| payload.get(name).map(Vec::as_slice);
    let Some(vertices) = elements("vertex") else {
        return Err("has no element `vertex`, expected corners of a surface".into());
    };
    let mut mesh = Mesh::default();
    for (record, vertex) in vertices.iter().enumerate() {
        let coordinate = |name: &str| {
            let number = vertex.get(name).and_then(number);
            number.ok_or_else(|| format!("has no number `{name}` in vertex {record}, counted from 0"))
        };
        let corner = [coordinate("x")?, coordinate("y")?, coordinate("z")?];
        if corner.iter().any(|x| !x.is_finite()) {
            return Err(format!(
                "has {corner:?} in vertex {record} (counted from 0), expected finite numbers"
            ));
        }
        mesh.corners.push(corner);
    }
    for (record, face) in elements("face").unwrap_or_default().iter().enumerate() {
        let list = LISTS.iter().find_map(|name| face.get(*name)).and_then(integers);
        let Some(list) = list else {
            return Err(format!(
                "has no list {} in face {record} (counted from 0), expected the face's corners",
                LISTS.join(" or ")
            ));
        };
        let corner = |index: i64| match usize::try_from(index) {
            Ok(corner) if corner < mesh.corners.len() => Ok(corner),
            _ => Err(format!(
                "has the corner {index} in face {record} (counted from 0), expected one of its {} vertices, from 0",
                mesh.corners.len()
            )),
        };
        let polygon = list.into_iter().map(corner).collect::<Result<Vec<usize>, String>>()?;
        mesh.polygon(&polygon);
    }
    Ok(mesh)
}

fn number(property: &Property) -> Option<f64> {
    Some(match property {
        Property::Char(number) => f64::from(*number),
        Property::UChar(number) => f64::from(*number),
        Property::Short(number) => f64::from(*number),
        Property::UShort(number) => f64::from(*number),
        Property::Int(number) => f64::from(*number),
        Property::UInt(number) => f64::from(*number),
        Property::Float(number) => f64::from(*number),
        Property::Double(number) => *number,
        _ => return None,
    })
}

fn integers(property: &Property) -> Option<Vec<i64>> {
    fn wide<T: Copy + Into<i64>>(list: &[T]) -> Vec<i64> {
        list.iter().map(|&index| index.into()).collect()
    }
    Some(match property {
        Property::ListChar(list) => wide(list),
        Property::ListUChar(list) => wide(list),
        Property::ListShort(list) => wide(list),
        Property::ListUShort(list) => wide(list),
        Property::ListInt(list) => wide(list),
        Property::ListUInt(list) => wide(list),
        _ => return None,
    })
}
