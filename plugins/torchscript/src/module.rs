//! A module in libtorch: loaded from a file, with all of its tensors within reach.
//!
//! [`Script`] owns the `CModule` and how it is run: without the graph executor's optimisations, which would take
//! the first few calls for profiling and round differently after them. So a run repeats number for number, gradients
//! of gradients are those of the operators, and a call costs what PyTorch's eager mode costs.

use crate::archive::Archive;
use crate::source::{ASSIGN, Program, Signature, Slot, TENSORS};
use std::collections::BTreeMap;
use tch::{CModule, Device, IValue, Tensor, jit};

/// A loaded module.
#[derive(Debug)]
pub(crate) struct Script {
    module: CModule,
    program: Program,
    slots: Vec<Slot>,
    training: Option<bool>,
}

impl Script {
    /// Loads it from the bytes of a `.pt` file.
    ///
    /// # Errors
    /// What is wrong with the file, and what to do: the end of a sentence that begins with its name.
    pub(crate) fn load(bytes: Vec<u8>, device: Device) -> Result<Self, String> {
        let mut archive = Archive::open(bytes)?;
        let root = archive.root()?;
        let mut files = BTreeMap::new();
        for name in archive.sources() {
            let text = archive.source(&name)?;
            files.insert(name, text);
        }
        let program = Program::read(root, files)?;
        let slots = program.tensors()?;
        let (name, text) = program.with_access(&slots)?;
        let bytes = archive.with_source(&name, &text)?;
        let module = CModule::load_data_on_device(&mut bytes.as_slice(), device).map_err(|error| {
            format!(
                "cannot be loaded by this libtorch: {}; save it again, with PyTorch {} or older",
                explain(&error),
                semola_plugin_api::LIBTORCH_VERSION
            )
        })?;
        // libtorch's own list, against what the text says.
        let parameters = module.named_parameters().map_err(|error| explain(&error))?;
        let unreached = parameters
            .iter()
            .find(|(name, _)| !slots.iter().any(|slot| slot.is_parameter && slot.name == *name));
        if let Some((name, _)) = unreached {
            return Err(format!(
                "keeps parameter `{name}` where it cannot be handed to the host (behind an interface?); make its \
                 module a plain attribute of the one that uses it"
            ));
        }
        Ok(Self { module, program, slots, training: None })
    }

    /// Its tensors, in the order of [`Self::tensors`].
    pub(crate) fn slots(&self) -> &[Slot] {
        &self.slots
    }

    /// A method by name.
    ///
    /// # Errors
    /// There is none; the sentence names those that there are.
    pub(crate) fn method(&self, name: &str) -> Result<&Signature, String> {
        self.program.method(name).ok_or_else(|| {
            let known = self.program.methods();
            if known.is_empty() {
                return format!(
                    "has no method `{name}`, nor any other; give it a forward that is scripted or traced"
                );
            }
            format!("has no method `{name}`; set model.method to one that it has: {}", known.join(", "))
        })
    }

    /// What is in the slots now.
    ///
    /// # Errors
    /// libtorch's.
    pub(crate) fn tensors(&self) -> Result<Vec<Tensor>, String> {
        let tensors = match self.call(TENSORS, &[])? {
            IValue::TensorList(tensors) => tensors,
            // An empty list has no type of its own.
            IValue::GenericList(list) if list.is_empty() => Vec::new(),
            other => return Err(format!("gives {other:?} for its tensors")),
        };
        if tensors.len() == self.slots.len() {
            Ok(tensors)
        } else {
            Err(format!("gives {} tensors where it declares {}", tensors.len(), self.slots.len()))
        }
    }

    /// Puts these tensors, themselves and no copies, into the slots.
    ///
    /// # Errors
    /// libtorch's.
    pub(crate) fn assign(&self, tensors: Vec<Tensor>) -> Result<(), String> {
        self.call(ASSIGN, &[IValue::TensorList(tensors)]).map(drop)
    }

    /// Switches between training and evaluation (dropout, batch norm).
    ///
    /// # Errors
    /// libtorch's.
    pub(crate) fn set_training(&mut self, training: bool) -> Result<(), String> {
        if self.training != Some(training) {
            let done = if training { self.module.f_set_train() } else { self.module.f_set_eval() };
            done.map_err(|error| explain(&error))?;
            self.training = Some(training);
        }
        Ok(())
    }

    /// Runs a method.
    ///
    /// # Errors
    /// What the module's code says, with its file and line, or a result that is not made of tensors.
    pub(crate) fn run(&self, method: &str, inputs: Vec<Tensor>) -> Result<Vec<Tensor>, String> {
        let inputs: Vec<IValue> = inputs.into_iter().map(IValue::Tensor).collect();
        let parts = match self.call(method, &inputs)? {
            IValue::Tensor(tensor) => return Ok(vec![tensor]),
            IValue::TensorList(tensors) => return Ok(tensors),
            IValue::Tuple(parts) | IValue::GenericList(parts) => parts,
            _ => return Err(format!("its `{method}` returned no tensors")),
        };
        let tensors = parts.into_iter().map(|part| match part {
            IValue::Tensor(tensor) => Ok(tensor),
            _ => Err(format!("its `{method}` returned something beside tensors")),
        });
        tensors.collect()
    }

    fn call(&self, method: &str, arguments: &[IValue]) -> Result<IValue, String> {
        // A setting of the thread, and calls do not always come from the same one.
        jit::f_set_graph_executor_optimize(false).map_err(|error| explain(&error))?;
        self.module.method_is(method, arguments).map_err(|error| explain(&error))
    }
}

/// One line out of libtorch's many: what went wrong, and where in the user's own code.
pub(crate) fn explain(error: &tch::TchError) -> String {
    let text = match error {
        tch::TchError::Torch(text) => text.clone(),
        other => other.to_string(),
    };
    let lines: Vec<&str> =
        text.lines().take_while(|line| !line.starts_with("Exception raised from")).collect();
    let mistake = lines.iter().rev().find_map(|line| line.split_once("Error: ").map(|(_, mistake)| mistake));
    let first = lines.iter().map(|line| line.trim()).find(|line| !line.is_empty());
    // Of the two tracebacks, of the serialised code and of the Python files where the map to them was kept, the last
    // place that is not PyTorch's own.
    let mut places = lines.iter().rev().filter_map(|line| line.trim().strip_prefix("File \""));
    let place = places.find(|place| !place.contains("/torch/"));
    let mut sentence = mistake.or(first).unwrap_or("libtorch failed without saying why").trim().to_owned();
    if let Some((file, line)) = place.and_then(|place| place.split_once("\", line ")) {
        let line: String = line.chars().take_while(char::is_ascii_digit).collect();
        sentence += &format!(" ({file}, line {line})");
    }
    sentence
}

#[cfg(test)]
mod tests;
