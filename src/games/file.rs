//! A game as an author writes it: one TOML file. Reading it never fails halfway: the answer is a
//! game, or one sentence that names the file, the field and what is allowed.

mod checks;
mod compile;

use super::desk::DeskFile;
use super::grid::{Heading, SIDE};
use super::rules::{Motion, Spawn, Teleport, Walls, Zone};
use super::{Family, Split};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use serde_path_to_error::{Path, Segment};
use std::collections::BTreeMap;

/// What is wrong with a game file.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{file}: {field}: {problem}.")]
pub struct GameError {
    /// The file's name.
    pub file: String,
    /// The field, such as `thing 2, pace`.
    pub field: String,
    /// What is wrong and what is allowed.
    pub problem: String,
}

/// A problem before the file's name is known.
type Problem = (String, String);

/// Which ways the player moves.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Moves {
    /// All four ways.
    #[default]
    All,
    /// Left and right.
    Row,
    /// Up and down.
    Column,
}

/// The whole file. Fields that may be left out have the defaults that [`Rules`](super::rules::Rules) describes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GameFile {
    /// The name that people read.
    pub title: String,
    /// One line for the player; never the hidden rules.
    pub goal: String,
    /// The family.
    pub family: Family,
    /// Whether the model may be trained on it.
    #[serde(default)]
    pub split: Split,
    /// The limit in steps.
    pub steps: u16,
    /// Lives at first.
    #[serde(default = "three")]
    pub lives: u8,
    /// Which ways the player moves.
    #[serde(default)]
    pub moves: Moves,
    /// Whether the player shoots.
    #[serde(default, skip_serializing_if = "is_default")]
    pub fire: bool,
    /// How far a shot goes.
    #[serde(default = "twelve")]
    pub range: u8,
    /// The facing, where it does not follow the movement.
    #[serde(default, skip_serializing_if = "is_default")]
    pub aim: Option<Heading>,
    /// Fuel at first.
    #[serde(default, skip_serializing_if = "is_default")]
    pub fuel: Option<u16>,
    /// Walls that the seed draws.
    #[serde(default)]
    pub walls: Walls,
    /// Whether soil covers the floor.
    #[serde(default, skip_serializing_if = "is_default")]
    pub soil: bool,
    /// Twelve lines of twelve: `#` wall, `:` soil, `.` floor, `@` the player, and the legend's letters.
    #[serde(default, skip_serializing_if = "is_default")]
    pub map: Option<String>,
    /// Whether the seed may mirror the map left to right. Say no where things come from one side.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub mirror: bool,
    /// What the map's letters stand for, by sprite.
    #[serde(default, skip_serializing_if = "is_default")]
    pub legend: BTreeMap<char, String>,
    /// Where the player begins.
    #[serde(default = "middle")]
    pub start: Zone,
    /// The two sprites that trade effects while `swap` lasts.
    #[serde(default, skip_serializing_if = "is_default")]
    pub swap: Option<[String; 2]>,
    /// What comes back when it is all gone.
    #[serde(default, skip_serializing_if = "is_default")]
    pub refill: Option<RefillFile>,
    /// What a twist does.
    #[serde(default, skip_serializing_if = "is_default")]
    pub twist: Option<TwistFile>,
    /// For an unseen game: the mechanics that no seen game has together.
    #[serde(default, skip_serializing_if = "is_default")]
    pub surprise: Vec<String>,
    /// The kinds of things.
    #[serde(default, skip_serializing_if = "is_default")]
    pub thing: Vec<ThingFile>,
    /// A desk instead of a board.
    #[serde(default, skip_serializing_if = "is_default")]
    pub desk: Option<DeskFile>,
}

/// See [`Refill`](super::rules::Refill).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct RefillFile {
    pub of: Vec<String>,
    #[serde(default)]
    pub bonus: i16,
}

/// See [`Rules::twist`](super::rules::Rules::twist).
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs)]
pub struct TwistFile {
    #[serde(skip_serializing_if = "is_default")]
    pub at: Option<u16>,
    #[serde(skip_serializing_if = "is_default")]
    pub trade: Vec<[String; 2]>,
}

/// See [`Kind`](super::rules::Kind) and [`Effects`](super::rules::Effects).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct ThingFile {
    pub sprite: String,
    #[serde(default)]
    pub count: u8,
    #[serde(default = "everywhere")]
    pub zone: Zone,
    #[serde(default)]
    pub motion: Motion,
    #[serde(default = "one")]
    pub pace: u8,
    #[serde(default, skip_serializing_if = "is_default")]
    pub wraps: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub newcomer: bool,
    #[serde(default, skip_serializing_if = "is_default")]
    pub spawn: Option<Spawn>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub fires: Option<FiresFile>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub onto: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    pub touch: EffectFile,
    #[serde(default, skip_serializing_if = "is_default")]
    pub shot: EffectFile,
    #[serde(default, skip_serializing_if = "is_default")]
    pub leave: EffectFile,
    #[serde(default, skip_serializing_if = "is_default")]
    pub drop: EffectFile,
}

/// See [`Fires`](super::rules::Fires).
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct FiresFile {
    pub what: String,
    pub every: u16,
    #[serde(default, skip_serializing_if = "is_default")]
    pub to: Option<Heading>,
}

/// See [`Effect`](super::rules::Effect); `then` is `stay`, `vanish`, `respawn` or `become COLOUR SHAPE`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs)]
pub struct EffectFile {
    #[serde(skip_serializing_if = "is_default")]
    pub score: i16,
    #[serde(skip_serializing_if = "is_default")]
    pub life: i8,
    #[serde(skip_serializing_if = "is_default")]
    pub fuel: i16,
    #[serde(skip_serializing_if = "is_default")]
    pub key: i8,
    #[serde(skip_serializing_if = "is_default")]
    pub door: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub teleport: Option<Teleport>,
    #[serde(skip_serializing_if = "is_default")]
    pub shield: u8,
    #[serde(skip_serializing_if = "is_default")]
    pub slow: u8,
    #[serde(skip_serializing_if = "is_default")]
    pub swap: u8,
    #[serde(skip_serializing_if = "is_default")]
    pub push: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub win: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub then: String,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
fn yes() -> bool {
    true
}
fn is_yes(value: &bool) -> bool {
    *value
}
fn one() -> u8 {
    1
}
fn three() -> u8 {
    3
}
fn twelve() -> u8 {
    12
}
fn middle() -> Zone {
    [5, 5, 6, 6]
}
fn everywhere() -> Zone {
    [0, 0, SIDE - 1, SIDE - 1]
}

impl GameFile {
    /// Reads a file's text; `file` is the name for errors.
    ///
    /// # Errors
    /// When the text is not TOML or a field does not fit.
    pub fn parse(file: &str, text: &str) -> Result<Self, GameError> {
        let error = |field: String, problem: &str| GameError {
            file: file.into(),
            field,
            problem: problem.trim().trim_end_matches('.').replace('\n', ", "),
        };
        // By way of JSON's values, which the page reads anyway: a reader of TOML for each type of a file is a
        // tenth of the page's program.
        let value: Value = toml::from_str(text).map_err(|e| {
            let before = e.span().map_or(&[][..], |s| &text.as_bytes()[..s.start.min(text.len())]);
            let line = 1 + before.iter().filter(|&&byte| byte == b'\n').count();
            error(format!("line {line}"), &format!("this is not TOML: {}", e.message()))
        })?;
        serde_path_to_error::deserialize(value)
            .map_err(|e| error(field_name(e.path()), &e.inner().to_string()))
    }

    /// The file as an author would write it.
    ///
    /// # Errors
    /// Never, for what was read from a file; else what TOML can't say.
    #[cfg(feature = "cli")]
    pub fn to_toml(&self) -> Result<String, toml::ser::Error> {
        toml::to_string(self)
    }

    /// Checks what holds for boards and desks alike.
    ///
    /// # Errors
    /// The field and what is wrong with it.
    pub(super) fn check(&self) -> Result<(), Problem> {
        checks::in_range("steps", self.steps, 10, 2000)?;
        checks::desk_or_board(self)?;
        checks::twist(self)
    }
}

/// A path such as `thing[0].motion` as our own checks name it: `thing 1, motion`.
fn field_name(path: &Path) -> String {
    let mut name = String::new();
    for segment in path.iter() {
        match segment {
            Segment::Seq { index } => name += &format!(" {}", index + 1),
            Segment::Map { key: word } | Segment::Enum { variant: word } => {
                name += if name.is_empty() { "" } else { ", " };
                name += word;
            }
            Segment::Unknown => {}
        }
    }
    if name.is_empty() { "the file".into() } else { name }
}
