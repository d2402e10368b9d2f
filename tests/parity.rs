//! Our network against Hugging Face's: logits, loss and every gradient, within 1e-4 relative, from
//! references that `tests/parity/reference.py` made with `transformers`.
#![cfg(all(feature = "vlm", not(target_arch = "wasm32")))]

use std::cell::RefCell;
use std::path::Path;

use burn::tensor::activation::log_softmax;
use burn::tensor::{Device, Int, Tensor, TensorData};
use rulewright::vlm::config::Config;
use rulewright::vlm::folder::Folder;
use rulewright::vlm::layers::{Builder, Precision};
use rulewright::vlm::model::Model;
use rulewright::vlm::processor::{Processor, Prompt};
use rulewright::vlm::weights::{Weights, parameters_of};
use safetensors::SafeTensors;

/// Differences may be this large, relative to the largest number of a tensor.
const LIMIT: f32 = 1e-4;

fn folder(name: &str) -> Folder {
    let path = Path::new("tests/parity").join(name);
    Folder::read(&path).unwrap_or_else(|error| panic!("{error}"))
}

struct Reference<'a>(SafeTensors<'a>);

impl Reference<'_> {
    fn f32s(&self, name: &str) -> Vec<f32> {
        let tensor = self.0.tensor(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(tensor.dtype(), safetensors::Dtype::F32, "{name}");
        tensor.data().as_chunks().0.iter().map(|x| f32::from_le_bytes(*x)).collect()
    }

    fn i64s(&self, name: &str) -> Vec<i64> {
        let tensor = self.0.tensor(name).unwrap_or_else(|error| panic!("{name}: {error}"));
        assert_eq!(tensor.dtype(), safetensors::Dtype::I64, "{name}");
        tensor.data().as_chunks().0.iter().map(|x| i64::from_le_bytes(*x)).collect()
    }

    fn prompt(&self) -> Prompt {
        let pixels = self.f32s("pixel_values");
        let shape = self.0.tensor("pixel_values").unwrap().shape().to_vec();
        let image = shape[shape.len() - 3..].iter().product();
        Prompt {
            ids: self.i64s("input_ids").into_iter().map(|id| id as u32).collect(),
            images: pixels.chunks_exact(image).map(<[f32]>::to_vec).collect(),
        }
    }
}

/// The largest difference, relative to the largest number of the reference.
fn difference(ours: &[f32], theirs: &[f32]) -> f32 {
    assert_eq!(ours.len(), theirs.len());
    let largest = theirs.iter().fold(0f32, |most, x| most.max(x.abs()));
    let apart = ours.iter().zip(theirs).fold(0f32, |most, (a, b)| most.max((a - b).abs()));
    assert!(ours.iter().all(|x| x.is_finite()));
    apart / largest.max(1e-12)
}

fn numbers<const D: usize>(x: Tensor<D>) -> Vec<f32> {
    x.into_data().try_into_vec().unwrap()
}

/// Logits, loss and gradients of one folder.
fn check(name: &str) {
    let folder = folder(name);
    let config = Config::new(&folder).unwrap();
    let weights = Weights::read(&folder, &config).unwrap();
    let reference =
        Reference(SafeTensors::deserialize(folder.require("reference.safetensors").unwrap()).unwrap());
    let prompt = reference.prompt();
    let device = Device::flex().autodiff();
    let leaves = Some(RefCell::new(Vec::new()));
    let builder = Builder { weights: &weights, device: &device, precision: Precision::Full, leaves };
    let model = Model::new(&builder, &config);

    let seen: Vec<f32> = prompt.images.iter().flat_map(|image| numbers(model.look(image))).collect();
    let apart = difference(&seen, &reference.f32s("image_hidden_states"));
    assert!(apart < LIMIT, "{name}: the image tokens differ by {apart}");

    let logits = model.logits(&prompt);
    let apart = difference(&numbers(logits.clone()), &reference.f32s("logits"));
    assert!(apart < LIMIT, "{name}: the logits differ by {apart}");

    // The mean over every labelled token that has one before it, as transformers has it.
    let labels = reference.i64s("labels");
    let (rows, targets): (Vec<i32>, Vec<i32>) =
        (1..labels.len()).filter(|at| labels[*at] >= 0).map(|at| (at as i32 - 1, labels[at] as i32)).unzip();
    let count = rows.len();
    assert!(count > 0);
    let rows = Tensor::<1, Int>::from_data(TensorData::new(rows, [count]), &device);
    let targets = Tensor::<2, Int>::from_data(TensorData::new(targets, [count, 1]), &device);
    let loss = -log_softmax(logits.select(0, rows), 1).gather(1, targets).mean();
    let gradients = loss.backward();
    let apart = difference(&numbers(loss), &reference.f32s("loss"));
    assert!(apart < LIMIT, "{name}: the loss differs by {apart}");

    let leaves = builder.leaves.as_ref().unwrap().borrow();
    assert_eq!(
        leaves.len(),
        parameters_of(&config).len(),
        "{name}: every parameter is a tensor of the model"
    );
    for (parameter, leaf) in leaves.iter() {
        let gradient =
            numbers(leaf.grad(&gradients).unwrap_or_else(|| panic!("{name}: {parameter} has none")));
        let theirs = reference.f32s(&format!("grad.{parameter}"));
        if is_zero_by_nature(parameter) {
            // A key's bias moves all scores of a row alike: what is found is rounding, and small.
            assert!(gradient.iter().chain(&theirs).all(|x| x.abs() < 1e-5), "{name}: {parameter}");
            continue;
        }
        let apart = difference(&gradient, &theirs);
        assert!(apart < LIMIT, "{name}: the gradient of {parameter} differs by {apart}");
    }
}

fn is_zero_by_nature(parameter: &str) -> bool {
    parameter.ends_with("self_attn.k_proj.bias")
}

#[test]
fn grouped_queries_tied_embeddings() {
    check("grouped");
}

#[test]
fn bfloat16_weights() {
    check("bfloat");
}

#[test]
fn float16_weights() {
    check("half");
}

#[test]
fn sharded_weights() {
    check("sharded");
}

#[test]
fn the_published_smolvlm_256m_is_accepted_whole() {
    let folder = folder("smolvlm-256m");
    let config = Config::new(&folder).unwrap();
    let mut ours: Vec<String> = parameters_of(&config)
        .into_iter()
        .map(|(name, shape)| {
            let shape: Vec<String> = shape.iter().map(ToString::to_string).collect();
            format!("{name} {}", shape.join("x"))
        })
        .collect();
    let text = String::from_utf8(folder.require("shapes.txt").unwrap().to_vec()).unwrap();
    let mut theirs: Vec<String> =
        text.lines().filter(|line| !line.starts_with('#')).map(String::from).collect();
    ours.sort();
    theirs.sort();
    assert_eq!(ours, theirs);
}

/// Keys and values kept, K traces in a batch and a prompt read in two parts change nothing.
#[test]
fn a_cached_model_says_what_the_whole_one_says() {
    use rulewright::vlm::decoder::View;
    use rulewright::vlm::kernels::Sights;

    for name in ["grouped", "bfloat", "half", "sharded"] {
        let folder = folder(name);
        let config = Config::new(&folder).unwrap();
        let weights = Weights::read(&folder, &config).unwrap();
        let reference =
            Reference(SafeTensors::deserialize(folder.require("reference.safetensors").unwrap()).unwrap());
        let prompt = reference.prompt();
        let count = prompt.ids.len();
        let builder =
            Builder { weights: &weights, device: &Device::flex(), precision: Precision::Full, leaves: None };
        let model = Model::new(&builder, &config);
        let mut caches = model.decoder.caches(count);
        let mut logits = Vec::new();
        let rows = model.rows(&prompt, 0);
        for part in [0..count / 3, count / 3..count / 3 + 1, count / 3 + 1..count] {
            let sights = Sights::onward(part.clone());
            let (rows, wanted) = (rows.clone().narrow(0, part.start, part.len()), part.len());
            let view = View::Cached(&mut caches, &sights);
            let hidden = model.decoder.forward(rows, part, view, &[], wanted);
            logits.extend(numbers(model.decoder.logits(hidden)));
        }
        let apart = difference(&logits, &reference.f32s("logits"));
        assert!(apart < LIMIT, "{name}: the logits differ by {apart}");
        let _ = Processor::new(&folder).unwrap_or_else(|error| panic!("{error}"));
    }
}

/// What each token looks at, the mean over layers and heads.
#[test]
fn attention_goes_where_it_goes_in_transformers() {
    use rulewright::vlm::decoder::View;
    use rulewright::vlm::kernels::Sights;

    for name in ["grouped", "bfloat", "half", "sharded"] {
        let folder = folder(name);
        let config = Config::new(&folder).unwrap();
        let weights = Weights::read(&folder, &config).unwrap();
        let reference =
            Reference(SafeTensors::deserialize(folder.require("reference.safetensors").unwrap()).unwrap());
        let prompt = reference.prompt();
        let count = prompt.ids.len();
        let device = Device::flex();
        let builder =
            Builder { weights: &weights, device: &device, precision: Precision::Full, leaves: None };
        let model = Model::new(&builder, &config);
        let sights = Sights::onward(0..count);
        let mut layers = Vec::new();
        let view = View::Watched(sights.mask(count, &device), &mut layers);
        let hidden = model.decoder.forward(model.rows(&prompt, 0), 0..count, view, &[], count);
        let apart = difference(&numbers(model.decoder.logits(hidden)), &reference.f32s("logits"));
        assert!(apart < LIMIT, "{name}: being watched changes the logits by {apart}");
        assert_eq!(layers.len(), config.text.num_hidden_layers);
        let depth = layers.len() as f64;
        let mean = layers.into_iter().reduce(|sum, layer| sum + layer).unwrap() / depth;
        let apart = difference(&numbers(mean), &reference.f32s("attention"));
        assert!(apart < LIMIT, "{name}: the attention differs by {apart}");
    }
}
