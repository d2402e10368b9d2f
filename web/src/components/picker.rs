//! The gallery: every game with a picture, by family.

use super::Shared;
use super::canvas::Canvas;
use super::icon::Icon;
use crate::state::Event;
use rulewright::env::Environment;
use rulewright::games::{Family, Game, Split};
use strum::VariantArray;
use wasm_bindgen::JsCast;
use web_sys::{HtmlDialogElement, HtmlInputElement};
use yew::prelude::*;

/// A window with all games.
#[component]
pub fn Picker(props: &Shared) -> Html {
    let state = &props.state;
    let node = use_node_ref();
    let wanted = use_state(String::new);
    {
        let node = node.clone();
        use_effect_with((), move |()| {
            if let Some(dialog) = node.cast::<HtmlDialogElement>() {
                // It is on the page and closed, so this can't fail.
                let _ = dialog.show_modal();
            }
        });
    }
    // The dialog closes itself first: that gives the focus back to where it was.
    let closed = {
        let dispatcher = state.dispatcher();
        move |_: yew::Event| dispatcher.dispatch(Event::Ask(None))
    };
    let close = {
        let node = node.clone();
        Callback::from(move |()| {
            if let Some(dialog) = node.cast::<HtmlDialogElement>() {
                dialog.close();
            }
        })
    };
    let choose = {
        let (dispatcher, close) = (state.dispatcher(), close.clone());
        Callback::from(move |game: &'static Game| {
            close.emit(());
            dispatcher.dispatch(Event::Choose(&game.id));
            crate::focus::focus_board();
        })
    };
    let backdrop = {
        let (node, close) = (node.clone(), close.clone());
        move |event: MouseEvent| {
            if event.target().is_some_and(|target| node.get().is_some_and(|node| *node == target)) {
                close.emit(());
            }
        }
    };
    let filter = {
        let wanted = wanted.clone();
        move |event: InputEvent| {
            let field = event.target().and_then(|t| t.dyn_into::<HtmlInputElement>().ok());
            wanted.set(field.map(|field| field.value().to_lowercase()).unwrap_or_default());
        }
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
                    onclick={move |_| choose.emit(game)}
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
                choose.emit(game);
            }
        }
    };
    html! {
        <dialog
            ref={node}
            id="games"
            class="picker"
            aria-labelledby="games-title"
            onclose={closed}
            onclick={backdrop}
        >
            <div class="picker-head">
                <h2 id="games-title">{ "Choose a game" }</h2>
                <input
                    type="search"
                    id="filter"
                    placeholder="Find a game"
                    aria-label="Find a game"
                    oninput={filter}
                    onkeydown={enter}
                />
                <button type="button" class="plain" aria-label="Close" onclick={close.reform(|_| ())}>
                    <Icon name="close" />
                </button>
            </div>
            <p class="count" role="status">{ count }</p>
            { for families }
            { shelf("Desks".into(), of(Split::Desk).collect()) }
            { shelf("Unseen: kept for measuring, never for training".into(), of(Split::Unseen).collect()) }
        </dialog>
    }
}
