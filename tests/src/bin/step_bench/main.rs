//! Times whole training steps: the host with plugins, and for MLPs the same step written directly in tch.
//!
//! Both train the same network on the same batches with the same group elements from the same start; before
//! anything is timed, their losses are compared, so that what is timed is the same work. Rounds of the two
//! alternate. One line of JSON a round, for scripts/bench.

mod case;
mod direct;
mod host;

use anyhow::ensure;
use case::Case;
use clap::{Parser, ValueEnum};
use semola_host::config::Precision;
use semola_host::torch::{parse_device, set_threads};
use serde_json::json;
use std::io::Write;
use std::time::Instant;
use tch::Tensor;

/// Milliseconds a training step, in the host and in direct tch.
#[derive(Parser)]
struct Arguments {
    /// plain|joint / mlp64|mlp128|mlp512|paper512|cnn|pointnet|molecules / bBATCH
    #[arg(long)]
    case: Case,
    /// cpu, cuda or cuda:N
    #[arg(long, default_value = "cpu")]
    device: String,
    /// The host's model computes in bfloat16 where little is lost by it.
    #[arg(long)]
    bfloat16: bool,
    /// Threads of libtorch.
    #[arg(long, default_value_t = 1)]
    threads: usize,
    /// Time one of the two alone.
    #[arg(long)]
    only: Option<Side>,
    /// Lines to print.
    #[arg(long, default_value_t = 5)]
    rounds: usize,
    /// Steps in a round, of each of the two.
    #[arg(long, default_value_t = 500)]
    steps: usize,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Side {
    Host,
    Tch,
}

/// Steps whose losses are compared. Rounding errors grow from step to step, so there are few.
const COMPARED: usize = 20;
/// Largest relative difference of the losses.
const TOLERANCE: f64 = 1e-3;

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    set_threads(arguments.threads);
    let device = parse_device(&arguments.device).map_err(anyhow::Error::msg)?;
    let precision = if arguments.bfloat16 { Precision::Bfloat16 } else { Precision::Float32 };
    let host = host::Host::open(&arguments.case, device, precision)?;
    let trainer = host.trainer()?;
    let objective = host.objective(&arguments.case)?;
    let mut direct = direct::Direct::twin(&arguments.case, &host, &objective)?;
    let mut contestant = host::Contestant::new(&host, &trainer, objective)?;

    for step in 0..COMPARED {
        let ours = contestant.step()?.double_value(&[]);
        let Some(direct) = &mut direct else { continue };
        let theirs = direct.step().double_value(&[]);
        ensure!(
            (ours - theirs).abs() <= TOLERANCE * theirs.abs(),
            "the two do not do the same: at step {step} the host's loss is {ours}, direct tch's {theirs}"
        );
    }
    let mut out = std::io::stdout().lock();
    for _ in 0..arguments.rounds {
        let timed = |which| arguments.only.is_none_or(|only| only == which);
        let host_ms =
            timed(Side::Host).then(|| milliseconds(arguments.steps, || contestant.step())).transpose()?;
        let tch_ms = direct.as_mut().filter(|_| timed(Side::Tch));
        let tch_ms = tch_ms.map(|direct| milliseconds(arguments.steps, || Ok(direct.step())));
        let tch_ms = tch_ms.transpose()?;
        writeln!(out, "{}", json!({ "host_ms": host_ms, "tch_ms": tch_ms }))?;
    }
    Ok(())
}

/// Mean over the steps; the last loss is waited for.
fn milliseconds(steps: usize, mut step: impl FnMut() -> anyhow::Result<Tensor>) -> anyhow::Result<f64> {
    let start = Instant::now();
    for _ in 1..steps {
        let _ = step()?;
    }
    step()?.double_value(&[]);
    Ok(1e3 * start.elapsed().as_secs_f64() / steps as f64)
}
