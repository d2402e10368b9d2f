//! Has the agent play: takes each step that is due, and does what a person asks of it in between.

use crate::mind::Pool;
use crate::model::Holder;
use crate::shelf::{self, Rulebooks};
use crate::state::{Due, Event, Root, State};
use crate::watch::{self, Done, Thought, Until};
use crate::work::spawn;
use futures::lock::Mutex;
use gloo_timers::future::TimeoutFuture;
use js_sys::Date;
use rulewright::agent::executor::Voting;
use rulewright::agent::mctrl::Learning;
use rulewright::agent::rulebook::Rulebook;
use rulewright::agent::{Agent, Decision, Reflection, Settings};
use rulewright::env::{Action, Environment, Outcome, Status};
use rulewright::frame::Frame;
use rulewright::games::Episode;
use rulewright::mind::MindError;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// Every so many decisions the frozen agent is asked what it would do, for the curve of the change.
const COMPARES: u32 = 5;
/// Milliseconds that an ended episode stays on the screen before the next one begins.
const ENDED: u32 = 1500;

/// The agent that plays, and what it plays by.
#[derive(Default)]
struct Present {
    agent: RefCell<Option<(Root, Rc<Mutex<Agent>>)>>,
    /// The model and the run of the last step.
    last: Cell<Option<Due>>,
    /// The open rulebook as it is now, and its name.
    book: RefCell<Book>,
}

/// A rulebook, and its name on the shelf.
type Book = (String, Rc<Rulebook>);

impl Present {
    /// The agent of a root; a fresh one if another one had the seat.
    fn of(&self, root: Root) -> Rc<Mutex<Agent>> {
        let mut seat = self.agent.borrow_mut();
        if let Some((_, agent)) = seat.as_ref().filter(|(known, _)| *known == root) {
            return agent.clone();
        }
        let settings = Settings { compares: COMPARES, ..Settings::full(root.seed.into()) };
        let agent = Rc::new(Mutex::new(Agent::new(settings)));
        *seat = Some((root, agent.clone()));
        agent
    }

    /// Gives an agent the open rulebook, and tells which that was.
    fn take_up(&self, agent: &mut Agent) -> Book {
        let (name, book) = self.book.borrow().clone();
        if *agent.rulebook() != *book {
            agent.take_up((*book).clone());
        }
        (name, book)
    }
}

/// Whoever has it can ask something of the agent that plays. The agent does it when its step is over.
#[derive(Clone)]
pub struct Player {
    present: Rc<Present>,
    pool: Holder,
    page: UseReducerDispatcher<State>,
    shelf: UseReducerDispatcher<Rulebooks>,
    root: Root,
}

impl PartialEq for Player {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.present, &other.present) && self.root == other.root
    }
}

/// Has the agent take the steps that are due.
#[hook]
pub fn use_player(
    state: &UseReducerHandle<State>,
    rulebooks: &UseReducerHandle<Rulebooks>,
    pool: Holder,
) -> Player {
    let present = use_memo((), |()| Present::default());
    present.book.replace((rulebooks.open().to_string(), rulebooks.book().clone()));
    let (page, shelf) = (state.dispatcher(), rulebooks.dispatcher());
    let player = Player { present, pool, page, shelf, root: state.agent };
    let (now, here) = (state.clone(), player.clone());
    use_effect_with(state.due(), move |due| spawn(due.map(|due| step(here, due, now))));
    let (asks, here) = (state.watch.asked.then_some(state.watch.asks), player.clone());
    use_effect_with((asks, state.agent), move |(asks, _)| spawn(asks.map(|_| reflect(here))));
    let looks = state.watch.look.as_ref().filter(|look| look.found.is_none());
    let (now, here) = (state.clone(), player.clone());
    use_effect_with(looks.map(|look| (look.decision, look.ballot)), move |wish| {
        let decision = wish.and_then(|(number, ballot)| Some((now.decision_of(number)?, ballot)));
        spawn(decision.map(|(decision, ballot)| look(here, decision, ballot)))
    });
    player
}

/// Takes a step. It may be dropped at any time.
async fn step(player: Player, due: Due, state: UseReducerHandle<State>) {
    let Player { present, pool, page, shelf, root } = player;
    // The handle tells the state as it is now. What ended this step may have come without the effect that stops it
    // having run yet: drawing comes between.
    let is_due = || state.due() == Some(due);
    if state.board.is_over() {
        TimeoutFuture::new(ENDED).await;
        if is_due() {
            page.dispatch(Event::GoOn);
        }
        return;
    }
    if state.watch.until != Until::Step && state.watch.turn > 0 {
        TimeoutFuture::new(state.settings.pace.rest()).await;
    }
    let Some(mut pool): Option<Pool> = pool.borrow().clone() else { return };
    let agent = present.of(root);
    let mut agent = agent.lock().await;
    if !is_due() {
        return;
    }
    page.dispatch(Event::Watch(watch::Event::Begun));
    let begun = Date::now();
    let wishes = &state.settings;
    pool.resize(wishes.workers.map(usize::from), wishes.votes.into());
    agent.set_learning(wishes.learns);
    let learning = Learning::default().with_stride(wishes.stride.into());
    agent.set_learner(if wishes.guard { learning } else { learning.unguarded() });
    let voting = agent.settings().voting.clone();
    let temperature = f32::from(wishes.temperature) / 10.0;
    agent.set_voting(Voting { votes: wishes.votes.into(), temperature, ..voting });
    let last = present.last.replace(Some(due));
    if last.is_some_and(|last| last.order != due.order) {
        agent.change_mind();
    }
    if last.is_some_and(|last| last.run != due.run) {
        agent.leave();
    }
    agent.set_reflecting(wishes.reflects);
    let (name, book) = present.take_up(&mut agent);
    let decision = agent.decisions();
    let mut seat = Seat { episode: state.board.now().clone(), run: due.run, decision, page: page.clone() };
    page.dispatch(Event::Watch(match agent.step(&mut seat, &mut pool).await {
        Ok(decision) => {
            let why = decision.verdict.to_string();
            let thought = decision.reflection.clone().map(|reflection| {
                keep(&shelf, (name, book), &agent);
                thought(&agent, decision.number, why, reflection)
            });
            let (decision, milliseconds) = (Rc::new(decision), Date::now() - begun);
            watch::Event::Decided(Done { agent: root.number, decision, thought, milliseconds })
        }
        Err(problem) => watch::Event::Failed(problem.to_string()),
    }));
}

/// Puts what the agent made of a rulebook in that one's place.
fn keep(shelf: &UseReducerDispatcher<Rulebooks>, (name, before): Book, agent: &Agent) {
    if *agent.rulebook() != *before {
        shelf.dispatch(shelf::Event::Keep(name, before, agent.rulebook().clone()));
    }
}

/// A reflection, with what it put into the log.
fn thought(agent: &Agent, at: u32, why: String, reflection: Reflection) -> Rc<Thought> {
    let entry = reflection.entry.and_then(|entry| agent.rulebook().log().get(entry)).cloned();
    Rc::new(Thought { at, why, reflection, entry })
}

/// Has the strategist reflect when its step is over. It may be dropped at any time.
async fn reflect(player: Player) {
    let Player { present, pool, page, shelf, root } = player;
    let agent = present.of(root);
    let mut agent = agent.lock().await;
    let Some(mut pool): Option<Pool> = pool.borrow().clone() else {
        // It went while a step was waited for.
        return page.dispatch(Event::Watch(watch::Event::Failed(watch::words::NO_MIND.into())));
    };
    let (name, book) = present.take_up(&mut agent);
    let reflection = agent.reflect_now(&mut pool).await;
    let at = agent.decisions().saturating_sub(1);
    let thought = thought(&agent, at, "you asked for it".into(), reflection);
    keep(&shelf, (name, book), &agent);
    page.dispatch(Event::Watch(watch::Event::Reflected(root.number, thought)));
}

/// Finds out where the agent looked when it wrote a ballot, when its step is over.
async fn look(player: Player, decision: Rc<Decision>, ballot: usize) {
    let Player { present, pool, page, root, .. } = player;
    let agent = present.of(root);
    let _rests = agent.lock().await;
    let pool: Option<Pool> = pool.borrow().clone();
    let tokens = decision.vote.ballots.get(ballot).map_or(&[][..], |ballot| &ballot.tokens);
    let found = match pool {
        Some(pool) => pool.look(&decision.prompt(), tokens).await.map(Rc::new),
        None => Err(MindError("there is no model to ask".into())),
    };
    let (decision, found) = (decision.number, found.map_err(|problem| problem.to_string()));
    page.dispatch(Event::Watch(watch::Event::Looked { agent: root.number, decision, ballot, found }));
}

impl Player {
    /// Has the agent forget what it learned in its weights.
    /// Then `forgotten` hears how many updates that undid.
    pub fn reset_policy(&self, forgotten: Callback<u32>) {
        let agent = self.present.of(self.root);
        spawn_local(async move {
            let updates = agent.lock().await.reset_policy();
            forgotten.emit(updates);
        });
    }

    /// Has the strategist reflect now.
    pub fn reflect(&self) {
        if self.pool.borrow().is_some() {
            self.page.dispatch(Event::Watch(watch::Event::Asked));
        }
    }
}

/// The game as the agent has it before it: what it plays is played on the page at once.
#[derive(Clone)]
struct Seat {
    episode: Episode,
    run: u32,
    decision: u32,
    page: UseReducerDispatcher<State>,
}

impl Environment for Seat {
    fn actions(&self) -> &[Action] {
        self.episode.actions()
    }

    fn status(&self) -> Status {
        self.episode.status()
    }

    fn draw(&self, frame: &mut Frame) {
        self.episode.draw(frame);
    }

    fn step(&mut self, action: Action) -> Outcome {
        let Self { run, decision, .. } = *self;
        self.page.dispatch(Event::Watch(watch::Event::Played { run, decision, action }));
        self.episode.step(action)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rulewright::agent::digest::Digest;
    use rulewright::agent::revision::hand::{Hand, Words};
    use rulewright::agent::rulebook::Origin;

    #[test]
    fn a_root_has_one_agent_and_another_root_a_fresh_one_that_counts_on_after_the_open_rulebook() {
        let present = Present::default();
        let (first, second) = (Root { number: 0, seed: 7 }, Root { number: 1, seed: 7 });
        let agent = present.of(first);
        assert!(Rc::ptr_eq(&agent, &present.of(first)) && !Rc::ptr_eq(&agent, &present.of(second)));
        assert_eq!(present.of(second).try_lock().map(|agent| agent.settings().seed), Some(7));
        let mut book = Rulebook::default();
        let words = Words { heuristic: "x".into(), ..Words::default() };
        book.revise(&Hand::Add(words).into(), Origin::Person, 40, &Digest::default());
        present.book.replace(("Mine".into(), Rc::new(book)));
        let agent = present.of(second);
        let mut agent = agent.try_lock().expect("nobody else has it");
        assert_eq!(present.take_up(&mut agent).0, "Mine");
        assert_eq!((agent.decisions(), agent.rulebook().lines().len()), (40, 1));
    }
}
