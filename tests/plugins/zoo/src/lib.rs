//! Test plugin: one model of each kind that the boundary must carry without changing a bit, a data set of
//! any shape to feed them, and an action on a custom field.
//!
//! Parameters have the names that the same model has in PyTorch, so that a test can build its twin.

mod cnn;
mod grid;
mod mlp;
mod pointnet;
mod prediction;
mod repeated;
mod rotate;
mod sequence;
mod transformer;

semola_plugin_api::export_plugin! {
    id: "zoo",
    vendor: "The semola-host authors",
    components: [
        model "mlp-fixed" => mlp::MlpFixed,
        model "cnn" => cnn::Cnn,
        model "pointnet" => pointnet::PointNet,
        model "repeated" => repeated::Repeated,
        model "sequence" => sequence::Sequence,
        model "transformer-block" => transformer::TransformerBlock,
        dataset "grid" => grid::Grid,
        action "rotate-custom" => rotate::RotateCustom,
    ],
}
