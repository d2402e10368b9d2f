//! The model at work on small folders: bad folders are told in one sentence, what is kept and batched
//! changes nothing, grammars hold, and learning follows its gradient.
#![cfg(all(feature = "vlm", not(target_arch = "wasm32")))]

use std::path::Path;

use burn::tensor::{Device, Tensor, TensorData};
use pollster::block_on;
use proptest::prelude::*;
use rulewright::env::Environment;
use rulewright::frame::Frame;
use rulewright::games::Game;
use rulewright::mind::{
    self, Completion, Glance, Gradient, Lesson, Message, Mind, Objective, Part, Policy, Purpose, Role, Style,
};
use rulewright::vlm::adapter::{Adapter, AdapterConfig};
use rulewright::vlm::config::Config;
use rulewright::vlm::decoder::View;
use rulewright::vlm::folder::{CHECKSUMS, Folder, sha256};
use rulewright::vlm::kernels::{Kernels, Matrix, Sights};
use rulewright::vlm::layers::{Lora, Precision};
use rulewright::vlm::weights::{FILE, INDEX, Quantised, Weights};
use rulewright::vlm::{Vlm, VlmError};

const VOTE: Purpose = Purpose::Vote(Policy::Adapted);

fn folder(name: &str) -> Folder {
    let path = Path::new("tests/parity").join(name);
    Folder::read(&path).unwrap_or_else(|error| panic!("{error}"))
}

fn vlm(precision: Precision) -> Vlm {
    Vlm::new(&folder("grouped"), &Device::flex(), precision).unwrap()
}

fn frame(seed: u32) -> Frame {
    Game::find("orchard").unwrap().start(seed).frame()
}

fn talk(rules: &str, frame: Frame, words: &str) -> Vec<Message> {
    vec![
        Message { role: Role::System, parts: vec![Part::Text(rules.into())] },
        Message { role: Role::User, parts: vec![Part::Image(frame), Part::Text(words.into())] },
    ]
}

fn style(seeds: &[u32], temperature: f32) -> Style {
    Style { seeds: seeds.to_vec(), temperature, top_p: 1.0, most_tokens: 12, grammar: None }
}

fn write(vlm: &mut Vlm, messages: &[Message], style: &Style) -> Vec<Completion> {
    let prompt = vlm.processor().prompt(messages).unwrap();
    block_on(vlm.complete(VOTE, &prompt, style)).unwrap()
}

// A folder that does not fit gets one sentence that names the file and what is wrong.

fn problem(folder: &Folder) -> String {
    match Vlm::new(folder, &Device::flex(), Precision::Full) {
        Ok(_) => panic!("the folder was taken"),
        Err(error) => error.to_string(),
    }
}

fn says(folder: &Folder, parts: &[&str]) {
    let problem = problem(folder);
    assert!(parts.iter().all(|part| problem.contains(part)), "{problem:?} does not say {parts:?}");
    assert!(!problem.contains('\n') && problem.len() < 300, "{problem:?} is not one sentence");
}

/// A folder with a file changed.
fn with(name: &str, file: &str, change: impl Fn(&[u8]) -> Vec<u8>) -> Folder {
    let mut folder = folder(name);
    let bytes = change(folder.get(file).unwrap_or_default());
    folder.insert(file, bytes);
    folder
}

/// A text file with one word replaced.
fn replaced(name: &str, file: &str, from: &str, to: &str) -> Folder {
    with(name, file, |bytes| {
        let text = String::from_utf8(bytes.to_vec()).unwrap();
        assert!(text.contains(from), "{file} has no {from}");
        text.replacen(from, to, 1).into_bytes()
    })
}

#[test]
fn a_folder_without_a_file_names_it() {
    says(&Folder::new(), &["config.json", "missing", "empty"]);
    for file in ["config.json", FILE, "tokenizer.json"] {
        let mut lacking = Folder::new();
        let whole = folder("grouped");
        for (name, _) in whole.files().filter(|(name, _)| *name != file) {
            lacking.insert(name, whole.get(name).unwrap().to_vec());
        }
        says(&lacking, &[file, "missing"]);
    }
}

#[test]
fn a_config_that_is_none_or_does_not_fit_is_told() {
    says(&with("grouped", "config.json", |_| b"<html>".to_vec()), &["config.json"]);
    says(&with("grouped", "config.json", |_| b"{}".to_vec()), &["config.json", "model_type"]);
    let llava =
        replaced("grouped", "config.json", "\"model_type\": \"idefics3\"", "\"model_type\": \"llava\"");
    says(&llava, &["config.json", "llava", "idefics3"]);
    let heads =
        replaced("grouped", "config.json", "\"num_key_value_heads\": 2", "\"num_key_value_heads\": 3");
    says(&heads, &["config.json", "num_attention_heads", "num_key_value_heads"]);
    let odd = replaced("grouped", "config.json", "\"scale_factor\": 2", "\"scale_factor\": 4");
    says(&odd, &["config.json", "scale_factor"]);
    let none = replaced("grouped", "config.json", "\"num_attention_heads\": 4", "\"num_attention_heads\": 0");
    says(&none, &["config.json", "num_attention_heads", "0"]);
    // Either tower's layers, and the positions: a list of so many would take all memory.
    for (size, most) in [("num_hidden_layers", 1000), ("max_position_embeddings", 1 << 24)] {
        let text = String::from_utf8(folder("grouped").get("config.json").unwrap().to_vec()).unwrap();
        for (at, said) in text.match_indices(&format!("\"{size}\": ")) {
            for wrong in [0, most + 1, 4_000_000_000u32] {
                let (before, after) = text.split_at(at + said.len());
                let rest = after.trim_start_matches(|c: char| c.is_ascii_digit());
                let odd = with("grouped", "config.json", |_| format!("{before}{wrong}{rest}").into_bytes());
                says(&odd, &["config.json", size, &wrong.to_string()]);
            }
        }
    }
}

#[test]
fn damaged_weights_are_told() {
    says(
        &with("grouped", FILE, |bytes| bytes[..bytes.len() - 100].to_vec()),
        &[FILE, "not a whole weights file"],
    );
    says(&with("grouped", FILE, |bytes| bytes[..100].to_vec()), &[FILE, "not a whole weights file"]);
    says(&with("grouped", FILE, |_| Vec::new()), &[FILE, "not a whole weights file"]);
    says(&with("grouped", FILE, |_| b"<!doctype html><title>404</title>".to_vec()), &[FILE]);
    let infinite = with("grouped", FILE, |bytes| {
        let mut bytes = bytes.to_vec();
        let last = bytes.len() - 4;
        bytes[last..].copy_from_slice(&f32::INFINITY.to_le_bytes());
        bytes
    });
    says(&infinite, &[FILE, "not finite"]);
}

#[test]
fn a_missing_or_misshapen_tensor_is_named() {
    let wider = replaced("grouped", "config.json", "\"intermediate_size\": 24", "\"intermediate_size\": 44");
    says(&wider, &[FILE, "mlp", "44", "24"]);
    let deeper = replaced("sharded", "config.json", "\"num_hidden_layers\": 3", "\"num_hidden_layers\": 9");
    says(&deeper, &[INDEX, "layers.3.", "missing"]);
    let mut shard = folder("sharded");
    shard.insert(INDEX, b"[]".to_vec());
    says(&shard, &[INDEX, "shards"]);
    let lost = replaced("sharded", INDEX, "model-00002-of-00003", "model-00009-of-00003");
    says(&lost, &["model-00009-of-00003.safetensors", "missing"]);
}

#[test]
fn a_tokenizer_that_is_none_is_told() {
    says(&with("grouped", "tokenizer.json", |_| b"{}".to_vec()), &["tokenizer.json"]);
    // Both made the crate that reads it panic.
    let broken_off = with("grouped", "tokenizer.json", |bytes| {
        let decoder = String::from_utf8_lossy(bytes).find("\"decoder\": {").unwrap();
        bytes[..decoder + 20].to_vec()
    });
    says(&broken_off, &["tokenizer.json", "not a tokenizer"]);
    let precompiled = "\"normalizer\": {\"type\": \"Precompiled\", \"precompiled_charsmap\": \"AAAA\"}";
    let odd = replaced("grouped", "tokenizer.json", "\"normalizer\": null", precompiled);
    says(&odd, &["tokenizer.json", "precompiled"]);
    says(&replaced("grouped", "config.json", "\"image_token_id\": ", "\"image_token_id\": 1"), &["image"]);
}

#[test]
fn a_file_that_differs_from_its_checksum_is_told() {
    let place = tempfile::tempdir().unwrap();
    let whole = folder("grouped");
    let mut sums = String::new();
    for (name, _) in whole.files() {
        std::fs::write(place.path().join(name), whole.get(name).unwrap()).unwrap();
        sums += &format!("{}  {name}\n", sha256(whole.get(name).unwrap()));
    }
    std::fs::write(place.path().join(CHECKSUMS), &sums).unwrap();
    assert!(Folder::read(place.path()).is_ok());
    std::fs::write(place.path().join(FILE), b"other").unwrap();
    let error = Folder::read(place.path()).err().unwrap().to_string();
    assert!(error.contains(FILE) && error.contains("checksum"), "{error}");
    std::fs::write(place.path().join(CHECKSUMS), "../../secret\n").unwrap();
    let error = Folder::read(place.path()).err().unwrap().to_string();
    assert!(error.contains(CHECKSUMS) && error.contains("line 1"), "{error}");
    assert!(Folder::read(&place.path().join("nowhere")).err().unwrap().to_string().contains("nowhere"));
}

// The kernels of the CPU.

proptest! {
    /// Multiplying with bytes is multiplying with the weights that they stand for, up to the rounding of
    /// the rows, for any shape.
    #[test]
    fn bytes_multiply_like_their_weights(
        rows in 1usize..12, columns in 1usize..70, outs in 1usize..11, seed in any::<u64>(),
    ) {
        use rand::{RngExt, SeedableRng};
        let mut random = rand_pcg::Pcg64Mcg::seed_from_u64(seed);
        let mut numbers = |count: usize| -> Vec<f32> { (0..count).map(|_| random.random_range(-2.0..2.0)).collect() };
        let (x, weights) = (numbers(rows * columns), numbers(outs * columns));
        let matrix = Quantised::new(&weights, columns);
        let whole = matrix.full();
        // A weight is off by half a step at most.
        for (row, (ours, theirs)) in whole.chunks(columns).zip(weights.chunks(columns)).enumerate() {
            for (a, b) in ours.iter().zip(theirs) {
                prop_assert!((a - b).abs() <= matrix.scales[row] * 0.5001);
            }
        }
        let device = Device::flex();
        let x = Tensor::<2>::from_data(TensorData::new(x, [rows, columns]), &device);
        let full = Matrix::Full(Tensor::from_data(TensorData::new(whole, [outs, columns]), &device));
        let kernels = Kernels::of(&device);
        let ours: Vec<f32> = kernels.linear(x.clone(), &Matrix::Quantised(matrix)).into_data().try_into_vec().unwrap();
        let theirs: Vec<f32> = kernels.linear(x, &full).into_data().try_into_vec().unwrap();
        for (a, b) in ours.iter().zip(&theirs) {
            prop_assert!((a - b).abs() < 2e-4 * columns as f32, "{a} {b}");
        }
    }
}

#[test]
fn the_kernels_of_the_cpu_are_those_of_burn() {
    let device = Device::flex();
    let values: Vec<f32> = (0..7 * 13).map(|i| ((i * 37 % 101) as f32 - 50.0) / 9.0).collect();
    let x = Tensor::<2>::from_data(TensorData::new(values.clone(), [7, 13]), &device);
    let weight = x.clone().narrow(0, 3, 1);
    let alike = |ours: Tensor<2>, theirs: Tensor<2>| {
        let apart = (ours - theirs).abs().max().into_scalar::<f32>();
        assert!(apart < 2e-5, "{apart}");
    };
    let (fast, plain) = (Kernels::Cpu, Kernels::Plain);
    assert_eq!(Kernels::of(&device), fast);
    alike(fast.gelu(x.clone()), plain.gelu(x.clone()));
    alike(fast.swiglu(x.clone(), x.clone() + 1.0), plain.swiglu(x.clone(), x.clone() + 1.0));
    alike(fast.rms_norm(x.clone(), &weight, 1e-5), plain.rms_norm(x.clone(), &weight, 1e-5));
    let (a, b) = (x.clone().narrow(0, 0, 4) / 3.0, x.clone().narrow(0, 1, 4).transpose() / 3.0);
    let lora = Lora { a, b };
    let runs = [(2, Some(&lora)), (1, None), (4, Some(&lora))];
    alike(fast.correct(x.clone(), x.clone(), &runs), plain.correct(x.clone(), x.clone(), &runs));
    alike(fast.layer_norm(x.clone(), &weight, &weight, 1e-5), plain.layer_norm(x, &weight, &weight, 1e-5));
}

// Writing.

#[test]
fn quantised_weights_say_nearly_the_same() {
    let folder = folder("grouped");
    let config = Config::new(&folder).unwrap();
    let weights = Weights::read(&folder, &config).unwrap();
    let mut small = folder.clone();
    small.insert(FILE, weights.to_quantised().to_bytes());
    assert!(small.get(FILE).unwrap().len() < folder.get(FILE).unwrap().len());
    let messages = talk("Red hurts.", frame(1), "Where to?");
    let logits = |folder: &Folder, precision| {
        let vlm = Vlm::new(folder, &Device::flex(), precision).unwrap();
        let prompt = vlm.processor().prompt(&messages).unwrap();
        vlm.model().logits(&prompt)
    };
    let whole = logits(&folder, Precision::Full);
    let spread = whole.clone().abs().max().into_scalar::<f32>();
    // Rounded when loaded, and rounded beforehand: the same numbers.
    let (now, before) = (logits(&folder, Precision::Quantised), logits(&small, Precision::Quantised));
    assert_eq!((now.clone() - before).abs().max().into_scalar::<f32>(), 0.0);
    let apart = (now - whole).abs().max().into_scalar::<f32>() / spread;
    assert!(apart < 0.05, "{apart}");
    assert!(apart > 0.0, "nothing was rounded");
}

#[test]
fn the_same_seed_writes_the_same_whoever_else_writes() {
    let mut model = vlm(Precision::Quantised);
    let messages = talk("Red hurts.", frame(1), "Where to?");
    let all = write(&mut model, &messages, &style(&[5, 6, 7, 8, 9], 1.0));
    assert!(all.windows(2).any(|pair| pair[0].text != pair[1].text), "five seeds, one text");
    for (seed, batched) in (5..).zip(&all) {
        let single = write(&mut vlm(Precision::Quantised), &messages, &style(&[seed], 1.0)).remove(0);
        assert_eq!((&single.tokens, &single.text), (&batched.tokens, &batched.text));
        for (a, b) in single.log_probabilities.iter().zip(&batched.log_probabilities) {
            assert!((a - b).abs() < 1e-4);
        }
    }
}

#[test]
fn a_prompt_is_computed_only_where_it_differs_from_the_one_before() {
    let mut model = vlm(Precision::Quantised);
    let image_token = model.config().image_token_id;
    let style = style(&[1], 0.0);
    let mut computed = |rules: &str, seed, words: &str| {
        let prompt = model.processor().prompt(&talk(rules, frame(seed), words)).unwrap();
        let whole = write(&mut vlm(Precision::Quantised), &talk(rules, frame(seed), words), &style);
        let mut generation = block_on(model.generate(VOTE, &prompt, &style)).unwrap();
        while !block_on(generation.step()).unwrap().is_empty() {}
        let computed = generation.computed;
        assert_eq!(generation.finish(), whole, "what was kept changed the text");
        (computed, prompt.ids)
    };
    let alike = |a: &[u32], b: &[u32]| a.iter().zip(b).take_while(|(a, b)| a == b).count();
    let (first, hurts) = computed("Red hurts.", 1, "Where to?");
    assert_eq!(first, hurts.len(), "nothing was there before");
    let (again, _) = computed("Red hurts.", 1, "Where to?");
    assert_eq!(again, 1, "all is there, but for the logits of the last token");
    let (words, now) = computed("Red hurts.", 1, "What now?");
    assert_eq!(words, now.len() - alike(&hurts, &now), "the rulebook and the picture were kept");
    let image = now.iter().position(|id| *id == image_token).unwrap();
    let (frame, _) = computed("Red hurts.", 2, "What now?");
    assert_eq!(frame, now.len() - image, "the rulebook was kept, another picture not");
    let (rules, heals) = computed("Blue heals.", 2, "What now?");
    assert_eq!(rules, heals.len() - alike(&now, &heals), "another rulebook is read");
    assert!(rules > frame && rules < heals.len());
}

/// Of the last layer only what is asked for is computed: the same numbers.
#[test]
fn the_last_row_is_the_same_without_the_others() {
    let mut model = vlm(Precision::Quantised);
    model.adopt(Some(strong_adapter(&model))).unwrap();
    let prompt = model.processor().prompt(&talk("Red hurts.", frame(1), "Where to?")).unwrap();
    let (network, count, device) = (model.model(), prompt.ids.len(), Device::flex());
    let sights = Sights::onward(0..count);
    // The last two rows wear nothing.
    let worn = [(count - 2, Some(0)), (2, None)];
    let numbers = |cached: bool, wanted: usize| -> Vec<f32> {
        let (rows, mut caches) = (network.rows(&prompt, 0), network.decoder.caches(count));
        let view = match cached {
            true => View::Cached(&mut caches, &sights),
            false => View::Mask(sights.mask(count, &device)),
        };
        let hidden = network.decoder.forward(rows, 0..count, view, &worn, wanted);
        hidden.into_data().try_into_vec().unwrap()
    };
    for wanted in [1, 5] {
        let (all, last) = (numbers(true, count), numbers(true, wanted));
        assert_eq!(last, all[all.len() - last.len()..]);
        let (all, last) = (numbers(false, count), numbers(false, wanted));
        for (a, b) in last.iter().zip(&all[all.len() - last.len()..]) {
            assert!((a - b).abs() < 1e-5, "{a} {b}");
        }
    }
}

/// At a low temperature traces begin alike, and what is computed for one is taken for all.
#[test]
fn traces_that_begin_alike_end_as_if_each_were_alone() {
    let (messages, seeds) = (talk("Red hurts.", frame(1), "Where to?"), [1, 2, 3, 4, 5, 6]);
    let mut parted = 0;
    for temperature in [0.0, 0.1, 0.2, 0.4] {
        let style = |seeds: &[u32]| Style { most_tokens: 20, ..style(seeds, temperature) };
        let all = write(&mut vlm(Precision::Quantised), &messages, &style(&seeds));
        for (seed, batched) in seeds.iter().zip(&all) {
            assert_eq!(&write(&mut vlm(Precision::Quantised), &messages, &style(&[*seed]))[0], batched);
        }
        let alike = |a: &Completion| a.tokens.iter().zip(&all[0].tokens).take_while(|(a, b)| a == b).count();
        parted += all[1..].iter().filter(|a| (1..20).contains(&alike(a))).count();
    }
    assert!(parted > 0, "no traces part in the middle: the test tests little");
}

#[test]
fn the_same_adapter_again_changes_nothing() {
    let mut model = vlm(Precision::Quantised);
    model.adopt(Some(strong_adapter(&model))).unwrap();
    let prompt = model.processor().prompt(&talk("Red hurts.", frame(1), "Where to?")).unwrap();
    block_on(model.complete(VOTE, &prompt, &style(&[1], 0.0))).unwrap();
    model.adopt(Some(strong_adapter(&model))).unwrap();
    assert_eq!(block_on(model.generate(VOTE, &prompt, &style(&[1], 0.0))).unwrap().computed, 1);
}

#[test]
fn an_adapter_makes_the_model_forget_what_it_kept() {
    let mut model = vlm(Precision::Quantised);
    let messages = talk("Red hurts.", frame(1), "Where to?");
    let before = write(&mut model, &messages, &style(&[1, 2], 1.0));
    model.adopt(Some(strong_adapter(&model))).unwrap();
    let adapted = write(&mut model, &messages, &style(&[1, 2], 1.0));
    assert_ne!(before, adapted);
    let mut fresh = vlm(Precision::Quantised);
    fresh.adopt(Some(strong_adapter(&fresh))).unwrap();
    assert_eq!(write(&mut fresh, &messages, &style(&[1, 2], 1.0)), adapted);
    model.adopt(None).unwrap();
    assert_eq!(write(&mut model, &messages, &style(&[1, 2], 1.0)), before);
}

#[test]
fn a_grammar_holds_for_a_model_that_knows_nothing() {
    let mut model = vlm(Precision::Quantised);
    let messages = talk("", frame(3), "Where to?");
    let grammar = r"[^\n]*\nAction: (up|down|left|right|wait)".to_string();
    let style = Style { most_tokens: 48, grammar: Some(grammar), ..style(&[1, 2, 3, 4, 5, 6, 7, 8], 1.0) };
    for completion in write(&mut model, &messages, &style) {
        let action = completion.text.rsplit_once("\nAction: ").map(|(_, action)| action).unwrap_or_default();
        assert!(["up", "down", "left", "right", "wait"].contains(&action), "{:?}", completion.text);
        assert!(completion.tokens.len() <= 48);
        assert!(completion.bent > 0, "a model that knows nothing must be bent to say this");
        assert_eq!(completion.tokens.len(), completion.log_probabilities.len());
    }
    let short = Style { most_tokens: 3, ..style.clone() };
    let prompt = model.processor().prompt(&messages).unwrap();
    assert!(matches!(block_on(model.complete(VOTE, &prompt, &short)), Err(VlmError::TooShort { .. })));
    let wrong = Style { grammar: Some("(".into()), ..style };
    let error = block_on(model.complete(VOTE, &prompt, &wrong)).unwrap_err();
    assert_eq!(error.to_string(), "the pattern \"(\" does not compile: unclosed group");
}

#[test]
fn a_prompt_that_is_too_long_is_told() {
    let mut model = vlm(Precision::Quantised);
    let longest = model.config().text.max_position_embeddings;
    let prompt = model.processor().prompt(&talk(&"rule ".repeat(longest), frame(1), "?")).unwrap();
    let error = block_on(model.complete(VOTE, &prompt, &style(&[1], 1.0))).unwrap_err();
    assert!(error.to_string().contains("rulebook shorter"), "{error}");
}

#[test]
fn more_traces_than_can_be_are_told() {
    let mut model = vlm(Precision::Quantised);
    let prompt = model.processor().prompt(&talk("", frame(1), "?")).unwrap();
    let seeds: Vec<u32> = (0..100_000).collect();
    let error = block_on(model.complete(VOTE, &prompt, &style(&seeds, 1.0))).unwrap_err();
    assert_eq!(error.to_string(), "100000 traces at once are too many; 64 can be written");
}

// Learning.

fn strong_adapter(vlm: &Vlm) -> Adapter {
    let mut adapter = Adapter::new(&AdapterConfig::default(), &vlm.config().text, 3);
    for (i, value) in adapter.parts.values_mut().flat_map(|part| &mut part.values).enumerate() {
        *value += ((i * 31 % 17) as f32 - 8.0) / 20.0;
    }
    adapter
}

fn zeroed(
    (name, mut part): (String, rulewright::vlm::adapter::Part),
) -> (String, rulewright::vlm::adapter::Part) {
    part.values.fill(0.0);
    (name, part)
}

/// A trace whose tokens are all wanted as much.
fn alike(tokens: Vec<u32>, weight: f32) -> (Vec<u32>, Vec<f32>) {
    let weights = vec![weight; tokens.len()];
    (tokens, weights)
}

fn lessons(vlm: &mut Vlm) -> Vec<Lesson> {
    let lesson = |seed: u32| {
        let messages = talk("Red hurts.", frame(seed), "Where to?");
        let written = write(vlm, &messages, &style(&[seed, seed + 1, seed + 2], 1.0));
        let weights = [1.0, -0.5, 0.25];
        let traces = written.into_iter().zip(weights).map(|(c, weight)| alike(c.tokens, weight)).collect();
        Lesson { messages, traces }
    };
    vec![1, 20].into_iter().map(lesson).collect()
}

#[test]
fn the_gradient_is_the_slope_of_the_loss() {
    let mut model = vlm(Precision::Full);
    let lessons = lessons(&mut model);
    let objective = Objective { kl: 0.3, entropy: 0.2 };
    let adapter = strong_adapter(&model);
    let mut loss = |adapter: &Adapter| {
        model.adopt(Some(adapter.clone())).unwrap();
        block_on(Vlm::learn(&mut model, &lessons, objective)).unwrap()
    };
    let learned = loss(&adapter);
    assert!(learned.kl > 0.0 && learned.entropy > 0.0);
    assert_eq!(learned.values.len(), adapter.values().len());
    // The slopes by name.
    let zero = Adapter { parts: adapter.parts.clone().into_iter().map(zeroed).collect(), ..adapter.clone() };
    let gradient = zero.with_change(&learned.values).unwrap();
    // Some numbers of every matrix, nudged: the loss moves as the gradient says.
    let nudge = 1e-2;
    for (name, part) in &adapter.parts {
        for at in [0, part.values.len() / 2] {
            let mut nudged = |by: f32| {
                let mut adapter = adapter.clone();
                adapter.parts.get_mut(name).unwrap().values[at] += by;
                loss(&adapter).loss
            };
            let slope = (nudged(nudge) - nudged(-nudge)) / (2.0 * nudge);
            let found = gradient.parts[name].values[at];
            assert!((slope - found).abs() < 2e-3 + 0.05 * slope.abs(), "{name}[{at}]: {found}, not {slope}");
        }
    }
}

/// Traces that begin alike share their rows: it comes to the same as learning from each by itself.
#[test]
fn what_traces_have_in_common_counts_for_each() {
    let mut model = vlm(Precision::Full);
    model.adopt(Some(strong_adapter(&model))).unwrap();
    let messages = talk("Red hurts.", frame(1), "Where to?");
    let traces = vec![
        (vec![5, 6, 7, 8], vec![1.0, -0.5, 0.0, 2.0]),
        alike(vec![5, 6, 7, 8], 0.5),
        alike(vec![5, 6, 9], -1.0),
        alike(vec![10], 0.25),
        alike(vec![5, 6, 7], 0.75),
    ];
    let objective = Objective { kl: 0.3, entropy: 0.2 };
    let mut learn = |traces: Vec<Vec<(Vec<u32>, Vec<f32>)>>| {
        let lesson = |traces| Lesson { messages: messages.clone(), traces };
        let lessons: Vec<Lesson> = traces.into_iter().map(lesson).collect();
        block_on(Vlm::learn(&mut model, &lessons, objective)).unwrap()
    };
    let together = learn(vec![traces.clone()]);
    let apart = learn(traces.into_iter().map(|trace| vec![trace]).collect());
    assert_eq!((together.tokens, together.values.len()), (apart.tokens, apart.values.len()));
    let sums = [(together.loss, apart.loss), (together.kl, apart.kl), (together.entropy, apart.entropy)];
    for (a, b) in sums.into_iter().chain(together.values.iter().copied().zip(apart.values)) {
        assert!((a - b).abs() < 1e-4 + 1e-3 * b.abs(), "{a} {b}");
    }
}

#[test]
fn a_gradient_goes_through_bytes() {
    let values = vec![0.0, -0.0, 1.5, f32::MIN_POSITIVE / 2.0, -f32::MAX, 1e-7];
    let gradient = Gradient { values, tokens: 12, loss: -0.5, kl: 0.25, entropy: 1e-3 };
    let bytes = serde_json::to_vec(&gradient).unwrap();
    let again: Gradient = serde_json::from_slice(&bytes).unwrap();
    let bits = |gradient: &Gradient| gradient.values.iter().map(|x| x.to_bits()).collect::<Vec<_>>();
    assert_eq!((bits(&again), &again), (bits(&gradient), &gradient));
}

#[test]
fn what_is_learned_from_is_what_was_written() {
    let mut model = vlm(Precision::Full);
    model.adopt(Some(strong_adapter(&model))).unwrap();
    let messages = talk("Red hurts.", frame(1), "Where to?");
    let written = write(&mut model, &messages, &style(&[1, 2, 3], 1.0));
    let tokens: usize = written.iter().map(|completion| completion.tokens.len()).sum();
    let sum: f32 = written.iter().flat_map(|completion| &completion.log_probabilities).sum();
    let traces = written.into_iter().map(|completion| alike(completion.tokens, 1.0)).collect();
    let free = Objective { kl: 0.0, entropy: 0.0 };
    let learned = block_on(Vlm::learn(&mut model, &[Lesson { messages, traces }], free)).unwrap();
    // Weight 1 for all: the loss is the mean negative log-likelihood, as it was counted while writing.
    assert!((learned.loss + sum / tokens as f32).abs() < 1e-4, "{} {}", learned.loss, sum / tokens as f32);
}

#[test]
fn following_the_gradient_makes_what_is_wanted_likelier() {
    let mut model = vlm(Precision::Quantised);
    let mut adapter = Adapter::new(&AdapterConfig::default(), &model.config().text, 3);
    let lessons = lessons(&mut model);
    let objective = Objective { kl: 0.01, entropy: 0.0 };
    let mut losses = Vec::new();
    for _ in 0..12 {
        model.adopt(Some(adapter.clone())).unwrap();
        let learned = block_on(Vlm::learn(&mut model, &lessons, objective)).unwrap();
        losses.push(learned.loss);
        let change: Vec<f32> = learned.values.iter().map(|slope| -0.3 * slope).collect();
        adapter = adapter.with_change(&change).unwrap();
    }
    assert!(losses[11] < losses[0] - 1e-3, "{losses:?}");
}

#[test]
fn an_adapter_goes_through_bytes_and_another_models_is_refused() {
    let mut model = vlm(Precision::Quantised);
    let adapter = strong_adapter(&model);
    assert_eq!(Adapter::from_bytes(&adapter.to_bytes()).unwrap(), adapter);
    assert!(Adapter::from_bytes(b"nonsense").unwrap_err().to_string().contains("not an adapter"));
    let other = Vlm::new(&folder("half"), &Device::flex(), Precision::Full).unwrap();
    let error = model.adopt(Some(strong_adapter(&other))).unwrap_err().to_string();
    assert!(error.starts_with("adapter: "), "{error}");
    assert!(model.adapter().is_none(), "what is refused is not installed");
    let mut halved = adapter.clone();
    let (name, part) = halved.parts.iter_mut().find(|(name, _)| name.ends_with("lora_A.weight")).unwrap();
    (part.shape[0], part.values) = (1, part.values[..part.shape[1]].to_vec());
    let name = name.clone();
    let error = model.adopt(Some(halved)).unwrap_err().to_string();
    assert!(error.contains("not of one rank") && error.contains(&name), "{error}");
    let mut broken = adapter;
    broken.parts.values_mut().next().unwrap().values[0] = f32::NAN;
    assert!(model.adopt(Some(broken)).unwrap_err().to_string().contains("not finite"));
    assert!(matches!(
        block_on(Vlm::learn(&mut model, &[], Objective { kl: 0.0, entropy: 0.0 })),
        Err(VlmError::NothingToLearn)
    ));
}

// The model as the agent's mind.

/// The plain form of [`strong_adapter`].
fn strong_change(model: &Vlm) -> mind::Adapter {
    let strong = strong_adapter(model).values();
    let first = Adapter::new(&AdapterConfig::default(), &model.config().text, 3).values();
    let change = strong.iter().zip(first).map(|(strong, first)| strong - first).collect();
    mind::Adapter { rank: 4, alpha: 8.0, seed: 3, change }
}

#[test]
fn frozen_votes_and_reflections_do_not_feel_the_adapter_nor_forget_their_prompts() {
    let mut model = vlm(Precision::Quantised);
    let messages = talk("Red hurts.", frame(1), "Where to?");
    let style = style(&[1, 2], 1.0);
    let before = block_on(model.vote(&messages, &style, Policy::Adapted)).unwrap();
    block_on(Mind::adopt(&mut model, Some(&strong_change(&vlm(Precision::Quantised))))).unwrap();
    let adapted = block_on(model.vote(&messages, &style, Policy::Adapted)).unwrap();
    assert_ne!(before, adapted);
    assert_eq!(block_on(model.vote(&messages, &style, Policy::Frozen)).unwrap(), before);
    assert_eq!(block_on(Mind::write(&mut model, &messages, &style)).unwrap(), before);
    assert_eq!(before.read, model.processor().prompt(&messages).unwrap().ids.len());
    let purposes = [Purpose::Vote(Policy::Adapted), Purpose::Vote(Policy::Frozen), Purpose::Write];
    let prompt = model.processor().prompt(&messages).unwrap();
    for purpose in purposes {
        assert_eq!(block_on(model.generate(purpose, &prompt, &style)).unwrap().computed, 1, "{purpose:?}");
    }
    // Another adapter is another model for ballots alone.
    model.adopt_plain(None).unwrap();
    for (purpose, computed) in purposes.into_iter().zip([prompt.ids.len(), 1, 1]) {
        let generation = block_on(model.generate(purpose, &prompt, &style)).unwrap();
        assert_eq!(generation.computed, computed, "{purpose:?}");
    }
}

#[test]
fn a_change_of_another_size_is_refused_and_the_adapter_stays() {
    let mut model = vlm(Precision::Quantised);
    let mut plain = strong_change(&model);
    model.adopt_plain(Some(&plain)).unwrap();
    plain.change.pop();
    let error = model.adopt_plain(Some(&plain)).unwrap_err().to_string();
    assert!(error.starts_with("adapter: ") && error.contains("the change has"), "{error}");
    assert!(model.adapter().is_some());
}

#[test]
fn entropy_is_learned_from_lessons_without_weight() {
    let mut model = vlm(Precision::Quantised);
    model.adopt_plain(Some(&strong_change(&vlm(Precision::Quantised)))).unwrap();
    let mut lessons = lessons(&mut model);
    lessons.iter_mut().flat_map(|lesson| &mut lesson.traces).for_each(|(_, weights)| weights.fill(0.0));
    let objective = Objective { kl: 0.0, entropy: 1.0 };
    let gradients = block_on(Mind::learn(&mut model, &lessons, objective)).unwrap();
    assert_eq!(gradients.len(), 1);
    assert!(gradients[0].tokens > 0 && gradients[0].entropy > 0.0);
    assert_eq!(gradients[0].loss, gradients[0].entropy);
    assert!(gradients[0].values.iter().any(|slope| *slope != 0.0));
}

// Where it looks.

fn glances(model: &Vlm, messages: &[Message], tokens: &[u32]) -> Vec<Glance> {
    block_on(model.glances(messages, tokens)).unwrap()
}

#[test]
fn every_token_has_a_glance_whose_shares_are_shares() {
    let mut model = vlm(Precision::Quantised);
    let messages = talk("Red hurts.", frame(1), "Where to?");
    let written = write(&mut model, &messages, &style(&[1], 1.0)).remove(0);
    let found = glances(&model, &messages, &written.tokens);
    assert_eq!(found.len(), written.tokens.len());
    for glance in &found {
        assert_eq!(glance.squares.len(), model.config().image_tokens());
        assert!(glance.squares.iter().all(|share| *share >= 0.0), "{glance:?}");
        // One picture, shown whole: its squares are all there is of it, and words get something too.
        assert!((glance.squares.iter().sum::<f32>() - glance.picture).abs() < 1e-6, "{glance:?}");
        assert!(glance.picture > 0.0 && glance.picture < 1.0, "{glance:?}");
    }
    if !written.text.contains('\u{fffd}') {
        assert_eq!(found.iter().map(|glance| glance.text.as_str()).collect::<String>(), written.text);
    }
    let said = talk("Red hurts.", frame(1), "Where to?").split_off(1);
    let blind = [Message { role: Role::User, parts: vec![said[0].parts[1].clone()] }];
    for glance in glances(&model, &blind, &written.tokens) {
        assert_eq!((glance.squares, glance.picture), (vec![], 0.0), "there is no picture");
    }
}

#[test]
fn a_glance_is_of_its_prompt_and_of_what_was_written_before_it() {
    let mut model = vlm(Precision::Full);
    let messages = talk("Red hurts.", frame(1), "Where to?");
    let tokens = write(&mut model, &messages, &style(&[1], 1.0)).remove(0).tokens;
    let found = glances(&model, &messages, &tokens);
    // What comes later does not matter, nor the token itself: it was foretold before it was there.
    for count in 1..tokens.len() {
        for (part, whole) in glances(&model, &messages, &tokens[..count]).iter().zip(&found) {
            assert!((part.picture - whole.picture).abs() < 1e-5, "{part:?} {whole:?}");
        }
    }
    let mut other = tokens.clone();
    other[3] = tokens[3].wrapping_add(1) % model.config().answer_tokens() as u32;
    let changed = glances(&model, &messages, &other);
    let same = |at: usize| (changed[at].picture - found[at].picture).abs() < 1e-6;
    assert!((0..=3).all(same) && !(4..tokens.len()).all(same));
    // Another picture, another glance.
    let elsewhere = glances(&model, &talk("Red hurts.", frame(20), "Where to?"), &tokens);
    assert!(elsewhere.iter().zip(&found).all(|(a, b)| a.squares != b.squares));
    // It is the adapted model's.
    let adapter = strong_adapter(&model);
    model.adopt(Some(adapter)).unwrap();
    assert_ne!(glances(&model, &messages, &tokens), found);
    // And it leaves what was kept for the next ballot alone.
    model.adopt(None).unwrap();
    assert_eq!(write(&mut model, &messages, &style(&[1], 1.0)).remove(0).tokens, tokens);
}

#[test]
fn what_has_no_glance_is_told() {
    let model = vlm(Precision::Quantised);
    let messages = talk("", frame(1), "?");
    assert_eq!(glances(&model, &messages, &[]), []);
    let none = model.config().answer_tokens() as u32;
    let error = block_on(model.glances(&messages, &[none])).unwrap_err();
    assert_eq!(error.to_string(), format!("the model does not write a token {none}"));
    let longest = model.config().text.max_position_embeddings;
    assert!(matches!(block_on(model.glances(&messages, &vec![0; longest])), Err(VlmError::TooLong { .. })));
}

/// What a step of the agent asks of a model, and what it answered with all its numbers at full length. A
/// browser has a GPU do the same, and compares (`tests/browser/tests/model.rs`).
#[derive(serde::Serialize, serde::Deserialize)]
struct Step {
    words: String,
    style: Style,
    objective: Objective,
    /// A fresh one, and what the gradient makes of it.
    adapters: [mind::Adapter; 2],
    before: Vec<Completion>,
    /// The traces of before, and how much each is wanted.
    traces: Vec<(Vec<u32>, Vec<f32>)>,
    learned: Gradient,
    after: Vec<Completion>,
}

impl Step {
    fn take() -> Self {
        let words = "R1 maybe: touch red rings".to_string();
        let parts = vec![Part::Image(frame(3)), Part::Text(words.clone())];
        let messages = vec![Message { role: Role::User, parts }];
        let style = Style { seeds: vec![1, 2, 3], top_p: 0.95, most_tokens: 6, ..style(&[], 1.0) };
        let objective = Objective { kl: 0.1, entropy: 0.01 };
        let mut mind = vlm(Precision::Full);
        let fresh = mind::Adapter { rank: 4, alpha: 8.0, seed: 5, change: vec![] };
        mind.adopt_plain(Some(&fresh)).unwrap();
        let before = write(&mut mind, &messages, &style);
        let weight = |trace: usize, at: usize| [1.0, -1.0, 0.5][(trace + at) % 3];
        let weighted = |(i, trace): (usize, &Completion)| {
            let tokens = trace.tokens.clone();
            (tokens.clone(), (0..tokens.len()).map(|at| weight(i, at)).collect())
        };
        let traces: Vec<_> = before.iter().enumerate().map(weighted).collect();
        let lessons = [Lesson { messages: messages.clone(), traces: traces.clone() }];
        let learned = block_on(Mind::learn(&mut mind, &lessons, objective)).unwrap().remove(0);
        let steepest = largest(&learned.values);
        let change = learned.values.iter().map(|slope| -0.5 * slope / steepest).collect();
        let taught = mind::Adapter { change, ..fresh.clone() };
        mind.adopt_plain(Some(&taught)).unwrap();
        let after = write(&mut mind, &messages, &style);
        Self { words, style, objective, adapters: [fresh, taught], before, traces, learned, after }
    }
}

fn largest(numbers: &[f32]) -> f32 {
    numbers.iter().fold(0.0, |most: f32, number| most.max(number.abs()))
}

/// After a change that is meant to change it: `RERECORD=1 cargo test --test vlm a_step`.
#[test]
fn a_step_is_answered_as_the_browser_expects_it_of_a_gpu() {
    let path = Path::new("tests/parity/step.json");
    let now = Step::take();
    if std::env::var_os("RERECORD").is_some() {
        std::fs::write(path, serde_json::to_string(&now).unwrap() + "\n").unwrap();
    }
    let then: Step = serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap();
    let texts = |step: &Step| {
        step.before.iter().chain(&step.after).map(|trace| trace.text.clone()).collect::<Vec<_>>()
    };
    assert_eq!(texts(&now), texts(&then));
    assert_ne!(now.before, now.after, "what was learned changes nothing");
    let off: Vec<f32> = now.learned.values.iter().zip(&then.learned.values).map(|(a, b)| a - b).collect();
    assert!(largest(&off) < 1e-4 * largest(&then.learned.values), "the gradient is off by {}", largest(&off));
    assert!((now.learned.loss - then.learned.loss).abs() < 1e-4);
}
