use super::evaluate::{components, evaluate, known_group};
use super::session::{Session, cache_dir, cache_dir_text};
use super::shared::{can_be_shared, is_shared};
use super::summarise::{self, Trained};
use super::{Answer, Engine, Request, Task, orbits, trained};
use crate::collective;
use crate::config::{Baseline, ComponentConfig, Experiment};
use crate::contract::{self, Depth};
use crate::data::Data;
use crate::exit::Coded;
use crate::interrupt;
use crate::plugins::place::config_directory;
use crate::plugins::probe::{Line, Memory, Transcript, Verdict};
use crate::plugins::{
    Catalogue, HostVersion, LoadError, ModelInstance, PluginFile, Policy, Prober, Registry, trust::Signed,
};
use crate::profile::span;
use crate::report::live::Observers;
use crate::report::summary::Metrics;
use crate::report::{RunDirectory, Summary, available_memory};
use crate::symmetry::Action;
use crate::torch;
use crate::training::{self, Course, Trainer};
use anyhow::Context as _;
use semola_plugin_api::abi::Kind;
use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::PathBuf;
use std::time::Duration;

/// The engine on libtorch.
#[derive(Clone, Debug)]
pub struct Libtorch {
    prober: Prober,
    policy: Policy,
}

impl Libtorch {
    /// Tries plugins, before it loads them, in child processes of the running program.
    ///
    /// # Errors
    /// The user's file that says whom to trust can't be used.
    pub fn of_this_program() -> Result<Self, Coded> {
        let memory =
            cache_dir().map_or_else(Memory::nowhere, |dir| Memory::below(&dir, torch::LIBTORCH_VERSION));
        let prober =
            std::env::current_exe().map_or_else(|_| Prober::none(), |program| Prober::new(program, memory));
        let policy = config_directory().map_or_else(
            || Ok(Policy::default()),
            |dir| Policy::read(&dir.join("plugins.toml")).map_err(Coded::usage),
        );
        Ok(Self { prober, policy: policy? })
    }
}

impl Engine for Libtorch {
    fn host_version(&self) -> HostVersion {
        HostVersion::current(torch::LIBTORCH_VERSION)
    }

    fn devices(&self) -> Result<Vec<String>, String> {
        torch::devices()
    }

    fn cache_directory(&self) -> Option<PathBuf> {
        cache_dir()
    }

    fn signature(&self, file: &PluginFile) -> Signed {
        self.policy.signature(file)
    }

    fn admit(&self, file: &PluginFile) -> Result<(), LoadError> {
        self.policy.admit(file)?;
        self.prober.admit(file)
    }

    fn known(&self, file: &PluginFile) -> Option<Verdict> {
        self.prober.known(file)
    }

    fn check(
        &self,
        file: &PluginFile,
        options: &[OsString],
        patience: Duration,
    ) -> std::io::Result<Transcript> {
        self.policy.admit(file).map_err(std::io::Error::other)?;
        self.prober.check(file, options, patience)
    }

    fn probe(&self, file: &PluginFile, catalogue: &Catalogue, depth: Depth, write: &mut dyn FnMut(Line)) {
        torch::set_threads(1);
        contract::run(file, catalogue, depth, cache_dir_text(), write);
    }

    fn default_experiment(&self, plugin: &PluginFile) -> anyhow::Result<Option<String>> {
        self.admit(plugin)?;
        let plugin = crate::plugins::LoadedPlugin::load_once(plugin)?;
        Ok(plugin.experiment().map(str::to_owned))
    }

    fn complete(&self, mut experiment: Experiment, catalogue: &Catalogue) -> anyhow::Result<Experiment> {
        torch::parse_device(&experiment.device).map_err(Coded::usage)?;
        let mut registry = Registry::default();
        for (kind, component) in chosen(&mut experiment) {
            if let Some((id, _)) = component.parts() {
                self.admit(catalogue.find(id)?)?;
            }
            let options = registry.options(catalogue, kind, component)?;
            component.options = toml_options(&component.component, &options)?;
        }
        Ok(experiment)
    }

    fn run(
        &self,
        task: Task,
        experiment: &Experiment,
        catalogue: &Catalogue,
        run: &RunDirectory,
        observers: &Observers,
    ) -> anyhow::Result<Summary> {
        interrupt::watch_signals();
        can_be_shared(experiment, collective::group().size())?;
        let course = Course::begin(run)?;
        let mut session = Session::open(experiment, catalogue)?;
        let data = Data::load(&session.dataset, session.device)?;
        is_shared(experiment, &data)?;
        let plugin_action = session.action(&data)?;
        let action = Action::new(&data.spec, plugin_action)?;
        let trainer = Trainer {
            data: &data,
            action: &action,
            training: &experiment.training,
            seed: experiment.seed,
            run,
            group: collective::group(),
            course,
            observers,
        };

        observers.plan(training::planned(experiment, action.labels(), task == Task::Discover));
        let model = session.model(&data, "model")?;
        let replica = session.model(&data, "replica")?;
        foresee_memory(&data, &model);
        let mut make = |numbers: usize| session.pose_model(&data, numbers);
        let mut discovery = training::discover(&trainer, experiment, &model, &replica, &mut make)?;
        let mut trained = None;
        let mut baselines = BTreeMap::new();
        if task == Task::Train {
            let joint = training::train_jointly(&trainer, experiment, &model, &replica, &mut discovery)?;
            observers.stage(training::EVALUATION, 0, 0)?;
            let evaluation = span!("evaluation");
            let metrics = evaluate(&data, &action, experiment, &model, joint.augmenter.as_ref())?;
            // How an element outside the group moves outputs is unknown where their representation is learned.
            let components = experiment.evaluation.components && discovery.evidence.images().is_none();
            let components = components
                .then(|| self::components(&data, &action, experiment, &model, joint.augmenter.as_ref()));
            trained = Some(Trained { joint, metrics, components: components.transpose()? });
            drop(evaluation);
            for &baseline in &experiment.evaluation.baselines {
                if let Some(metrics) =
                    train_baseline(&trainer, experiment, &session.model(&data, "model")?, baseline)?
                {
                    baselines.insert(baseline.name().to_owned(), metrics);
                }
            }
        }
        let _span = span!("summary");
        let mut summary =
            summarise::summary(experiment, &data, &action, &discovery, trained.as_ref(), baselines)?;
        orbits::keep(&data, &action, &summary.symmetry, experiment.symmetry.max_stretch, run);
        summary.plugins = session.records();
        summary.wall_s = trainer.course.wall_s();
        summary.peak_rss_mib = crate::report::peak_rss_mib();
        Ok(summary)
    }

    fn ask(&self, request: &Request<'_>, catalogue: &Catalogue) -> anyhow::Result<Answer> {
        let mut session = Session::open(request.asked, catalogue)?;
        let data = if request.asked.dataset == request.trained.dataset {
            Data::load(&session.dataset, session.device)?
        } else {
            // What the model sees is in the units of its training data.
            let before = Data::load(&Session::open(request.trained, catalogue)?.dataset, session.device)?;
            trained::same_fields(&before.spec, session.dataset.spec())?;
            Data::load_scaled(&session.dataset, session.device, before.scaling)?
        };
        let plugin_action = session.action(&data)?;
        let action = Action::new(&data.spec, plugin_action)?;
        let model = session.model(&data, "model")?;
        trained::answer(request, &data, &action, &model)
    }
}

/// Says how much memory the run is going to take, but for what a step computes in between.
fn foresee_memory(data: &Data, model: &ModelInstance) {
    let numbers: usize = model.parameters().trainable().iter().map(tch::Tensor::numel).sum();
    // Values, gradients and two moments, as 32-bit floats, of the model and of its replica.
    let (data, models) = (data.bytes() >> 20, (2 * 4 * 4 * numbers) >> 20);
    tracing::info!(
        data_mib = data,
        models_mib = models,
        "memory that the run takes, but for what its steps compute in between"
    );
    // The data are in memory already.
    let free = available_memory().map(|bytes| bytes >> 20);
    if let Some(free) = free.filter(|&free| free < models as u64) {
        tracing::warn!(
            "the models take {models} MiB more, and {free} MiB are free: the system may end the run; take a smaller model, fewer \
             samples, or data that are read in blocks"
        );
    }
}

/// The components that an experiment names, with their kinds.
fn chosen(experiment: &mut Experiment) -> Vec<(Kind, &mut ComponentConfig)> {
    let mut components = vec![(Kind::Dataset, &mut experiment.dataset), (Kind::Model, &mut experiment.model)];
    components.extend(experiment.action.as_mut().map(|action| (Kind::Action, action)));
    components
}

/// Options as TOML. An option whose default is null and that was not set is left out: TOML has no null.
fn toml_options(
    component: &str,
    options: &serde_json::Map<String, serde_json::Value>,
) -> anyhow::Result<BTreeMap<String, toml::Value>> {
    options
        .iter()
        .filter(|(_, value)| !value.is_null())
        .map(|(name, value)| {
            let value = toml::Value::try_from(value).with_context(|| {
                format!("option `{name}` of {component} has a value that TOML cannot hold")
            })?;
            Ok((name.clone(), value))
        })
        .collect()
}

/// The same backbone from the same start, without augmentation or with the known group. `None` where there is
/// no known group to augment with.
fn train_baseline(
    trainer: &Trainer<'_>,
    experiment: &Experiment,
    model: &ModelInstance,
    baseline: Baseline,
) -> anyhow::Result<Option<Metrics>> {
    let reference = match (baseline, trainer.action.reference()) {
        (Baseline::Plain, _) => None,
        (Baseline::Oracle, Some(reference)) => Some(reference),
        (Baseline::Oracle, None) => {
            tracing::warn!("there is no oracle baseline: the data set does not say which group acts on it");
            return Ok(None);
        }
    };
    let known =
        || reference.map(|reference| known_group(reference, experiment, model, "oracle/coefficients"));
    training::train_baseline(trainer, experiment, model, baseline.name(), known())?;
    Ok(Some(evaluate(trainer.data, trainer.action, experiment, model, known().as_ref())?))
}
