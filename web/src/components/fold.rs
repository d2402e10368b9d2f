//! A part of the page that folds away; the address remembers it.

use crate::address::Panel;
use crate::state::{Event, State};
use yew::prelude::*;

/// What is folded.
#[derive(Properties, PartialEq)]
pub struct FoldProps {
    pub state: UseReducerHandle<State>,
    pub panel: Panel,
    pub title: AttrValue,
    pub children: Html,
}

/// A titled part that folds away.
#[component]
pub fn Fold(props: &FoldProps) -> Html {
    let open = props.state.settings.panels.contains(&props.panel);
    let id = format!("panel-{}", props.panel);
    let toggle = {
        let (dispatcher, panel) = (props.state.dispatcher(), props.panel);
        move |_| dispatcher.dispatch(Event::Toggle(panel))
    };
    html! {
        <section class="fold">
            <h3>
                <button type="button" aria-expanded={open.to_string()} aria-controls={id.clone()} onclick={toggle}>
                    { &props.title }
                </button>
            </h3>
            <div {id} hidden={!open}>if open { { props.children.clone() } }</div>
        </section>
    }
}
