//! The model of a finished run at work again: measured anew, or asked for predictions.

use super::evaluate::evaluate;
use crate::config::Experiment;
use crate::data::{Data, Samples};
use crate::evaluation;
use crate::exit::Coded;
use crate::plugins::ModelInstance;
use crate::report::summary::{Metrics, Summary};
use crate::report::{Array, Values};
use crate::symmetry::{Action, Augmenter, Basis, Sampling, from_rows, to_tensor};
use crate::training::Checkpoint;
use anyhow::Context;
use nalgebra::DMatrix;
use semola_plugin_api::{DataSpec, FieldType, Mode, Split, Task};
use std::path::Path;
use tch::{Device, Kind, Tensor};

/// What is asked of the model of a finished run.
#[derive(Debug)]
pub struct Request<'a> {
    /// The file with what the run has learned.
    pub checkpoint: &'a Path,
    /// Its result.
    pub summary: &'a Summary,
    /// Its experiment.
    pub trained: &'a Experiment,
    /// The same, or with another data set of the same fields.
    pub asked: &'a Experiment,
    /// Whose predictions are wanted.
    pub predictions: Option<Split>,
}

/// What it answers.
#[derive(Debug)]
pub struct Answer {
    /// On the test splits.
    pub metrics: Metrics,
    /// For each target field its name and predictions `[samples, field shape]` in the data's own units (for labels:
    /// probabilities `[samples, classes]`), and `NAME.target`, what the data say; `NAME.input` for each input. Averaged over the group that the model was
    /// trained with where `evaluation.average` is not 0.
    pub predictions: Vec<Array>,
}

/// Checks that a model of one data set can be asked about another.
pub(super) fn same_fields(trained: &DataSpec, asked: &DataSpec) -> anyhow::Result<()> {
    let fields = |spec: &DataSpec| -> Vec<String> {
        let field = |field: &semola_plugin_api::Field| format!("{} {:?}", field.name, field.shape);
        spec.inputs.iter().chain(&spec.targets).map(field).collect()
    };
    let (expected, found) = (fields(trained), fields(asked));
    if expected != found || trained.task != asked.task {
        let message = format!(
            "the data have the fields {}, and the model was trained on {}: give it data of the same kind",
            found.join(", "),
            expected.join(", ")
        );
        return Err(Coded::usage(message).into());
    }
    Ok(())
}

/// Fills a fresh model with what the run has learned, and asks it.
pub(super) fn answer(
    request: &Request<'_>,
    data: &Data,
    action: &Action,
    model: &ModelInstance,
) -> anyhow::Result<Answer> {
    let path = request.checkpoint;
    let checkpoint = Checkpoint::read(path)?;
    for (name, mut parameter) in model.parameters().named() {
        checkpoint
            .copy_into(&format!("model.{name}"), &mut parameter)
            .with_context(|| format!("{} is of another model than the experiment's", path.display()))?;
    }
    let device = model.parameters().trainable().first().map_or(Device::Cpu, Tensor::device);
    let group = group(request.summary, request.trained, device);
    let metrics = evaluate(data, action, request.asked, model, group.as_ref())?;
    let predictions = match request.predictions {
        Some(split) => {
            let samples = match split {
                Split::Train => data.train.sample(),
                Split::Validation => &data.validation,
                Split::Test => &data.test,
                Split::Shifted => data
                    .shifted
                    .as_ref()
                    .ok_or_else(|| Coded::usage("the data set has no shifted split; ask for --split test"))?,
            };
            predictions(request.asked, data, action, model, group, samples)?
        }
        None => Vec::new(),
    };
    Ok(Answer { metrics, predictions })
}

/// The group that the run's model was trained with.
fn group(summary: &Summary, experiment: &Experiment, device: Device) -> Option<Augmenter> {
    let symmetry = &summary.symmetry;
    if symmetry.generators.is_empty() {
        return None;
    }
    let tensor = |matrices: Vec<DMatrix<f64>>| to_tensor(&matrices, device);
    let generators =
        tensor(symmetry.generators.iter().map(|generator| from_rows(&generator.matrix)).collect());
    let output =
        symmetry.output.as_ref().map(|output| tensor(output.iter().map(|rows| from_rows(rows)).collect()));
    let sampling = Sampling::new(&experiment.symmetry);
    let mut group = Augmenter::new(Basis::Fixed { generators, output }, sampling, experiment.seed, "asked");
    group.set_ranges(Some(symmetry.generators.iter().map(|generator| generator.range).collect()));
    Some(group)
}

fn predictions(
    experiment: &Experiment,
    data: &Data,
    action: &Action,
    model: &ModelInstance,
    group: Option<Augmenter>,
    samples: &Samples,
) -> anyhow::Result<Vec<Array>> {
    let task = data.spec.task;
    let backbone = |inputs: &[Tensor]| Ok(model.forward(inputs, Mode::Eval)?);
    let mut average = group.map(|group| (group, experiment.evaluation.average));
    let average = average.as_mut().filter(|(_, draws)| *draws > 0).map(|(group, draws)| (group, *draws));
    let answers = evaluation::predictions(&backbone, action, task, samples, average)?;
    let inputs = data.spec.inputs.iter().zip(&data.scaling.inputs).zip(&samples.inputs);
    let mut arrays: Vec<Array> = inputs
        .map(|((field, scale), input)| array(format!("{}.input", field.name), &scale.undo(input)))
        .collect();
    let fields = data.spec.targets.iter().zip(&data.scaling.targets);
    for ((field, scale), (answer, target)) in fields.zip(answers.iter().zip(&samples.targets)) {
        // Probabilities have no units.
        let physical =
            if matches!(task, Task::Regression) { scale.undo(answer) } else { answer.shallow_clone() };
        arrays.push(array(field.name.clone(), &physical));
        let target = if field.dtype == FieldType::F32 { scale.undo(target) } else { target.shallow_clone() };
        arrays.push(array(format!("{}.target", field.name), &target));
    }
    Ok(arrays)
}

fn array(name: String, tensor: &Tensor) -> Array {
    let tensor = tensor.detach().to_device(Device::Cpu);
    let shape = tensor.size().iter().map(|&length| length as usize).collect();
    let flat = |kind: Kind| tensor.to_kind(kind).contiguous().flatten(0, -1);
    let values = if tensor.is_floating_point() {
        Values::Floats(
            Vec::try_from(flat(Kind::Float)).expect("a flat tensor of floats on the CPU is a vector"),
        )
    } else {
        Values::Integers(
            Vec::try_from(flat(Kind::Int64)).expect("a flat tensor of integers on the CPU is a vector"),
        )
    };
    Array { name, shape, values }
}
