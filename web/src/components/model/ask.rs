//! The form in which the model is asked.

use super::super::Shared;
use super::super::canvas::Canvas;
use super::super::choices::Choices;
use super::{tell, typed};
use crate::field;
use crate::model::{Event, Field, Grammar};
use rulewright::env::Environment;
use yew::prelude::*;

/// What an answer may be, with values in the page, labels and hints.
const GRAMMARS: [(Grammar, &str, &str, &str); 4] = [
    (Grammar::Any, "any", "any text", "Whatever the model writes"),
    (Grammar::Action, "action", "an action", "One of this game's actions"),
    (Grammar::Vote, "vote", "a vote", "By your rules: what it sees, what the rules say, and an action"),
    (Grammar::Own, "own", "a pattern", "What a regular expression matches"),
];

/// What rules may look like.
const RULES: &str = "red rings give points\nnever touch a blue box";

/// The form.
#[component]
pub fn Ask(props: &Shared) -> Html {
    let state = &props.state;
    let model = &state.model;
    let draft = &model.draft;
    let ask = tell(state, |event: SubmitEvent| {
        event.prevent_default();
        Event::Ask
    });
    let send = {
        let dispatcher = state.dispatcher();
        move |key: KeyboardEvent| {
            if key.key() == "Enter" && (key.ctrl_key() || key.meta_key()) {
                dispatcher.dispatch(crate::state::Event::Model(Event::Ask));
            }
        }
    };
    let show = tell(state, |event: yew::Event| Event::ShowFrame(field::is_ticked(&event)));
    let shown = draft.frame || draft.grammar == Grammar::Vote;
    let grammar = GRAMMARS.iter().position(|(grammar, ..)| *grammar == draft.grammar).unwrap_or_default();
    let number = |id: &'static str,
                  field: Field,
                  label: &'static str,
                  value: &str,
                  [min, max, step]: [&'static str; 3]| {
        html! {
            <label class="field" for={id}>
                { label }
                <input {id} type="number" {min} {max} {step} value={value.to_string()} oninput={typed(state, field)} />
            </label>
        }
    };
    html! {
        <form class="controls ask" onsubmit={ask} aria-label="Ask the model" novalidate=true>
            <div class="shown">
                if draft.grammar != Grammar::Vote {
                    <label class="check">
                        <input id="show-frame" type="checkbox" checked={draft.frame} onchange={show} />
                        { "Show it this frame" }
                    </label>
                }
                <div class={classes!("thumbnail", (!shown).then_some("off"))}>
                    <Canvas frame={state.view().frame()} label="The frame that the model would see" />
                </div>
            </div>
            if draft.grammar == Grammar::Vote {
                <label class="field" for="rules">
                    { "Rules, one a line" }
                    <textarea
                        id="rules"
                        rows="5"
                        title="Ctrl+Enter sends"
                        placeholder={RULES}
                        value={draft.rules.clone()}
                        oninput={typed(state, Field::Rules)}
                        onkeydown={send}
                    />
                </label>
            } else {
                <label class="field" for="prompt">
                    { "Prompt" }
                    <textarea
                        id="prompt"
                        rows="3"
                        title="Ctrl+Enter sends"
                        value={draft.prompt.clone()}
                        oninput={typed(state, Field::Prompt)}
                        onkeydown={send}
                    />
                </label>
            }
            <Choices
                legend="Answer"
                name="grammar"
                options={GRAMMARS.map(|(_, value, label, hint)| (value.into(), label.into(), hint.into())).to_vec()}
                chosen={grammar}
                choose={tell(state, |index: usize| Event::Grammar(GRAMMARS[index].0))}
            />
            if draft.grammar == Grammar::Action {
                <p class="empty">{ actions(state.view().actions()) }</p>
            }
            if draft.grammar == Grammar::Own {
                <label class="field" for="pattern">
                    { "Regular expression that the whole answer matches" }
                    <input
                        id="pattern"
                        type="text"
                        autocomplete="off"
                        spellcheck="false"
                        placeholder="(up|down), because [a-z ]+"
                        value={draft.pattern.clone()}
                        oninput={typed(state, Field::Pattern)}
                    />
                </label>
            }
            <div class="numbers">
                { number("traces", Field::Traces, "Answers", &draft.traces, ["1", "8", "1"]) }
                { number("temperature", Field::Temperature, "Temperature", &draft.temperature, ["0", "10", "0.1"]) }
                { number("model-seed", Field::Seed, "Seed", &draft.seed, ["0", "4294967295", "1"]) }
                { number("most", Field::Most, "Most tokens", &draft.most, ["1", "4096", "1"]) }
            </div>
            <div class="buttons">
                <button type="submit" id="send" class="primary" aria-disabled={(!model.can_ask()).to_string()}>
                    { "Send" }
                </button>
                <button
                    type="button"
                    id="stop"
                    aria-disabled={(!model.is_writing()).to_string()}
                    onclick={tell(state, |_: MouseEvent| Event::Stop)}
                >
                    { "Stop" }
                </button>
            </div>
            <p id="unsent" class="problem" role="alert">{ model.unsent.clone() }</p>
        </form>
    }
}

/// Which actions an answer may be.
fn actions(actions: &[rulewright::env::Action]) -> String {
    let names: Vec<_> = actions.iter().map(ToString::to_string).collect();
    format!("One of: {}.", names.join(", "))
}
