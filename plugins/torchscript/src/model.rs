//! The model: a user's TorchScript module between the host's inputs and its optimiser.
//!
//! It owns the options, the file and the calls; `kept` ties the module's tensors to the host's. What does not suit the
//! data is found when the model is made, before anything is trained.

use crate::kept::{Copied, hand_over};
use crate::module::Script;
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
