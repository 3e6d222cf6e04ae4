//! One operator on the first input, again and again: what a call over the boundary costs is measured by it.

use crate::prediction::Prediction;
use semola_plugin_api::nn::Init;
use semola_plugin_api::{DataSpec, Error, Mode, Model, Params, Result, Tensor};
use serde::{Deserialize, Serialize};
use std::hint::black_box;

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Options {
    /// "add" and "silu" (calls with a type of their own), "sum" (the same, with a list of integers), "clamp" (boxed), "flip" (boxed,
    /// with a list of integers), "fail" (an error), or "none".
    operator: String,
    /// Calls in one forward pass.
    times: u64,
}

impl Default for Options {
    fn default() -> Self {
        Self { operator: "none".into(), times: 0 }
    }
}

pub(crate) struct Repeated {
    operator: fn(&Tensor),
    times: u64,
    shift: Tensor,
    prediction: Prediction,
}

impl Model for Repeated {
    type Options = Options;
    const SUMMARY: &'static str = "the inputs, shifted, after one operator many times over";

    fn new(options: Options, spec: &DataSpec, params: &Params) -> Result<Self> {
        let operator: fn(&Tensor) = match options.operator.as_str() {
            "none" => |_| {},
            "add" => |x| drop(black_box(x.add(x))),
            "silu" => |x| drop(black_box(x.silu())),
            "clamp" => |x| drop(black_box(x.clamp(-1.0, 1.0))),
            "sum" => |x| drop(black_box(x.sum_dim(&[1], true))),
            "flip" => |x| drop(black_box(x.flip(&[1]))),
            "fail" => |x| drop(black_box(x.try_sum_dim(&[7], true))),
            other => return Err(Error::new(format!("there is no operator '{other}'"))),
        };
        let prediction = Prediction::of(spec)?;
        let shift = params.parameter("shift", &[prediction.count], Init::Constant(0.0));
        Ok(Self { operator, times: options.times, shift, prediction })
    }

    fn forward(&self, inputs: &[Tensor], _mode: Mode) -> Result<Vec<Tensor>> {
        for _ in 0..self.times {
            (self.operator)(&inputs[0]);
        }
        Ok(self.prediction.shaped(inputs[0].flatten(1, -1).add(&self.shift)))
    }
}
