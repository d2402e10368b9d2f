//! The visitor's own board, beside the agent's: the frame, the score, the pad, and how the two stand.

use super::Shared;
use super::canvas::Canvas;
use super::icon::Icon;
use super::pad::pad;
use super::scoreboard::tiles;
use super::stage::{glow, use_swipe};
use crate::address::Panel;
use crate::state::{Event, State};
use crate::words;
use rulewright::env::Environment;
use yew::prelude::*;

/// The board, with the words that go with it.
#[component]
pub fn OwnBoard(props: &Shared) -> Html {
    let state = &props.state;
    let swipe = use_swipe(state);
    let own = &state.own;
    let count = own.history.len();
    let pulse = own.history.last().and_then(|last| glow(last, count));
    let has_pad = state.settings.panels.contains(&Panel::Pad) && !own.is_over();
    html! {
        <section class="own" aria-labelledby="own-title">
            <h2 id="own-title">{ "Your board" }</h2>
            <p id="standing" class="standing">{ state.standing().said() }</p>
            { tiles(state, &own.now().status(), Some(own.steps()), "own-") }
            <div
                id="own-board"
                class={classes!("board", (!has_pad).then_some("tall"), pulse)}
                tabindex="0"
                role="application"
                aria-label="Your board. Arrow keys play."
                onpointerdown={swipe.0}
                onpointerup={swipe.1}
            >
                <Canvas frame={own.now().frame()} label={words::described(own.now())} />
            </div>
            <p id="own-said" class="said">{ said(state) }</p>
            <p id="own-told" class="hidden" role="status">{ news(state) }</p>
            { way_on(state) }
            if has_pad {
                <div class="under">{ pad(state) }</div>
            }
        </section>
    }
}

/// What just happened, or how one begins.
fn said(state: &State) -> String {
    let own = &state.own;
    match (own.history.len().checked_sub(1), state.game()) {
        (Some(last), _) => words::told(own, last),
        (None, Some(game)) => words::how_to_play(game, own.now().actions()),
        _ => String::new(),
    }
}

/// What is worth saying aloud: the last thing that the visitor met, and how the two stand at the end. It
/// changes only when there is something new to say.
fn news(state: &State) -> String {
    let (own, standing) = (&state.own, state.standing());
    let mut news = Vec::new();
    if let Some(at) = own.history.iter().rposition(|moment| words::is_news(moment)) {
        let (step, score) = (own.steps_among(at + 1), own.before(at + 1).status().score);
        let told = words::told(own, at);
        news.push(format!("Your step {step}. {told} Your score {score}."));
    }
    news.extend(standing.you.is_over.then(|| "Your episode is over.".into()));
    news.extend(standing.agent.is_over.then(|| "The agent's episode is over.".into()));
    news.extend(standing.is_over().then(|| standing.said()));
    news.join(" ")
}

/// What there is to do when an episode is over.
fn way_on(state: &UseReducerHandle<State>) -> Html {
    let standing = state.standing();
    let says = match (standing.you.is_over, standing.agent.is_over) {
        (false, false) => return Html::default(),
        (true, false) => "You are done. The agent is not: press Play and watch it, or begin anew.",
        (false, true) => "The agent is done. Take your time and finish, or begin anew.",
        (true, true) => "Both are done.",
    };
    let send = |event: Event| {
        let dispatcher = state.dispatcher();
        move |_: MouseEvent| {
            dispatcher.dispatch(event.clone());
            crate::focus::focus_board();
        }
    };
    html! {
        <div class="way-on" id="round-over">
            <p>{ says }</p>
            <button
                type="button"
                id="next-round"
                class={classes!(standing.is_over().then_some("primary"))}
                aria-disabled={state.is_settling().then_some("true")}
                onclick={send(Event::NextRound)}
            >
                { "Next round" }
            </button>
            <button type="button" id="same-round" onclick={send(Event::Restart)}>
                <Icon name="restart" />{ "The same once more" }
            </button>
        </div>
    }
}
