//! Seeded irregularity: the same seed, name and number give the same value, in any order of asking.

/// A value from 0 up to, not including, 1.
pub(super) fn unit(seed: u64, name: &str, number: i64) -> f64 {
    fastrand::Rng::with_seed(key(seed, name, number)).f64()
}

/// A value from 0 up to, not including, `below`.
pub(super) fn below(seed: u64, name: &str, number: i64, below: i64) -> i64 {
    fastrand::Rng::with_seed(key(seed, name, number)).i64(0..below.max(1))
}

/// FNV-1a over all three.
fn key(seed: u64, name: &str, number: i64) -> u64 {
    let bytes = seed.to_le_bytes().into_iter().chain(name.bytes()).chain(number.to_le_bytes());
    bytes.fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0000_0100_0000_01b3)
    })
}
