//! What the page's address holds: one table drives both reading and writing it.
//!
//! It stands in the fragment (`#game=orchard&seed=7`), which never reaches a server.

use crate::mind::Backend;
use rulewright::games::Game;
use std::collections::BTreeSet;
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

impl Default for Settings {
    fn default() -> Self {
        Self {
            game: Game::find("orchard").or(Game::all().first()).map_or("", |game| &game.id),
            seed: 1,
            speed: Speed::Yours,
            panels: [Panel::Pad, Panel::History].into(),
            theme: Theme::Auto,
            device: None,
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
const SCHEMA: [Field; 6] = [
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
        allowed: "pad, history, sight, model and keys, with commas between them",
        read: |s, text| {
            let names = text.split(',').filter(|name| !name.is_empty());
            names
                .map(|name| Panel::from_str(name).ok())
                .collect::<Option<_>>()
                .map(|panels| s.panels = panels)
        },
        write: |s| s.panels.iter().map(ToString::to_string).collect::<Vec<_>>().join(","),
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
];

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
    let plain: String = text.chars().filter(|c| !c.is_control()).take(41).collect();
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
                            let settings =
                                Settings { game: &game.id, seed: u32::MAX, speed, panels, theme, device };
                            assert_eq!(read(&format!("#{}", write(&settings))), (settings, vec![]));
                        }
                    }
                }
            }
        }
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
