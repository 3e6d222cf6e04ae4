//! An unconstrained transformer on a set of atoms: each token starts from an atom's raw coordinates and numbers.
//!
//! Nothing in it knows of distances, angles or a centre, so rotations and translations mean nothing to it before
//! training. What is built in: atoms are a set (no order), padding is no atom, and everything is smooth, because the
//! spectrum needs derivatives. In evaluation a molecule's prediction does not depend on padding or on the batch.

use semola_plugin_api::nn::{Activation, LayerNorm, Linear, MultiheadAttention};
use semola_plugin_api::{DataSpec, Error, Field, FieldType, Mode, Model, Params, Result, Task, Tensor};
use serde::{Deserialize, Serialize};

/// How atoms become a molecule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Pooling {
    /// Sum over atoms, over the data set's largest number of atoms: for properties that grow with the molecule.
    Sum,
    /// Mean over atoms.
    Mean,
}

/// Options of the model.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Options {
    /// Numbers that describe an atom between layers.
    width: i64,
    /// Blocks of attention and perceptron.
    blocks: i64,
    /// Attention heads a block; divides `width`.
    heads: i64,
    /// Width of a block's perceptron, as a multiple of `width`.
    expansion: i64,
    /// Sum or mean over atoms.
    pooling: Pooling,
    /// Smooth ones suit the spectrum: silu, gelu, tanh.
    activation: Activation,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            width: 64,
            blocks: 3,
            heads: 4,
            expansion: 2,
            pooling: Pooling::Sum,
            activation: Activation::Silu,
        }
    }
}

impl Options {
    fn check(&self) -> Result<()> {
        let counts = [("width", self.width), ("expansion", self.expansion), ("heads", self.heads)];
        for (name, value) in counts {
            if !(1..=4096).contains(&value) {
                return Err(Error::new(format!("transformer: {name} is {value}, expected 1 to 4096")));
            }
        }
        if !(0..=64).contains(&self.blocks) {
            return Err(Error::new(format!("transformer: blocks is {}, expected 0 to 64", self.blocks)));
        }
        Ok(())
    }
}

/// What an input field is to the model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Role {
    /// This many numbers for each atom.
    Atoms(i64),
    /// This many numbers for the molecule, given to every atom.
    Whole(i64),
    /// Which rows are atoms.
    Mask,
}

/// The parts of a spec that the model needs.
#[derive(Debug, PartialEq)]
struct Plan {
    roles: Vec<Role>,
    /// Rows, for the scale of the sum.
    atoms: i64,
    features: i64,
    /// Numbers in each target, and its shape without the batch axis.
    outputs: Vec<(i64, Vec<i64>)>,
}

impl Plan {
    fn of(spec: &DataSpec) -> Result<Self> {
        let mask = spec.inputs.iter().find_map(|field| field.mask.as_deref());
        let sets = spec.inputs.iter().filter(|field| match mask {
            Some(mask) => field.mask.as_deref() == Some(mask),
            None => field.shape.len() >= 2,
        });
        let lengths: Vec<i64> = sets.filter_map(|field| field.shape.first().copied()).collect();
        let Some(&atoms) = lengths.first() else {
            return Err(Error::new(
                "transformer: no input is a set of atoms [atoms, numbers]; this model takes one, with a mask where \
                 molecules differ in length",
            ));
        };
        let role = |field: &Field| {
            if field.dtype != FieldType::F32 {
                return Err(Error::new(format!(
                    "transformer: field '{}' holds integers; have the data set give them as 0 and 1 for each kind",
                    field.name
                )));
            }
            let numbers = |shape: &[i64]| {
                let number = shape.iter().map(|&size| (size > 0).then_some(size)).product::<Option<i64>>();
                number.ok_or_else(|| {
                    Error::new(format!(
                        "transformer: field '{}' has shape {:?}, of which only the number of atoms may vary",
                        field.name, field.shape
                    ))
                })
            };
            Ok(match mask {
                Some(mask) if field.name == mask => Role::Mask,
                Some(_) if field.mask.is_some() => Role::Atoms(numbers(&field.shape[1..])?),
                None if field.shape.len() >= 2 && field.shape[0] == atoms => {
                    Role::Atoms(numbers(&field.shape[1..])?)
                }
                _ => Role::Whole(numbers(&field.shape)?),
            })
        };
        let roles: Vec<Role> = spec.inputs.iter().map(role).collect::<Result<_>>()?;
        if lengths.iter().any(|&length| length != atoms) {
            return Err(Error::new(format!(
                "transformer: inputs are sets of {lengths:?} atoms, expected one length and one mask"
            )));
        }
        let features = roles.iter().map(|role| match role {
            Role::Atoms(numbers) | Role::Whole(numbers) => *numbers,
            Role::Mask => 0,
        });
        let output = |field: &Field| match spec.task {
            Task::Classification { classes } => Ok((classes, vec![classes])),
            Task::Regression => match field.numel() {
                Some(numbers) => Ok((numbers, field.shape.clone())),
                None => Err(Error::new(format!(
                    "transformer: target '{}' has shape {:?}, expected a fixed length",
                    field.name, field.shape
                ))),
            },
        };
        Ok(Self {
            features: features.sum(),
            roles,
            atoms: atoms.max(1),
            outputs: spec.targets.iter().map(output).collect::<Result<_>>()?,
        })
    }

    /// All numbers of each atom side by side: `[batch, atoms, features]`.
    fn tokens(&self, inputs: &[Tensor]) -> Tensor {
        let set = inputs.iter().zip(&self.roles).find(|(_, role)| matches!(role, Role::Atoms(_)));
        let (set, _) = set.expect("a plan has at least one set");
        let (batch, atoms) = (set.size_of(0), set.size_of(1));
        let parts: Vec<Tensor> = inputs
            .iter()
            .zip(&self.roles)
            .filter_map(|(input, role)| match role {
                Role::Atoms(_) => Some(input.flatten(2, -1)),
                Role::Whole(numbers) => {
                    Some(input.reshape(&[batch, 1, *numbers]).expand(&[batch, atoms, *numbers]))
                }
                Role::Mask => None,
            })
            .collect();
        Tensor::cat(&parts, 2)
    }

    /// The mask `[batch, atoms]`, where there is one.
    fn mask<'a>(&self, inputs: &'a [Tensor]) -> Option<&'a Tensor> {
        self.roles.iter().position(|role| *role == Role::Mask).map(|place| &inputs[place])
    }
}

struct Block {
    norms: [LayerNorm; 2],
    attention: MultiheadAttention,
    inner: Linear,
    outer: Linear,
}

/// The transformer.
pub(crate) struct Transformer {
    plan: Plan,
    embed: [Linear; 2],
    blocks: Vec<Block>,
    readout: [Linear; 2],
    pooling: Pooling,
    activation: Activation,
}

impl Model for Transformer {
    type Options = Options;
    const SUMMARY: &'static str = "transformer on raw coordinates, unconstrained: no distances built in";

    fn new(options: Options, spec: &DataSpec, params: &Params) -> Result<Self> {
        options.check()?;
        let plan = Plan::of(spec)?;
        let width = options.width;
        let layers = |name: &str, sizes: [i64; 3]| {
            let params = params.sub(name);
            [0, 1].map(|place| Linear::new(&params.sub(place), sizes[place], sizes[place + 1]))
        };
        let block = |place: i64| -> Result<Block> {
            let params = params.sub("blocks").sub(place);
            Ok(Block {
                norms: [0, 1].map(|place| LayerNorm::new(&params.sub("norms").sub(place), &[width])),
                attention: MultiheadAttention::new(&params.sub("attention"), width, options.heads, 0.0)?,
                inner: Linear::new(&params.sub("inner"), width, options.expansion * width),
                outer: Linear::new(&params.sub("outer"), options.expansion * width, width),
            })
        };
        let outputs = plan.outputs.iter().map(|(numbers, _)| numbers).sum();
        Ok(Self {
            embed: layers("embed", [plan.features, width, width]),
            blocks: (0..options.blocks).map(block).collect::<Result<_>>()?,
            readout: layers("readout", [width, width, outputs]),
            pooling: options.pooling,
            activation: options.activation,
            plan,
        })
    }

    fn forward(&self, inputs: &[Tensor], mode: Mode) -> Result<Vec<Tensor>> {
        let mask = self.plan.mask(inputs);
        let padding = mask.map(|mask| mask.eq_scalar(0.0));
        let perceptron = |layers: &[Linear; 2], x: &Tensor| {
            layers[1].forward(&self.activation.forward(&layers[0].forward(x)))
        };
        let mut x = perceptron(&self.embed, &self.plan.tokens(inputs));
        for Block { norms, attention, inner, outer } in &self.blocks {
            x = &x + attention.self_attention(&norms[0].forward(&x), padding.as_ref(), mode);
            let hidden = self.activation.forward(&inner.forward(&norms[1].forward(&x)));
            x = &x + outer.forward(&hidden);
        }
        let each = perceptron(&self.readout, &x);
        let pooled = self.pool(&each, mask);
        let sizes: Vec<i64> = self.plan.outputs.iter().map(|(numbers, _)| *numbers).collect();
        let parts = pooled.split_with_sizes(&sizes, 1).into_iter().zip(&self.plan.outputs);
        Ok(parts.map(|(part, (_, shape))| part.reshape(&[&[-1], &shape[..]].concat())).collect())
    }
}

impl Transformer {
    /// `[batch, atoms, outputs] → [batch, outputs]`
    fn pool(&self, each: &Tensor, mask: Option<&Tensor>) -> Tensor {
        let present = match mask {
            Some(mask) => mask.unsqueeze(-1),
            None => each.narrow(2, 0, 1).ones_like(),
        };
        let sum = (each * &present).sum_dim(&[1], false);
        match self.pooling {
            Pooling::Sum => sum / self.plan.atoms as f64,
            Pooling::Mean => sum / present.sum_dim(&[1], false),
        }
    }
}

#[cfg(test)]
mod tests;
