//! The two models: options and their defaults. What they do is in `set_network`.

use crate::set_network::{Design, Norm, Pool, SetNetwork};
use semola_plugin_api::nn::Activation;
use semola_plugin_api::{DataSpec, Mode, Model, Params, Result, Tensor};
use serde::{Deserialize, Serialize};

/// Options of [`PointNet`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct PointNetOptions {
    /// Widths of the layers that each point passes.
    point_layers: Vec<i64>,
    /// Widths of the layers after the pool.
    head_layers: Vec<i64>,
    /// After each layer but the last.
    activation: Activation,
    /// Before each activation.
    norm: Norm,
    /// Over the points.
    pool: Pool,
    /// τ of the soft pool.
    sharpness: f64,
    /// After each layer of the head, in training.
    dropout: f64,
}

impl Default for PointNetOptions {
    fn default() -> Self {
        Self {
            point_layers: vec![32, 64, 128],
            head_layers: vec![64],
            activation: Activation::Silu,
            norm: Norm::None,
            pool: Pool::Max,
            sharpness: 4.0,
            dropout: 0.0,
        }
    }
}

/// PointNet without its alignment networks (Qi et al., arXiv 1612.00593).
pub(crate) struct PointNet(SetNetwork);

impl Model for PointNet {
    type Options = PointNetOptions;
    const SUMMARY: &'static str = "the same layers on each point, their maximum, a head; raw coordinates";

    fn new(options: PointNetOptions, spec: &DataSpec, params: &Params) -> Result<Self> {
        let PointNetOptions { point_layers, head_layers, activation, norm, pool, sharpness, dropout } =
            options;
        let name = "pointnet";
        let design = Design { name, point_layers, head_layers, activation, norm, pool, sharpness, dropout };
        SetNetwork::new(design, spec, params).map(Self)
    }

    fn forward(&self, inputs: &[Tensor], mode: Mode) -> Result<Vec<Tensor>> {
        self.0.forward(inputs, mode)
    }
}

/// Options of [`DeepSets`].
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct DeepSetsOptions {
    /// Widths of the layers that each point passes.
    point_layers: Vec<i64>,
    /// Widths of the layers after the mean.
    head_layers: Vec<i64>,
    /// After each layer but the last.
    activation: Activation,
    /// Before each activation.
    norm: Norm,
    /// After each layer of the head, in training.
    dropout: f64,
}

impl Default for DeepSetsOptions {
    fn default() -> Self {
        Self {
            point_layers: vec![32, 64],
            head_layers: vec![64],
            activation: Activation::Silu,
            norm: Norm::None,
            dropout: 0.0,
        }
    }
}

/// Deep Sets (Zaheer et al., arXiv 1703.06114).
pub(crate) struct DeepSets(SetNetwork);

impl Model for DeepSets {
    type Options = DeepSetsOptions;
    const SUMMARY: &'static str = "the same layers on each point, their mean, a head; raw coordinates";

    fn new(options: DeepSetsOptions, spec: &DataSpec, params: &Params) -> Result<Self> {
        let DeepSetsOptions { point_layers, head_layers, activation, norm, dropout } = options;
        let design = Design {
            name: "deepsets",
            point_layers,
            head_layers,
            activation,
            norm,
            pool: Pool::Mean,
            sharpness: 1.0,
            dropout,
        };
        SetNetwork::new(design, spec, params).map(Self)
    }

    fn forward(&self, inputs: &[Tensor], mode: Mode) -> Result<Vec<Tensor>> {
        self.0.forward(inputs, mode)
    }
}
