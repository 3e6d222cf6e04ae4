//! Stacking, and the sentence for every mistake.

use super::super::experiment::Baseline;
use super::super::method::{Auto, Generators};
use super::*;
use proptest::prelude::*;

const DEFAULT: &str = "[dataset]\ncomponent = 'dynamics/two-body'\nnoise = 0.1\n[training]\nsteps = 700\n";

fn resolve(file: &str, sets: &[&str]) -> Result<Experiment, String> {
    let sets: Vec<String> = sets.iter().map(ToString::to_string).collect();
    let layers = Layers {
        plugin: Some("dynamics"),
        plugin_default: Some(DEFAULT),
        file: Some((Path::new("my.toml"), file)),
        sets: &sets,
    };
    layers.resolve().map_err(|error| error.to_string())
}

#[test]
fn later_sources_win() {
    let experiment = resolve("seed = 3\n[training]\nwarm_up = 0.5\n", &[]).expect("valid");
    assert_eq!((experiment.training.steps, experiment.training.warm_up, experiment.seed), (700, 0.5, 3));
    assert_eq!(experiment.plugin.as_deref(), Some("dynamics"));
    let sets = ["training.steps=9", "training.steps = 10", "seed=4", "dataset.noise=0", "device=cuda:1"];
    let experiment = resolve("seed = 3\ntraining.steps = 8", &sets).expect("valid");
    assert_eq!((experiment.training.steps, experiment.seed), (10, 4));
    assert_eq!(experiment.dataset.options["noise"], Value::Integer(0));
    assert_eq!(experiment.device, "cuda:1");
}

#[test]
fn set_values_are_toml_or_words() {
    let sets = [
        "evaluation.baselines=[\"plain\", \"oracle\"]",
        "symmetry.generators=2",
        "training.learning_rate=1",
        "dataset.\"odd key\"='quoted # text'",
        "dataset.path=data/a=b.npz",
    ];
    let experiment = resolve("", &sets).expect("valid");
    assert_eq!(experiment.evaluation.baselines, [Baseline::Plain, Baseline::Oracle]);
    assert_eq!(experiment.symmetry.generators, Generators::Fixed(2));
    assert_eq!(experiment.training.learning_rate, 1.0);
    assert_eq!(experiment.dataset.options["odd key"].as_str(), Some("quoted # text"));
    assert_eq!(experiment.dataset.options["path"].as_str(), Some("data/a=b.npz"));
    let experiment = resolve("", &["symmetry.generators=auto"]).expect("valid");
    assert_eq!(experiment.symmetry.generators, Generators::Auto(Auto::Auto));
}

#[test]
fn another_component_drops_the_options_of_the_old_one() {
    let experiment = resolve("", &["dataset.length=5", "dataset.component=mine/data"]).expect("valid");
    assert_eq!(experiment.dataset.component, "mine/data");
    assert_eq!(experiment.dataset.options.keys().collect::<Vec<_>>(), ["length"]);
    let same = resolve("", &["dataset.component=dynamics/two-body"]).expect("valid");
    assert!(same.dataset.options.contains_key("noise"));
}

#[test]
fn unknown_keys_name_place_and_neighbour() {
    assert_eq!(
        resolve("[training]\nstpes = 5", &[]).expect_err("unknown"),
        "unknown key `training.stpes` in my.toml; did you mean `training.steps`?"
    );
    assert_eq!(
        resolve("", &["steps=5"]).expect_err("unknown"),
        "unknown key `steps` in `--set steps=5`; did you mean `training.steps`?"
    );
    let layers = Layers { plugin: Some("x"), plugin_default: Some("sede = 1"), ..Layers::default() };
    assert_eq!(
        layers.resolve().expect_err("unknown").to_string(),
        "unknown key `sede` in the default experiment of plugin x; did you mean `seed`?"
    );
}

#[test]
fn mistyped_tables_are_recognised() {
    assert_eq!(
        resolve("[trainning]\nsteps = 5", &[]).expect_err("unknown"),
        "unknown key `trainning` in my.toml; did you mean `training`?"
    );
    let message = resolve("zzzzzz = 5", &[]).expect_err("unknown");
    assert!(message.ends_with("`plugin`, `seed`, `symmetry`, `threads`, `training`"), "{message}");
    assert!(!message.contains("training.steps"), "only keys of the same table are listed: {message}");
}

#[test]
fn wrong_types_name_key_found_and_expected() {
    assert_eq!(
        resolve("seed = 1\n\n[training]\nsteps = \"many\"", &[]).expect_err("wrong"),
        "`training.steps` in my.toml, line 4, is of the wrong type: \
             found string \"many\", expected a whole number, at least 0"
    );
    for (set, end) in [
        ("training.steps=-5", "found integer `-5`, expected a whole number, at least 0"),
        ("training=5", "expected a table"),
        ("dataset=5", "expected a table"),
        ("dataset.component=5", "expected a string"),
        (
            "symmetry.generators=many",
            "found the string \"many\", expected \"auto\" or a whole number, at least 0",
        ),
        (
            "symmetry.generators=-1",
            "found the whole number -1, expected \"auto\" or a whole number, at least 0",
        ),
        ("evaluation.baselines=plain", "found string \"plain\", expected an array"),
        ("evaluation.baselines=[\"best\"]", "found unknown variant `best`, expected `plain` or `oracle`"),
    ] {
        let message = resolve("", &[set]).expect_err(set);
        assert!(message.contains(&format!("in `--set {set}`")), "{message}");
        assert!(message.contains(set.split('=').next().expect("a key")), "{message}");
        assert!(message.ends_with(end), "{message}");
    }
}

#[test]
fn syntax_errors_have_line_and_column() {
    let message = resolve("seed = 1\n  device = = 2\n", &[]).expect_err("syntax");
    assert!(message.starts_with("my.toml is not valid TOML at line 2, column 12: "), "{message}");
    assert!(!message.contains('\n'), "{message}");
}

#[test]
fn malformed_sets_are_explained() {
    for (set, part) in [
        ("training.steps", "has no `=`"),
        ("=5", "key is not a dotted name"),
        ("a..b=5", "key is not a dotted name"),
        ("[training]\nsteps=5", "key is not a dotted name"),
        ("seed=[1,", "begins like TOML but is not"),
    ] {
        let message = resolve("", &[set]).expect_err(set);
        assert!(message.contains(part), "{message}");
    }
    // A newline must not smuggle in a second key.
    assert!(resolve("", &["seed=1\ndevice='cuda'"]).is_err());
}

#[test]
fn ranges_are_checked_after_stacking() {
    assert_eq!(
        resolve("", &["training.steps=0"]).expect_err("out of range"),
        "`training.steps` is 0: expected a whole number, at least 1"
    );
}

#[test]
fn the_plugin_can_be_peeked_at() {
    let sets = ["plugin=mlp".to_owned()];
    let file = Some((Path::new("my.toml"), "plugin = 'dynamics'\nanything = 1"));
    let layers = Layers { file, ..Layers::default() };
    assert_eq!(layers.peek_plugin().expect("valid").as_deref(), Some("dynamics"));
    let layers = Layers { sets: &sets, ..layers };
    assert_eq!(layers.peek_plugin().expect("valid").as_deref(), Some("mlp"));
    assert_eq!(
        Layers { plugin: Some("jets"), ..layers }.peek_plugin().expect("valid").as_deref(),
        Some("jets")
    );
    assert_eq!(Layers::default().peek_plugin().expect("valid"), None);
}

#[test]
fn what_is_written_reads_back() {
    let sets = ["action.component=x/y", "dataset.a={ z = 1, b = { c = [1.5] } }", "dataset.zz=1e-9"];
    let experiment = resolve("seed = 9223372036854775807", &sets).expect("valid");
    let text = to_toml(&experiment);
    assert!(text.starts_with("# A complete experiment"), "{text}");
    let layers = Layers { file: Some((Path::new("config.toml"), &text)), ..Layers::default() };
    assert_eq!(layers.resolve().expect("valid"), experiment);
}

#[test]
fn a_missing_file_is_named() {
    let message = read_file(Path::new("/no/such.toml")).expect_err("missing").to_string();
    assert!(message.starts_with("cannot read the configuration file /no/such.toml: "), "{message}");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_text_panics(file in "[a-z\\[\\]\\.=\"'\n#{}, 0-9é-]{0,60}", set in "[a-z\\.=\"'\n#{}, 0-9é-]{0,30}") {
        let _ = resolve(&file, &[]);
        let _ = resolve("", &[&set]);
        let _ = resolve(&format!("[training]\nsteps = {file}"), &[&format!("dataset.{set}")]);
    }
}
