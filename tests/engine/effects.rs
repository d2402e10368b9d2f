//! Hidden effects: what meeting a thing does.

use crate::stage::Stage;
use rulewright::env::{Environment, Value};

const LOCKS: &str = r#"
legend = { k = "cyan stripes", d = "blue square" }
[[thing]]
sprite = "cyan stripes"
touch = { key = 1, then = "vanish" }
[[thing]]
sprite = "blue square"
touch = { door = true, score = 5, then = "vanish" }
"#;

#[test]
fn a_door_without_a_key_is_in_the_way() {
    let mut stage = Stage::new(&["@d"], LOCKS);
    assert_eq!(stage.scores("right right"), [0, 0]);
    assert_eq!((stage.player(), stage.sees("blue square")), ((0, 0), vec![(1, 0)]));
}

#[test]
fn a_key_opens_one_door_and_is_used_up() {
    let mut stage = Stage::new(&["@kdd"], LOCKS);
    assert_eq!(stage.scores("right"), [0]);
    assert_eq!(stage.reading("keys"), Some(Value::Count(1)));
    assert_eq!(stage.scores("right right"), [5, 0]);
    assert_eq!(stage.reading("keys"), None);
    assert_eq!((stage.player(), stage.sees("blue square")), ((2, 0), vec![(3, 0)]));
}

const CRATE: &str = r#"
legend = { b = "white box", t = "cyan ring" }
[[thing]]
sprite = "white box"
touch = { push = true }
onto = "cyan ring"
drop = { score = 4, then = "vanish" }
[[thing]]
sprite = "cyan ring"
"#;

#[test]
fn a_thing_is_pushed_ahead_and_drops_onto_its_target() {
    let mut stage = Stage::new(&["@b.t"], CRATE);
    assert_eq!(stage.scores("right"), [0]);
    assert_eq!((stage.player(), stage.sees("white box")), ((1, 0), vec![(2, 0)]));
    assert_eq!(stage.scores("right"), [4]);
    assert_eq!((stage.player(), stage.sees("white box")), ((2, 0), vec![]));
    assert_eq!(stage.sees("cyan ring"), [(3, 0)], "the target stays");
}

#[test]
fn a_thing_is_not_pushed_into_a_wall_or_another_thing() {
    for row in ["@b#", "@bb.", "@b"] {
        let mut stage = Stage::new(&[row], CRATE);
        let before = stage.sees("white box");
        stage.go("right");
        assert_eq!((stage.player(), stage.sees("white box")), ((0, 0), before), "{row}");
    }
}

#[test]
fn what_becomes_another_kind_has_its_effects_from_then_on() {
    let rest = r#"
        legend = { a = "yellow circle" }
        [[thing]]
        sprite = "yellow circle"
        touch = { score = 1, then = "become red ring" }
        [[thing]]
        sprite = "red ring"
        touch = { score = -2, then = "vanish" }
    "#;
    let mut stage = Stage::new(&["@a"], rest);
    assert_eq!(stage.scores("right"), [1]);
    assert_eq!((stage.sees("yellow circle"), stage.sees("red ring")), (vec![], vec![(1, 0)]));
    assert_eq!(stage.scores("right right"), [-2, 0]);
}

#[test]
fn a_thing_stays_or_vanishes_or_respawns_in_its_zone() {
    let with = |then: &str| {
        let rest = format!(
            "legend = {{ a = \"yellow circle\" }}\n[[thing]]\nsprite = \"yellow circle\"\n\
             zone = [4, 0, 6, 0]\ntouch = {{ score = 1, then = \"{then}\" }}"
        );
        let mut stage = Stage::new(&["@a.........."], &rest);
        assert_eq!(stage.scores("right"), [1], "{then}");
        (stage.player(), stage.sees("yellow circle"))
    };
    assert_eq!(with("stay"), ((0, 0), vec![(1, 0)]));
    assert_eq!(with("vanish"), ((1, 0), vec![]));
    let (player, sees) = with("respawn");
    assert_eq!((player, sees.len()), ((1, 0), 1));
    assert!((4..=6).contains(&sees[0].0) && sees[0].1 == 0, "{sees:?}");
}

fn teleport(to: &str, row: &str) -> Stage {
    let rest = format!(
        "legend = {{ t = \"green triangle\" }}\n[[thing]]\nsprite = \"green triangle\"\n\
         touch = {{ teleport = \"{to}\" }}"
    );
    Stage::new(&[row], &rest)
}

#[test]
fn a_teleport_leads_home() {
    let mut stage = teleport("home", "@..t");
    stage.go("right right");
    assert_eq!(stage.player(), (2, 0));
    stage.go("right");
    assert_eq!(stage.player(), (0, 0));
}

#[test]
fn a_teleport_leads_beside_its_twin() {
    let mut stage = teleport("twin", "@t....t.....");
    stage.go("right");
    assert!([(5, 0), (7, 0)].contains(&stage.player()), "{:?}", stage.player());
}

#[test]
fn a_teleport_without_a_twin_leads_nowhere() {
    let mut stage = teleport("twin", "@t..........");
    stage.go("right");
    assert_eq!(stage.player(), (0, 0));
}

#[test]
fn a_teleport_leads_anywhere_on_the_floor() {
    let mut stage = teleport("anywhere", "@t....#.....");
    stage.go("right");
    let (x, y) = stage.player();
    assert!(y == 0 && ![0, 1, 6].contains(&x), "({x}, {y})");
}

#[test]
fn a_teleport_onto_soil_digs_it_away() {
    let mut stage = teleport("anywhere", "@t:");
    stage.go("right");
    assert_eq!(stage.player(), (2, 0));
    stage.go("wait");
    let frame = stage.episode.frame();
    assert_eq!(frame.pixel(2 * 8 + 7, 0), Some([18, 20, 28]), "no earth shows behind the player");
}

#[test]
fn a_win_ends_the_episode() {
    let rest = "legend = { w = \"red crown\" }\n[[thing]]\nsprite = \"red crown\"\ntouch = { win = true, score = 9 }";
    let mut stage = Stage::new(&["@w"], rest);
    let end = stage.go("right")[0];
    assert!(end.done && end.score == 9);
}

#[test]
fn losing_the_last_life_ends_the_episode_and_nine_lives_are_the_most() {
    let lives = |lives: u8, life: i8| {
        let rest = format!(
            "lives = {lives}\nlegend = {{ h = \"red heart\" }}\n[[thing]]\nsprite = \"red heart\"\n\
             touch = {{ life = {life} }}"
        );
        Stage::new(&["@h"], &rest).go("right")[0]
    };
    assert!(lives(1, -1).done);
    assert_eq!(lives(1, -3).lives, -1, "there are never fewer than none");
    assert!(!lives(2, -1).done);
    assert_eq!(lives(8, 1).lives, 1);
    assert_eq!(lives(9, 1).lives, 0);
}
