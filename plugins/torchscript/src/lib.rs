//! A user's own PyTorch module as a model for `semola-host`: what `torch.jit.save` wrote, trained by the host.
//!
//! The one plugin of the project that links libtorch, because only libtorch runs TorchScript; its manifest names the
//! version. `archive` knows the file, `source` the code in it, `module` runs it in libtorch, `kept` ties its tensors to
//! the host's, `model` is what the host calls. Whatever a file holds, the outcome is a model or one sentence that names
//! the file.

#![cfg_attr(test, allow(clippy::unwrap_used))]

mod archive;
mod kept;
mod model;
mod module;
mod source;

semola_plugin_api::export_plugin! {
    id: "torchscript",
    vendor: "The semola-host authors",
    libtorch: semola_plugin_api::LIBTORCH_VERSION,
    experiment: include_str!("../experiment.toml"),
    components: [
        model "module" => model::Module,
    ],
}
