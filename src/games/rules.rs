//! The rules of an arcade game: which kinds of things there are, how they move, and the hidden
//! effects of meeting them.

use super::grid::{Cell, Cells, Heading};
use super::sprite::Sprite;
use crate::env::Action;
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;

/// How a kind of thing moves by itself.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Motion {
    /// Stays where it is.
    #[default]
    Still,
    /// To and fro along its row.
    PatrolX,
    /// Up and down its column.
    PatrolY,
    /// Downwards; rests on what is below; leaves the board at the bottom.
    Fall,
    /// Upwards, and off the board at the top.
    Rise,
    /// To the left, and off the board.
    DriftLeft,
    /// To the right, and off the board.
    DriftRight,
    /// Towards the player.
    Chase,
    /// Away from the player.
    Flee,
    /// Straight on, with a turn now and then.
    Wander,
    /// Obliquely, bouncing off walls, things and the player.
    Bounce,
    /// Straight on until it hits something, and is gone: a shot.
    Dart,
}

impl Motion {
    /// The heading of a motion that never turns.
    pub(super) const fn drift(self) -> Option<Heading> {
        match self {
            Motion::Fall => Some(Heading::Down),
            Motion::Rise => Some(Heading::Up),
            Motion::DriftLeft => Some(Heading::Left),
            Motion::DriftRight => Some(Heading::Right),
            _ => None,
        }
    }
}

/// Where a teleport leads to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Teleport {
    /// Beside another thing of the same kind.
    Twin,
    /// To a random free cell.
    Anywhere,
    /// To where the player began.
    Home,
}

/// What becomes of a thing after it took effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Then {
    /// It stays, and is in the way.
    #[default]
    Stay,
    /// It is gone.
    Vanish,
    /// It appears elsewhere in its zone.
    Respawn,
    /// It turns into another kind, by index.
    Become(u8),
}

/// What happens on one kind of meeting. The default does nothing: the thing is in the way.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Effect {
    /// Points.
    pub score: i16,
    /// Lives; a loss is stopped by a shield, and they never fall below none.
    pub life: i8,
    /// Fuel.
    pub fuel: i16,
    /// Keys.
    pub key: i8,
    /// Needs a key, and takes it; without one the thing is in the way.
    pub door: bool,
    /// Moves the player.
    pub teleport: Option<Teleport>,
    /// Steps for which no meeting takes lives. It does not stop the loss by running dry.
    pub shield: u8,
    /// Steps for which all things move at half their pace.
    pub slow: u8,
    /// Steps for which the two kinds named by [`Rules::swap`] trade effects.
    pub swap: u8,
    /// The player pushes the thing.
    pub push: bool,
    /// The episode ends.
    pub win: bool,
    /// What becomes of the thing.
    pub then: Then,
}

impl Effect {
    /// Whether anything happens at all.
    pub fn is_none(&self) -> bool {
        *self == Effect::default()
    }
}

/// How something meets a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Trigger {
    /// The player and the thing run into each other.
    Touch,
    /// The player's shot hits it.
    Shot,
    /// It leaves the board.
    Leave,
    /// It is pushed onto the kind that its [`Kind::onto`] names.
    Drop,
}

/// The hidden effects of one kind of thing, one for each [`Trigger`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Effects {
    /// On touch.
    pub touch: Effect,
    /// When shot.
    pub shot: Effect,
    /// On leaving the board.
    pub leave: Effect,
    /// When pushed onto its target.
    pub drop: Effect,
}

impl Effects {
    /// All four with their triggers.
    pub fn each(&self) -> [(Trigger, &Effect); 4] {
        [
            (Trigger::Touch, &self.touch),
            (Trigger::Shot, &self.shot),
            (Trigger::Leave, &self.leave),
            (Trigger::Drop, &self.drop),
        ]
    }

    /// Rough worth of meeting the kind in the usual way, in points.
    pub(super) fn worth(&self) -> i32 {
        self.each()
            .iter()
            .map(|(_, e)| {
                i32::from(e.score) + 4 * i32::from(e.life) + i32::from(e.key) + i32::from(e.fuel) / 10
            })
            .sum()
    }
}

/// Where a kind may be put: columns and rows from the first corner to the second, both included.
pub type Zone = [u8; 4];

/// How more of a kind come in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Spawn {
    /// One comes every so many steps.
    pub every: u16,
    /// While there are fewer than this.
    pub most: u8,
}

/// How a kind shoots.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fires {
    /// The kind it shoots, by index.
    pub what: u8,
    /// It shoots every so many steps.
    pub every: u16,
    /// Which way; `None`: at the player, when in line.
    pub to: Option<Heading>,
}

/// A kind of thing: all that the picture shows of it. What it does is in [`Effects`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kind {
    /// What it looks like; no two kinds of a game look the same.
    pub sprite: Sprite,
    /// How many there are at first.
    pub count: u8,
    /// Where they are put.
    pub zone: Zone,
    /// How they move.
    pub motion: Motion,
    /// They move every so many steps.
    pub pace: u8,
    /// A drifting one that leaves comes in again on the other side.
    pub wraps: bool,
    /// How more come in.
    pub spawn: Option<Spawn>,
    /// How it shoots.
    pub fires: Option<Fires>,
    /// What it may be pushed onto, by kind.
    pub onto: Option<u8>,
    /// It joins at the twist only.
    pub newcomer: bool,
}

/// Walls that the seed draws.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Walls {
    /// None.
    #[default]
    Open,
    /// Around the board.
    Border,
    /// Single blocks here and there.
    Pillars,
    /// Four rooms with gaps between them.
    Rooms,
    /// A maze with loops.
    Maze,
}

/// A map drawn by hand.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Map {
    pub(super) walls: Cells,
    pub(super) soil: Cells,
    pub(super) start: Option<Cell>,
    pub(super) things: Vec<(Cell, u8)>,
}

/// When all of some kinds are gone, they come back, with a bonus.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Refill {
    /// The kinds that must all be gone.
    pub of: Vec<u8>,
    /// Points for it.
    pub bonus: i16,
}

/// A complete arcade game.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rules {
    /// The legal actions, the idle one last.
    pub actions: Vec<Action>,
    /// The episode's limit in steps.
    pub steps: u16,
    /// Lives at first.
    pub lives: u8,
    /// Fuel at first and after running dry, which costs a life, shield or not; one is used a step.
    pub fuel: Option<u16>,
    /// The facing when it does not follow the movement.
    pub aim: Option<Heading>,
    /// How many cells a shot goes.
    pub range: u8,
    /// The walls that the seed draws, where there is no map.
    pub walls: Walls,
    /// Soil covers the free floor: the player digs through it, nothing else does.
    pub soil: bool,
    /// A map drawn by hand.
    pub map: Option<Map>,
    /// Whether the seed may mirror the map left to right.
    pub mirror: bool,
    /// Where the player begins, where no map says it.
    pub start: Zone,
    /// The kinds of things.
    pub kinds: Vec<Kind>,
    /// Their hidden effects, one for each kind.
    pub effects: Vec<Effects>,
    /// The two kinds that trade effects while [`Effect::swap`] lasts.
    pub swap: Option<(u8, u8)>,
    /// What comes back when it is all gone.
    pub refill: Option<Refill>,
    /// The kinds whose effects a twist trades.
    pub twist: Vec<(u8, u8)>,
    /// The step at which the twist comes by itself, unless it holds already.
    pub twist_at: Option<u16>,
}

impl Rules {
    /// Has the kinds look like these sprites, in their order; those beyond the list stay as they are.
    pub(super) fn dress(&mut self, sprites: &[Sprite]) {
        self.kinds.iter_mut().zip(sprites).for_each(|(kind, &sprite)| kind.sprite = sprite);
    }

    /// The names of all mechanics that the game is built of.
    pub(super) fn mechanics(&self) -> BTreeSet<String> {
        let mut set = BTreeSet::new();
        let mut has = |name: &str, when: bool| {
            if when {
                set.insert(name.to_string());
            }
        };
        has("fuel", self.fuel.is_some());
        has("fire", self.actions.contains(&Action::Fire));
        has("aim", self.aim.is_some());
        has("soil", self.soil || self.map.as_ref().is_some_and(|m| m.soil != Cells::default()));
        has("refill", self.refill.is_some());
        has("row", !self.actions.contains(&Action::Up));
        has("column", !self.actions.contains(&Action::Left));
        has("maze", self.walls == Walls::Maze);
        has("twist", self.twist_at.is_some());
        for (kind, effects) in self.kinds.iter().zip(&self.effects) {
            let motion = format!("{:?}", kind.motion).to_lowercase();
            has(&format!("motion {motion}"), kind.motion != Motion::Still);
            has("wraps", kind.wraps);
            has("spawn", kind.spawn.is_some());
            has("fires", kind.fires.is_some());
            has("newcomer", kind.newcomer);
            for (trigger, effect) in effects.each() {
                let trigger = format!("{trigger:?}").to_lowercase();
                let mut has = |what: &str, when: bool| has(&format!("{trigger} {what}"), when);
                has("score +", effect.score > 0);
                has("score -", effect.score < 0);
                has("life +", effect.life > 0);
                has("life -", effect.life < 0);
                has("fuel +", effect.fuel > 0);
                has("fuel -", effect.fuel < 0);
                has("key", effect.key > 0);
                has("door", effect.door);
                has("teleport", effect.teleport.is_some());
                has("shield", effect.shield > 0);
                has("slow", effect.slow > 0);
                has("swap", effect.swap > 0);
                has("push", effect.push);
                has("win", effect.win);
                has("become", matches!(effect.then, Then::Become(_)));
            }
        }
        set
    }
}
