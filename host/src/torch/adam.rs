use super::operator::{Argument, Handles, Operator};
use tch::{Kind, Tensor};

/// Adam (Kingma & Ba 2015, PyTorch's defaults: β = (0.9, 0.999), ε = 1e-8), through libtorch's fused
/// operator: one pass over all parameters a step.
#[derive(Debug)]
pub struct Adam {
    operator: Operator,
    parameters: Vec<Tensor>,
    first_moments: Vec<Tensor>,
    second_moments: Vec<Tensor>,
    /// How the parameters lie in memory.
    strides: Vec<Vec<i64>>,
    /// Steps taken, one number on the parameters' device, shared by all.
    steps: Tensor,
    /// Values, first and second moments, steps.
    handles: [Handles; 4],
}

const BETA1: f64 = 0.9;
const BETA2: f64 = 0.999;
const EPSILON: f64 = 1e-8;

impl Adam {
    /// An optimiser of these tensors, each a leaf that requires a gradient.
    ///
    /// # Errors
    /// This libtorch has no fused Adam.
    pub fn new(parameters: Vec<Tensor>) -> Result<Self, String> {
        let operator = Operator::find("aten::_fused_adam_", "")?;
        let zeros = || parameters.iter().map(|p| p.detach().zeros_like()).collect::<Vec<_>>();
        let (first_moments, second_moments) = (zeros(), zeros());
        let device = parameters.first().map_or(tch::Device::Cpu, Tensor::device);
        let steps = Tensor::zeros([0_i64; 0], (Kind::Float, device));
        let values: Vec<Tensor> = parameters.iter().map(Tensor::detach).collect();
        let counters: Vec<Tensor> = parameters.iter().map(|_| steps.shallow_clone()).collect();
        let handles = [
            Handles::of(&values),
            Handles::of(&first_moments),
            Handles::of(&second_moments),
            Handles::of(&counters),
        ];
        let strides = parameters.iter().map(Tensor::stride).collect();
        Ok(Self { operator, parameters, first_moments, second_moments, strides, steps, handles })
    }

    /// What is optimised.
    pub fn parameters(&self) -> &[Tensor] {
        &self.parameters
    }

    /// One step; a parameter that the loss does not depend on (an undefined gradient) keeps its value. With `skip`, a number
    /// `[]` on the parameters' device, nothing changes if it is 1: a GPU decides that by itself.
    ///
    /// # Errors
    /// libtorch's message.
    pub fn step(
        &mut self,
        gradients: &[Tensor],
        learning_rate: f64,
        skip: Option<&Tensor>,
    ) -> Result<(), String> {
        if self.parameters.is_empty() {
            return Ok(());
        }
        // The operator goes through the memory of all of them alike, whatever their strides say.
        let lies_alike =
            |(gradient, strides): (&Tensor, &Vec<i64>)| gradient.defined() && gradient.stride() == *strides;
        let gradients = if gradients.iter().zip(&self.strides).all(lies_alike) {
            Handles::of(gradients)
        } else {
            let alike = gradients.iter().zip(&self.first_moments).map(|(gradient, like)| {
                let mut alike = like.zeros_like();
                if gradient.defined() {
                    alike.copy_(gradient);
                }
                alike
            });
            Handles::of(&alike.collect::<Vec<_>>())
        };
        let _ = self.steps.g_add_scalar_(1.0);
        if let Some(skip) = skip {
            let _ = self.steps.g_sub_(skip);
        }
        let skip = Handles::of(skip.map(std::slice::from_ref).unwrap_or_default());
        let [values, first, second, steps] = &self.handles;
        self.operator.call_in_place(&[
            values.as_argument(),
            gradients.as_argument(),
            first.as_argument(),
            second.as_argument(),
            Argument::Tensors(&[]), // maxima of the second moments: AMSGrad only
            steps.as_argument(),
            Argument::Float(learning_rate),
            Argument::Float(BETA1),
            Argument::Float(BETA2),
            Argument::Float(0.0), // weight decay
            Argument::Float(EPSILON),
            Argument::Bool(false),  // AMSGrad
            Argument::Bool(false),  // maximise
            Argument::Tensor(None), // factor that the gradients were scaled by
            skip.as_optional(),
        ])
    }

    /// Steps taken and not skipped.
    pub fn taken(&self) -> u64 {
        self.steps.double_value(&[]) as u64
    }

    /// Moments and step count by name, for checkpoints; the order is that of the parameters.
    pub fn state(&self) -> Vec<(String, Tensor)> {
        let mut state = vec![("step".to_owned(), self.steps.shallow_clone())];
        for (i, (first, second)) in self.first_moments.iter().zip(&self.second_moments).enumerate() {
            state.push((format!("{i}.exp_avg"), first.shallow_clone()));
            state.push((format!("{i}.exp_avg_sq"), second.shallow_clone()));
        }
        state
    }
}
