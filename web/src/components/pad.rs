//! Buttons for every legal action: a cross for moving, a row for the desks.

use super::Shared;
use super::icon::Icon;
use crate::state::Event;
use rulewright::env::{Action, Environment};
use yew::prelude::*;

/// The on-screen pad.
#[component]
pub fn Pad(props: &Shared) -> Html {
    let state = &props.state;
    let actions = state.now().actions().to_vec();
    let off = state.is_over() || state.looks_back();
    let button = |(index, &action): (usize, &Action)| {
        let press = {
            let dispatcher = state.dispatcher();
            // The click of a keyboard or a switch has no pointer behind it: it presses and releases.
            move |_: MouseEvent| {
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
                onclick={press}
                disabled={off}
                aria-label={icon.map(|_| name.clone())}
            >
                if let Some(icon) = icon {
                    <Icon name={icon} />
                } else {
                    <kbd>{ index + 1 }</kbd>{ &name }
                }
            </button>
        }
    };
    let moves = actions.iter().any(|a| icon(*a).is_some());
    html! {
        <div
            class={if moves { "pad cross" } else { "pad row" }}
            role="group"
            aria-label="Actions"
        >
            { for actions.iter().enumerate().map(button) }
        </div>
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
