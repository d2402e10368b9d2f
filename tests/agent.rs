//! The agent on every game that ships, with a mind that talks at random: whatever it says, the cycle
//! goes on, nothing breaks, and the same seed replays the same episode.
#![cfg(not(target_arch = "wasm32"))]

use pollster::block_on;
use rulewright::agent::{Agent, Decision, Settings};
use rulewright::games::Game;
use rulewright::mind::{
    Adapter, Answer, Completion, Gradient, Lesson, Message, Mind, MindError, Objective, Part, Policy, Style,
};

const DECISIONS: u32 = 60;

/// Says something for every seed: mostly a legal action, at times nonsense.
struct Chatter;

const SAID: [&str; 4] = [
    "me 3 4. 1 blue box bad. red ring new, blue box bad. goal touch red ring 3 1 in 3. up 2. up: touch red ring",
    "me 9 9. 1 red ring good, 2 none. goal none. left free. left: shoot blue box and pink moon leaves",
    "trend up. rule 1: trend up holds, hold",
    "\u{1f600} action: action: : | nonsense 999999999999",
];

const WRITTEN: [&str; 4] = [
    "add | touch red ring | +2 in 1 of 1 | touch red rings for points | maybe",
    "edit 1 | touch blue box | life -1 in 2 of 2 | avoid blue boxes | sure\nretire 2\nmerge 1 into 1",
    "confirm 1 | +2 in 9 of 9 | sure\nadd | volatility > 0.6 | hold 0 in 1 of 1 | hold | maybe",
    "| | | \u{1f600}",
];

fn completion(text: String) -> Completion {
    let tokens: Vec<u32> = text.bytes().map(u32::from).collect();
    Completion { log_probabilities: vec![-0.5; tokens.len()], tokens, text, bent: 0 }
}

impl Mind for Chatter {
    async fn vote(&mut self, prompt: &[Message], style: &Style, _: Policy) -> Result<Answer, MindError> {
        let [.., Part::Text(task)] = prompt[1].parts.as_slice() else { panic!("the task comes last") };
        let listed: Vec<&str> = task.split("actions: ").nth(1).unwrap().split(", ").collect();
        let text = |&seed: &u32| {
            let action = listed[seed as usize / 16 % listed.len()];
            let end = if seed % 7 == 0 { String::new() } else { format!("\naction: {action}") };
            completion(format!("{}{end}", SAID[seed as usize % 4]))
        };
        Ok(Answer { completions: style.seeds.iter().map(text).collect(), read: 9 })
    }

    async fn write(&mut self, _: &[Message], style: &Style) -> Result<Answer, MindError> {
        Ok(Answer { completions: vec![completion(WRITTEN[style.seeds[0] as usize % 4].into())], read: 9 })
    }

    async fn learn(&mut self, lessons: &[Lesson], _: Objective) -> Result<Vec<Gradient>, MindError> {
        let value = lessons.len() as f32 * 0.01;
        Ok(vec![Gradient { values: vec![value; 8], tokens: 10, loss: 0.0, kl: 0.0, entropy: 1.0 }])
    }

    async fn adopt(&mut self, _: Option<&Adapter>) -> Result<(), MindError> {
        Ok(())
    }
}

fn play(game: &Game, seed: u32) -> (Vec<Decision>, Agent) {
    let mut agent = Agent::new(Settings { compares: 3, remembers: 10, ..Settings::full(seed.into()) });
    let mut episode = game.start(seed);
    let mut decisions = Vec::new();
    for number in 0..DECISIONS {
        let decision = block_on(agent.step(&mut episode, &mut Chatter)).unwrap();
        if decision.outcome.done {
            episode = game.start(seed + number);
        }
        decisions.push(decision);
    }
    (decisions, agent)
}

#[test]
fn whatever_the_mind_says_the_cycle_goes_on_and_replays() {
    let mut reflected = 0;
    for game in Game::all() {
        let (decisions, agent) = play(game, 5);
        reflected += decisions.iter().filter(|decision| decision.reflection.is_some()).count();
        assert_eq!(play(game, 5).0, decisions, "{}", game.id);
        for rule in agent.rulebook().rules() {
            for step in rule.support.iter().chain(&rule.contradiction) {
                assert!(agent.history().step(*step).is_some(), "{}: step {step} is gone", game.id);
            }
        }
    }
    assert!(reflected > 0);
}
