//! What is typed or chosen in a field.

use wasm_bindgen::JsCast;
use web_sys::{Event, HtmlInputElement, HtmlSelectElement, HtmlTextAreaElement};

/// What is in the field that an event is about: a line, an area or a list.
pub fn value(event: &Event) -> String {
    let target = event.target();
    let area = target.as_ref().and_then(|t| t.dyn_ref::<HtmlTextAreaElement>()).map(|area| area.value());
    let list = target.as_ref().and_then(|t| t.dyn_ref::<HtmlSelectElement>()).map(|list| list.value());
    area.or(list).or(input(event).map(|line| line.value())).unwrap_or_default()
}

/// Whether the box that an event is about is ticked.
pub fn is_ticked(event: &Event) -> bool {
    input(event).is_some_and(|field| field.checked())
}

/// The line, slider, box or choice of files that an event is about.
pub fn input(event: &Event) -> Option<HtmlInputElement> {
    event.target()?.dyn_into().ok()
}
