//! What the user says about the arrays: the spec file, in TOML.
//!
//! The types below are the file's reference; README.md shows it with examples. Checks what can be checked without
//! the data: n, names, the task, fractions, the reference's generators. Invariant: what [`Spec::parse`] returns is
//! sound by itself.

use semola_plugin_api::{Error, Reference, Representation, Result, Task};
use serde::Deserialize;
use std::path::{Path, PathBuf};

/// Part of the rows that validation and test get where the spec says nothing.
const DEFAULT_PART: f64 = 0.15;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    n: usize,
    #[serde(default)]
    task: TaskName,
    classes: Option<i64>,
    inputs: Vec<FieldSpec>,
    targets: Vec<FieldSpec>,
    #[serde(default)]
    splits: Splits,
    reference: Option<ReferenceSpec>,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum TaskName {
    #[default]
    Regression,
    Classification,
}

/// A field and the array that it comes from.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct FieldSpec {
    /// Name of the field in reports.
    pub(crate) name: String,
    /// Name of the array or of the one column; absent: the field's name.
    pub(crate) array: Option<String>,
    /// Columns of a CSV file, side by side.
    pub(crate) columns: Option<Vec<String>>,
    /// How it transforms; the labels of a classification need none.
    representation: Option<Kind>,
    /// Shape of one sample, where it differs from the array's.
    pub(crate) shape: Option<Vec<usize>>,
}

impl FieldSpec {
    /// How the field transforms.
    pub(crate) fn representation(&self) -> Representation {
        match self.representation {
            None | Some(Kind::Scalar) => Representation::Scalar,
            Some(Kind::Vector) => Representation::Vector,
            Some(Kind::Covector) => Representation::Covector,
            Some(Kind::Matrix) => Representation::Matrix,
            Some(Kind::Symmetric) => Representation::Symmetric,
            Some(Kind::Antisymmetric) => Representation::Antisymmetric,
        }
    }

    /// The array's name.
    pub(crate) fn array(&self) -> &str {
        self.array.as_deref().unwrap_or(&self.name)
    }
}

/// The representations that need no action of a plugin's own.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Kind {
    Scalar,
    Vector,
    Covector,
    Matrix,
    Symmetric,
    Antisymmetric,
}

/// Where validation or test come from.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(
    untagged,
    expecting = "expected a fraction of the rows, such as 0.15, or the path of a file in quotes"
)]
pub(crate) enum Part {
    /// This part of the rows.
    Fraction(f64),
    /// All rows of another file.
    File(PathBuf),
}

/// Which row serves what.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Splits {
    /// Rows for decisions.
    pub(crate) validation: Part,
    /// Rows for the final figures.
    pub(crate) test: Part,
    /// A file of test rows that the whole group has moved.
    pub(crate) shifted: Option<PathBuf>,
    /// Decides which rows are drawn; the run's seed does not, so that runs can be compared.
    pub(crate) seed: u64,
    /// An array with each row's split: 0 train, 1 validation, 2 test, 3 shifted.
    pub(crate) split: Option<String>,
    /// An array that names each row's object: no object is in two splits.
    pub(crate) group: Option<String>,
}

impl Default for Splits {
    fn default() -> Self {
        Self {
            validation: Part::Fraction(DEFAULT_PART),
            test: Part::Fraction(DEFAULT_PART),
            shifted: None,
            seed: 0,
            split: None,
            group: None,
        }
    }
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReferenceSpec {
    name: String,
    generators: Option<Vec<Vec<Vec<f64>>>>,
}

/// A spec, checked.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Spec {
    /// Dimension of the fundamental space R^n.
    pub(crate) n: usize,
    /// What is learned.
    pub(crate) task: Task,
    /// What the model sees.
    pub(crate) inputs: Vec<FieldSpec>,
    /// What it predicts.
    pub(crate) targets: Vec<FieldSpec>,
    /// Which row serves what; paths are complete.
    pub(crate) splits: Splits,
    /// The algebra that is known to act.
    pub(crate) reference: Option<Reference>,
}

impl Spec {
    /// Reads a spec file.
    ///
    /// # Errors
    /// It is missing or not sound: path, line, what is expected.
    pub(crate) fn read(path: &Path) -> Result<Self> {
        let text = std::fs::read_to_string(path).map_err(|cause| {
            Error::new(format!(
                "{}: the spec cannot be read: {cause}; give its path with --set dataset.spec=FILE",
                path.display()
            ))
        })?;
        Self::parse(&text, path)
    }

    /// Reads a spec; paths in it start at the directory of `path`.
    ///
    /// # Errors
    /// See [`Self::read`].
    pub(crate) fn parse(text: &str, path: &Path) -> Result<Self> {
        let wrong = |what: String| Error::new(format!("{}: {what}", path.display()));
        let file: File = toml::from_str(text).map_err(|cause| {
            let line = cause
                .span()
                .map(|span| text.get(..span.start).map_or(1, |before| before.matches('\n').count() + 1));
            let line = line.map(|line| format!("line {line}: ")).unwrap_or_default();
            wrong(format!("{line}{}", cause.message().replace('\n', " ")))
        })?;
        let mut spec = file.check().map_err(wrong)?;
        let directory = path.parent().unwrap_or(Path::new(""));
        for part in [&mut spec.splits.validation, &mut spec.splits.test] {
            if let Part::File(file) = part {
                *file = directory.join(&file);
            }
        }
        spec.splits.shifted = spec.splits.shifted.map(|file| directory.join(file));
        Ok(spec)
    }
}

impl File {
    fn check(self) -> Result<Spec, String> {
        let Self { n, task, classes, inputs, targets, splits, reference } = self;
        if !(1..=16).contains(&n) {
            return Err(format!(
                "`n` is {n}, expected 1 to 16: the length of the vectors that the group moves"
            ));
        }
        if inputs.is_empty() || targets.is_empty() {
            return Err("expected at least one [[inputs]] and one [[targets]]".into());
        }
        let task = match (task, classes) {
            (TaskName::Regression, None) => Task::Regression,
            (TaskName::Regression, Some(_)) => {
                return Err(
                    "`classes` belongs to task = \"classification\", and the task is regression".into()
                );
            }
            (TaskName::Classification, Some(classes)) if classes >= 2 => Task::Classification { classes },
            (TaskName::Classification, found) => {
                let found = found.map_or("missing".into(), |classes| classes.to_string());
                return Err(format!("`classes` is {found}, expected the number of classes, at least 2"));
            }
        };
        let labels = task != Task::Regression;
        if labels && targets.len() != 1 {
            return Err(format!("a classification has one target, its labels; found {}", targets.len()));
        }
        let mut names = Vec::new();
        for field in inputs.iter().chain(&targets) {
            let name = &field.name;
            if name.is_empty() || names.contains(&name) {
                return Err(format!(
                    "the field name `{name}` is empty or used twice; give each field its own"
                ));
            }
            names.push(name);
            if field.array.is_some() && field.columns.is_some() {
                return Err(format!("field `{name}` has both `array` and `columns`, expected one of them"));
            }
            if field.columns.as_ref().is_some_and(Vec::is_empty) {
                return Err(format!("field `{name}` has no `columns`, expected at least one name"));
            }
        }
        if labels {
            let target = &targets[0];
            if target.representation.is_some_and(|kind| kind != Kind::Scalar) || target.shape.is_some() {
                return Err(format!("field `{}` holds labels, which are scalars of no shape", target.name));
            }
        }
        let declared = inputs.iter().chain(targets.iter().filter(|_| !labels));
        if let Some(field) = declared.into_iter().find(|field| field.representation.is_none()) {
            return Err(format!(
                "field `{}` has no `representation`, expected scalar, vector, covector, matrix, symmetric or \
                 antisymmetric",
                field.name
            ));
        }
        check_fractions(&splits)?;
        let reference = reference.map(|reference| reference.check(n)).transpose()?;
        Ok(Spec { n, task, inputs, targets, splits, reference })
    }
}

fn check_fractions(splits: &Splits) -> Result<(), String> {
    let mut sum = 0.0;
    for (name, part) in [("validation", &splits.validation), ("test", &splits.test)] {
        if let Part::Fraction(fraction) = *part {
            if !(fraction > 0.0 && fraction < 1.0) {
                return Err(format!("`splits.{name}` is {fraction}, expected a fraction between 0 and 1"));
            }
            sum += fraction;
        }
    }
    if sum > 0.9 {
        return Err(format!(
            "`splits.validation` and `splits.test` add up to {sum}, expected at most 0.9: the rest is for training"
        ));
    }
    Ok(())
}

impl ReferenceSpec {
    fn check(self, n: usize) -> Result<Reference, String> {
        let Some(generators) = self.generators else {
            let rotations = Reference::rotations(n);
            if self.name == rotations.name && n >= 2 {
                return Ok(rotations);
            }
            return Err(format!(
                "`reference.generators` is missing, and only `{}` needs none where n is {n}; give each as a matrix of \
                 {n} rows",
                rotations.name
            ));
        };
        let square = |matrix: &Vec<Vec<f64>>| {
            matrix.len() == n
                && matrix.iter().all(|row| row.len() == n && row.iter().all(|entry| entry.is_finite()))
        };
        if generators.is_empty() || !generators.iter().all(square) {
            return Err(format!(
                "`reference.generators` must be a list of finite {n} × {n} matrices, row by row"
            ));
        }
        Ok(Reference { name: self.name, generators })
    }
}

#[cfg(test)]
mod tests;
