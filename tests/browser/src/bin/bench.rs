//! `bench FOLDER`: times our worker and its peers in a real Chromium, over the models that
//! `scripts/bench.sh` put into the folder, and prints a table.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::Path;

use rulewright_browser_tests::{Visitor, root};
use serde::Deserialize;

/// What the page measured: one number a run.
#[derive(Deserialize)]
struct Outcome {
    prefill_ms: Vec<f64>,
    decode_ms_per_token: Vec<f64>,
    #[serde(default)]
    tokens_per_second: Vec<f64>,
    #[serde(default)]
    correct: Option<bool>,
    #[serde(default)]
    bytes: Option<Bytes>,
    #[serde(default)]
    about: Option<About>,
    #[serde(default)]
    counts: Option<Counts>,
    #[serde(default)]
    load_ms: f64,
}

#[derive(Deserialize)]
struct Bytes {
    library: u64,
    model: u64,
}

#[derive(Deserialize)]
struct About {
    device: String,
    downloaded: u64,
}

/// Calls to the graphics card a token.
#[derive(Deserialize)]
struct Counts {
    dispatches: f64,
    submits: f64,
    readbacks: f64,
}

/// The middle of some numbers with the least and the most.
fn spread(numbers: &[f64], digits: usize) -> String {
    let mut sorted = numbers.to_vec();
    sorted.sort_by(f64::total_cmp);
    match sorted.as_slice() {
        [] => "-".into(),
        all => format!(
            "{:.digits$} ({:.digits$} to {:.digits$})",
            all[all.len() / 2],
            all[0],
            all[all.len() - 1]
        ),
    }
}

/// Prints a row of the table.
fn print(what: &str, batch: u32, outcome: &Result<Outcome, String>) {
    match outcome {
        Err(problem) => println!("| {what} | {batch} | {problem} | | | | |"),
        Ok(outcome) if outcome.correct == Some(false) => {
            println!("| {what} | {batch} | answers differ: not timed | | | | |");
        }
        Ok(outcome) => {
            let rates = match outcome.tokens_per_second.as_slice() {
                [] => outcome.decode_ms_per_token.iter().map(|ms| 1e3 * f64::from(batch) / ms).collect(),
                rates => rates.to_vec(),
            };
            let megabytes = |bytes: u64| format!("{:.1}", bytes as f64 / 1e6);
            let model = outcome.about.as_ref().map(|about| about.downloaded);
            let model = model.filter(|bytes| *bytes > 0).or(outcome.bytes.as_ref().map(|bytes| bytes.model));
            println!(
                "| {what} | {batch} | {} | {} | {} | {} | {} |",
                spread(&outcome.prefill_ms, 1),
                spread(&outcome.decode_ms_per_token, 2),
                spread(&rates, 0),
                model.map_or("-".into(), megabytes),
                outcome.bytes.as_ref().map_or("-".into(), |bytes| megabytes(bytes.library)),
            );
        }
    }
}

/// The most memory that the browser's page processes have held, in MB; 0 where the system does not tell.
fn peak_memory() -> u64 {
    let renderer = |path: &Path| {
        let command = fs::read_to_string(path.join("cmdline")).ok()?;
        let status = fs::read_to_string(path.join("status")).ok()?;
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:"))?;
        let peak: u64 = peak.trim().trim_end_matches(" kB").parse().ok()?;
        command.contains("--type=renderer").then_some(peak / 1000)
    };
    let processes = fs::read_dir("/proc").into_iter().flatten().flatten();
    processes.filter_map(|process| renderer(&process.path())).max().unwrap_or_default()
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

#[tokio::main]
async fn main() {
    let work = std::env::args().nth(1).expect("the folder of the models: run scripts/bench.sh");
    let work = Path::new(&work);
    let ours = |name: &str, backend: &str, batch: u32, workers: u32, tokens: u32| {
        format!(
            "benchOurs({{model: '../models/{name}/', backend: '{backend}', batch: {batch}, workers: {workers}, \
             new_tokens: {tokens}}})"
        )
    };
    for name in ["spike", "recipe"] {
        println!(
            "\n{name}: benches/browser/models/{name}.json, a prompt of 128 tokens, then 64, on the CPU\n"
        );
        println!("| runtime | K | first token, ms | a step, ms | tokens/s | model, MB | runtime, MB |");
        println!("|---|--:|--:|--:|--:|--:|--:|");
        for (workers, batch) in [(1, 1), (1, 3), (1, 5), (3, 1), (3, 5)] {
            let visitor = open(work, &["disable-gpu"]).await;
            let outcome = time(&visitor, &ours(&format!("{name}-bytes"), "cpu", batch, workers, 64)).await;
            print(&format!("ours, {workers} worker{}", if workers > 1 { "s" } else { "" }), batch, &outcome);
            let memory = peak_memory();
            if let Ok(Outcome { about: Some(about), load_ms, .. }) = &outcome
                && batch == 5
            {
                eprintln!(
                    "  {}: loaded in {load_ms:.0} ms, the page's process peaked at {memory} MB",
                    about.device
                );
            }
            visitor.close().await;
        }
        for (peer, file) in [
            ("wllama", "decoder-f32.gguf"),
            ("wllama", "decoder-q8_0.gguf"),
            ("onnxruntime-web", "decoder-f32.onnx"),
            ("onnxruntime-web", "decoder-q8.onnx"),
        ] {
            if !work.join(format!("{name}-peers/{file}")).exists() {
                continue;
            }
            for batch in [1, 5] {
                let visitor = open(work, &["disable-gpu"]).await;
                let call =
                    format!("bench('{peer}', {{model: '../models/{name}-peers/{file}', batch: {batch}}})");
                let outcome = time(&visitor, &call).await;
                let form = file.trim_start_matches("decoder-").replace(['.', '_'], " ");
                print(&format!("{peer}, {form}"), batch, &outcome);
                visitor.close().await;
            }
        }
    }
    // A software adapter says nothing about speed, but everything about what is asked of a card.
    let adapter = ["enable-unsafe-webgpu", "use-webgpu-adapter=swiftshader", "enable-unsafe-swiftshader"];
    let visitor = open(work, &adapter).await;
    println!("\nOn WebGPU, a token of `recipe`:\n");
    for batch in [1, 5] {
        match time(&visitor, &ours("recipe-bytes", "gpu", batch, 1, 4)).await {
            Ok(Outcome { counts: Some(counts), about: Some(about), .. }) => println!(
                "- K={batch}: {:.0} dispatches, {:.1} submits, {:.1} readbacks ({})",
                counts.dispatches, counts.submits, counts.readbacks, about.device
            ),
            Ok(_) => println!("- K={batch}: nothing was counted"),
            Err(problem) => println!("- K={batch}: {problem}"),
        }
    }
    visitor.close().await;
}
