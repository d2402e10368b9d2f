//! The page's whole state, and every way in which it changes.

use crate::address::{Panel, Settings, Speed, Theme};
use crate::mind::Backend;
use crate::model::{self, Model};
use rulewright::env::{Action, Environment, Outcome};
use rulewright::games::replay::Move;
use rulewright::games::{Episode, Game};
use std::rc::Rc;
use yew::Reducible;

/// One entry of the history: what was done, what came of it, and the game after it.
#[derive(Clone)]
pub struct Moment {
    pub done: Move,
    pub outcome: Outcome,
    pub after: Episode,
}

/// The key that is down, or that was tapped since the last tick.
#[derive(Clone, Copy)]
struct Held {
    action: Action,
    played: bool,
    released: bool,
}

/// A window in front of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Dialog {
    Games,
}

/// The page's state.
#[derive(Clone)]
pub struct State {
    /// Counts the changes: two states of the page are the same when this is.
    version: u64,
    pub settings: Settings,
    /// The episode before the first move.
    start: Rc<Episode>,
    pub history: Vec<Rc<Moment>>,
    /// How many moments lie before the one that is shown: all of them, unless one looks back.
    pub shown: usize,
    /// Whether time goes on by itself, where it does at all.
    pub running: bool,
    held: Option<Held>,
    pub dialog: Option<Dialog>,
    /// What a link held that could not be used.
    pub notices: Vec<String>,
    pub model: Model,
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
    Restart,
    Twist,
    /// Show the game as it was after so many moments.
    Show(usize),
    /// Show one moment earlier.
    Back,
    /// Show one moment later.
    Forward,
    /// Go on from the moment that is shown, forgetting what came after it.
    PlayOn,
    Ask(Option<Dialog>),
    /// Something that was typed can't be used.
    Complain(String),
    Dismiss,
    Model(model::Event),
}

impl State {
    /// A fresh page.
    pub fn new(settings: Settings, notices: Vec<String>) -> Self {
        let start = Rc::new(begin(&settings));
        Self {
            version: 0,
            settings,
            start,
            history: Vec::new(),
            shown: 0,
            running: false,
            held: None,
            dialog: None,
            notices,
            model: Model::default(),
        }
    }

    /// The game that is chosen.
    pub fn game(&self) -> Option<&'static Game> {
        Game::find(self.settings.game)
    }

    /// The episode as it stands now.
    pub fn now(&self) -> &Episode {
        self.history.last().map_or(&self.start, |moment| &moment.after)
    }

    /// The episode that is shown: now, or as it was.
    pub fn view(&self) -> &Episode {
        self.before(self.shown)
    }

    /// The episode before a moment of the history.
    pub fn before(&self, moment: usize) -> &Episode {
        match moment.checked_sub(1) {
            None => &self.start,
            Some(last) => self.history.get(last).map_or(&self.start, |moment| &moment.after),
        }
    }

    /// Whether the past is shown.
    pub fn looks_back(&self) -> bool {
        self.shown < self.history.len()
    }

    /// Whether the episode is over.
    pub fn is_over(&self) -> bool {
        self.history.iter().rev().find(|m| m.done != Move::Twist).is_some_and(|m| m.outcome.done)
    }

    /// Steps among the first so many moments: a twist takes none.
    pub fn steps(&self, moments: usize) -> usize {
        self.history.iter().take(moments).filter(|m| m.done != Move::Twist).count()
    }

    /// Whether the clock drives the game at this moment.
    pub fn ticks(&self) -> bool {
        self.running && self.settings.speed != Speed::Yours && !self.is_over() && !self.looks_back()
    }

    fn idle(&self) -> Action {
        self.now().actions().last().copied().unwrap_or(Action::Wait)
    }

    fn restart(&mut self) {
        self.start = Rc::new(begin(&self.settings));
        self.history.clear();
        self.shown = 0;
        self.stop();
    }

    fn play(&mut self, done: Move) {
        if self.is_over() || self.looks_back() {
            return;
        }
        let mut after = self.now().clone();
        let outcome = done.play(&mut after);
        self.history.push(Rc::new(Moment { done, outcome, after }));
        self.shown = self.history.len();
        if self.is_over() {
            self.running = false;
        }
    }

    fn show(&mut self, shown: usize) {
        self.shown = shown.min(self.history.len());
        self.stop();
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
                self.settings = settings;
                self.notices = notices;
                if other {
                    self.restart();
                }
            }
            Event::Choose(game) => {
                self.settings.game = game;
                self.dialog = None;
                self.restart();
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
            Event::Device(device) => self.settings.device = device,
            Event::Toggle(panel) => {
                if !self.settings.panels.remove(&panel) {
                    self.settings.panels.insert(panel);
                }
            }
            Event::Press(action) if !self.now().actions().contains(&action) => {}
            Event::Press(action) if self.settings.speed == Speed::Yours => self.play(Move::Act(action)),
            Event::Press(_) if self.is_over() || self.looks_back() => {}
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
            Event::Pause if self.is_over() || self.looks_back() => {}
            Event::Pause => self.running = !self.running,
            Event::Step => {
                self.stop();
                self.play(Move::Act(self.idle()));
            }
            Event::Restart => self.restart(),
            Event::Twist => self.play(Move::Twist),
            Event::Show(shown) => self.show(shown),
            Event::Back => self.show(self.shown.saturating_sub(1)),
            Event::Forward => self.show(self.shown + 1),
            Event::PlayOn => {
                self.history.truncate(self.shown);
                self.stop();
            }
            Event::Ask(dialog) => {
                self.dialog = dialog;
                self.stop();
            }
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
                model.apply(event, &around);
                self.model = model;
            }
        }
    }
}

impl Reducible for State {
    type Action = Event;

    fn reduce(self: Rc<Self>, event: Event) -> Rc<Self> {
        let mut state = Rc::unwrap_or_clone(self);
        state.version += 1;
        state.apply(event);
        Rc::new(state)
    }
}

fn begin(settings: &Settings) -> Episode {
    // The address only lets shipped games in, and there is always one.
    let game = Game::find(settings.game).unwrap_or(&Game::all()[0]);
    game.start(settings.seed)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn page(speed: Speed) -> State {
        State::new(Settings { speed, ..Settings::default() }, vec![])
    }

    fn after(state: State, events: &[Event]) -> State {
        let reduce = |state: Rc<State>, event: &Event| state.reduce(event.clone());
        Rc::unwrap_or_clone(events.iter().fold(Rc::new(state), reduce))
    }

    fn steps(state: &State) -> usize {
        state.steps(usize::MAX)
    }

    fn moves(state: &State) -> Vec<String> {
        state.history.iter().map(|m| m.done.to_string()).collect()
    }

    #[test]
    fn the_game_waits_until_a_key_is_pressed() {
        use Action::{Left, Right, Up};
        let state = after(page(Speed::Yours), &[Event::Tick, Event::Tick]);
        assert_eq!(steps(&state), 0);
        let state = after(state, &[Event::Press(Up), Event::Press(Left), Event::Press(Right)]);
        assert_eq!(moves(&state), ["up", "left", "right"]);
    }

    #[test]
    fn an_action_that_the_game_lacks_is_no_step() {
        assert_eq!(steps(&after(page(Speed::Yours), &[Event::Press(Action::Ship)])), 0);
        let state = after(page(Speed::Fast), &[Event::Press(Action::Ship), Event::Tick]);
        assert_eq!((steps(&state), state.running), (0, false));
    }

    #[test]
    fn a_running_game_plays_a_tap_once_and_a_held_key_until_it_is_released() {
        use Action::{Left, Up};
        let tap = [Event::Press(Up), Event::Release(Up), Event::Tick, Event::Tick];
        let state = after(page(Speed::Fast), &tap);
        assert_eq!(moves(&state), ["up", "wait"]);
        let held = [
            Event::Press(Left),
            Event::Tick,
            Event::Press(Left),
            Event::Tick,
            Event::Release(Left),
            Event::Tick,
        ];
        let state = after(page(Speed::Fast), &held);
        assert_eq!(moves(&state), ["left", "left", "wait"]);
    }

    #[test]
    fn a_held_key_is_forgotten_when_a_dialog_or_another_window_comes_in_front() {
        use Action::Up;
        for away in [Event::Ask(Some(Dialog::Games)), Event::Blur] {
            let held = [Event::Press(Up), Event::Tick, away, Event::Ask(None), Event::Pause, Event::Tick];
            let state = after(page(Speed::Fast), &held);
            assert_eq!(moves(&state).last().map(String::as_str), Some("wait"));
        }
    }

    #[test]
    fn looking_back_stops_the_game_and_changes_nothing_until_one_plays_on() {
        let up = Event::Press(Action::Up);
        let state =
            after(page(Speed::Yours), &[up.clone(), up.clone(), up.clone(), Event::Show(1), up.clone()]);
        assert_eq!((steps(&state), state.looks_back()), (3, true));
        assert_eq!(state.view().frame(), state.history[0].after.frame());
        let state = after(state, &[Event::PlayOn, Event::Press(Action::Down)]);
        assert_eq!(moves(&state), ["up", "down"]);
    }

    #[test]
    fn an_ended_episode_takes_no_more_steps_and_a_restart_begins_anew() {
        let wait = Event::Press(Action::Wait);
        let state = after(page(Speed::Yours), &vec![wait.clone(); 3000]);
        assert!(state.is_over() && steps(&state) < 3000);
        let state = after(state, &[Event::Restart, wait]);
        assert_eq!((steps(&state), state.is_over()), (1, false));
    }

    #[test]
    fn another_game_or_seed_in_the_address_begins_anew_but_a_theme_does_not() {
        let played = after(page(Speed::Yours), &[Event::Press(Action::Up)]);
        let dark = Settings { theme: Theme::Dark, ..played.settings.clone() };
        assert_eq!(steps(&after(played.clone(), &[Event::Open(dark, vec![])])), 1);
        let other = Settings { seed: 99, ..played.settings.clone() };
        assert_eq!(steps(&after(played, &[Event::Open(other, vec![])])), 0);
    }

    #[test]
    fn a_key_pressed_while_looking_back_does_not_start_the_clock() {
        let up = Event::Press(Action::Up);
        let back = [up.clone(), Event::Tick, Event::Tick, Event::Show(1), up, Event::Pause];
        let state = after(page(Speed::Fast), &back);
        assert!(!state.ticks());
        let state = after(state, &[Event::PlayOn, Event::Tick]);
        assert_eq!((steps(&state), state.ticks()), (1, false));
    }

    #[test]
    fn a_twist_takes_no_step_and_stays_in_the_history() {
        let state = after(page(Speed::Yours), &[Event::Twist, Event::Press(Action::Up)]);
        assert_eq!((steps(&state), state.history.len()), (1, 2));
    }
}
