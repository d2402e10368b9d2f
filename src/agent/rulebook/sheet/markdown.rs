//! The Markdown form: a heading for each rule, and a list of its fields.
//!
//! ```markdown
//! # Orchard
//!
//! A rulebook of Rulewright, version 1.
//!
//! ## R1
//!
//! - TRIGGER: touch red ring
//! - OBSERVATION: +2 in 5 of 6
//! - NEW_HEURISTIC: touch red rings for points
//! - STATUS: confirmed, pinned
//! - SUPPORT: 3, 8, 12
//! - ORIGIN: strategist
//! - SINCE: 14
//! ```
//!
//! What Markdown would take for a sign of its own stands behind a backslash.

use super::{Problems, Rule, Sheet, VERSION, quoted};
use crate::agent::rulebook::{Origin, Status};

const SAYS: &str = "A rulebook of Rulewright, version ";

pub(super) fn write(sheet: &Sheet) -> String {
    let title = if sheet.name.is_empty() { "Rulebook" } else { &sheet.name };
    let mut text = format!("# {}\n\n{SAYS}{VERSION}.\n", escaped(title));
    for rule in &sheet.rules {
        text.push_str(&format!("\n## {}\n\n", escaped(&rule.rule_id)));
        let mut line = |field: &str, value: String| {
            if !value.is_empty() {
                text.push_str(&format!("- {field}: {value}\n"));
            }
        };
        line("TRIGGER", escaped(&rule.trigger));
        line("OBSERVATION", escaped(&rule.observation));
        line("NEW_HEURISTIC", escaped(&rule.heuristic));
        let marks = [(rule.pinned, ", pinned"), (rule.disabled, ", disabled")];
        let marks: String = marks.iter().filter(|(is, _)| *is).map(|(_, mark)| *mark).collect();
        line("STATUS", format!("{}{marks}", rule.status));
        line("SUPPORT", steps(&rule.support));
        line("CONTRADICTION", steps(&rule.contradiction));
        line("ORIGIN", rule.origin.to_string());
        line("SINCE", rule.since.to_string());
    }
    text
}

fn steps(steps: &[u32]) -> String {
    steps.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

/// A text in which Markdown sees no sign of its own. An underscore inside a word is none.
fn escaped(text: &str) -> String {
    let chars: Vec<char> = text.chars().collect();
    let in_word = |at: usize| {
        let is_word = |at: usize| chars.get(at).is_some_and(|c| c.is_alphanumeric());
        at > 0 && is_word(at - 1) && is_word(at + 1)
    };
    let mut out = String::with_capacity(text.len());
    for (at, &c) in chars.iter().enumerate() {
        if "\\`*<>[]&#~$|".contains(c) || c == '_' && !in_word(at) {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

/// And back.
fn unescaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        match chars.peek() {
            Some(next) if c == '\\' && next.is_ascii_punctuation() => out.extend(chars.next()),
            _ => out.push(c),
        }
    }
    out
}

pub(super) fn read(text: &str) -> Result<Sheet, Vec<String>> {
    let mut problems = Problems::default();
    let mut sheet = Sheet::default();
    for (at, line) in text.lines().enumerate() {
        let (number, line) = (at + 1, line.trim());
        if let Some(name) = line.strip_prefix("## ") {
            sheet.rules.push(Rule { rule_id: unescaped(name), ..blank() });
        } else if let Some(rule) = sheet.rules.last_mut() {
            if line.is_empty() {
                continue;
            }
            let item =
                line.strip_prefix("- ").or(line.strip_prefix("* ")).and_then(|item| item.split_once(':'));
            let read = match item {
                Some((field, value)) => field_of(rule, field.trim(), value.trim()),
                None => Err(format!("{} is no line such as “- TRIGGER: touch red ring”", quoted(line))),
            };
            if let Err(problem) = read {
                problems.add(format!("Line {number}: {problem}."));
            }
        } else if let Some(version) = line.strip_prefix(SAYS) {
            let version = version.trim_end_matches('.');
            if version != VERSION.to_string() {
                problems.add(format!(
                    "This rulebook is of version {}, and {VERSION} is the newest known here.",
                    quoted(version)
                ));
            }
        } else if let Some(name) = line.strip_prefix("# ") {
            sheet.name = unescaped(name);
        }
    }
    problems.or(sheet)
}

fn blank() -> Rule {
    Rule {
        rule_id: String::new(),
        trigger: String::new(),
        observation: String::new(),
        heuristic: String::new(),
        status: Status::default(),
        pinned: false,
        disabled: false,
        support: Vec::new(),
        contradiction: Vec::new(),
        origin: Origin::default(),
        since: 0,
    }
}

fn field_of(rule: &mut Rule, field: &str, value: &str) -> Result<(), String> {
    match field {
        "TRIGGER" => rule.trigger = unescaped(value),
        "OBSERVATION" => rule.observation = unescaped(value),
        "NEW_HEURISTIC" => rule.heuristic = unescaped(value),
        "STATUS" => {
            for word in value.split(',').map(str::trim) {
                match word {
                    "pinned" => rule.pinned = true,
                    "disabled" => rule.disabled = true,
                    status => {
                        let unknown = |_| {
                            format!(
                                "{} is no status; it may be hypothesis, confirmed or retired, and pinned or disabled",
                                quoted(status)
                            )
                        };
                        rule.status = status.parse().map_err(unknown)?;
                    }
                }
            }
        }
        "SUPPORT" => rule.support = read_steps(value)?,
        "CONTRADICTION" => rule.contradiction = read_steps(value)?,
        "ORIGIN" => {
            let unknown = |_| format!("{} is no origin; it may be strategist, person or link", quoted(value));
            rule.origin = value.parse().map_err(unknown)?;
        }
        "SINCE" => rule.since = read_step(value)?,
        other => return Err(format!("a rule has no field {}", quoted(other))),
    }
    Ok(())
}

fn read_steps(text: &str) -> Result<Vec<u32>, String> {
    text.split(',').map(str::trim).filter(|step| !step.is_empty()).map(read_step).collect()
}

fn read_step(text: &str) -> Result<u32, String> {
    text.parse().map_err(|_| format!("{} is no step's number", quoted(text)))
}
