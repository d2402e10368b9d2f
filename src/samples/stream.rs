//! Samples as the trainer reads them: token ids, frames and labels in blocks through a pipe.
//!
//! A block is little-endian: `u32` [`MAGIC`], kind, rows, length, whether there are images; then the ids
//! `u16 [rows][length]`, padded on the right, the highest bit set in those that are [`UNLEARNED`]; how many
//! of them are the prompt, `u16 [rows]`; how many there are, `u16 [rows]`; and for images the frames
//! `u8 [rows][96][96][3]` and the labels of their cells `u8 [rows][144][9]` (see [`Label`]; [`odd::UNNAMED`] where
//! something has no name).

use super::executor::{BLOCKED, Executor, ODD, ROUNDABOUT, Sample, Source};
use super::labels::Label;
use super::odd::{self, Odd};
use super::wording::Split;
use super::{strategist, teacher};
use crate::agent::prompt;
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
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};

/// The first word of every block.
pub const MAGIC: u32 = 0x5352_5752;

/// Marks a word of an answer that is read and not learned.
pub const UNLEARNED: u32 = 1 << 15;

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

/// A step of the trainer: votes, reflections, and looks at the board; the first two by length, so that little
/// is padding. As many come in each length as there are: lengths are such that a fifth of the votes, and a
/// quarter of the reflections, fit each.
const STEP: [Kind; 10] = {
    const fn votes(number: u32, length: usize) -> Kind {
        Kind { number, rows: 6, length, images: true }
    }
    const fn reflections(length: usize) -> Kind {
        Kind { number: 1, rows: 3, length, images: false }
    }
    [
        votes(0, 188),
        votes(2, 228),
        votes(2, 256),
        votes(2, 300),
        votes(2, 424),
        reflections(144),
        reflections(216),
        reflections(296),
        reflections(488),
        Kind { number: 3, rows: 18, length: 168, images: true },
    ]
};
/// The kinds of votes, and of reflections.
const VOTES: Range<usize> = 0..5;
const REFLECTIONS: Range<usize> = 5..9;
/// Where things are, and which are nearest: what a vote says little of and needs all the time.
const LOOKS: Range<usize> = 9..10;

/// A row in the making.
#[derive(Debug, Clone, PartialEq)]
struct Row {
    ids: Vec<u32>,
    prompt: usize,
    picture: Option<(Frame, Vec<Label>)>,
}

/// What is drawn: for training, or for watching how training goes.
#[derive(Debug, Clone, Copy)]
pub struct Plan {
    /// Which samples: the same seed gives the same blocks, whatever the number of threads.
    pub seed: u64,
    /// Threads that draw, [`LANES`] at most.
    pub threads: usize,
    /// How many times the rows of a step on a small machine.
    pub scale: usize,
    /// Whether to draw other samples of the same kind than training has, whatever the seeds: to watch it by, and
    /// to choose the best by. (What the card's table measures, unseen games and held-out sprites, is no part
    /// of either.)
    pub valid: bool,
}

/// Streams of samples that take turns, a step each. As many always, so that the steps don't depend on how
/// many threads draw them.
pub const LANES: usize = 16;

/// What sets the seeds of watching apart from those of training.
const WATCHING: u64 = 0x7761_7463_6869_6e67;

/// What became of a stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Written {
    /// Steps written.
    pub steps: usize,
    /// Samples drawn for them that are longer than any block.
    pub too_long: usize,
}

type Step = Result<Vec<u8>, ModelError>;

/// Writes blocks until nobody reads any more.
///
/// # Errors
/// If the tokenizer can't encode a text, or writing fails other than by the reader's end.
pub fn write(processor: &Arc<Processor>, plan: Plan, out: &mut impl Write) -> Result<Written, ModelError> {
    let too_long = Arc::new(AtomicUsize::new(0));
    let (senders, lanes): (Vec<SyncSender<Step>>, Vec<Receiver<Step>>) =
        (0..LANES).map(|_| sync_channel(1)).unzip();
    let threads = plan.threads.clamp(1, LANES);
    let mut shares: Vec<Vec<(u64, SyncSender<Step>)>> = vec![Vec::new(); threads];
    for (lane, sender) in senders.into_iter().enumerate() {
        shares[lane % threads].push((lane as u64, sender));
    }
    for share in shares {
        let (processor, too_long) = (Arc::clone(processor), Arc::clone(&too_long));
        std::thread::spawn(move || draw(&processor, plan, &share, &too_long));
    }
    let mut steps = 0;
    // In turn, so that the order does not depend on who is quick.
    for lane in lanes.iter().cycle() {
        let Ok(step) = lane.recv() else { break };
        match out.write_all(&step?) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => break,
            Err(error) => return Err(ModelError::new("samples", error)),
            Ok(()) => steps += 1,
        }
    }
    Ok(Written { steps, too_long: too_long.load(Ordering::Relaxed) })
}

/// Draws steps of some lanes by turns, until nobody takes them.
fn draw(processor: &Processor, plan: Plan, share: &[(u64, SyncSender<Step>)], too_long: &AtomicUsize) {
    let mut lanes: Vec<Lane> = share.iter().map(|(lane, _)| Lane::new(processor, plan, *lane)).collect();
    loop {
        for (lane, (_, sender)) in lanes.iter_mut().zip(share) {
            let step = lane.step();
            too_long.fetch_add(std::mem::take(&mut lane.too_long), Ordering::Relaxed);
            if sender.send(step).is_err() {
                return;
            }
        }
    }
}

struct Lane<'a> {
    processor: &'a Processor,
    scale: usize,
    rng: Pcg32,
    players: Vec<Executor>,
    /// Rows that wait for their block, as [`STEP`] lists them.
    waiting: [Vec<Row>; STEP.len()],
    /// Samples that no block is long enough for.
    too_long: usize,
}

impl<'a> Lane<'a> {
    /// Episodes that a lane draws from by turns: neighbours in a block are not of one game.
    const BOARDS: usize = 240;
    const DESKS: usize = 48;

    fn new(processor: &'a Processor, plan: Plan, lane: u64) -> Self {
        // What training is watched by is as it is played.
        let (purpose, odd, roundabout) = if plan.valid { (WATCHING, 0, 0) } else { (0, ODD, ROUNDABOUT) };
        let mut rng = Pcg32::seed_from_u64(plan.seed ^ purpose ^ lane.wrapping_mul(0x9e37_79b9_7f4a_7c15));
        let source = |i: usize| if i < Self::DESKS { Source::Desk(i) } else { Source::Training };
        let players = (0..Self::BOARDS + Self::DESKS)
            .map(|i| Executor::new(source(i), Split::Train, None, rng.next_u64()))
            .map(|player| player.blocked(BLOCKED).odd(odd).roundabout(roundabout))
            .collect();
        let (scale, waiting) = (plan.scale.max(1), Default::default());
        Self { processor, scale, rng, players, waiting, too_long: 0 }
    }

    fn step(&mut self) -> Step {
        self.fill()?;
        let mut bytes = Vec::new();
        let pad = self.processor.token_id("<pad>").unwrap_or_default();
        for (kind, rows) in STEP.iter().zip(&mut self.waiting) {
            block(kind, rows.drain(..kind.rows * self.scale).collect(), pad as u16, &mut bytes);
        }
        Ok(bytes)
    }

    /// Draws rows until there are enough for every block of a step.
    fn fill(&mut self) -> Result<(), ModelError> {
        while VOTES.into_iter().any(|kind| self.lacks(kind)) {
            let player = self.rng.random_range(0..self.players.len() as u32) as usize;
            let sample = self.players[player].sample();
            let row = self.vote(&sample)?;
            self.keep(row, VOTES);
        }
        while REFLECTIONS.into_iter().any(|kind| self.lacks(kind)) {
            let sample = strategist::sample(&mut self.rng, Split::Train);
            let talk = prompt::reflection(&sample.rules, &sample.digest);
            let row = self.row(&talk, &sample.text, None, &[])?;
            self.keep(row, REFLECTIONS);
        }
        while LOOKS.into_iter().any(|kind| self.lacks(kind)) {
            let player = self.rng.random_range(Self::DESKS as u32..self.players.len() as u32) as usize;
            let (episode, odd) = self.players[player].look();
            if let Episode::Arcade(arcade) = &episode {
                let picture = odd::picture(&episode, &odd);
                let (question, answer) = if self.rng.random() {
                    (prompt::WHERE, teacher::look(arcade))
                } else {
                    (prompt::NEAREST, teacher::nearest(arcade))
                };
                let talk = prompt::look(picture.0.clone(), question);
                let row = self.row(&talk, &answer, Some(picture), &odd)?;
                self.keep(row, LOOKS);
            }
        }
        Ok(())
    }

    fn lacks(&self, kind: usize) -> bool {
        self.waiting[kind].len() < STEP[kind].rows * self.scale
    }

    /// Puts a row with those of its length. Where many wait already it is left out, and so is what is
    /// too long.
    fn keep(&mut self, row: Row, kinds: Range<usize>) {
        match kinds.into_iter().find(|&kind| row.ids.len() <= STEP[kind].length) {
            None => self.too_long += 1,
            Some(kind) if self.waiting[kind].len() < 8 * self.scale * STEP[kind].rows => {
                self.waiting[kind].push(row);
            }
            Some(_) => {}
        }
    }

    fn vote(&self, sample: &Sample) -> Result<Row, ModelError> {
        let picture = odd::picture(&sample.episode, &sample.odd);
        let talk = prompt::vote(&sample.rules, picture.0.clone(), &sample.status(), &sample.offered);
        self.row(&talk, &sample.decision.text, Some(picture), &sample.odd)
    }

    fn row(
        &self,
        talk: &[Message],
        answer: &str,
        picture: Option<(Frame, Vec<Label>)>,
        odd: &[Odd],
    ) -> Result<Row, ModelError> {
        let mut ids = self.processor.prompt(talk)?.ids;
        let prompt = ids.len();
        let word = |odd: &Odd| {
            let word = odd.unlearned();
            let id = self.processor.token_id(&word);
            id.ok_or_else(|| ModelError::new("tokenizer.json", format!("the word “{word}” is missing")))
        };
        // Where a rule is said again, too: that is a word less to learn by, and no other one.
        let unlearned = odd.iter().map(word).collect::<Result<Vec<u32>, _>>()?;
        let marked = |id: u32| if unlearned.contains(&id) { id | UNLEARNED } else { id };
        ids.extend(self.processor.encode(answer)?.into_iter().map(marked));
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

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::games::sprite::Sprite;
    use crate::vlm::config::Config;
    use crate::vlm::folder::Folder;
    use std::collections::BTreeSet;
    use std::path::Path;

    const PIXELS: usize = SIZE * SIZE * 3;
    const CELLS: usize = 144 * size_of::<Label>();

    fn processor() -> Arc<Processor> {
        let folder = Path::new("assets/model");
        Arc::new(Processor::new(&Folder::read(folder).unwrap()).unwrap())
    }

    /// A reader that goes away after so many steps.
    struct Reader(Vec<u8>, usize);

    impl Write for Reader {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            if self.1 == 0 {
                return Err(io::ErrorKind::BrokenPipe.into());
            }
            self.1 -= 1;
            self.0.write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn steps(plan: Plan, count: usize) -> (Vec<u8>, Written) {
        let mut reader = Reader(Vec::new(), count);
        let written = write(&processor(), plan, &mut reader).unwrap();
        (reader.0, written)
    }

    /// Takes so many bytes off the front.
    fn take<'a>(bytes: &mut &'a [u8], count: usize) -> &'a [u8] {
        let (first, rest) = bytes.split_at(count);
        *bytes = rest;
        first
    }

    fn shorts(bytes: &[u8]) -> Vec<u16> {
        bytes.as_chunks().0.iter().map(|two| u16::from_le_bytes(*two)).collect()
    }

    /// A row as the trainer gets it.
    #[derive(Debug, PartialEq)]
    struct Got {
        ids: Vec<u32>,
        prompt: usize,
        padding: Vec<u16>,
        /// The frame's numbers and its cells.
        picture: Option<(Vec<u8>, Vec<Label>)>,
    }

    /// Reads a block as the trainer does: its head, and its rows.
    fn read(bytes: &mut &[u8]) -> ([u32; 5], Vec<Got>) {
        let head = take(bytes, 20).as_chunks().0.iter().map(|four| u32::from_le_bytes(*four));
        let head: [u32; 5] = head.collect::<Vec<u32>>().try_into().unwrap();
        let [_, _, rows, length, images] = head.map(|word| word as usize);
        let ids = shorts(take(bytes, rows * length * 2));
        let (prompts, counts) = (shorts(take(bytes, rows * 2)), shorts(take(bytes, rows * 2)));
        let frames = take(bytes, rows * images * PIXELS);
        let cells = take(bytes, rows * images * CELLS);
        let row = |i: usize| {
            let (ids, padding) = ids[i * length..(i + 1) * length].split_at(counts[i].into());
            let picture = (images == 1).then(|| {
                let cells = cells[i * CELLS..(i + 1) * CELLS].as_chunks().0.to_vec();
                (frames[i * PIXELS..(i + 1) * PIXELS].to_vec(), cells)
            });
            let ids = ids.iter().map(|id| u32::from(*id)).collect();
            Got { ids, prompt: prompts[i].into(), padding: padding.to_vec(), picture }
        };
        (head, (0..rows).map(row).collect())
    }

    #[test]
    fn a_step_is_read_back_as_it_was_drawn() {
        let plan = Plan { seed: 5, threads: 2, scale: 2, valid: false };
        let (bytes, written) = steps(plan, 1);
        assert_eq!(written.steps, 1);
        let folder = Folder::read(Path::new("assets/model")).unwrap();
        let answers = Config::new(&folder).unwrap().answer_tokens();
        let processor = processor();
        let pad = processor.token_id("<pad>").unwrap() as u16;
        let mut lane = Lane::new(&processor, plan, 0);
        lane.fill().unwrap();
        let mut left = &bytes[..];
        for (kind, drawn) in STEP.iter().zip(&lane.waiting) {
            let (head, got) = read(&mut left);
            let rows = 2 * kind.rows;
            assert_eq!(head, [MAGIC, kind.number, rows as u32, kind.length as u32, kind.images.into()]);
            let drawn = drawn[..rows].iter().cloned().map(|Row { ids, prompt, picture }| Got {
                padding: vec![pad; kind.length - ids.len()],
                picture: picture.map(|(frame, cells)| (frame.rgb().to_vec(), cells)),
                ids,
                prompt,
            });
            assert_eq!(got, drawn.collect::<Vec<_>>());
            got.iter().for_each(|row| is_sound(row, kind, &processor));
            let said = got.iter().flat_map(|row| &row.ids[row.prompt..]);
            let foreign = said.map(|id| id & !UNLEARNED).find(|id| *id as usize >= answers);
            assert_eq!(foreign.map(|id| processor.piece(id)), None, "no answer can be written with that");
            let odd = |row: &Got| row.ids.iter().any(|id| id & UNLEARNED != 0);
            assert_eq!(got.iter().any(odd), kind.images, "odd kinds are seen, and never read of");
        }
        assert!(left.is_empty());
    }

    /// A row's answer is whole, and the labels of its cells say what it says.
    fn is_sound(row: &Got, kind: &Kind, processor: &Processor) {
        assert_eq!(row.ids.last(), Some(&processor.eos()));
        assert!(row.ids[..row.prompt].iter().all(|id| id & UNLEARNED == 0));
        for id in row.ids.iter().filter(|&id| id & UNLEARNED != 0).map(|id| id & !UNLEARNED) {
            let word = String::from_utf8(processor.piece(id).to_vec()).unwrap();
            let mut names = Sprite::all().map(|sprite| sprite.to_string());
            assert!(names.any(|name| name.split(' ').any(|half| half == word.trim())), "{word}");
            assert!(
                !row.ids[row.prompt..].contains(&id),
                "{word} is learned in one place, and not in another"
            );
        }
        let pieces = row.ids[row.prompt..].iter().flat_map(|id| processor.piece(id & !UNLEARNED)).copied();
        let answer = String::from_utf8(pieces.collect()).unwrap();
        let votes = kind.images && kind.number != 3;
        assert_eq!(answer.contains("\naction: "), votes, "{answer}");
        let Some((_, cells)) = &row.picture else { return };
        if let Some(me) = answer.trim().strip_prefix("me ") {
            let at: Vec<usize> = me.split(['.', ',', ' ']).map_while(|word| word.parse().ok()).collect();
            assert_eq!(cells[at[1] * 12 + at[0]][0], 17, "the player is where it says: {answer}");
        }
    }

    #[test]
    fn the_number_of_threads_does_not_matter_and_watching_sees_other_samples() {
        let plan = Plan { seed: 5, threads: 1, scale: 1, valid: false };
        let (one, three) = (steps(plan, 3).0, steps(Plan { threads: 3, ..plan }, 3).0);
        assert_eq!(one, three);
        let [training, watching] = [false, true].map(|valid| {
            let bytes = steps(Plan { valid, ..plan }, 1).0;
            let mut left = &bytes[..];
            let blocks = STEP.iter().flat_map(|_| read(&mut left).1);
            blocks.map(|row| row.ids).collect::<BTreeSet<_>>()
        });
        assert_eq!(training.intersection(&watching).count(), 0);
    }
}
