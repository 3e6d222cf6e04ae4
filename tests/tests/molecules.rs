//! The molecules plugin: what its model and its action promise, and a verdict from a user's own files.

use semola_host::plugins::{
    ActionInstance, Catalogue, Creation, HostVersion, LoadedPlugin, ModelInstance, Origin, Place,
};
use semola_host::torch::{LIBTORCH_VERSION, ParameterStore};
use semola_plugin_api::abi::{Component, Kind};
use semola_plugin_api::{Context, DataSpec, Field, Mode, Reference, Representation, Task};
use semola_tests::{Desk, built};
use serde_json::{Map, Value};
use std::fmt::Write;
use tch::{Device, Kind as DType, Tensor};

const FLOAT: (DType, Device) = (DType::Float, Device::Cpu);

fn component(kind: Kind, name: &str) -> (LoadedPlugin, Component) {
    let file = built("libsemola_plugin_molecules.so");
    let place = Place { origin: Origin::BesideBinary, dir: file.parent().expect("a directory").to_owned() };
    let catalogue = Catalogue::scan(&[place], &HostVersion::current(LIBTORCH_VERSION));
    let plugin =
        LoadedPlugin::load_once(catalogue.find("molecules").expect("it is there")).expect("it loads");
    let component = *plugin.component(kind, name).expect("it has this component");
    (plugin, component)
}

fn spec(atoms: usize) -> DataSpec {
    let masked = |field: Field| Field { mask: Some("mask".into()), ..field };
    DataSpec {
        n: 3,
        inputs: vec![
            masked(Field::vectors("position", atoms, 3)),
            masked(Field::new("element", [atoms as i64, 2], Representation::Scalar)),
            Field::scalars("mask", atoms),
        ],
        targets: vec![Field::scalars("gap", 1)],
        task: Task::Regression,
        reference: Some(Reference::rotations(3)),
    }
}

fn model(options: Value) -> ModelInstance {
    let (plugin, component) = component(Kind::Model, "transformer");
    let options: Map<String, Value> = serde_json::from_value(options).expect("a table");
    let creation = Creation { options: &options, context: &Context::default() };
    tch::manual_seed(3);
    ModelInstance::create(&plugin, &component, creation, &spec(6), ParameterStore::new(Device::Cpu))
        .expect("the spec suits the model")
}

/// Four molecules of 3 to 6 atoms in 6 rows.
fn molecules() -> Vec<Tensor> {
    tch::manual_seed(5);
    let mask = Tensor::from_slice2(&[
        [1.0_f32, 1.0, 1.0, 0.0, 0.0, 0.0],
        [1.0, 1.0, 1.0, 1.0, 0.0, 0.0],
        [1.0, 1.0, 1.0, 1.0, 1.0, 0.0],
        [1.0, 1.0, 1.0, 1.0, 1.0, 1.0],
    ]);
    let element = Tensor::randint(2, [4, 6], (DType::Int64, Device::Cpu)).one_hot(2).to_kind(DType::Float);
    let rows = mask.unsqueeze(-1);
    vec![Tensor::randn([4, 6, 3], FLOAT) * &rows, element * &rows, mask]
}

fn predict(model: &ModelInstance, inputs: &[Tensor]) -> Tensor {
    model.forward(inputs, Mode::Eval).expect("it predicts").remove(0)
}

#[track_caller]
fn assert_close(a: &Tensor, b: &Tensor) {
    let apart = (a - b).abs().max().double_value(&[]);
    assert!(apart < 1e-5, "{apart}: {a:?} {b:?}");
}

#[test]
fn atoms_have_no_order_and_padding_is_no_atom() {
    for options in [r#"{}"#, r#"{"pooling": "mean", "blocks": 1, "activation": "gelu"}"#] {
        let model = model(serde_json::from_str(options).expect("options"));
        let inputs = molecules();
        let expected = predict(&model, &inputs);
        // Otherwise all of this would hold for a constant.
        assert!(expected.std(true).double_value(&[]) > 1e-3, "{options}: molecules differ");

        let order = Tensor::from_slice(&[4_i64, 2, 5, 0, 3, 1]);
        let shuffled: Vec<Tensor> = inputs.iter().map(|field| field.index_select(1, &order)).collect();
        assert_close(&predict(&model, &shuffled), &expected);

        let longer = |field: &Tensor| {
            let mut shape = field.size();
            shape[1] = 4;
            Tensor::cat(&[field.shallow_clone(), Tensor::zeros(&shape[..], FLOAT)], 1)
        };
        assert_close(&predict(&model, &inputs.iter().map(longer).collect::<Vec<_>>()), &expected);

        // What stands in the padding does not matter either, nor who else is in the batch.
        let rows = inputs[2].unsqueeze(-1);
        let noisy = vec![
            &inputs[0] + Tensor::randn([4, 6, 3], FLOAT) * (1.0 - &rows),
            inputs[1].shallow_clone(),
            inputs[2].shallow_clone(),
        ];
        assert_close(&predict(&model, &noisy), &expected);
        let alone: Vec<Tensor> = inputs.iter().map(|field| field.narrow(0, 2, 1)).collect();
        assert_close(&predict(&model, &alone), &expected.narrow(0, 2, 1));
    }
}

#[test]
fn nothing_is_built_in_about_rotations_and_translations() {
    let model = model(Value::Object(Map::new()));
    let inputs = molecules();
    let expected = predict(&model, &inputs);
    let rows = inputs[2].unsqueeze(-1);
    let turned = inputs[0].index_select(2, &Tensor::from_slice(&[1_i64, 2, 0]));
    for moved in [turned, (&inputs[0] + 0.5) * rows] {
        let fields = vec![moved, inputs[1].shallow_clone(), inputs[2].shallow_clone()];
        assert!((predict(&model, &fields) - &expected).abs().max().double_value(&[]) > 1e-3);
    }
}

#[test]
fn the_action_moves_atoms_and_leaves_padding() {
    let (plugin, component) = component(Kind::Action, "se3");
    let options = Map::new();
    let creation = Creation { options: &options, context: &Context::default() };
    let action = ActionInstance::create(&plugin, &component, creation, &spec(6)).expect("it suits");
    assert_eq!(action.spec().n, 4);
    assert_eq!(action.spec().reference.as_ref().map(|r| r.generators.len()), Some(6));

    let inputs = molecules();
    let identity = Tensor::eye(4, FLOAT).expand([4, 4, 4], false).contiguous();
    for (moved, field) in action.act(&identity, &inputs).expect("it acts").iter().zip(&inputs) {
        assert_close(moved, field);
    }
    // Each molecule by a matrix of its own: x → A x + t, written out.
    let g = Tensor::randn([4, 4, 4], FLOAT).set_requires_grad(true);
    let moved = action.act(&g, &inputs).expect("it acts");
    let by_hand = inputs[0].matmul(&g.narrow(1, 0, 3).narrow(2, 0, 3).transpose(1, 2))
        + g.narrow(1, 0, 3).narrow(2, 3, 1).transpose(1, 2);
    let rows = inputs[2].unsqueeze(-1);
    assert_close(&moved[0], &(by_hand * &rows));
    assert_close(&moved[1], &inputs[1]);
    assert_close(&moved[2], &inputs[2]);
    // Differentiable in every entry but those of the last row, on which nothing depends.
    moved[0].square().sum(DType::Float).backward();
    let gradient = g.grad();
    assert!(gradient.narrow(1, 0, 3).abs().min().double_value(&[]) > 0.0);
    assert_eq!(gradient.narrow(1, 3, 1).abs().max().double_value(&[]), 0.0);
}

/// 1500 pairs of unlike atoms with the squared distance, in ångström², as their property; directions and lengths by
/// quasi-random sequences.
fn pairs() -> String {
    let mut text = String::new();
    let part = |k: u32, step: f64| (f64::from(k) * step).fract();
    for k in 0..1500 {
        let (z, angle) = (2.0 * part(k, 0.754_877_666) - 1.0, std::f64::consts::TAU * part(k, 0.569_840_291));
        let length = 1.0 + part(k, 0.618_033_989);
        let (x, y) =
            ((1.0 - z * z).sqrt() * angle.cos() * length, (1.0 - z * z).sqrt() * angle.sin() * length);
        writeln!(text, "2\nd2={}\nC 0 0 0\nO {x} {y} {}", length * length, z * length)
            .expect("memory suffices");
    }
    text
}

#[test]
fn a_folder_of_structures_is_enough_for_a_verdict() {
    let desk = Desk::new();
    desk.write("mine/pairs.xyz", pairs());
    let mut arguments = vec!["discover", "--plugin", "molecules", "--threads", "1", "--out", "run"];
    for set in [
        "dataset.component=molecules/files",
        "dataset.path=mine",
        "dataset.target=d2",
        "model.width=32",
        "model.blocks=1",
        "training.steps=1500",
        "training.warm_up=0.5",
    ] {
        arguments.extend(["--set", set]);
    }
    let outcome = desk.run(&arguments).done();
    assert!(outcome.stdout.starts_with("Symmetric under so(3): 3 generators."), "{}", outcome.stdout);
    let reference = &desk.summary("run")["symmetry"]["reference"];
    assert!(reference["min_cosine"].as_f64().expect("a number") > 0.98, "{reference}");
}

#[test]
fn a_file_that_is_not_sound_ends_in_one_sentence() {
    let desk = Desk::new();
    desk.write("pairs.xyz", pairs().replacen("O ", "Oo ", 7));
    let set = |option| ["--set", option];
    let arguments = [
        &["--plugin", "molecules", "--out", "run"][..],
        &set("dataset.component=molecules/files"),
        &set("dataset.path=pairs.xyz"),
        &set("dataset.target=d2"),
    ]
    .concat();
    let outcome = desk.run(&arguments);
    let sentence = outcome.sentence(2);
    for part in ["molecules/files: pairs.xyz, record 1, line 4: atom 2 of 2: `Oo`", "no chemical element"] {
        assert!(sentence.contains(part), "{part} in {sentence}");
    }
}
