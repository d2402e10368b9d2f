//! The ground that a seed draws: all of the floor can be walked to.

use crate::walls;
use rulewright::env::Environment;
use rulewright::games::grid::SIDE;
use rulewright::games::{Episode, Game};
use std::collections::BTreeSet;

#[test]
fn all_of_the_floor_can_be_walked_to() {
    for style in ["open", "border", "pillars", "rooms", "maze"] {
        for zone in ["[5, 5, 6, 6]", "[0, 0, 11, 11]"] {
            let text = format!(
                "title = \"Ground\"\ngoal = \"Walk.\"\nfamily = \"mixed\"\nsteps = 10\nwalls = \"{style}\"\n\
                 start = {zone}\n[[thing]]\nsprite = \"red ring\""
            );
            let game = Game::parse("ground.toml", &text).expect("a good file");
            for seed in 0..500 {
                let shut = shut_in(&game.start(seed));
                assert!(shut.is_empty(), "{style}, start {zone}, seed {seed}: {shut:?}");
            }
        }
    }
}

/// The floor that no way leads to.
fn shut_in(episode: &Episode) -> BTreeSet<(u8, u8)> {
    let Episode::Arcade(arcade) = episode else { panic!("a desk has no ground") };
    let walls = walls(&episode.frame());
    let mut left: BTreeSet<(u8, u8)> =
        (0..SIDE).flat_map(|y| (0..SIDE).map(move |x| (x, y))).filter(|cell| !walls.contains(cell)).collect();
    let mut reached = vec![arcade.player()];
    left.remove(&arcade.player());
    while let Some((x, y)) = reached.pop() {
        let beside = [(x + 1, y), (x.wrapping_sub(1), y), (x, y + 1), (x, y.wrapping_sub(1))];
        reached.extend(beside.into_iter().filter(|cell| left.remove(cell)));
    }
    left
}
