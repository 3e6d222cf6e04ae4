//! A transformer on sets (arXiv 1810.00825, without inducing points) that sees raw components.
//!
//! Each item is embedded by itself, items attend to each other, their features are summed, and a head reads the sum.
//! The order of the items does not matter; nothing else is built in: no metric, no products of vectors, no masses, and
//! no scale that is taken out. Whatever symmetry it has under mixing of components, it has learned.

use semola_plugin_api::nn::{Activation, LayerNorm, Linear, MultiheadAttention};
use semola_plugin_api::{DataSpec, Error, Field, FieldType, Mode, Model, Params, Result, Task, Tensor};
use serde::{Deserialize, Serialize};

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Options {
    /// Features of an item.
    pub(crate) width: i64,
    /// Blocks of attention and feedforward layers; 0: a sum over items that do not see each other.
    pub(crate) depth: i64,
    /// Attention heads; divides the width.
    pub(crate) heads: i64,
    /// Neurons of the layers within embedding, blocks and head.
    pub(crate) hidden: i64,
    /// Between the linear layers; smooth ones suit the spectrum.
    pub(crate) activation: Activation,
    /// Of attention weights and of the head's input, in training.
    pub(crate) dropout: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self { width: 32, depth: 1, heads: 4, hidden: 64, activation: Activation::Silu, dropout: 0.0 }
    }
}

/// Two linear layers with an activation between.
struct Feedforward {
    first: Linear,
    second: Linear,
}

impl Feedforward {
    fn new(params: &Params, inputs: i64, hidden: i64, outputs: i64) -> Self {
        Self {
            first: Linear::new(&params.sub("first"), inputs, hidden),
            second: Linear::new(&params.sub("second"), hidden, outputs),
        }
    }

    fn forward(&self, x: &Tensor, activation: Activation) -> Tensor {
        self.second.forward(&activation.forward(&self.first.forward(x)))
    }
}

/// Attention and feedforward layer, each after a normalisation and beside a skip connection.
struct Block {
    attention: MultiheadAttention,
    feedforward: Feedforward,
    norms: [LayerNorm; 2],
}

/// See the module.
pub(crate) struct SetTransformer {
    shapes: Shapes,
    options: Options,
    embedding: Feedforward,
    direct: Linear,
    blocks: Vec<Block>,
    head: [Linear; 3],
}

/// Where the items are, and what is predicted.
#[derive(Debug, PartialEq)]
struct Shapes {
    /// Place of the field `[items, features]` among the inputs.
    items: usize,
    /// Place of its mask, `[items]`, if it has one.
    mask: Option<usize>,
    count: i64,
    features: i64,
    /// Shape of each prediction without the batch.
    outputs: Vec<Vec<i64>>,
}

impl Shapes {
    fn of(spec: &DataSpec) -> Result<Self> {
        let found: Vec<usize> = (0..spec.inputs.len()).filter(|&i| spec.inputs[i].shape.len() == 2).collect();
        let &[items] = &found[..] else {
            return Err(Error::new(format!(
                "set-transformer: the data has {} inputs of shape [items, features], expected one; its inputs are {}",
                found.len(),
                spec.inputs
                    .iter()
                    .map(|f| format!("{} {:?}", f.name, f.shape))
                    .collect::<Vec<_>>()
                    .join(", ")
            )));
        };
        let field = &spec.inputs[items];
        let (count, features) = (field.shape[0], field.shape[1]);
        let mask = match &field.mask {
            None => None,
            Some(name) => Some(mask_place(spec, name, field)?),
        };
        if let Some(other) = (0..spec.inputs.len()).find(|&i| i != items && Some(i) != mask) {
            return Err(Error::new(format!(
                "set-transformer: input '{}' is neither the set '{}' nor its mask, and this model would not see it; leave it out or choose another model",
                spec.inputs[other].name, field.name
            )));
        }
        if field.dtype != FieldType::F32 || features < 1 {
            return Err(Error::new(format!(
                "set-transformer: input '{}' has {:?} items of shape {:?}, expected 32-bit floats in a fixed number of features",
                field.name, field.dtype, field.shape
            )));
        }
        let outputs = match spec.task {
            Task::Classification { classes } => vec![vec![classes]],
            Task::Regression => spec.targets.iter().map(|field| field.shape.clone()).collect(),
        };
        if outputs.iter().flatten().any(|&size| size < 0) {
            return Err("set-transformer: a target varies in length, expected fixed shapes".into());
        }
        Ok(Self { items, mask, count, features, outputs })
    }

    fn sizes(&self) -> Vec<i64> {
        self.outputs.iter().map(|shape| shape.iter().product()).collect()
    }
}

fn mask_place(spec: &DataSpec, name: &str, field: &Field) -> Result<usize> {
    spec.inputs.iter().position(|other| other.name == name && other.shape[..] == field.shape[..1]).ok_or_else(|| {
        Error::new(format!(
            "set-transformer: input '{}' names the mask '{name}', and no input of that name has shape {:?}",
            field.name,
            &field.shape[..1]
        ))
    })
}

impl Options {
    fn check(&self) -> Result<()> {
        let Self { width, depth, heads, hidden, dropout, .. } = *self;
        let wrong = |option: &str, value: String, expected: &str| {
            Err(Error::new(format!("model option `{option}` is {value}, expected {expected}")))
        };
        if !(1..=4096).contains(&width) {
            return wrong("width", width.to_string(), "1 to 4096");
        }
        if !(0..=64).contains(&depth) {
            return wrong("depth", depth.to_string(), "0 to 64");
        }
        if heads < 1 || width % heads != 0 {
            return wrong("heads", heads.to_string(), &format!("a divisor of the width, {width}"));
        }
        if !(1..=65_536).contains(&hidden) {
            return wrong("hidden", hidden.to_string(), "1 to 65536");
        }
        if !(0.0..1.0).contains(&dropout) {
            return wrong("dropout", dropout.to_string(), "0 ≤ dropout < 1");
        }
        Ok(())
    }
}

impl Model for SetTransformer {
    type Options = Options;
    const SUMMARY: &'static str = "transformer on a set of vectors, raw components, no invariants built in";

    fn new(options: Options, spec: &DataSpec, params: &Params) -> Result<Self> {
        options.check()?;
        let shapes = Shapes::of(spec)?;
        let Options { width, hidden, .. } = options;
        let blocks = (0..options.depth).map(|place| {
            let params = params.sub("blocks").sub(place);
            Ok(Block {
                attention: MultiheadAttention::new(
                    &params.sub("attention"),
                    width,
                    options.heads,
                    options.dropout,
                )?,
                feedforward: Feedforward::new(&params.sub("feedforward"), width, hidden, width),
                norms: ["norm1", "norm2"].map(|name| LayerNorm::new(&params.sub(name), &[width])),
            })
        });
        let blocks = blocks.collect::<Result<_>>()?;
        let head = params.sub("head");
        Ok(Self {
            embedding: Feedforward::new(&params.sub("embedding"), shapes.features, hidden, width),
            direct: Linear::with_bias(&params.sub("direct"), shapes.features, width, false),
            blocks,
            head: [
                Linear::new(&head.sub(0), width, hidden),
                Linear::new(&head.sub(1), hidden, hidden),
                Linear::new(&head.sub(2), hidden, shapes.sizes().iter().sum()),
            ],
            shapes,
            options,
        })
    }

    fn forward(&self, inputs: &[Tensor], mode: Mode) -> Result<Vec<Tensor>> {
        let activation = self.options.activation;
        let items = &inputs[self.shapes.items];
        let valid = self.shapes.mask.map(|place| &inputs[place]);
        let padding = valid.map(|valid| valid.eq_scalar(0));
        let mut x = self.embedding.forward(items, activation) + self.direct.forward(items);
        for Block { attention, feedforward, norms: [before, between] } in &self.blocks {
            x = &x + attention.self_attention(&before.forward(&x), padding.as_ref(), mode);
            x = &x + feedforward.forward(&between.forward(&x), activation);
        }
        if let Some(valid) = valid {
            x = x * valid.unsqueeze(-1);
        }
        // A sum rather than a mean: momenta add up. The constant keeps it of the order of one item.
        let sum = x.sum_dim(&[1], false).div_scalar((self.shapes.count.max(1) as f64).sqrt());
        let mut x = if mode.is_train() && self.options.dropout > 0.0 {
            sum.dropout(self.options.dropout, true)
        } else {
            sum
        };
        for layer in &self.head[..2] {
            x = activation.forward(&layer.forward(&x));
        }
        let output = self.head[2].forward(&x);
        let parts = match self.shapes.outputs.len() {
            1 => vec![output],
            _ => output.split_with_sizes(&self.shapes.sizes(), 1),
        };
        Ok(parts
            .into_iter()
            .zip(&self.shapes.outputs)
            .map(|(part, shape)| part.reshape(&[&[-1], &shape[..]].concat()))
            .collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use semola_plugin_api::Representation;

    fn spec(inputs: Vec<Field>) -> DataSpec {
        let mut label = Field::new("label", [], Representation::Scalar);
        label.dtype = FieldType::I64;
        DataSpec {
            n: 4,
            inputs,
            targets: vec![label],
            task: Task::Classification { classes: 2 },
            reference: None,
        }
    }

    fn masked() -> Field {
        Field { mask: Some("mask".into()), ..Field::vectors("p", 20, 4) }
    }

    #[test]
    fn the_set_and_its_mask_are_found_by_their_declaration() {
        let found = Shapes::of(&spec(vec![Field::scalars("mask", 20), masked()])).unwrap();
        assert_eq!(found, Shapes { items: 1, mask: Some(0), count: 20, features: 4, outputs: vec![vec![2]] });
        let found = Shapes::of(&spec(vec![Field::vectors("p", 20, 4)])).unwrap();
        assert_eq!((found.items, found.mask), (0, None));
    }

    #[test]
    fn what_it_would_not_see_is_refused() {
        for (inputs, word) in [
            (vec![Field::scalars("x", 3)], "0 inputs"),
            (vec![Field::vectors("p", 2, 4), Field::vectors("q", 2, 4)], "2 inputs"),
            (vec![masked()], "'mask'"),
            (vec![masked(), Field::scalars("mask", 19)], "'mask'"),
            (vec![Field::vectors("p", 2, 4), Field::scalars("charge", 2)], "'charge'"),
        ] {
            let error = Shapes::of(&spec(inputs)).expect_err(word).to_string();
            assert!(error.starts_with("set-transformer: ") && error.contains(word), "{error}");
        }
    }

    #[test]
    fn options_are_checked() {
        let options = |text| serde_json::from_str::<Options>(text);
        assert!(options(r#"{"widht": 3}"#).is_err());
        assert!(options("{}").unwrap().check().is_ok());
        for (option, text) in [
            ("width", r#"{"width": 0}"#),
            ("depth", r#"{"depth": -1}"#),
            ("heads", r#"{"heads": 5}"#),
            ("heads", r#"{"heads": 0}"#),
            ("hidden", r#"{"hidden": 0}"#),
            ("dropout", r#"{"dropout": 1.0}"#),
        ] {
            let error = options(text).unwrap().check().expect_err(text).to_string();
            assert!(error.contains(&format!("`{option}`")), "{error}");
        }
    }
}
