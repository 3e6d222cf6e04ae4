use std::str::FromStr;

/// What is trained, and how.
#[derive(Clone, Debug)]
pub(crate) struct Case {
    /// Whether a generator is learned beside the network.
    pub(crate) joint: bool,
    /// Neurons of a hidden layer.
    pub(crate) width: i64,
    /// Hidden layers.
    pub(crate) depth: i64,
    /// Samples a step.
    pub(crate) batch: i64,
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
        let (width, depth) = match model {
            "mlp64" => (64, 3),
            "mlp128" => (128, 2),
            "mlp512" => (512, 1),
            _ => return Err(wrong()),
        };
        let batch = batch.strip_prefix('b').and_then(|batch| batch.parse().ok()).filter(|&batch| batch > 0);
        Ok(Self { joint, width, depth, batch: batch.ok_or_else(wrong)? })
    }
}
