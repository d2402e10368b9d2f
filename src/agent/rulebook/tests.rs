//! Revisions of a rulebook, the strategist's and a person's, and what they leave behind.

use super::*;
use crate::agent::digest::tests::{played, score};
use crate::agent::revision::hand::{Hand, Words};
use crate::agent::revision::tests::revisions;
use proptest::prelude::*;

/// A rule that says this.
pub fn rule(rule_id: &str, heuristic: &str) -> Rule {
    Rule {
        rule_id: rule_id.into(),
        trigger: String::new(),
        observation: String::new(),
        heuristic: heuristic.into(),
        status: Status::Confirmed,
        pinned: false,
        disabled: false,
        support: vec![],
        contradiction: vec![],
        origin: Origin::Person,
        since: 0,
    }
}

fn read(text: &str) -> Revision {
    let (revision, complaints) = Revision::read(text);
    assert_eq!(complaints, [""; 0]);
    revision
}

fn digest() -> Digest {
    let rings = [("touch red ring", score(2)); 3];
    Digest::new(&played(
        &[&rings[..], &[("touch red ring", score(0)), ("touch blue box", score(-1))]].concat(),
    ))
}

const ADDED: &str = "add | touch red ring | +2 in 3 of 4 | touch red rings for points | sure
add | touch blue box | -1 in 1 of 1 | avoid blue boxes, they cost points | maybe";

#[test]
fn rules_come_with_the_evidence_of_the_digest() {
    let mut book = Rulebook::default();
    assert_eq!(book.revise(&read(ADDED), Origin::Strategist, 5, &digest()), [""; 0]);
    assert_eq!(book.lines(), ["touch red rings for points", "maybe avoid blue boxes, they cost points"]);
    let records = [
        "touch red rings for points (3 for, 1 against)",
        "maybe avoid blue boxes, they cost points (1 for, 0 against)",
    ];
    assert_eq!(book.records(9, &Digest::default()), records);
    assert_eq!(book.rules()[0].support, [0, 1, 2]);
    assert_eq!(book.rules()[0].contradiction, [3]);
    let late = "touch red rings for points (3 for, 1 against, unused 120 steps)";
    assert_eq!(book.records(127, &Digest::default())[0], late);
    let confirm = read("confirm 2 | -1 in 1 of 1 | sure");
    assert_eq!(book.revise(&confirm, Origin::Strategist, 9, &digest()), [""; 0]);
    assert_eq!(book.rules()[1].support, [4], "the same step counts once");
    assert_eq!(book.lines()[1], "maybe avoid blue boxes, they cost points", "once is not enough");
    book.revise(&confirm, Origin::Strategist, 99, &later(&[("touch blue box", -1); 2]));
    assert_eq!(book.lines()[1], "avoid blue boxes, they cost points");
}

#[test]
fn a_rule_that_warns_of_a_loss_is_in_use_for_as_long_as_it_is_obeyed() {
    let mut book = Rulebook::default();
    book.revise(&read(ADDED), Origin::Strategist, 5, &digest());
    let unused = |book: &Rulebook| book.rules().iter().map(|rule| rule.unused(400)).collect::<Vec<_>>();
    assert_eq!(unused(&book), [390, 390], "one case is not enough");
    let confirm = read("confirm 2 | -1 in 2 of 2 | sure");
    book.revise(&confirm, Origin::Strategist, 60, &later(&[("touch blue box", -1); 2]));
    assert_eq!(unused(&book), [390, 0]);
    // It comes otherwise of late: that warns of nothing any more.
    let mut steps = played(&[("touch blue box", score(0)); 3]);
    steps.iter_mut().for_each(|step| step.number += 100);
    book.revise(&read("nothing to learn"), Origin::Strategist, 110, &Digest::new(&steps));
    assert_eq!(unused(&book), [390, 290]);
    // Nor does one that nobody ever saw come true.
    let told = read("add | touch pink moon | -1 in 1 of 1 | avoid pink moons | sure");
    book.revise(&told, Origin::Person, 160, &Digest::default());
    assert_eq!(book.rules()[2].unused(400), 240);
}

#[test]
fn what_may_have_come_goes_by_the_rules_or_is_what_they_say_nothing_of() {
    let mut book = Rulebook::default();
    book.revise(&read(ADDED), Origin::Strategist, 5, &digest());
    let met = |book: &Rulebook, near: &[(u8, &str)], change: i32| {
        let near = near.iter().map(|(far, thing)| (*far, format!("touch {thing}").parse().unwrap()));
        let likely = book.likely(near.collect(), &score(change));
        likely.iter().map(|meeting| meeting.thing.clone()).collect::<Vec<_>>()
    };
    let all = [(2, "green cup"), (1, "blue box"), (1, "pink moon"), (1, "red ring"), (1, "pink moon")];
    assert_eq!(met(&book, &all, 2), ["red ring"], "a rule says so");
    assert_eq!(met(&book, &all, -1), ["blue box"]);
    assert_eq!(met(&book, &all, -4), ["pink moon"], "of the others something else comes; the cup is farther");
    assert_eq!(met(&book, &all[1..2], -4), ["blue box"], "that rule must be wrong");
    assert_eq!(
        met(&book, &[all[0], (1, "red ring"), all[1]], -4),
        ["green cup"],
        "no rule says what comes of it"
    );
    assert_eq!(met(&book, &[(2, "red ring"), all[1]], -4), ["blue box"], "the nearest");
    assert_eq!(met(&book, &[(0, "blue box")], -4), ["blue box"], "it stood in the way");
    let leaves = read("add | white ring leaves | -4 in 1 of 1 | catch white rings | maybe");
    book.revise(&leaves, Origin::Person, 6, &Digest::default());
    assert_eq!(met(&book, &all, -4), [""; 0], "something has left, perhaps");
    // What was proved wrong, or says nothing that can be counted, speaks for nothing.
    let odd = read("add | touch pink moon | it hurts in 1 of 1 | avoid pink moons | sure");
    book.revise(&odd, Origin::Person, 6, &Digest::default());
    assert_eq!(met(&book, &all, -3), ["pink moon"]);
    book.revise(&read("nothing to learn"), Origin::Strategist, 60, &later(&[("touch blue box", 2); 2]));
    assert_eq!(met(&book, &all[1..2], -3), ["blue box"]);
}

/// The digest of steps that come after [`digest`]'s.
fn later(steps: &[(&str, i32)]) -> Digest {
    let steps: Vec<_> = steps.iter().map(|(met, points)| (*met, score(*points))).collect();
    let mut steps = played(&steps);
    steps.iter_mut().for_each(|step| step.number += 50);
    Digest::new(&steps)
}

#[test]
fn a_rule_that_failed_twice_running_is_a_maybe_to_the_strategist_however_long_it_held() {
    let mut book = Rulebook::default();
    book.revise(&read(ADDED), Origin::Strategist, 5, &digest());
    let record = |points: &[i32]| {
        let steps: Vec<_> = points.iter().map(|&points| ("touch red ring", points)).collect();
        book.records(9, &later(&steps))[0].clone()
    };
    let sure = "touch red rings for points (3 for, 1 against)";
    assert_eq!(record(&[2, -1]), sure);
    assert_eq!(record(&[-1, 2, -1]), sure);
    assert_eq!(record(&[2, -1, -1]), format!("maybe {sure}"));
    assert_eq!(record(&[0, 0]), sure, "twice it may have been missed");
    assert_eq!(record(&[0, 0, 0]), format!("maybe {sure}"));
    assert_eq!(book.lines()[0], "touch red rings for points", "whoever plays goes by it still");
}

#[test]
fn a_rule_is_sure_by_all_its_cases_and_not_by_the_last_ones() {
    let mut book = Rulebook::default();
    book.revise(&read(ADDED), Origin::Strategist, 5, &digest());
    let doubts = read("confirm 2 | -1 in 1 of 3 | maybe");
    book.revise(
        &doubts,
        Origin::Strategist,
        9,
        &later(&[("touch blue box", 0), ("touch blue box", 0), ("touch blue box", -1)]),
    );
    let rule = |book: &Rulebook| (book.rules()[1].support.len(), book.rules()[1].contradiction.len());
    assert_eq!(rule(&book), (2, 2));
    let mut steps = played(&[("touch blue box", score(-1))]);
    steps[0].number += 200;
    let confirm = read("confirm 2 | -1 in 1 of 1 | sure");
    book.revise(&confirm, Origin::Strategist, 210, &Digest::new(&steps));
    assert_eq!((rule(&book), book.rules()[1].status), ((3, 2), Status::Hypothesis));
}

#[test]
fn rules_of_which_the_strategist_says_nothing_are_weighed_all_the_same() {
    let mut book = Rulebook::default();
    let hand = |trigger: &str, seen: &str, heuristic: &str| {
        let (trigger, observation) = (trigger.into(), seen.into());
        let heuristic = heuristic.into();
        Hand::Add(Words { trigger, observation, heuristic, sure: true, ..Words::default() })
    };
    person(&mut book, hand("touch red ring", "+5 in 1 of 1", "touch red rings for 5 points"));
    person(&mut book, hand("touch blue box", "-1 in 1 of 1", "avoid blue boxes"));
    person(&mut book, hand("when it rains", "", "stay at home"));
    let pinned = book.rules()[1].rule_id.clone();
    person(&mut book, Hand::Pin(pinned, true));
    // It speaks of the first rule only by adding one that says the opposite.
    let digest = later(&[("touch red ring", -2), ("touch red ring", -2), ("touch blue box", -1)]);
    let said = read("add | touch red ring | -2 in 2 of 2 | avoid red rings | sure");
    assert_eq!(book.revise(&said, Origin::Strategist, 40, &digest), [""; 0]);
    let weight = |book: &Rulebook, at: usize| {
        let rule = &book.rules()[at];
        (rule.support.len(), rule.contradiction.len(), rule.status)
    };
    assert_eq!(weight(&book, 0), (0, 2, Status::Hypothesis), "a person's, and all speaks against it");
    assert_eq!(weight(&book, 1), (1, 0, Status::Confirmed));
    assert_eq!(weight(&book, 2), (0, 0, Status::Confirmed), "nothing that happened is about it");
    assert_eq!(weight(&book, 3), (2, 0, Status::Hypothesis));
    // What was seen is in a person's own words: no change can be that, and none is against it.
    person(&mut book, hand("touch red ring", "2 points in 3 of 3", "mind red rings"));
    // Nothing to learn is no reason not to count; the same steps count once.
    let steps = [("touch red ring", score(-2)), ("touch blue box", score(0)), ("touch blue box", score(0))];
    let digest = Digest::new(&played(&steps));
    for _ in 0..2 {
        book.revise(&Revision::default(), Origin::Strategist, 60, &digest);
    }
    assert_eq!((weight(&book, 0).1, weight(&book, 1).1), (3, 2));
    assert_eq!(weight(&book, 4), (0, 0, Status::Confirmed));
    assert_eq!(weight(&book, 1).2, Status::Confirmed, "a pinned rule stays as it is");
    // What a person does weighs nothing.
    let before = book.rules()[0].clone();
    person(&mut book, add("be quick"));
    assert_eq!(book.rules()[0], before);
    assert!((0..5).all(|_| book.undo(61)));
    assert_eq!(weight(&book, 0), (0, 0, Status::Confirmed), "undo takes it back with the revision");
}

#[test]
fn the_digests_counts_go_before_what_the_strategist_claims() {
    let mut book = Rulebook::default();
    let claims = read(&ADDED.replace("3 of 4", "99 of 99").replace("maybe", "sure"));
    assert_eq!(book.revise(&claims, Origin::Strategist, 5, &digest()), [""; 0]);
    let seen: Vec<&str> = book.rules().iter().map(|rule| rule.observation.as_str()).collect();
    assert_eq!(seen, ["+2 in 3 of 4", "-1 in 1 of 1"]);
    assert_eq!(
        book.rules().iter().map(|rule| rule.status).collect::<Vec<_>>(),
        [Status::Confirmed, Status::Hypothesis]
    );
    // What is confirmed against all that happened is doubted by the count, and no longer sure.
    let claim = read("confirm 1 | +2 in 9 of 9 | sure");
    let complaints = book.revise(&claim, Origin::Strategist, 60, &later(&[("touch red ring", -1); 4]));
    assert_eq!(complaints, ["“confirm 1 | +2 in 9 of 9 | sure”: it came otherwise"]);
    let rule = &book.rules()[0];
    assert_eq!((rule.status, rule.contradiction.len()), (Status::Hypothesis, 5));
    assert_eq!(rule.observation, "+2 in 0 of 4");
    let before = book.clone();
    let complaints = book.revise(&claim, Origin::Strategist, 70, &Digest::default());
    assert!(complaints[0].contains("nothing of the kind"), "{complaints:?}");
    assert_eq!(book, before, "what did not happen confirms nothing");
}

#[test]
fn what_a_person_relies_on_stays_relied_on_until_more_speaks_against_it() {
    let mut book = Rulebook::default();
    let words = Words {
        trigger: "touch blue box".into(),
        heuristic: "avoid blue boxes".into(),
        sure: true,
        ..Words::default()
    };
    book.revise(&Hand::Add(words).into(), Origin::Person, 0, &Digest::default());
    let doubts = read("confirm 1 | -1 in 1 of 1 | maybe");
    assert_eq!(book.revise(&doubts, Origin::Strategist, 5, &digest()), [""; 0]);
    assert_eq!((book.lines(), book.rules()[0].support.len()), (vec!["avoid blue boxes".to_string()], 1));
    book.revise(&doubts, Origin::Strategist, 60, &later(&[("touch blue box", 2); 2]));
    assert_eq!(book.lines(), ["maybe avoid blue boxes"]);
}

#[test]
fn who_adds_a_rule_again_confirms_it() {
    let mut book = Rulebook::default();
    book.revise(&read(ADDED), Origin::Strategist, 5, &digest());
    let again = later(&[("touch blue box", -1); 2]);
    assert_eq!(book.revise(&read(ADDED.lines().nth(1).unwrap()), Origin::Strategist, 60, &again), [""; 0]);
    assert_eq!((book.rules().len(), book.rules()[1].support.len()), (2, 3));
    assert_eq!(book.log()[1].revision.to_string(), "confirm 2 | -1 in 2 of 2 | maybe");
    // The same sentence with another trigger: the digest counts by the rule's own.
    let reworded = read("add | blue boxes | -1 in 1 of 1 | avoid blue boxes, they cost points | sure");
    assert_eq!(book.revise(&reworded, Origin::Strategist, 99, &again), [""; 0]);
    assert_eq!(book.log()[2].revision.to_string(), "confirm 2 | -1 in 2 of 2 | sure");
    assert_eq!((book.rules().len(), book.rules()[1].support.len()), (2, 3));
    let complaints = book.revise(&reworded, Origin::Strategist, 120, &Digest::default());
    assert!(complaints[0].contains("nothing of the kind"), "{complaints:?}");
    assert_eq!(book.log().len(), 3);
}

#[test]
fn a_rule_whose_trigger_no_digest_counts_is_confirmed_by_the_one_that_it_does() {
    let mut book = Rulebook::default();
    let words =
        Words { trigger: "boxes, blue".into(), heuristic: "avoid blue | boxes".into(), ..Words::default() };
    person(&mut book, Hand::Add(words));
    let again = read("add | touch blue box | -1 in 1 of 1 | avoid blue boxes | maybe");
    assert_eq!(book.revise(&again, Origin::Strategist, 20, &digest()), [""; 0]);
    assert_eq!((book.rules().len(), book.rules()[0].support.as_slice()), (1, &[4][..]));
}

/// A person guesses something at a step that nothing speaks for or against.
fn guess(book: &mut Rulebook, at: u32) {
    let guess = format!("add | touch pink cup | +1 in 1 of 1 | guess {at} | maybe");
    assert_eq!(book.revise(&read(&guess), Origin::Person, at, &digest()), [""; 0]);
}

#[test]
fn a_rule_has_its_chances_before_it_makes_room() {
    let mut book = Rulebook::default();
    (0..MOST_RULES).for_each(|at| guess(&mut book, at as u32));
    let happened = read(ADDED.lines().next().unwrap());
    let complaints = book.revise(&happened, Origin::Strategist, 49, &digest());
    assert!(complaints[0].contains("is the most"), "none was tested yet: {complaints:?}");
    // Only the oldest had 50 steps of chances.
    assert_eq!(book.revise(&happened, Origin::Strategist, 50, &digest()), [""; 0]);
    assert_eq!(book.log().last().unwrap().revision.operations[0], Operation::Retire(1));
}

#[test]
fn a_full_book_makes_room_for_what_happened() {
    let mut book = Rulebook::default();
    for at in 0..MOST_RULES {
        guess(&mut book, at as u32);
    }
    person(&mut book, Hand::Pin("R1".into(), true));
    let made_up = read("add | near tan cups | +1 in 1 of 1 | touch tan cups | maybe");
    let complaints = book.revise(&made_up, Origin::Strategist, 90, &digest());
    assert!(complaints[0].contains("is the most"), "a mere guess pushes nobody out: {complaints:?}");
    let revision = read(&format!("confirm 2 | +1 in 1 of 1 | maybe\n{}", ADDED.lines().next().unwrap()));
    let complaints = book.revise(&revision, Origin::Strategist, 90, &digest());
    assert_eq!(complaints.len(), 1, "{complaints:?}");
    let entry = book.log().last().unwrap();
    assert_eq!(entry.revision.operations[0], Operation::Retire(3), "neither the pinned nor the named one");
    assert_eq!((book.listed().count(), entry.revision.operations.len()), (MOST_RULES, 2));
    assert!(book.undo(91) && book.redo(91));
}

#[test]
fn what_did_not_happen_is_no_evidence() {
    let mut book = Rulebook::default();
    let made_up = read("add | touch green cup | +9 in 9 of 9 | touch green cups for points | sure");
    let complaints = book.revise(&made_up, Origin::Strategist, 5, &digest());
    assert!(complaints[0].contains("nothing of the kind"), "{complaints:?}");
    assert_eq!(book.records(9, &Digest::default()), [""; 0], "what was made up is no rule");
    assert_eq!(book.revise(&made_up, Origin::Person, 5, &digest()), [""; 0], "a person may say so");
    assert_eq!(book.records(9, &Digest::default()), ["touch green cups for points (new)"]);
}

#[test]
fn a_rule_stays_where_nothing_bears_out_what_is_to_take_its_place() {
    let mut book = Rulebook::default();
    book.revise(
        &read("add | touch red ring | +2 in 3 of 3 | touch red rings | sure"),
        Origin::Strategist,
        5,
        &digest(),
    );
    let before = book.records(9, &Digest::default());
    assert!(!book.rules()[0].support.is_empty());
    for made_up in [
        "edit 1 | touch green cup | +9 in 9 of 9 | touch green cups | sure",
        "edit 1 | touch red ring | -7 in 2 of 2 | avoid red rings | maybe",
        "confirm 1 | 0 in 2 of 2 | sure",
    ] {
        let complaints = book.revise(&read(made_up), Origin::Strategist, 6, &digest());
        assert_eq!(
            (complaints.len(), book.records(9, &Digest::default())),
            (1, before.clone()),
            "{made_up}: {complaints:?}"
        );
    }
}

#[test]
fn rules_are_edited_merged_and_retired_by_their_number_in_the_prompt() {
    let mut book = Rulebook::default();
    book.revise(&read(ADDED), Origin::Strategist, 5, &digest());
    book.revise(&read(ADDED), Origin::Link, 5, &digest());
    book.revise(&read("retire 1\nmerge 4 into 2"), Origin::Person, 6, &digest());
    assert_eq!(book.listed().map(|rule| rule.rule_id.as_str()).collect::<Vec<_>>(), ["R2", "R3"]);
    let edit =
        read("edit 2 | touch blue box | -1 in 1 of 1 | mind blue boxes | maybe\nretire 7\nmerge 1 into 1");
    assert_eq!(book.revise(&edit, Origin::Strategist, 8, &digest()).len(), 2);
    assert_eq!(book.lines()[1], "maybe mind blue boxes");
    assert_eq!((book.rules()[2].support.as_slice(), book.rules()[2].since), (&[4][..], 8));
    assert_eq!(book.log().len(), 4);
    book.revise(&Revision::default(), Origin::Strategist, 9, &digest());
    assert_eq!(book.log().len(), 4, "nothing to learn is not logged");
}

#[test]
fn what_was_undone_stays_in_the_log_and_comes_back() {
    let mut book = Rulebook::default();
    book.revise(&read(ADDED), Origin::Strategist, 5, &digest());
    let first = book.clone();
    book.revise(&read("retire 1"), Origin::Person, 6, &digest());
    let second = book.clone();
    assert!(book.undo(8));
    assert_eq!((book.rules(), book.log().len()), (first.rules(), 2));
    assert!(book.redo(9));
    assert_eq!((book.rules(), book.head()), (second.rules(), second.head()));
    assert!(book.undo(11) && book.undo(12) && !book.undo(13));
    assert_eq!(book.lines(), [""; 0]);
    book.revise(&read("add | x | y in 1 of 1 | another way | maybe"), Origin::Person, 14, &digest());
    assert!(!book.redo(15), "nothing was undone from here");
    assert_eq!(book.as_of(Some(1)).unwrap(), second.rules(), "the other history is still there");
    // What held at every step can be told, between an undo and the next revision too.
    let none = Rulebook::default();
    let held = [(0, &none), (6, &second), (8, &first), (9, &second), (11, &first), (12, &none), (14, &book)];
    for (at, (from, was)) in held.iter().enumerate() {
        let until = held.get(at + 1).map_or(20, |(next, _)| *next);
        (*from..until).for_each(|step| assert_eq!(book.at(step).unwrap(), was.rules(), "{step}"));
    }
    let text = serde_json::to_string(&book).unwrap();
    assert_eq!(serde_json::from_str::<Rulebook>(&text).unwrap(), book);
}

#[test]
fn a_log_without_undos_is_written_as_before_and_an_older_one_is_read() {
    let mut book = Rulebook::default();
    book.revise(&read(ADDED), Origin::Strategist, 5, &digest());
    book.revise(&read("retire 1"), Origin::Person, 6, &digest());
    let text = serde_json::to_string(&book).unwrap();
    assert!(!text.contains("moves") && text.ends_with("\"head\":1}"), "{text}");
    // Undone by a page that noted no undos.
    let older: Rulebook = serde_json::from_str(&text.replace("\"head\":1}", "\"head\":0}")).unwrap();
    assert_eq!((older.lines().len(), older.at(6)), (2, Ok(older.rules().to_vec())));
    let odd = text.replace("\"head\":1}", r#""head":1,"moves":[{"at":6,"after":1,"head":2}]}"#);
    assert!(serde_json::from_str::<Rulebook>(&odd).unwrap_err().to_string().contains("not in the log"));
}

#[test]
fn a_name_of_its_own_is_shown() {
    let mut book = Rulebook::default();
    book.revise(&read(ADDED), Origin::Strategist, 5, &digest());
    let named = Rule { rule_id: "HighVolatility_V1".into(), ..book.rules()[1].clone() };
    assert_eq!(named.line(), "HighVolatility_V1: maybe avoid blue boxes, they cost points");
}

fn add(heuristic: &str) -> Hand {
    Hand::Add(Words { heuristic: heuristic.into(), sure: true, ..Words::default() })
}

fn person(book: &mut Rulebook, hand: Hand) -> Vec<String> {
    book.revise(&hand.into(), Origin::Person, 9, &Digest::default())
}

fn names(book: &Rulebook) -> Vec<&str> {
    book.kept().map(|rule| rule.rule_id.as_str()).collect()
}

#[test]
fn a_person_adds_edits_moves_and_deletes() {
    let mut book = Rulebook::default();
    book.revise(&read(ADDED), Origin::Strategist, 5, &digest());
    assert_eq!(person(&mut book, add("  go | home\nnow ")), [""; 0]);
    let mine = &book.rules()[2];
    assert_eq!((mine.heuristic.as_str(), mine.origin, mine.since), ("go | home now", Origin::Person, 9));
    assert_eq!(book.lines()[2], "go home now");
    person(&mut book, Hand::Move("R3".into(), 0));
    assert_eq!(names(&book), ["R3", "R1", "R2"]);
    // The same words leave the evidence alone; others need their own.
    let words = Words { rule_id: "rings".into(), ..Words::of(&book.rules()[1]) };
    person(&mut book, Hand::Edit("R1".into(), words));
    assert_eq!((names(&book)[1], book.rules()[1].support.len()), ("rings", 3));
    assert_eq!(book.lines()[1], "rings: touch red rings for points");
    let words = Words { heuristic: "touch rings".into(), ..Words::of(&book.rules()[1]) };
    person(&mut book, Hand::Edit("rings".into(), words));
    assert_eq!((book.rules()[1].support.len(), book.rules()[1].origin), (0, Origin::Person));
    person(&mut book, Hand::Delete("R3".into()));
    assert_eq!(names(&book), ["rings", "R2"]);
    assert_eq!(book.log().len(), 6);
    for wrong in
        [Hand::Delete("R3".into()), add(" "), Hand::Move("R2".into(), 1), Hand::Pin("R2".into(), false)]
    {
        assert_eq!(person(&mut book, wrong).len(), 1);
    }
    let taken = Words { rule_id: "rings".into(), ..Words::of(&book.rules()[2]) };
    assert!(person(&mut book, Hand::Edit("R2".into(), taken))[0].starts_with("Another rule"));
    assert_eq!(book.log().len(), 6, "what changes nothing is not logged");
}

#[test]
fn the_strategist_leaves_pinned_rules_alone_and_does_nothing_by_hand() {
    let mut book = Rulebook::default();
    book.revise(&read(ADDED), Origin::Strategist, 5, &digest());
    person(&mut book, Hand::Pin("R1".into(), true));
    let before = book.rules()[0].clone();
    let tries = read(
        "edit 1 | a | b in 1 of 1 | c | sure\nretire 1\nmerge 1 into 2\nconfirm 1 | +2 in 3 of 4 | maybe",
    );
    let complaints = book.revise(&tries, Origin::Strategist, 6, &digest());
    assert_eq!(complaints.iter().filter(|c| c.contains("is pinned")).count(), 3, "{complaints:?}");
    assert_eq!(book.rules()[0], before, "evidence it may give; there was none new");
    book.revise(&read("merge 2 into 1"), Origin::Strategist, 7, &digest());
    assert_eq!((book.rules()[0].support.as_slice(), names(&book).len()), (&[0, 1, 2, 4][..], 1));
    assert!(book.revise(&add("x").into(), Origin::Strategist, 8, &digest())[0].contains("Only a person"));
    person(&mut book, Hand::Pin("R1".into(), false));
    assert_eq!(book.revise(&read("retire 1"), Origin::Strategist, 9, &digest()), [""; 0]);
}

#[test]
fn a_disabled_rule_is_kept_without_a_number() {
    let mut book = Rulebook::default();
    book.revise(&read(ADDED), Origin::Strategist, 5, &digest());
    person(&mut book, Hand::Disable("R1".into(), true));
    assert_eq!(book.lines(), ["maybe avoid blue boxes, they cost points"]);
    book.revise(&read("retire 1"), Origin::Strategist, 6, &digest());
    assert_eq!(names(&book), ["R1"]);
    for _ in 0..MOST_RULES {
        assert_eq!(person(&mut book, add("x")), [""; 0]);
    }
    assert!(person(&mut book, Hand::Disable("R1".into(), false))[0].contains("12 is the most"));
}

#[test]
fn rules_from_elsewhere_join_or_replace_as_one_revision() {
    let mut book = Rulebook::default();
    person(&mut book, add("touch rings"));
    let given = vec![rule("R1", "avoid boxes"), rule("R2", "touch rings"), rule("loot", "take all")];
    let sheet = sheet::Sheet { name: "x".into(), rules: given };
    assert_eq!(book.revise(&sheet.revision(false), Origin::Link, 20, &Digest::default()), [""; 0]);
    assert_eq!((names(&book), book.log().len()), (vec!["R1", "R2", "loot"], 2), "one was known");
    assert_eq!((book.rules()[1].heuristic.as_str(), book.rules()[1].since), ("avoid boxes", 20));
    assert_eq!(book.rules()[2].origin, Origin::Link);
    assert!(
        person(&mut book, Hand::Take { rules: sheet.rules.clone(), replace: false })[0].contains("already")
    );
    person(&mut book, Hand::Take { rules: sheet.rules, replace: true });
    assert_eq!(book.lines(), ["avoid boxes", "touch rings", "loot: take all"]);
    let bad = Hand::Take { rules: vec![rule("a", "fine"), rule("b", "")], replace: true };
    assert_eq!(person(&mut book, bad).len(), 1);
    assert!(book.undo(21) && book.undo(21));
    assert_eq!(book.lines(), ["touch rings"]);
}

/// Anything that a person may do to the first rules, sensible or not.
pub fn by_hand() -> impl Strategy<Value = Revision> {
    let name = || prop_oneof![4 => (1..9usize).prop_map(|n| format!("R{n}")), 1 => Just("loot".to_string())];
    let words = (
        prop_oneof![3 => Just(String::new()), 1 => name()],
        "[a-c]{0,2}",
        "[ a-c|\u{202e}]{0,9}",
        any::<bool>(),
    )
        .prop_map(|(rule_id, trigger, heuristic, sure)| Words {
            rule_id,
            trigger,
            observation: String::new(),
            heuristic,
            sure,
        });
    let given = prop::collection::vec((name(), "[a-c]{1,2}", any::<bool>()), 0..4).prop_map(|given| {
        given.into_iter().map(|(name, says, disabled)| Rule { disabled, ..rule(&name, &says) }).collect()
    });
    let hand = prop_oneof![
        4 => words.clone().prop_map(Hand::Add),
        2 => (name(), words).prop_map(|(rule, words)| Hand::Edit(rule, words)),
        2 => (name(), any::<bool>()).prop_map(|(rule, on)| Hand::Pin(rule, on)),
        2 => (name(), any::<bool>()).prop_map(|(rule, on)| Hand::Disable(rule, on)),
        2 => (name(), 0..15usize).prop_map(|(rule, to)| Hand::Move(rule, to)),
        1 => name().prop_map(Hand::Delete),
        1 => (given, any::<bool>()).prop_map(|(rules, replace)| Hand::Take { rules, replace }),
    ];
    prop::collection::vec(hand.prop_map(Operation::Hand), 1..3).prop_map(|operations| Revision { operations })
}

proptest! {
    #[test]
    fn no_sequence_of_revisions_breaks_a_rulebook(
        revisions in prop::collection::vec(
            prop_oneof![(revisions(), any::<bool>()), (by_hand(), Just(false)), (by_hand(), any::<bool>())],
            0..12,
        ),
    ) {
        let mut book = Rulebook::default();
        let mut past = vec![book.rules().to_vec()];
        for (at, (revision, strategist)) in revisions.iter().enumerate() {
            let origin = if *strategist { Origin::Strategist } else { Origin::Person };
            let logged = book.log().len();
            book.revise(revision, origin, at as u32, &digest());
            prop_assert!(book.listed().count() <= MOST_RULES && book.kept().count() <= MOST_KEPT);
            let names: std::collections::BTreeSet<&str> = book.rules().iter().map(|r| r.rule_id.as_str()).collect();
            prop_assert_eq!(names.len(), book.rules().len(), "every rule has a name of its own");
            prop_assert!(book.rules().iter().all(|rule| rule.clone().checked().as_ref() == Ok(rule)));
            let last = past.last().unwrap();
            for pinned in last.iter().filter(|rule| rule.pinned && *strategist) {
                let now = book.rules().iter().find(|rule| rule.rule_id == pinned.rule_id).unwrap();
                let words = |rule: &Rule| (rule.line(), rule.trigger.clone(), rule.observation.clone(), rule.status);
                prop_assert_eq!(words(now), words(pinned));
            }
            for rule in book.rules().iter().filter(|rule| rule.origin == Origin::Strategist && rule.holds()) {
                let is_new = !last.iter().any(|known| known.rule_id == rule.rule_id);
                prop_assert!(!is_new || rule.status == Status::Hypothesis || rule.support.len() >= 3);
            }
            prop_assert_eq!(book.as_of(book.head()).unwrap(), book.rules());
            if book.log().len() > logged {
                past.push(book.rules().to_vec());
            }
        }
        let last = book.clone();
        for rules in past.iter().rev().skip(1) {
            prop_assert!(book.undo(20));
            prop_assert_eq!(book.rules(), rules.as_slice());
        }
        prop_assert!(!book.undo(20));
        while book.redo(20) {}
        prop_assert_eq!((book.rules(), book.log(), book.head()), (last.rules(), last.log(), last.head()));
        prop_assert_eq!(Rulebook::try_from(Log::from(book.clone())), Ok(book));
    }

    #[test]
    fn what_held_at_every_step_can_be_told(
        turns in prop::collection::vec((0..4u8, by_hand(), revisions()), 0..12),
    ) {
        let mut book = Rulebook::default();
        let mut held = Vec::new();
        for (at, (what, hand, revision)) in (0..).zip(&turns) {
            // Before the step a person does something, and after it the strategist.
            match what {
                0 => drop(book.undo(at)),
                1 => drop(book.redo(at)),
                2 => drop(book.revise(hand, Origin::Person, at, &digest())),
                _ => {}
            }
            held.push(book.rules().to_vec());
            if *what == 3 {
                book.revise(revision, Origin::Strategist, at, &digest());
            }
        }
        let book: Rulebook = serde_json::from_str(&serde_json::to_string(&book).unwrap()).unwrap();
        for (at, rules) in (0..).zip(held) {
            prop_assert_eq!(book.at(at).unwrap(), rules);
        }
        prop_assert_eq!(book.at(book.next_step()).unwrap(), book.rules());
    }
}

#[test]
fn a_log_from_elsewhere_is_checked() {
    let mut book = Rulebook::default();
    book.revise(&read(ADDED), Origin::Strategist, 5, &digest());
    let log = Log::from(book);
    let wrong = |change: fn(&mut Log)| {
        let mut log = log.clone();
        change(&mut log);
        Rulebook::try_from(log).unwrap_err()
    };
    assert!(wrong(|log| log.head = Some(1)).contains("not in the log"));
    assert!(wrong(|log| log.entries[0].parent = Some(0)).contains("later"));
    assert!(wrong(|log| log.entries[0].evidence.clear()).contains("evidence"));
    assert!(wrong(|log| log.entries[0].revision.operations[0] = Operation::Retire(3)).contains("no rule 3"));
}
