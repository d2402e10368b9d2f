//! Soil and what rests on it.

use crate::stage::Stage;

const BOULDER: &str = r#"
legend = { b = "white box" }
[[thing]]
sprite = "white box"
motion = "fall"
touch = { life = -1 }
"#;

#[test]
fn the_player_digs_through_soil() {
    let mut stage = Stage::new(&["@::"], "[[thing]]\nsprite = \"red ring\"");
    stage.go("right right");
    assert_eq!(stage.player(), (2, 0));
}

#[test]
fn soil_holds_things_back_until_it_is_dug() {
    let rest = "legend = { m = \"red ring\" }\n[[thing]]\nsprite = \"red ring\"\nmotion = \"drift-right\"";
    let mut stage = Stage::new(&["m:..", "@..."], rest);
    stage.go("wait wait");
    assert_eq!(stage.sees("red ring"), [(0, 0)]);
    stage.go("right up right");
    assert_eq!((stage.player(), stage.sees("red ring")), ((2, 0), vec![(1, 0)]));
}

#[test]
fn a_boulder_rests_on_soil_and_falls_where_it_is_dug_away() {
    let mut stage = Stage::new(&["#b#", "@:.", "##."], BOULDER);
    stage.go("wait wait");
    assert_eq!(stage.sees("white box"), [(1, 0)]);
    assert_eq!(stage.lives("right"), [-1], "it falls on whoever stands under it");
    assert_eq!(stage.lives("right"), [0]);
    assert_eq!((stage.player(), stage.sees("white box")), ((2, 1), vec![(1, 1)]));
}
