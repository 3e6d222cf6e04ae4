//! Symmetric and antisymmetric matrices as rows of their independent entries.

use semola_plugin_api::Representation;
use tch::{Device, Tensor};

/// Where the entries of an n × n matrix lie in its packed row: the upper triangle, row by row, with the diagonal for
/// symmetric matrices and without it for antisymmetric ones.
#[derive(Debug)]
pub(super) struct Packing {
    n: i64,
    /// `[n · n]`: the place in the packed row of each entry; any place where the sign is 0.
    places: Tensor,
    /// `[n · n]`: 1, −1 below an antisymmetric matrix's diagonal, 0 on it; absent for symmetric matrices.
    signs: Option<Tensor>,
    /// `[packed length]`: the entry of the matrix, `n · row + column`, at each place.
    entries: Tensor,
}

impl Packing {
    /// For [`Representation::Antisymmetric`], or else for symmetric matrices.
    pub(super) fn new(representation: Representation, n: i64, device: Device) -> Self {
        let antisymmetric = representation == Representation::Antisymmetric;
        let mut places = vec![0_i64; (n * n) as usize];
        let mut signs = vec![0.0_f32; (n * n) as usize];
        let mut entries = Vec::new();
        for row in 0..n {
            for column in row + i64::from(antisymmetric)..n {
                let place = entries.len() as i64;
                let (above, below) = ((n * row + column) as usize, (n * column + row) as usize);
                (places[above], places[below]) = (place, place);
                (signs[above], signs[below]) = (1.0, -1.0);
                entries.push(above as i64);
            }
        }
        Self {
            n,
            places: Tensor::from_slice(&places).to_device(device),
            signs: antisymmetric.then(|| Tensor::from_slice(&signs).to_device(device)),
            entries: Tensor::from_slice(&entries).to_device(device),
        }
    }

    /// `[…, packed length]` as `[…, n, n]`.
    pub(super) fn unpack(&self, field: &Tensor) -> Tensor {
        let rows = field.index_select(-1, &self.places);
        let entries = match &self.signs {
            Some(signs) => rows * signs.to_kind(field.kind()),
            None => rows,
        };
        let size = field.size();
        let shape = [&size[..size.len() - 1], &[self.n, self.n]].concat();
        entries.reshape(shape)
    }

    /// `[…, n, n]` as `[…, packed length]`.
    pub(super) fn pack(&self, matrices: &Tensor) -> Tensor {
        matrices.flatten(-2, -1).index_select(-1, &self.entries)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::symmetry::matrices::flat;
    use tch::Kind;

    fn unpacked(representation: Representation, row: &[f64]) -> Vec<f64> {
        let packing = Packing::new(representation, 3, Device::Cpu);
        let row = Tensor::from_slice(row);
        let matrix = packing.unpack(&row);
        assert_eq!(matrix.size(), [3, 3]);
        assert_eq!(matrix.kind(), Kind::Double);
        assert_eq!(packing.pack(&matrix), row);
        flat(&matrix)
    }

    #[test]
    fn the_upper_triangle_goes_row_by_row() {
        let symmetric = unpacked(Representation::Symmetric, &[1.0, 2.0, 3.0, 4.0, 5.0, 6.0]);
        assert_eq!(symmetric, [1.0, 2.0, 3.0, 2.0, 4.0, 5.0, 3.0, 5.0, 6.0]);
        let antisymmetric = unpacked(Representation::Antisymmetric, &[1.0, 2.0, 3.0]);
        assert_eq!(antisymmetric, [0.0, 1.0, 2.0, -1.0, 0.0, 3.0, -2.0, -3.0, 0.0]);
    }
}
