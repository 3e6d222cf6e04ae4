//! Generated data whose symmetry is known exactly, and controls that have none, for `semola-host`.
//!
//! Each task is a type: its fields are its options, its methods give the formula, the distribution and the
//! algebra (`tasks`, one file a family). All else is shared: `dataset` makes splits and tensors of any task,
//! `group` draws group elements and lists generators, and `checks` verifies in plain arithmetic that every
//! formula has the algebra that its task claims, and no larger one. Everything is plain Rust up to the last line
//! of `dataset`, where numbers become tensors of the host.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod action;
#[cfg(test)]
mod checks;
mod dataset;
mod group;
mod task;
mod tasks;

semola_plugin_api::export_plugin! {
    id: "synthetic",
    vendor: "The semola-host authors",
    experiment: include_str!("../experiment.toml"),
    components: [
        dataset "invariant" => dataset::Synthetic<tasks::Invariant>,
        dataset "invariant-control" => dataset::Synthetic<tasks::InvariantControl>,
        dataset "inertia" => dataset::Synthetic<tasks::Inertia>,
        dataset "lorentz" => dataset::Synthetic<tasks::Lorentz>,
        dataset "so21" => dataset::Synthetic<tasks::So21>,
        dataset "triangles" => dataset::Synthetic<tasks::Triangles>,
        dataset "point-set" => dataset::Synthetic<tasks::PointSet>,
        dataset "dilation" => dataset::Synthetic<tasks::Dilation>,
        dataset "chiral" => dataset::Synthetic<tasks::Chiral>,
        dataset "achiral" => dataset::Synthetic<tasks::Achiral>,
        dataset "partial-rotation" => dataset::Synthetic<tasks::PartialRotation>,
        dataset "permutation" => dataset::Synthetic<tasks::Permutation>,
        dataset "oscillator" => dataset::Synthetic<tasks::Oscillator>,
        dataset "vector" => dataset::Synthetic<tasks::Vector>,
        dataset "stress" => dataset::Synthetic<tasks::Stress>,
        dataset "torque" => dataset::Synthetic<tasks::Torque>,
        dataset "covectors" => dataset::Synthetic<tasks::Covectors>,
        dataset "anisotropic" => dataset::Synthetic<tasks::Anisotropic>,
        dataset "weak-direction" => dataset::Synthetic<tasks::WeakDirection>,
        dataset "control" => dataset::Synthetic<tasks::Control<3>>,
        dataset "control-4" => dataset::Synthetic<tasks::Control<4>>,
        action "affine" => action::Affine,
    ],
}
