//! Where a contest writes its runs down, a line each, so that one that was broken off goes on where it was.

use super::contest::{Key, Protocol, Run, alike, file};
use crate::games::Game;
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufWriter, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// The file's name in a contest's folder.
pub const FILE: &str = "runs.jsonl";
/// The file beside it that a run holds while it writes there.
const LOCK: &str = "runs.lock";

/// A contest's runs, in memory and on disk.
pub struct Ledger {
    path: PathBuf,
    file: File,
    runs: BTreeMap<Key, Run>,
    /// Keeps other runs out for as long as this one lives.
    _lock: File,
}

impl Ledger {
    /// Opens the ledger of a folder, which is made if it is not there, to write runs of these games.
    ///
    /// # Errors
    /// One sentence, if it can't be read or written, was played under other conditions, or another run writes
    /// there now.
    pub fn open(folder: &Path, protocol: &Protocol, games: &[Game]) -> Result<Self, String> {
        let path = folder.join(FILE);
        let problem = |error: std::io::Error| format!("{}: {error}.", path.display());
        std::fs::create_dir_all(folder).map_err(problem)?;
        let lock = lock(folder)?;
        let runs = if path.exists() { read(&path)? } else { Vec::new() };
        let is_of = |run: &Run, game: &Game| run.key.game != game.id || run.file == file(game);
        let fits = |run: &Run| run.protocol == *protocol && games.iter().all(|game| is_of(run, game));
        if !runs.iter().all(fits) {
            let path = path.display();
            return Err(format!(
                "{path} was played under other conditions (model, game file, episodes, steps, votes, twist, or what the agents are told): name another folder with --out."
            ));
        }
        // Written anew, so that a last line that was broken off is gone.
        write(&path, &runs)?;
        let file = OpenOptions::new().append(true).open(&path).map_err(problem)?;
        let runs = runs.into_iter().map(|run| (run.key.clone(), run)).collect();
        Ok(Self { file, runs, path, _lock: lock })
    }

    /// Whether a run is done.
    pub fn has(&self, key: &Key) -> bool {
        self.runs.contains_key(key)
    }

    /// Writes a run down.
    ///
    /// # Errors
    /// One sentence, if that can't be.
    pub fn add(&mut self, run: Run) -> Result<(), String> {
        let problem = |error| format!("{}: {error}.", self.path.display());
        writeln!(self.file, "{}", line(&run)).and_then(|()| self.file.flush()).map_err(problem)?;
        self.runs.insert(run.key.clone(), run);
        Ok(())
    }

    /// All runs, by key.
    pub fn into_runs(self) -> Vec<Run> {
        self.runs.into_values().collect()
    }
}

/// Takes a folder for a run: each writes the file anew, and would take the other's lines away.
fn lock(folder: &Path) -> Result<File, String> {
    let path = folder.join(LOCK);
    let problem = |error: std::io::Error| format!("{}: {error}.", path.display());
    let file = File::create(&path).map_err(problem)?;
    match file.try_lock() {
        Err(TryLockError::WouldBlock) => Err(format!(
            "{}: another run writes there; give this one another folder with --out, and `arena merge` puts them together.",
            folder.display()
        )),
        // Where a disk knows no locks, nobody is kept out.
        Err(TryLockError::Error(error)) if error.kind() != ErrorKind::Unsupported => Err(problem(error)),
        _ => Ok(file),
    }
}

/// A run as a line.
fn line(run: &Run) -> String {
    serde_json::to_string(run).expect("a run has nothing that JSON has no word for")
}

/// Writes runs to a file. What was there stays until all of them are written.
///
/// # Errors
/// One sentence, if that can't be.
pub fn write(path: &Path, runs: &[Run]) -> Result<(), String> {
    let problem = |error: std::io::Error| format!("{}: {error}.", path.display());
    let new = path.with_extension("new");
    let mut file = BufWriter::new(File::create(&new).map_err(problem)?);
    runs.iter().try_for_each(|run| writeln!(file, "{}", line(run))).map_err(problem)?;
    file.into_inner().map_err(|error| problem(error.into_error()))?.sync_all().map_err(problem)?;
    std::fs::rename(&new, path).map_err(problem)
}

/// The runs of a file. A last line that was broken off is left out.
///
/// # Errors
/// One sentence that names the file and the line, if there is another one that is no run.
pub fn read(path: &Path) -> Result<Vec<Run>, String> {
    let text = std::fs::read_to_string(path).map_err(|error| format!("{}: {error}.", path.display()))?;
    let mut runs = Vec::new();
    let mut lines = text.split_inclusive('\n').enumerate().filter(|(_, line)| !line.trim().is_empty());
    for (number, line) in lines.by_ref() {
        match serde_json::from_str(line) {
            Ok(run) => runs.push(run),
            Err(_) if !line.ends_with('\n') => {}
            Err(error) => return Err(format!("{}: line {}: {error}.", path.display(), number + 1)),
        }
    }
    Ok(runs)
}

/// Puts the runs of several ledgers together, by key.
///
/// # Errors
/// One sentence, if two of the same key differ, or not all were played under the same conditions.
pub fn merge(parts: impl IntoIterator<Item = Vec<Run>>) -> Result<Vec<Run>, String> {
    let mut runs: BTreeMap<Key, Run> = BTreeMap::new();
    let parts: Vec<Run> = parts.into_iter().flatten().collect();
    if !alike(&parts) {
        return Err("The parts were not played under the same conditions.".into());
    }
    for run in parts {
        if runs.get(&run.key).is_some_and(|known| *known != run) {
            let Key { game, contender, seed } = &run.key;
            return Err(format!("{contender} on {game} with seed {seed} went differently in two parts."));
        }
        runs.insert(run.key.clone(), run);
    }
    Ok(runs.into_values().collect())
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::agent::rulebook::sheet::tests::mutated;
    use crate::arena::contest::{Contender, scale};
    use proptest::prelude::*;

    fn run(seed: u32) -> Run {
        let key = Key { game: "orchard".into(), contender: Contender::Random, seed };
        let protocol = Protocol { episodes: 1, steps: 30, ..Protocol::default() };
        scale(Game::find("orchard").unwrap(), key, &protocol)
    }

    #[test]
    fn what_was_written_stays_until_all_is_written_anew() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join(FILE);
        write(&path, &[run(1), run(2)]).unwrap();
        // Nothing can be written beside it: the file stays as it is.
        std::fs::create_dir(path.with_extension("new")).unwrap();
        assert!(write(&path, &[]).is_err());
        assert_eq!(read(&path).unwrap(), [run(1), run(2)]);
    }

    #[test]
    fn two_runs_never_write_in_one_folder() {
        let place = tempfile::tempdir().unwrap();
        let protocol = run(1).protocol;
        let open = || Ledger::open(place.path(), &protocol, &[]);
        let mut first = open().unwrap();
        let problem = open().err().unwrap();
        assert!(problem.contains("another run") && problem.contains("--out"), "{problem}");
        first.add(run(1)).unwrap();
        drop(first);
        assert!(open().unwrap().has(&run(1).key), "the second one left the first one's file alone");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(200))]
        #[test]
        fn no_file_is_too_odd(text in any::<String>(), salt in any::<u64>()) {
            let place = tempfile::tempdir().unwrap();
            let path = place.path().join(FILE);
            for text in [&text, &mutated(&format!("{}\n", line(&run(1))), salt)] {
                std::fs::write(&path, text).unwrap();
                if let Err(problem) = read(&path) {
                    prop_assert!(problem.contains(FILE) && problem.ends_with('.'), "{}", problem);
                }
            }
        }
    }
}
