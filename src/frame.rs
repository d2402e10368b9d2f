//! What the agent sees: a frame of 96x96 RGB pixels.

use miniz_oxide::{deflate::compress_to_vec, inflate::decompress_to_vec_with_limit};
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error};

/// Width and height of a [`Frame`] in pixels.
pub const SIZE: usize = 96;

/// A colour as red, green and blue, 0 to 255 each.
pub type Rgb = [u8; 3];

/// An image of [`SIZE`] x [`SIZE`] pixels, `[row, column, channel]`, red, green and blue.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame {
    rgb: Box<[u8]>,
}

/// A frame's pixels, put aside in a tenth of the room or less: frames are areas of one colour.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Packed(Box<[u8]>);

impl Packed {
    /// What [`Packed::bytes`] gave; none if these bytes are of no frame.
    pub fn new(bytes: Vec<u8>) -> Option<Self> {
        let rgb = decompress_to_vec_with_limit(&bytes, SIZE * SIZE * 3).ok()?;
        (rgb.len() == SIZE * SIZE * 3).then(|| Self(bytes.into_boxed_slice()))
    }

    /// The bytes that it takes.
    pub fn bytes(&self) -> &[u8] {
        &self.0
    }

    /// The frame that was put aside.
    pub fn frame(&self) -> Frame {
        let rgb = decompress_to_vec_with_limit(&self.0, SIZE * SIZE * 3);
        Frame { rgb: rgb.expect("only frames are put aside").into_boxed_slice() }
    }
}

impl Frame {
    /// A black frame.
    pub fn new() -> Self {
        Self { rgb: vec![0; SIZE * SIZE * 3].into_boxed_slice() }
    }

    /// Puts the pixels aside, and has none any more, so that nobody may draw it or on it: for whoever keeps thousands
    /// of frames and shows one.
    pub fn put_aside(&mut self) -> Packed {
        Packed(compress_to_vec(&std::mem::take(&mut self.rgb), 1).into_boxed_slice())
    }

    /// The pixels, `[SIZE, SIZE, 3]` row by row.
    pub fn rgb(&self) -> &[u8] {
        &self.rgb
    }

    /// The pixels as `[SIZE, SIZE, 4]` with full opacity, as a canvas wants them.
    pub fn rgba(&self) -> Vec<u8> {
        self.rgb.chunks_exact(3).flat_map(|p| [p[0], p[1], p[2], 255]).collect()
    }

    /// The colour at column `x` and row `y`; `None` outside of the frame.
    pub fn pixel(&self, x: usize, y: usize) -> Option<Rgb> {
        if x >= SIZE || y >= SIZE {
            return None;
        }
        let at = (y * SIZE + x) * 3;
        Some([self.rgb[at], self.rgb[at + 1], self.rgb[at + 2]])
    }

    /// Sets one pixel; outside of the frame nothing happens.
    pub fn set(&mut self, x: usize, y: usize, colour: Rgb) {
        if x < SIZE && y < SIZE {
            let at = (y * SIZE + x) * 3;
            self.rgb[at..at + 3].copy_from_slice(&colour);
        }
    }

    /// Fills a rectangle, clipped to the frame.
    pub fn fill(&mut self, x: usize, y: usize, width: usize, height: usize, colour: Rgb) {
        let right = (x + width).min(SIZE);
        for row in y..(y + height).min(SIZE) {
            if x < right {
                let line = &mut self.rgb[(row * SIZE + x) * 3..(row * SIZE + right) * 3];
                for pixel in line.chunks_exact_mut(3) {
                    pixel.copy_from_slice(&colour);
                }
            }
        }
    }

    /// Copies a tile of 8x8 pixels, `[8, 8, 3]`, to cell column `x` and row `y`.
    pub(crate) fn tile(&mut self, x: usize, y: usize, tile: &[u8; 192]) {
        for (row, line) in tile.chunks_exact(24).enumerate() {
            let at = ((y * 8 + row) * SIZE + x * 8) * 3;
            self.rgb[at..at + 24].copy_from_slice(line);
        }
    }
}

impl Serialize for Frame {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serde_bytes::serialize(&self.rgb, serializer)
    }
}

impl<'de> Deserialize<'de> for Frame {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let rgb: Box<[u8]> = serde_bytes::deserialize(deserializer)?;
        if rgb.len() != SIZE * SIZE * 3 {
            return Err(D::Error::invalid_length(rgb.len(), &"the bytes of a whole frame"));
        }
        Ok(Self { rgb })
    }
}

impl Default for Frame {
    fn default() -> Self {
        Self::new()
    }
}

impl std::fmt::Debug for Frame {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Frame({SIZE}x{SIZE})")
    }
}
