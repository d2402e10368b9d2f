//! Learning dynamics: what is recorded for every decision, to draw how the strategy shifts.
//!
//! | | |
//! |---|---|
//! | coherence | the share of this decision's ballots, unreadable ones included, that agree with the majority |
//! | majority ratio | the same share among those that could be read |
//! | change | whether the action differs from the one that the frozen agent, without rules, votes for on the same frame with the same seeds; over many decisions, the share that does |
//! | entropy | of the votes over the actions, in nats: 0 when all agree |
//! | reward | the mean of the ballots' rewards, coherence mapped to -1..1 |
//! | KL | the divergence of the adapted model from the frozen one, in nats a token, at the last update |
//! | model's entropy | of the adapted model's own distribution, in nats a token, at the last update |
//! | score | points since the agent began, over all episodes |
//! | rules | how many are hypotheses, confirmed, and retired |
//! | tokens | read and written by each part, since the agent began |
//! | bent | tokens that a grammar chose otherwise than the model would have, since the agent began |
//!
//! All but the change are known of every decision; that takes a second vote, so it is asked for every so many.

use super::executor::{Tally, Vote};
use super::rulebook::{Rulebook, Status};
use serde::{Deserialize, Serialize};

/// One decision's point on every curve.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Dynamics {
    /// The share of ballots that agree with the majority.
    pub coherence: f32,
    /// The same among those that could be read; 0 if none could.
    pub majority_ratio: f32,
    /// Whether the frozen agent without rules would do something else; none if it was not asked.
    pub change: Option<bool>,
    /// Of the votes, in nats.
    pub entropy: f32,
    /// The mean reward; none if nobody could be read.
    pub reward: Option<f32>,
    /// In nats a token, at the last update.
    pub kl: Option<f32>,
    /// The model's own entropy, in nats a token, at the last update.
    pub model_entropy: Option<f32>,
    /// Points since the agent began.
    pub score: i32,
    /// Rules by status.
    pub rules: Rules,
    /// Tokens by part, since the agent began.
    pub tokens: Tokens,
    /// Tokens that a grammar chose otherwise than the model would have, since the agent began.
    #[serde(default)]
    pub bent: u64,
}

/// How many rules there are of each status.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Rules {
    /// Guesses.
    pub hypotheses: usize,
    /// Relied on.
    pub confirmed: usize,
    /// Gone.
    pub retired: usize,
}

impl Rules {
    /// Counts a rulebook's.
    pub fn of(book: &Rulebook) -> Self {
        let count = |status: Status| book.rules().iter().filter(|rule| rule.status == status).count();
        Self {
            hypotheses: count(Status::Hypothesis),
            confirmed: count(Status::Confirmed),
            retired: count(Status::Retired),
        }
    }
}

/// Tokens read and written by each part.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Tokens {
    /// By the executor's votes.
    pub votes: u64,
    /// By the strategist.
    pub reflections: u64,
    /// By second looks at what was not foreseen.
    #[serde(default)]
    pub looks: u64,
    /// By learning, as far as it is trained on.
    pub learning: u64,
    /// By the frozen agent that the change is measured against; no part of the agent needs it.
    pub comparison: u64,
}

impl Tokens {
    /// What the agent itself spent.
    pub fn total(&self) -> u64 {
        self.votes + self.reflections + self.looks + self.learning
    }
}

/// The entropy of the votes over the actions, in nats.
pub fn entropy(tally: &Tally) -> f32 {
    let readable = tally.readable() as f32;
    let shares = tally.counts.iter().map(|&(_, votes, _)| votes as f32 / readable);
    // From 0, as a sum of none is -0.
    shares.fold(0.0, |sum, share| sum - share * share.ln())
}

impl Dynamics {
    /// What a vote alone shows.
    pub fn of(vote: &Vote) -> Self {
        let (votes, readable) = (vote.tally.votes() as f32, vote.tally.readable());
        let rewards: Option<Vec<f32>> = vote.ballots.iter().map(|ballot| ballot.reward).collect();
        let mean = |rewards: Vec<f32>| rewards.iter().sum::<f32>() / rewards.len() as f32;
        Self {
            coherence: votes / vote.ballots.len().max(1) as f32,
            majority_ratio: votes / readable.max(1) as f32,
            entropy: entropy(&vote.tally),
            reward: rewards.filter(|rewards| !rewards.is_empty()).map(mean),
            ..Self::default()
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::agent::executor::{Ballot, majority};
    use crate::agent::mctrl::reward;
    use crate::env::Action::{self, Down, Up};

    fn vote(actions: &[Option<Action>]) -> Vote {
        let tally = majority(&actions.iter().map(|action| (*action, -1.0)).collect::<Vec<_>>(), 0);
        let ballot = |&action: &Option<Action>| Ballot {
            text: String::new(),
            tokens: vec![],
            log_probability: -1.0,
            bent: 0,
            action,
            reward: tally.winner().map(|winner| reward(action, winner)),
        };
        let ballots = actions.iter().map(ballot).collect();
        Vote { ballots, action: tally.winner().unwrap_or(Action::Wait), tally, tokens: 0 }
    }

    #[test]
    fn a_vote_shows_coherence_ratio_entropy_and_reward() {
        let mixed = Dynamics::of(&vote(&[Some(Up), Some(Up), Some(Down), None]));
        assert_eq!((mixed.coherence, mixed.majority_ratio, mixed.reward), (0.5, 2.0 / 3.0, Some(0.0)));
        assert!((mixed.entropy - 0.6365).abs() < 1e-4, "{}", mixed.entropy);
        let sure = Dynamics::of(&vote(&[Some(Up), Some(Up)]));
        assert_eq!((sure.coherence, sure.entropy, sure.reward), (1.0, 0.0, Some(1.0)));
        assert_eq!(Dynamics::of(&vote(&[None, None])), Dynamics::default());
    }
}
