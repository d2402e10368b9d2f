//! A look into a ballot: where the agent's attention lay on the frame when it wrote a word.

use rulewright::mind::Glance;
use std::rc::Rc;

/// The ballot that somebody looks into.
#[derive(Debug, Clone, PartialEq)]
pub struct Look {
    /// The decision's number.
    pub decision: u32,
    /// The ballot's place in its vote.
    pub ballot: usize,
    /// The byte of the ballot's text that was chosen.
    pub at: usize,
    /// A glance a token, or why there are none; nothing while the model is asked.
    pub found: Option<Result<Rc<Vec<Glance>>, String>>,
}

impl Look {
    /// A look at a ballot's first token, which nobody has found out yet.
    pub fn new(decision: u32, ballot: usize) -> Self {
        Self { decision, ballot, at: 0, found: None }
    }

    /// Whether it is into this ballot.
    pub fn is_of(&self, decision: u32, ballot: usize) -> bool {
        (self.decision, self.ballot) == (decision, ballot)
    }

    /// The tokens that add something to the text: for each its glance, and the byte of the text at which it
    /// begins.
    pub fn glances(&self) -> Vec<(usize, &Glance)> {
        let mut end = 0;
        let begins = |glance: &Glance| {
            end += glance.text.len();
            end - glance.text.len()
        };
        let found = self.found.iter().flatten().flat_map(|found| found.iter());
        let placed: Vec<usize> = found.clone().map(begins).collect();
        placed.into_iter().zip(found).filter(|(_, glance)| !glance.text.is_empty()).collect()
    }

    /// Which of [`Look::glances`] is chosen.
    pub fn chosen(&self) -> usize {
        self.glances().iter().rposition(|(begins, _)| *begins <= self.at).unwrap_or_default()
    }
}

/// Squares a side of a picture that so many of them cover; none if they don't.
pub fn side(squares: usize) -> Option<usize> {
    (1..=squares).take_while(|side| side * side <= squares).find(|side| side * side == squares)
}

/// A glance in a sentence.
pub fn said(glance: &Glance) -> String {
    let word = shown(glance.text.trim_matches(' '));
    let share = glance.picture * 100.0;
    let share = if share > 0.0 && share < 1.0 { "less than 1%".into() } else { format!("{share:.0}%") };
    let most = glance.squares.iter().enumerate().max_by(|a, b| a.1.total_cmp(b.1));
    let place = most.zip(side(glance.squares.len())).map(|((at, _), side)| {
        format!(" On it, most lay on row {}, column {} of {side} by {side}.", at / side + 1, at % side + 1)
    });
    let place = place.unwrap_or_default();
    format!("For “{word}”, {share} of the attention lay on the frame, the rest on words.{place}")
}

/// A token's text as it can be seen.
pub fn shown(text: &str) -> String {
    let text = text.replace('\n', "↵");
    if text.trim().is_empty() { "␣".into() } else { text }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn glance(text: &str, squares: &[f32]) -> Glance {
        Glance { text: text.into(), squares: squares.to_vec(), picture: squares.iter().sum() }
    }

    #[test]
    fn the_token_that_has_a_byte_of_the_text_is_chosen() {
        let found = ["me", " 3", "", "\n", "up", ""].map(|text| glance(text, &[])).to_vec();
        let mut look = Look { found: Some(Ok(Rc::new(found))), ..Look::new(7, 1) };
        let begins: Vec<usize> = look.glances().iter().map(|(begins, _)| *begins).collect();
        assert_eq!(begins, [0, 2, 4, 5], "an end token has no place in the text");
        for (at, chosen) in [(0, 0), (1, 0), (2, 1), (3, 1), (4, 2), (6, 3), (99, 3)] {
            look.at = at;
            assert_eq!(look.chosen(), chosen, "byte {at}");
        }
        assert_eq!(Look::new(7, 1).chosen(), 0);
        assert!(look.is_of(7, 1) && !look.is_of(7, 0));
    }

    #[test]
    fn a_glance_is_told_in_words() {
        let said = said(&glance(" ring", &[0.01, 0.02, 0.25, 0.02]));
        assert_eq!(
            said,
            "For “ring”, 30% of the attention lay on the frame, the rest on words. On it, most lay on row 2, column 1 of 2 by 2."
        );
        assert!(super::said(&glance("\n", &[0.001])).starts_with("For “↵”, less than 1% of"));
        assert!(super::said(&glance("a", &[])).ends_with("the rest on words."), "there was no picture");
        assert_eq!([0, 1, 35, 36, 64].map(side), [None, Some(1), None, Some(6), Some(8)]);
    }
}
