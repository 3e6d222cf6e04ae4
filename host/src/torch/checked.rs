//! `SEMOLA_ABI_CHECK=1`: the same vtable with functions that know which handles are alive, for authors of
//! plugins in other languages. Dead handles and double drops become errors instead of memory corruption.

use super::bridge;
use abi_stable::std_types::{RSlice, RStr};
use semola_plugin_api::abi::{HostApi, Init, OpId, ParamScope, Raw, Status, TensorMeta, Value, tag};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, OnceLock, PoisonError};

static ACTIVE: AtomicBool = AtomicBool::new(false);
static FOREIGN: AtomicBool = AtomicBool::new(false);
static PLAIN: OnceLock<HostApi> = OnceLock::new();

/// References that plugins hold, by handle.
fn held() -> MutexGuard<'static, HashMap<u64, u64>> {
    static HELD: OnceLock<Mutex<HashMap<u64, u64>>> = OnceLock::new();
    HELD.get_or_init(Mutex::default).lock().unwrap_or_else(PoisonError::into_inner)
}

/// Wraps the plain table; from now on references are counted.
pub(super) fn wrap(plain: HostApi) -> HostApi {
    ACTIVE.store(true, Ordering::Relaxed);
    let plain = PLAIN.get_or_init(|| plain);
    HostApi {
        struct_size: plain.struct_size,
        minor: plain.minor,
        op_lookup: plain.op_lookup,
        op_call,
        list_free: plain.list_free,
        last_error: plain.last_error,
        set_error: plain.set_error,
        tensor_clone,
        tensor_drop,
        tensor_meta,
        tensor_from_bytes,
        tensor_to_bytes,
        param_create,
        grad_mode: plain.grad_mode,
        autograd_grad,
        log: plain.log,
    }
}

/// References that plugins hold now; 0 without the checked table.
pub fn held_references() -> u64 {
    held().values().sum()
}

/// Counts a reference that a plugin now holds or is lent.
pub(super) fn note(handle: Raw) {
    if ACTIVE.load(Ordering::Relaxed) && handle.0 != 0 {
        *held().entry(handle.0).or_insert(0) += 1;
    }
}

/// The reverse of [`note`]; false when the plugin holds no such reference.
pub(super) fn forget(handle: Raw) -> bool {
    if !ACTIVE.load(Ordering::Relaxed) || handle.0 == 0 {
        return true;
    }
    let mut held = held();
    match held.get_mut(&handle.0) {
        None => false,
        Some(1) => held.remove(&handle.0).is_some(),
        Some(count) => {
            *count -= 1;
            true
        }
    }
}

/// From now on a handle that was never given out may be cloned, which makes it known: a plugin that links the
/// host's libtorch has tensors that did not come through the table.
pub fn admit_foreign_tensors() {
    FOREIGN.store(true, Ordering::Relaxed);
}

fn alive(handle: Raw) -> bool {
    handle.0 == 0 || held().contains_key(&handle.0)
}

fn plain() -> &'static HostApi {
    PLAIN.get().expect("the checked table exists only around the plain one")
}

fn violation(what: &str) -> Status {
    let text = format!("ABI violation: {what}");
    tracing::error!("{text}");
    bridge::semola_set_error(RStr::from_str(&text));
    -1
}

/// The handles of a value.
///
/// # Safety
/// A `TENSORS` value points at `len` handles.
unsafe fn handles(value: &Value) -> &[Raw] {
    match value.tag {
        // SAFETY: `Raw` is transparent over the payload's 64 bits.
        tag::TENSOR => unsafe { std::slice::from_raw_parts((&raw const value.bits).cast(), 1) },
        // SAFETY: the caller's promise.
        tag::TENSORS if value.len > 0 => unsafe {
            std::slice::from_raw_parts(value.bits as *const Raw, value.len as usize)
        },
        _ => &[],
    }
}

unsafe extern "C" fn op_call(
    op: OpId,
    arguments: *const Value,
    count: u32,
    results: *mut Value,
    capacity: u32,
) -> Status {
    for i in 0..count as usize {
        // SAFETY: `count` arguments, whose payloads match their tags.
        let value = unsafe { &*arguments.add(i) };
        // SAFETY: as above.
        if unsafe { handles(value) }.iter().any(|&handle| !alive(handle)) {
            return violation("a dead tensor handle was passed to an operator");
        }
    }
    // SAFETY: the plugin's promises, passed on.
    let written = unsafe { (plain().op_call)(op, arguments, count, results, capacity) };
    for i in 0..written.max(0) as usize {
        // SAFETY: the bridge wrote `written` results.
        let value = unsafe { &*results.add(i) };
        // SAFETY: as above.
        unsafe { handles(value) }.iter().for_each(|&handle| note(handle));
    }
    written
}

unsafe extern "C" fn tensor_clone(handle: Raw) -> Raw {
    if !alive(handle) && !FOREIGN.load(Ordering::Relaxed) {
        violation("a dead tensor handle was cloned");
        return Raw(0);
    }
    note(handle);
    // SAFETY: the handle is alive.
    unsafe { (plain().tensor_clone)(handle) }
}

unsafe extern "C" fn tensor_drop(handle: Raw) {
    if forget(handle) {
        // SAFETY: the plugin held this reference.
        unsafe { (plain().tensor_drop)(handle) }
    } else {
        violation("a tensor handle was dropped that the plugin does not hold");
    }
}

unsafe extern "C" fn tensor_meta(handle: Raw, meta: *mut TensorMeta) {
    let known = alive(handle);
    if !known {
        violation("a dead tensor handle was asked for its shape");
    }
    // SAFETY: the handle is alive, or replaced by "no tensor"; the plugin's place for one record.
    unsafe { (plain().tensor_meta)(if known { handle } else { Raw(0) }, meta) }
}

unsafe extern "C" fn tensor_from_bytes(
    dtype: u8,
    shape: RSlice<'_, i64>,
    bytes: RSlice<'_, u8>,
    out: *mut Raw,
) -> Status {
    // SAFETY: the plugin's promises, passed on.
    let status = unsafe { (plain().tensor_from_bytes)(dtype, shape, bytes, out) };
    if status >= 0 {
        // SAFETY: written on success.
        note(unsafe { *out });
    }
    status
}

unsafe extern "C" fn tensor_to_bytes(handle: Raw, buffer: *mut u8, size: usize) -> Status {
    if !alive(handle) {
        return violation("the data of a dead tensor handle was read");
    }
    // SAFETY: the plugin's promises, passed on.
    unsafe { (plain().tensor_to_bytes)(handle, buffer, size) }
}

unsafe extern "C" fn param_create(
    scope: ParamScope,
    name: RStr<'_>,
    shape: RSlice<'_, i64>,
    init: Init,
    trainable: bool,
    out: *mut Raw,
) -> Status {
    // SAFETY: the plugin's promises, passed on.
    let status = unsafe { (plain().param_create)(scope, name, shape, init, trainable, out) };
    if status >= 0 {
        // SAFETY: written on success.
        note(unsafe { *out });
    }
    status
}

unsafe extern "C" fn autograd_grad(
    outputs: RSlice<'_, Raw>,
    inputs: RSlice<'_, Raw>,
    create_graph: bool,
    out: *mut Raw,
) -> Status {
    if outputs.iter().chain(inputs.iter()).any(|&handle| !alive(handle)) {
        return violation("a dead tensor handle was passed to autograd");
    }
    let count = inputs.len();
    // SAFETY: the plugin's promises, passed on.
    let status = unsafe { (plain().autograd_grad)(outputs, inputs, create_graph, out) };
    if status >= 0 {
        // SAFETY: one result an input, written on success.
        (0..count).for_each(|i| note(unsafe { *out.add(i) }));
    }
    status
}
