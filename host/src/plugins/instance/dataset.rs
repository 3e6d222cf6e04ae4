use super::{ComponentError, Creation, Instance, MAX_FIELDS, Result, expected_shape, failure, fits};
use crate::plugins::LoadedPlugin;
use crate::plugins::spec;
use crate::torch;
use semola_plugin_api::abi::{BlockDatasetVtable, Component, DatasetVtable, Extent, ParamScope};
use semola_plugin_api::{DataSpec, Field, FieldType, Split};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tch::{Kind as DType, Tensor};

/// A data set. Copies are the same one; calls come one at a time, from any thread.
#[derive(Clone, Debug)]
pub struct DatasetInstance {
    inner: Arc<Mutex<Instance<DatasetVtable>>>,
    spec: DataSpec,
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
        spec::check(&spec).map_err(|problem| inner.error(problem))?;
        if spec.inputs.len() + spec.targets.len() > MAX_FIELDS {
            return Err(inner.error(format!("its spec has more than {MAX_FIELDS} fields")));
        }
        Ok(Self { inner: Arc::new(Mutex::new(inner)), spec })
    }

    fn inner(&self) -> MutexGuard<'_, Instance<DatasetVtable>> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fields, task, known symmetry.
    pub fn spec(&self) -> &DataSpec {
        &self.spec
    }

    /// The error for a split that training can't do without.
    pub fn missing(&self, split: Split) -> ComponentError {
        self.inner().error(format!("it has no {} split, which training needs", split.name()))
    }

    /// A split as inputs and targets, or `None`.
    ///
    /// # Errors
    /// The plugin's own; counts, shapes, types that differ from the spec; values that are not finite.
    pub fn split(&self, split: Split) -> Result<Option<(Vec<Tensor>, Vec<Tensor>)>> {
        let inner = self.inner();
        let function = inner.vtable.split;
        let name = format!("split {}", split.name());
        // SAFETY: a live instance and room for `capacity` handles.
        let tensors = inner.tensors(self.fields(), |this, out, capacity| unsafe {
            function(this, split as u32, out, capacity)
        })?;
        if tensors.is_empty() {
            return Ok(None);
        }
        let (inputs, targets) = self.checked(&inner, &name, tensors)?;
        if inputs[0].size()[0] == 0 {
            return Err(inner.error(format!("{name} has no samples")));
        }
        Ok(Some((inputs, targets)))
    }

    /// How a split is read in blocks, if it is.
    ///
    /// # Errors
    /// The plugin's own; an extent that cannot be.
    pub fn extent(&self, split: Split) -> Result<Option<Extent>> {
        let inner = self.inner();
        let Some(vtable) = blocks(&inner) else { return Ok(None) };
        let mut extent = Extent::default();
        torch::clear_error();
        // SAFETY: a live instance and a place for one record.
        match unsafe { (vtable.extent)(inner.instance, split as u32, &mut extent) } {
            0 => Ok(None),
            1 if extent.blocks > 0
                && extent.largest > 0
                && (extent.largest..=extent.largest.saturating_mul(extent.blocks))
                    .contains(&extent.samples)
                && i64::try_from(extent.samples).is_ok() =>
            {
                Ok(Some(extent))
            }
            1 => Err(inner.error(format!(
                "split {} claims {} samples in {} blocks of at most {}",
                split.name(),
                extent.samples,
                extent.blocks,
                extent.largest
            ))),
            _ => Err(inner.error(failure())),
        }
    }

    /// A block of a split that has an [`extent`](DatasetInstance::extent), as inputs and targets.
    ///
    /// # Errors
    /// As for [`DatasetInstance::split`], with the number of the block.
    pub fn block(&self, split: Split, block: u64) -> Result<(Vec<Tensor>, Vec<Tensor>)> {
        let inner = self.inner();
        let name = format!("split {}, block {block}", split.name());
        let function =
            blocks(&inner).ok_or_else(|| inner.error(format!("{name} cannot be read alone")))?.block;
        // SAFETY: a live instance and room for `capacity` handles.
        let tensors = inner.tensors(self.fields(), |this, out, capacity| unsafe {
            function(this, split as u32, block, out, capacity)
        })?;
        self.checked(&inner, &name, tensors)
    }

    fn fields(&self) -> usize {
        self.spec.inputs.len() + self.spec.targets.len()
    }

    /// Inputs and targets, having compared them with the spec; `name` is where they are from.
    fn checked(
        &self,
        inner: &Instance<DatasetVtable>,
        name: &str,
        mut tensors: Vec<Tensor>,
    ) -> Result<(Vec<Tensor>, Vec<Tensor>)> {
        let fields: Vec<&Field> = self.spec.inputs.iter().chain(&self.spec.targets).collect();
        if tensors.len() != fields.len() {
            return Err(inner.error(format!(
                "{name} has {} fields, its spec declares {}",
                tensors.len(),
                fields.len()
            )));
        }
        let samples = tensors[0].size().first().copied().unwrap_or(0);
        for (tensor, field) in tensors.iter().zip(&fields) {
            let what = format!("{name}, field `{}`", field.name);
            if !fits(&tensor.size(), samples, &field.shape) {
                return Err(inner.error(format!(
                    "{what} has shape {:?}, its spec says {:?} for {samples} samples",
                    tensor.size(),
                    expected_shape(samples, &field.shape)
                )));
            }
            if tensor.kind() != dtype(field) {
                return Err(inner.error(format!(
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
                return Err(inner.error(format!(
                    "{what} has NaN or infinite values in {bad} of {samples} samples, the first being sample {first}: clean the data"
                )));
            }
        }
        let targets = tensors.split_off(self.spec.inputs.len());
        Ok((tensors, targets))
    }
}

/// The functions for blocks, where the plugin has them.
fn blocks(inner: &Instance<DatasetVtable>) -> Option<&'static BlockDatasetVtable> {
    let long_enough = inner.vtable.struct_size as usize >= size_of::<BlockDatasetVtable>();
    // SAFETY: the size says that the vtable is the beginning of one with blocks; both live as long as the process.
    long_enough.then(|| unsafe { &*std::ptr::from_ref(inner.vtable).cast::<BlockDatasetVtable>() })
}

fn all_finite(tensor: &Tensor) -> bool {
    bool::try_from(tensor.isfinite().all()).unwrap_or(false)
}

fn dtype(field: &Field) -> DType {
    match field.dtype {
        FieldType::F32 => DType::Float,
        FieldType::I64 => DType::Int64,
    }
}
