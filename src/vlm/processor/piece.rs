//! The bytes that each token adds to a text, whichever way its tokenizer writes them down.

use tokenizers::{DecoderWrapper, Tokenizer};

/// The bytes of the first `count` tokens in the middle of a text; none for special tokens.
pub(super) fn pieces(tokenizer: &Tokenizer, count: u32) -> Vec<Box<[u8]>> {
    let added = tokenizer.get_added_tokens_decoder();
    let special = |id: u32| added.get(&id).is_some_and(|token| token.special);
    let kind = Kind::of(tokenizer);
    let anchor = Anchor::new(tokenizer, (0..count).filter(|id| !special(*id)));
    let piece = |id: u32| match tokenizer.id_to_token(id) {
        Some(token) if !special(id) => match kind {
            Kind::Bytes => bytes_of_letters(&token),
            Kind::Fallback => byte_of_name(&token).map_or_else(|| anchor.added_by(id), |byte| vec![byte]),
            Kind::Text => anchor.added_by(id),
        },
        _ => Vec::new(),
    };
    (0..count).map(|id| piece(id).into_boxed_slice()).collect()
}

/// How a tokenizer writes bytes down.
#[derive(Clone, Copy)]
enum Kind {
    /// Every byte as a letter of its own, as GPT-2's.
    Bytes,
    /// As text, and a byte that no token has as `<0xE2>`.
    Fallback,
    /// As text only.
    Text,
}

impl Kind {
    fn of(tokenizer: &Tokenizer) -> Self {
        let decoders = match tokenizer.get_decoder() {
            Some(DecoderWrapper::Sequence(sequence)) => sequence.get_decoders(),
            Some(decoder) => std::slice::from_ref(decoder),
            None => &[],
        };
        let has = |is: fn(&DecoderWrapper) -> bool| decoders.iter().any(is);
        if has(|decoder| matches!(decoder, DecoderWrapper::ByteLevel(_))) {
            Self::Bytes
        } else if has(|decoder| matches!(decoder, DecoderWrapper::ByteFallback(_))) {
            Self::Fallback
        } else {
            Self::Text
        }
    }
}

/// A token to decode others after, for what a decoder does to the start of a text is not what it
/// does in the middle.
struct Anchor<'a> {
    tokenizer: &'a Tokenizer,
    id: Option<u32>,
    alone: String,
}

impl<'a> Anchor<'a> {
    fn new(tokenizer: &'a Tokenizer, ids: impl Iterator<Item = u32>) -> Self {
        let decoded = |id| Some((id, tokenizer.decode(&[id], true).ok()?));
        // A letter or a number, for decoders may draw punctuation to its neighbour.
        let plain = |(_, text): &(u32, String)| !text.is_empty() && text.chars().all(char::is_alphanumeric);
        let (id, alone) = ids.filter_map(decoded).find(plain).unzip();
        Self { tokenizer, id, alone: alone.unwrap_or_default() }
    }

    fn added_by(&self, id: u32) -> Vec<u8> {
        let ids: Vec<u32> = self.id.into_iter().chain([id]).collect();
        let text = self.tokenizer.decode(&ids, true).unwrap_or_default();
        text.strip_prefix(&self.alone).unwrap_or(&text).into()
    }
}

/// The byte that a token such as `<0xE2>` stands for.
fn byte_of_name(token: &str) -> Option<u8> {
    let digits = token.strip_prefix("<0x")?.strip_suffix('>')?;
    (digits.len() == 2).then(|| u8::from_str_radix(digits, 16).ok())?
}

/// The bytes of a token in which every letter stands for one; any other token's own bytes.
fn bytes_of_letters(token: &str) -> Vec<u8> {
    token.chars().map(byte_of_letter).collect::<Option<_>>().unwrap_or_else(|| token.into())
}

/// GPT-2's alphabet: a byte that prints is its own letter in Latin-1, the others follow from 256 on.
fn byte_of_letter(letter: char) -> Option<u8> {
    let prints = |byte: &u8| matches!(byte, 33..=126 | 161..=172 | 174..=255);
    match u32::from(letter) {
        code @ 0..256 => u8::try_from(code).ok().filter(prints),
        code => (0..=255).filter(|byte| !prints(byte)).nth(code as usize - 256),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_byte_has_a_letter() {
        let letters = (0..400).filter_map(char::from_u32);
        let mut bytes: Vec<u8> = letters.filter_map(byte_of_letter).collect();
        bytes.sort_unstable();
        assert_eq!(bytes, (0..=255).collect::<Vec<u8>>());
        assert_eq!(bytes_of_letters("Ġcaf\u{c3}\u{a9}Ċ"), " caf\u{e9}\n".as_bytes());
        assert_eq!(bytes_of_letters("日"), "日".as_bytes());
    }

    #[test]
    fn a_byte_by_name() {
        assert_eq!(byte_of_name("<0xE2>"), Some(0xe2));
        assert_eq!([byte_of_name("<0xE>"), byte_of_name("<0x+2>x"), byte_of_name("E2")], [None; 3]);
    }
}
