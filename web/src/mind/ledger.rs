//! What a worker has been given and has not finished yet: enough to have a fresh one do it again.

use rulewright_protocol::{Job, Reply, Request, Source};

/// Fresh workers after breakdowns in a row: a job done in between begins a new row.
const FRESH: u32 = 3;

/// What is heard of a worker.
#[derive(Debug, Clone, PartialEq)]
pub enum News {
    /// The worker's own words; of each job exactly one end.
    Said(Reply),
    /// The worker broke down. A fresh one loads the model and begins the unfinished jobs anew: what they
    /// had written is void, and will come again.
    Again(String),
    /// There will be no more workers, for this reason.
    Lost(String),
}

/// How far a worker is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Stage {
    Starting,
    Loading,
    Working,
}

/// A job that has not ended.
struct Open {
    job: Job,
    request: Request,
    cancelled: bool,
}

/// The account of one worker, and of those that come after it.
pub struct Ledger {
    source: Source,
    stage: Stage,
    last: Job,
    open: Vec<Open>,
    /// The adapter that is installed: a fresh worker needs it before anything else.
    adopted: Option<Request>,
    breakdowns: u32,
}

impl Ledger {
    /// The account of a worker that is to load a model.
    pub fn new(source: Source) -> Self {
        Self { source, stage: Stage::Starting, last: 0, open: Vec::new(), adopted: None, breakdowns: 0 }
    }

    /// Whether the worker is to load the model and has not yet.
    pub fn is_loading(&self) -> bool {
        self.stage == Stage::Loading
    }

    /// The job that a worker with its model has had the longest.
    pub fn oldest(&self) -> Option<Job> {
        self.open.first().filter(|_| self.stage == Stage::Working).map(|open| open.job)
    }

    /// Takes a job on: its number, and what is to be sent now.
    pub fn give(&mut self, request: impl FnOnce(Job) -> Request) -> (Job, Vec<Request>) {
        self.last += 1;
        let (job, request) = (self.last, request(self.last));
        self.open.push(Open { job, request: request.clone(), cancelled: false });
        (job, if self.stage == Stage::Working { vec![request] } else { vec![] })
    }

    /// Stops a job: what is to be sent, and what is to be told.
    pub fn cancel(&mut self, job: Job) -> (Vec<Request>, Vec<News>) {
        let Some(at) = self.place(job) else { return Default::default() };
        if self.stage == Stage::Working {
            self.open[at].cancelled = true;
            (vec![Request::Cancel { job }], vec![])
        } else {
            self.open.remove(at);
            (vec![], vec![News::Said(Reply::Cancelled { job })])
        }
    }

    /// Takes in what the worker says: what is to be sent, and what is to be told.
    pub fn hear(&mut self, reply: Reply) -> (Vec<Request>, Vec<News>) {
        match &reply {
            Reply::Ready => {
                self.stage = Stage::Loading;
                return (vec![Request::Load(self.source.clone())], vec![]);
            }
            Reply::Loaded(_) => {
                self.stage = Stage::Working;
                let open = self.open.iter().map(|open| &open.request);
                let send = self.adopted.iter().chain(open).cloned().collect();
                return (send, vec![News::Said(reply)]);
            }
            Reply::Tokens { job, .. } => {
                if self.place(*job).is_none_or(|at| self.open[at].cancelled) {
                    return Default::default();
                }
            }
            Reply::Written { job, .. }
            | Reply::Looked { job, .. }
            | Reply::Learned { job, .. }
            | Reply::Adopted { job }
            | Reply::Cancelled { job }
            | Reply::Failed { job: Some(job), .. } => {
                // An adapter that is installed again ends a job that has ended already.
                let Some(at) = self.place(*job) else { return Default::default() };
                let done = self.open.remove(at);
                if matches!(reply, Reply::Adopted { .. }) {
                    self.adopted = Some(done.request);
                }
                self.breakdowns = 0;
            }
            Reply::Progress { .. } | Reply::Failed { job: None, .. } | Reply::Broken { .. } => {}
        }
        (vec![], vec![News::Said(reply)])
    }

    /// The worker broke down: whether a fresh one is to come, and what is to be told.
    pub fn broke(&mut self, problem: &str) -> (bool, Vec<News>) {
        let never_began = self.stage == Stage::Starting;
        self.stage = Stage::Starting;
        self.breakdowns += 1;
        if self.breakdowns > FRESH {
            let what = if never_began { "could not be started" } else { "broke down" };
            let times = self.breakdowns;
            let problem = format!(
                "The model's worker {what} {times} times in a row. Load the model again to go on. The last time, this happened: {problem}"
            );
            return (false, vec![News::Lost(problem)]);
        }
        let mut tell = vec![News::Again(problem.into())];
        self.open.retain(|open| {
            if open.cancelled {
                tell.push(News::Said(Reply::Cancelled { job: open.job }));
            }
            !open.cancelled
        });
        (true, tell)
    }

    /// A worker of another kind goes on, as often as the first: what is to be told.
    pub fn taken_over(&mut self, why: &str) -> Vec<News> {
        self.breakdowns = 0;
        let (_, tell) = self.broke(why);
        self.breakdowns = 0;
        tell
    }

    fn place(&self, job: Job) -> Option<usize> {
        self.open.iter().position(|open| open.job == job)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rulewright::mind::{Adapter, Purpose, Style, Token};
    use rulewright_protocol::{About, Cost};

    fn source() -> Source {
        Source::Address("http://somewhere/model/".into())
    }

    fn write(job: Job) -> Request {
        let style = Style { seeds: vec![7], temperature: 1.0, top_p: 1.0, most_tokens: 9, grammar: None };
        Request::Write { job, purpose: Purpose::Write, messages: vec![], style }
    }

    fn adopt(job: Job) -> Request {
        Request::Adopt { job, adapter: Some(Adapter { rank: 1, alpha: 1.0, seed: 1, change: vec![0.5] }) }
    }

    fn loaded() -> Reply {
        Reply::Loaded(About { device: "CPU".into(), ..About::default() })
    }

    fn tokens(job: Job) -> Reply {
        let token = Token { trace: 0, id: 1, text: "a".into(), log_probability: -1.0, bent: false };
        Reply::Tokens { job, tokens: vec![token] }
    }

    fn written(job: Job) -> Reply {
        Reply::Written { job, completions: vec![], cost: Cost::default() }
    }

    /// A worker that has loaded its model.
    fn working() -> Ledger {
        let mut ledger = Ledger::new(source());
        assert_eq!(ledger.hear(Reply::Ready), (vec![Request::Load(source())], vec![]));
        ledger.hear(loaded());
        ledger
    }

    /// A fresh worker comes up; what it is sent once it has the model.
    fn comes_up(ledger: &mut Ledger) -> Vec<Request> {
        assert_eq!(ledger.hear(Reply::Ready).0, [Request::Load(source())]);
        ledger.hear(loaded()).0
    }

    #[test]
    fn jobs_wait_until_the_model_is_there() {
        let mut ledger = Ledger::new(source());
        assert_eq!(ledger.give(write), (1, vec![]));
        assert_eq!(ledger.give(write), (2, vec![]));
        assert_eq!(ledger.cancel(1).1, [News::Said(Reply::Cancelled { job: 1 })]);
        assert_eq!(comes_up(&mut ledger), [write(2)]);
        assert_eq!(ledger.give(write), (3, vec![write(3)]));
    }

    #[test]
    fn a_fresh_worker_does_what_was_not_finished_and_nothing_else() {
        let mut ledger = working();
        for _ in 0..3 {
            ledger.give(write);
        }
        assert_eq!(ledger.hear(written(1)).1, [News::Said(written(1))]);
        assert_eq!(ledger.cancel(2).0, [Request::Cancel { job: 2 }]);
        assert_eq!(ledger.hear(tokens(3)).1, [News::Said(tokens(3))]);
        let (again, tell) = ledger.broke("Out of memory.");
        let ended = News::Said(Reply::Cancelled { job: 2 });
        assert_eq!((again, tell), (true, vec![News::Again("Out of memory.".into()), ended]));
        assert_eq!(comes_up(&mut ledger), [write(3)]);
        assert_eq!(ledger.hear(tokens(3)).1, [News::Said(tokens(3))]);
    }

    #[test]
    fn a_fresh_worker_gets_the_adapter_first_and_nobody_hears_of_it_twice() {
        let mut ledger = working();
        let (adopted, _) = ledger.give(adopt);
        assert_eq!(ledger.hear(Reply::Adopted { job: adopted }).1.len(), 1);
        ledger.give(write);
        ledger.broke("The device was lost.");
        assert_eq!(comes_up(&mut ledger), [adopt(1), write(2)]);
        assert_eq!(ledger.hear(Reply::Adopted { job: adopted }), (vec![], vec![]));
    }

    #[test]
    fn what_comes_of_a_stopped_job_is_not_told() {
        let mut ledger = working();
        ledger.give(write);
        ledger.cancel(1);
        assert_eq!(ledger.hear(tokens(1)), (vec![], vec![]));
        assert_eq!(ledger.hear(Reply::Cancelled { job: 1 }).1.len(), 1);
        assert_eq!(ledger.hear(Reply::Cancelled { job: 1 }), (vec![], vec![]));
        assert_eq!(ledger.cancel(1), (vec![], vec![]));
    }

    #[test]
    fn it_gives_up_after_three_fresh_workers_in_a_row() {
        let mut ledger = working();
        for _ in 0..2 {
            ledger.give(write);
            assert!(ledger.broke("Once.").0);
            comes_up(&mut ledger);
        }
        assert_eq!(ledger.hear(written(1)).1.len(), 1, "a job done begins a new row");
        for _ in 0..3 {
            assert!(ledger.broke("Again.").0);
        }
        let (again, tell) = ledger.broke("its program could not be fetched or started");
        let [News::Lost(problem)] = tell.as_slice() else { panic!("{tell:?}") };
        assert!(!again && problem.contains("4 times") && problem.ends_with("started"), "{problem}");
    }

    #[test]
    fn a_worker_of_another_kind_takes_over_with_a_new_row() {
        let mut ledger = working();
        ledger.give(write);
        while ledger.broke("It was lost.").0 {}
        assert_eq!(ledger.taken_over("Another goes on."), [News::Again("Another goes on.".into())]);
        assert_eq!(comes_up(&mut ledger), [write(1)]);
        assert_eq!(
            (0..4).map(|_| ledger.broke("Once more.").0).collect::<Vec<_>>(),
            [true, true, true, false]
        );
    }
}
