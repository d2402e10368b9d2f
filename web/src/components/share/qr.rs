//! A text as a QR code, for a phone's camera.

use qrcode::{Color, EcLevel, QrCode};
use yew::prelude::*;

/// The quiet edge around the code, in modules.
const EDGE: usize = 4;

/// The text.
#[derive(Properties, PartialEq)]
pub struct QrProps {
    pub text: AttrValue,
}

/// The code, or a sentence where the text is too long for one.
#[component]
pub fn Qr(props: &QrProps) -> Html {
    let Ok(code) = QrCode::with_error_correction_level(props.text.as_bytes(), EcLevel::L) else {
        return html! { <p class="caption">{ "The link is too long for a QR code." }</p> };
    };
    let width = code.width();
    let colors = code.to_colors();
    let mut path = String::new();
    for (y, row) in colors.chunks(width).enumerate() {
        for (x, _) in row.iter().enumerate().filter(|(_, color)| **color == Color::Dark) {
            path.push_str(&format!("M{} {}h1v1h-1z", x + EDGE, y + EDGE));
        }
    }
    let side = width + 2 * EDGE;
    html! {
        <svg class="qr" viewBox={format!("0 0 {side} {side}")} role="img" aria-label="The link as a QR code" shape-rendering="crispEdges">
            <rect width={side.to_string()} height={side.to_string()} fill="#fff" />
            <path d={path} fill="#000" />
        </svg>
    }
}
