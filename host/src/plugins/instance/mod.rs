//! Instances of components: the plugin's vtables as safe functions on tch tensors.
//!
//! Nothing a plugin returns is believed: counts, shapes and types are compared with the declared spec, the
//! gradient mode is restored after each call, and every failure names plugin and component.
#![allow(unsafe_code)]

mod action;
mod dataset;
mod model;

pub use action::ActionInstance;
pub use dataset::DatasetInstance;
pub use model::ModelInstance;

use super::loader::LoadedPlugin;
use super::probe::{Line, note};
use crate::torch;
use semola_plugin_api::abi::{Component, CreateArgs, Kind, Object, ParamScope, Raw, Status};
use semola_plugin_api::{Context, DataSpec};
use std::ffi::c_void;
use tch::Tensor;

/// What went wrong inside a component, or with what it returned.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{kind} {plugin}/{component}: {problem}")]
pub struct ComponentError {
    /// "model", "dataset" or "action".
    pub kind: &'static str,
    /// The plugin's id.
    pub plugin: String,
    /// The component's name.
    pub component: String,
    /// One clause.
    pub problem: String,
}

type Result<T> = std::result::Result<T, ComponentError>;

/// A plugin's object with its name; frees it once.
struct Instance<V: 'static> {
    instance: *mut c_void,
    vtable: &'static V,
    drop: unsafe extern "C" fn(*mut c_void),
    kind: Kind,
    plugin: String,
    component: String,
}

// SAFETY: the ABI says that calls come one at a time, from any thread; `&mut`-like use is kept by the
// trainer, which never shares an instance between threads.
unsafe impl<V> Send for Instance<V> {}

impl<V> Instance<V> {
    fn create(
        plugin: &LoadedPlugin,
        component: &Component,
        args: &CreateArgs<'_>,
        sizes: fn(&V) -> (u32, unsafe extern "C" fn(*mut c_void)),
    ) -> Result<Self> {
        let kind = Kind::from_number(component.kind).expect("the loader keeps only kinds it knows");
        let error = |problem: String| ComponentError {
            kind: kind.name(),
            plugin: plugin.file.id.clone(),
            component: component.name.as_str().to_owned(),
            problem,
        };
        let check = format!("making of {} {}/{}", kind.name(), plugin.file.id, component.name.as_str());
        note(&Line::Begun { check });
        let mut object = Object { instance: std::ptr::null_mut(), vtable: std::ptr::null() };
        let _grad_mode = torch::restore_grad_mode();
        torch::clear_error();
        // SAFETY: `args` and `object` outlive the call.
        let status = unsafe { (component.create)(args, &mut object) };
        if status < 0 {
            return Err(error(failure()));
        }
        if object.vtable.is_null() {
            return Err(error("it was created without a vtable".into()));
        }
        // SAFETY: the plugin promises a vtable of the component's kind that lives as long as the process.
        let vtable = unsafe { &*object.vtable.cast::<V>() };
        let (size, drop) = sizes(vtable);
        if (size as usize) < size_of::<V>() {
            return Err(error(format!("its vtable has {size} bytes where {} are expected", size_of::<V>())));
        }
        Ok(Self {
            instance: object.instance,
            vtable,
            drop,
            kind,
            plugin: plugin.file.id.clone(),
            component: component.name.as_str().to_owned(),
        })
    }

    #[cold]
    fn error(&self, problem: impl Into<String>) -> ComponentError {
        ComponentError {
            kind: self.kind.name(),
            plugin: self.plugin.clone(),
            component: self.component.clone(),
            problem: problem.into(),
        }
    }

    /// Calls a function that returns tensors.
    fn tensors(
        &self,
        capacity: usize,
        call: impl FnOnce(*mut c_void, *mut Raw, u32) -> Status,
    ) -> Result<Vec<Tensor>> {
        let mut results = [Raw(0); MAX_FIELDS];
        let _grad_mode = torch::restore_grad_mode();
        torch::clear_error();
        let count = call(self.instance, results.as_mut_ptr(), capacity as u32);
        if count < 0 {
            return Err(self.error(failure()));
        }
        let count = count as usize;
        if count > capacity {
            return Err(self.error(format!("it claims {count} tensors where there is room for {capacity}")));
        }
        // SAFETY: the plugin hands over `count` owned handles.
        let tensors: Vec<Tensor> = results[..count].iter().map(|&raw| unsafe { torch::take(raw) }).collect();
        if let Some(missing) = tensors.iter().position(|tensor| !tensor.defined()) {
            return Err(self.error(format!("result {missing} is no tensor")));
        }
        Ok(tensors)
    }

    /// Reads a JSON text of the instance.
    fn json<T: serde::de::DeserializeOwned>(
        &self,
        what: &str,
        call: unsafe extern "C" fn(*mut c_void, *mut abi_stable::std_types::RStr<'static>) -> Status,
    ) -> Result<T> {
        let mut text = abi_stable::std_types::RStr::from_str("");
        // SAFETY: a live instance and a place for one text.
        if unsafe { call(self.instance, &mut text) } < 0 {
            return Err(self.error(failure()));
        }
        super::spec::parse(what, text.as_str()).map_err(|problem| self.error(problem))
    }
}

impl<V> Drop for Instance<V> {
    fn drop(&mut self) {
        // SAFETY: created by this plugin, freed once.
        unsafe { (self.drop)(self.instance) }
    }
}

impl<V> std::fmt::Debug for Instance<V> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}/{}", self.kind.name(), self.plugin, self.component)
    }
}

/// Fields of a spec, inputs and targets together.
const MAX_FIELDS: usize = 64;

fn failure() -> String {
    let text = torch::last_error();
    // A C++ error may carry its stack; people need its first lines.
    let text = text
        .lines()
        .take_while(|line| !line.starts_with("Exception raised from"))
        .collect::<Vec<_>>()
        .join(" ");
    if text.is_empty() { "it failed without saying why".into() } else { text }
}

/// `[batch, field shape]` with −1 for what may vary.
fn fits(found: &[i64], batch: i64, field_shape: &[i64]) -> bool {
    found.len() == field_shape.len() + 1
        && found[0] == batch
        && found[1..].iter().zip(field_shape).all(|(found, expected)| *expected < 0 || found == expected)
}

fn expected_shape(batch: i64, field_shape: &[i64]) -> Vec<i64> {
    std::iter::once(batch).chain(field_shape.iter().copied()).collect()
}

/// Options and seed of an instance.
#[derive(Clone, Copy, Debug)]
pub struct Creation<'a> {
    /// Complete options.
    pub options: &'a serde_json::Map<String, serde_json::Value>,
    /// Seed and directories.
    pub context: &'a Context,
}

impl Creation<'_> {
    fn with<T>(
        &self,
        parameters: ParamScope,
        spec: Option<&DataSpec>,
        body: impl FnOnce(&CreateArgs<'_>) -> T,
    ) -> T {
        let (options, context) = (json(self.options), json(self.context));
        let spec = spec.map(json).unwrap_or_default();
        body(&CreateArgs {
            struct_size: size_of::<CreateArgs<'_>>() as u32,
            reserved: 0,
            parameters,
            options: options.as_str().into(),
            spec: spec.as_str().into(),
            context: context.as_str().into(),
        })
    }
}

/// JSON of plain data, which cannot fail.
fn json<T: serde::Serialize>(value: &T) -> String {
    serde_json::to_string(value).expect("plain data always has a JSON form")
}
