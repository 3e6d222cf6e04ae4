//! `Sequential(Linear(8, 128), ReLU, Linear(128, 128), ReLU, Linear(128, 8))`: parameters `0`, `2`, `4`.

use crate::prediction::Prediction;
use semola_plugin_api::nn::Linear;
use semola_plugin_api::{DataSpec, Mode, Model, NoOptions, Params, Result, Tensor};

pub(crate) struct MlpFixed {
    layers: [Linear; 3],
    flat: bool,
    prediction: Prediction,
}

impl Model for MlpFixed {
    type Options = NoOptions;
    const SUMMARY: &'static str = "8-128-128-8 with ReLU";

    fn new(_options: NoOptions, spec: &DataSpec, params: &Params) -> Result<Self> {
        let prediction = Prediction::of(spec)?;
        let [input] = &spec.inputs[..] else {
            return Err("mlp-fixed takes one input field".into());
        };
        if input.numel() != Some(8) || prediction.count != 8 {
            return Err("mlp-fixed takes 8 numbers and predicts 8".into());
        }
        Ok(Self {
            layers: [
                Linear::new(&params.sub(0), 8, 128),
                Linear::new(&params.sub(2), 128, 128),
                Linear::new(&params.sub(4), 128, 8),
            ],
            flat: input.shape.len() == 1,
            prediction,
        })
    }

    fn forward(&self, inputs: &[Tensor], _mode: Mode) -> Result<Vec<Tensor>> {
        let [first, second, third] = &self.layers;
        let x = if self.flat { inputs[0].clone() } else { inputs[0].flatten(1, -1) };
        let x = first.forward(&x).relu();
        let x = second.forward(&x).relu();
        Ok(self.prediction.shaped(third.forward(&x)))
    }
}
