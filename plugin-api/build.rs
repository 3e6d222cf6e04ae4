//! Records the compiler for the plugin manifest.
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().ok();
    let version = version.and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_default();
    let version: String = version.trim().chars().take(60).collect();
    println!("cargo:rustc-env=SEMOLA_RUSTC={version}");
}
