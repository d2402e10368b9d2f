//! What changed: every revision, who made it and when, and the words that came and went.

use super::pieces::pieces;
use crate::same::Same;
use rulewright::agent::revision::Revision;
use rulewright::agent::revision::hand::Hand;
use rulewright::agent::rulebook::diff::{self, Difference};
use rulewright::agent::rulebook::{Entry, Origin, Rule, Rulebook};
use std::rc::Rc;
use yew::prelude::*;

/// How many revisions are shown at first, and how many more each time.
const SHOWN: usize = 20;

/// Whose log.
#[derive(Properties, PartialEq)]
pub struct LogProps {
    pub rulebook: Rc<Rulebook>,
    pub onrevise: Callback<Revision>,
}

/// The log.
#[component]
pub fn Log(props: &LogProps) -> Html {
    let open = use_state(|| false);
    let shown = use_state(|| SHOWN);
    let book = &props.rulebook;
    let count = book.log().len();
    let toggle = {
        let open = open.clone();
        move |_: MouseEvent| open.set(!*open)
    };
    let more = {
        let shown = shown.clone();
        move |_: MouseEvent| shown.set(*shown + SHOWN)
    };
    let rows =
        use_memo(
            (Same(book.clone()), *open, *shown),
            |(book, open, shown)| {
                if *open { rows(book, *shown) } else { Vec::new() }
            },
        );
    let entry = |row: &Row| {
        let at = row.at;
        let again = {
            let (onrevise, rules) = (props.onrevise.clone(), row.after.clone());
            move |_: MouseEvent| {
                // The button goes; this brings back what was.
                crate::focus::focus("undo");
                onrevise.emit(Hand::Take { rules: rules.to_vec(), replace: true }.into());
            }
        };
        html! {
            <li key={at} class={classes!("revision", row.undone.then_some("undone"))}>
                <p class="revision-head">
                    <strong>{ format!("{}.", at + 1) }</strong>
                    { format!(" {}", row.head) }
                    if row.undone { <span class="badge">{ "undone" }</span> }
                    if book.head() == Some(at) {
                        <span class="badge strong">{ "now" }</span>
                    } else {
                        <button type="button" class="chip" onclick={again} aria-label={format!("go back to this: revision {}", at + 1)}>
                            { "go back to this" }
                        </button>
                    }
                </p>
                <ul>{ row.differences.clone() }</ul>
            </li>
        }
    };
    html! {
        <section class="rulebook-log">
            <h3>
                <button type="button" id="log-toggle" aria-expanded={open.to_string()} aria-controls="log" onclick={toggle}>
                    { format!("What changed ({count})") }
                </button>
            </h3>
            <div id="log" hidden={!*open}>
                if *open {
                    if count == 0 { <p class="empty">{ "Nothing yet." }</p> }
                    <ol>{ for rows.iter().map(entry) }</ol>
                    if count > *shown {
                        <button type="button" onclick={more}>{ "Earlier ones" }</button>
                    }
                }
            </div>
        </section>
    }
}

/// A revision, as it is listed.
struct Row {
    at: usize,
    head: String,
    differences: Html,
    /// The rules after it.
    after: Rc<Vec<Rule>>,
    undone: bool,
}

/// The last revisions, the latest first. Each is made from the first on, so this is not for every time that the page
/// is drawn.
fn rows(book: &Rulebook, shown: usize) -> Vec<Row> {
    let path = book.path();
    let row = |(at, entry): (usize, &Entry)| {
        let rules = |at: Option<usize>| book.as_of(at).unwrap_or_default();
        let (before, after) = (rules(entry.parent), rules(Some(at)));
        let differences = diff::rules(&before, &after);
        let differences = differences.iter().map(|what| difference(what, entry.origin)).collect();
        Row { at, head: who_and_when(entry), differences, after: after.into(), undone: !path.contains(&at) }
    };
    book.log().iter().enumerate().rev().take(shown).map(row).collect()
}

/// A strategist revises after a decision, a person before one; they are counted from 1.
fn who_and_when(entry: &Entry) -> String {
    let number = u64::from(entry.at) + 1;
    match entry.origin {
        Origin::Strategist => format!("The strategist, after decision {number}"),
        Origin::Person => format!("You, before decision {number}"),
        Origin::Link => format!("You, with a link, before decision {number}"),
    }
}

/// What became of a rule. The strategist deletes none, but retires it, or merges it into another one.
fn difference(difference: &Difference, origin: Origin) -> Html {
    let gone = if origin == Origin::Strategist { "retired: " } else { "deleted: " };
    let text = match (&difference.before, &difference.after) {
        (None, Some(new)) => html! { <>{ "added: " }{ pieces("", &new.heuristic) }</> },
        (Some(old), None) => html! { <>{ gone }{ pieces(&old.heuristic, "") }</> },
        (Some(old), Some(new)) => changed(old, new, difference.moved),
        (None, None) => Html::default(),
    };
    let name = difference.after.as_ref().or(difference.before.as_ref()).map(|rule| rule.rule_id.clone());
    html! { <li dir="auto"><strong>{ name }</strong>{ " " }{ text }</li> }
}

fn changed(old: &Rule, new: &Rule, moved: bool) -> Html {
    let field = |name: &'static str, old: &str, new: &str| {
        html! { if old != new { <span>{ format!("{name}: ") }{ pieces(old, new) }{ ". " }</span> } }
    };
    let said = [
        (old.pinned, new.pinned, "pinned", "not pinned any more"),
        (old.disabled, new.disabled, "switched off", "switched on"),
        (false, moved, "moved", ""),
    ];
    let said =
        said.iter().filter(|(was, is, ..)| was != is).map(|(_, is, on, off)| if *is { *on } else { *off });
    let mut said: Vec<String> = said.map(String::from).collect();
    for (name, was, is) in
        [("for", &old.support, &new.support), ("against", &old.contradiction, &new.contradiction)]
    {
        if was != is {
            said.push(format!("{} {name}, was {}", is.len(), was.len()));
        }
    }
    html! {
        <>
            { field("name", &old.rule_id, &new.rule_id) }
            { field("what to do", &old.heuristic, &new.heuristic) }
            { field("when", &old.trigger, &new.trigger) }
            { field("seen", &old.observation, &new.observation) }
            { field("status", &old.status.to_string(), &new.status.to_string()) }
            { said.join(", ") }
        </>
    }
}
