//! What the agent itself knows of the steps that it played: its own words, and what changed beside the
//! picture.

use crate::env::{Action, Outcome, Status, Value};
use serde::{Deserialize, Serialize};
use std::fmt::{self, Display, Formatter};
use std::str::FromStr;

/// The readings of a board; all others belong to a desk, and say when an action pays.
const BOARD: [&str; 5] = ["fuel", "keys", "shield", "slow", "swap"];

/// How the agent meets a thing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum How {
    /// They run into each other.
    Touch,
    /// The agent's shot hits it.
    Shoot,
    /// It leaves the board.
    Leave,
    /// It is pushed onto another thing.
    Drop,
}

/// A meeting that the agent says will come of its action, such as `touch red ring`. Things go by the
/// agent's own words for them.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Meeting {
    /// How it is met.
    pub how: How,
    /// The thing.
    pub thing: String,
    /// What it is pushed onto, where it is pushed and the agent says so.
    pub onto: Option<String>,
}

impl Display for Meeting {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match (self.how, &self.onto) {
            (How::Touch, _) => write!(f, "touch {}", self.thing),
            (How::Shoot, _) => write!(f, "shoot {}", self.thing),
            (How::Leave, _) => write!(f, "{} leaves", self.thing),
            (How::Drop, Some(onto)) => write!(f, "drop {} onto {onto}", self.thing),
            (How::Drop, None) => write!(f, "drop {}", self.thing),
        }
    }
}

impl FromStr for Meeting {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unclear =
            || format!("“{text}” is not a meeting; write “touch red ring”, say, or “red ring leaves”");
        let (how, named) = match (text.strip_suffix(" leaves"), text.split_once(' ')) {
            (Some(thing), _) => (How::Leave, thing),
            (_, Some(("touch", thing))) => (How::Touch, thing),
            (_, Some(("shoot", thing))) => (How::Shoot, thing),
            (_, Some(("drop", thing))) => (How::Drop, thing),
            _ => return Err(unclear()),
        };
        let (thing, onto) = match named.split_once(" onto ") {
            Some((thing, onto)) if how == How::Drop => (thing, Some(onto)),
            _ => (named, None),
        };
        // A name is a word or two, or three, and nothing else.
        let is_name = |name: &str| {
            let words = name.split(' ');
            (1..=3).contains(&words.clone().count())
                && words.clone().all(|word| !word.is_empty() && word.bytes().all(|b| b.is_ascii_lowercase()))
        };
        if !is_name(thing) || !onto.is_none_or(is_name) {
            return Err(unclear());
        }
        Ok(Meeting { how, thing: thing.into(), onto: onto.map(String::from) })
    }
}

/// The meetings that a ballot's text says, in its last sentence before the action: `up: touch red ring
/// and pink moon leaves`. What cannot be read is no meeting.
pub fn meetings(text: &str) -> Vec<Meeting> {
    let reasons = text.rsplit_once("\naction:").map_or(text, |(reasons, _)| reasons);
    let tail = reasons.rsplit_once(": ").map_or("", |(_, tail)| tail);
    let mut met = Vec::new();
    for meeting in tail.trim().trim_end_matches('.').split(" and ").filter_map(|said| said.parse().ok()) {
        if !met.contains(&meeting) {
            met.push(meeting);
        }
    }
    met
}

/// Where a ballot's text says that the player is: `me 5 6`.
pub fn place(text: &str) -> Option<(u8, u8)> {
    let mut words = text.split("me ").nth(1)?.split([' ', '.', ',']);
    Some((words.next()?.parse().ok()?, words.next()?.parse().ok()?))
}

/// Where a move leads from a place, if nothing is in the way; none if the action is no move.
pub fn beside((x, y): (u8, u8), action: Action) -> Option<(u8, u8)> {
    match action {
        Action::Up => y.checked_sub(1).map(|y| (x, y)),
        Action::Down => y.checked_add(1).map(|y| (x, y)),
        Action::Left => x.checked_sub(1).map(|x| (x, y)),
        Action::Right => x.checked_add(1).map(|x| (x, y)),
        _ => None,
    }
}

/// Whether by a text's own words its shot goes past what it is to hit: `me 5 6 facing left. goal shoot red ring 5 1
/// up 5 here`.
pub fn shoots_past(text: &str) -> bool {
    let said = |before: &str| text.split_once(before).map(|(_, after)| after);
    let (Some(facing), Some(goal)) = (said(" facing "), said("goal shoot ")) else { return false };
    let goal = goal.split_once('.').map_or(goal, |(goal, _)| goal);
    let is_goal = |met: &Meeting| met.how == How::Shoot && goal.starts_with(&met.thing);
    let is_off = |way: &str| goal.contains(&format!(" {way} ")) && !facing.starts_with(way);
    let elsewhere = goal.contains(" at ") || ["up", "down", "left", "right"].into_iter().any(is_off);
    elsewhere && meetings(text).iter().any(is_goal)
}

/// What may have met the player in a step in which it foresaw nothing, by a look at the frame before it (`me 5 6, red
/// ring 8 4, blue box 3 7`): the things where its action led, and those beside that, obliquely too, with how far that is.
pub fn in_reach(look: &str, action: Action) -> Vec<(u8, Meeting)> {
    let mut said = look.trim().split(", ");
    let Some(me) = said.next().and_then(place) else { return Vec::new() };
    let (x, y) = beside(me, action).unwrap_or(me);
    let met = |thing: &str| {
        let (named, at_y) = thing.rsplit_once(' ')?;
        let (name, at_x) = named.rsplit_once(' ')?;
        let off =
            |from: u8, at: &str| at.parse::<u8>().ok().map(|at| at.abs_diff(from)).filter(|off| *off < 2);
        Some((off(x, at_x)? + off(y, at_y)?, format!("touch {name}").parse().ok()?))
    };
    said.filter_map(met).collect()
}

/// Whether the player got farther from one text to the next than a step goes.
pub fn jumped(before: &str, after: &str) -> bool {
    match (place(before), place(after)) {
        (Some((x, y)), Some((nx, ny))) => x.abs_diff(nx) + y.abs_diff(ny) > 1,
        _ => false,
    }
}

/// Whether the player is, by the next text, where its move led from the place that the text before it says.
pub fn moved(before: &str, action: Action, after: &str) -> bool {
    let led = place(before).and_then(|place| beside(place, action));
    led.is_some() && led == place(after)
}

/// Something that the agent reads at a desk, such as `volatility 0.72` or `trend up`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Look {
    /// What it belongs to.
    pub name: String,
    /// What it says.
    pub shown: Shown,
}

/// What a [`Look`] says.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub enum Shown {
    /// A number.
    Number(Value),
    /// A direction.
    Up(bool),
}

impl Shown {
    /// The number in the units that it is shown in; up is 1, down 0.
    pub fn number(self) -> i32 {
        match self {
            Shown::Number(Value::Count(n) | Value::Thousands(n) | Value::Hundredths(n)) => n,
            Shown::Up(up) => i32::from(up),
        }
    }
}

impl Display for Shown {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Shown::Number(value) => value.fmt(f),
            Shown::Up(up) => f.write_str(if *up { "up" } else { "down" }),
        }
    }
}

impl FromStr for Shown {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let unknown = || format!("“{text}” is not a reading; it may be 24, 80k, 0.72, up or down");
        let number = |text: &str| match text.len() {
            1..=7 => text.parse::<i32>().map_err(|_| unknown()),
            _ => Err(unknown()),
        };
        match text {
            "up" => return Ok(Shown::Up(true)),
            "down" => return Ok(Shown::Up(false)),
            _ => {}
        }
        if let Some(thousands) = text.strip_suffix('k') {
            return Ok(Shown::Number(Value::Thousands(number(thousands)?)));
        }
        match text.split_once('.') {
            Some((whole, part)) if part.len() == 2 && part.bytes().all(|b| b.is_ascii_digit()) => {
                let sign = if whole.starts_with('-') { -1 } else { 1 };
                Ok(Shown::Number(Value::Hundredths(number(whole)? * 100 + sign * number(part)?)))
            }
            Some(_) => Err(unknown()),
            None => Ok(Shown::Number(Value::Count(number(text)?))),
        }
    }
}

impl Display for Look {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.name, self.shown)
    }
}

impl FromStr for Look {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (name, shown) = text.trim().rsplit_once(' ').ok_or("a reading has a name and a value")?;
        Ok(Look { name: name.into(), shown: shown.parse()? })
    }
}

/// What the agent reads at a desk: the status's numbers, and the trend where its own text says one.
/// Nothing on a board.
pub fn looks(text: &str, status: &Status) -> Vec<Look> {
    let look = |r: &crate::env::Reading| Look { name: r.name.to_string(), shown: Shown::Number(r.value) };
    if status.readings.iter().any(|r| BOARD.contains(&&*r.name)) {
        return Vec::new();
    }
    let mut looks: Vec<Look> = status.readings.iter().map(look).collect();
    let trend = text.strip_prefix("trend ").and_then(|rest| rest.split(['.', ',', ' ', '\n']).next());
    if let Some(shown) = trend.and_then(|word| word.parse().ok()) {
        looks.push(Look { name: "trend".into(), shown });
    }
    looks
}

/// What a step changed, as far as the agent can tell: the score, the lives, and the status's readings.
/// Written `+2`, `life -1`, `keys +1`, `fuel up`, `shield`, `slow`, `swap`, `jump`, several of them one
/// after the other, or `0`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default, Serialize, Deserialize)]
pub struct Change {
    /// Points.
    pub score: i32,
    /// Lives. One lost by running dry does not count: no thing did that.
    pub lives: i32,
    /// Keys.
    pub keys: i32,
    /// Fuel, beyond what a step uses: 1 up, -1 down.
    pub fuel: i32,
    /// A shield came on.
    pub shield: bool,
    /// All else became slower.
    pub slow: bool,
    /// Two kinds trade roles now.
    pub swap: bool,
    /// The player is suddenly elsewhere.
    pub jump: bool,
}

impl Change {
    /// What changed from one status to the next.
    pub fn between(before: &Status, after: &Status, outcome: Outcome, jump: bool) -> Self {
        let value = |status: &Status, name: &str| {
            let reading = status.readings.iter().find(|r| r.name == name);
            reading.map_or(0, |r| Shown::Number(r.value).number())
        };
        let more = |name: &str| value(after, name) - value(before, name);
        let fuel = match more("fuel") {
            change if change > 0 => 1,
            change if change < -1 => -1,
            _ => 0,
        };
        let dry = outcome.lives < 0 && fuel > 0;
        Self {
            score: outcome.score,
            lives: if dry { outcome.lives + 1 } else { outcome.lives },
            keys: more("keys"),
            fuel: if dry { 0 } else { fuel },
            shield: more("shield") > 0,
            slow: more("slow") > 0,
            swap: more("swap") > 0,
            jump,
        }
    }

    /// Whether nothing changed.
    pub fn is_none(&self) -> bool {
        *self == Change::default()
    }

    /// Both changes in one step.
    pub fn and(self, other: Self) -> Self {
        Self {
            score: self.score + other.score,
            lives: self.lives + other.lives,
            keys: self.keys + other.keys,
            fuel: (self.fuel + other.fuel).signum(),
            shield: self.shield || other.shield,
            slow: self.slow || other.slow,
            swap: self.swap || other.swap,
            jump: self.jump || other.jump,
        }
    }

    /// What is left of a change when another one in the same step is taken out.
    pub fn without(self, other: Self) -> Self {
        Self {
            score: self.score - other.score,
            lives: self.lives - other.lives,
            keys: self.keys - other.keys,
            fuel: (self.fuel - other.fuel).signum(),
            shield: self.shield && !other.shield,
            slow: self.slow && !other.slow,
            swap: self.swap && !other.swap,
            jump: self.jump && !other.jump,
        }
    }
}

impl Display for Change {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let number = |n: i32, name: &str| (n != 0).then(|| format!("{name}{n:+}"));
        let word = |is: bool, word: &str| is.then(|| word.to_string());
        let parts = [
            number(self.score, ""),
            number(self.lives, "life "),
            number(self.keys, "keys "),
            word(self.fuel > 0, "fuel up"),
            word(self.fuel < 0, "fuel down"),
            word(self.shield, "shield"),
            word(self.slow, "slow"),
            word(self.swap, "swap"),
            word(self.jump, "jump"),
        ];
        let parts: Vec<String> = parts.into_iter().flatten().collect();
        f.write_str(if parts.is_empty() { "0" } else { "" })?;
        f.write_str(&parts.join(" "))
    }
}

impl Change {
    /// Whether a text ends as that of a change does: `+2`, `life -1 slow`, `buy trailing +3`.
    pub(crate) fn ends(text: &str) -> bool {
        let word = text.split_whitespace().last().unwrap_or_default();
        let signed = word.strip_prefix(['+', '-']).is_some_and(|number| number.parse::<u32>().is_ok());
        signed || ["0", "up", "down", "shield", "slow", "swap", "jump"].contains(&word)
    }
}

/// A step as the agent knows it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Step {
    /// Its number in the trace.
    pub number: u32,
    /// What it did.
    pub action: Action,
    /// What it said that it would meet; where it foresaw nothing of what came, what a second look found [`in_reach`].
    pub meets: Vec<Meeting>,
    /// What it read at the desk.
    pub looks: Vec<Look>,
    /// What changed.
    pub change: Change,
    /// A shield was on: harm would not have shown.
    pub shielded: bool,
    /// Two kinds traded roles: what they did then is not what they do.
    pub swapped: bool,
    /// The player is where its move led: what stood there gave way, or was not there.
    #[serde(default)]
    pub moved: bool,
    /// By its own words it shot past what it was to hit.
    #[serde(default)]
    pub missed: bool,
}

impl Step {
    /// A step from what the agent wrote before it and the status on both sides of it. `jump`, and whether the player
    /// moved, are known only once the agent says where it is next: see [`jumped`] and [`moved`].
    pub fn new(
        number: u32,
        (action, text): (Action, &str),
        (before, after): (&Status, &Status),
        outcome: Outcome,
        jump: bool,
    ) -> Self {
        let on = |name: &str| before.readings.iter().any(|r| r.name == name);
        let looks = looks(text, before);
        let meets = if looks.is_empty() { meetings(text) } else { Vec::new() };
        let change = Change::between(before, after, outcome, jump);
        let (shielded, swapped, missed) = (on("shield"), on("swap"), shoots_past(text));
        Self { number, action, meets, looks, change, shielded, swapped, moved: false, missed }
    }

    /// Whether something came of it though nothing was foreseen, and it can tell what things do. Nothing that is met
    /// explains a shot's hit.
    pub fn is_unforeseen(&self) -> bool {
        let foreseen = !self.meets.is_empty() || !self.looks.is_empty();
        !foreseen && !self.change.is_none() && !self.swapped && self.action != Action::Fire
    }

    /// Whether it says anything that could be thought about.
    pub fn tells(&self) -> bool {
        !self.meets.is_empty() || !self.looks.is_empty() || !self.change.is_none()
    }
}

impl Display for Step {
    /// `14 up: touch red ring: +2`, or at a desk `14 hold: volatility 0.72, trend up: 0`; people count from 1.
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let meets = self.meets.iter().map(ToString::to_string).collect::<Vec<_>>().join(" and ");
        let looks = self.looks.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ");
        let said = match (meets.as_str(), looks.as_str()) {
            ("", "") => "nothing",
            ("", looks) => looks,
            (meets, _) => meets,
        };
        write!(f, "{} {}: {said}: {}", self.number + 1, self.action, self.change)
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::env::Reading;
    use proptest::prelude::*;

    #[test]
    fn the_tail_of_a_ballot_says_what_is_met() {
        let said = |text: &str| meetings(text).iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(said("me 5 6. up 4, down 6. up: touch red ring\naction: up"), ["touch red ring"]);
        assert_eq!(
            said("fire: shoot green cup and pink moon leaves\naction: fire"),
            ["shoot green cup", "pink moon leaves"]
        );
        assert_eq!(said("left: drop red box onto yellow flag"), ["drop red box onto yellow flag"]);
        assert_eq!(said("left: drop red box."), ["drop red box"]);
        assert_eq!(said("up: touch red ring and touch red ring"), ["touch red ring"], "said twice");
        for nothing in ["up: nothing\naction: up", "", "up: touch 3 rings", "touch", "up: eat red ring", ": "]
        {
            assert_eq!(said(nothing), [""; 0], "{nothing:?}");
        }
    }

    #[test]
    fn places_tell_whether_something_was_in_the_way() {
        assert!(moved("me 5 6. x", Action::Down, "me 5 7, wall left. x"));
        assert!(
            !moved("me 5 6. x", Action::Down, "me 5 6. x") && !moved("me 5 6.", Action::Up, "unreadable")
        );
        assert!(!moved("me 5 6. x", Action::Wait, "me 5 6. x"));
    }

    #[test]
    fn a_shot_goes_past_where_the_text_faces_elsewhere_than_the_goal_is() {
        let past = |facing: &str, goal: &str, met: &str| {
            let text = format!("me 5 6 facing {facing}. goal {goal}. fire: {met}\naction: fire");
            shoots_past(&text)
        };
        let (up, shot) = ("shoot red ring 5 1 up 5 here in 0", "shoot red ring");
        assert!(!past("up", up, shot) && !past("up, wall left", up, "shoot red ring and pink moon leaves"));
        assert!(past("left", up, shot) && past("left, wall up", up, shot));
        assert!(past("up", "shoot red ring 6 1 right 1 up 5 here in 0", shot), "it is not in line");
        assert!(past("up", "shoot red ring 5 1 up 5 turn left in 0", shot));
        assert!(past("up", "shoot red ring 5 1 up 5 at 5 4 in 2", shot));
        assert!(!past("left", up, "shoot blue box") && !past("left", "none", shot), "it hits something else");
        assert!(!past("left", up, "nothing") && !shoots_past("fire: shoot red ring"));
    }

    #[test]
    fn in_reach_is_what_stands_where_the_action_leads_or_beside_that() {
        let look = "me 5 6, red ring 5 4, blue box 4 5, pink moon 6 6, red ring 0 0";
        let say = |(far, meeting): &(u8, Meeting)| format!("{meeting} {far}");
        let reach = |action| in_reach(look, action).iter().map(say).collect::<Vec<_>>();
        assert_eq!(reach(Action::Up), ["touch red ring 1", "touch blue box 1", "touch pink moon 2"]);
        assert_eq!(reach(Action::Right), ["touch pink moon 0"], "it stands there");
        assert_eq!(
            reach(Action::Wait),
            ["touch blue box 2", "touch pink moon 1"],
            "what bounces comes obliquely"
        );
        for odd in ["", "me", "me 5 6", "me 5 6, ring", "me 5 6, 5 5", "me 5 6, red ring 5 999, blue box x 5"]
        {
            assert_eq!(in_reach(odd, Action::Wait), [], "{odd:?}");
        }
    }

    #[test]
    fn places_tell_jumps_from_steps() {
        assert_eq!(place("me 5 6. rule 1 red ring good"), Some((5, 6)));
        assert_eq!(place("home 5"), None);
        assert!(!jumped("me 5 6. x", "me 5 7. x") && jumped("me 5 6. x", "me 9 7. x"));
        assert!(!jumped("me 5 6.", "unreadable"));
    }

    #[test]
    fn what_changed_is_read_off_the_status() {
        let status = |readings: &[(&'static str, i32)]| Status {
            score: 0,
            lives: 3,
            readings: readings
                .iter()
                .map(|&(name, n)| Reading { name: name.into(), value: Value::Count(n) })
                .collect(),
        };
        let change = |before: &[_], after: &[_], score, lives| {
            let outcome = Outcome { score, lives, done: false };
            Change::between(&status(before), &status(after), outcome, false).to_string()
        };
        assert_eq!(change(&[], &[], 0, 0), "0");
        assert_eq!(change(&[("fuel", 30)], &[("fuel", 29)], 2, 0), "+2");
        assert_eq!(change(&[("fuel", 30)], &[("fuel", 49)], 0, 0), "fuel up");
        assert_eq!(change(&[("fuel", 30)], &[("fuel", 19)], 0, -1), "life -1 fuel down");
        assert_eq!(change(&[("fuel", 1)], &[("fuel", 45)], 0, -1), "0", "ran dry");
        assert_eq!(change(&[("keys", 1)], &[], 5, 0), "+5 keys -1");
        assert_eq!(change(&[("shield", 3)], &[("shield", 2)], 0, 0), "0");
        assert_eq!(change(&[], &[("shield", 11), ("swap", 11)], 0, 0), "shield swap");
    }

    #[test]
    fn looks_take_the_trend_from_the_agents_own_words() {
        let readings = [Reading { name: "volatility".into(), value: Value::Hundredths(-72) }];
        let status = Status { score: 3, lives: 1, readings: readings.into_iter().collect() };
        let said: Vec<_> = looks("trend up. rule 2", &status).iter().map(ToString::to_string).collect();
        assert_eq!(said, ["volatility -0.72", "trend up"]);
        for look in ["volatility -0.72", "volume 80k", "order size 24", "trend down"] {
            assert_eq!(look.parse::<Look>().unwrap().to_string(), look);
        }
        for wrong in ["", "trend", "volume 8x", "volume 0.5", "volume 99999999", "volume .k"] {
            assert!(wrong.parse::<Look>().is_err(), "{wrong:?}");
        }
    }

    proptest! {
        #[test]
        fn no_text_is_too_odd(text in any::<String>()) {
            meetings(&text);
            shoots_past(&text);
            in_reach(&text, Action::Up);
            jumped(&text, &text);
            let _ = text.parse::<Look>();
            let status = Status { score: 0, lives: 1, readings: Default::default() };
            prop_assert!(looks(&text, &status).len() < 2);
        }

        #[test]
        fn nearly_right_text_is_no_trouble(text in "(me|trend)?( ?(-?[0-9]{1,12}|up|down|me)[., ]?){0,4}") {
            place(&text);
            in_reach(&text.replace("up", "red ring"), Action::Up);
            let status = Status { score: 0, lives: 1, readings: Default::default() };
            looks(&text, &status);
            if let Ok(look) = text.parse::<Look>() {
                look.shown.number();
            }
        }

        #[test]
        fn whatever_is_said_alone_is_taken_out_again(score in -5..5, lives in -1..1, keys in -1..2) {
            let (one, other) = (Change { score, lives, ..Change::default() }, Change { keys, ..Change::default() });
            prop_assert_eq!(one.and(other).without(other), one);
        }
    }
}
