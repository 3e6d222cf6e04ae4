//! Evaluation of backbones that are formulas, against values worked out by hand.

use super::*;
use crate::config::Range;
use crate::data::{Data, FieldScale, Scaling, Train};
use crate::symmetry::components::{IdentityComponent, candidates};
use crate::symmetry::{Action, Augmenter, Basis, Sampling, exponential};
use semola_plugin_api::{DataSpec, Field, FieldType, Representation, Task};
use tch::{Device, Kind};

const FLOAT: (Kind, Device) = (Kind::Float, Device::Cpu);

/// One vector of the plane in, one target out.
fn spec(target: Field) -> DataSpec {
    DataSpec {
        n: 2,
        inputs: vec![Field::vectors("x", 1, 2)],
        targets: vec![target],
        task: Task::Regression,
        reference: None,
    }
}

fn invariant() -> DataSpec {
    spec(Field::scalars("y", 1))
}

fn equivariant() -> DataSpec {
    spec(Field::vectors("y", 1, 2))
}

fn classes(classes: i64) -> DataSpec {
    let mut label = Field::new("y", [], Representation::Scalar);
    label.dtype = FieldType::I64;
    DataSpec { task: Task::Classification { classes }, ..spec(label) }
}

fn action(spec: &DataSpec) -> Action {
    Action::new(spec, None).expect("an action by representations")
}

fn rotation() -> Tensor {
    Tensor::from_slice(&[0.0_f32, -1.0, 1.0, 0.0]).reshape([1, 2, 2])
}

fn turns() -> Augmenter {
    Augmenter::new(Basis::fixed(rotation()), Sampling::automatic(2.0), 1, "test")
}

fn points(values: &[f32]) -> Tensor {
    Tensor::from_slice(values).reshape([-1, 1, 2])
}

/// `[samples, 1]`: one of the two coordinates.
fn coordinate(inputs: &[Tensor], i: i64) -> Tensor {
    inputs[0].select(2, i)
}

fn samples(x: Tensor, y: Tensor) -> Samples {
    Samples { inputs: vec![x], targets: vec![y] }
}

#[test]
fn the_lie_derivative_of_a_square_is_minus_twice_the_product() {
    // f = x₁², L x = (−x₂, x₁), norm 1 in the data metric: J_f · L x = −2 x₁ x₂.
    let square = |inputs: &[Tensor]| Ok(vec![coordinate(inputs, 0).square()]);
    let x = points(&[1.0, 1.0, 2.0, 1.0, 0.5, -2.0, 3.0, 0.0]);
    // Products 1, 2, −1, 0: root of the mean of 4, 16, 4, 0.
    let expected = 6.0_f64.sqrt();
    for factor in [1.0, 10.0] {
        let error = lie_derivative_error(
            &square,
            &action(&invariant()),
            &[x.shallow_clone()],
            &(rotation() * factor),
        )
        .expect("an error")
        .expect("a generator that moves");
        assert!((error - expected).abs() < 1e-3, "{error}");
    }
    let nothing = lie_derivative_error(&square, &action(&invariant()), &[x], &rotation().zeros_like());
    assert_eq!(nothing.expect("an answer"), None);
}

#[test]
fn the_lie_derivative_counts_the_motion_of_the_target() {
    // f = (x₁, 0): J_f · L x − L f = (−x₂, 0) − (0, x₁), of mean square |x|² / 2.
    let first = |inputs: &[Tensor]| {
        let x = &inputs[0];
        Ok(vec![x * Tensor::from_slice(&[1.0_f32, 0.0])])
    };
    let x = points(&[3.0, 4.0, 1.0, 1.0]);
    let error = |backbone: &dyn Fn(&[Tensor]) -> anyhow::Result<Vec<Tensor>>| {
        lie_derivative_error(backbone, &action(&equivariant()), &[x.shallow_clone()], &rotation())
            .expect("an error")
            .expect("a generator that moves")
    };
    assert!((error(&first) - (27.0_f64 / 4.0).sqrt()).abs() < 1e-3, "{}", error(&first));
    let twice = |inputs: &[Tensor]| Ok(vec![&inputs[0] * 2.0]);
    assert!(error(&twice) < 1e-4, "{}", error(&twice));
}

#[test]
fn small_rotations_violate_as_much_as_the_lie_derivative_says() {
    tch::manual_seed(5);
    let backbone = |inputs: &[Tensor]| Ok(vec![(inputs[0].sin() + inputs[0].flip([2]).square()) * 0.5]);
    let x = Tensor::randn([500, 1, 2], FLOAT);
    let action = action(&equivariant());
    let inputs = [x];
    let rate =
        lie_derivative_error(&backbone, &action, &inputs, &rotation()).expect("an error").expect("a rate");
    let f = backbone(&inputs).expect("predictions");
    let mut before = f64::INFINITY;
    for angle in [0.2, 0.1, 0.05] {
        let g = exponential(&Tensor::full([500, 1], angle, FLOAT), &rotation(), 1.0);
        let moved = backbone(&action.move_inputs(&g, &inputs).expect("inputs")).expect("predictions");
        let expected = action.move_targets_as_declared(&g, &f).expect("targets");
        let error = (&moved[0] - &expected[0]).square().mean(Kind::Double).double_value(&[]).sqrt();
        let difference = (error / angle - rate).abs();
        assert!(difference < 0.7 * before, "{difference} at {angle}, {before} before");
        before = difference;
    }
    assert!(before < 0.05 * rate, "{before} of {rate}");
}

#[test]
fn a_curve_follows_the_chord_of_a_turn() {
    // The first coordinate of (1, 0) and of (0, 1), turned by t, is off by cos t − 1 and −sin t: √(1 − cos t) together.
    let samples = samples(points(&[1.0, 0.0, 0.0, 1.0]), Tensor::zeros([2, 1], FLOAT));
    let backbone = |inputs: &[Tensor]| Ok(vec![coordinate(inputs, 0)]);
    let curves = equivariance_curves(&backbone, &action(&invariant()), Task::Regression, &samples, &turns());
    let [Curve { generator, coefficients, errors }] = &curves.expect("curves")[..] else {
        panic!("one generator has one curve");
    };
    assert_eq!(generator.as_slice(), [0.0, 1.0, -1.0, 0.0], "column by column");
    assert_eq!(coefficients.len(), errors.len());
    assert_eq!(coefficients[coefficients.len() / 2], 0.0);
    assert!((coefficients[0] + std::f64::consts::PI).abs() < 1e-6, "half a turn: {coefficients:?}");
    for (t, error) in coefficients.iter().zip(errors) {
        assert!((error - (1.0 - t.cos()).max(0.0).sqrt()).abs() < 1e-5, "{error} at {t}");
    }
}

#[test]
fn averages_of_an_equivariant_backbone_are_exact() {
    tch::manual_seed(2);
    let x = Tensor::randn([300, 1, 2], FLOAT);
    let data = samples(x.shallow_clone(), &x * 3.0 + 0.5);
    // ρ(g)⁻¹ (3 g x) = 3 x: off by 1/2 everywhere, whatever the draws.
    let backbone = |inputs: &[Tensor]| Ok(vec![&inputs[0] * 3.0]);
    let averaged =
        averaged_metrics(&backbone, &action(&equivariant()), Task::Regression, &data, &mut turns(), 8)
            .expect("metrics");
    let rmse = averaged["rmse"];
    assert!((rmse.value - 0.5).abs() < 1e-5, "{rmse:?}");
    assert!(rmse.standard_error.expect("several draws") < 1e-5, "{rmse:?}");
}

#[test]
fn averaging_divides_the_noise_of_the_group_by_the_draws() {
    // f(x) = x₁² on the unit circle, turned at random: mean 1/2, variance 1/8. Against 1/2 the mean of K draws leaves a
    // root mean square of 1/√(8K).
    let angle = Tensor::arange(20000, FLOAT) * (std::f64::consts::TAU / 20000.0);
    let x = Tensor::stack(&[angle.cos(), angle.sin()], 1).unsqueeze(1);
    let data = samples(x, Tensor::full([20000, 1], 0.5, FLOAT));
    let backbone = |inputs: &[Tensor]| Ok(vec![coordinate(inputs, 0).square()]);
    for draws in [1, 4, 16] {
        let averaged =
            averaged_metrics(&backbone, &action(&invariant()), Task::Regression, &data, &mut turns(), draws)
                .expect("metrics");
        let (rmse, expected) = (averaged["rmse"], (1.0 / (8.0 * draws as f64)).sqrt());
        assert!((rmse.value / expected - 1.0).abs() < 0.03, "{rmse:?}, expected {expected}");
        assert_eq!(rmse.standard_error.is_some(), draws > 1);
    }
}

#[test]
fn the_error_bar_is_the_spread_of_repetitions() {
    tch::manual_seed(3);
    let x = Tensor::randn([200, 1, 2], FLOAT);
    let data = samples(x, Tensor::zeros([200, 1], FLOAT));
    let backbone = |inputs: &[Tensor]| Ok(vec![coordinate(inputs, 0) + 2.0]);
    let (action, mut group) = (action(&invariant()), turns());
    let mut values = Vec::new();
    let mut bars = Vec::new();
    for _ in 0..200 {
        let averaged =
            averaged_metrics(&backbone, &action, Task::Regression, &data, &mut group, 8).expect("metrics");
        values.push(averaged["rmse"].value);
        bars.push(averaged["rmse"].standard_error.expect("several draws").powi(2));
    }
    let mean = |values: &[f64]| values.iter().sum::<f64>() / values.len() as f64;
    let centre = mean(&values);
    let spread = mean(&values.iter().map(|value| (value - centre).powi(2)).collect::<Vec<_>>()).sqrt();
    let bar = mean(&bars).sqrt();
    assert!((bar / spread - 1.0).abs() < 0.25, "jackknife {bar}, spread of repetitions {spread}");
}

#[test]
fn classes_average_their_probabilities() {
    // Probability e^(x₁) / (1 + e^(x₁)) of class 1 at x = ±(s, 0), turned by 0 or π: the mean is 1/2 for both classes.
    let sampling = Sampling { range: Range::Fixed(1e-9), ..Sampling::automatic(2.0) };
    let half = Augmenter::new(Basis::fixed(rotation()), sampling, 1, "test");
    let logits = |inputs: &[Tensor]| {
        let x = coordinate(inputs, 0);
        Ok(vec![Tensor::cat(&[&x.zeros_like(), &x], 1)])
    };
    let data = samples(points(&[2.0, 0.0, -1.0, 0.0]), Tensor::from_slice(&[1_i64, 1]));
    let (spec, mut resting) = (classes(2), half);
    let action = action(&spec);
    // A group that (nearly) rests: the plain metrics. −ln σ(2) and −ln σ(−1), by hand.
    let plain = averaged_metrics(&logits, &action, spec.task, &data, &mut resting, 3).expect("metrics");
    let expected = (0.126_928_011 + 1.313_261_688) / 2.0;
    assert!((plain["loss"].value - expected).abs() < 1e-5, "{plain:?}");
    assert!((plain["accuracy"].value - 0.5).abs() < 1e-9, "{plain:?}");
    // All around the circle both probabilities average to 1/2: σ(z) + σ(−z) = 1.
    let averaged = averaged_metrics(&logits, &action, spec.task, &data, &mut turns(), 4000).expect("metrics");
    assert!((averaged["loss"].value - 2.0_f64.ln()).abs() < 0.03, "{averaged:?}");
}

/// Data in two halves, for training and for validation.
fn data(spec: DataSpec, x: &Tensor, y: &Tensor) -> Data {
    let half = x.size()[0] / 2;
    let split = |start| samples(x.narrow(0, start, half), y.narrow(0, start, half));
    let scale = || vec![FieldScale { offset: 0.0, scale: 1.0 }];
    Data {
        spec,
        scaling: Scaling { inputs: scale(), targets: scale() },
        train: Train::Whole(split(0)),
        validation: split(half),
        test: split(half),
        shifted: None,
    }
}

/// Names of the accepted and of the rejected elements.
fn verdicts(
    spec: DataSpec,
    truth: impl Fn(&Tensor) -> Tensor,
    backbone: impl Fn(&Tensor) -> Tensor,
    group: Option<Augmenter>,
) -> (Vec<ComponentTest>, Vec<ComponentTest>) {
    tch::manual_seed(4);
    let x = Tensor::randn([3000, 1, 2], FLOAT);
    let data = data(spec, &x, &truth(&x));
    let generators = group.as_ref().map(|group| crate::symmetry::to_matrices(&group.basis().generators()));
    let identity = IdentityComponent::new(&generators.unwrap_or_default()).expect("generators");
    let elements = candidates(2, &[true; 4], &identity);
    let backbone = |inputs: &[Tensor]| Ok(vec![backbone(&inputs[0])]);
    let mut group = group;
    let tests =
        test_components(&backbone, &action(&data.spec), &data, elements, group.as_mut(), 0).expect("tests");
    tests.into_iter().partition(|test| test.accepted)
}

fn named(tests: &[ComponentTest]) -> Vec<&str> {
    tests.iter().map(|test| test.element.name.as_str()).collect()
}

fn first(x: &Tensor) -> Tensor {
    x.select(2, 0)
}

fn second(x: &Tensor) -> Tensor {
    x.select(2, 1)
}

/// An error that no reflection respects.
fn error(x: &Tensor, size: f64) -> Tensor {
    ((x * Tensor::from_slice(&[7.0_f32, 5.0])).sum_dim_intlist([2_i64].as_slice(), false, Kind::Float) + 0.3)
        .sin()
        * size
}

#[test]
fn what_the_target_respects_is_accepted_and_nothing_else() {
    // y = x₁² + x₂ has the reflection of x₁ alone.
    let truth = |x: &Tensor| first(x).square() + second(x);
    let (accepted, rejected) = verdicts(invariant(), truth, |x| truth(x) + error(x, 0.05), None);
    assert_eq!(named(&accepted), ["reflection of x1"]);
    assert_eq!(named(&rejected), ["reflection of x2", "inversion", "exchange of x1 and x2"]);
    assert!((accepted[0].ratio - 1.0).abs() < 0.1 && accepted[0].lower < 1.0 + 1e-9, "{accepted:?}");
    // f(h x) − y = 2 x₂ of mean square 4, over an error of mean square 0.05²/2.
    assert!((rejected[0].ratio / (4.0 / 0.001_25) - 1.0).abs() < 0.1, "{rejected:?}");
    assert!(rejected.iter().all(|test| test.lower > 4.0), "{rejected:?}");
}

#[test]
fn a_tiny_difference_rejects_nothing() {
    // A backbone without error but for 0.001 x₂: the ratio is infinite, the difference 4e-6 of a variance of 3.
    let truth = |x: &Tensor| first(x).square() + second(x).square() * 0.5;
    let (accepted, _) = verdicts(invariant(), truth, |x| truth(x) + second(x) * 1e-3, None);
    assert_eq!(named(&accepted), ["reflection of x1", "reflection of x2", "inversion"]);
}

#[test]
fn a_backbone_that_explains_little_is_no_witness() {
    let (accepted, rejected) = verdicts(invariant(), first, |x| first(x).zeros_like(), None);
    assert!(accepted.is_empty(), "{accepted:?}");
    // Its error is the same for every element.
    assert!(rejected.iter().all(|test| test.ratio < 2.0), "{rejected:?}");
}

#[test]
fn elements_are_tested_across_the_group_with_the_motion_of_the_target() {
    // y = |x|² x is O(2)-equivariant, y = |x|² J x only SO(2).
    let size = |x: &Tensor| x.square().sum_dim_intlist([2_i64].as_slice(), true, Kind::Float);
    let wrong = |x: &Tensor| error(x, 0.1).unsqueeze(2);
    let achiral = |x: &Tensor| x * size(x);
    let (accepted, rejected) = verdicts(equivariant(), achiral, |x| achiral(x) + wrong(x), Some(turns()));
    assert_eq!((named(&accepted), named(&rejected)), (vec!["reflection of x1"], vec![]));
    let chiral = |x: &Tensor| achiral(&x.matmul(&rotation().get(0).transpose(0, 1)));
    let (accepted, rejected) = verdicts(equivariant(), chiral, |x| chiral(x) + wrong(x), Some(turns()));
    assert_eq!((named(&accepted), named(&rejected)), (vec![], vec!["reflection of x1"]));
}

#[test]
fn a_rejection_off_the_training_data_is_told_apart() {
    // Points of the half plane x₁ > 1: the reflection of x₁ leaves it, that of x₂ does not.
    tch::manual_seed(6);
    let x = Tensor::randn([3000, 1, 2], FLOAT).abs() + Tensor::from_slice(&[1.0_f32, 0.0]);
    let sign = Tensor::randn([3000, 1], FLOAT).sign();
    let x = Tensor::stack(&[x.select(2, 0), x.select(2, 1) * sign], 2);
    let data = data(invariant(), &x, &first(&x).square());
    let identity = IdentityComponent::new(&[]).expect("no generators");
    let backbone =
        |inputs: &[Tensor]| Ok(vec![coordinate(inputs, 0).relu().square() + error(&inputs[0], 0.02)]);
    let elements = candidates(2, &[true; 4], &identity);
    let tests = test_components(&backbone, &action(&data.spec), &data, elements, None, 0).expect("tests");
    assert_eq!(named(&tests)[..2], ["reflection of x1", "reflection of x2"]);
    let [off, on] = &tests[..2] else { panic!("{tests:?}") };
    assert!(!off.accepted && off.distance > 10.0, "{off:?}");
    assert!(on.accepted && on.distance < UNSUPPORTED, "{on:?}");
}

#[test]
fn what_moves_nothing_is_not_tested() {
    // The second coordinate is 0 throughout.
    let x = points(&[1.0, 0.0, -2.0, 0.0, 0.5, 0.0, 1.5, 0.0]);
    let y = x.select(2, 0).square();
    let data = data(invariant(), &x, &y);
    let identity = IdentityComponent::new(&[]).expect("no generators");
    let backbone = |inputs: &[Tensor]| Ok(vec![coordinate(inputs, 0).square()]);
    let elements = candidates(2, &[true; 4], &identity);
    let tests = test_components(&backbone, &action(&data.spec), &data, elements, None, 0).expect("tests");
    assert_eq!(named(&tests), ["reflection of x1", "inversion", "exchange of x1 and x2"]);
}
