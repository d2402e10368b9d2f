//! What the page sees of the agent: its decisions, and what its workers write at the moment.

pub mod look;
pub mod words;

use look::Look;

use crate::mind::{Told, Work};
use crate::model::Trace;
use rulewright::agent::dynamics::Dynamics;
use rulewright::agent::rulebook::{Entry, Rulebook};
use rulewright::agent::{Decision, Reflection, mctrl};
use rulewright::env::Action;
use rulewright::frame::Packed;
use rulewright::mind::Glance;
use std::collections::{BTreeSet, VecDeque};
use std::rc::Rc;

/// Decisions that are kept; of older ones only their points on the curves.
const KEPT: usize = 5000;
/// Those of them whose frames lie at hand; the others' are packed.
const AT_HAND: usize = 300;
/// Reflections that are kept.
const THOUGHTS: usize = 500;
/// Steps by which the speed is told.
const TIMED: usize = 8;

/// What the page sees of the agent.
#[derive(Debug, Clone, Default)]
pub struct Watch {
    /// The latest ones, oldest first.
    pub decisions: VecDeque<Rc<Decision>>,
    /// Those before them, oldest first.
    aside: Rc<VecDeque<Rc<Aside>>>,
    /// The latest ones, oldest first.
    pub thoughts: VecDeque<Rc<Thought>>,
    /// Reflections so far, and the tokens that they took.
    pub spent: (usize, u64),
    pub points: Rc<Vec<Point>>,
    /// The ballots that are being written.
    pub ballots: Vec<Writing>,
    /// What they came to, once it was played.
    pub played: Option<Action>,
    /// The reflection that is being written.
    pub reflection: Option<Trace>,
    /// What the workers do for a step or a reflection.
    pub work: Option<Work>,
    /// Whether a step is under way.
    pub deciding: bool,
    /// Until when it plays.
    pub until: Until,
    /// Whether somebody has asked for the reflection that is under way.
    pub asked: bool,
    /// How often somebody has asked for one.
    pub asks: u32,
    /// Steps that ended, however they did.
    pub turn: u32,
    /// Whether the game was twisted since the last decision.
    pub twisted: bool,
    /// The ballot that somebody looks into.
    pub look: Option<Look>,
    /// The first decision of every episode but the first.
    episodes: Vec<u32>,
    /// What the latest steps took, in milliseconds, and the tokens that were written in them.
    times: VecDeque<(f64, usize)>,
}

/// Until when the agent plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Until {
    /// Until somebody stops it.
    #[default]
    Stopped,
    /// One step.
    Step,
    /// Until it has reflected.
    Reflection,
    /// Until the episode is over.
    Episode,
}

/// A decision whose frame is packed.
#[derive(Debug)]
struct Aside {
    /// Without the pixels of its frame.
    decision: Decision,
    frame: Packed,
}

/// A ballot that is being written.
#[derive(Debug, Clone, PartialEq)]
pub struct Writing {
    /// The worker that writes it, counted from 1.
    pub worker: usize,
    pub trace: Trace,
}

/// A reflection, and what it came of.
#[derive(Debug, Clone, PartialEq)]
pub struct Thought {
    /// The last decision before it.
    pub at: u32,
    /// Why there was one.
    pub why: String,
    pub reflection: Reflection,
    /// What it put into the rulebook's log.
    pub entry: Option<Entry>,
}

/// A step that is over.
#[derive(Debug, Clone, PartialEq)]
pub struct Done {
    /// The number of the agent that took it.
    pub agent: u32,
    pub decision: Rc<Decision>,
    /// The reflection after it.
    pub thought: Option<Rc<Thought>>,
    /// What it took.
    pub milliseconds: f64,
}

/// A decision's point on every curve, and what is marked there.
#[derive(Debug, Clone, PartialEq)]
pub struct Point {
    pub number: u32,
    pub dynamics: Dynamics,
    pub reflected: bool,
    pub twisted: bool,
    /// Learning was taken back.
    pub rolled_back: bool,
}

/// What may happen to the agent.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// Something was heard of the workers.
    Told(Told),
    /// A step is under way.
    Begun,
    /// A decision was played in a run of the game.
    Played { run: u32, decision: u32, action: Action },
    /// A step is over.
    Decided(Done),
    /// A step could not be taken.
    Failed(String),
    /// Somebody asked for a reflection.
    Asked,
    /// What came of that, of the agent with this number.
    Reflected(u32, Rc<Thought>),
    /// Somebody wants to see where the agent looked when a ballot of a decision was written: at the token
    /// that has this byte of its text.
    Look { decision: u32, ballot: usize, at: usize },
    /// What was found of the agent with this number.
    Looked { agent: u32, decision: u32, ballot: usize, found: Result<Rc<Vec<Glance>>, String> },
    /// Nobody looks any more.
    LookAway,
}

impl Watch {
    /// The decision with a number, if it is kept.
    pub fn decision(&self, number: u32) -> Option<Rc<Decision>> {
        if let Ok(at) = self.decisions.binary_search_by_key(&number, |decision| decision.number) {
            return self.decisions.get(at).cloned();
        }
        let at = self.aside.binary_search_by_key(&number, |aside| aside.decision.number).ok()?;
        let Aside { decision, frame } = &*self.aside[at];
        Some(Rc::new(Decision { frame: frame.frame(), ..decision.clone() }))
    }

    /// The number of the next decision.
    pub fn next(&self) -> u32 {
        self.points.last().map_or(0, |point| point.number + 1)
    }

    /// The steps on which a rulebook's rules rest and that this agent itself took: others of the same numbers
    /// were another agent's.
    pub fn own_steps(&self, book: &Rulebook) -> BTreeSet<u32> {
        // Where it was put; in another rulebook something else is there.
        let entry = |thought: &Rc<Thought>| {
            book.log().get(thought.reflection.entry?).filter(|entry| Some(*entry) == thought.entry.as_ref())
        };
        let own = self.thoughts.iter().filter_map(entry);
        let evidence = own.flat_map(|entry| &entry.evidence);
        evidence.flat_map(|(support, against)| support.iter().chain(against)).copied().collect()
    }

    /// Decisions a second, and tokens a second, of late.
    pub fn speed(&self) -> Option<(f64, f64)> {
        let seconds = self.times.iter().map(|(milliseconds, _)| milliseconds).sum::<f64>() / 1000.0;
        let tokens: usize = self.times.iter().map(|(_, tokens)| tokens).sum();
        (seconds > 0.0).then(|| (self.times.len() as f64 / seconds, tokens as f64 / seconds))
    }

    /// Another episode begins.
    pub fn begin(&mut self) {
        // A twist was of the last one.
        self.twisted = false;
        let next = self.next();
        if next > 0 && self.episodes.last() != Some(&next) {
            self.episodes.push(next);
        }
    }

    /// The decisions before and after one, as far as they are kept.
    pub fn beside(&self, decision: u32) -> [Option<u32>; 2] {
        let aside = self.aside.iter().map(|aside| aside.decision.number);
        let mut kept = aside.chain(self.decisions.iter().map(|decision| decision.number));
        let before = kept.clone().rfind(|number| *number < decision);
        [before, kept.find(|number| *number > decision)]
    }

    /// The last decision of the episode before the one that a decision is in, and the first one of the
    /// episode after it, as far as they are kept.
    pub fn beyond(&self, decision: u32) -> [Option<u32>; 2] {
        let later = self.episodes.partition_point(|first| *first <= decision);
        let before = later.checked_sub(1).and_then(|now| self.beside(self.episodes[now])[0]);
        let after = self.episodes.get(later).and_then(|first| self.beside(first - 1)[1]);
        [before, after]
    }

    /// Looks into a ballot of a decision, if it is there.
    pub fn look(&mut self, decision: Option<&Decision>, ballot: usize, at: usize) {
        let known = self.look.take();
        let Some(decision) = decision.filter(|decision| decision.vote.ballots.len() > ballot) else { return };
        // What failed is tried again.
        let known = known.filter(|look| look.is_of(decision.number, ballot));
        let known = known.filter(|look| !matches!(look.found, Some(Err(_))));
        self.look = Some(Look { at, ..known.unwrap_or_else(|| Look::new(decision.number, ballot)) });
    }

    /// Where a ballot's agent looked was found out. Somebody may look elsewhere by now.
    pub fn looked(&mut self, decision: u32, ballot: usize, found: Result<Rc<Vec<Glance>>, String>) {
        if let Some(look) = self.look.as_mut().filter(|look| look.is_of(decision, ballot)) {
            look.found = Some(found);
        }
    }

    /// Whether something is being done that the person has to wait for.
    pub fn is_busy(&self) -> bool {
        self.deciding || self.asked
    }

    /// Forgets the step that was under way.
    pub fn stop(&mut self) {
        self.deciding = false;
        if self.until == Until::Step {
            self.until = Until::Stopped;
        }
        self.work = None;
        self.reflection = None;
        self.played = None;
    }

    /// Takes in what a worker says. It may come late: then the step is over, and said more.
    pub fn hear(&mut self, told: Told) {
        if let Told::Begins(Work::Vote(workers)) = &told {
            let writing = |&worker| Writing { worker, trace: Trace::default() };
            self.ballots = workers.iter().map(writing).collect();
            self.played = None;
        }
        if !self.is_busy() {
            return;
        }
        match told {
            Told::Begins(work) => {
                if work == Work::Reflection {
                    self.reflection = Some(Trace::default());
                }
                self.work = Some(work);
            }
            Told::Token(token) => {
                if let Some(trace) = self.writes(token.trace) {
                    trace.add(token);
                }
            }
            Told::Void(traces) => {
                for place in traces {
                    if let Some(trace) = self.writes(place) {
                        *trace = Trace::default();
                    }
                }
            }
            // The page's own business.
            Told::Heard(_) | Told::Workers(_) | Told::Again(_) | Told::Fewer(_) => {}
        }
    }

    /// What is being written in a place.
    fn writes(&mut self, place: usize) -> Option<&mut Trace> {
        match self.work {
            Some(Work::Reflection) => self.reflection.as_mut(),
            Some(Work::SecondLook) => None,
            _ => self.ballots.get_mut(place).map(|ballot| &mut ballot.trace),
        }
    }

    /// A step is over.
    pub fn decided(&mut self, Done { decision, thought, milliseconds, .. }: Done) {
        self.turn += 1;
        self.stop();
        let (number, dynamics) = (decision.number, decision.dynamics);
        let reflected = thought.is_some();
        let twisted = std::mem::take(&mut self.twisted);
        let rolled_back =
            decision.events.iter().any(|event| matches!(event, mctrl::Event::RolledBack { .. }));
        let point = Point { number, dynamics, reflected, twisted, rolled_back };
        Rc::make_mut(&mut self.points).push(point);
        if let Some(thought) = thought {
            self.think(thought);
        }
        let written = decision.vote.ballots.iter().map(|ballot| ballot.tokens.len()).sum();
        keep(&mut self.times, (milliseconds, written), TIMED);
        if let Some(last) = keep(&mut self.decisions, decision, AT_HAND) {
            let mut decision = Rc::unwrap_or_clone(last);
            let frame = decision.frame.put_aside();
            keep(Rc::make_mut(&mut self.aside), Rc::new(Aside { decision, frame }), KEPT - AT_HAND);
        }
    }

    /// A reflection that somebody asked for is over.
    pub fn reflected(&mut self, thought: Rc<Thought>) {
        self.asked = false;
        self.work = None;
        self.reflection = None;
        if let Some(last) = Rc::make_mut(&mut self.points).last_mut() {
            last.reflected = true;
        }
        self.think(thought);
    }

    fn think(&mut self, thought: Rc<Thought>) {
        self.spent.0 += 1;
        self.spent.1 += u64::from(thought.reflection.tokens);
        keep(&mut self.thoughts, thought, THOUGHTS);
    }
}

/// Takes in something new, and gives what there is no room for any more.
fn keep<T>(all: &mut VecDeque<T>, new: T, most: usize) -> Option<T> {
    all.push_back(new);
    if all.len() > most { all.pop_front() } else { None }
}

/// All points as a table: comma-separated values with a head.
pub fn csv(points: &[Point]) -> String {
    let mut table = String::from(
        "decision,score,coherence,majority_ratio,entropy,reward,change,kl,model_entropy,hypotheses,confirmed,\
         retired,tokens_votes,tokens_reflections,tokens_looks,tokens_learning,tokens_comparison,bent,reflected,twisted,rolled_back\n",
    );
    for Point { number, dynamics: d, reflected, twisted, rolled_back } in points {
        let maybe = |value: Option<f32>| value.map_or(String::new(), |value| value.to_string());
        let flag = |flag: bool| u8::from(flag).to_string();
        let row = [
            (number + 1).to_string(),
            d.score.to_string(),
            d.coherence.to_string(),
            d.majority_ratio.to_string(),
            d.entropy.to_string(),
            maybe(d.reward),
            d.change.map_or(String::new(), flag),
            maybe(d.kl),
            maybe(d.model_entropy),
            d.rules.hypotheses.to_string(),
            d.rules.confirmed.to_string(),
            d.rules.retired.to_string(),
            d.tokens.votes.to_string(),
            d.tokens.reflections.to_string(),
            d.tokens.looks.to_string(),
            d.tokens.learning.to_string(),
            d.tokens.comparison.to_string(),
            d.bent.to_string(),
            flag(*reflected),
            flag(*twisted),
            flag(*rolled_back),
        ];
        table.push_str(&row.join(","));
        table.push('\n');
    }
    table
}

#[cfg(test)]
pub mod tests {
    use super::*;
    use rulewright::agent::digest::Digest;
    use rulewright::agent::executor::Ballot;
    use rulewright::agent::revision::Revision;
    use rulewright::agent::rulebook::Origin;
    use rulewright::agent::trace::Step;
    use rulewright::env::{Outcome, Status};
    use rulewright::frame::{Frame, SIZE};
    use rulewright::mind::Token;

    fn token(trace: usize, text: &str) -> Told {
        Told::Token(Token { trace, id: 1, text: text.into(), log_probability: -0.5, bent: false })
    }

    #[test]
    fn tokens_go_to_the_ballot_or_reflection_that_is_written() {
        let mut watch = Watch { deciding: true, ..Watch::default() };
        for told in [
            token(0, "nobody writes yet"),
            Told::Begins(Work::Vote(vec![1, 2, 2])),
            token(1, "a"),
            token(1, "ab"),
            token(2, "c"),
            token(7, "there is no such ballot"),
            Told::Void(2..3),
        ] {
            watch.hear(told);
        }
        let texts: Vec<_> =
            watch.ballots.iter().map(|b| (b.worker, b.trace.text.as_str(), b.trace.tokens)).collect();
        assert_eq!(texts, [(1, "", 0), (2, "ab", 2), (2, "", 0)]);
        watch.hear(Told::Begins(Work::SecondLook));
        watch.hear(token(0, "me 5 6"));
        assert_eq!(
            (watch.ballots[0].trace.tokens, watch.reflection.is_none()),
            (0, true),
            "no ballot says that"
        );
        watch.hear(Told::Begins(Work::Reflection));
        watch.hear(token(0, "add"));
        assert_eq!(watch.reflection.as_ref().map(|trace| trace.text.as_str()), Some("add"));
        watch.stop();
        watch.hear(Told::Begins(Work::Reflection));
        assert!(watch.reflection.is_none() && watch.work.is_none(), "it came late");
        assert_eq!(watch.ballots.len(), 3);
    }

    #[test]
    fn a_look_goes_on_with_what_was_found_and_tries_again_what_failed() {
        let found = || Ok(Rc::new(Vec::new()));
        let look = |watch: &Watch| watch.look.clone().map(|look| (look.ballot, look.at, look.found));
        let mut watch = Watch::default();
        watch.look(None, 0, 0);
        assert_eq!(watch.look, None, "nobody knows that decision");
        let decision = Decision { number: 3, ..crate::state::tests::decision() };
        watch.look(Some(&decision), 2, 0);
        assert_eq!(watch.look, None, "nor that ballot");
        watch.look(Some(&decision), 1, 4);
        watch.looked(3, 0, found());
        assert_eq!(look(&watch), Some((1, 4, None)), "that was of another ballot");
        watch.looked(3, 1, found());
        watch.look(Some(&decision), 1, 9);
        assert_eq!(look(&watch), Some((1, 9, Some(found()))), "another word of the same ballot");
        watch.look(Some(&decision), 0, 0);
        watch.looked(3, 0, Err("stopped".into()));
        watch.look(Some(&decision), 0, 0);
        assert_eq!(look(&watch), Some((0, 0, None)));
    }

    #[test]
    fn every_decision_of_a_long_evening_comes_back_with_its_frame() {
        let mut watch = Watch::default();
        let taken = |number: u32| {
            let mut frame = Frame::new();
            frame.fill(number as usize % SIZE, 0, 1, SIZE, [number as u8, 7, 9]);
            Decision { number, frame, ..crate::state::tests::decision() }
        };
        let done = |decision| Done { agent: 0, decision, thought: None, milliseconds: 1.0 };
        let many = KEPT as u32 + 10;
        (0..many).for_each(|number| watch.decided(done(Rc::new(taken(number)))));
        for number in [10, 11, many - AT_HAND as u32 - 1, many - AT_HAND as u32, many - 1] {
            assert_eq!(watch.decision(number).as_deref(), Some(&taken(number)), "{number}");
        }
        assert_eq!(
            [9, many].map(|number| watch.decision(number)),
            [None, None],
            "too old, and not taken yet"
        );
        assert_eq!((watch.beside(10), watch.beside(many - 1)), ([None, Some(11)], [Some(many - 2), None]));
        let border = many - AT_HAND as u32;
        assert_eq!(watch.beside(border), [Some(border - 1), Some(border + 1)]);
    }

    #[test]
    fn the_speed_is_that_of_the_latest_steps() {
        let mut watch = Watch::default();
        assert_eq!(watch.speed(), None);
        for number in 0..20 {
            let ballot = Ballot { tokens: vec![1; 10], ..Ballot::new(Default::default(), &[]) };
            let mut decision = Decision { number, ..crate::state::tests::decision() };
            decision.vote.ballots = vec![ballot; 3];
            let milliseconds = if number < 12 { 9000.0 } else { 500.0 };
            watch.decided(Done { agent: 0, decision: Rc::new(decision), thought: None, milliseconds });
        }
        assert_eq!(watch.speed(), Some((2.0, 60.0)));
    }

    #[test]
    fn only_evidence_that_this_agent_gave_can_be_looked_at() {
        let mut watch = Watch::default();
        let book = confirmed();
        assert!(watch.own_steps(&book).is_empty(), "that was in an earlier session");
        let reflection = Reflection { entry: Some(1), ..reflection() };
        watch.think(Rc::new(Thought { entry: book.log().last().cloned(), reflection, ..thought(7) }));
        assert_eq!(book.rules()[0].support, [3, 7]);
        assert_eq!(watch.own_steps(&book).into_iter().collect::<Vec<_>>(), [7]);
    }

    /// A rulebook whose one rule the strategist wrote after step 3, and confirmed after step 7.
    pub fn confirmed() -> Rulebook {
        let status = Status { score: 0, lives: 1, readings: Default::default() };
        let outcome = Outcome { score: 2, ..Outcome::default() };
        let said = "me 1 1. up: touch red ring\naction: up";
        let mut book = Rulebook::default();
        let revisions = [
            (3, "add | touch red ring | +2 in 1 of 1 | touch red rings for points | maybe"),
            (7, "confirm 1 | +2 in 2 of 2 | sure"),
        ];
        for (number, revision) in revisions {
            let step = Step::new(number, (Action::Up, said), (&status, &status), outcome, false);
            let (revision, _) = Revision::read(revision);
            book.revise(&revision, Origin::Strategist, number, &Digest::new(&[step]));
        }
        book
    }

    /// A reflection that came to nothing.
    pub fn thought(at: u32) -> Thought {
        Thought { at, why: String::new(), reflection: reflection(), entry: None }
    }

    fn reflection() -> Reflection {
        Reflection {
            digest: String::new(),
            records: vec![],
            text: Ok(String::new()),
            revision: Revision::default(),
            complaints: vec![],
            bent: 0,
            entry: None,
            tokens: 0,
        }
    }

    #[test]
    fn the_table_has_a_row_for_each_decision() {
        let (reflected, twisted, rolled_back) = (true, false, true);
        let point = Point { number: 4, dynamics: Dynamics::default(), reflected, twisted, rolled_back };
        let table = csv(&[point.clone(), point]);
        let columns: Vec<usize> = table.lines().map(|line| line.split(',').count()).collect();
        assert_eq!(columns, [21, 21, 21]);
        assert!(table.lines().nth(1).is_some_and(|row| row.starts_with("5,0,") && row.ends_with(",1,0,1")));
    }
}
