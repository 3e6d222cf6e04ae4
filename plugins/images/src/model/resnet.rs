use super::{Shapes, within};
use semola_plugin_api::nn::{Activation, BatchNorm, Conv2d, ConvOptions, Linear};
use semola_plugin_api::{DataSpec, Mode, Model, Params, Result, Tensor};
use serde::{Deserialize, Serialize};

/// What the user can set.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Options {
    /// Channels of each stage; every stage but the first halves height and width.
    channels: Vec<i64>,
    /// Residual blocks in a stage.
    blocks: i64,
    /// After each convolution.
    activation: Activation,
}

impl Default for Options {
    fn default() -> Self {
        Self { channels: vec![16, 32, 64], blocks: 1, activation: Activation::Silu }
    }
}

struct Normed {
    conv: Conv2d,
    norm: BatchNorm,
}

impl Normed {
    fn new(params: &Params, name: &str, inputs: i64, outputs: i64, options: ConvOptions<2>) -> Self {
        Self {
            conv: Conv2d::new(&params.sub(format!("conv{name}")), inputs, outputs, options.bias(false)),
            norm: BatchNorm::new(&params.sub(format!("norm{name}")), outputs),
        }
    }

    fn forward(&self, x: &Tensor, mode: Mode) -> Tensor {
        self.norm.forward(&self.conv.forward(x), mode)
    }
}

/// Two convolutions around a shortcut, which is a 1 × 1 convolution where the shape changes.
struct Residual {
    first: Normed,
    second: Normed,
    shortcut: Option<Normed>,
}

/// A small residual network (He et al. 2016, arXiv 1512.03385): stem, stages, mean over the image, one linear layer.
pub(crate) struct Resnet {
    stem: Normed,
    blocks: Vec<Residual>,
    activation: Activation,
    output: Linear,
    prediction: Vec<i64>,
}

impl Model for Resnet {
    type Options = Options;
    const SUMMARY: &'static str = "a small residual network";

    fn new(options: Options, spec: &DataSpec, params: &Params) -> Result<Self> {
        let shapes = Shapes::of(spec, "resnet")?;
        within("blocks", options.blocks, 1, 100)?;
        within("channels", options.channels.len(), 1, 8)?;
        let wide = ConvOptions::new(3).padding(1);
        let mut channels = options.channels[0];
        let mut blocks = Vec::new();
        for (stage, &next) in options.channels.iter().enumerate() {
            within("channels", next, 1, 65_536)?;
            for block in 0..options.blocks {
                let stride = if stage > 0 && block == 0 { 2 } else { 1 };
                let params = params.sub(format!("stage{stage}.{block}"));
                let narrow = ConvOptions::new(1).stride(stride);
                let changes = stride > 1 || channels != next;
                blocks.push(Residual {
                    first: Normed::new(&params, "1", channels, next, wide.stride(stride)),
                    second: Normed::new(&params, "2", next, next, wide),
                    shortcut: changes.then(|| Normed::new(&params, "0", channels, next, narrow)),
                });
                channels = next;
            }
        }
        Ok(Self {
            stem: Normed::new(params, "", shapes.channels, options.channels[0], wide),
            blocks,
            activation: options.activation,
            output: Linear::new(&params.sub("output"), channels, shapes.outputs),
            prediction: shapes.prediction,
        })
    }

    fn forward(&self, inputs: &[Tensor], mode: Mode) -> Result<Vec<Tensor>> {
        let mut x = self.activation.forward(&self.stem.forward(&inputs[0], mode));
        for Residual { first, second, shortcut } in &self.blocks {
            let inner = second.forward(&self.activation.forward(&first.forward(&x, mode)), mode);
            let around = shortcut.as_ref().map_or_else(|| x.clone(), |shortcut| shortcut.forward(&x, mode));
            x = self.activation.forward(&(inner + around));
        }
        let features = x.adaptive_avg_pool2d(&[1, 1]).flatten(1, -1);
        let shape = [&[-1], &self.prediction[..]].concat();
        Ok(vec![self.output.forward(&features).reshape(&shape)])
    }
}
