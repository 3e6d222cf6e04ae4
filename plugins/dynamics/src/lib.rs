//! Gravitational dynamics for `semola-host`: predict the next state of two, three or N bodies.
//!
//! The plugin holds data sets only; any model can be trained on them. Each is a thin adapter: a system
//! (`two_body`, `three_body`, `n_body`) owns its options and draws initial conditions, and everything else
//! (equations of motion, integration, splits, cache, windows) is shared. All of it is plain Rust up to the
//! last line of `dataset`, where numbers become tensors of the host.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod cache;
mod charged;
mod coulomb;
mod dataset;
mod ephemeris;
mod generate;
mod gravity;
mod integrator;
mod model;
mod n_body;
mod options;
mod orientation;
mod three_body;
mod two_body;
mod windows;

semola_plugin_api::export_plugin! {
    id: "dynamics",
    vendor: "semola-host",
    experiment: include_str!("../experiment.toml"),
    components: [
        dataset "two-body" => dataset::Orbits<two_body::TwoBody>,
        dataset "three-body" => dataset::Orbits<three_body::ThreeBody>,
        dataset "n-body" => dataset::Orbits<n_body::NBody>,
        dataset "charged" => charged::Particles,
        dataset "ephemeris" => ephemeris::Planets,
        model "interaction" => model::Interaction,
    ],
}
