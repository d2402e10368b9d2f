//! `arena`: measures games and players. `arena --help` lists what it can do.

mod contest;
#[cfg(feature = "cpu")]
mod device;
#[cfg(feature = "cpu")]
mod eval;
#[cfg(feature = "cpu")]
mod progress;
#[cfg(feature = "cpu")]
mod worth;

use clap::{Parser, Subcommand};
use rulewright::arena::games::Measure;
use rulewright::games::Game;
use rulewright::games::recording::{Player, Recording};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

/// Measures games and players.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Prints for every game what random play, the oracle and a planner with wrong rules score
    Games {
        /// Seeds that each player plays
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
        seeds: u32,
        /// Only these games, by id
        #[arg(long, value_delimiter = ',')]
        only: Vec<String>,
        /// The games of this folder instead of the ones that were built in
        #[arg(long)]
        folder: Option<PathBuf>,
    },
    /// Prints how well a model reads frames, obeys rulebooks and writes rules
    #[cfg(feature = "cpu")]
    Eval(eval::Options),
    /// Has agents play games they never saw, and prints who plays how well
    #[cfg(feature = "cpu")]
    Run(contest::Options),
    /// Puts runs of several machines together, and prints the table
    Merge {
        /// The folder for the runs and the table
        out: PathBuf,
        /// Folders of `arena run`
        #[arg(required = true)]
        parts: Vec<PathBuf>,
    },
    /// Prints what each rule of a rulebook is worth: points lost without it
    #[cfg(feature = "cpu")]
    Worth(worth::Options),
    /// Tells whether a game file is well-formed, solvable, and depends on its hidden rules
    Check {
        /// The game file
        file: PathBuf,
        /// Seeds that each player plays
        #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..))]
        seeds: u32,
    },
    /// Prints a generated game as a file to start one's own from
    Generate {
        /// Which: the same number gives the same game
        number: u64,
    },
    /// Plays an episode and prints it as a recording for tests/replays
    Record {
        /// The game's id
        game: String,
        /// The episode's seed
        #[arg(long, default_value_t = 1)]
        seed: u32,
        /// Who plays: oracle or random
        #[arg(long, default_value_t = Player::Oracle)]
        player: Player,
        /// Twist the hidden effects before this step
        #[arg(long)]
        twist: Option<u16>,
    },
    /// Records every recording of a folder again, by the rules of today
    Rerecord {
        /// The folder
        folder: PathBuf,
    },
}

fn main() -> ExitCode {
    let ok = match Arguments::parse().command {
        Command::Games { seeds, only, folder } => games(seeds, &only, folder.as_deref()),
        #[cfg(feature = "cpu")]
        Command::Eval(options) => told(eval::run(&options)),
        #[cfg(feature = "cpu")]
        Command::Run(options) => told(contest::run(&options)),
        Command::Merge { out, parts } => told(contest::merge(&out, &parts)),
        #[cfg(feature = "cpu")]
        Command::Worth(options) => told(worth::run(&options)),
        Command::Check { file, seeds } => check(&file, seeds),
        Command::Generate { number } => generate(number),
        Command::Record { game, seed, player, twist } => record(&game, seed, player, twist),
        Command::Rerecord { folder } => told(rerecord(&folder)),
    };
    if ok { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Says what went wrong, if something did.
fn told(done: Result<(), impl std::fmt::Display>) -> bool {
    done.inspect_err(|error| eprintln!("{error}")).is_ok()
}

/// Every game of a folder, or the built-in ones.
fn load(folder: Option<&Path>) -> Result<Vec<Game>, Vec<String>> {
    let files: Vec<(String, String)> = match folder {
        None => Game::files().map(|(file, text)| (file.into(), text.into())).collect(),
        Some(folder) => {
            let unreadable = |e| vec![format!("{}: the folder can't be read: {e}.", folder.display())];
            let mut paths: Vec<_> = std::fs::read_dir(folder)
                .map_err(unreadable)?
                .filter_map(|entry| Some(entry.ok()?.path()))
                .filter(|path| path.extension().is_some_and(|e| e == "toml"))
                .collect();
            paths.sort();
            let read = |path: &PathBuf| Ok((path.display().to_string(), std::fs::read_to_string(path)?));
            paths.iter().map(read).collect::<Result<_, _>>().map_err(unreadable)?
        }
    };
    let (games, errors): (Vec<_>, Vec<_>) =
        files.iter().map(|(file, text)| Game::parse(file, text)).partition(Result::is_ok);
    let errors: Vec<String> = errors.into_iter().filter_map(Result::err).map(|e| e.to_string()).collect();
    if !errors.is_empty() {
        return Err(errors);
    }
    let mut games: Vec<Game> = games.into_iter().flatten().collect();
    games.sort_by_key(|game| (game.file.split, game.file.family, game.file.title.clone()));
    Ok(games)
}

fn games(seeds: u32, only: &[String], folder: Option<&Path>) -> bool {
    let games = match load(folder) {
        Ok(games) => games,
        Err(errors) => {
            errors.iter().for_each(|error| eprintln!("{error}"));
            return false;
        }
    };
    let ids: Vec<_> = games.iter().map(|g| g.id.as_str()).collect();
    if let Some(unknown) = only.iter().find(|id| !ids.contains(&id.as_str())) {
        eprintln!("There is no game “{unknown}”; there are {}.", ids.join(", "));
        return false;
    }
    let chosen: Vec<&Game> = games.iter().filter(|g| only.is_empty() || only.contains(&g.id)).collect();
    let all = Measure::all(&chosen, seeds);
    println!(
        "| game | split | nothing | random | oracle | wrong rules | lead kept | steps | 80% at | most like | distance |"
    );
    println!("|---|---|--:|--:|--:|--:|--:|--:|--:|---|--:|");
    let mut fine = true;
    for measure in &all {
        let (twin, distance) = measure.twin(&all).map_or(("-", 1.0), |(twin, d)| (twin.id.as_str(), d));
        println!(
            "| {} | {} | {:.1} | {} | {} | {} | {:.0}% | {:.0} | {:.0} | {twin} | {distance:.2} |",
            measure.id,
            measure.split,
            measure.idle.mean,
            measure.random,
            measure.oracle,
            measure.shuffled,
            100.0 * measure.kept(),
            measure.steps,
            measure.worth,
        );
    }
    println!("\n{seeds} seeds; mean ± standard error.");
    for measure in &all {
        for complaint in measure.complaints() {
            println!("{}: {complaint}.", measure.id);
            fine = false;
        }
    }
    fine
}

fn check(path: &Path, seeds: u32) -> bool {
    let name = path.display().to_string();
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(error) => {
            eprintln!("{name}: the file can't be read: {error}.");
            return false;
        }
    };
    let game = match Game::parse(&name, &text) {
        Ok(game) => game,
        Err(error) => {
            eprintln!("{error}");
            return false;
        }
    };
    println!("{name}: well-formed.");
    let measure = Measure::of(&game, seeds);
    println!(
        "On {seeds} seeds doing nothing scores {}, random play {}, the oracle {}, the planner with wrong rules {}.",
        measure.idle, measure.random, measure.oracle, measure.shuffled
    );
    let complaints = measure.complaints();
    for complaint in &complaints {
        println!("{name}: {complaint}.");
    }
    if complaints.is_empty() {
        println!("{name}: solvable, and its hidden rules matter.");
    }
    complaints.is_empty()
}

fn generate(number: u64) -> bool {
    match rulewright::games::generator::generate(number).file.to_toml() {
        Ok(text) => print!("{text}"),
        Err(error) => {
            eprintln!("{error}.");
            return false;
        }
    }
    true
}

fn record(game: &str, seed: u32, player: Player, twist: Option<u16>) -> bool {
    match Recording::make(game, seed, player, twist) {
        Some(recording) => print!("{recording}"),
        None => eprintln!("There is no game “{game}”; `arena games` lists them."),
    }
    Game::find(game).is_some()
}

fn rerecord(folder: &Path) -> Result<(), String> {
    let entries = std::fs::read_dir(folder).map_err(|e| format!("{}: {e}.", folder.display()))?;
    let mut paths: Vec<_> = entries.filter_map(|entry| Some(entry.ok()?.path())).collect();
    paths.sort();
    for path in paths {
        let error = |what: String| format!("{}: {what}.", path.display());
        let text = std::fs::read_to_string(&path).map_err(|e| error(e.to_string()))?;
        let old = Recording::parse(&text).map_err(error)?;
        let new = old.again().ok_or_else(|| error(format!("there is no game “{}”", old.replay.game)))?;
        let changed = if new == old { "as before" } else { "changed" };
        std::fs::write(&path, new.to_string()).map_err(|e| error(e.to_string()))?;
        println!("{}: {changed}", path.display());
    }
    Ok(())
}
