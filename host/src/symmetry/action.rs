//! How the group acts on a batch: by the declared representations, or by a plugin's action.

use super::{Element, representation};
use crate::exit::Coded;
use crate::plugins::ActionInstance;
use crate::profile::span;
use crate::torch::{Originals, moved_by_small, split_from};
use semola_plugin_api::{DataSpec, Field, Reference, Representation, Task};
use tch::{Kind, Tensor};

/// The group action on inputs, targets and predictions of one data set.
#[derive(Debug)]
pub struct Action {
    n: usize,
    free_entries: Vec<bool>,
    inputs: Vec<Representation>,
    targets: Vec<Representation>,
    /// Of the targets, without the batch axis.
    target_shapes: Vec<Vec<i64>>,
    plugin: Option<ActionInstance>,
    reference: Option<Reference>,
    classification: bool,
}

/// Half the step, in units of the data's own size, of differences along a plugin's action.
const HALF_STEP: f64 = 0.01;

impl Action {
    /// By representations, or by the plugin's action where there is one, which then moves all fields.
    ///
    /// # Errors
    /// A field needs an action and there is none, or the action acts by matrices of another size.
    pub fn new(spec: &DataSpec, plugin: Option<ActionInstance>) -> anyhow::Result<Self> {
        let fields = || spec.inputs.iter().chain(&spec.targets);
        let needs_action =
            |field: &&Field| matches!(field.representation, Representation::Image | Representation::Custom);
        if plugin.is_none()
            && let Some(field) = fields().find(needs_action)
        {
            return Err(Coded::usage(format!(
                "field `{}` is declared {:?}, which needs a group action: set action.component to a plugin's action",
                field.name, field.representation
            ))
            .into());
        }
        let n = plugin.as_ref().map_or(spec.n, |action| action.spec().n);
        let free_entries = plugin.as_ref().and_then(|action| action.spec().free_entries.clone());
        let reference = plugin.as_ref().and_then(|action| action.spec().reference.clone());
        let representations = |fields: &[Field]| fields.iter().map(|field| field.representation).collect();
        Ok(Self {
            n,
            free_entries: free_entries.map_or_else(|| vec![true; n * n], |table| table.concat()),
            inputs: representations(&spec.inputs),
            targets: representations(&spec.targets),
            target_shapes: spec.targets.iter().map(|field| field.shape.clone()).collect(),
            plugin,
            reference: reference.or_else(|| spec.reference.clone()),
            classification: matches!(spec.task, Task::Classification { .. }),
        })
    }

    /// Size of the matrices.
    pub fn n(&self) -> usize {
        self.n
    }

    /// Which of the `n × n` entries of a generator may differ from 0, row by row.
    pub fn free_entries(&self) -> &[bool] {
        &self.free_entries
    }

    /// The algebra that is known to act, if one is declared.
    pub fn reference(&self) -> Option<&Reference> {
        self.reference.as_ref()
    }

    /// `ρ_x(g) x`: `g` is `[batch, n, n]`.
    ///
    /// # Errors
    /// The plugin's own.
    pub fn move_inputs(&self, g: &Tensor, inputs: &[Tensor]) -> anyhow::Result<Vec<Tensor>> {
        let _span = span!("move");
        self.inputs_moved(g, inputs)
    }

    /// Each field `x` of `[batch, …]` and, behind it, `ρ_x(g) x`: `[(1 + copies) · batch, …]` for `g` `[copies · batch, n, n]`, copy by
    /// copy.
    ///
    /// # Errors
    /// The plugin's own.
    pub fn inputs_and_moved(&self, g: &Tensor, inputs: &[Tensor]) -> anyhow::Result<Vec<Tensor>> {
        let _span = span!("move");
        if self.plugin.is_none()
            && all_vectors(&self.inputs)
            && let Some(both) = moved_by_small(g, inputs, Originals::Kept)
        {
            return Ok(both);
        }
        let copies = g.size()[0] / inputs[0].size()[0];
        let originals: Vec<Tensor> = inputs.iter().map(|field| times(field, copies)).collect();
        let moved = self.inputs_moved(g, &originals)?;
        Ok(inputs.iter().zip(&moved).map(|(x, gx)| Tensor::cat(&[x, gx], 0)).collect())
    }

    fn inputs_moved(&self, g: &Tensor, inputs: &[Tensor]) -> anyhow::Result<Vec<Tensor>> {
        match &self.plugin {
            Some(action) => Ok(action.act(g, inputs)?),
            None => Ok(move_fields(&self.inputs, g, inputs)),
        }
    }

    /// `ρ_y(g) y`, for targets or predictions: by the learned representation where the element has one, otherwise as
    /// declared. Labels and logits stay.
    ///
    /// # Errors
    /// The plugin's own.
    pub fn move_targets(&self, element: &Element, targets: &[Tensor]) -> anyhow::Result<Vec<Tensor>> {
        let _span = span!("move");
        match &element.output {
            Some(output) if !self.classification => {
                Ok(self.fields(&by_output(output, &side_by_side(targets))))
            }
            _ => self.move_targets_as_declared(&element.g, targets),
        }
    }

    /// [`Action::move_targets`] of targets, predictions or more of their kind, each with all its fields in one tensor, as
    /// [`side_by_side`] puts them: for vectors one product for all of them.
    ///
    /// # Errors
    /// The plugin's own.
    pub fn move_side_by_side(&self, element: &Element, all: &[Tensor]) -> anyhow::Result<Vec<Tensor>> {
        let _span = span!("move");
        match (&element.output, &self.plugin) {
            _ if self.classification => Ok(all.iter().map(Tensor::shallow_clone).collect()),
            (Some(output), _) => Ok(all.iter().map(|targets| by_output(output, targets)).collect()),
            (None, None) if all_vectors(&self.targets) => {
                Ok(move_fields(&vec![Representation::Vector; all.len()], &element.g, all))
            }
            _ => all
                .iter()
                .map(|targets| {
                    Ok(side_by_side(&self.move_targets_as_declared(&element.g, &self.fields(targets))?))
                })
                .collect(),
        }
    }

    /// The reverse of [`side_by_side`] for targets.
    fn fields(&self, targets: &Tensor) -> Vec<Tensor> {
        if self.target_shapes.len() == 1 {
            return vec![targets.shallow_clone()];
        }
        let widths: Vec<i64> = self.target_shapes.iter().map(|shape| shape.iter().product()).collect();
        let shape = |shape: &Vec<i64>| std::iter::once(-1).chain(shape.iter().copied()).collect::<Vec<_>>();
        let parts = targets.split_with_sizes(&widths, 1);
        parts.iter().zip(&self.target_shapes).map(|(part, target)| part.reshape(shape(target))).collect()
    }

    /// `ρ_y(g) y` by the declared representations: `g` is `[batch, n, n]`.
    ///
    /// # Errors
    /// The plugin's own.
    pub fn move_targets_as_declared(&self, g: &Tensor, targets: &[Tensor]) -> anyhow::Result<Vec<Tensor>> {
        if self.classification {
            return Ok(targets.iter().map(Tensor::shallow_clone).collect());
        }
        match &self.plugin {
            Some(action) => Ok(action.act_target(g, targets)?),
            None => Ok(move_fields(&self.targets, g, targets)),
        }
    }

    /// The velocity of the inputs along a generator `[n, n]`.
    ///
    /// # Errors
    /// The plugin's own.
    pub fn input_tangent(&self, generator: &Tensor, inputs: &[Tensor]) -> anyhow::Result<Vec<Tensor>> {
        match &self.plugin {
            Some(_) => self.difference(generator, inputs, |g, fields| self.move_inputs(g, fields)),
            None => Ok(tangents(&self.inputs, generator, inputs)),
        }
    }

    /// The velocity of targets or predictions along a generator `[n, n]`.
    ///
    /// # Errors
    /// The plugin's own.
    pub fn target_tangent(&self, generator: &Tensor, targets: &[Tensor]) -> anyhow::Result<Vec<Tensor>> {
        match &self.plugin {
            _ if self.classification => Ok(targets.iter().map(Tensor::zeros_like).collect()),
            Some(_) => {
                self.difference(generator, targets, |g, fields| self.move_targets_as_declared(g, fields))
            }
            None => Ok(tangents(&self.targets, generator, targets)),
        }
    }

    /// `ρ_x(exp(t L)) x` for a generator `[n, n]`.
    ///
    /// # Errors
    /// The plugin's own.
    pub fn move_inputs_along(
        &self,
        generator: &Tensor,
        t: f64,
        inputs: &[Tensor],
    ) -> anyhow::Result<Vec<Tensor>> {
        self.move_inputs(&self.element(generator, t, inputs), inputs)
    }

    /// `exp(t L)`, once for each sample.
    fn element(&self, generator: &Tensor, t: f64, fields: &[Tensor]) -> Tensor {
        let (batch, n) = (fields[0].size()[0], self.n as i64);
        let g = (generator * t).to_kind(Kind::Double).linalg_matrix_exp().to_kind(Kind::Float);
        g.unsqueeze(0).expand([batch, n, n], false).contiguous()
    }

    /// Whether the targets are labels: they stay, and so should the backbone's answer.
    pub fn labels(&self) -> bool {
        self.classification
    }

    /// Central difference of an action that is known only for finite g.
    fn difference(
        &self,
        generator: &Tensor,
        fields: &[Tensor],
        act: impl Fn(&Tensor, &[Tensor]) -> anyhow::Result<Vec<Tensor>>,
    ) -> anyhow::Result<Vec<Tensor>> {
        let moved = |step: f64| act(&self.element(generator, step, fields), fields);
        let (forward, backward) = (moved(HALF_STEP)?, moved(-HALF_STEP)?);
        Ok(forward
            .iter()
            .zip(&backward)
            .map(|(forward, backward)| (forward - backward) / (2.0 * HALF_STEP))
            .collect())
    }
}

/// A field so many times over, one copy of the batch after the other.
pub fn times(field: &Tensor, copies: i64) -> Tensor {
    if copies == 1 { field.shallow_clone() } else { Tensor::cat(&vec![field; copies as usize], 0) }
}

/// Several fields as one tensor, `[batch, numbers of all]`; a single one as it is.
pub fn side_by_side(fields: &[Tensor]) -> Tensor {
    match fields {
        [field] => field.shallow_clone(),
        _ => split_from(fields).unwrap_or_else(|| {
            Tensor::cat(&fields.iter().map(|field| field.flatten(1, -1)).collect::<Vec<_>>(), 1)
        }),
    }
}

/// All numbers of a sample's targets, times the sample's matrix of `[batch, m, m]`.
fn by_output(output: &Tensor, targets: &Tensor) -> Tensor {
    output.bmm(&targets.flatten(1, -1).unsqueeze(2)).reshape(targets.size())
}

fn all_vectors(representations: &[Representation]) -> bool {
    representations.iter().all(|&representation| representation == Representation::Vector)
}

fn move_fields(representations: &[Representation], g: &Tensor, fields: &[Tensor]) -> Vec<Tensor> {
    if all_vectors(representations)
        && let Some(moved) = moved_by_small(g, fields, Originals::Dropped)
    {
        return moved;
    }
    let each = representations.iter().zip(fields);
    each.map(|(&representation, field)| representation::act(representation, g, field)).collect()
}

fn tangents(representations: &[Representation], generator: &Tensor, fields: &[Tensor]) -> Vec<Tensor> {
    representations
        .iter()
        .zip(fields)
        .map(|(&representation, field)| representation::tangent(representation, generator, field))
        .collect()
}
