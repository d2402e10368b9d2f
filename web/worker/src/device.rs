//! What the model runs on.

use burn::tensor::Device;
use rulewright::vlm::layers::Precision;

/// A device.
#[derive(Clone)]
pub struct Opened {
    pub device: Device,
    /// How it holds a model's matrices.
    pub precision: Precision,
    /// Its name for people.
    pub name: String,
}

/// Opens the device of this module: the graphics adapter.
#[cfg(feature = "gpu")]
pub async fn open() -> Result<Opened, String> {
    let device = Device::wgpu_options().init_async().await.map_err(|error| {
        web_sys::console::error_1(&error.to_string().into());
        "this browser offers no graphics adapter that the model can compute on"
    })?;
    let name = adapter().await.unwrap_or_else(|| "graphics adapter".into());
    Ok(Opened { device, precision: Precision::Full, name })
}

/// What the browser calls its graphics adapter, as far as it tells.
#[cfg(feature = "gpu")]
async fn adapter() -> Option<String> {
    use js_sys::{Function, Object, Promise, Reflect};
    use wasm_bindgen::{JsCast, JsValue};
    use wasm_bindgen_futures::JsFuture;

    let get = |of: &JsValue, name: &str| Reflect::get(of, &name.into()).ok();
    let gpu = get(&crate::page::scope().navigator(), "gpu")?;
    let request: Function = get(&gpu, "requestAdapter")?.dyn_into().ok()?;
    // As burn asks for it.
    let wish = Object::new();
    Reflect::set(&wish, &"powerPreference".into(), &"high-performance".into()).ok()?;
    let asked: Promise = request.call1(&gpu, &wish).ok()?.dyn_into().ok()?;
    let info = get(&JsFuture::from(asked).await.ok()?, "info")?;
    let words = |name: &str| get(&info, name)?.as_string().filter(|words| !words.is_empty());
    words("description").or_else(|| {
        let words: Vec<String> = ["vendor", "architecture"].into_iter().filter_map(words).collect();
        (!words.is_empty()).then(|| words.join(" "))
    })
}

/// Opens the device of this module: the CPU.
#[cfg(not(feature = "gpu"))]
pub async fn open() -> Result<Opened, String> {
    Ok(Opened { device: Device::flex(), precision: Precision::Quantised, name: "CPU".into() })
}
