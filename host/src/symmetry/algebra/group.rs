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
/// `so(3)` → `SO(3)` or, with reflections, `O(3)`; `se(2)` → `SE(2)` or `E(2)`; sums become products; anything
/// without a usual name becomes `exp(...)`, with `× Z2` where reflections were found.
pub fn group_name(algebra_name: &str, components: Components) -> String {
    let reflected = components == Components::WithReflection;
    if let Some(single) = single(algebra_name, reflected) {
        return single;
    }
    let factors: Option<Vec<String>> = algebra_name.split(" ⊕ ").map(|part| single(part, false)).collect();
    match factors {
        // A reflection acts on the space of the first non-abelian factor.
        Some(factors) if reflected => {
            let mut parts = algebra_name.split(" ⊕ ");
            let first = parts.next().and_then(|part| single(part, true));
            let rest = factors.into_iter().skip(1);
            first.into_iter().chain(rest).collect::<Vec<_>>().join(" × ")
        }
        Some(factors) => factors.join(" × "),
        None if reflected => format!("exp({algebra_name}) × Z2"),
        None => format!("exp({algebra_name})"),
    }
}

/// The group of an algebra that is not a sum.
fn single(algebra: &str, reflected: bool) -> Option<String> {
    if algebra == "trivial" {
        return Some(if reflected { "Z2" } else { "trivial" }.to_owned());
    }
    if algebra == "R" || algebra.starts_with("R (") || algebra.starts_with("R^") {
        let lines = if algebra.starts_with("R (") {
            algebra.replacen("R (", "R₊ (", 1)
        } else {
            algebra.to_owned()
        };
        return Some(if reflected { format!("{lines} × Z2") } else { lines });
    }
    if algebra.starts_with("heisenberg") {
        let name = algebra.replacen("heisenberg", "Heisenberg", 1);
        return Some(if reflected { format!("{name} ⋊ Z2") } else { name });
    }
    let (family, rest) = algebra.split_once('(')?;
    let arguments = rest.strip_suffix(')').filter(|a| !a.contains('('))?;
    let indefinite = arguments.split(',').all(|a| a.parse::<usize>().is_ok()) && arguments.contains(',');
    let (connected, full) = match family {
        "so" if indefinite => ("SO⁺", "O"),
        "so" => ("SO", "O"),
        "se" => ("SE", "E"),
        "iso" => ("ISO⁺", "IO"),
        "sl" => ("SL", "SL±"),
        "gl" => ("GL⁺", "GL"),
        "aff" => ("Aff⁺", "Aff"),
        "sim" => ("Sim⁺", "Sim"),
        "su" => ("SU", "SU ⋊ Z2 "),
        "u" => ("U", "U ⋊ Z2 "),
        "sp" => ("Sp", "Sp± "),
        "usp" => ("USp", "USp × Z2 "),
        _ => return None,
    };
    if !reflected {
        return Some(format!("{connected}({arguments})"));
    }
    Some(match full.split_once(" ⋊ Z2 ").or(full.split_once(" × Z2 ")) {
        Some((name, _)) => format!("{name}({arguments}) ⋊ Z2"),
        None => format!("{}({arguments})", full.trim_end()),
    })
}
