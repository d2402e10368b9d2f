//! What the model may write: a regular expression that its whole text matches, as masks over tokens.
//!
//! A [`Grammar`] holds for any model and any budget of tokens from [`Grammar::shortest`] up: what is
//! written under its masks matches the pattern and fits. Patterns have the syntax of the crate `regex`
//! and match UTF-8 alone, so the text is always valid, even where a token is part of a character.
//!
//! The automaton is dense, not lazy: all its states must be known beforehand, to count how many tokens
//! each is from the end, and patterns this size have a few hundred. The masks are made when first asked
//! for, by one walk over the vocabulary's trie, and kept.

use regex_automata::Anchored;
use regex_automata::dfa::{Automaton as _, StartKind, dense};
use regex_automata::nfa::thompson;
use regex_automata::util::start;
use std::collections::{HashMap, VecDeque};
use std::error::Error;
use std::sync::Arc;

/// What each step of compiling a pattern may take, in bytes: enough for several thousand states.
const SIZE_LIMIT: usize = 4 << 20;

/// In place of a number of tokens: no number is enough.
const NEVER: u32 = u32::MAX;

/// A pattern for a text as it stands.
pub fn literal(text: &str) -> String {
    let mut pattern = String::new();
    for c in text.chars() {
        if r"\.+*?()|[]{}^$#&-~".contains(c) {
            pattern.push('\\');
        }
        pattern.push(c);
    }
    pattern
}

/// A pattern for one of some texts as they stand; for none of them, a pattern that nothing matches.
pub fn choice<T: AsRef<str>>(texts: &[T]) -> String {
    let texts: Vec<_> = texts.iter().map(|text| literal(text.as_ref())).collect();
    if texts.is_empty() { "[a&&b]".into() } else { format!("(?:{})", texts.join("|")) }
}

/// The bytes of every token, also as a trie, so that tokens that begin alike are looked at once.
pub struct Vocabulary {
    tokens: Vec<Box<[u8]>>,
    end: u32,
    /// The trie in the order of a walk through it: a node, then everything below it.
    nodes: Vec<Node>,
    /// The tokens that a text may contain, in the order of their bytes, which is that of the nodes.
    sorted: Vec<u32>,
    longest: usize,
}

/// A byte in some tokens, after the bytes above it in the trie.
struct Node {
    byte: u8,
    depth: u16,
    /// Where the walk goes on when nothing below this node is wanted.
    next: u32,
    /// Where the tokens that end here begin in `sorted`; they end where the next node's begin.
    tokens: u32,
}

impl Vocabulary {
    /// A vocabulary from what each token adds to a text, by id, and the id that ends it. A token without
    /// bytes is a special one, and never legal; the end token's own bytes don't count.
    pub fn new<T: AsRef<[u8]>>(tokens: impl IntoIterator<Item = T>, end: u32) -> Self {
        let mut tokens: Vec<Box<[u8]>> = tokens.into_iter().map(|token| token.as_ref().into()).collect();
        if let Some(token) = tokens.get_mut(end as usize) {
            *token = [].into();
        }
        let mut sorted: Vec<_> =
            (0..tokens.len() as u32).filter(|&id| !tokens[id as usize].is_empty()).collect();
        sorted.sort_by_key(|&id| &tokens[id as usize]);

        let mut nodes: Vec<Node> = Vec::new();
        let mut path: Vec<usize> = Vec::new(); // the nodes of the token before
        let mut before: &[u8] = &[];
        for (rank, &id) in sorted.iter().enumerate() {
            let token = &tokens[id as usize];
            let shared = before.iter().zip(token).take_while(|(a, b)| a == b).count();
            for closed in path.drain(shared..) {
                nodes[closed].next = nodes.len() as u32;
            }
            for (depth, &byte) in token.iter().enumerate().skip(shared) {
                path.push(nodes.len());
                nodes.push(Node { byte, depth: depth as u16, next: 0, tokens: rank as u32 });
            }
            before = token;
        }
        for closed in path {
            nodes[closed].next = nodes.len() as u32;
        }
        let longest = tokens.iter().map(|token| token.len()).max().unwrap_or(0);
        Self { tokens, end, nodes, sorted, longest }
    }

    /// What a token adds to a text; nothing for special tokens and unknown ones.
    pub fn bytes(&self, token: u32) -> &[u8] {
        self.tokens.get(token as usize).map_or(&[], |bytes| bytes)
    }

    /// The token that ends a text.
    pub fn end(&self) -> u32 {
        self.end
    }

    /// Calls `visit` for all tokens that the automaton can read in state `from`, those of the same bytes
    /// at once, with the states after each of their bytes.
    fn walk(&self, automaton: &Automaton, from: u32, mut visit: impl FnMut(&[u32], &[u32])) {
        let mut states = vec![from; self.longest + 1];
        let mut at = 0;
        while let Some(node) = self.nodes.get(at) {
            let depth = usize::from(node.depth);
            let state = automaton.next(states[depth], node.byte);
            if state == Automaton::DEAD {
                at = node.next as usize;
                continue;
            }
            states[depth + 1] = state;
            at += 1;
            let until = self.nodes.get(at).map_or(self.sorted.len(), |next| next.tokens as usize);
            let tokens = &self.sorted[node.tokens as usize..until];
            if !tokens.is_empty() {
                visit(&states[1..depth + 2], tokens);
            }
        }
    }
}

impl std::fmt::Debug for Vocabulary {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Vocabulary({} tokens, end {})", self.tokens.len(), self.end)
    }
}

/// A set of tokens.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Mask {
    words: Vec<u64>,
}

impl Mask {
    /// Whether a token is in the set.
    #[inline]
    pub fn contains(&self, token: u32) -> bool {
        self.words.get(token as usize / 64).is_some_and(|word| word >> (token % 64) & 1 == 1)
    }

    /// The tokens of the set, in order.
    pub fn tokens(&self) -> impl Iterator<Item = u32> {
        let bits = |&word: &u64| std::iter::successors(Some(word), |w| Some(w & w.wrapping_sub(1)));
        let tokens = move |(at, word)| {
            let lowest = move |word: u64| at as u32 * 64 + word.trailing_zeros();
            bits(word).take_while(|&word| word != 0).map(lowest)
        };
        self.words.iter().enumerate().flat_map(tokens)
    }

    /// The token of a set of one: what comes next without asking the model.
    pub fn only(&self) -> Option<u32> {
        let mut tokens = self.tokens();
        let first = tokens.next();
        if tokens.next().is_none() { first } else { None }
    }

    fn insert(&mut self, token: u32) {
        let word = token as usize / 64;
        if word >= self.words.len() {
            self.words.resize(word + 1, 0);
        }
        self.words[word] |= 1 << (token % 64);
    }
}

impl FromIterator<u32> for Mask {
    fn from_iter<I: IntoIterator<Item = u32>>(tokens: I) -> Self {
        let mut mask = Mask::default();
        tokens.into_iter().for_each(|token| mask.insert(token));
        mask
    }
}

/// Why there is no [`Grammar`] of a pattern.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum GrammarError {
    /// The pattern is not a regular expression, or too large a one.
    #[error("the pattern {pattern:?} does not compile: {problem}")]
    Pattern {
        /// The pattern.
        pattern: String,
        /// What is wrong with it.
        problem: String,
    },
    /// No text at all matches the pattern.
    #[error("no text matches the pattern {0:?}")]
    Empty(String),
    /// A part of the pattern is out of the model's reach.
    #[error("no tokens spell {text:?}, as a text of the pattern {pattern:?} may begin")]
    Unspellable {
        /// The pattern.
        pattern: String,
        /// The shortest beginning of a text that the pattern allows and the vocabulary does not.
        text: String,
    },
}

/// The texts that match a pattern, as a table: what is left of them depends on the state alone.
struct Automaton {
    /// The state after each byte, by state. Shorter ways to a state give it a lower number.
    next: Vec<[u32; 256]>,
    /// Whether a text may end in a state.
    complete: Vec<bool>,
    /// The last byte of a shortest text to a state, and the state before it.
    back: Vec<(u8, u32)>,
}

impl Automaton {
    /// The state that no text leads out of.
    const DEAD: u32 = 0;
    const START: u32 = 1;

    fn new(pattern: &str) -> Result<Self, GrammarError> {
        let config = dense::Config::new()
            .start_kind(StartKind::Anchored)
            .accelerate(false)
            .dfa_size_limit(Some(SIZE_LIMIT))
            .determinize_size_limit(Some(SIZE_LIMIT));
        let problem =
            |error: &dyn Error| GrammarError::Pattern { pattern: pattern.into(), problem: root_of(error) };
        // The `\z` makes the automaton die where no match is possible, not a byte later.
        let dfa = dense::Builder::new()
            .configure(config)
            .thompson(thompson::Config::new().nfa_size_limit(Some(SIZE_LIMIT)))
            .build(&format!(r"(?:{pattern})\z"))
            .map_err(|error| problem(&error))?;
        let start = dfa
            .start_state(&start::Config::new().anchored(Anchored::Yes))
            .map_err(|error| problem(&error))?;

        // All that can be reached, breadth first, printable bytes first.
        let mut ids = vec![start];
        let mut numbers = HashMap::from([(start, Self::START)]);
        let mut automaton =
            Self { next: vec![[Self::DEAD; 256]], complete: vec![false], back: vec![(0, 0); 2] };
        while let Some(&id) = ids.get(automaton.next.len() - 1) {
            let mut row = [Self::DEAD; 256];
            for byte in (0..=u8::MAX).map(|byte| byte.wrapping_add(b' ')) {
                let next = dfa.next_state(id, byte);
                if !dfa.is_dead_state(next) {
                    row[usize::from(byte)] = *numbers.entry(next).or_insert_with(|| {
                        ids.push(next);
                        automaton.back.push((byte, automaton.next.len() as u32));
                        ids.len() as u32
                    });
                }
            }
            automaton.next.push(row);
            automaton.complete.push(dfa.is_match_state(dfa.next_eoi_state(id)));
        }
        Ok(automaton)
    }

    fn next(&self, state: u32, byte: u8) -> u32 {
        self.next[state as usize][usize::from(byte)]
    }

    /// Whether only the rest of a character can follow.
    fn is_inside_character(&self, state: usize) -> bool {
        self.next[state][0x80..=0xbf].iter().any(|&next| next != Self::DEAD)
    }

    /// A shortest text to a state.
    fn text_to(&self, state: usize) -> String {
        let back = |state: usize| (state > Self::START as usize).then(|| self.back[state]);
        let steps = std::iter::successors(back(state), |&(_, before)| back(before as usize));
        let mut text: Vec<u8> = steps.map(|(byte, _)| byte).collect();
        text.reverse();
        String::from_utf8_lossy(&text).into_owned()
    }
}

/// What an error is at bottom, without the drawing of the place that the parser puts before it.
fn root_of(error: &dyn Error) -> String {
    let text = error.source().map_or_else(|| error.to_string(), root_of);
    text.lines().last().unwrap_or_default().trim_start_matches("error: ").to_string()
}

/// Where a text stands in its grammar.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct State(u32);

/// A pattern over a vocabulary: says after every token which tokens may follow.
///
/// A text is written so, `budget` being at least [`Grammar::shortest`] (the end token is not counted):
///
/// ```
/// use rulewright::vlm::grammar::{Grammar, Vocabulary, choice};
/// use std::sync::Arc;
///
/// let vocabulary = Arc::new(Vocabulary::new(["u", "p", "up", "down", ""], 4));
/// let mut grammar = Grammar::new(&choice(&["up", "down"]), &vocabulary)?;
/// let (mut state, mut text, budget) = (grammar.start(), Vec::<u8>::new(), 8);
/// for left in (0..=budget).rev() {
///     let allowed = grammar.allowed(state, left);
///     let token = allowed.tokens().next().expect("a token"); // the model's choice
///     if token == vocabulary.end() {
///         break;
///     }
///     text.extend(vocabulary.bytes(token));
///     state = grammar.advance(state, token);
/// }
/// assert_eq!(text, b"up");
/// # Ok::<(), rulewright::vlm::grammar::GrammarError>(())
/// ```
pub struct Grammar {
    vocabulary: Arc<Vocabulary>,
    automaton: Automaton,
    /// The fewest tokens from each state to a complete text.
    least: Vec<u32>,
    /// The largest `least` that one token from each state leads to: what is left beyond it is no limit.
    most: Vec<u32>,
    masks: HashMap<(State, u32), Mask>,
}

impl Grammar {
    /// The grammar of a pattern, or why there is none. The tokens must spell every part of the pattern,
    /// so that no action is silently out of reach. A class of characters (`a|b` is one) is spelled when
    /// one of them is.
    pub fn new(pattern: &str, vocabulary: &Arc<Vocabulary>) -> Result<Self, GrammarError> {
        let automaton = Automaton::new(pattern)?;
        let Some(shortest) = automaton.complete.iter().position(|&complete| complete) else {
            return Err(GrammarError::Empty(pattern.into()));
        };
        let states = automaton.next.len();
        let (least, most) = (vec![NEVER; states], vec![0; states]);
        let vocabulary = Arc::clone(vocabulary);
        let mut grammar = Self { vocabulary, automaton, least, most, masks: HashMap::new() };
        let passed = grammar.measure();

        // Free text has many states inside of characters, and a vocabulary without most of the world's
        // is in order.
        let automaton = &grammar.automaton;
        let missed = (1..states).find(|&state| !passed[state] && !automaton.is_inside_character(state));
        // There may still be no way from part to part, as with the tokens "ab" and "bc" for `abc`.
        let stuck = (grammar.least[Automaton::START as usize] == NEVER).then_some(shortest);
        match missed.or(stuck) {
            Some(state) => {
                Err(GrammarError::Unspellable { pattern: pattern.into(), text: automaton.text_to(state) })
            }
            None => Ok(grammar),
        }
    }

    /// Where an empty text stands.
    pub fn start(&self) -> State {
        State(Automaton::START)
    }

    /// The fewest tokens that make a complete text.
    pub fn shortest(&self) -> usize {
        self.least[Automaton::START as usize] as usize
    }

    /// Whether the text may end here.
    pub fn is_complete(&self, state: State) -> bool {
        self.automaton.complete[state.0 as usize]
    }

    /// Where the text stands after a token. Nothing is allowed after one that was not.
    pub fn advance(&self, state: State, token: u32) -> State {
        let bytes = self.vocabulary.bytes(token);
        State(bytes.iter().fold(state.0, |state, &byte| self.automaton.next(state, byte)))
    }

    /// The tokens that may come next and leave the text completable, with `tokens_left` for it from here
    /// on. The end token is among them exactly where the text is complete, and alone where it is over.
    pub fn allowed(&mut self, state: State, tokens_left: usize) -> &Mask {
        let enough = self.most[state.0 as usize] + 1;
        let left = tokens_left.min(enough as usize) as u32;
        self.masks.entry((state, left)).or_insert_with(|| {
            let mut mask = Mask { words: vec![0; self.vocabulary.tokens.len().div_ceil(64)] };
            if self.automaton.complete[state.0 as usize] {
                mask.insert(self.vocabulary.end);
            }
            if left > 0 {
                self.vocabulary.walk(&self.automaton, state.0, |path, tokens| {
                    if self.least[path[path.len() - 1] as usize] < left {
                        tokens.iter().for_each(|&token| mask.insert(token));
                    }
                });
            }
            mask
        })
    }

    /// Fills `least` and `most`, and returns which states the tokens pass through, inside of a token too.
    fn measure(&mut self) -> Vec<bool> {
        let states = self.least.len();
        let mut passed = vec![false; states];
        let mut before: Vec<Vec<u32>> = vec![Vec::new(); states]; // the states one token back
        let mut reached = vec![Automaton::START];
        let mut is_reached = vec![false; states];
        passed[Automaton::START as usize] = true;
        is_reached[Automaton::START as usize] = true;
        while let Some(from) = reached.pop() {
            self.vocabulary.walk(&self.automaton, from, |path, _| {
                path.iter().for_each(|&state| passed[state as usize] = true);
                let state = path[path.len() - 1];
                let before = &mut before[state as usize];
                if before.last() != Some(&from) {
                    before.push(from);
                }
                if !std::mem::replace(&mut is_reached[state as usize], true) {
                    reached.push(state);
                }
            });
        }

        // Breadth first from the complete texts back.
        let complete = (1..states).filter(|&state| is_reached[state] && self.automaton.complete[state]);
        let mut queue = VecDeque::from_iter(complete.map(|state| (state, 0)));
        while let Some((state, tokens)) = queue.pop_front() {
            if self.least[state] == NEVER {
                self.least[state] = tokens;
                for &from in &before[state] {
                    let most = &mut self.most[from as usize];
                    *most = tokens.max(*most);
                    queue.push_back((from as usize, tokens + 1));
                }
            }
        }
        passed
    }
}

impl std::fmt::Debug for Grammar {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Grammar({} states, {} masks)", self.least.len(), self.masks.len())
    }
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use rand::{RngExt, SeedableRng};
    use rand_pcg::Pcg32;
    use std::collections::HashSet;
    use std::time::Instant;

    const BALLOT: &str = r"[^\n]*(\n[^\n]*){0,5}\nAction: (up|down|left|right|wait)";

    fn vocabulary(tokens: &[&str]) -> Arc<Vocabulary> {
        Arc::new(Vocabulary::new(tokens.iter().copied().chain([""]), tokens.len() as u32))
    }

    /// All bytes, then distinct made-up words, then the end token.
    fn words(size: usize) -> Arc<Vocabulary> {
        let mut rng = Pcg32::seed_from_u64(1);
        let mut tokens: Vec<Vec<u8>> = (0..=u8::MAX).map(|byte| vec![byte]).collect();
        let mut known: HashSet<Vec<u8>> = tokens.iter().cloned().collect();
        while tokens.len() < size - 1 {
            let letters = rng.random_range(1..9);
            let mut word = if rng.random() { vec![b' '] } else { vec![] };
            word.extend((0..letters).map(|_| b"etaoinshrdlucmfw"[rng.random_range(0..16usize)]));
            if known.insert(word.clone()) {
                tokens.push(word);
            }
        }
        Arc::new(Vocabulary::new(tokens.into_iter().chain([vec![]]), size as u32 - 1))
    }

    fn texts(vocabulary: &Vocabulary, mask: &Mask) -> Vec<String> {
        mask.tokens().map(|token| String::from_utf8_lossy(vocabulary.bytes(token)).into_owned()).collect()
    }

    #[test]
    fn only_tokens_that_keep_to_the_pattern_are_allowed() {
        let vocabulary = vocabulary(&["u", "p", "up", "d", "own", "down", "upx", "x"]);
        let mut grammar = Grammar::new(&choice(&["up", "down"]), &vocabulary).unwrap();
        let start = grammar.start();
        assert_eq!(texts(&vocabulary, grammar.allowed(start, 9)), ["u", "up", "d", "down"]);
        let state = grammar.advance(start, 3);
        assert_eq!(grammar.allowed(state, 9).only(), Some(4));
        let state = grammar.advance(state, 4);
        assert!(grammar.is_complete(state));
        assert_eq!(grammar.allowed(state, 9).only(), Some(vocabulary.end()), "nothing else is possible");
        let off = grammar.advance(start, 7);
        assert_eq!(grammar.allowed(off, 9).tokens().count(), 0);
    }

    #[test]
    fn a_text_is_complete_when_its_tokens_run_out() {
        let vocabulary = vocabulary(&["a", "b", "c", "bc"]);
        let mut grammar = Grammar::new("a*bc", &vocabulary).unwrap();
        let start = grammar.start();
        assert_eq!(grammar.shortest(), 1);
        assert_eq!(texts(&vocabulary, grammar.allowed(start, 1)), ["bc"]);
        assert_eq!(texts(&vocabulary, grammar.allowed(start, 2)), ["a", "b", "bc"]);
        assert_eq!(grammar.allowed(start, 0).tokens().count(), 0, "too late");
        let end = grammar.advance(start, 3);
        assert_eq!(grammar.allowed(end, 0).only(), Some(4));
    }

    #[test]
    fn the_text_is_never_part_of_a_character() {
        let tokens: [&[u8]; 5] = [b"a", b"\xc3", b"\xa9", b"\xf4", b""];
        let vocabulary = Arc::new(Vocabulary::new(tokens, 4));
        let mut grammar = Grammar::new("[^\n]*", &vocabulary).unwrap();
        let start = grammar.start();
        let tokens = |mask: &Mask| mask.tokens().collect::<Vec<_>>();
        assert_eq!(tokens(grammar.allowed(start, 9)), [0, 1, 4], "nothing completes the last one");
        assert_eq!(tokens(grammar.allowed(start, 1)), [0, 4]);
        let inside = grammar.advance(start, 1);
        assert_eq!(tokens(grammar.allowed(inside, 9)), [2]);
    }

    #[test]
    fn special_tokens_and_the_end_tokens_own_bytes_are_never_text() {
        let vocabulary = Arc::new(Vocabulary::new(["a", "", "<end>", "<"], 2));
        let mut grammar = Grammar::new("[a-z<>]*", &vocabulary).unwrap();
        let start = grammar.start();
        assert_eq!(grammar.allowed(start, 9).tokens().collect::<Vec<_>>(), [0, 2, 3]);
        assert_eq!(grammar.advance(start, 2), start);
    }

    #[test]
    fn tokens_of_the_same_bytes_are_all_allowed() {
        let vocabulary = vocabulary(&["b", "a", "ab", "b", "a"]);
        let mut grammar = Grammar::new("[ab]", &vocabulary).unwrap();
        let start = grammar.start();
        assert_eq!(grammar.allowed(start, 9).tokens().collect::<Vec<_>>(), [0, 1, 3, 4]);
    }

    #[test]
    fn texts_in_a_pattern_mean_themselves() {
        let odd = r"a.b*c[d](e|f){2}^$#&-~\n <g> / é";
        let vocabulary = words(300);
        let mut grammar = Grammar::new(&choice(&[odd, "+?"]), &vocabulary).unwrap();
        let mut state = grammar.start();
        for &byte in odd.as_bytes() {
            assert!(grammar.allowed(state, 99).contains(u32::from(byte)), "{}", byte as char);
            state = grammar.advance(state, u32::from(byte));
        }
        assert!(grammar.is_complete(state));
    }

    #[test]
    fn a_vocabulary_that_cannot_spell_an_action_is_refused() {
        let error = |pattern: &str, tokens: &[&str]| Grammar::new(pattern, &vocabulary(tokens)).unwrap_err();
        let ballot = r"[^\n]*\nAction: (?:up|down)";
        let tokens = ["\n", "Action", ":", " ", "u", "p", "d", "o", "n", "é"];
        let GrammarError::Unspellable { text, .. } = error(ballot, &tokens) else { panic!("another error") };
        assert_eq!(text, "\nAction: dow");
        let GrammarError::Unspellable { text, .. } = error("a(b|bcd)", &["abc"]) else {
            panic!("another error")
        };
        assert_eq!(text, "abcd");
        let GrammarError::Unspellable { text, .. } = error("abc", &["ab", "bc"]) else {
            panic!("another error")
        };
        assert_eq!(text, "abc", "spelled in parts that don't fit together");
        let whole = [&tokens[..], &["w"]].concat();
        assert!(Grammar::new(ballot, &vocabulary(&whole)).is_ok());
    }

    #[test]
    fn a_pattern_without_a_meaning_is_refused() {
        let error = |pattern: &str| Grammar::new(pattern, &words(300)).unwrap_err();
        assert!(matches!(error("(up"), GrammarError::Pattern { .. }));
        assert!(matches!(error("[^\n]{1,100000}"), GrammarError::Pattern { .. }), "too large");
        assert_eq!(error(&choice(&[""; 0])), GrammarError::Empty("[a&&b]".into()));
        assert_eq!(error("a^b"), GrammarError::Empty("a^b".into()));
    }

    #[test]
    fn masks_give_back_what_they_were_made_of() {
        let tokens = [0, 63, 64, 65, 200];
        let mask = Mask::from_iter(tokens);
        assert_eq!(mask.tokens().collect::<Vec<_>>(), tokens);
        assert!(tokens.iter().all(|&token| mask.contains(token)));
        assert!(!mask.contains(1) && !mask.contains(u32::MAX));
        assert_eq!(
            (mask.only(), Mask::from_iter([130]).only(), Mask::default().only()),
            (None, Some(130), None)
        );
    }

    proptest! {
        /// What the masks promise, against every way to go on, tried one by one.
        #[test]
        fn masks_hold_exactly_the_tokens_that_can_still_end_well(
            tokens in prop::collection::hash_set("[abc]{1,3}", 1..7),
            pattern in prop::sample::select(vec![
                "a*b", "(ab|ac)*b?c", "a{2,4}(b|c)", "(a|b(c|ab)*)c", "(abc)?[ab]*cab", "ab|ba|cc|",
            ]),
            picks in prop::collection::vec(any::<prop::sample::Index>(), 3),
        ) {
            let tokens: Vec<String> = tokens.into_iter().collect();
            let vocabulary = vocabulary(&tokens.iter().map(String::as_str).collect::<Vec<_>>());
            let Ok(mut grammar) = Grammar::new(pattern, &vocabulary) else { return Ok(()) };
            let whole = dense::DFA::new(&format!("^(?:{pattern})$")).unwrap();
            let matches = |text: &str| {
                let input = regex_automata::Input::new(text).anchored(Anchored::Yes);
                whole.try_search_fwd(&input).unwrap().is_some()
            };
            let mut ends_well: HashMap<(String, usize), bool> = HashMap::new();
            let (mut state, mut text) = (grammar.start(), String::new());
            for pick in picks {
                for left in 0..6 {
                    let mut expected = Vec::new();
                    for (id, token) in tokens.iter().enumerate() {
                        let longer = format!("{text}{token}");
                        if left > 0 && can_end(&longer, left - 1, &tokens, &matches, &mut ends_well) {
                            expected.push(id as u32);
                        }
                    }
                    if matches(&text) {
                        expected.push(vocabulary.end());
                    }
                    prop_assert_eq!(
                        grammar.allowed(state, left).tokens().collect::<Vec<_>>(), expected,
                        "{:?} after {:?}, {} left", pattern, text, left
                    );
                }
                let allowed: Vec<u32> = grammar.allowed(state, 5).tokens().collect();
                if allowed.is_empty() {
                    break;
                }
                let token = *pick.get(&allowed);
                text += std::str::from_utf8(vocabulary.bytes(token)).unwrap();
                state = grammar.advance(state, token);
            }
        }
    }

    fn can_end(
        text: &str,
        left: usize,
        tokens: &[String],
        matches: &impl Fn(&str) -> bool,
        known: &mut HashMap<(String, usize), bool>,
    ) -> bool {
        if let Some(&known) = known.get(&(text.to_string(), left)) {
            return known;
        }
        let can = matches(text)
            || left > 0
                && tokens.iter().any(|t| can_end(&format!("{text}{t}"), left - 1, tokens, matches, known));
        known.insert((text.to_string(), left), can);
        can
    }

    #[test]
    fn large_vocabularies_are_no_trouble() {
        for size in [1_000, 4_000, 49_280] {
            let started = Instant::now();
            let vocabulary = words(size);
            println!("{size} tokens, {} nodes: {:?}", vocabulary.nodes.len(), started.elapsed());
            let long = r"[^\n]{1,120}\n([^\n]{1,120}\n){3}";
            for pattern in [BALLOT, long] {
                let started = Instant::now();
                let automaton = Automaton::new(pattern).unwrap();
                let compiled = started.elapsed();
                println!("  {pattern}: {} states in {compiled:?}", automaton.next.len());
                let started = Instant::now();
                let mut grammar = Grammar::new(pattern, &vocabulary).unwrap();
                println!("    grammar {:?}, at least {} tokens", started.elapsed(), grammar.shortest());
                let state = grammar.start();
                let started = Instant::now();
                let allowed = grammar.allowed(state, 500).tokens().count();
                println!("    first mask {:?}, {allowed} allowed", started.elapsed());
                let started = Instant::now();
                for left in 0..1_000 {
                    assert!(std::hint::black_box(grammar.allowed(state, 500 + left)).contains(b'a'.into()));
                }
                println!("    the same mask {:?}", started.elapsed() / 1_000);
            }
        }
    }
}
