//! Whether what a plugin declares makes sense, before anything is built on it.

use semola_plugin_api::{ActionSpec, DataSpec, Field, FieldType, Reference, Representation, Task};
use std::collections::HashSet;

/// Reads what a plugin declares; the error is the end of a sentence about the component.
pub(super) fn parse<T: serde::de::DeserializeOwned>(what: &str, text: &str) -> Result<T, String> {
    serde_json::from_str(text).map_err(|error| {
        // JSON that is sound but unknown, such as a later representation, comes of a newer plugin.
        let remedy =
            if error.is_data() { "; if the plugin is newer than this host, update semola-host" } else { "" };
        format!("its {what} does not parse: {error}{remedy}")
    })
}

/// Checks a data set's spec; the error is the end of a sentence about the data set.
pub(super) fn check(spec: &DataSpec) -> Result<(), String> {
    if spec.n == 0 || spec.n > 16 {
        return Err(format!("its spec has n = {}, expected 1 to 16", spec.n));
    }
    if spec.inputs.is_empty() || spec.targets.is_empty() {
        return Err("its spec needs at least one input and one target".into());
    }
    let mut names = HashSet::new();
    for field in spec.inputs.iter().chain(&spec.targets) {
        if field.name.is_empty() || !names.insert(&field.name) {
            return Err(format!("field name `{}` in its spec is empty or used twice", field.name));
        }
        check_field(field, spec.n)?;
        if let Some(mask) = &field.mask
            && !spec.inputs.iter().chain(&spec.targets).any(|other| other.name == *mask)
        {
            return Err(format!(
                "field `{}` names the mask `{mask}`, which its spec does not have",
                field.name
            ));
        }
    }
    if let Task::Classification { classes } = spec.task {
        let target = &spec.targets[0];
        if spec.targets.len() != 1
            || target.dtype != FieldType::I64
            || !target.shape.is_empty()
            || classes < 2
        {
            return Err(format!(
                "its spec says classification into {classes} classes, which needs one target of type i64 and shape [] and at least 2 classes"
            ));
        }
    }
    if let Some(reference) = &spec.reference {
        check_reference(reference, spec.n)?;
    }
    Ok(())
}

fn check_field(field: &Field, n: usize) -> Result<(), String> {
    let axes = field.representation.axes(n);
    if !field.shape.ends_with(&axes) {
        let expected: Vec<String> = axes.iter().map(i64::to_string).collect();
        return Err(format!(
            "field `{}` is declared {:?} in R^{n}, so its shape must end in {}, found {:?}",
            field.name,
            field.representation,
            expected.join(", "),
            field.shape
        ));
    }
    if let Some(size) = field.shape.iter().find(|&&size| size < -1 || size == 0) {
        return Err(format!(
            "field `{}` has an axis of size {size} in its shape {:?}",
            field.name, field.shape
        ));
    }
    if field.dtype == FieldType::I64 && field.representation != Representation::Scalar {
        return Err(format!(
            "field `{}` holds integers, which no group moves: declare it scalar",
            field.name
        ));
    }
    Ok(())
}

fn check_reference(reference: &Reference, n: usize) -> Result<(), String> {
    let square = |m: &Vec<Vec<f64>>| {
        m.len() == n && m.iter().all(|row| row.len() == n && row.iter().all(|v| v.is_finite()))
    };
    if reference.generators.is_empty() || !reference.generators.iter().all(square) {
        return Err(format!(
            "the generators of its reference `{}` must be finite {n} × {n} matrices",
            reference.name
        ));
    }
    Ok(())
}

/// Checks an action's description; the error is the end of a sentence about the action.
pub(super) fn check_action(spec: &ActionSpec) -> Result<(), String> {
    if spec.n == 0 || spec.n > 16 {
        return Err(format!("it acts by {0} × {0} matrices, expected 1 to 16", spec.n));
    }
    if let Some(mask) = &spec.free_entries
        && (mask.len() != spec.n
            || mask.iter().any(|row| row.len() != spec.n)
            || !mask.iter().flatten().any(|free| *free))
    {
        return Err(format!("its free entries must form a {0} × {0} table with at least one true", spec.n));
    }
    spec.reference.as_ref().map_or(Ok(()), |reference| check_reference(reference, spec.n))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn spec(representation: Representation, shape: &[i64]) -> DataSpec {
        DataSpec {
            n: 3,
            inputs: vec![Field::new("x", shape, representation)],
            targets: vec![Field::scalars("y", 1)],
            task: Task::Regression,
            reference: None,
        }
    }

    #[test]
    fn a_shape_must_end_in_the_axes_of_its_representation() {
        for (representation, good, bad) in [
            (Representation::Vector, vec![3], vec![3, 2]),
            (Representation::Covector, vec![2, 3], vec![]),
            (Representation::Matrix, vec![3, 3], vec![3]),
            (Representation::Symmetric, vec![2, 6], vec![3, 3]),
            (Representation::Antisymmetric, vec![3], vec![6]),
        ] {
            assert_eq!(check(&spec(representation, &good)), Ok(()), "{representation:?}");
            let sentence = check(&spec(representation, &bad)).expect_err("of another shape");
            assert!(sentence.contains("field `x`") && sentence.contains("must end in"), "{sentence}");
        }
        assert_eq!(
            check(&spec(Representation::Symmetric, &[5])).expect_err("5 is no triangular number"),
            "field `x` is declared Symmetric in R^3, so its shape must end in 6, found [5]"
        );
    }

    #[test]
    fn the_line_has_no_antisymmetric_tensor() {
        let line = DataSpec { n: 1, ..spec(Representation::Antisymmetric, &[0]) };
        assert!(check(&line).expect_err("no entries").contains("size 0"));
    }

    #[test]
    fn a_representation_of_the_future_is_refused_in_one_sentence() {
        let text = serde_json::to_string(&spec(Representation::Vector, &[3])).expect("plain data");
        let text = text.replace("\"vector\"", "\"spinor\"");
        let sentence = parse::<DataSpec>("spec", &text).expect_err("unknown");
        for part in
            ["its spec does not parse: unknown variant `spinor`", "`antisymmetric`", "update semola-host"]
        {
            assert!(sentence.contains(part), "{sentence}");
        }
        assert!(!sentence.contains('\n'));
        assert!(!parse::<DataSpec>("spec", "{").expect_err("cut off").contains("update"));
    }
}
