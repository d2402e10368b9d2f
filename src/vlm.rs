//! The model: a small Idefics3 (SmolVLM) vision-language model, of any size, on burn.
//!
//! A folder as Hugging Face lays it out becomes a [`Vlm`], which reads prompts with pictures, writes K
//! traces at once under a grammar, says where it looked, and learns by low-rank adapters. It knows pixels and
//! tokens, no rules.

pub mod adapter;
pub mod attention;
pub mod config;
pub mod crowd;
pub mod decoder;
pub mod folder;
pub mod generate;
pub mod grammar;
pub mod kernels;
pub mod layers;
pub mod learn;
pub mod mind;
pub mod model;
pub mod processor;
pub mod sampler;
pub mod vision;
pub mod weights;

use std::collections::HashMap;
use std::sync::Arc;

use burn::tensor::Device;

use crate::mind::{Policy, Purpose};
use adapter::Adapter;
use config::Config;
use folder::{Folder, ModelError};
use generate::Memory;
use grammar::{Grammar, GrammarError, Vocabulary};
use layers::{Builder, Precision};
use model::Model;
use processor::Processor;
use sampler::SamplerError;
use weights::Weights;

/// Why the model could not do what was asked, in one sentence.
#[derive(Debug, Clone, thiserror::Error)]
pub enum VlmError {
    /// The folder does not fit.
    #[error(transparent)]
    Folder(#[from] ModelError),
    /// The prompt and the answer don't fit the model.
    #[error(
        "the prompt of {prompt} tokens and an answer of {answer} are more than the model's {longest}: make the rulebook shorter"
    )]
    TooLong {
        /// Tokens in the prompt.
        prompt: usize,
        /// The most tokens the answer may have.
        answer: usize,
        /// What the model was made for.
        longest: usize,
    },
    /// The answer may not be as long as its grammar needs.
    #[error("an answer of {answer} tokens is too short for its grammar, which needs {least}")]
    TooShort {
        /// The most tokens the answer may have.
        answer: usize,
        /// What the grammar needs.
        least: usize,
    },
    /// More traces than fit the memory of a browser's tab.
    #[error("{asked} traces at once are too many; {most} can be written")]
    TooMany {
        /// What was asked for.
        asked: usize,
        /// What is possible.
        most: usize,
    },
    /// The prompt is empty, or its image tokens are not those of its images.
    #[error("the prompt has {tokens} image tokens for {images} images, or no tokens at all")]
    Prompt {
        /// Image tokens.
        tokens: usize,
        /// Images.
        images: usize,
    },
    /// A token is none that the model writes.
    #[error("the model does not write a token {token}")]
    NotWritten {
        /// The token.
        token: u32,
    },
    /// The grammar is not one.
    #[error(transparent)]
    Grammar(GrammarError),
    /// The model's numbers went wrong.
    #[error("{0}")]
    Sampler(SamplerError),
    /// There is nothing to learn from.
    #[error(
        "there is nothing to learn: no adapter is installed, nothing was written, or not every token has a weight"
    )]
    NothingToLearn,
    /// The device failed.
    #[error("the device failed while computing: {0}")]
    Device(String),
}

/// A vision-language model ready to read, write and learn.
pub struct Vlm {
    config: Config,
    processor: Processor,
    weights: Weights,
    device: Device,
    model: Model,
    /// The same network with gradients, made when there is first something to learn.
    student: Option<Model>,
    /// By player: one in a page, many in a [`crowd`](crowd::Crowd).
    adapters: HashMap<usize, Adapter>,
    vocabulary: Arc<Vocabulary>,
    grammars: HashMap<String, Grammar>,
    memory: Memory,
}

impl Vlm {
    /// Builds a model from a folder, on a device.
    ///
    /// # Errors
    /// If the folder does not fit; the sentence names the file and what is wrong.
    pub fn new(folder: &Folder, device: &Device, precision: Precision) -> Result<Self, ModelError> {
        let config = Config::new(folder)?;
        let weights = Weights::read(folder, &config)?;
        let processor = Processor::new(folder)?;
        let answers = config.answer_tokens() as u32;
        if processor.eos() >= answers {
            let problem = format!("`answer_tokens` is {answers}, but the end token is {}", processor.eos());
            return Err(ModelError::new("config.json", problem));
        }
        let vocabulary = Vocabulary::new((0..answers).map(|id| processor.piece(id)), processor.eos());
        let builder = Builder { weights: &weights, device, precision, leaves: None };
        Ok(Self {
            model: Model::new(&builder, &config),
            vocabulary: Arc::new(vocabulary),
            device: device.clone(),
            student: None,
            adapters: HashMap::new(),
            grammars: HashMap::new(),
            memory: Memory::default(),
            config,
            processor,
            weights,
        })
    }

    /// The model's sizes.
    pub fn config(&self) -> &Config {
        &self.config
    }

    /// Its tokens and pictures.
    pub fn processor(&self) -> &Processor {
        &self.processor
    }

    /// Its numbers.
    pub fn weights(&self) -> &Weights {
        &self.weights
    }

    /// Its network.
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Installs an adapter, or takes it away.
    ///
    /// # Errors
    /// If the adapter is another model's.
    pub fn adopt(&mut self, adapter: Option<Adapter>) -> Result<(), ModelError> {
        self.adopt_at(0, adapter)
    }

    /// The same for a player.
    fn adopt_at(&mut self, player: usize, adapter: Option<Adapter>) -> Result<(), ModelError> {
        if let Some(adapter) = &adapter {
            adapter.check(&self.config.text)?;
        }
        if self.adapters.get(&player) == adapter.as_ref() {
            return Ok(());
        }
        self.model.decoder.adopt(player, adapter.as_ref());
        match adapter {
            Some(adapter) => self.adapters.insert(player, adapter),
            None => self.adapters.remove(&player),
        };
        // What was computed before belongs to another model.
        self.memory.forget(player, Purpose::Vote(Policy::Adapted));
        Ok(())
    }

    /// The installed adapter.
    pub fn adapter(&self) -> Option<&Adapter> {
        self.adapters.get(&0)
    }
}
