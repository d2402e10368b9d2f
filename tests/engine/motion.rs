//! How things move by themselves.

use crate::stage::Stage;
use rulewright::games::Episode;
use rulewright::games::grid::Heading;

/// A game with one kind `m` that moves in some way.
fn moving(motion: &str, more: &str) -> String {
    format!(
        "legend = {{ m = \"red ring\", o = \"blue square\" }}\n[[thing]]\nsprite = \"blue square\"\n\
         [[thing]]\nsprite = \"red ring\"\nmotion = \"{motion}\"\n{more}"
    )
}

/// Where it was after each of some idle steps.
fn trail(stage: &mut Stage, steps: usize) -> Vec<(u8, u8)> {
    let mut place = || {
        stage.go("wait");
        stage.sees("red ring").first().copied()
    };
    (0..steps).map_while(|_| place()).collect()
}

#[test]
fn a_patrol_walks_to_and_fro_between_walls() {
    let mut stage = Stage::new(&["m..#", "####", "@"], &moving("patrol-x", ""));
    let trail = trail(&mut stage, 20);
    for x in 0..3 {
        assert!(trail.contains(&(x, 0)), "{trail:?}");
    }
    assert!(trail.iter().all(|&(x, y)| x < 3 && y == 0), "{trail:?}");
    assert!(trail.windows(2).all(|pair| pair[0].0.abs_diff(pair[1].0) <= 1), "{trail:?}");
}

#[test]
fn a_patrol_runs_into_the_player_and_turns() {
    let mut stage = Stage::new(&["#m@#"], &moving("patrol-x", "touch = { score = 1 }"));
    let score: i32 = stage.scores("wait wait wait wait").iter().sum();
    assert!((1..4).contains(&score), "it turns away after each touch: {score}");
}

#[test]
fn a_pace_of_three_is_a_move_every_third_step() {
    let mut stage = Stage::new(&["@m.........."], &moving("drift-right", "pace = 3"));
    let columns: Vec<u8> = trail(&mut stage, 7).iter().map(|&(x, _)| x).collect();
    assert_eq!(columns, [2, 2, 2, 3, 3, 3, 4]);
}

#[test]
fn what_falls_off_the_board_takes_effect_as_it_leaves() {
    let rows = [".m..........", "@..........."].into_iter().chain(["............"; 10]).collect::<Vec<_>>();
    let mut stage = Stage::new(&rows, &moving("fall", "leave = { score = -1, life = -1 }"));
    let outcomes = stage.go(&"wait ".repeat(12));
    let (end, before) = outcomes.split_last().unwrap();
    assert!(before.iter().all(|o| o.score == 0 && o.lives == 0));
    assert_eq!((end.score, end.lives), (-1, -1));
    assert_eq!(stage.sees("red ring"), []);
}

#[test]
fn what_falls_rests_on_what_is_below() {
    let mut stage = Stage::new(&["m@", "o#", ".#"], &moving("fall", "leave = { score = -1 }"));
    assert_eq!(trail(&mut stage, 3), [(0, 0); 3]);
}

#[test]
fn what_wraps_comes_in_on_the_other_side() {
    let mut stage = Stage::new(&["..........m.", "@"], &moving("drift-right", "wraps = true"));
    assert_eq!(trail(&mut stage, 3), [(11, 0), (0, 0), (1, 0)]);
}

#[test]
fn a_rising_and_a_drifting_thing_leave_too() {
    for (motion, rows) in [("rise", ["m@", "##"]), ("drift-left", ["m@", "##"])] {
        let mut stage = Stage::new(&rows, &moving(motion, "leave = { score = 2 }"));
        assert_eq!(stage.scores("wait wait"), [2, 0], "{motion}");
    }
}

#[test]
fn a_chaser_comes_nearer_until_it_touches() {
    let mut stage = Stage::new(&["@....m......"], &moving("chase", "touch = { life = -1 }"));
    assert_eq!(stage.lives("wait wait wait wait wait"), [0, 0, 0, 0, -1]);
    assert_eq!(stage.sees("red ring"), [(1, 0)]);
}

/// Where the one red ring heads, as its mark says.
fn heading(stage: &Stage) -> Option<Heading> {
    let Episode::Arcade(arcade) = &stage.episode else { panic!("a stage is no desk") };
    arcade.sightings().iter().find(|s| s.sprite.to_string() == "red ring").and_then(|s| s.heading)
}

#[test]
fn a_chaser_shows_where_it_would_go_now() {
    let stage = Stage::new(&["@....m", "."], &moving("chase", "pace = 3"));
    assert_eq!(heading(&stage), Some(Heading::Left), "before its first move");
    let mut beside = Stage::new(&["##m", "###", "@.."], &moving("chase", ""));
    assert_eq!(heading(&beside), None, "where no way is open it stays");
    beside.go("wait");
    assert_eq!(beside.sees("red ring"), [(2, 0)]);
    let mut turning = Stage::new(&[".....", "@.m..", "....."], &moving("chase", "pace = 4"));
    turning.go("wait up right");
    assert_eq!((turning.player(), turning.sees("red ring")), ((1, 0), vec![(1, 1)]));
    assert_eq!(heading(&turning), Some(Heading::Up), "it went left last");
}

#[test]
fn what_flees_shows_a_heading_only_while_the_player_is_near() {
    let mut stage = Stage::new(&["@.....m....."], &moving("flee", ""));
    assert_eq!(heading(&stage), None);
    stage.go("right");
    assert_eq!((stage.sees("red ring"), heading(&stage)), (vec![(7, 0)], None));
    assert_eq!(heading(&Stage::new(&["@...m......."], &moving("flee", ""))), Some(Heading::Right));
}

#[test]
fn what_the_meeting_makes_of_a_thing_has_a_heading_of_its_own() {
    for motion in ["patrol-x", "bounce"] {
        let rows = if motion == "bounce" { ["m##", "@.."] } else { ["#m@", "..."] };
        let rest = moving(motion, "touch = { then = \"become cyan stripes\" }")
            + "\n[[thing]]\nsprite = \"cyan stripes\"\nmotion = \"fall\"\npace = 4";
        let mut stage = Stage::new(&rows, &rest);
        stage.go("wait wait");
        let Episode::Arcade(arcade) = &stage.episode else { panic!("a stage is no desk") };
        let fallen = arcade.sightings();
        let fallen = fallen.iter().find(|s| s.sprite.to_string() == "cyan stripes").expect(motion);
        assert_eq!(fallen.heading, Some(Heading::Down), "{motion}");
    }
}

#[test]
fn what_flees_keeps_its_distance() {
    let mut stage = Stage::new(&["@..m........"], &moving("flee", ""));
    assert_eq!(trail(&mut stage, 5), [(4, 0), (5, 0), (6, 0), (6, 0), (6, 0)]);
}

#[test]
fn what_bounces_leaves_where_nobody_catches_it() {
    let rows = [".....m......", "............", "............", "............"];
    let rows: Vec<&str> =
        std::iter::repeat_n("############", 7).chain(rows).chain(["@..........."]).collect();
    let mut stage = Stage::new(&rows, &moving("bounce", "leave = { life = -1 }"));
    assert_eq!(stage.lives("wait wait wait wait wait wait"), [0, 0, 0, 0, -1, 0]);
}

#[test]
fn a_dart_flies_until_it_hits_and_is_gone() {
    let rest = r#"
        legend = { g = "blue square" }
        [[thing]]
        sprite = "blue square"
        fires = { what = "red ring", every = 3, to = "right" }
        [[thing]]
        sprite = "red ring"
        motion = "dart"
    "#;
    let mut stage = Stage::new(&["g...#", "@"], rest);
    stage.go("wait wait");
    assert_eq!(stage.sees("red ring"), []);
    assert_eq!(trail(&mut stage, 3), [(1, 0), (2, 0), (3, 0)]);
    stage.go("wait");
    assert_eq!(stage.sees("red ring"), [(1, 0)], "the first is gone, the second is out");
}

#[test]
fn a_dart_that_hits_the_player_takes_effect_once() {
    let rest = r#"
        legend = { g = "blue square" }
        [[thing]]
        sprite = "blue square"
        fires = { what = "red ring", every = 2 }
        [[thing]]
        sprite = "red ring"
        motion = "dart"
        touch = { life = -1 }
    "#;
    let mut stage = Stage::new(&["g..@"], rest);
    assert_eq!(stage.lives("wait wait wait wait wait"), [0, 0, 0, -1, 0]);
    let mut aside = Stage::new(&["g...", "..@."], rest);
    assert_eq!(aside.lives(&"wait ".repeat(9)), [0; 9], "without a heading it aims only along a line");
}
