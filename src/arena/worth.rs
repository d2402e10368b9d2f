//! What each rule of a rulebook is worth: the same games played with it and without it.

use super::bootstrap::Interval;
use crate::agent::revision::hand::{Hand, Words};
use crate::agent::revision::{Operation, Revision};
use crate::agent::rulebook::sheet::Sheet;
use crate::agent::rulebook::{Origin, Rulebook};
use crate::agent::schedule::Schedule;
use crate::agent::{Agent, Settings, digest::Digest};
use crate::env::Environment;
use crate::mind::{Mind, MindError};
use serde::{Deserialize, Serialize};

/// What a rule is worth.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Worth {
    /// The rule's name; none for the whole rulebook against an empty one.
    pub rule: Option<String>,
    /// Its line in the prompt.
    pub line: String,
    /// Points an episode that are lost without it; over the seeds.
    pub lost: Interval,
    /// Points an episode without it; over the seeds.
    pub without: Interval,
}

/// What is told while the rules are put to the test: games played, of so many, and what was found so far.
pub type Tell<'a> = &'a mut dyn FnMut(usize, usize, &[Worth]);

/// Leaves one rule out after another, and at last all of them. Each game is played with the same seeds: up to
/// `steps` decisions of an agent that neither learns nor rewrites its rules.
///
/// # Errors
/// If the mind fails.
pub async fn worth<E: Environment, M: Mind>(
    book: &Rulebook,
    settings: &Settings,
    games: &[E],
    steps: u32,
    mind: &mut M,
    tell: Tell<'_>,
) -> Result<Vec<Worth>, MindError> {
    let rules: Vec<_> = book.listed().cloned().collect();
    let of = (rules.len() + 2) * games.len();
    let mut played = 0;
    let mut count = |found: &[Worth]| {
        played += 1;
        tell(played, of, found);
    };
    let whole = scores(book, settings, games, steps, mind, &mut || count(&[])).await?;
    let mut found = Vec::new();
    let names = (0..rules.len()).map(|at| vec![at]).chain([(0..rules.len()).collect()]);
    for (place, gone) in names.enumerate() {
        let mut lesser = book.clone();
        let operations = gone.iter().map(|at| Operation::Retire(at + 1)).collect();
        lesser.revise(&Revision { operations }, Origin::Person, 0, &Digest::default());
        let without = scores(&lesser, settings, games, steps, mind, &mut || count(&found)).await?;
        let lost: Vec<f64> = whole.iter().zip(&without).map(|(whole, without)| whole - without).collect();
        let rule = rules.get(place);
        found.push(Worth {
            rule: rule.map(|rule| rule.rule_id.clone()),
            line: rule.map_or_else(|| "the whole rulebook".into(), |rule| rule.line()),
            lost: Interval::new(&lost),
            without: Interval::new(&without),
        });
    }
    tell(played, of, &found);
    Ok(found)
}

/// Reads a rulebook in any form that it is known in: what the page exports, as JSON or Markdown; the article's
/// list of rules, or one of them; a rulebook with its log; or else a rule a line.
///
/// # Errors
/// A sentence or several.
pub fn read(text: &str) -> Result<Rulebook, String> {
    let is = |sign: &str| text.trim_start_matches('\u{feff}').trim_start().starts_with(sign);
    let revisions = match Sheet::read(text) {
        Ok(sheet) => vec![sheet.revision(true)],
        Err(problems) if is("{") || is("[") => {
            return serde_json::from_str(text).map_err(|_| problems.join(" "));
        }
        Err(problems) if is("# ") || is("## ") => return Err(problems.join(" ")),
        Err(_) => text.lines().map(str::trim).filter(|line| !line.is_empty()).map(rule).collect(),
    };
    if revisions.is_empty() {
        return Err("There are no rules in this.".into());
    }
    let mut book = Rulebook::default();
    let revise = |revision| book.revise(revision, Origin::Person, 0, &Digest::default());
    let complaints: Vec<String> = revisions.iter().flat_map(revise).collect();
    if complaints.is_empty() { Ok(book) } else { Err(complaints.join(" ")) }
}

/// The revision that adds a rule in a person's words.
fn rule(line: &str) -> Revision {
    Hand::Add(Words { heuristic: line.into(), sure: true, ..Words::default() }).into()
}

/// The points of an agent that goes by a rulebook, game by game; `tick` hears of every game.
async fn scores<E: Environment, M: Mind>(
    book: &Rulebook,
    settings: &Settings,
    games: &[E],
    steps: u32,
    mind: &mut M,
    tick: &mut dyn FnMut(),
) -> Result<Vec<f64>, MindError> {
    let mut scores = Vec::new();
    for (at, game) in games.iter().enumerate() {
        let settings = Settings {
            seed: settings.seed.wrapping_add(at as u64),
            reflects: Schedule::Never,
            learns: None,
            compares: 0,
            ..settings.clone()
        };
        scores.push(score(Agent::with(settings, book.clone()), game.clone(), steps, mind).await?);
        tick();
    }
    Ok(scores)
}

/// The points of one episode.
async fn score<E: Environment, M: Mind>(
    mut agent: Agent,
    mut game: E,
    steps: u32,
    mind: &mut M,
) -> Result<f64, MindError> {
    let mut score = 0;
    for _ in 0..steps {
        let outcome = agent.step(&mut game, mind).await?.outcome;
        score += outcome.score;
        if outcome.done {
            break;
        }
    }
    Ok(f64::from(score))
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::agent::rulebook::sheet::tests::{mutated, sheets};
    use proptest::prelude::*;

    #[test]
    fn a_rulebook_is_read_in_every_form() {
        let lines = |text: &str| read(text).map(|book| book.lines());
        let two = Ok(vec!["go up".to_string(), "stay calm".to_string()]);
        assert_eq!(lines("go up\n\n  stay calm\n"), two);
        let article = r#"[{"RULE_ID": "R1", "TRIGGER": "always", "NEW_HEURISTIC": "go up"},
            {"RULE_ID": "R2", "NEW_HEURISTIC": "stay calm"}]"#;
        assert_eq!(lines(article), two);
        let book = read(article).unwrap();
        let sheet = Sheet::of("x", &book);
        assert_eq!(lines(&sheet.to_json()), two);
        assert_eq!(lines(&sheet.to_markdown()), two);
        assert_eq!(read(&serde_json::to_string(&book).unwrap()), Ok(book));
        assert!(read("").unwrap_err().contains("no rules"));
        assert!(read("{\"rulewright\": 1}").unwrap_err().contains("no list"));
        assert!(read("# Mine\n\n## R1\n\n- STATUS: perhaps\n").unwrap_err().contains("Line 5"));
        assert!(read(&"x\n".repeat(13)).unwrap_err().contains("12 is the most"));
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in any::<String>(), sheet in sheets(), salt in any::<u64>()) {
            for text in [&text, &mutated(&sheet.to_json(), salt), &mutated(&sheet.to_markdown(), salt)] {
                let told = read(text);
                prop_assert!(told.as_ref().map_or_else(|e| !e.is_empty(), |_| true), "{:?}", told);
            }
        }
    }
}
