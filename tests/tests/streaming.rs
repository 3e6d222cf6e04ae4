//! Data that stay in their files: the same verdict, the same numbers after an interruption, little memory.

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use semola_tests::Desk;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::time::Duration;

const SPEC: &str = r#"n = 2
inputs = [{ name = "x", representation = "vector" }]
targets = [{ name = "y", representation = "vector" }]
reference = { name = "so(2)" }
"#;
/// Samples that a file repeats.
const REPEATED: usize = 50_000;

/// Vectors x, four a sample, and `y = |x| x`, which turns with them; and the spec beside them.
fn write(path: &Path, samples: usize) {
    let mut random = ChaCha8Rng::seed_from_u64(1);
    let mut number = || (0..12).map(|_| random.random_range(-0.5_f32..0.5)).sum::<f32>();
    let some = REPEATED.min(samples);
    let (mut x, mut y) = (Vec::with_capacity(some * 32), Vec::with_capacity(some * 32));
    for _ in 0..4 * some {
        let v = [number(), number()];
        let length = v[0].hypot(v[1]);
        v.iter().for_each(|v| x.extend(v.to_le_bytes()));
        v.iter().for_each(|v| y.extend((length * v).to_le_bytes()));
    }
    let bytes = samples * 32;
    let field = |start: usize| json!({ "dtype": "F32", "shape": [samples, 4, 2], "data_offsets": [start, start + bytes] });
    let mut header = json!({ "x": field(0), "y": field(bytes) }).to_string();
    header.extend(std::iter::repeat_n(' ', header.len().next_multiple_of(8) - header.len()));
    let mut file = File::create(path).expect("a file");
    file.write_all(&(header.len() as u64).to_le_bytes()).expect("written");
    file.write_all(header.as_bytes()).expect("written");
    for numbers in [&x, &y] {
        for start in (0..samples).step_by(some) {
            file.write_all(&numbers[..32 * some.min(samples - start)]).expect("written");
        }
    }
    std::fs::write(path.with_extension("toml"), SPEC).expect("written");
}

fn summary(desk: &Desk, run: &str) -> Value {
    let text = std::fs::read(desk.path(run).join("summary.json")).expect("a finished run");
    serde_json::from_slice(&text).expect("JSON")
}

const SHORT: &[&str] =
    &["-q", "--threads", "1", "--set", "training.steps=1500", "--set", "dataset.stream=always"];

#[test]
fn many_samples_take_little_more_memory_than_few() {
    let desk = Desk::new();
    let mut found = Vec::new();
    for (name, samples) in [("few", 10_000), ("many", 4_000_000)] {
        let data = desk.path(&format!("{name}.safetensors"));
        write(&data, samples);
        let data = data.display().to_string();
        let options = [&["train", "--data", &data, "--out", name], SHORT].concat();
        desk.run(&options).done();
        let summary = summary(&desk, name);
        assert_eq!(summary["symmetry"]["algebra"]["name"], "so(2)", "{name}: {}", summary["symmetry"]);
        found.push(summary["peak_rss_mib"].as_f64().expect("MiB"));
    }
    // 244 MiB of numbers; a run that read them all would hold them several times over.
    assert!(found[1] < found[0] + 200.0, "{found:?} MiB");
}

#[test]
fn an_interrupted_run_goes_on_with_the_same_batches() {
    let desk = Desk::new();
    let data = desk.path("data.safetensors");
    // A window holds 64 MiB; of these 96 some block always waits, and a new one comes every five steps.
    write(&data, 1_500_000);
    let text = data.display().to_string();
    let few = [
        "training.checkpoint_every=50",
        "training.batch_size=8000",
        "training.steps=150",
        "training.warm_up=0.4",
    ];
    let few: Vec<&str> = few.iter().flat_map(|setting| ["--set", *setting]).collect();
    let options = [SHORT, &few].concat();
    desk.run(&[&["train", "--data", &text, "--out", "whole"], &options[..]].concat()).done();

    let mut child = desk
        .command(&[&["train", "--data", &text, "--out", "cut"], &options[..]].concat())
        .spawn()
        .expect("it starts");
    let checkpoint = desk.path("cut/checkpoints/stages");
    let begun = std::time::Instant::now();
    while !checkpoint.is_dir() || std::fs::read_dir(&checkpoint).map_or(0, Iterator::count) < 2 {
        assert!(begun.elapsed() < Duration::from_secs(300), "no second checkpoint");
        std::thread::sleep(Duration::from_millis(5));
    }
    child.kill().expect("killed");
    child.wait().expect("ended");
    if !desk.path("cut/summary.json").exists() {
        desk.run(&["resume", "cut", "-q"]).done();
    }
    let (whole, cut) = (summary(&desk, "whole"), summary(&desk, "cut"));
    assert_eq!(whole["metrics"], cut["metrics"]);
    assert_eq!(whole["symmetry"]["generators"], cut["symmetry"]["generators"]);
}

#[test]
fn what_is_no_number_is_found_when_its_block_is_read() {
    let desk = Desk::new();
    let data = desk.path("data.safetensors");
    write(&data, 40_000);
    let mut file = File::options().write(true).open(&data).expect("the file");
    // Row 39,999 of y, the last one.
    file.seek(SeekFrom::End(-32)).expect("a place");
    file.write_all(&f32::NAN.to_le_bytes()).expect("written");
    let data = data.display().to_string();
    let outcome = desk.run(&[&["train", "--data", &data, "--out", "run"], SHORT].concat());
    assert_ne!(outcome.code, Some(0), "{}", outcome.stdout);
    for expected in ["data.safetensors", "array `y`", "NaN at [39999, 0, 0]"] {
        assert!(outcome.stderr.contains(expected), "{expected}: {}", outcome.stderr);
    }
}

#[test]
fn blocks_that_are_not_the_split_are_found_by_the_check() {
    let desk = Desk::new();
    let outcome = desk.run(&["plugin", "check", "faulty"]);
    let expected = "block 1 of split train is not samples 128 to 256 of the whole split";
    assert!(outcome.stdout.contains(expected), "{}", outcome.stdout);
}
