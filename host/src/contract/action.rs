//! Group actions: the identity does nothing, a product acts as one after the other, what is moved there comes back,
//! and the result can be differentiated in g.

use super::{Depth, Finding, Sample, Suite, leaks, relative};
use crate::config::ComponentConfig;
use crate::plugins::probe::Outcome;
use crate::plugins::{ActionInstance, Creation, LoadedPlugin};
use semola_plugin_api::abi::{Component, Kind};
use semola_plugin_api::{ActionSpec, Context, Field, FieldType, Representation, Task};
use tch::{Device, Kind as DType, Tensor};

/// Errors relative to the largest entry: rounding for vectors, interpolation (on a smooth image) for pixels.
const EXACT: f64 = 1e-3;
const INTERPOLATED: f64 = 0.08;
/// Size of the entries of the generators that are tried.
const STRIDE: f64 = 0.2;
const STRIDE_OF_IMAGES: f64 = 0.08;
/// Of a numerical derivative in single precision, and of one across the kinks of interpolation.
const DERIVATIVE: f64 = 0.03;
const DERIVATIVE_OF_IMAGES: f64 = 0.3;

type Act<'a> = &'a dyn Fn(&Tensor, &[Tensor]) -> Result<Vec<Tensor>, String>;

pub(super) fn check(
    suite: &mut Suite<'_>,
    plugin: &LoadedPlugin,
    component: &Component,
    config: &ComponentConfig,
    samples: &[Sample],
) {
    let name = format!("action {}", component.name.as_str());
    let options = match suite.registry.options(suite.catalogue, Kind::Action, config) {
        Ok(options) => options,
        Err(error) => {
            suite.check(&format!("{name}: options"), || Err(format!("{error:#}")));
            return;
        }
    };
    let context = Context::default();
    let mut built = None;
    suite.attempt(&format!("{name}: can be made"), |_| {
        let mut refusals = Vec::new();
        let spare = super::stand_ins::all();
        for sample in samples.iter().map(clone).chain(spare) {
            let creation = Creation { options: &options, context: &context };
            match ActionInstance::create(plugin, component, creation, &sample.spec) {
                Ok(action) => {
                    let what = format!("in R^{}, tried with {}", action.spec().n, sample.origin);
                    built = Some((action, sample));
                    return Ok(what);
                }
                Err(error) => refusals.push(format!("{}: {}", sample.origin, error.problem)),
            }
        }
        Err(Outcome::Skipped(format!(
            "it suits none of the data at hand, give the plugin a default experiment ({})",
            refusals.first().map_or("none", String::as_str)
        )))
    });
    let Some((action, sample)) = built else {
        return;
    };
    let images = sample.spec.inputs.iter().any(|field| field.representation == Representation::Image);
    let inputs = smooth(&sample.spec.inputs, &sample.samples.inputs);
    let act = |g: &Tensor, fields: &[Tensor]| action.act(g, fields).map_err(|error| error.problem);
    let (g, _) = elements(action.spec(), sample.samples.len(), STRIDE_OF_IMAGES);
    let moves = suite.attempt(&format!("{name}: moves the inputs"), |_| {
        let moved = act(&g, &inputs).map_err(Outcome::Failed)?;
        if moved.iter().zip(&inputs).any(|(moved, input)| !moved.equal(input)) {
            return Ok(String::new());
        }
        Err(Outcome::Skipped(format!("{} has no field that it moves", sample.origin)))
    });
    if !moves {
        return;
    }
    group_action(suite, &format!("{name}: inputs"), action.spec(), &inputs, images, &act);

    if sample.spec.task == Task::Regression {
        let targets: Vec<Tensor> = sample.samples.targets.iter().map(Tensor::randn_like).collect();
        let act = |g: &Tensor, fields: &[Tensor]| action.act_target(g, fields).map_err(|error| error.problem);
        group_action(suite, &format!("{name}: targets"), action.spec(), &targets, false, &act);
    }
    let once = || act(&g, &inputs).map(drop);
    suite.check(&format!("{name}: gradient mode is left alone"), || leaks::gradient_mode(once));
    if suite.depth < Depth::Contract {
        return;
    }
    suite.check(&format!("{name}: leaks"), || leaks::none(once));
}

fn group_action(
    suite: &mut Suite<'_>,
    what: &str,
    spec: &ActionSpec,
    fields: &[Tensor],
    images: bool,
    act: Act<'_>,
) {
    let (tolerance, stride) = if images { (INTERPOLATED, STRIDE_OF_IMAGES) } else { (EXACT, STRIDE) };
    let count = fields[0].size()[0];
    let (g, h) = (elements(spec, count, stride), elements(spec, count, stride));
    let identity = Tensor::eye(spec.n as i64, (DType::Float, Device::Cpu)).repeat([count, 1, 1]);
    suite.check(&format!("{what}: the identity moves nothing"), || {
        close(&act(&identity, fields)?, fields, EXACT, "act(1, x) differs from x")
    });
    suite.check(&format!("{what}: a product acts as one after the other"), || {
        let after = act(&g.0, &act(&h.0, fields)?)?;
        let product = act(&g.0.matmul(&h.0), fields)?;
        close(&after, &product, tolerance, "act(g, act(h, x)) differs from act(g h, x)")
    });
    suite.check(&format!("{what}: the inverse brings back"), || {
        let back = act(&Tensor::linalg_inv(&g.0), &act(&g.0, fields)?)?;
        close(&back, fields, tolerance, "act(g⁻¹, act(g, x)) differs from x")
    });
    suite.check(&format!("{what}: each sample is moved by its own g"), || {
        let together = act(&g.0, fields)?;
        for at in 0..count {
            let alone: Vec<Tensor> = fields.iter().map(|field| field.narrow(0, at, 1)).collect();
            let there: Vec<Tensor> = together.iter().map(|field| field.narrow(0, at, 1)).collect();
            let alone = act(&g.0.narrow(0, at, 1), &alone)?;
            close(&alone, &there, EXACT, &format!("sample {at} is moved otherwise alone than in its batch"))?;
        }
        Ok(String::new())
    });
    suite.check(&format!("{what}: differentiable in g"), || {
        let tolerance = if images { DERIVATIVE_OF_IMAGES } else { DERIVATIVE };
        derivative(spec, fields, act, tolerance, stride)
    });
}

/// `exp(X)` for random X in the free entries, and the X.
fn elements(spec: &ActionSpec, count: i64, stride: f64) -> (Tensor, Tensor) {
    let n = spec.n as i64;
    let generators = Tensor::randn([count, n, n], (DType::Float, Device::Cpu)) * stride * free(spec);
    (generators.linalg_matrix_exp(), generators)
}

/// 1 where a generator may have an entry.
fn free(spec: &ActionSpec) -> Tensor {
    let n = spec.n as i64;
    let entries: Vec<f32> = match &spec.free_entries {
        Some(rows) => rows.iter().flatten().map(|&free| f32::from(u8::from(free))).collect(),
        None => vec![1.0; spec.n * spec.n],
    };
    Tensor::from_slice(&entries).reshape([n, n])
}

fn close(found: &[Tensor], expected: &[Tensor], tolerance: f64, what: &str) -> Finding {
    let error =
        found.iter().zip(expected).map(|(found, expected)| relative(found, expected)).fold(0.0, f64::max);
    if error.is_finite() && error <= tolerance {
        return Ok(format!("to {error:.1e}"));
    }
    Err(format!("{what} by {error:.2e} of the largest value, expected at most {tolerance}"))
}

/// The derivative along a direction of the algebra that autograd gives, against differences.
fn derivative(spec: &ActionSpec, fields: &[Tensor], act: Act<'_>, tolerance: f64, stride: f64) -> Finding {
    let count = fields[0].size()[0];
    let (at, along) = (elements(spec, count, stride).1, elements(spec, count, 1.0).1);
    let weights: Vec<Tensor> = fields.iter().map(Tensor::randn_like).collect();
    let weighted = |t: &Tensor| -> Result<Tensor, String> {
        let moved = act(&(&at + t * &along).linalg_matrix_exp(), fields)?;
        let terms = moved.iter().zip(&weights).filter(|(moved, _)| moved.is_floating_point());
        let sum = terms
            .map(|(moved, weight)| (moved.to_kind(DType::Double) * weight).sum(None))
            .reduce(|a, b| a + b);
        sum.ok_or_else(|| "nothing that it returns is made of numbers".into())
    };
    let number = |t: f64| Tensor::from(t as f32);
    let step = stride / 20.0;
    let difference = tch::no_grad(|| -> Result<f64, String> {
        let ahead = weighted(&number(step))?;
        let behind = weighted(&number(-step))?;
        Ok((ahead - behind).double_value(&[]) / (2.0 * step))
    })?;
    let t = number(0.0).set_requires_grad(true);
    let value = weighted(&t)?;
    if !value.requires_grad() {
        if difference == 0.0 {
            return Ok("it does not depend on g".into());
        }
        return Err(
            "the result carries no gradient with respect to g: the group cannot be learned through it".into(),
        );
    }
    let gradient =
        Tensor::f_run_backward(&[value], &[&t], false, false).map_err(|error| error.to_string())?;
    if !gradient[0].defined() {
        return Err("no gradient reaches g".into());
    }
    let found = gradient[0].double_value(&[]);
    let scale = difference
        .abs()
        .max(weights.iter().map(|w| w.square().sum(None).double_value(&[]).sqrt()).sum::<f64>());
    let error = (found - difference).abs() / scale;
    if error.is_finite() && error <= tolerance {
        return Ok(format!("to {error:.1e}"));
    }
    Err(format!("its derivative along a generator is {found:.4}, differences give {difference:.4}"))
}

fn clone(sample: &Sample) -> Sample {
    Sample {
        origin: sample.origin.clone(),
        spec: sample.spec.clone(),
        samples: sample.samples.first(i64::MAX),
    }
}

/// Images are replaced by smooth ones: interpolation is exact in the limit of those only.
fn smooth(fields: &[Field], inputs: &[Tensor]) -> Vec<Tensor> {
    let replaced = |(field, input): (&Field, &Tensor)| match (field.representation, &input.size()[..]) {
        (Representation::Image, &[.., height, width]) if field.dtype == FieldType::F32 => {
            let axis = |size: i64| Tensor::linspace(-1.0, 1.0, size, (DType::Float, Device::Cpu));
            let (y, x) = (axis(height).reshape([height, 1]), axis(width).reshape([1, width]));
            let blob = ((&y - 0.1).square() * -9.0 + (&x + 0.15).square() * -14.0).exp();
            blob.expand_as(input).contiguous()
        }
        _ => input.shallow_clone(),
    };
    fields.iter().zip(inputs).map(replaced).collect()
}
