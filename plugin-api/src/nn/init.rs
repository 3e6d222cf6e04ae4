use super::Init;

/// Initialisers under the names of `torch.nn.init`. A layer's `fan_in` is the number of inputs that one of
/// its outputs sums over: `inputs` of a linear layer, `channels / groups · kernel elements` of a convolution.
impl Init {
    /// Uniform in `±1/√fan_in`: PyTorch's default for weight and bias of linear and convolution layers,
    /// there written `kaiming_uniform_(a = √5)`.
    pub fn fan_in(fan_in: i64) -> Self {
        Self::symmetric(1.0 / (fan_in as f64).sqrt())
    }

    /// Uniform in `±gain √(3 / fan_in)` (He et al., arXiv 1502.01852): variance `gain² / fan_in`.
    pub fn kaiming_uniform(fan_in: i64, gain: f64) -> Self {
        Self::symmetric(gain * (3.0 / fan_in as f64).sqrt())
    }

    /// Normal with variance `gain² / fan_in` (He et al., arXiv 1502.01852).
    pub fn kaiming_normal(fan_in: i64, gain: f64) -> Self {
        Self::Normal { mean: 0.0, std: gain / (fan_in as f64).sqrt() }
    }

    /// Uniform in `±gain √(6 / (fan_in + fan_out))` (Glorot & Bengio, AISTATS 2010).
    pub fn xavier_uniform(fan_in: i64, fan_out: i64, gain: f64) -> Self {
        Self::symmetric(gain * (6.0 / (fan_in + fan_out) as f64).sqrt())
    }

    /// Normal with variance `2 gain² / (fan_in + fan_out)` (Glorot & Bengio, AISTATS 2010).
    pub fn xavier_normal(fan_in: i64, fan_out: i64, gain: f64) -> Self {
        Self::Normal { mean: 0.0, std: gain * (2.0 / (fan_in + fan_out) as f64).sqrt() }
    }

    fn symmetric(bound: f64) -> Self {
        Self::Uniform { low: -bound, high: bound }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Bounds and deviations as PyTorch documents them, worked out by hand.
    #[test]
    fn bounds_are_pytorchs() {
        let bound = |init| match init {
            Init::Uniform { low, high } => {
                assert_eq!(low, -high);
                high
            }
            other => panic!("{other:?} is not uniform"),
        };
        let close = |a: f64, b: f64| assert!((a - b).abs() < 1e-12, "{a} is not {b}");
        close(bound(Init::fan_in(16)), 0.25);
        // kaiming_uniform_(a = √5): gain √(2 / (1 + 5)).
        close(bound(Init::kaiming_uniform(16, (2.0_f64 / 6.0).sqrt())), bound(Init::fan_in(16)));
        close(bound(Init::kaiming_uniform(6, 2.0_f64.sqrt())), 1.0);
        close(bound(Init::xavier_uniform(64, 32, 1.0)), 0.25);
        close(bound(Init::xavier_uniform(64, 32, 5.0 / 3.0)), 5.0 / 12.0);
        assert_eq!(Init::kaiming_normal(25, 2.0), Init::Normal { mean: 0.0, std: 0.4 });
        assert_eq!(Init::xavier_normal(30, 20, 1.0), Init::Normal { mean: 0.0, std: 0.2 });
    }
}
