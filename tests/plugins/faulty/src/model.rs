//! A sound model with one hidden layer, and what goes wrong once it has been called often enough.

use semola_plugin_api::nn::Linear;
use semola_plugin_api::{DType, DataSpec, Mode, Model, Params, Result, Tensor, set_grad_enabled};
use serde::{Deserialize, Serialize};
use std::marker::PhantomData;
use std::sync::atomic::{AtomicU64, Ordering};

#[derive(Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Options {
    /// Forward passes that go well first; `null`: none, or a thousand where the process would not survive.
    after: Option<u64>,
}

/// What goes wrong: from the inputs and the right predictions to whatever is returned instead.
pub(crate) trait Fault: Send + 'static {
    const SUMMARY: &'static str;
    /// Forward passes that go well unless the options say otherwise.
    const AFTER: u64 = 0;
    fn strike(inputs: &[Tensor], right: Tensor) -> Result<Vec<Tensor>>;
}

pub(crate) struct Faulty<F> {
    hidden: Linear,
    output: Linear,
    shape: Vec<i64>,
    calls: AtomicU64,
    after: u64,
    fault: PhantomData<F>,
}

impl<F: Fault> Model for Faulty<F> {
    type Options = Options;
    const SUMMARY: &'static str = F::SUMMARY;

    fn new(options: Options, spec: &DataSpec, params: &Params) -> Result<Self> {
        let inputs = spec.inputs[0].numel().ok_or("the faulty models take inputs of fixed size")?;
        let outputs = spec.targets[0].numel().ok_or("the faulty models predict targets of fixed size")?;
        Ok(Self {
            hidden: Linear::new(&params.sub("hidden"), inputs, 16),
            output: Linear::new(&params.sub("output"), 16, outputs),
            shape: [&[-1], &spec.targets[0].shape[..]].concat(),
            calls: AtomicU64::new(0),
            after: options.after.unwrap_or(F::AFTER),
            fault: PhantomData,
        })
    }

    fn forward(&self, inputs: &[Tensor], _mode: Mode) -> Result<Vec<Tensor>> {
        let hidden = self.hidden.forward(&inputs[0].flatten(1, -1)).tanh();
        let right = self.output.forward(&hidden).reshape(&self.shape);
        if self.calls.fetch_add(1, Ordering::Relaxed) < self.after {
            Ok(vec![right])
        } else {
            F::strike(inputs, right)
        }
    }
}

macro_rules! fault {
    ($fault:ident: $summary:literal, $(after $after:literal,)? |$inputs:pat_param, $right:pat_param| $body:expr) => {
        pub(crate) struct $fault;

        impl Fault for $fault {
            const SUMMARY: &'static str = $summary;
            $(const AFTER: u64 = $after;)?

            fn strike($inputs: &[Tensor], $right: Tensor) -> Result<Vec<Tensor>> {
                $body
            }
        }
    };
}

fault!(Panics: "panics", |_, _| panic!("deliberate"));
fault!(OperatorError: "multiplies matrices that do not fit", |inputs, _| {
    let x = inputs[0].flatten(1, -1);
    let misfit = x.new_zeros(&[x.size_of(1) + 1, 1]);
    Ok(vec![x.mm(&misfit)])
});
fault!(WrongShape: "predicts twice as many numbers", |_, right| {
    Ok(vec![Tensor::cat(&[right.clone(), right], -1)])
});
fault!(WrongCount: "predicts nothing", |_, _| Ok(Vec::new()));
fault!(WrongDtype: "predicts integers", |_, right| Ok(vec![right.to_dtype(DType::I64)]));
fault!(NanOutput: "predicts what is not a number", |_, right| Ok(vec![right * f64::NAN]));
fault!(Detached: "predicts without a graph", |_, right| Ok(vec![right.detach()]));
fault!(GradOff: "leaves the gradient mode off", |_, right| {
    set_grad_enabled(false);
    Ok(vec![right])
});
fault!(ReturnsError: "returns an error", |_, _| Err("the deliberate error of this model".into()));

// The last four take the process down. They are sound when the host first tries them, and strike in a run.
fault!(Aborts: "aborts the process", after 1000, |_, _| std::process::abort());
fault!(Exits: "ends the process as if all were well", after 1000, |_, _| std::process::exit(0));
fault!(Crashes: "writes where it must not", after 1000, |_, right| {
    // SAFETY: none; an invalid write is what this model is for.
    #[allow(unsafe_code)]
    unsafe {
        std::ptr::without_provenance_mut::<u8>(8).write_volatile(1);
    }
    Ok(vec![right])
});
fault!(Overflows: "recurses without end", after 1000, |_, right| {
    #[expect(unconditional_recursion, reason = "what this model is for")]
    fn deeper(depth: u64) -> u64 {
        let room = std::hint::black_box([depth; 64]);
        deeper(room[0] + 1) + room[63]
    }
    Ok(vec![right * deeper(0) as f64])
});
