//! Files of other people: whatever is in them, they are read or refused in a sentence.
#![cfg(all(feature = "vlm", not(target_arch = "wasm32")))]

use burn::tensor::Device;
use proptest::prelude::*;
use rulewright::games::recording::{Player, Recording};
use rulewright::vlm::Vlm;
use rulewright::vlm::adapter::{Adapter, AdapterConfig};
use rulewright::vlm::config::{Config, TextConfig};
use rulewright::vlm::folder::{CHECKSUMS, Folder, sha256};
use rulewright::vlm::layers::Precision;
use rulewright::vlm::weights::FILE;
use serde_json::{Value, json};
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
    changes_at(prop_oneof![3 => 0..400usize, 1 => any::<usize>()])
}

fn changes_at(place: impl Strategy<Value = usize>) -> impl Strategy<Value = Vec<(usize, u8, u8)>> {
    prop::collection::vec((place, any::<u8>(), any::<u8>()), 0..4)
}

static ADAPTER: LazyLock<(Vec<u8>, TextConfig)> = LazyLock::new(|| {
    let folder = Path::new("tests/parity/grouped");
    let folder = Folder::read(folder).expect("the folder is whole");
    let text = Config::new(&folder).expect("it has a config").text;
    (Adapter::new(&AdapterConfig::default(), &text, 3).to_bytes(), text)
});

/// A small model's folder, with its checksums, so that these can be spoilt too.
static FOLDER: LazyLock<Folder> = LazyLock::new(|| {
    let mut folder = Folder::read(Path::new("tests/parity/grouped")).expect("the folder is whole");
    let sum = |(name, _)| format!("{}  {name}\n", sha256(folder.get(name).unwrap_or_default()));
    let sums: String = folder.files().map(sum).collect();
    folder.insert(CHECKSUMS, sums.into_bytes());
    folder
});

/// What a model is read from.
const FILES: [&str; 5] = ["config.json", "tokenizer.json", "processor_config.json", FILE, CHECKSUMS];

/// The values that a JSON text has inside of it, to be replaced.
fn values(json: &mut Value) -> Vec<&mut Value> {
    match json {
        Value::Array(inside) => inside.iter_mut().flat_map(values).collect(),
        Value::Object(inside) => inside.values_mut().flat_map(values).collect(),
        value => vec![value],
    }
}

/// What is not expected where something else stands.
fn odd() -> impl Strategy<Value = Value> {
    prop_oneof![
        any::<i64>().prop_map(Value::from),
        (0..64u32).prop_map(|power| json!(1u64 << power)),
        (0..9u64).prop_map(Value::from),
        prop_oneof![Just(-1.0), Just(1e-300), Just(1e300)].prop_map(|number: f64| json!(number)),
        "[<>|a-z ]{0,9}".prop_map(Value::from),
        any::<bool>().prop_map(Value::from),
        Just(Value::Null),
        Just(json!([])),
        Just(json!({})),
    ]
}

/// The most memory that this process ever had, in KiB; 0 where nobody says.
fn most_memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
    peak.and_then(|peak| peak.trim().strip_suffix(" kB")?.trim().parse().ok()).unwrap_or_default()
}

/// Reads a folder as a model: it is one, or a sentence says what is wrong.
fn is_read_or_refused(folder: &Folder) -> Result<(), TestCaseError> {
    if let Err(problem) = folder.verify() {
        prop_assert!(!problem.to_string().is_empty());
    }
    let before = most_memory();
    match Vlm::new(folder, &Device::flex(), Precision::Quantised) {
        Ok(vlm) => prop_assert!(vlm.weights().count() > 0),
        Err(problem) => prop_assert!(!problem.to_string().is_empty()),
    }
    prop_assert!(most_memory() < before + (128 << 10), "it took more than 128 MiB");
    Ok(())
}

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

    #[test]
    fn no_folder_is_too_odd(
        file in prop::sample::select(&FILES),
        changes in prop_oneof![changes(), changes_at(any::<usize>())],
    ) {
        let mut folder = FOLDER.clone();
        let changed = mutated(folder.get(file).unwrap_or_default(), &changes);
        folder.insert(file, changed);
        is_read_or_refused(&folder)?;
    }

    #[test]
    fn no_value_in_a_folder_is_too_odd(
        file in prop::sample::select(&FILES[..3]),
        odd in prop::collection::vec((any::<usize>(), odd()), 1..3),
    ) {
        let mut folder = FOLDER.clone();
        let mut json: Value = serde_json::from_slice(folder.get(file).unwrap_or_default()).expect("JSON");
        for (at, odd) in odd {
            let mut values = values(&mut json);
            let at = at % values.len();
            *values[at] = odd;
        }
        folder.insert(file, json.to_string().into_bytes());
        is_read_or_refused(&folder)?;
    }

    /// The header of the weights says how long it is, and where in the file each tensor lies.
    #[test]
    fn no_header_is_too_odd(at in any::<usize>(), odd in odd()) {
        let mut folder = FOLDER.clone();
        let bytes = folder.get(FILE).unwrap_or_default();
        let (length, rest) = bytes.split_first_chunk().expect("it has a length");
        let (header, numbers) = rest.split_at(u64::from_le_bytes(*length) as usize);
        let mut json: Value = serde_json::from_slice(header).expect("JSON");
        let mut values = values(&mut json);
        let at = at % values.len();
        *values[at] = odd;
        let header = json.to_string().into_bytes();
        let changed = [&(header.len() as u64).to_le_bytes(), header.as_slice(), numbers].concat();
        folder.insert(FILE, changed);
        is_read_or_refused(&folder)?;
    }
}
