//! Draws the next token from a model's logits, by a seed.
//!
//! The same seed, logits and masks give the same tokens natively and in the browser, to the bit: the
//! exponentials and logarithms are those of the crate `libm`, not of the platform, and sums are taken in
//! the order of the tokens. (The logits are only as equal as the backend that computed them.)

use super::grammar::Mask;
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg32;

/// What a [`Sampler`] chose.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Choice {
    /// The token.
    pub token: u32,
    /// Its log-probability by the model alone, at temperature 1 and over all tokens: what can be computed
    /// again from the logits, without the grammar, when the model learns.
    pub log_probability: f32,
    /// Whether the model's own draw was not allowed and another token had to stand in.
    pub bent: bool,
}

/// Why nothing can be drawn: the model has gone wrong, or is not the grammar's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SamplerError {
    /// A logit is infinite or not a number.
    #[error("the model's output for token {0} is not a finite number")]
    NotFinite(u32),
    /// There is no token to choose from.
    #[error("none of the model's {0} tokens is allowed")]
    NothingAllowed(usize),
}

/// Draws tokens. The model's own draw stands wherever the grammar allows it, and only elsewhere is
/// another one drawn among the allowed tokens. With `top_p` at 1 each token comes just as often as if the
/// forbidden ones had been taken away beforehand.
pub struct Sampler {
    temperature: f32,
    top_p: f32,
    rng: Pcg32,
    /// Weights and their tokens, kept for its memory alone.
    weights: Vec<(f32, u32)>,
}

impl Sampler {
    /// A sampler with its own random numbers. At temperature 0 or less it takes the likeliest token, the
    /// lowest of several. Of the distribution at that temperature it keeps the fewest tokens that make up
    /// `top_p`: all of them at 1 or more, one at 0 or less.
    pub fn new(temperature: f32, top_p: f32, seed: u64) -> Self {
        Self { temperature, top_p, rng: Pcg32::seed_from_u64(seed), weights: Vec::new() }
    }

    /// Draws a token by the logits, one for each token, among the allowed ones.
    pub fn sample(&mut self, logits: &[f32], allowed: Option<&Mask>) -> Result<Choice, SamplerError> {
        if let Some(token) = logits.iter().position(|logit| !logit.is_finite()) {
            return Err(SamplerError::NotFinite(token as u32));
        }
        if among(logits, allowed).next().is_none() {
            return Err(SamplerError::NothingAllowed(logits.len()));
        }
        let own = self.draw(logits, None);
        let bent = allowed.is_some_and(|mask| !mask.contains(own));
        let token = if bent { self.draw(logits, allowed) } else { own };
        Ok(Choice { token, log_probability: log_probability(logits, token), bent })
    }

    fn draw(&mut self, logits: &[f32], allowed: Option<&Mask>) -> u32 {
        let (likeliest, highest) = likeliest(logits, allowed);
        if self.temperature <= 0.0 || self.top_p <= 0.0 {
            return likeliest;
        }
        // In f64 no difference or quotient of finite logits is NaN.
        let temperature = f64::from(self.temperature);
        let weight = |logit| libm::expf((difference(logit, highest) / temperature) as f32);
        self.weights.clear();
        self.weights.extend(among(logits, allowed).map(|(token, logit)| (weight(logit), token)));
        if self.top_p < 1.0 {
            cut(&mut self.weights, f64::from(self.top_p));
        }
        let mut sum = 0.0;
        let at = self.rng.random::<f64>() * total(&self.weights);
        let drawn = self.weights.iter().find(|&&(weight, _)| {
            sum += f64::from(weight);
            at < sum
        });
        drawn.map_or(likeliest, |&(_, token)| token) // `at` may have been rounded up to the total
    }
}

/// Keeps the heaviest tokens that together make up the share `top_p`, one at least.
fn cut(weights: &mut Vec<(f32, u32)>, top_p: f64) {
    let total = total(weights);
    // All tokens below this weight together are less than what is cut, so none of them needs sorting. The
    // likeliest weighs 1.
    let floor = ((1.0 - top_p) * total / weights.len() as f64).min(1.0);
    weights.retain(|&(weight, _)| f64::from(weight) >= floor);
    weights.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then(a.1.cmp(&b.1)));
    let mut sum = 0.0;
    let short = weights.iter().take_while(|&&(weight, _)| {
        sum += f64::from(weight);
        sum < top_p * total
    });
    let kept = short.count() + 1;
    weights.truncate(kept);
}

fn total(weights: &[(f32, u32)]) -> f64 {
    weights.iter().map(|&(weight, _)| f64::from(weight)).sum()
}

/// The allowed tokens with their logits.
fn among(logits: &[f32], allowed: Option<&Mask>) -> impl Iterator<Item = (u32, f32)> {
    let tokens = (0..).zip(logits.iter().copied());
    tokens.filter(move |&(token, _)| allowed.is_none_or(|mask| mask.contains(token)))
}

/// The allowed token with the highest logit, the lowest of several, and that logit.
fn likeliest(logits: &[f32], allowed: Option<&Mask>) -> (u32, f32) {
    among(logits, allowed).fold((0, f32::NEG_INFINITY), |best, one| if one.1 > best.1 { one } else { best })
}

/// The log-probability of a token among all, at temperature 1.
fn log_probability(logits: &[f32], token: u32) -> f32 {
    let (_, highest) = likeliest(logits, None);
    let weight = |&logit| f64::from(libm::expf(difference(logit, highest) as f32));
    let total: f64 = logits.iter().map(weight).sum();
    (difference(logits[token as usize], highest) - libm::log(total)) as f32
}

/// A difference of logits, which may be larger than any `f32`.
fn difference(logit: f32, highest: f32) -> f64 {
    f64::from(logit) - f64::from(highest)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use crate::vlm::grammar::{Grammar, Vocabulary, choice};
    use proptest::prelude::*;
    use std::sync::Arc;
    use std::time::Instant;

    fn random_logits(size: usize, spread: f32, rng: &mut Pcg32) -> Vec<f32> {
        (0..size).map(|_| (rng.random::<f32>() + rng.random::<f32>() - 1.0) * spread).collect()
    }

    fn softmax(logits: &[f32], temperature: f64) -> Vec<f64> {
        let weights: Vec<f64> = logits.iter().map(|&logit| (f64::from(logit) / temperature).exp()).collect();
        let total: f64 = weights.iter().sum();
        weights.iter().map(|weight| weight / total).collect()
    }

    /// Draws often, and checks that each token comes as often as it should, give or take five standard
    /// errors. Returns how often a draw was bent.
    fn check_shares(sampler: &mut Sampler, logits: &[f32], allowed: Option<&Mask>, shares: &[f64]) -> f64 {
        const DRAWS: u32 = 40_000;
        let mut counts = vec![0; shares.len()];
        let mut bent = 0;
        for _ in 0..DRAWS {
            let choice = sampler.sample(logits, allowed).unwrap();
            counts[choice.token as usize] += 1;
            bent += u32::from(choice.bent);
        }
        for (token, (&count, share)) in counts.iter().zip(shares).enumerate() {
            let off = (f64::from(count) / f64::from(DRAWS) - share).abs();
            let error = (share * (1.0 - share) / f64::from(DRAWS)).sqrt();
            assert!(off <= 5.0 * error, "token {token}: {count} of {DRAWS}, expected {share}");
        }
        f64::from(bent) / f64::from(DRAWS)
    }

    const LOGITS: [f32; 7] = [0.5, -1.0, 2.0, 1.9, 0.0, -3.0, 1.0];

    #[test]
    fn tokens_come_as_often_as_the_model_says() {
        for temperature in [0.5, 1.0, 2.5] {
            let shares = softmax(&LOGITS, temperature);
            let bent = check_shares(&mut Sampler::new(temperature as f32, 1.0, 5), &LOGITS, None, &shares);
            assert_eq!(bent, 0.0);
        }
    }

    #[test]
    fn allowed_tokens_come_as_if_the_others_were_not_there() {
        let allowed = Mask::from_iter([0, 1, 3, 5]);
        for temperature in [0.5, 1.0, 2.5] {
            let mut shares = softmax(&LOGITS, temperature);
            let mut forbidden = 0.0;
            for (token, share) in shares.iter_mut().enumerate() {
                if !allowed.contains(token as u32) {
                    forbidden += std::mem::take(share);
                }
            }
            shares.iter_mut().for_each(|share| *share /= 1.0 - forbidden);
            let mut sampler = Sampler::new(temperature as f32, 1.0, 6);
            let bent = check_shares(&mut sampler, &LOGITS, Some(&allowed), &shares);
            assert!((bent - forbidden).abs() < 5.0 * (0.25_f64 / 40_000.0).sqrt(), "{bent}, {forbidden}");
        }
    }

    #[test]
    fn top_p_keeps_the_fewest_tokens_that_make_it_up() {
        // Shares of 0.4, 0.3, 0.2 and 0.1.
        let logits = [0.2_f32, 0.4, 0.1, 0.3].map(f32::ln);
        for (top_p, shares) in [
            (0.69, [0.0, 4.0 / 7.0, 0.0, 3.0 / 7.0]),
            (0.71, [2.0 / 9.0, 4.0 / 9.0, 0.0, 3.0 / 9.0]),
            (0.39, [0.0, 1.0, 0.0, 0.0]),
            (0.0, [0.0, 1.0, 0.0, 0.0]),
            (1.0, [0.2, 0.4, 0.1, 0.3]),
        ] {
            check_shares(&mut Sampler::new(1.0, top_p, 7), &logits, None, &shares);
        }
        // Of the allowed tokens alone 0.2 and 0.1 are left: 0.6 of them is the first.
        let allowed = Mask::from_iter([0, 2]);
        check_shares(&mut Sampler::new(1.0, 0.6, 8), &logits, Some(&allowed), &[1.0, 0.0, 0.0, 0.0]);
    }

    #[test]
    fn without_a_temperature_the_likeliest_token_is_taken() {
        let mut greedy = Sampler::new(0.0, 1.0, 1);
        let choice = greedy.sample(&[0.0, 3.0, 3.0, 1.0], None).unwrap();
        assert_eq!((choice.token, choice.bent), (1, false), "the lowest of several");
        let choice = greedy.sample(&[0.0, 3.0, 3.0, 1.0], Some(&Mask::from_iter([0, 3]))).unwrap();
        assert_eq!((choice.token, choice.bent), (3, true));
        let choice = greedy.sample(&[0.0, 3.0, 3.0, 1.0], Some(&Mask::from_iter([0, 1]))).unwrap();
        assert_eq!((choice.token, choice.bent), (1, false));
    }

    #[test]
    fn a_forced_token_is_still_scored() {
        let choice = Sampler::new(1.0, 1.0, 1).sample(&[0.0, 30.0], Some(&Mask::from_iter([0]))).unwrap();
        assert_eq!((choice.token, choice.bent), (0, true));
        assert!((choice.log_probability + 30.0).abs() < 1e-6);
    }

    #[test]
    fn a_model_gone_wrong_is_reported() {
        let mut sampler = Sampler::new(1.0, 0.9, 1);
        for odd in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert_eq!(sampler.sample(&[1.0, odd], None), Err(SamplerError::NotFinite(1)));
        }
        assert_eq!(sampler.sample(&[], None), Err(SamplerError::NothingAllowed(0)));
        let beyond = Mask::from_iter([2]);
        assert_eq!(sampler.sample(&[1.0, 2.0], Some(&beyond)), Err(SamplerError::NothingAllowed(2)));
    }

    #[test]
    fn logits_of_any_size_are_drawn_from() {
        let logits = [f32::MAX, 0.0, f32::MIN];
        for temperature in [1e-40, 1e-3, 1.0, 1e30, f32::INFINITY, f32::NAN] {
            for top_p in [0.5, 1.0, f32::NAN] {
                let choice = Sampler::new(temperature, top_p, 2).sample(&logits, None).unwrap();
                assert!(choice.token == 0 || temperature >= 1e30);
                assert!(!choice.log_probability.is_nan());
            }
        }
    }

    /// WebAssembly in V8 gave the same tokens and bits. They change only with `rand`, `rand_pcg` or `libm`,
    /// and then old seeds no longer replay.
    #[test]
    fn a_seed_always_draws_the_same() {
        let mut rng = Pcg32::seed_from_u64(3);
        let mut sampler = Sampler::new(0.8, 0.95, 4);
        let allowed = Mask::from_iter((0..1_000).filter(|token| token % 3 > 0));
        let mut digest = 0_u64;
        for _ in 0..200 {
            let choice = sampler.sample(&random_logits(1_000, 8.0, &mut rng), Some(&allowed)).unwrap();
            for part in [choice.token, choice.log_probability.to_bits()] {
                digest = digest.wrapping_mul(0x100_0000_01b3) ^ u64::from(part);
            }
        }
        assert_eq!(digest, 7_209_579_978_444_922_459);
    }

    proptest! {
        #[test]
        fn log_probabilities_are_the_models_own(
            logits in prop::collection::vec(-20_f32..20.0, 1..40),
            seed: u64,
            forbidden in prop::collection::vec(any::<prop::sample::Index>(), 0..10),
        ) {
            let forbidden: Vec<_> = forbidden.iter().map(|index| index.index(logits.len())).collect();
            let tokens = (0..logits.len()).filter(|token| !forbidden.contains(token));
            let allowed = Mask::from_iter(tokens.map(|token| token as u32));
            prop_assume!(allowed.tokens().next().is_some());
            let choice = Sampler::new(0.7, 0.9, seed).sample(&logits, Some(&allowed)).unwrap();
            let shares = softmax(&logits, 1.0);
            let share = shares[choice.token as usize];
            prop_assert!(allowed.contains(choice.token));
            prop_assert!((f64::from(choice.log_probability) - share.ln()).abs() < 1e-5);
        }

        #[test]
        fn the_grammar_changes_nothing_that_it_allows(
            logits in prop::collection::vec(-3_f32..3.0, 2..40),
            seed: u64,
            temperature in 0_f32..2.0,
            top_p in 0.1_f32..1.2,
        ) {
            let allowed = Mask::from_iter((0..logits.len() as u32).step_by(2));
            let free = Sampler::new(temperature, top_p, seed).sample(&logits, None).unwrap();
            let held = Sampler::new(temperature, top_p, seed).sample(&logits, Some(&allowed)).unwrap();
            prop_assert_eq!(held.bent, !allowed.contains(free.token));
            prop_assert!(held.bent || held.token == free.token);
            prop_assert!(!free.bent);
        }

        /// Against sorting everything.
        #[test]
        fn the_cut_is_that_of_the_sorted_tokens(
            weights in prop::collection::vec(0_u8..20, 1..60),
            top_p in 0.05_f64..0.99,
        ) {
            // As in a draw, the likeliest weighs 1; sixteenths keep the sums exact.
            let mut weights: Vec<_> =
                (0..).zip(weights).map(|(token, weight)| (f32::from(weight.min(16)) / 16.0, token)).collect();
            weights[0].0 = 1.0;
            let mut sorted = weights.clone();
            sorted.sort_by(|a, b| b.0.total_cmp(&a.0));
            let total: f32 = sorted.iter().map(|weight| weight.0).sum();
            let enough = |kept: &usize| {
                let sum: f32 = sorted[..*kept].iter().map(|weight| weight.0).sum();
                f64::from(sum) >= top_p * f64::from(total)
            };
            let kept = (1..sorted.len()).find(enough).unwrap_or(sorted.len());
            cut(&mut weights, top_p);
            prop_assert_eq!(&weights, &sorted[..kept]);
        }

        /// The promise of grammar and sampler together: whatever the model, the text matches and fits.
        #[test]
        fn any_model_writes_what_the_pattern_says(
            number in 0..4_usize,
            seed: u64,
            spread in 0_f32..60.0,
            temperature in prop::sample::select(vec![0.0, 0.7, 1.0, 3.0]),
            spare in 0..60_usize,
            loved in prop::collection::vec(0_u32..300, 0..4),
        ) {
            let actions = choice(&["up", "down", "left", "right", "wait"]);
            let some = r"[^\n]{1,80}";
            let pattern = [
                format!(r"[^\n]*(\n[^\n]*){{0,5}}\nAction: {actions}"),
                format!(r"RULE_ID: R[1-9]\nTRIGGER: {some}\nOBSERVATION: {some}\nNEW_HEURISTIC: {some}"),
                format!("((go|walk|run) {actions}( then (stop|(go|run) {actions}( twice)?))?;){{1,3}}"),
                r#"\{"why": "([^"\\\x00-\x1f]|\\["\\n])*", "act": [0-9]{1,2}\}"#.into(),
            ][number].clone();
            let words = [
                "\nAction: ", "Action", "up", "down", " left", "wai", "wait", "RULE", "_ID: ", "TRI",
                "go ", ";run ", " é", "\": \"", "\n\n", "0\", ",
            ];
            let bytes = (0..=u8::MAX).map(|byte| vec![byte]);
            let tokens = bytes.chain(words.iter().map(|word| word.as_bytes().to_vec()));
            let end = 256 + words.len() as u32;
            let vocabulary = Arc::new(Vocabulary::new(tokens.chain([vec![], vec![]]), end));
            let mut grammar = Grammar::new(&pattern, &vocabulary).unwrap();

            let mut rng = Pcg32::seed_from_u64(seed);
            let mut sampler = Sampler::new(temperature, 1.0, seed);
            let budget = grammar.shortest() + spare;
            let (mut state, mut text, mut used) = (grammar.start(), Vec::new(), 0);
            loop {
                let allowed = grammar.allowed(state, budget - used);
                if allowed.only() == Some(end) {
                    break;
                }
                let mut logits = random_logits(300, spread, &mut rng);
                for &token in &loved {
                    logits[token as usize] += 40.0;
                }
                let choice = sampler.sample(&logits, Some(allowed)).unwrap();
                prop_assert!(allowed.contains(choice.token));
                if choice.token == end {
                    break;
                }
                text.extend(vocabulary.bytes(choice.token));
                state = grammar.advance(state, choice.token);
                used += 1;
            }
            prop_assert!(used <= budget);
            let text = String::from_utf8(text).unwrap();
            prop_assert!(matches(&pattern, &text), "{text:?}");
            if number == 0 {
                let action = text.rsplit_once("\nAction: ").unwrap().1;
                prop_assert!(["up", "down", "left", "right", "wait"].contains(&action));
            }
        }
    }

    /// Whether a whole text matches, by the crate's own search.
    fn matches(pattern: &str, text: &str) -> bool {
        use regex_automata::dfa::{Automaton, dense};
        let whole = dense::DFA::new(&format!("^(?:{pattern})$")).unwrap();
        let input = regex_automata::Input::new(text).anchored(regex_automata::Anchored::Yes);
        whole.try_search_fwd(&input).unwrap().is_some()
    }

    #[test]
    fn a_draw_is_quick() {
        let mut rng = Pcg32::seed_from_u64(1);
        for size in [1_000, 4_000, 49_280] {
            let logits = random_logits(size, 10.0, &mut rng);
            let most = Mask::from_iter((0..size as u32).filter(|token| token % 64 > 0));
            let few = Mask::from_iter([3, 5, 8, 13, 21]);
            for (temperature, top_p) in [(0.0, 1.0), (1.0, 1.0), (0.8, 0.95)] {
                for (name, allowed) in [("all", None), ("most", Some(&most)), ("few", Some(&few))] {
                    let mut sampler = Sampler::new(temperature, top_p, 1);
                    let started = Instant::now();
                    for _ in 0..200 {
                        std::hint::black_box(sampler.sample(std::hint::black_box(&logits), allowed).unwrap());
                    }
                    let each = started.elapsed() / 200;
                    println!(
                        "{size} tokens, {name} allowed, temperature {temperature}, top {top_p}: {each:?}"
                    );
                }
            }
        }
    }
}
