//! The vtable that plugins get.

use super::{bridge, checked, device, parameters, profiled};
use crate::profile;
use abi_stable::std_types::{RSlice, RStr};
use semola_plugin_api::abi::{ABI_MINOR, HostApi, Init, ParamScope, Raw, Status};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::OnceLock;
use tch::{Device, Kind, Tensor};

/// The table, made once; with `SEMOLA_ABI_CHECK` set, its functions check every handle, and where the process measures
/// itself, calls of operators are measured.
pub fn host_api() -> &'static HostApi {
    static API: OnceLock<HostApi> = OnceLock::new();
    API.get_or_init(|| {
        let api = HostApi {
            struct_size: size_of::<HostApi>() as u32,
            minor: ABI_MINOR.into(),
            op_lookup: bridge::semola_op_lookup,
            op_call: bridge::semola_op_call,
            list_free: bridge::semola_list_free,
            last_error,
            set_error,
            tensor_clone: bridge::semola_tensor_clone,
            tensor_drop: bridge::semola_tensor_drop,
            tensor_meta: bridge::semola_tensor_meta,
            tensor_from_bytes,
            tensor_to_bytes,
            param_create,
            grad_mode,
            autograd_grad,
            log,
        };
        let api = if std::env::var_os("SEMOLA_ABI_CHECK").is_some() { checked::wrap(api) } else { api };
        if profile::enabled() { profiled::wrap(api) } else { api }
    })
}

/// Runs host code under a plugin: an error or a panic becomes a text and a negative status.
fn shielded(body: impl FnOnce() -> Result<(), String>) -> Status {
    let problem = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(())) => return 0,
        Ok(Err(problem)) => problem,
        Err(_) => "the host panicked in this call; please report it".into(),
    };
    bridge::semola_set_error(RStr::from_str(&problem));
    -1
}

extern "C" fn last_error() -> RStr<'static> {
    bridge::semola_last_error()
}

extern "C" fn set_error(text: RStr<'_>) {
    bridge::semola_set_error(text);
}

extern "C" fn grad_mode(enabled: bool) -> bool {
    bridge::semola_grad_mode(enabled)
}

/// The first line of a libtorch error: the rest is a C++ backtrace.
pub(super) fn message(error: &tch::TchError) -> String {
    let text = error.to_string();
    text.lines().next().unwrap_or_default().to_owned()
}

fn kind(dtype: u8) -> Result<Kind, String> {
    use semola_plugin_api::abi::dtype::*;
    Ok(match dtype {
        U8 => Kind::Uint8,
        I8 => Kind::Int8,
        I16 => Kind::Int16,
        I32 => Kind::Int,
        I64 => Kind::Int64,
        F16 => Kind::Half,
        F32 => Kind::Float,
        F64 => Kind::Double,
        BOOL => Kind::Bool,
        BF16 => Kind::BFloat16,
        other => return Err(format!("element type {other} is not one this host knows")),
    })
}

unsafe extern "C" fn tensor_from_bytes(
    dtype: u8,
    shape: RSlice<'_, i64>,
    bytes: RSlice<'_, u8>,
    out: *mut Raw,
) -> Status {
    shielded(|| {
        let kind = kind(dtype)?;
        let count = shape
            .iter()
            .try_fold(1_i64, |count, &size| (size >= 0).then(|| count.checked_mul(size)).flatten());
        let expected = count.and_then(|count| count.checked_mul(kind.elt_size_in_bytes() as i64));
        if expected != Some(bytes.len() as i64) {
            return Err(format!(
                "{} bytes do not make a tensor of shape {:?} and type {kind:?}",
                bytes.len(),
                shape.as_slice()
            ));
        }
        let tensor = Tensor::f_from_data_size(bytes.as_slice(), shape.as_slice(), kind)
            .and_then(|tensor| tensor.f_to_device(device::current()))
            .map_err(|error| message(&error))?;
        // SAFETY: the plugin's place for one handle.
        unsafe { out.write(bridge::own(&tensor)) };
        Ok(())
    })
}

unsafe extern "C" fn tensor_to_bytes(handle: Raw, buffer: *mut u8, size: usize) -> Status {
    shielded(|| {
        // SAFETY: the plugin passes a live handle.
        let tensor = unsafe { bridge::borrow(handle) };
        let tensor = tensor.detach().f_to_device(Device::Cpu).map_err(|error| message(&error))?.contiguous();
        let expected = tensor.numel() * tensor.kind().elt_size_in_bytes();
        if size != expected {
            return Err(format!("the tensor has {expected} bytes, the buffer {size}"));
        }
        // SAFETY: the plugin's buffer of `size` writable bytes.
        let buffer = unsafe { std::slice::from_raw_parts_mut(buffer, size) };
        tensor.f_copy_data_u8(buffer, tensor.numel()).map_err(|error| message(&error))
    })
}

unsafe extern "C" fn param_create(
    scope: ParamScope,
    name: RStr<'_>,
    shape: RSlice<'_, i64>,
    init: Init,
    trainable: bool,
    out: *mut Raw,
) -> Status {
    shielded(|| {
        let tensor = parameters::create(scope, name.as_str(), shape.as_slice(), init, trainable)?;
        // SAFETY: the plugin's place for one handle.
        unsafe { out.write(bridge::own(&tensor)) };
        Ok(())
    })
}

unsafe extern "C" fn autograd_grad(
    outputs: RSlice<'_, Raw>,
    inputs: RSlice<'_, Raw>,
    create_graph: bool,
    out: *mut Raw,
) -> Status {
    shielded(|| {
        let tensors = |handles: &[Raw]| -> Vec<Tensor> {
            // SAFETY: the plugin passes live handles.
            handles.iter().map(|&handle| unsafe { bridge::borrow(handle) }).collect()
        };
        let gradients =
            Tensor::f_run_backward(&tensors(&outputs), &tensors(&inputs), create_graph, create_graph)
                .map_err(|error| message(&error))?;
        for (place, gradient) in gradients.iter().enumerate() {
            // SAFETY: room for one handle an input.
            unsafe { out.add(place).write(bridge::own(gradient)) };
        }
        Ok(())
    })
}

extern "C" fn log(level: u32, text: RStr<'_>) {
    let text = text.as_str();
    match level {
        1 => tracing::error!(target: "plugin", "{text}"),
        2 => tracing::warn!(target: "plugin", "{text}"),
        3 => tracing::info!(target: "plugin", "{text}"),
        4 => tracing::debug!(target: "plugin", "{text}"),
        _ => tracing::trace!(target: "plugin", "{text}"),
    }
}
