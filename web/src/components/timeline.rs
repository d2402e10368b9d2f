//! The episode as a line under the board: the way back to any moment.

use super::Shared;
use super::icon::Icon;
use crate::state::Event;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// The line.
#[component]
pub fn Timeline(props: &Shared) -> Html {
    let state = &props.state;
    let last = state.history.len();
    let jump = |id: &'static str, icon: &'static str, label: &'static str, to: usize| {
        let dispatcher = state.dispatcher();
        html! {
            <button
                type="button"
                {id}
                class="plain"
                aria-label={label}
                title={label}
                onclick={move |_: MouseEvent| dispatcher.dispatch(Event::Show(to))}
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
    html! {
        <div class="timeline">
            { jump("to-start", "first", "To the start", 0) }
            { jump("back", "back", "One moment back", state.shown.saturating_sub(1)) }
            <input
                id="scrub"
                type="range"
                min="0"
                max={last.to_string()}
                value={state.shown.to_string()}
                oninput={scrub}
                disabled={last == 0}
                aria-label="Look back"
                aria-valuetext={format!("after {} of {last} moments", state.shown)}
            />
            { jump("forward", "forward", "One moment on", (state.shown + 1).min(last)) }
            { jump("to-end", "last", "To now", last) }
        </div>
    }
}
