use super::*;
use safetensors::Dtype;
use safetensors::tensor::TensorView;
use std::fs;
use tempfile::TempDir;

/// An import of two molecules a split, padded to 3 atoms: methane's carbon and one hydrogen, and helium.
fn import(charge: [u8; 6], extent: [f64; 2]) -> (TempDir, Context) {
    let cache = tempfile::tempdir().unwrap();
    let folder = cache.path().join("data/qm9");
    fs::create_dir_all(&folder).unwrap();
    fs::write(folder.join("card.json"), "{}").unwrap();
    let position: [f32; 18] = std::array::from_fn(|i| i as f32);
    let bytes = |numbers: &[f32]| numbers.iter().flat_map(|x| x.to_le_bytes()).collect::<Vec<u8>>();
    let (position, extent) = (bytes(&position), extent.map(f64::to_le_bytes).concat());
    let view = |dtype, shape: &[usize], data| TensorView::new(dtype, shape.to_vec(), data).unwrap();
    for split in ["train", "validation", "test"] {
        let tensors = [
            ("position", view(Dtype::F32, &[2, 3, 3], &position)),
            ("charge", view(Dtype::U8, &[2, 3], &charge)),
            ("extent", view(Dtype::F64, &[2], &extent)),
        ];
        safetensors::serialize_to_file(tensors, None, &folder.join(format!("{split}.safetensors"))).unwrap();
    }
    let context = Context { seed: 1, cache_dir: cache.path().display().to_string() };
    (cache, context)
}

const SOUND: [u8; 6] = [6, 1, 0, 2, 0, 0];

fn open(context: &Context, options: &str) -> Result<Qm9> {
    Qm9::open(serde_json::from_str(options).unwrap(), context)
}

const ALL: &str = r#""molecules": 0, "validation": 0, "test": 0"#;

#[test]
fn atoms_are_kept_and_padding_is_not() {
    let (_keep, context) = import(SOUND, [5.0, 7.0]);
    let set = open(&context, &format!(r#"{{{ALL}, "composition": false}}"#)).unwrap();
    assert_eq!(set.layout, Layout { atoms: 2, kinds: vec![1, 2, 6] });
    let [first, second] = &set.parts[0][..] else { panic!("two molecules") };
    assert_eq!((&first.charges[..], first.positions[1]), (&[6, 1][..], [3.0, 4.0, 5.0]));
    assert_eq!((&second.charges[..], second.positions[0]), (&[2][..], [9.0, 10.0, 11.0]));
    assert_eq!([first.target, second.target], [5.0, 7.0]);
    let spec = set.spec();
    assert_eq!((spec.targets[0].name.as_str(), spec.reference.unwrap().name.as_str()), ("extent", "so(3)"));
    // Two molecules of different composition are explained by it wholly.
    let set = open(&context, &format!("{{{ALL}}}")).unwrap();
    assert!(set.parts[2].iter().all(|molecule| molecule.target.abs() < 1e-9));
}

#[test]
fn a_preferred_direction_leaves_one_rotation_of_the_reference() {
    let (_keep, context) = import(SOUND, [5.0, 7.0]);
    let options = format!(r#"{{{ALL}, "composition": false, "preferred_direction": 0.5}}"#);
    let set = open(&context, &options).unwrap();
    assert_eq!(set.strength, 0.5);
    assert_eq!(set.spec().reference.unwrap().name, "so(2)");
}

#[test]
fn what_is_wrong_is_one_sentence_with_the_file() {
    let refusal = |charge, extent, options: &str| {
        let (_keep, context) = import(charge, extent);
        open(&context, &format!("{{{ALL}{options}}}")).err().unwrap().to_string()
    };
    assert!(refusal(SOUND, [5.0, 7.0], r#", "target": "gap""#).contains("field `gap` is not there"));
    assert!(refusal(SOUND, [5.0, f64::NAN], "").contains("field `extent` holds NaN in sample 1"));
    for charge in [[6, 1, 0, 0, 0, 0], [6, 0, 1, 2, 0, 0]] {
        let said = refusal(charge, [5.0, 7.0], "");
        assert!(said.contains("train.safetensors") && said.contains("expected at least one atom"), "{said}");
    }
    assert!(refusal(SOUND, [5.0, 7.0], r#", "sector": 2"#).contains("sector is 2"));
    let (_keep, context) = import(SOUND, [5.0, 7.0]);
    let many = open(&context, r#"{"molecules": 3}"#).err().unwrap().to_string();
    assert!(many.contains("has 2 molecules, and 3 are asked for"), "{many}");
    let absent = open(&context, r#"{"set": "qm9-subset-10"}"#).err().unwrap().to_string();
    assert!(absent.contains("run scripts/import-data qm9"), "{absent}");
}

#[test]
fn every_property_has_a_name_of_its_own() {
    for (property, name) in
        [(Property::U0, "u0"), (Property::Extent, "extent"), (Property::Polarizability, "polarizability")]
    {
        assert_eq!(property.name(), name);
        assert_eq!(serde_json::to_value(property).unwrap(), name);
    }
}
