//! Plugins in C and C++, through the C entry: they compile without a warning, keep their contract, and find a symmetry
//! together.

use semola_tests::Desk;
use std::path::PathBuf;
use std::process::Command;

fn repository(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..").join(path)
}

/// Compiles a source of tests/plugins into the desk's plugins.
fn compile(desk: &Desk, compiler: &str, standard: &str, source: &str, library: &str) {
    let output = Command::new(compiler)
        .args([standard, "-Wall", "-Wextra", "-Wpedantic", "-Werror", "-shared", "-fPIC", "-O2"])
        .args(["-fvisibility=hidden", "-I"])
        .arg(repository("plugin-api/include"))
        .arg("-o")
        .arg(desk.path("plugins").join(library))
        .arg(repository(source))
        .arg("-lm")
        .output()
        .unwrap_or_else(|error| panic!("{compiler}: {error}"));
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}

fn desk() -> Desk {
    let desk = Desk::new();
    compile(&desk, "cc", "-std=c11", "tests/plugins/c/rotor.c", "librotor.so");
    compile(&desk, "c++", "-std=c++17", "tests/plugins/cpp/perceptron.cpp", "libperceptron.so");
    desk
}

#[test]
fn they_are_listed_and_keep_their_contract() {
    let desk = desk();
    let listed = desk.run(&["plugin", "list", "--plugin-dir", "plugins"]).done().stdout;
    assert!(
        listed.contains("dataset rotor, action plane") && listed.contains("model perceptron"),
        "{listed}"
    );
    let inspected = desk.run(&["plugin", "inspect", "rotor", "--plugin-dir", "plugins"]).done().stdout;
    assert!(inspected.contains("entry points  C\n"), "{inspected}");
    let checked = desk.run(&["plugin", "check", "plugins"]).done().stdout;
    assert_eq!(checked.matches(" 0 failed, 0 skipped").count(), 2, "{checked}");
}

#[test]
fn a_model_in_c_plus_plus_finds_the_symmetry_of_data_in_c() {
    let desk = desk();
    let plugins =
        ["--plugin", "rotor", "--plugin-dir", "plugins", "--set", "model.component=perceptron/perceptron"];
    desk.run(&[&plugins[..], &["-q", "--out", "run"]].concat()).done();
    let symmetry = desk.summary("run")["symmetry"].clone();
    assert_eq!(symmetry["algebra"]["name"], "so(2)", "{symmetry:#}");
    assert!(symmetry["reference"]["min_cosine"].as_f64().expect("a number") > 0.99, "{symmetry:#}");
}

#[test]
fn what_they_refuse_is_told_in_their_words() {
    let desk = desk();
    let plugins = ["--plugin", "rotor", "--plugin-dir", "plugins", "--out", "run", "--set"];
    let few = desk.run(&[&plugins[..], &["dataset.samples=0"]].concat());
    assert!(few.sentence(2).contains("rotor: samples is out of range, expected 1 to 1000000"), "{few:?}");
    let unknown = desk.run(&[&plugins[..], &["dataset.sample=5"]].concat());
    assert!(unknown.sentence(2).contains("sample"), "{unknown:?}");
    let two_fields = ["--plugin", "dynamics", "--set", "model.component=perceptron/perceptron"];
    let refused = desk.run(&[&two_fields[..], &["--plugin-dir", "plugins", "--out", "run"]].concat());
    assert!(refused.sentence(2).contains("perceptron takes one field of"), "{refused:?}");
}

/// The header says the same as the Rust sources: the offsets of plugin-api/src/abi/frozen.rs, checked by the compiler.
#[test]
fn the_header_has_the_frozen_layout() {
    let desk = Desk::new();
    let fields = [
        ("SemolaValue", 16, &[("tag", 0), ("len", 4), ("bits", 8)][..]),
        ("SemolaTensorMeta", 24, &[("device_index", 2), ("ndim", 4), ("sizes", 8), ("flags", 16)]),
        ("SemolaInit", 24, &[("a", 8), ("b", 16)]),
        ("SemolaComponent", 56, &[("name", 8), ("summary", 24), ("default_options", 40), ("create", 48)]),
        ("SemolaCreateArgs", 64, &[("parameters", 8), ("options", 16), ("spec", 32), ("context", 48)]),
        ("SemolaObject", 16, &[("vtable", 8)]),
        (
            "SemolaCPlugin",
            40,
            &[("component_count", 4), ("components", 8), ("experiment", 16), ("query", 32)],
        ),
        ("SemolaModelVtable", 24, &[("drop", 8), ("forward", 16)]),
        ("SemolaDatasetVtable", 32, &[("spec", 16), ("split", 24)]),
        ("SemolaExtent", 24, &[("blocks", 8), ("largest", 16)]),
        ("SemolaBlockDatasetVtable", 48, &[("extent", 32), ("block", 40)]),
        ("SemolaActionVtable", 40, &[("describe", 16), ("act", 24), ("act_target", 32)]),
        (
            "SemolaHostApi",
            120,
            &[("op_lookup", 8), ("op_call", 16), ("tensor_meta", 64), ("param_create", 88), ("log", 112)],
        ),
        ("SemolaManifest", 1896, &[("flags", 24), ("id", 32), ("compiler", 288), ("components", 360)]),
    ];
    let mut source = String::from("#include \"semola_plugin.h\"\n");
    for (record, size, offsets) in fields {
        source += &format!("_Static_assert(sizeof({record}) == {size}, \"{record}\");\n");
        for (field, offset) in offsets {
            source +=
                &format!("_Static_assert(offsetof({record}, {field}) == {offset}, \"{record}.{field}\");\n");
        }
    }
    let path = desk.write("layout.c", source);
    let output = Command::new("cc")
        .args(["-std=c11", "-fsyntax-only", "-I"])
        .arg(repository("plugin-api/include"))
        .arg(path)
        .output()
        .expect("cc runs");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
}
