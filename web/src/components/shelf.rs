//! The rulebook section of the page: which rulebook is open, files, sharing, and its rules.

use super::download::download;
use super::icon::Icon;
use super::rulebook::worth::WorthBar;
use super::rulebook::{Drafts, RulebookCards};
use super::share::{OfferDialog, ShareDialog};
use super::votes;
use crate::address;
use crate::app::now;
use crate::exhibits::use_exhibits;
use crate::field;
use crate::focus::use_chosen;
use crate::focus::use_first;
use crate::lab::Lab;
use crate::same::Same;
use crate::shelf::{Choice, Event, Rulebooks, forget_unreadable, read_file};
use crate::state::{self, State};
use gloo_timers::future::TimeoutFuture;
use rulewright::agent::rulebook::rule::MOST_NAME;
use rulewright::agent::rulebook::sheet::{MOST_BYTES, Sheet};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;
use wasm_bindgen_futures::{JsFuture, spawn_local};
use yew::prelude::*;

/// The section.
#[derive(Properties, PartialEq)]
pub struct ShelfProps {
    pub state: UseReducerHandle<Rulebooks>,
    pub page: UseReducerHandle<State>,
    /// What tells the rules' worth.
    pub lab: UseReducerHandle<Lab>,
}

/// A name that is asked for, and what for; or whether to delete.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Asked {
    New,
    Copy,
    Rename,
    Delete,
}

impl Asked {
    /// The button that asks for it, by its name in the page.
    fn id(self) -> &'static str {
        match self {
            Self::New => "book-new",
            Self::Copy => "book-copy",
            Self::Rename => "book-rename",
            Self::Delete => "book-delete",
        }
    }
}

/// The section.
#[component]
pub fn ShelfSection(props: &ShelfProps) -> Html {
    let ShelfProps { state, page, lab } = props;
    let now = now(page, state);
    let asked = use_state(|| None::<Asked>);
    let list = use_chosen(state.names().position(|name| name == state.open()));
    let sharing = use_state(|| false);
    let exhibits = use_exhibits(page);
    let exported = use_state(|| false);
    let drafts = use_drafts(state);
    let dismiss = {
        let dispatcher = state.dispatcher();
        move |_: MouseEvent| {
            crate::focus::focus("books");
            dispatcher.dispatch(Event::Dismiss);
        }
    };
    let at = |event: fn(u32) -> Event| {
        let dispatcher = state.dispatcher();
        Callback::from(move |()| dispatcher.dispatch(event(now)))
    };
    let onrevise = {
        let dispatcher = state.dispatcher();
        Callback::from(move |revision| dispatcher.dispatch(Event::Revise(revision, now)))
    };
    let open = {
        let dispatcher = state.dispatcher();
        move |event: yew::Event| dispatcher.dispatch(Event::Open(field::value(&event)))
    };
    let ask = |what: Asked, label: &'static str| {
        let asked = asked.clone();
        let onclick = move |_: MouseEvent| asked.set(Some(what));
        html! { <button type="button" id={what.id()} {onclick}>{ label }</button> }
    };
    let export = |id: &'static str, label: &'static str, kind: &'static str, text: fn(&Sheet) -> String| {
        let state = state.clone();
        let onclick = move |_: MouseEvent| {
            let sheet = Sheet::of(state.open(), state.book());
            download(&format!("{}.{id}", state.open()), kind, &text(&sheet));
        };
        html! { <button type="button" id={format!("export-{id}")} {onclick}>{ label }</button> }
    };
    let aside = state.aside.is_some().then(|| {
        let export = {
            let (state, exported) = (state.clone(), exported.clone());
            move |_: MouseEvent| {
                download("rulebooks.txt", "text/plain", state.aside.as_deref().unwrap_or_default());
                exported.set(true);
            }
        };
        let forget = {
            let (state, exported) = (state.clone(), exported.clone());
            move |_: MouseEvent| {
                crate::focus::focus("books");
                exported.set(false);
                state.dispatch(forget_unreadable(state.aside.as_deref().unwrap_or_default()));
            }
        };
        html! {
            <>
                <button type="button" id="export-aside" onclick={export}>{ "Export what could not be read" }</button>
                // Nothing is lost by a slip: whoever deletes it has it in a file.
                if *exported && state.can_forget() {
                    <button type="button" id="forget-aside" onclick={forget}>{ "Delete what could not be read" }</button>
                }
            </>
        }
    });
    let share = {
        let sharing = sharing.clone();
        move |_: MouseEvent| sharing.set(true)
    };
    let shared = {
        let sharing = sharing.clone();
        Callback::from(move |()| sharing.set(false))
    };
    let done = {
        let (asked, dispatcher) = (asked.clone(), state.dispatcher());
        Callback::from(move |event: Option<Event>| {
            let Some(event) = event else {
                crate::focus::focus(asked.map_or("books", Asked::id));
                return asked.set(None);
            };
            asked.set(None);
            crate::focus::focus("books");
            dispatcher.dispatch(event);
        })
    };
    use_covered(page, *sharing);
    let (own, kept) = (page.watch.own_steps(state.book()), exhibits.steps(state.book()));
    let seen: Rc<BTreeSet<u32>> = Rc::new(own.union(&kept).copied().collect());
    let evidence = {
        let (page, book) = (page.clone(), state.book().clone());
        move |step| {
            let is_own = own.contains(&step) && page.watch.decision(step).is_some();
            page.dispatch(if is_own { state::Event::Recall(step) } else { exhibits.show(&book, step) });
        }
    };
    let named = votes::named(page);
    // A key that is pressed here is not for the game.
    let keep = |key: KeyboardEvent| key.stop_propagation();
    html! {
        <section class="rulebooks" aria-labelledby="rulebook-title" onkeydown={keep}>
            <div class="rulebooks-head">
                <h2 id="rulebook-title"><Icon name="book" />{ "Rulebook" }</h2>
                <select ref={list} id="books" aria-label="Which rulebook" onchange={open}>
                    { for state.names().map(|name| html! {
                        <option value={name.to_string()}>{ name }</option>
                    }) }
                </select>
                <button type="button" id="share-open" class="primary" onclick={share}><Icon name="share" />{ "Share" }</button>
            </div>
            <div role="status" id="rulebook-notices">
                if !state.notices.is_empty() {
                    <div class="notice">
                        <ul>{ for state.notices.iter().map(|notice| html! { <li dir="auto">{ notice }</li> }) }</ul>
                        <button type="button" class="plain" aria-label="Dismiss" onclick={dismiss}>
                            <Icon name="close" />
                        </button>
                    </div>
                }
            </div>
            <RulebookCards
                key={state.open().to_string()}
                rulebook={state.book().clone()}
                {now}
                marked={named.iter().filter_map(|rule| state.book().place(rule)).collect::<Vec<_>>()}
                worths={lab.worths(page.settings.game, state.book())}
                {onrevise}
                onundo={at(Event::Undo)}
                onredo={at(Event::Redo)}
                onevidence={evidence}
                {seen}
                drafts={Same(drafts)}
            />
            <WorthBar page={page.clone()} lab={lab.clone()} rulebook={state.book().clone()} />
            <div class="rulebooks-files">
                { ask(Asked::New, "New") }
                { ask(Asked::Copy, "Copy") }
                { ask(Asked::Rename, "Rename") }
                { ask(Asked::Delete, "Delete") }
                <label class="file-button">
                    { "Import" }
                    <input id="import" type="file" accept=".json,.md,.markdown,.txt" onchange={import(state)} />
                </label>
                { export("json", "Export JSON", "application/json", Sheet::to_json) }
                { export("md", "Export Markdown", "text/markdown", Sheet::to_markdown) }
                { aside }
            </div>
            if let Some(asked) = *asked {
                <Name key={format!("{asked:?}")} {asked} state={state.clone()} {done} />
            }
            if *sharing {
                <ShareDialog
                    name={state.open().to_string()}
                    rulebook={state.book().clone()}
                    settings={address::shared(&page.settings)}
                    onclose={shared}
                />
            }
        </section>
    }
}

/// The drafts of the open rulebook: whoever opens another one finds them again when he comes back.
#[hook]
fn use_drafts(state: &Rulebooks) -> Rc<Drafts> {
    let all = use_mut_ref(HashMap::<String, Rc<Drafts>>::new);
    let last = use_mut_ref(String::new);
    let mut all = all.borrow_mut();
    let was = last.replace(state.open().into());
    // It was renamed. (Who deletes a rulebook has taken leave of its forms, too.)
    if !state.names().any(|name| name == was)
        && let Some(drafts) = all.remove(&was)
    {
        all.entry(state.open().into()).or_insert(drafts);
    }
    all.entry(state.open().into()).or_default().clone()
}

/// The game stops while something covers it.
#[hook]
fn use_covered(page: &UseReducerHandle<State>, covered: bool) {
    let dispatcher = page.dispatcher();
    use_effect_with(covered, move |covered| {
        if *covered {
            dispatcher.dispatch(state::Event::Covered);
        }
    });
}

/// Where rules are offered.
#[derive(Properties, PartialEq)]
pub struct OfferedProps {
    pub state: UseReducerHandle<Rulebooks>,
    pub page: UseReducerHandle<State>,
}

/// Asks what becomes of rules that came from elsewhere; also where the rulebook itself is not shown.
#[component]
pub fn Offered(OfferedProps { state, page }: &OfferedProps) -> Html {
    let now = now(page, state);
    use_covered(page, state.offer.is_some());
    let choose = {
        let (state, page) = (state.clone(), page.clone());
        Callback::from(move |(choice, game_too): (Choice, bool)| {
            if let Some(offer) =
                state.offer.as_ref().filter(|offer| game_too && !offer.link.settings.is_empty())
            {
                // The lab ends with another game, and the rules are not for its rulebook.
                state.dispatch(Event::CollapseOver);
                let (settings, notices) = address::taken(&offer.link.settings, &page.settings);
                page.dispatch(state::Event::Open(settings, notices));
                // The rules are for the game that they came with, not for the one that was played.
                if let Some(game) = page.game() {
                    state.dispatch(Event::Game { title: game.file.title.clone(), chosen: false });
                }
            }
            state.dispatch(Event::Choose(choice, now));
        })
    };
    html! {
        if let Some(offer) = &state.offer {
            <OfferDialog offer={offer.clone()} open={state.open().to_string()} onchoose={choose} />
        }
    }
}

/// What is asked for a rulebook.
#[derive(Properties, PartialEq)]
struct NameProps {
    asked: Asked,
    state: UseReducerHandle<Rulebooks>,
    done: Callback<Option<Event>>,
}

/// Asks for a rulebook's name, or whether to delete one.
#[component]
fn Name(props: &NameProps) -> Html {
    let NameProps { asked, state, done } = props;
    let asked = *asked;
    let like = match asked {
        Asked::New => "Rulebook",
        _ => state.open(),
    };
    let name = use_state(|| if asked == Asked::Rename { like.to_string() } else { state.free_name(like) });
    let first = use_first();
    let typed = {
        let name = name.clone();
        move |event: InputEvent| name.set(field::value(&event))
    };
    let submit = {
        let (name, done, is_same) = (name.clone(), done.clone(), *name == state.open());
        move |event: SubmitEvent| {
            event.prevent_default();
            let name = (*name).clone();
            done.emit(match asked {
                Asked::New => Some(Event::New(name)),
                Asked::Copy => Some(Event::Copy(name)),
                Asked::Rename if is_same => None,
                Asked::Rename => Some(Event::Rename(name)),
                Asked::Delete => Some(Event::Delete),
            });
        }
    };
    let leave = done.reform(|_: MouseEvent| None);
    let (label, go) = match asked {
        Asked::New => ("Name of the new rulebook", "Create"),
        Asked::Copy => ("Name of the copy", "Copy"),
        Asked::Rename => ("New name", "Rename"),
        Asked::Delete => ("", "Delete"),
    };
    // Whoever holds the key that asked has not answered yet.
    let once = |key: KeyboardEvent| {
        if key.repeat() {
            key.prevent_default();
        }
    };
    html! {
        <form class="book-name" aria-label={if asked == Asked::Delete { "Delete the rulebook" } else { label }} onsubmit={submit}>
            if asked == Asked::Delete {
                <p>{ format!("Delete “{}” with everything that ever changed in it? This can't be undone.", state.open()) }</p>
                <button ref={first} type="submit" id="book-go" onkeydown={once}>{ go }</button>
            } else {
                <label class="field">
                    { label }
                    <input
                        ref={first}
                        id="book-name"
                        type="text"
                        dir="auto"
                        maxlength={MOST_NAME.to_string()}
                        value={(*name).clone()}
                        autocomplete="off"
                        oninput={typed}
                    />
                </label>
                <button type="submit" id="book-go" class="primary">{ go }</button>
            }
            <button type="button" onclick={leave}>{ "Cancel" }</button>
        </form>
    }
}

/// Reads a chosen file.
fn import(state: &UseReducerHandle<Rulebooks>) -> impl Fn(yew::Event) + 'static {
    let dispatcher = state.dispatcher();
    move |event: yew::Event| {
        let Some((field, file)) =
            field::input(&event).and_then(|field| Some((field.clone(), field.files()?.get(0)?)))
        else {
            return;
        };
        // The same file may be chosen again.
        field.set_value("");
        let dispatcher = dispatcher.clone();
        spawn_local(async move {
            // A file that is too large is not even loaded.
            let size = file.size();
            let offer = if size > MOST_BYTES as f64 {
                Err(vec![format!(
                    "This file has {:.0} KiB; a rulebook has at most {}.",
                    size / 1024.0,
                    MOST_BYTES / 1024
                )])
            } else {
                match JsFuture::from(file.text()).await.ok().and_then(|text| text.as_string()) {
                    Some(text) => read_file(file.name(), &text),
                    None => Err(vec!["This file can't be read.".to_string()]),
                }
            };
            let failed = offer.is_err();
            dispatcher.dispatch(Event::Offer(offer));
            if failed {
                // That is told at the top, when it is drawn; the button is at the bottom.
                TimeoutFuture::new(0).await;
                crate::focus::bring_into_sight("rulebook-notices");
            }
        });
    }
}
