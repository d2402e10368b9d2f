//! Measures: what a game is worth, and who plays it how well.

pub mod eval;
pub mod games;
