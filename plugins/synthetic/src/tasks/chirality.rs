//! Handedness: two scalars of three vectors that rotations leave alone, one of which a mirror image changes.
//!
//! The determinant alone would have sl(3,R); the length of the first vector cuts it down to so(3).

use crate::group::{Matrix, norm, normals, rotation};
use crate::task::{Form, Task};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use semola_plugin_api::Reference;
use serde::{Deserialize, Serialize};

/// Of each vector.
const LENGTHS: std::ops::Range<f64> = 0.7..1.4;

/// `tanh(det) + sin(2|a|)/2`: the group is SO(3).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Chiral {}

/// `tanh(det²) + sin(2|a|)/2`: the group is O(3).
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Achiral {}

fn scalar(inputs: &[f64], handedness: impl Fn(f64) -> f64) -> f64 {
    let determinant = Matrix::from_row_slice(3, 3, inputs).determinant();
    handedness(determinant).tanh() + 0.5 * (2.0 * norm(&inputs[..3])).sin()
}

/// Uniform directions; lengths of bounded range, since `det²` of normal vectors has tails that take a network far more
/// samples to learn than the symmetry is worth.
fn draw(random: &mut ChaCha8Rng) -> Vec<f64> {
    let mut vectors = normals(9, random);
    for vector in vectors.chunks_exact_mut(3) {
        let scale = random.random_range(LENGTHS) / norm(vector);
        vector.iter_mut().for_each(|x| *x *= scale);
    }
    vectors
}

impl Task for Chiral {
    const SUMMARY: &'static str = "a scalar that rotations leave alone and reflections change: so(3), SO(3)";

    fn n(&self) -> usize {
        3
    }
    fn vectors(&self) -> usize {
        3
    }
    fn form(&self) -> Form {
        Form::Scalars(1)
    }
    fn reference(&self) -> Option<Reference> {
        Some(Reference::rotations(3))
    }
    fn draw(&self, random: &mut ChaCha8Rng) -> Vec<f64> {
        draw(random)
    }
    fn target(&self, inputs: &[f64]) -> Vec<f64> {
        vec![scalar(inputs, |determinant| determinant)]
    }
    fn element(&self, random: &mut ChaCha8Rng) -> Option<Matrix> {
        Some(rotation(3, random))
    }
}

impl Task for Achiral {
    const SUMMARY: &'static str = "a scalar that rotations and reflections leave alone: so(3), O(3)";

    fn n(&self) -> usize {
        3
    }
    fn vectors(&self) -> usize {
        3
    }
    fn form(&self) -> Form {
        Form::Scalars(1)
    }
    fn reference(&self) -> Option<Reference> {
        Some(Reference::rotations(3))
    }
    fn draw(&self, random: &mut ChaCha8Rng) -> Vec<f64> {
        draw(random)
    }
    fn target(&self, inputs: &[f64]) -> Vec<f64> {
        vec![scalar(inputs, |determinant| determinant * determinant)]
    }
    fn element(&self, random: &mut ChaCha8Rng) -> Option<Matrix> {
        let g = rotation(3, random);
        Some(if random.random() { -g } else { g })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn a_mirror_image_tells_them_apart() {
        let inputs = Chiral::default().draw(&mut ChaCha8Rng::seed_from_u64(1));
        let mirrored: Vec<f64> = inputs.iter().map(|x| -x).collect();
        let change = |task: &dyn Fn(&[f64]) -> Vec<f64>| (task(&inputs)[0] - task(&mirrored)[0]).abs();
        assert!(change(&|x| Chiral::default().target(x)) > 0.1);
        assert!(change(&|x| Achiral::default().target(x)) < 1e-12);
    }
}
