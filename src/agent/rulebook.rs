//! The rulebook: rules in plain words with their evidence. It changes only by a revision, whoever makes
//! it; nothing is ever taken out of the log of revisions, which is the audit trail, the undo, and the way
//! back in time.

pub mod diff;
pub mod link;
pub mod rule;
pub mod sheet;
pub mod shelf;

pub use rule::{Origin, Rule, Status};

use super::digest::Digest;
use super::revision::hand::{Hand, Words};
use super::revision::{Finding, Observation, Operation, Revision, tidy};
use super::trace::{Change, Meeting};
use rule::{MOST_NAME, is_automatic, plain};
use serde::{Deserialize, Serialize};

/// Most rules that hold at once.
pub const MOST_RULES: usize = 12;
/// Most rules that are kept, disabled ones too.
pub const MOST_KEPT: usize = 36;
/// Cases from which on the strategist may be sure, if three quarters of all agree.
const ENOUGH: u32 = 3;

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

    /// The lines of the strategist's prompt.
    pub fn records(&self, now: u32) -> Vec<String> {
        self.listed().map(|rule| rule.record(now)).collect()
    }

    /// What a change may have come of, among touches that were so near: those of which a rule says just that, or else
    /// the nearest of those of which none says what comes of them, and of what stood in the way at any rate. None, if
    /// a rule says that it comes of something else than a touch.
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
        let least = near.iter().filter(|each| may(each)).map(|(far, _)| *far).min();
        let mut likely: Vec<Meeting> = Vec::new();
        for each in near.into_iter().filter(|each| may(each)) {
            if (is_known || Some(each.0) == least) && !likely.contains(&each.1) {
                likely.push(each.1);
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

/// An operation whose texts are one line each. What a person wrote stays as it is, but for what nobody
/// sees: it is tidied for the prompt alone.
fn tidied(operation: &Operation) -> Operation {
    let tidy = |text: &str| tidy(&plain(text));
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

/// Trace steps for something, and against it.
type Evidence = (Vec<u32>, Vec<u32>);

/// What a digest says of an operation.
#[derive(Default)]
struct Found {
    evidence: Evidence,
    /// Whether the digest counted just that; else the steps are those of the line that must be meant.
    counted: bool,
}

impl Found {
    /// The evidence of what happened at all.
    fn borne_out(self) -> Evidence {
        if self.evidence.0.is_empty() { Evidence::default() } else { self.evidence }
    }
}

/// What a digest says of an operation; nothing, if the operation says nothing of the game.
fn evidence(rules: &[Rule], listed: &[usize], operation: &Operation, digest: &Digest) -> Found {
    let of_rule = |rule: &usize| numbered_rule(rules, listed, *rule).map(|rule| rule.trigger.as_str());
    let (trigger, outcome) = match operation {
        Operation::Add(new) | Operation::Edit(_, new) => {
            (Some(new.trigger.as_str()), &new.observation.outcome)
        }
        Operation::Confirm { rule, observation, .. } => (of_rule(rule), &observation.outcome),
        _ => return Found::default(),
    };
    if let Some(evidence) = trigger.and_then(|trigger| digest.evidence(trigger, outcome)) {
        return Found { evidence, counted: true };
    }
    // A person's rule has a trigger in other words: then what was seen says which line is meant.
    match operation {
        Operation::Confirm { observation, .. } => {
            Found { evidence: digest.only_line_of(observation).unwrap_or_default(), counted: false }
        }
        _ => Found::default(),
    }
}

/// Operations with their evidence, and what speaks against the one that they stand for.
type Weighed = (Vec<(Operation, Evidence)>, Option<&'static str>);

/// What an operation of the strategist comes to, whose `revision` is made `at` a step: with the counts of
/// the digest for its claims, sure only where these suffice, and with room made for what happened.
fn weighed(
    rules: &[Rule],
    listed: &[usize],
    mut operation: Operation,
    found: Found,
    (revision, at): (&Revision, u32),
) -> Result<Weighed, String> {
    let rule = match operation {
        Operation::Confirm { rule, .. } => numbered_rule(rules, listed, rule),
        _ => None,
    };
    let (seen, sure) = match &mut operation {
        Operation::Add(new) | Operation::Edit(_, new) => (&mut new.observation, &mut new.sure),
        Operation::Confirm { observation, sure, .. } => (observation, sure),
        _ => return Ok((vec![(operation, found.borne_out())], None)),
    };
    let (support, contradiction) = &found.evidence;
    if found.counted {
        let (held, failed) = (support.len() as u32, contradiction.len() as u32);
        (seen.times, seen.of) = (held, held + failed);
    }
    *sure = match rule {
        Some(rule) => is_sure(rule, *sure, &found.evidence),
        None => *sure && !support.is_empty() && is_enough(seen.times, seen.of),
    };
    let doubt = match (support.is_empty(), contradiction.is_empty()) {
        (false, _) => None,
        (true, false) => Some("it came otherwise"),
        (true, true) => Some("nothing of the kind happened"),
    };
    if let (Some(doubt), Operation::Confirm { .. }, true) = (doubt, &operation, contradiction.is_empty()) {
        return Err(doubt.into());
    }
    if let Some(doubt) = doubt.filter(|_| is_made_up(rules, listed, &operation)) {
        return Err(doubt.into());
    }
    if rule.is_some_and(|rule| speaks_otherwise(rule, &operation)) {
        return Err("the rule says otherwise".into());
    }
    let mut steps = Vec::new();
    if matches!(operation, Operation::Add(_)) && doubt.is_none() {
        let gone = in_the_way(rules, listed, revision, at);
        steps.extend(gone.map(|rule| (Operation::Retire(rule), Evidence::default())));
    }
    steps.push((operation, found.evidence));
    Ok((steps, doubt))
}

/// Whether an operation of the strategist's is about the rule of a number.
fn is_about(operation: &Operation, number: usize) -> bool {
    match operation {
        Operation::Edit(rule, _) | Operation::Confirm { rule, .. } | Operation::Retire(rule) => {
            *rule == number
        }
        Operation::Merge { rule, into } => *rule == number || *into == number,
        Operation::Add(_) | Operation::Weigh(_) | Operation::Hand(_) => false,
    }
}

/// What a digest says of the rules that a revision says nothing of: it counts for them too, and against them.
fn unspoken(
    rules: &[Rule],
    listed: &[usize],
    revision: &Revision,
    digest: &Digest,
) -> Vec<(Operation, Evidence)> {
    let weigh = |number: usize| {
        let rule = numbered_rule(rules, listed, number)?;
        // What another one was merged into has that one's evidence so far, and none of its own.
        let is_weighed = |operation: &Operation| {
            !matches!(operation, Operation::Merge { .. }) && is_about(operation, number)
        };
        if !rule.holds() || revision.operations.iter().any(is_weighed) {
            return None;
        }
        let evidence = rule.evidence_in(digest)?;
        let mut weighed = rule.clone();
        weighed.count(&evidence);
        (weighed != *rule).then_some((Operation::Weigh(number), evidence))
    };
    (1..=listed.len()).filter_map(weigh).collect()
}

/// Whether an operation that nothing bears out is about a meeting, of which the digest would tell: then it would bring
/// in a rule that was made up, or put one in the place of a rule that something speaks for.
fn is_made_up(rules: &[Rule], listed: &[usize], operation: &Operation) -> bool {
    match operation {
        Operation::Add(new) => new.trigger.parse::<Meeting>().is_ok(),
        Operation::Edit(rule, new) => {
            let known = numbered_rule(rules, listed, *rule);
            new.trigger.parse::<Meeting>().is_ok() && known.is_some_and(|known| !known.support.is_empty())
        }
        _ => false,
    }
}

/// Whether a confirmation is of a gain where the rule says that a loss was seen, and the like: its counts would be the
/// wrong ones.
fn speaks_otherwise(rule: &Rule, operation: &Operation) -> bool {
    let Operation::Confirm { observation, .. } = operation else { return false };
    let Ok(own) = rule.observation.parse::<Observation>() else { return false };
    matches!((own.sign(), observation.sign()), (Some(own), Some(other)) if own != other)
}

/// The operation itself; but who adds a rule that is listed confirms it, as twins would push others out. It is
/// the sentence that makes a twin: the executor is told nothing else, however the trigger is worded.
fn known(rules: &[Rule], listed: &[usize], operation: &Operation) -> Operation {
    let twin = |new: &Finding| {
        let says = |rule: &Rule| rule.holds() && tidy(&rule.heuristic) == new.heuristic;
        listed.iter().position(|&at| says(&rules[at]))
    };
    match operation {
        Operation::Add(new) => twin(new).map_or_else(
            || operation.clone(),
            |place| {
                let Finding { observation, sure, .. } = new.clone();
                Operation::Confirm { rule: place + 1, observation, sure }
            },
        ),
        other => other.clone(),
    }
}

/// Whether a rule is sure after more evidence. One that was sure before, a person's too, stays so until more
/// speaks against it than for it; another one if the strategist says so, on enough of all its cases.
fn is_sure(rule: &Rule, said: bool, evidence: &Evidence) -> bool {
    let mut after = rule.clone();
    after.count(evidence);
    let (held, failed) = (after.support.len() as u32, after.contradiction.len() as u32);
    let enough = is_enough(held, held + failed);
    !after.is_outweighed() && (rule.status == Status::Confirmed || said && enough)
}

/// Whether so many cases are enough to be sure: three quarters of all.
pub(crate) fn is_enough(times: u32, of: u32) -> bool {
    times >= ENOUGH && times * 4 >= of * 3
}

/// Where no more rules may hold, the number of the guess that is the first to go: the one with the most
/// against it, then the one that was used the longest ago, then the oldest. None that the revision itself
/// speaks of, no pinned one, and none before it had its chances.
fn in_the_way(rules: &[Rule], listed: &[usize], revision: &Revision, at: u32) -> Option<usize> {
    if numbered(rules).len() < MOST_RULES {
        return None;
    }
    let guesses = listed.iter().enumerate().filter_map(|(place, &at)| Some((place + 1, rules.get(at)?)));
    let guesses = guesses.filter(|(number, rule)| {
        let may_go = rule.holds() && rule.status == Status::Hypothesis && !rule.pinned;
        may_go
            && !rule.is_untried(at)
            && !revision.operations.iter().any(|operation| is_about(operation, *number))
    });
    let against = |rule: &Rule| rule.contradiction.len() as i64 - rule.support.len() as i64;
    guesses
        .max_by_key(|(_, rule)| (against(rule), rule.unused(at), std::cmp::Reverse(rule.since)))
        .map(|(number, _)| number)
}

/// Does one operation on a copy; `listed` says where the rules are that it numbers. Gives the rules, and
/// where those are that the next operation numbers.
fn apply(
    rules: &[Rule],
    listed: &[usize],
    operation: &Operation,
    evidence: &(Vec<u32>, Vec<u32>),
    entry: &Entry,
) -> Result<(Vec<Rule>, Vec<usize>), String> {
    let mut rules = rules.to_vec();
    if let Operation::Hand(hand) = operation {
        if entry.origin == Origin::Strategist {
            return Err("only a person may do this".into());
        }
        let before = rules.clone();
        by_hand(&mut rules, hand, entry)?;
        let listed = numbered(&rules);
        return if rules == before { Err("nothing would be different".into()) } else { Ok((rules, listed)) };
    }
    let place = |rules: &[Rule], rule: usize| {
        let at = listed.get(rule.wrapping_sub(1)).copied().filter(|&at| rules[at].holds());
        at.ok_or_else(|| format!("there is no rule {rule}"))
    };
    // The strategist may give a pinned rule evidence, and nothing else.
    let fixed = |rule: &Rule| rule.pinned && entry.origin == Origin::Strategist;
    let free = |rules: &[Rule], rule: usize| {
        let at = place(rules, rule)?;
        if fixed(&rules[at]) { Err(format!("rule {rule} is pinned")) } else { Ok(at) }
    };
    match operation {
        Operation::Add(new) => {
            let mut rule = Rule {
                rule_id: free_name(&rules, ""),
                trigger: new.trigger.clone(),
                observation: new.observation.to_string(),
                heuristic: new.heuristic.clone(),
                status: status(new.sure),
                pinned: false,
                disabled: false,
                support: Vec::new(),
                contradiction: Vec::new(),
                origin: entry.origin,
                since: entry.at,
            };
            rule.count(evidence);
            rules.push(rule.checked()?);
            has_room(&rules)?;
        }
        Operation::Edit(rule, new) => {
            let at = free(&rules, *rule)?;
            let rule = &mut rules[at];
            rule.trigger.clone_from(&new.trigger);
            rule.observation = new.observation.to_string();
            rule.heuristic.clone_from(&new.heuristic);
            rule.status = status(new.sure);
            (rule.support, rule.contradiction) = Default::default();
            (rule.origin, rule.since) = (entry.origin, entry.at);
            rule.count(evidence);
            *rule = rule.clone().checked()?;
        }
        Operation::Confirm { rule, observation, sure } => {
            let at = place(&rules, *rule)?;
            let rule = &mut rules[at];
            if !fixed(rule) {
                rule.observation = observation.to_string();
                rule.status = status(*sure);
            }
            rule.count(evidence);
            *rule = rule.clone().checked()?;
        }
        Operation::Merge { rule, into } => {
            let (from, into) = (free(&rules, *rule)?, place(&rules, *into)?);
            if from == into {
                return Err("a rule cannot be merged into itself".into());
            }
            let Rule { support, contradiction, status, .. } = rules[from].clone();
            rules[into].count(&(support, contradiction));
            if status == Status::Confirmed && !fixed(&rules[into]) {
                let doubted = entry.origin == Origin::Strategist && rules[into].is_outweighed();
                rules[into].status = if doubted { Status::Hypothesis } else { status };
            }
            rules[from].status = Status::Retired;
        }
        Operation::Retire(rule) => {
            let at = free(&rules, *rule)?;
            rules[at].status = Status::Retired;
        }
        Operation::Weigh(rule) => {
            let at = place(&rules, *rule)?;
            let rule = &mut rules[at];
            rule.count(evidence);
            if rule.status == Status::Confirmed && rule.is_outweighed() && !fixed(rule) {
                rule.status = Status::Hypothesis;
            }
            *rule = rule.clone().checked()?;
        }
        Operation::Hand(_) => {}
    }
    Ok((rules, listed.to_vec()))
}

/// Does what a person does.
fn by_hand(rules: &mut Vec<Rule>, hand: &Hand, entry: &Entry) -> Result<(), String> {
    let place = |rules: &[Rule], name: &str| {
        let at = rules.iter().position(|rule| rule.is_kept() && rule.rule_id == name);
        at.ok_or_else(|| format!("there is no rule {name}"))
    };
    match hand {
        Hand::Add(words) => {
            let Words { rule_id, trigger, observation, heuristic, sure } = words.clone();
            let rule = Rule {
                rule_id,
                trigger,
                observation,
                heuristic,
                status: status(sure),
                pinned: false,
                disabled: false,
                support: Vec::new(),
                contradiction: Vec::new(),
                origin: entry.origin,
                since: entry.at,
            };
            let rule = rule.checked()?;
            let rule_id = named(rules, &rule.rule_id, "")?;
            rules.push(Rule { rule_id, ..rule });
            has_room(rules)?;
        }
        Hand::Edit(name, words) => {
            let at = place(rules, name)?;
            let (was, words) = (rules[at].clone(), words.clone());
            let mut rule = Rule {
                rule_id: words.rule_id,
                trigger: words.trigger,
                observation: words.observation,
                heuristic: words.heuristic,
                status: status(words.sure),
                ..was.clone()
            }
            .checked()?;
            rule.rule_id = named(rules, &rule.rule_id, &was.rule_id)?;
            if (&rule.trigger, &rule.heuristic) != (&was.trigger, &was.heuristic) {
                (rule.support, rule.contradiction) = Default::default();
                (rule.origin, rule.since) = (entry.origin, entry.at);
            }
            rules[at] = rule;
        }
        Hand::Pin(name, pinned) => {
            let at = place(rules, name)?;
            rules[at].pinned = *pinned;
        }
        Hand::Disable(name, disabled) => {
            let at = place(rules, name)?;
            rules[at].disabled = *disabled;
            has_room(rules)?;
        }
        Hand::Move(name, to) => {
            let rule = rules.remove(place(rules, name)?);
            let kept = rules.iter().enumerate().filter(|(_, rule)| rule.is_kept()).nth(*to);
            let at = kept.map_or(rules.len(), |(at, _)| at);
            rules.insert(at, rule);
        }
        Hand::Delete(name) => {
            let at = place(rules, name)?;
            rules[at].status = Status::Retired;
        }
        Hand::Take { rules: given, replace } => {
            let given = sheet::checked(given.clone()).map_err(|problems| problems.join(" "))?;
            let came = |rule: Rule| {
                let origin = if entry.origin == Origin::Link { Origin::Link } else { rule.origin };
                Rule { origin, since: entry.at, ..rule }
            };
            let before = rules.len();
            if *replace {
                *rules = given.into_iter().map(came).collect();
            } else {
                for rule in given.into_iter().filter(Rule::is_kept).map(came) {
                    let says = |rule: &Rule| (rule.trigger.clone(), rule.heuristic.clone());
                    if !rules.iter().any(|known| known.is_kept() && says(known) == says(&rule)) {
                        let rule_id = free_name(rules, &rule.rule_id);
                        rules.push(Rule { rule_id, ..rule });
                    }
                }
                if rules.len() == before {
                    return Err("all of these rules are here already".into());
                }
            }
            has_room(rules)?;
        }
    }
    Ok(())
}

/// A problem as a sentence of its own.
fn sentence(problem: &str) -> String {
    let mut chars = problem.chars();
    let first: String = chars.next().into_iter().flat_map(char::to_uppercase).collect();
    let end = if problem.ends_with('.') { "" } else { "." };
    format!("{first}{}{end}", chars.as_str())
}

fn status(sure: bool) -> Status {
    if sure { Status::Confirmed } else { Status::Hypothesis }
}

/// Whether no more rules hold, or are kept, than may.
fn has_room(rules: &[Rule]) -> Result<(), String> {
    let (hold, kept) = (numbered(rules).len(), rules.iter().filter(|rule| rule.is_kept()).count());
    if hold > MOST_RULES {
        return Err(format!("{hold} rules would hold; {MOST_RULES} is the most"));
    }
    if kept > MOST_KEPT {
        return Err(format!("there would be {kept} rules; {MOST_KEPT} is the most"));
    }
    Ok(())
}

/// The name that a person gives to a rule, or else the one that it has, or the next free one.
fn named(rules: &[Rule], wanted: &str, has: &str) -> Result<String, String> {
    match wanted {
        "" if has.is_empty() => Ok(free_name(rules, "")),
        "" => Ok(has.into()),
        wanted if wanted != has && rules.iter().any(|rule| rule.rule_id == wanted) => {
            Err(format!("another rule has the name {wanted}"))
        }
        wanted => Ok(wanted.into()),
    }
}

/// A name that no rule has: the wanted one, or one like it.
fn free_name(rules: &[Rule], wanted: &str) -> String {
    let is_free = |name: &String| rules.iter().all(|rule| rule.rule_id != *name);
    if !wanted.is_empty() && is_free(&wanted.to_string()) {
        return wanted.into();
    }
    let numbered = |n: usize| match wanted {
        wanted if wanted.is_empty() || is_automatic(wanted) => format!("R{}", rules.len() + n),
        wanted => {
            let short: String = wanted.chars().take(MOST_NAME - 4).collect();
            format!("{} {}", short.trim_end(), n + 1)
        }
    };
    // As many names as there are rules, and one more: one of them is free.
    (1..=rules.len() + 1).map(numbered).find(is_free).unwrap_or_default()
}

#[cfg(all(test, not(target_arch = "wasm32")))]
pub(super) mod tests {
    use super::*;
    use crate::agent::digest::tests::{played, score};
    use crate::agent::revision::tests::revisions;
    use proptest::prelude::*;

    /// A rule that says this.
    pub fn rule(rule_id: &str, heuristic: &str) -> Rule {
        Rule {
            rule_id: rule_id.into(),
            trigger: String::new(),
            observation: String::new(),
            heuristic: heuristic.into(),
            status: Status::Confirmed,
            pinned: false,
            disabled: false,
            support: vec![],
            contradiction: vec![],
            origin: Origin::Person,
            since: 0,
        }
    }

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
        assert_eq!(book.lines()[1], "maybe avoid blue boxes, they cost points", "once is not enough");
        book.revise(&confirm, Origin::Strategist, 99, &later(&[("touch blue box", -1); 2]));
        assert_eq!(book.lines()[1], "avoid blue boxes, they cost points");
    }

    #[test]
    fn a_rule_that_warns_of_a_loss_is_in_use_for_as_long_as_it_is_obeyed() {
        let mut book = Rulebook::default();
        book.revise(&read(ADDED), Origin::Strategist, 5, &digest());
        let unused = |book: &Rulebook| book.rules().iter().map(|rule| rule.unused(400)).collect::<Vec<_>>();
        assert_eq!(unused(&book), [390, 390], "one case is not enough");
        let confirm = read("confirm 2 | -1 in 2 of 2 | sure");
        book.revise(&confirm, Origin::Strategist, 60, &later(&[("touch blue box", -1); 2]));
        assert_eq!(unused(&book), [390, 0]);
        // It comes otherwise of late: that warns of nothing any more.
        let mut steps = played(&[("touch blue box", score(0)); 3]);
        steps.iter_mut().for_each(|step| step.number += 100);
        book.revise(&read("nothing to learn"), Origin::Strategist, 110, &Digest::new(&steps));
        assert_eq!(unused(&book), [390, 290]);
        // Nor does one that nobody ever saw come true.
        let told = read("add | touch pink moon | -1 in 1 of 1 | avoid pink moons | sure");
        book.revise(&told, Origin::Person, 160, &Digest::default());
        assert_eq!(book.rules()[2].unused(400), 240);
    }

    #[test]
    fn what_may_have_come_goes_by_the_rules_or_is_what_they_say_nothing_of() {
        let mut book = Rulebook::default();
        book.revise(&read(ADDED), Origin::Strategist, 5, &digest());
        let met = |book: &Rulebook, near: &[(u8, &str)], change: i32| {
            let near = near.iter().map(|(far, thing)| (*far, format!("touch {thing}").parse().unwrap()));
            let likely = book.likely(near.collect(), &score(change));
            likely.iter().map(|meeting| meeting.thing.clone()).collect::<Vec<_>>()
        };
        let all = [(2, "green cup"), (1, "blue box"), (1, "pink moon"), (1, "red ring"), (1, "pink moon")];
        assert_eq!(met(&book, &all, 2), ["red ring"], "a rule says so");
        assert_eq!(met(&book, &all, -1), ["blue box"]);
        assert_eq!(
            met(&book, &all, -4),
            ["pink moon"],
            "of the others something else comes; the cup is farther"
        );
        assert_eq!(met(&book, &all[1..2], -4), [""; 0]);
        assert_eq!(met(&book, &[(0, "blue box")], -4), ["blue box"], "it stood in the way");
        let leaves = read("add | white ring leaves | -4 in 1 of 1 | catch white rings | maybe");
        book.revise(&leaves, Origin::Person, 6, &Digest::default());
        assert_eq!(met(&book, &all, -4), [""; 0], "something has left, perhaps");
        // What was proved wrong, or says nothing that can be counted, speaks for nothing.
        let odd = read("add | touch pink moon | it hurts in 1 of 1 | avoid pink moons | sure");
        book.revise(&odd, Origin::Person, 6, &Digest::default());
        assert_eq!(met(&book, &all, -3), ["pink moon"]);
        book.revise(&read("nothing to learn"), Origin::Strategist, 60, &later(&[("touch blue box", 2); 2]));
        assert_eq!(met(&book, &all[1..2], -3), ["blue box"]);
    }

    /// The digest of steps that come after [`digest`]'s.
    fn later(steps: &[(&str, i32)]) -> Digest {
        let steps: Vec<_> = steps.iter().map(|(met, points)| (*met, score(*points))).collect();
        let mut steps = played(&steps);
        steps.iter_mut().for_each(|step| step.number += 50);
        Digest::new(&steps)
    }

    #[test]
    fn a_rule_is_sure_by_all_its_cases_and_not_by_the_last_ones() {
        let mut book = Rulebook::default();
        book.revise(&read(ADDED), Origin::Strategist, 5, &digest());
        let doubts = read("confirm 2 | -1 in 1 of 3 | maybe");
        book.revise(
            &doubts,
            Origin::Strategist,
            9,
            &later(&[("touch blue box", 0), ("touch blue box", 0), ("touch blue box", -1)]),
        );
        let rule = |book: &Rulebook| (book.rules()[1].support.len(), book.rules()[1].contradiction.len());
        assert_eq!(rule(&book), (2, 2));
        let mut steps = played(&[("touch blue box", score(-1))]);
        steps[0].number += 200;
        let confirm = read("confirm 2 | -1 in 1 of 1 | sure");
        book.revise(&confirm, Origin::Strategist, 210, &Digest::new(&steps));
        assert_eq!((rule(&book), book.rules()[1].status), ((3, 2), Status::Hypothesis));
    }

    #[test]
    fn rules_of_which_the_strategist_says_nothing_are_weighed_all_the_same() {
        let mut book = Rulebook::default();
        let hand = |trigger: &str, seen: &str, heuristic: &str| {
            let (trigger, observation) = (trigger.into(), seen.into());
            let heuristic = heuristic.into();
            Hand::Add(Words { trigger, observation, heuristic, sure: true, ..Words::default() })
        };
        person(&mut book, hand("touch red ring", "+5 in 1 of 1", "touch red rings for 5 points"));
        person(&mut book, hand("touch blue box", "-1 in 1 of 1", "avoid blue boxes"));
        person(&mut book, hand("when it rains", "", "stay at home"));
        let pinned = book.rules()[1].rule_id.clone();
        person(&mut book, Hand::Pin(pinned, true));
        // It speaks of the first rule only by adding one that says the opposite.
        let digest = later(&[("touch red ring", -2), ("touch red ring", -2), ("touch blue box", -1)]);
        let said = read("add | touch red ring | -2 in 2 of 2 | avoid red rings | sure");
        assert_eq!(book.revise(&said, Origin::Strategist, 40, &digest), [""; 0]);
        let weight = |book: &Rulebook, at: usize| {
            let rule = &book.rules()[at];
            (rule.support.len(), rule.contradiction.len(), rule.status)
        };
        assert_eq!(weight(&book, 0), (0, 2, Status::Hypothesis), "a person's, and all speaks against it");
        assert_eq!(weight(&book, 1), (1, 0, Status::Confirmed));
        assert_eq!(weight(&book, 2), (0, 0, Status::Confirmed), "nothing that happened is about it");
        assert_eq!(weight(&book, 3), (2, 0, Status::Hypothesis));
        // What was seen is in a person's own words: no change can be that, and none is against it.
        person(&mut book, hand("touch red ring", "2 points in 3 of 3", "mind red rings"));
        // Nothing to learn is no reason not to count; the same steps count once.
        let steps =
            [("touch red ring", score(-2)), ("touch blue box", score(0)), ("touch blue box", score(0))];
        let digest = Digest::new(&played(&steps));
        for _ in 0..2 {
            book.revise(&Revision::default(), Origin::Strategist, 60, &digest);
        }
        assert_eq!((weight(&book, 0).1, weight(&book, 1).1), (3, 2));
        assert_eq!(weight(&book, 4), (0, 0, Status::Confirmed));
        assert_eq!(weight(&book, 1).2, Status::Confirmed, "a pinned rule stays as it is");
        // What a person does weighs nothing.
        let before = book.rules()[0].clone();
        person(&mut book, add("be quick"));
        assert_eq!(book.rules()[0], before);
        assert!((0..5).all(|_| book.undo(61)));
        assert_eq!(weight(&book, 0), (0, 0, Status::Confirmed), "undo takes it back with the revision");
    }

    #[test]
    fn the_digests_counts_go_before_what_the_strategist_claims() {
        let mut book = Rulebook::default();
        let claims = read(&ADDED.replace("3 of 4", "99 of 99").replace("maybe", "sure"));
        assert_eq!(book.revise(&claims, Origin::Strategist, 5, &digest()), [""; 0]);
        let seen: Vec<&str> = book.rules().iter().map(|rule| rule.observation.as_str()).collect();
        assert_eq!(seen, ["+2 in 3 of 4", "-1 in 1 of 1"]);
        assert_eq!(
            book.rules().iter().map(|rule| rule.status).collect::<Vec<_>>(),
            [Status::Confirmed, Status::Hypothesis]
        );
        // What is confirmed against all that happened is doubted by the count, and no longer sure.
        let claim = read("confirm 1 | +2 in 9 of 9 | sure");
        let complaints = book.revise(&claim, Origin::Strategist, 60, &later(&[("touch red ring", -1); 4]));
        assert_eq!(complaints, ["“confirm 1 | +2 in 9 of 9 | sure”: it came otherwise"]);
        let rule = &book.rules()[0];
        assert_eq!((rule.status, rule.contradiction.len()), (Status::Hypothesis, 5));
        assert_eq!(rule.observation, "+2 in 0 of 4");
        let before = book.clone();
        let complaints = book.revise(&claim, Origin::Strategist, 70, &Digest::default());
        assert!(complaints[0].contains("nothing of the kind"), "{complaints:?}");
        assert_eq!(book, before, "what did not happen confirms nothing");
    }

    #[test]
    fn what_a_person_relies_on_stays_relied_on_until_more_speaks_against_it() {
        let mut book = Rulebook::default();
        let words = Words {
            trigger: "touch blue box".into(),
            heuristic: "avoid blue boxes".into(),
            sure: true,
            ..Words::default()
        };
        book.revise(&Hand::Add(words).into(), Origin::Person, 0, &Digest::default());
        let doubts = read("confirm 1 | -1 in 1 of 1 | maybe");
        assert_eq!(book.revise(&doubts, Origin::Strategist, 5, &digest()), [""; 0]);
        assert_eq!((book.lines(), book.rules()[0].support.len()), (vec!["avoid blue boxes".to_string()], 1));
        book.revise(&doubts, Origin::Strategist, 60, &later(&[("touch blue box", 2); 2]));
        assert_eq!(book.lines(), ["maybe avoid blue boxes"]);
    }

    #[test]
    fn who_adds_a_rule_again_confirms_it() {
        let mut book = Rulebook::default();
        book.revise(&read(ADDED), Origin::Strategist, 5, &digest());
        let again = later(&[("touch blue box", -1); 2]);
        assert_eq!(
            book.revise(&read(ADDED.lines().nth(1).unwrap()), Origin::Strategist, 60, &again),
            [""; 0]
        );
        assert_eq!((book.rules().len(), book.rules()[1].support.len()), (2, 3));
        assert_eq!(book.log()[1].revision.to_string(), "confirm 2 | -1 in 2 of 2 | maybe");
        // The same sentence with another trigger: the digest counts by the rule's own.
        let reworded = read("add | blue boxes | -1 in 1 of 1 | avoid blue boxes, they cost points | sure");
        assert_eq!(book.revise(&reworded, Origin::Strategist, 99, &again), [""; 0]);
        assert_eq!(book.log()[2].revision.to_string(), "confirm 2 | -1 in 2 of 2 | sure");
        assert_eq!((book.rules().len(), book.rules()[1].support.len()), (2, 3));
        let complaints = book.revise(&reworded, Origin::Strategist, 120, &Digest::default());
        assert!(complaints[0].contains("nothing of the kind"), "{complaints:?}");
        assert_eq!(book.log().len(), 3);
    }

    #[test]
    fn a_rule_whose_trigger_no_digest_counts_is_confirmed_by_the_one_that_it_does() {
        let mut book = Rulebook::default();
        let words = Words {
            trigger: "boxes, blue".into(),
            heuristic: "avoid blue | boxes".into(),
            ..Words::default()
        };
        person(&mut book, Hand::Add(words));
        let again = read("add | touch blue box | -1 in 1 of 1 | avoid blue boxes | maybe");
        assert_eq!(book.revise(&again, Origin::Strategist, 20, &digest()), [""; 0]);
        assert_eq!((book.rules().len(), book.rules()[0].support.as_slice()), (1, &[4][..]));
    }

    /// A person guesses something at a step that nothing speaks for or against.
    fn guess(book: &mut Rulebook, at: u32) {
        let guess = format!("add | touch pink cup | +1 in 1 of 1 | guess {at} | maybe");
        assert_eq!(book.revise(&read(&guess), Origin::Person, at, &digest()), [""; 0]);
    }

    #[test]
    fn a_rule_has_its_chances_before_it_makes_room() {
        let mut book = Rulebook::default();
        (0..MOST_RULES).for_each(|at| guess(&mut book, at as u32));
        let happened = read(ADDED.lines().next().unwrap());
        let complaints = book.revise(&happened, Origin::Strategist, 49, &digest());
        assert!(complaints[0].contains("is the most"), "none was tested yet: {complaints:?}");
        // Only the oldest had 50 steps of chances.
        assert_eq!(book.revise(&happened, Origin::Strategist, 50, &digest()), [""; 0]);
        assert_eq!(book.log().last().unwrap().revision.operations[0], Operation::Retire(1));
    }

    #[test]
    fn a_full_book_makes_room_for_what_happened() {
        let mut book = Rulebook::default();
        for at in 0..MOST_RULES {
            guess(&mut book, at as u32);
        }
        person(&mut book, Hand::Pin("R1".into(), true));
        let made_up = read("add | near tan cups | +1 in 1 of 1 | touch tan cups | maybe");
        let complaints = book.revise(&made_up, Origin::Strategist, 90, &digest());
        assert!(complaints[0].contains("is the most"), "a mere guess pushes nobody out: {complaints:?}");
        let revision = read(&format!("confirm 2 | +1 in 1 of 1 | maybe\n{}", ADDED.lines().next().unwrap()));
        let complaints = book.revise(&revision, Origin::Strategist, 90, &digest());
        assert_eq!(complaints.len(), 1, "{complaints:?}");
        let entry = book.log().last().unwrap();
        assert_eq!(
            entry.revision.operations[0],
            Operation::Retire(3),
            "neither the pinned nor the named one"
        );
        assert_eq!((book.listed().count(), entry.revision.operations.len()), (MOST_RULES, 2));
        assert!(book.undo(91) && book.redo(91));
    }

    #[test]
    fn what_did_not_happen_is_no_evidence() {
        let mut book = Rulebook::default();
        let made_up = read("add | touch green cup | +9 in 9 of 9 | touch green cups for points | sure");
        let complaints = book.revise(&made_up, Origin::Strategist, 5, &digest());
        assert!(complaints[0].contains("nothing of the kind"), "{complaints:?}");
        assert_eq!(book.records(9), [""; 0], "what was made up is no rule");
        assert_eq!(book.revise(&made_up, Origin::Person, 5, &digest()), [""; 0], "a person may say so");
        assert_eq!(book.records(9), ["touch green cups for points (new)"]);
    }

    #[test]
    fn a_rule_stays_where_nothing_bears_out_what_is_to_take_its_place() {
        let mut book = Rulebook::default();
        book.revise(
            &read("add | touch red ring | +2 in 3 of 3 | touch red rings | sure"),
            Origin::Strategist,
            5,
            &digest(),
        );
        let before = book.records(9);
        assert!(!book.rules()[0].support.is_empty());
        for made_up in [
            "edit 1 | touch green cup | +9 in 9 of 9 | touch green cups | sure",
            "edit 1 | touch red ring | -7 in 2 of 2 | avoid red rings | maybe",
            "confirm 1 | 0 in 2 of 2 | sure",
        ] {
            let complaints = book.revise(&read(made_up), Origin::Strategist, 6, &digest());
            assert_eq!((complaints.len(), book.records(9)), (1, before.clone()), "{made_up}: {complaints:?}");
        }
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
        assert!(book.undo(8));
        assert_eq!((book.rules(), book.log().len()), (first.rules(), 2));
        assert!(book.redo(9));
        assert_eq!((book.rules(), book.head()), (second.rules(), second.head()));
        assert!(book.undo(11) && book.undo(12) && !book.undo(13));
        assert_eq!(book.lines(), [""; 0]);
        book.revise(&read("add | x | y in 1 of 1 | another way | maybe"), Origin::Person, 14, &digest());
        assert!(!book.redo(15), "nothing was undone from here");
        assert_eq!(book.as_of(Some(1)).unwrap(), second.rules(), "the other history is still there");
        // What held at every step can be told, between an undo and the next revision too.
        let none = Rulebook::default();
        let held =
            [(0, &none), (6, &second), (8, &first), (9, &second), (11, &first), (12, &none), (14, &book)];
        for (at, (from, was)) in held.iter().enumerate() {
            let until = held.get(at + 1).map_or(20, |(next, _)| *next);
            (*from..until).for_each(|step| assert_eq!(book.at(step).unwrap(), was.rules(), "{step}"));
        }
        let text = serde_json::to_string(&book).unwrap();
        assert_eq!(serde_json::from_str::<Rulebook>(&text).unwrap(), book);
    }

    #[test]
    fn a_log_without_undos_is_written_as_before_and_an_older_one_is_read() {
        let mut book = Rulebook::default();
        book.revise(&read(ADDED), Origin::Strategist, 5, &digest());
        book.revise(&read("retire 1"), Origin::Person, 6, &digest());
        let text = serde_json::to_string(&book).unwrap();
        assert!(!text.contains("moves") && text.ends_with("\"head\":1}"), "{text}");
        // Undone by a page that noted no undos.
        let older: Rulebook = serde_json::from_str(&text.replace("\"head\":1}", "\"head\":0}")).unwrap();
        assert_eq!((older.lines().len(), older.at(6)), (2, Ok(older.rules().to_vec())));
        let odd = text.replace("\"head\":1}", r#""head":1,"moves":[{"at":6,"after":1,"head":2}]}"#);
        assert!(serde_json::from_str::<Rulebook>(&odd).unwrap_err().to_string().contains("not in the log"));
    }

    #[test]
    fn a_name_of_its_own_is_shown() {
        let mut book = Rulebook::default();
        book.revise(&read(ADDED), Origin::Strategist, 5, &digest());
        let named = Rule { rule_id: "HighVolatility_V1".into(), ..book.rules()[1].clone() };
        assert_eq!(named.line(), "HighVolatility_V1: maybe avoid blue boxes, they cost points");
    }

    fn add(heuristic: &str) -> Hand {
        Hand::Add(Words { heuristic: heuristic.into(), sure: true, ..Words::default() })
    }

    fn person(book: &mut Rulebook, hand: Hand) -> Vec<String> {
        book.revise(&hand.into(), Origin::Person, 9, &Digest::default())
    }

    fn names(book: &Rulebook) -> Vec<&str> {
        book.kept().map(|rule| rule.rule_id.as_str()).collect()
    }

    #[test]
    fn a_person_adds_edits_moves_and_deletes() {
        let mut book = Rulebook::default();
        book.revise(&read(ADDED), Origin::Strategist, 5, &digest());
        assert_eq!(person(&mut book, add("  go | home\nnow ")), [""; 0]);
        let mine = &book.rules()[2];
        assert_eq!((mine.heuristic.as_str(), mine.origin, mine.since), ("go | home now", Origin::Person, 9));
        assert_eq!(book.lines()[2], "go home now");
        person(&mut book, Hand::Move("R3".into(), 0));
        assert_eq!(names(&book), ["R3", "R1", "R2"]);
        // The same words leave the evidence alone; others need their own.
        let words = Words { rule_id: "rings".into(), ..Words::of(&book.rules()[1]) };
        person(&mut book, Hand::Edit("R1".into(), words));
        assert_eq!((names(&book)[1], book.rules()[1].support.len()), ("rings", 3));
        assert_eq!(book.lines()[1], "rings: touch red rings for points");
        let words = Words { heuristic: "touch rings".into(), ..Words::of(&book.rules()[1]) };
        person(&mut book, Hand::Edit("rings".into(), words));
        assert_eq!((book.rules()[1].support.len(), book.rules()[1].origin), (0, Origin::Person));
        person(&mut book, Hand::Delete("R3".into()));
        assert_eq!(names(&book), ["rings", "R2"]);
        assert_eq!(book.log().len(), 6);
        for wrong in
            [Hand::Delete("R3".into()), add(" "), Hand::Move("R2".into(), 1), Hand::Pin("R2".into(), false)]
        {
            assert_eq!(person(&mut book, wrong).len(), 1);
        }
        let taken = Words { rule_id: "rings".into(), ..Words::of(&book.rules()[2]) };
        assert!(person(&mut book, Hand::Edit("R2".into(), taken))[0].starts_with("Another rule"));
        assert_eq!(book.log().len(), 6, "what changes nothing is not logged");
    }

    #[test]
    fn the_strategist_leaves_pinned_rules_alone_and_does_nothing_by_hand() {
        let mut book = Rulebook::default();
        book.revise(&read(ADDED), Origin::Strategist, 5, &digest());
        person(&mut book, Hand::Pin("R1".into(), true));
        let before = book.rules()[0].clone();
        let tries = read(
            "edit 1 | a | b in 1 of 1 | c | sure\nretire 1\nmerge 1 into 2\nconfirm 1 | +2 in 3 of 4 | maybe",
        );
        let complaints = book.revise(&tries, Origin::Strategist, 6, &digest());
        assert_eq!(complaints.iter().filter(|c| c.contains("is pinned")).count(), 3, "{complaints:?}");
        assert_eq!(book.rules()[0], before, "evidence it may give; there was none new");
        book.revise(&read("merge 2 into 1"), Origin::Strategist, 7, &digest());
        assert_eq!((book.rules()[0].support.as_slice(), names(&book).len()), (&[0, 1, 2, 4][..], 1));
        assert!(book.revise(&add("x").into(), Origin::Strategist, 8, &digest())[0].contains("Only a person"));
        person(&mut book, Hand::Pin("R1".into(), false));
        assert_eq!(book.revise(&read("retire 1"), Origin::Strategist, 9, &digest()), [""; 0]);
    }

    #[test]
    fn a_disabled_rule_is_kept_without_a_number() {
        let mut book = Rulebook::default();
        book.revise(&read(ADDED), Origin::Strategist, 5, &digest());
        person(&mut book, Hand::Disable("R1".into(), true));
        assert_eq!(book.lines(), ["maybe avoid blue boxes, they cost points"]);
        book.revise(&read("retire 1"), Origin::Strategist, 6, &digest());
        assert_eq!(names(&book), ["R1"]);
        for _ in 0..MOST_RULES {
            assert_eq!(person(&mut book, add("x")), [""; 0]);
        }
        assert!(person(&mut book, Hand::Disable("R1".into(), false))[0].contains("12 is the most"));
    }

    #[test]
    fn rules_from_elsewhere_join_or_replace_as_one_revision() {
        let mut book = Rulebook::default();
        person(&mut book, add("touch rings"));
        let given = vec![rule("R1", "avoid boxes"), rule("R2", "touch rings"), rule("loot", "take all")];
        let sheet = sheet::Sheet { name: "x".into(), rules: given };
        assert_eq!(book.revise(&sheet.revision(false), Origin::Link, 20, &Digest::default()), [""; 0]);
        assert_eq!((names(&book), book.log().len()), (vec!["R1", "R2", "loot"], 2), "one was known");
        assert_eq!((book.rules()[1].heuristic.as_str(), book.rules()[1].since), ("avoid boxes", 20));
        assert_eq!(book.rules()[2].origin, Origin::Link);
        assert!(
            person(&mut book, Hand::Take { rules: sheet.rules.clone(), replace: false })[0]
                .contains("already")
        );
        person(&mut book, Hand::Take { rules: sheet.rules, replace: true });
        assert_eq!(book.lines(), ["avoid boxes", "touch rings", "loot: take all"]);
        let bad = Hand::Take { rules: vec![rule("a", "fine"), rule("b", "")], replace: true };
        assert_eq!(person(&mut book, bad).len(), 1);
        assert!(book.undo(21) && book.undo(21));
        assert_eq!(book.lines(), ["touch rings"]);
    }

    /// Anything that a person may do to the first rules, sensible or not.
    pub fn by_hand() -> impl Strategy<Value = Revision> {
        let name =
            || prop_oneof![4 => (1..9usize).prop_map(|n| format!("R{n}")), 1 => Just("loot".to_string())];
        let words = (
            prop_oneof![3 => Just(String::new()), 1 => name()],
            "[a-c]{0,2}",
            "[ a-c|\u{202e}]{0,9}",
            any::<bool>(),
        )
            .prop_map(|(rule_id, trigger, heuristic, sure)| Words {
                rule_id,
                trigger,
                observation: String::new(),
                heuristic,
                sure,
            });
        let given = prop::collection::vec((name(), "[a-c]{1,2}", any::<bool>()), 0..4).prop_map(|given| {
            given.into_iter().map(|(name, says, disabled)| Rule { disabled, ..rule(&name, &says) }).collect()
        });
        let hand = prop_oneof![
            4 => words.clone().prop_map(Hand::Add),
            2 => (name(), words).prop_map(|(rule, words)| Hand::Edit(rule, words)),
            2 => (name(), any::<bool>()).prop_map(|(rule, on)| Hand::Pin(rule, on)),
            2 => (name(), any::<bool>()).prop_map(|(rule, on)| Hand::Disable(rule, on)),
            2 => (name(), 0..15usize).prop_map(|(rule, to)| Hand::Move(rule, to)),
            1 => name().prop_map(Hand::Delete),
            1 => (given, any::<bool>()).prop_map(|(rules, replace)| Hand::Take { rules, replace }),
        ];
        prop::collection::vec(hand.prop_map(Operation::Hand), 1..3)
            .prop_map(|operations| Revision { operations })
    }

    proptest! {
        #[test]
        fn no_sequence_of_revisions_breaks_a_rulebook(
            revisions in prop::collection::vec(
                prop_oneof![(revisions(), any::<bool>()), (by_hand(), Just(false)), (by_hand(), any::<bool>())],
                0..12,
            ),
        ) {
            let mut book = Rulebook::default();
            let mut past = vec![book.rules().to_vec()];
            for (at, (revision, strategist)) in revisions.iter().enumerate() {
                let origin = if *strategist { Origin::Strategist } else { Origin::Person };
                let logged = book.log().len();
                book.revise(revision, origin, at as u32, &digest());
                prop_assert!(book.listed().count() <= MOST_RULES && book.kept().count() <= MOST_KEPT);
                let names: std::collections::BTreeSet<&str> = book.rules().iter().map(|r| r.rule_id.as_str()).collect();
                prop_assert_eq!(names.len(), book.rules().len(), "every rule has a name of its own");
                prop_assert!(book.rules().iter().all(|rule| rule.clone().checked().as_ref() == Ok(rule)));
                let last = past.last().unwrap();
                for pinned in last.iter().filter(|rule| rule.pinned && *strategist) {
                    let now = book.rules().iter().find(|rule| rule.rule_id == pinned.rule_id).unwrap();
                    let words = |rule: &Rule| (rule.line(), rule.trigger.clone(), rule.observation.clone(), rule.status);
                    prop_assert_eq!(words(now), words(pinned));
                }
                for rule in book.rules().iter().filter(|rule| rule.origin == Origin::Strategist && rule.holds()) {
                    let is_new = !last.iter().any(|known| known.rule_id == rule.rule_id);
                    prop_assert!(!is_new || rule.status == Status::Hypothesis || rule.support.len() >= 3);
                }
                prop_assert_eq!(book.as_of(book.head()).unwrap(), book.rules());
                if book.log().len() > logged {
                    past.push(book.rules().to_vec());
                }
            }
            let last = book.clone();
            for rules in past.iter().rev().skip(1) {
                prop_assert!(book.undo(20));
                prop_assert_eq!(book.rules(), rules.as_slice());
            }
            prop_assert!(!book.undo(20));
            while book.redo(20) {}
            prop_assert_eq!((book.rules(), book.log(), book.head()), (last.rules(), last.log(), last.head()));
            prop_assert_eq!(Rulebook::try_from(Log::from(book.clone())), Ok(book));
        }

        #[test]
        fn what_held_at_every_step_can_be_told(
            turns in prop::collection::vec((0..4u8, by_hand(), revisions()), 0..12),
        ) {
            let mut book = Rulebook::default();
            let mut held = Vec::new();
            for (at, (what, hand, revision)) in (0..).zip(&turns) {
                // Before the step a person does something, and after it the strategist.
                match what {
                    0 => drop(book.undo(at)),
                    1 => drop(book.redo(at)),
                    2 => drop(book.revise(hand, Origin::Person, at, &digest())),
                    _ => {}
                }
                held.push(book.rules().to_vec());
                if *what == 3 {
                    book.revise(revision, Origin::Strategist, at, &digest());
                }
            }
            let book: Rulebook = serde_json::from_str(&serde_json::to_string(&book).unwrap()).unwrap();
            for (at, rules) in (0..).zip(held) {
                prop_assert_eq!(book.at(at).unwrap(), rules);
            }
            prop_assert_eq!(book.at(book.next_step()).unwrap(), book.rules());
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
