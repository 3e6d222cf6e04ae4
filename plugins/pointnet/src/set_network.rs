//! A network on sets: the same layers on each point, a pool over all points, a head.
//!
//! It knows which axis counts points and nothing of representations: coordinates enter as they are, so whatever
//! symmetry it has, it has learned. Order does not matter to it by construction. Where a mask marks valid points, the
//! others influence nothing. Samples do not influence each other in evaluation, and everything but the maximum and
//! `relu` is smooth, since the spectrum asks for derivatives.

use semola_plugin_api::nn::{Activation, BatchNorm, Dropout, LayerNorm, Linear};
use semola_plugin_api::{DataSpec, Error, Field, FieldType, Mode, Params, Result, Task, Tensor};
use serde::{Deserialize, Serialize};

/// What makes one vector of many.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Pool {
    /// The largest value of each feature: a few points decide.
    Max,
    /// `ln mean exp(τ x) / τ`: between mean (small τ) and maximum (large τ), smooth.
    Soft,
    /// The mean.
    Mean,
}

/// What steadies the layers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Norm {
    /// Nothing.
    None,
    /// Batch normalisation: running statistics in evaluation.
    Batch,
    /// Layer normalisation of each point's features.
    Layer,
}

/// What both models are made of.
#[derive(Clone, Debug)]
pub(crate) struct Design {
    /// The component, for messages.
    pub(crate) name: &'static str,
    pub(crate) point_layers: Vec<i64>,
    pub(crate) head_layers: Vec<i64>,
    pub(crate) activation: Activation,
    pub(crate) norm: Norm,
    pub(crate) pool: Pool,
    pub(crate) sharpness: f64,
    pub(crate) dropout: f64,
}

/// What each input is to the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// Features of each point, this many.
    Point(i64),
    /// Features of the sample, this many.
    Sample(i64),
    /// 1 for a point that exists, 0 for padding.
    Mask,
}

/// Shapes, decided once from the spec.
#[derive(Debug, PartialEq)]
struct Layout {
    roles: Vec<Role>,
    /// Features of a point.
    point: i64,
    /// Features of a sample beside the points.
    sample: i64,
    /// Numbers in the prediction of each target.
    outputs: Vec<i64>,
    /// Shape of each prediction, −1 for the batch.
    predictions: Vec<Vec<i64>>,
}

impl Layout {
    fn of(name: &str, spec: &DataSpec) -> Result<Self> {
        let Some(points) = spec.inputs.iter().find(|field| field.shape.len() == 2 && is_vector(field)) else {
            return Err(Error::new(format!(
                "{name}: none of the inputs ({}) is a set of points, a vector field of shape [points, coordinates]; \
                 choose another model, such as mlp/mlp",
                list(&spec.inputs)
            )));
        };
        let count = points.shape[0];
        let mask = spec.inputs.iter().find_map(|field| field.mask.as_deref());
        let mut roles = Vec::with_capacity(spec.inputs.len());
        for field in &spec.inputs {
            if field.dtype != FieldType::F32 {
                return Err(Error::new(format!(
                    "{name}: field '{}' holds integers, expected 32-bit floats",
                    field.name
                )));
            }
            let rest = |axes: &[i64]| {
                axes.iter().map(|&axis| (axis >= 0).then_some(axis)).product::<Option<i64>>().ok_or_else(|| {
                    Error::new(format!(
                        "{name}: field '{}' has shape {:?}, and only the number of points may vary between batches (-1)",
                        field.name, field.shape
                    ))
                })
            };
            roles.push(match &field.shape[..] {
                [first] if Some(field.name.as_str()) == mask && *first == count => Role::Mask,
                [first, axes @ ..] if *first == count && (count != 1 || is_vector(field)) => {
                    Role::Point(rest(axes)?)
                }
                axes => Role::Sample(rest(axes)?),
            });
        }
        let targets: Vec<Vec<i64>> = match spec.task {
            Task::Classification { classes } => vec![vec![classes]],
            Task::Regression => spec.targets.iter().map(|field| field.shape.clone()).collect(),
        };
        let outputs: Vec<i64> = targets.iter().map(|shape| shape.iter().product()).collect();
        if outputs.is_empty() || outputs.iter().any(|&size| size <= 0) {
            return Err(Error::new(format!(
                "{name}: it predicts targets of fixed size, and these are {}",
                list(&spec.targets)
            )));
        }
        let sum = |part: fn(&Role) -> i64| roles.iter().map(part).sum();
        Ok(Self {
            point: sum(|role| if let Role::Point(size) = role { *size } else { 0 }),
            sample: sum(|role| if let Role::Sample(size) = role { *size } else { 0 }),
            roles,
            outputs,
            predictions: targets.into_iter().map(|shape| [&[-1], &shape[..]].concat()).collect(),
        })
    }

    fn has_mask(&self) -> bool {
        self.roles.contains(&Role::Mask)
    }
}

fn is_vector(field: &Field) -> bool {
    use semola_plugin_api::Representation::{Covector, Vector};
    matches!(field.representation, Vector | Covector)
}

fn list(fields: &[Field]) -> String {
    let each =
        fields.iter().map(|field| format!("'{}' {:?} {:?}", field.name, field.representation, field.shape));
    each.collect::<Vec<_>>().join(", ")
}

impl Design {
    fn check(&self) -> Result<()> {
        let refuse = |what: String| Err(Error::new(format!("{}: {what}", self.name)));
        if self.point_layers.is_empty() {
            return refuse("`point_layers` is empty, expected at least one width".into());
        }
        for (option, widths) in [("point_layers", &self.point_layers), ("head_layers", &self.head_layers)] {
            if let Some(width) = widths.iter().find(|&&width| !(1..=100_000).contains(&width)) {
                return refuse(format!("`{option}` holds {width}, expected widths from 1 to 100000"));
            }
        }
        if !(self.sharpness > 0.0 && self.sharpness <= 1000.0) {
            return refuse(format!("`sharpness` is {}, expected above 0, up to 1000", self.sharpness));
        }
        if !(0.0..1.0).contains(&self.dropout) {
            return refuse(format!("`dropout` is {}, expected 0 to below 1", self.dropout));
        }
        Ok(())
    }
}

enum Steady {
    None,
    Batch(BatchNorm),
    Layer(LayerNorm),
}

struct Layer {
    linear: Linear,
    steady: Steady,
}

impl Layer {
    fn new(params: &Params, inputs: i64, outputs: i64, norm: Norm) -> Self {
        let steady = match norm {
            Norm::None => Steady::None,
            Norm::Batch => Steady::Batch(BatchNorm::new(&params.sub("norm"), outputs)),
            Norm::Layer => Steady::Layer(LayerNorm::new(&params.sub("norm"), &[outputs])),
        };
        Self { linear: Linear::new(params, inputs, outputs), steady }
    }

    /// `[rows, inputs] → [rows, outputs]`.
    fn forward(&self, x: &Tensor, activation: Activation, mode: Mode) -> Tensor {
        let x = self.linear.forward(x);
        let x = match &self.steady {
            Steady::None => x,
            Steady::Batch(norm) => norm.forward(&x, mode),
            Steady::Layer(norm) => norm.forward(&x),
        };
        activation.forward(&x)
    }
}

/// See the module.
pub(crate) struct SetNetwork {
    layout: Layout,
    design: Design,
    point: Vec<Layer>,
    head: Vec<Layer>,
    dropout: Dropout,
    output: Linear,
}

impl SetNetwork {
    /// For data of this spec.
    pub(crate) fn new(design: Design, spec: &DataSpec, params: &Params) -> Result<Self> {
        design.check()?;
        let layout = Layout::of(design.name, spec)?;
        if layout.has_mask() && design.norm == Norm::Batch {
            return Err(Error::new(format!(
                "{}: `norm = \"batch\"` would take padded points into its statistics; choose \"layer\" or \"none\"",
                design.name
            )));
        }
        let stack = |name: &str, mut inputs: i64, widths: &[i64]| -> (Vec<Layer>, i64) {
            let params = params.sub(name);
            let layer = |(place, &width): (usize, &i64)| {
                let layer = Layer::new(&params.sub(place), inputs, width, design.norm);
                inputs = width;
                layer
            };
            let layers = widths.iter().enumerate().map(layer).collect();
            (layers, inputs)
        };
        let (point, features) = stack("point", layout.point, &design.point_layers);
        let (head, features) = stack("head", features + layout.sample, &design.head_layers);
        let output = Linear::new(&params.sub("output"), features, layout.outputs.iter().sum());
        Ok(Self { dropout: Dropout::new(design.dropout), layout, design, point, head, output })
    }

    /// See [`semola_plugin_api::Model::forward`].
    pub(crate) fn forward(&self, inputs: &[Tensor], mode: Mode) -> Result<Vec<Tensor>> {
        let (mut points, mut samples, mut mask) = (Vec::new(), Vec::new(), None);
        for (input, role) in inputs.iter().zip(&self.layout.roles) {
            match role {
                Role::Point(size) if input.dim() == 3 && input.size_of(2) == *size => {
                    points.push(input.clone())
                }
                Role::Point(_) if input.dim() == 2 => points.push(input.unsqueeze(2)),
                Role::Point(_) => points.push(input.flatten(2, -1)),
                Role::Sample(size) => samples.push(input.reshape(&[-1, *size])),
                Role::Mask => mask = Some(input.unsqueeze(2)),
            }
        }
        let points = if let [only] = &points[..] { only.clone() } else { Tensor::cat(&points, 2) };
        let (batch, count) = (points.size_of(0), points.size_of(1));
        let mut x = points.reshape(&[batch * count, self.layout.point]);
        for layer in &self.point {
            x = layer.forward(&x, self.design.activation, mode);
        }
        let x = x.reshape(&[batch, count, -1]);
        let pooled = self.pool(&x, mask.as_ref(), count);
        let mut x = if samples.is_empty() {
            pooled
        } else {
            samples.insert(0, pooled);
            Tensor::cat(&samples, 1)
        };
        for layer in &self.head {
            x = layer.forward(&x, self.design.activation, mode);
            x = self.dropout.forward(&x, mode);
        }
        let output = self.output.forward(&x);
        let parts = match self.layout.outputs[..] {
            [_] => vec![output],
            _ => output.split_with_sizes(&self.layout.outputs, 1),
        };
        Ok(parts.iter().zip(&self.layout.predictions).map(|(part, shape)| part.reshape(shape)).collect())
    }

    /// `[batch, points, features] → [batch, features]`; a sample without a valid point gives 0.
    fn pool(&self, x: &Tensor, mask: Option<&Tensor>, count: i64) -> Tensor {
        let sharpness = self.design.sharpness;
        let Some(mask) = mask else {
            return match self.design.pool {
                Pool::Max => x.max_dim(1, false).0,
                Pool::Mean => x.mean_dim(&[1], false),
                Pool::Soft => {
                    let sum = x.mul_scalar(sharpness).logsumexp(&[1], false);
                    sum.sub_scalar((count as f64).ln()).div_scalar(sharpness)
                }
            };
        };
        let valid = mask.sum_dim(&[1], false);
        let some = valid.clamp_max(1);
        // Adds exactly 0 to what is valid, and takes the rest out of every maximum.
        let away = mask.sub_scalar(1).mul_scalar(1e9);
        match self.design.pool {
            Pool::Max => x.add(&away).max_dim(1, false).0.mul(&some),
            Pool::Mean => x.mul(mask).sum_dim(&[1], false).div(&valid.clamp_min(1)),
            Pool::Soft => {
                let sum = x.mul_scalar(sharpness).add(&away).logsumexp(&[1], false);
                sum.sub(&valid.clamp_min(1).log()).div_scalar(sharpness).mul(&some)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use semola_plugin_api::Representation;

    fn spec(inputs: Vec<Field>, targets: Vec<Field>, task: Task) -> DataSpec {
        DataSpec { n: 3, inputs, targets, task, reference: None }
    }

    #[test]
    fn every_input_has_its_role() {
        let mut points = Field::new("point", [-1, 3], Representation::Vector);
        points.mask = Some("valid".into());
        let inputs = vec![
            points,
            Field::new("normal", [-1, 3], Representation::Vector),
            Field::new("valid", [-1], Representation::Scalar),
            Field::new("mass", [-1], Representation::Scalar),
            Field::scalars("temperature", 2),
        ];
        let targets = vec![Field::scalars("energy", 1), Field::vectors("force", 2, 3)];
        let layout = Layout::of("pointnet", &spec(inputs, targets, Task::Regression)).unwrap();
        assert_eq!(
            layout.roles,
            [Role::Point(3), Role::Point(3), Role::Mask, Role::Point(1), Role::Sample(2)]
        );
        assert_eq!((layout.point, layout.sample, layout.has_mask()), (7, 2, true));
        assert_eq!(layout.outputs, [1, 6]);
        assert_eq!(layout.predictions, [vec![-1, 1], vec![-1, 2, 3]]);
    }

    #[test]
    fn classification_gives_logits() {
        let mut label = Field::new("label", [], Representation::Scalar);
        label.dtype = FieldType::I64;
        let classes = Task::Classification { classes: 5 };
        let layout =
            Layout::of("x", &spec(vec![Field::vectors("point", 9, 3)], vec![label], classes)).unwrap();
        assert_eq!((layout.outputs, layout.predictions), (vec![5], vec![vec![-1, 5]]));
    }

    #[test]
    fn what_does_not_suit_is_named() {
        let refusal = |inputs| {
            let spec = spec(inputs, vec![Field::scalars("y", 1)], Task::Regression);
            Layout::of("deepsets", &spec).unwrap_err().to_string()
        };
        let error = refusal(vec![Field::scalars("x", 4)]);
        assert!(error.contains("deepsets") && error.contains("'x'"), "{error}");
        let ragged = Field::new("bond", [-1, -1], Representation::Scalar);
        let error = refusal(vec![Field::new("point", [-1, 3], Representation::Vector), ragged]);
        assert!(error.contains("'bond'"), "{error}");
    }

    #[test]
    fn designs_are_checked() {
        let sound = Design {
            name: "pointnet",
            point_layers: vec![8],
            head_layers: vec![],
            activation: Activation::Silu,
            norm: Norm::None,
            pool: Pool::Soft,
            sharpness: 4.0,
            dropout: 0.0,
        };
        assert!(sound.check().is_ok());
        for (option, design) in [
            ("point_layers", Design { point_layers: vec![], ..sound.clone() }),
            ("point_layers", Design { point_layers: vec![8, 0], ..sound.clone() }),
            ("head_layers", Design { head_layers: vec![-1], ..sound.clone() }),
            ("sharpness", Design { sharpness: 0.0, ..sound.clone() }),
            ("dropout", Design { dropout: 1.0, ..sound.clone() }),
        ] {
            let error = design.check().unwrap_err().to_string();
            assert!(error.contains(&format!("`{option}`")), "{error}");
        }
    }
}
