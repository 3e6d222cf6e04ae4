//! A group action: how matrices move fields. The host moves vectors, covectors and matrices itself; an action is for
//! whatever else there is, or for a smaller set of directions to search among.

use semola_plugin_api::{
    ActionSpec, DataSpec, Field, GroupAction, NoOptions, Reference, Representation, Result, Tensor,
};

/// Searches among all linear maps of the plane and moves every vector field by v → g v.
struct Plane {
    inputs: Vec<bool>,
    targets: Vec<bool>,
    reference: Option<Reference>,
}

/// Which of the fields are vectors.
fn vectors(fields: &[Field]) -> Result<Vec<bool>> {
    fields
        .iter()
        .map(|field| match field.representation {
            Representation::Vector => Ok(true),
            Representation::Scalar => Ok(false),
            other => Err(format!(
                "field '{}' is declared {other:?}: plane moves vectors only",
                field.name
            )
            .into()),
        })
        .collect()
}

impl GroupAction for Plane {
    type Options = NoOptions;
    const SUMMARY: &'static str = "linear maps of the plane";

    fn new(_options: NoOptions, spec: &DataSpec) -> Result<Self> {
        if spec.n != 2 {
            return Err(format!("the data lie in R^{}: plane acts on R^2", spec.n).into());
        }
        Ok(Self {
            inputs: vectors(&spec.inputs)?,
            targets: vectors(&spec.targets)?,
            reference: spec.reference.clone(),
        })
    }

    fn describe(&self) -> ActionSpec {
        // `free_entries` would leave entries of the generators out of the search.
        ActionSpec {
            n: 2,
            free_entries: None,
            reference: self.reference.clone(),
        }
    }

    fn act(&self, g: &Tensor, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        Ok(moved(g, inputs, &self.inputs))
    }

    fn act_target(&self, g: &Tensor, targets: &[Tensor]) -> Result<Vec<Tensor>> {
        Ok(moved(g, targets, &self.targets))
    }
}

/// Rows times gᵀ: `[batch, copies, 2]` by `[batch, 2, 2]`.
fn moved(g: &Tensor, fields: &[Tensor], vectors: &[bool]) -> Vec<Tensor> {
    let transposed = g.transpose(1, 2);
    let each = fields.iter().zip(vectors);
    each.map(|(field, &vector)| {
        if vector {
            field.matmul(&transposed)
        } else {
            field.clone()
        }
    })
    .collect()
}

semola_plugin_api::export_plugin! {
    id: "{{project-name}}",
    vendor: "me",
    experiment: include_str!("../experiment.toml"),
    components: [action "plane" => Plane],
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_stay_and_images_are_refused() {
        let known = vectors(&[Field::vectors("x", 1, 2), Field::scalars("y", 1)]);
        assert_eq!(known.expect("both are known"), [true, false]);
        assert!(vectors(&[Field::new("image", [1, 8, 8], Representation::Image)]).is_err());
    }
}
