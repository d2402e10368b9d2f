//! A contest: who plays which games on which seeds, and what came of each run.

use crate::agent::dynamics::{Rules, Tokens};
use crate::agent::executor::Voting;
use crate::agent::rulebook::Rulebook;
use crate::agent::schedule::Schedule;
use crate::agent::{Agent, Settings};
use crate::env::{Action, Environment};
use crate::games::planner::{Beliefs, Planner};
use crate::games::{Episode, Game};
use crate::mind::{Mind, MindError};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg32;
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, VariantArray};

/// Decisions that a curve takes together.
pub const BIN: usize = 20;

/// Who plays.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    PartialOrd,
    Ord,
    Hash,
    Display,
    EnumString,
    VariantArray,
    Serialize,
    Deserialize,
)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum Contender {
    /// MCTR: writes rules and learns by its own agreement.
    Full,
    /// Writes rules.
    Rules,
    /// Learns by its own agreement: MCT-RL.
    Learning,
    /// Does neither.
    Static,
    /// Test-time training: makes itself surer, on the same adapter.
    Entropy,
    /// Is given the nearest past steps instead of rules.
    Retrieval,
    /// As the full one, but reflects at a fixed interval.
    Interval,
    /// Takes any legal action.
    Random,
    /// Plans with the game's hidden effects.
    Oracle,
}

impl Contender {
    /// Its name in a table.
    pub fn title(self) -> &'static str {
        match self {
            Self::Full => "full MCTR",
            Self::Rules => "rules only",
            Self::Learning => "MCT-RL only",
            Self::Static => "static",
            Self::Entropy => "test-time training",
            Self::Retrieval => "retrieval",
            Self::Interval => "fixed interval",
            Self::Random => "random",
            Self::Oracle => "oracle",
        }
    }

    /// Whether it only gives the scale on which the others are measured.
    pub fn is_scale(self) -> bool {
        matches!(self, Self::Random | Self::Oracle)
    }
}

/// What is alike for all who play.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Protocol {
    /// What tells the model's weights from others, as whoever runs the contest names them.
    pub model: String,
    /// Episodes of a run, one after another.
    pub episodes: u32,
    /// The most steps of an episode.
    pub steps: u32,
    /// The decision before which the hidden effects change, for the rest of the run.
    pub twist: Option<u32>,
    /// How they vote.
    pub voting: Voting,
    /// Every so many decisions the frozen agent is asked what it would do; 0 for never.
    pub compares: u32,
    /// Past steps that retrieval is given.
    pub nearest: usize,
    /// Decisions between the reflections of the one with a fixed interval.
    pub interval: u32,
}

impl Default for Protocol {
    fn default() -> Self {
        Self {
            model: String::new(),
            episodes: 3,
            steps: u32::from(u16::MAX),
            twist: None,
            voting: Voting::default(),
            compares: 10,
            nearest: 8,
            interval: 16,
        }
    }
}

impl Protocol {
    /// What a contender with a mind is told to do.
    fn settings(&self, contender: Contender, seed: u64) -> Option<Settings> {
        let settings = match contender {
            Contender::Full => Settings::full(seed),
            Contender::Rules => Settings::rules_only(seed),
            Contender::Learning => Settings::learning_only(seed),
            Contender::Static => Settings::fixed(seed),
            Contender::Entropy => Settings::test_time_training(seed),
            Contender::Retrieval => Settings::retrieval(seed, self.nearest),
            Contender::Interval => {
                Settings { reflects: Schedule::Every(self.interval), ..Settings::full(seed) }
            }
            Contender::Random | Contender::Oracle => return None,
        };
        Some(Settings { voting: self.voting.clone(), compares: self.compares, ..settings })
    }

    /// The most decisions that a run of a game can take.
    pub fn longest(&self, game: &Game) -> u64 {
        u64::from(self.episodes) * u64::from(self.steps.min(game.file.steps.into()))
    }
}

/// Which run.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Key {
    /// The game's id.
    pub game: String,
    /// Who plays.
    pub contender: Contender,
    /// The seed of the games and of the agent.
    pub seed: u32,
}

/// All runs of a contest, in an order in which any part of them is fair to all.
pub fn keys(games: &[&Game], contenders: &[Contender], seeds: u32) -> Vec<Key> {
    let games = |seed| games.iter().map(move |game| (seed, game.id.clone()));
    let all = (0..seeds).flat_map(games);
    let each = |(seed, game): (u32, String)| {
        contenders.iter().map(move |&contender| Key { game: game.clone(), contender, seed })
    };
    all.flat_map(each).collect()
}

/// One episode of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Played {
    /// Points.
    pub score: i32,
    /// Decisions.
    pub steps: u32,
}

/// What came of a run. The same key and protocol give the same run.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Run {
    /// Which.
    pub key: Key,
    /// Under what conditions.
    pub protocol: Protocol,
    /// The episodes.
    pub episodes: Vec<Played>,
    /// Points of every [`BIN`] decisions.
    pub points: Vec<i32>,
    /// Mean coherence of the same; empty for who has no mind.
    pub coherence: Vec<f32>,
    /// The share of decisions that the frozen agent would not have taken; none where it was not asked.
    pub change: Vec<Option<f32>>,
    /// What was read and written.
    pub tokens: Tokens,
    /// Reflections.
    pub reflections: u32,
    /// Steps of the adapter.
    pub updates: u32,
    /// How many times the guard went back.
    pub rollbacks: u32,
    /// Rules at the end.
    pub rules: Rules,
    /// The rulebook at the end.
    pub rulebook: Rulebook,
}

impl Run {
    /// Mean points an episode.
    pub fn score(&self) -> f64 {
        let sum: i32 = self.episodes.iter().map(|played| played.score).sum();
        f64::from(sum) / self.episodes.len().max(1) as f64
    }

    /// Decisions taken.
    pub fn decisions(&self) -> u32 {
        self.episodes.iter().map(|played| played.steps).sum()
    }

    fn new(key: Key, protocol: Protocol) -> Self {
        Self {
            key,
            protocol,
            episodes: Vec::new(),
            points: Vec::new(),
            coherence: Vec::new(),
            change: Vec::new(),
            tokens: Tokens::default(),
            reflections: 0,
            updates: 0,
            rollbacks: 0,
            rules: Rules::default(),
            rulebook: Rulebook::default(),
        }
    }
}

/// The episodes of a run, one after another, the twist included.
struct Stage<'a> {
    game: &'a Game,
    protocol: &'a Protocol,
    seed: u32,
    episode: Episode,
    run: Run,
    /// Decisions so far.
    now: u32,
}

impl<'a> Stage<'a> {
    fn new(game: &'a Game, key: Key, protocol: &'a Protocol) -> Self {
        let seed = key.seed.wrapping_mul(1000);
        let run = Run::new(key, protocol.clone());
        let mut stage = Self { game, protocol, seed, episode: game.start(seed), run, now: 0 };
        stage.run.episodes.push(Played { score: 0, steps: 0 });
        stage.twist();
        stage
    }

    fn twist(&mut self) {
        if self.protocol.twist == Some(self.now) {
            self.episode.twist();
        }
    }

    /// Takes in what a decision came to; whether there is another one, and whether it is in a new episode.
    fn took(&mut self, points: i32, done: bool) -> Option<bool> {
        let bin = self.now as usize / BIN;
        if self.run.points.len() <= bin {
            self.run.points.push(0);
        }
        self.run.points[bin] += points;
        self.now += 1;
        let played = self.run.episodes.last_mut()?;
        played.score += points;
        played.steps += 1;
        let over = done || played.steps >= self.protocol.steps;
        if over {
            let number = self.run.episodes.len() as u32;
            if number >= self.protocol.episodes {
                return None;
            }
            self.episode = self.game.start(self.seed.wrapping_add(number));
            self.run.episodes.push(Played { score: 0, steps: 0 });
            // What has changed stays changed.
            if self.protocol.twist.is_some_and(|twist| twist < self.now) {
                self.episode.twist();
            }
        }
        self.twist();
        Some(over)
    }
}

/// A run of one who has no mind: anybody but the oracle acts at random.
struct Scale<'a> {
    stage: Stage<'a>,
    choose: Choose,
}

impl<'a> Scale<'a> {
    fn new(game: &'a Game, key: Key, protocol: &'a Protocol) -> Self {
        Self { choose: chooser(key.contender, key.seed), stage: Stage::new(game, key, protocol) }
    }

    /// Takes a decision; whether there is another one.
    fn step(&mut self) -> bool {
        let action = (self.choose)(&self.stage.episode);
        let outcome = self.stage.episode.step(action);
        self.stage.took(outcome.score, outcome.done).is_some()
    }
}

/// Plays a run of one who has no mind: anybody but the oracle acts at random.
pub fn scale(game: &Game, key: Key, protocol: &Protocol) -> Run {
    let mut scale = Scale::new(game, key, protocol);
    while scale.step() {}
    scale.stage.run
}

/// Plays a run; `tick` is shown the run after every decision, and nothing goes on before it is done. The call
/// may be dropped at any time.
///
/// # Errors
/// If the mind fails.
pub async fn play<M: Mind>(
    game: &Game,
    key: Key,
    protocol: &Protocol,
    mind: &mut M,
    mut tick: impl AsyncFnMut(&Run),
) -> Result<Run, MindError> {
    let Some(settings) = protocol.settings(key.contender, key.seed.into()) else {
        let mut scale = Scale::new(game, key, protocol);
        loop {
            let goes_on = scale.step();
            tick(&scale.stage.run).await;
            if !goes_on {
                return Ok(scale.stage.run);
            }
        }
    };
    let mut stage = Stage::new(game, key, protocol);
    let mut agent = Agent::new(settings);
    let mut bins: Vec<(Vec<f32>, Vec<bool>)> = Vec::new();
    loop {
        let bin = stage.now as usize / BIN;
        let decision = agent.step(&mut stage.episode, mind).await?;
        if bins.len() <= bin {
            bins.push(Default::default());
        }
        bins[bin].0.push(decision.dynamics.coherence);
        bins[bin].1.extend(decision.dynamics.change);
        let run = &mut stage.run;
        run.reflections += u32::from(decision.reflection.is_some());
        (run.tokens, run.rules) = (decision.dynamics.tokens, decision.dynamics.rules);
        let next = stage.took(decision.outcome.score, decision.outcome.done);
        tick(&stage.run).await;
        match next {
            None => break,
            Some(true) => agent.leave(),
            Some(false) => {}
        }
    }
    let mut run = stage.run;
    run.coherence = bins.iter().map(|(all, _)| all.iter().sum::<f32>() / all.len().max(1) as f32).collect();
    let share = |all: &Vec<bool>| {
        (!all.is_empty()).then(|| all.iter().filter(|changed| **changed).count() as f32 / all.len() as f32)
    };
    run.change = bins.iter().map(|(_, all)| share(all)).collect();
    (run.updates, run.rollbacks) =
        agent.learner().map_or((0, 0), |learner| (learner.updates, learner.rollbacks));
    run.rulebook = agent.rulebook().clone();
    Ok(run)
}

/// Chooses an action by the whole game.
type Choose = Box<dyn FnMut(&Episode) -> Action>;

fn chooser(contender: Contender, seed: u32) -> Choose {
    if contender == Contender::Oracle {
        let mut planner = Planner::new(Beliefs::True, seed);
        return Box::new(move |episode| planner.choose(episode));
    }
    let mut rng = Pcg32::seed_from_u64(u64::from(seed) + 1);
    Box::new(move |episode| {
        let actions = episode.actions();
        actions[rng.random_range(0..actions.len() as u32) as usize]
    })
}
