use super::Samples;
use semola_plugin_api::{DataSpec, Field, FieldType, Representation};
use serde::{Deserialize, Serialize};
use tch::{Kind, Tensor};

/// Physical value = offset + scale × what the model sees.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldScale {
    /// Subtracted first; not 0 only for scalars, which no group moves.
    pub offset: f64,
    /// One number a field: a factor for each coordinate would destroy the symmetry.
    pub scale: f64,
}

/// The scales of all fields, from the training split.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Scaling {
    /// In the order of the spec's inputs.
    pub inputs: Vec<FieldScale>,
    /// In the order of the spec's targets.
    pub targets: Vec<FieldScale>,
}

impl Scaling {
    /// Root mean square 1 for fields that the group moves linearly, mean 0 and standard deviation 1 for
    /// scalars; images, custom fields and labels stay as they are.
    pub fn fit(spec: &DataSpec, train: &Samples) -> Self {
        let scales = |fields: &[Field], tensors: &[Tensor]| -> Vec<FieldScale> {
            fields.iter().zip(tensors).map(|(field, tensor)| FieldScale::fit(field, tensor)).collect()
        };
        Self { inputs: scales(&spec.inputs, &train.inputs), targets: scales(&spec.targets, &train.targets) }
    }

    /// What the model sees.
    pub fn apply(&self, samples: Samples) -> Samples {
        let scale = |tensors: Vec<Tensor>, scales: &[FieldScale]| -> Vec<Tensor> {
            tensors.into_iter().zip(scales).map(|(tensor, scale)| scale.apply(tensor)).collect()
        };
        Samples {
            inputs: scale(samples.inputs, &self.inputs),
            targets: scale(samples.targets, &self.targets),
        }
    }
}

impl FieldScale {
    const NONE: Self = Self { offset: 0.0, scale: 1.0 };

    fn fit(field: &Field, tensor: &Tensor) -> Self {
        if field.dtype != FieldType::F32 {
            return Self::NONE;
        }
        let values = tensor.to_kind(Kind::Double);
        let mean = || values.mean(Kind::Double).double_value(&[]);
        let (offset, square) = match field.representation {
            Representation::Image | Representation::Custom => return Self::NONE,
            // A mask says which entries exist; it must stay 0 and 1.
            Representation::Scalar if is_mask(&values) => return Self::NONE,
            Representation::Scalar => {
                let offset = mean();
                (offset, (&values - offset).square().mean(Kind::Double).double_value(&[]))
            }
            // The numbers of a packed tensor share one factor as well: off-diagonal ones stand for two entries each,
            // but a factor of their own would make the packing's law another one.
            Representation::Vector
            | Representation::Covector
            | Representation::Matrix
            | Representation::Symmetric
            | Representation::Antisymmetric => (0.0, values.square().mean(Kind::Double).double_value(&[])),
        };
        // A constant field has nothing to be scaled by.
        let scale = if square > 1e-24 { square.sqrt() } else { 1.0 };
        Self { offset, scale }
    }

    /// Back to physical units.
    pub fn undo(self, tensor: &Tensor) -> Tensor {
        if self == Self::NONE { tensor.shallow_clone() } else { tensor * self.scale + self.offset }
    }

    fn apply(self, tensor: Tensor) -> Tensor {
        if self == Self::NONE { tensor } else { (tensor - self.offset) / self.scale }
    }
}

fn is_mask(values: &Tensor) -> bool {
    let binary = values.eq(0.0).logical_or(&values.eq(1.0)).all();
    bool::try_from(binary).unwrap_or(false)
}
