/// The one-cycle learning rate (Smith & Topin 2018), with the shape and the constants of PyTorch's
/// `OneCycleLR`: cosine from `peak / 25` up to `peak`, then down to `peak / 25 / 1e4`.
#[derive(Clone, Copy, Debug)]
pub struct OneCycle {
    /// Largest learning rate.
    pub peak: f64,
    /// Steps of the whole cycle.
    pub steps: u64,
}

/// Part of the steps in which the rate rises.
const RISE: f64 = 0.1;
const START: f64 = 1.0 / 25.0;
const END: f64 = START / 1e4;

impl OneCycle {
    /// The rate of a step, counted from 0.
    pub fn rate(&self, step: u64) -> f64 {
        let top = RISE * self.steps as f64 - 1.0;
        let last = self.steps as f64 - 1.0;
        let step = step as f64;
        let (from, to, part) = if step < top {
            (START, 1.0, step / top)
        } else {
            (1.0, END, (step - top) / (last - top).max(1.0))
        };
        let cosine = (1.0 + (std::f64::consts::PI * part.clamp(0.0, 1.0)).cos()) / 2.0;
        self.peak * (to + (from - to) * cosine)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `torch.optim.lr_scheduler.OneCycleLR(max_lr=1, total_steps=100, pct_start=0.1)`, PyTorch 2.13.
    #[test]
    fn follows_pytorch() {
        let schedule = OneCycle { peak: 1.0, steps: 100 };
        for (step, expected) in [(0, 0.04), (9, 1.0), (54, 0.500002), (99, 4e-6)] {
            assert!((schedule.rate(step) - expected).abs() < 1e-5, "{step}: {}", schedule.rate(step));
        }
    }

    #[test]
    fn short_cycles_stay_finite() {
        for steps in 1..12 {
            let schedule = OneCycle { peak: 1.0, steps };
            assert!((0..steps).all(|step| (0.0..=1.0).contains(&schedule.rate(step))), "{steps}");
        }
    }
}
