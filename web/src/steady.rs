//! What changes all the time, and is not to move what stands below it.

use web_sys::HtmlElement;
use yew::prelude::*;

/// Keeps a part of the page as high as it was at its highest, while its text comes and goes: whoever aims at
/// something below it would miss. It begins anew where the part is as wide as it was not before, or `what` it
/// shows is another number of things; without that it is as high as it wants to be.
#[hook]
pub fn use_steady(part: &NodeRef, what: Option<usize>) {
    let (part, was) = (part.clone(), use_mut_ref(|| None));
    use_effect(move || {
        let Some(part) = part.cast::<HtmlElement>() else { return };
        let (style, now) = (part.style(), what.map(|what| (what, part.offset_width())));
        if now.is_none() || was.replace(now) != now {
            // A style that can't be set leaves the part as high as it wants to be.
            let _ = style.remove_property("min-height");
        }
        if now.is_some() {
            let _ = style.set_property(
                "min-height",
                &format!("{}px", part.get_bounding_client_rect().height().ceil()),
            );
        }
    });
}
