//! Outlines of cells: the example of a small scientific data set.
//!
//! The data set `outlines` and the model `ring`. The action comes from another plugin: `molecules/se3` moves points of any
//! dimension. See README.md.

mod outlines;
mod ring;
mod shape;

semola_plugin_api::export_plugin! {
    id: "cells",
    vendor: "The semola-host authors",
    experiment: include_str!("../experiment.toml"),
    components: [dataset "outlines" => outlines::Outlines, model "ring" => ring::Ring],
}
