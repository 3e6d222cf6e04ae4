//! A spec to fill in, for data that came without one: the arrays and shapes that are there, and what they may be.
//!
//! Guesses are marked as such and nothing runs on them: whoever saves the text has read it. Invariant: the text is a
//! spec that [`crate::spec::Spec::parse`] takes, as long as there is an input and a target.

use semola_arrays::{Array, Source};
use semola_plugin_api::{Error, Result};
use std::fmt::Write;
use std::path::Path;

/// Names of what is usually predicted, and of labels among them.
const TARGETS: [&str; 9] =
    ["y", "target", "targets", "output", "label", "labels", "class", "force", "energy"];
const LABELS: [&str; 4] = ["label", "labels", "class", "category"];
/// Parts of names that tell objects apart.
const OBJECTS: [&str; 6] = ["object", "group", "molecule", "trajectory", "episode", "subject"];

/// What a field of the spec may be made of.
struct Candidate {
    name: String,
    /// Columns side by side, where there are several.
    columns: Vec<String>,
    /// Of one sample.
    shape: Vec<usize>,
    /// Highest number, where all are whole and none is negative.
    whole: Option<u32>,
}

/// All that a source holds.
#[derive(Default)]
struct Contents {
    samples: usize,
    candidates: Vec<Candidate>,
    /// Texts, which may name objects.
    texts: Vec<String>,
    /// Arrays that no field can be made of, and why.
    unfit: Vec<String>,
}

/// What the host prints as a line break; it joins lines that are separated by newlines.
const LINE_BREAK: &str = "\u{2028}";

/// The error for data without a spec: what to save, and where.
pub(crate) fn missing(source: &mut Source, spec: &Path) -> Error {
    let text = match contents(source) {
        Ok(contents) => contents.text().replace('\n', LINE_BREAK),
        Err(cause) => return cause,
    };
    let spec = spec.display();
    Error::new(format!(
        "{}: there is no spec {spec} that says what its {}s are; save these lines there, correct what is guessed and \
         run again (every key: plugins/tensors/README.md){LINE_BREAK}{LINE_BREAK}{text}",
        source.path().display(),
        source.noun()
    ))
}

/// Looks into every array.
fn contents(source: &mut Source) -> Result<Contents> {
    let mut result = Contents::default();
    for name in source.names()? {
        match source.array::<f32>(&name) {
            Ok(Array { shape, numbers, .. }) if !numbers.is_empty() && !shape.is_empty() => {
                if result.candidates.is_empty() {
                    result.samples = shape[0];
                }
                if shape[0] != result.samples {
                    let what =
                        format!("{name:?} has shape {shape:?}, and the first has {} samples", result.samples);
                    result.unfit.push(what);
                    continue;
                }
                let whole = numbers.iter().all(|number| *number >= 0.0 && number.fract() == 0.0);
                let highest = numbers.iter().fold(0.0_f32, |highest, &number| highest.max(number));
                let shape = if shape.len() == 1 { vec![1] } else { shape[1..].to_vec() };
                let whole = (whole && shape == [1]).then_some(highest as u32);
                result.candidates.push(Candidate { name, columns: Vec::new(), shape, whole });
            }
            Ok(Array { shape, .. }) => result.unfit.push(format!("{name:?} has shape {shape:?}")),
            Err(_) if source.has_columns() && source.identities(&name).is_ok() => result.texts.push(name),
            Err(cause) => result.unfit.push(cause.to_string()),
        }
    }
    if source.has_columns() {
        result.candidates = side_by_side(result.candidates);
    }
    Ok(result)
}

/// Joins neighbouring columns whose names differ in a last digit or one of x, y, z.
fn side_by_side(columns: Vec<Candidate>) -> Vec<Candidate> {
    let mut result: Vec<Candidate> = Vec::new();
    for mut column in columns {
        let stem = stem(&column.name).to_owned();
        match result.last_mut() {
            Some(last) if last.name == stem && !last.columns.is_empty() && column.shape == [1] => {
                last.columns.push(column.name);
                last.shape = vec![last.columns.len()];
                last.whole = None;
            }
            _ if column.shape == [1] && !stem.is_empty() && stem != column.name => {
                column.columns = vec![column.name];
                column.name = stem;
                result.push(column);
            }
            _ => result.push(column),
        }
    }
    // A column that stayed alone keeps its name.
    for candidate in &mut result {
        if let [only] = &candidate.columns[..] {
            candidate.name = only.clone();
            candidate.columns.clear();
        }
    }
    result
}

fn stem(name: &str) -> &str {
    let bare = name.trim_end_matches(|last: char| last.is_ascii_digit());
    let bare = if bare == name { name.strip_suffix(['x', 'y', 'z']).unwrap_or(name) } else { bare };
    bare.trim_end_matches(['_', '.', '-'])
}

impl Candidate {
    fn is_target(&self) -> bool {
        TARGETS.contains(&&self.name.to_lowercase()[..])
    }

    fn labels(&self) -> Option<u32> {
        self.whole.filter(|&highest| {
            LABELS.contains(&&self.name.to_lowercase()[..]) && (1..10_000).contains(&highest)
        })
    }

    fn names_objects(&self) -> bool {
        let name = self.name.to_lowercase();
        self.whole.is_some()
            && (OBJECTS.iter().any(|part| name.contains(part)) || name == "id" || name.ends_with("_id"))
    }
}

impl Contents {
    /// The length of vectors that fits most arrays.
    fn n(&self) -> Option<usize> {
        let ends = self.candidates.iter().filter_map(|candidate| candidate.shape.last().copied());
        let ends: Vec<usize> = ends.filter(|end| (2..=4).contains(end)).collect();
        let count = |size: usize| ends.iter().filter(|&&end| end == size).count();
        ends.iter().copied().max_by_key(|&size| (count(size), std::cmp::Reverse(size)))
    }

    /// The spec.
    fn text(&self) -> String {
        let n = self.n();
        let objects = self.texts.first();
        let named = self.candidates.iter().find(|candidate| candidate.names_objects());
        let objects = named.map(|candidate| &candidate.name).or(objects);
        let fields: Vec<&Candidate> =
            self.candidates.iter().filter(|candidate| Some(&candidate.name) != objects).collect();
        let mut targets: Vec<&Candidate> = fields.iter().copied().filter(|field| field.is_target()).collect();
        if targets.is_empty() || targets.len() == fields.len() {
            targets = fields.last().copied().into_iter().collect();
        }
        let is_target = |field: &Candidate| targets.iter().any(|target| target.name == field.name);
        let classes = match &targets[..] {
            [target] => target.labels().map(|highest| highest + 1),
            _ => None,
        };

        let mut lines = Lines::default();
        lines.add(
            &format!("n = {}", n.unwrap_or(2)),
            "guessed: the length of the vectors that the group moves",
        );
        if let Some(classes) = classes {
            lines.add("task = \"classification\"", "guessed from the target's name");
            lines.add(&format!("classes = {classes}"), "");
        }
        let (ends, begins): (Vec<&Candidate>, Vec<_>) =
            fields.iter().copied().partition(|field| is_target(field));
        for field in begins.into_iter().chain(ends) {
            let table = if is_target(field) { "[[targets]]" } else { "[[inputs]]" };
            let role = if is_target(field) { "guessed: what is predicted" } else { "what the model sees" };
            lines.add("", "");
            lines.add(table, role);
            let shape = if field.shape == [1] { "one number".into() } else { format!("{:?}", field.shape) };
            lines.add(&format!("name = {}", quoted(&field.name)), &format!("{shape} a sample"));
            if !field.columns.is_empty() {
                let columns: Vec<String> = field.columns.iter().map(|name| quoted(name)).collect();
                lines.add(&format!("columns = [{}]", columns.join(", ")), "");
            }
            if is_target(field) && classes.is_some() {
                continue;
            }
            let n = n.unwrap_or(2);
            let kind = match &field.shape[..] {
                [.., rows, columns] if (*rows, *columns) == (n, n) && field.shape.len() > 1 => "matrix",
                [.., last] if *last == n => "vector",
                _ => "scalar",
            };
            lines.add(
                &format!("representation = \"{kind}\""),
                "guessed: scalar, vector, covector, matrix, symmetric or antisymmetric",
            );
            if let [numbers] = field.shape[..]
                && numbers > n
                && numbers % n == 0
            {
                let copies = numbers / n;
                lines.add(
                    &format!("# shape = [{copies}, {n}]"),
                    &format!("if these are {copies} vectors side by side"),
                );
            }
        }
        if let Some(objects) = objects {
            lines.add("", "");
            lines.add("[splits]", "");
            lines.add(
                &format!("group = {}", quoted(objects)),
                "guessed: rows of one object stay in one split",
            );
        }
        let mut text = lines.text();
        for unfit in &self.unfit {
            let _ = write!(text, "\n# left out: {}", unfit.replace('\n', " "));
        }
        text
    }
}

fn quoted(name: &str) -> String {
    toml::Value::from(name).to_string().replace('\n', "\\n")
}

/// Lines of TOML with their comments, one below another.
#[derive(Default)]
struct Lines(Vec<(String, String)>);

impl Lines {
    fn add(&mut self, line: &str, comment: &str) {
        self.0.push((line.into(), comment.into()));
    }

    fn text(&self) -> String {
        let commented = self.0.iter().filter(|(_, comment)| !comment.is_empty());
        let widths = commented.map(|(line, _)| line.chars().count()).filter(|&width| width <= 40);
        let width = widths.max().unwrap_or(0);
        let lines = self.0.iter().map(|(line, comment)| match &comment[..] {
            "" => line.clone(),
            comment => format!("{line:width$}  # {comment}"),
        });
        lines.collect::<Vec<_>>().join("\n")
    }
}

#[cfg(test)]
mod tests;
