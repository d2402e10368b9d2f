//! A rulebook as a link, and the look at one that was opened.

mod offer;
pub mod qr;

pub use offer::OfferDialog;

use super::icon::Icon;
use super::modal::Modal;
use crate::field;
use crate::shelf::{link_to, link_version};
use qr::Qr;
use rulewright::agent::rulebook::Rulebook;
use rulewright::agent::rulebook::link::Link;
use rulewright::agent::rulebook::sheet::Sheet;
use std::collections::BTreeMap;
use std::rc::Rc;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use yew::prelude::*;

/// What is shared.
#[derive(Properties, PartialEq)]
pub struct ShareProps {
    pub name: AttrValue,
    pub rulebook: Rc<Rulebook>,
    /// What may go along: the game, the seed, and what else the page's address says.
    pub settings: BTreeMap<String, String>,
    pub onclose: Callback<()>,
}

/// The window with the link.
#[component]
pub fn ShareDialog(props: &ShareProps) -> Html {
    let along = use_state(|| false);
    let told = use_state(String::new);
    let settings = if *along { props.settings.clone() } else { BTreeMap::new() };
    let link = use_memo((props.rulebook.clone(), props.name.clone(), settings), |(book, name, settings)| {
        let link =
            Link { sheet: Sheet::of(name, book), settings: settings.clone(), written_by: String::new() };
        link.write().map(|piece| link_to(&piece))
    });
    let toggle = {
        let (along, told) = (along.clone(), told.clone());
        move |_: yew::Event| {
            along.set(!*along);
            // That was said of the other link.
            told.set(String::new());
        }
    };
    let body = match &*link {
        Err(problem) => html! { <p class="problem" role="alert">{ problem }</p> },
        Ok(link) => {
            let copy = {
                let (link, told) = (link.clone(), told.clone());
                move |_: MouseEvent| copy(link.clone(), told.clone())
            };
            let select = |event: FocusEvent| {
                if let Some(field) = field::input(&event) {
                    field.select();
                }
            };
            html! {
                <>
                    <div class="share-link">
                        <input id="link" type="text" readonly=true aria-label="The link" value={link.clone()} onfocus={select} />
                        <button type="button" id="copy-link" class="primary" onclick={copy}><Icon name="copy" />{ "Copy" }</button>
                    </div>
                    <p role="status" id="share-news" class="caption">
                        { if told.is_empty() { format!("{} characters, link version {}.", link.len(), link_version()) } else { (*told).clone() } }
                    </p>
                    <Qr text={link.clone()} />
                </>
            }
        }
    };
    html! {
        <Modal id="share" title="Share these rules" onclose={props.onclose.clone()}>
            <p>
                { "Whoever opens the link sees the rules first, and then takes them or not. They stand in the link itself: no server gets them." }
            </p>
            if !props.settings.is_empty() {
                <label class="check">
                    <input type="checkbox" id="share-along" checked={*along} onchange={toggle} />
                    { "With the game, its seed and how the agent plays" }
                </label>
            }
            { body }
        </Modal>
    }
}

/// Copies a text, and says whether it could.
pub fn copy(text: String, told: UseStateHandle<String>) {
    spawn_local(async move {
        let done = match web_sys::window() {
            // Without a secure address there is no clipboard at all.
            Some(window) if window.is_secure_context() => {
                JsFuture::from(window.navigator().clipboard().write_text(&text)).await.is_ok()
            }
            _ => false,
        };
        told.set(if done {
            "Copied.".into()
        } else {
            "This browser lets the page copy nothing: it can be marked and copied by hand.".into()
        });
    });
}
