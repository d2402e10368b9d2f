//! What stands under the board: buttons for every legal action, or, when there is nothing to do at the
//! moment, the way on.

use super::Shared;
use super::icon::Icon;
use crate::address::Panel;
use crate::state::{Event, State};
use crate::words;
use rulewright::env::{Action, Environment};
use wasm_bindgen::JsCast;
use yew::prelude::*;

/// The on-screen pad.
#[component]
pub fn Pad(props: &Shared) -> Html {
    let state = &props.state;
    let shown = state.settings.panels.contains(&Panel::Pad);
    html! {
        <div class="under">
            if state.looks_back() {
                { past(state) }
            } else if state.is_side_by_side() {
                // The visitor's own board has the pad, and says how it ended.
            } else if state.board.is_over() {
                { ended(state) }
            } else if shown && !state.is_agents() {
                { pad(state) }
            }
        </div>
    }
}

fn send(state: &UseReducerHandle<State>, event: Event) -> impl Fn(MouseEvent) + 'static {
    let dispatcher = state.dispatcher();
    move |_| {
        dispatcher.dispatch(event.clone());
        // The button goes away with what it did, so the board takes the focus.
        crate::focus::focus_board();
    }
}

/// The way back to now.
fn past(state: &UseReducerHandle<State>) -> Html {
    let recalled = state.recalled().map(|decision| decision.number + 1);
    let where_to = match recalled {
        Some(decision) => format!("You look back to decision {decision}, {}.", state.when()),
        None => format!("You look back to moment {} of {}.", state.shown, state.board.history.len()),
    };
    html! {
        <div class="way-on">
            <p>{ where_to }</p>
            if recalled.is_none() {
                <button type="button" id="play-on" class="primary" onclick={send(state, Event::PlayOn)}>
                    { "Play on from here" }
                </button>
            }
            <button type="button" id="to-now" onclick={send(state, Event::Show(usize::MAX))}>
                { "Back to now" }
            </button>
        </div>
    }
}

/// How it ended.
fn ended(state: &UseReducerHandle<State>) -> Html {
    let score = state.board.now().status().score;
    let points = if score.abs() == 1 { "point" } else { "points" };
    let next = state.settings.seed.wrapping_add(1);
    html! {
        <div class="way-on" id="ended">
            <p>
                <strong>{ format!("{score} {points}") }</strong>
                { format!(" in {} steps. {}.", state.board.steps(), words::ended(state)) }
            </p>
            if !(state.is_agents() && state.running) {
                <button type="button" class="primary" onclick={send(state, Event::Restart)}>
                    <Icon name="restart" />{ "Play again" }
                </button>
                <button type="button" onclick={send(state, Event::Seed(next))}>{ "Next seed" }</button>
            }
        </div>
    }
}

/// The buttons.
pub fn pad(state: &UseReducerHandle<State>) -> Html {
    let actions = state.board.now().actions();
    let moves = actions.iter().any(|a| icon(*a).is_some());
    let flat = !actions.contains(&Action::Up);
    let buttons = actions.iter().enumerate().map(|(index, &action)| button(state, index, action));
    html! {
        <div
            class={classes!("pad", if moves { "cross" } else { "row" }, (moves && flat).then_some("flat"))}
            role="group"
            aria-label="Actions"
        >
            { for buttons }
        </div>
    }
}

fn button(state: &UseReducerHandle<State>, index: usize, action: Action) -> Html {
    let dispatcher = state.dispatcher();
    let down = {
        let dispatcher = dispatcher.clone();
        move |event: PointerEvent| {
            // The button keeps the pointer, so that the release arrives here wherever the finger goes.
            let target = event.target().and_then(|t| t.dyn_into::<web_sys::Element>().ok());
            if let Some(button) = target.and_then(|t| t.closest("button").ok().flatten()) {
                // A pointer that is gone already needs no keeping.
                let _ = button.set_pointer_capture(event.pointer_id());
            }
            dispatcher.dispatch(Event::Press(action));
        }
    };
    let up = {
        let dispatcher = dispatcher.clone();
        Callback::from(move |_: PointerEvent| dispatcher.dispatch(Event::Release(action)))
    };
    let click = move |event: MouseEvent| {
        // A pointer was dealt with above; a keyboard or a switch clicks without one.
        if event.detail() == 0 {
            dispatcher.dispatch(Event::Press(action));
            dispatcher.dispatch(Event::Release(action));
        }
    };
    let name = action.to_string();
    let icon = icon(action);
    html! {
        <button
            type="button"
            key={name.clone()}
            class={classes!("act", format!("act-{}", name.replace(' ', "-")))}
            data-action={name.clone()}
            onpointerdown={down}
            onpointerup={up.clone()}
            onpointercancel={up}
            onclick={click}
            aria-label={icon.map(|_| name.clone())}
            title={icon.map(|_| name.clone())}
        >
            if let Some(icon) = icon {
                <Icon name={icon} />
            } else {
                <kbd>{ index + 1 }</kbd>{ &name }
            }
        </button>
    }
}

fn icon(action: Action) -> Option<&'static str> {
    match action {
        Action::Up => Some("up"),
        Action::Down => Some("down"),
        Action::Left => Some("left"),
        Action::Right => Some("right"),
        Action::Fire => Some("fire"),
        Action::Wait => Some("wait"),
        _ => None,
    }
}
