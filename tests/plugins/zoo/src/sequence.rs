//! A convolution along `[length, features]`, group norm, attention of the sequence to itself reversed, the
//! mean over the sequence, and a head: parameters `conv`, `norm`, `attention`, `head`. A second input, if
//! there is one, is 1 where a place of the reversed sequence is valid.

use crate::prediction::{Prediction, input};
use semola_plugin_api::nn::{Activation, Conv1d, ConvOptions, GroupNorm, Linear, MultiheadAttention};
use semola_plugin_api::{DataSpec, FieldType, Mode, Model, NoOptions, Params, Result, Tensor};

const WIDTH: i64 = 16;

pub(crate) struct Sequence {
    conv: Conv1d,
    norm: GroupNorm,
    attention: MultiheadAttention,
    head: Linear,
    prediction: Prediction,
}

impl Model for Sequence {
    type Options = NoOptions;
    const SUMMARY: &'static str = "convolution, group norm and cross-attention along a sequence";

    fn new(_options: NoOptions, spec: &DataSpec, params: &Params) -> Result<Self> {
        let features = input(spec, FieldType::F32, 2)?.shape[1];
        let prediction = Prediction::of(spec)?;
        let conv = ConvOptions::new(3).padding(2).dilation(2);
        Ok(Self {
            conv: Conv1d::new(&params.sub("conv"), features, WIDTH, conv),
            norm: GroupNorm::new(&params.sub("norm"), 4, WIDTH),
            attention: MultiheadAttention::new(&params.sub("attention"), WIDTH, 2, 0.0)?,
            head: Linear::new(&params.sub("head"), WIDTH, prediction.count),
            prediction,
        })
    }

    fn forward(&self, inputs: &[Tensor], mode: Mode) -> Result<Vec<Tensor>> {
        let padding = inputs.get(1).map(|valid| valid.eq_scalar(0));
        let x = self.conv.forward(&inputs[0].transpose(1, 2));
        let x = Activation::Gelu.forward(&self.norm.forward(&x)).transpose(1, 2);
        let x = self.attention.cross_attention(&x, &x.flip(&[1]), padding.as_ref(), mode);
        Ok(self.prediction.shaped(self.head.forward(&x.mean_dim(&[1], false))))
    }
}
