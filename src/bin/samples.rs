//! `samples`: what the model is taught. `samples --help` lists what it can do.

use clap::{Parser, Subcommand};
use rand::SeedableRng;
use rand_pcg::Pcg32;
use rulewright::env::Environment;
use rulewright::games::Game;
use rulewright::games::planner::{Beliefs, Planner};
use rulewright::samples::executor::{BLOCKED, Book, Executor, ODD, Source, claims, decide};
use rulewright::samples::strategist;
#[cfg(feature = "vlm")]
use rulewright::samples::stream::Plan;
use rulewright::samples::wording::{self, Split};
use std::collections::BTreeSet;

/// What the model is taught.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Option<Command>,
}

#[derive(Subcommand)]
enum Command {
    /// Prints a page of samples to read; so does no command at all
    Show {
        /// How many
        #[arg(long, default_value_t = PAGE.0)]
        count: usize,
        /// Which page
        #[arg(long, default_value_t = PAGE.1)]
        seed: u64,
    },
    /// Writes blocks of token ids and frames for the trainer, until nobody reads any more
    #[cfg(feature = "vlm")]
    Stream {
        /// The folder with the tokenizer
        #[arg(long)]
        words: std::path::PathBuf,
        /// Which samples
        #[arg(long, default_value_t = 1)]
        seed: u64,
        /// Threads that draw, 16 at most; the samples are the same for any number
        #[arg(long, default_value_t = 2)]
        threads: usize,
        /// Times the rows of a step, 60
        #[arg(long, default_value_t = 1)]
        scale: usize,
        /// Draw other samples than training has, to watch it by
        #[arg(long)]
        valid: bool,
    },
    /// Prints the words of all answers, one a line, as the tokenizer is made of them
    Answers,
    /// Prints the words of all rules that a person may write: those of training, or those held out
    Words {
        /// Those held out
        #[arg(long)]
        held_out: bool,
    },
    /// Prints what the teacher says and gets, step by step, with a true rulebook
    Watch {
        /// The game's id
        game: String,
        /// The episode's seed
        #[arg(long, default_value_t = 1)]
        seed: u32,
        /// Steps
        #[arg(long, default_value_t = 60)]
        steps: usize,
    },
    /// Prints what the teacher scores with a true rulebook, next to the oracle
    Teacher {
        /// Seeds
        #[arg(long, default_value_t = 6)]
        seeds: u32,
    },
}

/// Samples on a page, and the first page.
const PAGE: (usize, u64) = (10, 1);

fn main() {
    match Arguments::parse().command.unwrap_or(Command::Show { count: PAGE.0, seed: PAGE.1 }) {
        Command::Show { count, seed } => show(count, seed),
        #[cfg(feature = "vlm")]
        Command::Stream { words, seed, threads, scale, valid } => {
            stream(&words, Plan { seed, threads, scale, valid })
        }
        Command::Answers => answers(),
        Command::Words { held_out } => {
            let words = wording::words();
            let words = if held_out { words.held_out } else { words.train };
            words.iter().for_each(|word| println!("{word}"));
        }
        Command::Teacher { seeds } => teacher(seeds),
        Command::Watch { game, seed, steps } => watch(&game, seed, steps),
    }
}

fn show(count: usize, seed: u64) {
    let mut executor = Executor::new(Source::Training, Split::Train, None, seed).blocked(BLOCKED).odd(ODD);
    for _ in 0..count {
        let sample = executor.sample();
        println!("--- {}", executor.game().id);
        sample.rules.iter().enumerate().for_each(|(i, rule)| println!("{}. {rule}", i + 1));
        let offered: Vec<String> = sample.offered.iter().map(ToString::to_string).collect();
        println!("{}\nactions: {}\n> {}\n", sample.status(), offered.join(", "), sample.decision.text);
    }
    let mut rng = Pcg32::seed_from_u64(seed);
    for _ in 0..count {
        let sample = strategist::sample(&mut rng, Split::Train);
        println!("--- reflection");
        sample.rules.iter().enumerate().for_each(|(i, rule)| println!("{}. {rule}", i + 1));
        println!("{}\n> {}\n", sample.digest, sample.text);
    }
    let start = std::time::Instant::now();
    let n = 20_000;
    let mut chars = 0;
    for _ in 0..n {
        chars += executor.sample().decision.text.len();
    }
    println!(
        "{:.1} us a sample, {} characters",
        start.elapsed().as_secs_f64() * 1e6 / f64::from(n),
        chars / n as usize
    );
}

fn teacher(seeds: u32) {
    let mut shares = Vec::new();
    for game in Game::all() {
        let play = |own: bool| -> f64 {
            let mut sum = 0.0;
            for seed in 0..seeds {
                let mut episode = game.start(seed);
                let mut rng = Pcg32::seed_from_u64(u64::from(seed));
                let mut planner = Planner::new(Beliefs::True, seed);
                let book = claims(&episode, Book::True, &mut rng);
                loop {
                    let action =
                        if own { decide(&episode, &book, &mut rng).action } else { planner.choose(&episode) };
                    let outcome = episode.step(action);
                    sum += f64::from(outcome.score);
                    if outcome.done {
                        break;
                    }
                }
            }
            sum / f64::from(seeds)
        };
        let (own, oracle) = (play(true), play(false));
        shares.push(own / oracle);
        println!(
            "{:14} {:8} teacher {own:7.1} oracle {oracle:7.1} share {:.2}",
            game.id,
            game.file.split.to_string(),
            own / oracle
        );
    }
    println!("mean share {:.2}", shares.iter().sum::<f64>() / shares.len() as f64);
}

fn watch(game: &str, seed: u32, steps: usize) {
    let Some(game) = Game::find(game) else {
        eprintln!("There is no game “{game}”.");
        return;
    };
    let mut episode = game.start(seed);
    let mut rng = Pcg32::seed_from_u64(u64::from(seed));
    let book = claims(&episode, Book::True, &mut rng);
    for claim in &book {
        println!("{}", rulewright::samples::wording::plain(claim));
    }
    for step in 0..steps {
        let decision = decide(&episode, &book, &mut rng);
        let outcome = episode.step(decision.action);
        println!(
            "{step}: {}\n   {:+} points, {:+} lives, {}",
            decision.text,
            outcome.score,
            outcome.lives,
            episode.status()
        );
        if outcome.done {
            break;
        }
    }
}

#[cfg(feature = "vlm")]
fn stream(words: &std::path::Path, plan: Plan) {
    use rulewright::samples::stream::write;
    use rulewright::vlm::{folder::Folder, processor::Processor};
    let written = Folder::read(words)
        .and_then(|folder| Processor::new(&folder))
        .and_then(|processor| write(&processor.into(), plan, &mut std::io::stdout().lock()));
    match written {
        Ok(written) => eprintln!(
            "{} steps; {} samples were longer than any block, and left out",
            written.steps, written.too_long
        ),
        Err(error) => {
            eprintln!("{error}");
            std::process::exit(1);
        }
    }
}

/// Every word that answers are made of, found in many of them; those that begin a line after the first
/// with the mark of a line break before them.
fn answers() {
    let mut words = BTreeSet::new();
    let mut add = |text: &str| {
        for (i, line) in text.lines().enumerate() {
            for (j, chunk) in line.split_whitespace().enumerate() {
                let word: String = chunk.chars().take_while(char::is_ascii_alphabetic).collect();
                match chunk.strip_prefix(word.as_str()) {
                    _ if word.is_empty() => {}
                    Some(":") if i > 0 && j == 0 => _ = words.insert(format!("¶{word}:")),
                    _ if i > 0 && j == 0 => _ = words.insert(format!("¶{word}")),
                    _ => {}
                }
                for part in chunk.split(|c: char| !c.is_ascii_alphabetic()).filter(|part| part.len() > 1) {
                    words.insert(part.to_lowercase());
                }
            }
        }
    };
    let sources = (0..3).map(Source::Desk).chain([Source::Training, Source::Unseen, Source::Pairs]);
    for source in sources {
        let mut executor = Executor::new(source, Split::Train, None, 7);
        (0..30_000).for_each(|_| add(&executor.sample().decision.text));
    }
    let mut rng = Pcg32::seed_from_u64(7);
    (0..60_000).for_each(|_| add(&strategist::sample(&mut rng, Split::Train).text));
    words.iter().for_each(|word| println!("{word}"));
}
