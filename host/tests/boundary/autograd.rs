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
