//! Several rulebooks with names, each with its whole log, as one text to be stored. Two places that
//! change the same stored shelf are joined so that no revision is lost.

use super::Rulebook;
use super::rule::{MOST_NAME, plain};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hash, Hasher};

/// The version of the stored text.
const VERSION: u64 = 1;
/// Most rulebooks.
pub const MOST_BOOKS: usize = 100;

/// Rulebooks by name.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Shelf {
    /// The rulebooks.
    books: BTreeMap<String, Rulebook>,
}

/// The stored text.
#[derive(Serialize, Deserialize)]
struct Stored<T> {
    rulewright_shelf: u64,
    /// The marks of the texts that the writer knew: that in whose place it was written, and those before.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    after: Vec<u32>,
    #[serde(flatten)]
    shelf: T,
}

/// How many marks a text has.
const MOST_MARKS: usize = 16;

/// What tells a stored text from others. (Another build of the page may make other marks: then nobody knows who wrote
/// after whom, and [`follows`] says no.)
fn mark(text: &str) -> u32 {
    let mut hasher = DefaultHasher::new();
    text.hash(&mut hasher);
    hasher.finish() as u32
}

/// The marks that a stored text has; none if it can't be read.
fn marks(text: &str) -> Vec<u32> {
    serde_json::from_str::<Stored<Value>>(text).map(|stored| stored.after).unwrap_or_default()
}

/// Whether a stored text was written by somebody who knew that other one.
pub fn follows(text: &str, before: &str) -> bool {
    marks(text).contains(&mark(before))
}

/// Brings a stored shelf from one version to the next; there is only one as yet.
fn migrated(version: u64, shelf: Value) -> Result<Value, String> {
    match version {
        VERSION => Ok(shelf),
        other => Err(format!(
            "The rulebooks are stored in version {other}, and {VERSION} is the newest known here."
        )),
    }
}

impl Shelf {
    /// Reads a stored shelf.
    ///
    /// # Errors
    /// One sentence.
    pub fn read(text: &str) -> Result<Self, String> {
        let unreadable = |e: &dyn std::fmt::Display| format!("The stored rulebooks can't be read: {e}.");
        let stored: Stored<Value> = serde_json::from_str(text).map_err(|e| unreadable(&e))?;
        let shelf = migrated(stored.rulewright_shelf, stored.shelf)?;
        serde_json::from_value(shelf).map_err(|e| unreadable(&e))
    }

    /// The text to be stored in the place of that one, as far as its writer knows.
    pub fn write(&self, before: Option<&str>) -> String {
        let mut after = before.map(marks).unwrap_or_default();
        after.extend(before.map(mark));
        after.drain(..after.len().saturating_sub(MOST_MARKS));
        let stored = Stored { rulewright_shelf: VERSION, after, shelf: self };
        // Texts, numbers and lists: there is nothing in it that JSON has no word for.
        serde_json::to_string(&stored).unwrap_or_default()
    }

    /// The names, in order.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.books.keys().map(String::as_str)
    }

    /// The rulebook of a name.
    pub fn book(&self, name: &str) -> Option<&Rulebook> {
        self.books.get(name)
    }

    /// The rulebook of a name, to be changed.
    pub fn book_mut(&mut self, name: &str) -> Option<&mut Rulebook> {
        self.books.get_mut(name)
    }

    /// Puts a rulebook on the shelf; gives its name as it stands there.
    ///
    /// # Errors
    /// One sentence, if the name is taken or is none, or the shelf is full.
    pub fn add(&mut self, name: &str, book: Rulebook) -> Result<String, String> {
        let name = plain(name);
        if name.is_empty() || name.chars().count() > MOST_NAME {
            return Err(format!("A rulebook's name has 1 to {MOST_NAME} characters."));
        }
        if self.books.contains_key(&name) {
            return Err(format!("There is a rulebook “{name}” already."));
        }
        if self.books.len() >= MOST_BOOKS {
            return Err(format!("There are {MOST_BOOKS} rulebooks already; delete one first."));
        }
        self.books.insert(name.clone(), book);
        Ok(name)
    }

    /// Gives a rulebook another name; gives it as it stands on the shelf.
    ///
    /// # Errors
    /// One sentence, as for [`Shelf::add`].
    pub fn rename(&mut self, from: &str, to: &str) -> Result<String, String> {
        let Some(book) = self.books.remove(from) else {
            return Err(format!("There is no rulebook “{from}”."));
        };
        self.add(to, book.clone()).inspect_err(|_| drop(self.books.insert(from.into(), book)))
    }

    /// Takes a rulebook off the shelf, with its log.
    pub fn remove(&mut self, name: &str) {
        self.books.remove(name);
    }

    /// A name like this one that no rulebook has.
    pub fn free_name(&self, like: &str) -> String {
        let like: String = plain(like).chars().take(MOST_NAME - 4).collect();
        let like = if like.trim().is_empty() { "Rulebook" } else { like.trim() };
        let numbered = (2..=self.books.len() + 2).map(|n| format!("{like} {n}"));
        let mut names = std::iter::once(like.to_string()).chain(numbered);
        names.find(|name| !self.books.contains_key(name)).unwrap_or_default()
    }

    /// Joins this shelf with what another place made of the same one; `base` is what both began with. The
    /// longer log goes before its own beginning, whoever has it: a browser may let a tab write before it
    /// has heard of another tab's writing. Where both wrote on in one rulebook, theirs keeps the name, and
    /// ours gets another: those are given, from and to.
    pub fn merge(&self, base: &Shelf, theirs: &Shelf) -> (Shelf, Vec<(String, String)>) {
        let names: BTreeSet<&String> =
            [self, base, theirs].iter().flat_map(|shelf| shelf.books.keys()).collect();
        let mut merged = Shelf::default();
        let mut apart = Vec::new();
        for name in names {
            let [ours, was, other] = [self, base, theirs].map(|shelf| shelf.books.get(name));
            let chosen = match (ours, other) {
                // Only an undo, or nothing, sets them apart.
                (Some(one), Some(two)) if one.log() == two.log() => {
                    if ours == was {
                        other
                    } else {
                        ours
                    }
                }
                (Some(one), Some(two)) if two.log().starts_with(one.log()) => other,
                (Some(one), Some(two)) if one.log().starts_with(two.log()) => ours,
                (Some(one), Some(_)) => {
                    apart.push((name, one));
                    other
                }
                _ if ours == was => other,
                _ if other == was => ours,
                // Deleted on one side, written on in on the other.
                _ => ours.or(other),
            };
            merged.books.extend(chosen.map(|book| (name.clone(), book.clone())));
        }
        let mut renamed = Vec::new();
        for (name, book) in apart {
            let new = merged.free_name(name);
            merged.books.insert(new.clone(), book.clone());
            renamed.push((name.clone(), new));
        }
        (merged, renamed)
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::agent::digest::Digest;
    use crate::agent::rulebook::sheet::tests::mutated;
    use crate::agent::rulebook::tests::by_hand;
    use crate::agent::rulebook::{Entry, Origin};
    use proptest::prelude::*;

    fn revise(shelf: &mut Shelf, name: &str, revision: &crate::agent::revision::Revision) {
        if let Some(book) = shelf.book_mut(name) {
            book.revise(revision, Origin::Person, 0, &Digest::default());
        }
    }

    #[test]
    fn books_are_added_renamed_and_removed() {
        let mut shelf = Shelf::default();
        assert_eq!(shelf.add(" My \u{202e}rules ", Rulebook::default()), Ok("My rules".into()));
        assert!(shelf.add("My rules", Rulebook::default()).unwrap_err().contains("already"));
        assert!(
            shelf.add("", Rulebook::default()).is_err()
                && shelf.add(&"x".repeat(41), Rulebook::default()).is_err()
        );
        assert_eq!(shelf.free_name("My rules"), "My rules 2");
        assert_eq!(shelf.rename("My rules", "Orchard"), Ok("Orchard".into()));
        assert!(shelf.rename("Orchard", "").is_err() && shelf.book("Orchard").is_some());
        shelf.remove("Orchard");
        assert_eq!(shelf.names().count(), 0);
    }

    #[test]
    fn a_shelf_of_another_version_is_left_alone() {
        assert!(Shelf::read(r#"{"rulewright_shelf":2,"books":{}}"#).unwrap_err().contains("version 2"));
        assert_eq!(Shelf::read(r#"{"rulewright_shelf":1,"books":{}}"#), Ok(Shelf::default()));
    }

    #[test]
    fn a_stored_text_says_which_one_it_follows() {
        let (first, shelf) = (Shelf::default().write(None), Shelf::default());
        let second = shelf.write(Some(&first));
        let third = shelf.write(Some(&second));
        assert!(follows(&second, &first) && !follows(&second, &second) && !follows(&first, &second));
        assert!(follows(&third, &second) && follows(&third, &first), "and what that one followed");
        assert!(!follows("", "") && !follows("{}", "{}"));
        let last = (0..99).fold(third, |before, _| shelf.write(Some(&before)));
        assert!(last.len() < 500 && Shelf::read(&last) == Ok(shelf), "{last}");
    }

    fn changes() -> impl Strategy<Value = Vec<(usize, u8, crate::agent::revision::Revision)>> {
        prop::collection::vec((0..3usize, 0..9u8, by_hand()), 0..5)
    }

    fn change(shelf: &mut Shelf, changes: &[(usize, u8, crate::agent::revision::Revision)]) {
        for (name, what, revision) in changes {
            let name = ["a", "b", "c"][*name];
            match what {
                0 => shelf.remove(name),
                1 => drop(shelf.add(name, Rulebook::default())),
                2 => drop(shelf.rename(name, "d")),
                _ => revise(shelf, name, revision),
            }
        }
    }

    fn entries(shelf: &Shelf) -> Vec<Entry> {
        shelf.books.values().flat_map(|book| book.log().to_vec()).collect()
    }

    proptest! {
        #[test]
        fn two_places_never_lose_a_revision(first in changes(), ours in changes(), theirs in changes()) {
            let mut base = Shelf::default();
            base.add("a", Rulebook::default()).unwrap();
            base.add("b", Rulebook::default()).unwrap();
            change(&mut base, &first);
            let (mut our, mut their) = (base.clone(), base.clone());
            change(&mut our, &ours);
            change(&mut their, &theirs);
            let (merged, _) = our.merge(&base, &their);
            let kept = entries(&merged);
            // All that is new on a side is there; what was there before may have been deleted.
            for side in [&our, &their] {
                for (name, book) in &side.books {
                    if base.book(name) != Some(book) && book.log().len() > base.book(name).map_or(0, |b| b.log().len()) {
                        prop_assert!(book.log().iter().all(|entry| kept.contains(entry)), "{}", name);
                    }
                }
            }
            // A new book in the place of a deleted one looks like the beginning of that one, which goes before it.
            let begun_anew = our.books.iter().any(|(name, book)| {
                base.book(name).is_some_and(|was| was.log() != book.log() && was.log().starts_with(book.log()))
            });
            if !begun_anew {
                prop_assert_eq!(our.merge(&base, &base).0, our.clone());
            }
            prop_assert!(base.merge(&base, &their).0.names().all(|name| name.len() > 1 || their.book(name).is_some()));
            prop_assert_eq!(Shelf::read(&merged.write(Some("x"))), Ok(merged));
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(10_000))]
        #[test]
        fn no_stored_text_is_too_odd(text in any::<String>(), salt in any::<u64>()) {
            let mut shelf = Shelf::default();
            shelf.add("a", Rulebook::default()).unwrap();
            let add = crate::agent::revision::hand::Hand::Add(crate::agent::revision::hand::Words { heuristic: "x y".into(), ..Default::default() });
            revise(&mut shelf, "a", &add.into());
            for text in [&text, &mutated(&shelf.write(None), salt)] {
                let told = Shelf::read(text);
                prop_assert!(told.as_ref().map_or_else(|e| e.ends_with('.'), |_| true), "{:?}", told);
            }
        }
    }
}
