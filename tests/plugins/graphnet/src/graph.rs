//! Who hears whom: for each node the nodes whose messages it receives, and reading and averaging along these edges.
//!
//! Edges are lists of one length for every node, `[batch, receivers, heard]`, with a mask: a receiver may have fewer
//! nodes about it than the list is long. No node hears itself or padding.

use semola_plugin_api::{DType, Tensor};

/// Farther than any neighbour.
const FAR: f64 = 1e30;

/// The edges of a batch of graphs.
pub(crate) struct Edges {
    /// Who is heard, by place: `[batch, receivers · heard]`, integers.
    senders: Tensor,
    /// 1 for an edge, 0 for none: `[batch, receivers, heard, 1]`.
    exist: Tensor,
}

impl Edges {
    /// Everyone hears all others. `present` is `[batch, nodes]`.
    pub(crate) fn all(present: &Tensor) -> Self {
        let (batch, nodes) = (present.size_of(0), present.size_of(1));
        let from = |first: i64| Tensor::arange(first, nodes, 1, DType::I64, present.device());
        // Node k hears k + 1, k + 2, …, past the end, to k − 1.
        let others = (from(0).unsqueeze(1) + from(1)).remainder_scalar(nodes);
        let senders = others.reshape(&[1, -1]).expand(&[batch, nodes * (nodes - 1)]);
        let exist = present.gather(1, &senders).reshape(&[batch, nodes, nodes - 1, 1]);
        Self { senders, exist }
    }

    /// Everyone hears the `count` nearest, by Euclid's distance of `coordinates` `[batch, nodes, d]`. That is all that
    /// distances are for: no number of theirs, and no gradient, goes on.
    pub(crate) fn nearest(count: i64, coordinates: &Tensor, present: &Tensor) -> Self {
        let (batch, nodes) = (present.size_of(0), present.size_of(1));
        let absent = present.eq_scalar(0.0).unsqueeze(1);
        let itself = Tensor::eye(nodes, DType::Bool, present.device()).unsqueeze(0);
        let distances = coordinates.detach().cdist(&coordinates.detach(), 2.0);
        let distances = distances.masked_fill(&absent.logical_or(&itself), FAR);
        let (found, senders) = distances.topk(count.min(nodes - 1), 2, false, true);
        Self {
            senders: senders.reshape(&[batch, -1]),
            exist: found.lt_scalar(FAR).to_dtype(DType::F32).unsqueeze(-1),
        }
    }

    /// What each receiver hears of `x` `[batch, nodes, width]`: `[batch, receivers, heard, width]`.
    pub(crate) fn heard(&self, x: &Tensor) -> Tensor {
        let (batch, nodes, width) = (x.size_of(0), x.size_of(1), x.size_of(2));
        let index = self.senders.unsqueeze(-1).expand(&[-1, -1, width]);
        x.gather(1, &index).reshape(&[batch, nodes, self.exist.size_of(2), width])
    }

    /// The mean over what each receiver hears, 0 where it hears nothing: `[batch, receivers, heard, width]` to
    /// `[batch, receivers, width]`.
    pub(crate) fn mean(&self, messages: &Tensor) -> Tensor {
        let sum = (messages * &self.exist).sum_dim(&[2], false);
        sum / self.exist.sum_dim(&[2], false).clamp_min(1.0)
    }
}
