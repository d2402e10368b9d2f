//! The games that ship: all well-formed, as many as promised, and the unseen ones truly new.
#![cfg(not(target_arch = "wasm32"))]

use rulewright::env::{Action, Environment};
use rulewright::games::{Episode, Family, Game, Split};
use strum::VariantArray;

#[test]
fn every_file_is_well_formed() {
    let errors: Vec<String> = Game::files()
        .filter_map(|(file, text)| Game::parse(file, text).err())
        .map(|e| e.to_string())
        .collect();
    assert!(errors.is_empty(), "\n{}", errors.join("\n"));
    assert_eq!(Game::files().count(), Game::all().len());
}

#[test]
fn there_are_33_seen_and_12_unseen_games_and_three_desks() {
    let count = |split: Split| Game::all().filter(|g| g.file.split == split).count();
    assert_eq!([count(Split::Seen), count(Split::Unseen), count(Split::Desk)], [33, 12, 3]);
}

#[test]
fn every_family_has_a_seen_game_and_no_title_comes_twice() {
    for family in Family::VARIANTS {
        let split = if *family == Family::Desk { Split::Desk } else { Split::Seen };
        let has = Game::all().any(|g| g.file.family == *family && g.file.split == split);
        assert!(has, "there is no game of the family {family}");
    }
    let mut titles: Vec<_> = Game::all().map(|g| g.file.title.to_lowercase()).collect();
    titles.sort();
    for pair in titles.windows(2) {
        assert_ne!(pair[0], pair[1], "this title comes twice");
    }
}

#[test]
fn no_goal_names_a_sprite_or_an_effect() {
    // The goal is for the player, so it must not give the hidden rules away.
    let telling = ["+", "-1", "point", "score", "life", "lives", "damage"];
    for game in Game::all() {
        let goal = game.file.goal.to_lowercase();
        let things = game.rules().into_iter().flat_map(|r| &r.kinds);
        for sprite in things.map(|kind| kind.sprite) {
            assert!(!goal.contains(&sprite.to_string()), "{}: the goal names {sprite}", game.id);
        }
        for word in telling {
            assert!(!goal.contains(word), "{}: the goal says “{word}”", game.id);
        }
    }
}

#[test]
fn an_unseen_games_surprise_is_in_no_other_game() {
    for unseen in Game::all().filter(|g| g.file.split == Split::Unseen) {
        assert!(unseen.file.surprise.len() >= 2, "{}: one mechanic is no combination", unseen.id);
        for other in Game::all().filter(|g| g.id != unseen.id) {
            assert!(!other.combines(&unseen.file.surprise), "{} has the surprise of {}", other.id, unseen.id);
        }
    }
}

#[test]
fn the_idle_action_is_the_last_one() {
    use Action::{Decline, Hold, Rest, Wait};
    for game in Game::all() {
        let episode = game.start(1);
        let last = *episode.actions().last().unwrap();
        let idle = match &episode {
            Episode::Arcade(_) => last == Wait,
            Episode::Desk(_) => [Hold, Rest, Decline].contains(&last),
        };
        assert!(idle, "{}: {last}", game.id);
        assert_eq!(episode.actions().iter().filter(|a| **a == last).count(), 1, "{}", game.id);
    }
}

#[test]
fn two_seeds_give_two_episodes() {
    for game in Game::all() {
        let first = game.start(1).frame();
        let other = (2..8).any(|seed| game.start(seed).frame() != first);
        assert!(other, "{} looks the same on every seed", game.id);
    }
}

#[cfg(feature = "cli")]
#[test]
fn a_game_survives_being_written_and_read_again() {
    use rulewright::games::generator::generate;
    let generated: Vec<Game> = (0..50).map(generate).collect();
    let shipped: Vec<&Game> = Game::all().collect();
    for game in shipped.into_iter().chain(&generated) {
        let text = game.file.to_toml().unwrap_or_else(|e| panic!("{}: {e}", game.id));
        let again = Game::parse(&game.id, &text).unwrap_or_else(|e| panic!("{e}\n{text}"));
        assert_eq!(again.file, game.file, "{}", game.id);
        assert_eq!(again.rules(), game.rules(), "{}", game.id);
    }
}

#[test]
fn a_frame_that_was_put_aside_comes_back_as_it_was() {
    for game in Game::all() {
        let frame = game.start(3).frame();
        let mut left = frame.clone();
        let packed = left.put_aside();
        assert!(left.rgb().is_empty() && packed.frame() == frame, "{}", game.id);
    }
}
