//! Ranges of an experiment's values. Types are checked while reading, options of components by
//! [`super::check_options`]; what remains is whether the numbers make sense. Each refusal is one sentence with the
//! key, the value found and the range expected.

use super::error::ConfigError;
use super::experiment::{ComponentConfig, Experiment};
use std::fmt::Debug;

impl Experiment {
    /// Checks every range.
    ///
    /// # Errors
    /// [`ConfigError::Value`] for the first value out of its range.
    pub fn validate(&self) -> Result<(), ConfigError> {
        let positive = |value: f64| value > 0.0 && value.is_finite();
        let (training, symmetry) = (&self.training, &self.symmetry);

        // TOML's integers are signed: a larger seed could not be written into the run's config.toml.
        require("seed", self.seed, self.seed <= i64::MAX as u64, "a whole number from 0 to 2^63 - 1")?;
        require("device", &self.device, is_device(&self.device), "\"cpu\", \"cuda\" or \"cuda:N\"")?;
        require("threads", self.threads, self.threads <= 4096, "0 (one a core) to 4096")?;
        component("dataset", &self.dataset)?;
        component("model", &self.model)?;
        if let Some(action) = &self.action {
            component("action", action)?;
        }

        let at_least_one = "a whole number, at least 1";
        require("training.steps", training.steps, in_steps(training.steps), at_least_one)?;
        require("training.batch_size", training.batch_size, training.batch_size >= 1, at_least_one)?;
        let rate = training.learning_rate;
        require("training.learning_rate", rate, positive(rate), "a finite number above 0")?;
        let warm_up = training.warm_up;
        require("training.warm_up", warm_up, (0.0..=1.0).contains(&warm_up), "a part of the steps, 0 to 1")?;
        let every = training.checkpoint_every;
        require("training.checkpoint_every", every, in_steps(every), at_least_one)?;
        require("training.log_every", training.log_every, in_steps(training.log_every), at_least_one)?;

        let rate = symmetry.learning_rate;
        require("symmetry.learning_rate", rate, positive(rate), "a finite number above 0")?;
        require("symmetry.samples", symmetry.samples, symmetry.samples >= 1, at_least_one)?;
        let stretch = symmetry.max_stretch;
        let wide = stretch > 1.0 && stretch.is_finite();
        require("symmetry.max_stretch", stretch, wide, "a finite factor above 1")?;

        let weight = self.objective.equivariance;
        let usable = weight >= 0.0 && weight.is_finite();
        require("objective.equivariance", weight, usable, "a finite number, at least 0")?;

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
        let edits: [(&str, Edit); 13] = [
            ("seed", |e| e.seed = u64::MAX),
            ("device", |e| e.device = "cuda:+1".into()),
            ("threads", |e| e.threads = 5000),
            ("dataset.component", |e| e.dataset.component = "dynamics".into()),
            ("training.batch_size", |e| e.training.batch_size = -1),
            ("training.learning_rate", |e| e.training.learning_rate = f64::NAN),
            ("training.warm_up", |e| e.training.warm_up = f64::NAN),
            ("symmetry.learning_rate", |e| e.symmetry.learning_rate = 0.0),
            ("symmetry.samples", |e| e.symmetry.samples = 0),
            ("symmetry.max_stretch", |e| e.symmetry.max_stretch = 1.0),
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
