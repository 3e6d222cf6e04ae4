use crate::Tensor;
use serde::{Deserialize, Serialize};

/// An element-wise activation, as an option of a model: `activation = "silu"`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Activation {
    /// `max(x, 0)`.
    Relu,
    /// `x Φ(x)`, exact.
    Gelu,
    /// `x σ(x)`.
    Silu,
    /// Hyperbolic tangent.
    Tanh,
    /// `x`, or `eˣ − 1` where negative.
    Elu,
    /// `x`, or `0.01 x` where negative.
    LeakyRelu,
    /// `1 / (1 + e⁻ˣ)`.
    Sigmoid,
    /// `ln(1 + eˣ)`.
    Softplus,
}

impl Activation {
    /// Applies it to each element.
    #[inline]
    #[track_caller]
    pub fn forward(self, x: &Tensor) -> Tensor {
        match self {
            Self::Relu => x.relu(),
            Self::Gelu => x.gelu(),
            Self::Silu => x.silu(),
            Self::Tanh => x.tanh(),
            Self::Elu => x.elu(1),
            Self::LeakyRelu => x.leaky_relu(0.01),
            Self::Sigmoid => x.sigmoid(),
            Self::Softplus => x.softplus(),
        }
    }

    /// The gain that keeps the variance through a layer with this activation, for the initialisers of
    /// [`super::Init`]; `None` where PyTorch's `calculate_gain` defines none.
    pub fn gain(self) -> Option<f64> {
        match self {
            Self::Relu => Some(2.0_f64.sqrt()),
            Self::LeakyRelu => Some((2.0_f64 / (1.0 + 0.01 * 0.01)).sqrt()),
            Self::Tanh => Some(5.0 / 3.0),
            Self::Sigmoid => Some(1.0),
            Self::Gelu | Self::Silu | Self::Elu | Self::Softplus => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Activation::{self, *};

    #[test]
    fn names_are_snake_case() {
        let names = serde_json::to_string(&[Relu, Gelu, Silu, Tanh, Elu, LeakyRelu, Sigmoid, Softplus])
            .expect("plain names serialise");
        assert_eq!(names, r#"["relu","gelu","silu","tanh","elu","leaky_relu","sigmoid","softplus"]"#);
        assert!(serde_json::from_str::<Activation>("\"swish\"").is_err());
    }

    /// As `torch.nn.init.calculate_gain`.
    #[test]
    fn gains_are_pytorchs() {
        assert_eq!(Relu.gain(), Some(std::f64::consts::SQRT_2));
        assert_eq!(LeakyRelu.gain(), Some(1.4141428569978354));
        assert_eq!(Tanh.gain(), Some(1.6666666666666667));
        assert_eq!(Sigmoid.gain(), Some(1.0));
        assert_eq!(Silu.gain(), None);
    }
}
