//! How the agent votes and learns: K, temperature, MCT-RL, workers, and what happens after an episode.

use super::choices::Choices;
use super::fold::Fold;
use crate::address::{HOTTEST, LONGEST_STRIDE, MOST_VOTES, Panel};
use crate::field;
use crate::player::Player;
use crate::state::{Event, State, Way};
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
            if let Ok(value) = field::value(&event).parse() {
                dispatcher.dispatch(Event::Way(way(value)));
            }
        }
    };
    let slider = |id: &'static str,
                  label: &'static str,
                  hint: &'static str,
                  (least, most, value): (u8, u8, u8),
                  said: String,
                  way: fn(u8) -> Way| {
        let means = format!("{id}-means");
        html! {
            <div class="slider">
                <label for={id}>{ label }</label>
                <input {id} type="range" min={least.to_string()} max={most.to_string()} value={value.to_string()} aria-describedby={means.clone()} oninput={tell(way)} />
                <output for={id}>{ said }</output>
                <small id={means}>{ hint }</small>
            </div>
        }
    };
    let check = |id: &'static str,
                 label: &'static str,
                 hint: &'static str,
                 on: bool,
                 way: fn(bool) -> Way| {
        let dispatcher = state.dispatcher();
        let change = move |_: yew::Event| dispatcher.dispatch(Event::Way(way(!on)));
        let means = format!("{id}-means");
        html! {
            <div class="check">
                <input {id} type="checkbox" checked={on} aria-describedby={means.clone()} onchange={change} />
                <span><label for={id}>{ label }</label><small id={means}>{ hint }</small></span>
            </div>
        }
    };
    let workers = WORKERS.iter().position(|workers| *workers == settings.workers).unwrap_or_default();
    let choose = {
        let dispatcher = state.dispatcher();
        move |index: usize| dispatcher.dispatch(Event::Way(Way::Workers(WORKERS[index])))
    };
    let options = WORKERS.map(|workers| {
        let label = AttrValue::from(workers.map_or("auto".into(), |workers| workers.to_string()));
        (label.clone(), label, AttrValue::default())
    });
    let forgotten = use_state(|| None::<u32>);
    let reset = {
        let (player, forgotten) = (props.player.clone(), forgotten.clone());
        move |_: MouseEvent| {
            let forgotten = forgotten.clone();
            player.reset_policy(Callback::from(move |updates| forgotten.set(Some(updates))));
        }
    };
    let degrees = format!("{:.1}", f32::from(settings.temperature) / 10.0);
    html! {
        <Fold state={state.clone()} panel={Panel::Voting} title="How it votes and learns">
            <div class="panel">
                { slider("votes", "Ballots (K)", "How many copies look at each frame and vote", (1, MOST_VOTES, settings.votes), settings.votes.to_string(), Way::Votes) }
                { slider("heat", "Temperature", "How much is left to chance in what they write; at 0 all write the same", (0, HOTTEST, settings.temperature), degrees, Way::Temperature) }
                { slider("stride", "Learning step", "How far its weights move each time it learns", (1, LONGEST_STRIDE, settings.stride), format!("{}×", settings.stride), Way::Stride) }
                <Choices legend="Workers" name="workers" options={options.to_vec()} chosen={workers} {choose} />
                <small>{ "Each holds the whole model and writes a share of the ballots; auto is as many as are good for this machine" }</small>
                <div class="checks">
                    { check("learns", "It learns by its own agreement (MCT-RL)", "Ballots that agree with the majority are rewarded", settings.learns, Way::Learns) }
                    { check("reflects", "It looks back and writes rules", "When its schedule says so", settings.reflects, Way::Reflects) }
                    { check("goes-on", "After an episode it begins the next", "With the next seed", settings.goes_on, Way::GoesOn) }
                    { check("guard", "Learning is kept in check (the guard)", "It stays near the model that it began with, and is taken back when the score falls or all ballots become alike; without it, it learns four times as often", settings.guard, Way::Guard) }
                </div>
                <div class="row">
                    <button type="button" id="reset-policy" aria-describedby="reset-means" onclick={reset}>
                        { "Reset what it learned" }
                    </button>
                    <small id="reset-means">{ "It forgets what it learned in its weights; its rules stay" }</small>
                </div>
                <p class="caption" id="reset-news" role="status">
                    { match *forgotten {
                        None => String::new(),
                        Some(0) => "There was nothing to forget: it has not learned since it began.".into(),
                        Some(1) => "Forgotten: 1 update of its weights.".into(),
                        Some(updates) => format!("Forgotten: {updates} updates of its weights."),
                    } }
                </p>
            </div>
        </Fold>
    }
}
