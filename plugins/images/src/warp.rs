//! Moving pictures by matrices: `(g x)(p) = x(g⁻¹ p)` by bicubic sampling. Pictures are moved when
//! they are loaded and again by the host's augmentation: linear interpolation would blur the second time visibly.
//!
//! Whoever moves pixels goes through here. Outside its frame a picture is continued as [`Padding`] says.

use semola_plugin_api::{Result, Tensor, op};
use serde::{Deserialize, Serialize};

/// What lies outside the frame.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Padding {
    /// Black: for pictures whose background is 0.
    #[default]
    Zeros,
    /// The nearest pixel of the frame.
    Border,
    /// The picture mirrored at its frame.
    Reflection,
}

/// What the matrices may be.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Map {
    /// The last row is 0, 0, 1.
    Affine,
    /// Any row.
    Projective,
}

/// Third homogeneous coordinate below which a point counts as at the horizon: sampling there would divide by 0.
const HORIZON: f64 = 0.05;

/// Homogeneous coordinates of pixel centres: x to the right, y up, 1 the half of the longer side.
/// `[height · width, 3]`, in row order.
fn centres(height: i64, width: i64) -> Vec<f32> {
    let half = height.max(width) as f32 / 2.0;
    let mut numbers = Vec::with_capacity((3 * height * width) as usize);
    for row in 0..height {
        for column in 0..width {
            let x = (column as f32 + 0.5 - width as f32 / 2.0) / half;
            let y = -(row as f32 + 0.5 - height as f32 / 2.0) / half;
            numbers.extend([x, y, 1.0]);
        }
    }
    numbers
}

/// Pictures `[batch, channels, height, width]` moved by homogeneous matrices `[batch, 3, 3]`; differentiable in both.
///
/// # Errors
/// Shapes that do not fit; a matrix without an inverse.
pub(crate) fn warp(pictures: &Tensor, g: &Tensor, map: Map, padding: Padding) -> Result<Tensor> {
    let size = pictures.size();
    let [batch, _, height, width] = size[..] else {
        return Err(format!("images are moved as [batch, channels, height, width], found {size:?}").into());
    };
    let half = height.max(width) as f32 / 2.0;
    let points = Tensor::try_from_slice(&centres(height, width), &[height * width, 3])?.try_to_like(g)?;
    // To the sampler's own coordinates: ±1 at the frame, y down.
    let scale = [2.0 * half / width as f32, -2.0 * half / height as f32, 1.0];
    let scale = Tensor::try_from_slice(&scale, &[3, 1])?.try_to_like(g)?;
    let back = g.try_linalg_inv()?.try_mul(&scale)?;
    let sources = |rows: &Tensor| points.try_matmul(&rows.try_transpose(1, 2)?);
    let grid = match map {
        Map::Affine => sources(&back.try_narrow(1, 0, 2)?)?,
        Map::Projective => {
            let sources = sources(&back)?;
            let depth = sources.try_narrow(2, 2, 1)?.try_clamp_min(HORIZON)?;
            sources.try_narrow(2, 0, 2)?.try_div(&depth)?
        }
    };
    let grid = grid.try_reshape(&[batch, height, width, 2])?;
    let bicubic = 2_i64;
    let padding = match padding {
        Padding::Zeros => 0_i64,
        Padding::Border => 1,
        Padding::Reflection => 2,
    };
    op!("aten::grid_sampler", ""; pictures, &grid, bicubic, padding, false)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn centres_are_symmetric_and_y_points_up() {
        let numbers = centres(2, 4);
        assert_eq!(numbers.len(), 24);
        assert_eq!(numbers[..3], [-0.75, 0.25, 1.0]);
        assert_eq!(numbers[21..], [0.75, -0.25, 1.0]);
    }
}
