use super::{Creation, Instance, Result};
use crate::plugins::LoadedPlugin;
use crate::plugins::spec;
use crate::torch;
use semola_plugin_api::abi::{ActionVtable, Component, ParamScope, Raw, Status};
use semola_plugin_api::{ActionSpec, DataSpec};
use std::ffi::c_void;
use tch::Tensor;

/// A group action.
#[derive(Debug)]
pub struct ActionInstance {
    inner: Instance<ActionVtable>,
    spec: ActionSpec,
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
        spec::check_action(&spec).map_err(|problem| inner.error(problem))?;
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
