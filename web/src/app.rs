//! The page: wires the state to the keyboard, the clock and the address, and lays out its parts.

use crate::address::{self, Region, Settings, Speed};
use crate::components::arena::Arena;
use crate::components::controls::{Controls, Run};
use crate::components::experiments::Experiments;
use crate::components::header::Header;
use crate::components::history::History;
use crate::components::keys::{self, Keys};
use crate::components::learning::Learning;
use crate::components::lesson::{LessonPanel, Lessons};
use crate::components::model::ModelPanel;
use crate::components::notices::Notices;
use crate::components::own::OwnBoard;
use crate::components::pad::Pad;
use crate::components::past::PastRules;
use crate::components::picker::Picker;
use crate::components::scoreboard::Scoreboard;
use crate::components::shelf::{Offered, ShelfSection};
use crate::components::sight::Sight;
use crate::components::stage::Stage;
use crate::components::strategist::{Strategist, Thinking};
use crate::components::teacher::Teacher;
use crate::components::votes::{LetPlay, Votes};
use crate::components::ways::Ways;
use crate::components::who::WhoPlays;
use crate::focus::{focus_board, use_focus};
use crate::lab::use_lab;
use crate::lessons::Lesson;
use crate::model::use_model;
use crate::player::use_player;
use crate::shelf::{self, address, address_of, is_only_rules, use_rulebooks, without_rules};
use crate::state::{Dialog, Event, State};
use gloo_events::{EventListener, EventListenerOptions};
use gloo_timers::callback::{Interval, Timeout};
use rulewright::env::Environment;
use rulewright::games::Game;
use wasm_bindgen::JsCast;
use web_sys::{HashChangeEvent, KeyboardEvent};
use yew::prelude::*;

/// What the address held when the page was opened.
#[derive(Clone, PartialEq, Properties)]
pub struct Opened {
    settings: Settings,
    notices: Vec<String>,
}

impl Opened {
    /// Reads the address, and changes nothing of it.
    pub fn read() -> Self {
        let (settings, notices) = opened(&address());
        Self { settings, notices }
    }
}

/// The whole page.
#[component]
pub fn App(opened: &Opened) -> Html {
    // First: a link's rules are read before the address is tidied.
    let lesson = opened.settings.lesson.and_then(Lesson::find);
    let rulebooks = use_rulebooks(lesson.map(|lesson| &*lesson.notes.title));
    let state = use_reducer(|| State::new(opened.settings.clone(), opened.notices.clone()));
    use_address(&state, &rulebooks);
    use_keyboard(&state);
    use_clock(&state);
    use_focus();
    let drawn = use_drawn();
    let pool = use_model(&state, drawn == Part::Rest);
    let lab = use_lab(&state, &pool);
    let player = use_player(&state, &rulebooks, pool);
    use_return(&state, &rulebooks);
    use_game(&state, &rulebooks);
    // The skip link moves the focus and leaves the address alone.
    let skip = |event: MouseEvent| {
        event.prevent_default();
        focus_board();
    };
    let shows = |region: Region| state.settings.shows(region) && drawn >= Part::of(region);
    let has_board = drawn >= Part::Board;
    let title = state.game().map_or("", |game| &game.file.title);
    html! {
        <>
            <a class="skip" href="#board" onclick={skip}>{ "Skip to the game" }</a>
            if !state.settings.embed && drawn >= Part::Header {
                <Header state={state.clone()} />
            }
            <Notices state={state.clone()} />
            if drawn >= Part::Rulebook {
                <Offered state={rulebooks.clone()} page={state.clone()} />
            }
            <LessonPanel state={state.clone()} rulebooks={rulebooks.dispatcher()} />
            <main
                class={classes!(
                    "layout",
                    state.is_side_by_side().then_some("both"),
                    state.is_agents().then_some("agents"),
                    state.settings.embed.then_some("embedded"),
                )}
                aria-busy={(drawn < Part::Rest).then_some("true")}
            >
                <section class="stage" aria-label={format!("{title}, the game")}>
                    if state.settings.embed {
                        <h1 class="hidden">{ format!("Rulewright: {title}") }</h1>
                    }
                    if has_board {
                        <Stage state={state.clone()} />
                    }
                    if shows(Region::Controls) {
                        <Pad state={state.clone()} />
                        <WhoPlays state={state.clone()} />
                    }
                    if has_board {
                        <Scoreboard state={state.clone()} />
                        if state.settings.shows(Region::Votes) {
                            <LetPlay id="let-play-above" state={state.clone()} />
                        }
                    }
                    if shows(Region::Controls) {
                        <Controls state={state.clone()} />
                    } else if !state.settings.shows(Region::Controls) && (state.is_agents() || state.settings.speed != Speed::Yours) {
                        <div class="controls"><Run state={state.clone()} /></div>
                    }
                    if state.settings.embed {
                        <p><a id="in-full" href={in_full(&state.settings)} target="_blank">{ "Open in full" }</a></p>
                    }
                </section>
                if has_board && state.is_side_by_side() {
                    <OwnBoard state={state.clone()} />
                }
                <div class="mind">
                    if shows(Region::Votes) {
                        <Votes state={state.clone()} heard={state.heard} />
                    }
                    <div class="written">
                        if shows(Region::Votes) {
                            <Thinking state={state.clone()} heard={state.heard} />
                        }
                        if shows(Region::Rulebook) {
                            <PastRules state={state.clone()} book={rulebooks.book().clone()} />
                            <ShelfSection
                                state={rulebooks.clone()}
                                page={state.clone()}
                                lab={lab.clone()}
                            />
                        }
                    </div>
                </div>
                if shows(Region::More) {
                    <section class="side" aria-label="More about the agent and the game">
                        <Ways state={state.clone()} player={player.clone()} />
                        <Strategist state={state.clone()} player={player.clone()} />
                        <Learning state={state.clone()} />
                        if drawn >= Part::Rest {
                            <Experiments state={state.clone()} rulebooks={rulebooks.clone()} {player} />
                            <Arena state={state.clone()} {lab} />
                            <History state={state.clone()} />
                            <Sight state={state.clone()} />
                            <Keys state={state.clone()} />
                            <ModelPanel state={state.clone()} />
                        }
                    </section>
                }
            </main>
            if state.dialog == Some(Dialog::Games) {
                <Picker state={state.clone()} />
            }
            if state.dialog == Some(Dialog::Lessons) {
                <Lessons state={state.clone()} />
            }
            if state.dialog == Some(Dialog::Teacher) {
                <Teacher state={state.clone()} />
            }
        </>
    }
}

/// The parts in which the page is drawn at first, in their order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Frame,
    Header,
    Board,
    Controls,
    Votes,
    Rulebook,
    More,
    Rest,
}

impl Part {
    fn of(region: Region) -> Self {
        match region {
            Region::Controls => Self::Controls,
            Region::Votes => Self::Votes,
            Region::Rulebook => Self::Rulebook,
            Region::More => Self::More,
        }
    }

    fn next(self) -> Option<Self> {
        match self {
            Self::Frame => Some(Self::Header),
            Self::Header => Some(Self::Board),
            Self::Board => Some(Self::Controls),
            Self::Controls => Some(Self::Votes),
            Self::Votes => Some(Self::Rulebook),
            Self::Rulebook => Some(Self::More),
            Self::More => Some(Self::Rest),
            Self::Rest => None,
        }
    }
}

/// Up to which part the page is drawn. The first time a program's function runs, the browser compiles it: all
/// parts at once would hold up a slow machine for longer than anybody should wait for a key.
#[hook]
fn use_drawn() -> Part {
    let drawn = use_state_eq(|| Part::Frame);
    let set = drawn.clone();
    use_effect_with(*drawn, move |&now| {
        let soon = now.next().map(|part| Timeout::new(0, move || set.set(part)));
        move || drop(soon)
    });
    *drawn
}

/// Opens the visitor's rulebook again when the vote-collapse lab or a lesson is over, whatever ended it.
#[hook]
fn use_return(state: &UseReducerHandle<State>, rulebooks: &UseReducerHandle<shelf::Rulebooks>) {
    let now = (state.collapse.is_some(), state.settings.lesson.is_some());
    let (was, shelf) = (use_mut_ref(|| now), rulebooks.dispatcher());
    use_effect_with(now, move |&(collapse, lesson)| {
        let (had_collapse, had_lesson) = was.replace((collapse, lesson));
        if had_collapse && !collapse {
            shelf.dispatch(shelf::Event::CollapseOver);
        }
        if had_lesson && !lesson {
            shelf.dispatch(shelf::Event::LessonOver);
        }
    });
}

/// Tells the rulebooks which game is played, and whether somebody chose it; a link and a lesson say themselves which
/// rules go with them.
#[hook]
fn use_game(state: &UseReducerHandle<State>, rulebooks: &UseReducerHandle<shelf::Rulebooks>) {
    let (dispatcher, before) = (rulebooks.dispatcher(), use_mut_ref(|| 0));
    use_effect_with((state.picked, state.settings.game), move |&(picked, game)| {
        let chosen = before.replace(picked) != picked;
        if let Some(game) = Game::find(game) {
            dispatcher.dispatch(shelf::Event::Game { title: game.file.title.clone(), chosen });
        }
    });
}

/// The address of the whole page where only a part of it is here.
fn in_full(settings: &Settings) -> String {
    address_of(&address::write(&Settings { embed: false, ..settings.clone() }))
}

/// The number of the next decision: after those that the open rulebook tells of.
pub fn now(state: &State, rulebooks: &shelf::Rulebooks) -> u32 {
    state.watch.next().max(rulebooks.book().next_step())
}

fn document() -> Option<web_sys::Document> {
    web_sys::window()?.document()
}

/// An address's settings, and what is wrong with them; the rules that it may carry are the shelf's.
fn opened(address: &str) -> (Settings, Vec<String>) {
    let (page, fragment) = address.split_once('#').unwrap_or((address, ""));
    let (mut settings, notices) = address::read(&without_rules(fragment));
    settings.embed |= page.split_once('?').is_some_and(|(_, query)| address::embeds(query));
    (settings, notices)
}

/// Keeps the address and the state the same: a change writes the address, another address opens it. Rules that are
/// still on offer stay in it, so that a page that is put up anew offers them again.
#[hook]
fn use_address(state: &UseReducerHandle<State>, rulebooks: &UseReducerHandle<shelf::Rulebooks>) {
    let piece = rulebooks.offer.as_ref().and_then(|offer| offer.piece.clone());
    // Counted, as another address may leave all there is to show as it was and is still to be written over: by the
    // effect alone, since what another writer takes for shown may be over before the effect has run.
    let changes = use_state(|| 0);
    let shown = (state.settings.clone(), piece, *changes);
    use_effect_with(shown, |(settings, piece, _)| show_settings(settings, piece.as_deref()));
    let dispatcher = state.dispatcher();
    use_effect_with((), move |()| {
        let listener = web_sys::window().map(|window| {
            EventListener::new(&window, "hashchange", move |event| {
                changes.set(*changes + 1);
                // By now the effect may have written the address over: the event knows what it was.
                let address = event.dyn_ref::<HashChangeEvent>().map(HashChangeEvent::new_url);
                // Rules alone are looked at first, and the game goes on.
                if let Some(address) = address.filter(|address| !is_only_rules(address)) {
                    let (settings, notices) = opened(&address);
                    dispatcher.dispatch(Event::Open(settings, notices));
                }
            })
        });
        move || drop(listener)
    });
}

/// Writes what can be seen of the settings outside of the app: the address, the title, the theme.
fn show_settings(settings: &Settings, rules: Option<&str>) {
    let (Some(window), Some(page)) = (web_sys::window(), document()) else { return };
    let mut fragment = format!("#{}", address::write(settings));
    if let Some(piece) = rules {
        fragment = format!("{fragment}&rules={piece}");
    }
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
    // What the keys are for, as it was last drawn. An effect would bring it only after the drawing, and a
    // key that comes right after a dialog went would be lost.
    let now = use_mut_ref(|| state.clone());
    now.replace(state.clone());
    use_effect_with((), move |()| {
        let listen = |name: &'static str, down: bool| {
            let now = now.clone();
            let options = EventListenerOptions::enable_prevent_default();
            let window = web_sys::window()?;
            Some(EventListener::new_with_options(&window, name, options, move |event| {
                let Some(key) = event.dyn_ref::<KeyboardEvent>() else { return };
                let state = now.borrow().clone();
                // A key that is let go in a field may have been pressed for the game.
                let elsewhere = keys::belongs_to_a_field(key);
                if state.dialog.is_some() || elsewhere && down {
                    return;
                }
                let controls = (state.settings.shows(Region::Controls), !state.settings.embed);
                // Where only the agent plays, the arrows scroll the page.
                let plays = !state.is_agents() || state.is_side_by_side();
                let actions = if plays { Environment::actions(state.board.now()) } else { &[] };
                let page_event = keys::event(key, down, actions, state.settings.shortcuts);
                if let Some(page_event) = page_event.filter(|event| keys::is_within_reach(event, controls)) {
                    if !elsewhere {
                        key.prevent_default();
                    }
                    state.dispatch(page_event);
                }
            }))
        };
        let listeners = [listen("keydown", true), listen("keyup", false)];
        let away = web_sys::window()
            .map(|window| EventListener::new(&window, "blur", move |_| now.borrow().dispatch(Event::Blur)));
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
            dispatcher.dispatch(if hidden { Event::Covered } else { Event::Tick });
        };
        let interval = (rate > 0).then(|| Interval::new(1000 / rate, tick));
        move || drop(interval)
    });
}
