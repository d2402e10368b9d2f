//! Sprites: what a thing looks like, a shape in a colour.

use crate::frame::Rgb;
use std::str::FromStr;
use std::sync::LazyLock;
use strum::{Display, EnumString, VariantArray};

/// The shapes, drawn in `assets/sprites/shapes.txt`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Display, EnumString, VariantArray)]
#[strum(serialize_all = "lowercase")]
#[allow(missing_docs)] // the names are the pictures' names
pub enum Shape {
    Circle,
    Ring,
    Square,
    Box,
    Diamond,
    Triangle,
    Cross,
    Saltire,
    Heart,
    Bolt,
    Moon,
    Cup,
    Hourglass,
    Crown,
    Flag,
    Stripes,
}

impl Shape {
    /// Its pixels, one bit each: bit `8 * row + column`.
    pub fn mask(self) -> u64 {
        MASKS[self as usize]
    }
}

/// The colours, chosen so that people with any common colour blindness tell them apart (a test
/// measures it).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Display, EnumString, VariantArray)]
#[strum(serialize_all = "lowercase")]
#[allow(missing_docs)] // the names say it
pub enum Colour {
    Red,
    Orange,
    Yellow,
    Green,
    Cyan,
    Blue,
    Purple,
    Pink,
    White,
}

impl Colour {
    /// The colour on the screen.
    pub const fn rgb(self) -> Rgb {
        match self {
            Colour::Red => [204, 30, 0],
            Colour::Orange => [255, 115, 16],
            Colour::Yellow => [226, 201, 2],
            Colour::Green => [82, 177, 104],
            Colour::Cyan => [1, 192, 249],
            Colour::Blue => [50, 77, 248],
            Colour::Purple => [151, 48, 188],
            Colour::Pink => [230, 138, 184],
            Colour::White => [245, 245, 245],
        }
    }
}

/// The look of a thing: a shape in a colour, written `red ring`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Sprite {
    /// The colour.
    pub colour: Colour,
    /// The shape.
    pub shape: Shape,
}

impl Sprite {
    /// Every sprite there is: each shape in each colour.
    pub fn all() -> impl Iterator<Item = Sprite> {
        Shape::VARIANTS
            .iter()
            .flat_map(|&shape| Colour::VARIANTS.iter().map(move |&colour| Sprite { colour, shape }))
    }

    /// Whether this pair of shape and colour is kept for the unseen games: a third of all pairs,
    /// so that every shape and every colour is known from training, but not the two together.
    pub fn is_held_out(self) -> bool {
        (self.shape as usize + self.colour as usize).is_multiple_of(3)
    }

    /// The pixels that take the colour.
    pub fn mask(self) -> u64 {
        self.shape.mask()
    }
}

impl std::fmt::Display for Sprite {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {}", self.colour, self.shape)
    }
}

impl FromStr for Sprite {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown = || {
            let list = |names: Vec<String>| names.join(", ");
            format!(
                "“{text}” is not a sprite; write a colour ({}) and a shape ({}), such as “red ring”",
                list(Colour::VARIANTS.iter().map(ToString::to_string).collect()),
                list(Shape::VARIANTS.iter().map(ToString::to_string).collect()),
            )
        };
        let (colour, shape) = text.split_once(' ').ok_or_else(unknown)?;
        Ok(Sprite {
            colour: colour.parse().map_err(|_| unknown())?,
            shape: shape.parse().map_err(|_| unknown())?,
        })
    }
}

/// One bit mask per [`Shape`], read from the drawings.
static MASKS: LazyLock<[u64; Shape::VARIANTS.len()]> = LazyLock::new(|| {
    let mut masks = [0; Shape::VARIANTS.len()];
    let mut lines = include_str!("../../assets/sprites/shapes.txt")
        .lines()
        .filter(|line| !line.is_empty() && !line.starts_with("# "));
    while let Some(name) = lines.next() {
        let mask = (lines.by_ref().take(8).flat_map(str::bytes).enumerate())
            .fold(0, |mask, (bit, pixel)| mask | (u64::from(pixel == b'#') << bit));
        if let Ok(shape) = Shape::from_str(name) {
            masks[shape as usize] = mask;
        }
    }
    masks
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_is_drawn_and_no_two_look_alike() {
        for (i, &a) in MASKS.iter().enumerate() {
            assert!(a.count_ones() >= 16, "{} is hardly drawn", Shape::VARIANTS[i]);
            for (j, &b) in MASKS.iter().enumerate().skip(i + 1) {
                let apart = (a ^ b).count_ones();
                let (a, b) = (Shape::VARIANTS[i], Shape::VARIANTS[j]);
                assert!(apart >= 8, "{a} and {b} differ in only {apart} pixels");
            }
        }
    }

    #[test]
    fn held_out_pairs_leave_every_shape_and_colour_to_training() {
        let (held, free): (Vec<_>, Vec<_>) = Sprite::all().partition(|s| s.is_held_out());
        assert_eq!((held.len(), free.len()), (48, 96));
        for shape in Shape::VARIANTS {
            assert!(free.iter().any(|s| s.shape == *shape));
        }
        for colour in Colour::VARIANTS {
            assert!(free.iter().any(|s| s.colour == *colour));
        }
    }

    #[test]
    fn names_round_trip_and_a_wrong_name_says_what_is_allowed() {
        for sprite in Sprite::all() {
            assert_eq!(sprite.to_string().parse(), Ok(sprite));
        }
        let error = "beige ring".parse::<Sprite>().unwrap_err();
        assert!(error.contains("“beige ring”") && error.contains("purple"), "{error}");
    }

    /// OKLab (Ottosson 2020) of a linear colour: equal distances look about equally different.
    fn oklab([r, g, b]: [f64; 3]) -> [f64; 3] {
        let l = (0.412_221_47 * r + 0.536_332_54 * g + 0.051_445_99 * b).max(0.0).cbrt();
        let m = (0.211_903_50 * r + 0.680_699_55 * g + 0.107_396_96 * b).max(0.0).cbrt();
        let s = (0.088_302_46 * r + 0.281_718_84 * g + 0.629_978_70 * b).max(0.0).cbrt();
        [
            0.210_454_26 * l + 0.793_617_79 * m - 0.004_072_05 * s,
            1.977_998_50 * l - 2.428_592_21 * m + 0.450_593_71 * s,
            0.025_904_04 * l + 0.782_771_77 * m - 0.808_675_77 * s,
        ]
    }

    #[test]
    fn colours_can_be_told_apart_with_any_common_colour_blindness() {
        // Machado, Oliveira and Fernandes (2009), severity 1.0, applied to linear RGB.
        const NONE: [[f64; 3]; 3] = [[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0]];
        const PROTAN: [[f64; 3]; 3] = [
            [0.152_286, 1.052_583, -0.204_868],
            [0.114_503, 0.786_281, 0.099_216],
            [-0.003_882, -0.048_116, 1.051_998],
        ];
        const DEUTAN: [[f64; 3]; 3] = [
            [0.367_322, 0.860_646, -0.227_968],
            [0.280_085, 0.672_501, 0.047_413],
            [-0.011_820, 0.042_940, 0.968_881],
        ];
        const TRITAN: [[f64; 3]; 3] = [
            [1.255_528, -0.076_749, -0.178_779],
            [-0.078_411, 0.930_809, 0.147_602],
            [0.004_733, 0.691_367, 0.303_900],
        ];
        let linear = |c: u8| {
            let c = f64::from(c) / 255.0;
            if c <= 0.04045 { c / 12.92 } else { ((c + 0.055) / 1.055).powf(2.4) }
        };
        for (eye, matrix) in [("any", NONE), ("protan", PROTAN), ("deutan", DEUTAN), ("tritan", TRITAN)] {
            let seen = Colour::VARIANTS.iter().map(|colour| {
                let rgb = colour.rgb().map(linear);
                oklab(matrix.map(|row| row.iter().zip(rgb).map(|(a, b)| a * b).sum::<f64>().clamp(0.0, 1.0)))
            });
            let seen: Vec<_> = seen.collect();
            for i in 0..seen.len() {
                for j in 0..i {
                    let apart = seen[i].iter().zip(seen[j]).map(|(a, b)| (a - b).powi(2)).sum::<f64>().sqrt();
                    let (a, b) = (Colour::VARIANTS[i], Colour::VARIANTS[j]);
                    // 0.02 is just noticeable; four times that is plain at a glance.
                    assert!(apart > 0.08, "{a} and {b} look alike to a {eye} eye: {apart:.3}");
                }
            }
        }
    }
}
