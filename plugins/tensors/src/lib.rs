//! A data set from arrays in the user's own files, for `semola-host`: npz, npy, safetensors, CSV,
//! parquet.
//!
//! Data flow one way: `semola_arrays` reads arrays by name and knows formats, `spec` reads what the user says about
//! them, `table` makes fields of the two and checks every shape and number, `skeleton` proposes a spec where there is none, `splits` decides which row serves what,
//! `streamed` does all of it for data too large for memory, `dataset` hands rows to the host. Everything is plain Rust up to the last line of `dataset`, where numbers become
//! tensors. Whatever a file holds, the outcome is data or one sentence that names the file, never a panic.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod dataset;
mod skeleton;
mod spec;
mod splits;
mod streamed;
mod table;

semola_plugin_api::export_plugin! {
    id: "tensors",
    vendor: "The semola-host authors",
    experiment: include_str!("../experiment.toml"),
    components: [
        dataset "arrays" => dataset::Arrays,
    ],
}
