//! The teacher at the board: plans with what a rulebook claims, true or not, and says its reasons in
//! the few words that the model learns to say.
//!
//! It says where it is and what walls are beside it, and what each rule claims in a word or two. Then it names
//! each kind of thing in sight, by colour, and what the rules say of it. It goes for the kind that is worth most
//! (what is new counts too, while there are lives to risk), of equals the first that it named, and of that kind for
//! the nearest as the crow flies, where it is now: a small model is no good at sums, and weighing worth against
//! steps, foreseeing where a thing will be met, or knowing which is nearest around all walls made the teacher no
//! better (`samples teacher`). Nor is it at finding the most of many: so it says at each kind whether that is the
//! most so far, and the last of these is the goal. Then it tries every action on a copy of the game that works as
//! the rulebook claims: what is in the way, what hurts, how far the goal is then. All that a choice depends on is
//! said before it: a small model learns in small steps.

mod plan;
mod words;

use super::claim::{Claim, Subject, Worth};
use crate::env::{Action, idle};
use crate::games::Trigger;
use crate::games::arcade::{Arcade, Ground, Sighting};
use crate::games::grid::{Heading, SIDE, neighbour};
use crate::games::rules::{Effect, Effects, Motion, Rules, Then};
use crate::games::sprite::Sprite;
use std::collections::BTreeMap;
use std::fmt::Write;
use words::{reading, verdict};

const SIDES: usize = SIDE as usize;
const CELLS: usize = SIDES * SIDES;
/// Steps that moving things are foreseen.
const FORESIGHT: usize = 20;
/// Fuel below which nothing else matters.
const LOW_FUEL: i32 = 15;
/// Things that a look lists.
const MOST_SEEN: usize = 16;
/// Farther than any cell.
const FAR: u8 = u8::MAX;
/// What points are worth where the rule does not say how many, and what something new may be worth.
const SOME: u8 = 3;

/// What the teacher does, and why.
#[derive(Debug, Clone, PartialEq)]
pub struct Decision {
    /// Its reasons and its action, as the model is to write them.
    pub text: String,
    /// The action.
    pub action: Action,
    /// All actions that are as good to it, the chosen one included.
    pub equal: Vec<Action>,
    /// Where it goes, across and down, if it has a goal on a board.
    pub towards: Option<(u8, u8)>,
}

/// What a rulebook claims of a kind of thing: the number of the rule, counted from 1, and the claim.
/// Where rules contradict each other, the later one holds.
#[derive(Debug, Clone, Copy, Default)]
struct Known {
    touch: Option<(usize, Worth)>,
    shot: Option<(usize, Worth)>,
    leave: Option<(usize, Worth)>,
    push: Option<(usize, Subject, Worth)>,
}

impl Known {
    fn of(claims: &[Claim], sprite: Sprite) -> Self {
        let mut known = Known::default();
        for (i, claim) in claims.iter().enumerate() {
            match claim {
                Claim::Meeting { subject, trigger, worth } if subject.means(sprite) => match trigger {
                    Trigger::Touch => known.touch = Some((i + 1, *worth)),
                    Trigger::Shot => known.shot = Some((i + 1, *worth)),
                    Trigger::Leave => known.leave = Some((i + 1, *worth)),
                    Trigger::Drop => {}
                },
                Claim::Push { subject, onto, worth } if subject.means(sprite) => {
                    known.push = Some((i + 1, *onto, *worth));
                }
                _ => {}
            }
        }
        known
    }

    /// What the rules that hold say, in a word each, in the rulebook's order.
    fn verdicts(&self, fires: bool) -> Vec<String> {
        let meeting = |trigger, known: (usize, Worth)| (known.0, verdict(trigger, known.1));
        let touch = self.touch.map(|known| meeting(Trigger::Touch, known));
        let shot = self.shot.filter(|_| fires).map(|known| meeting(Trigger::Shot, known));
        let leave = self.leave.map(|known| meeting(Trigger::Leave, known));
        let push = self.push.map(|(rule, _, worth)| meeting(Trigger::Drop, (rule, worth)));
        let mut verdicts: Vec<(usize, String)> = [touch, shot, leave, push].into_iter().flatten().collect();
        verdicts.sort_by_key(|(rule, _)| *rule);
        verdicts.into_iter().map(|(_, word)| word).collect()
    }

    fn is_new(&self, fires: bool) -> bool {
        let shot = self.shot.filter(|_| fires);
        self.touch.is_none() && shot.is_none() && self.leave.is_none() && self.push.is_none()
    }

    /// What it is worth to meet it in some way.
    fn value(&self, way: Way, door: f32) -> f32 {
        let worth = match way {
            Way::Touch => self.touch.or(self.leave.filter(|(_, worth)| worth.is_bad())),
            Way::Shoot => self.shot,
            Way::Push(..) => self.push.map(|(rule, _, worth)| (rule, worth)),
        };
        match worth.map(|(_, worth)| worth) {
            Some(Worth::Points(points) | Worth::Loss(points)) => f32::from(points.unwrap_or(SOME)),
            Some(Worth::Key) => door * 0.7,
            Some(Worth::Door) => door,
            Some(Worth::Life | Worth::Fuel) => 4.0,
            Some(Worth::Harm) => 3.0,
            // A way to elsewhere, for when there is nothing to do here.
            Some(Worth::Teleport) => 0.01,
            Some(_) => 1.0,
            None => f32::from(SOME),
        }
    }

    /// Whether it gives fuel.
    fn fuels(&self) -> bool {
        [self.touch, self.shot].into_iter().flatten().any(|(_, worth)| worth == Worth::Fuel)
    }

    fn is_bad(&self) -> bool {
        self.touch.is_some_and(|(_, worth)| worth.is_bad())
    }

    /// The effects that the rulebook claims, for a copy of the game to plan on.
    fn effects(&self) -> Effects {
        let effect = |worth: Option<Worth>| match worth {
            Some(worth) if worth.is_bad() => Effect { life: -1, then: Then::Vanish, ..Effect::default() },
            Some(Worth::Nothing) | None => Effect::default(),
            Some(_) => Effect { score: 1, then: Then::Vanish, ..Effect::default() },
        };
        let mut touch = effect(self.touch.map(|(_, worth)| worth));
        match self.touch {
            Some((_, Worth::Door)) => touch.door = true,
            Some((_, Worth::Key)) => touch.key = 1,
            _ => {}
        }
        let drop = effect(self.push.map(|(_, _, worth)| worth));
        if self.push.is_some() {
            touch = Effect { push: true, ..Effect::default() };
        }
        Effects { touch, shot: effect(self.shot.map(|(_, worth)| worth)), leave: Effect::default(), drop }
    }
}

/// How a thing is to be met.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Way {
    Touch,
    Shoot,
    /// In that heading, on the way to that cell.
    Push(Heading, usize),
}

/// What to go for.
#[derive(Debug, Clone, Copy)]
struct Goal {
    way: Way,
    thing: usize,
    /// Where to meet it, or to shoot or push it from.
    at: usize,
    /// In how many steps the player is there.
    steps: u8,
    /// How far the thing is as the crow flies.
    far: u8,
    /// What it is worth.
    worth: f32,
}

/// What comes of an action, in a word or a number of steps that the goal is away then.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Try {
    Hits(Sprite),
    Misses,
    Pushes,
    Away(u8),
    Free,
    New,
    Shut,
    Wall,
    Trap,
    Bad,
}

/// A board as the teacher looks at it.
struct View<'a> {
    arcade: &'a Arcade,
    /// The game as the rulebook claims it.
    imagined: Arcade,
    things: Vec<Sighting>,
    /// The thing in each cell.
    at: [Option<u8>; CELLS],
    /// The kind of each thing.
    kinds: Vec<usize>,
    known: Vec<Known>,
    /// Where each thing will be, step by step.
    paths: Vec<Vec<(u8, u8)>>,
    grounds: [Ground; CELLS],
    /// The headings in which the player can walk.
    ways: Vec<Heading>,
    player: usize,
    fires: bool,
    lives: i32,
    keys: i32,
    fuel: i32,
}

/// Decides by a rulebook's claims.
pub fn decide(arcade: &Arcade, claims: &[Claim]) -> Decision {
    choose(arcade, claims, arcade.actions())
}

/// Decides among some actions: those that are left where others came to nothing.
pub fn choose(arcade: &Arcade, claims: &[Claim], offered: &[Action]) -> Decision {
    View::new(arcade, claims).decide(claims, offered)
}

/// For each thing in sight, the column and row of where the player shoots it from, or waits for it if it does not shoot
/// and no way leads there, and in how many steps it is there; none if there is no such place, or no need of one.
pub fn stands(arcade: &Arcade) -> Vec<Option<(u8, u8, u8)>> {
    let view = View::unclaimed(arcade);
    let steps = view.flood(view.player);
    let told = |at: usize| ((at % SIDES) as u8, (at / SIDES) as u8, steps[at]);
    (0..view.things.len()).map(|thing| view.stand(thing, &steps).map(told)).collect()
}

/// Of each kind in sight the nearest: where it is and how far off, from where to shoot it if the player shoots or where
/// to wait for it if there is no way to it, in how many steps the player is there, where it goes next if it moves, and
/// what walls are beside it: `me 5 6, wall left. red ring 8 4 right 3 up 2 at 8 6 in 5 wall up, blue box 3 7 left 2 down
/// 1 at 3 6 in 2 moves left`.
pub fn nearest(arcade: &Arcade) -> String {
    let view = View::unclaimed(arcade);
    let steps = view.flood(view.player);
    let say = |kind: usize| {
        let ours = (0..view.things.len()).filter(|&thing| view.kinds[thing] == kind);
        let thing = ours.min_by_key(|&thing| view.far(thing))?;
        let Sighting { sprite, x, y, heading, moves } = view.things[thing];
        let mut text = format!("{sprite} {x} {y}{}", view.say_way(x, y));
        let stand = view.stand(thing, &steps);
        let at = stand.unwrap_or(cell(x, y));
        let (steps, far) = (steps[at], view.far(thing));
        if stand.is_some() {
            let way = if view.fires { Way::Shoot } else { Way::Touch };
            text.push_str(&view.say_stand(&Goal { way, thing, at, steps, far, worth: 0.0 }));
        }
        if steps != FAR {
            let _ = write!(text, " in {steps}");
        }
        if let Some(heading) = heading.filter(|_| moves) {
            let _ = write!(text, " moves {heading}");
        }
        text.push_str(&view.say_walls(" ", cell(x, y)));
        Some(text)
    };
    let nearest: Vec<String> = view.seen().into_iter().filter_map(say).collect();
    format!("{}{}", view.say_me(), nearest.join(", "))
}

/// Where everything is, row by row: `me 5 6, red ring 8 4, blue box 3 7`; not more than sixteen things.
pub fn look(arcade: &Arcade) -> String {
    let (x, y) = arcade.player();
    let mut text = format!("me {x} {y}");
    for thing in arcade.sightings().iter().take(MOST_SEEN) {
        let _ = write!(text, ", {} {} {}", thing.sprite, thing.x, thing.y);
    }
    text
}

fn cell(x: u8, y: u8) -> usize {
    usize::from(y) * SIDES + usize::from(x)
}

fn beside(cell: usize, heading: Heading) -> Option<usize> {
    neighbour(cell as u8, heading).map(usize::from)
}

fn is_worth_a_shot(worth: Worth) -> bool {
    worth.is_good() || worth == Worth::Fuel
}

fn kind_of(rules: &Rules, sprite: Sprite) -> usize {
    rules.kinds.iter().position(|kind| kind.sprite == sprite).unwrap_or(0)
}

impl<'a> View<'a> {
    /// The board for somebody who has no rules, and lives to lose, as a picture does not tell how many are left: it may
    /// run into anything, but where it can shoot it goes round what does not move.
    fn unclaimed(arcade: &'a Arcade) -> Self {
        Self { lives: i32::MAX, ..Self::new(arcade, &[]) }
    }

    fn new(arcade: &'a Arcade, claims: &[Claim]) -> Self {
        let rules = arcade.rules();
        let known: Vec<Known> = rules.kinds.iter().map(|kind| Known::of(claims, kind.sprite)).collect();
        let mut imagined = arcade.believing(known.iter().map(Known::effects).collect());
        imagined.reseed(0);
        let things = arcade.sightings();
        let mut at = [None; CELLS];
        for (i, thing) in things.iter().enumerate() {
            at[cell(thing.x, thing.y)] = Some(i as u8);
        }
        let status = arcade.status();
        let reading = |name: &str| {
            status.readings.iter().find(|r| r.name == name).and_then(|r| match r.value {
                crate::env::Value::Count(n) => Some(n),
                _ => None,
            })
        };
        let (x, y) = arcade.player();
        Self {
            kinds: things.iter().map(|thing| kind_of(rules, thing.sprite)).collect(),
            paths: imagined.foresee(FORESIGHT),
            imagined,
            things,
            at,
            known,
            grounds: arcade.grounds(),
            ways: arcade.actions().iter().filter_map(|&action| Heading::of(action)).collect(),
            player: cell(x, y),
            fires: arcade.actions().contains(&Action::Fire),
            lives: status.lives,
            keys: reading("keys").unwrap_or(0),
            fuel: reading("fuel").unwrap_or(i32::MAX),
            arcade,
        }
    }

    fn thing_at(&self, cell: usize) -> Option<usize> {
        self.at[cell].map(usize::from)
    }

    fn known(&self, thing: usize) -> &Known {
        &self.known[self.kinds[thing]]
    }

    fn motion(&self, thing: usize) -> Motion {
        self.arcade.rules().kinds[self.kinds[thing]].motion
    }

    /// Whether the fuel is so low that only fuel counts, and there is some.
    fn is_thirsty(&self) -> bool {
        self.fuel < LOW_FUEL && self.kinds.iter().any(|&kind| self.known[kind].fuels())
    }

    /// Whether there is any use for something now.
    fn wants(&self, worth: Worth) -> bool {
        match worth {
            Worth::Fuel => self.fuel < LOW_FUEL,
            Worth::Key => self.keys == 0,
            Worth::Door => self.keys > 0,
            worth => worth.is_good() || worth == Worth::Teleport,
        }
    }

    /// Whether to run into a thing.
    fn wants_touch(&self, thing: usize) -> bool {
        let known = self.known(thing);
        match known.touch {
            Some((_, worth)) => self.wants(worth),
            None if known.push.is_some() => false,
            None => match known.leave {
                Some((_, worth)) => worth.is_bad(),
                None if self.fires => self.lives > 1 && known.shot.is_some_and(|(_, w)| !is_worth_a_shot(w)),
                None => self.lives > 1,
            },
        }
    }

    /// Whether to shoot at a thing.
    fn wants_shot(&self, thing: usize) -> bool {
        let known = self.known(thing);
        let tempting = known.touch.is_some_and(|(_, worth)| worth.is_good());
        let wanted = |(_, worth)| is_worth_a_shot(worth) && self.wants(worth);
        self.fires && known.push.is_none() && known.shot.map_or(!tempting, wanted)
    }

    fn decide(&self, claims: &[Claim], offered: &[Action]) -> Decision {
        let seen = self.seen();
        let offers = self.goals(&seen);
        let most = best_so_far(&offers);
        let goal = most.iter().rposition(|&most| most).and_then(|place| offers[place]);
        let away = goal.as_ref().map_or([FAR; CELLS], |goal| self.flood(goal.at));
        let danger = (self.things.iter().enumerate())
            .any(|(i, thing)| self.known(i).is_bad() && thing.heading.is_some() && self.far(i) <= 5);
        let try_all = |away: &[u8; CELLS]| -> Vec<(Action, Try)> {
            offered
                .iter()
                .map(|&action| (action, self.try_out(action, goal.as_ref(), away, danger)))
                .collect()
        };
        let mut tries = try_all(&away);
        // No way leads through what hurts, if there is another one.
        let hurts = |&&(_, tried): &&(Action, Try)| matches!(tried, Try::Bad | Try::Trap);
        let closed: Vec<usize> = (tries.iter().filter(hurts))
            .filter_map(|&(action, _)| Heading::of(action).and_then(|way| beside(self.player, way)))
            .collect();
        if let Some(goal) = goal.as_ref().filter(|goal| !closed.is_empty() && !closed.contains(&goal.at)) {
            let around = self.flood_around(goal.at, &closed);
            if around[self.player] != FAR {
                tries = try_all(&around);
            }
        }
        let idle = idle(self.arcade.actions());
        if offered.len() < self.arcade.actions().len() {
            // Where something else was in vain, waiting would be too.
            for (action, tried) in &mut tries {
                if *action == idle && matches!(tried, Try::Away(_)) {
                    *tried = Try::Free;
                }
            }
        }
        let equal: Vec<Action> = pick(&tries, idle);
        let action = equal.first().copied().unwrap_or(idle);
        let mut text = self.say_me();
        if !claims.is_empty() {
            let said = claims.iter().enumerate().map(|(i, claim)| format!("{} {}", i + 1, reading(claim)));
            let _ = write!(text, "{}. ", said.collect::<Vec<_>>().join(", "));
        }
        if !seen.is_empty() {
            let said = seen.iter().zip(most).map(|(&kind, most)| self.say_kind(kind, most));
            let said: Vec<String> = said.collect();
            let _ = write!(text, "{}. ", said.join(", "));
        }
        match &goal {
            Some(goal) => self.say_goal(goal, &mut text),
            None => text.push_str("goal none"),
        }
        text.push_str(". ");
        let said: Vec<String> = tries.iter().map(|(action, tried)| format!("{action} {tried}")).collect();
        text.push_str(&said.join(", "));
        let _ = write!(text, ". {action}: {}\naction: {action}", self.foretell(action));
        let towards = goal.map(|goal| ((goal.at % SIDES) as u8, (goal.at / SIDES) as u8));
        Decision { text, action, equal, towards }
    }

    /// The kinds in sight, by colour and then by shape, as [`Sprite`] has them.
    fn seen(&self) -> Vec<usize> {
        let seen: BTreeMap<Sprite, usize> =
            self.things.iter().map(|thing| thing.sprite).zip(self.kinds.iter().copied()).collect();
        seen.into_values().collect()
    }
}

/// Which offers are worth more than all before them: the last of these is the goal.
fn best_so_far(offers: &[Option<Goal>]) -> Vec<bool> {
    let mut best = 0.0;
    let is_most = |offer: &Option<Goal>| {
        let worth = offer.map_or(0.0, |goal| goal.worth);
        let is_most = worth > best;
        best = worth.max(best);
        is_most
    };
    offers.iter().map(is_most).collect()
}

/// The best of what was tried, in the order of the actions; all are equally good.
fn pick(tries: &[(Action, Try)], idle: Action) -> Vec<Action> {
    let rank = |action: Action, tried: Try| -> u16 {
        match tried {
            Try::Hits(_) => 0,
            Try::Pushes => 1,
            Try::Away(steps) => 2 + u16::from(steps),
            // With nowhere to go, waiting is best.
            Try::Free if action == idle => 300,
            Try::Free => 301,
            Try::Misses => 302,
            Try::Shut | Try::Wall => 303,
            Try::New => 304,
            Try::Trap => 305,
            Try::Bad => 306,
        }
    };
    let best = tries.iter().map(|&(action, tried)| rank(action, tried)).min().unwrap_or(0);
    tries.iter().filter(|&&(action, tried)| rank(action, tried) == best).map(|&(action, _)| action).collect()
}
