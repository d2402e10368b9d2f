//! Endless training games from the same building blocks as the shipped ones. Never one that has an
//! unseen game's sprites or combination of mechanics.

use super::file::{EffectFile, GameFile, Moves, RefillFile, ThingFile};
use super::grid::SIDE;
use super::rules::{Motion, Spawn, Teleport, Walls};
use super::sprite::Sprite;
use super::{Family, Game, Split};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg32;

/// The training game of a number: the same number gives the same game.
pub fn generate(number: u64) -> Game {
    let mut rng = Pcg32::seed_from_u64(number);
    loop {
        if let Ok(game) = Game::new(&format!("generated-{number}"), Draft::draw(&mut rng))
            && is_for_training(&game)
        {
            return game;
        }
    }
}

/// Whether a game may be trained on: no sprite pair that is held out, and no unseen game's surprise.
pub fn is_for_training(game: &Game) -> bool {
    let sprites = game.rules().into_iter().flat_map(|r| &r.kinds);
    let mut unseen = Game::all().iter().filter(|g| g.file.split == Split::Unseen);
    game.file.split != Split::Unseen
        && sprites.into_iter().all(|kind| !kind.sprite.is_held_out())
        && !unseen.any(|g| game.combines(&g.file.surprise))
}

/// A game in the making.
struct Draft<'a> {
    rng: &'a mut Pcg32,
    file: GameFile,
}

impl<'a> Draft<'a> {
    fn draw(rng: &'a mut Pcg32) -> GameFile {
        let mut sprites: Vec<Sprite> = Sprite::all().filter(|s| !s.is_held_out()).collect();
        for i in (1..sprites.len()).rev() {
            sprites.swap(i, rng.random_range(0..=i as u32) as usize);
        }
        let file = GameFile {
            title: "A generated game".into(),
            goal: "Find out what is good for you here.".into(),
            family: Family::Mixed,
            split: Split::Seen,
            steps: 60 + 20 * rng.random_range(0..6u16),
            lives: 3,
            moves: Moves::All,
            fire: false,
            range: 12,
            aim: None,
            fuel: None,
            walls: Walls::Open,
            soil: false,
            map: None,
            mirror: true,
            legend: Default::default(),
            start: [5, 5, 6, 6],
            swap: None,
            refill: None,
            twist: None,
            surprise: Vec::new(),
            thing: Vec::new(),
            desk: None,
        };
        let mut draft = Self { rng, file };
        draft.choose_board();
        let roles = 2 + draft.below(3);
        draft.add_good();
        draft.add_bad();
        for _ in 0..roles {
            draft.add_role();
        }
        draft.name_sprites(&sprites);
        draft.file
    }

    fn below(&mut self, n: u32) -> u32 {
        self.rng.random_range(0..n)
    }

    fn one_of<T: Copy>(&mut self, options: &[T]) -> T {
        options[self.below(options.len() as u32) as usize]
    }

    fn choose_board(&mut self) {
        self.file.walls = self.one_of(&[
            Walls::Open,
            Walls::Border,
            Walls::Pillars,
            Walls::Pillars,
            Walls::Rooms,
            Walls::Maze,
        ]);
        self.file.soil = self.below(10) == 0;
        match self.below(10) {
            0 => {
                self.file.moves = Moves::Row;
                self.file.walls = Walls::Open;
                self.file.soil = false;
                self.file.start = [5, SIDE - 1, 6, SIDE - 1];
            }
            1..=3 => self.file.fire = true,
            4 => self.file.fuel = Some(30 + self.below(30) as u16),
            _ => {}
        }
    }

    /// Things are named by their place until all are there: `#0`, `#1`, and so on.
    fn add(&mut self, motion: Motion, count: u32, touch: EffectFile) -> usize {
        let pace = match motion {
            Motion::Still | Motion::Dart => 1,
            Motion::Chase | Motion::Flee => 2 + self.below(2) as u8,
            _ => 1 + self.below(3) as u8,
        };
        let drifts = motion.drift().is_some();
        let spawn = drifts.then(|| Spawn { every: 3 + self.rng.random_range(0..5u16), most: 6 });
        let last = SIDE - 1;
        let zone = match motion {
            Motion::Fall | Motion::Bounce => [0, 0, last, 1],
            Motion::Rise => [0, last, last, last],
            Motion::DriftLeft => [last, 0, last, last],
            Motion::DriftRight => [0, 0, 0, last],
            _ if self.file.moves == Moves::Row => [0, last, last, last],
            _ => [0, 0, last, last],
        };
        self.file.thing.push(ThingFile {
            sprite: format!("#{}", self.file.thing.len()),
            count: count as u8,
            zone,
            motion,
            pace,
            wraps: false,
            newcomer: false,
            spawn,
            fires: None,
            onto: None,
            touch,
            shot: EffectFile::default(),
            leave: EffectFile::default(),
            drop: EffectFile::default(),
        });
        self.file.thing.len() - 1
    }

    fn motion(&mut self) -> Motion {
        if self.file.moves == Moves::Row {
            return Motion::Fall;
        }
        self.one_of(&[
            Motion::Still,
            Motion::Still,
            Motion::Wander,
            Motion::PatrolX,
            Motion::PatrolY,
            Motion::Fall,
            Motion::DriftLeft,
            Motion::DriftRight,
            Motion::Flee,
            Motion::Bounce,
        ])
    }

    fn gone(&mut self) -> String {
        self.one_of(&["respawn", "respawn", "vanish"]).into()
    }

    fn add_good(&mut self) {
        let (motion, then) = (self.motion(), self.gone());
        let (count, score) = (2 + self.below(5), 1 + self.below(3) as i16);
        let at = self.add(motion, count, EffectFile { score, then: then.clone(), ..EffectFile::default() });
        if then == "vanish" && self.below(2) == 0 {
            self.file.refill = Some(RefillFile { of: vec![format!("#{at}")], bonus: self.below(4) as i16 });
        }
        if self.file.fire && self.below(2) == 0 {
            let effect = self.file.thing[at].touch.clone();
            let harm = EffectFile { score: -1, then: "respawn".into(), ..EffectFile::default() };
            let thing = &mut self.file.thing[at];
            (thing.shot, thing.touch) = (effect, harm);
        }
    }

    fn add_bad(&mut self) {
        let motion = self.motion();
        let count = 2 + self.below(4);
        let score = -1 - self.below(2) as i16;
        let at =
            self.add(motion, count, EffectFile { score, then: "respawn".into(), ..EffectFile::default() });
        if self.file.fire {
            self.file.thing[at].shot = EffectFile { score, then: "respawn".into(), ..EffectFile::default() };
        }
        if motion.drift().is_some() && self.below(3) == 0 {
            self.file.thing[at].leave.score = self.one_of(&[-1, 1]);
        }
    }

    fn add_role(&mut self) {
        let gone = self.gone();
        let with = |effect: EffectFile| EffectFile { then: gone.clone(), ..effect };
        match self.below(11) {
            0 | 1 => self.add_good(),
            2 => self.add_bad(),
            3 | 4 => {
                let motion = self.one_of(&[
                    Motion::Chase,
                    Motion::Wander,
                    Motion::PatrolX,
                    Motion::PatrolY,
                    Motion::Fall,
                ]);
                let count = 1 + self.below(3);
                let at = self.add(
                    motion,
                    count,
                    EffectFile { life: -1, then: "respawn".into(), ..EffectFile::default() },
                );
                if self.file.fire {
                    self.file.thing[at].shot =
                        EffectFile { score: 1, then: "respawn".into(), ..EffectFile::default() };
                }
            }
            5 => {
                self.add(
                    Motion::Still,
                    2,
                    EffectFile { key: 1, then: "respawn".into(), ..EffectFile::default() },
                );
                let score = 3 + self.below(4) as i16;
                self.add(
                    Motion::Still,
                    2,
                    EffectFile { door: true, score, then: "respawn".into(), ..EffectFile::default() },
                );
            }
            6 if self.file.fuel.is_some() => {
                self.add(Motion::Still, 3, with(EffectFile { fuel: 20, ..EffectFile::default() }));
            }
            6 => {
                self.add(Motion::Still, 2, with(EffectFile { shield: 12, ..EffectFile::default() }));
            }
            7 => {
                self.add(Motion::Still, 2, with(EffectFile { slow: 12, ..EffectFile::default() }));
            }
            8 => {
                let teleport = Some(self.one_of(&[Teleport::Twin, Teleport::Anywhere, Teleport::Home]));
                self.add(Motion::Still, 2, EffectFile { teleport, ..EffectFile::default() });
            }
            9 if self.file.moves == Moves::All => {
                let hole = self.add(Motion::Still, 2, EffectFile::default());
                let crate_ = self.add(Motion::Still, 3, EffectFile { push: true, ..EffectFile::default() });
                let score = 3 + self.below(3) as i16;
                let thing = &mut self.file.thing[crate_];
                thing.zone = [2, 2, SIDE - 3, SIDE - 3];
                thing.onto = Some(format!("#{hole}"));
                thing.drop = EffectFile { score, then: "respawn".into(), ..EffectFile::default() };
            }
            _ if self.file.swap.is_none() => {
                self.add(Motion::Still, 2, with(EffectFile { swap: 12, ..EffectFile::default() }));
                self.file.swap = Some(["#0".into(), "#1".into()]);
            }
            _ => self.add_good(),
        }
    }

    /// Gives every thing a sprite with a shape of its own, and puts the names where the places were.
    fn name_sprites(&mut self, sprites: &[Sprite]) {
        let mut chosen: Vec<Sprite> = Vec::new();
        for sprite in sprites {
            if chosen.len() < self.file.thing.len() && chosen.iter().all(|c| c.shape != sprite.shape) {
                chosen.push(*sprite);
            }
        }
        let name = |place: &mut String| {
            if let Some(sprite) = place.strip_prefix('#').and_then(|i| chosen.get(i.parse::<usize>().ok()?)) {
                *place = sprite.to_string();
            }
        };
        for thing in &mut self.file.thing {
            name(&mut thing.sprite);
            thing.onto.as_mut().map(name);
        }
        self.file.swap.iter_mut().flatten().for_each(name);
        self.file.refill.iter_mut().flat_map(|r| &mut r.of).for_each(name);
    }
}
