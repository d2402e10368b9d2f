//! The prompt that a decision's ballots went on from, word for word.

use crate::model::words::tokens;
use rulewright::agent::Decision;
use rulewright::mind::{Message, Part, Role};
use std::rc::Rc;
use yew::prelude::*;

/// Whose prompt.
#[derive(Properties, PartialEq)]
pub struct PromptProps {
    pub decision: Rc<Decision>,
}

/// The prompt, a speaker after another.
#[component]
pub fn Prompt(props: &PromptProps) -> Html {
    let decision = &props.decision;
    html! {
        <section aria-labelledby="prompt-title">
            <h4 id="prompt-title">{ "The exact prompt" }</h4>
            <p class="caption" id="prompt-length">
                { format!(
                    "What every ballot of decision {} goes on from: {}, the frame's included.",
                    decision.number + 1,
                    tokens(decision.vote.read()),
                ) }
            </p>
            <ol id="asked" class="prompt">{ spoken(&decision.prompt(), "Here the model writes its ballots.") }</ol>
        </section>
    }
}

/// What is said in a prompt, a speaker after another, and what comes then.
pub fn spoken(prompt: &[Message], then: &'static str) -> Html {
    let part = |part: &Part| match part {
        Part::Text(text) => html! { <p class="prompt-text" dir="auto">{ text }</p> },
        Part::Image(_) => html! { <p><span class="badge strong">{ "the frame stands here" }</span></p> },
    };
    let message = |message: &Message| {
        html! {
            <li class="prompt-message">
                <h5>{ speaker(message.role) }</h5>
                { for message.parts.iter().map(part) }
            </li>
        }
    };
    html! {
        <>
            { for prompt.iter().map(message) }
            <li class="prompt-message">
                <h5>{ speaker(Role::Assistant) }</h5>
                <p class="caption">{ then }</p>
            </li>
        </>
    }
}

fn speaker(role: Role) -> &'static str {
    match role {
        Role::System => "System",
        Role::User => "User",
        Role::Assistant => "Assistant",
    }
}
