//! Models to the last bit.

use crate::fixture::{batch, grid, model};
use crate::twin::{Forward, assert_twins, copy_parameters, names};
use semola_plugin_api::Mode;
use serde_json::{Value, json};
use tch::nn::{self, Module, ModuleT, VarStore};
use tch::{Device, Kind, Tensor};

/// A model on data of the zoo, and the twin that `build` writes into its store.
fn check<F: Fn(&[Tensor], bool) -> Tensor>(
    (plugin, name, options): (&str, &str, Value),
    data: &Value,
    build: impl FnOnce(&nn::Path<'_>) -> F,
) {
    let data = grid(data);
    let model = model(plugin, name, &options, data.spec());
    let store = VarStore::new(Device::Cpu);
    let forward = build(&store.root());
    copy_parameters(&model, &store);
    let forward: Forward<'_> = &forward;
    assert_twins(&model, &store, forward, data.spec().task, &batch(&data));
}

fn linear(path: nn::Path<'_>, inputs: i64, outputs: i64) -> nn::Linear {
    nn::linear(path, inputs, outputs, Default::default())
}

#[test]
fn mlp() {
    let options = json!({ "width": 48, "depth": 3, "activation": "silu", "residual": true });
    check(("mlp", "mlp", options), &json!({}), |root| {
        let layers = root / "layers";
        let hidden = [(0, 8), (1, 48), (2, 48)].map(|(place, inputs)| linear(&layers / place, inputs, 48));
        let output = linear(&layers / 3, 48, 8);
        move |inputs: &[Tensor], _| {
            let mut x = inputs[0].flatten(1, -1);
            for layer in &hidden {
                let y = layer.forward(&x).silu();
                x = if x.size() == y.size() { x + y } else { y };
            }
            output.forward(&x).reshape([-1, 4, 2])
        }
    });
}

#[test]
fn mlp_fixed() {
    check(("zoo", "mlp-fixed", json!({})), &json!({}), |root| {
        let layers = [linear(root / 0, 8, 128), linear(root / 2, 128, 128), linear(root / 4, 128, 8)];
        move |inputs: &[Tensor], _| {
            let x = layers[0].forward(&inputs[0].flatten(1, -1)).relu();
            layers[2].forward(&layers[1].forward(&x).relu()).reshape([-1, 4, 2])
        }
    });
}

/// With batch norm, whose running statistics the comparison covers.
#[test]
fn cnn() {
    let data = json!({ "shape": [3, 9, 9], "representation": "scalar", "classes": 5 });
    check(("zoo", "cnn", json!({ "channels": 6 })), &data, |root| {
        let config = nn::ConvConfig { padding: 1, ..Default::default() };
        let conv =
            [nn::conv2d(root / "conv1", 3, 6, 3, config), nn::conv2d(root / "conv2", 6, 12, 3, config)];
        let norm = [
            nn::batch_norm2d(root / "bn1", 6, Default::default()),
            nn::batch_norm2d(root / "bn2", 12, Default::default()),
        ];
        let fc = linear(root / "fc", 12 * 2 * 2, 5);
        move |inputs: &[Tensor], train| {
            let mut x = inputs[0].shallow_clone();
            for (conv, norm) in conv.iter().zip(&norm) {
                x = norm.forward_t(&conv.forward(&x), train).relu().max_pool2d_default(2);
            }
            fc.forward(&x.flatten(1, -1))
        }
    });
}

#[test]
fn running_statistics_move_in_training_only() {
    let data = grid(&json!({ "shape": [3, 9, 9], "representation": "scalar", "classes": 5 }));
    let model = model("zoo", "cnn", &json!({}), data.spec());
    let (inputs, _) = batch(&data);
    let statistics = || -> Vec<(String, Tensor)> {
        let buffers = names(&model, false);
        let named = model.parameters().named().into_iter();
        named.filter(|(name, _)| buffers.contains(name)).map(|(name, value)| (name, value.copy())).collect()
    };
    let fresh = statistics();
    let expected = ["bn1.running_mean", "bn1.running_var", "bn2.running_mean", "bn2.running_var"];
    assert_eq!(fresh.iter().map(|(name, _)| name.as_str()).collect::<Vec<_>>(), expected);
    model.forward(&inputs, Mode::Eval).unwrap();
    assert!(statistics().iter().zip(&fresh).all(|((_, now), (_, then))| now.equal(then)));
    model.forward(&inputs, Mode::Train).unwrap();
    assert!(statistics().iter().zip(&fresh).all(|((_, now), (_, then))| !now.equal(then)));
}

#[test]
fn pointnet() {
    let data = json!({ "n": 3, "shape": [10, 3], "classes": 4 });
    check(("zoo", "pointnet", json!({})), &data, |root| {
        let (mlp, head) = (root / "mlp", root / "head");
        let shared = [linear(&mlp / 0, 3, 32), linear(&mlp / 2, 32, 64)];
        let head = [linear(&head / 0, 64, 32), linear(&head / 2, 32, 4)];
        move |inputs: &[Tensor], _| {
            let x = shared[0].forward(&inputs[0]).relu();
            let x = shared[1].forward(&x).relu().amax([1], false);
            head[1].forward(&head[0].forward(&x).relu())
        }
    });
}

/// With padding and with dropout, whose masks come from libtorch's generator on both sides.
#[test]
fn transformer_block() {
    const WIDTH: i64 = 16;
    let data = json!({
        "shape": [7], "representation": "scalar", "vocabulary": 12, "mask": true,
        "outputs": [3], "output_representation": "scalar",
    });
    let options = json!({ "vocabulary": 12, "width": WIDTH, "heads": 2, "dropout": 0.1 });
    check(("zoo", "transformer-block", options), &data, |root| {
        let embedding = nn::embedding(root / "embedding", 12, WIDTH, Default::default());
        let attention = root / "self_attn";
        let in_weight = attention.zeros("in_proj_weight", &[3 * WIDTH, WIDTH]);
        let in_bias = attention.zeros("in_proj_bias", &[3 * WIDTH]);
        let out = linear(&attention / "out_proj", WIDTH, WIDTH);
        let wide = [linear(root / "linear1", WIDTH, 4 * WIDTH), linear(root / "linear2", 4 * WIDTH, WIDTH)];
        let norms =
            ["norm1", "norm2"].map(|name| nn::layer_norm(root / name, vec![WIDTH], Default::default()));
        let head = linear(root / "head", WIDTH, 3);
        move |inputs: &[Tensor], train| {
            let rate = if train { 0.1 } else { 0.0 };
            let x = embedding.forward(&inputs[0]);
            let heads = x.linear(&in_weight, Some(&in_bias)).chunk(3, -1);
            let heads: Vec<Tensor> =
                heads.iter().map(|part| part.reshape([-1, 7, 2, WIDTH / 2]).transpose(1, 2)).collect();
            let valid = inputs[1].to_kind(Kind::Bool).reshape([-1, 1, 1, 7]);
            let mixed = Tensor::scaled_dot_product_attention(
                &heads[0],
                &heads[1],
                &heads[2],
                Some(&valid),
                rate,
                false,
                None,
                false,
            );
            let attended = out.forward(&mixed.transpose(1, 2).reshape([-1, 7, WIDTH]));
            let x = norms[0].forward(&(x + attended.dropout(0.1, train)));
            let hidden = wide[0].forward(&x).relu().dropout(0.1, train);
            let x = norms[1].forward(&(&x + wide[1].forward(&hidden).dropout(0.1, train)));
            head.forward(&x.mean_dim([1_i64].as_slice(), false, Kind::Float))
        }
    });
}
