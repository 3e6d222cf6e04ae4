//! What needs no tensors; what the model computes is tested through the program, in `tests/tests/molecules.rs`.

use super::*;
use crate::layout::Layout;
use semola_plugin_api::{Reference, Representation};

fn spec() -> DataSpec {
    Layout { atoms: 5, kinds: vec![1, 6, 8] }.spec("gap", Reference::rotations(3))
}

#[test]
fn fields_are_told_apart_by_their_mask() {
    let mut spec = spec();
    spec.inputs.push(Field::scalars("temperature", 2));
    let plan = Plan::of(&spec).unwrap();
    assert_eq!(plan.roles, [Role::Atoms(3), Role::Atoms(3), Role::Mask, Role::Whole(2)]);
    assert_eq!((plan.atoms, plan.features), (5, 8));
    assert_eq!(plan.outputs, [(1, vec![1])]);
}

#[test]
fn points_without_a_mask_are_all_atoms() {
    let mut spec = spec();
    spec.inputs = vec![Field::vectors("x", 7, 3), Field::new("e", [], Representation::Scalar)];
    spec.task = Task::Classification { classes: 4 };
    let plan = Plan::of(&spec).unwrap();
    assert_eq!(plan.roles, [Role::Atoms(3), Role::Whole(1)]);
    assert_eq!(plan.outputs, [(4, vec![4])]);
}

#[test]
fn what_does_not_suit_is_named() {
    let refusal = |change: &dyn Fn(&mut DataSpec)| {
        let mut spec = spec();
        change(&mut spec);
        Plan::of(&spec).unwrap_err().to_string()
    };
    assert!(refusal(&|s| s.inputs = vec![Field::scalars("x", 3)]).contains("no input is a set"));
    assert!(refusal(&|s| s.inputs[1].dtype = FieldType::I64).contains("'element'"));
    assert!(refusal(&|s| s.inputs[1].shape[0] = 4).contains("[5, 4]"));
    assert!(refusal(&|s| s.inputs[1].shape[1] = -1).contains("only the number of atoms may vary"));
    assert!(refusal(&|s| s.targets[0].shape = vec![-1]).contains("'gap'"));
}

#[test]
fn options_are_checked() {
    let check = |text| serde_json::from_str::<Options>(text).unwrap().check();
    assert!(check("{}").is_ok() && check(r#"{"blocks": 0}"#).is_ok());
    for text in [r#"{"width": 0}"#, r#"{"heads": -1}"#, r#"{"blocks": 65}"#] {
        assert!(check(text).is_err(), "{text}");
    }
    assert!(serde_json::from_str::<Options>(r#"{"widht": 3}"#).is_err());
}
