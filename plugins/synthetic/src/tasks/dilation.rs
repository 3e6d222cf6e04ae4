//! A vector of two vectors, homogeneous of degree 1: scaling the inputs scales the target, nothing else is shared.

use crate::group::{Matrix, norm, normals, reference, uniform};
use crate::task::{Form, Kind, Task};
use rand_chacha::ChaCha8Rng;
use semola_plugin_api::Reference;
use serde::{Deserialize, Serialize};

/// With r the length of all six numbers: `(a₁ b₂ / r + r/2, (a₃² − b₁ a₂) / r − 3/10 b₃, 4/5 a₂ + b₁ b₃ / r)`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Dilation {
    /// Whether sizes vary little (by a factor of 2) or much (by 8).
    kind: Kind,
}

impl Task for Dilation {
    const SUMMARY: &'static str = "a vector that scales with its inputs and has no other symmetry: R";

    fn n(&self) -> usize {
        3
    }
    fn vectors(&self) -> usize {
        2
    }
    fn form(&self) -> Form {
        Form::Vector
    }
    fn reference(&self) -> Option<Reference> {
        Some(reference("R (scaling)", &[Matrix::identity(3, 3)]))
    }
    fn draw(&self, random: &mut ChaCha8Rng) -> Vec<f64> {
        let direction = normals(6, random);
        let octaves = match self.kind {
            Kind::Partial => 0.5,
            Kind::Full => 1.5,
        };
        let scale = uniform(octaves, random).exp2() / norm(&direction);
        direction.iter().map(|x| scale * x).collect()
    }
    fn target(&self, inputs: &[f64]) -> Vec<f64> {
        let r = norm(inputs);
        let (a, b) = inputs.split_at(3);
        vec![
            a[0] * b[1] / r + 0.5 * r,
            (a[2] * a[2] - b[0] * a[1]) / r - 0.3 * b[2],
            0.8 * a[1] + b[0] * b[2] / r,
        ]
    }
    fn element(&self, random: &mut ChaCha8Rng) -> Option<Matrix> {
        Some(Matrix::identity(3, 3) * uniform(1.0, random).exp2())
    }
}
