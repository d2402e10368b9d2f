//! The arena: contests replay, are resumed and put together without a difference, are counted rightly, and
//! a rule is worth what is lost without it.
#![cfg(all(feature = "cli", not(target_arch = "wasm32")))]

use std::collections::BTreeSet;
use std::io::Write;
use std::path::Path;

use pollster::block_on;
use rulewright::agent::dynamics::Dynamics;
use rulewright::agent::executor::Voting;
use rulewright::agent::revision::Revision;
use rulewright::agent::rulebook::{Origin, Rulebook};
use rulewright::agent::{Decision, Settings, digest::Digest, exhibit};
use rulewright::arena::bootstrap::Interval;
use rulewright::arena::contest::{BIN, Contender, Key, Played, Protocol, Run, Shard, keys, play, scale};
use rulewright::arena::ledger::{self, Ledger};
use rulewright::arena::scorecard::{First, Recovery, Scorecard, bins, csv};
use rulewright::arena::{
    figure,
    worth::{Worth, worth},
};
use rulewright::env::{Action, Environment, Outcome, Status};
use rulewright::frame::Frame;
use rulewright::games::Game;
use rulewright::mind::{
    Adapter, Answer, Completion, Gradient, Lesson, Message, Mind, MindError, Objective, Part, Policy, Style,
};
use strum::VariantArray;

/// Says the first legal action that a rule names, else one by its seed.
struct Script;

fn completion(text: String) -> Completion {
    let tokens: Vec<u32> = text.bytes().map(u32::from).collect();
    Completion { log_probabilities: vec![-0.5; tokens.len()], tokens, text, bent: 0 }
}

impl Mind for Script {
    async fn vote(&mut self, prompt: &[Message], style: &Style, _: Policy) -> Result<Answer, MindError> {
        let [Part::Text(rules)] = prompt[0].parts.as_slice() else { panic!("the rules come first") };
        let [.., Part::Text(task)] = prompt[1].parts.as_slice() else { panic!("the task comes last") };
        let listed: Vec<&str> = task.split("actions: ").nth(1).unwrap().split(", ").collect();
        let told = listed.iter().find(|action| rules.contains(&format!("go {action}")));
        let text = |&seed: &u32| {
            let action = told.unwrap_or(&listed[seed as usize / 16 % listed.len()]);
            completion(format!("me 3 4. goal none. {action}: touch red ring\naction: {action}"))
        };
        Ok(Answer { completions: style.seeds.iter().map(text).collect(), read: 9 })
    }

    async fn write(&mut self, _: &[Message], style: &Style) -> Result<Answer, MindError> {
        let sure = ["sure", "maybe"][style.seeds[0] as usize % 2];
        let text = format!("add | touch red ring | +2 in 1 of 1 | go up | {sure}");
        Ok(Answer { completions: vec![completion(text)], read: 9 })
    }

    async fn learn(&mut self, lessons: &[Lesson], _: Objective) -> Result<Vec<Gradient>, MindError> {
        let value = lessons.len() as f32 * 0.01;
        Ok(vec![Gradient { values: vec![value; 8], tokens: 10, loss: 0.0, kl: 0.0, entropy: 1.0 }])
    }

    async fn adopt(&mut self, _: Option<&Adapter>) -> Result<(), MindError> {
        Ok(())
    }
}

fn protocol() -> Protocol {
    let voting = Voting { votes: 3, ..Voting::default() };
    Protocol { model: "script".into(), episodes: 2, steps: 45, compares: 5, voting, ..Protocol::default() }
}

fn games() -> Vec<&'static Game> {
    ["orchard", "trading"].map(|id| Game::find(id).unwrap()).to_vec()
}

fn runs(protocol: &Protocol, keys: &[Key]) -> Vec<Run> {
    let run = |key: &Key| {
        let game = Game::find(&key.game).unwrap();
        block_on(play(game, key.clone(), protocol, &mut Script, async |_| ())).unwrap()
    };
    keys.iter().map(run).collect()
}

#[test]
fn every_contender_plays_and_replays() {
    let all = keys(&games(), Contender::VARIANTS, 2);
    assert_eq!(all.len(), 2 * Contender::VARIANTS.len() * 2);
    let played = runs(&protocol(), &all);
    assert_eq!(runs(&protocol(), &all), played);
    for run in &played {
        assert_eq!(run.episodes.len(), 2);
        assert!(run.episodes.iter().all(|episode| (1..=45).contains(&episode.steps)));
        assert_eq!(run.points.len(), (run.decisions() as usize).div_ceil(BIN));
        let total: i32 = run.episodes.iter().map(|episode| episode.score).sum();
        assert_eq!(run.points.iter().sum::<i32>(), total);
        let who = run.key.contender;
        assert_eq!(run.coherence.len(), if who.is_scale() { 0 } else { run.points.len() });
        assert_eq!(run.tokens.total() > 0, !who.is_scale());
        for curve in [run.change.len(), run.reward.len(), run.entropy.len(), run.kl.len()] {
            assert_eq!(curve, run.coherence.len());
        }
        let reasons: u32 = run.reasons.values().sum();
        assert!(reasons >= run.reflections && (reasons > 0) == (run.reflections > 0), "{:?}", run.reasons);
        let writes = matches!(who, Contender::Full | Contender::Rules | Contender::Interval);
        assert!(writes || run.reflections == 0, "{who}");
        let learns =
            matches!(who, Contender::Full | Contender::Learning | Contender::Entropy | Contender::Interval);
        assert!(learns || run.updates == 0, "{who}");
    }
    let of = |who| played.iter().filter(move |run| run.key.contender == who);
    assert!(of(Contender::Interval).all(|run| run.reasons.get("interval") == Some(&run.reflections)));
    assert!(of(Contender::Full).all(|run| !run.reasons.contains_key("interval")));
    assert!(of(Contender::Entropy).all(|run| run.kl.last().is_some_and(Option::is_some)));
    let text = bins(&played);
    let points: usize = played.iter().map(|run| run.points.len()).sum();
    assert_eq!(text.lines().count(), points + 1);
    assert!(text.lines().all(|line| line.split(',').count() == 10), "{text}");
    assert!(of(Contender::Entropy).all(|run| run.updates > 0));
    let same = Key { game: "orchard".into(), contender: Contender::Oracle, seed: 1 };
    assert_eq!(
        &scale(games()[0], same.clone(), &protocol()),
        of(Contender::Oracle).find(|run| run.key == same).unwrap()
    );
}

#[test]
fn a_run_is_shown_after_every_decision_and_can_be_left_in_the_middle() {
    for contender in [Contender::Full, Contender::Oracle] {
        let key = Key { game: "orchard".into(), contender, seed: 1 };
        let mut seen = Vec::new();
        let (protocol, mut mind) = (protocol(), Script);
        let run = play(games()[0], key.clone(), &protocol, &mut mind, async |run: &Run| {
            seen.push((run.decisions(), run.points.iter().sum::<i32>()));
        });
        let run = block_on(run).unwrap();
        assert_eq!(seen.len() as u32, run.decisions());
        assert!(seen.iter().enumerate().all(|(at, (decisions, _))| *decisions == at as u32 + 1));
        assert_eq!(seen.last().map(|(_, points)| *points), Some(run.points.iter().sum()));
        // Whoever is not let go on has taken one decision.
        let mut taken = 0;
        let mut left = Box::pin(play(games()[0], key, &protocol, &mut mind, async |_: &Run| {
            taken += 1;
            std::future::pending().await
        }));
        let mut nobody = std::task::Context::from_waker(std::task::Waker::noop());
        assert!(left.as_mut().poll(&mut nobody).is_pending());
        drop(left);
        assert_eq!(taken, 1);
    }
}

#[test]
fn a_twist_changes_what_comes_after_it_and_nothing_before() {
    let all = keys(&games(), &[Contender::Static, Contender::Oracle], 3);
    let twisted = Protocol { twist: Some(40), ..protocol() };
    let (plain, twisted) = (runs(&protocol(), &all), runs(&twisted, &all));
    for (plain, twisted) in plain.iter().zip(&twisted) {
        assert_eq!(plain.points[..40 / BIN], twisted.points[..40 / BIN]);
    }
    let static_after = |runs: &[Run]| -> Vec<Vec<i32>> {
        runs.iter()
            .filter(|run| run.key.contender == Contender::Static)
            .map(|run| run.points[40 / BIN..].to_vec())
            .collect()
    };
    assert_ne!(static_after(&plain), static_after(&twisted));
}

#[test]
fn shards_put_together_are_the_whole() {
    let all = keys(&games(), Contender::VARIANTS, 2);
    let whole = ledger::merge([runs(&protocol(), &all)]).unwrap();
    let shard = |place: usize| {
        let keys: Vec<Key> = all.iter().skip(place).step_by(3).cloned().collect();
        runs(&protocol(), &keys)
    };
    let merged = ledger::merge([shard(2), shard(0), shard(1)]).unwrap();
    assert_eq!(merged, whole);
    assert_eq!(Scorecard::new(&merged), Scorecard::new(&whole));
    assert_eq!(csv(&merged), csv(&whole));
    // The same run twice is one run; two that differ are not of one contest.
    assert_eq!(ledger::merge([whole.clone(), shard(0)]).unwrap(), whole);
    let mut odd = shard(0);
    odd[0].updates += 1;
    assert!(ledger::merge([whole.clone(), odd]).unwrap_err().contains("differently"));
    let other = Protocol { steps: 9, ..protocol() };
    assert!(ledger::merge([whole, runs(&other, &all[..1])]).unwrap_err().contains("same conditions"));
}

fn open(place: &Path, protocol: &Protocol) -> Result<Ledger, String> {
    Ledger::open(place, protocol, &games().into_iter().cloned().collect::<Vec<_>>())
}

#[test]
fn runs_under_other_conditions_are_never_mixed() {
    let place = tempfile::tempdir().unwrap();
    let all = keys(&games()[..1], &[Contender::Random], 2);
    let played = runs(&protocol(), &all);
    let mut ledger = open(place.path(), &protocol()).unwrap();
    ledger.add(played[0].clone()).unwrap();
    drop(ledger);
    // The same id, but another game.
    let mut changed = games()[0].clone();
    changed.file.steps += 1;
    let problem = Ledger::open(place.path(), &protocol(), &[changed.clone()]).err().unwrap();
    assert!(problem.contains("game file"), "{problem}");
    let odd = scale(&changed, all[1].clone(), &protocol());
    assert!(ledger::merge([played, vec![odd]]).unwrap_err().contains("same conditions"));
    // What the agents are told beyond the protocol's own numbers counts too.
    let sealed = protocol().sealed();
    assert!(sealed.agents.len() == 12 && sealed == protocol().sealed());
    assert_ne!(sealed.agents, Protocol { nearest: 9, ..protocol() }.sealed().agents);
    assert!(open(place.path(), &sealed).err().unwrap().contains("other conditions"));
}

#[test]
fn shards_share_the_work_and_every_agent() {
    let all = keys(&games(), Contender::VARIANTS, 4);
    let parts: Vec<Vec<Key>> =
        (1..=4).map(|i| format!("{i}/4").parse::<Shard>().unwrap().part(all.clone())).collect();
    let mut together: Vec<Key> = parts.iter().flatten().cloned().collect();
    together.sort();
    let mut whole = all.clone();
    whole.sort();
    assert_eq!(together, whole);
    let agents = |part: &[Key]| part.iter().map(|key| key.contender).collect::<BTreeSet<_>>().len();
    assert!(parts.iter().all(|part| part.len() == 18 && agents(part) == 9), "{parts:?}");
    for wrong in ["0/2", "3/2", "1", "a/b", ""] {
        assert!(wrong.parse::<Shard>().is_err(), "{wrong:?}");
    }
}

#[test]
fn what_is_done_is_not_played_again() {
    let place = tempfile::tempdir().unwrap();
    let all = keys(&games()[..1], &[Contender::Full, Contender::Random], 2);
    let played = runs(&protocol(), &all);
    let mut ledger = open(place.path(), &protocol()).unwrap();
    assert!(all.iter().all(|key| !ledger.has(key)));
    played[..3].iter().try_for_each(|run| ledger.add(run.clone())).unwrap();
    drop(ledger);
    // A machine that stops in the middle of a line.
    let path = place.path().join(ledger::FILE);
    let mut file = std::fs::OpenOptions::new().append(true).open(&path).unwrap();
    write!(file, "{{\"key\":{{\"ga").unwrap();
    let mut ledger = open(place.path(), &protocol()).unwrap();
    assert_eq!(all.iter().map(|key| ledger.has(key)).collect::<Vec<_>>(), [true, true, true, false]);
    ledger.add(played[3].clone()).unwrap();
    let sorted = ledger::merge([played]).unwrap();
    assert_eq!(ledger.into_runs(), sorted);
    assert_eq!(ledger::merge([ledger::read(&path).unwrap()]).unwrap(), sorted);
    let other = Protocol { model: "another".into(), ..protocol() };
    let problem = open(place.path(), &other).err().unwrap();
    assert!(problem.contains("other conditions") && problem.contains(ledger::FILE), "{problem}");
    std::fs::write(&path, "nonsense\n").unwrap();
    assert!(open(place.path(), &protocol()).err().unwrap().contains("line 1"));
}

/// A run of which only the score counts.
fn scored(game: &str, contender: Contender, seed: u32, score: i32) -> Run {
    let key = Key { game: game.into(), contender, seed };
    let mut run = scale(Game::find(game).unwrap(), key, &protocol());
    run.episodes = vec![Played { score, steps: 40 }; 2];
    run
}

#[test]
fn scores_are_counted_between_random_play_and_the_oracle() {
    use Contender::{Full, Oracle, Random, Static};
    let mut runs = Vec::new();
    for seed in 0..4 {
        let swing = if seed % 2 == 0 { 2 } else { -2 };
        for (who, score) in [(Random, 10), (Oracle, 30), (Static, 15), (Full, 20 + swing)] {
            runs.push(scored("orchard", who, seed, score));
        }
        for (who, score) in [(Random, 0), (Oracle, 8), (Static, 4), (Full, 2)] {
            runs.push(scored("trading", who, seed, score));
        }
    }
    let card = Scorecard::new(&runs).unwrap();
    assert_eq!(card.games, ["orchard", "trading"]);
    assert_eq!((card.scale.as_slice(), card.seeds), (&[(10.0, 30.0), (0.0, 8.0)][..], 4));
    let of = |who| card.standings.iter().find(|standing| standing.contender == who).unwrap();
    assert_eq!((of(Oracle).mean.mean, of(Random).mean.mean), (1.0, 0.0));
    let (full, still) = (of(Full), of(Static));
    assert_eq!(full.games[1], Interval { mean: 0.25, low: 0.25, high: 0.25, of: 4 });
    assert!(
        (full.games[0].mean - 0.5).abs() < 1e-12 && full.games[0].low >= 0.3 && full.games[0].high <= 0.7
    );
    assert!((full.mean.mean - 0.375).abs() < 1e-12 && (still.mean.mean - 0.375).abs() < 1e-12);
    assert!(full.over_static.mean.abs() < 1e-12 && full.over_static.low < 0.0 && full.over_static.high > 0.0);
    assert_eq!((full.first, still.first, of(Oracle).first), (1, 1, 0));
    assert_eq!(full.by_episode.len(), 2);
    let text = card.to_string();
    assert!(text.contains("| trading | 0.0 | 8.0 |") && text.contains("full MCTR"), "{text}");
    assert!(!text.contains("Not all played"), "{text}");
    // One who played less is compared on what both played, and a sentence says so.
    let fewer: Vec<Run> = runs
        .iter()
        .filter(|run| run.key.contender != Full || run.key.game == "trading" && run.key.seed < 3)
        .cloned()
        .collect();
    let fewer = Scorecard::new(&fewer).unwrap();
    let standing = fewer.standings.iter().find(|standing| standing.contender == Full).unwrap();
    assert_eq!((standing.over_static.mean, standing.over_static.of), (-0.25, 3));
    assert!(fewer.to_string().contains("Not all played the same games and seeds"), "{fewer}");
    assert!(fewer.to_string().contains("static 8") && fewer.to_string().contains("full MCTR 3"), "{fewer}");
    let parsed: Scorecard = serde_json::from_str(&serde_json::to_string(&card).unwrap()).unwrap();
    assert_eq!(parsed.to_string(), text);
    assert!(Scorecard::new(&[]).is_err());
    let lacking: Vec<Run> = runs.into_iter().filter(|run| run.key.contender != Oracle).collect();
    assert!(Scorecard::new(&lacking).unwrap_err().contains("no scale"));
}

#[test]
fn mctr_is_counted_against_others_its_halves_and_a_fixed_schedule() {
    use Contender::{Entropy, Full, Interval, Learning, Oracle, Random, Rules, Static};
    let mut runs = Vec::new();
    for seed in 0..4 {
        let scores =
            [(Random, 0), (Oracle, 40), (Static, 10), (Entropy, 5), (Full, 20), (Rules, 30), (Interval, 20)];
        for (who, score) in scores {
            let mut run = scored("orchard", who, seed, score);
            run.tokens.reflections = if who == Interval { 800 } else { 320 };
            runs.push(run);
        }
        for (who, score) in
            [(Random, 0), (Oracle, 40), (Static, 30), (Full, 20), (Learning, 10), (Interval, 30)]
        {
            let mut run = scored("trading", who, seed, score);
            run.tokens.reflections = if who == Interval { 800 } else { 320 };
            runs.push(run);
        }
    }
    // The scale may have more seeds.
    runs.extend((4..9).map(|seed| scored("orchard", Random, seed, 0)));
    let card = Scorecard::new(&runs).unwrap();
    assert_eq!((card.seeds, card.scale_seeds), (4, 9));
    assert_eq!(card.first, Some(First { of_baselines: 1, of_halves: 1 }));
    let schedules = card.schedules.unwrap();
    assert_eq!((schedules.difference.mean, schedules.tokens), (-0.125, 0.4));
    let full = card.standings.iter().find(|standing| standing.contender == Full).unwrap();
    let by_game: Vec<f64> = full.over_static_by_game.iter().map(|game| game.mean).collect();
    assert_eq!(by_game, [0.25, -0.25]);
    assert_eq!(full.times_static.map(|times| (times.mean, times.of)), Some((1.0, 4)));
    let text = card.to_string();
    for told in ["| less static |", "in 1 of 2 games", "| -0.12 [-0.12, -0.12] | 40% |"] {
        assert!(text.contains(told), "{told}: {text}");
    }
}

/// A game that twists by itself is twisted once, and when the protocol says so.
#[test]
fn a_games_own_twist_gives_way_to_the_contests() {
    let plays = |file: &str, twist: u32| {
        let head = "title = \"Lanes\"\ngoal = \"Try.\"\nfamily = \"collect\"\nsteps = 80\n";
        let things = "[[thing]]\nsprite = \"yellow circle\"\ncount = 20\ntouch = { score = 1, then = \"respawn\" }\n\
                      [[thing]]\nsprite = \"red ring\"\ncount = 20\ntouch = { score = -1, then = \"respawn\" }\n";
        let game = Game::parse("lanes", &format!("{head}{file}{things}")).unwrap();
        let key = Key { game: "lanes".into(), contender: Contender::Random, seed: 1 };
        let protocol = Protocol { twist: Some(twist), episodes: 1, steps: 80, ..protocol() };
        scale(&game, key, &protocol).points
    };
    let own = "twist = { at = 40 }\n";
    assert_eq!(plays(own, 40), plays("", 40), "they do not take each other back");
    assert_eq!(plays(own, 60), plays("", 60), "the game's own does not come before");
    assert!(plays("", 40) != plays("", 60), "somebody met something");
}

/// A run that wins these points in its bins.
fn twisted(game: &str, contender: Contender, seed: u32, points: &[i32]) -> Run {
    let protocol = Protocol { twist: Some(60), ..protocol() };
    let key = Key { game: game.into(), contender, seed };
    let mut run = scale(Game::find(game).unwrap(), key, &protocol);
    run.points = points.to_vec();
    run.episodes = vec![Played { score: points.iter().sum(), steps: (points.len() * BIN) as u32 }];
    run
}

#[test]
fn recovery_is_measured_on_each_games_own_scale() {
    use Contender::{Full, Oracle, Random};
    let mut runs = Vec::new();
    for (game, times) in [("orchard", 1), ("trading", 100)] {
        for seed in 0..3 {
            let of = |points: [i32; 3]| -> Vec<i32> { points.iter().flat_map(|p| [*p * times; 3]).collect() };
            runs.push(twisted(game, Random, seed, &of([1, 1, 1])));
            runs.push(twisted(game, Oracle, seed, &of([11, 21, 11])));
            // It ends exactly where the last window does.
            runs.push(twisted(game, Full, seed, &of([6, 3, 5])));
        }
        // One that ended a decision earlier says nothing.
        let mut short = twisted(game, Full, 3, &[1000; 9]);
        short.episodes[0].steps -= 1;
        runs.push(short);
    }
    let card = Scorecard::new(&runs).unwrap();
    let of = |who| card.standings.iter().find(|standing| standing.contender == who).unwrap().twist.unwrap();
    let Recovery { before, during, after, recovered } = of(Full);
    let near = |interval: Interval, mean: f64| (interval.mean - mean).abs() < 1e-9 && interval.of == 3;
    assert!(near(before, 0.5) && near(during, 0.1) && near(after, 0.4), "{:?}", of(Full));
    assert!(recovered.is_some_and(|share| near(share, 0.8)), "{recovered:?}");
    assert_eq!((of(Oracle).during.mean, of(Random).recovered), (1.0, None));
    assert!(card.to_string().contains("| 0.80 [0.80, 0.80] |"), "{card}");
    // Where all ended too early, a sentence says so.
    runs.iter_mut().for_each(|run| run.episodes[0].steps = 179);
    let text = Scorecard::new(&runs).unwrap().to_string();
    assert!(!text.contains("share recovered"), "a table without rows: {text}");
    assert!(text.contains("60 decisions before it and 120 after it"), "{text}");
}

/// Runs the program: whether all went well, and what it said.
#[cfg(feature = "cpu")]
fn arena(arguments: &[&str]) -> (bool, String) {
    let output = std::process::Command::new(env!("CARGO_BIN_EXE_arena")).args(arguments).output().unwrap();
    let said = String::from_utf8_lossy(&[output.stdout, output.stderr].concat()).into_owned();
    (output.status.success(), said)
}

/// The program itself, with players that need no model: two machines share the work, one is broken off and goes
/// on, and together they give what one machine gives.
#[cfg(feature = "cpu")]
#[test]
fn the_program_shares_resumes_and_merges() {
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name).display().to_string();
    let play = |out: &str, games: &str, steps: &str, more: &[&str]| {
        let out = path(out);
        let mut arguments =
            vec!["run", "--out", &out, "--agents", "random", "--games", games, "--steps", steps];
        arguments.extend(["--scale-seeds", "5", "--seeds", "2", "--episodes", "1"]);
        arguments.extend(more);
        arena(&arguments)
    };
    let run = |out: &str, more: &[&str]| play(out, "orchard,trading", "40", more);
    let (ok, said) = run("whole", &[]);
    assert!(ok && said.contains("| orchard |"), "{said}");
    for shard in ["1/2", "2/2"] {
        let (ok, said) = run(&shard[..1], &["--shard", shard]);
        assert!(ok, "{said}");
    }
    // The second machine lost its last line in the middle.
    let file = place.path().join("2").join(ledger::FILE);
    let text = std::fs::read_to_string(&file).unwrap();
    std::fs::write(&file, &text[..text.len() - 9]).unwrap();
    assert!(run("2", &["--shard", "2/2"]).0);
    let (ok, said) = arena(&["merge", &path("merged"), &path("1"), &path("2")]);
    assert!(ok, "{said}");
    for name in ["scorecard.json", "episodes.csv", "curves.csv", "curves.svg"] {
        let read = |out: &str| std::fs::read_to_string(place.path().join(out).join(name)).unwrap();
        assert_eq!(read("merged"), read("whole"), "{name}");
    }
    let (ok, said) = play("whole", "orchard,trading", "41", &[]);
    assert!(!ok && said.contains("other conditions"), "{said}");
    for votes in ["0", "65"] {
        let (ok, said) = play("votes", "orchard", "40", &["--votes", votes]);
        assert!(!ok && said.contains("1..=64"), "{said}");
    }
    let (ok, said) = play("twice", "orchard,orchard", "40", &[]);
    assert!(!ok && said.contains("named twice"), "{said}");
    // Nobody pays for a graphics card that is not there.
    #[cfg(not(feature = "gpu"))]
    {
        let (ok, said) = arena(&["run", "--out", &path("card"), "--device", "gpu"]);
        assert!(!ok && said.contains("--features gpu") && said.trim().lines().count() == 1, "{said}");
    }
}

/// The program with the model that ships: what was played stays played.
#[cfg(feature = "cpu")]
#[test]
fn the_program_plays_with_a_model_and_resumes() {
    let place = tempfile::tempdir().unwrap();
    let out = place.path().join("runs");
    let model = place.path().join("model");
    std::fs::create_dir(&model).unwrap();
    for file in std::fs::read_dir("assets/model").unwrap().map(Result::unwrap) {
        std::fs::copy(file.path(), model.join(file.file_name())).unwrap();
    }
    let run = || {
        let (out, model) = (out.display().to_string(), model.display().to_string());
        let mut arguments = vec!["run", "--out", &out, "--model", &model, "--agents", "static"];
        arguments.extend(["--games", "orchard", "--seeds", "2", "--scale-seeds", "5", "--episodes", "1"]);
        arguments.extend(["--steps", "6", "--compares", "0", "--votes", "2", "--threads", "1"]);
        let (ok, said) = arena(&arguments);
        assert!(ok, "{said}");
        said
    };
    let read = |name: &str| std::fs::read_to_string(out.join(name)).unwrap();
    let said = run();
    assert!(said.contains("12 decisions in"), "{said}");
    let (card, runs) = (read("scorecard.md"), ledger::read(&out.join(ledger::FILE)).unwrap());
    assert!(card.lines().any(|line| line.starts_with("| static | ")), "{card}");
    assert_eq!(runs.iter().filter(|run| run.key.contender == Contender::Static).count(), 2);
    // The machine stopped in the middle of the last line: only that run is played again, and alike. That the model's
    // card was written meanwhile makes it no other model.
    let text = read(ledger::FILE);
    std::fs::write(out.join(ledger::FILE), &text[..text.len() - 9]).unwrap();
    std::fs::write(model.join("README.md"), "what came of it").unwrap();
    let said = run();
    assert!(said.contains("6 decisions in") && !said.contains("12 decisions in"), "{said}");
    assert_eq!((read("scorecard.md"), read(ledger::FILE)), (card, text));
}

/// The program with the model that ships: it leaves out one rule after another, and then all.
#[cfg(feature = "cpu")]
#[test]
fn the_program_says_what_each_rule_is_worth() {
    let place = tempfile::tempdir().unwrap();
    let file = place.path().join("rules.txt");
    let book = file.display().to_string();
    let worth = |game: &str, text: &str| {
        std::fs::write(&file, text).unwrap();
        arena(&["worth", game, &book, "--seeds", "2", "--steps", "4"])
    };
    let (ok, said) = worth("belt", "touch green apples for points\navoid red rings, they cost a life\n");
    assert!(ok, "{said}");
    let rows = said.lines().filter(|line| line.starts_with("| ")).skip(1);
    let rows: Vec<&str> = rows.filter_map(|row| row.split(" | ").next()).collect();
    assert!(rows.len() == 3 && rows[0].ends_with("touch green apples for points"), "{said}");
    assert!(rows[1].contains("avoid red rings") && rows[2] == "| the whole rulebook", "{said}");
    assert!(said.contains("each of 2 seeds"), "{said}");
    for (game, text, problem) in [("chess", "go up", "chess"), ("belt", "", "no rules in this")] {
        let (ok, said) = worth(game, text);
        assert!(!ok && said.contains(problem) && said.trim().lines().count() == 1, "{said}");
    }
}

#[test]
fn the_figure_shows_who_played() {
    let played = runs(&protocol(), &keys(&games(), Contender::VARIANTS, 1));
    let svg = figure::svg(&played).unwrap();
    assert!(svg.starts_with("<svg") && svg.trim_end().ends_with("</svg>"));
    for contender in Contender::VARIANTS.iter().filter(|contender| !contender.is_scale()) {
        assert!(svg.contains(contender.title()), "{contender} is missing");
    }
    assert!(figure::svg(&[]).is_ok(), "an empty figure is a figure");
}

/// Up wins a point, down loses one.
#[derive(Clone)]
struct Stairs(i32);

impl Environment for Stairs {
    fn actions(&self) -> &[Action] {
        &[Action::Up, Action::Down, Action::Wait]
    }

    fn status(&self) -> Status {
        Status { score: self.0, lives: 1, readings: Default::default() }
    }

    fn draw(&self, _: &mut Frame) {}

    fn step(&mut self, action: Action) -> Outcome {
        let score = match action {
            Action::Up => 1,
            Action::Down => -1,
            _ => 0,
        };
        self.0 += score;
        Outcome { score, lives: 0, done: false }
    }
}

#[test]
fn a_rule_is_worth_what_is_lost_without_it() {
    let mut book = Rulebook::default();
    let rules = "add | x | 0 in 1 of 1 | go up | sure\nadd | y | 0 in 1 of 1 | stay calm | sure";
    book.revise(&Revision::read(rules).0, Origin::Person, 0, &Digest::default());
    assert_eq!(book.listed().count(), 2);
    let games = vec![Stairs(0); 5];
    let mut told = Vec::new();
    let mut tell = |played: usize, of: usize, found: &[Worth]| told.push((played, of, found.len()));
    let settings = Settings::full(3);
    let found = block_on(worth(&book, &settings, &games, 20, &mut Script, &mut tell)).unwrap();
    assert_eq!(told.len(), 21, "every game, and the end");
    assert_eq!(
        (told[4], told[12], told[20]),
        ((5, 20, 0), (13, 20, 1), (20, 20, 3)),
        "as soon as it is known"
    );
    let [up, calm, whole] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!((up.rule.as_deref(), up.line.as_str()), (Some("R1"), "go up"));
    assert!(up.lost.low > 5.0 && up.lost.of == 5, "{up:?}");
    assert_eq!(up.lost.mean, 20.0 - up.without.mean);
    assert_eq!((calm.lost.mean, calm.without.mean), (0.0, 20.0));
    assert_eq!((whole.rule.as_ref(), whole.lost), (None, up.lost));
    assert_eq!(book.listed().count(), 2, "the rulebook itself is as it was");
}

#[test]
fn a_decision_can_be_saved() {
    let mut agent = rulewright::agent::Agent::new(Settings { compares: 1, ..Settings::full(1) });
    for game in games() {
        let mut episode = game.start(1);
        for _ in 0..12 {
            let decision = block_on(agent.step(&mut episode, &mut Script)).unwrap();
            let text = serde_json::to_string(&decision).unwrap();
            assert_eq!(serde_json::from_str::<Decision>(&text).unwrap(), decision);
            let packed = exhibit::pack(&decision).unwrap();
            let kept = Decision {
                settled: Vec::new(),
                reflection: None,
                events: Vec::new(),
                dynamics: Dynamics::default(),
                ..decision
            };
            assert_eq!(exhibit::unpack(&packed), Ok(kept));
        }
        agent.leave();
    }
}
