//! The functions of bridge.cpp, and the ways between tch tensors and handles.

use abi_stable::std_types::RStr;
use semola_plugin_api::abi::{OpId, Raw, Status, TensorMeta, Value};
use std::cell::Cell;
use std::ffi::c_void;
use tch::Tensor;

unsafe extern "C" {
    pub(super) fn semola_op_lookup(name: RStr<'_>, overload: RStr<'_>, id: *mut OpId) -> Status;
    pub(super) fn semola_op_call(
        op: OpId,
        arguments: *const Value,
        count: u32,
        results: *mut Value,
        capacity: u32,
    ) -> Status;
    pub(super) fn semola_list_free(list: Value);
    pub(super) safe fn semola_last_error() -> RStr<'static>;
    pub(super) safe fn semola_set_error(text: RStr<'_>);
    pub(super) fn semola_tensor_clone(handle: Raw) -> Raw;
    pub(super) fn semola_tensor_drop(handle: Raw);
    pub(super) fn semola_tensor_meta(handle: Raw, meta: *mut TensorMeta);
    pub(super) safe fn semola_grad_mode(enabled: bool) -> bool;
    pub(super) safe fn semola_grad_enabled() -> bool;
    pub(super) safe fn semola_open_cuda() -> i32;
    pub(super) safe fn semola_autocast(cuda: bool, enabled: bool) -> bool;
    fn semola_split_from(parts: *const *const c_void, count: usize) -> *mut c_void;
    fn semola_to_tch(handle: Raw) -> *mut c_void;
    fn semola_from_tch(tensor: *const c_void) -> Raw;
}

/// A handle with one reference of its own to the tensor's data; end it with [`take`] or [`release`].
pub(super) fn own(tensor: &Tensor) -> Raw {
    // SAFETY: a tch tensor is a live heap-allocated at::Tensor.
    unsafe { semola_from_tch(tensor.as_ptr().cast()) }
}

/// Drops one owned reference.
pub(super) fn release(handle: Raw) {
    // SAFETY: callers in this module pass handles that they own.
    unsafe { semola_tensor_drop(handle) }
}

/// The tensor behind a handle that somebody else keeps owning.
///
/// # Safety
/// `handle` is live, or 0 (an undefined tensor).
pub unsafe fn borrow(handle: Raw) -> Tensor {
    // SAFETY: the caller's promise; the result owns its own reference.
    unsafe { Tensor::from_ptr(semola_to_tch(handle).cast()) }
}

/// The tensor behind an owned handle, which is used up.
///
/// # Safety
/// `handle` is one owned reference, or 0.
pub unsafe fn take(handle: Raw) -> Tensor {
    // SAFETY: the caller's promise.
    let tensor = unsafe { borrow(handle) };
    super::checked::forget(handle);
    release(handle);
    tensor
}

/// Runs `body` with handles to the tensors, valid for the length of the call.
pub fn lend<T>(tensors: &[Tensor], body: impl FnOnce(&[Raw]) -> T) -> T {
    struct Lent(Vec<Raw>);
    impl Drop for Lent {
        fn drop(&mut self) {
            for &handle in &self.0 {
                super::checked::forget(handle);
                release(handle);
            }
        }
    }
    let lent = Lent(tensors.iter().map(own).inspect(|&handle| super::checked::note(handle)).collect());
    body(&lent.0)
}

/// The matrix `[rows, width]` that was split into these, its columns in order, or none: with it their gradients need not be put
/// together again.
pub fn split_from(parts: &[Tensor]) -> Option<Tensor> {
    let parts: Vec<*const c_void> = parts.iter().map(|part| part.as_ptr().cast()).collect();
    // SAFETY: tch tensors are live heap-allocated at::Tensors, which the function reads; what it returns is null or the caller's.
    unsafe {
        let whole = semola_split_from(parts.as_ptr(), parts.len());
        (!whole.is_null()).then(|| Tensor::from_ptr(whole.cast()))
    }
}

/// This thread's last failure.
pub fn last_error() -> String {
    semola_last_error().as_str().to_owned()
}

/// Forgets it, so that a plugin that fails without a text does not repeat an old one.
pub fn clear_error() {
    semola_set_error(RStr::from_str(""));
}

/// Whether this thread records gradients.
pub fn grad_enabled() -> bool {
    semola_grad_enabled()
}

thread_local! {
    static LEFT_CHANGED: Cell<u64> = const { Cell::new(0) };
}

/// How often a plugin has left this thread's gradient mode changed.
pub fn grad_mode_left_changed() -> u64 {
    LEFT_CHANGED.with(Cell::get)
}

/// Restores this thread's gradient mode when dropped: a plugin may leave it changed.
pub fn restore_grad_mode() -> impl Drop {
    struct Restore(bool);
    impl Drop for Restore {
        fn drop(&mut self) {
            if semola_grad_enabled() != self.0 {
                LEFT_CHANGED.with(|times| times.set(times.get() + 1));
                semola_grad_mode(self.0);
            }
        }
    }
    Restore(semola_grad_enabled())
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Device, Kind};

    #[test]
    fn what_was_split_is_found_again() {
        let whole = Tensor::randn([5, 7], (Kind::Float, Device::Cpu)).set_requires_grad(true);
        let doubled = &whole * 2.0;
        let parts = doubled.split_with_sizes([4_i64, 1, 2], 1);
        let fields = [parts[0].reshape([5, 2, 2]), parts[1].reshape([5]), parts[2].shallow_clone()];
        let found = split_from(&fields).expect("the columns in order");
        assert!(found.equal(&doubled) && found.data_ptr() == doubled.data_ptr());
        let gradient = Tensor::run_backward(&[found.sum(Kind::Float)], &[&whole], false, false).remove(0);
        assert_eq!(gradient, whole.detach().ones_like() * 2.0);
    }

    #[test]
    fn anything_else_is_not_taken_for_it() {
        let whole = Tensor::randn([4, 4], (Kind::Float, Device::Cpu));
        let column = |at: i64| whole.narrow(1, at, 1);
        let halves = [whole.narrow(1, 0, 2), whole.narrow(1, 2, 2)];
        let of = |parts: &[&Tensor]| {
            split_from(&parts.iter().map(|part| part.shallow_clone()).collect::<Vec<_>>())
        };
        let [left, right] = &halves;
        assert!(of(&[left, right]).is_some());
        assert!(of(&[right, left]).is_none(), "another order");
        assert!(of(&[left]).is_none() && of(&[left, left]).is_none() && of(&[]).is_none(), "not all of it");
        assert!(of(&[left, &right.copy()]).is_none() && of(&[left, &(right * 1.0)]).is_none(), "not of it");
        assert!(of(&[&left.transpose(0, 1), right]).is_none(), "turned");
        assert!(of(&[&left.narrow(0, 0, 2), &right.narrow(0, 0, 2)]).is_none(), "not all rows");
        assert!(of(&[&column(0), &column(2), &column(1), &column(3)]).is_none(), "in a mess");
        assert!(of(&[&whole.reshape([4, 2, 2]).transpose(1, 2)]).is_none(), "each row turned");
        let turned = whole.transpose(0, 1);
        assert!(of(&[&turned.narrow(1, 0, 2), &turned.narrow(1, 2, 2)]).is_none(), "rows, not columns");
        assert!(of(&[&whole]).is_none(), "not split at all");
        let leaf = tch::no_grad(|| whole.narrow(1, 0, 2)).set_requires_grad(true);
        assert!(of(&[&leaf, right]).is_none(), "a gradient that does not reach the whole");
    }
}
