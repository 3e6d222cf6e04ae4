//! Models: shapes, one seed one model, gradients for every parameter, evaluation that changes nothing and treats each
//! sample on its own.

use super::{Depth, Finding, Sample, Suite, leaks, relative};
use crate::config::ComponentConfig;
use crate::plugins::probe::Outcome;
use crate::plugins::{Creation, LoadedPlugin, ModelInstance};
use crate::torch::ParameterStore;
use semola_plugin_api::abi::{Component, Kind};
use semola_plugin_api::{Context, Mode};
use tch::{Device, Tensor};

/// How far predictions for one sample may depend on the batch that it is in: kernels differ with the size.
const ROUNDING: f64 = 1e-3;
const SEED: u64 = 1;

pub(super) fn check(
    suite: &mut Suite<'_>,
    plugin: &LoadedPlugin,
    component: &Component,
    config: &ComponentConfig,
    samples: &[Sample],
) {
    let name = format!("model {}", component.name.as_str());
    let options = match suite.registry.options(suite.catalogue, Kind::Model, config) {
        Ok(options) => options,
        Err(error) => {
            suite.check(&format!("{name}: options"), || Err(format!("{error:#}")));
            return;
        }
    };
    let make = |sample: &Sample| -> Result<ModelInstance, String> {
        tch::manual_seed(SEED as i64);
        let context = Context { seed: SEED, cache_dir: String::new() };
        let creation = Creation { options: &options, context: &context };
        let parameters = ParameterStore::new(Device::Cpu);
        ModelInstance::create(plugin, component, creation, &sample.spec, parameters)
            .map_err(|error| error.problem)
    };

    let mut built = None;
    suite.attempt(&format!("{name}: can be made"), |_| {
        let mut refusals = Vec::new();
        for sample in samples {
            match make(sample) {
                Ok(model) => {
                    let count: i64 =
                        model.parameters().trainable().iter().map(|tensor| tensor.numel() as i64).sum();
                    built = Some((model, sample));
                    return Ok(format!("{count} parameters, tried with {}", sample.origin));
                }
                Err(problem) => refusals.push(format!("{}: {problem}", sample.origin)),
            }
        }
        Err(Outcome::Skipped(format!(
            "it suits none of the data at hand, give the plugin a default experiment ({})",
            refusals.first().map_or("none", String::as_str)
        )))
    });
    let Some((model, sample)) = built else {
        return;
    };
    let inputs = &sample.samples.inputs;
    let forward = |mode| model.forward(inputs, mode).map_err(|error| error.problem);
    let evaluate = || tch::no_grad(|| forward(Mode::Eval));

    let sound = suite.check(&format!("{name}: predictions as the data declare"), || {
        let predictions = [forward(Mode::Train)?, evaluate()?].into_iter().flatten();
        let finite = |prediction: &Tensor| bool::try_from(prediction.isfinite().all()).unwrap_or(false);
        if predictions.into_iter().all(|prediction| finite(&prediction)) {
            return Ok(String::new());
        }
        Err("a fresh model predicts numbers that are not finite".into())
    });
    if !sound {
        return;
    }
    suite.check(&format!("{name}: the same under the same seed"), || {
        let other = make(sample)?;
        let differs = model_differs(&other, &make(sample)?);
        match differs {
            Some(parameter) => {
                Err(format!("parameter `{parameter}` starts with other values under the same seed"))
            }
            None => same_predictions(&other, &make(sample)?, inputs),
        }
    });
    suite.check(&format!("{name}: gradients reach every trainable parameter"), || gradients(&model, inputs));
    suite.check(&format!("{name}: evaluation changes nothing"), || {
        let before: Vec<Tensor> = model.parameters().named().iter().map(|(_, value)| value.copy()).collect();
        let first = evaluate()?;
        let second = evaluate()?;
        if let Some(at) = first.iter().zip(&second).position(|(a, b)| !a.equal(b)) {
            return Err(format!("prediction {at} differs when evaluation is repeated; is dropout on?"));
        }
        let after = model.parameters().named();
        match after.iter().zip(&before).find(|((_, after), before)| !after.equal(before)) {
            Some(((parameter, _), _)) => Err(format!("evaluation changed `{parameter}`")),
            None => Ok(String::new()),
        }
    });
    suite.check(&format!("{name}: training changes buffers alone"), || {
        let values = || model.parameters().named().into_iter().filter(|(_, value)| value.requires_grad());
        let before: Vec<Tensor> = values().map(|(_, value)| value.copy()).collect();
        forward(Mode::Train)?;
        match values().zip(&before).find(|((_, after), before)| !after.equal(before)) {
            Some(((parameter, _), _)) => Err(format!("a forward pass changed the parameter `{parameter}`")),
            None => Ok(String::new()),
        }
    });
    suite.check(&format!("{name}: a sample's prediction does not depend on its batch"), || {
        let together = evaluate()?;
        for at in 0..sample.samples.len() {
            let alone = sample.samples.narrow(at, 1);
            let alone =
                tch::no_grad(|| model.forward(&alone.inputs, Mode::Eval)).map_err(|error| error.problem)?;
            for (alone, together) in alone.iter().zip(&together) {
                let difference = relative(alone, &together.narrow(0, at, 1));
                if !difference.is_finite() || difference > ROUNDING {
                    return Err(format!(
                        "sample {at} is predicted otherwise alone than in its batch, by {difference:.2e} of the value"
                    ));
                }
            }
        }
        Ok(String::new())
    });
    suite.check(&format!("{name}: gradient mode is left alone"), || {
        leaks::gradient_mode(|| {
            forward(Mode::Train)?;
            evaluate().map(drop)
        })
    });
    if suite.depth < Depth::Contract {
        return;
    }
    suite.check(&format!("{name}: leaks"), || {
        leaks::none(|| {
            forward(Mode::Train)?;
            evaluate().map(drop)
        })
    });
}

fn model_differs(one: &ModelInstance, other: &ModelInstance) -> Option<String> {
    let (one, other) = (one.parameters().named(), other.parameters().named());
    let differs = one.iter().zip(&other).find(|(a, b)| a.0 != b.0 || !a.1.equal(&b.1));
    differs
        .map(|(a, _)| a.0.clone())
        .or_else(|| (one.len() != other.len()).then(|| "the number of them".into()))
}

fn same_predictions(one: &ModelInstance, other: &ModelInstance, inputs: &[Tensor]) -> Finding {
    let evaluate = |model: &ModelInstance| {
        tch::no_grad(|| model.forward(inputs, Mode::Eval)).map_err(|error| error.problem)
    };
    let equal = evaluate(one)?.iter().zip(&evaluate(other)?).all(|(a, b)| a.equal(b));
    if equal { Ok(String::new()) } else { Err("equal parameters give other predictions".into()) }
}

fn gradients(model: &ModelInstance, inputs: &[Tensor]) -> Finding {
    let outputs = model.forward(inputs, Mode::Train).map_err(|error| error.problem)?;
    let terms =
        outputs.iter().map(|output| (output * output.randn_like()).sum(None) + output.square().sum(None));
    let loss = terms.reduce(|a, b| a + b).ok_or("it predicts nothing")?;
    let parameters: Vec<(String, Tensor)> =
        model.parameters().named().into_iter().filter(|(_, value)| value.requires_grad()).collect();
    if parameters.is_empty() {
        return Err("it has no trainable parameter".into());
    }
    let tensors: Vec<Tensor> = parameters.iter().map(|(_, value)| value.shallow_clone()).collect();
    let gradients =
        Tensor::f_run_backward(&[loss], &tensors, false, false).map_err(|error| error.to_string())?;
    let mut zero = 0;
    for ((name, _), gradient) in parameters.iter().zip(&gradients) {
        if !gradient.defined() {
            return Err(format!(
                "no gradient reaches `{name}`: it is unused, or detached before the prediction"
            ));
        }
        if !bool::try_from(gradient.isfinite().all()).unwrap_or(false) {
            return Err(format!("the gradient of `{name}` is not finite"));
        }
        zero += usize::from(gradient.abs().max().double_value(&[]) == 0.0);
    }
    let note = if zero > 0 { format!(", {zero} of them 0 here") } else { String::new() };
    Ok(format!("{} parameters{note}", parameters.len()))
}
