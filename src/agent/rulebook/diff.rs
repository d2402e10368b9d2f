//! What is different between two versions of a rulebook: by rule, and by word inside a rule.

use super::rule::Rule;
use similar::DiffTag;
use similar::algorithms::{Capture, Replace, myers};

/// What became of a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// As it was; none if it is new.
    pub before: Option<Rule>,
    /// As it is; none if it went.
    pub after: Option<Rule>,
    /// It stands elsewhere among those that are in both versions.
    pub moved: bool,
}

/// A piece of text in one version, in the other, or in both.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Piece {
    /// In both.
    Same(String),
    /// Only in the earlier one.
    Gone(String),
    /// Only in the later one.
    New(String),
}

/// The rules that are not the same, in the later version's order; those that went come last. A retired
/// rule counts as not there.
pub fn rules(before: &[Rule], after: &[Rule]) -> Vec<Difference> {
    let kept = |rules: &[Rule]| rules.iter().filter(|rule| rule.is_kept()).cloned().collect::<Vec<Rule>>();
    let (before, after) = (kept(before), kept(after));
    // By name; a rule that was only renamed by what it says.
    let mut from: Vec<Option<usize>> =
        after.iter().map(|rule| before.iter().position(|was| was.rule_id == rule.rule_id)).collect();
    for (at, rule) in after.iter().enumerate() {
        if from[at].is_none() {
            let says = |was: &Rule| (&was.trigger, &was.heuristic) == (&rule.trigger, &rule.heuristic);
            from[at] = (0..before.len()).find(|was| says(&before[*was]) && !from.contains(&Some(*was)));
        }
    }
    let stay: Vec<usize> = from.iter().flatten().copied().collect();
    // What is not on the longest rising run was moved.
    let still = rising(&stay);
    let mut differences = Vec::new();
    for (rule, was) in after.iter().zip(&from) {
        let was_there = was.map(|at| &before[at]);
        let moved = was.is_some_and(|at| !still.contains(&at));
        if moved || was_there != Some(rule) {
            differences.push(Difference { before: was_there.cloned(), after: Some(rule.clone()), moved });
        }
    }
    let gone = (0..before.len()).filter(|at| !stay.contains(at));
    differences.extend(gone.map(|at| Difference {
        before: Some(before[at].clone()),
        after: None,
        moved: false,
    }));
    differences
}

/// The words of two texts, told apart.
pub fn words(before: &str, after: &str) -> Vec<Piece> {
    let (old, new) = (tokens(before), tokens(after));
    // One algorithm only: the crate's ready-made call brings all of them into the page.
    let mut found = Replace::new(Capture::new());
    let Ok(()) = myers::diff(&mut found, &old, 0..old.len(), &new, 0..new.len());
    let mut pieces = Vec::new();
    for op in found.into_inner().into_ops() {
        let (tag, was, is) = op.as_tag_tuple();
        if tag == DiffTag::Equal {
            pieces.push(Piece::Same(old[was].concat()));
            continue;
        }
        for (piece, text) in
            [(Piece::Gone as fn(String) -> Piece, old[was].concat()), (Piece::New, new[is].concat())]
        {
            if !text.is_empty() {
                pieces.push(piece(text));
            }
        }
    }
    pieces
}

/// A text as words, and what is between them.
fn tokens(text: &str) -> Vec<&str> {
    let kind = |c: char| (c.is_whitespace(), c.is_alphanumeric());
    let mut tokens = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end = rest.find(|c: char| kind(c) != kind(first)).unwrap_or(rest.len());
        let (token, more) = rest.split_at(end);
        tokens.push(token);
        rest = more;
    }
    tokens
}

/// A longest run of rising numbers, not necessarily side by side.
fn rising(numbers: &[usize]) -> Vec<usize> {
    let mut best: Vec<Vec<usize>> = Vec::new();
    for &number in numbers {
        let before = best.iter().filter(|run| run.last() < Some(&number)).max_by_key(|run| run.len());
        let mut run = before.cloned().unwrap_or_default();
        run.push(number);
        best.push(run);
    }
    best.into_iter().max_by_key(Vec::len).unwrap_or_default()
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::agent::rulebook::tests::rule;

    #[test]
    fn rules_are_told_apart_by_name_place_and_words() {
        let before = [rule("R1", "a"), rule("R2", "b"), rule("R3", "c"), rule("R4", "d")];
        let mut after = vec![rule("R3", "c"), rule("R1", "a!"), rule("two", "b"), rule("R5", "e")];
        after[1].pinned = true;
        let found = rules(&before, &after);
        fn name(rule: &Option<Rule>) -> Option<&str> {
            rule.as_ref().map(|rule| rule.rule_id.as_str())
        }
        let told: Vec<_> = found.iter().map(|d| (name(&d.before), name(&d.after), d.moved)).collect();
        let expected = [
            (Some("R3"), Some("R3"), true),
            (Some("R1"), Some("R1"), false),
            (Some("R2"), Some("two"), false),
            (None, Some("R5"), false),
            (Some("R4"), None, false),
        ];
        assert_eq!(told, expected);
        assert_eq!(rules(&before, &before), []);
    }

    #[test]
    fn words_are_told_apart() {
        use Piece::*;
        let found = words("touch red rings", "avoid red rings");
        assert_eq!(found, [Gone("touch".into()), New("avoid".into()), Same(" red rings".into())]);
        assert_eq!(words("", "a b"), [New("a b".into())]);
        assert_eq!(words("a", "a"), [Same("a".into())]);
        assert_eq!(words("a, b", "a c, b"), [Same("a".into()), New(" c".into()), Same(", b".into())]);
    }
}
