//! A symmetry that holds for part of the group: rotations up to ±45°, beyond which labels contradict (6 and 9).
//!
//! The first vector points into ±45° about the x axis, or, half of the time, about its opposite; there the target
//! is reflected, `y → 2 − y`. Locally the function is invariant. Rotating the data by up to ±r makes it
//! contradict itself once the images of the two sectors meet half-way, at ±90°: from r = 45° on. That is the extent.

use crate::group::{Matrix, dot, moved, norm, normals, plane, uniform};
use crate::task::{Form, Kind, Task};
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use semola_plugin_api::Reference;
use serde::{Deserialize, Serialize};
use std::f64::consts::{FRAC_PI_4, PI};

/// `sin(2|a|) + tanh(a·b)`, reflected where `a₁ < 0`; never reflected for kind "full".
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct PartialRotation {
    /// "partial": two sectors with contradictory labels; "full": all directions, one label.
    kind: Kind,
}

impl PartialRotation {
    /// Largest angle by which the data may be rotated.
    fn extent(&self) -> f64 {
        match self.kind {
            Kind::Partial => FRAC_PI_4,
            Kind::Full => PI,
        }
    }
}

impl Task for PartialRotation {
    const SUMMARY: &'static str = "rotations hold up to ±45°, labels contradict beyond: so(2), partly";

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
        Some(Reference::rotations(2))
    }
    fn draw(&self, random: &mut ChaCha8Rng) -> Vec<f64> {
        let length = random.random_range(0.5..2.0);
        let mut vectors = vec![length, 0.0];
        vectors.extend(normals(2, random).iter().map(|x| 0.7 * x));
        let opposite = self.kind == Kind::Partial && random.random();
        let angle = uniform(self.extent(), random) + if opposite { PI } else { 0.0 };
        moved(&plane(angle), &vectors)
    }
    fn target(&self, inputs: &[f64]) -> Vec<f64> {
        let (a, b) = inputs.split_at(2);
        let scalar = (2.0 * norm(a)).sin() + dot(a, b).tanh();
        let reflected = self.kind == Kind::Partial && a[0] < 0.0;
        vec![if reflected { 2.0 - scalar } else { scalar }]
    }
    fn element(&self, random: &mut ChaCha8Rng) -> Option<Matrix> {
        Some(plane(uniform(self.extent(), random)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn beyond_the_extent_labels_contradict() {
        let random = &mut ChaCha8Rng::seed_from_u64(3);
        let task = PartialRotation::default();
        for _ in 0..100 {
            let inputs = task.draw(random);
            let (there, back) = (task.target(&inputs)[0], task.target(&moved(&plane(PI), &inputs))[0]);
            assert!((there + back - 2.0).abs() < 1e-9);
            assert!(inputs[1].abs() <= inputs[0].abs() + 1e-12, "{inputs:?} lies outside both sectors");
        }
        let full: PartialRotation = serde_json::from_str(r#"{"kind": "full"}"#).unwrap();
        let inputs = full.draw(random);
        let change = full.target(&inputs)[0] - full.target(&moved(&plane(PI), &inputs))[0];
        assert!(change.abs() < 1e-9);
    }
}
