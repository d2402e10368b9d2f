//! Workers with the same model as one mind: ballots and lessons are spread over them, and all take up
//! the same adapter. What a worker leaves undone another one does.

use super::trial::{Ready, begin};
use super::{Backend, News, Worker};
use futures::StreamExt;
use futures::channel::mpsc::{UnboundedReceiver, UnboundedSender, unbounded};
use futures::future::{FutureExt, RemoteHandle, try_join_all};
use rulewright::agent::prompt;
use rulewright::mind::{
    Adapter, Answer, Glance, Gradient, Lesson, Message, Mind, MindError, Objective, Policy, Purpose, Style,
    Token,
};
use rulewright_protocol::{Job, Reply, Request, Source};
use std::cell::RefCell;
use std::collections::HashMap;
use std::ops::Range;
use std::rc::{Rc, Weak};
use wasm_bindgen_futures::spawn_local;

/// Most workers that are hired unless somebody asks for more: each holds the whole model.
const MOST: usize = 4;

/// Where a page was put up anew while somebody played.
const CHANGED: &str =
    "The model at its address is another one now. Load it again, and all workers have the new one.";

/// What a pool does for the agent.
#[derive(Debug, Clone, PartialEq)]
pub enum Work {
    /// Ballots are written: for each the worker that writes it, counted from 1.
    Vote(Vec<usize>),
    /// The frozen agent is asked what it would do.
    Comparison,
    /// It looks again at what it did not foresee.
    SecondLook,
    /// The strategist writes.
    Reflection,
    /// The policy learns.
    Lesson,
}

/// What is heard of a pool.
#[derive(Debug, Clone, PartialEq)]
pub enum Told {
    /// News of the first worker: of its model, and of the jobs that the page gave it.
    Heard(News),
    /// So many workers have the model.
    Workers(usize),
    /// Another worker broke down, for this reason; a fresh one goes on.
    Again(String),
    /// Another worker is given up, for this reason; the others go on.
    Fewer(String),
    /// The agent's next piece of work begins.
    Begins(Work),
    /// A ballot or a reflection got a token.
    Token(Token),
    /// What these traces had is void, and comes again.
    Void(Range<usize>),
}

/// Workers with the same model. They end with the last clone of it.
#[derive(Clone)]
pub struct Pool {
    crew: Rc<RefCell<Crew>>,
}

struct Crew {
    backend: Backend,
    source: Source,
    /// The model's files, by name, size and sum: all workers have the same.
    files: Vec<(String, u64, String)>,
    /// Those that have the model; the first one was there first.
    members: Vec<Member>,
    /// Those that are loading it.
    hired: Vec<(usize, RemoteHandle<()>)>,
    /// Workers so far.
    numbers: usize,
    /// How many are wanted.
    wanted: usize,
    /// So many were wanted when one could not be had: no more are hired until another number is wanted.
    refused: Option<usize>,
    adapter: Option<Adapter>,
    tell: UnboundedSender<Told>,
}

struct Member {
    number: usize,
    worker: Worker,
    /// Jobs that have not ended, and who waits for them; nobody where the page itself gave the job.
    open: HashMap<Job, Option<UnboundedSender<News>>>,
    _ears: RemoteHandle<()>,
}

/// Somebody who waits for the end of a job. Whoever waits no longer stops it.
struct Waiting {
    crew: Weak<RefCell<Crew>>,
    number: usize,
    job: Job,
    heard: UnboundedReceiver<News>,
}

impl Drop for Waiting {
    fn drop(&mut self) {
        let Some(crew) = self.crew.upgrade() else { return };
        let mut crew = crew.borrow_mut();
        let Some(member) = crew.members.iter_mut().find(|member| member.number == self.number) else {
            return;
        };
        if member.open.remove(&self.job).is_some() {
            member.worker.cancel(self.job);
        }
    }
}

impl Pool {
    /// A pool of one worker, and what will be heard of it.
    pub fn new(ready: Ready, backend: Backend, source: Source) -> (Self, UnboundedReceiver<Told>) {
        let (tell, told) = unbounded();
        let (members, hired) = (Vec::new(), Vec::new());
        let (numbers, wanted, refused, adapter) = (0, 1, None, None);
        let files = ready.about.files.clone();
        let crew = Crew { backend, source, files, members, hired, numbers, wanted, refused, adapter, tell };
        let pool = Self { crew: Rc::new(RefCell::new(crew)) };
        join(&pool.crew, ready);
        (pool, told)
    }

    /// What its workers run on.
    pub fn backend(&self) -> Backend {
        self.crew.borrow().backend
    }

    /// A pool of its own with one worker, which loads the same model from the browser's cache: for work that
    /// this one is not to wait for.
    pub fn apart(&self) -> impl Future<Output = Result<Self, String>> + use<> {
        let Crew { backend, source, files, .. } = &*self.crew.borrow();
        let (backend, source, files) = (*backend, source.clone(), files.clone());
        async move {
            let ready = alike(backend, source.clone(), &files).await?;
            // Nobody watches it write.
            Ok(Self::new(ready, backend, source).0)
        }
    }

    /// Has so many workers from now on, or as many as are good for so many ballots. The first vote does
    /// not wait for them.
    pub fn resize(&self, wanted: Option<usize>, ballots: usize) {
        let mut crew = self.crew.borrow_mut();
        let wanted = wanted.unwrap_or_else(|| usual(crew.backend, ballots, cores())).max(1);
        if crew.members.len() > wanted {
            crew.members.truncate(wanted);
            crew.tell(Told::Workers(wanted));
        }
        crew.wanted = wanted;
        let room = wanted - crew.members.len();
        crew.hired.truncate(room);
        for _ in 0..missing(wanted, crew.members.len() + crew.hired.len(), crew.refused) {
            let hired = hire(&mut crew, Rc::downgrade(&self.crew));
            crew.hired.push(hired);
        }
    }

    /// Gives the first worker a job of the page's own; the news of it come as [`Told::Heard`].
    pub fn ask(&self, request: impl FnOnce(Job) -> Request) -> Option<Job> {
        let mut crew = self.crew.borrow_mut();
        let first = crew.members.first_mut()?;
        let job = first.worker.give(request);
        first.open.insert(job, None);
        Some(job)
    }

    /// Stops a job of the page's own.
    pub fn stop(&self, job: Job) {
        if let Some(first) = self.crew.borrow().members.first() {
            first.worker.cancel(job);
        }
    }

    /// Finds out where the attention lay when these tokens were written after a prompt. Whoever drops the
    /// call stops it.
    pub async fn look(&self, messages: &[Message], tokens: &[u32]) -> Result<Vec<Glance>, MindError> {
        let first = self.workers().first().copied().ok_or_else(nobody)?;
        let request = |job| Request::Look { job, messages: messages.to_vec(), tokens: tokens.to_vec() };
        match self.done(first, &request, &|_| ()).await? {
            Reply::Looked { glances, .. } => Ok(glances),
            _ => Err(stopped()),
        }
    }

    fn tell(&self, told: Told) {
        self.crew.borrow().tell(told);
    }

    /// The workers that have the model.
    fn workers(&self) -> Vec<usize> {
        self.crew.borrow().members.iter().map(|member| member.number).collect()
    }

    /// Gives a job to a worker, or to the first one if that is gone; none if there are no workers.
    fn give(&self, number: usize, request: &dyn Fn(Job) -> Request) -> Option<Waiting> {
        let mut crew = self.crew.borrow_mut();
        let at = crew.members.iter().position(|member| member.number == number).unwrap_or_default();
        let member = crew.members.get_mut(at)?;
        let job = member.worker.give(request);
        let (tell, heard) = unbounded();
        member.open.insert(job, Some(tell));
        Some(Waiting { crew: Rc::downgrade(&self.crew), number: member.number, job, heard })
    }

    /// Has a job done, by this worker if possible; `hear` hears what comes before its end.
    async fn done(
        &self,
        number: usize,
        request: &dyn Fn(Job) -> Request,
        hear: &dyn Fn(News),
    ) -> Result<Reply, MindError> {
        while let Some(mut waiting) = self.give(number, request) {
            // No more news without an end: the worker is gone.
            while let Some(news) = waiting.heard.next().await {
                match news {
                    News::Said(Reply::Failed { problem, .. }) => return Err(MindError(problem)),
                    News::Said(Reply::Tokens { .. }) | News::Again(_) => hear(news),
                    News::Said(reply) => return Ok(reply),
                    News::Lost(_) => break,
                }
            }
            hear(News::Again(String::new()));
        }
        Err(nobody())
    }

    /// Has traces written, spread over some workers in the order of their seeds.
    async fn written(
        &self,
        workers: &[usize],
        style: &Style,
        purpose: Purpose,
        messages: &[Message],
    ) -> Result<Answer, MindError> {
        let quiet = purpose == Purpose::Vote(Policy::Frozen);
        if workers.is_empty() {
            return Err(nobody());
        }
        let parts = shares(style.seeds.len(), workers.len()).zip(workers);
        let parts = parts.map(async |(share, &worker)| {
            let part = Style { seeds: style.seeds[share.clone()].to_vec(), ..style.clone() };
            let hear = |news| match news {
                _ if quiet => {}
                News::Said(Reply::Tokens { tokens, .. }) => tokens.into_iter().for_each(|token| {
                    self.tell(Told::Token(Token { trace: token.trace + share.start, ..token }));
                }),
                _ => self.tell(Told::Void(share.clone())),
            };
            let request =
                |job| Request::Write { job, purpose, messages: messages.to_vec(), style: part.clone() };
            self.done(worker, &request, &hear).await
        });
        let mut answer = Answer::default();
        for reply in try_join_all(parts).await? {
            let Reply::Written { completions, cost, .. } = reply else { return Err(stopped()) };
            answer.completions.extend(completions);
            // All of them read the same prompt.
            answer.read = cost.prompt as usize;
        }
        Ok(answer)
    }
}

impl Mind for Pool {
    async fn vote(&mut self, prompt: &[Message], style: &Style, policy: Policy) -> Result<Answer, MindError> {
        let workers = self.workers();
        self.tell(Told::Begins(match policy {
            Policy::Adapted => Work::Vote(writers(style.seeds.len(), workers.len())),
            Policy::Frozen => Work::Comparison,
        }));
        self.written(&workers, style, Purpose::Vote(policy), prompt).await
    }

    async fn write(&mut self, prompt: &[Message], style: &Style) -> Result<Answer, MindError> {
        self.tell(Told::Begins(if prompt::is_look(prompt) { Work::SecondLook } else { Work::Reflection }));
        self.written(&self.workers(), style, Purpose::Write, prompt).await
    }

    async fn learn(&mut self, lessons: &[Lesson], objective: Objective) -> Result<Vec<Gradient>, MindError> {
        let workers = self.workers();
        if workers.is_empty() {
            return Err(nobody());
        }
        self.tell(Told::Begins(Work::Lesson));
        let parts = shares(lessons.len(), workers.len()).zip(&workers).map(async |(share, &worker)| {
            let lessons = &lessons[share];
            let request = |job| Request::Learn { job, lessons: lessons.to_vec(), objective };
            match self.done(worker, &request, &|_| ()).await? {
                Reply::Learned { learned, .. } => Ok(learned),
                _ => Err(stopped()),
            }
        });
        try_join_all(parts).await
    }

    async fn adopt(&mut self, adapter: Option<&Adapter>) -> Result<(), MindError> {
        self.crew.borrow_mut().adapter = adapter.cloned();
        let request = |job| Request::Adopt { job, adapter: adapter.cloned() };
        let workers = self.workers();
        try_join_all(workers.iter().map(|&worker| self.done(worker, &request, &|_| ()))).await.map(drop)
    }
}

fn nobody() -> MindError {
    MindError("no worker has a model".into())
}

fn stopped() -> MindError {
    MindError("the work was stopped".into())
}

impl Crew {
    fn tell(&self, told: Told) {
        // Nobody listens any more: then nobody wants to know.
        let _ = self.tell.unbounded_send(told);
    }

    /// Takes in what is heard of a worker.
    fn hear(&mut self, number: usize, news: News) {
        let Some(at) = self.members.iter().position(|member| member.number == number) else { return };
        if at == 0 {
            // Those that are hired from now on are of its kind.
            self.backend = self.members[at].worker.backend();
        }
        let news = match news {
            News::Said(Reply::Loaded(about)) if about.files != self.files => News::Lost(CHANGED.into()),
            news if at == 0 => news,
            news => ended(news),
        };
        match &news {
            News::Said(Reply::Failed { job: None, .. }) => {
                // It could not load its model anew: who waits for it, now or later, would wait for ever.
                for tell in self.members.remove(at).open.into_values().flatten() {
                    let _ = tell.unbounded_send(news.clone());
                }
                self.tell(Told::Heard(news));
            }
            News::Said(reply) => {
                let member = &mut self.members[at];
                let waits = reply.job().map(|job| (job, member.open.get(&job).cloned()));
                if let Some((job, Some(_))) = waits
                    && reply.is_end()
                {
                    member.open.remove(&job);
                }
                match waits {
                    // Nobody waits any more.
                    Some((_, None)) => {}
                    Some((_, Some(Some(tell)))) => drop(tell.unbounded_send(news)),
                    Some((_, Some(None))) | None if at == 0 => self.tell(Told::Heard(news)),
                    _ => {}
                }
            }
            News::Again(problem) => {
                for tell in self.members[at].open.values().flatten() {
                    let _ = tell.unbounded_send(news.clone());
                }
                self.tell(if at == 0 { Told::Heard(news) } else { Told::Again(problem.clone()) });
            }
            News::Lost(problem) => {
                self.members.remove(at);
                self.tell(Told::Workers(self.members.len()));
                self.tell(if at == 0 { Told::Heard(news) } else { Told::Fewer(problem.clone()) });
            }
        }
    }
}

/// News of a worker besides the first one: one that can't load its model any more does nothing any more, and
/// others do its work.
fn ended(news: News) -> News {
    match news {
        News::Said(Reply::Failed { job: None, problem }) => News::Lost(problem),
        news => news,
    }
}

/// How many more are to be hired, where some are there or on their way.
fn missing(wanted: usize, there: usize, refused: Option<usize>) -> usize {
    if refused == Some(wanted) { 0 } else { wanted.saturating_sub(there) }
}

/// Has one more worker load the model, which the first one has left in the browser's cache.
fn hire(crew: &mut Crew, pool: Weak<RefCell<Crew>>) -> (usize, RemoteHandle<()>) {
    crew.numbers += 1;
    let (number, backend, source) = (crew.numbers, crew.backend, crew.source.clone());
    let files = crew.files.clone();
    let (loading, handle) = async move {
        let loaded = alike(backend, source, &files).await;
        let Some(crew) = pool.upgrade() else { return };
        match loaded {
            Ok(ready) => join(&crew, ready),
            Err(problem) => {
                let mut crew = crew.borrow_mut();
                crew.refused = Some(crew.wanted);
                crew.tell(Told::Fewer(problem));
            }
        }
        // The last thing that happens here, as it ends this.
        crew.borrow_mut().hired.retain(|(hired, _)| *hired != number);
    }
    .remote_handle();
    spawn_local(loading);
    (number, handle)
}

/// Starts one more worker with the model of these files.
async fn alike(backend: Backend, source: Source, files: &[(String, u64, String)]) -> Result<Ready, String> {
    let ready = begin(backend, source, &|_| ()).await?;
    if ready.about.files == files { Ok(ready) } else { Err(CHANGED.into()) }
}

/// Takes a worker in.
fn join(pool: &Rc<RefCell<Crew>>, ready: Ready) {
    let Ready { worker, mut heard, .. } = ready;
    worker.fall_back();
    let mut crew = pool.borrow_mut();
    crew.numbers += 1;
    let number = crew.numbers;
    if let Some(adapter) = crew.adapter.clone() {
        // Before whatever else it is given.
        worker.give(|job| Request::Adopt { job, adapter: Some(adapter) });
    }
    let here = Rc::downgrade(pool);
    let (listening, ears) = async move {
        while let Some(news) = heard.next().await {
            let Some(crew) = here.upgrade() else { return };
            crew.borrow_mut().hear(number, news);
        }
    }
    .remote_handle();
    spawn_local(listening);
    crew.members.push(Member { number, worker, open: HashMap::new(), _ears: ears });
    crew.tell(Told::Workers(crew.members.len()));
}

/// How many workers are good for so many ballots: a core is left to the page, and one GPU writes all
/// ballots at once.
fn usual(backend: Backend, ballots: usize, cores: usize) -> usize {
    match backend {
        Backend::Cpu => ballots.min(cores.saturating_sub(1)).clamp(1, MOST),
        Backend::Gpu => 1,
    }
}

fn cores() -> usize {
    web_sys::window().map_or(1, |window| window.navigator().hardware_concurrency() as usize)
}

/// Things in a row, spread over so many as evenly as can be; nobody gets none.
fn shares(things: usize, over: usize) -> impl Iterator<Item = Range<usize>> {
    let over = over.min(things);
    (0..over).map(move |part| part * things / over..(part + 1) * things / over)
}

/// For each of so many ballots, which of so many workers writes it, counted from 1.
fn writers(ballots: usize, workers: usize) -> Vec<usize> {
    let shares = shares(ballots, workers).enumerate();
    shares.flat_map(|(worker, share)| share.map(move |_| worker + 1)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn everything_is_given_to_somebody_in_order_and_nobody_gets_nothing() {
        for (things, over) in [(3, 1), (3, 2), (8, 3), (2, 4), (8, 8), (0, 3), (3, 0)] {
            let shares: Vec<_> = shares(things, over).collect();
            let given: Vec<usize> = shares.iter().cloned().flatten().collect();
            assert_eq!(given, (0..if over == 0 { 0 } else { things }).collect::<Vec<_>>());
            assert!(shares.iter().all(|share| !share.is_empty()));
            let sizes = shares.iter().map(|share| share.len());
            assert!(sizes.clone().max().unwrap_or(0) - sizes.min().unwrap_or(0) <= 1, "{shares:?}");
        }
        assert_eq!(writers(3, 2), [1, 2, 2]);
    }

    #[test]
    fn who_could_not_be_had_is_not_hired_again_until_another_number_is_wanted() {
        assert_eq!((missing(3, 1, None), missing(3, 3, None)), (2, 0));
        assert_eq!((missing(3, 1, Some(3)), missing(4, 1, Some(3)), missing(1, 2, None)), (0, 3, 0));
    }

    #[test]
    fn a_worker_that_cannot_load_its_model_again_is_lost_with_its_jobs() {
        let failed = |job| News::Said(Reply::Failed { job, problem: "no such file".into() });
        assert_eq!(ended(failed(None)), News::Lost("no such file".into()));
        assert_eq!(ended(failed(Some(3))), failed(Some(3)), "that is the job's own end");
    }

    #[test]
    fn a_core_is_left_to_the_page() {
        assert_eq!([1, 2, 4, 16].map(|cores| usual(Backend::Cpu, 3, cores)), [1, 1, 3, 3]);
        assert_eq!((usual(Backend::Cpu, 8, 16), usual(Backend::Gpu, 8, 16)), (4, 1));
    }
}
