//! Numbers on disk that may vanish at any time.
//!
//! A file holds a magic word, the SHA-256 of everything that decides its content, the numbers, and the SHA-256 of
//! all that precedes. It appears by rename, so that readers see a whole file or none; whatever does not match to
//! the last byte is computed again and replaced. A cache that cannot be written costs time, never the data.

use sha2::{Digest, Sha256};
use std::io::Write;
use std::path::{Path, PathBuf};

const MAGIC: &[u8; 8] = b"semoladc";
const DIGEST: usize = 32;

/// What decides the content of a file.
pub(crate) struct Key {
    name: String,
    digest: [u8; DIGEST],
}

impl Key {
    /// `name` starts the file's name; `inputs` is everything that decides its content.
    pub(crate) fn new(name: &str, inputs: &[u8]) -> Self {
        Self { name: name.into(), digest: Sha256::digest(inputs).into() }
    }

    /// Where the file lies in `directory`.
    pub(crate) fn path(&self, directory: &Path) -> PathBuf {
        let short: String = self.digest[..8].iter().map(|byte| format!("{byte:02x}")).collect();
        directory.join(format!("{}-{short}.bin", self.name))
    }
}

/// The numbers under `key` if they are there, whole and `count` of them.
pub(crate) fn read(directory: &Path, key: &Key, count: usize) -> Option<Vec<f64>> {
    let bytes = std::fs::read(key.path(directory)).ok()?;
    let (content, digest) = bytes.split_last_chunk::<DIGEST>()?;
    let head = MAGIC.len() + DIGEST;
    let sound = content.len() == head + 8 * count
        && content.starts_with(MAGIC)
        && content[MAGIC.len()..head] == key.digest
        && Sha256::digest(content)[..] == digest[..];
    sound.then(|| {
        let (numbers, _) = content[head..].as_chunks::<8>();
        numbers.iter().map(|bytes| f64::from_le_bytes(*bytes)).collect()
    })
}

/// Writes the numbers under `key`, whole or not at all.
///
/// # Errors
/// When the directory or the file cannot be written.
pub(crate) fn write(directory: &Path, key: &Key, numbers: &[f64]) -> std::io::Result<()> {
    let mut content = Vec::with_capacity(MAGIC.len() + 2 * DIGEST + 8 * numbers.len());
    content.extend(MAGIC);
    content.extend(key.digest);
    content.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
    let digest = Sha256::digest(&content);
    content.extend(digest);

    std::fs::create_dir_all(directory)?;
    let mut file = tempfile::NamedTempFile::new_in(directory)?;
    file.write_all(&content)?;
    file.persist(key.path(directory))?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_written_comes_back_to_the_bit_and_nothing_else_lies_around() {
        let directory = tempfile::tempdir().unwrap();
        let key = Key::new("two-body", b"options");
        let numbers = [1.0, -0.0, f64::MIN_POSITIVE, 1e300];
        assert_eq!(read(directory.path(), &key, 4), None);
        write(directory.path(), &key, &numbers).unwrap();
        let found = read(directory.path(), &key, 4).unwrap();
        assert!(found.iter().zip(numbers).all(|(a, b)| a.to_bits() == b.to_bits()));
        assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 1);
        assert_eq!(read(directory.path(), &key, 3), None);
        assert_eq!(read(directory.path(), &Key::new("two-body", b"others"), 4), None);
    }

    #[test]
    fn every_damage_is_noticed() {
        let directory = tempfile::tempdir().unwrap();
        let key = Key::new("two-body", b"options");
        write(directory.path(), &key, &[1.0, 2.0]).unwrap();
        let path = key.path(directory.path());
        let whole = std::fs::read(&path).unwrap();
        for place in 0..whole.len() {
            let mut damaged = whole.clone();
            damaged[place] ^= 1;
            std::fs::write(&path, &damaged).unwrap();
            assert_eq!(read(directory.path(), &key, 2), None, "a bit of byte {place} flipped");
            std::fs::write(&path, &whole[..place]).unwrap();
            assert_eq!(read(directory.path(), &key, 2), None, "cut to {place} bytes");
        }
        std::fs::write(&path, [&whole[..], b"x"].concat()).unwrap();
        assert_eq!(read(directory.path(), &key, 2), None, "a byte too many");
    }
}
