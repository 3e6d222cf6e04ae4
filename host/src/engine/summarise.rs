//! From tensors to the summary's plain numbers.

use super::evaluate::Components;
use crate::config::{Experiment, Generators, Start};
use crate::evaluation::{ComponentTest, UNSUPPORTED};
use crate::plugins::PluginFile;
use crate::report::Summary;
use crate::report::summary::{
    AlgebraSummary, Candidate, Component, Generator, Metrics, PluginRecord, ReferenceSummary, SCHEMA,
    SymmetrySummary, Verdict,
};
use crate::symmetry::algebra::{LieAlgebra, TOLERANCE, min_cosine};
use crate::symmetry::{Action, automatic_range, to_matrices};
use crate::training::{Discovery, Joint};
use nalgebra::DMatrix;
use semola_plugin_api::Reference;
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
        baselines,
        libtorch: crate::torch::LIBTORCH_VERSION.into(),
        host: env!("CARGO_PKG_VERSION").into(),
        plugins: Vec::new(),
    })
}

fn symmetry(
    experiment: &Experiment,
    action: &Action,
    discovery: &Discovery,
    trained: Option<&Trained>,
) -> anyhow::Result<SymmetrySummary> {
    let augmenter = trained.and_then(|trained| trained.joint.augmenter.as_ref());
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
        let mut ranges = automatic_range(&matrices, experiment.symmetry.max_stretch);
        if let Some(augmenter) = augmenter {
            let learned = to_matrices(&augmenter.basis().generators());
            let trained = learned.iter().zip(augmenter.ranges()).skip(first);
            for (slot, (matrix, &range)) in matrices.iter_mut().zip(ranges.iter_mut()).zip(trained) {
                *slot.0 = matrix.clone();
                *slot.1 = range;
            }
        }
        let violations = &relative[first..first + number];
        let generators = matrices.iter().zip(ranges).zip(violations);
        generators
            .map(|((matrix, range), &violation)| Generator { matrix: rows(matrix), violation, range })
            .collect()
    };
    let generators = found(0, exact);
    let matrices: Vec<DMatrix<f64>> = generators.iter().map(|generator| matrix(&generator.matrix)).collect();
    let algebra = if matrices.is_empty() { None } else { Some(describe(&matrices)?) };
    let reference = action.reference().map(|reference| ReferenceSummary {
        name: reference.name.clone(),
        min_cosine: min_cosine(&matrices, &reference_matrices(reference)),
    });
    Ok(SymmetrySummary {
        verdict: match (exact, approximate) {
            (0, 0) => Verdict::None,
            (0, _) => Verdict::Approximate,
            _ => Verdict::Symmetric,
        },
        note: count.note.clone(),
        dimension: exact,
        algebra,
        generators,
        approximate: found(exact, approximate),
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
        matrix: rows(&test.element.matrix),
        ratio: test.ratio,
        lower: test.lower,
        upper: test.upper,
        distance: test.distance,
        supported: test.distance < UNSUPPORTED,
        accepted: test.accepted,
    }
}

fn describe(generators: &[DMatrix<f64>]) -> anyhow::Result<AlgebraSummary> {
    let algebra = LieAlgebra::from_generators(generators)?;
    Ok(AlgebraSummary {
        name: algebra.name(),
        killing: algebra.killing_signature(TOLERANCE),
        closure: algebra.closure(),
    })
}

/// A plugin as the summary lists it.
pub(super) fn record(file: &PluginFile) -> PluginRecord {
    PluginRecord { id: file.id.clone(), version: file.version.clone(), sha256: file.sha256.clone() }
}

/// The generators of a declared algebra.
pub(super) fn reference_matrices(reference: &Reference) -> Vec<DMatrix<f64>> {
    reference.generators.iter().map(|generator| matrix(generator)).collect()
}

fn matrix(rows: &[Vec<f64>]) -> DMatrix<f64> {
    DMatrix::from_row_slice(rows.len(), rows.len(), &rows.concat())
}

fn rows(matrix: &DMatrix<f64>) -> Vec<Vec<f64>> {
    matrix.row_iter().map(|row| row.iter().copied().collect()).collect()
}
