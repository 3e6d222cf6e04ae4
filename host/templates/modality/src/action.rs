//! Affine maps on points of the plane, as 3 × 3 matrices on (x, y, 1).

use semola_plugin_api::{
    ActionSpec, DataSpec, GroupAction, NoOptions, Reference, Representation, Result, Tensor,
};

pub(crate) struct Affine {
    reference: Option<Reference>,
}

impl GroupAction for Affine {
    type Options = NoOptions;
    const SUMMARY: &'static str = "affine maps of the plane on points";

    fn new(_options: NoOptions, spec: &DataSpec) -> Result<Self> {
        let points = |field: &semola_plugin_api::Field| {
            field.representation == Representation::Custom && field.shape.last() == Some(&2)
        };
        if spec.n != 3 || !spec.inputs.iter().all(points) {
            return Err(
                "affine moves points of the plane, custom fields [points, 2] with n = 3".into(),
            );
        }
        Ok(Self {
            reference: spec.reference.clone(),
        })
    }

    fn describe(&self) -> ActionSpec {
        // The last row would move the coordinate that is always 1: it is not searched.
        let free = vec![vec![true; 3], vec![true; 3], vec![false; 3]];
        ActionSpec {
            n: 3,
            free_entries: Some(free),
            reference: self.reference.clone(),
        }
    }

    fn act(&self, g: &Tensor, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let linear = g.narrow(1, 0, 2).narrow(2, 0, 2).transpose(1, 2);
        let shift = g.narrow(1, 0, 2).narrow(2, 2, 1).transpose(1, 2);
        Ok(inputs
            .iter()
            .map(|points| points.matmul(&linear) + &shift)
            .collect())
    }
}
