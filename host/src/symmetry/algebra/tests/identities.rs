//! Identities that hold for every algebra: Jacobi, antisymmetry, bilinearity, invariance of the Killing form,
//! `exp(x) y exp(−x) = exp(ad x) y`, and what the exponential of any matrix satisfies.

use nalgebra::{DMatrix, DVector};
use proptest::collection::vec;
use proptest::prelude::*;

use super::super::{LieAlgebra, bracket, exponential, frobenius};
use super::fixtures::{affine, gl, sl, so, sp};

fn matrix(n: usize) -> impl Strategy<Value = DMatrix<f64>> {
    vec(-1.0..1.0, n * n).prop_map(move |entries| DMatrix::from_vec(n, n, entries))
}

fn element() -> impl Strategy<Value = (LieAlgebra, [DVector<f64>; 3])> {
    let algebras = vec![so(0, 3), sl(2), so(1, 3), affine(&so(0, 2), 2), gl(2), sp(4)];
    (prop::sample::select(algebras), vec(-1.0..1.0, 30)).prop_map(|(generators, numbers)| {
        let algebra = LieAlgebra::from_generators(&generators).expect("the fixtures are square and finite");
        let k = algebra.dimension();
        let part = |i: usize| DVector::from_column_slice(&numbers[i * k..(i + 1) * k]);
        let elements = [part(0), part(1), part(2)];
        (algebra, elements)
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 24, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_bracket_is_antisymmetric_bilinear_and_satisfies_jacobi(
        (a, b, c) in (matrix(3), matrix(3), matrix(3)), s in -2.0f64..2.0
    ) {
        prop_assert!((bracket(&a, &b) + bracket(&b, &a)).norm() < 1e-12);
        let combined = bracket(&(&a * s + &b), &c);
        prop_assert!((combined - bracket(&a, &c) * s - bracket(&b, &c)).norm() < 1e-12);
        let jacobi = bracket(&a, &bracket(&b, &c)) + bracket(&b, &bracket(&c, &a)) + bracket(&c, &bracket(&a, &b));
        prop_assert!(jacobi.norm() < 1e-11);
        prop_assert!(bracket(&a, &b).trace().abs() < 1e-12);
    }

    #[test]
    fn structure_constants_satisfy_jacobi_and_leave_killing_invariant((algebra, [x, y, z]) in element()) {
        let structure = algebra.structure();
        let nested = |a: &DVector<f64>, b: &DVector<f64>, c: &DVector<f64>| {
            structure.bracket(a, &structure.bracket(b, c))
        };
        prop_assert!((nested(&x, &y, &z) + nested(&y, &z, &x) + nested(&z, &x, &y)).norm() < 1e-9);
        prop_assert!((structure.bracket(&x, &y) + structure.bracket(&y, &x)).norm() < 1e-9);
        let killing = structure.killing();
        prop_assert!((&killing - killing.transpose()).norm() < 1e-9);
        let left = structure.bracket(&x, &y).dot(&(&killing * &z));
        let right = x.dot(&(&killing * structure.bracket(&y, &z)));
        prop_assert!((left - right).abs() < 1e-9);
    }

    #[test]
    fn multiples_of_a_matrix_exponentiate_to_a_one_parameter_group(
        a in matrix(4), s in -2.0f64..2.0, t in -2.0f64..2.0
    ) {
        let product = exponential(&(&a * s)) * exponential(&(&a * t));
        let at_once = exponential(&(&a * (s + t)));
        // Where s and t have opposite signs, large factors cancel.
        let size = exponential(&(&a * s)).norm() * exponential(&(&a * t)).norm();
        prop_assert!((product - at_once).norm() < 1e-12 * size);
    }

    #[test]
    fn the_determinant_of_an_exponential_is_that_of_the_trace(a in matrix(4)) {
        let expected = a.trace().exp();
        prop_assert!((exponential(&a).determinant() - expected).abs() < 1e-10 * expected.max(1.0));
    }

    #[test]
    fn a_change_of_coordinates_commutes_with_the_exponential(a in matrix(4), b in matrix(4)) {
        // exp(b) is well conditioned and has the inverse exp(-b).
        let (g, inverse) = (exponential(&b), exponential(&-&b));
        let after = &g * exponential(&a) * &inverse;
        let before = exponential(&(&g * &a * &inverse));
        prop_assert!((&after - before).norm() < 1e-8 * g.norm() * inverse.norm() * (1.0 + after.norm()));
    }

    #[test]
    fn conjugation_by_the_group_is_the_exponential_of_ad((algebra, [x, y, _]) in element()) {
        let matrix = |v: &DVector<f64>| {
            let zero = DMatrix::zeros(algebra.size(), algebra.size());
            algebra.closed_basis().iter().zip(v.iter()).fold(zero, |sum, (e, &c)| sum + e * c)
        };
        let a = matrix(&x);
        let moved = exponential(&a) * matrix(&y) * exponential(&-&a);
        let coordinates = exponential(&algebra.structure().adjoint(&x)) * &y;
        prop_assert!((&moved - matrix(&coordinates)).norm() < 1e-8 * (1.0 + moved.norm()));
        // The coordinates are Frobenius coordinates.
        prop_assert!((frobenius(&moved, &algebra.closed_basis()[0]) - coordinates[0]).abs() < 1e-8 * (1.0 + moved.norm()));
    }
}
