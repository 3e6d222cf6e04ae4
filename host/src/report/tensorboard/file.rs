//! The event file: whole records, each with its masked CRC-32C, one write a record.
//!
//! A record is its length (8 bytes, little-endian), the length's checksum, the bytes, and theirs (the TFRecord format). The
//! file opens with its version and the start of a session at step 0: a TensorBoard that was looking on when the run was
//! resumed drops what it had and reads the file, under a later name, again.

use super::message::{Event, SessionLog, What};
use prost::Message;
use std::fs::File;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

/// With the seconds since 1970 behind it, by which TensorBoard tells earlier files from later ones.
const PREFIX: &str = "events.out.tfevents.";
const VERSION: &str = "brain.Event:2";
const START: i32 = 1;

/// Appends events.
#[derive(Debug)]
pub(super) struct EventFile {
    path: PathBuf,
    file: File,
    /// Bytes of whole records.
    length: u64,
}

impl EventFile {
    /// Goes on with the newest event file of a directory after its first so many bytes, under a new name, or starts one
    /// where there is none as long as that.
    ///
    /// # Errors
    /// The directory or the file can't be written.
    pub(super) fn go_on(directory: &Path, bytes: u64) -> io::Result<Self> {
        std::fs::create_dir_all(directory)?;
        let mut earlier = files(directory)?;
        let newest = earlier.pop();
        let after = newest.as_ref().map_or(0, |(second, _)| second + 1);
        let path = directory.join(format!("{PREFIX}{:010}.semola", now().as_secs().max(after)));
        let kept = newest
            .filter(|(_, path)| bytes > 0 && std::fs::metadata(path).is_ok_and(|file| file.len() >= bytes));
        match &kept {
            Some((_, newest)) => {
                File::options().write(true).open(newest)?.set_len(bytes)?;
                std::fs::rename(newest, &path)?;
            }
            None => drop(File::create(&path)?),
        }
        for (_, other) in files(directory)?.into_iter().filter(|(_, other)| *other != path) {
            std::fs::remove_file(other)?;
        }
        let file = File::options().append(true).open(&path)?;
        let mut log = Self { path, file, length: if kept.is_some() { bytes } else { 0 } };
        if log.length == 0 {
            log.append(0, What::FileVersion(VERSION.into()))?;
            log.append(0, What::SessionLog(SessionLog { status: START }))?;
        }
        Ok(log)
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    pub(super) fn length(&self) -> u64 {
        self.length
    }

    /// Writes one event, whole or not at all.
    ///
    /// # Errors
    /// The disk is full, or the file can't be written for another reason.
    pub(super) fn append(&mut self, step: u64, what: What) -> io::Result<()> {
        let step = i64::try_from(step).unwrap_or(i64::MAX);
        let event = Event { wall_time: now().as_secs_f64(), step, what: Some(what) };
        let record = record(&event.encode_to_vec());
        if let Err(error) = self.file.write_all(&record) {
            // On a full disk a part of it may be there; if it cannot be taken away, readers take it for a run at work.
            let _ = self.file.set_len(self.length);
            return Err(error);
        }
        self.length += record.len() as u64;
        Ok(())
    }
}

fn now() -> std::time::Duration {
    // A clock before 1970 is none.
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default()
}

/// The event files of a directory with their seconds, ascending.
fn files(directory: &Path) -> io::Result<Vec<(u64, PathBuf)>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory)? {
        let path = entry?.path();
        let name = path.file_name().and_then(|name| name.to_str()).unwrap_or_default();
        if let Some(rest) = name.strip_prefix(PREFIX) {
            let second = rest.split('.').next().and_then(|second| second.parse().ok()).unwrap_or(0);
            found.push((second, path));
        }
    }
    found.sort();
    Ok(found)
}

fn record(bytes: &[u8]) -> Vec<u8> {
    let length = (bytes.len() as u64).to_le_bytes();
    [&length, &masked_crc(&length)[..], bytes, &masked_crc(bytes)].concat()
}

/// A CRC-32C, turned and shifted so that checksums of what holds checksums are no trouble.
fn masked_crc(bytes: &[u8]) -> [u8; 4] {
    crc32c::crc32c(bytes).rotate_right(15).wrapping_add(0xa282_ead8).to_le_bytes()
}

#[cfg(test)]
mod tests {
    use super::super::message::{Datum, Summary, Value};
    use super::*;

    fn scalar(value: f32) -> What {
        What::Summary(Summary {
            value: vec![Value { tag: "loss".into(), datum: Some(Datum::Scalar(value)) }],
        })
    }

    fn only(directory: &Path) -> Vec<u8> {
        let files = files(directory).expect("readable");
        assert_eq!(files.len(), 1, "{files:?}");
        std::fs::read(&files[0].1).expect("readable")
    }

    #[test]
    fn checksums_are_those_of_tensorflow() {
        // How every event file of TensorFlow's own begins: `18 00 00 00 00 00 00 00 a3 7f 4b 22`.
        assert_eq!(masked_crc(&24_u64.to_le_bytes()), [0xa3, 0x7f, 0x4b, 0x22]);
        // RFC 3720, B.4: 32 bytes of zeros.
        assert_eq!(crc32c::crc32c(&[0; 32]), 0x8a91_36aa);
    }

    #[test]
    fn going_on_keeps_what_was_there_at_the_mark_under_a_later_name() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let directory = root.path().join("tensorboard");
        let mut log = EventFile::go_on(&directory, 0).expect("writable");
        log.append(1, scalar(0.5)).expect("writable");
        let (mark, before, first) = (log.length(), only(&directory), log.path().to_owned());
        assert_eq!(before.len() as u64, mark);
        log.append(2, scalar(0.25)).expect("writable");
        drop(log);

        let log = EventFile::go_on(&directory, mark).expect("writable");
        assert_eq!(only(&directory), before);
        assert!(log.path() > first.as_path(), "{} is later", log.path().display());
        assert_eq!(log.length(), mark);
        // What is shorter than the checkpoint says is no file of this run's.
        let log = EventFile::go_on(&directory, mark + 1).expect("writable");
        assert!(log.length() > 0 && log.length() < mark);
        assert_eq!(only(&directory).len() as u64, log.length());
    }
}
