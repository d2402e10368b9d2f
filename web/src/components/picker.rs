//! The gallery: every game with a picture, by family.

use super::Shared;
use super::canvas::Canvas;
use super::modal::{Modal, close_around};
use crate::field;
use crate::state::Event;
use rulewright::env::Environment;
use rulewright::games::{Family, Game, Split};
use strum::VariantArray;
use yew::prelude::*;

/// A window with all games.
#[component]
pub fn Picker(props: &Shared) -> Html {
    let state = &props.state;
    let wanted = use_state(String::new);
    let onclose = {
        let dispatcher = state.dispatcher();
        Callback::from(move |()| dispatcher.dispatch(Event::Ask(None)))
    };
    let choose = {
        let dispatcher = state.dispatcher();
        Callback::from(move |(game, event): (&'static Game, web_sys::Event)| {
            // This gives the focus back to where it was, and only then the board can have it.
            close_around(&event);
            dispatcher.dispatch(Event::Choose(&game.id));
            crate::focus::focus_board();
        })
    };
    let filter = {
        let wanted = wanted.clone();
        move |event: InputEvent| wanted.set(field::value(&event).to_lowercase())
    };
    let fits = |game: &&'static Game| {
        let about =
            format!("{} {} {} {}", game.file.title, game.file.family, game.file.split, game.file.goal);
        about.to_lowercase().contains(wanted.trim())
    };
    let card = |game: &'static Game| {
        let choose = choose.clone();
        let frame = game.start(state.settings.seed).frame();
        let current = game.id == state.settings.game;
        html! {
            <li key={game.id.as_str()}>
                <button
                    type="button"
                    class="card"
                    data-game={game.id.as_str()}
                    aria-current={current.then_some("true")}
                    onclick={move |click: MouseEvent| choose.emit((game, click.into()))}
                >
                    <Canvas {frame} />
                    <span class="name">{ &game.file.title }</span>
                    <span class="about">{ &game.file.goal }</span>
                </button>
            </li>
        }
    };
    let shelf = |title: String, games: Vec<&'static Game>| {
        html! {
            if !games.is_empty() {
                <section class="shelf">
                    <h3>{ title }</h3>
                    <ul>{ for games.into_iter().map(card) }</ul>
                </section>
            }
        }
    };
    let of = |split: Split| Game::all().filter(move |g| g.file.split == split).filter(fits);
    let families = Family::VARIANTS.iter().map(|&family| {
        shelf(family.to_string(), of(Split::Seen).filter(|g| g.file.family == family).collect())
    });
    let found: Vec<_> = Game::all().filter(fits).collect();
    let count = match found.as_slice() {
        [] => format!("No game fits “{}”.", wanted.trim()),
        [_] => "1 game: Enter opens it.".into(),
        all => format!("{} games", all.len()),
    };
    let enter = {
        let choose = choose.clone();
        let only = match found.as_slice() {
            [only] => Some(*only),
            _ => None,
        };
        move |key: KeyboardEvent| {
            if let Some(game) = only.filter(|_| key.key() == "Enter") {
                choose.emit((game, key.into()));
            }
        }
    };
    let search = html! {
        <input
            type="search"
            id="filter"
            placeholder="Find a game"
            aria-label="Find a game"
            oninput={filter}
            onkeydown={enter}
        />
    };
    html! {
        <Modal id="games" title="Choose a game" class="picker" beside={search} {onclose}>
            <p class="count" role="status">{ count }</p>
            <div class="shelves">
                { for families }
                { shelf("Desks".into(), of(Split::Desk).collect()) }
            </div>
            { shelf("Unseen: kept for measuring, never for training".into(), of(Split::Unseen).collect()) }
        </Modal>
    }
}
