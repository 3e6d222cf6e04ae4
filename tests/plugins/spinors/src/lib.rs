//! Spins one half: pairs of spinors, what they do to each other, and how SU(2) turns them.
//!
//! The physics is plain arithmetic on complex numbers (`spinor`); `dataset` draws samples and makes tensors of them;
//! `action` moves what is declared a spinor by real 4 × 4 matrices, of which SU(2) is to be found. See README.md.

mod action;
mod dataset;
mod spinor;

semola_plugin_api::export_plugin! {
    id: "spinors",
    vendor: "A third party",
    experiment: include_str!("../experiment.toml"),
    components: [dataset "pairs" => dataset::Pairs, action "complex" => action::Complex],
}
