//! What the model is taught: frames, rulebooks in many words, a teacher's reasoning, and revisions,
//! all from episodes of the games that it may see.

pub mod claim;
pub mod desk;
pub mod executor;
pub mod labels;
pub mod lie;
mod luck;
pub mod odd;
pub mod strategist;
#[cfg(all(feature = "cli", feature = "vlm"))]
pub mod stream;
pub mod teacher;
pub mod wording;
