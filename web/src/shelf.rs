//! The rulebooks on the page: which there are, which is open, and every way in which they change. Kept in
//! the browser's storage, together with whatever other tabs do.

use crate::exhibits::store_first;
use crate::experiments::COLLAPSE_BOOK;
use crate::storage;
use gloo_events::EventListener;
use rulewright::agent::digest::Digest;
use rulewright::agent::revision::hand::{Hand, Words};
use rulewright::agent::revision::{Operation, Revision};
use rulewright::agent::rulebook::link::{self, Link};
use rulewright::agent::rulebook::rule::plain;
use rulewright::agent::rulebook::sheet::Sheet;
use rulewright::agent::rulebook::shelf::{Shelf, follows};
use rulewright::agent::rulebook::{Origin, Rule, Rulebook};
use std::collections::BTreeMap;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use web_sys::HashChangeEvent;
use yew::prelude::*;

/// Where the shelf is stored; the text says its version.
const SHELF: &str = "rulewright.shelf";
/// Where a stored shelf goes that can't be read.
const UNREADABLE: &str = "rulewright.shelf.unreadable";
/// Where the name of the rulebook is stored that was open last.
const OPEN: &str = "rulewright.open";
/// Where it is stored which one was open before, if a lesson or the lab opened its own.
const LENT: &str = "rulewright.lent";
/// Where it is stored which rulebook goes with which game.
const PLAYED: &str = "rulewright.played";
/// What a visitor's first rulebook is called.
const FIRST: &str = "My rules";

/// Rules from elsewhere, to be looked at first.
#[derive(Debug, Clone, PartialEq)]
pub struct Offer {
    /// The rules, and what came with them.
    pub link: Link,
    /// The name of the file; none if it is a link.
    pub file: Option<String>,
    /// The link's piece of the address; none if it is a file.
    pub piece: Option<String>,
    /// Why it could not be taken as was chosen.
    pub problems: Vec<String>,
}

/// What becomes of an offer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Choice {
    /// The rules join those of the open rulebook.
    Join,
    /// They replace them.
    Replace,
    /// They become a rulebook of their own.
    Apart,
    /// Nothing.
    Discard,
}

/// What a lesson and the vote-collapse lab have open in place of the visitor's rulebook.
#[derive(Debug, Clone, Default, PartialEq)]
struct Lent {
    /// The name of the lesson's rulebook, and of the one that was open before.
    lesson: Option<(String, String)>,
    /// The name of the one that was open before the lab's.
    collapse: Option<String>,
}

impl Lent {
    /// As text, a name a line.
    fn write(&self) -> String {
        let (lesson, before) = self.lesson.clone().unwrap_or_default();
        [lesson, before, self.collapse.clone().unwrap_or_default()].join("\n")
    }

    fn read(text: &str) -> Self {
        let mut names = text.lines().map(|name| Some(name.to_string()).filter(|name| !name.is_empty()));
        let mut next = || names.next().flatten();
        Self { lesson: next().zip(next()), collapse: next() }
    }
}

/// The rulebooks on the page.
#[derive(Clone)]
pub struct Rulebooks {
    /// Counts the changes: two states are the same when this is.
    version: u64,
    /// Counts those that may have to be stored.
    changes: u64,
    shelf: Shelf,
    open: String,
    lent: Lent,
    /// The title of the game that is played.
    game: String,
    /// By a game's title, the name of the rulebook that was written into last while it was played.
    played: BTreeMap<String, String>,
    book: Rc<Rulebook>,
    /// The stored text as it was last seen, and the shelf in it.
    stored: Option<String>,
    base: Shelf,
    /// What was stored before this tab's writing of which no other tab has shown that it knows: a browser may let
    /// two tabs write before either has heard of the other.
    unheard: Option<Shelf>,
    /// Whether to store anything: not over what can't be read.
    stores: bool,
    /// Stored texts that could not be read.
    pub aside: Option<String>,
    /// One sentence for each thing that went wrong.
    pub notices: Vec<String>,
    /// What is to be looked at.
    pub offer: Option<Rc<Offer>>,
}

impl PartialEq for Rulebooks {
    fn eq(&self, other: &Self) -> bool {
        self.version == other.version
    }
}

/// What may happen to the rulebooks.
pub enum Event {
    /// A person revises the open rulebook, at a step of the trace.
    Revise(Revision, u32),
    /// Back to before the last revision, at a step of the trace.
    Undo(u32),
    /// What was undone, at a step of the trace.
    Redo(u32),
    /// The agent's rulebook in place of the one of this name that it was before.
    Keep(String, Rc<Rulebook>, Rulebook),
    /// The game of this title is played. If a person chose it, its rulebook opens: that which was written into last in it, or
    /// else that of its name, unless the open one is still empty.
    Game {
        title: String,
        chosen: bool,
    },
    /// A lesson's own rulebook opens: with these rules, or as it is.
    Lesson(String, Option<Vec<Words>>),
    /// The lesson is over: the rulebook opens that was open before it, unless somebody chose one meanwhile.
    LessonOver,
    /// The rulebook of the vote-collapse lab opens, with these rules.
    Collapse(Vec<Words>),
    /// The lab is over: the rulebook opens that was open before it, unless somebody chose one meanwhile.
    CollapseOver,
    Open(String),
    New(String),
    Copy(String),
    Rename(String),
    Delete,
    /// Rules came from elsewhere, or could not be read.
    Offer(Result<Offer, Vec<String>>),
    /// What becomes of the offer, at a step of the trace.
    Choose(Choice, u32),
    /// Another tab, or this one a moment ago, stored this.
    Stored(Option<String>),
    /// This tab stored this, and what it says.
    Saved(Shelf, String),
    Complain(String),
    Dismiss,
    /// This is all that is put aside now.
    Aside(Option<String>),
}

/// Deletes from the browser's storage what was put aside there as it could not be read, if it is no more than this.
pub fn forget_unreadable(known: &str) -> Event {
    match storage::read(UNREADABLE) {
        Ok(Some(aside)) if aside != known => Event::Aside(Some(aside)),
        _ => storage::remove(UNREADABLE).map_or_else(Event::Complain, |()| Event::Aside(None)),
    }
}

impl Rulebooks {
    /// The stored rulebooks, or a first empty one. In the lesson of this title its rulebook is open, if there is one;
    /// otherwise the visitor's own is, also after a lesson or the lab.
    fn load(lesson: Option<&str>) -> Self {
        let (mut notices, mut stores) = (Vec::new(), true);
        let stored = storage::read(SHELF).unwrap_or_else(|problem| {
            notices.push(problem);
            None
        });
        let mut aside = storage::read(UNREADABLE).ok().flatten();
        let read = stored.as_deref().map(Shelf::read).transpose();
        if let (Err(problem), Some(text)) = (&read, &stored) {
            // It is put aside first, so that nothing is lost, nor what was put aside before.
            let both = match &aside {
                Some(aside) if aside.ends_with(text) => aside.clone(),
                Some(aside) => format!("{aside}\n{text}"),
                None => text.clone(),
            };
            let kept = store_first(UNREADABLE, &both).and_then(|()| storage::remove(SHELF));
            stores = kept.is_ok();
            aside = Some(both);
            notices.push(match kept {
                Ok(()) => format!("{problem} They were put aside, and you begin with a new one."),
                Err(why) => format!("{problem} They stay where they are, and this tab stores nothing: {why}"),
            });
        }
        // What was put aside is not in its old place any more.
        let stored = stored.filter(|_| read.is_ok() || !stores);
        let open = storage::read(OPEN).ok().flatten().unwrap_or_default();
        let lent = Lent::read(&storage::read(LENT).ok().flatten().unwrap_or_default());
        let played = storage::read(PLAYED).ok().flatten().unwrap_or_default();
        let played: Vec<&str> = played.lines().collect();
        let played = played.as_chunks().0.iter().map(|[game, name]| (game.to_string(), name.to_string()));
        let played = played.collect();
        let mut state =
            Self { stores, aside, lent, played, ..Self::new(read.ok().flatten(), stored, &open, notices) };
        state.come_back(lesson);
        state
    }

    /// The page is put up anew, in the lesson of this title or in none.
    fn come_back(&mut self, lesson: Option<&str>) {
        self.end_collapse();
        if self.lent.lesson.as_ref().is_none_or(|(name, _)| Some(&**name) != lesson) {
            self.end_lesson();
        }
        if let Some(name) = lesson.filter(|name| self.shelf.book(name).is_some()) {
            self.teach(name, None);
        }
    }

    fn new(shelf: Option<Shelf>, stored: Option<String>, open: &str, notices: Vec<String>) -> Self {
        let mut shelf = shelf.unwrap_or_default();
        fill(&mut shelf);
        let mut state = Self {
            version: 0,
            changes: 0,
            base: shelf.clone(),
            shelf,
            open: String::new(),
            lent: Lent::default(),
            game: String::new(),
            played: BTreeMap::new(),
            book: Rc::default(),
            stored,
            unheard: None,
            stores: true,
            aside: None,
            notices,
            offer: None,
        };
        state.show(open);
        state
    }

    /// The names of all rulebooks.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.shelf.names()
    }

    /// The name of the open one.
    pub fn open(&self) -> &str {
        &self.open
    }

    /// The open one.
    pub fn book(&self) -> &Rc<Rulebook> {
        &self.book
    }

    /// A name like this one that no rulebook has.
    pub fn free_name(&self, like: &str) -> String {
        self.shelf.free_name(like)
    }

    /// Opens the rulebook of a name, or any.
    fn show(&mut self, name: &str) {
        let name = self.shelf.book(name).map(|_| name).or(self.shelf.names().next()).unwrap_or_default();
        self.open = name.into();
        self.refresh();
    }

    fn refresh(&mut self) {
        self.book = self.shelf.book(&self.open).cloned().map(Rc::new).unwrap_or_default();
    }

    fn revise(&mut self, revision: &Revision, origin: Origin, now: u32) {
        let Some(book) = self.shelf.book_mut(&self.open) else { return };
        self.notices = book.revise(revision, origin, now, &Digest::default());
    }

    /// Opens the rulebook that was just put on the shelf, or says why there is none.
    fn showing(&mut self, added: Result<String, String>) {
        match added {
            Ok(name) => self.show(&name),
            Err(problem) => self.notices = vec![problem],
        }
    }

    /// Puts the agent's rulebook in the place of the one that it was: somebody may have opened another
    /// one meanwhile, even a copy. What a person wrote meanwhile is not lost.
    fn keep(&mut self, name: &str, before: &Rulebook, after: Rulebook) {
        // Who undid something and took it up again changed nothing.
        let is_as_before = |book: &&mut Rulebook| (book.log(), book.head()) == (before.log(), before.head());
        match self.shelf.book_mut(name).filter(is_as_before) {
            Some(book) => *book = after,
            None => {
                let lost = "The rulebook was changed while the strategist wrote, so your change stays and what it wrote is left out; it will look back again.";
                self.notices = vec![lost.into()];
            }
        }
    }

    /// The rulebook that was open before a lesson or the lab opened the one of this name in its place.
    fn before(&self, name: &str) -> Option<&String> {
        let lesson = self.lent.lesson.as_ref().filter(|(lesson, _)| lesson == name).map(|(_, before)| before);
        lesson.or(self.lent.collapse.as_ref().filter(|_| name == COLLAPSE_BOOK))
    }

    /// The rulebook of this name was written into.
    fn written(&mut self, name: String) {
        if self.before(&name).is_none() {
            self.played.insert(self.game.clone(), name);
        }
    }

    /// A rulebook has another name.
    fn renamed(&mut self, from: &str, to: &str) {
        let lesson = self.lent.lesson.iter_mut().flat_map(|(name, before)| [name, before]);
        let names = lesson.chain(&mut self.lent.collapse).chain(self.played.values_mut());
        names.filter(|name| *name == from).for_each(|name| *name = to.into());
    }

    /// Opens the rulebook of a game that a person chose.
    fn begin(&mut self, from: &str, game: &str) {
        let (is_empty, is_games) = (self.book.log().is_empty(), from == self.open);
        let last = self.played.get(game).filter(|name| self.shelf.book(name).is_some()).cloned();
        let name = last.unwrap_or_else(|| game.into());
        if self.shelf.book(&name).is_some() {
            self.show(&name);
        } else if !is_empty {
            let added = self.shelf.add(game, Rulebook::default());
            self.showing(added);
        } else if is_games {
            // Nobody wrote into it, and it has the other game's name.
            let renamed = self.shelf.rename(&self.open, game);
            self.showing(renamed);
        }
    }

    /// Opens a lesson's rulebook as it is at a step's beginning.
    fn teach(&mut self, name: &str, rules: Option<Vec<Words>>) {
        self.end_collapse();
        let before = match self.lent.lesson.take() {
            Some((lesson, before)) if lesson == self.open => before,
            _ => self.open.clone(),
        };
        self.lent.lesson = Some((name.into(), before));
        self.put(name, rules);
    }

    fn end_lesson(&mut self) {
        if let Some((lesson, before)) = self.lent.lesson.take()
            && lesson == self.open
        {
            self.show(&before);
        }
    }

    fn end_collapse(&mut self) {
        if let Some(before) = self.lent.collapse.take()
            && self.open == COLLAPSE_BOOK
        {
            self.show(&before);
        }
    }

    /// Opens the rulebook of a name, with these rules or as it is. Where there is one already, they are a
    /// revision of it, that can be undone: it may be somebody's own.
    fn put(&mut self, name: &str, rules: Option<Vec<Words>>) {
        let goes_on = rules.is_none();
        let mut book = Rulebook::default();
        for words in rules.into_iter().flatten() {
            self.notices.extend(book.revise(&Hand::Add(words).into(), Origin::Link, 0, &Digest::default()));
        }
        let Some(known) = self.shelf.book_mut(name) else {
            let added = self.shelf.add(name, book);
            return self.showing(added);
        };
        if !goes_on && !known.kept().map(Words::of).eq(book.kept().map(Words::of)) {
            let now = known.next_step();
            let complaints = known.revise(&in_place_of(known, &book), Origin::Link, now, &Digest::default());
            self.notices.extend(complaints);
        }
        self.show(name);
    }

    fn choose(&mut self, choice: Choice, now: u32) {
        let Some(offer) = self.offer.take() else { return };
        let origin = if offer.file.is_some() { Origin::Person } else { Origin::Link };
        let sheet = &offer.link.sheet;
        match choice {
            Choice::Join => self.revise(&sheet.revision(false), origin, now),
            Choice::Replace => self.revise(&sheet.revision(true), origin, now),
            Choice::Apart => {
                let mut book = Rulebook::default();
                self.notices = book.revise(&sheet.revision(true), origin, now, &Digest::default());
                let name = self.shelf.free_name(&sheet.name);
                let added = self.shelf.add(&name, book);
                self.showing(added);
            }
            Choice::Discard => return,
        }
        self.written(self.open.clone());
        let has = |rule: &Rule| {
            let mut kept = self.shelf.book(&self.open).into_iter().flat_map(Rulebook::kept);
            kept.any(|known| known.heuristic == rule.heuristic)
        };
        if !sheet.rules.iter().filter(|rule| rule.is_kept()).all(has) {
            // What could not be taken in stays on offer: another choice may do.
            let problems = std::mem::take(&mut self.notices);
            self.offer = Some(Rc::new(Offer { problems, ..Rc::unwrap_or_clone(offer) }));
        }
    }

    /// Whether what could not be read was put aside, and is not still in the place of the rulebooks.
    pub fn can_forget(&self) -> bool {
        self.aside.is_some() && self.stores
    }

    /// Takes up what another tab stored.
    fn join(&mut self, stored: Option<String>) {
        let theirs = match stored.as_deref().map(Shelf::read).transpose() {
            Ok(theirs) => theirs,
            Err(problem) => {
                self.notices = vec![format!("{problem} This tab stores nothing any more.")];
                (self.stores, self.aside) = (false, stored);
                return;
            }
        };
        let known = std::mem::replace(&mut self.stored, stored);
        if self.stored == known {
            return;
        }
        let unheard = self.unheard.take();
        let (Some(theirs), Some(text)) = (theirs, &self.stored) else {
            // Somebody cleared the storage; what is here is stored again with its next change.
            self.base = self.shelf.clone();
            return;
        };
        // Who did not know what this tab wrote last has not deleted any of it.
        let knew = known.is_some_and(|known| follows(text, &known));
        let base = unheard.filter(|_| !knew).unwrap_or_else(|| self.base.clone());
        let (mut merged, renamed) = self.shelf.merge(&base, &theirs);
        self.base = theirs;
        fill(&mut merged);
        self.shelf = merged;
        let mut open = self.open.clone();
        for (from, to) in renamed {
            if from == open {
                open.clone_from(&to);
            }
            self.renamed(&from, &to);
            self.notices
                .push(format!("Another tab changed “{from}” too; what this tab made of it is “{to}” now."));
        }
        // Another tab may have given it another name, or deleted it.
        let gone = self.shelf.book(&open).is_none();
        let is_it = |name: &&str| self.shelf.book(name).is_some_and(|book| book.log() == self.book.log());
        let renamed = self.shelf.names().find(is_it).filter(|_| gone).map(String::from);
        if let Some(to) = &renamed {
            self.renamed(&open, to);
        }
        self.show(renamed.as_deref().unwrap_or(&open));
        if gone {
            self.notices
                .push(format!("Another tab renamed or deleted “{open}”; “{}” is open now.", self.open));
        }
    }

    fn apply(&mut self, event: Event) {
        match event {
            Event::Revise(revision, now) => {
                self.revise(&revision, Origin::Person, now);
                self.written(self.open.clone());
            }
            Event::Undo(now) => drop(self.shelf.book_mut(&self.open).map(|book| book.undo(now))),
            Event::Redo(now) => drop(self.shelf.book_mut(&self.open).map(|book| book.redo(now))),
            Event::Keep(name, before, after) => {
                self.keep(&name, &before, after);
                self.written(name);
            }
            Event::Game { title, chosen } => {
                let from = std::mem::replace(&mut self.game, title.clone());
                if chosen {
                    self.begin(&from, &title);
                }
            }
            Event::Lesson(name, rules) => self.teach(&name, rules),
            Event::LessonOver => self.end_lesson(),
            Event::Collapse(rules) => {
                // A second press keeps what was open before the first.
                if self.open != COLLAPSE_BOOK {
                    self.lent.collapse = Some(self.open.clone());
                }
                self.put(COLLAPSE_BOOK, Some(rules));
            }
            Event::CollapseOver => self.end_collapse(),
            Event::Open(name) => self.show(&name),
            Event::New(name) => {
                let added = self.shelf.add(&name, Rulebook::default());
                self.showing(added);
            }
            Event::Copy(name) => {
                let added = self.shelf.add(&name, (*self.book).clone());
                self.showing(added);
            }
            Event::Rename(name) => {
                let renamed = self.shelf.rename(&self.open, &name);
                if let Ok(to) = &renamed {
                    self.renamed(&self.open.clone(), to);
                }
                self.showing(renamed);
            }
            Event::Delete => {
                self.shelf.remove(&self.open);
                fill(&mut self.shelf);
                self.show(&self.before(&self.open).cloned().unwrap_or_default());
            }
            Event::Offer(Ok(offer)) => self.offer = Some(Rc::new(offer)),
            Event::Offer(Err(problems)) => self.notices = problems,
            Event::Choose(choice, now) => self.choose(choice, now),
            Event::Stored(stored) => self.join(stored),
            Event::Saved(shelf, text) => {
                let before = std::mem::replace(&mut self.base, shelf);
                self.unheard.get_or_insert(before);
                self.stored = Some(text);
            }
            Event::Complain(problem) => self.notices = vec![problem],
            Event::Dismiss => self.notices.clear(),
            Event::Aside(aside) => self.aside = aside,
        }
        self.refresh();
    }

    /// Stores what this tab changed, unless another one was faster: that comes in first.
    fn save(&self) -> Option<Event> {
        if !self.stores || self.shelf == self.base {
            return None;
        }
        match storage::read(SHELF) {
            Ok(stored) if stored != self.stored => return Some(Event::Stored(stored)),
            Ok(_) => {}
            Err(problem) => return Some(Event::Complain(problem)),
        }
        let text = self.shelf.write(self.stored.as_deref());
        Some(match store_first(SHELF, &text) {
            Ok(()) => Event::Saved(self.shelf.clone(), text),
            Err(problem) => Event::Complain(problem),
        })
    }
}

/// The revision after which a rulebook holds another one's rules instead of its own.
fn in_place_of(known: &Rulebook, other: &Rulebook) -> Revision {
    let operations: Vec<Hand> = if other.rules().is_empty() {
        known.kept().map(|rule| Hand::Delete(rule.rule_id.clone())).collect()
    } else {
        vec![Hand::Take { rules: other.rules().to_vec(), replace: true }]
    };
    Revision { operations: operations.into_iter().map(Operation::Hand).collect() }
}

/// There is always one rulebook.
fn fill(shelf: &mut Shelf) {
    if shelf.names().next().is_none() {
        // The name is a good one, and the shelf is empty.
        let _ = shelf.add(FIRST, Rulebook::default());
    }
}

impl Reducible for Rulebooks {
    type Action = Event;

    fn reduce(self: Rc<Self>, event: Event) -> Rc<Self> {
        let mut state = Rc::unwrap_or_clone(self);
        state.version += 1;
        // What was not stored is tried again with the next change, not at once.
        let is_still = matches!(
            event,
            Event::Saved(..) | Event::Complain(_) | Event::Dismiss | Event::Aside(_) | Event::Offer(_)
        );
        state.changes += u64::from(!is_still);
        state.apply(event);
        Rc::new(state)
    }
}

/// The page's rulebooks, kept in step with the storage, and with links that are opened; the page may open in the lesson of
/// this title.
#[hook]
pub fn use_rulebooks(lesson: Option<&str>) -> UseReducerHandle<Rulebooks> {
    let state = use_reducer(|| {
        let mut state = Rulebooks::load(lesson);
        if let Some(offer) = offered(&address()) {
            state.apply(Event::Offer(offer));
        }
        state
    });
    {
        let dispatcher = state.dispatcher();
        use_effect_with(state.changes, {
            let state = state.clone();
            move |_| {
                if let Some(event) = state.save() {
                    dispatcher.dispatch(event);
                }
            }
        });
    }
    use_effect_with((state.open.clone(), state.lent.clone()), |(open, lent)| {
        // Nothing is lost with them.
        let _ = storage::write(OPEN, open);
        let _ = storage::write(LENT, &lent.write());
    });
    use_effect_with(state.played.clone(), |played| {
        let lines: Vec<String> = played.iter().map(|(game, name)| format!("{game}\n{name}\n")).collect();
        let _ = storage::write(PLAYED, &lines.concat());
    });
    let dispatcher = state.dispatcher();
    use_effect_with((), move |()| {
        let heard = {
            let dispatcher = dispatcher.clone();
            move || {
                if let Ok(stored) = storage::read(SHELF) {
                    dispatcher.dispatch(Event::Stored(stored));
                }
            }
        };
        let tabs = storage::listen(SHELF, heard);
        let links = web_sys::window().map(|window| {
            EventListener::new(&window, "hashchange", move |event| {
                // Whoever else listens may have changed the address by now: the event knows what it was.
                let opened = event.dyn_ref::<HashChangeEvent>().map(HashChangeEvent::new_url);
                if let Some(offer) = opened.and_then(|address| offered(&address)) {
                    dispatcher.dispatch(Event::Offer(offer));
                }
            })
        });
        move || drop((tabs, links))
    });
    state
}

/// The page's address as it is now.
pub fn address() -> String {
    web_sys::window().and_then(|window| window.location().href().ok()).unwrap_or_default()
}

/// What an address offers.
fn offered(address: &str) -> Option<Result<Offer, Vec<String>>> {
    let (_, fragment) = address.split_once('#')?;
    let (_, rules) = parts(fragment);
    let piece = rules?;
    let offer = |link| Offer { link, file: None, piece: Some(piece.into()), problems: vec![] };
    Some(Link::read(piece).map(offer).map_err(|problem| vec![problem]))
}

/// What a file offers.
pub fn read_file(name: String, text: &str) -> Result<Offer, Vec<String>> {
    let unseen = |problems: Vec<String>| problems.iter().map(|problem| plain(problem)).collect::<Vec<_>>();
    let (mut sheet, name) = (Sheet::read(text).map_err(unseen)?, plain(&name));
    if sheet.name.is_empty() {
        sheet.name = name.rsplit_once('.').map_or(name.as_str(), |(name, _)| name).into();
    }
    let link = Link { sheet, ..Link::default() };
    Ok(Offer { link, file: Some(name), piece: None, problems: vec![] })
}

/// A fragment without the rules in it, and the rules.
fn parts(fragment: &str) -> (String, Option<&str>) {
    let fragment = fragment.trim_start_matches('#');
    let rules = fragment.split('&').find_map(|part| part.strip_prefix("rules="));
    let rest: Vec<&str> = fragment.split('&').filter(|part| !part.starts_with("rules=")).collect();
    (rest.join("&"), rules)
}

/// A fragment without the rules in it.
pub fn without_rules(fragment: &str) -> String {
    parts(fragment).0
}

/// Whether an address holds rules and no settings: then the game stays as it is.
pub fn is_only_rules(address: &str) -> bool {
    let fragment = address.split_once('#').map(|(_, fragment)| parts(fragment));
    fragment.is_some_and(|(rest, rules)| rest.is_empty() && rules.is_some())
}

/// The address that carries a link's piece.
pub fn link_to(piece: &str) -> String {
    address_of(&format!("rules={piece}"))
}

/// The page's address with another fragment: the whole page's, also where it is part of another one.
pub fn address_of(fragment: &str) -> String {
    let address = address();
    let page = address.split(['#', '?']).next().unwrap_or_default();
    format!("{page}#{fragment}")
}

/// How the version of a link is called on the page.
pub fn link_version() -> u8 {
    link::VERSION
}

#[cfg(test)]
mod tests;
