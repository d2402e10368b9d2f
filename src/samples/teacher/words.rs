//! How the teacher says what it sees, knows, wants and tries.

use super::{Goal, SIDES, Try, View, Way, cell};
use crate::env::Action;
use crate::games::Trigger;
use crate::games::arcade::Sighting;
use crate::samples::claim::{Claim, Worth};
use std::fmt::{self, Display, Formatter, Write};

/// What a rule says of a meeting, in a word, and how much of it: `good 2`.
pub(super) fn verdict(trigger: Trigger, worth: Worth) -> String {
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
        (Trigger::Shot, Worth::Fuel) => "energy",
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
pub(super) fn reading(claim: &Claim) -> String {
    match claim {
        Claim::Meeting { subject, trigger, worth } => format!("{subject} {}", verdict(*trigger, *worth)),
        Claim::Push { subject, onto, worth } => {
            format!("{subject} {} onto {onto}", verdict(Trigger::Drop, *worth))
        }
        Claim::Desk { .. } | Claim::Idle => "none".into(),
    }
}

impl View<'_> {
    /// Where the player is, where it aims if it may turn, and what walls are beside it: `me 5 6 facing up, wall left. `.
    pub(super) fn say_me(&self) -> String {
        let (x, y) = self.arcade.player();
        let mut text = format!("me {x} {y}");
        if self.fires && self.arcade.rules().aim.is_none() {
            let _ = write!(text, " facing {}", self.arcade.facing());
        }
        text.push_str(&self.say_walls(", ", self.player));
        text.push_str(". ");
        text
    }

    /// The ways in which a cell has a wall beside it, if any: `wall up left`.
    pub(super) fn say_walls(&self, before: &str, cell: usize) -> String {
        let walls = self.ways.iter().filter(|&&way| self.open(cell, way).is_none());
        let walls: Vec<String> = walls.map(ToString::to_string).collect();
        if walls.is_empty() { String::new() } else { format!("{before}wall {}", walls.join(" ")) }
    }

    /// How far a cell is from the player, each way: ` right 3 up 2`.
    pub(super) fn say_way(&self, x: u8, y: u8) -> String {
        let (px, py) = self.arcade.player();
        let mut text = String::new();
        for (from, to, less, more) in [(px, x, "left", "right"), (py, y, "up", "down")] {
            if from != to {
                let _ = write!(text, " {} {}", if to < from { less } else { more }, from.abs_diff(to));
            }
        }
        text
    }

    /// What the rules say of a kind, and whether it offers the most so far: `red ring good 2 most`.
    pub(super) fn say_kind(&self, kind: usize, most: bool) -> String {
        let sprite = self.arcade.rules().kinds[kind].sprite;
        let verdicts = self.known[kind].verdicts(self.fires);
        let said = if verdicts.is_empty() { "new".into() } else { verdicts.join(" ") };
        format!("{sprite} {said}{}", if most { " most" } else { "" })
    }

    /// What to meet, where it is, and how far off. What is to be pushed has a cell to be pushed to, and a heading
    /// for that; where it is to be met, shot or pushed from elsewhere, that cell too; and in how many steps the
    /// player is there: `goal touch red ring 8 4 right 3 up 2 in 5`, `goal shoot blue box 3 6 down 4 turn down in 0`.
    pub(super) fn say_goal(&self, goal: &Goal, text: &mut String) {
        let way = match goal.way {
            Way::Touch => "touch",
            Way::Shoot => "shoot",
            Way::Push(..) => "push",
        };
        let Sighting { sprite, x, y, .. } = self.things[goal.thing];
        let _ = write!(text, "goal {way} {sprite} {x} {y}{}", self.say_way(x, y));
        if let Way::Push(heading, to) = goal.way {
            let _ = write!(text, " to {} {} {heading}", to % SIDES, to / SIDES);
        }
        let _ = write!(text, "{} in {}", self.say_stand(goal), goal.steps);
    }

    /// Where the player is to stand for its goal, unless that is where the goal is: ` at 3 6`, ` here`, or there and
    /// facing elsewhere, ` turn down`.
    pub(super) fn say_stand(&self, goal: &Goal) -> String {
        let Sighting { x, y, .. } = self.things[goal.thing];
        if let Some(way) = self.turn(goal) {
            format!(" turn {way}")
        } else if goal.at == self.player {
            " here".into()
        } else if goal.at != cell(x, y) {
            format!(" at {} {}", goal.at % SIDES, goal.at / SIDES)
        } else {
            String::new()
        }
    }

    /// What the action will meet, as anybody can see who looks closely: no luck is foreseen.
    pub(super) fn foretell(&self, action: Action) -> String {
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

impl Display for Try {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
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
