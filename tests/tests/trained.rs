//! The model of a finished run at work again: the same figures, and predictions that agree with them.

use npyz::npz::NpzArchive;
use semola_tests::Desk;
use serde_json::Value;

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
