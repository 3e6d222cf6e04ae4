use tch::{Kind, Tensor};

/// Samples whose nearest neighbours are looked for.
const QUERIES: i64 = 500;
/// Samples among which they are.
const REFERENCES: i64 = 2000;

/// Where the training data lie: samples of the inputs, side by side.
#[derive(Debug)]
pub(super) struct Support {
    reference: Tensor,
}

impl Support {
    /// Samples that are enough to tell.
    pub(super) const SAMPLES: i64 = REFERENCES;

    /// Of inputs, of which the first samples are kept.
    pub(super) fn new(inputs: &[Tensor]) -> Self {
        Self { reference: flat(inputs, REFERENCES) }
    }

    /// Median distance of `moved` inputs to their nearest neighbour in the support, over that of `inputs`: 1 where the
    /// two have one distribution.
    pub(super) fn distance(&self, inputs: &[Tensor], moved: &[Tensor]) -> f64 {
        let nearest = |inputs: &[Tensor]| {
            let all = Tensor::cdist(&flat(inputs, QUERIES), &self.reference, 2.0, None);
            let (distances, _) = all.min_dim(1, false);
            distances.median().double_value(&[])
        };
        nearest(moved) / nearest(inputs).max(f64::MIN_POSITIVE)
    }
}

/// `[samples, numbers]`, of what a group can move.
fn flat(inputs: &[Tensor], samples: i64) -> Tensor {
    let fields: Vec<Tensor> = inputs
        .iter()
        .filter(|field| field.is_floating_point())
        .map(|field| field.narrow(0, 0, samples.min(field.size()[0])).flatten(1, -1).to_kind(Kind::Double))
        .collect();
    Tensor::cat(&fields, 1)
}
