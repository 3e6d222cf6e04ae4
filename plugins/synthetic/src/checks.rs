//! Does every formula have the algebra that its task claims, and no larger one? Plain arithmetic, no network.
//!
//! Upwards: finite elements of the claimed group leave the formula alone to 1e-9. Downwards: on the orthogonal
//! complement of the claimed algebra (in the Frobenius product, within the free rows) the mean squared violation
//! `E|d/dt (f(e^{tL} x) − ρ_y(e^{tL}) f(x))|²` is positive definite, with a clear distance from zero.

use crate::group::{self, Matrix, moved};
use crate::task::{Form, Task, shifted};
use crate::tasks::*;
use nalgebra::{DMatrix, SymmetricEigen};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Samples for the violations.
const SAMPLES: usize = 600;
/// Half the step of central differences: their error is about its square.
const STEP: f64 = 1e-5;
/// Smallest violation in the complement, relative to the mean over the complement's directions.
const CLEAR: f64 = 0.01;

fn generators<T: Task>(task: &T) -> Vec<Matrix> {
    let rows = |l: &Vec<Vec<f64>>| Matrix::from_row_slice(task.n(), task.n(), &l.concat());
    task.reference().map_or_else(Vec::new, |reference| reference.generators.iter().map(rows).collect())
}

fn close(found: &[f64], expected: &[f64]) -> bool {
    found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-9 * (1.0 + b.abs()))
}

/// `exp(±tL)` for the central differences along a generator L, forward and backward.
struct Tangent([Matrix; 2]);

impl Tangent {
    fn new(generator: &Matrix) -> Self {
        Self([STEP, -STEP].map(|step| (generator * step).exp()))
    }

    /// Violation by one sample, one number an output: moved back, an equivariant formula stands still.
    fn violation<T: Task>(&self, task: &T, inputs: &[f64]) -> Vec<f64> {
        let [forward, backward] = &self.0;
        let at = |g, back| task.form().moved(back, &task.target(&moved(g, inputs)));
        let sides = at(forward, backward).into_iter().zip(at(backward, forward));
        sides.map(|(forward, backward)| (forward - backward) / (2.0 * STEP)).collect()
    }
}

/// An orthonormal basis of the free directions outside the claimed algebra.
fn complement<T: Task>(task: &T) -> Vec<Matrix> {
    let n = task.n();
    let mut basis: Vec<Matrix> = Vec::new();
    let claimed = generators(task);
    let units = (0..task.free_rows() * n).map(|entry| {
        let mut unit = Matrix::zeros(n, n);
        unit[(entry / n, entry % n)] = 1.0;
        unit
    });
    for matrix in claimed.iter().cloned().chain(units) {
        let rest = basis.iter().fold(matrix.clone(), |rest, b| &rest - b * b.dot(&rest));
        if rest.norm() > 1e-8 * matrix.norm() {
            basis.push(&rest / rest.norm());
        }
    }
    assert_eq!(basis.len(), task.free_rows() * n, "the claimed generators lie within the free rows");
    basis.split_off(claimed.len())
}

/// Smallest violation outside the claimed algebra, relative to their mean.
fn distance<T: Task>(task: &T, random: &mut ChaCha8Rng) -> f64 {
    let outside: Vec<Tangent> = complement(task).iter().map(Tangent::new).collect();
    let mut gram = DMatrix::zeros(outside.len(), outside.len());
    for _ in 0..SAMPLES {
        let inputs = task.draw(random);
        let each: Vec<f64> = outside.iter().flat_map(|l| l.violation(task, &inputs)).collect();
        let rows = DMatrix::from_row_slice(outside.len(), each.len() / outside.len(), &each);
        gram += &rows * rows.transpose();
    }
    let eigenvalues = SymmetricEigen::new(gram).eigenvalues;
    eigenvalues.min() / eigenvalues.mean()
}

fn check<T: Task>(task: &T) {
    let random = &mut ChaCha8Rng::seed_from_u64(7);
    let claimed = generators(task);
    for _ in 0..100 {
        let inputs = task.draw(random);
        let target = task.target(&inputs);
        assert!(inputs.iter().chain(&target).all(|x| x.is_finite()));
        assert_eq!(inputs.len(), task.vectors() * task.n());
        if !claimed.is_empty() {
            let sum = claimed
                .iter()
                .fold(Matrix::zeros(task.n(), task.n()), |sum, l| sum + l * group::uniform(0.7, random));
            let g = sum.exp();
            let (found, expected) = (task.target(&moved(&g, &inputs)), task.form().moved(&g, &target));
            assert!(close(&found, &expected), "{found:?} {expected:?}");
        }
        if let Some(g) = task.element(random) {
            assert!(close(&task.target(&moved(&g, &inputs)), &task.form().moved(&g, &target)));
            assert!(shifted(task, &inputs, random).is_some());
        }
    }
    let distance = distance(task, random);
    assert!(distance > CLEAR, "a direction outside the claimed algebra violates only {distance:.4}");
}

macro_rules! checked {
    ($($name:ident: $type:ty, $options:literal;)+) => {$(
        #[test]
        fn $name() {
            check(&serde_json::from_str::<$type>($options).unwrap());
        }
    )+};
}

checked! {
    invariant: Invariant, "{}";
    invariant_full: Invariant, r#"{"kind": "full"}"#;
    invariant_in_five_dimensions: Invariant, r#"{"n": 5}"#;
    invariant_control: InvariantControl, "{}";
    invariant_control_partial: InvariantControl, r#"{"kind": "partial"}"#;
    inertia: Inertia, "{}";
    inertia_full: Inertia, r#"{"kind": "full"}"#;
    lorentz: Lorentz, "{}";
    lorentz_full: Lorentz, r#"{"kind": "full"}"#;
    so21: So21, "{}";
    triangles: Triangles, "{}";
    point_set: PointSet, "{}";
    point_set_full: PointSet, r#"{"kind": "full"}"#;
    dilation: Dilation, "{}";
    dilation_full: Dilation, r#"{"kind": "full"}"#;
    chiral: Chiral, "{}";
    achiral: Achiral, "{}";
    partial_rotation: PartialRotation, "{}";
    partial_rotation_full: PartialRotation, r#"{"kind": "full"}"#;
    permutation: Permutation, "{}";
    permutation_partial: Permutation, r#"{"kind": "partial"}"#;
    oscillator: Oscillator, "{}";
    control: Control<3>, "{}";
    control_4: Control<4>, "{}";
}

#[test]
fn the_checks_notice_a_claim_that_is_too_small_or_too_large() {
    let random = &mut ChaCha8Rng::seed_from_u64(1);
    let inputs = group::normals(6, random);
    let boost = (group::orthogonal(&[1.0, -1.0, 1.0])[0].clone() * 0.5).exp();
    let rotated = group::rotation(3, random);
    let task = Invariant::default();
    assert!(close(&task.target(&moved(&rotated, &inputs)), &task.target(&inputs)));
    assert!(!close(&task.target(&moved(&boost, &inputs)), &task.target(&inputs)));
    // Scaling belongs to the inertia's algebra: without it the complement is degenerate.
    let scaling = Matrix::identity(3, 3);
    let cloud = Inertia::default().draw(random);
    assert!(Tangent::new(&scaling).violation(&Inertia::default(), &cloud).iter().all(|v| v.abs() < 1e-6));
    assert_eq!(Form::Matrix.moved(&(scaling * 2.0), &[1.0; 9]), [4.0; 9]);
}
