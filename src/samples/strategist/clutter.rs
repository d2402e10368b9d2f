//! Rulebooks as people and bad luck leave them.

use super::teacher::trigger_of;
use super::{Held, Run, truth};
use crate::agent::rulebook::{MOST_RULES, Origin, Rule, Status};
use crate::env::idle;
use crate::games::desk::{Desk, Level};
use crate::games::sprite::Sprite;
use crate::games::{Episode, Trigger};
use crate::samples::claim::{Claim, Condition, Subject, Worth};
use crate::samples::executor::say_for;
use crate::samples::luck::{chance, one};
use crate::samples::wording::{Split, plain};
use rand::RngExt;
use rand_pcg::Pcg32;

/// Makes a rulebook less perfect: rules in a person's words, true and false ones from somewhere, rules
/// said twice, small talk.
pub(super) fn spoil(held: &mut Vec<Held>, run: &Run, split: Split, rng: &mut Pcg32) {
    let by_people = chance(30, rng);
    for held in held.iter_mut().filter(|_| by_people) {
        if chance(60, rng) {
            reword(held, split, rng);
        }
    }
    if chance(18, rng) {
        for held in held.iter_mut() {
            if let Claim::Meeting { subject, trigger, .. } = held.claim
                && chance(40, rng)
            {
                held.claim = Claim::Meeting { subject, trigger, worth: any_worth(trigger, rng) };
                held.rule.heuristic = plain(&held.claim);
            }
        }
    }
    if chance(45, rng) {
        for claim in some_claims(run, rng) {
            let mut new = drawn(claim, run, rng);
            if chance(40, rng) {
                reword(&mut new, split, rng);
            }
            insert(held, new, rng);
        }
    }
    if chance(15, rng) && !held.is_empty() {
        let claim = one(held, rng).claim.clone();
        let mut twin = drawn(claim, run, rng);
        if chance(70, rng) {
            reword(&mut twin, split, rng);
        }
        insert(held, twin, rng);
    }
    if chance(12, rng) {
        let mut idle = drawn(Claim::Idle, run, rng);
        reword(&mut idle, split, rng);
        insert(held, idle, rng);
    }
}

fn reword(held: &mut Held, split: Split, rng: &mut Pcg32) {
    held.rule.heuristic = say_for(&held.claim, split, rng);
    held.rule.origin = Origin::Person;
    if chance(6, rng) {
        held.rule.rule_id = one(&["loot", "danger", "door rule", "note", "tip"], rng).to_string();
    }
}

fn insert(held: &mut Vec<Held>, new: Held, rng: &mut Pcg32) {
    if held.len() < MOST_RULES - 2 {
        held.insert(rng.random_range(0..=held.len() as u32) as usize, new);
    }
}

/// A rule from somewhere, with some evidence of its own.
fn drawn(claim: Claim, run: &Run, rng: &mut Pcg32) -> Held {
    let ago = if chance(25, rng) { rng.random_range(150..300) } else { rng.random_range(1..150) };
    let last = run.now.saturating_sub(ago);
    let support = if chance(30, rng) { 0 } else { rng.random_range(1..9) };
    let contradiction =
        if support > 0 && chance(35, rng) { rng.random_range(1..=1 + support / 3) } else { 0 };
    let steps = |n: u32| (0..n).map(|back| last.saturating_sub(back)).collect::<Vec<u32>>();
    let sure = support >= 3 || support == 0 && chance(60, rng);
    let (support, contradiction) = (steps(support), steps(contradiction));
    let rule = Rule {
        rule_id: "R1".into(),
        trigger: trigger_of(&claim),
        observation: String::new(),
        heuristic: plain(&claim),
        status: if sure { Status::Confirmed } else { Status::Hypothesis },
        pinned: false,
        disabled: false,
        support,
        contradiction,
        origin: Origin::Person,
        since: last,
    };
    Held { rule, claim }
}

/// Claims about the game, true and false, and about what is not there.
fn some_claims(run: &Run, rng: &mut Pcg32) -> Vec<Claim> {
    let count = rng.random_range(1..5u32);
    (0..count).map(|_| some_claim(run, rng)).collect()
}

fn some_claim(run: &Run, rng: &mut Pcg32) -> Claim {
    match &run.episode {
        Episode::Desk(desk) => desk_claim(desk, rng),
        Episode::Arcade(arcade) => {
            let kinds = &arcade.rules().kinds;
            let (mut trigger, sprite, mut worth) = *one(&truth(&run.episode), rng);
            let mut subject = Subject::from(sprite);
            if chance(45, rng) {
                worth = any_worth(trigger, rng);
            }
            if chance(15, rng) {
                let absent: Vec<Sprite> = (Sprite::all().filter(|s| !s.is_held_out()))
                    .filter(|s| kinds.iter().all(|kind| kind.sprite != *s))
                    .collect();
                subject = Subject::from(*one(&absent, rng));
                trigger = Trigger::Touch;
                worth = any_worth(trigger, rng);
            }
            if chance(5, rng) {
                match rng.random() {
                    true => subject.colour = None,
                    false => subject.shape = None,
                }
            }
            match arcade.rules().kinds.iter().find(|kind| kind.sprite == sprite).and_then(|kind| kind.onto) {
                Some(onto) if trigger == Trigger::Drop && run.says_target => {
                    Claim::Push { subject, onto: kinds[usize::from(onto)].sprite.into(), worth }
                }
                _ => Claim::Meeting { subject, trigger, worth },
            }
        }
    }
}

fn any_worth(trigger: Trigger, rng: &mut Pcg32) -> Worth {
    let usual = [Worth::Points(None), Worth::Loss(None), Worth::Harm];
    let touch =
        [Worth::Key, Worth::Fuel, Worth::Shield, Worth::Life, Worth::Slow, Worth::Door, Worth::Teleport];
    match trigger {
        Trigger::Leave => *one(&usual, rng),
        _ if chance(20, rng) => Worth::Nothing,
        Trigger::Touch if chance(25, rng) => *one(&touch, rng),
        _ => *one(&usual, rng),
    }
}

/// A regime of a desk with thresholds that are nearly right, or not at all.
fn desk_claim(desk: &Desk, rng: &mut Pcg32) -> Claim {
    let (file, pays) = (desk.file(), desk.regimes().collect::<Vec<_>>());
    let at = rng.random_range(0..pays.len() as u32) as usize;
    let idle = idle(desk.actions());
    let best =
        pays[at].iter().filter(|(_, pay)| **pay > 0).max_by_key(|(_, pay)| **pay).map_or(idle, |(a, _)| *a);
    let action = if chance(20, rng) { *one(desk.actions(), rng) } else { best };
    let mut when = Vec::new();
    for (reading, threshold) in file.reading.iter().zip(desk.thresholds()) {
        let Some(level) = file.regime[at].when.get(&reading.name) else { continue };
        let width = reading.range[1] - reading.range[0];
        let number = threshold + rng.random_range(-width / 6..=width / 6);
        let number =
            if reading.chart_only { "0.00".into() } else { reading.unit.of(number.max(1)).to_string() };
        when.push(Condition { reading: reading.name.clone(), above: *level == Level::High, number });
    }
    Claim::Desk { when, action, right: true }
}
