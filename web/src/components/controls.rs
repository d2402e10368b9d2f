//! Time and chance: the clock, the seed, a restart, the twist.

use super::Shared;
use super::icon::Icon;
use crate::address::Speed;
use crate::state::Event;
use strum::VariantArray;
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// The controls.
#[component]
pub fn Controls(props: &Shared) -> Html {
    let state = &props.state;
    let button = |id: &'static str, icon: &'static str, label: &'static str, event: Event, off: bool| {
        let dispatcher = state.dispatcher();
        let onclick = move |_: MouseEvent| dispatcher.dispatch(event.clone());
        html! {
            <button type="button" {id} {onclick} disabled={off} title={hint(id)}><Icon name={icon} />{ label }</button>
        }
    };
    let speed = |&speed: &Speed| {
        let dispatcher = state.dispatcher();
        let label = match speed {
            Speed::Yours => "waits".to_string(),
            other => format!("{}/s", other.steps()),
        };
        html! {
            <label class="choice">
                <input
                    type="radio"
                    name="speed"
                    value={speed.steps().to_string()}
                    checked={state.settings.speed == speed}
                    onchange={move |_: yew::Event| dispatcher.dispatch(Event::Speed(speed))}
                />
                <span>{ label }</span>
            </label>
        }
    };
    let seed = {
        let dispatcher = state.dispatcher();
        move |event: yew::Event| {
            let field = event.target().and_then(|t| t.dyn_into::<HtmlInputElement>().ok());
            if let Some(Ok(seed)) = field.map(|field| field.value().trim().parse()) {
                dispatcher.dispatch(Event::Seed(seed));
            }
        }
    };
    let next_seed = state.settings.seed.wrapping_add(1);
    let off = state.is_over() || state.looks_back();
    let clock = state.settings.speed != Speed::Yours;
    html! {
        <div class="controls">
            <div class="buttons">
                if clock && state.running {
                    { button("pause", "pause", "Pause", Event::Pause, off) }
                } else if clock {
                    { button("pause", "play", "Play", Event::Pause, off) }
                }
                { button("step", "step", "Step", Event::Step, off) }
                { button("restart", "restart", "Restart", Event::Restart, false) }
                { button("twist", "twist", "Twist", Event::Twist, off) }
            </div>
            <fieldset class="speed">
                <legend>{ "The game" }</legend>
                { for Speed::VARIANTS.iter().map(speed) }
            </fieldset>
            <div class="seed">
                <label for="seed">{ "Seed" }</label>
                <input
                    id="seed"
                    type="number"
                    min="0"
                    max="4294967295"
                    value={state.settings.seed.to_string()}
                    onchange={seed}
                />
                { button("next-seed", "dice", "Next", Event::Seed(next_seed), false) }
            </div>
        </div>
    }
}

/// What a button does, for those who linger over it.
fn hint(id: &str) -> Option<&'static str> {
    match id {
        "step" => Some("One step in which you do nothing"),
        "restart" => Some("The same game and seed from the start"),
        "twist" => Some("Change some of the hidden rules now"),
        "next-seed" => Some("The same game, laid out anew"),
        _ => None,
    }
}
