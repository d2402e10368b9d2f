//! Lets the agent that the page ships take 2,000 decisions in a real Chromium, and watches the memory, the
//! speed, and how long the page stands still.
//!
//!     make soak

use rulewright_browser_tests::Visitor;
use std::process::ExitCode;
use std::time::Instant;

/// Decisions after which the memory is read. The page keeps 300 of them whole: by the first reading all that
/// is kept is there.
const READINGS: [u32; 4] = [500, 1000, 1500, 2000];

/// Has the page note for how long it stood still, each time that was for more than 50 ms.
const WATCH: &str = "window.stalls = [];
    new PerformanceObserver(list => stalls.push(...list.getEntries().map(entry => entry.duration)))
        .observe({ type: 'longtask' })";

#[tokio::main]
async fn main() -> ExitCode {
    let mut visitor = Visitor::open("").await;
    visitor.site.put_shipped_model();
    visitor.go("#game=orchard&seed=1&who=agent&pace=fast&panels=strategist,learning,history").await;
    visitor.until_within(120, "document.querySelector('#agent-status').innerText == 'Ready.'").await;
    visitor.run(WATCH).await;
    visitor.click("#pause").await;
    let mut held = Vec::new();
    let began = Instant::now();
    for decisions in READINGS {
        let taken = "+document.querySelector('#verdicts .number').innerText";
        visitor.until_within(3600, &format!("{taken} >= {decisions}")).await;
        held.push(visitor.memory().await);
        let mut stalls: Vec<f64> = visitor.js("stalls").await;
        stalls.sort_by(f64::total_cmp);
        println!(
            "after {decisions} decisions: {:.0} MiB, {:.2} decisions/s, {} stalls of the page above 50 ms, the longest {:.0} ms",
            held[held.len() - 1],
            f64::from(decisions) / began.elapsed().as_secs_f64(),
            stalls.len(),
            stalls.last().copied().unwrap_or_default(),
        );
    }
    let logged = visitor.logged();
    visitor.close().await;
    let most = held[0] * 1.1 + 20.0;
    let flat = held.iter().all(|held| *held < most);
    println!("{}", if flat { "The memory stays flat." } else { "The memory grows." });
    logged.iter().for_each(|line| println!("the console: {line}"));
    if flat && logged.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
