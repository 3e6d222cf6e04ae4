//! Random data of the usual kinds, for components whose plugin brings no data.

use super::{SAMPLES, Sample};
use crate::data::Samples;
use semola_plugin_api::{DataSpec, Field, FieldType, Representation, Task};
use tch::{Device, Kind, Tensor};

/// Vectors to vectors, points to a number, points or momenta or an image or tokens to a class, numbers to numbers.
pub(super) fn all() -> Vec<Sample> {
    let label = Field { dtype: FieldType::I64, ..Field::new("label", [0; 0], Representation::Scalar) };
    let classes = Task::Classification { classes: 4 };
    let tokens = Field { dtype: FieldType::I64, ..Field::new("tokens", [12], Representation::Scalar) };
    let image = |size| Field::new("image", [1, size, size], Representation::Image);
    [
        ("random vectors", 2, Field::vectors("x", 4, 2), Field::vectors("y", 4, 2), Task::Regression),
        (
            "random points in space",
            3,
            Field::vectors("points", 16, 3),
            Field::scalars("y", 1),
            Task::Regression,
        ),
        ("random labelled points", 3, Field::vectors("points", 16, 3), label.clone(), classes),
        ("random labelled images", 3, image(28), label.clone(), classes),
        ("random momenta", 4, Field::vectors("momenta", 16, 4), label.clone(), classes),
        ("random tokens", 2, tokens, label, classes),
        ("random numbers", 2, Field::scalars("x", 6), Field::scalars("y", 2), Task::Regression),
    ]
    .map(|(origin, n, input, target, task)| {
        let samples = Samples { inputs: vec![draw(&input, task)], targets: vec![draw(&target, task)] };
        let spec = DataSpec { n, inputs: vec![input], targets: vec![target], task, reference: None };
        Sample { origin: origin.into(), spec, samples }
    })
    .into()
}

fn draw(field: &Field, task: Task) -> Tensor {
    let shape: Vec<i64> = std::iter::once(SAMPLES).chain(field.shape.iter().copied()).collect();
    match (field.dtype, task) {
        (FieldType::I64, Task::Classification { classes }) => {
            Tensor::randint(classes, &shape[..], (Kind::Int64, Device::Cpu))
        }
        (FieldType::I64, Task::Regression) => Tensor::zeros(&shape[..], (Kind::Int64, Device::Cpu)),
        (FieldType::F32, _) => Tensor::randn(&shape[..], (Kind::Float, Device::Cpu)),
    }
}
