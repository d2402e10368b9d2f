//! The keyboard: which key does what, and the list of them.

use super::Shared;
use super::fold::Fold;
use crate::address::Panel;
use crate::state::{Dialog, Event};
use rulewright::env::Action;
use wasm_bindgen::JsCast;
use web_sys::{HtmlElement, KeyboardEvent};
use yew::prelude::*;

/// Keys and what they do, for the list.
const LIST: [(&str, &str); 9] = [
    ("← ↑ ↓ → or W A S D", "move"),
    ("space or F", "fire"),
    (". or X", "wait"),
    ("1 to 9", "the actions in their order"),
    ("P / N", "pause / one step"),
    ("R", "restart; where an agent has played, twice"),
    ("T", "twist"),
    ("[ / ] or , / ;", "one moment back / on"),
    ("G", "choose a game"),
];

/// The list of keys.
#[component]
pub fn Keys(props: &Shared) -> Html {
    let entry = |(keys, what): &(&'static str, &'static str)| {
        html! { <><dt><kbd>{ *keys }</kbd></dt><dd>{ *what }</dd></> }
    };
    let on = props.state.settings.shortcuts;
    let turn = {
        let dispatcher = props.state.dispatcher();
        move |_: yew::Event| dispatcher.dispatch(Event::Shortcuts(!on))
    };
    html! {
        <Fold state={props.state.clone()} panel={Panel::Keys} title="Keys">
            <dl class="keys">{ for LIST.iter().map(entry) }</dl>
            <label class="check">
                <input id="shortcuts" type="checkbox" checked={on} onchange={turn} />
                { "Letters, digits and signs are keys, too; without them there are the arrows, space and the buttons" }
            </label>
        </Fold>
    }
}

/// Whether the element that has the focus needs the key itself: a text field all of them, a slider its
/// arrows and so does a list that scrolls, a button what presses it.
pub fn belongs_to_a_field(key: &KeyboardEvent) -> bool {
    // AltGr counts as ctrl and alt together, and some keyboards need it for the brackets.
    let alt_gr = key.get_modifier_state("AltGraph");
    if key.meta_key() || (!alt_gr && (key.ctrl_key() || key.alt_key())) {
        return true;
    }
    let Some(target) = key.target().and_then(|t| t.dyn_into::<HtmlElement>().ok()) else { return false };
    let key = key.key();
    match (target.tag_name().as_str(), target.get_attribute("type").as_deref()) {
        ("INPUT", Some("radio" | "range")) => key.starts_with("Arrow") || key == " ",
        ("INPUT" | "SELECT" | "TEXTAREA", _) => true,
        ("OL", _) => key.starts_with("Arrow"),
        ("BUTTON" | "A" | "SUMMARY", _) => key == " " || key == "Enter",
        _ => false,
    }
}

/// What a key does on the page; letters, digits and signs only where they are to be keys.
pub fn event(key: &KeyboardEvent, down: bool, actions: &[Action], shortcuts: bool) -> Option<Event> {
    let is_sign = key.key().chars().count() == 1 && key.key() != " ";
    if is_sign && !shortcuts {
        return None;
    }
    if let Some(action) = action(&key.key(), actions) {
        return Some(if down { Event::Press(action) } else { Event::Release(action) });
    }
    if !down {
        return None;
    }
    match key.key().to_ascii_lowercase().as_str() {
        "p" if !key.repeat() => Some(Event::Pause),
        "n" => Some(Event::Step),
        "r" if !key.repeat() => Some(Event::RestartKey),
        "t" if !key.repeat() => Some(Event::Twist),
        "[" | "," => Some(Event::Back),
        "]" | ";" => Some(Event::Forward),
        "g" => Some(Event::Ask(Some(Dialog::Games))),
        _ => None,
    }
}

/// Whether an event may come by a key: not where the button that does the same is hidden, below the board or
/// in the head of the page. What moves by itself can always be paused.
pub fn is_within_reach(event: &Event, (controls, head): (bool, bool)) -> bool {
    match event {
        Event::Step | Event::RestartKey | Event::Twist => controls,
        Event::Ask(_) => head,
        _ => true,
    }
}

fn action(key: &str, actions: &[Action]) -> Option<Action> {
    let wanted = match key.to_ascii_lowercase().as_str() {
        "arrowup" | "w" => Action::Up,
        "arrowdown" | "s" => Action::Down,
        "arrowleft" | "a" => Action::Left,
        "arrowright" | "d" => Action::Right,
        " " | "f" => Action::Fire,
        "." | "x" => return actions.last().copied(),
        digit => {
            let place: usize = digit.parse().ok()?;
            return actions.get(place.checked_sub(1)?).copied();
        }
    };
    actions.contains(&wanted).then_some(wanted)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_reaches_what_a_button_would_and_no_more() {
        let (play, games) = (Event::Press(Action::Up), Event::Ask(Some(Dialog::Games)));
        for event in [Event::Step, Event::RestartKey, Event::Twist] {
            assert!(is_within_reach(&event, (true, false)) && !is_within_reach(&event, (false, true)));
        }
        assert!(is_within_reach(&games, (false, true)) && !is_within_reach(&games, (true, false)));
        for event in [play, Event::Pause] {
            assert!(
                is_within_reach(&event, (false, false)),
                "the game is there to be played, and to be paused"
            );
        }
    }
}
