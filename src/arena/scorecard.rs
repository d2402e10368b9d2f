//! The scorecard of a contest: scores between random play and the oracle, with intervals over the seeds.

use super::bootstrap::Interval;
use super::contest::{Contender, Protocol, Run};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Formatter, Write};

/// What a contender did, on average.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Standing {
    /// Who.
    pub contender: Contender,
    /// By game, in the scorecard's order: 0 is random play, 1 the oracle.
    pub games: Vec<Interval>,
    /// Over all games.
    pub mean: Interval,
    /// The same less the static agent's, seed by seed.
    pub over_static: Interval,
    /// Games in which nobody's mean is higher; random play and the oracle don't count.
    pub first: usize,
    /// The mean in each episode of a run, over all games.
    pub by_episode: Vec<f64>,
    /// Runs.
    pub runs: usize,
    /// Decisions in all runs.
    pub decisions: u64,
    /// Tokens a decision, of votes and learning.
    pub acting: f64,
    /// Tokens a decision, of reflections.
    pub reflecting: f64,
    /// Reflections a run.
    pub reflections: f64,
    /// Steps of the adapter a run.
    pub updates: f64,
    /// Steps back a run.
    pub rollbacks: f64,
    /// How it took the twist, if there was one.
    pub twist: Option<Recovery>,
}

/// Points a decision around a twist.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Recovery {
    /// In the 60 decisions before it.
    pub before: f64,
    /// In the 60 after it.
    pub during: f64,
    /// In the 60 after those: it is recovered at 80% of what it was before.
    pub after: f64,
}

/// A contest's results.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Scorecard {
    /// Under what conditions.
    pub protocol: Protocol,
    /// The games' ids.
    pub games: Vec<String>,
    /// By game, the points an episode that random play and the oracle make.
    pub scale: Vec<(f64, f64)>,
    /// Seeds.
    pub seeds: usize,
    /// Who played how well.
    pub standings: Vec<Standing>,
}

/// Decisions on each side of a twist.
const AROUND: usize = 60 / super::contest::BIN;

impl Scorecard {
    /// Counts runs. Games without both random play and the oracle have no scale, and are left out.
    ///
    /// # Errors
    /// One sentence, if there are none, or they were not played alike.
    pub fn new(runs: &[Run]) -> Result<Self, String> {
        let protocol = runs.first().ok_or("there are no runs")?.protocol.clone();
        if runs.iter().any(|run| run.protocol != protocol) {
            return Err("the runs were not played under the same conditions".into());
        }
        let mut by_key: BTreeMap<(&str, Contender), BTreeMap<u32, &Run>> = BTreeMap::new();
        for run in runs {
            by_key.entry((&run.key.game, run.key.contender)).or_default().insert(run.key.seed, run);
        }
        let mean = |game: &str, contender| {
            let scores: Vec<f64> = by_key.get(&(game, contender))?.values().map(|run| run.score()).collect();
            Some(scores.iter().sum::<f64>() / scores.len() as f64)
        };
        let all: BTreeSet<&str> = runs.iter().map(|run| run.key.game.as_str()).collect();
        let scaled = all.into_iter().filter_map(|game| {
            let scale = (mean(game, Contender::Random)?, mean(game, Contender::Oracle)?);
            (scale.1 > scale.0).then_some((game, scale))
        });
        let scaled: Vec<(&str, (f64, f64))> = scaled.collect();
        if scaled.is_empty() {
            return Err("no game was played by both random and the oracle: there is no scale".into());
        }
        let of = |contender: Contender| -> Vec<BTreeMap<u32, f64>> {
            let game = |&(game, (low, high)): &(&str, (f64, f64))| {
                let runs = by_key.get(&(game, contender)).into_iter().flatten();
                runs.map(|(&seed, run)| (seed, (run.score() - low) / (high - low))).collect()
            };
            scaled.iter().map(game).collect()
        };
        let still = by_seed(&of(Contender::Static));
        let who: BTreeSet<Contender> = runs.iter().map(|run| run.key.contender).collect();
        let standing = |contender: Contender| {
            let scores = of(contender);
            let values = |seeds: &BTreeMap<u32, f64>| seeds.values().copied().collect::<Vec<f64>>();
            let means = by_seed(&scores);
            let pairs = means.iter().filter_map(|(seed, mean)| Some(mean - still.get(seed)?));
            let own: Vec<&Run> = runs.iter().filter(|run| run.key.contender == contender).collect();
            let sum = |f: &dyn Fn(&Run) -> f64| own.iter().map(|run| f(run)).sum::<f64>();
            let (count, decisions) = (own.len() as f64, sum(&|run| f64::from(run.decisions())));
            let a_decision = |f: &dyn Fn(&Run) -> u64| sum(&|run| f(run) as f64) / decisions.max(1.0);
            Standing {
                contender,
                games: scores.iter().map(|seeds| Interval::new(&values(seeds))).collect(),
                over_static: Interval::new(&pairs.collect::<Vec<f64>>()),
                mean: Interval::new(&values(&means)),
                first: 0,
                by_episode: by_episode(&own, &scaled),
                runs: own.len(),
                decisions: decisions as u64,
                acting: a_decision(&|run| run.tokens.votes + run.tokens.learning),
                reflecting: a_decision(&|run| run.tokens.reflections),
                reflections: sum(&|run| f64::from(run.reflections)) / count,
                updates: sum(&|run| f64::from(run.updates)) / count,
                rollbacks: sum(&|run| f64::from(run.rollbacks)) / count,
                twist: recovery(&own, &protocol),
            }
        };
        let mut standings: Vec<Standing> = who.into_iter().map(standing).collect();
        for game in 0..scaled.len() {
            let playing = || standings.iter().filter(|s| !s.contender.is_scale() && s.games[game].of > 0);
            let best = playing().map(|s| s.games[game].mean).fold(f64::MIN, f64::max);
            for standing in standings.iter_mut().filter(|s| !s.contender.is_scale()) {
                let own = standing.games[game];
                standing.first += usize::from(own.of > 0 && own.mean == best);
            }
        }
        Ok(Self {
            games: scaled.iter().map(|(game, _)| game.to_string()).collect(),
            scale: scaled.iter().map(|(_, scale)| *scale).collect(),
            seeds: runs.iter().map(|run| run.key.seed).collect::<BTreeSet<_>>().len(),
            protocol,
            standings,
        })
    }
}

/// A seed's mean over the games that it was played on.
fn by_seed(games: &[BTreeMap<u32, f64>]) -> BTreeMap<u32, f64> {
    let mut all: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    for (seed, score) in games.iter().flatten() {
        all.entry(*seed).or_default().push(*score);
    }
    // A seed that lacks a game would count by the others alone.
    let most = all.values().map(Vec::len).max().unwrap_or_default();
    let whole = all.into_iter().filter(|(_, scores)| scores.len() == most);
    whole.map(|(seed, scores)| (seed, scores.iter().sum::<f64>() / scores.len() as f64)).collect()
}

/// The mean of every episode over all runs, on the games' scales.
fn by_episode(runs: &[&Run], scaled: &[(&str, (f64, f64))]) -> Vec<f64> {
    let most = runs.iter().map(|run| run.episodes.len()).max().unwrap_or_default();
    let at = |episode: usize| {
        let scores: Vec<f64> = runs
            .iter()
            .filter_map(|run| {
                let (_, (low, high)) = scaled.iter().find(|(game, _)| *game == run.key.game)?;
                Some((f64::from(run.episodes.get(episode)?.score) - low) / (high - low))
            })
            .collect();
        scores.iter().sum::<f64>() / scores.len().max(1) as f64
    };
    (0..most).map(at).collect()
}

/// Points a decision around the twist, over all runs that went on for long enough.
fn recovery(runs: &[&Run], protocol: &Protocol) -> Option<Recovery> {
    let twist = protocol.twist? as usize / super::contest::BIN;
    let from = twist.checked_sub(AROUND)?;
    let long = runs.iter().filter(|run| run.points.len() > twist + 2 * AROUND);
    let long: Vec<&&Run> = long.collect();
    let rate = |bins: std::ops::Range<usize>| {
        let points: i32 = long.iter().flat_map(|run| &run.points[bins.clone()]).sum();
        f64::from(points) / (long.len() * AROUND * super::contest::BIN) as f64
    };
    (!long.is_empty()).then(|| Recovery {
        before: rate(from..twist),
        during: rate(twist..twist + AROUND),
        after: rate(twist + AROUND..twist + 2 * AROUND),
    })
}

impl Display for Scorecard {
    /// Two tables in Markdown: by game, and by contender.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let playing = || self.standings.iter().filter(|standing| !standing.contender.is_scale());
        let mut head = String::from("| game | random | oracle |");
        let mut line = String::from("|---|--:|--:|");
        for standing in playing() {
            write!(head, " {} |", standing.contender.title())?;
            line.push_str("--:|");
        }
        writeln!(f, "{head}\n{line}")?;
        for (at, (game, (random, oracle))) in self.games.iter().zip(&self.scale).enumerate() {
            write!(f, "| {game} | {random:.1} | {oracle:.1} |")?;
            let best = playing().map(|standing| standing.games[at].mean).fold(f64::MIN, f64::max);
            for standing in playing() {
                let own = standing.games[at];
                let mark = if own.of > 0 && own.mean == best { "**" } else { "" };
                write!(f, " {mark}{own}{mark} |")?;
            }
            writeln!(f)?;
        }
        let episodes = &self.protocol.episodes;
        writeln!(
            f,
            "\nPoints an episode of random play and the oracle; others: 0 is random play, 1 the oracle."
        )?;
        writeln!(
            f,
            "Means with 95% bootstrap intervals over {} seeds, {episodes} episodes a run.\n",
            self.seeds
        )?;
        writeln!(
            f,
            "| agent | mean | over static | best in | tokens a decision | of reflections | reflections | updates | rolled back |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|"
        )?;
        for s in playing() {
            writeln!(
                f,
                "| {} | {} | {} | {} of {} | {:.0} | {:.1} | {:.1} | {:.1} | {:.2} |",
                s.contender.title(),
                s.mean,
                s.over_static,
                s.first,
                self.games.len(),
                s.acting + s.reflecting,
                s.reflecting,
                s.reflections,
                s.updates,
                s.rollbacks
            )?;
        }
        if let Some(twist) = self.protocol.twist {
            writeln!(
                f,
                "\n| agent | before the twist | 60 after it | 60 after those | recovered |\n|---|--:|--:|--:|--:|"
            )?;
            for (who, r) in self.standings.iter().filter_map(|s| Some((s.contender, s.twist?))) {
                let Recovery { before, during, after } = r;
                let share = 100.0 * after / before;
                let title = who.title();
                writeln!(f, "| {title} | {before:.3} | {during:.3} | {after:.3} | {share:.0}% |")?;
            }
            writeln!(f, "\nPoints a decision; the hidden effects change before decision {twist}.")?;
        }
        Ok(())
    }
}

/// The episodes of some runs as a table of comma-separated values.
pub fn csv(runs: &[Run]) -> String {
    let mut text = String::from(
        "game,contender,seed,episode,score,decisions,run_tokens,run_reflection_tokens,run_updates,run_rollbacks\n",
    );
    for run in runs {
        let (key, tokens) = (&run.key, &run.tokens);
        for (at, played) in run.episodes.iter().enumerate() {
            let (game, who, seed) = (&key.game, key.contender, key.seed);
            text.push_str(&format!(
                "{game},{who},{seed},{},{},{},{},{},{},{}\n",
                at + 1,
                played.score,
                played.steps,
                tokens.total(),
                tokens.reflections,
                run.updates,
                run.rollbacks
            ));
        }
    }
    text
}
