//! Turns an arcade game's file into rules: names become indices, and what does not fit is refused.

use super::checks::{self, in_range, problem, straight, zone};
use super::{EffectFile, GameFile, Moves, Problem, ThingFile};
use crate::env::Action;
use crate::games::Split;
use crate::games::grid::{Cells, SIDE, cell};
use crate::games::rules::{Effect, Effects, Fires, Kind, Map, Motion, Refill, Rules, Then};
use crate::games::sprite::Sprite;

impl GameFile {
    /// Checks an arcade game and compiles it.
    ///
    /// # Errors
    /// The field and what is wrong with it.
    pub(in crate::games) fn compile(&self) -> Result<Rules, Problem> {
        let sprites = self.sprites()?;
        let kind_of = |field: &str, name: &str| {
            let listed = || sprites.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
            match sprites.iter().position(|s| s.to_string() == name) {
                Some(kind) => Ok(kind as u8),
                None => problem(field, format!("“{name}” is not a thing of this game; it has {}", listed())),
            }
        };
        let pair =
            |field: &str, [a, b]: &[String; 2]| Ok::<_, Problem>((kind_of(field, a)?, kind_of(field, b)?));
        in_range("lives", self.lives, 1, 9)?;
        in_range("range", self.range, 1, 12)?;
        if let Some(fuel) = self.fuel {
            in_range("fuel", fuel, 5, 99)?;
        }
        zone("start", self.start)?;
        straight("aim", self.aim)?;
        let (kinds, effects): (Vec<Kind>, Vec<Effects>) = self
            .thing
            .iter()
            .zip(&sprites)
            .enumerate()
            .map(|(i, (thing, &sprite))| thing.compile(&format!("thing {}", i + 1), sprite, &kind_of))
            .collect::<Result<Vec<_>, _>>()?
            .into_iter()
            .unzip();
        let swap = self.swap.as_ref().map(|p| pair("swap", p)).transpose()?;
        if swap.is_none() && effects.iter().any(|e| e.each().iter().any(|(_, e)| e.swap > 0)) {
            return problem("swap", "some effect swaps, so name the two sprites that trade effects");
        }
        let refill = match &self.refill {
            None => None,
            Some(refill) if refill.of.is_empty() => {
                return problem("refill, of", "it names nothing; name at least one thing of this game");
            }
            Some(refill) => Some(Refill {
                of: refill.of.iter().map(|name| kind_of("refill, of", name)).collect::<Result<_, _>>()?,
                bonus: refill.bonus,
            }),
        };
        let trades = self.twist.iter().flat_map(|t| &t.trade);
        let mut twist = trades.map(|p| pair("twist, trade", p)).collect::<Result<Vec<_>, _>>()?;
        if twist.is_empty() {
            twist = best_and_worst(&effects).into_iter().collect();
        }
        let rules = Rules {
            actions: self.actions(),
            steps: self.steps,
            lives: self.lives,
            fuel: self.fuel,
            aim: self.aim,
            range: self.range,
            walls: self.walls,
            soil: self.soil,
            map: self.map.as_deref().map(|map| self.read_map(map, &kind_of)).transpose()?,
            mirror: self.mirror,
            start: self.start,
            kinds,
            effects,
            swap,
            refill,
            twist,
            twist_at: self.twist.as_ref().and_then(|t| t.at),
        };
        checks::whole(&rules)?;
        Ok(rules)
    }

    /// The sprites of all things: each with a shape of its own, from the pairs that the split allows.
    fn sprites(&self) -> Result<Vec<Sprite>, Problem> {
        in_range("thing", self.thing.len(), 1, 10)?;
        let mut sprites: Vec<Sprite> = Vec::new();
        for (i, thing) in self.thing.iter().enumerate() {
            let field = format!("thing {}, sprite", i + 1);
            let sprite: Sprite = thing.sprite.parse().map_err(|e| (field.clone(), e))?;
            if let Some(twin) = sprites.iter().find(|s| s.shape == sprite.shape) {
                return problem(
                    field,
                    format!(
                        "“{sprite}” has the shape of “{twin}”; give every thing a shape of its own, so that nobody needs the colours to tell them apart"
                    ),
                );
            }
            if sprite.is_held_out() != (self.split == Split::Unseen) {
                let free: Vec<_> = Sprite::all()
                    .filter(|s| s.shape == sprite.shape && s.is_held_out() != sprite.is_held_out())
                    .map(|s| s.to_string())
                    .collect();
                let kept = if sprite.is_held_out() {
                    "is kept for unseen games"
                } else {
                    "is not kept for unseen games"
                };
                return problem(field, format!("“{sprite}” {kept}; take one of {}", free.join(", ")));
            }
            sprites.push(sprite);
        }
        Ok(sprites)
    }

    fn actions(&self) -> Vec<Action> {
        let mut actions = match self.moves {
            Moves::All => vec![Action::Up, Action::Down, Action::Left, Action::Right],
            Moves::Row => vec![Action::Left, Action::Right],
            Moves::Column => vec![Action::Up, Action::Down],
        };
        actions.extend(self.fire.then_some(Action::Fire));
        actions.push(Action::Wait);
        actions
    }

    fn read_map(
        &self,
        text: &str,
        kind_of: &impl Fn(&str, &str) -> Result<u8, Problem>,
    ) -> Result<Map, Problem> {
        let lines: Vec<Vec<char>> =
            text.trim_matches(['\r', '\n']).lines().map(|l| l.chars().collect()).collect();
        if lines.len() != usize::from(SIDE) || lines.iter().any(|l| l.len() != usize::from(SIDE)) {
            let widths: Vec<_> = lines.iter().map(|l| l.len().to_string()).collect();
            return problem(
                "map",
                format!(
                    "it must be 12 lines of 12 characters, and has {} of {}",
                    lines.len(),
                    widths.join(", ")
                ),
            );
        }
        let mut map =
            Map { walls: Cells::default(), soil: Cells::default(), start: None, things: Vec::new() };
        let starts = lines.iter().flatten().filter(|&&letter| letter == '@').count();
        if starts != 1 {
            return problem("map", format!("the player begins at one @, and there are {starts}"));
        }
        for (y, line) in lines.iter().enumerate() {
            for (x, &letter) in line.iter().enumerate() {
                let cell = cell(x as u8, y as u8);
                match letter {
                    '#' => map.walls.insert(cell),
                    ':' => map.soil.insert(cell),
                    '.' => {}
                    '@' => map.start = Some(cell),
                    _ => match self.legend.get(&letter) {
                        Some(name) => map.things.push((cell, kind_of("legend", name)?)),
                        None => {
                            return problem(
                                "map",
                                format!(
                                    "‘{letter}’ in line {} is not in the legend; else allowed are # wall, : soil, . floor and @ the player",
                                    y + 1
                                ),
                            );
                        }
                    },
                }
            }
        }
        Ok(map)
    }
}

impl ThingFile {
    fn compile(
        &self,
        at: &str,
        sprite: Sprite,
        kind_of: &impl Fn(&str, &str) -> Result<u8, Problem>,
    ) -> Result<(Kind, Effects), Problem> {
        let field = |name: &str| format!("{at}, {name}");
        in_range(&field("pace"), self.pace, 1, 4)?;
        in_range(&field("count"), self.count, 0, 40)?;
        zone(&field("zone"), self.zone)?;
        if self.motion == Motion::Dart && self.pace != 1 {
            return problem(field("pace"), "a dart moves at every step, so its pace must be 1");
        }
        if let Some(spawn) = self.spawn {
            in_range(&field("spawn, every"), spawn.every, 1, 500)?;
            in_range(&field("spawn, most"), spawn.most, 1, 40)?;
        }
        let fires = match &self.fires {
            None => None,
            Some(fires) => {
                in_range(&field("fires, every"), fires.every, 1, 100)?;
                straight(&field("fires, to"), fires.to)?;
                Some(Fires {
                    what: kind_of(&field("fires, what"), &fires.what)?,
                    every: fires.every,
                    to: fires.to,
                })
            }
        };
        let onto = self.onto.as_ref().map(|name| kind_of(&field("onto"), name)).transpose()?;
        checks::thing(self, at)?;
        let kind = Kind {
            sprite,
            count: self.count,
            zone: self.zone,
            motion: self.motion,
            pace: self.pace,
            wraps: self.wraps,
            spawn: self.spawn,
            fires,
            onto,
            newcomer: self.newcomer,
        };
        let effects = Effects {
            touch: self.touch.compile(&field("touch"), kind_of)?,
            shot: self.shot.compile(&field("shot"), kind_of)?,
            leave: self.leave.compile(&field("leave"), kind_of)?,
            drop: self.drop.compile(&field("drop"), kind_of)?,
        };
        Ok((kind, effects))
    }
}

impl EffectFile {
    fn compile(
        &self,
        at: &str,
        kind_of: &impl Fn(&str, &str) -> Result<u8, Problem>,
    ) -> Result<Effect, Problem> {
        let field = |name: &str| format!("{at}, {name}");
        in_range(&field("score"), self.score, -50, 50)?;
        in_range(&field("life"), self.life, -3, 3)?;
        in_range(&field("fuel"), self.fuel, -99, 99)?;
        in_range(&field("key"), self.key, -1, 3)?;
        for (name, steps) in [("shield", self.shield), ("slow", self.slow), ("swap", self.swap)] {
            in_range(&field(name), steps, 0, 60)?;
        }
        let then = match self.then.as_str() {
            "" | "stay" => Then::Stay,
            "vanish" => Then::Vanish,
            "respawn" => Then::Respawn,
            other => match other.strip_prefix("become ") {
                Some(name) => Then::Become(kind_of(&field("then"), name)?),
                None => {
                    return problem(
                        field("then"),
                        format!(
                            "“{other}” is unknown; write stay, vanish, respawn, or become with a sprite of this game, such as become red ring"
                        ),
                    );
                }
            },
        };
        Ok(Effect {
            score: self.score,
            life: self.life,
            fuel: self.fuel,
            key: self.key,
            door: self.door,
            teleport: self.teleport,
            shield: self.shield,
            slow: self.slow,
            swap: self.swap,
            push: self.push,
            win: self.win,
            then,
        })
    }
}

/// The kinds that do most good and most harm: what a twist trades where the file does not say.
fn best_and_worst(effects: &[Effects]) -> Option<(u8, u8)> {
    let worth = |&(_, e): &(usize, &Effects)| e.worth();
    let best = effects.iter().enumerate().max_by_key(worth)?;
    let worst = effects.iter().enumerate().min_by_key(worth)?;
    (best.0 != worst.0).then_some((best.0 as u8, worst.0 as u8))
}
