//! Is a game worth playing? Measures each by players that know its hidden rules, know wrong ones,
//! or know nothing, and tells how far it is from every other game.

use crate::env::{Action, Environment, idle};
use crate::games::planner::{Beliefs, Planner};
use crate::games::{Episode, Game, Split, Trigger};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg32;
use rayon::prelude::*;
use std::collections::BTreeMap;

/// What four players score on a game, on average over the seeds, and how it feels to play.
#[derive(Debug, Clone)]
pub struct Measure {
    /// The game's id.
    pub id: String,
    /// Its split.
    pub split: Split,
    /// Always the idle action.
    pub idle: Mean,
    /// Any legal action.
    pub random: Mean,
    /// Plans with the true effects.
    pub oracle: Mean,
    /// Plans alike, but told the effects in a wrong order.
    pub shuffled: Mean,
    /// Steps of an oracle's episode.
    pub steps: f64,
    /// The step at which the oracle first has 80% of its final score: as long as play is worth
    /// something.
    pub worth: f64,
    profile: Profile,
}

/// A mean with its standard error.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Mean {
    /// The mean.
    pub mean: f64,
    /// The standard error of the mean.
    pub error: f64,
}

impl Mean {
    fn of(values: &[f64]) -> Mean {
        let n = values.len().max(1) as f64;
        let mean = values.iter().sum::<f64>() / n;
        let variance = values.iter().map(|v| (v - mean).powi(2)).sum::<f64>() / (n - 1.0).max(1.0);
        Mean { mean, error: (variance / n).sqrt() }
    }
}

impl std::fmt::Display for Mean {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        // Padded as a whole, so that a table's columns line up.
        f.pad(&format!("{:.1} ± {:.1}", self.mean, self.error))
    }
}

/// How an episode feels: how often each kind of thing happened, a step.
type Profile = BTreeMap<String, f64>;

/// Chooses an action at every step.
type Player = Box<dyn FnMut(&Episode) -> Action>;

/// One episode's end.
struct Played {
    score: f64,
    steps: f64,
    worth: f64,
    profile: Profile,
}

impl Measure {
    /// Plays the game with every player on `seeds` seeds.
    pub fn of(game: &Game, seeds: u32) -> Measure {
        let play = |player: &dyn Fn(u32) -> Player| -> Vec<Played> {
            (0..seeds).map(|seed| play(game, seed, player(seed))).collect()
        };
        let planner = |beliefs: Beliefs, seed| -> Player {
            let mut planner = Planner::new(beliefs, seed);
            Box::new(move |episode| planner.choose(episode))
        };
        let scores = |played: &[Played]| Mean::of(&played.iter().map(|p| p.score).collect::<Vec<_>>());
        let idles = play(&|_| Box::new(|e: &Episode| idle(e.actions())));
        let random = play(&|seed| {
            let mut rng = Pcg32::seed_from_u64(u64::from(seed) + 1);
            Box::new(move |e: &Episode| e.actions()[rng.random_range(0..e.actions().len() as u32) as usize])
        });
        let oracle = play(&|seed| planner(Beliefs::True, seed));
        let shuffled = play(&|seed| planner(Beliefs::Shuffled(seed), seed));
        let mut profile = Profile::new();
        let mut add = |who: &str, played: &[Played]| {
            for (name, rate) in played.iter().flat_map(|p| &p.profile) {
                *profile.entry(format!("{who} {name}")).or_default() += rate / f64::from(seeds);
            }
        };
        add("oracle", &oracle);
        add("random", &random);
        Measure {
            id: game.id.clone(),
            split: game.file.split,
            idle: scores(&idles),
            random: scores(&random),
            oracle: scores(&oracle),
            shuffled: scores(&shuffled),
            steps: oracle.iter().map(|p| p.steps).sum::<f64>() / f64::from(seeds),
            worth: oracle.iter().map(|p| p.worth).sum::<f64>() / f64::from(seeds),
            profile,
        }
    }

    /// Measures many games, on all cores.
    pub fn all(games: &[&Game], seeds: u32) -> Vec<Measure> {
        games.par_iter().map(|game| Measure::of(game, seeds)).collect()
    }

    /// What is wrong with the game, a sentence each; nothing where it is worth playing.
    pub fn complaints(&self) -> Vec<String> {
        let mut complaints = Vec::new();
        let (idle, random, oracle) = (self.idle.mean, self.random.mean, self.oracle.mean);
        if oracle - idle < 2.0 * (random - idle) || oracle <= idle + 1.0 || oracle <= random + 1.0 {
            complaints.push(format!(
                "knowing the rules hardly pays: the oracle scores {oracle:.1}, random play {random:.1}, doing nothing {idle:.1}"
            ));
        }
        if self.kept() > 0.5 {
            complaints.push(format!(
                "the hidden rules hardly matter: told wrong ones, the planner keeps {:.0}% of its lead over random play; it may keep 50%",
                100.0 * self.kept()
            ));
        }
        if self.split == Split::Unseen && (self.steps < 200.0 || self.worth < 160.0) {
            complaints.push(format!(
                "an unseen game lasts 200 steps and needs 160 for 80% of the score; this one ends after {:.0} and needs {:.0}",
                self.steps, self.worth
            ));
        }
        complaints
    }

    /// The share of the oracle's lead over random play that a planner with wrong rules keeps.
    pub fn kept(&self) -> f64 {
        (self.shuffled.mean - self.random.mean) / (self.oracle.mean - self.random.mean).max(1e-9)
    }

    /// How differently two games play, 0 (alike) to 1: half the sum of the differences between their
    /// play profiles, each scaled to 1 (total variation), averaged over the oracle's and random play.
    pub fn distance(&self, other: &Measure) -> f64 {
        let side = |who: &str| {
            let own = |m: &Measure| -> Profile {
                let own: Profile = m
                    .profile
                    .iter()
                    .filter(|(n, _)| n.starts_with(who))
                    .map(|(n, r)| (n.clone(), *r))
                    .collect();
                let sum: f64 = own.values().sum::<f64>().max(1e-9);
                own.into_iter().map(|(n, r)| (n, r / sum)).collect()
            };
            let (a, b) = (own(self), own(other));
            let names = a.keys().chain(b.keys().filter(|n| !a.contains_key(*n)));
            let at = |p: &Profile, n: &String| p.get(n).copied().unwrap_or(0.0);
            names.map(|n| (at(&a, n) - at(&b, n)).abs()).sum::<f64>() / 2.0
        };
        (side("oracle") + side("random")) / 2.0
    }

    /// The game that plays most like this one, and how far away it is.
    pub fn twin<'a>(&self, all: &'a [Measure]) -> Option<(&'a Measure, f64)> {
        let others = all.iter().filter(|m| m.id != self.id);
        others.map(|m| (m, self.distance(m))).min_by(|a, b| a.1.total_cmp(&b.1))
    }
}

fn play(game: &Game, seed: u32, mut choose: impl FnMut(&Episode) -> Action) -> Played {
    let mut episode = game.start(seed);
    let mut counts = BTreeMap::<String, u32>::new();
    // After each step.
    let mut scores = Vec::new();
    let mut score = 0;
    loop {
        let action = choose(&episode);
        let outcome = episode.step(action);
        score += outcome.score;
        scores.push(score);
        let mut count = |name: String| *counts.entry(name).or_default() += 1;
        count(format!("does {action}"));
        match &episode {
            Episode::Arcade(arcade) => {
                for event in arcade.events() {
                    let kind = &arcade.rules().kinds[usize::from(event.kind)];
                    let trigger = match event.trigger {
                        Trigger::Touch => "touches",
                        Trigger::Shot => "shoots",
                        Trigger::Leave => "lets go",
                        Trigger::Drop => "drops",
                    };
                    let sign = match (outcome.score.signum(), outcome.lives.signum()) {
                        (_, -1) => "and loses a life",
                        (1, _) => "and scores",
                        (-1, _) => "and loses points",
                        _ if !event.took => "in vain",
                        _ => "",
                    };
                    // Meetings are rarer than moves, and matter more.
                    for _ in 0..3 {
                        count(format!("{trigger} {:?} {sign}", kind.motion));
                    }
                }
                let (x, y) = arcade.player();
                count(format!("is at {},{}", x / 4, y / 4));
            }
            Episode::Desk(desk) => {
                count(format!("regime {}", desk.regime()));
                count(format!("{} points", outcome.score));
            }
        }
        if outcome.done {
            break;
        }
    }
    let steps = scores.len() as f64;
    let profile = counts.into_iter().map(|(name, n)| (name, f64::from(n) / steps)).collect();
    Played { score: f64::from(score), steps, worth: mostly_won(&scores), profile }
}

/// The step, counted from 1, at which the score first was 80% of the last; the last step where
/// nothing was won.
fn mostly_won(scores: &[i32]) -> f64 {
    let last = scores.last().copied().unwrap_or(0);
    let first = scores.iter().position(|score| last > 0 && 5 * score >= 4 * last);
    first.map_or(scores.len(), |at| at + 1) as f64
}
