//! A board: a game being played, with all that happened on it. There is one, or two side by side of the same start,
//! the visitor's and the agent's; and how these two stand.

use rulewright::env::{Environment, Outcome};
use rulewright::games::Episode;
use rulewright::games::replay::Move;
use std::rc::Rc;

/// The agent is to play, and its episode is over.
pub const ROUND_OVER: &str =
    "The agent's episode is over. Finish yours, then press Next round; Restart begins both anew.";

/// One entry of the history: what was done, what came of it, and the game after it.
#[derive(Clone)]
pub struct Moment {
    pub done: Move,
    pub outcome: Outcome,
    pub after: Episode,
    /// The number of the agent's decision; none if a person played.
    pub decision: Option<u32>,
}

/// A board.
#[derive(Clone)]
pub struct Board {
    /// The episode before the first move; where there are two boards, both begin with it.
    start: Rc<Episode>,
    pub history: Vec<Rc<Moment>>,
}

impl Board {
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
        self.acts().next_back().is_some_and(|moment| moment.outcome.done)
    }

    /// How many steps were taken.
    pub fn steps(&self) -> usize {
        self.acts().count()
    }

    /// Steps among the first so many moments: a twist takes none.
    pub fn steps_among(&self, moments: usize) -> usize {
        self.history.iter().take(moments).filter(|moment| is_act(moment)).count()
    }

    /// The moments that took a step.
    fn acts(&self) -> impl DoubleEndedIterator<Item = &Rc<Moment>> {
        self.history.iter().filter(|moment| is_act(moment))
    }

    /// A move, and what comes of it; the agent's has the number of its decision.
    pub fn push(&mut self, done: Move, decision: Option<u32>) {
        let mut after = self.now().clone();
        let outcome = done.play(&mut after);
        self.history.push(Rc::new(Moment { done, outcome, after, decision }));
    }

    /// The visitor plays. What the game does not know is no step.
    pub fn play(&mut self, done: Move) {
        let is_known = match done {
            Move::Act(action) => self.now().actions().contains(&action),
            Move::Twist => true,
        };
        if is_known && !self.is_over() {
            self.push(done, None);
        }
    }
}

fn is_act(moment: &Moment) -> bool {
    moment.done != Move::Twist
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
    /// Compares the visitor's board with the agent's.
    pub fn new(own: &Board, agents: &Board) -> Self {
        let steps = own.steps().min(agents.steps());
        let side = |board: &Board| {
            let at = steps.checked_sub(1).and_then(|last| board.acts().nth(last));
            Side {
                score: at.map_or(&*board.start, |moment| &moment.after).status().score,
                last: board.now().status().score,
                steps: board.steps(),
                is_over: board.is_over(),
            }
        };
        Self { you: side(own), agent: side(agents) }
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
    use rulewright::env::Action;
    use rulewright::games::Game;

    fn orchard() -> Rc<Episode> {
        Rc::new(Game::find("orchard").expect("it ships").start(3))
    }

    fn played(moves: &[Move]) -> Board {
        let mut board = Board::new(orchard());
        moves.iter().for_each(|done| board.play(*done));
        board
    }

    #[test]
    fn only_what_the_game_knows_is_a_step_and_none_comes_after_the_end() {
        let board = played(&[Move::Act(Action::Ship), Move::Twist, Move::Act(Action::Up)]);
        assert_eq!((board.steps(), board.steps_among(1), board.history.len()), (1, 0, 2));
        let board = played(&[Move::Act(Action::Wait); 3000]);
        assert!(board.is_over() && board.steps() < 3000);
    }

    #[test]
    fn scores_are_compared_after_as_many_steps() {
        // Somebody who walks about meets something, and somebody who waits does not.
        let walk: Vec<Move> = [Action::Up, Action::Right, Action::Down, Action::Left]
            .into_iter()
            .flat_map(|action| [Move::Act(action); 6])
            .collect();
        let (walker, idler) = (played(&walk), played(&[Move::Act(Action::Wait); 4]));
        let standing = Standing::new(&walker, &idler);
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
