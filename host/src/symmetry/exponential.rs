use tch::Tensor;

/// Norm up to which the Taylor polynomial is used without halving.
const UNIT: f64 = 0.25;
/// Degree of the Taylor polynomial: the remainder at norm 1/4 is about 1e-8.
const DEGREE: i64 = 6;

/// `exp(a)` for `[batch, n, n]`, differentiable: Taylor polynomial at `a / 2^s` and `s` squarings.
///
/// `bound` is an upper bound of the Frobenius norms in the batch; it decides `s`, so that nothing has to be
/// read back from the device. Faster than `matrix_exp` on batches of small matrices (Moler & Van Loan 2003,
/// method 3).
pub fn exponential(a: &Tensor, bound: f64) -> Tensor {
    let halvings = (bound / UNIT).log2().ceil().clamp(0.0, 30.0) as i32;
    let a = if halvings > 0 { a * 0.5_f64.powi(halvings) } else { a.shallow_clone() };
    let n = a.size()[1];
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

    /// `exp` of one matrix, in double precision.
    fn of_matrix(a: &DMatrix<f64>) -> DMatrix<f64> {
        let n = a.nrows();
        let rows = a.transpose();
        let tensor = Tensor::from_slice(rows.as_slice()).reshape([1, n as i64, n as i64]);
        crate::symmetry::to_matrices(&exponential(&tensor, a.norm())).remove(0)
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
            let (ours, reference) = (exponential(&a, bound), a.linalg_matrix_exp());
            let relative = |a: &Tensor, b: &Tensor| ((a - b).abs().max() / b.abs().max()).double_value(&[]);
            assert!(relative(&ours, &reference) < 1e-6, "n = {n}: {}", relative(&ours, &reference));
            assert!(relative(&gradient(&ours), &gradient(&reference)) < 1e-5, "gradient, n = {n}");
        }
    }

    #[test]
    fn a_rotation_generator_gives_cosine_and_sine() {
        let angle = 1.2_f64;
        let a = Tensor::from_slice(&[0.0, -angle, angle, 0.0]).reshape([1, 2, 2]);
        let g: Vec<f64> = Vec::try_from(exponential(&a, 2.0 * angle).flatten(0, -1)).expect("four numbers");
        for (found, expected) in g.iter().zip([angle.cos(), -angle.sin(), angle.sin(), angle.cos()]) {
            assert!((found - expected).abs() < 1e-7, "{found} {expected}");
        }
    }
}
