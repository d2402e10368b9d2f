//! The scorecard of a contest: scores between random play and the oracle, with intervals over the seeds.

use super::bootstrap::Interval;
use super::contest::{BIN, Contender, Protocol, Run, alike};
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, BTreeSet};
use std::fmt::{self, Display, Formatter, Write};
use std::ops::Range;

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
    /// The same by game.
    pub over_static_by_game: Vec<Interval>,
    /// How many times the static agent's mean over all games; none if that is not above random play.
    pub times_static: Option<Interval>,
    /// Games in which nobody's mean is higher; random play and the oracle don't count.
    pub first: usize,
    /// The mean in each episode of a run, over all games.
    pub by_episode: Vec<f64>,
    /// Runs.
    pub runs: usize,
    /// Decisions in all runs.
    pub decisions: u64,
    /// Tokens a decision, of votes, second looks and learning.
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

/// How play went around a twist: 0 is random play in the same decisions, 1 the oracle, who knows of the twist.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Recovery {
    /// In the 60 decisions before it.
    pub before: Interval,
    /// In the 60 after it.
    pub during: Interval,
    /// In the 60 after those.
    pub after: Interval,
    /// The last as a share of the first: it is recovered at 0.8. None if the first is not above random play.
    pub recovered: Option<Interval>,
}

/// In how many games the full agent's mean is not below that of any other.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct First {
    /// Of the baselines: other methods.
    pub of_baselines: usize,
    /// Of its own halves.
    pub of_halves: usize,
}

/// The full agent's dynamic schedule against one that reflects at a fixed interval.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Schedules {
    /// The mean score less the fixed one's, seed by seed.
    pub difference: Interval,
    /// Tokens of reflections a decision, as a share of the fixed one's.
    pub tokens: f64,
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
    /// Seeds that were played for the scale alone, or more.
    pub scale_seeds: usize,
    /// Seeds.
    pub seeds: usize,
    /// Who played how well.
    pub standings: Vec<Standing>,
    /// How often the full agent is first, if it played.
    pub first: Option<First>,
    /// What its schedule is worth, if the one with a fixed interval played too.
    pub schedules: Option<Schedules>,
}

/// Bins on each side of a twist.
const AROUND: usize = 60 / BIN;

impl Scorecard {
    /// Counts runs. Games without both random play and the oracle have no scale, and are left out.
    ///
    /// # Errors
    /// One sentence, if there are none, or they were not played alike.
    pub fn new(runs: &[Run]) -> Result<Self, String> {
        let protocol = runs.first().ok_or("there are no runs")?.protocol.clone();
        if !alike(runs) {
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
        let still = of(Contender::Static);
        let who: BTreeSet<Contender> = runs.iter().map(|run| run.key.contender).collect();
        let standing = |contender: Contender| {
            let scores = of(contender);
            let values = |seeds: &BTreeMap<u32, f64>| seeds.values().copied().collect::<Vec<f64>>();
            let means = by_seed(&scores);
            let pairs = paired_means(&scores, &still);
            let own: Vec<&Run> = runs.iter().filter(|run| run.key.contender == contender).collect();
            let sum = |f: &dyn Fn(&Run) -> f64| own.iter().map(|run| f(run)).sum::<f64>();
            let (count, decisions) = (own.len() as f64, sum(&|run| f64::from(run.decisions())));
            let a_decision = |f: &dyn Fn(&Run) -> u64| sum(&|run| f(run) as f64) / decisions.max(1.0);
            Standing {
                contender,
                games: scores.iter().map(|seeds| Interval::new(&values(seeds))).collect(),
                over_static: difference(&pairs),
                over_static_by_game: scores
                    .iter()
                    .zip(&still)
                    .map(|(a, b)| difference(&paired(a, b)))
                    .collect(),
                times_static: Interval::ratio(&pairs),
                mean: Interval::new(&values(&means)),
                first: 0,
                by_episode: by_episode(&own, &scaled),
                runs: own.len(),
                decisions: decisions as u64,
                acting: a_decision(&|run| run.tokens.votes + run.tokens.looks + run.tokens.learning),
                reflecting: a_decision(&|run| run.tokens.reflections),
                reflections: sum(&|run| f64::from(run.reflections)) / count,
                updates: sum(&|run| f64::from(run.updates)) / count,
                rollbacks: sum(&|run| f64::from(run.rollbacks)) / count,
                twist: recovery(runs, contender, &protocol),
            }
        };
        let mut standings: Vec<Standing> = who.into_iter().map(standing).collect();
        let firsts: Vec<usize> = standings.iter().map(|s| first(s, &standings, |c| !c.is_scale())).collect();
        for (standing, first) in standings.iter_mut().zip(firsts) {
            standing.first = first;
        }
        let seeds = |is_counted: &dyn Fn(Contender) -> bool| {
            let counted = runs.iter().filter(|run| is_counted(run.key.contender));
            counted.map(|run| run.key.seed).collect::<BTreeSet<_>>().len()
        };
        let scale_seeds = seeds(&Contender::is_scale);
        let playing_seeds = seeds(&|contender| !contender.is_scale());
        let full = standings.iter().find(|standing| standing.contender == Contender::Full);
        let fixed = standings.iter().find(|standing| standing.contender == Contender::Interval);
        let schedules = full.zip(fixed).and_then(|(full, fixed)| {
            let tokens = full.reflecting / fixed.reflecting;
            let difference = difference(&paired_means(&of(Contender::Full), &of(Contender::Interval)));
            (fixed.reflecting > 0.0).then_some(Schedules { difference, tokens })
        });
        let first = full.map(|full| First {
            of_baselines: first(full, &standings, Contender::is_baseline),
            of_halves: first(full, &standings, Contender::is_half),
        });
        Ok(Self {
            games: scaled.iter().map(|(game, _)| game.to_string()).collect(),
            scale: scaled.iter().map(|(_, scale)| *scale).collect(),
            scale_seeds,
            seeds: if playing_seeds > 0 { playing_seeds } else { scale_seeds },
            protocol,
            standings,
            first,
            schedules,
        })
    }
}

/// The games in which nobody's mean, of those who count, is above a contender's. Nobody is first of none, nor
/// who only gives the scale.
fn first(own: &Standing, all: &[Standing], counts: impl Fn(Contender) -> bool) -> usize {
    let others = || all.iter().filter(|other| counts(other.contender));
    let is_first = |game: &usize| {
        let mean = own.games[*game].mean;
        let mut played = others().map(|other| other.games[*game]).filter(|other| other.of > 0).peekable();
        own.games[*game].of > 0 && played.peek().is_some() && played.all(|other| other.mean <= mean)
    };
    if own.contender.is_scale() { 0 } else { (0..own.games.len()).filter(is_first).count() }
}

/// Two contenders' values on the seeds that both played.
fn paired(one: &BTreeMap<u32, f64>, other: &BTreeMap<u32, f64>) -> Vec<(f64, f64)> {
    one.iter().filter_map(|(seed, value)| Some((*value, *other.get(seed)?))).collect()
}

/// The means over the games, seed by seed, of what both contenders played.
fn paired_means(one: &[BTreeMap<u32, f64>], other: &[BTreeMap<u32, f64>]) -> Vec<(f64, f64)> {
    let both = |own: &[BTreeMap<u32, f64>], others: &[BTreeMap<u32, f64>]| -> Vec<BTreeMap<u32, f64>> {
        let common = |(own, other): (&BTreeMap<u32, f64>, &BTreeMap<u32, f64>)| {
            own.iter()
                .filter(|(seed, _)| other.contains_key(seed))
                .map(|(seed, value)| (*seed, *value))
                .collect()
        };
        own.iter().zip(others).map(common).collect()
    };
    paired(&by_seed(&both(one, other)), &by_seed(&both(other, one)))
}

/// The mean difference of pairs.
fn difference(pairs: &[(f64, f64)]) -> Interval {
    Interval::new(&pairs.iter().map(|(one, other)| one - other).collect::<Vec<f64>>())
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

/// The bins before a twist, after it, and after those. One in the middle of a bin leaves that bin out.
fn windows(twist: u32) -> Option<[Range<usize>; 3]> {
    let (last, next) = (twist as usize / BIN, (twist as usize).div_ceil(BIN));
    Some([last.checked_sub(AROUND)?..last, next..next + AROUND, next + AROUND..next + 2 * AROUND])
}

/// The points of a run in each of the windows; none if it ended before the last one did.
fn around(run: &Run, windows: &[Range<usize>; 3]) -> Option<[f64; 3]> {
    if (run.decisions() as usize) < windows[2].end * BIN {
        return None;
    }
    // A ledger that somebody edited may have fewer bins than its decisions fill.
    let points =
        |window: &Range<usize>| Some(run.points.get(window.clone())?.iter().copied().map(f64::from).sum());
    let [before, after, later] = windows;
    Some([points(before)?, points(after)?, points(later)?])
}

/// How a contender took the twist, over the runs that went on for long enough. In each game and window random
/// play is 0 and the oracle 1; a seed counts by the mean over the games that it went on for long enough in.
fn recovery(runs: &[Run], contender: Contender, protocol: &Protocol) -> Option<Recovery> {
    let windows = windows(protocol.twist?)?;
    let games: BTreeSet<&str> = runs.iter().map(|run| run.key.game.as_str()).collect();
    let mut seeds: BTreeMap<u32, Vec<[f64; 3]>> = BTreeMap::new();
    for game in games {
        let of = |contender: Contender| {
            let own = runs.iter().filter(move |run| run.key.game == game && run.key.contender == contender);
            own.filter_map(|run| Some((run.key.seed, around(run, &windows)?)))
        };
        let (Some(low), Some(high)) = (mean(of(Contender::Random)), mean(of(Contender::Oracle))) else {
            continue;
        };
        if low.iter().zip(high).any(|(low, high)| *low >= high) {
            continue;
        }
        for (seed, points) in of(contender) {
            let share = |at: usize| (points[at] - low[at]) / (high[at] - low[at]);
            seeds.entry(seed).or_default().push([share(0), share(1), share(2)]);
        }
    }
    let means: Vec<[f64; 3]> = seeds
        .into_iter()
        .filter_map(|(seed, games)| mean(games.into_iter().map(|game| (seed, game))))
        .collect();
    let each = |at: usize| Interval::new(&means.iter().map(|mean| mean[at]).collect::<Vec<f64>>());
    let pairs: Vec<(f64, f64)> = means.iter().map(|mean| (mean[2], mean[0])).collect();
    (!means.is_empty()).then(|| Recovery {
        before: each(0),
        during: each(1),
        after: each(2),
        recovered: Interval::ratio(&pairs),
    })
}

/// The mean in each window, if there is any.
fn mean(values: impl Iterator<Item = (u32, [f64; 3])>) -> Option<[f64; 3]> {
    let (mut sum, mut of) = ([0.0; 3], 0);
    for (_, value) in values {
        sum = [sum[0] + value[0], sum[1] + value[1], sum[2] + value[2]];
        of += 1;
    }
    (of > 0).then(|| sum.map(|sum| sum / f64::from(of)))
}

/// A number of which there may be none.
fn told(interval: Option<Interval>) -> String {
    interval.map_or_else(|| "–".into(), |interval| interval.to_string())
}

impl Display for Scorecard {
    /// Tables in Markdown: by game, over static by game, by contender, and what else was asked.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        self.by_game(f)?;
        self.by_contender(f)?;
        self.around_the_twist(f)
    }
}

impl Scorecard {
    fn playing(&self) -> impl Iterator<Item = &Standing> {
        self.standings.iter().filter(|standing| !standing.contender.is_scale())
    }

    fn by_game(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let mut head = String::from("| game | random | oracle |");
        let mut line = String::from("|---|--:|--:|");
        for standing in self.playing() {
            write!(head, " {} |", standing.contender.title())?;
            line.push_str("--:|");
        }
        writeln!(f, "{head}\n{line}")?;
        for (at, (game, (random, oracle))) in self.games.iter().zip(&self.scale).enumerate() {
            write!(f, "| {game} | {random:.1} | {oracle:.1} |")?;
            let played = self.playing().map(|standing| standing.games[at]).filter(|own| own.of > 0);
            let best = played.map(|own| own.mean).fold(f64::MIN, f64::max);
            for standing in self.playing() {
                let own = standing.games[at];
                let mark = if own.of > 0 && own.mean == best { "**" } else { "" };
                write!(f, " {mark}{own}{mark} |")?;
            }
            writeln!(f)?;
        }
        let Protocol { episodes, .. } = &self.protocol;
        let (seeds, scale_seeds) = (self.seeds, self.scale_seeds);
        writeln!(
            f,
            "\nPoints an episode of random play and the oracle, over {scale_seeds} seeds; others: 0 is random play, 1 the oracle."
        )?;
        writeln!(f, "Means with 95% intervals over {seeds} seeds, {episodes} episodes a run.\n")?;
        let runs: BTreeSet<usize> = self.playing().map(|standing| standing.runs).collect();
        if runs.len() > 1 {
            let runs = self.playing().map(|s| format!("{} {}", s.contender.title(), s.runs));
            writeln!(
                f,
                "**Not all played the same games and seeds**, so that their means don't compare; the differences do. Runs: {}.\n",
                runs.collect::<Vec<_>>().join(", ")
            )?;
        }
        self.over_static(f)
    }

    /// The paired differences, if there is anybody to compare.
    fn over_static(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let others: Vec<&Standing> =
            self.playing().filter(|s| s.contender != Contender::Static && s.over_static.of > 0).collect();
        if others.is_empty() {
            return Ok(());
        }
        let titles: Vec<&str> = others.iter().map(|standing| standing.contender.title()).collect();
        writeln!(f, "| less static | {} |\n|---|{}", titles.join(" | "), "--:|".repeat(others.len()))?;
        for (at, game) in self.games.iter().enumerate() {
            let cells: Vec<String> = others.iter().map(|s| s.over_static_by_game[at].to_string()).collect();
            writeln!(f, "| {game} | {} |", cells.join(" | "))?;
        }
        writeln!(f, "\nDifferences to static, seed by seed.\n")
    }

    fn by_contender(&self, f: &mut Formatter<'_>) -> fmt::Result {
        writeln!(
            f,
            "| agent | mean | less static | times static | best in | tokens a decision | of reflections | reflections | updates | rolled back |\n|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|"
        )?;
        let games = self.games.len();
        for s in self.playing() {
            writeln!(
                f,
                "| {} | {} | {} | {} | {} of {games} | {:.0} | {:.1} | {:.1} | {:.1} | {:.2} |",
                s.contender.title(),
                s.mean,
                s.over_static,
                told(s.times_static),
                s.first,
                s.acting + s.reflecting,
                s.reflecting,
                s.reflections,
                s.updates,
                s.rollbacks
            )?;
        }
        if let Some(First { of_baselines, of_halves }) = self.first {
            writeln!(
                f,
                "\nFull MCTR is not below any baseline (static, test-time training, retrieval) in {of_baselines} of {games} games, nor below either of its halves in {of_halves}."
            )?;
        }
        if let Some(Schedules { difference, tokens }) = self.schedules {
            let tokens = 100.0 * tokens;
            writeln!(
                f,
                "\n| dynamic against fixed schedule | score | reflection tokens |\n|---|--:|--:|\n| full less fixed interval, and its share | {difference} | {tokens:.0}% |"
            )?;
        }
        Ok(())
    }

    fn around_the_twist(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Some(twist) = self.protocol.twist else { return Ok(()) };
        let told_of = || self.playing().filter_map(|s| Some((s.contender, s.twist?)));
        if told_of().next().is_none() {
            let (before, after) = (AROUND * BIN, 2 * AROUND * BIN);
            return writeln!(
                f,
                "\nNo run tells how an agent took the twist before decision {twist}: that takes {before} decisions before it and {after} after it, in a game in which the oracle then beats random play."
            );
        }
        writeln!(
            f,
            "\n| agent | before the twist | 60 after it | 60 after those | share recovered |\n|---|--:|--:|--:|--:|"
        )?;
        for (who, r) in told_of() {
            let Recovery { before, during, after, recovered } = r;
            writeln!(f, "| {} | {before} | {during} | {after} | {} |", who.title(), told(recovered))?;
        }
        writeln!(
            f,
            "\nThe hidden effects change before decision {twist}; 0 is random play in the same decisions, 1 the oracle."
        )
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

/// The learning dynamics of some runs as a table of comma-separated values: a line for every [`BIN`] decisions.
pub fn bins(runs: &[Run]) -> String {
    let mut text = String::from("game,contender,seed,decisions,points,coherence,change,reward,entropy,kl\n");
    let number = |number: Option<f32>| number.map_or_else(String::new, |number| format!("{number:.4}"));
    for run in runs {
        let (key, whole) = (&run.key, run.decisions() as usize);
        for (at, points) in run.points.iter().enumerate() {
            let (game, who, seed, decisions) = (&key.game, key.contender, key.seed, (at + 1) * BIN);
            let of = |curve: &[Option<f32>]| number(curve.get(at).copied().flatten());
            let plain = |curve: &[f32]| number(curve.get(at).copied());
            text.push_str(&format!(
                "{game},{who},{seed},{},{points},{},{},{},{},{}\n",
                decisions.min(whole),
                plain(&run.coherence),
                of(&run.change),
                of(&run.reward),
                plain(&run.entropy),
                of(&run.kl)
            ));
        }
    }
    text
}
