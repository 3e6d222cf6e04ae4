//! Many points along a generator: a frame for each t and sample, points of space in projection, the near ones stronger.

use super::super::super::axis::{fixed, subscript};
use super::super::super::figure::{Figure, WIDTH};
use super::super::super::svg::{Anchor, Svg};
use super::super::losses::SERIES;
use super::About;
use super::cloud::{Cloud, project, tree};
use super::paths::table;

const GAP: f64 = 4.0;
/// Points up to which they are joined by a tree.
const JOINED: usize = 40;

pub(super) fn frames(about: &About, cloud: &Cloud) -> Figure {
    let columns = about.t.len() as f64;
    let side = (WIDTH - 2.0 - GAP * (columns - 1.0)) / columns;
    let middle = about.t.len() / 2;
    let mut svg = Svg::default();
    let mut joined = false;
    for sample in 0..about.samples {
        let view = cloud.view(sample);
        let present: Vec<usize> = cloud.present(sample).collect();
        let places =
            view.iter().flat_map(|points| present.iter().map(|&point| (points[point].0, points[point].1)));
        let (centre, reach) = window(places);
        let still: Vec<Vec<f64>> =
            present.iter().map(|&point| cloud.points[middle][sample][point].clone()).collect();
        let bonds = if present.len() <= JOINED { tree(&still) } else { Vec::new() };
        joined |= !bonds.is_empty();
        let radius = (9.0 / (present.len() as f64).powf(0.4)).clamp(1.2, 4.0);
        for (place, points) in view.iter().enumerate() {
            let corner = (1.0 + place as f64 * (side + GAP), 2.0 + sample as f64 * (side + GAP));
            svg.rect(if place == middle { "panel still" } else { "panel" }, corner, (side, side));
            let on = |point: usize| {
                let (x, y, _) = points[point];
                let along = |value: f64| 0.5 * side + 0.46 * side * value / reach;
                (corner.0 + along(x - centre.0), corner.1 + along(centre.1 - y))
            };
            for &(a, b) in &bonds {
                svg.line("bond", on(present[a]), on(present[b]));
            }
            let nearness = |point: usize| points[point].2;
            let mut order = present.clone();
            order.sort_by(|&a, &b| nearness(a).total_cmp(&nearness(b)));
            let (far, near) =
                order.first().zip(order.last()).map_or((0.0, 0.0), |(&a, &b)| (nearness(a), nearness(b)));
            for point in order {
                let part = if near > far { (nearness(point) - far) / (near - far) } else { 1.0 };
                let colour = cloud.kind(sample, point).unwrap_or(0) % SERIES + 1;
                svg.faint_circle(
                    &format!("f{colour}"),
                    on(point),
                    radius * (0.75 + 0.25 * part),
                    0.35 + 0.65 * part,
                );
            }
            if cloud.dimension == 3 && place == 0 && sample == 0 {
                tripod(&mut svg, (corner.0 + 17.0, corner.1 + side - 13.0), 11.0);
            }
        }
    }
    let below = 2.0 + about.samples as f64 * (side + GAP);
    let centre = |place: usize| 1.0 + place as f64 * (side + GAP) + 0.5 * side;
    let columns: Vec<(f64, f64)> = about.t.iter().enumerate().map(|(place, &t)| (centre(place), t)).collect();
    labels(&mut svg, &columns, below);
    let colours = cloud.kinds().map_or_else(String::new, |field| format!(" Colours: {field}."));
    let caption = format!(
        "{} moved by {}{}. Framed: as they are.{colours}{}",
        about.samples(),
        about.motion,
        if cloud.dimension == 3 { ", in projection, near points stronger" } else { "" },
        if joined { " Lines: the shortest tree that joins the points, to guide the eye." } else { "" }
    );
    about.figure(caption, below + 20.0, svg.into_body(), table(about, cloud))
}

/// Writes every t below the middle of its column.
pub(super) fn labels(svg: &mut Svg, columns: &[(f64, f64)], below: f64) {
    for &(centre, t) in columns {
        svg.text("tick", (centre, below + 13.0), Anchor::Middle, &format!("t = {}", fixed(t, 2)));
    }
}

/// The middle of places, and half the side of the square that holds them all.
pub(super) fn window(places: impl Iterator<Item = (f64, f64)>) -> ((f64, f64), f64) {
    let start = ((f64::INFINITY, f64::INFINITY), (f64::NEG_INFINITY, f64::NEG_INFINITY));
    let (low, high) = places
        .filter(|(x, y)| x.is_finite() && y.is_finite())
        .fold(start, |(low, high), (x, y)| ((x.min(low.0), y.min(low.1)), (x.max(high.0), y.max(high.1))));
    if low.0 > high.0 {
        return ((0.0, 0.0), 1.0);
    }
    let reach = 0.54 * (high.0 - low.0).max(high.1 - low.1);
    ((0.5 * (low.0 + high.0), 0.5 * (low.1 + high.1)), if reach > 0.0 { reach } else { 1.0 })
}

/// The three axes of space in their projection, with their numbers.
pub(super) fn tripod(svg: &mut Svg, origin: (f64, f64), length: f64) {
    for (axis, (right, up, _)) in
        [project(1.0, 0.0, 0.0), project(0.0, 1.0, 0.0), project(0.0, 0.0, 1.0)].into_iter().enumerate()
    {
        let tip = (origin.0 + length * right, origin.1 - length * up);
        svg.line("tripod", origin, tip);
        let beyond = (tip.0 + 5.0 * right, tip.1 - 6.0 * up + 3.0);
        svg.text("tiny", beyond, Anchor::Middle, &format!("x{}", subscript(axis + 1)));
    }
}
