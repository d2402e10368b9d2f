//! The model's part of the page's state: where it comes from, what it is, and what it was asked.

mod draft;
mod follow;
pub mod words;

pub use draft::{Draft, Field, Grammar};
pub use follow::{Holder, use_model};

use crate::mind::{Backend, Choice, News, Step};
use draft::Question;
use rulewright::env::{Action, Status};
use rulewright::frame::Frame;
use rulewright::mind::{Completion, Token};
use rulewright_protocol::{About, Cost, LocalFile, Reply};
use std::rc::Rc;

/// Where a model comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    Page,
    Address,
    Disk,
}

/// A folder with a model.
#[derive(Debug, Clone, PartialEq)]
pub enum Folder {
    /// The one that the page ships.
    Own,
    /// At an address as it was typed.
    At(String),
    /// Files that the visitor chose.
    Disk(Vec<LocalFile>),
}

/// The wish to have a model loaded. A new number is a new wish.
#[derive(Debug, Clone, PartialEq)]
pub struct Order {
    pub number: u32,
    pub folder: Folder,
    pub backend: Option<Backend>,
    /// Nobody asked for it: where the page ships no model, nothing is said.
    pub quiet: bool,
}

/// How far the model is.
#[derive(Debug, Clone, PartialEq)]
pub enum Stage {
    Absent,
    /// Bytes that are there, and of how many where that is known.
    Loading {
        backend: Option<Backend>,
        bytes: u64,
        total: Option<u64>,
    },
    /// It is being timed.
    Trying(Backend),
    Ready,
    Failed(String),
}

/// A loaded model, and why it runs where it does.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    pub about: About,
    pub choice: Choice,
}

/// What was asked, and what came of it so far.
#[derive(Debug, Clone, PartialEq)]
pub struct Answer {
    pub question: Rc<Question>,
    pub traces: Vec<Trace>,
    pub stopping: bool,
    /// Nothing while it is being written.
    pub end: Option<End>,
}

/// A trace so far.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Trace {
    pub text: String,
    pub tokens: usize,
    pub bent: usize,
    pub log_probability: f32,
}

/// How an answer ended.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    Written(Cost),
    Stopped,
    Failed(String),
}

/// The model's part of the state.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    pub place: Place,
    pub files: Vec<LocalFile>,
    numbers: u32,
    /// What is wanted; a worker follows it.
    pub order: Option<Rc<Order>>,
    pub stage: Stage,
    pub loaded: Option<Rc<Loaded>>,
    /// How many workers have it.
    pub workers: usize,
    /// That a worker broke down and was replaced.
    pub note: Option<String>,
    pub draft: Draft,
    /// Why the last order could not be given.
    pub refused: Option<String>,
    /// Why the last question could not be sent.
    pub unsent: Option<String>,
    pub answer: Option<Answer>,
}

/// What may happen to the model.
#[derive(Debug, Clone, PartialEq)]
pub enum Event {
    Place(Place),
    Files(Vec<LocalFile>),
    /// A field was written.
    Field(Field, String),
    ShowFrame(bool),
    Grammar(Grammar),
    /// The page was opened: load the model that it ships, if it does.
    Open,
    /// Load what is chosen.
    Load,
    /// Load it on another device.
    Move,
    /// The page ships no model.
    Missing,
    /// Let the model go, loaded or not.
    Leave,
    /// Send the draft.
    Ask,
    Stop,
    /// Something happened on the way to a loaded model.
    Loading(Step),
    Loaded(About, Choice),
    Failed(String),
    Heard(News),
}

/// What the page shows besides: an order and a question may depend on it.
pub struct Around<'a> {
    pub backend: Option<Backend>,
    pub frame: &'a dyn Fn() -> Frame,
    pub status: &'a dyn Fn() -> Status,
    pub actions: &'a [Action],
}

impl Default for Model {
    fn default() -> Self {
        Self {
            place: Place::Page,
            files: Vec::new(),
            numbers: 0,
            order: None,
            stage: Stage::Absent,
            loaded: None,
            workers: 0,
            note: None,
            draft: Draft::default(),
            refused: None,
            unsent: None,
            answer: None,
        }
    }
}

impl Model {
    /// Whether there is no model, and none is looked for.
    pub fn is_missing(&self) -> bool {
        match self.stage {
            Stage::Absent => self.order.is_none(),
            Stage::Failed(_) => true,
            _ => false,
        }
    }

    /// Whether a worker is on its way to a loaded model.
    pub fn is_loading(&self) -> bool {
        matches!(self.stage, Stage::Loading { .. } | Stage::Trying(_))
    }

    /// Whether an answer is being written.
    pub fn is_writing(&self) -> bool {
        self.answer.as_ref().is_some_and(|answer| answer.end.is_none())
    }

    /// Whether a question can be sent.
    pub fn can_ask(&self) -> bool {
        self.stage == Stage::Ready && !self.is_writing()
    }

    /// Takes an event in.
    pub fn apply(&mut self, event: Event, around: &Around) {
        match event {
            Event::Place(place) => self.place = place,
            Event::Files(files) => self.files = files,
            Event::Field(field, text) => *self.draft.field(field) = text,
            Event::ShowFrame(shown) => self.draft.frame = shown,
            Event::Grammar(grammar) => self.draft.grammar = grammar,
            Event::Open => self.load(around.backend, true),
            Event::Load if self.is_loading() => {}
            // What is on its way to another device is let go.
            Event::Load | Event::Move => self.load(around.backend, false),
            Event::Missing => self.leave(Stage::Absent),
            Event::Leave => {
                self.end(End::Stopped);
                self.leave(Stage::Absent);
            }
            Event::Ask if !self.can_ask() => {}
            Event::Ask => self.ask(around),
            Event::Stop => {
                if let Some(answer) = self.answer.as_mut().filter(|answer| answer.end.is_none()) {
                    answer.stopping = true;
                }
            }
            Event::Loading(Step::Starts(backend)) => {
                self.stage = Stage::Loading { backend: Some(backend), bytes: 0, total: None };
            }
            Event::Loading(Step::Tries(backend)) => self.stage = Stage::Trying(backend),
            Event::Loaded(about, choice) => {
                self.loaded = Some(Rc::new(Loaded { about, choice }));
                self.stage = Stage::Ready;
            }
            Event::Failed(problem) => self.leave(Stage::Failed(words::sentence(&problem))),
            Event::Loading(Step::Heard(news)) | Event::Heard(news) => self.hear(news),
        }
    }

    fn load(&mut self, backend: Option<Backend>, quiet: bool) {
        let folder = match self.place {
            Place::Page => Folder::Own,
            Place::Address => Folder::At(self.draft.address.trim().into()),
            Place::Disk => Folder::Disk(self.files.clone()),
        };
        let problem = match &folder {
            Folder::At(address) if address.is_empty() => "Type the folder's address first.",
            Folder::Disk(files) if files.is_empty() => "Choose a folder on your disk first.",
            _ => "",
        };
        if !problem.is_empty() {
            // A model that is loaded already stays.
            self.refused = Some(problem.into());
            return;
        }
        self.end(End::Stopped);
        // Whether there is anything to load is to be found out first where nobody asked.
        self.leave(if quiet { Stage::Absent } else { Stage::Loading { backend, bytes: 0, total: None } });
        self.numbers += 1;
        self.order = Some(Rc::new(Order { number: self.numbers, folder, backend, quiet }));
    }

    fn leave(&mut self, stage: Stage) {
        self.order = None;
        self.loaded = None;
        self.workers = 0;
        self.note = None;
        self.refused = None;
        self.unsent = None;
        self.stage = stage;
    }

    fn ask(&mut self, around: &Around) {
        self.note = None;
        self.numbers += 1;
        match self.draft.question(self.numbers, around) {
            Ok(question) => {
                self.unsent = None;
                let traces = vec![Trace::default(); question.style.seeds.len()];
                let question = Rc::new(question);
                self.answer = Some(Answer { question, traces, stopping: false, end: None });
            }
            Err(problem) => self.unsent = Some(problem),
        }
    }

    fn hear(&mut self, news: News) {
        match news {
            News::Said(Reply::Progress { bytes: there, total: all }) => {
                if let Stage::Loading { bytes, total, .. } = &mut self.stage {
                    (*bytes, *total) = (there, all);
                }
            }
            News::Said(Reply::Tokens { tokens, .. }) => {
                tokens.into_iter().for_each(|token| self.token(token))
            }
            News::Said(Reply::Written { completions, cost, .. }) => {
                if let Some(answer) = &mut self.answer {
                    answer.traces = completions.into_iter().map(Trace::from).collect();
                }
                self.end(End::Written(cost));
            }
            News::Said(Reply::Cancelled { .. }) => self.end(End::Stopped),
            News::Said(Reply::Failed { job: Some(_), problem }) => {
                self.end(End::Failed(words::sentence(&problem)))
            }
            News::Said(Reply::Failed { job: None, problem }) | News::Lost(problem) => {
                self.end(End::Stopped);
                self.leave(Stage::Failed(words::sentence(&problem)));
            }
            News::Again(problem) => {
                self.note = Some(words::again(&problem));
                let backend = match self.stage {
                    Stage::Loading { backend, .. } => backend,
                    Stage::Trying(backend) => Some(backend),
                    // It may be another one now.
                    _ => None,
                };
                self.stage = Stage::Loading { backend, bytes: 0, total: None };
                // What the fresh worker writes takes the place of what was there.
                if let Some(answer) = self.answer.as_mut().filter(|answer| answer.end.is_none()) {
                    answer.traces.fill(Trace::default());
                }
            }
            News::Said(
                Reply::Ready
                | Reply::Loaded(_)
                | Reply::Looked { .. }
                | Reply::Learned { .. }
                | Reply::Adopted { .. }
                | Reply::Broken { .. },
            ) => {}
        }
    }

    fn token(&mut self, token: Token) {
        let answer = self.answer.as_mut().filter(|answer| answer.end.is_none());
        if let Some(trace) = answer.and_then(|answer| answer.traces.get_mut(token.trace)) {
            trace.add(token);
        }
    }

    fn end(&mut self, end: End) {
        if let Some(answer) = &mut self.answer {
            answer.end.get_or_insert(end);
        }
    }
}

impl Trace {
    /// Takes in the next token.
    pub fn add(&mut self, token: Token) {
        self.text = token.text;
        self.tokens += 1;
        self.bent += usize::from(token.bent);
        self.log_probability += token.log_probability;
    }
}

impl From<Completion> for Trace {
    fn from(completion: Completion) -> Self {
        Self {
            text: completion.text,
            tokens: completion.tokens.len(),
            bent: completion.bent,
            log_probability: completion.log_probabilities.iter().sum(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(model: Model, events: Vec<Event>) -> Model {
        let status = || Status { score: 0, lives: 3, readings: Default::default() };
        let actions = &[Action::Up, Action::Wait];
        let around = Around { backend: None, frame: &Frame::new, status: &status, actions };
        events.into_iter().fold(model, |mut model, event| {
            model.apply(event, &around);
            model
        })
    }

    fn about() -> About {
        About { device: "CPU".into(), ..About::default() }
    }

    fn loaded() -> Model {
        after(Model::default(), vec![Event::Load, Event::Loaded(about(), Choice::NoGpu)])
    }

    fn said(reply: Reply) -> Event {
        Event::Heard(News::Said(reply))
    }

    fn tokens(texts: &[&str]) -> Event {
        let token =
            |text: &&str| Token { trace: 0, id: 1, text: (*text).into(), log_probability: -0.5, bent: true };
        said(Reply::Tokens { job: 1, tokens: texts.iter().map(token).collect() })
    }

    fn text(model: &Model) -> &str {
        &model.answer.as_ref().expect("an answer").traces[0].text
    }

    #[test]
    fn nothing_is_wanted_before_somebody_asks_for_it() {
        let model = after(Model::default(), vec![Event::Place(Place::Address), Event::Ask, Event::Load]);
        assert_eq!((model.order, model.answer, model.stage), (None, None, Stage::Absent));
        assert_eq!(model.refused.as_deref(), Some("Type the folder's address first."));
    }

    #[test]
    fn the_pages_own_model_is_looked_for_when_the_page_opens_and_stands_in_nobodys_way() {
        let model = after(Model::default(), vec![Event::Open]);
        assert!(model.order.as_ref().is_some_and(|order| order.quiet) && !model.is_missing());
        assert!(after(model.clone(), vec![Event::Loading(Step::Starts(Backend::Cpu))]).is_loading());
        assert!(after(model.clone(), vec![Event::Missing]).is_missing());
        assert!(after(model, vec![Event::Load]).order.is_some_and(|order| !order.quiet));
    }

    #[test]
    fn every_loading_is_a_new_order_and_one_at_a_time() {
        let model = after(Model::default(), vec![Event::Load, Event::Load]);
        let first = model.order.clone().expect("an order");
        assert_eq!(first.number, 1);
        let left = after(model.clone(), vec![Event::Leave, Event::Load]);
        assert_ne!(left.order, Some(first.clone()));
        let moved = after(model, vec![Event::Move]);
        assert!(moved.order != Some(first) && moved.is_loading());
    }

    #[test]
    fn a_second_question_waits_for_the_end_of_the_first() {
        let model = after(loaded(), vec![Event::Ask, tokens(&["a"]), Event::Ask]);
        assert_eq!((text(&model), model.can_ask()), ("a", false));
        let model = after(model, vec![Event::Stop, said(Reply::Cancelled { job: 1 })]);
        assert_eq!(
            (model.answer.as_ref().and_then(|a| a.end.clone()), model.can_ask()),
            (Some(End::Stopped), true)
        );
        assert_eq!(text(&model), "a", "what was written stays");
    }

    #[test]
    fn what_a_fresh_worker_writes_replaces_what_was_there() {
        let model = after(loaded(), vec![Event::Ask, tokens(&["a", "ab"])]);
        let model = after(model, vec![Event::Heard(News::Again("out of memory".into()))]);
        assert_eq!((text(&model), model.is_loading(), model.is_writing()), ("", true, true));
        assert!(model.note.as_ref().is_some_and(|note| note.ends_with("Out of memory.")), "{:?}", model.note);
        let elsewhere = Choice::Left(Backend::Cpu, "it was lost".into());
        let model = after(model, vec![Event::Loaded(about(), elsewhere.clone()), tokens(&["a"])]);
        assert_eq!(model.loaded.as_ref().map(|loaded| &loaded.choice), Some(&elsewhere));
        let trace = &model.answer.as_ref().expect("an answer").traces[0];
        assert_eq!((trace.text.as_str(), trace.tokens, trace.bent), ("a", 1, 1));
    }

    #[test]
    fn a_model_that_is_lost_says_why_and_can_be_loaded_again() {
        let model = after(loaded(), vec![Event::Ask, Event::Heard(News::Lost("it broke".into()))]);
        assert_eq!((&model.stage, &model.order), (&Stage::Failed("It broke.".into()), &None));
        assert!(!model.is_writing());
        assert!(after(model, vec![Event::Load]).order.is_some());
    }
}
