//! A question as it stands in the form, and what becomes of it when it is sent.

use super::Around;
use rulewright::agent::prompt;
use rulewright::env::Action;
use rulewright::mind::{Message, Part, Role, Style};
use std::fmt::Display;
use std::ops::RangeInclusive;
use std::str::FromStr;

/// Tokens that a vote may have at least.
const VOTE: usize = 240;

/// What the form holds, as it was typed.
#[derive(Debug, Clone, PartialEq)]
pub struct Draft {
    pub address: String,
    pub frame: bool,
    pub prompt: String,
    pub rules: String,
    pub traces: String,
    pub temperature: String,
    pub seed: String,
    pub most: String,
    pub grammar: Grammar,
    pub pattern: String,
}

/// The fields in which one types.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Field {
    Address,
    Prompt,
    Rules,
    Traces,
    Temperature,
    Seed,
    Most,
    Pattern,
}

/// What an answer may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Grammar {
    /// Any text.
    Any,
    /// One of the actions of the game that is shown.
    Action,
    /// Reasons and an action, by the rules in the form: the agent's own way of asking.
    Vote,
    /// Whatever matches the pattern in the form.
    Own,
}

/// What is sent to the model. A new number is a new question.
#[derive(Debug, Clone, PartialEq)]
pub struct Question {
    pub number: u32,
    pub messages: Vec<Message>,
    pub style: Style,
    /// The legal actions, if the answer is a vote.
    pub actions: Vec<Action>,
}

impl Default for Draft {
    fn default() -> Self {
        Self {
            address: String::new(),
            frame: true,
            prompt: "Which action is best here, and why?".into(),
            rules: String::new(),
            traces: "2".into(),
            temperature: "0.7".into(),
            seed: "1".into(),
            most: "48".into(),
            grammar: Grammar::Any,
            pattern: String::new(),
        }
    }
}

impl Draft {
    /// The text of a field.
    pub fn field(&mut self, field: Field) -> &mut String {
        match field {
            Field::Address => &mut self.address,
            Field::Prompt => &mut self.prompt,
            Field::Rules => &mut self.rules,
            Field::Traces => &mut self.traces,
            Field::Temperature => &mut self.temperature,
            Field::Seed => &mut self.seed,
            Field::Most => &mut self.most,
            Field::Pattern => &mut self.pattern,
        }
    }

    /// The question, or what is wrong with it in a sentence.
    pub(super) fn question(&self, number: u32, around: &Around) -> Result<Question, String> {
        let votes = self.grammar == Grammar::Vote;
        let messages = if votes { self.vote(around) } else { self.talk(around)? };
        let traces = within("The number of answers", &self.traces, 1..=8)?;
        let seed: u32 = within("The seed", &self.seed, 0..=u32::MAX)?;
        let style = Style {
            seeds: (0..traces).map(|trace| seed.wrapping_add(trace)).collect(),
            temperature: within("The temperature", &self.temperature, 0.0..=10.0)?,
            top_p: 1.0,
            most_tokens: match within("The most tokens", &self.most, 1..=4096)? {
                // A vote that is cut off is none.
                most if votes => usize::max(most, VOTE),
                most => most,
            },
            grammar: match self.grammar {
                Grammar::Any => None,
                Grammar::Action => Some(one_of(around.actions)),
                Grammar::Vote => Some(prompt::ballot(around.actions)),
                Grammar::Own if self.pattern.is_empty() => {
                    return Err("The pattern is empty: write a regular expression, or allow any text.".into());
                }
                Grammar::Own => Some(self.pattern.clone()),
            },
        };
        let actions = if votes { around.actions.to_vec() } else { Vec::new() };
        Ok(Question { number, messages, style, actions })
    }

    /// The prompt and the frame, as they are.
    fn talk(&self, around: &Around) -> Result<Vec<Message>, String> {
        let mut parts = Vec::new();
        if self.frame {
            parts.push(Part::Image((around.frame)()));
        }
        if !self.prompt.trim().is_empty() {
            parts.push(Part::Text(self.prompt.clone()));
        }
        if parts.is_empty() {
            return Err("There is nothing to send: write a prompt, or show the frame.".into());
        }
        Ok(vec![Message { role: Role::User, parts }])
    }

    /// The agent's question: the rules, the frame and what stands beside it.
    fn vote(&self, around: &Around) -> Vec<Message> {
        let rules = self.rules.lines().map(str::trim).filter(|rule| !rule.is_empty());
        let rules: Vec<String> = rules.map(String::from).collect();
        prompt::vote(&rules, (around.frame)(), &(around.status)(), around.actions)
    }
}

/// The pattern that exactly these actions match. Their names are letters and spaces.
fn one_of(actions: &[Action]) -> String {
    actions.iter().map(ToString::to_string).collect::<Vec<_>>().join("|")
}

fn within<T: FromStr + PartialOrd + Display>(
    what: &str,
    text: &str,
    allowed: RangeInclusive<T>,
) -> Result<T, String> {
    let value = text.trim().parse().ok().filter(|value| allowed.contains(value));
    value.ok_or_else(|| {
        format!("{what} may be {} to {}, not “{}”.", allowed.start(), allowed.end(), text.trim())
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use rulewright::env::Status;
    use rulewright::frame::Frame;
    use strum::VariantArray;

    fn asked(draft: &Draft) -> Result<Question, String> {
        let around = Around {
            backend: None,
            frame: &Frame::new,
            status: &|| Status { score: 3, lives: 2, readings: Default::default() },
            actions: &[Action::Up, Action::BuyFixed],
        };
        draft.question(1, &around)
    }

    #[test]
    fn a_question_shows_the_frame_first_and_every_answer_has_a_seed_of_its_own() {
        let draft = Draft { seed: u32::MAX.to_string(), traces: " 3".into(), ..Draft::default() };
        let question = asked(&draft).expect("a question");
        let parts = &question.messages[0].parts;
        assert!(matches!(parts.as_slice(), [Part::Image(_), Part::Text(_)]), "{parts:?}");
        assert_eq!((question.style.seeds, question.style.grammar), (vec![u32::MAX, 0, 1], None));
    }

    #[test]
    fn the_pattern_for_actions_is_made_of_plain_names() {
        let draft = Draft { grammar: Grammar::Action, ..Draft::default() };
        assert_eq!(asked(&draft).expect("a question").style.grammar.as_deref(), Some("up|buy fixed"));
        let plain = |action: &Action| action.to_string().chars().all(|c| c.is_ascii_lowercase() || c == ' ');
        assert!(Action::VARIANTS.iter().all(plain));
    }

    #[test]
    fn a_vote_is_asked_for_by_the_rules_as_the_agent_does() {
        let rules = " red rings are good\n\nblue boxes bite ".into();
        let draft = Draft { grammar: Grammar::Vote, rules, most: "9".into(), ..Draft::default() };
        let question = asked(&draft).expect("a question");
        let [system, user] = question.messages.as_slice() else { panic!("{:?}", question.messages) };
        let [Part::Text(memory)] = system.parts.as_slice() else { panic!("{system:?}") };
        assert!(memory.ends_with("1. red rings are good\n2. blue boxes bite\n"), "{memory}");
        let [Part::Image(_), Part::Text(task)] = user.parts.as_slice() else { panic!("{user:?}") };
        assert_eq!(task, "score 3, lives 2\nactions: up, buy fixed");
        assert_eq!(question.actions, [Action::Up, Action::BuyFixed]);
        assert!(question.style.most_tokens >= VOTE && question.style.grammar.is_some());
    }

    #[test]
    fn what_cannot_be_sent_is_said_in_a_sentence() {
        let draft = Draft::default;
        let wrong = [
            (Draft { frame: false, prompt: " ".into(), ..draft() }, "nothing to send"),
            (Draft { traces: "9".into(), ..draft() }, "The number of answers may be 1 to 8, not “9”."),
            (Draft { temperature: "NaN".into(), ..draft() }, "The temperature"),
            (Draft { temperature: "warm".into(), ..draft() }, "not “warm”"),
            (Draft { seed: "-1".into(), ..draft() }, "0 to 4294967295"),
            (Draft { most: "0".into(), ..draft() }, "The most tokens"),
            (Draft { grammar: Grammar::Own, ..draft() }, "The pattern is empty"),
        ];
        for (draft, expected) in wrong {
            let problem = asked(&draft).expect_err("it is wrong");
            assert!(problem.contains(expected) && problem.ends_with('.'), "{problem}");
        }
    }
}
