//! From a talk with pictures to what the model reads, token ids and pixels, and from ids back to
//! text: what Hugging Face's `Idefics3Processor` does, for the folder of any SmolVLM.

mod lanczos;
mod picture;
mod piece;

use serde_json::Value;
use tokenizers::{AddedToken, Tokenizer};

use super::config::Config;
use super::folder::{Folder, ModelError};
use crate::mind::{Message, Part, Role};
use picture::Pictures;

const TOKENIZER: &str = "tokenizer.json";
const START: &str = "<|im_start|>";
const END: &str = "<end_of_utterance>";
const AROUND: &str = "<fake_token_around_image>";
const WHOLE: &str = "<global-img>";
const IMAGE: &str = "<image>";

/// What the model reads.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Prompt {
    /// The tokens.
    pub ids: Vec<u32>,
    /// The images that the tokens stand for, in order, each `[3, side, side]` with the side of
    /// [`Processor::image_side`].
    pub images: Vec<Vec<f32>>,
}

/// Tokens, talk and pictures of one model.
pub struct Processor {
    tokenizer: Tokenizer,
    pieces: Vec<Box<[u8]>>,
    start: u32,
    end: u32,
    /// The tokens that stand for one picture.
    picture: Vec<u32>,
    pictures: Pictures,
}

impl Processor {
    /// Reads `config.json`, `tokenizer.json` and the image settings, which are
    /// `preprocessor_config.json` or, in newer folders, a part of `processor_config.json`.
    ///
    /// # Errors
    /// If one of them is missing, is not what it should be or contradicts another.
    pub fn new(files: &Folder) -> Result<Self, ModelError> {
        let config = Config::new(files)?;
        let pictures = Pictures::new(files, &config)?;
        let mut tokenizer = read_tokenizer(files)?;

        let tiles = tile_tokens(pictures.grid());
        let names = [START, END, AROUND, WHOLE, IMAGE].into_iter().map(String::from);
        names.chain(tiles.concat()).try_for_each(|name| require_special(&mut tokenizer, name))?;
        let id = |token: &str| tokenizer.token_to_id(token).unwrap_or_default();
        if id(IMAGE) != config.image_token_id {
            let problem =
                format!("{IMAGE} is token {}; config.json says {}", id(IMAGE), config.image_token_id);
            return Err(ModelError::new(TOKENIZER, problem));
        }
        let highest = tokenizer.get_vocab(true).into_values().max().unwrap_or_default();
        if highest as usize >= config.text.vocab_size {
            let problem =
                format!("it has a token {highest}; the model has {} tokens", config.text.vocab_size);
            return Err(ModelError::new(TOKENIZER, problem));
        }
        let (start, end) = (id(START), id(END));
        let pieces = piece::pieces(&tokenizer, highest + 1);
        keep_words_words(&mut tokenizer)?;
        let picture = picture_tokens(&tokenizer, &tiles, config.image_tokens())?;
        Ok(Self { pieces, start, end, picture, pictures, tokenizer })
    }

    /// A talk that the model is to go on with: everything said, and that it is the assistant's turn.
    ///
    /// # Errors
    /// If the tokenizer can't encode a text.
    pub fn prompt(&self, talk: &[Message]) -> Result<Prompt, ModelError> {
        self.lay_out(talk, "\nAssistant:")
    }

    /// A talk up to the end of its last message, that message's end token included.
    ///
    /// The ids and the images of a talk's first messages are the first ids and images of every longer
    /// talk, here and in [`Processor::prompt`], so their keys and values can be kept: text is cut at
    /// special tokens before anything else, the end token is one, and the line break after it belongs
    /// to the next message.
    ///
    /// # Errors
    /// If the tokenizer can't encode a text.
    pub fn prefix(&self, talk: &[Message]) -> Result<Prompt, ModelError> {
        self.lay_out(talk, "")
    }

    fn lay_out(&self, talk: &[Message], tail: &str) -> Result<Prompt, ModelError> {
        let mut layout = Layout::new(&self.tokenizer);
        let mut images = Vec::new();
        layout.mark(&[self.start])?;
        for (at, Message { role, parts }) in talk.iter().enumerate() {
            let image_first = matches!(parts.first(), Some(Part::Image(_)));
            layout.say(if at == 0 { "" } else { "\n" });
            layout.say(role.name()).say(if image_first { ":" } else { ": " });
            for part in parts {
                match part {
                    Part::Text(text) => _ = layout.say(text),
                    Part::Image(frame) => {
                        layout.mark(&self.picture)?;
                        images.extend(self.pictures.images(frame));
                    }
                }
            }
            layout.mark(&[self.end])?;
        }
        layout.say(if talk.is_empty() { tail.trim_start() } else { tail });
        Ok(Prompt { ids: layout.finish()?, images })
    }

    /// The tokens of a text by itself; a special token's name in it stays words.
    ///
    /// # Errors
    /// If the tokenizer can't encode the text.
    pub fn encode(&self, text: &str) -> Result<Vec<u32>, ModelError> {
        let mut layout = Layout::new(&self.tokenizer);
        layout.say(text);
        layout.finish()
    }

    /// The text of some tokens, special ones left out; bytes that are no UTF-8 become `\u{fffd}`.
    pub fn decode(&self, ids: &[u32]) -> String {
        // None of the crate's decoders fails.
        self.tokenizer.decode(ids, true).unwrap_or_default()
    }

    /// The bytes that a token adds to a text that has begun, maybe not whole characters; none for a
    /// special token and for an id beyond [`Processor::vocab_size`].
    pub fn piece(&self, id: u32) -> &[u8] {
        self.pieces.get(id as usize).map_or(&[], |piece| piece)
    }

    /// The id of a token by its name in the tokenizer's file, such as `<image>`.
    pub fn token_id(&self, token: &str) -> Option<u32> {
        self.tokenizer.token_to_id(token)
    }

    /// The token that ends an answer.
    pub fn eos(&self) -> u32 {
        self.end
    }

    /// Tokens of the tokenizer; the model may have more.
    pub fn vocab_size(&self) -> usize {
        self.pieces.len()
    }

    /// Width and height of [`Prompt::images`].
    pub fn image_side(&self) -> usize {
        self.pictures.side()
    }
}

impl std::fmt::Debug for Processor {
    fn fmt(&self, f: &mut std::fmt::Formatter) -> std::fmt::Result {
        write!(f, "Processor({} tokens, images {} wide)", self.vocab_size(), self.image_side())
    }
}

impl Role {
    fn name(self) -> &'static str {
        match self {
            Self::System => "System",
            Self::User => "User",
            Self::Assistant => "Assistant",
        }
    }
}

/// Token ids in the making: text gathers until a special token cuts it.
struct Layout<'a> {
    tokenizer: &'a Tokenizer,
    text: String,
    ids: Vec<u32>,
}

impl<'a> Layout<'a> {
    fn new(tokenizer: &'a Tokenizer) -> Self {
        Self { tokenizer, text: String::new(), ids: Vec::new() }
    }

    fn say(&mut self, text: &str) -> &mut Self {
        self.text.push_str(text);
        self
    }

    fn mark(&mut self, tokens: &[u32]) -> Result<&mut Self, ModelError> {
        let text = std::mem::take(&mut self.text);
        let encoded = self.tokenizer.encode_fast(text, false);
        let encoded = encoded.map_err(|e| unencodable(&*e))?;
        self.ids.extend_from_slice(encoded.get_ids());
        self.ids.extend_from_slice(tokens);
        Ok(self)
    }

    fn finish(mut self) -> Result<Vec<u32>, ModelError> {
        self.mark(&[])?;
        Ok(self.ids)
    }
}

/// Reads the tokenizer's file. Three things are found out before: the crate panics where the JSON breaks off in
/// its decoder, where a precompiled normalizer is none, and where two pieces make none that is known.
fn read_tokenizer(files: &Folder) -> Result<Tokenizer, ModelError> {
    let bytes = files.require(TOKENIZER)?;
    let problem =
        |e: &dyn std::fmt::Display| ModelError::new(TOKENIZER, format!("it is not a tokenizer: {e}"));
    let json: Value = serde_json::from_slice(bytes).map_err(|e| problem(&e))?;
    if json["normalizer"].to_string().contains("\"Precompiled\"") {
        return Err(ModelError::new(TOKENIZER, "its normalizer is a precompiled one, which is not known"));
    }
    check_merges(&json["model"]).map_err(|found| problem(&found))?;
    Tokenizer::from_bytes(bytes).map_err(|e| problem(&e))
}

/// Whether each two pieces of a byte-pair encoding that are to be merged make a piece of the vocabulary.
fn check_merges(model: &Value) -> Result<(), String> {
    let Some(merges) = model["merges"].as_array() else { return Ok(()) };
    if model["continuing_subword_prefix"].as_str().is_some_and(|prefix| !prefix.is_empty()) {
        return Err("the pieces within its words have a prefix, which is not known".into());
    }
    // Written as a pair, or in older files as one text with a space between, below a line that the crate skips.
    let is_version = |merge: &&Value| merge.as_str().is_some_and(|line| line.starts_with("#version"));
    let merged = |merge: &Value| match merge {
        Value::Array(pair) => pair.iter().map(Value::as_str).collect::<Option<String>>(),
        merge => merge.as_str().map(|pair| pair.replacen(' ', "", 1)),
    };
    let fits = |merge: &&Value| merged(merge).is_some_and(|piece| !model["vocab"][piece].is_null());
    match merges.iter().find(|merge| !is_version(merge) && !fits(merge)) {
        Some(merge) => Err(format!("its merge {merge} makes no piece of its vocabulary")),
        None => Ok(()),
    }
}

/// Makes sure that a token is there and special, as in Hugging Face's processor it is whatever the
/// file says.
fn require_special(tokenizer: &mut Tokenizer, token: String) -> Result<(), ModelError> {
    if tokenizer.token_to_id(&token).is_none() {
        return Err(ModelError::new(TOKENIZER, format!("it has no token {token}")));
    }
    if !tokenizer.get_added_vocabulary().is_special_token(&token) {
        let special = AddedToken::from(token, true).normalized(false);
        tokenizer.add_special_tokens([special]).map_err(|e| ModelError::new(TOKENIZER, e))?;
    }
    Ok(())
}

/// From here on the tokenizer takes the names of special tokens in a text for words, and the text
/// around special tokens is encoded by itself. Hugging Face encodes the whole, and the two agree but
/// for tokenizers that treat a text's start or the space beside a token in a way of their own.
fn keep_words_words(tokenizer: &mut Tokenizer) -> Result<(), ModelError> {
    let texts = ["User: a b", " c\n", "\nA \u{e000}"];
    let [first, second, third] = texts;
    let whole = format!("{START}{first}{AROUND}{second}{END}{third}");
    let whole = tokenizer.encode_fast(whole, false).map_err(|e| unencodable(&*e))?;
    tokenizer.set_encode_special_tokens(true);
    let mut by_parts = Layout::new(tokenizer);
    for (token, text) in [START, AROUND, END].into_iter().zip(texts) {
        by_parts.mark(&[tokenizer.token_to_id(token).unwrap_or_default()])?.say(text);
    }
    if by_parts.finish()? == whole.get_ids() {
        return Ok(());
    }
    let problem = "it treats text beside a special token in a way that is not known";
    Err(ModelError::new(TOKENIZER, problem))
}

fn unencodable(error: &dyn std::error::Error) -> ModelError {
    ModelError::new(TOKENIZER, format!("it can't encode every text: {error}"))
}

/// The tokens that name a picture's tiles, row by row; no rows if pictures stay whole.
fn tile_tokens(grid: usize) -> Vec<Vec<String>> {
    let row = |row| (1..=grid).map(|column| format!("<row_{row}_col_{column}>")).collect();
    (1..=grid).map(row).collect()
}

/// The tokens of one picture: its tiles row by row, then the whole of it.
fn picture_tokens(
    tokenizer: &Tokenizer,
    tiles: &[Vec<String>],
    count: usize,
) -> Result<Vec<u32>, ModelError> {
    let id = |token: &str| tokenizer.token_to_id(token).unwrap_or_default();
    let image = |name: &str| [vec![id(AROUND), id(name)], vec![id(IMAGE); count]].concat();
    let mut layout = Layout::new(tokenizer);
    for row in tiles {
        for tile in row {
            layout.mark(&image(tile))?;
        }
        layout.say("\n");
    }
    layout.say(if tiles.is_empty() { "" } else { "\n" });
    layout.mark(&image(WHOLE))?.mark(&[id(AROUND)])?;
    layout.finish()
}
