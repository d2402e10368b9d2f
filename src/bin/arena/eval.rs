//! `arena eval`: the table of a model's card.

use burn::tensor::Device;
use clap::{Args, ValueEnum};
use rulewright::arena::eval::{
    EPISODES, LOOKS, Played, Question, REFLECTIONS, Rate, VOTES, Votes, one_word, questions,
};
use rulewright::mind::{Part, Policy, Purpose, Style};
use rulewright::vlm::folder::Folder;
use rulewright::vlm::{Vlm, VlmError, layers};
use std::path::PathBuf;

/// What `arena eval` is told.
#[derive(Clone, Args)]
pub struct Options {
    /// The model's folder
    #[arg(long, default_value = "assets/model")]
    model: PathBuf,
    /// Cases a set
    #[arg(long, default_value_t = 500)]
    cases: usize,
    /// The seed of the cases
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// Seeds on which each game is played to its end: the seen ones, in sprites never seen too, the unseen ones
    /// and the desks; none are played if 0
    #[arg(long, default_value_t = 0)]
    episodes: u32,
    /// Only sets whose name contains this
    #[arg(long, default_value = "")]
    only: String,
    /// Print the wrong answers of each set, up to this many
    #[arg(long, default_value_t = 0)]
    errors: usize,
    /// How the weights are held
    #[arg(long, default_value = "bytes")]
    precision: Precision,
    /// Print nothing but so many questions with the model's answers, as JSON, to compare with those of a browser
    #[arg(long)]
    questions: Option<usize>,
}

/// How the weights are held.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Precision {
    /// A byte a weight, as in the page
    Bytes,
    /// As in the folder, computed with as f32
    F16,
    /// Both, for votes alone, and how they differ
    Both,
}

/// A model, and how it bears up.
struct Asked {
    vlm: Vlm,
    /// Wrong answers still to be printed.
    errors: usize,
    written: usize,
    bent: usize,
    /// Answers that it could not give, and why not the last of them.
    failed: (usize, Option<VlmError>),
}

impl Asked {
    fn new(options: &Options, precision: layers::Precision) -> Result<Self, VlmError> {
        let vlm = Vlm::new(&Folder::read(&options.model)?, &Device::flex(), precision)?;
        Ok(Self { vlm, errors: options.errors, written: 0, bent: 0, failed: (0, None) })
    }

    fn answer(&mut self, question: &Question) -> String {
        let style = Style {
            seeds: vec![1],
            temperature: 0.0,
            top_p: 1.0,
            most_tokens: 320,
            grammar: Some(question.grammar.clone()),
        };
        let purpose = Purpose::Vote(Policy::Adapted);
        let said = match pollster::block_on(self.vlm.answer(purpose, &question.talk, &style)) {
            Ok(mut answer) => answer.completions.remove(0),
            Err(error) => {
                self.failed = (self.failed.0 + 1, Some(error));
                return String::new();
            }
        };
        self.written += said.tokens.len();
        self.bent += said.bent;
        if said.text.trim() != question.gold && self.errors > 0 {
            self.errors -= 1;
            tell(question, said.text.trim());
        }
        said.text
    }

    /// Of the tokens since the last time, the share that the grammar had to bend.
    fn bent(&mut self) -> Rate {
        Rate { right: std::mem::take(&mut self.bent), of: std::mem::take(&mut self.written) }
    }

    /// Says what it could not answer.
    fn complain(&self) {
        if let (count, Some(error)) = &self.failed {
            println!("\n**{count} questions got no answer, and count as wrong; the last because {error}.**");
        }
    }
}

fn tell(question: &Question, said: &str) {
    for part in question.talk.iter().flat_map(|message| &message.parts) {
        if let Part::Text(text) = part {
            println!("| {}", text.replace('\n', "\n| "));
        }
    }
    println!("gold {}\nsaid {said}\n", question.gold);
}

/// Prints the table.
pub fn run(options: &Options) -> Result<(), VlmError> {
    let start = std::time::Instant::now();
    if let Some(count) = options.questions {
        return answers(options, count);
    }
    match options.precision {
        Precision::Both => differences(options)?,
        Precision::Bytes => table(options, layers::Precision::Quantised)?,
        Precision::F16 => table(options, layers::Precision::Full)?,
    }
    let Options { cases, seed, .. } = options;
    println!("\n{cases} cases a set, seed {seed}; {:.0} s", start.elapsed().as_secs_f64());
    Ok(())
}

fn answers(options: &Options, count: usize) -> Result<(), VlmError> {
    let precision = match options.precision {
        Precision::F16 => layers::Precision::Full,
        _ => layers::Precision::Quantised,
    };
    let mut asked = Asked::new(&Options { errors: 0, ..options.clone() }, precision)?;
    let answered = questions(count, options.seed).into_iter().map(|question| {
        let answer = asked.answer(&question);
        serde_json::json!({ "talk": question.talk, "grammar": question.grammar, "answer": answer })
    });
    let answered: Vec<_> = answered.collect();
    println!("{}", serde_json::Value::from(answered));
    Ok(())
}

fn sets(only: &str) -> impl Iterator<Item = &'static Votes> {
    VOTES.iter().filter(move |set| set.name.contains(only))
}

/// How both forms of the weights vote, on the same cases.
fn differences(options: &Options) -> Result<(), VlmError> {
    let mut full = Asked::new(options, layers::Precision::Full)?;
    let mut bytes = Asked::new(options, layers::Precision::Quantised)?;
    println!("| set | action right, f16 | action right, bytes | difference |\n|---|--:|--:|--:|");
    let (mut sums, mut of) = ([0, 0], 0);
    for set in sets(&options.only) {
        let rates = [&mut full, &mut bytes]
            .map(|asked| set.ask(options.cases, options.seed, &mut |question| asked.answer(question)).action);
        println!("| {} | {} | {} | {} |", set.name, rates[0], rates[1], difference(rates));
        sums = [sums[0] + rates[0].right, sums[1] + rates[1].right];
        of += rates[0].of;
    }
    let rates = sums.map(|right| Rate { right, of });
    println!("| all | {} | {} | {} |", rates[0], rates[1], difference(rates));
    [full, bytes].iter().for_each(Asked::complain);
    Ok(())
}

fn difference([full, bytes]: [Rate; 2]) -> String {
    let share = full.share().zip(bytes.share());
    share.map_or("–".into(), |(full, bytes)| format!("{:+.3}", bytes - full))
}

fn table(options: &Options, precision: layers::Precision) -> Result<(), VlmError> {
    let mut asked = Asked::new(options, precision)?;
    votes(options, &mut asked);
    looks(options, &mut asked);
    reflections(options, &mut asked);
    if options.episodes > 0 {
        episodes(options, &mut asked);
    }
    asked.complain();
    Ok(())
}

fn votes(options: &Options, asked: &mut Asked) {
    let Options { cases, seed, only, .. } = options;
    let pairs = "one word changed".contains(only.as_str());
    if pairs || sets(only).next().is_some() {
        println!(
            "| set | action right | whole text right | kinds found | kinds named | placed | tokens bent |"
        );
        println!("|---|--:|--:|--:|--:|--:|--:|");
    }
    for set in sets(only) {
        let voted = set.ask(*cases, *seed, &mut |question| asked.answer(question));
        println!(
            "| {} | {} | {} | {} | {} | {} | {} |",
            set.name,
            voted.action,
            voted.text,
            voted.found,
            voted.named,
            voted.placed,
            asked.bent()
        );
    }
    if pairs {
        let both = one_word(*cases, *seed, &mut |question| asked.answer(question));
        println!("| one word changed: both right | {both} | | | | | {} |", asked.bent());
    }
}

fn looks(options: &Options, asked: &mut Asked) {
    let chosen: Vec<_> = LOOKS.iter().filter(|set| set.name.contains(&options.only)).collect();
    if !chosen.is_empty() {
        println!(
            "\n| looks | whole text right | player placed | things found | things there | tokens bent |"
        );
        println!("|---|--:|--:|--:|--:|--:|");
    }
    for set in chosen {
        let looked = set.ask(options.cases, options.seed, &mut |question| asked.answer(question));
        println!(
            "| {} | {} | {} | {} | {} | {} |",
            set.name,
            looked.text,
            looked.placed,
            looked.found,
            looked.named,
            asked.bent()
        );
    }
}

fn reflections(options: &Options, asked: &mut Asked) {
    let chosen: Vec<_> = REFLECTIONS.iter().filter(|set| set.name.contains(&options.only)).collect();
    if !chosen.is_empty() {
        println!(
            "\n| reflections | whole revision right | lines that can be read | rules that are true | the teacher's \
             rules found | known of what was met thrice | true among sure | true among maybe | false rules a \
             digest | threshold error, share of the range | tokens bent |"
        );
        println!("|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|");
    }
    for set in chosen {
        let r = set.ask(options.cases, options.seed, &mut |question| asked.answer(question));
        let error = match r.thresholds {
            0 => "–".into(),
            count => format!("{:.3} of {count}", r.threshold_error()),
        };
        println!(
            "| {} | {} | {} | {} | {} | {} | {} | {} | {:.3} | {error} | {} |",
            set.name,
            r.exact,
            r.readable,
            r.precision,
            r.recall,
            r.known,
            r.sure,
            r.maybe,
            r.false_a_digest(),
            asked.bent()
        );
    }
}

fn episodes(options: &Options, asked: &mut Asked) {
    println!(
        "\n| game | model | teacher | random | of the teacher's lead over random |\n|---|--:|--:|--:|--:|"
    );
    let mut means = String::new();
    for set in EPISODES.iter().filter(|set| set.name.contains(&options.only)) {
        let played = set.play(options.episodes, usize::MAX, &mut |question| asked.answer(question));
        for p in &played {
            let lead = p.lead().map_or("–".into(), |lead| format!("{lead:.2}"));
            println!("| {} | {:.1} | {:.1} | {:.1} | {lead} |", p.game, p.model, p.teacher, p.random);
        }
        let share = Played::share(&played).map_or("–".into(), |share| format!("{share:.2}"));
        means += &format!("| {} | {share} | {} | {} |\n", set.name, Played::mean_lead(&played), asked.bent());
    }
    println!(
        "\n| games played to their ends | score, of the teacher's | lead over random, of the teacher's | tokens bent \
         |\n|---|--:|--:|--:|\n{means}\n{} seeds a game; 95% bootstrap intervals over games.",
        options.episodes
    );
}
