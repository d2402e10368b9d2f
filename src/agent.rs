//! The agent: plays by its rulebook, and rewrites it.
//!
//! [`Agent::step`] is the whole idea. What a step does is drawn from one seed, so that the same seed,
//! mind, game and rulebook give the same decisions.

pub mod digest;
pub mod dynamics;
pub mod executor;
pub mod exhibit;
pub mod history;
pub mod mctrl;
pub mod memory;
pub mod prompt;
pub mod revision;
pub mod rulebook;
pub mod schedule;
pub mod seed;
pub mod trace;

use crate::env::{Action, Environment, Outcome, Status, idle};
use crate::frame::Frame;
use crate::mind::{Message, Mind, MindError, Policy, Style};
use digest::Digest;
use dynamics::{Dynamics, Rules};
use executor::{Vote, Voting, vote};
use history::{History, Record};
use mctrl::{Event, Learner, Learning};
use memory::{Memory, Source};
use revision::{Operation, Revision};
use rulebook::{Origin, Rulebook};
use schedule::{Schedule, Scheduler, Seen, Verdict, new_things, told};
use seed::{Use, seed};
use serde::{Deserialize, Serialize};
use trace::{Meeting, Step};

/// What an agent is to do; the ablations are settings.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Settings {
    /// Every random choice comes from it.
    pub seed: u64,
    /// How the executor votes.
    pub voting: Voting,
    /// What the executor is given to know.
    pub memory: Source,
    /// How many tokens of it, roughly.
    pub memory_budget: usize,
    /// When the strategist is asked.
    pub reflects: Schedule,
    /// How the strategist writes.
    pub writing: Writing,
    /// How the executor learns; not at all if none.
    pub learns: Option<Learning>,
    /// Every so many decisions the frozen agent is asked what it would do; 0 for never.
    pub compares: u32,
    /// How many steps are remembered besides those that rules rest on.
    pub remembers: usize,
    /// How often a move may be made from one place without any gain before it is not offered there for a while
    /// ([`History::offer`]); 0 for as often as it likes.
    pub patience: usize,
}

/// How the strategist writes.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Writing {
    /// How freely.
    pub temperature: f32,
    /// The most tokens of a revision.
    pub most_tokens: usize,
    /// Whether it has to be a well-formed revision.
    pub grammar: bool,
}

impl Default for Writing {
    fn default() -> Self {
        Self { temperature: 0.0, most_tokens: 320, grammar: true }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            seed: 0,
            voting: Voting::default(),
            memory: Source::Rules,
            memory_budget: 160,
            reflects: Schedule::default(),
            writing: Writing::default(),
            learns: Some(Learning::default()),
            compares: 0,
            remembers: 2000,
            patience: 1,
        }
    }
}

impl Settings {
    /// The full agent: it writes rules and learns by its own agreement.
    pub fn full(seed: u64) -> Self {
        Self { seed, ..Self::default() }
    }

    /// The agent that only writes rules.
    pub fn rules_only(seed: u64) -> Self {
        Self { learns: None, ..Self::full(seed) }
    }

    /// The agent that only learns by its own agreement.
    pub fn learning_only(seed: u64) -> Self {
        Self { reflects: Schedule::Never, ..Self::full(seed) }
    }

    /// The agent that does neither.
    pub fn fixed(seed: u64) -> Self {
        Self { learns: None, ..Self::learning_only(seed) }
    }

    /// Test-time training: the agent that only makes itself surer, on the same adapter. As in the article
    /// nothing holds it back: the guard would undo just what it is after.
    pub fn test_time_training(seed: u64) -> Self {
        let learning = Learning { goal: mctrl::Goal::Entropy, kl: 0.0, guard: None, ..Learning::default() };
        Self { learns: Some(learning), ..Self::learning_only(seed) }
    }

    /// Prompt-based retrieval: the agent that is given so many nearest past steps instead of rules.
    pub fn retrieval(seed: u64, nearest: usize) -> Self {
        Self { memory: Source::Past(nearest), ..Self::fixed(seed) }
    }
}

/// What the strategist was asked, and what it wrote.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Reflection {
    /// The digest that it read.
    pub digest: String,
    /// The rules that it read, with their evidence.
    pub records: Vec<String>,
    /// What it wrote; why not, if it could not.
    pub text: Result<String, String>,
    /// What could be read of that.
    pub revision: Revision,
    /// One sentence for each thing that could not be read or done, or did not happen.
    pub complaints: Vec<String>,
    /// How many of its tokens the grammar chose otherwise than the model would have.
    #[serde(default)]
    pub bent: usize,
    /// The place in the rulebook's log, if anything was done.
    pub entry: Option<usize>,
    /// The tokens read and written.
    pub tokens: u32,
}

/// The most tokens of a second look: some sixteen things and their places.
const MOST_LOOKED: usize = 100;

/// What a step came to: all that there is to draw.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Decision {
    /// Its number.
    pub number: u32,
    /// What the agent saw.
    pub frame: Frame,
    /// What stood beside it.
    pub status: Status,
    /// What it could do, but for what would be in vain.
    pub actions: Vec<Action>,
    /// Those.
    #[serde(default)]
    pub in_vain: Vec<Action>,
    /// What the executor was given to know.
    pub memory: Memory,
    /// The ballots, what they say together, and what was done.
    pub vote: Vote,
    /// What came of it.
    pub outcome: Outcome,
    /// Where something came and it had foreseen nothing: what may have met it, by a second look at the frame.
    #[serde(default)]
    pub second_look: Option<Vec<Meeting>>,
    /// The steps that are now known in full: mostly the one before, as only the next text says where a
    /// step led.
    pub settled: Vec<Step>,
    /// Why there was a reflection, or not.
    pub verdict: Verdict,
    /// The reflection.
    pub reflection: Option<Reflection>,
    /// What happened to the policy.
    pub events: Vec<Event>,
    /// The decision's point on every curve.
    pub dynamics: Dynamics,
}

impl Decision {
    /// The prompt that the ballots go on from, word for word.
    pub fn prompt(&self) -> Vec<Message> {
        prompt::vote(&self.memory.lines, self.frame.clone(), &self.status, &self.actions)
    }
}

/// What is before the agent.
struct Scene {
    frame: Frame,
    status: Status,
    actions: Vec<Action>,
    in_vain: Vec<Action>,
    idle: Action,
}

impl Scene {
    fn of<E: Environment>(game: &E, (actions, in_vain): (Vec<Action>, Vec<Action>)) -> Self {
        let idle = idle(game.actions());
        Self { frame: game.frame(), status: game.status(), actions, in_vain, idle }
    }

    fn prompt(&self, lines: &[String]) -> Vec<Message> {
        prompt::vote(lines, self.frame.clone(), &self.status, &self.actions)
    }
}

/// An agent.
#[derive(Debug, Clone)]
pub struct Agent {
    settings: Settings,
    rulebook: Rulebook,
    history: History,
    scheduler: Scheduler,
    learner: Option<Learner>,
    /// The decision's number.
    now: u32,
    /// Numbers that were left out, as they are those of another agent's decisions.
    skipped: u32,
    /// Whether it learns from its decisions at present.
    learning: bool,
    /// Whether the mind has the agent's adapter.
    installed: bool,
    dynamics: Dynamics,
}

impl Agent {
    /// An agent that knows nothing yet.
    pub fn new(settings: Settings) -> Self {
        Self::with(settings, Rulebook::default())
    }

    /// An agent that has a rulebook.
    pub fn with(settings: Settings, rulebook: Rulebook) -> Self {
        Self {
            history: History::new(settings.remembers),
            scheduler: Scheduler::new(settings.reflects.clone()),
            learner: beginner(&settings),
            settings,
            rulebook,
            now: 0,
            skipped: 0,
            learning: true,
            installed: false,
            dynamics: Dynamics::default(),
        }
    }

    /// One decision: the whole cycle. After the end of an episode the next call may have another game.
    ///
    /// # Errors
    /// If the mind cannot vote or take up the adapter; then nothing was played, and the call may be made
    /// again. What else fails is told by the decision. The call may also be dropped: a step that was
    /// played by then counts.
    pub async fn step<E: Environment, M: Mind>(
        &mut self,
        game: &mut E,
        mind: &mut M,
    ) -> Result<Decision, MindError> {
        self.now = self.decisions();
        self.install(mind).await?;
        // Frame -> K votes -> majority action,
        let scene = Scene::of(game, self.history.offer(game.actions(), self.settings.patience));
        let memory = self.memory();
        let prompt = scene.prompt(&memory.lines);
        let vote = self.vote(mind, &prompt, &scene, Policy::Adapted).await?;
        let change = self.compare(mind, &scene, &memory, &vote).await?;
        // -> game -> outcome -> trace.
        let outcome = game.step(vote.action);
        self.count(&vote, outcome);
        let mut settled = self.remember(&vote, (&scene.status, &game.status()), outcome);
        let second_look = self.look_again(mind, &scene).await;
        if outcome.done {
            settled.extend(self.history.close());
        }
        // Votes + agreement -> policy update.
        let events = self.learn(mind, &prompt, &vote, outcome).await;
        // Schedule -> strategist -> revision -> rulebook.
        let verdict = self.consider(&vote, &settled, outcome);
        let reflection = if verdict.yes { Some(self.reflect_now(mind).await) } else { None };
        let dynamics = self.record(&vote, change, &events);
        let Scene { frame, status, actions, in_vain, .. } = scene;
        Ok(Decision {
            number: self.now,
            frame,
            status,
            actions,
            in_vain,
            memory,
            vote,
            outcome,
            second_look,
            settled,
            verdict,
            reflection,
            events,
            dynamics,
        })
    }

    /// Gives the mind the agent's adapter, if it has not got it.
    async fn install<M: Mind>(&mut self, mind: &mut M) -> Result<(), MindError> {
        if !self.installed {
            mind.adopt(self.learner.as_ref().map(Learner::adapter)).await?;
            self.installed = true;
        }
        Ok(())
    }

    /// What the executor is to know.
    fn memory(&self) -> Memory {
        let budget = self.settings.memory_budget;
        match self.settings.memory {
            Source::Rules => memory::fit(&self.rulebook, budget, self.now),
            Source::Past(most) => {
                let mut past = self.history.records().map(|record| (&record.step, &record.words));
                // The last text is the nearest to the present one, and would be found as the nearest to itself.
                past.next_back()
                    .map_or_else(Memory::default, |(_, present)| memory::nearest(past, present, most, budget))
            }
            Source::Nothing => Memory::default(),
        }
    }

    async fn vote<M: Mind>(
        &self,
        mind: &mut M,
        prompt: &[Message],
        scene: &Scene,
        policy: Policy,
    ) -> Result<Vote, MindError> {
        let Settings { voting, seed, .. } = &self.settings;
        vote(mind, prompt, (&scene.actions, scene.idle), voting, (*seed, self.turn()), policy).await
    }

    /// Whether the frozen agent, without rules, would do something else; it is asked with the same seeds.
    async fn compare<M: Mind>(
        &mut self,
        mind: &mut M,
        scene: &Scene,
        memory: &Memory,
        vote: &Vote,
    ) -> Result<Option<bool>, MindError> {
        if self.settings.compares == 0 || !self.turn().is_multiple_of(self.settings.compares) {
            return Ok(None);
        }
        if memory.lines.is_empty() && self.learner.as_ref().is_none_or(Learner::is_frozen) {
            // It is the same agent.
            return Ok(Some(false));
        }
        let frozen = self.vote(mind, &scene.prompt(&[]), scene, Policy::Frozen).await?;
        self.dynamics.tokens.comparison += frozen.tokens as u64;
        Ok(Some(frozen.action != vote.action))
    }

    /// Takes a step into the trace, and gives those that are now known in full.
    fn remember(&mut self, vote: &Vote, statuses: (&Status, &Status), outcome: Outcome) -> Vec<Step> {
        let settled = self.history.settle(vote.text()).into_iter().collect();
        let step = Step::new(self.now, (vote.action, vote.text()), statuses, outcome, false);
        let recalls = matches!(self.settings.memory, Source::Past(_));
        let words = if recalls { memory::words(vote.text()) } else { Default::default() };
        let record = Record { step, text: vote.text().into(), words, done: outcome.done };
        self.history.push(record, &self.rulebook);
        settled
    }

    /// Where something came and it had foreseen nothing, the agent looks at that frame again, and gives what may have
    /// met it: what it sees within reach.
    async fn look_again<M: Mind>(&mut self, mind: &mut M, scene: &Scene) -> Option<Vec<Meeting>> {
        let step = self.history.open_mut().filter(|step| step.is_unforeseen())?;
        if !self.scheduler.reflects() {
            return None;
        }
        let prompt = prompt::look(scene.frame.clone(), prompt::WHERE);
        // The likeliest answer: there is no chance in it.
        let style =
            Style { seeds: vec![0], temperature: 0.0, top_p: 1.0, most_tokens: MOST_LOOKED, grammar: None };
        // Who can't look again knows as much as before.
        let answer = mind.write(&prompt, &style).await.ok()?;
        self.dynamics.tokens.looks += answer.tokens() as u64;
        let text = answer.completions.into_iter().next()?.text;
        step.meets = self.rulebook.likely(trace::in_reach(&text, step.action), &step.change);
        Some(step.meets.clone())
    }

    async fn learn<M: Mind>(
        &mut self,
        mind: &mut M,
        prompt: &[Message],
        vote: &Vote,
        outcome: Outcome,
    ) -> Vec<Event> {
        let Some(learner) = self.learner.as_mut().filter(|_| self.learning) else { return Vec::new() };
        let score = (outcome.score + outcome.lives) as f32;
        // Whatever goes wrong, the next decision begins with the right adapter.
        self.installed = false;
        let before = learner.tokens;
        let events = learner.decided(mind, (prompt, &vote.ballots, &vote.tally), score).await;
        self.dynamics.tokens.learning += learner.tokens - before;
        self.installed = events.iter().all(|event| matches!(event, Event::Updated { .. }));
        events
    }

    fn consider(&mut self, vote: &Vote, settled: &[Step], outcome: Outcome) -> Verdict {
        let unread = || Digest::new(&self.history.unread());
        let seen = Seen {
            told: settled.iter().filter_map(|step| told(step, self.rulebook.listed(), unread)).collect(),
            new: new_things(vote.text()),
            agreed: vote.tally.is_agreed() || vote.ballots.len() < 2,
            scored: outcome.score > 0,
            met: self.history.has_met(),
        };
        self.scheduler.consider(self.now, seen)
    }

    /// The strategist reads what happened since the last time, and rewrites the rules: because its schedule
    /// says so, or because somebody asks it to.
    pub async fn reflect_now<M: Mind>(&mut self, mind: &mut M) -> Reflection {
        let digest = Digest::new(&self.history.unread());
        let records = self.rulebook.records(self.now, &digest);
        let Writing { temperature, most_tokens, grammar } = self.settings.writing;
        let style = Style {
            seeds: vec![seed(self.settings.seed, self.turn(), Use::Reflection) as u32],
            temperature,
            top_p: 1.0,
            most_tokens,
            grammar: grammar.then(revision::grammar),
        };
        let answer = mind.write(&prompt::reflection(&records, &digest.to_string()), &style).await;
        let tokens = answer.as_ref().map_or(0, |answer| answer.tokens() as u32);
        let completion = answer.map(|answer| answer.completions.into_iter().next().unwrap_or_default());
        let bent = completion.as_ref().map_or(0, |completion| completion.bent);
        let text = completion.map(|completion| completion.text).map_err(|problem| problem.to_string());
        let (revision, mut complaints) = Revision::read(text.as_deref().unwrap_or_default());
        let logged = self.rulebook.log().len();
        let says_nothing = text.as_deref().is_ok_and(revision::is_nothing);
        if says_nothing || !revision.operations.is_empty() {
            complaints.extend(self.rulebook.revise(&revision, Origin::Strategist, self.now, &digest));
        }
        let entry = (self.rulebook.log().len() > logged).then_some(logged);
        let done = entry.and_then(|entry| self.rulebook.log().get(entry));
        let done = done.map_or(&[][..], |entry| &entry.revision.operations);
        let changed = done
            .iter()
            .any(|operation| !matches!(operation, Operation::Confirm { .. } | Operation::Weigh(_)));
        // What was not understood is read again the next time, with what comes until then.
        if says_nothing || done.iter().any(|operation| !matches!(operation, Operation::Weigh(_))) {
            self.history.read();
        }
        self.scheduler.reflected(tokens, changed);
        self.dynamics.tokens.reflections += u64::from(tokens);
        self.dynamics.bent += bent as u64;
        Reflection { digest: digest.to_string(), records, text, revision, complaints, bent, entry, tokens }
    }

    /// Counts what was voted for and came of it; at once, as the rest of a step may be dropped.
    fn count(&mut self, vote: &Vote, outcome: Outcome) {
        self.dynamics.score += outcome.score;
        self.dynamics.tokens.votes += vote.tokens as u64;
        self.dynamics.bent += vote.ballots.iter().map(|ballot| ballot.bent as u64).sum::<u64>();
    }

    /// Adds a decision's point to every curve.
    fn record(&mut self, vote: &Vote, change: Option<bool>, events: &[Event]) -> Dynamics {
        let Dynamics { score, kl, model_entropy, tokens, bent, .. } = self.dynamics;
        let rules = Rules::of(&self.rulebook);
        let mut point =
            Dynamics { change, score, rules, kl, model_entropy, tokens, bent, ..Dynamics::of(vote) };
        for event in events {
            if let Event::Updated { kl, entropy, .. } = event {
                (point.kl, point.model_entropy) = (Some(*kl), Some(*entropy));
            }
        }
        self.dynamics = point;
        point
    }

    /// Says that the next step is in another episode, where the last one was broken off.
    pub fn leave(&mut self) {
        self.history.close();
    }

    /// Says that the next step is with another mind, or one that others used meanwhile.
    pub fn change_mind(&mut self) {
        self.installed = false;
    }

    /// Numbers its next decisions from here on: the steps before it, which its rules may rest on, were
    /// another agent's. What it decides does not depend on that.
    pub fn number_from(&mut self, least: u32) {
        let next = self.decisions();
        if least > next {
            self.history.number_from(least);
            self.skipped += least - next;
            self.now = least - 1;
        }
    }

    /// How many decisions it took before the present one.
    fn turn(&self) -> u32 {
        self.now.saturating_sub(self.skipped)
    }

    /// Votes otherwise from the next step on.
    pub fn set_voting(&mut self, voting: Voting) {
        self.settings.voting = voting;
    }

    /// Learns from its next steps or not; what it has learned stays either way.
    pub fn set_learning(&mut self, learning: bool) {
        self.learning = learning;
    }

    /// Learns otherwise from its next steps on, if it is one who learns.
    pub fn set_learner(&mut self, learning: Learning) {
        if let Some(learner) = self.learner.as_mut() {
            learner.relearn(learning.clone());
            self.settings.learns = Some(learning);
        }
    }

    /// Looks back from its next steps on when its schedule says so, or never.
    pub fn set_reflecting(&mut self, reflecting: bool) {
        self.scheduler.allow(reflecting);
    }

    /// Forgets what it learned in its weights: so many updates.
    pub fn reset_policy(&mut self) -> u32 {
        let forgotten = std::mem::replace(&mut self.learner, beginner(&self.settings));
        self.installed = false;
        forgotten.map_or(0, |learner| learner.updates)
    }

    /// What it was told to do.
    pub fn settings(&self) -> &Settings {
        &self.settings
    }

    /// Its rules.
    pub fn rulebook(&self) -> &Rulebook {
        &self.rulebook
    }

    /// Its rules, for a person to revise, or to undo a revision.
    pub fn rulebook_mut(&mut self) -> &mut Rulebook {
        &mut self.rulebook
    }

    /// Goes by another rulebook from now on, and numbers its next decisions after the steps in it. Where that one
    /// lacks what its last revision was, somebody wrote meanwhile: then it looks at the same steps again.
    pub fn take_up(&mut self, rulebook: Rulebook) {
        let last = self.rulebook.log().last().filter(|entry| !rulebook.log().contains(entry));
        let cited = last.into_iter().flat_map(|entry| &entry.evidence);
        if let Some(first) = cited.flat_map(|(support, against)| support.iter().chain(against)).min() {
            self.history.unread_from(*first);
        }
        self.number_from(rulebook.next_step());
        self.rulebook = rulebook;
    }

    /// The steps that it remembers.
    pub fn history(&self) -> &History {
        &self.history
    }

    /// What it learned in its weights, if it learns.
    pub fn learner(&self) -> Option<&Learner> {
        self.learner.as_ref()
    }

    /// The number of its next decision: how many it took, if none were left out.
    pub fn decisions(&self) -> u32 {
        self.history.next()
    }
}

/// One who learned nothing yet, if these settings want one who learns.
fn beginner(settings: &Settings) -> Option<Learner> {
    let adapter = seed(settings.seed, 0, Use::Adapter);
    settings.learns.clone().map(|learning| Learner::new(learning, adapter))
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
