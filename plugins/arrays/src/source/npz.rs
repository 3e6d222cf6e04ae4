//! Several arrays in a zip archive, as `numpy.savez` and `numpy.savez_compressed` write them.

use super::{error, npy};
use crate::array::Array;
use npyz::npz::{NpzArchive, file_name_from_array_name};
use semola_plugin_api::Result;
use std::io::{BufReader, Read, Seek};
use std::path::Path;

/// A file, or bytes in memory.
trait Medium: Read + Seek + Send {}
impl<T: Read + Seek + Send> Medium for T {}

/// An open archive.
pub(super) struct Npz(NpzArchive<Box<dyn Medium>>);

impl Npz {
    /// Reads the list of arrays.
    pub(super) fn open(medium: impl Read + Seek + Send + 'static, path: &Path) -> Result<Self> {
        let archive = NpzArchive::new(Box::new(medium) as Box<dyn Medium>).map_err(|cause| {
            error(
                path,
                format_args!("is no zip archive, or truncated: {cause}; write it again with numpy.savez"),
            )
        })?;
        Ok(Self(archive))
    }

    pub(super) fn names(&self) -> Vec<String> {
        self.0.array_names().map(str::to_owned).collect()
    }

    /// An array, or nothing when there is none of the name.
    pub(super) fn array(&mut self, name: &str, path: &Path) -> Result<Option<Array>> {
        if !self.0.array_names().any(|known| known == name) {
            return Ok(None);
        }
        let about = |what: String| error(path, format_args!("array `{name}` {what}"));
        let file = self.0.zip_archive().by_name(&file_name_from_array_name(name));
        let file = file
            .map_err(|cause| about(format!("cannot be taken out of the archive: {cause}; write it again")))?;
        npy::parse(BufReader::new(file)).map(Some).map_err(about)
    }
}
