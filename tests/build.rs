//! Tells where the programs of this crate look for libtorch at run time.

fn main() {
    // torch-sys found libtorch (LIBTORCH, LIBTORCH_USE_PYTORCH or a system path) and tells where.
    let lib = std::env::var("DEP_TCH_LIBTORCH_LIB").expect("torch-sys reports the libtorch it links");
    let lib = std::fs::canonicalize(&lib).map_or(lib, |path| path.display().to_string());
    println!("cargo:rustc-link-arg=-Wl,-rpath,{lib}");
    println!("cargo:rerun-if-changed=build.rs");
}
