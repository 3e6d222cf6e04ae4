//! The group action on homogeneous coordinates `(x₁ … x_{n−1}, 1)`: affine maps, and no others.
//!
//! A generator whose last row is not zero would move the coordinate that is 1 in all data. What a backbone does
//! there no data have told it, so nothing could be learned about such directions; they are not searched.

use semola_plugin_api::{
    ActionSpec, DataSpec, Error, GroupAction, NoOptions, Representation, Result, Tensor,
};

/// Moves vector fields by `v → g v` and leaves scalars alone; generators have a last row of zeros.
pub(crate) struct Affine {
    spec: ActionSpec,
    inputs: Vec<Representation>,
    targets: Vec<Representation>,
}

impl GroupAction for Affine {
    type Options = NoOptions;
    const SUMMARY: &'static str = "affine maps on vectors in homogeneous coordinates";

    fn new(_options: NoOptions, spec: &DataSpec) -> Result<Self> {
        let known = [Representation::Vector, Representation::Scalar];
        let fields = || spec.inputs.iter().chain(&spec.targets);
        if let Some(field) = fields().find(|field| !known.contains(&field.representation)) {
            return Err(Error::new(format!(
                "affine: field '{}' is declared {:?}, and this action moves vectors in homogeneous coordinates \
                 and leaves scalars alone",
                field.name, field.representation
            )));
        }
        let free = (0..spec.n).map(|row| vec![row + 1 < spec.n; spec.n]).collect();
        let representations =
            |fields: &[semola_plugin_api::Field]| fields.iter().map(|field| field.representation).collect();
        Ok(Self {
            spec: ActionSpec { n: spec.n, free_entries: Some(free), reference: spec.reference.clone() },
            inputs: representations(&spec.inputs),
            targets: representations(&spec.targets),
        })
    }

    fn describe(&self) -> ActionSpec {
        self.spec.clone()
    }

    fn act(&self, g: &Tensor, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        Ok(moved(g, inputs, &self.inputs))
    }

    fn act_target(&self, g: &Tensor, targets: &[Tensor]) -> Result<Vec<Tensor>> {
        Ok(moved(g, targets, &self.targets))
    }
}

fn moved(g: &Tensor, fields: &[Tensor], representations: &[Representation]) -> Vec<Tensor> {
    let transposed = g.transpose(1, 2);
    let each = fields.iter().zip(representations);
    each.map(|(field, representation)| match representation {
        Representation::Vector => field.matmul(&transposed),
        _ => field.clone(),
    })
    .collect()
}
