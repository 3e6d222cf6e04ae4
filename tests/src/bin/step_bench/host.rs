//! The host's side: plugins, data, and the steps that [`Trainer::run`] takes.

use crate::case::Case;
use semola_host::config::Training;
use semola_host::data::Data;
use semola_host::objective::Objective;
use semola_host::plugins::{Creation, DatasetInstance, ModelInstance};
use semola_host::report::RunDirectory;
use semola_host::report::live::Observers;
use semola_host::symmetry::{Action, Augmenter, Basis, Candidates, Sampling};
use semola_host::torch::ParameterStore;
use semola_host::training::{Course, Stage, Steps, Trainer};
use semola_plugin_api::Context;
use semola_plugin_api::abi::Kind;
use semola_tests::{catalogue_beside_program, component};
use serde_json::{Map, Value, json};
use tch::{Device, Tensor};

pub(crate) const SEED: u64 = 0;
pub(crate) const STREAM: &str = "joint";
pub(crate) const COEFFICIENTS: &str = "joint/coefficients";
pub(crate) const LEARNING_RATE: f64 = 4e-3;
pub(crate) const BASIS_RATE: f64 = 5e-3;
pub(crate) const MAX_STRETCH: f64 = 2.0;
/// Long enough for any number of rounds.
pub(crate) const STEPS: u64 = 10_000_000;
/// Samples from which the data metric is measured.
const MEASURED: i64 = 1000;

/// Data and model.
pub(crate) struct Host {
    pub(crate) data: Data,
    pub(crate) model: ModelInstance,
    action: Action,
    training: Training,
    run: RunDirectory,
    observers: Observers,
    _directory: tempfile::TempDir,
}

impl Host {
    /// The two-body problem and a fresh network.
    pub(crate) fn open(case: &Case) -> anyhow::Result<Self> {
        let catalogue = catalogue_beside_program()?;
        let context = Context { seed: SEED, cache_dir: String::new() };

        let (plugin, two_body) = component(&catalogue, "dynamics", Kind::Dataset, "two-body")?;
        let creation = Creation { options: &Map::new(), context: &context };
        let data = Data::load(&DatasetInstance::create(&plugin, &two_body, creation)?, Device::Cpu)?;

        let (plugin, mlp) = component(&catalogue, "mlp", Kind::Model, "mlp")?;
        let options = options(json!({ "width": case.width, "depth": case.depth, "activation": "silu" }));
        let creation = Creation { options: &options, context: &context };
        tch::manual_seed(SEED as i64);
        let parameters = ParameterStore::new(Device::Cpu);
        let model = ModelInstance::create(&plugin, &mlp, creation, &data.spec, parameters)?;

        let directory = tempfile::tempdir()?;
        Ok(Self {
            action: Action::new(&data.spec, None)?,
            training: Training {
                batch_size: case.batch,
                learning_rate: LEARNING_RATE,
                ..Training::default()
            },
            run: RunDirectory::create(Some(&directory.path().join("run")), "step-bench", SEED, "")?,
            observers: Observers::default(),
            _directory: directory,
            data,
            model,
        })
    }

    pub(crate) fn trainer(&self) -> anyhow::Result<Trainer<'_>> {
        Ok(Trainer {
            data: &self.data,
            action: &self.action,
            training: &self.training,
            seed: SEED,
            run: &self.run,
            course: Course::begin(&self.run)?,
            observers: &self.observers,
        })
    }

    /// Task alone, or all three terms with one learned generator that starts as the first candidate.
    pub(crate) fn objective(&self, case: &Case) -> anyhow::Result<Objective> {
        if !case.joint {
            return Ok(Objective::plain());
        }
        let candidates = Candidates::measure(&self.action, &self.data.train.first(MEASURED).inputs)?;
        let start = Tensor::from_slice(&[0.9_f32, -0.3, 0.2, 0.1]).reshape([1, -1]);
        let basis = Basis::learned(&start, candidates);
        let augmenter = Augmenter::new(basis, Sampling::automatic(MAX_STRETCH), SEED, COEFFICIENTS);
        Ok(Objective::augmented(augmenter, 1.0))
    }
}

fn options(json: Value) -> Map<String, Value> {
    match json {
        Value::Object(options) => options,
        _ => Map::new(),
    }
}

/// The host's steps, one after the other.
pub(crate) struct Contestant<'a> {
    steps: Steps<'a>,
    objective: Objective,
    taken: u64,
}

impl<'a> Contestant<'a> {
    pub(crate) fn new(host: &'a Host, trainer: &Trainer<'a>, objective: Objective) -> anyhow::Result<Self> {
        let stage = Stage { basis_rate: BASIS_RATE, ..Stage::of_run(STREAM, STEPS) };
        Ok(Self { steps: Steps::new(trainer, stage, &host.model, &objective)?, objective, taken: 0 })
    }

    /// The loss before the update.
    pub(crate) fn step(&mut self) -> anyhow::Result<f64> {
        let losses = self.steps.take(self.taken, &mut self.objective)?;
        self.taken += 1;
        Ok(losses.total)
    }
}
