//! Splits a semisimple algebra into its simple ideals and recognises each by how it acts.
//!
//! The ideals are the common eigenspaces of the maps that commute with every `ad x` (the centroid); a generic
//! such map tells them apart. An ideal (or a sum such as so(4)) is recognised by dimension, Killing signature
//! and Casimir operator, see `catalogue`.

use nalgebra::{DMatrix, DVector};

use super::catalogue::{Classical, matching};
use super::structure::Structure;
use super::subspace::{sorted_eigen, split};

/// Relative residual of `C² = cC` up to which a Casimir operator is said to have the only value `c`.
const CASIMIR: f64 = 0.12;
/// Largest dimension that is split (the centroid is a null space in `k²` unknowns).
const LARGEST: usize = 24;

/// A semisimple algebra with the matrices it acts by.
pub(super) struct Semisimple {
    pub(super) structure: Structure,
    pub(super) matrices: Vec<DMatrix<f64>>,
    tolerance: f64,
}

/// A recognised part.
pub(super) struct Named {
    pub(super) name: String,
    /// The defining dimension, where the algebra acts by its defining representation.
    pub(super) size: Option<usize>,
}

impl Semisimple {
    pub(super) fn new(structure: Structure, matrices: Vec<DMatrix<f64>>, tolerance: f64) -> Self {
        Self { structure, matrices, tolerance }
    }

    /// The names of the parts: one for an algebra in the catalogue, else one for each simple ideal.
    pub(super) fn names(&self) -> Vec<Named> {
        if let Some(classical) = self.acting() {
            return vec![Named { name: classical.name, size: Some(classical.size) }];
        }
        let ideals = self.ideals();
        if ideals.len() > 1 {
            return ideals.iter().flat_map(|ideal| ideal.names()).collect();
        }
        let [positive, negative, zero] = self.structure.killing_signature(self.tolerance);
        let name = matching([positive, negative]).into_iter().find(|algebra| algebra.simple).map_or_else(
            || format!("simple of dim {}, Killing ({positive},{negative},{zero})", self.matrices.len()),
            |a| a.name,
        );
        vec![Named { name, size: None }]
    }

    /// The algebra of the catalogue whose defining representation this is, possibly several times and next to
    /// directions left alone.
    fn acting(&self) -> Option<Classical> {
        let [positive, negative, zero] = self.structure.killing_signature(self.tolerance);
        if zero > 0 {
            return None;
        }
        let casimir = self.casimir()?;
        let square = &casimir * &casimir;
        let residual = |value: f64| (&square - &casimir * value).norm() / (value * casimir.norm());
        matching([positive, negative])
            .into_iter()
            .filter(|algebra| residual(algebra.casimir) < CASIMIR)
            .min_by(|a, b| residual(a.casimir).total_cmp(&residual(b.casimir)))
    }

    /// `Σ κ^ij e_i e_j`, `[n, n]`.
    fn casimir(&self) -> Option<DMatrix<f64>> {
        let inverse = self.structure.killing().try_inverse()?;
        let n = self.matrices.first()?.nrows();
        let mut casimir = DMatrix::zeros(n, n);
        for (i, a) in self.matrices.iter().enumerate() {
            for (j, b) in self.matrices.iter().enumerate() {
                casimir += a * b * inverse[(i, j)];
            }
        }
        Some(casimir)
    }

    /// The simple ideals; the algebra itself where it does not split.
    fn ideals(&self) -> Vec<Self> {
        let k = self.structure.dimension();
        if k > LARGEST {
            return Vec::new();
        }
        self.eigenspaces().iter().map(|space| self.part(space)).collect()
    }

    fn part(&self, space: &DMatrix<f64>) -> Self {
        let matrices = combine(&self.matrices, space);
        Self::new(self.structure.restrict(space), matrices, self.tolerance)
    }

    /// Eigenspaces of the centroid, as orthonormal columns `[k, d]`.
    fn eigenspaces(&self) -> Vec<DMatrix<f64>> {
        let k = self.structure.dimension();
        let identity = DMatrix::<f64>::identity(k, k);
        // Two elements in general position generate a semisimple algebra, so commuting with both is enough; a
        // few more make it robust.
        let gram = (0..4).fold(DMatrix::zeros(k * k, k * k), |sum, seed| {
            let ad = self.structure.adjoint(&generic(k, seed));
            let map = identity.kronecker(&ad) - ad.transpose().kronecker(&identity);
            sum + map.tr_mul(&map)
        });
        let cut = self.tolerance * 2.0 * self.structure.scale().sqrt();
        let centroid = split(&gram, cut).null;
        (0..8)
            .map(|seed| {
                let flat = &centroid * generic(centroid.ncols(), 100 + seed);
                clusters(&DMatrix::from_column_slice(k, k, flat.as_slice()))
            })
            .max_by(|a, b| a.0.total_cmp(&b.0))
            .map(|(_, spaces)| spaces)
            .unwrap_or_default()
    }
}

/// Combinations `Σ_i space[(i, a)] matrices[i]` for each column `a`.
pub(super) fn combine(matrices: &[DMatrix<f64>], space: &DMatrix<f64>) -> Vec<DMatrix<f64>> {
    let Some(first) = matrices.first() else {
        return Vec::new();
    };
    space
        .column_iter()
        .map(|column| {
            let zero = DMatrix::zeros(first.nrows(), first.ncols());
            matrices.iter().zip(column.iter()).fold(zero, |sum, (m, &c)| sum + m * c)
        })
        .collect()
}

/// A fixed vector in general position.
fn generic(k: usize, seed: usize) -> DVector<f64> {
    DVector::from_fn(k, |i, _| {
        let phase = ((i + 1) as f64 * 0.618_033_988_75 + (seed + 1) as f64 * 0.414_213_562_37).fract();
        (std::f64::consts::TAU * phase * (1.0 + seed as f64 * 0.1)).sin()
            + 0.3 * (i as f64 + seed as f64).cos()
    })
}

/// Invariant subspaces of `map` (`[k, k]`) for its clusters of eigenvalues by real part, with the clarity of
/// the clustering: the smallest gap between clusters over the widest cluster.
fn clusters(map: &DMatrix<f64>) -> (f64, Vec<DMatrix<f64>>) {
    let k = map.nrows();
    let mut values: Vec<[f64; 2]> =
        super::one_generator::eigenvalues(map).iter().map(|z| [z.re, z.im.abs()]).collect();
    values.sort_by(|a, b| a[0].total_cmp(&b[0]));
    let (Some(first), Some(last)) = (values.first(), values.last()) else {
        return (0.0, Vec::new());
    };
    let extent = last[0] - first[0];
    let size = values.iter().flatten().fold(0.0_f64, |m, v| m.max(v.abs()));
    if extent <= 0.1 * size {
        return (0.0, vec![DMatrix::identity(k, k)]);
    }
    let mut groups: Vec<Vec<[f64; 2]>> = Vec::new();
    for value in values {
        match groups.last_mut() {
            Some(group) if value[0] - group[group.len() - 1][0] < 0.1 * extent => group.push(value),
            _ => groups.push(vec![value]),
        }
    }
    let width = groups.iter().map(|g| g[g.len() - 1][0] - g[0][0]).fold(0.0, f64::max);
    let gap = groups.windows(2).map(|w| w[1][0][0] - w[0][w[0].len() - 1][0]).fold(f64::INFINITY, f64::min);
    let factors: Vec<DMatrix<f64>> = groups.iter().map(|group| annihilator(map, group)).collect();
    let spaces = (0..groups.len())
        .map(|own| {
            let others = factors.iter().enumerate().filter(|(other, _)| *other != own);
            let image = others.fold(DMatrix::identity(k, k), |product, (_, factor)| product * factor);
            let (_, vectors) = sorted_eigen(&(&image * image.transpose()));
            vectors.columns(0, groups[own].len()).into()
        })
        .collect();
    (gap / (width + 1e-3 * extent), spaces)
}

/// `(map − a)² + b²` for the mean eigenvalue `a ± ib` of a cluster: zero on the cluster's eigenspace.
fn annihilator(map: &DMatrix<f64>, group: &[[f64; 2]]) -> DMatrix<f64> {
    let k = map.nrows();
    let mean = |part: usize| group.iter().map(|v| v[part]).sum::<f64>() / group.len() as f64;
    let shifted = map - DMatrix::identity(k, k) * mean(0);
    &shifted * &shifted + DMatrix::identity(k, k) * mean(1).powi(2)
}
