//! What a reader sees: the gauge, printed matrices, cosines, one-generator types, group names, errors.

use nalgebra::{DMatrix, DVector};

use super::super::{
    AlgebraError, Components, LieAlgebra, OneGenerator, classify, group_name, min_cosine, principal_cosines,
    readable_basis, readable_entries, structure_constants,
};
use super::fixtures::{Disguise, affine, gl, so, unit, with};

#[test]
fn a_hidden_so3_prints_as_three_plane_rotations() {
    let expected = [
        [["0", "-1", "0"], ["1", "0", "0"], ["0", "0", "0"]],
        [["0", "0", "-1"], ["0", "0", "0"], ["1", "0", "0"]],
        [["0", "0", "0"], ["0", "0", "-1"], ["0", "1", "0"]],
    ];
    for seed in 0..5 {
        let mut disguise = Disguise::new(seed);
        let hidden = disguise.mix(&so(0, 3));
        let exact = readable_basis(&hidden);
        assert!((&exact[0] - (unit(3, 1, 0) - unit(3, 0, 1))).norm() < 1e-9);
        let noisy = readable_basis(&disguise.noise(&hidden, 0.01));
        for basis in [exact, noisy] {
            let printed: Vec<_> = basis.iter().map(|m| readable_entries(m, 0.1)).collect();
            assert_eq!(printed, expected);
        }
    }
}

#[test]
fn the_gauge_stays_inside_the_span_and_is_sparse() {
    let cases = [affine(&so(0, 2), 2), so(1, 3), with(so(0, 3), DMatrix::identity(3, 3)), gl(2), so(0, 4)];
    for (seed, generators) in cases.iter().enumerate() {
        let hidden = Disguise::new(seed as u64).mix(generators);
        let readable = readable_basis(&hidden);
        assert!(min_cosine(&readable, generators) > 1.0 - 1e-9);
        let nonzero =
            |all: &[DMatrix<f64>]| all.iter().flat_map(|m| m.iter()).filter(|v| v.abs() > 1e-6).count();
        assert!(
            nonzero(&readable) <= nonzero(generators),
            "{} > {}",
            nonzero(&readable),
            nonzero(generators)
        );
    }
}

#[test]
fn numbers_near_integers_print_as_such_and_others_with_two_decimals() {
    let m = DMatrix::from_row_slice(2, 3, &[0.02, -2.0, 0.7, 1.015, -0.019, -0.97]);
    assert_eq!(readable_entries(&m, 0.02), [["0", "-2", "0.70"], ["1", "0", "-0.97"]]);
}

#[test]
fn structure_constants_in_a_basis_of_any_norm() {
    // [e, f] = h, [h, e] = 2e, [h, f] = -2f, with f doubled and e added to h.
    let (e, f, h) = (unit(2, 0, 1), unit(2, 1, 0), unit(2, 0, 0) - unit(2, 1, 1));
    let found = structure_constants(&[e.clone(), &f * 2.0, &h + &e]);
    let expected = [
        [[0.0, 0.0, 0.0], [-2.0, 0.0, 2.0], [-2.0, 0.0, 0.0]],
        [[2.0, 0.0, -2.0], [0.0, 0.0, 0.0], [2.0, 2.0, -2.0]],
        [[2.0, 0.0, 0.0], [-2.0, -2.0, 2.0], [0.0, 0.0, 0.0]],
    ];
    for (found, expected) in found.iter().flatten().flatten().zip(expected.iter().flatten().flatten()) {
        assert!((found - expected).abs() < 1e-12, "{found} instead of {expected}");
    }
    assert!(structure_constants(&[e.clone(), e]).is_empty());
}

#[test]
fn cosines_are_those_of_the_angle_between_the_spans() {
    let angle: f64 = 0.3;
    let tilted = [unit(2, 0, 0) * angle.cos() + unit(2, 0, 1) * angle.sin(), unit(2, 1, 1) * 5.0];
    let plane = [unit(2, 0, 0), unit(2, 0, 0) + unit(2, 1, 1)];
    let cosines = principal_cosines(&tilted, &plane);
    assert!((cosines[0] - 1.0).abs() < 1e-12 && (cosines[1] - angle.cos()).abs() < 1e-12);
    assert!((min_cosine(&tilted, &plane) - angle.cos()).abs() < 1e-12);
    assert_eq!(min_cosine(&tilted, &plane[..1]), 0.0);
    assert_eq!(min_cosine(&tilted, &[]), 0.0);
    assert_eq!(min_cosine(&[], &[]), 1.0);
    assert_eq!(min_cosine(&so(0, 3), &so(0, 2)), 0.0);
    assert_eq!(min_cosine(&[DMatrix::from_element(2, 2, f64::NAN)], &[unit(2, 0, 0)]), 0.0);
}

#[test]
fn one_generator_types() {
    let diagonal = |entries: &[f64]| DMatrix::from_diagonal(&DVector::from_column_slice(entries));
    let rotation = unit(2, 1, 0) - unit(2, 0, 1);
    let cases = [
        (DMatrix::zeros(2, 2), OneGenerator::Zero),
        (rotation.clone(), OneGenerator::Elliptic),
        (diagonal(&[1.0, -1.0]), OneGenerator::Boost),
        (diagonal(&[2.0, 2.0]), OneGenerator::Scaling),
        (diagonal(&[1.0, 1.0, 0.0]), OneGenerator::Scaling),
        (diagonal(&[1.0, 0.5]), OneGenerator::Hyperbolic),
        (unit(2, 0, 1), OneGenerator::Parabolic),
        (unit(3, 0, 2) + unit(3, 1, 2), OneGenerator::Translation),
        (unit(3, 0, 1) + unit(3, 1, 2), OneGenerator::Parabolic),
        (rotation + DMatrix::identity(2, 2), OneGenerator::Spiral),
    ];
    let mut disguise = Disguise::new(3);
    for (generator, expected) in cases {
        assert_eq!(classify(&generator), expected, "{generator}");
        let noisy = &disguise.noise(&[&generator * -30.0], 0.01)[0];
        if expected != OneGenerator::Zero {
            assert_eq!(classify(noisy), expected, "{noisy}");
        }
    }
    // The double-shift iteration stands still on cyclic permutations without a shift.
    let cyclic = DMatrix::from_row_slice(3, 3, &[0.0, 0.0, 1.0, 1.0, 0.0, 0.0, 0.0, 1.0, 0.0]);
    assert_eq!(classify(&cyclic), OneGenerator::Spiral);
}

#[test]
fn groups_are_named_after_their_algebra_and_components() {
    let cases = [
        ("so(3)", "SO(3)", "O(3)"),
        ("so(2)", "SO(2)", "O(2)"),
        ("se(2)", "SE(2)", "E(2)"),
        ("so(1,3)", "SO⁺(1,3)", "O(1,3)"),
        ("gl(2,R)", "GL⁺(2,R)", "GL(2,R)"),
        ("so(3) ⊕ R", "SO(3) × R", "O(3) × R"),
        ("u(2)", "U(2)", "U(2) ⋊ Z2"),
        ("trivial", "trivial", "Z2"),
        ("dim 5, Killing (2,1,2)", "exp(dim 5, Killing (2,1,2))", "exp(dim 5, Killing (2,1,2)) × Z2"),
    ];
    for (algebra, connected, reflected) in cases {
        assert_eq!(group_name(algebra, Components::Connected), connected);
        assert_eq!(group_name(algebra, Components::WithReflection), reflected);
    }
}

#[test]
fn bad_input_is_named() {
    let nothing = LieAlgebra::from_generators(&[]).expect("no generators make the trivial algebra");
    assert_eq!((nothing.dimension(), nothing.name().as_str()), (0, "trivial"));
    assert_eq!(nothing.killing_signature(0.1), [0, 0, 0]);
    let zero = LieAlgebra::from_generators(&[DMatrix::zeros(3, 3)]).expect("a zero matrix is finite");
    assert_eq!(zero.name(), "trivial");

    let uneven = LieAlgebra::from_generators(&[DMatrix::zeros(2, 2), DMatrix::zeros(2, 3)])
        .expect_err("the second is 2×3");
    assert_eq!(uneven, AlgebraError::Shape { index: 1, rows: 2, columns: 3, expected: 2 });
    let broken = LieAlgebra::from_generators(&[DMatrix::from_element(2, 2, f64::INFINITY)])
        .expect_err("an entry is infinite");
    assert!(broken.to_string().starts_with("generator 0 holds inf at (0, 0), expected a finite number"));
}
