//! Folders: labels, tables, splits, and what is refused.

use super::*;
use crate::clouds::Rows;
use crate::rotation::Turns;
use std::fs;
use tempfile::TempDir;

/// A box with these edges as OFF.
fn cuboid([a, b, c]: [f64; 3]) -> String {
    let mut text = String::from("OFF\n8 6 12\n");
    for corner in 0..8 {
        let edge = |bit: usize, length: f64| if corner >> bit & 1 == 1 { length } else { 0.0 };
        text += &format!("{} {} {}\n", edge(0, a), edge(1, b), edge(2, c));
    }
    text + "4 0 1 3 2\n4 4 5 7 6\n4 0 1 5 4\n4 2 3 7 6\n4 0 2 6 4\n4 1 3 7 5\n"
}

fn folder(per_class: usize) -> TempDir {
    let folder = tempfile::tempdir().unwrap();
    for (class, height) in [("low", 1.0), ("tall", 4.0)] {
        fs::create_dir(folder.path().join(class)).unwrap();
        for index in 0..per_class {
            let text = cuboid([2.0, height + index as f64 / 10.0, 1.0]);
            fs::write(folder.path().join(class).join(format!("{index}.off")), text).unwrap();
        }
    }
    fs::write(folder.path().join("low/notes.txt"), "no mesh").unwrap();
    folder
}

fn options(folder: &TempDir, json: &str) -> Options {
    let mut options: Options = serde_json::from_str(json).unwrap();
    options.path = folder.path().to_str().unwrap().into();
    options
}

fn rows(folder: &TempDir, json: &str, seed: u64, split: Split) -> Option<Rows> {
    open(&options(folder, json), seed).unwrap().rows(split).unwrap()
}

fn refusal(folder: &TempDir, json: &str) -> String {
    open(&options(folder, json), 0).map(|_| ()).expect_err(json).to_string()
}

const SMALL: &str = r#"{"points": 16, "surface_points": 100, "views": 2, "held_out_views": 1, "validation": 0.2, "test": 0.2}"#;

#[test]
fn labels_are_subfolders_in_order() {
    let folder = folder(10);
    let clouds = open(&options(&folder, SMALL), 0).unwrap();
    assert_eq!(clouds.target, Target::Label { classes: 2 });
    assert_eq!(clouds.objects.each_ref().map(Vec::len), [12, 4, 4]);
    let train = clouds.rows(Split::Train).unwrap().unwrap();
    assert_eq!((train.count, train.points.len()), (24, 24 * 16 * 3));
    assert_eq!(train.targets.iter().filter(|&&label| label == 1.0).count(), 12);
}

#[test]
fn seed_and_name_decide_the_points() {
    let folder = folder(6);
    assert_eq!(rows(&folder, SMALL, 3, Split::Test), rows(&folder, SMALL, 3, Split::Test));
    assert_ne!(rows(&folder, SMALL, 3, Split::Test), rows(&folder, SMALL, 4, Split::Test));
}

#[test]
fn equal_meshes_stay_together() {
    let folder = tempfile::tempdir().unwrap();
    for index in 0..40 {
        let text = cuboid([1.0, 1.0, f64::from(8 << (index / 4))]);
        fs::write(folder.path().join(format!("{index}.off")), text).unwrap();
    }
    let json = SMALL.replace('{', r#"{"target": "radii", "scaled": false,"#);
    // A rod of length h has a major radius near h/√12, and lengths are a factor of two apart.
    let lengths = |split| -> Vec<i64> {
        let rows = rows(&folder, &json, 0, split).unwrap();
        rows.targets.chunks_exact(3).map(|radii| (radii[0] * 12.0f64.sqrt()).log2().round() as i64).collect()
    };
    let (train, test) = (lengths(Split::Train), lengths(Split::Test));
    assert!(!test.is_empty() && test.iter().all(|length| !train.contains(length)), "{train:?} {test:?}");
}

#[test]
fn measured_targets_follow_the_rotation() {
    let folder = folder(6);
    let json = |target: &str, rotation: &str| {
        SMALL.replace('{', &format!(r#"{{"target": "{target}", "rotation": "{rotation}","#))
    };
    // A box of 2 × height × 1 that stands: the height is what stance measures first, about height/√12 of a solid
    // rod and more of a shell.
    let stance = open(&options(&folder, &json("stance", "upright")), 0).unwrap();
    assert_eq!(stance.spec().reference.unwrap().name, "so(2)");
    let test = stance.rows(Split::Test).unwrap().unwrap();
    let shifted = stance.rows(Split::Shifted).unwrap().unwrap();
    assert_ne!(test.points, shifted.points);
    for (a, b) in test.targets.iter().zip(&shifted.targets) {
        assert!((a - b).abs() < 1e-6, "stance does not change by turns about the vertical");
    }
    let still = open(&options(&folder, &json("stance", "none")), 0).unwrap();
    assert_eq!(still.spec().reference, None);
    assert!(still.rows(Split::Shifted).unwrap().is_none());
    let up = open(&options(&folder, &json("up", "full")), 0).unwrap();
    for up in up.rows(Split::Shifted).unwrap().unwrap().targets.chunks_exact(3) {
        assert!((up.iter().map(|x| x * x).sum::<f64>() - 1.0).abs() < 1e-9);
    }
    assert!(refusal(&folder, &json("up", "upright")).contains("nothing to learn"));
    assert_eq!(open(&options(&folder, &json("extents", "full")), 0).unwrap().spec().reference, None);
}

#[test]
fn shift_is_the_users_choice() {
    let folder = folder(6);
    let json = SMALL.replace('{', r#"{"target": "stance", "rotation": "upright", "shift": "full","#);
    let clouds = open(&options(&folder, &json), 0).unwrap();
    assert_eq!(clouds.preparation.shift, Some(Turns::Full));
    let (test, shifted) =
        (clouds.rows(Split::Test).unwrap().unwrap(), clouds.rows(Split::Shifted).unwrap().unwrap());
    assert!(test.targets.iter().zip(&shifted.targets).any(|(a, b)| (a - b).abs() > 0.05));
}

#[test]
fn homogeneous_points_end_in_one_and_are_displaced() {
    let folder = folder(6);
    let json = SMALL.replace('{', r#"{"homogeneous": true, "displacement": 2.0, "target": "up","#);
    let clouds = open(&options(&folder, &json), 0).unwrap();
    let spec = clouds.spec();
    assert_eq!((spec.n, spec.reference.unwrap().name.as_str()), (4, "se(3)"));
    let train = clouds.rows(Split::Train).unwrap().unwrap();
    assert!(train.points.chunks_exact(4).all(|point| point[3] == 1.0));
    assert!(train.targets.chunks_exact(4).all(|up| up[3] == 0.0));
    let mean: Vec<f32> = train
        .points
        .chunks_exact(16 * 4)
        .map(|cloud| cloud.chunks_exact(4).map(|point| point[0]).sum::<f32>() / 16.0)
        .collect();
    let square = mean.iter().map(|x| x * x).sum::<f32>() / mean.len() as f32;
    assert!((1.0..9.0).contains(&square), "{square}");
}

#[test]
fn tables_give_numbers() {
    let folder = folder(6);
    let mut text = String::from("mass, file ,price\n");
    for class in ["low", "tall"] {
        for index in 0..6 {
            text += &format!("{}, {class}/{index}.off, 2.5\n", index * 10);
        }
    }
    fs::write(folder.path().join("targets.csv"), &text).unwrap();
    let json = SMALL.replace('{', r#"{"target": "table","#);
    let clouds = open(&options(&folder, &json), 0).unwrap();
    assert_eq!(clouds.target, Target::Numbers { names: vec!["mass".into(), "price".into()] });
    let test = clouds.rows(Split::Test).unwrap().unwrap();
    assert!(test.targets.chunks_exact(2).all(|row| row[0] % 10.0 == 0.0 && row[1] == 2.5));

    for (spoilt, words) in [
        (text.replace("mass, file ,price", "mass,name,price"), &["`file`"][..]),
        (text.replace("10, low/1.off, 2.5", "10, low/1.off, nan"), &["`nan`", "line 3", "`price`"]),
        (text.replace("10, low/1.off, 2.5", "10, low/1.off, "), &["``", "line 3"]),
        (text.replace("10, low/1.off, 2.5", "10, low/1.off"), &["line: 3"]),
        (text.replace("low/1.off", "low/77.off"), &["low/77.off", "line 3", "no such mesh"]),
        (text.replace("low/1.off", "low/2.off"), &["low/2.off", "a second time", "line 4"]),
        (text.replace("10, low/1.off, 2.5\n", ""), &["does not name", "low/1.off"]),
        (text.replace("price", "mass"), &["`mass` twice"]),
    ] {
        fs::write(folder.path().join("targets.csv"), spoilt).unwrap();
        let error = refusal(&folder, &json);
        assert!(words.iter().all(|word| error.contains(word)), "{error}\n expected {words:?}");
    }
    assert!(refusal(&folder, &json.replace("{", r#"{"table": "none.csv","#)).contains("none.csv"));
}

#[test]
fn what_cannot_be_used_is_named() {
    let empty = tempfile::tempdir().unwrap();
    assert!(refusal(&empty, SMALL).contains("holds no mesh"));
    let error =
        |path: &str| open(&Options { path: path.into(), ..Options::default() }, 0).err().unwrap().to_string();
    assert!(error("").contains("`path`"));
    assert!(error("/nowhere/at/all").contains("/nowhere/at/all"));

    let meshes = folder(6);
    for (option, json) in [
        ("points", SMALL.replace("16", "101")),
        ("points", SMALL.replace("16", "0")),
        ("views", SMALL.replace(r#""views": 2"#, r#""views": 0"#)),
        ("displacement", SMALL.replace('{', r#"{"displacement": -1,"#)),
        ("surface_points", SMALL.replace("100", "0")),
        ("test", SMALL.replace(r#""test": 0.2"#, r#""test": 0"#)),
    ] {
        let error = refusal(&meshes, &json);
        assert!(error.contains(&format!("`{option}`")), "{error}");
    }
    fs::write(meshes.path().join("low/3.off"), "OFF\n1 1").unwrap();
    assert!(refusal(&meshes, SMALL).contains("low/3.off"));
    fs::remove_file(meshes.path().join("low/3.off")).unwrap();
    fs::write(meshes.path().join("loose.off"), cuboid([1.0; 3])).unwrap();
    assert!(refusal(&meshes, SMALL).contains("loose.off: lies in no subfolder"));
    fs::remove_file(meshes.path().join("loose.off")).unwrap();
    fs::remove_dir_all(meshes.path().join("tall")).unwrap();
    assert!(refusal(&meshes, SMALL).contains("`low`"));
    assert!(refusal(&folder(1), SMALL).contains("leave none"));
}
