//! Tokens, one layer of PyTorch's `TransformerEncoderLayer` (norm last, ReLU, batch first), the mean over
//! the sequence, and a head: parameters `embedding`, `self_attn`, `linear1`, `linear2`, `norm1`, `norm2`,
//! `head`. A second input, if there is one, is 1 where a token is valid.

use crate::prediction::{Prediction, input};
use semola_plugin_api::nn::{Dropout, Embedding, LayerNorm, Linear, MultiheadAttention};
use semola_plugin_api::{DataSpec, FieldType, Mode, Model, Params, Result, Tensor};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Options {
    /// Different tokens.
    vocabulary: i64,
    /// Features of a token; four times as many between the two linear layers.
    width: i64,
    /// Attention heads; divides the width.
    heads: i64,
    /// In `[0, 1)`.
    dropout: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self { vocabulary: 16, width: 32, heads: 4, dropout: 0.1 }
    }
}

pub(crate) struct TransformerBlock {
    embedding: Embedding,
    self_attn: MultiheadAttention,
    linear1: Linear,
    linear2: Linear,
    norm1: LayerNorm,
    norm2: LayerNorm,
    dropout: Dropout,
    head: Linear,
    prediction: Prediction,
}

impl Model for TransformerBlock {
    type Options = Options;
    const SUMMARY: &'static str = "one transformer encoder layer on tokens";

    fn new(options: Options, spec: &DataSpec, params: &Params) -> Result<Self> {
        let Options { vocabulary, width, heads, dropout } = options;
        input(spec, FieldType::I64, 1)?;
        let prediction = Prediction::of(spec)?;
        Ok(Self {
            embedding: Embedding::new(&params.sub("embedding"), vocabulary, width),
            self_attn: MultiheadAttention::new(&params.sub("self_attn"), width, heads, dropout)?,
            linear1: Linear::new(&params.sub("linear1"), width, 4 * width),
            linear2: Linear::new(&params.sub("linear2"), 4 * width, width),
            norm1: LayerNorm::new(&params.sub("norm1"), &[width]),
            norm2: LayerNorm::new(&params.sub("norm2"), &[width]),
            dropout: Dropout::new(dropout),
            head: Linear::new(&params.sub("head"), width, prediction.count),
            prediction,
        })
    }

    fn forward(&self, inputs: &[Tensor], mode: Mode) -> Result<Vec<Tensor>> {
        let padding = inputs.get(1).map(|valid| valid.eq_scalar(0));
        let x = self.embedding.forward(&inputs[0]);
        let attended = self.self_attn.self_attention(&x, padding.as_ref(), mode);
        let x = self.norm1.forward(&(x + self.dropout.forward(&attended, mode)));
        let wide = self.dropout.forward(&self.linear1.forward(&x).relu(), mode);
        let narrow = self.dropout.forward(&self.linear2.forward(&wide), mode);
        let x = self.norm2.forward(&(x + narrow));
        Ok(self.prediction.shaped(self.head.forward(&x.mean_dim(&[1], false))))
    }
}
