//! Rulebooks that are kept, shared, joined and lost, and two tabs that write at once.

use super::*;

fn add(heuristic: &str) -> Event {
    let words = Words { heuristic: heuristic.into(), sure: true, ..Words::default() };
    Event::Revise(Hand::Add(words).into(), 3)
}

fn after(state: Rulebooks, events: impl IntoIterator<Item = Event>) -> Rulebooks {
    Rc::unwrap_or_clone(events.into_iter().fold(Rc::new(state), Rulebooks::reduce))
}

fn fresh() -> Rulebooks {
    Rulebooks::new(None, None, "", vec![])
}

#[test]
fn there_is_always_an_open_rulebook() {
    let state = after(fresh(), [Event::Delete, Event::Delete, add("x")]);
    assert_eq!((state.open(), state.book().lines()), (FIRST, vec!["x".to_string()]));
}

#[test]
fn rulebooks_are_made_copied_renamed_and_deleted() {
    let state = after(fresh(), [add("x"), Event::Copy("Two".into()), add("y"), Event::Rename("Zwei".into())]);
    assert_eq!((state.open(), state.book().lines().len()), ("Zwei", 2));
    let state = after(state, [Event::New("Zwei".into())]);
    assert!(state.notices[0].contains("already"));
    let state = after(state, [Event::Open(FIRST.into())]);
    assert_eq!(state.book().lines(), ["x"]);
    let state = after(state, [Event::Delete]);
    assert_eq!(state.names().collect::<Vec<_>>(), ["Zwei"]);
}

#[test]
fn an_offer_joins_replaces_or_stands_apart() {
    let offer = || Event::Offer(read_file("monday.json".into(), r#"[{"NEW_HEURISTIC": "y"}]"#));
    let lines = |choice| {
        let state = after(fresh(), [add("x"), offer(), Event::Choose(choice, 9)]);
        assert!(state.offer.is_none());
        (state.open().to_string(), state.book().lines().join(" "))
    };
    assert_eq!(lines(Choice::Join), (FIRST.into(), "x y".into()));
    assert_eq!(lines(Choice::Replace), (FIRST.into(), "y".into()));
    assert_eq!(lines(Choice::Apart), ("monday".into(), "y".into()));
    let offer = read_file("\u{202e}nosj.md".into(), r#"[{"NEW_HEURISTIC": "y"}]"#).expect("an offer");
    assert_eq!(offer.file.as_deref(), Some("nosj.md"), "nothing turns the name round");
    assert_eq!(lines(Choice::Discard), (FIRST.into(), "x".into()));
}

#[test]
fn what_cannot_be_taken_in_stays_on_offer() {
    let own: Vec<Event> = (0..8).map(|i| add(&format!("own {i}"))).collect();
    let rules: Vec<String> = (0..8).map(|i| format!(r#"{{"NEW_HEURISTIC": "theirs {i}"}}"#)).collect();
    let offer = read_file("monday.json".into(), &format!("[{}]", rules.join(",")));
    let state = after(after(fresh(), own), [Event::Offer(offer.clone()), Event::Choose(Choice::Join, 9)]);
    assert_eq!(state.book().lines().len(), 8);
    let problems = state.offer.as_ref().map(|offer| offer.problems.len());
    assert_eq!((problems, state.notices.len()), (Some(1), 0), "it is said where it can be seen");
    let state = after(state, [Event::Choose(Choice::Apart, 9)]);
    assert_eq!((state.open(), state.book().lines().len()), ("monday", 8));
    assert_eq!(state.offer, None);
    // What is here already has come.
    let again = after(state, [Event::Offer(offer), Event::Choose(Choice::Replace, 9)]);
    assert_eq!(again.offer, None);
}

#[test]
fn a_rulebook_that_another_tab_renames_stays_open() {
    let here = after(fresh(), [Event::New("A".into()), Event::New("B".into()), add("x")]);
    let text = here.shelf.write(None);
    let saved = || Event::Saved(here.shelf.clone(), text.clone());
    let stored =
        |event: Event| Event::Stored(Some(after(here.clone(), [saved(), event]).shelf.write(Some(&text))));
    let state = after(here.clone(), [saved(), stored(Event::Rename("Z".into()))]);
    assert_eq!((state.open(), state.book().lines().len(), state.notices.len()), ("Z", 1, 1));
    let state = after(here.clone(), [saved(), stored(Event::Delete)]);
    assert_eq!(state.open(), "A");
    assert!(state.notices[0].contains("“B”"));
}

#[test]
fn what_two_tabs_write_at_once_stays() {
    let (here, there) = (after(fresh(), [add("here")]), after(fresh(), [add("there")]));
    let state = after(here, [Event::Stored(Some(there.shelf.write(None)))]);
    assert_eq!(state.names().collect::<Vec<_>>(), [FIRST, "My rules 2"]);
    assert_eq!((state.open(), state.book().lines()), ("My rules 2", vec!["here".to_string()]));
    assert_eq!(state.shelf.book(FIRST).map(Rulebook::lines), Some(vec!["there".into()]));
    // And what only the other one wrote is simply here.
    let text = there.shelf.write(None);
    let saved = Event::Saved(there.shelf.clone(), text.clone());
    let more = after(there.clone(), [saved, add("more")]);
    let state = after(there, [Event::Stored(Some(more.shelf.write(Some(&text))))]);
    assert_eq!((state.names().count(), state.book().lines().len()), (1, 2));
}

#[test]
fn a_rulebook_stays_that_another_tab_had_not_heard_of_when_it_wrote() {
    let first = after(fresh(), [add("x")]);
    let text = first.shelf.write(None);
    let both = after(first.clone(), [Event::Saved(first.shelf.clone(), text.clone())]);
    let write = |state: &Rulebooks| state.shelf.write(state.stored.as_deref());
    let here = after(both.clone(), [Event::New("Here".into())]);
    let here = after(here.clone(), [Event::Saved(here.shelf.clone(), write(&here))]);
    let there = after(both, [Event::New("There".into())]);
    let state = after(here.clone(), [Event::Stored(Some(write(&there)))]);
    assert_eq!(state.names().collect::<Vec<_>>(), ["Here", FIRST, "There"]);
    assert!(state.shelf != state.base, "it is stored again");
    // Who knows of it may well delete it, and write again before that is heard of.
    let knows = after(here.clone(), [Event::Delete]);
    let deleted = after(knows.clone(), [Event::Saved(knows.shelf.clone(), write(&knows)), add("more")]);
    for text in [write(&knows), write(&deleted)] {
        let state = after(here.clone(), [Event::Stored(Some(text))]);
        assert_eq!(state.names().collect::<Vec<_>>(), [FIRST]);
    }
}

#[test]
fn what_the_strategist_wrote_goes_to_the_rulebook_it_was_about_and_not_to_a_copy() {
    let state = after(fresh(), [add("x"), Event::Copy("Copy".into())]);
    let before = Rc::new(state.shelf.book(FIRST).expect("the first").clone());
    let mut wrote = (*before).clone();
    let words = Words { heuristic: "y".into(), ..Words::default() };
    wrote.revise(&Hand::Add(words).into(), Origin::Person, 4, &Digest::default());
    let state = after(state, [Event::Keep(FIRST.into(), before.clone(), wrote.clone())]);
    let lines = |name: &str| state.shelf.book(name).map_or(0, |book| book.lines().len());
    assert_eq!((lines(FIRST), lines("Copy")), (2, 1));
    let state = after(state, [Event::Keep(FIRST.into(), before, wrote)]);
    assert!(state.notices[0].contains("your change stays"));
}

#[test]
fn a_lesson_revises_the_rulebook_of_its_name_and_undo_brings_back_what_was_there() {
    let rules = |says: &[&str]| {
        let words = |says: &&str| Words { heuristic: (*says).into(), sure: true, ..Words::default() };
        Event::Lesson("Lesson".into(), Some(says.iter().map(words).collect()))
    };
    let state = after(fresh(), [Event::New("Lesson".into()), add("mine"), Event::Open(FIRST.into())]);
    let state = after(state, [rules(&["theirs", "too"])]);
    assert_eq!((state.open(), state.book().lines().len()), ("Lesson", 2));
    let again = after(state.clone(), [rules(&["theirs", "too"])]);
    assert_eq!((again.book().log().len(), again.notices.len()), (2, 0), "nothing is to be done");
    let empty = after(state.clone(), [rules(&[])]);
    assert!(empty.book().lines().is_empty());
    assert_eq!(after(state, [Event::Undo(9)]).book().lines(), ["mine"]);
}

#[test]
fn a_step_without_rules_goes_on_in_the_lessons_rulebook_and_leaves_the_visitors_alone() {
    let step = || Event::Lesson("Lesson".into(), None);
    let words = Words { heuristic: "theirs".into(), ..Words::default() };
    let mine = after(fresh(), [add("mine")]);
    let begun = after(mine.clone(), [step()]);
    assert_eq!((begun.open(), begun.book().lines().len()), ("Lesson", 0), "whoever begins in the middle");
    let taught = after(mine, [Event::Lesson("Lesson".into(), Some(vec![words]))]);
    let wrote = after(taught, [add("the agent's"), step()]);
    assert_eq!((wrote.open(), wrote.book().lines().len()), ("Lesson", 2));
    let over = after(wrote.clone(), [Event::LessonOver]);
    assert_eq!((over.open(), over.book().lines()), (FIRST, vec!["mine".to_string()]));
    let begun = after(wrote.clone(), [Event::New("Own".into()), Event::LessonOver]);
    assert_eq!(begun.open(), "Own", "somebody began it");
    let chosen = after(wrote, [Event::New("Other".into()), Event::Open("Other".into()), Event::LessonOver]);
    assert_eq!(chosen.open(), "Other", "somebody chose it");
}

#[test]
fn the_lab_has_a_rulebook_and_gives_back_the_one_before_also_within_a_lesson() {
    let false_rules = || {
        let words = Words { heuristic: "false".into(), ..Words::default() };
        Event::Collapse(vec![words])
    };
    let lab = after(fresh(), [add("mine"), false_rules()]);
    assert_eq!((lab.open(), lab.book().lines().len()), (COLLAPSE_BOOK, 1));
    // A second press keeps what was there before the first.
    let over = after(lab.clone(), [false_rules(), Event::CollapseOver]);
    assert_eq!((over.open(), over.book().lines()), (FIRST, vec!["mine".to_string()]));
    let chosen = after(lab, [Event::New("Other".into()), Event::CollapseOver]);
    assert_eq!(chosen.open(), "Other", "somebody chose it");
    let lesson = [add("mine"), Event::Lesson("Lesson".into(), None), false_rules()];
    let back = after(after(fresh(), lesson), [Event::CollapseOver]);
    assert_eq!(back.open(), "Lesson");
    assert_eq!(after(back, [Event::LessonOver]).open(), FIRST);
    // A lesson's step that is set up within the lab ends it first.
    let both = Lent { lesson: Some(("Lesson".into(), FIRST.into())), collapse: Some("Lesson".into()) };
    let only =
        [Lent { collapse: None, ..both.clone() }, Lent { lesson: None, ..both.clone() }, Lent::default()];
    for lent in [both].iter().chain(&only) {
        assert_eq!(Lent::read(&lent.write()), *lent);
    }
    let begun = [add("mine"), false_rules(), Event::Lesson("Lesson".into(), None)];
    assert_eq!(after(after(fresh(), begun), [Event::LessonOver]).open(), FIRST);
}

#[test]
fn every_game_has_the_rulebook_back_that_it_was_played_with() {
    let game = |title: &str, chosen| Event::Game { title: title.into(), chosen };
    let choose = |title| game(title, true);
    let open = |state: &Rulebooks| (state.open().to_string(), state.book().lines().join(" "));
    let orchard = after(fresh(), [game("Orchard", false), add("of the orchard")]);
    let vault = after(orchard.clone(), [choose("Vault")]);
    assert_eq!(open(&vault), ("Vault".into(), String::new()));
    let back = after(vault.clone(), [choose("Orchard")]);
    assert_eq!(open(&back), (FIRST.into(), "of the orchard".into()));
    let renamed = after(back, [Event::Rename("Mine".into()), choose("Vault"), choose("Orchard")]);
    assert_eq!(open(&renamed).0, "Mine");
    let rules = after(vault.clone(), [add("of the vault"), choose("Orchard"), choose("Vault")]);
    assert_eq!(open(&rules), ("Vault".into(), "of the vault".into()));
    // Whoever wants nothing of an offer has written nothing into what is open.
    let offer = Event::Offer(read_file("monday.json".into(), r#"[{"NEW_HEURISTIC": "y"}]"#));
    let looked = after(rules.clone(), [Event::Open(FIRST.into()), offer, Event::Choose(Choice::Discard, 9)]);
    let rules = after(looked, [choose("Orchard"), choose("Vault")]);
    assert_eq!(open(&rules), ("Vault".into(), "of the vault".into()));
    // An empty one goes along, and has no other game's name.
    let third = after(vault, [choose("Scrap")]);
    assert_eq!(open(&third), ("Scrap".into(), String::new()));
    assert_eq!(third.names().collect::<Vec<_>>(), [FIRST, "Scrap"]);
    assert_eq!(open(&after(fresh(), [game("Orchard", false), choose("Vault")])).0, FIRST);
    // What a lesson plays says nothing of the visitor's rulebook.
    let lesson =
        [Event::Lesson("Lesson".into(), None), game("Scrap", false), add("theirs"), Event::LessonOver];
    let scrap = after(after(orchard, lesson), [choose("Orchard"), choose("Scrap")]);
    assert_eq!(open(&scrap), ("Scrap".into(), String::new()));
}

#[test]
fn a_page_that_is_put_up_anew_has_the_lessons_rulebook_within_it_and_the_visitors_after_it() {
    let lesson = |title: &str| Event::Lesson(title.into(), None);
    let taught = after(fresh(), [add("mine"), lesson("Voting"), add("theirs")]);
    let anew = |state: &Rulebooks, lesson: Option<&str>| {
        let mut state = Rulebooks { lent: Lent::read(&state.lent.write()), ..state.clone() };
        state.come_back(lesson);
        state
    };
    let within = anew(&taught, Some("Voting"));
    assert_eq!(within.open(), "Voting");
    assert_eq!(after(within, [Event::LessonOver]).open(), FIRST);
    assert_eq!(anew(&taught, None).open(), FIRST);
    assert_eq!(anew(&taught, Some("Surprise")).open(), FIRST, "it has none yet");
    // Another tab may have left that by now.
    let left = anew(&anew(&taught, None), Some("Voting"));
    assert_eq!(left.open(), "Voting");
    assert_eq!(after(left, [Event::LessonOver]).open(), FIRST);
    let collapse = after(taught.clone(), [Event::Collapse(vec![])]);
    assert_eq!((anew(&collapse, Some("Voting")).open(), anew(&collapse, None).open()), ("Voting", FIRST));
    // The visitor's own may be renamed meanwhile, and the lesson's deleted.
    let renamed = [Event::Open(FIRST.into()), Event::Rename("Mine".into()), Event::Open("Voting".into())];
    assert_eq!(after(after(taught.clone(), renamed), [Event::LessonOver]).open(), "Mine");
    let state = after(taught, [Event::New("Before all".into()), Event::Open("Voting".into()), Event::Delete]);
    assert_eq!(state.open(), FIRST);
}

#[test]
fn what_was_stored_is_not_stored_again() {
    let state = after(fresh(), [add("x")]);
    let saved = Event::Saved(state.shelf.clone(), state.shelf.write(None));
    let state = after(state, [saved]);
    assert!(state.shelf == state.base && state.save().is_none());
}

#[test]
fn a_link_is_taken_out_of_the_address() {
    assert!(is_only_rules("#rules=AbC") && !is_only_rules("#rules=AbC&seed=3") && !is_only_rules("#"));
    assert_eq!(parts("#game=vault&rules=AbC&seed=3"), ("game=vault&seed=3".into(), Some("AbC")));
    assert_eq!(parts("#rules="), (String::new(), Some("")));
    assert_eq!(parts("game=vault"), ("game=vault".into(), None));
    assert!(matches!(offered("http://x/#rules=%%"), Some(Err(_))));
    assert!(offered("http://x/#game=vault").is_none());
}
