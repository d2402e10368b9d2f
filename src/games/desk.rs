//! Desks: the article's own examples. Numbers wander, hidden thresholds part them into regimes, and
//! in each regime another action pays.

mod chart;

use crate::env::{Action, Outcome, Reading, Status, Value, idle};
use arrayvec::ArrayVec;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg32;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;

const MOST_READINGS: usize = 4;
const MOST_REGIMES: usize = 16;
/// Levels of the stock that the chart has room for.
const MOST_LEVELS: i32 = 15;
/// Most points that a step may bring or cost.
const MOST_POINTS: i32 = 50;
/// How far from nothing a reading may be: its chart is drawn in whole numbers.
const FURTHEST: i32 = 100_000;
/// Steps that a chart shows.
const HISTORY: usize = 20;

/// A desk as an author writes it: the `[desk]` part of a game file.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DeskFile {
    /// How it is drawn.
    pub chart: Chart,
    /// The legal actions, the idle one last.
    pub actions: Vec<Action>,
    /// Percent of steps on which the pay fails to come.
    #[serde(default)]
    pub noise: u32,
    /// The numbers that wander.
    pub reading: Vec<ReadingFile>,
    /// What one has on hand.
    pub stock: Option<Stock>,
    /// What pays when; the first whose conditions all hold counts.
    pub regime: Vec<Regime>,
}

/// How a desk is drawn.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Chart {
    /// A price line above gauges.
    Prices,
    /// Stacks of boxes.
    Queues,
    /// A ladder of bars.
    Tiers,
}

/// How a number is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Unit {
    /// As it is.
    Count,
    /// In thousands.
    Thousands,
    /// In hundredths.
    Hundredths,
}

impl Unit {
    /// A number in this unit.
    pub fn of(self, number: i32) -> Value {
        match self {
            Unit::Count => Value::Count(number),
            Unit::Thousands => Value::Thousands(number),
            Unit::Hundredths => Value::Hundredths(number),
        }
    }
}

/// A number that wanders.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReadingFile {
    /// Its name.
    pub name: String,
    /// How it is shown.
    pub unit: Unit,
    /// Lowest and highest value.
    pub range: [i32; 2],
    /// Most that it changes in a step.
    pub drift: i32,
    /// The hidden threshold between low and high lies between these two; the seed says where.
    pub threshold: [i32; 2],
    /// It stands in the chart only, not in the status.
    #[serde(default)]
    pub chart_only: bool,
}

/// What one has on hand: actions change it, and one that would leave the range is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stock {
    /// Its name in the status.
    pub name: String,
    /// At first.
    pub start: i32,
    /// Lowest and highest.
    pub range: [i32; 2],
    /// Change by action.
    pub change: BTreeMap<Action, i32>,
    /// It moves back by one towards the start every so many steps.
    pub restock: u16,
    /// Points for an action that is refused.
    pub refused: i32,
}

/// One regime.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Regime {
    /// Which readings must be high or low.
    #[serde(default)]
    pub when: BTreeMap<String, Level>,
    /// Points by action; none for those left out.
    pub pay: BTreeMap<Action, i32>,
}

/// On which side of its threshold a reading is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Level {
    /// Above it.
    High,
    /// At or below it.
    Low,
}

/// A checked desk.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DeskRules {
    pub(super) file: DeskFile,
    pub(super) steps: u16,
    pub(super) twist_at: Option<u16>,
}

impl DeskRules {
    /// Checks a desk.
    ///
    /// # Errors
    /// The field and what is wrong with it.
    pub(super) fn new(file: &DeskFile, steps: u16, twist_at: Option<u16>) -> Result<Self, (String, String)> {
        let wrong = |field: &str, problem: String| Err((format!("desk, {field}"), problem));
        if !(2..=8).contains(&file.actions.len()) {
            return wrong("actions", format!("there are {}; there may be 2 to 8", file.actions.len()));
        }
        if let Some(twice) = twice(&file.actions) {
            return wrong("actions", format!("“{twice}” comes twice; list each action once"));
        }
        if file.reading.is_empty() || file.reading.len() > MOST_READINGS {
            return wrong(
                "reading",
                format!("there are {}; there may be 1 to {MOST_READINGS}", file.reading.len()),
            );
        }
        if file.noise > 50 {
            return wrong("noise", format!("{} is out of range; it may be 0 to 50 percent", file.noise));
        }
        for (i, reading) in file.reading.iter().enumerate() {
            let ([low, high], [from, to]) = (reading.range, reading.threshold);
            let too_far = low < -FURTHEST || high > FURTHEST || reading.drift > FURTHEST;
            if low >= high || from > to || from < low || to > high || reading.drift < 1 || too_far {
                return wrong(
                    &format!("reading {}", i + 1),
                    format!(
                        "range must be [low, high], threshold must lie within it, drift must be 1 or more, and none be beyond {FURTHEST}"
                    ),
                );
            }
        }
        let fair = |points: i32| (-MOST_POINTS..=MOST_POINTS).contains(&points);
        let points =
            |points: i32| format!("{points} is out of range; it may be -{MOST_POINTS} to {MOST_POINTS}");
        if let Some(Stock { start, range: [low, high], change, refused, .. }) = &file.stock {
            let (start, low, high) = (*start, *low, *high);
            if let Some(action) = change.keys().find(|a| !file.actions.contains(a)) {
                return wrong("stock, change", format!("“{action}” is not among the desk's actions"));
            }
            if let Some(&change) = change.values().find(|change| !fair(**change)) {
                return wrong("stock, change", points(change));
            }
            if !fair(*refused) {
                return wrong("stock, refused", points(*refused));
            }
            if low >= high || low < -FURTHEST || high > FURTHEST || high - low >= MOST_LEVELS {
                return wrong(
                    "stock, range",
                    format!("it must be [low, high], with at most {MOST_LEVELS} levels"),
                );
            }
            if start < low || start > high {
                return wrong("stock, start", format!("{start} must lie within the range, {low} to {high}"));
            }
        }
        if file.regime.len() > MOST_REGIMES {
            return wrong(
                "regime",
                format!("there are {}; there may be 2 to {MOST_REGIMES}", file.regime.len()),
            );
        }
        let names: Vec<_> = file.reading.iter().map(|r| r.name.as_str()).collect();
        if let Some(twice) = twice(&names) {
            return wrong("reading", format!("“{twice}” comes twice; give each reading a name of its own"));
        }
        for (i, regime) in file.regime.iter().enumerate() {
            if let Some(name) = regime.when.keys().find(|n| !names.contains(&n.as_str())) {
                return wrong(
                    &format!("regime {}, when", i + 1),
                    format!("“{name}” is not a reading; there are {}", names.join(", ")),
                );
            }
            if let Some(action) = regime.pay.keys().find(|a| !file.actions.contains(a)) {
                return wrong(
                    &format!("regime {}, pay", i + 1),
                    format!("“{action}” is not among the desk's actions"),
                );
            }
        }
        for (i, regime) in file.regime.iter().enumerate() {
            if let Some(&pay) = regime.pay.values().find(|pay| !fair(**pay)) {
                return wrong(&format!("regime {}, pay", i + 1), points(pay));
            }
        }
        match file.regime.last() {
            Some(last) if last.when.is_empty() && file.regime.len() >= 2 => {}
            _ => {
                return wrong(
                    "regime",
                    "give at least two, the last without conditions, so that one always holds".into(),
                );
            }
        }
        Ok(Self { file: file.clone(), steps, twist_at })
    }
}

/// The first that is there already.
fn twice<T: PartialEq>(list: &[T]) -> Option<&T> {
    list.iter().enumerate().find_map(|(i, item)| list[..i].contains(item).then_some(item))
}

/// A desk in progress.
#[derive(Debug, Clone)]
pub struct Desk {
    rules: Arc<DeskRules>,
    /// Which regime's pay holds in each regime.
    pays: ArrayVec<u8, MOST_REGIMES>,
    thresholds: ArrayVec<i32, MOST_READINGS>,
    /// Newest last.
    history: ArrayVec<ArrayVec<i32, MOST_READINGS>, HISTORY>,
    stock: i32,
    score: i32,
    tick: u16,
    done: bool,
    twisted: bool,
    rng: Pcg32,
}

impl Desk {
    /// Begins an episode.
    pub fn new(rules: Arc<DeskRules>, seed: u32) -> Self {
        let mut rng = Pcg32::seed_from_u64(u64::from(seed));
        let mut between = |[low, high]: [i32; 2]| rng.random_range(low..=high);
        let thresholds = rules.file.reading.iter().map(|r| between(r.threshold)).collect();
        let first = rules.file.reading.iter().map(|r| between(r.range)).collect();
        let mut desk = Self {
            pays: (0..rules.file.regime.len() as u8).collect(),
            thresholds,
            history: [first].into_iter().collect(),
            stock: rules.file.stock.as_ref().map_or(0, |s| s.start),
            score: 0,
            tick: 0,
            done: false,
            twisted: false,
            rng,
            rules,
        };
        for _ in 1..HISTORY {
            desk.wander();
        }
        desk
    }

    /// The legal actions.
    pub fn actions(&self) -> &[Action] {
        &self.rules.file.actions
    }

    /// What stands beside the chart.
    pub fn status(&self) -> Status {
        let mut readings = ArrayVec::new();
        for (reading, &value) in self.rules.file.reading.iter().zip(self.now()) {
            let value = reading.unit.of(value);
            if !reading.chart_only {
                readings.push(Reading { name: reading.name.clone().into(), value });
            }
        }
        if let Some(stock) = &self.rules.file.stock {
            readings.push(Reading { name: stock.name.clone().into(), value: Value::Count(self.stock) });
        }
        Status { score: self.score, lives: 1, readings }
    }

    /// Plays one step.
    pub fn step(&mut self, action: Action) -> Outcome {
        if self.done {
            return Outcome { done: true, ..Outcome::default() };
        }
        let idle = idle(self.actions());
        let action = if self.actions().contains(&action) { action } else { idle };
        let fails = self.rng.random_range(0..100u32) < self.rules.file.noise;
        let pay = self.pay(action);
        let score = match &self.rules.file.stock {
            Some(stock) => {
                let next = self.stock + stock.change.get(&action).unwrap_or(&0);
                let refused = next < stock.range[0] || next > stock.range[1];
                if !refused {
                    self.stock = next;
                }
                if self.tick.is_multiple_of(stock.restock.max(1)) {
                    self.stock += (stock.start - self.stock).signum();
                }
                if refused { stock.refused } else { pay }
            }
            None => pay,
        };
        let score = if fails { score.min(0) } else { score };
        self.score += score;
        self.wander();
        self.tick += 1;
        self.done = self.tick >= self.rules.steps;
        if self.rules.twist_at == Some(self.tick) && !self.twisted {
            self.twist();
        }
        Outcome { score, lives: 0, done: self.done }
    }

    /// What pays changes places: each regime takes the pay of the one half-way round, and the next
    /// time gives it back. Where one twisted already, the twist that the file has for a certain
    /// step does not come.
    pub fn twist(&mut self) {
        let half = self.pays.len() / 2;
        if self.twisted {
            self.pays.rotate_right(half);
        } else {
            self.pays.rotate_left(half);
        }
        self.twisted = !self.twisted;
    }

    /// Whether the regimes pay what others paid at first.
    pub(super) fn is_twisted(&self) -> bool {
        self.twisted
    }

    /// Replaces what pays in each regime by what some other regime pays: how the desk looks to
    /// somebody whose rules are wrong. `rotation` says by how many.
    pub(super) fn misread(&mut self, rotation: usize) {
        let n = self.pays.len();
        self.pays.rotate_left(1 + rotation % (n - 1).max(1));
    }

    /// The same desk with other luck to come.
    pub(super) fn reseed(&mut self, seed: u64) {
        self.rng = Pcg32::seed_from_u64(seed);
    }

    /// By how much the price line moved last, where the desk has one.
    pub fn price_move(&self) -> Option<i32> {
        self.now().last().copied().filter(|_| self.rules.file.chart == Chart::Prices)
    }

    /// The desk as its author wrote it: for teachers and for measuring, never for an agent.
    pub fn file(&self) -> &DeskFile {
        &self.rules.file
    }

    /// The hidden thresholds, one a reading.
    pub fn thresholds(&self) -> &[i32] {
        &self.thresholds
    }

    /// What each regime pays now, by action.
    pub fn regimes(&self) -> impl Iterator<Item = &BTreeMap<Action, i32>> {
        self.pays.iter().map(|&pays| &self.rules.file.regime[usize::from(pays)].pay)
    }

    fn now(&self) -> &[i32] {
        self.history.last().map_or(&[], |now| now)
    }

    /// The regime that holds, an index.
    pub fn regime(&self) -> usize {
        let level = |name: &str| {
            let at = self.rules.file.reading.iter().position(|r| r.name == name)?;
            Some(if self.now()[at] > self.thresholds[at] { Level::High } else { Level::Low })
        };
        let holds = |regime: &Regime| regime.when.iter().all(|(name, &want)| level(name) == Some(want));
        let regimes = &self.rules.file.regime;
        regimes.iter().position(holds).unwrap_or(regimes.len() - 1)
    }

    fn pay(&self, action: Action) -> i32 {
        let regime = &self.rules.file.regime[usize::from(self.pays[self.regime()])];
        regime.pay.get(&action).copied().unwrap_or(0)
    }

    fn wander(&mut self) {
        let mut next = ArrayVec::new();
        for (reading, &value) in self.rules.file.reading.iter().zip(self.history.last().into_iter().flatten())
        {
            let [low, high] = reading.range;
            let moved = value + self.rng.random_range(-reading.drift..=reading.drift);
            // What would leave the range is thrown back into it.
            let moved = if moved < low { 2 * low - moved } else { moved };
            let moved = if moved > high { 2 * high - moved } else { moved };
            next.push(moved.clamp(low, high));
        }
        if self.history.is_full() {
            self.history.remove(0);
        }
        self.history.push(next);
    }
}

impl DeskRules {
    /// The mechanics' names, as [`super::Game::mechanics`] lists them.
    pub(super) fn mechanics(&self) -> impl Iterator<Item = String> + '_ {
        let chart = serde_name(&self.file.chart);
        let readings = self.file.reading.iter().map(|r| format!("reading {}", r.name));
        [format!("chart {chart}")].into_iter().chain(readings)
    }
}

fn serde_name(chart: &Chart) -> &'static str {
    match chart {
        Chart::Prices => "prices",
        Chart::Queues => "queues",
        Chart::Tiers => "tiers",
    }
}
