//! Whether what a plugin declares makes sense, before anything is built on it.

use semola_plugin_api::{ActionSpec, DataSpec, Field, FieldType, Reference, Representation, Task};
use std::collections::HashSet;

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
    let trailing = match field.representation {
        Representation::Vector | Representation::Covector => 1,
        Representation::Matrix => 2,
        Representation::Scalar | Representation::Image | Representation::Custom => 0,
    };
    let tail = field.shape.len().checked_sub(trailing).map(|start| &field.shape[start..]);
    if !tail.is_some_and(|tail| tail.iter().all(|&size| size == n as i64)) {
        return Err(format!(
            "field `{}` is a {:?} of R^{n}, so its shape must end in {}, found {:?}",
            field.name,
            field.representation,
            vec![n.to_string(); trailing].join(", "),
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
