//! Samples as the trainer reads them: token ids, frames and labels in blocks through a pipe.
//!
//! A block is little-endian: `u32` [`MAGIC`], kind, rows, length, whether there are images; then the ids
//! `u16 [rows][length]`, padded on the right; how many of them are the prompt, `u16 [rows]`; how many
//! there are, `u16 [rows]`; and for images the frames `u8 [rows][96][96][3]` and the labels of their
//! cells `u8 [rows][144][3]` (see [`super::executor::cells`]).

use super::executor::{Executor, Sample, Source, cells};
use super::wording::Split;
use super::{strategist, teacher};
use crate::agent::prompt;
use crate::env::Environment;
use crate::frame::{Frame, SIZE};
use crate::games::Episode;
use crate::mind::Message;
use crate::vlm::folder::ModelError;
use crate::vlm::processor::Processor;
use rand::{Rng, RngExt, SeedableRng};
use rand_pcg::Pcg32;
use std::io::{self, Write};
use std::ops::Range;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// The first word of every block.
pub const MAGIC: u32 = 0x5352_5752;

/// What a block holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Kind {
    /// 0 begins a step of the trainer.
    number: u32,
    rows: usize,
    /// Most tokens a row.
    length: usize,
    images: bool,
}

/// A step of the trainer: votes, reflections, and looks at the board; the first two by length, so that little is padding. As many come in
/// each length as there are: lengths are such that a fifth of the votes, and a quarter of the
/// reflections, fit each.
const STEP: [Kind; 10] = {
    const fn votes(number: u32, length: usize) -> Kind {
        Kind { number, rows: 5, length, images: true }
    }
    const fn reflections(length: usize) -> Kind {
        Kind { number: 1, rows: 3, length, images: false }
    }
    [
        votes(0, 168),
        votes(2, 192),
        votes(2, 216),
        votes(2, 248),
        votes(2, 352),
        reflections(136),
        reflections(192),
        reflections(272),
        reflections(448),
        Kind { number: 3, rows: 6, length: 168, images: true },
    ]
};
/// The kinds of votes, and of reflections.
const VOTES: Range<usize> = 0..5;
const REFLECTIONS: Range<usize> = 5..9;
/// Where things are: what a vote says little of and needs all the time.
const LOOKS: Range<usize> = 9..10;

/// A row in the making.
struct Row {
    ids: Vec<u32>,
    prompt: usize,
    picture: Option<(Frame, Vec<[u8; 3]>)>,
}

/// What is drawn: for training, or for watching how training goes.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Which samples: the same seed gives the same blocks, whatever the number of threads.
    pub seed: u64,
    /// Threads that draw.
    pub threads: usize,
    /// How many times the rows of a step on a small machine.
    pub scale: usize,
    /// Whether to draw what is not trained on: unseen games and held-out sprites.
    pub valid: bool,
}

/// Writes blocks until nobody reads any more.
///
/// # Errors
/// If the tokenizer can't encode a text, or writing fails other than by the reader's end.
pub fn write(processor: &Arc<Processor>, plan: Plan, out: &mut impl Write) -> Result<(), ModelError> {
    let threads = plan.threads.max(1);
    let lanes: Vec<Receiver<Result<Vec<u8>, ModelError>>> = (0..threads)
        .map(|_| sync_channel(2))
        .enumerate()
        .map(|(lane, (sender, receiver))| {
            let processor = Arc::clone(processor);
            std::thread::spawn(move || draw(&processor, plan, lane as u64, &sender));
            receiver
        })
        .collect();
    // In turn, so that the order does not depend on who is quick.
    for lane in lanes.iter().cycle() {
        let Ok(step) = lane.recv() else { break };
        match out.write_all(&step?) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
            Err(error) => return Err(ModelError::new("samples", error)),
            Ok(()) => {}
        }
    }
    Ok(())
}

/// Draws steps of one lane.
fn draw(processor: &Processor, plan: Plan, lane: u64, sender: &SyncSender<Result<Vec<u8>, ModelError>>) {
    let mut lane = Lane::new(processor, plan, lane);
    while sender.send(lane.step()).is_ok() {}
}

struct Lane<'a> {
    processor: &'a Processor,
    scale: usize,
    rng: Pcg32,
    players: Vec<Executor>,
    /// Rows that wait for their block, as [`STEP`] lists them.
    waiting: [Vec<Row>; STEP.len()],
}

impl<'a> Lane<'a> {
    /// Episodes that a lane draws from by turns: neighbours in a block are not of one game.
    const BOARDS: usize = 240;
    const DESKS: usize = 48;

    fn new(processor: &'a Processor, plan: Plan, lane: u64) -> Self {
        let mut rng = Pcg32::seed_from_u64(plan.seed ^ lane.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let source = |i: usize| match (i, plan.valid) {
            (i, _) if i < Self::DESKS => Source::Desk(i),
            (i, true) if i.is_multiple_of(2) => Source::Unseen,
            (_, true) => Source::Pairs,
            _ => Source::Training,
        };
        let players = (0..Self::BOARDS + Self::DESKS)
            .map(|i| Executor::new(source(i), Split::Train, None, rng.next_u64()))
            .collect();
        Self { processor, scale: plan.scale.max(1), rng, players, waiting: Default::default() }
    }

    fn step(&mut self) -> Result<Vec<u8>, ModelError> {
        while VOTES.into_iter().any(|kind| self.lacks(kind)) {
            let player = self.rng.random_range(0..self.players.len() as u32) as usize;
            let sample = self.players[player].sample();
            let row = self.vote(&sample)?;
            self.keep(row, VOTES);
        }
        while REFLECTIONS.into_iter().any(|kind| self.lacks(kind)) {
            let sample = strategist::sample(&mut self.rng, Split::Train);
            let talk = prompt::reflection(&sample.rules, &sample.digest);
            let row = self.row(&talk, &sample.answer.to_string(), None)?;
            self.keep(row, REFLECTIONS);
        }
        while LOOKS.into_iter().any(|kind| self.lacks(kind)) {
            let player = self.rng.random_range(Self::DESKS as u32..self.players.len() as u32) as usize;
            let episode = self.players[player].sample().episode;
            if let Episode::Arcade(arcade) = &episode {
                let picture = Some((episode.frame(), cells(&episode)));
                let row = self.row(&prompt::look(episode.frame()), &teacher::look(arcade), picture)?;
                self.keep(row, LOOKS);
            }
        }
        let mut bytes = Vec::new();
        let pad = self.processor.token_id("<pad>").unwrap_or_default();
        for (kind, rows) in STEP.iter().zip(&mut self.waiting) {
            block(kind, rows.drain(..kind.rows * self.scale).collect(), pad as u16, &mut bytes);
        }
        Ok(bytes)
    }

    fn lacks(&self, kind: usize) -> bool {
        self.waiting[kind].len() < STEP[kind].rows * self.scale
    }

    /// Puts a row with those of its length. Where many wait already it is left out, and so is what is
    /// too long.
    fn keep(&mut self, row: Row, kinds: Range<usize>) {
        if let Some(kind) = kinds.into_iter().find(|&kind| row.ids.len() <= STEP[kind].length)
            && self.waiting[kind].len() < 8 * self.scale * STEP[kind].rows
        {
            self.waiting[kind].push(row);
        }
    }

    fn vote(&self, sample: &Sample) -> Result<Row, ModelError> {
        let frame = sample.frame();
        let talk = prompt::vote(&sample.rules, frame.clone(), &sample.status(), sample.actions());
        self.row(&talk, &sample.decision.text, Some((frame, cells(&sample.episode))))
    }

    fn row(
        &self,
        talk: &[Message],
        answer: &str,
        picture: Option<(Frame, Vec<[u8; 3]>)>,
    ) -> Result<Row, ModelError> {
        let mut ids = self.processor.prompt(talk)?.ids;
        let prompt = ids.len();
        ids.extend(self.processor.encode(answer)?);
        ids.push(self.processor.eos());
        Ok(Row { ids, prompt, picture })
    }
}

fn block(kind: &Kind, rows: Vec<Row>, pad: u16, out: &mut Vec<u8>) {
    for word in [MAGIC, kind.number, rows.len() as u32, kind.length as u32, u32::from(kind.images)] {
        out.extend(word.to_le_bytes());
    }
    for row in &rows {
        let padding = std::iter::repeat_n(pad, kind.length - row.ids.len());
        for id in row.ids.iter().map(|&id| id as u16).chain(padding) {
            out.extend(id.to_le_bytes());
        }
    }
    let mut counts = |count: fn(&Row) -> usize| {
        rows.iter().for_each(|row| out.extend((count(row) as u16).to_le_bytes()));
    };
    counts(|row| row.prompt);
    counts(|row| row.ids.len());
    if kind.images {
        out.reserve(rows.len() * SIZE * SIZE * 3);
        rows.iter().flat_map(|row| &row.picture).for_each(|(frame, _)| out.extend_from_slice(frame.rgb()));
        rows.iter()
            .flat_map(|row| &row.picture)
            .for_each(|(_, cells)| cells.iter().for_each(|cell| out.extend_from_slice(cell)));
    }
}
