//! Loads a model, and shows how far it is.

use super::super::Shared;
use super::super::choices::Choices;
use super::folder::Folder;
use super::{progress, tell};
use crate::mind::Backend;
use crate::model::{Event, Stage, words};
use crate::state;
use yew::prelude::*;

/// The devices, with their values in the page, labels and hints.
const DEVICES: [(Option<Backend>, &str, &str, &str); 3] = [
    (None, "auto", "the faster", "Both are timed where there is a real GPU"),
    (Some(Backend::Cpu), "cpu", "CPU", "One core"),
    (Some(Backend::Gpu), "gpu", "GPU", "The graphics adapter, even one that is only software"),
];

/// The form that loads a model.
#[component]
pub fn Source(props: &Shared) -> Html {
    let state = &props.state;
    let model = &state.model;
    let device = DEVICES.iter().position(|(device, ..)| *device == state.settings.device);
    let choose_device = {
        let dispatcher = state.dispatcher();
        move |index: usize| dispatcher.dispatch(state::Event::Device(DEVICES[index].0))
    };
    let load = tell(state, |event: SubmitEvent| {
        event.prevent_default();
        Event::Load
    });
    let idle = !model.is_loading() && model.loaded.is_none();
    html! {
        <form class="controls" onsubmit={load} aria-label="Load a model">
            <Folder state={state.clone()} />
            <Choices
                legend="Run on"
                name="device"
                options={DEVICES.map(|(_, value, label, hint)| (value.into(), label.into(), hint.into())).to_vec()}
                chosen={device.unwrap_or_default()}
                choose={choose_device}
            />
            <div class="buttons">
                <button
                    type="submit"
                    id="model-load"
                    class="primary"
                    aria-disabled={model.is_loading().to_string()}
                >
                    { if model.loaded.is_some() { "Load anew" } else { "Load" } }
                </button>
                <button
                    type="button"
                    id="model-leave"
                    aria-disabled={idle.to_string()}
                    onclick={tell(state, |_: MouseEvent| Event::Leave)}
                >
                    { if model.is_loading() || idle { "Cancel" } else { "Unload" } }
                </button>
            </div>
            { progress(&model.stage, "model-progress") }
            <p id="model-stage" class="empty">{ words::stage(model) }</p>
            <p id="model-note" role="status">{ model.note.clone() }</p>
            <p id="model-fault" class="problem" role="alert">{ fault(model) }</p>
        </form>
    }
}

/// Why the last order came to nothing.
fn fault(model: &crate::model::Model) -> Option<String> {
    let failed = match &model.stage {
        Stage::Failed(problem) => Some(problem.clone()),
        _ => None,
    };
    model.refused.clone().or(failed)
}
