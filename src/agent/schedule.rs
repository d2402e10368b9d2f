//! When to reflect. Thinking costs tokens, so the strategist is asked when there is a reason to: a
//! surprise, votes that disagree, something new, or a stall; not too soon after the last time, and not
//! beyond a budget. Every yes and no has its reasons and its cost.

use super::digest::Digest;
use super::prompt;
use super::rulebook::{Rule, Status};
use super::trace::{Meeting, Step};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeSet, VecDeque};
use std::fmt::{self, Display, Formatter};

/// What a reflection is thought to cost before there was one, in tokens.
const FIRST_COST: u32 = 250;
/// The most reasons that wait for a reflection.
const MOST_REASONS: usize = 8;

/// When the strategist is asked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Schedule {
    /// Never.
    Never,
    /// Every so many decisions.
    Every(u32),
    /// When there is a reason to.
    Dynamic(Dynamic),
}

impl Default for Schedule {
    fn default() -> Self {
        Schedule::Dynamic(Dynamic::default())
    }
}

/// What a dynamic schedule goes by.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Dynamic {
    /// The shortest cool-down, in decisions; before the first reflection there is none. It doubles with every
    /// reflection that leaves the rules as they are.
    pub cooldown: u32,
    /// The longest.
    pub longest: u32,
    /// Disagreement is looked for in so many decisions.
    pub window: usize,
    /// The share of them without an agreement that is a reason.
    pub disagreement: f32,
    /// So many decisions without a point are a stall.
    pub stall: u32,
    /// The most tokens of reflections for every 100 decisions; so many may be saved up. By default half of
    /// what it costs to reflect every 16 decisions.
    pub budget: u32,
}

impl Default for Dynamic {
    fn default() -> Self {
        Self { cooldown: 3, longest: 96, window: 12, disagreement: 0.5, stall: 40, budget: 750 }
    }
}

/// A reason to reflect.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Reason {
    /// It came otherwise than a rule says.
    Contradicted {
        /// The rule, by name.
        rule: String,
        /// The trace step, in words.
        step: String,
    },
    /// No rule says what it came by.
    Unexplained {
        /// The trace step, in words.
        step: String,
    },
    /// A maybe, by name, has held often enough by now to be sure of it.
    Held(String),
    /// So many of the last decisions had no agreement.
    Disagreement(u32),
    /// Something was named for the first time, and again right after that.
    New(String),
    /// So many decisions brought no point.
    Stall(u32),
}

impl Reason {
    /// What it is, in a word to count it by.
    pub fn kind(&self) -> &'static str {
        match self {
            Reason::Contradicted { .. } => "contradicted",
            Reason::Unexplained { .. } => "unexplained",
            Reason::Held(_) => "held",
            Reason::Disagreement(_) => "disagreement",
            Reason::New(_) => "new",
            Reason::Stall(_) => "stall",
        }
    }
}

impl Display for Reason {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Reason::Contradicted { rule, step } => write!(f, "{rule} says otherwise: {step}"),
            Reason::Unexplained { step } => write!(f, "no rule says why: {step}"),
            Reason::Held(rule) => write!(f, "{rule} has held often enough to be sure of it"),
            Reason::Disagreement(decisions) => write!(f, "no agreement in {decisions} of the last decisions"),
            Reason::New(thing) => write!(f, "new: {thing}"),
            Reason::Stall(decisions) => write!(f, "no point for {decisions} decisions"),
        }
    }
}

/// What settled whether to reflect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Because {
    /// There is a reason, or it is time.
    Time,
    /// There is no reason.
    Quiet,
    /// So many decisions of the cool-down, or of the interval, are left.
    Cooling(u32),
    /// So many tokens of the budget are missing.
    Budget(u32),
    /// Nothing was met that could be thought about.
    Nothing,
    /// Nobody reflects here.
    Never,
}

/// A decision to reflect, or not to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// The decision's number.
    pub at: u32,
    /// Whether to reflect.
    pub yes: bool,
    /// The reasons to, since the last reflection.
    pub reasons: Vec<Reason>,
    /// What settled it.
    pub because: Because,
    /// What it would cost, in tokens: as much as the last one.
    pub cost: u32,
}

impl Display for Verdict {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let reasons: Vec<String> = self.reasons.iter().map(ToString::to_string).collect();
        let reasons = if reasons.is_empty() { "no reason".into() } else { reasons.join("; ") };
        let cost = self.cost;
        match self.because {
            Because::Time => write!(f, "yes, for some {cost} tokens: {reasons}"),
            Because::Quiet => write!(f, "no: nothing calls for it"),
            Because::Cooling(1) => write!(f, "not for one more decision: {reasons}"),
            Because::Cooling(left) => write!(f, "not for {left} more decisions: {reasons}"),
            Because::Budget(short) => write!(f, "no, {short} of some {cost} tokens are missing: {reasons}"),
            Because::Nothing => write!(f, "no, nothing was met since: {reasons}"),
            Because::Never => write!(f, "never"),
        }
    }
}

/// What a decision showed.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Seen {
    /// What outcomes say of the rules.
    pub told: Vec<Reason>,
    /// Things that the agent called new.
    pub new: Vec<String>,
    /// Whether the votes agreed.
    pub agreed: bool,
    /// Whether it brought a point.
    pub scored: bool,
    /// Whether anything was met since the last reflection.
    pub met: bool,
}

/// A schedule at work.
#[derive(Debug, Clone)]
pub struct Scheduler {
    schedule: Schedule,
    allowed: bool,
    waiting: Vec<Reason>,
    known: BTreeSet<String>,
    /// What the last decision called new, and no reason yet: a name may be a slip, the same one twice is none.
    glimpsed: Vec<String>,
    agreements: VecDeque<bool>,
    pointless: u32,
    /// Decisions since the last reflection.
    since: u32,
    cooldown: u32,
    /// Hundredths of tokens in hand.
    budget: u64,
    cost: u32,
    /// Rules whose contradiction the last reflection left as it was.
    stubborn: BTreeSet<String>,
}

impl Scheduler {
    /// A schedule at its beginning.
    pub fn new(schedule: Schedule) -> Self {
        let budget = match &schedule {
            Schedule::Dynamic(dynamic) => u64::from(dynamic.budget) * 100,
            _ => 0,
        };
        Self {
            schedule,
            allowed: true,
            waiting: Vec::new(),
            known: BTreeSet::new(),
            glimpsed: Vec::new(),
            agreements: VecDeque::new(),
            pointless: 0,
            since: 0,
            cooldown: 0,
            budget,
            cost: FIRST_COST,
            stubborn: BTreeSet::new(),
        }
    }

    /// From now on says yes when it is time, or never.
    pub fn allow(&mut self, allowed: bool) {
        self.allowed = allowed;
    }

    /// Whether anybody reflects at all.
    pub fn reflects(&self) -> bool {
        self.allowed && self.schedule != Schedule::Never
    }

    /// Decides after a decision whether to reflect now.
    pub fn consider(&mut self, at: u32, seen: Seen) -> Verdict {
        self.since = self.since.saturating_add(1);
        let because = match self.schedule.clone() {
            Schedule::Never => Because::Never,
            _ if !self.allowed => Because::Never,
            Schedule::Every(interval) if self.since < interval => Because::Cooling(interval - self.since),
            Schedule::Every(_) => Because::Time,
            Schedule::Dynamic(dynamic) => self.weigh(&dynamic, seen),
        };
        let (yes, reasons) = (because == Because::Time, self.waiting.clone());
        Verdict { at, yes, reasons, because, cost: self.cost }
    }

    fn weigh(&mut self, dynamic: &Dynamic, seen: Seen) -> Because {
        self.budget = (self.budget + u64::from(dynamic.budget)).min(u64::from(dynamic.budget) * 100);
        for told in seen.told {
            if let Reason::Contradicted { rule, .. } = &told
                && !self.stubborn.contains(rule)
            {
                // What was settled is not: there is no time to lose.
                self.cooldown = self.cooldown.min(dynamic.cooldown);
            }
            self.wait_for(told);
        }
        for thing in &seen.new {
            if self.glimpsed.contains(thing) && self.known.insert(thing.clone()) {
                self.wait_for(Reason::New(thing.clone()));
            }
        }
        self.glimpsed = seen.new;
        self.agreements.push_back(seen.agreed);
        if self.agreements.len() > dynamic.window.max(1) {
            self.agreements.pop_front();
        }
        let apart = self.agreements.iter().filter(|agreed| !**agreed).count();
        self.waiting.retain(|reason| !matches!(reason, Reason::Disagreement(_) | Reason::Stall(_)));
        if self.agreements.len() >= dynamic.window.max(1)
            && apart as f32 > dynamic.disagreement * self.agreements.len() as f32
        {
            self.wait_for(Reason::Disagreement(apart as u32));
        }
        self.pointless = if seen.scored { 0 } else { self.pointless.saturating_add(1) };
        let stalled = self.pointless >= dynamic.stall;
        if stalled {
            self.wait_for(Reason::Stall(self.pointless));
        }
        let price = u64::from(self.cost) * 100;
        if self.waiting.is_empty() {
            Because::Quiet
        } else if self.since < self.cooldown {
            Because::Cooling(self.cooldown - self.since)
        } else if !seen.met && !stalled {
            Because::Nothing
        } else if price > self.budget && self.budget < u64::from(dynamic.budget) * 100 {
            // A purse that is full pays even for what is dearer than it holds, and is empty then.
            Because::Budget((price - self.budget).div_ceil(100) as u32)
        } else {
            Because::Time
        }
    }

    fn wait_for(&mut self, reason: Reason) {
        if self.waiting.len() < MOST_REASONS && !self.waiting.contains(&reason) {
            self.waiting.push(reason);
        }
    }

    /// Takes note of a reflection: what it cost, and whether it changed what the rules say.
    pub fn reflected(&mut self, tokens: u32, changed: bool) {
        self.since = 0;
        // One that failed says nothing of what the next one costs.
        self.cost = if tokens > 0 { tokens } else { self.cost };
        self.pointless = 0;
        self.agreements.clear();
        self.budget = self.budget.saturating_sub(u64::from(tokens) * 100);
        let contradicted = self.waiting.drain(..).filter_map(|reason| match reason {
            Reason::Contradicted { rule, .. } => Some(rule),
            _ => None,
        });
        self.stubborn = if changed { BTreeSet::new() } else { contradicted.collect() };
        if let Schedule::Dynamic(Dynamic { cooldown, longest, .. }) = self.schedule {
            self.cooldown =
                if changed { cooldown } else { (self.cooldown.max(cooldown).max(1) * 2).min(longest) };
        }
    }
}

/// What a step says of these rules that is worth a reflection: that one is wrong, that none explains it, or that one has
/// held often enough. `unread` tells of it, and of those before it that no reflection has read. What came otherwise once
/// may have been a slip, and the strategist would keep the rule.
pub fn told<'a>(
    step: &Step,
    rules: impl Iterator<Item = &'a Rule>,
    unread: impl Fn() -> Digest,
) -> Option<Reason> {
    let digest = Digest::new(std::slice::from_ref(step));
    if step.looks.is_empty() && (step.meets.is_empty() || digest.lines.is_empty()) {
        // The step cannot tell, or not by what: the strategist could make nothing of it.
        return None;
    }
    let (mut explained, mut found) = (step.change.is_none(), None);
    for rule in rules {
        match rule.evidence_in(&digest) {
            Some((agree, against)) => {
                explained = true;
                if agree.is_empty() && !against.is_empty() && rule.is_overturned(&unread()) {
                    let rule = rule.rule_id.clone();
                    return Some(Reason::Contradicted { rule, step: step.to_string() });
                }
                if !agree.is_empty() && rule.status == Status::Hypothesis && rule.is_borne_out(&unread()) {
                    found = Some(Reason::Held(rule.rule_id.clone()));
                }
            }
            None => explained |= speaks_of(rule, step),
        }
    }
    if explained { found } else { Some(Reason::Unexplained { step: step.to_string() }) }
}

/// Whether a rule names a thing that a step met, where evidence cannot tell: one in a person's own words,
/// or a step with several meetings.
fn speaks_of(rule: &Rule, step: &Step) -> bool {
    let own_words = rule.trigger.parse::<Meeting>().is_err();
    let names =
        |meeting: &Meeting| rule.trigger.contains(&meeting.thing) || rule.heuristic.contains(&meeting.thing);
    (own_words || step.meets.len() > 1) && step.meets.iter().any(names)
}

/// The things that a ballot's text calls new: `pink moon new`.
pub fn new_things(text: &str) -> Vec<String> {
    let said = prompt::seen(text)
        .map(|said| said.strip_suffix(" most").unwrap_or(said))
        .filter_map(|said| said.strip_suffix(" new"));
    let is_name = |name: &&str| {
        let words: Vec<&str> = name.split(' ').collect();
        words.len() <= 3 && words.iter().all(|w| !w.is_empty() && w.bytes().all(|b| b.is_ascii_lowercase()))
    };
    said.filter(is_name).map(String::from).collect()
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::agent::digest::tests::{played, score};
    use crate::agent::revision::Revision;
    use crate::agent::rulebook::{Origin, Rulebook};
    use crate::agent::trace::Change;
    use proptest::prelude::*;

    fn book(text: &str) -> Rulebook {
        let mut book = Rulebook::default();
        let (revision, complaints) = Revision::read(text);
        assert_eq!(complaints, [""; 0]);
        book.revise(&revision, Origin::Person, 0, &Digest::default());
        book
    }

    /// What the last of so many meetings says that came to the same.
    fn said(rules: &str, met: &str, points: i32, times: usize) -> String {
        let steps = played(&vec![(met, score(points)); times]);
        let told = told(&steps[times - 1], book(rules).listed(), || Digest::new(&steps));
        told.map_or("none".into(), |reason| reason.to_string())
    }

    #[test]
    fn what_is_worth_a_reflection_contradicts_a_rule_or_bears_it_out_or_has_none() {
        let rule = "add | touch red ring | +2 in 3 of 3 | touch red rings for points | sure";
        assert_eq!(said(rule, "touch red ring", 2, 2), "none");
        assert_eq!(said(rule, "touch red ring", -1, 1), "none", "it may have been a slip");
        let twice = said(rule, "touch red ring", -1, 2);
        assert!(twice.starts_with("R1 says otherwise: 2 up: touch red ring: -1"), "{twice}");
        assert_eq!(said(rule, "touch red ring", 0, 2), "none", "twice it may have been missed");
        assert!(said(rule, "touch red ring", 0, 3).starts_with("R1 says otherwise"));
        let unknown = said(rule, "touch blue box", -1, 1);
        assert!(unknown.starts_with("no rule says why: 1 up: touch blue box"), "{unknown}");
        assert_eq!(said(rule, "touch blue box", 0, 1), "none");
        assert_eq!(said("", "nothing", 2, 2), "none", "nobody could say by what it came");
        let own = "add | near boxes | bad in 1 of 1 | keep off blue boxes | sure";
        assert_eq!(said(own, "touch blue box", -1, 2), "none", "a person's words name it");
        let maybe = "add | touch red ring | +2 in 1 of 1 | touch red rings for points | maybe";
        assert_eq!(said(maybe, "touch red ring", 2, 2), "none", "not often enough");
        assert_eq!(said(maybe, "touch red ring", 2, 3), "R1 has held often enough to be sure of it");
    }

    #[test]
    fn a_rule_that_held_for_long_is_contradicted_as_soon_as_it_fails_twice_running() {
        let contradicts = |points: &[i32]| -> Vec<bool> {
            let mut book = book("add | touch red ring | +2 in 1 of 1 | touch red rings | sure");
            let met: Vec<(&str, Change)> =
                points.iter().map(|&points| ("touch red ring", score(points))).collect();
            let steps = played(&met);
            let told = |(at, step): (usize, &Step)| {
                // Some were read by a reflection that kept the rule.
                let unread = Digest::new(&steps[at - at % 3..=at]);
                let told = told(step, book.listed(), || unread.clone());
                book.revise(&Revision::default(), Origin::Strategist, 9, &unread);
                matches!(told, Some(Reason::Contradicted { .. }))
            };
            steps.iter().enumerate().map(told).collect()
        };
        assert_eq!(contradicts(&[-1; 4]), [false, true, true, false], "false from the beginning");
        let changed = contradicts(&[2, 2, 2, 2, -1, -1, -1, 2]);
        assert_eq!(
            changed,
            [false, false, false, false, false, true, false, false],
            "one that was read counts no more"
        );
        assert_eq!(contradicts(&[2, 0, 2, 0, 2, 0]), [false; 6], "it fails at times");
    }

    #[test]
    fn new_things_are_read_from_the_text() {
        let text = "me 1 1. 1 red ring good. red ring good, pink moon new most, tan cup new. goal none. up new, left 3. up: touch pink moon\naction: up";
        assert_eq!(new_things(text), ["pink moon", "tan cup"]);
        assert_eq!(new_things("New. 7 new, a b c d new, is new to me"), [""; 0]);
    }

    fn seen(surprises: &[&str]) -> Seen {
        let told = |rule: &&str| Reason::Contradicted { rule: rule.to_string(), step: "x".into() };
        let told = surprises.iter().map(told).collect();
        Seen { told, agreed: true, scored: true, met: true, ..Seen::default() }
    }

    #[test]
    fn a_reason_waits_for_the_cool_down() {
        let mut scheduler = Scheduler::new(Schedule::default());
        assert_eq!(scheduler.consider(0, seen(&[])).because, Because::Quiet);
        assert!(scheduler.consider(1, seen(&["R1"])).yes, "who knows nothing yet learns at once");
        scheduler.reflected(100, true);
        assert_eq!(scheduler.consider(2, seen(&["R1"])).because, Because::Cooling(2));
        assert_eq!(scheduler.consider(3, seen(&[])).because, Because::Cooling(1));
        let verdict = scheduler.consider(4, seen(&[]));
        assert!(verdict.yes && verdict.reasons.len() == 1, "{verdict}");
        scheduler.reflected(100, true);
        assert_eq!(scheduler.consider(5, seen(&[])).because, Because::Quiet);
    }

    #[test]
    fn the_cool_down_grows_until_something_settled_is_contradicted() {
        let mut scheduler = Scheduler::new(Schedule::default());
        let mut wait = |rules: &[&str], changed: bool| {
            let waited = (1..).find(|&at| scheduler.consider(at, seen(rules)).yes).unwrap_or(0);
            scheduler.reflected(10, changed);
            waited
        };
        assert_eq!(wait(&["R1"], false), 1);
        assert_eq!(wait(&["R1"], false), 6, "the same contradiction does not hurry");
        assert_eq!(wait(&["R1"], false), 12);
        assert_eq!(wait(&["R2"], false), 3, "a fresh one does");
        assert_eq!(wait(&["R1"], true), 3);
        assert_eq!(wait(&["R1"], true), 3);
    }

    #[test]
    fn disagreement_novelty_and_stalls_are_reasons() {
        let first = |seen: &dyn Fn(u32) -> Seen| {
            let mut scheduler = Scheduler::new(Schedule::default());
            (0..100).map(|at| scheduler.consider(at, seen(at))).find(|verdict| verdict.yes)
        };
        let apart = first(&|_| Seen { agreed: false, ..seen(&[]) }).unwrap();
        assert_eq!((apart.at, apart.reasons.as_slice()), (11, &[Reason::Disagreement(12)][..]));
        let new = first(&|_| Seen { new: vec!["pink moon".into()], ..seen(&[]) }).unwrap();
        assert_eq!((new.at, new.to_string()), (1, "yes, for some 250 tokens: new: pink moon".into()));
        let flicker = first(&|at| {
            let new = if at % 2 == 0 { vec!["pink moon".into(), "tan cup".into()] } else { Vec::new() };
            Seen { new, ..seen(&[]) }
        });
        assert_eq!(flicker, None, "what is gone in the next look was misread");
        let stall = first(&|_| Seen { scored: false, met: false, ..seen(&[]) }).unwrap();
        assert_eq!((stall.at, stall.reasons.as_slice()), (39, &[Reason::Stall(40)][..]));
        assert_eq!(first(&|_| seen(&[])), None);
        let unmet = Seen { new: vec!["pink moon".into()], met: false, ..seen(&[]) };
        assert_eq!(first(&|_| unmet.clone()), None, "there is nothing to think about yet");
    }

    #[test]
    fn others_reflect_at_intervals_or_never() {
        let yes = |schedule: Schedule| {
            let mut scheduler = Scheduler::new(schedule);
            let mut reflects = |at: &u32| {
                let yes = scheduler.consider(*at, seen(&["R1"])).yes;
                if yes {
                    scheduler.reflected(100, false);
                }
                yes
            };
            (0..10).filter(|at| reflects(at)).collect::<Vec<u32>>()
        };
        assert_eq!(yes(Schedule::Every(4)), [3, 7]);
        assert_eq!(yes(Schedule::Never), [0; 0]);
    }

    proptest! {
        #[test]
        fn neither_budget_nor_cool_down_is_ever_overdrawn(
            cost in 1..900u32,
            decisions in prop::collection::vec((any::<bool>(), any::<bool>(), any::<bool>(), any::<bool>()), 1..400),
        ) {
            let dynamic = Dynamic::default();
            let mut scheduler = Scheduler::new(Schedule::Dynamic(dynamic.clone()));
            let (mut spent, mut last) = (0, None);
            for (at, &(surprised, agreed, scored, changed)) in decisions.iter().enumerate() {
                let rules: &[&str] = if surprised { &["R1"] } else { &[] };
                let verdict = scheduler.consider(at as u32, Seen { agreed, scored, ..seen(rules) });
                prop_assert_eq!(verdict.yes, verdict.because == Because::Time);
                prop_assert!(!verdict.yes || !verdict.reasons.is_empty());
                if verdict.yes {
                    prop_assert!(last.is_none_or(|last| at - last >= dynamic.cooldown as usize));
                    last = Some(at);
                    spent += cost;
                    scheduler.reflected(cost, changed);
                }
            }
            let allowed = dynamic.budget + (decisions.len() as u32 * dynamic.budget).div_ceil(100) + cost;
            prop_assert!(spent <= allowed, "{} of {}", spent, allowed);
        }

        #[test]
        fn no_text_is_too_odd(text in any::<String>()) {
            new_things(&text);
        }
    }
}
