//! Molecules for `semola-host`: QM9, files of your own, a transformer on raw coordinates, and the affine action under
//! which translations can be found.
//!
//! A data set reads molecules (`qm9`, `files`), poses them (`pose`: centred or shifted, in random frames or in a part of
//! the rotations) and lays them out as padded fields (`layout`); all of it is plain Rust up to that last step. The model
//! (`model`) is given coordinates and elements and nothing else: no distances, no angles, no centre.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod action;
mod composition;
mod files;
mod layout;
mod model;
mod molecule;
mod pose;
mod preference;
mod qm9;

semola_plugin_api::export_plugin! {
    id: "molecules",
    vendor: "semola-host",
    experiment: include_str!("../experiment.toml"),
    components: [
        dataset "qm9" => qm9::Qm9,
        dataset "files" => files::Files,
        model "transformer" => model::Transformer,
        action "se3" => action::Se3,
    ],
}
