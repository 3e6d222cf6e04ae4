//! What the elements alone say about a property: a constant for each kind of atom, by least squares on training
//! molecules, as is common for energies (atomic reference energies). Rotations and translations leave it alone, so
//! subtracting it changes no symmetry; what remains is left to the geometry.

use crate::molecule::Molecule;
use nalgebra::{DMatrix, DVector};
use semola_plugin_api::{Error, Result};

/// One number a kind of atom, and one a molecule.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Composition {
    kinds: Vec<u8>,
    constants: Vec<f64>,
}

impl Composition {
    /// The best fit to the targets. Where the counts do not tell two kinds apart, they share (least norm).
    ///
    /// # Errors
    /// The targets are so large or small that no fit is found.
    pub(crate) fn fit(kinds: &[u8], molecules: &[Molecule]) -> Result<Self> {
        let width = kinds.len() + 1;
        let (mut gram, mut moment) = (DMatrix::zeros(width, width), DVector::zeros(width));
        for molecule in molecules {
            let counts = DVector::from_vec(counts(kinds, molecule));
            gram.ger(1.0, &counts, &counts, 1.0);
            moment.axpy(molecule.target, &counts, 1.0);
        }
        let scale: f64 = gram.diagonal().max();
        let constants = gram.svd(true, true).solve(&moment, 1e-12 * scale).map_err(|cause| {
            Error::new(format!("the share of each kind of atom in the target cannot be fitted ({cause})"))
        })?;
        Ok(Self { kinds: kinds.to_vec(), constants: constants.as_slice().to_vec() })
    }

    /// The share of the atoms in a molecule's target.
    pub(crate) fn share(&self, molecule: &Molecule) -> f64 {
        let counts = counts(&self.kinds, molecule);
        counts.iter().zip(&self.constants).map(|(count, constant)| count * constant).sum()
    }

    /// Leaves of each target what the elements do not explain.
    pub(crate) fn subtract(&self, molecules: &mut [Molecule]) {
        for molecule in molecules {
            molecule.target -= self.share(molecule);
        }
    }
}

/// How many atoms of each kind, then 1.
fn counts(kinds: &[u8], molecule: &Molecule) -> Vec<f64> {
    let count = |kind: &u8| molecule.charges.iter().filter(|charge| *charge == kind).count() as f64;
    kinds.iter().map(count).chain([1.0]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn molecule(charges: &[u8], target: f64) -> Molecule {
        Molecule { charges: charges.to_vec(), positions: vec![[0.0; 3]; charges.len()], target }
    }

    #[test]
    fn constants_of_atoms_are_found_and_leave_the_rest() {
        // Target = −40 C − 0.5 H + 7, by hand.
        let sets: [&[u8]; 4] = [&[6, 1, 1, 1, 1], &[6, 6, 1, 1], &[1, 1], &[6]];
        let of =
            |charges: &[u8]| charges.iter().map(|&z| if z == 6 { -40.0 } else { -0.5 }).sum::<f64>() + 7.0;
        let mut molecules: Vec<Molecule> = sets.iter().map(|set| molecule(set, of(set))).collect();
        let fit = Composition::fit(&[1, 6], &molecules).unwrap();
        assert!((fit.share(&molecule(&[6, 6, 6, 1], 0.0)) + 113.5).abs() < 1e-6);
        fit.subtract(&mut molecules);
        assert!(molecules.iter().all(|molecule| molecule.target.abs() < 1e-6));
    }

    #[test]
    fn counts_that_tell_nothing_apart_do_no_harm() {
        let molecules = vec![molecule(&[8, 1, 1], 3.0); 5];
        let fit = Composition::fit(&[1, 8], &molecules).unwrap();
        assert!((fit.share(&molecules[0]) - 3.0).abs() < 1e-9);
    }
}
