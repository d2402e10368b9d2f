//! A frame on the screen, every pixel as sharp as it was drawn.

use rulewright::frame::{Frame, SIZE};
use wasm_bindgen::{Clamped, JsCast};
use web_sys::{CanvasRenderingContext2d, HtmlCanvasElement, ImageData};
use yew::prelude::*;

/// What a [`Canvas`] shows.
#[derive(Properties, PartialEq)]
pub struct CanvasProps {
    pub frame: Frame,
    /// What a screen reader says instead; nothing where the text beside it says it.
    #[prop_or_default]
    pub label: AttrValue,
}

/// Shows a frame.
#[component]
pub fn Canvas(props: &CanvasProps) -> Html {
    let node = use_node_ref();
    let canvas = node.clone();
    use_effect_with(props.frame.clone(), move |frame| {
        if let Some(canvas) = canvas.cast::<HtmlCanvasElement>() {
            paint(&canvas, frame);
        }
    });
    let size = SIZE.to_string();
    let label = Some(props.label.clone()).filter(|label| !label.is_empty());
    let role = if label.is_some() { "img" } else { "presentation" };
    html! { <canvas ref={node} width={size.clone()} height={size} {role} aria-label={label} /> }
}

fn paint(canvas: &HtmlCanvasElement, frame: &Frame) {
    let context = canvas.get_context("2d").ok().flatten();
    let Some(context) = context.and_then(|c| c.dyn_into::<CanvasRenderingContext2d>().ok()) else { return };
    let side = SIZE as u32;
    if let Ok(image) = ImageData::new_with_u8_clamped_array_and_sh(Clamped(&frame.rgba()), side, side) {
        // A canvas of this page's own is never tainted, so this can't fail.
        let _ = context.put_image_data(&image, 0.0, 0.0);
    }
}
