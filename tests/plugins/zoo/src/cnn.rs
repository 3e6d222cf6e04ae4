//! Twice convolution (3×3, padding 1), batch norm, ReLU, max pooling (2×2), then a linear head: parameters
//! `conv1`, `bn1`, `conv2`, `bn2`, `fc`.

use crate::prediction::{Prediction, input};
use semola_plugin_api::nn::{BatchNorm, Conv2d, ConvOptions, Linear};
use semola_plugin_api::{DataSpec, FieldType, Mode, Model, Params, Result, Tensor};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Options {
    /// Channels after the first block; twice as many after the second.
    channels: i64,
}

impl Default for Options {
    fn default() -> Self {
        Self { channels: 8 }
    }
}

pub(crate) struct Cnn {
    blocks: [(Conv2d, BatchNorm); 2],
    fc: Linear,
    prediction: Prediction,
}

impl Model for Cnn {
    type Options = Options;
    const SUMMARY: &'static str = "two convolution blocks and a linear head";

    fn new(options: Options, spec: &DataSpec, params: &Params) -> Result<Self> {
        let shape = &input(spec, FieldType::F32, 3)?.shape;
        let (channels, height, width) = (shape[0], shape[1], shape[2]);
        if height < 4 || width < 4 {
            return Err("cnn halves its images twice: they need at least 4 × 4 pixels".into());
        }
        let prediction = Prediction::of(spec)?;
        let block = |number: i64, inputs, outputs| {
            let conv = ConvOptions::new(3).padding(1);
            (
                Conv2d::new(&params.sub(format!("conv{number}")), inputs, outputs, conv),
                BatchNorm::new(&params.sub(format!("bn{number}")), outputs),
            )
        };
        Ok(Self {
            blocks: [block(1, channels, options.channels), block(2, options.channels, 2 * options.channels)],
            fc: Linear::new(
                &params.sub("fc"),
                2 * options.channels * (height / 4) * (width / 4),
                prediction.count,
            ),
            prediction,
        })
    }

    fn forward(&self, inputs: &[Tensor], mode: Mode) -> Result<Vec<Tensor>> {
        let mut x = inputs[0].clone();
        for (conv, norm) in &self.blocks {
            x = norm.forward(&conv.forward(&x), mode).relu();
            x = x.max_pool2d(&[2, 2], &[], &[0, 0], &[1, 1], false);
        }
        Ok(self.prediction.shaped(self.fc.forward(&x.flatten(1, -1))))
    }
}
