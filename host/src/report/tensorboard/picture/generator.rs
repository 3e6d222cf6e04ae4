//! A generator as a heat map: orange for positive entries, blue for negative ones.

use super::{BLUE, GREY, ORANGE, Picture, WHITE, mixed};
use crate::report::live::Rows;

/// Side of the picture, about.
const SIDE: usize = 240;

/// Of a matrix, scaled to its largest entry; nothing for one that is empty, zero or not finite.
pub(in super::super) fn heat_map(matrix: &Rows) -> Option<Picture> {
    let n = matrix.len();
    let largest = matrix.iter().flatten().fold(0.0_f64, |largest, entry| largest.max(entry.abs()));
    if n == 0 || largest == 0.0 || !matrix.iter().flatten().all(|entry| entry.is_finite()) {
        return None;
    }
    let cell = (SIDE / n).max(2);
    let mut picture = Picture::white(n * cell, n * cell);
    for (i, row) in matrix.iter().enumerate() {
        for (j, entry) in row.iter().enumerate() {
            let colour = mixed(WHITE, if *entry < 0.0 { BLUE } else { ORANGE }, entry.abs() / largest);
            picture.fill((j * cell, i * cell), (cell, cell), GREY);
            picture.fill((j * cell + 1, i * cell + 1), (cell - 1, cell - 1), colour);
        }
    }
    Some(picture)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entries_have_the_colours_of_their_signs() {
        let picture = heat_map(&vec![vec![0.0, -2.0], vec![2.0, 0.0]]).expect("a matrix");
        assert_eq!(picture.size(), (240, 240));
        let middle = |i: usize, j: usize| picture.pixels[(i * 120 + 60) * 240 + j * 120 + 60];
        assert_eq!([middle(0, 0), middle(0, 1), middle(1, 0), middle(1, 1)], [WHITE, BLUE, ORANGE, WHITE]);
        for matrix in [vec![], vec![vec![0.0]], vec![vec![f64::NAN]]] {
            assert_eq!(heat_map(&matrix), None);
        }
    }
}
