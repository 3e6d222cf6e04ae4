//! The multilayer perceptron: the backbone that experiments use when they name no other.
//!
//! It owns one component, the model `mlp`, and no data. See README.md for its options.

mod model;

semola_plugin_api::export_plugin! {
    id: "mlp",
    vendor: "The semola-host authors",
    components: [model "mlp" => model::Mlp],
}
