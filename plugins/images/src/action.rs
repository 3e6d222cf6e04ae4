//! Affine and projective maps of the plane, acting on pictures in homogeneous coordinates.

use crate::warp::{Map, Padding, warp};
use semola_plugin_api::{ActionSpec, DataSpec, Error, GroupAction, Representation, Result, Tensor};
use serde::{Deserialize, Serialize};

/// What the user can set.
#[derive(Serialize, Deserialize, Default)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Options {
    /// What lies outside a picture's frame.
    padding: Padding,
}

/// Moves image fields and leaves scalars alone.
struct Mover {
    padding: Padding,
    map: Map,
    moves: Vec<bool>,
    spec: ActionSpec,
}

impl Mover {
    fn new(options: &Options, spec: &DataSpec, name: &str, free: [[bool; 3]; 3]) -> Result<Self> {
        let moves = spec.inputs.iter().map(|field| match field.representation {
            Representation::Image if field.shape.len() == 3 => Ok(true),
            Representation::Scalar => Ok(false),
            _ => Err(Error::new(format!(
                "images/{name}: field `{}` is declared {:?} of shape {:?}, expected an image [channels, height, width] or a \
                 scalar; give data of another kind another action",
                field.name, field.representation, field.shape
            ))),
        });
        let moves = moves.collect::<Result<Vec<bool>>>()?;
        if let Some(field) = spec.targets.iter().find(|field| field.representation != Representation::Scalar)
        {
            return Err(Error::new(format!(
                "images/{name}: target `{}` is declared {:?}, expected a label or scalars: this action leaves targets alone",
                field.name, field.representation
            )));
        }
        let free_entries = Some(free.map(Vec::from).to_vec());
        let map = if free[2] == [false; 3] { Map::Affine } else { Map::Projective };
        Ok(Self {
            padding: options.padding,
            map,
            moves,
            spec: ActionSpec { n: 3, free_entries, reference: None },
        })
    }

    fn act(&self, g: &Tensor, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
        let each = inputs.iter().zip(&self.moves);
        each.map(
            |(field, &moves)| if moves { warp(field, g, self.map, self.padding) } else { Ok(field.clone()) },
        )
        .collect()
    }
}

macro_rules! action {
    ($(#[$doc:meta])* $type:ident, $name:literal, $summary:literal, $free:expr) => {
        $(#[$doc])*
        pub(crate) struct $type(Mover);

        impl GroupAction for $type {
            type Options = Options;
            const SUMMARY: &'static str = $summary;

            fn new(options: Options, spec: &DataSpec) -> Result<Self> {
                Mover::new(&options, spec, $name, $free).map(Self)
            }

            fn describe(&self) -> ActionSpec {
                self.0.spec.clone()
            }

            fn act(&self, g: &Tensor, inputs: &[Tensor]) -> Result<Vec<Tensor>> {
                self.0.act(g, inputs)
            }
        }
    };
}

action! {
    /// aff(2): the last row of a generator is 0.
    Affine, "affine", "affine maps of the plane on pictures: 6 directions",
    [[true; 3], [true; 3], [false; 3]]
}

action! {
    /// sl(3): all entries are free, and multiples of the identity, which move nothing, are found to do so by the host.
    Homography, "homography", "projective maps of the plane on pictures: 8 directions",
    [[true; 3]; 3]
}
