//! Work in the background that ends with the effect that began it.

use futures::future::{AbortHandle, Abortable};
use wasm_bindgen_futures::spawn_local;

/// Begins some work, if there is any; what it returns ends it, wherever it is.
pub fn spawn(work: Option<impl Future<Output = ()> + 'static>) -> impl FnOnce() + 'static {
    let (stop, stopped) = AbortHandle::new_pair();
    if let Some(work) = work {
        let work = Abortable::new(work, stopped);
        spawn_local(async move {
            let _ = work.await;
        });
    }
    move || stop.abort()
}
