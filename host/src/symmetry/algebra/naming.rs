//! From structure and action to a name.
//!
//! The algebra is taken apart until every piece is known: semisimple ideals that commute with the radical are
//! split off and recognised (`ideals`), then central factors, then Heisenberg algebras, then an abelian ideal
//! on which the rest acts faithfully, which is named as an algebra of matrices in its own right (so(3) acting
//! on R³ makes se(3)). No step looks at a basis, so the name does not depend on one.

use nalgebra::DMatrix;

use super::LieAlgebra;
use super::bracket::flatten;
use super::ideals::{Named, Semisimple, combine};
use super::one_generator::{OneGenerator, classify};
use super::structure::Structure;
use super::subspace::{self, complement, difference, sorted_eigen, split};

/// Sine of the angle below which a central direction lies in the derived algebra.
const CONTAINED: f64 = 0.25;

pub(super) fn name(algebra: &LieAlgebra) -> String {
    if !algebra.is_closed() {
        return format!("not closed ({:.2})", algebra.closure());
    }
    match algebra.closed_basis() {
        [] => "trivial".to_owned(),
        [only] => classify(only).algebra_name().to_owned(),
        matrices => {
            let reader = Reader { tolerance: algebra.tolerance };
            let summands = reader.summands(algebra.structure(), matrices);
            summands.unwrap_or_else(|| vec![describe(algebra)]).join(" ⊕ ")
        }
    }
}

fn describe(algebra: &LieAlgebra) -> String {
    let [positive, negative, zero] = algebra.killing_signature(algebra.tolerance);
    format!("dim {}, Killing ({positive},{negative},{zero})", algebra.dimension())
}

struct Reader {
    tolerance: f64,
}

impl Reader {
    /// The names of the direct summands, `None` where a part has no name.
    fn summands(&self, structure: &Structure, matrices: &[DMatrix<f64>]) -> Option<Vec<String>> {
        if structure.dimension() == 0 {
            return Some(Vec::new());
        }
        if self.is_abelian(structure) {
            return Some(abelian(matrices, self.tolerance));
        }
        let radical = structure.radical(self.tolerance);
        let commuting = structure.centralizer(&radical, self.tolerance);
        let semisimple = structure.product(&commuting, &commuting, self.tolerance);
        if semisimple.ncols() > 0 {
            return self.reductive(structure, matrices, &semisimple);
        }
        let derived = structure.derived(self.tolerance);
        let center = structure.center(self.tolerance);
        let free = free_center(&center, &derived);
        if free.ncols() > 0 {
            let filled = subspace::sum(&derived, &free);
            let rest = subspace::sum(&derived, &complement(&filled));
            if rest.ncols() + free.ncols() != structure.dimension() {
                return None;
            }
            let mut names = self.summands(&structure.restrict(&rest), &combine(matrices, &rest))?;
            names.extend(abelian(&combine(matrices, &free), self.tolerance));
            return Some(names);
        }
        if derived.ncols() == 1 && center.ncols() == 1 {
            let k = structure.dimension();
            return Some(vec![if k == 3 { "heisenberg".to_owned() } else { format!("heisenberg({k})") }]);
        }
        self.semidirect(structure, &radical).map(|name| vec![name])
    }

    fn is_abelian(&self, structure: &Structure) -> bool {
        structure.scale().sqrt() < super::COMMUTING / 3.0
    }

    /// A semisimple ideal that commutes with the radical, next to its centralizer.
    fn reductive(
        &self,
        structure: &Structure,
        matrices: &[DMatrix<f64>],
        semisimple: &DMatrix<f64>,
    ) -> Option<Vec<String>> {
        let part = structure.restrict(semisimple);
        let mut parts = Semisimple::new(part, combine(matrices, semisimple), self.tolerance).names();
        let rest = structure.centralizer(semisimple, self.tolerance);
        // Noise can blur both ranks; only a true direct sum may be taken apart.
        if rest.ncols() + semisimple.ncols() != structure.dimension() {
            return None;
        }
        let rest_matrices = combine(matrices, &rest);
        if let ([only], [central]) = (parts.as_slice(), rest_matrices.as_slice())
            && let Some(joined) = joined(only, central)
        {
            return Some(vec![joined]);
        }
        parts.sort_by(|a, b| a.name.cmp(&b.name));
        let mut names: Vec<String> = parts.into_iter().map(|part| part.name).collect();
        names.extend(self.summands(&structure.restrict(&rest), &rest_matrices)?);
        Some(names)
    }

    /// An abelian ideal with the rest acting on it faithfully.
    fn semidirect(&self, structure: &Structure, radical: &DMatrix<f64>) -> Option<String> {
        let ideal = structure.product(&structure.whole(), radical, self.tolerance);
        let (k, m) = (structure.dimension(), ideal.ncols());
        if m == 0 || m == k || !self.is_abelian(&structure.restrict(&ideal)) {
            return None;
        }
        let actions: Vec<DMatrix<f64>> = complement(&ideal)
            .column_iter()
            .map(|x| ideal.transpose() * structure.adjoint(&x.into_owned()) * &ideal)
            .collect();
        let flat: Vec<_> = actions.iter().map(flatten).collect();
        let stacked = DMatrix::from_columns(&flat);
        let faithful =
            split(&stacked.tr_mul(&stacked), self.tolerance * structure.scale().sqrt()).range.ncols();
        if faithful < k - m {
            return None;
        }
        let acting = LieAlgebra::with_tolerance(&actions, self.tolerance).ok()?;
        if acting.dimension() < k - m || !acting.is_closed() {
            return None;
        }
        Some(semidirect_name(&acting.name(), m))
    }
}

/// Directions of the center outside the derived algebra: they split off as direct summands.
fn free_center(center: &DMatrix<f64>, derived: &DMatrix<f64>) -> DMatrix<f64> {
    let outside = center - derived * derived.tr_mul(center);
    let contained = center * split(&outside.tr_mul(&outside), CONTAINED).null;
    difference(center, &contained)
}

/// gl(n,R) = sl(n,R) ⊕ R where R scales the space that sl(n,R) acts on, u(n) = su(n) ⊕ so(2).
fn joined(simple: &Named, central: &DMatrix<f64>) -> Option<String> {
    let size = simple.size?;
    match classify(central) {
        OneGenerator::Elliptic => simple.name.strip_prefix("su(").map(|rest| format!("u({rest}")),
        OneGenerator::Scaling => {
            let scaled = central.trace().powi(2) / (central * central).trace();
            let inner = simple.name.strip_prefix("sl(").filter(|rest| rest.ends_with(",R)"))?;
            ((scaled - size as f64).abs() < 0.5).then(|| format!("gl({inner}"))
        }
        _ => None,
    }
}

/// Summands of an abelian algebra: `so(2)` for each independent rotation, then one `R^d`.
fn abelian(matrices: &[DMatrix<f64>], tolerance: f64) -> Vec<String> {
    if let [only] = matrices {
        let kind = classify(only);
        return vec![if kind == OneGenerator::Elliptic { "so(2)".to_owned() } else { "R".to_owned() }];
    }
    // tr(x²) is the sum of the squared eigenvalues: negative on rotations.
    let k = matrices.len();
    let form = DMatrix::from_fn(k, k, |i, j| (&matrices[i] * &matrices[j]).trace());
    let (values, vectors) = sorted_eigen(&form);
    let negative: Vec<usize> = (0..k).filter(|&i| values[i] < -tolerance).collect();
    let rotations = combine(matrices, &vectors.select_columns(negative.iter()))
        .iter()
        .filter(|m| classify(m) == OneGenerator::Elliptic)
        .count();
    let mut names = vec!["so(2)".to_owned(); rotations];
    match k - rotations {
        0 => {}
        1 => names.push("R".to_owned()),
        d => names.push(format!("R^{d}")),
    }
    names
}

/// The name of `acting ⋉ R^m`, where the algebra of this name acts on `R^m` faithfully.
fn semidirect_name(acting: &str, m: usize) -> String {
    let short = acting.split(" (").next().unwrap_or(acting);
    if acting == "R (scaling)" && m == 1 {
        return "aff(1)".to_owned();
    }
    if acting == format!("so({m})") {
        return format!("se({m})");
    }
    if acting == format!("so({m}) ⊕ R") {
        return format!("sim({m})");
    }
    if acting == format!("gl({m},R)") {
        return format!("aff({m})");
    }
    if let Some((p, q)) =
        acting.strip_prefix("so(").and_then(|r| r.strip_suffix(')')).and_then(|r| r.split_once(','))
        && p.parse::<usize>().ok().zip(q.parse::<usize>().ok()).is_some_and(|(p, q)| p + q == m)
    {
        return format!("iso({p},{q})");
    }
    let space = if m == 1 { "R".to_owned() } else { format!("R^{m}") };
    if short.contains('⊕') || short.contains('⋉') {
        format!("({short}) ⋉ {space}")
    } else {
        format!("{short} ⋉ {space}")
    }
}
