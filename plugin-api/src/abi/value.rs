use abi_stable::StableAbi;

/// One argument or result of an operator call: 16 bytes, a tag and a payload.
///
/// Deliberately not a Rust enum: tags can be added without changing the layout.
#[repr(C)]
#[derive(StableAbi, Clone, Copy, Debug, PartialEq, Eq)]
pub struct Value {
    /// One of [`tag`].
    pub tag: u32,
    /// Number of elements for strings and lists, otherwise 0.
    pub len: u32,
    /// The payload: a number's bits, a handle, or the address of `len` elements.
    pub bits: u64,
}

/// The tags of [`Value`]. Numbers are never reused.
pub mod tag {
    /// Take the default of the operator's schema.
    pub const DEFAULT: u32 = 0;
    /// `None` for an optional argument.
    pub const NONE: u32 = 1;
    /// A tensor handle ([`super::super::Raw`]).
    pub const TENSOR: u32 = 2;
    /// A 64-bit signed integer.
    pub const I64: u32 = 3;
    /// The bits of a 64-bit float.
    pub const F64: u32 = 4;
    /// 0 or 1.
    pub const BOOL: u32 = 5;
    /// An element type, numbered as in [`super::super::dtype`].
    pub const DTYPE: u32 = 6;
    /// A device: type | index << 8.
    pub const DEVICE: u32 = 7;
    /// Address of `len` bytes of UTF-8.
    pub const STR: u32 = 8;
    /// Address of `len` 64-bit signed integers.
    pub const INTS: u32 = 9;
    /// Address of `len` 64-bit floats.
    pub const FLOATS: u32 = 10;
    /// Address of `len` bytes, each 0 or 1.
    pub const BOOLS: u32 = 11;
    /// Address of `len` tensor handles; 0 stands for `None` where the schema says `Tensor?[]`.
    pub const TENSORS: u32 = 12;
}
