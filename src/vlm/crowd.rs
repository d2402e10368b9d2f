//! Many players and one model: whatever they ask while the others wait goes through it in one batch.
//!
//! Each player is a future that is given a [`Seat`], which is its [`Mind`]. When all of them wait, prompts
//! are read one after another, and then every trace of every player gets a token at a time. A player whose
//! ballots are there goes on at once, and asks the next thing while the others are still being answered.
//! On the CPU a row's numbers do not depend on the other rows, so that a player hears the same to the bit
//! whoever else is there.

use std::cell::RefCell;
use std::future::poll_fn;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll, Waker};

use super::generate::Job;
use super::{Adapter, Vlm, VlmError};
use crate::mind::{
    self, Answer, Gradient, Lesson, Message, Mind, MindError, Objective, Policy, Purpose, Style,
};

/// What a player asks.
enum Question {
    Answer(Purpose, Vec<Message>, Style),
    Learn(Vec<Lesson>, Objective),
    Adopt(Option<mind::Adapter>),
}

/// What it hears.
enum Reply {
    Answer(Answer),
    Learned(Gradient),
    Adopted,
}

/// Where a player's question lies until it is taken, and then the reply until it is fetched.
#[derive(Default)]
struct Desk {
    question: Option<Question>,
    reply: Option<Result<Reply, MindError>>,
}

/// A player's place at the model.
pub struct Seat(Rc<RefCell<Desk>>);

impl Seat {
    async fn ask(&mut self, question: Question) -> Result<Reply, MindError> {
        *self.0.borrow_mut() = Desk { question: Some(question), reply: None };
        poll_fn(|_| self.0.borrow_mut().reply.take().map_or(Poll::Pending, Poll::Ready)).await
    }

    async fn answer(
        &mut self,
        purpose: Purpose,
        prompt: &[Message],
        style: &Style,
    ) -> Result<Answer, MindError> {
        match self.ask(Question::Answer(purpose, prompt.to_vec(), style.clone())).await? {
            Reply::Answer(answer) => Ok(answer),
            _ => unreachable!("an answer was asked for"),
        }
    }
}

impl Mind for Seat {
    async fn vote(&mut self, prompt: &[Message], style: &Style, policy: Policy) -> Result<Answer, MindError> {
        self.answer(Purpose::Vote(policy), prompt, style).await
    }

    async fn write(&mut self, prompt: &[Message], style: &Style) -> Result<Answer, MindError> {
        self.answer(Purpose::Write, prompt, style).await
    }

    async fn learn(&mut self, lessons: &[Lesson], objective: Objective) -> Result<Vec<Gradient>, MindError> {
        match self.ask(Question::Learn(lessons.to_vec(), objective)).await? {
            Reply::Learned(gradient) => Ok(vec![gradient]),
            _ => unreachable!("a gradient was asked for"),
        }
    }

    async fn adopt(&mut self, adapter: Option<&mind::Adapter>) -> Result<(), MindError> {
        self.ask(Question::Adopt(adapter.cloned())).await.map(drop)
    }
}

/// A player at the model.
struct Player<'a> {
    desk: Rc<RefCell<Desk>>,
    future: Pin<Box<dyn Future<Output = ()> + 'a>>,
    job: Option<Job>,
}

/// A model that many ask at once.
pub struct Crowd {
    vlm: Vlm,
    seats: usize,
}

impl Crowd {
    /// So many seats at a model.
    pub fn new(vlm: Vlm, seats: usize) -> Self {
        Self { vlm, seats: seats.max(1) }
    }

    /// The model.
    pub fn into_inner(self) -> Vlm {
        self.vlm
    }

    /// Gives every player a seat as one becomes free, and runs them all to their ends. Players are asked for
    /// when there is a seat, so that several crowds can share a queue.
    pub async fn run<'a, P, F>(&mut self, players: impl IntoIterator<Item = P>)
    where
        P: FnOnce(Seat) -> F,
        F: Future<Output = ()> + 'a,
    {
        let mut coming = players.into_iter().fuse();
        let mut seats: Vec<Option<Player<'a>>> = (0..self.seats).map(|_| None).collect();
        loop {
            for (place, seat) in seats.iter_mut().enumerate() {
                // Who leaves makes room at once.
                while seat.as_mut().is_none_or(Player::ends) {
                    if seat.take().is_some() {
                        self.leave(place);
                    }
                    let Some(player) = coming.next() else { break };
                    *seat = Some(Player::new(player));
                }
            }
            if seats.iter().all(Option::is_none) {
                return;
            }
            self.serve(&mut seats).await;
        }
    }

    /// Takes what is asked, and writes a token more of all that is being written.
    async fn serve(&mut self, seats: &mut [Option<Player<'_>>]) {
        for (place, player) in seats.iter_mut().enumerate() {
            let Some(player) = player else { continue };
            let question = player.desk.borrow_mut().question.take();
            let reply = match question {
                None => continue,
                Some(Question::Answer(purpose, messages, style)) => {
                    match self.begin(place, purpose, &messages, &style).await {
                        Ok(job) => {
                            player.job = Some(job);
                            continue;
                        }
                        Err(error) => Err(error),
                    }
                }
                Some(Question::Learn(lessons, objective)) => {
                    self.vlm.learn_at(place, &lessons, objective).await.map(Reply::Learned)
                }
                Some(Question::Adopt(adapter)) => {
                    self.adopt(place, adapter.as_ref()).map(|()| Reply::Adopted)
                }
            };
            player.reply(reply);
        }
        let mut jobs: Vec<&mut Job> =
            seats.iter_mut().flatten().filter_map(|player| player.job.as_mut()).collect();
        let advanced = self.vlm.advance(&mut jobs).await;
        for player in seats.iter_mut().flatten() {
            let reply = match (&advanced, player.job.take_if(|job| advanced.is_err() || job.is_done())) {
                (_, None) => continue,
                (Err(error), Some(_)) => Err(error.clone()),
                (Ok(()), Some(job)) => {
                    let read = job.prompt;
                    self.vlm.written(job).map(|completions| Reply::Answer(Answer { completions, read }))
                }
            };
            player.reply(reply);
        }
    }

    async fn begin(
        &mut self,
        place: usize,
        purpose: Purpose,
        messages: &[Message],
        style: &Style,
    ) -> Result<Job, VlmError> {
        let prompt = self.vlm.processor().prompt(messages)?;
        self.vlm.begin((place, purpose), &prompt, style).await
    }

    fn adopt(&mut self, place: usize, plain: Option<&mind::Adapter>) -> Result<(), VlmError> {
        let adapter = plain.map(|plain| Adapter::of(plain, &self.vlm.config().text)).transpose()?;
        Ok(self.vlm.adopt_at(place, adapter)?)
    }

    fn leave(&mut self, place: usize) {
        self.vlm.memory.leave(place);
        // Taking an adapter away cannot fail.
        let _ = self.vlm.adopt_at(place, None);
    }
}

impl<'a> Player<'a> {
    fn new<F: Future<Output = ()> + 'a>(player: impl FnOnce(Seat) -> F) -> Self {
        let desk = Rc::new(RefCell::new(Desk::default()));
        let future = Box::pin(player(Seat(desk.clone())));
        Self { desk, future, job: None }
    }

    /// Lets the player go on until it waits; whether it is at its end.
    fn ends(&mut self) -> bool {
        let waits = self.job.is_some();
        !waits && self.future.as_mut().poll(&mut Context::from_waker(Waker::noop())).is_ready()
    }

    fn reply(&mut self, reply: Result<Reply, VlmError>) {
        self.desk.borrow_mut().reply = Some(reply.map_err(MindError::from));
    }
}
