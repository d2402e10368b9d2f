//! What changes all the time, and is not to move what stands below it.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{HtmlElement, ResizeObserver};
use yew::prelude::*;

/// Keeps a part of the page as high as it was at its highest, while its text comes and goes: whoever aims at
/// something below it would miss. It begins anew where the part is as wide as it was not before, or `what` it
/// shows is another number of things; without that it is as high as it wants to be.
///
/// The browser says when the part is of another size. To ask at each drawing would have the page laid out once
/// more each time.
#[hook]
pub fn use_steady(part: &NodeRef, what: Option<usize>) {
    let part = part.clone();
    use_effect_with(what, move |what| {
        let part = what.and_then(|_| part.cast::<HtmlElement>());
        let watch = part.and_then(|part| {
            let (it, mut was) = (part.clone(), None);
            let sized = Closure::<dyn FnMut()>::new(move || {
                let (style, width) = (it.style(), it.offset_width());
                // A style that can't be set leaves the part as high as it wants to be.
                if was.replace(width) != Some(width) {
                    let _ = style.remove_property("min-height");
                }
                // To the fraction: a height that were rounded would be another size to hear of.
                let height = it.get_bounding_client_rect().height();
                let _ = style.set_property("min-height", &format!("{height}px"));
            });
            let observer = ResizeObserver::new(sized.as_ref().unchecked_ref()).ok()?;
            observer.observe(&part);
            Some((part, observer, sized))
        });
        move || {
            if let Some((part, observer, _)) = watch {
                observer.disconnect();
                let _ = part.style().remove_property("min-height");
            }
        }
    });
}
