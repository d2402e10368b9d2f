//! How well a model reads frames, obeys rulebooks and writes rules: on games and in words that it was
//! never taught, against what the teacher would do.

use super::bootstrap::Interval;
use crate::agent::history::{History, Record};
use crate::agent::revision::{self, Finding, Operation, Revision};
use crate::agent::rulebook::Rulebook;
use crate::agent::trace::Step;
use crate::agent::{Settings, prompt};
use crate::env::{Action, Environment, Outcome, Status, idle};
use crate::games::desk::Desk;
use crate::games::sprite::Sprite;
use crate::games::{Episode, Game, Split as Of, Trigger};
use crate::mind::Message;
use crate::samples::claim::{Claim, Worth};
use crate::samples::executor::{self, Book, Executor, Source};
use crate::samples::strategist::{self, trigger};
use crate::samples::teacher;
use crate::samples::wording::Split;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg32;
use std::collections::{BTreeMap, BTreeSet};
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

    /// The share; none of nothing.
    pub fn share(&self) -> Option<f64> {
        (self.of > 0).then(|| self.right as f64 / self.of as f64)
    }
}

impl Display for Rate {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Some(share) = self.share() else { return f.pad("–") };
        f.pad(&format!("{share:.3} ± {:.3}", 1.96 * (share * (1.0 - share) / self.of as f64).sqrt()))
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
            let question = vote(&sample.rules, &sample.episode, &sample.offered, &sample.decision.text);
            let said = answer(&question);
            let action = prompt::action(&said, &sample.offered);
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
                let here =
                    said.trim().strip_prefix(&me).is_some_and(|rest| rest.starts_with([' ', ',', '.']));
                voted.placed.add(here && goal);
            }
        }
        voted
    }
}

/// The question for a vote.
fn vote(rules: &[String], episode: &Episode, offered: &[Action], gold: &str) -> Question {
    let talk = prompt::vote(rules, episode.frame(), &episode.status(), offered);
    Question { talk, grammar: prompt::ballot(offered), gold: gold.into() }
}

/// The kinds that an answer says are in sight.
fn kinds(text: &str) -> BTreeSet<Sprite> {
    let sprite = |thing: &str| -> Option<Sprite> {
        let (colour, rest) = thing.split_once(' ')?;
        format!("{colour} {}", rest.split(' ').next()?).parse().ok()
    };
    prompt::seen(text).filter_map(sprite).collect()
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
            let said = answer(&vote(rules, &sample.episode, &sample.offered, &decision.text));
            prompt::action(&said, &sample.offered).is_some_and(|action| decision.equal.contains(&action))
        });
        rate.add(both);
    }
    rate
}

/// A set of looks at the board, by the prompt that training has for it.
#[derive(Debug, Clone, Copy)]
pub struct Looks {
    /// Its name in the table.
    pub name: &'static str,
    source: Source,
}

/// The sets of looks.
pub const LOOKS: [Looks; 3] = [
    Looks { name: "looks: seen games", source: Source::Seen },
    Looks { name: "looks: sprite pairs never seen", source: Source::Pairs },
    Looks { name: "looks: unseen games", source: Source::Unseen },
];

/// How looks went.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Looked {
    /// The whole text is the teacher's.
    pub text: Rate,
    /// The player is where the answer says.
    pub placed: Rate,
    /// Of the things on the board, those that the answer names at their place.
    pub found: Rate,
    /// Of the things that the answer names, those that are there.
    pub named: Rate,
}

impl Looks {
    /// Puts `cases` looks to the test.
    pub fn ask(&self, cases: usize, seed: u64, answer: &mut Answer<'_>) -> Looked {
        let mut looked = Looked::default();
        let mut executor = Executor::new(self.source, Split::Train, None, seed);
        while looked.text.of < cases {
            let episode = executor.sample().episode;
            let Episode::Arcade(arcade) = &episode else { continue };
            let gold = teacher::look(arcade);
            let said = answer(&Question {
                talk: prompt::look(episode.frame(), prompt::WHERE),
                grammar: "[ -~]+".into(),
                gold: gold.clone(),
            });
            let (there, spoken) = (things(&gold), things(&said));
            let me = |things: &[String]| things.iter().find(|thing| thing.starts_with("me ")).cloned();
            looked.text.add(said.trim() == gold);
            looked.placed.add(me(&there) == me(&spoken));
            let is_thing = |thing: &&String| !thing.starts_with("me ");
            there.iter().filter(is_thing).for_each(|thing| looked.found.add(spoken.contains(thing)));
            spoken.iter().filter(is_thing).for_each(|thing| looked.named.add(there.contains(thing)));
        }
        looked
    }
}

/// What a look lists, each with its place.
fn things(text: &str) -> Vec<String> {
    text.trim().split(", ").map(str::to_string).collect()
}

/// Questions of all the votes' sets by turns: to compare the model's answers here with those elsewhere.
pub fn questions(count: usize, seed: u64) -> Vec<Question> {
    let sets = VOTES.iter().map(|set| Executor::new(set.source, set.split, set.book, seed));
    let mut sets: Vec<Executor> = sets.collect();
    let turns = (0..count).map(|at| at % VOTES.len());
    let samples = turns.map(|set| sets[set].sample());
    samples
        .map(|sample| vote(&sample.rules, &sample.episode, &sample.offered, &sample.decision.text))
        .collect()
}

/// A set of reflections.
#[derive(Debug, Clone, Copy)]
pub struct Reflections {
    /// Its name in the table.
    pub name: &'static str,
    source: Source,
    split: Split,
}

/// The sets of reflections. The words of a split are those of the rulebook that the model is to revise.
pub const REFLECTIONS: [Reflections; 5] = {
    const fn set(name: &'static str, source: Source, split: Split) -> Reflections {
        Reflections { name, source, split }
    }
    [
        set("reflections", Source::Training, Split::Train),
        set("reflections: unseen games", Source::Unseen, Split::Train),
        set("reflections: sprite pairs never seen", Source::Pairs, Split::Train),
        set("reflections: held-out constructions", Source::Training, Split::Constructions),
        set("reflections: words never seen", Source::Training, Split::Words),
    ]
};

/// How often a thing has to be met in one digest for the rulebook to have to know it.
const OFTEN: u32 = 3;

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
    /// Of what is true and was met often in the digest, what the revised rulebook says.
    pub known: Rate,
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

impl Reflections {
    /// Puts `cases` reflections to the test.
    pub fn ask(&self, cases: usize, seed: u64, answer: &mut Answer<'_>) -> Reflected {
        let mut reflected = Reflected::default();
        let mut rng = Pcg32::seed_from_u64(seed);
        for _ in 0..cases {
            let sample = match self.source {
                Source::Training => strategist::sample(&mut rng, self.split),
                source => {
                    let game = executor::draw_game(source, &mut rng);
                    strategist::sample_from(&game, &mut rng, self.split)
                }
            };
            let talk = prompt::reflection(&sample.rules, &sample.digest);
            let gold = sample.text.clone();
            let said = answer(&Question { talk, grammar: revision::grammar(), gold });
            reflected.add(&sample, &said);
        }
        reflected
    }
}

impl Reflected {
    fn add(&mut self, sample: &strategist::Sample, said: &str) {
        let (revision, complaints) = Revision::read(said);
        self.digests += 1;
        let lines = |text: &str| text.lines().map(|line| line.trim().to_string()).collect::<Vec<_>>();
        self.exact.add(lines(said) == lines(&sample.text));
        revision.operations.iter().for_each(|_| self.readable.add(true));
        complaints.iter().for_each(|_| self.readable.add(false));
        let (wanted, written) = (findings(&sample.answer), findings(&revision));
        let same = |a: &Finding, b: &Finding| a.trigger == b.trigger && sort(a) == sort(b);
        wanted.iter().for_each(|w| self.recall.add(written.iter().any(|f| same(f, w))));
        match &sample.episode {
            Episode::Arcade(_) => {
                for &finding in &written {
                    let is = sample.truth.iter().any(|truth| is_true(finding, truth));
                    self.precision.add(is);
                    self.false_rules += usize::from(!is);
                    if finding.sure { &mut self.sure } else { &mut self.maybe }.add(is);
                }
                let left = left(&sample.held, &revision);
                for truth in met_often(sample) {
                    let says = |claim: &&Claim| claims(claim, truth);
                    let is_known = written.iter().any(|f| is_true(f, truth)) || left.iter().any(says);
                    self.known.add(is_known);
                }
            }
            Episode::Desk(desk) => {
                for miss in written.iter().flat_map(|finding| misses(finding, desk)) {
                    self.miss += miss;
                    self.thresholds += 1;
                }
            }
        }
    }
}

/// What is true, was met often in the digest, and is worth knowing: not that nothing comes of what nobody has
/// to do.
fn met_often(sample: &strategist::Sample) -> impl Iterator<Item = &(Trigger, Sprite, Worth)> {
    let mut often: BTreeMap<(Trigger, Sprite), u32> = BTreeMap::new();
    for line in &sample.seen.lines {
        if let [deed] = line.deeds.as_slice()
            && let Ok(sprite) = deed.meeting.thing.parse()
        {
            *often.entry((trigger(deed.meeting.how), sprite)).or_default() += line.total();
        }
    }
    sample.truth.iter().filter(move |(trigger, sprite, worth)| {
        let needless = *worth == Worth::Nothing && *trigger != Trigger::Touch;
        !needless && often.get(&(*trigger, *sprite)).is_some_and(|times| *times >= OFTEN)
    })
}

/// What the rulebook still claims after a revision, besides what the revision writes.
fn left<'a>(held: &'a [Claim], revision: &Revision) -> Vec<&'a Claim> {
    let gone = |place: usize| {
        revision.operations.iter().any(|operation| match operation {
            Operation::Edit(rule, _) | Operation::Retire(rule) | Operation::Merge { rule, .. } => {
                *rule == place
            }
            _ => false,
        })
    };
    (1..).zip(held).filter(|(place, _)| !gone(*place)).map(|(_, claim)| claim).collect()
}

/// Whether a claim says what is true.
fn claims(claim: &Claim, (when, sprite, truth): &(Trigger, Sprite, Worth)) -> bool {
    let (trigger, subject, worth) = match claim {
        Claim::Meeting { subject, trigger, worth } => (*trigger, subject, worth),
        Claim::Push { subject, worth, .. } => (Trigger::Drop, subject, worth),
        Claim::Desk { .. } | Claim::Idle => return false,
    };
    trigger == *when && subject.means(*sprite) && sort_of(*worth) == sort_of(*truth)
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

/// A set of games that are played to their ends under a true rulebook.
#[derive(Debug, Clone, Copy)]
pub struct Episodes {
    /// Its name in the table.
    pub name: &'static str,
    source: Source,
}

/// The sets of games to play.
pub const EPISODES: [Episodes; 4] = [
    Episodes { name: "seen games", source: Source::Seen },
    Episodes { name: "sprite pairs never seen", source: Source::Pairs },
    Episodes { name: "unseen games", source: Source::Unseen },
    Episodes { name: "desks", source: Source::Desk(0) },
];

/// What a game's episodes bring, the mean over their seeds.
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

impl Played {
    /// The model's lead over random moves as a share of the teacher's; none where the teacher has no lead.
    pub fn lead(&self) -> Option<f64> {
        let lead = self.teacher - self.random;
        (lead > 0.0).then(|| (self.model - self.random) / lead)
    }

    /// The mean share of the lead over some games, with its interval over the games.
    pub fn mean_lead(played: &[Played]) -> Interval {
        Interval::new(&played.iter().filter_map(Played::lead).collect::<Vec<f64>>())
    }

    /// The model's points as a share of the teacher's, over some games; none where the teacher has none.
    pub fn share(played: &[Played]) -> Option<f64> {
        let [model, teacher] =
            [|p: &Played| p.model, |p: &Played| p.teacher].map(|score| played.iter().map(score).sum::<f64>());
        (teacher > 0.0).then(|| model / teacher)
    }
}

/// Chooses an action by the game, what a rulebook claims, and its lines.
type Choose<'a> = dyn FnMut(&Episode, &[Claim], &[String]) -> Action + 'a;

impl Episodes {
    /// Plays each game of the set with each of some seeds, up to a number of steps.
    pub fn play(&self, seeds: u32, steps: usize, answer: &mut Answer<'_>) -> Vec<Played> {
        self.games().map(|game| self.play_game(game, seeds, steps, answer)).collect()
    }

    fn games(&self) -> impl Iterator<Item = &'static Game> {
        let split = match self.source {
            Source::Unseen => Of::Unseen,
            Source::Desk(_) => Of::Desk,
            _ => Of::Seen,
        };
        Game::all().filter(move |game| game.file.split == split)
    }

    fn play_game(&self, game: &Game, seeds: u32, steps: usize, answer: &mut Answer<'_>) -> Played {
        let mut played = Played { game: game.id.clone(), model: 0.0, teacher: 0.0, random: 0.0 };
        for seed in 0..seeds {
            let wide = u64::from(seed);
            let game = match self.source {
                Source::Pairs => executor::dressed(game, true, &mut Pcg32::seed_from_u64(wide)),
                _ => game.clone(),
            };
            let play =
                |choose: &mut Choose<'_>| f64::from(play(&game, seed, steps, choose)) / f64::from(seeds);
            let mut rng = Pcg32::seed_from_u64(wide + 99);
            let mut walk = Walk::default();
            played.teacher += play(&mut |e, claims, _| {
                let decision = executor::choose(e, claims, &walk.offer(e), &mut rng);
                walk.go(decision.action, decision.text, e.status());
                decision.action
            });
            let mut rng = Pcg32::seed_from_u64(wide + 7);
            played.random +=
                play(&mut |e, _, _| e.actions()[rng.random_range(0..e.actions().len() as u32) as usize]);
            let mut rng = Pcg32::seed_from_u64(wide + 99);
            let mut walk = Walk::default();
            played.model += play(&mut |e, claims, rules| {
                let offered = walk.offer(e);
                let gold = executor::choose(e, claims, &offered, &mut rng).text;
                let said = answer(&vote(rules, e, &offered, &gold));
                let action = prompt::action(&said, &offered).unwrap_or_else(|| idle(e.actions()));
                walk.go(action, said, e.status());
                action
            });
        }
        played
    }
}

/// What was done in an episode so far: as the agent, a player is not offered what came to nothing there of late.
struct Walk {
    history: History,
    /// The last step, and the status before it.
    last: Option<(Action, String, Status)>,
}

impl Default for Walk {
    fn default() -> Self {
        Self { history: History::new(Settings::default().remembers), last: None }
    }
}

impl Walk {
    /// The actions to choose from, after what the last one came to.
    fn offer(&mut self, episode: &Episode) -> Vec<Action> {
        let now = episode.status();
        if let Some((action, text, before)) = self.last.take() {
            let came =
                Outcome { score: now.score - before.score, lives: now.lives - before.lives, done: false };
            let step = Step::new(self.history.next(), (action, &text), (&before, &now), came, false);
            let record = Record { step, text, words: BTreeSet::new(), done: false };
            self.history.push(record, &Rulebook::default());
        }
        self.history.offer(episode.actions(), Settings::default().patience).0
    }

    fn go(&mut self, action: Action, text: String, before: Status) {
        self.last = Some((action, text, before));
    }
}

/// The score of an episode under a true rulebook in plain words.
fn play(game: &Game, seed: u32, steps: usize, choose: &mut Choose<'_>) -> i32 {
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
    score
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is 1.0 for the teacher by design is asserted; what else he gets is the most that a model can be
    /// expected to get, and printed.
    #[test]
    fn the_teachers_own_answers_are_all_right() {
        let mut gold = |question: &Question| question.gold.clone();
        let is_right = |rate: Rate| rate.share().is_none_or(|share| share == 1.0);
        for set in VOTES {
            let voted = set.ask(60, 5, &mut gold);
            let rates = [voted.action, voted.text, voted.found, voted.named, voted.placed];
            assert!(voted.action.of == 60 && rates.into_iter().all(is_right), "{}: {voted:?}", set.name);
        }
        assert_eq!(one_word(40, 5, &mut gold).share(), Some(1.0));
        for set in LOOKS {
            let looked = set.ask(60, 5, &mut gold);
            let rates = [looked.text, looked.placed, looked.found, looked.named];
            assert!(rates.iter().all(|rate| rate.share() == Some(1.0)), "{}: {looked:?}", set.name);
        }
        for set in REFLECTIONS {
            let reflected = set.ask(200, 5, &mut gold);
            for rate in [reflected.exact, reflected.readable, reflected.recall] {
                assert_eq!(rate.share(), Some(1.0), "{}: {reflected:?}", set.name);
            }
            let Reflected { precision, known, sure, maybe, .. } = reflected;
            println!(
                "{}: the teacher's rules are true {precision}, known {known}, sure {sure}, maybe {maybe}; \
                 {:.3} false a digest, thresholds off by {:.3}",
                set.name,
                reflected.false_a_digest(),
                reflected.threshold_error()
            );
            let least = |rate: Rate, share: f64| rate.share().is_some_and(|is| is > share);
            assert!(least(precision, 0.85) && least(known, 0.85), "{}: {reflected:?}", set.name);
        }
        for set in EPISODES {
            for played in set.play(1, 25, &mut gold) {
                assert_eq!(played.model, played.teacher, "{}: {played:?}", set.name);
            }
        }
    }

    #[test]
    fn silence_is_wrong() {
        let mut silent = |_: &Question| String::new();
        let voted = VOTES[0].ask(20, 5, &mut silent);
        assert_eq!((voted.action.right, voted.named.to_string().as_str()), (0, "–"));
        assert_eq!(REFLECTIONS[0].ask(20, 5, &mut silent).exact.right, 0);
        let looked = LOOKS[0].ask(20, 5, &mut silent);
        assert_eq!((looked.text.right, looked.placed.right, looked.found.right), (0, 0, 0));
    }

    #[test]
    fn a_lead_is_between_random_moves_and_the_teacher() {
        let played = |model, teacher, random| Played { game: "g".into(), model, teacher, random };
        assert_eq!(played(5.0, 10.0, 0.0).lead(), Some(0.5));
        assert_eq!(played(5.0, 1.0, 1.0).lead(), None);
        let all = [played(5.0, 10.0, 0.0), played(8.0, 10.0, 6.0), played(3.0, 0.0, 1.0)];
        assert_eq!((Played::mean_lead(&all).mean, Played::mean_lead(&all).of), (0.5, 2));
        assert_eq!(Played::share(&all), Some(0.8));
    }

    #[test]
    fn questions_come_from_all_sets_and_are_the_same_again() {
        let asked = questions(VOTES.len() + 1, 3);
        assert_eq!(asked.len(), VOTES.len() + 1);
        let again: Vec<_> = questions(3, 3).into_iter().map(|question| question.talk).collect();
        assert_eq!(again, asked[..3].iter().map(|question| question.talk.clone()).collect::<Vec<_>>());
    }
}
