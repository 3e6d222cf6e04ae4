//! Message passing (arXiv 1704.01212) with memory on the edges (arXiv 1806.01261).
//!
//! A node starts from its raw numbers, an edge from the raw difference of its ends' coordinates. In each round edges
//! read their ends, then nodes read the mean of their edges; both add what they make of it. Nodes have no order and
//! padding is no node; nothing else is built in: no distance, angle or centre enters, so rotations and translations mean
//! nothing to it before training. All of it is smooth, as the spectrum asks, but for the choice of neighbours.

use crate::graph::Edges;
use crate::layout::{Layout, Nodes};
use semola_plugin_api::nn::{Activation, Linear};
use semola_plugin_api::serde::{Deserialize, Serialize};
use semola_plugin_api::{DataSpec, Error, Mode, Model, Params, Result, Tensor};

/// Options of the model.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(crate = "semola_plugin_api::serde", deny_unknown_fields, default)]
pub(crate) struct Options {
    /// Numbers that describe a node, and an edge.
    width: i64,
    /// Rounds of messages.
    rounds: i64,
    /// Nodes that each node hears, the nearest; 0: all others, however far.
    neighbours: i64,
    /// Smooth ones suit the spectrum: silu, gelu, tanh.
    activation: Activation,
}

impl Default for Options {
    fn default() -> Self {
        Self { width: 48, rounds: 2, neighbours: 0, activation: Activation::Silu }
    }
}

impl Options {
    fn check(&self) -> Result<()> {
        let options = [
            ("width", self.width, 1, 4096),
            ("rounds", self.rounds, 1, 64),
            ("neighbours", self.neighbours, 0, 4096),
        ];
        match options.into_iter().find(|(_, value, least, most)| !(least..=most).contains(&value)) {
            None => Ok(()),
            Some((name, value, least, most)) => {
                Err(Error::new(format!("{name} is {value}, expected {least} to {most}")))
            }
        }
    }
}

/// A hidden layer and a linear one.
struct Perceptron {
    hidden: Linear,
    output: Linear,
    activation: Activation,
}

impl Perceptron {
    fn new(params: &Params, [inputs, hidden, outputs]: [i64; 3], activation: Activation) -> Self {
        Self {
            hidden: Linear::new(&params.sub("hidden"), inputs, hidden),
            output: Linear::new(&params.sub("output"), hidden, outputs),
            activation,
        }
    }

    fn forward(&self, x: &Tensor) -> Tensor {
        self.output.forward(&self.activation.forward(&self.hidden.forward(x)))
    }
}

struct Round {
    edge: Perceptron,
    node: Perceptron,
}

/// The model.
pub(crate) struct MessagePassing {
    layout: Layout,
    neighbours: i64,
    node: Perceptron,
    edge: Perceptron,
    rounds: Vec<Round>,
    readout: Perceptron,
}

impl Model for MessagePassing {
    type Options = Options;
    const SUMMARY: &'static str = "message passing on raw coordinates, unconstrained: no distances built in";

    fn new(options: Options, spec: &DataSpec, params: &Params) -> Result<Self> {
        options.check()?;
        let layout = Layout::of(spec)?;
        let Options { width, rounds, neighbours, activation } = options;
        let perceptron =
            |params: Params, inputs, outputs| Perceptron::new(&params, [inputs, width, outputs], activation);
        let round = |place| {
            let params = params.sub("rounds").sub(place);
            Round {
                edge: perceptron(params.sub("edge"), 3 * width, width),
                node: perceptron(params.sub("node"), 2 * width, width),
            }
        };
        let outputs = layout.sizes().iter().sum();
        Ok(Self {
            node: perceptron(params.sub("node"), layout.numbers, width),
            edge: perceptron(params.sub("edge"), layout.dimensions, width),
            rounds: (0..rounds).map(round).collect(),
            readout: perceptron(params.sub("readout"), width, outputs),
            layout,
            neighbours,
        })
    }

    fn forward(&self, inputs: &[Tensor], _mode: Mode) -> Result<Vec<Tensor>> {
        let Nodes { coordinates, numbers, present } = self.layout.nodes(inputs);
        let graph = match self.neighbours {
            0 => Edges::all(&present),
            count => Edges::nearest(count, &coordinates, &present),
        };
        let mut nodes = self.node.forward(&numbers);
        let mut edges = self.edge.forward(&(graph.heard(&coordinates) - coordinates.unsqueeze(2)));
        for Round { edge, node } in &self.rounds {
            let receivers = nodes.unsqueeze(2).expand_as(&edges);
            edges = &edges + edge.forward(&Tensor::cat(&[edges.clone(), receivers, graph.heard(&nodes)], 3));
            nodes = &nodes + node.forward(&Tensor::cat(&[nodes.clone(), graph.mean(&edges)], 2));
        }
        // A sum, for properties that grow with the graph; over its rows, so that predictions start at size 1.
        let each = self.readout.forward(&nodes) * present.unsqueeze(-1);
        let output = each.sum_dim(&[1], false) / self.layout.rows as f64;
        let parts =
            output.split_with_sizes(&self.layout.sizes(), 1).into_iter().zip(&self.layout.predictions);
        Ok(parts.map(|(part, shape)| part.reshape(&[&[-1], &shape[..]].concat())).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_are_checked() {
        assert!(Options::default().check().is_ok());
        for (options, part) in [
            (Options { width: 0, ..Options::default() }, "width is 0, expected 1 to 4096"),
            (Options { rounds: 65, ..Options::default() }, "rounds is 65"),
            (Options { neighbours: -1, ..Options::default() }, "neighbours is -1"),
        ] {
            let sentence = options.check().expect_err(part).to_string();
            assert!(sentence.contains(part), "{sentence}");
        }
    }
}
