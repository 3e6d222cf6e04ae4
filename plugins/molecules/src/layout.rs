//! From molecules to the fields that a model sees: padded to one length, with a mask.
//!
//! | field | shape | representation | |
//! |---|---|---|---|
//! | `position` | `[atoms, 3]` | vector | ångström; 0 where there is no atom |
//! | `element` | `[atoms, kinds]` | scalar | 1 in the column of the atom's kind, else 0 |
//! | `mask` | `[atoms]` | scalar | 1 for an atom, 0 for padding |
//! | the target | `[1]` | scalar | |

use crate::molecule::Molecule;
use semola_plugin_api::{DataSpec, Field, Reference, Representation, Result, Samples, Task, Tensor};

/// The lengths that all splits share.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Layout {
    /// Rows of a padded molecule.
    pub(crate) atoms: usize,
    /// Nuclear charges that occur, ascending.
    pub(crate) kinds: Vec<u8>,
}

/// The numbers of a split, row by row.
#[derive(Debug, Default, PartialEq)]
struct Columns {
    position: Vec<f32>,
    element: Vec<f32>,
    mask: Vec<f32>,
    target: Vec<f32>,
}

impl Layout {
    /// Of all these molecules.
    pub(crate) fn of<'a>(molecules: impl Iterator<Item = &'a Molecule>) -> Self {
        let (mut atoms, mut kinds) = (1, std::collections::BTreeSet::new());
        for molecule in molecules {
            atoms = atoms.max(molecule.charges.len());
            kinds.extend(&molecule.charges);
        }
        Self { atoms, kinds: kinds.into_iter().collect() }
    }

    /// Fields, task and known symmetry.
    pub(crate) fn spec(&self, target: &str, reference: Reference) -> DataSpec {
        let masked = |field: Field| Field { mask: Some("mask".into()), ..field };
        let kinds = [self.atoms as i64, self.kinds.len() as i64];
        DataSpec {
            n: 3,
            inputs: vec![
                masked(Field::vectors("position", self.atoms, 3)),
                masked(Field::new("element", kinds, Representation::Scalar)),
                Field::scalars("mask", self.atoms),
            ],
            targets: vec![Field::scalars(target, 1)],
            task: Task::Regression,
            reference: Some(reference),
        }
    }

    /// The tensors of a split.
    ///
    /// # Errors
    /// Memory runs out.
    pub(crate) fn samples(&self, molecules: &[Molecule]) -> Result<Samples> {
        let columns = self.columns(molecules);
        let (count, atoms, kinds) = (molecules.len() as i64, self.atoms as i64, self.kinds.len() as i64);
        Ok(Samples {
            inputs: vec![
                Tensor::try_from_slice(&columns.position, &[count, atoms, 3])?,
                Tensor::try_from_slice(&columns.element, &[count, atoms, kinds])?,
                Tensor::try_from_slice(&columns.mask, &[count, atoms])?,
            ],
            targets: vec![Tensor::try_from_slice(&columns.target, &[count, 1])?],
        })
    }

    fn columns(&self, molecules: &[Molecule]) -> Columns {
        let mut columns = Columns::default();
        for molecule in molecules {
            let rows = molecule.charges.len();
            let positions = molecule.positions.iter().flatten().map(|&x| x as f32);
            columns.position.extend(positions);
            columns.position.resize(columns.position.len() + 3 * (self.atoms - rows), 0.0);
            for charge in &molecule.charges {
                columns.element.extend(self.kinds.iter().map(|kind| f32::from(u8::from(kind == charge))));
            }
            columns.element.resize(columns.element.len() + self.kinds.len() * (self.atoms - rows), 0.0);
            columns.mask.extend((0..self.atoms).map(|row| f32::from(u8::from(row < rows))));
            columns.target.push(molecule.target as f32);
        }
        columns
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn molecules_are_padded_and_masked() {
        let water = Molecule {
            charges: vec![8, 1, 1],
            positions: vec![[0.0, 0.0, 0.5], [1.0, 0.0, 0.0], [-1.0, 0.0, 0.0]],
            target: 1.5,
        };
        let ion = Molecule { charges: vec![9], positions: vec![[2.0, 3.0, 4.0]], target: -1.0 };
        let layout = Layout::of([&water, &ion].into_iter());
        assert_eq!(layout, Layout { atoms: 3, kinds: vec![1, 8, 9] });
        let columns = layout.columns(&[ion, water]);
        assert_eq!(columns.mask, [1.0, 0.0, 0.0, 1.0, 1.0, 1.0]);
        assert_eq!(columns.position[..9], [2.0, 3.0, 4.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(columns.element[..9], [0.0, 0.0, 1.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]);
        assert_eq!(columns.element[9..15], [0.0, 1.0, 0.0, 1.0, 0.0, 0.0]);
        assert_eq!(columns.target, [-1.0, 1.5]);
        let spec = layout.spec("gap", Reference::rotations(3));
        let numbers: Vec<i64> = spec.inputs.iter().filter_map(Field::numel).collect();
        assert_eq!(numbers, [9, 9, 3]);
        assert!(spec.inputs[..2].iter().all(|field| field.mask.as_deref() == Some("mask")));
    }
}
