//! `arena run` and `arena merge`: agents play, and the table is printed.

use rulewright::arena::contest::Run;
use rulewright::arena::{figure, ledger, scorecard};
use std::path::{Path, PathBuf};

#[cfg(feature = "cpu")]
pub use playing::{Options, find_game, load, read_game, run};

/// Puts ledgers together and prints the table.
pub fn merge(out: &Path, parts: &[PathBuf]) -> Result<(), String> {
    let read = |part: &PathBuf| ledger::read(&part.join(ledger::FILE));
    let runs = ledger::merge(parts.iter().map(read).collect::<Result<Vec<_>, _>>()?)?;
    std::fs::create_dir_all(out).map_err(|error| format!("{}: {error}.", out.display()))?;
    ledger::write(&out.join(ledger::FILE), &runs)?;
    report(out, &runs)
}

/// Prints the table, and writes it with the figure.
fn report(out: &Path, runs: &[Run]) -> Result<(), String> {
    write(&out.join("episodes.csv"), &scorecard::csv(runs))?;
    write(&out.join("curves.csv"), &scorecard::bins(runs))?;
    let card = scorecard::Scorecard::new(runs).map_err(|problem| format!("There is no table: {problem}."))?;
    let json = serde_json::to_string_pretty(&card).map_err(|error| error.to_string())?;
    write(&out.join("scorecard.json"), &json)?;
    write(&out.join("scorecard.md"), &card.to_string())?;
    write(&out.join("curves.svg"), &figure::svg(runs)?)?;
    println!("{card}");
    let name = out.display();
    println!("{name}: scorecard.md, scorecard.json, episodes.csv, curves.csv, curves.svg and runs.jsonl.");
    Ok(())
}

fn write(path: &Path, text: &str) -> Result<(), String> {
    std::fs::write(path, text).map_err(|error| format!("{}: {error}.", path.display()))
}

#[cfg(feature = "cpu")]
mod playing {
    use super::report;
    use crate::device::Runs;
    use crate::progress::Progress;
    use burn::tensor::Device;
    use clap::builder::RangedU64ValueParser;
    use clap::{Args, ValueEnum};
    use rayon::prelude::*;
    use rulewright::agent::executor::Voting;
    use rulewright::arena::contest::{Contender, Key, Protocol, Run, Shard, keys, play, scale};
    use rulewright::arena::ledger::Ledger;
    use rulewright::games::{Game, Split};
    use rulewright::vlm::Vlm;
    use rulewright::vlm::crowd::{Crowd, Seat};
    use rulewright::vlm::folder::{Folder, sha256};
    use rulewright::vlm::generate::MOST_TRACES;
    use rulewright::vlm::layers::Precision;
    use std::collections::{BTreeSet, VecDeque};
    use std::fmt::Write;
    use std::path::{Path, PathBuf};
    use std::sync::Mutex;
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
        /// Seeds on which random and oracle play, for the scale: they need no model
        #[arg(long, default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..))]
        scale_seeds: u32,
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
        #[arg(long, default_value_t = Voting::default().votes, value_parser = RangedU64ValueParser::<usize>::new().range(1..=MOST_TRACES as u64))]
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
        /// What the models run on
        #[arg(long, default_value = "cpu")]
        device: Runs,
        /// Runs at once in one batch, for each thread; 16 on the processor and 256 on a card if not said
        #[arg(long, value_parser = clap::value_parser!(u16).range(1..))]
        lockstep: Option<u16>,
        /// Threads, each with a model of its own; one a core, or one for a card, if not said
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
            let own = self.file.iter().map(|path| read_game(path));
            let mut games =
                own.chain(self.games.iter().map(|id| find_game(id))).collect::<Result<Vec<_>, _>>()?;
            if games.is_empty() {
                let wanted = |game: &&Game| match self.set {
                    Set::Unseen => game.file.split == Split::Unseen,
                    Set::Seen => game.file.split == Split::Seen,
                    Set::Desks => game.file.split == Split::Desk,
                    Set::All => true,
                };
                games.extend(Game::all().filter(wanted).cloned());
            }
            let mut ids = BTreeSet::new();
            match games.iter().find(|game| !ids.insert(&game.id)) {
                // Their runs could not be told apart.
                Some(twice) => Err(format!("“{}” is named twice: a file's name is its game's id.", twice.id)),
                None => Ok(games),
            }
        }

        /// The runs that are asked for of those on the scale, and of those who have a mind.
        fn keys(&self, games: &[Game], seeds: u32) -> (Vec<Key>, Vec<Key>) {
            let (scale, minds): (Vec<_>, Vec<_>) = self.contenders().into_iter().partition(|c| c.is_scale());
            let games: Vec<&Game> = games.iter().collect();
            let part = |keys: Vec<Key>| match self.shard {
                Some(shard) => shard.part(keys),
                None => keys,
            };
            (part(keys(&games, &scale, self.scale_seeds.max(seeds))), part(keys(&games, &minds, seeds)))
        }

        fn contenders(&self) -> Vec<Contender> {
            let usual = |c: &Contender| self.agents.is_empty() && *c != Contender::Interval;
            let asked = |c: &Contender| usual(c) || c.is_scale() || self.agents.contains(c);
            Contender::VARIANTS.iter().copied().filter(asked).collect()
        }
    }

    /// A game file of one's own.
    pub fn read_game(path: &Path) -> Result<Game, String> {
        let name = path.display().to_string();
        let text = std::fs::read_to_string(path).map_err(|error| format!("{name}: {error}."))?;
        Game::parse(&name, &text).map_err(|error| error.to_string())
    }

    /// A game that ships.
    pub fn find_game(id: &str) -> Result<Game, String> {
        Game::find(id).cloned().ok_or_else(|| format!("There is no game “{id}”; `arena games` lists them."))
    }

    /// Reads a model's folder, and says what tells its files from others.
    pub fn load(path: &Path) -> Result<(Folder, String), String> {
        let folder = Folder::read(path).map_err(|error| error.to_string())?;
        let mut sums = String::new();
        // What its card says changes nothing of how it plays.
        for (name, _) in folder.files().filter(|(name, _)| !name.ends_with(".md")) {
            let _ = writeln!(sums, "{name} {}", sha256(folder.get(name).unwrap_or_default()));
        }
        let name = sha256(sums.as_bytes())[..12].to_string();
        Ok((folder, name))
    }

    /// Plays what is not played yet, and prints the table.
    pub fn run(options: &Options) -> Result<(), String> {
        let (folder, mut model) = load(&options.model)?;
        if options.device == Runs::Gpu {
            // Its numbers are others in the last places.
            model.push_str(" on a card");
        }
        let device = options.device.open()?;
        let games = options.games()?;
        let (seeds, episodes, steps) = options.size();
        let voting = Voting { votes: options.votes, temperature: options.temperature, ..Voting::default() };
        let Options { twist, compares, nearest, interval, .. } = *options;
        let agents = String::new();
        let protocol =
            Protocol { model, episodes, steps, twist, voting, compares, nearest, interval, agents };
        let protocol = protocol.sealed();
        let ledger = Ledger::open(&options.out, &protocol, &games)?;
        let (mut scales, mut minds) = options.keys(&games, seeds);
        scales.retain(|key| !ledger.has(key));
        minds.retain(|key| !ledger.has(key));
        let ledger = Mutex::new(ledger);
        scales.into_par_iter().try_for_each(|key| {
            let run = scale(find(&games, &key), key, &protocol);
            ledger.lock().expect(POISON).add(run)
        })?;

        let most = minds.iter().map(|key| protocol.longest(find(&games, key))).sum();
        let progress = Progress::new(most);
        // Nobody needs a model who has nothing to ask.
        let threads = if minds.is_empty() {
            0
        } else {
            options.threads.unwrap_or_else(|| options.device.threads()).max(1)
        };
        let work = Work {
            protocol: &protocol,
            left: Mutex::new(minds.into()),
            ledger,
            problems: Mutex::new(Vec::new()),
            progress: &progress,
        };
        progress.tell_while(|| {
            std::thread::scope(|scope| {
                for _ in 0..threads {
                    scope.spawn(|| {
                        let seats = options.lockstep.unwrap_or_else(|| options.device.lockstep()).into();
                        if let Err(problem) = work.share(&folder, &device, seats, &games) {
                            work.problems.lock().expect(POISON).push(problem);
                        }
                    });
                }
            });
        });
        let (ledger, problems) = (work.ledger.into_inner().expect(POISON), work.problems.into_inner());
        if let Some(told) = progress.finish() {
            println!("{told} on {threads} threads.\n");
        }
        // A shard alone may lack what a score is measured against.
        if options.shard.is_none() {
            report(&options.out, &ledger.into_runs())?;
        }
        let problems = problems.expect(POISON);
        if problems.is_empty() { Ok(()) } else { Err(problems.join("\n")) }
    }

    fn find<'a>(games: &'a [Game], key: &Key) -> &'a Game {
        games.iter().find(|game| game.id == key.game).expect("the key is of a game")
    }

    const POISON: &str = "no thread panics while it holds this";

    /// What the threads share.
    struct Work<'a> {
        protocol: &'a Protocol,
        left: Mutex<VecDeque<Key>>,
        ledger: Mutex<Ledger>,
        problems: Mutex<Vec<String>>,
        progress: &'a Progress,
    }

    impl Work<'_> {
        /// One thread's share of the work.
        fn share(
            &self,
            folder: &Folder,
            (device, precision): &(Device, Precision),
            seats: usize,
            games: &[Game],
        ) -> Result<(), String> {
            let vlm = Vlm::new(folder, device, *precision).map_err(|e| e.to_string())?;
            let next = || self.left.lock().expect(POISON).pop_front();
            let player = |key: Key| {
                move |seat: Seat| async move {
                    self.play(find(games, &key), key, seat).await;
                }
            };
            pollster::block_on(Crowd::new(vlm, seats).run(std::iter::from_fn(next).map(player)));
            Ok(())
        }

        async fn play(&self, game: &Game, key: Key, mut seat: Seat) {
            let mut left = self.protocol.longest(game);
            let tick = async |_: &Run| {
                left = left.saturating_sub(1);
                self.progress.decided();
            };
            let name = format!("{} on {} with seed {}", key.contender, key.game, key.seed);
            let run = play(game, key, self.protocol, &mut seat, tick).await;
            // The episodes may have ended before their last step.
            self.progress.skip(left);
            let added = match run {
                Ok(run) => self.ledger.lock().expect(POISON).add(run),
                Err(problem) => Err(format!("{name} was broken off: {problem}.")),
            };
            self.problems.lock().expect(POISON).extend(added.err());
        }
    }
}
