//! Pairs of spins near spin up: how the first precesses about the second, and the amplitude of their singlet.
//!
//! Turned together by an element of SU(2), the precessed spinor turns along and the singlet stays. A common phase,
//! which would be a symmetry of the precession alone, turns the singlet's; a boost of SL(2,C), which would be one of the
//! singlet alone, changes the precession. So su(2) is all of gl(4,R) that holds.

use crate::spinor::{Spinor, applied, element, precessed, real_matrix, singlet, su2};
use num_complex::Complex64;
use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use rand_distr::{Distribution, StandardNormal};
use semola_plugin_api::serde::{Deserialize, Serialize};
use semola_plugin_api::{
    Context, DataSpec, Dataset, Error, Field, Reference, Representation, Result, Samples, Split, Task, Tensor,
};
use std::array::from_fn;

/// Options of the data set.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(crate = "semola_plugin_api::serde", deny_unknown_fields, default)]
pub(crate) struct Options {
    /// Training pairs; the other splits have a quarter as many.
    samples: usize,
    /// Standard deviation of each of the four numbers of a spinor about spin up, (1, 0, 0, 0).
    spread: f64,
}

impl Default for Options {
    fn default() -> Self {
        Self { samples: 8000, spread: 0.4 }
    }
}

/// The data set.
pub(crate) struct Pairs {
    options: Options,
    seed: u64,
}

impl Dataset for Pairs {
    type Options = Options;
    const SUMMARY: &'static str = "two spins, one precessing about the other, and their singlet: su(2)";

    fn open(options: Options, context: &Context) -> Result<Self> {
        let Options { samples, spread } = options;
        if !(4..=10_000_000).contains(&samples) {
            return Err(Error::new(format!("samples is {samples}, expected 4 to 10000000")));
        }
        if !(spread > 0.0 && spread <= 10.0) {
            return Err(Error::new(format!("spread is {spread}, expected above 0 and up to 10")));
        }
        Ok(Self { options, seed: context.seed })
    }

    fn spec(&self) -> DataSpec {
        let rows = |generator| real_matrix(&generator).map(|row| row.to_vec()).to_vec();
        DataSpec {
            n: 4,
            inputs: vec![Field::new("pair", [2, 2, 2], Representation::Custom)],
            targets: vec![
                Field::new("precessed", [2, 2], Representation::Custom),
                Field::scalars("singlet", 2),
            ],
            task: Task::Regression,
            reference: Some(Reference { name: "su(2)".into(), generators: su2().map(rows).to_vec() }),
        }
    }

    /// `shifted` holds the test pairs, each turned by an element of SU(2) of its own.
    fn split(&self, split: Split) -> Result<Option<Samples>> {
        let pairs = self.pairs(split);
        let count = pairs.len() as i64;
        let spinors = pairs.iter().flatten();
        let turned: Vec<Spinor> = pairs.iter().map(|[psi, phi]| precessed(psi, phi)).collect();
        let singlets = pairs.iter().map(|[psi, phi]| singlet(psi, phi));
        Ok(Some(Samples {
            inputs: vec![Tensor::try_from_slice(&real(spinors.flatten().copied()), &[count, 2, 2, 2])?],
            targets: vec![
                Tensor::try_from_slice(&real(turned.into_iter().flatten()), &[count, 2, 2])?,
                Tensor::try_from_slice(&real(singlets), &[count, 2])?,
            ],
        }))
    }
}

impl Pairs {
    fn pairs(&self, split: Split) -> Vec<[Spinor; 2]> {
        let stream = |split: Split| {
            let mut random = ChaCha8Rng::seed_from_u64(self.seed);
            random.set_stream(split as u64);
            random
        };
        let count = if split == Split::Train { self.options.samples } else { self.options.samples / 4 };
        let drawn = if split == Split::Shifted { Split::Test } else { split };
        let (mut random, mut elements) = (stream(drawn), stream(Split::Shifted));
        let mut near_up = |_| {
            let [a, b, c, d] = normals(&mut random).map(|x| self.options.spread * x);
            [Complex64::new(1.0 + a, b), Complex64::new(c, d)]
        };
        (0..count)
            .map(|_| {
                let pair: [Spinor; 2] = from_fn(&mut near_up);
                if split != Split::Shifted {
                    return pair;
                }
                let g = element(normals(&mut elements));
                pair.map(|spinor| applied(&g, &spinor))
            })
            .collect()
    }
}

/// Standard normal numbers.
fn normals(random: &mut ChaCha8Rng) -> [f64; 4] {
    from_fn(|_| StandardNormal.sample(random))
}

/// Real and imaginary part of each number, one after the other.
fn real(numbers: impl Iterator<Item = Complex64>) -> Vec<f32> {
    numbers.flat_map(|z| [z.re as f32, z.im as f32]).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use nalgebra::{DMatrix, SymmetricEigen};

    /// Half the step of central differences.
    const STEP: f64 = 1e-5;

    fn pairs(options: Options, split: Split) -> Vec<[Spinor; 2]> {
        let context = Context { seed: 3, ..Context::default() };
        Pairs::open(options, &context).expect("options in range").pairs(split)
    }

    fn moved(g: &[[f64; 4]; 4], spinor: &Spinor) -> Spinor {
        let x = [spinor[0].re, spinor[0].im, spinor[1].re, spinor[1].im];
        let y = g.map(|row| row.iter().zip(x).map(|(g, x)| g * x).sum::<f64>());
        [Complex64::new(y[0], y[1]), Complex64::new(y[2], y[3])]
    }

    /// `J_f(x)·(L x) − dρ(L) f(x)`, by differences: nought for all pairs if L is in the algebra.
    fn defect(generator: &[[f64; 4]; 4], pair: &[Spinor; 2]) -> Vec<f64> {
        let [ahead, behind] = [STEP, -STEP].map(|step| {
            let g = from_fn(|i| from_fn(|j| f64::from(u8::from(i == j)) + step * generator[i][j]));
            let [psi, phi] = pair.map(|spinor| moved(&g, &spinor));
            (precessed(&psi, &phi), singlet(&psi, &phi))
        });
        let turned = moved(generator, &precessed(&pair[0], &pair[1]));
        let slope = |ahead: Complex64, behind: Complex64| (ahead - behind) / (2.0 * STEP);
        let spinor = (0..2).map(|k| slope(ahead.0[k], behind.0[k]) - turned[k]);
        spinor.chain([slope(ahead.1, behind.1)]).flat_map(|z| [z.re, z.im]).collect()
    }

    #[test]
    fn su2_holds_and_nothing_else_of_gl4_does() {
        let pairs = pairs(Options { samples: 400, ..Options::default() }, Split::Train);
        for generator in su2() {
            let defects = pairs.iter().flat_map(|pair| defect(&real_matrix(&generator), pair));
            assert!(defects.map(f64::abs).fold(0.0, f64::max) < 1e-8);
        }
        let units = (0..16).map(|entry| {
            let unit = from_fn(|i| from_fn(|j| f64::from(u8::from(4 * i + j == entry))));
            pairs.iter().flat_map(|pair| defect(&unit, pair)).collect::<Vec<f64>>()
        });
        let rows = DMatrix::from_row_slice(16, 6 * pairs.len(), &units.flatten().collect::<Vec<f64>>());
        let violations = SymmetricEigen::new(&rows * rows.transpose()).eigenvalues;
        let small = violations.iter().filter(|violation| **violation < 0.05 * violations.mean()).count();
        assert_eq!(small, 3, "{violations}");
    }

    #[test]
    fn training_stays_near_spin_up_and_the_shifted_split_does_not() {
        let downwards = |split| {
            let pairs = pairs(Options::default(), split);
            let down = pairs.iter().filter(|[psi, _]| psi[0].norm_sqr() < psi[1].norm_sqr()).count();
            down as f64 / pairs.len() as f64
        };
        assert!(downwards(Split::Train) < 0.2);
        // Half of all directions; five standard errors of 2000.
        assert!((downwards(Split::Shifted) - 0.5).abs() < 0.06);
    }

    #[test]
    fn options_out_of_range_are_named() {
        for (options, part) in [
            (Options { samples: 3, ..Options::default() }, "samples is 3"),
            (Options { spread: 0.0, ..Options::default() }, "spread is 0"),
            (Options { spread: f64::NAN, ..Options::default() }, "spread is NaN"),
        ] {
            let outcome = Pairs::open(options, &Context::default()).map(|_| ());
            assert!(outcome.expect_err(part).to_string().contains(part));
        }
    }
}
