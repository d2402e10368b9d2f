//! The rules that went: the strategist retired or merged them, or somebody deleted them.

use rulewright::agent::rulebook::{Rule, Rulebook};
use std::rc::Rc;
use yew::prelude::*;

/// Whose.
#[derive(Properties, PartialEq)]
pub struct RetiredProps {
    pub rulebook: Rc<Rulebook>,
}

/// What they said, and how often they were borne out.
#[component]
pub fn Retired(props: &RetiredProps) -> Html {
    let gone: Vec<&Rule> = props.rulebook.rules().iter().filter(|rule| !rule.is_kept()).collect();
    let row = |rule: &&Rule| {
        let evidence = format!("{} for, {} against", rule.support.len(), rule.contradiction.len());
        html! {
            <li dir="auto">
                <strong>{ &rule.rule_id }</strong>{ " " }<s>{ &rule.heuristic }</s>
                <span class="caption">{ format!(" {evidence}") }</span>
            </li>
        }
    };
    html! {
        if !gone.is_empty() {
            <details id="retired">
                <summary>{ format!("Retired, merged or deleted ({})", gone.len()) }</summary>
                <ul>{ for gone.iter().rev().map(row) }</ul>
            </details>
        }
    }
}
