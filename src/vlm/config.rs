//! The sizes of a model, from its `config.json`; what the file leaves out is as in Hugging Face's
//! `Idefics3Config`, `Idefics3VisionConfig` and `LlamaConfig`.

use serde::Deserialize;

use super::folder::{Folder, ModelError};

const FILE: &str = "config.json";
/// The most of any size, of a picture's side in pixels, and of layers: who asks for more asks for memory
/// that is nowhere.
const MOST: usize = 1 << 24;
const MOST_SIDE: usize = 4096;
const MOST_LAYERS: usize = 1000;

/// An Idefics3 (SmolVLM) model.
#[derive(Debug, Clone, Deserialize)]
pub struct Config {
    model_type: String,
    /// The vision tower.
    #[serde(rename = "vision_config", default)]
    pub vision: VisionConfig,
    /// The decoder.
    #[serde(rename = "text_config", default)]
    pub text: TextConfig,
    /// How many patches a side become one image token.
    #[serde(default = "two")]
    pub scale_factor: usize,
    /// The token that stands where an image's tokens go.
    #[serde(default = "idefics3_image_token")]
    pub image_token_id: u32,
    /// Whether the output layer is the embedding table.
    #[serde(default)]
    pub tie_word_embeddings: bool,
    /// How many tokens, from the first on, an answer may use: only these get logits. Ours; the
    /// whole vocabulary where the file does not say.
    #[serde(default)]
    answer_tokens: Option<usize>,
}

/// The SigLIP-style vision tower.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct VisionConfig {
    /// Width of the tower.
    pub hidden_size: usize,
    /// Width inside of the feed-forward layers.
    pub intermediate_size: usize,
    /// Layers.
    pub num_hidden_layers: usize,
    /// Attention heads.
    pub num_attention_heads: usize,
    /// Colour channels.
    pub num_channels: usize,
    /// Side of the image in pixels.
    pub image_size: usize,
    /// Side of a patch in pixels.
    pub patch_size: usize,
    /// Added to the variance in layer norms.
    pub layer_norm_eps: f64,
    hidden_act: String,
}

/// The Llama decoder.
#[derive(Debug, Clone, Deserialize)]
#[serde(default)]
pub struct TextConfig {
    /// Tokens in the embedding table.
    pub vocab_size: usize,
    /// Width of the decoder.
    pub hidden_size: usize,
    /// Width inside of the feed-forward layers.
    pub intermediate_size: usize,
    /// Layers.
    pub num_hidden_layers: usize,
    /// Query heads.
    pub num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    /// Added to the mean square in norms.
    pub rms_norm_eps: f64,
    /// The longest sequence the model was made for, in tokens.
    pub max_position_embeddings: usize,
    rope_theta: Option<f64>,
    rope_parameters: Option<Rope>,
    rope_scaling: Option<serde_json::Value>,
    hidden_act: String,
    attention_bias: bool,
    mlp_bias: bool,
}

/// `rope_parameters` of `transformers` from version 5 on.
#[derive(Debug, Clone, Deserialize)]
struct Rope {
    rope_theta: Option<f64>,
    rope_type: Option<String>,
}

fn two() -> usize {
    2
}

fn idefics3_image_token() -> u32 {
    128_257
}

impl Default for VisionConfig {
    fn default() -> Self {
        Self {
            hidden_size: 1152,
            intermediate_size: 3072,
            num_hidden_layers: 12,
            num_attention_heads: 16,
            num_channels: 3,
            image_size: 224,
            patch_size: 32,
            layer_norm_eps: 1e-6,
            hidden_act: "gelu_pytorch_tanh".into(),
        }
    }
}

impl Default for TextConfig {
    fn default() -> Self {
        Self {
            vocab_size: 32_000,
            hidden_size: 4096,
            intermediate_size: 11_008,
            num_hidden_layers: 32,
            num_attention_heads: 32,
            num_key_value_heads: None,
            head_dim: None,
            rms_norm_eps: 1e-6,
            max_position_embeddings: 2048,
            rope_theta: None,
            rope_parameters: None,
            rope_scaling: None,
            hidden_act: "silu".into(),
            attention_bias: false,
            mlp_bias: false,
        }
    }
}

impl VisionConfig {
    /// Patches along one side of the image.
    pub fn patches_a_side(&self) -> usize {
        self.image_size / self.patch_size
    }

    /// Width of an attention head.
    pub fn head_dim(&self) -> usize {
        self.hidden_size / self.num_attention_heads
    }
}

impl TextConfig {
    /// Key and value heads: as many as query heads where the file does not say.
    pub fn kv_heads(&self) -> usize {
        self.num_key_value_heads.unwrap_or(self.num_attention_heads)
    }

    /// Width of an attention head.
    pub fn head_dim(&self) -> usize {
        self.head_dim.unwrap_or(self.hidden_size / self.num_attention_heads.max(1))
    }

    /// The base of the rotary position encoding.
    pub fn rope_theta(&self) -> f64 {
        let newer = self.rope_parameters.as_ref().and_then(|rope| rope.rope_theta);
        newer.or(self.rope_theta).unwrap_or(10_000.0)
    }
}

impl Config {
    /// Reads `config.json`.
    ///
    /// # Errors
    /// If it is not JSON, not an Idefics3 model's, or its sizes don't fit each other.
    pub fn new(folder: &Folder) -> Result<Self, ModelError> {
        let config: Self = folder.json(FILE)?;
        match config.problem() {
            Some(problem) => Err(ModelError::new(FILE, problem)),
            None => Ok(config),
        }
    }

    /// Tokens that one image takes in the prompt.
    pub fn image_tokens(&self) -> usize {
        (self.vision.patches_a_side() / self.scale_factor).pow(2)
    }

    /// How many tokens get logits, from the first on.
    pub fn answer_tokens(&self) -> usize {
        self.answer_tokens.unwrap_or(self.text.vocab_size)
    }

    fn problem(&self) -> Option<String> {
        let Self { vision, text, .. } = self;
        if !["idefics3", "smolvlm"].contains(&self.model_type.as_str()) {
            return Some(format!(
                "`model_type` is \"{}\"; only \"idefics3\" and \"smolvlm\" are known",
                self.model_type
            ));
        }
        let sizes = [
            ("vision_config.hidden_size", vision.hidden_size, MOST),
            ("vision_config.intermediate_size", vision.intermediate_size, MOST),
            ("vision_config.num_hidden_layers", vision.num_hidden_layers, MOST_LAYERS),
            ("vision_config.num_attention_heads", vision.num_attention_heads, MOST),
            ("vision_config.image_size", vision.image_size, MOST_SIDE),
            ("vision_config.patch_size", vision.patch_size, MOST_SIDE),
            ("text_config.vocab_size", text.vocab_size, MOST),
            ("text_config.hidden_size", text.hidden_size, MOST),
            ("text_config.intermediate_size", text.intermediate_size, MOST),
            ("text_config.num_hidden_layers", text.num_hidden_layers, MOST_LAYERS),
            ("text_config.num_attention_heads", text.num_attention_heads, MOST),
            ("text_config.num_key_value_heads", text.kv_heads(), MOST),
            ("text_config.head_dim", text.head_dim(), MOST),
            ("text_config.max_position_embeddings", text.max_position_embeddings, MOST),
            ("scale_factor", self.scale_factor, MOST_SIDE),
        ];
        if let Some((name, size, _)) = sizes.into_iter().find(|(_, size, most)| *size == 0 || size > most) {
            return Some(format!("`{name}` is {size}, which can't be"));
        }
        let divides = [
            (
                "vision_config.hidden_size",
                vision.hidden_size,
                "its attention heads",
                vision.num_attention_heads,
            ),
            ("vision_config.image_size", vision.image_size, "`patch_size`", vision.patch_size),
            ("patches a side", vision.patches_a_side(), "`scale_factor`", self.scale_factor),
            (
                "text_config.num_attention_heads",
                text.num_attention_heads,
                "`num_key_value_heads`",
                text.kv_heads(),
            ),
            ("text_config.head_dim", text.head_dim(), "2", 2),
            ("the vision heads' width", vision.head_dim(), "2", 2),
        ];
        if let Some((name, whole, by, part)) =
            divides.into_iter().find(|(_, whole, _, part)| whole % part != 0)
        {
            return Some(format!("`{name}` is {whole}, not a multiple of {by} ({part})"));
        }
        let rope_type = text.rope_parameters.as_ref().and_then(|rope| rope.rope_type.as_deref());
        let unknown = [
            ("vision_config.hidden_act", vision.hidden_act.as_str(), "gelu_pytorch_tanh"),
            ("text_config.hidden_act", text.hidden_act.as_str(), "silu"),
            ("text_config.rope_parameters.rope_type", rope_type.unwrap_or("default"), "default"),
        ];
        if let Some((name, found, known)) = unknown.into_iter().find(|(_, found, known)| found != known) {
            return Some(format!("`{name}` is \"{found}\"; only \"{known}\" is known"));
        }
        let set = [
            ("text_config.attention_bias", text.attention_bias),
            ("text_config.mlp_bias", text.mlp_bias),
            ("text_config.rope_scaling", text.rope_scaling.is_some()),
        ];
        if let Some((name, _)) = set.into_iter().find(|(_, set)| *set) {
            return Some(format!("`{name}` is set; only a decoder without it is known"));
        }
        if vision.num_channels != 3 {
            return Some(format!("`vision_config.num_channels` is {}; only 3 is known", vision.num_channels));
        }
        if self.image_token_id as usize >= text.vocab_size {
            return Some(format!(
                "`image_token_id` is {}, beyond the {} tokens",
                self.image_token_id, text.vocab_size
            ));
        }
        let (image, longest) = (self.image_tokens(), text.max_position_embeddings);
        if image > longest {
            return Some(format!(
                "an image is {image} tokens, but `text_config.max_position_embeddings` is {longest}"
            ));
        }
        if self.answer_tokens() > text.vocab_size || self.answer_tokens() == 0 {
            return Some(format!(
                "`answer_tokens` is {}, with {} tokens in all",
                self.answer_tokens(),
                text.vocab_size
            ));
        }
        None
    }
}
