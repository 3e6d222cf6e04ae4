//! Every line of the catalogue against the schemas of libtorch (`tests/golden/aten_schemas.txt`, which the
//! script beside it writes from the headers).

use super::*;

const SCHEMAS: &str = include_str!("../../../tests/golden/aten_schemas.txt");

fn lines() -> impl Iterator<Item = &'static Line> {
    let groups = [
        activation::METHODS,
        creation::METHODS,
        creation::FUNCTIONS,
        elementwise::METHODS,
        indexing::METHODS,
        layers::METHODS,
        linear_algebra::METHODS,
        linear_algebra::FUNCTIONS,
        reduction::METHODS,
        shape::METHODS,
        shape::FUNCTIONS,
    ];
    groups.into_iter().flatten()
}

/// A schema's arguments: type, and whether it may be left out.
fn schema(line: &Line) -> Option<Vec<(&'static str, bool)>> {
    let name = line.name.strip_prefix("aten::")?;
    let dot = if line.overload.is_empty() { "" } else { "." };
    let head = format!("{name}{dot}{}(", line.overload);
    let rest = SCHEMAS.lines().find_map(|schema| schema.strip_prefix(&head))?;
    let (arguments, _) = rest.rsplit_once(") -> ")?;
    let arguments = arguments.split(", ").filter(|argument| *argument != "*");
    Some(
        arguments
            .map(|argument| {
                // A view's "Tensor(a) self" and "Tensor(a -> *) self" are tensors all the same.
                let kind = if argument.starts_with("Tensor(") {
                    "Tensor"
                } else {
                    argument.split(' ').next().unwrap_or("")
                };
                (kind, argument.contains('=') || kind.ends_with('?'))
            })
            .collect(),
    )
}

/// Whether an argument of this Rust type may stand where the schema says `kind`.
fn fits(rust: &str, kind: &str) -> bool {
    let optional = kind.ends_with('?');
    let base = kind.trim_end_matches('?');
    let list = base.ends_with(']');
    match rust {
        "&Tensor" => base == "Tensor",
        "Option<&Tensor>" => base == "Tensor" && optional,
        "&[Tensor]" => base == "Tensor[]" || base == "Tensor?[]",
        "i64" => base == "int" || base == "SymInt",
        "Option<i64>" => optional && (base == "int" || base == "SymInt"),
        "&[i64]" => list && (base.starts_with("int[") || base.starts_with("SymInt[")),
        "f64" => base == "float",
        "Option<f64>" => optional && base == "float",
        "bool" => base == "bool",
        "&str" => base == "str",
        "impl Into<Scalar>" => base == "Scalar",
        "DType" => base == "ScalarType",
        "Device" => base == "Device",
        _ => false,
    }
}

#[test]
fn every_line_agrees_with_its_schema() {
    let mut wrong = Vec::new();
    for line in lines() {
        let name = format!("{}.{}", line.name, line.overload);
        let Some(expected) = schema(line) else {
            wrong.push(format!("{name}: not among the schemas; run tests/golden/aten_schemas.sh"));
            continue;
        };
        if line.passed.len() > expected.len() {
            wrong.push(format!("{name}: passes {} of {}", line.passed.len(), expected.len()));
            continue;
        }
        for (place, (kind, optional)) in expected.iter().enumerate() {
            let Some(passed) = line.passed.get(place) else {
                if !optional {
                    wrong.push(format!("{name}: argument {place} ({kind}) is missing"));
                }
                continue;
            };
            let argument = passed.trim_end_matches(".into()");
            let declared = line.arguments.iter().find(|(name, _)| *name == argument);
            let right = match (declared, argument) {
                (Some((_, rust)), _) => fits(rust, kind),
                (None, "Arg::NONE") => kind.ends_with('?'),
                (None, "true" | "false") => *kind == "bool",
                (None, literal) if literal.starts_with('"') => *kind == "str",
                (None, literal) => literal.starts_with("DType::") && kind.starts_with("ScalarType"),
            };
            if !right {
                wrong.push(format!("{name}: argument {place} is {kind}, passed {passed}"));
            }
        }
        if line
            .arguments
            .iter()
            .any(|(name, _)| !line.passed.iter().any(|passed| passed.trim_end_matches(".into()") == *name))
        {
            wrong.push(format!("{name}: an argument is not passed on"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn no_schema_is_left_over() {
    assert_eq!(SCHEMAS.lines().count(), {
        let mut names: Vec<_> = lines().map(|line| (line.name, line.overload)).collect();
        names.sort_unstable();
        names.dedup();
        names.len()
    });
}
