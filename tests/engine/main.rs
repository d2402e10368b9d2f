//! What the arcade engine does, each rule shown by a game of a few cells.
#![cfg(not(target_arch = "wasm32"))]

mod digging;
mod effects;
mod motion;
mod shooting;
mod stage;
mod time;
mod twist;
