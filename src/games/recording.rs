//! Recordings: replays with what they came to, which is how the tests tell that the same seed and
//! moves give the same episode everywhere.

use super::planner::{Beliefs, Planner};
use super::replay::{Move, Replay};
use super::{Episode, Game};
use crate::env::{Action, Environment};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg32;
use serde::Deserialize;
use sha2::{Digest, Sha256};
use strum::{Display, EnumString};

/// Who chose the moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString, Deserialize)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum Player {
    /// The planner that knows the rules.
    Oracle,
    /// Any legal action.
    Random,
}

/// What an episode came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ending {
    /// Points.
    pub score: i32,
    /// Lives left.
    pub lives: i32,
    /// The first 16 hex digits of the SHA-256 over the pixels of all frames, in order.
    pub frames: String,
}

/// A replay, who played it, and what it came to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recording {
    /// Who played.
    pub player: Player,
    /// The step before which the twist came, if it did.
    pub twist: Option<u16>,
    /// The moves.
    pub replay: Replay,
    /// What they came to.
    pub ending: Ending,
}

/// A recording as it stands in a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordingFile {
    game: String,
    seed: u32,
    moves: String,
    player: Player,
    twist: Option<u16>,
    score: i32,
    lives: i32,
    frames: String,
}

impl Replay {
    /// Plays it and says what it comes to; `None` where there is no such game.
    pub fn ending(&self) -> Option<Ending> {
        let mut hash = Sha256::new();
        let last = self.play(|episode| hash.update(episode.frame().rgb()))?;
        let frames = hash.finalize().iter().take(8).map(|byte| format!("{byte:02x}")).collect();
        let status = last.status();
        Some(Ending { score: status.score, lives: status.lives, frames })
    }
}

impl Recording {
    /// Plays an episode to its end and records it; `None` where there is no such game.
    pub fn make(game: &str, seed: u32, player: Player, twist: Option<u16>) -> Option<Recording> {
        let mut episode = Game::find(game)?.start(seed);
        let mut choose = chooser(player, seed);
        let mut replay = Replay { game: game.into(), seed, moves: Vec::new() };
        for step in 0.. {
            if twist == Some(step) {
                replay.moves.push(Move::Twist);
                episode.twist();
            }
            let action = choose(&episode);
            replay.moves.push(Move::Act(action));
            if episode.step(action).done {
                break;
            }
        }
        let ending = replay.ending()?;
        Some(Recording { player, twist, replay, ending })
    }

    /// The same game, seed, player and twist, played again by the rules of today.
    pub fn again(&self) -> Option<Recording> {
        Recording::make(&self.replay.game, self.replay.seed, self.player, self.twist)
    }

    /// Reads what [`Display`](std::fmt::Display) wrote.
    ///
    /// # Errors
    /// One line that says what is wrong.
    pub fn parse(text: &str) -> Result<Recording, String> {
        let file: RecordingFile = toml::from_str(text).map_err(|e| e.message().to_string())?;
        let moves = file.moves.split(',').map(str::parse).collect::<Result<_, _>>()?;
        Ok(Recording {
            player: file.player,
            twist: file.twist,
            replay: Replay { game: file.game, seed: file.seed, moves },
            ending: Ending { score: file.score, lives: file.lives, frames: file.frames },
        })
    }
}

impl std::fmt::Display for Recording {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Ending { score, lives, frames } = &self.ending;
        writeln!(f, "player = \"{}\"", self.player)?;
        if let Some(step) = self.twist {
            writeln!(f, "twist = {step}")?;
        }
        write!(f, "{}", self.replay)?;
        writeln!(f, "score = {score}\nlives = {lives}\nframes = \"{frames}\"")
    }
}

fn chooser(player: Player, seed: u32) -> Box<dyn FnMut(&Episode) -> Action> {
    match player {
        Player::Oracle => {
            let mut planner = Planner::new(Beliefs::True, seed);
            Box::new(move |episode| planner.choose(episode))
        }
        Player::Random => {
            let mut rng = Pcg32::seed_from_u64(u64::from(seed) + 1);
            Box::new(move |episode| {
                let actions = episode.actions();
                actions[rng.random_range(0..actions.len() as u32) as usize]
            })
        }
    }
}
