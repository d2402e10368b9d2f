//! What the trainer's auxiliary heads are to tell of each cell of a picture: what is in it, and how the player
//! gets there. A vote says one path; these are all of them, so that a small model learns to look for paths from
//! every board that it sees.

use super::odd::UNNAMED;
use crate::games::Episode;
use crate::games::arcade::{Arcade, Ground};
use crate::games::grid::{Cell, Heading, neighbour};

/// What is told of a cell: 0 floor, 1 to 16 a shape, 17 the player, 18 wall, 19 soil; 0 or 1 to 9 a colour; 0 or 1
/// to 8 a heading, plus 8 if it does not move in the step to come; on which sides it has a wall, 1 for up, 2 for right,
/// 4 for down, 8 for left, added up; in how many steps the player is there, where only walls are in its way, up to 23, and
/// 24 for never; and to which sides it has to set out for that. The last three are [`UNNAMED`] where there is a wall,
/// and at a desk.
pub type Label = [u8; 6];

/// Steps beyond which none are told apart, and no way at all.
const MANY: u8 = 23;
const NEVER: u8 = 24;
/// An empty cell that no way leads to.
const CLOSED: Label = [0, 0, 0, UNNAMED, UNNAMED, UNNAMED];

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
    for thing in arcade.sightings() {
        let rest = if thing.moves { 0 } else { 8 };
        let told = [
            1 + thing.sprite.shape as u8,
            1 + thing.sprite.colour as u8,
            thing.heading.map_or(0, |heading| 1 + heading as u8 + rest),
        ];
        cells[usize::from(thing.y) * 12 + usize::from(thing.x)][..3].copy_from_slice(&told);
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
        [0, 0, 0, shut.map(|(side, _)| side).sum(), soonest, firsts[cell]]
    };
    (0..144).map(label).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::samples::executor::{Executor, Source};
    use crate::samples::wording::Split;

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
                    assert_eq!(label[3..], [UNNAMED; 3]);
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
