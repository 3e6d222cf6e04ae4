use super::bridge::semola_autocast;
use tch::Device;

/// Does something with automatic mixed precision: operators that lose little by it compute in bfloat16.
pub fn in_bfloat16<T>(device: Device, body: impl FnOnce() -> T) -> T {
    /// What it was before, also where `body` panics.
    struct Before(bool, bool);
    impl Drop for Before {
        fn drop(&mut self) {
            semola_autocast(self.0, self.1);
        }
    }
    let cuda = device.is_cuda();
    let _before = Before(cuda, semola_autocast(cuda, true));
    body()
}

#[cfg(test)]
mod tests {
    use super::*;
    use tch::{Kind, Tensor};

    #[test]
    fn products_are_short_inside_and_only_there() {
        let weight = (Tensor::eye(3, (Kind::Float, Device::Cpu)) / 3.0).set_requires_grad(true);
        let product = || weight.matmul(&weight);
        let short = in_bfloat16(Device::Cpu, || in_bfloat16(Device::Cpu, product));
        assert_eq!((short.kind(), product().kind()), (Kind::BFloat16, Kind::Float));
        // 1/9 to three digits, and a gradient in the parameter's own kind.
        let error = (short.double_value(&[0, 0]) * 9.0 - 1.0).abs();
        assert!(error > 1e-6 && error < 1e-2, "{error}");
        let gradient = Tensor::run_backward(&[short.sum(Kind::Float)], &[&weight], false, false).remove(0);
        assert_eq!(gradient.kind(), Kind::Float);

        let spoilt = std::panic::catch_unwind(|| in_bfloat16(Device::Cpu, || panic!("on purpose")));
        assert!(spoilt.is_err());
        assert_eq!(product().kind(), Kind::Float);
        // A parameter that has changed meanwhile is cast again.
        let _ = tch::no_grad(|| weight.shallow_clone().fill_(1.0));
        assert_eq!(in_bfloat16(Device::Cpu, product).double_value(&[0, 0]), 3.0);
    }
}
