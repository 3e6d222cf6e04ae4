//! What a model of this plugin predicts: the one target of the spec.

use semola_plugin_api::{DataSpec, Error, Field, FieldType, Result, Task, Tensor};

pub(crate) struct Prediction {
    /// Numbers a sample.
    pub(crate) count: i64,
    shape: Option<Vec<i64>>,
}

impl Prediction {
    pub(crate) fn of(spec: &DataSpec) -> Result<Self> {
        let [target] = &spec.targets[..] else {
            return Err(Error::new(format!(
                "zoo models predict 1 target, the data has {}",
                spec.targets.len()
            )));
        };
        if let Task::Classification { classes } = spec.task {
            return Ok(Self { count: classes, shape: None });
        }
        let count = target.numel().ok_or("zoo models predict targets of fixed size")?;
        let shape = (target.shape.len() != 1).then(|| [&[-1], &target.shape[..]].concat());
        Ok(Self { count, shape })
    }

    /// `[batch, count]` to the target's shape.
    pub(crate) fn shaped(&self, output: Tensor) -> Vec<Tensor> {
        vec![match &self.shape {
            Some(shape) => output.reshape(shape),
            None => output,
        }]
    }
}

/// The first input, which must have this type and so many axes.
pub(crate) fn input(spec: &DataSpec, dtype: FieldType, axes: usize) -> Result<&Field> {
    let field = spec.inputs.first().ok_or("the data has no inputs")?;
    if field.dtype != dtype || field.shape.len() != axes {
        return Err(Error::new(format!(
            "field '{}' has shape {:?} and type {:?}; this model takes {dtype:?} with {axes} axes",
            field.name, field.shape, field.dtype
        )));
    }
    Ok(field)
}
