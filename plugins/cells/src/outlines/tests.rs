use super::*;
use safetensors::Dtype;
use safetensors::tensor::{TensorView, serialize_to_file};
use std::path::Path;
use tempfile::TempDir;

/// Numbers of one file, which a test may spoil.
struct Written {
    outlines: Vec<f32>,
    lines: Vec<u8>,
    treatments: Vec<u8>,
}

impl Written {
    /// Octagons of growing size, somewhere in the picture.
    fn cells(count: usize) -> Self {
        let point = |cell: usize, k: usize| {
            let (radius, angle) = (10.0 + cell as f32, k as f32 * std::f32::consts::FRAC_PI_4);
            [500.0 + radius * angle.cos(), radius * angle.sin() - 80.0]
        };
        let outlines = (0..count).flat_map(|cell| (0..8).flat_map(move |k| point(cell, k))).collect();
        let labels = |classes: usize| (0..count).map(|cell| (cell % classes) as u8).collect();
        Self { outlines, lines: labels(2), treatments: labels(3) }
    }

    fn write(&self, path: &Path) {
        let bytes: Vec<u8> = self.outlines.iter().flat_map(|number| number.to_le_bytes()).collect();
        let cells = self.lines.len();
        let view = |dtype, shape, bytes| TensorView::new(dtype, shape, bytes).expect("the shape fits");
        let tensors = [
            ("outline", view(Dtype::F32, vec![cells, self.outlines.len() / cells / 2, 2], &bytes)),
            ("line", view(Dtype::U8, vec![cells], &self.lines)),
            ("treatment", view(Dtype::U8, vec![self.treatments.len()], &self.treatments)),
        ];
        serialize_to_file(tensors, None, path).expect("the cache is writable");
    }
}

fn imported(train: &Written) -> TempDir {
    let cache = tempfile::tempdir().expect("a temporary directory");
    let folder = cache.path().join("data/cells");
    std::fs::create_dir_all(&folder).expect("writable");
    let card = r#"{"lines": ["dunn", "dlm8"], "treatments": ["control", "cytd", "jasp"]}"#;
    std::fs::write(folder.join("card.json"), card).expect("writable");
    train.write(&folder.join("train.safetensors"));
    for name in ["validation", "test"] {
        Written::cells(4).write(&folder.join(format!("{name}.safetensors")));
    }
    cache
}

fn open(cache: &TempDir, options: &str) -> Result<Outlines> {
    let options = serde_json::from_str(options).expect("options");
    Outlines::open(options, &Context { seed: 5, cache_dir: cache.path().display().to_string() })
}

fn refusal(train: &Written, options: &str) -> String {
    open(&imported(train), options).map(drop).expect_err(options).to_string()
}

#[test]
fn cells_are_centred_in_units_of_fifty_pixels() {
    let set = open(&imported(&Written::cells(6)), r#"{"points": 8}"#).expect("sound");
    let outline = &set.parts[0][5].outline;
    let [x, y] = centre(outline);
    assert!(x.abs() < 1e-9 && y.abs() < 1e-9);
    // A regular octagon of circumradius R has sides 2 R sin(π/8).
    let expected = 8.0 * 2.0 * 15.0 / 50.0 * (PI / 8.0).sin();
    assert!((perimeter(outline) - expected).abs() < 1e-5, "{} and {expected}", perimeter(outline));
}

#[test]
fn the_spec_follows_the_target() {
    let cache = imported(&Written::cells(6));
    let spec = |target: &str| {
        open(&cache, &format!(r#"{{"points": 4, "target": "{target}"}}"#)).expect("sound").spec()
    };
    assert_eq!(spec("perimeter").inputs[0].shape, [4, 2]);
    assert_eq!(spec("treatment").task, Task::Classification { classes: 3 });
    assert_eq!(spec("line").task, Task::Classification { classes: 2 });
    assert!(spec("ways").reference.is_none(), "turns change the ways");
}

#[test]
fn what_is_no_cell_is_refused_with_file_and_record() {
    let sound = r#"{"points": 8}"#;
    let spoilt = |spoil: fn(&mut Written)| {
        let mut written = Written::cells(6);
        spoil(&mut written);
        refusal(&written, sound)
    };
    let file = "train.safetensors";
    for (sentence, part) in [
        (spoilt(|written| written.lines[3] = 2), "cell 3: line is 2, expected 0 to 1"),
        (spoilt(|written| written.treatments[1] = 9), "cell 1: treatment is 9"),
        (spoilt(|written| written.treatments.truncate(5)), "5"),
        (spoilt(|written| written.outlines[16..32].fill(7.0)), "cell 1: all points of the outline are one"),
        (spoilt(|written| written.outlines[37] = f32::NAN), "outline"),
    ] {
        assert!(sentence.contains(part) && sentence.contains(file), "{part} in {sentence}");
        assert!(!sentence.contains('\n'), "{sentence}");
    }
}

#[test]
fn a_damaged_or_missing_import_is_refused() {
    let cache = imported(&Written::cells(6));
    let path = cache.path().join("data/cells/train.safetensors");
    let bytes = std::fs::read(&path).expect("it was written");
    for end in [0, 5, 40, bytes.len() - 3] {
        std::fs::write(&path, &bytes[..end]).expect("writable");
        let sentence = open(&cache, "{}").map(drop).expect_err("it is cut").to_string();
        assert!(sentence.contains("train.safetensors"), "{sentence}");
    }
    let none = tempfile::tempdir().expect("a temporary directory");
    let sentence = open(&none, "{}").map(drop).expect_err("nothing imported").to_string();
    assert!(sentence.contains("scripts/import-data cells"), "{sentence}");
}

#[test]
fn options_out_of_range_are_refused() {
    let written = Written::cells(6);
    for (options, part) in [
        (r#"{"points": 5}"#, "`points` is 5"),
        (r#"{"points": 2}"#, "`points` is 2"),
        (r#"{"points": 8, "copies": 0}"#, "`copies` is 0"),
        (r#"{"stretch": 0.5}"#, "`stretch` is 0.5"),
        (r#"{"reach": -1}"#, "`reach` is -1"),
        (r#"{"angle": 200}"#, "`angle` is 200"),
        (r#"{"set": "../cells"}"#, "`set`"),
    ] {
        let sentence = refusal(&written, options);
        assert!(sentence.contains(part), "{part} in {sentence}");
    }
}
