//! Ranges of an experiment's values. Types are checked while reading, options of components by
//! [`super::check_options`]; what remains is whether the numbers make sense. Each refusal is one sentence with the
//! key, the value found and the range expected.

use super::error::ConfigError;
use super::experiment::{ComponentConfig, Experiment};
use super::method::{Objective, Range, Start, Symmetry};
use std::fmt::Debug;

impl Experiment {
    /// Checks every range.
    ///
    /// # Errors
    /// [`ConfigError::Value`] for the first value out of its range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let training = &self.training;

        // TOML's integers are signed: a larger seed could not be written into the run's config.toml.
        require("seed", self.seed, self.seed <= i64::MAX as u64, "a whole number from 0 to 2^63 - 1")?;
        require("device", &self.device, is_device(&self.device), "\"cpu\", \"cuda\" or \"cuda:N\"")?;
        require("threads", self.threads, self.threads <= 4096, "0 (one a core) to 4096")?;
        component("dataset", &self.dataset)?;
        component("model", &self.model)?;
        if let Some(action) = &self.action {
            component("action", action)?;
        }

        require("training.steps", training.steps, in_steps(training.steps), AT_LEAST_ONE)?;
        require("training.batch_size", training.batch_size, training.batch_size >= 1, AT_LEAST_ONE)?;
        let rate = training.learning_rate;
        require("training.learning_rate", rate, positive(rate), "a finite number above 0")?;
        let warm_up = training.warm_up;
        require("training.warm_up", warm_up, (0.0..=1.0).contains(&warm_up), "a part of the steps, 0 to 1")?;
        let smoothing = training.label_smoothing;
        require(
            "training.label_smoothing",
            smoothing,
            (0.0..1.0).contains(&smoothing),
            "a part, 0 to below 1",
        )?;
        let every = training.checkpoint_every;
        require("training.checkpoint_every", every, in_steps(every), AT_LEAST_ONE)?;
        require("training.log_every", training.log_every, in_steps(training.log_every), AT_LEAST_ONE)?;

        self.symmetry.validate()?;
        self.objective.validate()?;

        let baselines = &self.evaluation.baselines;
        let unique = baselines.iter().enumerate().all(|(i, baseline)| !baselines[..i].contains(baseline));
        require("evaluation.baselines", baselines, unique, "each baseline at most once")?;
        let average = self.evaluation.average;
        require("evaluation.average", average, average <= 4096, "0 (off) to 4096 elements a sample")
    }

    /// Checks that the experiment says what to train on what.
    ///
    /// # Errors
    /// [`ConfigError::Missing`] when it names no data set or no model.
    pub fn require_components(&self) -> Result<(), ConfigError> {
        for (what, chosen) in [("dataset", &self.dataset), ("model", &self.model)] {
            if chosen.component.is_empty() {
                return Err(ConfigError::Missing { what });
            }
        }
        Ok(())
    }
}

impl Symmetry {
    fn validate(&self) -> Result<(), ConfigError> {
        let above_0 = "a finite number above 0";
        let (rate, tolerance) = (self.learning_rate, self.extent_tolerance);
        require("symmetry.learning_rate", rate, positive(rate), above_0)?;
        require("symmetry.samples", self.samples, self.samples >= 1, AT_LEAST_ONE)?;
        require(
            "symmetry.bootstrap",
            self.bootstrap,
            self.bootstrap <= 10_000,
            "0 (none) to 10000 resamples",
        )?;
        let copies = self.augmentations;
        require("symmetry.augmentations", copies, (1..=1024).contains(&copies), "1 to 1024 copies")?;
        if let Range::Fixed(range) = self.range {
            require(
                "symmetry.range",
                range,
                positive(range),
                "\"automatic\", \"learned\" or a number above 0",
            )?;
        }
        let stretch = self.max_stretch;
        let wide = stretch > 1.0 && stretch.is_finite();
        require("symmetry.max_stretch", stretch, wide, "a finite factor above 1")?;
        require("symmetry.extent_tolerance", tolerance, positive(tolerance), above_0)?;
        let goes_together = self.basis.is_some() == (self.start == Start::Given);
        let expected = "an algebra's name or a file if symmetry.start is \"given\", and not set otherwise";
        require("symmetry.basis", self.basis.as_deref().unwrap_or(""), goes_together, expected)
    }
}

impl Objective {
    fn validate(&self) -> Result<(), ConfigError> {
        let paper = &self.paper;
        let weights = [
            ("equivariance", self.equivariance),
            ("paper.task", paper.task),
            ("paper.augmented", paper.augmented),
            ("paper.equivariance", paper.equivariance),
            ("paper.regulariser", paper.regulariser),
            ("paper.orthogonality", paper.orthogonality),
            ("paper.sparsity", paper.sparsity),
        ];
        for (key, weight) in weights {
            let usable = weight >= 0.0 && weight.is_finite();
            require(&format!("objective.{key}"), weight, usable, "a finite number, at least 0")?;
        }
        for (key, value) in [("tolerance", self.tolerance), ("ascent", self.ascent)] {
            require(&format!("objective.{key}"), value, positive(value), "a finite number above 0")?;
        }
        require("objective.paper.task", paper.task, positive(paper.task), "a finite number above 0")?;
        let teaches = paper.augmented > 0.0 || paper.equivariance > 0.0;
        let expected =
            "above 0 where objective.paper.equivariance is 0: nothing else tells the basis of the symmetry";
        require("objective.paper.augmented", paper.augmented, teaches, expected)
    }
}

impl ComponentConfig {
    /// "plugin/component" in its two parts; nothing when it is of another form.
    pub fn parts(&self) -> Option<(&str, &str)> {
        let (plugin, name) = self.component.split_once('/')?;
        (!plugin.is_empty() && !name.is_empty() && !name.contains('/')).then_some((plugin, name))
    }
}

fn require(key: &str, found: impl Debug, holds: bool, expected: &str) -> Result<(), ConfigError> {
    if holds {
        return Ok(());
    }
    Err(ConfigError::Value { key: key.into(), found: format!("{found:?}"), expected: expected.into() })
}

const AT_LEAST_ONE: &str = "a whole number, at least 1";

fn positive(value: f64) -> bool {
    value > 0.0 && value.is_finite()
}

fn in_steps(count: u64) -> bool {
    (1..=i64::MAX as u64).contains(&count)
}

fn component(table: &str, config: &ComponentConfig) -> Result<(), ConfigError> {
    let holds = config.component.is_empty() || config.parts().is_some();
    require(&format!("{table}.component"), &config.component, holds, "PLUGIN/COMPONENT, e.g. \"mlp/mlp\"")
}

fn is_device(device: &str) -> bool {
    let index = device.strip_prefix("cuda:");
    device == "cpu"
        || device == "cuda"
        || index.is_some_and(|index| {
            index.bytes().all(|byte| byte.is_ascii_digit()) && index.parse::<u8>().is_ok()
        })
}

#[cfg(test)]
mod tests {
    use super::super::experiment::Baseline;
    use super::*;

    fn refusal(edit: impl FnOnce(&mut Experiment)) -> String {
        let mut experiment = Experiment::default();
        edit(&mut experiment);
        experiment.validate().expect_err("the value is out of its range").to_string()
    }

    #[test]
    fn the_default_is_valid_but_names_no_data() {
        let experiment = Experiment::default();
        experiment.validate().expect("valid");
        let message = experiment.require_components().expect_err("no data set").to_string();
        assert!(message.contains("--set dataset.component=PLUGIN/COMPONENT"), "{message}");
    }

    #[test]
    fn each_range_has_its_sentence() {
        assert_eq!(
            refusal(|e| e.training.steps = 0),
            "`training.steps` is 0: expected a whole number, at least 1"
        );
        assert_eq!(
            refusal(|e| e.training.warm_up = 1.5),
            "`training.warm_up` is 1.5: expected a part of the steps, 0 to 1"
        );
        assert_eq!(
            refusal(|e| e.device = "gpu".into()),
            "`device` is \"gpu\": expected \"cpu\", \"cuda\" or \"cuda:N\""
        );
        type Edit = fn(&mut Experiment);
        let edits: [(&str, Edit); 22] = [
            ("seed", |e| e.seed = u64::MAX),
            ("device", |e| e.device = "cuda:+1".into()),
            ("threads", |e| e.threads = 5000),
            ("dataset.component", |e| e.dataset.component = "dynamics".into()),
            ("training.batch_size", |e| e.training.batch_size = -1),
            ("training.learning_rate", |e| e.training.learning_rate = f64::NAN),
            ("training.warm_up", |e| e.training.warm_up = f64::NAN),
            ("training.label_smoothing", |e| e.training.label_smoothing = 1.0),
            ("symmetry.learning_rate", |e| e.symmetry.learning_rate = 0.0),
            ("symmetry.samples", |e| e.symmetry.samples = 0),
            ("symmetry.max_stretch", |e| e.symmetry.max_stretch = 1.0),
            ("symmetry.bootstrap", |e| e.symmetry.bootstrap = 1_000_000),
            ("symmetry.augmentations", |e| e.symmetry.augmentations = 0),
            ("symmetry.range", |e| e.symmetry.range = Range::Fixed(0.0)),
            ("symmetry.extent_tolerance", |e| e.symmetry.extent_tolerance = -0.1),
            ("symmetry.basis", |e| e.symmetry.start = Start::Given),
            ("objective.tolerance", |e| e.objective.tolerance = 0.0),
            ("objective.paper.sparsity", |e| e.objective.paper.sparsity = -1.0),
            ("objective.paper.augmented", |e| {
                e.objective.paper.augmented = 0.0;
                e.objective.paper.equivariance = 0.0;
            }),
            ("objective.equivariance", |e| e.objective.equivariance = f64::INFINITY),
            ("evaluation.baselines", |e| e.evaluation.baselines = vec![Baseline::Plain, Baseline::Plain]),
            ("evaluation.average", |e| e.evaluation.average = 4097),
        ];
        for (key, edit) in edits {
            let message = refusal(edit);
            assert!(message.starts_with(&format!("`{key}` is ")), "{message}");
        }
    }

    #[test]
    fn devices() {
        for good in ["cpu", "cuda", "cuda:0", "cuda:12"] {
            assert!(is_device(good), "{good}");
        }
        for bad in ["", "CPU", "cuda:", "cuda:-1", "cuda:x", "cuda:300", "mps"] {
            assert!(!is_device(bad), "{bad}");
        }
    }
}
