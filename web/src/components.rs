//! The parts of the page, a file each.

pub mod canvas;
pub mod choices;
pub mod controls;
pub mod fold;
pub mod header;
pub mod history;
pub mod icon;
pub mod keys;
pub mod model;
pub mod notices;
pub mod pad;
pub mod picker;
pub mod scoreboard;
pub mod sight;
pub mod stage;
pub mod timeline;

use crate::state::State;
use yew::prelude::*;

/// What most parts need: the page's state, and the way to change it.
#[derive(Properties, PartialEq)]
pub struct Shared {
    pub state: UseReducerHandle<State>,
}
