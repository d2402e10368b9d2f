//! A contest: who plays which games on which seeds, and what came of each run.

use crate::agent::dynamics::{Dynamics, Rules, Tokens};
use crate::agent::executor::Voting;
use crate::agent::rulebook::Rulebook;
use crate::agent::schedule::{Reason, Schedule, Verdict};
use crate::agent::{Agent, Settings};
use crate::env::{Action, Environment};
use crate::games::planner::{Beliefs, Planner};
use crate::games::{Episode, Game};
use crate::mind::{Mind, MindError};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg32;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
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

    /// Whether it is another method, which MCTR is to beat.
    pub fn is_baseline(self) -> bool {
        matches!(self, Self::Static | Self::Entropy | Self::Retrieval)
    }

    /// Whether it is half of MCTR.
    pub fn is_half(self) -> bool {
        matches!(self, Self::Rules | Self::Learning)
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
    /// A digest of all else that the agents are told; see [`Protocol::sealed`].
    #[serde(default)]
    pub agents: String,
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
            agents: String::new(),
        }
    }
}

impl Protocol {
    /// The same with a digest of all that the agents are told, how they learn, write and reflect included:
    /// runs under other defaults are not taken for these.
    pub fn sealed(self) -> Self {
        let told = Contender::VARIANTS.iter().map(|&contender| self.settings(contender, 0));
        let agents = digest(&(env!("CARGO_PKG_VERSION"), told.collect::<Vec<_>>()));
        Self { agents, ..self }
    }

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

/// The first 12 hex digits of the SHA-256 of what something says.
fn digest(of: &impl Serialize) -> String {
    // Settings and game files: there is nothing in them that JSON has no word for.
    let sum = Sha256::digest(serde_json::to_vec(of).unwrap_or_default());
    sum.iter().take(6).map(|byte| format!("{byte:02x}")).collect()
}

/// A digest of a game's file.
pub fn file(game: &Game) -> String {
    digest(&game.file)
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

/// A part of a contest's runs, for one of several machines.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shard {
    /// Which part, counted from 0.
    place: usize,
    /// Of how many.
    of: usize,
}

impl FromStr for Shard {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let parts = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
        match parts {
            Some((place @ 1.., of)) if place <= of => Ok(Self { place: place - 1, of }),
            _ => Err("write I/N with 1 <= I <= N, as in 2/8".into()),
        }
    }
}

impl Shard {
    /// Its part of what [`keys`] gave.
    pub fn part(self, keys: Vec<Key>) -> Vec<Key> {
        let agents = keys.iter().map(|key| key.contender).collect::<BTreeSet<_>>().len().max(1);
        // One further with every game and seed, so that no shard has the same agent always.
        let is_ours = |at: usize| (at % agents + at / agents) % self.of == self.place;
        keys.into_iter().enumerate().filter(|&(at, _)| is_ours(at)).map(|(_, key)| key).collect()
    }
}

/// Whether runs were played under the same conditions, and each game by the same file.
pub fn alike<'a>(runs: impl IntoIterator<Item = &'a Run>) -> bool {
    let mut files: BTreeMap<&str, &str> = BTreeMap::new();
    let mut runs = runs.into_iter().peekable();
    let protocol = runs.peek().map(|run| &run.protocol);
    runs.all(|run| {
        protocol == Some(&run.protocol) && *files.entry(&run.key.game).or_insert(&run.file) == run.file
    })
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
    /// A digest of the game's file.
    #[serde(default)]
    pub file: String,
    /// The episodes.
    pub episodes: Vec<Played>,
    /// Points of every [`BIN`] decisions.
    pub points: Vec<i32>,
    /// Mean coherence of the same; empty for who has no mind.
    pub coherence: Vec<f32>,
    /// The share of decisions that the frozen agent would not have taken; none where it was not asked.
    pub change: Vec<Option<f32>>,
    /// Mean reward of the same decisions; none where nobody could be read.
    #[serde(default)]
    pub reward: Vec<Option<f32>>,
    /// Mean entropy of their votes, in nats.
    #[serde(default)]
    pub entropy: Vec<f32>,
    /// Mean divergence from the frozen model, in nats a token; none before the first update.
    #[serde(default)]
    pub kl: Vec<Option<f32>>,
    /// What was read and written.
    pub tokens: Tokens,
    /// Reflections.
    pub reflections: u32,
    /// How many of them each kind of reason called for; several may call for one.
    #[serde(default)]
    pub reasons: BTreeMap<String, u32>,
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

    fn new(key: Key, protocol: Protocol, game: &Game) -> Self {
        Self {
            key,
            protocol,
            file: file(game),
            episodes: Vec::new(),
            points: Vec::new(),
            coherence: Vec::new(),
            change: Vec::new(),
            reward: Vec::new(),
            entropy: Vec::new(),
            kl: Vec::new(),
            tokens: Tokens::default(),
            reflections: 0,
            reasons: BTreeMap::new(),
            updates: 0,
            rollbacks: 0,
            rules: Rules::default(),
            rulebook: Rulebook::default(),
        }
    }
}

/// The episodes of a run, one after another, the twist included.
struct Stage<'a> {
    /// The game, without a twist of its own if the protocol has one: else one would take back the other.
    game: Game,
    protocol: &'a Protocol,
    seed: u32,
    episode: Episode,
    run: Run,
    /// Decisions so far.
    now: u32,
}

impl<'a> Stage<'a> {
    fn new(game: &Game, key: Key, protocol: &'a Protocol) -> Self {
        let seed = key.seed.wrapping_mul(1000);
        let run = Run::new(key, protocol.clone(), game);
        let game = if protocol.twist.is_some() { game.untwisting() } else { game.clone() };
        let mut stage = Self { episode: game.start(seed), game, protocol, seed, run, now: 0 };
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
    let mut bins: Vec<Vec<Dynamics>> = Vec::new();
    loop {
        let bin = stage.now as usize / BIN;
        let decision = agent.step(&mut stage.episode, mind).await?;
        if bins.len() <= bin {
            bins.push(Vec::with_capacity(BIN));
        }
        bins[bin].push(decision.dynamics);
        let run = &mut stage.run;
        if decision.reflection.is_some() {
            run.reflections += 1;
            reasons(&decision.verdict).for_each(|kind| *run.reasons.entry(kind.into()).or_default() += 1);
        }
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
    run.coherence = means(&bins, |point| Some(point.coherence)).into_iter().flatten().collect();
    run.change = means(&bins, |point| point.change.map(|changed| f32::from(u8::from(changed))));
    run.reward = means(&bins, |point| point.reward);
    run.entropy = means(&bins, |point| Some(point.entropy)).into_iter().flatten().collect();
    run.kl = means(&bins, |point| point.kl);
    (run.updates, run.rollbacks) =
        agent.learner().map_or((0, 0), |learner| (learner.updates, learner.rollbacks));
    run.rulebook = agent.rulebook().clone();
    Ok(run)
}

/// The kinds of reasons that a reflection had, each once; an interval is one where there is no other.
fn reasons(verdict: &Verdict) -> impl Iterator<Item = &'static str> {
    let kinds: BTreeSet<&str> = verdict.reasons.iter().map(Reason::kind).collect();
    let interval = kinds.is_empty().then_some("interval");
    kinds.into_iter().chain(interval)
}

/// The mean of each bin's decisions that have a value; none where none has.
fn means(bins: &[Vec<Dynamics>], value: impl Fn(&Dynamics) -> Option<f32>) -> Vec<Option<f32>> {
    let mean = |bin: &Vec<Dynamics>| {
        let values: Vec<f32> = bin.iter().filter_map(&value).collect();
        (!values.is_empty()).then(|| values.iter().sum::<f32>() / values.len() as f32)
    };
    bins.iter().map(mean).collect()
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
