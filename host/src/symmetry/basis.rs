//! A basis of a Lie algebra, known or learned.

use super::Candidates;
use crate::torch::orthonormal_of_few;
use tch::Tensor;

/// Generators, fixed or learned.
#[derive(Debug)]
pub enum Basis {
    /// Known generators `[k, n, n]`, and how they act on the targets if not as declared.
    Fixed {
        /// `[k, n, n]`
        generators: Tensor,
        /// `[k, m, m]` on all target numbers side by side.
        output: Option<Tensor>,
    },
    /// Generators that are trained.
    Learned(Learned),
}

/// A basis in training: the rows of `weight`, under a constraint, are the generators' coordinates among the candidates.
#[derive(Debug)]
pub struct Learned {
    /// `[k, count]`
    weight: Tensor,
    /// The candidates' directions `[count, n, n]`.
    directions: Candidates,
    constraint: Constraint,
    /// For a learned output representation, the image of each candidate direction `[count, m, m]`: a representation
    /// is linear on the algebra, so the generators' images are the same combinations as the generators.
    images: Option<Tensor>,
}

/// What keeps a learned basis from shrinking or collapsing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Constraint {
    /// Orthonormal in the data metric: neither norm nor independence needs a loss term.
    Orthonormal,
    /// Each generator of norm 1 in the data metric; independence is left to the loss.
    Norm,
}

impl Basis {
    /// Known generators that act on the targets as declared.
    pub fn fixed(generators: Tensor) -> Self {
        Self::Fixed { generators, output: None }
    }

    /// A learned basis, orthonormal, that starts at coordinates `[k, count]`.
    pub fn learned(start: &Tensor, directions: Candidates) -> Self {
        Self::Learned(Learned::new(start, directions, Constraint::Orthonormal, None))
    }

    /// `[k, n, n]`, differentiable in what is trained.
    pub fn generators(&self) -> Tensor {
        match self {
            Self::Fixed { generators, .. } => generators.shallow_clone(),
            Self::Learned(learned) => learned.generators(),
        }
    }

    /// How the generators act on the targets, `[k, m, m]`, where that is not as declared.
    pub fn output(&self) -> Option<Tensor> {
        match self {
            Self::Fixed { output, .. } => output.as_ref().map(Tensor::shallow_clone),
            Self::Learned(learned) => {
                let images = learned.images.as_ref()?;
                let m = images.size()[1];
                Some(learned.coordinates().matmul(&images.flatten(1, 2)).reshape([-1, m, m]))
            }
        }
    }

    /// What is trained, by name; empty for a fixed basis.
    pub fn trained(&self) -> Vec<(&'static str, &Tensor)> {
        match self {
            Self::Fixed { .. } => Vec::new(),
            Self::Learned(learned) => {
                let images = learned.images.as_ref().map(|images| ("images", images));
                std::iter::once(("weight", &learned.weight)).chain(images).collect()
            }
        }
    }

    /// The basis as it is now, no longer trained.
    pub fn frozen(&self) -> Self {
        Self::Fixed {
            generators: self.generators().detach(),
            output: self.output().map(|output| output.detach()),
        }
    }
}

impl Learned {
    /// Starts at coordinates `[k, count]`, with the images `[count, m, m]` of a learned output representation.
    pub fn new(
        start: &Tensor,
        directions: Candidates,
        constraint: Constraint,
        images: Option<&Tensor>,
    ) -> Self {
        let leaf = |tensor: &Tensor| tensor.detach().copy().set_requires_grad(true);
        Self { weight: leaf(start), directions, constraint, images: images.map(leaf) }
    }

    /// `[k, count]`
    pub fn weight(&self) -> &Tensor {
        &self.weight
    }

    /// The candidates.
    pub fn directions(&self) -> &Candidates {
        &self.directions
    }

    /// `[k, n, n]`
    fn generators(&self) -> Tensor {
        let at_once = (self.constraint == Constraint::Orthonormal)
            .then(|| orthonormal_of_few(&self.weight, Some(self.directions.directions())));
        at_once.flatten().unwrap_or_else(|| self.directions.combine(&self.coordinates()))
    }

    /// The generators' coordinates among the candidates, `[k, count]`, under the constraint.
    pub fn coordinates(&self) -> Tensor {
        match self.constraint {
            Constraint::Orthonormal => orthonormal_rows(&self.weight),
            Constraint::Norm => unit_rows(&self.weight),
        }
    }
}

/// Each row over its norm.
pub fn unit_rows(weight: &Tensor) -> Tensor {
    weight / weight.square().sum_dim_intlist([1_i64].as_slice(), true, weight.kind()).sqrt()
}

/// Gram–Schmidt; by QR with the signs of the input kept where there is nothing faster.
fn orthonormal_rows(weight: &Tensor) -> Tensor {
    orthonormal_of_few(weight, None).unwrap_or_else(|| {
        if weight.size()[0] == 1 {
            return unit_rows(weight);
        }
        let (q, r) = Tensor::linalg_qr(&weight.transpose(0, 1), "reduced");
        (q * r.diagonal(0, 0, 1).sign().detach()).transpose(0, 1)
    })
}
