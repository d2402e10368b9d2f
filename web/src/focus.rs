//! Where the keyboard's focus goes, so that the next key plays; and what a list shows.

use gloo_events::EventListener;
use wasm_bindgen::JsCast;
use web_sys::{FocusOptions, HtmlElement, HtmlSelectElement};
use yew::prelude::*;

/// Gives the focus to the board, so that the next key plays.
pub fn focus_board() {
    // The board that the keys are for.
    if let Some(board) = element("own-board").or_else(|| element("board")) {
        let options = FocusOptions::new();
        options.set_prevent_scroll(true);
        // A board that can't take the focus is no harm.
        let _ = board.focus_with_options(&options);
    }
}

/// Gives the focus to an element by its name in the page, as what had it goes; tells whether there is one.
pub fn focus(id: &str) -> bool {
    let element = element(id);
    if let Some(element) = &element {
        // An element that can't take the focus is no harm.
        let _ = element.focus();
    }
    element.is_some()
}

/// Scrolls to an element by its name in the page, where it is out of sight.
pub fn bring_into_sight(id: &str) {
    let Some((element, window)) = element(id).zip(web_sys::window()) else { return };
    let place = element.get_bounding_client_rect();
    let height = window.inner_height().ok().and_then(|height| height.as_f64()).unwrap_or_default();
    if place.top() < 0.0 || place.bottom() > height {
        element.scroll_into_view();
    }
}

fn element(id: &str) -> Option<HtmlElement> {
    web_sys::window()?.document()?.get_element_by_id(id)?.dyn_into().ok()
}

/// The field of a form that is there from now on: it has the focus at once.
#[hook]
pub fn use_first() -> NodeRef {
    let first = use_node_ref();
    {
        let first = first.clone();
        use_effect_with((), move |()| {
            if let Some(field) = first.cast::<HtmlElement>() {
                // A field that can't take the focus is no harm.
                let _ = field.focus();
            }
        });
    }
    first
}

/// A list that shows what is chosen, by its place. Once somebody chose in it, it no longer goes by what its options say.
#[hook]
pub fn use_chosen(place: Option<usize>) -> NodeRef {
    let list = use_node_ref();
    {
        let list = list.clone();
        use_effect(move || {
            if let (Some(list), Some(place)) = (list.cast::<HtmlSelectElement>(), place) {
                list.set_selected_index(place as i32);
            }
        });
    }
    list
}

/// Whoever clicks with a pointer goes on playing by the keys: the button does not keep the focus, or
/// space would press it again. Whoever talks to the model stays with it, and whoever is
/// at the rulebook or looks into a ballot.
#[hook]
pub fn use_focus() {
    use_effect_with((), |()| {
        let listener = web_sys::window().map(|window| {
            EventListener::new(&window, "click", |event| {
                let pointer = event.dyn_ref::<MouseEvent>().is_some_and(|click| click.detail() > 0);
                let target = event.target().and_then(|t| t.dyn_into::<web_sys::Element>().ok());
                let control =
                    "main button:not(.model *, .rulebooks *, .look, .look *), header button, main input:not([type=number], .model *, .rulebooks *)";
                if pointer && target.is_some_and(|t| t.closest(control).ok().flatten().is_some()) {
                    focus_board();
                }
            })
        });
        move || drop(listener)
    });
}
