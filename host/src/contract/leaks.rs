//! What a call leaves behind: references to tensors, heap, a changed gradient mode.

use super::Finding;
use crate::torch;
use std::time::{Duration, Instant};

/// Time for the calls of one measurement.
const BUDGET: Duration = Duration::from_secs(2);
const WINDOWS: u64 = 3;
/// Less than the smallest block that the allocator gives (32 bytes with its header) in every other call.
const BYTES_A_CALL: f64 = 16.0;

/// Calls again and again. The heap must stand still in at least one of the windows: the allocator rearranges now and
/// then, a leak grows in each.
pub(super) fn none(mut call: impl FnMut() -> Result<(), String>) -> Finding {
    let start = Instant::now();
    (0..3).try_for_each(|_| call())?;
    let a_call = start.elapsed() / 3;
    let calls = (BUDGET.as_secs_f64() / (WINDOWS as f64 + 1.0) / a_call.as_secs_f64().max(1e-6))
        .clamp(10.0, 500.0) as u64;
    let mut run = || (0..calls).try_for_each(|_| call());
    run()?;

    let held = torch::held_references();
    let mut least = f64::INFINITY;
    for _ in 0..WINDOWS {
        let before = torch::live_heap();
        run()?;
        if let (Some(before), Some(after)) = (before, torch::live_heap()) {
            least = least.min((after as f64 - before as f64) / calls as f64);
        }
    }
    let references = torch::held_references() as i64 - held as i64;
    if references != 0 {
        let a_call = references as f64 / (calls * WINDOWS) as f64;
        return Err(format!(
            "it keeps {a_call:.1} references to tensors a call; drop each tensor that it owns"
        ));
    }
    if least.is_finite() && least > BYTES_A_CALL {
        return Err(format!("the live heap grows by {least:.0} bytes a call, expected none"));
    }
    Ok(format!("none in {} calls", calls * WINDOWS))
}

/// Whether calls leave the gradient mode as they found it.
pub(super) fn gradient_mode(call: impl FnOnce() -> Result<(), String>) -> Finding {
    let before = torch::grad_mode_left_changed();
    call()?;
    if torch::grad_mode_left_changed() == before {
        return Ok(String::new());
    }
    Err("it leaves the gradient mode changed; restore it, or use `no_grad`, which does".into())
}
