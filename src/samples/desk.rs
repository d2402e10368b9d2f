//! The teacher at a desk: checks every rule's conditions against the numbers, one by one, and does what
//! the last rule that holds says. Where none does, it tries.

use super::claim::{Claim, Condition};
use super::teacher::Decision;
use crate::env::{Action, Value, idle};
use crate::games::desk::{Desk, Level};
use rand::RngExt;
use rand_pcg::Pcg32;
use std::fmt::Write;

/// A number that the chart alone shows: the last move of the price line.
const TREND: &str = "trend";

/// Decides by a rulebook's claims; where no rule holds, `rng` draws among what no rule forbids.
pub fn decide(desk: &Desk, claims: &[Claim], rng: &mut Pcg32) -> Decision {
    let mut text = String::new();
    if let Some(up) = trend(desk) {
        let _ = write!(text, "trend {}. ", word(up));
    }
    let mut chosen: Option<(usize, Action)> = None;
    let mut forbidden: Vec<Action> = Vec::new();
    for (i, claim) in claims.iter().enumerate() {
        let Claim::Desk { when, action, right } = claim else { continue };
        let _ = write!(text, "rule {} ", i + 1);
        let mut holds = true;
        let mut said: Vec<String> = Vec::new();
        for condition in when {
            let (check, is) = check(desk, condition);
            said.push(format!("{check} {}", if is { "yes" } else { "no" }));
            if !is {
                holds = false;
                break;
            }
        }
        let _ = write!(text, "{}. ", said.join(", "));
        if holds && *right {
            chosen = Some((i + 1, *action));
            forbidden.retain(|a| a != action);
        } else if holds {
            forbidden.push(*action);
            chosen = chosen.filter(|(_, a)| a != action);
        }
    }
    let (equal, why) = match chosen {
        Some((rule, action)) => (vec![action], format!("so rule {rule}")),
        None => {
            let free: Vec<Action> =
                desk.actions().iter().copied().filter(|action| !forbidden.contains(action)).collect();
            (if free.is_empty() { desk.actions().to_vec() } else { free }, "so try".into())
        }
    };
    let action = equal[rng.random_range(0..equal.len() as u32) as usize];
    let _ = write!(text, "{why}.\naction: {action}");
    Decision { text, action, equal, towards: None }
}

fn word(up: bool) -> &'static str {
    if up { "up" } else { "down" }
}

fn trend(desk: &Desk) -> Option<bool> {
    desk.price_move().map(|moved| moved > 0)
}

/// A condition with the reading's present value, and whether it holds.
fn check(desk: &Desk, condition: &Condition) -> (String, bool) {
    let Condition { reading, above, number } = condition;
    if reading == TREND {
        return (format!("trend {}", word(*above)), trend(desk) == Some(*above));
    }
    let status = desk.status();
    let now = status.readings.iter().find(|r| r.name == *reading).map(|r| r.value);
    let value = now.map_or(0, |value| match value {
        Value::Count(n) | Value::Thousands(n) | Value::Hundredths(n) => n,
    });
    let is = (value > plain_number(number)) == *above;
    let sign = if *above { ">" } else { "<=" };
    (format!("{reading} {} {sign} {number}", now.map(|v| v.to_string()).unwrap_or_default()), is)
}

/// `0.60` as 60, `100k` as 100, `24` as 24: in the units of the reading that it belongs to.
fn plain_number(shown: &str) -> i32 {
    let digits: String = shown.chars().filter(char::is_ascii_digit).collect();
    let sign = if shown.starts_with('-') { -1 } else { 1 };
    sign * digits.parse::<i32>().unwrap_or(0)
}

/// The rules of a desk as claims, the general ones first, since later ones win; `thresholds` says
/// where low becomes high, one a reading.
pub fn claims(desk: &Desk, thresholds: &[i32]) -> Vec<Claim> {
    let file = desk.file();
    let condition = |name: &str, level: Level| {
        let at = file.reading.iter().position(|r| r.name == name).unwrap_or(0);
        let above = level == Level::High;
        Condition {
            reading: name.into(),
            above,
            number: file.reading[at].unit.of(thresholds[at]).to_string(),
        }
    };
    let idle = idle(desk.actions());
    let best = |pay: &std::collections::BTreeMap<Action, i32>| {
        pay.iter()
            .max_by_key(|(_, points)| **points)
            .filter(|(_, points)| **points > 0)
            .map_or(idle, |(a, _)| *a)
    };
    let mut claims = Vec::new();
    let mut general: Option<Condition> = None;
    for (i, regime) in desk.regimes().enumerate().collect::<Vec<_>>().into_iter().rev() {
        let mut when: Vec<Condition> =
            file.regime[i].when.iter().map(|(name, &level)| condition(name, level)).collect();
        when.sort_by_key(|c| file.reading.iter().position(|r| r.name == c.reading));
        if when.is_empty() {
            // The rest: where the next condition does not hold.
            let next = file.regime[..i].iter().rev().find(|r| r.when.len() == 1);
            if let Some((name, &level)) = next.and_then(|r| r.when.iter().next()) {
                let other = if level == Level::High { Level::Low } else { Level::High };
                when.push(condition(name, other));
            }
        }
        general = general.or_else(|| when.first().cloned());
        claims.push(Claim::Desk { when, action: best(regime), right: true });
    }
    if let Some(stock) = &file.stock {
        let at = |above: bool, number: i32| Condition {
            reading: stock.name.clone(),
            above,
            number: number.to_string(),
        };
        let wait = |when| Claim::Desk { when, action: idle, right: true };
        let drains = stock.change.values().any(|&c| c < 0);
        let fills = stock.change.values().any(|&c| c > 0);
        if drains && fills {
            let trend = |up| Condition { reading: TREND.into(), above: up, number: "0.00".into() };
            claims.push(wait(vec![at(true, stock.range[1] - 1), trend(true)]));
            claims.push(wait(vec![at(false, stock.range[0]), trend(false)]));
        } else if drains {
            claims.push(wait(vec![at(false, stock.range[0])]));
        }
    }
    claims
}
