//! Triangle meshes in files: Wavefront OBJ, PLY, OFF and STL.
//!
//! Each format is a function from bytes to a mesh or the end of a sentence about the file, with the line or record in it;
//! none panics on any bytes. [`read`] opens the file and checks what all have in common: finite coordinates, indices
//! that exist, an area to scatter points on. Polygons are cut into fans; normals, colours and textures are passed over.

mod obj;
mod off;
mod ply;
mod stl;
mod text;

use nalgebra::Vector3;
use semola_plugin_api::{Error, Result};
use std::fs;
use std::path::Path;

/// Ends of names of files that are read.
pub(crate) const ENDINGS: [&str; 4] = ["obj", "ply", "off", "stl"];

/// Largest file that is read (1 GiB): above, it is no mesh to take a few hundred points of.
const LARGEST: u64 = 1 << 30;

/// Corners and triangles.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Mesh {
    /// Positions, in the file's unit.
    pub(crate) corners: Vec<[f64; 3]>,
    /// Indices into `corners`.
    pub(crate) triangles: Vec<[usize; 3]>,
}

impl Mesh {
    /// Adds a polygon as a fan of triangles.
    fn polygon(&mut self, corners: &[usize]) {
        for pair in corners.windows(2).skip(1) {
            self.triangles.push([corners[0], pair[0], pair[1]]);
        }
    }

    /// Positions of a triangle's corners.
    pub(crate) fn triangle(&self, index: usize) -> [Vector3<f64>; 3] {
        self.triangles[index].map(|corner| Vector3::from(self.corners[corner]))
    }

    /// Area of a triangle.
    pub(crate) fn area(&self, index: usize) -> f64 {
        let [a, b, c] = self.triangle(index);
        (b - a).cross(&(c - a)).norm() / 2.0
    }

    fn check(self) -> Result<Self, String> {
        if self.triangles.is_empty() {
            return Err(format!(
                "holds {} corners and no face, expected a surface: at least one triangle",
                self.corners.len()
            ));
        }
        let far = |corner: &[f64; 3]| corner.iter().any(|x| x.is_nan() || x.abs() >= 1e15);
        if let Some(index) = self.corners.iter().position(far) {
            return Err(format!(
                "has the coordinates {:?} at corner {index} (counted from 0), expected finite numbers below 1e15",
                self.corners[index]
            ));
        }
        let missing = |triangle: &[usize; 3]| triangle.iter().any(|&corner| corner >= self.corners.len());
        if let Some(index) = self.triangles.iter().position(missing) {
            return Err(format!(
                "has a face of the corners {:?} (triangle {index}, counted from 0), expected numbers below {}",
                self.triangles[index],
                self.corners.len()
            ));
        }
        let area: f64 = (0..self.triangles.len()).map(|index| self.area(index)).sum();
        if !(area > 0.0 && area.is_finite()) {
            return Err(format!("has a surface of area {area}, expected one above 0"));
        }
        Ok(self)
    }
}

/// Whether a file's name says that it is a mesh.
pub(crate) fn ending(path: &Path) -> Option<&'static str> {
    let found = path.extension()?.to_str()?.to_ascii_lowercase();
    ENDINGS.into_iter().find(|ending| *ending == found)
}

/// Reads a mesh; the end of the name says how.
///
/// # Errors
/// One sentence with file and line or record.
pub(crate) fn read(path: &Path) -> Result<Mesh> {
    let error = |what: String| Error::new(format!("{}: {what}", path.display()));
    let size = fs::metadata(path).map_err(|cause| error(format!("cannot be read: {cause}")))?.len();
    if size > LARGEST {
        return Err(error(format!("is {size} bytes long, expected at most {LARGEST}; simplify the mesh")));
    }
    let bytes = fs::read(path).map_err(|cause| error(format!("cannot be read: {cause}")))?;
    parse(ending(path).unwrap_or_default(), &bytes).map_err(error)
}

/// A mesh of bytes in the format that files of this ending have.
fn parse(ending: &str, bytes: &[u8]) -> Result<Mesh, String> {
    if bytes.is_empty() {
        return Err("is empty, expected a mesh".into());
    }
    let mesh = match ending {
        "obj" => obj::parse(bytes),
        "ply" => ply::parse(bytes),
        "off" => off::parse(bytes),
        "stl" => stl::parse(bytes),
        _ => Err(format!("is no mesh by its name, expected one that ends in {}", ENDINGS.join(", "))),
    }?;
    mesh.check()
}

#[cfg(test)]
mod tests;
