//! The layout of ABI 1, written down: a change of it fails here. What may change and how: docs/plugins.md, "Versions".
//!
//! Additions at the end of [`HostApi`] are allowed and bring a new minor: add their offsets, and the new size beside the
//! minor. Anything else is another major.

use super::*;
use std::mem::{align_of, offset_of, size_of};

/// Offset of each field in the order of its type, and the size.
macro_rules! layout {
    ($type:ty: $size:literal, $($field:ident = $offset:literal),+ $(,)?) => {
        assert_eq!(size_of::<$type>(), $size, concat!("size of ", stringify!($type)));
        $(assert_eq!(offset_of!($type, $field), $offset, concat!(stringify!($type), "::", stringify!($field)));)+
    };
}

#[test]
fn records_keep_their_layout() {
    layout!(Value: 16, tag = 0, len = 4, bits = 8);
    layout!(TensorMeta: 24, dtype = 0, device_type = 1, device_index = 2, ndim = 4, sizes = 8, flags = 16);
    layout!(Init: 24, kind = 0, reserved = 4, a = 8, b = 16);
    layout!(Component: 56, struct_size = 0, kind = 4, name = 8, summary = 24, default_options = 40, create = 48);
    layout!(CreateArgs<'_>: 64, struct_size = 0, reserved = 4, parameters = 8, options = 16, spec = 32, context = 48);
    layout!(Object: 16, instance = 0, vtable = 8);
    layout!(CPlugin: 40, struct_size = 0, component_count = 4, components = 8, experiment = 16, query = 32);
    layout!(ComponentEntry: 48, kind = 0, name = 4);
    assert_eq!(
        (size_of::<Raw>(), size_of::<OpId>(), size_of::<ParamScope>(), size_of::<Status>()),
        (8, 8, 8, 4)
    );
}

#[test]
fn vtables_keep_their_layout() {
    layout!(ModelVtable: 24, struct_size = 0, reserved = 4, drop = 8, forward = 16);
    layout!(DatasetVtable: 32, struct_size = 0, reserved = 4, drop = 8, spec = 16, split = 24);
    layout!(BlockDatasetVtable: 48, dataset = 0, extent = 32, block = 40);
    layout!(Extent: 24, samples = 0, blocks = 8, largest = 16);
    layout!(ActionVtable: 40, struct_size = 0, reserved = 4, drop = 8, describe = 16, act = 24, act_target = 32);
    layout!(HostApi: 120,
        struct_size = 0, minor = 4, op_lookup = 8, op_call = 16, list_free = 24, last_error = 32, set_error = 40,
        tensor_clone = 48, tensor_drop = 56, tensor_meta = 64, tensor_from_bytes = 72, tensor_to_bytes = 80,
        param_create = 88, grad_mode = 96, autograd_grad = 104, log = 112,
    );
    assert_eq!((ABI_MAJOR, ABI_MINOR), (1, 0), "a new minor has a larger HostApi: write both down");
}

#[test]
fn the_manifest_keeps_its_layout() {
    layout!(Manifest: 1896,
        magic = 0, manifest_size = 8, host_api_size = 12, value_size = 16, abi_major = 20, requires_minor = 22, flags = 24,
        id = 32, version = 96, vendor = 128, licence = 192, libtorch = 256, compiler = 288, component_count = 352,
        reserved = 356, components = 360,
    );
    assert_eq!(align_of::<Manifest>(), 8);
    assert_eq!((MAGIC, MANIFEST_SECTION, C_ENTRY_SYMBOL), (*b"SEMOLA\0\x01", ".semola", "semola_plugin_v1"));
}

#[test]
fn numbers_are_never_reused() {
    let tags = [
        tag::DEFAULT,
        tag::NONE,
        tag::TENSOR,
        tag::I64,
        tag::F64,
        tag::BOOL,
        tag::DTYPE,
        tag::DEVICE,
        tag::STR,
        tag::INTS,
        tag::FLOATS,
        tag::BOOLS,
        tag::TENSORS,
    ];
    assert_eq!(tags, std::array::from_fn(|number| number as u32));
    let types =
        [dtype::U8, dtype::I8, dtype::I16, dtype::I32, dtype::I64, dtype::F16, dtype::F32, dtype::F64];
    assert_eq!(types, std::array::from_fn(|number| number as u8));
    assert_eq!((dtype::BOOL, dtype::BF16), (11, 15));
    assert_eq!([Kind::Model, Kind::Dataset, Kind::Action].map(|kind| kind as u32), [1, 2, 3]);
}
