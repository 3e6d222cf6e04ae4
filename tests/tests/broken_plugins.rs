//! Plugins that are no plugins: each is refused with exit code 3 and one sentence, before any of it is loaded.

use semola_plugin_api::abi::{ABI_MAJOR, ABI_MINOR, Manifest};
use semola_tests::{Desk, built, patch, segments};
use std::mem::offset_of;
use std::process::Command;

fn good() -> Vec<u8> {
    std::fs::read(built("libsemola_plugin_mlp.so")).expect("the plugin can be read")
}

/// Refused by name and by path, with the file and this text in the sentence, and without a trace on disk.
#[track_caller]
fn assert_refused(desk: &Desk, name: &str, parts: &[&str]) {
    let path = desk.path(&format!("plugins/{name}.so")).display().to_string();
    for plugin in [name, &path] {
        let outcome = desk.run(&["--plugin", plugin, "--plugin-dir", "plugins", "--out", "run"]);
        let sentence = outcome.sentence(3);
        let file = if plugin == name { format!("plugins/{name}.so") } else { path.clone() };
        for part in parts.iter().copied().chain([file.as_str()]) {
            assert!(sentence.contains(part), "{part} in {sentence}");
        }
    }
    assert!(!desk.path("run").exists(), "a refused plugin starts no run");
}

#[test]
fn files_that_are_no_elf() {
    let desk = Desk::new();
    desk.write("plugins/garbage.so", "not a library at all\n".repeat(1000));
    assert_refused(&desk, "garbage", &["is not a plugin", "not an ELF file"]);
    desk.write("plugins/nothing.so", "");
    assert_refused(&desk, "nothing", &["is empty", "copy the plugin again"]);
    desk.write("plugins/head.so", &good()[..3]);
    assert_refused(&desk, "head", &["not an ELF file"]);
}

#[test]
fn files_whose_end_is_missing() {
    let desk = Desk::new();
    let good = good();
    let segments = segments(&good);
    assert!(segments.len() >= 3, "code, constants and data: {segments:?}");
    let within = segments.iter().map(|(offset, size)| offset + size / 2);
    for end in within.chain([20, 63, 64, 100, good.len() / 2, good.len() - 1]) {
        desk.write("plugins/cut.so", &good[..end]);
        assert_refused(&desk, "cut", &["is truncated", &format!("has {end} bytes")]);
    }
}

#[test]
fn a_library_without_a_manifest() {
    let desk = Desk::new();
    let file = desk.write("plugins/plain.so", good());
    let stripped = Command::new("objcopy").args(["--remove-section", ".semola"]).arg(&file).status();
    assert!(stripped.expect("objcopy runs (Debian: binutils)").success());
    assert_refused(&desk, "plain", &["is not a semola plugin", "no `.semola` section"]);
}

#[test]
fn plugins_for_another_abi() {
    let desk = Desk::new();
    let major = |major: u16| patch(&good(), offset_of!(Manifest, abi_major), &major.to_ne_bytes());
    desk.write("plugins/newer.so", major(ABI_MAJOR + 1));
    let found = format!("plugin ABI {}", ABI_MAJOR + 1);
    assert_refused(&desk, "newer", &["plugin mlp", &found, "a newer host"]);
    desk.write("plugins/older.so", major(ABI_MAJOR - 1));
    assert_refused(&desk, "older", &["plugin mlp", "or an older host"]);
}

#[test]
fn a_plugin_that_needs_a_newer_host() {
    let desk = Desk::new();
    let minor = (ABI_MINOR + 7).to_ne_bytes();
    desk.write("plugins/young.so", patch(&good(), offset_of!(Manifest, requires_minor), &minor));
    let needs = format!("needs plugin ABI {ABI_MAJOR}.{}", ABI_MINOR + 7);
    assert_refused(&desk, "young", &["plugin mlp", &needs, "update the host"]);
}

#[test]
fn manifests_that_break_the_rules() {
    let desk = Desk::new();
    for id in [&b"Mlp\0"[..], b"m/p\0", b"../\0", b"m p\0", b"\0\0\0\0", b"m\np\0", b"\xff\xfe\xfd\0"] {
        desk.write("plugins/named.so", patch(&good(), offset_of!(Manifest, id), id));
        assert_refused(&desk, "named", &["malformed plugin manifest", "ask its vendor"]);
    }
    desk.write("plugins/entry.so", patch(&good(), offset_of!(Manifest, flags), &[0; 8]));
    assert_refused(&desk, "entry", &["declares no entry point"]);
    desk.write("plugins/many.so", patch(&good(), offset_of!(Manifest, component_count), &[0xff; 4]));
    assert_refused(&desk, "many", &["claims 4294967295 components"]);
    desk.write("plugins/value.so", patch(&good(), offset_of!(Manifest, value_size), &24_u32.to_ne_bytes()));
    assert_refused(&desk, "value", &["value size is 24"]);
}

#[test]
fn a_plugin_that_links_another_libtorch() {
    let desk = Desk::new();
    desk.write("plugins/torch.so", patch(&good(), offset_of!(Manifest, libtorch), b"1.0.0\0"));
    assert_refused(&desk, "torch", &["plugin mlp", "links libtorch 1.0.0"]);
}

#[test]
fn good_plugins_beside_broken_ones_still_run() {
    let desk = Desk::without_plugins();
    desk.write("plugins/garbage.so", "garbage");
    desk.write("plugins/cut.so", &good()[..5000]);
    for name in ["libsemola_plugin_mlp.so", "libsemola_test_faulty.so"] {
        std::os::unix::fs::symlink(built(name), desk.path("plugins").join(name))
            .expect("the desk is writable");
    }
    let outcome = desk.run(&["--plugin", "faulty", "--plugin-dir", "plugins", "--out", "run"]).done();
    assert!(outcome.stdout.ends_with("Run directory: run\n"), "{}", outcome.stdout);
}
