//! The tasks, one file a family.

mod broken;
mod chirality;
mod control;
mod covectors;
mod dilation;
mod inertia;
mod invariant;
mod lorentz;
mod oscillator;
mod partial_rotation;
mod permutation;
mod point_set;
mod stress;
mod torque;
mod triangles;
mod vector;

pub(crate) use broken::{Anisotropic, WeakDirection};
pub(crate) use chirality::{Achiral, Chiral};
pub(crate) use control::Control;
pub(crate) use covectors::Covectors;
pub(crate) use dilation::Dilation;
pub(crate) use inertia::Inertia;
pub(crate) use invariant::{Invariant, InvariantControl};
pub(crate) use lorentz::{Lorentz, So21};
pub(crate) use oscillator::Oscillator;
pub(crate) use partial_rotation::PartialRotation;
pub(crate) use permutation::Permutation;
pub(crate) use point_set::PointSet;
pub(crate) use stress::Stress;
pub(crate) use torque::Torque;
pub(crate) use triangles::Triangles;
pub(crate) use vector::Vector;
#[cfg(test)]
pub(crate) use vector::cross;
