//! The gradient mode around plugin calls, and gradients that a plugin asks the host for.

use crate::fixture::{batch, grid, model};
use abi_stable::std_types::RSlice;
use semola_host::torch::{grad_enabled, host_api, lend, take};
use semola_plugin_api::Mode;
use semola_plugin_api::abi::Raw;
use serde_json::json;
use tch::{Kind, Tensor};

#[test]
fn a_plugin_cannot_leave_the_gradient_mode_off() {
    let data = grid(&json!({}));
    let model = model("faulty", "grad-off", &json!({}), data.spec());
    let (inputs, _) = batch(&data);
    for mode in [Mode::Train, Mode::Eval] {
        let output = model.forward(&inputs, mode).unwrap().remove(0);
        assert!(grad_enabled());
        assert!(output.requires_grad());
    }
    tch::no_grad(|| {
        model.forward(&inputs, Mode::Eval).unwrap();
        assert!(!grad_enabled());
    });
    assert!(grad_enabled());
}

#[test]
fn evaluation_without_gradients_keeps_no_graph() {
    let data = grid(&json!({}));
    let model = model("zoo", "mlp-fixed", &json!({}), data.spec());
    let (inputs, _) = batch(&data);
    let output = tch::no_grad(|| model.forward(&inputs, Mode::Eval).unwrap().remove(0));
    assert!(!output.requires_grad());
}

/// `HostApi::autograd_grad` as plugin-api calls it.
#[allow(unsafe_code)]
fn grad(output: &Tensor, input: &Tensor, create_graph: bool) -> Result<Tensor, String> {
    let api = host_api();
    let mut result = Raw(0);
    let status = lend(std::slice::from_ref(output), |outputs| {
        lend(std::slice::from_ref(input), |inputs| {
            let (outputs, inputs) = (RSlice::from_slice(outputs), RSlice::from_slice(inputs));
            // SAFETY: lent handles live as long as the call, and there is room for one result.
            unsafe { (api.autograd_grad)(outputs, inputs, create_graph, &mut result) }
        })
    });
    if status < 0 {
        return Err((api.last_error)().as_str().to_owned());
    }
    // SAFETY: the call succeeded, so the handle is an owned one.
    Ok(unsafe { take(result) })
}

#[test]
fn plugins_can_differentiate_twice() {
    let x = Tensor::from_slice(&[0.5_f64, -1.0, 2.0]).set_requires_grad(true);
    let first = grad(&x.pow_tensor_scalar(3).sum(Kind::Double), &x, true).unwrap();
    assert!(first.allclose(&(x.square() * 3.0), 1e-12, 1e-12, false));
    let second = grad(&first.sum(Kind::Double), &x, false).unwrap();
    assert!(second.allclose(&(&x * 6.0), 1e-12, 1e-12, false));
}

#[test]
fn a_gradient_of_nothing_is_an_error() {
    let (x, y) = (Tensor::from_slice(&[1.0_f64]), Tensor::from_slice(&[2.0_f64]));
    let error = grad(&y.sum(Kind::Double), &x, false).unwrap_err();
    assert!(error.contains("grad"), "{error}");
    assert!(!error.contains('\n'), "{error}");
}

/// Pictures of few channels have another kernel for their gradient than libtorch chooses.
#[test]
fn gradients_of_pictures_are_libtorchs() {
    for channels in [1, 3, 4] {
        let shape = json!({ "shape": [channels, 9, 8], "representation": "scalar", "classes": 5 });
        let data = grid(&shape);
        let options = json!({ "channels": [6], "kernel": 5, "batch_norm": false, "hidden": 7 });
        let model = model("images", "cnn", &options, data.spec());
        let parameters = model.parameters().named();
        let named = |name: &str| &parameters.iter().find(|(found, _)| found == name).expect("a parameter").1;
        let by_libtorch = |x: &Tensor| {
            let (weight, bias) = (named("conv0.weight"), named("conv0.bias"));
            let x = x.conv2d(weight, Some(bias), [2, 2], [2, 2], [1, 1], 1).silu();
            let x = x.permute([0, 2, 3, 1]).flatten(1, -1);
            let x = x.linear(named("hidden.weight"), Some(named("hidden.bias"))).silu();
            x.linear(named("output.weight"), Some(named("output.bias")))
        };
        let x = batch(&data).0.remove(0).detach().set_requires_grad(true);
        let ours = model.forward(std::slice::from_ref(&x), Mode::Train).unwrap().remove(0);
        let weights = ours.randn_like();
        // With respect to the pictures and all parameters, and once more of that with respect to the pictures.
        let mut sources = model.parameters().trainable();
        sources.insert(0, x.shallow_clone());
        let derivatives = |output: &Tensor| {
            let mut first =
                Tensor::run_backward(&[(output * &weights).sum(Kind::Float)], &sources, true, true);
            let second = Tensor::run_backward(&[first[0].square().sum(Kind::Float)], &sources, false, false);
            first.extend(second.into_iter().filter(Tensor::defined));
            first
        };
        let theirs = by_libtorch(&x);
        assert!(ours.allclose(&theirs, 1e-5, 1e-6, false), "{channels} channels");
        let (ours, theirs) = (derivatives(&ours), derivatives(&theirs));
        assert_eq!(ours.len(), theirs.len());
        for (place, (ours, theirs)) in ours.iter().zip(&theirs).enumerate() {
            assert!(ours.allclose(theirs, 1e-4, 1e-6, false), "{channels} channels, derivative {place}");
        }
    }
}

/// The same kernel without a bias, in a residual network, against differences.
#[test]
fn gradients_of_pictures_need_no_bias() {
    let data = grid(&json!({ "shape": [1, 8, 8], "representation": "scalar", "classes": 3 }));
    let options = json!({ "channels": [4, 6], "blocks": 1 });
    let model = model("images", "resnet", &options, data.spec());
    let x = batch(&data).0.remove(0).detach();
    let (weights, direction) = (Tensor::randn([x.size()[0], 3], (Kind::Float, x.device())), x.randn_like());
    let value = |x: &Tensor| {
        let output = model.forward(std::slice::from_ref(x), Mode::Eval).unwrap().remove(0);
        (output * &weights).sum(Kind::Double)
    };
    let leaf = x.copy().set_requires_grad(true);
    let mut sources = model.parameters().trainable();
    sources.push(leaf.shallow_clone());
    let mut gradients = Tensor::run_backward(&[value(&leaf)], &sources, false, false);
    assert!(gradients.iter().zip(&sources).all(|(gradient, source)| gradient.size() == source.size()));
    let gradient = gradients.pop().unwrap();
    let along = (gradient * &direction).sum(Kind::Double).double_value(&[]);
    let step = 1e-2;
    let [ahead, behind] =
        [step, -step].map(|step| tch::no_grad(|| value(&(&x + &direction * step)).double_value(&[])));
    let differences = (ahead - behind) / (2.0 * step);
    assert!((along - differences).abs() < 1e-2 * differences.abs().max(1.0), "{along} and {differences}");
}
