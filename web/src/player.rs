//! Has the agent play: takes each step that is due, and does what a person asks of it in between.

use crate::address::Settings as Wishes;
use crate::mind::Pool;
use crate::model::Holder;
use crate::shelf::{self, Rulebooks};
use crate::state::{Due, Event, State};
use crate::watch::{self, Thought};
use futures::future::{AbortHandle, Abortable};
use futures::lock::Mutex;
use gloo_timers::future::TimeoutFuture;
use rulewright::agent::executor::Voting;
use rulewright::agent::mctrl::Learning;
use rulewright::agent::rulebook::Rulebook;
use rulewright::agent::{Agent, Decision, Settings};
use rulewright::env::{Action, Environment, Outcome, Status};
use rulewright::frame::Frame;
use rulewright::games::Episode;
use rulewright::mind::MindError;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// Every so many decisions the frozen agent is asked what it would do, for the curve of the change.
const COMPARES: u32 = 5;
/// Milliseconds that an ended episode stays on the screen before the next one begins.
const ENDED: u32 = 1500;

/// The games' agents. All play by the rulebook that is open.
#[derive(Default)]
struct Agents {
    agents: RefCell<HashMap<&'static str, Rc<Mutex<Agent>>>>,
    /// The game, the model and the run of the last step.
    last: Cell<Option<(&'static str, Due)>>,
    /// The open rulebook as it is now.
    book: RefCell<Rc<Rulebook>>,
}

impl Agents {
    fn of(&self, game: &'static str, seed: u32) -> Rc<Mutex<Agent>> {
        let settings = || Settings { compares: COMPARES, ..Settings::full(seed.into()) };
        let new = || Rc::new(Mutex::new(Agent::new(settings())));
        self.agents.borrow_mut().entry(game).or_insert_with(new).clone()
    }

    /// Gives an agent the open rulebook, and tells which that was.
    fn take_up(&self, agent: &mut Agent) -> Rc<Rulebook> {
        let book = self.book.borrow().clone();
        if *agent.rulebook() != *book {
            *agent.rulebook_mut() = (*book).clone();
        }
        book
    }
}

/// Whoever has it can ask something of the agent that plays the present game. The agent does it when its
/// step is over.
#[derive(Clone)]
pub struct Player {
    agents: Rc<Agents>,
    pool: Holder,
    page: UseReducerDispatcher<State>,
    shelf: UseReducerDispatcher<Rulebooks>,
    game: &'static str,
    seed: u32,
}

impl PartialEq for Player {
    fn eq(&self, other: &Self) -> bool {
        Rc::ptr_eq(&self.agents, &other.agents) && (self.game, self.seed) == (other.game, other.seed)
    }
}

/// Has the agent take the steps that are due.
#[hook]
pub fn use_player(
    state: &UseReducerHandle<State>,
    rulebooks: &UseReducerHandle<Rulebooks>,
    pool: Holder,
) -> Player {
    let agents = use_memo((), |()| Agents::default());
    agents.book.replace(rulebooks.book().clone());
    let Wishes { game, seed, .. } = state.settings;
    let player = Player { agents, pool, page: state.dispatcher(), shelf: rulebooks.dispatcher(), game, seed };
    let (now, here) = (state.clone(), player.clone());
    use_effect_with(state.due(), move |due| {
        let stop = due.map(|due| spawn(step(here, due, now)));
        move || stop.iter().for_each(AbortHandle::abort)
    });
    let looks = state.watch.look.as_ref().filter(|look| look.found.is_none());
    let (now, here) = (state.clone(), player.clone());
    use_effect_with(looks.map(|look| (look.decision, look.ballot)), move |wish| {
        let decision = wish.and_then(|(number, ballot)| Some((now.watch.decision(number)?.clone(), ballot)));
        let stop = decision.map(|(decision, ballot)| spawn(look(here, decision, ballot)));
        move || stop.iter().for_each(AbortHandle::abort)
    });
    player
}

/// Begins some work that may be stopped.
fn spawn(work: impl Future<Output = ()> + 'static) -> AbortHandle {
    let (stop, stopped) = AbortHandle::new_pair();
    let work = Abortable::new(work, stopped);
    spawn_local(async move {
        let _ = work.await;
    });
    stop
}

/// Takes a step. It may be dropped at any time.
async fn step(player: Player, due: Due, state: UseReducerHandle<State>) {
    let Player { agents, pool, page, shelf, game, seed } = player;
    if state.is_over() {
        TimeoutFuture::new(ENDED).await;
        return page.dispatch(Event::GoOn);
    }
    if !state.watch.once && state.watch.turn > 0 {
        TimeoutFuture::new(state.settings.pace.rest()).await;
    }
    let Some(mut pool): Option<Pool> = pool.borrow().clone() else { return };
    let agent = agents.of(game, seed);
    let mut agent = agent.lock().await;
    page.dispatch(Event::Watch(watch::Event::Begun));
    let wishes = &state.settings;
    pool.resize(wishes.workers.map(usize::from), wishes.votes.into());
    agent.set_learning(wishes.learns);
    let learning = Learning::default().with_stride(wishes.stride.into());
    agent.set_learner(if wishes.guard { learning } else { learning.unguarded() });
    let voting = agent.settings().voting.clone();
    let temperature = f32::from(wishes.temperature) / 10.0;
    agent.set_voting(Voting { votes: wishes.votes.into(), temperature, ..voting });
    let last = agents.last.replace(Some((game, due)));
    if last.is_none_or(|(last, _)| last != game) || last.is_some_and(|(_, last)| last.order != due.order) {
        agent.change_mind();
    }
    if last.is_some_and(|(_, last)| last.run != due.run) {
        agent.leave();
    }
    agent.set_reflecting(wishes.reflects);
    let book = agents.take_up(&mut agent);
    let decision = agent.decisions();
    let mut seat = Seat { episode: state.now().clone(), run: due.run, decision, page: page.clone() };
    page.dispatch(Event::Watch(match agent.step(&mut seat, &mut pool).await {
        Ok(decision) => {
            if decision.reflection.is_some() {
                shelf.dispatch(shelf::Event::Keep(book, agent.rulebook().clone()));
            }
            watch::Event::Decided(Rc::new(decision))
        }
        Err(problem) => watch::Event::Failed(problem.to_string()),
    }));
}

/// Finds out where the agent looked when it wrote a ballot, when its step is over.
async fn look(player: Player, decision: Rc<Decision>, ballot: usize) {
    let Player { agents, pool, page, game, seed, .. } = player;
    let agent = agents.of(game, seed);
    let _rests = agent.lock().await;
    let pool: Option<Pool> = pool.borrow().clone();
    let tokens = decision.vote.ballots.get(ballot).map_or(&[][..], |ballot| &ballot.tokens);
    let found = match pool {
        Some(pool) => pool.look(&decision.prompt(), tokens).await.map(Rc::new),
        None => Err(MindError("there is no model to ask".into())),
    };
    let (decision, found) = (decision.number, found.map_err(|problem| problem.to_string()));
    page.dispatch(Event::Watch(watch::Event::Looked { game, decision, ballot, found }));
}

impl Player {
    /// Has the agent forget what it learned in its weights.
    pub fn reset_policy(&self) {
        let agent = self.agents.of(self.game, self.seed);
        spawn_local(async move { agent.lock().await.reset_policy() });
    }

    /// Has the strategist reflect now.
    pub fn reflect(&self) {
        let Self { agents, page, shelf, game, .. } = self.clone();
        let agent = agents.of(game, self.seed);
        let Some(mut pool) = self.pool.borrow().clone() else { return };
        page.dispatch(Event::Watch(watch::Event::Asked));
        spawn_local(async move {
            let mut agent = agent.lock().await;
            let book = agents.take_up(&mut agent);
            let reflection = agent.reflect_now(&mut pool).await;
            let at = agent.decisions().saturating_sub(1);
            let thought = Rc::new(Thought { at, why: "you asked for it".into(), reflection });
            shelf.dispatch(shelf::Event::Keep(book, agent.rulebook().clone()));
            page.dispatch(Event::Watch(watch::Event::Reflected(game, thought)));
        });
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
