//! What the model sees: the frame as it gets it, where it looked on it, the prompt word for word, and what is
//! on the board in words, for those who can't see the picture or want it read out.

mod glances;
pub mod prompt;

use super::Shared;
use super::canvas::Canvas;
use super::fold::Fold;
use super::votes;
use crate::address::Panel;
use crate::model;
use crate::state::State;
use crate::words;
use glances::{Glances, Spotlight};
use prompt::Prompt;
use rulewright::agent::Decision;
use rulewright::env::Environment;
use rulewright::frame::SIZE;
use std::rc::Rc;
use yew::prelude::*;

/// The decision that somebody looks into, or else the one that is shown.
fn subject(state: &State) -> Option<Rc<Decision>> {
    let looked = state.watch.look.as_ref().and_then(|look| state.decision_of(look.decision));
    looked.or_else(|| votes::shown(state))
}

/// The panel.
#[component]
pub fn Sight(props: &Shared) -> Html {
    let state = &props.state;
    let decision = subject(state);
    let decision = decision.as_ref();
    let frame = decision.map_or_else(|| state.view().frame(), |decision| decision.frame.clone());
    html! {
        <Fold state={state.clone()} panel={Panel::Sight} title="What the model sees">
            <div class="panel sight">
                <div class="sight-frame">
                    <Canvas {frame} label="The frame, as the model gets it" />
                    if let Some(look) = &state.watch.look { <Spotlight look={look.clone()} /> }
                </div>
                <p class="caption" id="sight-caption">{ caption(state, decision) }</p>
                if let Some(look) = &state.watch.look {
                    <Glances state={state.clone()} look={look.clone()} />
                } else if decision.is_some() {
                    <p class="empty">{ "Where did it look? Click a word of a ballot, or the button below it." }</p>
                }
                if let Some(decision) = decision { <Prompt decision={decision.clone()} /> }
                <h4>{ "The board in words" }</h4>
                <p id="sight">
                    if state.recalled().is_some() {
                        { "Of an earlier time only the picture is kept." }
                    } else {
                        { words::described(state.view()) }
                    }
                </p>
            </div>
        </Fold>
    }
}

/// Which frame it is.
fn caption(state: &State, decision: Option<&Rc<Decision>>) -> String {
    let which = match decision {
        Some(decision) => format!("The frame before decision {}", decision.number + 1),
        None => "The frame as it is now".into(),
    };
    let size = format!("{SIZE}×{SIZE} pixels");
    match state.model.loaded.as_ref().map(|loaded| loaded.about.image.1) {
        Some(tokens) => {
            format!("{which}: {size}, which the model reads as {}.", model::words::tokens(tokens as usize))
        }
        None => format!("{which}: {size}."),
    }
}
