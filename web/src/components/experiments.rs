//! One-click experiments: each changes something on purpose, and says what to watch.

use super::fold::Fold;
use super::icon::Icon;
use crate::address::Panel;
use crate::app::now;
use crate::experiments::{COLLAPSE_BOOK, lie, told};
use crate::player::Player;
use crate::shelf::{self, Rulebooks};
use crate::state::{Event, State};
use rulewright::agent::revision::hand::Hand;
use rulewright::samples::lie::lies;
use yew::prelude::*;

/// What the panel needs: the state, the rulebooks that it puts false rules into, and whose policy it resets.
#[derive(Properties, PartialEq)]
pub struct ExperimentsProps {
    pub state: UseReducerHandle<State>,
    pub rulebooks: UseReducerHandle<Rulebooks>,
    pub player: Player,
}

/// The panel.
#[component]
pub fn Experiments(props: &ExperimentsProps) -> Html {
    let ExperimentsProps { state, rulebooks, player } = props;
    let now = now(state, rulebooks);
    let twist = {
        let dispatcher = state.dispatcher();
        move |_: MouseEvent| dispatcher.dispatch(Event::Twist)
    };
    let lie = lie(state.board.now());
    let known = lie.as_ref().and_then(|lie| told(rulebooks.book(), lie));
    let has_lie = lie.is_some() && known.is_none();
    let news = match (&lie, known) {
        (None, _) => "Nothing in this game gives points or costs any.".to_string(),
        (_, Some(rule)) => format!("{rule} in the open rulebook is it. Undo or delete takes it out again."),
        (Some(lie), None) => format!("It would say: {}.", lie.heuristic),
    };
    let inject = {
        let dispatcher = rulebooks.dispatcher();
        move |_: MouseEvent| {
            if let Some(lie) = lie.clone().filter(|_| has_lie) {
                dispatcher.dispatch(shelf::Event::Revise(Hand::Add(lie).into(), now));
            }
        }
    };
    let collapse = {
        let (page, shelf, player) = (state.dispatcher(), rulebooks.dispatcher(), player.clone());
        let rules = lies(state.board.now());
        move |_: MouseEvent| {
            player.reset_policy(Callback::noop());
            // A rulebook of its own, of everything that matters, turned round: the visitor's stays as it is.
            shelf.dispatch(shelf::Event::Collapse(rules.clone()));
            page.dispatch(Event::Collapse);
        }
    };
    let in_lab = state.collapse.is_some();
    let is_usual = !in_lab && state.settings.guard && state.settings.stride == 1;
    let normal = {
        let (page, shelf, player) = (state.dispatcher(), rulebooks.dispatcher(), player.clone());
        move |_: MouseEvent| {
            if !is_usual {
                // Its rulebook was opened from here, too: a lab that was hardly open may not have been noticed.
                shelf.dispatch(shelf::Event::CollapseOver);
                // What it learned in the lab is not to stay.
                player.reset_policy(Callback::noop());
                page.dispatch(Event::CollapseOver);
            }
        }
    };
    html! {
        <Fold state={state.clone()} panel={Panel::Experiments} title="Experiments">
            <div class="panel experiments">
                <div class="experiment">
                    <button type="button" id="experiment-twist" disabled={!state.can_twist()} onclick={twist}>
                        <Icon name="twist" />{ "Twist the game" }
                    </button>
                    <p>{ "Changes some hidden rules, and the picture does not show it. Watch how long its old \
                          rules mislead it, and when it looks back." }</p>
                </div>
                <div class="experiment">
                    <button type="button" id="experiment-lie" aria-describedby="lie-news" aria-disabled={(!has_lie).to_string()} onclick={inject}>
                        <Icon name="edit" />{ "Inject a bad rule" }
                    </button>
                    <p>{ "Puts a false rule into the open rulebook: what gives most is said to cost points. Watch \
                          it obey, and whether the strategist finds out." }</p>
                    <p id="lie-news" class="caption" role="status">{ news }</p>
                </div>
                <div class="experiment">
                    <div class="row">
                        <button type="button" id="experiment-collapse" aria-pressed={in_lab.to_string()} onclick={collapse}>
                            { "Vote-collapse lab" }
                        </button>
                        <button type="button" id="experiment-normal" aria-disabled={is_usual.then_some("true")} onclick={normal}>
                            <Icon name="undo" />{ "Back to normal" }
                        </button>
                    </div>
                    <p>{ "Starts from false rules, rewards nothing but agreement, and takes the guard away. Watch \
                          under Learning: within a hundred decisions or so the votes agree more and their entropy falls, while the score does not rise." }</p>
                    if in_lab {
                        <p class="caption" role="status">{ format!(
                            "The lab is on, with a rulebook of its own: {COLLAPSE_BOOK}. Back to normal brings your settings back and \
                             lets it forget what it learned here."
                        ) }</p>
                    }
                </div>
            </div>
        </Fold>
    }
}
