use super::{Creation, Instance, Result, expected_shape, fits};
use crate::plugins::LoadedPlugin;
use crate::profile::span;
use crate::torch::{self, ParameterStore};
use semola_plugin_api::abi::{Component, ModelVtable};
use semola_plugin_api::{DataSpec, Mode};
use tch::{Kind as DType, Tensor};

/// A model and its parameters.
#[derive(Debug)]
pub struct ModelInstance {
    inner: Instance<ModelVtable>,
    parameters: ParameterStore,
    /// Name and per-sample shape of each prediction.
    predictions: Vec<(String, Vec<i64>)>,
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
        let _span = span!("forward");
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
