use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::SeedableRng;
use sha2::{Digest, Sha256};

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

fn digest(seed: u64, name: &str) -> [u8; 32] {
    Sha256::new().chain_update(seed.to_le_bytes()).chain_update(name.as_bytes()).finalize().into()
}
