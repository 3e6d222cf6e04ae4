//! What is predicted of an object, and which motions leave the prediction alone or turn it.

use crate::rotation::{Axis, Turns};
use crate::shape;
use nalgebra::Matrix3;
use semola_plugin_api::{Field, FieldType, Representation, Task};

/// What is predicted.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Target {
    /// A label, one of so many: it stays with the object however it is turned.
    Label {
        /// How many there are.
        classes: usize,
    },
    /// Numbers with these names that stay with the object however it is turned.
    Numbers {
        /// One a number.
        names: Vec<String>,
    },
    /// [`shape::radii`]: so(3).
    Radii,
    /// [`shape::stance`]: so(2) about the vertical, in whatever way the object is turned.
    Stance,
    /// [`shape::extents`]: nothing. A control.
    Extents,
    /// The direction that was up before the object was turned, a vector that turns along.
    Up,
}

/// What is known of an object beside its surface.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Known {
    /// Nothing: the target is measured.
    Nothing,
    /// For [`Target::Label`].
    Label(i64),
    /// For [`Target::Numbers`].
    Numbers(Vec<f64>),
}

impl Target {
    /// The fields, in order. In homogeneous coordinates a direction has a last coordinate of 0.
    pub(crate) fn fields(&self, homogeneous: bool) -> Vec<Field> {
        let scalars = |names: &[&str]| names.iter().map(|name| Field::scalars(*name, 1)).collect();
        match self {
            Self::Label { .. } => {
                let mut label = Field::new("label", [], Representation::Scalar);
                label.dtype = FieldType::I64;
                vec![label]
            }
            Self::Numbers { names } => names.iter().map(|name| Field::scalars(name, 1)).collect(),
            Self::Radii => scalars(&["major", "middle", "minor"]),
            Self::Stance => scalars(&["height", "length", "breadth"]),
            Self::Extents => scalars(&["extent_x", "extent_y", "extent_z"]),
            Self::Up => {
                vec![Field::new("up", [if homogeneous { 4 } else { 3 }], Representation::Vector)]
            }
        }
    }

    /// Regression or classification.
    pub(crate) fn task(&self) -> Task {
        match self {
            Self::Label { classes } => Task::Classification { classes: *classes as i64 },
            _ => Task::Regression,
        }
    }

    /// The rotations that leave the target alone (or turn it along) among those that the data show.
    pub(crate) fn symmetry(&self, shown: Turns) -> Turns {
        match self {
            Self::Extents => Turns::None,
            Self::Stance => shown.min(Turns::Upright),
            Self::Label { .. } | Self::Numbers { .. } | Self::Radii | Self::Up => shown,
        }
    }

    /// The numbers of the fields for a surface with these moments, turned by `turn` before they were taken.
    pub(crate) fn numbers(
        &self,
        known: &Known,
        moments: &Matrix3<f64>,
        turn: &Matrix3<f64>,
        vertical: Axis,
        homogeneous: bool,
    ) -> Vec<f64> {
        match (self, known) {
            (Self::Label { .. }, Known::Label(label)) => vec![*label as f64],
            (Self::Numbers { .. }, Known::Numbers(numbers)) => numbers.clone(),
            (Self::Radii, _) => shape::radii(moments).to_vec(),
            (Self::Stance, _) => shape::stance(moments, vertical).to_vec(),
            (Self::Extents, _) => shape::extents(moments).to_vec(),
            (Self::Up, _) => {
                let up = turn * vertical.unit();
                up.iter().copied().chain(homogeneous.then_some(0.0)).collect()
            }
            (Self::Label { .. } | Self::Numbers { .. }, _) => {
                unreachable!("a data set gives each object what its target needs")
            }
        }
    }
}
