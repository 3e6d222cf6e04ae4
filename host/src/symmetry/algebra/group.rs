//! Names of groups from names of algebras and what is known of the other components.
//!
//! An algebra fixes the identity component up to coverings; the group named is the usual matrix group with
//! that algebra. Reflections are found by a search on held-out data elsewhere, and only named here.

/// What is known beyond the identity component.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Components {
    /// No element outside the identity component was accepted.
    Connected,
    /// An orientation-reversing element was accepted.
    WithReflection,
}

/// The group with the algebra called `algebra_name` (as made by `LieAlgebra::name`) and these `components`:
/// `so(3)` → `SO(3)` or, with reflections, `O(3)`; `se(2)` → `SE(2)` or `E(2)`; sums become products, `X ⋉ R^m`
/// the group of X with the translations; anything without a usual name becomes `exp(...)`, with `× Z2` where
/// reflections were found. One reflection is taken for all of them: which of the four components of O(p,q) are there
/// is not told apart here.
pub fn group_name(algebra_name: &str, components: Components) -> String {
    let reflected = components == Components::WithReflection;
    match (product(algebra_name, reflected), reflected) {
        (Some(name), _) => name,
        (None, true) => format!("exp({algebra_name}) × Z2"),
        (None, false) => format!("exp({algebra_name})"),
    }
}

/// The product of the groups of the summands; a reflection acts on the space of the first, where the semisimple ones
/// stand.
fn product(algebra: &str, reflected: bool) -> Option<String> {
    let parts = summands(algebra);
    let single_part = parts.len() == 1;
    let factor = |(index, part): (usize, &&str)| {
        let name = semidirect(part, reflected && index == 0)?;
        Some(if single_part { name } else { bracketed(name) })
    };
    Some(parts.iter().enumerate().map(factor).collect::<Option<Vec<_>>>()?.join(" × "))
}

/// The parts between those " ⊕ " that stand outside all parentheses.
fn summands(algebra: &str) -> Vec<&str> {
    let depth = |end: usize| {
        let count = |c: char| algebra[..end].matches(c).count();
        count('(').saturating_sub(count(')'))
    };
    let mut parts = Vec::new();
    let mut start = 0;
    for (place, sign) in algebra.match_indices(" ⊕ ").filter(|(place, _)| depth(*place) == 0) {
        parts.push(&algebra[start..place]);
        start = place + sign.len();
    }
    parts.push(&algebra[start..]);
    parts
}

/// In parentheses if it is a product itself.
fn bracketed(name: String) -> String {
    if [" × ", " ⋊ ", " ⋉ "].iter().any(|sign| name.contains(sign)) { format!("({name})") } else { name }
}

/// A group that acts on translations, or one that is not composed.
fn semidirect(algebra: &str, reflected: bool) -> Option<String> {
    let Some((acting, space)) = algebra.rsplit_once(" ⋉ ") else {
        return single(algebra, reflected);
    };
    let acting = acting.strip_prefix('(').and_then(|inner| inner.strip_suffix(')')).unwrap_or(acting);
    Some(format!("{} ⋉ {space}", bracketed(product(acting, reflected)?)))
}

/// The group of an algebra that is not composed.
fn single(algebra: &str, reflected: bool) -> Option<String> {
    if algebra == "trivial" {
        return Some(if reflected { "Z2" } else { "trivial" }.to_owned());
    }
    if algebra == "R" || algebra.starts_with("R (") || algebra.starts_with("R^") {
        // Scalings multiply; shears, translations and spirals add.
        let line = if algebra.ends_with("scaling)") {
            algebra.replacen("R (", "R₊ (", 1)
        } else {
            algebra.to_owned()
        };
        return Some(if reflected { format!("{line} × Z2") } else { line });
    }
    if algebra.starts_with("heisenberg") {
        let name = algebra.replacen("heisenberg", "Heisenberg", 1);
        return Some(if reflected { format!("{name} ⋊ Z2") } else { name });
    }
    let (family, rest) = algebra.split_once('(')?;
    let arguments = rest.strip_suffix(')').filter(|a| !a.contains('('))?;
    let indefinite = arguments.split(',').all(|a| a.parse::<usize>().is_ok()) && arguments.contains(',');
    // The connected group; then the group with reflections, where that has a name of its own, or how they join it.
    let (connected, full) = match family {
        "so" if indefinite => ("SO⁺", Ok("O")),
        "so" => ("SO", Ok("O")),
        "se" => ("SE", Ok("E")),
        "iso" => ("ISO⁺", Ok("IO")),
        "sl" if arguments.ends_with(",C") => ("SL", Err("⋊")),
        "sl" => ("SL", Ok("SL±")),
        "gl" => ("GL⁺", Ok("GL")),
        "aff" => ("Aff⁺", Ok("Aff")),
        "sim" => ("Sim⁺", Ok("Sim")),
        "su" => ("SU", Err("⋊")),
        "u" => ("U", Err("⋊")),
        "sp" => ("Sp", Ok("Sp±")),
        // It has no outer automorphism: a reflection can be chosen to commute with it.
        "usp" => ("USp", Err("×")),
        _ => return None,
    };
    Some(match full {
        _ if !reflected => format!("{connected}({arguments})"),
        Ok(full) => format!("{full}({arguments})"),
        Err(sign) => format!("{connected}({arguments}) {sign} Z2"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn composed_algebras_keep_their_structure() {
        let cases = [
            ("sl(2,R) ⋉ R^2", "SL(2,R) ⋉ R^2", "SL±(2,R) ⋉ R^2"),
            ("R ⋉ R^2", "R ⋉ R^2", "(R × Z2) ⋉ R^2"),
            ("(so(3) ⊕ so(3)) ⋉ R^6", "(SO(3) × SO(3)) ⋉ R^6", "(O(3) × SO(3)) ⋉ R^6"),
            ("so(3) ⊕ sl(2,R) ⋉ R^2", "SO(3) × (SL(2,R) ⋉ R^2)", "O(3) × (SL(2,R) ⋉ R^2)"),
            ("so(1,3) ⊕ R", "SO⁺(1,3) × R", "O(1,3) × R"),
            ("so(2) ⊕ so(2)", "SO(2) × SO(2)", "O(2) × SO(2)"),
            ("su(2) ⊕ R", "SU(2) × R", "(SU(2) ⋊ Z2) × R"),
            ("so(3) ⊕ heisenberg(5)", "SO(3) × Heisenberg(5)", "O(3) × Heisenberg(5)"),
        ];
        for (algebra, connected, reflected) in cases {
            assert_eq!(group_name(algebra, Components::Connected), connected);
            assert_eq!(group_name(algebra, Components::WithReflection), reflected);
        }
    }

    #[test]
    fn lines_multiply_or_add() {
        let cases = [
            ("R (scaling)", "R₊ (scaling)"),
            ("R (anisotropic scaling)", "R₊ (anisotropic scaling)"),
            ("R (translation)", "R (translation)"),
            ("R (shear)", "R (shear)"),
            ("R (spiral)", "R (spiral)"),
            ("R^3", "R^3"),
        ];
        for (algebra, expected) in cases {
            assert_eq!(group_name(algebra, Components::Connected), expected);
            assert_eq!(group_name(algebra, Components::WithReflection), format!("{expected} × Z2"));
        }
    }

    #[test]
    fn reflections_that_make_no_classical_group_are_factors() {
        let cases = [
            ("su(3)", "SU(3) ⋊ Z2"),
            ("usp(4)", "USp(4) × Z2"),
            ("sl(2,C)", "SL(2,C) ⋊ Z2"),
            ("sp(4,R)", "Sp±(4,R)"),
            ("iso(1,3)", "IO(1,3)"),
            ("sim(2)", "Sim(2)"),
            (
                "so(3) ⊕ simple of dim 14, Killing (8,6,0)",
                "exp(so(3) ⊕ simple of dim 14, Killing (8,6,0)) × Z2",
            ),
        ];
        for (algebra, expected) in cases {
            assert_eq!(group_name(algebra, Components::WithReflection), expected);
        }
    }
}
