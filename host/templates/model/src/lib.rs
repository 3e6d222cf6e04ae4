//! A model: any function of the inputs, without constraints. The host finds out which symmetry the data have.

use semola_plugin_api::serde::{Deserialize, Serialize};
use semola_plugin_api::{DataSpec, Field, Mode, Model, Params, Result, Task, Tensor, nn};

/// What users set as `[model] width = …`; unknown keys are refused by the host.
#[derive(Serialize, Deserialize)]
#[serde(crate = "semola_plugin_api::serde", deny_unknown_fields, default)]
struct Options {
    /// Neurons in each of the two hidden layers.
    width: i64,
}

impl Default for Options {
    fn default() -> Self {
        Self { width: 128 }
    }
}

/// Two hidden layers on all inputs side by side.
struct Net {
    first: nn::Linear,
    second: nn::Linear,
    output: nn::Linear,
    /// Shape of each prediction for one sample.
    predictions: Vec<Vec<i64>>,
}

impl Model for Net {
    type Options = Options;
    const SUMMARY: &'static str = "two hidden layers";

    fn new(options: Options, spec: &DataSpec, params: &Params) -> Result<Self> {
        let predictions = predictions(spec);
        let outputs = predictions
            .iter()
            .map(|shape| shape.iter().product::<i64>())
            .sum();
        Ok(Self {
            first: nn::Linear::new(&params.sub("first"), numbers(&spec.inputs)?, options.width),
            second: nn::Linear::new(&params.sub("second"), options.width, options.width),
            output: nn::Linear::new(&params.sub("output"), options.width, outputs),
            predictions,
        })
    }

    fn forward(&self, inputs: &[Tensor], _mode: Mode) -> Result<Vec<Tensor>> {
        let flat: Vec<Tensor> = inputs.iter().map(|input| input.flatten(1, -1)).collect();
        let hidden = self.first.forward(&Tensor::cat(&flat, 1)).silu();
        let hidden = self.second.forward(&hidden).silu();
        let output = self.output.forward(&hidden);
        let mut at = 0;
        let each = self.predictions.iter().map(|shape| {
            let count = shape.iter().product();
            let own = output.narrow(1, at, count);
            at += count;
            own.reshape(&[&[-1], &shape[..]].concat())
        });
        Ok(each.collect())
    }
}

/// Numbers in one sample of these fields.
fn numbers(fields: &[Field]) -> Result<i64> {
    fields
        .iter()
        .map(|field| {
            field
                .numel()
                .ok_or("this model needs fields of fixed size".into())
        })
        .sum()
}

/// The shape of each prediction for one sample: its target's, or one number a class.
fn predictions(spec: &DataSpec) -> Vec<Vec<i64>> {
    match spec.task {
        Task::Classification { classes } => vec![vec![classes]],
        Task::Regression => spec
            .targets
            .iter()
            .map(|target| target.shape.clone())
            .collect(),
    }
}

semola_plugin_api::export_plugin! {
    id: "{{project-name}}",
    vendor: "me",
    experiment: include_str!("../experiment.toml"),
    components: [model "net" => Net],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn inputs_are_counted_over_all_fields() {
        let fields = [Field::vectors("x", 4, 2), Field::scalars("t", 3)];
        assert_eq!(numbers(&fields).expect("fixed sizes"), 11);
    }
}
