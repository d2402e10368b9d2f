//! The decoder: Llama (Touvron et al., arXiv 2302.13971), with grouped queries, and tied or untied
//! embeddings.

use burn::tensor::{Device, Tensor};

use super::adapter::Adapter;
use super::config::Config;
use super::kernels::{Cache, Heads, Kernels, Matrix, Rotation, Sights, last_rows};
use super::layers::{Builder, Linear, Lora, Worn, worn_last};

/// The decoder with its table of tokens.
pub struct Decoder {
    kernels: Kernels,
    device: Device,
    table: Matrix,
    head: Option<Matrix>,
    layers: Vec<Layer>,
    norm: Tensor<2>,
    eps: f64,
    theta: f64,
    /// The heads of every layer.
    pub heads: Heads,
    answers: usize,
}

struct Layer {
    norm1: Tensor<2>,
    attention: [Linear; 3],
    out: Linear,
    norm2: Tensor<2>,
    gate: Linear,
    up: Linear,
    down: Linear,
}

/// What the rows of a sequence may see.
pub enum View<'a> {
    /// Each other, as a mask `[rows, rows]` that is added to the scores allows.
    Mask(&'a Tensor<2>),
    /// The same; and each layer's attention is kept, `[rows, rows]`, see [`Kernels::attend_watched`].
    Watched(&'a Tensor<2>, &'a mut Vec<Tensor<2>>),
    /// What the caches hold, one cache a layer, and each other: a sight a row.
    Cached(&'a mut [Cache], &'a Sights),
}

impl Decoder {
    /// Builds the decoder.
    pub fn new(builder: &Builder, config: &Config) -> Self {
        let text = &config.text;
        let model = "model.text_model";
        let layer = |i: usize| {
            let layer = format!("{model}.layers.{i}");
            let linear = |part: &str| builder.linear(&format!("{layer}.{part}"), false);
            Layer {
                norm1: builder.tensor(&format!("{layer}.input_layernorm.weight")),
                attention: ["self_attn.q_proj", "self_attn.k_proj", "self_attn.v_proj"].map(linear),
                out: linear("self_attn.o_proj"),
                norm2: builder.tensor(&format!("{layer}.post_attention_layernorm.weight")),
                gate: linear("mlp.gate_proj"),
                up: linear("mlp.up_proj"),
                down: linear("mlp.down_proj"),
            }
        };
        let answers = config.answer_tokens();
        let table = builder.matrix(&format!("{model}.embed_tokens.weight"));
        let head = (!config.tie_word_embeddings).then(|| builder.matrix("lm_head.weight"));
        Self {
            kernels: Kernels::of(builder.device),
            device: builder.device.clone(),
            head: match &head {
                Some(head) => Some(head.first_rows(answers)),
                // Tied, and all of it is wanted: the table itself.
                None if answers == config.text.vocab_size => None,
                None => Some(table.first_rows(answers)),
            },
            table,
            layers: (0..text.num_hidden_layers).map(layer).collect(),
            norm: builder.tensor(&format!("{model}.norm.weight")),
            eps: text.rms_norm_eps,
            theta: text.rope_theta(),
            heads: Heads { queries: text.num_attention_heads, keys: text.kv_heads(), width: text.head_dim() },
            answers,
        }
    }

    /// Empty caches, one a layer.
    pub fn caches(&self, slots: usize) -> Vec<Cache> {
        self.layers.iter().map(|_| self.kernels.cache(slots, self.heads, &self.device)).collect()
    }

    /// The vectors of tokens, `[ids, width]`.
    pub fn embed(&self, ids: &[u32]) -> Tensor<2> {
        self.kernels.embed(ids, &self.table, &self.device)
    }

    /// Runs rows `[rows, width]` at these positions through all layers and the last norm, with the adapters
    /// that the rows wear. Of the last rows, so many are wanted: `[wanted, width]`.
    pub fn forward(
        &self,
        mut x: Tensor<2>,
        positions: impl IntoIterator<Item = usize>,
        mut view: View,
        worn: Worn,
        wanted: usize,
    ) -> Tensor<2> {
        let kernels = self.kernels;
        let rotation = Some(&Rotation::new(positions, self.heads.width, self.theta));
        let all = x.dims()[0];
        let worn_last = worn_last(worn, wanted);
        for (i, layer) in self.layers.iter().enumerate() {
            let normed = kernels.rms_norm(x.clone(), &layer.norm1, self.eps);
            // Of the last layer the other rows' keys and values alone are of use.
            let is_last = i + 1 == self.layers.len();
            let (after, worn_after) = if is_last { (wanted, &worn_last[..]) } else { (all, worn) };
            let asking = if kernels.takes_fewer_queries() { after } else { all };
            let worn_asking = if asking == all { worn } else { worn_after };
            let [q, k, v] = &layer.attention;
            let qkv = [
                q.forward_worn(kernels, last_rows(normed.clone(), asking), worn_asking),
                k.forward_worn(kernels, normed.clone(), worn),
                v.forward_worn(kernels, normed, worn),
            ];
            let seen = match &mut view {
                View::Mask(mask) => kernels.attend(qkv, self.heads, rotation, Some(mask)),
                View::Watched(mask, layers) => {
                    let [seen, shares] = kernels.attend_watched(qkv, self.heads, rotation, Some(mask));
                    layers.push(shares);
                    seen
                }
                View::Cached(caches, sights) => {
                    kernels.attend_cached(qkv, self.heads, rotation, &mut caches[i], sights)
                }
            };
            x = last_rows(x, after) + layer.out.forward_worn(kernels, last_rows(seen, after), worn_after);
            let normed = kernels.rms_norm(x.clone(), &layer.norm2, self.eps);
            let gate = layer.gate.forward(kernels, normed.clone());
            let up = layer.up.forward(kernels, normed);
            x = x + layer.down.forward(kernels, kernels.swiglu(gate, up));
        }
        kernels.rms_norm(x, &self.norm, self.eps)
    }

    /// The logits of hidden rows, `[rows, answers]`.
    pub fn logits(&self, hidden: Tensor<2>) -> Tensor<2> {
        self.kernels.linear(hidden, self.head.as_ref().unwrap_or(&self.table))
    }

    /// Whether it is better to copy a slot of the caches than to compute the same again. On a graphics card
    /// every copy is a dispatch, and a row more in a batch costs next to nothing.
    pub fn copies_slots(&self) -> bool {
        self.kernels.in_memory()
    }

    /// How many tokens get logits.
    pub fn answers(&self) -> usize {
        self.answers
    }

    /// Installs an adapter at a place, or takes it away.
    pub fn adopt(&mut self, place: usize, adapter: Option<&Adapter>) {
        let device = self.device.clone();
        self.adopt_tensors(place, |layer, name| adapter?.lora(layer, name, &device));
    }

    /// Installs low-rank corrections that are tensors already, by layer and name.
    pub fn adopt_tensors(&mut self, place: usize, mut lora: impl FnMut(usize, &str) -> Option<Lora>) {
        for (i, layer) in self.layers.iter_mut().enumerate() {
            for (linear, name) in layer.adaptable() {
                linear.adopt(place, lora(i, name));
            }
        }
    }
}

impl Layer {
    /// The linear layers that an adapter may correct, with their names.
    fn adaptable(&mut self) -> [(&mut Linear, &'static str); 4] {
        let [q, k, v] = &mut self.attention;
        [(q, "q_proj"), (k, "k_proj"), (v, "v_proj"), (&mut self.out, "o_proj")]
    }
}
