//! How far a contest is: a bar where there is a terminal, else a line a minute, for logs.

use indicatif::{HumanCount, HumanDuration, ProgressBar, ProgressStyle};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::mpsc::{RecvTimeoutError, channel};
use std::time::{Duration, Instant};

/// From one line to the next.
const PAUSE: Duration = Duration::from_secs(60);

/// How far a contest is.
pub struct Progress {
    bar: ProgressBar,
    start: Instant,
    /// Decisions that were taken: the bar also counts those that an early end spared.
    taken: AtomicU64,
}

impl Progress {
    /// So many decisions at most are to come.
    pub fn new(most: u64) -> Self {
        let style = ProgressStyle::with_template(
            "{wide_bar} {human_pos} of {human_len} decisions, {per_sec}, {eta} left",
        );
        let bar = ProgressBar::new(most).with_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
        Self { bar, start: Instant::now(), taken: AtomicU64::new(0) }
    }

    /// A decision was taken.
    pub fn decided(&self) {
        self.taken.fetch_add(1, Relaxed);
        self.bar.inc(1);
    }

    /// So many will not be needed.
    pub fn skip(&self, decisions: u64) {
        self.bar.inc(decisions);
    }

    /// Does some work, and tells every minute how far it is where no bar does.
    pub fn tell_while(&self, work: impl FnOnce()) {
        std::thread::scope(|scope| {
            let (done, wait) = channel::<()>();
            if self.bar.is_hidden() {
                scope.spawn(move || {
                    while wait.recv_timeout(PAUSE) == Err(RecvTimeoutError::Timeout) {
                        eprintln!("{}", self.line());
                    }
                });
            }
            work();
            drop(done);
        });
    }

    fn line(&self) -> String {
        let (done, of) = (self.bar.position(), self.bar.length().unwrap_or_default());
        line((done, of), self.taken.load(Relaxed), self.start.elapsed())
    }

    /// Takes the bar away, and says what was done; nothing, if nothing was.
    pub fn finish(&self) -> Option<String> {
        self.bar.finish_and_clear();
        let (taken, seconds) = (self.taken.load(Relaxed), self.start.elapsed().as_secs_f64());
        let rate = taken as f64 / seconds;
        (taken > 0).then(|| format!("{taken} decisions in {seconds:.0} s: {rate:.1} decisions/s"))
    }
}

/// How far it is: so many decisions taken or spared, of so many, after some time.
fn line((done, of): (u64, u64), taken: u64, time: Duration) -> String {
    let share = 100.0 * done as f64 / of.max(1) as f64;
    let rate = taken as f64 / time.as_secs_f64().max(1e-9);
    let of = HumanCount(of);
    if done == 0 {
        return format!("{share:.1}% of {of} decisions");
    }
    let left = HumanDuration(time.mul_f64((100.0 / share - 1.0).max(0.0)));
    format!("{share:.1}% of {of} decisions, {rate:.1} decisions/s, {left} left")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_says_how_much_is_done_how_fast_and_how_long_the_rest_takes() {
        let minute = Duration::from_secs(60);
        assert_eq!(
            line((500, 2000), 300, minute),
            "25.0% of 2,000 decisions, 5.0 decisions/s, 3 minutes left"
        );
        assert_eq!(line((0, 2000), 0, minute), "0.0% of 2,000 decisions");
        assert_eq!(line((5, 5), 5, minute), "100.0% of 5 decisions, 0.1 decisions/s, 0 seconds left");
    }
}
