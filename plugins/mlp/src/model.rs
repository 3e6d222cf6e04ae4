//! The model: all inputs side by side, hidden layers, all targets side by side.
//!
//! It knows shapes and nothing of representations: whatever symmetry it has, it has learned. The forward
//! pass is on the trainer's hot path: with one input and one target it is `flatten`, the layers, `reshape`,
//! and nothing else.

use semola_plugin_api::nn::{Activation, Linear};
use semola_plugin_api::{DataSpec, Error, Field, FieldType, Mode, Model, Params, Result, Task, Tensor};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Options {
    /// Neurons of a hidden layer, at least 1.
    pub(crate) width: i64,
    /// Hidden layers; 0 makes the model linear.
    pub(crate) depth: i64,
    /// After each hidden layer.
    pub(crate) activation: Activation,
    /// Adds a hidden layer's input to its output where both have the same width.
    pub(crate) residual: bool,
}

impl Default for Options {
    fn default() -> Self {
        Self { width: 64, depth: 3, activation: Activation::Silu, residual: false }
    }
}

/// See the module.
pub(crate) struct Mlp {
    shapes: Shapes,
    hidden: Vec<Hidden>,
    output: Linear,
    activation: Activation,
}

struct Hidden {
    layer: Linear,
    skip: bool,
}

/// What surrounds the layers, decided once from the spec.
#[derive(Debug, PartialEq)]
struct Shapes {
    /// Numbers in one sample of all inputs.
    inputs: i64,
    /// Whether the one input is a plain row of numbers already.
    flat_input: bool,
    /// Numbers in the prediction of each target.
    outputs: Vec<i64>,
    /// Shape of each prediction with −1 for the batch; `None` where the layers give it already.
    predictions: Vec<Option<Vec<i64>>>,
}

impl Shapes {
    fn of(spec: &DataSpec) -> Result<Self> {
        let inputs = spec.inputs.iter().map(numbers).sum::<Result<i64>>()?;
        if inputs == 0 {
            return Err("mlp: the data has no inputs to learn from".into());
        }
        let targets: Vec<Vec<i64>> = match spec.task {
            Task::Classification { classes } => vec![vec![classes]],
            Task::Regression => {
                let sizes = spec.targets.iter().map(numbers).collect::<Result<Vec<_>>>()?;
                if sizes.iter().sum::<i64>() == 0 {
                    return Err("mlp: the data has no targets to predict".into());
                }
                spec.targets.iter().map(|field| field.shape.clone()).collect()
            }
        };
        Ok(Self {
            inputs,
            flat_input: matches!(&spec.inputs[..], [only] if only.shape.len() == 1),
            outputs: targets.iter().map(|shape| shape.iter().product()).collect(),
            predictions: targets
                .into_iter()
                .map(|shape| (shape.len() != 1).then(|| [&[-1], &shape[..]].concat()))
                .collect(),
        })
    }

    fn join(&self, inputs: &[Tensor]) -> Tensor {
        match inputs {
            [only] if self.flat_input => only.clone(),
            [only] if only.dim() > 1 => only.flatten(1, -1),
            [only] => only.unsqueeze(1),
            _ => {
                let rows: Vec<Tensor> = inputs
                    .iter()
                    .map(|input| if input.dim() > 1 { input.flatten(1, -1) } else { input.unsqueeze(1) })
                    .collect();
                Tensor::cat(&rows, 1)
            }
        }
    }

    fn part(&self, output: Tensor) -> Vec<Tensor> {
        let parts = match self.outputs[..] {
            [_] => vec![output],
            _ => output.split_with_sizes(&self.outputs, 1),
        };
        let predictions = parts.into_iter().zip(&self.predictions);
        predictions
            .map(|(part, shape)| match shape {
                Some(shape) => part.reshape(shape),
                None => part,
            })
            .collect()
    }
}

/// Numbers in one sample of a field.
fn numbers(field: &Field) -> Result<i64> {
    if field.dtype != FieldType::F32 {
        return Err(Error::new(format!(
            "mlp: field '{}' holds integers, and an MLP takes 32-bit floats; choose a model that embeds indices, or have the data set turn them into floats",
            field.name
        )));
    }
    field.numel().ok_or_else(|| {
        Error::new(format!(
            "mlp: field '{}' has shape {:?}, whose length varies between batches (-1), and an MLP needs fixed lengths; pad the data to a fixed length, or choose a model for sets or sequences",
            field.name, field.shape
        ))
    })
}

impl Options {
    fn check(&self) -> Result<()> {
        if self.width < 1 {
            return Err(Error::new(format!(
                "mlp: width is {}, and a hidden layer needs at least 1 neuron",
                self.width
            )));
        }
        if self.depth < 0 {
            return Err(Error::new(format!(
                "mlp: depth is {}, and the number of hidden layers cannot be negative",
                self.depth
            )));
        }
        Ok(())
    }
}

impl Model for Mlp {
    type Options = Options;
    const SUMMARY: &'static str = "multilayer perceptron on all inputs, flattened";

    fn new(options: Options, spec: &DataSpec, params: &Params) -> Result<Self> {
        options.check()?;
        let shapes = Shapes::of(spec)?;
        let layers = params.sub("layers");
        let mut inputs = shapes.inputs;
        let hidden = (0..options.depth)
            .map(|place| {
                let layer = Linear::new(&layers.sub(place), inputs, options.width);
                let skip = options.residual && inputs == options.width;
                inputs = options.width;
                Hidden { layer, skip }
            })
            .collect();
        let output = Linear::new(&layers.sub(options.depth), inputs, shapes.outputs.iter().sum());
        Ok(Self { shapes, hidden, output, activation: options.activation })
    }

    fn forward(&self, inputs: &[Tensor], _mode: Mode) -> Result<Vec<Tensor>> {
        let mut x = self.shapes.join(inputs);
        for Hidden { layer, skip } in &self.hidden {
            let y = self.activation.forward(&layer.forward(&x));
            x = if *skip { x + y } else { y };
        }
        Ok(self.shapes.part(self.output.forward(&x)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use semola_plugin_api::Representation;

    fn spec(inputs: Vec<Field>, targets: Vec<Field>, task: Task) -> DataSpec {
        DataSpec { n: 2, inputs, targets, task, reference: None }
    }

    #[test]
    fn all_fields_count() {
        let data = spec(
            vec![Field::vectors("q", 4, 2), Field::scalars("mask", 4)],
            vec![
                Field::vectors("p", 2, 2),
                Field::scalars("energy", 1),
                Field::new("e", [], Representation::Scalar),
            ],
            Task::Regression,
        );
        let shapes = Shapes::of(&data).expect("the spec suits an MLP");
        assert_eq!(
            shapes,
            Shapes {
                inputs: 12,
                flat_input: false,
                outputs: vec![4, 1, 1],
                predictions: vec![Some(vec![-1, 2, 2]), None, Some(vec![-1])],
            }
        );
    }

    #[test]
    fn classification_gives_logits() {
        let mut label = Field::new("label", [], Representation::Scalar);
        label.dtype = FieldType::I64;
        let data = spec(vec![Field::scalars("x", 5)], vec![label], Task::Classification { classes: 3 });
        let shapes = Shapes::of(&data).expect("the spec suits an MLP");
        assert_eq!(shapes.outputs, [3]);
        assert_eq!(shapes.predictions, [None]);
        assert!(shapes.flat_input);
    }

    #[test]
    fn what_does_not_suit_is_named() {
        let targets = || vec![Field::scalars("y", 1)];
        let ragged = Field::new("atoms", [-1, 3], Representation::Vector);
        let error = Shapes::of(&spec(vec![ragged], targets(), Task::Regression)).expect_err("ragged");
        assert!(error.to_string().contains("'atoms'") && error.to_string().contains("[-1, 3]"));

        let mut tokens = Field::scalars("tokens", 7);
        tokens.dtype = FieldType::I64;
        let error = Shapes::of(&spec(vec![tokens], targets(), Task::Regression)).expect_err("integers");
        assert!(error.to_string().contains("'tokens'"));

        let x = || vec![Field::scalars("x", 1)];
        assert!(Shapes::of(&spec(vec![], targets(), Task::Regression)).is_err());
        assert!(Shapes::of(&spec(x(), vec![], Task::Regression)).is_err());
    }

    #[test]
    fn options_are_checked() {
        let options = |text| serde_json::from_str::<Options>(text);
        assert!(options(r#"{"widht": 3}"#).is_err());
        let check = |text| options(text).expect("these keys exist").check();
        assert!(check("{}").is_ok());
        assert!(check(r#"{"depth": 0}"#).is_ok());
        assert!(check(r#"{"width": 0}"#).is_err());
        assert!(check(r#"{"depth": -1}"#).is_err());
    }
}
