//! A user's own PyTorch module: trained, kept in checkpoints, and refused with one sentence where it can't be.
//!
//! The plugin is built apart from the others: `scripts/torchscript`. Its modules are made by
//! plugins/torchscript/src/golden/make.py.

use semola_plugin_api::abi::Manifest;
use semola_tests::{Checkpoint, Desk, built, patch};
use std::mem::offset_of;
use std::path::PathBuf;

const PLUGIN: &str = "libsemola_plugin_torchscript.so";

/// A module that the plugin's unit tests read, too.
fn golden(name: &str) -> PathBuf {
    PathBuf::from(format!("{}/../plugins/torchscript/src/golden/{name}", env!("CARGO_MANIFEST_DIR")))
}

/// Sees that the plugin is there.
fn desk() -> Desk {
    drop(built(PLUGIN));
    Desk::new()
}

/// A short run of this module on two-body orbits.
fn arguments(path: &str) -> Vec<String> {
    let settings = [
        &format!("model.path={path}"),
        "training.steps=60",
        "training.warm_up=0.5",
        "training.batch_size=32",
        "dataset.trajectories=20",
        "dataset.validation=10",
        "dataset.test=10",
        "symmetry.bootstrap=0",
    ];
    let mut arguments: Vec<String> =
        ["--plugin", "torchscript", "--threads", "1"].map(str::to_owned).to_vec();
    arguments.extend(settings.iter().flat_map(|setting| ["--set".to_owned(), (*setting).to_owned()]));
    arguments
}

fn run(desk: &Desk, path: &str, more: &[&str]) -> semola_tests::Outcome {
    let arguments = arguments(path);
    let arguments: Vec<&str> = more.iter().copied().chain(arguments.iter().map(String::as_str)).collect();
    desk.run(&arguments)
}

fn numbers(checkpoint: &Checkpoint, name: &str) -> Vec<f32> {
    let (_, bytes) =
        checkpoint.tensors.get(name).unwrap_or_else(|| panic!("{name} in {:?}", checkpoint.tensors.keys()));
    bytes.as_chunks::<4>().0.iter().map(|number| f32::from_le_bytes(*number)).collect()
}

#[test]
fn the_example_learns_and_finds_the_rotation() {
    let desk = desk();
    let outcome = desk.run(&["discover", "--plugin", "torchscript", "--threads", "1", "--out", "run"]).done();
    assert!(outcome.stdout.starts_with("Symmetric under so(2): 1 generator."), "{}", outcome.stdout);
    let summary = desk.summary("run");
    let cosine = summary["symmetry"]["reference"]["min_cosine"].as_f64().expect("a number");
    assert!(cosine > 0.999, "{cosine}");
}

#[test]
fn parameters_and_buffers_are_the_hosts() {
    let desk = desk();
    run(&desk, &golden("lasting.pt").display().to_string(), &["train", "--out", "run"]).done();
    let checkpoint = desk.checkpoint("run", "last");
    let mut names: Vec<&str> =
        checkpoint.tensors.keys().filter_map(|name| name.strip_prefix("model.")).collect();
    names.sort_unstable();
    // `tied.weight` is `output.weight`.
    let expected = [
        "input.bias",
        "input.weight",
        "mean",
        "norm.bias",
        "norm.num_batches_tracked",
        "norm.running_mean",
        "norm.running_var",
        "norm.weight",
        "offset",
        "output.bias",
        "output.weight",
        "scale",
        "seen",
        "tied.bias",
    ];
    assert_eq!(names, expected);
    let value = |name: &str| numbers(&checkpoint, &format!("model.{name}"));
    // Not trained: it requires no gradient. Nor is a plain attribute.
    assert_eq!(value("offset"), [0.5, -0.5]);
    assert_eq!(value("scale"), [2.0]);
    // Every training call counts itself and its samples.
    let calls = value("norm.num_batches_tracked")[0];
    assert!(calls >= 60.0, "{calls}");
    assert_eq!(value("seen"), [calls * 32.0]);
    assert!(value("norm.running_mean").iter().all(|mean| *mean != 0.0), "batch norm has looked");
    assert!(value("mean")[0] != 0.0, "a buffer that the code replaces is followed");
    // Seven are trained: moments are kept for these.
    let moments =
        checkpoint.tensors.keys().filter(|name| name.ends_with(".exp_avg") && name.contains("model")).count();
    assert_eq!(moments, 7, "{:?}", checkpoint.tensors.keys());
}

#[test]
fn the_abi_check_has_nothing_to_say() {
    let desk = desk().with("SEMOLA_ABI_CHECK", "1");
    run(&desk, &golden("lasting.pt").display().to_string(), &["train", "--out", "run"]).done();
}

#[test]
fn runs_repeat_and_shuffling_follows_the_seed() {
    let desk = desk();
    let path = golden("lasting.pt").display().to_string();
    let mut runs = 0;
    let mut losses = |more: &[&str]| {
        runs += 1;
        let out = format!("run-{runs}");
        let more = [&["discover", "--out", &out][..], more].concat();
        run(&desk, &path, &more).done();
        desk.checkpoint(&out, "last").tensors
    };
    let file = losses(&[]);
    assert_eq!(file, losses(&[]));
    let shuffled = losses(&["--set", "model.start=shuffled"]);
    assert_ne!(file["model.input.weight"], shuffled["model.input.weight"]);
    assert_eq!(shuffled, losses(&["--set", "model.start=shuffled"]));
}

#[test]
fn files_that_cannot_be_trained_end_in_one_sentence() {
    let desk = desk();
    for (name, parts) in [
        ("state.pt", &["was written by torch.save", "torch.jit.script(module).save"][..]),
        ("legacy.pt", &["is a Python pickle, not TorchScript"]),
        ("frozen.pt", &["has no parameters", "before torch.jit.freeze"]),
        ("untrained.pt", &["none that requires a gradient", ".requires_grad_(True)"]),
        ("double.pt", &["`layer.weight` of type Double", "call .float()"]),
        ("integer.pt", &["`table` of type Int64", "make what is not to be trained a buffer"]),
        ("precise.pt", &["buffer `third` in Double", "call .float()"]),
        ("listed.pt", &["tensor `scales.0`", "ParameterList"]),
        ("hidden.pt", &["keeps parameter `other.", "behind an interface"]),
        ("one_input.pt", &["takes 1 input (x), and the data have 2 input fields (q, p)"]),
        ("one_output.pt", &["returns 1 tensor, and the data have 2 targets"]),
        ("flat.pt", &["into [2, 4] for target `dq`, and [2, 2, 2] is expected", "reshape"]),
        ("fails.pt", &["mat1 and mat2 shapes cannot be multiplied (2x4 and 8x8)", "line 11"]),
    ] {
        let path = golden(name).display().to_string();
        let outcome = run(&desk, &path, &["train", "--out", "run"]);
        let sentence = outcome.sentence(2);
        for part in parts.iter().copied().chain(["model torchscript/module: ", path.as_str()]) {
            assert!(sentence.contains(part), "{part} in {sentence}");
        }
    }
    let outcome = run(&desk, "missing.pt", &["train", "--out", "run"]);
    assert!(outcome.sentence(2).contains("missing.pt cannot be read"), "{outcome:?}");
    let outcome = run(&desk, "", &["train", "--out", "run", "--set", "model.method=predict"]);
    assert!(
        outcome.sentence(2).contains("has no method `predict`; set model.method to one that it has: forward"),
        "{outcome:?}"
    );
    let half = std::fs::read(golden("lasting.pt")).expect("the module can be read");
    desk.write("half.pt", &half[..half.len() / 2]);
    let outcome = run(&desk, "half.pt", &["train", "--out", "run"]);
    assert!(outcome.sentence(2).contains("half.pt is damaged or cut off"), "{outcome:?}");
}

#[test]
fn another_libtorch_is_refused_before_the_file_is_opened() {
    let desk = Desk::without_plugins();
    let plugin = std::fs::read(built(PLUGIN)).expect("the plugin can be read");
    desk.write("plugins/torchscript.so", patch(&plugin, offset_of!(Manifest, libtorch), b"2.12.0\0"));
    let outcome = desk.run(&["--plugin", "torchscript", "--plugin-dir", "plugins", "--out", "run"]);
    let sentence = outcome.sentence(3);
    for part in ["plugin torchscript", "links libtorch 2.12.0", "this host runs libtorch 2.13.0"] {
        assert!(sentence.contains(part), "{part} in {sentence}");
    }
    let inspected = self::desk().run(&["plugin", "inspect", "torchscript", "--json"]).done().json();
    assert_eq!(inspected["libtorch"], "2.13.0");
}

/// With equal weights, the module and the plugin `mlp` learn alike, step by step.
#[test]
fn a_scripted_mlp_learns_as_the_mlp_does() {
    let desk = desk();
    let schedule = |out: &str, rate: &str| -> Vec<String> {
        let mut arguments = vec!["--threads".into(), "1".into(), "--out".into(), out.into()];
        let same =
            ["training.steps=400", "training.warm_up=0.5", "training.batch_size=192", "symmetry.bootstrap=0"];
        for setting in same.into_iter().chain([rate]) {
            arguments.extend(["--set".to_owned(), setting.to_owned()]);
        }
        arguments
    };
    let start = |first: &[&str], out: &str, rate: &str| {
        let more = schedule(out, rate);
        let arguments: Vec<&str> = first.iter().copied().chain(more.iter().map(String::as_str)).collect();
        desk.run(&arguments).done()
    };
    let mlp =
        "discover --plugin dynamics --set model.width=32 --set model.depth=3 --set model.activation=silu";
    let mlp: Vec<&str> = mlp.split(' ').collect();
    // A rate that moves nothing shows the weights that a run starts from.
    let still = "training.learning_rate=1e-30";
    start(&mlp, "mlp-start", still);
    start(&["discover", "--plugin", "torchscript"], "module-start", still);
    let (from, to) = (desk.checkpoint("mlp-start", "last"), desk.checkpoint("module-start", "last"));
    let mut module = std::fs::read(golden("../../example/two-body.pt")).expect("the example can be read");
    for layer in 0..4 {
        for part in ["weight", "bias"] {
            // Activations have numbers in Sequential, too.
            let theirs = &from.tensors[&format!("model.layers.{layer}.{part}")];
            let ours = &to.tensors[&format!("model.layers.{}.{part}", 2 * layer)];
            assert_eq!(theirs.0, ours.0);
            let at =
                module.windows(ours.1.len()).position(|window| window == ours.1).expect("the file's values");
            module[at..at + ours.1.len()].copy_from_slice(&theirs.1);
        }
    }
    desk.write("equal.pt", module);
    let rate = "training.learning_rate=4e-3";
    start(&mlp, "mlp", rate);
    start(&["discover", "--plugin", "torchscript", "--set", "model.path=equal.pt"], "module", rate);
    let losses = |run: &str| -> Vec<f64> {
        let lines = desk.metrics(run);
        let warm_up = lines.iter().filter(|line| line["stage"] == "warm_up");
        warm_up.map(|line| line["loss"]["task"].as_f64().expect("a number")).collect()
    };
    let (mlp, module) = (losses("mlp"), losses("module"));
    assert!(mlp.len() >= 3 && mlp.len() == module.len(), "{mlp:?} {module:?}");
    assert!(mlp.last() < mlp.first(), "it learns: {mlp:?}");
    for (step, (mlp, module)) in mlp.iter().zip(&module).enumerate() {
        assert!((mlp - module).abs() <= 1e-5 * mlp, "line {step}: {mlp} and {module}");
    }
}
