//! The host's fused Adam against the published formula and against libtorch's own.

use crate::fixture::{batch, grid, model};
use crate::twin::{copy_parameters, loss};
use semola_host::torch::Adam;
use semola_plugin_api::Mode;
use serde_json::json;
use tch::nn::{self, Module, OptimizerConfig, VarStore};
use tch::{Device, Kind, Tensor};

const STEPS: i32 = 50;
const RATE: f64 = 1e-2;

/// Kingma & Ba 2015, algorithm 1, in double precision.
struct ByHand {
    value: Tensor,
    first: Tensor,
    second: Tensor,
}

impl ByHand {
    fn step(&mut self, gradient: &Tensor, step: i32) {
        let gradient = gradient.to_kind(Kind::Double);
        self.first = &self.first * 0.9 + &gradient * 0.1;
        self.second = &self.second * 0.999 + gradient.square() * 0.001;
        let first = &self.first / (1.0 - 0.9_f64.powi(step));
        let second = &self.second / (1.0 - 0.999_f64.powi(step));
        self.value = &self.value - RATE * first / (second.sqrt() + 1e-8);
    }
}

/// In single precision the values stay below 1, where 50 roundings add up to less than a millionth.
#[test]
fn follows_the_formula() {
    for (kind, tolerance) in [(Kind::Double, 1e-12), (Kind::Float, 1e-6)] {
        tch::manual_seed(3);
        let shapes: [&[i64]; 3] = [&[16, 8], &[16], &[]];
        let start = shapes.map(|shape| Tensor::rand(shape, (kind, Device::Cpu)) - 0.5);
        let mut by_hand: Vec<ByHand> = start
            .iter()
            .map(|value| {
                let value = value.to_kind(Kind::Double);
                ByHand { first: value.zeros_like(), second: value.zeros_like(), value }
            })
            .collect();
        let parameters = start.iter().map(|value| value.copy().set_requires_grad(true)).collect();
        let mut adam = Adam::new(parameters).unwrap();
        for step in 1..=STEPS {
            let gradients: Vec<Tensor> =
                start.iter().map(|like| like.randn_like() * f64::from(step) * 0.1).collect();
            adam.step(&gradients, RATE, None).unwrap();
            by_hand.iter_mut().zip(&gradients).for_each(|(by_hand, gradient)| by_hand.step(gradient, step));
        }
        for ((ours, by_hand), start) in adam.parameters().iter().zip(&by_hand).zip(&start) {
            let distance = |other: &Tensor| (ours.detach() - other).abs().max().double_value(&[]);
            assert!(distance(&by_hand.value) < tolerance, "{kind:?}: {}", distance(&by_hand.value));
            assert!(distance(start) > 1e-3, "the parameters hardly moved");
        }
    }
}

/// The fused operator goes through memory, where a gradient may lie in another order than its parameter.
#[test]
fn a_gradient_may_lie_otherwise_in_memory() {
    tch::manual_seed(4);
    let start = Tensor::rand([3, 4, 2, 2], (Kind::Double, Device::Cpu));
    let gradient = start.randn_like();
    let otherwise = gradient.permute([1, 0, 3, 2]).contiguous().permute([1, 0, 3, 2]);
    assert_ne!(otherwise.stride(), gradient.stride());
    let trained = |gradient: &Tensor| {
        let mut adam = Adam::new(vec![start.copy().set_requires_grad(true)]).unwrap();
        adam.step(std::slice::from_ref(gradient), RATE, None).unwrap();
        adam.parameters()[0].detach()
    };
    assert_eq!(trained(&gradient), trained(&otherwise));
}

/// Training, where an error in one step spoils all later ones.
#[test]
fn trains_as_libtorchs_own() {
    let data = grid(&json!({}));
    let model = model("zoo", "mlp-fixed", &json!({}), data.spec());
    let store = VarStore::new(Device::Cpu);
    let root = store.root();
    let layer = |name: i64, inputs, outputs| nn::linear(&root / name, inputs, outputs, Default::default());
    let layers = [layer(0, 8, 128), layer(2, 128, 128), layer(4, 128, 8)];
    copy_parameters(&model, &store);
    let (inputs, targets) = batch(&data);
    let task = data.spec().task;

    let trained = model.parameters().trainable();
    let mut ours = Adam::new(model.parameters().trainable()).unwrap();
    let mut theirs = nn::Adam::default().build(&store, 1e-3).unwrap();
    let mut course = Vec::new();
    for _ in 0..STEPS {
        let our_loss = loss(task, &model.forward(&inputs, Mode::Train).unwrap()[0], &targets[0]);
        let x = layers[1].forward(&layers[0].forward(&inputs[0].flatten(1, -1)).relu()).relu();
        let their_loss = loss(task, &layers[2].forward(&x).reshape([-1, 4, 2]), &targets[0]);
        course.push((our_loss.double_value(&[]), their_loss.double_value(&[])));
        ours.step(&Tensor::run_backward(&[our_loss], &trained, false, false), 1e-3, None).unwrap();
        theirs.backward_step(&their_loss);
    }
    for (step, (ours, theirs)) in course.iter().enumerate() {
        assert!((ours - theirs).abs() < 1e-6, "step {step}: {ours} and {theirs}");
    }
    assert!(course[course.len() - 1].0 < 0.5 * course[0].0, "{course:?}");
}

#[test]
fn a_step_that_is_skipped_changes_nothing() {
    let parameter = Tensor::ones([3], (Kind::Float, Device::Cpu)).set_requires_grad(true);
    let mut adam = Adam::new(vec![parameter.shallow_clone()]).unwrap();
    let mut step = |gradient: [f32; 3], skip: f32| {
        adam.step(&[Tensor::from_slice(&gradient)], 0.1, Some(&Tensor::from(skip))).unwrap();
        (adam.taken(), Vec::<f32>::try_from(parameter.detach()).unwrap())
    };
    assert_eq!(step([1.0, -2.0, f32::NAN], 1.0), (0, vec![1.0; 3]));
    // Adam's first step is the learning rate against the sign of the gradient.
    let (taken, moved) = step([1.0, -2.0, 3.0], 0.0);
    assert_eq!(taken, 1);
    assert!(moved.iter().zip([0.9, 1.1, 0.9]).all(|(a, b)| (a - b).abs() < 1e-5), "{moved:?}");
    assert_eq!(step([f32::NAN; 3], 1.0), (1, moved));
}
