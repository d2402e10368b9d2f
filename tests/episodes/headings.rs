//! The marks at a thing's edge tell the truth: towards where it goes, and whether it goes now.

use crate::{Named, any_actions, any_game, walls};
use proptest::prelude::*;
use rulewright::env::Environment;
use rulewright::frame::Frame;
use rulewright::games::grid::{Heading, SIDE};
use rulewright::games::rules::Motion;
use rulewright::games::{Episode, arcade::Sighting};

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_heading_shown_bright_is_where_the_thing_is_next(Named(game) in any_game(), seed: u32, actions in any_actions(60)) {
        let mut episode = game.start(seed);
        for action in actions {
            check_headings(&episode);
            episode.step(action);
        }
    }
}

/// Waits one step on a copy: what shows a bright mark towards a free cell must have gone there.
fn check_headings(episode: &Episode) {
    let Episode::Arcade(before) = episode else { return };
    let mut after = before.clone();
    let frame = episode.frame();
    let idle = *before.actions().last().unwrap();
    if after.step(idle).done || !after.events().is_empty() {
        return;
    }
    let sightings = before.sightings();
    let walls = walls(&frame);
    for seen in &sightings {
        let kinds = &before.rules().kinds;
        let kind = kinds.iter().find(|kind| kind.sprite == seen.sprite).unwrap();
        let there =
            |x: u8, y: u8| after.sightings().iter().any(|s| (s.x, s.y) == (x, y) && s.sprite == seen.sprite);
        // What bounces turns as it goes, and what wanders or darts is another matter at a wall.
        let mindful = [Motion::Chase, Motion::Flee].contains(&kind.motion);
        let straight = [
            Motion::PatrolX,
            Motion::PatrolY,
            Motion::Fall,
            Motion::Rise,
            Motion::DriftLeft,
            Motion::DriftRight,
        ];
        if !mindful && !straight.contains(&kind.motion) {
            continue;
        }
        // It chooses when its turn comes: what others do around it before that may change its mind.
        let crowded = sightings.iter().any(|s| s != seen && s.x.abs_diff(seen.x) + s.y.abs_diff(seen.y) <= 3);
        let intrudes = kinds.iter().any(|k| k.wraps);
        if mindful && (crowded || intrudes) {
            continue;
        }
        let Some(heading) = seen.heading else {
            assert!(mindful && there(seen.x, seen.y), "{seen:?} should stay");
            continue;
        };
        let (dx, dy) = delta(heading);
        let (x, y) = (seen.x.wrapping_add_signed(dx), seen.y.wrapping_add_signed(dy));
        if x >= SIDE || y >= SIDE || walls.contains(&(x, y)) {
            assert!(!mindful, "{seen:?} should know better");
            continue;
        }
        let soil =
            |(x, y): (u8, u8)| frame.pixel(x as usize * 8 + 4, y as usize * 8 + 4) == Some([58, 42, 30]);
        let near = |cell: (u8, u8)| cell.0.abs_diff(x) <= 1 && cell.1.abs_diff(y) <= 1;
        // Something that wraps may come in at any edge.
        let edge = x == 0 || y == 0 || x == SIDE - 1 || y == SIDE - 1;
        let contested = edge && kinds.iter().any(|k| k.wraps)
            || sightings.iter().any(|s| s != seen && near((s.x, s.y)))
            || near(before.player());
        if soil((x, y)) || contested {
            continue;
        }
        if is_bright(&frame, seen, (dx, dy)) {
            assert!(there(x, y), "{seen:?} should go to ({x}, {y})");
        } else {
            assert!(there(seen.x, seen.y), "{seen:?} should rest");
        }
    }
}

fn delta(heading: Heading) -> (i8, i8) {
    match heading {
        Heading::Up => (0, -1),
        Heading::Down => (0, 1),
        Heading::Left => (-1, 0),
        Heading::Right => (1, 0),
        oblique => panic!("{oblique} is not straight"),
    }
}

/// Whether the mark at the edge towards which it heads is bright (white, or red on a white thing): it
/// moves in the step to come.
fn is_bright(frame: &Frame, seen: &Sighting, (dx, dy): (i8, i8)) -> bool {
    let edge = |d: i8, middle: usize| match d {
        -1 => 0,
        1 => 7,
        _ => middle,
    };
    let (x, y) = (seen.x as usize * 8 + edge(dx, 3), seen.y as usize * 8 + edge(dy, 3));
    [Some([255, 255, 255]), Some([255, 80, 80])].contains(&frame.pixel(x, y))
}
