//! What the model is asked, in the words that it was trained on.

use crate::env::{Action, Status};
use crate::frame::Frame;
use crate::mind::{Message, Part, Role};
use std::collections::BTreeSet;

/// The prompt for a vote: the rulebook first, so that its keys and values last from move to move,
/// then the frame, the status and the legal actions.
pub fn vote(rules: &[String], frame: Frame, status: &Status, actions: &[Action]) -> Vec<Message> {
    let listed: Vec<String> = actions.iter().map(ToString::to_string).collect();
    let task = format!("{status}\nactions: {}", listed.join(", "));
    vec![
        Message { role: Role::System, parts: vec![Part::Text(memory("You play a game.", rules))] },
        Message { role: Role::User, parts: vec![Part::Image(frame), Part::Text(task)] },
    ]
}

/// The prompt for a look: where everything is.
pub fn look(frame: Frame) -> Vec<Message> {
    vec![
        Message { role: Role::System, parts: vec![Part::Text("You look at a game.".into())] },
        Message { role: Role::User, parts: vec![Part::Image(frame), Part::Text("what is where?".into())] },
    ]
}

/// The prompt for a reflection: the rulebook with its evidence, then the digest of what happened.
pub fn reflection(rules: &[String], digest: &str) -> Vec<Message> {
    vec![
        Message { role: Role::System, parts: vec![Part::Text(memory("You write the rules.", rules))] },
        Message { role: Role::User, parts: vec![Part::Text(digest.into())] },
    ]
}

/// `KNOWLEDGE_MEMORY` as the article shows it: numbered rules, one a line.
fn memory(who: &str, rules: &[String]) -> String {
    let mut text = format!("{who} [KNOWLEDGE_MEMORY]\n");
    for (i, rule) in rules.iter().enumerate() {
        text.push_str(&format!("{}. {rule}\n", i + 1));
    }
    if rules.is_empty() {
        text.push_str("empty\n");
    }
    text
}

/// A regular expression for a ballot: free reasoning on one line, then a legal action.
pub fn ballot(actions: &[Action]) -> String {
    let listed: Vec<String> = actions.iter().map(ToString::to_string).collect();
    format!(r"[ -~]+\naction: (?:{})", listed.join("|"))
}

/// The action that a ballot's text ends in, if it is one of these.
pub fn action(text: &str, actions: &[Action]) -> Option<Action> {
    let (_, named) = text.rsplit_once("\naction: ")?;
    actions.iter().copied().find(|action| action.to_string() == named.trim())
}

/// The rules that a ballot's text names, by their places in the prompt, counted from 1: `rule 2 says so`.
pub fn named(text: &str) -> BTreeSet<usize> {
    let number = |after: &str| after.split(|c: char| !c.is_ascii_digit()).next()?.parse().ok();
    text.split("rule ").skip(1).filter_map(number).collect()
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn a_ballot_names_rules_by_their_numbers() {
        let text = "me 3 4. rule 2 red ring points. rule 11: avoid, so rule 2. rule of thumb\naction: up";
        assert_eq!(named(text).into_iter().collect::<Vec<_>>(), [2, 11]);
        assert!(named("rule , rule 99999999999999999999999").is_empty());
    }
}
