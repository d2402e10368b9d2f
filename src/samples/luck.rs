//! Small draws that all samples are made with.

use rand::RngExt;
use rand_pcg::Pcg32;

/// One of a list that is not empty.
pub(super) fn one<'a, T>(list: &'a [T], rng: &mut Pcg32) -> &'a T {
    &list[rng.random_range(0..list.len() as u32) as usize]
}

/// True so often in a hundred times.
pub(super) fn chance(percent: u32, rng: &mut Pcg32) -> bool {
    rng.random_range(0..100u32) < percent
}

/// Puts a list in any order.
pub(super) fn shuffle<T>(list: &mut [T], rng: &mut Pcg32) {
    for i in (1..list.len()).rev() {
        list.swap(i, rng.random_range(0..=i as u32) as usize);
    }
}
