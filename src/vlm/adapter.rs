//! Low-rank adapters (LoRA, Hu et al., arXiv 2106.09685): the small part of the decoder that changes
//! while the model plays. As bytes they are a safetensors file with the names that the `peft` library uses.

use std::collections::BTreeMap;

use burn::tensor::{Device, Tensor, TensorData};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use safetensors::{Dtype, SafeTensors};

use super::config::TextConfig;
use super::folder::ModelError;
use super::layers::Lora;
use super::weights;
use crate::mind;

/// What stands for a file's name when an adapter's bytes are not one.
const FILE: &str = "adapter";

/// The sizes of an adapter.
#[derive(Debug, Clone, PartialEq)]
pub struct AdapterConfig {
    /// Rank of each correction.
    pub rank: usize,
    /// The correction is scaled by `alpha / rank`.
    pub alpha: f32,
    /// Which projections of each layer's attention are corrected: of `q_proj`, `k_proj`, `v_proj`, `o_proj`.
    pub targets: Vec<String>,
}

impl Default for AdapterConfig {
    fn default() -> Self {
        Self { rank: 4, alpha: 8.0, targets: vec!["q_proj".into(), "v_proj".into()] }
    }
}

/// One matrix of an adapter or of its gradient.
#[derive(Debug, Clone, PartialEq)]
pub struct Part {
    /// `[rank, in]` for A, `[out, rank]` for B.
    pub shape: [usize; 2],
    /// Row by row.
    pub values: Vec<f32>,
}

/// An adapter, or a gradient for one: matrices by name.
#[derive(Debug, Clone, PartialEq)]
pub struct Adapter {
    /// What B is multiplied with when the adapter is installed.
    pub scale: f32,
    /// `LAYER.self_attn.TARGET.lora_A.weight` and `..lora_B..` under the decoder's name.
    pub parts: BTreeMap<String, Part>,
}

/// The projections that may be corrected.
const TARGETS: [&str; 4] = ["q_proj", "k_proj", "v_proj", "o_proj"];

/// What a projection gives and takes.
fn sizes(target: &str, text: &TextConfig) -> (usize, usize) {
    let (queries, keys) = (text.num_attention_heads * text.head_dim(), text.kv_heads() * text.head_dim());
    match target {
        "q_proj" => (queries, text.hidden_size),
        "o_proj" => (text.hidden_size, queries),
        _ => (keys, text.hidden_size),
    }
}

fn name(layer: usize, target: &str, part: char) -> String {
    format!("base_model.model.model.text_model.layers.{layer}.self_attn.{target}.lora_{part}.weight")
}

impl Adapter {
    /// An adapter that changes nothing yet: A is random, B is zero.
    pub fn new(config: &AdapterConfig, text: &TextConfig, seed: u64) -> Self {
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let mut parts = BTreeMap::new();
        for layer in 0..text.num_hidden_layers {
            for target in &config.targets {
                let (out, from) = sizes(target, text);
                let spread = 1.0 / (from as f32).sqrt();
                let a = (0..config.rank * from).map(|_| random.random_range(-spread..spread)).collect();
                parts.insert(name(layer, target, 'A'), Part { shape: [config.rank, from], values: a });
                let b = vec![0.0; out * config.rank];
                parts.insert(name(layer, target, 'B'), Part { shape: [out, config.rank], values: b });
            }
        }
        Self { scale: config.alpha / config.rank.max(1) as f32, parts }
    }

    /// All numbers, matrix by matrix in the order of their names: the order of [`mind::Adapter::change`].
    pub fn values(&self) -> Vec<f32> {
        self.parts.values().flat_map(|part| &part.values).copied().collect()
    }

    /// The adapter with something added to its numbers, in the order of [`Adapter::values`]; nothing if it
    /// is empty.
    ///
    /// # Errors
    /// If there are more or fewer numbers than the adapter has.
    pub fn with_change(mut self, change: &[f32]) -> Result<Self, ModelError> {
        let count: usize = self.parts.values().map(|part| part.values.len()).sum();
        if !change.is_empty() && change.len() != count {
            let problem = format!("it has {count} numbers, and the change has {}", change.len());
            return Err(ModelError::new(FILE, problem));
        }
        let values = self.parts.values_mut().flat_map(|part| &mut part.values);
        values.zip(change).for_each(|(value, change)| *value += change);
        Ok(self)
    }

    /// The adapter that plain data stand for.
    ///
    /// # Errors
    /// If its change is another adapter's.
    pub fn of(plain: &mind::Adapter, text: &TextConfig) -> Result<Self, ModelError> {
        let config = AdapterConfig { rank: plain.rank, alpha: plain.alpha, ..AdapterConfig::default() };
        Self::new(&config, text, plain.seed).with_change(&plain.change)
    }

    /// The correction of one projection, as tensors.
    pub fn lora(&self, layer: usize, target: &str, device: &Device) -> Option<Lora> {
        self.lora_with(layer, target, |_, part| tensor(part, device))
    }

    /// The same with tensors of the caller's making.
    pub fn lora_with(
        &self,
        layer: usize,
        target: &str,
        mut tensor: impl FnMut(&str, &Part) -> Tensor<2>,
    ) -> Option<Lora> {
        let (a, b) = (name(layer, target, 'A'), name(layer, target, 'B'));
        let (a_part, b_part) = (self.parts.get(&a)?, self.parts.get(&b)?);
        Some(Lora { a: tensor(&a, a_part), b: tensor(&b, b_part) * self.scale })
    }

    /// The adapter as the bytes of a safetensors file.
    pub fn to_bytes(&self) -> Vec<u8> {
        let part = |(name, part): (&String, &Part)| {
            (name.clone(), Dtype::F32, part.shape.to_vec(), weights::little_endian(&part.values))
        };
        let mut tensors: Vec<_> = self.parts.iter().map(part).collect();
        tensors.push(("scale".into(), Dtype::F32, vec![1], weights::little_endian(&[self.scale])));
        weights::write(&tensors)
    }

    /// An adapter from bytes.
    ///
    /// # Errors
    /// If the bytes are not an adapter's.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self, ModelError> {
        let wrong = |problem: String| ModelError::new(FILE, problem);
        let file =
            SafeTensors::deserialize(bytes).map_err(|error| wrong(format!("not an adapter ({error})")))?;
        let (mut scale, mut parts) = (None, BTreeMap::new());
        for (name, view) in file.tensors() {
            let values: Vec<f32> = weights::floats(view.data());
            match (view.dtype(), view.shape()) {
                (Dtype::F32, [1]) if name == "scale" => scale = Some(values[0]),
                (Dtype::F32, &[rows, columns]) => {
                    parts.insert(name, Part { shape: [rows, columns], values });
                }
                (dtype, shape) => {
                    return Err(wrong(format!("`{name}` is {dtype:?} of {shape:?}, not a matrix")));
                }
            }
        }
        Ok(Self { scale: scale.ok_or_else(|| wrong("its scale is missing".into()))?, parts })
    }

    /// Checks that the adapter's matrices are those of this decoder.
    ///
    /// # Errors
    /// If a matrix is not the decoder's, has another shape, another rank than the one it is multiplied with,
    /// or a number that is not finite.
    pub fn check(&self, text: &TextConfig) -> Result<(), ModelError> {
        let layers = 0..text.num_hidden_layers;
        let projections = layers.flat_map(|layer| TARGETS.map(|target| (layer, target)));
        let places = projections.flat_map(|(layer, target)| {
            let (out, from) = sizes(target, text);
            [(name(layer, target, 'A'), (None, Some(from))), (name(layer, target, 'B'), (Some(out), None))]
        });
        let places: BTreeMap<_, _> = places.collect();
        for (name, part) in &self.parts {
            let Some(&(rows, columns)) = places.get(name) else {
                return Err(ModelError::new(FILE, format!("the model has no place for `{name}`")));
            };
            // The rank may be any.
            let shape = [rows.unwrap_or(part.shape[0]), columns.unwrap_or(part.shape[1])];
            if part.shape != shape {
                let problem = format!("`{name}` is {:?}, not {shape:?}", part.shape);
                return Err(ModelError::new(FILE, problem));
            }
            if part.values.iter().any(|x| !x.is_finite()) {
                return Err(ModelError::new(FILE, format!("`{name}` has a number that is not finite")));
            }
            // A correction is the product of two matrices of one rank.
            let (is_a, rank) = (name.ends_with("lora_A.weight"), part.shape);
            let twin = match is_a {
                true => name.replace("lora_A", "lora_B"),
                false => name.replace("lora_B", "lora_A"),
            };
            let twins = self.parts.get(&twin).map(|twin| if is_a { twin.shape[1] } else { twin.shape[0] });
            if twins != Some(if is_a { rank[0] } else { rank[1] }) {
                return Err(ModelError::new(FILE, format!("`{name}` and `{twin}` are not of one rank")));
            }
        }
        Ok(())
    }
}

/// A part as a tensor.
pub fn tensor(part: &Part, device: &Device) -> Tensor<2> {
    Tensor::from_data(TensorData::new(part.values.clone(), part.shape), device)
}
