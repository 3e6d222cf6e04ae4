//! From the authors' traits to the vtables that cross the boundary. No panic gets past here.

use super::component::{
    ActionVtable, BlockDatasetVtable, Component, CreateArgs, DatasetVtable, Extent, Kind, ModelVtable, Object,
};
use super::handle::Raw;
use super::host::{HostApiPointer, OpCellAbi, Status, calls};
use crate::tensor::{OpFailure, Tensor};
use crate::{Context, DataSpec, Dataset, Error, GroupAction, Mode, Model, Params, Result, Samples, Split};
use abi_stable::std_types::RStr;
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::cell::RefCell;
use std::ffi::c_void;
use std::marker::PhantomData;
use std::panic::{AssertUnwindSafe, catch_unwind};

const FAILED: Status = -1;
const PANICKED: Status = -2;

thread_local! {
    /// Where the last panic of this thread happened: the payload alone does not tell.
    static LAST_PANIC: RefCell<Option<String>> = const { RefCell::new(None) };
}

/// Runs author code: an error or a panic becomes a text at the host and a negative status.
fn guarded(body: impl FnOnce() -> Result<usize>) -> Status {
    let (status, text) = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(count)) => return count as Status,
        Ok(Err(error)) => (FAILED, error.to_string()),
        Err(payload) => match payload.downcast::<OpFailure>() {
            Ok(failure) => (FAILED, failure.to_string()),
            Err(_) => {
                let panic = LAST_PANIC.with(|last| last.borrow_mut().take());
                (PANICKED, panic.unwrap_or_else(|| "it panicked".into()))
            }
        },
    };
    calls::set_error(&text);
    status
}

/// Connects the host, forwards panics to its log, and resolves every operator that the plugin names.
pub fn start_plugin(host: HostApiPointer) -> Status {
    calls::connect(host);
    guarded(|| {
        std::panic::set_hook(Box::new(|info| {
            let place = info.location().map(|at| format!("{}:{}", at.file(), at.line())).unwrap_or_default();
            let payload = info.payload();
            let message = payload
                .downcast_ref::<&str>()
                .map(|text| (*text).to_owned())
                .or_else(|| payload.downcast_ref::<String>().cloned())
                .unwrap_or_else(|| "(no message)".into());
            let text = format!("it panicked at {place}: {message}");
            calls::log(4, &text);
            LAST_PANIC.with(|last| *last.borrow_mut() = Some(text));
        }));
        let missing: Vec<String> = op_cells().iter().filter_map(|cell| cell.resolve().err()).collect();
        if missing.is_empty() { Ok(0) } else { Err(Error::new(missing.join("; "))) }
    })
}

/// Every [`OpCellAbi`] of this plugin: the linker gathers them between two symbols of its own making.
fn op_cells() -> &'static [OpCellAbi] {
    // The linker's marks are only taken the address of; `str` never crosses a boundary here.
    #[allow(improper_ctypes)]
    unsafe extern "C" {
        static __start_semola_ops: OpCellAbi;
        static __stop_semola_ops: OpCellAbi;
    }
    let start = &raw const __start_semola_ops;
    let stop = &raw const __stop_semola_ops;
    // SAFETY: the section holds nothing but `OpCellAbi` statics (`op_cell!` is the only thing that puts
    // any there), all of one size and alignment, between the linker's two symbols, and they live for ever.
    unsafe { std::slice::from_raw_parts(start, stop.offset_from_unsigned(start)) }
}

// A plugin without a single operator would otherwise have no such section.
crate::op_cell!(_ANCHOR, "aten::detach", "");

/// Sees borrowed handles as borrowed tensors.
///
/// # Safety
/// `handles` points at `count` live handles that outlive `'a`.
unsafe fn borrow_tensors<'a>(handles: *const Raw, count: u32) -> &'a [Tensor] {
    if count == 0 {
        return &[];
    }
    // SAFETY: `Tensor` and `Handle` are transparent over `Raw`; behind a shared reference nothing is dropped.
    unsafe { std::slice::from_raw_parts(handles.cast::<Tensor>(), count as usize) }
}

/// Moves results into the caller's room.
///
/// # Safety
/// `out` has room for `capacity` handles.
unsafe fn give(results: Vec<Tensor>, out: *mut Raw, capacity: u32) -> Result<usize> {
    if results.len() > capacity as usize {
        return Err(Error::new(format!(
            "it returned {} tensors where {capacity} are expected",
            results.len()
        )));
    }
    let count = results.len();
    for (place, tensor) in results.into_iter().enumerate() {
        // SAFETY: `place < count <= capacity`, which the caller vouches for.
        unsafe { out.add(place).write(tensor.into_handle().into_raw()) };
    }
    Ok(count)
}

fn options<O: DeserializeOwned>(args: &CreateArgs<'_>) -> Result<O> {
    serde_json::from_str(args.options.as_str())
        .map_err(|error| Error::new(format!("its options do not parse: {error}")))
}

fn spec(args: &CreateArgs<'_>) -> Result<DataSpec> {
    serde_json::from_str(args.spec.as_str()).map_err(|error| {
        // JSON that is sound but unknown comes of a newer host or data set.
        let remedy =
            if error.is_data() { "; rebuild this plugin with the semola-plugin-api of the host" } else { "" };
        Error::new(format!("the data's spec does not parse: {error}{remedy}"))
    })
}

fn leak_json<T: Serialize>(value: &T) -> Result<RStr<'static>> {
    Ok(RStr::from_str(Box::leak(serde_json::to_string(value)?.into_boxed_str())))
}

extern "C" fn default_options<O: Default + Serialize>() -> RStr<'static> {
    let json = catch_unwind(|| leak_json(&O::default()));
    json.ok().and_then(Result::ok).unwrap_or(RStr::from_str("{}"))
}

/// Boxes an instance into the caller's place.
///
/// # Safety
/// `out` is valid for one write.
unsafe fn place<A>(adapter: A, vtable: *const c_void, out: *mut Object) -> Result<usize> {
    let object = Object { instance: Box::into_raw(Box::new(adapter)).cast(), vtable };
    // SAFETY: the caller's promise.
    unsafe { out.write(object) };
    Ok(0)
}

unsafe extern "C" fn drop_boxed<A>(instance: *mut c_void) {
    // SAFETY: the host gives back, once, the pointer that `place::<A>` made.
    guarded(|| {
        // SAFETY: as above.
        drop(unsafe { Box::from_raw(instance.cast::<A>()) });
        Ok(0)
    });
}

const fn entry<O: Default + Serialize>(
    kind: Kind,
    name: &'static str,
    summary: &'static str,
    create: unsafe extern "C" fn(*const CreateArgs<'_>, *mut Object) -> Status,
) -> Component {
    Component {
        struct_size: size_of::<Component>() as u32,
        kind: kind as u32,
        name: RStr::from_str(name),
        summary: RStr::from_str(summary),
        default_options: default_options::<O>,
        create,
    }
}

/// A [`Model`] behind a [`ModelVtable`].
pub struct ModelAdapter<M>(PhantomData<M>);

impl<M: Model> ModelAdapter<M> {
    const VTABLE: &'static ModelVtable = &ModelVtable {
        struct_size: size_of::<ModelVtable>() as u32,
        reserved: 0,
        drop: drop_boxed::<M>,
        forward: Self::forward,
    };

    /// The component under this name.
    pub const fn component(name: &'static str) -> Component {
        entry::<M::Options>(Kind::Model, name, M::SUMMARY, Self::create)
    }

    unsafe extern "C" fn create(args: *const CreateArgs<'_>, out: *mut Object) -> Status {
        guarded(|| {
            // SAFETY: the host passes live arguments and a place for one object.
            let args = unsafe { &*args };
            let model = M::new(options(args)?, &spec(args)?, &Params::root(args.parameters))?;
            // SAFETY: as above.
            unsafe { place(model, std::ptr::from_ref(Self::VTABLE).cast(), out) }
        })
    }

    unsafe extern "C" fn forward(
        this: *mut c_void,
        inputs: *const Raw,
        count: u32,
        train: u32,
        out: *mut Raw,
        capacity: u32,
    ) -> Status {
        guarded(|| {
            // SAFETY: `this` came from `create` of the same `M`; the host makes one call at a time.
            let model = unsafe { &*this.cast::<M>() };
            // SAFETY: the host lends `count` live handles for the length of the call.
            let inputs = unsafe { borrow_tensors(inputs, count) };
            let mode = if train == 1 { Mode::Train } else { Mode::Eval };
            // SAFETY: the host has room for `capacity` results.
            unsafe { give(model.forward(inputs, mode)?, out, capacity) }
        })
    }
}

/// A [`Dataset`] behind a [`DatasetVtable`].
pub struct DatasetAdapter<D> {
    dataset: D,
    spec: String,
}

impl<D: Dataset> DatasetAdapter<D> {
    const VTABLE: &'static BlockDatasetVtable = &BlockDatasetVtable {
        dataset: DatasetVtable {
            struct_size: size_of::<BlockDatasetVtable>() as u32,
            reserved: 0,
            drop: drop_boxed::<Self>,
            spec: Self::spec,
            split: Self::split,
        },
        extent: Self::extent,
        block: Self::block,
    };

    /// The component under this name.
    pub const fn component(name: &'static str) -> Component {
        entry::<D::Options>(Kind::Dataset, name, D::SUMMARY, Self::create)
    }

    unsafe extern "C" fn create(args: *const CreateArgs<'_>, out: *mut Object) -> Status {
        guarded(|| {
            // SAFETY: the host passes live arguments and a place for one object.
            let args = unsafe { &*args };
            let context: Context = serde_json::from_str(args.context.as_str())?;
            let dataset = D::open(options(args)?, &context)?;
            let spec = serde_json::to_string(&dataset.spec())?;
            // SAFETY: as above.
            unsafe { place(Self { dataset, spec }, std::ptr::from_ref(Self::VTABLE).cast(), out) }
        })
    }

    unsafe extern "C" fn spec(this: *mut c_void, out: *mut RStr<'static>) -> Status {
        guarded(|| {
            // SAFETY: `this` came from `create` of the same `D`. The text lives as long as the instance,
            // which is what the vtable promises; `'static` stands for that in C terms.
            let adapter: &'static Self = unsafe { &*this.cast::<Self>() };
            // SAFETY: the host's place for one text.
            unsafe { out.write(RStr::from_str(&adapter.spec)) };
            Ok(0)
        })
    }

    unsafe extern "C" fn split(this: *mut c_void, split: u32, out: *mut Raw, capacity: u32) -> Status {
        guarded(|| {
            // SAFETY: `this` came from `create` of the same `D`; the host makes one call at a time.
            let dataset = unsafe { &(*this.cast::<Self>()).dataset };
            let Some(split) = known(split) else {
                return Ok(0);
            };
            let Some(Samples { mut inputs, targets }) = dataset.split(split)? else {
                return Ok(0);
            };
            inputs.extend(targets);
            // SAFETY: the host has room for `capacity` results.
            unsafe { give(inputs, out, capacity) }
        })
    }

    unsafe extern "C" fn extent(this: *mut c_void, split: u32, out: *mut Extent) -> Status {
        guarded(|| {
            // SAFETY: as in `split`.
            let dataset = unsafe { &(*this.cast::<Self>()).dataset };
            let Some(extent) = known(split).map(|split| dataset.extent(split)).transpose()?.flatten() else {
                return Ok(0);
            };
            // SAFETY: the host's place for one record.
            unsafe { out.write(extent) };
            Ok(1)
        })
    }

    unsafe extern "C" fn block(
        this: *mut c_void,
        split: u32,
        block: u64,
        out: *mut Raw,
        capacity: u32,
    ) -> Status {
        guarded(|| {
            // SAFETY: as in `split`.
            let dataset = unsafe { &(*this.cast::<Self>()).dataset };
            let Some(split) = known(split) else {
                return Ok(0);
            };
            let Samples { mut inputs, targets } = dataset.block(split, block)?;
            inputs.extend(targets);
            // SAFETY: the host has room for `capacity` results.
            unsafe { give(inputs, out, capacity) }
        })
    }
}

fn known(split: u32) -> Option<Split> {
    Split::ALL.into_iter().find(|known| *known as u32 == split)
}

/// A [`GroupAction`] behind an [`ActionVtable`].
pub struct ActionAdapter<A> {
    action: A,
    description: String,
}

impl<A: GroupAction> ActionAdapter<A> {
    const VTABLE: &'static ActionVtable = &ActionVtable {
        struct_size: size_of::<ActionVtable>() as u32,
        reserved: 0,
        drop: drop_boxed::<Self>,
        describe: Self::describe,
        act: Self::act,
        act_target: Self::act_target,
    };

    /// The component under this name.
    pub const fn component(name: &'static str) -> Component {
        entry::<A::Options>(Kind::Action, name, A::SUMMARY, Self::create)
    }

    unsafe extern "C" fn create(args: *const CreateArgs<'_>, out: *mut Object) -> Status {
        guarded(|| {
            // SAFETY: the host passes live arguments and a place for one object.
            let args = unsafe { &*args };
            let action = A::new(options(args)?, &spec(args)?)?;
            let description = serde_json::to_string(&action.describe())?;
            // SAFETY: as above.
            unsafe { place(Self { action, description }, std::ptr::from_ref(Self::VTABLE).cast(), out) }
        })
    }

    unsafe extern "C" fn describe(this: *mut c_void, out: *mut RStr<'static>) -> Status {
        guarded(|| {
            // SAFETY: `this` came from `create` of the same `A`. The text lives as long as the instance,
            // which is what the vtable promises; `'static` stands for that in C terms.
            let adapter: &'static Self = unsafe { &*this.cast::<Self>() };
            // SAFETY: the host's place for one text.
            unsafe { out.write(RStr::from_str(&adapter.description)) };
            Ok(0)
        })
    }

    unsafe extern "C" fn act(
        this: *mut c_void,
        g: Raw,
        fields: *const Raw,
        count: u32,
        out: *mut Raw,
        capacity: u32,
    ) -> Status {
        // SAFETY: the host's promises for `act`, passed on.
        unsafe { Self::moved(this, g, fields, count, out, capacity, A::act) }
    }

    unsafe extern "C" fn act_target(
        this: *mut c_void,
        g: Raw,
        fields: *const Raw,
        count: u32,
        out: *mut Raw,
        capacity: u32,
    ) -> Status {
        // SAFETY: the host's promises for `act_target`, passed on.
        unsafe { Self::moved(this, g, fields, count, out, capacity, A::act_target) }
    }

    /// # Safety
    /// As for the vtable's `act`: a live instance, live handles, room for `capacity` results.
    unsafe fn moved(
        this: *mut c_void,
        g: Raw,
        fields: *const Raw,
        count: u32,
        out: *mut Raw,
        capacity: u32,
        by: fn(&A, &Tensor, &[Tensor]) -> Result<Vec<Tensor>>,
    ) -> Status {
        guarded(|| {
            // SAFETY: `this` came from `create` of the same `A`; the host makes one call at a time.
            let action = unsafe { &(*this.cast::<Self>()).action };
            // SAFETY: the host lends live handles for the length of the call.
            let (g, fields) = unsafe { (borrow_tensors(&raw const g, 1), borrow_tensors(fields, count)) };
            // SAFETY: the host has room for `capacity` results.
            unsafe { give(by(action, &g[0], fields)?, out, capacity) }
        })
    }
}
