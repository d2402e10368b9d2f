//! What the page's address holds: one table drives both reading and writing it.
//!
//! It stands in the fragment (`#game=orchard&seed=7`), which never reaches a server.

use crate::lessons::Lesson;
use crate::mind::Backend;
use rulewright::agent::rulebook::rule::plain;
use rulewright::games::Game;
use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;
use strum::{Display, EnumString, VariantArray};

/// Everything that a link carries.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Settings {
    pub game: &'static str,
    pub seed: u32,
    pub speed: Speed,
    pub panels: BTreeSet<Panel>,
    pub theme: Theme,
    /// What the model runs on; the faster one if `None`.
    pub device: Option<Backend>,
    pub who: Who,
    pub pace: Pace,
    /// How many ballots a vote has: K.
    pub votes: u8,
    /// How freely they are written, in tenths.
    pub temperature: u8,
    /// Whether the agent learns by its own agreement.
    pub learns: bool,
    /// Whether learning is kept near the model that it began with, and taken back when it hurts.
    pub guard: bool,
    /// How large its steps are, in usual ones.
    pub stride: u8,
    /// Whether the strategist looks back when the schedule says so.
    pub reflects: bool,
    /// How many workers have the model; as many as are good for this machine if `None`.
    pub workers: Option<u8>,
    /// Whether the agent begins the next episode when one is over.
    pub goes_on: bool,
    /// The lesson that is open, by its name.
    pub lesson: Option<&'static str>,
    /// Its step, from 0.
    pub step: u8,
    /// Parts of the page that a link leaves out.
    pub hide: BTreeSet<Region>,
    /// Whether the page is part of another one: only game, votes and rulebook; and what a lesson needs, if one is open.
    pub embed: bool,
    /// Whether the teacher's page is open.
    pub teach: bool,
    /// Whether letters, digits and signs are keys of the page: who speaks to a machine, or hits keys by mistake, may
    /// want to be without.
    pub shortcuts: bool,
}

/// Settings that are a visitor's own, and don't go along with shared rules: by their names in the address.
const OWN: [&str; 10] =
    ["panels", "theme", "device", "workers", "lesson", "step", "hide", "embed", "teach", "shortcuts"];

/// Most ballots of a vote.
pub const MOST_VOTES: u8 = 8;
/// The highest temperature, in tenths.
pub const HOTTEST: u8 = 20;
/// The largest step of learning, in usual ones.
pub const LONGEST_STRIDE: u8 = 20;

/// A part of the page that a link may leave out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Display, EnumString, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum Region {
    /// Who plays, and the buttons below the game.
    Controls,
    Votes,
    Rulebook,
    /// The panels below.
    More,
}

/// Who plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum Who {
    You,
    Agent,
    /// Side by side: each on a board of its own.
    Both,
}

/// How fast the agent plays.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum Pace {
    Fast,
    Calm,
    Slow,
}

impl Pace {
    /// Milliseconds that a decision stays on the screen before the next one begins.
    pub const fn rest(self) -> u32 {
        match self {
            Pace::Fast => 0,
            Pace::Calm => 1500,
            Pace::Slow => 5000,
        }
    }
}

/// Steps a second; at [`Speed::Yours`] the game waits for the player.
#[derive(Debug, Clone, Copy, PartialEq, Eq, VariantArray)]
pub enum Speed {
    Yours,
    Slow,
    Brisk,
    Fast,
}

impl Speed {
    /// Steps a second, 0 where the game waits.
    pub const fn steps(self) -> u32 {
        match self {
            Speed::Yours => 0,
            Speed::Slow => 2,
            Speed::Brisk => 4,
            Speed::Fast => 8,
        }
    }
}

/// The parts of the page that can be folded away.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Display, EnumString, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum Panel {
    Pad,
    Voting,
    Strategist,
    Learning,
    Experiments,
    Arena,
    History,
    Sight,
    Model,
    Keys,
}

/// Light or dark.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Display, EnumString, VariantArray)]
#[strum(serialize_all = "lowercase")]
pub enum Theme {
    Auto,
    Light,
    Dark,
}

impl Settings {
    /// Whether a part of the page is there.
    pub fn shows(&self, region: Region) -> bool {
        // A lesson's steps speak of what is below.
        let embedded = self.embed && region == Region::More && self.lesson.is_none();
        !embedded && !self.hide.contains(&region)
    }

    /// These settings on a page that has others: looks, device and what is hidden stay the visitor's.
    pub fn on(self, page: &Settings) -> Settings {
        let Settings { theme, device, workers, lesson, step, embed, teach, shortcuts, .. } = *page;
        let hide = page.hide.clone();
        Settings { theme, device, workers, lesson, step, embed, teach, shortcuts, hide, ..self }
    }
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            game: Game::find("orchard").or_else(|| Game::all().next()).map_or("", |game| &game.id),
            seed: 1,
            speed: Speed::Yours,
            panels: [Panel::Pad, Panel::History].into(),
            theme: Theme::Auto,
            device: None,
            who: Who::You,
            pace: Pace::Fast,
            votes: 3,
            temperature: 7,
            learns: true,
            guard: true,
            stride: 1,
            reflects: true,
            workers: None,
            goes_on: true,
            lesson: None,
            step: 0,
            hide: BTreeSet::new(),
            embed: false,
            teach: false,
            shortcuts: true,
        }
    }
}

/// One line of the schema.
struct Field {
    name: &'static str,
    /// What is allowed, for complaints.
    allowed: &'static str,
    read: fn(&mut Settings, &str) -> Option<()>,
    write: fn(&Settings) -> String,
}

/// The schema.
const SCHEMA: [Field; 22] = [
    Field {
        name: "game",
        allowed: "the name of a game in the gallery",
        read: |s, text| Game::find(text).map(|game| s.game = &game.id),
        write: |s| s.game.into(),
    },
    Field {
        name: "seed",
        allowed: "a whole number from 0 to 4294967295",
        read: |s, text| text.parse().ok().map(|seed| s.seed = seed),
        write: |s| s.seed.to_string(),
    },
    Field {
        name: "speed",
        allowed: "0, 2, 4 or 8 steps a second",
        read: |s, text| {
            let speeds = Speed::VARIANTS.iter();
            speeds.copied().find(|speed| speed.steps().to_string() == text).map(|speed| s.speed = speed)
        },
        write: |s| s.speed.steps().to_string(),
    },
    Field {
        name: "panels",
        allowed: "pad, voting, strategist, learning, experiments, arena, history, sight, model and keys, with commas between them",
        read: |s, text| names(text).map(|panels| s.panels = panels),
        write: |s| listed(&s.panels),
    },
    Field {
        name: "theme",
        allowed: "auto, light or dark",
        read: |s, text| text.parse().ok().map(|theme| s.theme = theme),
        write: |s| s.theme.to_string(),
    },
    Field {
        name: "device",
        allowed: "auto, cpu or gpu",
        read: |s, text| {
            s.device = if text == "auto" { None } else { Some(text.parse().ok()?) };
            Some(())
        },
        write: |s| s.device.map_or("auto".into(), |backend| backend.to_string()),
    },
    Field {
        name: "who",
        allowed: "you, agent or both",
        read: |s, text| text.parse().ok().map(|who| s.who = who),
        write: |s| s.who.to_string(),
    },
    Field {
        name: "pace",
        allowed: "fast, calm or slow",
        read: |s, text| text.parse().ok().map(|pace| s.pace = pace),
        write: |s| s.pace.to_string(),
    },
    Field {
        name: "votes",
        allowed: "a whole number from 1 to 8",
        read: |s, text| within(text, 1, MOST_VOTES).map(|votes| s.votes = votes),
        write: |s| s.votes.to_string(),
    },
    Field {
        name: "temperature",
        allowed: "a number of tenths from 0 to 20",
        read: |s, text| within(text, 0, HOTTEST).map(|tenths| s.temperature = tenths),
        write: |s| s.temperature.to_string(),
    },
    Field {
        name: "learns",
        allowed: "yes or no",
        read: |s, text| yes(text).map(|learns| s.learns = learns),
        write: |s| yes_or_no(s.learns),
    },
    Field {
        name: "guard",
        allowed: "yes or no",
        read: |s, text| yes(text).map(|guard| s.guard = guard),
        write: |s| yes_or_no(s.guard),
    },
    Field {
        name: "stride",
        allowed: "a whole number from 1 to 20",
        read: |s, text| within(text, 1, LONGEST_STRIDE).map(|stride| s.stride = stride),
        write: |s| s.stride.to_string(),
    },
    Field {
        name: "reflects",
        allowed: "yes or no",
        read: |s, text| yes(text).map(|reflects| s.reflects = reflects),
        write: |s| yes_or_no(s.reflects),
    },
    Field {
        name: "workers",
        allowed: "auto, or a whole number from 1 to 8",
        read: |s, text| {
            s.workers = if text == "auto" { None } else { Some(within(text, 1, MOST_VOTES)?) };
            Some(())
        },
        write: |s| s.workers.map_or("auto".into(), |workers| workers.to_string()),
    },
    Field {
        name: "goes-on",
        allowed: "yes or no",
        read: |s, text| yes(text).map(|goes_on| s.goes_on = goes_on),
        write: |s| yes_or_no(s.goes_on),
    },
    Field {
        name: "lesson",
        allowed: "the name of a lesson",
        read: |s, text| Lesson::find(text).map(|lesson| s.lesson = Some(&lesson.name)),
        write: |s| s.lesson.unwrap_or_default().into(),
    },
    Field {
        name: "step",
        allowed: "the number of a lesson's step",
        read: |s, text| within(text, 1, u8::MAX).map(|step| s.step = step - 1),
        write: |s| (u16::from(s.step) + 1).to_string(),
    },
    Field {
        name: "hide",
        allowed: "controls, votes, rulebook and more, with commas between them",
        read: |s, text| names(text).map(|hide| s.hide = hide),
        write: |s| listed(&s.hide),
    },
    Field {
        name: "embed",
        allowed: "yes or no",
        read: |s, text| yes(text).map(|embed| s.embed = embed),
        write: |s| yes_or_no(s.embed),
    },
    Field {
        name: "teach",
        allowed: "yes or no",
        read: |s, text| yes(text).map(|teach| s.teach = teach),
        write: |s| yes_or_no(s.teach),
    },
    Field {
        name: "shortcuts",
        allowed: "yes or no",
        read: |s, text| yes(text).map(|shortcuts| s.shortcuts = shortcuts),
        write: |s| yes_or_no(s.shortcuts),
    },
];

fn within(text: &str, least: u8, most: u8) -> Option<u8> {
    text.parse().ok().filter(|number| (least..=most).contains(number))
}

/// What names with commas between them stand for.
fn names<T: FromStr + Ord>(text: &str) -> Option<BTreeSet<T>> {
    let names = text.split(',').filter(|name| !name.is_empty());
    names.map(|name| name.parse().ok()).collect()
}

/// Names with commas between them.
fn listed<T: ToString>(set: &BTreeSet<T>) -> String {
    set.iter().map(ToString::to_string).collect::<Vec<_>>().join(",")
}

fn yes(text: &str) -> Option<bool> {
    match text {
        "yes" => Some(true),
        "no" => Some(false),
        _ => None,
    }
}

fn yes_or_no(flag: bool) -> String {
    if flag { "yes" } else { "no" }.into()
}

/// Longest fragment that is read at all, in bytes.
const LONGEST: usize = 2000;

/// Reads a fragment, with or without its `#`. What can't be read keeps its default, and a sentence
/// says so.
pub fn read(fragment: &str) -> (Settings, Vec<String>) {
    let mut settings = Settings::default();
    let mut complaints = Vec::new();
    let fragment = fragment.trim_start_matches('#');
    if fragment.len() > LONGEST {
        complaints.push(format!(
            "This link is {} characters long, more than any of this page's links ({LONGEST}); it was ignored.",
            fragment.len()
        ));
        return (settings, complaints);
    }
    for (name, value) in form_urlencoded::parse(fragment.as_bytes()) {
        match SCHEMA.iter().find(|field| field.name == name) {
            Some(field) => {
                if (field.read)(&mut settings, &value).is_none() {
                    complaints.push(format!(
                        "The link's {name} is “{}”; it may be {}. It was ignored.",
                        shortened(&value),
                        field.allowed
                    ));
                }
            }
            None => complaints.push(format!(
                "The link holds “{}”, which this page doesn't know; it was ignored.",
                shortened(&name)
            )),
        }
    }
    // A page of complaints helps nobody.
    if complaints.len() > 5 {
        let more = complaints.len() - 5;
        complaints.truncate(5);
        complaints.push(format!("{more} more parts of the link were ignored."));
    }
    (settings, complaints)
}

/// The fragment that opens a lesson on a page with some parts left out.
pub fn of_lesson(name: &str, hide: &BTreeSet<Region>, embed: bool) -> String {
    let hide = if hide.is_empty() { String::new() } else { format!("&hide={}", listed(hide)) };
    format!("lesson={name}{hide}{}", if embed { "&embed=yes" } else { "" })
}

/// Whether what stands after an address's `?` asks for the embedded page: there is no need to know fragments
/// to write `?embed`.
pub fn embeds(query: &str) -> bool {
    let mut pairs = form_urlencoded::parse(query.trim_start_matches('?').as_bytes());
    pairs.any(|(name, value)| name == "embed" && value != "no")
}

/// What of the settings may go along with shared rules: the game, and how it is played.
pub fn shared(settings: &Settings) -> BTreeMap<String, String> {
    let fragment = write(settings);
    let pairs = form_urlencoded::parse(fragment.as_bytes()).into_owned();
    pairs.filter(|(name, _)| !OWN.contains(&name.as_str())).collect()
}

/// The settings that came along with rules, on a page that has others; and what is wrong with them.
pub fn taken(shared: &BTreeMap<String, String>, page: &Settings) -> (Settings, Vec<String>) {
    // As an address, so that they are read and checked like one.
    let (settings, notices) =
        read(&form_urlencoded::Serializer::new(String::new()).extend_pairs(shared).finish());
    (Settings { panels: page.panels.clone(), ..settings.on(page) }, notices)
}

/// Writes the fragment, without its `#`: the game and the seed, and whatever differs from the default.
pub fn write(settings: &Settings) -> String {
    let default = Settings::default();
    let mut out = form_urlencoded::Serializer::new(String::new());
    for field in &SCHEMA {
        let value = (field.write)(settings);
        if matches!(field.name, "game" | "seed") || value != (field.write)(&default) {
            out.append_pair(field.name, &value);
        }
    }
    out.finish().replace("%2C", ",")
}

fn shortened(text: &str) -> String {
    let plain: String = plain(text).chars().take(41).collect();
    if plain.chars().count() > 40 {
        format!("{}…", plain.chars().take(40).collect::<String>())
    } else {
        plain
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_setting_survives_the_address() {
        for &speed in Speed::VARIANTS {
            for &theme in Theme::VARIANTS {
                for panels in [BTreeSet::new(), Panel::VARIANTS.iter().copied().collect()] {
                    for device in [None, Some(Backend::Cpu), Some(Backend::Gpu)] {
                        for game in Game::all() {
                            let panels = panels.clone();
                            let settings = Settings {
                                game: &game.id,
                                seed: u32::MAX,
                                speed,
                                panels,
                                theme,
                                device,
                                ..Settings::default()
                            };
                            assert_eq!(read(&format!("#{}", write(&settings))), (settings, vec![]));
                        }
                    }
                }
            }
        }
    }

    #[test]
    fn how_the_agent_plays_survives_the_address() {
        for &pace in Pace::VARIANTS {
            for (workers, flag) in [(None, true), (Some(4), false)] {
                let settings = Settings {
                    who: if flag { Who::Agent } else { Who::Both },
                    pace,
                    votes: 8,
                    temperature: 0,
                    learns: flag,
                    guard: flag,
                    stride: if flag { 1 } else { LONGEST_STRIDE },
                    workers,
                    goes_on: flag,
                    shortcuts: flag,
                    ..Settings::default()
                };
                assert_eq!(read(&write(&settings)), (settings, vec![]));
            }
        }
        let (settings, complaints) = read("#votes=9&temperature=0.7&learns=maybe&workers=0");
        assert_eq!((settings, complaints.len()), (Settings::default(), 4));
    }

    #[test]
    fn shared_settings_are_how_the_game_is_played_and_leave_the_visitors_own() {
        let sender = Settings {
            seed: 9,
            who: Who::Agent,
            votes: 5,
            temperature: 12,
            learns: false,
            reflects: false,
            pace: Pace::Calm,
            theme: Theme::Dark,
            device: Some(Backend::Cpu),
            hide: [Region::More].into(),
            ..Settings::default()
        };
        let along = shared(&sender);
        let names: Vec<&str> = along.keys().map(String::as_str).collect();
        let expected = ["game", "learns", "pace", "reflects", "seed", "temperature", "votes", "who"];
        assert_eq!(names, expected);
        let page = Settings {
            theme: Theme::Light,
            embed: true,
            hide: [Region::Controls].into(),
            panels: [Panel::Learning].into(),
            ..Settings::default()
        };
        let (taken, notices) = taken(&along, &page);
        assert!(notices.is_empty() && shared(&taken) == along);
        assert_eq!(
            (taken.theme, taken.embed, taken.device, taken.hide, taken.panels),
            (page.theme, true, None, page.hide, page.panels)
        );
    }

    #[test]
    fn a_query_may_ask_for_the_embedded_page() {
        for (query, expected) in
            [("?embed", true), ("?a=b&embed=yes", true), ("?embed=no", false), ("", false)]
        {
            assert_eq!(embeds(query), expected, "{query}");
        }
    }

    #[test]
    fn what_turns_text_round_is_not_shown_in_a_notice() {
        let (_, complaints) = read("#game=%E2%80%AEevil%E2%81%A6");
        assert!(complaints[0].contains("“evil”"), "{complaints:?}");
    }

    #[test]
    fn an_empty_address_is_the_default_without_a_word() {
        assert_eq!(read(""), (Settings::default(), vec![]));
        assert_eq!(read("#"), (Settings::default(), vec![]));
    }

    #[test]
    fn junk_keeps_the_rest_and_says_what_was_ignored() {
        let (settings, complaints) = read("#game=nethack&seed=-3&speed=2&colour=mauve&theme=dark");
        assert_eq!((settings.speed, settings.theme, settings.seed), (Speed::Slow, Theme::Dark, 1));
        let [game, seed, colour] = complaints.as_slice() else { panic!("{complaints:?}") };
        assert!(game.contains("“nethack”") && game.contains("a game in the gallery"), "{game}");
        assert!(seed.contains("“-3”") && seed.contains("0 to 4294967295"), "{seed}");
        assert!(colour.contains("“colour”"), "{colour}");
    }

    #[test]
    fn a_flood_of_junk_stays_short() {
        let many = "a=b&".repeat(300);
        let long = "x".repeat(1_000_000);
        for junk in [many.as_str(), long.as_str(), "%ff%00%e2%80%ae=&&&===#?%", "seed=１２"] {
            let (settings, complaints) = read(junk);
            assert_eq!(settings, Settings::default());
            assert!((1..=6).contains(&complaints.len()), "{complaints:?}");
            assert!(complaints.iter().all(|c| c.chars().count() < 200), "{complaints:?}");
        }
    }
}
