//! The executor: asks for K ballots, reads them, and takes the majority's action.

use super::mctrl::reward;
use super::prompt;
use super::seed::{Use, seed};
use crate::env::Action;
use crate::mind::{Completion, Message, Mind, MindError, Policy, Style};
use serde::{Deserialize, Serialize};

/// How the executor votes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Voting {
    /// How many ballots: K.
    pub votes: usize,
    /// How freely they are written.
    pub temperature: f32,
    /// Among the likeliest tokens that together have this probability.
    pub top_p: f32,
    /// The most tokens of a ballot.
    pub most_tokens: usize,
    /// Whether a ballot has to end in a legal action.
    pub grammar: bool,
}

impl Default for Voting {
    fn default() -> Self {
        Self { votes: 3, temperature: 0.7, top_p: 1.0, most_tokens: 240, grammar: true }
    }
}

/// A ballot.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Ballot {
    /// What was written.
    pub text: String,
    /// Its tokens.
    pub tokens: Vec<u32>,
    /// The sum of its tokens' log-probabilities.
    pub log_probability: f32,
    /// How many of its tokens the grammar had to bend.
    pub bent: usize,
    /// The action; none if it cannot be read.
    pub action: Option<Action>,
    /// Whether it agrees with the majority; none if nobody can be read.
    pub reward: Option<f32>,
}

impl Ballot {
    /// Reads what a mind wrote.
    pub fn new(written: Completion, actions: &[Action]) -> Self {
        Self {
            action: prompt::action(&written.text, actions),
            log_probability: written.log_probabilities.iter().sum(),
            text: written.text,
            tokens: written.tokens,
            bent: written.bent,
            reward: None,
        }
    }
}

/// What the ballots say together.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Tally {
    /// Every action that was voted for, with its votes and their summed log-probability; the winner
    /// first.
    pub counts: Vec<(Action, usize, f32)>,
    /// Ballots without an action.
    pub abstentions: usize,
    /// What settled it.
    pub settled: Settled,
}

/// What settled a vote.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub enum Settled {
    /// Nobody could be read: the idle action is taken.
    #[default]
    Nobody,
    /// There was one readable ballot.
    LoneVoter,
    /// One action had the most votes.
    Majority,
    /// Of several with the most votes, the one with the highest summed log-probability.
    Likelihood,
    /// Even that was equal: the seed chose.
    Seed,
}

impl Tally {
    /// The action that won.
    pub fn winner(&self) -> Option<Action> {
        self.counts.first().map(|&(action, ..)| action)
    }

    /// The winner's votes.
    pub fn votes(&self) -> usize {
        self.counts.first().map_or(0, |&(_, votes, _)| votes)
    }

    /// Readable ballots.
    pub fn readable(&self) -> usize {
        self.counts.iter().map(|&(_, votes, _)| votes).sum()
    }

    /// Whether there is agreement to learn from: at least two ballots, and more than for any other action.
    pub fn is_agreed(&self) -> bool {
        self.settled == Settled::Majority && self.votes() > 1
    }
}

/// Counts votes. Ties go by summed log-probability, then by the seed; abstentions count for nothing.
pub fn majority(ballots: &[(Option<Action>, f32)], seed: u64) -> Tally {
    let mut counts: Vec<(Action, usize, f32)> = Vec::new();
    for &(action, log_probability) in ballots {
        let Some(action) = action else { continue };
        // What is no number speaks for nothing.
        let log_probability = if log_probability.is_nan() { f32::NEG_INFINITY } else { log_probability };
        match counts.iter_mut().find(|(known, ..)| *known == action) {
            Some((_, votes, sum)) => (*votes, *sum) = (*votes + 1, *sum + log_probability),
            None => counts.push((action, 1, log_probability)),
        }
    }
    let abstentions = ballots.len() - counts.iter().map(|(_, votes, _)| votes).sum::<usize>();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then(b.2.total_cmp(&a.2)).then(a.0.cmp(&b.0)));
    let Some(&(_, most, likeliest)) = counts.first() else {
        return Tally { abstentions, ..Tally::default() };
    };
    let tied = counts.iter().filter(|(_, votes, _)| *votes == most).count();
    let equal = counts.iter().filter(|(_, votes, sum)| (*votes, *sum) == (most, likeliest)).count();
    let settled = match (ballots.len() - abstentions, tied, equal) {
        (1, ..) => Settled::LoneVoter,
        (_, 1, _) => Settled::Majority,
        (_, _, 1) => Settled::Likelihood,
        _ => Settled::Seed,
    };
    if settled == Settled::Seed {
        counts[..equal].rotate_left((seed % equal as u64) as usize);
    }
    Tally { counts, abstentions, settled }
}

/// A vote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Vote {
    /// The ballots, in the order of their seeds.
    pub ballots: Vec<Ballot>,
    /// What they say together.
    pub tally: Tally,
    /// What is done: the winner, or the idle action.
    pub action: Action,
    /// The prompt's tokens and the ballots'.
    pub tokens: usize,
}

impl Vote {
    /// The ballot that speaks for the agent: the likeliest of those that won; none if nobody can be read.
    pub fn speaker(&self) -> Option<&Ballot> {
        let won = self.ballots.iter().filter(|ballot| ballot.action == self.tally.winner());
        let won = won.filter(|ballot| ballot.action.is_some());
        // The first of equals.
        won.reduce(|best, next| if next.log_probability > best.log_probability { next } else { best })
    }

    /// The prompt's tokens.
    pub fn read(&self) -> usize {
        self.tokens.saturating_sub(self.ballots.iter().map(|ballot| ballot.tokens.len()).sum())
    }

    /// The agent's own words: the speaker's text, or nothing.
    pub fn text(&self) -> &str {
        self.speaker().map_or("", |ballot| &ballot.text)
    }
}

/// Asks for ballots and counts them; where none can be read the idle action is taken, be it among those or not.
///
/// # Errors
/// If the mind fails.
pub async fn vote<M: Mind>(
    mind: &mut M,
    prompt: &[Message],
    (actions, idle): (&[Action], Action),
    voting: &Voting,
    (root, at): (u64, u32),
    policy: Policy,
) -> Result<Vote, MindError> {
    let style = Style {
        seeds: (0..voting.votes as u32).map(|place| seed(root, at, Use::Ballot(place)) as u32).collect(),
        temperature: voting.temperature,
        top_p: voting.top_p,
        most_tokens: voting.most_tokens,
        grammar: voting.grammar.then(|| prompt::ballot(actions)),
    };
    let answer = mind.vote(prompt, &style, policy).await?;
    let tokens = answer.tokens();
    let mut ballots: Vec<Ballot> =
        answer.completions.into_iter().map(|written| Ballot::new(written, actions)).collect();
    let votes: Vec<_> = ballots.iter().map(|ballot| (ballot.action, ballot.log_probability)).collect();
    let tally = majority(&votes, seed(root, at, Use::Tie));
    if let Some(winner) = tally.winner() {
        ballots.iter_mut().for_each(|ballot| ballot.reward = Some(reward(ballot.action, winner)));
    }
    let action = tally.winner().unwrap_or(idle);
    Ok(Vote { ballots, tally, action, tokens })
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use Action::{Down, Left, Up};
    use proptest::prelude::*;
    use strum::VariantArray;

    fn settled(ballots: &[(Option<Action>, f32)], seed: u64) -> (Option<Action>, Settled) {
        let tally = majority(ballots, seed);
        (tally.winner(), tally.settled)
    }

    #[test]
    fn the_most_votes_win_whatever_their_likelihood() {
        let tally = majority(&[(Some(Up), -9.0), (Some(Down), -0.1), (Some(Up), -9.0), (None, 0.0)], 0);
        assert_eq!((tally.winner(), tally.settled), (Some(Up), Settled::Majority));
        assert_eq!((tally.votes(), tally.readable(), tally.abstentions), (2, 3, 1));
        assert!(tally.is_agreed());
    }

    #[test]
    fn ties_go_by_likelihood_and_then_by_seed() {
        let likelier = [(Some(Up), -2.0), (Some(Down), -1.0)];
        assert_eq!(settled(&likelier, 0), (Some(Down), Settled::Likelihood));
        assert!(!majority(&likelier, 0).is_agreed());
        let equal = [(Some(Left), -1.0), (Some(Up), -1.0), (Some(Down), -1.0)];
        let winners: Vec<_> = (0..3).map(|seed| settled(&equal, seed)).collect();
        assert_eq!(winners, [Up, Down, Left].map(|action| (Some(action), Settled::Seed)));
        assert_eq!(settled(&[(Some(Up), f32::NAN), (Some(Down), -9.0)], 0).0, Some(Down));
    }

    #[test]
    fn a_lone_voter_decides_and_teaches_nothing_and_nobody_decides_nothing() {
        assert_eq!(settled(&[(None, 0.0), (Some(Up), -3.0)], 0), (Some(Up), Settled::LoneVoter));
        assert!(!majority(&[(Some(Up), -3.0)], 0).is_agreed());
        assert_eq!(settled(&[(None, 0.0), (None, 0.0)], 0), (None, Settled::Nobody));
        assert_eq!(majority(&[], 0), Tally::default());
    }

    proptest! {
        #[test]
        fn the_winner_has_the_most_votes_in_any_order(
            votes in prop::collection::vec((prop::option::of(0..5usize), -9i8..0), 0..12),
            by in 0..12usize,
            seed in any::<u64>(),
        ) {
            let read = |&(action, p): &(Option<usize>, i8)| (action.map(|a| Action::VARIANTS[a]), f32::from(p));
            let mut ballots: Vec<_> = votes.iter().map(read).collect();
            let tally = majority(&ballots, seed);
            prop_assert_eq!(tally.readable() + tally.abstentions, ballots.len());
            prop_assert!(tally.counts.iter().all(|&(_, votes, _)| votes <= tally.votes()));
            prop_assert_eq!(tally.winner().is_none(), tally.settled == Settled::Nobody);
            if !ballots.is_empty() {
                let by = by % ballots.len();
                ballots.rotate_left(by);
            }
            prop_assert_eq!(majority(&ballots, seed), tally);
        }
    }
}
