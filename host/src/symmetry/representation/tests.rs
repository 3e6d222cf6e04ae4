//! The laws of the representations, against plain matrix arithmetic in nalgebra.

use super::{act, tangent};
use crate::symmetry::matrices::{flat, to_matrix};
use nalgebra::{DMatrix, DVector};
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use semola_plugin_api::Representation;
use tch::Tensor;

const MOVED: [Representation; 5] = [
    Representation::Vector,
    Representation::Covector,
    Representation::Matrix,
    Representation::Symmetric,
    Representation::Antisymmetric,
];
const BATCH: usize = 3;
const COPIES: usize = 2;

/// A regular matrix, away from the identity.
fn random_element(n: usize, random: &mut ChaCha8Rng) -> DMatrix<f64> {
    (DMatrix::from_fn(n, n, |_, _| StandardNormal.sample(random)) * 0.5).exp()
}

fn random_field(representation: Representation, n: usize, random: &mut ChaCha8Rng) -> Tensor {
    let axes = representation.axes(n);
    let count = BATCH * COPIES * axes.iter().product::<i64>() as usize;
    let values: Vec<f64> = (0..count).map(|_| StandardNormal.sample(random)).collect();
    Tensor::from_slice(&values).reshape([&[BATCH as i64, COPIES as i64], &axes[..]].concat())
}

/// `[batch, n, n]` in double precision.
fn stacked(elements: &[DMatrix<f64>]) -> Tensor {
    let values: Vec<f64> = elements.iter().flat_map(|g| g.transpose().as_slice().to_vec()).collect();
    let n = elements[0].nrows() as i64;
    Tensor::from_slice(&values).reshape([-1, n, n])
}

fn largest_difference(a: &Tensor, b: &Tensor) -> f64 {
    assert_eq!(a.size(), b.size());
    (a - b).abs().max().double_value(&[])
}

/// ρ(g) on one copy, its numbers in a row, by the law as a book states it.
fn by_the_book(representation: Representation, g: &DMatrix<f64>, row: &[f64]) -> Vec<f64> {
    let n = g.nrows();
    let inverse = g.clone().try_inverse().expect("an exponential is regular");
    let vector = || DVector::from_row_slice(row);
    // Packed rows, with the factor of the entry below the diagonal.
    let packed = |diagonal: bool, below: f64| {
        let mut m = DMatrix::zeros(n, n);
        let mut numbers = row.iter();
        for i in 0..n {
            for j in (if diagonal { i } else { i + 1 })..n {
                let number = *numbers.next().expect("a packed row is long enough");
                m[(j, i)] = below * number;
                m[(i, j)] = number;
            }
        }
        assert_eq!(numbers.next(), None);
        let moved = g * m * g.transpose();
        let places = (0..n).flat_map(|i| (i..n).map(move |j| (i, j))).filter(|(i, j)| diagonal || i != j);
        places.map(|place| moved[place]).collect()
    };
    match representation {
        Representation::Vector => (g * vector()).as_slice().to_vec(),
        Representation::Covector => (inverse.transpose() * vector()).as_slice().to_vec(),
        Representation::Matrix => {
            let moved = g * DMatrix::from_row_slice(n, n, row) * g.transpose();
            moved.transpose().as_slice().to_vec()
        }
        Representation::Symmetric => packed(true, 1.0),
        Representation::Antisymmetric => packed(false, -1.0),
        _ => row.to_vec(),
    }
}

#[test]
fn every_copy_moves_by_the_law_of_its_representation() {
    let random = &mut ChaCha8Rng::seed_from_u64(11);
    for n in [2, 3, 4] {
        for representation in MOVED {
            let elements: Vec<_> = (0..BATCH).map(|_| random_element(n, random)).collect();
            let field = random_field(representation, n, random);
            let moved = act(representation, &stacked(&elements), &field);
            assert_eq!(moved.size(), field.size());
            let (before, after) = (flat(&field), flat(&moved));
            let length = before.len() / (BATCH * COPIES);
            let copies = before.chunks_exact(length).zip(after.chunks_exact(length)).enumerate();
            for (copy, (before, after)) in copies {
                let expected = by_the_book(representation, &elements[copy / COPIES], before);
                for (found, expected) in after.iter().zip(&expected) {
                    assert!((found - expected).abs() < 1e-10, "{representation:?} in R^{n}");
                }
            }
        }
    }
}

#[test]
fn the_action_is_a_homomorphism() {
    let random = &mut ChaCha8Rng::seed_from_u64(12);
    for n in [2, 3, 4] {
        for representation in MOVED {
            let g: Vec<_> = (0..BATCH).map(|_| random_element(n, random)).collect();
            let h: Vec<_> = (0..BATCH).map(|_| random_element(n, random)).collect();
            let product: Vec<_> = g.iter().zip(&h).map(|(g, h)| g * h).collect();
            let field = random_field(representation, n, random);
            let twice = act(representation, &stacked(&g), &act(representation, &stacked(&h), &field));
            let once = act(representation, &stacked(&product), &field);
            assert!(largest_difference(&twice, &once) < 1e-9, "{representation:?} in R^{n}");
            let other_order = act(representation, &stacked(&h), &act(representation, &stacked(&g), &field));
            // Λ²R² is the determinant, which commutes.
            if (representation, n) != (Representation::Antisymmetric, 2) {
                assert!(largest_difference(&other_order, &once) > 1e-3, "{representation:?} in R^{n}");
            }
        }
    }
}

#[test]
fn the_tangent_is_the_derivative_of_the_action_at_one() {
    let random = &mut ChaCha8Rng::seed_from_u64(13);
    let step = 1e-5;
    for n in [2, 3, 4] {
        for representation in MOVED {
            let generator = DMatrix::from_fn(n, n, |_, _| StandardNormal.sample(random));
            let field = random_field(representation, n, random);
            let at = |t: f64| act(representation, &stacked(&vec![(&generator * t).exp(); BATCH]), &field);
            let difference = (at(step) - at(-step)) / (2.0 * step);
            let found = tangent(representation, &stacked(&[generator]).squeeze_dim(0), &field);
            assert!(largest_difference(&found, &difference) < 1e-7, "{representation:?} in R^{n}");
        }
    }
}

#[test]
fn an_antisymmetric_tensor_of_space_is_an_axial_vector() {
    let random = &mut ChaCha8Rng::seed_from_u64(14);
    // M_ij = −Σ ε_ijk t_k; row by row above the diagonal: (−t₃, t₂, −t₁).
    let hodge = |t: &Tensor| -> Tensor {
        let t = to_matrix(t);
        let rows: Vec<f64> = (0..t.nrows()).flat_map(|i| [-t[(i, 2)], t[(i, 1)], -t[(i, 0)]]).collect();
        Tensor::from_slice(&rows).reshape([t.nrows() as i64, 3])
    };
    for mirror in [1.0, -1.0] {
        let elements: Vec<_> = (0..BATCH).map(|_| random_element(3, random) * mirror).collect();
        assert!(elements.iter().all(|g| g.determinant() * mirror > 0.0));
        let axial = random_field(Representation::Covector, 3, random).select(1, 0);
        let g = stacked(&elements);
        let determinants: Vec<f64> = elements.iter().map(DMatrix::determinant).collect();
        let moved =
            act(Representation::Covector, &g, &axial) * Tensor::from_slice(&determinants).unsqueeze(1);
        let found = act(Representation::Antisymmetric, &g, &hodge(&axial));
        assert!(largest_difference(&found, &hodge(&moved)) < 1e-10);
    }
}

#[test]
fn a_packed_tensor_moves_as_the_whole_matrix_does() {
    let random = &mut ChaCha8Rng::seed_from_u64(15);
    let g = stacked(&[random_element(2, random)]);
    let packed = Tensor::from_slice(&[1.0, 0.5, -2.0]).reshape([1, 3]);
    let whole = Tensor::from_slice(&[1.0, 0.5, 0.5, -2.0]).reshape([1, 2, 2]);
    let found = act(Representation::Symmetric, &g, &packed);
    let expected = act(Representation::Matrix, &g, &whole).flatten(1, 2);
    let picked = expected.index_select(1, &Tensor::from_slice(&[0_i64, 1, 3]));
    assert!(largest_difference(&found, &picked) < 1e-12);
}

#[test]
fn what_no_group_moves_stands_still() {
    let random = &mut ChaCha8Rng::seed_from_u64(16);
    let g = stacked(&[random_element(3, random)]);
    let field = Tensor::from_slice(&[1.0, 2.0]).reshape([1, 2]);
    assert_eq!(act(Representation::Scalar, &g, &field), field);
    let still = tangent(Representation::Scalar, &g.squeeze_dim(0), &field);
    assert_eq!(flat(&still), [0.0, 0.0]);
}

#[test]
fn gradients_flow_to_the_group_element() {
    let g = Tensor::eye(2, (tch::Kind::Double, tch::Device::Cpu)).unsqueeze(0).set_requires_grad(true);
    let field = Tensor::from_slice(&[3.0]).reshape([1, 1]);
    let moved = act(Representation::Antisymmetric, &g, &field).sum(tch::Kind::Double);
    let gradient = Tensor::run_backward(&[moved], &[&g], false, false).remove(0);
    // 3 · d det(g)/dg at one: 3 on the diagonal.
    assert_eq!(flat(&gradient), [3.0, 0.0, 0.0, 3.0]);
}
