//! `bench FOLDER`: times our worker and its peers in a real Chromium, over the models that
//! `scripts/bench.sh` put into the folder, and prints tables and what they come to.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use rulewright_browser_tests::{Visitor, root};
use serde::Deserialize;

/// Milliseconds a step of plain burn at the sizes of `spike`, one trace, in a worker: what was measured before
/// there were kernels of our own, at its best.
const PLAIN_BURN: f64 = 3.0;
/// The peers, each with its forms of the weights.
const PEERS: [(&str, &str); 4] = [
    ("wllama", "decoder-f32.gguf"),
    ("wllama", "decoder-q8_0.gguf"),
    ("onnxruntime-web", "decoder-f32.onnx"),
    ("onnxruntime-web", "decoder-q8.onnx"),
];

/// What the page measured: one number a run.
#[derive(Deserialize)]
struct Outcome {
    prefill_ms: Vec<f64>,
    decode_ms_per_token: Vec<f64>,
    #[serde(default)]
    tokens_per_second: Vec<f64>,
    #[serde(default)]
    correct: Option<bool>,
    bytes: Bytes,
    #[serde(default)]
    about: Option<About>,
    #[serde(default)]
    counts: Option<Counts>,
}

/// What a visitor downloads, before compression.
#[derive(Deserialize)]
struct Bytes {
    library: u64,
    model: u64,
}

#[derive(Deserialize)]
struct About {
    device: String,
}

/// Calls to the graphics card a step.
#[derive(Deserialize)]
struct Counts {
    dispatches: f64,
    submits: f64,
    readbacks: f64,
}

/// How many times the tokens/s a batch gave, one number a round.
#[derive(Deserialize)]
struct Batch {
    whole: Vec<f64>,
    steps: Vec<f64>,
}

impl Outcome {
    /// Tokens a second, of all traces and workers, in each run.
    fn rates(&self, traces: u32) -> Vec<f64> {
        match self.tokens_per_second.as_slice() {
            [] => self.decode_ms_per_token.iter().map(|ms| 1e3 * f64::from(traces) / ms).collect(),
            rates => rates.to_vec(),
        }
    }
}

/// Numbers in order.
fn sorted(numbers: &[f64]) -> Vec<f64> {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted
}

/// The middle of some numbers.
fn median(numbers: &[f64]) -> Option<f64> {
    sorted(numbers).get(numbers.len() / 2).copied()
}

/// The middle of some numbers with the least and the most.
fn spread(numbers: &[f64], digits: usize) -> String {
    let all = sorted(numbers);
    match (median(numbers), all.first(), all.last()) {
        (Some(middle), Some(least), Some(most)) => {
            format!("{middle:.digits$} ({least:.digits$} to {most:.digits$})")
        }
        _ => "-".into(),
    }
}

/// Times one thing in a browser of its own, and prints its row.
async fn row(work: &Path, switches: &[&str], what: &str, traces: u32, call: &str) -> Option<Outcome> {
    let visitor = open(work, switches).await;
    let outcome = time(&visitor, call).await;
    let memory = visitor.peak_memory().await;
    visitor.close().await;
    match &outcome {
        Err(problem) => println!("| {what} | {traces} | {problem} | | | | | |"),
        Ok(outcome) if outcome.correct == Some(false) => {
            println!("| {what} | {traces} | answers differ: not timed | | | | | |");
        }
        Ok(outcome) => {
            let megabytes = |bytes: u64| bytes as f64 / 1e6;
            println!(
                "| {what} | {traces} | {} | {} | {} | {:.1} | {:.1} | {memory:.0} |",
                spread(&outcome.prefill_ms, 1),
                spread(&outcome.decode_ms_per_token, 2),
                spread(&outcome.rates(traces), 0),
                megabytes(outcome.bytes.model),
                megabytes(outcome.bytes.library),
            );
        }
    }
    outcome.ok()
}

/// A browser on the bench's page.
async fn open(work: &Path, switches: &[&str]) -> Visitor {
    let visitor = Visitor::open_with("", switches).await;
    let folder = visitor.site.folder.path();
    symlink(fs::canonicalize(root().join("benches/browser")).expect("the bench"), folder.join("bench"))
        .expect("a link to the bench");
    symlink(fs::canonicalize(work).expect("the models"), folder.join("models"))
        .expect("a link to the models");
    visitor.page.goto(format!("{}bench/peers.html", visitor.site.address)).await.expect("the bench's page");
    visitor.until("window.bench && window.benchOurs").await;
    visitor
}

async fn time(visitor: &Visitor, call: &str) -> Result<Outcome, String> {
    visitor
        .try_js::<Outcome>(call)
        .await
        .map_err(|error| error.lines().next().unwrap_or_default().to_string())
}

/// The call that times our worker; `more` are other options.
fn ours(name: &str, backend: &str, batch: u32, workers: u32, more: &str) -> String {
    format!(
        "benchOurs({{model: '../models/{name}-bytes/', backend: '{backend}', batch: {batch}, workers: {workers}, \
         {more}}})"
    )
}

/// Times our worker and the peers on models of one size, and says what that comes to.
async fn compare(work: &Path, name: &str, card: Option<&str>) {
    println!("\n{name}: benches/browser/models/{name}.json, a prompt of 128 tokens, then 64\n");
    println!(
        "| runtime | K | first token, ms | a step, ms | tokens/s | model, MB | program, MB | peak, MB |"
    );
    println!("|---|--:|--:|--:|--:|--:|--:|--:|");
    let (mut mine, mut theirs) = (Vec::new(), Vec::new());
    for (workers, traces) in [(1, 1), (1, 3), (1, 5), (3, 1), (3, 5)] {
        let what = format!("ours, CPU, {workers} worker{}", if workers > 1 { "s" } else { "" });
        let found = row(work, &["disable-gpu"], &what, traces, &ours(name, "cpu", traces, workers, "")).await;
        if workers == 1 {
            mine.extend(found.map(|found| (traces, found)));
        }
    }
    for (workers, traces) in [(1, 1), (1, 5), (3, 5)].into_iter().filter(|_| card.is_some()) {
        let what = format!("ours, GPU, {workers} worker{}", if workers > 1 { "s" } else { "" });
        row(work, &["enable-unsafe-webgpu"], &what, traces, &ours(name, "gpu", traces, workers, "")).await;
    }
    for (peer, file) in PEERS {
        if !work.join(format!("{name}-peers/{file}")).exists() {
            continue;
        }
        let form = file.trim_start_matches("decoder-").replace(['.', '_'], " ");
        for traces in [1, 5] {
            let call =
                format!("bench('{peer}', {{model: '../models/{name}-peers/{file}', batch: {traces}}})");
            let found = row(work, &["disable-gpu"], &format!("{peer}, {form}"), traces, &call).await;
            theirs.extend(found.map(|found| (traces, found)));
        }
    }
    println!();
    let of = |all: &[(u32, Outcome)], traces: u32| -> Vec<(f64, f64)> {
        let all = all.iter().filter(|(count, _)| *count == traces);
        let both = |found: &Outcome| Some((median(&found.rates(traces))?, median(&found.prefill_ms)?));
        all.filter_map(|(_, found)| both(found)).collect()
    };
    for traces in [1, 5] {
        let Some((rate, first)) = of(&mine, traces).first().copied() else { continue };
        let peers = of(&theirs, traces);
        let Some(best) = peers.iter().map(|(rate, _)| *rate).max_by(f64::total_cmp) else { continue };
        let soonest = peers.iter().map(|(_, first)| *first).fold(f64::INFINITY, f64::min);
        println!(
            "- K={traces}: {:.2} times the tokens/s of the best peer, whichever form of the weights;",
            rate / best
        );
        println!("  the first token {:.2} times as soon as the soonest peer's.", soonest / first);
        if traces > 1 {
            println!("  (Our traces share a prompt; a peer's batch reads one for each.)");
        }
    }
    let visitor = open(work, &["disable-gpu"]).await;
    let call = format!("benchBatch({{model: '../models/{name}-bytes/'}})");
    match visitor.try_js::<Batch>(&call).await {
        Ok(Batch { whole, steps }) => {
            println!(
                "- K=5 as a batch gives {} times the tokens/s of five single runs, each of",
                spread(&whole, 2)
            );
            println!("  which reads the prompt; {} of their steps alone.", spread(&steps, 2));
        }
        Err(problem) => println!("- K=5 as a batch: {problem}"),
    }
    visitor.close().await;
    if let Some((one, _)) = of(&mine, 1).first().filter(|_| name == "spike") {
        println!(
            "- Plain burn took {PLAIN_BURN} ms a step at its best, on another machine: this is {:.2} times faster.",
            PLAIN_BURN * one / 1e3
        );
    }
}

#[tokio::main]
async fn main() {
    let work = std::env::args().nth(1).expect("the folder of the models: run scripts/bench.sh");
    let work = Path::new(&work);
    let visitor = open(work, &["enable-unsafe-webgpu"]).await;
    let card: String = visitor.js("adapter()").await;
    let card = Some(card).filter(|name| !name.is_empty());
    visitor.close().await;
    println!("Graphics adapter: {}", card.as_deref().unwrap_or("none"));
    for name in ["spike", "recipe"] {
        compare(work, name, card.as_deref()).await;
    }
    // A software adapter says nothing about speed, but everything about what is asked of a card.
    let software = ["enable-unsafe-webgpu", "use-webgpu-adapter=swiftshader", "enable-unsafe-swiftshader"];
    let visitor = open(work, if card.is_some() { &software[..1] } else { &software }).await;
    println!("\nOn WebGPU, a step of `recipe` asks the card for:\n");
    for traces in [1, 5] {
        match time(&visitor, &ours("recipe", "gpu", traces, 1, "new_tokens: 4, runs: 0")).await {
            Ok(Outcome { counts: Some(counts), about: Some(about), .. }) => println!(
                "- K={traces}: {:.0} dispatches, {:.1} submits, {:.1} readbacks ({})",
                counts.dispatches, counts.submits, counts.readbacks, about.device
            ),
            Ok(_) => println!("- K={traces}: nothing was counted"),
            Err(problem) => println!("- K={traces}: {problem}"),
        }
    }
    visitor.close().await;
}
