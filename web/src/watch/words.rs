//! What the page says about the agent.

use crate::mind::Work;
use crate::model::{self, Stage};
use crate::state::State;
use rulewright::agent::executor::{Settled, Vote};
use rulewright::agent::prompt;
use rulewright::agent::trace::Meeting;
use rulewright::env::Action;

/// The agent is to play, and there is no model.
pub const NO_MIND: &str =
    "The agent needs a model to play: load one under Model, at the end of the whole page.";

/// The key for a restart was pressed while an agent plays.
pub const FORGETS: &str = "R begins the game anew with a fresh agent, and its decisions so far are forgotten; its rules stay. \
     Press R once more to do so.";

/// A moment that somebody wants to see is gone.
pub const FORGOTTEN: &str = "That moment is not kept: it was too long ago, or a person played then.";

/// A worker besides the first one broke down.
pub fn again(problem: &str) -> String {
    let problem = model::words::sentence(problem);
    format!("A worker broke down, and a fresh one does its part again. What happened: {problem}")
}

/// A worker could not be had, or is given up.
pub fn fewer(problem: &str) -> String {
    let problem = model::words::sentence(problem);
    format!("The agent goes on with fewer workers. What happened: {problem}")
}

/// A step could not be taken.
pub fn failed(problem: &str) -> String {
    let problem = model::words::sentence(problem);
    format!("The agent stopped; its episode is as it was, and Play goes on. What happened: {problem}")
}

/// What the agent does at the moment.
pub fn status(state: &State) -> String {
    let (watch, model) = (&state.watch, &state.model);
    let copies = |count: usize| if count == 1 { "One ballot".into() } else { format!("{count} ballots") };
    match (&watch.work, &model.stage) {
        (_, Stage::Absent) if !model.is_missing() => "The page looks for its model…".into(),
        (_, Stage::Absent) => "There is no model to play with yet.".into(),
        (_, Stage::Failed(_)) => "The model could not be loaded.".into(),
        (_, Stage::Loading { .. } | Stage::Trying(_)) if watch.is_busy() => {
            "A worker broke down; a fresh one loads the model and goes on.".into()
        }
        (_, Stage::Loading { .. } | Stage::Trying(_)) if state.running && state.is_agents() => {
            format!("The agent begins when its model is here: {}", model::words::stage(model))
        }
        (_, Stage::Loading { .. } | Stage::Trying(_)) => {
            format!("Its model is loading: {}", model::words::stage(model))
        }
        (Some(Work::Reflection), _) => "The strategist rewrites the rules…".into(),
        (Some(Work::SecondLook), _) => "It did not foresee that, and looks again…".into(),
        (Some(Work::Lesson), _) if watch.deciding => "It learns from how far it agreed…".into(),
        (Some(Work::Comparison), _) if watch.deciding => "It also votes without rules and learning…".into(),
        (Some(Work::Vote(writers)), _) if watch.deciding => {
            let workers = writers.last().copied().unwrap_or(1);
            let by = if workers == 1 { "one worker".into() } else { format!("{workers} workers") };
            format!("{} by {by}…", copies(writers.len()))
        }
        _ if watch.deciding => "It looks at the board…".into(),
        _ if watch.asked => "The strategist reflects after this step…".into(),
        _ if state.looks_back() => "You look back.".into(),
        _ if state.running && state.is_agents() => "It goes on.".into(),
        _ => "Ready.".into(),
    }
}

/// What a vote came to, in a sentence.
pub fn settled(vote: &Vote) -> String {
    let (tally, action) = (&vote.tally, vote.action);
    let (votes, ballots) = (tally.votes(), vote.ballots.len());
    let what = match tally.settled {
        Settled::Nobody => format!("Nobody could be read: it does the least, {action}"),
        Settled::LoneVoter if ballots == 1 => format!("One ballot alone: {action}"),
        Settled::LoneVoter => format!("Only one ballot could be read: {action}"),
        Settled::Majority if votes == ballots => format!("All agree: {action}"),
        Settled::Majority => format!("{votes} of {ballots} for {action}"),
        Settled::Likelihood => format!("A tie, settled by likelihood: {action}"),
        Settled::Seed => format!("A tie, settled by the seed: {action}"),
    };
    match tally.abstentions {
        0 => format!("{what}."),
        1 if ballots == 1 => format!("{what}."),
        1 => format!("{what}; one abstained."),
        more => format!("{what}; {more} abstained."),
    }
}

/// What a second look found.
pub fn second_look(met: &[Meeting]) -> String {
    let found: Vec<String> = met.iter().map(ToString::to_string).collect();
    let found = if found.is_empty() { "nothing".into() } else { found.join(", ") };
    format!("It had not foreseen what came, and looked at that frame again. What may have met it: {found}.")
}

/// The actions that the agent was not offered in a decision.
pub fn in_vain(actions: &[Action]) -> Option<String> {
    let named: Vec<String> = actions.iter().map(ToString::to_string).collect();
    let said = || format!("Left out for now, as it came to nothing here: {}.", named.join(", "));
    (!named.is_empty()).then(said)
}

/// What the model runs on.
pub fn device(name: &str, workers: usize) -> String {
    if workers > 1 { format!("{name}, {workers} workers") } else { name.into() }
}

/// How much memory its workers take; what lies on a graphics card nobody can ask for.
pub fn memory(bytes: u64, workers: usize, on_gpu: bool) -> String {
    let each = if workers > 1 { " each" } else { "" };
    let more = if on_gpu { ", and some of the GPU's" } else { "" };
    format!("{} of memory{each}{more}", model::words::size(bytes))
}

/// How fast the agent is: decisions and tokens a second.
pub fn speed((decisions, tokens): (f64, f64)) -> String {
    format!("{decisions:.1} decisions a second, {tokens:.0} tokens a second")
}

/// What so many reflections cost in tokens, and what they would have cost at a fixed interval, if each had cost
/// as much as those that there were.
pub fn spent(decisions: usize, reflections: usize, spent: u64, interval: u32) -> Option<String> {
    let fixed = decisions as u64 / u64::from(interval.max(1)) * spent.checked_div(reflections as u64)?;
    let grouped = model::words::grouped;
    Some(format!(
        "Its reflections cost {} tokens; one every {interval} decisions would have cost {} by now.",
        grouped(spent),
        grouped(fixed)
    ))
}

/// A reward.
pub fn reward(reward: f32) -> &'static str {
    if reward > 0.0 { "+1" } else { "−1" }
}

/// What a ballot says before its action.
pub fn reasons(text: &str) -> &str {
    text.rsplit_once("\naction:").map_or(text, |(reasons, _)| reasons).trim()
}

/// A ballot's text in pieces, and for each whether it cites a rule that the text goes by: `rule 2`, or, where it
/// says how it reads that one, `2 red ring good 3`.
pub fn pieces(text: &str) -> Vec<(&str, bool)> {
    let mut pieces = Vec::new();
    let mut from = 0;
    for (place, _) in prompt::citations(text) {
        // One may lie within another.
        if place.start >= from {
            pieces.extend([(&text[from..place.start], false), (&text[place.clone()], true)]);
            from = place.end;
        }
    }
    pieces.push((&text[from..], false));
    pieces.retain(|(piece, _)| !piece.is_empty());
    pieces
}

#[cfg(test)]
mod tests {
    use super::*;
    use rulewright::agent::executor::{Ballot, majority};
    use rulewright::env::Action::{Left, Up, Wait};

    fn vote(actions: &[Option<Action>]) -> Vote {
        let tally = majority(&actions.iter().map(|action| (*action, -1.0)).collect::<Vec<_>>(), 0);
        let ballot = |&action: &Option<Action>| Ballot {
            text: String::new(),
            tokens: vec![],
            log_probability: -1.0,
            bent: 0,
            action,
            reward: None,
        };
        let ballots = actions.iter().map(ballot).collect();
        Vote { ballots, action: tally.winner().unwrap_or(Wait), tally, tokens: 0 }
    }

    #[test]
    fn every_way_to_settle_a_vote_is_said() {
        let said = |actions: &[Option<Action>]| settled(&vote(actions));
        assert_eq!(said(&[Some(Up), Some(Up), Some(Up)]), "All agree: up.");
        assert_eq!(said(&[Some(Up), Some(Up), Some(Left), None]), "2 of 4 for up; one abstained.");
        assert!(said(&[Some(Up), Some(Left)]).starts_with("A tie, settled by the seed"));
        assert_eq!(said(&[Some(Up), None, None]), "Only one ballot could be read: up; 2 abstained.");
        assert_eq!(said(&[None]), "Nobody could be read: it does the least, wait.");
        assert_eq!(said(&[Some(Left)]), "One ballot alone: left.");
    }

    #[test]
    fn what_is_not_offered_is_said() {
        assert_eq!(in_vain(&[]), None);
        let said = "Left out for now, as it came to nothing here: up, left.";
        assert_eq!(in_vain(&[Up, Left]).as_deref(), Some(said));
    }

    #[test]
    fn what_a_second_look_found_is_said() {
        let moon = "touch green moon".parse().unwrap();
        assert!(second_look(&[moon]).ends_with("What may have met it: touch green moon."));
        assert!(second_look(&[]).ends_with("What may have met it: nothing."));
    }

    #[test]
    fn what_reflections_cost_is_compared_with_a_fixed_interval() {
        assert_eq!(spent(100, 0, 0, 16), None, "nobody knows what one costs");
        let said = "Its reflections cost 3,000 tokens; one every 16 decisions would have cost 9,000 by now.";
        assert_eq!(spent(100, 2, 3000, 16).as_deref(), Some(said));
        let said = ["61.2 MB of memory", "61.2 MB of memory each"];
        assert_eq!([1, 3].map(|workers| memory(61_234_567, workers, false)), said);
        assert_eq!(memory(61_234_567, 1, true), "61.2 MB of memory, and some of the GPU's");
        assert_eq!([device("CPU", 1), device("CPU", 3)], ["CPU", "CPU, 3 workers"]);
        assert_eq!(speed((1.26, 61.7)), "1.3 decisions a second, 62 tokens a second");
    }

    #[test]
    fn a_rule_that_a_text_goes_by_is_a_piece_of_its_own() {
        let check = |text: &str, named: &[&str]| {
            let pieces = pieces(text);
            assert_eq!(pieces.iter().filter(|(_, named)| *named).map(|(p, _)| *p).collect::<Vec<_>>(), named);
            assert_eq!(pieces.iter().map(|(piece, _)| *piece).collect::<String>(), text);
        };
        check("up: rule 12 says so, a rule of thumb, rule 3", &["rule 12", "rule 3"]);
        let text = "me 3 4. 1 red good, 2 tan cup bad, 12 red ring good 3. red ring good 3. goal none. up 1";
        check(text, &["12 red ring good 3"]);
        check("me 3 4. 1 red good", &[]);
    }
}
