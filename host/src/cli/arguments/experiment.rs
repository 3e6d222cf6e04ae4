//! Options of an experiment: what is run, with which settings, where to.

use clap::{Args, ValueEnum};
use std::path::{Path, PathBuf};

/// Options of an experiment.
#[derive(Args, Clone, Debug, Default, PartialEq)]
pub struct ExperimentOptions {
    /// Run the default experiment of this plugin
    ///
    /// A name is looked for in the search path (see --plugin-dir). A path (with a `/` in it, or ending in
    /// .so) is that file, whatever else has the same name.
    #[arg(long, value_name = "NAME|PATH", help_heading = "Experiment")]
    pub plugin: Option<String>,
    /// Take arrays of your own: an .npz, .safetensors, .csv or .parquet file, or a directory of .npy files
    ///
    /// Short for `--plugin tensors --set dataset.data=FILE`. Each array's part (input or target, vector or
    /// scalar) is told by a spec, see --spec. Where there is none yet, the arrays and shapes that were found
    /// are printed as one to fill in.
    #[arg(long, value_name = "FILE", help_heading = "Experiment")]
    pub data: Option<PathBuf>,
    /// What the arrays of --data are, in TOML [default: beside the data, ending in .toml]
    ///
    /// Short for `--set dataset.spec=FILE`. README.md of the plugin tensors shows every key.
    #[arg(long, value_name = "FILE", help_heading = "Experiment")]
    pub spec: Option<PathBuf>,
    /// Read the experiment from a TOML file, on top of the plugin's default
    #[arg(long, value_name = "FILE", help_heading = "Experiment")]
    pub config: Option<PathBuf>,
    /// Change one setting, on top of --config; may be repeated, the last one wins
    ///
    /// KEY is dotted, as in `training.steps=500`, `dataset.noise=0.1`, `symmetry.generators=auto`. VALUE is
    /// TOML; a bare word is taken as a string. `config show` prints every key.
    #[arg(long = "set", value_name = "KEY=VALUE", help_heading = "Experiment")]
    pub sets: Vec<String>,
    /// Write the run into this directory, which must not exist or be empty
    /// [default: runs/PLUGIN-DATE-TIME-sSEED]
    #[arg(long, value_name = "DIR", help_heading = "Experiment")]
    pub out: Option<PathBuf>,
    /// Seed of every random number of the run; the same seed gives the same result
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(..=i64::MAX as u64),
        help_heading = "Experiment")]
    pub seed: Option<u64>,
    /// Compute on cpu, cuda or cuda:N
    #[arg(long, value_name = "DEVICE", help_heading = "Experiment")]
    pub device: Option<String>,
    /// Use N threads on the CPU; 0: one a core
    #[arg(long, value_name = "N", help_heading = "Experiment")]
    pub threads: Option<u64>,
    /// Use no other plugin files than those that this plugins.lock (of an earlier run) names
    #[arg(long, value_name = "FILE", help_heading = "Experiment")]
    pub locked: Option<PathBuf>,
    /// Train these models too, to compare with
    ///
    /// `plain` is the same model without augmentation, `oracle` is the same model augmented with the group
    /// that the data set declares. Without a list: both.
    #[arg(long, value_name = "LIST", num_args = 0..=1, require_equals = true, value_delimiter = ',',
        default_missing_values = ["plain", "oracle"], help_heading = "Experiment")]
    pub baselines: Option<Vec<BaselineName>>,
}

/// `--baselines`
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum BaselineName {
    /// No augmentation.
    Plain,
    /// The known group.
    Oracle,
}

impl ExperimentOptions {
    /// These options (behind the verb) together with those in front of it; where only one can hold, these.
    pub fn over(mut self, root: &Self) -> Self {
        self.sets.splice(0..0, root.sets.iter().cloned());
        Self {
            plugin: self.plugin.or_else(|| root.plugin.clone()),
            data: self.data.or_else(|| root.data.clone()),
            spec: self.spec.or_else(|| root.spec.clone()),
            config: self.config.or_else(|| root.config.clone()),
            sets: self.sets,
            out: self.out.or_else(|| root.out.clone()),
            seed: self.seed.or(root.seed),
            device: self.device.or_else(|| root.device.clone()),
            threads: self.threads.or(root.threads),
            locked: self.locked.or_else(|| root.locked.clone()),
            baselines: self.baselines.or_else(|| root.baselines.clone()),
        }
    }

    /// `--set` and the options that are short for one, those last: the more particular wins.
    pub fn all_sets(&self) -> Vec<String> {
        let mut sets = self.sets.clone();
        for (key, path) in [("data", &self.data), ("spec", &self.spec)] {
            // A path that is no text cannot be a setting: `prepare` refuses it.
            let path = path.as_deref().and_then(Path::to_str);
            sets.extend(path.map(|path| format!("dataset.{key}={}", toml::Value::from(path))));
        }
        sets.extend(self.seed.map(|seed| format!("seed={seed}")));
        sets.extend(self.threads.map(|threads| format!("threads={threads}")));
        sets.extend(
            self.device.as_ref().map(|device| format!("device={}", toml::Value::from(device.as_str()))),
        );
        if let Some(baselines) = &self.baselines {
            let names: Vec<String> =
                baselines.iter().map(|name| format!("{name:?}").to_lowercase()).collect();
            sets.push(format!("evaluation.baselines={}", toml::Value::from(names)));
        }
        sets
    }
}
