//! The page's state, event by event.

use super::*;
use crate::board::Moment;
use crate::mind::Work;
use rulewright::agent::executor::{Ballot, Vote};
use rulewright::agent::schedule::{Because, Verdict};
use rulewright::env::{Outcome, Status};
use rulewright::mind::Token;

fn page(speed: Speed) -> State {
    State::new(Settings { speed, ..Settings::default() }, vec![])
}

fn after(state: State, events: &[Event]) -> State {
    let reduce = |state: Rc<State>, event: &Event| state.reduce(event.clone());
    Rc::unwrap_or_clone(events.iter().fold(Rc::new(state), reduce))
}

fn steps(state: &State) -> usize {
    state.board.steps()
}

fn moves(state: &State) -> Vec<String> {
    state.board.history.iter().map(|m| m.done.to_string()).collect()
}

#[test]
fn parts_that_show_no_text_in_the_making_stay_as_they_are_while_one_is_made() {
    let token = Token { trace: 0, id: 1, text: "me".into(), log_probability: -0.5, bent: false };
    let told = |told| Event::Watch(watch::Event::Told(told));
    let begun = after(page(Speed::Yours), &[Event::Watch(watch::Event::Begun)]);
    let heard = [told(Told::Begins(Work::Vote(vec![1]))), told(Told::Token(token))];
    let writes = after(begun.clone(), &[Event::Several(heard.to_vec())]);
    assert_eq!(writes.watch.ballots[0].trace.text, "me");
    assert!(writes == begun && writes.heard > begun.heard);
    let [begins, token] = heard;
    let moved = after(begun.clone(), &[Event::Several(vec![begins, Event::Blur, token])]);
    assert!(moved != begun, "something else happened, too");
}

#[test]
fn a_model_that_is_no_longer_wanted_is_not_heard() {
    let wanted = after(page(Speed::Yours), &[Event::Model(model::Event::Open)]);
    let number = wanted.model.order.as_ref().expect("a model is wanted").number;
    let failed =
        |order| Event::Heard(order, vec![Event::Model(model::Event::Failed("no such folder".into()))]);
    let fails =
        |order| matches!(after(wanted.clone(), &[failed(order)]).model.stage, model::Stage::Failed(_));
    assert!(fails(number) && !fails(number + 1));
}

#[test]
fn the_game_waits_until_a_key_is_pressed() {
    use Action::{Left, Right, Up};
    let state = after(page(Speed::Yours), &[Event::Tick, Event::Tick]);
    assert_eq!(steps(&state), 0);
    let state = after(state, &[Event::Press(Up), Event::Press(Left), Event::Press(Right)]);
    assert_eq!(moves(&state), ["up", "left", "right"]);
}

#[test]
fn an_action_that_the_game_lacks_is_no_step() {
    assert_eq!(steps(&after(page(Speed::Yours), &[Event::Press(Action::Ship)])), 0);
    let state = after(page(Speed::Fast), &[Event::Press(Action::Ship), Event::Tick]);
    assert_eq!((steps(&state), state.running), (0, false));
}

#[test]
fn a_running_game_plays_a_tap_once_and_a_held_key_until_it_is_released() {
    use Action::{Left, Up};
    let tap = [Event::Press(Up), Event::Release(Up), Event::Tick, Event::Tick];
    let state = after(page(Speed::Fast), &tap);
    assert_eq!(moves(&state), ["up", "wait"]);
    let held =
        [Event::Press(Left), Event::Tick, Event::Press(Left), Event::Tick, Event::Release(Left), Event::Tick];
    let state = after(page(Speed::Fast), &held);
    assert_eq!(moves(&state), ["left", "left", "wait"]);
}

#[test]
fn a_held_key_is_forgotten_when_a_dialog_or_another_window_comes_in_front() {
    use Action::Up;
    for away in [Event::Ask(Some(Dialog::Games)), Event::Blur] {
        let held = [Event::Press(Up), Event::Tick, away, Event::Ask(None), Event::Pause, Event::Tick];
        let state = after(page(Speed::Fast), &held);
        assert_eq!(moves(&state).last().map(String::as_str), Some("wait"));
    }
}

#[test]
fn looking_back_stops_the_game_and_changes_nothing_until_one_plays_on() {
    let up = Event::Press(Action::Up);
    let state = after(page(Speed::Yours), &[up.clone(), up.clone(), up.clone(), Event::Show(1), up.clone()]);
    assert_eq!((steps(&state), state.looks_back()), (3, true));
    assert_eq!(state.view().frame(), state.board.history[0].after.frame());
    let state = after(state, &[Event::PlayOn, Event::Press(Action::Down)]);
    assert_eq!(moves(&state), ["up", "down"]);
}

#[test]
fn an_ended_episode_takes_no_more_steps_and_a_restart_begins_anew() {
    let wait = Event::Press(Action::Wait);
    let state = after(page(Speed::Yours), &vec![wait.clone(); 3000]);
    assert!(state.board.is_over() && steps(&state) < 3000);
    let state = after(state, &[Event::Restart, wait]);
    assert_eq!((steps(&state), state.board.is_over()), (1, false));
}

#[test]
fn another_game_or_seed_in_the_address_begins_anew_but_a_theme_does_not() {
    let played = after(page(Speed::Yours), &[Event::Press(Action::Up)]);
    let dark = Settings { theme: Theme::Dark, ..played.settings.clone() };
    assert_eq!(steps(&after(played.clone(), &[Event::Open(dark, vec![])])), 1);
    let other = Settings { seed: 99, ..played.settings.clone() };
    assert_eq!(steps(&after(played, &[Event::Open(other, vec![])])), 0);
}

#[test]
fn a_key_pressed_while_looking_back_does_not_start_the_clock() {
    let up = Event::Press(Action::Up);
    let back = [up.clone(), Event::Tick, Event::Tick, Event::Show(1), up, Event::Pause];
    let state = after(page(Speed::Fast), &back);
    assert!(!state.ticks());
    let state = after(state, &[Event::PlayOn, Event::Tick]);
    assert_eq!((steps(&state), state.ticks()), (1, false));
}

#[test]
fn a_twist_takes_no_step_and_stays_in_the_history() {
    let state = after(page(Speed::Yours), &[Event::Twist, Event::Press(Action::Up)]);
    assert_eq!((steps(&state), state.board.history.len()), (1, 2));
}

#[test]
fn the_agent_stops_by_itself_after_a_reflection_or_an_episode_where_that_is_asked_for() {
    let begin = |until| after(with_agent(true), &[Event::PlayUntil(until), BEGUN]);
    let reflected = |state: &State, number| {
        let Event::Watch(watch::Event::Decided(done)) = decided(number) else { unreachable!() };
        let thought = Some(Rc::new(watch::tests::thought(number)));
        let done = Event::Watch(watch::Event::Decided(watch::Done { thought, ..done }));
        after(state.clone(), &[played(state.run, number), done])
    };
    let step = |state: &State, number| after(state.clone(), &[played(state.run, number), decided(number)]);
    let state = begin(Until::Reflection);
    assert!(state.running && step(&state, 0).running);
    // A twist meanwhile does not make it forget.
    let state = after(step(&state, 0), &[Event::Twist]);
    assert!(!reflected(&state, 1).running && reflected(&begin(Until::Episode), 1).running);
    let state = begin(Until::Episode);
    let over = after(state.clone(), &vec![played(state.run, 0); 3000]);
    let over = after(over, &[decided(0)]);
    assert!(over.board.is_over() && !over.running && over.due().is_none(), "the next one does not begin");
    let on = after(over, &[Event::PlayUntil(Until::Episode)]);
    assert!(on.running && !on.board.is_over() && on.due().is_some());
    // A last step that still reflects is not cut short by a press on a button.
    let last = after(state.clone(), &vec![played(state.run, 0); 3000]);
    assert_eq!(after(last.clone(), &[Event::PlayUntil(Until::Episode)]).due(), last.due());
    // What somebody asks for is a reflection, too.
    let thought = Rc::new(watch::tests::thought(0));
    let asked = |until| {
        let reflected = Event::Watch(watch::Event::Reflected(0, thought.clone()));
        after(begin(until), &[Event::Watch(watch::Event::Asked), reflected]).running
    };
    assert!(!asked(Until::Reflection) && asked(Until::Episode) && asked(Until::Stopped));
    // Who lets it play without an end has it go on.
    let state = after(begin(Until::Reflection), &[Event::Pause, Event::Pause]);
    assert!(reflected(&state, 0).running);
}

/// A page whose agent has a model.
fn with_agent(goes_on: bool) -> State {
    let settings = Settings { who: Who::Agent, goes_on, ..Settings::default() };
    let loaded = model::Event::Loaded(Default::default(), crate::mind::Choice::NoGpu);
    let events = [model::Event::Load, loaded].map(Event::Model);
    after(State::new(settings, vec![]), &events)
}

fn played(run: u32, decision: u32) -> Event {
    Event::Watch(watch::Event::Played { run, decision, action: Action::Up })
}

const BEGUN: Event = Event::Watch(watch::Event::Begun);

fn failed() -> Event {
    Event::Watch(watch::Event::Failed("the worker is gone".into()))
}

#[test]
fn a_step_is_due_when_there_is_a_model_and_somebody_lets_the_agent_play() {
    let without = State::new(Settings { who: Who::Agent, ..Settings::default() }, vec![]);
    let without = after(without, &[Event::Pause]);
    assert!(without.due().is_none() && without.notices[0].contains("needs a model"));
    let state = with_agent(true);
    assert!(state.due().is_none());
    let state = after(state, &[Event::Pause]);
    let first = state.due();
    assert!(first.is_some() && !state.ticks());
    let state = after(state, &[BEGUN, Event::Pause]);
    assert_eq!(state.due(), first, "a step that is under way ends first");
    let state = after(state, &[failed()]);
    assert!(state.due().is_none() && state.notices[0].ends_with("The worker is gone."));
    let state = after(state, &[Event::Step]);
    assert!(state.due().is_some_and(|due| Some(due) != first));
    assert!(after(state, &[Event::Who(Who::You)]).due().is_none());
}

#[test]
fn it_is_not_ready_again_before_its_step_is_over_whatever_was_heard_of_the_workers() {
    let step = after(with_agent(true), &[Event::Step]);
    let begun = after(step.clone(), &[BEGUN]);
    assert_eq!(words::status(&step), "Ready.");
    assert_eq!(words::status(&begun), "It looks at the board…");
    assert_eq!(words::status(&after(begun, &[failed()])), "Ready.");
}

#[test]
fn a_model_that_is_loaded_anew_takes_up_the_step_that_was_under_way() {
    let state = after(with_agent(true), &[Event::Pause, BEGUN]);
    let first = state.due();
    let state = after(state, &[Event::Model(model::Event::Load)]);
    assert!(state.running && state.due().is_none(), "nobody can take it yet");
    let loaded = model::Event::Loaded(Default::default(), crate::mind::Choice::NoGpu);
    let state = after(state, &[Event::Model(loaded)]);
    assert!(state.due().is_some() && state.due() != first);
}

#[test]
fn what_the_agent_plays_counts_unless_somebody_changed_the_game_meanwhile() {
    let state = after(with_agent(true), &[Event::Pause, BEGUN, Event::Press(Action::Left)]);
    assert_eq!(steps(&state), 0, "nobody plays into its hands");
    let (run, due) = (state.run, state.due());
    let state = after(state, &[Event::Twist]);
    assert!(state.due().is_some() && state.due() != due, "it looks anew");
    let state = after(state, &[played(run, 0)]);
    assert_eq!(steps(&state), 0);
    let state = after(state.clone(), &[played(state.run, 0), Event::Show(0), played(state.run, 1)]);
    assert_eq!((steps(&state), state.shown), (2, 0), "who looks back goes on looking back");
    assert_eq!(state.board.history[2].decision, Some(1));
}

#[test]
fn after_an_episode_the_next_one_begins_or_none() {
    for goes_on in [true, false] {
        let state = after(with_agent(goes_on), &[Event::Pause, BEGUN]);
        let run = state.run;
        let state = after(state, &vec![played(run, 0); 3000]);
        assert!(state.board.is_over() && state.due().is_some(), "the step is still under way");
        assert_eq!(state.running, goes_on);
        let next = after(state.clone(), &[Event::GoOn]);
        assert_eq!((next.settings.seed, steps(&next), next.running), (state.settings.seed + 1, 0, true));
    }
}

/// A decision by two ballots that came to nothing.
pub fn decision() -> Decision {
    let ballot = Ballot::new(Default::default(), &[]);
    let vote = Vote { ballots: vec![ballot; 2], tally: Default::default(), action: Action::Up, tokens: 0 };
    Decision {
        number: 0,
        frame: Default::default(),
        status: Status { score: 0, lives: 1, readings: Default::default() },
        actions: vec![],
        in_vain: vec![],
        memory: Default::default(),
        vote,
        outcome: Outcome::default(),
        second_look: None,
        settled: vec![],
        verdict: Verdict { at: 0, yes: false, reasons: vec![], because: Because::Never, cost: 0 },
        reflection: None,
        events: vec![],
        dynamics: Default::default(),
    }
}

fn decided_by(agent: u32, number: u32) -> Event {
    let decision = Rc::new(Decision { number, ..decision() });
    Event::Watch(watch::Event::Decided(watch::Done { agent, decision, thought: None, milliseconds: 500.0 }))
}

fn decided(number: u32) -> Event {
    decided_by(0, number)
}

#[test]
fn decisions_of_earlier_episodes_are_walked_through_and_lead_back_to_now() {
    let mut state = with_agent(true);
    for number in 0..5 {
        let run = state.run;
        state = after(state, &[played(run, number), decided(number)]);
        if number == 1 || number == 3 {
            state = after(state, &[Event::GoOn]);
        }
    }
    // Two decisions, two, and one in the present episode.
    let recalled = |state: &State| state.recalled().map(|decision| decision.number);
    assert_eq!((state.decision(), state.watch.beyond(4)), (4, [Some(3), None]));
    assert_eq!((state.watch.beyond(2), state.watch.beyond(0)), ([Some(1), Some(4)], [None, Some(2)]));
    let state = after(state, &[Event::Recall(3)]);
    assert_eq!((recalled(&state), state.looks_back(), state.decision()), (Some(3), true, 3));
    let state = after(state, &[Event::Back, Event::Back]);
    assert_eq!(recalled(&state), Some(1), "from one episode into the one before it");
    let played_on = after(state.clone(), &[Event::PlayOn]);
    assert_eq!((recalled(&played_on), steps(&played_on)), (None, 1), "the past stays as it was");
    let state = after(state, &[Event::Forward, Event::Forward, Event::Forward]);
    assert_eq!((recalled(&state), state.shown), (None, 1), "its own episode has the moment itself");
    let state = after(state, &[Event::Recall(9)]);
    assert!(state.notices[0].contains("not kept"));
}

#[test]
fn a_decision_kept_as_evidence_has_no_neighbours_and_may_be_looked_into() {
    let mut state = with_agent(true);
    for number in 0..3 {
        state = after(state.clone(), &[played(state.run, number), decided(number)]);
    }
    let kept = Rc::new(Decision { number: 1, actions: vec![Action::Up], ..decision() });
    let state = after(state, &[Event::Exhibit("Orchard".into(), kept.clone())]);
    assert_eq!((state.recalled(), state.exhibit(), state.looks_back()), (Some(&kept), Some("Orchard"), true));
    assert_eq!(state.decision_of(1).as_ref(), Some(&kept), "not the agent's own of that number");
    let look = Event::Watch(watch::Event::Look { decision: 1, ballot: 0, at: 0 });
    let state = after(state, &[look, Event::Back]);
    assert_eq!((state.recalled(), state.watch.look.is_some()), (Some(&kept), true));
    for leave in [Event::Forward, Event::PlayOn, Event::Pause, Event::Recall(1), Event::Restart] {
        let now = after(state.clone(), &[leave]);
        assert_eq!((now.recalled(), now.exhibit(), now.watch.look.is_none()), (None, None, true));
    }
}

fn side_by_side() -> State {
    let state = with_agent(true);
    after(state, &[Event::Who(Who::Both)])
}

#[test]
fn side_by_side_keys_play_the_visitors_board_while_the_agent_plays_its_own() {
    let up = Event::Press(Action::Up);
    let state = after(side_by_side(), &[Event::Pause, BEGUN, up.clone(), up.clone()]);
    let due = state.due();
    assert_eq!((steps(&state), state.own.steps()), (0, 2));
    let state = after(state.clone(), &[played(state.run, 0), up, Event::Step]);
    assert_eq!((steps(&state), state.own.steps()), (1, 3), "a step is the agent's");
    assert_eq!(state.due(), due, "what the visitor plays does not disturb it");
    assert_eq!(state.own.history[0].after.frame(), state.board.history[0].after.frame(), "they begin alike");
}

#[test]
fn restart_seed_and_twist_are_for_both_boards() {
    let up = Event::Press(Action::Up);
    let state = after(side_by_side(), &[Event::Pause, BEGUN, up, Event::Twist]);
    let twists = |history: &[Rc<Moment>]| history.iter().filter(|m| m.done == Move::Twist).count();
    assert_eq!((twists(&state.board.history), twists(&state.own.history)), (1, 1));
    for anew in [Event::Restart, Event::Seed(77), Event::Choose("vault")] {
        let state = after(state.clone(), &[anew]);
        assert!(state.own.history.is_empty() && state.board.history.is_empty());
        assert_eq!(state.own.now().frame(), state.board.now().frame());
    }
}

#[test]
fn the_visitors_board_is_not_thrown_away_when_the_agent_is_done() {
    let state = after(side_by_side(), &[Event::Pause, BEGUN, Event::Press(Action::Up)]);
    let state = after(state.clone(), &vec![played(state.run, 0); 3000]);
    let seed = state.settings.seed;
    let early = after(state.clone(), &[Event::NextRound]);
    assert_eq!((early.settings.seed, early.own.steps()), (seed, 1), "it still learns from its last step");
    let decided = Event::Watch(watch::Event::Failed("that was all".into()));
    let state = after(state, &[decided, Event::Dismiss]);
    assert!(state.board.is_over() && !state.running && state.due().is_none());
    let state = after(state, &[Event::Pause]);
    assert!(state.due().is_none() && state.own.steps() == 1 && state.notices[0].contains("Next round"));
    let state = after(state, &[Event::NextRound]);
    assert_eq!((state.settings.seed, state.own.steps(), steps(&state)), (seed + 1, 0, 0));
    assert!(state.running && state.due().is_some());
}

#[test]
fn a_board_stays_with_who_had_it() {
    let up = Event::Press(Action::Up);
    let state = after(page(Speed::Yours), &[up.clone(), up, Event::Who(Who::Both)]);
    assert_eq!((state.own.steps(), steps(&state)), (2, 0), "the agent begins anew");
    let state = after(state, &[Event::Press(Action::Left), Event::Who(Who::You)]);
    assert_eq!(moves(&state), ["up", "up", "left"]);
    let theirs = after(with_agent(true), &[Event::Pause, BEGUN]);
    let theirs = after(theirs.clone(), &[played(theirs.run, 0), Event::Who(Who::Both)]);
    assert_eq!((theirs.own.steps(), steps(&theirs)), (0, 1));
}

#[test]
fn the_lab_changes_how_the_agent_plays_and_gives_it_back() {
    let state = after(with_agent(true), &[Event::Way(Way::Votes(2)), Event::Collapse]);
    let Settings { guard, learns, reflects, votes, .. } = state.settings;
    assert!(!guard && learns && !reflects && votes > 2 && state.running);
    assert!(state.settings.panels.contains(&Panel::Learning));
    // A second press keeps what was there before the first.
    let state = after(state, &[Event::Collapse]);
    for over in [Event::CollapseOver, Event::Choose("vault")] {
        let state = after(state.clone(), &[over]);
        assert_eq!((state.settings.votes, state.settings.guard, state.collapse), (2, true, None));
    }
}

#[test]
fn the_agent_plays_as_soon_as_the_model_that_is_looked_for_is_there() {
    let settings = Settings { who: Who::Agent, ..Settings::default() };
    let opened = after(State::new(settings, vec![]), &[Event::Model(model::Event::Open), Event::Pause]);
    assert!(opened.running && opened.notices.is_empty());
    let loaded = model::Event::Loaded(Default::default(), crate::mind::Choice::NoGpu);
    assert!(after(opened.clone(), &[Event::Model(loaded.clone())]).due().is_some());
    // On another device it plays on, too.
    let moved = after(opened.clone(), &[Event::Model(model::Event::Move), Event::Model(loaded)]);
    assert!(moved.running && moved.due().is_some());
    assert!(!after(opened, &[Event::Model(model::Event::Missing)]).running);
}

#[test]
fn whoever_begins_a_game_begins_with_a_fresh_agent_of_the_seed_that_is_shown() {
    let state = after(with_agent(true), &[Event::Pause, BEGUN, played(0, 0), decided(0)]);
    assert_eq!((state.agent, state.watch.next()), (Root { number: 0, seed: 1 }, 1));
    let link = Settings { seed: 9, ..state.settings.clone() };
    let scene = Event::Scene(state.settings.clone(), false);
    let anew = [
        (Event::Restart, 1),
        (Event::Seed(7), 7),
        (Event::Choose("vault"), 1),
        (scene, 1),
        (Event::Open(link, vec![]), 9),
    ];
    for (event, seed) in anew {
        let fresh = after(state.clone(), std::slice::from_ref(&event));
        assert_eq!((fresh.agent.number, fresh.agent.seed, fresh.watch.next()), (1, seed, 0), "{event:?}");
        // What the last one was about comes too late.
        let late = after(fresh, &[decided(1)]);
        assert_eq!(late.watch.next(), 0, "{event:?}");
    }
    // A lesson's step that goes on does so with the same agent, in the same game alone.
    let step = Settings { votes: 5, ..state.settings.clone() };
    let same = after(state.clone(), &[Event::Scene(step.clone(), true)]);
    assert_eq!((same.agent, same.watch.next(), same.settings.votes), (state.agent, 1, 5));
    let other = after(state.clone(), &[Event::Scene(Settings { seed: 8, ..step.clone() }, true)]);
    assert_eq!((other.agent.number, other.watch.next()), (1, 0));
    // So it does when that agent is at its next episode by now.
    let later = after(state.clone(), &[Event::GoOn, Event::Scene(step, true)]);
    assert_eq!((later.agent, later.watch.next(), later.settings.seed), (state.agent, 1, 2));
    // By itself it goes on as it is, with what it has learned.
    let next = after(state, &[Event::GoOn]);
    assert_eq!((next.agent, next.settings.seed, next.watch.next()), (Root { number: 0, seed: 1 }, 2, 1));
}

#[test]
fn a_slip_of_the_finger_does_not_have_an_agent_forgotten() {
    let state = after(with_agent(true), &[Event::Pause, BEGUN, played(0, 0), decided(0)]);
    let asked = after(state, &[Event::RestartKey]);
    assert_eq!((asked.watch.next(), steps(&asked), asked.notices.len()), (1, 1, 1));
    assert_eq!(after(asked.clone(), &[Event::Dismiss, Event::RestartKey]).watch.next(), 1, "it asks anew");
    let begun = after(asked, &[Event::RestartKey]);
    assert_eq!((begun.watch.next(), steps(&begun), begun.notices.len()), (0, 0, 0));
    // Whatever settles the question, or another decision, takes it away.
    let state = after(with_agent(true), &[Event::Pause, BEGUN, played(0, 0), decided(0)]);
    for settled in [Event::Restart, Event::Seed(8), Event::Choose("vault"), decided(1)] {
        assert!(after(state.clone(), &[Event::RestartKey, settled]).notices.is_empty());
    }
    let own = after(page(Speed::Yours), &[Event::Press(Action::Up), Event::RestartKey]);
    assert_eq!((steps(&own), own.notices.len()), (0, 0), "who plays by hand can play it again");
}

#[test]
fn the_curves_mark_a_twist_of_the_agents_own_episode_and_no_other() {
    let state = after(with_agent(true), &[Event::Pause, BEGUN, played(0, 0), decided(0)]);
    let back = after(state.clone(), &[Event::Show(0), Event::Twist]);
    assert!(!back.watch.twisted, "it did nothing");
    let twisted = after(state, &[Event::Twist]);
    assert!(twisted.watch.twisted);
    for over in [Event::Restart, Event::GoOn] {
        assert!(!after(twisted.clone(), &[over]).watch.twisted);
    }
    // A game's own twist, by which it changes at a certain step.
    let mut state = after(with_agent(true), &[Event::Choose("pricelist"), Event::Pause, BEGUN]);
    let mut marked = Vec::new();
    for number in 0..60 {
        let (run, agent) = (state.run, state.agent.number);
        let hold = watch::Event::Played { run, decision: number, action: Action::Hold };
        state = after(state, &[Event::Watch(hold), decided_by(agent, number)]);
        marked.extend(state.watch.points.last().filter(|point| point.twisted).map(|point| point.number));
    }
    assert_eq!(marked, [44], "the 45th decision was the first after which other things pay");
}

#[test]
fn what_an_agent_does_and_what_to_try_with_it_opens_when_it_begins_unless_somebody_chose() {
    let panels = |state: &State| state.settings.panels.len();
    let usual = panels(&with_agent(true));
    let state = after(with_agent(true), &[Event::Pause]);
    assert_eq!(panels(&state), usual + 3);
    let chosen = after(with_agent(true), &[Event::Toggle(Panel::History), Event::Pause]);
    assert_eq!(panels(&chosen), usual - 1);
    let folded = [Panel::Strategist, Panel::Learning, Panel::Experiments].map(Event::Toggle);
    let state = after(state, &[BEGUN, played(0, 0), decided(0), Event::Pause]);
    let state = after(after(state, &folded), &[Event::Pause]);
    assert_eq!(panels(&state), usual, "folded they stay");
}

#[test]
fn the_teachers_page_has_an_address() {
    let teach = Settings { teach: true, ..Settings::default() };
    let state = State::new(teach.clone(), vec![]);
    assert_eq!(state.dialog, Some(Dialog::Teacher));
    let state = after(state, &[Event::Ask(None)]);
    assert!(!state.settings.teach);
    assert_eq!(after(state, &[Event::Open(teach, vec![])]).dialog, Some(Dialog::Teacher));
}

#[test]
fn a_link_closes_what_is_in_front_of_it_and_ends_the_lab() {
    let lesson = Settings { lesson: Some("1-one-sentence"), ..Settings::default() };
    let state = after(with_agent(true), &[Event::Ask(Some(Dialog::Lessons))]);
    assert_eq!(after(state, &[Event::Open(lesson.clone(), vec![])]).dialog, None);
    let lab = after(with_agent(true), &[Event::Collapse]);
    let open = after(lab.clone(), &[Event::Open(lesson, vec![])]);
    assert_eq!((open.collapse, open.settings.guard), (None, true));
    assert_ne!(open.agent.number, lab.agent.number, "what it learned there is gone");
}

#[test]
fn a_lesson_that_is_closed_gives_back_how_the_agent_played_before() {
    let begun = |events: &[Event]| {
        let state = after(with_agent(true), &[Event::Way(Way::Votes(2)), Event::Way(Way::Pace(Pace::Slow))]);
        let still = Settings {
            lesson: Some("1-rules"),
            votes: 5,
            learns: false,
            reflects: false,
            pace: Pace::Fast,
            ..state.settings.clone()
        };
        let scene = Event::Scene(still.clone(), false);
        let lesson = after(state, &[Event::Lesson(Some("1-rules"), 0), scene.clone(), scene]);
        assert_eq!((lesson.settings.votes, lesson.settings.learns), (5, false));
        after(lesson, events)
    };
    let usual = |state: &State| {
        let Settings { votes, learns, guard, reflects, pace, .. } = state.settings;
        (votes, learns, guard, reflects, pace)
    };
    let closed = begun(&[Event::Lesson(Some("1-rules"), 1), Event::Lesson(None, 0)]);
    assert_eq!(usual(&closed), (2, true, true, true, Pace::Slow));
    let lab = begun(&[Event::Collapse]);
    let closed = after(lab.clone(), &[Event::Lesson(None, 0)]);
    assert_eq!((usual(&closed), closed.collapse), ((2, true, true, true, Pace::Slow), None));
    assert_ne!(closed.agent.number, lab.agent.number, "what it learned in the lab is gone");
    // A link that stays in the lesson leaves that as it is, and so does a page that is put up anew within it.
    let open = begun(&[]).settings;
    let elsewhere = Settings { seed: 9, ..open.clone() };
    let closed = begun(&[Event::Open(elsewhere, vec![]), Event::Lesson(None, 0)]);
    assert_eq!(usual(&closed), (2, true, true, true, Pace::Slow));
    let anew = after(State::new(open, vec![]), &[Event::Lesson(None, 0)]);
    assert_eq!(usual(&anew), usual(&State::new(Settings::default(), vec![])));
    let playing = begun(&[Event::Pause]);
    let closed = after(playing.clone(), &[Event::Lesson(None, 0)]);
    assert!(playing.running && !closed.running && closed.agent.number != playing.agent.number);
    let left = after(playing.clone(), &[Event::Open(Settings { lesson: None, ..playing.settings }, vec![])]);
    assert!(!left.running && left.agent.number != playing.agent.number);
    // Whoever closes one of which nothing was set up has set things up alone.
    let alone = [Event::Lesson(Some("1-rules"), 0), Event::Way(Way::Votes(7)), Event::Pause];
    let closed = after(after(with_agent(true), &alone), &[Event::Lesson(None, 0)]);
    assert_eq!((closed.settings.votes, closed.running), (7, true));
}

#[test]
fn a_window_of_the_rulebooks_stops_the_clock_and_not_the_agent() {
    let playing = after(page(Speed::Fast), &[Event::Pause, Event::Tick]);
    assert!(playing.running && !after(playing, &[Event::Covered]).running);
    let agents = after(with_agent(true), &[Event::Pause]);
    assert!(agents.running && after(agents, &[Event::Covered]).running);
}

#[test]
fn panels_that_were_folded_again_stay_folded() {
    let begun = after(with_agent(true), &[Event::Pause]);
    let all = [Panel::Strategist, Panel::Learning, Panel::Experiments];
    assert!(all.iter().all(|panel| begun.settings.panels.contains(panel)));
    let folded = after(begun, &all.map(Event::Toggle));
    let again = after(folded.clone(), &[Event::Restart, Event::Pause]);
    assert_eq!(again.settings.panels, Settings::default().panels);
    // What a lesson sets up begins anew.
    let scene = Event::Scene(folded.settings.clone(), false);
    assert!(after(folded, &[scene, Event::Pause]).settings.panels.contains(&Panel::Strategist));
}
