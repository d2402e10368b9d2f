//! Rules from a link or a file, to be looked at before they are taken, or not.

use crate::components::modal::Modal;
use crate::field;
use crate::shelf::{Choice, Offer};
use rulewright::agent::rulebook::{Rule, Status};
use std::rc::Rc;
use yew::prelude::*;

/// What is offered.
#[derive(Properties, PartialEq)]
pub struct OfferProps {
    pub offer: Rc<Offer>,
    /// The open rulebook's name.
    pub open: AttrValue,
    /// What is chosen, and whether the game that came along is to be opened too.
    pub onchoose: Callback<(Choice, bool)>,
}

/// The window.
#[component]
pub fn OfferDialog(props: &OfferProps) -> Html {
    let offer = &props.offer;
    let game_too = use_state(|| true);
    let toggle = {
        let game_too = game_too.clone();
        move |event: yew::Event| game_too.set(field::is_ticked(&event))
    };
    let button = |id: &'static str, class: &'static str, label: String, choice: Choice| {
        let (onchoose, game_too) = (props.onchoose.clone(), *game_too);
        let onclick = move |_: MouseEvent| onchoose.emit((choice, game_too && choice != Choice::Discard));
        html! { <button type="button" {id} {class} {onclick}>{ label }</button> }
    };
    let rules = &offer.link.sheet.rules;
    let count = rules.iter().filter(|rule| rule.is_kept()).count();
    let from = match &offer.file {
        Some(file) => format!("from the file “{file}”"),
        None => format!("from a link, written by Rulewright {}", offer.link.written_by),
    };
    let name = &offer.link.sheet.name;
    let called = if name.is_empty() { String::new() } else { format!("“{name}”: ") };
    let settings: Vec<String> =
        offer.link.settings.iter().map(|(name, value)| format!("{name} {value}")).collect();
    html! {
        <Modal id="offer" title="Take these rules?" onclose={props.onchoose.reform(|()| (Choice::Discard, false))}>
            <p dir="auto">{ format!("{called}{count} {}, {from}.", if count == 1 { "rule" } else { "rules" }) }</p>
            <ol class="offered">{ for rules.iter().filter(|rule| rule.is_kept()).map(offered) }</ol>
            if !settings.is_empty() {
                <label class="check">
                    <input type="checkbox" id="offer-game" checked={*game_too} onchange={toggle} />
                    <span dir="auto">{ format!("Open its game too: {}", settings.join(", ")) }</span>
                </label>
            }
            <div role="alert">{ for offer.problems.iter().map(|problem| html! { <p class="problem">{ problem }</p> }) }</div>
            <div class="offer-end">
                { button("offer-join", "primary", format!("Join “{}”", props.open), Choice::Join) }
                { button("offer-replace", "", format!("Replace “{}”", props.open), Choice::Replace) }
                { button("offer-apart", "", "Keep apart, as a new rulebook".into(), Choice::Apart) }
                { button("offer-discard", "", "Discard".into(), Choice::Discard) }
            </div>
        </Modal>
    }
}

fn offered(rule: &Rule) -> Html {
    let marks =
        [(rule.status == Status::Hypothesis, "maybe"), (rule.pinned, "pinned"), (rule.disabled, "off")];
    let marks = marks.iter().filter(|(is, _)| *is);
    let field = |name: &'static str, text: &str| {
        html! { if !text.is_empty() { <div class="rule-field"><dt>{ name }</dt><dd dir="auto">{ text }</dd></div> } }
    };
    html! {
        <li>
            <p>
                <strong dir="auto">{ &rule.rule_id }</strong>
                { for marks.map(|(_, mark)| html! { <span class="badge">{ *mark }</span> }) }
            </p>
            <p class="rule-says" dir="auto">{ &rule.heuristic }</p>
            <dl class="rule-fields">
                { field("Trigger", &rule.trigger) }
                { field("Observation", &rule.observation) }
            </dl>
        </li>
    }
}
