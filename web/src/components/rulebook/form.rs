//! A rule's words, to be written or rewritten.

use super::refused;
use crate::field;
use crate::focus::use_first;
use rulewright::agent::revision::hand::{Hand, Words};
use rulewright::agent::rulebook::rule::{MOST_NAME, MOST_TEXT};
use rulewright::agent::rulebook::{Rule, Rulebook};
use std::rc::Rc;
use yew::prelude::*;

/// What is written.
#[derive(Properties, PartialEq)]
pub struct FormProps {
    /// The rule; none for a new one.
    pub rule: Option<Rule>,
    /// What it begins with, if not with the rule's words.
    #[prop_or_default]
    pub words: Option<Words>,
    pub book: Rc<Rulebook>,
    /// What is written, as it is written.
    #[prop_or_default]
    pub typed: Callback<Words>,
    /// What to do; none to leave it.
    pub done: Callback<Option<Hand>>,
}

/// The form.
#[component]
pub fn Form(props: &FormProps) -> Html {
    let words = use_state(|| {
        let of_rule = || props.rule.as_ref().map(Words::of);
        props.words.clone().or_else(of_rule).unwrap_or(Words { sure: true, ..Words::default() })
    });
    use_effect_with(((*words).clone(), props.typed.clone()), |(words, typed)| typed.emit(words.clone()));
    let problem = use_state(String::new);
    let first = use_first();
    let typed = |set: fn(&mut Words, String)| {
        let words = words.clone();
        move |event: InputEvent| {
            let mut new = (*words).clone();
            set(&mut new, field::value(&event));
            words.set(new);
        }
    };
    let sure = {
        let words = words.clone();
        move |_: yew::Event| words.set(Words { sure: !words.sure, ..(*words).clone() })
    };
    let save = {
        let (words, problem, book, done) =
            (words.clone(), problem.clone(), props.book.clone(), props.done.clone());
        let rule = props.rule.clone();
        Callback::from(move |()| {
            let hand = match &rule {
                Some(rule) if Words::of(rule) == *words => return done.emit(None),
                Some(rule) => Hand::Edit(rule.rule_id.clone(), (*words).clone()),
                None => Hand::Add((*words).clone()),
            };
            // What can't be done stays in the form.
            match refused(&book, &hand) {
                None => done.emit(Some(hand)),
                Some(sentence) => problem.set(sentence),
            }
        })
    };
    let submit = {
        let save = save.clone();
        move |event: SubmitEvent| {
            event.prevent_default();
            save.emit(());
        }
    };
    let keys = {
        let done = props.done.clone();
        move |key: KeyboardEvent| match key.key().as_str() {
            "Escape" => done.emit(None),
            "Enter" if key.ctrl_key() || key.meta_key() => save.emit(()),
            _ => {}
        }
    };
    let leave = props.done.reform(|_: MouseEvent| None);
    let name = props.rule.as_ref().map_or("new".to_string(), |rule| rule.rule_id.clone());
    let line =
        |what: &'static str, label: &'static str, hint: &'static str, value: &str, most: usize, set| {
            html! {
                <label class="field">
                    { label }
                    <input
                        type="text"
                        class={format!("form-{what}")}
                        dir="auto"
                        placeholder={hint}
                        maxlength={most.to_string()}
                        value={value.to_string()}
                        autocomplete="off"
                        oninput={typed(set)}
                    />
                </label>
            }
        };
    html! {
        <form class="rule-form" aria-label={format!("Words of the rule {name}")} onsubmit={submit} onkeydown={keys}>
            <label class="field">
                { "What to do, in plain words" }
                <textarea
                    ref={first}
                    class="form-heuristic"
                    dir="auto"
                    rows="2"
                    maxlength={MOST_TEXT.to_string()}
                    placeholder="avoid blue boxes, they cost a life"
                    value={words.heuristic.clone()}
                    oninput={typed(|words, text| words.heuristic = text)}
                />
            </label>
            <div class="rule-form-more">
                { line("trigger", "When", "touch blue box", &words.trigger, MOST_TEXT, |words, text| words.trigger = text) }
                { line("observation", "What was seen", "life -1 in 4 of 4", &words.observation, MOST_TEXT, |words, text| words.observation = text) }
                { line("name", "Name", "R1, R2 … by itself", &words.rule_id, MOST_NAME, |words, text| words.rule_id = text) }
            </div>
            <label class="check">
                <input type="checkbox" checked={words.sure} onchange={sure} />
                { "Rely on it; else the prompt says “maybe”" }
            </label>
            <p class="problem" role="alert">{ (*problem).clone() }</p>
            <div class="rule-form-end">
                <button type="submit" class="primary">{ if props.rule.is_some() { "Save" } else { "Add" } }</button>
                <button type="button" onclick={leave}>{ "Cancel" }</button>
            </div>
        </form>
    }
}
