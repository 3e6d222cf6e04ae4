//! Which checkpoints of the run's own stages stay beside the last one: the newest few, and the best.
//!
//! Stages that train models to compare with leave none here. A stage has its own best: what another stage minimised is no
//! measure for it.

use super::checkpoint::Checkpoint;
use super::course::Place;
use super::trainer::{Stage, Trainer};
use crate::evaluation;
use crate::plugins::ModelInstance;
use crate::report::RunDirectory;
use anyhow::Context;
use std::io;
use std::path::PathBuf;

/// The best one's name.
const BEST: &str = "best";
/// The validation error of the best one, in its facts: see [`evaluation::held_out_error`].
const ERROR: &str = "validation_error";

/// Keeps a checkpoint of the model as it is now, as `training.keep_last` and `training.keep_best` ask.
///
/// # Errors
/// The model's own; a file cannot be written, read or removed.
pub(super) fn retain(
    trainer: &Trainer<'_>,
    (stage, place, step): (Stage, &Place, u64),
    model: &ModelInstance,
    learned: &Checkpoint,
) -> anyhow::Result<()> {
    if !stage.own {
        return Ok(());
    }
    let (run, training) = (trainer.run, trainer.training);
    if training.keep_last > 0 {
        learned.write(run, &format!("{}-{step:08}", place.name()))?;
        let mut kept = numbered(run)?;
        kept.sort();
        let newest = kept.len().saturating_sub(training.keep_last);
        kept[..newest].iter().try_for_each(remove)?;
    }
    if training.keep_best {
        let error = evaluation::held_out_error(model, trainer.data, &trainer.data.validation)?;
        let path = run.checkpoint(BEST);
        let best: Option<Checkpoint> = path.exists().then(|| Checkpoint::read(&path)).transpose()?;
        let least = best.filter(|best| best.facts.get("stage").is_some_and(|of| of == stage.name));
        let least = least.map(|best| best.fact::<f64>(ERROR)).transpose()?;
        if error.is_finite() && least.is_none_or(|least| error < least) {
            let mut better = learned.shallow_clone();
            better.facts.insert(ERROR.to_owned(), error.to_string());
            better.write(run, BEST)?;
        }
    }
    Ok(())
}

/// Takes away what was kept: it is of a model that the run has given up.
///
/// # Errors
/// A file cannot be removed.
pub(super) fn forget(run: &RunDirectory) -> anyhow::Result<()> {
    numbered(run)?.iter().chain([&run.checkpoint(BEST)]).try_for_each(remove)
}

/// What `keep_last` has kept: "02-joint-00000250.safetensors", the stage's number in the run, its name, its step.
fn numbered(run: &RunDirectory) -> anyhow::Result<Vec<PathBuf>> {
    let directory = run.join("checkpoints");
    let entries = match std::fs::read_dir(&directory) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries.with_context(|| format!("cannot read {}", directory.display()))?,
    };
    let is_numbered = |path: &PathBuf| {
        let name = path.file_stem().and_then(|stem| stem.to_str()).unwrap_or_default();
        let ends = name.split_once('-').zip(name.rsplit_once('-'));
        ends.is_some_and(|((number, _), (_, step))| {
            number.parse::<u64>().is_ok() && step.parse::<u64>().is_ok()
        })
    };
    Ok(entries.filter_map(|entry| Some(entry.ok()?.path())).filter(is_numbered).collect())
}

fn remove(path: &PathBuf) -> anyhow::Result<()> {
    match std::fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => {
            Err(error).with_context(|| format!("cannot remove {}", path.display()))
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_was_kept_by_number_goes() {
        let root = tempfile::tempdir().expect("a temporary directory");
        let run = RunDirectory::create(Some(&root.path().join("run")), "x", 0, "").expect("writable");
        forget(&run).expect("there is nothing yet");
        std::fs::create_dir_all(run.stages()).expect("writable");
        let names = ["00-warm_up-00000250", "02-joint-00000500", "best", "last", "plain", "my-own-500"];
        for name in names {
            std::fs::write(run.checkpoint(name), b"").expect("writable");
        }
        let mut found = numbered(&run).expect("readable");
        found.sort();
        assert_eq!(found, names[..2].iter().map(|name| run.checkpoint(name)).collect::<Vec<_>>());
        forget(&run).expect("removable");
        let left = names.iter().filter(|name| run.checkpoint(name).exists()).collect::<Vec<_>>();
        assert_eq!(left, [&"last", &"plain", &"my-own-500"]);
        assert!(run.stages().is_dir());
    }
}
