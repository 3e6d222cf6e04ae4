use super::*;
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use std::collections::HashMap;
use tempfile::TempDir;

/// A cache with a set `toy` of two samples, of which a file may be spoilt afterwards.
fn toy(point: [f32; 4]) -> (TempDir, String) {
    let cache = tempfile::tempdir().unwrap();
    let folder = cache.path().join("data/toy");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("card.json"), r#"{"schema": 1, "classes": ["cat", "dog"], "counts": 3}"#).unwrap();
    let point: Vec<u8> = point.iter().flat_map(|number| number.to_le_bytes()).collect();
    let label = [1_u8, 0];
    let tensors = HashMap::from([
        ("point", TensorView::new(Dtype::F32, vec![2, 2], &point).unwrap()),
        ("label", TensorView::new(Dtype::U8, vec![2], &label).unwrap()),
    ]);
    for split in ["train", "validation", "test"] {
        let path = folder.join(format!("{split}.safetensors"));
        safetensors::serialize_to_file(tensors.iter().map(|(k, v)| (*k, v.clone())), None, &path).unwrap();
    }
    let name = cache.path().display().to_string();
    (cache, name)
}

fn sentence<T: std::fmt::Debug>(result: Result<T>) -> String {
    let sentence = result.expect_err("is refused").to_string();
    assert!(!sentence.contains('\n'), "{sentence}");
    sentence
}

#[test]
fn fields_come_in_the_type_that_is_asked_for() {
    let (_keep, cache) = toy([1.0, 2.0, 3.0, 4.5]);
    let set = Imported::open(&cache, "toy").unwrap();
    assert_eq!(set.list("classes").unwrap(), ["cat", "dog"]);
    let part = set.part(Split::Validation).unwrap();
    assert_eq!(part.samples(), 2);
    let point = part.floats("point").unwrap();
    assert_eq!((point.shape.as_slice(), point.stride()), ([2, 2].as_slice(), 2));
    assert_eq!(point.numbers, [1.0, 2.0, 3.0, 4.5]);
    assert_eq!(part.doubles("point").unwrap().numbers, [1.0, 2.0, 3.0, 4.5]);
    assert_eq!(part.integers("label").unwrap().numbers, [1, 0]);
    assert_eq!(part.bytes("label").unwrap().numbers, [1, 0]);
}

#[test]
fn a_set_that_is_not_there_says_how_to_get_it() {
    let (_keep, cache) = toy([0.0; 4]);
    let said = sentence(Imported::open(&cache, "digits"));
    assert!(said.contains("data/digits") && said.contains("run scripts/import-data digits"), "{said}");
    let said = sentence(Imported::open(&cache, "qm9-100"));
    assert!(said.ends_with("run scripts/import-data qm9 --subset 100"), "{said}");
    assert!(sentence(Imported::open("", "toy")).contains("XDG_CACHE_HOME"));
}

#[test]
fn damage_is_told_with_its_place() {
    let (keep, cache) = toy([0.0, 1.0, f32::NAN, 2.0]);
    let set = Imported::open(&cache, "toy").unwrap();
    let part = set.part(Split::Train).unwrap();
    let said = sentence(part.floats("point"));
    assert!(said.contains("train.safetensors: field `point` holds NaN in sample 1"), "{said}");
    assert!(sentence(part.integers("point")).contains("expected whole numbers"));
    assert!(sentence(part.bytes("point")).contains("is F32, expected U8"));
    assert!(sentence(part.floats("mass")).contains("is not there; the file has label, point"));
    assert!(sentence(set.list("counts")).contains("no list of texts `counts`"));

    let path = keep.path().join("data/toy/test.safetensors");
    let whole = fs::read(&path).unwrap();
    for bytes in [&whole[..whole.len() - 3], &whole[..5], b""] {
        fs::write(&path, bytes).unwrap();
        assert!(sentence(set.part(Split::Test)).contains("test.safetensors: is no safetensors file"));
    }
    fs::remove_file(&path).unwrap();
    assert!(sentence(set.part(Split::Test)).contains("run scripts/import-data toy again"));
    fs::write(keep.path().join("data/toy/card.json"), "{").unwrap();
    assert!(sentence(Imported::open(&cache, "toy")).contains("card.json: is no JSON"));
}
