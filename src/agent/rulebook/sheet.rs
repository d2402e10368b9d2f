//! Rules on their way into a rulebook or out of it: as JSON with the article's field names, as Markdown
//! for people, or in a link. Whatever is read is checked whole: one sentence a problem, and nothing
//! half-taken.

mod json;
mod markdown;

use super::apply::free_name;
use super::rule::{MOST_NAME, Rule, plain};
use super::{MOST_KEPT, MOST_RULES, Rulebook};
use crate::agent::revision::Revision;
use crate::agent::revision::hand::Hand;

/// The version of both forms.
const VERSION: u64 = 1;
/// Most bytes of a file that is read at all.
pub const MOST_BYTES: usize = 512 * 1024;
/// Most rules of a sheet, the retired ones too.
const MOST_ON_A_SHEET: usize = 1000;
/// Most problems that are told.
const MOST_PROBLEMS: usize = 6;

/// Rules, and what they are called together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Sheet {
    /// What they are called; may be empty.
    pub name: String,
    /// The rules, in order.
    pub rules: Vec<Rule>,
}

impl Sheet {
    /// All of a rulebook's rules.
    pub fn of(name: &str, book: &Rulebook) -> Self {
        Self { name: name.into(), rules: book.rules().to_vec() }
    }

    /// Reads what [`Sheet::to_json`] or [`Sheet::to_markdown`] wrote, or a person by hand; a rule as the
    /// article shows it will do, or a list of such.
    ///
    /// # Errors
    /// One sentence for each problem, if there is any.
    pub fn read(text: &str) -> Result<Self, Vec<String>> {
        if text.len() > MOST_BYTES {
            let (size, most) = (text.len() / 1024, MOST_BYTES / 1024);
            return Err(vec![format!("This is {size} KiB of text; a rulebook has at most {most}.")]);
        }
        let text = text.trim_start_matches('\u{feff}').trim_start();
        let sheet = if text.starts_with(['{', '[']) { json::read(text) } else { markdown::read(text) }?;
        sheet.checked()
    }

    /// The rules with the article's field names, and all that is known of them.
    pub fn to_json(&self) -> String {
        json::write(self)
    }

    /// The rules for people to read, and to edit.
    pub fn to_markdown(&self) -> String {
        markdown::write(self)
    }

    /// The one revision that takes the rules into a rulebook, in place of its own or beside them.
    pub fn revision(&self, replace: bool) -> Revision {
        Hand::Take { rules: self.rules.clone(), replace }.into()
    }

    /// The sheet as it may be taken up.
    ///
    /// # Errors
    /// One sentence for each problem.
    pub(super) fn checked(self) -> Result<Self, Vec<String>> {
        let name = plain(&self.name).chars().take(MOST_NAME).collect::<String>().trim_end().into();
        Ok(Self { name, rules: checked(self.rules)? })
    }
}

/// Rules as they may stand in a rulebook together, those without a name named.
pub(super) fn checked(given: Vec<Rule>) -> Result<Vec<Rule>, Vec<String>> {
    let mut problems = Problems::default();
    if given.is_empty() {
        problems.add("There are no rules in this.".into());
    }
    if given.len() > MOST_ON_A_SHEET {
        return Err(vec![format!("These are {} rules; {MOST_ON_A_SHEET} is the most.", given.len())]);
    }
    let mut rules: Vec<Rule> = Vec::new();
    for (at, rule) in given.into_iter().enumerate() {
        match rule.checked() {
            Ok(rule) => rules.push(rule),
            Err(problem) => problems.add(format!("Rule {}: {problem}.", at + 1)),
        }
    }
    for at in 0..rules.len() {
        let name = rules[at].rule_id.clone();
        if name.is_empty() {
            rules[at].rule_id = free_name(&rules, &format!("R{}", at + 1));
        } else if rules[..at].iter().any(|rule| rule.rule_id == name) {
            problems.add(format!("Two rules have the name “{name}”."));
        }
    }
    let (hold, kept) =
        (rules.iter().filter(|r| r.holds()).count(), rules.iter().filter(|r| r.is_kept()).count());
    if hold > MOST_RULES {
        problems.add(format!("{hold} of these rules would hold; {MOST_RULES} is the most."));
    }
    if kept > MOST_KEPT {
        problems.add(format!("These are {kept} rules; {MOST_KEPT} is the most."));
    }
    problems.or(rules)
}

/// What is wrong, a sentence each; a page of them helps nobody.
#[derive(Default)]
struct Problems {
    told: Vec<String>,
    more: usize,
}

impl Problems {
    fn add(&mut self, problem: String) {
        if self.told.len() < MOST_PROBLEMS {
            self.told.push(problem);
        } else {
            self.more += 1;
        }
    }

    fn or<T>(mut self, value: T) -> Result<T, Vec<String>> {
        if self.more > 0 {
            self.told.push(format!("There are {} more problems.", self.more));
        }
        if self.told.is_empty() { Ok(value) } else { Err(self.told) }
    }
}

/// Some of what a text says, in one short line for a sentence.
fn quoted(text: &str) -> String {
    let text = plain(text);
    let short: String = text.chars().take(40).collect();
    if short.len() < text.len() { format!("“{short}…”") } else { format!("“{short}”") }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
pub(crate) mod tests;
