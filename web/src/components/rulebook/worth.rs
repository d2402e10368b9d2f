//! What each rule is worth: a test of all of them in the background.

use crate::lab::{End, Event, Lab, Task, words};
use crate::state::State;
use rulewright::agent::rulebook::Rulebook;
use std::rc::Rc;
use yew::prelude::*;

/// Whose rules are tested, on which page, by which laboratory.
#[derive(Properties, PartialEq)]
pub struct WorthProps {
    pub page: UseReducerHandle<State>,
    pub lab: UseReducerHandle<Lab>,
    pub rulebook: Rc<Rulebook>,
}

/// The button, and how far the test is; what a rule is worth stands on its card.
#[component]
pub fn WorthBar(props: &WorthProps) -> Html {
    let WorthProps { page, lab, rulebook } = props;
    let trial = lab.trial.as_ref();
    let runs = trial.is_some_and(|trial| trial.end.is_none());
    let obstacle = if page.model.loaded.is_none() {
        Some(words::NO_MIND)
    } else if rulebook.listed().next().is_none() {
        Some("There is no rule to test yet.")
    } else if lab.is_busy() {
        Some(words::BUSY)
    } else {
        None
    };
    let start = {
        let (lab, book) = (lab.dispatcher(), rulebook.clone());
        let (game, seed) = (page.game(), page.settings.seed);
        move |_: MouseEvent| {
            if let (None, Some(game)) = (obstacle, game) {
                lab.dispatch(Event::Start(Task::Trial { game, seed, book: book.clone() }));
            }
        }
    };
    let stop = {
        let lab = lab.dispatcher();
        move |_: MouseEvent| lab.dispatch(Event::Stop)
    };
    let told = trial.map_or_else(String::new, |trial| words::trial(trial, lab.loads));
    let news = match trial.map(|trial| &trial.end) {
        None => String::new(),
        Some(None) => "The rules are being tested.".into(),
        Some(Some(_)) => told.clone(),
    };
    html! {
        <section class="worth" aria-label="What each rule is worth">
            <div class="row">
                if runs {
                    <button type="button" id="worth-stop" onclick={stop}>{ "Stop the test" }</button>
                } else {
                    <button
                        type="button"
                        id="worth"
                        aria-disabled={obstacle.map(|_| "true")}
                        aria-describedby="worth-method"
                        onclick={start}
                    >
                        { "What is each rule worth?" }
                    </button>
                }
                if let (true, Some(trial)) = (runs, trial) {
                    <progress
                        aria-label="Test of the rules"
                        max={trial.played.1.max(1).to_string()}
                        value={(trial.played.1 > 0).then(|| trial.played.0.to_string())}
                    />
                }
            </div>
            <p
                id="worth-told"
                class={if matches!(trial.map(|trial| &trial.end), Some(Some(End::Failed(_)))) { "problem" } else { "worth-told" }}
            >
                { told }
            </p>
            <p id="worth-method" class="caption">
                if let (false, Some(obstacle)) = (runs, obstacle) { { obstacle } } else { { words::trial_method() } }
            </p>
            <p class="hidden" role="status">{ news }</p>
        </section>
    }
}
