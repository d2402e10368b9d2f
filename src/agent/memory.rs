//! What goes into the executor's `KNOWLEDGE_MEMORY`: the rules that fit its budget, or the past steps
//! that are nearest to the present one.

use super::rulebook::{Rule, Rulebook, Status};
use super::trace::Step;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// A word of more letters counts as several tokens.
const LONG: usize = 8;

/// What the executor is given to know.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Source {
    /// The rulebook.
    #[default]
    Rules,
    /// So many past steps that are most like the present one: prompt-based retrieval.
    Past(usize),
    /// Nothing.
    Nothing,
}

/// What the executor was given to know.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Memory {
    /// Its lines.
    pub lines: Vec<String>,
    /// The rules on the lines, by name.
    pub rules: Vec<String>,
    /// The rules that hold but did not fit, by name.
    pub left_out: Vec<String>,
}

/// Tokens of a line, roughly: its words and signs, and its number. A long word may be one that the model
/// reads letter by letter, so it counts for more: what fits a budget is never more than the model can read, unless
/// somebody pins more.
pub fn tokens(line: &str) -> usize {
    let word = |word: &str| {
        word.chars().count().div_ceil(LONG) + word.chars().filter(|c| ".,:()".contains(*c)).count()
    };
    2 + line.split_whitespace().map(word).sum::<usize>()
}

/// How much a rule is worth its place: how often it held, less if it is a guess or was not used for long.
/// One that still waits for its first test goes before the others: without a place it would never be tested.
fn worth(rule: &Rule, now: u32) -> f32 {
    if rule.is_untried(now) {
        return 1.0;
    }
    let (held, failed) = (rule.support.len() as f32, rule.contradiction.len() as f32);
    let confidence = (held + 1.0) / (held + failed + 2.0);
    let guess = if rule.status == Status::Hypothesis { 0.7 } else { 1.0 };
    confidence * guess * 100.0 / (100.0 + rule.unused(now) as f32)
}

/// The rules that fit, in the rulebook's order; the least worthy fall out first, and of equals the later.
/// Pinned ones never fall out.
pub fn fit(book: &Rulebook, budget: usize, now: u32) -> Memory {
    let rules: Vec<&Rule> = book.listed().collect();
    let mut places: Vec<usize> = (0..rules.len()).collect();
    places.sort_by(|&a, &b| {
        let pinned = rules[b].pinned.cmp(&rules[a].pinned);
        pinned.then_with(|| worth(rules[b], now).total_cmp(&worth(rules[a], now)))
    });
    let mut left = budget;
    let mut fits = BTreeSet::new();
    for place in places {
        let cost = tokens(&rules[place].line());
        if cost <= left || rules[place].pinned {
            left = left.saturating_sub(cost);
            fits.insert(place);
        }
    }
    let mut memory = Memory::default();
    for (place, rule) in rules.into_iter().enumerate() {
        if fits.contains(&place) {
            memory.lines.push(rule.line());
            memory.rules.push(rule.rule_id.clone());
        } else {
            memory.left_out.push(rule.rule_id.clone());
        }
    }
    memory
}

/// The words of a text, by which it is looked up.
pub fn words(text: &str) -> BTreeSet<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(String::from).collect()
}

/// The lines of the past steps whose words are most like the present ones, of steps that changed something;
/// the nearest first, of equals the latest. Each line comes once.
pub fn nearest<'a>(
    past: impl Iterator<Item = (&'a Step, &'a BTreeSet<String>)>,
    present: &BTreeSet<String>,
    most: usize,
    budget: usize,
) -> Memory {
    let near = |past: &BTreeSet<String>| {
        let shared = past.intersection(present).count();
        // Jaccard's measure, in whole numbers.
        shared * 10_000 / (past.len() + present.len() - shared).max(1)
    };
    let mut found: Vec<(usize, &Step)> =
        past.filter(|(step, _)| !step.change.is_none()).map(|(step, words)| (near(words), step)).collect();
    found.sort_by_key(|&(near, step)| std::cmp::Reverse((near, step.number)));
    let mut memory = Memory::default();
    let mut left = budget;
    for (_, step) in found {
        if memory.lines.len() == most {
            break;
        }
        let line = recalled(step);
        let cost = tokens(&line);
        if cost <= left && !memory.lines.contains(&line) {
            left -= cost;
            memory.lines.push(line);
        }
    }
    memory
}

/// A past step as a line of the memory: `touch red ring: +2`.
fn recalled(step: &Step) -> String {
    let meets: Vec<String> = step.meets.iter().map(ToString::to_string).collect();
    let looks: Vec<String> = step.looks.iter().map(ToString::to_string).collect();
    match (meets.is_empty(), looks.is_empty()) {
        (false, _) => format!("{}: {}", meets.join(" and "), step.change),
        (_, false) => format!("{}: {} {}", looks.join(", "), step.action, step.change),
        _ => format!("{}: {}", step.action, step.change),
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::agent::digest::Digest;
    use crate::agent::digest::tests::{played, score};
    use crate::agent::revision::Revision;
    use crate::agent::revision::hand::Hand;
    use crate::agent::rulebook::Origin;

    #[test]
    fn what_does_not_fit_falls_out_by_use_and_confidence() {
        let mut book = Rulebook::default();
        let digest = Digest::new(&played(&[
            ("touch red ring", score(2)),
            ("touch red ring", score(2)),
            ("touch blue box", score(-1)),
        ]));
        let (revision, _) = Revision::read(
            "add | touch pink moon | +9 in 1 of 1 | touch pink moons for points | maybe
add | touch red ring | +2 in 2 of 2 | touch red rings for points | sure
add | touch blue box | -1 in 1 of 1 | avoid blue boxes | sure",
        );
        book.revise(&revision, Origin::Person, 3, &digest);
        assert_eq!(fit(&book, 160, 3).left_out, [""; 0]);
        let early = fit(&book, 13, 3);
        assert_eq!(early.rules, ["R1", "R3"], "what waits for its first test goes first");
        // It has had its chances.
        let tight = fit(&book, 13, 60);
        assert_eq!((tight.rules, tight.left_out), (vec!["R2".into(), "R3".into()], vec!["R1".into()]));
        assert_eq!(tight.lines, ["touch red rings for points", "avoid blue boxes"]);
        assert_eq!(fit(&book, 0, 3).lines, [""; 0]);
        book.revise(&Hand::Pin("R1".into(), true).into(), Origin::Person, 3, &digest);
        assert_eq!(fit(&book, 0, 3).rules, ["R1"], "a pinned rule is always there");
    }

    #[test]
    fn the_nearest_past_steps_come_first_and_once() {
        let steps = played(&[
            ("touch red ring", score(2)),
            ("touch blue box", score(-1)),
            ("touch red ring", score(2)),
            ("touch red ring", score(0)),
        ]);
        let texts = ["red ring near", "blue box near", "red ring far", "red ring"].map(words);
        let nearest = |text: &str, most: usize, budget: usize| {
            nearest(steps.iter().zip(&texts), &words(text), most, budget)
        };
        let memory = nearest("a red ring is near", 2, 160);
        assert_eq!(memory.lines, ["touch red ring: +2", "touch blue box: -1"]);
        assert_eq!(nearest("blue", 1, 160).lines, ["touch blue box: -1"]);
        assert_eq!(nearest("blue", 5, 3).lines, [""; 0]);
    }
}
