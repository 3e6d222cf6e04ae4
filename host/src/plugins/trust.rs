//! Whom the user trusts: which plugin files may be loaded.
//!
//! A plugin runs with the user's rights, so the policy belongs to the user and not to an experiment: it is read from
//! `$XDG_CONFIG_HOME/semola/plugins.toml`.
//!
//! ```toml
//! trust = "signed"       # any (the default), pinned or signed
//! keys = ["RWQf6LRC…"]   # minisign public keys
//! pins = ["9f86d081…"]   # sha256 of files that may be loaded without a signature
//! ```
//!
//! A signature is the file that `minisign -S` writes beside the plugin, `libmine.so.minisig`. One of a key that is listed
//! and that does not fit the file is a refusal under every policy: the file was changed.

use super::loader::LoadError;
use super::manifest::PluginFile;
use minisign_verify::{PublicKey, Signature};
use serde::{Deserialize, Serialize};
use std::path::{Path, PathBuf};

/// What a file needs in order to be loaded.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Trust {
    /// Nothing.
    #[default]
    Any,
    /// Its sha256 is listed.
    Pinned,
    /// A signature of a listed key, or its sha256 is listed.
    Signed,
}

/// The user's policy.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Policy {
    /// What a file needs.
    pub trust: Trust,
    /// minisign public keys, as in the second line of a `.pub` file.
    pub keys: Vec<String>,
    /// sha256 of files, hexadecimal.
    pub pins: Vec<String>,
    /// Where it was read from.
    #[serde(skip)]
    source: PathBuf,
}

/// What is beside a plugin file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Signed {
    /// No signature.
    No,
    /// One of a key that is not listed, which proves nothing.
    Unknown,
    /// One of a listed key, and it fits the file.
    Valid,
    /// One of a listed key that does not fit, or no signature at all in a file of that name.
    Invalid(String),
}

impl Signed {
    /// "unsigned", "signed by a key that is not listed", "signed", "badly signed".
    pub fn name(&self) -> &'static str {
        match self {
            Self::No => "unsigned",
            Self::Unknown => "signed by a key that is not listed",
            Self::Valid => "signed",
            Self::Invalid(_) => "badly signed",
        }
    }
}

impl Policy {
    /// Reads the policy; a file that is not there trusts any plugin.
    ///
    /// # Errors
    /// The file can't be read, or is no policy: a sentence.
    pub fn read(path: &Path) -> Result<Self, String> {
        let shown = path.display();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(Self::default()),
            Err(error) => return Err(format!("cannot read whom to trust from {shown}: {error}")),
        };
        let policy: Self = toml::from_str(&text).map_err(|error| {
            let message = error.message().lines().next().unwrap_or_default().to_owned();
            format!("{shown} does not say whom to trust: {message}; expected trust, keys and pins")
        })?;
        for key in &policy.keys {
            PublicKey::from_base64(key).map_err(|_| {
                format!(
                    "{shown}: \"{key}\" is no minisign public key, expected the second line of a .pub file"
                )
            })?;
        }
        let hash = |pin: &&String| pin.len() != 64 || !pin.bytes().all(|byte| byte.is_ascii_hexdigit());
        if let Some(pin) = policy.pins.iter().find(hash) {
            return Err(format!("{shown}: \"{pin}\" is no sha256, expected 64 hexadecimal digits"));
        }
        Ok(Self { source: path.to_owned(), ..policy })
    }

    /// What stands beside the file.
    pub fn signature(&self, file: &PluginFile) -> Signed {
        let Ok(text) = std::fs::read_to_string(signature_of(&file.path)) else {
            return Signed::No;
        };
        let signature = match Signature::decode(&text) {
            Ok(signature) => signature,
            Err(error) => return Signed::Invalid(format!("its signature cannot be read ({error})")),
        };
        // What was signed is what the manifest was read from: read the bytes once more and compare.
        let bytes = match std::fs::read(&file.path) {
            Ok(bytes) => bytes,
            Err(error) => return Signed::Invalid(format!("it cannot be read ({error})")),
        };
        let mut keys = self.keys.iter().filter_map(|key| PublicKey::from_base64(key).ok());
        let known = keys.find_map(|key| match key.verify(&bytes, &signature, false) {
            Err(minisign_verify::Error::UnexpectedKeyId) => None,
            outcome => Some(outcome),
        });
        match known {
            None => Signed::Unknown,
            Some(Ok(())) => Signed::Valid,
            Some(Err(_)) => Signed::Invalid(
                "its signature does not fit it: the file was changed after it was signed".into(),
            ),
        }
    }

    /// Lets a file pass that the user trusts.
    ///
    /// # Errors
    /// It is not trusted, or its signature is wrong.
    pub fn admit(&self, file: &PluginFile) -> Result<(), LoadError> {
        let refuse = |reason: String| LoadError { id: file.id.clone(), path: file.path.clone(), reason };
        let signature = self.signature(file);
        if let Signed::Invalid(reason) = &signature {
            return Err(refuse(format!("{reason}; install it again from where it was published")));
        }
        let pinned = self.pins.iter().any(|pin| pin.eq_ignore_ascii_case(&file.sha256));
        let source = self.source.display();
        match self.trust {
            Trust::Any => Ok(()),
            _ if pinned => Ok(()),
            Trust::Pinned => Err(refuse(format!(
                "only pinned plugins are trusted; if you trust this one, add its sha256 {} to pins in {source}",
                file.sha256
            ))),
            Trust::Signed if signature == Signed::Valid => Ok(()),
            Trust::Signed => Err(refuse(format!(
                "only signed plugins are trusted, and it is {}; add its vendor's key to keys, or its sha256 {} to pins, \
                 in {source}",
                signature.name(),
                file.sha256
            ))),
        }
    }
}

/// Where the signature of a file stands.
pub fn signature_of(plugin: &Path) -> PathBuf {
    let mut name = plugin.as_os_str().to_owned();
    name.push(".minisig");
    PathBuf::from(name)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plugins::HostVersion;
    use crate::plugins::fixture::Fixture;

    fn file(directory: &Path) -> PluginFile {
        let path = directory.join("x.so");
        std::fs::write(&path, Fixture::new("orbits").component(2, "two").elf()).expect("writable");
        PluginFile::read(&path, &HostVersion::current("2.13.0")).expect("it is sound")
    }

    #[test]
    fn without_a_file_any_plugin_is_trusted() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let policy = Policy::read(&root.path().join("plugins.toml")).expect("no file is no mistake");
        assert_eq!(policy.trust, Trust::Any);
        policy.admit(&file(root.path())).expect("trusted");
    }

    #[test]
    fn a_pinned_policy_wants_the_hash() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let (plugin, path) = (file(root.path()), root.path().join("plugins.toml"));
        std::fs::write(&path, "trust = 'pinned'").expect("writable");
        let refused = Policy::read(&path).expect("sound").admit(&plugin).expect_err("not pinned");
        assert!(
            refused.reason.contains(&plugin.sha256) && refused.reason.contains("plugins.toml"),
            "{refused}"
        );
        std::fs::write(&path, format!("trust = 'pinned'\npins = ['{}']", plugin.sha256.to_uppercase()))
            .expect("writable");
        Policy::read(&path).expect("sound").admit(&plugin).expect("pinned");
    }

    #[test]
    fn what_is_no_policy_is_refused_in_a_sentence() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let path = root.path().join("plugins.toml");
        for (text, part) in [
            ("trust = 'nobody'", "expected trust, keys and pins"),
            ("trsut = 'any'", "unknown field"),
            ("keys = ['short']", "no minisign public key"),
            ("pins = ['abc']", "no sha256"),
            ("trust = ", "does not say whom to trust"),
        ] {
            std::fs::write(&path, text).expect("writable");
            let problem = Policy::read(&path).expect_err(text);
            assert!(problem.contains(part) && !problem.contains('\n'), "{problem}");
        }
    }

    #[test]
    fn a_signature_that_cannot_be_read_is_a_refusal() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let plugin = file(root.path());
        std::fs::write(signature_of(&plugin.path), "nonsense").expect("writable");
        let refused = Policy::default().admit(&plugin).expect_err("badly signed");
        assert!(refused.reason.contains("cannot be read"), "{refused}");
    }
}
