use super::component::Kind;
use super::host::HostApi;
use super::value::Value;
use super::{ABI_MAJOR, ABI_MINOR};

/// Name of the ELF section that holds the [`Manifest`].
pub const MANIFEST_SECTION: &str = ".semola";
/// The first bytes of a manifest.
pub const MAGIC: [u8; 8] = *b"SEMOLA\x00\x01";
/// Room for components in a manifest.
pub const MAX_COMPONENTS: usize = 32;

/// What can be known of a plugin without running any of it: a fixed-size record without pointers, in a
/// section that survives `strip`. Texts are UTF-8 padded with zeros.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Manifest {
    /// [`MAGIC`].
    pub magic: [u8; 8],
    /// `sizeof(Manifest)`.
    pub manifest_size: u32,
    /// `sizeof(HostApi)` as compiled.
    pub host_api_size: u32,
    /// `sizeof(Value)` as compiled.
    pub value_size: u32,
    /// ABI major: must equal the host's.
    pub abi_major: u16,
    /// The lowest host minor that the plugin can run in.
    pub requires_minor: u16,
    /// Bit 0: has the Rust entry; bit 1: has the C entry.
    pub flags: u64,
    /// Identifier: lower-case letters, digits, `-`, `_`.
    pub id: [u8; 64],
    /// Semantic version of the plugin.
    pub version: [u8; 32],
    /// Who publishes it.
    pub vendor: [u8; 64],
    /// SPDX expression.
    pub licence: [u8; 64],
    /// The exact libtorch that it links ("2.13.0"), or empty: none, the usual case.
    pub libtorch: [u8; 32],
    /// The compiler, for people.
    pub compiler: [u8; 64],
    /// How many of `components` are in use.
    pub component_count: u32,
    /// Must be 0.
    pub reserved: u32,
    /// Kinds and names.
    pub components: [ComponentEntry; MAX_COMPONENTS],
}

/// A component as the manifest lists it.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct ComponentEntry {
    /// A number of [`Kind`].
    pub kind: u32,
    /// Its name.
    pub name: [u8; 44],
}

/// The parts of a [`Manifest`] that a plugin chooses; `export_plugin!` fills it in.
#[derive(Clone, Copy)]
pub struct ManifestInfo {
    /// See [`Manifest::id`].
    pub id: &'static str,
    /// See [`Manifest::version`].
    pub version: &'static str,
    /// See [`Manifest::vendor`].
    pub vendor: &'static str,
    /// See [`Manifest::licence`].
    pub licence: &'static str,
    /// See [`Manifest::libtorch`].
    pub libtorch: &'static str,
    /// Kinds and names.
    pub components: &'static [(Kind, &'static str)],
}

const fn padded<const N: usize>(text: &str) -> [u8; N] {
    let bytes = text.as_bytes();
    assert!(bytes.len() < N, "a text of the plugin manifest is too long for its field");
    let mut field = [0; N];
    let mut i = 0;
    while i < bytes.len() {
        field[i] = bytes[i];
        i += 1;
    }
    field
}

impl Manifest {
    /// Lays the record out at compile time; a text that is too long is a compile error.
    pub const fn new(info: ManifestInfo) -> Self {
        assert!(info.components.len() <= MAX_COMPONENTS, "a plugin exports at most 32 components");
        assert!(!info.id.is_empty(), "a plugin needs an id");
        let mut components = [ComponentEntry { kind: 0, name: [0; 44] }; MAX_COMPONENTS];
        let mut i = 0;
        while i < info.components.len() {
            components[i] =
                ComponentEntry { kind: info.components[i].0 as u32, name: padded(info.components[i].1) };
            i += 1;
        }
        Self {
            magic: MAGIC,
            manifest_size: size_of::<Self>() as u32,
            host_api_size: size_of::<HostApi>() as u32,
            value_size: size_of::<Value>() as u32,
            abi_major: ABI_MAJOR,
            requires_minor: ABI_MINOR,
            flags: 0b11,
            id: padded(info.id),
            version: padded(info.version),
            vendor: padded(info.vendor),
            licence: padded(info.licence),
            libtorch: padded(info.libtorch),
            compiler: padded(env!("SEMOLA_RUSTC")),
            component_count: info.components.len() as u32,
            reserved: 0,
            components,
        }
    }

    /// Reads a record out of a section's bytes.
    ///
    /// # Errors
    /// What is wrong with the bytes, as the end of a sentence about the file.
    pub fn parse(bytes: &[u8]) -> Result<Self, String> {
        if bytes.len() < size_of::<Self>() {
            return Err(format!(
                "its manifest has {} bytes where {} are expected",
                bytes.len(),
                size_of::<Self>()
            ));
        }
        // SAFETY: every field is an integer or an array of integers, so any bytes are a valid record;
        // the length was checked, and an unaligned read has no alignment to keep.
        let manifest = unsafe { bytes.as_ptr().cast::<Self>().read_unaligned() };
        if manifest.magic != MAGIC {
            return Err("its manifest does not start with the expected mark".into());
        }
        if manifest.component_count as usize > MAX_COMPONENTS {
            return Err(format!(
                "its manifest claims {} components where at most {MAX_COMPONENTS} fit",
                manifest.component_count
            ));
        }
        Ok(manifest)
    }

    /// A text field without its padding.
    ///
    /// # Errors
    /// The field is not UTF-8.
    pub fn text(field: &[u8]) -> Result<&str, String> {
        let end = field.iter().position(|&byte| byte == 0).unwrap_or(field.len());
        std::str::from_utf8(&field[..end]).map_err(|_| "a text in its manifest is not UTF-8".into())
    }
}
