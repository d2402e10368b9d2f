//! Steps and rendered frames per second on one core.

use divan::Bencher;
use divan::counter::ItemsCount;
use rulewright::env::{Action, Environment};
use rulewright::frame::Frame;
use rulewright::games::Game;

fn main() {
    divan::main();
}

/// Still things, chasers in a maze, crates, much that moves, shots, soil, a bouncing one, a desk.
const GAMES: [&str; 8] =
    ["orchard", "pellets", "crates", "meteors", "crossfire", "mole", "juggler", "trading"];

/// Episodes played round and round, an action of its own each step.
#[divan::bench(args = GAMES)]
fn steps(bencher: Bencher, id: &str) {
    const STEPS: usize = 10_000;
    let Some(game) = Game::find(id) else { return };
    let actions: Vec<Action> = game.start(0).actions().to_vec();
    bencher.counter(ItemsCount::new(STEPS)).bench_local(|| {
        let mut episode = game.start(1);
        for i in 0..STEPS {
            if episode.step(actions[(i * 7 / 3) % actions.len()]).done {
                episode = game.start(i as u32);
            }
        }
        episode
    });
}

/// Frames drawn into the same buffer.
#[divan::bench(args = GAMES)]
fn frames(bencher: Bencher, id: &str) {
    const FRAMES: usize = 1_000;
    let Some(game) = Game::find(id) else { return };
    let episode = game.start(1);
    let mut frame = Frame::new();
    bencher.counter(ItemsCount::new(FRAMES)).bench_local(|| {
        for _ in 0..FRAMES {
            divan::black_box(&episode).draw(&mut frame);
        }
    });
}

/// Decisions of the planner.
#[divan::bench(args = GAMES)]
fn decisions(bencher: Bencher, id: &str) {
    use rulewright::games::planner::{Beliefs, Planner};
    let Some(game) = Game::find(id) else { return };
    let episode = game.start(1);
    let mut planner = Planner::new(Beliefs::True, 0);
    bencher.bench_local(|| planner.choose(&episode));
}

/// Generated games, each another one.
#[divan::bench]
fn generate(bencher: Bencher) {
    let mut number = 0;
    bencher.bench_local(|| {
        number += 1;
        rulewright::games::generator::generate(number)
    });
}
