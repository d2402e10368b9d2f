//! The board's geometry: 12x12 cells, directions, and sets of cells.

use crate::env::Action;
use serde::{Deserialize, Serialize};
use strum::{Display, EnumString, VariantArray};

/// Cells along a side of the board; a cell is 8x8 pixels of the frame.
pub const SIDE: u8 = 12;

/// Number of cells.
pub(super) const CELLS: usize = SIDE as usize * SIDE as usize;

/// A cell, counted row by row from the top left.
pub(crate) type Cell = u8;

/// No cell, or no thing in a cell.
pub(super) const NONE: u8 = u8::MAX;

/// The cell at column `x` and row `y`.
pub(super) const fn cell(x: u8, y: u8) -> Cell {
    y * SIDE + x
}

/// Column and row of a cell.
pub(super) const fn xy(cell: Cell) -> (u8, u8) {
    (cell % SIDE, cell / SIDE)
}

/// Steps between two cells when nothing is in the way.
pub(crate) fn distance(a: Cell, b: Cell) -> u8 {
    let ((ax, ay), (bx, by)) = (xy(a), xy(b));
    ax.abs_diff(bx) + ay.abs_diff(by)
}

/// Where something is heading.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Hash, Display, EnumString, VariantArray, Serialize, Deserialize,
)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // the names say it
pub enum Heading {
    Up,
    Right,
    Down,
    Left,
    UpRight,
    DownRight,
    DownLeft,
    UpLeft,
}

impl Heading {
    /// The four straight ones.
    pub const STRAIGHT: [Heading; 4] = [Heading::Up, Heading::Right, Heading::Down, Heading::Left];
    /// Columns and rows per step.
    pub(super) const fn delta(self) -> (i8, i8) {
        match self {
            Heading::Up => (0, -1),
            Heading::Right => (1, 0),
            Heading::Down => (0, 1),
            Heading::Left => (-1, 0),
            Heading::UpRight => (1, -1),
            Heading::DownRight => (1, 1),
            Heading::DownLeft => (-1, 1),
            Heading::UpLeft => (-1, -1),
        }
    }

    /// The heading with these signs; `None` for no movement.
    pub(super) fn from_delta(dx: i8, dy: i8) -> Option<Heading> {
        let wanted = (dx.signum(), dy.signum());
        Heading::VARIANTS.iter().copied().find(|h| h.delta() == wanted)
    }

    /// Straight back.
    pub(super) fn reverse(self) -> Heading {
        self.mirrored(true, true)
    }

    /// Mirrored left to right (`x`), top to bottom (`y`), or both.
    pub(super) fn mirrored(self, x: bool, y: bool) -> Heading {
        let (dx, dy) = self.delta();
        let flip = |d: i8, flip: bool| if flip { -d } else { d };
        Heading::from_delta(flip(dx, x), flip(dy, y)).unwrap_or(self)
    }

    /// The heading of a moving action.
    pub const fn of(action: Action) -> Option<Heading> {
        match action {
            Action::Up => Some(Heading::Up),
            Action::Right => Some(Heading::Right),
            Action::Down => Some(Heading::Down),
            Action::Left => Some(Heading::Left),
            _ => None,
        }
    }
}

/// The neighbour of a cell, `None` beyond the edge.
#[inline]
pub(crate) fn neighbour(from: Cell, heading: Heading) -> Option<Cell> {
    let ((x, y), (dx, dy)) = (xy(from), heading.delta());
    let (x, y) = (x.wrapping_add_signed(dx), y.wrapping_add_signed(dy));
    (x < SIDE && y < SIDE).then(|| cell(x, y))
}

/// A set of cells, one bit each.
#[derive(Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Cells([u16; SIDE as usize]);

impl Cells {
    const FULL: u16 = (1 << SIDE) - 1;

    #[inline]
    pub fn has(&self, cell: Cell) -> bool {
        let (x, y) = xy(cell);
        self.0[y as usize] >> x & 1 == 1
    }

    #[inline]
    pub fn insert(&mut self, cell: Cell) {
        let (x, y) = xy(cell);
        self.0[y as usize] |= 1 << x;
    }

    #[inline]
    pub fn remove(&mut self, cell: Cell) {
        let (x, y) = xy(cell);
        self.0[y as usize] &= !(1 << x);
    }

    /// These cells and all their straight neighbours, as far as `open` goes.
    #[inline]
    pub fn spread(&self, open: &Cells) -> Cells {
        let mut out = [0; SIDE as usize];
        for (y, row) in out.iter_mut().enumerate() {
            let here = self.0[y];
            let above = if y > 0 { self.0[y - 1] } else { 0 };
            let below = self.0.get(y + 1).copied().unwrap_or(0);
            *row = (here | here << 1 | here >> 1 | above | below) & open.0[y];
        }
        Cells(out)
    }

    /// These cells and those.
    pub fn with(&self, other: &Cells) -> Cells {
        Cells(std::array::from_fn(|y| self.0[y] | other.0[y]))
    }

    /// These cells but not those.
    pub fn without(&self, other: &Cells) -> Cells {
        Cells(std::array::from_fn(|y| self.0[y] & !other.0[y]))
    }

    /// Calls `visit` for every cell of the set.
    #[inline]
    pub fn each(&self, mut visit: impl FnMut(Cell)) {
        for (y, &row) in self.0.iter().enumerate() {
            let mut bits = row;
            while bits != 0 {
                visit(cell(bits.trailing_zeros() as u8, y as u8));
                bits &= bits - 1;
            }
        }
    }

    /// All cells that are not in the set.
    pub fn complement(&self) -> Cells {
        Cells(self.0.map(|row| !row & Cells::FULL))
    }

    /// Mirrors the set left to right.
    pub fn mirrored(&self) -> Cells {
        Cells(self.0.map(|row| row.reverse_bits() >> (16 - SIDE)))
    }
}

impl std::fmt::Debug for Cells {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_set().entries((0..CELLS as u8).filter(|&c| self.has(c)).map(xy)).finish()
    }
}

impl FromIterator<Cell> for Cells {
    fn from_iter<I: IntoIterator<Item = Cell>>(cells: I) -> Self {
        let mut set = Cells::default();
        cells.into_iter().for_each(|cell| set.insert(cell));
        set
    }
}
