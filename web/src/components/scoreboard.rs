//! Score, lives and whatever else the game shows beside the picture.

use super::Shared;
use super::icon::Icon;
use rulewright::env::{Environment, Reading};
use yew::prelude::*;

/// The status of the game that is shown.
#[component]
pub fn Scoreboard(props: &Shared) -> Html {
    let state = &props.state;
    let status = state.view().status();
    let reading = |Reading { name, value }: &Reading| {
        html! { <div class="tile"><dt>{ name.to_string() }</dt><dd>{ value.to_string() }</dd></div> }
    };
    let hearts = (0..status.lives).map(|_| html! { <Icon name="heart" /> });
    html! {
        <dl class="scores" id="scores">
            <div class="tile main"><dt>{ "score" }</dt><dd id="score">{ status.score }</dd></div>
            <div class="tile"><dt>{ "lives" }</dt>
                <dd id="lives" class="hearts">
                    <span class="hidden">{ status.lives }</span>{ for hearts }
                </dd>
            </div>
            <div class="tile"><dt>{ "step" }</dt><dd id="steps">{ state.steps_shown() }</dd></div>
            { for status.readings.iter().map(reading) }
        </dl>
    }
}
