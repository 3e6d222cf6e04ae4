//! Generators of the named algebras in their usual matrices, and the ways a training run disguises them.

use nalgebra::DMatrix;
use rand::SeedableRng;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};

pub(super) type Matrices = Vec<DMatrix<f64>>;

pub(super) fn unit(n: usize, i: usize, j: usize) -> DMatrix<f64> {
    let mut m = DMatrix::zeros(n, n);
    m[(i, j)] = 1.0;
    m
}

pub(super) fn so(p: usize, q: usize) -> Matrices {
    let n = p + q;
    let metric = |i: usize| if i < p { -1.0 } else { 1.0 };
    (0..n)
        .flat_map(|i| (0..i).map(move |j| (i, j)))
        .map(|(i, j)| unit(n, i, j) * metric(j) - unit(n, j, i) * metric(i))
        .collect()
}

pub(super) fn gl(n: usize) -> Matrices {
    (0..n).flat_map(|i| (0..n).map(move |j| unit(n, i, j))).collect()
}

pub(super) fn sl(n: usize) -> Matrices {
    let off =
        (0..n).flat_map(|i| (0..n).map(move |j| (i, j))).filter(|(i, j)| i != j).map(|(i, j)| unit(n, i, j));
    off.chain((1..n).map(|i| unit(n, 0, 0) - unit(n, i, i))).collect()
}

/// sp(2m,R): `[[A, B], [C, −Aᵀ]]` with symmetric B, C.
pub(super) fn sp(n: usize) -> Matrices {
    let m = n / 2;
    let mut all = Vec::new();
    for i in 0..m {
        for j in 0..m {
            all.push(unit(n, i, j) - unit(n, m + j, m + i));
            if j <= i {
                all.push(unit(n, i, m + j) + unit(n, j, m + i));
                all.push(unit(n, m + i, j) + unit(n, m + j, i));
            }
        }
    }
    all
}

/// u(n) on R^2n as `[[A, −S], [S, A]]` with A antisymmetric, S symmetric; su(n) if S is traceless.
pub(super) fn u(n: usize, special: bool) -> Matrices {
    let block = |i: usize, j: usize, sign: f64| {
        let a = unit(n, i, j) + unit(n, j, i) * sign;
        let mut m = DMatrix::zeros(2 * n, 2 * n);
        if sign < 0.0 {
            m.view_mut((0, 0), (n, n)).copy_from(&a);
            m.view_mut((n, n), (n, n)).copy_from(&a);
        } else {
            m.view_mut((n, 0), (n, n)).copy_from(&a);
            m.view_mut((0, n), (n, n)).copy_from(&-a);
        }
        m
    };
    let mut all = Vec::new();
    for i in 0..n {
        for j in 0..i {
            all.push(block(i, j, -1.0));
            all.push(block(i, j, 1.0));
        }
    }
    let phases: Vec<_> = (0..n).map(|i| block(i, i, 1.0)).collect();
    if special {
        all.extend((1..n).map(|i| &phases[0] - &phases[i]));
    } else {
        all.extend(phases);
    }
    all
}

/// Affine algebra in homogeneous coordinates: `linear` on R^m and the translations.
pub(super) fn affine(linear: &[DMatrix<f64>], m: usize) -> Matrices {
    let mut all: Matrices = linear.iter().map(|l| pad(l, 0, m + 1)).collect();
    all.extend((0..m).map(|i| unit(m + 1, i, m)));
    all
}

/// `a` as a diagonal block of an `[n, n]` matrix, starting at `offset`.
pub(super) fn pad(a: &DMatrix<f64>, offset: usize, n: usize) -> DMatrix<f64> {
    let mut m = DMatrix::zeros(n, n);
    m.view_mut((offset, offset), a.shape()).copy_from(a);
    m
}

/// `a` and `b` acting on the two parts of a direct sum.
pub(super) fn direct_sum(a: &[DMatrix<f64>], b: &[DMatrix<f64>]) -> Matrices {
    let (p, q) = (a[0].nrows(), b[0].nrows());
    a.iter().map(|m| pad(m, 0, p + q)).chain(b.iter().map(|m| pad(m, p, p + q))).collect()
}

pub(super) fn with(mut a: Matrices, extra: DMatrix<f64>) -> Matrices {
    a.push(extra);
    a
}

pub(super) struct Disguise(ChaCha8Rng);

impl Disguise {
    pub(super) fn new(seed: u64) -> Self {
        Self(ChaCha8Rng::seed_from_u64(seed))
    }

    pub(super) fn gaussian(&mut self, rows: usize, columns: usize) -> DMatrix<f64> {
        DMatrix::from_fn(rows, columns, |_, _| StandardNormal.sample(&mut self.0))
    }

    /// A matrix with singular values spread geometrically from 1 to `condition`.
    pub(super) fn conditioned(&mut self, n: usize, condition: f64) -> DMatrix<f64> {
        let (left, right) = (self.gaussian(n, n).qr().q(), self.gaussian(n, n).qr().q());
        let steps = (n.max(2) - 1) as f64;
        left * DMatrix::from_fn(n, n, |i, j| if i == j { condition.powf(i as f64 / steps) } else { 0.0 })
            * right
    }

    /// An invertible change of the generators among themselves.
    pub(super) fn mix(&mut self, a: &[DMatrix<f64>]) -> Matrices {
        let k = a.len();
        let mixing = self.conditioned(k, 3.0);
        (0..k)
            .map(|i| {
                (0..k).fold(DMatrix::zeros(a[0].nrows(), a[0].ncols()), |sum, j| sum + &a[j] * mixing[(i, j)])
            })
            .collect()
    }

    pub(super) fn conjugate(&mut self, a: &[DMatrix<f64>], condition: f64) -> Matrices {
        let change = self.conditioned(a[0].nrows(), condition);
        let inverse = change.clone().try_inverse().expect("the condition number is finite");
        a.iter().map(|m| &change * m * &inverse).collect()
    }

    /// Gaussian noise of the given norm relative to each generator.
    pub(super) fn noise(&mut self, a: &[DMatrix<f64>], relative: f64) -> Matrices {
        a.iter()
            .map(|m| {
                let noise = self.gaussian(m.nrows(), m.ncols());
                m + &noise * (relative * m.norm() / noise.norm())
            })
            .collect()
    }
}
