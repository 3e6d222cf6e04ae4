//! Which rows land in which split, from the options down.

use super::{Arrays, Options, Resident};
use proptest::prelude::*;
use semola_plugin_api::{Context, Dataset, Reference, Result, Split};
use std::fs;
use std::path::Path;
use tempfile::TempDir;

const SPEC: &str = "
n = 2
[[inputs]]
name = 'x'
columns = ['a', 'b']
representation = 'vector'
[[targets]]
name = 'row'
representation = 'scalar'
";

/// A CSV of rows numbered from `start`, with their objects and codes, and its spec beside it.
fn write(directory: &Path, name: &str, start: usize, objects: &[u8], codes: &[i64]) {
    let line = |(row, object): (usize, &u8)| {
        format!("{row}.5,-{row},{},o{object},{}\n", row + start, codes.get(row).unwrap_or(&0))
    };
    let lines: String = objects.iter().enumerate().map(line).collect();
    fs::write(directory.join(name), format!("a,b,row,object,code\n{lines}")).unwrap();
}

fn resident(options: Options) -> Result<Resident> {
    match Arrays::open(options, &Context::default())? {
        Arrays::Resident(arrays) => Ok(arrays),
        Arrays::Streamed(_) => panic!("small data are read as a whole"),
    }
}

fn open(directory: &Path, splits: &str) -> Result<Resident> {
    fs::write(directory.join("my.toml"), format!("{SPEC}[splits]\n{splits}")).unwrap();
    let data = directory.join("my.csv").display().to_string();
    resident(Options { data, ..Options::default() })
}

/// The numbers of the rows in a split, as the target holds them.
fn rows(data: &Resident, split: Split) -> Option<Vec<usize>> {
    let part = data.parts[split as usize].as_ref()?;
    let target = &data.tables[part.table].targets[0];
    Some(part.rows.iter().map(|&row| target.row(row)[0] as usize).collect())
}

fn set(objects: &[u8], codes: &[i64]) -> TempDir {
    let directory = tempfile::tempdir().unwrap();
    write(directory.path(), "my.csv", 0, objects, codes);
    directory
}

fn refusal(directory: &TempDir, splits: &str) -> String {
    let error = open(directory.path(), splits).err().unwrap_or_else(|| panic!("{splits} was accepted"));
    let text = error.to_string();
    assert!(text.starts_with(&directory.path().display().to_string()) && !text.contains('\n'), "{text}");
    text
}

#[test]
fn without_files_there_is_the_example() {
    let data = resident(Options::default()).unwrap();
    let spec = data.spec();
    assert_eq!((spec.n, &spec.reference), (2, &Some(Reference::rotations(2))));
    let names: Vec<&str> = spec.inputs.iter().chain(&spec.targets).map(|field| &field.name[..]).collect();
    assert_eq!(names, ["position", "velocity", "force"]);
    // The formula of example/make.py.
    let table = &data.tables[0];
    for row in 0..600 {
        let [q, v] = [0, 1].map(|input| table.inputs[input].row(row));
        let (qq, speed) = (q[0] * q[0] + q[1] * q[1], v[0].hypot(v[1]));
        let turned = [-v[1], v[0]];
        for axis in 0..2 {
            let force = -(1.0 + qq) * q[axis] - 0.3 * speed * v[axis] + 0.5 * turned[axis];
            assert!((table.targets[0].row(row)[axis] - force).abs() < 1e-5);
        }
    }
    let count = |split: Split| data.parts[split as usize].as_ref().map(|part| part.rows.len());
    assert_eq!(Split::ALL.map(count), [Some(420), Some(90), Some(90), None]);
    let only = Options { spec: "my.toml".into(), ..Options::default() };
    let text = resident(only).err().unwrap().to_string();
    assert!(text.contains("`spec` is \"my.toml\" and `data` is empty, expected both"), "{text}");
}

#[test]
fn a_code_decides_and_what_it_leaves_open_is_drawn() {
    let codes: Vec<i64> = (0..40).map(|row| [0, 0, 0, 2, 3][row % 5]).collect();
    let directory = set(&[1; 40], &codes);
    let data = open(directory.path(), "split = 'code'\nvalidation = 0.25").unwrap();
    let by_code = |code: i64| (0..40).filter(|&row| codes[row] == code).collect::<Vec<_>>();
    assert_eq!(rows(&data, Split::Test), Some(by_code(2)));
    assert_eq!(rows(&data, Split::Shifted), Some(by_code(3)));
    let (train, validation) = (rows(&data, Split::Train).unwrap(), rows(&data, Split::Validation).unwrap());
    assert_eq!((train.len(), validation.len()), (18, 6));
    let mut both = [train, validation].concat();
    both.sort_unstable();
    assert_eq!(both, by_code(0));

    let directory = set(&[1; 40], &[0, 7]);
    assert!(
        refusal(&directory, "split = 'code'")
            .contains("`code` of `splits.split` holds 7 at [1], expected 0 (train)")
    );
}

#[test]
fn files_serve_whole() {
    let directory = set(&[1; 20], &[]);
    let objects: Vec<u8> = vec![2; 5];
    for (name, start) in [("v.csv", 100), ("t.csv", 200), ("s.csv", 300)] {
        write(directory.path(), name, start, &objects, &[]);
    }
    let data = open(directory.path(), "validation = 'v.csv'\ntest = 't.csv'\nshifted = 's.csv'").unwrap();
    for (split, start, count) in
        [(Split::Train, 0, 20), (Split::Validation, 100, 5), (Split::Test, 200, 5), (Split::Shifted, 300, 5)]
    {
        assert_eq!(rows(&data, split), Some((start..start + count).collect()), "{split:?}");
    }
    // One object in two files.
    let sentence = refusal(&directory, "validation = 'v.csv'\ntest = 't.csv'\ngroup = 'object'");
    assert!(sentence.contains("t.csv: object \"o2\" (row 0) is in validation and in test"), "{sentence}");
    // Test rows, moved, are the same objects.
    open(directory.path(), "test = 't.csv'\nshifted = 's.csv'").unwrap();
    assert!(refusal(&directory, "test = 'no.csv'").contains("no.csv: cannot be opened"));
}

#[test]
fn what_cannot_be_divided_is_refused() {
    let few = set(&[1; 9], &[]);
    let sentence = refusal(&few, "");
    assert!(
        sentence
            .contains("9 rows give 7 for training, 1 for validation and 1 for test, expected at least 10"),
        "{sentence}"
    );
    let one = set(&[1; 40], &[]);
    let sentence = refusal(&one, "group = 'object'");
    assert!(
        sentence.contains("40 rows of 1 object give 0 for training, 0 for validation and 40 for test"),
        "{sentence}"
    );
    let spread = set(&[1; 40], &[0, 2]);
    let sentence = refusal(&spread, "group = 'object'\nsplit = 'code'");
    assert!(sentence.contains("object \"o1\"") && sentence.contains("in one split"), "{sentence}");
    let both = set(&[1; 40], &[2]);
    let sentence = refusal(&both, "split = 'code'\ntest = 't.csv'");
    assert!(sentence.contains("has rows of code 2 (test), and the spec names the file"), "{sentence}");
    assert!(
        refusal(&both, "group = 'thing'")
            .contains("has no column `thing`; it has `a`, `b`, `row`, `object`, `code`")
    );
}

proptest! {
    #[test]
    fn splits_are_disjoint_stable_whole_and_true_to_objects(
        objects in prop::collection::vec(0_u8..40, 60..200),
        seed in 0_u32..1000,
        grouped in any::<bool>(),
    ) {
        let directory = set(&objects, &[]);
        let group = if grouped { "group = 'object'" } else { "" };
        let splits = format!("seed = {seed}\n{group}");
        let data = open(directory.path(), &splits).unwrap();
        let parts = [Split::Train, Split::Validation, Split::Test].map(|split| rows(&data, split).unwrap());
        let mut all = parts.concat();
        all.sort_unstable();
        prop_assert_eq!(all, (0..objects.len()).collect::<Vec<_>>());
        if grouped {
            for object in 0..40 {
                let holding = parts.iter().filter(|part| part.iter().any(|&row| objects[row] == object));
                prop_assert!(holding.count() <= 1);
            }
        } else {
            let wanted = (objects.len() as f64 * 0.15).round() as usize;
            prop_assert_eq!((parts[1].len(), parts[2].len()), (wanted, wanted));
        }
        let again = open(directory.path(), &splits).unwrap();
        let same = [Split::Train, Split::Validation, Split::Test].map(|split| rows(&again, split).unwrap());
        prop_assert_eq!(parts, same);
    }
}
