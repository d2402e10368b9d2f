//! What happens when the player, or its shot, meets a thing.

use super::{Arcade, Event};
use crate::games::grid::{Heading, NONE, SIDE, neighbour};
use crate::games::rules::{Effect, Teleport, Then, Trigger};

impl Arcade {
    pub(super) fn fire(&mut self) {
        self.muzzle = self.player;
        let mut cell = self.player;
        while let Some(next) = neighbour(cell, self.facing) {
            if self.beam == self.rules.range || self.walls.has(next) || self.soil.has(next) {
                break;
            }
            self.beam += 1;
            let slot = self.at[usize::from(next)];
            if slot != NONE {
                let effect = self.effects_of(self.things[usize::from(slot)].kind).shot;
                self.apply(slot, effect, Trigger::Shot);
                break;
            }
            cell = next;
        }
    }

    /// The player and a thing run into each other; `heading` where it was the player that moved.
    pub(super) fn touch(&mut self, slot: u8, heading: Option<Heading>) {
        let thing = self.things[usize::from(slot)];
        let effect = self.effects_of(thing.kind).touch;
        let moved_in = heading.is_none();
        if effect.push {
            if let Some(heading) = heading {
                self.push(slot, heading);
            }
        } else if effect.door && (self.keys == 0 || moved_in) {
            self.note(Trigger::Touch, thing.kind, false);
        } else {
            self.keys -= u8::from(effect.door);
            self.apply(slot, effect, Trigger::Touch);
        }
    }

    fn push(&mut self, slot: u8, heading: Heading) {
        let thing = self.things[usize::from(slot)];
        let Some(next) = neighbour(thing.cell, heading) else { return };
        let under = self.at[usize::from(next)];
        if self.is_free(next) {
            self.place(slot, next);
            self.note(Trigger::Touch, thing.kind, true);
        } else if under != NONE {
            let onto = self.rules.kinds[usize::from(thing.kind)].onto;
            if onto == Some(self.things[usize::from(under)].kind) {
                let effect = self.effects_of(thing.kind).drop;
                self.apply(slot, effect, Trigger::Drop);
            }
        }
    }

    pub(super) fn apply(&mut self, slot: u8, effect: Effect, trigger: Trigger) {
        let kind = self.things[usize::from(slot)].kind;
        self.note(trigger, kind, !effect.is_none());
        self.score += i32::from(effect.score);
        if effect.life > 0 || self.shield == 0 {
            self.lives = (self.lives + i32::from(effect.life)).clamp(0, Self::MOST_LIVES);
        }
        self.fuel = (self.fuel + i32::from(effect.fuel)).min(99);
        self.keys = self.keys.saturating_add_signed(effect.key).min(Self::MOST_KEYS);
        self.shield = self.shield.max(effect.shield);
        self.slow = self.slow.max(effect.slow);
        self.swap = self.swap.max(effect.swap);
        self.done |= effect.win || self.lives <= 0;
        match effect.then {
            Then::Stay => {}
            Then::Vanish => self.remove(slot),
            Then::Respawn => {
                self.remove(slot);
                let away = self.find_free(self.rules.kinds[usize::from(kind)].zone, 4);
                if let Some(cell) = away {
                    self.place(slot, cell);
                    self.things[usize::from(slot)].trail = NONE;
                }
            }
            Then::Become(kind) => {
                let heading = self.first_heading(kind);
                let thing = &mut self.things[usize::from(slot)];
                thing.kind = kind;
                thing.heading = heading;
            }
        }
        if let Some(to) = effect.teleport {
            self.teleport(slot, kind, to);
        }
    }

    fn teleport(&mut self, slot: u8, kind: u8, to: Teleport) {
        let target = match to {
            Teleport::Home => self.is_free(self.start).then_some(self.start),
            Teleport::Anywhere => self.find_free([0, 0, SIDE - 1, SIDE - 1], 4),
            Teleport::Twin => (0..self.things.len() as u8)
                .filter(|&other| other != slot)
                .map(|other| self.things[usize::from(other)])
                .filter(|other| other.cell != NONE && other.kind == kind)
                .find_map(|twin| {
                    let mut beside = Heading::STRAIGHT.into_iter();
                    beside.find_map(|h| neighbour(twin.cell, h).filter(|&c| self.is_free(c)))
                }),
        };
        self.player = target.unwrap_or(self.player);
        self.soil.remove(self.player);
    }

    pub(super) fn note(&mut self, trigger: Trigger, kind: u8, took: bool) {
        // More than fit in a step are beyond telling apart.
        let _ = self.events.try_push(Event { trigger, kind, took });
    }
}
