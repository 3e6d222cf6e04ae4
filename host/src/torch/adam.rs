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
    steps: Vec<Tensor>,
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
        let zeros = || parameters.iter().map(Tensor::zeros_like).collect::<Vec<_>>();
        let (first_moments, second_moments) = (zeros(), zeros());
        let steps: Vec<Tensor> = parameters.iter().map(|p| Tensor::zeros([0; 0], (Kind::Float, p.device()))).collect();
        let values: Vec<Tensor> = parameters.iter().map(Tensor::detach).collect();
        let handles =
            [Handles::of(&values), Handles::of(&first_moments), Handles::of(&second_moments), Handles::of(&steps)];
        let operator = Operator::find("aten::_fused_adam_", "")?;
        Ok(Self { operator, parameters, first_moments, second_moments, steps, handles })
    }

    /// Forgets the gradients.
    pub fn zero_grad(&self) {
        for parameter in &self.parameters {
            let mut gradient = parameter.grad();
            if gradient.defined() {
                let _ = gradient.detach_().zero_();
            }
        }
    }

    /// One step with the gradients at hand; a parameter without one keeps its value.
    ///
    /// # Errors
    /// libtorch's message.
    pub fn step(&mut self, learning_rate: f64) -> Result<(), String> {
        let gradients: Vec<Tensor> = self.parameters.iter().map(Tensor::grad).collect();
        if let Some(missing) = gradients.iter().position(|gradient| !gradient.defined()) {
            let zeros = self.parameters[missing].zeros_like();
            return Err(format!(
                "parameter {missing} of shape {:?} receives no gradient: the model does not use it",
                zeros.size()
            ));
        }
        let gradients = Handles::of(&gradients);
        let [values, first, second, steps] = &self.handles;
        let nothing = Argument::Tensors(&[]);
        for step in &mut self.steps {
            let _ = step.g_add_scalar_(1.0);
        }
        self.operator.call_in_place(&[
            values.as_argument(),
            gradients.as_argument(),
            first.as_argument(),
            second.as_argument(),
            nothing, // maxima of the second moments: AMSGrad only
            steps.as_argument(),
            Argument::Float(learning_rate),
            Argument::Float(BETA1),
            Argument::Float(BETA2),
            Argument::Float(0.0), // weight decay
            Argument::Float(EPSILON),
            Argument::Bool(false), // AMSGrad
            Argument::Bool(false), // maximise
        ])
    }

    /// Moments and step counts by name, for checkpoints; the order is that of the parameters.
    pub fn state(&self) -> Vec<(String, Tensor)> {
        let mut state = Vec::new();
        for (i, ((first, second), step)) in self.first_moments.iter().zip(&self.second_moments).zip(&self.steps).enumerate() {
            state.push((format!("{i}.exp_avg"), first.shallow_clone()));
            state.push((format!("{i}.exp_avg_sq"), second.shallow_clone()));
            state.push((format!("{i}.step"), step.shallow_clone()));
        }
        state
    }
}
