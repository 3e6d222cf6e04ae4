use crate::torch::exponential_of_small;
use tch::Tensor;

/// Norm up to which the Taylor polynomial is used without halving.
const UNIT: f64 = 0.25;
/// Degree of the Taylor polynomial, also in torch/nodes/exponential.cpp: the remainder at norm 1/4 is about 1e-8.
const DEGREE: i64 = 6;

/// `exp(Σ u_i L_i)` for each row of `u` `[batch, k]` and generators `L` `[k, n, n]`, differentiable in the generators: Taylor
/// polynomial at `Σ u_i L_i / 2^s` and `s` squarings.
///
/// `bound` is an upper bound of the sums' Frobenius norms in the batch; it decides `s`, so that nothing has to be
/// read back from the device. Faster than `matrix_exp` on batches of small matrices (Moler & Van Loan 2003,
/// method 3), and on the CPU done at once ([`exponential_of_small`], differentiable once).
pub fn exponential(u: &Tensor, generators: &Tensor, bound: f64) -> Tensor {
    let halvings = (bound / UNIT).log2().ceil().clamp(0.0, 30.0) as u32;
    exponential_of_small(u, generators, halvings).unwrap_or_else(|| by_batches(u, generators, halvings))
}

/// The same in products of whole batches.
fn by_batches(u: &Tensor, generators: &Tensor, halvings: u32) -> Tensor {
    let u = if halvings > 0 { u * 0.5_f64.powi(halvings as i32) } else { u.shallow_clone() };
    let n = generators.size()[1];
    let a = u.matmul(&generators.flatten(1, 2)).reshape([-1, n, n]);
    let identity = Tensor::eye(n, (a.kind(), a.device()));
    // Horner's scheme: I + a (I + a/2 (I + a/3 (…))).
    let mut power = &identity + &a / DEGREE as f64;
    let identity = identity.unsqueeze(0).expand_as(&a);
    for k in (1..DEGREE).rev() {
        power = identity.baddbmm(&a, &power, 1.0, 1.0 / k as f64);
    }
    for _ in 0..halvings {
        power = power.bmm(&power);
    }
    power
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::DMatrix;
    use proptest::collection::vec;
    use proptest::prelude::*;
    use tch::{Device, Kind};

    /// Coefficients by which each of the generators is an element of its own.
    fn each(generators: &Tensor) -> Tensor {
        Tensor::eye(generators.size()[0], (generators.kind(), generators.device()))
    }

    /// `exp` of one matrix, in double precision.
    fn of_matrix(a: &DMatrix<f64>) -> DMatrix<f64> {
        let n = a.nrows();
        let rows = a.transpose();
        let tensor = Tensor::from_slice(rows.as_slice()).reshape([1, n as i64, n as i64]);
        crate::symmetry::to_matrices(&exponential(&each(&tensor), &tensor, a.norm())).remove(0)
    }

    fn matrix() -> impl Strategy<Value = DMatrix<f64>> {
        vec(-1.0..1.0, 9).prop_map(|entries| DMatrix::from_vec(3, 3, entries))
    }

    #[test]
    fn agrees_with_scipy() {
        let mut sizes = Vec::new();
        for line in include_str!("golden/exponential.txt").lines() {
            let matrices: Vec<DMatrix<f64>> = line
                .split(';')
                .map(|text| {
                    let entries: Vec<f64> =
                        text.split(' ').map(|v| v.parse().expect("the script prints numbers")).collect();
                    let n = entries.len().isqrt();
                    DMatrix::from_row_slice(n, n, &entries)
                })
                .collect();
            let error = (of_matrix(&matrices[0]) - &matrices[1]).norm() / matrices[1].norm();
            assert!(error < 1e-7, "{error} for {}", matrices[0]);
            let error = (matrices[0].exp() - &matrices[1]).norm() / matrices[1].norm();
            assert!(error < 1e-14, "{error} for nalgebra's of {}", matrices[0]);
            sizes.push(matrices[0].nrows());
        }
        assert_eq!(sizes, [3, 3, 3, 3, 4, 4]);
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 48, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn exponentials_are_a_group_with_the_right_volume(
            a in matrix(), b in matrix(), s in -2.0f64..2.0, t in -2.0f64..2.0
        ) {
            let close = |a: DMatrix<f64>, b: DMatrix<f64>, size: f64| (a - b).norm() < 1e-6 * (1.0 + size);
            let (first, second) = (of_matrix(&(&a * s)), of_matrix(&(&a * t)));
            let size = first.norm() * second.norm();
            prop_assert!(close(&first * &second, of_matrix(&(&a * (s + t))), size));

            let (g, inverse) = (of_matrix(&b), of_matrix(&-&b));
            let moved = &g * of_matrix(&a) * &inverse;
            let size = g.norm() * inverse.norm() * (1.0 + moved.norm());
            prop_assert!(close(moved, of_matrix(&(&g * &a * &inverse)), size));

            let volume = (s * a.trace()).exp();
            prop_assert!((first.determinant() - volume).abs() < 1e-6 * (1.0 + first.norm().powi(3)));
        }
    }

    #[test]
    fn agrees_with_matrix_exp_and_its_gradient() {
        tch::manual_seed(1);
        for (n, scale) in [(2, 3.0), (3, 0.5), (4, 2.0), (8, 1.0)] {
            let a = (Tensor::randn([16, n, n], (Kind::Double, Device::Cpu)) * scale).set_requires_grad(true);
            let bound = a
                .square()
                .sum_dim_intlist([1_i64, 2].as_slice(), false, Kind::Double)
                .sqrt()
                .max()
                .double_value(&[]);
            let weight = Tensor::randn([16, n, n], (Kind::Double, Device::Cpu));
            let gradient = |value: &Tensor| {
                let loss = (value / value.detach().abs().max() * &weight).sum(Kind::Double);
                Tensor::run_backward(&[loss], &[&a], true, false).remove(0)
            };
            let (ours, reference) = (exponential(&each(&a), &a, bound), a.linalg_matrix_exp());
            let relative = |a: &Tensor, b: &Tensor| ((a - b).abs().max() / b.abs().max()).double_value(&[]);
            assert!(relative(&ours, &reference) < 1e-6, "n = {n}: {}", relative(&ours, &reference));
            assert!(relative(&gradient(&ours), &gradient(&reference)) < 1e-5, "gradient, n = {n}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 64, failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn small_matrices_at_once_are_those_of_batches(
            n in 1_i64..=8, k in 1_i64..5, batch in 1_i64..50, halvings in 0_u32..6, seed in 0_i64..1000,
            double in proptest::bool::ANY
        ) {
            tch::manual_seed(seed);
            let (kind, digits) = if double { (Kind::Double, 1e-12) } else { (Kind::Float, 1e-4) };
            let scale = UNIT / n as f64 * f64::from(1 << halvings);
            // Every other generator, and turned: neither starts nor lies as it would by itself. Coefficients likewise.
            let all = (Tensor::randn([2 * k, n, n], (kind, Device::Cpu)) * scale).set_requires_grad(true);
            let generators = all.slice(0, 0, None, 2).transpose(1, 2);
            let u = Tensor::randn([batch, k + 1], (kind, Device::Cpu)).narrow(1, 1, k) / k as f64;
            let ours = exponential_of_small(&u, &generators, halvings).expect("small");
            let reference = by_batches(&u, &generators, halvings);
            let weight = Tensor::randn([batch, n, n], (kind, Device::Cpu));
            let gradient =
                |g: &Tensor| Tensor::run_backward(&[(g * &weight).sum(kind)], &[&all], true, false).remove(0);
            for (ours, reference) in [(&ours, &reference), (&gradient(&ours), &gradient(&reference))] {
                let relative = ((ours - reference).abs().max() / reference.abs().max()).double_value(&[]);
                prop_assert!(relative < digits, "{relative}");
            }
        }
    }

    #[test]
    fn what_is_not_small_goes_in_batches() {
        let zeros = |shape: &[i64], kind| Tensor::zeros(shape, (kind, Device::Cpu));
        let of = |n: i64, kind| exponential_of_small(&zeros(&[2, 1], kind), &zeros(&[1, n, n], kind), 0);
        assert!(of(9, Kind::Float).is_none() && of(3, Kind::Half).is_none());
        let identities = exponential(&zeros(&[2, 1], Kind::Float), &zeros(&[1, 9, 9], Kind::Float), 1.0);
        assert!(identities.equal(&Tensor::eye(9, (Kind::Float, Device::Cpu)).expand([2, 9, 9], false)));
        assert!(of(3, Kind::Float).expect("small").equal(&identities.narrow(1, 0, 3).narrow(2, 0, 3)));
        // No samples at all.
        let none = exponential_of_small(&zeros(&[0, 2], Kind::Float), &zeros(&[2, 3, 3], Kind::Float), 2);
        assert_eq!(none.expect("small").size(), [0, 3, 3]);
    }

    #[test]
    fn a_second_derivative_is_refused_and_not_zero() {
        let a = Tensor::zeros([1, 2, 2], (Kind::Float, Device::Cpu)).set_requires_grad(true);
        let sum = exponential(&each(&a), &a, 1.0).sum(Kind::Float);
        let error = Tensor::f_run_backward(&[sum], &[&a], true, true).expect_err("differentiable once");
        assert!(error.to_string().contains("differentiable once"), "{error}");
    }

    #[test]
    fn a_rotation_generator_gives_cosine_and_sine() {
        let angle = 1.2_f64;
        let a = Tensor::from_slice(&[0.0, -angle, angle, 0.0]).reshape([1, 2, 2]);
        let g = exponential(&each(&a), &a, 2.0 * angle).flatten(0, -1);
        let g: Vec<f64> = Vec::try_from(g).expect("four numbers");
        for (found, expected) in g.iter().zip([angle.cos(), -angle.sin(), angle.sin(), angle.cos()]) {
            assert!((found - expected).abs() < 1e-7, "{found} {expected}");
        }
    }
}
