//! A shared MLP over the points of `[points, 3]`, the largest value of each feature, and a head: parameters
//! `mlp.0`, `mlp.2`, `head.0`, `head.2`.

use crate::prediction::{Prediction, input};
use semola_plugin_api::nn::Linear;
use semola_plugin_api::{DataSpec, FieldType, Mode, Model, NoOptions, Params, Result, Tensor};

pub(crate) struct PointNet {
    mlp: [Linear; 2],
    head: [Linear; 2],
    prediction: Prediction,
}

impl Model for PointNet {
    type Options = NoOptions;
    const SUMMARY: &'static str = "shared MLP, max pooling, head";

    fn new(_options: NoOptions, spec: &DataSpec, params: &Params) -> Result<Self> {
        let coordinates = input(spec, FieldType::F32, 2)?.shape[1];
        let prediction = Prediction::of(spec)?;
        let (mlp, head) = (params.sub("mlp"), params.sub("head"));
        Ok(Self {
            mlp: [Linear::new(&mlp.sub(0), coordinates, 32), Linear::new(&mlp.sub(2), 32, 64)],
            head: [Linear::new(&head.sub(0), 64, 32), Linear::new(&head.sub(2), 32, prediction.count)],
            prediction,
        })
    }

    fn forward(&self, inputs: &[Tensor], _mode: Mode) -> Result<Vec<Tensor>> {
        let x = self.mlp[0].forward(&inputs[0]).relu();
        let x = self.mlp[1].forward(&x).relu();
        let x = x.amax(&[1], false);
        let x = self.head[0].forward(&x).relu();
        Ok(self.prediction.shaped(self.head[1].forward(&x)))
    }
}
