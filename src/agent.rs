//! The agent: plays by its rulebook, and rewrites it.

pub mod digest;
pub mod prompt;
pub mod revision;
pub mod rulebook;
pub mod trace;
