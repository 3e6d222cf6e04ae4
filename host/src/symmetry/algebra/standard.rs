//! From a name to matrices: the classical algebras of `R^n` in their defining representations.
//!
//! The names are those of [`super::LieAlgebra::name`], so that what one run found can be given to the next, with two
//! exceptions: translations are asked for as `translations(m)` (`R^m` would say nothing of how it acts), and
//! neither shears nor spirals have a standard form. Coordinates are a convention: the negative directions of an
//! indefinite metric come first, the q's of phase space before its p's, and homogeneous coordinates end with
//! the constant 1.

use nalgebra::DMatrix;

use super::bracket;
use super::span;

type Matrices = Vec<DMatrix<f64>>;

/// Why a name gives no generators.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownAlgebra {
    /// No algebra of this name acts on `R^n` by its defining representation.
    #[error(
        "no algebra on R^{n} is called `{name}`; those known are {known}, and sums with ⊕ such as `{sum}`"
    )]
    Name {
        /// As found.
        name: String,
        /// Size of the matrices wanted.
        n: usize,
        /// The names that fit, listed with commas.
        known: String,
        /// A sum that fits.
        sum: String,
    },
    /// The summands share elements or do not commute.
    #[error("`{name}` is no direct sum on R^{n}: its parts overlap or do not commute")]
    NoSum {
        /// As found.
        name: String,
        /// Size of the matrices wanted.
        n: usize,
    },
}

/// What a name stands for on `R^n`.
#[derive(Clone, Copy)]
enum Family {
    /// Metric with so many -1, then +1.
    Orthogonal(usize),
    Special,
    General,
    Symplectic,
    Unitary,
    SpecialUnitary,
    Scaling,
    /// On `R^(n-1)`, in homogeneous coordinates.
    Translations,
    /// Translations and the isometries of a metric with so many -1.
    Isometries(usize),
    Similarities,
    Affine,
}

/// A basis of the algebra called `name` acting on `R^n`, matrices `[n, n]`.
///
/// | name | acts on | members L |
/// |---|---|---|
/// | `so(n)`, `so(p,q)` | `R^n`, n = p + q | `Lᵀη + ηL = 0`, η = diag(-1, ..(p).., +1, ..(q)..) |
/// | `sl(n,R)`, `gl(n,R)` | `R^n` | `tr L = 0`, all |
/// | `sp(n,R)` | `R^n`, n even, coordinates q.., p.. | `LᵀJ + JL = 0`, J = ((0, 1), (-1, 0)) |
/// | `u(m)`, `su(m)` | `R^2m`, coordinates q.., p.. of z = q + ip | antisymmetric and `[L, J] = 0`; su: `tr JL = 0` |
/// | `scaling`, `R (scaling)`, `R` | `R^n` | multiples of 1 |
/// | `translations(m)`, `se(m)`, `iso(p,q)`, `sim(m)`, `aff(m)` | `R^(m+1)`, the last coordinate 1 | last row 0; linear part 0, so(m), so(p,q), so(m) and scaling, all |
/// | `a ⊕ b`, `a + b` | the space on which a and b both act | of a plus of b |
///
/// Blanks do not matter, and `(n)` stands for `(n,R)`.
///
/// # Errors
/// [`UnknownAlgebra`]: no such name for this `n`, or a sum of algebras that do not commute.
pub fn standard(name: &str, n: usize) -> Result<Vec<DMatrix<f64>>, UnknownAlgebra> {
    let parts: Option<Vec<Matrices>> = name.split(['⊕', '+']).map(|part| single(part, n)).collect();
    let parts = parts.ok_or_else(|| unknown(name, n))?;
    let commute = parts.iter().enumerate().all(|(i, a)| {
        parts[..i].iter().flatten().all(|b| a.iter().all(|a| bracket::bracket(a, b).norm() == 0.0))
    });
    let all = parts.concat();
    if commute && span::orthonormal(&all, span::LEARNED).ncols() == all.len() {
        Ok(all)
    } else {
        Err(UnknownAlgebra::NoSum { name: name.to_owned(), n })
    }
}

fn single(name: &str, n: usize) -> Option<Matrices> {
    let bare: String = name.split_whitespace().collect();
    let wanted = match bare.as_str() {
        "R" | "R(scaling)" => "scaling".to_owned(),
        _ => bare,
    };
    let short = |known: &str| known.replace(",R)", ")");
    let (_, family) = names(n).into_iter().find(|(known, _)| *known == wanted || short(known) == wanted)?;
    Some(basis(family, n))
}

fn unknown(name: &str, n: usize) -> UnknownAlgebra {
    let known: Vec<String> = names(n).into_iter().map(|(name, _)| name).collect();
    let sum = format!("{} ⊕ R", known.first().map_or("R", String::as_str));
    UnknownAlgebra::Name { name: name.to_owned(), n, known: known.join(", "), sum }
}

/// All names for matrices of this size.
fn names(n: usize) -> Vec<(String, Family)> {
    let mut names = Vec::new();
    let mut add = |fits: bool, name: String, family: Family| {
        if fits {
            names.push((name, family));
        }
    };
    let (m, even) = (n.saturating_sub(1), n.is_multiple_of(2));
    add(n >= 2, format!("so({n})"), Family::Orthogonal(0));
    for p in 1..n {
        add(true, format!("so({p},{})", n - p), Family::Orthogonal(p));
    }
    add(n >= 2, format!("sl({n},R)"), Family::Special);
    add(n >= 1, format!("gl({n},R)"), Family::General);
    add(n >= 2 && even, format!("sp({n},R)"), Family::Symplectic);
    add(n >= 2 && even, format!("u({})", n / 2), Family::Unitary);
    add(n >= 4 && even, format!("su({})", n / 2), Family::SpecialUnitary);
    add(m >= 2, format!("se({m})"), Family::Isometries(0));
    for p in 1..m {
        add(true, format!("iso({p},{})", m - p), Family::Isometries(p));
    }
    add(m >= 2, format!("sim({m})"), Family::Similarities);
    add(m >= 1, format!("aff({m})"), Family::Affine);
    add(m >= 1, format!("translations({m})"), Family::Translations);
    add(n >= 1, "scaling".to_owned(), Family::Scaling);
    names
}

fn basis(family: Family, n: usize) -> Matrices {
    let affine = |linear: Matrices| {
        let padded = linear.into_iter().map(|matrix| matrix.resize(n, n, 0.0));
        padded.chain((0..n - 1).map(|i| unit(n, i, n - 1))).collect()
    };
    match family {
        Family::Orthogonal(p) => orthogonal(p, n),
        Family::Special => {
            let diagonal = (1..n).map(|i| unit(n, 0, 0) - unit(n, i, i));
            pairs(n).flat_map(|(i, j)| [unit(n, i, j), unit(n, j, i)]).chain(diagonal).collect()
        }
        Family::General => (0..n).flat_map(|i| (0..n).map(move |j| unit(n, i, j))).collect(),
        Family::Symplectic => symplectic(n),
        Family::Unitary => {
            let mut all = special_unitary(n);
            all.push(imaginary(&DMatrix::identity(n / 2, n / 2)));
            all
        }
        Family::SpecialUnitary => special_unitary(n),
        Family::Scaling => vec![DMatrix::identity(n, n)],
        Family::Translations => affine(Vec::new()),
        Family::Isometries(p) => affine(orthogonal(p, n - 1)),
        Family::Similarities => {
            let mut linear = orthogonal(0, n - 1);
            linear.push(DMatrix::identity(n - 1, n - 1));
            affine(linear)
        }
        Family::Affine => affine(basis(Family::General, n - 1)),
    }
}

/// The matrix of `R^n` whose only entry is a 1 at `(i, j)`.
fn unit(n: usize, i: usize, j: usize) -> DMatrix<f64> {
    DMatrix::from_fn(n, n, |row, column| if (row, column) == (i, j) { 1.0 } else { 0.0 })
}

/// All `(i, j)` with `i < j < n`.
fn pairs(n: usize) -> impl Iterator<Item = (usize, usize)> {
    (0..n).flat_map(move |i| (i + 1..n).map(move |j| (i, j)))
}

/// Rotations from axis i to axis j, boosts where the metric's signs differ.
fn orthogonal(p: usize, n: usize) -> Matrices {
    let metric = |i: usize| if i < p { -1.0 } else { 1.0 };
    pairs(n).map(|(i, j)| unit(n, j, i) - unit(n, i, j) * (metric(i) * metric(j))).collect()
}

/// `((A, B), (C, -Aᵀ))` with symmetric B and C.
fn symplectic(n: usize) -> Matrices {
    let m = n / 2;
    let mut all = Vec::new();
    for (i, j) in (0..m).flat_map(|i| (0..m).map(move |j| (i, j))) {
        all.push(unit(n, i, j) - unit(n, m + j, m + i));
        if i == j {
            all.extend([unit(n, i, m + i), unit(n, m + i, i)]);
        } else if i < j {
            all.push(unit(n, i, m + j) + unit(n, j, m + i));
            all.push(unit(n, m + i, j) + unit(n, m + j, i));
        }
    }
    all
}

/// Skew-Hermitian `A + iS` without trace, A antisymmetric and S symmetric.
fn special_unitary(n: usize) -> Matrices {
    let m = n / 2;
    let mut all = Vec::new();
    for (i, j) in pairs(m) {
        let real = unit(m, j, i) - unit(m, i, j);
        let mut both = DMatrix::zeros(n, n);
        both.view_mut((0, 0), (m, m)).copy_from(&real);
        both.view_mut((m, m), (m, m)).copy_from(&real);
        all.push(both);
        all.push(imaginary(&(unit(m, i, j) + unit(m, j, i))));
    }
    all.extend((1..m).map(|i| imaginary(&(unit(m, 0, 0) - unit(m, i, i)))));
    all
}

/// `iS` on real and imaginary parts: `((0, -S), (S, 0))`.
fn imaginary(symmetric: &DMatrix<f64>) -> DMatrix<f64> {
    let m = symmetric.nrows();
    let mut all = DMatrix::zeros(2 * m, 2 * m);
    all.view_mut((m, 0), (m, m)).copy_from(symmetric);
    all.view_mut((0, m), (m, m)).copy_from(&-symmetric);
    all
}
