//! Where a contest writes its runs down, a line each, so that one that was broken off goes on where it was.

use super::contest::{Key, Protocol, Run};
use std::collections::BTreeMap;
use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::{Path, PathBuf};

/// The file's name in a contest's folder.
pub const FILE: &str = "runs.jsonl";

/// A contest's runs, in memory and on disk.
pub struct Ledger {
    path: PathBuf,
    file: File,
    runs: BTreeMap<Key, Run>,
}

impl Ledger {
    /// Opens the ledger of a folder, which is made if it is not there.
    ///
    /// # Errors
    /// One sentence, if it can't be read or written, or was played under other conditions.
    pub fn open(folder: &Path, protocol: &Protocol) -> Result<Self, String> {
        let path = folder.join(FILE);
        let problem = |error: std::io::Error| format!("{}: {error}.", path.display());
        std::fs::create_dir_all(folder).map_err(problem)?;
        let runs = if path.exists() { read(&path)? } else { Vec::new() };
        if runs.iter().any(|run| run.protocol != *protocol) {
            let path = path.display();
            return Err(format!(
                "{path} was played under other conditions (model, episodes, steps, votes or twist): name another folder with --out."
            ));
        }
        // Written anew, so that a last line that was broken off is gone.
        let mut file = File::create(&path).map_err(problem)?;
        runs.iter().try_for_each(|run| writeln!(file, "{}", line(run))).map_err(problem)?;
        let file = OpenOptions::new().append(true).open(&path).map_err(problem)?;
        Ok(Self { file, runs: runs.into_iter().map(|run| (run.key.clone(), run)).collect(), path })
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

/// A run as a line.
fn line(run: &Run) -> String {
    serde_json::to_string(run).expect("a run has nothing that JSON has no word for")
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
    for run in parts.into_iter().flatten() {
        if runs.first_key_value().is_some_and(|(_, first)| first.protocol != run.protocol) {
            return Err("the parts were not played under the same conditions.".into());
        }
        if runs.get(&run.key).is_some_and(|known| *known != run) {
            let Key { game, contender, seed } = &run.key;
            return Err(format!("{contender} on {game} with seed {seed} went differently in two parts."));
        }
        runs.insert(run.key.clone(), run);
    }
    Ok(runs.into_values().collect())
}
