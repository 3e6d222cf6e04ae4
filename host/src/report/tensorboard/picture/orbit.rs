//! A field on its way along a generator: a filmstrip of images, the paths of vectors, the course of numbers.

use super::{BLUE, Colour, GREY, ORANGE, Picture, mixed};
use crate::report::orbits::MovedField;
use semola_plugin_api::Representation;

const SIDE: f64 = 320.0;
const MARGIN: f64 = 12.0;
/// The least side of an image in a filmstrip.
const FRAME: usize = 64;
/// Paths, or numbers, that are drawn at most.
const PATHS: usize = 256;
/// How far the third axis goes to the right and up.
const OBLIQUE: f64 = 0.35;

/// The picture of a field that moves; nothing where there is too little to see.
pub(in super::super) fn moved(field: &MovedField) -> Option<Picture> {
    let numbers: usize = field.field.shape.iter().product();
    let whole = |sample: &Vec<f64>| sample.len() == numbers && sample.iter().all(|value| value.is_finite());
    if numbers == 0 || field.values.len() < 2 || !field.values.iter().flatten().all(whole) {
        return None;
    }
    match (field.field.representation, &field.field.shape[..]) {
        (Representation::Image, &[channels, height, width]) => filmstrip(field, (channels, height, width)),
        (_, &[.., n @ (2 | 3)]) => Some(paths(&tracks(field, n, |_, vector| projected(vector)))),
        _ => Some(paths(&tracks(field, 1, |t, number| (t, number[0])))),
    }
}

/// A row of pictures for each sample.
fn filmstrip(field: &MovedField, (channels, height, width): (usize, usize, usize)) -> Option<Picture> {
    let zoom = FRAME.div_ceil(height.max(width)).max(1);
    let (high, wide) = (height * zoom + 2, width * zoom + 2);
    let samples = field.values.first()?.len();
    let values = field.values.iter().flatten().flatten();
    let (low, top) = values.fold((f64::MAX, f64::MIN), |(low, top), &value| (low.min(value), top.max(value)));
    let grey = |value: f64| ((value - low) / (top - low).max(f64::MIN_POSITIVE) * 255.0).round() as u8;
    let mut picture = Picture::white(field.values.len() * wide, samples * high);
    for (frame, values) in field.values.iter().enumerate() {
        for (row, sample) in values.iter().enumerate() {
            for place in 0..height * width {
                let channel = |channel: usize| {
                    let channel = if channels < 3 { 0 } else { channel };
                    grey(sample[channel * height * width + place])
                };
                let corner = (frame * wide + place % width * zoom + 1, row * high + place / width * zoom + 1);
                picture.fill(corner, (zoom, zoom), [channel(0), channel(1), channel(2)]);
            }
        }
    }
    Some(picture)
}

/// Where a vector of the plane or of space is drawn.
fn projected(vector: &[f64]) -> (f64, f64) {
    let depth = vector.get(2).copied().unwrap_or(0.0);
    (vector[0] + OBLIQUE * depth, vector[1] + OBLIQUE * depth)
}

/// Of each vector of each sample its places along the way.
fn tracks(field: &MovedField, n: usize, place: impl Fn(f64, &[f64]) -> (f64, f64)) -> Vec<Vec<(f64, f64)>> {
    let samples = field.values.first().map_or(0, Vec::len);
    let vectors = field.field.shape.iter().product::<usize>() / n;
    let all = (0..samples).flat_map(|sample| (0..vectors).map(move |vector| (sample, vector)));
    all.take(PATHS)
        .map(|(sample, vector)| {
            let times = field.t.iter().zip(&field.values);
            times.map(|(&t, values)| place(t, &values[sample][vector * n..(vector + 1) * n])).collect()
        })
        .collect()
}

/// Lines that turn from blue to orange on their way.
fn paths(tracks: &[Vec<(f64, f64)>]) -> Picture {
    let side = (SIDE + 2.0 * MARGIN) as usize;
    let mut picture = Picture::white(side, side);
    let every = || tracks.iter().flatten();
    let range = |number: fn(&(f64, f64)) -> f64| {
        let ends = every()
            .map(number)
            .fold((f64::MAX, f64::MIN), |(low, top), value| (low.min(value), top.max(value)));
        (ends.0, (ends.1 - ends.0).max(1e-12))
    };
    let (across, along) = (range(|place| place.0), range(|place| place.1));
    let pixel = |(x, y): (f64, f64)| {
        let part = |value: f64, (low, width): (f64, f64)| (value - low) / width * SIDE;
        (MARGIN + part(x, across), MARGIN + SIDE - part(y, along))
    };
    for (x, y) in [((0.0, 0.0), (SIDE, 0.0)), ((0.0, 0.0), (0.0, SIDE))] {
        let at = |(x, y): (f64, f64)| (MARGIN / 2.0 + x, MARGIN * 1.5 + SIDE - y);
        picture.line(at(x), at(y), GREY);
    }
    for track in tracks {
        let count = track.len().saturating_sub(1).max(1) as f64;
        for (step, pair) in track.windows(2).enumerate() {
            let colour: Colour = mixed(BLUE, ORANGE, step as f64 / count);
            picture.line(pixel(pair[0]), pixel(pair[1]), colour);
        }
    }
    picture
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::orbits::OrbitField;

    fn field(representation: Representation, shape: &[usize], values: Vec<Vec<f64>>) -> MovedField {
        let field = OrbitField { name: "x".into(), representation, shape: shape.to_vec(), mask: None };
        let t = (0..values.len()).map(|t| t as f64).collect();
        MovedField { field, t, values: values.into_iter().map(|sample| vec![sample]).collect() }
    }

    #[test]
    fn images_are_a_filmstrip() {
        let values = vec![vec![0.0, 1.0, 2.0, 4.0], vec![4.0, 0.0, 0.0, 0.0], vec![0.0; 4]];
        let picture = moved(&field(Representation::Image, &[1, 2, 2], values)).expect("a picture");
        assert_eq!(picture.size(), (3 * 66, 66));
        let pixel = |x: usize, y: usize| picture.pixels[y * 3 * 66 + x];
        assert_eq!([pixel(3, 3), pixel(60, 60), pixel(66 + 3, 3)], [[0; 3], [255; 3], [255; 3]]);
        assert_eq!(pixel(60, 3), [64; 3]);
    }

    #[test]
    fn vectors_leave_paths_from_blue_to_orange() {
        let values = vec![vec![0.0, 0.0], vec![0.5, 0.5], vec![1.0, 1.0]];
        let picture = moved(&field(Representation::Vector, &[2], values)).expect("a picture");
        let count = |colour: Colour| picture.pixels.iter().filter(|pixel| **pixel == colour).count();
        assert!(count(BLUE) > 100 && count(mixed(BLUE, ORANGE, 0.5)) > 100, "two stretches");
    }

    #[test]
    fn numbers_of_no_plane_have_a_course_and_too_little_has_no_picture() {
        let long = vec![vec![0.0; 5], vec![1.0; 5]];
        assert!(moved(&field(Representation::Custom, &[5], long.clone())).is_some());
        assert!(moved(&field(Representation::Custom, &[6], long)).is_none(), "another shape");
        assert!(moved(&field(Representation::Custom, &[2], vec![vec![f64::NAN, 0.0]; 2])).is_none());
        assert!(moved(&field(Representation::Custom, &[2], vec![vec![0.0, 0.0]])).is_none());
    }
}
