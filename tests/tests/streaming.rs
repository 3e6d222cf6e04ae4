//! Data that stay in their files: the same verdict, the same numbers after an interruption, little memory.

use parquet::data_type::FloatType;
use parquet::file::writer::SerializedFileWriter;
use parquet::schema::parser::parse_message_type;
use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use semola_tests::Desk;
use serde_json::{Value, json};
use std::fs::File;
use std::io::{Seek, SeekFrom, Write};
use std::path::Path;
use std::sync::Arc;
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

/// Vectors x and numbers y = |x|² of some rows, as float columns and, of x, as lists.
fn parquet(path: &Path, rows: &[[f32; 2]]) {
    let schema = "message rows { required float x0; required float x1;
        required group y (LIST) { repeated group list { required float element; } } }";
    let schema = Arc::new(parse_message_type(schema).expect("a schema"));
    let file = File::create(path).expect("a file");
    let mut writer = SerializedFileWriter::new(file, schema, Arc::default()).expect("a writer");
    // Row groups whose borders are no blocks'.
    for rows in rows.chunks(7_777) {
        let mut group = writer.next_row_group().expect("a row group");
        let (places, squares): (Vec<_>, Vec<_>) =
            (0..rows.len()).map(|row| (row, square(&rows[row]))).unzip();
        let column = |which: usize| places.iter().map(|&row| rows[row][which]).collect::<Vec<f32>>();
        for (numbers, levels) in [(column(0), false), (column(1), false), (squares, true)] {
            let mut column = group.next_column().expect("a column").expect("one more");
            let (defined, repeated) = (vec![1; numbers.len()], vec![0; numbers.len()]);
            let (defined, repeated) =
                if levels { (Some(&defined[..]), Some(&repeated[..])) } else { (None, None) };
            column.typed::<FloatType>().write_batch(&numbers, defined, repeated).expect("written");
            column.close().expect("closed");
        }
        group.close().expect("closed");
    }
    writer.close().expect("closed");
}

fn square(x: &[f32; 2]) -> f32 {
    x[0] * x[0] + x[1] * x[1]
}

#[test]
fn parquet_shards_are_read_as_safetensors_are() {
    let desk = Desk::new();
    let mut random = ChaCha8Rng::seed_from_u64(2);
    let rows: Vec<[f32; 2]> =
        (0..60_000).map(|_| [random.random_range(-1.0..1.0), random.random_range(-1.0..1.0)]).collect();
    for directory in ["tensors", "columns"] {
        std::fs::create_dir(desk.path(directory)).expect("a directory");
    }
    for (number, rows) in rows.chunks(40_000).enumerate() {
        parquet(&desk.path(&format!("columns/{number}.parquet")), rows);
        let bytes =
            |numbers: &[f32]| numbers.iter().flat_map(|number| number.to_le_bytes()).collect::<Vec<u8>>();
        let (x, y) = (bytes(rows.as_flattened()), bytes(&rows.iter().map(square).collect::<Vec<f32>>()));
        let view = |shape: Vec<usize>, bytes| TensorView::new(Dtype::F32, shape, bytes).expect("a tensor");
        let arrays = [("x", view(vec![rows.len(), 2], &x)), ("y", view(vec![rows.len(), 1], &y))];
        let path = desk.path(&format!("tensors/{number}.safetensors"));
        safetensors::serialize_to_file(arrays, None, &path).expect("written");
    }
    let mut found = Vec::new();
    for (directory, of_x) in [("tensors", ""), ("columns", r#", columns = ["x0", "x1"]"#)] {
        let spec = format!(
            "n = 2\ninputs = [{{ name = \"x\", representation = \"vector\"{of_x} }}]\n\
             targets = [{{ name = \"y\", representation = \"scalar\" }}]\n"
        );
        std::fs::write(desk.path(&format!("{directory}.toml")), spec).expect("written");
        let data = desk.path(directory).display().to_string();
        let options =
            ["train", "--data", &data, "--out", &format!("run-{directory}"), "--set", "training.steps=200"];
        desk.run(&[&options[..], &["-q", "--threads", "1"]].concat()).done();
        let summary = summary(&desk, &format!("run-{directory}"));
        found.push((summary["metrics"].clone(), summary["symmetry"].clone()));
    }
    assert_eq!(found[0], found[1]);
}

#[test]
fn blocks_that_are_not_the_split_are_found_by_the_check() {
    let desk = Desk::new();
    let outcome = desk.run(&["plugin", "check", "faulty"]);
    let expected = "block 1 of split train is not samples 128 to 256 of the whole split";
    assert!(outcome.stdout.contains(expected), "{}", outcome.stdout);
}
