//! What a desk shows, and what a twist does to it.
#![cfg(not(target_arch = "wasm32"))]

use rulewright::env::{Action, Environment};
use rulewright::games::{Episode, Game};

const HEAD: &str = r#"title = "Desk"
goal = "Try."
family = "desk"
split = "desk"
steps = 40
"#;

const DESK: &str = r#"
[desk]
chart = "prices"
actions = ["ship", "hold"]
"#;

fn reading(name: &str) -> String {
    format!(
        "[[desk.reading]]\nname = \"{name}\"\nunit = \"count\"\nrange = [0, 9]\ndrift = 1\nthreshold = [4, 4]\n"
    )
}

/// Three regimes, of which only the last ever holds.
const REGIMES: &str = r#"
[[desk.regime]]
when = { a = "high", b = "low", c = "high", d = "low" }
pay = { ship = 3 }
[[desk.regime]]
pay = { ship = 2 }
[[desk.regime]]
pay = { ship = 1 }
"#;

fn desk(head: &str) -> Episode {
    let readings: String = ["a", "b", "c", "d"].map(reading).concat();
    Game::parse("desk.toml", &format!("{head}{DESK}{readings}{REGIMES}")).expect("a good file").start(3)
}

#[test]
fn a_price_chart_has_room_for_three_gauges() {
    let frame = desk(HEAD).frame();
    // Full or empty, a gauge is not paper.
    let inked: String =
        (64..96).map(|y| if frame.pixel(6, y) == Some([18, 20, 28]) { ' ' } else { '#' }).collect();
    let heights: Vec<usize> = inked.split_whitespace().map(str::len).collect();
    assert_eq!(heights.len(), 3, "{inked}");
    assert!(heights.iter().all(|&height| height >= 6), "{inked}");
}

#[test]
fn a_second_twist_takes_the_first_one_back() {
    let scores = |episode: &Episode| {
        let mut episode = episode.clone();
        [(); 20].map(|()| episode.step(Action::Ship).score)
    };
    let mut episode = desk(HEAD);
    let before = scores(&episode);
    episode.twist();
    assert_ne!(scores(&episode), before);
    episode.twist();
    assert_eq!(scores(&episode), before);
}

#[test]
fn a_twist_by_hand_comes_instead_of_the_one_at_its_step() {
    let mut by_itself = desk(&format!("{HEAD}twist = {{ at = 10 }}\n"));
    let mut by_hand = by_itself.clone();
    by_hand.twist();
    for _ in 0..10 {
        by_itself.step(Action::Ship);
        by_hand.step(Action::Ship);
    }
    for _ in 0..10 {
        assert_eq!(by_hand.step(Action::Ship), by_itself.step(Action::Ship));
    }
}
