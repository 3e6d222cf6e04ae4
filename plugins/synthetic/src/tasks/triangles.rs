//! A function of a planar triangle's signed area, given by two edge vectors.
//!
//! Linear maps change the area by their determinant, so the algebra is sl(2,R): shears and squeezes, which move the
//! data far, belong to it as well as rotations.

use crate::group::{Matrix, exponential, normals, reference, traceless};
use crate::task::{Form, Task};
use rand_chacha::ChaCha8Rng;
use semola_plugin_api::Reference;
use serde::{Deserialize, Serialize};

/// `tanh(2A) + sin(3A)/2` for edges u, v with `A = (u₁ v₂ − u₂ v₁)/2`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Triangles {}

impl Task for Triangles {
    const SUMMARY: &'static str = "a function of a triangle's signed area: sl(2,R)";

    fn n(&self) -> usize {
        2
    }
    fn vectors(&self) -> usize {
        2
    }
    fn form(&self) -> Form {
        Form::Scalars(1)
    }
    fn reference(&self) -> Option<Reference> {
        Some(reference("sl(2,R)", &traceless(2)))
    }
    fn draw(&self, random: &mut ChaCha8Rng) -> Vec<f64> {
        normals(4, random)
    }
    fn target(&self, inputs: &[f64]) -> Vec<f64> {
        let area = 0.5 * (inputs[0] * inputs[3] - inputs[1] * inputs[2]);
        vec![(2.0 * area).tanh() + 0.5 * (3.0 * area).sin()]
    }
    fn element(&self, random: &mut ChaCha8Rng) -> Option<Matrix> {
        Some(exponential(&traceless(2), 0.4, random))
    }
}
