//! From a frame to the images the vision tower sees: resized, cut into tiles where the model wants
//! that, and the colours scaled.

use serde::Deserialize;

use super::super::config::Config;
use super::super::folder::{Folder, ModelError};
use super::lanczos::resized;
use crate::frame::{Frame, SIZE};

const FILE: &str = "preprocessor_config.json";
const NEWER_FILE: &str = "processor_config.json";

/// The largest side that Hugging Face's processor resizes to.
const LARGEST: usize = 4096;

/// The most tiles a side that the family has tokens for.
const MOST_TILES: usize = 6;

/// The number by which the Python imaging library knows Lanczos.
const LANCZOS: u32 = 1;

/// The image settings; what the file leaves out is as in `Idefics3ImageProcessor`.
#[derive(Deserialize)]
#[serde(default)]
struct Settings {
    do_resize: bool,
    do_image_splitting: bool,
    do_rescale: bool,
    do_normalize: bool,
    resample: u32,
    rescale_factor: f64,
    image_mean: [f64; 3],
    image_std: [f64; 3],
    size: Edge,
    max_image_size: Edge,
}

#[derive(Deserialize)]
struct Edge {
    longest_edge: usize,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            do_resize: true,
            do_image_splitting: true,
            do_rescale: true,
            do_normalize: true,
            resample: LANCZOS,
            rescale_factor: 1.0 / 255.0,
            image_mean: [0.5; 3],
            image_std: [0.5; 3],
            size: Edge { longest_edge: 4 * 364 },
            max_image_size: Edge { longest_edge: 364 },
        }
    }
}

/// `processor_config.json`.
#[derive(Default, Deserialize)]
struct Processor {
    image_processor: Option<Settings>,
    image_seq_len: Option<usize>,
}

/// How frames become images.
pub(super) struct Pictures {
    /// The sides that a frame is resized to, one after the other.
    sides: [usize; 2],
    /// The side of an image.
    side: usize,
    /// Tiles a side; none if the frame stays whole.
    grid: usize,
    /// What the 256 levels of red, green and blue become.
    levels: Box<[[f32; 256]; 3]>,
}

impl Pictures {
    /// Reads the image settings and compares them with the model's.
    pub(super) fn new(files: &Folder, config: &Config) -> Result<Self, ModelError> {
        let newer = files.get(NEWER_FILE).map(|_| files.json::<Processor>(NEWER_FILE)).transpose()?;
        let newer = newer.unwrap_or_default();
        if let Some(length) = newer.image_seq_len.filter(|length| *length != config.image_tokens()) {
            let problem =
                format!("`image_seq_len` is {length}; by config.json it is {}", config.image_tokens());
            return Err(ModelError::new(NEWER_FILE, problem));
        }
        let (file, settings) = match (files.get(FILE), newer.image_processor) {
            (None, Some(settings)) => (NEWER_FILE, settings),
            _ => (FILE, files.json(FILE)?),
        };
        Self::from_settings(&settings, config.vision.image_size)
            .map_err(|problem| ModelError::new(file, problem))
    }

    fn from_settings(settings: &Settings, side: usize) -> Result<Self, String> {
        let (first, tile) = (settings.size.longest_edge, settings.max_image_size.longest_edge);
        if tile != side {
            return Err(format!(
                "`max_image_size` is {tile}; by config.json the model's images are {side} wide"
            ));
        }
        // An odd edge makes Hugging Face's processor resize a square to an oblong.
        if first == 0 || first % 2 == 1 {
            return Err(format!("`size` is {first}; only even sizes above 0 are known"));
        }
        if settings.resample != LANCZOS {
            return Err(format!("`resample` is {}; only {LANCZOS}, Lanczos, is known", settings.resample));
        }
        if settings.image_std.contains(&0.0) {
            return Err("`image_std` has a 0, which can't be divided by".into());
        }
        let first = if settings.do_resize { first.min(LARGEST) } else { SIZE };
        let last = if settings.do_image_splitting { first.next_multiple_of(side) } else { side };
        let grid = if last > side { last / side } else { 0 };
        if grid > MOST_TILES {
            return Err(format!(
                "pictures become {grid}x{grid} tiles; at most {MOST_TILES}x{MOST_TILES} are known"
            ));
        }
        Ok(Self { sides: [first, last], side, grid, levels: Box::new(levels(settings)) })
    }

    /// Tiles a side of a picture; 0 if it stays whole.
    pub(super) fn grid(&self) -> usize {
        self.grid
    }

    /// Width and height of an image.
    pub(super) fn side(&self) -> usize {
        self.side
    }

    /// The images of a frame, each `[3, side, side]`: its tiles row by row, then the whole of it.
    pub(super) fn images(&self, frame: &Frame) -> Vec<Vec<f32>> {
        let [first, last] = self.sides;
        let picture = resized(&resized(frame.rgb(), SIZE, first), first, last);
        let cells = (0..self.grid * self.grid).map(|cell| (cell / self.grid, cell % self.grid));
        let tiles = cells.map(|(row, column)| self.image(&tile(&picture, last, self.side, row, column)));
        let whole = self.image(&resized(&picture, last, self.side));
        tiles.chain([whole]).collect()
    }

    /// `[side, side, 3]` levels as `[3, side, side]` numbers.
    fn image(&self, rgb: &[u8]) -> Vec<f32> {
        let channel = |(channel, levels): (usize, &[f32; 256])| {
            rgb[channel..].iter().step_by(3).map(|level| levels[usize::from(*level)]).collect::<Vec<_>>()
        };
        self.levels.iter().enumerate().flat_map(channel).collect()
    }
}

/// What the 256 levels of the three colours become.
fn levels(settings: &Settings) -> [[f32; 256]; 3] {
    let Settings { image_mean, image_std, .. } = settings;
    let factor = if settings.do_rescale { settings.rescale_factor } else { 1.0 };
    let (mean, std) = if settings.do_normalize { (*image_mean, *image_std) } else { ([0.0; 3], [1.0; 3]) };
    std::array::from_fn(|channel| {
        std::array::from_fn(|level| ((level as f64 * factor - mean[channel]) / std[channel]) as f32)
    })
}

/// One tile of a square picture.
fn tile(rgb: &[u8], from: usize, side: usize, row: usize, column: usize) -> Vec<u8> {
    let lines = rgb.chunks_exact(from * 3).skip(row * side).take(side);
    lines.flat_map(|line| &line[column * side * 3..(column + 1) * side * 3]).copied().collect()
}
