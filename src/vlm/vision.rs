//! The eye: a SigLIP-style tower over patches (Zhai et al., arXiv 2303.15343) and Idefics3's connector
//! (Laurençon et al., arXiv 2408.12637), which makes one token of a square of patches.

use burn::tensor::{Device, Int, Tensor, TensorData};

use super::config::Config;
use super::kernels::{Heads, Kernels, Sights};
use super::layers::{Builder, Linear};

/// The vision tower and the connector.
pub struct Vision {
    kernels: Kernels,
    patches: Linear,
    /// `[patches, width]`, in the order of [`Vision::order`].
    positions: Tensor<2>,
    layers: Vec<Layer>,
    norm: Norm,
    connector: Linear,
    heads: Heads,
    /// The patches in the order in which the connector puts them together, so that its shuffle is
    /// a change of shape: the tower itself does not care for their order.
    order: Vec<usize>,
    side: usize,
    patch: usize,
    tokens: usize,
}

struct Layer {
    norm1: Norm,
    attention: [Linear; 3],
    out: Linear,
    norm2: Norm,
    fc1: Linear,
    fc2: Linear,
}

struct Norm {
    weight: Tensor<2>,
    bias: Tensor<2>,
    eps: f64,
}

impl Norm {
    fn new(builder: &Builder, name: &str, eps: f64) -> Self {
        let tensor = |part| builder.tensor(&format!("{name}.{part}"));
        Self { weight: tensor("weight"), bias: tensor("bias"), eps }
    }

    fn forward(&self, kernels: Kernels, x: Tensor<2>) -> Tensor<2> {
        kernels.layer_norm(x, &self.weight, &self.bias, self.eps)
    }
}

impl Vision {
    /// Builds the tower and the connector.
    pub fn new(builder: &Builder, config: &Config) -> Self {
        let vision = &config.vision;
        let (eps, side, scale) = (vision.layer_norm_eps, vision.patches_a_side(), config.scale_factor);
        let tower = "model.vision_model";
        let layer = |i: usize| {
            let layer = format!("{tower}.encoder.layers.{i}");
            let linear = |part: &str| builder.linear(&format!("{layer}.{part}"), true);
            Layer {
                norm1: Norm::new(builder, &format!("{layer}.layer_norm1"), eps),
                attention: ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"].map(linear),
                out: linear("self_attn.out_proj"),
                norm2: Norm::new(builder, &format!("{layer}.layer_norm2"), eps),
                fc1: linear("mlp.fc1"),
                fc2: linear("mlp.fc2"),
            }
        };
        let order = shuffled(side, scale);
        let positions = builder.tensor(&format!("{tower}.embeddings.position_embedding.weight"));
        let indices: Vec<i32> = order.iter().map(|patch| *patch as i32).collect();
        let indices = Tensor::<1, Int>::from_data(TensorData::new(indices, [order.len()]), builder.device);
        Self {
            kernels: Kernels::of(builder.device),
            patches: builder.linear(&format!("{tower}.embeddings.patch_embedding"), true),
            positions: positions.select(0, indices),
            layers: (0..vision.num_hidden_layers).map(layer).collect(),
            norm: Norm::new(builder, &format!("{tower}.post_layernorm"), eps),
            connector: builder.linear("model.connector.modality_projection.proj", false),
            heads: Heads {
                queries: vision.num_attention_heads,
                keys: vision.num_attention_heads,
                width: vision.head_dim(),
            },
            order,
            side: vision.image_size,
            patch: vision.patch_size,
            tokens: config.image_tokens(),
        }
    }

    /// The tokens of one image: pixels `[3, side, side]` to `[image tokens, text width]`.
    pub fn forward(&self, pixels: &[f32], device: &Device) -> Tensor<2> {
        let kernels = self.kernels;
        let mut x = self.patches.forward(kernels, self.unfold(pixels, device)) + self.positions.clone();
        // Every patch sees every patch.
        let count = self.order.len();
        let sights = Sights::mutual(count);
        // Its keys and values are each layer's own for as long as the layer needs them.
        let mut cache = (kernels != Kernels::Plain).then(|| kernels.cache(count, self.heads, device));
        for layer in &self.layers {
            let normed = layer.norm1.forward(kernels, x.clone());
            let qkv = layer.attention.each_ref().map(|linear| linear.forward(kernels, normed.clone()));
            let seen = match &mut cache {
                None => kernels.attend(qkv, self.heads, None, None),
                Some(cache) => kernels.attend_cached(qkv, self.heads, None, cache, &sights),
            };
            x = x + layer.out.forward(kernels, seen);
            let inner = layer.fc1.forward(kernels, layer.norm2.forward(kernels, x.clone()));
            x = x + layer.fc2.forward(kernels, kernels.gelu(inner));
        }
        let x = self.norm.forward(kernels, x);
        let width = x.dims()[1] * count / self.tokens;
        self.connector.forward(kernels, x.reshape([self.tokens, width]))
    }

    /// The patches as rows `[patches, 3 * patch * patch]`, in the connector's order.
    fn unfold(&self, pixels: &[f32], device: &Device) -> Tensor<2> {
        let (side, patch) = (self.side, self.patch);
        let across = side / patch;
        let mut rows = Vec::with_capacity(pixels.len());
        for at in &self.order {
            let (top, left) = (at / across * patch, at % across * patch);
            for channel in 0..3 {
                for y in top..top + patch {
                    let from = (channel * side + y) * side + left;
                    rows.extend_from_slice(&pixels[from..from + patch]);
                }
            }
        }
        let shape = [self.order.len(), 3 * patch * patch];
        Tensor::from_data(TensorData::new(rows, shape), device)
    }
}

/// The patches of an image of `side` x `side`, square by square of `scale` x `scale`.
fn shuffled(side: usize, scale: usize) -> Vec<usize> {
    let squares = side / scale;
    let mut order = Vec::with_capacity(side * side);
    for square in 0..squares * squares {
        for inside in 0..scale * scale {
            let row = square / squares * scale + inside / scale;
            let column = square % squares * scale + inside % scale;
            order.push(row * side + column);
        }
    }
    order
}
