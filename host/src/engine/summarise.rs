//! From tensors to the summary's plain numbers.

use super::evaluate::Components;
use crate::config::{Experiment, Generators, Start};
use crate::data::{Data, FieldScale};
use crate::evaluation::{ComponentTest, UNSUPPORTED};
use crate::plugins::PluginFile;
use crate::report::Summary;
use crate::report::summary::{
    AlgebraSummary, Candidate, Component, ConfidenceSummary, FieldSummary, FieldsSummary, Generator, Metrics,
    PluginRecord, ReferenceSummary, SCHEMA, SymmetrySummary, Verdict,
};
use crate::symmetry::algebra::{LieAlgebra, TOLERANCE, min_cosine, principal_cosines, structure_constants};
use crate::symmetry::{Action, Augmenter, Confidence, automatic_range, from_rows, to_matrices, to_rows};
use crate::training::{Discovery, Joint};
use nalgebra::DMatrix;
use semola_plugin_api::{Field, Reference};
use std::collections::BTreeMap;

/// The result of joint training.
pub(super) struct Trained {
    pub(super) joint: Joint,
    pub(super) metrics: Metrics,
    /// Absent when they were not asked for.
    pub(super) components: Option<Components>,
}

/// Everything but what concerns the whole process (plugins, time, memory).
pub(super) fn summary(
    experiment: &Experiment,
    data: &Data,
    action: &Action,
    discovery: &Discovery,
    trained: Option<&Trained>,
    baselines: BTreeMap<String, Metrics>,
) -> anyhow::Result<Summary> {
    let warm_up = discovery.warm_up;
    let joint = trained.map(|trained| trained.joint.progression).unwrap_or_default();
    let steps = warm_up.steps + joint.steps;
    Ok(Summary {
        schema: SCHEMA,
        plugin: experiment.dataset.parts().map(|(plugin, _)| plugin.to_owned()).unwrap_or_default(),
        seed: experiment.seed,
        wall_s: 0.0,
        steps,
        steps_per_s: steps as f64 / (warm_up.seconds + joint.seconds).max(f64::MIN_POSITIVE),
        peak_rss_mib: 0.0,
        symmetry: symmetry(experiment, action, discovery, trained)?,
        metrics: trained.map(|trained| trained.metrics.clone()),
        fields: Some(fields(data)),
        baselines,
        libtorch: crate::torch::LIBTORCH_VERSION.into(),
        host: env!("CARGO_PKG_VERSION").into(),
        plugins: Vec::new(),
    })
}

fn fields(data: &Data) -> FieldsSummary {
    let summaries = |fields: &[Field], scales: &[FieldScale]| -> Vec<FieldSummary> {
        let pairs = fields.iter().zip(scales);
        pairs
            .map(|(field, scale)| FieldSummary {
                name: field.name.clone(),
                shape: field.shape.clone(),
                representation: field.representation,
                offset: scale.offset,
                scale: scale.scale,
            })
            .collect()
    };
    FieldsSummary {
        inputs: summaries(&data.spec.inputs, &data.scaling.inputs),
        targets: summaries(&data.spec.targets, &data.scaling.targets),
    }
}

fn symmetry(
    experiment: &Experiment,
    action: &Action,
    discovery: &Discovery,
    trained: Option<&Trained>,
) -> anyhow::Result<SymmetrySummary> {
    let joint = trained.map(|trained| &trained.joint);
    let augmenter = joint.and_then(|joint| joint.augmenter.as_ref());
    let extents = joint.map_or(&discovery.extents[..], |joint| &joint.extents);
    let components = trained.and_then(|trained| trained.components.as_ref());
    let relative = discovery.spectrum.relative();
    let count = &discovery.count;
    let (exact, approximate) = match experiment.symmetry.generators {
        _ if experiment.symmetry.start == Start::Given => (count.exact, count.approximate),
        Generators::Auto(_) => (count.exact, count.approximate),
        Generators::Fixed(fixed) => (fixed.min(relative.len()), 0),
    };
    let found = |first: usize, number: usize| -> Vec<Generator> {
        if number == 0 {
            return Vec::new();
        }
        // Joint training moved the first generators; the others stand where the spectrum left them.
        let mut matrices = to_matrices(&discovery.basis(first, number).generators());
        let learned = augmenter.map_or_else(Vec::new, |found| to_matrices(&found.basis().generators()));
        matrices.iter_mut().zip(learned.into_iter().skip(first)).for_each(|(slot, matrix)| *slot = matrix);
        let whole = automatic_range(&matrices, experiment.symmetry.max_stretch);
        let used = augmenter.map_or(&[][..], Augmenter::ranges);
        let generator = |index: usize| {
            let extent = extents.get(first + index).copied().flatten();
            Generator {
                matrix: to_rows(&matrices[index]),
                violation: relative[first + index],
                range: used.get(first + index).copied().unwrap_or(whole[index]),
                extent,
                whole_range: extent.map(|_| whole[index]),
            }
        };
        (0..number).map(generator).collect()
    };
    let generators = found(0, exact);
    let matrices: Vec<DMatrix<f64>> =
        generators.iter().map(|generator| from_rows(&generator.matrix)).collect();
    let algebra = if matrices.is_empty() { None } else { Some(describe(&matrices)?) };
    let reference = action.reference().map(|reference| {
        let known = reference_matrices(reference);
        ReferenceSummary {
            name: reference.name.clone(),
            min_cosine: min_cosine(&matrices, &known),
            principal_cosines: principal_cosines(&matrices, &known),
        }
    });
    let approximately = found(exact, approximate);
    let bounded = |generators: &[Generator]| generators.iter().any(|generator| generator.extent.is_some());
    let partial = bounded(&generators);
    Ok(SymmetrySummary {
        verdict: match (exact, approximate) {
            (0, 0) => Verdict::None,
            (0, _) => Verdict::Approximate,
            _ if partial => Verdict::Partial,
            _ => Verdict::Symmetric,
        },
        note: count.note.clone(),
        dimension: exact,
        algebra,
        confidence: discovery.confidence.as_ref().map(confidence),
        output: output(discovery, augmenter, exact),
        extent_tolerance: (partial || bounded(&approximately))
            .then_some(experiment.symmetry.extent_tolerance),
        generators,
        approximate: approximately,
        candidates: relative.iter().zip(&count.s).map(|(&rel, &s)| Candidate { rel, s }).collect(),
        components: components
            .map_or_else(Vec::new, |components| components.tests.iter().map(component).collect()),
        group: components.map(|components| components.group.clone()),
        reference,
    })
}

fn component(test: &ComponentTest) -> Component {
    Component {
        name: test.element.name.clone(),
        matrix: to_rows(&test.element.matrix),
        ratio: test.ratio,
        lower: test.lower,
        upper: test.upper,
        distance: test.distance,
        supported: test.distance < UNSUPPORTED,
        accepted: test.accepted,
    }
}

fn confidence(confidence: &Confidence) -> ConfidenceSummary {
    let name = |&(exact, approximate): &(usize, usize)| ConfidenceSummary::key(exact, approximate);
    ConfidenceSummary {
        agreement: confidence.agreement,
        resamples: confidence.resamples,
        dimensions: confidence.dimensions.iter().map(|(pair, &times)| (name(pair), times)).collect(),
    }
}

/// How the first `count` generators act on the targets, where that is learned.
fn output(discovery: &Discovery, augmenter: Option<&Augmenter>, count: usize) -> Option<Vec<Vec<Vec<f64>>>> {
    if count == 0 {
        return None;
    }
    let measured = to_matrices(&discovery.basis(0, count).output()?);
    let learned = augmenter.and_then(|augmenter| augmenter.basis().output());
    let mut images = learned.map_or_else(Vec::new, |learned| to_matrices(&learned));
    images.truncate(count);
    let rest = measured.into_iter().skip(images.len());
    Some(images.iter().map(to_rows).chain(rest.map(|matrix| to_rows(&matrix))).collect())
}

fn describe(generators: &[DMatrix<f64>]) -> anyhow::Result<AlgebraSummary> {
    let algebra = LieAlgebra::from_generators(generators)?;
    let readable = algebra.readable_basis();
    Ok(AlgebraSummary {
        name: algebra.name(),
        killing: algebra.killing_signature(TOLERANCE),
        closure: algebra.closure(),
        structure_constants: structure_constants(&readable),
        readable: readable.iter().map(to_rows).collect(),
    })
}

/// A plugin as the summary lists it.
pub(super) fn record(file: &PluginFile) -> PluginRecord {
    PluginRecord { id: file.id.clone(), version: file.version.clone(), sha256: file.sha256.clone() }
}

/// The generators of a declared algebra.
pub(super) fn reference_matrices(reference: &Reference) -> Vec<DMatrix<f64>> {
    reference.generators.iter().map(|generator| from_rows(generator)).collect()
}
