//! What the strategist learns from: digests of real episodes, rulebooks that are right, wrong, thin or
//! stale, and the revision that the evidence asks for.

mod clutter;
mod player;
mod teacher;

use super::claim::{Claim, Worth};
use super::executor::worth;
use super::luck::{chance, one};
use super::wording::Split;
use crate::agent::digest::Digest;
use crate::agent::revision::{Operation, Revision};
use crate::agent::rulebook::{MOST_RULES, Origin, Rule, Rulebook, Status};
use crate::agent::trace::{Change, How, Meeting, Step, beside};
use crate::env::{Action, Environment};
use crate::games::sprite::Sprite;
use crate::games::{Episode, Game, Trigger};
use clutter::spoil;
use player::{Player, draw_game, place, read};
use rand::RngExt;
use rand_pcg::Pcg32;
use teacher::{revise, written};

/// Most tokens of the prompt, by [`tokens`].
const MOST_ASKED: usize = 330;
/// Most tokens of the answer.
const MOST_ANSWERED: usize = 230;

/// One example.
#[derive(Debug, Clone)]
pub struct Sample {
    /// The rulebook with its evidence, a line a rule, for [`crate::agent::prompt::reflection`].
    pub rules: Vec<String>,
    /// What happened.
    pub digest: String,
    /// The same, before it was put in words.
    pub seen: Digest,
    /// What is to be done.
    pub answer: Revision,
    /// What is to be written: the same, with how the rules are read.
    pub text: String,
    /// What each operation claims; none where it claims nothing new.
    pub claims: Vec<Option<Claim>>,
    /// What the rulebook's rules claim: for measuring.
    pub held: Vec<Claim>,
    /// What is true in the game at the end: for measuring.
    pub truth: Vec<(Trigger, Sprite, Worth)>,
    /// The game as it stands at the end: for measuring.
    pub episode: Episode,
}

/// Draws an example to train on.
pub fn sample(rng: &mut Pcg32, split: Split) -> Sample {
    let game = draw_game(rng);
    sample_from(&game, rng, split)
}

/// Draws an example from a game, whichever it is: for measuring.
pub fn sample_from(game: &Game, rng: &mut Pcg32, split: Split) -> Sample {
    loop {
        let mut run = Run::new(game.clone(), rng);
        for _ in 0..*one(&[0, 0, 1, 1, 2], rng) {
            let steps = rng.random_range(10..60);
            let digest = run.play(steps, rng);
            run.learn(&digest);
        }
        let pause = if chance(12, rng) { rng.random_range(100..250) } else { 0 };
        run.now += pause;
        let steps = rng.random_range(10..=80);
        let digest = run.play(steps, rng);
        let mut held = run.held();
        spoil(&mut held, &run, split, rng);
        let sample = run.ask(&held, digest);
        let asked = sample.rules.iter().map(|rule| tokens(rule) + 3).sum::<usize>() + tokens(&sample.digest);
        let room =
            sample.answer.operations.iter().filter(|o| matches!(o, Operation::Add(_))).count() + held.len();
        if asked <= MOST_ASKED && tokens(&sample.text) <= MOST_ANSWERED && room <= MOST_RULES {
            return sample;
        }
    }
}

/// Word-level tokens of a text: words, numbers, signs and line breaks.
pub fn tokens(text: &str) -> usize {
    let kind = |c: char| match c {
        c if c.is_alphabetic() || c == '\'' || c == '_' => 1,
        c if c.is_ascii_digit() => 2,
        ' ' => 0,
        _ => 3,
    };
    let mut before = 0;
    let mut count = 0;
    for c in text.chars() {
        let now = kind(c);
        count += usize::from(now == 3 || now != 0 && now != before);
        before = now;
    }
    count
}

/// A game being played, and the rulebook that came of it.
struct Run {
    game: Game,
    episode: Episode,
    player: Player,
    /// Whether a push says what it goes onto.
    says_target: bool,
    now: u32,
    book: Rulebook,
    /// What each of the book's rules claims.
    claims: Vec<Claim>,
}

/// A rule as the prompt shows it, and what it means.
struct Held {
    rule: Rule,
    claim: Claim,
}

impl Run {
    fn new(game: Game, rng: &mut Pcg32) -> Self {
        let episode = game.start(rng.random());
        let player = Player::draw(&episode, rng);
        let (says_target, now) = (!chance(15, rng), rng.random_range(0..40));
        Self { game, episode, player, says_target, now, book: Rulebook::default(), claims: Vec::new() }
    }

    /// Plays on, and tells what happened in the agent's own words.
    fn play(&mut self, steps: u32, rng: &mut Pcg32) -> Digest {
        let mut told = Vec::with_capacity(steps as usize);
        for _ in 0..steps {
            if told.len() % 25 == 24 && chance(40, rng) {
                self.player = Player::draw(&self.episode, rng);
            }
            let before = self.episode.status();
            let action = self.player.choose(&self.episode, rng);
            let was = place(&self.episode);
            let looks = match &self.episode {
                Episode::Desk(desk) => read(desk, rng),
                Episode::Arcade(_) => Vec::new(),
            };
            let outcome = self.episode.step(action);
            let after = self.episode.status();
            let (x, y) = place(&self.episode);
            let jump = was.0.abs_diff(x) + was.1.abs_diff(y) > 1;
            let moved = beside(was, action) == Some((x, y));
            let on = |name: &str| before.readings.iter().any(|r| r.name == name);
            told.push(Step {
                number: self.now,
                action,
                meets: self.meets(rng),
                looks,
                change: Change::between(&before, &after, outcome, jump),
                shielded: on("shield"),
                swapped: on("swap"),
                moved,
                missed: false,
            });
            self.now += 1;
            if outcome.done {
                self.episode = self.game.start(rng.random());
            }
        }
        Digest::new(&told)
    }

    /// What the agent says it met: mostly what it did meet.
    fn meets(&self, rng: &mut Pcg32) -> Vec<Meeting> {
        let Episode::Arcade(arcade) = &self.episode else { return Vec::new() };
        let kinds = &arcade.rules().kinds;
        let mut met: Vec<Meeting> = Vec::new();
        for event in arcade.events() {
            let kind = &kinds[usize::from(event.kind)];
            let mut sprite = kind.sprite;
            match rng.random_range(0..100u32) {
                0 => continue,
                1 => sprite = one(kinds, rng).sprite,
                _ => {}
            }
            let onto = kind.onto.filter(|_| self.says_target && event.trigger == Trigger::Drop);
            let onto = onto.map(|onto| kinds[usize::from(onto)].sprite);
            let (thing, onto) = (sprite.to_string(), onto.map(|onto| onto.to_string()));
            let meeting = Meeting { how: how(event.trigger), thing, onto };
            if met.len() < 3 && !met.contains(&meeting) {
                met.push(meeting);
            }
        }
        if met.is_empty() && chance(2, rng) {
            let thing = one(kinds, rng).sprite.to_string();
            met.push(Meeting { how: How::Touch, thing, onto: None });
        }
        met
    }

    /// Revises the rulebook as it should be.
    fn learn(&mut self, digest: &Digest) {
        let operations = revise(&self.held(), self.now, digest);
        let listed: Vec<usize> =
            (0..self.claims.len()).filter(|&at| self.book.rules()[at].status != Status::Retired).collect();
        if self.book.listed().count()
            + operations.iter().filter(|(o, _)| matches!(o, Operation::Add(_))).count()
            > MOST_RULES
        {
            return;
        }
        for (operation, claim) in &operations {
            match (operation, claim) {
                (Operation::Add(_), Some(claim)) => self.claims.push(claim.clone()),
                (Operation::Edit(rule, _), Some(claim)) => self.claims[listed[rule - 1]] = claim.clone(),
                _ => {}
            }
        }
        let revision =
            Revision { operations: operations.into_iter().map(|(operation, _)| operation).collect() };
        let complaints = self.book.revise(&revision, Origin::Strategist, self.now, digest);
        assert!(complaints.is_empty(), "the teacher's revision is refused: {complaints:?}");
    }

    fn held(&self) -> Vec<Held> {
        let all = self.book.rules().iter().zip(&self.claims);
        let listed = all.filter(|(rule, _)| rule.status != Status::Retired);
        listed.map(|(rule, claim)| Held { rule: rule.clone(), claim: claim.clone() }).collect()
    }

    fn ask(&self, held: &[Held], digest: Digest) -> Sample {
        let rules = held.iter().map(|held| held.rule.record(self.now)).collect();
        let (operations, claims) = revise(held, self.now, &digest).into_iter().unzip();
        let answer = Revision { operations };
        let text = written(held, &answer);
        let (truth, episode) = (truth(&self.episode), self.episode.clone());
        let held = held.iter().map(|held| held.claim.clone()).collect();
        Sample { rules, digest: digest.to_string(), seen: digest, answer, text, claims, held, truth, episode }
    }
}

/// A trigger in the agent's terms.
fn how(trigger: Trigger) -> How {
    match trigger {
        Trigger::Touch => How::Touch,
        Trigger::Shot => How::Shoot,
        Trigger::Leave => How::Leave,
        Trigger::Drop => How::Drop,
    }
}

/// And back.
pub fn trigger(how: How) -> Trigger {
    match how {
        How::Touch => Trigger::Touch,
        How::Shoot => Trigger::Shot,
        How::Leave => Trigger::Leave,
        How::Drop => Trigger::Drop,
    }
}

/// What meeting each kind brings now.
fn truth(episode: &Episode) -> Vec<(Trigger, Sprite, Worth)> {
    let Episode::Arcade(arcade) = episode else { return Vec::new() };
    let mut truth = Vec::new();
    for (kind, effects) in arcade.rules().kinds.iter().zip(arcade.effects()) {
        for (trigger, effect) in effects.each() {
            let relevant = match trigger {
                Trigger::Touch => true,
                Trigger::Shot => arcade.actions().contains(&Action::Fire),
                Trigger::Leave | Trigger::Drop => !effect.is_none(),
            };
            if relevant {
                truth.push((trigger, kind.sprite, worth(effect)));
            }
        }
    }
    truth
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::teacher::{holds, met, worth_of};
    use super::*;
    use crate::agent::trace::{Shown, looks};
    use crate::env::idle;
    use crate::games::Split as Of;
    use crate::samples::claim::{Condition, Subject};
    use rand::SeedableRng;
    use std::collections::BTreeMap;
    use std::time::Instant;

    fn samples(seed: u64) -> impl Iterator<Item = Sample> {
        let mut rng = Pcg32::seed_from_u64(seed);
        std::iter::repeat_with(move || sample(&mut rng, Split::Train))
    }

    fn whole(sample: &Sample) -> String {
        format!("{}\n--\n{}\n--\n{}", sample.rules.join("\n"), sample.digest, sample.text)
    }

    #[test]
    fn samples_are_short_quick_and_of_all_sorts() {
        let count = 1500;
        let started = Instant::now();
        let samples: Vec<Sample> = samples(2).take(count).collect();
        let each = started.elapsed() / count as u32;
        let mut sorts: BTreeMap<String, usize> = BTreeMap::new();
        let (mut asked, mut answered) = (0, 0);
        for sample in &samples {
            asked += tokens(&sample.digest) + tokens(&sample.rules.join("\n"));
            answered += tokens(&sample.text);
            let answer = sample.answer.to_string();
            for line in answer.lines() {
                let desk = if sample.seen.tallies.is_empty() { "" } else { "desk " };
                *sorts.entry(format!("{desk}{}", line.split(' ').next().unwrap())).or_default() += 1;
            }
        }
        println!(
            "{each:?} a sample, {} tokens asked, {} answered, {sorts:?}",
            asked / count,
            answered / count
        );
        for sort in
            ["add", "edit", "confirm", "merge", "retire", "nothing", "desk add", "desk edit", "desk confirm"]
        {
            assert!(sorts.get(sort).is_some_and(|&n| n >= count / 50), "{sort}: {sorts:?}");
        }
        assert!(each.as_micros() < 5_000, "{each:?}");
    }

    #[test]
    fn the_same_seed_gives_the_same_samples() {
        let texts = |seed| samples(seed).take(30).map(|sample| whole(&sample)).collect::<Vec<_>>();
        assert_eq!(texts(3), texts(3));
        assert_ne!(texts(3), texts(4));
    }

    #[test]
    fn answers_are_read_back_and_may_be_taken_up() {
        for sample in samples(4).take(300) {
            let (read, complaints) = Revision::read(&sample.text);
            assert_eq!((read, complaints), (sample.answer.clone(), vec![]), "{}", whole(&sample));
            assert_eq!(sample.answer.operations.len(), sample.claims.len());
            let rules = sample.rules.len();
            for operation in &sample.answer.operations {
                let numbers = match operation {
                    Operation::Add(_) | Operation::Weigh(_) | Operation::Hand(_) => vec![],
                    Operation::Edit(rule, _) | Operation::Confirm { rule, .. } | Operation::Retire(rule) => {
                        vec![*rule]
                    }
                    Operation::Merge { rule, into } => vec![*rule, *into],
                };
                assert!(numbers.iter().all(|number| (1..=rules).contains(number)), "{}", whole(&sample));
            }
        }
    }

    #[test]
    fn a_life_that_is_lost_as_a_door_opens_says_nothing_of_the_door() {
        let door = Meeting { how: How::Touch, thing: "yellow cup".into(), onto: None };
        let change = Change { score: 3, lives: -1, keys: -1, ..Change::default() };
        let step = Step {
            number: 0,
            action: Action::Up,
            meets: vec![door],
            looks: vec![],
            change,
            shielded: false,
            swapped: false,
            moved: false,
            missed: false,
        };
        let digest = Digest::new(&[step]);
        assert_eq!(digest.to_string(), "open yellow cup: 1 of 1 +3 life -1");
        assert_eq!(revise(&[], 1, &digest), []);
    }

    #[test]
    fn nothing_that_is_kept_for_measuring_is_ever_shown() {
        let held_out: Vec<String> =
            Sprite::all().filter(|s| s.is_held_out()).map(|s| s.to_string()).collect();
        for sample in samples(5).take(1500) {
            // To people these are cyan.
            let text = whole(&sample).replace("sky blue", "cyan").replace("light blue", "cyan");
            for sprite in &held_out {
                assert!(!text.contains(sprite.as_str()), "{sprite}: {text}");
            }
            if let Episode::Arcade(arcade) = &sample.episode {
                assert!(arcade.rules().kinds.iter().all(|kind| !kind.sprite.is_held_out()));
            }
        }
        let mut rng = Pcg32::seed_from_u64(6);
        for _ in 0..200 {
            let game = draw_game(&mut rng);
            assert!(game.file.split != Of::Unseen, "{}", game.id);
        }
    }

    /// What right revisions over several digests of an episode come to, against the truth.
    #[test]
    fn right_revisions_lead_to_the_truth() {
        let mut rng = Pcg32::seed_from_u64(7);
        let (mut right, mut said, mut sure_right, mut sure_said, mut known, mut met) = (0, 0, 0, 0, 0, 0);
        let mut wrong: BTreeMap<String, usize> = BTreeMap::new();
        for _ in 0..250 {
            let mut run = Run::new(draw_game(&mut rng), &mut rng);
            if matches!(run.episode, Episode::Desk(_)) || run.game.mechanics().contains("twist") {
                continue;
            }
            let mut often: BTreeMap<(Trigger, Sprite), u32> = BTreeMap::new();
            for _ in 0..5 {
                let digest = run.play(50, &mut rng);
                for line in &digest.lines {
                    if let [deed] = line.deeds.as_slice() {
                        let sprite = deed.meeting.thing.parse().expect("a sprite");
                        *often.entry((trigger(deed.meeting.how), sprite)).or_default() += line.total();
                    }
                }
                run.learn(&digest);
            }
            let truth = truth(&run.episode);
            let is_true = |claim: &Claim| {
                truth.iter().any(|&(trigger, sprite, worth)| {
                    let (own, subject) = met_by(claim);
                    let plain = Claim::Meeting { subject, trigger, worth };
                    own == trigger && subject.means(sprite) && worth_of(&plain) == worth_of(claim)
                })
            };
            for held in run.held() {
                let (is_right, is_sure) = (is_true(&held.claim), held.rule.status == Status::Confirmed);
                if !is_right {
                    let of = truth.iter().find(|(t, s, _)| (*t, Subject::from(*s)) == met_by(&held.claim));
                    *wrong
                        .entry(format!("{:?} but {:?}", worth_of(&held.claim), of.map(|of| of.2)))
                        .or_default() += 1;
                }
                (right, said) = (right + usize::from(is_right), said + 1);
                (sure_right, sure_said) =
                    (sure_right + usize::from(is_right && is_sure), sure_said + usize::from(is_sure));
            }
            for &(trigger, sprite, worth) in &truth {
                let needless = worth == Worth::Nothing && trigger != Trigger::Touch;
                if !needless && often.get(&(trigger, sprite)).is_some_and(|&times| times >= 3) {
                    met += 1;
                    let claim = Claim::Meeting { subject: sprite.into(), trigger, worth };
                    known += usize::from(run.held().iter().any(|held| {
                        met_by(&held.claim) == (trigger, sprite.into())
                            && worth_of(&held.claim) == worth_of(&claim)
                    }));
                }
            }
        }
        let (precision, sure) = (right as f64 / said as f64, sure_right as f64 / sure_said as f64);
        let recall = known as f64 / met as f64;
        println!(
            "precision {precision:.3} of {said}, sure {sure:.3} of {sure_said}, recall {recall:.3} of {met}"
        );
        println!("{wrong:#?}");
        assert!(precision > 0.85 && sure > 0.9 && recall > 0.8);
    }

    fn met_by(claim: &Claim) -> (Trigger, Subject) {
        met(claim).unwrap()
    }

    /// How well one plays at a desk by the rules that right revisions come to.
    #[test]
    fn right_revisions_lead_to_rules_that_pay() {
        let mut rng = Pcg32::seed_from_u64(8);
        for game in Game::all().filter(|g| g.file.split == Of::Desk) {
            let (mut right, mut ruled, mut pay, mut best_pay, mut any_pay, mut steps) = (0, 0, 0, 0, 0, 0);
            let mut misses: BTreeMap<String, Vec<f64>> = BTreeMap::new();
            for _ in 0..60 {
                let seed = rng.random();
                let mut run = Run::new(game.clone(), &mut rng);
                run.episode = game.start(seed);
                for _ in 0..3 {
                    let digest = run.play(40, &mut rng);
                    run.learn(&digest);
                    // The same thresholds again.
                    run.episode = game.start(seed);
                }
                let Episode::Desk(desk) = &mut run.episode else { continue };
                for held in &run.claims {
                    let Claim::Desk { when, .. } = held else { continue };
                    for (reading, threshold) in desk.file().reading.iter().zip(desk.thresholds()) {
                        for c in when.iter().filter(|c| c.reading == reading.name && !reading.chart_only) {
                            let width = f64::from(reading.range[1] - reading.range[0]);
                            let number = c.number.parse::<Shown>().unwrap().number();
                            let off = f64::from((number - threshold).abs()) / width;
                            misses.entry(reading.name.clone()).or_default().push(off);
                        }
                    }
                }
                let rules = run.held();
                let Episode::Desk(desk) = &mut run.episode else { continue };
                for _ in 0..40 {
                    let seen = looks(
                        if desk.price_move() > Some(0) { "trend up." } else { "trend down." },
                        &desk.status(),
                    );
                    let says = rules.iter().rev().find_map(|held| {
                        let Claim::Desk { when, action, .. } = &held.claim else { return None };
                        let is_met =
                            |c: &Condition| seen.iter().any(|l| l.name == c.reading && holds(c, l.shown));
                        when.iter().all(is_met).then_some(*action)
                    });
                    let scores: Vec<i32> =
                        desk.actions().iter().map(|&a| desk.clone().step(a).score).collect();
                    let top = scores.iter().copied().max().unwrap_or(0);
                    let idle = idle(desk.actions());
                    let got = desk.clone().step(says.unwrap_or(idle)).score;
                    (pay, best_pay, steps) = (pay + got, best_pay + top, steps + 1);
                    any_pay += scores.iter().sum::<i32>() / scores.len() as i32;
                    (right, ruled) = (
                        right + usize::from(says.is_some() && got == top),
                        ruled + usize::from(says.is_some()),
                    );
                    desk.step(says.unwrap_or(idle));
                }
            }
            println!(
                "{}: rules hold on {ruled} of {steps} steps and are right on {right}; {pay} points, at best {best_pay}, at random {any_pay}",
                game.id
            );
            for (name, mut off) in misses {
                off.sort_by(f64::total_cmp);
                println!(
                    "  {name}: {} thresholds, median miss {:.3} of the range",
                    off.len(),
                    off[off.len() / 2]
                );
            }
            assert!(pay * 3 > best_pay, "{}", game.id);
        }
    }
}
