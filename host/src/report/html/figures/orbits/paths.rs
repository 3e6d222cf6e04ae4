//! A few vectors along a generator: each one's curve, in the plane or in projected space, a panel for each sample.

use super::super::super::axis::Axis;
use super::super::super::figure::{Figure, Table, WIDTH};
use super::super::super::svg::{Anchor, Svg};
use super::super::losses::SERIES;
use super::About;
use super::cloud::Cloud;
use super::frames::{tripod, window};

const LEFT: f64 = 34.0;
const GAP: f64 = 10.0;

pub(super) fn paths(about: &About, cloud: &Cloud) -> Figure {
    let columns = about.samples as f64;
    let side = ((WIDTH - LEFT - 4.0 - GAP * (columns - 1.0)) / columns).min(240.0);
    let flat = cloud.dimension == 2;
    let views: Vec<_> = (0..about.samples).map(|sample| cloud.view(sample)).collect();
    let present: Vec<Vec<usize>> = (0..about.samples).map(|sample| cloud.present(sample).collect()).collect();
    let places = views.iter().zip(&present).flat_map(|(view, present)| {
        view.iter().flat_map(|points| present.iter().map(|&point| (points[point].0, points[point].1)))
    });
    // One window, around the origin that the group leaves alone.
    let (_, reach) = window(places.chain([(0.0, 0.0)]).flat_map(|(x, y)| [(x, y), (-x, -y)]));
    let (top, bottom) = (6.0, 6.0 + side);
    let mut svg = Svg::default();
    for (sample, (view, present)) in views.iter().zip(&present).enumerate() {
        let left = LEFT + sample as f64 * (side + GAP);
        let x = Axis::exactly(-reach, reach, left, left + side);
        let y = Axis::exactly(-reach, reach, bottom, top);
        svg.rect("panel", (left, top), (side, side));
        if flat {
            svg.line("grid", (x.place(0.0), top), (x.place(0.0), bottom));
            svg.line("grid", (left, y.place(0.0)), (left + side, y.place(0.0)));
            for (value, label) in x.ticks_beside(4) {
                svg.text("tick", (x.place(value), bottom + 16.0), Anchor::Middle, &label);
                if sample == 0 {
                    svg.text("tick", (left - 6.0, y.place(value) + 4.0), Anchor::End, &label);
                }
            }
        } else {
            tripod(&mut svg, (left + 22.0, bottom - 18.0), 16.0);
        }
        let middle = about.t.len() / 2;
        for (index, &point) in present.iter().enumerate() {
            let colour = index % SERIES + 1;
            let on = |points: &Vec<(f64, f64, f64)>| (x.place(points[point].0), y.place(points[point].1));
            svg.path(&format!("curve back s{colour}"), view[..=middle].iter().map(on));
            svg.path(&format!("curve s{colour}"), view[middle..].iter().map(on));
            if let [_, .., before, tip] = &view[middle..=middle + middle / 2] {
                arrow_head(&mut svg, &format!("f{colour}"), on(before), on(tip));
            }
            svg.circle(&format!("mark f{colour}"), on(&view[middle]), 4.5);
        }
    }
    let caption = format!(
        "{} moved by {}, a colour for each vector{}. Dots: the data as they are; arrows and solid lines: t > 0, dashed: t < 0.",
        about.samples(),
        about.motion,
        if flat { "" } else { ", in projection" }
    );
    about.figure(caption, bottom + if flat { 24.0 } else { 8.0 }, svg.into_body(), table(about, cloud))
}

/// On a curve, pointing on.
fn arrow_head(svg: &mut Svg, class: &str, before: (f64, f64), tip: (f64, f64)) {
    let (dx, dy) = (tip.0 - before.0, tip.1 - before.1);
    let length = dx.hypot(dy);
    // A point that hardly moves has no direction.
    if length > 1e-3 {
        let (dx, dy) = (8.0 * dx / length, 8.0 * dy / length);
        let base = (tip.0 - dx, tip.1 - dy);
        let wings = [(base.0 - 0.45 * dy, base.1 + 0.45 * dx), (base.0 + 0.45 * dy, base.1 - 0.45 * dx)];
        svg.polygon(class, &[tip, wings[0], wings[1]]);
    }
}

/// A row for each point at each t.
pub(super) fn table(about: &About, cloud: &Cloud) -> Table {
    let coordinates = (0..cloud.dimension).map(|coordinate| format!("{}{}", about.field, coordinate + 1));
    let mut table = Table::new(["t", "sample", "point"].map(String::from).into_iter().chain(coordinates));
    for (t, samples) in about.t.iter().zip(&cloud.points) {
        for (sample, points) in samples.iter().enumerate() {
            for point in cloud.present(sample) {
                let place = [(*t).into(), (sample + 1).into(), (point + 1).into()];
                table.row(place.into_iter().chain(points[point].iter().copied().map(Into::into)));
            }
        }
    }
    table
}
