//! `orbits.json`: a few samples of the data, moved along each generator, for the report to draw.
//!
//! Values are in the data's own units, rounded to four digits: enough for a picture, and small. Every generator is an
//! element of the basis made for reading, so that its picture goes with the matrix that people see. Files of another
//! [`SCHEMA`] are left alone.

use super::run_directory::write_atomic;
use semola_plugin_api::Representation;
use serde::{Deserialize, Serialize};
use std::io;
use std::path::Path;

/// The file's name in a run directory.
pub const FILE: &str = "orbits.json";
/// Version of the file's schema.
pub const SCHEMA: u32 = 1;

/// Samples of the data and their orbits.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Orbits {
    /// [`SCHEMA`].
    pub schema: u32,
    /// Fields that stay: masks, kinds of atoms, charges.
    pub still: Vec<StillField>,
    /// One orbit for each generator.
    pub orbits: Vec<Orbit>,
}

/// Which field some numbers belong to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct OrbitField {
    /// Its name in the data set.
    pub name: String,
    /// How it transforms.
    pub representation: Representation,
    /// Shape of one sample as kept here: large images are made smaller, long clouds of points cut off.
    pub shape: Vec<usize>,
    /// Name of the field that marks its valid entries.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mask: Option<String>,
}

/// A field that no generator moves.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct StillField {
    /// Which.
    pub field: OrbitField,
    /// `[samples][numbers]`, the numbers of a sample in row-major order.
    pub samples: Vec<Vec<f64>>,
}

/// Samples moved along one generator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Orbit {
    /// Whether the generator is exact; else it holds approximately.
    pub exact: bool,
    /// Its number among those of its kind, from 0.
    pub index: usize,
    /// `n × n`, row by row.
    pub matrix: Vec<Vec<f64>>,
    /// Each field that moves.
    pub moved: Vec<MovedField>,
}

/// A field on its way along a generator.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct MovedField {
    /// Which.
    pub field: OrbitField,
    /// Coefficients of the generator, ascending, 0 in the middle.
    pub t: Vec<f64>,
    /// `[t][samples][numbers]`: the field under `exp(t L)`.
    pub values: Vec<Vec<Vec<f64>>>,
}

impl Orbits {
    /// Writes the file into a run directory.
    ///
    /// # Errors
    /// As [`write_atomic`].
    pub fn write(&self, run: &Path) -> io::Result<()> {
        let mut text = serde_json::to_string(self)?;
        text.push('\n');
        write_atomic(&run.join(FILE), text.as_bytes())
    }

    /// Reads the file of a run directory; nothing where there is none, or one of another schema.
    ///
    /// # Errors
    /// It can't be read, or is no such file.
    pub fn read(run: &Path) -> io::Result<Option<Self>> {
        #[derive(Deserialize)]
        struct Version {
            schema: u32,
        }
        let text = match std::fs::read_to_string(run.join(FILE)) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            text => text?,
        };
        let version: Version = serde_json::from_str(&text)?;
        if version.schema != SCHEMA { Ok(None) } else { Ok(Some(serde_json::from_str(&text)?)) }
    }

    /// The still field of that name, if it was kept.
    pub fn still(&self, name: &str) -> Option<&StillField> {
        self.still.iter().find(|still| still.field.name == name)
    }
}

/// Rounded to four significant digits: a tenth of what a pixel shows.
pub fn rounded(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn four_digits_are_kept() {
        assert_eq!(rounded(1234.567), 1235.0);
        assert_eq!(rounded(-0.000_123_456), -0.000_123_5);
        assert_eq!(rounded(0.0), 0.0);
        assert!(rounded(f64::NAN).is_nan());
    }

    #[test]
    fn a_file_is_read_as_it_was_written_and_other_schemas_are_left_alone() {
        let run = tempfile::tempdir().expect("a temporary directory");
        assert_eq!(Orbits::read(run.path()).expect("no file"), None);
        let orbits = Orbits { schema: SCHEMA, still: Vec::new(), orbits: Vec::new() };
        orbits.write(run.path()).expect("writable");
        assert_eq!(Orbits::read(run.path()).expect("readable"), Some(orbits));
        std::fs::write(run.path().join(FILE), r#"{"schema":2,"paths":[]}"#).expect("writable");
        assert_eq!(Orbits::read(run.path()).expect("another schema"), None);
        std::fs::write(run.path().join(FILE), "{").expect("writable");
        Orbits::read(run.path()).expect_err("half a file");
    }
}
