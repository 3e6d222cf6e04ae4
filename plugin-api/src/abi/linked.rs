//! The two ways between [`Tensor`] and [`tch::Tensor`], for plugins that link the libtorch of their host.
//!
//! Functions only: no type, no field and no symbol of the boundary depends on the feature that brings this
//! module. It relies on two facts about libtorch that hold for the one version that a plugin's manifest names:
//! a handle is the address of a `c10::TensorImpl` (as the host makes them), and an `at::Tensor` is one such
//! address. The host refuses a plugin whose manifest names another libtorch before any of this can run.

use super::handle::{Handle, Raw};
use super::host::calls;
use crate::Tensor;
use torch_sys::C_tensor;

/// The libtorch that this crate was built against, "2.13.0": what `export_plugin!` takes as `libtorch`.
pub const LIBTORCH_VERSION: &str = env!("SEMOLA_LIBTORCH");

impl Tensor {
    /// The same tensor for tch: storage, gradient and graph are shared, nothing is copied.
    pub fn to_tch(&self) -> tch::Tensor {
        let address = self.handle().raw().0;
        // SAFETY: `at_shallow_clone` copies an `at::Tensor`, which adds a reference of its own to what it points
        // at. `address` has its layout, stays alive for the call because `self` is borrowed, and no destructor
        // runs on it. Address 0, "no tensor", is no `at::Tensor`: an undefined one is made instead.
        unsafe {
            tch::Tensor::from_ptr(match address {
                0 => torch_sys::at_new_tensor(),
                _ => torch_sys::at_shallow_clone((&raw const address).cast_mut().cast::<C_tensor>()),
            })
        }
    }

    /// The same tensor for this crate, with a reference of its own: storage, gradient and graph are shared.
    ///
    /// Only the host's libtorch can have made it, because a process holds one.
    pub fn from_tch(tensor: &tch::Tensor) -> Self {
        if !tensor.defined() {
            // SAFETY: 0 is a handle that owns nothing.
            return Self::from_handle(unsafe { Handle::from_raw(Raw(0)) });
        }
        // SAFETY: a tch tensor points at a live `at::Tensor`, whose one word is the address behind a handle.
        let borrowed = Raw(unsafe { tensor.as_ptr().cast::<u64>().read() });
        // SAFETY: `tensor` owns a reference for the length of this call; the host adds one for the result.
        Self::from_handle(unsafe { calls::tensor_share(borrowed) })
    }
}
