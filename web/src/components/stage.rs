//! The game on the screen: the frame, what just happened, and how it ended.

use super::Shared;
use super::canvas::Canvas;
use super::history::told;
use super::icon::Icon;
use super::sight::described;
use crate::address::Speed;
use crate::state::{Event, State};
use rulewright::env::{Action, Environment};
use wasm_bindgen::JsCast;
use yew::prelude::*;

/// Pixels that a finger must move for a swipe.
const SWIPE: f64 = 24.0;

/// The frame, with what lies over it.
#[component]
pub fn Stage(props: &Shared) -> Html {
    let state = &props.state;
    let Some(game) = state.game() else { return Html::default() };
    let frame = state.view().frame();
    let swipe = use_swipe(state);
    html! {
        <>
            <div class="title">
                <h2>{ &game.file.title }</h2>
                <p class="goal">{ &game.file.goal }</p>
            </div>
            <div
                id="board"
                class={classes!("board", state.looks_back().then_some("past"), pulse(state))}
                tabindex="0"
                role="group"
                aria-label="The board. Arrow keys play."
                onpointerdown={swipe.0}
                onpointerup={swipe.1}
            >
                <Canvas {frame} label={described(state.view())} />
                { over(state) }
            </div>
            <p id="said" class="said" role="status">{ said(state) }</p>
        </>
    }
}

/// What just happened, in words.
fn said(state: &State) -> String {
    match state.shown.checked_sub(1).and_then(|last| state.history.get(last)) {
        Some(moment) => told(moment),
        None if state.settings.speed == Speed::Yours => "The game waits for you.".into(),
        None => "Press a key or Play to start the clock.".into(),
    }
}

/// A short glow where the last step did good or harm.
fn pulse(state: &State) -> Option<&'static str> {
    let last = state.shown.checked_sub(1).and_then(|last| state.history.get(last))?;
    let good = last.outcome.score > 0 || last.outcome.lives > 0;
    let bad = last.outcome.score < 0 || last.outcome.lives < 0;
    // Two names for each, in turn, so that the glow starts anew at every step.
    let odd = state.shown % 2 == 1;
    match (good, bad, odd) {
        (_, true, true) => Some("harm-a"),
        (_, true, false) => Some("harm-b"),
        (true, _, true) => Some("gain-a"),
        (true, _, false) => Some("gain-b"),
        _ => None,
    }
}

fn over(state: &UseReducerHandle<State>) -> Html {
    let send = |event: Event| {
        let dispatcher = state.dispatcher();
        move |_: MouseEvent| dispatcher.dispatch(event.clone())
    };
    if state.looks_back() {
        return html! {
            <div class="over low">
                <p>{ format!("You look back: {} of {}", state.shown, state.history.len()) }</p>
                <button type="button" id="play-on" onclick={send(Event::PlayOn)}>{ "Play on from here" }</button>
                <button type="button" id="to-now" onclick={send(Event::Show(usize::MAX))}>{ "Back to now" }</button>
            </div>
        };
    }
    if !state.is_over() {
        return Html::default();
    }
    let status = state.now().status();
    let points = if status.score.abs() == 1 { "point" } else { "points" };
    html! {
        <div class="over" id="ended">
            <p class="big">{ format!("{} {points}", status.score) }</p>
            <p>{ format!("in {} steps", state.steps()) }</p>
            <button type="button" class="primary" onclick={send(Event::Restart)}>
                <Icon name="restart" />{ "Play again" }
            </button>
            <button type="button" onclick={send(Event::Seed(state.settings.seed.wrapping_add(1)))}>
                { "Next seed" }
            </button>
        </div>
    }
}

/// A swipe over the board moves.
#[hook]
fn use_swipe(state: &UseReducerHandle<State>) -> (Callback<PointerEvent>, Callback<PointerEvent>) {
    let began = use_mut_ref(|| None::<(f64, f64)>);
    let down = {
        let began = began.clone();
        Callback::from(move |event: PointerEvent| {
            *began.borrow_mut() = Some((event.client_x().into(), event.client_y().into()));
        })
    };
    let dispatcher = state.dispatcher();
    let up = Callback::from(move |event: PointerEvent| {
        let over_a_button = event.target().and_then(|t| t.dyn_into::<web_sys::Element>().ok());
        let over_a_button = over_a_button.is_some_and(|e| e.closest("button").ok().flatten().is_some());
        let Some((x, y)) = began.borrow_mut().take().filter(|_| !over_a_button) else { return };
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
