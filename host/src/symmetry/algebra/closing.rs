//! Moves a noisy span to the nearest span that is closed under the bracket.
//!
//! Learned generators carry noise of some per cent, so their brackets leave the span by as much, and every
//! rank read from them is blurred. Most algebras are isolated up to conjugation: the nearest closed span is
//! then a conjugate of the true one, and the blur is gone. One Gauss–Newton step solves the linearised
//! closure equations in the least-norm sense (conjugate gradients on the normal equations, matrix-free), so
//! directions that keep the span closed are left alone.

use nalgebra::DMatrix;

use super::bracket::{adjoint_map, unflatten};

const OUTER_STEPS: usize = 8;
const INNER_STEPS: usize = 80;
/// Share of the squared gradient at which a step is good enough for the next linearisation.
const PRECISION: f64 = 1e-10;
/// Sum of squares of the brackets outside the span, below which the span counts as closed.
const CLOSED: f64 = 1e-16;
/// The same for an iteration that has run out of steps: slow convergence is no reason to go without.
const BLURRED: f64 = 1e-8;
/// A step this long has left the neighbourhood in which the linearisation means anything.
const LONGEST_STEP: f64 = 0.7;
/// Multiplications one product of the linearised equations may take; larger algebras are left as they are.
const LARGEST_PRODUCT: usize = 40_000_000;

/// The closed span (`[n², k]`, orthonormal) next to the span of `basis`, or `None` where the iteration does
/// not arrive at one.
pub(super) fn close(basis: &DMatrix<f64>, n: usize) -> Option<DMatrix<f64>> {
    let k = basis.ncols();
    if 2 * k * n.pow(4) * k > LARGEST_PRODUCT {
        return None;
    }
    let mut current = basis.clone();
    for _ in 0..OUTER_STEPS {
        let equations = Equations::at(&current, n);
        let residual = equations.residual();
        if norm_squared(&residual) < CLOSED {
            return Some(current);
        }
        let step = equations.solve(residual);
        if step.norm() > LONGEST_STEP {
            return None;
        }
        current = (current + step).qr().q();
    }
    (norm_squared(&Equations::at(&current, n).residual()) < BLURRED).then_some(current)
}

/// The closure equations `P⊥[e_i, e_j] = 0` linearised at a span: the unknown is the step of every basis
/// vector in the complement (`[n², k]`); the equations are one `[n², k]` block for each `i`, antisymmetric in
/// `i` and `j`.
struct Equations {
    basis: DMatrix<f64>,
    maps: Vec<DMatrix<f64>>,
    adjoint: Vec<DMatrix<f64>>,
}

impl Equations {
    fn at(basis: &DMatrix<f64>, n: usize) -> Self {
        let maps: Vec<_> = (0..basis.ncols()).map(|i| adjoint_map(&unflatten(basis, i, n))).collect();
        let adjoint = maps.iter().map(|map| basis.transpose() * (map * basis)).collect();
        Self { basis: basis.clone(), maps, adjoint }
    }

    fn outside(&self, columns: DMatrix<f64>) -> DMatrix<f64> {
        let inside = &self.basis * (self.basis.transpose() * &columns);
        columns - inside
    }

    fn residual(&self) -> Vec<DMatrix<f64>> {
        self.maps.iter().map(|map| self.outside(map * &self.basis)).collect()
    }

    /// Derivative: `P⊥([δ_i, e_j] + [e_i, δ_j]) − Σ_l c_ij^l δ_l`.
    fn apply(&self, step: &DMatrix<f64>) -> Vec<DMatrix<f64>> {
        let moved: Vec<_> = self.maps.iter().map(|map| map * step).collect();
        (0..self.maps.len())
            .map(|i| {
                let mut block = moved[i].clone();
                for (j, other) in moved.iter().enumerate() {
                    let mut column = block.column_mut(j);
                    column -= other.column(i);
                }
                self.outside(block) - step * &self.adjoint[i]
            })
            .collect()
    }

    fn apply_transposed(&self, blocks: &[DMatrix<f64>]) -> DMatrix<f64> {
        let (rows, k) = self.basis.shape();
        let gradient = blocks.iter().enumerate().fold(DMatrix::zeros(rows, k), |sum, (i, block)| {
            sum + self.maps[i].tr_mul(block) - block * self.adjoint[i].transpose() * 0.5
        });
        self.outside(gradient)
    }

    /// The least-norm step that cancels `residual` to first order.
    fn solve(&self, mut residual: Vec<DMatrix<f64>>) -> DMatrix<f64> {
        let (rows, k) = self.basis.shape();
        residual.iter_mut().for_each(|block| block.neg_mut());
        let mut step = DMatrix::zeros(rows, k);
        let mut gradient = self.apply_transposed(&residual);
        let mut direction = gradient.clone();
        let mut size = gradient.norm_squared();
        let target = size * PRECISION;
        for _ in 0..INNER_STEPS {
            if size <= target {
                break;
            }
            let image = self.apply(&direction);
            let length = size / (0.5 * norm_squared(&image)).max(f64::MIN_POSITIVE);
            step += &direction * length;
            for (block, change) in residual.iter_mut().zip(&image) {
                *block -= change * length;
            }
            gradient = self.apply_transposed(&residual);
            let next = gradient.norm_squared();
            direction = &gradient + direction * (next / size);
            size = next;
        }
        step
    }
}

fn norm_squared(blocks: &[DMatrix<f64>]) -> f64 {
    blocks.iter().map(DMatrix::norm_squared).sum()
}
