//! Writing: K traces go on from one prompt as one batch, token by token, each with its own seed.
//!
//! The keys and values of the prompt are computed once for all traces, and what a prompt has in common
//! with the one before (the system's words and the rulebook) is not computed again.

use std::fmt::Debug;

use burn::tensor::Tensor;

use super::decoder::View;
use super::grammar::{Grammar, GrammarError, State};
use super::kernels::{Cache, Sight, Sights};
use super::processor::Prompt;
use super::sampler::{Choice, Sampler, SamplerError};
use super::{Vlm, VlmError};
use crate::mind::{Completion, Style, Token};

/// Most traces at once: more are nobody's vote, and their memory is not there in a browser.
const MOST_TRACES: usize = 64;
/// Slots that the caches have at least: enough for our own model's prompts, so that they seldom grow.
const LEAST_SLOTS: usize = 1024;

/// What the caches hold: the prompt that was last computed.
pub(super) struct Memory {
    caches: Vec<Cache>,
    slots: usize,
    prompt: Prompt,
}

impl Memory {
    pub(super) fn new() -> Self {
        Self { caches: Vec::new(), slots: 0, prompt: Prompt::default() }
    }

    /// Forgets the prompt, because the model has changed.
    pub(super) fn clear(&mut self) {
        self.prompt = Prompt::default();
    }

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
    done: bool,
}

/// Traces being written. Dropping it stops them.
pub struct Generation<'a> {
    vlm: &'a mut Vlm,
    grammar: Option<(String, Grammar)>,
    traces: Vec<Trace>,
    prompt: usize,
    most: usize,
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
    pub async fn generate(&mut self, prompt: &Prompt, style: &Style) -> Result<Generation<'_>, VlmError> {
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
        let grammar = match &style.grammar {
            Some(pattern) => Some((pattern.clone(), self.grammar(pattern)?)),
            None => None,
        };
        if let Some(least) =
            grammar.as_ref().map(|(_, grammar)| grammar.shortest()).filter(|n| *n > style.most_tokens)
        {
            return Err(VlmError::TooShort { answer: style.most_tokens, least });
        }
        self.reserve(count + style.seeds.len() * style.most_tokens);
        // The last token is computed always: its logits are wanted.
        let shared = self.memory.shared(prompt, image_token, image_tokens).min(count - 1);
        // Until all of it is computed the caches hold only what is shared.
        self.memory.clear();
        let rows = self.model.rows(prompt, shared);
        let sights = Sights::onward(shared..count);
        let view = View::Cached(&mut self.memory.caches, &sights);
        let hidden = self.model.decoder.forward(rows, shared..count, view);
        let last = hidden.narrow(0, count - shared - 1, 1);
        let logits = numbers(self.model.decoder.logits(last)).await?;
        self.memory.prompt = prompt.clone();

        let trace = |seed: &u32| Trace {
            sampler: Sampler::new(style.temperature, style.top_p, u64::from(*seed)),
            state: grammar.as_ref().map(|(_, grammar)| grammar.start()),
            logits: logits.clone(),
            completion: Completion::default(),
            done: style.most_tokens == 0,
        };
        let traces = style.seeds.iter().map(trace).collect();
        let most = style.most_tokens;
        Ok(Generation { vlm: self, grammar, traces, prompt: count, most, computed: count - shared })
    }

    /// Writes to the end.
    ///
    /// # Errors
    /// As [`Vlm::generate`] and [`Generation::step`].
    pub async fn complete(&mut self, prompt: &Prompt, style: &Style) -> Result<Vec<Completion>, VlmError> {
        let mut generation = self.generate(prompt, style).await?;
        while !generation.step().await?.is_empty() {}
        Ok(generation.finish())
    }

    /// Makes sure that the caches have so many slots; larger ones start empty.
    fn reserve(&mut self, slots: usize) {
        if self.memory.slots < slots {
            let slots = slots.next_power_of_two().max(LEAST_SLOTS);
            self.memory =
                Memory { caches: self.model.decoder.caches(slots), slots, prompt: Prompt::default() };
        }
    }

    /// A grammar, compiled when it is first asked for.
    fn grammar(&mut self, pattern: &str) -> Result<Grammar, GrammarError> {
        match self.grammars.remove(pattern) {
            Some(grammar) => Ok(grammar),
            None => Grammar::new(pattern, &self.vocabulary),
        }
    }
}

impl Generation<'_> {
    /// Gives every trace that is not done its next token; nothing when all are done.
    ///
    /// # Errors
    /// If the model's numbers are not finite, or the device fails.
    pub async fn step(&mut self) -> Result<Vec<Token>, VlmError> {
        self.advance().await?;
        let mut tokens = Vec::new();
        let end = self.vlm.processor.eos();
        for (index, trace) in self.traces.iter_mut().enumerate().filter(|(_, trace)| !trace.done) {
            let left = self.most - trace.completion.tokens.len();
            let grammar = self.grammar.as_mut().map(|(_, grammar)| grammar).zip(trace.state);
            let choice = match grammar {
                Some((grammar, state)) => {
                    let choice = trace.sampler.sample(&trace.logits, Some(grammar.allowed(state, left)))?;
                    trace.state = Some(grammar.advance(state, choice.token));
                    choice
                }
                None => trace.sampler.sample(&trace.logits, None)?,
            };
            trace.logits.clear();
            let completion = &mut trace.completion;
            completion.tokens.push(choice.token);
            completion.log_probabilities.push(choice.log_probability);
            completion.bent += usize::from(choice.bent);
            let ended = choice.token == end;
            // Where the grammar leaves nothing but the end, the model need not be asked for it.
            let over = self.grammar.as_mut().zip(trace.state).is_some_and(|((_, grammar), state)| {
                !ended && grammar.allowed(state, left - 1).only() == Some(end)
            });
            trace.done = ended || over || completion.tokens.len() == self.most;
            tokens.push((index, choice));
        }
        let token = |(trace, choice): (usize, Choice)| Token {
            trace,
            id: choice.token,
            text: self.text(trace),
            log_probability: choice.log_probability,
            bent: choice.bent,
        };
        Ok(tokens.into_iter().map(token).collect())
    }

    /// Computes the logits after the last tokens, all traces in one batch.
    async fn advance(&mut self) -> Result<(), VlmError> {
        let count = self.traces.len();
        let waiting = |(_, trace): &(usize, &mut Trace)| !trace.done && trace.logits.is_empty();
        let mut active: Vec<(usize, &mut Trace)> =
            self.traces.iter_mut().enumerate().filter(waiting).collect();
        if active.is_empty() {
            return Ok(());
        }
        let mut ids = Vec::new();
        let mut sights = Vec::new();
        let mut positions = Vec::new();
        for (index, trace) in &active {
            let tokens = &trace.completion.tokens;
            let (written, first) = (tokens.len() - 1, self.prompt + index);
            ids.push(tokens[written]);
            positions.push(self.prompt + written);
            // The traces' slots lie side by side, token by token.
            let slot = first + written * count;
            sights.push(Sight { slot, shared: self.prompt, first, stride: count, count: written + 1 });
        }
        let Vlm { model, memory, .. } = &mut *self.vlm;
        let (rows, sights) = (model.decoder.embed(&ids), Sights::new(sights));
        let hidden = model.decoder.forward(rows, positions, View::Cached(&mut memory.caches, &sights));
        let logits = numbers(model.decoder.logits(hidden)).await?;
        let width = logits.len() / active.len();
        for ((_, trace), logits) in active.iter_mut().zip(logits.chunks_exact(width)) {
            trace.logits.extend_from_slice(logits);
        }
        Ok(())
    }

    /// The text of a trace so far, the end token left out.
    fn text(&self, trace: usize) -> String {
        let processor = &self.vlm.processor;
        let tokens = &self.traces[trace].completion.tokens;
        let bytes: Vec<u8> = tokens.iter().flat_map(|id| processor.piece(*id)).copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }

    /// What has been written.
    pub fn finish(mut self) -> Vec<Completion> {
        let texts: Vec<String> = (0..self.traces.len()).map(|trace| self.text(trace)).collect();
        let traces = std::mem::take(&mut self.traces).into_iter();
        traces.zip(texts).map(|(trace, text)| Completion { text, ..trace.completion }).collect()
    }
}

impl Drop for Generation<'_> {
    fn drop(&mut self) {
        if let Some((pattern, grammar)) = self.grammar.take() {
            self.vlm.grammars.insert(pattern, grammar);
        }
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
