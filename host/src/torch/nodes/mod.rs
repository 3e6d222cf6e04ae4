//! Operators with nodes of their own in the graph of gradients: those that the host calls, on many small matrices or few numbers on
//! the CPU; and those that answer plugins in the place of libtorch's (layer.cpp, convolution.cpp), of which Rust knows nothing.
//!
//! A node of libtorch's graph costs some microseconds, which is what a step of a small model consists of.

use super::bridge;
use semola_plugin_api::abi::Status;
use std::ffi::c_void;
use tch::{Device, Kind, Tensor};

/// Largest matrices that these take.
const LARGEST: i64 = 8;

/// Most numbers that [`squared_error_of_few`] adds up, one after the other: 20 µs.
const FEW: usize = 1 << 14;

unsafe extern "C" {
    fn semola_exponential(u: *const c_void, generators: *const c_void, halvings: i64) -> *mut c_void;
    fn semola_orthonormal(weight: *const c_void, directions: *const c_void) -> *mut c_void;
    fn semola_squared_error(left: *const c_void, right: *const c_void) -> *mut c_void;
    fn semola_moved(
        g: *const c_void,
        fields: *const *const c_void,
        count: usize,
        originals: bool,
        results: *mut *mut c_void,
    ) -> Status;
}

/// `exp(Σ u_i L_i)` for each row of `u` `[batch, k]` and generators `L` `[k, n, n]` in one call, once differentiable in the
/// generators: the Taylor polynomial of degree 6 at `Σ u_i L_i / 2^halvings`, squared as often. `None` for matrices of more than
/// 8 rows, other numbers than floats and doubles, other devices.
///
/// # Panics
/// Their shapes or kinds do not fit; `u` requires a gradient.
pub fn exponential_of_small(u: &Tensor, generators: &Tensor, halvings: u32) -> Option<Tensor> {
    is_small(generators).then(|| {
        // SAFETY: tch tensors are live heap-allocated at::Tensors; the function reads them, catches what is thrown, and returns null
        // or another one that is the caller's.
        let result =
            unsafe { semola_exponential(u.as_ptr().cast(), generators.as_ptr().cast(), i64::from(halvings)) };
        assert!(!result.is_null(), "small matrices: {}", bridge::last_error());
        // SAFETY: as above.
        unsafe { Tensor::from_ptr(result.cast()) }
    })
}

/// Rows `[k, count]` made orthonormal one after the other (Gram–Schmidt), once differentiable, computed in doubles; with directions
/// `[count, …]` of the same kind, their combinations by these rows, `[k, …]`. `None` for other numbers than floats and doubles, and on
/// other devices.
///
/// # Panics
/// It is no matrix; directions do not fit it.
pub fn orthonormal_of_few(weight: &Tensor, directions: Option<&Tensor>) -> Option<Tensor> {
    let (_, count) = weight.size2().expect("a matrix");
    let taken = weight.device() == Device::Cpu && matches!(weight.kind(), Kind::Float | Kind::Double);
    if let Some(directions) = directions {
        assert_eq!(
            (directions.kind(), directions.size()[0]),
            (weight.kind(), count),
            "directions of the rows' kind"
        );
    }
    taken.then(|| {
        let directions = directions.map_or(std::ptr::null(), |directions| directions.as_ptr().cast());
        // SAFETY: tch tensors are live heap-allocated at::Tensors, and there may be no directions; the function reads them, catches
        // what is thrown, and returns null or another one that is the caller's.
        let result = unsafe { semola_orthonormal(weight.as_ptr().cast(), directions) };
        assert!(!result.is_null(), "orthonormal rows: {}", bridge::last_error());
        // SAFETY: as above.
        unsafe { Tensor::from_ptr(result.cast()) }
    })
}

/// The mean of `(left − right)²` over all numbers, which may be differentiated as often as one likes. `None` for other numbers than
/// floats, for more than 16,384 or none of them, on other devices, and where shapes differ.
pub fn squared_error_of_few(left: &Tensor, right: &Tensor) -> Option<Tensor> {
    let floats = |tensor: &Tensor| (tensor.kind(), tensor.device()) == (Kind::Float, Device::Cpu);
    let taken =
        floats(left) && floats(right) && left.size() == right.size() && (1..=FEW).contains(&left.numel());
    taken.then(|| {
        // SAFETY: tch tensors are live heap-allocated at::Tensors of one shape and kind; the function reads them, catches what is
        // thrown, and returns null or another one that is the caller's.
        let result = unsafe { semola_squared_error(left.as_ptr().cast(), right.as_ptr().cast()) };
        assert!(!result.is_null(), "squared error: {}", bridge::last_error());
        // SAFETY: as above.
        unsafe { Tensor::from_ptr(result.cast()) }
    })
}

/// Whether moved vectors come alone or behind those that they were.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Originals {
    /// `[copies · batch, …]`
    Dropped,
    /// `[(1 + copies) · batch, …]`
    Kept,
}

/// `g x` for all vectors of the fields, each `[batch, …]` with numbers of vectors one after the other, and their samples' matrices in
/// `g` `[copies · batch, n, n]`, in one call. `None` where `g` is not small, as in [`exponential_of_small`], and where a field is
/// not of its kind.
///
/// # Panics
/// Their shapes do not fit.
pub fn moved_by_small(g: &Tensor, fields: &[Tensor], originals: Originals) -> Option<Vec<Tensor>> {
    let (moved, n, _) = g.size3().expect("a batch of matrices");
    if !is_small(g) || fields.iter().any(|field| (field.kind(), field.device()) != (g.kind(), Device::Cpu)) {
        return None;
    }
    for field in fields {
        let size = field.size();
        let (batch, width) = (size[0], size[1..].iter().product::<i64>());
        let fits = if batch == 0 { moved == 0 } else { moved % batch == 0 };
        assert!(fits && width % n == 0, "{moved} matrices of {n} rows for a field {size:?}");
    }
    let given: Vec<*const c_void> = fields.iter().map(|field| field.as_ptr().cast()).collect();
    let mut results = vec![std::ptr::null_mut(); fields.len()];
    // SAFETY: as above; shapes and kinds were looked at, and there is a place for each result.
    let status = unsafe {
        semola_moved(
            g.as_ptr().cast(),
            given.as_ptr(),
            given.len(),
            originals == Originals::Kept,
            results.as_mut_ptr(),
        )
    };
    assert!(status >= 0, "small matrices: {}", bridge::last_error());
    // SAFETY: heap-allocated at::Tensors that are the caller's.
    Some(results.into_iter().map(|result| unsafe { Tensor::from_ptr(result.cast()) }).collect())
}

fn is_small(matrices: &Tensor) -> bool {
    let (_, n, _) = matrices.size3().expect("a batch of matrices");
    (1..=LARGEST).contains(&n)
        && matrices.device() == Device::Cpu
        && matches!(matrices.kind(), Kind::Float | Kind::Double)
}

#[cfg(test)]
mod tests;
