//! Compiles the host's C++ and sets where the binaries look for libtorch at run time.

fn main() {
    let nodes = ["convolution", "exponential", "layer", "moved", "orthonormal", "squared_error"];
    let mut sources = nodes.map(|name| format!("src/torch/nodes/{name}.cpp")).to_vec();
    sources.push("src/torch/bridge.cpp".into());
    let headers = ["convolution", "layer", "node", "small"].map(|name| format!("src/torch/nodes/{name}.h"));
    for source in sources.iter().chain(&headers) {
        println!("cargo:rerun-if-changed={source}");
    }
    // torch-sys found libtorch (LIBTORCH, LIBTORCH_USE_PYTORCH or a system path) and tells where.
    let lib = std::env::var("DEP_TCH_LIBTORCH_LIB").expect("torch-sys reports the libtorch it links");
    let lib = std::fs::canonicalize(&lib).map_or(lib, |path| path.display().to_string());
    let root = std::path::Path::new(&lib).parent().expect("libtorch's lib folder has a parent");
    cc::Build::new()
        .cpp(true)
        .std("c++20")
        .warnings(false)
        .include(root.join("include"))
        .include(root.join("include/torch/csrc/api/include"))
        .files(&sources)
        // Without it tests would spend their time in loops that nobody debugs.
        .opt_level(3)
        .compile("semola_bridge");
    println!("cargo:rustc-link-search=native={lib}");
    println!("cargo:rustc-link-lib=torch_cpu");
    println!("cargo:rustc-link-lib=c10");
    // Beside the binary first, as in an unpacked release; then where it was built against.
    for place in ["$ORIGIN/lib", "$ORIGIN/../lib", &lib] {
        println!("cargo:rustc-link-arg=-Wl,-rpath,{place}");
    }
}
