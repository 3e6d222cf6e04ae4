//! What is proposed is a spec, and reads the data it was made for.

use super::missing;
use crate::spec::{Part, Spec};
use crate::table::Table;
use semola_arrays::Source;
use semola_plugin_api::{Representation, Task};
use std::path::{Path, PathBuf};

fn proposed(data: &Path) -> (String, Spec) {
    let text = missing(&mut Source::open(data).unwrap(), Path::new("my.toml")).to_string();
    assert!(!text.contains('\n'), "{text}");
    let text = text.replace(super::LINE_BREAK, "\n");
    let (sentence, toml) = text.split_once("\n\n").unwrap();
    let start = format!("{}: there is no spec my.toml that says what its", data.display());
    assert!(sentence.starts_with(&start) && sentence.ends_with("plugins/tensors/README.md)"), "{sentence}");
    (
        toml.to_owned(),
        Spec::parse(toml, Path::new("my.toml")).unwrap_or_else(|error| panic!("{error}\n{toml}")),
    )
}

fn file(name: &str, text: &str) -> (tempfile::TempDir, PathBuf) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    std::fs::write(&path, text).unwrap();
    (directory, path)
}

#[test]
fn the_example_is_described_as_its_spec_says() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("example/bead.npz");
    let (toml, spec) = proposed(&example);
    assert_eq!((spec.n, spec.task, spec.splits.group.as_deref()), (2, Task::Regression, Some("object_id")));
    let fields = |fields: &[crate::spec::FieldSpec]| {
        fields.iter().map(|field| (field.name.clone(), field.representation())).collect::<Vec<_>>()
    };
    let vector = |name: &str| (name.to_owned(), Representation::Vector);
    assert_eq!(fields(&spec.inputs), [vector("q"), vector("v")]);
    assert_eq!(fields(&spec.targets), [vector("force")]);
    assert_eq!(spec.splits.test, Part::Fraction(0.15));
    assert!(toml.contains("name = \"force\"") && toml.contains("# [2] a sample"), "{toml}");
    let table = Table::read(&mut Source::open(&example).unwrap(), &spec).unwrap();
    assert_eq!(table.rows, 600);
}

#[test]
fn columns_that_belong_together_are_side_by_side() {
    let (_directory, path) =
        file("my.csv", "px,py,pz,v_1,v_2,v_3,mass,x,mol,y\n1,2,3,.5,5,6,.5,7,a,8\n1,2,3,4,5,6,7,7,b,8\n");
    let (toml, spec) = proposed(&path);
    let columns: Vec<_> =
        spec.inputs.iter().map(|field| (&field.name[..], field.columns.as_deref())).collect();
    let texts = |names: [&str; 3]| names.map(str::to_owned);
    let (p, v) = (texts(["px", "py", "pz"]), texts(["v_1", "v_2", "v_3"]));
    assert_eq!(columns, [("p", Some(&p[..])), ("v", Some(&v[..])), ("mass", None), ("x", None)]);
    assert_eq!((spec.n, &spec.targets[0].name[..], spec.splits.group.as_deref()), (3, "y", Some("mol")));
    assert!(toml.contains("representation = \"vector\""), "{toml}");
    Table::read(&mut Source::open(&path).unwrap(), &spec).unwrap();
}

#[test]
fn labels_are_counted_and_long_rows_get_a_shape_to_uncomment() {
    let (_directory, path) = file("my.csv", "a1,a2,b1,b2,b3,b4,label\n1,2,3,.5,5,6,2\n1,2,3,4,5,6,0\n");
    let (toml, spec) = proposed(&path);
    assert_eq!((spec.task, &spec.targets[0].name[..]), (Task::Classification { classes: 3 }, "label"));
    assert!(toml.contains("# shape = [2, 2]") || spec.n == 4, "{toml}");
}

#[test]
fn everything_in_the_golden_files_can_be_proposed() {
    let golden = Path::new(env!("CARGO_MANIFEST_DIR")).join("../arrays/src/golden");
    for name in ["stored.npz", "values.csv", "snappy.parquet", "refused.parquet", "values.safetensors", "npy"]
    {
        let (toml, spec) = proposed(&golden.join(name));
        Table::read(&mut Source::open(&golden.join(name)).unwrap(), &spec)
            .err()
            .into_iter()
            .for_each(|error| assert!(error.to_string().contains("NaN"), "{error}\n{toml}"));
    }
}
