//! The player's shots.

use crate::stage::Stage;
use rulewright::env::Environment;

const TARGETS: &str = r#"
legend = { t = "red ring", u = "blue square" }
[[thing]]
sprite = "red ring"
shot = { score = 2, then = "vanish" }
[[thing]]
sprite = "blue square"
shot = { score = -3, then = "vanish" }
"#;

fn range(row: &str, top: &str) -> Stage {
    Stage::new(&[row], &format!("fire = true\n{top}\n{TARGETS}"))
}

#[test]
fn a_shot_goes_as_far_as_its_range() {
    assert_eq!(range("@..t", "aim = \"right\"\nrange = 2").scores("fire"), [0]);
    assert_eq!(range("@..t", "aim = \"right\"\nrange = 3").scores("fire"), [2]);
}

#[test]
fn a_shot_hits_only_the_first_thing() {
    let mut stage = range("@.ut", "aim = \"right\"");
    assert_eq!(stage.scores("fire fire fire"), [-3, 2, 0]);
}

#[test]
fn walls_and_soil_stop_a_shot() {
    assert_eq!(range("@#t", "aim = \"right\"").scores("fire"), [0]);
    assert_eq!(range("@:t", "aim = \"right\"").scores("fire"), [0]);
}

#[test]
fn without_an_aim_the_shot_goes_where_the_player_last_went() {
    let mut stage = range("t.@.t", "");
    assert_eq!(stage.scores("fire right fire"), [0, 0, 2]);
    assert_eq!(stage.sees("red ring"), [(0, 0)]);
    assert_eq!(stage.scores("left fire"), [0, 2]);
}

#[test]
fn with_an_aim_the_shot_never_turns() {
    let mut stage = range("t.@.t", "aim = \"right\"");
    assert_eq!(stage.scores("left fire fire"), [0, 2, 0]);
    assert_eq!(stage.sees("red ring"), [(0, 0)]);
}

#[test]
fn the_beam_is_drawn_where_the_shot_went() {
    const BEAM: [u8; 3] = [255, 250, 190];
    let rest = r#"
        fire = true
        legend = { t = "red ring" }
        [[thing]]
        sprite = "red ring"
        shot = { teleport = "home" }
    "#;
    let mut stage = Stage::new(&["@....t", "......"], rest);
    stage.go("right right fire");
    assert_eq!(stage.player(), (0, 0), "the shot sends the player home");
    let frame = stage.episode.frame();
    let lit = |x: usize| (0..64).any(|i| frame.pixel(x * 8 + i % 8, i / 8) == Some(BEAM));
    assert_eq!([1, 2, 3, 4].map(lit), [false, false, true, true]);
}
