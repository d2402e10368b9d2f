//! The page: wires the state to the keyboard, the clock and the address, and lays out its parts.

use crate::address::{self, Settings};
use crate::components::controls::Controls;
use crate::components::header::Header;
use crate::components::history::History;
use crate::components::keys::{self, Keys};
use crate::components::model::ModelPanel;
use crate::components::notices::Notices;
use crate::components::pad::Pad;
use crate::components::picker::Picker;
use crate::components::scoreboard::Scoreboard;
use crate::components::sight::Sight;
use crate::components::stage::Stage;
use crate::focus::{focus_board, use_focus};
use crate::model::use_model;
use crate::state::{Dialog, Event, State};
use gloo_events::{EventListener, EventListenerOptions};
use gloo_timers::callback::Interval;
use rulewright::games::Game;
use wasm_bindgen::JsCast;
use web_sys::KeyboardEvent;
use yew::prelude::*;

/// The whole page.
#[component]
pub fn App() -> Html {
    let state = use_reducer(|| {
        let (settings, notices) = address::read(&fragment());
        State::new(settings, notices)
    });
    use_address(&state);
    use_keyboard(&state);
    use_clock(&state);
    use_focus();
    use_model(&state);
    // The skip link moves the focus and leaves the address alone.
    let skip = |event: MouseEvent| {
        event.prevent_default();
        focus_board();
    };
    let title = state.game().map_or("", |game| &game.file.title);
    html! {
        <>
            <a class="skip" href="#board" onclick={skip}>{ "Skip to the game" }</a>
            <Header state={state.clone()} />
            <Notices state={state.clone()} />
            <main class="layout">
                <section class="stage" aria-label={format!("{title}, the game")}>
                    <Stage state={state.clone()} />
                    <Pad state={state.clone()} />
                </section>
                <section class="side" aria-label="Score, controls and history">
                    <Scoreboard state={state.clone()} />
                    <Controls state={state.clone()} />
                    <History state={state.clone()} />
                    <Sight state={state.clone()} />
                    <ModelPanel state={state.clone()} />
                    <Keys state={state.clone()} />
                </section>
            </main>
            if state.dialog == Some(Dialog::Games) {
                <Picker state={state.clone()} />
            }
        </>
    }
}

fn document() -> Option<web_sys::Document> {
    web_sys::window()?.document()
}

fn fragment() -> String {
    web_sys::window().and_then(|window| window.location().hash().ok()).unwrap_or_default()
}

/// Keeps the address and the state the same: a change writes the address, another address opens it.
#[hook]
fn use_address(state: &UseReducerHandle<State>) {
    use_effect_with(state.settings.clone(), show_settings);
    let dispatcher = state.dispatcher();
    use_effect_with((), move |()| {
        let listener = web_sys::window().map(|window| {
            EventListener::new(&window, "hashchange", move |_| {
                let (settings, notices) = address::read(&fragment());
                // Junk goes from the address even where it leaves all settings as they were.
                show_settings(&settings);
                dispatcher.dispatch(Event::Open(settings, notices));
            })
        });
        move || drop(listener)
    });
}

/// Writes what can be seen of the settings outside of the app: the address, the title, the theme.
fn show_settings(settings: &Settings) {
    let (Some(window), Some(page)) = (web_sys::window(), document()) else { return };
    let fragment = format!("#{}", address::write(settings));
    if window.location().hash().is_ok_and(|now| now != fragment)
        && let Ok(history) = window.history()
    {
        // A browser that refuses (too many changes a second) catches up at the next change.
        let _ = history.replace_state_with_url(&wasm_bindgen::JsValue::NULL, "", Some(&fragment));
    }
    if let Some(game) = Game::find(settings.game) {
        page.set_title(&format!("{} · Rulewright", game.file.title));
    }
    if let Some(root) = page.document_element() {
        // Any element takes an attribute of this name.
        let _ = root.set_attribute("data-theme", &settings.theme.to_string());
    }
}

/// Keys anywhere on the page play the game, unless a dialog or a field has them.
#[hook]
fn use_keyboard(state: &UseReducerHandle<State>) {
    let busy = state.dialog.is_some();
    let actions = rulewright::env::Environment::actions(state.now()).to_vec();
    let dispatcher = state.dispatcher();
    use_effect_with((busy, actions), move |(busy, actions)| {
        let (busy, actions) = (*busy, actions.clone());
        let listen = |name: &'static str, down: bool| {
            let (dispatcher, actions) = (dispatcher.clone(), actions.clone());
            let options = EventListenerOptions::enable_prevent_default();
            let window = web_sys::window()?;
            Some(EventListener::new_with_options(&window, name, options, move |event| {
                let Some(key) = event.dyn_ref::<KeyboardEvent>() else { return };
                if busy || keys::belongs_to_a_field(key) {
                    return;
                }
                if let Some(page_event) = keys::event(key, down, &actions) {
                    key.prevent_default();
                    dispatcher.dispatch(page_event);
                }
            }))
        };
        let listeners = [listen("keydown", true), listen("keyup", false)];
        let away = web_sys::window()
            .map(|window| EventListener::new(&window, "blur", move |_| dispatcher.dispatch(Event::Blur)));
        move || drop((listeners, away))
    });
}

/// Ticks while a game runs by the clock, and pauses when nobody looks.
#[hook]
fn use_clock(state: &UseReducerHandle<State>) {
    let dispatcher = state.dispatcher();
    let rate = if state.ticks() { state.settings.speed.steps() } else { 0 };
    use_effect_with(rate, move |&rate| {
        let tick = move || {
            let hidden = document().is_some_and(|page| page.hidden());
            dispatcher.dispatch(if hidden { Event::Pause } else { Event::Tick });
        };
        let interval = (rate > 0).then(|| Interval::new(1000 / rate, tick));
        move || drop(interval)
    });
}
