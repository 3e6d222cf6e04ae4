//! What lasts of a module and is kept by the host: its parameters and buffers.
//!
//! [`hand_over`] creates each in the host's store under the module's own name, fills it with the file's values and
//! puts it into the module in place of the one that was loaded: from then on optimiser, checkpoints and module share
//! storage. Two kinds of buffer cannot be shared and are [`Copied`] after each call instead: those that are not 32-bit
//! floats (the host keeps nothing else), and those that the module's code replaces by new tensors. A copy is never
//! part of a graph, so that renewing it spoils no gradient.

use crate::model::Start;
use crate::module::Script;
use crate::source::Slot;
use semola_plugin_api::Params;
use semola_plugin_api::nn::Init;
use tch::Kind;

/// A buffer of which the host has a copy.
pub(crate) struct Copied {
    name: String,
    /// Of its slot.
    pub(crate) place: usize,
    hosts: tch::Tensor,
    own: tch::Tensor,
    /// The host's version when the two were last equal: it grows with every change, such as a checkpoint's.
    version: i64,
}

impl Copied {
    /// Takes the host's values where they have changed without the module.
    pub(crate) fn take(&mut self) -> Result<(), String> {
        if version(&self.hosts)? != self.version {
            let hosts = &self.hosts;
            tch::no_grad(|| self.own.f_copy_(hosts)).map_err(|error| error.to_string())?;
            self.version = version(&self.hosts)?;
        }
        Ok(())
    }

    /// Gives the module's values to the host; `now` is what the module holds.
    pub(crate) fn give(&mut self, now: &tch::Tensor) -> Result<(), String> {
        if now.size() != self.hosts.size() {
            return Err(format!(
                "its code has replaced buffer `{}` of shape {:?} by one of {:?}; keep the shape",
                self.name,
                self.hosts.size(),
                now.size()
            ));
        }
        self.own = now.detach();
        let own = &self.own;
        tch::no_grad(|| self.hosts.f_copy_(own)).map_err(|error| error.to_string())?;
        self.version = version(&self.hosts)?;
        Ok(())
    }
}

fn version(tensor: &tch::Tensor) -> Result<i64, String> {
    tensor.f_internal_version().map_err(|error| error.to_string())
}

/// Creates the module's tensors in the host's store and puts them in place of its own.
pub(crate) fn hand_over(script: &Script, params: &Params, start: Start) -> Result<Vec<Copied>, String> {
    let _no_grad = tch::no_grad_guard();
    let loaded = script.tensors()?;
    check_parameters(script.slots(), &loaded)?;
    let mut placed: Vec<tch::Tensor> = Vec::with_capacity(loaded.len());
    let mut copied = Vec::new();
    for (place, (slot, own)) in script.slots().iter().zip(&loaded).enumerate() {
        // One tensor under two names (tied weights) stays one, under the first.
        let twin = loaded[..place].iter().position(|earlier| same(earlier, own));
        if let Some(twin) = twin.filter(|&twin| script.slots()[twin].is_parameter == slot.is_parameter) {
            placed.push(placed[twin].shallow_clone());
            continue;
        }
        let trained = slot.is_parameter && own.requires_grad();
        let (name, shape) = (slot.name.as_str(), own.size());
        let hosts = if trained {
            params.parameter(name, &shape, Init::Constant(0.0))
        } else {
            params.buffer(name, &shape, Init::Constant(0.0))
        };
        let mut hosts = hosts.to_tch();
        let values = if trained && start == Start::Shuffled { shuffled(own)? } else { own.detach() };
        hosts.f_copy_(&values).map_err(|error| error.to_string())?;
        if trained || (own.kind() == Kind::Float && !slot.is_assigned) {
            placed.push(hosts);
            continue;
        }
        let back = hosts.f_to_kind(own.kind()).map_err(|error| error.to_string())?;
        if !back.f_equal(own).map_err(|error| error.to_string())? {
            return Err(format!(
                "holds buffer `{name}` in {:?}, and the host keeps 32-bit floats, which do not hold its values; call \
                 .float() on the module before saving it",
                own.kind()
            ));
        }
        copied.push(Copied { name: name.into(), place, version: version(&hosts)?, own: own.detach(), hosts });
        placed.push(own.shallow_clone());
    }
    script.assign(placed)?;
    Ok(copied)
}

/// Something to train, in the only type that the host trains.
fn check_parameters(slots: &[Slot], loaded: &[tch::Tensor]) -> Result<(), String> {
    let mut parameters = slots.iter().zip(loaded).filter(|(slot, _)| slot.is_parameter).peekable();
    if parameters.peek().is_none() {
        return Err("has no parameters, so there is nothing to train; save it as torch.jit.script gives it, before \
                    torch.jit.freeze or torch.jit.optimize_for_inference, which turn parameters into constants"
            .into());
    }
    let mut trained = false;
    for (slot, tensor) in parameters {
        if tensor.kind() != Kind::Float || tensor.is_sparse() {
            return Err(format!(
                "has parameter `{}` of type {:?}, and the host trains 32-bit floats; call .float() on the module \
                 before saving it, and make what is not to be trained a buffer",
                slot.name,
                tensor.kind()
            ));
        }
        trained |= tensor.requires_grad();
    }
    if trained {
        Ok(())
    } else {
        Err("has parameters, but none that requires a gradient, so there is nothing to train; call \
             .requires_grad_(True) on the module before saving it"
            .into())
    }
}

fn same(a: &tch::Tensor, b: &tch::Tensor) -> bool {
    a.numel() > 0
        && a.data_ptr() == b.data_ptr()
        && a.kind() == b.kind()
        && a.size() == b.size()
        && a.stride() == b.stride()
}

/// The same numbers in another order, drawn from libtorch's generator, which the host has seeded.
fn shuffled(values: &tch::Tensor) -> Result<tch::Tensor, String> {
    let count = i64::try_from(values.numel()).map_err(|error| error.to_string())?;
    // Drawn on the CPU, so that a seed means the same on every device.
    let order =
        tch::Tensor::f_randperm(count, (Kind::Int64, tch::Device::Cpu)).map_err(|error| error.to_string())?;
    let order = order.to_device(values.device());
    let flat = values.detach().reshape([-1]).f_index_select(0, &order).map_err(|error| error.to_string())?;
    Ok(flat.reshape(values.size()))
}
