//! Values against the formulas of golden/make.py, and what is said of files that are not sound.

use super::Source;
use crate::array::{Array, Number};
use proptest::prelude::*;
use std::fs;
use std::path::{Path, PathBuf};

fn golden(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src/golden").join(name)
}

fn open(name: &str) -> Source {
    Source::open(&golden(name)).unwrap()
}

/// What is said when an array is read, from its name on.
fn refusal(source: &mut Source, name: &str) -> String {
    let sentence = source.array::<f64>(name).expect_err(name).to_string();
    let path = source.path().display().to_string();
    assert!(sentence.starts_with(&path) && !sentence.contains('\n'), "{sentence}");
    sentence[path.len()..].trim_start_matches(": ").to_owned()
}

/// 3 i + j − 2 + shift, `[4, 3]`.
fn values(shift: i64) -> Vec<i64> {
    (0..12).map(|place| place - 2 + shift).collect()
}

fn floats() -> Vec<f64> {
    values(0).into_iter().map(|value| value as f64).collect()
}

fn numbers<T: Number>(source: &mut Source, name: &str) -> Vec<T> {
    let Array { shape, numbers, unfit } = source.array(name).unwrap();
    assert_eq!((&shape[..], unfit), (&[4, 3][..], None), "{name}");
    numbers
}

fn array<T>(shape: &[usize], numbers: Vec<T>) -> Array<T> {
    Array { shape: shape.to_vec(), numbers, unfit: None }
}

#[test]
fn every_format_and_element_type_gives_its_values() {
    for file in ["stored.npz", "deflated.npz", "values.safetensors"] {
        let source = &mut open(file);
        for name in ["f2", "f4", "f8"] {
            assert_eq!(numbers::<f64>(source, name), floats(), "{file} {name}");
        }
        for name in ["i1", "i2", "i4", "i8"] {
            assert_eq!(numbers::<i64>(source, name), values(0), "{file} {name}");
        }
        for name in ["u1", "u2", "u4", "u8"] {
            assert_eq!(numbers::<i64>(source, name), values(2), "{file} {name}");
        }
        let odd: Vec<i64> = values(0).iter().map(|value| value.rem_euclid(2)).collect();
        assert_eq!(numbers::<i64>(source, "bool"), odd, "{file}");
    }
    assert_eq!(numbers::<f64>(&mut open("rare.safetensors"), "bf16"), floats());
}

#[test]
fn other_orders_of_bytes_and_axes_are_put_right() {
    let source = &mut open("stored.npz");
    assert_eq!(numbers::<f64>(source, "big_f4"), floats());
    assert_eq!(numbers::<i64>(source, "big_i8"), values(0));
    assert_eq!(numbers::<f64>(source, "fortran"), floats());
    let cube = source.array("fortran_3d").unwrap();
    let expected = (0..4).flat_map(|i| (0..6).map(move |jk| f64::from(100 * i + 10 * (jk / 2) + jk % 2)));
    assert_eq!(cube, array(&[4, 3, 2], expected.collect()));
    assert_eq!(source.array::<f32>("list").unwrap().shape, [4]);
    assert_eq!(source.array("single").unwrap(), array(&[], vec![1.5_f32]));
    assert_eq!(source.array::<f32>("empty").unwrap(), array(&[0, 3], vec![]));
}

#[test]
fn a_directory_of_npy_files_is_a_source() {
    let source = &mut open("npy");
    for name in ["f4", "fortran", "version_3"] {
        assert_eq!(numbers::<f64>(source, name), floats(), "{name}");
    }
    assert_eq!(
        refusal(source, "f5"),
        "has no array `f5`; it has `f4`, `fortran`, `version_3`. Correct the name in the spec"
    );
    assert!(refusal(source, "../npy/f4").starts_with("has no array"));
}

#[test]
fn columns_are_found_by_name_and_keep_the_order_that_is_asked_for() {
    let source = &mut open("values.csv");
    let found = source.columns(&["z".into(), "x".into()]).unwrap();
    let expected = (0..4).flat_map(|i| [f64::from(3 * i) / 4.0, f64::from(3 * i - 2) / 4.0]);
    assert_eq!(found, array(&[4, 2], expected.collect::<Vec<f64>>()));
    assert_eq!(source.array::<f32>("label").unwrap().shape, [4, 1]);
    assert_eq!(source.integers("label").unwrap(), [0, 1, 0, 1]);
    assert_eq!(source.identities("object").unwrap(), ["ball", "ball", "dense, round", "dense, round"]);
    assert_eq!(
        refusal(source, "object"),
        "line 2, column `object` holds \"ball\", expected a finite number; correct the cell or leave the line out"
    );
    assert!(refusal(source, "w").starts_with("has no column `w`; it has `x`, `y`, `z`, `object`, `label`."));
}

#[test]
fn parquet_has_columns_and_lists_of_one_length() {
    let source = &mut open("snappy.parquet");
    for name in ["f2", "f4", "f8", "fixed"] {
        assert_eq!(numbers::<f64>(source, name), floats(), "{name}");
    }
    for name in ["i1", "i2", "i4", "i8"] {
        assert_eq!(numbers::<i64>(source, name), values(0), "{name}");
    }
    for name in ["u1", "u2", "u4", "u8"] {
        assert_eq!(numbers::<i64>(source, name), values(2), "{name}");
    }
    let odd: Vec<i64> = values(0).iter().map(|value| value.rem_euclid(2)).collect();
    assert_eq!(numbers::<i64>(source, "bools"), odd);
    assert_eq!(source.array::<i64>("flag").unwrap(), array(&[4, 1], vec![0, 1, 0, 1]));

    let csv = &mut open("values.csv");
    for names in [["z", "x"], ["x", "y"], ["label", "z"]] {
        let names = names.map(str::to_owned);
        assert_eq!(source.columns::<f64>(&names).unwrap(), csv.columns(&names).unwrap());
    }
    let identities = csv.identities("object").unwrap();
    for file in ["snappy.parquet", "none.parquet", "gzip.parquet", "zstd.parquet", "version_2.parquet"] {
        let source = &mut open(file);
        assert_eq!(source.identities("object").unwrap(), identities, "{file}");
        assert_eq!(source.array::<f32>("x").unwrap(), csv.array("x").unwrap(), "{file}");
        assert_eq!(numbers::<f64>(source, "f4"), floats(), "{file}");
        assert_eq!(numbers::<i64>(source, "i8"), values(0), "{file}");
    }
    assert_eq!(numbers::<i64>(&mut open("version_2.parquet"), "bools"), odd);
    assert_eq!(source.identities("label").unwrap(), ["0", "1", "0", "1"]);
    assert_eq!(source.integers("label").unwrap(), [0, 1, 0, 1]);
    assert!(refusal(source, "w").starts_with("has no column `w`; it has `x`, `y`, `z`, `object`"));
    let beside = source.columns::<f32>(&["x".into(), "f4".into()]).unwrap_err().to_string();
    assert!(
        beside.ends_with("name it with `array`") && beside.contains("holds lists of 3 numbers"),
        "{beside}"
    );
    assert!(source.columns::<f32>(&["w".into()]).unwrap_err().to_string().contains("has no column `w`"));
}

#[test]
fn stretches_of_a_parquet_column_are_parts_of_it() {
    for file in ["snappy.parquet", "none.parquet", "gzip.parquet", "zstd.parquet", "version_2.parquet"] {
        let source = &mut open(file);
        assert!(source.has_rows());
        let names: Vec<String> =
            source.names().unwrap().into_iter().filter(|name| name != "object").collect();
        for name in &names {
            let whole = source.array::<f64>(name).unwrap();
            assert_eq!(source.shape(name).unwrap(), whole.shape, "{file}, {name}");
            let width = whole.shape[1];
            for first in 0..4 {
                for count in 1..=4 - first {
                    let numbers = whole.numbers[first * width..][..count * width].to_vec();
                    let found = source.rows::<f64>(name, first, count).unwrap();
                    assert_eq!(found, array(&[count, width], numbers), "{file}, {name}, {first}");
                }
            }
        }
    }
    let source = &mut open("snappy.parquet");
    let beside = ["z".to_owned(), "x".to_owned()];
    assert_eq!(source.shape_of_columns(&beside).unwrap(), [4, 2]);
    let whole = source.columns::<f64>(&beside).unwrap();
    let part = source.rows_of_columns::<f64>(&beside, 1, 2).unwrap();
    assert_eq!(part, array(&[2, 2], whole.numbers[2..6].to_vec()));
    let refused = |told: semola_plugin_api::Result<Array<f64>>, expected: &str| {
        let sentence = told.unwrap_err().to_string();
        assert!(sentence.contains(expected), "{sentence}");
    };
    let source = open("refused.parquet");
    refused(source.rows("ragged", 2, 1), "holds a list of 1 in row 2, expected 2 as in row 0");
    refused(source.rows("null", 1, 1), "column `null` holds null in row 1");
    assert!(source.rows::<f64>("null", 0, 1).is_ok(), "the row itself is sound");
    refused(source.rows("ragged", 2, 9), "has 3 rows, and not those from 2 to 11");
    refused(source.rows("w", 0, 1), "has no column `w`");
    let names = |name: &str| [name.to_owned(), "nan".to_owned()];
    refused(source.rows_of_columns(&names("w"), 0, 1), "has no column `w`");
    let lists = source.shape_of_columns(&names("ragged")).unwrap_err().to_string();
    assert!(lists.ends_with("name it with `array`"), "{lists}");
    refused(open("values.csv").rows("x", 0, 1), "cannot be read a part at a time");
    refused(open("values.safetensors").rows_of_columns(&names("f4"), 0, 1), "has arrays, not columns");
}

#[test]
fn what_parquet_holds_beside_numbers_is_refused_by_column_and_row() {
    let source = &mut open("refused.parquet");
    for (name, found) in [
        ("null", "holds null in row 1, expected a number in every row"),
        ("null_list", "holds null in row 1, expected numbers in every row"),
        ("null_entry", "holds null in row 1, expected numbers in every row"),
        ("empty_list", "holds an empty list in row 2, expected numbers in every row"),
        ("ragged", "holds a list of 1 in row 2, expected 2 as in row 0"),
        ("nested", "holds lists of lists, expected numbers"),
        ("texts", "holds texts, expected numbers"),
        ("text_lists", "holds texts, expected numbers"),
        ("struct", "holds structs, expected numbers"),
        ("structs", "holds lists of structs, expected numbers"),
        ("map", "holds maps, expected numbers"),
        ("date", "holds dates or times, expected numbers"),
        ("time", "holds dates or times, expected numbers"),
        ("decimal", "holds decimals, expected numbers"),
        ("bytes", "holds raw bytes, expected numbers"),
        ("nothing", "holds nothing but nulls, expected numbers"),
        ("large", "holds the unsigned integer 9223372036854775808, expected less than 2^63"),
    ] {
        let sentence = refusal(source, name);
        assert!(sentence.starts_with(&format!("column `{name}` {found}")), "{sentence}");
    }
    assert_eq!(source.identities("texts").unwrap(), ["a", "b", "c"]);
    let sentence = source.identities("text_null").unwrap_err().to_string();
    assert!(sentence.contains("column `text_null` holds null in row 1"), "{sentence}");
    let unfit = source.array::<f32>("nan").unwrap().unfit;
    assert!(unfit.is_some_and(|(place, number)| place == 2 && number.is_nan()), "{unfit:?}");
    assert_eq!(source.array::<i64>("half_list").unwrap().unfit, Some((0, 0.5)));
    let both = source.columns::<i64>(&["large".into()]).unwrap_err().to_string();
    assert!(both.contains("column `large` holds the unsigned"), "{both}");
    let sentence = refusal(&mut open("brotli.parquet"), "x");
    assert!(
        sentence.contains("is compressed with brotli, expected snappy, zstd, gzip or nothing"),
        "{sentence}"
    );
}

#[test]
fn what_is_no_number_is_refused_with_a_way_out() {
    let source = &mut open("stored.npz");
    for (name, found, remedy) in [
        ("complex", "holds complex numbers ('<c16')", "real and imaginary parts"),
        ("object", "holds Python objects ('|O')", "rows of unequal length"),
        ("strings", "holds strings ('<U2')", "numpy.unique"),
        ("dates", "holds dates or durations ('<M8[D]')", "seconds"),
        ("long", "holds floats of 128 bits ('<f16')", "float64"),
        ("structured", "is a structured array", "an array of its own"),
        ("large_u8", "holds the unsigned integer 9223372036854775808", "int64"),
    ] {
        let sentence = refusal(source, name);
        assert!(sentence.starts_with(&format!("array `{name}` {found}")), "{sentence}");
        assert!(sentence.contains(remedy), "{sentence}");
    }
    assert!(
        refusal(&mut open("rare.safetensors"), "f8").contains("F8_E4M3, expected floats of 16 bits or more")
    );
    assert!(source.columns::<f32>(&["f4".into()]).unwrap_err().to_string().contains("name one with `array`"));
}

#[test]
fn whole_numbers_are_asked_for_in_one_sentence() {
    let source = &mut open("stored.npz");
    let sentence = source.integers("i4").unwrap_err().to_string();
    assert!(
        sentence.ends_with("array `i4` has shape [4, 3], expected one whole number a sample"),
        "{sentence}"
    );
    assert_eq!(source.integers("list").unwrap(), [-2, 1, 4, 7]);
    let csv = &mut open("values.csv");
    let sentence = csv.integers("x").unwrap_err().to_string();
    assert!(
        sentence.ends_with("column `x` holds -0.5 at [0], expected whole numbers; save it as integers"),
        "{sentence}"
    );
}

/// What is said when this is opened under the name.
fn rejected(name: &str, bytes: &[u8]) -> String {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    fs::write(&path, bytes).unwrap();
    let Err(error) = Source::open(&path) else { panic!("{name} was opened") };
    let sentence = error.to_string();
    assert!(sentence.starts_with(&path.display().to_string()) && !sentence.contains('\n'), "{sentence}");
    sentence[path.display().to_string().len() + 2..].to_owned()
}

#[test]
fn files_that_are_something_else_are_named() {
    for (name, bytes, start) in [
        ("a.npz", &b"garbage"[..], "is no zip archive, or truncated"),
        ("a.npz", b"", "is no zip archive, or truncated"),
        ("a.npz", &fs::read(golden("stored.npz")).unwrap()[..3000], "is no zip archive, or truncated"),
        ("a.safetensors", b"garbage", "is no safetensors file, or truncated"),
        ("a.safetensors", &fs::read(golden("values.safetensors")).unwrap()[..1000], "is no safetensors file"),
        ("a.csv", b"", "has no line beside its header"),
        ("a.csv", b"x,y\n", "has no line beside its header"),
        ("a.csv", b"x,x\n1,2\n", "has two columns `x`"),
        ("a.csv", b"x,y\n1,2\n1,2,3\n", "is not read as CSV: CSV error: record 2 (line: 3"),
        ("a.csv", b"x,y\n\xff,2\n", "is not read as CSV"),
        ("a.parquet", b"", "is no parquet file, or truncated"),
        ("a.parquet", b"PAR1", "is no parquet file, or truncated"),
        ("a.parquet", b"x,y\n1,2\n3,4\n", "is no parquet file, or truncated"),
        (
            "a.parquet",
            &fs::read(golden("snappy.parquet")).unwrap()[..3000],
            "is no parquet file, or truncated",
        ),
        ("a.parquet", &fs::read(golden("no_rows.parquet")).unwrap(), "has no row, expected one row a sample"),
        ("a.csv", &fs::read(golden("snappy.parquet")).unwrap(), "is not read as CSV"),
        ("a.npy", b"", "is a single array"),
        ("a.txt", b"", "is of no known format; expected"),
        ("a", b"", "is of no known format; expected"),
    ] {
        let sentence = rejected(name, bytes);
        assert!(sentence.starts_with(start), "{name}: {sentence}");
    }
    let directory = tempfile::tempdir().unwrap();
    let opened = |path: &Path| Source::open(path).err().unwrap().to_string();
    assert!(opened(directory.path()).ends_with("holds no .npy file; write one with numpy.save"));
    let missing = opened(&directory.path().join("a.npz"));
    assert!(
        missing.contains("a.npz: cannot be opened: No such file") && missing.contains("relative paths"),
        "{missing}"
    );
}

#[test]
fn a_cell_that_does_not_parse_is_found() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.csv");
    for (cell, found) in [
        ("one", "\"one\""),
        ("", "nothing"),
        ("NaN", "\"NaN\""),
        ("-inf", "\"-inf\""),
        ("1e999", "\"1e999\""),
    ] {
        fs::write(&path, format!("x,y\n1,2\n\n3,{cell}\n")).unwrap();
        let sentence = refusal(&mut Source::open(&path).unwrap(), "y");
        assert!(
            sentence.starts_with(&format!("line 4, column `y` holds {found}, expected a finite number")),
            "{sentence}"
        );
    }
}

fn npy(header: &str, numbers: &[u8]) -> Vec<u8> {
    let length = u16::try_from(header.len()).unwrap().to_le_bytes();
    [b"\x93NUMPY\x01\x00", &length[..], header.as_bytes(), numbers].concat()
}

#[test]
fn damaged_npy_files_say_how() {
    let directory = tempfile::tempdir().unwrap();
    let sound = "{'descr': '<f4', 'fortran_order': False, 'shape': (2, 3), }";
    let deep = format!(
        "{{'descr': '<f4', 'fortran_order': False, 'shape': {}1{} }}",
        "(".repeat(20000),
        ")".repeat(20000)
    );
    for (bytes, part) in [
        (npy(sound, &[0; 24]), ""),
        (npy(sound, &[0; 20]), "has shape [2, 3], which takes 24 bytes, and holds only 20: it is truncated"),
        (
            npy(sound, &[0; 25]),
            "has shape [2, 3], which takes 24 bytes, and holds more than that: it is damaged",
        ),
        (npy(sound, &[0; 24])[..30].to_vec(), "is truncated in its header"),
        (vec![], "is truncated in its header"),
        (b"PK\x03\x04 a zip archive".to_vec(), "is not in NumPy's format"),
        (npy(&sound.replace("(2, 3)", "(4294967296, 4294967296)"), &[0; 24]), "impossible shape"),
        (npy(&sound.replace("(2, 3)", "(0, 4294967296, 4294967296)"), &[0; 24]), "impossible shape"),
        (npy(&sound.replace("(2, 3)", "(1000000000000, 3)"), &[0; 24]), "holds only 24"),
        (npy(&sound.replace("(2, 3)", "(-2, 3)"), &[0; 24]), "has a header that does not parse"),
        (npy(&sound.replace("'shape'", "'form'"), &[0; 24]), "has a header that does not parse"),
        (npy(&sound.replace("<f4", "é8"), &[0; 24]), "elements of an unknown type ('é8')"),
        (npy(&sound.replace("<f4", "<f5"), &[0; 24]), "elements of an unknown type"),
        (npy(&deep, &[0; 24]), "has a header that does not parse"),
    ] {
        fs::write(directory.path().join("x.npy"), &bytes).unwrap();
        let read = Source::open(directory.path()).unwrap().array::<f32>("x");
        match (read, part) {
            (Ok(array), "") => assert_eq!(array.numbers, [0.0; 6]),
            (Err(error), part) => {
                let text = error.to_string();
                assert!(text.contains("x.npy: array `x` ") && text.contains(part), "{part}: {text}");
            }
            (Ok(array), part) => panic!("{part}: {array:?}"),
        }
    }
}

/// Opens and reads everything in a file of these bytes: any outcome but a panic.
fn read_all(name: &str, bytes: &[u8]) {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join(name);
    fs::write(&path, bytes).unwrap();
    let path = if name.ends_with(".npy") { directory.path() } else { &path };
    let Ok(mut source) = Source::open(path) else { return };
    for name in source.names().unwrap() {
        if let Ok(array) = source.array::<f32>(&name) {
            assert_eq!(array.numbers.len(), array.shape.iter().product::<usize>());
        }
        let _ = source.columns::<i64>(std::slice::from_ref(&name));
        let _ = source.identities(&name);
        let _ = source.rows::<f32>(&name, 1, 2);
    }
}

/// Chance found a byte of this file whose loss leaves levels without values.
#[test]
fn no_single_byte_of_a_parquet_file_leads_to_a_panic() {
    let bytes = fs::read(golden("zstd.parquet")).unwrap();
    for place in 0..bytes.len() {
        for damage in [0, !bytes[place]] {
            let mut bytes = bytes.clone();
            bytes[place] = damage;
            read_all("a.parquet", &bytes);
        }
    }
}

/// Sound files that are to be damaged.
const DAMAGED: [&str; 12] = [
    "stored.npz",
    "deflated.npz",
    "values.safetensors",
    "values.csv",
    "npy/f4.npy",
    "npy/version_3.npy",
    "none.parquet",
    "snappy.parquet",
    "gzip.parquet",
    "zstd.parquet",
    "version_2.parquet",
    "refused.parquet",
];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn damaged_files_never_panic(
        file in 0..DAMAGED.len(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..8),
        end in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let name = DAMAGED[file];
        let mut bytes = fs::read(golden(name)).unwrap();
        for (place, byte) in changes {
            let place = place.index(bytes.len());
            bytes[place] = byte;
        }
        if let Some(end) = end {
            bytes.truncate(end.index(bytes.len()));
        }
        read_all(name.trim_start_matches("npy/"), &bytes);
    }

    #[test]
    fn garbage_never_panics(ending in 0_usize..5, bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        read_all(["a.npz", "a.safetensors", "a.csv", "a.npy", "a.parquet"][ending], &bytes);
    }

    #[test]
    fn headers_of_any_text_never_panic(text in "[{}()\\[\\]'\":,<>|a-zA-Z0-9 \u{e9}-]{0,120}") {
        let entry = format!("{{'descr': '{text}', 'fortran_order': False, 'shape': ({text}), }}");
        read_all("a.npy", &npy(&text, &[0; 8]));
        read_all("a.npy", &npy(&entry, &[0; 8]));
    }
}
