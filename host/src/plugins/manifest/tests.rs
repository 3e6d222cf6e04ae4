//! Good, broken and hostile plugin files, made of bytes.

use super::super::fixture::{Fixture, OFFSET_OF_MANIFEST};
use super::*;
use proptest::prelude::*;

fn parse(bytes: &[u8]) -> Result<PluginFile, String> {
    PluginFile::parse(Path::new("/p/x.so"), bytes, &HostVersion::current("2.13.0"))
        .map_err(|refusal| refusal.to_string())
}

#[test]
fn a_good_file_tells_everything() {
    let file =
        parse(&Fixture::new("pointnet").component(2, "clouds").component(9, "odd").elf()).expect("good");
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
    assert_eq!(parse(&libtorch).expect("the same libtorch").libtorch.as_deref(), Some("2.13.0"));
}

#[test]
fn what_is_no_shared_library_is_refused() {
    assert_eq!(parse(b"").expect_err("empty"), "/p/x.so is empty: copy the plugin again");
    assert!(parse(b"#!/bin/sh\n").expect_err("a script").contains("is not an ELF file"));
    assert!(parse(b"\x7fELF\x02\x01").expect_err("a stump").contains("its header would end at byte 64"));
    assert!(parse(b"\x7fELF\x01\x01\x01").expect_err("32 bit").contains("was built for a 32-bit machine"));
    let mut bytes = Fixture::new("x").elf();
    bytes[16] = 1;
    assert!(parse(&bytes).expect_err("an object").contains("is an object file, not a shared library"));
    bytes[16] = 2;
    assert!(parse(&bytes).expect_err("a program").contains("is an executable, not a shared library"));
    let mut bytes = Fixture::new("x").elf();
    bytes[18] = 0xf3;
    bytes[19] = 0;
    let message = parse(&bytes).expect_err("RISC-V");
    assert!(message.contains("was built for riscv64, this host runs on 64-bit "), "{message}");
    let mut bytes = Fixture::new("x").elf();
    bytes[5] = 2;
    assert!(parse(&bytes).expect_err("big endian").contains("was built for"));
}

#[test]
fn this_very_test_program_is_an_executable() {
    let path = std::env::current_exe().expect("a test has a path");
    let refusal = PluginFile::read(&path, &HostVersion::current("2.13.0")).expect_err("no plugin");
    assert!(matches!(refusal, Refusal::NotSharedLibrary { found: "an executable", .. }), "{refusal}");
}

#[test]
fn only_regular_files_are_read() {
    for (path, part) in
        [("/dev/zero", "not a regular file"), ("/", "not a regular file"), ("/no/x.so", "No such")]
    {
        let refusal = PluginFile::read(Path::new(path), &HostVersion::current("2.13.0")).expect_err(part);
        assert!(refusal.to_string().contains(part), "{refusal}");
    }
}

#[test]
fn a_real_shared_library_is_no_plugin() {
    let dir = tempfile::tempdir().expect("a temporary directory");
    let (source, library) = (dir.path().join("x.c"), dir.path().join("x.so"));
    std::fs::write(&source, "int answer(void) { return 42; }").expect("writable");
    let built = std::process::Command::new("cc").arg("-shared").arg("-o").arg(&library).arg(&source).status();
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
    assert!(message.contains("is truncated: its segment 0 would end at byte"), "{message}");
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
    assert!(message.contains("links libtorch 2.11.0, this host runs libtorch 2.13.0"), "{message}");
}

#[test]
fn malformed_manifests_are_refused() {
    let cases = [
        (Fixture::new(""), "its id is \"\""),
        (Fixture::new("Point Net"), "its id is \"Point Net\""),
        (Fixture::new("x").component(2, ""), "a component is named \"\""),
        (Fixture::new("x").component(1, "net"), "it lists model net twice"),
        (Fixture::new("x").component(2, "a\x1b[2J"), "holds a control character"),
        (Fixture::new("x").flags(0), "declares no entry point"),
        (Fixture::new("x").magic(*b"SEMOLA\0\x02"), "does not start with the expected mark"),
        (Fixture::new("x").manifest_size(12), "its manifest size is 12"),
        (Fixture::new("x").value_size(24), "its value size is 24"),
        (Fixture::new("x").component_count(33), "claims 33 components"),
    ];
    for (fixture, part) in cases {
        let message = parse(&fixture.elf()).expect_err(part);
        assert!(message.contains("has a malformed plugin manifest: ") && message.contains(part), "{message}");
    }
    let short = Fixture::new("x").section(|bytes| bytes.truncate(40)).elf();
    assert!(parse(&short).expect_err("short").contains("its manifest has 40 bytes"));
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
