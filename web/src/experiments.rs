//! The one-click experiments: false rules for the open rulebook, and how the agent plays in the
//! vote-collapse lab.

use crate::address::Settings;
use rulewright::agent::revision::hand::Words;
use rulewright::agent::rulebook::Rulebook;
use rulewright::games::Episode;
use rulewright::samples::lie::lies;

/// The rulebook of the vote-collapse lab, beside the visitor's own.
pub const COLLAPSE_BOOK: &str = "Vote-collapse lab";

/// Those settings that the lab changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Manner {
    votes: u8,
    temperature: u8,
    learns: bool,
    guard: bool,
    stride: u8,
    reflects: bool,
}

impl Manner {
    /// Agreement without truth: many ballots of many minds, step after step towards whatever most of them say,
    /// and nobody who looks at the score.
    pub const COLLAPSE: Self =
        Self { votes: 8, temperature: 12, learns: true, guard: false, stride: 1, reflects: false };

    /// Those of a page that nobody has changed.
    pub fn usual() -> Self {
        Self::of(&Settings::default())
    }

    /// Those of the page.
    pub fn of(settings: &Settings) -> Self {
        let Settings { votes, temperature, learns, guard, stride, reflects, .. } = *settings;
        Self { votes, temperature, learns, guard, stride, reflects }
    }

    /// Makes them the page's.
    pub fn put(self, settings: &mut Settings) {
        let Self { votes, temperature, learns, guard, stride, reflects } = self;
        *settings = Settings { votes, temperature, learns, guard, stride, reflects, ..settings.clone() };
    }
}

/// The one false rule to put into a rulebook: what gives most points is said to cost them.
pub fn lie(episode: &Episode) -> Option<Words> {
    lies(episode).into_iter().next()
}

/// The name of the rule of a rulebook that says so already, if there is one.
pub fn told<'a>(book: &'a Rulebook, lie: &Words) -> Option<&'a str> {
    book.kept().find(|rule| rule.heuristic == lie.heuristic).map(|rule| rule.rule_id.as_str())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rulewright::agent::digest::Digest;
    use rulewright::agent::revision::hand::Hand;
    use rulewright::agent::rulebook::Origin;
    use rulewright::games::Game;

    fn orchard() -> Episode {
        Game::find("orchard").expect("it ships").start(1)
    }

    #[test]
    fn a_false_rule_goes_in_as_a_persons_and_comes_out_by_undo() {
        let (mut book, lie) = (Rulebook::default(), lie(&orchard()).expect("cups give points"));
        assert_eq!(told(&book, &lie), None);
        let complaints = book.revise(&Hand::Add(lie.clone()).into(), Origin::Person, 4, &Digest::default());
        assert_eq!(complaints, Vec::<String>::new());
        assert_eq!(book.lines(), ["avoid yellow cups, they cost 4 points"], "the prompt shows no more");
        assert_eq!(told(&book, &lie), Some("R1"));
        assert!(
            book.rules()[0].observation.contains("experiment") && book.rules()[0].origin == Origin::Person
        );
        assert!(book.undo(4) && told(&book, &lie).is_none());
    }

    #[test]
    fn the_lab_has_its_rules_and_gives_back_what_was_set_before() {
        let mut book = Rulebook::default();
        for lie in lies(&orchard()) {
            assert!(book.revise(&Hand::Add(lie).into(), Origin::Person, 0, &Digest::default()).is_empty());
        }
        assert_eq!(book.lines()[1], "touch green diamonds for 1 point");
        let mut settings = Settings { votes: 2, seed: 9, ..Settings::default() };
        let (was, before) = (settings.clone(), Manner::of(&settings));
        Manner::COLLAPSE.put(&mut settings);
        assert!(settings.learns && !settings.guard && !settings.reflects && settings.votes > 2);
        before.put(&mut settings);
        assert_eq!(settings, was);
    }
}
