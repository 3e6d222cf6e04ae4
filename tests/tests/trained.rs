//! The model of a finished run at work again: the same figures, and predictions that agree with them.

use npyz::npz::NpzArchive;
use semola_tests::Desk;
use serde_json::Value;
use std::process::Command;

/// Orbits, short, with averages.
const ORBITS: &str = "-q --plugin dynamics --threads 1 --set training.steps=300 --set dataset.trajectories=50 \
    --set symmetry.generators=1 --set evaluation.average=4 --out run";

fn desk_with_a_run() -> Desk {
    let desk = Desk::new();
    desk.run(&ORBITS.split_whitespace().collect::<Vec<_>>()).done();
    desk
}

fn number(value: &Value, pointer: &str) -> f64 {
    value.pointer(pointer).and_then(Value::as_f64).unwrap_or_else(|| panic!("{pointer} in {value:#}"))
}

fn array(desk: &Desk, file: &str, name: &str) -> (Vec<u64>, Vec<f32>) {
    let file = std::fs::File::open(desk.path(file)).expect("it was written");
    let mut archive = NpzArchive::new(std::io::BufReader::new(file)).expect("an archive");
    let array = archive.by_name(name).expect("readable").unwrap_or_else(|| panic!("no array {name}"));
    (array.shape().to_vec(), array.into_vec().expect("floats"))
}

/// The target fields of orbits: both vectors, so scaled without an offset.
const FIELDS: [&str; 2] = ["dq", "dp"];

fn root_mean_square(values: impl Iterator<Item = f32>) -> f64 {
    let (sum, count) =
        values.fold((0.0, 0), |(sum, count), value| (sum + f64::from(value).powi(2), count + 1));
    (sum / f64::from(count)).sqrt()
}

/// Root of the mean squared error of all fields, each over its scale.
fn relative_error(read: impl Fn(&str) -> Vec<f32>, scales: [f64; 2]) -> f64 {
    let squares = FIELDS.iter().zip(scales).map(|(field, scale)| {
        let (predicted, wanted) = (read(field), read(&format!("{field}.target")));
        assert_eq!(predicted.len(), wanted.len());
        (root_mean_square(predicted.iter().zip(&wanted).map(|(p, t)| p - t)) / scale).powi(2)
    });
    (squares.sum::<f64>() / 2.0).sqrt()
}

#[test]
fn figures_are_those_of_the_run_and_predictions_agree_with_them() {
    let desk = desk_with_a_run();
    let before = desk.contents("run");
    let summary = desk.summary("run");
    let again: Value = desk.run(&["eval", "run", "--json"]).done().json();
    assert_eq!(again, summary["metrics"], "the same data, the same model, the same draws");
    let text = desk.run(&["eval", "run"]).done().stdout;
    assert!(text.contains("test") && text.contains("shifted") && text.contains("mean of 4"), "{text}");

    // Other data of the same kind: noise makes it worse, and the way there is as in the run.
    let noisy: Value = desk.run(&["eval", "run", "--set", "dataset.noise=0.5", "--json"]).done().json();
    assert!(number(&noisy, "/test/rmse") > 2.0 * number(&again, "/test/rmse"), "{noisy:#}");

    desk.run(&["predict", "run", "--average", "0", "--out", "test.npz"]).done();
    // The scales are those of the training targets, in a file of their own.
    desk.run(&["predict", "run", "--average", "0", "--split", "train", "--out", "train.npz"]).done();
    let scales = FIELDS
        .map(|field| root_mean_square(array(&desk, "train.npz", &format!("{field}.target")).1.into_iter()));
    let error = relative_error(|name| array(&desk, "test.npz", name).1, scales);
    assert!((error / number(&again, "/test/rmse") - 1.0).abs() < 1e-4, "{error} and {again:#}");
    assert_eq!(array(&desk, "test.npz", "dq").0, array(&desk, "test.npz", "dq.target").0);

    // Averaged, in the other format, of the shifted split.
    let said: Value = desk
        .run(&["predict", "run", "--split", "shifted", "--out", "shifted.safetensors", "--json"])
        .done()
        .json();
    assert_eq!(said["split"], "shifted");
    let bytes = std::fs::read(desk.path("shifted.safetensors")).expect("it was written");
    let file = safetensors::SafeTensors::deserialize(&bytes).expect("safetensors");
    let floats = |name: &str| -> Vec<f32> {
        let bytes = file.tensor(name).expect("present").data();
        bytes.chunks(4).map(|four| f32::from_le_bytes(four.try_into().expect("four"))).collect()
    };
    let error = relative_error(floats, scales);
    let figure = number(&again, "/averaged/shifted/rmse/value");
    assert!((error / figure - 1.0).abs() < 0.2, "{error} and {figure}: other draws of the same group");
    assert_eq!(desk.contents("run"), before, "the run is as it was");
    // Many may read a run, also while somebody holds it.
    let held = std::fs::File::open(desk.path("run/config.toml")).expect("a run has one");
    held.lock().expect("nobody else is there");
    desk.run(&["eval", "run"]).done();
}

/// A Python that can import torch, if this machine has one.
fn python_with_torch() -> Option<String> {
    let named = std::env::var("SEMOLA_TORCH_PYTHON").ok();
    let own = format!("{}/../third_party/venv/bin/python", env!("CARGO_MANIFEST_DIR"));
    named.into_iter().chain([own, "python3".to_owned()]).find(|python| {
        let tried = Command::new(python).args(["-c", "import numpy, torch, safetensors"]).output();
        tried.is_ok_and(|output| output.status.success())
    })
}

/// The network of plugins/mlp by its weights, on the inputs of predictions.npz; the group of augment.py.
const IN_PYTORCH: &str = r#"
import json, numpy as np, torch, augment
from safetensors import safe_open
with safe_open("weights.safetensors", "pt") as file:
    weights = {name: file.get_tensor(name) for name in file.keys()}
    fields = json.loads(file.metadata()["fields"])
arrays = np.load("../predictions.npz")
def seen(field):
    return (torch.tensor(arrays[field["name"] + ".input"]) - field["offset"]) / field["scale"]
x = torch.cat([seen(field).flatten(1) for field in fields["inputs"]], 1)
layers = sorted({name.rsplit(".", 1)[0] for name in weights}, key=lambda name: (name == "output", name))
for name in layers:
    x = torch.nn.functional.linear(x, weights[name + ".weight"], weights[name + ".bias"])
    x = torch.nn.functional.silu(x) if name != layers[-1] else x
worst = 0.0
for field in fields["targets"]:
    expected = torch.tensor(arrays[field["name"]])
    part, x = x[:, : expected[0].numel()], x[:, expected[0].numel() :]
    worst = max(worst, ((part.reshape(expected.shape) * field["scale"] + field["offset"] - expected).abs() / field["scale"]).max().item())
vectors = torch.tensor([[[1.0, 2.0], [0.5, -1.0]]])
g = augment.element(torch.tensor([[0.37]]))
print(json.dumps({"layers": layers, "worst": worst, "g": g[0].tolist(), "moved": augment.act(g, vectors)[0].tolist()}))
"#;

#[test]
fn what_is_exported_works_elsewhere() {
    let desk = desk_with_a_run();
    let said: Value = desk.run(&["export", "run", "--out", "shared", "--json"]).done().json();
    assert_eq!(said["files"].as_array().map(Vec::len), Some(6), "{said:#}");
    assert!(
        desk.read("shared/generators.tex").contains("\\begin{pmatrix}"),
        "{}",
        desk.read("shared/generators.tex")
    );
    for module in ["augment.py", "emlp_group.py"] {
        let source = desk.path("shared").join(module);
        let parsed = Command::new("python3")
            .args(["-c", "import ast, sys; ast.parse(open(sys.argv[1]).read())"])
            .arg(source)
            .output();
        assert!(parsed.expect("python3 is there").status.success(), "{module}");
    }
    let again = desk.run(&["export", "run", "--out", "shared"]);
    assert!(again.sentence(2).contains("shared exists and is not empty"), "{again:?}");

    let Some(python) = python_with_torch() else {
        eprintln!("skipped: no Python with torch and safetensors (SEMOLA_TORCH_PYTHON names one)");
        return;
    };
    desk.run(&["predict", "run", "--average", "0", "--out", "predictions.npz"]).done();
    let output = Command::new(python).args(["-c", IN_PYTORCH]).current_dir(desk.path("shared")).output();
    let output = output.expect("it started before");
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let result: Value = serde_json::from_slice(&output.stdout).expect("JSON");
    assert!(number(&result, "/worst") < 1e-5, "the host's predictions: {result:#}");
    // The rotation by 0.37 of the range, from the matrix and the range in summary.json.
    let generator = &desk.summary("run")["symmetry"]["generators"][0];
    let entry = |i: usize, j: usize| {
        number(generator, &format!("/matrix/{i}/{j}")) * 0.37 * number(generator, "/range")
    };
    let matrix =
        tch::Tensor::from_slice(&[entry(0, 0), entry(0, 1), entry(1, 0), entry(1, 1)]).reshape([2, 2]);
    let g = matrix.matrix_exp();
    for (i, vector) in [[1.0, 2.0], [0.5, -1.0]].iter().enumerate() {
        let moved = g.matmul(&tch::Tensor::from_slice(vector));
        for j in 0..2 {
            let found = number(&result, &format!("/moved/{i}/{j}"));
            assert!((found - moved.double_value(&[j])).abs() < 1e-5, "{result:#}");
        }
    }
}

#[test]
fn other_checkpoints_can_be_asked() {
    let desk = Desk::new();
    let best = ORBITS.replace("--out run", "--set training.keep_best=true --baselines=plain --out run");
    desk.run(&best.split_whitespace().collect::<Vec<_>>()).done();
    let summary = desk.summary("run");
    let rmse = |checkpoint: &str| {
        let metrics = desk.run(&["eval", "run", "--checkpoint", checkpoint, "--json"]).done().json();
        number(&metrics, "/test/rmse")
    };
    assert_eq!(rmse("last"), number(&summary, "/metrics/test/rmse"));
    assert_eq!(rmse("plain"), number(&summary, "/baselines/plain/test/rmse"));
    assert!(rmse("best").is_finite());
    let missing = desk.run(&["eval", "run", "--checkpoint", "first"]);
    let sentence = "run has no checkpoint `first`; there are: best, last, plain, replica";
    assert!(missing.sentence(2).contains(sentence), "{missing:?}");
    let missing = desk.run(&["export", "run", "--checkpoint", "first", "--out", "exported"]);
    assert!(missing.sentence(2).contains(sentence), "{missing:?}");
    assert!(!desk.path("exported").exists());
    desk.run(&["export", "run", "--checkpoint", "best", "--out", "exported"]).done();
    assert!(desk.path("exported/weights.safetensors").is_file());
}

#[test]
fn runs_are_put_side_by_side() {
    let desk = desk_with_a_run();
    let again = ORBITS.replace("--out run", "--seed 1 --baselines=plain --out other");
    desk.run(&again.split_whitespace().collect::<Vec<_>>()).done();
    let short =
        ORBITS.replace("training.steps=300", "training.steps=200").replace("--out run", "--out short");
    desk.run(&short.split_whitespace().collect::<Vec<_>>()).done();
    let text = desk
        .run(&["compare", "run", "other", "short", "--csv", "table.csv", "--html", "table.html"])
        .done()
        .stdout;
    let page = desk.read("table.html");
    assert!(page.contains("<svg") && !page.contains("<script"), "{page}");
    // Baselines are a setting, too: three experiments.
    assert_eq!(text.lines().count(), 4, "{text}");
    assert!(text.contains("training.steps=200") && text.contains("ours shifted"), "{text}");
    let table: Value = desk.run(&["compare", "run", "--json"]).done().json();
    let figure = number(&table, "/0/figures/ours/test/mean");
    assert_eq!(figure, number(&desk.summary("run"), "/metrics/test/rmse"));
    assert!(desk.read("table.csv").starts_with("experiment,seeds,verdicts,"), "{}", desk.read("table.csv"));
    for (option, file) in [("--csv", "table.csv"), ("--html", "table.html")] {
        let taken = desk.run(&["compare", "run", option, file]);
        let sentence = format!("{file} exists: choose another {option} or remove it");
        assert!(taken.sentence(2).contains(&sentence), "{taken:?}");
    }
    assert!(desk.run(&["compare", "plugins"]).sentence(2).contains("is no run directory"));
}

#[test]
fn what_cannot_be_asked_is_told() {
    let desk = desk_with_a_run();
    let cases: [(&[&str], &str); 7] = [
        (&["eval", "nowhere"], "nowhere is no run directory: it has no config.toml"),
        (&["eval", "run", "--set", "training.steps=3"], "expected a key that begins with `dataset.`"),
        (&["eval", "run", "--set", "dataset.nose=3"], "nose"),
        (&["eval", "run", "--set", "dataset.history=3"], "give it data of the same kind"),
        (&["predict", "run", "--out", "x.csv"], "expected a name that ends in .npz or .safetensors"),
        (&["predict", "run", "--out", "taken.npz"], "taken.npz exists: choose another --out or remove it"),
        (&["eval", "run", "--data", "none.npz"], "--data is read by the plugin tensors"),
    ];
    desk.write("taken.npz", "precious");
    for (arguments, part) in cases {
        let outcome = desk.run(arguments);
        assert!(outcome.sentence(2).contains(part), "{arguments:?}: {outcome:?}");
    }
    assert_eq!(desk.read("taken.npz"), "precious");

    desk.run(&["-q", "discover", "--plugin", "faulty", "--out", "verdict"]).done();
    assert!(desk.run(&["eval", "verdict"]).sentence(2).contains("was made by `discover`"));
    std::fs::remove_file(desk.path("run/summary.json")).expect("it is there");
    assert!(desk.run(&["eval", "run"]).sentence(2).contains("`semola-host resume "));
}
