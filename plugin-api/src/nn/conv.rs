use super::{Init, Params};
use crate::Tensor;

/// Shape and stride of a convolution over `N` axes; `ConvOptions::new(3)` has stride 1, no padding, no
/// dilation, one group and a bias.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct ConvOptions<const N: usize> {
    /// Size of the kernel.
    pub kernel: [i64; N],
    /// Step between two windows.
    pub stride: [i64; N],
    /// Zeros added on both sides.
    pub padding: [i64; N],
    /// Step between two elements of the kernel.
    pub dilation: [i64; N],
    /// Groups of channels that do not see each other; divides both channel counts.
    pub groups: i64,
    /// Whether each output channel has a bias.
    pub bias: bool,
}

impl<const N: usize> ConvOptions<N> {
    /// A kernel of this size along every axis.
    pub const fn new(kernel: i64) -> Self {
        Self { kernel: [kernel; N], stride: [1; N], padding: [0; N], dilation: [1; N], groups: 1, bias: true }
    }

    /// With this stride along every axis.
    pub const fn stride(mut self, stride: i64) -> Self {
        self.stride = [stride; N];
        self
    }

    /// With this padding along every axis.
    pub const fn padding(mut self, padding: i64) -> Self {
        self.padding = [padding; N];
        self
    }

    /// With this dilation along every axis.
    pub const fn dilation(mut self, dilation: i64) -> Self {
        self.dilation = [dilation; N];
        self
    }

    /// With this many groups.
    pub const fn groups(mut self, groups: i64) -> Self {
        self.groups = groups;
        self
    }

    /// With or without a bias.
    pub const fn bias(mut self, bias: bool) -> Self {
        self.bias = bias;
        self
    }

    /// Inputs that one output sums over.
    fn fan_in(&self, inputs: i64) -> i64 {
        inputs / self.groups * self.kernel.iter().product::<i64>()
    }

    fn weight_shape(&self, inputs: i64, outputs: i64) -> Vec<i64> {
        [outputs, inputs / self.groups].into_iter().chain(self.kernel).collect()
    }
}

macro_rules! convolution {
    ($(#[$doc:meta])* $layer:ident, $axes:literal, $method:ident, $(#[$shapes:meta])*) => {
        $(#[$doc])*
        #[derive(Clone, Debug)]
        pub struct $layer {
            weight: Tensor,
            bias: Option<Tensor>,
            options: ConvOptions<$axes>,
        }

        impl $layer {
            /// From `inputs` to `outputs` channels: parameters `weight` and `bias`, uniform in `±1/√fan_in`.
            pub fn new(params: &Params, inputs: i64, outputs: i64, options: ConvOptions<$axes>) -> Self {
                let init = Init::fan_in(options.fan_in(inputs));
                Self {
                    weight: params.parameter("weight", &options.weight_shape(inputs, outputs), init),
                    bias: options.bias.then(|| params.parameter("bias", &[outputs], init)),
                    options,
                }
            }

            $(#[$shapes])*
            #[track_caller]
            pub fn forward(&self, x: &Tensor) -> Tensor {
                let ConvOptions { stride, padding, dilation, groups, .. } = &self.options;
                x.$method(&self.weight, self.bias.as_ref(), stride, padding, dilation, *groups)
            }
        }
    };
}

convolution! {
    /// Convolution along one axis: weight `[outputs, inputs / groups, kernel]`.
    Conv1d, 1, conv1d,
    /// `[batch, inputs, length] → [batch, outputs, length']`.
}

convolution! {
    /// Convolution of images: weight `[outputs, inputs / groups, kernel height, kernel width]`.
    Conv2d, 2, conv2d,
    /// `[batch, inputs, height, width] → [batch, outputs, height', width']`.
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_and_kernel_decide_fan_in_and_shape() {
        let options = ConvOptions::<2>::new(3).groups(2);
        assert_eq!(options.fan_in(8), 36);
        assert_eq!(options.weight_shape(8, 6), [6, 4, 3, 3]);
        let uneven = ConvOptions::<2> { kernel: [3, 5], ..ConvOptions::new(1) };
        assert_eq!(uneven.fan_in(4), 60);
        assert_eq!(ConvOptions::<1>::new(7).weight_shape(2, 3), [3, 2, 7]);
    }
}
