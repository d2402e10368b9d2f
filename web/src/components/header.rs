//! The head of the page: the name, the game, the theme.

use super::Shared;
use super::icon::Icon;
use crate::address::Theme;
use crate::state::{Dialog, Event};
use yew::prelude::*;

/// The head of the page.
#[component]
pub fn Header(props: &Shared) -> Html {
    let state = &props.state;
    let choose = {
        let dispatcher = state.dispatcher();
        move |_| dispatcher.dispatch(Event::Ask(Some(Dialog::Games)))
    };
    let teach = {
        let dispatcher = state.dispatcher();
        move |_| dispatcher.dispatch(Event::Ask(Some(Dialog::Lessons)))
    };
    let (next, name) = match state.settings.theme {
        Theme::Auto => (Theme::Dark, "auto"),
        Theme::Dark => (Theme::Light, "dark"),
        Theme::Light => (Theme::Auto, "light"),
    };
    let theme = {
        let dispatcher = state.dispatcher();
        move |_| dispatcher.dispatch(Event::Theme(next))
    };
    html! {
        <header class="head">
            <div class="brand">
                <h1>{ "Rulewright" }</h1>
                <p>{ "A small model plays toy games with hidden rules, and writes its own rulebook. All in your browser." }</p>
            </div>
            <button type="button" id="choose" class="primary" onclick={choose}>
                <Icon name="games" /><span>{ "Games" }</span>
            </button>
            <button type="button" id="teach" onclick={teach}>
                <Icon name="book" /><span>{ "Lessons" }</span>
            </button>
            <button
                type="button"
                id="theme"
                class="plain"
                onclick={theme}
                aria-label={format!("Theme: {name}. Change to {next}")}
                title={format!("Theme: {name}")}
            >
                <Icon {name} />
            </button>
        </header>
    }
}
