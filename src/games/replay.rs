//! Replays: a game, a seed and the moves. The same three give the same episode to the bit.

use super::{Episode, Game};
use crate::env::{Action, Environment, Outcome};
use std::str::FromStr;

/// One entry of a replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Move {
    /// A step with this action.
    Act(Action),
    /// The twist, which takes no step.
    Twist,
}

impl Move {
    /// Plays it; a twist changes nothing at once.
    pub fn play(self, episode: &mut Episode) -> Outcome {
        match self {
            Move::Act(action) => episode.step(action),
            Move::Twist => {
                episode.twist();
                Outcome::default()
            }
        }
    }
}

impl std::fmt::Display for Move {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Move::Act(action) => action.fmt(f),
            Move::Twist => f.write_str("twist"),
        }
    }
}

impl FromStr for Move {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.trim() {
            "twist" => Ok(Move::Twist),
            name => match name.parse() {
                Ok(action) => Ok(Move::Act(action)),
                Err(_) => Err(format!("“{name}” is neither an action nor “twist”")),
            },
        }
    }
}

/// A recorded episode.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Replay {
    /// The game's id.
    pub game: String,
    /// The seed.
    pub seed: u32,
    /// What was done, in order.
    pub moves: Vec<Move>,
}

impl Replay {
    /// Plays it again and shows every state, the first included; `None` where there is no such game.
    pub fn play(&self, mut show: impl FnMut(&Episode)) -> Option<Episode> {
        let mut episode = Game::find(&self.game)?.start(self.seed);
        show(&episode);
        for step in &self.moves {
            step.play(&mut episode);
            show(&episode);
        }
        Some(episode)
    }
}

impl std::fmt::Display for Replay {
    /// Three lines: the game, the seed, and the moves with commas between them.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let moves: Vec<_> = self.moves.iter().map(ToString::to_string).collect();
        writeln!(f, "game = \"{}\"\nseed = {}\nmoves = \"{}\"", self.game, self.seed, moves.join(", "))
    }
}
