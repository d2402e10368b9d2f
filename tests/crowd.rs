//! Many agents at one model: each hears and does the same, to the bit, as if it were alone.
#![cfg(all(feature = "vlm", not(target_arch = "wasm32")))]

use std::cell::RefCell;
use std::path::Path;

use burn::tensor::Device;
use pollster::block_on;
use rulewright::agent::executor::Voting;
use rulewright::agent::mctrl::{Event, Goal, Learning};
use rulewright::agent::schedule::Schedule;
use rulewright::agent::{Agent, Decision, Settings, Writing};
use rulewright::games::Game;
use rulewright::mind::{Answer, Message, Mind, MindError, Part, Policy, Role, Style};
use rulewright::vlm::Vlm;
use rulewright::vlm::crowd::Crowd;
use rulewright::vlm::folder::Folder;
use rulewright::vlm::layers::Precision;

fn vlm() -> Vlm {
    let folder = Folder::read(Path::new("tests/parity/grouped")).unwrap();
    Vlm::new(&folder, &Device::flex(), Precision::Quantised).unwrap()
}

/// An agent that reflects and learns often, on the tiny model's short prompts.
fn settings(seed: u64, temperature: f32) -> Settings {
    Settings {
        voting: Voting { temperature, most_tokens: 40, ..Voting::default() },
        writing: Writing { most_tokens: 60, grammar: false, ..Writing::default() },
        reflects: Schedule::Every(4),
        // A model that knows nothing seldom agrees with itself, but can always become surer.
        learns: Some(Learning { goal: Goal::Entropy, every: 2, rate: 0.03, ..Learning::default() }),
        compares: 2,
        ..Settings::full(seed)
    }
}

async fn play(seed: u32, temperature: f32, decisions: u32, mind: &mut impl Mind) -> Vec<Decision> {
    let mut agent = Agent::new(settings(seed.into(), temperature));
    let games = ["orchard", "trading"].map(|id| Game::find(id).unwrap());
    let mut episode = games[seed as usize % 2].start(seed);
    let mut played = Vec::new();
    for _ in 0..decisions {
        played.push(agent.step(&mut episode, mind).await.unwrap());
    }
    played
}

fn crowded(seats: usize, temperature: f32) -> Vec<Vec<Decision>> {
    let played = RefCell::new(vec![Vec::new(); 5]);
    let player = |seed: u32| {
        let played = &played;
        // They come and go at different times.
        move |mut seat| async move {
            let decisions = play(seed, temperature, 4 + seed, &mut seat).await;
            played.borrow_mut()[seed as usize] = decisions;
        }
    };
    block_on(Crowd::new(vlm(), seats).run((0..5).map(player)));
    played.into_inner()
}

#[test]
fn an_agent_decides_the_same_whoever_else_is_there() {
    for temperature in [0.0, 1.0] {
        let alone: Vec<_> =
            (0..5).map(|seed| block_on(play(seed, temperature, 4 + seed, &mut vlm()))).collect();
        let events = alone.iter().flatten().flat_map(|decision| &decision.events);
        let events = events.filter(|event| matches!(event, Event::Updated { .. })).count();
        let reflections = alone.iter().flatten().filter(|decision| decision.reflection.is_some()).count();
        assert!(events > 3 && reflections > 3, "{events} {reflections}: the test tests little");
        for seats in [1, 3, 5] {
            assert_eq!(crowded(seats, temperature), alone, "{seats} seats, temperature {temperature}");
        }
    }
}

#[test]
fn what_one_asks_in_vain_does_not_hurt_the_others() {
    let heard = RefCell::new(Vec::new());
    let player = |words: &'static str| {
        let heard = &heard;
        move |mut seat: rulewright::vlm::crowd::Seat| async move {
            let parts = vec![Part::Text(words.repeat(if words == "long " { 5000 } else { 1 }))];
            let prompt = [Message { role: Role::User, parts }];
            let style = Style { seeds: vec![1], temperature: 0.0, top_p: 1.0, most_tokens: 8, grammar: None };
            let answer: Result<Answer, MindError> = seat.vote(&prompt, &style, Policy::Adapted).await;
            heard.borrow_mut().push((words, answer.map(|answer| answer.completions.len())));
        }
    };
    block_on(Crowd::new(vlm(), 2).run(["red", "long ", "blue"].map(player)));
    let mut heard = heard.into_inner();
    heard.sort_by_key(|(words, _)| *words);
    assert_eq!((&heard[0], &heard[2]), (&("blue", Ok(1)), &("red", Ok(1))));
    assert!(heard[1].1.as_ref().unwrap_err().to_string().contains("shorter"), "{heard:?}");
}
