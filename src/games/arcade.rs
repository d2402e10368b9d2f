//! The arcade engine: plays any [`Rules`].
//!
//! One thing a cell. In a step the player acts first, then every thing moves in the order in which
//! it came, then things shoot and come in, then time passes (fuel, shields, the step limit).

mod board;
mod meeting;
mod motion;

use super::grid::{CELLS, Cell, Cells, Heading, NONE, neighbour, xy};
use super::rules::{Effects, Rules, Trigger};
use super::sprite::Sprite;
use crate::env::{Action, Outcome, Reading, Status, Value};
use arrayvec::ArrayVec;
use rand::SeedableRng;
use rand_pcg::Pcg32;
use std::sync::Arc;

/// Most things on a board at once.
pub(super) const MOST_THINGS: usize = 64;

/// A thing on the board; gone when it is in no cell.
#[derive(Debug, Clone, Copy)]
pub(super) struct Thing {
    pub kind: u8,
    pub cell: Cell,
    /// Where it goes; a chaser and a fleer go by where the player is instead.
    pub heading: Option<Heading>,
    /// The cell it left in this step.
    pub trail: Cell,
}

/// Something that happened in a step: which kind of thing was met, and how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Event {
    /// How it was met.
    pub trigger: Trigger,
    /// The kind, an index into [`Rules::kinds`].
    pub kind: u8,
    /// Whether it took effect; a door without a key, say, does not.
    pub took: bool,
}

/// A thing as a person sees it in the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sighting {
    /// What it looks like.
    pub sprite: Sprite,
    /// Column, 0 at the left.
    pub x: u8,
    /// Row, 0 at the top.
    pub y: u8,
    /// Where it goes next, as the mark on it shows; none if it stays.
    pub heading: Option<Heading>,
    /// Whether it goes there in the step to come: a mark that rests is dimmer.
    pub moves: bool,
}

/// What a cell is made of, as a person sees it in the picture.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ground {
    /// Free to walk on.
    Floor,
    /// In the way.
    Wall,
    /// The player digs through it.
    Soil,
}

/// An arcade game in progress.
#[derive(Debug, Clone)]
pub struct Arcade {
    pub(super) rules: Arc<Rules>,
    /// What is true now: one entry a kind.
    pub(super) effects: Arc<[Effects]>,
    /// The things that the map puts somewhere, as the seed mirrored it.
    pub(super) placed: Arc<[(Cell, u8)]>,
    pub(super) walls: Cells,
    pub(super) soil: Cells,
    pub(super) things: ArrayVec<Thing, MOST_THINGS>,
    /// The thing in each cell, an index into `things`.
    pub(super) at: [u8; CELLS],
    pub(super) player: Cell,
    pub(super) start: Cell,
    pub(super) facing: Heading,
    pub(super) score: i32,
    pub(super) lives: i32,
    pub(super) keys: u8,
    pub(super) fuel: i32,
    pub(super) shield: u8,
    pub(super) slow: u8,
    pub(super) swap: u8,
    pub(super) tick: u16,
    pub(super) done: bool,
    /// How often it was twisted: after an odd number the twist's trades hold.
    pub(super) twists: u32,
    /// Where the shot of this step came from: what it hit may have sent the player elsewhere.
    pub(super) muzzle: Cell,
    /// How far it went.
    pub(super) beam: u8,
    pub(super) events: ArrayVec<Event, 16>,
    pub(super) rng: Pcg32,
}

impl Arcade {
    /// Most keys that one can carry.
    pub(super) const MOST_KEYS: u8 = 9;
    /// Most lives that one can have.
    const MOST_LIVES: i32 = 9;

    /// Begins an episode.
    pub fn new(rules: Arc<Rules>, seed: u32) -> Self {
        let mut rng = Pcg32::seed_from_u64(u64::from(seed));
        let layout = super::layout::draw(&rules, &mut rng);
        let mut arcade = Self {
            effects: rules.effects.clone().into(),
            placed: layout.things.into(),
            walls: layout.walls,
            soil: layout.soil,
            things: ArrayVec::new(),
            at: [NONE; CELLS],
            player: layout.start,
            start: layout.start,
            facing: rules.aim.unwrap_or(Heading::Up),
            score: 0,
            lives: i32::from(rules.lives),
            keys: 0,
            fuel: i32::from(rules.fuel.unwrap_or(0)),
            shield: 0,
            slow: 0,
            swap: 0,
            tick: 0,
            done: false,
            twists: 0,
            muzzle: layout.start,
            beam: 0,
            events: ArrayVec::new(),
            rng,
            rules,
        };
        for &(cell, kind) in Arc::clone(&arcade.placed).iter() {
            arcade.add(kind, cell);
        }
        arcade.scatter(|kind| !kind.newcomer);
        arcade
    }

    /// The rules it plays by, hidden effects included: for planners and for measuring, never for
    /// an agent.
    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Goes on in other clothes: see [`super::Game::dressed`].
    pub fn dress(&mut self, sprites: &[Sprite]) {
        Arc::make_mut(&mut self.rules).dress(sprites);
    }

    /// The effects that hold now, one entry a kind: for planners and for measuring, never for an agent.
    pub fn effects(&self) -> &[Effects] {
        &self.effects
    }

    /// What happened in the last step.
    pub fn events(&self) -> &[Event] {
        &self.events
    }

    /// Where the player is: column and row.
    pub fn player(&self) -> (u8, u8) {
        xy(self.player)
    }

    /// Where the player faces: its shots go there.
    pub fn facing(&self) -> Heading {
        self.facing
    }

    /// What the cell beside the player is made of; beyond the edge it is a wall.
    pub fn beside(&self, heading: Heading) -> Ground {
        neighbour(self.player, heading).map_or(Ground::Wall, |cell| self.ground(cell))
    }

    /// What each cell is made of, row by row.
    pub fn grounds(&self) -> [Ground; CELLS] {
        std::array::from_fn(|cell| self.ground(cell as Cell))
    }

    fn ground(&self, cell: Cell) -> Ground {
        match cell {
            _ if self.soil.has(cell) => Ground::Soil,
            _ if self.walls.has(cell) => Ground::Wall,
            _ => Ground::Floor,
        }
    }

    /// Every thing in the picture, row by row.
    pub fn sightings(&self) -> Vec<Sighting> {
        let sight = |&slot: &u8| {
            let thing = self.things.get(usize::from(slot))?;
            let (x, y) = xy(thing.cell);
            let sprite = self.rules.kinds[usize::from(thing.kind)].sprite;
            Some(Sighting { sprite, x, y, heading: self.steer(thing), moves: self.moves_next(thing.kind) })
        };
        self.at.iter().filter_map(sight).collect()
    }

    /// Where the things in the picture will be while the player waits, one entry each as
    /// [`Arcade::sightings`] lists them: the cells of the next `steps` steps, until it is gone.
    pub fn foresee(&self, steps: usize) -> Vec<Vec<(u8, u8)>> {
        let slots: Vec<u8> = self.at.iter().copied().filter(|&slot| slot != NONE).collect();
        let mut paths = vec![Vec::with_capacity(steps); slots.len()];
        let mut later = self.clone();
        for step in 0..steps {
            later.step(Action::Wait);
            for (path, &slot) in paths.iter_mut().zip(&slots) {
                let (now, then) = (self.things[usize::from(slot)], later.things[usize::from(slot)]);
                if path.len() == step && then.cell != NONE && then.kind == now.kind {
                    path.push(xy(then.cell));
                }
            }
        }
        paths
    }

    /// The legal actions.
    pub fn actions(&self) -> &[Action] {
        &self.rules.actions
    }

    /// What stands beside the frame.
    pub fn status(&self) -> Status {
        let mut readings = ArrayVec::new();
        let mut show = |name: &'static str, value: i32, always: bool| {
            if always || value > 0 {
                readings.push(Reading { name: name.into(), value: Value::Count(value) });
            }
        };
        show("fuel", self.fuel, self.rules.fuel.is_some());
        show("keys", i32::from(self.keys), false);
        show("shield", i32::from(self.shield), false);
        show("slow", i32::from(self.slow), false);
        show("swap", i32::from(self.swap), false);
        Status { score: self.score, lives: self.lives, readings }
    }

    /// Plays one step.
    pub fn step(&mut self, action: Action) -> Outcome {
        self.events.clear();
        self.beam = 0;
        let (score, lives) = (self.score, self.lives);
        if !self.done {
            match action {
                _ if !self.rules.actions.contains(&action) => {}
                Action::Fire => self.fire(),
                _ => self.walk(action),
            }
            self.move_things();
            self.shoot_and_spawn();
            self.refill();
            self.pass_time();
        }
        Outcome { score: self.score - score, lives: self.lives - lives, done: self.done }
    }

    /// Trades hidden effects as the game's twist says, and the next time trades them back. The
    /// first time newcomers join, for good. Where one twisted already, the twist that the game has
    /// for a certain step does not come.
    pub fn twist(&mut self) {
        let rules = Arc::clone(&self.rules);
        let mut effects = self.effects.to_vec();
        let mut trade = |&(a, b): &(u8, u8)| effects.swap(usize::from(a), usize::from(b));
        // Trades may overlap: back they go in the opposite order.
        if self.is_twisted() {
            rules.twist.iter().rev().for_each(&mut trade);
        } else {
            rules.twist.iter().for_each(&mut trade);
        }
        self.effects = effects.into();
        if self.twists == 0 {
            self.scatter(|kind| kind.newcomer);
        }
        self.twists += 1;
    }

    /// Whether what the twist trades is traded now.
    pub(super) fn is_twisted(&self) -> bool {
        self.twists % 2 == 1
    }

    /// The effects that hold for a kind at this moment.
    #[inline]
    pub(super) fn effects_of(&self, kind: u8) -> &Effects {
        let kind = match self.rules.swap {
            Some((a, b)) if self.swap > 0 && kind == a => b,
            Some((a, b)) if self.swap > 0 && kind == b => a,
            _ => kind,
        };
        &self.effects[usize::from(kind)]
    }

    /// Whether nothing stands in a cell: no wall, soil, thing or player.
    #[inline]
    pub(super) fn is_free(&self, cell: Cell) -> bool {
        self.at[usize::from(cell)] == NONE
            && cell != self.player
            && !self.walls.has(cell)
            && !self.soil.has(cell)
    }

    fn walk(&mut self, action: Action) {
        let Some(heading) = Heading::of(action) else { return };
        if self.rules.aim.is_none() {
            self.facing = heading;
        }
        let Some(next) = neighbour(self.player, heading) else { return };
        if self.walls.has(next) {
            return;
        }
        self.soil.remove(next);
        let here = self.player;
        let slot = self.at[usize::from(next)];
        if slot != NONE {
            self.touch(slot, Some(heading));
        }
        // A teleport may have moved the player already.
        if self.at[usize::from(next)] == NONE && self.player == here {
            self.player = next;
        }
    }

    fn shoot_and_spawn(&mut self) {
        let rules = Arc::clone(&self.rules);
        for (index, kind) in rules.kinds.iter().enumerate() {
            let index = index as u8;
            if let Some(fires) = kind.fires
                && self.tick % fires.every == fires.every - 1
            {
                for slot in 0..self.things.len() {
                    if self.things[slot].kind == index && self.things[slot].cell != NONE {
                        self.shoot(self.things[slot].cell, fires.what, fires.to);
                    }
                }
            }
            if let Some(spawn) = kind.spawn
                && self.tick % spawn.every == spawn.every - 1
                && self.count(index) < usize::from(spawn.most)
                && let Some(cell) = self.find_free(kind.zone, 2)
            {
                self.add(index, cell);
            }
        }
    }

    fn shoot(&mut self, from: Cell, what: u8, to: Option<Heading>) {
        let ((x, y), (px, py)) = (xy(from), xy(self.player));
        let in_line =
            || (x == px || y == py).then(|| Heading::from_delta(px as i8 - x as i8, py as i8 - y as i8))?;
        let Some(heading) = to.or_else(in_line) else { return };
        let Some(cell) = neighbour(from, heading) else { return };
        if self.is_free(cell)
            && let Some(slot) = self.add(what, cell)
        {
            self.things[usize::from(slot)].heading = Some(heading);
        }
    }

    fn refill(&mut self) {
        let rules = Arc::clone(&self.rules);
        if let Some(refill) = &rules.refill
            && !self.events.is_empty()
            && refill.of.iter().all(|&kind| self.count(kind) == 0)
        {
            self.score += i32::from(refill.bonus);
            self.scatter(|kind| refill.of.iter().any(|&k| rules.kinds[usize::from(k)] == *kind));
            for &(cell, kind) in Arc::clone(&self.placed).iter().filter(|(_, kind)| refill.of.contains(kind))
            {
                if self.is_free(cell) {
                    self.add(kind, cell);
                }
            }
        }
    }

    fn pass_time(&mut self) {
        self.tick += 1;
        self.shield = self.shield.saturating_sub(1);
        self.slow = self.slow.saturating_sub(1);
        self.swap = self.swap.saturating_sub(1);
        if let Some(full) = self.rules.fuel {
            self.fuel -= 1;
            if self.fuel <= 0 {
                self.lives = (self.lives - 1).max(0);
                self.fuel = i32::from(full);
            }
        }
        self.done |= self.lives <= 0 || self.tick >= self.rules.steps;
        if self.rules.twist_at == Some(self.tick) && !self.is_twisted() {
            self.twist();
        }
    }
}
