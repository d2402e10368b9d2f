//! Opens the page from one new address after another in a real Chromium, and then lets the agent that it ships
//! take 2,000 decisions there; watches the memory, the speed, and how long the page is blocked. It fails where one of
//! them is not as the page promises.
//!
//!     make soak

use rulewright_browser_tests::{IDLE, Site, Visitor};
use std::process::ExitCode;
use std::time::Instant;

/// How often the page is opened, to see whether its start stutters.
const STARTS: usize = 20;
/// A pause of the page in so many decisions is none too many: a browser has its own housekeeping. On a shared machine
/// there was one in 285.
const SMOOTH: usize = 150;
/// Decisions a second, at least.
const FAST: f64 = 2.0;
/// Decisions after which the memory is read. The page has the frames of 300 of them at hand, and packs those before.
const READINGS: [u32; 4] = [500, 1000, 1500, 2000];
/// The most KiB that a decision may take for good, its frame packed. It takes some 25, with its texts, the game as it
/// was, and what a browser's heap leaves between; a frame that is not packed alone would be 27 more.
const PACKED: f64 = 40.0;

#[tokio::main]
async fn main() -> ExitCode {
    let mut starts = Vec::new();
    // A browser that itself has just started would take the time that the page needs.
    let browser = Visitor::open("").await;
    for _ in 0..STARTS {
        let site = Site::open().await;
        site.put_shipped_model();
        let tab = browser.tab_at(site.into(), "").await;
        tab.until_within(120, IDLE).await;
        tab.time_tasks().await;
        starts.push(tab.long_tasks().await);
        tab.page.close().await.expect("the tab closes");
    }
    browser.close().await;
    let calm = starts.iter().filter(|tasks| tasks.is_empty()).count();
    println!("of {STARTS} starts {calm} never blocked the page for more than 50 ms; the others did so for");
    starts.iter().filter(|tasks| !tasks.is_empty()).for_each(|tasks| println!("    {tasks:?} ms"));
    let visitor =
        Visitor::open_shipped("#game=orchard&seed=1&who=agent&pace=fast&panels=strategist,learning,history")
            .await;
    visitor.until_within(120, IDLE).await;
    visitor.time_tasks().await;
    let before = visitor.long_tasks().await;
    println!("while it loaded, the page was blocked for more than 50 ms by {before:?} ms");
    visitor.click("#pause").await;
    let (mut held, mut smooth, mut fast) = (Vec::new(), true, true);
    let began = Instant::now();
    for decisions in READINGS {
        let taken = "+document.querySelector('#verdicts .number').innerText";
        visitor.until_within(3600, &format!("{taken} >= {decisions}")).await;
        held.push(visitor.memory().await);
        let rate = f64::from(decisions) / began.elapsed().as_secs_f64();
        let tasks = visitor.long_tasks().await.split_off(before.len());
        smooth = tasks.len() * SMOOTH <= decisions as usize;
        fast = rate >= FAST;
        println!(
            "after {decisions} decisions: {:.0} MiB; {rate:.2} decisions/s; the page was blocked for more than 50 ms \
             {} times, for {} ms at most",
            held[held.len() - 1],
            tasks.len(),
            tasks.iter().max().copied().unwrap_or(0),
        );
    }
    let logged = visitor.logged();
    visitor.close().await;
    // In the first thousand the heaps of page and worker are still finding their size.
    let kept = (held[3] - held[1]) * 1024.0 / f64::from(READINGS[3] - READINGS[1]);
    let flat = kept <= PACKED;
    println!("from {} decisions on each took {kept:.0} KiB for good", READINGS[1]);
    println!("{}", if flat { "The memory stays flat." } else { "The memory grows." });
    println!("{}", if smooth { "The page runs smoothly." } else { "The page stutters." });
    println!("{}", if fast { "The agent is fast enough." } else { "The agent is too slow." });
    println!(
        "{}",
        if calm == STARTS { "The page starts smoothly." } else { "The page stutters when it starts." }
    );
    logged.iter().for_each(|line| println!("the console: {line}"));
    let passes = flat && smooth && fast && calm == STARTS && logged.is_empty();
    if passes { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}
