//! What a game file may not say, beyond each field's type.

use super::{EffectFile, GameFile, Problem, ThingFile};
use crate::games::grid::{Heading, SIDE};
use crate::games::rules::{Rules, Zone};
use crate::games::{Family, Split};

pub(super) fn problem<T>(field: impl Into<String>, problem: impl Into<String>) -> Result<T, Problem> {
    Err((field.into(), problem.into()))
}

pub(super) fn in_range<T: PartialOrd + std::fmt::Display>(
    field: &str,
    value: T,
    low: T,
    high: T,
) -> Result<(), Problem> {
    if value < low || value > high {
        return problem(field, format!("{value} is out of range; it may be {low} to {high}"));
    }
    Ok(())
}

pub(super) fn zone(field: &str, [x0, y0, x1, y1]: Zone) -> Result<(), Problem> {
    if x0 > x1 || y0 > y1 || x1 >= SIDE || y1 >= SIDE {
        return problem(
            field,
            format!(
                "[{x0}, {y0}, {x1}, {y1}] is no rectangle on the board; write [left, top, right, bottom], each 0 to 11"
            ),
        );
    }
    Ok(())
}

pub(super) fn straight(field: &str, heading: Option<Heading>) -> Result<(), Problem> {
    match heading {
        Some(heading) if !Heading::STRAIGHT.contains(&heading) => {
            problem(field, format!("“{heading}” is not allowed here; write up, right, down or left"))
        }
        _ => Ok(()),
    }
}

/// A desk is called a desk everywhere, and nothing else is.
pub(super) fn desk_or_board(file: &GameFile) -> Result<(), Problem> {
    let is_desk = file.desk.is_some();
    if is_desk && !file.thing.is_empty() {
        return problem("thing", "a game is a desk or a board; write [desk] or [[thing]], not both");
    }
    let wanted = if is_desk { "a desk's must be desk" } else { "only a game with a [desk] may be a desk" };
    if (file.split == Split::Desk) != is_desk {
        return problem("split", format!("“{}” does not fit; {wanted}", file.split));
    }
    if (file.family == Family::Desk) != is_desk {
        return problem("family", format!("“{}” does not fit; {wanted}", file.family));
    }
    Ok(())
}

/// A twist that nobody would live to see is a mistake.
pub(super) fn twist(file: &GameFile) -> Result<(), Problem> {
    match file.twist.as_ref().and_then(|twist| twist.at) {
        Some(at) => in_range("twist, at", at, 1, file.steps.saturating_sub(1)),
        None => Ok(()),
    }
}

/// What says something that could never happen is a mistake; `at` is such as `thing 2`.
pub(super) fn thing(thing: &ThingFile, at: &str) -> Result<(), Problem> {
    if thing.onto.is_some() && thing.drop == EffectFile::default() {
        return problem(
            format!("{at}, drop"),
            "it may be pushed onto something, so say what that does, such as drop = { score = 2, then = \"respawn\" }",
        );
    }
    if thing.onto.is_some() && !thing.touch.push {
        return problem(
            format!("{at}, onto"),
            "only what is pushed comes onto something; write touch = { push = true }",
        );
    }
    if thing.wraps && thing.motion.drift().is_none() {
        return problem(
            format!("{at}, wraps"),
            "only what drifts comes in again; its motion may be fall, rise, drift-left or drift-right",
        );
    }
    if !["", "vanish"].contains(&thing.leave.then.as_str()) {
        return problem(
            format!("{at}, leave, then"),
            format!("“{}” can't be: what leaves is gone; write vanish or nothing", thing.leave.then),
        );
    }
    for (trigger, effect) in [("shot", &thing.shot), ("leave", &thing.leave), ("drop", &thing.drop)] {
        for (name, set) in [("door", effect.door), ("push", effect.push)] {
            if set {
                return problem(
                    format!("{at}, {trigger}, {name}"),
                    "it works by touching; it is allowed in touch alone",
                );
            }
        }
    }
    Ok(())
}

/// Fuel is for games that have some, and what comes back must have been there.
pub(super) fn whole(rules: &Rules) -> Result<(), Problem> {
    for (i, effects) in rules.effects.iter().enumerate() {
        if let Some((trigger, _)) = effects.each().iter().find(|(_, e)| e.fuel != 0 && rules.fuel.is_none()) {
            let trigger = format!("{trigger:?}").to_lowercase();
            return problem(
                format!("thing {}, {trigger}, fuel", i + 1),
                "the game has no fuel; give it some, such as fuel = 40",
            );
        }
    }
    let Some(refill) = &rules.refill else { return Ok(()) };
    in_range("refill, bonus", refill.bonus, -50, 50)?;
    let placed = |kind: u8| rules.map.iter().any(|map| map.things.iter().any(|&(_, k)| k == kind));
    let absent = |&&kind: &&u8| rules.kinds[usize::from(kind)].count == 0 && !placed(kind);
    match refill.of.iter().find(absent) {
        Some(&kind) => problem(
            "refill, of",
            format!(
                "there is no “{}” at first, so none can come back; give it a count or a place on the map",
                rules.kinds[usize::from(kind)].sprite
            ),
        ),
        None => Ok(()),
    }
}
