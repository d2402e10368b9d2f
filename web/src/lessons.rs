//! Lessons: the Markdown files of `assets/lessons`. A lesson has steps, and a step may open a state of the
//! page, and ask for a prediction before it reveals what happens.
//!
//! A file begins with its title and notes as TOML between lines of `+++`; each `## ` heading is a step.
//! In a step, a fenced block named `state` or `predict` holds TOML: see [`Scene`] and [`Prediction`].

use crate::address::{self, Settings};
use include_dir::{Dir, include_dir};
use pulldown_cmark::{CodeBlockKind, Event, HeadingLevel, Parser, Tag, TagEnd};
use rulewright::agent::revision::hand::Words;
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use std::sync::LazyLock;

static FILES: Dir = include_dir!("$CARGO_MANIFEST_DIR/../assets/lessons");
static LESSONS: LazyLock<Vec<Lesson>> = LazyLock::new(|| {
    let files =
        FILES.files().filter_map(|file| Some((file.path().file_stem()?.to_str()?, file.contents_utf8()?)));
    let mut lessons: Vec<Lesson> = files.filter_map(|(name, text)| Lesson::read(name, text).ok()).collect();
    lessons.sort_by(|a, b| a.name.cmp(&b.name));
    lessons
});

/// A lesson.
#[derive(Debug, Clone, PartialEq)]
pub struct Lesson {
    /// The file's name without its ending, by which links name it.
    pub name: String,
    pub notes: Notes,
    pub steps: Vec<Step>,
}

/// What stands at the head of a lesson.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notes {
    pub title: String,
    /// How long it takes.
    pub minutes: u32,
    /// What it shows, in a sentence or two.
    pub shows: String,
    /// A hint for whoever teaches it.
    pub teacher: String,
}

/// A step of a lesson.
#[derive(Debug, Clone, PartialEq)]
pub struct Step {
    pub title: String,
    pub parts: Vec<Part>,
}

/// A part of a step, in order.
#[derive(Debug, Clone, PartialEq)]
pub enum Part {
    /// Words, as Markdown was read.
    Text(Vec<Event<'static>>),
    Scene(Scene),
    Prediction(Prediction),
}

/// A state of the page: what a block named `state` says.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scene {
    /// As it stands in the page's address, after the `#`.
    pub address: String,
    /// The rules that the lesson's rulebook begins with; where none are given the step goes on with what is in it, and
    /// with the agent, if it began with that game and seed.
    pub rules: Option<Vec<SceneRule>>,
}

/// A rule of a scene: in plain words, or with the article's four fields.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(untagged)]
pub enum SceneRule {
    Plain(String),
    Whole(WholeRule),
}

/// A rule with all its fields.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "SCREAMING_SNAKE_CASE")]
pub struct WholeRule {
    rule_id: String,
    trigger: String,
    observation: String,
    new_heuristic: String,
}

impl SceneRule {
    /// As a person would write it.
    pub fn words(&self) -> Words {
        match self.clone() {
            SceneRule::Plain(heuristic) => Words { heuristic, sure: true, ..Words::default() },
            SceneRule::Whole(WholeRule { rule_id, trigger, observation, new_heuristic: heuristic }) => {
                Words { rule_id, trigger, observation, heuristic, sure: true }
            }
        }
    }
}

/// A question to be answered before one looks.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prediction {
    pub question: String,
    pub choices: Vec<String>,
    /// The place of the right choice, from 0.
    pub answer: usize,
    pub because: String,
}

impl Scene {
    /// The page's settings in this scene: the visitor's own looks and device stay, and the lesson stays open.
    pub fn settings(&self, now: &Settings) -> Settings {
        address::read(&self.address).0.on(now)
    }
}

impl Lesson {
    /// All lessons, in the order of their names.
    pub fn all() -> &'static [Lesson] {
        &LESSONS
    }

    /// The lesson of a name.
    pub fn find(name: &str) -> Option<&'static Lesson> {
        Self::all().iter().find(|lesson| lesson.name == name)
    }

    /// Reads a lesson's file.
    ///
    /// # Errors
    /// One sentence that names the file and says what is wrong.
    pub fn read(name: &str, text: &str) -> Result<Lesson, String> {
        let (notes, body) = text
            .strip_prefix("+++\n")
            .and_then(|rest| rest.split_once("\n+++\n"))
            .ok_or_else(|| format!("{name}: a lesson begins with its notes between two lines of +++."))?;
        let notes = table(name, "the notes", notes)?;
        let mut steps: Vec<Step> = Vec::new();
        let mut events = Parser::new(body);
        while let Some(event) = events.next() {
            if let Event::Start(Tag::Heading { level: HeadingLevel::H2, .. }) = event {
                steps.push(Step {
                    title: words(&mut events, &TagEnd::Heading(HeadingLevel::H2)),
                    parts: vec![],
                });
                continue;
            }
            let step = steps
                .last_mut()
                .ok_or_else(|| format!("{name}: a lesson's text begins with a step, `## ...`."))?;
            let block = match &event {
                Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(block))) => block.to_string(),
                _ => String::new(),
            };
            let part = match block.as_str() {
                "state" => Part::Scene(table(name, &step.title, &words(&mut events, &TagEnd::CodeBlock))?),
                "predict" => {
                    Part::Prediction(table(name, &step.title, &words(&mut events, &TagEnd::CodeBlock))?)
                }
                _ => {
                    match step.parts.last_mut() {
                        Some(Part::Text(text)) => text.push(event.into_static()),
                        _ => step.parts.push(Part::Text(vec![event.into_static()])),
                    }
                    continue;
                }
            };
            if let Part::Prediction(Prediction { choices, answer, .. }) = &part
                && *answer >= choices.len()
            {
                return Err(format!(
                    "{name}, {}: the answer is none of the {} choices.",
                    step.title,
                    choices.len()
                ));
            }
            step.parts.push(part);
        }
        Ok(Lesson { name: name.into(), notes, steps })
    }
}

/// The text up to an end.
fn words<'a>(events: &mut impl Iterator<Item = Event<'a>>, end: &TagEnd) -> String {
    let inside = events.take_while(|event| !matches!(event, Event::End(tag) if tag == end));
    inside
        .filter_map(|event| match event {
            Event::Text(text) | Event::Code(text) => Some(text.to_string()),
            _ => None,
        })
        .collect()
}

fn table<T: DeserializeOwned>(name: &str, place: &str, text: &str) -> Result<T, String> {
    let problem = |message: &str| format!("{name}, {place}: {}.", message.trim_end_matches('.'));
    let value: Value = toml::from_str(text).map_err(|error| problem(error.message()))?;
    serde_json::from_value(value).map_err(|error| problem(&error.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use rulewright::agent::revision::Observation;
    use rulewright::agent::rulebook::rule::MOST_NAME;
    use rulewright::agent::trace::Meeting;

    #[test]
    fn every_lesson_can_be_read_and_opens_states_that_there_are() {
        let files: Vec<_> = FILES.files().collect();
        assert!(files.len() >= 6);
        for file in files {
            let name = file.path().file_stem().and_then(|name| name.to_str()).expect("a name");
            let lesson = Lesson::read(name, file.contents_utf8().expect("text"))
                .unwrap_or_else(|problem| panic!("{problem}"));
            assert!(lesson.steps.len() > 1 && lesson.notes.minutes > 0, "{name}");
            assert!(lesson.notes.title.len() <= MOST_NAME, "{name}: the title is its rulebook's name");
            for step in &lesson.steps {
                let opens = step.parts.iter().any(|part| matches!(part, Part::Scene(_)));
                assert!(opens, "{name}, {}: it opens nothing", step.title);
            }
            let parts: Vec<&Part> = lesson.steps.iter().flat_map(|step| &step.parts).collect();
            assert!(parts.iter().any(|part| matches!(part, Part::Prediction(_))), "{name} asks nothing");
            for part in parts {
                if let Part::Scene(scene) = part {
                    let (_, notices) = address::read(&scene.address);
                    assert_eq!(notices, Vec::<String>::new(), "{name}: {}", scene.address);
                }
            }
        }
    }

    #[test]
    fn what_happens_can_contradict_the_rules_of_the_lesson_on_surprise() {
        let lesson = Lesson::find("5-surprise").expect("it ships");
        let scenes = lesson.steps.iter().flat_map(|step| &step.parts).filter_map(|part| match part {
            Part::Scene(scene) => Some(scene),
            _ => None,
        });
        for rule in scenes.flat_map(|scene| scene.rules.iter().flatten()) {
            let words = rule.words();
            let meeting: Meeting = words.trigger.parse().expect("a meeting, in the digest's words");
            let seen: Observation =
                words.observation.parse().expect("an observation, as the digest counts it");
            assert!(words.heuristic.contains(&meeting.thing) && seen.of == 1, "{words:?}");
        }
    }

    #[test]
    fn the_articles_rule_is_a_card_with_its_four_fields() {
        let lesson = Lesson::find("6-trading").expect("it ships");
        let scene = lesson.steps[1].parts.iter().find_map(|part| match part {
            Part::Scene(scene) => scene.rules.as_ref(),
            _ => None,
        });
        let words = scene.and_then(|rules| rules.last()).map(SceneRule::words).expect("a rule");
        assert_eq!(words.rule_id, "ASSET_VOL_22");
        assert!(words.trigger.contains("0.6") && words.observation.contains("stop"));
        assert!(words.heuristic.ends_with("buy trailing"));
    }

    #[test]
    fn what_is_wrong_with_a_lesson_is_said_in_a_sentence() {
        let notes = "+++\ntitle = \"T\"\nminutes = 1\nshows = \"S\"\nteacher = \"H\"\n+++\n";
        let problem = |text: &str| Lesson::read("mine", text).expect_err("it is not a lesson");
        assert!(problem("## A step").contains("between two lines of +++"));
        assert!(problem("+++\ntitle = \"T\"\n+++\n").contains("missing field `minutes`"));
        assert!(problem(&format!("{notes}Words")).contains("begins with a step"));
        let question =
            "## A step\n```predict\nquestion = \"Q\"\nchoices = [\"a\"]\nanswer = 1\nbecause = \"B\"\n```\n";
        assert!(problem(&format!("{notes}{question}")).contains("none of the 1 choices"));
        assert!(
            problem(&format!("{notes}## A step\n```state\nadress = \"\"\n```\n"))
                .contains("unknown field `adress`")
        );
    }
}
