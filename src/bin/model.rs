//! `model`: looks into a model's folder, changes its form and measures it. `model --help` lists what it can do.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};

use burn::tensor::Device;
use clap::{Parser, Subcommand, ValueEnum};
use pollster::block_on;
use rand::SeedableRng;
use rand_pcg::Pcg32;
use rulewright::agent::prompt;
use rulewright::env::{Action, Environment};
use rulewright::games::Game;
use rulewright::mind::{Lesson, Message, Objective, Part, Policy, Purpose, Role, Style};
use rulewright::samples::executor::{self, Book};
use rulewright::samples::wording;
use rulewright::vlm::adapter::{Adapter, AdapterConfig};
use rulewright::vlm::config::Config;
use rulewright::vlm::folder::{CHECKSUMS, Folder, ModelError, sha256};
use rulewright::vlm::layers::{self, Builder};
use rulewright::vlm::model::Model;
use rulewright::vlm::processor::{Processor, Prompt};
use rulewright::vlm::weights::{self, Weights, little_endian};
use rulewright::vlm::{Vlm, VlmError};
use safetensors::Dtype;

/// What the model is asked for.
const VOTE: Purpose = Purpose::Vote(Policy::Adapted);

/// Looks into a model's folder, changes its form and measures it.
#[derive(Parser)]
#[command(version)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Prints what a folder holds
    Show {
        /// The model's folder
        folder: PathBuf,
    },
    /// Writes random weights for the config.json of a folder, to measure with
    Random {
        /// A folder with config.json and the tokenizer's files
        folder: PathBuf,
        /// The seed
        #[arg(long, default_value_t = 1)]
        seed: u64,
    },
    /// Writes the form that the page downloads: a byte a weight, and checksums
    Quantise {
        /// The model's folder
        folder: PathBuf,
        /// Where the new folder goes
        out: PathBuf,
    },
    /// Has the model write about the first frame of a game
    Ask {
        /// The model's folder
        folder: PathBuf,
        /// The words
        prompt: String,
        /// The game whose first frame is shown
        #[arg(long)]
        game: Option<String>,
        /// How many traces
        #[arg(long, default_value_t = 1)]
        traces: u32,
        /// The seed of the first trace
        #[arg(long, default_value_t = 1)]
        seed: u32,
        /// 0 takes the likeliest token always
        #[arg(long, default_value_t = 1.0)]
        temperature: f32,
        /// The most tokens a trace may have
        #[arg(long, default_value_t = 64)]
        tokens: usize,
        /// A regular expression that the answer must match
        #[arg(long)]
        grammar: Option<String>,
        /// How the weights are held
        #[arg(long, default_value = "quantised")]
        precision: Precision,
    },
    /// Writes the logits of a prompt with a frame, for tests/parity/logits.py to compare
    Logits {
        /// The model's folder
        folder: PathBuf,
        /// The file to write
        out: PathBuf,
    },
    /// Prints how long a prompt and a token take
    Speed {
        /// The model's folder
        folder: PathBuf,
        /// How the weights are held
        #[arg(long, default_value = "quantised")]
        precision: Precision,
        /// Tokens in the prompt
        #[arg(long, default_value_t = 128)]
        prompt: usize,
        /// Tokens in the answer
        #[arg(long, default_value_t = 64)]
        tokens: usize,
        /// How often each is measured
        #[arg(long, default_value_t = 9)]
        runs: usize,
    },
}

/// How the weights are held.
#[derive(Clone, Copy, ValueEnum)]
enum Precision {
    /// As f32
    Full,
    /// A byte a weight
    Quantised,
}

impl From<Precision> for layers::Precision {
    fn from(precision: Precision) -> Self {
        match precision {
            Precision::Full => Self::Full,
            Precision::Quantised => Self::Quantised,
        }
    }
}

fn main() -> ExitCode {
    let done = match Arguments::parse().command {
        Command::Show { folder } => show(&folder),
        Command::Random { folder, seed } => random(&folder, seed),
        Command::Quantise { folder, out } => quantise(&folder, &out),
        Command::Ask { folder, prompt, game, traces, seed, temperature, tokens, grammar, precision } => {
            let seeds = (seed..seed + traces).collect();
            let style = Style { seeds, temperature, top_p: 1.0, most_tokens: tokens, grammar };
            ask(&folder, &prompt, game.as_deref(), &style, precision.into())
        }
        Command::Logits { folder, out } => logits(&folder, &out),
        Command::Speed { folder, precision, prompt, tokens, runs } => {
            speed(&folder, precision.into(), prompt, tokens, runs)
        }
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error}");
            ExitCode::FAILURE
        }
    }
}

fn write(path: &Path, bytes: &[u8]) -> Result<(), VlmError> {
    let problem = |error| ModelError::new(&path.display().to_string(), format!("can't be written: {error}"));
    Ok(std::fs::write(path, bytes).map_err(problem)?)
}

fn show(path: &Path) -> Result<(), VlmError> {
    let folder = Folder::read(path)?;
    let config = Config::new(&folder)?;
    let weights = Weights::read(&folder, &config)?;
    let processor = Processor::new(&folder)?;
    let (vision, text) = (&config.vision, &config.text);
    println!("parameters   {:>12}", weights.count());
    println!("  token table{:>12}", text.vocab_size * text.hidden_size);
    println!(
        "eye          {} layers of {}, {} heads, {} px in patches of {}: {} tokens an image",
        vision.num_hidden_layers,
        vision.hidden_size,
        vision.num_attention_heads,
        vision.image_size,
        vision.patch_size,
        config.image_tokens()
    );
    println!(
        "decoder      {} layers of {}, {} heads over {} keys of {}, {} inside, {} tokens at most",
        text.num_hidden_layers,
        text.hidden_size,
        text.num_attention_heads,
        text.kv_heads(),
        text.head_dim(),
        text.intermediate_size,
        text.max_position_embeddings
    );
    println!(
        "tokens       {} of {}, {} for answers",
        processor.vocab_size(),
        text.vocab_size,
        config.answer_tokens()
    );
    for (name, size) in folder.files() {
        println!("{name:<28} {size:>12} bytes  {}", sha256(folder.require(name)?));
    }
    Ok(())
}

fn random(path: &Path, seed: u64) -> Result<(), VlmError> {
    let config = Config::new(&Folder::read(path)?)?;
    write(&path.join(weights::FILE), &Weights::random(&config, seed).to_bytes())
}

fn quantise(path: &Path, out: &Path) -> Result<(), VlmError> {
    let folder = Folder::read(path)?;
    let config = Config::new(&folder)?;
    let weights = Weights::read(&folder, &config)?.to_quantised().to_bytes();
    std::fs::create_dir_all(out).map_err(|error| ModelError::new(&out.display().to_string(), error))?;
    let mut sums = String::new();
    let kept = ["config.json", "preprocessor_config.json", "processor_config.json", "tokenizer.json"];
    let kept = kept.into_iter().filter_map(|name| Some((name, folder.get(name)?)));
    for (name, bytes) in kept.chain([(weights::FILE, weights.as_slice())]) {
        write(&out.join(name), bytes)?;
        sums += &format!("{}  {name}\n", sha256(bytes));
    }
    write(&out.join(CHECKSUMS), sums.as_bytes())
}

fn ask(
    path: &Path,
    words: &str,
    game: Option<&str>,
    style: &Style,
    precision: layers::Precision,
) -> Result<(), VlmError> {
    let mut vlm = Vlm::new(&Folder::read(path)?, &Device::flex(), precision)?;
    let frame = game.and_then(Game::find).map(|game| game.start(1).frame());
    let mut parts: Vec<Part> = frame.into_iter().map(Part::Image).collect();
    parts.push(Part::Text(words.into()));
    let prompt = vlm.processor().prompt(&[Message { role: Role::User, parts }])?;
    for completion in block_on(vlm.complete(VOTE, &prompt, style))? {
        let sum: f32 = completion.log_probabilities.iter().sum();
        println!("{}\n  log-probability {sum:.2}, bent {}", completion.text, completion.bent);
    }
    Ok(())
}

fn logits(path: &Path, out: &Path) -> Result<(), VlmError> {
    let folder = Folder::read(path)?;
    let config = Config::new(&folder)?;
    let weights = Weights::read(&folder, &config)?;
    let processor = Processor::new(&folder)?;
    let frame = Game::find("orchard").expect("a game that ships").start(1).frame();
    let parts = vec![Part::Image(frame), Part::Text("Where am I?".into())];
    let prompt = processor.prompt(&[Message { role: Role::User, parts }])?;
    let precision = layers::Precision::Full;
    let model =
        Model::new(&Builder { weights: &weights, device: &Device::flex(), precision, leaves: None }, &config);
    let logits = model.logits(&prompt);
    let [rows, answers] = logits.dims();
    let values: Vec<f32> =
        logits.into_data().try_into_vec().map_err(|error| VlmError::Device(format!("{error:?}")))?;
    let ids = prompt.ids.iter().flat_map(|id| i64::from(*id).to_le_bytes()).collect();
    let side = config.vision.image_size;
    let pixels = little_endian(&prompt.images.concat());
    write(
        out,
        &weights::write(&[
            ("input_ids".into(), Dtype::I64, vec![rows], ids),
            ("pixel_values".into(), Dtype::F32, vec![prompt.images.len(), 3, side, side], pixels),
            ("logits".into(), Dtype::F32, vec![rows, answers], little_endian(&values)),
        ]),
    )
}

fn speed(
    path: &Path,
    precision: layers::Precision,
    prompt: usize,
    tokens: usize,
    runs: usize,
) -> Result<(), VlmError> {
    let start = Instant::now();
    let folder = Folder::read(path)?;
    let mut vlm = Vlm::new(&folder, &Device::flex(), precision)?;
    println!("load                     {:>8.1} ms", milliseconds(start.elapsed()));
    let answers = vlm.model().decoder.answers() as u32;
    let image_token = vlm.config().image_token_id;
    let words = (0..answers).map(|i| (300 + i) % answers).filter(|id| *id != image_token);
    let words: Vec<u32> = words.cycle().take(prompt).collect();
    let image = vec![0.5; 3 * vlm.config().vision.image_size.pow(2)];
    let mut looks = Vec::new();
    for _ in 0..runs {
        let start = Instant::now();
        let _ = vlm.model().look(&image).into_data();
        looks.push(start.elapsed());
    }
    row("one image", &looks, 1.0);
    for traces in [1, 3, 5] {
        let (mut firsts, mut steps) = (Vec::new(), Vec::new());
        for run in 0..runs {
            // Another first token each time, so that nothing is kept from the run before.
            let mut ids = words.clone();
            ids.rotate_left(run % prompt.max(1));
            let prompt = Prompt { ids, images: Vec::new() };
            let style = Style {
                seeds: (0..traces).collect(),
                temperature: 1.0,
                top_p: 1.0,
                most_tokens: tokens,
                grammar: None,
            };
            let start = Instant::now();
            let mut generation = block_on(vlm.generate(VOTE, &prompt, &style))?;
            block_on(generation.step())?;
            firsts.push(start.elapsed());
            let start = Instant::now();
            let mut steps_taken = 0;
            while !block_on(generation.step())?.is_empty() {
                steps_taken += 1;
            }
            steps.push(start.elapsed() / steps_taken.max(1));
        }
        row(&format!("first token, K={traces}"), &firsts, 1.0);
        row(&format!("one step, K={traces}"), &steps, traces as f64);
    }
    // A model of another size may not know these words, nor write so long an answer.
    if let Err(error) = votes(&mut vlm, runs) {
        println!("no votes: {error}");
    }
    Ok(())
}

/// Prints how long the agent's votes take, frame after frame of an episode with a true rulebook, and an update
/// from some of them.
fn votes(vlm: &mut Vlm, runs: usize) -> Result<(), VlmError> {
    for traces in [1, 3, 5] {
        let mut episode = Game::find("fireflies").expect("it ships").start(1);
        let claims = executor::claims(&episode, Book::True, &mut Pcg32::seed_from_u64(1));
        let rules: Vec<String> = claims.iter().map(wording::plain).collect();
        let (mut times, mut written, mut alike, mut lessons) = (Vec::new(), 0, 0, Vec::new());
        for run in 0..runs as u32 {
            let talk = prompt::vote(&rules, episode.frame(), &episode.status(), episode.actions());
            let style = Style {
                seeds: (traces * run..traces * (run + 1)).collect(),
                grammar: Some(prompt::ballot(episode.actions())),
                most_tokens: 160,
                temperature: 0.7,
                top_p: 1.0,
            };
            let start = Instant::now();
            let answer = block_on(vlm.answer(VOTE, &talk, &style))?;
            times.push(start.elapsed());
            let tokens: Vec<Vec<u32>> = answer.completions.iter().map(|c| c.tokens.clone()).collect();
            // What a trace begins with like one before it.
            for (i, trace) in tokens.iter().enumerate() {
                let same = |other: &Vec<u32>| trace.iter().zip(other).take_while(|(a, b)| a == b).count();
                alike += tokens[..i].iter().map(same).max().unwrap_or_default();
                written += trace.len();
            }
            let action = prompt::action(&answer.completions[0].text, episode.actions());
            episode.step(action.unwrap_or(Action::Wait));
            let weighted = |tokens: Vec<u32>| (tokens.clone(), vec![1.0; tokens.len()]);
            let traces = tokens.into_iter().map(weighted).collect();
            lessons.push(Lesson { messages: talk, traces });
        }
        row(&format!("one vote, K={traces}"), &times, 1.0);
        println!("    {written} tokens, {:.2} of them alike", alike as f64 / written.max(1) as f64);
        if traces == 3 {
            vlm.adopt(Some(Adapter::new(&AdapterConfig::default(), &vlm.config().text, 1)))?;
            let objective = Objective { kl: 0.1, entropy: 0.0 };
            let times: Result<Vec<Duration>, VlmError> = (0..runs.div_ceil(3))
                .map(|_| {
                    let start = Instant::now();
                    block_on(Vlm::learn(vlm, &lessons[..runs.min(4)], objective))?;
                    Ok(start.elapsed())
                })
                .collect();
            row("one update of 4 votes", &times?, 1.0);
            vlm.adopt(None)?;
        }
    }
    Ok(())
}

fn milliseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e3
}

fn row(name: &str, times: &[Duration], per: f64) {
    let mut times: Vec<f64> = times.iter().map(|time| milliseconds(*time)).collect();
    times.sort_by(f64::total_cmp);
    let (least, middle, most) = (times[0], times[times.len() / 2], times[times.len() - 1]);
    println!("{name:<24} {middle:>8.2} ms  ({least:.2} to {most:.2})  {:>8.0} a second", per * 1e3 / middle);
}
