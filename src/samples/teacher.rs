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

use super::claim::{Claim, Subject, Worth};
use crate::env::Action;
use crate::games::Trigger;
use crate::games::arcade::{Arcade, Ground, Sighting};
use crate::games::grid::{Heading, SIDE};
use crate::games::rules::{Effect, Effects, Motion, Rules, Then};
use crate::games::sprite::Sprite;
use std::collections::BTreeMap;
use std::fmt::Write;

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

/// What a rule says of a meeting, in a word, and how much of it: `good 2`.
fn verdict(trigger: Trigger, worth: Worth) -> String {
    let word = match (trigger, worth) {
        (Trigger::Touch, Worth::Points(_)) => "good",
        (Trigger::Touch, Worth::Loss(_) | Worth::Harm) => "bad",
        (Trigger::Touch, Worth::Life) => "life",
        (Trigger::Touch, Worth::Nothing) => "safe",
        (Trigger::Touch, Worth::Key) => "key",
        (Trigger::Touch, Worth::Door) => "door",
        (Trigger::Touch, Worth::Fuel) => "fuel",
        (Trigger::Touch, Worth::Shield) => "shield",
        (Trigger::Touch, Worth::Slow) => "slow",
        (Trigger::Touch, Worth::Teleport) => "jump",
        (Trigger::Touch, Worth::Swap) => "trade",
        (Trigger::Shot, worth) if worth.is_good() => "shoot",
        (Trigger::Shot, worth) if worth.is_bad() => "spare",
        (Trigger::Shot, _) => "proof",
        (Trigger::Leave, worth) if worth.is_bad() => return "catch".into(),
        (Trigger::Leave, _) => return "release".into(),
        (Trigger::Drop, worth) if worth.is_good() => "push",
        (Trigger::Drop, _) => "keep",
    };
    match worth {
        Worth::Points(Some(points)) => format!("{word} {points}"),
        _ => word.into(),
    }
}

/// What a rule claims, as the model is to read it: `green crown good 2`.
fn reading(claim: &Claim) -> String {
    match claim {
        Claim::Meeting { subject, trigger, worth } => format!("{subject} {}", verdict(*trigger, *worth)),
        Claim::Push { subject, onto, worth } => {
            format!("{subject} {} onto {onto}", verdict(Trigger::Drop, *worth))
        }
        Claim::Desk { .. } | Claim::Idle => "none".into(),
    }
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
    let (x, y) = (cell % SIDES, cell / SIDES);
    match heading {
        Heading::Up => (y > 0).then(|| cell - SIDES),
        Heading::Down => (y + 1 < SIDES).then(|| cell + SIDES),
        Heading::Left => (x > 0).then(|| cell - 1),
        Heading::Right => (x + 1 < SIDES).then(|| cell + 1),
        _ => None,
    }
}

fn kind_of(rules: &Rules, sprite: Sprite) -> usize {
    rules.kinds.iter().position(|kind| kind.sprite == sprite).unwrap_or(0)
}

impl<'a> View<'a> {
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
        let fuels = |known: &Known| matches!(known.touch, Some((_, Worth::Fuel)));
        self.fuel < LOW_FUEL && self.kinds.iter().any(|&kind| fuels(&self.known[kind]))
    }

    /// Whether to run into a thing.
    fn wants_touch(&self, thing: usize) -> bool {
        let known = self.known(thing);
        match known.touch {
            Some((_, Worth::Fuel)) => self.fuel < LOW_FUEL,
            Some((_, Worth::Key)) => self.keys == 0,
            Some((_, Worth::Door)) => self.keys > 0,
            Some((_, worth)) => worth.is_good() || worth == Worth::Teleport,
            None if known.push.is_some() => false,
            None => match known.leave {
                Some((_, worth)) => worth.is_bad(),
                None if self.fires => self.lives > 1 && known.shot.is_some_and(|(_, w)| !w.is_good()),
                None => self.lives > 1,
            },
        }
    }

    /// Whether to shoot at a thing.
    fn wants_shot(&self, thing: usize) -> bool {
        let known = self.known(thing);
        let tempting = known.touch.is_some_and(|(_, worth)| worth.is_good());
        self.fires && known.push.is_none() && known.shot.map_or(!tempting, |(_, worth)| worth.is_good())
    }

    /// Steps from a cell to every other. What stands in the way can be reached, not crossed.
    fn flood(&self, from: usize) -> [u8; CELLS] {
        self.flood_around(from, &[])
    }

    /// The same, around some cells that can't be crossed either.
    fn flood_around(&self, from: usize, closed: &[usize]) -> [u8; CELLS] {
        let mut steps = [FAR; CELLS];
        steps[from] = 0;
        let mut queue = [0u8; CELLS];
        queue[0] = from as u8;
        let (mut head, mut tail) = (0, 1);
        while head < tail {
            let here = usize::from(queue[head]);
            head += 1;
            if here != from && (self.is_shut(here) || closed.contains(&here)) {
                continue;
            }
            for &way in &self.ways {
                if let Some(next) = beside(here, way)
                    && steps[next] == FAR
                    && self.grounds[next] != Ground::Wall
                {
                    steps[next] = steps[here] + 1;
                    queue[tail] = next as u8;
                    tail += 1;
                }
            }
        }
        steps
    }

    /// Whether a thing is in a cell that is not wanted and does not go away.
    fn is_shut(&self, here: usize) -> bool {
        self.thing_at(here).is_some_and(|thing| {
            let stays = match self.motion(thing) {
                Motion::Still => true,
                Motion::Chase | Motion::Flee => false,
                _ => self.paths[thing].get(3).is_some_and(|&(x, y)| cell(x, y) == here),
            };
            stays && !self.wants_touch(thing) || self.is_jump(thing)
        })
    }

    /// Whether a thing sends the player elsewhere: no way leads through it.
    fn is_jump(&self, thing: usize) -> bool {
        matches!(self.known(thing).touch, Some((_, Worth::Teleport)))
    }

    /// What each of these kinds offers: what is worth most of it, and of that the nearest.
    fn goals(&self, kinds: &[usize]) -> Vec<Option<Goal>> {
        let steps = self.flood(self.player);
        let thirsty = self.is_thirsty();
        let doors = self.kinds.iter().any(|&kind| matches!(self.known[kind].touch, Some((_, Worth::Door))));
        let door = if doors { 5.0 } else { 1.0 };
        let beats = |goal: &Goal, best: &Goal| {
            goal.worth > best.worth || (goal.worth == best.worth && goal.far < best.far)
        };
        let mut best: Vec<Option<Goal>> = vec![None; kinds.len()];
        let mut offer = |way: Way, thing: usize, at: usize| {
            let steps = steps[at];
            let (worth, far) = (self.known(thing).value(way, door), self.far(thing));
            let goal = Goal { way, thing, at, steps, far, worth };
            let place = kinds.iter().position(|&kind| kind == self.kinds[thing]);
            if let Some(best) = place.and_then(|place| best.get_mut(place))
                && steps != FAR
                && best.is_none_or(|best| beats(&goal, &best))
            {
                *best = Some(goal);
            }
        };
        for (i, thing) in self.things.iter().enumerate() {
            if thirsty && !matches!(self.known(i).touch, Some((_, Worth::Fuel))) {
                continue;
            }
            let here = cell(thing.x, thing.y);
            if self.wants_touch(i) {
                if steps[here] == FAR {
                    // It may still come to where the player can be.
                    let path = &self.paths[i];
                    let met = path.iter().map(|&(x, y)| cell(x, y)).enumerate();
                    if let Some((_, at)) = met.into_iter().find(|&(t, at)| usize::from(steps[at]) <= t + 1) {
                        offer(Way::Touch, i, at);
                    }
                } else {
                    offer(Way::Touch, i, here);
                }
            }
            if self.wants_shot(i)
                && let Some(at) = self.line_up(here, &steps)
            {
                offer(Way::Shoot, i, at);
            }
            if let Some((way, at)) = self.push(i, here, &steps) {
                offer(way, i, at);
            }
        }
        best
    }

    /// How far a thing is from the player as the crow flies.
    fn far(&self, thing: usize) -> u8 {
        let ((x, y), thing) = (self.arcade.player(), &self.things[thing]);
        thing.x.abs_diff(x) + thing.y.abs_diff(y)
    }

    /// The nearest cell to shoot a target from.
    fn line_up(&self, target: usize, steps: &[u8; CELLS]) -> Option<usize> {
        let rules = self.arcade.rules();
        let mut best: Option<(u8, usize)> = None;
        for aim in Heading::STRAIGHT {
            if rules.aim.is_some_and(|only| only != aim) || (rules.aim.is_none() && !self.ways.contains(&aim))
            {
                continue;
            }
            let back = match aim {
                Heading::Up => Heading::Down,
                Heading::Down => Heading::Up,
                Heading::Left => Heading::Right,
                _ => Heading::Left,
            };
            let mut from = target;
            for _ in 0..rules.range {
                let Some(next) = beside(from, back) else { break };
                if self.grounds[next] != Ground::Floor {
                    break;
                }
                from = next;
                let occupied = self.thing_at(from).is_some();
                let turned = from == self.player && self.arcade.facing() == aim;
                // Right beside it there is no room to turn towards it.
                let room = turned || rules.aim.is_some() || beside(from, aim) != Some(target);
                let steps = steps[from];
                if steps != FAR && !occupied && room && best.is_none_or(|best| (steps, from) < best) {
                    best = Some((steps, from));
                }
                if occupied {
                    break;
                }
            }
        }
        best.map(|(_, at)| at)
    }

    /// The best push of a thing, if it is worth pushing, and where the player stands for it.
    fn push(&self, thing: usize, here: usize, steps: &[u8; CELLS]) -> Option<(Way, usize)> {
        let (_, onto, worth) = self.known(thing).push?;
        if !worth.is_good() {
            return None;
        }
        let open = |cell: usize| self.grounds[cell] == Ground::Floor && self.thing_at(cell).is_none();
        let mut best: Option<(Way, usize, u8)> = None;
        for target in self.things.iter().filter(|t| onto.means(t.sprite)) {
            let target = cell(target.x, target.y);
            // How far the thing is from its target, over free floor.
            let mut away = [FAR; CELLS];
            away[target] = 0;
            let mut queue = vec![target];
            let mut head = 0;
            while let Some(&now) = queue.get(head) {
                head += 1;
                for way in Heading::STRAIGHT {
                    if let Some(next) = beside(now, way)
                        && away[next] == FAR
                        && (open(next) || next == here)
                    {
                        away[next] = away[now] + 1;
                        queue.push(next);
                    }
                }
            }
            if away[here] == FAR {
                continue;
            }
            for &way in &self.ways {
                let back =
                    self.ways.iter().copied().find(|&w| {
                        beside(here, way).and_then(|next| beside(next, w)) == Some(here) && w != way
                    });
                let (Some(next), Some(stand)) = (beside(here, way), back.and_then(|b| beside(here, b)))
                else {
                    continue;
                };
                let standable = stand == self.player
                    || (self.grounds[stand] != Ground::Wall && self.thing_at(stand).is_none());
                if away[next] < away[here] && standable && steps[stand] != FAR {
                    let far = steps[stand].saturating_add(away[here].saturating_mul(2));
                    if best.is_none_or(|best| far < best.2) {
                        best = Some((Way::Push(way, target), stand, far));
                    }
                }
            }
        }
        best.map(|(way, stand, _)| (way, stand))
    }

    /// Whether nothing that is claimed to be bad can be helped for so many more steps.
    fn is_trapped(&self, state: &Arcade, steps: usize) -> bool {
        steps > 0
            && self.arcade.actions().iter().all(|&action| {
                let mut next = state.clone();
                let outcome = next.step(action);
                outcome.lives < 0 || (!outcome.done && self.is_trapped(&next, steps - 1))
            })
    }

    fn try_out(&self, action: Action, goal: Option<&Goal>, away: &[u8; CELLS], danger: bool) -> Try {
        let mut next = self.imagined.clone();
        let outcome = next.step(action);
        let safe = |good: Try| {
            if outcome.lives < 0 {
                Try::Bad
            } else if danger && !outcome.done && self.is_trapped(&next, 3) {
                Try::Trap
            } else {
                good
            }
        };
        let distance = |cell: usize| match goal {
            Some(_) if away[cell] == FAR => Try::Free,
            Some(_) => Try::Away(away[cell]),
            None => Try::Free,
        };
        let Some(way) = Heading::of(action) else {
            if action == Action::Fire {
                let hit = next.events().iter().find(|event| event.trigger == Trigger::Shot);
                let hit = hit.map(|event| usize::from(event.kind));
                let sprite = |kind: usize| self.arcade.rules().kinds[kind].sprite;
                return match hit {
                    Some(kind) => {
                        let thing = self.kinds.iter().position(|&k| k == kind);
                        let known = self.known[kind];
                        if known.shot.is_some_and(|(_, worth)| worth.is_bad()) {
                            Try::Bad
                        } else if thing.is_some_and(|thing| self.wants_shot(thing)) {
                            safe(Try::Hits(sprite(kind)))
                        } else {
                            safe(Try::Misses)
                        }
                    }
                    None => safe(Try::Misses),
                };
            }
            let turning = goal.is_some_and(|goal| self.turn(goal).is_some());
            return safe(if turning { Try::Away(1) } else { distance(self.player) });
        };
        let Some(cell) = self.open(way) else { return Try::Wall };
        let open = match self.thing_at(cell) {
            None => distance(cell),
            Some(thing) => {
                let known = self.known(thing);
                if let Some(Goal { way: Way::Push(to, _), thing: pushed, at, .. }) = goal
                    && (*at, *to, *pushed) == (self.player, way, thing)
                {
                    Try::Pushes
                } else if known.push.is_some() || self.is_jump(thing) && goal.is_none_or(|g| g.thing != thing)
                {
                    Try::Shut
                } else if self.wants_touch(thing) {
                    distance(cell)
                } else if known.is_new(self.fires) {
                    Try::New
                } else {
                    Try::Shut
                }
            }
        };
        // Lined up, but facing elsewhere: a step towards the target turns the player.
        let turned = match (goal, open) {
            (Some(goal), Try::Away(_)) if self.turn(goal) == Some(way) => Try::Away(0),
            _ => open,
        };
        safe(turned)
    }

    /// The cell beside the player that way, if there is no wall.
    fn open(&self, way: Heading) -> Option<usize> {
        beside(self.player, way).filter(|&cell| self.grounds[cell] != Ground::Wall)
    }

    /// Where the player has to turn to: it stands where it can shoot its goal from, but faces elsewhere.
    fn turn(&self, goal: &Goal) -> Option<Heading> {
        let lined_up = goal.way == Way::Shoot && goal.at == self.player && self.arcade.rules().aim.is_none();
        let nears = |&way: &Heading| beside(self.player, way).is_some_and(|cell| self.nears(goal, cell));
        let to = self.ways.iter().copied().find(nears)?;
        (lined_up && to != self.arcade.facing()).then_some(to)
    }

    /// Whether a cell beside the player is nearer to the goal's thing.
    fn nears(&self, goal: &Goal, cell: usize) -> bool {
        let thing = &self.things[goal.thing];
        let far = |cell: usize| {
            (cell % SIDES).abs_diff(usize::from(thing.x)) + (cell / SIDES).abs_diff(usize::from(thing.y))
        };
        far(cell) < far(self.player)
    }

    fn decide(&self, claims: &[Claim], offered: &[Action]) -> Decision {
        let seen = self.seen();
        let offers = self.goals(&seen);
        let most = best_so_far(&offers);
        let goal = most.iter().rposition(|&most| most).and_then(|place| offers[place]);
        let away = goal.as_ref().map_or([FAR; CELLS], |goal| self.flood(goal.at));
        let (px, py) = self.arcade.player();
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
        let idle = self.arcade.actions().last().copied().unwrap_or(Action::Wait);
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
        let mut text = format!("me {px} {py}");
        if self.fires && self.arcade.rules().aim.is_none() {
            let _ = write!(text, " facing {}", self.arcade.facing());
        }
        let walls: Vec<String> =
            (self.ways.iter().filter(|&&way| self.open(way).is_none())).map(ToString::to_string).collect();
        if !walls.is_empty() {
            let _ = write!(text, ", wall {}", walls.join(" "));
        }
        text.push_str(". ");
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

    /// What the rules say of a kind, and whether it offers the most so far: `red ring good 2 most`.
    fn say_kind(&self, kind: usize, most: bool) -> String {
        let sprite = self.arcade.rules().kinds[kind].sprite;
        let verdicts = self.known[kind].verdicts(self.fires);
        let said = if verdicts.is_empty() { "new".into() } else { verdicts.join(" ") };
        format!("{sprite} {said}{}", if most { " most" } else { "" })
    }

    /// What to meet, where it is, and how far off. What is to be pushed has a cell to be pushed to, and a heading
    /// for that; where it is to be met, shot or pushed from elsewhere, that cell too; and in how many steps the
    /// player is there: `goal touch red ring 8 4 right 3 up 2 in 5`, `goal shoot blue box 3 6 down 4 turn down in 0`.
    fn say_goal(&self, goal: &Goal, text: &mut String) {
        let way = match goal.way {
            Way::Touch => "touch",
            Way::Shoot => "shoot",
            Way::Push(..) => "push",
        };
        let Sighting { sprite, x, y, .. } = self.things[goal.thing];
        let _ = write!(text, "goal {way} {sprite} {x} {y}");
        let (px, py) = self.arcade.player();
        for (from, to, less, more) in [(px, x, "left", "right"), (py, y, "up", "down")] {
            if from != to {
                let _ = write!(text, " {} {}", if to < from { less } else { more }, from.abs_diff(to));
            }
        }
        if let Way::Push(heading, to) = goal.way {
            let _ = write!(text, " to {} {} {heading}", to % SIDES, to / SIDES);
        }
        if let Some(way) = self.turn(goal) {
            let _ = write!(text, " turn {way}");
        } else if goal.at == self.player {
            text.push_str(" here");
        } else if goal.at != cell(x, y) {
            let _ = write!(text, " at {} {}", goal.at % SIDES, goal.at / SIDES);
        }
        let _ = write!(text, " in {}", goal.steps);
    }

    /// What the action will meet, as anybody can see who looks closely: no luck is foreseen.
    fn foretell(&self, action: Action) -> String {
        let mut next = self.arcade.clone();
        next.reseed(0);
        next.step(action);
        let mut met: Vec<String> = Vec::new();
        for event in next.events() {
            let kinds = &self.arcade.rules().kinds;
            let sprite = kinds[usize::from(event.kind)].sprite;
            let onto = kinds[usize::from(event.kind)].onto.map(|onto| kinds[usize::from(onto)].sprite);
            let said = match event.trigger {
                Trigger::Touch => format!("touch {sprite}"),
                Trigger::Shot => format!("shoot {sprite}"),
                Trigger::Leave => format!("{sprite} leaves"),
                Trigger::Drop => match onto {
                    Some(onto) => format!("drop {sprite} onto {onto}"),
                    None => format!("drop {sprite}"),
                },
            };
            if met.len() < 3 && !met.contains(&said) {
                met.push(said);
            }
        }
        if met.is_empty() { "nothing".into() } else { met.join(" and ") }
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

impl std::fmt::Display for Try {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Try::Hits(sprite) => write!(f, "hits {sprite}"),
            Try::Misses => write!(f, "none"),
            Try::Pushes => write!(f, "push"),
            Try::Away(steps) => write!(f, "{steps}"),
            Try::Free => write!(f, "free"),
            Try::New => write!(f, "new"),
            Try::Shut => write!(f, "shut"),
            Try::Wall => write!(f, "wall"),
            Try::Trap => write!(f, "trap"),
            Try::Bad => write!(f, "bad"),
        }
    }
}
