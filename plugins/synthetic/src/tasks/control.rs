//! Controls: smooth functions of two vectors of R^N that no linear map leaves alone.

use crate::group::{Matrix, normals};
use crate::task::{Form, Task};
use rand_chacha::ChaCha8Rng;
use semola_plugin_api::Reference;
use serde::{Deserialize, Serialize};

/// `Σᵢ sin((1 + i/2) aᵢ + i) + Σᵢ cᵢ bᵢ² / 2 + a₂ b_N − a₁ b₂ / 2` with i from 0 and `cᵢ = cos(1 + 2i)`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Control<const N: usize> {}

impl<const N: usize> Task for Control<N> {
    const SUMMARY: &'static str = "control: sines and products of two vectors' coordinates, no symmetry";

    fn n(&self) -> usize {
        N
    }
    fn vectors(&self) -> usize {
        2
    }
    fn form(&self) -> Form {
        Form::Scalars(1)
    }
    fn reference(&self) -> Option<Reference> {
        None
    }
    fn draw(&self, random: &mut ChaCha8Rng) -> Vec<f64> {
        normals(2 * N, random)
    }
    fn target(&self, inputs: &[f64]) -> Vec<f64> {
        let (a, b) = inputs.split_at(N);
        let each = a.iter().zip(b).enumerate().map(|(i, (a, b))| {
            let i = i as f64;
            ((1.0 + 0.5 * i) * a + i).sin() + 0.5 * (1.0 + 2.0 * i).cos() * b * b
        });
        vec![each.sum::<f64>() + a[1] * b[N - 1] - 0.5 * a[0] * b[1]]
    }
    fn element(&self, _random: &mut ChaCha8Rng) -> Option<Matrix> {
        None
    }
}
