//! Draws the board that a seed gives: walls, soil, where the player begins.

use super::grid::{CELLS, Cell, Cells, Heading, SIDE, cell, neighbour, xy};
use super::rules::{Map, Rules, Walls};
use rand::RngExt;
use rand_pcg::Pcg32;

/// A board before things are scattered over it.
pub(super) struct Layout {
    pub walls: Cells,
    pub soil: Cells,
    pub start: Cell,
    /// Things that a map puts somewhere, by kind.
    pub things: Vec<(Cell, u8)>,
}

/// Draws a layout.
pub(super) fn draw(rules: &Rules, rng: &mut Pcg32) -> Layout {
    let [x0, y0, x1, y1] = rules.start.map(u32::from);
    let start = cell(rng.random_range(x0..=x1) as u8, rng.random_range(y0..=y1) as u8);
    let mirror = rng.random_range(0..2u32) == 0 && rules.mirror;
    let mut layout = match &rules.map {
        Some(map) => from_map(map, start, mirror),
        None => Layout {
            walls: walls(rules.walls, start, rng),
            soil: Cells::default(),
            start,
            things: Vec::new(),
        },
    };
    if rules.soil {
        layout.soil = (0..CELLS as u8).filter(|&c| !layout.walls.has(c) && c != layout.start).collect();
        for heading in Heading::STRAIGHT {
            if let Some(beside) = neighbour(layout.start, heading) {
                layout.soil.remove(beside);
            }
        }
        for &(cell, _) in &layout.things {
            layout.soil.remove(cell);
        }
    }
    layout
}

fn from_map(map: &Map, start: Cell, mirror: bool) -> Layout {
    let flip = |c: Cell| {
        let (x, y) = xy(c);
        if mirror { cell(SIDE - 1 - x, y) } else { c }
    };
    let flip_all = |cells: &Cells| if mirror { cells.mirrored() } else { *cells };
    Layout {
        walls: flip_all(&map.walls),
        soil: flip_all(&map.soil),
        start: map.start.map_or(start, flip),
        things: map.things.iter().map(|&(c, kind)| (flip(c), kind)).collect(),
    }
}

fn walls(walls: Walls, start: Cell, rng: &mut Pcg32) -> Cells {
    let last = SIDE - 1;
    let mut set: Cells = match walls {
        Walls::Open => Cells::default(),
        Walls::Border => (0..CELLS as u8)
            .filter(|&c| {
                let (x, y) = xy(c);
                x == 0 || y == 0 || x == last || y == last
            })
            .collect(),
        Walls::Pillars => {
            // One of every 3x3 block, never at the block's edge to the next: always a way around.
            let blocks = (0..4u8).flat_map(|by| (0..4u8).map(move |bx| (bx, by)));
            blocks
                .filter_map(|(bx, by)| {
                    let (dx, dy) = (rng.random_range(0..2u32) as u8, rng.random_range(0..2u32) as u8);
                    (rng.random_range(0..3u32) > 0).then_some(cell(bx * 3 + dx, by * 3 + dy))
                })
                .collect()
        }
        Walls::Rooms => {
            let (column, row) = (5 + rng.random_range(0..2u32) as u8, 5 + rng.random_range(0..2u32) as u8);
            let mut set: Cells =
                (0..SIDE).map(|i| cell(column, i)).chain((0..SIDE).map(|i| cell(i, row))).collect();
            for (low, high) in [(0, row), (row + 1, SIDE)] {
                set.remove(cell(column, rng.random_range(u32::from(low)..u32::from(high)) as u8));
            }
            for (low, high) in [(0, column), (column + 1, SIDE)] {
                set.remove(cell(rng.random_range(u32::from(low)..u32::from(high)) as u8, row));
            }
            set
        }
        Walls::Maze => maze(rng),
    };
    set.remove(start);
    for heading in Heading::STRAIGHT {
        if let Some(beside) = neighbour(start, heading) {
            set.remove(beside);
        }
    }
    set
}

/// A maze of corridors one cell wide, every second cell a junction, with some walls opened so that
/// there is more than one way (depth-first search).
fn maze(rng: &mut Pcg32) -> Cells {
    let mut open: Cells = [cell(0, 0)].into_iter().collect();
    let mut path = vec![cell(0, 0)];
    while let Some(&here) = path.last() {
        let ways: Vec<(Cell, Cell)> = Heading::STRAIGHT
            .iter()
            .filter_map(|&h| {
                let between = neighbour(here, h)?;
                let next = neighbour(between, h)?;
                (!open.has(next)).then_some((between, next))
            })
            .collect();
        if ways.is_empty() {
            path.pop();
        } else {
            let (between, next) = ways[rng.random_range(0..ways.len() as u32) as usize];
            open.insert(between);
            open.insert(next);
            path.push(next);
        }
    }
    let mut walls = open.complement();
    for _ in 0..40 {
        let (x, y) = (rng.random_range(0..11u32) as u8, rng.random_range(0..11u32) as u8);
        // Between two junctions one number is odd; where both are, a hole would be shut in.
        if (x + y) % 2 == 1 {
            walls.remove(cell(x, y));
        }
    }
    // The junctions end one short of the far sides: open those too.
    for i in 0..SIDE {
        walls.remove(cell(SIDE - 1, i));
        walls.remove(cell(i, SIDE - 1));
    }
    walls
}
