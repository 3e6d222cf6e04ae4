use super::{IdentityComponent, Kind, Representative};
use crate::symmetry::algebra::{Components, TOLERANCE, group_name, invariant_forms};
use nalgebra::DMatrix;

/// The group of the algebra called `algebra` (`None`: no generators) with the `accepted` elements: SO(3) or O(3), SE(2)
/// or E(2), SO(1,3) or O⁺(1,3), S_4, Z2.
pub fn group_of(
    algebra: Option<&str>,
    identity: &IdentityComponent,
    n: usize,
    accepted: &[&Representative],
) -> String {
    let Some(algebra) = algebra else {
        return finite(n, accepted);
    };
    if let Some(name) = indefinite(algebra, identity.basis(), accepted) {
        return name;
    }
    let support = support(identity.basis(), n);
    let on_support =
        |element: &Representative| (support.transpose() * &element.matrix * &support).determinant();
    // An element that is trivial or a rotation where the group acts is a factor beside it.
    let reflects = accepted.iter().any(|element| on_support(element) < 0.0);
    let beside = accepted.iter().any(|element| on_support(element) > 0.0);
    let components = if reflects { Components::WithReflection } else { Components::Connected };
    let name = group_name(algebra, components);
    if beside { format!("{name} × Z2") } else { name }
}

/// Orthonormal columns `[n, d]` that span what the generators move, the sum of their ranges.
fn support(basis: &[DMatrix<f64>], n: usize) -> DMatrix<f64> {
    let gram = basis.iter().fold(DMatrix::zeros(n, n), |sum, l| sum + l * l.transpose());
    let eigen = gram.symmetric_eigen();
    let smallest = TOLERANCE * TOLERANCE * eigen.eigenvalues.max();
    let moved: Vec<usize> = (0..n).filter(|&i| eigen.eigenvalues[i] > smallest).collect();
    eigen.eigenvectors.select_columns(&moved)
}

/// so(p,q) has up to four components, told by whether an element turns the positive and the negative directions of
/// the form over.
fn indefinite(algebra: &str, basis: &[DMatrix<f64>], accepted: &[&Representative]) -> Option<String> {
    let arguments = algebra.strip_prefix("so(")?.strip_suffix(')')?;
    arguments.contains(',').then_some(())?;
    let forms = invariant_forms(basis, TOLERANCE);
    let (p, _) = forms.metric_signature()?;
    let eigen = forms.symmetric.first()?.clone().symmetric_eigen();
    let block = |positive: bool| {
        let columns: Vec<usize> =
            (0..eigen.eigenvalues.len()).filter(|&i| (eigen.eigenvalues[i] > 0.0) == positive).collect();
        eigen.eigenvectors.select_columns(&columns)
    };
    // Either sign of the form is invariant: the smaller block comes first, as in so(1,3).
    let mut blocks = [block(true), block(false)];
    blocks.sort_by_key(DMatrix::ncols);
    let mut classes: Vec<[bool; 2]> = accepted
        .iter()
        .map(|element| {
            blocks.each_ref().map(|block| (block.transpose() * &element.matrix * block).determinant() < 0.0)
        })
        .filter(|class| *class != [false, false])
        .collect();
    classes.dedup();
    Some(match classes.as_slice() {
        [] => format!("SO⁺({arguments})"),
        [[true, true]] => format!("SO({arguments})"),
        [[false, true]] if p == 1 => format!("O⁺({arguments})"),
        [_] => format!("SO⁺({arguments}) ⋊ Z2"),
        _ => format!("O({arguments})"),
    })
}

/// The group that signed permutations generate: a symmetric group for each run of exchanged coordinates, with signs
/// where one of its coordinates is reflected, and Z2 for what remains.
fn finite(n: usize, accepted: &[&Representative]) -> String {
    let has = |kind: Kind| accepted.iter().any(|element| element.kind == kind);
    let mut factors = Vec::new();
    let (mut signs, mut reflected) = (0, 0);
    let mut start = 0;
    while start < n {
        let mut end = start + 1;
        while end < n && has(Kind::Exchange(end - 1)) {
            end += 1;
        }
        let size = end - start;
        let any = (start..end).any(|i| has(Kind::Reflection(i)));
        reflected += if any { size } else { 0 };
        match (size, any) {
            (1, false) => {}
            (1, true) => signs += 1,
            (_, false) => factors.push(format!("S_{size}")),
            (_, true) => factors.push(format!("Z2^{size} ⋊ S_{size}")),
        }
        start = end;
    }
    if has(Kind::Inversion) && reflected < n {
        signs += 1;
    }
    match signs {
        0 => {}
        1 => factors.push("Z2".into()),
        _ => factors.push(format!("Z2^{signs}")),
    }
    if factors.is_empty() { "trivial".into() } else { factors.join(" × ") }
}
