//! The fields of a source: arrays as the spec declares them, with every shape and every number checked.
//!
//! Invariant: all columns of a [`Table`] have the same number of rows, at least one, and each row has the numbers
//! of the field's shape, all finite as 32-bit floats.

use crate::spec::{FieldSpec, Spec};
use semola_arrays::{Array, Number, Source};
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
pub(crate) fn origin(source: &Source, spec: &FieldSpec) -> String {
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
    let origin = origin(source, spec);
    let wrong = |what: String| Error::new(format!("{origin} {what}"));
    match labels {
        Some(classes) => {
            let array = read(source, spec)?;
            check_samples(&array.shape, spec, rows).map_err(wrong)?;
            labelled(array, classes, spec).map_err(wrong)
        }
        None => {
            let array = read(source, spec)?;
            check_samples(&array.shape, spec, rows).map_err(wrong)?;
            numeric(array, n, spec).map_err(wrong)
        }
    }
}

/// The array of a field.
fn read<T: Number>(source: &mut Source, spec: &FieldSpec) -> Result<Array<T>> {
    let array = match &spec.columns {
        Some(columns) => source.columns(columns),
        None => source.array(spec.array()),
    };
    array.map_err(|cause| Error::new(format!("{cause} (field `{}` of the spec)", spec.name)))
}

/// Checks that there are samples, as many as the fields before have; the error is the end of a sentence.
pub(crate) fn check_samples(
    shape: &[usize],
    spec: &FieldSpec,
    rows: &mut Option<(usize, String)>,
) -> Result<(), String> {
    let Some(&samples) = shape.first() else {
        return Err("is a single number, expected one row a sample".into());
    };
    if shape.contains(&0) {
        return Err(format!("is empty (shape {shape:?}), expected one row a sample"));
    }
    match rows {
        Some((expected, first)) if *expected != samples => Err(format!(
            "has shape {shape:?}, that is {samples} samples, and {first} has {expected}; all need the same first axis"
        )),
        Some(_) => Ok(()),
        None => {
            *rows = Some((samples, format!("field `{}`", spec.name)));
            Ok(())
        }
    }
}

/// A target of class labels.
fn labelled(array: Array<i64>, classes: i64, spec: &FieldSpec) -> Result<Column, String> {
    let field = label_field(&array.shape, spec)?;
    all_labels(&array, classes, 0)?;
    Ok(Column { field, values: Values::Labels(array.numbers) })
}

/// What the host is told of labels in an array of this shape.
pub(crate) fn label_field(array: &[usize], spec: &FieldSpec) -> Result<Field, String> {
    if array.iter().product::<usize>() != array[0] {
        return Err(format!("has shape {array:?}, expected one label a sample: shape [{}]", array[0]));
    }
    Ok(Field { dtype: FieldType::I64, ..Field::new(&spec.name, Vec::new(), Representation::Scalar) })
}

/// Checks that all labels are those of classes; the array begins with this row of the file.
pub(crate) fn all_labels(array: &Array<i64>, classes: i64, first: usize) -> Result<(), String> {
    let range = format!("labels 0 to {} (`classes` is {classes})", classes - 1);
    if let Some((row, number)) = array.unfit {
        return Err(format!("holds {number} at [{}], expected {range}; number the classes", first + row));
    }
    let labels = &array.numbers;
    match labels.iter().position(|label| !(0..classes).contains(label)) {
        Some(row) => Err(format!(
            "holds {} at [{}], expected {range}; correct `classes` or the labels",
            labels[row],
            first + row
        )),
        None => Ok(()),
    }
}

/// A field of numbers.
fn numeric(array: Array<f32>, n: usize, spec: &FieldSpec) -> Result<Column, String> {
    let field = number_field(&array.shape, n, spec)?;
    all_numbers(&array, 0)?;
    Ok(Column { field, values: Values::Floats(array.numbers) })
}

/// What the host is told of a field of numbers in an array of this shape.
pub(crate) fn number_field(array: &[usize], n: usize, spec: &FieldSpec) -> Result<Field, String> {
    let shape = sample_shape(array, spec)?;
    let representation = spec.representation();
    let axes = representation.axes(n);
    let signed: Vec<i64> = shape.iter().map(|&size| size as i64).collect();
    if !signed.ends_with(&axes) || axes.contains(&0) {
        return Err(unfit(array, &shape, &axes, n, representation, spec));
    }
    Ok(Field::new(&spec.name, signed, representation))
}

/// Checks that all numbers are finite; the array begins with this row of the file.
pub(crate) fn all_numbers(array: &Array<f32>, first: usize) -> Result<(), String> {
    let Some((place, number)) = array.unfit else { return Ok(()) };
    let mut index: Vec<usize> = index(place, &array.shape);
    index[0] += first;
    let expected = if number.is_finite() {
        "a size below 3.4e38 (32-bit floats); choose another unit"
    } else {
        "finite numbers; leave such samples out before saving"
    };
    Err(format!("holds {number} at {index:?}, expected {expected}"))
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
