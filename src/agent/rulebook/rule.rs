//! A rule: the article's four fields, how far it is to be relied on, and what it rests on.

use super::evidence::is_sure;
use crate::agent::digest::Digest;
use crate::agent::revision::{Observation, tidy};
use crate::agent::trace::Change;
use serde::{Deserialize, Serialize};

/// Most characters of a rule's trigger, observation or heuristic.
pub const MOST_TEXT: usize = 500;
/// Most characters of a name.
pub const MOST_NAME: usize = 40;
/// Most steps for a rule, and most against it.
const MOST_STEPS: usize = 5000;
/// So many contradictions one after the other are more than chance.
const LATE: usize = 2;
/// Steps without evidence from which on it is said that a rule is not used.
const UNUSED: u32 = 50;

/// A rule.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Rule {
    /// Its name, which no other rule of its rulebook has; one given automatically is `R` and a number.
    #[serde(rename = "RULE_ID", default)]
    pub rule_id: String,
    /// When it applies.
    #[serde(rename = "TRIGGER", default)]
    pub trigger: String,
    /// What was seen.
    #[serde(rename = "OBSERVATION", default)]
    pub observation: String,
    /// What to do, in plain words.
    #[serde(rename = "NEW_HEURISTIC")]
    pub heuristic: String,
    /// How far it is to be relied on.
    #[serde(default)]
    pub status: Status,
    /// Always in the prompt, and not the strategist's to touch.
    #[serde(default)]
    pub pinned: bool,
    /// Kept, but not in the prompt.
    #[serde(default)]
    pub disabled: bool,
    /// The trace steps that support it.
    #[serde(default)]
    pub support: Vec<u32>,
    /// The trace steps that contradict it.
    #[serde(default)]
    pub contradiction: Vec<u32>,
    /// Who made it.
    #[serde(default)]
    pub origin: Origin,
    /// The trace step at which it was written, or last rewritten.
    #[serde(default)]
    pub since: u32,
}

/// How far a rule is to be relied on.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, strum::Display, strum::EnumString,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Status {
    /// Perhaps.
    Hypothesis,
    /// It is.
    #[default]
    Confirmed,
    /// Not any more.
    Retired,
}

/// Where a rule comes from.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, strum::Display, strum::EnumString,
)]
#[serde(rename_all = "lowercase")]
#[strum(serialize_all = "lowercase")]
pub enum Origin {
    /// The strategist wrote it.
    Strategist,
    /// A person wrote it.
    #[default]
    Person,
    /// It came with a link.
    Link,
}

impl Rule {
    /// The rule in the executor's prompt: `touch red rings for points`, `maybe avoid blue boxes`.
    pub fn line(&self) -> String {
        let maybe = if self.status == Status::Hypothesis { "maybe " } else { "" };
        let name =
            if is_automatic(&self.rule_id) { String::new() } else { format!("{}: ", tidy(&self.rule_id)) };
        format!("{name}{maybe}{}", tidy(&self.heuristic))
    }

    /// The rule in the strategist's prompt: the same with its evidence, `(3 for, 1 against)` or `(new)`,
    /// and how long it was not used, in tens of steps.
    pub fn record(&self, now: u32) -> String {
        let (agree, against) = (self.support.len(), self.contradiction.len());
        let evidence = (agree + against > 0).then(|| format!("{agree} for, {against} against"));
        let unused = self.unused(now);
        let unused = (unused > 0).then(|| format!("unused {unused} steps"));
        let said: Vec<String> = [evidence, unused].into_iter().flatten().collect();
        format!("{} ({})", self.line(), if said.is_empty() { "new".into() } else { said.join(", ") })
    }

    /// How many steps no evidence came, in tens; 0 while they are few. One that warns of a loss and is sure by what
    /// happened is always of use: nothing comes of it for as long as it is obeyed.
    pub fn unused(&self, now: u32) -> u32 {
        let is_loss = self.observation.parse().is_ok_and(|seen: Observation| seen.sign() == Some(-1));
        let is_sure = self.status == Status::Confirmed && !self.support.is_empty() && !self.fails_of_late();
        if is_loss && is_sure {
            return 0;
        }
        let last = self.support.iter().chain(&self.contradiction).max().copied().unwrap_or(0).max(self.since);
        let steps = now.saturating_sub(last);
        if steps < UNUSED { 0 } else { steps / 10 * 10 }
    }

    /// Whether it still waits for its first test, and has not done so for long.
    pub fn is_untried(&self, now: u32) -> bool {
        self.support.is_empty() && self.contradiction.is_empty() && self.unused(now) == 0
    }

    /// Whether it is there at all: not retired.
    pub fn is_kept(&self) -> bool {
        self.status != Status::Retired
    }

    /// Whether it holds: the prompts list it.
    pub fn holds(&self) -> bool {
        self.is_kept() && !self.disabled
    }

    /// Whether more speaks against it than for it.
    pub(crate) fn is_outweighed(&self) -> bool {
        self.contradiction.len() > self.support.len()
    }

    /// Whether it has come otherwise in each of its last cases, as it does when a game has changed.
    pub(crate) fn fails_of_late(&self) -> bool {
        let last = self.support.last();
        self.contradiction.iter().rev().take_while(|step| last.is_none_or(|last| *step > last)).count()
            >= LATE
    }

    /// Whether a digest tells that it came otherwise, too often running to be a slip.
    pub(crate) fn is_overturned(&self, digest: &Digest) -> bool {
        self.outcome().is_some_and(|outcome| digest.overturns(&self.trigger, &outcome))
    }

    /// Whether one can be sure of it, with what a digest counts besides.
    pub(crate) fn is_borne_out(&self, digest: &Digest) -> bool {
        self.evidence_in(digest).is_some_and(|evidence| is_sure(self, true, &evidence))
    }

    /// What comes of its trigger; none if it says so in a person's own words, which are no change's.
    fn outcome(&self) -> Option<String> {
        let seen: Observation = self.observation.parse().ok()?;
        Change::ends(&seen.outcome).then_some(seen.outcome)
    }

    /// The steps of a digest that speak for it and against it; none if the digest tells of nothing of the kind, or
    /// nobody can tell.
    pub(crate) fn evidence_in(&self, digest: &Digest) -> Option<(Vec<u32>, Vec<u32>)> {
        digest.evidence(&self.trigger, &self.outcome()?)
    }

    pub(super) fn count(&mut self, (support, contradiction): &(Vec<u32>, Vec<u32>)) {
        for (steps, more) in [(&mut self.support, support), (&mut self.contradiction, contradiction)] {
            steps.extend(more);
            steps.sort_unstable();
            steps.dedup();
        }
    }

    /// The rule as it may stand in a rulebook: its texts plain, its steps in order.
    ///
    /// # Errors
    /// One sentence, if a text is missing or too long.
    pub(super) fn checked(mut self) -> Result<Self, String> {
        for text in [&mut self.rule_id, &mut self.trigger, &mut self.observation, &mut self.heuristic] {
            *text = plain(text);
        }
        self.count(&Default::default());
        let texts = [
            ("name", &self.rule_id, MOST_NAME),
            ("trigger", &self.trigger, MOST_TEXT),
            ("observation", &self.observation, MOST_TEXT),
            ("heuristic", &self.heuristic, MOST_TEXT),
        ];
        for (what, text, most) in texts {
            let length = text.chars().count();
            if length > most {
                return Err(format!("its {what} has {length} characters; {most} is the most"));
            }
        }
        if tidy(&self.heuristic).is_empty() {
            return Err("it does not say what to do".into());
        }
        if self.support.len().max(self.contradiction.len()) > MOST_STEPS {
            return Err(format!("it rests on more than {MOST_STEPS} steps"));
        }
        Ok(self)
    }
}

/// Whether a name is one that is given automatically, such as `R12`.
pub(super) fn is_automatic(name: &str) -> bool {
    name.strip_prefix('R').is_some_and(|n| n.parse::<u32>().is_ok())
}

/// One line of text that shows all that is in it: characters that steer (control characters, changes of
/// direction) or that nobody sees are taken out, and runs of white space become one space.
pub fn plain(text: &str) -> String {
    let unseen = |c: char| {
        c.is_control() && !c.is_whitespace()
            || matches!(c,
                '\u{ad}' | '\u{61c}' | '\u{180e}' | '\u{200b}' | '\u{200e}' | '\u{200f}'
                | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}' | '\u{e0000}'..='\u{e007f}')
    };
    let seen: String = text.chars().filter(|&c| !unseen(c)).collect();
    seen.split_whitespace().collect::<Vec<_>>().join(" ")
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;

    #[test]
    fn what_nobody_sees_is_taken_out() {
        assert_eq!(plain("a\u{202e}b\u{200b}\u{7}c\r\n\td\u{2028}e \u{feff}"), "abc d e");
        assert_eq!(
            plain("می\u{200c}خواهم <b>|é 👩\u{200d}🚀"),
            "می\u{200c}خواهم <b>|é 👩\u{200d}🚀",
            "the rest stays"
        );
    }
}
