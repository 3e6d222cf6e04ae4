//! A modality: a data set, the group action that moves it, and a model for it.

mod action;
mod dataset;
mod model;

semola_plugin_api::export_plugin! {
    id: "{{project-name}}",
    vendor: "me",
    experiment: include_str!("../experiment.toml"),
    components: [
        dataset "outlines" => dataset::Outlines,
        action "affine" => action::Affine,
        model "ring" => model::Ring,
    ],
}
