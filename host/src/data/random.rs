use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use sha2::{Digest, Sha256};
use tch::Tensor;

/// A random stream of its own for each purpose: the same seed and name give the same numbers, whatever the
/// other streams did.
pub fn stream(seed: u64, name: &str) -> ChaCha8Rng {
    ChaCha8Rng::from_seed(digest(seed, name))
}

/// A seed for a generator that takes a number, in `[0, 2^63)` (TOML and libtorch have signed integers).
pub fn stream_seed(seed: u64, name: &str) -> u64 {
    let bytes = digest(seed, name);
    u64::from_le_bytes(bytes[..8].try_into().expect("a digest has 32 bytes")) >> 1
}

/// How much of a stream was drawn, `[2]` integers, for checkpoints.
pub fn position(stream: &ChaCha8Rng) -> Tensor {
    let position = stream.get_word_pos();
    Tensor::from_slice(&[position as i64, (position >> 64) as i64])
}

/// Takes a stream to a [`position`].
pub fn seek(stream: &mut ChaCha8Rng, position: &Tensor) {
    let [low, high] = [0, 1].map(|i| position.int64_value(&[i]) as u64);
    stream.set_word_pos(u128::from(high) << 64 | u128::from(low));
}

fn digest(seed: u64, name: &str) -> [u8; 32] {
    Sha256::new().chain_update(seed.to_le_bytes()).chain_update(name.as_bytes()).finalize().into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rand::RngExt;

    #[test]
    fn a_stream_goes_on_where_it_was() {
        let mut first = stream(3, "x");
        for _ in 0..37 {
            let _: u32 = first.random();
        }
        let mut second = stream(3, "x");
        seek(&mut second, &position(&first));
        let ten = |stream: &mut ChaCha8Rng| (0..10).map(|_| stream.random()).collect::<Vec<u64>>();
        assert_eq!(ten(&mut first), ten(&mut second));
    }
}
