//! What changes all the time, and is not to move what stands below it.

use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;
use web_sys::{HtmlElement, ResizeObserver};
use yew::prelude::*;

/// Keeps a part of the page as high as it was at its highest, while its text comes and goes: whoever aims at
/// something below it would miss. It begins anew where the part is as wide as it was not before, or `what` it
/// shows is another number of things; without that it is as high as it wants to be.
///
/// The browser tells the part's size once the page is laid out, and what was told is heeded when it is drawn next. To
/// ask at each drawing would have the page laid out once more each time.
#[hook]
pub fn use_steady(part: &NodeRef, what: Option<usize>) {
    // How wide it is, and how high it was.
    let told = use_mut_ref(|| (0, 0.0_f64));
    let (node, size) = (part.clone(), told.clone());
    use_effect_with(what, move |what| {
        size.replace((0, 0.0));
        let watch = what.and_then(|_| node.cast::<HtmlElement>()).and_then(|part| {
            let watched = part.clone();
            let sized = Closure::<dyn FnMut()>::new(move || {
                let (now, height) = (part.offset_width(), part.get_bounding_client_rect().height());
                let (width, highest) = *size.borrow();
                size.replace((now, if now == width || width == 0 { highest.max(height) } else { 0.0 }));
            });
            let observer = ResizeObserver::new(sized.as_ref().unchecked_ref()).ok()?;
            observer.observe(&watched);
            Some((observer, sized))
        });
        move || {
            if let Some((observer, _)) = watch {
                observer.disconnect();
            }
        }
    });
    let part = part.clone();
    use_effect(move || {
        if let Some(part) = part.cast::<HtmlElement>() {
            let (_, highest) = *told.borrow();
            let height = if highest > 0.0 { format!("{highest}px") } else { String::new() };
            // A style that can't be set leaves the part as high as it wants to be.
            let _ = part.style().set_property("min-height", &height);
        }
    });
}
