use super::*;
use crate::n_body::NBody;
use crate::two_body::TwoBody;

fn open<S: System>(json: &str) -> Orbits<S> {
    Orbits::open(serde_json::from_str(json).unwrap(), &Context::default()).unwrap()
}

const FEW: &str = r#""trajectories": 3, "validation": 1, "test": 1"#;

#[test]
fn fields_follow_history_bodies_and_masses() {
    let spec = open::<TwoBody>(&format!(r#"{{{FEW}, "history": 3, "mass_range": [0.5, 2]}}"#)).spec();
    let shapes: Vec<(&str, &[i64])> = spec
        .inputs
        .iter()
        .chain(&spec.targets)
        .map(|field| (field.name.as_str(), &field.shape[..]))
        .collect();
    assert_eq!(
        shapes,
        [("q", &[6, 2][..]), ("p", &[6, 2]), ("mass", &[2]), ("dq", &[2, 2]), ("dp", &[2, 2])]
    );
    assert_eq!(open::<TwoBody>(&format!("{{{FEW}}}")).spec().inputs.len(), 2);
}

#[test]
fn the_reference_is_the_symmetry_of_the_equations() {
    let name = |reference: Option<Reference>| reference.map(|found| (found.name, found.generators.len()));
    let two = |more: &str| name(open::<TwoBody>(&format!("{{{FEW}{more}}}")).spec().reference);
    let many = |more: &str| open::<NBody>(&format!("{{{FEW}{more}}}")).spec().reference;
    assert_eq!(two(""), Some(("so(2)".into(), 1)));
    assert_eq!(two(r#", "field": [0, -0.1]"#), None);
    assert_eq!(name(many("")), Some(("so(3)".into(), 3)));
    assert_eq!(name(many(r#", "dims": 2"#)), Some(("so(2)".into(), 1)));
    // About the field: the generator annihilates it.
    let about = many(r#", "field": [0, 3, -4]"#).unwrap();
    let generator = &about.generators[0];
    assert_eq!(about.generators.len(), 1);
    for (row, entries) in generator.iter().enumerate() {
        assert!((entries[1] * 3.0 - entries[2] * 4.0).abs() < 1e-12);
        assert!((0..3).all(|column| entries[column] == -generator[column][row]));
    }
}

#[test]
fn a_damaged_cache_is_simulated_again_and_mended() {
    let directory = tempfile::tempdir().unwrap();
    let system: TwoBody = serde_json::from_str(&format!("{{{FEW}}}")).unwrap();
    let fresh = generate(&system, 9).unwrap();
    assert_eq!(cached(&system, 9, directory.path()).unwrap(), fresh);
    let path = std::fs::read_dir(directory.path()).unwrap().next().unwrap().unwrap().path();
    let whole = std::fs::read(&path).unwrap();
    assert_eq!(cached(&system, 9, directory.path()).unwrap(), fresh);
    std::fs::write(&path, &whole[..whole.len() / 2]).unwrap();
    assert_eq!(cached(&system, 9, directory.path()).unwrap(), fresh);
    assert_eq!(std::fs::read(&path).unwrap(), whole);
    // Another seed is another file; a directory that cannot exist costs nothing but time.
    assert_ne!(cached(&system, 10, directory.path()).unwrap(), fresh);
    assert_eq!(std::fs::read_dir(directory.path()).unwrap().count(), 2);
    assert_eq!(cached(&system, 9, &path.join("below-a-file")).unwrap(), fresh);
}

#[test]
fn the_cache_is_what_answers() {
    let directory = tempfile::tempdir().unwrap();
    let system: TwoBody = serde_json::from_str(&format!("{{{FEW}}}")).unwrap();
    cached(&system, 1, directory.path()).unwrap();
    let key = cache::Key::new(
        "dynamics-two-body",
        &serde_json::to_vec(&(FORMAT, "two-body", 1_u64, &system)).unwrap(),
    );
    let count = 6 * (2 + 20 * 8);
    cache::write(directory.path(), &key, &vec![7.0; count]).unwrap();
    assert_eq!(cached(&system, 1, directory.path()).unwrap()[0][0].states[0], [7.0; 8]);
}
