//! Does every formula have the algebra that its task claims, and no larger one? Plain arithmetic, no network.
//!
//! Upwards: finite elements of the claimed group leave the formula alone to 1e-9. Downwards: on the orthogonal
//! complement of the claimed algebra (in the Frobenius product, within the free rows) the mean squared violation
//! `E|d/dt (f(e^{tL} x) − ρ_y(e^{tL}) f(x))|²` is positive definite, with a clear distance from zero.

use crate::group::{self, Matrix};
use crate::task::{Form, Task, moved, shifted};
use crate::tasks::*;
use nalgebra::{DMatrix, DVector, SymmetricEigen};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;

/// Samples for the violations.
const SAMPLES: usize = 600;
/// Half the step of central differences: their error is about its square.
const STEP: f64 = 1e-5;

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
        let at = |g, back| task.form().moved(back, &task.target(&moved(task, g, inputs)));
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
        assert_eq!(inputs.len(), (task.vectors() + task.covectors()) * task.n());
        if !claimed.is_empty() {
            let sum = claimed
                .iter()
                .fold(Matrix::zeros(task.n(), task.n()), |sum, l| sum + l * group::uniform(0.7, random));
            let g = sum.exp();
            let (found, expected) = (task.target(&moved(task, &g, &inputs)), task.form().moved(&g, &target));
            assert!(close(&found, &expected), "{found:?} {expected:?}");
        }
        if let Some(g) = task.element(random) {
            assert!(close(&task.target(&moved(task, &g, &inputs)), &task.form().moved(&g, &target)));
            assert!(shifted(task, &inputs, random).is_some());
        }
    }
    let distance = distance(task, random);
    assert!(
        distance > task.least_violation(),
        "a direction outside the claimed algebra violates only {distance:.4}"
    );
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
    vector: Vector, "{}";
    vector_full: Vector, r#"{"kind": "full"}"#;
    stress: Stress, "{}";
    stress_full: Stress, r#"{"kind": "full"}"#;
    torque: Torque, "{}";
    torque_full: Torque, r#"{"kind": "full"}"#;
    torque_in_space: Torque, r#"{"n": 3}"#;
    covectors: Covectors, "{}";
    covectors_in_the_plane: Covectors, r#"{"n": 2}"#;
    anisotropic: Anisotropic, "{}";
    weak_direction: WeakDirection, "{}";
    weak_direction_in_space: WeakDirection, r#"{"n": 3}"#;
    control: Control<3>, "{}";
    control_4: Control<4>, "{}";
}

/// Eigenvalues of the violation when the output may move by any matrix at all: `E|J·Lx − M f(x)|²` over all L, with
/// the M that fits each direction best, relative to their mean; ascending.
fn free_output<T: Task>(task: &T, formula: impl Fn(&[f64]) -> Vec<f64>) -> Vec<f64> {
    let random = &mut ChaCha8Rng::seed_from_u64(9);
    let n = task.n();
    let directions: Vec<_> = (0..n * n).map(|k| (k / n, k % n)).collect();
    let samples: Vec<_> = (0..SAMPLES).map(|_| task.draw(random)).collect();
    // [n, samples], and [n, samples] for each direction.
    let target = DMatrix::from_columns(&samples.iter().map(|x| formula(x).into()).collect::<Vec<_>>());
    let inverse = (&target * target.transpose()).try_inverse().unwrap();
    let residuals = directions.iter().map(|&place| {
        let mut step = Matrix::zeros(n, n);
        step[place] = STEP;
        let [forward, backward] = [1.0, -1.0].map(|sign| Matrix::identity(n, n) + &step * sign);
        let tangent = |x: &Vec<f64>| {
            let (forward, backward) =
                (formula(&moved(task, &forward, x)), formula(&moved(task, &backward, x)));
            let sides = forward.iter().zip(backward);
            DVector::from_iterator(n, sides.map(|(forward, backward)| (forward - backward) / (2.0 * STEP)))
        };
        let tangents = DMatrix::from_columns(&samples.iter().map(tangent).collect::<Vec<_>>());
        let m = &tangents * target.transpose() * &inverse;
        (tangents - m * &target).as_slice().to_vec()
    });
    let rows: Vec<f64> = residuals.flatten().collect();
    let rows = DMatrix::from_row_slice(n * n, n * SAMPLES, &rows);
    let eigenvalues = SymmetricEigen::new(&rows * rows.transpose()).eigenvalues;
    let mut relative: Vec<f64> = (eigenvalues.clone() / eigenvalues.mean()).as_slice().to_vec();
    relative.sort_by(f64::total_cmp);
    relative
}

#[test]
fn the_vector_has_so3_and_no_more_when_its_target_may_move_by_any_matrix() {
    for options in ["{}", r#"{"kind": "full"}"#] {
        let task: Vector = serde_json::from_str(options).unwrap();
        // so(3) is within the null space, by `check`: three zeros, then nothing near zero.
        let found = free_output(&task, |x| task.target(x));
        assert!(found[2] < 1e-9 && found[3] > 0.01, "{found:?}");
    }
    // What the check notices: |a|² a moves rightly under scaling, too, by M = 3 for L = 1.
    let task = Vector::default();
    let cubic = |x: &[f64]| x[..3].iter().map(|a| a * group::dot(&x[..3], &x[..3])).collect();
    let found = free_output(&task, cubic);
    assert!(found[3] < 1e-9 && found[4] > 0.01, "{found:?}");
    // And the cross product alone has all of gl(3): g a × g b = det(g) g⁻ᵀ (a × b).
    let random = &mut ChaCha8Rng::seed_from_u64(3);
    let inputs = task.draw(random);
    let g = group::exponential(&group::traceless(3), 0.3, random) * 1.4;
    let cofactors = g.clone().try_inverse().unwrap().transpose() * g.determinant();
    let cross = |x: &[f64]| crate::tasks::cross(&x[..3], &x[3..]).to_vec();
    assert!(close(&cross(&moved(&task, &g, &inputs)), &group::moved(&cofactors, &cross(&inputs))));
}

#[test]
fn the_checks_notice_a_claim_that_is_too_small_or_too_large() {
    let random = &mut ChaCha8Rng::seed_from_u64(1);
    let inputs = group::normals(6, random);
    let boost = (group::orthogonal(&[1.0, -1.0, 1.0])[0].clone() * 0.5).exp();
    let rotated = group::rotation(3, random);
    let task = Invariant::default();
    assert!(close(&task.target(&group::moved(&rotated, &inputs)), &task.target(&inputs)));
    assert!(!close(&task.target(&group::moved(&boost, &inputs)), &task.target(&inputs)));
    // Scaling belongs to the inertia's algebra: without it the complement is degenerate.
    let scaling = Matrix::identity(3, 3);
    let cloud = Inertia::default().draw(random);
    assert!(Tangent::new(&scaling).violation(&Inertia::default(), &cloud).iter().all(|v| v.abs() < 1e-6));
    assert_eq!(Form::Matrix.moved(&(&scaling * 2.0), &[1.0; 9]), [4.0; 9]);
    // Packed: a quarter turn of the plane takes diag(1, 2) to diag(2, 1) and leaves an antisymmetric matrix alone.
    let turn = Matrix::from_row_slice(2, 2, &[0.0, -1.0, 1.0, 0.0]);
    assert_eq!(Form::Symmetric.moved(&turn, &[1.0, 0.5, 2.0]), [2.0, -0.5, 1.0]);
    assert_eq!(Form::Antisymmetric.moved(&(turn * 3.0), &[1.0]), [9.0]);
}
