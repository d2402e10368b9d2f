//! What the model is asked, in the words that it was trained on.

use crate::env::{Action, Status};
use crate::frame::Frame;
use crate::mind::{Message, Part, Role};
use std::collections::BTreeSet;
use std::ops::Range;

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

/// The prompt for a look at the board: [`WHERE`] everything is, or what is [`NEAREST`].
pub fn look(frame: Frame, question: &str) -> Vec<Message> {
    vec![
        Message { role: Role::System, parts: vec![Part::Text("You look at a game.".into())] },
        Message { role: Role::User, parts: vec![Part::Image(frame), Part::Text(question.into())] },
    ]
}

/// Whether a prompt is for a look.
pub fn is_look(prompt: &[Message]) -> bool {
    let questions = [WHERE, NEAREST].map(|question| Part::Text(question.into()));
    prompt.last().and_then(|message| message.parts.last()).is_some_and(|part| questions.contains(part))
}

/// What a look is to say: where everything is.
pub const WHERE: &str = "what is where?";

/// What a look is to say: which thing of each kind is nearest.
pub const NEAREST: &str = "what is nearest?";

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

/// The rules that a ballot's text goes by, by their places in the prompt, counted from 1.
pub fn named(text: &str) -> BTreeSet<usize> {
    citations(text).into_iter().map(|(_, rule)| rule).collect()
}

/// Where a ballot's text cites the rules that it goes by, from first to last, each with the rule's place in the
/// prompt, counted from 1. Some it names: `rule 2` says so. On a board it first says how it reads each, `2 red
/// ring good 3, 3 blue box bad`, and goes by those whose verdict it gives to a thing in sight: `red ring good 3`.
pub fn citations(text: &str) -> Vec<(Range<usize>, usize)> {
    let told = text.match_indices("rule ").filter_map(|(at, word)| {
        let number = at + word.len();
        let digits = text[number..].bytes().take_while(u8::is_ascii_digit).count();
        Some((at..number + digits, text[number..number + digits].parse().ok()?))
    });
    let seen: Vec<&str> = seen(text).collect();
    let readings = sentences(text).filter(|said| reads_rules(said)).flat_map(|said| said.split(", "));
    let read = readings.filter_map(|reading| {
        let (number, says) = reading.split_once(' ')?;
        let number = number.parse().ok()?;
        // Parts of a text know where they are in it.
        let at = reading.as_ptr() as usize - text.as_ptr() as usize;
        seen.iter().any(|thing| bears_out(thing, says)).then_some((at..at + reading.len(), number))
    });
    let mut citations: Vec<(Range<usize>, usize)> = told.chain(read).collect();
    citations.sort_by_key(|(place, _)| place.start);
    citations
}

/// What a ballot's text, or a look's, says is in sight, each thing with all that is said of it: `red ring good
/// 3`. The player's own place is among them.
pub fn seen(text: &str) -> impl Iterator<Item = &str> {
    let sights = sentences(text).filter(|said| !reads_rules(said)).flat_map(|said| said.split(", "));
    sights.map(|thing| thing.trim_end_matches('.'))
}

/// The sentences of a ballot's text before it says its goal: after that it speaks of what may be.
fn sentences(text: &str) -> impl Iterator<Item = &str> {
    let before = text.split("goal ").next().unwrap_or_default();
    before.split(". ").map(str::trim).filter(|said| !said.is_empty())
}

/// Whether a sentence says how the rules are read: it begins with a rule's number.
fn reads_rules(sentence: &str) -> bool {
    sentence.starts_with(|c: char| c.is_ascii_digit())
}

/// Whether what is said of a thing in sight is what a rule was read to say.
fn bears_out(thing: &str, reading: &str) -> bool {
    let thing: Vec<&str> = thing.split(' ').collect();
    let reading: Vec<&str> = reading.split(' ').take_while(|word| *word != "onto").collect();
    let Some((sprite, verdicts)) = thing.split_at_checked(2) else { return false };
    let about = reading.iter().take_while(|word| sprite.contains(word)).count();
    let verdict = &reading[about..];
    let amount = |word: &&str| word.bytes().all(|b| b.is_ascii_digit());
    let given = |(at, words): (usize, &[&str])| {
        words == verdict && !verdicts.get(at + words.len()).is_some_and(amount)
    };
    about > 0 && !verdict.is_empty() && verdicts.windows(verdict.len()).enumerate().any(given)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::env::{Reading, Value};
    use proptest::prelude::*;

    /// The model was trained on these very words: another space would be another language to it.
    #[test]
    fn the_prompts_are_worded_as_they_were_trained_on() {
        let words = |messages: &[Message]| -> Vec<(Role, String)> {
            let part = |part: &Part| match part {
                Part::Text(text) => text.clone(),
                Part::Image(_) => "<image>".into(),
            };
            let all = |message: &Message| message.parts.iter().map(part).collect();
            messages.iter().map(|message| (message.role, all(message))).collect()
        };
        let readings = [Reading { name: "fuel".into(), value: Value::Count(30) }];
        let status = Status { score: -2, lives: 3, readings: readings.into_iter().collect() };
        let rules = ["touch red rings for points".to_string(), "maybe avoid blue boxes".to_string()];
        let frame = Frame::default();
        let asked = words(&vote(&rules, frame.clone(), &status, &[Action::Up, Action::Fire, Action::Wait]));
        let system =
            "You play a game. [KNOWLEDGE_MEMORY]\n1. touch red rings for points\n2. maybe avoid blue boxes\n";
        assert_eq!(asked[0], (Role::System, system.into()));
        let user = "<image>score -2, lives 3, fuel 30\nactions: up, fire, wait";
        assert_eq!((asked[1].clone(), asked.len()), ((Role::User, user.into()), 2));
        let asked = words(&vote(&[], frame, &status, &[Action::Wait]));
        assert_eq!(asked[0].1, "You play a game. [KNOWLEDGE_MEMORY]\nempty\n");
        let asked = words(&reflection(&rules[..1], "nothing happened"));
        let system = "You write the rules. [KNOWLEDGE_MEMORY]\n1. touch red rings for points\n";
        assert_eq!(asked, [(Role::System, system.into()), (Role::User, "nothing happened".into())]);
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in any::<String>(), end in "(\n?action: ?)?[a-z ]{0,6}\n?") {
            let legal = [Action::Up, Action::BuyTrailing, Action::Wait];
            for text in [&text, &format!("{text}{end}")] {
                prop_assert!(action(text, &legal).is_none_or(|action| legal.contains(&action)));
                for (place, _) in citations(text) {
                    prop_assert!(text.get(place).is_some());
                }
            }
        }

        #[test]
        fn a_ballots_rules_and_action_are_found_whatever_stands_before(text in "[ -~]{0,40}", rule in 1..999usize) {
            let text = format!("{text} rule {rule} says so\naction: buy trailing");
            prop_assert!(named(&text).contains(&rule));
            prop_assert_eq!(action(&text, &[Action::Wait, Action::BuyTrailing]), Some(Action::BuyTrailing));
        }
    }

    #[test]
    fn a_ballot_names_rules_by_their_numbers() {
        let text = "me 3 4. rule 2 red ring points. rule 11: avoid, so rule 2. rule of thumb\naction: up";
        assert_eq!(named(text).into_iter().collect::<Vec<_>>(), [2, 11]);
        assert!(named("rule , rule 99999999999999999999999").is_empty());
    }

    #[test]
    fn a_ballot_goes_by_the_rules_whose_verdict_it_gives() {
        let names = |seen: &str| {
            let text = format!(
                "me 3 4. 1 orange good, 2 orange moon good 2, 3 box bad, 4 none, 5 red box push onto pink moon. {seen}. goal none. up: nothing\naction: up"
            );
            for (place, rule) in citations(&text) {
                assert!(text[place.clone()].starts_with(&format!("{rule} ")), "{}", &text[place]);
            }
            named(&text).into_iter().collect::<Vec<_>>()
        };
        assert_eq!(names("orange moon good 2, tan cup new"), [2]);
        assert_eq!(names("orange moon catch good, blue box bad"), [1, 3]);
        assert_eq!(names("red box bad push"), [3, 5]);
        assert_eq!(names("orange cup bad, tan box good"), [0; 0]);
        assert_eq!(names("orange, moon, , 3"), [0; 0]);
    }
}
