//! Everything that touches libtorch beyond plain tensor arithmetic: the bridge to its dispatcher, the
//! vtable handed to plugins, the parameter store, the optimiser, operators with nodes of their own, devices.
//!
//! One of the places with `unsafe` code (the others: the plugin loader, the fork of a run's process, plugin-api's ABI
//! module). Callers see tch tensors and safe functions; handles and raw pointers stay inside.
#![allow(unsafe_code)]

mod adam;
mod autocast;
mod bridge;
mod checked;
mod device;
mod heap;
mod host_api;
mod nodes;
mod operator;
mod parameters;
mod profiled;

pub use adam::Adam;
pub use autocast::in_bfloat16;
pub use bridge::{
    borrow, clear_error, grad_enabled, grad_mode_left_changed, last_error, lend, restore_grad_mode,
    split_from, take,
};
pub use checked::{admit_foreign_tensors, held_references};

pub use device::{devices, parse_device, set_threads, upload, use_device};
pub use heap::live_heap;
pub use host_api::host_api;
pub use nodes::{Originals, exponential_of_small, moved_by_small, orthonormal_of_few, squared_error_of_few};
pub use parameters::{Parameter, ParameterStore};

/// The libtorch version that this host is built for.
pub const LIBTORCH_VERSION: &str = "2.13.0";
