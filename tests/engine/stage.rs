//! A small board drawn in the test, and what a player sees on it.

use rulewright::env::{Environment, Outcome, Value};
use rulewright::games::{Episode, Game};

/// A game in progress on a hand-drawn board.
#[derive(Clone)]
pub struct Stage {
    pub episode: Episode,
}

impl Stage {
    /// The rows from the top, all below them walls; then the rest of the game file, its top-level
    /// keys first. The board is as drawn, never mirrored.
    pub fn new(rows: &[&str], rest: &str) -> Stage {
        let drawn = rows.iter().map(|row| format!("{row:#<12}"));
        let map: Vec<String> = drawn.chain(std::iter::repeat("#".repeat(12))).take(12).collect();
        let head = "title = \"Stage\"\ngoal = \"Try.\"\nfamily = \"mixed\"\nsteps = 100";
        let text = format!("{head}\nmap = '''\n{}\n'''\n{rest}", map.join("\n"));
        let game = Game::parse("stage.toml", &text).unwrap_or_else(|e| panic!("{e}\n{text}"));
        let at = map.iter().enumerate().find_map(|(y, row)| Some((row.find('@')? as u8, y as u8)));
        let as_drawn = |episode: &Episode| at == Some(player(episode));
        let episode = (0..64).map(|seed| game.start(seed)).find(as_drawn);
        Stage { episode: episode.expect("one seed of 64 does not mirror") }
    }

    /// Plays actions, blanks between them; what each changed.
    pub fn go(&mut self, actions: &str) -> Vec<Outcome> {
        let action = |name: &str| name.parse().expect("an action");
        actions.split_whitespace().map(|name| self.episode.step(action(name))).collect()
    }

    /// Plays actions; the points that each brought.
    pub fn scores(&mut self, actions: &str) -> Vec<i32> {
        self.go(actions).iter().map(|outcome| outcome.score).collect()
    }

    /// Plays actions; the lives that each brought.
    pub fn lives(&mut self, actions: &str) -> Vec<i32> {
        self.go(actions).iter().map(|outcome| outcome.lives).collect()
    }

    /// Column and row of the player.
    pub fn player(&self) -> (u8, u8) {
        player(&self.episode)
    }

    /// Columns and rows of everything that looks like this.
    pub fn sees(&self, sprite: &str) -> Vec<(u8, u8)> {
        let Episode::Arcade(arcade) = &self.episode else { panic!("a stage is no desk") };
        let alike = arcade.sightings().into_iter().filter(|s| s.sprite.to_string() == sprite);
        alike.map(|s| (s.x, s.y)).collect()
    }

    /// A number beside the frame.
    pub fn reading(&self, name: &str) -> Option<Value> {
        self.episode.status().readings.iter().find(|r| r.name == name).map(|r| r.value)
    }
}

fn player(episode: &Episode) -> (u8, u8) {
    let Episode::Arcade(arcade) = episode else { panic!("a stage is no desk") };
    arcade.player()
}
