//! What the model writes, while it writes it.

use super::super::Shared;
use crate::model::{End, Trace, words};
use rulewright::agent::prompt;
use yew::prelude::*;

/// What bent tokens are, for those who linger over them.
const BENT: &str = "Bent tokens: the model would have written others, which the pattern doesn't allow";

/// The answer to the last question: a card for each trace.
#[component]
pub fn Answers(props: &Shared) -> Html {
    let Some(answer) = &props.state.model.answer else { return Html::default() };
    let seeds = &answer.question.style.seeds;
    let actions = &answer.question.actions;
    let card = |(index, trace): (usize, &Trace)| {
        let plays = prompt::action(&trace.text, actions);
        let seed = seeds.get(index).copied().unwrap_or_default();
        let bent = if trace.bent > 0 { format!(", {} bent", trace.bent) } else { String::new() };
        html! {
            <li key={index} class="trace">
                <p class="trace-head">
                    <span>{ format!("{}", index + 1) }</span>
                    <span>{ format!("seed {seed}") }</span>
                </p>
                <p class="trace-text" dir="auto">{ trace.text.trim_start() }</p>
                if let Some(action) = plays {
                    <p class="trace-plays">{ "Plays " }<strong>{ action.to_string() }</strong></p>
                }
                <p class="trace-foot">
                    <span title={BENT}>{ format!("{}{bent}", words::tokens(trace.tokens)) }</span>
                    <span>{ words::log_probability(trace.log_probability) }</span>
                </p>
            </li>
        }
    };
    let problem = match &answer.end {
        Some(End::Failed(problem)) => Some(problem.clone()),
        _ => None,
    };
    html! {
        <section key={answer.question.number} class="answers" aria-label="Answers" aria-busy={answer.end.is_none().to_string()}>
            if problem.is_none() || answer.traces.iter().any(|trace| trace.tokens > 0) {
                <ol class="traces">{ for answer.traces.iter().enumerate().map(card) }</ol>
            }
            <p id="answer-end" class="empty">{ words::ended(answer) }</p>
            <p id="answer-fault" class="problem" role="alert">{ problem }</p>
        </section>
    }
}
