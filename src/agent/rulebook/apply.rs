//! What an operation does to the rules, the strategist's and a person's.

use super::evidence::Evidence;
use super::rule::{MOST_NAME, is_automatic};
use super::{Entry, MOST_KEPT, MOST_RULES, Origin, Rule, Status, numbered, sheet};
use crate::agent::revision::Operation;
use crate::agent::revision::hand::{Hand, Words};

/// Does one operation on a copy; `listed` says where the rules are that it numbers. Gives the rules, and
/// where those are that the next operation numbers.
pub(super) fn apply(
    rules: &[Rule],
    listed: &[usize],
    operation: &Operation,
    evidence: &Evidence,
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
            let words = Words {
                rule_id: free_name(&rules, ""),
                trigger: new.trigger.clone(),
                observation: new.observation.to_string(),
                heuristic: new.heuristic.clone(),
                sure: new.sure,
            };
            let mut rule = worded(words, entry);
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
            let rule = worded(words.clone(), entry).checked()?;
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

/// A new rule in these words, without evidence so far.
fn worded(words: Words, entry: &Entry) -> Rule {
    let Words { rule_id, trigger, observation, heuristic, sure } = words;
    Rule {
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
    }
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
pub(super) fn free_name(rules: &[Rule], wanted: &str) -> String {
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
