//! Parameters and buffers of models: the host owns them, plugins hold handles.

use super::device;
use semola_plugin_api::abi::{Init, ParamScope};
use std::collections::HashMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use tch::{Device, Kind, Tensor};

/// One parameter or buffer.
#[derive(Debug)]
pub struct Parameter {
    /// Dotted path, as in PyTorch's state dict.
    pub name: String,
    /// The value.
    pub tensor: Tensor,
    /// Whether it is trained (a parameter) or only kept (a buffer).
    pub trainable: bool,
}

/// The parameters of one model instance, in the order of their creation.
#[derive(Debug)]
pub struct ParameterStore {
    scope: ParamScope,
    parameters: Arc<Mutex<Vec<Parameter>>>,
}

type Stores = Mutex<HashMap<u64, Arc<Mutex<Vec<Parameter>>>>>;

/// Plugins name a store by number; this maps the numbers of the live ones.
fn stores() -> &'static Stores {
    static STORES: OnceLock<Stores> = OnceLock::new();
    STORES.get_or_init(Stores::default)
}

/// A panic while a list was held leaves the list as it was: each change is a single push.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ParameterStore {
    /// An empty store whose parameters will live on `device`.
    pub fn new(device: Device) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(1);
        device::use_device(device);
        let scope = ParamScope(NEXT.fetch_add(1, Ordering::Relaxed));
        let parameters = Arc::default();
        lock(stores()).insert(scope.0, Arc::clone(&parameters));
        Self { scope, parameters }
    }

    /// The number that plugins use for it.
    pub fn scope(&self) -> ParamScope {
        self.scope
    }

    /// The trained tensors, in order.
    pub fn trainable(&self) -> Vec<Tensor> {
        lock(&self.parameters).iter().filter(|p| p.trainable).map(|p| p.tensor.shallow_clone()).collect()
    }

    /// Names and values of parameters and buffers, in order.
    pub fn named(&self) -> Vec<(String, Tensor)> {
        lock(&self.parameters).iter().map(|p| (p.name.clone(), p.tensor.shallow_clone())).collect()
    }

    /// Overwrites all values with those of another store of the same names and shapes.
    ///
    /// # Errors
    /// A name is missing, or has another shape.
    pub fn copy_from(&self, other: &Self) -> Result<(), String> {
        let parameters = lock(&self.parameters);
        for (name, value) in other.named() {
            let parameter = parameters.iter().find(|p| p.name == name);
            let parameter = parameter.ok_or_else(|| format!("there is no parameter `{name}` to copy to"))?;
            if parameter.tensor.size() != value.size() {
                let (expected, found) = (parameter.tensor.size(), value.size());
                return Err(format!("parameter `{name}` has shape {expected:?}, its copy {found:?}"));
            }
            tch::no_grad(|| parameter.tensor.shallow_clone().copy_(&value));
        }
        Ok(())
    }

    /// Whether every value is finite.
    pub fn all_finite(&self) -> bool {
        lock(&self.parameters).iter().all(|p| bool::try_from(p.tensor.isfinite().all()).unwrap_or(false))
    }
}

impl Drop for ParameterStore {
    fn drop(&mut self) {
        lock(stores()).remove(&self.scope.0);
    }
}

/// Creates a parameter, or finds it: the work behind `HostApi::param_create`.
pub(super) fn create(
    scope: ParamScope,
    name: &str,
    shape: &[i64],
    init: Init,
    trainable: bool,
) -> Result<Tensor, String> {
    let store = lock(stores()).get(&scope.0).cloned();
    let store = store.ok_or("parameters can only be created while a model is being made")?;
    if name.is_empty() || name.split('.').any(str::is_empty) {
        return Err(format!("`{name}` is not a parameter name: expected words joined by dots"));
    }
    if let Some(&size) = shape.iter().find(|&&size| size < 0) {
        return Err(format!("parameter `{name}` has a negative size, {size}, in shape {shape:?}"));
    }
    let mut parameters = lock(&store);
    if let Some(known) = parameters.iter().find(|p| p.name == name) {
        if known.tensor.size() != shape || known.trainable != trainable {
            return Err(format!(
                "parameter `{name}` was created with shape {:?} and is now asked for with {shape:?}",
                known.tensor.size()
            ));
        }
        return Ok(known.tensor.shallow_clone());
    }
    let tensor = fill(shape, init)
        .and_then(|tensor| tensor.f_to_device(device::current()).map_err(|error| error.to_string()));
    let tensor = tensor.map_err(|problem| format!("parameter `{name}`: {problem}"))?;
    let tensor = if shape.len() == 4 { channels_last(&tensor) } else { tensor };
    let tensor = tensor.set_requires_grad(trainable);
    parameters.push(Parameter { name: name.to_owned(), tensor: tensor.shallow_clone(), trainable });
    Ok(tensor)
}

/// Drawn on the CPU wherever it will be: a seed gives the same start on every device.
fn fill(shape: &[i64], init: Init) -> Result<Tensor, String> {
    let _no_grad = tch::no_grad_guard();
    let mut tensor = Tensor::f_zeros(shape, (Kind::Float, Device::Cpu)).map_err(|error| error.to_string())?;
    let _ = match (init.kind, init.a, init.b) {
        (0, value, _) => tensor.fill_(value),
        (1, low, high) if low <= high => tensor.uniform_(low, high),
        (2, mean, std) if std >= 0.0 => tensor.normal_(mean, std),
        (3, gain, _) if shape.len() >= 2 => return Ok(orthogonal(shape) * gain),
        (kind, a, b) => {
            return Err(format!("initialiser {kind} with ({a}, {b}) is not one this host knows"));
        }
    };
    Ok(tensor)
}

/// The same `[out, in, height, width]` with the channels innermost in memory. Convolutions by oneDNN take the layout of
/// images from that of the weights, and this one saves them a reordering each: a sixth of the time of a small network's step.
fn channels_last(weights: &Tensor) -> Tensor {
    let size = weights.size();
    let (channels, height, width) = (size[1], size[2], size[3]);
    // The strides are written down, because of one channel libtorch would say that it lies either way.
    let strides = [channels * height * width, 1, width * channels, channels];
    weights.permute([0, 2, 3, 1]).contiguous().as_strided(size, strides, None)
}

/// `[rows, columns…]` with orthonormal rows or columns, as `torch.nn.init.orthogonal_`.
fn orthogonal(shape: &[i64]) -> Tensor {
    let (rows, columns) = (shape[0], shape[1..].iter().product::<i64>());
    let normal = Tensor::randn([rows.max(columns), rows.min(columns)], (Kind::Float, Device::Cpu));
    let (q, r) = Tensor::linalg_qr(&normal, "reduced");
    let q = q * r.diagonal(0, 0, 1).sign();
    let q = if rows < columns { q.transpose(0, 1) } else { q };
    q.contiguous().reshape(shape)
}
