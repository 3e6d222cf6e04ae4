//! Python code that needs nothing of ours.

use super::super::summary::SymmetrySummary;
use super::{list, rows};

/// A module that augments in PyTorch.
pub(super) fn augment(symmetry: &SymmetrySummary) -> String {
    let ranges: Vec<f64> = symmetry.generators.iter().map(|generator| generator.range).collect();
    include_str!("augment.py")
        .replace("{name}", name(symmetry))
        .replace("{generators}", &list(symmetry.generators.iter().map(|generator| rows(&generator.matrix))))
        .replace("{ranges}", &format!("{ranges:?}"))
}

/// The group for EMLP, with the components that were accepted.
pub(super) fn emlp_group(symmetry: &SymmetrySummary) -> String {
    let indented = |matrices: String| matrices.replace("        [", "                [");
    let accepted = symmetry.components.iter().filter(|component| component.accepted);
    let discrete = list(accepted.map(|component| rows(&component.matrix)));
    let discrete = if discrete.is_empty() {
        String::new()
    } else {
        format!(
            "        self.discrete_generators = np.array(\n            [\n{}            ]\n        )\n",
            indented(discrete)
        )
    };
    include_str!("emlp_group.py")
        .replace("{name}", name(symmetry))
        .replace(
            "{generators}",
            &indented(list(symmetry.generators.iter().map(|generator| rows(&generator.matrix)))),
        )
        .replace("{discrete}", &discrete)
}

fn name(symmetry: &SymmetrySummary) -> &str {
    let algebra = symmetry.algebra.as_ref().map(|algebra| algebra.name.as_str());
    symmetry.group.as_deref().or(algebra).unwrap_or("a Lie algebra")
}

#[cfg(test)]
mod tests {
    use super::super::super::summary::{Component, sample};
    use super::*;

    #[test]
    fn both_modules_hold_the_matrices() {
        let mut symmetry = sample().symmetry;
        symmetry.group = Some("O(2)".into());
        symmetry.components = vec![Component {
            name: "reflection of x1".into(),
            matrix: vec![vec![-1.0, 0.0], vec![0.0, 1.0]],
            ratio: 1.0,
            lower: 0.9,
            upper: 1.1,
            distance: 1.0,
            supported: true,
            accepted: true,
        }];
        let augment = augment(&symmetry);
        assert!(augment.contains("found: O(2)."), "{augment}");
        assert!(augment.contains("    [\n        [[0.0, -1.00042], [0.99958, 0.0]],\n    ],\n"), "{augment}");
        assert!(augment.contains("RANGES = torch.tensor([3.141592653589793], "), "{augment}");
        let group = emlp_group(&symmetry);
        assert!(
            group
                .contains("            [\n                [[0.0, -1.00042], [0.99958, 0.0]],\n            ]"),
            "{group}"
        );
        assert!(group.contains("self.discrete_generators = np.array(\n"), "{group}");
        symmetry.components.clear();
        assert!(!emlp_group(&symmetry).contains("discrete_generators"));
        for module in [augment, group] {
            assert!(!module.contains("{n") && !module.contains("{g") && !module.contains("{d"), "{module}");
        }
    }
}
