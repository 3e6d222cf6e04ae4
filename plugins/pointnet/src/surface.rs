//! Points on a mesh, uniform by area.

use crate::mesh::Mesh;
use nalgebra::Vector3;
use rand::{Rng, RngExt};

/// Points uniform on the surface, in the mesh's unit.
pub(crate) fn scatter(mesh: &Mesh, count: usize, random: &mut impl Rng) -> Vec<Vector3<f64>> {
    let mut sum = 0.0;
    let sums: Vec<f64> = (0..mesh.triangles.len())
        .map(|index| {
            sum += mesh.area(index);
            sum
        })
        .collect();
    (0..count)
        .map(|_| {
            let place = random.random::<f64>() * sum;
            let index = sums.partition_point(|&sum| sum <= place).min(sums.len() - 1);
            let [a, b, c] = mesh.triangle(index);
            // The square root makes the density even: √u is how far from `a` towards the opposite edge.
            let (far, along) = (random.random::<f64>().sqrt(), random.random::<f64>());
            a * (1.0 - far) + b * (far * (1.0 - along)) + c * (far * along)
        })
        .collect()
}

/// Moves the points' mean to the origin and, if asked for, divides by the largest distance from it.
pub(crate) fn centred(points: &[Vector3<f64>], scaled: bool) -> Vec<[f32; 3]> {
    let centre = points.iter().sum::<Vector3<f64>>() / points.len().max(1) as f64;
    let radius = points.iter().map(|point| (point - centre).norm()).fold(0.0, f64::max);
    let scale = if scaled && radius > 0.0 { radius } else { 1.0 };
    points.iter().map(|point| ((point - centre) / scale).map(|x| x as f32).into()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::SeedableRng;
    use rand_chacha::ChaCha8Rng;

    #[test]
    fn points_lie_on_the_surface_evenly() {
        // The unit square in the plane z = 2 as a large and three small triangles.
        let corners =
            vec![[0.0, 0.0, 2.0], [1.0, 0.0, 2.0], [1.0, 1.0, 2.0], [0.0, 1.0, 2.0], [0.25, 0.75, 2.0]];
        let mesh = Mesh { corners, triangles: vec![[0, 1, 2], [0, 2, 4], [2, 3, 4], [3, 0, 4]] };
        let mut random = ChaCha8Rng::seed_from_u64(4);
        let points = scatter(&mesh, 40_000, &mut random);
        let within = |x: f64| (-1e-12..=1.0 + 1e-12).contains(&x);
        assert!(points.iter().all(|p| (p.z - 2.0).abs() < 1e-12 && within(p.x) && within(p.y)));
        for (i, j) in (0..4).flat_map(|i| (0..4).map(move |j| (i, j))) {
            let inside = |p: &&Vector3<f64>| (p.x * 4.0) as usize == i && (p.y * 4.0) as usize == j;
            let count = points.iter().filter(inside).count();
            // 2500 expected, standard deviation 48.
            assert!((2300..2700).contains(&count), "{i} {j}: {count}");
        }
    }

    #[test]
    fn centred_points_fill_the_unit_ball() {
        let points = [Vector3::new(1.0, 1.0, 1.0), Vector3::new(1.0, 1.0, 5.0)];
        assert_eq!(centred(&points, true), [[0.0, 0.0, -1.0], [0.0, 0.0, 1.0]]);
        assert_eq!(centred(&points, false), [[0.0, 0.0, -2.0], [0.0, 0.0, 2.0]]);
        assert_eq!(centred(&points[..1], true), [[0.0; 3]]);
    }
}
