//! The host's side: plugins, data, and the steps that [`Trainer::run`] takes.

use crate::case::{Case, Network};
use semola_host::collective::group;
use semola_host::config::{self, Mode, PaperWeights, Precision, Training};
use semola_host::data::{Data, Samples, Scaling, Train};
use semola_host::objective::Objective;
use semola_host::plugins::{ActionInstance, Catalogue, Creation, DatasetInstance, ModelInstance};
use semola_host::report::RunDirectory;
use semola_host::report::live::Observers;
use semola_host::symmetry::{Action, Augmenter, Basis, Candidates, Sampling};
use semola_host::torch::ParameterStore;
use semola_host::training::{Course, Stage, Steps, Trainer};
use semola_plugin_api::abi::Kind;
use semola_plugin_api::{Context, DataSpec, Field, FieldType, Representation, Task};
use semola_tests::{catalogue_beside_program, component};
use serde_json::{Map, Value, json};
use tch::{Device, Kind as DType, Tensor};

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
/// Samples in a split of noise.
const NOISE: i64 = 2048;

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
    /// Data and a fresh network.
    pub(crate) fn open(case: &Case, device: Device, precision: Precision) -> anyhow::Result<Self> {
        let catalogue = catalogue_beside_program()?;
        tch::manual_seed(SEED as i64);
        let (data, model, action) = match case.network {
            Network::Mlp { width, depth } => {
                let options = json!({ "width": width, "depth": depth, "activation": "silu" });
                (two_body(&catalogue, device)?, ("mlp", "mlp", options), None)
            }
            Network::Paper => {
                let options = json!({ "width": 512, "depth": 2, "activation": "relu" });
                (two_body(&catalogue, device)?, ("mlp", "mlp", options), None)
            }
            Network::Cnn => {
                let options = json!({ "channels": [24, 48, 96] });
                (pictures(device), ("images", "cnn", options), Some(("images", "affine")))
            }
            Network::PointNet => (clouds(device), ("pointnet", "pointnet", json!({})), None),
            Network::Transformer => {
                let options = json!({ "width": 48, "blocks": 2 });
                (molecules(device), ("molecules", "transformer", options), None)
            }
        };
        let context = context();
        let (plugin, name, chosen) = model;
        let (plugin, component_of) = component(&catalogue, plugin, Kind::Model, name)?;
        let chosen = options(chosen);
        let creation = Creation { options: &chosen, context: &context };
        tch::manual_seed(SEED as i64);
        let parameters = ParameterStore::new(device);
        let model = ModelInstance::create(&plugin, &component_of, creation, &data.spec, parameters)?;
        let action = action
            .map(|(plugin, name)| -> anyhow::Result<ActionInstance> {
                let (plugin, component) = component(&catalogue, plugin, Kind::Action, name)?;
                let creation = Creation { options: &Map::new(), context: &context };
                Ok(ActionInstance::create(&plugin, &component, creation, &data.spec)?)
            })
            .transpose()?;

        let directory = tempfile::tempdir()?;
        Ok(Self {
            action: Action::new(&data.spec, action)?,
            training: Training {
                batch_size: case.batch,
                learning_rate: LEARNING_RATE,
                precision,
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
            group: group(),
            course: Course::begin(&self.run)?,
            observers: &self.observers,
        })
    }

    /// Task alone, or all three terms with one learned generator that starts as the first candidate.
    pub(crate) fn objective(&self, case: &Case) -> anyhow::Result<Objective> {
        if !case.joint {
            return Ok(Objective::plain());
        }
        let candidates = Candidates::measure(&self.action, &self.data.train.sample().first(MEASURED).inputs)?;
        // As many coordinates as there are directions, none of them 0.
        let coordinate = |i: usize| [0.9_f32, -0.3, 0.2, 0.1][i % 4];
        let start: Vec<f32> = (0..candidates.count()).map(coordinate).collect();
        let start = Tensor::from_slice(&start).reshape([1, -1]).to_device(candidates.directions().device());
        let basis = Basis::learned(&start, candidates);
        let augmenter = Augmenter::new(basis, Sampling::automatic(MAX_STRETCH), SEED, COEFFICIENTS);
        if matches!(case.network, Network::Paper) {
            // Of one generator there is nothing to keep orthogonal.
            let paper = PaperWeights { orthogonality: 0.0, ..PaperWeights::default() };
            let config = config::Objective { mode: Mode::Paper, paper, ..config::Objective::default() };
            return Ok(Objective::new(&config, augmenter, 1));
        }
        Ok(Objective::augmented(augmenter, 1.0))
    }
}

fn context() -> Context {
    Context { seed: SEED, cache_dir: String::new() }
}

fn two_body(catalogue: &Catalogue, device: Device) -> anyhow::Result<Data> {
    let (plugin, two_body) = component(catalogue, "dynamics", Kind::Dataset, "two-body")?;
    let creation = Creation { options: &Map::new(), context: &context() };
    Data::load(&DatasetInstance::create(&plugin, &two_body, creation)?, device)
}

/// Noise in the shape of pictures: what a step costs does not depend on what they show.
fn pictures(device: Device) -> Data {
    let mut label = Field::new("label", [], Representation::Scalar);
    label.dtype = FieldType::I64;
    let spec = DataSpec {
        n: 3,
        inputs: vec![Field::new("image", [1, 28, 28], Representation::Image)],
        targets: vec![label],
        task: Task::Classification { classes: 10 },
        reference: None,
    };
    let sample = || Samples {
        inputs: vec![Tensor::rand([NOISE, 1, 28, 28], (DType::Float, device))],
        targets: vec![Tensor::randint(10, [NOISE], (DType::Int64, device))],
    };
    made(spec, sample)
}

/// Noise in the shape of clouds.
fn clouds(device: Device) -> Data {
    let spec = DataSpec {
        n: 3,
        inputs: vec![Field::vectors("point", 96, 3)],
        targets: vec![Field::scalars("radius", 3)],
        task: Task::Regression,
        reference: None,
    };
    let sample = || Samples {
        inputs: vec![Tensor::randn([NOISE, 96, 3], (DType::Float, device))],
        targets: vec![Tensor::randn([NOISE, 3], (DType::Float, device))],
    };
    made(spec, sample)
}

/// Noise in the shape of molecules: atoms of five kinds, some of them there.
fn molecules(device: Device) -> Data {
    const ATOMS: i64 = 29;
    let masked = |field: Field| Field { mask: Some("mask".into()), ..field };
    let spec = DataSpec {
        n: 3,
        inputs: vec![
            masked(Field::vectors("position", ATOMS as usize, 3)),
            masked(Field::new("element", [ATOMS, 5], Representation::Scalar)),
            Field::scalars("mask", ATOMS as usize),
        ],
        targets: vec![Field::scalars("extent", 1)],
        task: Task::Regression,
        reference: None,
    };
    let sample = || {
        let float = (DType::Float, device);
        let atoms = Tensor::randint_low(12, ATOMS + 1, [NOISE, 1], (DType::Int64, device));
        let mask = Tensor::arange(ATOMS, (DType::Int64, device)).less_tensor(&atoms).to_kind(DType::Float);
        let kinds = Tensor::randint(5, [NOISE, ATOMS], (DType::Int64, device)).one_hot(5);
        let there = mask.unsqueeze(-1);
        Samples {
            inputs: vec![Tensor::randn([NOISE, ATOMS, 3], float) * &there, kinds * &there, mask],
            targets: vec![Tensor::randn([NOISE, 1], float)],
        }
    };
    made(spec, sample)
}

fn made(spec: DataSpec, sample: impl Fn() -> Samples) -> Data {
    let (train, validation, test) = (sample(), sample(), sample());
    Data {
        scaling: Scaling::fit(&spec, &train),
        spec,
        train: Train::Whole(train),
        validation,
        test,
        shifted: None,
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

    /// The loss before the update, not waited for.
    pub(crate) fn step(&mut self) -> anyhow::Result<Tensor> {
        let losses = self.steps.take(self.taken, &mut self.objective, false, false)?;
        self.taken += 1;
        Ok(losses.total)
    }
}
