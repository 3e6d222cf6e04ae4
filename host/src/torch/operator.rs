use super::bridge;
use abi_stable::std_types::RStr;
use semola_plugin_api::abi::{OpId, Raw, Value, tag};
use tch::Tensor;

/// An operator of libtorch that tch does not expose, called through the same bridge as plugins' operators.
#[derive(Clone, Copy, Debug)]
pub(super) struct Operator(OpId);

/// An argument.
#[derive(Clone, Copy, Debug)]
pub(super) enum Argument<'a> {
    /// A list of tensors.
    Tensors(&'a [Raw]),
    /// A tensor, or none where the operator can do without.
    Tensor(Option<Raw>),
    /// A number.
    Float(f64),
    /// A flag.
    Bool(bool),
}

impl Operator {
    /// Finds it by name and overload.
    ///
    /// # Errors
    /// This libtorch has no such operator.
    pub(super) fn find(name: &str, overload: &str) -> Result<Self, String> {
        let mut id = OpId(0);
        // SAFETY: both texts and `id` outlive the call.
        let status =
            unsafe { bridge::semola_op_lookup(RStr::from_str(name), RStr::from_str(overload), &mut id) };
        if status < 0 { Err(bridge::last_error()) } else { Ok(Self(id)) }
    }

    /// Calls an operator that works in place and returns nothing.
    ///
    /// # Errors
    /// libtorch's message.
    pub(super) fn call_in_place(self, arguments: &[Argument<'_>]) -> Result<(), String> {
        let values: Vec<Value> = arguments
            .iter()
            .map(|argument| match *argument {
                Argument::Tensors(list) => {
                    Value { tag: tag::TENSORS, len: list.len() as u32, bits: list.as_ptr() as u64 }
                }
                Argument::Tensor(handle) => {
                    Value { tag: tag::TENSOR, len: 0, bits: handle.map_or(0, |Raw(handle)| handle) }
                }
                Argument::Float(number) => Value { tag: tag::F64, len: 0, bits: number.to_bits() },
                Argument::Bool(flag) => Value { tag: tag::BOOL, len: 0, bits: flag.into() },
            })
            .collect();
        let mut result = Value { tag: tag::NONE, len: 0, bits: 0 };
        // SAFETY: the values point at live lists; nothing is returned that would have to be taken over.
        let status =
            unsafe { bridge::semola_op_call(self.0, values.as_ptr(), values.len() as u32, &mut result, 1) };
        if status < 0 { Err(bridge::last_error()) } else { Ok(()) }
    }
}

/// Handles with references of their own, kept for many calls.
#[derive(Debug)]
pub(super) struct Handles(Vec<Raw>);

impl Handles {
    pub(super) fn of(tensors: &[Tensor]) -> Self {
        Self(tensors.iter().map(bridge::own).collect())
    }

    pub(super) fn as_argument(&self) -> Argument<'_> {
        Argument::Tensors(&self.0)
    }

    /// The first of them, if there is one.
    pub(super) fn as_optional(&self) -> Argument<'_> {
        Argument::Tensor(self.0.first().copied())
    }
}

impl Drop for Handles {
    fn drop(&mut self) {
        self.0.iter().for_each(|&handle| bridge::release(handle));
    }
}
