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
