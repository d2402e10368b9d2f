//! Which thing is in which cell: putting things on the board, moving them, taking them away.

use super::{Arcade, Thing};
use crate::games::grid::{self, Cell, NONE, distance};
use crate::games::rules::Kind;
use rand::RngExt;
use std::sync::Arc;

impl Arcade {
    /// How many of a kind are on the board.
    pub(super) fn count(&self, kind: u8) -> usize {
        self.things.iter().filter(|t| t.cell != NONE && t.kind == kind).count()
    }

    /// Puts the first ones of some kinds on the board.
    pub(super) fn scatter(&mut self, which: impl Fn(&Kind) -> bool) {
        let rules = Arc::clone(&self.rules);
        for (index, kind) in rules.kinds.iter().enumerate().filter(|(_, kind)| which(kind)) {
            for _ in 0..kind.count {
                if let Some(cell) = self.find_free(kind.zone, 2) {
                    self.add(index as u8, cell);
                }
            }
        }
    }

    pub(super) fn add(&mut self, kind: u8, cell: Cell) -> Option<u8> {
        let heading = self.first_heading(kind);
        let thing = Thing { kind, cell, heading, trail: NONE };
        let gone = self.things.iter().position(|t| t.cell == NONE);
        let slot = match gone {
            Some(slot) => {
                self.things[slot] = thing;
                slot
            }
            None => {
                self.things.try_push(thing).ok()?;
                self.things.len() - 1
            }
        };
        self.soil.remove(cell);
        self.at[usize::from(cell)] = slot as u8;
        Some(slot as u8)
    }

    pub(super) fn remove(&mut self, slot: u8) {
        let thing = &mut self.things[usize::from(slot)];
        if thing.cell != NONE {
            self.at[usize::from(thing.cell)] = NONE;
            thing.cell = NONE;
        }
    }

    pub(super) fn place(&mut self, slot: u8, cell: Cell) {
        self.remove(slot);
        self.things[usize::from(slot)].cell = cell;
        self.soil.remove(cell);
        self.at[usize::from(cell)] = slot;
    }

    /// A random cell of a zone that is not taken, preferably `away` steps from the player. Soil
    /// gives way.
    pub(super) fn find_free(&mut self, [x0, y0, x1, y1]: [u8; 4], away: u8) -> Option<Cell> {
        let taken = |s: &Self, c: Cell| s.at[usize::from(c)] != NONE || c == s.player || s.walls.has(c);
        for attempt in 0..24 {
            let x = self.rng.random_range(u32::from(x0)..=u32::from(x1)) as u8;
            let y = self.rng.random_range(u32::from(y0)..=u32::from(y1)) as u8;
            let cell = grid::cell(x, y);
            let far = attempt >= 16 || distance(cell, self.player) >= away;
            if far && !taken(self, cell) {
                return Some(cell);
            }
        }
        (y0..=y1).flat_map(|y| (x0..=x1).map(move |x| grid::cell(x, y))).find(|&c| !taken(self, c))
    }
}
