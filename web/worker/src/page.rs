//! The page at the other end, and what else the browser gives a worker: a clock and a breath.

use js_sys::WebAssembly::Memory;
use js_sys::{ArrayBuffer, Promise, Uint8Array};
use rulewright_protocol::{Reply, Request};
use serde::Serialize;
use serde_wasm_bindgen::Serializer;
use wasm_bindgen::prelude::Closure;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{DedicatedWorkerGlobalScope, MessageChannel, MessageEvent};

/// The worker's own scope.
pub fn scope() -> DedicatedWorkerGlobalScope {
    js_sys::global().unchecked_into()
}

/// Hears what the page asks, or in one sentence why it was not understood.
pub fn listen(mut hear: impl FnMut(Result<Request, String>) + 'static) {
    let heard = move |event: MessageEvent| {
        let unknown = |error| format!("the worker did not understand what it was asked: {error}");
        hear(serde_wasm_bindgen::from_value(event.data()).map_err(unknown));
    };
    let heard = Closure::<dyn FnMut(MessageEvent)>::new(heard).into_js_value();
    scope().set_onmessage(Some(heard.unchecked_ref()));
}

/// Answers the page.
pub fn post(reply: &Reply) {
    let posted = reply.serialize(&Serializer::new()).map_err(JsValue::from);
    if let Err(error) = posted.and_then(|message| scope().post_message(&message)) {
        web_sys::console::error_1(&error);
    }
}

/// Milliseconds since the worker started.
pub fn now() -> f64 {
    scope().performance().map_or(0.0, |clock| clock.now())
}

/// Bytes of memory that this program has taken.
pub fn memory() -> u64 {
    let memory: Memory = wasm_bindgen::memory().unchecked_into();
    memory.buffer().unchecked_into::<ArrayBuffer>().byte_length().into()
}

/// The bytes of a buffer of the browser's; nothing where the memory has no room for them.
pub fn bytes(buffer: &JsValue) -> Option<Vec<u8>> {
    let buffer = Uint8Array::new(buffer);
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(buffer.length() as usize).ok()?;
    bytes.resize(buffer.length() as usize, 0);
    buffer.copy_to(&mut bytes);
    Some(bytes)
}

/// Lets the browser deliver what the page has sent meanwhile. A timer would be simpler, but browsers
/// make nested timers wait for 4 ms.
pub struct Breath {
    channel: Option<MessageChannel>,
}

impl Breath {
    pub fn new() -> Self {
        Self { channel: MessageChannel::new().ok() }
    }

    /// Waits until the browser has had its turn.
    pub async fn draw(&self) {
        let Some(channel) = &self.channel else { return };
        let back = Promise::new(&mut |back, _| channel.port1().set_onmessage(Some(&back)));
        if channel.port2().post_message(&JsValue::NULL).is_ok() {
            // The promise is never rejected.
            let _ = JsFuture::from(back).await;
        }
    }
}
