//! What a call over the plugin boundary costs: the same operator called by a plugin, and by tch in this process.
//!
//! Rounds of the two alternate; one line of JSON a round and operator, for scripts/bench. Tensors are small, so that a
//! call is mostly what surrounds the kernel.

use clap::Parser;
use semola_host::data::Data;
use semola_host::plugins::{Creation, DatasetInstance, ModelInstance};
use semola_host::torch::{ParameterStore, set_threads};
use semola_plugin_api::abi::Kind as ComponentKind;
use semola_plugin_api::{Context, Mode};
use semola_tests::{catalogue_beside_program, component};
use serde_json::{Map, Value, json};
use std::hint::black_box;
use std::io::Write;
use std::time::Instant;
use tch::{Device, Kind, Tensor};

/// Nanoseconds a call over the plugin boundary, and in direct tch.
#[derive(Parser)]
struct Arguments {
    /// Lines to print, of each operator.
    #[arg(long, default_value_t = 15)]
    rounds: usize,
    /// Calls in a round.
    #[arg(long, default_value_t = 20_000)]
    calls: u64,
}

/// How it is called, its name in the plugin `zoo`, and the same in tch.
type Operator = (&'static str, &'static str, fn(&Tensor));

const OPERATORS: [Operator; 5] = [
    ("typed", "add", |x| drop(black_box(x.g_add(x)))),
    ("typed", "silu", |x| drop(black_box(x.silu()))),
    ("typed, integers", "sum", |x| {
        drop(black_box(x.sum_dim_intlist([1_i64].as_slice(), true, None::<Kind>)));
    }),
    ("boxed", "clamp", |x| drop(black_box(x.clamp(-1.0, 1.0)))),
    ("boxed, integers", "flip", |x| drop(black_box(x.flip([1_i64].as_slice())))),
];

fn main() -> anyhow::Result<()> {
    let arguments = Arguments::parse();
    set_threads(1);
    let catalogue = catalogue_beside_program()?;
    let context = Context { seed: 0, cache_dir: String::new() };
    let (plugin, grid) = component(&catalogue, "zoo", ComponentKind::Dataset, "grid")?;
    let options = options(
        json!({ "shape": [2], "outputs": [2], "representation": "scalar", "output_representation": "scalar" }),
    );
    let dataset = DatasetInstance::create(&plugin, &grid, Creation { options: &options, context: &context })?;
    let data = Data::load(&dataset, Device::Cpu)?;
    let inputs: Vec<Tensor> = data.train.sample().inputs.iter().map(|field| field.narrow(0, 0, 4)).collect();

    let _no_grad = tch::no_grad_guard();
    let mut out = std::io::stdout().lock();
    for (kind, operator, direct) in OPERATORS {
        let model = |times: u64| -> anyhow::Result<ModelInstance> {
            let (plugin, repeated) = component(&catalogue, "zoo", ComponentKind::Model, "repeated")?;
            let options = self::options(json!({ "operator": operator, "times": times }));
            let creation = Creation { options: &options, context: &context };
            let parameters = ParameterStore::new(Device::Cpu);
            Ok(ModelInstance::create(&plugin, &repeated, creation, &data.spec, parameters)?)
        };
        let (calls, none) = (model(arguments.calls)?, model(0)?);
        for round in 0..=arguments.rounds {
            let through = nanoseconds(|| calls.forward(&inputs, Mode::Eval).map(drop))?
                - nanoseconds(|| none.forward(&inputs, Mode::Eval).map(drop))?;
            let directly = nanoseconds(|| {
                (0..arguments.calls).for_each(|_| direct(&inputs[0]));
                Ok::<_, anyhow::Error>(())
            })?;
            // The first round warms up.
            if round > 0 {
                let [plugin, tch] = [through, directly].map(|time| time / arguments.calls as f64);
                writeln!(
                    out,
                    "{}",
                    json!({ "kind": kind, "operator": operator, "plugin_ns": plugin, "tch_ns": tch })
                )?;
            }
        }
    }
    Ok(())
}

fn nanoseconds<E>(work: impl FnOnce() -> Result<(), E>) -> Result<f64, E> {
    let start = Instant::now();
    work()?;
    Ok(1e9 * start.elapsed().as_secs_f64())
}

fn options(json: Value) -> Map<String, Value> {
    match json {
        Value::Object(options) => options,
        _ => Map::new(),
    }
}
