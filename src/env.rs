//! The door between a player and a game: everything that a player may see and do.

use crate::frame::Frame;
use arrayvec::ArrayVec;
use serde::{Deserialize, Serialize};
use std::borrow::Cow;
use strum::{Display, EnumString, VariantArray};

/// Everything that a player can do in any game; each game allows some of them.
#[derive(
    Debug,
    Clone,
    Copy,
    PartialEq,
    Eq,
    Hash,
    PartialOrd,
    Ord,
    Display,
    EnumString,
    VariantArray,
    Serialize,
    Deserialize,
)]
#[strum(serialize_all = "lowercase")]
#[serde(rename_all = "lowercase")]
pub enum Action {
    /// Move one cell up.
    Up,
    /// Move one cell down.
    Down,
    /// Move one cell to the left.
    Left,
    /// Move one cell to the right.
    Right,
    /// Shoot along the facing.
    Fire,
    /// Do nothing for one step.
    Wait,
    /// Trading desk: buy with the fixed stop-loss of 0.05.
    #[strum(serialize = "buy fixed")]
    #[serde(rename = "buy fixed")]
    BuyFixed,
    /// Trading desk: buy with the dynamic trailing stop-loss of 0.01.
    #[strum(serialize = "buy trailing")]
    #[serde(rename = "buy trailing")]
    BuyTrailing,
    /// Trading desk: sell with the fixed stop-loss of 0.05.
    #[strum(serialize = "sell fixed")]
    #[serde(rename = "sell fixed")]
    SellFixed,
    /// Trading desk: sell with the dynamic trailing stop-loss of 0.01.
    #[strum(serialize = "sell trailing")]
    #[serde(rename = "sell trailing")]
    SellTrailing,
    /// Trading desk: stay out of the market.
    Hold,
    /// Warehouse: send the spare crew to receiving.
    Receive,
    /// Warehouse: send the spare crew to picking.
    Pick,
    /// Warehouse: send the spare crew to packing.
    Pack,
    /// Warehouse: send the spare crew to shipping.
    Ship,
    /// Warehouse: give the spare crew a rest.
    Rest,
    /// Price list: quote the list price.
    List,
    /// Price list: quote a discount.
    Discount,
    /// Price list: quote the bulk price.
    Bulk,
    /// Price list: decline the order.
    Decline,
}

impl Action {
    /// Whether it moves the player on a board.
    pub fn is_move(self) -> bool {
        matches!(self, Action::Up | Action::Down | Action::Left | Action::Right)
    }
}

/// The one of a game's actions that does the least: the last.
pub fn idle(actions: &[Action]) -> Action {
    actions.last().copied().unwrap_or(Action::Wait)
}

/// A number that stands beside the picture, such as `volatility 0.72` or `fuel 31`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reading {
    /// What the number belongs to.
    pub name: Cow<'static, str>,
    /// The number, with as many decimals as it is shown with.
    pub value: Value,
}

/// The value of a [`Reading`].
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Value {
    /// A whole number.
    Count(i32),
    /// Thousands, shown as `80k`.
    Thousands(i32),
    /// Hundredths, shown as `0.72`.
    Hundredths(i32),
}

impl std::fmt::Display for Value {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match *self {
            Value::Count(n) => write!(f, "{n}"),
            Value::Thousands(n) => write!(f, "{n}k"),
            Value::Hundredths(n) => {
                let sign = if n < 0 { "-" } else { "" };
                write!(f, "{sign}{}.{:02}", n.abs() / 100, n.abs() % 100)
            }
        }
    }
}

/// What a player reads beside the frame.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Status {
    /// Points so far.
    pub score: i32,
    /// Lives left.
    pub lives: i32,
    /// Further numbers that the game shows.
    pub readings: ArrayVec<Reading, 6>,
}

impl std::fmt::Display for Status {
    /// One line, as it goes into the prompt: `score 3, lives 2, fuel 31`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "score {}, lives {}", self.score, self.lives)?;
        for Reading { name, value } in &self.readings {
            write!(f, ", {name} {value}")?;
        }
        Ok(())
    }
}

/// What a step changed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Outcome {
    /// Change of the score.
    pub score: i32,
    /// Change of the lives.
    pub lives: i32,
    /// Whether the episode is over.
    pub done: bool,
}

/// A game in progress, as a player meets it: pixels, status, score and lives, never a hidden state.
///
/// The game waits: a step is a decision. The same seed and actions give the same episode to the bit
/// on every machine.
pub trait Environment: Clone {
    /// The legal actions. The last one is the idle one: it does the least ([`idle`]).
    fn actions(&self) -> &[Action];

    /// What stands beside the frame.
    fn status(&self) -> Status;

    /// Draws the present state over all of `frame`.
    fn draw(&self, frame: &mut Frame);

    /// Plays one step. An action that is not legal counts as the idle one; after the end of the
    /// episode nothing changes any more.
    fn step(&mut self, action: Action) -> Outcome;

    /// The present state as a new frame.
    fn frame(&self) -> Frame {
        let mut frame = Frame::new();
        self.draw(&mut frame);
        frame
    }
}
