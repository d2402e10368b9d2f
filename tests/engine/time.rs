//! Effects that last for some steps, fuel, and the end of time.

use crate::stage::Stage;
use rulewright::env::{Environment, Value};

#[test]
fn a_shield_stops_the_loss_of_lives_until_it_ends() {
    let rest = r#"
        legend = { s = "cyan saltire", h = "red flag" }
        [[thing]]
        sprite = "cyan saltire"
        touch = { shield = 3, then = "vanish" }
        [[thing]]
        sprite = "red flag"
        touch = { life = -1, score = 1 }
    "#;
    let mut stage = Stage::new(&["@sh"], rest);
    assert_eq!(stage.lives("right right right right right"), [0, 0, 0, -1, -1]);
    assert_eq!(stage.episode.status().score, 4, "all but the loss takes effect");
}

#[test]
fn a_shield_lets_lives_be_won() {
    let rest = r#"
        legend = { s = "cyan saltire", g = "red heart" }
        [[thing]]
        sprite = "cyan saltire"
        touch = { shield = 9, then = "vanish" }
        [[thing]]
        sprite = "red heart"
        touch = { life = 1 }
    "#;
    assert_eq!(Stage::new(&["@sg"], rest).lives("right right"), [0, 1]);
}

#[test]
fn slow_halves_the_pace_of_things() {
    let rest = r#"
        legend = { s = "blue bolt", p = "red ring" }
        [[thing]]
        sprite = "blue bolt"
        touch = { slow = 20, then = "vanish" }
        [[thing]]
        sprite = "red ring"
        motion = "patrol-x"
    "#;
    let way = |first: &str| {
        let mut stage = Stage::new(&["@s.", ".....p......"], rest);
        stage.go(first);
        let from = stage.sees("red ring")[0].0;
        stage.go("wait wait wait wait");
        stage.sees("red ring")[0].0.abs_diff(from)
    };
    assert_eq!((way("wait"), way("right")), (4, 2));
}

#[test]
fn swap_trades_the_effects_of_two_kinds_and_ends() {
    let rest = r#"
        swap = ["yellow circle", "red ring"]
        legend = { x = "green triangle", a = "yellow circle", b = "red ring" }
        [[thing]]
        sprite = "green triangle"
        touch = { swap = 4 }
        [[thing]]
        sprite = "yellow circle"
        touch = { score = 1 }
        [[thing]]
        sprite = "red ring"
        touch = { score = -1 }
    "#;
    let mut stage = Stage::new(&[".b.", "x@a"], rest);
    assert_eq!(stage.scores("right up left"), [1, -1, 0]);
    assert_eq!(stage.reading("swap"), Some(Value::Count(3)));
    assert_eq!(stage.scores("right up right"), [-1, 1, -1]);
    assert_eq!(stage.reading("swap"), None);
    assert_eq!(stage.scores("right up"), [1, -1]);
}

#[test]
fn running_out_of_fuel_costs_a_life_and_fills_the_tank() {
    let rest = "fuel = 5\n[[thing]]\nsprite = \"red ring\"";
    let mut stage = Stage::new(&["@"], rest);
    assert_eq!(stage.lives("wait wait wait wait"), [0, 0, 0, 0]);
    assert_eq!(stage.reading("fuel"), Some(Value::Count(1)));
    assert_eq!(stage.lives("wait"), [-1]);
    assert_eq!(stage.reading("fuel"), Some(Value::Count(5)));
}

#[test]
fn a_shield_does_not_stop_the_loss_by_running_dry() {
    let rest = r#"
        fuel = 5
        legend = { s = "cyan saltire" }
        [[thing]]
        sprite = "cyan saltire"
        touch = { shield = 9, then = "vanish" }
    "#;
    let mut stage = Stage::new(&["@s"], rest);
    assert_eq!(stage.lives("right wait wait wait wait"), [0, 0, 0, 0, -1]);
    assert_eq!(stage.reading("shield"), Some(Value::Count(4)));
}

#[test]
fn fuel_is_picked_up() {
    let rest = r#"
        fuel = 5
        legend = { f = "orange hourglass" }
        [[thing]]
        sprite = "orange hourglass"
        touch = { fuel = 10, then = "vanish" }
    "#;
    let mut stage = Stage::new(&["@f"], rest);
    assert_eq!(stage.reading("fuel"), Some(Value::Count(5)));
    stage.go("right");
    assert_eq!(stage.reading("fuel"), Some(Value::Count(14)));
}

#[test]
fn an_episode_ends_at_its_last_step() {
    let mut stage = Stage::new(&["@"], "[[thing]]\nsprite = \"red ring\"");
    let outcomes = stage.go(&"wait ".repeat(100));
    assert_eq!(outcomes.iter().position(|o| o.done), Some(99));
}
