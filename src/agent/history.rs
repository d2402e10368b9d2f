//! The steps that an agent remembers: the latest, and those that a revision rests on, so that a rule's
//! links to its evidence stay good.

use super::rulebook::Rulebook;
use super::trace::{Step, beside, jumped, moved, place};
use crate::env::Action;
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
    /// The first step of the present episode.
    began: u32,
    most: usize,
    /// How many were left when the old ones were last forgotten.
    left: usize,
}

/// How many steps back an action counts as taken in vain: what was no use then may be of use by now.
const LATELY: usize = 30;

/// What to choose from without the actions that are in vain, and those; all is offered if no move would be left.
pub fn leave_out(actions: &[Action], is_in_vain: impl Fn(Action) -> bool) -> (Vec<Action>, Vec<Action>) {
    let (in_vain, offered): (Vec<_>, Vec<_>) = actions.iter().partition(|action| is_in_vain(**action));
    if offered.iter().any(|action: &Action| action.is_move()) {
        (offered, in_vain)
    } else {
        (actions.to_vec(), Vec::new())
    }
}

impl History {
    /// A trace that keeps so many steps, and those that a revision rests on.
    pub fn new(most: usize) -> Self {
        Self {
            records: VecDeque::new(),
            unread: 0,
            met: false,
            open: false,
            least: 0,
            began: 0,
            most: most.max(1),
            left: 0,
        }
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
        // The next text may be of another episode, if nobody closed the last one.
        let next = if last.done { "" } else { next };
        last.step.change.jump = jumped(&last.text, next);
        last.step.moved = moved(&last.text, last.step.action, next);
        self.met |= last.step.tells();
        Some(last.step.clone())
    }

    /// The last step, while it is not known where it led.
    pub fn open_mut(&mut self) -> Option<&mut Step> {
        self.records.back_mut().filter(|_| self.open).map(|record| &mut record.step)
    }

    /// Says that what comes next is another episode; gives the last step if it was not known in full.
    pub fn close(&mut self) -> Option<Step> {
        self.began = self.next();
        self.settle("")
    }

    /// What to choose from, and what is left out: who is going round in circles should try something else. Left out
    /// is a move that was made `patience` times of late from where the player is now, in this episode, without any
    /// gain since; and what is no move, waiting for one, after twice as many times. All is offered if no move would
    /// be left, or if `patience` is 0.
    pub fn offer(&self, actions: &[Action], patience: usize) -> (Vec<Action>, Vec<Action>) {
        let patience = |action: Action| if action.is_move() { patience } else { 2 * patience };
        leave_out(actions, |action| patience(action) > 0 && self.times_in_vain(action) >= patience(action))
    }

    /// How often an action was taken from where the player is now, of late and since the last gain. Where the
    /// player is the agent's own words say, up to its last action; and that one leads where it led before.
    fn times_in_vain(&self, action: Action) -> usize {
        let lately = self.records.iter().rev().take(LATELY).take_while(|Record { step, .. }| {
            step.number >= self.began && step.change.score <= 0 && step.change.lives <= 0
        });
        let lately: Vec<(Action, Option<(u8, u8)>)> =
            lately.map(|Record { step, text, .. }| (step.action, place(text))).collect();
        let Some(&(last, Some(at))) = lately.first() else { return 0 };
        let led = lately.windows(2).find(|pair| pair[1] == (last, Some(at))).and_then(|pair| pair[0].1);
        let here = led.or_else(|| beside(at, last)).unwrap_or(at);
        lately.iter().filter(|&&taken| taken == (action, Some(here))).count()
    }

    /// Adds a step, and forgets what is too old and that no revision rests on.
    pub fn push(&mut self, record: Record, book: &Rulebook) {
        if record.done {
            self.began = record.step.number + 1;
        }
        self.records.push_back(record);
        self.open = true;
        // Not at every step: the log is long.
        if self.records.len() > self.most.max(self.left) + self.most / 4 + 16 {
            let evidence = book.log().iter().flat_map(|entry| &entry.evidence);
            let cited: BTreeSet<u32> =
                evidence.flat_map(|(support, against)| support.iter().chain(against)).copied().collect();
            let old = self.records.len() - self.most;
            let mut at = 0;
            self.records.retain(|record| {
                at += 1;
                at > old || cited.contains(&record.step.number)
            });
            self.left = self.records.len();
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
    fn what_gains_nothing_again_and_again_is_left_out_for_a_while() {
        use Action::{Down, Left, Right, Wait};
        let book = Rulebook::default();
        let go = |history: &mut History, x: u8, action, gained: i32| {
            let mut step = played(&[("nothing", score(gained))]).remove(0);
            (step.number, step.action) = (history.next(), action);
            history.push(record(&step, &format!("me {x} 4, wall down. goal none")), &book);
        };
        let left_out = |history: &History, patience| history.offer(&[Down, Left, Right, Wait], patience).1;
        let mut history = History::new(99);
        for _ in 0..3 {
            assert_eq!(left_out(&history, 3), []);
            go(&mut history, 7, Down, 0);
        }
        assert_eq!(history.offer(&[Down, Left, Wait], 3), (vec![Left, Wait], vec![Down]), "a wall");
        assert_eq!(history.offer(&[Down, Wait], 3).1, [], "without any move it would only stand there");
        assert_eq!((left_out(&history, 4), left_out(&history, 0)), (vec![], vec![]), "so far, and ever");
        go(&mut history, 7, Left, 0);
        assert_eq!(left_out(&history, 3), [], "elsewhere");
        go(&mut history, 6, Right, 0);
        assert_eq!(left_out(&history, 3), [Down], "back");
        let mut gained = history.clone();
        go(&mut gained, 7, Left, 1);
        go(&mut gained, 6, Right, 0);
        assert_eq!(left_out(&gained, 3), [], "nothing was in vain");
        let mut another = history.clone();
        another.close();
        assert_eq!(left_out(&another, 3), [], "another episode");
        for _ in 0..5 {
            go(&mut history, 7, Wait, 0);
        }
        assert_eq!(left_out(&history, 3), [Down], "who waits has to be patient");
        go(&mut history, 7, Wait, 0);
        assert_eq!(left_out(&history, 3), [Down, Wait], "but not for ever");
        for _ in 0..LATELY {
            go(&mut history, 7, Left, 0);
        }
        assert_eq!(left_out(&history, 3), [Left], "the wall may be gone");
        // Who goes to and fro gets nowhere.
        let mut circling = History::new(99);
        for _ in 0..3 {
            assert_eq!(left_out(&circling, 3), []);
            go(&mut circling, 7, Left, 0);
            go(&mut circling, 6, Right, 0);
        }
        assert_eq!(left_out(&circling, 3), [Left]);
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
