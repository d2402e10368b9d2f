//! The rulebook: rules in plain words with their evidence. It changes only by a revision, whoever makes
//! it; nothing is ever taken out of the log of revisions, which is the audit trail, the undo, and the way
//! back in time.

mod apply;
pub mod diff;
mod evidence;
pub mod link;
pub mod rule;
pub mod sheet;
pub mod shelf;

pub use rule::{Origin, Rule, Status};

use super::digest::Digest;
use super::revision::{Observation, Operation, Revision};
use super::trace::{Change, Meeting};
use apply::apply;
pub(crate) use evidence::is_enough;
use evidence::{evidence, known, tidied, unspoken, weighed};
use serde::{Deserialize, Serialize};

/// Most rules that hold at once.
pub const MOST_RULES: usize = 12;
/// Most rules that are kept, disabled ones too.
pub const MOST_KEPT: usize = 36;

/// Steps are counted on from no later one.
const LAST_STEP: u32 = 1 << 30;

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

impl Entry {
    /// The first trace step that it counts at: a strategist revises after a step, a person before one.
    fn counts_from(&self) -> u32 {
        self.at.saturating_add((self.origin == Origin::Strategist).into())
    }
}

/// An undo or a redo: another revision holds, and none is new.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
struct Move {
    /// The trace step before which it was made.
    at: u32,
    /// How many revisions there were.
    after: usize,
    /// The revision that holds from then on.
    head: Option<usize>,
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
    /// Every undo and redo that there ever was.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    moves: Vec<Move>,
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
        let heads = log.moves.iter().map(|made| made.head).chain([log.head]);
        if heads.flatten().any(|head| head >= log.entries.len()) {
            return Err("the present revision, or one before it, is not in the log".into());
        }
        let mut book = Rulebook { log, rules: Vec::new() };
        book.rules = book.as_of(book.log.head)?;
        if book.turns().last().and_then(|&(_, head)| head) != book.log.head {
            // What was undone before undos were noted is taken for undone just now.
            book.note_move(book.next_step());
        }
        Ok(book)
    }
}

impl Rulebook {
    /// All rules, the retired ones too, in their order: that in which they came, unless a person moved them.
    pub fn rules(&self) -> &[Rule] {
        &self.rules
    }

    /// The rules that hold: what the prompts list, and what a revision's numbers mean.
    pub fn listed(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(|rule| rule.holds())
    }

    /// The rules that a person sees: those that hold and the disabled ones.
    pub fn kept(&self) -> impl Iterator<Item = &Rule> {
        self.rules.iter().filter(|rule| rule.is_kept())
    }

    /// Where the rule of a name stands among [`Rulebook::rules`].
    pub fn place(&self, rule_id: &str) -> Option<usize> {
        self.rules.iter().position(|rule| rule.rule_id == rule_id)
    }

    /// The lines of the executor's prompt.
    pub fn lines(&self) -> Vec<String> {
        self.listed().map(Rule::line).collect()
    }

    /// The lines of the strategist's prompt, which has this digest besides. What that overturns is a maybe there: a rule
    /// that held for long gives way to as few cases as a guess.
    pub fn records(&self, now: u32, digest: &Digest) -> Vec<String> {
        let doubted = |rule: &Rule| {
            let status = if rule.is_overturned(digest) { Status::Hypothesis } else { rule.status };
            Rule { status, ..rule.clone() }.record(now)
        };
        self.listed().map(doubted).collect()
    }

    /// What a change may have come of, among touches that were so near: those of which a rule says just that, or else
    /// the nearest of those of which none says what comes of them, and of what stood in the way at any rate; where rules
    /// say something else of all of them, the nearest. None, if a rule says that it comes of something else than a touch.
    pub(super) fn likely(&self, near: Vec<(u8, Meeting)>, change: &Change) -> Vec<Meeting> {
        let change = change.to_string();
        // Whether a rule says that this comes of its trigger; none, if nobody can tell, or if it was proved wrong.
        let says = |rule: &Rule| {
            let seen: Observation = rule.observation.parse().ok()?;
            let is_good = Change::ends(&seen.outcome) && !rule.is_outweighed() && !rule.fails_of_late();
            // Whether it jumped is not known yet.
            is_good.then(|| seen.outcome.strip_suffix(" jump").unwrap_or(&seen.outcome) == change)
        };
        let told = |meeting: &Meeting| {
            let trigger = meeting.to_string();
            self.listed().filter(|rule| rule.trigger == trigger).filter_map(says).max()
        };
        let is_known = near.iter().any(|(_, meeting)| told(meeting) == Some(true));
        let other = |rule: &Rule| says(rule) == Some(true) && !rule.trigger.starts_with("touch ");
        if !is_known && self.listed().any(other) {
            return Vec::new();
        }
        let may = |(far, meeting): &(u8, Meeting)| match told(meeting) {
            Some(true) => true,
            told => !is_known && (told.is_none() || *far == 0),
        };
        // Where a rule says something else of all of them, one of those is wrong.
        let any_may = near.iter().any(&may);
        let may = |each: &(u8, Meeting)| !any_may || may(each);
        let least = near.iter().filter(|each| may(each)).map(|(far, _)| *far).min();
        let mut likely: Vec<Meeting> = Vec::new();
        for each in near.iter().filter(|each| may(each)) {
            if (is_known || Some(each.0) == least) && !likely.contains(&each.1) {
                likely.push(each.1.clone());
            }
        }
        likely
    }

    /// The first trace step that it does not tell of: after those that its rules rest on, and those at
    /// which it was revised.
    pub fn next_step(&self) -> u32 {
        let after = |steps: &[u32]| steps.last().map_or(0, |step| step.saturating_add(1));
        let rules =
            self.rules.iter().flat_map(|rule| [rule.since, after(&rule.support), after(&rule.contradiction)]);
        let revised = self.log.entries.iter().map(Entry::counts_from);
        let moved = self.log.moves.iter().map(|made| made.at);
        // What comes from elsewhere may tell of any step.
        rules.chain(revised).chain(moved).max().unwrap_or(0).min(LAST_STEP)
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
    /// A revision that does nothing is not logged. The strategist's claims give way to the digest's counts,
    /// and its rules stay guesses until there is enough of them; rules of which it says nothing are weighed all
    /// the same. A person may say what nobody saw.
    pub fn revise(&mut self, revision: &Revision, origin: Origin, at: u32, digest: &Digest) -> Vec<String> {
        let mut complaints = Vec::new();
        let mut entry =
            Entry { parent: self.log.head, at, origin, revision: Revision::default(), evidence: Vec::new() };
        let mut rules = self.rules.clone();
        let mut listed = numbered(&rules);
        for operation in &revision.operations {
            let operation = tidied(operation);
            let found = |operation: &Operation| evidence(&rules, &listed, operation, digest);
            let steps = match origin {
                Origin::Strategist => {
                    let meant = known(&rules, &listed, &operation);
                    // Only one of the two wordings may be that of the digest.
                    let (own, written) = (found(&meant), found(&operation));
                    let found = if own.counted || !written.counted { own } else { written };
                    weighed(&rules, &listed, meant, found, (revision, at))
                }
                _ => Ok((vec![(operation.clone(), found(&operation).borne_out())], None)),
            };
            let done = steps.and_then(|(steps, doubt)| {
                let mut book = (rules.clone(), listed.clone());
                for (operation, evidence) in &steps {
                    book = apply(&book.0, &book.1, operation, evidence, &entry)?;
                }
                Ok((book, steps, doubt))
            });
            match done {
                Ok((book, steps, doubt)) => {
                    (rules, listed) = book;
                    complaints.extend(doubt.map(|doubt| format!("“{operation}”: {doubt}")));
                    for (operation, evidence) in steps {
                        entry.revision.operations.push(operation);
                        entry.evidence.push(evidence);
                    }
                }
                // Who did it by hand knows what was done.
                Err(problem) if matches!(operation, Operation::Hand(_)) => {
                    complaints.push(sentence(&problem))
                }
                Err(problem) => complaints.push(format!("“{operation}”: {problem}")),
            }
        }
        if origin == Origin::Strategist {
            for (operation, evidence) in unspoken(&rules, &listed, &entry.revision, digest) {
                if let Ok(book) = apply(&rules, &listed, &operation, &evidence, &entry) {
                    (rules, listed) = book;
                    entry.revision.operations.push(operation);
                    entry.evidence.push(evidence);
                }
            }
        }
        if !entry.revision.operations.is_empty() {
            self.rules = rules;
            self.log.head = Some(self.log.entries.len());
            self.log.entries.push(entry);
        }
        complaints
    }

    /// Goes back, at a trace step, to before the last revision; false if there is none.
    pub fn undo(&mut self, at: u32) -> bool {
        let Some(entry) = self.log.head.and_then(|head| self.log.entries.get(head)) else { return false };
        self.go_to(entry.parent, at)
    }

    /// Takes up again, at a trace step, the last revision made from here; false if there is none.
    pub fn redo(&mut self, at: u32) -> bool {
        match self.next() {
            Some(next) => self.go_to(Some(next), at),
            None => false,
        }
    }

    /// Whether there is a revision to undo, and one to redo.
    pub fn ways(&self) -> (bool, bool) {
        (self.log.head.is_some(), self.next().is_some())
    }

    /// The last revision made from here.
    fn next(&self) -> Option<usize> {
        self.log.entries.iter().rposition(|entry| entry.parent == self.log.head)
    }

    /// The revisions that led here, the first one first, by their places in the log.
    pub fn path(&self) -> Vec<usize> {
        self.path_to(self.log.head)
    }

    fn path_to(&self, revision: Option<usize>) -> Vec<usize> {
        let parent = |&at: &usize| self.log.entries.get(at).and_then(|entry| entry.parent);
        let mut path: Vec<usize> = std::iter::successors(revision, parent).collect();
        path.reverse();
        path
    }

    fn go_to(&mut self, entry: Option<usize>, at: u32) -> bool {
        let Ok(rules) = self.as_of(entry) else { return false };
        (self.rules, self.log.head) = (rules, entry);
        self.note_move(at);
        true
    }

    fn note_move(&mut self, at: u32) {
        let Log { entries, head, moves } = &mut self.log;
        moves.push(Move { at, after: entries.len(), head: *head });
    }

    /// From which trace step on which revision held, one after another.
    fn turns(&self) -> Vec<(u32, Option<usize>)> {
        let made = self.log.entries.iter().enumerate();
        let made = made.map(|(at, entry)| (at + 1, (entry.counts_from(), Some(at))));
        let moved = self.log.moves.iter().map(|made| (made.after, (made.at, made.head)));
        let mut turns: Vec<_> = made.chain(moved).collect();
        // Each revision goes before the moves that came after it.
        turns.sort_by_key(|(after, _)| *after);
        turns.into_iter().map(|(_, turn)| turn).collect()
    }

    /// The rules as they were when the decision at a trace step was made: the present ones for a step that is
    /// still to come.
    ///
    /// # Errors
    /// One sentence, if a log from elsewhere does what cannot be done.
    pub fn at(&self, step: u32) -> Result<Vec<Rule>, String> {
        let turns = self.turns();
        let last = turns.iter().rfind(|(from, _)| *from <= step);
        self.as_of(last.and_then(|&(_, head)| head))
    }

    /// The rules as they were after a revision, by its place in the log.
    ///
    /// # Errors
    /// One sentence, if a log from elsewhere does what cannot be done.
    pub fn as_of(&self, revision: Option<usize>) -> Result<Vec<Rule>, String> {
        let mut rules = Vec::new();
        for at in self.path_to(revision) {
            let entry = self.log.entries.get(at).ok_or("there is no such revision")?;
            let mut listed = numbered(&rules);
            if entry.evidence.len() != entry.revision.operations.len() {
                return Err(format!("revision {} has other operations than evidence", at + 1));
            }
            for (operation, evidence) in entry.revision.operations.iter().zip(&entry.evidence) {
                (rules, listed) = apply(&rules, &listed, operation, evidence, entry)
                    .map_err(|problem| format!("revision {}: {problem}", at + 1))?;
            }
        }
        Ok(rules)
    }
}

/// Where the rules are that a prompt numbers.
fn numbered(rules: &[Rule]) -> Vec<usize> {
    (0..rules.len()).filter(|&at| rules[at].holds()).collect()
}

/// The rule that has a number in the prompt.
fn numbered_rule<'a>(rules: &'a [Rule], listed: &[usize], number: usize) -> Option<&'a Rule> {
    rules.get(*listed.get(number.checked_sub(1)?)?)
}

/// A problem as a sentence of its own.
fn sentence(problem: &str) -> String {
    let mut chars = problem.chars();
    let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
    let end = if problem.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", chars.as_str())
}

#[cfg(all(test, not(target_arch = "wasm32")))]
pub(super) mod tests;
