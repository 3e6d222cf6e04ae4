//! Convolutional backbones, unconstrained: nothing in them knows of rotations.

mod cnn;
mod resnet;

pub(crate) use cnn::Cnn;
pub(crate) use resnet::Resnet;

use semola_plugin_api::{DataSpec, Error, Result, Task};

/// What every model here asks of the data: one image, and a label or scalars.
struct Shapes {
    channels: i64,
    height: i64,
    width: i64,
    /// Logits or numbers that are predicted.
    outputs: i64,
    /// Shape of a prediction, without the batch.
    prediction: Vec<i64>,
}

impl Shapes {
    fn of(spec: &DataSpec, model: &str) -> Result<Self> {
        let [image] = &spec.inputs[..] else {
            let found = spec.inputs.len();
            return Err(Error::new(format!("images/{model} takes one image, found {found} input fields")));
        };
        let [channels, height, width] = image.shape[..] else {
            return Err(Error::new(format!(
                "images/{model} takes an image [channels, height, width], field `{}` has shape {:?}",
                image.name, image.shape
            )));
        };
        let [target] = &spec.targets[..] else {
            let found = spec.targets.len();
            return Err(Error::new(format!(
                "images/{model} predicts one target, found {found} target fields"
            )));
        };
        let prediction = match spec.task {
            Task::Classification { classes } => vec![classes],
            Task::Regression => target.shape.clone(),
        };
        if let Some(size) = [channels, height, width].iter().chain(&prediction).find(|&&size| size < 1) {
            return Err(Error::new(format!(
                "images/{model} takes axes of fixed length, found one of {size}"
            )));
        }
        Ok(Self { channels, height, width, outputs: prediction.iter().product(), prediction })
    }
}

fn within<T: PartialOrd + std::fmt::Display>(option: &str, value: T, least: T, most: T) -> Result<()> {
    if least <= value && value <= most {
        return Ok(());
    }
    Err(Error::new(format!("model option `{option}` is {value}, expected {least} to {most}")))
}
