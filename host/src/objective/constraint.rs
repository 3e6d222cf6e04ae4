use super::{Evaluated, Term, equivariance};
use tch::Tensor;

/// Equivariance as a constraint, `‖f(gx) − ρ(g) f(x)‖² ≤ tolerance`, with the multiplier found by dual ascent: it grows
/// while the constraint is violated and falls while there is slack (ACE, "Learning (Approximately) Equivariant Networks
/// via Constrained Optimization"). Steps are taken in the multiplier's logarithm.
#[derive(Clone, Copy, Debug)]
pub struct Constraint {
    multiplier: f64,
    tolerance: f64,
    ascent: f64,
    /// Running mean of the relative violation: single batches are noisy.
    violation: f64,
}

/// The multiplier's limits. Above, the discovery would be destroyed.
const LEAST: f64 = 1e-3;
const MOST: f64 = 5.0;
/// Weight of the past in the running mean.
const MEMORY: f64 = 0.9;

impl Constraint {
    /// From a multiplier to start with, at least 0.001.
    pub fn new(multiplier: f64, tolerance: f64, ascent: f64) -> Self {
        Self { multiplier: multiplier.clamp(LEAST, MOST), tolerance, ascent, violation: 0.0 }
    }
}

impl Term for Constraint {
    fn name(&self) -> &'static str {
        "equivariance"
    }

    fn weight(&self) -> f64 {
        self.multiplier
    }

    fn value(&self, evaluated: &Evaluated) -> Tensor {
        equivariance::error(evaluated)
    }

    fn adapts(&self) -> bool {
        true
    }

    fn adapt(&mut self, value: f64) {
        let violation = (value / self.tolerance - 1.0).clamp(-1.0, 1.0);
        self.violation = MEMORY * self.violation + (1.0 - MEMORY) * violation;
        self.multiplier = (self.multiplier * (self.ascent * self.violation).exp()).clamp(LEAST, MOST);
    }

    fn state(&self) -> Vec<f64> {
        vec![self.multiplier, self.violation]
    }

    fn restore(&mut self, state: &[f64]) {
        if let &[multiplier, violation] = state {
            (self.multiplier, self.violation) = (multiplier, violation);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_multiplier_settles_where_the_constraint_holds() {
        // A model whose equivariance error is 0.01 / multiplier, up to the tolerance at a multiplier of 2.
        let mut constraint = Constraint::new(0.0, 0.005, 0.05);
        for _ in 0..2000 {
            let error = 0.01 / constraint.weight();
            constraint.adapt(error);
        }
        assert!((constraint.weight() - 2.0).abs() < 0.05, "{}", constraint.weight());
    }

    #[test]
    fn slack_and_violation_end_at_the_limits() {
        let (mut slack, mut violated) = (Constraint::new(1.0, 0.1, 0.05), Constraint::new(1.0, 0.1, 0.05));
        for _ in 0..2000 {
            slack.adapt(0.0);
            violated.adapt(1.0);
        }
        assert_eq!((slack.weight(), violated.weight()), (LEAST, MOST));
    }
}
