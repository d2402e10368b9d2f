//! The vote: what each ballot says while it is written, and what they say together.

use super::Live;
use super::device::{Device, retry};
use super::icon::Icon;
use crate::address::{Region, Who};
use crate::focus::focus_board;
use crate::model;
use crate::state::{Event, State};
use crate::steady::use_steady;
use crate::watch::{self, Writing, words};
use gloo_timers::callback::Timeout;
use rulewright::agent::executor::{Ballot, Vote, majority};
use rulewright::agent::mctrl::reward;
use rulewright::agent::{Decision, prompt};
use rulewright::env::{Action, Environment};
use std::collections::BTreeSet;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

/// The vote that is under way, as far as it is written, and whether it counts: from when it was played. What
/// was played may be heard of before the last words of the ballots.
fn under_way(state: &State) -> (Vote, bool) {
    let actions = state.board.now().actions();
    let mut ballots: Vec<Ballot> =
        state.watch.ballots.iter().map(|ballot| written(ballot, actions)).collect();
    let votes: Vec<_> = ballots.iter().map(|ballot| (ballot.action, ballot.log_probability)).collect();
    let mut tally = majority(&votes, 0);
    // A tie may have gone another way.
    let is_whole =
        |played: &Action| tally.abstentions == 0 && tally.counts.iter().any(|(action, ..)| action == played);
    let played = state.watch.played.filter(is_whole);
    if let Some(played) = played {
        tally.counts.sort_by_key(|(action, ..)| *action != played);
        ballots.iter_mut().for_each(|ballot| ballot.reward = Some(reward(ballot.action, played)));
    }
    let vote = Vote { ballots, tally, action: played.unwrap_or(Action::Wait), tokens: 0 };
    (vote, played.is_some())
}

fn written(Writing { trace, .. }: &Writing, actions: &[Action]) -> Ballot {
    Ballot {
        text: trace.text.clone(),
        tokens: vec![],
        log_probability: trace.log_probability,
        bent: trace.bent,
        action: prompt::action(&trace.text, actions),
        reward: None,
    }
}

/// The decision that is shown: the one that led to the moment that is shown.
pub fn shown(state: &State) -> Option<Rc<Decision>> {
    if let Some(recalled) = state.recalled() {
        return Some(recalled.clone());
    }
    if !state.looks_back() {
        return state.watch.decisions.back().cloned();
    }
    let moment = state.board.history.get(state.shown.checked_sub(1)?)?;
    state.watch.decision(moment.decision?)
}

/// The rules by name that the ballots of that decision go by.
pub fn named(state: &State) -> BTreeSet<String> {
    let Some(decision) = shown(state) else { return BTreeSet::new() };
    let places = decision.vote.ballots.iter().flat_map(|ballot| prompt::named(&ballot.text));
    let name = |place: usize| decision.memory.rules.get(place.checked_sub(1)?).cloned();
    places.filter_map(name).collect()
}

/// The votes.
#[component]
pub fn Votes(props: &Live) -> Html {
    let state = &props.state;
    let decision = shown(state);
    let decision = decision.as_ref();
    let writers = &state.watch.ballots;
    // Until its first work begins, what is there are the last step's ballots.
    let writing = state.watch.deciding && state.watch.work.is_some() && !state.looks_back();
    let now = writing.then(|| under_way(state));
    let counts = now.as_ref().is_none_or(|(_, counts)| *counts);
    let vote = now.as_ref().map(|(vote, _)| vote).or(decision.map(|decision| &decision.vote));
    let looks = looks(state, decision).filter(|_| !writing);
    // Who wrote an older one is forgotten.
    let writer = |place: usize| writers.get(place).filter(|_| !state.looks_back());
    let cards = vote.iter().flat_map(|vote| &vote.ballots).enumerate().map(|(place, ballot)| {
        let worker = writer(place).map(|writing| writing.worker);
        draw(place, Card { ballot, worker, counts, looks: looks.as_ref() })
    });
    let (part, list) = (use_node_ref(), use_node_ref());
    let ballots = vote.filter(|_| state.is_agents()).map(|vote| vote.ballots.len());
    use_steady(&list, ballots);
    use_steady(&part, ballots);
    html! {
        <section class="votes" aria-labelledby="votes-title" ref={part}>
            <div class="part-head">
                <h2 id="votes-title">{ "Votes" }</h2>
                <p id="agent-status" class="empty">{ words::status(state) }</p>
            </div>
            { retry(state) }
            if let Some(vote) = vote {
                { tally(vote, counts) }
                <ol id="ballots" class="traces" ref={list} aria-busy={writing.to_string()}>{ for cards }</ol>
            } else if state.looks_back() {
                <p class="empty">{ "Nobody voted at this moment." }</p>
            } else {
                { beginning(state) }
            }
            <Device state={state.clone()} />
            if let Some(said) = decision.filter(|_| !writing).and_then(|decision| words::in_vain(&decision.in_vain)) {
                <p id="in-vain" class="empty">{ said }</p>
            }
            if let Some(said) = decision.filter(|_| !writing).and_then(|decision| decision.second_look.as_deref()) {
                <p id="second-look" class="empty">{ words::second_look(said) }</p>
            }
        </section>
    }
}

/// What will be seen here, and the way to it.
fn beginning(state: &UseReducerHandle<State>) -> Html {
    html! {
        <div class="beginning">
            <p>{ "A small model looks at the board several times. Each time it says what it sees and which \
                  rules speak for what, and votes for an action; what most want is played." }</p>
            <p>{ "When something surprises it, it thinks back and writes a rule, in plain words, into its \
                  rulebook. All of it happens in this browser." }</p>
            <LetPlay id="let-play" state={state.clone()} />
            if state.model.is_loading() {
                { super::model::progress(&state.model.stage, "agent-progress") }
            }
        </div>
    }
}

/// What the button needs: it is there twice, as a narrow window has these words far below its board.
#[derive(Properties, PartialEq)]
pub struct LetPlayProps {
    pub id: &'static str,
    pub state: UseReducerHandle<State>,
}

/// Lets the agent play, where it never did.
#[component]
pub fn LetPlay(LetPlayProps { id, state }: &LetPlayProps) -> Html {
    let plays = state.watch.deciding || state.running && state.is_agents();
    if shown(state).is_some() || state.looks_back() || plays {
        return Html::default();
    }
    let (dispatcher, is_agents) = (state.dispatcher(), state.is_agents());
    let begin = move |_: MouseEvent| {
        if !is_agents {
            dispatcher.dispatch(Event::Who(Who::Agent));
        }
        dispatcher.dispatch(Event::Pause);
        // The button goes away.
        focus_board();
        show_votes();
    };
    html! {
        <button type="button" id={*id} class="primary let-play" onclick={begin}>
            <Icon name="play" />{ "Let the agent play" }
        </button>
    }
}

/// How far down in the window the votes may begin: below that, nobody would see one.
const LOW: f64 = 0.6;

/// Scrolls to the votes where they are out of sight, once the page is laid out for the agent.
fn show_votes() {
    let scroll = || {
        let Some(window) = web_sys::window() else { return };
        let votes = window.document().and_then(|page| page.get_element_by_id("votes-title"));
        let height = window.inner_height().ok().and_then(|height| height.as_f64()).unwrap_or_default();
        if let Some(votes) = votes.filter(|votes| votes.get_bounding_client_rect().top() > height * LOW) {
            votes.scroll_into_view();
        }
    };
    Timeout::new(0, scroll).forget();
}

/// Who voted for what, the winner first; nobody has won before all have voted.
fn tally(vote: &Vote, counts: bool) -> Html {
    let settled = if counts { words::settled(vote) } else { "They vote…".into() };
    let ballots = vote.ballots.len();
    let row = |name: String, votes: usize, class: Option<&'static str>| {
        let label = format!("{name}: {votes} of {ballots}");
        html! {
            <li class={classes!("count-of", class)} key={name.clone()}>
                <span class="what">{ name }</span>
                <span class="dots" role="img" aria-label={label}>
                    { for (0..ballots).map(|place| html! { <i class={classes!("dot", (place < votes).then_some("full"))} /> }) }
                </span>
            </li>
        }
    };
    let rows = vote.tally.counts.iter().enumerate().map(|(place, (action, votes, _))| {
        row(action.to_string(), *votes, (counts && place == 0).then_some("won"))
    });
    let abstained = (counts && vote.tally.abstentions > 0)
        .then(|| row("abstained".into(), vote.tally.abstentions, Some("abstained")));
    html! {
        <div class="tally">
            <p class="settled" id="settled">{ settled }</p>
            <ol id="tally">{ for rows.chain(abstained) }</ol>
        </div>
    }
}

/// A look into a ballot of a decision: its place, and the byte of its text. None where nothing would be seen.
type Looks = Option<Callback<(usize, usize)>>;

fn looks(state: &UseReducerHandle<State>, decision: Option<&Rc<Decision>>) -> Looks {
    let (dispatcher, decision) = (state.dispatcher(), decision?.number);
    state.settings.shows(Region::More).then(|| {
        Callback::from(move |(ballot, at)| {
            dispatcher.dispatch(Event::Watch(watch::Event::Look { decision, ballot, at }));
        })
    })
}

/// The byte of the ballot's text that a word begins with, where a word was clicked.
fn clicked(event: &MouseEvent) -> Option<usize> {
    event.target()?.dyn_into::<Element>().ok()?.get_attribute("data-at")?.parse().ok()
}

/// A ballot as it is drawn.
struct Card<'a> {
    ballot: &'a Ballot,
    worker: Option<usize>,
    /// Whether it is written and was counted.
    counts: bool,
    looks: Option<&'a Callback<(usize, usize)>>,
}

fn draw(place: usize, Card { ballot, worker, counts, looks }: Card) -> Html {
    let reasons = words::reasons(&ballot.text);
    let mut at = reasons.as_ptr() as usize - ballot.text.as_ptr() as usize;
    let mut text = |text: &str| -> Html {
        if looks.is_none() {
            return html! { { text.to_string() } };
        }
        let word = |word: &str| {
            at += word.len();
            html! { <span data-at={(at - word.len()).to_string()}>{ word.to_string() }</span> }
        };
        text.split_inclusive(' ').map(word).collect()
    };
    let piece = |(piece, named): (&str, bool)| match named {
        true => html! { <mark>{ text(piece) }</mark> },
        false => text(piece),
    };
    let click = looks.cloned().map(|look| {
        Callback::from(move |event: MouseEvent| {
            if let Some(at) = clicked(&event) {
                look.emit((place, at));
            }
        })
    });
    let look = looks.cloned().map(|look| {
        html! {
            <button
                type="button"
                class="chip look"
                id={format!("look-{}", place + 1)}
                aria-label={format!("Where did it look? Ballot {}", place + 1)}
                onclick={move |_: MouseEvent| look.emit((place, 0))}
            >{ "Where did it look?" }</button>
        }
    });
    let reward = ballot.reward;
    let worker = worker.map(|worker| format!("worker {worker}"));
    html! {
        <li key={place} class={classes!("trace", "ballot", reward.map(|reward| if reward > 0.0 { "agrees" } else { "differs" }))}>
            <p class="trace-head">
                <span>{ format!("Ballot {}", place + 1) }</span>
                <span>{ worker }</span>
            </p>
            <p class={classes!("ballot-text", click.is_some().then_some("clicks"))} dir="auto" onclick={click}>
                { for words::pieces(reasons).into_iter().map(piece) }
            </p>
            <p class="trace-foot">
                if let Some(action) = ballot.action {
                    <strong class="ballot-action">{ action.to_string() }</strong>
                } else if counts {
                    <strong class="ballot-action">{ "abstains: no action could be read" }</strong>
                } else {
                    <span>{ "…" }</span>
                }
                if let Some(reward) = reward {
                    <span class="reward" title="Reward: whether it agrees with the majority">{ words::reward(reward) }</span>
                }
                { look }
                if !ballot.text.is_empty() {
                    <span title="How likely the model held this text, as a logarithm">
                        { model::words::log_probability(ballot.log_probability) }
                    </span>
                }
            </p>
        </li>
    }
}
