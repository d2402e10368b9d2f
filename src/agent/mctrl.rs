//! MCT-RL: the executor learns from its own agreement. A ballot that agrees with the majority is
//! wanted, another one is not; every so many decisions that becomes a step on a low-rank adapter, near
//! the frozen model. A guard compares agreement with the real score, and goes back to the last good
//! adapter when learning hurts.

use super::executor::{Ballot, Tally};
use crate::env::Action;
use crate::mind::{Adapter, Gradient, Lesson, Message, Mind, Objective};
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display, Formatter};

/// The article's reward: 1 if the ballot's action is the majority's, else -1; an unreadable ballot's is -1.
pub fn reward(action: Option<Action>, majority: Action) -> f32 {
    if action == Some(majority) { 1.0 } else { -1.0 }
}

/// How the executor learns.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Learning {
    /// What is rewarded.
    pub goal: Goal,
    /// Decisions from one update to the next.
    pub every: u32,
    /// The size of a step.
    pub rate: f32,
    /// How a gradient becomes a step.
    pub optimizer: Optimizer,
    /// The longest gradient; a longer one is shortened to this.
    pub clip: f32,
    /// Weight of the divergence from the frozen model.
    pub kl: f32,
    /// The adapter's rank.
    pub rank: usize,
    /// The adapter's scale is `alpha / rank`.
    pub alpha: f32,
    /// What guards against collapse; nothing if none.
    pub guard: Option<Guard>,
}

impl Default for Learning {
    fn default() -> Self {
        Self {
            goal: Goal::Majority,
            every: 8,
            rate: 1e-3,
            optimizer: Optimizer::Adam,
            clip: 1.0,
            kl: 0.1,
            rank: 4,
            alpha: 8.0,
            guard: Some(Guard::default()),
        }
    }
}

impl Learning {
    /// The same with steps so many times as large.
    pub fn with_stride(self, times: f32) -> Self {
        Self { rate: self.rate * times, ..self }
    }

    /// The same with nothing that holds it back: no guard, nothing that keeps it near the frozen model, and
    /// four times as many steps. Agreement without truth can be seen in it. (Larger steps wreck what it writes
    /// before it agrees.)
    pub fn unguarded(self) -> Self {
        Self { guard: None, kl: 0.0, every: (self.every / 4).max(1), ..self }
    }
}

/// What learning rewards.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Goal {
    /// Agreement with the majority: MCT-RL.
    Majority,
    /// Low entropy, whatever is said: test-time training.
    Entropy,
}

/// How a gradient becomes a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Optimizer {
    /// Straight down.
    Sgd,
    /// Adam (Kingma and Ba, arXiv 1412.6980), with its usual numbers.
    Adam,
}

/// What a vote teaches, if anything: what each token of a ballot did for its reward. Without an agreement, or
/// when all ballots are rewarded alike, there is nothing to teach.
pub fn lesson(prompt: &[Message], ballots: &[Ballot], tally: &Tally, goal: Goal) -> Option<Lesson> {
    let texts: Vec<&[u32]> = ballots.iter().map(|ballot| &ballot.tokens[..]).collect();
    let weights: Vec<Vec<f32>> = match goal {
        Goal::Entropy => texts.iter().map(|text| vec![0.0; text.len()]).collect(),
        Goal::Majority => {
            let majority = tally.winner().filter(|_| tally.is_agreed())?;
            let rewards: Vec<f32> = ballots.iter().map(|ballot| reward(ballot.action, majority)).collect();
            if rewards.iter().all(|reward| *reward == rewards[0]) {
                return None;
            }
            advantages(&texts, &rewards)
        }
    };
    let traces = texts.into_iter().map(<[u32]>::to_vec).zip(weights);
    let traces: Vec<_> = traces.filter(|(text, _)| !text.is_empty()).collect();
    (!traces.is_empty()).then(|| Lesson { messages: prompt.to_vec(), traces })
}

/// The advantage of every token of every text: the mean reward of the texts that go on with it, less that of all
/// texts that are the same up to there. The group's mean is the baseline, but of a group that grows smaller where
/// texts part: what a single text says after that has no other to be compared with, and is neither praised nor
/// blamed. So a word that made the difference is learned, and not the hundred sensible ones beside it. (A text's
/// worth so far, as its continuations tell it: Kazemnejad et al., *VinePPO*, arXiv 2410.01679.)
fn advantages(texts: &[&[u32]], rewards: &[f32]) -> Vec<Vec<f32>> {
    let worth = |begin: &[u32]| {
        let alike = texts.iter().zip(rewards).filter(|(text, _)| text.starts_with(begin));
        let (count, sum) = alike.fold((0.0, 0.0), |(count, sum), (_, reward)| (count + 1.0, sum + reward));
        sum / count
    };
    let advantage = |text: &[u32], at: usize| worth(&text[..=at]) - worth(&text[..at]);
    texts.iter().map(|text| (0..text.len()).map(|at| advantage(text, at)).collect()).collect()
}

/// The mean of several workers' gradients, each counting by its tokens.
///
/// # Errors
/// One sentence, if they don't fit together or are no numbers.
pub fn average(gradients: &[Gradient]) -> Result<Gradient, String> {
    let tokens: usize = gradients.iter().map(|gradient| gradient.tokens).sum();
    let length = gradients.first().map_or(0, |gradient| gradient.values.len());
    if tokens == 0 || length == 0 {
        return Err("there was nothing to learn from".into());
    }
    if gradients.iter().any(|gradient| gradient.values.len() != length) {
        return Err("the workers' gradients are of different adapters".into());
    }
    let mut mean = Gradient { values: vec![0.0; length], tokens, loss: 0.0, kl: 0.0, entropy: 0.0 };
    for gradient in gradients {
        let share = gradient.tokens as f32 / tokens as f32;
        for (mean, value) in mean.values.iter_mut().zip(&gradient.values) {
            *mean += share * value;
        }
        mean.loss += share * gradient.loss;
        mean.kl += share * gradient.kl;
        mean.entropy += share * gradient.entropy;
    }
    let finite = mean.values.iter().chain([&mean.loss, &mean.kl, &mean.entropy]).all(|x| x.is_finite());
    if finite { Ok(mean) } else { Err("a gradient has a number that is not finite".into()) }
}

/// Shortens a gradient to a length, and gives the length that it had.
pub fn clip(values: &mut [f32], longest: f32) -> f32 {
    // In double, as squares of many small numbers add up.
    let norm = values.iter().map(|x| f64::from(*x) * f64::from(*x)).sum::<f64>().sqrt() as f32;
    if norm > longest {
        values.iter_mut().for_each(|x| *x *= longest / norm);
    }
    norm
}

/// When learning is taken back.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Guard {
    /// Decisions that are compared with as many later ones.
    pub window: usize,
    /// A rise of the agreement that is suspicious when the score falls.
    pub rise: f32,
    /// The least entropy, as a share of what it was at the first update.
    pub least_entropy: f32,
}

impl Default for Guard {
    fn default() -> Self {
        Self { window: 40, rise: 0.05, least_entropy: 0.2 }
    }
}

/// How some decisions went.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct Measure {
    /// The mean share of ballots that agreed with the majority.
    pub agreement: f32,
    /// The mean change of the score a decision, a life counting as a point.
    pub score: f32,
    /// The variance of that mean.
    pub variance: f32,
}

impl Measure {
    /// The measure of some decisions' agreements and scores.
    pub fn new(decisions: &[(f32, f32)]) -> Self {
        let count = decisions.len().max(1) as f32;
        let agreement = decisions.iter().map(|(agreement, _)| agreement).sum::<f32>() / count;
        let score = decisions.iter().map(|(_, score)| score).sum::<f32>() / count;
        let spread = decisions.iter().map(|(_, x)| (x - score) * (x - score)).sum::<f32>();
        Self { agreement, score, variance: spread / (count * (count - 1.0).max(1.0)) }
    }
}

/// What a comparison says of what was learned in between.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Judgement {
    /// The score did not fall: what was learned is kept.
    Good,
    /// It may have fallen: the comparison goes on.
    Unclear,
    /// The score fell while the agreement rose.
    Collapse,
    /// The score fell by far more than chance.
    Harm,
}

/// Compares how it went before and after learning. A fall counts from one standard error of the
/// difference if the agreement rose meanwhile, else from two.
pub fn judge(before: Measure, now: Measure, rise: f32) -> Judgement {
    let fall = before.score - now.score;
    let chance = (before.variance + now.variance).sqrt();
    if fall <= 0.0 || fall <= chance {
        Judgement::Good
    } else if now.agreement >= before.agreement + rise {
        Judgement::Collapse
    } else if fall > 2.0 * chance {
        Judgement::Harm
    } else {
        Judgement::Unclear
    }
}

/// Something that happened to the policy.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum Event {
    /// A step was taken.
    Updated {
        /// The loss.
        loss: f32,
        /// The divergence from the frozen model, in nats a token.
        kl: f32,
        /// The entropy of the model's own distribution, in nats a token.
        entropy: f32,
        /// The gradient's length, before it was shortened.
        norm: f32,
        /// The tokens that it was found on.
        tokens: usize,
    },
    /// The last good adapter was taken up again.
    RolledBack {
        /// Why, in one sentence.
        reason: String,
    },
    /// No step was taken.
    Skipped {
        /// Why, in one sentence.
        reason: String,
    },
}

impl Display for Event {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Event::Updated { kl, entropy, .. } => {
                write!(f, "the policy was updated: KL {kl:.3}, entropy {entropy:.3} nats a token")
            }
            Event::RolledBack { reason } => write!(f, "back to the last good adapter: {reason}"),
            Event::Skipped { reason } => write!(f, "no update: {reason}"),
        }
    }
}

/// Adam's memory.
#[derive(Debug, Clone, PartialEq, Default)]
struct Moments {
    first: Vec<f32>,
    second: Vec<f32>,
    /// What the decays of both have come to.
    decayed: (f32, f32),
}

/// An executor that learns.
#[derive(Debug, Clone)]
pub struct Learner {
    learning: Learning,
    adapter: Adapter,
    moments: Moments,
    lessons: Vec<Lesson>,
    /// Decisions since the last update.
    since: u32,
    /// The last change that a whole window was played with, and no worse than before.
    good: Vec<f32>,
    /// The change at the beginning of the window.
    opening: Vec<f32>,
    before: Option<Measure>,
    window: Vec<(f32, f32)>,
    first_entropy: Option<f32>,
    /// Tokens that gradients were found on so far, whatever became of them.
    pub tokens: u64,
    /// Updates so far.
    pub updates: u32,
    /// How many times the guard went back.
    pub rollbacks: u32,
}

impl Learner {
    /// A learner that has learned nothing; the seed makes its adapter.
    pub fn new(learning: Learning, seed: u64) -> Self {
        let adapter = Adapter { rank: learning.rank, alpha: learning.alpha, seed, change: Vec::new() };
        Self {
            learning,
            adapter,
            moments: Moments::default(),
            lessons: Vec::new(),
            since: 0,
            good: Vec::new(),
            opening: Vec::new(),
            before: None,
            window: Vec::new(),
            first_entropy: None,
            tokens: 0,
            updates: 0,
            rollbacks: 0,
        }
    }

    /// Goes on otherwise from the next decision on; what it has learned stays. Without a guard nothing is
    /// compared; with one again, comparing begins anew.
    pub fn relearn(&mut self, learning: Learning) {
        if learning.guard != self.learning.guard {
            self.good.clone_from(&self.adapter.change);
            self.opening.clone_from(&self.adapter.change);
            self.window.clear();
            (self.before, self.first_entropy) = (None, None);
        }
        let Learning { rank, alpha, .. } = self.learning;
        // The adapter keeps its shape.
        self.learning = Learning { rank, alpha, ..learning };
    }

    /// What was learned.
    pub fn adapter(&self) -> &Adapter {
        &self.adapter
    }

    /// Whether nothing was learned, or all of it was taken back.
    pub fn is_frozen(&self) -> bool {
        self.adapter.change.iter().all(|x| *x == 0.0)
    }

    /// Takes in a decision, and says what it came to. The adapter is the mind's when it is changed.
    pub async fn decided<M: Mind>(
        &mut self,
        mind: &mut M,
        (prompt, ballots, tally): (&[Message], &[Ballot], &Tally),
        score: f32,
    ) -> Vec<Event> {
        let agreement = tally.votes() as f32 / ballots.len().max(1) as f32;
        let mut events = Vec::new();
        if let Some(reason) = self.watch(agreement, score) {
            events.push(self.roll_back(mind, reason).await);
        }
        self.lessons.extend(lesson(prompt, ballots, tally, self.learning.goal));
        self.since += 1;
        if self.since >= self.learning.every && !self.lessons.is_empty() {
            events.extend(self.update(mind).await);
        }
        events
    }

    /// Compares windows of decisions; a reason to go back, if there is one.
    fn watch(&mut self, agreement: f32, score: f32) -> Option<String> {
        let guard = self.learning.guard?;
        self.window.push((agreement, score));
        if self.window.len() < guard.window.max(2) {
            return None;
        }
        let now = Measure::new(&std::mem::take(&mut self.window));
        let opening = std::mem::replace(&mut self.opening, self.adapter.change.clone());
        let Some(before) = self.before else {
            self.before = Some(now);
            return None;
        };
        let unchanged = opening == self.good && self.adapter.change == self.good;
        let judgement = if unchanged { Judgement::Good } else { judge(before, now, guard.rise) };
        if judgement == Judgement::Good {
            (self.good, self.before) = (opening, Some(now));
        }
        let fell = format!("the score fell from {:.2} to {:.2} a decision", before.score, now.score);
        match judgement {
            Judgement::Collapse => {
                let rose = format!("{:.2} to {:.2}", before.agreement, now.agreement);
                Some(format!("{fell} while agreement rose from {rose}"))
            }
            Judgement::Harm => Some(fell),
            Judgement::Good | Judgement::Unclear => None,
        }
    }

    async fn roll_back<M: Mind>(&mut self, mind: &mut M, reason: String) -> Event {
        self.adapter.change.clone_from(&self.good);
        self.moments = Moments::default();
        self.lessons.clear();
        self.window.clear();
        // What the good adapter is worth now has to be seen anew: the game may have changed.
        (self.since, self.before) = (0, None);
        self.opening.clone_from(&self.good);
        self.rollbacks += 1;
        match mind.adopt(Some(&self.adapter)).await {
            Ok(()) => Event::RolledBack { reason },
            Err(problem) => Event::RolledBack { reason: format!("{reason}; but {problem}") },
        }
    }

    async fn update<M: Mind>(&mut self, mind: &mut M) -> Vec<Event> {
        let lessons = std::mem::take(&mut self.lessons);
        self.since = 0;
        let entropy = if self.learning.goal == Goal::Entropy { 1.0 } else { 0.0 };
        let objective = Objective { kl: self.learning.kl, entropy };
        let found = match mind.learn(&lessons, objective).await {
            Ok(gradients) => {
                self.tokens += gradients.iter().map(|gradient| gradient.tokens as u64).sum::<u64>();
                average(&gradients)
            }
            Err(problem) => Err(problem.to_string()),
        };
        let fits = |found: &Gradient| {
            self.adapter.change.is_empty() || self.adapter.change.len() == found.values.len()
        };
        let mut found = match found {
            Ok(found) if fits(&found) => found,
            Ok(_) => return vec![Event::Skipped { reason: "the gradient is of another adapter".into() }],
            Err(reason) => return vec![Event::Skipped { reason }],
        };
        let first = *self.first_entropy.get_or_insert(found.entropy);
        if let Some(guard) = self.learning.guard
            && self.adapter.change != self.good
            && found.entropy < guard.least_entropy * first
        {
            let reason = format!("entropy is near zero, {:.3} nats a token from {first:.3}", found.entropy);
            return vec![self.roll_back(mind, reason).await];
        }
        let norm = clip(&mut found.values, self.learning.clip);
        let before = (self.adapter.change.clone(), self.moments.clone());
        self.step(&found.values);
        if let Err(problem) = mind.adopt(Some(&self.adapter)).await {
            // A step that nobody plays by was not taken.
            (self.adapter.change, self.moments) = before;
            return vec![Event::Skipped { reason: problem.to_string() }];
        }
        self.updates += 1;
        let Gradient { loss, kl, entropy, tokens, .. } = found;
        vec![Event::Updated { loss, kl, entropy, norm, tokens }]
    }

    /// Goes one step down the slope.
    fn step(&mut self, slope: &[f32]) {
        const DECAY: (f32, f32) = (0.9, 0.999);
        let change = &mut self.adapter.change;
        change.resize(slope.len(), 0.0);
        if self.learning.optimizer == Optimizer::Sgd {
            change.iter_mut().zip(slope).for_each(|(x, slope)| *x -= self.learning.rate * slope);
            return;
        }
        let Moments { first, second, decayed } = &mut self.moments;
        if first.len() != slope.len() {
            (*first, *second, *decayed) = (vec![0.0; slope.len()], vec![0.0; slope.len()], (1.0, 1.0));
        }
        *decayed = (decayed.0 * DECAY.0, decayed.1 * DECAY.1);
        for (((x, slope), m), v) in change.iter_mut().zip(slope).zip(first).zip(second) {
            *m = DECAY.0 * *m + (1.0 - DECAY.0) * slope;
            *v = DECAY.1 * *v + (1.0 - DECAY.1) * slope * slope;
            let (mean, spread) = (*m / (1.0 - decayed.0), *v / (1.0 - decayed.1));
            *x -= self.learning.rate * mean / (spread.sqrt() + 1e-8);
        }
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::agent::executor::majority;
    use crate::mind::{Answer, MindError, Policy, Style};

    fn ballot(action: Option<Action>) -> Ballot {
        Ballot { text: "x".into(), tokens: vec![1, 2], log_probability: -1.0, bent: 0, action, reward: None }
    }

    /// What is taught by ballots of these tokens and actions.
    fn taught(ballots: &[(&[u32], Option<Action>)], goal: Goal) -> Option<Vec<Vec<f32>>> {
        let votes: Vec<_> = ballots.iter().map(|(_, action)| (*action, -1.0)).collect();
        let written = |(tokens, action): &(&[u32], _)| Ballot { tokens: tokens.to_vec(), ..ballot(*action) };
        let ballots: Vec<Ballot> = ballots.iter().map(written).collect();
        let lesson = lesson(&[], &ballots, &majority(&votes, 0), goal)?;
        Some(lesson.traces.into_iter().map(|(_, weights)| weights).collect())
    }

    #[test]
    fn the_reward_is_the_articles() {
        assert_eq!(reward(Some(Action::Up), Action::Up), 1.0);
        assert_eq!(reward(Some(Action::Down), Action::Up), -1.0);
        assert_eq!(reward(None, Action::Up), -1.0);
    }

    #[test]
    fn a_vote_teaches_where_it_parts_if_there_is_agreement() {
        let (up, down) = (Some(Action::Up), Some(Action::Down));
        // All begin with 1. Of those that say 2 one goes another way at 4, and one can't be read at all.
        let ballots: [(&[u32], _); 5] =
            [(&[1, 2, 3], up), (&[1, 2, 3], up), (&[1, 2, 4, 7], down), (&[1, 5, 6, 7], up), (&[1, 8], None)];
        let taught = taught(&ballots, Goal::Majority).expect("three of five agree");
        let third = 1.0 / 3.0;
        let close = |found: &[f32], right: &[f32]| {
            assert!(found.iter().zip(right).all(|(a, b)| (a - b).abs() < 1e-6), "{found:?}, not {right:?}");
            assert_eq!(found.len(), right.len());
        };
        // Their mean reward is 0.2, that of those who say 2 a third.
        close(&taught[0], &[0.0, third - 0.2, 1.0 - third]);
        close(&taught[2], &[0.0, third - 0.2, -1.0 - third, 0.0]);
        close(&taught[3], &[0.0, 0.8, 0.0, 0.0]);
        close(&taught[4], &[0.0, -1.2]);
    }

    #[test]
    fn without_agreement_and_without_a_difference_a_vote_teaches_nothing() {
        let (up, down) = (Some(Action::Up), Some(Action::Down));
        let weights = |actions: &[Option<Action>], goal| {
            let tokens: Vec<[u32; 1]> = (0..actions.len()).map(|place| [place as u32]).collect();
            taught(&tokens.iter().map(|t| &t[..]).zip(actions.iter().copied()).collect::<Vec<_>>(), goal)
        };
        for nothing in [&[up, up, up][..], &[up, down], &[up, None], &[None, None], &[up, up, down, down]] {
            assert_eq!(weights(nothing, Goal::Majority), None, "{nothing:?}");
        }
        assert_eq!(weights(&[up, down], Goal::Entropy), Some(vec![vec![0.0], vec![0.0]]));
    }

    fn gradient(values: &[f32], tokens: usize) -> Gradient {
        Gradient { values: values.to_vec(), tokens, loss: 1.0, kl: 0.1, entropy: 1.0 }
    }

    #[test]
    fn workers_gradients_are_averaged_by_their_tokens() {
        let mean = average(&[gradient(&[1.0, 0.0], 30), gradient(&[0.0, 4.0], 10)]).unwrap();
        assert_eq!((mean.values, mean.tokens), (vec![0.75, 1.0], 40));
        assert!(average(&[]).is_err() && average(&[gradient(&[1.0], 0)]).is_err());
        assert!(average(&[gradient(&[1.0], 1), gradient(&[1.0, 2.0], 1)]).is_err());
        assert!(average(&[gradient(&[f32::NAN], 1)]).unwrap_err().contains("finite"));
    }

    #[test]
    fn a_long_gradient_is_shortened() {
        let mut values = [3.0, 4.0];
        assert_eq!(clip(&mut values, 10.0), 5.0);
        assert_eq!((clip(&mut values, 1.0), values), (5.0, [0.6, 0.8]));
    }

    #[test]
    fn the_guard_tells_collapse_from_chance() {
        let went = |agreement, score| Measure { agreement, score, variance: 0.005 };
        assert_eq!(judge(went(0.6, 0.5), went(0.9, 0.5), 0.05), Judgement::Good);
        assert_eq!(judge(went(0.6, 0.5), went(0.9, 0.3), 0.05), Judgement::Collapse);
        assert_eq!(judge(went(0.6, 0.5), went(0.6, 0.35), 0.05), Judgement::Unclear);
        assert_eq!(judge(went(0.6, 0.5), went(0.6, 0.2), 0.05), Judgement::Harm);
        assert_eq!(judge(went(0.6, 0.2), went(0.9, 0.5), 0.05), Judgement::Good);
        assert_eq!(Measure::new(&[]), Measure::default());
        let half = Measure::new(&[(1.0, 1.0), (0.0, 0.0)]);
        assert_eq!(half, Measure { agreement: 0.5, score: 0.5, variance: 0.25 });
    }

    /// Gives the same gradient always, and notes what is adopted.
    struct Pupil(Vec<Option<Vec<f32>>>, f32);

    impl Mind for Pupil {
        async fn vote(&mut self, _: &[Message], _: &Style, _: Policy) -> Result<Answer, MindError> {
            Ok(Answer::default())
        }

        async fn write(&mut self, _: &[Message], _: &Style) -> Result<Answer, MindError> {
            Ok(Answer::default())
        }

        async fn learn(&mut self, lessons: &[Lesson], _: Objective) -> Result<Vec<Gradient>, MindError> {
            assert_eq!(lessons.len(), 2, "all since the last update");
            Ok(vec![Gradient { entropy: self.1, ..gradient(&[1.0, -1.0], 5) }])
        }

        async fn adopt(&mut self, adapter: Option<&Adapter>) -> Result<(), MindError> {
            self.0.push(adapter.map(|adapter| adapter.change.clone()));
            Ok(())
        }
    }

    /// Cannot take up what it learned.
    struct Stubborn(Pupil);

    impl Mind for Stubborn {
        async fn vote(&mut self, p: &[Message], style: &Style, policy: Policy) -> Result<Answer, MindError> {
            self.0.vote(p, style, policy).await
        }

        async fn write(&mut self, prompt: &[Message], style: &Style) -> Result<Answer, MindError> {
            self.0.write(prompt, style).await
        }

        async fn learn(&mut self, l: &[Lesson], objective: Objective) -> Result<Vec<Gradient>, MindError> {
            self.0.learn(l, objective).await
        }

        async fn adopt(&mut self, _: Option<&Adapter>) -> Result<(), MindError> {
            Err(MindError("the worker is gone".into()))
        }
    }

    #[test]
    fn a_step_that_nobody_takes_up_was_not_taken() {
        let (mut learner, mut mind) = (learner(Optimizer::Adam), Stubborn(Pupil(vec![], 1.0)));
        let fresh = learner.moments.clone();
        decide(&mut learner, &mut mind, 3, 0.0);
        let events = decide(&mut learner, &mut mind, 3, 0.0);
        assert_eq!(events, [Event::Skipped { reason: "the worker is gone".into() }]);
        assert!(learner.is_frozen() && learner.moments == fresh);
        assert_eq!((learner.updates, learner.tokens), (0, 5), "it cost what it cost");
    }

    fn decide(learner: &mut Learner, mind: &mut impl Mind, agreeing: usize, score: f32) -> Vec<Event> {
        let action = |i| Some(if i < agreeing { Action::Up } else { Action::Down });
        let ballots: Vec<Ballot> = (0..4).map(|i| ballot(action(i))).collect();
        let tally = majority(&(0..4).map(|i| (action(i), -1.0)).collect::<Vec<_>>(), 0);
        pollster::block_on(learner.decided(mind, (&[], &ballots, &tally), score))
    }

    fn learner(optimizer: Optimizer) -> Learner {
        let guard = Some(Guard { window: 2, ..Guard::default() });
        Learner::new(Learning { every: 2, rate: 0.1, clip: 9.0, optimizer, guard, ..Learning::default() }, 1)
    }

    #[test]
    fn every_so_many_decisions_the_adapter_goes_down_the_slope() {
        for optimizer in [Optimizer::Sgd, Optimizer::Adam] {
            let (mut learner, mut mind) = (learner(optimizer), Pupil(vec![], 1.0));
            assert_eq!(decide(&mut learner, &mut mind, 3, 0.0), []);
            let events = decide(&mut learner, &mut mind, 3, 0.0);
            assert!(matches!(events[..], [Event::Updated { tokens: 5, .. }]), "{events:?}");
            let change = learner.adapter().change.clone();
            assert!((change[0] + 0.1).abs() < 1e-5 && (change[1] - 0.1).abs() < 1e-5, "{change:?}");
            assert_eq!(mind.0, [Some(change)]);
        }
    }

    #[test]
    fn learning_that_hurts_is_taken_back() {
        let (mut learner, mut mind) = (learner(Optimizer::Sgd), Pupil(vec![], 1.0));
        for _ in 0..2 {
            decide(&mut learner, &mut mind, 3, 1.0);
        }
        assert!(!learner.is_frozen());
        decide(&mut learner, &mut mind, 4, 0.0);
        let events = decide(&mut learner, &mut mind, 4, 0.0);
        let said: Vec<String> = events.iter().map(ToString::to_string).collect();
        assert!(said[0].contains("fell from 1.00 to 0.00") && said[0].contains("agreement rose"), "{said:?}");
        assert!(learner.is_frozen());
        assert_eq!((learner.updates, learner.rollbacks), (1, 1));
        assert_eq!(mind.0.last(), Some(&Some(vec![])));
    }

    #[test]
    fn without_a_guard_nothing_is_taken_back() {
        let (mut learner, mut mind) = (learner(Optimizer::Sgd), Pupil(vec![], 1.0));
        let guarded = learner.learning.clone();
        let bare = Learning { every: 8, ..guarded.clone() }.with_stride(10.0).unguarded();
        assert_eq!((bare.rate, bare.every, bare.guard), (10.0 * guarded.rate, 2, None));
        decide(&mut learner, &mut mind, 3, 1.0);
        learner.relearn(bare);
        for _ in 0..9 {
            mind.1 /= 4.0;
            decide(&mut learner, &mut mind, 3, -1.0);
        }
        assert_eq!((learner.updates, learner.rollbacks), (5, 0));
        // The guard begins with what is there now.
        let learned = learner.adapter().change.clone();
        learner.relearn(guarded);
        for score in [1.0, 1.0, 0.0, 0.0] {
            decide(&mut learner, &mut mind, 3, score);
        }
        assert_eq!(learner.rollbacks, 1);
        assert_eq!(mind.0.last(), Some(&Some(learned)));
    }

    #[test]
    fn an_entropy_near_zero_is_taken_back() {
        let (mut learner, mut mind) = (learner(Optimizer::Sgd), Pupil(vec![], 1.0));
        for _ in 0..3 {
            decide(&mut learner, &mut mind, 3, 0.0);
        }
        mind.1 = 0.01;
        let events = decide(&mut learner, &mut mind, 3, 0.0);
        assert!(events.iter().any(|event| event.to_string().contains("near zero")), "{events:?}");
        assert_eq!((learner.tokens, learner.updates), (10, 1), "what is taken back has its price too");
    }
}
