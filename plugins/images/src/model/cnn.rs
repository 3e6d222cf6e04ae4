use super::{Shapes, within};
use semola_plugin_api::nn::{Activation, BatchNorm, Conv2d, ConvOptions, Linear};
use semola_plugin_api::{DataSpec, Error, Mode, Model, Params, Result, Tensor};
use serde::{Deserialize, Serialize};

/// What the user can set.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Options {
    /// Channels after each block; a block halves height and width.
    channels: Vec<i64>,
    /// Side of the convolutions, odd.
    kernel: i64,
    /// Whether blocks normalise over the batch.
    batch_norm: bool,
    /// After each convolution; smooth ones give the spectrum derivatives.
    activation: Activation,
    /// Neurons between the last block and the prediction.
    hidden: i64,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            channels: vec![16, 32, 48],
            kernel: 5,
            batch_norm: true,
            activation: Activation::Silu,
            hidden: 64,
        }
    }
}

struct Block {
    conv: Conv2d,
    norm: Option<BatchNorm>,
}

/// Blocks of a convolution in steps of two pixels, batch norm and activation, then two linear layers.
pub(crate) struct Cnn {
    blocks: Vec<Block>,
    activation: Activation,
    hidden: Linear,
    output: Linear,
    prediction: Vec<i64>,
}

impl Model for Cnn {
    type Options = Options;
    const SUMMARY: &'static str = "convolution blocks and a head of two linear layers";

    fn new(options: Options, spec: &DataSpec, params: &Params) -> Result<Self> {
        let shapes = Shapes::of(spec, "cnn")?;
        within("hidden", options.hidden, 1, 65_536)?;
        within("kernel", options.kernel, 1, 31)?;
        if options.kernel % 2 == 0 {
            return Err(Error::new(format!(
                "model option `kernel` is {}, expected an odd number",
                options.kernel
            )));
        }
        let (mut channels, mut height, mut width) = (shapes.channels, shapes.height, shapes.width);
        let mut blocks = Vec::with_capacity(options.channels.len());
        for (number, &next) in options.channels.iter().enumerate() {
            within("channels", next, 1, 65_536)?;
            if height < 2 || width < 2 {
                return Err(Error::new(format!(
                    "model option `channels` names {} blocks, and each halves the image of {} × {} pixels: expected at most \
                     {number}",
                    options.channels.len(),
                    shapes.height,
                    shapes.width
                )));
            }
            let conv = ConvOptions::new(options.kernel).padding(options.kernel / 2).stride(2);
            blocks.push(Block {
                conv: Conv2d::new(&params.sub(format!("conv{number}")), channels, next, conv),
                norm: options.batch_norm.then(|| BatchNorm::new(&params.sub(format!("norm{number}")), next)),
            });
            (channels, height, width) = (next, (height + 1) / 2, (width + 1) / 2);
        }
        Ok(Self {
            blocks,
            activation: options.activation,
            hidden: Linear::new(&params.sub("hidden"), channels * height * width, options.hidden),
            output: Linear::new(&params.sub("output"), options.hidden, shapes.outputs),
            prediction: shapes.prediction,
        })
    }

    fn forward(&self, inputs: &[Tensor], mode: Mode) -> Result<Vec<Tensor>> {
        let mut x = inputs[0].clone();
        for Block { conv, norm } in &self.blocks {
            x = conv.forward(&x);
            if let Some(norm) = norm {
                x = norm.forward(&x, mode);
            }
            x = self.activation.forward(&x);
        }
        // Channels last, as convolutions leave them: no copy, there or back.
        let x = x.permute(&[0, 2, 3, 1]).flatten(1, -1);
        let features = self.activation.forward(&self.hidden.forward(&x));
        let shape = [&[-1], &self.prediction[..]].concat();
        Ok(vec![self.output.forward(&features).reshape(&shape)])
    }
}
