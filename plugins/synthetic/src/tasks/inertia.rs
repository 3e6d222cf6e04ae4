//! The moment of inertia of five points of fixed masses: a matrix target.
//!
//! With `C = Σ mₖ xₖ xₖᵀ` the target is `tr(C) I − C`. Under `xₖ → g xₖ` it moves as `M → g M gᵀ` if and only if
//! `g gᵀ` is a multiple of one, so the algebra is so(3) ⊕ R: scaling belongs to it.

use crate::group::{Matrix, normals, orthogonal, reference, rotation};
use crate::task::{Form, Kind, Task};
use rand_chacha::ChaCha8Rng;
use semola_plugin_api::Reference;
use serde::{Deserialize, Serialize};

/// Fixed, so that the target is a function of the points alone.
const MASSES: [f64; 5] = [1.0, 0.7, 1.3, 0.5, 1.1];
/// Spread of the cloud along the axes when its pose is fixed.
const SPREAD: [f64; 3] = [1.6, 1.0, 0.5];

/// See the module.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct Inertia {
    /// Whether the cloud is a flattened one in a fixed pose.
    kind: Kind,
}

impl Task for Inertia {
    const SUMMARY: &'static str = "moment of inertia of five points, a matrix target: so(3) ⊕ R";

    fn n(&self) -> usize {
        3
    }
    fn vectors(&self) -> usize {
        MASSES.len()
    }
    fn form(&self) -> Form {
        Form::Matrix
    }
    fn reference(&self) -> Option<Reference> {
        let mut generators = orthogonal(&[1.0; 3]);
        generators.push(Matrix::identity(3, 3));
        Some(reference("so(3) ⊕ R", &generators))
    }
    fn draw(&self, random: &mut ChaCha8Rng) -> Vec<f64> {
        let mut points = normals(3 * MASSES.len(), random);
        if self.kind == Kind::Partial {
            points.iter_mut().zip(SPREAD.iter().cycle()).for_each(|(x, spread)| *x *= spread);
        }
        points
    }
    fn target(&self, inputs: &[f64]) -> Vec<f64> {
        let mut second = Matrix::zeros(3, 3);
        for (mass, point) in MASSES.iter().zip(inputs.chunks_exact(3)) {
            let point = nalgebra::DVector::from_row_slice(point);
            second += *mass * &point * point.transpose();
        }
        (Matrix::identity(3, 3) * second.trace() - second).as_slice().to_vec()
    }
    fn element(&self, random: &mut ChaCha8Rng) -> Option<Matrix> {
        Some(rotation(3, random))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_single_point_on_an_axis_has_the_textbook_moment() {
        let mut points = vec![0.0; 15];
        points[6] = 2.0;
        // m r² about both other axes: 1.3 · 4.
        let expected = [0.0, 0.0, 0.0, 0.0, 5.2, 0.0, 0.0, 0.0, 5.2];
        let found = Inertia::default().target(&points);
        assert!(found.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{found:?}");
    }
}
