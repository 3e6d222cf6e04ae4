use super::{Collective, Lost};
use tch::{Device, Kind, Tensor};

/// Sums of tensors over all processes; undefined ones (nothing hangs on them) stay so.
///
/// # Errors
/// [`Lost`].
pub fn sum(group: &dyn Collective, tensors: Vec<Tensor>) -> Result<Vec<Tensor>, Lost> {
    exchange(tensors, |numbers| group.sum(numbers))
}

/// Gives tensors the values that those of the first process have.
///
/// # Errors
/// [`Lost`].
pub fn of_the_first(group: &dyn Collective, tensors: Vec<Tensor>) -> Result<(), Lost> {
    if group.size() == 1 {
        return Ok(());
    }
    let values =
        exchange(tensors.iter().map(Tensor::detach).collect(), |numbers| group.of_the_first(numbers))?;
    tch::no_grad(|| {
        for (mut tensor, value) in tensors.into_iter().zip(values) {
            tensor.copy_(&value);
        }
    });
    Ok(())
}

/// The numbers that the first process has, to the last bit: what is decided by them is decided alike, also by processors that
/// round otherwise.
///
/// # Errors
/// [`Lost`].
pub fn numbers_of_the_first(group: &dyn Collective, numbers: Vec<f64>) -> Result<Vec<f64>, Lost> {
    if group.size() == 1 {
        return Ok(numbers);
    }
    // A message is of 32 bits a number, which nobody calculates with on the way.
    let halves =
        |number: f64| [number.to_bits() >> 32, number.to_bits()].map(|half| f32::from_bits(half as u32));
    let message = group.of_the_first(numbers.into_iter().flat_map(halves).collect())?;
    let whole = |half: &[f32]| (u64::from(half[0].to_bits()) << 32) | u64::from(half[1].to_bits());
    Ok(message.chunks_exact(2).map(|halves| f64::from_bits(whole(halves))).collect())
}

/// One message of all numbers, as 32-bit floats: they go by gradients' precision, and counters are small.
fn exchange(
    tensors: Vec<Tensor>,
    message: impl FnOnce(Vec<f32>) -> Result<Vec<f32>, Lost>,
) -> Result<Vec<Tensor>, Lost> {
    let flat: Vec<Tensor> = tensors
        .iter()
        .filter(|tensor| tensor.defined())
        .map(|tensor| tensor.to_device(Device::Cpu).to_kind(Kind::Float).reshape([-1]))
        .collect();
    if flat.is_empty() {
        return Ok(tensors);
    }
    let all = Tensor::cat(&flat, 0);
    let mut numbers = vec![0.0_f32; all.numel()];
    all.copy_data(&mut numbers, all.numel());
    let all = Tensor::from_slice(&message(numbers)?);
    let mut start = 0;
    let back = tensors.into_iter().map(|tensor| {
        if !tensor.defined() {
            return tensor;
        }
        let count = tensor.numel() as i64;
        let part = all.narrow(0, start, count).reshape(tensor.size());
        start += count;
        part.to_kind(tensor.kind()).to_device(tensor.device())
    });
    Ok(back.collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Two processes of which the other one has the double of everything.
    #[derive(Debug)]
    struct Double;

    impl Collective for Double {
        fn rank(&self) -> usize {
            1
        }

        fn size(&self) -> usize {
            2
        }

        fn sum(&self, numbers: Vec<f32>) -> Result<Vec<f32>, Lost> {
            Ok(numbers.into_iter().map(|number| 3.0 * number).collect())
        }

        fn of_the_first(&self, numbers: Vec<f32>) -> Result<Vec<f32>, Lost> {
            Ok(numbers.into_iter().map(|number| 2.0 * number).collect())
        }
    }

    /// The second of two processes, of which the first one sends this.
    #[derive(Debug)]
    struct Second(std::sync::Mutex<Vec<f32>>);

    impl Collective for Second {
        fn rank(&self) -> usize {
            1
        }

        fn size(&self) -> usize {
            2
        }

        fn sum(&self, _: Vec<f32>) -> Result<Vec<f32>, Lost> {
            Err(Lost { size: 2 })
        }

        fn of_the_first(&self, numbers: Vec<f32>) -> Result<Vec<f32>, Lost> {
            Ok(std::mem::replace(&mut self.0.lock().expect("one thread"), numbers))
        }
    }

    #[test]
    fn numbers_arrive_to_the_last_bit() {
        let measured = vec![0.1, -1.0 / 3.0, f64::INFINITY, f64::MIN_POSITIVE / 3.0, 0.0];
        let group = Second(std::sync::Mutex::default());
        // What this call sends is what the next one is answered.
        numbers_of_the_first(&group, measured.clone()).expect("nobody is lost");
        let others = vec![1.0; measured.len()];
        assert_eq!(numbers_of_the_first(&group, others).expect("nobody is lost"), measured);
    }

    #[test]
    fn every_tensor_gets_its_own_numbers() {
        let (a, b) = (Tensor::from_slice(&[1.0_f32, 2.0]).reshape([2, 1]), Tensor::from(5_i64));
        let sums =
            sum(&Double, vec![a.shallow_clone(), Tensor::new(), b.shallow_clone()]).expect("nobody is lost");
        assert!(sums[0].equal(&(&a * 3.0)) && !sums[1].defined() && sums[2].equal(&Tensor::from(15_i64)));
        // A parameter that lies otherwise in memory.
        let weights = Tensor::arange(6, (Kind::Float, Device::Cpu)).reshape([2, 3]).transpose(0, 1);
        let expected = &weights * 2.0;
        of_the_first(&Double, vec![weights.shallow_clone().set_requires_grad(true)]).expect("nobody is lost");
        assert!(weights.equal(&expected));
    }
}
