//! Numbers that describe a closed polygon. Pure geometry; coordinates are (x, y).

pub(crate) type Point = [f64; 2];

/// The edges, the last one back to the first point.
fn edges(outline: &[Point]) -> impl Iterator<Item = Point> {
    let next = outline.iter().cycle().skip(1);
    outline.iter().zip(next).map(|(p, q)| [q[0] - p[0], q[1] - p[1]])
}

/// Length of the outline.
pub(crate) fn perimeter(outline: &[Point]) -> f64 {
    edges(outline).map(|[x, y]| x.hypot(y)).sum()
}

/// How far one moves along x and along y on the way around, each way counted: twice the widths of a convex outline.
pub(crate) fn ways(outline: &[Point]) -> [f64; 2] {
    edges(outline).fold([0.0, 0.0], |way, edge| [way[0] + edge[0].abs(), way[1] + edge[1].abs()])
}

/// Mean of the points.
pub(crate) fn centre(outline: &[Point]) -> Point {
    let sum = outline.iter().fold([0.0, 0.0], |sum, p| [sum[0] + p[0], sum[1] + p[1]]);
    sum.map(|sum| sum / outline.len() as f64)
}

/// Stretched by a factor along the x axis.
pub(crate) fn stretched(outline: &[Point], factor: f64) -> Vec<Point> {
    outline.iter().map(|&[x, y]| [factor * x, y]).collect()
}

/// Turned by an angle about the origin, then shifted.
pub(crate) fn moved(outline: &[Point], angle: f64, shift: Point) -> Vec<Point> {
    let (sin, cos) = angle.sin_cos();
    let turned = |&[x, y]: &Point| [cos * x - sin * y + shift[0], sin * x + cos * y + shift[1]];
    outline.iter().map(turned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const SQUARE: [Point; 4] = [[1.0, 1.0], [4.0, 1.0], [4.0, 4.0], [1.0, 4.0]];

    #[test]
    fn a_square_by_hand() {
        assert_eq!(perimeter(&SQUARE), 12.0);
        assert_eq!(centre(&SQUARE), [2.5, 2.5]);
        assert_eq!(ways(&SQUARE), [6.0, 6.0]);
    }

    #[test]
    fn a_quarter_turn_moves_x_to_y() {
        let [x, y] = moved(&[[2.0, 0.0]], std::f64::consts::FRAC_PI_2, [1.0, 0.0])[0];
        assert!((x - 1.0).abs() < 1e-12 && (y - 2.0).abs() < 1e-12);
    }

    #[test]
    fn a_fine_ellipse_is_as_long_as_the_curve() {
        let circle = |k: i32| f64::from(k) * std::f64::consts::TAU / 10_000.0;
        let outline: Vec<Point> = (0..10_000).map(|k| [circle(k).cos(), circle(k).sin()]).collect();
        // Half axes 2 and 1: 8 E(3/4), with the complete elliptic integral E(3/4) = 1.2110560275684594 of the parameter m
        // (Abramowitz and Stegun, table 17.1).
        let expected = 8.0 * 1.211_056_027_568_459_4;
        assert!((perimeter(&stretched(&outline, 2.0)) - expected).abs() < 1e-5);
    }

    #[test]
    fn directions_outside_se_2_change_the_perimeter() {
        // The shear [x + y, y] makes two sides of 3 into diagonals of 3 √2; a dilation is seen at once.
        let sheared = SQUARE.map(|[x, y]| [x + y, y]);
        assert!((perimeter(&sheared) - (6.0 + 6.0 * 2_f64.sqrt())).abs() < 1e-12);
        assert_eq!(perimeter(&SQUARE.map(|[x, y]| [2.0 * x, 2.0 * y])), 24.0);
        // A strain that keeps the area: 3 by 3 becomes 6 by 1.5.
        assert_eq!(perimeter(&SQUARE.map(|[x, y]| [2.0 * x, y / 2.0])), 15.0);
    }

    #[test]
    fn an_eighth_of_a_turn_changes_the_ways() {
        // The square of side 3 then stands on a corner: 3 √2 wide and high, passed twice.
        let expected = 6.0 * 2_f64.sqrt();
        let [x, y] = ways(&moved(&SQUARE, std::f64::consts::FRAC_PI_4, [0.0, 0.0]));
        assert!((x - expected).abs() < 1e-12 && (y - expected).abs() < 1e-12, "{x} {y}");
    }

    proptest! {
        #[test]
        fn the_perimeter_belongs_to_the_shape(
            outline in proptest::collection::vec(proptest::array::uniform2(-3.0..3.0_f64), 3..20),
            angle in -7.0..7.0_f64,
            shift in proptest::array::uniform2(-5.0..5.0_f64),
        ) {
            let there = moved(&outline, angle, shift);
            prop_assert!((perimeter(&there) - perimeter(&outline)).abs() < 1e-9);
            let (before, after) = (ways(&outline), ways(&moved(&outline, 0.0, shift)));
            prop_assert!((before[0] - after[0]).abs() < 1e-9 && (before[1] - after[1]).abs() < 1e-9);
        }

        #[test]
        fn a_stretch_changes_the_perimeter(
            outline in proptest::collection::vec(proptest::array::uniform2(-3.0..3.0_f64), 3..20),
        ) {
            prop_assert!(perimeter(&stretched(&outline, 2.0)) > perimeter(&outline));
        }
    }
}
