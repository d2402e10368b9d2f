//! What the trainer's auxiliary heads are to tell of each cell of a picture: what is in it, how the player gets
//! there, and where it meets what is there. A vote says one path; these are all of them, so that a small model learns
//! to look for paths from every board that it sees.

use super::odd::UNNAMED;
use super::teacher::stands;
use crate::games::Episode;
use crate::games::arcade::{Arcade, Ground};
use crate::games::grid::{Cell, Heading, neighbour};

/// What is told of a cell: 0 floor, 1 to 16 a shape, 17 the player, 18 wall, 19 soil; 0 or 1 to 9 a colour; 0 or 1
/// to 8 a heading, plus 8 if it does not move in the step to come; on which sides it has a wall, 1 for up, 2 for right,
/// 4 for down, 8 for left, added up; in how many steps the player is there, where only walls are in its way, up to 23, and
/// 24 for never; and to which sides it has to set out for that. These three are [`UNNAMED`] where there is a wall,
/// and at a desk. Then the column and the row of where the player shoots the thing in the cell from, or waits for it (see
/// [`stands`]), and in how many steps it is there, up to 23; [`UNNAMED`] where there is no such place.
pub type Label = [u8; 9];

/// Steps beyond which none are told apart, and no way at all.
const MANY: u8 = 23;
const NEVER: u8 = 24;
/// A cell of which nothing is told.
const CLOSED: Label = [0, 0, 0, UNNAMED, UNNAMED, UNNAMED, UNNAMED, UNNAMED, UNNAMED];

/// The labels of all cells, row by row; a desk has neither things nor ways.
pub fn cells(episode: &Episode) -> Vec<Label> {
    let Episode::Arcade(arcade) = episode else { return vec![CLOSED; 144] };
    let mut cells = ways(arcade);
    for (cell, ground) in cells.iter_mut().zip(arcade.grounds()) {
        cell[0] = match ground {
            Ground::Floor => 0,
            Ground::Wall => 18,
            Ground::Soil => 19,
        };
    }
    for (thing, stand) in arcade.sightings().into_iter().zip(stands(arcade)) {
        let rest = if thing.moves { 0 } else { 8 };
        let told = [
            1 + thing.sprite.shape as u8,
            1 + thing.sprite.colour as u8,
            thing.heading.map_or(0, |heading| 1 + heading as u8 + rest),
        ];
        let cell = &mut cells[usize::from(thing.y) * 12 + usize::from(thing.x)];
        cell[..3].copy_from_slice(&told);
        if let Some((x, y, steps)) = stand {
            cell[6..].copy_from_slice(&[x, y, steps.min(MANY)]);
        }
    }
    let (x, y) = arcade.player();
    cells[usize::from(y) * 12 + usize::from(x)][..3].copy_from_slice(&[17, 0, 1 + arcade.facing() as u8]);
    cells
}

/// The labels of ways, with nothing in the cells yet.
fn ways(arcade: &Arcade) -> Vec<Label> {
    let grounds = arcade.grounds();
    let beside = |cell: Cell, way: Heading| {
        neighbour(cell, way).filter(|&next| grounds[usize::from(next)] != Ground::Wall)
    };
    let sides = || Heading::STRAIGHT.into_iter().enumerate().map(|(side, way)| (1 << side, way));
    let (x, y) = arcade.player();
    let player = y * 12 + x;
    let (mut steps, mut firsts) = ([u8::MAX; 144], [0; 144]);
    steps[usize::from(player)] = 0;
    let mut reached = vec![player];
    let mut at = 0;
    while let Some(&here) = reached.get(at) {
        at += 1;
        let (now, first) = (steps[usize::from(here)], firsts[usize::from(here)]);
        for (side, way) in sides() {
            let Some(next) = beside(here, way) else { continue };
            let soonest = &mut steps[usize::from(next)];
            if *soonest == u8::MAX {
                reached.push(next);
                *soonest = now + 1;
            }
            if *soonest == now + 1 {
                firsts[usize::from(next)] |= if here == player { side } else { first };
            }
        }
    }
    let label = |cell: usize| {
        if grounds[cell] == Ground::Wall {
            return CLOSED;
        }
        let shut = sides().filter(|&(_, way)| beside(cell as Cell, way).is_none());
        let soonest = if steps[cell] == u8::MAX { NEVER } else { steps[cell].min(MANY) };
        let mut label = CLOSED;
        label[3..6].copy_from_slice(&[shut.map(|(side, _)| side).sum(), soonest, firsts[cell]]);
        label
    };
    (0..144).map(label).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::env::Action;
    use crate::games::rules::Effects;
    use crate::samples::executor::{Executor, Source};
    use crate::samples::wording::Split;

    /// Where a thing is shot from there is nothing but floor up to it; where it is waited for it comes in time.
    #[test]
    fn a_thing_can_be_met_from_where_the_player_is_to_stand() {
        let mut executor = Executor::new(Source::Training, Split::Train, None, 3);
        let (mut shots, mut waits) = (0, 0);
        while shots < 100 || waits < 100 {
            let Episode::Arcade(arcade) = &executor.sample().episode else { continue };
            let cells = cells(&Episode::Arcade(arcade.clone()));
            let grounds = arcade.grounds();
            let fires = arcade.actions().contains(&Action::Fire);
            let mut harmless = arcade.believing(vec![Effects::default(); arcade.rules().kinds.len()]);
            harmless.reseed(0);
            let paths = harmless.foresee(20);
            for (thing, path) in arcade.sightings().iter().zip(paths) {
                let [.., x, y, steps] = cells[usize::from(thing.y) * 12 + usize::from(thing.x)];
                if x == UNNAMED {
                    continue;
                }
                if fires {
                    assert!((x == thing.x) != (y == thing.y), "{x} {y} for {thing:?}");
                    let (left, right) = (x.min(thing.x), x.max(thing.x));
                    let (top, bottom) = (y.min(thing.y), y.max(thing.y));
                    for cell in (top..=bottom).flat_map(|y| (left..=right).map(move |x| y * 12 + x)) {
                        let is_end = [y * 12 + x, thing.y * 12 + thing.x].contains(&cell);
                        // The player may be on its way.
                        assert!(is_end || [0, 17].contains(&cells[usize::from(cell)][0]), "{cell}");
                        assert_ne!(grounds[usize::from(cell)], Ground::Wall);
                    }
                    shots += 1;
                } else {
                    // Where it is slow it stays in a cell for some steps.
                    let when = path.iter().rposition(|&cell| cell == (x, y));
                    assert!(when.is_some_and(|when| usize::from(steps) <= when + 1), "{thing:?}: {path:?}");
                    waits += 1;
                }
            }
        }
    }

    /// The labels, against a walk: whoever takes one of the first steps is one step nearer, and nobody else.
    #[test]
    fn first_steps_lead_nearer_and_no_others_do() {
        let mut executor = Executor::new(Source::Training, Split::Train, None, 3);
        let (mut boards, mut around) = (0, 0);
        while boards < 100 {
            let Episode::Arcade(arcade) = &executor.sample().episode else { continue };
            boards += 1;
            let cells = ways(arcade);
            let (x, y) = arcade.player();
            let grounds = arcade.grounds();
            let steps_from = |start: Cell| -> Vec<Option<u8>> {
                let mut steps = vec![None; 144];
                steps[usize::from(start)] = Some(0);
                // As often as no path is longer: every cell takes what its neighbours know.
                for now in 0..144u8 {
                    for cell in 0..144u8 {
                        if steps[usize::from(cell)] == Some(now) {
                            for next in Heading::STRAIGHT.into_iter().filter_map(|way| neighbour(cell, way)) {
                                if grounds[usize::from(next)] != Ground::Wall {
                                    steps[usize::from(next)].get_or_insert(now + 1);
                                }
                            }
                        }
                    }
                }
                steps
            };
            let here = steps_from(y * 12 + x);
            let beside: Vec<Option<Vec<Option<u8>>>> = (Heading::STRAIGHT.into_iter())
                .map(|way| neighbour(y * 12 + x, way).filter(|&c| grounds[usize::from(c)] != Ground::Wall))
                .map(|cell| cell.map(steps_from))
                .collect();
            for (cell, label) in cells.iter().enumerate() {
                if grounds[cell] == Ground::Wall {
                    assert_eq!(label[3..], [UNNAMED; 6]);
                    continue;
                }
                assert_eq!(label[4], here[cell].map_or(NEVER, |steps| steps.min(MANY)));
                for (side, steps) in beside.iter().enumerate() {
                    let nearer = steps.as_ref().and_then(|steps| steps[cell]).zip(here[cell]);
                    let is_first = nearer.is_some_and(|(then, now)| then < now);
                    assert_eq!(label[5] >> side & 1 == 1, is_first, "cell {cell}, side {side}");
                }
                let far = x.abs_diff(cell as u8 % 12) + y.abs_diff(cell as u8 / 12);
                around += u32::from(here[cell].is_some_and(|steps| steps > far));
            }
        }
        assert!(around > 300, "only {around} cells are farther than the crow flies");
    }
}
