//! The visitor's own board, beside the agent's: the same game from the same start, and how the two stand.
//! It waits for the visitor; a step there takes none here.

use crate::state::Moment;
use rulewright::env::{Action, Environment};
use rulewright::games::Episode;
use rulewright::games::replay::Move;
use std::rc::Rc;

/// The agent is to play, and its episode is over.
pub const ROUND_OVER: &str =
    "The agent's episode is over. Finish yours, then press Next round; Restart begins both anew.";

/// The visitor's own board.
#[derive(Clone)]
pub struct Own {
    /// The episode before the first move; the agent's begins with the same.
    start: Rc<Episode>,
    pub history: Vec<Rc<Moment>>,
}

impl Own {
    /// A board where nothing has happened yet.
    pub fn new(start: Rc<Episode>) -> Self {
        Self { start, history: Vec::new() }
    }

    /// The episode as it stands now.
    pub fn now(&self) -> &Episode {
        self.history.last().map_or(&self.start, |moment| &moment.after)
    }

    /// The episode before a moment of the history.
    pub fn before(&self, moment: usize) -> &Episode {
        let last = moment.checked_sub(1).and_then(|last| self.history.get(last));
        last.map_or(&self.start, |moment| &moment.after)
    }

    /// Whether the episode is over.
    pub fn is_over(&self) -> bool {
        is_over(&self.history)
    }

    /// How many steps were taken.
    pub fn steps(&self) -> usize {
        acts(&self.history).count()
    }

    /// The step that a moment of the history was, counted from 1.
    pub fn step_of(&self, moment: usize) -> usize {
        acts(self.history.get(..=moment).unwrap_or_default()).count()
    }

    /// The visitor plays. What the game does not know is no step.
    pub fn play(&mut self, done: Move) {
        let is_known = match done {
            Move::Act(action) => self.knows(action),
            Move::Twist => true,
        };
        if is_known && !self.is_over() {
            self.history.push(moment(self.now(), done, None));
        }
    }

    fn knows(&self, action: Action) -> bool {
        self.now().actions().contains(&action)
    }
}

/// A move in an episode, with what comes of it.
pub fn moment(now: &Episode, done: Move, decision: Option<u32>) -> Rc<Moment> {
    let mut after = now.clone();
    let outcome = done.play(&mut after);
    Rc::new(Moment { done, outcome, after, decision })
}

/// Whether an episode is over.
pub fn is_over(history: &[Rc<Moment>]) -> bool {
    acts(history).next_back().is_some_and(|moment| moment.outcome.done)
}

fn acts(history: &[Rc<Moment>]) -> impl DoubleEndedIterator<Item = &Rc<Moment>> {
    history.iter().filter(|moment| moment.done != Move::Twist)
}

/// How one of the two stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Side {
    /// After as many steps as both have taken.
    pub score: i32,
    /// After all of its own.
    pub last: i32,
    pub steps: usize,
    pub is_over: bool,
}

/// How the two stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Standing {
    pub you: Side,
    pub agent: Side,
}

impl Standing {
    /// Compares the visitor's board with the agent's moves from the same start.
    pub fn new(own: &Own, start: &Episode, agents: &[Rc<Moment>]) -> Self {
        let steps = own.steps().min(acts(agents).count());
        let side = |start: &Episode, history: &[Rc<Moment>]| {
            let score =
                |moment: Option<&Rc<Moment>>| moment.map_or(start.status(), |m| m.after.status()).score;
            let at = steps.checked_sub(1).and_then(|last| acts(history).nth(last));
            Side {
                score: score(at),
                last: score(history.last()),
                steps: acts(history).count(),
                is_over: is_over(history),
            }
        };
        Self { you: side(&own.start, &own.history), agent: side(start, agents) }
    }

    /// How many steps both have taken.
    pub fn steps(&self) -> usize {
        self.you.steps.min(self.agent.steps)
    }

    /// Whether both episodes are over.
    pub fn is_over(&self) -> bool {
        self.you.is_over && self.agent.is_over
    }

    /// In words.
    pub fn said(&self) -> String {
        let (you, agent) = (self.you, self.agent);
        let steps = match self.steps() {
            0 => return "The same game and seed on both boards. Who has more at the end?".into(),
            1 => "1 step".to_string(),
            steps => format!("{steps} steps"),
        };
        let more = match (self.is_over(), you.score.cmp(&agent.score)) {
            (false, _) => "",
            (_, std::cmp::Ordering::Greater) => "You had more. ",
            (_, std::cmp::Ordering::Less) => "The agent had more. ",
            (_, std::cmp::Ordering::Equal) => "As much as each other. ",
        };
        let equal = format!("{more}You {}, the agent {}, after {steps} each.", you.score, agent.score);
        if self.is_over() && you.steps != agent.steps {
            let (yours, its) = (you.steps, agent.steps);
            return format!(
                "{equal} At the end: you {} in {yours} steps, it {} in {its}.",
                you.last, agent.last
            );
        }
        equal
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use rulewright::games::Game;

    fn orchard() -> Rc<Episode> {
        Rc::new(Game::find("orchard").expect("it ships").start(3))
    }

    fn played(moves: &[Move]) -> Own {
        let mut own = Own::new(orchard());
        moves.iter().for_each(|done| own.play(*done));
        own
    }

    #[test]
    fn only_what_the_game_knows_is_a_step_and_none_comes_after_the_end() {
        let own = played(&[Move::Act(Action::Ship), Move::Twist, Move::Act(Action::Up)]);
        assert_eq!((own.steps(), own.history.len()), (1, 2));
        let own = played(&[Move::Act(Action::Wait); 3000]);
        assert!(own.is_over() && own.steps() < 3000);
    }

    #[test]
    fn scores_are_compared_after_as_many_steps() {
        // Somebody who walks about meets something, and somebody who waits does not.
        let walk: Vec<Move> = [Action::Up, Action::Right, Action::Down, Action::Left]
            .into_iter()
            .flat_map(|action| [Move::Act(action); 6])
            .collect();
        let (walker, idler) = (played(&walk), played(&[Move::Act(Action::Wait); 4]));
        let standing = Standing::new(&walker, &orchard(), &idler.history);
        assert_eq!((standing.steps(), standing.you.steps, standing.agent.steps), (4, 24, 4));
        assert_eq!(standing.you.score, walker.history[3].after.status().score);
        assert_eq!(standing.you.last, walker.now().status().score);
        assert!(!standing.is_over());
    }

    #[test]
    fn the_standing_is_said_in_words() {
        let side = |score, steps, is_over| Side { score, last: score, steps, is_over };
        let said = |you, agent| Standing { you, agent }.said();
        assert!(said(side(0, 0, false), side(3, 9, true)).ends_with("at the end?"));
        assert_eq!(said(side(1, 1, false), side(0, 9, true)), "You 1, the agent 0, after 1 step each.");
        let over = said(side(7, 60, true), side(5, 60, true));
        assert_eq!(over, "You had more. You 7, the agent 5, after 60 steps each.");
        let early = said(Side { last: 9, ..side(2, 60, true) }, side(5, 30, true));
        assert_eq!(
            early,
            "The agent had more. You 2, the agent 5, after 30 steps each. At the end: you 9 in 60 steps, it 5 in 30."
        );
    }
}
