//! Every shipped game is worth playing, no two play alike, and the measure tells a bad game.
#![cfg(all(feature = "cli", not(target_arch = "wasm32")))]

use rulewright::arena::games::Measure;
use rulewright::games::Game;

/// Seeds that each player plays.
const SEEDS: u32 = 8;

#[test]
fn every_game_is_worth_playing_and_like_no_other() {
    let all = Measure::all(&Game::all().iter().collect::<Vec<_>>(), SEEDS);
    let mut faults = Vec::new();
    for measure in &all {
        faults.extend(measure.complaints().into_iter().map(|c| format!("{}: {c}", measure.id)));
        let (twin, distance) = measure.twin(&all).expect("there is more than one game");
        if distance < 0.10 {
            faults.push(format!("{} plays like {}: {distance:.2}", measure.id, twin.id));
        }
    }
    assert!(faults.is_empty(), "\n{}", faults.join("\n"));
}

/// The complaints about a collecting game with two kinds of things.
fn complaints(steps: u32, first: &str, second: &str) -> Vec<String> {
    let text = format!(
        "title = \"Test\"\ngoal = \"Try.\"\nfamily = \"collect\"\nsteps = {steps}\n\
         [[thing]]\nsprite = \"orange circle\"\ncount = 6\ntouch = {{ {first}, then = \"respawn\" }}\n\
         [[thing]]\nsprite = \"green diamond\"\ncount = 6\ntouch = {{ {second}, then = \"respawn\" }}\n"
    );
    Measure::of(&Game::parse("test", &text).expect("a good file"), SEEDS).complaints()
}

#[test]
fn a_game_with_good_and_bad_things_passes() {
    assert_eq!(complaints(100, "score = 1", "score = -1"), Vec::<String>::new());
}

#[test]
fn a_game_whose_hidden_rules_do_not_matter_is_caught() {
    let complaints = complaints(100, "score = 1", "score = 1");
    assert!(complaints.iter().any(|c| c.contains("hidden rules hardly matter")), "{complaints:?}");
}

#[test]
fn a_game_that_cannot_be_won_is_caught() {
    let complaints = complaints(100, "score = -1", "score = -2");
    assert!(complaints.iter().any(|c| c.contains("knowing the rules hardly pays")), "{complaints:?}");
}
