//! What holds in every episode of every game, shipped or generated, whatever one does.
#![cfg(not(target_arch = "wasm32"))]

mod ground;
mod headings;

use proptest::prelude::*;
use rulewright::env::{Action, Environment, Outcome};
use rulewright::frame::Frame;
use rulewright::games::generator::generate;
use rulewright::games::{Episode, Game, arcade::Arcade, grid::SIDE};
use strum::VariantArray;

/// A game that a failing test prints by its name.
struct Named(Game);

impl std::fmt::Debug for Named {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0.id)
    }
}

/// A shipped game, or a generated one.
fn any_game() -> impl Strategy<Value = Named> {
    let shipped = prop::sample::select(Game::all().collect::<Vec<_>>()).prop_map(|game| Named(game.clone()));
    prop_oneof![3 => shipped, 1 => (0..5000u64).prop_map(|number| Named(generate(number)))]
}

/// Any actions, the illegal ones included.
fn any_actions(most: usize) -> impl Strategy<Value = Vec<Action>> {
    prop::collection::vec(prop::sample::select(Action::VARIANTS), 1..most)
}

fn play(mut episode: Episode, actions: &[Action]) -> (Vec<Outcome>, Vec<Frame>) {
    actions.iter().map(|&action| (episode.step(action), episode.frame())).unzip()
}

/// Where bricks are painted; things and the player leave a tile's corner free.
fn walls(frame: &Frame) -> Vec<(u8, u8)> {
    let cells = (0..SIDE).flat_map(|y| (0..SIDE).map(move |x| (x, y)));
    cells.filter(|&(x, y)| frame.pixel(x as usize * 8, y as usize * 8) == Some([104, 108, 118])).collect()
}

fn check_board(arcade: &Arcade, walls: &[(u8, u8)]) {
    let mut cells: Vec<_> = arcade.sightings().iter().map(|s| (s.x, s.y)).collect();
    cells.push(arcade.player());
    assert!(cells.iter().all(|&(x, y)| x < SIDE && y < SIDE), "outside of the board: {cells:?}");
    assert!(cells.iter().all(|cell| !walls.contains(cell)), "in a wall: {cells:?}");
    cells.sort_unstable();
    assert!(cells.windows(2).all(|pair| pair[0] != pair[1]), "two in one cell: {cells:?}");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn the_status_is_the_sum_of_the_outcomes(Named(game) in any_game(), seed: u32, actions in any_actions(250)) {
        let mut episode = game.start(seed);
        let (mut score, mut lives) = (episode.status().score, episode.status().lives);
        for action in actions {
            let outcome = episode.step(action);
            score += outcome.score;
            lives += outcome.lives;
            let status = episode.status();
            prop_assert_eq!((status.score, status.lives), (score, lives));
        }
    }

    #[test]
    fn everything_stands_in_a_cell_of_its_own_and_none_in_a_wall(
        Named(game) in any_game(), seed: u32, actions in any_actions(250), twist in 0..250usize,
    ) {
        let mut episode = game.start(seed);
        let walls = walls(&episode.frame());
        for (step, action) in actions.into_iter().enumerate() {
            if let Episode::Arcade(arcade) = &episode {
                check_board(arcade, &walls);
            }
            if step == twist {
                episode.twist();
            }
            episode.step(action);
        }
    }

    #[test]
    fn the_same_seed_and_actions_give_the_same_frames(
        Named(game) in any_game(), seed: u32, actions in any_actions(120),
    ) {
        prop_assert_eq!(play(game.start(seed), &actions), play(game.start(seed), &actions));
    }

    #[test]
    fn a_copy_goes_its_own_way(
        Named(game) in any_game(), seed: u32, before in any_actions(40), aside in any_actions(40),
        after in any_actions(40),
    ) {
        let mut episode = game.start(seed);
        before.iter().for_each(|&action| { episode.step(action); });
        let copy = episode.clone();
        let (frame, status) = (copy.frame(), copy.status());
        play(episode.clone(), &aside);
        aside.iter().for_each(|&action| { episode.step(action); });
        prop_assert_eq!((copy.frame(), copy.status()), (frame, status));
        prop_assert_eq!(play(copy.clone(), &after), play(copy, &after));
    }

    #[test]
    fn an_illegal_action_counts_as_the_idle_one(
        Named(game) in any_game(), seed: u32, before in any_actions(40), which: prop::sample::Index,
    ) {
        let mut episode = game.start(seed);
        before.iter().for_each(|&action| { episode.step(action); });
        let idle = *episode.actions().last().unwrap();
        let legal = episode.actions();
        let illegal: Vec<Action> = Action::VARIANTS.iter().copied().filter(|a| !legal.contains(a)).collect();
        let illegal = *which.get(&illegal);
        prop_assert_eq!(play(episode.clone(), &[illegal]), play(episode, &[idle]));
    }

    #[test]
    fn a_second_twist_takes_the_first_one_back(
        Named(game) in any_game(), seed: u32, before in any_actions(40), actions in any_actions(80),
    ) {
        let mut untwisted = game.start(seed);
        before.iter().for_each(|&action| { untwisted.step(action); });
        let mut once = untwisted.clone();
        once.twist();
        let mut twice = once.clone();
        twice.twist();
        let mut thrice = twice.clone();
        thrice.twist();
        // What came in at the first one stays.
        prop_assert_eq!(play(thrice, &actions), play(once, &actions));
        if game.rules().is_none_or(|rules| rules.kinds.iter().all(|kind| !kind.newcomer)) {
            prop_assert_eq!(play(twice, &actions), play(untwisted, &actions));
        }
    }
}

#[test]
fn nothing_changes_after_the_end() {
    for game in Game::all() {
        let mut episode = game.start(3);
        let idle = *episode.actions().last().unwrap();
        let steps = (0..2000).take_while(|_| !episode.step(idle).done).count();
        assert!(steps < 2000, "{} does not end", game.id);
        let (frame, status) = (episode.frame(), episode.status());
        for &action in Action::VARIANTS {
            let after = episode.step(action);
            assert_eq!(after, Outcome { done: true, ..Outcome::default() }, "{}", game.id);
        }
        assert_eq!(episode.status(), status, "{}", game.id);
        assert!(episode.frame() == frame, "{}: the picture changes after the end", game.id);
    }
}
