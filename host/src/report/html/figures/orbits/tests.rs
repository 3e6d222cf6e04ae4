use super::super::super::figure::sound;
use super::*;
use crate::report::orbits::{OrbitField, SCHEMA, StillField};

fn field(name: &str, representation: Representation, shape: &[usize], mask: Option<&str>) -> OrbitField {
    OrbitField { name: name.into(), representation, shape: shape.to_vec(), mask: mask.map(str::to_owned) }
}

/// Numbers that differ, for each t and sample.
fn moved(field: OrbitField, places: usize, samples: usize) -> MovedField {
    let numbers: usize = field.shape.iter().product();
    let t: Vec<f64> = (0..places).map(|place| place as f64 - (places / 2) as f64).collect();
    let number = |t: f64, sample: usize, index: usize| (t + (sample * 7 + index * 3) as f64).sin();
    let sample = |t: f64, sample: usize| (0..numbers).map(|index| number(t, sample, index)).collect();
    let values = t.iter().map(|&t| (0..samples).map(|one| sample(t, one)).collect()).collect();
    MovedField { field, t, values }
}

fn one(moved: MovedField, still: Vec<StillField>) -> Orbits {
    let orbit = Orbit { exact: true, index: 0, matrix: vec![vec![0.0; 4]; 4], moved: vec![moved] };
    Orbits { schema: SCHEMA, still, orbits: vec![orbit] }
}

#[track_caller]
fn drawn(orbits: &Orbits, relativistic: bool) -> (Figure, String) {
    let figure = orbit(orbits, &orbits.orbits[0], relativistic).pop().expect("there is something to draw");
    let text = sound(&figure);
    (figure, text)
}

#[test]
fn images_are_strips_of_pictures() {
    let orbits = one(moved(field("image", Representation::Image, &[1, 4, 5], None), 7, 2), Vec::new());
    let (figure, text) = drawn(&orbits, false);
    assert_eq!(text.matches("data:image/png;base64,").count(), 14);
    assert_eq!(text.matches("class=\"still\"").count(), 2, "the middle of each strip is framed");
    assert_eq!((figure.name.as_str(), figure.title.as_str()), ("orbit-1-image", "image along X₁"));
}

#[test]
fn few_vectors_are_curves_in_the_plane_or_in_space() {
    for dimension in [2, 3] {
        let shape = [2, dimension];
        let orbits = one(moved(field("q", Representation::Vector, &shape, None), 49, 3), Vec::new());
        let (figure, text) = drawn(&orbits, false);
        assert_eq!(text.matches("class=\"panel\"").count(), 3, "a panel for each sample");
        assert_eq!(text.matches("class=\"mark ").count(), 6, "a dot for each vector");
        assert_eq!(figure.caption.contains("projection"), dimension == 3, "{}", figure.caption);
        assert_eq!(text.contains("class=\"tripod\""), dimension == 3);
    }
}

#[test]
fn masked_points_are_left_out_and_kinds_have_colours() {
    let mask = StillField {
        field: field("mask", Representation::Scalar, &[30], None),
        samples: vec![(0..30).map(|point| f64::from(point < 20)).collect(); 2],
    };
    let kind = |point: usize| if point < 10 { [1.0, 0.0] } else { [0.0, 1.0] };
    let kinds = StillField {
        field: field("element", Representation::Scalar, &[30, 2], Some("mask")),
        samples: vec![(0..30).flat_map(kind).collect(); 2],
    };
    let cloud = field("position", Representation::Vector, &[30, 3], Some("mask"));
    let orbits = one(moved(cloud, 5, 2), vec![mask, kinds]);
    let (figure, text) = drawn(&orbits, false);
    assert_eq!(text.matches("class=\"f1\"").count(), 5 * 2 * 10);
    assert_eq!(text.matches("class=\"f2\"").count(), 5 * 2 * 10);
    assert_eq!(text.matches("class=\"bond\"").count(), 5 * 2 * 19);
    assert!(figure.caption.contains(" Colours: element."), "{}", figure.caption);
    let csv = String::from_utf8(figure.table.csv()).expect("UTF-8");
    assert!(csv.starts_with("t,sample,point,position1,position2,position3\n"), "{csv}");
    assert_eq!(csv.lines().count(), 1 + 5 * 2 * 20);
}

#[test]
fn the_one_of_an_affine_map_is_no_coordinate() {
    let mut cloud = moved(field("point", Representation::Vector, &[25, 3], None), 5, 2);
    for sample in cloud.values.iter_mut().flatten() {
        sample.chunks_mut(3).for_each(|point| point[2] = 1.0);
    }
    let (figure, text) = drawn(&one(cloud, Vec::new()), false);
    assert!(!figure.caption.contains("projection"), "they lie in the plane: {}", figure.caption);
    assert_eq!(text.matches("class=\"f1\"").count(), 5 * 2 * 25);
}

#[test]
fn four_vectors_are_maps_of_angles_where_the_group_says_so() {
    let momenta = || moved(field("momenta", Representation::Vector, &[20, 4], None), 5, 2);
    let mut orbits = one(momenta(), Vec::new());
    // A boost along the second axis; energy is the last one.
    orbits.orbits[0].matrix[3][1] = 1.0;
    orbits.orbits[0].matrix[1][3] = 1.0;
    let mut other = orbits.orbits[0].clone();
    other.matrix = vec![vec![0.0; 4]; 4];
    (other.matrix[3][0], other.matrix[0][3]) = (1.0, 1.0);
    orbits.orbits.push(other);
    assert_eq!(momenta::time_axis(&orbits.orbits), 3);
    let (_, text) = drawn(&orbits, true);
    assert!(text.contains(">φ<") && text.matches("class=\"f1\"").count() == 5 * 2 * 20, "{text}");
    let (figure, _) = drawn(&orbits, false);
    assert!(figure.caption.starts_with("The first 12 of 80 numbers"), "{}", figure.caption);
}

#[test]
fn anything_else_is_a_line_for_each_number() {
    let tensor = moved(field("stress", Representation::Symmetric, &[6], None), 49, 3);
    let (figure, text) = drawn(&one(tensor, Vec::new()), false);
    assert_eq!(text.matches("class=\"curve ").count(), 6, "{text}");
    assert!(figure.caption.starts_with("The numbers of a test sample"), "{}", figure.caption);
}

#[test]
fn files_that_were_tampered_with_are_not_drawn() {
    let mut image = moved(field("image", Representation::Image, &[1, 4, 5], None), 7, 2);
    image.values[3][1].pop();
    let orbits = one(image, Vec::new());
    assert!(orbit(&orbits, &orbits.orbits[0], false).is_empty());
    let orbits = one(moved(field("x", Representation::Vector, &[0, 2], None), 7, 2), Vec::new());
    assert!(orbit(&orbits, &orbits.orbits[0], false).is_empty());
    let orbits = one(moved(field("x", Representation::Vector, &[2], None), 0, 0), Vec::new());
    assert!(orbit(&orbits, &orbits.orbits[0], false).is_empty());
}
