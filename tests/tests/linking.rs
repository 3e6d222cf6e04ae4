//! Plugins outlive the libtorch that they were first run with, because they link none.

use semola_tests::{PLUGINS, built};
use std::process::Command;

#[test]
fn no_plugin_links_torch_or_the_cpp_library() {
    for name in PLUGINS {
        let path = built(name);
        let output = Command::new("readelf").arg("-d").arg(&path).output();
        let output = output.expect("readelf runs (Debian: binutils)");
        let text = String::from_utf8_lossy(&output.stdout);
        let needed: Vec<&str> = text.lines().filter(|line| line.contains("(NEEDED)")).collect();
        assert!(output.status.success() && !needed.is_empty(), "{name}: {text}");
        for library in needed {
            for foreign in ["torch", "libc10", "libstdc++", "libc++", "tch"] {
                assert!(!library.contains(foreign), "{name}: {library}");
            }
        }
    }
}
