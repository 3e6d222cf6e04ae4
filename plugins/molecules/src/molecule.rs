//! A molecule as every reader gives it, and the chemical elements.

/// Atoms and one property.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Molecule {
    /// Nuclear charges, one an atom, at least 1.
    pub(crate) charges: Vec<u8>,
    /// Nuclei in ångström, one an atom.
    pub(crate) positions: Vec<[f64; 3]>,
    /// The property to predict.
    pub(crate) target: f64,
}

/// Symbols by nuclear charge, from hydrogen on.
const SYMBOLS: [&str; 118] = [
    "H", "He", "Li", "Be", "B", "C", "N", "O", "F", "Ne", "Na", "Mg", "Al", "Si", "P", "S", "Cl", "Ar", "K",
    "Ca", "Sc", "Ti", "V", "Cr", "Mn", "Fe", "Co", "Ni", "Cu", "Zn", "Ga", "Ge", "As", "Se", "Br", "Kr",
    "Rb", "Sr", "Y", "Zr", "Nb", "Mo", "Tc", "Ru", "Rh", "Pd", "Ag", "Cd", "In", "Sn", "Sb", "Te", "I", "Xe",
    "Cs", "Ba", "La", "Ce", "Pr", "Nd", "Pm", "Sm", "Eu", "Gd", "Tb", "Dy", "Ho", "Er", "Tm", "Yb", "Lu",
    "Hf", "Ta", "W", "Re", "Os", "Ir", "Pt", "Au", "Hg", "Tl", "Pb", "Bi", "Po", "At", "Rn", "Fr", "Ra",
    "Ac", "Th", "Pa", "U", "Np", "Pu", "Am", "Cm", "Bk", "Cf", "Es", "Fm", "Md", "No", "Lr", "Rf", "Db",
    "Sg", "Bh", "Hs", "Mt", "Ds", "Rg", "Cn", "Nh", "Fl", "Mc", "Lv", "Ts", "Og",
];

/// The nuclear charge of a symbol in any case, of a heavy hydrogen isotope's (D, T), or of a number 1 to 118.
pub(crate) fn charge(symbol: &str) -> Option<u8> {
    let by_symbol = || SYMBOLS.iter().position(|known| known.eq_ignore_ascii_case(symbol));
    match symbol {
        "D" | "T" => Some(1),
        _ => match symbol.parse::<u8>() {
            Ok(number) => (1..=118).contains(&number).then_some(number),
            Err(_) => by_symbol().map(|place| place as u8 + 1),
        },
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn symbols_and_numbers_name_elements() {
        let known = [("H", 1), ("c", 6), ("CL", 17), ("Xe", 54), ("Og", 118), ("8", 8), ("D", 1)];
        for (text, expected) in known {
            assert_eq!(charge(text), Some(expected), "{text}");
        }
        for text in ["", "0", "119", "300", "R#", "*", "X", "-1"] {
            assert_eq!(charge(text), None, "{text}");
        }
    }
}
