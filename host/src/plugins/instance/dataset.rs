use super::{ComponentError, Creation, Instance, MAX_FIELDS, Result, expected_shape, fits};
use crate::plugins::LoadedPlugin;
use crate::plugins::spec;
use semola_plugin_api::abi::{Component, DatasetVtable, ParamScope};
use semola_plugin_api::{DataSpec, Field, FieldType, Split};
use tch::{Kind as DType, Tensor};

/// A data set.
#[derive(Debug)]
pub struct DatasetInstance {
    inner: Instance<DatasetVtable>,
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

fn dtype(field: &Field) -> DType {
    match field.dtype {
        FieldType::F32 => DType::Float,
        FieldType::I64 => DType::Int64,
    }
}
