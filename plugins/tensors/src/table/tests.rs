//! Shapes, labels and numbers: what fits, and what is said of what does not.

use super::Table;
use crate::spec::Spec;
use semola_arrays::Source;
use semola_plugin_api::{FieldType, Representation, Result};
use std::path::Path;

fn golden(name: &str) -> Source {
    Source::open(&Path::new(env!("CARGO_MANIFEST_DIR")).join("../arrays/src/golden").join(name)).unwrap()
}

/// Reads a table of one input and one target.
fn read(file: &str, head: &str, input: &str, target: &str) -> Result<Table> {
    let text = format!("{head}\n[[inputs]]\nname = 'x'\n{input}\n[[targets]]\nname = 'y'\n{target}\n");
    Table::read(&mut golden(file), &Spec::parse(&text, Path::new("spec.toml")).unwrap())
}

/// What is said after the path.
fn refusal(file: &str, head: &str, input: &str, target: &str) -> String {
    let sentence = read(file, head, input, target).expect_err(input).to_string();
    let (path, rest) = sentence.split_once(": ").unwrap();
    assert!(path.ends_with(file) && !sentence.contains('\n'), "{sentence}");
    rest.to_owned()
}

const SCALAR: &str = "array = 'list'\nrepresentation = 'scalar'";

#[test]
fn fields_have_the_arrays_shape_or_the_specs() {
    let table = read("stored.npz", "n = 3", "array = 'f4'\nrepresentation = 'vector'", SCALAR).unwrap();
    assert_eq!(table.rows, 4);
    assert_eq!((&table.inputs[0].field.shape[..], &table.targets[0].field.shape[..]), (&[3][..], &[1][..]));
    assert_eq!(table.inputs[0].field.representation, Representation::Vector);
    assert_eq!((table.inputs[0].row(2), table.targets[0].row(3)), (vec![4.0, 5.0, 6.0], vec![7.0]));

    let copies = "array = 'fortran_3d'\nrepresentation = 'vector'\nshape = [2, 3]";
    let table = read("stored.npz", "n = 3", copies, SCALAR).unwrap();
    assert_eq!(table.inputs[0].field.shape, [2, 3]);
    assert_eq!(table.inputs[0].row(1), [100.0, 101.0, 110.0, 111.0, 120.0, 121.0]);

    let packed = "array = 'i2'\nrepresentation = 'symmetric'";
    assert_eq!(read("stored.npz", "n = 2", packed, SCALAR).unwrap().inputs[0].field.shape, [3]);

    let columns = "columns = ['z', 'x']\nrepresentation = 'covector'";
    let table = read("values.csv", "n = 2", columns, "array = 'label'\nrepresentation = 'scalar'").unwrap();
    assert_eq!((table.inputs[0].row(3), table.targets[0].row(3)), (vec![2.25, 1.75], vec![1.0]));
}

#[test]
fn labels_are_integers_of_no_shape() {
    let head = "n = 2\ntask = 'classification'\nclasses = 2";
    let columns = "columns = ['x', 'y']\nrepresentation = 'vector'";
    let table = read("values.csv", head, columns, "array = 'label'").unwrap();
    let field = &table.targets[0].field;
    assert_eq!((&field.shape[..], field.dtype), (&[][..], FieldType::I64));
    assert_eq!(table.targets[0].row(1), [1.0]);

    assert_eq!(
        refusal("values.csv", head, columns, "array = 'z'"),
        "column `z` of field `y` holds 0.75 at [1], expected labels 0 to 1 (`classes` is 2); number the classes"
    );
    let vector = "array = 'i4'\nrepresentation = 'scalar'";
    assert_eq!(
        refusal("stored.npz", head, vector, "array = 'list'"),
        "array `list` of field `y` holds -2 at [0], expected labels 0 to 1 (`classes` is 2); correct `classes` or the \
         labels"
    );
    assert!(
        refusal("stored.npz", head, vector, "array = 'i8'")
            .contains("expected one label a sample: shape [4]")
    );
}

#[test]
fn a_shape_that_does_not_fit_is_explained() {
    let vector = |array: &str| format!("array = '{array}'\nrepresentation = 'vector'");
    assert_eq!(
        refusal("stored.npz", "n = 2", &vector("f4"), SCALAR),
        "array `f4` of field `x` has shape [4, 3], and a vector of R^2 needs a sample's shape to end in 2; found [3]; \
         correct `n` or the representation in the spec"
    );
    assert_eq!(
        refusal("stored.npz", "n = 3", &vector("fortran_3d"), SCALAR),
        "array `fortran_3d` of field `x` has shape [4, 3, 2], and a vector of R^3 needs a sample's shape to end in 3; \
         found [3, 2]; if each sample holds 2 of them side by side, add shape = [2, 3]"
    );
    assert_eq!(
        refusal("stored.npz", "n = 3", &(vector("f4") + "\nshape = [2, 3]"), SCALAR),
        "array `f4` of field `x` has shape [4, 3], that is 3 numbers a sample, and `shape` = [2, 3] in the spec takes 6; \
         correct one of them"
    );
    assert!(
        refusal("stored.npz", "n = 1", "array = 'list'\nrepresentation = 'antisymmetric'", SCALAR)
            .contains("R^1")
    );
    assert!(refusal("stored.npz", "n = 3", &vector("single"), SCALAR).contains("is a single number"));
    assert!(refusal("stored.npz", "n = 3", &vector("empty"), SCALAR).contains("is empty (shape [0, 3])"));
    assert_eq!(
        refusal("stored.npz", "n = 3", &vector("f4"), "array = 'strange'\nrepresentation = 'scalar'")
            .split(';')
            .next(),
        Some("has no array `strange`")
    );
    assert!(
        refusal(
            "values.csv",
            "n = 2",
            "columns = ['x', 'w']\nrepresentation = 'vector'",
            "array = 'z'\nrepresentation = 'scalar'"
        )
        .starts_with("has no column `w`; it has `x`, `y`, `z`")
    );
}

/// An npz-free way to hand in numbers: a directory with two arrays of float64, `[samples, width]`.
fn directory(arrays: [(&str, usize, &[f64]); 2]) -> tempfile::TempDir {
    let directory = tempfile::tempdir().unwrap();
    for (name, width, numbers) in arrays {
        let shape = format!("({}, {width})", numbers.len() / width);
        let header = format!("{{'descr': '<f8', 'fortran_order': False, 'shape': {shape}, }}");
        let mut bytes = b"\x93NUMPY\x01\x00".to_vec();
        bytes.extend(u16::try_from(header.len()).unwrap().to_le_bytes());
        bytes.extend(header.as_bytes());
        bytes.extend(numbers.iter().flat_map(|number| number.to_le_bytes()));
        std::fs::write(directory.path().join(name).with_extension("npy"), bytes).unwrap();
    }
    directory
}

fn said(arrays: [(&str, usize, &[f64]); 2]) -> String {
    let directory = directory(arrays);
    let text = "n = 2\n[[inputs]]\nname = 'x'\nrepresentation = 'vector'\n[[targets]]\nname = 'y'\nrepresentation = 'scalar'";
    let spec = Spec::parse(text, Path::new("spec.toml")).unwrap();
    let error = Table::read(&mut Source::open(directory.path()).unwrap(), &spec).unwrap_err().to_string();
    error[directory.path().display().to_string().len() + 2..].to_owned()
}

#[test]
fn a_number_that_is_none_is_found_by_its_index() {
    let y = [0.0, 1.0];
    for (number, expected) in [
        (f64::NAN, "holds NaN at [1, 0], expected finite numbers; leave such samples out before saving"),
        (f64::INFINITY, "holds inf at [1, 0], expected finite numbers"),
        (1e300, "at [1, 0], expected a size below 3.4e38 (32-bit floats)"),
    ] {
        let sentence = said([("x", 2, &[1.0, 2.0, number, f64::NAN]), ("y", 1, &y)]);
        assert!(
            sentence.starts_with("array `x` of field `x` holds ") && sentence.contains(expected),
            "{sentence}"
        );
    }
}

#[test]
fn unequal_lengths_name_both_fields() {
    assert_eq!(
        said([("x", 2, &[1.0; 6]), ("y", 1, &[1.0; 2])]),
        "array `y` of field `y` has shape [2, 1], that is 2 samples, and field `x` has 3; all need the same first axis"
    );
}

#[test]
fn every_refusal_names_file_and_field() {
    let kinds = ["scalar", "vector", "covector", "matrix", "symmetric", "antisymmetric"];
    let mut refused = 0;
    for file in [
        "stored.npz",
        "values.safetensors",
        "rare.safetensors",
        "values.csv",
        "snappy.parquet",
        "refused.parquet",
    ] {
        for name in golden(file).names().unwrap() {
            for (kind, n) in kinds.iter().flat_map(|kind| (1..=3).map(move |n| (kind, n))) {
                for shape in ["", "shape = []", "shape = [3]", "shape = [1, 3]", "shape = [0]"] {
                    let input = format!("array = '{name}'\nrepresentation = '{kind}'\n{shape}");
                    let target = format!("array = '{name}'\nrepresentation = 'scalar'");
                    let head = format!("n = {n}");
                    let Err(error) = read(file, &head, &input, &target) else { continue };
                    let sentence = error.to_string();
                    let path = golden(file).path().display().to_string();
                    assert!(
                        sentence.starts_with(&format!("{path}: "))
                            && sentence.contains(&format!("`{name}`"))
                            && (sentence.contains("field `x`") || sentence.contains("field `y`"))
                            && !sentence.contains('\n'),
                        "{input}: {sentence}"
                    );
                    refused += 1;
                }
            }
            let labels = format!("array = '{name}'");
            let head = "n = 2\ntask = 'classification'\nclasses = 2";
            if let Err(error) = read(file, head, &format!("{labels}\nrepresentation = 'scalar'"), &labels) {
                assert!(error.to_string().contains("field `"), "{error}");
            }
        }
    }
    assert!(refused > 1000, "{refused}");
}
