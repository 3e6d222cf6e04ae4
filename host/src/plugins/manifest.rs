//! Reads what a plugin says of itself out of its ELF file, without loading it.
//!
//! The file is read once, as bytes; `object` takes the ELF apart. Whatever the bytes are, the answer is a
//! [`PluginFile`] or a [`Refusal`], never a crash: in particular a file shorter than its segments is found
//! here, because mapping it would end in SIGBUS. Invariant for the loader: an accepted file is a complete
//! shared library for this machine, of this ABI major, whose texts are printable.

use super::refusal::Refusal;
use object::elf::{self, FileHeader64};
use object::read::elf::{Dyn, FileHeader, ProgramHeader, SectionHeader};
use object::{Endian, Endianness};
use semola_plugin_api::abi::{self, Kind, MAGIC, MANIFEST_SECTION, Manifest, Value};
use serde::Serialize;
use sha2::{Digest, Sha256};
use std::mem::offset_of;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a plugin has to fit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HostVersion {
    /// ABI major and minor.
    pub abi: (u16, u16),
    /// libtorch's version, e.g. "2.13.0".
    pub libtorch: String,
}

impl HostVersion {
    /// This host, running the libtorch of that version.
    pub fn current(libtorch: impl Into<String>) -> Self {
        Self {
            abi: (abi::ABI_MAJOR, abi::ABI_MINOR),
            libtorch: libtorch.into(),
        }
    }
}

/// A file that is a plugin for this host.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct PluginFile {
    /// Its identifier: lower-case letters, digits, `-`, `_`.
    pub id: String,
    /// Its semantic version.
    pub version: String,
    /// Who publishes it.
    pub vendor: String,
    /// SPDX expression.
    pub licence: String,
    /// The compiler, for people.
    pub compiler: String,
    /// The exact libtorch that it links; none for the usual plugin, which links none.
    pub libtorch: Option<String>,
    /// ABI major, and the lowest minor that it runs with.
    pub abi: (u16, u16),
    /// What it offers.
    pub components: Vec<ComponentName>,
    /// Whether it has abi_stable's root module.
    pub has_rust_entry: bool,
    /// Whether it has the C entry.
    pub has_c_entry: bool,
    /// SHA-256 of the file, hexadecimal.
    pub sha256: String,
    /// The file.
    pub path: PathBuf,
}

/// A component as the manifest names it.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct ComponentName {
    /// "model", "dataset", "action", or "kind N" for a kind that this version does not know.
    pub kind: String,
    /// Unique among the plugin's components of this kind.
    pub name: String,
}

impl ComponentName {
    fn new(kind: u32, name: &str) -> Self {
        let kind = Kind::from_number(kind).map_or_else(|| format!("kind {kind}"), |kind| kind.name().into());
        Self {
            kind,
            name: name.into(),
        }
    }
}

impl std::fmt::Display for ComponentName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.kind, self.name)
    }
}

impl PluginFile {
    /// Reads a file.
    ///
    /// # Errors
    /// Every way in which it is no plugin for this host; see [`Refusal`].
    pub fn read(path: &Path, host: &HostVersion) -> Result<Self, Refusal> {
        let bytes = std::fs::read(path).map_err(|reason| Refusal::Read {
            path: path.to_owned(),
            reason: Arc::new(reason),
        })?;
        Self::parse(path, &bytes, host)
    }

    /// The same for the bytes of a file; `path` is for messages.
    ///
    /// # Errors
    /// As [`PluginFile::read`].
    pub fn parse(path: &Path, bytes: &[u8], host: &HostVersion) -> Result<Self, Refusal> {
        let section = manifest_section(path, bytes)?;
        let mut file = from_manifest(path, section, host)?;
        file.sha256 = Sha256::digest(bytes)
            .iter()
            .map(|byte| format!("{byte:02x}"))
            .collect();
        Ok(file)
    }
}

/// Checks that the bytes are a complete shared library for this machine and finds the manifest's.
fn manifest_section<'data>(path: &Path, bytes: &'data [u8]) -> Result<&'data [u8], Refusal> {
    let path = || path.to_owned();
    let damaged = |error: object::read::Error| Refusal::Damaged {
        path: path(),
        reason: error.to_string(),
    };
    let within = |what: &str, offset: u64, size: u64| {
        let (end, found) = (offset.saturating_add(size), bytes.len() as u64);
        if end <= found {
            return Ok(());
        }
        Err(Refusal::Truncated {
            path: path(),
            what: what.into(),
            expected: end,
            found,
        })
    };

    if bytes.is_empty() {
        return Err(Refusal::Empty { path: path() });
    }
    if !bytes.starts_with(&elf::ELFMAG) {
        return Err(Refusal::NotElf { path: path() });
    }
    let expected = || format!("{}-bit {}", usize::BITS, std::env::consts::ARCH);
    // Byte 4 of the identification is the word size; a 32-bit header is shorter than the one read below.
    if bytes
        .get(4)
        .is_some_and(|&class| elf::FileClass(class) == elf::ELFCLASS32)
    {
        let found = "a 32-bit machine".into();
        return Err(Refusal::Architecture {
            path: path(),
            found,
            expected: expected(),
        });
    }
    within("header", 0, size_of::<FileHeader64<Endianness>>() as u64)?;
    let header = FileHeader64::<Endianness>::parse(bytes).map_err(damaged)?;
    let endian = header.endian().map_err(damaged)?;
    let machine = header.e_machine(endian);
    if endian.is_little_endian() != cfg!(target_endian = "little")
        || host_machine().is_some_and(|m| m != machine)
    {
        return Err(Refusal::Architecture {
            path: path(),
            found: machine_name(machine),
            expected: expected(),
        });
    }
    match header.e_type(endian) {
        elf::ET_DYN => {}
        elf::ET_EXEC => {
            return Err(Refusal::NotSharedLibrary {
                path: path(),
                found: "an executable",
            });
        }
        elf::ET_REL => {
            return Err(Refusal::NotSharedLibrary {
                path: path(),
                found: "an object file",
            });
        }
        _ => {
            return Err(Refusal::NotSharedLibrary {
                path: path(),
                found: "an ELF file of another kind",
            });
        }
    }

    let table = u64::from(header.e_phnum(endian)) * u64::from(header.e_phentsize(endian));
    within("segment table", header.e_phoff(endian), table)?;
    let segments = header.program_headers(endian, bytes).map_err(damaged)?;
    for (index, segment) in segments.iter().enumerate() {
        if segment.p_type(endian) == elf::PT_LOAD {
            within(
                &format!("segment {index}"),
                segment.p_offset(endian),
                segment.p_filesz(endian),
            )?;
        }
    }
    for segment in segments {
        let entries = segment
            .dynamic(endian, bytes)
            .map_err(damaged)?
            .unwrap_or_default();
        let pie = |entry: &elf::Dyn64<Endianness>| {
            entry.d_tag(endian) == elf::DT_FLAGS_1 && entry.d_val(endian) & elf::DF_1_PIE.0 != 0
        };
        if entries.iter().any(pie) {
            return Err(Refusal::NotSharedLibrary {
                path: path(),
                found: "an executable",
            });
        }
    }

    let table = u64::from(header.e_shnum(endian)) * u64::from(header.e_shentsize(endian));
    within("section table", header.e_shoff(endian), table)?;
    let sections = header.sections(endian, bytes).map_err(damaged)?;
    let (_, section) = sections
        .section_by_name(endian, MANIFEST_SECTION.as_bytes())
        .ok_or_else(|| Refusal::NotAPlugin { path: path() })?;
    if let Some((offset, size)) = section.file_range(endian) {
        within("section .semola", offset, size)?;
    }
    section.data(endian, bytes).map_err(damaged)
}

/// Checks a manifest against the host.
fn from_manifest(path: &Path, section: &[u8], host: &HostVersion) -> Result<PluginFile, Refusal> {
    let malformed = |reason: String| Refusal::Malformed {
        path: path.to_owned(),
        reason,
    };

    // Another major may have laid out everything behind its number differently, so the number comes first and
    // the id is only an attempt. Mark, sizes and major keep their place for all time.
    if let Some(major) = major_of(section).filter(|major| *major != host.abi.0) {
        let id = section
            .get(offset_of!(Manifest, id)..)
            .and_then(|bytes| bytes.get(..64));
        let id = id
            .and_then(|field| Manifest::text(field).ok())
            .filter(|id| is_id(id));
        let fallback = || {
            path.file_stem()
                .unwrap_or_default()
                .to_string_lossy()
                .into_owned()
        };
        return Err(Refusal::AbiMajor {
            path: path.to_owned(),
            id: id.map_or_else(fallback, str::to_owned),
            found: major,
            expected: host.abi.0,
            direction: if major > host.abi.0 { "newer" } else { "older" },
        });
    }

    let manifest = Manifest::parse(section).map_err(malformed)?;
    let sizes = [
        ("manifest", manifest.manifest_size, size_of::<Manifest>()),
        ("value", manifest.value_size, size_of::<Value>()),
    ];
    for (what, found, expected) in sizes {
        if found as usize != expected {
            let reason = format!(
                "its {what} size is {found} where ABI {} has {expected}",
                host.abi.0
            );
            return Err(malformed(reason));
        }
    }
    let text = |name: &str, field: &[u8]| {
        let text = Manifest::text(field).map_err(malformed)?;
        if text.chars().any(char::is_control) {
            return Err(malformed(format!("its {name} holds a control character")));
        }
        Ok(text.to_owned())
    };
    let id = text("id", &manifest.id)?;
    if !is_id(&id) {
        let reason = format!("its id is {id:?}, expected lower-case letters, digits, '-' and '_'");
        return Err(malformed(reason));
    }
    let mut components: Vec<ComponentName> = Vec::new();
    for entry in &manifest.components[..manifest.component_count as usize] {
        let component = ComponentName::new(entry.kind, &text("component name", &entry.name)?);
        if component.name.is_empty() || component.name.contains(['/', ' ']) {
            let reason = format!(
                "a component is named {:?}, expected a name without '/' and spaces",
                component.name
            );
            return Err(malformed(reason));
        }
        if components.contains(&component) {
            return Err(malformed(format!("it lists {component} twice")));
        }
        components.push(component);
    }
    let libtorch = Some(text("libtorch version", &manifest.libtorch)?).filter(|version| !version.is_empty());
    let file = PluginFile {
        version: text("version", &manifest.version)?,
        vendor: text("vendor", &manifest.vendor)?,
        licence: text("licence", &manifest.licence)?,
        compiler: text("compiler", &manifest.compiler)?,
        libtorch,
        abi: (manifest.abi_major, manifest.requires_minor),
        components,
        has_rust_entry: manifest.flags & 0b01 != 0,
        has_c_entry: manifest.flags & 0b10 != 0,
        sha256: String::new(),
        path: path.to_owned(),
        id,
    };
    if !file.has_rust_entry && !file.has_c_entry {
        return Err(malformed("it declares no entry point".into()));
    }
    if file.abi.1 > host.abi.1 {
        return Err(Refusal::AbiMinor {
            path: file.path,
            id: file.id,
            major: host.abi.0,
            found: file.abi.1,
            expected: host.abi.1,
        });
    }
    match file.libtorch {
        Some(found) if found != host.libtorch => Err(Refusal::Libtorch {
            path: file.path,
            id: file.id,
            found,
            expected: host.libtorch.clone(),
        }),
        _ => Ok(file),
    }
}

/// The ABI major of a section that starts like a manifest.
fn major_of(section: &[u8]) -> Option<u16> {
    let offset = offset_of!(Manifest, abi_major);
    let bytes = section.get(offset..offset + 2)?;
    section
        .starts_with(&MAGIC)
        .then(|| u16::from_ne_bytes([bytes[0], bytes[1]]))
}

fn is_id(id: &str) -> bool {
    let allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
    !id.is_empty() && id.bytes().all(allowed)
}

/// The ELF number of this machine, where known.
pub(super) fn host_machine() -> Option<elf::Machine> {
    MACHINES
        .iter()
        .find(|(_, name)| *name == std::env::consts::ARCH)
        .map(|(machine, _)| *machine)
}

const MACHINES: [(elf::Machine, &str); 8] = [
    (elf::EM_X86_64, "x86_64"),
    (elf::EM_AARCH64, "aarch64"),
    (elf::EM_RISCV, "riscv64"),
    (elf::EM_PPC64, "powerpc64"),
    (elf::EM_S390, "s390x"),
    (elf::EM_LOONGARCH, "loongarch64"),
    (elf::EM_386, "x86"),
    (elf::EM_ARM, "arm"),
];

fn machine_name(machine: elf::Machine) -> String {
    let known = MACHINES.iter().find(|(known, _)| *known == machine);
    known.map_or_else(
        || format!("machine number {}", machine.0),
        |(_, name)| (*name).to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::super::fixture::{Fixture, OFFSET_OF_MANIFEST};
    use super::*;
    use proptest::prelude::*;

    fn parse(bytes: &[u8]) -> Result<PluginFile, String> {
        PluginFile::parse(Path::new("/p/x.so"), bytes, &HostVersion::current("2.13.0"))
            .map_err(|refusal| refusal.to_string())
    }

    #[test]
    fn a_good_file_tells_everything() {
        let file = parse(
            &Fixture::new("pointnet")
                .component(2, "clouds")
                .component(9, "odd")
                .elf(),
        )
        .expect("good");
        assert_eq!(
            (file.id.as_str(), file.version.as_str(), file.licence.as_str()),
            ("pointnet", "1.2.3", "MIT")
        );
        let components: Vec<String> = file.components.iter().map(ToString::to_string).collect();
        assert_eq!(components, ["model net", "dataset clouds", "kind 9 odd"]);
        assert_eq!((file.abi, file.libtorch.as_deref()), ((abi::ABI_MAJOR, 0), None));
        assert!(file.has_rust_entry && file.has_c_entry);
        assert_eq!(file.sha256.len(), 64);
        let flags = Fixture::new("pointnet").flags(1 << 40 | 0b10).elf();
        assert!(!parse(&flags).expect("unknown flags are fine").has_rust_entry);
        let libtorch = Fixture::new("script").libtorch("2.13.0").elf();
        assert_eq!(
            parse(&libtorch).expect("the same libtorch").libtorch.as_deref(),
            Some("2.13.0")
        );
    }

    #[test]
    fn what_is_no_shared_library_is_refused() {
        assert_eq!(
            parse(b"").expect_err("empty"),
            "/p/x.so is empty: copy the plugin again"
        );
        assert!(
            parse(b"#!/bin/sh\n")
                .expect_err("a script")
                .contains("is not an ELF file")
        );
        assert!(
            parse(b"\x7fELF\x02\x01")
                .expect_err("a stump")
                .contains("its header would end at byte 64")
        );
        assert!(
            parse(b"\x7fELF\x01\x01\x01")
                .expect_err("32 bit")
                .contains("was built for a 32-bit machine")
        );
        let mut bytes = Fixture::new("x").elf();
        bytes[16] = 1;
        assert!(
            parse(&bytes)
                .expect_err("an object")
                .contains("is an object file, not a shared library")
        );
        bytes[16] = 2;
        assert!(
            parse(&bytes)
                .expect_err("a program")
                .contains("is an executable, not a shared library")
        );
        let mut bytes = Fixture::new("x").elf();
        bytes[18] = 0xf3;
        bytes[19] = 0;
        let message = parse(&bytes).expect_err("RISC-V");
        assert!(
            message.contains("was built for riscv64, this host runs on 64-bit "),
            "{message}"
        );
        let mut bytes = Fixture::new("x").elf();
        bytes[5] = 2;
        assert!(parse(&bytes).expect_err("big endian").contains("was built for"));
    }

    #[test]
    fn this_very_test_program_is_an_executable() {
        let path = std::env::current_exe().expect("a test has a path");
        let refusal = PluginFile::read(&path, &HostVersion::current("2.13.0")).expect_err("no plugin");
        assert!(
            matches!(
                refusal,
                Refusal::NotSharedLibrary {
                    found: "an executable",
                    ..
                }
            ),
            "{refusal}"
        );
    }

    #[test]
    fn a_real_shared_library_is_no_plugin() {
        let dir = tempfile::tempdir().expect("a temporary directory");
        let (source, library) = (dir.path().join("x.c"), dir.path().join("x.so"));
        std::fs::write(&source, "int answer(void) { return 42; }").expect("writable");
        let built = std::process::Command::new("cc")
            .arg("-shared")
            .arg("-o")
            .arg(&library)
            .arg(&source)
            .status();
        if !built.is_ok_and(|status| status.success()) {
            return; // without a C compiler the other fixtures have to do
        }
        let refusal = PluginFile::read(&library, &HostVersion::current("2.13.0")).expect_err("no plugin");
        assert!(matches!(refusal, Refusal::NotAPlugin { .. }), "{refusal}");
        let bytes = std::fs::read(&library).expect("just built");
        let message = parse(&bytes[..bytes.len() - 1]).expect_err("truncated");
        assert!(message.contains("is truncated: its section table"), "{message}");
    }

    #[test]
    fn every_truncation_is_noticed() {
        let bytes = Fixture::new("x").elf();
        for length in 0..bytes.len() {
            parse(&bytes[..length]).expect_err("truncated");
        }
        let message = parse(&bytes[..OFFSET_OF_MANIFEST + 100]).expect_err("truncated");
        assert!(
            message.contains("is truncated: its segment 0 would end at byte"),
            "{message}"
        );
    }

    #[test]
    fn other_abis_are_refused_with_the_remedy() {
        let major = Fixture::new("x").abi(2, 0).elf();
        assert_eq!(
            parse(&major).expect_err("major"),
            "plugin x (/p/x.so) was built for plugin ABI 2, this host speaks ABI 1: install a build of x for \
             ABI 1 or a newer host"
        );
        let minor = Fixture::new("x").abi(abi::ABI_MAJOR, abi::ABI_MINOR + 1).elf();
        assert!(parse(&minor).expect_err("minor").contains("update the host"));
        let libtorch = Fixture::new("x").libtorch("2.11.0").elf();
        let message = parse(&libtorch).expect_err("libtorch");
        assert!(
            message.contains("links libtorch 2.11.0, this host runs libtorch 2.13.0"),
            "{message}"
        );
    }

    #[test]
    fn malformed_manifests_are_refused() {
        let cases = [
            (Fixture::new(""), "its id is \"\""),
            (Fixture::new("Point Net"), "its id is \"Point Net\""),
            (Fixture::new("x").component(2, ""), "a component is named \"\""),
            (Fixture::new("x").component(1, "net"), "it lists model net twice"),
            (
                Fixture::new("x").component(2, "a\x1b[2J"),
                "holds a control character",
            ),
            (Fixture::new("x").flags(0), "declares no entry point"),
            (
                Fixture::new("x").magic(*b"SEMOLA\0\x02"),
                "does not start with the expected mark",
            ),
            (Fixture::new("x").manifest_size(12), "its manifest size is 12"),
            (Fixture::new("x").value_size(24), "its value size is 24"),
            (Fixture::new("x").component_count(33), "claims 33 components"),
        ];
        for (fixture, part) in cases {
            let message = parse(&fixture.elf()).expect_err(part);
            assert!(
                message.contains("has a malformed plugin manifest: ") && message.contains(part),
                "{message}"
            );
        }
        let short = Fixture::new("x").section(|bytes| bytes.truncate(40)).elf();
        assert!(
            parse(&short)
                .expect_err("short")
                .contains("its manifest has 40 bytes")
        );
        let invalid = Fixture::new("x").section(|bytes| bytes[40] = 0xff).elf();
        parse(&invalid).expect("bytes behind the end of a text are padding");
        let invalid = Fixture::new("x").section(|bytes| bytes[32] = 0xff).elf();
        assert!(parse(&invalid).expect_err("not a text").contains("not UTF-8"));
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn arbitrary_bytes_never_panic(bytes in proptest::collection::vec(any::<u8>(), 0..600)) {
            let _ = parse(&bytes);
            let _ = parse(&[b"\x7fELF\x02\x01\x01".as_slice(), &bytes].concat());
        }

        #[test]
        fn flipped_bits_never_panic(
            flips in proptest::collection::vec((any::<prop::sample::Index>(), 0_u8..8), 1..6),
            headers in any::<bool>(),
            length in any::<prop::sample::Index>(),
            truncate in any::<bool>(),
        ) {
            let mut bytes = Fixture::new("pointnet").elf();
            for (index, bit) in flips {
                let reach = if headers { 120 } else { bytes.len() };
                bytes[index.index(reach)] ^= 1 << bit;
            }
            if truncate {
                bytes.truncate(length.index(bytes.len()));
            }
            let _ = parse(&bytes);
        }
    }
}
