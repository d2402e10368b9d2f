//! What only a person does to a rulebook, by hand. Rules go by their names here, so that a click means
//! the same rule whatever the strategist does meanwhile. A model cannot write any of it.

use crate::agent::rulebook::rule::Rule;
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display, Formatter};

/// What a person does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Hand {
    /// A new rule, after all others.
    Add(Words),
    /// A rule says something else from now on. Where what it asks for stays the same, so does its evidence.
    Edit(String, Words),
    /// A rule is always in the prompt, and the strategist may not touch its words; or that no more.
    Pin(String, bool),
    /// A rule is kept, but not in the prompt; or that no more.
    Disable(String, bool),
    /// A rule goes to a place among the rules that are kept, counted from 0. Later rules win.
    Move(String, usize),
    /// A rule goes: it is retired.
    Delete(String),
    /// Rules from elsewhere come in, all or none.
    Take {
        /// The rules.
        rules: Vec<Rule>,
        /// In place of those that are here.
        replace: bool,
    },
}

/// A rule in a person's words.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Words {
    /// Its name; empty for the next free one, or the one that it has.
    pub rule_id: String,
    /// When it applies; may be empty.
    pub trigger: String,
    /// What was seen; may be empty.
    pub observation: String,
    /// What to do.
    pub heuristic: String,
    /// Whether to rely on it.
    pub sure: bool,
}

impl Words {
    /// What a rule says.
    pub fn of(rule: &Rule) -> Self {
        Self {
            rule_id: rule.rule_id.clone(),
            trigger: rule.trigger.clone(),
            observation: rule.observation.clone(),
            heuristic: rule.heuristic.clone(),
            sure: rule.status == crate::agent::rulebook::Status::Confirmed,
        }
    }
}

impl Display for Hand {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Hand::Add(words) => write!(f, "add {}", words.heuristic),
            Hand::Edit(rule, words) => write!(f, "edit {rule}: {}", words.heuristic),
            Hand::Pin(rule, true) => write!(f, "pin {rule}"),
            Hand::Pin(rule, false) => write!(f, "unpin {rule}"),
            Hand::Disable(rule, true) => write!(f, "disable {rule}"),
            Hand::Disable(rule, false) => write!(f, "enable {rule}"),
            Hand::Move(rule, place) => write!(f, "move {rule} to place {}", place + 1),
            Hand::Delete(rule) => write!(f, "delete {rule}"),
            Hand::Take { rules, replace: false } => write!(f, "join {} rules", rules.len()),
            Hand::Take { rules, replace: true } => write!(f, "replace all by {} rules", rules.len()),
        }
    }
}
