//! The rules as they were: what the agent went by at the decision that somebody looks back at.

use super::rulebook::pieces::pieces;
use super::votes;
use crate::state::{Event, State};
use rulewright::agent::memory::Memory;
use rulewright::agent::rulebook::{Rule, Rulebook};
use std::rc::Rc;
use yew::prelude::*;

/// What was is compared with what is.
#[derive(Properties, PartialEq)]
pub struct PastProps {
    pub state: UseReducerHandle<State>,
    /// The open rulebook as it is now.
    pub book: Rc<Rulebook>,
}

/// A rule that the agent went by, and what became of it.
#[derive(Debug, PartialEq)]
struct Line {
    name: String,
    /// As the prompt said it.
    was: String,
    /// As it would say it now; none if the rule is not there any more, or is off.
    is: Option<String>,
    /// The whole rule then, if the open rulebook is the one that it stood in.
    rule: Option<Rule>,
}

/// The rules that the agent went by at a step of the trace, in the prompt's order.
fn lines(memory: &Memory, book: &Rulebook, step: u32) -> Vec<Line> {
    let lines = memory.rules.iter().zip(&memory.lines);
    let then = book.at(step).unwrap_or_default();
    let line = |(name, was): (&String, &String)| {
        let is = book.listed().find(|rule| rule.rule_id == *name).map(|rule| rule.line());
        let rule = then.iter().find(|rule| rule.rule_id == *name && rule.line() == *was).cloned();
        Line { name: name.clone(), was: was.clone(), is, rule }
    };
    lines.map(line).collect()
}

/// What else was known of a rule.
fn fields(rule: &Rule) -> String {
    let [trigger, observation] = [("when", &rule.trigger), ("seen", &rule.observation)]
        .map(|(name, text)| if text.is_empty() { String::new() } else { format!("{name}: {text}; ") });
    let evidence = format!("{} for, {} against", rule.support.len(), rule.contradiction.len());
    format!("{}; {trigger}{observation}{evidence}", rule.status)
}

/// The rules that hold now and were not known then.
fn later(memory: &Memory, book: &Rulebook) -> Vec<String> {
    let known = |name: &String| memory.rules.contains(name) || memory.left_out.contains(name);
    book.listed().map(|rule| rule.rule_id.clone()).filter(|name| !known(name)).collect()
}

/// The rules as they were, where somebody looks back.
#[component]
pub fn PastRules(props: &PastProps) -> Html {
    let state = &props.state;
    let decision = votes::shown(state).filter(|_| state.looks_back());
    let Some(decision) = decision else { return Html::default() };
    let memory = &decision.memory;
    let (lines, later) = (lines(memory, &props.book, decision.number), later(memory, &props.book));
    let now = {
        let dispatcher = state.dispatcher();
        move |_: MouseEvent| {
            // The button goes.
            crate::focus::focus_board();
            dispatcher.dispatch(Event::Show(usize::MAX));
        }
    };
    let line = |line: &Line| {
        let (badge, text) = match &line.is {
            Some(is) if *is == line.was => (None, html! { { &line.was } }),
            Some(is) => (Some("changed since"), pieces(&line.was, is)),
            None => (Some("gone since"), pieces(&line.was, "")),
        };
        html! {
            <li class="past-rule">
                <p class="rule-head">
                    <strong dir="auto">{ &line.name }</strong>
                    if let Some(badge) = badge { <span class="badge strong">{ badge }</span> }
                </p>
                <p class="rule-says" dir="auto">{ text }</p>
                if let Some(rule) = &line.rule { <p class="caption" dir="auto">{ fields(rule) }</p> }
            </li>
        }
    };
    let names = |id: &'static str, what: &str, names: &[String]| {
        html! {
            if !names.is_empty() {
                <p class="caption" {id} dir="auto">{ format!("{what}: {}.", names.join(", ")) }</p>
            }
        }
    };
    html! {
        <section id="past-rules" class="past-rules" aria-labelledby="past-title">
            <div class="part-head">
                <h2 id="past-title">{ format!("The rules at decision {}", decision.number + 1) }</h2>
                <button type="button" id="past-now" onclick={now}>{ "To now" }</button>
            </div>
            <p class="caption">
                { "You look back: these are the rules that the agent had before it then, word for word. The \
                   rulebook of today is below." }
            </p>
            if lines.is_empty() {
                <p class="empty">{ "It had no rules then." }</p>
            }
            <ol class="past-lines">{ for lines.iter().map(line) }</ol>
            { names("past-left-out", "Did not fit into the prompt", &memory.left_out) }
            { names("past-later", "Added since, or switched on", &later) }
            <p class="caption" id="past-verdict">{ format!("Reflect after it? {}", decision.verdict) }</p>
        </section>
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rulewright::agent::digest::Digest;
    use rulewright::agent::revision::Revision;
    use rulewright::agent::revision::hand::Hand;
    use rulewright::agent::rulebook::Origin;

    fn added(book: &mut Rulebook, heuristic: &str) {
        let (revision, complaints) =
            Revision::read(&format!("add | touch red ring | +1 in 1 of 1 | {heuristic} | sure"));
        assert!(complaints.is_empty(), "{complaints:?}");
        book.revise(&revision, Origin::Person, 0, &Digest::default());
    }

    #[test]
    fn what_became_of_a_rule_since_is_told() {
        let mut book = Rulebook::default();
        added(&mut book, "touch red rings for points");
        added(&mut book, "avoid blue boxes");
        let names: Vec<String> = book.listed().map(|rule| rule.rule_id.clone()).collect();
        let said: Vec<String> = book.listed().map(|rule| rule.line()).collect();
        let memory = Memory { lines: said.clone(), rules: names.clone(), left_out: vec![] };
        let found = lines(&memory, &book, 0);
        assert!(found.iter().all(|line| line.is.as_ref() == Some(&line.was)));
        assert_eq!(found[0].rule.as_ref(), book.listed().next());
        assert_eq!(later(&memory, &book), [""; 0]);
        book.revise(&Hand::Delete(names[0].clone()).into(), Origin::Person, 1, &Digest::default());
        added(&mut book, "touch green moons for points");
        let found = lines(&memory, &book, 0);
        assert_eq!((&found[0].was, &found[0].is), (&said[0], &None));
        assert_eq!(found[1].is.as_ref(), Some(&said[1]));
        assert_eq!(later(&memory, &book).len(), 1);
    }
}
