//! Words that came and went.

use rulewright::agent::rulebook::diff::{Piece, words};
use yew::prelude::*;

/// Two versions of a text as one, what went struck out and what came underlined.
pub fn pieces(before: &str, after: &str) -> Html {
    let piece = |piece: Piece| match piece {
        Piece::Same(text) => html! { { text } },
        Piece::Gone(text) => html! { <del>{ text }</del> },
        Piece::New(text) => html! { <ins>{ text }</ins> },
    };
    words(before, after).into_iter().map(piece).collect()
}
