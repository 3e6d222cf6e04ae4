use super::handle::Raw;
use super::host::{ParamScope, Status};
use abi_stable::StableAbi;
use abi_stable::std_types::RStr;
use std::ffi::c_void;

/// What a component is. New kinds may be added; a host skips those it does not know.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash)]
#[repr(u32)]
pub enum Kind {
    /// A backbone: inputs to predictions.
    Model = 1,
    /// A data set: splits of inputs and targets.
    Dataset = 2,
    /// A group action on fields that no declared representation describes.
    Action = 3,
}

impl Kind {
    /// The kind with this number, if this version knows it.
    pub fn from_number(number: u32) -> Option<Self> {
        [Self::Model, Self::Dataset, Self::Action].into_iter().find(|kind| *kind as u32 == number)
    }

    /// "model", "dataset" or "action".
    pub fn name(self) -> &'static str {
        match self {
            Self::Model => "model",
            Self::Dataset => "dataset",
            Self::Action => "action",
        }
    }
}

/// One thing that a plugin offers.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct Component {
    /// `sizeof(Component)` in the plugin.
    pub struct_size: u32,
    /// A number of [`Kind`].
    pub kind: u32,
    /// Unique among the plugin's components of this kind.
    pub name: RStr<'static>,
    /// One line for people.
    pub summary: RStr<'static>,
    /// The options with their default values, a JSON object. The host rejects other keys before `create`.
    pub default_options: extern "C" fn() -> RStr<'static>,
    /// Makes an instance: what is asked, where the instance goes.
    pub create: unsafe extern "C" fn(*const CreateArgs<'_>, *mut Object) -> Status,
}

/// What `create` gets.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct CreateArgs<'a> {
    /// `sizeof(CreateArgs)` in the host.
    pub struct_size: u32,
    /// Must be 0.
    pub reserved: u32,
    /// Where a model creates its parameters.
    pub parameters: ParamScope,
    /// The options, complete, a JSON object.
    pub options: RStr<'a>,
    /// The data's [`crate::DataSpec`] as JSON; empty for a data set, which makes it.
    pub spec: RStr<'a>,
    /// JSON of [`crate::Context`].
    pub context: RStr<'a>,
}

/// An instance and the functions of its kind ([`ModelVtable`], [`DatasetVtable`] or [`ActionVtable`]).
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct Object {
    /// The plugin's own data.
    pub instance: *mut c_void,
    /// The vtable of the component's kind; lives as long as the process.
    pub vtable: *const c_void,
}

/// A model's functions. Called from one thread at a time.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct ModelVtable {
    /// `sizeof(ModelVtable)` in the plugin.
    pub struct_size: u32,
    /// Must be 0.
    pub reserved: u32,
    /// Frees the instance.
    pub drop: unsafe extern "C" fn(*mut c_void),
    /// Inputs in the order of the spec (borrowed), their number, 1 for training, room for the predictions
    /// in the order of the spec's targets (owned by the caller afterwards), its size; returns how many.
    pub forward: unsafe extern "C" fn(*mut c_void, *const Raw, u32, u32, *mut Raw, u32) -> Status,
}

/// A data set's functions. Called from one thread at a time.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct DatasetVtable {
    /// `sizeof(DatasetVtable)` in the plugin.
    pub struct_size: u32,
    /// Must be 0.
    pub reserved: u32,
    /// Frees the instance.
    pub drop: unsafe extern "C" fn(*mut c_void),
    /// The [`crate::DataSpec`] as JSON; the text lives as long as the instance.
    pub spec: unsafe extern "C" fn(*mut c_void, *mut RStr<'static>) -> Status,
    /// A whole split (0 train, 1 validation, 2 test, 3 shifted): room for inputs, then targets, its size;
    /// returns how many, 0 when there is no such split.
    pub split: unsafe extern "C" fn(*mut c_void, u32, *mut Raw, u32) -> Status,
}

/// A [`DatasetVtable`] with what lies behind it where its `struct_size` is that of this one: splits read in blocks, for
/// data larger than memory. A host that does not know it asks for whole splits.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct BlockDatasetVtable {
    /// All that every data set has; its `struct_size` is `sizeof(BlockDatasetVtable)`.
    pub dataset: DatasetVtable,
    /// How many blocks a split has; returns 1, or 0 when it is to be read as a whole, if it exists.
    pub extent: unsafe extern "C" fn(*mut c_void, u32, *mut Extent) -> Status,
    /// One block of a split, counted from 0: room for inputs, then targets, its size; returns how many.
    pub block: unsafe extern "C" fn(*mut c_void, u32, u64, *mut Raw, u32) -> Status,
}

/// A split in blocks.
#[repr(C)]
#[derive(StableAbi, Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Extent {
    /// Samples in all blocks.
    pub samples: u64,
    /// Blocks.
    pub blocks: u64,
    /// Samples in the largest block.
    pub largest: u64,
}

/// A group action's functions. Called from one thread at a time.
#[repr(C)]
#[derive(StableAbi, Clone, Copy)]
pub struct ActionVtable {
    /// `sizeof(ActionVtable)` in the plugin.
    pub struct_size: u32,
    /// Must be 0.
    pub reserved: u32,
    /// Frees the instance.
    pub drop: unsafe extern "C" fn(*mut c_void),
    /// The [`crate::ActionSpec`] as JSON; the text lives as long as the instance.
    pub describe: unsafe extern "C" fn(*mut c_void, *mut RStr<'static>) -> Status,
    /// `g` of shape `[batch, n, n]`, the inputs, their number, room for as many results, its size.
    pub act: unsafe extern "C" fn(*mut c_void, Raw, *const Raw, u32, *mut Raw, u32) -> Status,
    /// The same for the targets.
    pub act_target: unsafe extern "C" fn(*mut c_void, Raw, *const Raw, u32, *mut Raw, u32) -> Status,
}
