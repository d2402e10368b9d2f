//! Lets the agent that the page ships take 2,000 decisions in a real Chromium, and watches the memory and how long
//! the page is blocked.
//!
//!     make soak

use rulewright_browser_tests::Visitor;
use std::process::ExitCode;

/// Decisions after which the memory is read. The page keeps 300 of them whole: by the first reading all that
/// is kept is there.
const READINGS: [u32; 4] = [500, 1000, 1500, 2000];

#[tokio::main]
async fn main() -> ExitCode {
    let mut visitor = Visitor::open("").await;
    visitor.site.put_shipped_model();
    visitor.go("#game=orchard&seed=1&who=agent&workers=1&panels=strategist,learning,history").await;
    visitor.until_within(120, "document.querySelector('#agent-status').innerText == 'Ready.'").await;
    visitor.time_tasks().await;
    visitor.click("#pause").await;
    let mut held = Vec::new();
    for decisions in READINGS {
        let taken = "+document.querySelector('#verdicts .number').innerText";
        visitor.until_within(3600, &format!("{taken} >= {decisions}")).await;
        held.push(visitor.memory().await);
        println!("after {decisions} decisions: {:.0} MiB", held[held.len() - 1]);
    }
    let (logged, tasks) = (visitor.logged(), visitor.long_tasks().await);
    visitor.close().await;
    let longest = tasks.iter().max().copied().unwrap_or(0);
    println!("The page was blocked for more than 50 ms {} times, for {longest} ms at most.", tasks.len());
    let smooth = tasks.is_empty() || is_oversubscribed();
    let most = held[0] * 1.1 + 20.0;
    let flat = held.iter().all(|held| *held < most);
    println!("{}", if flat { "The memory stays flat." } else { "The memory grows." });
    logged.iter().for_each(|line| println!("the console: {line}"));
    if flat && smooth && logged.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Whether more wants to run on this machine than it has cores: then it says nothing about the page.
fn is_oversubscribed() -> bool {
    let load = std::fs::read_to_string("/proc/loadavg").unwrap_or_default();
    let load: f64 = load.split_whitespace().nth(1).and_then(|load| load.parse().ok()).unwrap_or_default();
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let busy = load > cores as f64;
    if busy {
        println!("The machine is busy ({load} of {cores} cores), so that is not counted.");
    }
    busy
}
