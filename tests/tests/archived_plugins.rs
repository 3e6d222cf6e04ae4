//! Plugins of earlier minors of the ABI run in this host: the promise of a major.
#![cfg(target_arch = "x86_64")]

use semola_plugin_api::abi::{ABI_MINOR, Manifest};
use semola_tests::{Desk, patch};
use std::mem::offset_of;
use std::path::PathBuf;

/// Every file of the archive: minor, path.
fn archive() -> Vec<(u16, PathBuf)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("archive");
    let minors = (0..=ABI_MINOR).map(|minor| (minor, root.join(format!("abi-1.{minor}/mlp-x86_64.so"))));
    minors.collect()
}

#[test]
fn plugins_of_every_minor_keep_their_contract_and_run() {
    for (minor, file) in archive() {
        let bytes = std::fs::read(&file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        let desk = Desk::new();
        desk.write("plugins/mlp.so", &bytes);
        let inspected = desk.run(&["plugin", "inspect", "plugins/mlp.so", "--json"]).done().json();
        assert_eq!(inspected["abi"], serde_json::json!([1, minor]));
        desk.run(&["plugin", "check", "plugins/mlp.so"]).done();
        desk.run(&["-q", "--plugin", "faulty", "--plugin-dir", "plugins", "--out", "run"]).done();
        let hash = inspected["sha256"].as_str().expect("a text");
        assert!(desk.read("run/plugins.lock").contains(hash), "the run used the archived file");
    }
}

#[test]
fn an_archived_plugin_that_asks_for_a_later_minor_is_refused() {
    let (_, file) = archive().remove(0);
    let bytes = std::fs::read(file).expect("the archive is there");
    let desk = Desk::new();
    let later = (ABI_MINOR + 1).to_ne_bytes();
    desk.write("plugins/mlp.so", patch(&bytes, offset_of!(Manifest, requires_minor), &later));
    let refused = desk.run(&["plugin", "inspect", "plugins/mlp.so"]);
    assert!(refused.sentence(3).contains("update the host or install an older build of mlp"), "{refused:?}");
}
