//! Runs on a GPU, where the machine has one; what is said where CUDA does not work, everywhere.

use semola_tests::Desk;
use serde_json::Value;

const SHORT: &[&str] = &[
    "--plugin",
    "dynamics",
    "--json",
    "--out",
    "run",
    "--set",
    "dataset.trajectories=100",
    "--set",
    "training.steps=900",
    "--set",
    "training.log_every=1",
];

/// Losses of the stage's steps, and the summary.
fn trained(desk: &Desk, stage: &str, arguments: &[&str]) -> (Vec<f64>, Value) {
    let _ = std::fs::remove_dir_all(desk.path("run"));
    let summary = desk.run(&[SHORT, arguments].concat()).done().json();
    let lines = desk.metrics("run");
    let of_stage = lines.iter().filter(|line| line["stage"] == stage);
    (of_stage.map(|line| line["loss"]["task"].as_f64().expect("a loss")).collect(), summary)
}

#[test]
fn a_gpu_trains_as_the_cpu_does() {
    let desk = Desk::new();
    if !desk.has_gpu() {
        return;
    }
    let (cpu, here) = trained(&desk, "warm_up", &["--device", "cpu"]);
    let (gpu, there) = trained(&desk, "warm_up", &["--device", "cuda:0"]);
    // The same start and the same batches; rounding errors grow.
    assert_eq!(cpu.len(), gpu.len());
    let apart = cpu.iter().zip(&gpu).take(20).map(|(a, b)| (a / b - 1.0).abs()).fold(0.0, f64::max);
    assert!(apart < 1e-3, "{apart}");
    for place in ["/symmetry/verdict", "/symmetry/dimension", "/symmetry/algebra/name"] {
        assert_eq!(here.pointer(place), there.pointer(place), "{place}");
    }

    let (short, _) = trained(
        &desk,
        "warm_up",
        &["--device", "cuda:0", "--set", "training.precision=bfloat16", "--set", "training.steps=300"],
    );
    let relative = (short[0] / gpu[0] - 1.0).abs();
    assert!(relative > 0.0 && relative < 0.02, "{} {}", short[0], gpu[0]);
}

#[test]
fn a_loss_that_is_not_finite_is_told_though_the_gpu_is_ahead() {
    let desk = Desk::new();
    if !desk.has_gpu() {
        return;
    }
    let arguments = [
        "--plugin",
        "dynamics",
        "--device",
        "cuda:0",
        "--out",
        "run",
        "--set",
        "training.learning_rate=1e30",
    ];
    let outcome = desk.run(&arguments);
    let sentence = outcome.sentence(1);
    for part in ["the loss is not finite at step", "lower training.learning_rate", "last.safetensors"] {
        assert!(sentence.contains(part), "{part} in {sentence}");
    }
    // It refuses what is not finite.
    desk.checkpoint("run", "last");
}

#[test]
fn a_cuda_library_that_does_not_load_is_named() {
    let desk = Desk::new();
    desk.write("broken/libtorch_cuda.so", "no library");
    let place = desk.path("broken").display().to_string();
    let desk = desk.with("LD_LIBRARY_PATH", &place);
    let devices = desk.devices();
    assert_eq!(devices["state"], "note");
    assert!(devices["found"].as_str().expect("a text").contains("libtorch_cuda.so"), "{devices:#}");

    let refused = desk.run(&["--plugin", "dynamics", "--device", "cuda:0", "--out", "run"]);
    let sentence = refused.sentence(2);
    assert!(sentence.contains("does not load") && sentence.contains("--device cpu"), "{sentence}");
    assert!(!desk.path("run").exists());
    desk.run(&["discover", "--plugin", "dynamics", "--set", "training.steps=60", "--out", "run"]).done();
}
