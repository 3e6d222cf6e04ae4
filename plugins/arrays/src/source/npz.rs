//! Several arrays in a zip archive, as `numpy.savez` and `numpy.savez_compressed` write them.

use super::{error, npy};
use crate::array::{Array, Number};
use semola_plugin_api::Result;
use std::io::{BufReader, Read, Seek};
use std::path::Path;
use zip::ZipArchive;

/// What the file of an array is called in the archive, after the array's name.
const ENDING: &str = ".npy";

/// A file, or bytes in memory.
trait Medium: Read + Seek + Send {}
impl<T: Read + Seek + Send> Medium for T {}

/// An open archive.
pub(super) struct Npz(ZipArchive<Box<dyn Medium>>);

impl Npz {
    /// Reads the list of arrays.
    pub(super) fn open(medium: impl Read + Seek + Send + 'static, path: &Path) -> Result<Self> {
        let archive = ZipArchive::new(Box::new(medium) as Box<dyn Medium>).map_err(|cause| {
            error(
                path,
                format_args!("is no zip archive, or truncated: {cause}; write it again with numpy.savez"),
            )
        })?;
        Ok(Self(archive))
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.0.file_names().filter_map(|file| file.strip_suffix(ENDING)).map(str::to_owned).collect()
    }

    /// An array, or nothing when there is none of the name.
    pub(super) fn array<T: Number>(&mut self, name: &str, path: &Path) -> Result<Option<Array<T>>> {
        let file = format!("{name}{ENDING}");
        if !self.0.file_names().any(|known| known == file) {
            return Ok(None);
        }
        let about = |what: String| error(path, format_args!("array `{name}` {what}"));
        let file = self.0.by_name(&file);
        let file = file
            .map_err(|cause| about(format!("cannot be taken out of the archive: {cause}; write it again")))?;
        npy::parse(BufReader::new(file)).map(Some).map_err(about)
    }
}
