//! Draws a desk as a small chart.

use super::{Chart, Desk};
use crate::frame::{Frame, Rgb, SIZE};
use crate::games::sprite::Colour;

const PAPER: Rgb = [18, 20, 28];
const GRID: Rgb = [44, 48, 60];
const DIM: Rgb = [92, 98, 114];
const INKS: [Colour; 4] = [Colour::Yellow, Colour::Cyan, Colour::Pink, Colour::Green];

impl Desk {
    /// Draws the present state over all of `frame`.
    pub fn draw(&self, frame: &mut Frame) {
        frame.fill(0, 0, SIZE, SIZE, PAPER);
        match self.rules.file.chart {
            Chart::Prices => self.draw_prices(frame),
            Chart::Queues => self.draw_queues(frame),
            Chart::Tiers => self.draw_tiers(frame),
        }
        self.draw_stock(frame);
    }

    /// A reading's value as a share of its range, 0 to `scale`.
    fn share(&self, reading: usize, value: i32, scale: i32) -> usize {
        let [low, high] = self.rules.file.reading[reading].range;
        ((value - low) * scale / (high - low)).clamp(0, scale) as usize
    }

    /// The last reading drives a price line; the others are gauges below it.
    fn draw_prices(&self, frame: &mut Frame) {
        const TOP: i32 = 10;
        const HEIGHT: i32 = 50;
        for line in 0..4 {
            frame.fill(0, TOP as usize + line * 16, SIZE, 1, GRID);
        }
        let gauges = self.rules.file.reading.len() - 1;
        let mut price = 0;
        let mut prices: Vec<i32> = vec![0];
        for values in &self.history {
            price += values[gauges];
            prices.push(price);
        }
        let (low, high) =
            (prices.iter().min().copied().unwrap_or(0), prices.iter().max().copied().unwrap_or(0));
        let y = |price: i32| TOP + HEIGHT - (price - low) * HEIGHT / (high - low).max(100);
        for (i, pair) in prices.windows(2).enumerate() {
            let (from, to) = (y(pair[0]), y(pair[1]));
            let colour = if pair[1] >= pair[0] { Colour::Cyan } else { Colour::Orange }.rgb();
            let x = i * 19 / 4;
            for dx in 0..5 {
                let middle = from + (to - from) * dx as i32 / 4;
                frame.fill(x + dx, middle as usize, 1, 2, colour);
            }
        }
        // The gauges share the 28 lines below the price.
        let pitch = 28 / gauges.max(2);
        let height = (pitch - 2).min(8);
        for (gauge, ink) in INKS.iter().enumerate().take(gauges) {
            let top = 68 + gauge * pitch;
            let width = self.share(gauge, self.now()[gauge], 88);
            frame.fill(4, top, 88, height, GRID);
            frame.fill(4, top, width, height, ink.rgb());
            for tick in 1..10 {
                frame.fill(4 + tick * 88 / 10, top, 1, 2, PAPER);
            }
        }
    }

    /// Each reading is a stack of boxes, with its last steps as thin bars beside it.
    fn draw_queues(&self, frame: &mut Frame) {
        let n = self.rules.file.reading.len();
        let column = SIZE / n;
        for reading in 0..n {
            let left = reading * column + 2;
            let boxes = self.share(reading, self.now()[reading], 10);
            for slot in 0..10 {
                let colour = if slot < boxes { INKS[reading].rgb() } else { GRID };
                frame.fill(left, 84 - slot * 8, 10, 7, colour);
            }
            for (i, values) in self.history.iter().rev().take(6).enumerate() {
                let height = self.share(reading, values[reading], 78);
                frame.fill(left + 12 + i * 2, 91 - height, 1, height, DIM);
            }
        }
    }

    /// Each reading is a bar on a ladder, the newest on top and the last steps below it.
    fn draw_tiers(&self, frame: &mut Frame) {
        for line in 0..=8 {
            frame.fill(4 + line * 11, 10, 1, 82, GRID);
        }
        let n = self.rules.file.reading.len();
        let band = 80 / n;
        for reading in 0..n {
            let top = 12 + reading * band;
            for (i, values) in self.history.iter().rev().take(band / 5).enumerate() {
                let width = self.share(reading, values[reading], 88);
                let (y, height, colour) = match i {
                    0 => (top, 7, INKS[reading].rgb()),
                    _ => (top + 6 + i * 3, 2, DIM),
                };
                frame.fill(4, y, width, height, colour);
            }
        }
    }

    /// What is on hand: pips along the top, filled from the lowest.
    fn draw_stock(&self, frame: &mut Frame) {
        let Some(stock) = &self.rules.file.stock else { return };
        let [low, high] = stock.range;
        for (i, level) in (low..=high).enumerate() {
            let here = level == self.stock;
            let colour = if here { Colour::White.rgb() } else { DIM };
            frame.fill(3 + i * 6, if here { 1 } else { 3 }, 4, if here { 6 } else { 3 }, colour);
        }
    }
}
