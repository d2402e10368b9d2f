//! The whole cycle with a scripted mind, on a game of two things.

use super::*;
use crate::agent::revision::hand::{Hand, Words};
use crate::agent::rulebook::Origin;
use crate::env::Status;
use crate::mind::{Adapter, Answer, Completion, Gradient, Lesson, Objective, Part};
use pollster::block_on;
use std::pin::pin;
use std::task::{Context, Waker};

/// Up meets a ring, down a box: one is good and one is bad, and a twist trades them.
#[derive(Clone)]
struct Stall {
    played: i32,
    twist: i32,
    score: i32,
    length: i32,
    /// Whether anything comes of a move.
    pays: bool,
    /// Whether something comes along that costs who waits a point.
    comes: bool,
}

impl Stall {
    fn new(twist: i32) -> Self {
        Self { played: 0, twist, score: 0, length: 500, pays: true, comes: false }
    }
}

impl Environment for Stall {
    fn actions(&self) -> &[Action] {
        &[Action::Up, Action::Down, Action::Wait]
    }

    fn status(&self) -> Status {
        Status { score: self.score, lives: 1, readings: Default::default() }
    }

    fn draw(&self, frame: &mut Frame) {
        frame.set(0, 0, [self.played as u8; 3]);
    }

    fn step(&mut self, action: Action) -> Outcome {
        let good = if self.played < self.twist { Action::Up } else { Action::Down };
        let score = match action {
            Action::Wait => -i32::from(self.comes),
            _ if !self.pays => 0,
            action if action == good => 1,
            _ => -1,
        };
        self.played += 1;
        self.score += score;
        Outcome { score, lives: 0, done: self.played >= self.length }
    }
}

/// Plays as the prompt's rules say, tries things out where they say nothing, and counts when it writes.
#[derive(Default)]
struct Script {
    asked: u32,
    adopted: Vec<Option<Adapter>>,
    lessons: Vec<Lesson>,
    objective: Option<Objective>,
    /// What is written instead of a revision.
    writes: Option<&'static str>,
    /// What a look at the frame says.
    sees: &'static str,
    mute: bool,
    broken: bool,
}

const THINGS: [(Action, &str); 2] = [(Action::Up, "red ring"), (Action::Down, "blue box")];

fn words(message: &Message) -> String {
    let text = |part: &Part| match part {
        Part::Text(text) => text.clone(),
        Part::Image(_) => String::new(),
    };
    message.parts.iter().map(text).collect()
}

fn said(text: String, seed: u32) -> Completion {
    let tokens: Vec<u32> = text.bytes().map(|byte| u32::from(byte) + seed % 2).collect();
    Completion { log_probabilities: vec![-0.1; tokens.len()], tokens, text, bent: 0 }
}

impl Script {
    fn ballot(&self, rules: &str, seed: u32) -> String {
        let rule = |thing: &str| rules.lines().rev().find(|line| line.contains(thing));
        let likes = |thing: &str| rule(thing).is_some_and(|line| line.contains("points"));
        let open = |thing: &str| rule(thing).is_none_or(|line| line.contains("points"));
        let good = THINGS.iter().find(|(_, thing)| likes(thing));
        let tried = THINGS[seed as usize % 2];
        let all_bad = THINGS.iter().all(|(_, thing)| !open(thing));
        let choice = good.copied().or(Some(tried).filter(|(_, thing)| all_bad || open(thing)));
        // One in eight is careless.
        let choice = choice.filter(|_| !seed.is_multiple_of(8));
        let (action, met) =
            choice.map_or((Action::Wait, "nothing".into()), |(a, thing)| (a, format!("touch {thing}")));
        let new = THINGS.iter().filter(|(_, thing)| rule(thing).is_none());
        let new: String = new.map(|(_, thing)| format!("{thing} new. ")).collect();
        format!("{new}goal none. {action}: {met}\naction: {action}")
    }

    fn revision(records: &str, digest: &str) -> String {
        let records: Vec<&str> = records.lines().skip(1).collect();
        let mut lines = Vec::new();
        for line in digest.lines() {
            let Some((trigger, counts)) = line.split_once(": ") else { continue };
            let Some(thing) = trigger.strip_prefix("touch ") else { continue };
            let usual: Vec<&str> = counts.split(", ").next().unwrap_or_default().split(' ').collect();
            let [times, "of", of, change] = usual.as_slice() else { continue };
            let good = change.starts_with('+');
            let heuristic =
                if good { format!("touch {thing}s for points") } else { format!("avoid {thing}s") };
            let seen = format!("{change} in {times} of {of}");
            lines.push(match records.iter().position(|record| record.contains(thing)) {
                None => format!("add | {trigger} | {seen} | {heuristic} | maybe"),
                Some(at) if records[at].contains(&heuristic) => format!("confirm {} | {seen} | sure", at + 1),
                Some(at) => format!("edit {} | {trigger} | {seen} | {heuristic} | sure", at + 1),
            });
        }
        if lines.is_empty() { "nothing to learn".into() } else { lines.join("\n") }
    }
}

impl Mind for Script {
    async fn vote(&mut self, prompt: &[Message], style: &Style, policy: Policy) -> Result<Answer, MindError> {
        self.asked += 1;
        if self.broken {
            return Err(MindError("the worker is gone".into()));
        }
        let rules = words(&prompt[0]);
        assert!(policy == Policy::Adapted || rules.ends_with("empty\n"));
        let text = |&seed: &u32| if self.mute { "hm".into() } else { self.ballot(&rules, seed) };
        Ok(Answer {
            completions: style.seeds.iter().map(|seed| said(text(seed), *seed)).collect(),
            read: 100,
        })
    }

    async fn write(&mut self, prompt: &[Message], style: &Style) -> Result<Answer, MindError> {
        assert_eq!(style.seeds.len(), 1);
        let text = match self.writes {
            Some("fail") => return Err(MindError("the worker is gone".into())),
            Some("hang") => std::future::pending().await,
            Some(text) => text.into(),
            None if prompt::is_look(prompt) => self.sees.into(),
            None => Script::revision(&words(&prompt[0]), &words(&prompt[1])),
        };
        Ok(Answer { completions: vec![said(text, 0)], read: 50 })
    }

    async fn learn(&mut self, lessons: &[Lesson], objective: Objective) -> Result<Vec<Gradient>, MindError> {
        self.lessons.extend(lessons.iter().cloned());
        self.objective = Some(objective);
        let worker =
            |value: f32| Gradient { values: vec![value; 3], tokens: 10, loss: 1.0, kl: 0.1, entropy: 0.5 };
        Ok(vec![worker(0.1), worker(0.3)])
    }

    async fn adopt(&mut self, adapter: Option<&Adapter>) -> Result<(), MindError> {
        self.adopted.push(adapter.cloned());
        Ok(())
    }
}

fn play(agent: &mut Agent, game: &mut Stall, mind: &mut Script, steps: u32) -> Vec<Decision> {
    (0..steps).map(|_| block_on(agent.step(game, mind)).unwrap()).collect()
}

fn gained(decisions: &[Decision]) -> i32 {
    decisions.iter().map(|decision| decision.outcome.score).sum()
}

#[test]
fn what_it_did_not_foresee_it_looks_at_again() {
    let sees = "me 5 5, green moon 5 4, red ring 9 9";
    let mind = || Script { mute: true, sees, ..Script::default() };
    let game = || Stall { comes: true, ..Stall::new(500) };
    let mut agent = Agent::new(Settings::rules_only(1));
    let all = play(&mut agent, &mut game(), &mut mind(), 12);
    let steps: Vec<String> = agent.history().records().map(|record| record.step.to_string()).collect();
    assert!(steps.iter().all(|step| step.ends_with(" wait: touch green moon: -1")), "{steps:?}");
    let moon: Vec<Meeting> = vec!["touch green moon".parse().unwrap()];
    assert!(all.iter().all(|decision| decision.second_look.as_ref() == Some(&moon)));
    let rules: Vec<&str> = agent.rulebook().rules().iter().map(|rule| rule.heuristic.as_str()).collect();
    assert_eq!(rules, ["avoid green moons"]);
    assert_eq!(all[11].dynamics.tokens.looks, 12 * (50 + sees.len() as u64));
    // Where a rule says that something else comes of it, it was what else is there; if nothing is, the rule is wrong.
    let good = "add | touch green moon | +1 in 3 of 3 | touch green moons for points | sure";
    for (sees, met) in
        [(sees, "touch green moon"), ("me 5 5, green moon 5 4, blue cup 5 6", "touch blue cup")]
    {
        let mut agent = Agent::new(Settings::rules_only(1));
        agent.rulebook_mut().revise(&Revision::read(good).0, Origin::Person, 0, &Digest::default());
        let all = play(&mut agent, &mut game(), &mut Script { sees, ..mind() }, 1);
        assert_eq!(all[0].second_look, Some(vec![met.parse().unwrap()]));
    }
    // What ends an episode is looked at, too; and a step that is dropped while it looks has been played.
    let mut agent = Agent::new(Settings::rules_only(1));
    let (mut short, mut stuck) = (Stall { length: 2, ..game() }, Script { writes: Some("hang"), ..mind() });
    play(&mut agent, &mut short, &mut mind(), 1);
    let begun =
        pin!(agent.step(&mut short, &mut stuck)).poll(&mut Context::from_waker(Waker::noop())).is_pending();
    assert!(begun);
    assert_eq!((agent.decisions(), agent.history().next()), (2, 2));
    let mut agent = Agent::new(Settings::rules_only(1));
    let all = play(&mut agent, &mut Stall { length: 1, ..game() }, &mut mind(), 1);
    assert_eq!(all[0].settled[0].meets, moon);
    // Who never reflects has no use for it.
    let mut agent = Agent::new(Settings::fixed(1));
    let all = play(&mut agent, &mut game(), &mut mind(), 12);
    assert!(all.iter().all(|decision| decision.second_look.is_none()));
}

#[test]
fn a_rule_is_learned_contradicted_and_edited_and_the_score_rises() {
    let (mut agent, mut mind) = (Agent::new(Settings::rules_only(1)), Script::default());
    let mut game = Stall::new(60);
    let all = play(&mut agent, &mut game, &mut mind, 160);
    let reflections = || all.iter().filter_map(|d| d.reflection.as_ref().map(|r| (d, r)));
    let wrote = |words: &str, r: &Reflection| r.text.as_ref().is_ok_and(|text| text.contains(words));
    assert_eq!(reflections().next().map(|(d, _)| d.number), Some(1), "who knows nothing yet does not wait");
    let (learned, _) = reflections().find(|(_, r)| wrote("add | touch red ring", r)).unwrap();
    assert!(learned.number < 30, "{}", learned.number);
    assert!(gained(&all[..6]) < 4 && gained(&all[30..60]) > 25, "{}", gained(&all[30..60]));
    // The twist makes the rule wrong.
    let contradicted = |d: &&Decision| {
        d.number > 60 && d.verdict.reasons.iter().any(|r| matches!(r, schedule::Reason::Contradicted { .. }))
    };
    let noticed = all.iter().find(contradicted).map_or(999, |d| d.number);
    assert!(noticed < 64, "{noticed}");
    let edited =
        reflections().find(|(d, r)| d.number > 60 && wrote("edit", r)).map_or(999, |(d, _)| d.number);
    assert!(edited < 90, "{edited}");
    assert!(gained(&all[60..70]) < 0 && gained(&all[130..]) > 20, "{}", gained(&all[130..]));
    // It does not think all the time, and says what it costs.
    assert!(reflections().count() < 12, "{}", reflections().count());
    let last = all.last().unwrap();
    let spent: u64 = reflections().map(|(_, r)| u64::from(r.tokens)).sum();
    assert_eq!(last.dynamics.tokens.reflections, spent);
    assert_eq!(last.dynamics.score, gained(&all));
    assert!(last.dynamics.rules.confirmed > 0);
    // Every cited step is there to be looked up.
    for rule in agent.rulebook().rules() {
        assert!(
            rule.support.iter().chain(&rule.contradiction).all(|step| agent.history().step(*step).is_some())
        );
    }
}

/// Wants whatever is offered first, and says that it is where it was.
struct Stubborn;

impl Mind for Stubborn {
    async fn vote(&mut self, prompt: &[Message], style: &Style, _: Policy) -> Result<Answer, MindError> {
        let asked = words(&prompt[1]);
        let first = asked.rsplit_once("actions: ").and_then(|(_, listed)| listed.split(", ").next()).unwrap();
        let text = format!("me 1 1. goal none. {first}: nothing\naction: {first}");
        Ok(Answer {
            completions: style.seeds.iter().map(|&seed| said(text.clone(), seed)).collect(),
            read: 9,
        })
    }

    async fn write(&mut self, _: &[Message], _: &Style) -> Result<Answer, MindError> {
        Err(MindError("nothing to write".into()))
    }

    async fn learn(&mut self, _: &[Lesson], _: Objective) -> Result<Vec<Gradient>, MindError> {
        Err(MindError("nothing to learn".into()))
    }

    async fn adopt(&mut self, _: Option<&Adapter>) -> Result<(), MindError> {
        Ok(())
    }
}

#[test]
fn who_runs_into_a_wall_again_and_again_tries_another_way() {
    let play = |patience: usize, steps: usize| -> Vec<Decision> {
        let settings = Settings { patience, ..Settings::fixed(1) };
        let (mut agent, mut wall) = (Agent::new(settings), Stall { pays: false, ..Stall::new(0) });
        (0..steps).map(|_| block_on(agent.step(&mut wall, &mut Stubborn)).unwrap()).collect()
    };
    let (up, down) = (Action::Up, Action::Down);
    let actions = |all: &[Decision]| all.iter().map(|decision| decision.vote.action).collect::<Vec<_>>();
    let all = play(3, 7);
    // The first step down may have led on, so up is offered once more.
    assert_eq!(actions(&all), [up, up, up, down, up, down, down]);
    assert_eq!((&all[3].actions[..], &all[3].in_vain[..]), (&[down, Action::Wait][..], &[up][..]));
    assert!(all[4].actions.len() == 3 && all[4].in_vain.is_empty());
    assert_eq!(actions(&play(0, 9)), [up; 9]);
}

#[test]
fn the_same_seed_and_mind_replay_to_the_bit() {
    let run = |seed: u64| {
        let (mut agent, mut game) =
            (Agent::new(Settings { compares: 2, ..Settings::full(seed) }), Stall::new(30));
        let decisions = play(&mut agent, &mut game, &mut Script::default(), 60);
        (decisions, agent.rulebook().clone(), agent.learner().map(|learner| learner.adapter().clone()))
    };
    assert_eq!(run(3), run(3));
    assert_ne!(run(3).0, run(4).0);
}

#[test]
fn an_agent_that_takes_over_a_rulebook_numbers_its_decisions_after_the_steps_in_it() {
    let run = |rulebook: Rulebook| {
        let mut agent = Agent::with(Settings::rules_only(3), rulebook);
        agent.number_from(agent.rulebook().next_step());
        let mut mind = Script::default();
        let decisions = play(&mut agent, &mut Stall::new(99), &mut mind, 40);
        block_on(agent.reflect_now(&mut mind));
        (decisions, agent.rulebook().clone())
    };
    let (first, book) = run(Rulebook::default());
    let cited = |book: &Rulebook| book.rules().iter().map(|rule| rule.support.len()).sum::<usize>();
    let last = first.last().unwrap().number;
    assert!(cited(&book) > 0 && book.next_step() <= last + 1);
    let (second, later) = run(book.clone());
    assert_eq!(second[0].number, book.next_step(), "no number is used twice");
    assert!(cited(&later) > cited(&book), "new evidence is not taken for old");
    // The numbers alone change nothing.
    let mut agent = Agent::new(Settings::rules_only(3));
    agent.number_from(500);
    let numbered = play(&mut agent, &mut Stall::new(99), &mut Script::default(), 40);
    let actions = |all: &[Decision]| all.iter().map(|d| (d.vote.action, d.outcome.score)).collect::<Vec<_>>();
    assert_eq!((numbered[0].number, actions(&numbered)), (500, actions(&first)));
}

#[test]
fn a_revision_that_was_left_out_is_thought_about_again() {
    let mut agent = Agent::new(Settings::rules_only(3));
    let mut mind = Script::default();
    play(&mut agent, &mut Stall::new(99), &mut mind, 4);
    agent.leave();
    let before = agent.rulebook().clone();
    let met = agent.history().unread();
    let reflection = block_on(agent.reflect_now(&mut mind));
    assert!(reflection.entry.is_some() && agent.history().unread().is_empty());
    let mut refused = agent.clone();
    // Somebody who has the revision, too, adds a rule: nothing is lost.
    let mut joined = agent.rulebook().clone();
    joined.revise(
        &Hand::Add(Words { heuristic: "stay calm".into(), ..Words::default() }).into(),
        Origin::Person,
        4,
        &Digest::default(),
    );
    agent.take_up(joined.clone());
    assert!(agent.history().unread().is_empty() && *agent.rulebook() == joined);
    // The page left the revision out, as a person had changed the rulebook meanwhile.
    refused.take_up(before);
    let again = refused.history().unread();
    assert!(!again.is_empty() && again.iter().all(|step| met.contains(step)));
    assert!(refused.history().has_met());
}

#[test]
fn agreement_becomes_lessons_and_the_adapter_follows() {
    let (mut agent, mut mind) = (Agent::new(Settings::learning_only(2)), Script::default());
    let all = play(&mut agent, &mut Stall::new(99), &mut mind, 30);
    let updated = all.iter().filter(|d| d.events.iter().any(|e| matches!(e, Event::Updated { .. }))).count();
    assert!(updated >= 2, "{updated}");
    let adapter = agent.learner().unwrap().adapter();
    assert_eq!(mind.adopted.last().unwrap().as_ref(), Some(adapter));
    assert_eq!(mind.adopted[0].as_ref().map(|adapter| adapter.change.len()), Some(0));
    assert_eq!((adapter.change.len(), adapter.change[0] < 0.0), (3, true));
    assert_eq!(mind.objective, Some(Objective { kl: 0.1, entropy: 0.0 }));
    for lesson in &mind.lessons {
        let sum: f32 = lesson.traces.iter().flat_map(|(_, weights)| weights).sum();
        assert!(sum.abs() < 1e-5, "{sum}");
    }
    let last = all.last().unwrap().dynamics;
    assert_eq!(
        (last.kl, last.model_entropy, last.tokens.learning),
        (Some(0.1), Some(0.5), 20 * updated as u64)
    );
    assert!(all.iter().all(|d| d.reflection.is_none() && d.verdict.because == schedule::Because::Never));
}

#[test]
fn test_time_training_only_lowers_entropy() {
    let (mut agent, mut mind) = (Agent::new(Settings::test_time_training(2)), Script::default());
    play(&mut agent, &mut Stall::new(99), &mut mind, 8);
    assert_eq!(mind.objective.map(|objective| objective.entropy), Some(1.0));
    assert!(
        mind.lessons
            .iter()
            .flat_map(|lesson| &lesson.traces)
            .all(|(_, weights)| weights.iter().all(|weight| *weight == 0.0))
    );
}

#[test]
fn retrieval_gives_past_steps_for_rules() {
    let (mut agent, mut mind) = (Agent::new(Settings::retrieval(2, 2)), Script::default());
    let all = play(&mut agent, &mut Stall::new(99), &mut mind, 20);
    let lines = &all.last().unwrap().memory.lines;
    assert!((1..=2).contains(&lines.len()) && lines[0].starts_with("touch "), "{lines:?}");
    assert!(agent.rulebook().rules().is_empty());
}

#[test]
fn nobody_readable_means_idle_and_no_update() {
    let mut mind = Script { mute: true, ..Script::default() };
    let mut agent = Agent::new(Settings::full(1));
    let all = play(&mut agent, &mut Stall::new(99), &mut mind, 20);
    assert!(all.iter().all(|d| d.vote.action == Action::Wait && d.events.is_empty()));
    assert!(all.iter().all(|d| d.vote.ballots.iter().all(|ballot| ballot.reward.is_none())));
    assert!(mind.lessons.is_empty());
}

#[test]
fn an_empty_or_unreadable_revision_changes_nothing() {
    for (writes, complaints) in [("", 0), ("the the the", 1), ("fail", 0)] {
        let rules = Rulebook::default();
        let (revision, _) =
            Revision::read("add | touch red ring | +1 in 1 of 1 | touch red rings for points | sure");
        let mut book = rules.clone();
        book.revise(&revision, Origin::Person, 0, &Digest::default());
        let settings = Settings { reflects: Schedule::Every(4), ..Settings::rules_only(1) };
        let mut agent = Agent::with(settings, book.clone());
        let mut mind = Script { writes: Some(writes), ..Script::default() };
        let all = play(&mut agent, &mut Stall::new(99), &mut mind, 9);
        let reflections: Vec<_> = all.iter().filter_map(|d| d.reflection.as_ref()).collect();
        assert_eq!((reflections.len(), agent.rulebook()), (2, &book), "{writes}");
        assert!(
            reflections.iter().all(|r| r.complaints.len() == complaints && r.entry.is_none()),
            "{reflections:?}"
        );
        assert_eq!(reflections[0].text.is_err(), writes == "fail");
    }
}

#[test]
fn nothing_to_learn_leaves_the_words_as_they_are_and_counts_what_happened() {
    let mut book = Rulebook::default();
    let (revision, _) =
        Revision::read("add | touch red ring | +1 in 1 of 1 | touch red rings for points | sure");
    book.revise(&revision, Origin::Person, 0, &Digest::default());
    for (writes, complaints) in
        [("nothing to learn", 0), ("1 touch red ring: keep", 0), ("the the the\nretire 9", 2)]
    {
        let settings = Settings { reflects: Schedule::Every(4), ..Settings::rules_only(1) };
        let mut agent = Agent::with(settings, book.clone());
        let mut mind = Script { writes: Some(writes), ..Script::default() };
        let all = play(&mut agent, &mut Stall::new(99), &mut mind, 9);
        let reflections: Vec<_> = all.iter().filter_map(|d| d.reflection.as_ref()).collect();
        assert!(reflections.iter().all(|r| r.complaints.len() == complaints), "{reflections:?}");
        assert_eq!((reflections.len(), agent.rulebook().lines()), (2, book.lines()), "{writes}");
        assert_eq!(agent.rulebook().rules()[0].support, [0, 1, 2, 3, 4, 5, 6], "{writes}");
    }
}

#[test]
fn what_was_not_understood_is_read_again() {
    let settings = Settings { reflects: Schedule::Every(4), ..Settings::rules_only(1) };
    let (mut agent, mut game) = (Agent::new(settings), Stall::new(99));
    let mut unread = |writes: &'static str| {
        let mut mind = Script { writes: Some(writes), ..Script::default() };
        let all = play(&mut agent, &mut game, &mut mind, 4);
        assert!(all[3].reflection.is_some(), "{writes}");
        agent.history().unread().len()
    };
    assert_eq!(unread("the the the"), 3);
    assert_eq!(unread(""), 7);
    assert_eq!(unread("retire 9\nconfirm 1 | +1 in 1 of 1 | sure"), 11, "nothing could be done");
    assert_eq!(unread("nothing to learn"), 0);
    assert_eq!(unread("fail"), 4);
    assert_eq!(unread("add | touch red ring | +1 in 1 of 1 | touch red rings | maybe"), 0);
}

#[test]
fn a_mind_that_fails_leaves_the_game_as_it_was() {
    let (mut agent, mut game) = (Agent::new(Settings::full(1)), Stall::new(99));
    let mut mind = Script { broken: true, ..Script::default() };
    assert_eq!(block_on(agent.step(&mut game, &mut mind)), Err(MindError("the worker is gone".into())));
    assert_eq!((game.played, agent.decisions()), (0, 0));
    mind.broken = false;
    let mut fresh = Agent::new(Settings::full(1));
    let again = block_on(agent.step(&mut game, &mut mind)).unwrap();
    let expected = block_on(fresh.step(&mut Stall::new(99), &mut Script::default())).unwrap();
    assert_eq!(again, expected);
}

#[test]
fn change_is_measured_against_the_frozen_agent_without_rules() {
    let settings = Settings { compares: 1, ..Settings::rules_only(1) };
    let (mut agent, mut mind) = (Agent::new(settings), Script::default());
    let all = play(&mut agent, &mut Stall::new(99), &mut mind, 60);
    let changed = |all: &[Decision]| all.iter().filter(|d| d.dynamics.change == Some(true)).count();
    let ruled = all.iter().position(|d| !d.memory.rules.is_empty()).unwrap();
    assert!(ruled > 0);
    assert_eq!(changed(&all[..ruled]), 0, "without rules it is the same agent");
    assert_eq!(all[ruled - 1].dynamics.tokens.comparison, 0);
    assert!(changed(&all[ruled..]) > 10, "{}", changed(&all[ruled..]));
}

#[test]
fn a_new_episode_is_no_jump_and_rules_live_on() {
    let (mut agent, mut mind) = (Agent::new(Settings::rules_only(1)), Script::default());
    let mut game = Stall { length: 12, ..Stall::new(99) };
    let first = play(&mut agent, &mut game, &mut mind, 12);
    assert_eq!(first[11].settled.len(), 2, "the last step is known at once");
    let mut game = Stall { length: 12, ..Stall::new(99) };
    let second = play(&mut agent, &mut game, &mut mind, 12);
    assert_eq!(second[0].settled.len(), 0);
    assert!(!second[0].memory.rules.is_empty());
    assert!(gained(&second) > gained(&first));
}

#[test]
fn a_step_that_is_dropped_while_it_thinks_was_played() {
    use std::task::{Context, Waker};
    let settings = Settings { reflects: Schedule::Every(1), ..Settings::full(1) };
    let (mut agent, mut game) = (Agent::new(settings), Stall::new(99));
    let mut mind = Script { writes: Some("hang"), ..Script::default() };
    {
        let mut step = std::pin::pin!(agent.step(&mut game, &mut mind));
        assert!(step.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_pending());
    }
    assert_eq!((game.played, agent.decisions()), (1, 1));
    mind.writes = None;
    let next = block_on(agent.step(&mut game, &mut mind)).unwrap();
    assert!(next.number == 1 && next.reflection.is_some(), "it thinks now");
}

#[test]
fn a_person_may_ask_for_a_reflection_and_decide_about_learning() {
    let settings = Settings { reflects: Schedule::Never, ..Settings::full(2) };
    let (mut agent, mut mind) = (Agent::new(settings), Script::default());
    agent.set_learning(false);
    let mut game = Stall::new(99);
    let all = play(&mut agent, &mut game, &mut mind, 9);
    assert!(mind.lessons.is_empty() && agent.rulebook().rules().is_empty());
    let reflection = block_on(agent.reflect_now(&mut mind));
    assert!(reflection.entry.is_some() && !agent.rulebook().rules().is_empty(), "{reflection:?}");
    agent.set_learning(true);
    agent.set_learner(Learning::default().with_stride(10.0).unguarded());
    agent.set_voting(Voting { votes: 5, ..agent.settings().voting.clone() });
    let later = play(&mut agent, &mut game, &mut mind, 30);
    assert_eq!((all[0].vote.ballots.len(), later[0].vote.ballots.len()), (3, 5));
    assert_eq!(later[0].dynamics.tokens.reflections, u64::from(reflection.tokens));
    assert!(!agent.learner().unwrap().is_frozen());
    agent.reset_policy();
    assert!(agent.learner().unwrap().is_frozen());
    play(&mut agent, &mut game, &mut mind, 1);
    assert_eq!(mind.adopted.last().unwrap().as_ref(), agent.learner().map(|learner| learner.adapter()));
}
