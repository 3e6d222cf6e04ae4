//! Clouds of points in space for `semola-host`: networks on sets, furniture, folders of meshes.
//!
//! Data flow one way: `mesh` reads files and `surface` scatters points on them (or the imported set brings points),
//! `clouds` makes samples of objects, `furniture` and `folder` are the data set components around it. `rotation` knows
//! motions and their algebras, `shape` and `target` what is predicted; `set_network` is what both models are. Everything
//! but the models and the action is plain Rust up to the last lines of `clouds`, where numbers become tensors.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod action;
mod clouds;
mod folder;
mod furniture;
mod mesh;
mod model;
mod rotation;
mod set_network;
mod shape;
mod splits;
mod surface;
mod table;
mod target;

semola_plugin_api::export_plugin! {
    id: "pointnet",
    vendor: "The semola-host authors",
    experiment: include_str!("../experiment.toml"),
    components: [
        model "pointnet" => model::PointNet,
        model "deepsets" => model::DeepSets,
        dataset "furniture" => furniture::Furniture,
        dataset "folder" => folder::Folder,
        action "affine" => action::Affine,
    ],
}
