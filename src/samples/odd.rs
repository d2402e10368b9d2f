//! Kinds that are drawn with one half of their name: a shape in a colour that has no name, or a colour in a
//! shape that has none.
//!
//! A third of the pairs of colour and shape is never drawn for training. From the others alone a learner would
//! learn which shapes never follow a colour, and not say what it sees. So an odd kind is *called* by any pair: its
//! picture tells the one half, and the word for the other half is read, not learned.

use super::labels::{Label, cells};
use super::luck::{chance, one, shuffle};
use crate::env::Environment;
use crate::frame::{Frame, Rgb};
use crate::games::Episode;
use crate::games::draw::{self, FLOOR, MARKS};
use crate::games::sprite::{Colour, Shape, Sprite};
use rand::RngExt;
use rand_pcg::Pcg32;
use strum::VariantArray;

/// The label of a cell's colour or shape that has no name.
pub const UNNAMED: u8 = 255;
/// Pixels by which a shape without a name differs from each that has one.
const DIFFERENT: u32 = 8;
/// How far a colour without a name is from each that has one, red, green and blue added up.
const FAR: u32 = 120;
/// And from what marks where a thing heads.
const APART: u32 = 60;

/// The half of a name that a picture does not tell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Half {
    /// The shape is drawn in a colour without a name.
    Colour,
    /// The colour is drawn in a shape without a name.
    Shape,
}

/// A kind that is called by its sprite and drawn otherwise.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Odd {
    sprite: Sprite,
    half: Half,
    /// The colour that it is drawn in, and its shape, a bit a pixel.
    drawn: (Rgb, u64),
}

impl Odd {
    /// Calls one of some sprites by a colour or a shape that none of them has; none if all are taken.
    pub(super) fn call(sprites: &mut [Sprite], at: usize, half: Half, rng: &mut Pcg32) -> Option<Self> {
        fn free<T: Copy + PartialEq>(all: &[T], taken: impl Fn(T) -> bool, rng: &mut Pcg32) -> Option<T> {
            let free: Vec<T> = all.iter().copied().filter(|&each| !taken(each)).collect();
            (!free.is_empty()).then(|| *one(&free, rng))
        }
        let mut sprite = sprites[at];
        let drawn = match half {
            Half::Colour => {
                sprite.colour = free(Colour::VARIANTS, |c| sprites.iter().any(|s| s.colour == c), rng)?;
                (no_colour(rng), sprite.shape.mask())
            }
            Half::Shape => {
                sprite.shape = free(Shape::VARIANTS, |c| sprites.iter().any(|s| s.shape == c), rng)?;
                (sprite.colour.rgb(), no_shape(rng))
            }
        };
        sprites[at] = sprite;
        Some(Self { sprite, half, drawn })
    }

    /// The word that is not to be learned.
    pub fn unlearned(&self) -> String {
        match self.half {
            Half::Colour => self.sprite.colour.to_string(),
            Half::Shape => self.sprite.shape.to_string(),
        }
    }
}

/// The picture of an episode, and what is in its cells (see [`cells`]), with the odd kinds as they are drawn.
pub fn picture(episode: &Episode, odd: &[Odd]) -> (Frame, Vec<Label>) {
    let (mut frame, mut cells) = (episode.frame(), cells(episode));
    let Episode::Arcade(arcade) = episode else { return (frame, cells) };
    for thing in arcade.sightings() {
        let Some(odd) = odd.iter().find(|odd| odd.sprite == thing.sprite) else { continue };
        let (x, y) = (usize::from(thing.x), usize::from(thing.y));
        repaint(&mut frame, x, y, odd);
        cells[y * 12 + x][if odd.half == Half::Colour { 1 } else { 0 }] = UNNAMED;
    }
    for odd in odd.iter().filter(|odd| odd.half == Half::Colour) {
        // What a thing leaves behind it has its colour, too.
        let [told, drawn] = [odd.sprite.colour.rgb(), odd.drawn.0].map(draw::faint);
        let all = (0..frame.rgb().len() / 3).map(|at| (at % crate::frame::SIZE, at / crate::frame::SIZE));
        let trail: Vec<_> = all.filter(|&(x, y)| frame.pixel(x, y) == Some(told)).collect();
        trail.into_iter().for_each(|(x, y)| frame.set(x, y, drawn));
    }
    (frame, cells)
}

/// Draws a thing's cell anew; what marks where it heads stays.
fn repaint(frame: &mut Frame, x: usize, y: usize, odd: &Odd) {
    let (rgb, mask) = odd.drawn;
    for bit in 0..64 {
        let (x, y) = (x * 8 + bit % 8, y * 8 + bit / 8);
        if [odd.sprite.colour.rgb(), FLOOR].map(Some).contains(&frame.pixel(x, y)) {
            frame.set(x, y, if mask >> bit & 1 == 1 { rgb } else { FLOOR });
        }
    }
}

/// A colour that stands out from the floor and from marks, and is like none that has a name; half of them are not far
/// from one: what is learned beside a name holds for the name, too.
fn no_colour(rng: &mut Pcg32) -> Rgb {
    let near = chance(50, rng);
    loop {
        let mut rgb: Rgb = rng.random();
        if near {
            let name = one(Colour::VARIANTS, rng).rgb();
            rgb = std::array::from_fn(|i| name[i].saturating_add_signed(rng.random_range(-80..=80i8)));
        }
        let apart = |other: Rgb| (0..3).map(|i| u32::from(rgb[i].abs_diff(other[i]))).sum::<u32>();
        let mut names = Colour::VARIANTS.iter().map(|colour| colour.rgb()).chain([FLOOR]);
        let mut marks = MARKS.as_flattened().iter();
        if names.all(|other| apart(other) > FAR) && marks.all(|mark| apart(*mark) > APART) {
            return rgb;
        }
    }
}

/// A shape as symmetric as those that have a name, and like none of them; half of them are one with some pixels turned.
fn no_shape(rng: &mut Pcg32) -> u64 {
    let near = chance(50, rng);
    loop {
        let mut places: Vec<usize> = (0..32).collect();
        shuffle(&mut places, rng);
        let (start, count) = if near {
            (one(Shape::VARIANTS, rng).mask(), rng.random_range(4..8u32))
        } else {
            (0, rng.random_range(9..26u32))
        };
        places.truncate(count as usize);
        let (rows, columns) = (places.iter().map(|at| at / 4 * 8), places.iter().map(|at| at % 4));
        let mask = rows
            .zip(columns)
            .fold(start, |mask: u64, (row, column)| mask ^ 1 << (row + column) ^ 1 << (row + 7 - column));
        let apart = |shape: &Shape| (mask ^ shape.mask()).count_ones();
        if Shape::VARIANTS.iter().all(|shape| apart(shape) >= DIFFERENT) {
            return mask;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::frame::SIZE;
    use crate::samples::executor::{Executor, Source};
    use crate::samples::wording::Split;

    /// What a cell shows: the bits that are of a colour.
    fn shown(frame: &Frame, (x, y): (u8, u8), rgb: Rgb) -> u64 {
        let pixel = |bit: usize| frame.pixel(usize::from(x) * 8 + bit % 8, usize::from(y) * 8 + bit / 8);
        (0..64).filter(|&bit| pixel(bit) == Some(rgb)).fold(0, |mask, bit| mask | 1 << bit)
    }

    #[test]
    fn an_odd_kind_shows_one_half_of_its_name_and_no_pair_that_is_held_out_is_drawn() {
        let mut executor = Executor::new(Source::Training, Split::Train, None, 3).odd(100);
        let (mut colours, mut shapes, mut held_out) = (0, 0, 0);
        let (mut wholly, mut partly) = (0, 0);
        let mut check = |episode: &Episode, odd: &[Odd]| {
            let (frame, cells) = picture(episode, odd);
            let Episode::Arcade(arcade) = episode else { return };
            assert_eq!(frame.rgb().len(), SIZE * SIZE * 3);
            for odd in odd.iter().filter(|odd| odd.half == Half::Colour) {
                let faint = draw::faint(odd.sprite.colour.rgb());
                assert!(!frame.rgb().as_chunks().0.contains(&faint), "a trail tells the colour");
            }
            for thing in arcade.sightings() {
                let Sprite { colour, shape } = thing.sprite;
                let label = cells[usize::from(thing.y) * 12 + usize::from(thing.x)];
                let of_colour = shown(&frame, (thing.x, thing.y), colour.rgb());
                held_out += usize::from(thing.sprite.is_held_out());
                match odd.iter().find(|odd| odd.sprite == thing.sprite) {
                    None => {
                        assert!(!thing.sprite.is_held_out() && of_colour != 0);
                        assert_eq!(of_colour & !shape.mask(), 0);
                        assert_eq!(label[..2], [1 + shape as u8, 1 + colour as u8]);
                    }
                    Some(Odd { half: Half::Colour, drawn: (rgb, _), .. }) => {
                        let drawn = shown(&frame, (thing.x, thing.y), *rgb);
                        assert!(drawn != 0 && drawn & !shape.mask() == 0 && of_colour == 0);
                        assert_eq!(label[..2], [1 + shape as u8, UNNAMED]);
                        colours += 1;
                    }
                    Some(Odd { half: Half::Shape, drawn: (_, mask), .. }) => {
                        assert!(of_colour != 0 && of_colour & !mask == 0);
                        assert_eq!(label[..2], [UNNAMED, 1 + colour as u8]);
                        shapes += 1;
                    }
                }
            }
        };
        for _ in 0..400 {
            let sample = executor.sample();
            assert!(sample.odd.len() <= 1);
            check(&sample.episode, &sample.odd);
            let (episode, odd) = executor.look();
            check(&episode, &odd);
            let Episode::Arcade(arcade) = &episode else { continue };
            let is_odd = |sprite| odd.iter().any(|odd| odd.sprite == sprite);
            // Where a board has all colours, one kind finds no other name.
            let plain = arcade.sightings().iter().filter(|thing| !is_odd(thing.sprite)).count();
            (wholly, partly) =
                (wholly + usize::from(plain == 0), partly + usize::from(plain > 0 && !odd.is_empty()));
        }
        assert!(wholly > 200 && partly < 20, "{wholly} {partly}");
        assert!(colours > 500 && shapes > 500 && held_out > 200, "{colours} {shapes} {held_out}");
    }
}
