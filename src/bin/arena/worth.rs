//! `arena worth`: what each rule of a rulebook is worth.

use super::contest::{find_game, load, read_game};
use burn::tensor::Device;
use clap::Args;
use rulewright::agent::Settings;
use rulewright::agent::rulebook::Rulebook;
use rulewright::arena::worth::{Worth, read, worth};
use rulewright::vlm::Vlm;
use rulewright::vlm::layers::Precision;
use std::path::{Path, PathBuf};

/// What `arena worth` is told.
#[derive(Args)]
pub struct Options {
    /// The game's id, or a game file of one's own: a name that ends in .toml
    game: String,
    /// The rulebook: JSON or Markdown as the page exports it, or text with a rule a line
    rulebook: PathBuf,
    /// The model's folder
    #[arg(long, default_value = "assets/model")]
    model: PathBuf,
    /// Seeds on which each rulebook plays an episode
    #[arg(long, default_value_t = 12, value_parser = clap::value_parser!(u32).range(1..))]
    seeds: u32,
    /// The first of these seeds
    #[arg(long, default_value_t = 0)]
    first_seed: u32,
    /// The most steps of an episode
    #[arg(long, default_value_t = 100)]
    steps: u32,
}

/// Prints what each rule is worth.
pub fn run(options: &Options) -> Result<(), String> {
    let path = Path::new(&options.game);
    let is_file = path.extension().is_some_and(|end| end == "toml");
    let game = if is_file { read_game(path)? } else { find_game(&options.game)? };
    let book = read_file(options)?;
    let (folder, _) = load(&options.model)?;
    let mut vlm = Vlm::new(&folder, &Device::flex(), Precision::Quantised).map_err(|e| e.to_string())?;
    let seeds = (0..options.seeds).map(|seed| options.first_seed.wrapping_add(seed));
    let games: Vec<_> = seeds.map(|seed| game.start(seed)).collect();
    let bar = indicatif::ProgressBar::new(0);
    let mut tell = |played: usize, of: usize, _: &[Worth]| {
        bar.set_length(of as u64);
        bar.set_position(played as u64);
    };
    let settings = Settings::fixed(0);
    let found = worth(&book, &settings, &games, options.steps, &mut vlm, &mut tell);
    let found = pollster::block_on(found).map_err(|error| error.to_string())?;
    bar.finish_and_clear();
    println!("| rule | points lost without it | points without it |\n|---|--:|--:|");
    for worth in &found {
        let name = worth.rule.as_ref().map(|name| format!("{name}: ")).unwrap_or_default();
        println!("| {name}{} | {} | {} |", worth.line, worth.lost, worth.without);
    }
    println!(
        "\nAn episode of up to {} steps on each of {} seeds; 95% intervals.",
        options.steps, options.seeds
    );
    Ok(())
}

fn read_file(options: &Options) -> Result<Rulebook, String> {
    let name = options.rulebook.display();
    let text = std::fs::read_to_string(&options.rulebook).map_err(|error| format!("{name}: {error}."))?;
    read(&text).map_err(|problem| format!("{name}: {problem}"))
}
