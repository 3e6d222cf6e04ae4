//! A custom representation that happens to be the vector one, so that a test knows the right answer:
//! custom fields `[k, 2]` move as `v → g v`, everything else stays.

use semola_plugin_api::{
    ActionSpec, DataSpec, Error, Field, GroupAction, NoOptions, Reference, Representation, Result, Tensor,
};

pub(crate) struct RotateCustom {
    inputs: Vec<bool>,
    targets: Vec<bool>,
}

/// Which of the fields are custom ones.
fn custom(fields: &[Field]) -> Result<Vec<bool>> {
    fields
        .iter()
        .map(|field| match (field.representation, &field.shape[..]) {
            (Representation::Custom, [_, 2]) => Ok(true),
            (Representation::Custom, shape) => Err(Error::new(format!(
                "rotate-custom acts on fields of shape [k, 2]; '{}' has {shape:?}",
                field.name
            ))),
            _ => Ok(false),
        })
        .collect()
}

fn moved(g: &Tensor, fields: &[Tensor], custom: &[bool]) -> Vec<Tensor> {
    let transposed = g.transpose(1, 2);
    let fields = fields.iter().zip(custom);
    fields.map(|(field, &moves)| if moves { field.matmul(&transposed) } else { field.clone() }).collect()
}

impl GroupAction for RotateCustom {
    type Options = NoOptions;
    const SUMMARY: &'static str = "moves custom fields of shape [k, 2] as vectors";

    fn new(_options: NoOptions, spec: &DataSpec) -> Result<Self> {
        Ok(Self { inputs: custom(&spec.inputs)?, targets: custom(&spec.targets)? })
    }

    fn describe(&self) -> ActionSpec {
        ActionSpec { n: 2, free_entries: None, reference: Some(Reference::rotations(2)) }
    }

    fn act(&self, g: &Tensor, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        Ok(moved(g, inputs, &self.inputs))
    }

    fn act_target(&self, g: &Tensor, targets: &[Tensor]) -> Result<Vec<Tensor>> {
        Ok(moved(g, targets, &self.targets))
    }
}
