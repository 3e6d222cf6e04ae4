//! The fields of a source: arrays as the spec declares them, with every shape and every number checked.
//!
//! Invariant: all columns of a [`Table`] have the same number of rows, at least one, and each row has the numbers
//! of the field's shape, all finite as 32-bit floats.

use crate::spec::{FieldSpec, Spec};
use semola_arrays::{Array, Source};
use semola_plugin_api::{Error, Field, FieldType, Representation, Result, Task, Tensor};

/// Numbers of a field, row after row.
#[derive(Clone, Debug, PartialEq)]
enum Values {
    Floats(Vec<f32>),
    Labels(Vec<i64>),
}

/// A field with the numbers of all samples.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Column {
    /// What the host is told.
    pub(crate) field: Field,
    values: Values,
}

/// All fields of a source.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Table {
    /// Samples.
    pub(crate) rows: usize,
    /// In the spec's order.
    pub(crate) inputs: Vec<Column>,
    /// In the spec's order.
    pub(crate) targets: Vec<Column>,
}

impl Table {
    /// Reads all fields of the spec.
    ///
    /// # Errors
    /// One sentence for the first array that is missing, or whose type, shape or numbers do not fit.
    pub(crate) fn read(source: &mut Source, spec: &Spec) -> Result<Self> {
        let mut rows = None;
        let mut read = |fields: &[FieldSpec], labels: Option<i64>| -> Result<Vec<Column>> {
            fields.iter().map(|field| column(source, spec.n, field, labels, &mut rows)).collect()
        };
        let inputs = read(&spec.inputs, None)?;
        let labels = match spec.task {
            Task::Classification { classes } => Some(classes),
            Task::Regression => None,
        };
        let targets = read(&spec.targets, labels)?;
        Ok(Self { rows: rows.map_or(0, |(rows, _)| rows), inputs, targets })
    }

    /// Whether another table has the same fields; else the name of the first that differs, and both shapes.
    pub(crate) fn agrees(&self, other: &Self) -> Result<(), String> {
        let fields = |table: &Self| -> Vec<Field> {
            table.inputs.iter().chain(&table.targets).map(|column| column.field.clone()).collect()
        };
        match fields(self).into_iter().zip(fields(other)).find(|(a, b)| a != b) {
            Some((a, b)) => {
                Err(format!("field `{}` has shape {:?} a sample, expected {:?}", b.name, b.shape, a.shape))
            }
            None => Ok(()),
        }
    }
}

impl Column {
    /// The tensor of some rows, `[rows, field shape]`.
    pub(crate) fn tensor(&self, rows: &[usize]) -> Result<Tensor> {
        let shape = [&[rows.len() as i64], &self.field.shape[..]].concat();
        match &self.values {
            Values::Floats(numbers) => Tensor::try_from_slice(&self.gather(numbers, rows), &shape),
            Values::Labels(labels) => Tensor::try_from_slice(&self.gather(labels, rows), &shape),
        }
    }

    fn gather<T: Copy>(&self, numbers: &[T], rows: &[usize]) -> Vec<T> {
        let width = self.field.shape.iter().product::<i64>() as usize;
        rows.iter().flat_map(|row| &numbers[row * width..(row + 1) * width]).copied().collect()
    }

    /// The numbers of a row, for tests.
    #[cfg(test)]
    pub(crate) fn row(&self, row: usize) -> Vec<f64> {
        match &self.values {
            Values::Floats(numbers) => self.gather(numbers, &[row]).into_iter().map(f64::from).collect(),
            Values::Labels(labels) => {
                self.gather(labels, &[row]).into_iter().map(|label| label as f64).collect()
            }
        }
    }
}

/// How errors name an array.
fn origin(source: &Source, spec: &FieldSpec) -> String {
    let what = match &spec.columns {
        Some(columns) => format!("columns `{}`", columns.join("`, `")),
        None => format!("{} `{}`", source.noun(), spec.array()),
    };
    format!("{}: {what} of field `{}`", source.path().display(), spec.name)
}

fn column(
    source: &mut Source,
    n: usize,
    spec: &FieldSpec,
    labels: Option<i64>,
    rows: &mut Option<(usize, String)>,
) -> Result<Column> {
    let array = match &spec.columns {
        Some(columns) => source.columns(columns)?,
        None => source.array(spec.array())?,
    };
    let origin = origin(source, spec);
    let wrong = |what: String| Error::new(format!("{origin} {what}"));

    let Some(&samples) = array.shape.first() else {
        return Err(wrong("is a single number, expected one row a sample".into()));
    };
    if array.shape.contains(&0) {
        return Err(wrong(format!("is empty (shape {:?}), expected one row a sample", array.shape)));
    }
    match rows {
        Some((expected, first)) if *expected != samples => {
            return Err(wrong(format!(
                "has shape {:?}, that is {samples} samples, and {first} has {expected}; all need the same first axis",
                array.shape
            )));
        }
        Some(_) => {}
        None => *rows = Some((samples, format!("field `{}`", spec.name))),
    }
    match labels {
        Some(classes) => labelled(array, classes, spec).map_err(wrong),
        None => numeric(array, n, spec, source.has_columns()).map_err(wrong),
    }
}

/// A target of class labels.
fn labelled(array: Array, classes: i64, spec: &FieldSpec) -> Result<Column, String> {
    if array.shape.iter().product::<usize>() != array.shape[0] {
        return Err(format!(
            "has shape {:?}, expected one label a sample: shape [{}]",
            array.shape, array.shape[0]
        ));
    }
    let range = format!("labels 0 to {} (`classes` is {classes})", classes - 1);
    let labels = array.numbers.into_integers().map_err(|(row, number)| {
        format!("holds {number} at [{row}], expected {range}; number the classes")
    })?;
    if let Some(row) = labels.iter().position(|label| !(0..classes).contains(label)) {
        return Err(format!(
            "holds {} at [{row}], expected {range}; correct `classes` or the labels",
            labels[row]
        ));
    }
    let field = Field { dtype: FieldType::I64, ..Field::new(&spec.name, Vec::new(), Representation::Scalar) };
    Ok(Column { field, values: Values::Labels(labels) })
}

/// A field of numbers.
fn numeric(array: Array, n: usize, spec: &FieldSpec, cells: bool) -> Result<Column, String> {
    let shape = sample_shape(&array.shape, spec)?;
    let representation = spec.representation();
    let axes = representation.axes(n);
    let signed: Vec<i64> = shape.iter().map(|&size| size as i64).collect();
    if !signed.ends_with(&axes) || axes.contains(&0) {
        return Err(unfit(&array.shape, &shape, &axes, n, representation, spec));
    }
    let numbers = array.numbers.into_floats();
    if let Some(place) = numbers.iter().position(|&number| !(number as f32).is_finite()) {
        let index: Vec<usize> = index(place, &array.shape);
        let expected = if numbers[place].is_finite() {
            "a size below 3.4e38 (32-bit floats); choose another unit"
        } else if cells {
            "a finite number; correct the cell"
        } else {
            "finite numbers; leave such samples out before saving"
        };
        return Err(format!("holds {} at {index:?}, expected {expected}", numbers[place]));
    }
    let single = numbers.into_iter().map(|number| number as f32).collect();
    Ok(Column { field: Field::new(&spec.name, signed, representation), values: Values::Floats(single) })
}

/// The shape of one sample: the spec's, or the array's without its first axis; one number is `[1]`.
fn sample_shape(array: &[usize], spec: &FieldSpec) -> Result<Vec<usize>, String> {
    let own = if array.len() == 1 { vec![1] } else { array[1..].to_vec() };
    let Some(shape) = &spec.shape else {
        return Ok(own);
    };
    let wanted = shape.iter().try_fold(1_usize, |product, &size| product.checked_mul(size));
    let found: usize = own.iter().product();
    if wanted != Some(found) {
        return Err(format!(
            "has shape {array:?}, that is {found} numbers a sample, and `shape` = {shape:?} in the spec takes {}; \
             correct one of them",
            wanted.map_or("too many".into(), |wanted| wanted.to_string())
        ));
    }
    Ok(if shape.is_empty() { vec![1] } else { shape.clone() })
}

/// The sentence for a shape that does not end as the representation demands.
fn unfit(
    array: &[usize],
    shape: &[usize],
    axes: &[i64],
    n: usize,
    representation: Representation,
    spec: &FieldSpec,
) -> String {
    let name = format!("{representation:?}").to_lowercase();
    let ends: Vec<String> = axes.iter().map(i64::to_string).collect();
    let numbers: i64 = shape.iter().product::<usize>() as i64;
    let each: i64 = axes.iter().product();
    let remedy = if spec.shape.is_none() && each > 0 && numbers % each == 0 {
        let copies = (numbers / each > 1).then_some(numbers / each);
        let fitting: Vec<i64> = copies.into_iter().chain(axes.iter().copied()).collect();
        format!("if each sample holds {} of them side by side, add shape = {fitting:?}", numbers / each)
    } else {
        "correct `n` or the representation in the spec".into()
    };
    format!(
        "has shape {array:?}, and a {name} of R^{n} needs a sample's shape to end in {}; found {shape:?}; {remedy}",
        ends.join(", ")
    )
}

/// The index of a place in an array, the last axis fastest.
fn index(mut place: usize, shape: &[usize]) -> Vec<usize> {
    let mut index: Vec<usize> = shape
        .iter()
        .rev()
        .map(|&size| {
            let at = place % size;
            place /= size;
            at
        })
        .collect();
    index.reverse();
    index
}

#[cfg(test)]
mod tests;
