//! Plugins as third parties write them, crates outside the workspace that depend on `semola-plugin-api`: they build
//! without libtorch, keep their contract, and work with plugins that they know only by name.

use semola_host::plugins::{Catalogue, Creation, HostVersion, LoadedPlugin, ModelInstance, Origin, Place};
use semola_host::torch::{LIBTORCH_VERSION, ParameterStore};
use semola_plugin_api::abi::Kind;
use semola_plugin_api::{Context, DataSpec, Field, Mode, Representation, Task};
use semola_tests::{Desk, built};
use serde_json::{Value, json};
use std::fmt::Write;
use std::process::Command;
use tch::{Device, Kind as DType, Tensor};

/// Builds a crate of tests/plugins and lays its library among the desk's plugins.
fn build(desk: &Desk, name: &str) {
    // Shared with the crates of `plugin new`: most of the dependencies are the same.
    let target = built("semola-host").with_file_name("new-plugins");
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.arg("build").current_dir(format!("{}/plugins/{name}", env!("CARGO_MANIFEST_DIR")));
    // Stands above the project's own setting, so that a plugin that needs libtorch would not build.
    command.env("LIBTORCH", "/nonexistent").env("CARGO_TARGET_DIR", &target);
    let output = command.output().expect("cargo starts");
    let text = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !text.contains("warning"), "{text}");
    let library = format!("lib{name}.so");
    std::fs::copy(target.join("debug").join(&library), desk.path("plugins").join(&library))
        .expect("the library was built and the desk is writable");
}

fn desk() -> Desk {
    let desk = Desk::new();
    build(&desk, "graphnet");
    build(&desk, "spinors");
    desk
}

#[test]
fn they_keep_their_contract() {
    let desk = desk();
    let checked = desk.run(&["plugin", "check", "plugins"]).done().stdout;
    assert!(checked.contains("graphnet 0.1.0") && checked.contains("spinors 0.1.0"), "{checked}");
    assert_eq!(checked.matches(" 0 failed, ").count(), 2, "{checked}");
    // QM9, of graphnet's experiment, is never imported here; everything else is tried.
    assert!(checked.contains("  skipped  data of molecules/qm9"), "{checked}");
    assert_eq!(checked.matches("  skipped  ").count(), 1, "{checked}");
}

#[test]
fn su2_is_found_among_all_linear_maps_of_spinors() {
    let desk = desk();
    desk.run(&["--plugin", "spinors", "--plugin-dir", "plugins", "--threads", "1", "-q", "--out", "run"])
        .done();
    let summary = desk.summary("run");
    let symmetry = &summary["symmetry"];
    assert_eq!(symmetry["verdict"], "symmetric", "{symmetry:#}");
    assert_eq!(symmetry["algebra"]["name"], "su(2)", "{symmetry:#}");
    assert_eq!(symmetry["reference"]["name"], "su(2)", "{symmetry:#}");
    assert!(symmetry["reference"]["min_cosine"].as_f64().expect("a number") > 0.999, "{symmetry:#}");
    // Pairs near spin up were all that training saw.
    let shifted = summary["metrics"]["shifted"]["rmse"].as_f64().expect("a number");
    assert!(shifted < 0.2, "{shifted}");
}

/// 600 molecules of a carbon atom and one or two oxygen atoms around it, with the sum of squared distances, in
/// ångström², as their property; directions and lengths by quasi-random sequences.
fn molecules() -> String {
    let mut text = String::new();
    for k in 0..600_u32 {
        let part = |step: f64| (f64::from(k) * step).fract();
        let steps =
            [[0.754_877_666, 0.569_840_291, 0.618_033_989], [0.819_172_513, 0.671_043_607, 0.549_700_478]];
        let (mut atoms, mut stretch) = (String::from("C 0 0 0\n"), 0.0);
        let count = 1 + k as usize % 2;
        for [height, turn, length] in &steps[..count] {
            let (z, angle, length) =
                (2.0 * part(*height) - 1.0, std::f64::consts::TAU * part(*turn), 1.0 + part(*length));
            let radius = (1.0 - z * z).sqrt() * length;
            let (x, y, z) = (radius * angle.cos(), radius * angle.sin(), z * length);
            writeln!(atoms, "O {x} {y} {z}").expect("memory suffices");
            stretch += length * length;
        }
        write!(text, "{}\nstretch={stretch}\n{atoms}", 1 + count).expect("memory suffices");
    }
    text
}

#[test]
fn messages_between_atoms_find_the_rotations_of_another_plugin_s_molecules() {
    let desk = desk();
    desk.write("molecules.xyz", molecules());
    for neighbours in ["0", "1"] {
        let mut arguments = vec!["discover", "--plugin", "molecules", "--plugin-dir", "plugins"];
        let neighbours = format!("model.neighbours={neighbours}");
        for set in [
            "dataset.component=molecules/files",
            "dataset.path=molecules.xyz",
            "dataset.target=stretch",
            "model.component=graphnet/message-passing",
            "model.width=32",
            "training.steps=1000",
            "training.warm_up=0.5",
            &neighbours,
        ] {
            arguments.extend(["--set", set]);
        }
        arguments.extend(["--threads", "1", "-q", "--out", &neighbours]);
        desk.run(&arguments).done();
        let summary = desk.summary(&neighbours);
        let symmetry = &summary["symmetry"];
        assert_eq!(symmetry["algebra"]["name"], "so(3)", "{neighbours}: {symmetry:#}");
        assert!(symmetry["reference"]["min_cosine"].as_f64().expect("a number") > 0.98, "{symmetry:#}");
        let used = summary["plugins"].as_array().expect("a list").iter();
        let ids: Vec<&str> = used.filter_map(|plugin| plugin["id"].as_str()).collect();
        assert!(ids.contains(&"graphnet") && ids.contains(&"molecules"), "{ids:?}");
    }
}

/// The graph network for molecules of up to 6 atoms of two kinds.
fn model(desk: &Desk, options: &Value) -> ModelInstance {
    let place = Place { origin: Origin::BesideBinary, dir: desk.path("plugins") };
    let catalogue = Catalogue::scan(&[place], &HostVersion::current(LIBTORCH_VERSION));
    let plugin = LoadedPlugin::load_once(catalogue.find("graphnet").expect("it is there")).expect("it loads");
    let component = *plugin.component(Kind::Model, "message-passing").expect("it has this component");
    let masked = |field: Field| Field { mask: Some("mask".into()), ..field };
    let spec = DataSpec {
        n: 3,
        inputs: vec![
            masked(Field::vectors("position", 6, 3)),
            masked(Field::new("element", [6, 2], Representation::Scalar)),
            Field::scalars("mask", 6),
        ],
        targets: vec![Field::scalars("gap", 1), Field::vectors("dipole", 1, 3)],
        task: Task::Regression,
        reference: None,
    };
    let context = Context::default();
    let creation = Creation { options: options.as_object().expect("a table"), context: &context };
    tch::manual_seed(3);
    ModelInstance::create(&plugin, &component, creation, &spec, ParameterStore::new(Device::Cpu))
        .expect("the spec suits the model")
}

#[test]
fn atoms_have_no_order_padding_is_no_atom_and_nothing_is_known_of_space() {
    let desk = desk();
    tch::manual_seed(5);
    let float = (DType::Float, Device::Cpu);
    // Four molecules of 3 to 6 atoms.
    let mask = Tensor::ones([6, 6], float).tril(0).narrow(0, 2, 4);
    let atoms = mask.unsqueeze(-1);
    let position = Tensor::randn([4, 6, 3], float) * &atoms;
    let element =
        Tensor::randint(2, [4, 6], (DType::Int64, Device::Cpu)).one_hot(2).to_kind(DType::Float) * &atoms;
    for options in [json!({}), json!({"neighbours": 2, "rounds": 3})] {
        let model = model(&desk, &options);
        let predict = |position: &Tensor, element: &Tensor, mask: &Tensor| {
            let inputs = [position, element, mask].map(Tensor::shallow_clone);
            let predictions = model.forward(&inputs, Mode::Eval).expect("it predicts");
            let flat: Vec<Tensor> = predictions.iter().map(|prediction| prediction.flatten(1, -1)).collect();
            Tensor::cat(&flat, 1)
        };
        let expected = predict(&position, &element, &mask);
        let apart = |other: Tensor| (other - &expected).abs().max().double_value(&[]);

        let order = Tensor::from_slice(&[4_i64, 2, 5, 0, 3, 1]);
        let shuffled = [&position, &element, &mask].map(|field| field.index_select(1, &order));
        assert!(apart(predict(&shuffled[0], &shuffled[1], &shuffled[2])) < 1e-5, "{options}");
        let noise = Tensor::randn([4, 6, 3], float) * (1.0 - &atoms);
        assert!(apart(predict(&(&position + noise), &element, &mask)) < 1e-5, "{options}");

        // Otherwise all of this would hold for a constant.
        let turned = position.index_select(2, &Tensor::from_slice(&[1_i64, 2, 0]));
        assert!(apart(predict(&turned, &element, &mask)) > 1e-3, "{options}");
        assert!(apart(predict(&((&position + 0.5) * &atoms), &element, &mask)) > 1e-3, "{options}");
        assert!(apart(predict(&position, &element.flip([2_i64]), &mask)) > 1e-3, "{options}");
    }
}

#[test]
fn what_does_not_suit_them_is_told_in_their_words() {
    let desk = desk();
    let refused = |plugin: &str, set: &[&str], words: &str| {
        let sets = set.iter().flat_map(|set| ["--set", set]);
        let arguments =
            ["--plugin", plugin, "--plugin-dir", "plugins", "--out", "run"].into_iter().chain(sets);
        let outcome = desk.run(&arguments.collect::<Vec<_>>());
        assert!(outcome.sentence(2).contains(words), "{outcome:?}");
    };
    let graphnet = "model.component=graphnet/message-passing";
    refused(
        "synthetic",
        &["dataset.component=synthetic/covectors", graphnet],
        "input 'w' is F32 [1, 3], expected floats [3, …]",
    );
    refused(
        "synthetic",
        &["action.component=spinors/complex"],
        "action spinors/complex: field 'x' is declared Vector",
    );
    refused(
        "spinors",
        &["dataset.spread=0"],
        "dataset spinors/pairs: spread is 0, expected above 0 and up to 10",
    );
    refused(
        "spinors",
        &[graphnet, "model.rounds=0"],
        "model graphnet/message-passing: rounds is 0, expected 1 to 64",
    );
}
