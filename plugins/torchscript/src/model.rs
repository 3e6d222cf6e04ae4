//! The model: a user's TorchScript module between the host's inputs and its optimiser.
//!
//! The host owns every tensor that lasts: parameters and buffers are created in its store under the module's own
//! names, filled with the file's values, and put into the module in place of those it was loaded with. From then on
//! optimiser, checkpoints and module share storage. Two kinds of buffer cannot be shared and are copied to the
//! host's after each call instead: those that are not 32-bit floats (the host keeps nothing else), and those that
//! the module's code replaces by new tensors.

use crate::module::Script;
use crate::source::Slot;
use semola_plugin_api::nn::Init;
use semola_plugin_api::{
    DataSpec, Device, Error, Field, FieldType, Mode, Model, Params, Result, Task, Tensor,
};
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use tch::Kind;

/// What runs when no path is given: `example/make.py` wrote it.
const EXAMPLE: &[u8] = include_bytes!("../example/two-body.pt");

#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Options {
    /// A file that `torch.jit.save` wrote, from the working directory; empty: the plugin's example.
    pub(crate) path: String,
    /// The module's method that predicts.
    pub(crate) method: String,
    /// Where training starts.
    pub(crate) start: Start,
}

/// The parameters' first values.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Start {
    /// Those of the file, in every run and for every seed.
    File,
    /// Those of the file in another order within each parameter, drawn by the run's seed: for a network as its
    /// initialisers left it, another draw.
    Shuffled,
}

impl Default for Options {
    fn default() -> Self {
        Self { path: String::new(), method: "forward".into(), start: Start::File }
    }
}

/// See the module.
pub(crate) struct Module {
    name: String,
    method: String,
    /// The host makes one call at a time; running the module changes its mode and its buffers.
    state: RefCell<State>,
}

struct State {
    script: Script,
    copied: Vec<Copied>,
}

/// A buffer of which the host has a copy.
struct Copied {
    name: String,
    place: usize,
    hosts: tch::Tensor,
    own: tch::Tensor,
    /// The host's version when the two were last equal: it grows with every change, such as a checkpoint's.
    version: i64,
}

impl Model for Module {
    type Options = Options;
    const SUMMARY: &'static str = "your own PyTorch module, saved by torch.jit";

    fn new(options: Options, spec: &DataSpec, params: &Params) -> Result<Self> {
        let (name, bytes) = read(&options.path)?;
        let about = |problem: String| Error::new(format!("{name} {problem}"));
        let device = device();
        let script = Script::load(bytes, device).map_err(about)?;
        let inputs: Vec<&str> = spec.inputs.iter().map(|field| field.name.as_str()).collect();
        let signature = script.method(&options.method).map_err(about)?;
        if let Some(problem) = signature.unsuitable(&inputs, spec.targets.len()) {
            return Err(about(format!("does not suit the data: {problem}")));
        }
        let copied = hand_over(&script, params, options.start).map_err(about)?;
        let model = Self {
            method: options.method,
            state: RefCell::new(State { script, copied }),
            name: name.clone(),
        };
        model.try_out(spec, device)?;
        Ok(model)
    }

    fn forward(&self, inputs: &[Tensor], mode: Mode) -> Result<Vec<Tensor>> {
        let inputs = inputs.iter().map(Tensor::to_tch).collect();
        let outputs = self.run(inputs, mode)?;
        Ok(outputs.iter().map(Tensor::from_tch).collect())
    }
}

impl Module {
    fn run(&self, inputs: Vec<tch::Tensor>, mode: Mode) -> Result<Vec<tch::Tensor>> {
        let about = |problem: String| Error::new(format!("{}: {problem}", self.name));
        let mut state = self.state.borrow_mut();
        let State { script, copied } = &mut *state;
        script.set_training(mode.is_train()).map_err(about)?;
        copied.iter_mut().try_for_each(Copied::take).map_err(about)?;
        let outputs = script.run(&self.method, inputs).map_err(about)?;
        if !copied.is_empty() {
            let tensors = script.tensors().map_err(about)?;
            copied.iter_mut().try_for_each(|buffer| buffer.give(&tensors[buffer.place])).map_err(about)?;
        }
        Ok(outputs)
    }

    /// Runs two samples of zeros, so that a module that does not suit the data is found before training. What
    /// has axes of any length is found by the first batch.
    fn try_out(&self, spec: &DataSpec, device: tch::Device) -> Result<()> {
        let fixed = |field: &Field| field.shape.iter().all(|&size| size >= 0);
        if !spec.inputs.iter().all(fixed) {
            return Ok(());
        }
        let batch = |shape: &[i64]| [&[2], shape].concat();
        let zeros = |field: &Field| {
            let kind = if field.dtype == FieldType::I64 { Kind::Int64 } else { Kind::Float };
            tch::Tensor::f_zeros(batch(&field.shape), (kind, device))
                .map_err(|error| Error::new(error.to_string()))
        };
        let inputs: Vec<tch::Tensor> = spec.inputs.iter().map(zeros).collect::<Result<_>>()?;
        let given: Vec<String> = inputs.iter().map(|input| format!("{:?}", input.size())).collect();
        let outputs = tch::no_grad(|| self.run(inputs, Mode::Eval))?;
        if outputs.len() != spec.targets.len() {
            let (found, expected) = (outputs.len(), spec.targets.len());
            return Err(Error::new(format!(
                "{}: its `{}` returned {found} tensors where the data have {expected} targets; return one a target",
                self.name, self.method
            )));
        }
        for (output, field) in outputs.iter().zip(&spec.targets) {
            let expected = match spec.task {
                Task::Classification { classes } => vec![2, classes],
                Task::Regression => batch(&field.shape),
            };
            let found = output.size();
            let fits = found.len() == expected.len()
                && found.iter().zip(&expected).all(|(found, expected)| *expected < 0 || found == expected);
            if !fits {
                let what = if spec.task == Task::Regression { "" } else { ", a score a class" };
                return Err(Error::new(format!(
                    "{}: its `{}` turns inputs of shape {} into {found:?} for target `{}`, and {expected:?} is \
                     expected{what}; reshape the module's output",
                    self.name,
                    self.method,
                    given.join(" and "),
                    field.name
                )));
            }
        }
        Ok(())
    }
}

impl Copied {
    /// Takes the host's values where they have changed without the module.
    fn take(&mut self) -> Result<(), String> {
        if version(&self.hosts)? != self.version {
            let hosts = &self.hosts;
            tch::no_grad(|| self.own.f_copy_(hosts)).map_err(|error| error.to_string())?;
            self.version = version(&self.hosts)?;
        }
        Ok(())
    }

    /// Gives the module's values to the host; `now` is what the module holds.
    fn give(&mut self, now: &tch::Tensor) -> Result<(), String> {
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

/// The file's name for messages, and its bytes.
fn read(path: &str) -> Result<(String, Vec<u8>)> {
    if path.is_empty() {
        return Ok(("the example module (set model.path to use yours)".into(), EXAMPLE.to_vec()));
    }
    let bytes = std::fs::read(path).map_err(|error| {
        Error::new(format!(
            "{path} cannot be read: {error}; set model.path to a file that torch.jit.save wrote, from the directory \
             that the program runs in"
        ))
    })?;
    Ok((path.to_owned(), bytes))
}

/// Where the host's parameters are.
fn device() -> tch::Device {
    match Device::of_host() {
        Device { kind: 1, index } => tch::Device::Cuda(usize::try_from(index).unwrap_or(0)),
        _ => tch::Device::Cpu,
    }
}

/// Creates the module's tensors in the host's store and puts them in place of its own.
fn hand_over(script: &Script, params: &Params, start: Start) -> Result<Vec<Copied>, String> {
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
