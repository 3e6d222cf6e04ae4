use semola_plugin_api::abi::{MAGIC, Manifest};

/// Where the manifest starts in the bytes of a plugin: its mark, followed by its size.
///
/// # Panics
/// There is none.
pub fn find(plugin: &[u8]) -> usize {
    let mark = [&MAGIC[..], &(size_of::<Manifest>() as u32).to_ne_bytes()].concat();
    plugin.windows(mark.len()).position(|window| window == mark).expect("the plugin has a manifest")
}

/// A copy of a plugin with other bytes at this offset of its manifest.
///
/// # Panics
/// There is no manifest.
pub fn patch(plugin: &[u8], offset: usize, bytes: &[u8]) -> Vec<u8> {
    let mut patched = plugin.to_vec();
    let start = find(plugin) + offset;
    patched[start..start + bytes.len()].copy_from_slice(bytes);
    patched
}

/// Offset and length in the file of each loaded segment (ELF-64, little endian: System V gABI, chapter 5).
///
/// # Panics
/// The bytes are no such file.
pub fn segments(plugin: &[u8]) -> Vec<(usize, usize)> {
    const LOAD: usize = 1;
    let number = |at: usize, size: usize| {
        plugin[at..at + size].iter().rev().fold(0_usize, |number, byte| number << 8 | usize::from(*byte))
    };
    let (table, entry, count) = (number(32, 8), number(54, 2), number(56, 2));
    (0..count)
        .map(|index| table + index * entry)
        .filter(|&at| number(at, 4) == LOAD)
        .map(|at| (number(at + 8, 8), number(at + 32, 8)))
        .collect()
}
