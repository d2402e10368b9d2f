//! The games: 45 for the board, three desks, and endless ones from the [`generator`].
//!
//! A game is data: one TOML file in `assets/games`, read by [`mod@file`], played by [`arcade`] or
//! [`desk`]. A file put into that folder is in the list, without a line of code.

pub mod arcade;
pub mod desk;
pub(crate) mod draw;
pub mod file;
pub mod generator;
pub mod grid;
mod layout;
pub mod planner;
pub mod recording;
pub mod replay;
pub mod rules;
pub mod sprite;

pub use rules::Trigger;

use crate::env::{Action, Environment, Outcome, Status};
use crate::frame::Frame;
use arcade::Arcade;
use desk::{Desk, DeskRules};
use file::{GameError, GameFile};
use include_dir::{Dir, include_dir};
use rules::Rules;
use serde::{Deserialize, Serialize};
use sprite::Sprite;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock, OnceLock};
use strum::{Display, VariantArray};

/// The classic families.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Display, VariantArray, Serialize, Deserialize,
)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
#[allow(missing_docs)] // the names say it
pub enum Family {
    Collect,
    Dodge,
    Cross,
    Shoot,
    Chase,
    Key,
    Fuel,
    Paddle,
    Dig,
    Push,
    Defend,
    Mixed,
    Desk,
}

/// Whether the model may be trained on a game.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Display, Serialize, Deserialize,
)]
#[strum(serialize_all = "kebab-case")]
#[serde(rename_all = "kebab-case")]
pub enum Split {
    /// It may.
    #[default]
    Seen,
    /// Never: these measure how the agent meets something new.
    Unseen,
    /// A desk.
    Desk,
}

/// A game, checked and ready to play.
#[derive(Debug, Clone)]
pub struct Game {
    /// The file's name without its ending.
    pub id: String,
    /// As its author wrote it.
    pub file: GameFile,
    body: Body,
}

#[derive(Debug, Clone)]
enum Body {
    Arcade(Arc<Rules>),
    Desk(Arc<DeskRules>),
}

static FOLDER: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/assets/games");

/// The shipped games by id. Each is read when it is first asked for: a page that opens on one of them does
/// not wait for all the others.
static SHIPPED: LazyLock<BTreeMap<&'static str, Shipped>> = LazyLock::new(|| {
    Game::files().map(|(name, text)| (stem(name), Shipped { name, text, game: OnceLock::new() })).collect()
});

/// A shipped file, and what became of it.
struct Shipped {
    name: &'static str,
    text: &'static str,
    game: OnceLock<Option<Game>>,
}

static ALL: LazyLock<Vec<&'static Game>> = LazyLock::new(|| {
    let mut games: Vec<&Game> = SHIPPED.keys().filter_map(|id| Game::find(id)).collect();
    games.sort_by_key(|game| (game.file.split, game.file.family, &game.file.title));
    games
});

/// A file's name without folder and ending.
fn stem(file: &str) -> &str {
    file.rsplit(['/', '\\']).next().unwrap_or(file).trim_end_matches(".toml")
}

impl Game {
    /// Every game that ships: the seen ones by family, the unseen ones, the desks.
    pub fn all() -> impl ExactSizeIterator<Item = &'static Game> + Clone {
        ALL.iter().copied()
    }

    /// Every shipped file by name, as its author wrote it.
    pub fn files() -> impl Iterator<Item = (&'static str, &'static str)> {
        FOLDER.files().filter_map(|file| Some((file.path().to_str()?, file.contents_utf8()?)))
    }

    /// The shipped game of that id.
    pub fn find(id: &str) -> Option<&'static Game> {
        let Shipped { name, text, game } = SHIPPED.get(id)?;
        game.get_or_init(|| Game::parse(name, text).ok()).as_ref()
    }

    /// Reads a game file; `file` is its name, for errors and for the id.
    ///
    /// # Errors
    /// One sentence that names the file, the field and what is allowed.
    pub fn parse(file: &str, text: &str) -> Result<Game, GameError> {
        Game::new(stem(file), GameFile::parse(file, text)?).map_err(|e| GameError { file: file.into(), ..e })
    }

    /// Checks and compiles a game.
    ///
    /// # Errors
    /// One sentence that names the field and what is allowed.
    pub fn new(id: &str, file: GameFile) -> Result<Game, GameError> {
        let error = |(field, problem)| GameError { file: id.into(), field, problem };
        let name = |field: &str, text: &str| match text.chars().count() {
            1..=80 if !text.contains('\n') => Ok(()),
            n => Err(error((field.into(), format!("it has {n} characters; it must be one line of 1 to 80")))),
        };
        name("title", &file.title)?;
        name("goal", &file.goal)?;
        file.check().map_err(error)?;
        let body = match &file.desk {
            Some(desk) => {
                let twist_at = file.twist.as_ref().and_then(|t| t.at);
                Body::Desk(DeskRules::new(desk, file.steps, twist_at).map_err(error)?.into())
            }
            None => Body::Arcade(file.compile().map_err(error)?.into()),
        };
        let game = Game { id: id.into(), file, body };
        game.check_surprise().map_err(error)?;
        Ok(game)
    }

    /// Begins an episode.
    pub fn start(&self, seed: u32) -> Episode {
        match &self.body {
            Body::Arcade(rules) => Episode::Arcade(Arcade::new(Arc::clone(rules), seed)),
            Body::Desk(rules) => Episode::Desk(Desk::new(Arc::clone(rules), seed)),
        }
    }

    /// The same game in other clothes: the board's kinds look like these sprites, in their order;
    /// those beyond the list stay as they are. Meant for teaching and measuring.
    pub fn dressed(&self, sprites: &[Sprite]) -> Game {
        let mut game = self.clone();
        if let Body::Arcade(rules) = &mut game.body {
            Arc::make_mut(rules).dress(sprites);
        }
        game
    }

    /// The same game without a twist of its own: for who twists it at another time.
    pub fn untwisting(&self) -> Game {
        let mut game = self.clone();
        match &mut game.body {
            Body::Arcade(rules) => Arc::make_mut(rules).twist_at = None,
            Body::Desk(rules) => Arc::make_mut(rules).twist_at = None,
        }
        game
    }

    /// The compiled rules of an arcade game.
    pub fn rules(&self) -> Option<&Rules> {
        match &self.body {
            Body::Arcade(rules) => Some(rules),
            Body::Desk(_) => None,
        }
    }

    /// The names of all mechanics that the game is built of, such as `motion chase`,
    /// `touch score +` or `leave life -`.
    pub fn mechanics(&self) -> BTreeSet<String> {
        match &self.body {
            Body::Arcade(rules) => rules.mechanics(),
            Body::Desk(rules) => rules.mechanics().collect(),
        }
    }

    /// Whether the game has all these mechanics.
    pub fn combines(&self, mechanics: &[String]) -> bool {
        let own = self.mechanics();
        mechanics.iter().all(|m| own.contains(m))
    }

    fn check_surprise(&self) -> Result<(), (String, String)> {
        let own = self.mechanics();
        let problem = match self.file.split {
            Split::Unseen if self.file.surprise.is_empty() => {
                "an unseen game names the mechanics that no seen game has together".into()
            }
            Split::Seen | Split::Desk if !self.file.surprise.is_empty() => {
                "only an unseen game has one".into()
            }
            _ => match self.file.surprise.iter().find(|m| !own.contains(*m)) {
                Some(missing) => format!(
                    "“{missing}” is not a mechanic of this game; it has {}",
                    own.into_iter().collect::<Vec<_>>().join(", ")
                ),
                None => return Ok(()),
            },
        };
        Err(("surprise".into(), problem))
    }
}

/// A game in progress.
#[derive(Debug, Clone)]
pub enum Episode {
    /// On the board.
    Arcade(Arcade),
    /// At a desk.
    Desk(Desk),
}

impl Episode {
    /// Changes hidden effects from now on.
    pub fn twist(&mut self) {
        match self {
            Episode::Arcade(arcade) => arcade.twist(),
            Episode::Desk(desk) => desk.twist(),
        }
    }

    /// Whether the effects are other ones now than at the start.
    pub fn is_twisted(&self) -> bool {
        match self {
            Episode::Arcade(arcade) => arcade.is_twisted(),
            Episode::Desk(desk) => desk.is_twisted(),
        }
    }
}

impl Environment for Episode {
    fn actions(&self) -> &[Action] {
        match self {
            Episode::Arcade(arcade) => arcade.actions(),
            Episode::Desk(desk) => desk.actions(),
        }
    }

    fn status(&self) -> Status {
        match self {
            Episode::Arcade(arcade) => arcade.status(),
            Episode::Desk(desk) => desk.status(),
        }
    }

    fn draw(&self, frame: &mut Frame) {
        match self {
            Episode::Arcade(arcade) => arcade.draw(frame),
            Episode::Desk(desk) => desk.draw(frame),
        }
    }

    fn step(&mut self, action: Action) -> Outcome {
        match self {
            Episode::Arcade(arcade) => arcade.step(action),
            Episode::Desk(desk) => desk.step(action),
        }
    }
}
