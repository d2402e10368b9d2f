//! Samples for the executor: a frame from a real episode, a rulebook that may be true or not, and what
//! the teacher says and does by it.

use super::claim::{Claim, Subject, Worth};
use super::luck::{chance, one, shuffle};
use super::odd::{Half, Odd};
use super::teacher::Decision;
use super::wording::{self, Split};
use super::{desk, teacher};
use crate::agent::history::leave_out;
use crate::env::{Action, Environment, Status};
use crate::games::arcade::Arcade;
use crate::games::desk::Desk;
use crate::games::generator::{generate, is_for_training};
use crate::games::grid::Heading;
use crate::games::rules::{Effect, Motion, Rules, Then};
use crate::games::sprite::{Shape, Sprite};
use crate::games::{Episode, Game, Trigger};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg32;
use strum::{Display, EnumString, VariantArray};

/// How a rulebook stands to the truth.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString, VariantArray)]
#[strum(serialize_all = "kebab-case")]
pub enum Book {
    /// Everything, as it is.
    True,
    /// Some of it.
    Partial,
    /// Anything but the truth.
    Wrong,
    /// Good for bad and bad for good.
    Flipped,
    /// Some things are said twice, differently; the later rule holds.
    Contradicting,
    /// True, among rules about things that are not there, and small talk.
    Distracted,
    /// Nothing.
    Empty,
}

/// Where frames come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// What may be trained on: seen games, dressed in any sprites that are not held out, and generated ones.
    Training,
    /// The seen games as they are.
    Seen,
    /// Generated games.
    Generated,
    /// Seen games in sprites that are never trained on.
    Pairs,
    /// The unseen games.
    Unseen,
    /// The desk of that place among the desks.
    Desk(usize),
}

/// One example.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The rulebook, a line a rule.
    pub rules: Vec<String>,
    /// What the rules claim.
    pub claims: Vec<Claim>,
    /// The episode at this moment.
    pub episode: Episode,
    /// The kinds that are drawn with one half of their names.
    pub odd: Vec<Odd>,
    /// The legal actions, but for those that are left out as they came to nothing.
    pub offered: Vec<Action>,
    /// What the teacher says and does.
    pub decision: Decision,
}

impl Sample {
    /// What stands beside it.
    pub fn status(&self) -> Status {
        self.episode.status()
    }
}

/// Of a hundred samples that the model is taught, those that look for something in the way first. (60 were tried:
/// the model erred less before walls, and more elsewhere.)
pub const BLOCKED: u32 = 30;
/// Of a hundred votes on boards that the model is taught, those with a kind that is drawn with one half of its name.
pub const ODD: u32 = 50;
/// Of a hundred games that the model is taught on, those that are drawn until something is shot or pushed in them:
/// a small model finds that harder than walking up to things, and few goals are of that kind.
pub const ROUNDABOUT: u32 = 35;
/// Of a hundred samples that the model is taught, those that are not offered some action or other.
const LEFT_OUT: u32 = 15;

/// Draws samples, one after the other from one episode and then the next.
#[derive(Debug)]
pub struct Executor {
    source: Source,
    split: Split,
    book: Option<Book>,
    rng: Pcg32,
    game: Game,
    episode: Episode,
    claims: Vec<Claim>,
    rules: Vec<String>,
    /// Samples that the episode still gives.
    left: u32,
    /// Of a hundred samples, those for which the player first runs into something.
    blocked: u32,
    /// Of a hundred samples, those with an odd kind.
    oddness: u32,
    /// Of a hundred games, those that are not only walked in for sure.
    roundabout: u32,
}

impl Executor {
    /// A stream of samples; `book` none takes all kinds of rulebooks.
    pub fn new(source: Source, split: Split, book: Option<Book>, seed: u64) -> Self {
        let mut rng = Pcg32::seed_from_u64(seed);
        let game = draw_game(source, &mut rng);
        let episode = game.start(rng.random());
        Self {
            source,
            split,
            book,
            rng,
            game,
            episode,
            claims: Vec::new(),
            rules: Vec::new(),
            left: 4,
            blocked: 0,
            oddness: 0,
            roundabout: 0,
        }
    }

    /// Of a hundred samples, so many begin by running into whatever is on the straight way to the goal: there
    /// a model ends up that still learns, and the teacher, who walks around, never does.
    pub fn blocked(self, blocked: u32) -> Self {
        Self { blocked, ..self }
    }

    /// Of a hundred samples, so many have a kind that is drawn with one half of its name.
    pub fn odd(self, oddness: u32) -> Self {
        Self { oddness, ..self }
    }

    /// Of a hundred games, so many are drawn until something is shot or pushed in them.
    pub fn roundabout(self, roundabout: u32) -> Self {
        Self { roundabout, ..self }
    }

    /// The game that the samples come from at present.
    pub fn game(&self) -> &Game {
        &self.game
    }

    /// The next sample. Neighbours in an episode are much alike, and a learner that sees them side by side
    /// learns them by heart: so some steps are played between two samples, and each has its own rulebook.
    pub fn sample(&mut self) -> Sample {
        if self.left == 0 {
            self.game = self.draw_game();
            self.episode = self.game.start(self.rng.random());
            self.left = self.rng.random_range(3..9);
            if let Episode::Arcade(arcade) = &mut self.episode
                && chance(15, &mut self.rng)
            {
                arcade.twist();
            }
        }
        let odd = dress(&self.game, &mut self.episode, self.oddness, &mut self.rng, |sprites, half, rng| {
            let at = rng.random_range(0..sprites.len() as u32) as usize;
            let odd = chance(self.oddness, rng).then(|| Odd::call(sprites, at, half, rng));
            odd.flatten().into_iter().collect()
        });
        self.draw_book();
        let offered = self.offer();
        let decision = choose(&self.episode, &self.claims, &offered, &mut self.rng);
        let sample = Sample {
            rules: self.rules.clone(),
            claims: self.claims.clone(),
            episode: self.episode.clone(),
            odd,
            offered,
            decision,
        };
        self.left -= 1;
        self.play(sample.decision.action);
        for _ in 0..self.rng.random_range(2..12u32) {
            if self.left > 0 {
                let action = decide(&self.episode, &self.claims, &mut self.rng).action;
                self.play(action);
            }
        }
        sample
    }

    /// The board of the next sample, to be looked at: two thirds of these have odd kinds only.
    pub fn look(&mut self) -> (Episode, Vec<Odd>) {
        let mut episode = self.sample().episode;
        let odd = dress(&self.game, &mut episode, self.oddness, &mut self.rng, |sprites, half, rng| {
            let all = if chance(67, rng) { 0..sprites.len() } else { 0..0 };
            all.filter_map(|at| Odd::call(sprites, at, half, rng)).collect()
        });
        (episode, odd)
    }

    fn draw_game(&mut self) -> Game {
        // Where none is wanted no luck is spent, as above.
        let roundabout = self.roundabout > 0 && chance(self.roundabout, &mut self.rng);
        loop {
            let game = draw_game(self.source, &mut self.rng);
            if !roundabout || !is_plain(&game) {
                return game;
            }
        }
    }

    /// What the next sample may choose from. Some first run into something; and as the agent is not offered what
    /// came to nothing of late, some are not offered that, or another action.
    fn offer(&mut self) -> Vec<Action> {
        let mut offered = self.episode.actions().to_vec();
        // Where none is wanted no luck is spent: the sets that models are measured by stay what they are.
        if self.blocked == 0 {
            return offered;
        }
        if chance(self.blocked, &mut self.rng) {
            let vain = self.run_into_something().filter(|_| chance(50, &mut self.rng));
            (offered, _) = leave_out(&offered, |action| Some(action) == vain);
        }
        if chance(LEFT_OUT, &mut self.rng) {
            let vain = *one(&offered, &mut self.rng);
            (offered, _) = leave_out(&offered, |action| action == vain);
        }
        offered
    }

    /// Goes straight for the goal, and stays where something is in the way, if that comes soon; gives the step
    /// that led nowhere.
    fn run_into_something(&mut self) -> Option<Action> {
        let mut ahead = self.episode.clone();
        for _ in 0..30 {
            let decision = decide(&ahead, &self.claims, &mut self.rng);
            let Episode::Arcade(arcade) = &mut ahead else { return None };
            let before = arcade.player();
            let action = decision.towards.and_then(|cell| straight(arcade, cell))?;
            if arcade.step(action).done {
                return None;
            }
            if arcade.player() == before {
                self.episode = ahead;
                return Some(action);
            }
        }
        None
    }

    fn play(&mut self, wanted: Action) {
        let any =
            self.episode.actions()[self.rng.random_range(0..self.episode.actions().len() as u32) as usize];
        let action = if chance(25, &mut self.rng) { any } else { wanted };
        if self.episode.step(action).done {
            self.left = 0;
        }
    }

    fn draw_book(&mut self) {
        let book = self.book.unwrap_or_else(|| {
            let weighted = [
                (Book::True, 28),
                (Book::Partial, 18),
                (Book::Wrong, 18),
                (Book::Flipped, 12),
                (Book::Contradicting, 8),
                (Book::Distracted, 12),
                (Book::Empty, 4),
            ];
            let mut left = self.rng.random_range(0..100);
            weighted
                .into_iter()
                .find(|(_, weight)| {
                    let found = left < *weight;
                    left -= weight;
                    found
                })
                .map_or(Book::True, |(book, _)| book)
        });
        self.claims = claims(&self.episode, book, &mut self.rng);
        self.rules = say(&self.claims, self.split, &mut self.rng);
    }
}

/// Has some kinds of the game's board called otherwise, and drawn with one half of their names. Where none is wanted
/// no luck is spent: the sets that models are measured by stay what they are.
fn dress(
    game: &Game,
    episode: &mut Episode,
    oddness: u32,
    rng: &mut Pcg32,
    call: impl FnOnce(&mut [Sprite], Half, &mut Pcg32) -> Vec<Odd>,
) -> Vec<Odd> {
    let Episode::Arcade(arcade) = episode else { return Vec::new() };
    let Some(rules) = game.rules().filter(|_| oddness > 0) else { return Vec::new() };
    let mut sprites: Vec<Sprite> = rules.kinds.iter().map(|kind| kind.sprite).collect();
    let half = if chance(50, rng) { Half::Colour } else { Half::Shape };
    let odd = call(&mut sprites, half, rng);
    arcade.dress(&sprites);
    odd
}

/// What the teacher does by some claims.
pub fn decide(episode: &Episode, claims: &[Claim], rng: &mut Pcg32) -> Decision {
    choose(episode, claims, episode.actions(), rng)
}

/// The same among some actions; at a desk all are offered, always.
pub fn choose(episode: &Episode, claims: &[Claim], offered: &[Action], rng: &mut Pcg32) -> Decision {
    match episode {
        Episode::Arcade(arcade) => teacher::choose(arcade, claims, offered),
        Episode::Desk(desk) => desk::decide(desk, claims, rng),
    }
}

/// The step that leads nearest to a cell as the crow flies, whatever is in the way; none if the player is
/// there.
fn straight(arcade: &Arcade, (to_x, to_y): (u8, u8)) -> Option<Action> {
    let (x, y) = arcade.player();
    let (right, down) = (i32::from(to_x) - i32::from(x), i32::from(to_y) - i32::from(y));
    let gain = |action: &Action| match Heading::of(*action) {
        Some(Heading::Left) => -right,
        Some(Heading::Right) => right,
        Some(Heading::Up) => -down,
        Some(Heading::Down) => down,
        _ => 0,
    };
    arcade.actions().iter().copied().filter(|action| gain(action) > 0).max_by_key(gain)
}

/// A game of that source.
pub fn draw_game(source: Source, rng: &mut Pcg32) -> Game {
    use crate::games::Split as Of;
    let of = |split: Of| Game::all().filter(|g| g.file.split == split).collect::<Vec<_>>();
    match source {
        Source::Training => {
            if chance(50, rng) {
                return draw_game(Source::Generated, rng);
            }
            let game = *one(&of(Of::Seen), rng);
            debug_assert!(is_for_training(game));
            if chance(25, rng) { game.clone() } else { dressed(game, false, rng) }
        }
        Source::Seen => (*one(&of(Of::Seen), rng)).clone(),
        Source::Generated => loop {
            let game = generate(u64::from(rng.random::<u32>()));
            if is_for_training(&game) {
                return game;
            }
        },
        Source::Pairs => {
            let game = *one(&of(Of::Seen), rng);
            dressed(game, true, rng)
        }
        Source::Unseen => (*one(&of(Of::Unseen), rng)).clone(),
        Source::Desk(place) => {
            let desks = of(Of::Desk);
            desks[place % desks.len()].clone()
        }
    }
}

/// Whether all that is to be done on the game's board is to walk up to things.
fn is_plain(game: &Game) -> bool {
    game.rules().is_some_and(|rules| {
        !rules.actions.contains(&Action::Fire) && rules.kinds.iter().all(|kind| kind.onto.is_none())
    })
}

/// The game in random sprites, each with a shape of its own: held-out ones, or those of training.
pub fn dressed(game: &Game, held_out: bool, rng: &mut Pcg32) -> Game {
    let mut sprites: Vec<Sprite> = Sprite::all().filter(|s| s.is_held_out() == held_out).collect();
    shuffle(&mut sprites, rng);
    let mut taken: Vec<Shape> = Vec::new();
    sprites.retain(|s| {
        !taken.contains(&s.shape) && {
            taken.push(s.shape);
            true
        }
    });
    game.dressed(&sprites)
}

/// What an effect is worth in a rule's terms.
pub fn worth(effect: &Effect) -> Worth {
    let amount = |n: i16| Some(n.unsigned_abs().min(99) as u8);
    match effect {
        e if e.life < 0 => Worth::Harm,
        e if e.score < 0 => Worth::Loss(amount(e.score)),
        e if e.door => Worth::Door,
        e if e.key > 0 => Worth::Key,
        e if e.score > 0 => Worth::Points(amount(e.score)),
        e if e.life > 0 => Worth::Life,
        e if e.fuel > 0 => Worth::Fuel,
        e if e.shield > 0 => Worth::Shield,
        e if e.slow > 0 => Worth::Slow,
        e if e.teleport.is_some() => Worth::Teleport,
        e if e.swap > 0 => Worth::Swap,
        _ => Worth::Nothing,
    }
}

/// The claims of a rulebook for an episode.
pub fn claims(episode: &Episode, book: Book, rng: &mut Pcg32) -> Vec<Claim> {
    match episode {
        Episode::Arcade(arcade) => board_claims(arcade, book, rng),
        Episode::Desk(desk) => desk_claims(desk, book, rng),
    }
}

/// An effect as a player feels it in the end: what the thing turns into counts, a little less.
fn in_the_end(arcade: &Arcade, effect: &Effect) -> Effect {
    let mut felt = *effect;
    let mut next = effect.then;
    let mut share = 0.7;
    for _ in 0..2 {
        let Then::Become(kind) = next else { break };
        let effects = &arcade.effects()[usize::from(kind)];
        let best = effects.each().into_iter().map(|(_, e)| *e).max_by_key(|e| e.score).unwrap_or_default();
        let harm = if best.life < 0 { -4.0 } else { 0.0 };
        let chases = arcade.rules().kinds[usize::from(kind)].motion == Motion::Chase;
        // What does not come after the player can be left alone.
        let worth = f32::from(best.score) + harm;
        felt.score += (share * if chases { worth } else { worth.max(0.0) }).round() as i16;
        next = best.then;
        share *= 0.7;
    }
    felt
}

/// What is true; `vague` leaves out some amounts, and much of what does nothing.
fn truth(arcade: &Arcade, vague: bool, rng: &mut Pcg32) -> Vec<Claim> {
    let idle = if vague { 35 } else { 100 };
    let rules = arcade.rules();
    let fires = rules.actions.contains(&Action::Fire);
    let mut claims = Vec::new();
    for (kind, effects) in rules.kinds.iter().zip(arcade.effects()) {
        let subject = subject(kind.sprite, rules, rng);
        let meeting = |trigger, effect: &Effect| {
            let worth = match worth(&in_the_end(arcade, effect)) {
                Worth::Points(_) if vague && chance_of(kind.sprite, 1) => Worth::Points(None),
                Worth::Loss(_) if vague && chance_of(kind.sprite, 1) => Worth::Loss(None),
                worth => worth,
            };
            Claim::Meeting { subject, trigger, worth }
        };
        if effects.touch.push {
            if let Some(onto) = kind.onto.and_then(|onto| rules.kinds.get(usize::from(onto))) {
                claims.push(Claim::Push {
                    subject,
                    onto: onto.sprite.into(),
                    worth: worth(&in_the_end(arcade, &effects.drop)),
                });
            }
        } else if !effects.touch.is_none() || chance(idle, rng) {
            claims.push(meeting(Trigger::Touch, &effects.touch));
        }
        if fires && (!effects.shot.is_none() || chance(idle, rng)) {
            claims.push(meeting(Trigger::Shot, &effects.shot));
        }
        if !effects.leave.is_none() {
            claims.push(meeting(Trigger::Leave, &effects.leave));
        }
    }
    claims
}

/// A coin that falls alike for the same sprite, so that one rulebook speaks of amounts in one way.
fn chance_of(sprite: Sprite, salt: usize) -> bool {
    (sprite.shape as usize + 3 * sprite.colour as usize + salt).is_multiple_of(3)
}

/// How a rule names a kind: mostly in full, at times by shape or colour alone where that is enough.
fn subject(sprite: Sprite, rules: &Rules, rng: &mut Pcg32) -> Subject {
    let alone = |is: &dyn Fn(Sprite) -> bool| rules.kinds.iter().filter(|k| is(k.sprite)).count() == 1;
    let full = Subject::from(sprite);
    match rng.random_range(0..100u32) {
        0..8 if alone(&|s| s.shape == sprite.shape) => Subject { colour: None, ..full },
        8..12 if alone(&|s| s.colour == sprite.colour) => Subject { shape: None, ..full },
        _ => full,
    }
}

fn board_claims(arcade: &Arcade, book: Book, rng: &mut Pcg32) -> Vec<Claim> {
    let rules = arcade.rules();
    let mut claims = truth(arcade, book != Book::True, rng);
    let fires = rules.actions.contains(&Action::Fire);
    match book {
        Book::Empty => claims.clear(),
        Book::True | Book::Distracted => {}
        Book::Partial => {
            let keep = rng.random_range(20..85u32);
            claims.retain(|_| chance(keep, rng));
        }
        Book::Flipped => claims.iter_mut().for_each(|claim| flip(claim, rng)),
        Book::Wrong => {
            claims.clear();
            for kind in &rules.kinds {
                for trigger in [Trigger::Touch, Trigger::Shot, Trigger::Leave] {
                    let share = match trigger {
                        Trigger::Touch => 80,
                        Trigger::Shot if fires => 60,
                        Trigger::Leave if leaves(kind.motion) => 30,
                        _ => 0,
                    };
                    if chance(share, rng) {
                        let subject = subject(kind.sprite, rules, rng);
                        claims.push(Claim::Meeting {
                            subject,
                            trigger,
                            worth: any_worth(trigger, rules, rng),
                        });
                    }
                }
            }
            if rules.kinds.len() > 1 && chance(8, rng) {
                let (a, b) = (one(&rules.kinds, rng).sprite, one(&rules.kinds, rng).sprite);
                if a != b {
                    claims.push(Claim::Push {
                        subject: a.into(),
                        onto: b.into(),
                        worth: Worth::Points(None),
                    });
                }
            }
        }
        Book::Contradicting => {
            for i in 0..claims.len() {
                if chance(50, rng) {
                    let mut other = claims[i].clone();
                    flip(&mut other, rng);
                    claims.push(other);
                }
            }
        }
    }
    shuffle(&mut claims, rng);
    if book == Book::Distracted || chance(15, rng) {
        for _ in 0..rng.random_range(1..4u32) {
            let idle = if chance(50, rng) {
                Claim::Idle
            } else {
                // About something that is not there.
                let absent: Vec<Sprite> = Sprite::all()
                    .filter(|s| !s.is_held_out() && rules.kinds.iter().all(|k| k.sprite.shape != s.shape))
                    .collect();
                let trigger = if fires && chance(30, rng) { Trigger::Shot } else { Trigger::Touch };
                let subject = Subject::from(*one(&absent, rng));
                Claim::Meeting { subject, trigger, worth: any_worth(trigger, rules, rng) }
            };
            let at = rng.random_range(0..=claims.len() as u32) as usize;
            claims.insert(at, idle);
        }
    }
    claims.truncate(12);
    claims
}

fn leaves(motion: Motion) -> bool {
    use Motion::{Bounce, DriftLeft, DriftRight, Fall, Rise};
    matches!(motion, Fall | Rise | DriftLeft | DriftRight | Bounce)
}

fn any_worth(trigger: Trigger, rules: &Rules, rng: &mut Pcg32) -> Worth {
    let amount = if chance(40, rng) { Some(rng.random_range(1..8u8)) } else { None };
    match (trigger, rng.random_range(0..100u32)) {
        (_, 0..34) => Worth::Points(amount),
        (_, 34..50) => Worth::Loss(amount),
        (_, 50..66) => Worth::Harm,
        (Trigger::Leave, _) => {
            if chance(50, rng) {
                Worth::Harm
            } else {
                Worth::Loss(None)
            }
        }
        (_, 66..76) => Worth::Nothing,
        (Trigger::Shot, rest) => {
            let points = chance(50, rng);
            match rest {
                // No game for training has both a gun and a tank: the words are to be known all the same.
                76..82 => Worth::Fuel,
                _ if points => Worth::Points(None),
                _ => Worth::Nothing,
            }
        }
        (_, 76..80) => Worth::Life,
        (_, 80..84) => Worth::Key,
        (_, 84..88) => Worth::Door,
        (_, 88..91) if rules.fuel.is_some() => Worth::Fuel,
        (_, 91..94) => Worth::Shield,
        (_, 94..96) => Worth::Slow,
        (_, 96..98) => Worth::Teleport,
        _ => Worth::Points(None),
    }
}

fn flip(claim: &mut Claim, rng: &mut Pcg32) {
    match claim {
        Claim::Meeting { worth, .. } | Claim::Push { worth, .. } => {
            *worth = match *worth {
                Worth::Points(n) => {
                    if chance(60, rng) {
                        Worth::Loss(n)
                    } else {
                        Worth::Harm
                    }
                }
                Worth::Life | Worth::Shield | Worth::Slow => Worth::Harm,
                Worth::Loss(n) => Worth::Points(n),
                Worth::Harm => {
                    if chance(70, rng) {
                        Worth::Points(None)
                    } else {
                        Worth::Life
                    }
                }
                other => other,
            };
        }
        Claim::Desk { right, .. } => *right = !*right,
        Claim::Idle => {}
    }
}

fn desk_claims(desk: &Desk, book: Book, rng: &mut Pcg32) -> Vec<Claim> {
    let file = desk.file();
    let anywhere: Vec<i32> = file
        .reading
        .iter()
        .map(|r| {
            if r.threshold[0] == r.threshold[1] {
                r.threshold[0]
            } else {
                rng.random_range(r.range[0]..r.range[1])
            }
        })
        .collect();
    let thresholds = match book {
        Book::True => desk.thresholds().to_vec(),
        Book::Distracted | Book::Contradicting if chance(60, rng) => desk.thresholds().to_vec(),
        _ => anywhere,
    };
    let mut claims = desk::claims(desk, &thresholds);
    let other = |claims: &mut [Claim], rng: &mut Pcg32| {
        for claim in claims {
            if let Claim::Desk { action, .. } = claim
                && chance(60, rng)
            {
                *action = *one(desk.actions(), rng);
            }
        }
    };
    match book {
        Book::Empty => claims.clear(),
        Book::True | Book::Distracted => {}
        Book::Partial => {
            let keep = rng.random_range(20..85u32);
            claims.retain(|_| chance(keep, rng));
        }
        Book::Wrong => {
            other(&mut claims, rng);
            for claim in &mut claims {
                if let Claim::Desk { when, right, .. } = claim {
                    when.iter_mut().for_each(|c| {
                        if chance(25, rng) {
                            c.above = !c.above
                        }
                    });
                    *right = !chance(10, rng);
                }
            }
            shuffle(&mut claims, rng);
        }
        Book::Flipped => {
            for claim in &mut claims {
                if let Claim::Desk { when, .. } = claim
                    && let Some(c) = when.first_mut()
                {
                    c.above = !c.above;
                }
            }
        }
        Book::Contradicting => {
            let i = rng.random_range(0..claims.len() as u32) as usize;
            let mut again = claims[i].clone();
            if let Claim::Desk { action, right, .. } = &mut again {
                if chance(30, rng) { *right = false } else { *action = *one(desk.actions(), rng) }
            }
            claims.push(again);
        }
    }
    if book == Book::Distracted || chance(10, rng) {
        let at = rng.random_range(0..=claims.len() as u32) as usize;
        claims.insert(at, Claim::Idle);
    }
    claims.retain(|claim| !matches!(claim, Claim::Desk { when, .. } if when.is_empty()));
    if book != Book::True && chance(60, rng) {
        // Fewer rules, as an agent has that still learns.
        let most = rng.random_range(1..6);
        while claims.len() > most {
            claims.remove(rng.random_range(0..claims.len() as u32) as usize);
        }
    }
    claims
}

/// The claims in words: half of the rulebooks in the strategist's own, the others as people say it.
pub fn say(claims: &[Claim], split: Split, rng: &mut Pcg32) -> Vec<String> {
    let own = if split == Split::Train { [100, 50, 0][rng.random_range(0..3u32) as usize] } else { 0 };
    let mut rules = Vec::with_capacity(claims.len());
    for claim in claims {
        let idle = matches!(claim, Claim::Idle);
        let mut rule =
            if !idle && chance(own, rng) { wording::plain(claim) } else { say_for(claim, split, rng) };
        if chance(own / 4, rng) {
            rule = format!("maybe {rule}");
        } else if chance(12, rng) {
            rule = format!("{}: {rule}", rule_id(rng));
        }
        rules.push(rule);
    }
    rules
}

/// A claim in somebody's words. Small talk names things, too: in training none that is held out.
pub(super) fn say_for(claim: &Claim, split: Split, rng: &mut Pcg32) -> String {
    loop {
        let said = wording::say(claim, split, rng);
        let plainly = said.to_lowercase().replace("sky blue", "cyan").replace("light blue", "cyan");
        let names = |sprite: Sprite| sprite.is_held_out() && plainly.contains(&sprite.to_string());
        if *claim != Claim::Idle || split != Split::Train || !Sprite::all().any(names) {
            return said;
        }
    }
}

/// A name as a person may give to a rule, such as `ASSET_VOL_22`.
fn rule_id(rng: &mut Pcg32) -> String {
    const WORDS: [&str; 16] = [
        "ASSET", "VOL", "RISK", "MARKET", "RULE", "SAFE", "HUNT", "KEY", "DOOR", "STOCK", "MOVE", "TRAP",
        "GOAL", "FOOD", "ENEMY", "MY",
    ];
    format!("{}_{}_{}", one(&WORDS, rng), one(&WORDS, rng), rng.random_range(1..100u32))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::games::arcade::Sighting;
    use std::collections::BTreeSet;

    #[test]
    fn nothing_that_is_kept_for_measuring_is_ever_shown() {
        for source in [Source::Training, Source::Seen, Source::Generated, Source::Desk(1)] {
            let mut executor = Executor::new(source, Split::Train, None, 3);
            for _ in 0..3_000 {
                let sample = executor.sample();
                assert!(is_for_training(executor.game()), "{}", executor.game().id);
                let said = format!("{}\n{}", sample.rules.join("\n"), sample.decision.text).to_lowercase();
                let said = said.replace("sky blue", "cyan").replace("light blue", "cyan");
                for sprite in Sprite::all().filter(|sprite| sprite.is_held_out()) {
                    assert!(!said.contains(&sprite.to_string()), "{sprite}: {said}");
                }
                if let Episode::Arcade(arcade) = &sample.episode {
                    assert!(arcade.sightings().iter().all(|thing| !thing.sprite.is_held_out()));
                }
            }
        }
    }

    #[test]
    fn things_are_shot_or_pushed_where_that_is_wanted_and_walls_are_said_before_they_are_tried() {
        let mut executor = Executor::new(Source::Training, Split::Train, None, 3).roundabout(100);
        let mut walls = 0;
        for at in 0..1_000 {
            let sample = executor.sample();
            assert!(
                at < 10 || !is_plain(executor.game()),
                "its first game comes as it is, and is over by then"
            );
            let text = &sample.decision.text;
            let (me, rest) = text.split_once(". ").unwrap();
            let said = me.split_once(", wall ").map_or("", |(_, walls)| walls);
            for &action in sample.offered.iter().filter(|action| action.is_move()) {
                let is_said = said.split(' ').any(|wall| wall == action.to_string());
                assert_eq!(is_said, rest.contains(&format!("{action} wall")), "{action}: {text}");
                walls += u32::from(is_said);
            }
        }
        assert!(walls > 100);
    }

    #[test]
    fn fuel_is_shot_for_when_little_is_left() {
        let game = Game::find("scrap").expect("a game in which a shot gives fuel");
        let mut episode = game.start(7);
        let mut rng = Pcg32::seed_from_u64(7);
        let told = claims(&episode, Book::True, &mut rng);
        let mut goals = Vec::new();
        for _ in 0..36 {
            let text = decide(&episode, &told, &mut rng).text;
            let read = text.split(", ").find(|rule| rule.ends_with("green stripes energy"));
            assert!(read.is_some(), "{text}");
            goals.push(text.contains("goal shoot green stripes"));
            episode.step(Action::Wait);
        }
        assert!(!goals[0] && goals[35], "{goals:?}");
    }

    #[test]
    fn of_each_kind_the_nearest_is_said_and_the_way_there() {
        let mut executor = Executor::new(Source::Training, Split::Train, None, 5);
        let (mut said_things, mut choices) = (0, 0);
        for _ in 0..300 {
            let (episode, _) = executor.look();
            let Episode::Arcade(arcade) = &episode else { continue };
            let (things, (x, y)) = (arcade.sightings(), arcade.player());
            let text = teacher::nearest(arcade);
            let (me, nearest) = text.split_once(". ").unwrap();
            assert!(me.starts_with(&format!("me {x} {y}")), "{text}");
            let kinds: BTreeSet<Sprite> = things.iter().map(|thing| thing.sprite).collect();
            let said: Vec<&str> = nearest.split(", ").filter(|said| !said.is_empty()).collect();
            assert_eq!(said.len(), kinds.len(), "{text}");
            for (said, kind) in said.into_iter().zip(kinds) {
                let far = |thing: &&Sighting| thing.x.abs_diff(x) + thing.y.abs_diff(y);
                let ours: Vec<&Sighting> = things.iter().filter(|thing| thing.sprite == kind).collect();
                let least = ours.iter().map(far).min().unwrap();
                let words: Vec<&str> = said.split(' ').collect();
                let at = |place: usize| words[place].parse::<u8>().unwrap();
                assert_eq!(words[..2].join(" "), kind.to_string());
                let near = ours.iter().find(|thing| (thing.x, thing.y) == (at(2), at(3)));
                let near = near.unwrap_or_else(|| panic!("there is no such thing there: {said}"));
                assert_eq!(far(near), least, "{text}");
                let way = words[4..]
                    .iter()
                    .take_while(|word| !["moves", "wall", "at", "here", "turn", "in"].contains(word));
                assert_eq!(way.filter_map(|word| word.parse::<u8>().ok()).sum::<u8>(), least, "{text}");
                assert_eq!(words.contains(&"moves"), near.moves && near.heading.is_some(), "{text}");
                (said_things, choices) = (said_things + 1, choices + usize::from(ours.len() > 1));
            }
        }
        assert!(said_things > 300 && choices > 100, "{choices} of {said_things} had to be chosen");
    }

    #[test]
    fn the_player_is_found_where_something_is_in_the_way() {
        let blocked = |share| {
            let mut executor = Executor::new(Source::Seen, Split::Train, Some(Book::True), 5).blocked(share);
            let samples = (0..1_000).map(|_| executor.sample());
            samples
                .filter(|sample| {
                    let Episode::Arcade(arcade) = &sample.episode else { return false };
                    let Some(action) = sample.decision.towards.and_then(|cell| straight(arcade, cell)) else {
                        return false;
                    };
                    let mut next = arcade.clone();
                    next.step(action);
                    next.player() == arcade.player()
                })
                .count()
        };
        let (before, now) = (blocked(0), blocked(100));
        assert!(now > 150 && now > 3 * before, "{now} of 1000 are blocked, {before} without");
    }

    #[test]
    fn the_same_seed_gives_the_same_samples() {
        let texts = |seed| -> Vec<String> {
            let mut executor = Executor::new(Source::Training, Split::Train, None, seed);
            (0..200).map(|_| executor.sample()).map(|s| s.rules.join("; ") + &s.decision.text).collect()
        };
        assert_eq!(texts(4), texts(4));
        assert_ne!(texts(4), texts(5));
    }

    #[test]
    fn the_teacher_obeys_a_flipped_rulebook() {
        // Under the truth it scores, under its opposite it loses.
        let total = |book: Book| -> i32 {
            let game = Game::find("orchard").expect("a game that ships");
            let mut sum = 0;
            for seed in 0..4 {
                let mut episode = game.start(seed);
                let mut rng = Pcg32::seed_from_u64(u64::from(seed));
                let claims = claims(&episode, book, &mut rng);
                for _ in 0..100 {
                    sum += episode.step(decide(&episode, &claims, &mut rng).action).score;
                }
            }
            sum
        };
        assert!(total(Book::True) > 60 && total(Book::Flipped) < 0);
    }
}
