//! One bit of a plugin file is flipped, at random places of the whole file: the program never dies or hangs. Each file is
//! refused in one sentence or fails a check, or the bit did not matter: it passes every check and trains to the same numbers.
//!
//! `SEMOLA_FLIPS` says how many files; a few of them are enough for every day.

#![allow(clippy::print_stdout, reason = "the figure is what one runs it with more flips for")]

use rand::{RngExt, SeedableRng};
use rand_chacha::ChaCha8Rng;
use semola_tests::{Desk, Outcome, built};
use serde_json::Value;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};

/// The losses of a run, step by step.
fn losses(desk: &Desk, run: &str) -> Vec<Value> {
    desk.metrics(run).into_iter().map(|line| line["loss"].clone()).collect()
}

fn train(desk: &Desk, directory: &str, out: &str) -> Outcome {
    desk.run(&[
        "-q",
        "--plugin",
        "faulty",
        "--plugin-dir",
        directory,
        "--set",
        "training.steps=20",
        "--out",
        out,
    ])
}

#[test]
fn a_flipped_bit_is_found_or_does_not_matter() {
    let flips: u64 = std::env::var("SEMOLA_FLIPS").map_or(24, |text| text.parse().expect("a number"));
    let desk = Desk::new().with_a_memory_of_its_own().with("SEMOLA_PROBE_SECONDS", "10");
    let good = desk.path("mlp.so");
    let stripped = Command::new("strip").arg("-o").arg(&good).arg(built("libsemola_plugin_mlp.so")).status();
    assert!(stripped.expect("strip runs (Debian: binutils)").success());
    let bytes = std::fs::read(&good).expect("it was written");
    desk.write("good/mlp.so", &bytes);
    train(&desk, "good", "run-good").done();
    let expected = losses(&desk, "run-good");
    assert!(!expected.is_empty());

    let mut random = ChaCha8Rng::seed_from_u64(20_261_126);
    let places: Vec<(usize, u32)> =
        (0..flips).map(|_| (random.random_range(0..bytes.len()), random.random_range(0..8_u32))).collect();
    let (next, found, harmless) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
    let work = || {
        while let Some((flip, &(byte, bit))) = places.iter().enumerate().nth(next.fetch_add(1, Relaxed)) {
            let counter = if try_out(&desk, &bytes, flip, byte, bit, &expected) { &found } else { &harmless };
            counter.fetch_add(1, Relaxed);
        }
    };
    // Two at a time: each is mostly one process that waits for another.
    std::thread::scope(|scope| {
        scope.spawn(work);
        work();
    });
    let (found, harmless) = (found.into_inner(), harmless.into_inner());
    println!("{flips} bits: {found} found, {harmless} did not matter");
}

/// Flips one bit. Whether that was found; otherwise it did not matter: every check passes, and training gives the same numbers.
fn try_out(desk: &Desk, bytes: &[u8], flip: usize, byte: usize, bit: u32, expected: &[Value]) -> bool {
    let mut flipped = bytes.to_vec();
    flipped[byte] ^= 1 << bit;
    let (directory, out) = (format!("flip-{flip}"), format!("run-{flip}"));
    let place = format!("bit {bit} of byte {byte}");
    desk.write(&format!("{directory}/mlp.so"), &flipped);
    let checked = desk.run(&["plugin", "check", &format!("{directory}/mlp.so"), "--time-limit", "60"]);
    assert!(matches!(checked.code, Some(0 | 3)), "{place}: {checked:?}");
    let trained = train(desk, &directory, &out);
    let found = match (checked.code, trained.code) {
        (Some(0), Some(0)) => {
            assert_eq!(
                losses(desk, &out),
                expected,
                "{place} passes every check and trains to other numbers"
            );
            false
        }
        (_, Some(0)) => true,
        (_, Some(code @ (1 | 3))) => {
            let last = trained.stderr.lines().last().unwrap_or_default();
            assert!(last.starts_with("error: "), "{place}, exit code {code}: {trained:?}");
            true
        }
        _ => panic!("{place}: {trained:?}"),
    };
    for rest in [&directory, &out] {
        let _ = std::fs::remove_dir_all(desk.path(rest));
    }
    found
}
