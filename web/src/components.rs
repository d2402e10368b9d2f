//! The parts of the page, a file each.

pub mod arena;
pub mod canvas;
pub mod choices;
pub mod controls;
pub mod device;
pub mod download;
pub mod experiments;
pub mod fold;
pub mod header;
pub mod history;
pub mod icon;
pub mod keys;
pub mod learning;
pub mod lesson;
pub mod markdown;
pub mod modal;
pub mod model;
pub mod notices;
pub mod own;
pub mod pad;
pub mod past;
pub mod picker;
pub mod rulebook;
pub mod scoreboard;
pub mod share;
pub mod shelf;
pub mod sight;
pub mod stage;
pub mod strategist;
pub mod teacher;
pub mod timeline;
pub mod votes;
pub mod ways;
pub mod who;

use crate::state::State;
use yew::prelude::*;

/// What most parts need: the page's state, and the way to change it.
#[derive(Properties, PartialEq)]
pub struct Shared {
    pub state: UseReducerHandle<State>,
}

/// What a part needs that shows texts as they are written.
#[derive(Properties, PartialEq)]
pub struct Live {
    pub state: UseReducerHandle<State>,
    /// [`State::heard`], without which two states may be the same.
    pub heard: u64,
}
