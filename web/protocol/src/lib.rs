//! What the page and a worker say to each other: one enum each way, the same Rust at both ends.
//!
//! A worker says [`Reply::Ready`] when it can hear; the page then asks for a model, and after
//! [`Reply::Loaded`] gives it jobs. Jobs are done one after another; each ends in exactly one of
//! [`Reply::Written`], [`Reply::Looked`], [`Reply::Learned`], [`Reply::Adopted`], [`Reply::Cancelled`] and
//! [`Reply::Failed`].

use rulewright::mind::{
    Adapter, Completion, Glance, Gradient, Lesson, Message, Objective, Purpose, Style, Token,
};
use serde::{Deserialize, Serialize};

/// The number by which the page knows a job.
pub type Job = u32;

/// What the page asks of a worker.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Request {
    /// Load a model: fetch what is not in the browser's cache, check it, and warm up.
    Load(Source),
    /// Write K traces.
    Write {
        /// The job.
        job: Job,
        /// What for.
        purpose: Purpose,
        /// The prompt.
        messages: Vec<Message>,
        /// How to write.
        style: Style,
    },
    /// Find out where the attention lay when tokens were written.
    Look {
        /// The job.
        job: Job,
        /// The prompt.
        messages: Vec<Message>,
        /// What was written after it.
        tokens: Vec<u32>,
    },
    /// Compute a gradient for the adapter.
    Learn {
        /// The job.
        job: Job,
        /// From what.
        lessons: Vec<Lesson>,
        /// Towards what.
        objective: Objective,
    },
    /// Install an adapter, or take it away.
    Adopt {
        /// The job.
        job: Job,
        /// The adapter.
        adapter: Option<Adapter>,
    },
    /// Stop a job, or take it off the queue. It ends in [`Reply::Cancelled`] unless it is done already.
    Cancel {
        /// The job.
        job: Job,
    },
}

impl Request {
    /// The job that the request is about; none for the loading.
    pub fn job(&self) -> Option<Job> {
        match self {
            Self::Load(_) => None,
            Self::Write { job, .. }
            | Self::Look { job, .. }
            | Self::Learn { job, .. }
            | Self::Adopt { job, .. }
            | Self::Cancel { job } => Some(*job),
        }
    }
}

/// Where a model's folder is.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Source {
    /// At an absolute address with a slash at its end; its `SHA256SUMS` lists the files.
    Address(String),
    /// On the visitor's own disk.
    Files(Vec<LocalFile>),
}

/// A file that the visitor chose.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LocalFile {
    /// Its name.
    pub name: String,
    /// The browser's handle to it: its bytes are read in the worker.
    #[serde(with = "serde_wasm_bindgen::preserve")]
    pub handle: web_sys::File,
}

/// What a worker answers.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Reply {
    /// The worker can hear.
    Ready,
    /// Bytes of the model that are there, from the network or from the browser's cache.
    Progress {
        /// So many.
        bytes: u64,
        /// Of so many, where it is known.
        total: Option<u64>,
    },
    /// The model is loaded and warm.
    Loaded(About),
    /// Traces of a job got tokens: all since the last such reply, of which there are some 60 a second.
    Tokens {
        /// The job.
        job: Job,
        /// The tokens in the order in which they were drawn.
        tokens: Vec<Token>,
    },
    /// A job has written everything.
    Written {
        /// The job.
        job: Job,
        /// A completion a trace.
        completions: Vec<Completion>,
        /// What it cost.
        cost: Cost,
    },
    /// Where the attention lay is found.
    Looked {
        /// The job.
        job: Job,
        /// A glance a token.
        glances: Vec<Glance>,
    },
    /// A gradient was computed.
    Learned {
        /// The job.
        job: Job,
        /// What was found.
        learned: Gradient,
    },
    /// An adapter was installed or taken away.
    Adopted {
        /// The job.
        job: Job,
    },
    /// A job was stopped.
    Cancelled {
        /// The job.
        job: Job,
    },
    /// Something could not be done; the worker goes on.
    Failed {
        /// The job; `None` if it was the loading, or a request that nobody understands.
        job: Option<Job>,
        /// Why, in one sentence.
        problem: String,
    },
    /// The worker broke down; it answers no more.
    Broken {
        /// Why, in one sentence.
        problem: String,
    },
}

impl Reply {
    /// The job that the reply is about, if it is about one.
    pub fn job(&self) -> Option<Job> {
        match self {
            Self::Tokens { job, .. }
            | Self::Written { job, .. }
            | Self::Looked { job, .. }
            | Self::Learned { job, .. }
            | Self::Adopted { job }
            | Self::Cancelled { job } => Some(*job),
            Self::Failed { job, .. } => *job,
            Self::Ready | Self::Progress { .. } | Self::Loaded(_) | Self::Broken { .. } => None,
        }
    }

    /// Whether it is the last one about its job.
    pub fn is_end(&self) -> bool {
        self.job().is_some() && !matches!(self, Self::Tokens { .. })
    }
}

/// What a loaded model is and where it runs.
#[derive(Debug, Clone, Default, PartialEq, Serialize, Deserialize)]
pub struct About {
    /// The device in words: the graphics adapter's name, or the CPU.
    pub device: String,
    /// Parameters in all.
    pub parameters: u64,
    /// Parameters of the token table, which are in that number.
    pub table: u64,
    /// Layers of the eye and of the decoder.
    pub layers: (u32, u32),
    /// Side of the image in pixels, and the tokens that one takes.
    pub image: (u32, u32),
    /// Tokens that the model knows.
    pub vocabulary: u32,
    /// The longest sequence, in tokens.
    pub longest: u32,
    /// The files: name, size in bytes, SHA-256.
    pub files: Vec<(String, u64, String)>,
    /// Bytes that came over the network; the others were in the cache.
    pub downloaded: u64,
    /// Bytes of memory that the worker's program has taken; a graphics card's own come on top.
    pub memory: u64,
    /// Milliseconds to fetch and check the files, to build the model, and to warm it up.
    pub milliseconds: [f64; 3],
}

/// What a job cost.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Cost {
    /// Tokens in the prompt.
    pub prompt: u32,
    /// Of these, computed now; the others were still in the caches.
    pub computed: u32,
    /// Tokens written, all traces together.
    pub written: u32,
    /// Milliseconds until every trace had its first token.
    pub first: f64,
    /// Milliseconds for everything after it.
    pub rest: f64,
}
