//! Draws an arcade game into a frame. Only what a person may see: sprites, headings and trails, the
//! player, walls, soil and the last shot.

use super::arcade::Arcade;
use super::grid::{CELLS, Cell, Heading, NONE, neighbour, xy};
use super::sprite::Colour;
use crate::frame::{Frame, Rgb};

/// What is drawn where nothing else is.
pub(crate) const FLOOR: Rgb = [18, 20, 28];
/// A faint dot in the corner of each free cell, by which one counts cells.
const DOT: Rgb = [44, 48, 62];
const WALL: [Rgb; 2] = [[104, 108, 118], [70, 74, 84]];
const SOIL: [Rgb; 2] = [[74, 55, 38], [58, 42, 30]];
const PLAYER: [Rgb; 2] = [[245, 245, 245], [24, 26, 36]];
const SHIELD: Rgb = [120, 230, 255];
const BEAM: Rgb = [255, 250, 190];
/// The player's facing.
const FACING: Rgb = [255, 80, 80];

/// The mark of a heading when the thing moves in the step to come, and when it rests: white, and red
/// where the thing itself is white.
pub(crate) const MARKS: [[Rgb; 2]; 2] = [[[255, 255, 255], [128, 132, 142]], [[255, 80, 80], [150, 60, 60]]];

const fn marks(thing: Colour) -> [Rgb; 2] {
    MARKS[matches!(thing, Colour::White) as usize]
}

/// Bricks, one bit a pixel.
const BRICKS: u64 = 0x00_7f_7f_7f_00_f7_f7_f7;
/// Crumbs, one bit a pixel.
const CRUMBS: u64 = 0x00_20_02_00_40_08_00_01;
/// The player: a body with two eyes, told apart from every sprite by its second colour.
const BODY: u64 = 0x66_7e_ff_ff_ff_ff_7e_3c;
const EYES: u64 = 0x00_00_3c_00_24_24_00_00;

const fn tile(mask: u64, on: Rgb, off: Rgb) -> [u8; 192] {
    let mut tile = [0; 192];
    let mut bit = 0;
    while bit < 64 {
        let colour = if mask >> bit & 1 == 1 { on } else { off };
        tile[bit * 3] = colour[0];
        tile[bit * 3 + 1] = colour[1];
        tile[bit * 3 + 2] = colour[2];
        bit += 1;
    }
    tile
}

static FLOOR_TILE: [u8; 192] = tile(1, DOT, FLOOR);
static WALL_TILE: [u8; 192] = tile(BRICKS, WALL[0], WALL[1]);
static SOIL_TILE: [u8; 192] = tile(CRUMBS, SOIL[0], SOIL[1]);

impl Arcade {
    /// Draws the present state over all of `frame`.
    pub fn draw(&self, frame: &mut Frame) {
        for cell in 0..CELLS as u8 {
            let (x, y) = xy(cell);
            let ground = if self.walls.has(cell) {
                &WALL_TILE
            } else if self.soil.has(cell) {
                &SOIL_TILE
            } else {
                &FLOOR_TILE
            };
            frame.tile(usize::from(x), usize::from(y), ground);
        }
        self.draw_beam(frame);
        for thing in self.things.iter().filter(|t| t.cell != NONE) {
            let kind = &self.rules.kinds[usize::from(thing.kind)];
            let colour = kind.sprite.colour.rgb();
            if thing.trail != NONE && self.is_free(thing.trail) {
                draw_trail(frame, thing.trail, colour);
            }
            draw_mask(frame, thing.cell, kind.sprite.mask(), colour);
            if let Some(heading) = self.steer(thing) {
                let [moves, rests] = marks(kind.sprite.colour);
                let mark = if self.moves_next(thing.kind) { moves } else { rests };
                draw_mark(frame, thing.cell, heading, mark);
            }
        }
        self.draw_player(frame);
    }

    fn draw_player(&self, frame: &mut Frame) {
        draw_mask(frame, self.player, BODY, PLAYER[0]);
        draw_mask(frame, self.player, EYES, PLAYER[1]);
        draw_mark(frame, self.player, self.facing, FACING);
        if self.shield > 0 {
            const RING: u64 = 0x81_00_00_00_00_00_00_81 | 0x42_81_00_00_00_00_81_42;
            draw_mask(frame, self.player, RING, SHIELD);
        }
    }

    fn draw_beam(&self, frame: &mut Frame) {
        let mut cell = self.muzzle;
        for _ in 0..self.beam {
            let Some(next) = neighbour(cell, self.facing) else { return };
            let along: u64 = match self.facing {
                Heading::Up | Heading::Down => 0x10_00_10_10_00_10_10_00,
                _ => 0x00_00_00_00_b6_00_00_00,
            };
            draw_mask(frame, next, along, BEAM);
            cell = next;
        }
    }
}

fn draw_mask(frame: &mut Frame, cell: Cell, mask: u64, colour: Rgb) {
    let (x, y) = xy(cell);
    let (left, top) = (usize::from(x) * 8, usize::from(y) * 8);
    let mut bits = mask;
    while bits != 0 {
        let bit = bits.trailing_zeros() as usize;
        frame.set(left + bit % 8, top + bit / 8, colour);
        bits &= bits - 1;
    }
}

/// Four faint dots in the cell that a thing left.
fn draw_trail(frame: &mut Frame, cell: Cell, colour: Rgb) {
    const DOTS: u64 = 0x00_00_24_00_00_24_00_00;
    draw_mask(frame, cell, DOTS, faint(colour));
}

/// A colour half faded into the floor.
pub(crate) fn faint(colour: Rgb) -> Rgb {
    std::array::from_fn(|i| ((u16::from(colour[i]) + u16::from(FLOOR[i])) / 2) as u8)
}

/// Two to four pixels at the edge or corner towards which something heads.
fn draw_mark(frame: &mut Frame, cell: Cell, heading: Heading, colour: Rgb) {
    let mask: u64 = match heading {
        Heading::Up => 0x00_00_00_00_00_00_00_3c,
        Heading::Down => 0x3c_00_00_00_00_00_00_00,
        Heading::Left => 0x00_00_01_01_01_01_00_00,
        Heading::Right => 0x00_00_80_80_80_80_00_00,
        Heading::UpLeft => 0x00_00_00_00_00_01_01_07,
        Heading::UpRight => 0x00_00_00_00_00_80_80_e0,
        Heading::DownLeft => 0x07_01_01_00_00_00_00_00,
        Heading::DownRight => 0xe0_80_80_00_00_00_00_00,
    };
    draw_mask(frame, cell, mask, colour);
}

#[cfg(test)]
mod tests {
    use super::*;
    use strum::VariantArray;

    #[test]
    fn a_mark_stands_out_from_the_thing_that_it_is_on() {
        for &colour in Colour::VARIANTS {
            for mark in marks(colour) {
                let apart: u32 = mark.iter().zip(colour.rgb()).map(|(a, b)| u32::from(a.abs_diff(b))).sum();
                assert!(apart >= 100, "the mark {mark:?} can't be seen on {colour}");
            }
        }
    }
}
