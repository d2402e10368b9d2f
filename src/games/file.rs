//! A game as an author writes it: one TOML file. Reading it never fails halfway: the answer is a
//! game, or one sentence that names the file, the field and what is allowed.

use super::desk::DeskFile;
use super::grid::{CELLS, Cells, Heading, SIDE, cell};
use super::rules::{
    Effect, Effects, Fires, Kind, Map, Motion, Refill, Rules, Spawn, Teleport, Then, Walls, Zone,
};
use super::sprite::Sprite;
use super::{Family, Split};
use crate::env::Action;
use serde::{Deserialize, Serialize};
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

fn problem<T>(field: impl Into<String>, problem: impl Into<String>) -> Result<T, Problem> {
    Err((field.into(), problem.into()))
}

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

/// The whole file. Fields that may be left out have the defaults that [`Rules`] describes.
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

/// See [`Refill`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct RefillFile {
    pub of: Vec<String>,
    #[serde(default)]
    pub bonus: i16,
}

/// See [`Rules::twist`].
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
#[allow(missing_docs)]
pub struct TwistFile {
    #[serde(skip_serializing_if = "is_default")]
    pub at: Option<u16>,
    #[serde(skip_serializing_if = "is_default")]
    pub trade: Vec<[String; 2]>,
}

/// See [`Kind`] and [`Effects`].
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

/// See [`Fires`].
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
#[allow(missing_docs)]
pub struct FiresFile {
    pub what: String,
    pub every: u16,
    #[serde(default, skip_serializing_if = "is_default")]
    pub to: Option<Heading>,
}

/// See [`Effect`]; `then` is `stay`, `vanish`, `respawn` or `become COLOUR SHAPE`.
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
        let toml = toml::Deserializer::parse(text).map_err(|e| {
            let line = e.span().map_or(1, |s| text[..s.start.min(text.len())].lines().count().max(1));
            error(format!("line {line}"), &format!("this is not TOML: {}", e.message()))
        })?;
        serde_path_to_error::deserialize(toml).map_err(|e| {
            let field = match e.path().to_string() {
                path if path == "." => "the file".into(),
                path => path,
            };
            error(field, e.inner().message())
        })
    }

    /// Checks an arcade game and compiles it.
    ///
    /// # Errors
    /// The field and what is wrong with it.
    pub(super) fn compile(&self) -> Result<Rules, Problem> {
        let sprites = self.sprites()?;
        let kind_of = |field: &str, name: &str| {
            let listed = || sprites.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            match sprites.iter().position(|s| s.to_string() == name) {
                Some(kind) => Ok(kind as u8),
                None => problem(field, format!("“{name}” is not a thing of this game; it has {}", listed())),
            }
        };
        let pair =
            |field: &str, [a, b]: &[String; 2]| Ok::<_, Problem>((kind_of(field, a)?, kind_of(field, b)?));
        in_range("steps", self.steps, 10, 2000)?;
        in_range("lives", self.lives, 1, 9)?;
        in_range("range", self.range, 1, 12)?;
        if let Some(fuel) = self.fuel {
            in_range("fuel", fuel, 5, 99)?;
        }
        zone("start", self.start)?;
        straight("aim", self.aim)?;
        let (kinds, effects): (Vec<Kind>, Vec<Effects>) = self
            .thing
            .iter()
            .zip(&sprites)
            .enumerate()
            .map(|(i, (thing, &sprite))| thing.compile(&format!("thing {}", i + 1), sprite, &kind_of))
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .unzip();
        let swap = self.swap.as_ref().map(|p| pair("swap", p)).transpose()?;
        if swap.is_none() && effects.iter().any(|e| e.each().iter().any(|(_, e)| e.swap > 0)) {
            return problem("swap", "some effect swaps, so name the two sprites that trade effects");
        }
        let refill = match &self.refill {
            None => None,
            Some(refill) if refill.of.is_empty() => {
                return problem("refill, of", "it names nothing; name at least one thing of this game");
            }
            Some(refill) => Some(Refill {
                of: refill.of.iter().map(|name| kind_of("refill, of", name)).collect::<Result<_, _>>()?,
                bonus: refill.bonus,
            }),
        };
        let trades = self.twist.iter().flat_map(|t| &t.trade);
        let mut twist = trades.map(|p| pair("twist, trade", p)).collect::<Result<Vec<_>, _>>()?;
        if twist.is_empty() {
            twist = best_and_worst(&effects).into_iter().collect();
        }
        Ok(Rules {
            actions: self.actions(),
            steps: self.steps,
            lives: self.lives,
            fuel: self.fuel,
            aim: self.aim,
            range: self.range,
            walls: self.walls,
            soil: self.soil,
            map: self.map.as_deref().map(|map| self.read_map(map, &kind_of)).transpose()?,
            mirror: self.mirror,
            start: self.start,
            kinds,
            effects,
            swap,
            refill,
            twist,
            twist_at: self.twist.as_ref().and_then(|t| t.at),
        })
    }

    /// The sprites of all things: each with a shape of its own, from the pairs that the split allows.
    fn sprites(&self) -> Result<Vec<Sprite>, Problem> {
        in_range("thing", self.thing.len(), 1, 10)?;
        let mut sprites: Vec<Sprite> = Vec::new();
        for (i, thing) in self.thing.iter().enumerate() {
            let field = format!("thing {}, sprite", i + 1);
            let sprite: Sprite = thing.sprite.parse().map_err(|e| (field.clone(), e))?;
            if let Some(twin) = sprites.iter().find(|s| s.shape == sprite.shape) {
                return problem(
                    field,
                    format!(
                        "“{sprite}” has the shape of “{twin}”; give every thing a shape of its own, so that nobody needs the colours to tell them apart"
                    ),
                );
            }
            if sprite.is_held_out() != (self.split == Split::Unseen) {
                let free: Vec<_> = Sprite::all()
                    .filter(|s| s.shape == sprite.shape && s.is_held_out() != sprite.is_held_out())
                    .map(|s| s.to_string())
                    .collect();
                let kept = if sprite.is_held_out() {
                    "is kept for unseen games"
                } else {
                    "is not kept for unseen games"
                };
                return problem(field, format!("“{sprite}” {kept}; take one of {}", free.join(", ")));
            }
            sprites.push(sprite);
        }
        Ok(sprites)
    }

    fn actions(&self) -> Vec<Action> {
        let mut actions = match self.moves {
            Moves::All => vec![Action::Up, Action::Down, Action::Left, Action::Right],
            Moves::Row => vec![Action::Left, Action::Right],
            Moves::Column => vec![Action::Up, Action::Down],
        };
        actions.extend(self.fire.then_some(Action::Fire));
        actions.push(Action::Wait);
        actions
    }

    fn read_map(
        &self,
        text: &str,
        kind_of: &impl Fn(&str, &str) -> Result<u8, Problem>,
    ) -> Result<Map, Problem> {
        let lines: Vec<Vec<char>> = text.trim_matches('\n').lines().map(|l| l.chars().collect()).collect();
        if lines.len() != usize::from(SIDE) || lines.iter().any(|l| l.len() != usize::from(SIDE)) {
            let widths: Vec<_> = lines.iter().map(|l| l.len().to_string()).collect();
            return problem(
                "map",
                format!(
                    "it must be 12 lines of 12 characters, and has {} of {}",
                    lines.len(),
                    widths.join(", ")
                ),
            );
        }
        let mut map =
            Map { walls: Cells::default(), soil: Cells::default(), start: None, things: Vec::new() };
        let starts = lines.iter().flatten().filter(|&&letter| letter == '@').count();
        if starts != 1 {
            return problem("map", format!("the player begins at one @, and there are {starts}"));
        }
        for (y, line) in lines.iter().enumerate() {
            for (x, &letter) in line.iter().enumerate() {
                let cell = cell(x as u8, y as u8);
                debug_assert!(usize::from(cell) < CELLS);
                match letter {
                    '#' => map.walls.insert(cell),
                    ':' => map.soil.insert(cell),
                    '.' => {}
                    '@' => map.start = Some(cell),
                    _ => match self.legend.get(&letter) {
                        Some(name) => map.things.push((cell, kind_of("legend", name)?)),
                        None => {
                            return problem(
                                "map",
                                format!(
                                    "‘{letter}’ in line {} is not in the legend; else allowed are # wall, : soil, . floor and @ the player",
                                    y + 1
                                ),
                            );
                        }
                    },
                }
            }
        }
        Ok(map)
    }
}

impl ThingFile {
    fn compile(
        &self,
        at: &str,
        sprite: Sprite,
        kind_of: &impl Fn(&str, &str) -> Result<u8, Problem>,
    ) -> Result<(Kind, Effects), Problem> {
        let field = |name: &str| format!("{at}, {name}");
        in_range(&field("pace"), self.pace, 1, 4)?;
        in_range(&field("count"), self.count, 0, 40)?;
        zone(&field("zone"), self.zone)?;
        if self.motion == Motion::Dart && self.pace != 1 {
            return problem(field("pace"), "a dart moves at every step, so its pace must be 1");
        }
        if let Some(spawn) = self.spawn {
            in_range(&field("spawn, every"), spawn.every, 1, 500)?;
            in_range(&field("spawn, most"), spawn.most, 1, 40)?;
        }
        let fires = match &self.fires {
            None => None,
            Some(fires) => {
                in_range(&field("fires, every"), fires.every, 1, 100)?;
                straight(&field("fires, to"), fires.to)?;
                Some(Fires {
                    what: kind_of(&field("fires, what"), &fires.what)?,
                    every: fires.every,
                    to: fires.to,
                })
            }
        };
        let onto = self.onto.as_ref().map(|name| kind_of(&field("onto"), name)).transpose()?;
        if onto.is_some() && self.drop == EffectFile::default() {
            return problem(
                field("drop"),
                "it may be pushed onto something, so say what that does, such as drop = { score = 2, then = \"respawn\" }",
            );
        }
        let kind = Kind {
            sprite,
            count: self.count,
            zone: self.zone,
            motion: self.motion,
            pace: self.pace,
            wraps: self.wraps,
            spawn: self.spawn,
            fires,
            onto,
            newcomer: self.newcomer,
        };
        let effects = Effects {
            touch: self.touch.compile(&field("touch"), kind_of)?,
            shot: self.shot.compile(&field("shot"), kind_of)?,
            leave: self.leave.compile(&field("leave"), kind_of)?,
            drop: self.drop.compile(&field("drop"), kind_of)?,
        };
        Ok((kind, effects))
    }
}

impl EffectFile {
    fn compile(
        &self,
        at: &str,
        kind_of: &impl Fn(&str, &str) -> Result<u8, Problem>,
    ) -> Result<Effect, Problem> {
        let field = |name: &str| format!("{at}, {name}");
        in_range(&field("score"), self.score, -50, 50)?;
        in_range(&field("life"), self.life, -3, 3)?;
        in_range(&field("fuel"), self.fuel, -99, 99)?;
        in_range(&field("key"), self.key, -1, 3)?;
        for (name, steps) in [("shield", self.shield), ("slow", self.slow), ("swap", self.swap)] {
            in_range(&field(name), steps, 0, 60)?;
        }
        let then = match self.then.as_str() {
            "" | "stay" => Then::Stay,
            "vanish" => Then::Vanish,
            "respawn" => Then::Respawn,
            other => match other.strip_prefix("become ") {
                Some(name) => Then::Become(kind_of(&field("then"), name)?),
                None => {
                    return problem(
                        field("then"),
                        format!(
                            "“{other}” is unknown; write stay, vanish, respawn, or become with a sprite of this game, such as become red ring"
                        ),
                    );
                }
            },
        };
        Ok(Effect {
            score: self.score,
            life: self.life,
            fuel: self.fuel,
            key: self.key,
            door: self.door,
            teleport: self.teleport,
            shield: self.shield,
            slow: self.slow,
            swap: self.swap,
            push: self.push,
            win: self.win,
            then,
        })
    }
}

/// The kinds that do most good and most harm: what a twist trades where the file does not say.
fn best_and_worst(effects: &[Effects]) -> Option<(u8, u8)> {
    let worth = |&(_, e): &(usize, &Effects)| e.worth();
    let best = effects.iter().enumerate().max_by_key(worth)?;
    let worst = effects.iter().enumerate().min_by_key(worth)?;
    (best.0 != worst.0).then_some((best.0 as u8, worst.0 as u8))
}

fn in_range<T: PartialOrd + std::fmt::Display>(
    field: &str,
    value: T,
    low: T,
    high: T,
) -> Result<(), Problem> {
    if value < low || value > high {
        return problem(field, format!("{value} is out of range; it may be {low} to {high}"));
    }
    Ok(())
}

fn zone(field: &str, [x0, y0, x1, y1]: Zone) -> Result<(), Problem> {
    if x0 > x1 || y0 > y1 || x1 >= SIDE || y1 >= SIDE {
        return problem(
            field,
            format!(
                "[{x0}, {y0}, {x1}, {y1}] is no rectangle on the board; write [left, top, right, bottom], each 0 to 11"
            ),
        );
    }
    Ok(())
}

fn straight(field: &str, heading: Option<Heading>) -> Result<(), Problem> {
    match heading {
        Some(heading) if !Heading::STRAIGHT.contains(&heading) => {
            problem(field, format!("“{heading}” is not allowed here; write up, right, down or left"))
        }
        _ => Ok(()),
    }
}
