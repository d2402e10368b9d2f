//! Where the model looked while it wrote.

use burn::tensor::{Int, Tensor, TensorData};

use super::decoder::View;
use super::generate::numbers;
use super::kernels::Sights;
use super::{Vlm, VlmError};
use crate::mind::{Glance, Message};

impl Vlm {
    /// Where the attention lay when each of these tokens was written after this prompt: computed anew, by
    /// the model with the adapter that is installed now.
    ///
    /// # Errors
    /// If prompt and tokens are longer than the model was made for, a token is none that it writes, or the
    /// device fails.
    pub async fn glances(&self, messages: &[Message], tokens: &[u32]) -> Result<Vec<Glance>, VlmError> {
        let prompt = self.processor.prompt(messages)?;
        let (image_token, squares) = (self.config.image_token_id, self.config.image_tokens());
        let seen: Vec<usize> = (0..prompt.ids.len()).filter(|at| prompt.ids[*at] == image_token).collect();
        let (asked, longest) = (prompt.ids.len(), self.config.text.max_position_embeddings);
        if asked + tokens.len() > longest {
            return Err(VlmError::TooLong { prompt: asked, answer: tokens.len(), longest });
        }
        let answers = self.model.decoder.answers() as u32;
        if let Some(token) = tokens.iter().find(|token| **token >= answers) {
            return Err(VlmError::NotWritten { token: *token });
        }
        // The last token foretells nothing that was written.
        let Some((_, read)) = tokens.split_last() else { return Ok(Vec::new()) };
        let mut rows = self.model.rows(&prompt, 0);
        if !read.is_empty() {
            rows = Tensor::cat(vec![rows, self.model.decoder.embed(read)], 0);
        }
        let count = asked + read.len();
        let sights = Sights::onward(0..count);
        let mut layers = Vec::new();
        let view = View::Watched(sights.mask(count, &self.device), &mut layers);
        self.model.decoder.forward(rows, 0..count, view, &[(count, Some(0))], count);
        // Row by row who foretold a token, column by column the pictures: [tokens, seen].
        let columns: Vec<i32> = seen.iter().map(|at| *at as i32).collect();
        let columns = TensorData::new(columns, [seen.len()]);
        let columns = Tensor::<1, Int>::from_data(columns, &self.device);
        let depth = layers.len() as f64;
        let foretold = layers.into_iter().map(|shares| shares.narrow(0, asked - 1, tokens.len()));
        let Some(sum) = foretold.reduce(|sum, shares| sum + shares).filter(|_| !seen.is_empty()) else {
            return Ok(tokens.iter().map(|token| self.glance(*token, &[], squares)).collect());
        };
        let shares = numbers(sum.select(1, columns) / depth).await?;
        let glances = tokens.iter().zip(shares.chunks_exact(seen.len()));
        Ok(glances.map(|(token, shares)| self.glance(*token, shares, squares)).collect())
    }

    /// A glance from what all pictures' tokens got; the last picture is the whole one.
    fn glance(&self, token: u32, shares: &[f32], squares: usize) -> Glance {
        Glance {
            text: String::from_utf8_lossy(self.processor.piece(token)).into_owned(),
            squares: shares[shares.len().saturating_sub(squares)..].to_vec(),
            picture: shares.iter().sum(),
        }
    }
}
