use super::bridge;
use std::ffi::c_void;
use tch::{Device, Kind, Tensor};

/// Largest matrices that [`exponential_of_small`] takes.
const LARGEST: i64 = 8;

unsafe extern "C" {
    fn semola_exponential(a: *const c_void, halvings: i64) -> *mut c_void;
}

/// `exp(a)` for `[batch, n, n]` in one call, once differentiable: the Taylor polynomial of degree 6 at `a / 2^halvings`, squared as
/// often. `None` for matrices of more than 8 rows, other numbers than floats and doubles, other devices.
///
/// # Panics
/// `a` has no three dimensions.
pub fn exponential_of_small(a: &Tensor, halvings: u32) -> Option<Tensor> {
    let (_, n, _) = a.size3().expect("a batch of matrices");
    if !(1..=LARGEST).contains(&n)
        || a.device() != Device::Cpu
        || !matches!(a.kind(), Kind::Float | Kind::Double)
    {
        return None;
    }
    // SAFETY: a tch tensor is a live heap-allocated at::Tensor; the function reads it, catches what is thrown, and returns null or
    // another one that is the caller's.
    let result = unsafe { semola_exponential(a.as_ptr().cast(), i64::from(halvings)) };
    assert!(!result.is_null(), "memory for exponentials: {}", bridge::last_error());
    // SAFETY: as above.
    Some(unsafe { Tensor::from_ptr(result.cast()) })
}
