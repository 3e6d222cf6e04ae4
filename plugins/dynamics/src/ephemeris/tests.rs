use super::*;
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use std::collections::HashMap;
use std::fs;
use std::path::Path;
use tempfile::TempDir;

/// A cache with two planets on circles in the plane of the ecliptic, about a Sun that is not in the origin.
///
/// Angular rates 0.05 and 0.02 a day at distances 0.5 and 1 au: no gravity, but a known acceleration −ω² q.
fn circles(days: usize) -> TempDir {
    let cache = tempfile::tempdir().unwrap();
    let folder = cache.path().join("data/ephemeris");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("card.json"), r#"{"schema": 1, "bodies": ["near", "sun", "far"]}"#).unwrap();
    for (number, split) in ["train", "validation", "test"].into_iter().enumerate() {
        write(&folder, split, days, 1000 * number, |_| ());
    }
    cache
}

/// Writes a split, its numbers `[epoch, position, velocity]` spoilt as asked.
fn write(folder: &Path, split: &str, days: usize, first: usize, spoil: impl Fn(&mut [Vec<f64>; 3])) {
    let mut numbers = [Vec::new(), Vec::new(), Vec::new()];
    for day in first..first + days {
        let time = day as f64;
        numbers[0].push(2_415_020.5 + time);
        let sun = [0.001 * time, 0.2, -0.3];
        for (distance, rate) in [(0.5, 0.05), (0.0, 0.0), (1.0, 0.02)] {
            let (sin, cos) = (rate * time).sin_cos();
            let ecliptic = [cos, sin, 0.0, -rate * sin, rate * cos, 0.0].map(|x| distance * x);
            let back = axis_angle([1.0, 0.0, 0.0], OBLIQUITY);
            let equator = rotate(&back, &ecliptic);
            numbers[1].extend((0..3).map(|k| equator[k] + sun[k]));
            numbers[2].extend((0..3).map(|k| equator[3 + k] + if k == 0 { 0.001 } else { 0.0 }));
        }
    }
    spoil(&mut numbers);
    let bytes = numbers.map(|numbers| numbers.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>());
    let days = bytes[0].len() / 8;
    let bodies = bytes[1].len() / 24 / days;
    let shapes = [vec![days], vec![days, bodies, 3], vec![days, bodies, 3]];
    let views: HashMap<&str, TensorView<'_>> = ["epoch", "position", "velocity"]
        .into_iter()
        .zip(shapes)
        .zip(&bytes)
        .map(|((name, shape), bytes)| (name, TensorView::new(Dtype::F64, shape, bytes).unwrap()))
        .collect();
    safetensors::serialize_to_file(views, None, &folder.join(format!("{split}.safetensors"))).unwrap();
}

/// Opens with few samples and what is asked for on top.
fn open(cache: &TempDir, more: &str) -> Result<Planets> {
    let mut options = serde_json::json!({"train": 60, "validation": 20, "test": 30, "bodies": ["near", "far"], "frames": "ecliptic"});
    let more: serde_json::Value =
        serde_json::from_str(&format!("{{{}}}", more.trim_start_matches(", "))).unwrap();
    options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    let context = Context { seed: 3, cache_dir: cache.path().display().to_string() };
    Planets::open(serde_json::from_value(options).unwrap(), &context)
}

fn refusal(cache: &TempDir, more: &str) -> String {
    let sentence = open(cache, more).err().unwrap().to_string();
    assert!(!sentence.contains('\n'), "{sentence}");
    sentence
}

fn length(vector: &[f64]) -> f64 {
    vector.iter().map(|x| x * x).sum::<f64>().sqrt()
}

#[test]
fn a_state_about_the_sun_and_its_acceleration_are_those_of_the_circle() {
    let planets = open(&circles(100), "").unwrap();
    let mut seen = [0; 2];
    for sample in planets.samples.iter().flatten() {
        let distance = length(&sample[..3]);
        let far = distance > 0.7;
        seen[usize::from(far)] += 1;
        let rate = if far { 0.02 } else { 0.05 };
        assert!((distance - if far { 1.0 } else { 0.5 }).abs() < 1e-12);
        assert!((length(&sample[3..6]) - rate * distance).abs() < 1e-12);
        // The difference quotient of a circle: −sin(ω) ω q instead of −ω² q.
        for k in 0..3 {
            assert!((sample[6 + k] + rate * f64::sin(rate) * sample[k]).abs() < 1e-12);
        }
    }
    assert!(seen.iter().all(|&count| count > 20), "{seen:?}");
}

#[test]
fn changes_are_those_after_the_horizon() {
    let planets = open(&circles(100), r#", "target": "change", "horizon": 7, "bodies": ["far"]"#).unwrap();
    // A chord over 7 · 0.02 radians of the unit circle.
    let chord = 2.0 * f64::sin(0.07);
    for sample in planets.samples.iter().flatten() {
        assert!((length(&sample[6..9]) - chord).abs() < 1e-12);
        assert!((length(&sample[9..12]) - 0.02 * chord).abs() < 1e-12);
    }
    let names = |planets: &Planets| -> Vec<String> {
        let spec = planets.spec();
        spec.inputs.iter().chain(&spec.targets).map(|field| field.name.clone()).collect()
    };
    assert_eq!(names(&planets), ["q", "v", "dq", "dv"]);
    assert_eq!(names(&open(&circles(100), "").unwrap()), ["q", "a"]);
}

#[test]
fn the_shifted_split_is_turned_about_the_pole_and_stays_in_the_ecliptic() {
    let planets = open(&circles(100), r#", "coverage": 0.5"#).unwrap();
    let [_, _, test, shifted] = &planets.samples;
    let height = |vector: &[f64]| vector.iter().zip(pole()).map(|(x, n)| x * n).sum::<f64>();
    let angle = |sample: &Sample| longitude(&std::array::from_fn(|k| sample[k])).abs();
    assert!(test.iter().all(|sample| angle(sample) <= 0.5 * PI + 1e-12));
    assert!(shifted.iter().any(|sample| angle(sample) > 0.7 * PI));
    for (before, after) in test.iter().zip(shifted) {
        assert!((length(&before[..3]) - length(&after[..3])).abs() < 1e-12);
        assert!(after.chunks_exact(3).all(|vector| height(vector).abs() < 1e-12));
    }
}

#[test]
fn random_frames_leave_the_plane_and_keep_lengths_and_angles() {
    let cache = circles(100);
    let [plain, random] = ["", r#", "frames": "random""#].map(|more| open(&cache, more).unwrap());
    let dot = |a: &[f64], b: &[f64]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f64>();
    let mut heights = 0.0;
    for (before, after) in plain.samples[0].iter().zip(&random.samples[0]) {
        for (a, b) in [(0, 0), (0, 3), (3, 6), (0, 6)] {
            let inner = |sample: &Sample| dot(&sample[a..a + 3], &sample[b..b + 3]);
            assert!((inner(before) - inner(after)).abs() < 1e-12);
        }
        heights += dot(&after[..3], &pole()).abs() / length(&after[..3]) / 60.0;
    }
    // Uniform on a sphere, the mean height is a half; its standard error 0.04.
    assert!((heights - 0.5).abs() < 0.2, "{heights}");
}

#[test]
fn the_plane_holds_what_lies_in_the_ecliptic() {
    let cache = circles(100);
    let [space, plane] = ["", r#", "frames": "plane""#].map(|more| open(&cache, more).unwrap());
    for (space, plane) in space.samples.iter().flatten().zip(plane.samples.iter().flatten()) {
        assert_eq!((space.len(), plane.len()), (9, 6));
        for (space, plane) in space.chunks_exact(3).zip(plane.chunks_exact(2)) {
            // These orbits have no height, so nothing is lost.
            assert!((length(space) - length(plane)).abs() < 1e-12);
        }
    }
    let spec = plane.spec();
    assert_eq!(
        (spec.n, &spec.inputs[0].shape[..], spec.reference.unwrap().generators.len()),
        (2, &[1, 2][..], 1)
    );
}

#[test]
fn another_origin_moves_positions_alone() {
    let cache = circles(100);
    let [plain, moved] = ["", r#", "origin": [0.5, 0, -0.25]"#].map(|more| open(&cache, more).unwrap());
    for (before, after) in plain.samples.iter().flatten().zip(moved.samples.iter().flatten()) {
        assert_eq!(before[3..], after[3..]);
        let shift: Vec<f64> = (0..3).map(|k| before[k] - after[k]).collect();
        assert!(shift.iter().zip([0.5, 0.0, -0.25]).all(|(found, asked)| (found - asked).abs() < 1e-12));
    }
}

#[test]
fn seen_from_elsewhere_only_the_line_to_the_sun_is_an_axis() {
    let options = |frames| Ephemeris { frames, origin: [0.0, 0.3, 0.4], ..Ephemeris::default() };
    assert!(reference(&options(Frames::Ecliptic)).is_none() && reference(&options(Frames::Plane)).is_none());
    let known = reference(&options(Frames::Random)).unwrap();
    assert_eq!(known.generators.len(), 1);
    assert!(length(&rotate(&known.generators[0], &[0.0, 0.3, 0.4])) < 1e-12);
}

#[test]
fn the_reference_turns_the_plane_of_the_ecliptic_into_itself() {
    let reference = reference(&Ephemeris { frames: Frames::Ecliptic, ..Ephemeris::default() }).unwrap();
    let generator = &reference.generators[0];
    let moved = |v: [f64; 3]| rotate(generator, &v);
    assert_eq!((reference.name.as_str(), reference.generators.len()), ("so(2)", 1));
    assert!(length(&moved(pole())) < 1e-12);
    // The equinox, on both planes, moves along the ecliptic: to cos 23.44° = .9175, sin 23.44° = .3978.
    let equinox = moved([1.0, 0.0, 0.0]);
    for (found, expected) in equinox.iter().zip([0.0, 0.917_482, 0.397_777]) {
        assert!((found - expected).abs() < 1e-6, "{equinox:?}");
    }
    assert_eq!(
        super::reference(&Ephemeris { frames: Frames::Random, ..Ephemeris::default() })
            .unwrap()
            .generators
            .len(),
        3
    );
}

#[test]
fn equal_seeds_draw_equal_samples_without_repetition() {
    let cache = circles(40);
    let draw = || open(&cache, "").unwrap().samples;
    let samples = draw();
    assert_eq!(samples, draw());
    for (place, sample) in samples[0].iter().enumerate() {
        assert!(samples[0][..place].iter().all(|other| other != sample));
    }
}

#[test]
fn wrong_options_and_planets_are_one_sentence() {
    let cache = circles(30);
    for (option, more) in [
        ("`train`", r#", "train": 0"#),
        ("`bodies`", r#", "bodies": []"#),
        ("`coverage`", r#", "coverage": 0"#),
        ("`horizon`", r#", "horizon": 0"#),
        ("`origin`", r#", "origin": [1e9, 0, 0]"#),
    ] {
        assert!(refusal(&cache, more).contains(option), "{more}");
    }
    let unknown = refusal(&cache, r#", "bodies": ["vulcan"]"#);
    assert!(unknown.contains("\"vulcan\", expected some of near, far"), "{unknown}");
    assert!(refusal(&cache, r#", "bodies": ["sun"]"#).contains("about the Sun"));
    let few = refusal(&cache, r#", "train": 500"#);
    assert!(few.contains("train.safetensors: has 56 samples with these options, expected 500"), "{few}");
    let far = refusal(&cache, r#", "target": "change", "horizon": 90"#);
    assert!(far.contains("has 0 samples"), "{far}");
}

#[test]
fn a_set_that_is_missing_or_damaged_is_one_sentence() {
    let nothing = tempfile::tempdir().unwrap();
    assert!(refusal(&nothing, "").contains("run scripts/import-data ephemeris"));

    let cache = circles(60);
    let folder = cache.path().join("data/ephemeris");
    write(&folder, "validation", 60, 0, |numbers| numbers[2][8] = f64::NAN);
    let said = refusal(&cache, "");
    assert!(said.contains("validation.safetensors: field `velocity` holds NaN in sample 0"), "{said}");
    write(&folder, "validation", 60, 0, |numbers| numbers[0][10] += 1.0);
    let said = refusal(&cache, "");
    assert!(said.contains("goes from Julian date") && said.contains("at sample 10"), "{said}");
    write(&folder, "validation", 60, 0, |numbers| {
        numbers[1].truncate(60 * 6);
        numbers[2].truncate(60 * 6);
    });
    let said = refusal(&cache, "");
    assert!(said.contains("`position` of shape [60, 2, 3], expected [60, 3, 3]"), "{said}");
    let path = folder.join("validation.safetensors");
    let whole = fs::read(&path).unwrap();
    fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert!(refusal(&cache, "").contains("validation.safetensors: is no safetensors file"));
    fs::write(folder.join("card.json"), r#"{"schema": 1, "bodies": ["near", "far"]}"#).unwrap();
    assert!(refusal(&cache, "").contains("no sun"));
}
