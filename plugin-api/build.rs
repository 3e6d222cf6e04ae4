//! Records the compiler for the plugin manifest and, with the feature `tch`, the libtorch that is linked.
use std::path::Path;
use std::process::Command;

fn main() {
    println!("cargo:rerun-if-changed=build.rs");
    let rustc = std::env::var("RUSTC").unwrap_or_else(|_| "rustc".into());
    let version = Command::new(rustc).arg("--version").output().ok();
    let version = version.and_then(|output| String::from_utf8(output.stdout).ok()).unwrap_or_default();
    let version: String = version.trim().chars().take(60).collect();
    println!("cargo:rustc-env=SEMOLA_RUSTC={version}");

    if std::env::var_os("CARGO_FEATURE_TCH").is_some() {
        // torch-sys found libtorch (LIBTORCH, LIBTORCH_USE_PYTORCH or a system path) and tells where.
        let lib = std::env::var("DEP_TCH_LIBTORCH_LIB").expect("torch-sys reports the libtorch it links");
        let version = libtorch_version(Path::new(&lib)).unwrap_or_else(|| {
            panic!(
                "the libtorch of {lib} has no header that tells its version; point LIBTORCH to a complete one"
            )
        });
        println!("cargo:rustc-env=SEMOLA_LIBTORCH={version}");
    }
}

/// "2.13.0", from the headers beside libtorch's lib folder.
fn libtorch_version(lib: &Path) -> Option<String> {
    let include = lib.parent()?.join("include/torch");
    ["headeronly/version.h", "csrc/api/include/torch/version.h"].iter().find_map(|header| {
        let header = include.join(header);
        println!("cargo:rerun-if-changed={}", header.display());
        let text = std::fs::read_to_string(header).ok()?;
        let number = |name: &str| {
            let line =
                text.lines().find_map(|line| line.trim().strip_prefix("#define ")?.strip_prefix(name))?;
            line.trim().parse::<u32>().ok()
        };
        let [major, minor, patch] =
            ["TORCH_VERSION_MAJOR ", "TORCH_VERSION_MINOR ", "TORCH_VERSION_PATCH "].map(number);
        Some(format!("{}.{}.{}", major?, minor?, patch?))
    })
}
