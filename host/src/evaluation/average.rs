use super::CHUNK;
use super::metrics::Tally;
use crate::data::Samples;
use crate::symmetry::{Action, Augmenter, Backbone, times};
use semola_plugin_api::Task;
use std::collections::BTreeMap;
use tch::{Kind, Tensor};

/// A metric of averaged predictions.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// Its value.
    pub value: f64,
    /// Its standard error from the randomness of the draws alone, by the jackknife over the draws; absent for one draw.
    pub standard_error: Option<f64>,
}

/// Metrics of predictions averaged over the group, `(1/K) Σ_j ρ_y(g_j)⁻¹ f(g_j x)` with `K = draws` (at least 1)
/// elements drawn for each sample; for classification (`backbone` gives logits) the mean of the probabilities. The
/// identity is not forced in. Names are those of [`super::metrics`].
///
/// The standard error is the jackknife's: each metric is computed K times without one of the draws. It is about right
/// where the backbone errs on the average too, and up to half too wide where all that is left is the draws' own noise.
///
/// # Errors
/// The backbone's or the action's own.
pub fn averaged_metrics(
    backbone: Backbone<'_>,
    action: &Action,
    task: Task,
    samples: &Samples,
    augmenter: &mut Augmenter,
    draws: usize,
) -> anyhow::Result<BTreeMap<String, Estimate>> {
    let _no_grad = tch::no_grad_guard();
    let mut whole = Tally::new(task);
    let mut without: Vec<Tally> = vec![Tally::new(task); if draws > 1 { draws } else { 0 }];
    let together = (CHUNK / draws as i64).max(1);
    let mut start = 0;
    while start < samples.len() {
        let chunk = samples.narrow(start, together.min(samples.len() - start));
        let predictions = answers(backbone, action, task, &chunk.inputs, augmenter, draws)?;
        let sums: Vec<Tensor> = predictions
            .iter()
            .map(|field| field.sum_dim_intlist([0_i64].as_slice(), false, Kind::Double))
            .collect();
        let mean = |sums: Vec<Tensor>, count: usize| -> Vec<Tensor> {
            let means = sums.into_iter().map(|sum| sum / count as f64);
            match task {
                Task::Regression => means.collect(),
                Task::Classification { .. } => means.map(|p| p.clamp_min(f64::MIN_POSITIVE).log()).collect(),
            }
        };
        for (draw, tally) in without.iter_mut().enumerate() {
            let rest = sums.iter().zip(&predictions).map(|(sum, field)| sum - field.get(draw as i64));
            tally.add(&mean(rest.collect(), draws - 1), &chunk.targets);
        }
        whole.add(&mean(sums, draws), &chunk.targets);
        start += together;
    }
    let without: Vec<BTreeMap<String, f64>> = without.iter().map(Tally::metrics).collect();
    let estimate = |(name, value): (String, f64)| {
        let parts: Vec<f64> = without.iter().filter_map(|metrics| metrics.get(&name)).copied().collect();
        (name, Estimate { value, standard_error: jackknife(&parts) })
    };
    Ok(whole.metrics().into_iter().map(estimate).collect())
}

/// Predictions for a split, one field after the other: of a regression as the model gives them, for labels probabilities. With
/// an augmenter, averaged over so many elements for each sample, at least 1.
///
/// # Errors
/// The backbone's or the action's own.
pub fn predictions(
    backbone: Backbone<'_>,
    action: &Action,
    task: Task,
    samples: &Samples,
    mut average: Option<(&mut Augmenter, usize)>,
) -> anyhow::Result<Vec<Tensor>> {
    let _no_grad = tch::no_grad_guard();
    let together = (CHUNK / average.as_ref().map_or(1, |(_, draws)| *draws as i64)).max(1);
    let mut chunks: Vec<Vec<Tensor>> = Vec::new();
    let mut start = 0;
    while start < samples.len() {
        let chunk = samples.narrow(start, together.min(samples.len() - start));
        let fields = match &mut average {
            Some((augmenter, draws)) => answers(backbone, action, task, &chunk.inputs, augmenter, *draws)?
                .iter()
                .map(|field| field.mean_dim([0_i64].as_slice(), false, Kind::Double))
                .collect(),
            None => match task {
                Task::Regression => backbone(&chunk.inputs)?,
                Task::Classification { .. } => {
                    backbone(&chunk.inputs)?.iter().map(|logits| logits.softmax(-1, Kind::Double)).collect()
                }
            },
        };
        chunks.push(fields);
        start += together;
    }
    let fields = chunks.first().map_or(0, Vec::len);
    Ok((0..fields)
        .map(|field| Tensor::cat(&chunks.iter().map(|chunk| &chunk[field]).collect::<Vec<_>>(), 0))
        .collect())
}

/// `ρ_y(g_j)⁻¹ f(g_j x)` or probabilities, `[draws, samples, …]` each, double precision.
fn answers(
    backbone: Backbone<'_>,
    action: &Action,
    task: Task,
    inputs: &[Tensor],
    augmenter: &mut Augmenter,
    draws: usize,
) -> anyhow::Result<Vec<Tensor>> {
    let (draws, samples) = (draws as i64, inputs[0].size()[0]);
    let repeated: Vec<Tensor> = inputs.iter().map(|field| times(field, draws)).collect();
    let element = augmenter.sample(draws * samples);
    let predictions = backbone(&action.move_inputs(&element.g, &repeated)?)?;
    let back = match task {
        Task::Regression => action.move_targets(&element.inverse(), &predictions)?,
        Task::Classification { .. } => {
            predictions.iter().map(|logits| logits.softmax(-1, Kind::Double)).collect()
        }
    };
    Ok(back
        .iter()
        .map(|field| {
            let shape: Vec<i64> = [draws, samples].into_iter().chain(field.size()[1..].to_vec()).collect();
            field.to_kind(Kind::Double).reshape(shape)
        })
        .collect())
}

/// Standard error of a statistic from its values without one observation each (Efron 1982): `√((K−1)/K Σ (v_j − v̄)²)`.
fn jackknife(parts: &[f64]) -> Option<f64> {
    let count = parts.len() as f64;
    let mean = parts.iter().sum::<f64>() / count;
    let square: f64 = parts.iter().map(|part| (part - mean).powi(2)).sum();
    (parts.len() > 1).then(|| (square * (count - 1.0) / count).sqrt())
}
