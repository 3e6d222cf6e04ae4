use crate::abi::{self, ParamScope, calls};
use crate::tensor::raise;
use crate::{Result, Tensor};

/// How a new parameter is filled.
#[derive(Clone, Copy, PartialEq, Debug)]
pub enum Init {
    /// All elements equal.
    Constant(f64),
    /// Uniform in `[low, high)`.
    Uniform {
        /// Lower bound.
        low: f64,
        /// Upper bound.
        high: f64,
    },
    /// Normal.
    Normal {
        /// Mean.
        mean: f64,
        /// Standard deviation.
        std: f64,
    },
    /// (Semi-)orthogonal rows or columns, times `gain`, as `torch.nn.init.orthogonal_`.
    Orthogonal {
        /// Factor.
        gain: f64,
    },
}

impl From<Init> for abi::Init {
    fn from(init: Init) -> Self {
        let (kind, a, b) = match init {
            Init::Constant(value) => (0, value, 0.0),
            Init::Uniform { low, high } => (1, low, high),
            Init::Normal { mean, std } => (2, mean, std),
            Init::Orthogonal { gain } => (3, gain, 0.0),
        };
        Self { kind, reserved: 0, a, b }
    }
}

/// Where a model creates its parameters: a path in the host's store.
///
/// The host owns them. A parameter asked for twice under one name is the same tensor (weight sharing).
#[derive(Clone, Debug)]
pub struct Params {
    scope: ParamScope,
    path: String,
}

impl Params {
    pub(crate) fn root(scope: ParamScope) -> Self {
        Self { scope, path: String::new() }
    }

    /// A sub-path: parameters below it are named `path.name.…`.
    pub fn sub(&self, name: impl std::fmt::Display) -> Self {
        Self { scope: self.scope, path: self.full_name(name) }
    }

    fn full_name(&self, name: impl std::fmt::Display) -> String {
        if self.path.is_empty() { name.to_string() } else { format!("{}.{name}", self.path) }
    }

    /// A parameter that the host trains.
    ///
    /// # Panics
    /// When the name is taken with another shape, as an error that the host reports.
    #[track_caller]
    pub fn parameter(&self, name: &str, shape: &[i64], init: Init) -> Tensor {
        raise(self.create(name, shape, init, true))
    }

    /// A buffer: kept and saved, not trained.
    ///
    /// # Panics
    /// As [`Self::parameter`].
    #[track_caller]
    pub fn buffer(&self, name: &str, shape: &[i64], init: Init) -> Tensor {
        raise(self.create(name, shape, init, false))
    }

    fn create(&self, name: &str, shape: &[i64], init: Init, trainable: bool) -> Result<Tensor> {
        let name = self.full_name(name);
        Ok(Tensor::from_handle(calls::param_create(self.scope, &name, shape, init.into(), trainable)?))
    }
}
