//! A model of a plugin beside the same architecture in tch, with the same values.

use semola_host::plugins::ModelInstance;
use semola_plugin_api::{Mode, Task};
use tch::nn::VarStore;
use tch::{Kind, Reduction, Tensor};

/// `true` for training.
pub(crate) type Forward<'a> = &'a dyn Fn(&[Tensor], bool) -> Tensor;

/// Gives the twin the model's values, in the same order in memory: another one has sums rounded otherwise. Both must have
/// the same names and shapes.
pub(crate) fn copy_parameters(model: &ModelInstance, store: &VarStore) {
    let mut variables = store.variables();
    for (name, value) in model.parameters().named() {
        let mut variable = variables.remove(&name).unwrap_or_else(|| panic!("the twin has no `{name}`"));
        assert_eq!(variable.size(), value.size(), "{name}");
        variable.set_data(&value.detach().copy());
    }
    assert!(variables.is_empty(), "the model has no {:?}", variables.keys());
}

pub(crate) fn loss(task: Task, prediction: &Tensor, target: &Tensor) -> Tensor {
    match task {
        Task::Regression => prediction.mse_loss(target, Reduction::Mean),
        Task::Classification { .. } => {
            prediction.log_softmax(-1, Kind::Float).g_nll_loss::<Tensor>(target, None, Reduction::Mean, -100)
        }
    }
}

fn assert_same_bits(what: &str, found: &Tensor, expected: &Tensor) {
    assert_eq!(found.kind(), expected.kind(), "{what}");
    assert!(found.equal(expected), "{what} differs by up to {}", (found - expected).abs().max());
}

/// Predictions, loss, all gradients and all buffers agree to the last bit, in training and in evaluation.
pub(crate) fn assert_twins(
    model: &ModelInstance,
    store: &VarStore,
    forward: Forward<'_>,
    task: Task,
    batch: &(Vec<Tensor>, Vec<Tensor>),
) {
    let (inputs, targets) = batch;
    for mode in [Mode::Train, Mode::Eval] {
        // Both draw the same dropout masks.
        tch::manual_seed(11);
        let ours = model.forward(inputs, mode).unwrap().remove(0);
        tch::manual_seed(11);
        let theirs = forward(inputs, mode.is_train());
        assert_same_bits("the prediction", &ours, &theirs);
        assert!(ours.abs().max().double_value(&[]) > 1e-3, "a prediction of zeros shows nothing");

        let (our_loss, their_loss) = (loss(task, &ours, &targets[0]), loss(task, &theirs, &targets[0]));
        assert_same_bits("the loss", &our_loss, &their_loss);

        let gradients = Tensor::run_backward(&[our_loss], &model.parameters().trainable(), false, false);
        let trained: Vec<String> = names(model, true);
        assert_eq!(gradients.len(), trained.len());
        let variables = store.variables();
        variables.values().for_each(|variable| {
            let mut gradient = variable.grad();
            if gradient.defined() {
                let _ = gradient.zero_();
            }
        });
        their_loss.backward();
        for (name, gradient) in trained.iter().zip(&gradients) {
            assert_same_bits(&format!("the gradient of `{name}`"), gradient, &variables[name].grad());
        }
        for (name, value) in model.parameters().named() {
            assert_same_bits(&format!("`{name}`"), &value, &variables[&name]);
        }
    }
}

/// Names of the trained parameters or of the buffers, in order.
pub(crate) fn names(model: &ModelInstance, trained: bool) -> Vec<String> {
    let named = model.parameters().named().into_iter();
    named.filter(|(_, value)| value.requires_grad() == trained).map(|(name, _)| name).collect()
}
