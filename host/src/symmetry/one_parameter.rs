//! `exp(t L)` for many t and one small L: the case of a single generator, at a fraction of what a batch of different
//! matrices costs.
//!
//! All elements are combinations of the same powers of L, so values and derivatives are two products of small tables in
//! double precision on the host. Autograd sees one affine map, with the value and the derivative that the exponential has
//! at L: right for first derivatives, which is all that training asks for.

use super::matrices::flat;
use nalgebra::DMatrix;
use tch::{Device, Tensor};

/// Largest matrices: the table of derivatives has n⁴ columns.
const LARGEST: i64 = 3;
/// Largest norm of `t L`: terms of the series grow up to its exponential, which costs as many digits of sixteen.
const WIDEST: f64 = 12.0;
/// What the terms left out of the series may add up to, nearly.
const REMAINDER: f64 = 1e-10;

/// `[batch, n, n]`, differentiable in the generator `[n, n]` but not twice. `None` for what the series is not made for: more
/// than three dimensions, large `t L`, another device, numbers that are not finite.
pub fn one_parameter(generator: &Tensor, t: &[f64]) -> Option<Tensor> {
    let n = generator.size()[0];
    if n > LARGEST || generator.device() != Device::Cpu {
        return None;
    }
    let entries = flat(generator);
    let norm = entries.iter().map(|entry| entry * entry).sum::<f64>().sqrt();
    let widest = t.iter().fold(0.0_f64, |widest, t| widest.max(t.abs())) * norm;
    // NaN compares false.
    if !(widest <= WIDEST && norm > 0.0) {
        return None;
    }
    let n = n as usize;
    let unit = DMatrix::from_row_slice(n, n, &entries) / norm;
    let derivatives = generator.requires_grad();
    let table = table(&unit, terms(widest), derivatives);
    let mut weights = DMatrix::zeros(table.ncols(), t.len());
    for (mut column, t) in weights.column_iter_mut().zip(t) {
        // z^k / k!
        let mut weight = 1.0;
        for (k, place) in column.iter_mut().enumerate() {
            *place = weight;
            weight *= t * norm / (k + 1) as f64;
        }
    }
    // `[n² + n⁴, batch]`: column by column, so each element's numbers lie side by side.
    let numbers = table * weights;

    let size = n * n;
    let mut constant = Vec::with_capacity(t.len() * size);
    let mut slopes = Vec::with_capacity(if derivatives { t.len() * size * size } else { 0 });
    for element in numbers.column_iter() {
        let (value, slope) = element.as_slice().split_at(size);
        if !derivatives {
            constant.extend(value.iter().map(|&value| value as f32));
            continue;
        }
        for (value, slope) in value.iter().zip(slope.chunks(size)) {
            // At L itself the affine map gives the value.
            let at_generator: f64 =
                slope.iter().zip(&entries).map(|(slope, entry)| slope / norm * entry).sum();
            constant.push((value - at_generator) as f32);
            slopes.extend(slope.iter().map(|&slope| (slope / norm) as f32));
        }
    }
    let mut g = Tensor::from_slice(&constant);
    if derivatives {
        let slopes = Tensor::from_slice(&slopes).reshape([-1, size as i64]);
        g = g.addmv(&slopes, &generator.reshape([-1]));
    }
    Some(g.reshape([-1, n as i64, n as i64]))
}

/// How many terms of the series are needed for norms up to `widest`.
fn terms(widest: f64) -> usize {
    let mut term = 1.0;
    (1..)
        .find(|&k| {
            term *= widest / k as f64;
            term < REMAINDER
        })
        .expect("a factorial outgrows every power")
}

/// In column k the entries of `U^k`, row by row, and below them, if wanted, for each entry its derivatives with respect to
/// the entries of U.
fn table(unit: &DMatrix<f64>, terms: usize, derivatives: bool) -> DMatrix<f64> {
    let n = unit.nrows();
    let size = n * n;
    let mut table = DMatrix::zeros(if derivatives { size + size * size } else { size }, terms + 1);
    let mut power = DMatrix::<f64>::identity(n, n);
    // Of U^k with respect to entry (p, q): d(U^{k+1}) = d(U^k) U + U^k dU.
    let mut slopes = vec![DMatrix::<f64>::zeros(n, n); if derivatives { size } else { 0 }];
    for mut column in table.column_iter_mut() {
        for (place, entry) in (0..size).zip(column.iter_mut()) {
            *entry = power[(place / n, place % n)];
        }
        for (pq, slope) in slopes.iter_mut().enumerate() {
            for place in 0..size {
                column[size + place * size + pq] = slope[(place / n, place % n)];
            }
            *slope = &*slope * unit;
            for r in 0..n {
                slope[(r, pq % n)] += power[(r, pq / n)];
            }
        }
        power = &power * unit;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symmetry::exponential;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use tch::Kind;

    fn generator(n: i64, entries: &[f64]) -> Tensor {
        Tensor::from_slice(entries).reshape([n, n]).to_kind(Kind::Float)
    }

    /// The same from a batch of different matrices, in double precision.
    fn by_batch(generator: &Tensor, t: &[f64]) -> Tensor {
        let a = Tensor::from_slice(t).reshape([-1, 1, 1]) * generator.to_kind(Kind::Double).unsqueeze(0);
        exponential(&a, WIDEST)
    }

    fn largest(tensor: &Tensor) -> f64 {
        tensor.abs().max().double_value(&[])
    }

    #[test]
    fn a_turn_is_cosine_and_sine_and_has_their_slopes() {
        let turn = generator(2, &[0.0, -1.0, 1.0, 0.0]).set_requires_grad(true);
        let t = [-3.1, 0.0, 0.4, 3.1];
        let g = one_parameter(&turn, &t).expect("small");
        for (b, t) in t.iter().enumerate() {
            let expected = [t.cos(), -t.sin(), t.sin(), t.cos()];
            for (place, expected) in expected.iter().enumerate() {
                let found = g.double_value(&[b as i64, place as i64 / 2, place as i64 % 2]);
                assert!((found - expected).abs() < 1e-6, "{found} {expected}");
            }
        }
        // d/dω of cos(ω t) at ω = 1, along the generator itself.
        let slope = Tensor::run_backward(&[g.get(2).get(0).get(0)], &[&turn], false, false).remove(0);
        let along = (slope * turn.detach()).sum(Kind::Double).double_value(&[]);
        assert!((along + 0.4 * 0.4_f64.sin()).abs() < 1e-6, "{along}");
    }

    #[test]
    fn a_fixed_generator_needs_no_slopes() {
        let boost = generator(2, &[0.0, 1.0, 1.0, 0.0]);
        let g = one_parameter(&boost, &[1.0]).expect("small");
        assert!(!g.requires_grad());
        assert!((g.double_value(&[0, 0, 1]) - 1.0_f64.sinh()).abs() < 1e-6);
    }

    #[test]
    fn what_the_series_is_not_made_for_is_left_to_others() {
        assert!(one_parameter(&Tensor::eye(4, (Kind::Float, Device::Cpu)), &[1.0]).is_none());
        let turn = generator(2, &[0.0, -1.0, 1.0, 0.0]);
        assert!(one_parameter(&turn, &[20.0]).is_none());
        assert!(one_parameter(&(turn * f64::NAN), &[1.0]).is_none());
        assert!(one_parameter(&Tensor::zeros([2, 2], (Kind::Float, Device::Cpu)), &[1.0]).is_none());
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn agrees_with_a_batch_of_matrices_and_its_gradient(
            n in 1_i64..=3, entries in vec(-1.0_f64..1.0, 9), t in vec(-2.5_f64..2.5, 5)
        ) {
            let l = generator(n, &entries[..(n * n) as usize]).set_requires_grad(true);
            let (ours, reference) = (one_parameter(&l, &t).expect("small"), by_batch(&l, &t));
            let size = 1.0 + largest(&reference);
            prop_assert!(largest(&(&ours - &reference)) < 3e-6 * size);
            let weight = Tensor::arange(ours.numel() as i64, (Kind::Double, Device::Cpu)).sin().reshape(ours.size());
            let gradient = |g: &Tensor| {
                Tensor::run_backward(&[(g * &weight).sum(Kind::Double)], &[&l], false, false).remove(0)
            };
            let (ours, reference) = (gradient(&ours), gradient(&reference));
            prop_assert!(largest(&(&ours - &reference)) < 1e-5 * (size + largest(&reference)));
        }
    }
}
