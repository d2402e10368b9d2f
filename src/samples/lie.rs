//! Believable false rules about a game: what is true of it, turned round. They are for experiments on how
//! an agent finds out.

use super::claim::{Claim, Worth};
use super::{desk, executor, wording};
use crate::agent::revision::hand::Words;
use crate::agent::trace::{How, Meeting};
use crate::env::Action;
use crate::games::arcade::Arcade;
use crate::games::desk::Desk;
use crate::games::rules::Effect;
use crate::games::{Episode, Trigger};

/// How the observation of a false rule begins, so that no person takes it for one.
const MADE_UP: &str = "an experiment, never seen";

/// False rules in the agent's own words: what gives the most points in the game as it stands is said to
/// cost them, and what costs the most to give them. There may be none where nothing gives or costs any.
pub fn lies(episode: &Episode) -> Vec<Words> {
    match episode {
        Episode::Arcade(arcade) => on_the_board(arcade),
        Episode::Desk(desk) => at_the_desk(desk).into_iter().collect(),
    }
}

fn on_the_board(arcade: &Arcade) -> Vec<Words> {
    let rules = arcade.rules();
    let fires = rules.actions.contains(&Action::Fire);
    let mut lies: Vec<(i32, Words)> = Vec::new();
    for (kind, effects) in rules.kinds.iter().zip(arcade.effects()) {
        let onto = kind.onto.and_then(|onto| rules.kinds.get(usize::from(onto))).map(|onto| onto.sprite);
        for (trigger, effect) in effects.each() {
            let Some(worth) = turned(executor::worth(effect)) else { continue };
            let subject = kind.sprite.into();
            let meeting = Claim::Meeting { subject, trigger, worth };
            let (how, claim) = match (trigger, onto) {
                (Trigger::Touch, _) => (How::Touch, meeting),
                (Trigger::Shot, _) if fires => (How::Shoot, meeting),
                (Trigger::Leave, _) => (How::Leave, meeting),
                (Trigger::Drop, Some(onto)) => (How::Drop, Claim::Push { subject, onto: onto.into(), worth }),
                _ => continue,
            };
            let onto = onto.filter(|_| how == How::Drop).map(|onto| onto.to_string());
            let met = Meeting { how, thing: kind.sprite.to_string(), onto };
            // Whatever comes of the meeting is not this, and speaks against the rule.
            let seen = outcome(worth).map(|outcome| format!(": {outcome} in 1 of 1")).unwrap_or_default();
            lies.push((points(effect), words(&claim, met.to_string(), format!("{MADE_UP}{seen}"))));
        }
    }
    // The first one in the file of those that are worth the same.
    lies.sort_by_key(|(points, _)| -points);
    let best = lies.first().filter(|(points, _)| *points > 0);
    let worst = lies.last().filter(|(points, _)| *points < 0);
    best.into_iter().chain(worst).map(|(_, words)| words.clone()).collect()
}

/// What pays most is forbidden when it does.
fn at_the_desk(desk: &Desk) -> Option<Words> {
    let pays = desk.regimes().flatten().max_by_key(|(_, points)| **points)?.0;
    desk::claims(desk, desk.thresholds()).into_iter().find_map(|claim| match claim {
        Claim::Desk { when, action, .. } if action == *pays => {
            Some(words(&Claim::Desk { when, action, right: false }, String::new(), MADE_UP.into()))
        }
        _ => None,
    })
}

fn words(claim: &Claim, trigger: String, observation: String) -> Words {
    // Without a name of its own: the prompt would show it.
    Words { rule_id: String::new(), trigger, observation, heuristic: wording::plain(claim), sure: true }
}

/// The opposite of what something brings, where it has one.
fn turned(worth: Worth) -> Option<Worth> {
    match worth {
        Worth::Points(n) => Some(Worth::Loss(n)),
        Worth::Loss(n) => Some(Worth::Points(n)),
        Worth::Harm => Some(Worth::Points(None)),
        Worth::Life => Some(Worth::Harm),
        _ => None,
    }
}

/// What a life counts is no more than a guess.
fn points(effect: &Effect) -> i32 {
    i32::from(effect.score) + 4 * i32::from(effect.life)
}

fn outcome(worth: Worth) -> Option<String> {
    match worth {
        Worth::Points(n) => Some(format!("+{}", n.unwrap_or(1))),
        Worth::Loss(n) => Some(format!("-{}", n.unwrap_or(1))),
        Worth::Harm => Some("life -1".into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::games::Game;

    fn said(game: &str, twisted: bool) -> Vec<String> {
        let mut episode = Game::find(game).unwrap().start(3);
        if twisted {
            episode.twist();
        }
        lies(&episode).into_iter().map(|words| words.heuristic).collect()
    }

    #[test]
    fn what_is_true_is_turned_round() {
        let orchard = ["avoid yellow cups, they cost 4 points", "touch green diamonds for 1 point"];
        assert_eq!(said("orchard", false), orchard);
        let crossfire = said("crossfire", false);
        assert_eq!(crossfire, ["avoid green crowns, they cost 3 points", "touch white stripes for points"]);
        let trading = said("trading", false);
        assert!(trading[0].starts_with("when ") && trading[0].contains(", do not "), "{trading:?}");
    }

    #[test]
    fn there_is_one_for_every_game_in_words_that_the_model_knows() {
        let known = wording::words().train;
        for game in Game::all() {
            let lies = lies(&game.start(1));
            assert!((1..=2).contains(&lies.len()), "{}: {lies:?}", game.id);
            for lie in lies {
                let words = lie.heuristic.split(|c: char| !c.is_ascii_lowercase()).filter(|w| !w.is_empty());
                words.for_each(|word| assert!(known.contains(word), "{}: {}", game.id, lie.heuristic));
                assert!(lie.observation.starts_with(MADE_UP) && lie.rule_id.is_empty(), "{lie:?}");
            }
        }
    }
}
