//! STL, text and binary, through the crate `stl_io`: triangles without shared corners.

use super::Mesh;
use std::io::Cursor;

/// Before the triangles of a binary file: 80 bytes of anything, then their number.
const HEADER: usize = 84;
/// Of a triangle in a binary file.
const RECORD: usize = 50;

pub(super) fn parse(bytes: &[u8]) -> Result<Mesh, String> {
    let mut bytes = bytes.to_vec();
    // Many binary files begin with the word that marks text. Their length tells them apart.
    if let Some(count) =
        bytes.get(80..HEADER).map(|count| u32::from_le_bytes([count[0], count[1], count[2], count[3]]))
        && bytes.len() as u64 == HEADER as u64 + RECORD as u64 * u64::from(count)
    {
        bytes[0] = 0;
    }
    let mut cursor = Cursor::new(bytes);
    let triangles = stl_io::create_stl_reader(&mut cursor)
        .map_err(|cause| format!("is no STL, or truncated in its header: {cause}"))?;
    let mut mesh = Mesh::default();
    for (record, triangle) in triangles.enumerate() {
        let triangle =
            triangle.map_err(|cause| format!("is damaged at triangle {record}, counted from 0: {cause}"))?;
        for vertex in triangle.vertices {
            if vertex.0.iter().any(|x| !x.is_finite()) {
                return Err(format!(
                    "has a corner {:?} in triangle {record} (counted from 0), expected finite numbers",
                    vertex.0
                ));
            }
            mesh.corners.push(vertex.0.map(f64::from));
        }
        let first = mesh.corners.len() - 3;
        mesh.triangles.push([first, first + 1, first + 2]);
    }
    Ok(mesh)
}
