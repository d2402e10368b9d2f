//! The episode as a line under the board: the way back to any moment, and to those that mattered.

use super::Shared;
use super::icon::Icon;
use crate::field;
use crate::state::Event;
use std::collections::BTreeSet;
use yew::prelude::*;

/// Where neither way leads anywhere.
const NOWHERE: [Option<Event>; 2] = [None, None];

/// The line.
#[component]
pub fn Timeline(props: &Shared) -> Html {
    let state = &props.state;
    let last = state.board.history.len();
    let recalls = state.recalled().is_some();
    let shown = match state.recalled() {
        Some(decision) => format!("decision {}, {}", decision.number + 1, state.when()),
        None => format!("after {} of {last} moments", state.shown),
    };
    let jump = |id: &'static str, icon: &'static str, label: &'static str, to: Option<Event>| {
        let dispatcher = state.dispatcher();
        let off = to.is_none();
        let onclick = move |_: MouseEvent| {
            if let Some(event) = &to {
                dispatcher.dispatch(event.clone());
            }
        };
        html! {
            <button type="button" {id} class="plain" aria-label={label} title={label} {onclick} aria-disabled={off.then_some("true")}>
                <Icon name={icon} />
            </button>
        }
    };
    let unless = |event: Event, is_there: bool| (recalls || !is_there).then_some(event);
    let scrub = {
        let dispatcher = state.dispatcher();
        move |event: InputEvent| {
            if let Ok(to) = field::value(&event).parse() {
                dispatcher.dispatch(Event::Show(to));
            }
        }
    };
    let scored = |moment: usize| state.board.history[moment - 1].outcome.score != 0;
    let thoughts: BTreeSet<u32> = state.watch.thoughts.iter().map(|thought| thought.at).collect();
    let reflected = |moment: usize| {
        state.board.history[moment - 1].decision.is_some_and(|decision| thoughts.contains(&decision))
    };
    let moments = |found: [Option<usize>; 2]| found.map(|moment| moment.map(Event::Show));
    let pair =
        |name: &'static str, ids: [&'static str; 2], labels: [&'static str; 2], to: [Option<Event>; 2]| {
            let [back, on] = to;
            html! {
                <span class="jump">
                    { jump(ids[0], "back", labels[0], back) }
                    <span aria-hidden="true">{ name }</span>
                    { jump(ids[1], "forward", labels[1], on) }
                </span>
            }
        };
    let score = moments(state.around(scored));
    let reflection = moments(state.around(reflected));
    let episode = match state.exhibit() {
        Some(_) => NOWHERE,
        None => state.watch.beyond(state.decision()).map(|decision| decision.map(Event::Recall)),
    };
    html! {
        <>
        <div class="timeline">
            { jump("to-start", "first", "To the start", unless(Event::Show(0), state.shown == 0)) }
            { jump("back", "back", "One moment back", unless(Event::Back, state.shown == 0)) }
            <input
                id="scrub"
                type="range"
                min="0"
                max={last.to_string()}
                value={state.shown.to_string()}
                oninput={scrub}
                disabled={last == 0}
                aria-label="Look back"
                aria-valuetext={shown}
            />
            { jump("forward", "forward", "One moment on", unless(Event::Forward, state.shown == last)) }
            { jump("to-end", "last", "To now", unless(Event::Show(usize::MAX), state.shown == last)) }
        </div>
        <div class="jumps">
            if (1..=last).any(scored) {
                { pair("score", ["score-back", "score-on"], ["Back to a change of score", "On to a change of score"], score) }
            }
            if (1..=last).any(reflected) {
                { pair("reflection", ["reflection-back", "reflection-on"], ["Back to a reflection", "On to a reflection"], reflection) }
            }
            if episode != NOWHERE {
                { pair("episode", ["episode-back", "episode-on"], ["Back to the last episode", "On to the next episode"], episode) }
            }
        </div>
        </>
    }
}
