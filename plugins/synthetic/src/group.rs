//! Matrices that act: generators of the algebras, and random elements of their groups.

use nalgebra::DMatrix;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use rand_distr::{Distribution, StandardNormal};
use semola_plugin_api::Reference;

/// A square matrix.
pub(crate) type Matrix = DMatrix<f64>;

/// A standard normal number.
pub(crate) fn normal(random: &mut ChaCha8Rng) -> f64 {
    StandardNormal.sample(random)
}

/// `count` standard normal numbers.
pub(crate) fn normals(count: usize, random: &mut ChaCha8Rng) -> Vec<f64> {
    (0..count).map(|_| normal(random)).collect()
}

/// A number drawn uniformly from `[-limit, limit)`.
pub(crate) fn uniform(limit: f64, random: &mut ChaCha8Rng) -> f64 {
    (2.0 * random.random::<f64>() - 1.0) * limit
}

/// Moves each of the vectors that lie one after the other.
pub(crate) fn moved(g: &Matrix, vectors: &[f64]) -> Vec<f64> {
    let n = g.nrows();
    (g * Matrix::from_column_slice(n, vectors.len() / n, vectors)).as_slice().to_vec()
}

/// `Σᵢ mᵢ aᵢ bᵢ` for a diagonal metric m.
pub(crate) fn product(metric: &[f64], a: &[f64], b: &[f64]) -> f64 {
    metric.iter().zip(a).zip(b).map(|((m, a), b)| m * a * b).sum()
}

/// `a · b`.
pub(crate) fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(a, b)| a * b).sum()
}

/// `|a|`.
pub(crate) fn norm(a: &[f64]) -> f64 {
    dot(a, a).sqrt()
}

/// The plane's rotation by `angle` radians.
pub(crate) fn plane(angle: f64) -> Matrix {
    let (sin, cos) = angle.sin_cos();
    Matrix::from_row_slice(2, 2, &[cos, -sin, sin, cos])
}

/// A rotation drawn uniformly from SO(n).
pub(crate) fn rotation(n: usize, random: &mut ChaCha8Rng) -> Matrix {
    // Q of a Gaussian matrix is uniform on O(n) once the signs of R's diagonal are moved into it.
    let (mut q, r) = Matrix::from_vec(n, n, normals(n * n, random)).qr().unpack();
    for (i, mut column) in q.column_iter_mut().enumerate() {
        column *= r[(i, i)].signum();
    }
    if q.determinant() < 0.0 {
        q.column_mut(0).neg_mut();
    }
    q
}

/// Places `(row, column)` of the upper triangle, row by row, with or without the diagonal.
pub(crate) fn triangle(n: usize, diagonal: bool) -> impl Iterator<Item = (usize, usize)> {
    (0..n).flat_map(move |row| (row + usize::from(!diagonal)..n).map(move |column| (row, column)))
}

/// A random permutation matrix.
pub(crate) fn permutation(n: usize, random: &mut ChaCha8Rng) -> Matrix {
    let mut order: Vec<usize> = (0..n).collect();
    for i in (1..n).rev() {
        order.swap(i, random.random_range(0..=i));
    }
    Matrix::from_fn(n, n, |row, column| if order[row] == column { 1.0 } else { 0.0 })
}

/// `exp(Σ uᵢ Lᵢ)` with normal coefficients of this spread.
pub(crate) fn exponential(generators: &[Matrix], spread: f64, random: &mut ChaCha8Rng) -> Matrix {
    let n = generators[0].nrows();
    let sum = generators.iter().fold(Matrix::zeros(n, n), |sum, l| sum + l * (spread * normal(random)));
    sum.exp()
}

/// so(p,q) for a diagonal metric of entries ±1: the `L` with `Lᵀ η + η L = 0`.
pub(crate) fn orthogonal(metric: &[f64]) -> Vec<Matrix> {
    let n = metric.len();
    let mut generators = Vec::new();
    for i in 0..n {
        for j in i + 1..n {
            let mut generator = Matrix::zeros(n, n);
            generator[(i, j)] = -metric[j];
            generator[(j, i)] = metric[i];
            generators.push(generator);
        }
    }
    generators
}

/// sl(n,R), the matrices of trace zero.
pub(crate) fn traceless(n: usize) -> Vec<Matrix> {
    let diagonal = (1..n).map(|i| sparse(n, &[(0, 0, 1.0), (i, i, -1.0)]));
    let places = (0..n).flat_map(|row| (0..n).map(move |column| (row, column)));
    let others = places.filter(|(row, column)| row != column);
    diagonal.chain(others.map(|(row, column)| sparse(n, &[(row, column, 1.0)]))).collect()
}

/// Rotations of R^n that leave the first axis where it is.
pub(crate) fn rotations_about_the_first_axis(n: usize) -> Vec<Matrix> {
    orthogonal(&vec![1.0; n]).into_iter().filter(|generator| generator.column(0).amax() == 0.0).collect()
}

/// Rotation and translations of the plane in homogeneous coordinates.
pub(crate) fn euclidean_plane() -> Vec<Matrix> {
    let entries: [&[(usize, usize, f64)]; 3] = [&[(0, 1, -1.0), (1, 0, 1.0)], &[(0, 2, 1.0)], &[(1, 2, 1.0)]];
    entries.iter().map(|entries| sparse(3, entries)).collect()
}

/// u(2) on `(q₁, q₂, p₁, p₂)` with `zₖ = qₖ + i pₖ`: `[[A, −B], [B, A]]`, A antisymmetric, B symmetric.
pub(crate) fn unitary() -> Vec<Matrix> {
    let entries: [&[(usize, usize, f64)]; 4] = [
        &[(0, 2, -1.0), (2, 0, 1.0)],
        &[(1, 3, -1.0), (3, 1, 1.0)],
        &[(0, 3, -1.0), (1, 2, -1.0), (2, 1, 1.0), (3, 0, 1.0)],
        &[(0, 1, -1.0), (1, 0, 1.0), (2, 3, -1.0), (3, 2, 1.0)],
    ];
    entries.iter().map(|entries| sparse(4, entries)).collect()
}

fn sparse(n: usize, entries: &[(usize, usize, f64)]) -> Matrix {
    let mut matrix = Matrix::zeros(n, n);
    for &(row, column, value) in entries {
        matrix[(row, column)] = value;
    }
    matrix
}

/// Generators under a name, as the host reads them.
pub(crate) fn reference(name: impl Into<String>, generators: &[Matrix]) -> Reference {
    let rows = |matrix: &Matrix| matrix.row_iter().map(|row| row.iter().copied().collect()).collect();
    Reference { name: name.into(), generators: generators.iter().map(rows).collect() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;

    #[test]
    fn rotations_are_orthogonal_and_centred() {
        let random = &mut ChaCha8Rng::seed_from_u64(1);
        let mut mean = Matrix::zeros(3, 3);
        for _ in 0..4000 {
            let g = rotation(3, random);
            assert!((g.transpose() * &g - Matrix::identity(3, 3)).norm() < 1e-12);
            assert!((g.determinant() - 1.0).abs() < 1e-12);
            mean += g / 4000.0;
        }
        // Entries of a uniform rotation have mean 0 and variance 1/3: five standard errors.
        assert!(mean.amax() < 5.0 * (1.0_f64 / 3.0 / 4000.0).sqrt(), "{mean}");
    }

    #[test]
    fn generators_preserve_what_defines_their_algebra() {
        let metric = [1.0, -1.0, -1.0, -1.0];
        let eta = Matrix::from_diagonal(&nalgebra::DVector::from_row_slice(&metric));
        for l in orthogonal(&metric) {
            assert_eq!((l.transpose() * &eta + &eta * l).amax(), 0.0);
        }
        let symplectic = sparse(4, &[(0, 2, 1.0), (1, 3, 1.0), (2, 0, -1.0), (3, 1, -1.0)]);
        for l in unitary() {
            assert_eq!((l.transpose() + &l).amax(), 0.0);
            assert_eq!((l.transpose() * &symplectic + &symplectic * l).amax(), 0.0);
        }
        assert_eq!(traceless(3).len(), 8);
        assert!(traceless(3).iter().all(|l| l.trace() == 0.0));
        let about = rotations_about_the_first_axis(3);
        assert_eq!(about.len(), 1);
        assert_eq!(about[0].row(0).amax(), 0.0);
        assert!(euclidean_plane().iter().all(|l| l.row(2).amax() == 0.0));
    }

    #[test]
    fn permutations_reach_every_order() {
        let random = &mut ChaCha8Rng::seed_from_u64(2);
        let mut seen = std::collections::HashSet::new();
        for _ in 0..200 {
            let order = moved(&permutation(3, random), &[0.0, 1.0, 2.0]);
            seen.insert(order.iter().map(|&place| place as usize).collect::<Vec<_>>());
        }
        assert_eq!(seen.len(), 6);
    }
}
