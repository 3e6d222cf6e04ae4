use std::ops::Range;

/// The part of a global batch that one process works on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// Its first sample.
    pub first: i64,
    /// Its samples.
    pub count: i64,
    /// Samples of the whole batch.
    pub of: i64,
}

impl Share {
    /// All of it.
    pub fn whole(of: i64) -> Self {
        Self { first: 0, count: of, of }
    }

    /// That of process `rank` out of `size`; shares differ by one sample at most.
    pub fn new(rank: usize, size: usize, of: i64) -> Self {
        let edge = |rank: usize| of * rank as i64 / size as i64;
        let first = edge(rank);
        Self { first, count: edge(rank + 1) - first, of }
    }

    /// Its weight in a mean over the batch.
    pub fn weight(self) -> f64 {
        self.count as f64 / self.of as f64
    }

    /// Its places.
    pub fn range(self) -> Range<usize> {
        self.first as usize..(self.first + self.count) as usize
    }

    /// Its rows, of `width` numbers each, out of several copies of the batch one after the other.
    pub fn of_copies<T: Copy>(self, numbers: &[T], width: usize) -> Vec<T> {
        if self.count == self.of || width == 0 {
            return numbers.to_vec();
        }
        let Range { start, end } = self.range();
        let copies = numbers.chunks(self.of as usize * width);
        copies.flat_map(|copy| &copy[start * width..end * width]).copied().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn shares_are_the_batch_in_order(size in 1_usize..9, of in 1_i64..100, copies in 1_usize..4) {
            let shares: Vec<Share> =
                (0..size).map(|rank| Share::new(rank, size, of)).collect();
            let rows: Vec<usize> = shares.iter().flat_map(|share| share.range()).collect();
            prop_assert_eq!(rows, (0..of as usize).collect::<Vec<_>>());
            let weight: f64 = shares.iter().map(|share| share.weight()).sum();
            prop_assert!((weight - 1.0).abs() < 1e-12);
            let counts = shares.iter().map(|share| share.count);
            prop_assert!(counts.clone().max().unwrap_or(0) - counts.min().unwrap_or(0) <= 1);

            // Rows of two numbers, (copy, place).
            let numbers: Vec<i64> = (0..copies as i64).flat_map(|copy| (0..of).flat_map(move |at| [copy, at])).collect();
            for share in shares {
                let own = share.of_copies(&numbers, 2);
                let expected: Vec<i64> = (0..copies as i64)
                    .flat_map(|copy| (share.first..share.first + share.count).flat_map(move |at| [copy, at]))
                    .collect();
                prop_assert_eq!(own, expected);
            }
        }
    }
}
