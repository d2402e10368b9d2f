//! What the model runs on and how fast it is, in a line, with a way to change it.

use super::Shared;
use crate::focus::use_chosen;
use crate::mind::Backend;
use crate::model::{self, Stage};
use crate::state::Event;
use crate::watch::words;
use wasm_bindgen::JsCast;
use web_sys::HtmlSelectElement;
use yew::prelude::*;

/// What can be chosen, with the words for it.
const DEVICES: [(Option<Backend>, &str); 3] =
    [(None, "the faster device"), (Some(Backend::Cpu), "the CPU"), (Some(Backend::Gpu), "the GPU")];

/// The line; nothing where there is no model.
#[component]
pub fn Device(props: &Shared) -> Html {
    let state = &props.state;
    let list = use_chosen(DEVICES.iter().position(|(device, _)| *device == state.settings.device));
    if state.model.stage == Stage::Absent {
        return Html::default();
    }
    let choose = {
        let state = state.clone();
        move |event: yew::Event| {
            let target = event.target().and_then(|t| t.dyn_into::<HtmlSelectElement>().ok());
            let Some((device, _)) = target.and_then(|list| DEVICES.get(list.selected_index() as usize))
            else {
                return;
            };
            state.dispatch(Event::Several(vec![Event::Device(*device), Event::Model(model::Event::Move)]));
        }
    };
    let option = |(_, label): &(Option<Backend>, &'static str)| html! { <option>{ *label }</option> };
    html! {
        <p class="device">
            if let Some(loaded) = &state.model.loaded {
                <span class="badge" id="device-name">{ words::device(&loaded.about.device, state.model.workers) }</span>
                <span id="device-memory" title="What a worker's program had taken once the model was loaded">{ words::memory(loaded.about.memory, state.model.workers, loaded.choice.backend() == Backend::Gpu) }</span>
                <span id="device-speed">{ state.watch.speed().map(words::speed) }</span>
            }
            <label class="device-choice">
                { "Run on " }
                <select ref={list} id="device-choice" onchange={choose}>{ for DEVICES.iter().map(option) }</select>
            </label>
        </p>
    }
}

/// Why there is no model, and another try.
pub fn retry(state: &UseReducerHandle<crate::state::State>) -> Html {
    let Stage::Failed(problem) = &state.model.stage else { return Html::default() };
    let dispatcher = state.dispatcher();
    let again = move |_: MouseEvent| dispatcher.dispatch(Event::Model(model::Event::Load));
    html! {
        <div class="retry">
            <p class="problem" id="agent-fault" dir="auto">{ problem }</p>
            <button type="button" id="try-again" class="primary" onclick={again}>{ "Try again" }</button>
        </div>
    }
}
