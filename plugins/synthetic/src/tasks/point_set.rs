//! A function of the distances between three points of the plane, in homogeneous coordinates `(x, y, 1)`.
//!
//! Translations are linear maps of R³ here. Maps that change the last coordinate leave the data's plane, where the
//! data define no function at all: the algebra is searched among the affine maps (component `affine`), and within
//! them it is se(2).

use crate::group::{Matrix, euclidean_plane, moved, normal, plane, reference, uniform};
use crate::task::{Form, Kind, Task};
use rand_chacha::ChaCha8Rng;
use semola_plugin_api::Reference;
use serde::{Deserialize, Serialize};
use std::f64::consts::PI;

/// `tanh(s₁₂ − 1) + ln(1 + s₂₃)/2 − exp(−s₁₃/2)` of the squared distances `sᵢⱼ`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct PointSet {
    /// Whether the points are spread about the origin, more along the first axis.
    kind: Kind,
}

/// Rotation by any angle, then a translation by up to this along either axis.
fn motion(most: f64, random: &mut ChaCha8Rng) -> Matrix {
    let mut g = plane(uniform(PI, random)).resize(3, 3, 0.0);
    g[(0, 2)] = uniform(most, random);
    g[(1, 2)] = uniform(most, random);
    g[(2, 2)] = 1.0;
    g
}

impl Task for PointSet {
    const SUMMARY: &'static str = "a function of the distances between three points: se(2)";

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
        Some(reference("se(2)", &euclidean_plane()))
    }
    #[cfg(test)]
    fn free_rows(&self) -> usize {
        2
    }
    fn draw(&self, random: &mut ChaCha8Rng) -> Vec<f64> {
        let points: Vec<f64> = (0..3).flat_map(|_| [normal(random), 0.6 * normal(random), 1.0]).collect();
        match self.kind {
            Kind::Partial => points,
            Kind::Full => moved(&motion(1.5, random), &points),
        }
    }
    fn target(&self, inputs: &[f64]) -> Vec<f64> {
        let square = |i: usize, j: usize| {
            let along = |axis: usize| inputs[3 * i + axis] - inputs[3 * j + axis];
            along(0).powi(2) + along(1).powi(2)
        };
        vec![(square(0, 1) - 1.0).tanh() + 0.5 * square(1, 2).ln_1p() - (-0.5 * square(0, 2)).exp()]
    }
    fn element(&self, random: &mut ChaCha8Rng) -> Option<Matrix> {
        Some(motion(1.5, random))
    }
}
