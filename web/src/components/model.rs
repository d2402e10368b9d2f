//! The panel in which a model is loaded, shown and asked.

mod about;
mod answers;
mod ask;
mod folder;
mod source;

use super::Shared;
use super::fold::Fold;
use crate::address::Panel;
use crate::model::{Field, Stage, words};
use crate::state::{Event, State};
use about::AboutModel;
use answers::Answers;
use ask::Ask;
use source::Source;
use yew::prelude::*;

/// The panel.
#[component]
pub fn ModelPanel(props: &Shared) -> Html {
    let state = &props.state;
    html! {
        <Fold state={state.clone()} panel={Panel::Model} title="Model">
            <div class="model">
                <p id="model-news" class="hidden" role="status">{ words::news(&state.model) }</p>
                <Source state={state.clone()} />
                if let Some(loaded) = &state.model.loaded {
                    <AboutModel loaded={loaded.clone()} />
                    <Ask state={state.clone()} />
                }
                <Answers state={state.clone()} />
            </div>
        </Fold>
    }
}

/// How far the loading is, as a bar with a name.
pub fn progress(stage: &Stage, id: &'static str) -> Html {
    match stage {
        Stage::Loading { bytes, total, .. } => {
            let max = total.map(|total| total.to_string());
            let value = total.map(|_| bytes.to_string());
            html! { <progress {id} aria-label="Loading the model" {max} {value} /> }
        }
        Stage::Trying(_) => html! { <progress {id} aria-label="Timing the model" /> },
        _ => Html::default(),
    }
}

/// Sends an event to the model's part of the state.
fn tell<T>(
    state: &UseReducerHandle<State>,
    event: impl Fn(T) -> crate::model::Event + 'static,
) -> Callback<T> {
    let dispatcher = state.dispatcher();
    Callback::from(move |value| dispatcher.dispatch(Event::Model(event(value))))
}

/// What is typed into a field goes into the state at once.
fn typed(state: &UseReducerHandle<State>, field: Field) -> Callback<InputEvent> {
    tell(state, move |event: InputEvent| crate::model::Event::Field(field, crate::field::value(&event)))
}
