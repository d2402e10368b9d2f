//! The page's whole state, and every way in which it changes.

use crate::address::{Pace, Panel, Settings, Speed, Theme, Who};
use crate::board::{Board, ROUND_OVER, Standing};
use crate::experiments::Manner;
use crate::mind::{Backend, Told};
use crate::model::{self, Model};
use crate::watch::{self, Until, Watch, words};
use rulewright::agent::Decision;
use rulewright::env::{Action, Environment, idle};
use rulewright::games::replay::Move;
use rulewright::games::{Episode, Game};
use std::rc::Rc;
use yew::Reducible;

/// The key that is down, or that was tapped since the last tick.
#[derive(Clone, Copy)]
struct Held {
    action: Action,
    played: bool,
    released: bool,
}

/// Those settings that a lesson's step changes, and that the visitor is to have again after it.
#[derive(Debug, Clone, Copy)]
struct Before {
    manner: Manner,
    pace: Pace,
    speed: Speed,
    goes_on: bool,
}

impl Before {
    fn of(settings: &Settings) -> Self {
        let Settings { pace, speed, goes_on, .. } = *settings;
        Self { manner: Manner::of(settings), pace, speed, goes_on }
    }

    fn put(self, settings: &mut Settings) {
        self.manner.put(settings);
        (settings.pace, settings.speed, settings.goes_on) = (self.pace, self.speed, self.goes_on);
    }
}

/// A window in front of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialog {
    Games,
    Lessons,
    /// What a teacher wants to know, and links.
    Teacher,
}

/// The page's state.
#[derive(Clone)]
pub struct State {
    /// Counts the changes, but for what `heard` counts: two states of the page are the same when this is.
    version: u64,
    /// Counts the changes of what is being written: many a second, and few parts show them.
    pub heard: u64,
    /// Counts the games that were chosen from the gallery.
    pub picked: u32,
    pub settings: Settings,
    pub board: Board,
    /// The visitor's own board, where both play side by side: it waits for them, and a step there takes none here.
    pub own: Board,
    /// How many moments lie before the one that is shown: all of them, unless one looks back.
    pub shown: usize,
    /// The decision of an earlier time that is shown instead.
    recalled: Option<Rc<Decision>>,
    /// The title of its game, if it is one that was kept as evidence: it may be of another agent's.
    exhibit: Option<String>,
    /// Whether time goes on by itself, where it does at all.
    pub running: bool,
    held: Option<Held>,
    pub dialog: Option<Dialog>,
    /// What of a link could not be used, and what else went wrong.
    pub notices: Vec<String>,
    pub model: Model,
    /// The agent that plays.
    pub agent: Root,
    /// What is seen of it.
    pub watch: Watch,
    /// Counts how often somebody else than the agent has changed the game.
    pub run: u32,
    /// How the agent played before the vote-collapse lab, while that is open.
    pub collapse: Option<Manner>,
    /// How things went on before an open lesson set up a step.
    taught: Option<Before>,
    /// Whether the panels about the agent were unfolded once.
    unfolded: bool,
}

/// An agent: which one it is on this page, and the seed that all its chance comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Root {
    pub number: u32,
    pub seed: u32,
}

/// A step that the agent is to take; another value is another step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Due {
    /// The model that it takes it with.
    pub order: u32,
    pub run: u32,
    pub turn: u32,
}

impl PartialEq for State {
    fn eq(&self, other: &Self) -> bool {
        self.version == other.version
    }
}

/// What may happen to the page.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    /// An address was opened, with what is wrong with it.
    Open(Settings, Vec<String>),
    Choose(&'static str),
    Seed(u32),
    Speed(Speed),
    Theme(Theme),
    /// Whether letters, digits and signs are keys of the page.
    Shortcuts(bool),
    Who(Who),
    /// Something about how the agent plays.
    Way(Way),
    /// What the next model is to run on.
    Device(Option<Backend>),
    Toggle(Panel),
    /// The player wants this action: at once, or at the next tick of a running game.
    Press(Action),
    Release(Action),
    /// The window lost the keyboard: whatever key is down will not tell when it is released.
    Blur,
    /// Time has come for a step of a running game.
    Tick,
    Pause,
    /// One step with the idle action.
    Step,
    /// The agent plays, and stops by itself.
    PlayUntil(Until),
    Restart,
    /// The key for it was pressed: asks first, where an agent would be forgotten.
    RestartKey,
    Twist,
    /// Show the game as it was after so many moments.
    Show(usize),
    /// Show one moment earlier.
    Back,
    /// Show one moment later.
    Forward,
    /// Show a decision of the agent's, of whichever episode.
    Recall(u32),
    /// Show a decision that was kept as evidence, of a game of this title.
    Exhibit(String, Rc<Decision>),
    /// Go on from the moment that is shown, forgetting what came after it.
    PlayOn,
    Ask(Option<Dialog>),
    /// A window of the rulebooks is in front of the page: a game that a person plays waits.
    Covered,
    /// A step of a lesson, or no lesson any more.
    Lesson(Option<&'static str>, u8),
    /// What a step of a lesson sets up: the game begins anew; or it goes on, where that is wanted and it is the same
    /// one with the same player, and the agent's seed.
    Scene(Settings, bool),
    /// Something that was typed can't be used.
    Complain(String),
    Dismiss,
    Model(model::Event),
    Watch(watch::Event),
    /// The episode is over, and the agent goes on with the next one.
    GoOn,
    /// Both boards begin with the next seed.
    NextRound,
    /// The vote-collapse lab opens.
    Collapse,
    /// The lab is over.
    CollapseOver,
    /// Some events at once.
    Several(Vec<Event>),
    /// All that was heard of the model of an order since the screen was last drawn.
    Heard(u32, Vec<Event>),
}

impl Event {
    /// Whether it changes nothing but what is being written.
    fn is_heard(&self) -> bool {
        match self {
            Self::Watch(watch::Event::Told(told)) => {
                matches!(told, Told::Begins(_) | Told::Token(_) | Told::Void(_))
            }
            Self::Several(events) | Self::Heard(_, events) => events.iter().all(Self::is_heard),
            _ => false,
        }
    }
}

/// A change of how the agent plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Way {
    Pace(Pace),
    Votes(u8),
    Temperature(u8),
    Learns(bool),
    Guard(bool),
    Stride(u8),
    Reflects(bool),
    Workers(Option<u8>),
    GoesOn(bool),
}

impl State {
    /// A fresh page.
    pub fn new(settings: Settings, notices: Vec<String>) -> Self {
        let start = Rc::new(begin(&settings));
        let dialog = settings.teach.then_some(Dialog::Teacher);
        let taught = settings.lesson.map(|_| Before::of(&Settings::default()));
        Self {
            version: 0,
            heard: 0,
            picked: 0,
            agent: Root { number: 0, seed: settings.seed },
            settings,
            own: Board::new(start.clone()),
            board: Board::new(start),
            shown: 0,
            recalled: None,
            exhibit: None,
            running: false,
            held: None,
            dialog,
            notices,
            model: Model::default(),
            watch: Watch::default(),
            run: 0,
            collapse: None,
            // The address of a lesson has what the lesson set, and not what was there before.
            taught,
            unfolded: false,
        }
    }

    /// The game that is chosen.
    pub fn game(&self) -> Option<&'static Game> {
        Game::find(self.settings.game)
    }

    /// The episode that is shown: now, or as it was.
    pub fn view(&self) -> &Episode {
        self.board.before(self.shown)
    }

    /// Whether the past is shown.
    pub fn looks_back(&self) -> bool {
        self.shown < self.board.history.len() || self.recalled.is_some()
    }

    /// The decision of a number: the one of an earlier time that is shown, or one of this agent's.
    pub fn decision_of(&self, number: u32) -> Option<Rc<Decision>> {
        let shown = self.recalled().filter(|decision| decision.number == number).cloned();
        shown.or_else(|| self.watch.decision(number))
    }

    /// The decision of an earlier time that is shown.
    pub fn recalled(&self) -> Option<&Rc<Decision>> {
        self.recalled.as_ref()
    }

    /// The title of that one's game, if it was kept as evidence.
    pub fn exhibit(&self) -> Option<&str> {
        self.exhibit.as_deref()
    }

    /// Of when that one is.
    pub fn when(&self) -> String {
        self.exhibit().map_or("in an earlier episode".into(), |game| format!("kept as evidence, in {game}"))
    }

    /// What is shown is of now again.
    fn leave_past(&mut self) {
        if self.recalled.take().is_some() {
            // Somebody may have looked into it.
            self.watch.look = None;
        }
        self.exhibit = None;
    }

    /// The number of the decision that is shown, or of the next one.
    pub fn decision(&self) -> u32 {
        let past = self.board.history.iter().take(self.shown).rev().find_map(|moment| moment.decision);
        let first = || self.board.history.iter().find_map(|moment| moment.decision);
        let recalled = self.recalled().map(|decision| decision.number);
        recalled.or(past).or_else(first).unwrap_or_else(|| self.watch.next())
    }

    /// Whether the agent still learns from the last step of its episode, or looks back at it.
    pub fn is_settling(&self) -> bool {
        self.board.is_over() && self.watch.deciding
    }

    /// The moment after a decision of the agent's, if this episode still has it.
    pub fn moment_of(&self, decision: u32) -> Option<usize> {
        self.board.history.iter().position(|moment| moment.decision == Some(decision)).map(|at| at + 1)
    }

    /// The moments before and after the one that is shown of which this is so, if there are any.
    pub fn around(&self, is_so: impl Fn(usize) -> bool) -> [Option<usize>; 2] {
        let earlier = (1..self.shown).rev().find(|moment| is_so(*moment));
        let later = (self.shown + 1..=self.board.history.len()).find(|moment| is_so(*moment));
        [earlier, later]
    }

    /// Whether the agent plays this board, when somebody lets it.
    pub fn is_agents(&self) -> bool {
        self.settings.who != Who::You
    }

    /// Whether the visitor has a board of their own beside the agent's.
    pub fn is_side_by_side(&self) -> bool {
        self.settings.who == Who::Both
    }

    /// Whether the agent begins the next episode by itself: not while a visitor's board would go with it.
    fn goes_on(&self) -> bool {
        self.settings.goes_on && !self.is_side_by_side()
    }

    /// Whether a twist would change anything.
    pub fn can_twist(&self) -> bool {
        let over = self.board.is_over() && (!self.is_side_by_side() || self.own.is_over());
        !over && !self.looks_back()
    }

    /// How the two boards stand.
    pub fn standing(&self) -> Standing {
        Standing::new(&self.own, &self.board)
    }

    /// The step that the agent is to take now. One that is under way stays due until it is over.
    pub fn due(&self) -> Option<Due> {
        let order = self.model.order.as_ref().filter(|_| self.is_agents())?.number;
        let goes_on = self.running && (!self.board.is_over() || self.goes_on());
        let wanted = goes_on || (self.watch.until == Until::Step && !self.board.is_over());
        let begins = wanted && !self.looks_back() && self.model.stage == model::Stage::Ready;
        let due = self.watch.deciding || (begins && !self.watch.asked);
        due.then_some(Due { order, run: self.run, turn: self.watch.turn })
    }

    /// Whether the clock drives the game at this moment.
    pub fn ticks(&self) -> bool {
        !self.is_agents()
            && self.running
            && self.settings.speed != Speed::Yours
            && !self.board.is_over()
            && !self.looks_back()
    }

    fn idle(&self) -> Action {
        idle(self.board.now().actions())
    }

    /// The game begins as the settings say, with a fresh agent: the same seed plays the same again, whatever
    /// was learned before. The rulebook stays.
    fn restart(&mut self) {
        self.begin();
        self.engage();
        self.unask();
    }

    /// What the key for a restart has asked is settled, or was asked too long ago.
    fn unask(&mut self) {
        self.notices.retain(|notice| notice != words::FORGETS);
    }

    /// Has a fresh agent, rooted in the seed that is shown.
    fn engage(&mut self) {
        self.agent = Root { number: self.agent.number + 1, seed: self.settings.seed };
        self.watch = Watch::default();
    }

    /// An episode begins.
    fn begin(&mut self) {
        let start = Rc::new(begin(&self.settings));
        self.own = Board::new(start.clone());
        self.board = Board::new(start);
        self.shown = 0;
        self.leave_past();
        self.stop();
        self.disturb();
        self.watch.begin();
    }

    /// The game is not any more as the agent saw it: its step begins anew.
    fn disturb(&mut self) {
        self.run += 1;
        self.watch.stop();
    }

    /// Has a game begin.
    fn choose(&mut self, settings: Settings) {
        self.settings = settings;
        self.restart();
    }

    /// A person plays, or the clock does.
    fn play(&mut self, done: Move) {
        if self.board.is_over() || self.looks_back() {
            return;
        }
        self.disturb();
        self.push(done, None);
    }

    fn push(&mut self, done: Move, decision: Option<u32>) {
        let follows = !self.looks_back();
        let was = self.board.now().is_twisted();
        self.board.push(done, decision);
        // Somebody's doing, or the game's own.
        self.watch.twisted |= self.board.now().is_twisted() != was;
        if follows {
            self.shown = self.board.history.len();
        }
        let goes_on = self.is_agents() && self.goes_on() && self.watch.until != Until::Episode;
        self.running &= !self.board.is_over() || goes_on;
    }

    /// The agent learns and reflects again as it did before the lab.
    fn end_collapse(&mut self) {
        if let Some(before) = self.collapse.take() {
            before.put(&mut self.settings);
        }
    }

    /// Lets the agent play.
    fn let_play(&mut self, until: Until) {
        if self.model.is_missing() {
            self.notices = vec![words::NO_MIND.into()];
            return;
        }
        self.shown = self.board.history.len();
        self.leave_past();
        if self.board.is_over() && self.is_side_by_side() {
            self.notices = vec![ROUND_OVER.into()];
            return;
        }
        if self.is_settling() {
            return;
        }
        if self.board.is_over() {
            self.next_episode();
        }
        self.unfold();
        self.watch.until = until;
        self.running = until != Until::Step;
    }

    /// What is to be seen of an agent that begins to play, and to be tried out with it, where nobody has
    /// chosen otherwise.
    fn unfold(&mut self) {
        let nobody_chose = self.settings.panels == Settings::default().panels;
        if nobody_chose && self.watch.next() == 0 && !std::mem::replace(&mut self.unfolded, true) {
            self.settings.panels.extend([Panel::Strategist, Panel::Learning, Panel::Experiments]);
        }
    }

    /// The same agent goes on with the next seed.
    fn next_episode(&mut self) {
        self.settings.seed = self.settings.seed.wrapping_add(1);
        self.begin();
    }

    /// Has somebody else play. The board stays with who had it; side by side the other one begins anew.
    fn hand_over(&mut self, who: Who) {
        let had = std::mem::replace(&mut self.settings.who, who);
        if had == who {
            return;
        }
        self.stop();
        self.watch.stop();
        self.leave_past();
        match (had, who) {
            (Who::You, Who::Both) => {
                self.own.history = std::mem::take(&mut self.board.history);
                self.shown = 0;
                self.disturb();
                self.engage();
            }
            (Who::Both, Who::You) => {
                self.board.history = std::mem::take(&mut self.own.history);
                self.shown = self.board.history.len();
                self.disturb();
                self.watch.begin();
            }
            _ => {}
        }
    }

    fn show(&mut self, shown: usize) {
        self.shown = shown.min(self.board.history.len());
        self.leave_past();
        self.watch.look = None;
        self.stop();
    }

    fn recall(&mut self, decision: u32) {
        match (self.moment_of(decision), self.watch.decision(decision)) {
            (Some(moment), _) => self.show(moment),
            (None, Some(kept)) => {
                self.show(usize::MAX);
                self.recalled = Some(kept);
            }
            (None, None) => self.notices = vec![words::FORGOTTEN.into()],
        }
    }

    /// One moment earlier or later. In an earlier episode moments are decisions.
    fn walk(&mut self, on: bool) {
        match self.recalled() {
            // It has no neighbours.
            Some(_) if self.exhibit.is_some() && !on => {}
            Some(_) if self.exhibit.is_some() => self.show(usize::MAX),
            Some(decision) => match self.watch.beside(decision.number)[usize::from(on)] {
                Some(next) => self.recall(next),
                None if on => self.show(usize::MAX),
                None => {}
            },
            None if on => self.show(self.shown + 1),
            None => self.show(self.shown.saturating_sub(1)),
        }
    }

    /// Has a window in front of the page, or none; the address tells of the teacher's.
    fn ask(&mut self, dialog: Option<Dialog>) {
        self.dialog = dialog;
        self.settings.teach = dialog == Some(Dialog::Teacher);
    }

    /// Stops the clock, and forgets a key that is still down.
    fn stop(&mut self) {
        self.running = false;
        self.held = None;
    }

    fn apply(&mut self, event: Event) {
        match event {
            Event::Open(settings, notices) => {
                let other = (self.settings.game, self.settings.seed) != (settings.game, settings.seed);
                // What the agent learned in the lab or in a lesson ends with it.
                let left_lesson = self.taught.is_some() && settings.lesson.is_none();
                let other = self.collapse.take().is_some() || left_lesson || other;
                self.taught = self.taught.filter(|_| settings.lesson.is_some());
                self.unfolded = false;
                self.notices = notices;
                self.dialog = settings.teach.then_some(Dialog::Teacher);
                self.hand_over(settings.who);
                if other {
                    self.choose(settings);
                } else {
                    self.settings = settings;
                }
            }
            Event::Scene(settings, goes_on) => {
                let before = Before::of(&self.settings);
                let manner = self.collapse.unwrap_or(before.manner);
                self.taught.get_or_insert(Before { manner, ..before });
                self.unfolded = false;
                self.notices.clear();
                self.watch.stop();
                let had_collapse = self.collapse.take().is_some();
                // By now its agent may be at an episode with a later seed.
                let now = (self.settings.game, self.agent.seed, self.settings.who);
                if goes_on && !had_collapse && now == (settings.game, settings.seed, settings.who) {
                    self.stop();
                    self.settings = Settings { seed: self.settings.seed, ..settings };
                } else {
                    self.choose(settings);
                }
            }
            Event::Lesson(lesson, step) => {
                self.ask(None);
                self.settings.lesson = lesson;
                self.settings.step = step;
                if lesson.is_none()
                    && let Some(before) = self.taught.take()
                {
                    before.put(&mut self.settings);
                    self.collapse = None;
                    // What the agent saw and learned in it ends with it, and is not for the visitor's rulebook.
                    self.restart();
                }
            }
            Event::Choose(game) => {
                self.picked += 1;
                self.end_collapse();
                self.ask(None);
                self.choose(Settings { game, ..self.settings.clone() });
            }
            Event::Seed(seed) => {
                self.settings.seed = seed;
                self.restart();
            }
            Event::Speed(speed) => {
                self.settings.speed = speed;
                self.stop();
            }
            Event::Theme(theme) => self.settings.theme = theme,
            Event::Shortcuts(shortcuts) => self.settings.shortcuts = shortcuts,
            Event::Who(who) => self.hand_over(who),
            Event::Way(Way::Pace(pace)) => self.settings.pace = pace,
            Event::Way(Way::Votes(votes)) => self.settings.votes = votes,
            Event::Way(Way::Temperature(tenths)) => self.settings.temperature = tenths,
            Event::Way(Way::Learns(learns)) => self.settings.learns = learns,
            Event::Way(Way::Guard(guard)) => self.settings.guard = guard,
            Event::Way(Way::Stride(stride)) => self.settings.stride = stride,
            Event::Way(Way::Reflects(reflects)) => self.settings.reflects = reflects,
            Event::Way(Way::Workers(workers)) => self.settings.workers = workers,
            Event::Way(Way::GoesOn(goes_on)) => self.settings.goes_on = goes_on,
            Event::Device(device) => self.settings.device = device,
            Event::Toggle(panel) => {
                if !self.settings.panels.remove(&panel) {
                    self.settings.panels.insert(panel);
                }
            }
            Event::Press(action) if self.is_side_by_side() => self.own.play(Move::Act(action)),
            Event::Press(_) if self.is_agents() => {}
            Event::Press(action) if !self.board.now().actions().contains(&action) => {}
            Event::Press(action) if self.settings.speed == Speed::Yours => self.play(Move::Act(action)),
            Event::Press(_) if self.board.is_over() || self.looks_back() => {}
            Event::Press(action) => {
                self.running = true;
                // Holding a key down repeats the event; a tap that was not played yet stays.
                if self.held.is_none_or(|held| held.action != action || held.released) {
                    self.held = Some(Held { action, played: false, released: false });
                }
            }
            Event::Release(action) => {
                if let Some(held) = self.held.as_mut().filter(|held| held.action == action) {
                    held.released = true;
                    self.held = self.held.filter(|held| !held.played);
                }
            }
            Event::Blur => self.held = None,
            Event::Tick if self.ticks() => {
                self.play(Move::Act(self.held.map_or(self.idle(), |held| held.action)));
                self.held = self.held.filter(|held| !held.released).map(|held| Held { played: true, ..held });
            }
            Event::Tick => {}
            Event::Pause if self.is_agents() && !self.running => self.let_play(Until::Stopped),
            Event::Pause if self.is_agents() => self.running = false,
            Event::Step if self.is_agents() => self.let_play(Until::Step),
            Event::PlayUntil(until) if self.is_agents() => self.let_play(until),
            Event::PlayUntil(_) => {}
            Event::Pause if self.board.is_over() || self.looks_back() => {}
            Event::Pause => self.running = !self.running,
            Event::Step => {
                self.stop();
                self.play(Move::Act(self.idle()));
            }
            Event::RestartKey if self.watch.next() > 0 && self.notices != [words::FORGETS] => {
                self.notices = vec![words::FORGETS.into()];
            }
            Event::RestartKey | Event::Restart => self.restart(),
            Event::GoOn => {
                self.next_episode();
                self.running = true;
            }
            Event::NextRound if self.is_settling() => {}
            Event::NextRound => {
                self.next_episode();
                self.watch.until = Until::Stopped;
                self.running = self.settings.goes_on && !self.model.is_missing();
            }
            Event::Collapse => {
                let before = Manner::of(&self.settings);
                self.collapse.get_or_insert(before);
                Manner::COLLAPSE.put(&mut self.settings);
                self.settings.panels.insert(Panel::Learning);
                if !self.is_agents() {
                    self.hand_over(Who::Agent);
                }
                self.let_play(Until::Stopped);
            }
            Event::CollapseOver if self.collapse.is_some() => self.end_collapse(),
            Event::CollapseOver => Manner::usual().put(&mut self.settings),
            Event::Twist => {
                if self.is_side_by_side() && !self.looks_back() {
                    self.own.play(Move::Twist);
                }
                self.play(Move::Twist);
            }
            Event::Show(shown) => self.show(shown),
            Event::Recall(decision) => self.recall(decision),
            Event::Exhibit(game, decision) => {
                self.show(usize::MAX);
                (self.recalled, self.exhibit) = (Some(decision), Some(game));
            }
            Event::Back => self.walk(false),
            Event::Forward => self.walk(true),
            // There is no way back into an earlier episode.
            Event::PlayOn if self.recalled.is_some() => self.show(usize::MAX),
            Event::PlayOn => {
                self.board.history.truncate(self.shown);
                self.stop();
                self.disturb();
            }
            Event::Ask(dialog) => {
                self.ask(dialog);
                self.stop();
            }
            Event::Covered if self.is_agents() => {}
            Event::Covered => self.stop(),
            Event::Complain(complaint) => self.notices = vec![complaint],
            Event::Dismiss => self.notices.clear(),
            Event::Model(event) => {
                let mut model = std::mem::take(&mut self.model);
                let shown = self.view();
                let around = model::Around {
                    backend: self.settings.device,
                    frame: &|| shown.frame(),
                    status: &|| shown.status(),
                    actions: shown.actions(),
                };
                let order = model.order.clone();
                model.apply(event, &around);
                if model.order != order {
                    // The step that is under way has lost its workers; the next ones take it.
                    self.watch.stop();
                }
                self.model = model;
                if self.model.is_missing() && self.is_agents() {
                    self.stop();
                    self.watch.stop();
                }
            }
            Event::Watch(event) => self.watch(event),
            Event::Several(events) => events.into_iter().for_each(|event| self.apply(event)),
            Event::Heard(number, events) => {
                // A model that is no longer wanted may still have been heard.
                if self.model.order.as_ref().is_some_and(|order| order.number == number) {
                    self.apply(Event::Several(events));
                }
            }
        }
    }

    fn watch(&mut self, event: watch::Event) {
        match event {
            watch::Event::Told(Told::Workers(workers)) => self.model.workers = workers,
            watch::Event::Told(Told::Again(problem)) => self.notices = vec![words::again(&problem)],
            watch::Event::Told(Told::Fewer(problem)) => self.notices = vec![words::fewer(&problem)],
            watch::Event::Told(told) => self.watch.hear(told),
            watch::Event::Begun => self.watch.deciding = true,
            watch::Event::Played { run, decision, action } if run == self.run && !self.board.is_over() => {
                self.push(Move::Act(action), Some(decision));
                self.watch.played = Some(action);
            }
            watch::Event::Played { .. } => {}
            // A fresh agent may have come meanwhile.
            watch::Event::Decided(watch::Done { agent, .. })
            | watch::Event::Reflected(agent, _)
            | watch::Event::Looked { agent, .. }
                if agent != self.agent.number => {}
            watch::Event::Decided(done) => {
                let reflected = done.thought.is_some();
                self.watch.decided(done);
                self.unask();
                self.running &= !(reflected && self.watch.until == Until::Reflection);
            }
            watch::Event::Failed(problem) => {
                self.watch.turn += 1;
                self.watch.asked = false;
                self.watch.stop();
                self.stop();
                self.notices = vec![words::failed(&problem)];
            }
            watch::Event::Asked => {
                self.watch.asked = true;
                self.watch.asks += 1;
            }
            watch::Event::Reflected(_, thought) => {
                self.watch.reflected(thought);
                self.running &= self.watch.until != Until::Reflection;
            }
            watch::Event::Look { decision, ballot, at } => {
                self.settings.panels.insert(Panel::Sight);
                self.watch.look(self.decision_of(decision).as_deref(), ballot, at);
            }
            watch::Event::Looked { decision, ballot, found, .. } => {
                self.watch.looked(decision, ballot, found);
            }
            watch::Event::LookAway => self.watch.look = None,
        }
    }
}

impl Reducible for State {
    type Action = Event;

    fn reduce(self: Rc<Self>, event: Event) -> Rc<Self> {
        let mut state = Rc::unwrap_or_clone(self);
        *(if event.is_heard() { &mut state.heard } else { &mut state.version }) += 1;
        state.apply(event);
        Rc::new(state)
    }
}

fn begin(settings: &Settings) -> Episode {
    // The address only lets shipped games in, and there is always one.
    let game = Game::find(settings.game).or_else(|| Game::all().next()).expect("a shipped game");
    game.start(settings.seed)
}

#[cfg(test)]
pub mod tests;
