//! What several processes must have in common before they train one model.

use crate::collective;
use crate::config::{Experiment, Mode, Objective, to_toml};
use crate::data::Data;
use crate::exit::Coded;
use crate::symmetry::flat;
use std::hash::{DefaultHasher, Hash, Hasher};

/// Whether the processes that train together would find what one finds.
pub(super) fn can_be_shared(experiment: &Experiment, processes: usize) -> Result<(), Coded> {
    let batch_size = experiment.training.batch_size;
    if batch_size < processes as i64 {
        return Err(Coded::usage(format!(
            "training.batch_size is {batch_size}, and {processes} processes share a batch; expected at least one sample for each: \
             start fewer, or choose larger batches"
        )));
    }
    let Objective { mode, ref paper, .. } = experiment.objective;
    if processes > 1 && mode == Mode::Paper && paper.regulariser > 0.0 {
        return Err(Coded::usage(format!(
            "objective.paper.regulariser is {}, the weight of an absolute value of a mean over the batch, which is no sum of what \
             {processes} processes find in their shares; set it to 0, or start one process",
            paper.regulariser
        )));
    }
    Ok(())
}

/// Whether this process is about to do what the first one does: all draw the same places of the data.
pub(super) fn is_shared(experiment: &Experiment, data: &Data) -> anyhow::Result<()> {
    let group = collective::group();
    if group.size() == 1 {
        return Ok(());
    }
    let mut hasher = DefaultHasher::new();
    to_toml(experiment).hash(&mut hasher);
    for split in [&data.validation, &data.test] {
        split.len().hash(&mut hasher);
        for field in split.first(1).inputs {
            flat(&field).iter().for_each(|number| number.to_bits().hash(&mut hasher));
        }
    }
    let digest = hasher.finish().to_le_bytes().map(f32::from).to_vec();
    if group.of_the_first(digest.clone())? == digest {
        return Ok(());
    }
    Err(anyhow::anyhow!(
        "process {} has another configuration or other data than the first one; every process needs the same",
        group.rank()
    ))
}
