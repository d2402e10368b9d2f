//! Score, lives and whatever else the game shows beside the picture.

use super::Shared;
use super::icon::Icon;
use crate::state::State;
use rulewright::env::{Environment, Reading};
use yew::prelude::*;

/// The status of the game that is shown.
#[component]
pub fn Scoreboard(props: &Shared) -> Html {
    let state = &props.state;
    let status = state.view().status();
    let hearts = (0..status.lives).map(|_| html! { <Icon name="heart" /> });
    let at_a_desk = state.game().is_some_and(|game| game.file.desk.is_some());
    let reading = |(index, Reading { name, value }): (usize, &Reading)| {
        let ink = at_a_desk.then(|| ink(state, index, name));
        html! {
            <div class="tile">
                <dt class={classes!(ink)}>{ name.to_string() }</dt>
                <dd>{ value.to_string() }</dd>
            </div>
        }
    };
    html! {
        <dl class="scores" id="scores">
            <div class="tile"><dt>{ "score" }</dt><dd id="score">{ status.score }</dd></div>
            if !at_a_desk {
                <div class="tile">
                    <dt>{ "lives" }</dt>
                    <dd id="lives" class="hearts"><span class="hidden">{ status.lives }</span>{ for hearts }</dd>
                </div>
            }
            <div class="tile"><dt>{ "step" }</dt><dd id="steps">{ state.steps_shown() }</dd></div>
            { for status.readings.iter().enumerate().map(reading) }
        </dl>
    }
}

/// The class of the colour in which the chart draws a reading.
fn ink(state: &State, index: usize, name: &str) -> String {
    let stock = state.game().and_then(|game| game.file.desk.as_ref()?.stock.as_ref());
    match stock {
        Some(stock) if stock.name == name => "ink ink-stock".into(),
        _ => format!("ink ink-{index}"),
    }
}
