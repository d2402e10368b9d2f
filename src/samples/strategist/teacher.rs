//! The teacher: the revision that a rulebook and a digest ask for.
//!
//! The revision is a function of what the prompt shows and of nothing else:
//! - What came of a meeting in more than half of its cases is a fact; `0` needs two cases. A fact of three
//!   cases or more in three quarters of all is sure, any other is a maybe.
//! - A rule that agrees with the fact on its line is confirmed; it is sure if it was, or if its cases and
//!   the new ones are three or more in three quarters of all.
//! - A rule that disagrees is edited if the fact is sure, or if the fact has two cases and the rule is a
//!   maybe. It is retired instead if another rule says the fact already (two cases are enough then), or if
//!   the fact is that nothing comes of what nobody needs to do.
//! - A rule that says what an earlier one says is merged into that one; small talk is retired, and so is a
//!   rule that was not used for [`STALE`] steps and has no line.
//! - A fact without a rule is added, unless it is that nothing comes of a thing that leaves.
//! - At a desk a rule gives the neighbour below each boundary as its threshold; a rule with a threshold
//!   that an example contradicts gets the new one, and keeps the others.
//!
//! Operations on rules come in the rulebook's order, additions in the digest's. In the text a line for each
//! rule says first how the teacher reads it: what it is about, in the digest's words. All that an operation
//! depends on is found by that.

use super::{Held, how, trigger};
use crate::agent::digest::{ALWAYS, Deed, Digest, Line, List, Tally};
use crate::agent::revision::{Finding, Observation, Operation, Revision, line};
use crate::agent::rulebook::{Status, is_enough};
use crate::agent::trace::{How, Meeting, Shown};
use crate::env::Action;
use crate::games::Trigger;
use crate::games::sprite::Sprite;
use crate::samples::claim::{Claim, Condition, Subject, Worth};
use crate::samples::wording::plain;

/// Steps without use after which a rule without a line goes.
pub const STALE: u32 = 150;

/// The revision that a prompt asks for, with what each operation claims.
pub(super) fn revise(held: &[Held], now: u32, digest: &Digest) -> Vec<(Operation, Option<Claim>)> {
    let mut operations = Vec::new();
    let mut edited: Vec<Option<Claim>> = vec![None; held.len()];
    let mut retired = vec![false; held.len()];
    for (i, Held { rule, claim }) in held.iter().enumerate() {
        let number = i + 1;
        // What an earlier rule says that stays.
        let says = |(at, other): (usize, &Held)| is_same(&other.claim, claim) && !retired[at];
        let twin = held[..i].iter().enumerate().position(says).filter(|_| *claim != Claim::Idle);
        if let Some(earlier) = twin {
            operations.push((Operation::Merge { rule: number, into: earlier + 1 }, None));
            continue;
        }
        let verdict = match claim {
            Claim::Idle => Verdict::Retire,
            Claim::Desk { when, action, right } => desk_verdict(held, i, (when, *action, *right), digest),
            _ => board_verdict(held, i, digest, &edited),
        };
        match verdict {
            Verdict::Confirm(observation) => {
                let held = rule.support.len() as u32 + observation.times;
                let of = (rule.support.len() + rule.contradiction.len()) as u32 + observation.of;
                let sure = rule.status == Status::Confirmed || is_enough(held, of);
                operations.push((Operation::Confirm { rule: number, observation, sure }, None));
            }
            Verdict::Edit(claim, observation) => {
                let finding = finding(&claim, observation);
                edited[i] = Some(claim.clone());
                operations.push((Operation::Edit(number, finding), Some(claim)));
            }
            Verdict::Silent if rule.unused(now) < STALE => {}
            Verdict::Leave => {}
            Verdict::Retire | Verdict::Silent => {
                retired[i] = true;
                operations.push((Operation::Retire(number), None));
            }
        }
    }
    for line in &digest.lines {
        let [deed] = line.deeds.as_slice() else { continue };
        let Some((claim, observation)) = fact(deed, line) else { continue };
        let spoken = held
            .iter()
            .any(|held| is_about(&held.claim, deed) || is_same_in_general(&held.claim, &claim, deed));
        let idle = worth_of(&claim) == Some(Worth::Nothing) && deed.meeting.how == How::Leave;
        if !spoken && !idle {
            operations.push((Operation::Add(finding(&claim, observation)), Some(claim)));
        }
    }
    for tally in &digest.tallies {
        let spoken = held.iter().any(
            |held| matches!(&held.claim, Claim::Desk { action, right: true, .. } if *action == tally.action),
        );
        if tally.won.is_some() && tally.times >= 2 && tally.times * 2 > tally.of && !spoken {
            let claim = Claim::Desk { when: bounds(&tally.lists), action: tally.action, right: true };
            operations.push((Operation::Add(finding(&claim, seen(tally))), Some(claim)));
        }
    }
    operations
}

/// The text that says so: a line for each rule, and then what is new.
pub(super) fn written(held: &[Held], revision: &Revision) -> String {
    let about = |operation: &Operation| match operation {
        Operation::Edit(rule, _) | Operation::Retire(rule) => Some(*rule),
        Operation::Confirm { rule, .. } | Operation::Merge { rule, .. } => Some(*rule),
        Operation::Add(_) | Operation::Weigh(_) | Operation::Hand(_) => None,
    };
    let of_rule = |number| revision.operations.iter().find(|operation| about(operation) == Some(number));
    let rules = (1..).zip(held).map(|(number, held)| line(number, &reading(&held.claim), of_rule(number)));
    let new = revision.operations.iter().filter(|operation| about(operation).is_none());
    let lines: Vec<String> = rules.chain(new.map(ToString::to_string)).collect();
    if lines.is_empty() { revision.to_string() } else { lines.join("\n") }
}

/// What a rule is about, in the digest's words.
fn reading(claim: &Claim) -> String {
    match claim {
        Claim::Desk { action, right: true, .. } => action.to_string(),
        Claim::Desk { action, right: false, .. } => format!("not {action}"),
        Claim::Idle => "no rule".into(),
        _ => trigger_of(claim),
    }
}

/// What the evidence says about a rule.
enum Verdict {
    /// It agrees.
    Confirm(Observation),
    /// It disagrees, and says this.
    Edit(Claim, Observation),
    /// It is of no use.
    Retire,
    /// There is evidence, but not enough.
    Leave,
    /// There is none.
    Silent,
}

fn board_verdict(held: &[Held], i: usize, digest: &Digest, edited: &[Option<Claim>]) -> Verdict {
    let Held { rule, claim } = &held[i];
    let singles = || {
        digest
            .lines
            .iter()
            .filter_map(|line| Some((line.deeds.first().filter(|_| line.deeds.len() == 1)?, line)))
    };
    if !is_exact(claim) {
        // A rule about many kinds is confirmed by the first of them that no rule of its own speaks of.
        let own = |deed: &Deed| held.iter().any(|held| is_about(&held.claim, deed));
        let mut lines = singles().filter(|(deed, _)| is_meant(claim, deed) && !own(deed)).peekable();
        if lines.peek().is_none() {
            return Verdict::Silent;
        }
        let agrees = lines
            .filter_map(|(deed, line)| fact(deed, line))
            .find(|(fact, _)| worth_of(fact) == worth_of(claim));
        return agrees.map_or(Verdict::Leave, |(_, observation)| Verdict::Confirm(observation));
    }
    let about: Vec<(&Deed, &Line)> = singles().filter(|(deed, _)| is_about(claim, deed)).collect();
    // What a key opened says more than what was merely touched.
    let Some((deed, line)) = about.iter().find(|(deed, _)| deed.opened).or(about.first()) else {
        return Verdict::Silent;
    };
    let Some((fact, observation)) = fact(deed, line) else { return Verdict::Leave };
    let (worth, says) = (worth_of(&fact), worth_of(claim));
    if is_same(&fact, claim) {
        return Verdict::Confirm(observation);
    }
    let said_elsewhere = (held.iter().enumerate()).any(|(at, other)| at != i && is_same(&other.claim, &fact))
        || edited.iter().flatten().any(|other| is_same(other, &fact));
    let shut = says == Some(Worth::Door) && worth == Some(Worth::Nothing);
    let weak = rule.status == Status::Hypothesis || said_elsewhere;
    if shut || !(is_enough(observation.times, observation.of) || weak && observation.times >= 2) {
        return Verdict::Leave;
    }
    let needless = worth == Some(Worth::Nothing) && matches!(deed.meeting.how, How::Leave | How::Drop);
    if said_elsewhere || needless { Verdict::Retire } else { Verdict::Edit(fact, observation) }
}

fn desk_verdict(
    held: &[Held],
    i: usize,
    (when, action, right): (&[Condition], Action, bool),
    digest: &Digest,
) -> Verdict {
    let rule = &held[i].rule;
    let later = |other: &Held| match &other.claim {
        Claim::Desk { action: own, right: true, .. } => *own == action && other.claim != held[i].claim,
        _ => false,
    };
    let Some(tally) = digest.tallies.iter().find(|tally| right && tally.action == action) else {
        return Verdict::Silent;
    };
    if held[i + 1..].iter().any(later) {
        // Of several rules for an action the last one holds.
        return Verdict::Leave;
    }
    let enough = if rule.status == Status::Confirmed { 3 } else { 2 };
    if tally.won.is_none() {
        return if tally.of >= enough { Verdict::Retire } else { Verdict::Leave };
    }
    let broken = |list: &List| {
        let own: Vec<&Condition> = when.iter().filter(|c| c.reading == list.name).collect();
        list.examples.iter().any(|(shown, won)| own.iter().all(|c| holds(c, *shown)) != *won)
    };
    if !tally.lists.iter().any(broken) {
        return Verdict::Confirm(seen(tally));
    }
    if tally.times < enough || tally.times * 2 <= tally.of {
        return Verdict::Leave;
    }
    let mut new: Vec<Condition> = Vec::new();
    for list in &tally.lists {
        if broken(list) {
            new.extend(bounds(std::slice::from_ref(list)));
        } else {
            new.extend(when.iter().filter(|c| c.reading == list.name).cloned());
        }
    }
    new.extend(when.iter().filter(|c| !tally.lists.iter().any(|list| list.name == c.reading)).cloned());
    Verdict::Edit(Claim::Desk { when: new, action, right }, seen(tally))
}

/// The conditions that lists of examples ask for: each threshold is the neighbour below the boundary.
fn bounds(lists: &[List]) -> Vec<Condition> {
    let mut bounds = Vec::new();
    for List { name, examples } in lists {
        for pair in examples.windows(2) {
            let ((below, was), (above, is)) = (pair[0], pair[1]);
            if was == is {
                continue;
            }
            let condition = |above, number: String| Condition { reading: name.clone(), above, number };
            match (below, above) {
                (Shown::Up(_), _) | (_, Shown::Up(_)) => bounds.push(condition(is, "0.00".into())),
                _ => bounds.push(condition(is, below.to_string())),
            }
        }
    }
    bounds
}

pub(super) fn holds(condition: &Condition, shown: Shown) -> bool {
    match (shown, condition.number.parse::<Shown>()) {
        (Shown::Up(up), _) => up == condition.above,
        (_, Ok(bound)) => (shown.number() > bound.number()) == condition.above,
        _ => false,
    }
}

fn seen(tally: &Tally) -> Observation {
    let won = tally.won.unwrap_or_default();
    Observation { outcome: format!("{} {won}", tally.action), times: tally.times, of: tally.of }
}

/// What a line proves: a claim, and how well.
fn fact(deed: &Deed, line: &Line) -> Option<(Claim, Observation)> {
    let (change, times) = line.usual()?;
    let Meeting { how, thing, onto } = &deed.meeting;
    let (sprite, onto) =
        (thing.parse::<Sprite>().ok()?, onto.as_ref().and_then(|onto| onto.parse::<Sprite>().ok()));
    let amount = |score: i32| u8::try_from(score.unsigned_abs()).ok();
    let worth = match change {
        _ if change.is_none() && times < 2 => return None,
        _ if change.is_none() => Worth::Nothing,
        // Doors cost no life: something else did, that was not said to be met.
        c if deed.opened && c.lives < 0 => return None,
        _ if deed.opened => Worth::Door,
        c if c.lives < 0 => Worth::Harm,
        c if c.score < 0 => Worth::Loss(amount(c.score)),
        c if c.keys > 0 => Worth::Key,
        c if c.score > 0 => Worth::Points(amount(c.score)),
        c if c.lives > 0 => Worth::Life,
        c if c.fuel > 0 => Worth::Fuel,
        c if c.shield => Worth::Shield,
        c if c.slow => Worth::Slow,
        c if c.jump => Worth::Teleport,
        c if c.swap => Worth::Swap,
        _ => return None, // fuel lost: there are no words for it
    };
    let subject = Subject::from(sprite);
    let claim = match (how, onto) {
        (How::Drop, Some(onto)) => Claim::Push { subject, onto: onto.into(), worth },
        _ => Claim::Meeting { subject, trigger: trigger(*how), worth },
    };
    Some((claim, Observation { outcome: change.to_string(), times, of: line.total() }))
}

fn finding(claim: &Claim, observation: Observation) -> Finding {
    let sure = is_enough(observation.times, observation.of);
    Finding { trigger: trigger_of(claim), observation, heuristic: plain(claim), sure }
}

/// When a rule applies, in the digest's words.
pub(super) fn trigger_of(claim: &Claim) -> String {
    match claim {
        Claim::Meeting { subject, trigger, worth } => match trigger {
            Trigger::Touch if *worth == Worth::Door => format!("open {subject}"),
            Trigger::Touch => format!("touch {subject}"),
            Trigger::Shot => format!("shoot {subject}"),
            Trigger::Leave => format!("{subject} leaves"),
            Trigger::Drop => format!("drop {subject}"),
        },
        Claim::Push { subject, onto, .. } => format!("drop {subject} onto {onto}"),
        Claim::Desk { when, .. } if when.is_empty() => ALWAYS.into(),
        Claim::Desk { when, .. } => {
            let condition = |c: &Condition| match (c.reading.as_str(), c.above) {
                ("trend", above) => format!("trend {}", if above { "up" } else { "down" }),
                (reading, true) => format!("{reading} > {}", c.number),
                (reading, false) => format!("{reading} <= {}", c.number),
            };
            when.iter().map(condition).collect::<Vec<_>>().join(", ")
        }
        Claim::Idle => "small talk".into(),
    }
}

/// The worth that a claim names, without amounts.
pub(super) fn worth_of(claim: &Claim) -> Option<Worth> {
    let (Claim::Meeting { worth, .. } | Claim::Push { worth, .. }) = claim else { return None };
    Some(match worth {
        Worth::Points(_) => Worth::Points(None),
        Worth::Loss(_) => Worth::Loss(None),
        other => *other,
    })
}

/// How a claim's thing is met, and the thing.
pub(super) fn met(claim: &Claim) -> Option<(Trigger, Subject)> {
    match claim {
        Claim::Meeting { subject, trigger, .. } => Some((*trigger, *subject)),
        Claim::Push { subject, .. } => Some((Trigger::Drop, *subject)),
        _ => None,
    }
}

/// Whether two claims come to the same.
pub(super) fn is_same(one: &Claim, other: &Claim) -> bool {
    match (met(one), met(other)) {
        (Some(a), Some(b)) => a == b && worth_of(one) == worth_of(other),
        (None, None) => one == other,
        _ => false,
    }
}

/// Whether a claim names its thing by colour and shape.
fn is_exact(claim: &Claim) -> bool {
    met(claim).is_none_or(|(_, subject)| subject.colour.is_some() && subject.shape.is_some())
}

fn is_meant(claim: &Claim, deed: &Deed) -> bool {
    met(claim).is_some_and(|(trigger, subject)| {
        how(trigger) == deed.meeting.how
            && deed.meeting.thing.parse().is_ok_and(|sprite| subject.means(sprite))
    })
}

fn is_about(claim: &Claim, deed: &Deed) -> bool {
    is_exact(claim) && is_meant(claim, deed)
}

fn is_same_in_general(general: &Claim, claim: &Claim, deed: &Deed) -> bool {
    !is_exact(general) && is_meant(general, deed) && worth_of(general) == worth_of(claim)
}
