//! What a rule claims: the meaning behind its words, known to the teacher alone.

use crate::env::Action;
use crate::games::Trigger;
use crate::games::sprite::{Colour, Shape, Sprite};
use std::fmt::{self, Display, Formatter};

/// What a rule is about: a sprite, or all that have a colour or a shape.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Subject {
    /// The colour, if the rule names one.
    pub colour: Option<Colour>,
    /// The shape, if the rule names one.
    pub shape: Option<Shape>,
}

impl Subject {
    /// Whether a sprite is meant.
    pub fn means(&self, sprite: Sprite) -> bool {
        self.colour.is_none_or(|c| c == sprite.colour) && self.shape.is_none_or(|s| s == sprite.shape)
    }
}

impl Display for Subject {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match (self.colour, self.shape) {
            (Some(colour), Some(shape)) => write!(f, "{colour} {shape}"),
            (Some(colour), None) => write!(f, "{colour}"),
            (None, Some(shape)) => write!(f, "{shape}"),
            (None, None) => f.write_str("thing"),
        }
    }
}

impl From<Sprite> for Subject {
    fn from(sprite: Sprite) -> Self {
        Self { colour: Some(sprite.colour), shape: Some(sprite.shape) }
    }
}

/// What comes of a meeting.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Worth {
    /// Points; how many, if the rule says.
    Points(Option<u8>),
    /// Points lost.
    Loss(Option<u8>),
    /// A life won.
    Life,
    /// A life lost.
    Harm,
    /// Nothing at all: it is in the way.
    Nothing,
    /// A key.
    Key,
    /// It opens with a key, which is worth it.
    Door,
    /// Fuel.
    Fuel,
    /// A shield for a while.
    Shield,
    /// All else moves slower for a while.
    Slow,
    /// It sends the player elsewhere.
    Teleport,
    /// Two kinds trade what they do for a while.
    Swap,
}

impl Worth {
    /// Whether a player wants it.
    pub fn is_good(self) -> bool {
        matches!(self, Worth::Points(_) | Worth::Life | Worth::Shield | Worth::Slow)
    }

    /// Whether a player shuns it.
    pub fn is_bad(self) -> bool {
        matches!(self, Worth::Loss(_) | Worth::Harm)
    }
}

/// On which side of a number a reading has to be.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Condition {
    /// The reading's name as the status shows it, such as `volatility`.
    pub reading: String,
    /// Above the number if true; at or below it if false.
    pub above: bool,
    /// The number as the status shows it, such as `0.60`, `100k`, `24`.
    pub number: String,
}

/// What a rule claims.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub enum Claim {
    /// What meeting a thing brings. `Leave` with a loss means: catch it before it leaves.
    Meeting {
        /// The thing.
        subject: Subject,
        /// How it is met.
        trigger: Trigger,
        /// What it brings.
        worth: Worth,
    },
    /// The thing can be pushed, and brings this on that target.
    Push {
        /// The thing.
        subject: Subject,
        /// What it is to be pushed onto.
        onto: Subject,
        /// What it brings there: good or bad.
        worth: Worth,
    },
    /// At a desk: when all conditions hold, this action is right (or wrong).
    Desk {
        /// The conditions.
        when: Vec<Condition>,
        /// The action.
        action: Action,
        /// Whether to take it.
        right: bool,
    },
    /// Nothing that a player could use: small talk, a remark on the weather.
    Idle,
}
