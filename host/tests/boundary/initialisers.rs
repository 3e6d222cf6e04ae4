//! The values that parameters start with, against PyTorch's documentation.

use crate::fixture::{grid, model};
use abi_stable::std_types::{RSlice, RStr};
use semola_host::plugins::ModelInstance;
use semola_host::torch::{ParameterStore, host_api, take};
use semola_plugin_api::abi::{Init, Raw};
use serde_json::json;
use tch::{Device, Kind, Tensor};

fn value(model: &ModelInstance, name: &str) -> Tensor {
    let named = model.parameters().named().into_iter();
    named.filter(|(found, _)| found == name).map(|(_, value)| value.detach()).next().unwrap()
}

/// The bound is kept and nearly reached, and the deviation is `bound / √3`.
fn assert_uniform(values: &Tensor, bound: f64) {
    let largest = values.abs().max().double_value(&[]);
    assert!(largest <= bound * (1.0 + 1e-6) && largest > 0.98 * bound, "{largest} for a bound of {bound}");
    let deviation = values.std(true).double_value(&[]);
    let expected = bound / 3.0_f64.sqrt();
    assert!((deviation / expected - 1.0).abs() < 0.03, "{deviation} where {expected} is expected");
}

#[test]
fn linear_layers_are_uniform_within_the_inverse_root_of_fan_in() {
    let data = grid(&json!({}));
    let model = model("mlp", "mlp", &json!({ "width": 256, "depth": 2 }), data.spec());
    assert_uniform(&value(&model, "layers.0.weight"), 1.0 / 8.0_f64.sqrt());
    assert_uniform(&value(&model, "layers.1.weight"), 1.0 / 16.0);
    let bias = value(&model, "layers.1.bias").abs().max().double_value(&[]);
    assert!(bias <= 1.0 / 16.0 && bias > 0.05, "{bias}");
}

#[test]
fn convolutions_count_their_kernel() {
    let data = grid(&json!({ "shape": [3, 9, 9], "representation": "scalar", "classes": 5 }));
    let model = model("zoo", "cnn", &json!({ "channels": 32 }), data.spec());
    assert_uniform(&value(&model, "conv2.weight"), 1.0 / (32.0 * 9.0_f64).sqrt());
    for (name, expected) in
        [("bn1.weight", 1.0), ("bn1.bias", 0.0), ("bn1.running_mean", 0.0), ("bn1.running_var", 1.0)]
    {
        assert!(
            value(&model, name).equal(&Tensor::full([32], expected, (Kind::Float, Device::Cpu))),
            "{name}"
        );
    }
}

#[test]
fn attention_and_embedding() {
    let data = grid(
        &json!({ "shape": [7], "representation": "scalar", "vocabulary": 12, "outputs": [3], "output_representation": "scalar" }),
    );
    let options = json!({ "vocabulary": 200, "width": 64, "heads": 4 });
    let model = model("zoo", "transformer-block", &options, data.spec());
    assert_uniform(&value(&model, "self_attn.in_proj_weight"), (6.0 / 256.0_f64).sqrt());
    let embedding = value(&model, "embedding.weight");
    let (mean, deviation) =
        (embedding.mean(Kind::Double).double_value(&[]), embedding.std(true).double_value(&[]));
    assert!(mean.abs() < 0.03 && (deviation - 1.0).abs() < 0.03, "{mean} {deviation}");
}

/// Through the table that plugins are given: rows, or columns where there are fewer, are orthonormal.
#[test]
#[allow(unsafe_code)]
fn orthogonal() {
    let store = ParameterStore::new(Device::Cpu);
    for (name, shape) in [("tall", [12, 5]), ("wide", [5, 12])] {
        let mut handle = Raw(0);
        let init = Init { kind: 3, reserved: 0, a: 2.0, b: 0.0 };
        // SAFETY: text, shape and the place for one handle outlive the call.
        let status = unsafe {
            (host_api().param_create)(
                store.scope(),
                RStr::from_str(name),
                RSlice::from_slice(&shape),
                init,
                true,
                &mut handle,
            )
        };
        assert_eq!(status, 0);
        // SAFETY: the call succeeded, so the handle is an owned one.
        let value = unsafe { take(handle) }.detach();
        let product = if name == "tall" { value.tr().matmul(&value) } else { value.matmul(&value.tr()) };
        let expected = Tensor::eye(5, (Kind::Float, Device::Cpu)) * 4.0;
        assert!(product.allclose(&expected, 1e-5, 1e-5, false), "{name}");
    }
}
