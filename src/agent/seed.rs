//! Where every random choice of an agent comes from: one seed, what it is for, and when.

/// What a choice is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Use {
    /// A ballot; by its place.
    Ballot(u32),
    /// Which of tied actions wins.
    Tie,
    /// What the strategist writes.
    Reflection,
    /// The adapter's first numbers.
    Adapter,
}

/// The seed for a use at a decision.
pub fn seed(root: u64, at: u32, what: Use) -> u64 {
    let (kind, place) = match what {
        Use::Ballot(place) => (1, u64::from(place)),
        Use::Tie => (2, 0),
        Use::Reflection => (3, 0),
        Use::Adapter => (4, 0),
    };
    [u64::from(at), kind, place].into_iter().fold(mix(root), |seed, part| mix(seed ^ part))
}

/// SplitMix64 (Steele, Lea and Flood, 2014): each bit of what comes in changes half of what goes out.
fn mix(x: u64) -> u64 {
    let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn no_two_choices_share_a_seed() {
        let uses = [Use::Ballot(0), Use::Ballot(1), Use::Tie, Use::Reflection, Use::Adapter];
        let all = |root| (0..100).flat_map(move |at| uses.map(|what| seed(root, at, what)));
        assert_eq!(all(0).chain(all(1)).collect::<BTreeSet<_>>().len(), 1000);
        assert!(all(7).eq(all(7)));
    }
}
