//! Plugin files made of bytes, for tests: an ELF header, one segment over the whole file, and the sections
//! null, `.semola` and `.shstrtab`. Every field of the manifest can be spoilt.

use super::manifest::host_machine;
use semola_plugin_api::abi::{self, MAGIC, MAX_COMPONENTS, Manifest, Value};

/// Where the manifest lies in [`Fixture::elf`]: behind the header and one program header.
pub(crate) const OFFSET_OF_MANIFEST: usize = 64 + 56;

/// A plugin file in the making.
pub(crate) struct Fixture {
    id: String,
    magic: [u8; 8],
    manifest_size: u32,
    value_size: u32,
    abi: (u16, u16),
    flags: u64,
    libtorch: String,
    components: Vec<(u32, String)>,
    component_count: Option<u32>,
    edit: fn(&mut Vec<u8>),
}

impl Fixture {
    /// A proper plugin with one component, the model `net`.
    pub(crate) fn new(id: &str) -> Self {
        Self {
            id: id.into(),
            magic: MAGIC,
            manifest_size: size_of::<Manifest>() as u32,
            value_size: size_of::<Value>() as u32,
            abi: (abi::ABI_MAJOR, abi::ABI_MINOR),
            flags: 0b11,
            libtorch: String::new(),
            components: vec![(1, "net".into())],
            component_count: None,
            edit: |_| {},
        }
    }

    pub(crate) fn magic(self, magic: [u8; 8]) -> Self {
        Self { magic, ..self }
    }

    pub(crate) fn manifest_size(self, manifest_size: u32) -> Self {
        Self { manifest_size, ..self }
    }

    pub(crate) fn value_size(self, value_size: u32) -> Self {
        Self { value_size, ..self }
    }

    pub(crate) fn abi(self, major: u16, minor: u16) -> Self {
        Self { abi: (major, minor), ..self }
    }

    pub(crate) fn flags(self, flags: u64) -> Self {
        Self { flags, ..self }
    }

    pub(crate) fn libtorch(self, libtorch: &str) -> Self {
        Self { libtorch: libtorch.into(), ..self }
    }

    pub(crate) fn component(mut self, kind: u32, name: &str) -> Self {
        self.components.push((kind, name.into()));
        self
    }

    pub(crate) fn component_count(self, count: u32) -> Self {
        Self { component_count: Some(count), ..self }
    }

    pub(crate) fn section(self, edit: fn(&mut Vec<u8>)) -> Self {
        Self { edit, ..self }
    }

    /// The manifest's bytes, field by field in the order of [`Manifest`].
    fn manifest(&self) -> Vec<u8> {
        let mut bytes = Vec::new();
        let text = |bytes: &mut Vec<u8>, text: &str, size: usize| {
            let mut field = text.as_bytes().to_vec();
            assert!(field.len() < size, "the fixture's text fits");
            field.resize(size, 0);
            bytes.extend(field);
        };
        bytes.extend(self.magic);
        bytes.extend(self.manifest_size.to_ne_bytes());
        bytes.extend((size_of::<abi::HostApi>() as u32).to_ne_bytes());
        bytes.extend(self.value_size.to_ne_bytes());
        bytes.extend(self.abi.0.to_ne_bytes());
        bytes.extend(self.abi.1.to_ne_bytes());
        bytes.extend(self.flags.to_ne_bytes());
        text(&mut bytes, &self.id, 64);
        text(&mut bytes, "1.2.3", 32);
        text(&mut bytes, "Lab of Somewhere", 64);
        text(&mut bytes, "MIT", 64);
        text(&mut bytes, &self.libtorch, 32);
        text(&mut bytes, "rustc 1.95.0", 64);
        bytes.extend(self.component_count.unwrap_or(self.components.len() as u32).to_ne_bytes());
        bytes.extend(0_u32.to_ne_bytes());
        for index in 0..MAX_COMPONENTS {
            let (kind, name) = self.components.get(index).map_or((0, ""), |(kind, name)| (*kind, name));
            bytes.extend(kind.to_ne_bytes());
            text(&mut bytes, name, 44);
        }
        assert_eq!(bytes.len(), size_of::<Manifest>(), "the fixture follows the manifest's layout");
        (self.edit)(&mut bytes);
        bytes
    }

    /// The whole file.
    pub(crate) fn elf(&self) -> Vec<u8> {
        const NAMES: &[u8] = b"\0.semola\0.shstrtab\0";
        let manifest = self.manifest();
        let names_at = OFFSET_OF_MANIFEST + manifest.len();
        let sections_at = (names_at + NAMES.len()).next_multiple_of(8);
        let total = sections_at + 3 * 64;
        let half = |value: u16| value.to_ne_bytes().to_vec();
        let word = |value: u32| value.to_ne_bytes().to_vec();
        let long = |value: usize| (value as u64).to_ne_bytes().to_vec();
        let data = if cfg!(target_endian = "little") { 1 } else { 2 };
        let machine = host_machine().expect("the tests run on a known machine").0;

        let mut bytes = vec![0x7f, b'E', b'L', b'F', 2, data, 1, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let header = [half(3), half(machine), word(1), long(0), long(64), long(sections_at), word(0)];
        bytes.extend(header.concat());
        bytes.extend([64, 56, 1, 64, 3, 2].map(half).concat());
        bytes.extend(
            [word(1), word(4), long(0), long(0), long(0), long(total), long(total), long(4096)].concat(),
        );
        assert_eq!(bytes.len(), OFFSET_OF_MANIFEST, "header and program header come before the manifest");
        bytes.extend(&manifest);
        bytes.extend(NAMES);
        bytes.resize(sections_at + 64, 0);
        for (name, kind, offset, size) in
            [(1, 1, OFFSET_OF_MANIFEST, manifest.len()), (9, 3, names_at, NAMES.len())]
        {
            let section = [word(name), word(kind), long(0), long(0), long(offset), long(size)];
            bytes.extend(section.concat());
            bytes.extend([word(0), word(0), long(8), long(0)].concat());
        }
        bytes
    }
}
