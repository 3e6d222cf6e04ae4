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
        Self { abi: (abi::ABI_MAJOR, abi::ABI_MINOR), libtorch: libtorch.into() }
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
        Self { kind, name: name.into() }
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
        let refuse = |reason| Refusal::Read { path: path.to_owned(), reason: Arc::new(reason) };
        // Reading a pipe would wait for a writer, reading a device might never end.
        if !std::fs::metadata(path).map_err(refuse)?.is_file() {
            return Err(refuse(std::io::Error::other("it is not a regular file")));
        }
        let bytes = std::fs::read(path).map_err(refuse)?;
        Self::parse(path, &bytes, host)
    }

    /// The same for the bytes of a file; `path` is for messages.
    ///
    /// # Errors
    /// As [`PluginFile::read`].
    pub fn parse(path: &Path, bytes: &[u8], host: &HostVersion) -> Result<Self, Refusal> {
        let section = manifest_section(path, bytes)?;
        let mut file = from_manifest(path, section, host)?;
        file.sha256 = Sha256::digest(bytes).iter().map(|byte| format!("{byte:02x}")).collect();
        Ok(file)
    }
}

/// Checks that the bytes are a complete shared library for this machine and finds the manifest's.
fn manifest_section<'data>(path: &Path, bytes: &'data [u8]) -> Result<&'data [u8], Refusal> {
    let path = || path.to_owned();
    let damaged = |error: object::read::Error| Refusal::Damaged { path: path(), reason: error.to_string() };
    let within = |what: &str, offset: u64, size: u64| {
        let (end, found) = (offset.saturating_add(size), bytes.len() as u64);
        if end <= found {
            return Ok(());
        }
        Err(Refusal::Truncated { path: path(), what: what.into(), expected: end, found })
    };

    if bytes.is_empty() {
        return Err(Refusal::Empty { path: path() });
    }
    if !bytes.starts_with(&elf::ELFMAG) {
        return Err(Refusal::NotElf { path: path() });
    }
    let expected = || format!("{}-bit {}", usize::BITS, std::env::consts::ARCH);
    // Byte 4 of the identification is the word size; a 32-bit header is shorter than the one read below.
    if bytes.get(4).is_some_and(|&class| elf::FileClass(class) == elf::ELFCLASS32) {
        let found = "a 32-bit machine".into();
        return Err(Refusal::Architecture { path: path(), found, expected: expected() });
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
            return Err(Refusal::NotSharedLibrary { path: path(), found: "an executable" });
        }
        elf::ET_REL => {
            return Err(Refusal::NotSharedLibrary { path: path(), found: "an object file" });
        }
        _ => {
            return Err(Refusal::NotSharedLibrary { path: path(), found: "an ELF file of another kind" });
        }
    }

    let table = u64::from(header.e_phnum(endian)) * u64::from(header.e_phentsize(endian));
    within("segment table", header.e_phoff(endian), table)?;
    let segments = header.program_headers(endian, bytes).map_err(damaged)?;
    for (index, segment) in segments.iter().enumerate() {
        if segment.p_type(endian) == elf::PT_LOAD {
            within(&format!("segment {index}"), segment.p_offset(endian), segment.p_filesz(endian))?;
        }
    }
    for segment in segments {
        let entries = segment.dynamic(endian, bytes).map_err(damaged)?.unwrap_or_default();
        let pie = |entry: &elf::Dyn64<Endianness>| {
            entry.d_tag(endian) == elf::DT_FLAGS_1 && entry.d_val(endian) & elf::DF_1_PIE.0 != 0
        };
        if entries.iter().any(pie) {
            return Err(Refusal::NotSharedLibrary { path: path(), found: "an executable" });
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
    let malformed = |reason: String| Refusal::Malformed { path: path.to_owned(), reason };

    // Another major may have laid out everything behind its number differently, so the number comes first and
    // the id is only an attempt. Mark, sizes and major keep their place for all time.
    if let Some(major) = major_of(section).filter(|major| *major != host.abi.0) {
        let id = section.get(offset_of!(Manifest, id)..).and_then(|bytes| bytes.get(..64));
        let id = id.and_then(|field| Manifest::text(field).ok()).filter(|id| is_id(id));
        let fallback = || path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        return Err(Refusal::AbiMajor {
            path: path.to_owned(),
            id: id.map_or_else(fallback, str::to_owned),
            found: major,
            expected: host.abi.0,
            direction: if major > host.abi.0 { "a newer" } else { "an older" },
        });
    }

    let manifest = Manifest::parse(section).map_err(malformed)?;
    let sizes = [
        ("manifest", manifest.manifest_size, size_of::<Manifest>()),
        ("value", manifest.value_size, size_of::<Value>()),
    ];
    for (what, found, expected) in sizes {
        if found as usize != expected {
            let reason = format!("its {what} size is {found} where ABI {} has {expected}", host.abi.0);
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
            let reason =
                format!("a component is named {:?}, expected a name without '/' and spaces", component.name);
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
        Some(found) if found != host.libtorch => {
            Err(Refusal::Libtorch { path: file.path, id: file.id, found, expected: host.libtorch.clone() })
        }
        _ => Ok(file),
    }
}

/// The ABI major of a section that starts like a manifest.
fn major_of(section: &[u8]) -> Option<u16> {
    let offset = offset_of!(Manifest, abi_major);
    let bytes = section.get(offset..offset + 2)?;
    section.starts_with(&MAGIC).then(|| u16::from_ne_bytes([bytes[0], bytes[1]]))
}

fn is_id(id: &str) -> bool {
    let allowed =
        |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-' || byte == b'_';
    !id.is_empty() && id.bytes().all(allowed)
}

/// The ELF number of this machine, where known.
pub(super) fn host_machine() -> Option<elf::Machine> {
    MACHINES.iter().find(|(_, name)| *name == std::env::consts::ARCH).map(|(machine, _)| *machine)
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
    known.map_or_else(|| format!("machine number {}", machine.0), |(_, name)| (*name).to_owned())
}

#[cfg(test)]
mod tests;
