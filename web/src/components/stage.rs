//! The game on the screen: the frame, and what just happened.

use super::Shared;
use super::canvas::Canvas;
use super::timeline::Timeline;
use crate::address::{Panel, Speed};
use crate::board::Moment;
use crate::state::{Event, State};
use crate::words;
use rulewright::env::{Action, Environment};
use yew::prelude::*;

/// Pixels that a finger must move for a swipe.
const SWIPE: f64 = 24.0;

/// The frame, with the words that go with it.
#[component]
pub fn Stage(props: &Shared) -> Html {
    let state = &props.state;
    let swipe = use_swipe(state);
    let Some(game) = state.game() else { return Html::default() };
    let (frame, label) = match state.recalled() {
        Some(decision) => {
            (decision.frame.clone(), format!("The board before decision {}.", decision.number + 1))
        }
        None => (state.view().frame(), words::described(state.view())),
    };
    let tall = !state.settings.panels.contains(&Panel::Pad);
    // Keys and swipes are for a person's own board: this is the agent's, and a finger on it scrolls the page.
    let watched = state.is_agents();
    let name = if watched { "The agent's board." } else { "The board. Arrow keys play." };
    html! {
        <>
            <div class="title">
                <h2>{ &game.file.title }</h2>
                <p class="goal">{ &game.file.goal }</p>
            </div>
            <div
                id="board"
                class={classes!("board", tall.then_some("tall"), watched.then_some("watched"), state.looks_back().then_some("past"), pulse(state))}
                tabindex="0"
                role={if watched { "group" } else { "application" }}
                aria-label={name}
                onpointerdown={(!watched).then_some(swipe.0)}
                onpointerup={(!watched).then_some(swipe.1)}
            >
                <Canvas {frame} {label} />
            </div>
            if let Some(desk) = &game.file.desk {
                <p class="caption">{ words::caption(desk) }</p>
            }
            <Timeline state={state.clone()} />
            <p id="said" class="said">{ said(state) }</p>
            <p id="told" class="hidden" role="status">{ news(state) }</p>
        </>
    }
}

/// What just happened, or how one begins.
fn said(state: &State) -> String {
    if let Some(decision) = state.recalled() {
        return format!("Before decision {}. It chose {}.", decision.number + 1, decision.vote.action);
    }
    match (state.shown.checked_sub(1), state.game()) {
        (Some(last), _) => words::told(&state.board, last),
        (None, Some(_)) if state.is_agents() => "Press Play, and the agent begins.".into(),
        (None, Some(game)) if state.settings.speed == Speed::Yours => {
            words::how_to_play(game, state.view().actions())
        }
        _ => "Press a key or Play to start the clock.".into(),
    }
}

/// The last thing worth saying aloud. It carries its step, so that the same thing twice is said twice.
fn news(state: &State) -> String {
    let board = &state.board;
    let last = board.history.iter().take(state.shown).rposition(|moment| words::is_news(moment));
    last.map_or_else(String::new, |moment| {
        let score = board.before(moment + 1).status().score;
        let end = if board.history[moment].outcome.done { " The episode is over." } else { "" };
        format!("Step {}. {} Score {score}.{end}", board.steps_among(moment + 1), words::told(board, moment))
    })
}

/// A short glow where the last step did good or harm.
fn pulse(state: &State) -> Option<&'static str> {
    let last = state.shown.checked_sub(1).and_then(|last| state.board.history.get(last))?;
    glow(last, state.shown)
}

/// The glow of a moment, with its number.
pub fn glow(last: &Moment, number: usize) -> Option<&'static str> {
    let good = last.outcome.score > 0 || last.outcome.lives > 0;
    let bad = last.outcome.score < 0 || last.outcome.lives < 0;
    // Two names for each, in turn, so that the glow starts anew at every step.
    let odd = number % 2 == 1;
    match (good, bad, odd) {
        (_, true, true) => Some("harm-a"),
        (_, true, false) => Some("harm-b"),
        (true, _, true) => Some("gain-a"),
        (true, _, false) => Some("gain-b"),
        _ => None,
    }
}

/// A swipe over the board moves.
#[hook]
pub fn use_swipe(state: &UseReducerHandle<State>) -> (Callback<PointerEvent>, Callback<PointerEvent>) {
    let began = use_mut_ref(|| None::<(f64, f64)>);
    let down = {
        let began = began.clone();
        Callback::from(move |event: PointerEvent| {
            *began.borrow_mut() = Some((event.client_x().into(), event.client_y().into()));
        })
    };
    let dispatcher = state.dispatcher();
    let up = Callback::from(move |event: PointerEvent| {
        let Some((x, y)) = began.borrow_mut().take() else { return };
        let (dx, dy) = (f64::from(event.client_x()) - x, f64::from(event.client_y()) - y);
        if dx.abs().max(dy.abs()) < SWIPE {
            return;
        }
        let action = match (dx.abs() > dy.abs(), dx > 0.0, dy > 0.0) {
            (true, true, _) => Action::Right,
            (true, false, _) => Action::Left,
            (false, _, true) => Action::Down,
            (false, _, false) => Action::Up,
        };
        dispatcher.dispatch(Event::Press(action));
        dispatcher.dispatch(Event::Release(action));
    });
    (down, up)
}
