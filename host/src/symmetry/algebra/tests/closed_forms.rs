//! Structure constants, Killing forms and dimensions against textbook formulas and SymPy's exact values.

use nalgebra::DMatrix;

use super::super::{LieAlgebra, TOLERANCE, frobenius, invariant_forms};
use super::fixtures::{Disguise, affine, gl, sl, so, sp, unit};

fn algebra(generators: &[DMatrix<f64>]) -> LieAlgebra {
    LieAlgebra::from_generators(generators).expect("the generators are square and finite")
}

#[test]
fn structure_constants_of_so3_are_levi_civita() {
    let algebra = algebra(&so(0, 3));
    // The orthonormal basis is a rotation (or reflection) of the unit rotations over √2, and ε is invariant
    // under rotations: c_ij^l = ±ε_ijl / √2.
    let expected = [[0, 1, 2], [1, 2, 0], [2, 0, 1]];
    let structure = algebra.structure();
    let sign = structure.constant(0, 1, 2).signum();
    for i in 0..3 {
        for j in 0..3 {
            for l in 0..3 {
                let epsilon = if expected.contains(&[i, j, l]) {
                    1.0
                } else if expected.contains(&[j, i, l]) {
                    -1.0
                } else {
                    0.0
                };
                let found = structure.constant(i, j, l);
                assert!((found - sign * epsilon / 2f64.sqrt()).abs() < 1e-12, "c_{i}{j}^{l} = {found}");
            }
        }
    }
}

/// `κ(x, y) = factor · tr(xy)` on the whole algebra.
fn killing_is_a_multiple_of_the_trace(generators: &[DMatrix<f64>], factor: f64) {
    let algebra = algebra(generators);
    let (basis, killing) = (algebra.closed_basis(), algebra.structure().killing());
    for (i, x) in basis.iter().enumerate() {
        for (j, y) in basis.iter().enumerate() {
            let expected = factor * (x * y).trace();
            assert!((killing[(i, j)] - expected).abs() < 1e-9, "{} instead of {expected}", killing[(i, j)]);
        }
    }
}

#[test]
fn killing_forms_of_the_classical_families() {
    for n in 3..=5 {
        killing_is_a_multiple_of_the_trace(&so(0, n), (n - 2) as f64);
    }
    killing_is_a_multiple_of_the_trace(&so(1, 3), 2.0);
    for n in 2..=3 {
        killing_is_a_multiple_of_the_trace(&sl(n), 2.0 * n as f64);
    }
    killing_is_a_multiple_of_the_trace(&sp(4), 6.0);
}

/// `κ(x_i, x_j)` of elements of the algebra.
fn killing_between(algebra: &LieAlgebra, elements: &[DMatrix<f64>]) -> DMatrix<f64> {
    let basis = algebra.closed_basis();
    // The basis is orthonormal.
    let coordinates =
        DMatrix::from_fn(basis.len(), elements.len(), |i, j| frobenius(&basis[i], &elements[j]));
    coordinates.transpose() * algebra.structure().killing() * coordinates
}

#[test]
fn structure_agrees_with_sympy() {
    let golden = include_str!("golden/structure.txt");
    let mut checked = 0;
    for line in golden.lines() {
        let fields: Vec<&str> = line.split(';').collect();
        let numbers = |text: &str| -> Vec<i64> {
            text.split(' ').map(|v| v.parse().expect("the script prints integers")).collect()
        };
        let n: usize = fields[1].parse().expect("the script prints the size");
        let generators: Vec<_> = fields[2]
            .split('/')
            .map(|g| DMatrix::from_row_iterator(n, n, numbers(g).into_iter().map(|v| v as f64)))
            .collect();
        let signature: Vec<i64> = numbers(fields[3]);
        let dimensions: Vec<i64> = numbers(fields[4]);
        let form = DMatrix::from_row_iterator(
            generators.len(),
            generators.len(),
            numbers(fields[5]).into_iter().map(|v| v as f64),
        );
        let found = killing_between(&algebra(&generators), &generators);
        assert!((&found - &form).norm() < 1e-9, "{}: {found}", fields[0]);
        let hidden = Disguise::new(7).mix(&generators);
        for algebra in [algebra(&generators), algebra(&hidden)] {
            assert_eq!(algebra.name(), fields[0]);
            assert!(algebra.closure() < 1e-12);
            assert_eq!(
                algebra.killing_signature(TOLERANCE).map(|v| v as i64),
                signature[..],
                "{}",
                fields[0]
            );
            let found =
                [algebra.derived_dimension(), algebra.center_dimension(), algebra.radical_dimension()]
                    .map(|v| v as i64);
            assert_eq!(found, dimensions[..], "{}", fields[0]);
        }
        checked += 1;
    }
    assert_eq!(checked, 12);
}

#[test]
fn invariant_forms_of_the_lorentz_and_symplectic_algebras() {
    let lorentz = invariant_forms(&so(1, 3), TOLERANCE);
    assert_eq!(lorentz.metric_signature(), Some((1, 3)));
    assert!(lorentz.antisymmetric.is_empty());
    let symplectic = invariant_forms(&sp(4), TOLERANCE);
    assert!(symplectic.symmetric.is_empty());
    let [area] = symplectic.antisymmetric.as_slice() else {
        panic!("sp(4) keeps one area form, found {}", symplectic.antisymmetric.len());
    };
    // ω is the standard form up to sign, of norm one: four entries of size 1/2.
    assert!((area[(0, 2)].abs() - 0.5).abs() < 1e-9 && (area[(0, 2)] - area[(1, 3)]).abs() < 1e-9);
    let linear = invariant_forms(&gl(3), TOLERANCE);
    assert!(linear.symmetric.is_empty() && linear.antisymmetric.is_empty());
}

#[test]
fn a_random_subspace_does_not_close() {
    for seed in 0..10 {
        let mut disguise = Disguise::new(seed);
        let generators: Vec<_> = (0..3).map(|_| disguise.gaussian(3, 3)).collect();
        let algebra = algebra(&generators);
        assert!(algebra.closure() > 0.5, "closure {}", algebra.closure());
        assert_eq!(algebra.name(), format!("not closed ({:.2})", algebra.closure()));
    }
}

#[test]
fn two_rotations_without_the_third_do_not_close() {
    let algebra = algebra(&so(0, 3)[..2]);
    assert!((algebra.closure() - 1.0).abs() < 1e-12);
    assert!(!algebra.is_closed());
}

#[test]
fn dependent_and_zero_generators_do_not_count() {
    let mut generators = so(0, 3);
    generators.push(&generators[0] + &generators[1] * 2.0);
    generators.push(DMatrix::zeros(3, 3));
    let algebra = algebra(&generators);
    assert_eq!((algebra.dimension(), algebra.name().as_str()), (3, "so(3)"));
}

#[test]
fn an_algebra_without_a_name_is_described() {
    // Strictly upper triangular 4×4 matrices: nilpotent of step three, no summand, no abelian radical product.
    let upper: Vec<_> =
        (0..4).flat_map(|i| (i + 1..4).map(move |j| (i, j))).map(|(i, j)| unit(4, i, j)).collect();
    assert_eq!(algebra(&upper).name(), "dim 6, Killing (0,0,6)");
    assert_eq!(algebra(&affine(&so(0, 3), 3)).killing_signature(TOLERANCE), [0, 3, 3]);
}
