//! A made-up preferred direction: the control in which full rotations are no symmetry.
//!
//! `|Σ Z_a exp(2πi z_a / λ)|² / (Σ Z_a)²`, with λ = 6 Å, is what the nuclei would scatter along z. It does not change
//! with the molecule's place nor with rotations about z, and with every other linear map that keeps the property it is
//! added to. Nobody measured it; it is there to see whether a verdict notices.

use crate::molecule::Molecule;
use semola_plugin_api::Reference;
use std::f64::consts::TAU;

/// Wavelength in ångström, about a molecule's width.
const WAVELENGTH: f64 = 6.0;

/// The scattered part, 0 to 1.
fn along_z(molecule: &Molecule) -> f64 {
    let atoms = molecule.charges.iter().zip(&molecule.positions);
    let (real, imaginary, all) =
        atoms.fold((0.0, 0.0, 0.0), |(real, imaginary, all), (&charge, position)| {
            let (sin, cos) = (TAU * position[2] / WAVELENGTH).sin_cos();
            let charge = f64::from(charge);
            (real + charge * cos, imaginary + charge * sin, all + charge)
        });
    (real * real + imaginary * imaginary) / (all * all)
}

/// Adds it to posed molecules, `strength` being in the target's unit.
pub(crate) fn prefer_z(molecules: &mut [Molecule], strength: f64) {
    for molecule in molecules {
        molecule.target += strength * along_z(molecule);
    }
}

/// What is left of the rotations.
pub(crate) fn reference(strength: f64) -> Reference {
    if strength == 0.0 {
        return Reference::rotations(3);
    }
    let about_z = vec![vec![0.0, -1.0, 0.0], vec![1.0, 0.0, 0.0], vec![0.0; 3]];
    Reference { name: "so(2)".into(), generators: vec![about_z] }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(positions: [[f64; 3]; 2]) -> f64 {
        along_z(&Molecule { charges: vec![6, 6], positions: positions.to_vec(), target: 0.0 })
    }

    #[test]
    fn only_heights_count_and_only_their_differences() {
        // Two equal charges half a wavelength apart cancel, side by side they add up.
        assert!(at([[0.0, 0.0, 1.0], [5.0, 2.0, 4.0]]) < 1e-12);
        assert!((at([[0.0, 0.0, 1.0], [5.0, 2.0, 1.0]]) - 1.0).abs() < 1e-12);
        assert!((at([[0.0, 0.0, 0.0], [0.0, 0.0, 1.5]]) - 0.5).abs() < 1e-12);
        assert!((at([[9.0, 0.0, 7.7], [0.0, 0.0, 9.2]]) - 0.5).abs() < 1e-12);
    }

    #[test]
    fn the_reference_says_what_is_left() {
        assert_eq!(reference(0.0).generators.len(), 3);
        assert_eq!(reference(0.3).generators.len(), 1);
    }
}
