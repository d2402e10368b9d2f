//! Turns: of all workers of this site, in every tab, one at a time downloads a model.

use js_sys::{Array, Function, Promise, Reflect};
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

use crate::page;

/// A turn, until it is dropped. A worker that ends loses its turn too.
pub struct Turn {
    end: Option<Function>,
}

impl Turn {
    /// Waits for a turn. Where the browser has no locks, it is everybody's turn.
    pub async fn take(name: &str) -> Self {
        Self { end: lock(name).await }
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        if let Some(end) = &self.end {
            let _ = end.call0(&JsValue::UNDEFINED);
        }
    }
}

/// Takes one of the browser's locks (`navigator.locks`, which `web-sys` holds to be unstable); what ends it.
async fn lock(name: &str) -> Option<Function> {
    let locks = Reflect::get(&page::scope().navigator(), &"locks".into()).ok()?;
    let request: Function = Reflect::get(&locks, &"request".into()).ok()?.dyn_into().ok()?;
    let mut asked = None;
    // The lock is held until the promise that the callback gives is kept; to keep it is our end.
    let granted = Promise::new(&mut |granted, _| {
        let held = move |_: JsValue| -> Promise {
            Promise::new(&mut |end, _| drop(granted.call1(&JsValue::UNDEFINED, &end)))
        };
        let held = Closure::once_into_js(held);
        asked = request.call2(&locks, &format!("rulewright {name}").into(), &held).ok();
    });
    // What was asked for is settled before it is granted only where it is refused.
    let first = Promise::race(&Array::of2(&granted, &asked?));
    JsFuture::from(first).await.ok()?.dyn_into().ok()
}
