use super::*;
use proptest::prelude::*;

fn parsed(given: &str) -> Parameter {
    Parameter::parse(given).unwrap_or_else(|error| panic!("{error}"))
}

fn values(given: &str) -> Vec<Value> {
    parsed(given).domain.values().expect("it lists its values")
}

#[test]
fn lists_hold_any_toml_value() {
    let expected = [Value::Integer(32), Value::Integer(64)];
    assert_eq!(values("model.width=[32, 64]"), expected);
    let expected = [Value::from("relu"), Value::from("silu")];
    assert_eq!(values(r#" model.activation = ["relu", "silu"] "#), expected);
    assert_eq!(values("model.hidden=[[8, 8], [64]]").len(), 2);
}

#[test]
fn ranges_are_linear_or_logarithmic_whole_or_real() {
    let real = Domain::Range { low: 1e-4, high: 1e-2, log: true, whole: false, points: None };
    assert_eq!(parsed("training.learning_rate=1e-4..1e-2 log").domain, real);
    let whole = Domain::Range { low: 1000.0, high: 4000.0, log: false, whole: true, points: None };
    assert_eq!(parsed("training.steps=1000..4000").domain, whole);
    assert_eq!(parsed("a=-1.5..+2.5").domain.extremes(), [Value::Float(-1.5), Value::Float(2.5)]);
}

/// Geometric and arithmetic means by hand.
#[test]
fn counted_ranges_are_evenly_spaced_on_their_scale() {
    let floats =
        |given| values(given).iter().map(|value| value.as_float().expect("real")).collect::<Vec<_>>();
    assert_eq!(floats("a=1e-4..1e-2 log in 3"), [1e-4, 1e-3, 1e-2]);
    assert_eq!(floats("a=0.0..1.0 in 5"), [0.0, 0.25, 0.5, 0.75, 1.0]);
    let whole =
        |given| values(given).iter().map(|value| value.as_integer().expect("whole")).collect::<Vec<_>>();
    assert_eq!(whole("a=1000..4000 in 4"), [1000, 2000, 3000, 4000]);
    assert_eq!(whole("a=8..128 in 5 log"), [8, 16, 32, 64, 128]);
    assert_eq!(whole("a=1..3 in 9"), [1, 2, 3], "each whole number once");
}

#[test]
fn what_cannot_be_used_is_told_in_a_sentence() {
    let cases = [
        ("training.steps", "it has no `=`"),
        ("=[1]", "its key \"\" is not a dotted name"),
        ("a..b=[1]", "its key \"a..b\" is not a dotted name"),
        ("a=[]", "its list is empty, expected at least one value"),
        ("a=[1, 2, 1]", "its list has 1 twice"),
        ("a=[relu]", "[relu] begins like a list of TOML values but is none"),
        ("a=[1] # no", "a=[1] # no"),
        ("a=3", "found \"3\", expected a list or a range"),
        ("a=", "found \"\", expected a list or a range"),
        ("a=1..", "found \"\" as an end of its range, expected a finite number"),
        ("a=x..2", "found \"x\" as an end of its range"),
        ("a=0.0..inf", "found \"inf\" as an end of its range"),
        ("a=5..2", "its lower end is 5 and its upper end 2, expected the lower one below"),
        ("a=2..2", "expected the lower one below"),
        ("a=0..1 log", "its lower end is 0, expected one above 0 for a logarithmic scale"),
        ("a=-1.0..1.0 log", "its lower end is -1, expected one above 0"),
        ("a=1..9 in", "found \"\" behind `in`, expected how many values"),
        ("a=1..9 in 1", "found \"1\" behind `in`"),
        ("a=1..9 lin", "found \"lin\" behind the range, expected `log` or `in N`"),
        ("a=0..9223372036854775807", "up to 2^53"),
    ];
    for (given, reason) in cases {
        // TOML allows a comment behind a list.
        if given.contains('#') {
            assert_eq!(values(given), [Value::Integer(1)]);
            continue;
        }
        let sentence = Parameter::parse(given).expect_err(given).to_string();
        assert!(sentence.starts_with(&format!("cannot use `--vary {given}`: ")), "{sentence}");
        assert!(sentence.contains(reason), "{reason} in {sentence}");
        assert!(sentence.contains("write it as KEY=[A, B, …] or KEY=LOW..HIGH"), "{sentence}");
    }
    let twice = Space::parse(&["a=[1]".into(), "a=1..2".into()]).expect_err("one key").to_string();
    assert!(twice.contains("its key is varied by `--vary a=[1]` already"), "{twice}");
}

#[test]
fn the_grid_is_the_product_and_the_last_varies_fastest() {
    let space = Space::parse(&["b=[1, 2]".into(), "a=0.0..1.0 in 2".into()]).expect("a space");
    let points: Vec<(i64, f64)> = space
        .grid()
        .expect("all is listed")
        .iter()
        .map(|point| (point["b"].as_integer().expect("whole"), point["a"].as_float().expect("real")))
        .collect();
    assert_eq!(points, [(1, 0.0), (1, 1.0), (2, 0.0), (2, 1.0)]);
    assert_eq!(space.size(), Some(4));
    let open = Space::parse(&["b=[1, 2]".into(), "a=0.0..1.0".into()]).expect("a space");
    assert_eq!((open.grid(), open.size()), (None, None));
    assert_eq!(open.unlisted().map(|parameter| parameter.key.as_str()), Some("a"));
    assert_eq!(open.corners().len(), 4);
}

#[test]
fn a_large_space_is_looked_at_value_by_value() {
    let given: Vec<String> = (0..9).map(|index| format!("p{index}=1..9")).collect();
    assert_eq!(Space::parse(&given[..8]).expect("a space").corners().len(), 256);
    assert_eq!(Space::parse(&given).expect("a space").corners().len(), 18);
}

#[test]
fn whole_ends_are_real_where_the_setting_is() {
    let mut space =
        Space::parse(&["training.warm_up=0..1".into(), "training.steps=1..9".into()]).expect("a space");
    space.fit(&"[training]\nwarm_up = 0.3\nsteps = 5".parse().expect("TOML"));
    let whole = |index: usize| matches!(space.parameters[index].domain, Domain::Range { whole: true, .. });
    assert_eq!([whole(0), whole(1)], [false, true]);
}

proptest! {
    #[test]
    fn nothing_makes_the_parser_panic(text in "\\PC*") {
        let _ = Parameter::parse(&text);
        let _ = Parameter::parse(&format!("a={text}"));
        let _ = Parameter::parse(&format!("a=[{text}]"));
        let _ = Parameter::parse(&format!("a=1..{text}"));
    }

    #[test]
    fn what_is_written_is_read_back(low in -1e9..1e9_f64, width in 1e-3..1e9_f64, points in proptest::option::of(2_usize..50)) {
        let high = low + width;
        let counted = points.map_or_else(String::new, |points| format!(" in {points}"));
        let log = low > 0.0;
        let given = format!("a.b={low:?}..{high:?}{}{counted}", if log { " log" } else { "" });
        let parameter = parsed(&given);
        prop_assert_eq!(&parameter.domain, &Domain::Range { low, high, log, whole: false, points });
        let text = serde_json::to_string(&parameter).expect("plain data");
        prop_assert_eq!(serde_json::from_str::<Parameter>(&text).expect("the same"), parameter);
    }

    #[test]
    fn values_stay_within_the_ends(low in 1_i64..1000, width in 1_i64..100_000, place in 0.0..=1.0_f64, log: bool) {
        let high = low + width;
        let domain = parsed(&format!("a={low}..{high}{}", if log { " log" } else { "" })).domain;
        let (from, to) = (domain.coordinate(low as f64), domain.coordinate(high as f64));
        let value = domain.value(from + (to - from) * place).as_integer().expect("whole");
        prop_assert!((low..=high).contains(&value), "{value}");
    }

    #[test]
    fn every_point_of_a_grid_is_there_once(sizes in proptest::collection::vec(1_usize..5, 1..4)) {
        let given: Vec<String> = sizes
            .iter()
            .enumerate()
            .map(|(index, size)| format!("p{index}={:?}", (0..*size).collect::<Vec<_>>()))
            .collect();
        let points = Space::parse(&given).expect("a space").grid().expect("all is listed");
        prop_assert_eq!(points.len(), sizes.iter().product::<usize>());
        for (index, point) in points.iter().enumerate() {
            prop_assert!(!points[..index].contains(point));
        }
    }
}
