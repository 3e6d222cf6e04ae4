use super::bridge;
use std::sync::OnceLock;
use std::sync::atomic::{AtomicI64, Ordering};
use tch::{Device, Tensor};

/// Where new tensors of plugins go: −1 for the CPU, otherwise the CUDA index.
static CURRENT: AtomicI64 = AtomicI64::new(-1);

/// What there is beside the CPU.
enum Cuda {
    /// This libtorch is one for the CPU.
    Absent,
    /// Its CUDA library does not load.
    Broken(String),
    /// Its CUDA library finds so many GPUs.
    Gpus(usize),
}

/// The first call opens libtorch's CUDA library, which takes a second that a run on the CPU need not wait.
fn cuda() -> &'static Cuda {
    static CUDA: OnceLock<Cuda> = OnceLock::new();
    CUDA.get_or_init(|| match bridge::semola_open_cuda() {
        0 if tch::Cuda::is_available() => Cuda::Gpus(tch::Cuda::device_count() as usize),
        0 => Cuda::Gpus(0),
        1 => Cuda::Absent,
        _ => Cuda::Broken(bridge::last_error()),
    })
}

/// Where tensors can be: "cpu", "cuda:0", …
///
/// # Errors
/// This libtorch has a CUDA library, and it does not load.
pub fn devices() -> Result<Vec<String>, String> {
    let gpus = match cuda() {
        Cuda::Broken(problem) => return Err(format!("libtorch's CUDA library does not load ({problem})")),
        Cuda::Gpus(count) => *count,
        Cuda::Absent => 0,
    };
    Ok(std::iter::once("cpu".to_owned()).chain((0..gpus).map(|index| format!("cuda:{index}"))).collect())
}

/// "cpu", "cuda" or "cuda:N".
///
/// # Errors
/// Another text, or a GPU that this machine or libtorch does not have.
pub fn parse_device(text: &str) -> Result<Device, String> {
    let index = match text.split_once(':') {
        None if text == "cpu" => return Ok(Device::Cpu),
        None if text == "cuda" => Some(0),
        Some(("cuda", index)) => index.parse::<usize>().ok(),
        _ => None,
    };
    let Some(index) = index else {
        return Err(format!("device is \"{text}\", expected \"cpu\", \"cuda\" or \"cuda:N\""));
    };
    let (problem, remedy) = match cuda() {
        Cuda::Gpus(count) if index < *count => return Ok(Device::Cuda(index)),
        Cuda::Gpus(count) => {
            (format!("libtorch finds {count} GPUs"), "another device that `semola-host doctor` lists")
        }
        Cuda::Absent => (
            "this libtorch is one for the CPU".into(),
            "a program that was built with a libtorch for CUDA (LIBTORCH)",
        ),
        Cuda::Broken(problem) => (
            format!("libtorch's CUDA library does not load ({problem})"),
            "install the library that is named there",
        ),
    };
    Err(format!("device is \"{text}\", but {problem}: use --device cpu, or {remedy}"))
}

/// The same on a device. A GPU is not waited for: the copy takes its place among what the GPU has still to do.
pub fn upload(tensor: &Tensor, device: Device) -> Tensor {
    tensor.to_device_(device, tensor.kind(), true, false)
}

/// Threads of libtorch's operators; 0: one a core.
pub fn set_threads(threads: usize) {
    let threads =
        if threads == 0 { std::thread::available_parallelism().map_or(1, usize::from) } else { threads };
    tch::set_num_threads(threads as i32);
}

/// New tensors of plugins go to `device` from now on.
pub fn use_device(device: Device) {
    CURRENT.store(if let Device::Cuda(index) = device { index as i64 } else { -1 }, Ordering::Relaxed);
}

pub(super) fn current() -> Device {
    match CURRENT.load(Ordering::Relaxed) {
        -1 => Device::Cpu,
        index => Device::Cuda(index as usize),
    }
}
