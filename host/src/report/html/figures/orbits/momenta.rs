//! Four-momenta along a generator: pseudorapidity η and azimuth φ of each, as detectors see them, the area of a dot its
//! transverse momentum.

use super::super::super::axis::Axis;
use super::super::super::figure::{Figure, WIDTH};
use super::super::super::svg::{Anchor, Svg};
use super::About;
use super::cloud::Cloud;
use super::frames::labels;
use super::paths::table;
use crate::report::orbits::Orbit;

const GAP: f64 = 6.0;
const LEFT: f64 = 40.0;
const RIGHT: f64 = 16.0;
/// Of the largest dot, which stays inside its panel.
const ROOM: f64 = 7.0;
/// Beyond this pseudorapidity nothing is detected.
const FORWARD: f64 = 6.0;

/// Columns of a figure.
const COLUMNS: usize = 5;

/// `time` is the coordinate that holds the energy.
pub(super) fn momenta(about: &About, cloud: &Cloud, time: usize) -> Figure {
    let columns = about.t.len().min(COLUMNS);
    // Of a whole path as many as fit, evenly.
    let every = (about.t.len() - 1) / (columns - 1).max(1);
    let shown: Vec<usize> = (0..columns).map(|column| column * every).collect();
    let side = (WIDTH - LEFT - RIGHT - GAP * (columns as f64 - 1.0)) / columns as f64;
    let middle = about.t.len() / 2;
    let mut svg = Svg::default();
    for sample in 0..about.samples {
        let seen = |t: usize| -> Vec<(f64, f64, f64)> {
            cloud.present(sample).map(|point| direction(&cloud.points[t][sample][point], time)).collect()
        };
        let all: Vec<(f64, f64, f64)> = shown.iter().flat_map(|&t| seen(t)).collect();
        let largest = all.iter().map(|(pt, _, _)| *pt).fold(f64::MIN_POSITIVE, f64::max);
        let top = 4.0 + sample as f64 * (side + 24.0);
        let eta =
            |left: f64| Axis::linear(all.iter().map(|(_, eta, _)| *eta), left + ROOM, left + side - ROOM);
        let phi = Axis::linear(all.iter().map(|(_, _, phi)| *phi), top + side - ROOM, top + ROOM);
        for (value, label) in phi.ticks(3) {
            svg.text("tick", (LEFT - 5.0, phi.place(value) + 4.0), Anchor::End, &label);
        }
        for (column, &t) in shown.iter().enumerate() {
            let left = LEFT + column as f64 * (side + GAP);
            let class = if t == middle { "panel still" } else { "panel" };
            svg.rect(class, (left, top), (side, side));
            let eta = eta(left);
            for (value, label) in eta.ticks_beside(3) {
                svg.text("tick", (eta.place(value), top + side + 14.0), Anchor::Middle, &label);
            }
            for (pt, along, around) in seen(t) {
                let radius = 0.8 + 5.0 * (pt / largest).sqrt();
                svg.faint_circle("f1", (eta.place(along), phi.place(around)), radius, 0.6);
            }
        }
        svg.upward_text("name", (11.0, top + 0.5 * side), "φ");
        svg.text("name", (WIDTH - 2.0, top + side + 14.0), Anchor::End, "η");
    }
    let below = 4.0 + about.samples as f64 * (side + 24.0);
    let columns: Vec<(f64, f64)> = shown
        .iter()
        .enumerate()
        .map(|(column, &t)| (LEFT + column as f64 * (side + GAP) + 0.5 * side, about.t[t]))
        .collect();
    labels(&mut svg, &columns, below);
    let caption = format!(
        "{} moved by {}: φ over η of each momentum, area by transverse momentum. Framed: as they are.",
        about.samples(),
        about.motion
    );
    about.figure(caption, below + 20.0, svg.into_body(), table(about, cloud))
}

/// The coordinate that boosts mix with the others: there, generators of the Lorentz group are symmetric.
pub(super) fn time_axis(orbits: &[Orbit]) -> usize {
    let entry = |matrix: &[Vec<f64>], i: usize, j: usize| {
        matrix.get(i).and_then(|row| row.get(j)).copied().unwrap_or(0.0)
    };
    let boosts = |axis: usize| -> f64 {
        let others = (0..4).filter(|&other| other != axis);
        let mixed = others.flat_map(|other| {
            orbits.iter().map(move |orbit| {
                (entry(&orbit.matrix, axis, other) + entry(&orbit.matrix, other, axis)).abs()
            })
        });
        mixed.sum()
    };
    let strengths = [0, 1, 2, 3].map(boosts);
    (1..4).fold(0, |best, axis| if strengths[axis] > strengths[best] { axis } else { best })
}

/// Transverse momentum, pseudorapidity `η = asinh(p_z / p_T)` within what is detected, and azimuth of a four-momentum
/// whose energy is at `time` and whose last component is along the beam.
fn direction(momentum: &[f64], time: usize) -> (f64, f64, f64) {
    let space: Vec<f64> =
        momentum.iter().enumerate().filter(|(axis, _)| *axis != time).map(|(_, &p)| p).collect();
    let [x, y, z] = space[..] else { return (0.0, f64::NAN, f64::NAN) };
    let transverse = x.hypot(y);
    let eta = if transverse > 0.0 { (z / transverse).asinh().clamp(-FORWARD, FORWARD) } else { f64::NAN };
    (transverse, eta, y.atan2(x))
}
