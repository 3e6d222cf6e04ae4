//! The representations that a data set may declare: how `g` moves a field, and how a generator does.
//!
//! A field may hold copies: the axes of its representation come last. Direct sums are several fields, so nothing
//! here knows of them. Both functions are differentiable in the group element, the generator and the field.

mod packed;
#[cfg(test)]
mod tests;

use crate::torch::{Originals, moved_by_small};
use packed::Packing;
use semola_plugin_api::Representation;
use tch::Tensor;

/// `ρ(g)` on a field: `g` is `[batch, n, n]`, the field `[batch, …]` with the axes of its representation last.
pub(super) fn act(representation: Representation, g: &Tensor, field: &Tensor) -> Tensor {
    match representation {
        Representation::Vector => moved(g, field),
        Representation::Covector => moved(&g.inverse().transpose(1, 2), field),
        Representation::Matrix => {
            let (g, matrices) = against_matrices(g, field);
            g.matmul(&matrices).matmul(&g.transpose(-2, -1)).reshape(field.size())
        }
        Representation::Symmetric | Representation::Antisymmetric => {
            let packing = Packing::new(representation, g.size()[2], field.device());
            packing.pack(&act(Representation::Matrix, g, &packing.unpack(field)))
        }
        Representation::Scalar | Representation::Image | Representation::Custom => field.shallow_clone(),
    }
}

/// `dρ(L)` on a field: `generator` is `[n, n]`.
pub(super) fn tangent(representation: Representation, generator: &Tensor, field: &Tensor) -> Tensor {
    match representation {
        Representation::Vector => field.matmul(&generator.transpose(0, 1)),
        Representation::Covector => -field.matmul(generator),
        Representation::Matrix => generator.matmul(field) + field.matmul(&generator.transpose(0, 1)),
        Representation::Symmetric | Representation::Antisymmetric => {
            let packing = Packing::new(representation, generator.size()[1], field.device());
            packing.pack(&tangent(Representation::Matrix, generator, &packing.unpack(field)))
        }
        Representation::Scalar | Representation::Image | Representation::Custom => field.zeros_like(),
    }
}

/// `g x` for every vector of `[batch, …, n]` and its sample's matrix of `[batch, n, n]`.
fn moved(g: &Tensor, field: &Tensor) -> Tensor {
    if let Some(moved) = moved_by_small(g, std::slice::from_ref(field), Originals::Dropped) {
        return moved.into_iter().next().expect("as many as fields");
    }
    let size = field.size();
    field.reshape([size[0], -1, g.size()[2]]).bmm(&g.transpose(1, 2)).reshape(size)
}

/// `[batch, 1, n, n]` and `[batch, count, n, n]`.
fn against_matrices(g: &Tensor, field: &Tensor) -> (Tensor, Tensor) {
    let n = g.size()[2];
    (g.unsqueeze(1), field.reshape([field.size()[0], -1, n, n]))
}
