//! The steps that an agent remembers: the latest, and those that a revision rests on, so that a rule's
//! links to its evidence stay good.

use super::rulebook::Rulebook;
use super::trace::{Step, jumped};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, VecDeque};

/// A step with the agent's own words before it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// The step.
    pub step: Step,
    /// The text of the ballot that spoke for the agent.
    pub text: String,
    /// Its words, where past steps are looked up by them; else none.
    pub words: BTreeSet<String>,
    /// The game has ended with this step.
    pub done: bool,
}

/// A bounded trace.
#[derive(Debug, Clone, PartialEq)]
pub struct History {
    records: VecDeque<Record>,
    /// The first step that no reflection has read.
    unread: u32,
    /// Whether one of those that are known in full tells anything.
    met: bool,
    /// Whether the last step is known but for where it led: that the next text says.
    open: bool,
    /// The least number of the next step.
    least: u32,
    most: usize,
}

impl History {
    /// A trace that keeps so many steps, and those that a revision rests on.
    pub fn new(most: usize) -> Self {
        Self { records: VecDeque::new(), unread: 0, met: false, open: false, least: 0, most: most.max(1) }
    }

    /// All that is kept, oldest first.
    pub fn records(&self) -> impl DoubleEndedIterator<Item = &Record> {
        self.records.iter()
    }

    /// The number of the next step.
    pub fn next(&self) -> u32 {
        self.records.back().map_or(0, |record| record.step.number + 1).max(self.least)
    }

    /// Leaves out the numbers before this one.
    pub fn number_from(&mut self, least: u32) {
        self.least = self.least.max(least);
    }

    /// A step by its number, if it is kept.
    pub fn step(&self, number: u32) -> Option<&Record> {
        let at = self.records.binary_search_by_key(&number, |record| record.step.number).ok()?;
        self.records.get(at)
    }

    /// The steps that no reflection has read and that are known in full.
    pub fn unread(&self) -> Vec<Step> {
        let known = self.records.len() - usize::from(self.open);
        let steps = self.records.iter().take(known).map(|record| &record.step);
        steps.filter(|step| step.number >= self.unread).cloned().collect()
    }

    /// Whether any of [`History::unread`] tells something that could be thought about.
    pub fn has_met(&self) -> bool {
        self.met
    }

    /// A reflection has read all that is known in full.
    pub fn read(&mut self) {
        let known = self.records.len() - usize::from(self.open);
        if let Some(last) = known.checked_sub(1).and_then(|last| self.records.get(last)) {
            self.unread = last.step.number + 1;
        }
        self.met = false;
    }

    /// No reflection counts as having read the steps from this one on.
    pub fn unread_from(&mut self, first: u32) {
        self.unread = self.unread.min(first);
        self.met = self.unread().iter().any(Step::tells);
    }

    /// Takes in the agent's next text, which says where the last step led; gives that step.
    pub fn settle(&mut self, next: &str) -> Option<Step> {
        let last = self.records.back_mut().filter(|_| self.open)?;
        self.open = false;
        last.step.change.jump = jumped(&last.text, next);
        self.met |= last.step.tells();
        Some(last.step.clone())
    }

    /// Says that what comes next is another episode; gives the last step if it was not known in full.
    pub fn close(&mut self) -> Option<Step> {
        self.settle("")
    }

    /// Adds a step, and forgets what is too old and that no revision rests on.
    pub fn push(&mut self, record: Record, book: &Rulebook) {
        self.records.push_back(record);
        self.open = true;
        // Not at every step: the log is long.
        if self.records.len() > self.most + self.most / 4 + 16 {
            let evidence = book.log().iter().flat_map(|entry| &entry.evidence);
            let cited: BTreeSet<u32> =
                evidence.flat_map(|(support, against)| support.iter().chain(against)).copied().collect();
            let old = self.records.len() - self.most;
            let mut at = 0;
            self.records.retain(|record| {
                at += 1;
                at > old || cited.contains(&record.step.number)
            });
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::agent::digest::Digest;
    use crate::agent::digest::tests::{played, score};
    use crate::agent::revision::Revision;
    use crate::agent::rulebook::Origin;

    fn record(step: &Step, text: &str) -> Record {
        Record { step: step.clone(), text: text.into(), words: BTreeSet::new(), done: false }
    }

    #[test]
    fn old_steps_are_forgotten_but_for_those_that_a_rule_rests_on() {
        let steps = played(&[("touch red ring", score(2)); 300]);
        let mut book = Rulebook::default();
        let (revision, _) = Revision::read("add | touch red ring | +2 in 3 of 3 | touch red rings | sure");
        book.revise(&revision, Origin::Strategist, 3, &Digest::new(&steps[..3]));
        let mut history = History::new(40);
        for step in &steps {
            history.push(record(step, ""), &book);
        }
        assert!(history.records().count() < 80);
        assert!((0..3).chain(260..300).all(|number| history.step(number).is_some()));
        assert_eq!(history.step(100), None);
    }

    #[test]
    fn a_step_is_known_when_the_agent_says_where_it_is() {
        let steps = played(&[("touch red ring", score(0)), ("nothing", score(0))]);
        let (mut history, book) = (History::new(9), Rulebook::default());
        history.push(record(&steps[0], "me 1 1. up: touch red ring"), &book);
        assert!(history.unread().is_empty() && !history.has_met());
        assert!(history.settle("me 5 5. x").is_some_and(|step| step.change.jump));
        assert_eq!(history.settle("me 1 1. x"), None, "once");
        assert!(history.has_met());
        history.read();
        history.push(record(&steps[1], "me 5 5. x"), &book);
        assert!(history.close().is_some_and(|step| !step.change.jump), "elsewhere is another episode");
        assert_eq!(history.unread().iter().map(|step| step.number).collect::<Vec<_>>(), [1]);
        assert!(!history.has_met(), "nothing came of nothing");
    }
}
