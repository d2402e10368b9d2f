//! A twist: effects trade places in the middle of an episode; and what comes back.

use crate::stage::Stage;

const FRUIT: &str = r#"
legend = { a = "yellow circle" }
[[thing]]
sprite = "yellow circle"
touch = { score = 1 }
[[thing]]
sprite = "red ring"
touch = { score = -2 }
[[thing]]
sprite = "blue square"
"#;

#[test]
fn a_twist_comes_at_its_step() {
    let twist = "[twist]\nat = 2\ntrade = [[\"yellow circle\", \"red ring\"]]\n";
    let (legend, things) = FRUIT.split_at(FRUIT.find("[[thing]]").unwrap());
    let mut stage = Stage::new(&["@a"], &format!("{legend}{twist}{things}"));
    assert_eq!(stage.scores("right right right right"), [1, 1, -2, -2]);
}

#[test]
fn a_second_twist_takes_the_first_one_back() {
    let mut stage = Stage::new(&["@a"], FRUIT);
    stage.episode.twist();
    assert_eq!(stage.scores("right"), [-2], "unless told otherwise, best and worst trade");
    stage.episode.twist();
    assert_eq!(stage.scores("right"), [1]);
}

/// A file's head, a twist, and its things.
fn with_twist(twist: &str) -> String {
    let (legend, things) = FRUIT.split_at(FRUIT.find("[[thing]]").unwrap());
    format!("{legend}[twist]\n{twist}\n{things}")
}

#[test]
fn trades_that_overlap_are_taken_back_too() {
    let twist = with_twist(r#"trade = [["yellow circle", "red ring"], ["yellow circle", "blue square"]]"#);
    let mut stage = Stage::new(&["@a"], &twist);
    stage.episode.twist();
    assert_eq!(stage.scores("right"), [0]);
    stage.episode.twist();
    assert_eq!(stage.scores("right"), [1]);
}

#[test]
fn a_twist_by_hand_comes_instead_of_the_one_at_its_step() {
    let mut stage = Stage::new(&["@a"], &with_twist("at = 2"));
    stage.episode.twist();
    assert_eq!(stage.scores("right right right right"), [-2; 4]);
}

#[test]
fn newcomers_come_only_once() {
    let newcomer = with_twist("at = 2") + "newcomer = true\ncount = 3\n";
    let mut stage = Stage::new(&["@a.........."], &newcomer);
    for _ in 0..4 {
        stage.episode.twist();
        assert_eq!(stage.sees("blue square").len(), 3);
    }
    stage.go("wait wait wait");
    assert_eq!(stage.sees("blue square").len(), 3);
}

#[test]
fn newcomers_come_with_the_twist() {
    let newcomer = FRUIT.to_string() + "newcomer = true\ncount = 3\n";
    let mut stage = Stage::new(&["@a.........."], &newcomer);
    stage.go("wait");
    assert_eq!(stage.sees("blue square"), []);
    stage.episode.twist();
    assert_eq!(stage.sees("blue square").len(), 3);
}

#[test]
fn what_is_cleared_comes_back_with_a_bonus() {
    let rest = r#"
        refill = { of = ["yellow circle"], bonus = 5 }
        legend = { a = "yellow circle" }
        [[thing]]
        sprite = "yellow circle"
        touch = { score = 1, then = "vanish" }
    "#;
    let mut stage = Stage::new(&["@aa"], rest);
    assert_eq!(stage.scores("right right"), [1, 6]);
    assert_eq!(stage.sees("yellow circle"), [(1, 0)], "the one under the player waits");
}
