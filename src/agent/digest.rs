//! What happened, in few words: the steps of a trace grouped by what was met and counted, for the
//! strategist to read and for the rulebook to count its evidence by.
//!
//! On a board a line is a kind of meeting: `touch red ring: 5 of 6 +2, 1 of 6 0`. Where several things
//! were met in one step, what is known of each alone is taken out first; what stays unexplained has a
//! line of its own, and is evidence for none. Steps that cannot tell are left out: a thing that did no
//! harm to a player under a shield, any meeting while kinds trade roles. So is what came of a meeting before the game
//! changed.
//!
//! At a desk a line is an action: `buy trailing +3 in 3 of 4: volatility 0.44 no, volatility 0.66 yes,
//! trend down no, trend up yes`. No is where it lost, or where another action won. Of each reading
//! the lowest and the highest yes are shown, and next to them the no's that no other reading explains, so
//! that a boundary is between two neighbours.

use super::revision::Observation;
use super::trace::{Change, How, Look, Meeting, Shown, Step};
use crate::env::Action;
use std::fmt::{self, Display, Formatter};

/// Most lines about meetings.
const MOST_LINES: usize = 7;
/// Cases of something else, one after the other, that show that a game has changed.
const RENEWED: usize = 2;
/// Most outcomes on a line.
const MOST_OUTCOMES: usize = 3;
/// Most actions of a desk that won sometimes, and that never did.
const MOST_ACTIONS: (usize, usize) = (3, 1);
/// Most examples on each side of each boundary.
const MOST_EXAMPLES: usize = 2;

/// What a trigger says at a desk when an action is good at any time.
pub const ALWAYS: &str = "always";

/// What happened.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Digest {
    /// What was met, in the order in which it first was; nothing comes last.
    pub lines: Vec<Line>,
    /// What was done at a desk, the most general first.
    pub tallies: Vec<Tally>,
    /// The steps at a desk.
    steps: Vec<Step>,
}

/// What came of a kind of meeting.
#[derive(Debug, Clone, PartialEq)]
pub struct Line {
    /// What was met: one thing, or several that only ever came together, or nothing.
    pub deeds: Vec<Deed>,
    /// What came of it, the most frequent first, with the steps.
    pub outcomes: Vec<(Change, Vec<u32>)>,
}

/// A meeting, and whether it took a key.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Deed {
    /// The meeting.
    pub meeting: Meeting,
    /// A key was spent on it.
    pub opened: bool,
}

/// What came of an action at a desk.
#[derive(Debug, Clone, PartialEq)]
pub struct Tally {
    /// The action.
    pub action: Action,
    /// What it brings when it wins; none if it never did.
    pub won: Option<Change>,
    /// How often it won.
    pub times: u32,
    /// Of how many times in which nothing listed spoke against it.
    pub of: u32,
    /// What parts yes from no: examples of each reading, in order.
    pub lists: Vec<List>,
}

/// Examples of one reading, in order: what it showed, and whether the action was right then.
#[derive(Debug, Clone, PartialEq)]
pub struct List {
    /// The reading's name.
    pub name: String,
    /// The examples.
    pub examples: Vec<(Shown, bool)>,
}

impl Digest {
    /// The digest of some steps.
    pub fn new(steps: &[Step]) -> Self {
        let desk: Vec<Step> = steps.iter().filter(|step| !step.looks.is_empty()).cloned().collect();
        if desk.is_empty() {
            Digest { lines: lines(steps), ..Digest::default() }
        } else {
            Digest { tallies: tallies(&desk), steps: desk, lines: Vec::new() }
        }
    }

    /// Whether it came otherwise than this outcome of a trigger too often running to be a slip. That nothing came of it
    /// takes a case more, as something may be missed.
    pub fn overturns(&self, trigger: &str, outcome: &str) -> bool {
        let Some((agree, against)) = self.evidence(trigger, outcome) else { return false };
        let since = against.iter().filter(|step| agree.iter().all(|held| held < step)).count();
        let line = self.lines.iter().find(|line| line.trigger() == trigger);
        let missed = line.is_some_and(|line| line.outcomes.iter().any(|(change, _)| change.is_none()));
        since >= RENEWED + usize::from(missed)
    }

    /// The steps that agree with an outcome of a trigger, and those that do not; none if the digest
    /// does not speak of it.
    pub fn evidence(&self, trigger: &str, outcome: &str) -> Option<(Vec<u32>, Vec<u32>)> {
        if self.steps.is_empty() {
            let line = self.lines.iter().find(|line| line.trigger() == trigger)?;
            let split = |agrees: bool| {
                let outcomes =
                    line.outcomes.iter().filter(|(change, _)| (change.to_string() == outcome) == agrees);
                outcomes.flat_map(|(_, steps)| steps.iter().copied()).collect()
            };
            return Some((split(true), split(false)));
        }
        let holds = conditions(trigger)?;
        let (mut agree, mut against) = (Vec::new(), Vec::new());
        for step in &self.steps {
            let done = outcome.strip_prefix(&step.action.to_string()).and_then(|rest| rest.strip_prefix(' '));
            if let Some(change) = done.filter(|_| holds.iter().all(|holds| holds.is_met(&step.looks))) {
                if step.change.to_string() == change {
                    agree.push(step.number);
                } else if step.change.score < 0 {
                    against.push(step.number);
                }
            }
        }
        (agree.len() + against.len() > 0).then_some((agree, against))
    }
}

impl Digest {
    /// The evidence of the one line on which just that was seen so often; none if there are several.
    pub(super) fn only_line_of(&self, seen: &Observation) -> Option<(Vec<u32>, Vec<u32>)> {
        let says = |line: &&Line| {
            line.total() == seen.of
                && line
                    .usual()
                    .is_some_and(|(change, times)| times == seen.times && change.to_string() == seen.outcome)
        };
        let same = |tally: &&Tally| {
            let outcome = tally.won.map(|won| format!("{} {won}", tally.action));
            (tally.times, tally.of) == (seen.times, seen.of) && outcome.as_ref() == Some(&seen.outcome)
        };
        if self.tallies.iter().any(|tally| same(&tally)) {
            return self.evidence(ALWAYS, &seen.outcome).map(|(agree, _)| (agree, Vec::new()));
        }
        let mut lines = self.lines.iter().filter(says);
        let line = lines.next().filter(|_| lines.next().is_none())?;
        self.evidence(&line.trigger(), &seen.outcome)
    }
}

/// A condition of a rule at a desk: `volatility > 0.61`, `volume <= 98k`, `trend up`.
#[derive(Debug, Clone, PartialEq)]
struct Holds {
    name: String,
    bound: Shown,
    above: bool,
}

impl Holds {
    fn is_met(&self, looks: &[Look]) -> bool {
        let look = looks.iter().find(|look| look.name == self.name);
        look.is_some_and(|look| match (self.bound, look.shown) {
            (Shown::Up(up), Shown::Up(is)) => up == is,
            (Shown::Number(_), Shown::Number(_)) => (look.shown.number() > self.bound.number()) == self.above,
            _ => false,
        })
    }
}

fn conditions(trigger: &str) -> Option<Vec<Holds>> {
    let condition = |text: &str| {
        let sides = text.split_once(" <= ").map(|sides| (sides, false));
        if let Some(((name, bound), above)) = sides.or(text.split_once(" > ").map(|sides| (sides, true))) {
            return Some(Holds { name: name.into(), bound: bound.parse().ok()?, above });
        }
        let look: Look = text.parse().ok()?;
        matches!(look.shown, Shown::Up(_)).then_some(Holds {
            name: look.name,
            bound: look.shown,
            above: true,
        })
    };
    if trigger == ALWAYS { Some(Vec::new()) } else { trigger.split(", ").map(condition).collect() }
}

impl Line {
    fn new(deeds: Vec<Deed>) -> Self {
        Line { deeds, outcomes: Vec::new() }
    }

    /// What it counts: `touch red ring`, `nothing`.
    pub fn trigger(&self) -> String {
        match self.deeds.as_slice() {
            [] => "nothing".into(),
            deeds => deeds.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and "),
        }
    }

    /// How often it happened.
    pub fn total(&self) -> u32 {
        self.outcomes.iter().map(|(_, steps)| steps.len() as u32).sum()
    }

    /// What came of it more often than not, and how often.
    pub fn usual(&self) -> Option<(Change, u32)> {
        let (change, steps) = self.outcomes.first()?;
        let times = steps.len() as u32;
        (times * 2 > self.total()).then_some((*change, times))
    }

    fn count(&mut self, change: Change, step: u32) {
        match self.outcomes.iter_mut().find(|(known, _)| *known == change) {
            Some((_, steps)) => steps.push(step),
            None => self.outcomes.push((change, vec![step])),
        }
    }

    /// Where all that came of it lately is what never came of it before, the game has changed: then what was before
    /// says nothing of what is.
    fn renew(&mut self) {
        let each = self.outcomes.iter().flat_map(|(change, steps)| steps.iter().map(|step| (*step, *change)));
        let Some((_, now)) = each.clone().max_by_key(|(step, _)| *step) else { return };
        let before = each.filter(|(_, change)| *change != now).map(|(step, _)| step).max();
        let since =
            self.outcomes.iter().find(|(change, _)| *change == now).map_or(&[][..], |(_, steps)| steps);
        let is_new = since.iter().all(|step| before.is_some_and(|before| *step > before));
        if is_new && !self.deeds.is_empty() && since.len() >= RENEWED + usize::from(now.is_none()) {
            self.outcomes.retain(|(change, _)| *change == now);
        }
    }

    fn sort(&mut self) {
        self.outcomes.iter_mut().for_each(|(_, steps)| steps.sort_unstable());
        // Stable: of two that came equally often, the one that came first.
        self.outcomes.sort_by_key(|(_, steps)| std::cmp::Reverse(steps.len()));
    }

    /// What goes first when there are too many lines.
    fn dispensable(&self) -> (bool, bool, std::cmp::Reverse<u32>) {
        let idle = self.outcomes.iter().all(|(change, _)| change.is_none());
        let leaves = self.deeds.iter().all(|deed| deed.meeting.how == How::Leave);
        (self.deeds.len() > 1, idle && leaves, std::cmp::Reverse(self.total()))
    }
}

/// The lines of a digest while it is made.
#[derive(Default)]
struct Lines(Vec<Line>);

impl Lines {
    fn of(&mut self, deeds: &[Deed]) -> &mut Line {
        let at = self.0.iter().position(|line| line.deeds == deeds).unwrap_or_else(|| {
            self.0.push(Line::new(deeds.to_vec()));
            self.0.len() - 1
        });
        &mut self.0[at]
    }

    /// What usually comes of a meeting alone.
    fn known(&self, deed: &Deed) -> Option<Change> {
        let line = self.0.iter().find(|line| line.deeds == std::slice::from_ref(deed))?;
        let usual = line.outcomes.iter().max_by_key(|(_, steps)| steps.len())?;
        Some(usual.0)
    }
}

fn lines(steps: &[Step]) -> Vec<Line> {
    let told: Vec<(u32, Vec<Deed>, Change)> =
        steps.iter().filter(|step| !step.swapped).filter_map(tell).collect();
    let mut lines = Lines::default();
    // Every meeting has its place by when it first came, whether alone or not.
    told.iter().flat_map(|(_, deeds, _)| deeds).for_each(|deed| {
        lines.of(std::slice::from_ref(deed));
    });
    for (step, deeds, change) in told.iter().filter(|(_, deeds, _)| deeds.len() < 2) {
        lines.of(deeds).count(*change, *step);
    }
    // Coincidences are explained by what is known of each thing now.
    lines.0.iter_mut().for_each(Line::renew);
    for (step, deeds, change) in told.iter().filter(|(_, deeds, _)| deeds.len() > 1) {
        if change.is_none() {
            deeds.iter().for_each(|deed| lines.of(std::slice::from_ref(deed)).count(*change, *step));
            continue;
        }
        let known: Vec<Option<Change>> = deeds.iter().map(|deed| lines.known(deed)).collect();
        let rest = known.iter().flatten().fold(*change, |rest, &known| rest.without(known));
        let unknown = known.iter().filter(|known| known.is_none()).count();
        if unknown == 1 || unknown == 0 && rest.is_none() {
            for (deed, known) in deeds.iter().zip(known) {
                lines.of(std::slice::from_ref(deed)).count(known.unwrap_or(rest), *step);
            }
        } else {
            lines.of(deeds).count(*change, *step);
        }
    }
    let opened: Vec<String> = (lines.0.iter().flat_map(|line| &line.deeds))
        .filter(|deed| deed.opened)
        .map(|deed| deed.meeting.thing.clone())
        .collect();
    for line in &mut lines.0 {
        if let [Deed { meeting, opened: false }] = line.deeds.as_slice()
            && meeting.how == How::Touch
            && opened.contains(&meeting.thing)
        {
            // It was shut for want of a key.
            line.outcomes.retain(|(change, _)| !change.is_none());
        }
        line.renew();
        line.sort();
    }
    let (mut met, nothing): (Vec<Line>, Vec<Line>) =
        lines.0.into_iter().filter(|line| line.total() > 0).partition(|line| !line.deeds.is_empty());
    while met.len() > MOST_LINES {
        let last = (0..met.len()).max_by_key(|&at| met[at].dispensable()).unwrap_or(0);
        met.remove(last);
    }
    met.into_iter().chain(nothing).collect()
}

/// What a step tells of what was met; nothing, if it cannot.
fn tell(step: &Step) -> Option<(u32, Vec<Deed>, Change)> {
    let spent = step.change.keys < 0;
    let mut deeds: Vec<Deed> = Vec::new();
    for meeting in &step.meets {
        let opened = spent
            && step.change.score > 0
            && meeting.how == How::Touch
            && !deeds.iter().any(|deed| deed.opened);
        deeds.push(Deed { meeting: meeting.clone(), opened });
    }
    let opened = deeds.iter().any(|deed| deed.opened);
    let change = Change { keys: if opened { 0 } else { step.change.keys }, ..step.change };
    // Harm that a shield kept off does not show. And what gave way was pushed, or was not there: that nothing came of
    // it says little of a touch, nor of a shot that went past.
    let was = |how: How| deeds.iter().any(|deed| deed.meeting.how == how);
    let blind =
        step.shielded && !deeds.is_empty() || step.moved && was(How::Touch) || step.missed && was(How::Shoot);
    let blind = blind && change.is_none();
    (!blind).then_some((step.number, deeds, change))
}

fn tallies(steps: &[Step]) -> Vec<Tally> {
    let mut actions: Vec<Action> = steps.iter().map(|step| step.action).collect();
    actions.sort_unstable();
    actions.dedup();
    let best = |&action: &Action| {
        let scores = steps.iter().filter(|step| step.action == action).map(|step| step.change.score);
        (action, scores.max().filter(|&score| score > 0))
    };
    let best: Vec<(Action, Option<i32>)> = actions.iter().map(best).collect();
    let has_won = |step: &Step| best.contains(&(step.action, Some(step.change.score)));
    let (mut won, mut lost) = (Vec::new(), Vec::new());
    for &(action, best) in &best {
        let own = |step: &&Step| step.action == action;
        match best {
            Some(best) => {
                let wins = steps.iter().filter(own).filter(|step| has_won(step)).collect();
                // What lost, and what other actions won by, which this one would have missed.
                let no = |step: &&Step| if own(step) { step.change.score < 0 } else { has_won(step) };
                won.push(tally(action, best, wins, &steps.iter().filter(no).collect::<Vec<_>>()));
            }
            None => {
                let of = steps.iter().filter(own).filter(|step| step.change.score < 0).count() as u32;
                lost.push(Tally { action, won: None, times: 0, of, lists: Vec::new() });
            }
        }
    }
    won.sort_by_key(|tally| std::cmp::Reverse(tally.times));
    won.truncate(MOST_ACTIONS.0);
    // Stable: later rules win, so what holds more generally comes first.
    let parted =
        |tally: &Tally| tally.lists.iter().filter(|list| list.examples.iter().any(|(_, yes)| !yes)).count();
    won.sort_by_key(|tally| (parted(tally), std::cmp::Reverse(tally.times)));
    lost.retain(|tally| tally.of >= 2);
    lost.sort_by_key(|tally| std::cmp::Reverse(tally.of));
    lost.truncate(MOST_ACTIONS.1);
    won.into_iter().chain(lost).collect()
}

/// A reading beyond what it showed whenever the action won.
#[derive(Clone, Copy, PartialEq)]
enum Side<'a> {
    /// Below the lowest number, or above the highest.
    Number(&'a str, bool, i32),
    /// Not in this direction.
    Way(&'a str, bool),
}

impl<'a> Side<'a> {
    fn name(&self) -> &'a str {
        match self {
            Side::Number(name, ..) | Side::Way(name, _) => name,
        }
    }

    /// Whether it speaks against the action.
    fn excludes(&self, step: &Step) -> bool {
        match (*self, look(step, self.name())) {
            (Side::Number(_, above, bound), Some(shown @ Shown::Number(_))) => {
                if above {
                    shown.number() > bound
                } else {
                    shown.number() < bound
                }
            }
            (Side::Way(_, way), Some(Shown::Up(up))) => up != way,
            _ => false,
        }
    }
}

fn look(step: &Step, name: &str) -> Option<Shown> {
    step.looks.iter().find(|look| look.name == name).map(|look| look.shown)
}

fn tally(action: Action, best: i32, mut won: Vec<&Step>, no: &[&Step]) -> Tally {
    let first = won.first().copied();
    let names: Vec<&str> = first.iter().flat_map(|step| &step.looks).map(|look| look.name.as_str()).collect();
    let mut sides: Vec<Side> = Vec::new();
    // A direction that it won in nearly always; the rest were misread.
    for name in &names {
        let ups = won.iter().filter(|step| look(step, name) == Some(Shown::Up(true))).count();
        let downs = won.iter().filter(|step| look(step, name) == Some(Shown::Up(false))).count();
        let (up, most) = (ups > downs, ups.max(downs));
        if most > 0 && most * 4 >= (ups + downs) * 3 {
            sides.push(Side::Way(name, up));
            won.retain(|step| look(step, name) == Some(Shown::Up(up)));
        }
    }
    // Where the numbers were when it won.
    for name in &names {
        let numbers =
            won.iter().filter_map(|step| look(step, name)).filter(|shown| !matches!(shown, Shown::Up(_)));
        let numbers = numbers.map(Shown::number);
        if let (Some(low), Some(high)) = (numbers.clone().min(), numbers.max()) {
            sides.extend([Side::Number(name, false, low), Side::Number(name, true, high)]);
        }
    }
    // The fewest sides that keep out all that can be kept out: first those that alone keep something out.
    let reasons = |step: &Step, among: &[Side]| among.iter().filter(|side| side.excludes(step)).count();
    let mut chosen: Vec<Side> = (sides.iter().copied())
        .filter(|side| no.iter().any(|step| side.excludes(step) && reasons(step, &sides) == 1))
        .collect();
    loop {
        let open = || no.iter().filter(|step| reasons(step, &sides) > 0 && reasons(step, &chosen) == 0);
        let most = |side: &&Side| open().filter(|step| side.excludes(step)).count();
        // The first of the best.
        match sides.iter().rev().max_by_key(most).filter(|side| most(side) > 0) {
            Some(&side) => chosen.push(side),
            None => break,
        }
    }
    let times = won.len() as u32;
    let against = no.iter().filter(|step| step.action == action && reasons(step, &sides) == 0).count() as u32;
    let list = |name: &&str| {
        let own = |side: &Side| side.name() == *name;
        // What another side keeps out as well says nothing about where the boundary is.
        let only: Vec<&Step> = (no.iter().copied())
            .filter(|step| {
                chosen.iter().any(|side| own(side) && side.excludes(step))
                    && !chosen.iter().any(|side| !own(side) && side.excludes(step))
            })
            .collect();
        List { name: name.to_string(), examples: examples(name, &won, &only) }
    };
    let lists = names.iter().map(list).collect();
    let won = Some(Change { score: best, ..Change::default() });
    Tally { action, won, times, of: times + against, lists }
}

/// The lowest and the highest yes, and the no's next to them, in order.
fn examples(name: &str, won: &[&Step], no: &[&Step]) -> Vec<(Shown, bool)> {
    let values = |steps: &[&Step]| {
        let mut values: Vec<Shown> = steps.iter().filter_map(|step| look(step, name)).collect();
        values.sort_by_key(|shown| shown.number());
        values.dedup();
        values
    };
    let (won, no) = (values(won), values(no));
    let (low, high) = (won.first().map_or(0, |s| s.number()), won.last().map_or(0, |s| s.number()));
    let below: Vec<Shown> = no.iter().copied().filter(|shown| shown.number() < low).collect();
    let above: Vec<Shown> = no.iter().copied().filter(|shown| shown.number() > high).collect();
    let mut ends: Vec<Shown> = won.first().into_iter().chain(won.last()).copied().collect();
    ends.dedup();
    let nearest = &below[below.len().saturating_sub(MOST_EXAMPLES)..];
    let mut examples: Vec<(Shown, bool)> = nearest.iter().map(|shown| (*shown, false)).collect();
    examples.extend(ends.into_iter().map(|shown| (shown, true)));
    examples.extend(above.iter().take(MOST_EXAMPLES).map(|shown| (*shown, false)));
    examples
}

impl Display for Deed {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        if self.opened { write!(f, "open {}", self.meeting.thing) } else { self.meeting.fmt(f) }
    }
}

impl Display for Line {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let total = self.total();
        let shown = self.outcomes.iter().take(MOST_OUTCOMES);
        let counts: Vec<String> =
            shown.map(|(change, steps)| format!("{} of {total} {change}", steps.len())).collect();
        write!(f, "{}: {}", self.trigger(), counts.join(", "))
    }
}

impl Display for Tally {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let Some(won) = self.won else {
            return write!(f, "{}: lost {} of {}", self.action, self.of, self.of);
        };
        write!(f, "{} {won} in {} of {}", self.action, self.times, self.of)?;
        let mut sign = ": ";
        for List { name, examples } in &self.lists {
            for (shown, won) in examples {
                write!(f, "{sign}{name} {shown} {}", if *won { "yes" } else { "no" })?;
                sign = ", ";
            }
        }
        Ok(())
    }
}

impl Display for Digest {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let lines = self.lines.iter().map(ToString::to_string);
        let lines: Vec<String> = lines.chain(self.tallies.iter().map(ToString::to_string)).collect();
        f.write_str(if lines.is_empty() { "nothing happened" } else { "" })?;
        f.write_str(&lines.join("\n"))
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
pub(super) mod tests {
    use super::*;
    use crate::agent::trace::meetings;
    use proptest::prelude::*;

    /// Steps on a board, from what is met and what comes of it.
    pub fn played(steps: &[(&str, Change)]) -> Vec<Step> {
        let step = |(number, (said, change)): (usize, &(&str, Change))| Step {
            number: number as u32,
            action: Action::Up,
            meets: meetings(&format!("up: {said}")),
            looks: Vec::new(),
            change: *change,
            shielded: false,
            moved: false,
            missed: false,
            swapped: false,
        };
        steps.iter().enumerate().map(step).collect()
    }

    pub fn score(score: i32) -> Change {
        Change { score, ..Change::default() }
    }

    fn life(lives: i32) -> Change {
        Change { lives, ..Change::default() }
    }

    #[test]
    fn meetings_are_counted_by_what_came_of_them() {
        let steps = played(&[
            ("nothing", score(0)),
            ("touch red ring", score(2)),
            ("touch blue box", life(-1)),
            ("touch red ring", score(0)),
            ("touch red ring", score(2)),
            ("nothing", score(0)),
            ("pink moon leaves", score(-1)),
        ]);
        let text = "touch red ring: 2 of 3 +2, 1 of 3 0
touch blue box: 1 of 1 life -1
pink moon leaves: 1 of 1 -1
nothing: 2 of 2 0";
        assert_eq!(Digest::new(&steps).to_string(), text);
        assert_eq!(Digest::new(&[]).to_string(), "nothing happened");
        let digest = Digest::new(&steps);
        assert_eq!(digest.evidence("touch red ring", "+2"), Some((vec![1, 4], vec![3])));
        assert_eq!(digest.evidence("touch red ring", "-1"), Some((vec![], vec![1, 4, 3])));
        assert_eq!(digest.evidence("touch green ring", "+2"), None);
    }

    #[test]
    fn what_came_before_a_game_changed_is_left_out() {
        let counted = |points: &[i32]| {
            let met: Vec<(&str, Change)> =
                points.iter().map(|&points| ("touch red ring", score(points))).collect();
            Digest::new(&played(&met)).to_string()
        };
        assert_eq!(counted(&[2, 2, 2, 2, -1, -1]), "touch red ring: 2 of 2 -1");
        assert_eq!(counted(&[2, 2, 2, 2, -1]), "touch red ring: 4 of 5 +2, 1 of 5 -1", "once may be a slip");
        assert_eq!(
            counted(&[2, 2, -1, 2, -1, -1]),
            "touch red ring: 3 of 6 +2, 3 of 6 -1",
            "it came before, too"
        );
        assert_eq!(
            counted(&[2, 2, 2, 0, 0]),
            "touch red ring: 3 of 5 +2, 2 of 5 0",
            "twice it may be missed"
        );
        assert_eq!(counted(&[2, 2, 2, 0, 0, 0]), "touch red ring: 3 of 3 0");
        let both = "touch red ring and touch pink moon";
        let met =
            ["touch red ring", "touch red ring", "touch red ring", "touch red ring", "touch red ring", both];
        let came = [2, 2, 2, -1, -1, 4].map(score);
        let met: Vec<(&str, Change)> = met.into_iter().zip(came).collect();
        let told = "touch red ring: 3 of 3 -1\ntouch pink moon: 1 of 1 +5";
        assert_eq!(Digest::new(&played(&met)).to_string(), told, "of two things at once");
        let nothing = [2, 0, 0, 0].map(|points| ("nothing", score(points)));
        let told = "nothing: 3 of 4 0, 1 of 4 +2";
        assert_eq!(Digest::new(&played(&nothing)).to_string(), told, "that is no kind of thing");
    }

    #[test]
    fn coincidences_are_explained_by_what_is_known_of_each_alone() {
        let told = |steps: &[(&str, Change)]| Digest::new(&played(steps)).to_string();
        let alone = ("touch red ring", score(2));
        assert_eq!(
            told(&[alone, ("touch red ring and pink moon leaves", score(1))]),
            "touch red ring: 2 of 2 +2\npink moon leaves: 1 of 1 -1"
        );
        assert_eq!(
            told(&[("touch red ring and pink moon leaves", score(1))]),
            "touch red ring and pink moon leaves: 1 of 1 +1"
        );
        assert_eq!(
            told(&[("touch red ring and pink moon leaves", score(0))]),
            "touch red ring: 1 of 1 0\npink moon leaves: 1 of 1 0"
        );
    }

    #[test]
    fn keys_shields_and_trades_are_seen_through() {
        let opened = Change { score: 5, keys: -1, ..Change::default() };
        let mut steps = played(&[("touch blue box", score(0)), ("touch blue box", opened)]);
        assert_eq!(Digest::new(&steps).to_string(), "open blue box: 1 of 1 +5");
        assert_eq!(Digest::new(&steps[..1]).to_string(), "touch blue box: 1 of 1 0");
        steps[0].shielded = true;
        steps[1].swapped = true;
        assert_eq!(Digest::new(&steps).to_string(), "nothing happened");
    }

    #[test]
    fn there_are_never_too_many_lines() {
        let said: Vec<String> = ('a'..='t').map(|name| format!("touch red {name}")).collect();
        let steps: Vec<_> = said.iter().map(|said| (said.as_str(), score(1))).collect();
        let digest =
            Digest::new(&played(&[steps.as_slice(), &steps[3..5], &[("nothing", score(0))]].concat()));
        assert_eq!(digest.lines.len(), MOST_LINES + 1);
        assert_eq!(digest.lines.iter().filter(|line| line.total() == 2).count(), 2, "what came often stays");
    }

    #[test]
    fn a_shot_that_went_past_says_nothing_unless_something_came_of_it() {
        let mut steps = played(&[
            ("shoot red ring", score(0)),
            ("shoot red ring", score(0)),
            ("shoot red ring", score(2)),
        ]);
        steps[0].missed = true;
        steps[2].missed = true;
        assert_eq!(Digest::new(&steps).to_string(), "shoot red ring: 1 of 2 0, 1 of 2 +2");
        steps[1].missed = true;
        assert_eq!(Digest::new(&steps).to_string(), "shoot red ring: 1 of 1 +2");
    }

    fn desk(examples: &[(&str, i32)]) -> Vec<Step> {
        let step = |(number, (looks, score)): (usize, &(&str, i32))| Step {
            number: number as u32,
            action: Action::BuyTrailing,
            meets: Vec::new(),
            looks: looks.split(", ").map(|look| look.parse().unwrap()).collect(),
            change: Change { score: *score, ..Change::default() },
            shielded: false,
            moved: false,
            missed: false,
            swapped: false,
        };
        examples.iter().enumerate().map(step).collect()
    }

    #[test]
    fn at_a_desk_a_reading_is_listed_where_it_parts_won_from_lost() {
        let steps = desk(&[
            ("volatility 0.66, volume 70k, trend up", 3),
            ("volatility 0.31, volume 60k, trend up", -1),
            ("volatility 0.81, volume 40k, trend up", 3),
            ("volatility 0.70, volume 104k, trend up", -1),
            ("volatility 0.71, volume 50k, trend down", -1),
            ("volatility 0.20, volume 150k, trend down", -1),
            ("volatility 0.72, volume 55k, trend up", 0),
        ]);
        let digest = Digest::new(&steps);
        let text = "buy trailing +3 in 2 of 2: volatility 0.31 no, volatility 0.66 yes, volatility 0.81 yes, \
                    volume 40k yes, volume 70k yes, volume 104k no, trend down no, trend up yes";
        assert_eq!(digest.to_string(), text);
        let evidence = |trigger: &str| digest.evidence(trigger, "buy trailing +3");
        assert_eq!(evidence("volatility > 0.31, volume <= 70k, trend up"), Some((vec![0, 2], vec![])));
        assert_eq!(evidence("volume <= 70k"), Some((vec![0, 2], vec![1, 4])));
        assert_eq!(evidence(ALWAYS).map(|(agree, against)| (agree.len(), against.len())), Some((2, 4)));
        assert_eq!(evidence("volume is low"), None);
    }

    #[test]
    fn an_action_that_never_won_is_said_to() {
        let steps = desk(&[("orders 4", -1), ("orders 9", -2), ("orders 7", 0)]);
        assert_eq!(Digest::new(&steps).to_string(), "buy trailing: lost 2 of 2");
    }

    proptest! {
        #[test]
        fn no_trigger_is_too_odd(
            odd in any::<String>(),
            like in "(always|(volatility|trend|x)? ?(>|<=)? ?(-?[0-9]{1,9}([.][0-9]{2}|k)?|up|down)?(, )?){0,3}",
            outcome in "(buy trailing )?([+-][0-9]{1,3}|0)?",
        ) {
            let board = Digest::new(&played(&[("touch red ring", score(2))]));
            let desk = Digest::new(&desk(&[("volatility 0.66, trend up", 3), ("volatility 0.31, trend up", -1)]));
            for trigger in [&odd, &like] {
                for outcome in [&outcome, &odd] {
                    prop_assert!(board.evidence(trigger, outcome).is_none_or(|_| trigger == "touch red ring"));
                    if let Some((agree, against)) = desk.evidence(trigger, outcome) {
                        prop_assert!(agree.iter().all(|step| !against.contains(step)));
                    }
                }
                conditions(trigger);
            }
        }
    }
}
