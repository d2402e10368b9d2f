//! The browser's storage for this page, shared by all its tabs: texts under names.

use gloo_events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{DomException, Storage, StorageEvent};

/// The text under a name, if there is one.
///
/// # Errors
/// One sentence, if the browser forbids it.
pub fn read(name: &str) -> Result<Option<String>, String> {
    storage()?.get_item(name).map_err(|_| forbidden())
}

/// Stores a text.
///
/// # Errors
/// One sentence, if the browser forbids it or there is no room.
pub fn write(name: &str, text: &str) -> Result<(), String> {
    storage()?.set_item(name, text).map_err(|error| {
        if error.dyn_ref::<DomException>().is_some_and(|error| error.name() == "QuotaExceededError") {
            "There is no more room in this browser's storage: what you change now is lost when the page is closed. Export it, or delete a rulebook.".into()
        } else {
            forbidden()
        }
    })
}

/// Removes the text under a name.
///
/// # Errors
/// One sentence, if the browser forbids it.
pub fn remove(name: &str) -> Result<(), String> {
    storage()?.remove_item(name).map_err(|_| forbidden())
}

/// Listens for what other tabs do to the text under a name.
pub fn listen(name: &'static str, heard: impl Fn() + 'static) -> Option<EventListener> {
    let window = web_sys::window()?;
    Some(EventListener::new(&window, "storage", move |event| {
        // Without a name, everything was cleared.
        let key = event.dyn_ref::<StorageEvent>().and_then(StorageEvent::key);
        if key.is_none_or(|key| key == name) {
            heard();
        }
    }))
}

fn storage() -> Result<Storage, String> {
    web_sys::window().and_then(|window| window.local_storage().ok().flatten()).ok_or_else(forbidden)
}

fn forbidden() -> String {
    "This browser lets the page store nothing: your rulebooks are lost when the page is closed. Export what you want to keep.".into()
}
