//! An interaction network: each body is told about every other by the same small network.
//!
//! After Battaglia et al., "Interaction Networks for Learning about Objects, Relations and Physics" (arXiv 1612.00222):
//! a network of two bodies' raw numbers, summed over the second, then a network of the first body's numbers and that
//! sum. It respects exchanges of bodies by construction and nothing else: coordinates enter as they are, no distance
//! and no difference is formed, so whatever it knows of rotations and translations it has learned.

use semola_plugin_api::nn::{Activation, Linear};
use semola_plugin_api::{DataSpec, Error, Field, FieldType, Mode, Model, Params, Result, Task, Tensor};
use serde::{Deserialize, Serialize};

/// Options of `dynamics/interaction`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Options {
    /// Neurons of a hidden layer, at least 1.
    width: i64,
    /// Hidden layers of the network of two bodies and of the network of one, at least 1.
    depth: i64,
    /// After each hidden layer.
    activation: Activation,
}

impl Default for Options {
    fn default() -> Self {
        Self { width: 64, depth: 2, activation: Activation::Silu }
    }
}

/// See the module.
pub(crate) struct Interaction {
    shapes: Shapes,
    /// First layer of two bodies, split by body: the sum over the second needs each but once.
    first: Linear,
    second: Linear,
    pair: Vec<Linear>,
    body: Vec<Linear>,
    output: Linear,
    activation: Activation,
}

/// What surrounds the layers, decided once from the spec.
#[derive(Debug, PartialEq)]
struct Shapes {
    /// Number of bodies N.
    bodies: i64,
    /// Copies of each body in an input: states of its past.
    copies: Vec<i64>,
    /// Numbers of one body in all inputs.
    inputs: i64,
    /// Numbers of one body in each target.
    outputs: Vec<i64>,
    /// Shape of each prediction with −1 for the batch.
    predictions: Vec<Vec<i64>>,
}

impl Shapes {
    fn of(spec: &DataSpec) -> Result<Self> {
        if spec.task != Task::Regression {
            return Err("interaction: predicts a state of every body, and this is a classification; choose another model".into());
        }
        let Some(bodies) = spec.targets.first().and_then(|field| field.shape.first()).copied() else {
            return Err("interaction: the first axis of the targets counts bodies, and there is none; choose another model".into());
        };
        let sizes = |fields: &[Field]| -> Result<Vec<(i64, i64)>> {
            fields.iter().map(|field| per_body(field, bodies)).collect()
        };
        let (inputs, targets) = (sizes(&spec.inputs)?, sizes(&spec.targets)?);
        if inputs.is_empty() {
            return Err("interaction: the data has no inputs to learn from".into());
        }
        if let Some((field, _)) = spec.targets.iter().zip(&targets).find(|(_, (copies, _))| *copies != 1) {
            return Err(refusal(field, bodies, "one"));
        }
        Ok(Self {
            bodies,
            copies: inputs.iter().map(|(copies, _)| *copies).collect(),
            inputs: inputs.iter().map(|(copies, size)| copies * size).sum(),
            outputs: targets.iter().map(|(_, size)| *size).collect(),
            predictions: spec.targets.iter().map(|field| [&[-1], &field.shape[..]].concat()).collect(),
        })
    }

    /// `[batch, N, inputs]`.
    fn join(&self, inputs: &[Tensor]) -> Tensor {
        let rows: Vec<Tensor> = inputs
            .iter()
            .zip(&self.copies)
            .map(|(input, &copies)| match copies {
                1 => input.reshape(&[input.size_of(0), self.bodies, -1]),
                // A field holds state after state; a body's numbers belong side by side.
                _ => {
                    input.reshape(&[input.size_of(0), copies, self.bodies, -1]).transpose(1, 2).flatten(2, 3)
                }
            })
            .collect();
        Tensor::cat(&rows, 2)
    }

    fn part(&self, output: &Tensor) -> Vec<Tensor> {
        let parts = output.split_with_sizes(&self.outputs, 2);
        parts.iter().zip(&self.predictions).map(|(part, shape)| part.reshape(shape)).collect()
    }
}

/// States of a body in a field, and numbers in one of them.
fn per_body(field: &Field, bodies: i64) -> Result<(i64, i64)> {
    if field.dtype != FieldType::F32 {
        return Err(Error::new(format!(
            "interaction: field '{}' holds integers, and this model takes 32-bit floats; choose a model that embeds \
             indices, or have the data set turn them into floats",
            field.name
        )));
    }
    match field.shape.split_first() {
        Some((&rows, rest)) if bodies > 0 && rows > 0 && rows % bodies == 0 => match rest.iter().product() {
            size if size > 0 => Ok((rows / bodies, size)),
            _ => Err(refusal(field, bodies, "one or more")),
        },
        _ => Err(refusal(field, bodies, "one or more")),
    }
}

fn refusal(field: &Field, bodies: i64, rows: &str) -> Error {
    Error::new(format!(
        "interaction: field '{}' has shape {:?}, expected {rows} rows of fixed length for each of the {bodies} bodies \
         that the first target counts; choose another model",
        field.name, field.shape
    ))
}

impl Options {
    fn check(&self) -> Result<()> {
        for (name, value) in [("width", self.width), ("depth", self.depth)] {
            if value < 1 {
                return Err(Error::new(format!("interaction: {name} is {value}, expected at least 1")));
            }
        }
        Ok(())
    }
}

impl Model for Interaction {
    type Options = Options;
    const SUMMARY: &'static str = "interaction network: a network of each two bodies' raw numbers, summed";

    fn new(options: Options, spec: &DataSpec, params: &Params) -> Result<Self> {
        options.check()?;
        let shapes = Shapes::of(spec)?;
        let (width, inputs) = (options.width, shapes.inputs);
        let stack = |name: &str, from: i64| -> Vec<Linear> {
            let params = params.sub(name);
            (from..options.depth)
                .map(|place| {
                    let inputs = if place == 0 { inputs + width } else { width };
                    Linear::new(&params.sub(place), inputs, width)
                })
                .collect()
        };
        Ok(Self {
            first: Linear::new(&params.sub("first"), inputs, width),
            second: Linear::with_bias(&params.sub("second"), inputs, width, false),
            pair: stack("pair", 1),
            body: stack("body", 0),
            output: Linear::new(&params.sub("output"), width, shapes.outputs.iter().sum()),
            activation: options.activation,
            shapes,
        })
    }

    fn forward(&self, inputs: &[Tensor], _mode: Mode) -> Result<Vec<Tensor>> {
        let bodies = self.shapes.join(inputs);
        // [batch, N, 1, width] + [batch, 1, N, width]. A body is also its own partner, which tells it nothing new.
        let mut pairs = self
            .activation
            .forward(&(self.first.forward(&bodies).unsqueeze(2) + self.second.forward(&bodies).unsqueeze(1)));
        for layer in &self.pair {
            pairs = self.activation.forward(&layer.forward(&pairs));
        }
        let mut x = Tensor::cat(&[bodies, pairs.sum_dim(&[2], false)], 2);
        for layer in &self.body {
            x = self.activation.forward(&layer.forward(&x));
        }
        Ok(self.shapes.part(&self.output.forward(&x)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use semola_plugin_api::Representation;

    fn spec(inputs: Vec<Field>, targets: Vec<Field>) -> DataSpec {
        DataSpec { n: 3, inputs, targets, task: Task::Regression, reference: None }
    }

    #[test]
    fn every_field_is_dealt_out_to_the_bodies() {
        let inputs = vec![Field::vectors("q", 10, 3), Field::vectors("v", 5, 3), Field::scalars("charge", 5)];
        let shapes = Shapes::of(&spec(inputs, vec![Field::vectors("dq", 5, 3), Field::scalars("heat", 5)]));
        assert_eq!(
            shapes.unwrap(),
            Shapes {
                bodies: 5,
                copies: vec![2, 1, 1],
                inputs: 10,
                outputs: vec![3, 1],
                predictions: vec![vec![-1, 5, 3], vec![-1, 5]],
            }
        );
    }

    #[test]
    fn what_does_not_suit_is_named() {
        let dq = || vec![Field::vectors("dq", 5, 3)];
        let refused =
            |inputs, targets| Shapes::of(&spec(inputs, targets)).expect_err("unsuitable").to_string();
        let odd = refused(vec![Field::vectors("q", 7, 3)], dq());
        assert!(odd.contains("'q'") && odd.contains("[7, 3]") && odd.contains("5 bodies"), "{odd}");
        let ragged = refused(vec![Field::new("q", [-1, 3], Representation::Vector)], dq());
        assert!(ragged.contains("'q'"), "{ragged}");
        let more = refused(dq(), vec![Field::vectors("dq", 5, 3), Field::vectors("path", 10, 3)]);
        assert!(more.contains("'path'"), "{more}");
        assert!(refused(vec![], dq()).contains("no inputs"));
        assert!(refused(dq(), vec![Field::new("energy", [], Representation::Scalar)]).contains("bodies"));
        let mut kinds = Field::scalars("kind", 5);
        kinds.dtype = FieldType::I64;
        assert!(refused(vec![kinds], dq()).contains("'kind'"));
    }

    #[test]
    fn options_are_checked() {
        let options = |text| serde_json::from_str::<Options>(text);
        assert!(options(r#"{"widht": 3}"#).is_err());
        let check = |text| options(text).unwrap().check();
        assert!(check("{}").is_ok());
        assert!(check(r#"{"width": 0}"#).unwrap_err().to_string().contains("width is 0"));
        assert!(check(r#"{"depth": 0}"#).unwrap_err().to_string().contains("depth is 0"));
    }
}
