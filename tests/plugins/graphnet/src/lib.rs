//! A graph network for sets of points with numbers of their own: molecules, bodies, jets.
//!
//! `layout` finds the nodes in what a data set declares, `graph` says who hears whom, `model` passes messages. A model
//! alone: it is chosen for the data of other plugins. See README.md.

mod graph;
mod layout;
mod model;

semola_plugin_api::export_plugin! {
    id: "graphnet",
    vendor: "A third party",
    experiment: include_str!("../experiment.toml"),
    components: [model "message-passing" => model::MessagePassing],
}
