//! Write models, data sets and group actions that `semola-host` loads at run time.
//!
//! A plugin is a `cdylib` crate that depends on this crate alone: it links no libtorch. Tensors are handles
//! to the host's tensors, and every operation on them is a call that the host makes, so one plugin file
//! serves every libtorch that the host may move to.
//!
//! # A plugin
//!
//! ```
//! use semola_plugin_api::{DataSpec, Model, Mode, Params, Result, Tensor, nn};
//! use serde::{Deserialize, Serialize};
//!
//! #[derive(Serialize, Deserialize)]
//! #[serde(deny_unknown_fields, default)]
//! pub struct Options {
//!     /// Neurons in the hidden layer.
//!     width: i64,
//! }
//!
//! impl Default for Options {
//!     fn default() -> Self {
//!         Self { width: 64 }
//!     }
//! }
//!
//! pub struct Shallow {
//!     hidden: nn::Linear,
//!     output: nn::Linear,
//!     target: Vec<i64>,
//! }
//!
//! impl Model for Shallow {
//!     type Options = Options;
//!     const SUMMARY: &'static str = "one hidden layer";
//!
//!     fn new(options: Options, spec: &DataSpec, params: &Params) -> Result<Self> {
//!         let inputs = spec.inputs[0].numel().ok_or("this model needs inputs of fixed size")?;
//!         let target = &spec.targets[0];
//!         let outputs = target.numel().ok_or("this model needs targets of fixed size")?;
//!         Ok(Self {
//!             hidden: nn::Linear::new(&params.sub("hidden"), inputs, options.width),
//!             output: nn::Linear::new(&params.sub("output"), options.width, outputs),
//!             target: target.shape.clone(),
//!         })
//!     }
//!
//!     fn forward(&self, inputs: &[Tensor], _mode: Mode) -> Result<Vec<Tensor>> {
//!         let hidden = self.hidden.forward(&inputs[0].flatten(1, -1)).tanh();
//!         let shape: Vec<i64> = std::iter::once(-1).chain(self.target.iter().copied()).collect();
//!         Ok(vec![self.output.forward(&hidden).reshape(&shape)])
//!     }
//! }
//!
//! semola_plugin_api::export_plugin! {
//!     id: "shallow",
//!     vendor: "me",
//!     components: [model "shallow" => Shallow],
//! }
//! # fn main() {}
//! ```
//!
//! # What holds inside a plugin
//!
//! * **Shapes and types** are declared once, in the [`DataSpec`]; the host checks everything that a plugin
//!   returns against it and reports a mismatch with the plugin's name.
//! * **Parameters** belong to the host ([`Params`]). A plugin must not keep state that training changes
//!   anywhere else: it would be missing from checkpoints.
//! * **Randomness** comes from tensor operators (under the host's seed) or from [`Context::seed`].
//! * **Failures**: return an [`Error`], or panic; the host reports either with the plugin, the component and,
//!   for a panic or a failed operator, file and line. Tensor methods panic when the operator fails; each has a
//!   `try_` twin that returns the error.
//! * **Gradients**: the host sets the gradient mode and restores it after each call; [`no_grad`] turns it off
//!   for a stretch of code.
//! * **Threads**: calls of one component come one at a time, but not always from the same thread.
//!
//! # Plugins that link libtorch
//!
//! Few have a reason to: what only the C++ library or [tch](https://docs.rs/tch) can do, such as running TorchScript.
//! The feature `tch` adds `Tensor::to_tch`, `Tensor::from_tch` and `LIBTORCH_VERSION`, and changes nothing that
//! crosses the boundary. The price: such a plugin fits one libtorch, the one it was built against, and says so with
//! `libtorch: semola_plugin_api::LIBTORCH_VERSION` in `export_plugin!`; a host with another one refuses it before
//! it is opened. Build it in a cargo invocation, and workspace, of its own, so that the feature does not reach other
//! plugins; give it no rpath, so that it uses the copy of libtorch that the host has loaded: a second one in the
//! process ends it. `plugins/torchscript` of this project shows the whole.

#![deny(missing_docs)]

pub mod abi;
mod action;
mod dataset;
mod error;
mod export;
mod model;
pub mod nn;
mod spec;
mod tensor;
#[cfg(feature = "testing")]
pub mod testing;

pub use abi::Extent;
pub use action::GroupAction;
pub use dataset::{Dataset, Samples};
pub use error::{Error, Result};
pub use model::{Mode, Model};
pub use nn::Params;
pub use spec::{ActionSpec, Context, DataSpec, Field, FieldType, Reference, Representation, Split, Task};
pub use tensor::{Arg, DType, Device, Element, OpCell, Scalar, Tensor, no_grad};

#[cfg(feature = "tch")]
pub use abi::LIBTORCH_VERSION;

/// The serde that this crate uses, so that a plugin needs no other dependency: derive with
/// `#[serde(crate = "semola_plugin_api::serde")]`.
pub use serde;

#[doc(hidden)]
pub use abi_stable;
#[doc(hidden)]
pub use tensor::set_grad_enabled;

/// For plugins whose [`Model::Options`] is empty.
#[derive(Clone, Copy, Debug, Default, serde::Serialize, serde::Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NoOptions {}
