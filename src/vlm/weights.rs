//! The numbers of a model: from `model.safetensors` (one file or sharded; f32, f16, bf16 or our
//! quantised form) under the names that `transformers` gives them, and back to a file.
//!
//! Quantised, a matrix is one signed byte a weight and one f32 a row: tensor `NAME` as I8, and
//! `NAME.scale` as F32, with weight = byte * scale.

use std::collections::BTreeMap;
use std::sync::Arc;

use half::{bf16, f16};
use rand::{RngExt, SeedableRng};
use rand_pcg::Pcg64Mcg;
use safetensors::tensor::TensorView;
use safetensors::{Dtype, SafeTensors};
use serde::Deserialize;

use super::config::Config;
use super::folder::{Folder, ModelError};

/// The weights file, where there is only one.
pub const FILE: &str = "model.safetensors";
/// The list of shards, where there are several.
pub const INDEX: &str = "model.safetensors.index.json";
/// What the name of a matrix's scales ends with.
const SCALE: &str = ".scale";

/// One parameter.
#[derive(Clone)]
pub struct Parameter {
    /// Its shape as in the file.
    pub shape: Vec<usize>,
    /// Its numbers.
    pub values: Values,
}

/// The numbers of a parameter, row by row.
#[derive(Clone)]
pub enum Values {
    /// As they are.
    Full(Arc<[f32]>),
    /// A byte a weight.
    Quantised(Quantised),
}

/// A matrix with one signed byte a weight and one scale a row.
#[derive(Clone)]
pub struct Quantised {
    /// `[rows, columns]`
    pub codes: Arc<[i8]>,
    /// `[rows]`
    pub scales: Arc<[f32]>,
}

impl Quantised {
    /// Rounds a matrix `[rows, columns]` to bytes; a row's largest weight becomes 127.
    pub fn new(values: &[f32], columns: usize) -> Self {
        let mut codes = Vec::with_capacity(values.len());
        let mut scales = Vec::with_capacity(values.len() / columns.max(1));
        for row in values.chunks_exact(columns) {
            let largest = row.iter().fold(0f32, |most, x| most.max(x.abs()));
            let scale = if largest > 0.0 { largest / 127.0 } else { 1.0 };
            codes.extend(row.iter().map(|x| (x / scale).round() as i8));
            scales.push(scale);
        }
        Self { codes: codes.into(), scales: scales.into() }
    }

    /// The weights that the bytes stand for.
    pub fn full(&self) -> Vec<f32> {
        let columns = self.codes.len() / self.scales.len().max(1);
        let rows = self.codes.chunks_exact(columns.max(1)).zip(self.scales.iter());
        rows.flat_map(|(row, scale)| row.iter().map(move |code| f32::from(*code) * scale)).collect()
    }
}

impl Parameter {
    /// Rows, and the length of one: a vector is one row, a convolution one row an output.
    pub fn matrix_shape(&self) -> [usize; 2] {
        match self.shape.as_slice() {
            [columns] => [1, *columns],
            [rows, rest @ ..] => [*rows, rest.iter().product()],
            [] => [1, 1],
        }
    }

    /// The numbers as f32.
    pub fn full(&self) -> Vec<f32> {
        match &self.values {
            Values::Full(values) => values.to_vec(),
            Values::Quantised(matrix) => matrix.full(),
        }
    }

    /// The numbers as bytes, rounded if they are not yet.
    pub fn quantised(&self) -> Quantised {
        match &self.values {
            Values::Full(values) => Quantised::new(values, self.matrix_shape()[1]),
            Values::Quantised(matrix) => matrix.clone(),
        }
    }
}

/// All parameters of a model by name: exactly those that its configuration asks for.
#[derive(Clone)]
pub struct Weights {
    parameters: BTreeMap<String, Parameter>,
}

impl Weights {
    /// Reads the weights from a folder.
    ///
    /// # Errors
    /// If a file is missing, damaged or not a weights file, or a tensor is missing or has another
    /// shape than the configuration says, or the memory is too small. Tensors that the model does not use are
    /// passed over.
    pub fn read(folder: &Folder, config: &Config) -> Result<Self, ModelError> {
        let mut files = BTreeMap::new();
        for name in shards(folder)? {
            let bytes = folder.require(&name)?;
            let tensors = SafeTensors::deserialize(bytes).map_err(|error| {
                let problem = format!("not a whole weights file ({error}); {} bytes were read", bytes.len());
                ModelError::new(&name, problem)
            })?;
            files.insert(name, tensors);
        }
        let find = |name: &str| {
            files.iter().find_map(|(file, tensors)| Some((file.as_str(), tensors.tensor(name).ok()?)))
        };
        let listed = if files.len() == 1 { files.keys().next().map_or(FILE, String::as_str) } else { INDEX };
        let mut found = Vec::new();
        for (name, shape) in parameters_of(config) {
            let Some((file, tensor)) = find(&name) else {
                return Err(ModelError::new(listed, format!("the tensor `{name}` {shape:?} is missing")));
            };
            if tensor.shape() != shape {
                let problem = format!(
                    "the tensor `{name}` is {:?}, but config.json asks for {shape:?}",
                    tensor.shape()
                );
                return Err(ModelError::new(file, problem));
            }
            found.push((name, shape, file, tensor));
        }
        let weights: u64 = found.iter().map(|(_, shape, _, tensor)| memory(shape, tensor.dtype())).sum();
        let needed = weights.saturating_add(TO_RUN);
        if !has_room(needed) {
            let megabytes = needed.div_ceil(1_000_000);
            let problem = format!("the model needs {megabytes} MB of memory, which are not free");
            return Err(ModelError::new(listed, problem));
        }
        let parameters = found.into_iter().map(|(name, shape, file, tensor)| {
            let values = values(&name, &tensor, find).map_err(|problem| ModelError::new(file, problem))?;
            Ok::<_, ModelError>((name, Parameter { shape, values }))
        });
        Ok(Self { parameters: parameters.collect::<Result<_, _>>()? })
    }

    /// Random weights of a plausible size, to measure with.
    pub fn random(config: &Config, seed: u64) -> Self {
        let mut random = Pcg64Mcg::seed_from_u64(seed);
        let parameters = parameters_of(config).into_iter().map(|(name, shape)| {
            let columns = if shape.len() > 1 { shape[1..].iter().product::<usize>() } else { 1 };
            let (middle, spread) = match shape.len() {
                1 if name.ends_with("weight") => (1.0, 0.1), // a norm
                1 => (0.0, 0.1),
                _ => (0.0, (3.0 / columns as f32).sqrt()),
            };
            let count = shape.iter().product();
            let values = (0..count).map(|_| middle + spread * random.random_range(-1.0..1.0)).collect();
            (name, Parameter { shape, values: Values::Full(values) })
        });
        Self { parameters: parameters.collect() }
    }

    /// A parameter.
    ///
    /// # Panics
    /// If the configuration that the weights were read for has no such parameter.
    pub fn get(&self, name: &str) -> &Parameter {
        self.parameters.get(name).unwrap_or_else(|| panic!("{name} is not in the list of parameters"))
    }

    /// All parameters by name.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &Parameter)> {
        self.parameters.iter().map(|(name, parameter)| (name.as_str(), parameter))
    }

    /// How many numbers the model has.
    pub fn count(&self) -> usize {
        self.iter().map(|(_, parameter)| parameter.shape.iter().product::<usize>()).sum()
    }

    /// The same weights with every matrix as bytes, the download form; vectors and the positions stay.
    pub fn to_quantised(&self) -> Self {
        let parameters = self.iter().map(|(name, parameter)| {
            let mut parameter = parameter.clone();
            if is_matrix(name, &parameter.shape) {
                parameter.values = Values::Quantised(parameter.quantised());
            }
            (name.to_string(), parameter)
        });
        Self { parameters: parameters.collect() }
    }

    /// The bytes of a `model.safetensors` that holds these weights.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut tensors: Vec<(String, Dtype, Vec<usize>, Vec<u8>)> = Vec::new();
        for (name, Parameter { shape, values }) in self.iter() {
            match values {
                Values::Full(values) => {
                    tensors.push((name.into(), Dtype::F32, shape.clone(), little_endian(values)));
                }
                Values::Quantised(Quantised { codes, scales }) => {
                    let codes = codes.iter().map(|code| *code as u8).collect();
                    tensors.push((name.into(), Dtype::I8, shape.clone(), codes));
                    let scale = little_endian(scales);
                    tensors.push((format!("{name}{SCALE}"), Dtype::F32, vec![scales.len()], scale));
                }
            }
        }
        write(&tensors)
    }
}

/// The bytes of a safetensors file with these tensors: name, type, shape, bytes.
pub fn write(tensors: &[(String, Dtype, Vec<usize>, Vec<u8>)]) -> Vec<u8> {
    let views = tensors.iter().map(|(name, dtype, shape, bytes)| {
        let view = TensorView::new(*dtype, shape.clone(), bytes).expect("as many bytes as the shape says");
        (name, view)
    });
    safetensors::serialize(views, None).expect("every tensor is whole")
}

/// Numbers as the bytes that a file holds.
pub fn little_endian(values: &[f32]) -> Vec<u8> {
    values.iter().flat_map(|value| value.to_le_bytes()).collect()
}

/// The numbers that a file's bytes hold.
pub fn floats<C: FromIterator<f32>>(bytes: &[u8]) -> C {
    bytes.as_chunks().0.iter().map(|x| f32::from_le_bytes(*x)).collect()
}

/// Bytes that a small model takes besides its weights, once it runs: the keys and values of its traces, and what is
/// computed with.
const TO_RUN: u64 = 16 << 20;

/// Bytes that a tensor takes here: as they are in the file, or as f32 and once more as bytes to compute with.
fn memory(shape: &[usize], dtype: Dtype) -> u64 {
    let numbers = shape.iter().fold(1u64, |numbers, &side| numbers.saturating_mul(side as u64));
    numbers.saturating_mul(if dtype == Dtype::I8 { 1 } else { 5 })
}

/// Whether the memory has room for so many bytes: where it had not, the program would end in the middle.
fn has_room(bytes: u64) -> bool {
    // No tensor needs all of it in one piece.
    const PIECE: u64 = 1 << 26;
    let mut pieces: Vec<Vec<u8>> = Vec::new();
    let mut left = bytes;
    while left > 0 {
        let mut piece = Vec::new();
        if piece.try_reserve_exact(left.min(PIECE) as usize).is_err() {
            return false;
        }
        pieces.push(piece);
        left = left.saturating_sub(PIECE);
    }
    // What nobody looks at the compiler leaves out.
    std::hint::black_box(&pieces);
    true
}

/// Whether a parameter is a matrix that rows are multiplied with, or the table of tokens.
fn is_matrix(name: &str, shape: &[usize]) -> bool {
    shape.len() > 1 && !name.ends_with("position_embedding.weight")
}

/// The weights files of a folder: the one, or those that the index lists.
fn shards(folder: &Folder) -> Result<Vec<String>, ModelError> {
    #[derive(Deserialize)]
    struct Index {
        weight_map: BTreeMap<String, String>,
    }
    let Some(index) = folder.get(INDEX) else { return Ok(vec![FILE.to_string()]) };
    let index: Index = serde_json::from_slice(index)
        .map_err(|error| ModelError::new(INDEX, format!("not a list of shards: {error}")))?;
    let mut files: Vec<String> = index.weight_map.into_values().collect();
    files.sort();
    files.dedup();
    Ok(files)
}

/// A tensor's numbers, whatever their type.
fn values<'a>(
    name: &str,
    tensor: &TensorView,
    find: impl Fn(&str) -> Option<(&'a str, TensorView<'a>)>,
) -> Result<Values, String> {
    let bytes = tensor.data();
    let full: Arc<[f32]> = match tensor.dtype() {
        Dtype::F32 => floats(bytes),
        Dtype::F16 => bytes.as_chunks().0.iter().map(|x| f16::from_le_bytes(*x).to_f32()).collect(),
        Dtype::BF16 => bytes.as_chunks().0.iter().map(|x| bf16::from_le_bytes(*x).to_f32()).collect(),
        Dtype::I8 => {
            let rows = tensor.shape().first().copied().unwrap_or(1);
            let scale = format!("{name}{SCALE}");
            let Some((_, scales)) = find(&scale) else {
                return Err(format!("the tensor `{name}` is quantised, but `{scale}` is missing"));
            };
            if scales.dtype() != Dtype::F32 || scales.shape() != [rows] {
                return Err(format!(
                    "the tensor `{scale}` is {:?} of {:?}, not F32 of [{rows}]",
                    scales.dtype(),
                    scales.shape()
                ));
            }
            let codes = bytes.iter().map(|code| *code as i8).collect();
            let scales: Arc<[f32]> = floats(scales.data());
            finite(&scale, &scales)?;
            return Ok(Values::Quantised(Quantised { codes, scales }));
        }
        other => {
            return Err(format!("the tensor `{name}` holds {other:?}; only F32, F16, BF16 and I8 are known"));
        }
    };
    finite(name, &full)?;
    Ok(Values::Full(full))
}

fn finite(name: &str, values: &[f32]) -> Result<(), String> {
    match values.iter().position(|x| !x.is_finite()) {
        Some(at) => Err(format!("the tensor `{name}` is not finite: number {at} is {}", values[at])),
        None => Ok(()),
    }
}

/// Names and shapes of all parameters of a model, as `Idefics3ForConditionalGeneration` saves them.
pub fn parameters_of(config: &Config) -> Vec<(String, Vec<usize>)> {
    let Config { vision, text, .. } = config;
    let mut all: Vec<(String, Vec<usize>)> = Vec::new();
    let mut add = |name: String, shape: &[usize]| all.push((name, shape.to_vec()));

    let (width, inner, patch) = (vision.hidden_size, vision.intermediate_size, vision.patch_size);
    let tower = "model.vision_model";
    add(format!("{tower}.embeddings.patch_embedding.weight"), &[width, vision.num_channels, patch, patch]);
    add(format!("{tower}.embeddings.patch_embedding.bias"), &[width]);
    add(format!("{tower}.embeddings.position_embedding.weight"), &[vision.patches_a_side().pow(2), width]);
    for layer in 0..vision.num_hidden_layers {
        let layer = format!("{tower}.encoder.layers.{layer}");
        for norm in ["layer_norm1", "layer_norm2"] {
            add(format!("{layer}.{norm}.weight"), &[width]);
            add(format!("{layer}.{norm}.bias"), &[width]);
        }
        for (linear, out, from) in [
            ("self_attn.q_proj", width, width),
            ("self_attn.k_proj", width, width),
            ("self_attn.v_proj", width, width),
            ("self_attn.out_proj", width, width),
            ("mlp.fc1", inner, width),
            ("mlp.fc2", width, inner),
        ] {
            add(format!("{layer}.{linear}.weight"), &[out, from]);
            add(format!("{layer}.{linear}.bias"), &[out]);
        }
    }
    add(format!("{tower}.post_layernorm.weight"), &[width]);
    add(format!("{tower}.post_layernorm.bias"), &[width]);

    let hidden = text.hidden_size;
    let shuffled = width * config.scale_factor.pow(2);
    add("model.connector.modality_projection.proj.weight".into(), &[hidden, shuffled]);

    let decoder = "model.text_model";
    let (queries, keys) = (text.num_attention_heads * text.head_dim(), text.kv_heads() * text.head_dim());
    add(format!("{decoder}.embed_tokens.weight"), &[text.vocab_size, hidden]);
    for layer in 0..text.num_hidden_layers {
        let layer = format!("{decoder}.layers.{layer}");
        add(format!("{layer}.input_layernorm.weight"), &[hidden]);
        add(format!("{layer}.self_attn.q_proj.weight"), &[queries, hidden]);
        add(format!("{layer}.self_attn.k_proj.weight"), &[keys, hidden]);
        add(format!("{layer}.self_attn.v_proj.weight"), &[keys, hidden]);
        add(format!("{layer}.self_attn.o_proj.weight"), &[hidden, queries]);
        add(format!("{layer}.post_attention_layernorm.weight"), &[hidden]);
        add(format!("{layer}.mlp.gate_proj.weight"), &[text.intermediate_size, hidden]);
        add(format!("{layer}.mlp.up_proj.weight"), &[text.intermediate_size, hidden]);
        add(format!("{layer}.mlp.down_proj.weight"), &[hidden, text.intermediate_size]);
    }
    add(format!("{decoder}.norm.weight"), &[hidden]);
    if !config.tie_word_embeddings {
        add("lm_head.weight".into(), &[text.vocab_size, hidden]);
    }
    all
}
