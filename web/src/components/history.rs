//! What happened so far, and the way back to any moment of it.

use super::Shared;
use super::icon::Icon;
use crate::address::Panel;
use crate::components::sight::Fold;
use crate::state::{Event, Moment};
use rulewright::games::replay::Move;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// Rows of the list that are on the page: the newest before the moment that is shown.
const ROWS: usize = 60;

/// The history.
#[component]
pub fn History(props: &Shared) -> Html {
    let state = &props.state;
    let last = state.history.len();
    let send = |event: Event| {
        let dispatcher = state.dispatcher();
        move |_: MouseEvent| dispatcher.dispatch(event.clone())
    };
    let jump = |id: &'static str, icon: &'static str, label: &'static str, to: usize| {
        html! {
            <button
                type="button"
                {id}
                class="plain"
                aria-label={label}
                title={label}
                onclick={send(Event::Show(to))}
                disabled={to == state.shown}
            >
                <Icon name={icon} />
            </button>
        }
    };
    let scrub = {
        let dispatcher = state.dispatcher();
        move |event: InputEvent| {
            let slider = event.target().and_then(|t| t.dyn_into::<HtmlInputElement>().ok());
            if let Some(Ok(to)) = slider.map(|slider| slider.value().parse()) {
                dispatcher.dispatch(Event::Show(to));
            }
        }
    };
    let row = |(index, moment): (usize, &Rc<Moment>)| {
        let shown = index + 1 == state.shown;
        html! {
            <li key={index}>
                <button
                    type="button"
                    class={classes!("moment", mood(moment))}
                    aria-current={shown.then_some("step")}
                    onclick={send(Event::Show(index + 1))}
                >
                    <span class="number">{ index + 1 }</span>
                    <span>{ moment.done.to_string() }</span>
                    <span class="change">{ change(moment) }</span>
                </button>
            </li>
        }
    };
    let from = state.shown.max(ROWS) - ROWS;
    let rows = state.history.iter().enumerate().skip(from).take(2 * ROWS);
    html! {
        <Fold state={state.clone()} panel={Panel::History} title="History">
            <div class="transport">
                { jump("to-start", "first", "To the start", 0) }
                { jump("back", "back", "One step back", state.shown.saturating_sub(1)) }
                <input
                    id="scrub"
                    type="range"
                    min="0"
                    max={last.to_string()}
                    value={state.shown.to_string()}
                    oninput={scrub}
                    aria-label="Look back"
                    aria-valuetext={format!("after {} of {last} moves", state.shown)}
                />
                { jump("forward", "forward", "One step on", (state.shown + 1).min(last)) }
                { jump("to-end", "last", "To now", last) }
            </div>
            if state.history.is_empty() {
                <p class="empty">{ "Nothing has happened yet." }</p>
            } else {
                <ol id="moments" class="moments" reversed=true>{ for rows.rev().map(row) }</ol>
            }
        </Fold>
    }
}

/// A moment as a sentence.
pub fn told(moment: &Moment) -> String {
    let done = match moment.done {
        Move::Twist => return "A twist: some hidden rules have changed.".into(),
        Move::Act(action) => action.to_string(),
    };
    let mut parts = vec![format!("You chose {done}")];
    let change = change(moment);
    if !change.is_empty() {
        parts.push(change);
    }
    if moment.outcome.done {
        parts.push("the episode is over".into());
    }
    parts.join(": ") + "."
}

/// What a moment changed, such as `+1 score, -1 life`.
fn change(moment: &Moment) -> String {
    let mut parts = Vec::new();
    if moment.outcome.score != 0 {
        parts.push(format!("{:+} score", moment.outcome.score));
    }
    if moment.outcome.lives != 0 {
        let noun = if moment.outcome.lives.abs() == 1 { "life" } else { "lives" };
        parts.push(format!("{:+} {noun}", moment.outcome.lives));
    }
    parts.join(", ")
}

fn mood(moment: &Moment) -> Option<&'static str> {
    match (moment.done, moment.outcome.score, moment.outcome.lives) {
        (Move::Twist, ..) => Some("turn"),
        (_, score, lives) if score < 0 || lives < 0 => Some("harm"),
        (_, score, lives) if score > 0 || lives > 0 => Some("gain"),
        _ => None,
    }
}
