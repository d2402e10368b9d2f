//! Where a model comes from.

use super::super::Shared;
use super::super::choices::Choices;
use super::{tell, typed};
use crate::field;
use crate::model::{Event, Field, Place, words};
use crate::state::State;
use rulewright_protocol::LocalFile;
use yew::prelude::*;

/// The places, with their values in the page, labels and hints.
const PLACES: [(Place, &str, &str, &str); 3] = [
    (Place::Page, "page", "this page", "The folder model/ beside this page"),
    (Place::Address, "address", "an address", "Another folder of this site"),
    (Place::Disk, "disk", "your disk", "A folder on your disk; nothing of it leaves your computer"),
];

/// The choice of the folder.
#[component]
pub fn Folder(props: &Shared) -> Html {
    let state = &props.state;
    let place = PLACES.iter().position(|(place, ..)| *place == state.model.place).unwrap_or_default();
    html! {
        <>
            <Choices
                legend="From"
                name="place"
                options={PLACES.map(|(_, value, label, hint)| (value.into(), label.into(), hint.into())).to_vec()}
                chosen={place}
                choose={tell(state, |index: usize| Event::Place(PLACES[index].0))}
            />
            { field(state) }
        </>
    }
}

/// The folder's address, or the way to the disk.
fn field(state: &UseReducerHandle<State>) -> Html {
    match state.model.place {
        Place::Page => Html::default(),
        Place::Address => html! {
            <label class="field" for="model-address">
                { "Address of the folder" }
                <input
                    id="model-address"
                    type="text"
                    inputmode="url"
                    autocomplete="off"
                    spellcheck="false"
                    placeholder="models/tiny/"
                    value={state.model.draft.address.clone()}
                    oninput={typed(state, Field::Address)}
                />
            </label>
        },
        Place::Disk => html! {
            <>
                <label class="field" for="model-files">
                    { "Folder with config.json, tokenizer.json and model.safetensors" }
                    <input
                        id="model-files"
                        type="file"
                        multiple=true
                        webkitdirectory=true
                        onchange={tell(state, |event: yew::Event| Event::Files(chosen(&event)))}
                    />
                </label>
                if !state.model.files.is_empty() {
                    <p class="empty">{ words::chosen_files(state.model.files.len()) }</p>
                }
            </>
        },
    }
}

/// The files in the folder that was chosen, without those in folders below it.
fn chosen(event: &yew::Event) -> Vec<LocalFile> {
    let Some(files) = field::input(event).and_then(|field| field.files()) else { return Vec::new() };
    let files = (0..files.length()).filter_map(|index| files.get(index));
    let top = |file: &web_sys::File| {
        let path = js_sys::Reflect::get(file, &"webkitRelativePath".into()).ok();
        path.and_then(|path| path.as_string()).is_none_or(|path| path.matches('/').count() < 2)
    };
    files.filter(top).map(|file| LocalFile { name: file.name(), handle: file }).collect()
}
