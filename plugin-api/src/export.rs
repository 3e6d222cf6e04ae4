/// Makes a crate a plugin: writes its manifest and both entry points.
///
/// ```ignore
/// semola_plugin_api::export_plugin! {
///     id: "pendulum",                                  // lower-case letters, digits, '-', '_'
///     vendor: "Lab of Somewhere",
///     experiment: include_str!("../experiment.toml"),  // what `semola-host --plugin pendulum` runs
///     components: [
///         dataset "swing" => SwingDataset,
///         model "pendulum-net" => PendulumNet,
///         action "phase-shift" => PhaseShift,
///     ],
/// }
/// ```
///
/// `experiment` may be left out. A plugin that links libtorch itself (feature `tch`) says which, behind its vendor:
/// `libtorch: semola_plugin_api::LIBTORCH_VERSION`; the host refuses it where it runs another one.
///  Version and licence are those of the crate's Cargo.toml. A plugin exports
/// up to 32 components. Use it once, in the crate's root module; the crate needs `crate-type = ["cdylib"]`.
#[macro_export]
macro_rules! export_plugin {
    (
        id: $id:literal,
        vendor: $vendor:literal,
        $(libtorch: $libtorch:expr,)?
        components: [$($kind:ident $name:literal => $type:ty),+ $(,)?] $(,)?
    ) => {
        $crate::export_plugin! {
            id: $id, vendor: $vendor, $(libtorch: $libtorch,)? experiment: "", components: [$($kind $name => $type),+],
        }
    };
    (
        id: $id:literal,
        vendor: $vendor:literal,
        $(libtorch: $libtorch:expr,)?
        experiment: $experiment:expr,
        components: [$($kind:ident $name:literal => $type:ty),+ $(,)?] $(,)?
    ) => {
        #[allow(unsafe_code)]
        const _: () = {
            use $crate::abi;
            use $crate::abi_stable::prefix_type::PrefixTypeTrait;
            use $crate::abi_stable::std_types::{RSlice, RStr};

            #[used]
            #[unsafe(link_section = ".semola")]
            static MANIFEST: abi::Manifest = abi::Manifest::new(abi::ManifestInfo {
                id: $id,
                version: env!("CARGO_PKG_VERSION"),
                vendor: $vendor,
                licence: env!("CARGO_PKG_LICENSE"),
                libtorch: $crate::export_plugin!(@libtorch $($libtorch)?),
                components: &[$(($crate::export_plugin!(@kind $kind), $name)),+],
            });

            static COMPONENTS: &[abi::Component] = &[$($crate::export_plugin!(@component $kind $name $type)),+];

            extern "C" fn init(host: abi::HostApiPointer) -> abi::Status {
                abi::start_plugin(host)
            }
            extern "C" fn components() -> RSlice<'static, abi::Component> {
                RSlice::from_slice(COMPONENTS)
            }
            extern "C" fn experiment() -> RStr<'static> {
                RStr::from_str($experiment)
            }
            extern "C" fn query(_capability: RStr<'_>) -> *const ::std::ffi::c_void {
                ::std::ptr::null()
            }
            fn root() -> abi::PluginModuleRef {
                abi::PluginModule { host_api_layout: abi::host_api_layout, init, components, experiment, query }
                    .leak_into_prefix()
            }

            // What abi_stable's own attribute would write; that one wants abi_stable among the plugin's
            // dependencies and a symbol attribute that this edition does not accept.
            #[unsafe(export_name = "_1as_0lib_1header_0root_bmodule_bloader")]
            static HEADER: $crate::abi_stable::library::LibHeader = {
                extern "C" fn load() -> $crate::abi_stable::library::RootModuleResult {
                    $crate::abi_stable::library::__call_root_module_loader(root)
                }
                // SAFETY: `load` returns the root module of exactly this type.
                unsafe {
                    $crate::abi_stable::library::LibHeader::from_constructor::<abi::PluginModuleRef>(
                        load,
                        $crate::abi_stable::library::CheckTypeLayout::Yes,
                    )
                }
            };

            /// # Safety
            /// `host` is a vtable of this major that lives as long as the process; `plugin` is writable.
            #[unsafe(export_name = "semola_plugin_v1")]
            unsafe extern "C" fn entry(host: *const abi::HostApi, plugin: *mut abi::CPlugin) -> abi::Status {
                let status = init(abi::HostApiPointer(host));
                if status >= 0 {
                    let filled = abi::CPlugin {
                        struct_size: size_of::<abi::CPlugin>() as u32,
                        component_count: COMPONENTS.len() as u32,
                        components: COMPONENTS.as_ptr(),
                        experiment: experiment(),
                        query: Some(query),
                    };
                    // SAFETY: the caller's promise.
                    unsafe { plugin.write(filled) };
                }
                status
            }
        };
    };
    (@libtorch) => { "" };
    (@libtorch $libtorch:expr) => { $libtorch };
    (@kind model) => { $crate::abi::Kind::Model };
    (@kind dataset) => { $crate::abi::Kind::Dataset };
    (@kind action) => { $crate::abi::Kind::Action };
    (@component model $name:literal $type:ty) => { $crate::abi::ModelAdapter::<$type>::component($name) };
    (@component dataset $name:literal $type:ty) => { $crate::abi::DatasetAdapter::<$type>::component($name) };
    (@component action $name:literal $type:ty) => { $crate::abi::ActionAdapter::<$type>::component($name) };
}
