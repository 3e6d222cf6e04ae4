use super::handle::{Handle, Raw};
use super::value::Value;
use abi_stable::StableAbi;
use abi_stable::std_types::{RSlice, RStr};
use std::sync::atomic::{AtomicU64, Ordering};

/// 0 or a count: success. Negative: failure, with its text in [`HostApi::last_error`].
pub type Status = i32;

/// An operator of libtorch's dispatcher, as the host numbers it.
#[repr(transparent)]
#[derive(StableAbi, Clone, Copy, PartialEq, Eq, Debug)]
pub struct OpId(pub u64);

/// The parameter store of one model instance.
#[repr(transparent)]
#[derive(StableAbi, Clone, Copy, PartialEq, Eq, Debug)]
pub struct ParamScope(pub u64);

/// What is known of a tensor without touching its data.
#[repr(C)]
#[derive(StableAbi, Clone, Copy, Debug)]
pub struct TensorMeta {
    /// One of [`dtype`].
    pub dtype: u8,
    /// libtorch's device type (0 CPU, 1 CUDA).
    pub device_type: u8,
    /// Device index, -1 for "the current one".
    pub device_index: i16,
    /// Number of dimensions.
    pub ndim: u32,
    /// `ndim` sizes, valid as long as the tensor lives.
    pub sizes: *const i64,
    /// Bit 0: requires a gradient.
    pub flags: u64,
}

/// Numbers of the element types: libtorch's `ScalarType`.
pub mod dtype {
    /// Unsigned 8-bit integer.
    pub const U8: u8 = 0;
    /// Signed 8-bit integer.
    pub const I8: u8 = 1;
    /// Signed 16-bit integer.
    pub const I16: u8 = 2;
    /// Signed 32-bit integer.
    pub const I32: u8 = 3;
    /// Signed 64-bit integer.
    pub const I64: u8 = 4;
    /// IEEE half precision.
    pub const F16: u8 = 5;
    /// IEEE single precision.
    pub const F32: u8 = 6;
    /// IEEE double precision.
    pub const F64: u8 = 7;
    /// One byte, 0 or 1.
    pub const BOOL: u8 = 11;
    /// bfloat16.
    pub const BF16: u8 = 15;
}

/// How the host fills a new parameter.
#[repr(C)]
#[derive(StableAbi, Clone, Copy, Debug, PartialEq)]
pub struct Init {
    /// 0 constant `a`; 1 uniform in `[a, b)`; 2 normal with mean `a` and standard deviation `b`;
    /// 3 orthogonal with gain `a`.
    pub kind: u32,
    /// Must be 0.
    pub reserved: u32,
    /// First number of the kind.
    pub a: f64,
    /// Second number of the kind.
    pub b: f64,
}

/// What the host offers to a plugin: the whole boundary in that direction.
///
/// Arguments are borrowed, results are owned. Every function may be called from any thread.
/// Fields are only ever added at the end; a field below the last of minor 0 may be absent in an older
/// host, which a plugin states with `requires_minor` in its manifest or asks by `struct_size`.
#[repr(C)]
#[derive(StableAbi)]
#[sabi(kind(Prefix(prefix_ref = HostApiRef)))]
#[sabi(missing_field(option))]
pub struct HostApi {
    /// `sizeof(HostApi)` in the host that made it.
    pub struct_size: u32,
    /// The host's [`super::ABI_MINOR`].
    pub minor: u32,
    /// Name ("aten::add") and overload ("Tensor", or empty) to an operator.
    pub op_lookup: unsafe extern "C" fn(RStr<'_>, RStr<'_>, *mut OpId) -> Status,
    /// Calls an operator: arguments, their number, room for results, its size; returns how many came.
    /// Trailing arguments may be left out where the schema has defaults.
    pub op_call: unsafe extern "C" fn(OpId, *const Value, u32, *mut Value, u32) -> Status,
    /// Frees the array of a list result; the handles in it have been taken before.
    pub list_free: unsafe extern "C" fn(Value),
    /// The text of this thread's last failure, valid until the next call on this thread.
    pub last_error: extern "C" fn() -> RStr<'static>,
    /// Sets that text: how a plugin reports a failure of its own before returning a negative status.
    pub set_error: extern "C" fn(RStr<'_>),
    /// One more reference to the same tensor.
    pub tensor_clone: unsafe extern "C" fn(Raw) -> Raw,
    /// Gives one reference back.
    pub tensor_drop: unsafe extern "C" fn(Raw),
    /// Type, device and shape.
    pub tensor_meta: unsafe extern "C" fn(Raw, *mut TensorMeta),
    /// Copies row-major bytes into a new tensor on the host's device: dtype, shape, bytes, result.
    pub tensor_from_bytes: unsafe extern "C" fn(u8, RSlice<'_, i64>, RSlice<'_, u8>, *mut Raw) -> Status,
    /// Copies a tensor's row-major bytes into the buffer given, whose size must be exact.
    pub tensor_to_bytes: unsafe extern "C" fn(Raw, *mut u8, usize) -> Status,
    /// Creates, or finds, a parameter or buffer: store, dotted name, shape, initialiser, whether it is
    /// trained (a parameter) or not (a buffer), result. The host owns it: checkpoints, optimiser, device.
    pub param_create:
        unsafe extern "C" fn(ParamScope, RStr<'_>, RSlice<'_, i64>, Init, bool, *mut Raw) -> Status,
    /// Sets this thread's gradient mode and returns the previous one.
    pub grad_mode: extern "C" fn(bool) -> bool,
    /// Gradients of the sum of the outputs with respect to the inputs: outputs, inputs, whether the
    /// result is itself differentiable, room for as many results as inputs.
    pub autograd_grad: unsafe extern "C" fn(RSlice<'_, Raw>, RSlice<'_, Raw>, bool, *mut Raw) -> Status,
    /// One line for the host's log: level (1 error … 5 trace), text.
    #[sabi(last_prefix_field)]
    pub log: extern "C" fn(u32, RStr<'_>),
}

/// Hides [`HostApi`] from abi_stable's own load check, which takes every prefix type to be provided by
/// the library and would refuse an old plugin in a newer host. The host checks the layout the right way
/// round with [`super::PluginModule::host_api_layout`].
#[repr(transparent)]
#[derive(StableAbi, Clone, Copy)]
#[sabi(unsafe_opaque_fields)]
pub struct HostApiPointer(pub *const HostApi);

/// The id of an operator, resolved once per call site and collected by the linker into one section, so
/// that a plugin can resolve all of them when it is loaded.
#[repr(C)]
pub(crate) struct OpCellAbi {
    /// "aten::relu"
    pub(crate) name: &'static str,
    /// "Tensor", or empty.
    pub(crate) overload: &'static str,
    id: AtomicU64,
}

impl OpCellAbi {
    pub(crate) const fn new(name: &'static str, overload: &'static str) -> Self {
        Self { name, overload, id: AtomicU64::new(0) }
    }

    #[inline(always)]
    pub(crate) fn id(&self) -> Result<OpId, String> {
        match self.id.load(Ordering::Relaxed) {
            0 => self.resolve(),
            id => Ok(OpId(id)),
        }
    }

    #[cold]
    pub(crate) fn resolve(&self) -> Result<OpId, String> {
        let id = calls::op_lookup(self.name, self.overload)?;
        self.id.store(id.0, Ordering::Relaxed);
        Ok(id)
    }
}

/// The host's functions as safe Rust, for the rest of this crate.
pub(crate) mod calls {
    use super::*;
    use std::sync::atomic::AtomicPtr;

    static HOST: AtomicPtr<HostApi> = AtomicPtr::new(std::ptr::null_mut());

    /// Remembers the host's vtable; called once, when the plugin is loaded.
    pub(crate) fn connect(api: HostApiPointer) {
        HOST.store(api.0.cast_mut(), Ordering::Release);
    }

    #[inline(always)]
    fn host() -> &'static HostApi {
        let api = HOST.load(Ordering::Acquire);
        assert!(!api.is_null(), "a tensor was used before the host connected this plugin");
        // SAFETY: the host passes a vtable of this major that lives as long as the process, and all
        // fields of minor 0 are present in every host of this major.
        unsafe { &*api }
    }

    #[cold]
    pub(crate) fn last_error() -> String {
        (host().last_error)().as_str().to_owned()
    }

    pub(crate) fn set_error(text: &str) {
        (host().set_error)(RStr::from_str(text));
    }

    fn check(status: Status) -> Result<(), String> {
        if status < 0 { Err(last_error()) } else { Ok(()) }
    }

    pub(crate) fn op_lookup(name: &str, overload: &str) -> Result<OpId, String> {
        let mut id = OpId(0);
        // SAFETY: both strings and `id` outlive the call.
        check(unsafe { (host().op_lookup)(RStr::from_str(name), RStr::from_str(overload), &mut id) })?;
        Ok(id)
    }

    /// Calls an operator; returns how many results were written.
    ///
    /// # Safety
    /// The payloads of `arguments` must match their tags and be alive. The caller takes over every
    /// handle and array among the results.
    #[inline]
    pub(crate) unsafe fn op_call(
        op: OpId,
        arguments: &[Value],
        results: &mut [Value],
    ) -> Result<usize, String> {
        // SAFETY: pointers and lengths come from slices; payloads are the caller's promise.
        let count = unsafe {
            (host().op_call)(
                op,
                arguments.as_ptr(),
                arguments.len() as u32,
                results.as_mut_ptr(),
                results.len() as u32,
            )
        };
        if count < 0 { Err(last_error()) } else { Ok(count as usize) }
    }

    /// # Safety
    /// `list` must be a list result of [`op_call`], freed once.
    pub(crate) unsafe fn list_free(list: Value) {
        // SAFETY: the caller's promise.
        unsafe { (host().list_free)(list) }
    }

    #[inline]
    pub(crate) fn tensor_clone(handle: &Handle) -> Raw {
        // SAFETY: a `Handle` owns a live reference (or is 0, which the host accepts).
        unsafe { (host().tensor_clone)(handle.raw()) }
    }

    /// One more reference to a tensor that somebody else keeps.
    ///
    /// # Safety
    /// `raw` is the handle of a live tensor of the host's libtorch, or 0.
    #[cfg(feature = "tch")]
    pub(crate) unsafe fn tensor_share(raw: Raw) -> Handle {
        // SAFETY: the caller's promise; the result owns the reference that the host adds.
        unsafe { Handle::from_raw((host().tensor_clone)(raw)) }
    }

    /// # Safety
    /// `raw` must be one owned reference; it is gone afterwards.
    #[inline]
    pub(crate) unsafe fn tensor_drop(raw: Raw) {
        // SAFETY: the caller's promise.
        unsafe { (host().tensor_drop)(raw) }
    }

    pub(crate) fn tensor_meta(handle: &Handle) -> TensorMeta {
        let mut meta = TensorMeta {
            dtype: 0,
            device_type: 0,
            device_index: 0,
            ndim: 0,
            sizes: std::ptr::null(),
            flags: 0,
        };
        // SAFETY: the handle is live and `meta` outlives the call.
        unsafe { (host().tensor_meta)(handle.raw(), &mut meta) };
        meta
    }

    pub(crate) fn tensor_sizes(handle: &Handle) -> Vec<i64> {
        let meta = tensor_meta(handle);
        if meta.ndim == 0 {
            return Vec::new();
        }
        // SAFETY: the host points at `ndim` sizes that live as long as the tensor, borrowed here.
        unsafe { std::slice::from_raw_parts(meta.sizes, meta.ndim as usize) }.to_vec()
    }

    /// Plain old data with a fixed byte layout, as it travels in and out of tensors.
    pub(crate) fn tensor_from_slice<T: crate::tensor::Element>(
        data: &[T],
        shape: &[i64],
    ) -> Result<Handle, String> {
        // SAFETY: `Element` is implemented only for plain numbers without padding.
        let bytes =
            unsafe { std::slice::from_raw_parts(data.as_ptr().cast::<u8>(), std::mem::size_of_val(data)) };
        let mut raw = Raw(0);
        // SAFETY: slices and `raw` outlive the call.
        check(unsafe {
            (host().tensor_from_bytes)(
                T::DTYPE as u8,
                RSlice::from_slice(shape),
                RSlice::from_slice(bytes),
                &mut raw,
            )
        })?;
        // SAFETY: on success `raw` is an owned result.
        Ok(unsafe { Handle::from_raw(raw) })
    }

    pub(crate) fn tensor_to_vec<T: crate::tensor::Element>(
        handle: &Handle,
        count: usize,
    ) -> Result<Vec<T>, String> {
        let mut data = vec![T::default(); count];
        // SAFETY: the buffer has exactly `count * size_of::<T>()` bytes, any bit pattern of which the host
        // may write: `Element` types are plain numbers, and the host checks the size.
        check(unsafe {
            (host().tensor_to_bytes)(
                handle.raw(),
                data.as_mut_ptr().cast::<u8>(),
                std::mem::size_of_val(data.as_slice()),
            )
        })?;
        Ok(data)
    }

    pub(crate) fn param_create(
        scope: ParamScope,
        name: &str,
        shape: &[i64],
        init: Init,
        trainable: bool,
    ) -> Result<Handle, String> {
        let mut raw = Raw(0);
        // SAFETY: borrowed arguments and `raw` outlive the call.
        check(unsafe {
            (host().param_create)(
                scope,
                RStr::from_str(name),
                RSlice::from_slice(shape),
                init,
                trainable,
                &mut raw,
            )
        })?;
        // SAFETY: on success `raw` is an owned result.
        Ok(unsafe { Handle::from_raw(raw) })
    }

    pub(crate) fn grad_mode(enabled: bool) -> bool {
        (host().grad_mode)(enabled)
    }

    pub(crate) fn autograd_grad(
        outputs: &[&Handle],
        inputs: &[&Handle],
        create_graph: bool,
    ) -> Result<Vec<Handle>, String> {
        let outputs: Vec<Raw> = outputs.iter().map(|h| h.raw()).collect();
        let inputs: Vec<Raw> = inputs.iter().map(|h| h.raw()).collect();
        let mut results = vec![Raw(0); inputs.len()];
        // SAFETY: all handles are live, and `results` has room for one result an input.
        check(unsafe {
            (host().autograd_grad)(
                RSlice::from_slice(&outputs),
                RSlice::from_slice(&inputs),
                create_graph,
                results.as_mut_ptr(),
            )
        })?;
        // SAFETY: on success every entry is an owned result (or 0: no dependence).
        Ok(results.into_iter().map(|raw| unsafe { Handle::from_raw(raw) }).collect())
    }

    pub(crate) fn log(level: u32, text: &str) {
        (host().log)(level, RStr::from_str(text));
    }
}

impl OpCellAbi {
    /// Calls an operator that returns exactly `N` tensors.
    #[inline]
    pub(crate) fn call_tensors<const N: usize>(
        &self,
        arguments: &[crate::Arg<'_>],
    ) -> Result<[crate::Tensor; N], String> {
        let mut results = [Value { tag: super::tag::NONE, len: 0, bits: 0 }; N];
        let count = self.call(arguments, &mut results)?;
        if count != N || results.iter().any(|value| value.tag != super::tag::TENSOR) {
            return Err(self.unexpected(&results[..count]));
        }
        // SAFETY: each result is an owned handle.
        Ok(results.map(|value| crate::Tensor::from_handle(unsafe { Handle::from_raw(Raw(value.bits)) })))
    }

    /// Calls an operator that returns one list of tensors.
    pub(crate) fn call_list(&self, arguments: &[crate::Arg<'_>]) -> Result<Vec<crate::Tensor>, String> {
        let mut results = [Value { tag: super::tag::NONE, len: 0, bits: 0 }];
        let count = self.call(arguments, &mut results)?;
        if count != 1 || results[0].tag != super::tag::TENSORS {
            return Err(self.unexpected(&results[..count]));
        }
        Ok(take_list(results[0]))
    }

    #[inline]
    fn call(&self, arguments: &[crate::Arg<'_>], results: &mut [Value]) -> Result<usize, String> {
        // SAFETY: `Arg` is transparent over `Value`.
        let arguments =
            unsafe { std::slice::from_raw_parts(arguments.as_ptr().cast::<Value>(), arguments.len()) };
        // SAFETY: an `Arg` borrows what its payload points at; all results are taken over or freed by the callers.
        unsafe { calls::op_call(self.id()?, arguments, results) }
    }

    /// Frees results that the caller did not expect.
    #[cold]
    fn unexpected(&self, results: &[Value]) -> String {
        for value in results {
            match value.tag {
                // SAFETY: an owned result.
                super::tag::TENSOR => drop(unsafe { Handle::from_raw(Raw(value.bits)) }),
                super::tag::TENSORS => drop(take_list(*value)),
                // SAFETY: an owned array of numbers.
                super::tag::INTS | super::tag::FLOATS | super::tag::BOOLS => unsafe {
                    calls::list_free(*value)
                },
                _ => {}
            }
        }
        format!("{} returns something other than what this call expects", self.name)
    }
}

/// Takes the tensors out of a list result and frees its array.
fn take_list(list: Value) -> Vec<crate::Tensor> {
    // SAFETY: the host made an array of `len` owned handles.
    let handles = unsafe { std::slice::from_raw_parts(list.bits as *const Raw, list.len as usize) };
    // SAFETY: each handle is owned, and taken once.
    let tensors =
        handles.iter().map(|&raw| crate::Tensor::from_handle(unsafe { Handle::from_raw(raw) })).collect();
    // SAFETY: the array is freed once, after its handles were taken.
    unsafe { calls::list_free(list) };
    tensors
}
