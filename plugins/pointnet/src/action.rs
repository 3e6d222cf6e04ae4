//! The group action on points in homogeneous coordinates `(x, y, z, 1)`: affine maps of space, and no others.
//!
//! A generator has 12 free entries; its last row is zero, since nothing could be learned about a motion of the coordinate
//! that is 1 in all data. On plain coordinates the host's own action, all of gl(3), does.

use semola_plugin_api::{
    ActionSpec, DataSpec, Error, Field, GroupAction, NoOptions, Representation, Result, Tensor,
};

/// Moves vectors by `v → g v`, directions (last coordinate 0) among them, and leaves scalars and labels alone.
pub(crate) struct Affine {
    spec: ActionSpec,
    inputs: Vec<Representation>,
    targets: Vec<Representation>,
}

impl GroupAction for Affine {
    type Options = NoOptions;
    const SUMMARY: &'static str = "affine maps of space on points (x, y, z, 1)";

    fn new(_options: NoOptions, spec: &DataSpec) -> Result<Self> {
        if spec.n != 4 {
            return Err(Error::new(format!(
                "affine: the data lie in R^{}, and this action moves homogeneous coordinates (x, y, z, 1) of R^4; set \
                 dataset.homogeneous = true, or leave the action out for linear maps",
                spec.n
            )));
        }
        let known = [Representation::Vector, Representation::Scalar];
        let mut fields = spec.inputs.iter().chain(&spec.targets);
        if let Some(field) = fields.find(|field| !known.contains(&field.representation)) {
            return Err(Error::new(format!(
                "affine: field '{}' is declared {:?}, and this action moves vectors in homogeneous coordinates and leaves \
                 scalars alone",
                field.name, field.representation
            )));
        }
        let representations = |fields: &[Field]| fields.iter().map(|field| field.representation).collect();
        Ok(Self {
            spec: ActionSpec {
                n: 4,
                free_entries: Some((0..4).map(|row| vec![row < 3; 4]).collect()),
                reference: spec.reference.clone(),
            },
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

/// `g` is `[batch, 4, 4]`, a vector field `[batch, 4]` or `[batch, points, 4]`.
fn moved(g: &Tensor, fields: &[Tensor], representations: &[Representation]) -> Vec<Tensor> {
    let transposed = g.transpose(1, 2);
    let each = fields.iter().zip(representations);
    each.map(|(field, representation)| match representation {
        Representation::Vector if field.dim() == 2 => field.unsqueeze(1).bmm(&transposed).squeeze(1),
        Representation::Vector => field.matmul(&transposed),
        _ => field.clone(),
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clouds::point_field;
    use semola_plugin_api::Task;

    fn spec(n: usize, representation: Representation) -> DataSpec {
        DataSpec {
            n,
            inputs: vec![point_field(5, n as i64)],
            targets: vec![Field::new("y", [n as i64], representation)],
            task: Task::Regression,
            reference: None,
        }
    }

    #[test]
    fn twelve_entries_are_free() {
        let action = Affine::new(NoOptions::default(), &spec(4, Representation::Vector)).unwrap();
        let free = action.describe().free_entries.unwrap();
        assert_eq!(free.concat().iter().filter(|&&free| free).count(), 12);
        assert_eq!(free[3], [false; 4]);
    }

    #[test]
    fn what_it_cannot_move_is_refused() {
        let refusal = |spec| Affine::new(NoOptions::default(), &spec).map(|_| ()).unwrap_err().to_string();
        assert!(refusal(spec(3, Representation::Vector)).contains("homogeneous = true"));
        assert!(refusal(spec(4, Representation::Matrix)).contains("'y'"));
    }
}
