//! Endless training games from the same building blocks as the shipped ones. Never one that has an
//! unseen game's sprites or combination of mechanics.

use super::file::{EffectFile, FiresFile, GameFile, Moves, RefillFile, ThingFile, TwistFile};
use super::grid::{Heading, SIDE};
use super::rules::{Motion, Spawn, Teleport, Walls};
use super::sprite::Sprite;
use super::{Family, Game, Split};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg32;

/// The training game of a number: the same number gives the same game.
pub fn generate(number: u64) -> Game {
    let mut rng = Pcg32::seed_from_u64(number);
    loop {
        if let Ok(game) = Game::new(&format!("generated-{number}"), Draft::draw(Pcg32::from_rng(&mut rng)))
            && is_for_training(&game)
        {
            return game;
        }
    }
}

/// Whether a game may be trained on: no sprite pair that is held out, and no unseen game's surprise.
/// Desks are: the seed moves their thresholds, so that no two episodes are the same.
pub fn is_for_training(game: &Game) -> bool {
    let sprites = game.rules().into_iter().flat_map(|r| &r.kinds);
    let own = game.mechanics();
    let mut unseen = Game::all().filter(|g| g.file.split == Split::Unseen);
    game.file.split != Split::Unseen
        && sprites.into_iter().all(|kind| !kind.sprite.is_held_out())
        && !unseen.any(|g| g.file.surprise.iter().all(|m| own.contains(m)))
}

/// What a game may have besides something good and something bad; what stands twice comes more often.
const ROLES: [fn(&mut Draft); 18] = [
    Draft::add_good,
    Draft::add_good,
    Draft::add_bad,
    Draft::add_hunter,
    Draft::add_hunter,
    Draft::add_gunner,
    Draft::add_locks,
    Draft::add_tank,
    Draft::add_shield,
    Draft::add_slowness,
    Draft::add_teleports,
    Draft::add_crates,
    Draft::add_swap,
    Draft::add_heart,
    Draft::add_charge,
    Draft::add_ripening,
    Draft::add_twist,
    Draft::add_twist,
];

/// A game in the making.
struct Draft {
    rng: Pcg32,
    file: GameFile,
}

impl Draft {
    fn draw(mut rng: Pcg32) -> GameFile {
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
        draft.add_good();
        draft.add_bad();
        for _ in 0..2 + draft.below(3) {
            let role = draft.one_of(&ROLES);
            role(&mut draft);
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
        match self.below(12) {
            0 => self.choose_lane(Moves::Row, [5, SIDE - 1, 6, SIDE - 1], Heading::Up),
            1 => self.choose_lane(Moves::Column, [0, 5, 0, 6], Heading::Right),
            2..=4 => self.file.fire = true,
            5 | 6 => self.file.fuel = Some(30 + self.below(30) as u16),
            7 => self.file.soil = true,
            _ => {}
        }
    }

    /// The player keeps to one side, where all things come to; sometimes it shoots at them.
    fn choose_lane(&mut self, moves: Moves, start: [u8; 4], aim: Heading) {
        self.file.walls = Walls::Open;
        self.file.moves = moves;
        self.file.start = start;
        if self.below(2) == 0 {
            self.file.fire = true;
            self.file.aim = Some(aim);
        }
    }

    /// How everything moves that comes to the player's lane, where there is one.
    fn lane(&self) -> Option<Motion> {
        match self.file.moves {
            Moves::All => None,
            Moves::Row => Some(Motion::Fall),
            Moves::Column => Some(Motion::DriftLeft),
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
        let wraps = drifts && self.below(4) == 0;
        let comes = drifts && !wraps;
        let spawn = comes.then(|| Spawn { every: 3 + self.rng.random_range(0..5u16), most: 6 });
        let last = SIDE - 1;
        let zone = match motion {
            Motion::Fall | Motion::Bounce => [0, 0, last, 1],
            Motion::Rise => [0, last, last, last],
            Motion::DriftLeft => [last, 0, last, last],
            Motion::DriftRight => [0, 0, 0, last],
            _ => match self.file.moves {
                Moves::All => [0, 0, last, last],
                Moves::Row => [0, last, last, last],
                Moves::Column => [0, 0, 0, last],
            },
        };
        self.file.thing.push(ThingFile {
            sprite: format!("#{}", self.file.thing.len()),
            count: count as u8,
            zone,
            motion,
            pace,
            wraps,
            newcomer: false,
            spawn,
            fires: None,
            onto: None,
            touch,
            shot: none(),
            leave: none(),
            drop: none(),
        });
        self.file.thing.len() - 1
    }

    fn motion(&mut self) -> Motion {
        if let Some(lane) = self.lane() {
            return lane;
        }
        self.one_of(&[
            Motion::Still,
            Motion::Still,
            Motion::Wander,
            Motion::PatrolX,
            Motion::PatrolY,
            Motion::Fall,
            Motion::Rise,
            Motion::DriftLeft,
            Motion::DriftRight,
            Motion::Flee,
            Motion::Bounce,
        ])
    }

    /// Something that lies there to be picked up.
    fn add_pickup(&mut self, count: u32, effect: EffectFile) {
        let then = self.gone();
        self.add(Motion::Still, count, EffectFile { then, ..effect });
    }

    fn gone(&mut self) -> String {
        self.one_of(&["respawn", "respawn", "vanish"]).into()
    }

    fn add_good(&mut self) {
        let (motion, then) = (self.motion(), self.gone());
        let (count, score) = (2 + self.below(5), 1 + self.below(3) as i16);
        let at = self.add(motion, count, EffectFile { score, then: then.clone(), ..none() });
        if then == "vanish" && self.below(2) == 0 {
            self.file.refill = Some(RefillFile { of: vec![format!("#{at}")], bonus: self.below(4) as i16 });
        }
        if self.file.fire && self.below(2) == 0 {
            let effect = self.file.thing[at].touch.clone();
            let harm = EffectFile { score: -1, then: "respawn".into(), ..none() };
            let thing = &mut self.file.thing[at];
            (thing.shot, thing.touch) = (effect, harm);
        }
    }

    fn add_bad(&mut self) {
        let motion = self.motion();
        let count = 2 + self.below(4);
        let score = -1 - self.below(2) as i16;
        let at = self.add(motion, count, EffectFile { score, then: "respawn".into(), ..none() });
        if self.file.fire {
            self.file.thing[at].shot = EffectFile { score, then: "respawn".into(), ..none() };
        }
        if self.leaves(at) && self.below(3) == 0 {
            self.file.thing[at].leave.score = self.one_of(&[-1, 1]);
        }
    }

    /// Whether a thing may leave the board.
    fn leaves(&self, at: usize) -> bool {
        let thing = &self.file.thing[at];
        (thing.motion.drift().is_some() || thing.motion == Motion::Bounce) && !thing.wraps
    }

    /// What takes lives; boulders where there is soil to undermine.
    fn add_hunter(&mut self) {
        let free = [Motion::Chase, Motion::Wander, Motion::PatrolX, Motion::PatrolY, Motion::Fall];
        let boulders = self.file.soil.then_some(Motion::Fall);
        let motion = self.lane().or(boulders).unwrap_or_else(|| self.one_of(&free));
        let count = 1 + self.below(3);
        let at = self.add(motion, count, EffectFile { life: -1, then: "respawn".into(), ..none() });
        if self.file.soil {
            let boulder = &mut self.file.thing[at];
            (boulder.spawn, boulder.wraps, boulder.zone) = (None, false, [0, 0, SIDE - 1, SIDE / 2]);
        }
        if self.file.fire {
            self.file.thing[at].shot = EffectFile { score: 1, then: "respawn".into(), ..none() };
        }
    }

    /// What shoots, and its shots.
    fn add_gunner(&mut self) {
        let life = -i8::from(self.below(2) == 0);
        let shot = self.add(Motion::Dart, 0, EffectFile { life, score: -1, ..none() });
        let motion = self.lane().unwrap_or(Motion::Wander);
        let motion = self.one_of(&[Motion::Still, Motion::PatrolX, motion]);
        let count = 1 + self.below(2);
        let gunner = self.add(motion, count, EffectFile { score: 2, then: "respawn".into(), ..none() });
        let every = 4 + self.below(5) as u16;
        let gunner = &mut self.file.thing[gunner];
        gunner.zone = [0, 0, SIDE - 1, SIDE - 1];
        gunner.fires = Some(FiresFile { what: format!("#{shot}"), every, to: None });
    }

    fn add_locks(&mut self) {
        self.add(Motion::Still, 2, EffectFile { key: 1, then: "respawn".into(), ..none() });
        let score = 3 + self.below(4) as i16;
        self.add(Motion::Still, 2, EffectFile { door: true, score, then: "respawn".into(), ..none() });
    }

    /// Fuel to find, and what wastes it.
    fn add_tank(&mut self) {
        self.file.fuel.get_or_insert(45);
        self.add_pickup(3, EffectFile { fuel: 20, ..none() });
        if self.below(2) == 0 {
            let motion = self.motion();
            self.add(motion, 2, EffectFile { fuel: -10, then: "respawn".into(), ..none() });
        }
    }

    fn add_shield(&mut self) {
        self.add_pickup(2, EffectFile { shield: 12, ..none() });
    }

    fn add_slowness(&mut self) {
        self.add_pickup(2, EffectFile { slow: 12, ..none() });
    }

    fn add_teleports(&mut self) {
        let teleport = Some(self.one_of(&[Teleport::Twin, Teleport::Anywhere, Teleport::Home]));
        self.add(Motion::Still, 2, EffectFile { teleport, ..none() });
    }

    fn add_crates(&mut self) {
        if self.lane().is_some() {
            return self.add_good(); // there is no room to push
        }
        let hole = self.add(Motion::Still, 2, none());
        let crate_ = self.add(Motion::Still, 3, EffectFile { push: true, ..none() });
        let score = 3 + self.below(3) as i16;
        let thing = &mut self.file.thing[crate_];
        thing.zone = [2, 2, SIDE - 3, SIDE - 3];
        thing.onto = Some(format!("#{hole}"));
        thing.drop = EffectFile { score, then: "respawn".into(), ..none() };
    }

    fn add_swap(&mut self) {
        self.add_pickup(2, EffectFile { swap: 12, ..none() });
        self.file.swap = Some(["#0".into(), "#1".into()]);
    }

    fn add_heart(&mut self) {
        self.add_pickup(1, EffectFile { life: 1, ..none() });
    }

    /// What is to be caught, for a life is lost when it gets away.
    fn add_charge(&mut self) {
        let motion = self.lane().unwrap_or(Motion::Bounce);
        let at = self.add(motion, 1, EffectFile { score: 2, then: "respawn".into(), ..none() });
        let charge = &mut self.file.thing[at];
        (charge.wraps, charge.pace) = (false, 2);
        charge.spawn = Some(Spawn { every: 9, most: 2 });
        charge.leave.life = -1;
    }

    /// What is worth something only once it was touched, or no longer then.
    fn add_ripening(&mut self) {
        let scores = self.one_of(&[(-1, 4), (1, -3)]);
        let ripe =
            self.add(Motion::Still, 0, EffectFile { score: scores.1, then: "vanish".into(), ..none() });
        let then = format!("become #{ripe}");
        let raw = self.add(Motion::Still, 4, EffectFile { score: scores.0, then, ..none() });
        self.file.thing[raw].spawn = Some(Spawn { every: 8, most: 4 });
    }

    /// Half-way the first two trade effects, and sometimes something new joins.
    fn add_twist(&mut self) {
        let trade = vec![["#0".into(), "#1".into()]];
        self.file.twist = Some(TwistFile { at: Some(self.file.steps / 2), trade });
        if self.below(2) == 0 {
            self.add_bad();
            if let Some(newcomer) = self.file.thing.last_mut() {
                // What spawns would be there before.
                (newcomer.newcomer, newcomer.spawn) = (true, None);
            }
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
        // Also as the last word of `become #3`.
        let name = |place: &mut String| {
            if let Some((before, i)) = place.split_once('#')
                && let Some(sprite) = i.parse().ok().and_then(|i: usize| chosen.get(i))
            {
                *place = format!("{before}{sprite}");
            }
        };
        let file = &mut self.file;
        for thing in &mut file.thing {
            name(&mut thing.sprite);
            name(&mut thing.touch.then);
            thing.onto.iter_mut().for_each(name);
            thing.fires.iter_mut().for_each(|fires| name(&mut fires.what));
        }
        file.swap.iter_mut().flatten().for_each(name);
        file.refill.iter_mut().flat_map(|r| &mut r.of).for_each(name);
        file.twist.iter_mut().flat_map(|t| &mut t.trade).flatten().for_each(name);
    }
}

fn none() -> EffectFile {
    EffectFile::default()
}
