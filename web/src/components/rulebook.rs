//! The rulebook: rules as cards, with everything that a person may do to them.

mod card;
mod form;
mod log;
pub mod pieces;
mod retired;
pub mod worth;

use super::icon::Icon;
use crate::same::Same;
use card::Card;
use form::Form;
use log::Log;
use retired::Retired;
use rulewright::agent::Settings;
use rulewright::agent::digest::Digest;
use rulewright::agent::memory;
use rulewright::agent::revision::Revision;
use rulewright::agent::revision::hand::{Hand, Words};
use rulewright::agent::rulebook::{MOST_RULES, Origin, Rule, Rulebook};
use rulewright::arena::bootstrap::Interval;
use rulewright::arena::worth::Worth;
use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;
use yew::prelude::*;

/// A rulebook to be shown and changed.
#[derive(Properties, PartialEq)]
pub struct RulebookProps {
    pub rulebook: Rc<Rulebook>,
    /// The trace step at which we are.
    pub now: u32,
    /// The rules that the present votes name, by their places in [`Rulebook::rules`].
    #[prop_or_default]
    pub marked: Vec<usize>,
    /// What the rules are worth, as far as it was measured.
    #[prop_or_default]
    pub worths: Vec<Worth>,
    pub onrevise: Callback<Revision>,
    pub onundo: Callback<()>,
    pub onredo: Callback<()>,
    /// Somebody wants to see this step of the trace.
    pub onevidence: Callback<u32>,
    /// The steps that can be seen.
    #[prop_or_default]
    pub seen: Rc<BTreeSet<u32>>,
    pub drafts: Same<Drafts>,
}

/// What is written in open forms and not saved yet, by the rule's name; a new rule has none. It outlives the cards, which
/// give way to another rulebook's.
pub type Drafts = RefCell<BTreeMap<String, Words>>;

/// What a card may ask for.
#[derive(Debug, Clone, PartialEq)]
pub enum Ask {
    Do(Hand),
    /// Open the form for this rule's words.
    Write(String),
    /// Close it.
    Leave(String),
    Evidence(u32),
}

/// The rulebook.
#[component]
pub fn RulebookCards(props: &RulebookProps) -> Html {
    let book = &props.rulebook;
    let drafts = &props.drafts.0;
    // The rules whose forms are open: the agent may take a rule away meanwhile.
    let editing = use_state(|| {
        let drafts = drafts.borrow();
        drafts.keys().filter(|rule| !rule.is_empty()).cloned().collect::<Vec<String>>()
    });
    let adding = use_state(|| drafts.borrow().contains_key(""));
    let typed = {
        let drafts = drafts.clone();
        Callback::from(move |(rule, words): (String, Words)| drop(drafts.borrow_mut().insert(rule, words)))
    };
    let typed_new = typed.reform(|words| (String::new(), words));
    let leave = {
        let (editing, drafts) = (editing.clone(), drafts.clone());
        Callback::from(move |rule: String| {
            drafts.borrow_mut().remove(&rule);
            editing.set(editing.iter().filter(|other| **other != rule).cloned().collect());
        })
    };
    let told = use_state(String::new);
    // Where the focus goes after the next change, by the element's name in the page.
    let focus = use_mut_ref(|| None::<String>);
    {
        let focus = focus.clone();
        use_effect(move || {
            if let Some(id) = focus.borrow_mut().take() {
                crate::focus::focus(&id);
            }
        });
    }
    let ask = {
        let (book, editing, told, focus) = (book.clone(), editing.clone(), told.clone(), focus.clone());
        let (leave, onrevise, onevidence) = (leave.clone(), props.onrevise.clone(), props.onevidence.clone());
        Callback::from(move |ask: Ask| match ask {
            Ask::Evidence(step) => onevidence.emit(step),
            Ask::Write(rule) => editing.set(editing.iter().cloned().chain([rule]).collect()),
            Ask::Leave(rule) => {
                *focus.borrow_mut() = Some(format!("edit-{rule}"));
                leave.emit(rule);
            }
            Ask::Do(hand) => {
                if refused(&book, &hand).is_none() {
                    let (said, next) = aftermath(&book, &hand);
                    told.set(said);
                    *focus.borrow_mut() = Some(next);
                }
                // What is being written in another rule's form stays there.
                if let Hand::Edit(rule, _) | Hand::Delete(rule) = &hand {
                    leave.emit(rule.clone());
                }
                onrevise.emit(hand.into());
            }
        })
    };
    // The form of a new rule is done, or that of a rule that went.
    let added = |close: Callback<()>| {
        let (focus, told) = (focus.clone(), told.clone());
        let onrevise = props.onrevise.clone();
        Callback::from(move |hand: Option<Hand>| {
            close.emit(());
            *focus.borrow_mut() = Some("add-rule".into());
            if let Some(hand) = hand {
                told.set("The rule is added.".into());
                onrevise.emit(hand.into());
            }
        })
    };
    let closes_new = {
        let (adding, drafts) = (adding.clone(), drafts.clone());
        Callback::from(move |()| {
            drafts.borrow_mut().remove("");
            adding.set(false);
        })
    };
    let open = {
        let adding = adding.clone();
        move |_: MouseEvent| adding.set(true)
    };
    let way = |id: &'static str, label: &'static str, can: bool, go: &Callback<()>, says: String| {
        let (go, told) = (go.clone(), told.clone());
        let onclick = move |_: MouseEvent| {
            if can {
                told.set(says.clone());
                go.emit(());
            }
        };
        html! {
            <button type="button" {id} aria-disabled={(!can).then_some("true")} {onclick}>
                <Icon name={id} />{ label }
            </button>
        }
    };
    let (can_undo, can_redo) = book.ways();
    // Counted from 1; 0 is the beginning. It is said, so that doing it twice is heard twice.
    let revision = book.head().map_or(0, |head| head + 1);
    let kept: Vec<&Rule> = book.kept().collect();
    // As the executor will read them.
    let memory = memory::fit(book, Settings::default().memory_budget, props.now);
    let numbers: HashMap<&str, usize> =
        memory.rules.iter().enumerate().map(|(at, rule)| (rule.as_str(), at + 1)).collect();
    let marked = |rule: &Rule| book.place(&rule.rule_id).is_some_and(|at| props.marked.contains(&at));
    let card = |(at, rule): (usize, &&Rule)| {
        html! {
            <Card
                key={rule.rule_id.clone()}
                rule={(*rule).clone()}
                number={numbers.get(rule.rule_id.as_str()).copied()}
                place={at}
                last={at + 1 == kept.len()}
                age={props.now.saturating_sub(rule.since)}
                marked={marked(rule)}
                worth={worth(&props.worths, rule)}
                editing={editing.contains(&rule.rule_id)}
                draft={drafts.borrow().get(&rule.rule_id).cloned()}
                book={book.clone()}
                typed={typed.clone()}
                ask={ask.clone()}
                seen={props.seen.clone()}
            />
        }
    };
    // Rules that went while somebody wrote at them.
    let gone: Vec<&String> =
        editing.iter().filter(|id| kept.iter().all(|rule| rule.rule_id != **id)).collect();
    let orphan = |id: &&String| {
        let (id, closes) = (
            (*id).clone(),
            leave.reform({
                let id = (*id).clone();
                move |()| id.clone()
            }),
        );
        let typed = typed.reform({
            let id = id.clone();
            move |words| (id.clone(), words)
        });
        html! {
            <div key={id.clone()}>
                <p class="problem" role="alert">
                    { format!("{id} is not in the rulebook any more. What you wrote can be added as a new rule.") }
                </p>
                <Form rule={None::<Rule>} words={drafts.borrow().get(&id).cloned()} {typed} book={book.clone()} done={added(closes)} />
            </div>
        }
    };
    html! {
        <div class="rulebook">
            <div class="rulebook-bar">
                <button type="button" id="add-rule" class="primary" aria-expanded={adding.to_string()} onclick={open}>
                    <Icon name="add" />{ "Add a rule" }
                </button>
                { way("undo", "Undo", can_undo, &props.onundo, format!("Undone: revision {revision}.")) }
                { way("redo", "Redo", can_redo, &props.onredo, format!("Done again: what came after revision {revision}.")) }
                <p class="caption" id="rule-count">{ count(book) }</p>
            </div>
            <p class="hidden" role="status" id="rulebook-news">{ (*told).clone() }</p>
            { for gone.iter().map(orphan) }
            if *adding {
                <Form
                    key="new"
                    rule={None::<Rule>}
                    words={drafts.borrow().get("").cloned()}
                    typed={typed_new}
                    book={book.clone()}
                    done={added(closes_new)}
                />
            }
            if kept.is_empty() && !*adding && gone.is_empty() {
                <p class="rulebook-empty">
                    { "No rules yet. The agent writes some while it plays; or tell it yours, in plain words." }
                </p>
            }
            <ol class="rules">{ for kept.iter().enumerate().map(card) }</ol>
            if !kept.is_empty() && book.log().iter().all(|entry| entry.origin == Origin::Strategist) {
                <p class="caption" id="rulebook-nudge">
                    { "The agent wrote this while it played. Edit a sentence, and its next votes go by yours." }
                </p>
            }
            <Retired rulebook={book.clone()} />
            <Log rulebook={book.clone()} onrevise={props.onrevise.clone()} />
        </div>
    }
}

/// What a rule is worth, if it was measured as it is now: its name may be another one's by now.
fn worth(worths: &[Worth], rule: &Rule) -> Option<Interval> {
    let is_it = |worth: &&Worth| worth.rule.as_ref() == Some(&rule.rule_id) && worth.line == rule.line();
    worths.iter().find(is_it).map(|worth| worth.lost)
}

/// Why something can't be done, in one sentence. It is tried on a copy.
fn refused(book: &Rulebook, hand: &Hand) -> Option<String> {
    let mut copy = book.clone();
    copy.revise(&hand.clone().into(), Origin::Person, 0, &Digest::default()).into_iter().next()
}

/// What is said after somebody did something, and what has the focus then.
fn aftermath(book: &Rulebook, hand: &Hand) -> (String, String) {
    match hand {
        Hand::Pin(rule, true) => (format!("{rule} is pinned."), format!("pin-{rule}")),
        Hand::Pin(rule, false) => (format!("{rule} is not pinned any more."), format!("pin-{rule}")),
        Hand::Disable(rule, true) => (format!("{rule} is off."), format!("off-{rule}")),
        Hand::Disable(rule, false) => (format!("{rule} is on."), format!("off-{rule}")),
        Hand::Move(rule, to) => {
            let at = book.kept().position(|other| other.rule_id == *rule).unwrap_or_default();
            let way = if *to < at { "up" } else { "down" };
            (format!("{rule} is now at place {}.", to + 1), format!("{way}-{rule}"))
        }
        Hand::Delete(rule) => {
            let ids: Vec<&String> = book.kept().map(|rule| &rule.rule_id).collect();
            let at = ids.iter().position(|id| *id == rule).unwrap_or_default();
            let next = ids.get(at + 1).or(at.checked_sub(1).and_then(|at| ids.get(at)));
            let next = next.map_or("add-rule".into(), |next| format!("delete-{next}"));
            (format!("{rule} is deleted. Undo brings it back."), next)
        }
        Hand::Edit(rule, words) => {
            let name = if words.rule_id.is_empty() { rule } else { &words.rule_id };
            (format!("{name} is changed."), format!("edit-{name}"))
        }
        Hand::Add(_) | Hand::Take { .. } => (String::new(), "add-rule".into()),
    }
}

fn count(book: &Rulebook) -> String {
    let (hold, kept) = (book.listed().count(), book.kept().count());
    let off = if kept > hold { format!(", {} off", kept - hold) } else { String::new() };
    format!("{hold} of {MOST_RULES}{off}")
}
