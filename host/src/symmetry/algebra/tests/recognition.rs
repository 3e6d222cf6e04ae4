//! Every named algebra is recognised in any basis, in any coordinates, and under noise.

use nalgebra::DMatrix;

use super::super::{LieAlgebra, min_cosine};
use super::fixtures::{Disguise, Matrices, affine, direct_sum, gl, pad, sl, so, sp, u, unit, with};

fn name(generators: &[DMatrix<f64>]) -> String {
    LieAlgebra::from_generators(generators).expect("the generators are square and finite").name()
}

/// Algebras whose name survives any change of coordinates.
fn catalogue() -> Vec<(&'static str, Matrices)> {
    let identity = |n: usize| DMatrix::<f64>::identity(n, n);
    let rotation = so(0, 2);
    let heisenberg = vec![unit(3, 0, 1), unit(3, 1, 2), unit(3, 0, 2)];
    let spin = direct_sum(&so(0, 3), &so(0, 3)).chunks(3).map(|c| c.to_vec()).collect::<Vec<_>>();
    let two_vectors: Matrices = spin[0].iter().zip(&spin[1]).map(|(a, b)| a + b).collect();
    vec![
        ("so(2)", rotation.clone()),
        ("so(1,1)", so(1, 1)),
        ("R (scaling)", vec![identity(3)]),
        ("R (shear)", vec![unit(2, 0, 1)]),
        ("R (spiral)", vec![&rotation[0] + identity(2) * 0.5]),
        ("so(2) ⊕ R", with(rotation.clone(), identity(2))),
        ("so(2) ⊕ so(2)", direct_sum(&rotation, &rotation)),
        ("R^2", vec![unit(3, 0, 2), unit(3, 1, 2)]),
        ("R^3", vec![unit(3, 0, 0), unit(3, 1, 1), unit(3, 2, 2)]),
        ("aff(1)", vec![unit(2, 0, 0), unit(2, 0, 1)]),
        ("so(3)", so(0, 3)),
        ("so(3)", two_vectors),
        ("so(3)", so(0, 3).iter().map(|m| pad(m, 0, 5)).collect()),
        ("su(2)", u(2, true)),
        ("sl(2,R)", sl(2)),
        ("so(1,2)", so(1, 2)),
        ("heisenberg", heisenberg.clone()),
        ("heisenberg ⊕ R", with(heisenberg, identity(3))),
        ("se(2)", affine(&so(0, 2), 2)),
        ("iso(1,1)", affine(&so(1, 1), 2)),
        ("sim(2)", affine(&with(so(0, 2), identity(2)), 2)),
        ("R ⋉ R^2", affine(&[identity(2)], 2)),
        ("so(3) ⊕ R", with(so(0, 3), identity(3))),
        ("gl(2,R)", gl(2)),
        ("u(2)", u(2, false)),
        ("so(4)", so(0, 4)),
        ("so(3) ⊕ so(3)", direct_sum(&so(0, 3), &so(0, 3))),
        ("so(1,3)", so(1, 3)),
        ("so(2,2)", so(2, 2)),
        ("se(3)", affine(&so(0, 3), 3)),
        ("sim(3)", affine(&with(so(0, 3), identity(3)), 3)),
        ("sl(2,R) ⋉ R^2", affine(&sl(2), 2)),
        ("aff(2)", affine(&gl(2), 2)),
        ("so(1,3) ⊕ R", with(so(1, 3), identity(4))),
        ("so(1,3) ⊕ so(3)", direct_sum(&so(1, 3), &so(0, 3))),
        ("se(2) ⊕ so(2)", direct_sum(&affine(&so(0, 2), 2), &so(0, 2))),
        ("so(3) ⊕ se(2)", direct_sum(&affine(&so(0, 2), 2), &so(0, 3))),
        ("sl(3,R)", sl(3)),
        ("su(3)", u(3, true)),
        ("gl(3,R)", gl(3)),
        ("u(3)", u(3, false)),
        ("so(5)", so(0, 5)),
        ("so(1,4)", so(1, 4)),
        ("so(2,3)", so(2, 3)),
        ("sp(4,R)", sp(4)),
        ("iso(1,3)", affine(&so(1, 3), 4)),
        ("so(6)", so(0, 6)),
        ("sl(4,R)", sl(4)),
        ("gl(4,R)", gl(4)),
        ("sp(6,R)", sp(6)),
    ]
}

#[test]
fn textbook_matrices() {
    for (expected, generators) in catalogue() {
        assert_eq!(name(&generators), expected);
    }
}

/// Dimensions that keep the disguised runs fast without optimisation.
const DISGUISED: usize = 11;

#[test]
fn names_survive_mixing_conjugation_and_noise() {
    for (condition, noise, seeds) in [(1.0, 0.01, 0..3), (3.0, 0.0, 3..4), (3.0, 0.01, 4..6)] {
        for seed in seeds {
            for (expected, generators) in catalogue().into_iter().filter(|(_, g)| g.len() <= DISGUISED) {
                let mut disguise = Disguise::new(seed);
                let conjugated = disguise.conjugate(&generators, condition);
                let noisy = disguise.noise(&conjugated, noise);
                let found = name(&disguise.mix(&noisy));
                assert_eq!(found, expected, "condition {condition}, noise {noise}, seed {seed}");
            }
        }
    }
}

#[test]
fn semisimple_names_survive_five_per_cent_of_noise() {
    let names = ["so(3)", "sl(2,R)", "so(1,3)", "so(4)", "sl(3,R)", "sp(4,R)", "u(2)", "so(3) ⊕ R"];
    for (expected, generators) in catalogue().into_iter().filter(|(name, _)| names.contains(name)) {
        for seed in 0..3 {
            let noisy = Disguise::new(seed).noise(&generators, 0.05);
            assert_eq!(name(&noisy), expected, "seed {seed}");
        }
    }
}

#[test]
fn closing_brings_a_noisy_span_back_to_a_conjugate() {
    let noisy = Disguise::new(1).noise(&so(1, 3), 0.02);
    let algebra = LieAlgebra::from_generators(&noisy).expect("the generators are square and finite");
    let closed = LieAlgebra::from_generators(algebra.closed_basis()).expect("the basis is square and finite");
    assert!(algebra.closure() > 1e-3 && closed.closure() < 1e-6);
    assert!(min_cosine(algebra.closed_basis(), algebra.basis()) > 0.99);
}
