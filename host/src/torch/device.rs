use std::sync::atomic::{AtomicI64, Ordering};
use tch::Device;

/// Where new tensors of plugins go: −1 for the CPU, otherwise the CUDA index.
static CURRENT: AtomicI64 = AtomicI64::new(-1);

/// Where tensors can be: "cpu", "cuda:0", …
pub fn devices() -> Vec<String> {
    let gpus = (0..cuda_devices()).map(|index| format!("cuda:{index}"));
    std::iter::once("cpu".to_owned()).chain(gpus).collect()
}

fn cuda_devices() -> i64 {
    if tch::Cuda::is_available() { tch::Cuda::device_count() } else { 0 }
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
    let count = cuda_devices();
    if index as i64 >= count {
        return Err(format!(
            "device is \"{text}\", but libtorch sees {count} CUDA devices: use --device cpu, or a libtorch with CUDA (set LIBTORCH)"
        ));
    }
    Ok(Device::Cuda(index))
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
