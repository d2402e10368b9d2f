//! How the agent votes and learns: K, temperature, MCT-RL, workers, and what happens after an episode.

use super::choices::Choices;
use super::fold::Fold;
use crate::address::{HOTTEST, LONGEST_STRIDE, MOST_VOTES, Panel};
use crate::player::Player;
use crate::state::{Event, State, Way};
use wasm_bindgen::JsCast;
use web_sys::HtmlInputElement;
use yew::prelude::*;

/// What the panel needs: the state, and whose policy may be reset.
#[derive(Properties, PartialEq)]
pub struct WaysProps {
    pub state: UseReducerHandle<State>,
    pub player: Player,
}

/// Workers that can be chosen; as many as are good for the machine if none.
const WORKERS: [Option<u8>; 1 + MOST_VOTES as usize] =
    [None, Some(1), Some(2), Some(3), Some(4), Some(5), Some(6), Some(7), Some(8)];

/// The panel.
#[component]
pub fn Ways(props: &WaysProps) -> Html {
    let state = &props.state;
    let settings = &state.settings;
    let tell = |way: fn(u8) -> Way| {
        let dispatcher = state.dispatcher();
        move |event: InputEvent| {
            let field = event.target().and_then(|t| t.dyn_into::<HtmlInputElement>().ok());
            if let Some(Ok(value)) = field.map(|field| field.value().parse()) {
                dispatcher.dispatch(Event::Way(way(value)));
            }
        }
    };
    let check =
        |id: &'static str, label: &'static str, hint: &'static str, on: bool, way: fn(bool) -> Way| {
            let dispatcher = state.dispatcher();
            let change = move |_: yew::Event| dispatcher.dispatch(Event::Way(way(!on)));
            html! {
                <label class="check" title={hint}>
                    <input {id} type="checkbox" checked={on} onchange={change} />
                    { label }
                </label>
            }
        };
    let workers = WORKERS.iter().position(|workers| *workers == settings.workers).unwrap_or_default();
    let choose = {
        let dispatcher = state.dispatcher();
        move |index: usize| dispatcher.dispatch(Event::Way(Way::Workers(WORKERS[index])))
    };
    let options = WORKERS.map(|workers| match workers {
        None => ("auto".into(), "auto".into(), "As many as are good for this machine".into()),
        Some(workers) => {
            let hint = "Each holds the whole model".into();
            (workers.to_string().into(), workers.to_string().into(), hint)
        }
    });
    let reset = {
        let player = props.player.clone();
        move |_: MouseEvent| player.reset_policy()
    };
    let degrees = format!("{:.1}", f32::from(settings.temperature) / 10.0);
    html! {
        <Fold state={state.clone()} panel={Panel::Voting} title="How it votes and learns">
            <div class="panel">
                <label class="slider" for="votes">
                    <span>{ "Ballots (K)" }</span>
                    <input id="votes" type="range" min="1" max={MOST_VOTES.to_string()} value={settings.votes.to_string()} oninput={tell(Way::Votes)} />
                    <output for="votes">{ settings.votes }</output>
                </label>
                <label class="slider" for="heat">
                    <span>{ "Temperature" }</span>
                    <input id="heat" type="range" min="0" max={HOTTEST.to_string()} value={settings.temperature.to_string()} oninput={tell(Way::Temperature)} />
                    <output for="heat">{ degrees }</output>
                </label>
                <label class="slider" for="stride">
                    <span>{ "Learning step" }</span>
                    <input id="stride" type="range" min="1" max={LONGEST_STRIDE.to_string()} value={settings.stride.to_string()} oninput={tell(Way::Stride)} />
                    <output for="stride">{ format!("{}×", settings.stride) }</output>
                </label>
                <Choices legend="Workers" name="workers" options={options.to_vec()} chosen={workers} {choose} />
                <div class="row">
                    { check("learns", "It learns by its own agreement (MCT-RL)", "Ballots that agree with the majority are rewarded", settings.learns, Way::Learns) }
                    { check("reflects", "It looks back and writes rules", "When its schedule says so", settings.reflects, Way::Reflects) }
                    { check("goes-on", "After an episode it begins the next", "With the next seed", settings.goes_on, Way::GoesOn) }
                    { check("guard", "Learning is kept in check (the guard)", "It stays near the model that it began with, and is taken back when the score falls or all ballots become alike", settings.guard, Way::Guard) }
                    <button type="button" id="reset-policy" title="Forget what it learned in its weights; its rules stay" onclick={reset}>
                        { "Reset what it learned" }
                    </button>
                </div>
            </div>
        </Fold>
    }
}
