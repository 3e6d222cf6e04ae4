//! The tasks, one file a family.

mod chirality;
mod control;
mod dilation;
mod inertia;
mod invariant;
mod lorentz;
mod oscillator;
mod partial_rotation;
mod permutation;
mod point_set;
mod triangles;

pub(crate) use chirality::{Achiral, Chiral};
pub(crate) use control::Control;
pub(crate) use dilation::Dilation;
pub(crate) use inertia::Inertia;
pub(crate) use invariant::{Invariant, InvariantControl};
pub(crate) use lorentz::{Lorentz, So21};
pub(crate) use oscillator::Oscillator;
pub(crate) use partial_rotation::PartialRotation;
pub(crate) use permutation::Permutation;
pub(crate) use point_set::PointSet;
pub(crate) use triangles::Triangles;
