//! Writing: traces go on from their prompts as one batch, token by token, each with its own seed.
//!
//! The keys and values of a prompt are computed once for all of its traces, and what a prompt has in common
//! with the one before (the system's words and the rulebook) is not computed again. Players, and what each
//! asks for, have slots of their own in the caches, so that none makes another's prompt be computed again.

use std::collections::HashMap;
use std::fmt::Debug;
use std::ops::Range;

use burn::tensor::Tensor;

use super::decoder::View;
use super::grammar::{Grammar, GrammarError, State};
use super::kernels::{Cache, Sight, Sights};
use super::model::Model;
use super::processor::Prompt;
use super::sampler::{Choice, Sampler, SamplerError};
use super::{Vlm, VlmError};
use crate::mind::{Completion, Policy, Purpose, Style, Token};

/// Most traces at once: more are nobody's vote, and their memory is not there in a browser.
pub const MOST_TRACES: usize = 64;
/// Slots that a prompt and its traces have at least: enough for our own model's, so that they seldom move.
const LEAST_SLOTS: usize = 768;

/// The caches, and which slots hold what.
#[derive(Default)]
pub(super) struct Memory {
    /// One a layer.
    caches: Vec<Cache>,
    slots: usize,
    regions: HashMap<(usize, Purpose), Region>,
    /// By player, the pictures that it was last shown, and their tokens.
    looks: HashMap<usize, Vec<(Vec<f32>, Tensor<2>)>>,
    /// Slots that nobody has any more.
    free: Vec<Range<usize>>,
}

/// The slots for a player's purpose: first the prompt that was last computed, then its traces.
struct Region {
    slots: Range<usize>,
    prompt: Prompt,
}

impl Memory {
    /// Forgets a prompt, because the model has changed.
    pub(super) fn forget(&mut self, player: usize, purpose: Purpose) {
        if let Some(region) = self.regions.get_mut(&(player, purpose)) {
            region.prompt = Prompt::default();
        }
    }

    /// Forgets a player.
    pub(super) fn leave(&mut self, player: usize) {
        let gone = self.regions.extract_if(|&(whose, _), _| whose == player);
        self.free.extend(gone.map(|(_, region)| region.slots));
        self.looks.remove(&player);
    }

    /// The region for a player's purpose, with so many slots at least; a new one is empty.
    fn reserve(&mut self, key: (usize, Purpose), slots: usize, model: &Model) -> &mut Region {
        if self.regions.get(&key).is_none_or(|region| region.slots.len() < slots) {
            self.free.extend(self.regions.remove(&key).map(|region| region.slots));
            let place = self.free.iter().position(|free| free.len() >= slots);
            let slots = match place {
                Some(place) => self.free.swap_remove(place),
                None => self.extend(slots.next_multiple_of(256).max(LEAST_SLOTS), model),
            };
            self.regions.insert(key, Region { slots, prompt: Prompt::default() });
        }
        self.regions.get_mut(&key).expect("just made")
    }

    /// New slots at the end of the caches.
    fn extend(&mut self, slots: usize, model: &Model) -> Range<usize> {
        if self.caches.is_empty() {
            self.caches = model.decoder.caches(slots);
        } else {
            self.caches.iter_mut().for_each(|cache| cache.extend(slots));
        }
        self.slots += slots;
        self.slots - slots..self.slots
    }
}

impl Region {
    /// How many first tokens of a prompt are in the caches.
    fn shared(&self, prompt: &Prompt, image_token: u32, image_tokens: usize) -> usize {
        let mut seen = 0;
        for (at, (old, new)) in self.prompt.ids.iter().zip(&prompt.ids).enumerate() {
            if old != new {
                return at;
            }
            if *new == image_token {
                let image = seen / image_tokens;
                if seen % image_tokens == 0 && self.prompt.images[image] != prompt.images[image] {
                    return at;
                }
                seen += 1;
            }
        }
        self.prompt.ids.len().min(prompt.ids.len())
    }
}

struct Trace {
    sampler: Sampler,
    state: Option<State>,
    logits: Vec<f32>,
    completion: Completion,
    /// What the last step gave it.
    last: Option<Choice>,
    done: bool,
    /// A trace before this one that has written the same so far: what is computed for it holds here, too.
    twin: Option<usize>,
}

/// Traces that go on from one prompt.
pub(super) struct Job {
    /// The place of the adapter that has a say.
    adapter: Option<usize>,
    /// The first slot of the job's region.
    start: usize,
    grammar: Option<String>,
    traces: Vec<Trace>,
    /// Tokens in the prompt.
    pub(super) prompt: usize,
    most: usize,
    computed: usize,
    /// Why it can't go on.
    failed: Option<SamplerError>,
}

/// Traces being written. Dropping it stops them.
pub struct Generation<'a> {
    vlm: &'a mut Vlm,
    job: Job,
    /// How many tokens of the prompt were computed, and not taken from the caches.
    pub computed: usize,
}

impl Vlm {
    /// Reads a prompt and makes ready to write: the first [`Generation::step`] gives each trace its first
    /// token.
    ///
    /// # Errors
    /// If the grammar is not one, the prompt is longer than the model was made for, there are too many traces,
    /// or the device fails.
    pub async fn generate(
        &mut self,
        purpose: Purpose,
        prompt: &Prompt,
        style: &Style,
    ) -> Result<Generation<'_>, VlmError> {
        let job = self.begin((0, purpose), prompt, style).await?;
        Ok(Generation { computed: job.computed, vlm: self, job })
    }

    /// Writes to the end.
    ///
    /// # Errors
    /// As [`Vlm::generate`] and [`Generation::step`].
    pub async fn complete(
        &mut self,
        purpose: Purpose,
        prompt: &Prompt,
        style: &Style,
    ) -> Result<Vec<Completion>, VlmError> {
        let mut generation = self.generate(purpose, prompt, style).await?;
        while !generation.step().await?.is_empty() {}
        Ok(generation.finish())
    }

    /// Reads a player's prompt, see [`Vlm::generate`].
    pub(super) async fn begin(
        &mut self,
        (player, purpose): (usize, Purpose),
        prompt: &Prompt,
        style: &Style,
    ) -> Result<Job, VlmError> {
        let (image_token, image_tokens) = (self.config.image_token_id, self.config.image_tokens());
        let (count, longest) = (prompt.ids.len(), self.config.text.max_position_embeddings);
        if count + style.most_tokens > longest {
            return Err(VlmError::TooLong { prompt: count, answer: style.most_tokens, longest });
        }
        if style.seeds.len() > MOST_TRACES {
            return Err(VlmError::TooMany { asked: style.seeds.len(), most: MOST_TRACES });
        }
        let asked = prompt.ids.iter().filter(|id| **id == image_token).count();
        if count == 0 || asked != prompt.images.len() * image_tokens {
            return Err(VlmError::Prompt { tokens: asked, images: prompt.images.len() });
        }
        let mut state = None;
        if let Some(pattern) = &style.grammar {
            let grammar = self.grammar(pattern)?;
            let least = grammar.shortest();
            if least > style.most_tokens {
                return Err(VlmError::TooShort { answer: style.most_tokens, least });
            }
            state = Some(grammar.start());
        }
        let adapter = (purpose == Purpose::Vote(Policy::Adapted)).then_some(player);
        let slots = count + style.seeds.len() * style.most_tokens;
        let region = self.memory.reserve((player, purpose), slots, &self.model);
        // The last token is computed always: its logits are wanted.
        let shared = region.shared(prompt, image_token, image_tokens).min(count - 1);
        // Until all of it is computed the caches hold only what is shared.
        region.prompt = Prompt::default();
        let start = region.slots.start;
        let rows = self.rows(player, prompt, shared);
        let sights = Sights::onward(shared..count).rows.into_iter().map(|sight| sight.moved(start));
        let sights = Sights::new(sights.collect());
        let view = View::Cached(&mut self.memory.caches, &sights);
        let worn = [(count - shared, adapter)];
        let last = self.model.decoder.forward(rows, shared..count, view, &worn, 1);
        let logits = numbers(self.model.decoder.logits(last)).await?;
        self.memory.reserve((player, purpose), slots, &self.model).prompt = prompt.clone();

        let trace = |seed: &u32| Trace {
            sampler: Sampler::new(style.temperature, style.top_p, u64::from(*seed)),
            state,
            logits: logits.clone(),
            completion: Completion::default(),
            last: None,
            done: style.most_tokens == 0,
            twin: None,
        };
        let traces = style.seeds.iter().map(trace).collect();
        let (grammar, most) = (style.grammar.clone(), style.most_tokens);
        let computed = count - shared;
        Ok(Job { adapter, start, grammar, traces, prompt: count, most, computed, failed: None })
    }

    /// The vectors of a player's prompt from a token on, see [`Model::rows`]. A picture that it was shown the
    /// last time, too, is not looked at again.
    pub(super) fn rows(&mut self, player: usize, prompt: &Prompt, from: usize) -> Tensor<2> {
        let before = self.memory.looks.remove(&player).unwrap_or_default();
        let mut looks: Vec<(Vec<f32>, Tensor<2>)> = Vec::new();
        let rows = self.model.rows_by(prompt, from, |pixels| {
            let known = looks.iter().chain(&before).find(|(known, _)| known == pixels);
            let tokens = known.map_or_else(|| self.model.look(pixels), |(_, tokens)| tokens.clone());
            looks.push((pixels.to_vec(), tokens.clone()));
            tokens
        });
        self.memory.looks.insert(player, if looks.is_empty() { before } else { looks });
        rows
    }

    /// Gives every trace that is not done its next token, all jobs in one batch.
    pub(super) async fn advance(&mut self, jobs: &mut [&mut Job]) -> Result<(), VlmError> {
        self.compute(jobs).await?;
        let end = self.processor.eos();
        for job in jobs {
            job.draw(&mut self.grammars, end);
            if self.model.decoder.copies_slots() {
                job.find_twins();
            }
        }
        Ok(())
    }

    /// Computes the logits after the last tokens, all traces in one batch.
    async fn compute(&mut self, jobs: &mut [&mut Job]) -> Result<(), VlmError> {
        let (mut ids, mut sights, mut positions) = (Vec::new(), Vec::new(), Vec::new());
        let mut worn = Vec::new();
        for job in jobs.iter() {
            let before = ids.len();
            for (index, trace) in job.waiting().filter(|(_, trace)| trace.twin.is_none()) {
                let tokens = &trace.completion.tokens;
                let written = tokens.len() - 1;
                ids.push(tokens[written]);
                positions.push(job.prompt + written);
                sights.push(job.sight(index));
            }
            worn.push((ids.len() - before, job.adapter));
        }
        if ids.is_empty() {
            return Ok(());
        }
        worn.retain(|(rows, _)| *rows > 0);
        let (rows, sights) = (self.model.decoder.embed(&ids), Sights::new(sights));
        let view = View::Cached(&mut self.memory.caches, &sights);
        let hidden = self.model.decoder.forward(rows, positions, view, &worn, ids.len());
        let logits = numbers(self.model.decoder.logits(hidden)).await?;
        let mut rows = logits.chunks_exact(logits.len() / ids.len());
        for job in jobs {
            let waiting: Vec<usize> = job.waiting().map(|(index, _)| index).collect();
            for index in waiting {
                job.traces[index].logits = match job.traces[index].twin {
                    None => rows.next().expect("a row was computed for it").to_vec(),
                    Some(twin) => {
                        let (from, to) = (job.sight(twin).slot, job.sight(index).slot);
                        self.memory.caches.iter_mut().for_each(|cache| cache.copy(from, to));
                        job.traces[twin].logits.clone()
                    }
                };
            }
        }
        Ok(())
    }

    /// What a job has written.
    pub(super) fn written(&self, job: Job) -> Result<Vec<Completion>, VlmError> {
        if let Some(error) = job.failed {
            return Err(error.into());
        }
        let texts: Vec<String> = job.traces.iter().map(|trace| self.text(trace)).collect();
        let traces = job.traces.into_iter().zip(texts);
        Ok(traces.map(|(trace, text)| Completion { text, ..trace.completion }).collect())
    }

    /// The text of a trace so far, the end token left out.
    fn text(&self, trace: &Trace) -> String {
        let tokens = &trace.completion.tokens;
        let bytes: Vec<u8> = tokens.iter().flat_map(|id| self.processor.piece(*id)).copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// A grammar, compiled when it is first asked for.
    fn grammar(&mut self, pattern: &str) -> Result<&mut Grammar, GrammarError> {
        if !self.grammars.contains_key(pattern) {
            self.grammars.insert(pattern.to_string(), Grammar::new(pattern, &self.vocabulary)?);
        }
        Ok(self.grammars.get_mut(pattern).expect("just put there"))
    }
}

impl Job {
    /// Whether nothing is left to be written.
    pub(super) fn is_done(&self) -> bool {
        self.failed.is_some() || self.traces.iter().all(|trace| trace.done)
    }

    /// The traces whose next token needs logits, with their places.
    fn waiting(&self) -> impl Iterator<Item = (usize, &Trace)> {
        self.traces.iter().enumerate().filter(|(_, trace)| !trace.done && trace.logits.is_empty())
    }

    /// What the last token of a trace sees, and where it goes.
    fn sight(&self, index: usize) -> Sight {
        let (shared, stride) = (self.prompt, self.traces.len());
        let (first, count) = (shared + index, self.traces[index].completion.tokens.len());
        // The traces' slots lie side by side, token by token.
        let slot = first + (count - 1) * stride;
        Sight { slot, start: 0, shared, first, stride, count }.moved(self.start)
    }

    /// Finds the traces that have written the same so far: a sure model's do so most of the time.
    fn find_twins(&mut self) {
        for index in 0..self.traces.len() {
            let (before, trace) = (&self.traces[..index], &self.traces[index]);
            let twin = before.iter().position(|other| other.completion.tokens == trace.completion.tokens);
            self.traces[index].twin = twin;
        }
    }

    /// Draws a token for every trace that is not done.
    fn draw(&mut self, grammars: &mut HashMap<String, Grammar>, end: u32) {
        let mut grammar = self.grammar.as_ref().and_then(|pattern| grammars.get_mut(pattern));
        for trace in &mut self.traces {
            trace.last = None;
            if trace.done {
                continue;
            }
            let left = self.most - trace.completion.tokens.len();
            let allowed =
                grammar.as_mut().zip(trace.state).map(|(grammar, state)| grammar.allowed(state, left));
            let choice = match trace.sampler.sample(&trace.logits, allowed) {
                Ok(choice) => choice,
                Err(error) => {
                    self.failed = Some(error);
                    return;
                }
            };
            if let (Some(grammar), Some(state)) = (&grammar, &mut trace.state) {
                *state = grammar.advance(*state, choice.token);
            }
            trace.logits.clear();
            let completion = &mut trace.completion;
            completion.tokens.push(choice.token);
            completion.log_probabilities.push(choice.log_probability);
            completion.bent += usize::from(choice.bent);
            let ended = choice.token == end;
            // Where the grammar leaves nothing but the end, the model need not be asked for it.
            let over = grammar.as_mut().zip(trace.state).is_some_and(|(grammar, state)| {
                !ended && grammar.allowed(state, left - 1).only() == Some(end)
            });
            trace.done = ended || over || completion.tokens.len() == self.most;
            trace.last = Some(choice);
        }
    }
}

impl Generation<'_> {
    /// Gives every trace that is not done its next token; nothing when all are done.
    ///
    /// # Errors
    /// If the model's numbers are not finite, or the device fails.
    pub async fn step(&mut self) -> Result<Vec<Token>, VlmError> {
        self.vlm.advance(&mut [&mut self.job]).await?;
        if let Some(error) = self.job.failed {
            return Err(error.into());
        }
        let token = |(trace, of): (usize, &Trace)| {
            let Choice { token, log_probability, bent, .. } = of.last?;
            Some(Token { trace, id: token, text: self.vlm.text(of), log_probability, bent })
        };
        Ok(self.job.traces.iter().enumerate().filter_map(token).collect())
    }

    /// What has been written.
    pub fn finish(self) -> Vec<Completion> {
        // What failed was said by the step.
        self.vlm.written(Job { failed: None, ..self.job }).unwrap_or_default()
    }
}

/// Reads a tensor back from its device: the only place where the CPU waits for it.
pub(super) async fn numbers<const D: usize>(x: Tensor<D>) -> Result<Vec<f32>, VlmError> {
    let failed = |error: &dyn Debug| {
        // The first line says what happened, the others where in the program.
        let text = format!("{error:?}");
        let first = text.lines().next().unwrap_or_default();
        VlmError::Device(first.split(" Caused by").next().unwrap_or(first).trim_end_matches('.').to_string())
    };
    let data = x.into_data_async().await.map_err(|error| failed(&error))?;
    data.try_into_vec::<f32>().map_err(|error| failed(&error))
}

impl From<SamplerError> for VlmError {
    fn from(error: SamplerError) -> Self {
        Self::Sampler(error)
    }
}

impl From<GrammarError> for VlmError {
    fn from(error: GrammarError) -> Self {
        Self::Grammar(error)
    }
}
