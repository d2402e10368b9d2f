//! The worker's work: requests from the queue, one after another, each with one answer.

use std::rc::Rc;

use rulewright::frame::Frame;
use rulewright::mind::{Message, Part, Policy, Purpose, Role, Style};
use rulewright::vlm::folder::ModelError;
use rulewright::vlm::processor::Prompt;
use rulewright::vlm::{Vlm, VlmError};
use rulewright_protocol::{About, Cost, Job, Reply, Request, Source};

use crate::device::{self, Opened};
use crate::page::{self, Breath};
use crate::queue::Queue;
use crate::store::{self, Fetched};

/// Milliseconds between two replies with tokens: about a frame of the page.
const TOKENS_EVERY: f64 = 15.0;
/// Words of the longest prompt that the model is warmed up with: about a full rulebook and a status.
const LONG: usize = 200;

/// Why a request was not done.
enum Failure {
    /// It can't be; the worker goes on.
    Problem(String),
    /// The device is gone; only a fresh worker can go on.
    Broken(String),
}

impl From<VlmError> for Failure {
    fn from(error: VlmError) -> Self {
        match error {
            VlmError::Device(_) => Self::Broken(error.to_string()),
            _ => Self::Problem(error.to_string()),
        }
    }
}

impl From<ModelError> for Failure {
    fn from(error: ModelError) -> Self {
        Self::Problem(error.to_string())
    }
}

/// Does what the queue says, until the device breaks.
pub async fn run(queue: Rc<Queue>) {
    let mut session = Session { queue, breath: Breath::new(), opened: None, vlm: None };
    loop {
        let request = session.queue.next().await;
        let job = request.job();
        match session.answer(request).await {
            Ok(reply) => page::post(&reply),
            Err(Failure::Problem(problem)) => page::post(&Reply::Failed { job, problem }),
            Err(Failure::Broken(problem)) => return page::post(&Reply::Broken { problem }),
        }
    }
}

/// What lasts from one request to the next.
struct Session {
    queue: Rc<Queue>,
    breath: Breath,
    opened: Option<Opened>,
    vlm: Option<Vlm>,
}

impl Session {
    async fn answer(&mut self, request: Request) -> Result<Reply, Failure> {
        match request {
            Request::Load(source) => Ok(Reply::Loaded(self.load(source).await?)),
            Request::Write { job, purpose, messages, style } => {
                self.write(job, purpose, &messages, &style).await
            }
            Request::Look { job, messages, tokens } => {
                let glances = loaded(&mut self.vlm)?.glances(&messages, &tokens).await?;
                Ok(self.unless_stopped(job, Reply::Looked { job, glances }).await)
            }
            Request::Learn { job, lessons, objective } => {
                let learned = loaded(&mut self.vlm)?.learn(&lessons, objective).await?;
                Ok(self.unless_stopped(job, Reply::Learned { job, learned }).await)
            }
            Request::Adopt { job, adapter } => {
                loaded(&mut self.vlm)?.adopt_plain(adapter.as_ref())?;
                Ok(Reply::Adopted { job })
            }
            // The queue has done it already.
            Request::Cancel { job } => Ok(Reply::Cancelled { job }),
        }
    }

    /// The reply to what is done in one go: the page may have changed its mind while nobody listened.
    async fn unless_stopped(&mut self, job: Job, reply: Reply) -> Reply {
        self.breath.draw().await;
        if self.queue.stopped() { Reply::Cancelled { job } } else { reply }
    }

    async fn load(&mut self, source: Source) -> Result<About, Failure> {
        // Two models may be more than the memory holds.
        self.vlm = None;
        let start = page::now();
        let Fetched { folder, files, downloaded } = store::fetch(source).await?;
        let fetched = page::now();
        let Opened { device, precision, name } = match &self.opened {
            Some(opened) => opened.clone(),
            None => self.opened.insert(device::open().await.map_err(Failure::Problem)?).clone(),
        };
        let mut vlm = Vlm::new(&folder, &device, precision)?;
        drop(folder);
        let built = page::now();
        let picture_tokens = warm_up(&mut vlm).await?;
        let warm = page::now();
        let config = vlm.config();
        let about = About {
            device: name,
            parameters: vlm.weights().count() as u64,
            table: (config.text.vocab_size * config.text.hidden_size) as u64,
            layers: (config.vision.num_hidden_layers as u32, config.text.num_hidden_layers as u32),
            image: (config.vision.image_size as u32, picture_tokens as u32),
            vocabulary: vlm.processor().vocab_size() as u32,
            longest: config.text.max_position_embeddings as u32,
            files,
            downloaded,
            memory: page::memory(),
            milliseconds: [fetched - start, built - fetched, warm - built],
        };
        self.vlm = Some(vlm);
        Ok(about)
    }

    async fn write(
        &mut self,
        job: Job,
        purpose: Purpose,
        messages: &[Message],
        style: &Style,
    ) -> Result<Reply, Failure> {
        let start = page::now();
        let Self { queue, breath, vlm, .. } = self;
        let vlm = loaded(vlm)?;
        let prompt = vlm.processor().prompt(messages)?;
        let mut generation = vlm.generate(purpose, &prompt, style).await?;
        let mut cost =
            Cost { prompt: prompt.ids.len() as u32, computed: generation.computed as u32, ..Cost::default() };
        let (mut first, mut posted) = (None, start);
        let mut tokens = Vec::new();
        loop {
            let drawn = generation.step().await?;
            let now = page::now();
            first.get_or_insert(now);
            let over = drawn.is_empty();
            cost.written += drawn.len() as u32;
            tokens.extend(drawn);
            if !tokens.is_empty() && (over || now - posted >= TOKENS_EVERY) {
                page::post(&Reply::Tokens { job, tokens: std::mem::take(&mut tokens) });
                posted = now;
            }
            if over {
                break;
            }
            breath.draw().await;
            if queue.stopped() {
                return Ok(Reply::Cancelled { job });
            }
        }
        let completions = generation.finish();
        let first = first.unwrap_or(start);
        cost.first = first - start;
        cost.rest = page::now() - first;
        Ok(Reply::Written { job, completions, cost })
    }
}

/// The model, which every job but the loading needs.
fn loaded(vlm: &mut Option<Vlm>) -> Result<&mut Vlm, Failure> {
    vlm.as_mut().ok_or_else(|| Failure::Problem("no model is loaded".into()))
}

/// Has the model look, read and write a little, so that the browser has compiled what will be needed for
/// prompts of all lengths and for several traces, and counts the tokens of a picture.
async fn warm_up(vlm: &mut Vlm) -> Result<usize, VlmError> {
    let longest = LONG.min(vlm.config().text.max_position_embeddings / 4);
    let mut prompt = Prompt::default();
    for (traces, words) in [(1, 1), (3, longest / 2), (5, longest)] {
        let parts = vec![Part::Image(Frame::new()), Part::Text("a ".repeat(words))];
        prompt = vlm.processor().prompt(&[Message { role: Role::User, parts }])?;
        let style = Style {
            seeds: (0..traces).collect(),
            temperature: 1.0,
            top_p: 1.0,
            most_tokens: 2,
            grammar: None,
        };
        vlm.complete(Purpose::Vote(Policy::Adapted), &prompt, &style).await?;
    }
    Ok(prompt.ids.iter().filter(|id| **id == vlm.config().image_token_id).count())
}
