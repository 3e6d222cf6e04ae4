//! The structure of an experiment, its defaults and their meaning.
//!
//! One struct a table of the TOML file. Names and defaults here are what `config show` prints; the layers that
//! fill it in are in [`super::layers`], the ranges of its numbers in [`super::validation`]. Options of
//! components are kept as they were written: only the plugin knows them.

use super::method::{Objective, Symmetry};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// Everything that decides the numbers of a run. Written, complete, into each run directory.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct Experiment {
    /// The plugin whose default experiment lies underneath this one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub plugin: Option<String>,
    /// Seed of every random stream.
    pub seed: u64,
    /// "cpu", "cuda" or "cuda:N".
    pub device: String,
    /// Threads of libtorch on the CPU; 0: one a core.
    pub threads: usize,
    /// The data set.
    pub dataset: ComponentConfig,
    /// The backbone.
    pub model: ComponentConfig,
    /// The group action, for fields that no declared representation describes.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<ComponentConfig>,
    /// How the backbone is trained.
    pub training: Training,
    /// How the symmetry is searched.
    pub symmetry: Symmetry,
    /// What is minimised.
    pub objective: Objective,
    /// How the result is measured.
    pub evaluation: Evaluation,
}

/// A component of a plugin and its options.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct ComponentConfig {
    /// "plugin/component".
    #[serde(default)]
    pub component: String,
    /// The component's own options, on the same level in the file: `[dataset] component = "…", noise = 0.1`.
    #[serde(flatten)]
    #[schemars(with = "BTreeMap<String, serde_json::Value>")]
    pub options: BTreeMap<String, toml::Value>,
}

/// `[training]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct Training {
    /// Optimiser steps in all, warm-up included.
    pub steps: u64,
    /// Samples a step.
    pub batch_size: i64,
    /// Peak of the one-cycle schedule (Adam).
    pub learning_rate: f64,
    /// Part of the steps in which the backbone sees the task alone, before the symmetry is searched.
    pub warm_up: f64,
    /// Part of a label that training spreads evenly over all classes, 0 to 1 (classification): models err less for it, and
    /// are less sure.
    pub label_smoothing: f64,
    /// Numbers in which the model computes during training steps.
    pub precision: Precision,
    /// Steps between two checkpoints.
    pub checkpoint_every: u64,
    /// Steps between two lines of metrics.jsonl.
    pub log_every: u64,
    /// Newest checkpoints of the run's own stages that stay beside the last one, as `checkpoints/NN-STAGE-STEP.safetensors`.
    pub keep_last: usize,
    /// Whether the validation error is measured at each checkpoint, and the best of the last stage stays as
    /// `checkpoints/best.safetensors`.
    pub keep_best: bool,
}

/// Numbers in which a model computes during training steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Precision {
    /// As everything else.
    Float32,
    /// Large products in `bfloat16` (three digits; automatic mixed precision): faster on GPUs and on processors that have
    /// such products. Parameters, losses, spectrum and evaluation stay `float32`.
    Bfloat16,
}

/// `[evaluation]`
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(default)]
#[schemars(deny_unknown_fields)]
pub struct Evaluation {
    /// Baselines that are trained beside the run: "plain" (no augmentation), "oracle" (the true group).
    pub baselines: Vec<Baseline>,
    /// Group elements, drawn for each sample, over which predictions are averaged for a second set of metrics; 0: none.
    pub average: usize,
    /// Whether reflections and exchanges of coordinates are tested on validation data after training.
    pub components: bool,
}

impl Default for Evaluation {
    fn default() -> Self {
        Self { baselines: Vec::new(), average: 0, components: true }
    }
}

/// A model to compare with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Baseline {
    /// The same backbone without augmentation.
    Plain,
    /// The same backbone, augmented with the known group.
    Oracle,
}

impl Baseline {
    /// "plain" or "oracle".
    pub fn name(self) -> &'static str {
        match self {
            Self::Plain => "plain",
            Self::Oracle => "oracle",
        }
    }
}

impl Default for Experiment {
    fn default() -> Self {
        Self {
            plugin: None,
            seed: 0,
            device: "cpu".into(),
            threads: 0,
            dataset: ComponentConfig::default(),
            model: ComponentConfig { component: "mlp/mlp".into(), options: BTreeMap::new() },
            action: None,
            training: Training::default(),
            symmetry: Symmetry::default(),
            objective: Objective::default(),
            evaluation: Evaluation::default(),
        }
    }
}

impl Default for Training {
    fn default() -> Self {
        Self {
            steps: 1000,
            batch_size: 192,
            learning_rate: 4e-3,
            warm_up: 0.3,
            label_smoothing: 0.0,
            precision: Precision::Float32,
            checkpoint_every: 250,
            log_every: 20,
            keep_last: 0,
            keep_best: false,
        }
    }
}
