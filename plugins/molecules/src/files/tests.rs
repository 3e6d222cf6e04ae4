use super::*;
use tempfile::TempDir;

fn folder(files: &[(&str, &str)]) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (name, text) in files {
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    folder
}

fn options(folder: &TempDir, path: &str, more: &str) -> Options {
    let root = folder.path().display().to_string();
    let json = format!(r#"{{"path": "ROOT/{path}", "target": "gap"{more}}}"#).replace("ROOT", &root);
    serde_json::from_str(&json).unwrap()
}

fn open(folder: &TempDir, path: &str, more: &str) -> Result<Files> {
    Files::open(options(folder, path, more), &Context::default())
}

fn refusal(folder: &TempDir, path: &str, more: &str) -> String {
    let sentence = open(folder, path, more).err().expect("it is refused").to_string();
    assert!(!sentence.contains('\n'), "{sentence}");
    sentence
}

fn targets(files: &Files) -> Vec<f64> {
    let mut targets: Vec<f64> = files.parts.iter().flatten().map(|molecule| molecule.target).collect();
    targets.sort_by(f64::total_cmp);
    targets
}

const CO: &str = "2\ngap=0.5\nC 0 0 0\nO 1.1 0 0\n";
const NEON: &str = "1\nname=neon gap=0.75\nNe 0 0 0\n";
const MOL: &str =
    "helium\n\n\n  1  0  0  0  0  0  0  0  0  0999 V2000\n    0.0000    0.0000    0.0000 He  0\nM  END\n";

#[test]
fn a_folder_of_several_formats_is_one_data_set() {
    let folder = folder(&[
        ("b.xyz", &format!("{CO}{NEON}")),
        ("a.SDF", &format!("{MOL}>  <gap>\n1.5\n\n$$$$\n")),
        ("notes.txt", "no"),
    ]);
    let files = open(&folder, "", "").unwrap();
    assert_eq!(targets(&files), [0.5, 0.75, 1.5]);
    assert_eq!(files.layout, Layout { atoms: 2, kinds: vec![2, 6, 8, 10] });
    assert!(files.parts.iter().all(|part| part.len() == 1));
    assert_eq!(files.spec().targets[0].name, "gap");
}

#[test]
fn a_table_gives_the_property_by_name() {
    let table = "name,gap\nhelium,3\nneon,2\nco,1\nunused,9\n";
    let files = [("he.mol", MOL), ("ne.xyz", NEON), ("co.xyz", CO), ("t.csv", table)];
    let whole = folder(&files);
    let table = r#", "table": "ROOT/t.csv""#;
    assert_eq!(targets(&open(&whole, "", table).unwrap()), [1.0, 2.0, 3.0]);
    std::fs::rename(whole.path().join("co.xyz"), whole.path().join("other.xyz")).unwrap();
    let said = refusal(&whole, "", table);
    assert!(
        said.contains("other.xyz, record 1, line 1:") && said.contains("no row for the name `other`"),
        "{said}"
    );
}

#[test]
fn records_of_one_object_stay_together() {
    let record = |i: usize| format!("1\ngap={i} mol=m{}\nC 0 0 {i}\n", i % 5);
    let folder = folder(&[("m.xyz", &(0..50).map(record).collect::<String>())]);
    let files = open(&folder, "m.xyz", r#", "object": "mol""#).unwrap();
    let objects = files.parts.each_ref().map(|part| {
        part.iter().map(|molecule| molecule.target as usize % 5).collect::<std::collections::BTreeSet<_>>()
    });
    assert_eq!(objects.iter().map(std::collections::BTreeSet::len).sum::<usize>(), 5);
    let said = refusal(&folder, "m.xyz", r#", "object": "parent""#);
    assert!(said.contains("record 1") && said.contains("`parent`") && said.contains("gap, mol"), "{said}");
}

#[test]
fn what_is_wrong_is_said_with_file_and_record() {
    let xyz = format!("{CO}{NEON}");
    let whole = folder(&[
        ("text.xyz", &xyz),
        ("empty.sdf", " \n"),
        ("nothing.xyz", ""),
        ("nan.xyz", &xyz.replace("0.75", "nan")),
        ("none.xyz", &xyz.replace("gap=0.75", "lumo=1")),
        ("cut.xyz", &xyz[..xyz.len() - 9]),
        ("named.pdb", &xyz),
    ]);
    std::fs::write(whole.path().join("bytes.xyz"), [b'1', b'\n', 0xff, 0xfe]).unwrap();
    std::fs::create_dir(whole.path().join("bare")).unwrap();
    for (path, parts) in [
        ("text.xyz", &["has 2 molecules of 2 objects, expected at least 3"][..]),
        ("empty.sdf", &["empty.sdf", "holds no molecule"]),
        ("nothing.xyz", &["nothing.xyz", "holds no molecule"]),
        ("nan.xyz", &["nan.xyz, record 2, line 5", "`gap` is `nan`, expected a finite number"]),
        ("none.xyz", &["none.xyz, record 2, line 5", "has no property `gap`; it has lumo, name"]),
        ("cut.xyz", &["cut.xyz, record 2", "the file ends here"]),
        ("bytes.xyz", &["bytes.xyz", "byte 2 is not UTF-8"]),
        ("named.pdb", &["named.pdb", "no ending that names its format"]),
        ("bare", &["has no file that ends in .xyz"]),
        ("absent.xyz", &["absent.xyz", "cannot be read"]),
    ] {
        let said = refusal(&whole, path, "");
        for part in parts {
            assert!(said.contains(part), "{part} in {said}");
        }
    }
    assert!(refusal(&whole, "text.xyz", r#", "test": 1.0"#).contains("test 1"));
    let unset = Files::open(Options::default(), &Context::default()).err().unwrap().to_string();
    assert!(unset.contains("dataset.path"), "{unset}");
}

#[test]
fn the_elements_share_is_fitted_to_training_molecules() {
    let record = |i: usize| {
        let carbon = "C 0 0 0\n".repeat(i % 4 + 1);
        format!("{}\ngap={}\n{carbon}", i % 4 + 1, 10.0 * (i % 4 + 1) as f64 + 3.0)
    };
    let folder = folder(&[("m.xyz", &(0..40).map(record).collect::<String>())]);
    let files = open(&folder, "m.xyz", r#", "composition": true"#).unwrap();
    assert!(targets(&files).iter().all(|target| target.abs() < 1e-6));
}
