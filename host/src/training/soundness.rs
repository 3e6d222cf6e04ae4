//! Whether the losses of a stage are finite.

use tch::{Device, Kind, Tensor};

/// Tells a loss that is NaN or infinite, and sees to it that nothing is updated from there on.
#[derive(Debug)]
pub(super) enum Soundness {
    /// Each loss is read at once.
    Read,
    /// A GPU works through steps that were queued ahead: to read each loss would be to wait for each step. It is told itself
    /// to leave out the updates, and asked now and then.
    Asked {
        /// `[]`: 1 from the first loss on that is not finite, 0 before.
        spoilt: Tensor,
    },
}

impl Soundness {
    /// For losses on this device.
    pub(super) fn on(device: Device) -> Self {
        if device.is_cuda() { Self::asked(device) } else { Self::Read }
    }

    fn asked(device: Device) -> Self {
        Self::Asked { spoilt: Tensor::zeros([0_i64; 0], (Kind::Float, device)) }
    }

    /// Whether this loss and those before it are finite; what is only asked now and then counts as finite unless `look`.
    pub(super) fn holds(&mut self, loss: &Tensor, look: bool) -> bool {
        match self {
            Self::Read => loss.double_value(&[]).is_finite(),
            Self::Asked { spoilt } => {
                let now = loss.detach().isfinite().logical_not().to_kind(Kind::Float);
                *spoilt = spoilt.maximum(&now);
                !look || spoilt.double_value(&[]) == 0.0
            }
        }
    }

    /// `[]`: 1 where the update is to be left out, if that is not known here.
    pub(super) fn spoilt(&self) -> Option<&Tensor> {
        match self {
            Self::Read => None,
            Self::Asked { spoilt } => Some(spoilt),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_loss_that_is_not_finite_is_remembered() {
        for bad in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            let (good, bad) = (Tensor::from(0.5_f32), Tensor::from(bad));
            let mut read = Soundness::on(Device::Cpu);
            assert!(read.holds(&good, false) && !read.holds(&bad, false) && read.spoilt().is_none());
            let mut asked = Soundness::asked(Device::Cpu);
            let spoilt = |asked: &Soundness| asked.spoilt().map(|number| number.double_value(&[]));
            assert!(asked.holds(&good, true));
            assert_eq!(spoilt(&asked), Some(0.0));
            assert!(asked.holds(&bad, false), "nobody looks");
            assert_eq!(spoilt(&asked), Some(1.0));
            assert!(asked.holds(&good, false) && !asked.holds(&good, true), "later losses do not hide it");
        }
    }
}
