//! The model that ships, as the agent meets it.
#![cfg(all(feature = "cpu", not(target_arch = "wasm32")))]

use burn::tensor::Device;
use pollster::block_on;
use rand::SeedableRng;
use rand_pcg::Pcg32;
use rulewright::agent::mctrl::{Event, Learning};
use rulewright::agent::rulebook::Rulebook;
use rulewright::agent::schedule::Schedule;
use rulewright::agent::{Agent, Decision, Settings, prompt, revision};
use rulewright::arena::eval::{VOTES, questions};
use rulewright::env::Environment;
use rulewright::games::{Episode, Game};
use rulewright::mind::{Completion, Message, Policy, Purpose, Style};
use rulewright::samples::strategist;
use rulewright::samples::wording::Split;
use rulewright::vlm::Vlm;
use rulewright::vlm::folder::Folder;
use rulewright::vlm::layers::Precision;
use std::path::Path;

fn shipped() -> Vlm {
    let folder = Path::new("assets/model");
    let folder = Folder::read(folder).expect("the model's folder is whole");
    Vlm::new(&folder, &Device::flex(), Precision::Quantised).expect("the model loads")
}

fn write(vlm: &mut Vlm, purpose: Purpose, talk: &[Message], grammar: String) -> Completion {
    let style =
        Style { seeds: vec![1], temperature: 0.0, top_p: 1.0, most_tokens: 320, grammar: Some(grammar) };
    block_on(vlm.answer(purpose, talk, &style)).expect("it writes").completions.remove(0)
}

/// The grammar once asked for a first word without the space that the model writes before it: each
/// revision began with a word that the model did not mean.
#[test]
fn its_revisions_are_its_own_words() {
    let (mut vlm, mut rng) = (shipped(), Pcg32::seed_from_u64(3));
    let count = 12;
    let bent = (0..count).filter(|_| {
        let sample = strategist::sample(&mut rng, Split::Train);
        let talk = prompt::reflection(&sample.rules, &sample.digest);
        write(&mut vlm, Purpose::Write, &talk, revision::grammar()).bent > 0
    });
    let bent = bent.count();
    assert!(bent * 4 <= count, "{bent} of {count} revisions had to be bent");
}

#[test]
fn it_goes_for_what_its_rules_call_good() {
    let mut vlm = shipped();
    let mut goal = |seed: u32, good: &str, bad: &str| {
        let game = Game::find("orchard").expect("it ships").start(seed);
        let rules = [
            format!("touch {good}s for 2 points"),
            format!("avoid {bad}s, they cost 2 points"),
            "touching yellow cups does nothing".into(),
        ];
        let talk = prompt::vote(&rules, game.frame(), &game.status(), game.actions());
        let grammar = prompt::ballot(game.actions());
        let text = write(&mut vlm, Purpose::Vote(Policy::Frozen), &talk, grammar).text;
        text.split("goal touch ").nth(1).unwrap_or_default().to_string()
    };
    let seeds = 10;
    let followed = (0..seeds).filter(|&seed| {
        goal(seed, "orange circle", "green diamond").starts_with("orange circle")
            && goal(seed, "green diamond", "orange circle").starts_with("green diamond")
    });
    let followed = followed.count();
    assert!(followed * 2 > seeds as usize, "its goal followed the rules on {followed} of {seeds} boards");
}

/// What the browser's tests compare its answers with. After a change that is meant to change them, such as another
/// model: `RERECORD=1 cargo test --test shipped its_answers`.
#[test]
fn its_answers_are_those_that_the_browser_is_compared_with() {
    let path = Path::new("tests/parity/answers.json");
    let mut vlm = shipped();
    let mut answer =
        |talk: &[Message], grammar| write(&mut vlm, Purpose::Vote(Policy::Frozen), talk, grammar);
    let asked = questions(2 * VOTES.len(), 7).into_iter();
    let now: Vec<Completion> = asked.map(|question| answer(&question.talk, question.grammar)).collect();
    if std::env::var_os("RERECORD").is_some() {
        std::fs::write(path, serde_json::to_string(&now).unwrap() + "\n").unwrap();
    }
    let then: Vec<Completion> = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let texts = |answers: &[Completion]| answers.iter().map(|one| one.text.clone()).collect::<Vec<_>>();
    assert_eq!(texts(&now), texts(&then));
}

/// The full agent's decisions until it has learned and reflected three times each (a model that is sure learns
/// seldom: its ballots agree), with the rulebook that it wrote meanwhile.
fn play(seed: u32) -> (Vec<Decision>, Rulebook) {
    let mut vlm = shipped();
    let learning = Learning { every: 4, ..Learning::default() };
    let settings = Settings {
        reflects: Schedule::Every(8),
        learns: Some(learning),
        compares: 8,
        ..Settings::full(seed.into())
    };
    let mut agent = Agent::new(settings);
    let mut game = Game::find("fireflies").expect("it ships").start(seed);
    let (mut played, mut updates, mut reflections) = (Vec::new(), 0, 0);
    while updates < 3 || reflections < 3 {
        assert!(played.len() < 120, "{updates} updates, {reflections} reflections");
        let decision = block_on(agent.step(&mut game, &mut vlm)).expect("it decides");
        updates += decision.events.iter().filter(|event| matches!(event, Event::Updated { .. })).count();
        reflections += usize::from(decision.reflection.is_some());
        played.push(decision);
    }
    (played, agent.rulebook().clone())
}

#[test]
fn the_whole_cycle_comes_out_the_same_to_the_bit() {
    let (played, book) = play(1);
    let reflections: Vec<_> = played.iter().filter_map(|decision| decision.reflection.as_ref()).collect();
    let abstained: usize = played.iter().map(|decision| decision.vote.tally.abstentions).sum();
    assert_eq!(reflections.len(), played.len() / 8, "as the schedule says: {reflections:?}");
    assert!(reflections.iter().all(|reflection| reflection.text.is_ok()), "{reflections:?}");
    assert_eq!(abstained, 0, "every ballot ends in an action");
    assert_eq!(play(1), (played, book));
}

/// As the page has it: by the dynamic schedule, learning too, over the end of an episode.
#[test]
fn by_its_own_schedule_it_writes_rules_from_what_it_saw_and_keeps_them_in_the_next_episode() {
    let (mut vlm, mut agent) = (shipped(), Agent::new(Settings::full(3)));
    let fireflies = Game::find("fireflies").expect("it ships");
    let mut game = fireflies.start(3);
    let (mut scores, mut ends, mut reflections) = (Vec::new(), 0, 0);
    for _ in 0..180 {
        let lines = agent.rulebook().lines();
        let decision = block_on(agent.step(&mut game, &mut vlm)).expect("it decides");
        assert_eq!(
            decision.memory.lines, lines,
            "it plays by the rules that it has, from one episode to the next"
        );
        assert_eq!(decision.reflection.is_some(), decision.verdict.yes);
        reflections += usize::from(decision.verdict.yes);
        assert!(!decision.verdict.yes || !decision.verdict.reasons.is_empty(), "it says why");
        scores.push(decision.outcome.score);
        if decision.outcome.done {
            ends += 1;
            game = fireflies.start(3 + ends);
        }
    }
    assert_eq!(ends, 1);
    assert!((3..=180 / 12).contains(&reflections), "{reflections} reflections");
    let rules: Vec<_> = agent.rulebook().listed().filter(|rule| !rule.support.is_empty()).collect();
    assert!(rules.len() >= 2, "{:?}", agent.rulebook().lines());
    for rule in rules {
        let record = |step: &u32| &agent.history().step(*step).expect("its evidence is kept").step;
        let steps = rule.support.iter().map(record);
        // Where several things met at once, part of the change is another one's.
        for step in steps.filter(|step| step.meets.len() == 1) {
            assert!(rule.observation.starts_with(&step.change.to_string()), "{rule:?}: {step:?}");
        }
    }
    let third = |at: usize| scores[at * 60..(at + 1) * 60].iter().sum::<i32>();
    assert!(third(2) > third(0), "what it wrote helped: {:?}", [0, 1, 2].map(third));
}

/// What the page lays over the frame: the squares' order is the picture's, and the attention says something.
#[test]
fn it_looks_at_itself_when_it_says_where_it_is() {
    let mut vlm = shipped();
    let count = 12;
    let looks = (0..count).filter(|seed| {
        let game = Game::find("orchard").expect("it ships").start(*seed);
        let Episode::Arcade(arcade) = &game else { panic!("a board") };
        let (x, y) = arcade.player();
        let talk = prompt::vote(&[], game.frame(), &game.status(), game.actions());
        let style = Style { seeds: vec![1], temperature: 0.0, top_p: 1.0, most_tokens: 3, grammar: None };
        let answer = block_on(vlm.answer(Purpose::Vote(Policy::Adapted), &talk, &style)).expect("it writes");
        // ` me 6 5`: the column's token was written from the one before it.
        let glances = block_on(vlm.glances(&talk, &answer.completions[0].tokens)).expect("it looks");
        let squares = &glances[1].squares;
        let most = squares.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1)).map(|(at, _)| at);
        most == Some(usize::from(y) / 2 * 6 + usize::from(x) / 2)
    });
    let looks = looks.count();
    assert!(looks * 4 >= count as usize * 3, "{looks} of {count} times");
}
