use super::Tensor;
use std::ops::{Add, Div, Mul, Neg, Sub};

macro_rules! binary {
    ($trait:ident, $method:ident, $scalar:ident) => {
        impl $trait<&Tensor> for &Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: &Tensor) -> Tensor {
                Tensor::$method(self, other)
            }
        }
        impl $trait<&Tensor> for Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: &Tensor) -> Tensor {
                Tensor::$method(&self, other)
            }
        }
        impl $trait<Tensor> for &Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: Tensor) -> Tensor {
                Tensor::$method(self, &other)
            }
        }
        impl $trait<Tensor> for Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: Tensor) -> Tensor {
                Tensor::$method(&self, &other)
            }
        }
        impl $trait<f64> for &Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: f64) -> Tensor {
                self.$scalar(other)
            }
        }
        impl $trait<f64> for Tensor {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, other: f64) -> Tensor {
                self.$scalar(other)
            }
        }
    };
}
macro_rules! number_first {
    ($trait:ident, $method:ident, $number:ident, $tensor:ident => $result:expr) => {
        impl $trait<&Tensor> for f64 {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, $tensor: &Tensor) -> Tensor {
                let $number = self;
                $result
            }
        }
        impl $trait<Tensor> for f64 {
            type Output = Tensor;
            #[track_caller]
            fn $method(self, tensor: Tensor) -> Tensor {
                self.$method(&tensor)
            }
        }
    };
}
number_first!(Add, add, number, tensor => tensor.add_scalar(number));
number_first!(Sub, sub, number, tensor => tensor.rsub_scalar(number));
number_first!(Mul, mul, number, tensor => tensor.mul_scalar(number));
number_first!(Div, div, number, tensor => tensor.reciprocal().mul_scalar(number));

binary!(Add, add, add_scalar);
binary!(Sub, sub, sub_scalar);
binary!(Mul, mul, mul_scalar);
binary!(Div, div, div_scalar);

impl Neg for &Tensor {
    type Output = Tensor;
    #[track_caller]
    fn neg(self) -> Tensor {
        Tensor::neg(self)
    }
}

impl Neg for Tensor {
    type Output = Tensor;
    #[track_caller]
    fn neg(self) -> Tensor {
        Tensor::neg(&self)
    }
}
