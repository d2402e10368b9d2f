//! The vote: what each ballot says while it is written, and what they say together.

use super::Shared;
use super::device::{Device, retry};
use super::icon::Icon;
use crate::address::{Region, Who};
use crate::model;
use crate::state::{Event, State};
use crate::watch::{self, Writing, words};
use rulewright::agent::executor::{Ballot, Vote};
use rulewright::agent::{Decision, prompt};
use rulewright::env::{Action, Environment};
use std::collections::BTreeSet;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::Element;
use yew::prelude::*;

/// A ballot as it is drawn.
struct Card<'a> {
    text: &'a str,
    action: Option<Action>,
    log_probability: f32,
    /// Nothing while it is being written.
    read: Option<&'a Ballot>,
    worker: Option<usize>,
}

impl<'a> Card<'a> {
    /// One that is being written.
    fn written(ballot: &'a Writing, actions: &[Action]) -> Self {
        let Writing { worker, trace } = ballot;
        let action = prompt::action(&trace.text, actions);
        Self {
            text: &trace.text,
            action,
            log_probability: trace.log_probability,
            read: None,
            worker: Some(*worker),
        }
    }

    /// One that was counted.
    fn read(ballot: &'a Ballot, worker: Option<usize>) -> Self {
        let Ballot { text, action, log_probability, .. } = ballot;
        Self { text, action: *action, log_probability: *log_probability, read: Some(ballot), worker }
    }
}

/// The decision that is shown: the one that led to the moment that is shown.
pub fn shown(state: &State) -> Option<&Rc<Decision>> {
    if let Some(recalled) = state.recalled() {
        return Some(recalled);
    }
    if !state.looks_back() {
        return state.watch.decisions.back();
    }
    let moment = state.history.get(state.shown.checked_sub(1)?)?;
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
pub fn Votes(props: &Shared) -> Html {
    let state = &props.state;
    let decision = shown(state);
    let writing = state.watch.deciding && !state.looks_back();
    let ballots = &state.watch.ballots;
    let cards: Vec<Card> = if writing && !ballots.is_empty() {
        ballots.iter().map(|ballot| Card::written(ballot, state.now().actions())).collect()
    } else {
        let read = decision.map_or(&[][..], |decision| &decision.vote.ballots).iter().enumerate();
        // Who wrote an older one is forgotten.
        let writer = |place: usize| ballots.get(place).filter(|_| !state.looks_back());
        read.map(|(place, ballot)| Card::read(ballot, writer(place).map(|ballot| ballot.worker))).collect()
    };
    let looks = looks(state, decision);
    html! {
        <section class="votes" aria-labelledby="votes-title">
            <div class="part-head">
                <h2 id="votes-title">{ "Votes" }</h2>
                <p id="agent-status" class="empty">{ words::status(state) }</p>
            </div>
            <Device state={state.clone()} />
            { retry(state) }
            if cards.is_empty() {
                { beginning(state) }
            } else {
                { tally(decision.map(|decision| &decision.vote)) }
                <ol id="ballots" class="traces" aria-busy={writing.to_string()}>
                    { for cards.iter().enumerate().map(|(place, card)| draw(place, card, &looks)) }
                </ol>
            }
        </section>
    }
}

/// What will be seen here, and the way to it.
fn beginning(state: &UseReducerHandle<State>) -> Html {
    let (dispatcher, is_agents) = (state.dispatcher(), state.is_agents());
    let begin = move |_: MouseEvent| {
        if !is_agents {
            dispatcher.dispatch(Event::Who(Who::Agent));
        }
        dispatcher.dispatch(Event::Pause);
    };
    html! {
        <div class="beginning">
            <p>{ "A small model looks at the board several times. Each time it says what it sees and which \
                  rules speak for what, and votes for an action; what most want is played." }</p>
            <p>{ "When something surprises it, it thinks back and writes a rule, in plain words, into its \
                  rulebook. All of it happens in this browser." }</p>
            if !state.running || !state.is_agents() {
                <button type="button" id="let-play" class="primary" onclick={begin}>
                    <Icon name="play" />{ "Let the agent play" }
                </button>
            }
            if state.model.is_loading() {
                { super::model::progress(&state.model.stage, "agent-progress") }
            }
        </div>
    }
}

/// Who voted for what, the winner first.
fn tally(vote: Option<&Vote>) -> Html {
    let Some(vote) = vote else {
        return html! { <div class="tally"><p class="settled" id="settled">{ "The first vote…" }</p></div> };
    };
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
    let counts = vote.tally.counts.iter().enumerate();
    let counts = counts
        .map(|(place, (action, votes, _))| row(action.to_string(), *votes, (place == 0).then_some("won")));
    let abstained = (vote.tally.abstentions > 0)
        .then(|| row("abstained".into(), vote.tally.abstentions, Some("abstained")));
    html! {
        <div class="tally">
            <p class="settled" id="settled">{ words::settled(vote) }</p>
            <ol id="tally">{ for counts.chain(abstained) }</ol>
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

fn draw(place: usize, card: &Card, looks: &Looks) -> Html {
    let looks = looks.as_ref().filter(|_| card.read.is_some());
    let reasons = words::reasons(card.text);
    let mut at = reasons.as_ptr() as usize - card.text.as_ptr() as usize;
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
    let reward = card.read.and_then(|ballot| ballot.reward);
    let worker = card.worker.map(|worker| format!("worker {worker}"));
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
                if let Some(action) = card.action {
                    <strong class="ballot-action">{ action.to_string() }</strong>
                } else if card.read.is_some() {
                    <strong class="ballot-action">{ "abstains: no action could be read" }</strong>
                } else {
                    <span>{ "…" }</span>
                }
                if let Some(reward) = reward {
                    <span class="reward" title="Reward: whether it agrees with the majority">{ words::reward(reward) }</span>
                }
                { look }
                <span title="How likely the model held this text, as a logarithm">
                    { model::words::log_probability(card.log_probability) }
                </span>
            </p>
        </li>
    }
}
