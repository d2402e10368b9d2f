//! A rule as a card.

use super::Ask;
use super::form::Form;
use super::pieces::pieces;
use crate::components::icon::Icon;
use crate::exhibits::MOST_STEPS;
use crate::lab::words;
use gloo_timers::callback::Timeout;
use rulewright::agent::revision::hand::{Hand, Words};
use rulewright::agent::rulebook::{Origin, Rule, Rulebook, Status};
use rulewright::arena::bootstrap::Interval;
use std::collections::BTreeSet;
use std::rc::Rc;
use yew::prelude::*;

/// For how long new words are shown beside the old ones, in milliseconds.
const SHOWN_FOR: u32 = 4000;

/// A rule and where it stands.
#[derive(Properties, PartialEq)]
pub struct CardProps {
    pub rule: Rule,
    /// Its number in the prompt; none if it is off, or does not fit.
    pub number: Option<usize>,
    /// Its place among the cards.
    pub place: usize,
    /// Whether it is the last card.
    pub last: bool,
    /// Steps since it was written.
    pub age: u32,
    /// The present votes name it.
    pub marked: bool,
    /// The points that are lost without it, if that was measured.
    pub worth: Option<Interval>,
    pub editing: bool,
    /// What its form had, if it was open before.
    pub draft: Option<Words>,
    pub book: Rc<Rulebook>,
    /// What is written in its form, as it is written.
    pub typed: Callback<(String, Words)>,
    pub ask: Callback<Ask>,
    /// The steps of evidence that can be seen.
    pub seen: Rc<BTreeSet<u32>>,
}

/// The card.
#[component]
pub fn Card(props: &CardProps) -> Html {
    let rule = &props.rule;
    let id = rule.rule_id.clone();
    let before = use_before([&rule.heuristic, &rule.trigger, &rule.observation].map(String::clone));
    let [says, trigger, observation] = before.map_or([None, None, None], |words| words.map(Some));
    if props.editing {
        let (book, words, of) = (props.book.clone(), props.draft.clone(), id.clone());
        let typed = props.typed.reform(move |words| (of.clone(), words));
        let done = props.ask.reform(move |hand: Option<Hand>| hand.map_or(Ask::Leave(id.clone()), Ask::Do));
        return html! { <li class="rule"><Form rule={rule.clone()} {words} {book} {typed} {done} /></li> };
    }
    let button = |what: &'static str, icon: &'static str, label: String, off: bool, ask: Ask| {
        let send = props.ask.clone();
        let onclick = move |_: MouseEvent| {
            if !off {
                send.emit(ask.clone());
            }
        };
        html! {
            <button
                type="button"
                class="plain"
                id={format!("{what}-{id}")}
                aria-label={format!("{label} {id}")}
                title={label}
                aria-disabled={off.then_some("true")}
                {onclick}
            >
                <Icon name={icon} />
            </button>
        }
    };
    let (pin, off) = (Hand::Pin(id.clone(), !rule.pinned), Hand::Disable(id.clone(), !rule.disabled));
    let (up, down) =
        (Hand::Move(id.clone(), props.place.saturating_sub(1)), Hand::Move(id.clone(), props.place + 1));
    let status = match rule.status {
        Status::Hypothesis => ("maybe", "A guess: the prompt says “maybe”"),
        _ => ("confirmed", "The agent relies on it"),
    };
    let field = |name: &'static str, text: &str, before: Option<String>| {
        html! {
            if !text.is_empty() {
                <div class="rule-field"><dt>{ name }</dt><dd dir="auto">{ changed(before, text) }</dd></div>
            }
        }
    };
    html! {
        <li
            class={classes!("rule", rule.pinned.then_some("pinned"), rule.disabled.then_some("disabled"),
                (rule.status == Status::Hypothesis).then_some("guess"), props.marked.then_some("marked"))}
            data-rule={id.clone()}
        >
            <div class="rule-head">
                <span class="rule-number" title="Its number in the prompt">
                    { props.number.map_or("–".to_string(), |number| number.to_string()) }
                </span>
                <h3 class="rule-name" dir="auto">{ &id }</h3>
                <span class="badge" title={status.1}>{ status.0 }</span>
                if rule.pinned { <span class="badge strong">{ "pinned" }</span> }
                if rule.disabled { <span class="badge">{ "off" }</span> }
                if rule.holds() && props.number.is_none() {
                    <span class="badge left-out" title="The prompt has room for so many words: pinned rules go first, then untried ones, then those that were borne out">
                        { "no room" }
                    </span>
                }
                if props.marked { <span class="badge strong">{ "named now" }</span> }
            </div>
            <p class="rule-says" dir="auto">{ changed(says, &rule.heuristic) }</p>
            <dl class="rule-fields">
                { field("Trigger", &rule.trigger, trigger) }
                { field("Observation", &rule.observation, observation) }
                { evidence("For", &rule.support, props) }
                { evidence("Against", &rule.contradiction, props) }
                { field("Worth", &props.worth.as_ref().map_or(String::new(), words::worth), None) }
            </dl>
            <div class="rule-foot">
                <span class="caption">{ origin(rule, props.age) }</span>
                <div class="rule-buttons" role="group" aria-label={format!("What to do with {id}")}>
                    { button("pin", "pin", (if rule.pinned { "Unpin" } else { "Pin" }).into(), false, Ask::Do(pin)) }
                    { button("off", "off", (if rule.disabled { "Switch on" } else { "Switch off" }).into(), false, Ask::Do(off)) }
                    { button("edit", "edit", "Edit".into(), false, Ask::Write(id.clone())) }
                    { button("up", "up", "Move up".into(), props.place == 0, Ask::Do(up)) }
                    { button("down", "down", "Move down".into(), props.last, Ask::Do(down)) }
                    { button("delete", "delete", "Delete".into(), false, Ask::Do(Hand::Delete(id.clone()))) }
                </div>
            </div>
        </li>
    }
}

/// The decisions that speak for a rule, or against it: the latest, each a way to that moment if it was kept.
fn evidence(name: &'static str, steps: &[u32], CardProps { ask, seen, .. }: &CardProps) -> Html {
    if steps.is_empty() {
        return Html::default();
    }
    let chip = |&step: &u32| {
        let ask = ask.clone();
        let onclick = move |_: MouseEvent| ask.emit(Ask::Evidence(step));
        let number = u64::from(step) + 1;
        if !seen.contains(&step) {
            return html! { <span class="chip" title="That moment was not kept here">{ number }</span> };
        }
        html! {
            <button type="button" class="chip" aria-label={format!("Show decision {number}")} {onclick}>{ number }</button>
        }
    };
    let more = steps.len().saturating_sub(MOST_STEPS);
    html! {
        <div class={classes!("rule-field", name.to_lowercase())}>
            <dt>{ format!("{name} {}", steps.len()) }</dt>
            <dd>
                if more > 0 { <span class="caption">{ format!("{more} earlier,") }</span> }
                { for steps.iter().skip(more).map(chip) }
            </dd>
        </div>
    }
}

fn origin(rule: &Rule, age: u32) -> String {
    let who = match rule.origin {
        Origin::Strategist => "by the strategist",
        Origin::Person => "by you",
        Origin::Link => "from a link or a lesson",
    };
    let when = match age {
        0 => "just now".to_string(),
        1 => "1 step ago".to_string(),
        age => format!("{age} steps ago"),
    };
    format!("{who}, {when}")
}

/// A text beside what it was, if it was another one just before.
fn changed(before: Option<String>, text: &str) -> Html {
    before.filter(|before| before != text).map_or_else(|| text.into(), |before| pieces(&before, text))
}

/// For a while after one of a card's texts has changed: what they were.
#[hook]
fn use_before(texts: [String; 3]) -> Option<[String; 3]> {
    let before = use_state(|| None);
    let last = use_mut_ref(|| texts.clone());
    {
        let before = before.clone();
        use_effect_with(texts, move |texts| {
            let was = last.replace(texts.clone());
            let over = (was != *texts).then(|| {
                before.set(Some(was));
                Timeout::new(SHOWN_FOR, move || before.set(None))
            });
            move || drop(over)
        });
    }
    (*before).clone()
}
