//! How things move by themselves: where each goes next, and what happens on the way.

use super::{Arcade, Thing};
use crate::games::grid::{Cell, Heading, NONE, SIDE, neighbour, xy};
use crate::games::rules::{Effect, Motion, Then, Trigger};
use arrayvec::ArrayVec;
use rand::RngExt;
use rand_pcg::Pcg32;

impl Arcade {
    pub(super) fn move_things(&mut self) {
        for slot in 0..self.things.len() {
            let thing = self.things[slot];
            if thing.cell == NONE {
                continue;
            }
            self.things[slot].trail = NONE;
            if !self.moves_next(thing.kind) || self.done {
                continue;
            }
            if let Some(heading) = self.steer(&thing) {
                self.advance(slot as u8, thing, heading);
            }
        }
    }

    /// Whether a kind moves in the step to come.
    #[inline]
    pub(in crate::games) fn moves_next(&self, kind: u8) -> bool {
        let kind = &self.rules.kinds[usize::from(kind)];
        let pace = u16::from(kind.pace) * if self.slow > 0 { 2 } else { 1 };
        kind.motion != Motion::Still && self.tick.is_multiple_of(pace)
    }

    /// Where a thing goes next, given where everything is now; none if it stays. The picture shows
    /// just this.
    pub(in crate::games) fn steer(&self, thing: &Thing) -> Option<Heading> {
        let open = |heading: Heading| {
            neighbour(thing.cell, heading).is_some_and(|c| c == self.player || self.is_free(c))
        };
        let ((x, y), (px, py)) = (xy(thing.cell), xy(self.player));
        let (dx, dy) = (px as i8 - x as i8, py as i8 - y as i8);
        match self.rules.kinds[usize::from(thing.kind)].motion {
            Motion::Still => None,
            Motion::Chase => {
                let (across, along) = (Heading::from_delta(dx, 0), Heading::from_delta(0, dy));
                let (first, second) = if dx.abs() >= dy.abs() { (across, along) } else { (along, across) };
                first.filter(|&h| open(h)).or(second.filter(|&h| open(h)))
            }
            Motion::Flee => {
                let away = |&h: &Heading| {
                    let (hx, hy) = h.delta();
                    // Along the longer side last: that way it does not run into a corner at once.
                    -(i32::from(hx) * i32::from(dx) + i32::from(hy) * i32::from(dy))
                };
                let near = dx.abs() + dy.abs() <= 5;
                let mut ways =
                    Heading::STRAIGHT.into_iter().filter(|&h| near && open(h)).collect::<ArrayVec<_, 4>>();
                ways.sort_by_key(|h| std::cmp::Reverse(away(h)));
                ways.first().copied().filter(|h| away(h) >= 0)
            }
            _ => thing.heading,
        }
    }

    fn advance(&mut self, slot: u8, thing: Thing, heading: Heading) {
        let motion = self.rules.kinds[usize::from(thing.kind)].motion;
        let index = usize::from(slot);
        let next = neighbour(thing.cell, heading);
        if motion == Motion::Bounce {
            return self.bounce(slot, thing, heading);
        }
        match next {
            Some(next) if next == self.player => {
                self.touch(slot, None);
                match motion {
                    Motion::Dart => self.remove(slot),
                    Motion::PatrolX | Motion::PatrolY | Motion::Wander => {
                        self.turn(slot, thing.kind, heading.reverse());
                    }
                    _ => {}
                }
            }
            Some(next) if self.is_free(next) => {
                self.place(slot, next);
                self.things[index].trail = thing.cell;
                if motion == Motion::Wander && self.rng.random_range(0..4u32) == 0 {
                    self.things[index].heading = Some(self.any_straight());
                }
            }
            None if motion.drift().is_some() => self.leave(slot, thing, heading),
            _ => match motion {
                Motion::Dart => self.remove(slot),
                Motion::PatrolX | Motion::PatrolY => {
                    self.things[index].heading = Some(heading.reverse());
                }
                Motion::Wander => self.things[index].heading = Some(self.any_straight()),
                _ => {}
            },
        }
    }

    fn bounce(&mut self, slot: u8, thing: Thing, heading: Heading) {
        let blocked = |cell: Option<Cell>| !cell.is_some_and(|c| c == self.player || self.is_free(c));
        let (dx, dy) = heading.delta();
        let side = |dx, dy| Heading::from_delta(dx, dy).and_then(|h| neighbour(thing.cell, h));
        // The floor is no wall: what is not caught leaves.
        if dy > 0 && xy(thing.cell).1 == SIDE - 1 {
            return self.leave(slot, thing, heading);
        }
        let (flip_x, flip_y) = (blocked(side(dx, 0)), blocked(side(0, dy)));
        let mut heading = heading.mirrored(flip_x, flip_y);
        let mut next = neighbour(thing.cell, heading);
        if blocked(next) {
            heading = heading.reverse();
            next = neighbour(thing.cell, heading);
        }
        self.things[usize::from(slot)].heading = Some(heading);
        // It meets the player obliquely, or standing right above or below.
        let met = side(0, dy) == Some(self.player) || next == Some(self.player);
        if met {
            self.touch(slot, None);
            self.turn(slot, thing.kind, heading.mirrored(false, true));
        } else if let Some(next) = next.filter(|&c| self.is_free(c)) {
            self.place(slot, next);
            self.things[usize::from(slot)].trail = thing.cell;
        }
    }

    /// Turns a thing, unless the meeting made another kind of it: that one has its own heading.
    fn turn(&mut self, slot: u8, kind: u8, heading: Heading) {
        let thing = &mut self.things[usize::from(slot)];
        if thing.kind == kind {
            thing.heading = Some(heading);
        }
    }

    fn leave(&mut self, slot: u8, thing: Thing, heading: Heading) {
        if self.rules.kinds[usize::from(thing.kind)].wraps {
            let mut cell = thing.cell;
            while let Some(back) = neighbour(cell, heading.reverse()) {
                cell = back;
            }
            if self.is_free(cell) {
                self.place(slot, cell);
            }
            return;
        }
        let effect = Effect { then: Then::Vanish, ..self.effects_of(thing.kind).leave };
        self.apply(slot, effect, Trigger::Leave);
    }

    pub(super) fn first_heading(&mut self, kind: u8) -> Option<Heading> {
        let either = |rng: &mut Pcg32, a, b| if rng.random_range(0..2u32) == 0 { a } else { b };
        match self.rules.kinds[usize::from(kind)].motion {
            Motion::Still | Motion::Chase | Motion::Flee => None,
            Motion::PatrolX => Some(either(&mut self.rng, Heading::Left, Heading::Right)),
            Motion::PatrolY => Some(either(&mut self.rng, Heading::Up, Heading::Down)),
            Motion::Bounce => Some(either(&mut self.rng, Heading::DownLeft, Heading::DownRight)),
            Motion::Wander => Some(self.any_straight()),
            Motion::Dart => Some(Heading::Down),
            drifting => drifting.drift(),
        }
    }

    fn any_straight(&mut self) -> Heading {
        Heading::STRAIGHT[self.rng.random_range(0..4u32) as usize]
    }
}
