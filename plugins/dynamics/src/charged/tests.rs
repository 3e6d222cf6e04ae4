use super::*;

/// Few trajectories and what is asked for on top.
fn options(json: &str) -> Charged {
    let mut options = serde_json::json!({"trajectories": 40, "validation": 3, "test": 6});
    let more: serde_json::Value =
        serde_json::from_str(&format!("{{{}}}", json.trim_start_matches(", "))).unwrap();
    options.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    serde_json::from_value(options).unwrap()
}

fn open(json: &str) -> Particles {
    Particles::open(options(json), &Context { seed: 5, ..Context::default() }).unwrap()
}

fn shapes(fields: &[Field]) -> Vec<(&str, &[i64])> {
    fields.iter().map(|field| (field.name.as_str(), &field.shape[..])).collect()
}

#[test]
fn charges_are_unit_coins_and_starts_are_centred_or_of_the_asked_speed() {
    let centred = open("");
    let anywhere = open(r#", "centred": false, "offset": 3, "speed": 0.7"#);
    let mut positive = 0;
    for trajectory in &centred.trajectories[0] {
        assert!(trajectory.labels.iter().all(|charge| charge.abs() == 1.0));
        positive += trajectory.labels.iter().filter(|&&charge| charge > 0.0).count();
        // Nothing pushes the centre: it rests in the origin to the end.
        for part in trajectory.states.iter().flat_map(|state| state.chunks_exact(15)) {
            for axis in 0..3 {
                assert!(part.iter().skip(axis).step_by(3).sum::<f64>().abs() < 1e-10);
            }
        }
    }
    // 200 coins: 100 with a standard deviation of 7.
    assert!((65..=135).contains(&positive), "{positive}");
    for trajectory in &anywhere.trajectories[0] {
        for v in trajectory.states[0][15..].chunks_exact(3) {
            assert!((v.iter().map(|x| x * x).sum::<f64>().sqrt() - 0.7).abs() < 1e-12);
        }
    }
}

#[test]
fn the_shifted_split_is_the_test_split_turned_and_moved() {
    for json in ["", r#", "centred": false"#] {
        let data = open(json);
        let [_, _, test, shifted] = &data.trajectories;
        for (before, after) in test.iter().zip(shifted) {
            assert_eq!(before.labels, after.labels);
            for (before, after) in before.states.iter().zip(&after.states) {
                assert!(before.iter().zip(after).any(|(a, b)| (a - b).abs() > 0.01));
                let distance = |state: &[f64], i: usize, j: usize| {
                    (0..3).map(|k| (state[3 * i + k] - state[3 * j + k]).powi(2)).sum::<f64>()
                };
                for (i, j) in [(0, 1), (1, 4), (5, 6), (7, 9)] {
                    assert!((distance(before, i, j) - distance(after, i, j)).abs() < 1e-10);
                }
            }
        }
    }
}

#[test]
fn fields_follow_the_target_and_the_place() {
    let spec = open("").spec();
    assert_eq!(shapes(&spec.inputs), [("q", &[5, 3][..]), ("v", &[5, 3]), ("charge", &[5])]);
    assert_eq!(shapes(&spec.targets), [("dq", &[5, 3][..])]);
    assert_eq!(spec.reference.map(|known| (known.name, known.generators.len())), Some(("so(3)".into(), 3)));

    let spec = open(r#", "centred": false, "history": 2, "target": "position""#).spec();
    assert_eq!((spec.n, shapes(&spec.inputs)[0]), (4, ("q", &[10, 4][..])));
    assert_eq!(shapes(&spec.targets), [("later", &[5, 4][..])]);
    let known = spec.reference.unwrap();
    assert_eq!((known.name.as_str(), known.generators.len()), ("se(3)", 6));
    assert!(known.generators.iter().all(|generator| generator[3] == [0.0; 4]));
    let plane = open(r#", "dims": 2, "target": "change", "centred": false"#).spec();
    assert_eq!(shapes(&plane.targets), [("dq", &[5, 3][..]), ("dv", &[5, 3])]);
    assert_eq!(plane.reference.map(|known| known.generators.len()), Some(3));
}

#[test]
fn places_end_with_one_and_directions_with_zero() {
    let options =
        options(r#", "centred": false, "target": "position", "bodies": 2, "dims": 2, "history": 2"#);
    let data = Windows {
        count: 1,
        q: vec![0.0, 0.0, 0.0, 0.0, 1.0, 2.0, 3.0, 4.0],
        p: vec![5.0; 8],
        labels: vec![1.0, -1.0],
        dq: vec![0.5, 0.25, -1.0, -2.0],
        dp: vec![0.0; 4],
    };
    let (inputs, targets) = options.columns(data);
    assert_eq!(inputs[0][6..], [1.0, 2.0, 1.0, 3.0, 4.0, 1.0]);
    assert_eq!(inputs[1][..6], [5.0, 5.0, 0.0, 5.0, 5.0, 0.0]);
    assert_eq!(inputs[2], [1.0, -1.0]);
    assert_eq!(targets, [vec![1.5, 2.25, 1.0, 2.0, 2.0, 1.0]]);
}

#[test]
fn equal_seeds_give_equal_bits_and_more_trajectories_leave_the_others() {
    let draw = |json: &str| open(json).trajectories;
    assert_eq!(draw(""), draw(""));
    assert_eq!(draw("")[0][..3], draw(r#", "trajectories": 3"#)[0]);
}

#[test]
fn every_range_has_an_end() {
    for (option, json) in [
        ("bodies", r#", "bodies": 1"#),
        ("dims", r#", "dims": 4"#),
        ("spread", r#", "spread": 0"#),
        ("speed", r#", "speed": -1"#),
        ("softening", r#", "softening": -0.1"#),
        ("offset", r#", "offset": -1"#),
        ("horizon", r#", "horizon": 0"#),
        ("trajectories", r#", "trajectories": 100000000"#),
    ] {
        let sentence = options(json).check().unwrap_err().to_string();
        assert!(sentence.contains(&format!("`{option}`")), "{sentence}");
    }
    Charged::default().check().unwrap();
}
