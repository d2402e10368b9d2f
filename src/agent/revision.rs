//! A change of the rulebook. The strategist goes through the rules one by one: a line for each says how it
//! reads the rule, and then what is to be done about it; lines with new rules follow.
//!
//! ```text
//! 1 touch pink diamond: confirm 1 | -1 in 2 of 2 | maybe
//! 2 touch blue box: keep
//! add | touch red ring | +2 in 5 of 6 | touch red rings for 2 points | sure
//! ```
//!
//! What a person does by hand is an operation too, but no text says it.

pub mod hand;

use super::rulebook::rule::MOST_TEXT;
use hand::Hand;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

/// What is written when there is nothing to do.
const NOTHING: &str = "nothing to learn";
/// What is written of a rule that stays as it is.
const KEEP: &str = "keep";
/// Most characters of an outcome: with its counts it is an observation.
const MOST_OUTCOME: usize = MOST_TEXT - " in 4294967295 of 4294967295".len();

/// What a rule says and rests on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Finding {
    /// When it applies: `touch red ring`, or conditions at a desk.
    pub trigger: String,
    /// What was seen.
    pub observation: Observation,
    /// What to do, in plain words.
    pub heuristic: String,
    /// Whether the evidence is enough to rely on.
    pub sure: bool,
}

/// What was seen, and in how many of how many cases: `+2 in 5 of 6`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Observation {
    /// What came of it.
    pub outcome: String,
    /// In so many cases.
    pub times: u32,
    /// Of so many.
    pub of: u32,
}

impl Observation {
    /// 1 for a gain, -1 for a loss, 0 for nothing; none for what is both, or a change of another kind.
    pub(super) fn sign(&self) -> Option<i32> {
        match (self.outcome.contains('+'), self.outcome.contains('-')) {
            (true, false) => Some(1),
            (false, true) => Some(-1),
            (false, false) if self.outcome == "0" => Some(0),
            _ => None,
        }
    }
}

/// An operation. The strategist's name rules by their place in the prompt, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Operation {
    /// A new rule.
    Add(Finding),
    /// A rule says something else from now on.
    Edit(usize, Finding),
    /// More evidence for a rule.
    Confirm {
        /// The rule.
        rule: usize,
        /// What was seen.
        observation: Observation,
        /// Whether it is enough to rely on.
        sure: bool,
    },
    /// A rule says the same as another one.
    Merge {
        /// The rule that goes.
        rule: usize,
        /// The rule that takes its evidence.
        into: usize,
    },
    /// A rule goes.
    Retire(usize),
    /// What happened speaks for a rule or against it, of which the strategist says nothing: only its evidence
    /// grows. It comes of counting; no text says it.
    Weigh(usize),
    /// What only a person does.
    Hand(Hand),
}

impl From<Hand> for Revision {
    fn from(hand: Hand) -> Self {
        Revision { operations: vec![Operation::Hand(hand)] }
    }
}

/// A change of the rulebook; without operations it changes nothing.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Revision {
    /// What to do, in this order.
    pub operations: Vec<Operation>,
}

impl Revision {
    /// Reads what a model wrote: what can be read, and one sentence for each line that cannot. What its
    /// grammar lets it say but no rulebook can hold is read as what it comes to: too long a text is cut, and
    /// what was seen more often than it could be was seen every time.
    pub fn read(text: &str) -> (Revision, Vec<String>) {
        let mut revision = Revision::default();
        let mut complaints = Vec::new();
        for line in operations(text).filter(|line| !changes_nothing(line)) {
            match line.parse() {
                Ok(operation) => revision.operations.push(operation),
                Err(problem) => complaints.push(format!("“{line}”: {problem}")),
            }
        }
        (revision, complaints)
    }
}

/// Whether a text says in so many words that there is nothing to do. An empty one says nothing at all.
pub fn is_nothing(text: &str) -> bool {
    !text.trim().is_empty() && operations(text).all(changes_nothing)
}

fn changes_nothing(operation: &str) -> bool {
    operation == NOTHING || operation == KEEP
}

/// What is to be done, line by line, without how the rules are read.
fn operations(text: &str) -> impl Iterator<Item = &str> {
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    lines.map(|line| {
        let read = line.split_once(": ").filter(|_| line.starts_with(|c: char| c.is_ascii_digit()));
        read.map_or(line, |(_, operation)| operation.trim())
    })
}

/// A line of what the strategist writes: how it reads the rule of a number, and what is to be done about it;
/// nothing, if it stays as it is.
pub fn line(number: usize, reading: &str, operation: Option<&Operation>) -> String {
    let operation = operation.map_or(KEEP.into(), ToString::to_string);
    format!("{number} {reading}: {operation}")
}

/// A regular expression that matches well-formed revisions and nothing else, for writing under a grammar.
pub fn grammar() -> String {
    // Printable and plain, but for the sign between fields.
    let text = r"[!-{}~]+(?: [!-{}~]+)*";
    let number = "[1-9][0-9]{0,2}";
    let seen = format!(r"{text} in {number} of {number}");
    let finding = format!(r"{text} \| {seen} \| {text} \| (?:sure|maybe)");
    let operation = format!(
        r"(?:add \| {finding}|edit {number} \| {finding}|confirm {number} \| {seen} \| (?:sure|maybe)|merge {number} into {number}|retire {number})"
    );
    let reading = r"[!-9;-{}~]+(?: [!-9;-{}~]+)*";
    let line = format!(r"(?:{number} {reading}: (?:{KEEP}|{operation})|{operation})");
    // A line's first word may begin with a space, as the model's other words do.
    format!(r" ?(?:{NOTHING}|{line}(?:\n ?{line})*)")
}

/// One line of words and nothing that could be taken for the end of a field.
pub fn tidy(text: &str) -> String {
    text.replace('|', " ").split_whitespace().collect::<Vec<_>>().join(" ")
}

/// The whole words at the start of a text that fit into so many characters.
fn cut(text: &str, most: usize) -> String {
    let Some((end, _)) = text.char_indices().nth(most) else { return text.into() };
    let fits = &text[..end];
    fits.rsplit_once(' ').map_or(fits, |(whole, _)| whole).into()
}

impl Display for Revision {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let lines: Vec<String> = self.operations.iter().map(ToString::to_string).collect();
        f.write_str(if lines.is_empty() { NOTHING } else { "" })?;
        f.write_str(&lines.join("\n"))
    }
}

impl Display for Operation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Operation::Add(finding) => write!(f, "add | {finding}"),
            Operation::Edit(rule, finding) => write!(f, "edit {rule} | {finding}"),
            Operation::Confirm { rule, observation, sure } => {
                write!(f, "confirm {rule} | {observation} | {}", certainty(*sure))
            }
            Operation::Merge { rule, into } => write!(f, "merge {rule} into {into}"),
            Operation::Retire(rule) => write!(f, "retire {rule}"),
            Operation::Weigh(rule) => write!(f, "weigh {rule}"),
            Operation::Hand(hand) => hand.fmt(f),
        }
    }
}

impl Display for Finding {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Finding { trigger, observation, heuristic, sure } = self;
        write!(f, "{trigger} | {observation} | {heuristic} | {}", certainty(*sure))
    }
}

impl Display for Observation {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} in {} of {}", self.outcome, self.times, self.of)
    }
}

fn certainty(sure: bool) -> &'static str {
    if sure { "sure" } else { "maybe" }
}

impl FromStr for Operation {
    type Err = String;

    fn from_str(line: &str) -> Result<Self, String> {
        let fields: Vec<&str> = line.split('|').map(str::trim).collect();
        let words: Vec<&str> = fields[0].split_whitespace().collect();
        match (words.as_slice(), &fields[1..]) {
            (["add"], finding) => Ok(Operation::Add(read_finding(finding)?)),
            (["edit", rule], finding) => Ok(Operation::Edit(read_rule(rule)?, read_finding(finding)?)),
            (["confirm", rule], [seen, sure]) => Ok(Operation::Confirm {
                rule: read_rule(rule)?,
                observation: seen.parse()?,
                sure: read_certainty(sure)?,
            }),
            (["merge", rule, "into", into], []) => {
                Ok(Operation::Merge { rule: read_rule(rule)?, into: read_rule(into)? })
            }
            (["retire", rule], []) => Ok(Operation::Retire(read_rule(rule)?)),
            _ => Err("an operation is add, edit, confirm, merge or retire, with its fields".into()),
        }
    }
}

fn read_finding(fields: &[&str]) -> Result<Finding, String> {
    match fields {
        [trigger, seen, heuristic, sure] if !trigger.is_empty() && !heuristic.is_empty() => Ok(Finding {
            trigger: cut(&tidy(trigger), MOST_TEXT),
            observation: seen.parse()?,
            heuristic: cut(&tidy(heuristic), MOST_TEXT),
            sure: read_certainty(sure)?,
        }),
        _ => Err("a rule has a trigger, an observation, a heuristic, and sure or maybe".into()),
    }
}

impl FromStr for Observation {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unclear = || format!("“{text}” is no observation; write “+2 in 5 of 6”, say");
        let words: Vec<&str> = text.split_whitespace().collect();
        let [outcome @ .., "in", times, "of", of] = words.as_slice() else { return Err(unclear()) };
        // A count may find that it never came to that.
        let times = if *times == "0" { 0 } else { read_number(times)? };
        let of = read_number(of)?;
        if outcome.is_empty() {
            return Err(unclear());
        }
        Ok(Observation { outcome: cut(&outcome.join(" "), MOST_OUTCOME), times: times.min(of), of })
    }
}

fn read_certainty(text: &str) -> Result<bool, String> {
    match text {
        "sure" => Ok(true),
        "maybe" => Ok(false),
        _ => Err(format!("“{text}” should be sure or maybe")),
    }
}

fn read_rule(text: &str) -> Result<usize, String> {
    read_number(text).map(|n| n as usize)
}

fn read_number(text: &str) -> Result<u32, String> {
    let number =
        text.parse().ok().filter(|n| (1..=999).contains(n) && text.bytes().all(|b| b.is_ascii_digit()));
    number.ok_or_else(|| format!("“{text}” should be a number from 1 to 999"))
}

#[cfg(all(test, not(target_arch = "wasm32")))]
pub(super) mod tests {
    use super::*;
    use crate::agent::digest::Digest;
    use crate::agent::rulebook::{Origin, Rulebook};
    use proptest::prelude::*;

    const WRITTEN: &str = "confirm 1 | +2 in 3 of 3 | sure
edit 2 | touch blue box | life -1 in 4 of 4 | avoid blue boxes, they cost a life | sure
merge 3 into 1
retire 4
add | touch red ring | +2 in 5 of 6 | touch red rings for points | maybe
add | volatility > 0.61, trend up | buy trailing +3 in 2 of 2 | when volatility > 0.61 and trend up, buy trailing | maybe";

    #[test]
    fn what_is_written_is_read_back() {
        let (revision, complaints) = Revision::read(WRITTEN);
        assert_eq!((revision.operations.len(), complaints.len()), (6, 0), "{complaints:?}");
        assert_eq!(revision.to_string(), WRITTEN);
        assert_eq!(Revision::read("nothing to learn"), (Revision::default(), vec![]));
        assert_eq!(Revision::default().to_string(), "nothing to learn");
    }

    #[test]
    fn a_line_may_say_first_how_a_rule_is_read() {
        let confirm = "confirm 1 | +2 in 3 of 3 | sure".parse().unwrap();
        let lines = [line(1, "touch red ring", Some(&confirm)), line(2, "open blue box", None)];
        let add = "add | touch tan cup | 0 in 2 of 2 | note: tan cups do nothing | maybe";
        let (revision, complaints) = Revision::read(&format!(" {}\n {}\n{add}", lines[0], lines[1]));
        assert_eq!(complaints, [""; 0]);
        assert_eq!(revision.operations, [confirm, add.parse().unwrap()]);
        assert!(is_nothing(&lines[1]) && is_nothing("nothing to learn") && !is_nothing(""));
        assert!(!is_nothing(&lines[0]) && !is_nothing("retire 1"));
        let (_, complaints) = Revision::read("3 touch red ring: keep it\n4 keep");
        assert_eq!(complaints.len(), 2, "{complaints:?}");
    }

    #[test]
    fn what_cannot_be_read_is_complained_of_and_the_rest_counts() {
        let text = "add | touch red ring | +2 in 6 | x | sure\nretire 1\nretire 0\nhello\nadd | | 0 in 1 of 1 | x | sure\nmerge 1 into two\nconfirm 1 | 0 in 2 of 3 | perhaps\nretire 1 | now";
        let (revision, complaints) = Revision::read(text);
        assert_eq!(revision.operations, [Operation::Retire(1)]);
        assert_eq!(complaints.len(), 7, "{complaints:#?}");
        assert!(complaints[2].contains("hello") && complaints[1].contains("1 to 999"), "{complaints:#?}");
    }

    #[test]
    fn what_the_grammar_allows_too_much_of_is_read_as_what_it_comes_to() {
        let long = format!("{} now", "touch red rings ".repeat(40).trim());
        let text = format!(
            "add | {long} | {long} in 6 of 5 | {long} | sure\nadd | x | 0 in 1 of 1 | {} | sure",
            "é".repeat(501)
        );
        let (revision, complaints) = Revision::read(&text);
        assert_eq!(complaints, [""; 0]);
        let [Operation::Add(rule), Operation::Add(word)] = revision.operations.as_slice() else {
            panic!("{revision}")
        };
        let Finding { trigger, observation, heuristic, .. } = rule;
        assert_eq!((observation.times, observation.of), (5, 5));
        for text in [trigger, &observation.outcome, heuristic] {
            assert!(text.len() > 450 && long.starts_with(&format!("{text} ")), "whole words: {text}");
        }
        assert_eq!(word.heuristic, "é".repeat(500), "there is no word to cut at");
        let mut book = Rulebook::default();
        assert_eq!(book.revise(&revision, Origin::Person, 1, &Digest::default()), [""; 0]);
    }

    /// Any operations of the strategist on the first rules.
    pub fn revisions() -> impl Strategy<Value = Revision> {
        let text = || "[a-z0-9>.,]{1,6}( [a-z0-9>.,+-]{1,5}){0,4}";
        let seen = (text(), 1..50u32, 0..9u32).prop_map(|(outcome, times, more)| Observation {
            outcome,
            times,
            of: times + more,
        });
        let finding = (text(), seen.clone(), text(), any::<bool>()).prop_map(
            |(trigger, observation, heuristic, sure)| Finding { trigger, observation, heuristic, sure },
        );
        let rule = || 1..15usize;
        let operation = prop_oneof![
            3 => finding.clone().prop_map(Operation::Add),
            1 => (rule(), finding).prop_map(|(rule, finding)| Operation::Edit(rule, finding)),
            1 => (rule(), seen, any::<bool>())
                .prop_map(|(rule, observation, sure)| Operation::Confirm { rule, observation, sure }),
            1 => (rule(), rule()).prop_map(|(rule, into)| Operation::Merge { rule, into }),
            1 => rule().prop_map(Operation::Retire),
        ];
        prop::collection::vec(operation, 0..6).prop_map(|operations| Revision { operations })
    }

    proptest! {
        #[test]
        fn every_revision_is_read_back(revision in revisions()) {
            prop_assert_eq!(Revision::read(&revision.to_string()), (revision, vec![]));
        }

        #[test]
        fn no_text_is_too_odd(text in any::<String>()) {
            Revision::read(&text);
        }

        #[test]
        fn nearly_right_text_is_no_trouble(text in "(add|edit 1|confirm|merge)? ?[|] (a|1 in 2 of 3|[| ])*") {
            let (revision, _) = Revision::read(&text);
            prop_assert_eq!(Revision::read(&revision.to_string()), (revision, vec![]));
        }
    }

    #[cfg(feature = "vlm")]
    proptest! {
        #[test]
        fn the_grammar_allows_every_revision(revision in revisions()) {
            prop_assert!(allows(&revision.to_string()));
        }

        #[test]
        fn what_the_grammar_allows_is_read_without_complaint(text in prop::string::string_regex(&grammar()).unwrap()) {
            let (revision, complaints) = Revision::read(&text);
            prop_assert_eq!(complaints, [""; 0]);
            let lines = operations(&text).filter(|line| !changes_nothing(line)).count();
            prop_assert_eq!(revision.operations.len(), lines);
        }
    }

    #[cfg(feature = "vlm")]
    fn allows(text: &str) -> bool {
        use regex_automata::dfa::{Automaton, dense::DFA};
        use std::sync::LazyLock;
        static WHOLE: LazyLock<DFA<Vec<u32>>> =
            LazyLock::new(|| DFA::new(&format!("^(?:{})$", grammar())).unwrap());
        WHOLE
            .try_search_fwd(&regex_automata::Input::new(text).anchored(regex_automata::Anchored::Yes))
            .unwrap()
            .is_some()
    }

    #[cfg(feature = "vlm")]
    #[test]
    fn the_grammar_refuses_what_is_not_a_revision() {
        assert!(allows(WRITTEN) && allows("nothing to learn"));
        assert!(allows(" 1 touch red ring: keep\n 2 sell fixed: retire 2\nretire 3"));
        for wrong in [
            "",
            "hello",
            "retire 0",
            "retire 1\n",
            "1: keep",
            "keep",
            "nothing to learn\nretire 1",
            "add | a | b | c | sure",
        ] {
            assert!(!allows(wrong), "{wrong:?}");
        }
    }
}
