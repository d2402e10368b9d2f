//! How the examples are played, and on what games.

use crate::agent::trace::{Look, looks};
use crate::env::{Action, Environment};
use crate::games::arcade::Arcade;
use crate::games::desk::Desk;
use crate::games::generator::{generate, is_for_training};
use crate::games::rules::Effects;
use crate::games::sprite::Sprite;
use crate::games::{Episode, Game, Split as Of};
use crate::samples::executor::worth;
use crate::samples::luck::{chance, one};
use rand::RngExt;
use rand_pcg::Pcg32;

pub(super) fn draw_game(rng: &mut Pcg32) -> Game {
    let of = |split: Of| {
        Game::all().filter(move |g| g.file.split == split && is_for_training(g)).collect::<Vec<_>>()
    };
    match rng.random_range(0..100u32) {
        0..20 => (*one(&of(Of::Desk), rng)).clone(),
        20..60 => {
            let game = (*one(&of(Of::Seen), rng)).clone();
            let mut sprites: Vec<Sprite> = Sprite::all().filter(|s| !s.is_held_out()).collect();
            for i in (1..sprites.len()).rev() {
                sprites.swap(i, rng.random_range(0..=i as u32) as usize);
            }
            let mut shapes = Vec::new();
            sprites.retain(|s| {
                !shapes.contains(&s.shape) && {
                    shapes.push(s.shape);
                    true
                }
            });
            game.dressed(&sprites)
        }
        _ => loop {
            let game = generate(u64::from(rng.random::<u32>()));
            if is_for_training(&game) {
                return game;
            }
        },
    }
}

/// How the examples are played: by likes and dislikes, with some whims.
pub(super) struct Player {
    /// How much each kind is liked: 1 goes there, -1 goes away.
    likes: Vec<i8>,
    /// Percent of actions at random.
    whims: u32,
}

impl Player {
    pub(super) fn draw(episode: &Episode, rng: &mut Pcg32) -> Self {
        let likes = match episode {
            Episode::Desk(_) => Vec::new(),
            Episode::Arcade(arcade) => {
                let knows = chance(50, rng);
                let like = |effects: &Effects| {
                    let worth = worth(&effects.touch);
                    match rng.random_range(0..100u32) {
                        0..50 if knows => {
                            if worth.is_bad() {
                                -1
                            } else {
                                1
                            }
                        }
                        0..60 => 1,
                        60..75 => -1,
                        _ => 0,
                    }
                };
                arcade.effects().iter().map(like).collect()
            }
        };
        Self { likes, whims: *one(&[10, 25, 40, 70], rng) }
    }

    pub(super) fn choose(&self, episode: &Episode, rng: &mut Pcg32) -> Action {
        let any = *one(episode.actions(), rng);
        if chance(self.whims, rng) {
            return any;
        }
        match episode {
            Episode::Arcade(arcade) => self.walk(arcade, rng).unwrap_or(any),
            Episode::Desk(desk) => {
                let pay = |&&action: &&Action| desk.clone().step(action).score;
                desk.actions().iter().max_by_key(pay).copied().unwrap_or(any)
            }
        }
    }

    /// A step towards the nearest thing that is liked, or away from one beside the player that is not.
    fn walk(&self, arcade: &Arcade, rng: &mut Pcg32) -> Option<Action> {
        let (x, y) = arcade.player();
        let kinds = &arcade.rules().kinds;
        let actions = arcade.actions();
        let mut nearest: Option<(u8, i8, i8)> = None;
        for thing in arcade.sightings() {
            let (dx, dy) = (thing.x as i8 - x as i8, thing.y as i8 - y as i8);
            let far = dx.unsigned_abs() + dy.unsigned_abs();
            let kind = kinds.iter().position(|kind| kind.sprite == thing.sprite)?;
            match self.likes.get(kind) {
                Some(1) if nearest.is_none_or(|(nearest, ..)| far < nearest) => nearest = Some((far, dx, dy)),
                Some(-1) if far <= 2 => return Some(*one(actions, rng)),
                _ => {}
            }
        }
        let (_, dx, dy) = nearest?;
        let across = if dx > 0 { Action::Right } else { Action::Left };
        let along = if dy > 0 { Action::Down } else { Action::Up };
        let in_line = dx == 0 || dy == 0 || arcade.rules().aim.is_some();
        if in_line && actions.contains(&Action::Fire) && chance(50, rng) {
            return Some(Action::Fire);
        }
        let first = if dx == 0 || dy != 0 && rng.random() { along } else { across };
        actions.contains(&first).then_some(first)
    }
}

pub(super) fn place(episode: &Episode) -> (u8, u8) {
    match episode {
        Episode::Arcade(arcade) => arcade.player(),
        Episode::Desk(_) => (0, 0),
    }
}

/// What the agent reads at a desk; now and then it mistakes the trend.
pub(super) fn read(desk: &Desk, rng: &mut Pcg32) -> Vec<Look> {
    let up = desk.price_move().map(|moved| (moved > 0) != chance(2, rng));
    let said = match up {
        Some(true) => "trend up.",
        Some(false) => "trend down.",
        None => "",
    };
    looks(said, &desk.status())
}
