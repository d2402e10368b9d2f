//! A rulebook as a piece of a link: one version byte, a checksum, and compressed text, all in letters
//! that an address may have. A link is untrusted: its length, what it unpacks to and every text in it
//! are limited, and it is taken whole or not at all.
//!
//! A link carries what the rules say and how far they are relied on. Evidence stays at home: its steps
//! are another trace's. So do retired rules.

use super::rule::{Origin, Rule, Status, plain};
use super::sheet::Sheet;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use miniz_oxide::{deflate::compress_to_vec, inflate::decompress_to_vec_with_limit};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;

/// The version of what a link holds.
pub const VERSION: u8 = 1;
/// Most characters of the piece.
pub const MOST_LINK: usize = 8000;
/// Most bytes that it may unpack to.
const MOST_UNPACKED: usize = 64 * 1024;
/// Most settings, and most characters of each.
const MOST_SETTINGS: (usize, usize) = (16, 200);
/// Bytes of the checksum.
const SUM: usize = 4;

/// What a link holds.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Link {
    /// The rules.
    pub sheet: Sheet,
    /// More that the sender wants to be seen: the game, the seed, whatever the page knows by name.
    pub settings: BTreeMap<String, String>,
    /// The version of Rulewright that wrote it; filled in when it is written.
    pub written_by: String,
}

/// The compressed text: short names do not pay.
#[derive(Serialize, Deserialize)]
struct Packed(String, String, BTreeMap<String, String>, Vec<PackedRule>);

/// Name (none if it is the one that comes by itself), trigger, observation, heuristic, marks.
#[derive(Serialize, Deserialize)]
struct PackedRule(String, String, String, String, String);

impl Link {
    /// A link's piece that holds these rules.
    ///
    /// # Errors
    /// One sentence, if it would be too long.
    pub fn write(&self) -> Result<String, String> {
        let rules = self.sheet.rules.iter().filter(|rule| rule.is_kept()).enumerate();
        let packed = Packed(
            env!("CARGO_PKG_VERSION").into(),
            self.sheet.name.clone(),
            self.settings.clone(),
            rules.map(|(at, rule)| pack(at, rule)).collect(),
        );
        let text = serde_json::to_vec(&packed).map_err(|e| format!("These rules can't be written: {e}."))?;
        let mut bytes = vec![VERSION];
        let packed = compress_to_vec(&text, 9);
        bytes.extend(sum(&packed));
        bytes.extend(packed);
        let link = URL_SAFE_NO_PAD.encode(bytes);
        if link.len() > MOST_LINK || text.len() > MOST_UNPACKED {
            return Err(format!(
                "These rules would make a link of {} characters; {MOST_LINK} is the most. A file can hold them.",
                link.len()
            ));
        }
        // Whatever is sent can be opened.
        Link::read(&link).map(|_| link)
    }

    /// Reads a link's piece.
    ///
    /// # Errors
    /// One sentence for what is wrong first.
    pub fn read(link: &str) -> Result<Link, String> {
        if link.len() > MOST_LINK {
            return Err(format!("This link has {} characters; {MOST_LINK} is the most.", link.len()));
        }
        let damaged = || "This link is damaged: a part is missing or changed.".to_string();
        let bytes = URL_SAFE_NO_PAD.decode(link).map_err(|_| damaged())?;
        let (&version, rest) = bytes.split_first().ok_or_else(damaged)?;
        let (expected, packed) = rest.split_at_checked(SUM).ok_or_else(damaged)?;
        if expected != sum(packed) {
            return Err(damaged());
        }
        if version != VERSION {
            return Err(format!(
                "This link is of version {version}, and {VERSION} is the newest known here."
            ));
        }
        let text = decompress_to_vec_with_limit(packed, MOST_UNPACKED).map_err(|_| {
            format!("This link unpacks to more than {} KiB, or not at all.", MOST_UNPACKED / 1024)
        })?;
        let Packed(written_by, name, settings, rules) =
            serde_json::from_slice(&text).map_err(|_| "This link holds no rulebook.".to_string())?;
        let settings: BTreeMap<String, String> =
            settings.iter().map(|(name, value)| (plain(name), plain(value))).collect();
        let (most, long) = MOST_SETTINGS;
        if settings.len() > most || settings.iter().any(|(name, value)| name.len().max(value.len()) > long) {
            return Err(
                "This link holds more settings, or longer ones, than any of this page's links.".into()
            );
        }
        let sheet = Sheet { name, rules: rules.into_iter().enumerate().map(unpack).collect() };
        let sheet = sheet.checked().map_err(|problems| problems.join(" "))?;
        let written_by = plain(&written_by).chars().take(20).collect();
        Ok(Link { sheet, settings, written_by })
    }
}

fn sum(bytes: &[u8]) -> [u8; SUM] {
    let digest = Sha256::digest(bytes);
    std::array::from_fn(|at| digest[at])
}

fn own_name(at: usize) -> String {
    format!("R{}", at + 1)
}

fn pack(at: usize, rule: &Rule) -> PackedRule {
    let name = if rule.rule_id == own_name(at) { String::new() } else { rule.rule_id.clone() };
    let marks = [(rule.status == Status::Hypothesis, 'h'), (rule.pinned, 'p'), (rule.disabled, 'd')];
    let marks = marks.into_iter().filter(|(is, _)| *is).map(|(_, mark)| mark).collect();
    PackedRule(name, rule.trigger.clone(), rule.observation.clone(), rule.heuristic.clone(), marks)
}

fn unpack((at, PackedRule(name, trigger, observation, heuristic, marks)): (usize, PackedRule)) -> Rule {
    Rule {
        rule_id: if name.is_empty() { own_name(at) } else { name },
        trigger,
        observation,
        heuristic,
        status: if marks.contains('h') { Status::Hypothesis } else { Status::Confirmed },
        pinned: marks.contains('p'),
        disabled: marks.contains('d'),
        support: Vec::new(),
        contradiction: Vec::new(),
        origin: Origin::Link,
        since: 0,
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::agent::rulebook::sheet::tests::{mutated, sheets};
    use crate::agent::rulebook::tests::rule;
    use proptest::prelude::*;

    /// What a strategist and a person write on a good day: trigger, observation, heuristic.
    const TWELVE: [[&str; 3]; 12] = [
        ["touch red ring", "+2 in 5 of 6", "touch red rings for points"],
        ["touch blue box", "life -1 in 4 of 4", "avoid blue boxes, they cost a life"],
        ["shoot green cup", "+3 in 7 of 9", "shoot green cups for points"],
        ["pink moon leaves", "-1 in 3 of 3", "don't let pink moons leave, it costs points"],
        ["touch yellow key", "keys +1 in 2 of 2", "touch yellow keys, they open doors"],
        ["touch grey door", "0 in 8 of 8", "grey doors stay shut without a key, go round"],
        ["touch white star", "shield in 3 of 3", "touch white stars when boxes are near: a shield helps"],
        ["drop orange crate onto purple flag", "+5 in 2 of 2", "push orange crates onto purple flags"],
        [
            "volatility > 0.6, volume <= 100k",
            "buy trailing +3 in 6 of 7",
            "when volatility > 0.6 and volume <= 100k, buy trailing",
        ],
        ["touch brown spring", "jump in 4 of 5", "brown springs throw you across the board"],
        ["always", "hold 0 in 12 of 12", "hold when nothing else applies; it never loses"],
        ["fuel < 20", "", "when fuel runs low, go home by the shortest way, whatever else is on the board"],
    ];

    fn twelve() -> Sheet {
        let rules = TWELVE.iter().enumerate().map(|(at, [trigger, observation, heuristic])| Rule {
            trigger: (*trigger).into(),
            observation: (*observation).into(),
            status: if at % 3 == 1 { Status::Hypothesis } else { Status::Confirmed },
            ..rule(&format!("R{}", at + 1), heuristic)
        });
        Sheet { name: "Orchard, Monday".into(), rules: rules.collect() }
    }

    #[test]
    fn a_link_of_twelve_rules_is_short() {
        let link = Link { sheet: twelve(), ..Link::default() }.write().unwrap();
        println!("12 rules: {} characters", link.len());
        assert!(link.len() < 1200, "{}", link.len());
    }

    #[test]
    fn a_bomb_is_refused() {
        let packed = compress_to_vec(&vec![b' '; 5_000_000], 9);
        let mut bytes = vec![VERSION];
        bytes.extend(sum(&packed));
        bytes.extend(packed);
        let bomb = URL_SAFE_NO_PAD.encode(bytes);
        assert!(bomb.len() < MOST_LINK, "{}", bomb.len());
        assert!(Link::read(&bomb).unwrap_err().contains("64 KiB"));
        assert!(Link::read(&"A".repeat(1_000_000)).unwrap_err().contains("1000000"));
    }

    #[test]
    fn what_is_too_much_for_a_link_is_said() {
        let mut seed = 1u32;
        let mut noise = || {
            let next = || {
                seed = seed.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                char::from(b'a' + (seed >> 24) as u8 % 26)
            };
            std::iter::repeat_with(next).take(490).collect::<String>()
        };
        let rules =
            (0..36).map(|at| Rule { disabled: at > 9, ..rule(&format!("R{}", at + 1), &noise()) }).collect();
        let link = Link { sheet: Sheet { name: "x".into(), rules }, ..Link::default() };
        assert!(link.write().unwrap_err().contains("A file can hold them"));
    }

    #[test]
    fn another_version_is_named() {
        let mut bytes =
            URL_SAFE_NO_PAD.decode(Link { sheet: twelve(), ..Link::default() }.write().unwrap()).unwrap();
        bytes[0] = 9;
        assert!(Link::read(&URL_SAFE_NO_PAD.encode(bytes)).unwrap_err().contains("version 9"));
    }

    proptest! {
        #[test]
        fn what_is_sent_arrives(sheet in sheets(), settings in prop::collection::btree_map("[a-z]{1,8}", "[a-z0-9]{0,9}", 0..4)) {
            let link = Link { sheet: sheet.clone(), settings: settings.clone(), written_by: String::new() };
            if sheet.rules.iter().any(Rule::is_kept) {
                let read = Link::read(&link.write().unwrap()).unwrap();
                let sent = |rule: Rule| Rule {
                    support: vec![],
                    contradiction: vec![],
                    since: 0,
                    origin: Origin::Link,
                    ..rule
                };
                let rules: Vec<Rule> = sheet.rules.into_iter().filter(Rule::is_kept).map(sent).collect();
                prop_assert_eq!(read.sheet.rules, rules);
                prop_assert_eq!((read.sheet.name, read.settings), (sheet.name, settings));
            }
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]
        #[test]
        fn no_link_is_too_odd(text in any::<String>(), salt in any::<u64>()) {
            let is_sentence = |read: Result<Link, String>| read.map_or_else(|e| e.ends_with('.') && e.chars().count() < 2000, |_| true);
            prop_assert!(is_sentence(Link::read(&text)));
            let good = Link { sheet: twelve(), ..Link::default() }.write().unwrap();
            prop_assert!(is_sentence(Link::read(&mutated(&good, salt))));
            // With a good checksum, whatever is inside.
            let mut inside = text.into_bytes();
            if salt % 2 == 0 {
                inside = compress_to_vec(mutated(r#"["0.1.0","x",{"a":"b"},[["","t","o","h","hpd"]]]"#, salt).as_bytes(), 1);
            }
            let mut bytes = vec![VERSION];
            bytes.extend(sum(&inside));
            bytes.extend(inside);
            prop_assert!(is_sentence(Link::read(&URL_SAFE_NO_PAD.encode(bytes))));
        }
    }
}
