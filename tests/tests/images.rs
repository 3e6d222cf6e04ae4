//! Pictures in files: rotations are found where pictures were rotated, and nowhere else.

use semola_tests::Desk;
use std::f64::consts::TAU;

/// Side of the pictures.
const SIDE: usize = 16;

/// Two hooks, mirror images of each other, thick lines with soft edges: brightness at a point within ±1.
fn hook(mirrored: bool, x: f64, y: f64) -> f64 {
    let x = if mirrored { -x } else { x };
    let segment = |(ax, ay): (f64, f64), (bx, by): (f64, f64)| {
        let (dx, dy) = (bx - ax, by - ay);
        let t = (((x - ax) * dx + (y - ay) * dy) / (dx * dx + dy * dy)).clamp(0.0, 1.0);
        (x - ax - t * dx).hypot(y - ay - t * dy)
    };
    let distance = segment((0.0, -0.6), (0.0, 0.55)).min(segment((0.0, 0.55), (0.5, 0.55)));
    (1.0 - (distance / 0.22).powi(2)).max(0.0)
}

/// Images and labels in the IDX format; turned by the golden angle's multiples or not at all.
fn write(desk: &Desk, count: usize, turned: bool) {
    let header = |axes: &[usize]| {
        let mut bytes = vec![0, 0, 8, axes.len() as u8];
        axes.iter().for_each(|&length| bytes.extend((length as u32).to_be_bytes()));
        bytes
    };
    let mut images = header(&[count, SIDE, SIDE]);
    let mut labels = header(&[count]);
    for index in 0..count {
        let angle = if turned { (index as f64 * 0.381_966).fract() * TAU } else { 0.0 };
        let (sin, cos) = angle.sin_cos();
        for row in 0..SIDE {
            for column in 0..SIDE {
                let at = |place: usize| (2.0 * place as f64 + 1.0) / SIDE as f64 - 1.0;
                let (x, y) = (at(column), -at(row));
                let value = hook(index % 2 == 1, cos * x + sin * y, -sin * x + cos * y);
                images.push((255.0 * value) as u8);
            }
        }
        labels.push((index % 2) as u8);
    }
    desk.write("images", images);
    desk.write("labels", labels);
}

const ARGUMENTS: [&str; 20] = [
    "discover",
    "--plugin",
    "images",
    "--threads",
    "1",
    "--out",
    "run",
    "--set",
    "dataset.component=images/idx",
    "--set",
    "dataset.images=images",
    "--set",
    "dataset.labels=labels",
    "--set",
    "training.steps=1500",
    "--set",
    "model.channels=[8,16]",
    "--set",
    "dataset.transform=none",
    "--set",
];

#[test]
fn turned_pictures_are_symmetric_under_rotations() {
    let desk = Desk::new();
    write(&desk, 1500, true);
    rotations_are_found(&desk, "cpu");
    if desk.has_gpu() {
        rotations_are_found(&desk, "cuda:0");
    }
}

fn rotations_are_found(desk: &Desk, device: &str) {
    let _ = std::fs::remove_dir_all(desk.path("run"));
    desk.run(&[&ARGUMENTS[..], &["model.hidden=32", "--device", device]].concat()).done();
    let symmetry = &desk.summary("run")["symmetry"];
    assert_eq!(symmetry["algebra"]["name"], "so(2)", "{symmetry}");
    let matrix: Vec<Vec<f64>> =
        serde_json::from_value(symmetry["generators"][0]["matrix"].clone()).expect("a matrix");
    let norm = matrix.iter().flatten().map(|entry| entry * entry).sum::<f64>().sqrt();
    let cosine = (matrix[1][0] - matrix[0][1]).abs() / (norm * 2_f64.sqrt());
    assert!(cosine > 0.99, "{matrix:?}");
}

#[test]
fn upright_pictures_are_not() {
    let desk = Desk::new();
    write(&desk, 1500, false);
    desk.run(&[&ARGUMENTS[..], &["model.hidden=32"]].concat()).done();
    let symmetry = &desk.summary("run")["symmetry"];
    assert_eq!(symmetry["verdict"], "none", "{symmetry}");
}

#[test]
fn a_set_that_was_never_imported_says_how_to_get_it() {
    let desk = Desk::new();
    for plugin in ["cells", "images", "jets", "molecules", "pointnet"] {
        let outcome = desk.run(&["--plugin", plugin, "--out", "run"]);
        let sentence = outcome.sentence(2);
        assert!(sentence.contains("scripts/import-data"), "{plugin}: {sentence}");
        assert!(!desk.path("run").exists(), "nothing is left behind");
    }
}
