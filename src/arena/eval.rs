//! How well a model reads frames, obeys rulebooks and writes rules: on games and in words that it was
//! never taught, against what the teacher would do.

use crate::agent::prompt;
use crate::agent::revision::{Finding, Operation, Revision};
use crate::env::{Action, Environment};
use crate::games::desk::Desk;
use crate::games::sprite::Sprite;
use crate::games::{Episode, Game, Split as Of, Trigger};
use crate::mind::Message;
use crate::samples::claim::{Claim, Worth};
use crate::samples::executor::{self, Book, Executor, Source};
use crate::samples::strategist;
use crate::samples::wording::Split;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg32;
use std::collections::BTreeSet;
use std::fmt::{self, Display, Formatter};

/// What a model is asked, and how its answer has to look.
#[derive(Debug, Clone)]
pub struct Question {
    /// The prompt.
    pub talk: Vec<Message>,
    /// A regular expression for the answer.
    pub grammar: String,
    /// The teacher's answer.
    pub gold: String,
}

/// Something that answers: a model, or the teacher itself.
pub type Answer<'a> = dyn FnMut(&Question) -> String + 'a;

/// A share of cases, with half the width of its 95% interval (normal approximation).
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rate {
    /// Right ones.
    pub right: usize,
    /// All.
    pub of: usize,
}

impl Rate {
    fn add(&mut self, right: bool) {
        self.right += usize::from(right);
        self.of += 1;
    }

    /// The share; 1 of nothing.
    pub fn share(&self) -> f64 {
        if self.of == 0 { 1.0 } else { self.right as f64 / self.of as f64 }
    }
}

impl Display for Rate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let (share, of) = (self.share(), self.of.max(1) as f64);
        f.pad(&format!("{share:.3} ± {:.3}", 1.96 * (share * (1.0 - share) / of).sqrt()))
    }
}

/// A set of votes.
#[derive(Debug, Clone, Copy)]
pub struct Votes {
    /// Its name in the table.
    pub name: &'static str,
    source: Source,
    split: Split,
    book: Option<Book>,
}

/// The sets of votes, as the model's card lists them.
pub const VOTES: [Votes; 14] = {
    const fn set(name: &'static str, source: Source, split: Split, book: Option<Book>) -> Votes {
        Votes { name, source, split, book }
    }
    [
        set("seen games", Source::Seen, Split::Train, None),
        set("generated games", Source::Generated, Split::Train, None),
        set("sprite pairs never seen", Source::Pairs, Split::Train, None),
        set("unseen games, true rulebook", Source::Unseen, Split::Train, Some(Book::True)),
        set("unseen games, any rulebook", Source::Unseen, Split::Train, None),
        set("flipped meanings", Source::Training, Split::Train, Some(Book::Flipped)),
        set("contradicting rules", Source::Training, Split::Train, Some(Book::Contradicting)),
        set("distractors", Source::Training, Split::Train, Some(Book::Distracted)),
        set("empty rulebook", Source::Training, Split::Train, Some(Book::Empty)),
        set("held-out constructions", Source::Training, Split::Constructions, None),
        set("words never seen", Source::Training, Split::Words, None),
        set("desk: price list", Source::Desk(0), Split::Train, None),
        set("desk: trading", Source::Desk(1), Split::Train, None),
        set("desk: warehouse", Source::Desk(2), Split::Train, None),
    ]
};

/// How votes went.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Voted {
    /// The action is one that the teacher holds best.
    pub action: Rate,
    /// The whole text is the teacher's.
    pub text: Rate,
    /// Of the kinds in sight, those that the answer speaks of.
    pub found: Rate,
    /// Of the kinds that the answer speaks of, those in sight.
    pub named: Rate,
    /// The player, and the goal where there is one, are where the answer says.
    pub placed: Rate,
}

impl Votes {
    /// Puts `cases` votes to the test.
    pub fn ask(&self, cases: usize, seed: u64, answer: &mut Answer<'_>) -> Voted {
        let mut voted = Voted::default();
        let mut executor = Executor::new(self.source, self.split, self.book, seed);
        for _ in 0..cases {
            let sample = executor.sample();
            let question = vote(&sample.rules, &sample.episode, &sample.decision.text);
            let said = answer(&question);
            let action = prompt::action(&said, sample.actions());
            voted.action.add(action.is_some_and(|action| sample.decision.equal.contains(&action)));
            let exact = said.trim() == sample.decision.text
                || action.is_some_and(|action| {
                    // At a desk without a rule any free action will do.
                    said.trim().replace(&format!("action: {action}"), "")
                        == sample.decision.text.replace(&format!("action: {}", sample.decision.action), "")
                        && sample.decision.equal.contains(&action)
                });
            voted.text.add(exact);
            if let Episode::Arcade(arcade) = &sample.episode {
                let sightings = arcade.sightings();
                let there: BTreeSet<Sprite> = sightings.iter().map(|s| s.sprite).collect();
                // A kind that no rule speaks of in this game is not named; the teacher's text says which.
                let wanted = kinds(&sample.decision.text);
                let spoken = kinds(&said);
                wanted.iter().for_each(|sprite| voted.found.add(spoken.contains(sprite)));
                spoken.iter().for_each(|sprite| voted.named.add(there.contains(sprite)));
                let (x, y) = arcade.player();
                let me = format!("me {x} {y}");
                let goal = goal(&said).is_none_or(|(sprite, x, y)| {
                    sightings.iter().any(|s| (s.sprite, s.x, s.y) == (sprite, x, y))
                });
                let here = said.trim().strip_prefix(&me).is_some_and(|rest| rest.starts_with([' ', '.']));
                voted.placed.add(here && goal);
            }
        }
        voted
    }
}

/// The question for a vote.
fn vote(rules: &[String], episode: &Episode, gold: &str) -> Question {
    let talk = prompt::vote(rules, episode.frame(), &episode.status(), episode.actions());
    Question { talk, grammar: prompt::ballot(episode.actions()), gold: gold.into() }
}

/// The kinds that an answer speaks of before its goal.
fn kinds(text: &str) -> BTreeSet<Sprite> {
    let before = text.split("goal").next().unwrap_or_default();
    let words: Vec<&str> = before.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
    words.windows(2).filter_map(|pair| pair.join(" ").parse().ok()).collect()
}

/// The goal's sprite and cell.
fn goal(text: &str) -> Option<(Sprite, u8, u8)> {
    let after = text.split_once("goal ")?.1;
    let words: Vec<&str> = after.split(['.', '\n']).next()?.split_whitespace().collect();
    let [_, colour, shape, x, y, ..] = words.as_slice() else { return None };
    Some((format!("{colour} {shape}").parse().ok()?, x.parse().ok()?, y.parse().ok()?))
}

/// The same scene twice, with one word of one rule changed, so that another action is right; counts
/// where both are.
pub fn one_word(cases: usize, seed: u64, answer: &mut Answer<'_>) -> Rate {
    let mut rate = Rate::default();
    let mut executor = Executor::new(Source::Training, Split::Train, Some(Book::True), seed);
    let mut rng = Pcg32::seed_from_u64(seed);
    while rate.of < cases {
        let sample = executor.sample();
        let Episode::Arcade(arcade) = &sample.episode else { continue };
        let sprites: BTreeSet<Sprite> = arcade.sightings().iter().map(|s| s.sprite).collect();
        let sprites: Vec<Sprite> = sprites.into_iter().collect();
        if sprites.is_empty() {
            continue;
        }
        let changed = rng.random_range(0..sprites.len() as u32) as usize;
        let says = |flip: bool| -> (Vec<Claim>, Vec<String>) {
            let good = |i: usize| (sprites[i].shape as usize).is_multiple_of(2) != (flip && i == changed);
            let claim = |i: usize| Claim::Meeting {
                subject: sprites[i].into(),
                trigger: Trigger::Touch,
                worth: if good(i) { Worth::Points(None) } else { Worth::Harm },
            };
            let rule = |i: usize| format!("{} is {}", sprites[i], if good(i) { "good" } else { "deadly" });
            ((0..sprites.len()).map(claim).collect(), (0..sprites.len()).map(rule).collect())
        };
        let decide = |claims: &[Claim]| crate::samples::teacher::decide(arcade, claims);
        let (books, decisions): (Vec<_>, Vec<_>) = [false, true]
            .map(|flip| {
                let (claims, rules) = says(flip);
                (rules, decide(&claims))
            })
            .into_iter()
            .unzip();
        if decisions[0].equal.iter().any(|action| decisions[1].equal.contains(action)) {
            continue;
        }
        let both = books.iter().zip(&decisions).all(|(rules, decision)| {
            let said = answer(&vote(rules, &sample.episode, &decision.text));
            prompt::action(&said, sample.actions()).is_some_and(|action| decision.equal.contains(&action))
        });
        rate.add(both);
    }
    rate
}

/// How reflections went.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Reflected {
    /// The whole revision is the teacher's.
    pub exact: Rate,
    /// Lines that can be read.
    pub readable: Rate,
    /// Of the rules written about the board, those that are true in the game.
    pub precision: Rate,
    /// Of the teacher's rules, those that were written, too.
    pub recall: Rate,
    /// Of the rules that are said to be sure, the true ones.
    pub sure: Rate,
    /// Of the rules that are said to be a maybe, the true ones.
    pub maybe: Rate,
    /// Rules that are false, over all digests.
    pub false_rules: usize,
    /// Digests.
    pub digests: usize,
    /// The thresholds' distance from the truth, as shares of the readings' ranges, summed.
    miss: f64,
    /// Thresholds written.
    pub thresholds: usize,
}

impl Reflected {
    /// False rules a digest.
    pub fn false_a_digest(&self) -> f64 {
        self.false_rules as f64 / self.digests.max(1) as f64
    }

    /// The mean distance of a threshold from the truth, as a share of the reading's range.
    pub fn threshold_error(&self) -> f64 {
        self.miss / self.thresholds.max(1) as f64
    }
}

/// Puts `cases` reflections to the test.
pub fn reflections(cases: usize, seed: u64, answer: &mut Answer<'_>) -> Reflected {
    let mut reflected = Reflected::default();
    let mut rng = Pcg32::seed_from_u64(seed);
    for _ in 0..cases {
        let sample = strategist::sample(&mut rng, Split::Train);
        let talk = prompt::reflection(&sample.rules, &sample.digest);
        let gold = sample.answer.to_string();
        let said = answer(&Question { talk, grammar: crate::agent::revision::grammar(), gold: gold.clone() });
        let (revision, complaints) = Revision::read(&said);
        reflected.digests += 1;
        reflected.exact.add(said.trim() == gold);
        revision.operations.iter().for_each(|_| reflected.readable.add(true));
        complaints.iter().for_each(|_| reflected.readable.add(false));
        let wanted: Vec<&Finding> = findings(&sample.answer);
        let written: Vec<&Finding> = findings(&revision);
        let same = |a: &Finding, b: &Finding| a.trigger == b.trigger && sort(a) == sort(b);
        wanted.iter().for_each(|w| reflected.recall.add(written.iter().any(|f| same(f, w))));
        match &sample.episode {
            Episode::Arcade(_) => {
                for finding in written {
                    let is = sample.truth.iter().any(|truth| is_true(finding, truth));
                    reflected.precision.add(is);
                    reflected.false_rules += usize::from(!is);
                    if finding.sure { &mut reflected.sure } else { &mut reflected.maybe }.add(is);
                }
            }
            Episode::Desk(desk) => {
                for miss in written.iter().flat_map(|finding| misses(finding, desk)) {
                    reflected.miss += miss;
                    reflected.thresholds += 1;
                }
            }
        }
    }
    reflected
}

fn findings(revision: &Revision) -> Vec<&Finding> {
    let mut findings = Vec::new();
    for operation in &revision.operations {
        if let Operation::Add(finding) | Operation::Edit(_, finding) = operation {
            findings.push(finding);
        }
    }
    findings
}

/// What a rule says comes of it, as a sort of worth.
fn sort(finding: &Finding) -> &'static str {
    let outcome = finding.observation.outcome.as_str();
    match outcome {
        _ if outcome.contains("life -") => "harm",
        _ if finding.trigger.starts_with("open ") => "door",
        _ if outcome.starts_with('-') => "loss",
        _ if outcome.contains("keys +") => "key",
        _ if outcome.starts_with('+') => "points",
        _ if outcome.contains("life +") => "life",
        "0" => "nothing",
        _ => "other",
    }
}

fn sort_of(worth: Worth) -> &'static str {
    match worth {
        Worth::Harm => "harm",
        Worth::Door => "door",
        Worth::Loss(_) => "loss",
        Worth::Key => "key",
        Worth::Points(_) => "points",
        Worth::Life => "life",
        Worth::Nothing => "nothing",
        _ => "other",
    }
}

fn is_true(finding: &Finding, (trigger, sprite, worth): &(Trigger, Sprite, Worth)) -> bool {
    let named = match trigger {
        Trigger::Touch if *worth == Worth::Door => vec![format!("open {sprite}"), format!("touch {sprite}")],
        Trigger::Touch => vec![format!("touch {sprite}")],
        Trigger::Shot => vec![format!("shoot {sprite}")],
        Trigger::Leave => vec![format!("{sprite} leaves")],
        Trigger::Drop => vec![format!("drop {sprite}")],
    };
    let about = named.iter().any(|name| {
        finding.trigger.strip_prefix(name).is_some_and(|rest| rest.is_empty() || rest.starts_with(" onto "))
    });
    about && sort(finding) == sort_of(*worth)
}

/// How far the thresholds of a desk's rule are from the truth.
fn misses(finding: &Finding, desk: &Desk) -> Vec<f64> {
    let readings = &desk.file().reading;
    let miss = |condition: &str| {
        let (name, number) = condition.split_once(" > ").or_else(|| condition.split_once(" <= "))?;
        let at = readings.iter().position(|reading| reading.name == name)?;
        let digits: String = number.chars().filter(char::is_ascii_digit).collect();
        let [low, high] = readings[at].range;
        let off = digits.parse::<f64>().ok()? - f64::from(desk.thresholds()[at]);
        Some(off.abs() / f64::from(high - low))
    };
    finding.trigger.split(", ").filter_map(miss).collect()
}

/// What a whole episode of an unseen game brings under a true rulebook.
#[derive(Debug, Clone, PartialEq)]
pub struct Played {
    /// The game.
    pub game: String,
    /// The model's score.
    pub model: f64,
    /// The teacher's.
    pub teacher: f64,
    /// That of random moves.
    pub random: f64,
}

/// Chooses an action by the game, what a rulebook claims, and its lines.
type Choose<'a> = dyn FnMut(&Episode, &[Claim], &[String]) -> Action + 'a;

/// Plays the unseen games with each of some seeds, up to a number of steps.
pub fn episodes(seeds: u32, steps: usize, answer: &mut Answer<'_>) -> Vec<Played> {
    let unseen = Game::all().iter().filter(|game| game.file.split == Of::Unseen);
    let play = |game: &Game, seed: u32, choose: &mut Choose<'_>| {
        let mut episode = game.start(seed);
        let mut rng = Pcg32::seed_from_u64(u64::from(seed));
        let claims = executor::claims(&episode, Book::True, &mut rng);
        let rules: Vec<String> = claims.iter().map(crate::samples::wording::plain).collect();
        let mut score = 0;
        for _ in 0..steps {
            let outcome = episode.step(choose(&episode, &claims, &rules));
            score += outcome.score;
            if outcome.done {
                break;
            }
        }
        f64::from(score) / f64::from(seeds)
    };
    unseen
        .map(|game| {
            let mut played = Played { game: game.id.clone(), model: 0.0, teacher: 0.0, random: 0.0 };
            for seed in 0..seeds {
                let mut rng = Pcg32::seed_from_u64(u64::from(seed) + 99);
                played.teacher +=
                    play(game, seed, &mut |e, claims, _| executor::decide(e, claims, &mut rng).action);
                let mut rng = Pcg32::seed_from_u64(u64::from(seed) + 7);
                played.random += play(game, seed, &mut |e, _, _| {
                    e.actions()[rng.random_range(0..e.actions().len() as u32) as usize]
                });
                let mut rng = Pcg32::seed_from_u64(u64::from(seed) + 99);
                played.model += play(game, seed, &mut |e, claims, rules| {
                    let gold = executor::decide(e, claims, &mut rng).text;
                    let said = answer(&vote(rules, e, &gold));
                    let idle = e.actions().last().copied().unwrap_or(Action::Wait);
                    prompt::action(&said, e.actions()).unwrap_or(idle)
                });
            }
            played
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_teachers_own_answers_are_all_right() {
        let mut gold = |question: &Question| question.gold.clone();
        for set in VOTES {
            let voted = set.ask(60, 5, &mut gold);
            for rate in [voted.action, voted.text, voted.found, voted.named, voted.placed] {
                assert_eq!(rate.share(), 1.0, "{}: {voted:?}", set.name);
            }
        }
        assert_eq!(one_word(40, 5, &mut gold).share(), 1.0);
        let reflected = reflections(200, 5, &mut gold);
        for rate in [reflected.exact, reflected.readable, reflected.recall] {
            assert_eq!(rate.share(), 1.0, "{reflected:?}");
        }
        for played in episodes(1, 40, &mut gold) {
            assert_eq!(played.model, played.teacher, "{played:?}");
        }
    }

    #[test]
    fn silence_is_wrong() {
        let mut silent = |_: &Question| String::new();
        assert_eq!(VOTES[0].ask(20, 5, &mut silent).action.right, 0);
        assert_eq!(reflections(20, 5, &mut silent).exact.right, 0);
    }
}
