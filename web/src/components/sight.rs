//! What is on the board, in words: for those who can't see the picture, or want it read out.

use super::Shared;
use crate::address::Panel;
use crate::state::{Event, State};
use rulewright::env::Environment;
use rulewright::games::Episode;
use yew::prelude::*;

/// A part of the page that folds away.
#[derive(Properties, PartialEq)]
pub struct FoldProps {
    pub state: UseReducerHandle<State>,
    pub panel: Panel,
    pub title: AttrValue,
    pub children: Html,
}

/// A titled part that folds away; the address remembers it.
#[component]
pub fn Fold(props: &FoldProps) -> Html {
    let open = props.state.settings.panels.contains(&props.panel);
    let id = format!("panel-{}", props.panel);
    let toggle = {
        let (dispatcher, panel) = (props.state.dispatcher(), props.panel);
        move |_| dispatcher.dispatch(Event::Toggle(panel))
    };
    html! {
        <section class="fold">
            <h3>
                <button type="button" aria-expanded={open.to_string()} aria-controls={id.clone()} onclick={toggle}>
                    { &props.title }
                </button>
            </h3>
            <div {id} hidden={!open}>if open { { props.children.clone() } }</div>
        </section>
    }
}

/// The list of what is on the board.
#[component]
pub fn Sight(props: &Shared) -> Html {
    html! {
        <Fold state={props.state.clone()} panel={Panel::Sight} title="The board in words">
            <p id="sight">{ described(props.state.view()) }</p>
        </Fold>
    }
}

/// Everything in the picture, seen from the player.
pub fn described(episode: &Episode) -> String {
    let Episode::Arcade(arcade) = episode else {
        return format!("A chart. {}.", episode.status());
    };
    let (px, py) = arcade.player();
    let mut parts = vec![format!("You are in column {}, row {}", px + 1, py + 1)];
    let mut things = arcade.sightings();
    things.sort_by_key(|t| t.x.abs_diff(px) + t.y.abs_diff(py));
    for thing in &things {
        let place = [
            away(thing.x as i32 - px as i32, "right", "left"),
            away(thing.y as i32 - py as i32, "down", "up"),
        ];
        let place: Vec<_> = place.into_iter().flatten().collect();
        let heading = thing.heading.map(|h| format!(", heading {h}")).unwrap_or_default();
        parts.push(format!("{} {}{heading}", thing.sprite, place.join(" ")));
    }
    parts.join("; ") + "."
}

fn away(steps: i32, ahead: &str, behind: &str) -> Option<String> {
    match steps {
        0 => None,
        n if n > 0 => Some(format!("{n} {ahead}")),
        n => Some(format!("{} {behind}", -n)),
    }
}
