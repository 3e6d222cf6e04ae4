//! Orbits: samples of the data on their way along a generator, drawn by the kind of field. Images are filmstrips, few
//! points are curves in the plane or in projected space, many are frames of a cloud, four-momenta are maps of η and φ,
//! and everything else is a line for each number.

mod cloud;
mod filmstrip;
mod frames;
mod lines;
mod momenta;
mod paths;

use super::super::axis::{fixed, subscript};
use super::super::figure::{Figure, Table, WIDTH};
use crate::report::orbits::{MovedField, Orbit, Orbits};
use cloud::Cloud;
use semola_plugin_api::Representation;

/// Places from which on a path is taken for a curve.
const CURVE: usize = 20;

/// Every field that one orbit moves. `relativistic`: four-vectors are momenta.
pub(in super::super) fn orbit(all: &Orbits, orbit: &Orbit, relativistic: bool) -> Vec<Figure> {
    let time = relativistic.then(|| momenta::time_axis(&all.orbits));
    orbit.moved.iter().filter_map(|moved| field(all, orbit, moved, time)).collect()
}

/// `time`: the coordinate of four-momenta that holds the energy.
fn field(all: &Orbits, orbit: &Orbit, moved: &MovedField, time: Option<usize>) -> Option<Figure> {
    let about = About::new(orbit, moved)?;
    if moved.field.representation == Representation::Image {
        return filmstrip::filmstrip(&about, moved);
    }
    match (Cloud::of(all, moved), time) {
        (Some(cloud), Some(time)) if cloud.dimension == 4 => Some(momenta::momenta(&about, &cloud, time)),
        (Some(cloud), _) if (2..=3).contains(&cloud.dimension) && moved.t.len() >= CURVE => {
            Some(paths::paths(&about, &cloud))
        }
        (Some(cloud), _) if (2..=3).contains(&cloud.dimension) => Some(frames::frames(&about, &cloud)),
        _ => lines::lines(&about, moved),
    }
}

/// What is said about a figure.
struct About {
    name: String,
    title: String,
    /// "exp(t X₁), t from −3.14 to 3.14"
    motion: String,
    field: String,
    t: Vec<f64>,
    samples: usize,
}

impl About {
    /// `None` where there is nothing to draw.
    fn new(orbit: &Orbit, moved: &MovedField) -> Option<Self> {
        let (first, last) = (moved.t.first()?, moved.t.last()?);
        let samples = moved.values.first()?.len();
        let numbers: usize = moved.field.shape.iter().product();
        let whole = |all: &Vec<Vec<f64>>| all.len() == samples && all.iter().all(|one| one.len() == numbers);
        if samples * numbers == 0 || moved.values.len() != moved.t.len() || !moved.values.iter().all(whole) {
            return None;
        }
        let generator = generator_name(orbit.exact, orbit.index);
        let field = &moved.field.name;
        let kind = if orbit.exact { "" } else { "approximate-" };
        let file: String =
            field.chars().map(|one| if one.is_ascii_alphanumeric() { one } else { '-' }).collect();
        Some(Self {
            name: format!("orbit-{kind}{}-{file}", orbit.index + 1),
            title: format!("{field} along {generator}"),
            motion: format!("exp(t {generator}), t from {} to {}", fixed(*first, 2), fixed(*last, 2)),
            field: field.clone(),
            t: moved.t.clone(),
            samples,
        })
    }

    fn figure(&self, caption: String, height: f64, body: String, table: Table) -> Figure {
        Figure {
            name: self.name.clone(),
            title: self.title.clone(),
            caption,
            size: (WIDTH, height),
            body,
            table,
        }
    }

    /// "Two test samples"
    fn samples(&self) -> String {
        match self.samples {
            1 => "A test sample".into(),
            2 => "Two test samples".into(),
            3 => "Three test samples".into(),
            count => format!("{count} test samples"),
        }
    }
}

/// "X₁", "A₁": elements of the bases made for reading.
pub(in super::super) fn generator_name(exact: bool, index: usize) -> String {
    format!("{}{}", if exact { 'X' } else { 'A' }, subscript(index + 1))
}

#[cfg(test)]
mod tests;
