//! Time and chance: the clock or the agent's pace, the seed, a restart, the twist.

use super::Shared;
use super::choices::Choices;
use super::icon::Icon;
use crate::address::{Pace, Panel, Speed};
use crate::field;
use crate::state::{Event, State, Way};
use crate::watch::Until;
use strum::VariantArray;
use yew::prelude::*;

/// The agent's paces, in the order of [`Pace`].
const PACES: [(&str, &str, &str); 3] = [
    ("fast", "fast", "As fast as the model writes"),
    ("calm", "calm", "A vote stays a moment, to be seen"),
    ("slow", "slow", "A vote stays long enough to be read"),
];

/// Starts and stops what moves by itself: the agent, or the clock. Where the controls are left out, it stays.
#[component]
pub fn Run(props: &Shared) -> Html {
    let state = &props.state;
    let agents = state.is_agents();
    let waits = state.is_side_by_side() && state.board.is_over();
    let no_clock =
        !agents && (state.board.is_over() || state.looks_back() || state.settings.speed == Speed::Yours);
    if if agents { state.running } else { state.ticks() } {
        button(state, "pause", "pause", "Pause", Event::Pause, no_clock)
    } else {
        button(state, "pause", "play", "Play", Event::Pause, no_clock || waits)
    }
}

fn button(
    state: &UseReducerHandle<State>,
    id: &'static str,
    icon: &'static str,
    label: &'static str,
    event: Event,
    off: bool,
) -> Html {
    let dispatcher = state.dispatcher();
    let onclick = move |_: MouseEvent| dispatcher.dispatch(event.clone());
    html! {
        <button type="button" {id} {onclick} disabled={off} title={hint(id)}>
            <Icon name={icon} />{ label }
        </button>
    }
}

/// The controls.
#[component]
pub fn Controls(props: &Shared) -> Html {
    let state = &props.state;
    let button = |id, icon, label, event, off| button(state, id, icon, label, event, off);
    let speeds = Speed::VARIANTS.iter().map(|speed| {
        let steps = speed.steps();
        let (label, hint) = match speed {
            Speed::Yours => ("off", "The game waits for you".to_string()),
            Speed::Slow => ("slow", format!("{steps} steps a second")),
            Speed::Brisk => ("brisk", format!("{steps} steps a second")),
            Speed::Fast => ("fast", format!("{steps} steps a second")),
        };
        (steps.to_string().into(), label.into(), hint.into())
    });
    let choose_speed = {
        let dispatcher = state.dispatcher();
        move |index: usize| dispatcher.dispatch(Event::Speed(Speed::VARIANTS[index]))
    };
    let speed = Speed::VARIANTS.iter().position(|speed| *speed == state.settings.speed);
    // What is being typed: the game goes on meanwhile, and draws this anew.
    let draft = use_state(|| None::<String>);
    let typed = {
        let draft = draft.clone();
        move |event: InputEvent| draft.set(Some(field::value(&event)))
    };
    let left = {
        let draft = draft.clone();
        move |_: FocusEvent| draft.set(None)
    };
    let seed = {
        let (dispatcher, draft) = (state.dispatcher(), draft.clone());
        let now = state.settings.seed;
        move |event: yew::Event| {
            let Some(field) = field::input(&event) else { return };
            draft.set(None);
            match field.value().trim().parse() {
                Ok(seed) => dispatcher.dispatch(Event::Seed(seed)),
                Err(_) => {
                    field.set_value(&now.to_string());
                    let complaint = "A seed is a whole number from 0 to 4294967295; the game kept its own.";
                    dispatcher.dispatch(Event::Complain(complaint.into()));
                }
            }
        }
    };
    let done = |key: KeyboardEvent| {
        if key.key() == "Enter" {
            crate::focus::focus_board();
        }
    };
    let pad = state.settings.panels.contains(&Panel::Pad);
    let toggle_pad = {
        let dispatcher = state.dispatcher();
        move |_: MouseEvent| dispatcher.dispatch(Event::Toggle(Panel::Pad))
    };
    let next_seed = state.settings.seed.wrapping_add(1);
    let agents = state.is_agents();
    let off = state.board.is_over() || state.looks_back();
    let waits = state.is_side_by_side() && state.board.is_over();
    let pace = Pace::VARIANTS.iter().position(|pace| *pace == state.settings.pace);
    let choose_pace = {
        let dispatcher = state.dispatcher();
        move |index: usize| dispatcher.dispatch(Event::Way(Way::Pace(Pace::VARIANTS[index])))
    };
    html! {
        <div class="controls">
            <div class="buttons">
                <Run state={state.clone()} />
                { button("step", "step", if agents { "One step" } else { "Step" }, Event::Step, (off && !agents) || waits) }
                if agents {
                    { button("to-reflection", "play", "To a reflection", Event::PlayUntil(Until::Reflection), waits || !state.settings.reflects) }
                    { button("to-episode-end", "play", "To the end", Event::PlayUntil(Until::Episode), waits) }
                }
                { button("restart", "restart", "Restart", Event::Restart, false) }
                { button("twist", "twist", "Twist", Event::Twist, !state.can_twist()) }
            </div>
            if agents {
                <Choices
                    legend="Pace"
                    name="pace"
                    options={PACES.map(|(value, label, hint)| (value.into(), label.into(), hint.into())).to_vec()}
                    chosen={pace.unwrap_or_default()}
                    choose={choose_pace}
                />
            } else {
                <Choices
                    legend="Clock"
                    name="speed"
                    options={speeds.collect::<Vec<_>>()}
                    chosen={speed.unwrap_or_default()}
                    choose={choose_speed}
                />
            }
            <div class="seed">
                <label for="seed">{ "Seed" }</label>
                <input
                    id="seed"
                    type="number"
                    min="0"
                    max="4294967295"
                    value={(*draft).clone().unwrap_or_else(|| state.settings.seed.to_string())}
                    oninput={typed}
                    onblur={left}
                    onchange={seed}
                    onkeydown={done}
                />
                { button("next-seed", "dice", "Next", Event::Seed(next_seed), false) }
                if !agents || state.is_side_by_side() {
                    <button type="button" id="pad-toggle" aria-pressed={pad.to_string()} onclick={toggle_pad}>
                        { "Pad" }
                    </button>
                }
            </div>
        </div>
    }
}

/// What a button does, for those who linger over it.
fn hint(id: &str) -> Option<&'static str> {
    match id {
        "pause" => Some("Start or stop"),
        "step" => Some("One step: the agent's, or one in which you do nothing"),
        "to-reflection" => Some("The agent plays until it has looked back"),
        "to-episode-end" => Some("The agent plays until the episode is over"),
        "restart" => Some("The same game and seed from the start"),
        "twist" => Some("Change some of the hidden rules now"),
        "next-seed" => Some("The same game, laid out anew"),
        _ => None,
    }
}
