//! `arena run` and `arena merge`: agents play, and the table is printed.

use rulewright::arena::contest::Run;
use rulewright::arena::{figure, ledger, scorecard};
use std::path::{Path, PathBuf};

#[cfg(feature = "cpu")]
pub use playing::{Options, load, run};

/// Puts ledgers together and prints the table.
pub fn merge(out: &Path, parts: &[PathBuf]) -> Result<(), String> {
    let read = |part: &PathBuf| ledger::read(&part.join(ledger::FILE));
    let runs = ledger::merge(parts.iter().map(read).collect::<Result<Vec<_>, _>>()?)?;
    std::fs::create_dir_all(out).map_err(|error| format!("{}: {error}.", out.display()))?;
    let mut lines = String::new();
    for run in &runs {
        lines += &serde_json::to_string(run).map_err(|error| error.to_string())?;
        lines.push('\n');
    }
    write(&out.join(ledger::FILE), &lines)?;
    report(out, &runs)
}

/// Prints the table, and writes it with the figure.
fn report(out: &Path, runs: &[Run]) -> Result<(), String> {
    write(&out.join("episodes.csv"), &scorecard::csv(runs))?;
    let card = scorecard::Scorecard::new(runs).map_err(|problem| format!("There is no table: {problem}."))?;
    let json = serde_json::to_string_pretty(&card).map_err(|error| error.to_string())?;
    write(&out.join("scorecard.json"), &json)?;
    write(&out.join("scorecard.md"), &card.to_string())?;
    write(&out.join("curves.svg"), &figure::svg(runs)?)?;
    println!("{card}");
    println!("{}: scorecard.md, scorecard.json, episodes.csv, curves.svg and runs.jsonl.", out.display());
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}.", path.display()))
}

#[cfg(feature = "cpu")]
mod playing {
    use super::report;
    use burn::tensor::Device;
    use clap::{Args, ValueEnum};
    use indicatif::{ProgressBar, ProgressStyle};
    use rayon::prelude::*;
    use rulewright::agent::executor::Voting;
    use rulewright::arena::contest::{Contender, Key, Protocol, Run, keys, play, scale};
    use rulewright::arena::ledger::Ledger;
    use rulewright::games::{Game, Split};
    use rulewright::vlm::Vlm;
    use rulewright::vlm::crowd::{Crowd, Seat};
    use rulewright::vlm::folder::{Folder, sha256};
    use rulewright::vlm::layers::Precision;
    use std::collections::VecDeque;
    use std::fmt::Write;
    use std::path::{Path, PathBuf};
    use std::str::FromStr;
    use std::sync::Mutex;
    use std::time::Instant;
    use strum::VariantArray;

    /// What `arena run` is told.
    #[derive(Args)]
    pub struct Options {
        /// The model's folder
        #[arg(long, default_value = "assets/model")]
        model: PathBuf,
        /// The folder for the runs, the table and the figure; runs that are there are not played again
        #[arg(long, default_value = "arena-runs")]
        out: PathBuf,
        /// Which games
        #[arg(long, default_value = "unseen")]
        set: Set,
        /// Only these games, by id, of whatever set
        #[arg(long, value_delimiter = ',')]
        games: Vec<String>,
        /// A game file of one's own
        #[arg(long)]
        file: Vec<PathBuf>,
        /// Only these agents: full, rules, learning, static, entropy, retrieval, and interval, which only plays when
        /// named; random and oracle always play, for the scale
        #[arg(long, value_delimiter = ',', value_parser = agent)]
        agents: Vec<Contender>,
        /// Seeds on which everybody plays everything
        #[arg(long, default_value_t = 20, value_parser = clap::value_parser!(u32).range(1..))]
        seeds: u32,
        /// Episodes of a run, one after another
        #[arg(long, default_value_t = Protocol::default().episodes, value_parser = clap::value_parser!(u32).range(1..))]
        episodes: u32,
        /// The most steps of an episode
        #[arg(long, default_value_t = Protocol::default().steps, value_parser = clap::value_parser!(u32).range(1..))]
        steps: u32,
        /// Change the hidden effects before this decision of every run
        #[arg(long)]
        twist: Option<u32>,
        /// Ballots a decision: K
        #[arg(long, default_value_t = Voting::default().votes)]
        votes: usize,
        /// How freely ballots are written
        #[arg(long, default_value_t = Voting::default().temperature)]
        temperature: f32,
        /// Ask the frozen agent what it would do every so many decisions; 0 for never
        #[arg(long, default_value_t = Protocol::default().compares)]
        compares: u32,
        /// Past steps that the retrieval agent is given
        #[arg(long, default_value_t = Protocol::default().nearest)]
        nearest: usize,
        /// Decisions between the reflections of the agent with a fixed interval
        #[arg(long, default_value_t = Protocol::default().interval)]
        interval: u32,
        /// Play only part I of N, as in 2/8: N machines share the work, and `arena merge` puts it together
        #[arg(long)]
        shard: Option<Shard>,
        /// Runs at once in one batch, for each thread
        #[arg(long, default_value_t = 16, value_parser = clap::value_parser!(u16).range(1..))]
        lockstep: u16,
        /// Threads, each with a model of its own; one a core if not said
        #[arg(long)]
        threads: Option<usize>,
        /// A few seeds and short episodes: a first impression
        #[arg(long, conflicts_with_all = ["seeds", "episodes", "steps"])]
        quick: bool,
    }

    /// Which games.
    #[derive(Clone, Copy, ValueEnum)]
    enum Set {
        /// The 12 that the model never saw
        Unseen,
        /// The 33 that it was trained on
        Seen,
        /// The three desks
        Desks,
        /// All that ship
        All,
    }

    /// Part `place` of `of`, counted from 0.
    #[derive(Debug, Clone, Copy)]
    struct Shard {
        place: usize,
        of: usize,
    }

    impl FromStr for Shard {
        type Err = String;

        fn from_str(text: &str) -> Result<Self, String> {
            let parts = text.split_once('/').and_then(|(i, n)| Some((i.parse().ok()?, n.parse().ok()?)));
            match parts {
                Some((place @ 1.., of)) if place <= of => Ok(Self { place: place - 1, of }),
                _ => Err("write I/N with 1 <= I <= N, as in 2/8".into()),
            }
        }
    }

    fn agent(text: &str) -> Result<Contender, String> {
        let known = || Contender::VARIANTS.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        text.parse().map_err(|_| format!("there are {}", known()))
    }

    impl Options {
        /// Seeds, episodes and steps.
        fn size(&self) -> (u32, u32, u32) {
            if self.quick { (3, 1, 60) } else { (self.seeds, self.episodes, self.steps) }
        }

        fn games(&self) -> Result<Vec<Game>, String> {
            let mut games = Vec::new();
            for path in &self.file {
                let name = path.display().to_string();
                let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}."))?;
                games.push(Game::parse(&name, &text).map_err(|error| error.to_string())?);
            }
            for id in &self.games {
                let game = Game::find(id);
                games
                    .push(game.ok_or(format!("There is no game “{id}”; `arena games` lists them."))?.clone());
            }
            if games.is_empty() {
                let wanted = |game: &&Game| match self.set {
                    Set::Unseen => game.file.split == Split::Unseen,
                    Set::Seen => game.file.split == Split::Seen,
                    Set::Desks => game.file.split == Split::Desk,
                    Set::All => true,
                };
                games.extend(Game::all().iter().filter(wanted).cloned());
            }
            Ok(games)
        }

        fn contenders(&self) -> Vec<Contender> {
            let usual = |c: &Contender| self.agents.is_empty() && *c != Contender::Interval;
            let asked = |c: &Contender| usual(c) || c.is_scale() || self.agents.contains(c);
            Contender::VARIANTS.iter().copied().filter(asked).collect()
        }
    }

    /// Reads a model's folder, and says what tells its files from others.
    pub fn load(path: &Path) -> Result<(Folder, String), String> {
        let folder = Folder::read(path).map_err(|error| error.to_string())?;
        let mut sums = String::new();
        for (name, _) in folder.files() {
            let _ = writeln!(sums, "{name} {}", sha256(folder.get(name).unwrap_or_default()));
        }
        let name = sha256(sums.as_bytes())[..12].to_string();
        Ok((folder, name))
    }

    /// Plays what is not played yet, and prints the table.
    pub fn run(options: &Options) -> Result<(), String> {
        let (folder, model) = load(&options.model)?;
        let games = options.games()?;
        let (seeds, episodes, steps) = options.size();
        let voting = Voting { votes: options.votes, temperature: options.temperature, ..Voting::default() };
        let Options { twist, compares, nearest, interval, .. } = *options;
        let protocol = Protocol { model, episodes, steps, twist, voting, compares, nearest, interval };
        let mut ledger = Ledger::open(&options.out, &protocol)?;
        let mut all = keys(&games.iter().collect::<Vec<_>>(), &options.contenders(), seeds);
        if let Some(Shard { place, of }) = options.shard {
            // One further with every seed, so that no shard has the same agent always.
            let agents = options.contenders().len();
            let is_ours = |(at, _): &(usize, Key)| (at + at / agents) % of == place;
            all = all.into_iter().enumerate().filter(is_ours).map(|(_, key)| key).collect();
        }
        let (scales, minds): (Vec<Key>, Vec<Key>) =
            all.into_iter().filter(|key| !ledger.has(key)).partition(|key| key.contender.is_scale());
        let game = |key: &Key| games.iter().find(|game| game.id == key.game).expect("the key is of a game");
        let played: Vec<_> = scales.into_par_iter().map(|key| scale(game(&key), key, &protocol)).collect();
        played.into_iter().try_for_each(|run| ledger.add(run))?;

        let most = minds.iter().map(|key| protocol.longest(game(key))).sum();
        let (start, bar) = (Instant::now(), bar(most));
        let work = Work {
            protocol: &protocol,
            left: Mutex::new(minds.into()),
            ledger: Mutex::new(ledger),
            problems: Mutex::new(Vec::new()),
            bar: &bar,
        };
        let threads = options
            .threads
            .unwrap_or_else(|| std::thread::available_parallelism().map_or(1, std::num::NonZero::get));
        std::thread::scope(|scope| {
            for _ in 0..threads.max(1) {
                scope.spawn(|| {
                    let seats = usize::from(options.lockstep);
                    if let Err(problem) = work.share(&folder, seats, &games) {
                        work.problems.lock().expect(POISON).push(problem);
                    }
                });
            }
        });
        bar.finish_and_clear();
        let (ledger, problems) = (work.ledger.into_inner().expect(POISON), work.problems.into_inner());
        let seconds = start.elapsed().as_secs_f64();
        let taken = TAKEN.load(std::sync::atomic::Ordering::Relaxed);
        if taken > 0 {
            let rate = taken as f64 / seconds;
            println!("{taken} decisions in {seconds:.0} s: {rate:.1} decisions/s on {threads} threads.\n");
        }
        // A shard alone may lack what a score is measured against.
        if options.shard.is_none() {
            report(&options.out, &ledger.into_runs())?;
        }
        let problems = problems.expect(POISON);
        if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
    }

    const POISON: &str = "no thread panics while it holds this";

    /// Decisions of minds so far.
    static TAKEN: std::sync::atomic::AtomicU64 = std::sync::atomic::AtomicU64::new(0);

    /// What the threads share.
    struct Work<'a> {
        protocol: &'a Protocol,
        left: Mutex<VecDeque<Key>>,
        ledger: Mutex<Ledger>,
        problems: Mutex<Vec<String>>,
        bar: &'a ProgressBar,
    }

    impl Work<'_> {
        /// One thread's share of the work.
        fn share(&self, folder: &Folder, seats: usize, games: &[Game]) -> Result<(), String> {
            let vlm = Vlm::new(folder, &Device::flex(), Precision::Quantised).map_err(|e| e.to_string())?;
            let next = || self.left.lock().expect(POISON).pop_front();
            let player = |key: Key| {
                move |seat: Seat| async move {
                    let game = games.iter().find(|game| game.id == key.game).expect("the key is of a game");
                    self.play(game, key, seat).await;
                }
            };
            pollster::block_on(Crowd::new(vlm, seats).run(std::iter::from_fn(next).map(player)));
            Ok(())
        }

        async fn play(&self, game: &Game, key: Key, mut seat: Seat) {
            let mut left = self.protocol.longest(game);
            let tick = async |_: &Run| {
                left = left.saturating_sub(1);
                self.bar.inc(1);
                TAKEN.fetch_add(1, std::sync::atomic::Ordering::Relaxed);
            };
            let name = format!("{} on {} with seed {}", key.contender, key.game, key.seed);
            let run = play(game, key, self.protocol, &mut seat, tick).await;
            // The episodes may have ended before their last step.
            self.bar.inc(left);
            let added = match run {
                Ok(run) => self.ledger.lock().expect(POISON).add(run),
                Err(problem) => Err(format!("{name} was broken off: {problem}.")),
            };
            self.problems.lock().expect(POISON).extend(added.err());
        }
    }

    fn bar(decisions: u64) -> ProgressBar {
        let style = ProgressStyle::with_template(
            "{wide_bar} {human_pos} of {human_len} decisions, {per_sec}, {eta} left",
        );
        let bar = ProgressBar::new(decisions);
        bar.with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()))
    }
}
