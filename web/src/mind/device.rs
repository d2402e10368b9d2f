//! What a model can run on here.

use js_sys::{Function, Object, Promise, Reflect};
use strum::{Display, EnumString, VariantArray};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// What a worker computes on: each has a program of its own, and a visitor gets only what is used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum Backend {
    Cpu,
    Gpu,
}

impl Backend {
    /// Its name for people.
    pub const fn label(self) -> &'static str {
        match self {
            Backend::Cpu => "CPU",
            Backend::Gpu => "GPU",
        }
    }
}

/// Adapters with such names compute on the CPU and only look like a GPU.
const SOFTWARE: [&str; 6] = ["swiftshader", "llvmpipe", "lavapipe", "softpipe", "software", "basic render"];

/// Whether the browser offers a graphics adapter that is not software in disguise.
pub async fn has_real_gpu() -> bool {
    adapter().await.is_some_and(|adapter| !is_software(&adapter))
}

/// The adapter, where there is one. WebGPU may be missing altogether, so everything is asked for by name.
async fn adapter() -> Option<JsValue> {
    let navigator = web_sys::window()?.navigator();
    let gpu = property(&navigator, "gpu")?;
    let request: Function = property(&gpu, "requestAdapter")?.dyn_into().ok()?;
    // As the worker will ask for it: another wish may find another adapter.
    let wish = Object::new();
    Reflect::set(&wish, &"powerPreference".into(), &"high-performance".into()).ok()?;
    let promise: Promise = request.call1(&gpu, &wish).ok()?.dyn_into().ok()?;
    JsFuture::from(promise).await.ok().filter(JsValue::is_object)
}

fn is_software(adapter: &JsValue) -> bool {
    let info = property(adapter, "info").unwrap_or_default();
    let falls_back = |of| property(of, "isFallbackAdapter").is_some_and(|flag| flag.is_truthy());
    let names = ["vendor", "architecture", "device", "description"];
    let mut names = names.iter().filter_map(|name| property(&info, name)?.as_string());
    falls_back(adapter) || falls_back(&info) || names.any(|name| names_software(&name))
}

fn names_software(name: &str) -> bool {
    let name = name.to_lowercase();
    SOFTWARE.iter().any(|software| name.contains(software))
}

fn property(of: &JsValue, name: &str) -> Option<JsValue> {
    Reflect::get(of, &name.into()).ok().filter(|value| !value.is_undefined() && !value.is_null())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn software_that_poses_as_a_graphics_adapter_is_known() {
        let software = [
            "SwiftShader Device (Subzero)",
            "llvmpipe (LLVM 17.0.6, 256 bits)",
            "Microsoft Basic Render Driver",
            "Lavapipe",
        ];
        assert!(software.iter().all(|name| names_software(name)));
        let real = ["apple", "common-3d", "NVIDIA GeForce RTX 4090", "Intel(R) Iris(R) Xe Graphics", ""];
        assert!(!real.iter().any(|name| names_software(name)));
    }
}
