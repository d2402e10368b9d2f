//! The rulebook: rules in plain words with their evidence. It changes only by a revision, whoever makes
//! it; nothing is ever taken out of the log of revisions, which is the audit trail, the undo, and the way
//! back in time.

use super::digest::Digest;
use super::revision::{Finding, Observation, Operation, Revision, tidy};
use serde::{Deserialize, Serialize};

/// Most rules that hold at once.
pub const MOST_RULES: usize = 12;
/// Steps without evidence from which on it is said that a rule is not used.
const UNUSED: u32 = 50;

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its name; one given automatically is `R` and a number.
    #[serde(rename = "RULE_ID")]
    pub rule_id: String,
    /// When it applies.
    #[serde(rename = "TRIGGER")]
    pub trigger: String,
    /// What was seen.
    #[serde(rename = "OBSERVATION")]
    pub observation: String,
    /// What to do, in plain words.
    #[serde(rename = "NEW_HEURISTIC")]
    pub heuristic: String,
    /// How far it is to be relied on.
    pub status: Status,
    /// The trace steps that support it.
    pub support: Vec<u32>,
    /// The trace steps that contradict it.
    pub contradiction: Vec<u32>,
    /// Who made it.
    pub origin: Origin,
    /// The trace step at which it was written, or last rewritten.
    pub since: u32,
}

/// How far a rule is to be relied on.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// Perhaps.
    Hypothesis,
    /// It is.
    Confirmed,
    /// Not any more.
    Retired,
}

/// Where a rule comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Origin {
    /// The strategist wrote it.
    Strategist,
    /// A person wrote it.
    Person,
    /// It came with a link.
    Link,
}

impl Rule {
    /// The rule in the executor's prompt: `touch red rings for points`, `maybe avoid blue boxes`.
    pub fn line(&self) -> String {
        let maybe = if self.status == Status::Hypothesis { "maybe " } else { "" };
        let automatic = |id: &str| id.strip_prefix('R').is_some_and(|n| n.parse::<u32>().is_ok());
        let name = if automatic(&self.rule_id) { String::new() } else { format!("{}: ", self.rule_id) };
        format!("{name}{maybe}{}", self.heuristic)
    }

    /// The rule in the strategist's prompt: the same with its evidence, `(3 for, 1 against)` or `(new)`,
    /// and how long it was not used, in tens of steps.
    pub fn record(&self, now: u32) -> String {
        let (agree, against) = (self.support.len(), self.contradiction.len());
        let evidence = (agree + against > 0).then(|| format!("{agree} for, {against} against"));
        let unused = self.unused(now);
        let unused = (unused > 0).then(|| format!("unused {unused} steps"));
        let said: Vec<String> = [evidence, unused].into_iter().flatten().collect();
        format!("{} ({})", self.line(), if said.is_empty() { "new".into() } else { said.join(", ") })
    }

    /// How many steps no evidence came, in tens; 0 while they are few.
    pub fn unused(&self, now: u32) -> u32 {
        let last = self.support.iter().chain(&self.contradiction).max().copied().unwrap_or(0).max(self.since);
        let steps = now.saturating_sub(last);
        if steps < UNUSED { 0 } else { steps / 10 * 10 }
    }

    fn count(&mut self, (support, contradiction): &(Vec<u32>, Vec<u32>)) {
        for (steps, more) in [(&mut self.support, support), (&mut self.contradiction, contradiction)] {
            steps.extend(more);
            steps.sort_unstable();
            steps.dedup();
        }
    }
}

/// A revision in the log.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entry {
    /// The entry that it builds on; none for the empty rulebook.
    pub parent: Option<usize>,
    /// The trace step at which it was made.
    pub at: u32,
    /// Who made it.
    pub origin: Origin,
    /// What it does.
    pub revision: Revision,
    /// For each operation the trace steps that support and contradict what it says.
    pub evidence: Vec<(Vec<u32>, Vec<u32>)>,
}

/// Rules, and how they came to be.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(try_from = "Log", into = "Log")]
pub struct Rulebook {
    log: Log,
    rules: Vec<Rule>,
}

/// All that a rulebook is made from.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
struct Log {
    entries: Vec<Entry>,
    /// The entry that holds now; none if all are undone.
    head: Option<usize>,
}

impl From<Rulebook> for Log {
    fn from(book: Rulebook) -> Self {
        book.log
    }
}

impl TryFrom<Log> for Rulebook {
    type Error = String;

    fn try_from(log: Log) -> Result<Self, String> {
        for (at, entry) in log.entries.iter().enumerate() {
            if entry.parent.is_some_and(|parent| parent >= at) {
                return Err(format!("revision {} builds on a later one", at + 1));
            }
        }
        if log.head.is_some_and(|head| head >= log.entries.len()) {
            return Err("the present revision is not in the log".into());
        }
        let mut book = Rulebook { log, rules: Vec::new() };
        book.rules = book.as_of(book.log.head)?;
        Ok(book)
    }
}

impl Rulebook {
    /// All rules, the retired ones too, in the order in which they came.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rules that hold: what the prompts list, and what a revision's numbers mean.
    pub fn listed(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(|rule| rule.status != Status::Retired)
    }

    /// The lines of the executor's prompt.
    pub fn lines(&self) -> Vec<String> {
        self.listed().map(Rule::line).collect()
    }

    /// The lines of the strategist's prompt.
    pub fn records(&self, now: u32) -> Vec<String> {
        self.listed().map(|rule| rule.record(now)).collect()
    }

    /// Every revision that there ever was, undone ones too.
    pub fn log(&self) -> &[Entry] {
        &self.log.entries
    }

    /// The revision that holds now, by its place in the log; none for an empty rulebook.
    pub fn head(&self) -> Option<usize> {
        self.log.head
    }

    /// Takes up a revision that somebody made at a trace step, after reading a digest. What cannot be
    /// done is left out, and complained of in one sentence each; so is what the digest does not bear out.
    /// A revision that does nothing is not logged.
    pub fn revise(&mut self, revision: &Revision, origin: Origin, at: u32, digest: &Digest) -> Vec<String> {
        let mut complaints = Vec::new();
        let mut entry =
            Entry { parent: self.log.head, at, origin, revision: Revision::default(), evidence: Vec::new() };
        let listed = numbered(&self.rules);
        let mut rules = self.rules.clone();
        for operation in &revision.operations {
            let operation = tidied(operation);
            let (evidence, unseen) = evidence(&rules, &listed, &operation, digest);
            match apply(&mut rules, &listed, &operation, &evidence, &entry) {
                Ok(()) => {
                    if unseen && origin == Origin::Strategist {
                        complaints.push(format!("“{operation}”: nothing of the kind happened"));
                    }
                    entry.revision.operations.push(operation);
                    entry.evidence.push(evidence);
                }
                Err(problem) => complaints.push(format!("“{operation}”: {problem}")),
            }
        }
        if !entry.revision.operations.is_empty() {
            self.rules = rules;
            self.log.head = Some(self.log.entries.len());
            self.log.entries.push(entry);
        }
        complaints
    }

    /// Goes back to before the last revision; false if there is none.
    pub fn undo(&mut self) -> bool {
        let Some(entry) = self.log.head.and_then(|head| self.log.entries.get(head)) else { return false };
        self.go_to(entry.parent)
    }

    /// Takes up again the last revision made from here; false if there is none.
    pub fn redo(&mut self) -> bool {
        match self.log.entries.iter().rposition(|entry| entry.parent == self.log.head) {
            Some(next) => self.go_to(Some(next)),
            None => false,
        }
    }

    fn go_to(&mut self, entry: Option<usize>) -> bool {
        let Ok(rules) = self.as_of(entry) else { return false };
        (self.rules, self.log.head) = (rules, entry);
        true
    }

    /// The rules as they were after a revision, by its place in the log.
    ///
    /// # Errors
    /// One sentence, if a log from elsewhere does what cannot be done.
    pub fn as_of(&self, revision: Option<usize>) -> Result<Vec<Rule>, String> {
        let parent = |&at: &usize| self.log.entries.get(at).and_then(|entry| entry.parent);
        let mut path: Vec<usize> = std::iter::successors(revision, parent).collect();
        path.reverse();
        let mut rules = Vec::new();
        for at in path {
            let entry = self.log.entries.get(at).ok_or("there is no such revision")?;
            let listed = numbered(&rules);
            if entry.evidence.len() != entry.revision.operations.len() {
                return Err(format!("revision {} has other operations than evidence", at + 1));
            }
            for (operation, evidence) in entry.revision.operations.iter().zip(&entry.evidence) {
                apply(&mut rules, &listed, operation, evidence, entry)
                    .map_err(|problem| format!("revision {}: {problem}", at + 1))?;
            }
        }
        Ok(rules)
    }
}

/// Where the rules are that a prompt numbers.
fn numbered(rules: &[Rule]) -> Vec<usize> {
    (0..rules.len()).filter(|&at| rules[at].status != Status::Retired).collect()
}

/// An operation whose texts are one line each.
fn tidied(operation: &Operation) -> Operation {
    let seen = |seen: &Observation| Observation { outcome: tidy(&seen.outcome), ..*seen };
    let finding = |f: &Finding| Finding {
        trigger: tidy(&f.trigger),
        observation: seen(&f.observation),
        heuristic: tidy(&f.heuristic),
        sure: f.sure,
    };
    match operation {
        Operation::Add(new) => Operation::Add(finding(new)),
        Operation::Edit(rule, new) => Operation::Edit(*rule, finding(new)),
        Operation::Confirm { rule, observation, sure } => {
            Operation::Confirm { rule: *rule, observation: seen(observation), sure: *sure }
        }
        other => other.clone(),
    }
}

/// The trace steps that support and contradict what an operation says, and whether there should have
/// been some.
fn evidence(
    rules: &[Rule],
    listed: &[usize],
    operation: &Operation,
    digest: &Digest,
) -> ((Vec<u32>, Vec<u32>), bool) {
    let of_rule = |rule: &usize| listed.get(rule.wrapping_sub(1)).map(|&at| rules[at].trigger.as_str());
    let (trigger, outcome) = match operation {
        Operation::Add(new) | Operation::Edit(_, new) => {
            (Some(new.trigger.as_str()), &new.observation.outcome)
        }
        Operation::Confirm { rule, observation, .. } => (of_rule(rule), &observation.outcome),
        _ => return Default::default(),
    };
    let known = trigger.and_then(|trigger| digest.evidence(trigger, outcome));
    // A person's rule has a trigger in other words: then what was seen says which line is meant.
    let meant = || match operation {
        Operation::Confirm { observation, .. } => digest.only_line_of(observation),
        _ => None,
    };
    match known.or_else(meant) {
        Some((support, contradiction)) if !support.is_empty() => ((support, contradiction), false),
        _ => (Default::default(), true),
    }
}

/// Does one operation; `listed` says where the rules are that it numbers.
fn apply(
    rules: &mut Vec<Rule>,
    listed: &[usize],
    operation: &Operation,
    evidence: &(Vec<u32>, Vec<u32>),
    entry: &Entry,
) -> Result<(), String> {
    let place = |rules: &[Rule], rule: usize| {
        let at = listed.get(rule.wrapping_sub(1)).copied().filter(|&at| rules[at].status != Status::Retired);
        at.ok_or_else(|| format!("there is no rule {rule}"))
    };
    let status = |sure: bool| if sure { Status::Confirmed } else { Status::Hypothesis };
    match operation {
        Operation::Add(new) => {
            if numbered(rules).len() >= MOST_RULES {
                return Err(format!("there are {MOST_RULES} rules already"));
            }
            let mut rule = Rule {
                rule_id: format!("R{}", rules.len() + 1),
                trigger: new.trigger.clone(),
                observation: new.observation.to_string(),
                heuristic: new.heuristic.clone(),
                status: status(new.sure),
                support: Vec::new(),
                contradiction: Vec::new(),
                origin: entry.origin,
                since: entry.at,
            };
            rule.count(evidence);
            rules.push(rule);
        }
        Operation::Edit(rule, new) => {
            let at = place(rules, *rule)?;
            let rule = &mut rules[at];
            rule.trigger.clone_from(&new.trigger);
            rule.observation = new.observation.to_string();
            rule.heuristic.clone_from(&new.heuristic);
            rule.status = status(new.sure);
            (rule.support, rule.contradiction) = Default::default();
            (rule.origin, rule.since) = (entry.origin, entry.at);
            rule.count(evidence);
        }
        Operation::Confirm { rule, observation, sure } => {
            let at = place(rules, *rule)?;
            rules[at].observation = observation.to_string();
            rules[at].status = status(*sure);
            rules[at].count(evidence);
        }
        Operation::Merge { rule, into } => {
            let (from, into) = (place(rules, *rule)?, place(rules, *into)?);
            if from == into {
                return Err("a rule cannot be merged into itself".into());
            }
            let Rule { support, contradiction, status, .. } = rules[from].clone();
            rules[into].count(&(support, contradiction));
            if status == Status::Confirmed {
                rules[into].status = status;
            }
            rules[from].status = Status::Retired;
        }
        Operation::Retire(rule) => {
            let at = place(rules, *rule)?;
            rules[at].status = Status::Retired;
        }
    }
    Ok(())
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::agent::digest::tests::{played, score};
    use crate::agent::revision::tests::revisions;
    use proptest::prelude::*;

    fn read(text: &str) -> Revision {
        let (revision, complaints) = Revision::read(text);
        assert_eq!(complaints, [""; 0]);
        revision
    }

    fn digest() -> Digest {
        let rings = [("touch red ring", score(2)); 3];
        Digest::new(&played(
            &[&rings[..], &[("touch red ring", score(0)), ("touch blue box", score(-1))]].concat(),
        ))
    }

    const ADDED: &str = "add | touch red ring | +2 in 3 of 4 | touch red rings for points | sure
add | touch blue box | -1 in 1 of 1 | avoid blue boxes, they cost points | maybe";

    #[test]
    fn rules_come_with_the_evidence_of_the_digest() {
        let mut book = Rulebook::default();
        assert_eq!(book.revise(&read(ADDED), Origin::Strategist, 5, &digest()), [""; 0]);
        assert_eq!(book.lines(), ["touch red rings for points", "maybe avoid blue boxes, they cost points"]);
        let records = [
            "touch red rings for points (3 for, 1 against)",
            "maybe avoid blue boxes, they cost points (1 for, 0 against)",
        ];
        assert_eq!(book.records(9), records);
        assert_eq!(book.rules()[0].support, [0, 1, 2]);
        assert_eq!(book.rules()[0].contradiction, [3]);
        let late = "touch red rings for points (3 for, 1 against, unused 120 steps)";
        assert_eq!(book.records(127)[0], late);
        let confirm = read("confirm 2 | -1 in 1 of 1 | sure");
        assert_eq!(book.revise(&confirm, Origin::Strategist, 9, &digest()), [""; 0]);
        assert_eq!(book.rules()[1].support, [4], "the same step counts once");
        assert_eq!(book.lines()[1], "avoid blue boxes, they cost points");
    }

    #[test]
    fn what_did_not_happen_is_no_evidence() {
        let mut book = Rulebook::default();
        let made_up = read("add | touch green cup | +9 in 9 of 9 | touch green cups for points | sure");
        let complaints = book.revise(&made_up, Origin::Strategist, 5, &digest());
        assert!(complaints[0].contains("nothing of the kind"), "{complaints:?}");
        assert_eq!(book.records(9), ["touch green cups for points (new)"]);
        assert_eq!(book.revise(&made_up, Origin::Person, 5, &digest()), [""; 0], "a person may say so");
    }

    #[test]
    fn rules_are_edited_merged_and_retired_by_their_number_in_the_prompt() {
        let mut book = Rulebook::default();
        book.revise(&read(ADDED), Origin::Strategist, 5, &digest());
        book.revise(&read(ADDED), Origin::Link, 5, &digest());
        book.revise(&read("retire 1\nmerge 4 into 2"), Origin::Person, 6, &digest());
        assert_eq!(book.listed().map(|rule| rule.rule_id.as_str()).collect::<Vec<_>>(), ["R2", "R3"]);
        let edit = read(
            "edit 2 | touch blue box | -1 in 1 of 1 | mind blue boxes | maybe\nretire 7\nmerge 1 into 1",
        );
        assert_eq!(book.revise(&edit, Origin::Strategist, 8, &digest()).len(), 2);
        assert_eq!(book.lines()[1], "maybe mind blue boxes");
        assert_eq!((book.rules()[2].support.as_slice(), book.rules()[2].since), (&[4][..], 8));
        assert_eq!(book.log().len(), 4);
        book.revise(&Revision::default(), Origin::Strategist, 9, &digest());
        assert_eq!(book.log().len(), 4, "nothing to learn is not logged");
    }

    #[test]
    fn what_was_undone_stays_in_the_log_and_comes_back() {
        let mut book = Rulebook::default();
        book.revise(&read(ADDED), Origin::Strategist, 5, &digest());
        let first = book.clone();
        book.revise(&read("retire 1"), Origin::Person, 6, &digest());
        let second = book.clone();
        assert!(book.undo());
        assert_eq!((book.rules(), book.log().len()), (first.rules(), 2));
        assert!(book.redo());
        assert_eq!(book, second);
        assert!(book.undo() && book.undo() && !book.undo());
        assert_eq!(book.lines(), [""; 0]);
        book.revise(&read("add | x | y in 1 of 1 | another way | maybe"), Origin::Person, 7, &digest());
        assert!(!book.redo(), "nothing was undone from here");
        assert_eq!(book.as_of(Some(1)).unwrap(), second.rules(), "the other history is still there");
    }

    #[test]
    fn a_name_of_its_own_is_shown() {
        let mut book = Rulebook::default();
        book.revise(&read(ADDED), Origin::Strategist, 5, &digest());
        let named = Rule { rule_id: "HighVolatility_V1".into(), ..book.rules()[1].clone() };
        assert_eq!(named.line(), "HighVolatility_V1: maybe avoid blue boxes, they cost points");
    }

    proptest! {
        #[test]
        fn no_sequence_of_revisions_breaks_a_rulebook(
            revisions in prop::collection::vec((revisions(), any::<bool>()), 0..8),
        ) {
            let mut book = Rulebook::default();
            let mut past = vec![book.rules().to_vec()];
            for (at, (revision, strategist)) in revisions.iter().enumerate() {
                let origin = if *strategist { Origin::Strategist } else { Origin::Person };
                let logged = book.log().len();
                book.revise(revision, origin, at as u32, &digest());
                prop_assert!(book.listed().count() <= MOST_RULES);
                prop_assert_eq!(book.as_of(book.head()).unwrap(), book.rules());
                if book.log().len() > logged {
                    past.push(book.rules().to_vec());
                }
            }
            let last = book.clone();
            for rules in past.iter().rev().skip(1) {
                prop_assert!(book.undo());
                prop_assert_eq!(book.rules(), rules.as_slice());
            }
            prop_assert!(!book.undo());
            while book.redo() {}
            prop_assert_eq!(&book, &last);
            let Log { entries, head } = Log::from(book);
            prop_assert_eq!(Rulebook::try_from(Log { entries, head }), Ok(last));
        }
    }

    #[test]
    fn a_log_from_elsewhere_is_checked() {
        let mut book = Rulebook::default();
        book.revise(&read(ADDED), Origin::Strategist, 5, &digest());
        let log = Log::from(book);
        let wrong = |change: fn(&mut Log)| {
            let mut log = log.clone();
            change(&mut log);
            Rulebook::try_from(log).unwrap_err()
        };
        assert!(wrong(|log| log.head = Some(1)).contains("not in the log"));
        assert!(wrong(|log| log.entries[0].parent = Some(0)).contains("later"));
        assert!(wrong(|log| log.entries[0].evidence.clear()).contains("evidence"));
        assert!(
            wrong(|log| log.entries[0].revision.operations[0] = Operation::Retire(3)).contains("no rule 3")
        );
    }
}
