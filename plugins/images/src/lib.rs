//! Images for `semola-host`: labelled pictures, the affine and projective maps that move them, convolutional backbones.
//!
//! Data flow one way: `source` reads pictures and labels (imported sets, folders, IDX files), `motion` draws how far each
//! is moved, `warp` moves them, `dataset` hands tensors to the host. `action` moves batches by `warp`, too, so that
//! what a run discovers is what the data went through. Coordinates: x to the right, y up, the origin in the middle, 1
//! the half of the longer side.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod action;
mod dataset;
mod model;
mod motion;
mod source;
mod warp;

semola_plugin_api::export_plugin! {
    id: "images",
    vendor: "The semola-host authors",
    experiment: include_str!("../experiment.toml"),
    components: [
        dataset "digits" => dataset::Digits,
        dataset "fashion" => dataset::Fashion,
        dataset "folder" => dataset::Folder,
        dataset "idx" => dataset::Idx,
        action "affine" => action::Affine,
        action "homography" => action::Homography,
        model "cnn" => model::Cnn,
        model "resnet" => model::Resnet,
    ],
}
