//! Sentences for the visitor: what of a link could not be used, and what else went wrong.

use super::Shared;
use super::icon::Icon;
use crate::state::Event;
use yew::prelude::*;

/// The sentences, until they are dismissed.
#[component]
pub fn Notices(props: &Shared) -> Html {
    let dismiss = {
        let dispatcher = props.state.dispatcher();
        move |_| {
            // The button goes.
            crate::focus::focus_board();
            dispatcher.dispatch(Event::Dismiss);
        }
    };
    let notices = &props.state.notices;
    html! {
        <div id="notices" role="status">
            if !notices.is_empty() {
                <div class="notice">
                    <ul>{ for notices.iter().map(|notice| html! { <li>{ notice }</li> }) }</ul>
                    <button type="button" class="plain" onclick={dismiss} aria-label="Dismiss">
                        <Icon name="close" />
                    </button>
                </div>
            }
        </div>
    }
}
