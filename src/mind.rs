//! The door to the model: what is asked of it and what it answers, as plain data that can go to a
//! worker and back.

use serde::{Deserialize, Serialize};

use crate::frame::Frame;

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Role {
    /// The one who sets the rules.
    System,
    /// The one who asks.
    User,
    /// The model.
    Assistant,
}

/// A piece of a message.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Part {
    /// Words. A special token's name in them stays words: nobody's text can end a message or ask for
    /// pixels.
    Text(String),
    /// A picture.
    Image(Frame),
}

/// What one speaker says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Message {
    /// Who.
    pub role: Role,
    /// What, in order.
    pub parts: Vec<Part>,
}

/// How the model is to write: K traces go on from one prompt, each with a seed of its own.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Style {
    /// One seed a trace.
    pub seeds: Vec<u32>,
    /// 0 takes the likeliest token always; 1 draws as the model says.
    pub temperature: f32,
    /// Draw only among the likeliest tokens that together have this probability.
    pub top_p: f32,
    /// The most tokens a trace may have.
    pub most_tokens: usize,
    /// A regular expression that the text must match from its first to its last byte; any text if `None`.
    pub grammar: Option<String>,
}

/// A token that a trace has just got.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Token {
    /// Which trace.
    pub trace: usize,
    /// The token.
    pub id: u32,
    /// The trace's text up to and with this token.
    pub text: String,
    /// Its log-probability at temperature 1, whatever the grammar.
    pub log_probability: f32,
    /// Whether the grammar had to bend the model: its own draw was not allowed.
    pub bent: bool,
}

/// What a trace wrote.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Completion {
    /// The tokens, the end token included where the model drew it.
    pub tokens: Vec<u32>,
    /// One for each token, at temperature 1, whatever the grammar.
    pub log_probabilities: Vec<f32>,
    /// The text, without the end token.
    pub text: String,
    /// How many tokens the grammar had to bend.
    pub bent: usize,
}

/// What was written after one prompt, to learn from.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Lesson {
    /// The prompt.
    pub messages: Vec<Message>,
    /// The tokens of each trace, and how much each token is wanted there: more if positive, less if negative.
    pub traces: Vec<(Vec<u32>, Vec<f32>)>,
}

/// What learning is to make small besides the weighted log-likelihood's negative.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Objective {
    /// Weight of the divergence from the frozen model, KL(adapted || frozen), a token.
    pub kl: f32,
    /// Weight of the entropy, a token: positive makes the model surer.
    pub entropy: f32,
}

/// What a mind said to one prompt.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    /// One for each seed of the style, in their order.
    pub completions: Vec<Completion>,
    /// The prompt's tokens, a picture's included.
    pub read: usize,
}

impl Answer {
    /// What it cost: the tokens read and written.
    pub fn tokens(&self) -> usize {
        self.read + self.completions.iter().map(|completion| completion.tokens.len()).sum::<usize>()
    }
}

/// Which model is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Policy {
    /// With the adapter that was adopted last.
    Adapted,
    /// As it was before it learned anything.
    Frozen,
}

/// What a model is asked for. It may keep what it computed for each, so that none makes another's prompt be
/// computed again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum Purpose {
    /// Ballots.
    Vote(Policy),
    /// A reflection, always as the frozen model.
    Write,
}

/// What the model learned while playing, as plain data: a low-rank adapter that a seed makes, and what
/// was added to its numbers since.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Adapter {
    /// Rank of each correction.
    pub rank: usize,
    /// The correction is scaled by `alpha / rank`.
    pub alpha: f32,
    /// Makes the adapter's first numbers, which change nothing yet.
    pub seed: u64,
    /// What is added to those, in an order that the mind keeps to; empty for nothing.
    #[serde(with = "numbers")]
    pub change: Vec<f32>,
}

/// What learning found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Gradient {
    /// The slope of the loss, for each number of the adapter in the order of [`Adapter::change`].
    #[serde(with = "numbers")]
    pub values: Vec<f32>,
    /// How many tokens it was found on.
    pub tokens: usize,
    /// `-sum(weight * log-likelihood) / tokens + kl * KL + entropy * H`.
    pub loss: f32,
    /// The divergence from the frozen model, in nats a token.
    pub kl: f32,
    /// The entropy of the model's own distribution, in nats a token.
    pub entropy: f32,
}

/// Where the attention lay when a token was written: the mean over all heads and layers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Glance {
    /// What the token adds to the text; nothing if it is special.
    pub text: String,
    /// The share that each square of the picture got, row by row. A picture that is shown in tiles is
    /// shown as a whole too: then it is that one.
    #[serde(with = "numbers")]
    pub squares: Vec<f32>,
    /// The share that all pictures got; the rest went to words.
    pub picture: f32,
}

/// Many numbers as bytes: a browser hands them over at once, and not one by one.
mod numbers {
    use serde::{Deserializer, Serializer};

    pub fn serialize<S: Serializer>(numbers: &[f32], serializer: S) -> Result<S::Ok, S::Error> {
        let bytes: Vec<u8> = numbers.iter().flat_map(|number| number.to_le_bytes()).collect();
        serde_bytes::serialize(&bytes, serializer)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<f32>, D::Error> {
        let bytes: Vec<u8> = serde_bytes::deserialize(deserializer)?;
        let (numbers, _) = bytes.as_chunks();
        Ok(numbers.iter().map(|&number| f32::from_le_bytes(number)).collect())
    }
}

/// Why a mind could not do what was asked, in one sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, Serialize, Deserialize)]
#[error("{0}")]
pub struct MindError(pub String);

/// The only door from the agent to a model: the model itself natively, a pool of workers in the page, a
/// script in tests. Whoever asks waits for the answer; nothing needs to cross a thread.
#[allow(async_fn_in_trait)]
pub trait Mind {
    /// Writes a ballot for each seed of the style.
    async fn vote(&mut self, prompt: &[Message], style: &Style, policy: Policy) -> Result<Answer, MindError>;

    /// Writes a reflection, as the frozen model: learning to act does not touch how rules are written.
    async fn write(&mut self, prompt: &[Message], style: &Style) -> Result<Answer, MindError>;

    /// The gradients of the objective for the adopted adapter; one a worker, each over its share of the
    /// lessons. The adapter stays as it is.
    async fn learn(&mut self, lessons: &[Lesson], objective: Objective) -> Result<Vec<Gradient>, MindError>;

    /// Takes up an adapter in place of the last one, or none.
    async fn adopt(&mut self, adapter: Option<&Adapter>) -> Result<(), MindError>;
}
