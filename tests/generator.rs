//! The endless training games: always playable, the same for the same number, never a held-out one.
#![cfg(not(target_arch = "wasm32"))]

use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg32;
use rulewright::env::Environment;
use rulewright::games::generator::{generate, is_for_training};
use rulewright::games::{Game, Split};
use std::collections::BTreeSet;

const NUMBERS: std::ops::Range<u64> = 0..300;

#[test]
fn a_generated_game_is_for_training() {
    for number in NUMBERS {
        let game = generate(number);
        assert!(is_for_training(&game), "{number}");
        let rules = game.rules().expect("it is no desk");
        assert!(rules.kinds.iter().all(|kind| !kind.sprite.is_held_out()), "{number}");
        for unseen in Game::all().filter(|g| g.file.split == Split::Unseen) {
            assert!(!game.combines(&unseen.file.surprise), "{number} has the surprise of {}", unseen.id);
        }
    }
}

#[test]
fn all_but_the_unseen_games_are_for_training() {
    for game in Game::all() {
        // Desks are trained on: their seeds move the thresholds.
        assert_eq!(is_for_training(game), game.file.split != Split::Unseen, "{}", game.id);
    }
}

/// What generated games are built of, each a set of mechanics that one game has together.
const BLOCKS: &[&[&str]] = &[
    &["fire", "shot score +", "shot score -"],
    &["row"],
    &["column"],
    &["aim"],
    &["maze"],
    &["fires", "motion dart"],
    &["spawn"],
    &["wraps"],
    &["refill"],
    &["motion rise"],
    &["motion fall"],
    &["motion driftleft"],
    &["motion driftright"],
    &["motion patrolx"],
    &["motion patroly"],
    &["motion wander"],
    &["motion chase"],
    &["motion flee"],
    &["motion bounce"],
    &["soil", "motion fall", "touch life -"],
    &["fuel", "touch fuel +"],
    &["fuel", "touch fuel -"],
    &["touch become"],
    &["touch life +"],
    &["leave life -"],
    &["leave score -"],
    &["touch key", "touch door"],
    &["touch push", "drop score +"],
    &["touch teleport"],
    &["touch shield"],
    &["touch slow"],
    &["touch swap"],
    &["twist"],
    &["twist", "newcomer"],
];

#[test]
fn every_building_block_occurs() {
    let games: Vec<Game> = NUMBERS.map(generate).collect();
    let missing: Vec<_> = BLOCKS
        .iter()
        .filter(|block| {
            let block: Vec<String> = block.iter().map(ToString::to_string).collect();
            !games.iter().any(|game| game.combines(&block))
        })
        .collect();
    assert!(missing.is_empty(), "300 games lack {missing:?}");
}

#[test]
fn the_same_number_gives_the_same_game() {
    for number in NUMBERS {
        assert_eq!(generate(number).file, generate(number).file, "{number}");
    }
}

#[test]
fn different_numbers_give_different_games() {
    let mechanics: BTreeSet<_> = NUMBERS.map(|number| generate(number).mechanics()).collect();
    assert!(mechanics.len() > 150, "300 games have only {} sets of mechanics", mechanics.len());
}

#[test]
fn a_generated_game_is_played_to_its_end() {
    for number in NUMBERS {
        let mut episode = generate(number).start(number as u32);
        let mut rng = Pcg32::seed_from_u64(number);
        let steps = (1..=2000).find(|_| {
            let action = episode.actions()[rng.random_range(0..episode.actions().len() as u32) as usize];
            let done = episode.step(action).done;
            episode.frame();
            done
        });
        assert!(steps.is_some(), "{number} does not end");
    }
}
