//! Forward calls leave nothing behind, whether they succeed, panic or fail in an operator.
//!
//! The live heap is measured, not the resident set: freed memory that the allocator keeps would hide a leak. In a
//! file of its own, because the figure is that of the whole process.
// A test says what went wrong by failing; this one also says what it measured.
#![allow(clippy::unwrap_used, clippy::print_stdout)]

#[path = "boundary/fixture.rs"]
mod fixture;

use fixture::{batch, grid, model};
use semola_plugin_api::Mode;
use serde_json::json;
use tch::Tensor;

/// Calls of each path in a window; more on request.
fn calls() -> usize {
    std::env::var("SEMOLA_CALLS").map_or(10_000, |text| text.parse().expect("SEMOLA_CALLS is a number"))
}

const WINDOWS: usize = 3;
/// One tensor in two thousand calls is above it: a tensor's record alone has some 200 bytes.
const BYTES_A_CALL: f64 = 0.1;

/// Bytes that are allocated now.
#[allow(unsafe_code)]
fn live_heap() -> f64 {
    // SAFETY: reads the allocator's own counters.
    let info = unsafe { libc::mallinfo2() };
    (info.uordblks + info.hblkhd) as f64
}

#[test]
fn forward_calls_leave_no_heap_behind() {
    tch::set_num_threads(1);
    let data = grid(&json!({}));
    let (inputs, _) = batch(&data);
    let inputs: Vec<Tensor> = inputs.iter().map(|field| field.narrow(0, 0, 4)).collect();
    let sound = model("mlp", "mlp", &json!({ "width": 16, "depth": 1 }), data.spec());
    let panics = model("faulty", "panics", &json!({}), data.spec());
    let fails = model("faulty", "operator-error", &json!({}), data.spec());
    let train = || {
        let output = sound.forward(&inputs, Mode::Train).unwrap().remove(0);
        drop(Tensor::run_backward(&[output.mean(None)], &sound.parameters().trainable(), false, false));
    };
    let evaluate = || drop(tch::no_grad(|| sound.forward(&inputs, Mode::Eval).unwrap()));
    let panic = || {
        assert!(panics.forward(&inputs, Mode::Train).unwrap_err().problem.contains("deliberate"));
    };
    let fail = || assert!(!fails.forward(&inputs, Mode::Train).unwrap_err().problem.is_empty());
    let paths: [(&str, &dyn Fn()); 4] = [
        ("training", &train),
        ("evaluation", &evaluate),
        ("a panic", &panic),
        ("an operator's error", &fail),
    ];
    for (name, path) in paths {
        (0..1000).for_each(|_| path());
        // A leak grows in every window; what the allocator rearranges now and then does not.
        let growth = |_| {
            let before = live_heap();
            (0..calls()).for_each(|_| path());
            (live_heap() - before) / calls() as f64
        };
        let windows: Vec<f64> = (0..WINDOWS).map(growth).collect();
        let least = windows.iter().copied().fold(f64::INFINITY, f64::min);
        println!("{name}: bytes a call in each window: {windows:?}");
        assert!(least <= BYTES_A_CALL, "{name}: bytes a call in each window: {windows:?}");
    }

    // The measurement sees what it should see.
    let before = live_heap();
    (0..1000).for_each(|_| std::mem::forget(Box::new([1_u8; 64])));
    assert!(live_heap() - before >= 64_000.0);
}
