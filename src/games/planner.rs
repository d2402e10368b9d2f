//! Plans with effects that it is told, true or not: the oracle of the arena and the teacher of the
//! model.
//!
//! A beam search over the engine itself, guided by a potential: how far away the things are that are
//! worth something, by walking, shooting or pushing. The luck of the copy it plans on differs from
//! the real game's, so it foresees rules, never chance.

use super::Episode;
use super::arcade::{Arcade, Thing};
use super::desk::Desk;
use super::grid::{CELLS, Cell, Cells, Heading, NONE, neighbour};
use super::rules::{Effect, Effects, Then};
use crate::env::{Action, idle};
use rand::{Rng, RngExt, SeedableRng};
use rand_pcg::Pcg32;
use std::sync::Arc;

/// Steps that the search looks ahead.
const DEPTH: usize = 7;
/// States that it keeps at each depth.
const BEAM: usize = 16;
/// How much less a point is worth for each step that it is away.
const DISCOUNT: f32 = 0.88;
/// Plays of the same action at a desk, to see past its noise.
const SAMPLES: usize = 12;

/// What a player believes about a game's hidden effects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Beliefs {
    /// What is true.
    True,
    /// Everything there is, but each kind has the effects of another; the number says how.
    Shuffled(u32),
}

/// A player that plans by what it believes.
#[derive(Debug, Clone)]
pub struct Planner {
    beliefs: Beliefs,
    rng: Pcg32,
}

impl Planner {
    /// A planner with beliefs; the seed is for its imagined luck.
    pub fn new(beliefs: Beliefs, seed: u32) -> Self {
        Self { beliefs, rng: Pcg32::seed_from_u64(u64::from(seed) ^ 0x0a11_ce00) }
    }

    /// The action to take now.
    pub fn choose(&mut self, episode: &Episode) -> Action {
        match episode {
            Episode::Arcade(arcade) => {
                let mut imagined = match self.beliefs {
                    Beliefs::True => arcade.clone(),
                    Beliefs::Shuffled(seed) => arcade.believing(derange(&arcade.effects, seed)),
                };
                imagined.reseed(self.rng.next_u32());
                search(&imagined)
            }
            Episode::Desk(desk) => self.choose_at_desk(desk),
        }
    }

    fn choose_at_desk(&mut self, desk: &Desk) -> Action {
        let mut imagined = desk.clone();
        if let Beliefs::Shuffled(seed) = self.beliefs {
            imagined.misread(seed as usize);
        }
        let seeds: [u64; SAMPLES] = std::array::from_fn(|_| u64::from(self.rng.next_u32()));
        let expect = |&action: &Action| -> i32 {
            let play = |&seed: &u64| {
                let mut copy = imagined.clone();
                copy.reseed(seed);
                copy.step(action).score
            };
            seeds.iter().map(play).sum()
        };
        // The idle action is last: it wins ties, being the safest.
        desk.actions().iter().copied().max_by_key(expect).unwrap_or(Action::Wait)
    }
}

impl Arcade {
    /// The same state for somebody who believes in other effects, one entry a kind.
    pub fn believing(&self, effects: Vec<Effects>) -> Arcade {
        Arcade { effects: Arc::from(effects), ..self.clone() }
    }

    /// The same state with other luck to come: what is planned on it foresees rules, never chance.
    pub fn reseed(&mut self, luck: u32) {
        self.rng = Pcg32::seed_from_u64(u64::from(luck));
    }
}

/// Gives each kind the effects of another one, and of a different one where there is any.
fn derange(effects: &[Effects], seed: u32) -> Vec<Effects> {
    let mut rng = Pcg32::seed_from_u64(u64::from(seed));
    let mut order: Vec<usize> = (0..effects.len()).collect();
    let same = |order: &[usize]| order.iter().enumerate().filter(|&(i, &j)| effects[i] == effects[j]).count();
    let mut best = order.clone();
    // The fewest that keep their effects, of some random orders.
    for _ in 0..30 {
        for i in (1..order.len()).rev() {
            order.swap(i, rng.random_range(0..=i as u32) as usize);
        }
        if same(&order) < same(&best) {
            best.clone_from(&order);
        }
    }
    best.into_iter().map(|i| effects[i]).collect()
}

/// A state on the way, with what it brought so far.
struct Node {
    state: Arcade,
    first: Action,
    gained: f32,
    promise: f32,
}

fn search(root: &Arcade) -> Action {
    let weights = Weights::new(root);
    let idle = idle(root.actions());
    let mut level: Vec<Node> = Vec::new();
    let mut best = (f32::MIN, idle);
    let mut discount = 1.0;
    for depth in 0..DEPTH {
        let mut next: Vec<Node> = Vec::with_capacity(BEAM * 6);
        let mut seen: Vec<u64> = Vec::with_capacity(BEAM * 6);
        let mut expand = |state: &Arcade, first: Option<Action>, gained: f32| {
            for &action in root.actions() {
                let mut state = state.clone();
                let outcome = state.step(action);
                let key = fingerprint(&state);
                if seen.contains(&key) && first.is_some() {
                    continue;
                }
                seen.push(key);
                let points = outcome.score as f32 + outcome.lives as f32 * weights.life;
                let gained = gained + discount * points;
                let promise = gained + discount * if state.done { 0.0 } else { weights.potential(&state) };
                next.push(Node { state, first: first.unwrap_or(action), gained, promise });
            }
        };
        if depth == 0 {
            expand(root, None, 0.0);
        } else {
            level.iter().filter(|n| !n.state.done).for_each(|n| expand(&n.state, Some(n.first), n.gained));
        }
        // Stable, so that ties go to the action that is listed first.
        next.sort_by(|a, b| b.promise.total_cmp(&a.promise));
        next.truncate(BEAM);
        match next.first() {
            Some(top) => best = (top.promise, top.first),
            None => break,
        }
        level = next;
        discount *= 0.98;
    }
    best.1
}

/// Tells apart states that differ for the search.
fn fingerprint(state: &Arcade) -> u64 {
    let mix = |hash: u64, value: u64| (hash ^ value).wrapping_mul(0x0100_0000_01b3).rotate_left(29);
    let own = [
        u64::from(state.player),
        state.facing as u64,
        state.score as u64,
        state.lives as u64,
        state.fuel as u64,
        u64::from(state.keys) << 24
            | u64::from(state.shield) << 16
            | u64::from(state.slow) << 8
            | u64::from(state.swap),
    ];
    let hash = own.into_iter().fold(0xcbf2_9ce4_8422_2325, mix);
    state.things.iter().fold(hash, |hash, t| mix(hash, u64::from(t.cell) << 8 | u64::from(t.kind)))
}

/// What things are worth to a planner in one state of mind.
struct Weights {
    life: f32,
    /// `DISCOUNT` to the power of the distance.
    near: [f32; 64],
    /// What the best door is worth; keys are worth a share of it.
    door: f32,
    /// Whether anything takes lives.
    danger: bool,
    /// What trading two kinds' effects may bring.
    swap: f32,
}

impl Weights {
    fn new(state: &Arcade) -> Self {
        let effects = || state.effects.iter().flat_map(|e| e.each().map(|(_, e)| *e));
        let most = effects().map(|e| f32::from(e.score.abs())).fold(1.0, f32::max);
        let mut power = 1.0;
        let near = std::array::from_fn(|_| {
            power *= DISCOUNT;
            power / DISCOUNT
        });
        Self {
            life: (2.0 + 3.0 / state.lives.max(1) as f32) * most + 4.0,
            near,
            door: effects().filter(|e| e.door).map(|e| f32::from(e.score) + 0.5).fold(0.0, f32::max),
            danger: effects().any(|e| e.life < 0),
            swap: match state.rules.swap {
                Some((a, b)) => {
                    let worth = |kind: u8| f32::from(state.effects[usize::from(kind)].touch.score);
                    (worth(a) - worth(b)).abs().min(6.0)
                }
                None => 0.0,
            },
        }
    }

    /// What an effect is worth when it happens now.
    fn worth(&self, state: &Arcade, effect: &Effect) -> f32 {
        let mut worth = f32::from(effect.score);
        if effect.life > 0 || state.shield < 2 {
            worth += f32::from(effect.life) * self.life;
        }
        if let Some(full) = state.rules.fuel {
            let need = 1.0 - (state.fuel as f32 / f32::from(full)).min(1.0);
            worth += f32::from(effect.fuel.signum()) * need * need * self.life;
        }
        worth += self.held(state.keys.saturating_add_signed(effect.key)) - self.held(state.keys);
        if effect.door {
            worth -= self.held(state.keys) - self.held(state.keys.saturating_sub(1));
        }
        worth += self.guarded(state.shield.max(effect.shield), state.slow.max(effect.slow));
        worth -= self.guarded(state.shield, state.slow);
        if effect.swap > 0 && state.swap == 0 {
            worth += self.swap;
        }
        if let Then::Become(kind) = effect.then {
            let after = state.effects[usize::from(kind)].each();
            let best = after.map(|(_, e)| f32::from(e.score) + f32::from(e.life) * self.life);
            worth += 0.7 * best.into_iter().fold(0.0, f32::max);
        }
        worth
    }

    /// What so many keys in the hand are worth: each one less than the one before, and less than
    /// what it opens.
    fn held(&self, keys: u8) -> f32 {
        self.door * (1.0 - 0.5f32.powi(i32::from(keys)))
    }

    /// What a shield and a slowness that last so many steps are worth.
    fn guarded(&self, shield: u8, slow: u8) -> f32 {
        if self.danger { f32::from(shield.min(20)) * 0.08 + f32::from(slow.min(20)) * 0.04 } else { 0.0 }
    }

    /// What the things around promise, discounted by how far they are.
    fn potential(&self, state: &Arcade) -> f32 {
        let reach = Reach::new(self, state);
        let shoots = state.actions().contains(&Action::Fire);
        let (mut best, mut sum) = (0.0f32, 0.0f32);
        for thing in state.things.iter().filter(|t| t.cell != NONE) {
            let effects = state.effects_of(thing.kind);
            let drifts = state.rules.kinds[usize::from(thing.kind)].motion.drift().is_some()
                && !state.rules.kinds[usize::from(thing.kind)].wraps;
            let left = if drifts { self.worth(state, &effects.leave) } else { 0.0 };
            let touch = &effects.touch;
            let mut value = if left > 0.0 { left * self.at(to_edge(state, thing)) } else { 0.0 };
            if touch.push {
                value = value.max(self.push(state, &reach, thing, effects));
            } else if !touch.door || state.keys > 0 {
                let worth = self.worth(state, touch) - left;
                if worth > 0.0 {
                    value = value.max(worth * self.at(reach.to(thing.cell)));
                }
            }
            if shoots {
                let worth = self.worth(state, &effects.shot) - left;
                if worth > 0.0 {
                    value = value.max(worth * self.at(reach.to_aim(state, thing.cell)));
                }
            }
            sum += value;
            best = best.max(value);
        }
        best + 0.15 * sum + self.held(state.keys) + self.guarded(state.shield, state.slow)
    }

    fn at(&self, distance: u8) -> f32 {
        self.near.get(usize::from(distance)).copied().unwrap_or(0.0)
    }

    /// What pushing a thing onto its target promises.
    fn push(&self, state: &Arcade, reach: &Reach, thing: &Thing, effects: &Effects) -> f32 {
        let worth = self.worth(state, &effects.drop);
        let Some(onto) = state.rules.kinds[usize::from(thing.kind)].onto else { return 0.0 };
        if worth <= 0.0 {
            return 0.0;
        }
        let goals: Cells =
            state.things.iter().filter(|t| t.cell != NONE && t.kind == onto).map(|t| t.cell).collect();
        let open: Cells = (0..CELLS as u8)
            .filter(|&c| goals.has(c) || c == thing.cell || c == state.player || state.is_free(c))
            .collect();
        let away = flood(goals, &open);
        let here = away[usize::from(thing.cell)];
        if here == NONE {
            return 0.0;
        }
        let pushes = Heading::STRAIGHT.iter().filter_map(|&h| {
            let next = neighbour(thing.cell, h)?;
            let stand = neighbour(thing.cell, h.reverse())?;
            let closer = away[usize::from(next)] < here;
            let standable = stand == state.player || state.is_free(stand) || state.soil.has(stand);
            (closer && standable).then(|| reach.to(stand))
        });
        let nearest = pushes.min().unwrap_or(NONE);
        worth * self.at(nearest.saturating_add(here.saturating_mul(2)))
    }
}

/// Steps until a drifting thing leaves the board, if nothing is in its way.
fn to_edge(state: &Arcade, thing: &Thing) -> u8 {
    let mut cells = 1;
    let mut cell = thing.cell;
    while let Some(next) = thing.heading.and_then(|heading| neighbour(cell, heading)) {
        cells += 1;
        cell = next;
    }
    cells * state.rules.kinds[usize::from(thing.kind)].pace
}

/// How many steps every cell is away from the player, around what is in the way.
struct Reach {
    steps: [u8; CELLS],
}

impl Reach {
    fn new(weights: &Weights, state: &Arcade) -> Self {
        let mut open = state.walls.complement();
        for thing in state.things.iter().filter(|t| t.cell != NONE) {
            let touch = &state.effects_of(thing.kind).touch;
            let stays = touch.then == Then::Stay && !touch.push;
            let shut = touch.door && state.keys == 0;
            if stays || shut || weights.worth(state, touch) < 0.0 {
                open.remove(thing.cell);
            }
        }
        Self { steps: flood([state.player].into_iter().collect(), &open) }
    }

    /// Steps to run into what is in a cell: one more than to the nearest cell beside it.
    fn to(&self, cell: Cell) -> u8 {
        let direct = self.steps[usize::from(cell)];
        let beside = Heading::STRAIGHT
            .iter()
            .filter_map(|&h| neighbour(cell, h).map(|c| self.steps[usize::from(c)]))
            .min()
            .unwrap_or(NONE);
        direct.min(beside.saturating_add(1))
    }

    /// Steps to where one shoots a cell from, the turn included.
    fn to_aim(&self, state: &Arcade, target: Cell) -> u8 {
        let mut nearest = NONE;
        for heading in Heading::STRAIGHT {
            if state.rules.aim.is_some_and(|aim| aim != heading) {
                continue;
            }
            let mut cell = target;
            for _ in 0..state.rules.range {
                let Some(back) = neighbour(cell, heading.reverse()) else { break };
                let steps = self.steps[usize::from(back)];
                let turn = u8::from(back != state.player || state.facing != heading);
                nearest = nearest.min(steps.saturating_add(turn));
                if !state.is_free(back) {
                    break;
                }
                cell = back;
            }
        }
        nearest
    }
}

/// Steps from the nearest of some cells to every other, through open ones; [`NONE`] where there is
/// no way.
fn flood(from: Cells, open: &Cells) -> [u8; CELLS] {
    let mut steps = [NONE; CELLS];
    let mut reached = from;
    from.each(|c| steps[usize::from(c)] = 0);
    for distance in 1..64 {
        let wider = reached.spread(open).with(&from);
        if wider == reached {
            break;
        }
        wider.without(&reached).each(|c| steps[usize::from(c)] = distance);
        reached = wider;
    }
    steps
}
