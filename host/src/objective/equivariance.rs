use super::{Evaluated, Term, distance};
use tch::Tensor;

/// `‖f(gx) − ρ(g) f(x)‖²`, or the Jensen–Shannon divergence of the two for classification. A weight of 10
/// destroys the discovery: every generator becomes a symmetry of a constant backbone.
#[derive(Clone, Copy, Debug)]
pub struct Equivariance {
    /// Factor in the loss.
    pub weight: f64,
}

impl Term for Equivariance {
    fn name(&self) -> &'static str {
        "equivariance"
    }

    fn weight(&self) -> f64 {
        self.weight
    }

    fn value(&self, evaluated: &Evaluated) -> Tensor {
        error(evaluated)
    }
}

pub(super) fn error(evaluated: &Evaluated) -> Tensor {
    let moved = evaluated.moved();
    let expected = moved.expected.as_ref().expect("objectives with this term compare");
    distance::between(evaluated.supervision.task, &moved.predictions, expected)
}
