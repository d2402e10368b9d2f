//! Every shipped game is worth playing, no two play alike, and the measure tells a bad game.
#![cfg(all(feature = "cli", not(target_arch = "wasm32")))]

use rulewright::arena::games::Measure;
use rulewright::games::Game;
use rulewright::games::sprite::Sprite;

/// Seeds that each player plays.
const SEEDS: u32 = 8;

#[test]
fn every_game_is_worth_playing_and_like_no_other() {
    let all = Measure::all(&Game::all().collect::<Vec<_>>(), SEEDS);
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
fn the_readmes_example_is_a_game_worth_playing() {
    let readme = include_str!("../README.md");
    let example = readme.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next());
    let game = Game::parse("readme", example.expect("an example")).expect("a good file");
    assert_eq!(Measure::of(&game, SEEDS).complaints(), Vec::<String>::new());
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

#[test]
fn an_unseen_game_that_is_soon_played_out_is_caught() {
    // Three to take, and then only what must not be touched.
    let text = "title = \"Test\"\ngoal = \"Try.\"\nfamily = \"collect\"\nsplit = \"unseen\"\nsteps = 260\n\
                surprise = [\"touch score +\", \"touch score -\"]\n\
                [[thing]]\nsprite = \"SPRITE circle\"\ncount = 3\ntouch = { score = 9, then = \"vanish\" }\n\
                [[thing]]\nsprite = \"SPRITE diamond\"\ncount = 3\ntouch = { score = -9 }\n";
    let text = ["circle", "diamond"].iter().fold(text.to_string(), |text, shape| {
        let mut kept = Sprite::all().filter(|s| s.is_held_out()).map(|s| s.to_string());
        let sprite = kept.find(|s| s.ends_with(shape)).expect("some pair of every shape is kept");
        text.replace(&format!("SPRITE {shape}"), &sprite)
    });
    let measure = Measure::of(&Game::parse("test", &text).expect("a good file"), SEEDS);
    assert_eq!(measure.steps, 260.0);
    assert!(measure.worth < 60.0, "{}", measure.worth);
    let complaints = measure.complaints();
    assert!(complaints.iter().any(|c| c.contains("needs 160 for 80%")), "{complaints:?}");
}
