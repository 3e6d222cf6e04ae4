//! The file: a zip archive of TorchScript source, the pickled module and its tensors.
//!
//! [`Archive`] owns the bytes, recognises the files that people take for TorchScript, and gives source out and takes
//! changed source in. What the source means is `source`'s business; tensors are libtorch's. Whatever the bytes are,
//! the outcome is an archive or a clause about them, never a panic.

use std::io::{Cursor, Read, Write};
use zip::write::FileOptions;
use zip::{CompressionMethod, ZipArchive, ZipWriter};

/// Source larger than this is no source: deflate turns a thousand zeros into one byte.
const LONGEST_TEXT: u64 = 64 << 20;

/// A `.pt` file that holds a TorchScript module.
#[derive(Debug)]
pub(crate) struct Archive {
    zip: ZipArchive<Cursor<Vec<u8>>>,
    /// The folder that all entries lie in.
    folder: String,
}

impl Archive {
    /// Opens it and sees that it is TorchScript.
    ///
    /// # Errors
    /// What the bytes are instead, and what to do: the end of a sentence that begins with the file's name.
    pub(crate) fn open(bytes: Vec<u8>) -> Result<Self, String> {
        const SAVE: &str = "save the module with torch.jit.script(module).save(\"model.pt\")";
        if bytes.is_empty() {
            return Err(format!("is empty; {SAVE}"));
        }
        let is_zip = bytes.starts_with(b"PK\x03\x04");
        let is_pickle = bytes.first() == Some(&0x80);
        let zip = ZipArchive::new(Cursor::new(bytes)).map_err(|error| {
            if is_zip {
                format!("is damaged or cut off ({error}); save or copy it again")
            } else if is_pickle {
                format!("is a Python pickle, not TorchScript; {SAVE}")
            } else {
                format!("is no TorchScript file, which is a zip archive; {SAVE}")
            }
        })?;
        // The module is the pickle of this name that lies least deep.
        let pickle = zip.file_names().filter(|name| *name == "data.pkl" || name.ends_with("/data.pkl"));
        let Some(pickle) = pickle.min_by_key(|name| name.len()) else {
            return Err(format!("is a zip archive without a TorchScript module in it; {SAVE}"));
        };
        let folder = pickle.trim_end_matches("data.pkl").to_owned();
        let has = |entry: &str| {
            zip.file_names()
                .any(|name| name.strip_prefix(&folder).is_some_and(|rest| rest.starts_with(entry)))
        };
        if !has("code/") || !has("constants.pkl") {
            return Err(format!(
                "was written by torch.save: it holds values (a state_dict, say) and no code to run them; {SAVE}"
            ));
        }
        Ok(Self { zip, folder })
    }

    /// Names of the files of source, "code/__torch__.py" and so on, in order.
    pub(crate) fn sources(&self) -> Vec<String> {
        let names = self.zip.file_names().filter_map(|name| name.strip_prefix(&self.folder));
        let mut names: Vec<String> = names
            .filter(|name| name.starts_with("code/") && name.ends_with(".py"))
            .map(str::to_owned)
            .collect();
        names.sort_unstable();
        names
    }

    /// The text of a file of source.
    ///
    /// # Errors
    /// It is damaged.
    pub(crate) fn source(&mut self, name: &str) -> Result<String, String> {
        String::from_utf8(self.read(name)?).map_err(|_| damaged(name, "it is not UTF-8"))
    }

    /// The class of the module that the archive holds, "__torch__.Net": the first thing in its pickle.
    ///
    /// # Errors
    /// The pickle is damaged, or begins with something else.
    pub(crate) fn root(&mut self) -> Result<String, String> {
        let pickle = self.read("data.pkl")?;
        // Protocol 2, then GLOBAL with module and name on a line each.
        let text = pickle.strip_prefix(b"\x80\x02c").unwrap_or_default();
        let mut lines =
            text.split(|byte| *byte == b'\n').map(|line| std::str::from_utf8(line).unwrap_or_default());
        match (lines.next(), lines.next(), lines.next()) {
            (Some(module), Some(name), Some(_)) if module.starts_with("__torch__") && !name.is_empty() => {
                Ok(format!("{module}.{name}"))
            }
            _ => Err(damaged("data.pkl", "it does not begin with a module")),
        }
    }

    /// The bytes of an archive in which one file of source has another text.
    ///
    /// # Errors
    /// An entry is damaged.
    pub(crate) fn with_source(mut self, name: &str, text: &str) -> Result<Vec<u8>, String> {
        let replaced = format!("{}{name}", self.folder);
        let mut writer = ZipWriter::new(Cursor::new(Vec::new()));
        for index in 0..self.zip.len() {
            let entry = self.zip.by_index_raw(index).map_err(|error| damaged("an entry", error))?;
            if entry.name() == replaced {
                let options = FileOptions::default().compression_method(CompressionMethod::Stored);
                writer.start_file(&replaced, options).map_err(|error| damaged(name, error))?;
                writer.write_all(text.as_bytes()).map_err(|error| damaged(name, error))?;
            } else {
                writer.raw_copy_file(entry).map_err(|error| damaged("an entry", error))?;
            }
        }
        Ok(writer.finish().map_err(|error| damaged("an entry", error))?.into_inner())
    }

    fn read(&mut self, name: &str) -> Result<Vec<u8>, String> {
        let entry =
            self.zip.by_name(&format!("{}{name}", self.folder)).map_err(|error| damaged(name, error))?;
        let mut bytes = Vec::new();
        entry.take(LONGEST_TEXT + 1).read_to_end(&mut bytes).map_err(|error| damaged(name, error))?;
        if bytes.len() as u64 > LONGEST_TEXT {
            return Err(damaged(name, "it is longer than 64 MiB"));
        }
        Ok(bytes)
    }
}

fn damaged(entry: &str, reason: impl std::fmt::Display) -> String {
    format!("is damaged: {entry} in it cannot be read ({reason}); save or copy it again")
}

#[cfg(test)]
mod tests;
