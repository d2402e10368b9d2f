//! Files of other people: whatever is in them, they are read or refused in a sentence.
#![cfg(all(feature = "vlm", not(target_arch = "wasm32")))]

use proptest::prelude::*;
use rulewright::games::recording::{Player, Recording};
use rulewright::vlm::adapter::{Adapter, AdapterConfig};
use rulewright::vlm::config::{Config, TextConfig};
use rulewright::vlm::folder::Folder;
use std::path::Path;
use std::sync::LazyLock;

/// Bytes with some changed, left out or doubled.
fn mutated(bytes: &[u8], changes: &[(usize, u8, u8)]) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for &(at, how, byte) in changes {
        let at = at % bytes.len().max(1);
        match how % 4 {
            0 if at < bytes.len() => bytes[at] = byte,
            1 => bytes.insert(at, byte),
            2 if at < bytes.len() => drop(bytes.remove(at)),
            _ => bytes.truncate(at + usize::from(byte)),
        }
    }
    bytes
}

/// Changes to some bytes, mostly to the first ones.
fn changes() -> impl Strategy<Value = Vec<(usize, u8, u8)>> {
    let place = prop_oneof![3 => 0..400usize, 1 => any::<usize>()];
    prop::collection::vec((place, any::<u8>(), any::<u8>()), 0..4)
}

static ADAPTER: LazyLock<(Vec<u8>, TextConfig)> = LazyLock::new(|| {
    let folder = Path::new("tests/parity/grouped");
    let folder = Folder::read(&folder).expect("the folder is whole");
    let text = Config::new(&folder).expect("it has a config").text;
    (Adapter::new(&AdapterConfig::default(), &text, 3).to_bytes(), text)
});

static RECORDING: LazyLock<String> =
    LazyLock::new(|| Recording::make("orchard", 1, Player::Random, Some(3)).expect("it ships").to_string());

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn no_adapter_is_too_odd(bytes in prop::collection::vec(any::<u8>(), 0..200), changes in changes()) {
        let (adapter, text) = &*ADAPTER;
        for bytes in [&bytes, &mutated(adapter, &changes)] {
            match Adapter::from_bytes(bytes) {
                Ok(adapter) => drop(adapter.check(text)),
                Err(problem) => prop_assert!(!problem.to_string().is_empty()),
            }
        }
    }

    #[test]
    fn no_recording_is_too_odd(text in any::<String>(), changes in changes()) {
        let changed = String::from_utf8_lossy(&mutated(RECORDING.as_bytes(), &changes)).into_owned();
        for text in [&text, &changed] {
            prop_assert!(Recording::parse(text).map_or_else(|problem| !problem.is_empty(), |_| true));
        }
    }
}
