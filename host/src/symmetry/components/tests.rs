use super::*;

fn matrix(n: usize, entries: &[f64]) -> DMatrix<f64> {
    DMatrix::from_row_slice(n, n, entries)
}

/// Rotation or boost in the plane of two coordinates.
fn plane(n: usize, i: usize, j: usize, sign: f64) -> DMatrix<f64> {
    let mut generator = DMatrix::zeros(n, n);
    generator[(i, j)] = sign;
    generator[(j, i)] = 1.0;
    generator
}

fn rotations(n: usize) -> Vec<DMatrix<f64>> {
    (0..n).flat_map(|i| (0..i).map(move |j| plane(n, i, j, -1.0))).collect()
}

fn lorentz() -> Vec<DMatrix<f64>> {
    let mut generators: Vec<_> = (1..4).map(|i| plane(4, 0, i, 1.0)).collect();
    generators.extend([plane(4, 1, 2, -1.0), plane(4, 2, 3, -1.0), plane(4, 1, 3, -1.0)]);
    generators
}

fn identity(generators: &[DMatrix<f64>]) -> IdentityComponent {
    IdentityComponent::new(generators).expect("generators")
}

fn names(n: usize, free: &[bool], generators: &[DMatrix<f64>]) -> Vec<String> {
    candidates(n, free, &identity(generators)).into_iter().map(|element| element.name).collect()
}

fn group(algebra: Option<&str>, n: usize, generators: &[DMatrix<f64>], accepted: &[&str]) -> String {
    let identity = identity(generators);
    let all = candidates(n, &vec![true; n * n], &identity);
    let chosen: Vec<&Representative> = accepted
        .iter()
        .map(|name| all.iter().find(|e| e.name == *name).unwrap_or_else(|| panic!("{name} in {all:?}")))
        .collect();
    group_of(algebra, &identity, n, &chosen)
}

#[test]
fn the_orthogonal_group_has_one_other_component() {
    for n in 2..=5 {
        assert_eq!(names(n, &vec![true; n * n], &rotations(n)), ["reflection of x1"], "n = {n}");
    }
}

#[test]
fn minus_one_is_a_rotation_in_even_dimensions_only() {
    for n in 2..=6 {
        let minus = -DMatrix::<f64>::identity(n, n);
        assert_eq!(identity(&rotations(n)).contains(&minus), n % 2 == 0, "n = {n}");
    }
    // A rotation by π about the third axis, and by one half of it.
    let turns = identity(&[plane(3, 0, 1, -1.0)]);
    assert!(turns.contains(&matrix(3, &[-1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, 1.0])));
    assert!(!turns.contains(&matrix(3, &[1.0, 0.0, 0.0, 0.0, -1.0, 0.0, 0.0, 0.0, -1.0])));
    // SL(2,R) is connected and holds −1; dilations reach nothing negative.
    let area = [
        matrix(2, &[1.0, 0.0, 0.0, -1.0]),
        matrix(2, &[0.0, 1.0, 0.0, 0.0]),
        matrix(2, &[0.0, 0.0, 1.0, 0.0]),
    ];
    assert!(identity(&area).contains(&-DMatrix::<f64>::identity(2, 2)));
    assert!(!identity(&[DMatrix::identity(2, 2)]).contains(&-DMatrix::<f64>::identity(2, 2)));
}

#[test]
fn noise_of_learned_generators_changes_nothing() {
    let noise = [0.03, -0.05, 0.04, 0.02, 0.05, -0.03, 0.01, -0.04, 0.05];
    let noisy: Vec<_> = rotations(3)
        .into_iter()
        .enumerate()
        .map(|(i, l)| {
            let mut shifted = noise;
            shifted.rotate_left(i * 2);
            l + matrix(3, &shifted)
        })
        .collect();
    assert_eq!(names(3, &[true; 9], &noisy), ["reflection of x1"]);
}

#[test]
fn the_lorentz_group_has_three_other_components() {
    let found = names(4, &[true; 16], &lorentz());
    assert_eq!(found, ["reflection of x1", "reflection of x2", "inversion"]);
    let name = |accepted: &[&str]| group(Some("so(1,3)"), 4, &lorentz(), accepted);
    assert_eq!(name(&[]), "SO⁺(1,3)");
    assert_eq!(name(&["inversion"]), "SO(1,3)");
    assert_eq!(name(&["reflection of x2"]), "O⁺(1,3)");
    assert_eq!(name(&["reflection of x1"]), "SO⁺(1,3) ⋊ Z2");
    assert_eq!(name(&["reflection of x1", "reflection of x2", "inversion"]), "O(1,3)");
}

#[test]
fn a_skew_metric_gets_reflections_of_its_own() {
    // so(2) of the form 5x² + 6xy + 5y², with principal axes at 45°, stretched 2 : 1.
    let half = std::f64::consts::FRAC_1_SQRT_2;
    let frame = matrix(2, &[half, -half, half, half]) * matrix(2, &[1.0, 0.0, 0.0, 2.0]);
    let inverse = frame.clone().try_inverse().expect("a frame");
    let generator = &frame * plane(2, 0, 1, -1.0) * inverse;
    let found = candidates(2, &[true; 4], &identity(&[generator]));
    // Exchange is the reflection along (1, −1), one of the principal axes.
    assert_eq!(found.iter().map(|e| e.name.as_str()).collect::<Vec<_>>(), ["exchange of x1 and x2"]);
    let turned = |angle: f64| {
        let r = matrix(2, &[angle.cos(), -angle.sin(), angle.sin(), angle.cos()]);
        &r * &frame * plane(2, 0, 1, -1.0) * frame.clone().try_inverse().expect("a frame") * r.transpose()
    };
    let generator = turned(0.3);
    let found = candidates(2, &[true; 4], &identity(std::slice::from_ref(&generator)));
    let [element] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(element.kind, Kind::FormReflection);
    // A reflection of the form turns the generator over: h L h = −L.
    assert!((&element.matrix * &generator * &element.matrix + &generator).norm() < 1e-6);
}

#[test]
fn a_mask_restricts_candidates() {
    // Affine maps of the plane: the last row is that of the identity.
    let free = [true, true, true, true, true, true, false, false, false];
    let shift = |i: usize| {
        let mut generator = DMatrix::zeros(3, 3);
        generator[(i, 2)] = 1.0;
        generator
    };
    let euclid = [plane(3, 0, 1, -1.0), shift(0), shift(1)];
    assert_eq!(names(3, &free, &euclid), ["reflection of x1"]);
    let identity = identity(&euclid);
    let reflection = candidates(3, &free, &identity);
    assert_eq!(group_of(Some("se(2)"), &identity, 3, &[&reflection[0]]), "E(2)");
    assert_eq!(group_of(Some("se(2)"), &identity, 3, &[]), "SE(2)");
}

#[test]
fn without_generators_every_candidate_is_tested() {
    assert_eq!(
        names(2, &[true; 4], &[]),
        ["reflection of x1", "reflection of x2", "inversion", "exchange of x1 and x2"]
    );
    let name = |accepted: &[&str]| group(None, 4, &[], accepted);
    let exchanges = ["exchange of x1 and x2", "exchange of x2 and x3", "exchange of x3 and x4"];
    assert_eq!(name(&exchanges), "S_4");
    assert_eq!(name(&[exchanges[0], exchanges[2]]), "S_2 × S_2");
    assert_eq!(name(&["reflection of x1"]), "Z2");
    assert_eq!(name(&["inversion"]), "Z2");
    assert_eq!(name(&["inversion", exchanges[0]]), "S_2 × Z2");
    assert_eq!(name(&["reflection of x1", "reflection of x3"]), "Z2^2");
    assert_eq!(name(&["reflection of x1", exchanges[0]]), "Z2^2 ⋊ S_2");
    assert_eq!(name(&[]), "trivial");
}

#[test]
fn what_the_group_leaves_alone_counts_beside_it() {
    let about_z = [plane(3, 0, 1, -1.0)];
    // The last turns the axis over: half a turn about another.
    let all = ["reflection of x1", "reflection of x3", "reflection along x1 and x3"];
    assert_eq!(names(3, &[true; 9], &about_z), all);
    let name = |accepted: &[&str]| group(Some("so(2)"), 3, &about_z, accepted);
    assert_eq!(name(&["reflection of x1"]), "O(2)");
    assert_eq!(name(&["reflection of x3"]), "SO(2) × Z2");
    assert_eq!(name(&all), "O(2) × Z2");
    assert_eq!(name(&[all[2]]), "O(2)");
    assert_eq!(group(Some("so(3)"), 3, &rotations(3), &["reflection of x1"]), "O(3)");
}
