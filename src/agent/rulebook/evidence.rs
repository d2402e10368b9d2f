//! What a digest's counts say of what the strategist claims: they go before its own, and a rule is sure only on enough
//! of them.

use super::rule::plain;
use super::{MOST_RULES, Rule, Status, numbered, numbered_rule};
use crate::agent::digest::Digest;
use crate::agent::revision::{Finding, Observation, Operation, Revision, tidy};
use crate::agent::trace::Meeting;

/// Cases from which on the strategist may be sure, if three quarters of all agree.
const ENOUGH: u32 = 3;

/// An operation whose texts are one line each. What a person wrote stays as it is, but for what nobody
/// sees: it is tidied for the prompt alone.
pub(super) fn tidied(operation: &Operation) -> Operation {
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
pub(super) type Evidence = (Vec<u32>, Vec<u32>);

/// What a digest says of an operation.
#[derive(Default)]
pub(super) struct Found {
    pub(super) evidence: Evidence,
    /// Whether the digest counted just that; else the steps are those of the line that must be meant.
    pub(super) counted: bool,
}

impl Found {
    /// The evidence of what happened at all.
    pub(super) fn borne_out(self) -> Evidence {
        if self.evidence.0.is_empty() { Evidence::default() } else { self.evidence }
    }
}

/// What a digest says of an operation; nothing, if the operation says nothing of the game.
pub(super) fn evidence(rules: &[Rule], listed: &[usize], operation: &Operation, digest: &Digest) -> Found {
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
pub(super) type Weighed = (Vec<(Operation, Evidence)>, Option<&'static str>);

/// What an operation of the strategist comes to, whose `revision` is made `at` a step: with the counts of
/// the digest for its claims, sure only where these suffice, and with room made for what happened.
pub(super) fn weighed(
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
pub(super) fn unspoken(
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
pub(super) fn known(rules: &[Rule], listed: &[usize], operation: &Operation) -> Operation {
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
pub(super) fn is_sure(rule: &Rule, said: bool, evidence: &Evidence) -> bool {
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
