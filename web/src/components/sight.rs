//! What is on the board, in words: for those who can't see the picture, or want it read out.

use super::Shared;
use super::fold::Fold;
use crate::address::Panel;
use crate::words;
use yew::prelude::*;

/// The list of what is on the board.
#[component]
pub fn Sight(props: &Shared) -> Html {
    html! {
        <Fold state={props.state.clone()} panel={Panel::Sight} title="The board in words">
            <p id="sight">{ words::described(props.state.view()) }</p>
        </Fold>
    }
}
