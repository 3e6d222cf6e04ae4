use super::*;
use proptest::prelude::*;
use safetensors::Dtype;
use safetensors::tensor::{TensorView, serialize_to_file};

const SPEC: &str = "n = 2\ninputs = [{ name = \"x\", representation = \"vector\" }]\n\
    targets = [{ name = \"y\", representation = \"scalar\" }]\n";

/// Rows x = (row, -row), y = row, from a first row on.
fn shard(path: &Path, first: usize, rows: usize) {
    let numbers = |of: fn(f32) -> Vec<f32>| -> Vec<u8> {
        (first..first + rows).flat_map(|row| of(row as f32)).flat_map(f32::to_le_bytes).collect()
    };
    let (x, y) = (numbers(|row| vec![row, -row]), numbers(|row| vec![row]));
    let view = |shape: &[usize], bytes| TensorView::new(Dtype::F32, shape.to_vec(), bytes).unwrap();
    let arrays = [("x", view(&[rows, 2], &x)), ("y", view(&[rows], &y))];
    serialize_to_file(arrays, None, path).unwrap();
}

fn spec(splits: &str) -> Spec {
    Spec::parse(&format!("{SPEC}{splits}"), Path::new("spec.toml")).unwrap()
}

/// The rows of every split by their blocks, without tensors.
fn rows(arrays: &Streamed, split: Split) -> Vec<Vec<u64>> {
    let Some(Rows { table, extent }) = &arrays.parts[split as usize] else { return Vec::new() };
    let block = |block| {
        let (shard, stretch) = arrays.tables[*table].stretch(block).unwrap();
        let place = stretch.map(|row| shard.first + row as u64);
        place.filter(|&row| arrays.owner(*table, row) == split).collect()
    };
    (0..extent.blocks).map(block).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_row_is_in_one_split_and_in_one_block(
        lengths in proptest::collection::vec(200_usize..900, 1..4), seed in 0_u64..1000, blocks in 1_usize..9
    ) {
        let directory = tempfile::tempdir().unwrap();
        let mut first = 0;
        let mut paths = Vec::new();
        for (number, &length) in lengths.iter().enumerate() {
            let path = directory.path().join(format!("{number}.safetensors"));
            shard(&path, first, length);
            first += length;
            paths.push(path);
        }
        let mut arrays = Streamed::open(&paths, spec(&format!("[splits]\nseed = {seed}\n"))).unwrap();
        arrays.tables[0].0.iter_mut().for_each(|shard| shard.blocks = blocks.min(shard.rows));
        let mut all = Vec::new();
        for split in [Split::Train, Split::Validation, Split::Test] {
            let extent = arrays.count(split, 0);
            arrays.parts[split as usize] = Some(Rows { table: 0, extent });
            let blocks = rows(&arrays, split);
            prop_assert_eq!(extent.samples, blocks.iter().map(Vec::len).sum::<usize>() as u64);
            prop_assert_eq!(extent.largest, blocks.iter().map(Vec::len).max().unwrap() as u64);
            all.extend(blocks.into_iter().flatten());
        }
        all.sort_unstable();
        prop_assert_eq!(all, (0..first as u64).collect::<Vec<_>>());
    }
}

#[test]
fn fractions_are_kept() {
    let drawn: Vec<f64> = (0..100_000).map(|row| uniform(3, row)).collect();
    let below = |limit: f64| drawn.iter().filter(|&&drawn| drawn < limit).count() as f64 / 1e5;
    assert!((below(0.15) - 0.15).abs() < 0.004, "{}", below(0.15));
    assert!((below(0.5) - 0.5).abs() < 0.006, "{}", below(0.5));
}

#[test]
fn what_cannot_be_streamed_is_told() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("a.safetensors");
    shard(&path, 0, 300);
    let refusal = |files: &[PathBuf], splits: &str| match Streamed::open(files, spec(splits)) {
        Err(error) => error.to_string(),
        Ok(_) => panic!("it was opened"),
    };
    let error = refusal(std::slice::from_ref(&path), "[splits]\ngroup = \"object\"\n");
    assert!(error.contains("`object`") && error.contains("dataset.stream"), "{error}");

    // The second shard is cut, then of other shapes.
    let second = directory.path().join("b.safetensors");
    shard(&second, 300, 300);
    let bytes = std::fs::read(&second).unwrap();
    std::fs::write(&second, &bytes[..bytes.len() - 40]).unwrap();
    let error = refusal(&[path.clone(), second.clone()], "");
    assert!(error.contains("b.safetensors") && error.contains("truncated"), "{error}");
    let numbers = vec![0_u8; 300 * 12];
    let view = |shape: Vec<usize>, bytes| TensorView::new(Dtype::F32, shape, bytes).unwrap();
    let arrays = [("x", view(vec![300, 3], &numbers)), ("y", view(vec![300], &numbers[..1200]))];
    serialize_to_file(arrays, None, &second).unwrap();
    let error = refusal(&[path, second], "");
    assert!(error.contains("b.safetensors") && error.contains("[300, 3]"), "{error}");
}

#[test]
fn a_number_that_is_none_is_named_by_its_row_in_the_file() {
    let array = semola_arrays::Array { shape: vec![4, 2], numbers: vec![0.0; 8], unfit: Some((5, f64::NAN)) };
    assert!(all_numbers(&array, 1000).unwrap_err().contains("[1002, 1]"));
}
