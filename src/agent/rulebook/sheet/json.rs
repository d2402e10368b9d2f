//! The JSON form: `{"rulewright": 1, "name": "…", "rules": [{"RULE_ID": "R1", …}]}`.

use super::{Problems, Rule, Sheet, VERSION, quoted};
use serde_json::{Value, json};

pub(super) fn write(sheet: &Sheet) -> String {
    let whole = json!({ "rulewright": VERSION, "name": sheet.name, "rules": sheet.rules });
    // Texts, numbers and lists: there is nothing in it that JSON has no word for.
    serde_json::to_string_pretty(&whole).unwrap_or_default()
}

pub(super) fn read(text: &str) -> Result<Sheet, Vec<String>> {
    let one = |problem: String| vec![problem];
    let value: Value = serde_json::from_str(text).map_err(|e| {
        one(format!("This is not JSON that can be read: line {}, column {}.", e.line(), e.column()))
    })?;
    let (name, rules) = match value {
        Value::Array(rules) => (String::new(), rules),
        Value::Object(whole) if whole.contains_key("NEW_HEURISTIC") => {
            (String::new(), vec![Value::Object(whole)])
        }
        Value::Object(mut whole) => {
            match whole.get("rulewright").and_then(Value::as_u64) {
                Some(1) => {}
                Some(version) => {
                    let says = format!(
                        "This rulebook is of version {version}, and {VERSION} is the newest known here."
                    );
                    return Err(one(says));
                }
                None => return Err(one("This JSON does not say that it is a rulebook.".into())),
            }
            let name = whole.get("name").and_then(Value::as_str).unwrap_or_default().into();
            match whole.remove("rules") {
                Some(Value::Array(rules)) => (name, rules),
                _ => return Err(one("This rulebook has no list of rules.".into())),
            }
        }
        _ => return Err(one("This JSON is no rulebook.".into())),
    };
    let mut problems = Problems::default();
    let mut sheet = Sheet { name, rules: Vec::new() };
    for (at, rule) in rules.into_iter().enumerate() {
        match serde_path_to_error::deserialize::<_, Rule>(rule) {
            Ok(rule) => sheet.rules.push(rule),
            Err(error) => {
                let (place, problem) = (error.path().to_string(), quoted(&error.inner().to_string()));
                let field = if place == "." { String::new() } else { format!(" at {}", quoted(&place)) };
                problems.add(format!("Rule {} cannot be read{field}: {problem}.", at + 1));
            }
        }
    }
    problems.or(sheet)
}
