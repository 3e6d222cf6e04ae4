//! Jets for `semola-host`: is it a top quark's? From the momenta of its particles, in whatever frame.
//!
//! `dataset` gives jets of an imported set as vectors of R^4, `lorentz` moves them into other frames, `model` is a
//! transformer that knows neither metric nor masses. No group action is needed: momenta are plain vectors, so the host
//! searches all of gl(4).

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod dataset;
mod lorentz;
mod model;

semola_plugin_api::export_plugin! {
    id: "jets",
    vendor: "semola-host",
    experiment: include_str!("../experiment.toml"),
    components: [
        dataset "top-tagging" => dataset::Jets,
        model "set-transformer" => model::SetTransformer,
    ],
}
