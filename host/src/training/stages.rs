//! The stages that a run will have, as far as its experiment says: a verdict may skip some and add others.

use super::discovery::{POSES, warm_up_steps};
use super::joint::{COMPARED, FOLLOWING};
use crate::config::{Experiment, Start};
use crate::report::live::Planned;

/// The name of what has no steps: the spectrum and the verdict.
pub(super) const SPECTRUM: &str = "spectrum";
/// And of the errors of a model.
pub const EVALUATION: &str = "evaluation";

/// What `train` will do with data that have labels or not; `discover` stops at the verdict.
pub fn planned(experiment: &Experiment, labels: bool, verdict_only: bool) -> Vec<Planned> {
    let stage = |name, steps| Planned { name, steps };
    let warm_up = warm_up_steps(experiment);
    let mut stages = vec![stage("warm_up", warm_up), stage("replica", warm_up)];
    if labels {
        stages.push(stage("poses", (warm_up as f64 * POSES).round() as u64));
    }
    stages.push(stage(SPECTRUM, 0));
    if verdict_only {
        return stages;
    }
    let rest = experiment.training.steps - warm_up;
    let follow = match experiment.symmetry.start {
        Start::Random => (rest as f64 * FOLLOWING) as u64,
        Start::Spectral | Start::Given => 0,
    };
    if follow > 0 {
        stages.push(stage("basis", follow));
    }
    stages.push(stage("joint", rest - follow));
    if experiment.symmetry.start != Start::Given {
        stages.push(stage("replica", (rest as f64 * COMPARED) as u64));
    }
    stages.push(stage(EVALUATION, 0));
    for baseline in &experiment.evaluation.baselines {
        stages.extend([warm_up, rest].map(|steps| stage(baseline.name(), steps)));
    }
    stages
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Layers;

    fn names(sets: &[&str], labels: bool, verdict_only: bool) -> String {
        let sets: Vec<String> = sets.iter().map(|set| (*set).to_owned()).collect();
        let experiment = Layers { sets: &sets, ..Layers::default() }.resolve().expect("valid settings");
        let stages = planned(&experiment, labels, verdict_only);
        let names: Vec<String> =
            stages.iter().map(|stage| format!("{} {}", stage.name, stage.steps)).collect();
        names.join(", ")
    }

    #[test]
    fn the_plan_follows_the_experiment() {
        let steps = ["training.steps=1000", "training.warm_up=0.4"];
        assert_eq!(names(&steps, false, true), "warm_up 400, replica 400, spectrum 0");
        assert_eq!(
            names(
                &[&steps[..], &["symmetry.start=random", "evaluation.baselines=['plain']"]].concat(),
                true,
                false
            ),
            "warm_up 400, replica 400, poses 300, spectrum 0, basis 150, joint 450, replica 200, evaluation 0, \
             plain 400, plain 600"
        );
    }
}
