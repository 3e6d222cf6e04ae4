//! Samples of the data moved along each generator, for the report: by the action that training augments with, so that
//! the picture shows what the model was shown.
//!
//! Nothing random is drawn, and what is kept is bounded: a few samples, moderate images, clouds cut off.

use crate::data::{Data, FieldScale};
use crate::report::RunDirectory;
use crate::report::orbits::{MovedField, Orbit, OrbitField, Orbits, SCHEMA, StillField, rounded};
use crate::report::summary::{Generator, SymmetrySummary};
use crate::symmetry::algebra::LieAlgebra;
use crate::symmetry::{Action, automatic_range, from_rows, to_tensor};
use nalgebra::{DMatrix, DVector};
use semola_plugin_api::{Field, Representation};
use tch::{Device, Kind, Tensor};

/// Generators that are shown.
const GENERATORS: usize = 6;
/// Numbers in a sample of a field up to which its whole path is kept.
const SMALL: usize = 64;
/// Vectors in a sample up to which each one's path is told apart.
const FEW: usize = 12;
/// Numbers in a sample of a field that are kept at most.
const LARGEST: usize = 2500;
/// Places along the path of a small field: 3.75° apart on half a circle each way.
const PLACES: usize = 97;
/// Pictures in a row of images, and of clouds, which need more room each.
const IMAGES: usize = 7;
const CLOUDS: usize = 5;
/// Samples of small fields and of large ones.
const SAMPLES: (i64, i64) = (3, 2);

/// Writes `orbits.json` into the run directory. It is there to be looked at: where it can't be made, a warning says so.
pub(super) fn keep(
    data: &Data,
    action: &Action,
    symmetry: &SymmetrySummary,
    max_stretch: f64,
    run: &RunDirectory,
) {
    let written = orbits(data, action, symmetry, max_stretch).and_then(|orbits| match orbits {
        Some(orbits) => Ok(orbits.write(run.path())?),
        None => Ok(()),
    });
    if let Err(error) = written {
        tracing::warn!("the report will show no orbits of the data: {error:#}");
    }
}

/// Moves test samples along the exact and the approximate generators; nothing where there are none.
///
/// # Errors
/// The action's own.
fn orbits(
    data: &Data,
    action: &Action,
    symmetry: &SymmetrySummary,
    max_stretch: f64,
) -> anyhow::Result<Option<Orbits>> {
    let fields = data.spec.inputs.iter().zip(&data.test.inputs).zip(&data.scaling.inputs).enumerate();
    let fields: Vec<(usize, Shown<'_>)> = fields
        .filter_map(|(place, ((field, values), &scale))| Some((place, Shown::new(field, values, scale)?)))
        .collect();
    let large = fields.iter().any(|(_, field)| field.moves() && field.places() < PLACES);
    let samples = data.test.first(if large { SAMPLES.1 } else { SAMPLES.0 });
    let still = fields.iter().filter(|(_, field)| !field.moves()).map(|(place, shown)| StillField {
        field: shown.kept.clone(),
        samples: shown.values(&samples.inputs[*place]),
    });
    let still = still.collect();

    let mut orbits = Vec::new();
    for (exact, generators) in [(true, &symmetry.generators), (false, &symmetry.approximate)] {
        let matrices: Vec<DMatrix<f64>> = generators.iter().map(|found| from_rows(&found.matrix)).collect();
        let readable = LieAlgebra::from_generators(&matrices)?.readable_basis();
        for (index, element) in readable.iter().enumerate().take(GENERATORS - orbits.len()) {
            let reach = reach(element, generators, &matrices, max_stretch);
            let generator = to_tensor(std::slice::from_ref(element), samples.inputs[0].device()).get(0);
            let mut moved = Vec::new();
            for (place, shown) in fields.iter().filter(|(_, field)| field.moves()) {
                let t = grid(reach, shown.places());
                let mut values = Vec::new();
                for &t in &t {
                    let fields = action.move_inputs_along(&generator, t, &samples.inputs)?;
                    values.push(shown.values(&fields[*place]));
                }
                // A picture of what leaves the numbers' range would be empty.
                if values.iter().flatten().flatten().all(|value| value.is_finite()) {
                    let t = t.into_iter().map(rounded).collect();
                    moved.push(MovedField { field: shown.kept.clone(), t, values });
                }
            }
            let matrix = element.row_iter().map(|row| row.iter().copied().map(rounded).collect()).collect();
            orbits.push(Orbit { exact, index, matrix, moved });
        }
    }
    Ok((!orbits.is_empty()).then_some(Orbits { schema: SCHEMA, still, orbits }))
}

/// An odd number of places from `-reach` to `reach`.
fn grid(reach: f64, places: usize) -> Vec<f64> {
    let half = (places / 2) as f64;
    (0..places).map(|place| reach * (place as f64 - half) / half).collect()
}

/// How far an element of the span is followed: its own range, within the extents of the generators that it is made of.
fn reach(
    element: &DMatrix<f64>,
    generators: &[Generator],
    matrices: &[DMatrix<f64>],
    max_stretch: f64,
) -> f64 {
    let whole = automatic_range(std::slice::from_ref(element), max_stretch)[0];
    let flat = |matrix: &DMatrix<f64>| DVector::from_column_slice(matrix.as_slice());
    let columns: Vec<DVector<f64>> = matrices.iter().map(flat).collect();
    let coefficients = DMatrix::from_columns(&columns).svd(true, true).solve(&flat(element), 1e-9);
    let Ok(coefficients) = coefficients else { return whole };
    let bounds = generators.iter().zip(coefficients.iter()).filter_map(|(generator, coefficient)| {
        let bound = generator.extent? / coefficient.abs();
        bound.is_finite().then_some(bound)
    });
    bounds.fold(whole, f64::min)
}

/// A field as it is kept.
struct Shown<'a> {
    field: &'a Field,
    kept: OrbitField,
    scale: FieldScale,
}

impl<'a> Shown<'a> {
    /// `None` for what is too large to draw and cannot be made smaller.
    fn new(field: &'a Field, values: &Tensor, scale: FieldScale) -> Option<Self> {
        let mut shape: Vec<usize> = values.size()[1..].iter().map(|&length| length as usize).collect();
        let numbers: usize = shape.iter().product();
        if numbers > LARGEST {
            match (field.representation, &mut shape[..]) {
                (Representation::Image, [channels, height, width]) => {
                    let side = ((LARGEST / *channels) as f64).sqrt() as usize;
                    (*height, *width) = ((*height).min(side).max(1), (*width).min(side).max(1));
                }
                (_, [points, coordinates]) if *coordinates <= 8 => *points = LARGEST / *coordinates,
                (_, [points]) => *points = LARGEST.min(*points),
                _ => return None,
            }
        }
        let kept = OrbitField {
            name: field.name.clone(),
            representation: field.representation,
            shape,
            mask: field.mask.clone(),
        };
        Some(Self { field, kept, scale })
    }

    fn moves(&self) -> bool {
        self.field.representation != Representation::Scalar
    }

    fn numbers(&self) -> usize {
        self.kept.shape.iter().product()
    }

    /// How many there are of those that are drawn as points.
    fn vectors(&self) -> usize {
        match self.kept.shape[..] {
            [.., points, coordinates] if (2..=4).contains(&coordinates) => points,
            _ => 1,
        }
    }

    fn places(&self) -> usize {
        match self.field.representation {
            Representation::Image => IMAGES,
            _ if self.numbers() > SMALL || self.vectors() > FEW => CLOUDS,
            _ => PLACES,
        }
    }

    /// `[samples][numbers]`, in the data's own units.
    fn values(&self, tensor: &Tensor) -> Vec<Vec<f64>> {
        let mut tensor = tensor.detach().to_device(Device::Cpu).to_kind(Kind::Double);
        let shape: Vec<i64> = self.kept.shape.iter().map(|&length| length as i64).collect();
        if self.field.representation == Representation::Image && tensor.size()[1..] != shape[..] {
            tensor = tensor.adaptive_avg_pool2d(&shape[1..]);
        } else if let (Some(&kept), Some(&length)) = (shape.first(), tensor.size().get(1))
            && kept < length
        {
            tensor = tensor.narrow(1, 0, kept);
        }
        let tensor = self.scale.undo(&tensor).flatten(1, -1).contiguous();
        let numbers = self.numbers();
        let flat: Vec<f64> =
            Vec::try_from(tensor.flatten(0, -1)).expect("a flat tensor of doubles on the CPU is a vector");
        flat.chunks(numbers.max(1)).map(|sample| sample.iter().copied().map(rounded).collect()).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn turn() -> DMatrix<f64> {
        DMatrix::from_row_slice(2, 2, &[0.0, -1.0, 1.0, 0.0])
    }

    #[test]
    fn the_grid_has_its_middle_at_rest() {
        assert_eq!(grid(2.0, 5), [-2.0, -1.0, 0.0, 1.0, 2.0]);
        assert_eq!(grid(0.7, PLACES)[PLACES / 2], 0.0);
    }

    #[test]
    fn an_extent_bounds_the_way_in_units_of_the_element() {
        let mut generator =
            Generator { matrix: Vec::new(), violation: 0.0, range: 1.0, extent: None, whole_range: None };
        let matrices = [turn() * -2.0];
        let whole = reach(&turn(), std::slice::from_ref(&generator), &matrices, 2.0);
        assert!((whole - std::f64::consts::PI).abs() < 1e-9, "half a circle each way: {whole}");
        generator.extent = Some(0.3);
        let bounded = reach(&turn(), &[generator], &matrices, 2.0);
        assert!((bounded - 0.6).abs() < 1e-9, "0.3 of a generator twice as large: {bounded}");
    }

    #[test]
    fn few_vectors_keep_their_paths_and_many_are_frames() {
        let places = |points: i64| {
            let field = Field::vectors("q", points as usize, 2);
            let tensor = Tensor::zeros([1, points, 2], (Kind::Float, Device::Cpu));
            Shown::new(&field, &tensor, FieldScale { offset: 0.0, scale: 1.0 }).map(|shown| shown.places())
        };
        assert_eq!([2, 12, 13, 32, 200].map(places), [PLACES, PLACES, CLOUDS, CLOUDS, CLOUDS].map(Some));
    }

    #[test]
    fn large_fields_are_made_smaller() {
        let image = Field::new("image", [3, 100, 60], Representation::Image);
        let tensor = Tensor::ones([2, 3, 100, 60], (Kind::Float, Device::Cpu));
        let shown = Shown::new(&image, &tensor, FieldScale { offset: 0.0, scale: 1.0 }).expect("an image");
        assert_eq!(shown.kept.shape, [3, 28, 28]);
        assert_eq!(shown.values(&tensor), vec![vec![1.0; 3 * 28 * 28]; 2]);
        let cloud = Field::vectors("points", 2000, 3);
        let tensor = Tensor::arange(12_000, (Kind::Float, Device::Cpu)).reshape([2, 2000, 3]);
        let shown = Shown::new(&cloud, &tensor, FieldScale { offset: 0.5, scale: 2.0 }).expect("a cloud");
        assert_eq!(shown.kept.shape, [833, 3]);
        let values = shown.values(&tensor);
        assert_eq!((values.len(), values[0].len()), (2, 2499));
        assert_eq!(values[0][..4], [0.5, 2.5, 4.5, 6.5], "in the data's own units");
        let tensor = Tensor::zeros([2, 9, 9, 99], (Kind::Float, Device::Cpu));
        let odd = Field::new("odd", [9, 9, 99], Representation::Custom);
        assert!(Shown::new(&odd, &tensor, FieldScale { offset: 0.0, scale: 1.0 }).is_none());
    }
}
