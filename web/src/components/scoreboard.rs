//! Score, lives and whatever else the game shows beside the picture.

use super::Shared;
use super::icon::Icon;
use crate::state::State;
use rulewright::env::{Environment, Reading, Status};
use yew::prelude::*;

/// The status of the game that is shown.
#[component]
pub fn Scoreboard(props: &Shared) -> Html {
    let state = &props.state;
    match state.recalled() {
        // How many steps of its episode came before it is not known any more.
        Some(decision) => tiles(state, &decision.status, None, ""),
        None => tiles(state, &state.view().status(), Some(state.board.steps_among(state.shown)), ""),
    }
}

/// The tiles of a status after so many steps, if that is known; the prefix tells their names in the page from another board's.
pub fn tiles(state: &State, status: &Status, steps: Option<usize>, prefix: &str) -> Html {
    let id = |name: &str| format!("{prefix}{name}");
    let at_a_desk = state.game().is_some_and(|game| game.file.desk.is_some());
    let limit = state.game().map_or(0, |game| game.file.steps);
    let reading = |Reading { name, value }: &Reading| {
        let ink = at_a_desk.then(|| ink(state, name));
        html! {
            <div class="tile">
                <dt class={classes!(ink)}>{ name.to_string() }</dt>
                <dd>{ value.to_string() }</dd>
            </div>
        }
    };
    html! {
        <dl class="scores" id={id("scores")}>
            <div class="tile"><dt>{ "score" }</dt><dd id={id("score")}>{ status.score }</dd></div>
            if !at_a_desk {
                <div class="tile">
                    <dt>{ "lives" }</dt>
                    <dd class="lives"><Icon name="heart" /><span id={id("lives")}>{ status.lives }</span></dd>
                </div>
            }
            <div class="tile"><dt>{ "step" }</dt>
                <dd><span id={id("steps")}>{ steps.map_or("–".into(), |steps| steps.to_string()) }</span><small>{ format!(" / {limit}") }</small></dd>
            </div>
            { for status.readings.iter().map(reading) }
        </dl>
    }
}

/// The class of the colour in which the chart draws a reading; what is on hand is drawn in white.
fn ink(state: &State, name: &str) -> String {
    let desk = state.game().and_then(|game| game.file.desk.as_ref());
    let place = desk.and_then(|desk| desk.reading.iter().position(|reading| reading.name == name));
    place.map_or("ink ink-stock".into(), |place| format!("ink ink-{place}"))
}
