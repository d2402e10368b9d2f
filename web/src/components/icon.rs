//! The page's few icons, drawn here so that no font has to have them.

use yew::prelude::*;

/// Which icon.
#[derive(Properties, PartialEq)]
pub struct IconProps {
    pub name: &'static str,
}

/// An icon in the text's colour; the text beside it says what it means.
#[component]
pub fn Icon(props: &IconProps) -> Html {
    let path = match props.name {
        "up" => "M12 4l7 8h-4v8H9v-8H5z",
        "down" => "M12 20l-7-8h4V4h6v8h4z",
        "left" => "M4 12l8-7v4h8v6h-8v4z",
        "right" => "M20 12l-8 7v-4H4V9h8V5z",
        "fire" => "M11 2h2v5h-2zM11 17h2v5h-2zM2 11h5v2H2zM17 11h5v2h-5zM12 9a3 3 0 1 1 0 6 3 3 0 0 1 0-6z",
        "wait" => "M6 3h12v3l-4.5 6 4.5 6v3H6v-3l4.5-6L6 6z",
        "play" => "M6 4l14 8-14 8z",
        "pause" => "M6 4h4v16H6zM14 4h4v16h-4z",
        "step" => "M5 4l10 8-10 8zM17 4h3v16h-3z",
        "restart" => "M12 5a7 7 0 1 1-6.7 5H2l4.5-6L11 10H7.5A4.9 4.9 0 1 0 12 7z",
        "twist" => "M3 7h10l-2-3h4l4 5-4 5h-4l2-3H3zM21 17H11l2 3H9l-4-5 4-5",
        "games" => "M4 4h7v7H4zM13 4h7v7h-7zM4 13h7v7H4zM13 13h7v7h-7z",
        "dice" => {
            "M5 3h14a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H5a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2zm3 3a2 2 0 1 0 0 4 2 2 0 0 0 0-4zm8 8a2 2 0 1 0 0 4 2 2 0 0 0 0-4zm-4-4a2 2 0 1 0 0 4 2 2 0 0 0 0-4z"
        }
        "light" => {
            "M12 7a5 5 0 1 1 0 10 5 5 0 0 1 0-10zM11 1h2v4h-2zM11 19h2v4h-2zM1 11h4v2H1zM19 11h4v2h-4z"
        }
        "dark" => "M15 3a9 9 0 1 0 6 13A8 8 0 0 1 15 3z",
        "auto" => "M12 3a9 9 0 1 1 0 18zM12 3a9 9 0 0 0 0 18v-2a7 7 0 0 1 0-14z",
        "heart" => "M12 21l-8-8a5 5 0 0 1 8-6 5 5 0 0 1 8 6z",
        "first" => "M5 4h3v16H5zM20 4v16L9 12z",
        "last" => "M16 4h3v16h-3zM4 4l11 8-11 8z",
        "back" => "M16 4v16L5 12z",
        "forward" => "M8 4l11 8-11 8z",
        "pin" => "M8 2h8v2l-1 1v5l3 4v2h-5v6l-1 1-1-1v-6H6v-2l3-4V5L8 4z",
        "off" => {
            "M12 2a10 10 0 1 1 0 20 10 10 0 0 1 0-20zm0 3a7 7 0 0 0-5.6 11.2L16.2 6.4A7 7 0 0 0 12 5zm5.6 2.8L7.8 17.6A7 7 0 0 0 17.6 7.8z"
        }
        "edit" => "M3 21v-5L15 4l5 5L8 21zM16 3l1-1h2l3 3v2l-1 1z",
        "delete" => "M9 2h6l1 2h5v3H3V4h5zM5 8h14l-1 14H6zm4 3v8h2v-8zm4 0v8h2v-8z",
        "undo" => "M9 4v4h5a6 6 0 0 1 0 12H8v-3h6a3 3 0 0 0 0-6H9v4L2 9.5z",
        "redo" => "M15 4v4h-5a6 6 0 0 0 0 12h6v-3h-6a3 3 0 0 1 0-6h5v4l7-5.5z",
        "add" => "M10 3h4v7h7v4h-7v7h-4v-7H3v-4h7z",
        "share" => {
            "M17 2a4 4 0 1 1-2.8 6.9L9.9 11a4 4 0 0 1 0 2l4.3 2.1A4 4 0 1 1 13.3 17L9 14.900A4 4 0 1 1 9 9.100L13.300 7A4 4 0 0 1 17 2z"
        }
        "copy" => "M8 2h12v15h-3v-2h1V4h-8v1H8zM4 7h12v15H4zm2 2v11h8V9z",
        "take" => "M10 2h4v9h4l-6 7-6-7h4zM3 19h18v3H3z",
        "book" => "M4 4a3 3 0 0 1 3-3h13v18H7a1 1 0 0 0 0 2h13v2H7a3 3 0 0 1-3-3zM8 6h8V4H8z",
        "close" => "M6 4l6 6 6-6 2 2-6 6 6 6-2 2-6-6-6 6-2-2 6-6-6-6z",
        _ => "",
    };
    html! {
        <svg class="icon" viewBox="0 0 24 24" aria-hidden="true" focusable="false">
            <path d={path} fill="currentColor" fill-rule="evenodd" />
        </svg>
    }
}
