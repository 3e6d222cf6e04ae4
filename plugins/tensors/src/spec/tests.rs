//! What a spec means, and what is said of one that is not sound.

use super::{Part, Spec, Splits};
use semola_plugin_api::{Reference, Representation, Task};
use std::path::{Path, PathBuf};

const SHORT: &str = "
n = 3
[[inputs]]
name = 'x'
representation = 'vector'
[[targets]]
name = 'y'
representation = 'scalar'
";

fn parse(text: &str) -> Result<Spec, String> {
    Spec::parse(text, Path::new("data/my.toml")).map_err(|error| error.to_string())
}

fn refusal(text: &str) -> String {
    let sentence = parse(text).expect_err(text);
    assert!(sentence.starts_with("data/my.toml: ") && !sentence.contains('\n'), "{sentence}");
    sentence["data/my.toml: ".len()..].to_owned()
}

#[test]
fn what_is_left_out_has_a_default() {
    let spec = parse(SHORT).unwrap();
    assert_eq!((spec.n, spec.task, &spec.reference), (3, Task::Regression, &None));
    assert_eq!(spec.inputs[0].array(), "x");
    assert_eq!(spec.inputs[0].representation(), Representation::Vector);
    assert_eq!(spec.splits, Splits::default());
    assert_eq!(spec.splits.test, Part::Fraction(0.15));
}

#[test]
fn files_start_at_the_specs_directory() {
    let spec = parse(&format!("{SHORT}[splits]\ntest = 'test.npz'\nvalidation = 0.2\nshifted = '/far.npz'"))
        .unwrap();
    assert_eq!(spec.splits.test, Part::File("data/test.npz".into()));
    assert_eq!(spec.splits.validation, Part::Fraction(0.2));
    assert_eq!(spec.splits.shifted, Some(PathBuf::from("/far.npz")));
}

#[test]
fn every_representation_has_its_name() {
    for (name, expected) in [
        ("scalar", Representation::Scalar),
        ("vector", Representation::Vector),
        ("covector", Representation::Covector),
        ("matrix", Representation::Matrix),
        ("symmetric", Representation::Symmetric),
        ("antisymmetric", Representation::Antisymmetric),
    ] {
        assert_eq!(parse(&SHORT.replace("vector", name)).unwrap().inputs[0].representation(), expected);
    }
}

#[test]
fn rotations_need_no_generators() {
    let spec = parse(&format!("{SHORT}[reference]\nname = 'so(3)'")).unwrap();
    assert_eq!(spec.reference, Some(Reference::rotations(3)));
    let spec =
        parse(&format!("{SHORT}[reference]\nname = 'R'\ngenerators = [[[1, 0, 0], [0, 1, 0], [0, 0, 1.0]]]"));
    let identity = vec![vec![vec![1.0, 0.0, 0.0], vec![0.0, 1.0, 0.0], vec![0.0, 0.0, 1.0]]];
    assert_eq!(spec.unwrap().reference, Some(Reference { name: "R".into(), generators: identity }));
}

#[test]
fn an_unknown_key_comes_with_those_that_are_known() {
    assert_eq!(
        refusal(&SHORT.replace("name = 'x'", "nane = 'x'")),
        "line 4: unknown field `nane`, expected one of `name`, `array`, `columns`, `representation`, `shape`"
    );
    assert!(
        refusal(&format!("m = 1{SHORT}"))
            .starts_with("line 1: unknown field `m`, expected one of `n`, `task`")
    );
    let splits = refusal(&format!("{SHORT}[splits]\ntrain = 0.7"));
    assert!(
        splits.contains("unknown field `train`") && splits.contains("`validation`, `test`, `shifted`"),
        "{splits}"
    );
}

#[test]
fn each_mistake_is_one_sentence() {
    let with = |old: &str, new: &str| SHORT.replace(old, new);
    let classes = |more: &str| format!("task = 'classification'\n{more}{SHORT}");
    for (text, part) in [
        (String::new(), "missing field `n`"),
        ("n = ".into(), "line 1: "),
        (with("n = 3", ""), "missing field `n`"),
        (with("n = 3", "n = 0"), "`n` is 0, expected 1 to 16"),
        (with("n = 3", "n = 17"), "`n` is 17, expected 1 to 16"),
        (with("n = 3", "n = -1"), "line 2: invalid value: integer `-1`"),
        (
            with("'vector'", "'spinor'"),
            "line 5: unknown variant `spinor`, expected one of `scalar`, `vector`",
        ),
        (with("representation = 'vector'", ""), "field `x` has no `representation`, expected scalar, vector"),
        (with("name = 'y'", "name = 'x'"), "the field name `x` is empty or used twice"),
        (with("name = 'x'", "name = ''"), "the field name `` is empty or used twice"),
        (with("name = 'x'", "name = 'x'\narray = 'a'\ncolumns = ['b']"), "both `array` and `columns`"),
        (with("name = 'x'", "name = 'x'\ncolumns = []"), "field `x` has no `columns`"),
        (
            format!("inputs = []\nn = 3\n{}", &SHORT[SHORT.find("[[targets").unwrap()..]),
            "at least one [[inputs]]",
        ),
        (format!("classes = 2{SHORT}"), "`classes` belongs to task = \"classification\""),
        (classes(""), "`classes` is missing, expected the number of classes"),
        (classes("classes = 1"), "`classes` is 1, expected"),
        (classes("classes = 3") + "shape = [1]", "field `y` holds labels"),
        (classes("classes = 3") + "[[targets]]\nname = 'z'", "one target, its labels; found 2"),
        (
            format!("task = 'guess'{SHORT}"),
            "unknown variant `guess`, expected `regression` or `classification`",
        ),
        (format!("{SHORT}[splits]\ntest = 0"), "`splits.test` is 0, expected a fraction between 0 and 1"),
        (format!("{SHORT}[splits]\ntest = 1.5"), "`splits.test` is 1.5"),
        (format!("{SHORT}[splits]\ntest = nan"), "`splits.test` is NaN"),
        (format!("{SHORT}[splits]\ntest = 0.5\nvalidation = 0.5"), "add up to 1, expected at most 0.9"),
        (format!("{SHORT}[splits]\ntest = []"), "expected a fraction of the rows, such as 0.15, or the path"),
        (format!("{SHORT}[reference]\nname = 'so(2)'"), "only `so(3)` needs none where n is 3"),
        (
            format!("{SHORT}[reference]\nname = 'a'\ngenerators = []"),
            "must be a list of finite 3 × 3 matrices",
        ),
        (
            format!("{SHORT}[reference]\nname = 'a'\ngenerators = [[[1.0]]]"),
            "finite 3 × 3 matrices, row by row",
        ),
    ] {
        let sentence = refusal(&text);
        assert!(sentence.contains(part), "{part}: {sentence}");
    }
}

#[test]
fn the_readmes_specs_are_sound() {
    let readme = include_str!("../../README.md");
    let between = |start: &str, end: &str| readme.split_once(start).unwrap().1.split_once(end).unwrap().0;
    let long = parse(between("```toml\n", "```")).unwrap();
    assert_eq!((long.n, long.task, long.inputs.len()), (3, Task::Classification { classes: 4 }, 2));
    // Rotations up to signs and order.
    assert_eq!(long.reference.unwrap().generators.len(), Reference::rotations(3).generators.len());
    let short = parse(between("write(\"\"\"", "\"\"\")")).unwrap();
    assert_eq!((short.n, short.task, short.splits), (2, Task::Regression, Splits::default()));
}

#[test]
fn a_missing_file_is_named() {
    let sentence = Spec::read(Path::new("no/such.toml")).unwrap_err().to_string();
    assert!(sentence.starts_with("no/such.toml: the spec cannot be read: No such file"), "{sentence}");
    assert!(sentence.ends_with("--set dataset.spec=FILE"), "{sentence}");
}
