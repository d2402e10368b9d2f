//! Loads a model where it runs fastest: where there is a real GPU besides the CPU, both are timed.

use super::{Backend, News, Worker, has_real_gpu};
use futures::StreamExt;
use futures::channel::mpsc::UnboundedReceiver;
use futures::future::{Either, select};
use gloo_timers::future::TimeoutFuture;
use rulewright::frame::Frame;
use rulewright::mind::{Message, Part, Policy, Purpose, Role, Style};
use rulewright_protocol::{About, Reply, Request, Source};
use std::pin::pin;

/// Milliseconds in which a GPU has to load the model and answer, and a worker to say something of its job; one that
/// hangs never would.
pub(super) const LONGEST: u32 = 60_000;

/// Why a backend was taken.
#[derive(Debug, Clone, PartialEq)]
pub enum Choice {
    /// The visitor wants it.
    Wanted(Backend),
    /// There is no GPU that is not software.
    NoGpu,
    /// It was faster than the other: milliseconds for the same work.
    Faster(Backend, f64, f64),
    /// The other one failed, for this reason.
    Left(Backend, String),
}

impl Choice {
    /// What was taken.
    pub fn backend(&self) -> Backend {
        match self {
            Choice::NoGpu => Backend::Cpu,
            Choice::Wanted(backend) | Choice::Faster(backend, ..) | Choice::Left(backend, _) => *backend,
        }
    }
}

/// What happens on the way to a loaded model.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// A worker begins to load.
    Starts(Backend),
    /// It has loaded, and is being timed.
    Tries(Backend),
    /// Something was heard of it.
    Heard(News),
}

/// A worker with a loaded model.
pub struct Ready {
    pub worker: Worker,
    /// What it will say.
    pub heard: UnboundedReceiver<News>,
    pub about: About,
}

/// Loads a model on a backend, or on the faster one.
pub async fn load(
    wanted: Option<Backend>,
    source: Source,
    tell: &impl Fn(Step),
) -> Result<(Ready, Choice), String> {
    match wanted {
        // Without a network a GPU's program may not be there, and the CPU's is.
        Some(Backend::Gpu) => match begin(Backend::Gpu, source.clone(), tell).await {
            Ok(ready) => Ok((ready, Choice::Wanted(Backend::Gpu))),
            Err(problem) => {
                Ok((begin(Backend::Cpu, source, tell).await?, Choice::Left(Backend::Cpu, problem)))
            }
        },
        Some(Backend::Cpu) => Ok((begin(Backend::Cpu, source, tell).await?, Choice::Wanted(Backend::Cpu))),
        None if has_real_gpu().await => faster(source, tell).await,
        None => Ok((begin(Backend::Cpu, source, tell).await?, Choice::NoGpu)),
    }
}

/// One after the other: the second finds the files in the browser's cache, and neither slows the other
/// down while it is timed.
async fn faster(source: Source, tell: &impl Fn(Step)) -> Result<(Ready, Choice), String> {
    let cpu = timed(Backend::Cpu, source.clone(), tell).await;
    let gpu = within(LONGEST, timed(Backend::Gpu, source, tell)).await;
    match (cpu, gpu) {
        (Ok((cpu, slow)), Ok((_, fast))) if slow <= fast => {
            Ok((cpu, Choice::Faster(Backend::Cpu, slow, fast)))
        }
        (Ok((_, slow)), Ok((gpu, fast))) => Ok((gpu, Choice::Faster(Backend::Gpu, fast, slow))),
        (Ok((cpu, _)), Err(problem)) => Ok((cpu, Choice::Left(Backend::Cpu, problem))),
        (Err(problem), Ok((gpu, _))) => Ok((gpu, Choice::Left(Backend::Gpu, problem))),
        (Err(problem), Err(_)) => Err(problem),
    }
}

/// Gives something so many milliseconds; what is late is dropped, and its worker ends with it.
async fn within<T>(longest: u32, trial: impl Future<Output = Result<T, String>>) -> Result<T, String> {
    match select(pin!(trial), pin!(TimeoutFuture::new(longest))).await {
        Either::Left((end, _)) => end,
        Either::Right(_) => Err(format!("it was not ready after {} seconds", longest / 1000)),
    }
}

/// Loads a model, and the milliseconds that it takes for a short answer.
async fn timed(backend: Backend, source: Source, tell: &impl Fn(Step)) -> Result<(Ready, f64), String> {
    let mut ready = begin(backend, source, tell).await?;
    tell(Step::Tries(backend));
    let text = "What do you see?".to_string();
    let messages =
        vec![Message { role: Role::User, parts: vec![Part::Image(Frame::new()), Part::Text(text)] }];
    let style = Style { seeds: vec![1, 2], temperature: 1.0, top_p: 1.0, most_tokens: 8, grammar: None };
    ready.worker.give(|job| Request::Write { job, purpose: Purpose::Vote(Policy::Adapted), messages, style });
    while let Some(news) = ready.heard.next().await {
        match news {
            News::Said(Reply::Written { cost, .. }) => return Ok((ready, cost.first + cost.rest)),
            News::Said(Reply::Failed { problem, .. }) | News::Lost(problem) => return Err(problem),
            News::Said(Reply::Tokens { .. }) => {}
            // A fresh worker in the place of one that broke down: it goes on with the question.
            News::Said(Reply::Loaded(_)) => tell(Step::Tries(backend)),
            other => tell(Step::Heard(other)),
        }
    }
    Err(UNHEARD.into())
}

/// Starts a worker, and waits until its model is loaded.
pub(super) async fn begin(backend: Backend, source: Source, tell: &impl Fn(Step)) -> Result<Ready, String> {
    tell(Step::Starts(backend));
    let (worker, mut heard) = Worker::start(backend, source);
    while let Some(news) = heard.next().await {
        match news {
            News::Said(Reply::Loaded(about)) => return Ok(Ready { worker, heard, about }),
            News::Said(Reply::Failed { problem, .. }) | News::Lost(problem) => return Err(problem),
            other => tell(Step::Heard(other)),
        }
    }
    Err(UNHEARD.into())
}

/// A worker speaks as long as it lives, so nobody should ever read this.
const UNHEARD: &str = "The model's worker fell silent.";
