use super::*;
use proptest::prelude::*;
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
        (spoilt(|written| written.outlines[37] = f32::INFINITY), "outline"),
        (spoilt(|written| written.outlines[37] = 1e9), "cell 2: a point is "),
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

const SPLITS: [Split; 4] = [Split::Train, Split::Validation, Split::Test, Split::Shifted];

/// The outlines that a split shows, as polygons.
fn shown(posed: &Posed, points: usize) -> Vec<Vec<Point>> {
    let point = |p: &[f32]| [f64::from(p[0]), f64::from(p[1])];
    posed.outlines.chunks(2 * points).map(|outline| outline.chunks(2).map(point).collect()).collect()
}

/// Shoelace formula: positive where the outline runs counterclockwise.
fn area(outline: &[Point]) -> f64 {
    let next = |at: usize| outline[(at + 1) % outline.len()];
    outline.iter().enumerate().map(|(at, [x, y])| (x * next(at)[1] - next(at)[0] * y) / 2.0).sum()
}

#[test]
fn poses_keep_every_distance_and_the_hand() {
    let set =
        open(&imported(&Written::cells(6)), r#"{"points": 8, "copies": 3, "stretch": 1}"#).expect("sound");
    for (split, samples, copies) in
        [(Split::Train, 18, 3), (Split::Validation, 12, 3), (Split::Test, 4, 1), (Split::Shifted, 4, 1)]
    {
        let posed = set.posed(split);
        assert_eq!((posed.samples, posed.numbers.len(), posed.labels.len()), (samples, samples, 0));
        for (at, outline) in shown(&posed, 8).iter().enumerate() {
            let radius = (10.0 + (at / copies) as f64) / 50.0;
            for (k, p) in outline.iter().enumerate() {
                // Chords of a circle.
                let distance = (p[0] - outline[0][0]).hypot(p[1] - outline[0][1]);
                assert!((distance - 2.0 * radius * (k as f64 * PI / 8.0).sin()).abs() < 1e-5, "{split:?}");
            }
            // A regular octagon of circumradius R has the area 2 √2 R² and is 16 R sin(π/8) around.
            assert!((area(outline) - 8_f64.sqrt() * radius * radius).abs() < 1e-5, "{split:?}");
            let around = 16.0 * radius * (PI / 8.0).sin();
            assert!((f64::from(posed.numbers[at]) - around).abs() < 1e-5, "{split:?}");
        }
    }
}

#[test]
fn without_poses_cells_are_as_imported() {
    let options = r#"{"points": 8, "copies": 1, "stretch": 1, "reach": 0, "angle": 0}"#;
    let written = Written::cells(6);
    let posed = open(&imported(&written), options).expect("sound").posed(Split::Train);
    for (found, pixels) in posed.outlines.chunks(2).zip(written.outlines.chunks(2)) {
        // The octagons of `Written::cells` lie about (500, -80).
        let expected = [(pixels[0] - 500.0) / 50.0, (pixels[1] + 80.0) / 50.0];
        assert!((found[0] - expected[0]).abs() < 1e-5 && (found[1] - expected[1]).abs() < 1e-5);
    }
}

#[test]
fn stretches_stay_within_their_limit_and_targets_are_of_what_is_shown() {
    let cache = imported(&Written::cells(6));
    let set = |target: &str| {
        open(&cache, &format!(r#"{{"points": 8, "copies": 50, "stretch": 2, "target": "{target}"}}"#))
            .expect("sound")
    };
    let (perimeters, ways) = (set("perimeter").posed(Split::Train), set("ways").posed(Split::Train));
    assert_eq!(perimeters.outlines, ways.outlines, "poses do not depend on the target");
    let mut factors = Vec::new();
    for (at, outline) in shown(&perimeters, 8).iter().enumerate() {
        let radius = (10.0 + (at / 50) as f64) / 50.0;
        factors.push(area(outline) / (8_f64.sqrt() * radius * radius));
        let (mut around, mut way) = (0.0, [0.0; 2]);
        for k in 0..8 {
            let [x, y] = [0, 1].map(|axis| outline[(k + 1) % 8][axis] - outline[k][axis]);
            around += (x * x + y * y).sqrt();
            way = [way[0] + x.abs(), way[1] + y.abs()];
        }
        assert!((f64::from(perimeters.numbers[at]) - around).abs() < 1e-5);
        for (axis, way) in way.iter().enumerate() {
            assert!((f64::from(ways.numbers[2 * at + axis]) - way).abs() < 1e-5);
        }
    }
    let least = factors.iter().copied().fold(f64::INFINITY, f64::min);
    let most = factors.iter().copied().fold(0.0, f64::max);
    assert!((0.499..0.55).contains(&least) && (1.8..2.001).contains(&most), "{least} to {most}");
}

#[test]
fn labels_stay_with_their_cells() {
    let cache = imported(&Written::cells(6));
    for (target, classes) in [("line", 2), ("treatment", 3)] {
        let options = format!(r#"{{"points": 8, "copies": 2, "target": "{target}"}}"#);
        let posed = open(&cache, &options).expect("sound").posed(Split::Train);
        let expected: Vec<i64> = (0..12).map(|sample| sample / 2 % classes).collect();
        assert_eq!((posed.labels, posed.numbers.len()), (expected, 0));
    }
}

#[test]
fn shifted_cells_lie_farther_away_and_all_around() {
    let many = Written::cells(200);
    let cache = imported(&many);
    many.write(&cache.path().join("data/cells/test.safetensors"));
    let set = open(&cache, r#"{"points": 8, "stretch": 1, "angle": 20}"#).expect("sound");
    for (split, reach, angle) in [(Split::Test, 1.0, 20_f64.to_radians()), (Split::Shifted, 2.0, PI)] {
        let (mut far, mut turned) = (0.0_f64, 0.0_f64);
        for outline in shown(&set.posed(split), 8) {
            let [x, y] = centre(&outline);
            far = far.max(x.abs()).max(y.abs());
            // The first point was imported to the right of the centre.
            turned = turned.max((outline[0][1] - y).atan2(outline[0][0] - x).abs());
        }
        assert!((0.95 * reach..1.0001 * reach).contains(&far), "{split:?}: {far}");
        assert!((0.95 * angle..1.0001 * angle).contains(&turned), "{split:?}: {turned}");
    }
}

#[test]
fn one_seed_gives_one_set_and_splits_share_no_pose() {
    let cache = imported(&Written::cells(4));
    let open = |seed| {
        let options = serde_json::from_str(r#"{"points": 8, "copies": 1}"#).expect("options");
        let cache_dir = cache.path().display().to_string();
        Outlines::open(options, &Context { seed, cache_dir }).expect("sound")
    };
    let all = SPLITS.map(|split| open(5).posed(split).outlines);
    assert_eq!(all, SPLITS.map(|split| open(5).posed(split).outlines));
    assert_ne!(all[0], open(6).posed(Split::Train).outlines);
    // The same four cells everywhere, so only the poses tell splits apart.
    for (at, one) in all.iter().enumerate() {
        assert!(all[..at].iter().all(|other| other != one));
    }
}

/// Numbers of pictures, now and then any number that there is.
fn number() -> impl Strategy<Value = f32> {
    prop_oneof![40 => -1000.0..1000.0_f32, 1 => proptest::num::f32::ANY]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    /// Whatever the numbers of a file are, there is a sentence or there are finite cells.
    #[test]
    fn any_numbers_give_a_sentence_or_cells(
        outlines in proptest::collection::vec(number(), 16), line in 0..4_u8, treatment in 0..5_u8,
    ) {
        let train = Written { outlines, lines: vec![line], treatments: vec![treatment] };
        match open(&imported(&train), r#"{"points": 8, "copies": 2, "stretch": 10, "reach": 100}"#) {
            Ok(set) => {
                let posed = set.posed(Split::Train);
                prop_assert_eq!((posed.samples, posed.outlines.len(), posed.numbers.len()), (2, 32, 2));
                prop_assert!(posed.outlines.iter().chain(&posed.numbers).all(|number| number.is_finite()));
            }
            Err(error) => prop_assert!(error.to_string().contains("train.safetensors")),
        }
    }

    /// What is predicted of a cell does not depend on where it lay in the picture, nor on how it was turned there.
    #[test]
    fn the_target_belongs_to_the_cell(
        angle in -4.0..4.0_f32, shift in proptest::array::uniform2(-300.0..300.0_f32),
    ) {
        let (here, mut there) = (Written::cells(3), Written::cells(3));
        for p in there.outlines.chunks_mut(2) {
            let [x, y] = [p[0], p[1]];
            p[0] = angle.cos() * x - angle.sin() * y + shift[0];
            p[1] = angle.sin() * x + angle.cos() * y + shift[1];
        }
        let numbers = |written| {
            let options = r#"{"points": 8, "copies": 1, "stretch": 1}"#;
            open(&imported(written), options).expect("sound").posed(Split::Train).numbers
        };
        for (one, other) in numbers(&here).iter().zip(numbers(&there)) {
            prop_assert!((one - other).abs() < 1e-4, "{one} and {other}");
        }
    }
}
