//! Real 4 × 4 matrices on spinors `[…, 2, 2]`: component, then real and imaginary part.
//!
//! The search is among all of gl(4,R), complex linear or not: that the group respects the complex numbers is for the
//! data to say. No declared representation fits a field whose vectors lie along two axes.

use semola_plugin_api::{
    ActionSpec, DataSpec, Error, Field, GroupAction, NoOptions, Representation, Result, Tensor,
};

/// Real dimension of C².
const DIMENSION: usize = 4;

/// The action: which inputs and which targets hold spinors.
pub(crate) struct Complex {
    inputs: Vec<bool>,
    targets: Vec<bool>,
}

impl GroupAction for Complex {
    type Options = NoOptions;
    const SUMMARY: &'static str = "real 4 × 4 matrices on spinors, stored as complex numbers";

    fn new(_options: NoOptions, spec: &DataSpec) -> Result<Self> {
        Ok(Self { inputs: spinors(&spec.inputs)?, targets: spinors(&spec.targets)? })
    }

    fn describe(&self) -> ActionSpec {
        ActionSpec { n: DIMENSION, free_entries: None, reference: None }
    }

    fn act(&self, g: &Tensor, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        Ok(moved(g, inputs, &self.inputs))
    }

    fn act_target(&self, g: &Tensor, targets: &[Tensor]) -> Result<Vec<Tensor>> {
        Ok(moved(g, targets, &self.targets))
    }
}

/// Which of the fields are spinors; all others must be scalars.
fn spinors(fields: &[Field]) -> Result<Vec<bool>> {
    let each = fields.iter().map(|field| match (field.representation, &field.shape[..]) {
        (Representation::Custom, [.., 2, 2]) => Ok(true),
        (Representation::Scalar, _) => Ok(false),
        (other, shape) => Err(Error::new(format!(
            "field '{}' is declared {other:?} of shape {shape:?}; this action moves custom fields […, 2, 2] and \
             leaves scalars alone",
            field.name
        ))),
    });
    each.collect()
}

fn moved(g: &Tensor, fields: &[Tensor], spinors: &[bool]) -> Vec<Tensor> {
    let transposed = g.transpose(1, 2);
    let each = fields.iter().zip(spinors).map(|(field, &spinor)| {
        if !spinor {
            return field.clone();
        }
        let shape = field.size();
        field.reshape(&[shape[0], -1, DIMENSION as i64]).matmul(&transposed).reshape(&shape)
    });
    each.collect()
}
