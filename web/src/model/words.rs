//! What the page says about the model.

use super::{Answer, End, Loaded, Model, Stage};
use crate::mind::{Backend, Choice};
use rulewright_protocol::Cost;

/// The page's own folder holds nothing.
pub const NO_MODEL: &str =
    "This page ships no model yet: load one from another folder of this site, or from your disk.";

/// An address that is none.
pub fn no_address(address: &str) -> String {
    format!("“{address}” is no address of a folder; one such as models/tiny/ is.")
}

/// An address on another host.
pub fn elsewhere(host: &str) -> String {
    format!(
        "The folder is on {host}, but this page fetches from its own site only; \
         download the folder, and load it from your disk."
    )
}

/// How many files the visitor chose; the browser's own field forgets it when it is folded away.
pub fn chosen_files(count: usize) -> String {
    let noun = if count == 1 { "file" } else { "files" };
    format!("{} {noun} chosen.", grouped(count as u64))
}

/// A worker broke down and is replaced.
pub fn again(problem: &str) -> String {
    let problem = sentence(problem);
    format!(
        "The model's worker broke down, and a fresh one does the same work again. What happened: {problem}"
    )
}

/// A problem as a whole sentence: those who find problems don't know what stands around their words.
pub fn sentence(problem: &str) -> String {
    let problem = problem.trim();
    let mut letters = problem.chars();
    // A file's name stays as it is written.
    let begins_with_a_name = problem.split_whitespace().next().is_some_and(|word| word.contains(['.', '_']));
    let mut sentence: String = match letters.next() {
        Some(first) if !begins_with_a_name => first.to_uppercase().chain(letters).collect(),
        _ => problem.into(),
    };
    if !sentence.ends_with(['.', '!', '?']) {
        sentence.push('.');
    }
    sentence
}

/// How far the loading is.
pub fn stage(model: &Model) -> String {
    let on = |backend: Option<Backend>| backend.map_or(String::new(), |b| format!(" on the {}", b.label()));
    match &model.stage {
        Stage::Absent => "No model is loaded.".into(),
        Stage::Loading { backend, bytes: 0, total: None } => format!("Starting{}…", on(*backend)),
        Stage::Loading { backend, bytes, total: Some(total) } if bytes >= total => {
            format!("{} are here; building and warming up the model{}…", size(*total), on(*backend))
        }
        Stage::Loading { backend, bytes, total } => {
            let all = total.map_or(String::new(), |total| format!(" of {}", size(total)));
            format!("{}{all}{}", size(*bytes), on(*backend))
        }
        Stage::Trying(backend) => format!("Timing a short answer on the {}…", backend.label()),
        Stage::Ready => "The model is loaded.".into(),
        Stage::Failed(_) => String::new(),
    }
}

/// Where a loaded model's bytes came from.
pub fn came_from(loaded: &Loaded) -> String {
    let all: u64 = loaded.about.files.iter().map(|(_, size, _)| size).sum();
    match loaded.about.downloaded {
        0 => format!("{}, none of it over the network", size(all)),
        part if part < all => {
            format!(
                "{}, of which {} were downloaded; the rest was in the browser's cache",
                size(all),
                size(part)
            )
        }
        _ => format!("{}, downloaded", size(all)),
    }
}

/// Why a model runs where it does.
pub fn chosen(choice: &Choice) -> String {
    let other = |backend| if backend == Backend::Cpu { Backend::Gpu } else { Backend::Cpu }.label();
    match choice {
        Choice::Wanted(backend) => format!("You chose the {}.", backend.label()),
        Choice::NoGpu => "This browser offers no GPU, or one that is only software.".into(),
        Choice::Faster(backend, own, others) => format!(
            "The faster one: {} for a short answer, and {} on the {}.",
            time(*own),
            time(*others),
            other(*backend)
        ),
        Choice::Left(backend, problem) => format!("The {} failed: {}", other(*backend), sentence(problem)),
    }
}

/// How an answer ended, or how far it is.
pub fn ended(answer: &Answer) -> String {
    match &answer.end {
        None if answer.stopping => "Stopping…".into(),
        None => "Writing…".into(),
        Some(End::Stopped) => "Stopped.".into(),
        Some(End::Failed(_)) => String::new(),
        Some(End::Written(cost)) => spent(cost, answer.traces.len()),
    }
}

fn spent(cost: &Cost, traces: usize) -> String {
    let first = u32::try_from(traces).unwrap_or(u32::MAX);
    let speed = match cost.written.saturating_sub(first) {
        0 => String::new(),
        later => format!(", then {:.0} tokens a second", f64::from(later) / cost.rest.max(0.001) * 1000.0),
    };
    format!(
        "{} in {}: the first after {}{speed}. Of the prompt's {}, {} had to be read anew.",
        tokens(cost.written as usize),
        time(cost.first + cost.rest),
        time(cost.first),
        tokens(cost.prompt as usize),
        cost.computed,
    )
}

/// What is worth saying aloud: beginnings and ends, never single tokens.
pub fn news(model: &Model) -> String {
    match (&model.answer, &model.stage) {
        (_, Stage::Loading { .. } | Stage::Trying(_)) => "The model is loading.".into(),
        (Some(Answer { end: None, .. }), _) => "The model writes.".into(),
        (Some(Answer { end: Some(End::Stopped), .. }), Stage::Ready) => "The model was stopped.".into(),
        (Some(Answer { end: Some(End::Written(_)), traces, .. }), Stage::Ready) => match traces.as_slice() {
            [only] => format!("The answer is: {}", only.text),
            many => format!("{} answers are there.", many.len()),
        },
        (_, Stage::Ready) => "The model is loaded.".into(),
        _ => String::new(),
    }
}

/// A log-probability, in nats.
pub fn log_probability(value: f32) -> String {
    format!("log p {}", format!("{value:.1}").replace('-', "−"))
}

/// A number of tokens.
pub fn tokens(count: usize) -> String {
    let noun = if count == 1 { "token" } else { "tokens" };
    format!("{} {noun}", grouped(count as u64))
}

/// A size.
pub fn size(bytes: u64) -> String {
    match bytes as f64 {
        few if few < 1e5 => format!("{:.1} KB", few / 1e3),
        some if some < 1e7 => format!("{:.2} MB", some / 1e6),
        many => format!("{:.1} MB", many / 1e6),
    }
}

/// A time.
pub fn time(milliseconds: f64) -> String {
    if milliseconds < 1000.0 {
        format!("{milliseconds:.0} ms")
    } else {
        format!("{:.1} s", milliseconds / 1000.0)
    }
}

/// A number with commas between its thousands.
pub fn grouped(number: u64) -> String {
    let digits = number.to_string();
    let groups: Vec<_> = digits.as_bytes().rchunks(3).rev().map(String::from_utf8_lossy).collect();
    groups.join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_problem_becomes_a_sentence_whoever_found_it() {
        assert_eq!(sentence("no model is loaded"), "No model is loaded.");
        assert_eq!(sentence("config.json: it is empty"), "config.json: it is empty.");
        assert_eq!(sentence(" SHA256SUMS: it lists no files. "), "SHA256SUMS: it lists no files.");
    }

    #[test]
    fn numbers_are_written_for_people() {
        assert_eq!([0, 999, 1000, 1_234_567].map(grouped), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!([1_322, 5_678_901, 45_678_901].map(size), ["1.3 KB", "5.68 MB", "45.7 MB"]);
        assert_eq!([12.4, 1234.0].map(time), ["12 ms", "1.2 s"]);
        assert_eq!([1, 2].map(tokens), ["1 token", "2 tokens"]);
    }

    #[test]
    fn what_an_answer_took_is_told_even_where_it_took_nothing() {
        let cost = Cost { prompt: 90, computed: 12, written: 62, first: 340.0, rest: 1200.0 };
        let told = "62 tokens in 1.5 s: the first after 340 ms, then 50 tokens a second. \
                    Of the prompt's 90 tokens, 12 had to be read anew.";
        assert_eq!(spent(&cost, 2), told);
        assert!(!spent(&Cost { written: 2, ..Cost::default() }, 2).contains("a second"));
        assert!(spent(&Cost { written: 3, ..Cost::default() }, 2).contains("a second"));
    }
}
