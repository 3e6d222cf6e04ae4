//! `--profile`: the same vtable with every call of an operator as a span of its own, named by the operator.

use crate::profile::span;
use abi_stable::std_types::RStr;
use semola_plugin_api::abi::{HostApi, OpId, Status, Value};
use std::collections::HashMap;
use std::sync::{OnceLock, PoisonError, RwLock};

static PLAIN: OnceLock<HostApi> = OnceLock::new();
static NAMES: OnceLock<RwLock<HashMap<u64, String>>> = OnceLock::new();

/// Wraps a table, plain or checked.
pub(super) fn wrap(api: HostApi) -> HostApi {
    let plain = PLAIN.get_or_init(|| api);
    HostApi { op_lookup, op_call, ..*plain }
}

fn plain() -> &'static HostApi {
    PLAIN.get().expect("the measured table exists only around another one")
}

unsafe extern "C" fn op_lookup(name: RStr<'_>, overload: RStr<'_>, id: *mut OpId) -> Status {
    // SAFETY: the plugin's promises, passed on.
    let status = unsafe { (plain().op_lookup)(name, overload, id) };
    if status >= 0 {
        // SAFETY: written on success.
        let id = unsafe { *id };
        let mut names = NAMES.get_or_init(RwLock::default).write().unwrap_or_else(PoisonError::into_inner);
        names.insert(id.0, name.as_str().trim_start_matches("aten::").to_owned());
    }
    status
}

unsafe extern "C" fn op_call(
    op: OpId,
    arguments: *const Value,
    count: u32,
    results: *mut Value,
    capacity: u32,
) -> Status {
    let names = NAMES.get_or_init(RwLock::default).read().unwrap_or_else(PoisonError::into_inner);
    let name = names.get(&op.0).map_or("unknown", String::as_str);
    let _span = span!("operator", name);
    // SAFETY: the plugin's promises, passed on.
    unsafe { (plain().op_call)(op, arguments, count, results, capacity) }
}
