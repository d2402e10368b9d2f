//! The browser's cache, where there is one: on an insecure address, and in some private windows, there is
//! none, and a full disk may refuse. Then everything goes on without it.

use js_sys::{Array, Promise, Reflect, Uint8Array};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Request, Response};

use crate::page;

/// What the site's own part of the browser's cache is called.
const NAME: &str = "rulewright-models";

/// Files by address.
pub struct Cache {
    cache: Option<web_sys::Cache>,
}

impl Cache {
    pub async fn open() -> Self {
        let is_there = Reflect::get(&page::scope(), &"caches".into()).is_ok_and(|caches| caches.is_object());
        let Some(caches) = page::scope().caches().ok().filter(|_| is_there) else {
            return Self { cache: None };
        };
        Self { cache: wait(caches.open(NAME)).await.map(JsCast::unchecked_into) }
    }

    /// Whether there is one.
    pub fn is_there(&self) -> bool {
        self.cache.is_some()
    }

    pub async fn get(&self, key: &str) -> Option<Vec<u8>> {
        let found = wait(self.cache.as_ref()?.match_with_str(key)).await?.dyn_into::<Response>().ok()?;
        page::bytes(&wait(found.array_buffer().ok()?).await?)
    }

    /// Keeps some bytes, all of them or none.
    pub async fn put(&self, key: &str, bytes: &[u8]) {
        let Some(cache) = &self.cache else { return };
        if let Ok(response) = Response::new_with_opt_js_u8_array(Some(&Uint8Array::from(bytes))) {
            wait(cache.put_with_str(key, &response)).await;
        }
    }

    pub async fn drop(&self, key: &str) {
        if let Some(cache) = &self.cache {
            wait(cache.delete_with_str(key)).await;
        }
    }

    /// Drops every file of the folder at an address but these.
    pub async fn keep_only(&self, address: &str, keys: &[String]) {
        let Some(cache) = &self.cache else { return };
        let Some(requests) = wait(cache.keys()).await else { return };
        for request in Array::from(&requests).iter().filter_map(|request| request.dyn_into::<Request>().ok())
        {
            let key = request.url();
            // A folder inside of it is another model's.
            let is_ours = key.strip_prefix(address).is_some_and(|name| !name.contains('/'));
            if is_ours && !keys.contains(&key) {
                self.drop(&key).await;
            }
        }
    }
}

/// The value of a promise; nothing if it was broken.
async fn wait(promise: Promise) -> Option<JsValue> {
    JsFuture::from(promise).await.ok()
}
