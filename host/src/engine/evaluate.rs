//! What is measured on a trained model, and with which group.

use super::summarise::reference_matrices;
use crate::config::Experiment;
use crate::data::{Data, Samples};
use crate::evaluation::{
    self, ComponentTest, averaged_metrics, comparable, equivariance_curves, equivariance_error,
    lie_derivative_error, metrics, test_components,
};
use crate::plugins::ModelInstance;
use crate::report::summary::{Averaged, EquivarianceCurve, Estimate, Metrics};
use crate::symmetry::components::{IdentityComponent, candidates, group_of};
use crate::symmetry::{Action, Augmenter, Basis, Sampling, algebra, to_matrices, to_rows, to_tensor};
use semola_plugin_api::{Mode, Reference};
use std::collections::BTreeMap;
use tch::{Device, Tensor};

/// The group that a data set declares, with a random stream of its own.
pub(super) fn known_group(
    reference: &Reference,
    experiment: &Experiment,
    model: &ModelInstance,
    stream: &str,
) -> Augmenter {
    let device = model.parameters().trainable().first().map_or(Device::Cpu, Tensor::device);
    let generators = to_tensor(&reference_matrices(reference), device);
    let sampling = Sampling::automatic(experiment.symmetry.max_stretch);
    Augmenter::new(Basis::fixed(generators), sampling, experiment.seed, stream)
}

/// Figures on the held-out splits of a model that was trained with a group, or without one.
///
/// Equivariance is measured under the known group where there is one, so that models can be compared, otherwise under
/// the group found; averages run over the group that the model was trained with.
pub(super) fn evaluate(
    data: &Data,
    action: &Action,
    experiment: &Experiment,
    model: &ModelInstance,
    trained_with: Option<&Augmenter>,
) -> anyhow::Result<Metrics> {
    let task = data.spec.task;
    let logits = |inputs: &[Tensor]| Ok(model.forward(inputs, Mode::Eval)?);
    let answer = |inputs: &[Tensor]| Ok(comparable(&data.spec, model.forward(inputs, Mode::Eval)?));
    let stream = "evaluation/coefficients";
    let known = action.reference().map(|reference| known_group(reference, experiment, model, stream));
    let group = known.or_else(|| trained_with.map(|group| group.frozen(experiment.seed, stream)));
    let (mut by_elements, mut by_derivative, mut curves) = (None, None, Vec::new());
    if let Some(mut group) = group {
        by_elements = Some(equivariance_error(&logits, action, task, &data.test, &mut group)?);
        curves = equivariance_curves(&logits, action, task, &data.test, &group)?;
        if group.basis().output().is_none() {
            by_derivative =
                lie_derivative_error(&answer, action, &data.test.inputs, &group.basis().generators())?;
        }
    }
    let draws = experiment.evaluation.average;
    let averages = |group: &Augmenter| -> anyhow::Result<Averaged> {
        let averages = |split: &Samples, name| {
            let mut group = group.frozen(experiment.seed, name);
            averaged_metrics(&logits, action, task, split, &mut group, draws).map(estimates)
        };
        let shifted = data.shifted.as_ref().map(|split| averages(split, "evaluation/average/shifted"));
        let test = averages(&data.test, "evaluation/average/test")?;
        Ok(Averaged { draws, test, shifted: shifted.transpose()?.unwrap_or_default() })
    };
    let shifted = data.shifted.as_ref().map(|shifted| metrics(model, data, shifted)).transpose()?;
    Ok(Metrics {
        validation: metrics(model, data, &data.validation)?,
        test: metrics(model, data, &data.test)?,
        shifted: shifted.unwrap_or_default(),
        equivariance_error: by_elements,
        lie_derivative: by_derivative,
        equivariance_curves: curves.into_iter().map(along).collect(),
        averaged: trained_with.filter(|_| draws > 0).map(averages).transpose()?,
    })
}

fn along(curve: evaluation::Curve) -> EquivarianceCurve {
    let evaluation::Curve { generator, coefficients, errors } = curve;
    EquivarianceCurve { matrix: to_rows(&generator), coefficients, errors }
}

fn estimates(metrics: BTreeMap<String, evaluation::Estimate>) -> BTreeMap<String, Estimate> {
    let estimate =
        |estimate: evaluation::Estimate| Estimate { value: estimate.value, error: estimate.standard_error };
    metrics.into_iter().map(|(name, value)| (name, estimate(value))).collect()
}

/// Elements outside the identity component, tested on a trained model, and the name of the whole group.
pub(super) struct Components {
    pub(super) tests: Vec<ComponentTest>,
    pub(super) group: String,
}

/// Tests the components of the group found (`None`: of the trivial group).
pub(super) fn components(
    data: &Data,
    action: &Action,
    experiment: &Experiment,
    model: &ModelInstance,
    found: Option<&Augmenter>,
) -> anyhow::Result<Components> {
    let generators = found.map(|found| to_matrices(&found.basis().generators())).unwrap_or_default();
    let identity = IdentityComponent::new(&generators)?;
    let elements = candidates(action.n(), action.free_entries(), &identity);
    let logits = |inputs: &[Tensor]| Ok(model.forward(inputs, Mode::Eval)?);
    let mut group = found.map(|found| found.frozen(experiment.seed, "evaluation/components/coefficients"));
    let tests = test_components(&logits, action, data, elements, group.as_mut(), experiment.seed)?;
    for test in &tests {
        let ComponentTest { element, ratio, lower, upper, distance, accepted } = test;
        tracing::info!(name = element.name, ratio, lower, upper, distance, accepted, "component");
    }
    let accepted: Vec<_> = tests.iter().filter(|test| test.accepted).map(|test| &test.element).collect();
    let name = if generators.is_empty() {
        None
    } else {
        Some(algebra::LieAlgebra::from_generators(&generators)?.name())
    };
    let group = group_of(name.as_deref(), &identity, action.n(), &accepted);
    Ok(Components { tests, group })
}
