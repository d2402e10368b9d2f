//! A decision as a piece of text, to be kept for as long as a rule rests on it: its frame, what the agent knew, and
//! the ballots are there again when somebody wants to see the evidence.

use super::executor::Vote;
use super::memory::Memory;
use super::schedule::Verdict;
use super::trace::Meeting;
use super::{Decision, Dynamics};
use crate::env::{Action, Outcome, Status};
use crate::frame::Packed;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use miniz_oxide::{deflate::compress_to_vec, inflate::decompress_to_vec_with_limit};
use serde::{Deserialize, Serialize};

/// How hard text is compressed: what a page stores is packed while the agent plays.
const LEVEL: u8 = 4;
/// The most bytes that a decision may unpack to.
const MOST_UNPACKED: usize = 1024 * 1024;

/// What is kept of a decision besides its frame: all that led to its outcome. Short names do not pay, and what became of
/// the agent by it is left out: the rulebook's log tells that.
#[derive(Serialize, Deserialize)]
struct Kept(u32, Status, [Vec<Action>; 2], Memory, Vote, Outcome, Option<Vec<Meeting>>, Verdict);

/// The text of a decision.
///
/// # Errors
/// One sentence, if it can't be written.
pub fn pack(decision: &Decision) -> Result<String, String> {
    let Decision { number, outcome, .. } = *decision;
    let mut own = decision.clone();
    let offered = [own.actions, own.in_vain];
    let kept = Kept(number, own.status, offered, own.memory, own.vote, outcome, own.second_look, own.verdict);
    let text = serde_json::to_string(&kept).map_err(|e| format!("It can't be written: {e}."))?;
    let frame = own.frame.put_aside();
    let parts = [&compress_to_vec(text.as_bytes(), LEVEL), frame.bytes()];
    Ok(parts.map(|part| STANDARD_NO_PAD.encode(part)).join("."))
}

/// The decision of a text, without what became of the agent by it.
///
/// # Errors
/// One sentence, if it is damaged, or of another version of Rulewright.
pub fn unpack(text: &str) -> Result<Decision, String> {
    let read = || {
        let (text, frame) = text.split_once('.')?;
        let packed = STANDARD_NO_PAD.decode(text).ok()?;
        let text = decompress_to_vec_with_limit(&packed, MOST_UNPACKED).ok()?;
        let Kept(number, status, [actions, in_vain], memory, vote, outcome, second_look, verdict) =
            serde_json::from_str(str::from_utf8(&text).ok()?).ok()?;
        let frame = Packed::new(STANDARD_NO_PAD.decode(frame).ok()?)?.frame();
        Some(Decision {
            number,
            frame,
            status,
            actions,
            in_vain,
            memory,
            vote,
            outcome,
            second_look,
            settled: Vec::new(),
            verdict,
            reflection: None,
            events: Vec::new(),
            dynamics: Dynamics::default(),
        })
    };
    read().ok_or_else(|| "What was kept of this decision can't be read any more.".into())
}
