//! What the page says about measurements.

use super::{EPISODES, End, Race, SEEDS, STEPS, Trial};
use crate::model::words::{grouped, sentence};
use rulewright::arena::bootstrap::Interval;
use rulewright::arena::contest::Contender;

/// There is no worker that could be asked.
pub const NO_MIND: &str = "A measurement needs a model: load one under Model, at the end of the whole page.";

/// Something else is being measured.
pub const BUSY: &str = "The laboratory measures one thing at a time: wait for the other one, or stop it.";

const LOADS: &str = "Another worker loads the model…";

/// How rules are put to the test.
pub fn trial_method() -> String {
    format!(
        "Plays {STEPS} decisions on each of {SEEDS} seeds with all rules, and again without each of them: one \
         ballot a decision, no learning. A worker of its own does it; you and the agent can play on."
    )
}

/// How a race is run.
pub fn race_method(steps: u32) -> String {
    format!(
        "On each seed everybody plays {EPISODES} episodes in a row of up to {steps} decisions, with 3 ballots a \
         decision. All begin without rules, and take along into the next episode what they learned. A worker of \
         its own does it; you and the agent can play on."
    )
}

/// What a rule is worth.
pub fn worth(lost: &Interval) -> String {
    let Interval { mean, low, high, .. } = lost;
    let (mean, low, high) = (signed(*mean), plain(*low), plain(*high));
    format!("{mean} points an episode (from {low} to {high}). {}", verdict(lost))
}

/// What can be said of it.
fn verdict(lost: &Interval) -> &'static str {
    match (lost.low, lost.high) {
        (0.0, 0.0) => "It made no difference on these seeds.",
        (low, _) if low > 0.0 => "It helps.",
        (_, high) if high < 0.0 => "It does harm.",
        _ => "That can't be told from chance yet.",
    }
}

/// How far the test of the rules is, or how it ended.
pub fn trial(trial: &Trial, loads: bool) -> String {
    let (played, of) = trial.played;
    let title = &trial.game.file.title;
    let seeds = format!("seeds {} to {}", trial.seed, trial.seed.wrapping_add(SEEDS - 1));
    match &trial.end {
        None if loads => LOADS.into(),
        None if of == 0 => format!("{title}, {seeds}: the first episode."),
        None => format!("{title}, {seeds}: {played} of {of} episodes."),
        Some(End::Stopped) => format!("Stopped after {played} episodes."),
        Some(End::Failed(problem)) => failed(problem),
        Some(End::Done) => {
            let whole = trial.found.iter().find(|worth| worth.rule.is_none());
            let whole = whole.map_or(String::new(), |whole| {
                format!(" All rules together are worth {}", worth(&whole.lost))
            });
            format!("{title}, {seeds}.{whole} So few seeds give a hint, no proof.")
        }
    }
}

/// How far a race is, or how it ended.
pub fn race(race: &Race, loads: bool) -> String {
    let title = &race.entry.game.file.title;
    let taken = grouped(race.decisions());
    match &race.end {
        None if loads => LOADS.into(),
        None => format!("{title}: {taken} of at most {} decisions.", grouped(race.entry.longest())),
        Some(End::Done) => format!("{title}: the race is over, after {taken} decisions."),
        Some(End::Stopped) => format!("{title}: stopped after {taken} decisions."),
        Some(End::Failed(problem)) => failed(problem),
    }
}

/// A measurement could not go on.
fn failed(problem: &str) -> String {
    format!("It was broken off. {}", sentence(problem))
}

/// A mean over seeds, with its interval where there is more than one.
pub fn mean(interval: &Interval) -> String {
    let Interval { mean, low, high, of } = interval;
    match of {
        0 => "–".into(),
        1 => plain(*mean),
        _ => format!("{} ({} to {})", plain(*mean), plain(*low), plain(*high)),
    }
}

/// What a contender is, for those who meet it first.
pub fn contender(contender: Contender) -> &'static str {
    match contender {
        Contender::Full => "Writes rules, and learns by its own agreement",
        Contender::Rules => "Writes rules",
        Contender::Learning => "Learns by its own agreement",
        Contender::Static => "Neither writes rules nor learns",
        Contender::Entropy => "Learns to be surer of itself",
        Contender::Retrieval => "Is shown its nearest past steps instead of rules",
        Contender::Interval => "Writes rules every few decisions",
        Contender::Random => "Takes any action",
        Contender::Oracle => "Knows the hidden rules, and plans by them",
    }
}

/// With its sign.
fn signed(value: f64) -> String {
    let text = plain(value);
    if value > 0.0 && text != "0.0" { format!("+{text}") } else { text }
}

/// With one decimal, and never a zero below zero.
fn plain(value: f64) -> String {
    let tenths = (value * 10.0).round();
    format!("{:.1}", if tenths == 0.0 { 0.0 } else { tenths / 10.0 }).replace('-', "−")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rules_worth_says_what_can_be_known_and_what_not() {
        let told = |values: &[f64]| worth(&Interval::new(values));
        assert_eq!(
            told(&[-0.2, 1.2, 2.9]),
            "+1.3 points an episode (from −2.6 to 5.2). That can't be told from chance yet."
        );
        assert!(told(&[3.0, 3.5, 4.0]).ends_with("(from 2.3 to 4.7). It helps."));
        assert!(told(&[-4.0, -3.0, -3.5]).ends_with("(from −4.7 to −2.3). It does harm."));
        assert!(told(&[0.0; 3]).starts_with("0.0 points an episode (from 0.0 to 0.0). It made no"));
        assert!(told(&[0.0, 0.0, 2.0]).ends_with("chance yet."), "one seed of three is no sign");
        assert_eq!([-0.04, 0.04, -0.06].map(signed), ["0.0", "0.0", "−0.1"]);
    }

    #[test]
    fn a_mean_has_an_interval_where_there_is_more_than_one_seed() {
        let told = |values: &[f64]| mean(&Interval::new(values));
        assert_eq!([told(&[]), told(&[2.0]), told(&[2.0, -4.0])], ["–", "2.0", "−1.0 (−39.1 to 37.1)"]);
    }
}
