use super::*;
use crate::collective::Share;
use crate::symmetry::{Basis, Sampling};
use semola_plugin_api::{DataSpec, Field};
use tch::Kind;

/// Four planar vectors, the target the vector itself; the backbone doubles it.
fn evaluated(objective: &mut Objective) -> Evaluated {
    let spec = DataSpec {
        n: 2,
        inputs: vec![Field::vectors("x", 1, 2)],
        targets: vec![Field::vectors("y", 1, 2)],
        task: Task::Regression,
        reference: None,
    };
    let action = Action::new(&spec, None).expect("declared representations need no plugin");
    let x = Tensor::from_slice(&[1.0_f32, 0.0, 0.0, 2.0, -1.0, 1.0, 0.5, 0.5]).reshape([4, 1, 2]);
    let batch = Samples { inputs: vec![x.shallow_clone()], targets: vec![x] };
    let backbone = |inputs: &[Tensor]| Ok(vec![&inputs[0] * 2.0]);
    objective
        .evaluate(&backbone, &action, Supervision::of(spec.task), (batch, Share::whole(4)))
        .expect("evaluated")
}

fn augmenter(generators: &[f32]) -> Augmenter {
    let generators = Tensor::from_slice(generators).reshape([-1, 2, 2]);
    Augmenter::new(Basis::fixed(generators), Sampling::automatic(2.0), 1, "test")
}

const ROTATION: [f32; 4] = [0.0, -1.0, 1.0, 0.0];

fn values(config: &config::Objective, generators: &[f32], copies: i64) -> Vec<(&'static str, f64)> {
    let mut objective = Objective::new(config, augmenter(generators), copies);
    let evaluated = evaluated(&mut objective);
    let value = |term: &dyn Term| (term.name(), term.value(&evaluated).double_value(&[]));
    objective.terms().iter().map(|term| value(term.as_ref())).collect()
}

/// Squared entries of the four vectors: 1, 4, 2, 0.5; over 8 entries.
const MEAN_SQUARE: f64 = 7.5 / 8.0;

#[test]
fn rotations_leave_squared_errors_of_vectors_alone() {
    for copies in [1, 3] {
        let config = config::Objective { equivariance: 0.5, ..config::Objective::default() };
        let values = values(&config, &ROTATION, copies);
        let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
        assert_eq!(names, ["task", "augmented", "equivariance"]);
        assert!((values[0].1 - MEAN_SQUARE).abs() < 1e-6, "f(x) − y = x");
        assert!((values[1].1 - MEAN_SQUARE).abs() < 1e-5, "f(gx) − gy = gx");
        assert!(values[2].1.abs() < 1e-10, "doubling commutes with rotations");
    }
}

#[test]
fn smoothed_labels_spread_a_part_over_all_classes() {
    // Logits ln 3 and 0 are probabilities 3/4 and 1/4.
    let logits = Tensor::from_slice(&[3.0_f32.ln(), 0.0]).reshape([1, 2]);
    let label = Tensor::from_slice(&[0_i64]);
    let (of_label, evenly) = (-(0.75_f64.ln()), -(0.75_f64.ln() + 0.25_f64.ln()) / 2.0);
    for label_smoothing in [0.0, 0.2] {
        let supervision =
            Supervision { label_smoothing, ..Supervision::of(Task::Classification { classes: 2 }) };
        let found = supervision.loss(&logits, &label).double_value(&[]);
        let expected = (1.0 - label_smoothing) * of_label + label_smoothing * evenly;
        assert!((found - expected).abs() < 1e-6, "{found} {expected}");
    }
}

#[test]
fn the_paper_s_terms_have_their_closed_forms() {
    let config = config::Objective { mode: Mode::Paper, ..config::Objective::default() };
    // The identity and diag(1, 0) have a cosine of 1/√2.
    let identity_and_half = [1.0, 0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0];
    let values = values(&config, &identity_and_half, 1);
    let names: Vec<&str> = values.iter().map(|(name, _)| *name).collect();
    let expected = ["task", "augmented", "equivariance", "regulariser", "orthogonality", "sparsity"];
    assert_eq!(names, expected);
    assert!((values[4].1 - 0.5_f64.sqrt()).abs() < 1e-6);
    assert!((values[5].1 - 3.0 / 8.0).abs() < 1e-6);
}

#[test]
fn scaling_does_not_turn_the_data() {
    let config = config::Objective { mode: Mode::Paper, ..config::Objective::default() };
    let values = values(&config, &[1.0, 0.0, 0.0, 1.0], 1);
    assert!((values[3].1 - 1.0).abs() < 1e-6, "x and e^s x are parallel: {values:?}");
}

#[test]
fn a_weight_of_zero_leaves_a_term_out() {
    let paper = config::PaperWeights { sparsity: 0.0, augmented: 0.0, ..config::PaperWeights::default() };
    let config = config::Objective { mode: Mode::Paper, paper, ..config::Objective::default() };
    let values = values(&config, &ROTATION, 1);
    assert!(values.iter().all(|(name, _)| !["sparsity", "augmented"].contains(name)), "{values:?}");
}

#[test]
fn copies_are_moved_apart() {
    let mut objective = Objective::new(&config::Objective::default(), augmenter(&ROTATION), 2);
    let moved = evaluated(&mut objective).moved.expect("it augments");
    assert_eq!(moved.inputs[0].size(), [12, 1, 2]);
    let [x, first, second] = moved.inputs[0].chunk(3, 0).try_into().expect("the batch and two copies");
    let apart = |a: &Tensor, b: &Tensor| (a - b).abs().max().double_value(&[]) > 0.01;
    assert!(apart(&first, &second) && apart(&x, &first) && apart(&x, &second));
    let norm = |x: &Tensor| x.square().sum(Kind::Double).double_value(&[]);
    assert!((norm(&first) - norm(&x)).abs() < 1e-4 && (norm(&second) - norm(&x)).abs() < 1e-4);
}
