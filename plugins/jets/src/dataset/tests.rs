use super::*;
use crate::lorentz::mass_squared;
use proptest::prelude::*;
use safetensors::Dtype;
use safetensors::tensor::{TensorView, serialize_to_file};
use std::path::Path;
use tempfile::TempDir;

/// Numbers of one file, as bytes, which a test may spoil.
struct Written {
    momenta: Vec<f32>,
    counts: Vec<u8>,
    labels: Vec<u8>,
    room: usize,
}

impl Written {
    /// Jets of two and three constituents in turn, of some GeV mass; odd ones have label 1.
    fn jets(jets: usize) -> Self {
        let mut written = Self { momenta: Vec::new(), counts: Vec::new(), labels: Vec::new(), room: 4 };
        for jet in 0..jets {
            let turn = jet as f32;
            let all = [[0.1, 0.0], [0.0, 0.2], [-0.1, 0.1]];
            for place in 0..4 {
                let there = place < 2 + jet % 2;
                written.momenta.extend(match all.get(place).filter(|_| there) {
                    Some([x, y]) => {
                        let p = [50.0 * turn.cos() + 50.0 * x, 50.0 * turn.sin() + 50.0 * y, 10.0];
                        [p.iter().map(|x| x * x).sum::<f32>().sqrt(), p[0], p[1], p[2]]
                    }
                    None => [0.0; 4],
                });
            }
            written.counts.push(2 + (jet % 2) as u8);
            written.labels.push((jet % 2) as u8);
        }
        written
    }

    fn write(&self, path: &Path) {
        let bytes: Vec<u8> = self.momenta.iter().flat_map(|x| x.to_le_bytes()).collect();
        let jets = self.counts.len();
        let view = |dtype, shape: Vec<usize>, bytes| TensorView::new(dtype, shape, bytes).unwrap();
        let tensors = [
            (
                "constituents",
                view(Dtype::F32, vec![jets, self.room, self.momenta.len() / jets / self.room], &bytes),
            ),
            ("count", view(Dtype::U8, vec![jets], &self.counts)),
            ("label", view(Dtype::U8, vec![jets], &self.labels)),
        ];
        serialize_to_file(tensors, None, path).unwrap();
    }
}

fn imported(train: &Written) -> TempDir {
    let cache = tempfile::tempdir().unwrap();
    let folder = cache.path().join("data").join("jets");
    std::fs::create_dir_all(&folder).unwrap();
    std::fs::write(folder.join("card.json"), "{}").unwrap();
    train.write(&folder.join("train.safetensors"));
    for (name, jets) in [("validation", 20), ("test", 30)] {
        Written::jets(jets).write(&folder.join(format!("{name}.safetensors")));
    }
    cache
}

fn open(cache: &TempDir, options: &str) -> Result<Jets> {
    let options = serde_json::from_str(options).unwrap();
    let cache_dir = cache.path().display().to_string();
    Jets::open(options, &Context { seed: 5, cache_dir })
}

fn refusal(train: &Written, options: &str) -> String {
    open(&imported(train), options).map(|_| ()).unwrap_err().to_string()
}

fn momenta(seen: &Seen) -> Vec<Momentum> {
    seen.momenta.chunks_exact(4).map(|p| std::array::from_fn(|i| f64::from(p[i]))).collect()
}

/// `⟨p, q⟩` with the metric diag(1, −1, −1, −1).
fn product_of(p: Momentum, q: Momentum) -> f64 {
    p[0] * q[0] - p[1] * q[1] - p[2] * q[2] - p[3] * q[3]
}

#[test]
fn the_laboratory_shows_what_was_imported() {
    let train = Written::jets(40);
    let jets = open(&imported(&train), r#"{"frame": "laboratory", "constituents": 4}"#).unwrap();
    let seen = jets.seen(Split::Train);
    assert_eq!(seen.momenta, train.momenta);
    assert_eq!(seen.mask[..8], [1.0, 1.0, 0.0, 0.0, 1.0, 1.0, 1.0, 0.0]);
    assert_eq!(seen.labels[..3], [0, 1, 0]);
    let counts = [Split::Train, Split::Validation, Split::Test, Split::Shifted];
    assert_eq!(counts.map(|split| jets.seen(split).labels.len()), [40, 20, 30, 30]);
}

#[test]
fn limits_keep_the_first() {
    let options = r#"{"frame": "laboratory", "constituents": 1, "jets": 7, "held_out": 3}"#;
    let train = Written::jets(40);
    let jets = open(&imported(&train), options).unwrap();
    let seen = jets.seen(Split::Train);
    assert_eq!((seen.labels.len(), seen.mask.len(), seen.momenta.len()), (7, 7, 28));
    assert_eq!(seen.momenta[4..8], train.momenta[16..20]);
    assert_eq!(jets.seen(Split::Test).labels.len(), 3);
}

#[test]
fn frames_keep_every_product_of_momenta() {
    let cache = imported(&Written::jets(40));
    let laboratory = open(&cache, r#"{"frame": "laboratory", "constituents": 4}"#).unwrap();
    for frame in ["laboratory", "boosted", "rest"] {
        let options = format!(r#"{{"frame": "{frame}", "constituents": 4, "views": 1}}"#);
        let jets = open(&cache, &options).unwrap();
        for (split, source) in [(Split::Train, Split::Train), (Split::Shifted, Split::Test)] {
            let (before, after) = (laboratory.seen(source), jets.seen(split));
            assert_eq!((&before.labels, &before.mask), (&after.labels, &after.mask));
            let (before, after) = (momenta(&before), momenta(&after));
            for jet in 0..before.len() / 4 {
                for (i, j) in [(0, 1), (1, 2), (0, 3)] {
                    let products = [&before, &after].map(|p| product_of(p[4 * jet + i], p[4 * jet + j]));
                    // 32-bit numbers of up to some hundreds of GeV.
                    assert!((products[0] - products[1]).abs() < 0.1, "{frame} {products:?}");
                }
            }
        }
    }
}

#[test]
fn at_rest_a_jets_momenta_cancel() {
    let cache = imported(&Written::jets(40));
    let options = r#"{"frame": "rest", "constituents": 4, "rapidity": 0, "views": 1}"#;
    let rest = momenta(&open(&cache, options).unwrap().seen(Split::Train));
    let options = r#"{"frame": "laboratory", "constituents": 4}"#;
    let laboratory = momenta(&open(&cache, options).unwrap().seen(Split::Train));
    for (rest, laboratory) in rest.chunks(4).zip(laboratory.chunks(4)) {
        let sum = total(rest);
        assert!(sum[1..].iter().all(|x| x.abs() < 1e-3), "{sum:?}");
        // What is left is the mass.
        assert!((sum[0] * sum[0] - mass_squared(total(laboratory))).abs() < 1e-2, "{sum:?}");
    }
}

#[test]
fn frames_are_the_jets_own() {
    let cache = imported(&Written::jets(40));
    let all = open(&cache, r#"{"constituents": 4, "views": 2}"#).unwrap();
    let few = open(&cache, r#"{"constituents": 4, "jets": 5, "views": 1}"#).unwrap();
    let (all_train, few_train) = (all.seen(Split::Train), few.seen(Split::Train));
    assert_eq!(all_train.momenta[..80], few_train.momenta);
    // A second view is another frame of the same jets.
    assert_eq!(all_train.labels[..40], all_train.labels[40..]);
    assert_ne!(all_train.momenta[..16], all_train.momenta[640..656]);
    // The held-out splits do not know of it.
    assert_eq!(all.seen(Split::Test).momenta, few.seen(Split::Test).momenta);
}

#[test]
fn a_jet_without_mass_has_no_frame_at_rest() {
    let mut train = Written::jets(3);
    train.momenta[..8].copy_from_slice(&[5.0, 5.0, 0.0, 0.0, 3.0, 3.0, 0.0, 0.0]);
    let cache = imported(&train);
    let count = |options| open(&cache, options).unwrap().seen(Split::Train).labels.len();
    assert_eq!(count(r#"{"constituents": 4, "views": 1}"#), 2);
    assert_eq!(count(r#"{"constituents": 4, "frame": "boosted", "views": 1}"#), 3);
}

#[test]
fn the_spec_fits_the_fields() {
    let spec = open(&imported(&Written::jets(3)), r#"{"constituents": 3}"#).unwrap().spec();
    assert_eq!(
        (spec.n, spec.inputs[0].shape.clone(), spec.inputs[1].shape.clone()),
        (4, vec![3, 4], vec![3])
    );
    assert_eq!(spec.inputs[0].mask.as_deref(), Some("mask"));
    assert_eq!(spec.task, Task::Classification { classes: 2 });
    assert_eq!(spec.reference.unwrap().generators.len(), 6);
}

#[test]
fn what_is_no_jet_is_named_by_file_and_jet() {
    type Spoil = fn(&mut Written);
    let cases: [(Spoil, &str); 6] = [
        (|w| w.momenta[16] = f32::NAN, "sample 1"),
        (|w| w.momenta[16] = 0.0, "jet 1, constituent 0: energy 0 GeV, expected a positive number"),
        (|w| w.momenta[20] = -2.0, "jet 1, constituent 1: energy -2 GeV"),
        (|w| w.counts[2] = 0, "jet 2 has 0 constituents, expected 1 to 4"),
        (|w| w.counts[2] = 5, "jet 2 has 5 constituents"),
        (|w| w.labels[0] = 2, "jet 0 has label 2, expected 0 (qcd) or 1 (top)"),
    ];
    for (spoil, sentence) in cases {
        let mut train = Written::jets(3);
        spoil(&mut train);
        let error = refusal(&train, r#"{"constituents": 3}"#);
        assert!(error.contains(sentence) && error.contains("train.safetensors"), "{error}");
        assert!(error.contains("import-data"), "{error}");
    }
    let mut train = Written::jets(4);
    (train.room, train.momenta) = (2, vec![1.0; 24]);
    let error = refusal(&train, "{}");
    assert!(error.contains("shape [4, 2, 3], expected [jets, constituents, 4]"), "{error}");
}

#[test]
fn a_set_that_was_not_imported_says_how_to() {
    let cache = tempfile::tempdir().unwrap();
    let error = open(&cache, "{}").map(|_| ()).unwrap_err().to_string();
    assert!(error.contains("run scripts/import-data jets"), "{error}");
}

#[test]
fn a_truncated_file_is_named() {
    let cache = imported(&Written::jets(3));
    let path = cache.path().join("data/jets/test.safetensors");
    let bytes = std::fs::read(&path).unwrap();
    for length in [0, 9, bytes.len() - 1] {
        std::fs::write(&path, &bytes[..length]).unwrap();
        let error = open(&cache, r#"{"constituents": 3}"#).map(|_| ()).unwrap_err().to_string();
        assert!(error.contains("test.safetensors"), "{error}");
    }
}

#[test]
fn options_are_checked() {
    let train = Written::jets(3);
    for (option, options) in [
        ("set", r#"{"set": ""}"#),
        ("set", r#"{"set": "../x"}"#),
        ("constituents", r#"{"constituents": 0}"#),
        ("constituents", r#"{"constituents": 5}"#),
        ("rapidity", r#"{"rapidity": -1}"#),
        ("shift", r#"{"shift": 6}"#),
        ("views", r#"{"views": 0}"#),
        ("views", r#"{"views": 1001}"#),
    ] {
        let error = refusal(&train, options);
        assert!(error.starts_with(&format!("dataset option `{option}` is ")), "{error}");
    }
    assert!(serde_json::from_str::<Options>(r#"{"frame": "centre"}"#).is_err());
    assert!(serde_json::from_str::<Options>(r#"{"boosted": true}"#).is_err());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(32))]
    /// Whatever the numbers of a file are, there is a sentence or there are jets.
    #[test]
    fn any_numbers_give_a_sentence_or_jets(
        momenta in proptest::collection::vec(any::<f32>(), 16), count in 0..6_u8, label in 0..4_u8,
    ) {
        let train = Written { momenta, counts: vec![count], labels: vec![label], room: 4 };
        match open(&imported(&train), r#"{"constituents": 4, "views": 1}"#) {
            Ok(jets) => {
                let seen = jets.seen(Split::Train);
                prop_assert_eq!(seen.momenta.len(), 16 * seen.labels.len());
            }
            Err(error) => prop_assert!(error.to_string().contains("train.safetensors")),
        }
    }
}
