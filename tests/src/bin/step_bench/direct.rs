//! The same step in tch alone: its layers, its Adam, no plugin and nothing of the host in the loop but the
//! names of random streams and the range of a generator.

use crate::case::{Case, Network};
use crate::host::{self, Host};
use anyhow::Context;
use rand::RngExt;
use rand_chacha::ChaCha8Rng;
use semola_host::data::{Samples, stream};
use semola_host::objective::Objective;
use semola_host::symmetry::{Basis, automatic_range, to_matrices};
use semola_host::torch::upload;
use semola_host::training::OneCycle;
use std::f64::consts::PI;
use tch::nn::{self, Module, OptimizerConfig};
use tch::{Kind, Reduction, Tensor};

/// Numbers in one sample of each field: two bodies in the plane.
const FIELD: [i64; 2] = [2, 2];
/// Draws between two looks at the generator's eigenvalues.
const REFRESH: u64 = 10;
/// Norm up to which, and degree to which the exponential's series is taken.
const UNIT: f64 = 0.25;
const DEGREE: i64 = 6;

/// Network, optimisers, batches.
pub(crate) struct Direct {
    inputs: Vec<Tensor>,
    targets: Vec<Tensor>,
    batch: i64,
    random: ChaCha8Rng,
    hidden: Vec<nn::Linear>,
    output: nn::Linear,
    adam: nn::Optimizer,
    generator: Option<Generator>,
    schedule: OneCycle,
    steps: u64,
}

impl Direct {
    /// With the values that the host's model and basis have now; only the MLP has a twin.
    pub(crate) fn twin(case: &Case, host: &Host, objective: &Objective) -> anyhow::Result<Option<Self>> {
        let Network::Mlp { width, depth } = case.network else { return Ok(None) };
        let device = host.data.train.sample().inputs[0].device();
        let store = nn::VarStore::new(device);
        let layers = store.root() / "layers";
        let linear =
            |place: i64, inputs, outputs| nn::linear(&layers / place, inputs, outputs, Default::default());
        let numbers = 2 * FIELD[0] * FIELD[1];
        let hidden =
            (0..depth).map(|place| linear(place, if place == 0 { numbers } else { width }, width)).collect();
        let output = linear(depth, if depth == 0 { numbers } else { width }, numbers);
        let mut variables = store.variables();
        for (name, value) in host.model.parameters().named() {
            let variable = variables.get_mut(&name).with_context(|| format!("no parameter {name}"))?;
            tch::no_grad(|| variable.copy_(&value));
        }
        let Samples { inputs, targets } = host.data.train.sample();
        let fields = |fields: &[Tensor]| fields.iter().map(Tensor::shallow_clone).collect();
        Ok(Some(Self {
            inputs: fields(inputs),
            targets: fields(targets),
            batch: case.batch,
            random: stream(host::SEED, host::STREAM),
            hidden,
            output,
            adam: nn::Adam::default().build(&store, host::LEARNING_RATE)?,
            generator: objective
                .augmenter()
                .map(|augmenter| Generator::twin(augmenter.basis()))
                .transpose()?,
            schedule: OneCycle { peak: host::LEARNING_RATE, steps: host::STEPS },
            steps: 0,
        }))
    }

    /// Trains one step; the loss before the update, not waited for.
    pub(crate) fn step(&mut self) -> Tensor {
        let samples = self.inputs[0].size()[0];
        let index: Vec<i64> = (0..self.batch).map(|_| self.random.random_range(0..samples)).collect();
        let index = upload(&Tensor::from_slice(&index), self.inputs[0].device());
        let pick = |fields: &[Tensor]| fields.iter().map(|field| field.index_select(0, &index)).collect();
        let (x, y): (Vec<Tensor>, Vec<Tensor>) = (pick(&self.inputs), pick(&self.targets));
        let loss = match &mut self.generator {
            None => error(&self.forward(&x), &y),
            Some(generator) => {
                let transposed = generator.sample(self.batch).transpose(1, 2);
                let turn = |fields: &[Tensor]| -> Vec<Tensor> {
                    fields.iter().map(|field| field.bmm(&transposed)).collect()
                };
                let stacked: Vec<Tensor> =
                    x.iter().zip(turn(&x)).map(|(x, gx)| Tensor::cat(&[x, &gx], 0)).collect();
                let both: Vec<Vec<Tensor>> =
                    self.forward(&stacked).iter().map(|field| field.chunk(2, 0)).collect();
                let half = |which: usize| -> Vec<Tensor> {
                    both.iter().map(|halves| halves[which].shallow_clone()).collect()
                };
                let (fx, fgx) = (half(0), half(1));
                error(&fx, &y) + error(&fgx, &turn(&y)) + error(&fgx, &turn(&fx))
            }
        };
        self.adam.set_lr(self.schedule.rate(self.steps));
        self.adam.zero_grad();
        if let Some(generator) = &mut self.generator {
            generator.adam.zero_grad();
        }
        loss.backward();
        self.adam.step();
        if let Some(generator) = &mut self.generator {
            let done = self.steps as f64 / host::STEPS as f64;
            generator.adam.set_lr(host::BASIS_RATE * (1.0 + (PI * done).cos()) / 2.0);
            generator.adam.step();
        }
        self.steps += 1;
        loss.detach()
    }

    fn forward(&self, fields: &[Tensor]) -> Vec<Tensor> {
        let mut x = Tensor::cat(&[fields[0].flatten(1, -1), fields[1].flatten(1, -1)], 1);
        for layer in &self.hidden {
            x = layer.forward(&x).silu();
        }
        let parts = self.output.forward(&x).chunk(2, 1);
        parts.iter().map(|part| part.reshape([-1, FIELD[0], FIELD[1]])).collect()
    }
}

fn error(left: &[Tensor], right: &[Tensor]) -> Tensor {
    let mean = |i: usize| left[i].mse_loss(&right[i], Reduction::Mean);
    (mean(0) + mean(1)) / 2.0
}

/// One generator, of norm 1 in the data metric.
struct Generator {
    /// `[count, n n]`
    directions: Tensor,
    /// `[1, count]`
    weight: Tensor,
    adam: nn::Optimizer,
    random: ChaCha8Rng,
    range: f64,
    /// Upper bound of the norm of what is exponentiated.
    bound: f64,
    draws: u64,
}

impl Generator {
    fn twin(basis: &Basis) -> anyhow::Result<Self> {
        let Basis::Learned(learned) = basis else {
            anyhow::bail!("joint cases learn their basis");
        };
        let store = nn::VarStore::new(learned.weight().device());
        Ok(Self {
            directions: learned.directions().directions().flatten(1, 2),
            weight: store.root().var_copy("weight", learned.weight()),
            adam: nn::Adam::default().build(&store, host::BASIS_RATE)?,
            random: stream(host::SEED, host::COEFFICIENTS),
            range: 0.0,
            bound: 0.0,
            draws: 0,
        })
    }

    /// `[1, n n]`
    fn value(&self) -> Tensor {
        (&self.weight / self.weight.norm()).matmul(&self.directions)
    }

    fn refresh(&mut self) {
        let value = tch::no_grad(|| self.value());
        self.range =
            automatic_range(&to_matrices(&value.reshape([1, FIELD[1], FIELD[1]])), host::MAX_STRETCH)[0];
        self.bound = value.norm().double_value(&[]) * self.range;
    }

    /// `exp(u r L)`: `[batch, n, n]`.
    fn sample(&mut self, batch: i64) -> Tensor {
        if self.draws.is_multiple_of(REFRESH) {
            self.refresh();
        }
        self.draws += 1;
        let u: Vec<f32> = (0..batch).map(|_| self.random.random_range(-1.0..=1.0)).collect();
        let u = upload(&Tensor::from_slice(&u).reshape([batch, 1]), self.weight.device()) * self.range;
        exponential(&u.matmul(&self.value()).reshape([batch, FIELD[1], FIELD[1]]), self.bound)
    }
}

/// The series by Horner's scheme after halving, then squared as often.
fn exponential(a: &Tensor, bound: f64) -> Tensor {
    let halvings = (bound / UNIT).log2().ceil().max(0.0) as i32;
    let a = a * 0.5_f64.powi(halvings);
    let identity = Tensor::eye(FIELD[1], (Kind::Float, a.device()));
    let mut power = &identity + &a / DEGREE as f64;
    let identity = identity.unsqueeze(0).expand_as(&a);
    for k in (1..DEGREE).rev() {
        power = identity.baddbmm(&a, &power, 1.0, 1.0 / k as f64);
    }
    for _ in 0..halvings {
        power = power.bmm(&power);
    }
    power
}
