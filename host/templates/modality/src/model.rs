//! A model of closed curves: circular convolutions, then the mean over the curve. Nothing in it knows of turns or shifts.

use semola_plugin_api::serde::{Deserialize, Serialize};
use semola_plugin_api::{DataSpec, Mode, Model, Params, Result, Task, Tensor, nn};

/// What users set as `[model] width = …`; unknown keys are refused by the host.
#[derive(Serialize, Deserialize)]
#[serde(crate = "semola_plugin_api::serde", deny_unknown_fields, default)]
pub(crate) struct Options {
    /// Channels.
    width: i64,
}

impl Default for Options {
    fn default() -> Self {
        Self { width: 48 }
    }
}

pub(crate) struct Ring {
    layers: Vec<nn::Linear>,
    output: nn::Linear,
    prediction: Vec<i64>,
}

/// A point with its two neighbours.
const REACH: i64 = 3;

impl Model for Ring {
    type Options = Options;
    const SUMMARY: &'static str = "circular convolutions and a mean";

    fn new(options: Options, spec: &DataSpec, params: &Params) -> Result<Self> {
        let ([outline], [target]) = (&spec.inputs[..], &spec.targets[..]) else {
            return Err("ring takes one outline and predicts one target".into());
        };
        let [_, coordinates] = outline.shape[..] else {
            return Err(format!(
                "ring takes an outline [points, coordinates], found shape {:?}",
                outline.shape
            )
            .into());
        };
        let prediction = match spec.task {
            Task::Classification { classes } => vec![classes],
            Task::Regression => target.shape.clone(),
        };
        let sizes = [coordinates, options.width, options.width, options.width];
        let layer = |(at, pair): (usize, &[i64])| {
            nn::Linear::new(&params.sub(format!("layer{at}")), REACH * pair[0], pair[1])
        };
        Ok(Self {
            layers: sizes.windows(2).enumerate().map(layer).collect(),
            output: nn::Linear::new(
                &params.sub("output"),
                options.width,
                prediction.iter().product(),
            ),
            prediction,
        })
    }

    fn forward(&self, inputs: &[Tensor], _mode: Mode) -> Result<Vec<Tensor>> {
        let mut x = inputs[0].clone();
        for layer in &self.layers {
            x = layer.forward(&neighbourhoods(&x)).silu();
        }
        let shape = [&[-1], &self.prediction[..]].concat();
        Ok(vec![
            self.output
                .forward(&x.mean_dim(&[1], false))
                .reshape(&shape),
        ])
    }
}

/// Each point with those before and behind it: `[batch, points, channels]` to `[batch, points, 3 channels]`.
fn neighbourhoods(x: &Tensor) -> Tensor {
    let points = x.size_of(1);
    let before = Tensor::cat(&[x.narrow(1, points - 1, 1), x.narrow(1, 0, points - 1)], 1);
    let behind = Tensor::cat(&[x.narrow(1, 1, points - 1), x.narrow(1, 0, 1)], 1);
    Tensor::cat(&[before, x.clone(), behind], 2)
}
