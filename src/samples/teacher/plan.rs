//! How the teacher finds what to go for, and what comes of each action.

use super::{CELLS, FAR, Goal, Try, View, Way, beside, cell};
use crate::env::Action;
use crate::games::Trigger;
use crate::games::arcade::{Arcade, Ground, Sighting};
use crate::games::grid::{Heading, distance};
use crate::games::rules::Motion;
use crate::samples::claim::Worth;

impl View<'_> {
    /// Steps from a cell to every other. What stands in the way can be reached, not crossed.
    pub(super) fn flood(&self, from: usize) -> [u8; CELLS] {
        self.flood_around(from, &[])
    }

    /// The same, around some cells that can't be crossed either.
    pub(super) fn flood_around(&self, from: usize, closed: &[usize]) -> [u8; CELLS] {
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
    pub(super) fn goals(&self, kinds: &[usize]) -> Vec<Option<Goal>> {
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
            if thirsty && !self.known(i).fuels() {
                continue;
            }
            let here = cell(thing.x, thing.y);
            if self.wants_touch(i)
                && let Some(at) = self.meeting(i, &steps)
            {
                offer(Way::Touch, i, at);
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
    pub(super) fn far(&self, thing: usize) -> u8 {
        self.far_from(thing, self.player)
    }

    fn far_from(&self, thing: usize, place: usize) -> u8 {
        let Sighting { x, y, .. } = self.things[thing];
        distance(cell(x, y) as u8, place as u8)
    }

    /// Where the player touches a thing: where it is; or, if no way leads there, where it comes to by the time that the
    /// player can be there.
    fn meeting(&self, thing: usize, steps: &[u8; CELLS]) -> Option<usize> {
        let Sighting { x, y, .. } = self.things[thing];
        if steps[cell(x, y)] != FAR {
            return Some(cell(x, y));
        }
        let mut met = self.paths[thing].iter().map(|&(x, y)| cell(x, y)).enumerate();
        met.find(|&(t, at)| usize::from(steps[at]) <= t + 1).map(|(_, at)| at)
    }

    /// Where the player shoots a thing from; or, where it does not shoot, waits for what no way leads to.
    pub(super) fn stand(&self, thing: usize, steps: &[u8; CELLS]) -> Option<usize> {
        let Sighting { x, y, .. } = self.things[thing];
        let target = cell(x, y);
        if self.fires {
            self.line_up(target, steps)
        } else {
            self.meeting(thing, steps).filter(|&at| at != target)
        }
    }

    /// The nearest cell to shoot a target from.
    pub(super) fn line_up(&self, target: usize, steps: &[u8; CELLS]) -> Option<usize> {
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

    pub(super) fn try_out(
        &self,
        action: Action,
        goal: Option<&Goal>,
        away: &[u8; CELLS],
        danger: bool,
    ) -> Try {
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
        let Some(cell) = self.open(self.player, way) else { return Try::Wall };
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

    /// The cell beside another that way, if there is no wall.
    pub(super) fn open(&self, from: usize, way: Heading) -> Option<usize> {
        beside(from, way).filter(|&cell| self.grounds[cell] != Ground::Wall)
    }

    /// Where the player has to turn to: it stands where it can shoot its goal from, but faces elsewhere.
    pub(super) fn turn(&self, goal: &Goal) -> Option<Heading> {
        let lined_up = goal.way == Way::Shoot && goal.at == self.player && self.arcade.rules().aim.is_none();
        let nears = |&way: &Heading| beside(self.player, way).is_some_and(|cell| self.nears(goal, cell));
        let to = self.ways.iter().copied().find(nears)?;
        (lined_up && to != self.arcade.facing()).then_some(to)
    }

    /// Whether a cell beside the player is nearer to the goal's thing.
    fn nears(&self, goal: &Goal, cell: usize) -> bool {
        self.far_from(goal.thing, cell) < self.far(goal.thing)
    }
}
