//! Made-up preferred directions: the controls in which full rotations are no symmetry.
//!
//! Two terms that nobody measured, both of the nuclei's heights z weighted by their charges, both left alone by
//! translations and by rotations about z. The skew `tanh(m₃ / 1 Å³)`, with the third central moment m₃ of the heights,
//! is odd and unlike any property. The wave `|Σ Z_a exp(2πi z_a / λ)|² / (Σ Z_a)²`, with λ = 6 Å, is what the nuclei
//! would scatter along z; for small molecules it is nearly 1 minus a multiple of the heights' variance, and a
//! quadratic form added to an extent is again a quadratic form, which has rotations of its own. So the wave is the
//! harder control: a deformed so(3) holds nearly.

use crate::molecule::Molecule;
use semola_plugin_api::Reference;
use serde::{Deserialize, Serialize};
use std::f64::consts::TAU;

/// Wavelength in ångström, about a molecule's width.
const WAVELENGTH: f64 = 6.0;

/// What is added to the property.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Preference {
    /// `tanh(m₃ / 1 Å³)`, −1 to 1.
    Skew,
    /// `|Σ Z_a exp(2πi z_a / λ)|² / (Σ Z_a)²`, 0 to 1.
    Wave,
}

impl Preference {
    fn along_z(self, molecule: &Molecule) -> f64 {
        let mean = |value: &dyn Fn(f64) -> f64| {
            let atoms = molecule.charges.iter().zip(&molecule.positions);
            let (sum, all) = atoms.fold((0.0, 0.0), |(sum, all), (&charge, position)| {
                (sum + f64::from(charge) * value(position[2]), all + f64::from(charge))
            });
            sum / all
        };
        match self {
            Self::Skew => {
                let middle = mean(&|z| z);
                mean(&|z| (z - middle).powi(3)).tanh()
            }
            Self::Wave => {
                let phase = |z: f64| TAU * z / WAVELENGTH;
                mean(&|z| phase(z).cos()).powi(2) + mean(&|z| phase(z).sin()).powi(2)
            }
        }
    }

    /// Adds it to posed molecules, `strength` being in the target's unit.
    pub(crate) fn add(self, molecules: &mut [Molecule], strength: f64) {
        for molecule in molecules {
            molecule.target += strength * self.along_z(molecule);
        }
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

    fn at(preference: Preference, heights: &[f64]) -> f64 {
        let positions = heights.iter().enumerate().map(|(i, &z)| [i as f64, 2.0 * i as f64, z]).collect();
        preference.along_z(&Molecule { charges: vec![6; heights.len()], positions, target: 0.0 })
    }

    #[test]
    fn the_wave_knows_only_differences_of_heights() {
        // Two equal charges half a wavelength apart cancel, side by side they add up.
        assert!(at(Preference::Wave, &[1.0, 4.0]) < 1e-12);
        for (heights, expected) in [([1.0, 1.0], 1.0), ([0.0, 1.5], 0.5), ([7.7, 9.2], 0.5)] {
            assert!((at(Preference::Wave, &heights) - expected).abs() < 1e-12);
        }
    }

    #[test]
    fn the_skew_is_odd_and_knows_only_differences_of_heights() {
        // Heights 0, 0, 1.5 about their mean 0.5: (−1/8 − 1/8 + 1) / 3 = 1/4.
        for (heights, expected) in [([0.0, 0.0, 1.5], 0.25), ([9.0, 7.5, 9.0], -0.25), ([1.0, 2.0, 3.0], 0.0)]
        {
            assert!((at(Preference::Skew, &heights) - f64::tanh(expected)).abs() < 1e-12);
        }
    }

    #[test]
    fn the_reference_says_what_is_left() {
        assert_eq!(reference(0.0).generators.len(), 3);
        assert_eq!(reference(0.3).generators.len(), 1);
    }
}
