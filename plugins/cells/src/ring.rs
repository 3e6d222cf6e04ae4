//! The model: circular convolutions along the outline, the mean over it, two linear layers. An outline has no beginning,
//! and that is built in; of turns and shifts nothing is.

use semola_plugin_api::nn::{Activation, Linear};
use semola_plugin_api::{DataSpec, Error, Mode, Model, Params, Result, Task, Tensor};
use serde::{Deserialize, Serialize};

/// What the user can set.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Options {
    /// Channels.
    width: i64,
    /// Circular convolutions over a point and its two neighbours.
    layers: usize,
}

impl Default for Options {
    fn default() -> Self {
        Self { width: 48, layers: 3 }
    }
}

/// Points that a convolution sees.
const REACH: i64 = 3;

/// The model.
pub(crate) struct Ring {
    layers: Vec<Linear>,
    hidden: Linear,
    output: Linear,
    /// Shape of each prediction for one sample.
    predictions: Vec<Vec<i64>>,
}

impl Model for Ring {
    type Options = Options;
    const SUMMARY: &'static str = "circular convolutions along an outline, and their mean";

    fn new(options: Options, spec: &DataSpec, params: &Params) -> Result<Self> {
        let coordinates = coordinates(&options, spec)?;
        let predictions: Vec<Vec<i64>> = match spec.task {
            Task::Classification { classes } => vec![vec![classes]],
            Task::Regression => spec.targets.iter().map(|target| target.shape.clone()).collect(),
        };
        let outputs = predictions.iter().map(|shape| shape.iter().product::<i64>()).sum();
        let layer = |at: usize| {
            let inputs = if at == 0 { coordinates } else { options.width };
            Linear::new(&params.sub(format!("layer{at}")), REACH * inputs, options.width)
        };
        Ok(Self {
            layers: (0..options.layers).map(layer).collect(),
            hidden: Linear::new(&params.sub("hidden"), options.width, options.width),
            output: Linear::new(&params.sub("output"), options.width, outputs),
            predictions,
        })
    }

    fn forward(&self, inputs: &[Tensor], _mode: Mode) -> Result<Vec<Tensor>> {
        let activation = Activation::Silu;
        let mut x = inputs[0].clone();
        for layer in &self.layers {
            x = activation.forward(&layer.forward(&neighbourhoods(&x)));
        }
        let mean = x.mean_dim(&[1], false);
        let output = self.output.forward(&activation.forward(&self.hidden.forward(&mean)));
        let sizes: Vec<i64> = self.predictions.iter().map(|shape| shape.iter().product()).collect();
        let parts = output.split_with_sizes(&sizes, 1);
        let shaped = |(part, shape): (&Tensor, &Vec<i64>)| part.reshape(&[&[-1], &shape[..]].concat());
        Ok(parts.iter().zip(&self.predictions).map(shaped).collect())
    }
}

/// Numbers of a point, if options and data are such as the model takes.
fn coordinates(options: &Options, spec: &DataSpec) -> Result<i64> {
    let [outline] = &spec.inputs[..] else {
        let found = spec.inputs.len();
        return Err(Error::new(format!("cells/ring takes one outline, found {found} input fields")));
    };
    let &[points, coordinates] = &outline.shape[..] else {
        let shape = &outline.shape;
        return Err(Error::new(format!(
            "cells/ring takes an outline [points, coordinates], found {shape:?}"
        )));
    };
    if (points != -1 && points < 2) || coordinates < 1 {
        let shape = &outline.shape;
        return Err(Error::new(format!(
            "cells/ring takes an outline of two points at least, found {shape:?}"
        )));
    }
    if !(1..=4096).contains(&options.width) || !(1..=64).contains(&options.layers) {
        let Options { width, layers } = options;
        return Err(Error::new(format!(
            "model options are width = {width}, layers = {layers}; expected 1 to 4096 and 1 to 64"
        )));
    }
    Ok(coordinates)
}

/// Each point between those before and behind it: `[batch, points, channels]` to `[batch, points, 3 channels]`.
fn neighbourhoods(x: &Tensor) -> Tensor {
    let rest = x.size_of(1) - 1;
    let before = Tensor::cat(&[x.narrow(1, rest, 1), x.narrow(1, 0, rest)], 1);
    let behind = Tensor::cat(&[x.narrow(1, 1, rest), x.narrow(1, 0, 1)], 1);
    Tensor::cat(&[before, x.clone(), behind], 2)
}

#[cfg(test)]
mod tests {
    //! What needs no tensors; `semola-host plugin check` tries the model itself.

    use super::*;
    use semola_plugin_api::Field;

    fn spec(inputs: Vec<Field>) -> DataSpec {
        DataSpec {
            n: 2,
            inputs,
            targets: vec![Field::scalars("y", 1)],
            task: Task::Regression,
            reference: None,
        }
    }

    #[test]
    fn outlines_of_any_dimension_are_taken() {
        for dimension in [1, 2, 3] {
            let spec = spec(vec![Field::vectors("outline", 32, dimension)]);
            assert_eq!(coordinates(&Options::default(), &spec).expect("sound"), dimension as i64);
        }
    }

    #[test]
    fn what_is_no_outline_is_refused() {
        let outline = || Field::vectors("outline", 32, 2);
        for (inputs, part) in [
            (vec![], "found 0 input fields"),
            (vec![outline(), outline()], "found 2 input fields"),
            (vec![Field::scalars("x", 3)], "found [3]"),
            (vec![Field::vectors("outline", 1, 2)], "two points at least"),
        ] {
            let sentence = coordinates(&Options::default(), &spec(inputs)).expect_err(part).to_string();
            assert!(
                sentence.contains(part) && sentence.starts_with("cells/ring takes"),
                "{part} in {sentence}"
            );
        }
    }

    #[test]
    fn options_out_of_range_are_refused() {
        let spec = spec(vec![Field::vectors("outline", 32, 2)]);
        for text in [r#"{"width": 0}"#, r#"{"width": 4097}"#, r#"{"layers": 0}"#, r#"{"layers": 65}"#] {
            let options: Options = serde_json::from_str(text).expect("options");
            let sentence = coordinates(&options, &spec).expect_err(text).to_string();
            assert!(sentence.contains("expected 1 to 4096 and 1 to 64"), "{sentence}");
        }
        assert!(serde_json::from_str::<Options>(r#"{"widht": 3}"#).is_err());
    }
}
