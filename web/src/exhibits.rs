//! The decisions that rules rest on, kept in the browser's storage: evidence can be looked at after a reload, too.

use crate::state::{Event, State};
use crate::storage;
use crate::watch::words::FORGOTTEN;
use gloo_timers::future::TimeoutFuture;
use rulewright::agent::exhibit::{pack, unpack};
use rulewright::agent::rulebook::{Entry, Rulebook};
use serde::{Deserialize, Serialize};
use std::collections::BTreeSet;
use std::rc::Rc;
use wasm_bindgen_futures::spawn_local;
use yew::prelude::*;

/// Where they are stored.
const EXHIBITS: &str = "rulewright.exhibits";
/// How many there are at most; the latest stay. They take some 3 KB each.
const MOST: usize = 150;
/// How many of a rule's steps can be seen, for it and against it: the latest.
pub const MOST_STEPS: usize = 8;

/// A decision that was kept.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
struct Exhibit {
    /// When it was cited, and what for: so it is found by the rulebook's log, under whatever name that goes by now.
    at: u32,
    says: String,
    /// The decision's number.
    step: u32,
    /// The game's title.
    game: String,
    packed: String,
}

impl Exhibit {
    fn is_cited_by(&self, entry: &Entry) -> bool {
        let is_it = || steps(entry).contains(&self.step) && entry.revision.to_string() == self.says;
        entry.at == self.at && is_it()
    }
}

/// The steps that an entry of a rulebook's log rests on, as far as they can be seen.
fn steps(entry: &Entry) -> BTreeSet<u32> {
    let latest = |steps: &Vec<u32>| {
        let mut steps = steps.clone();
        steps.sort_unstable();
        steps.split_off(steps.len().saturating_sub(MOST_STEPS))
    };
    entry.evidence.iter().flat_map(|(support, against)| [support, against]).flat_map(latest).collect()
}

/// All that were kept, oldest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Exhibits(Rc<Vec<Exhibit>>);

impl Exhibits {
    /// What is stored. Who can't read it has none, and goes on.
    fn load() -> Self {
        let stored = storage::read(EXHIBITS).ok().flatten();
        Self(Rc::new(stored.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or_default()))
    }

    /// Those that a rulebook cites.
    fn cited(&self, book: &Rulebook) -> impl Iterator<Item = &Exhibit> {
        self.0.iter().filter(|exhibit| book.log().iter().any(|entry| exhibit.is_cited_by(entry)))
    }

    /// The steps on which a rulebook's rules rest and that can be shown.
    pub fn steps(&self, book: &Rulebook) -> BTreeSet<u32> {
        self.cited(book).map(|exhibit| exhibit.step).collect()
    }

    /// What shows a step on which a rulebook's rules rest.
    pub fn show(&self, book: &Rulebook, step: u32) -> Event {
        let found = self.cited(book).filter(|exhibit| exhibit.step == step).last();
        match found.map(|exhibit| (exhibit.game.clone(), unpack(&exhibit.packed))) {
            Some((game, Ok(decision))) => Event::Exhibit(game, Rc::new(decision)),
            Some((_, Err(problem))) => Event::Complain(problem),
            None => Event::Complain(FORGOTTEN.into()),
        }
    }

    /// Adds what is not there yet.
    fn join(&mut self, new: &[Exhibit]) {
        let all = Rc::make_mut(&mut self.0);
        for exhibit in new {
            if !all.contains(exhibit) {
                all.push(exhibit.clone());
            }
        }
        all.drain(..all.len().saturating_sub(MOST));
    }
}

/// Stores what is a person's own: where there is no room for it, exhibits give way.
pub fn store_first(name: &str, text: &str) -> Result<(), String> {
    storage::write(name, text).or_else(|_| {
        storage::remove(EXHIBITS)?;
        storage::write(name, text)
    })
}

/// What is to be kept of the latest reflection.
async fn latest(state: &State) -> Vec<Exhibit> {
    let mut cited = Vec::new();
    let thought = state.watch.thoughts.back();
    let Some(entry) = thought.and_then(|thought| thought.entry.as_ref()) else { return cited };
    let game = state.game().map_or(String::new(), |game| game.file.title.clone());
    let says = entry.revision.to_string();
    for step in steps(entry) {
        let packed = state.watch.decision(step).and_then(|decision| pack(&decision).ok());
        let (game, says) = (game.clone(), says.clone());
        cited.extend(packed.map(|packed| Exhibit { at: entry.at, says, step, game, packed }));
        // One after the other: the page goes on meanwhile.
        TimeoutFuture::new(0).await;
    }
    cited
}

/// All that were kept; what the latest reflection rests on joins them.
#[hook]
pub fn use_exhibits(state: &UseReducerHandle<State>) -> Exhibits {
    let known = use_mut_ref(Exhibits::load);
    let changes = use_state(|| 0);
    {
        let (known, state) = (known.clone(), state.clone());
        use_effect_with((state.agent.number, state.watch.spent.0), move |&(_, reflections)| {
            spawn_local(async move {
                let latest = latest(&state).await;
                if latest.is_empty() {
                    return;
                }
                // What other tabs kept, too. What there is no room for lasts as long as the page.
                known.borrow_mut().join(&Exhibits::load().0);
                known.borrow_mut().join(&latest);
                if let Ok(text) = serde_json::to_string(&*known.borrow().0) {
                    let _ = storage::write(EXHIBITS, &text);
                }
                changes.set(reflections);
            });
        });
    }
    known.borrow().clone()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::watch::tests::confirmed;
    use rulewright::agent::Decision;

    fn exhibit(entry: &Entry, step: u32) -> Exhibit {
        let decision = Decision { number: step, ..crate::state::tests::decision() };
        Exhibit {
            at: entry.at,
            says: entry.revision.to_string(),
            step,
            game: "Orchard".into(),
            packed: pack(&decision).unwrap(),
        }
    }

    #[test]
    fn what_a_rulebook_cites_is_found_and_nothing_else() {
        let book = confirmed();
        let [first, second] = book.log() else { panic!("{:?}", book.log()) };
        let mut all = Exhibits::default();
        all.join(&[exhibit(first, 3), exhibit(second, 7), Exhibit { at: 99, ..exhibit(second, 7) }]);
        assert_eq!(all.steps(&book).into_iter().collect::<Vec<_>>(), [3, 7]);
        assert_eq!(
            all.steps(&Rulebook::default()).len(),
            0,
            "another rulebook has other steps of these numbers"
        );
        let Event::Exhibit(game, shown) = all.show(&book, 3) else { panic!("it is kept") };
        assert_eq!((&*game, shown.number), ("Orchard", 3));
        assert_eq!(all.show(&book, 4), Event::Complain(FORGOTTEN.into()));
        all.join(&[Exhibit { packed: "?".into(), ..exhibit(first, 3) }]);
        assert!(matches!(all.show(&book, 3), Event::Complain(problem) if problem.contains("can't be read")));
    }

    #[test]
    fn the_latest_stay_and_none_comes_twice() {
        let book = confirmed();
        let entry = &book.log()[0];
        let mut all = Exhibits::default();
        all.join(&[exhibit(entry, 1), exhibit(entry, 1)]);
        all.join(&[exhibit(entry, 1)]);
        assert_eq!(all.0.len(), 1);
        all.join(&(2..MOST as u32 + 2).map(|step| exhibit(entry, step)).collect::<Vec<_>>());
        assert_eq!((all.0.len(), all.0[0].step), (MOST, 2));
    }
}
