//! The strategist: when it reflected and when not, and why; what it read, wrote and spent.

use super::Live;
use super::fold::Fold;
use super::sight::prompt::spoken;
use crate::address::Panel;
use crate::model;
use crate::player::Player;
use crate::same::Same;
use crate::state::State;
use crate::steady::use_steady;
use crate::watch::{Thought, words};
use rulewright::agent::revision::Operation;
use rulewright::agent::{Decision, prompt};
use rulewright::arena::contest::Protocol;
use std::rc::Rc;
use yew::prelude::*;

/// Decisions whose verdicts are listed.
const VERDICTS: usize = 40;
/// Reflections that are listed.
const LISTED: usize = 60;

/// What the panel needs: the state, and whom to ask for a reflection.
#[derive(Properties, PartialEq)]
pub struct StrategistProps {
    pub state: UseReducerHandle<State>,
    pub player: Player,
}

/// The reflection that is being written, or the last one, beside the rules that it is about.
#[component]
pub fn Thinking(props: &Live) -> Html {
    let watch = &props.state.watch;
    let part = use_node_ref();
    let wrote = |thought: &Rc<Thought>| {
        let text = thought.reflection.text.clone().ok()?;
        Some((format!("The strategist wrote after decision {}", thought.at + 1), text))
    };
    let writing = watch.reflection.as_ref();
    let said = writing.map(|writing| ("The strategist writes".into(), writing.text.clone()));
    let shown = said.or_else(|| watch.thoughts.iter().rev().find_map(wrote));
    use_steady(&part, shown.as_ref().map(|_| 1));
    let Some((head, text)) = shown else {
        return Html::default();
    };
    // Each of its lines may begin with a space, as the model's other words do.
    let lines: Vec<&str> = text.trim_start().lines().map(str::trim_start).collect();
    html! {
        <div class="thinking" aria-busy={writing.is_some().to_string()} ref={part}>
            <p class="trace-head">{ head }</p>
            <p class="revision" dir="auto">{ lines.join("\n") }</p>
        </div>
    }
}

/// The panel.
#[component]
pub fn Strategist(props: &StrategistProps) -> Html {
    let watch = &props.state.watch;
    // Before the first decision there is nothing to reflect on.
    let off = watch.asked || watch.points.is_empty() || props.state.model.loaded.is_none();
    let reflect = {
        let player = props.player.clone();
        move |_: MouseEvent| {
            if !off {
                player.reflect();
            }
        }
    };
    let spent = watch.points.last().map(|point| point.dynamics.tokens);
    let (reflections, tokens) = watch.spent;
    let cost = words::spent(watch.points.len(), reflections, tokens, Protocol::default().interval);
    let verdict = |decision: &Rc<Decision>| {
        html! {
            <li key={decision.number} class={classes!("verdict", decision.verdict.yes.then_some("yes"))}>
                <span class="number">{ decision.number + 1 }</span>
                <span>{ decision.verdict.to_string() }</span>
            </li>
        }
    };
    html! {
        <Fold state={props.state.clone()} panel={Panel::Strategist} title="Strategist">
            <div class="panel">
                <div class="row">
                    <button type="button" id="reflect" aria-disabled={off.to_string()} onclick={reflect}>
                        { "Reflect now" }
                    </button>
                    if let Some(spent) = spent {
                        <p class="empty">{ format!(
                            "Tokens so far: {} to vote, {} to reflect, {} to learn.",
                            model::words::grouped(spent.votes),
                            model::words::grouped(tokens),
                            model::words::grouped(spent.learning),
                        ) }</p>
                    }
                </div>
                if let Some(cost) = cost { <p class="empty" id="reflections-cost">{ cost }</p> }
                if watch.thoughts.is_empty() {
                    <p class="empty">{ "It has not reflected yet." }</p>
                }
                // Two may follow one decision, so that its number is no key.
                { for watch.thoughts.iter().rev().take(LISTED).map(|thought| html! {
                    <Reflected key={Rc::as_ptr(thought) as usize} thought={Same(thought.clone())} />
                }) }
                if !watch.decisions.is_empty() {
                    <h4>{ "Reflect after this decision?" }</h4>
                    <ol id="verdicts" class="verdicts" tabindex="0" aria-label="Verdicts, the latest first">
                        { for watch.decisions.iter().rev().take(VERDICTS).map(verdict) }
                    </ol>
                }
            </div>
        </Fold>
    }
}

/// A reflection that is over.
#[derive(Properties, PartialEq)]
struct ReflectedProps {
    thought: Same<Thought>,
}

/// What came of a reflection, with what it was asked.
#[component]
fn Reflected(ReflectedProps { thought }: &ReflectedProps) -> Html {
    let reflection = &thought.reflection;
    let asked = prompt::reflection(&reflection.records, &reflection.digest);
    let is_counted = |operation: &Operation| matches!(operation, Operation::Weigh(_));
    let outcome = match (&reflection.text, &thought.entry) {
        (Err(problem), _) => format!("it could not write: {problem}"),
        (_, Some(entry)) if entry.revision.operations.iter().all(is_counted) => {
            "it left the rules as they were, with more evidence".into()
        }
        (_, Some(_)) => "it changed the rules".into(),
        (_, None) => "it left the rules as they were".into(),
    };
    let text = |title: &'static str, text: String| {
        html! { <><dt>{ title }</dt><dd class="revision" dir="auto">{ text }</dd></> }
    };
    html! {
        <details class="reflection">
            <summary>
                { format!("After decision {}: {outcome}, for {}", thought.at + 1, model::words::tokens(reflection.tokens as usize)) }
            </summary>
            <dl>
                { text("Why", thought.why.clone()) }
                { text("It wrote", reflection.text.clone().unwrap_or_default()) }
                if !reflection.complaints.is_empty() {
                    { text("Not taken over", reflection.complaints.join("\n")) }
                }
            </dl>
            <h4>{ "What it was asked, word for word" }</h4>
            <ol class="prompt">{ spoken(&asked, "Here it writes its revision.") }</ol>
        </details>
    }
}
