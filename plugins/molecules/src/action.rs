//! Affine maps of space, so that translations can be found: `x → A x + t` by 4 × 4 matrices
//! `[[A, t], [0, 1]]`, with 12 free entries.
//!
//! Moves every vector field of R^n (n + 1 is the size of the matrices) and no other. Where a mask says that there is no
//! atom, the padding stays where it is: it would otherwise be translated along. Coordinates are those that the model
//! sees, which the host has scaled by one number; a translation stays a translation under that.

use semola_plugin_api::{
    ActionSpec, DataSpec, Error, Field, GroupAction, NoOptions, Reference, Representation, Result, Tensor,
};

/// The action.
pub(crate) struct Se3 {
    spec: ActionSpec,
    /// For each input: `None` where it stays, else the place of its mask among the inputs, if it has one.
    moved: Vec<Option<Option<usize>>>,
}

impl GroupAction for Se3 {
    type Options = NoOptions;
    const SUMMARY: &'static str = "affine maps of space on positions, padding left in place";

    fn new(_options: NoOptions, spec: &DataSpec) -> Result<Self> {
        Ok(Self { spec: describe(spec), moved: moved(spec)? })
    }

    fn describe(&self) -> ActionSpec {
        self.spec.clone()
    }

    fn act(&self, g: &Tensor, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let n = self.spec.n as i64 - 1;
        let rows = g.narrow(1, 0, n);
        // Positions are rows: x Aᵀ, and tᵀ for each.
        let linear = rows.narrow(2, 0, n).transpose(1, 2);
        let shift = rows.narrow(2, n, 1).transpose(1, 2);
        let each = inputs.iter().zip(&self.moved);
        Ok(each
            .map(|(field, moved)| match moved {
                None => field.clone(),
                Some(None) => field.matmul(&linear) + &shift,
                Some(Some(mask)) => field.matmul(&linear) + inputs[*mask].unsqueeze(-1) * &shift,
            })
            .collect())
    }
}

/// Which inputs move, and by which mask.
fn moved(spec: &DataSpec) -> Result<Vec<Option<Option<usize>>>> {
    if let Some(field) = spec.targets.iter().find(|field| field.representation != Representation::Scalar) {
        return Err(Error::new(format!(
            "se3: target '{}' is declared {:?}, and this action leaves targets alone: it takes scalars",
            field.name, field.representation
        )));
    }
    let place = |field: &Field| {
        let by_name = |mask: &String| spec.inputs.iter().position(|other| other.name == *mask);
        match field.representation {
            Representation::Scalar => Ok(None),
            Representation::Vector if field.shape.len() == 2 => {
                Ok(Some(field.mask.as_ref().and_then(by_name)))
            }
            _ => Err(Error::new(format!(
                "se3: field '{}' is declared {:?} of shape {:?}; this action moves vectors [atoms, {}] and leaves \
                 scalars alone",
                field.name, field.representation, field.shape, spec.n
            ))),
        }
    };
    let moved: Vec<Option<Option<usize>>> = spec.inputs.iter().map(place).collect::<Result<_>>()?;
    if moved.iter().all(Option::is_none) {
        return Err(Error::new("se3: the data set has no field of vectors that could be moved"));
    }
    Ok(moved)
}

/// Free entries, and the data set's own algebra with all translations.
fn describe(spec: &DataSpec) -> ActionSpec {
    let n = spec.n;
    let reference = spec.reference.as_ref().map(|linear| {
        let embedded = linear.generators.iter().map(|generator| {
            let rows = generator.iter().map(|row| row.iter().copied().chain([0.0]).collect());
            rows.chain([vec![0.0; n + 1]]).collect()
        });
        let translation = |axis: usize| {
            let mut generator = vec![vec![0.0; n + 1]; n + 1];
            generator[axis][n] = 1.0;
            generator
        };
        let name = if *linear == Reference::rotations(n) {
            format!("se({n})")
        } else {
            format!("{} with the translations", linear.name)
        };
        Reference { name, generators: embedded.chain((0..n).map(translation)).collect() }
    });
    let free = (0..=n).map(|row| vec![row < n; n + 1]).collect();
    ActionSpec { n: n + 1, free_entries: Some(free), reference }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::layout::Layout;

    fn spec() -> DataSpec {
        Layout { atoms: 4, kinds: vec![1, 6] }.spec("gap", Reference::rotations(3))
    }

    #[test]
    fn twelve_entries_are_free_and_six_generators_expected() {
        let action = describe(&spec());
        assert_eq!(action.n, 4);
        assert_eq!(action.free_entries.unwrap().concat().iter().filter(|free| **free).count(), 12);
        let reference = action.reference.unwrap();
        assert_eq!((reference.name.as_str(), reference.generators.len()), ("se(3)", 6));
        assert!(reference.generators.iter().all(|l| l.len() == 4 && l[3] == [0.0; 4]));
        assert_eq!(reference.generators[4][1], [0.0, 0.0, 0.0, 1.0]);
        assert_eq!(reference.generators[0][0][..2], [0.0, -1.0]);
    }

    #[test]
    fn positions_move_by_their_mask_and_nothing_else_does() {
        assert_eq!(moved(&spec()).unwrap(), [Some(Some(2)), None, None]);
        let mut bare = spec();
        bare.inputs = vec![Field::vectors("x", 5, 3)];
        assert_eq!(moved(&bare).unwrap(), [Some(None)]);
    }

    #[test]
    fn fields_that_it_cannot_move_are_named() {
        let refusal = |change: &dyn Fn(&mut DataSpec)| {
            let mut spec = spec();
            change(&mut spec);
            moved(&spec).unwrap_err().to_string()
        };
        assert!(refusal(&|s| s.targets[0].representation = Representation::Vector).contains("'gap'"));
        assert!(refusal(&|s| s.inputs[1].representation = Representation::Matrix).contains("'element'"));
        assert!(refusal(&|s| drop(s.inputs.remove(0))).contains("no field"));
    }
}
