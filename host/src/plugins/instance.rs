//! Instances of components: the plugin's vtables as safe functions on tch tensors.
//!
//! Nothing a plugin returns is believed: counts, shapes and types are compared with the declared spec, the
//! gradient mode is restored after each call, and every failure names plugin and component.
#![allow(unsafe_code)]

use super::loader::LoadedPlugin;
use crate::torch::{self, ParameterStore};
use semola_plugin_api::abi::{
    ActionVtable, Component, CreateArgs, DatasetVtable, Kind, ModelVtable, Object, ParamScope, Raw, Status,
};
use semola_plugin_api::{ActionSpec, Context, DataSpec, Field, FieldType, Mode, Split};
use std::ffi::c_void;
use tch::{Kind as DType, Tensor};

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
        serde_json::from_str(text.as_str())
            .map_err(|error| self.error(format!("its {what} does not parse: {error}")))
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

fn dtype(field: &Field) -> DType {
    match field.dtype {
        FieldType::F32 => DType::Float,
        FieldType::I64 => DType::Int64,
    }
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

/// A data set.
#[derive(Debug)]
pub struct DatasetInstance {
    inner: Instance<DatasetVtable>,
    spec: DataSpec,
}

/// A model and its parameters.
#[derive(Debug)]
pub struct ModelInstance {
    inner: Instance<ModelVtable>,
    parameters: ParameterStore,
    /// Name and per-sample shape of each prediction.
    predictions: Vec<(String, Vec<i64>)>,
}

/// A group action.
#[derive(Debug)]
pub struct ActionInstance {
    inner: Instance<ActionVtable>,
    spec: ActionSpec,
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
        let json = |value: &dyn erased::Json| value.text();
        let (options, context) = (json(self.options), json(self.context));
        let spec = spec.map(|spec| json(spec)).unwrap_or_default();
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
mod erased {
    pub(super) trait Json {
        fn text(&self) -> String;
    }
    impl<T: serde::Serialize> Json for T {
        fn text(&self) -> String {
            serde_json::to_string(self).expect("plain data always has a JSON form")
        }
    }
}

impl DatasetInstance {
    /// Opens it and checks its spec.
    ///
    /// # Errors
    /// The plugin's own, or an inconsistent spec.
    pub fn create(plugin: &LoadedPlugin, component: &Component, creation: Creation<'_>) -> Result<Self> {
        let inner = creation.with(ParamScope(0), None, |args| {
            Instance::<DatasetVtable>::create(plugin, component, args, |v| (v.struct_size, v.drop))
        })?;
        let spec: DataSpec = inner.json("spec", inner.vtable.spec)?;
        super::spec::check(&spec).map_err(|problem| inner.error(problem))?;
        if spec.inputs.len() + spec.targets.len() > MAX_FIELDS {
            return Err(inner.error(format!("its spec has more than {MAX_FIELDS} fields")));
        }
        Ok(Self { inner, spec })
    }

    /// Fields, task, known symmetry.
    pub fn spec(&self) -> &DataSpec {
        &self.spec
    }

    /// The error for a split that training can't do without.
    pub fn missing(&self, split: Split) -> ComponentError {
        self.inner.error(format!("it has no {} split, which training needs", split.name()))
    }

    /// A split as inputs and targets, or `None`.
    ///
    /// # Errors
    /// The plugin's own; counts, shapes, types that differ from the spec; values that are not finite.
    pub fn split(&self, split: Split) -> Result<Option<(Vec<Tensor>, Vec<Tensor>)>> {
        let fields: Vec<&Field> = self.spec.inputs.iter().chain(&self.spec.targets).collect();
        let function = self.inner.vtable.split;
        // SAFETY: a live instance and room for `capacity` handles.
        let mut tensors = self.inner.tensors(fields.len(), |this, out, capacity| unsafe {
            function(this, split as u32, out, capacity)
        })?;
        if tensors.is_empty() {
            return Ok(None);
        }
        let name = split.name();
        if tensors.len() != fields.len() {
            return Err(self.inner.error(format!(
                "split {name} has {} fields, its spec declares {}",
                tensors.len(),
                fields.len()
            )));
        }
        let samples = tensors[0].size().first().copied().unwrap_or(0);
        for (tensor, field) in tensors.iter().zip(&fields) {
            let what = format!("split {name}, field `{}`", field.name);
            if !fits(&tensor.size(), samples, &field.shape) {
                return Err(self.inner.error(format!(
                    "{what} has shape {:?}, its spec says {:?} for {samples} samples",
                    tensor.size(),
                    expected_shape(samples, &field.shape)
                )));
            }
            if tensor.kind() != dtype(field) {
                return Err(self.inner.error(format!(
                    "{what} has type {:?}, its spec says {:?}",
                    tensor.kind(),
                    dtype(field)
                )));
            }
            if field.dtype == FieldType::F32 && !all_finite(tensor) {
                let finite: Vec<bool> =
                    Vec::try_from(tensor.flatten(1, -1).isfinite().all_dim(1, false)).unwrap_or_default();
                let first = finite.iter().position(|finite| !finite).unwrap_or(0);
                let bad = finite.iter().filter(|finite| !**finite).count();
                return Err(self.inner.error(format!(
                    "{what} has NaN or infinite values in {bad} of {samples} samples, the first being sample {first}: clean the data"
                )));
            }
        }
        if samples == 0 {
            return Err(self.inner.error(format!("split {name} has no samples")));
        }
        let targets = tensors.split_off(self.spec.inputs.len());
        Ok(Some((tensors, targets)))
    }
}

fn all_finite(tensor: &Tensor) -> bool {
    bool::try_from(tensor.isfinite().all()).unwrap_or(false)
}

impl ModelInstance {
    /// Builds it with fresh parameters, drawn from libtorch's generator as it stands.
    ///
    /// # Errors
    /// The plugin's own.
    pub fn create(
        plugin: &LoadedPlugin,
        component: &Component,
        creation: Creation<'_>,
        spec: &DataSpec,
        parameters: ParameterStore,
    ) -> Result<Self> {
        let inner = creation.with(parameters.scope(), Some(spec), |args| {
            Instance::<ModelVtable>::create(plugin, component, args, |v| (v.struct_size, v.drop))
        })?;
        let classes = match spec.task {
            semola_plugin_api::Task::Classification { classes } => Some(classes),
            semola_plugin_api::Task::Regression => None,
        };
        let predictions = spec
            .targets
            .iter()
            .map(|field| {
                (field.name.clone(), classes.map_or_else(|| field.shape.clone(), |count| vec![count]))
            })
            .collect();
        Ok(Self { inner, parameters, predictions })
    }

    /// Its parameters.
    pub fn parameters(&self) -> &ParameterStore {
        &self.parameters
    }

    /// Predicts: one tensor for each target, `[batch, target shape]`.
    ///
    /// # Errors
    /// The plugin's own; counts, shapes, types that differ from the spec; results without a graph while
    /// training.
    pub fn forward(&self, inputs: &[Tensor], mode: Mode) -> Result<Vec<Tensor>> {
        let function = self.inner.vtable.forward;
        let train = u32::from(mode.is_train());
        let outputs = torch::lend(inputs, |lent| {
            self.inner.tensors(self.predictions.len().max(1), |this, out, capacity| {
                // SAFETY: a live instance, live handles for the length of the call, room for `capacity` results.
                unsafe { function(this, lent.as_ptr(), lent.len() as u32, train, out, capacity) }
            })
        })?;
        let batch = inputs[0].size()[0];
        if outputs.len() != self.predictions.len() {
            let (found, expected) = (outputs.len(), self.predictions.len());
            return Err(self
                .inner
                .error(format!("forward returned {found} tensors, the data has {expected} targets")));
        }
        for (output, (name, shape)) in outputs.iter().zip(&self.predictions) {
            if !fits(&output.size(), batch, shape) {
                return Err(self.inner.error(format!(
                    "the prediction of `{name}` has shape {:?}, expected {:?}",
                    output.size(),
                    expected_shape(batch, shape)
                )));
            }
            if !matches!(output.kind(), DType::Float | DType::BFloat16 | DType::Half) {
                return Err(self.inner.error(format!(
                    "the prediction of `{name}` has type {:?}, expected {:?}",
                    output.kind(),
                    DType::Float
                )));
            }
            if mode.is_train() && !output.requires_grad() && torch::grad_enabled() {
                return Err(self.inner.error(format!(
                    "the prediction of `{name}` is detached: it carries no gradient, so nothing can be learned"
                )));
            }
        }
        Ok(outputs)
    }
}

impl ActionInstance {
    /// Builds it.
    ///
    /// # Errors
    /// The plugin's own, or an inconsistent description.
    pub fn create(
        plugin: &LoadedPlugin,
        component: &Component,
        creation: Creation<'_>,
        spec: &DataSpec,
    ) -> Result<Self> {
        let inner = creation.with(ParamScope(0), Some(spec), |args| {
            Instance::<ActionVtable>::create(plugin, component, args, |v| (v.struct_size, v.drop))
        })?;
        let spec: ActionSpec = inner.json("description", inner.vtable.describe)?;
        super::spec::check_action(&spec).map_err(|problem| inner.error(problem))?;
        Ok(Self { inner, spec })
    }

    /// Size of the matrices, free entries, expected algebra.
    pub fn spec(&self) -> &ActionSpec {
        &self.spec
    }

    /// Moves inputs by `g` of shape `[batch, n, n]`.
    ///
    /// # Errors
    /// The plugin's own; counts and shapes that differ from the inputs'.
    pub fn act(&self, g: &Tensor, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        self.moved("act", self.inner.vtable.act, g, inputs)
    }

    /// Moves targets or predictions by `g`.
    ///
    /// # Errors
    /// As [`Self::act`].
    pub fn act_target(&self, g: &Tensor, targets: &[Tensor]) -> Result<Vec<Tensor>> {
        self.moved("act_target", self.inner.vtable.act_target, g, targets)
    }

    fn moved(
        &self,
        name: &str,
        function: unsafe extern "C" fn(*mut c_void, Raw, *const Raw, u32, *mut Raw, u32) -> Status,
        g: &Tensor,
        fields: &[Tensor],
    ) -> Result<Vec<Tensor>> {
        let moved = torch::lend(std::slice::from_ref(g), |g| {
            torch::lend(fields, |lent| {
                self.inner.tensors(fields.len(), |this, out, capacity| {
                    // SAFETY: a live instance, live handles for the length of the call, room for `capacity` results.
                    unsafe { function(this, g[0], lent.as_ptr(), lent.len() as u32, out, capacity) }
                })
            })
        })?;
        if moved.len() != fields.len()
            || moved.iter().zip(fields).any(|(moved, field)| moved.size() != field.size())
        {
            let sizes = |tensors: &[Tensor]| tensors.iter().map(Tensor::size).collect::<Vec<_>>();
            return Err(self.inner.error(format!(
                "{name} returned shapes {:?}, expected {:?}",
                sizes(&moved),
                sizes(fields)
            )));
        }
        Ok(moved)
    }
}
