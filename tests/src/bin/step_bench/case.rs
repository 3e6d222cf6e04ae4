use std::str::FromStr;

/// What is trained, and how.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// Whether a generator is learned beside the network.
    pub(crate) joint: bool,
    /// What network on what data.
    pub(crate) network: Network,
    /// Samples a step.
    pub(crate) batch: i64,
}

/// A network of a plugin, and the data that it is made for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Network {
    /// mlp/mlp on the two-body problem.
    Mlp {
        /// Neurons of a hidden layer.
        width: i64,
        /// Hidden layers.
        depth: i64,
    },
    /// mlp/mlp of the size that LieGAN takes for the two-body problem, with ReLU and the five terms of the paper.
    Paper,
    /// images/cnn with the channels of its experiment, on pictures of 28 × 28 pixels in ten classes.
    Cnn,
    /// pointnet/pointnet with its defaults, on clouds of 96 points with three numbers to tell.
    PointNet,
    /// molecules/transformer with the options of its experiment, on sets of 12 to 29 atoms with one number to tell.
    Transformer,
}

impl FromStr for Case {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let wrong = || format!("'{text}' is not a case; one is joint/mlp64/b192");
        let [kind, model, batch] = text.split('/').collect::<Vec<_>>()[..] else {
            return Err(wrong());
        };
        let joint = match kind {
            "plain" => false,
            "joint" => true,
            _ => return Err(wrong()),
        };
        let network = match model {
            "mlp64" => Network::Mlp { width: 64, depth: 3 },
            "mlp128" => Network::Mlp { width: 128, depth: 2 },
            "mlp512" => Network::Mlp { width: 512, depth: 2 },
            "paper512" if joint => Network::Paper,
            "cnn" => Network::Cnn,
            "pointnet" => Network::PointNet,
            "molecules" => Network::Transformer,
            _ => return Err(wrong()),
        };
        let batch = batch.strip_prefix('b').and_then(|batch| batch.parse().ok()).filter(|&batch| batch > 0);
        Ok(Self { joint, network, batch: batch.ok_or_else(wrong)? })
    }
}
