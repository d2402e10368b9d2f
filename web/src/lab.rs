//! The laboratory: measurements in the background, one at a time, with a worker of their own, so that whoever
//! plays goes on playing.

pub mod words;

use crate::mind::Pool;
use crate::model::Holder;
use crate::state::State;
use crate::work::spawn;
use gloo_timers::future::TimeoutFuture;
use js_sys::Date;
use rulewright::agent::Settings;
use rulewright::agent::executor::Voting;
use rulewright::agent::rulebook::Rulebook;
use rulewright::arena::bootstrap::Interval;
use rulewright::arena::contest::{Contender, Key, Protocol, Run, keys, play};
use rulewright::arena::scorecard::Scorecard;
use rulewright::arena::worth::{Worth, worth};
use rulewright::games::Game;
use rulewright::mind::MindError;
use std::rc::Rc;
use yew::prelude::*;

/// Seeds on which rules are put to the test, from the page's one on.
pub const SEEDS: u32 = 3;
/// Decisions on each of them.
pub const STEPS: u32 = 40;
/// Episodes of a run in the arena: what an agent learned in one it takes along into the next.
pub const EPISODES: u32 = 2;
/// Milliseconds between two looks at a run: a player at random is faster than anybody reads.
const LOOK: f64 = 150.0;

/// The laboratory.
#[derive(Clone, Default)]
pub struct Lab {
    /// Counts the changes: two states of it are the same when this is.
    version: u64,
    /// Orders so far.
    numbers: u32,
    /// What is being measured.
    order: Option<Rc<Order>>,
    /// Whether the worker still loads the model.
    pub loads: bool,
    /// What the rules are worth, as it was measured last.
    pub trial: Option<Rc<Trial>>,
    /// The last race.
    pub race: Option<Rc<Race>>,
}

impl PartialEq for Lab {
    fn eq(&self, other: &Self) -> bool {
        self.version == other.version
    }
}

/// The wish to have something measured. A new number is a new wish.
struct Order {
    number: u32,
    task: Task,
}

/// What is to be measured.
#[derive(Clone)]
pub enum Task {
    /// What each rule is worth.
    Trial {
        /// The game.
        game: &'static Game,
        /// The first of its seeds.
        seed: u32,
        /// The rules.
        book: Rc<Rulebook>,
    },
    /// Who plays how well.
    Race(Entry),
}

/// Who races, and over what distance.
#[derive(Clone)]
pub struct Entry {
    pub game: &'static Game,
    pub contenders: Vec<Contender>,
    pub seeds: u32,
    /// The most decisions of an episode.
    pub steps: u32,
}

impl Entry {
    /// The conditions, alike for all.
    fn protocol(&self) -> Protocol {
        Protocol { episodes: EPISODES, steps: self.steps, compares: 0, ..Protocol::default() }
    }

    /// All runs, in the order in which they are played: everybody has played a seed before the next one.
    fn keys(&self) -> Vec<Key> {
        keys(&[self.game], &self.contenders, self.seeds)
    }

    /// The most decisions that all runs can take.
    pub fn longest(&self) -> u64 {
        self.keys().len() as u64 * self.protocol().longest(self.game)
    }
}

/// How a measurement ended.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    Done,
    Stopped,
    Failed(String),
}

/// What the rules of a rulebook are worth.
#[derive(Clone)]
pub struct Trial {
    pub game: &'static Game,
    pub seed: u32,
    book: Rc<Rulebook>,
    /// Episodes played, and of how many.
    pub played: (usize, usize),
    /// What is known so far; at last the worth of the whole rulebook.
    pub found: Vec<Worth>,
    /// Nothing while it goes on.
    pub end: Option<End>,
}

/// Who plays how well.
#[derive(Clone)]
pub struct Race {
    pub entry: Entry,
    /// The runs that are over.
    pub courses: Vec<Rc<Course>>,
    /// The one that is under way.
    pub now: Option<Rc<Course>>,
    /// Points an episode over the seeds that are over, for each contender.
    scores: Vec<Interval>,
    /// The scorecard of the seeds that everybody has played; none without random play and the oracle.
    card: Option<Rc<Scorecard>>,
    /// Nothing while it goes on.
    pub end: Option<End>,
}

/// A run, and its points after each decision.
pub struct Course {
    pub run: Run,
    points: Vec<i32>,
}

/// A contender's line in the table.
pub struct Line {
    pub contender: Contender,
    /// Seeds that it has played to the end.
    pub seeds: usize,
    /// Points an episode on these.
    pub score: Interval,
    /// The same where random play is 0 and the oracle 1.
    pub share: Option<Interval>,
    /// In all its runs, the one that is under way included.
    pub decisions: u32,
    pub reflections: u32,
    pub tokens: u64,
    /// Whether it plays at the moment.
    pub plays: bool,
}

impl Race {
    fn new(entry: Entry) -> Self {
        let scores = vec![Interval::default(); entry.contenders.len()];
        Self { entry, courses: Vec::new(), now: None, scores, card: None, end: None }
    }

    /// Decisions in all runs.
    pub fn decisions(&self) -> u64 {
        self.courses.iter().chain(&self.now).map(|course| u64::from(course.run.decisions())).sum()
    }

    /// How far it is, of [`Entry::longest`]: an episode may end early.
    pub fn progress(&self) -> u64 {
        let run = self.entry.protocol().longest(self.entry.game);
        let now = self.now.as_ref().map_or(0, |course| u64::from(course.run.decisions()));
        self.courses.len() as u64 * run + now
    }

    /// A contender's runs that are over.
    fn over(&self, contender: Contender) -> impl Iterator<Item = &Rc<Course>> {
        self.courses.iter().filter(move |course| course.run.key.contender == contender)
    }

    /// A contender's run that is under way.
    fn under_way(&self, contender: Contender) -> Option<&Rc<Course>> {
        self.now.as_ref().filter(|course| course.run.key.contender == contender)
    }

    fn add(&mut self, course: Rc<Course>) {
        let contender = course.run.key.contender;
        self.courses.push(course);
        self.now = None;
        let scores: Vec<f64> = self.over(contender).map(|course| course.run.score()).collect();
        let place = self.entry.contenders.iter().position(|other| *other == contender);
        if let Some(score) = place.and_then(|place| self.scores.get_mut(place)) {
            *score = Interval::new(&scores);
        }
        if self.courses.len().is_multiple_of(self.entry.contenders.len()) {
            let runs: Vec<Run> = self.courses.iter().map(|course| course.run.clone()).collect();
            // Without a scale there is none.
            self.card = Scorecard::new(&runs).ok().map(Rc::new);
        }
    }

    /// The table.
    pub fn lines(&self) -> Vec<Line> {
        let standings = || self.card.iter().flat_map(|card| &card.standings);
        let line = |(&contender, &score): (&Contender, &Interval)| {
            let runs = || self.over(contender).chain(self.under_way(contender)).map(|course| &course.run);
            Line {
                contender,
                seeds: score.of,
                score,
                share: standings().find(|own| own.contender == contender).map(|own| own.mean),
                decisions: runs().map(Run::decisions).sum(),
                reflections: runs().map(|run| run.reflections).sum(),
                tokens: runs().map(|run| run.tokens.total()).sum(),
                plays: self.end.is_none() && self.under_way(contender).is_some(),
            }
        };
        self.entry.contenders.iter().zip(&self.scores).map(line).collect()
    }

    /// A contender's points so far after each decision, the mean over its runs. A run that is over keeps what it
    /// won; one that is under way only counts where there is no other.
    pub fn curve(&self, contender: Contender) -> Vec<(u32, f32)> {
        let mut courses: Vec<&Rc<Course>> = self.over(contender).collect();
        if courses.is_empty() {
            courses.extend(self.under_way(contender));
        }
        let longest = courses.iter().map(|course| course.points.len()).max().unwrap_or_default();
        let at = |decision: usize| {
            let won = |course: &&Rc<Course>| course.points.get(decision).or(course.points.last()).copied();
            let sum: i32 = courses.iter().filter_map(won).sum();
            (decision as u32, sum as f32 / courses.len() as f32)
        };
        (0..longest).map(at).collect()
    }

    /// The runs that are over, for a table of comma-separated values.
    pub fn runs(&self) -> Vec<Run> {
        self.courses.iter().map(|course| course.run.clone()).collect()
    }
}

/// What may happen to the laboratory.
pub enum Event {
    /// Measure this, unless something is being measured.
    Start(Task),
    Stop,
    /// News of the order with this number; they may come late.
    News(u32, News),
}

/// What is heard of a measurement.
pub enum News {
    /// The worker has the model.
    Begun,
    /// Episodes played, of so many, and what the rules are worth as far as it is known.
    Tried((usize, usize), Vec<Worth>),
    /// A run goes on.
    Races(Rc<Course>),
    /// A run is over.
    Raced(Rc<Course>),
    Done,
    Failed(String),
}

impl Lab {
    /// Whether something is being measured.
    pub fn is_busy(&self) -> bool {
        self.order.is_some()
    }

    /// What a rulebook's rules are worth in a game, as far as it is known: beside other rules they may be worth more or
    /// less.
    pub fn worths(&self, game: &str, book: &Rulebook) -> Vec<Worth> {
        let is_it = |trial: &&Rc<Trial>| trial.game.id == game && trial.book.lines() == book.lines();
        self.trial.as_ref().filter(is_it).map_or_else(Vec::new, |trial| trial.found.clone())
    }

    fn start(&mut self, task: Task) {
        self.numbers += 1;
        self.loads = true;
        match task.clone() {
            Task::Trial { game, seed, book } => {
                let trial = Trial { game, seed, book, played: (0, 0), found: Vec::new(), end: None };
                self.trial = Some(Rc::new(trial));
            }
            Task::Race(entry) => self.race = Some(Rc::new(Race::new(entry))),
        }
        self.order = Some(Rc::new(Order { number: self.numbers, task }));
    }

    fn end(&mut self, end: End) {
        let Some(order) = self.order.take() else { return };
        self.loads = false;
        match order.task {
            Task::Trial { .. } => self.trial(|trial| trial.end = Some(end)),
            Task::Race(_) => self.race(|race| race.end = Some(end)),
        }
    }

    fn trial(&mut self, change: impl FnOnce(&mut Trial)) {
        if let Some(trial) = &mut self.trial {
            change(Rc::make_mut(trial));
        }
    }

    fn race(&mut self, change: impl FnOnce(&mut Race)) {
        if let Some(race) = &mut self.race {
            change(Rc::make_mut(race));
        }
    }

    fn apply(&mut self, event: Event) {
        match event {
            Event::Start(task) if !self.is_busy() => self.start(task),
            Event::Start(_) => {}
            Event::Stop => self.end(End::Stopped),
            Event::News(number, _) if self.order.as_ref().is_none_or(|order| order.number != number) => {}
            Event::News(_, news) => match news {
                News::Begun => self.loads = false,
                News::Tried(played, found) => {
                    self.trial(|trial| (trial.played, trial.found) = (played, found));
                }
                News::Races(course) => self.race(|race| race.now = Some(course)),
                News::Raced(course) => self.race(|race| race.add(course)),
                News::Done => self.end(End::Done),
                News::Failed(problem) => self.end(End::Failed(problem)),
            },
        }
    }
}

impl Reducible for Lab {
    type Action = Event;

    fn reduce(self: Rc<Self>, event: Event) -> Rc<Self> {
        let mut lab = Rc::unwrap_or_clone(self);
        lab.version += 1;
        lab.apply(event);
        Rc::new(lab)
    }
}

/// Keeps the laboratory at work as its state wants it.
#[hook]
pub fn use_lab(state: &UseReducerHandle<State>, pool: &Holder) -> UseReducerHandle<Lab> {
    let lab = use_reducer(Lab::default);
    let dispatcher = lab.dispatcher();
    // What another model does would not belong to the same measurement.
    use_effect_with(state.model.order.as_ref().map(|order| order.number), move |_| {
        dispatcher.dispatch(Event::Stop);
    });
    let (order, holder, dispatcher) = (lab.order.clone(), pool.clone(), lab.dispatcher());
    use_effect_with(order.as_ref().map(|order| order.number), move |_| {
        spawn(order.map(|order| measure(order, holder, dispatcher)))
    });
    lab
}

/// Does what is ordered. It may be dropped at any time, and its worker ends with it.
async fn measure(order: Rc<Order>, holder: Holder, lab: UseReducerDispatcher<Lab>) {
    let tell = |news| lab.dispatch(Event::News(order.number, news));
    let apart = holder.borrow().as_ref().map(Pool::apart);
    let Some(apart) = apart else { return tell(News::Failed(words::NO_MIND.into())) };
    let mut pool = match apart.await {
        Ok(pool) => pool,
        Err(problem) => return tell(News::Failed(problem)),
    };
    tell(News::Begun);
    let done = match &order.task {
        Task::Trial { game, seed, book } => try_rules((game, *seed), book, &mut pool, &tell).await,
        Task::Race(entry) => race(entry, &mut pool, &tell).await,
    };
    tell(done.map_or_else(|problem| News::Failed(problem.to_string()), |()| News::Done));
}

/// Leaves one rule out after another.
async fn try_rules(
    (game, seed): (&Game, u32),
    book: &Rulebook,
    pool: &mut Pool,
    tell: &impl Fn(News),
) -> Result<(), MindError> {
    let games: Vec<_> = (0..SEEDS).map(|more| game.start(seed.wrapping_add(more))).collect();
    let voting = Voting { votes: 1, ..Voting::default() };
    let settings = Settings { voting, ..Settings::fixed(seed.into()) };
    let mut told = |played, of, found: &[Worth]| tell(News::Tried((played, of), found.to_vec()));
    worth(book, &settings, &games, STEPS, pool, &mut told).await.map(drop)
}

/// Has everybody play, one run after another.
async fn race(entry: &Entry, pool: &mut Pool, tell: &impl Fn(News)) -> Result<(), MindError> {
    let protocol = entry.protocol();
    for key in entry.keys() {
        let mut points = Vec::new();
        let mut looked = 0.0;
        let is_scale = key.contender.is_scale();
        let tick = async |run: &Run| {
            points.push(run.points.iter().sum());
            if Date::now() - looked >= LOOK {
                looked = Date::now();
                tell(News::Races(Rc::new(Course { run: run.clone(), points: points.clone() })));
            }
            // Who waits for no worker lets the page draw.
            if is_scale {
                TimeoutFuture::new(0).await;
            }
        };
        let run = play(entry.game, key, &protocol, pool, tick).await?;
        tell(News::Raced(Rc::new(Course { run, points })));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use rulewright::agent::digest::Digest;
    use rulewright::agent::revision::hand::{Hand, Words};
    use rulewright::agent::rulebook::Origin;
    use rulewright::arena::contest::scale;

    fn game() -> &'static Game {
        Game::find("orchard").expect("a game that ships")
    }

    fn entry(contenders: &[Contender]) -> Entry {
        Entry { game: game(), contenders: contenders.to_vec(), seeds: 2, steps: 10 }
    }

    fn after(lab: Lab, events: Vec<Event>) -> Lab {
        Rc::unwrap_or_clone(events.into_iter().fold(Rc::new(lab), |lab, event| lab.reduce(event)))
    }

    fn begun(task: Task) -> Lab {
        after(Lab::default(), vec![Event::Start(task)])
    }

    fn trial() -> Task {
        Task::Trial { game: game(), seed: 7, book: Rc::default() }
    }

    fn news(news: News) -> Event {
        Event::News(1, news)
    }

    /// A run with these points after each decision.
    fn course(entry: &Entry, contender: Contender, seed: u32, points: &[i32]) -> Rc<Course> {
        let key = Key { game: entry.game.id.clone(), contender, seed };
        Rc::new(Course { run: scale(entry.game, key, &entry.protocol()), points: points.to_vec() })
    }

    #[test]
    fn one_thing_is_measured_at_a_time_and_late_news_are_not_heard() {
        let lab = after(begun(trial()), vec![Event::Start(Task::Race(entry(&[Contender::Random])))]);
        assert!(lab.is_busy() && lab.loads && lab.race.is_none());
        let lab = after(lab, vec![news(News::Begun), news(News::Tried((2, 6), vec![]))]);
        assert!(!lab.loads && lab.trial.as_ref().is_some_and(|trial| trial.played == (2, 6)));
        let worth = Worth {
            rule: Some("R1".into()),
            line: "go up".into(),
            lost: Interval::default(),
            without: Interval::default(),
        };
        let lab = after(lab, vec![news(News::Tried((2, 6), vec![worth]))]);
        let worths = |game, book: &Rulebook| lab.worths(game, book).len();
        let mut other = Rulebook::default();
        assert_eq!((worths("orchard", &other), worths("vault", &other)), (1, 0), "in its own game");
        let words = Words { heuristic: "go down".into(), ..Words::default() };
        other.revise(&Hand::Add(words).into(), Origin::Person, 0, &Digest::default());
        assert_eq!(worths("orchard", &other), 0, "beside the same rules");
        let lab = after(lab, vec![Event::Stop, news(News::Tried((3, 6), vec![])), news(News::Done)]);
        let trial_is = |lab: &Lab, played, end: Option<End>| {
            lab.trial.as_ref().is_some_and(|trial| trial.played == played && trial.end == end)
        };
        assert!(!lab.is_busy() && trial_is(&lab, (2, 6), Some(End::Stopped)));
        let lab = after(lab, vec![Event::Start(trial()), news(News::Failed("late".into()))]);
        assert!(lab.is_busy() && trial_is(&lab, (0, 0), None), "the first order's news");
        let lab = after(lab, vec![Event::News(2, News::Failed("no luck".into()))]);
        assert!(!lab.is_busy() && trial_is(&lab, (0, 0), Some(End::Failed("no luck".into()))));
    }

    #[test]
    fn the_table_counts_what_is_over_and_says_who_plays() {
        let all = [Contender::Random, Contender::Oracle];
        let entry = entry(&all);
        assert_eq!((entry.keys().len(), entry.longest()), (4, 4 * 2 * 10));
        let lab = begun(Task::Race(entry.clone()));
        let first = course(&entry, Contender::Random, 0, &[0, 1]);
        let (score, decisions) = (first.run.score(), first.run.decisions());
        let under_way = course(&entry, Contender::Oracle, 0, &[0, 2]);
        let lab = after(lab, vec![news(News::Raced(first)), news(News::Races(under_way))]);
        let race = lab.race.clone().expect("a race");
        let [random, oracle] = race.lines().try_into().ok().expect("two lines");
        assert_eq!((random.seeds, random.score.mean, random.decisions), (1, score, decisions));
        assert_eq!((random.plays, oracle.plays, oracle.seeds), (false, true, 0));
        assert!(oracle.decisions > 0 && oracle.share.is_none() && race.progress() > 20);
        let lab = after(lab, vec![news(News::Raced(course(&entry, Contender::Oracle, 0, &[0, 2])))]);
        let lines = lab.race.expect("a race").lines();
        let shares: Vec<f64> = lines.iter().filter_map(|line| Some(line.share?.mean)).collect();
        assert_eq!(shares, [0.0, 1.0], "the oracle's points are more than those of random play");
    }

    #[test]
    fn a_curve_is_the_mean_of_what_is_over_and_what_was_won_stays_won() {
        let entry = entry(&[Contender::Random]);
        let raced = |seed, points: &[i32]| news(News::Raced(course(&entry, Contender::Random, seed, points)));
        let lab = begun(Task::Race(entry.clone()));
        let lab = after(lab, vec![news(News::Races(course(&entry, Contender::Random, 0, &[0, 3])))]);
        let curve = |lab: &Lab| lab.race.as_ref().map(|race| race.curve(Contender::Random));
        assert_eq!(curve(&lab), Some(vec![(0, 0.0), (1, 3.0)]), "nothing is over yet");
        let lab = after(lab, vec![raced(0, &[0, 3, 4])]);
        let races = news(News::Races(course(&entry, Contender::Random, 1, &[9])));
        let lab = after(lab, vec![races, raced(1, &[2, 2])]);
        assert_eq!(curve(&lab), Some(vec![(0, 1.0), (1, 2.5), (2, 3.0)]));
        assert_eq!(lab.race.as_ref().map(|race| race.curve(Contender::Oracle)), Some(vec![]));
    }
}
