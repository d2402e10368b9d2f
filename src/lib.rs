//! Rulewright: a small vision-language model plays toy games and rewrites its own rules while it
//! plays (metacognitive test-time reasoning).
//!
//! A player meets every game through one trait, [`env::Environment`]:
//!
//! ```
//! use rulewright::{env::{Environment, idle}, games::Game};
//!
//! let game = Game::find("orchard").expect("a game that ships");
//! let mut episode = game.start(7);
//! let frame = episode.frame(); // what the agent sees
//! let outcome = episode.step(idle(episode.actions()));
//! assert!(!outcome.done);
//! # let _ = frame;
//! ```
//!
//! Parts, from the ground up: [`frame`] and [`mod@env`] (what may be seen and done), [`games`] (the
//! engine, the desks and the games as data), [`mind`] (the door to the model), `vlm` (the model), [`agent`] (what plays
//! and writes its rules), [`samples`] (what the model is taught), and above them [`arena`], which measures.

pub mod agent;
pub mod arena;
pub mod env;
pub mod frame;
pub mod games;
pub mod mind;
pub mod samples;
#[cfg(feature = "vlm")]
pub mod vlm;
