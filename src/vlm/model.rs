//! The network: eye, connector and decoder, from a prompt to hidden rows and logits.

use burn::tensor::{Device, Tensor};

use super::config::Config;
use super::decoder::{Decoder, View};
use super::kernels::Sights;
use super::layers::Builder;
use super::processor::Prompt;
use super::vision::Vision;

/// An Idefics3 model on a device.
pub struct Model {
    vision: Vision,
    /// The decoder.
    pub decoder: Decoder,
    device: Device,
    image_token: u32,
    image_tokens: usize,
}

impl Model {
    /// Builds the network.
    pub fn new(builder: &Builder, config: &Config) -> Self {
        Self {
            vision: Vision::new(builder, config),
            decoder: Decoder::new(builder, config),
            device: builder.device.clone(),
            image_token: config.image_token_id,
            image_tokens: config.image_tokens(),
        }
    }

    /// The tokens of one image, `[image tokens, width]`.
    pub fn look(&self, pixels: &[f32]) -> Tensor<2> {
        self.vision.forward(pixels, &self.device)
    }

    /// The vectors of a prompt from token `from` on, `[ids - from, width]`: of words from the table, and
    /// where image tokens stand, those of the images in their order. An image before `from` is not
    /// looked at.
    ///
    /// # Panics
    /// If the prompt has fewer images than its image tokens ask for.
    pub fn rows(&self, prompt: &Prompt, from: usize) -> Tensor<2> {
        self.rows_by(prompt, from, |pixels| self.look(pixels))
    }

    /// The same, where the caller looks at the images.
    pub fn rows_by(
        &self,
        prompt: &Prompt,
        from: usize,
        mut look: impl FnMut(&[f32]) -> Tensor<2>,
    ) -> Tensor<2> {
        let is_image = |id: &u32| *id == self.image_token;
        let mut seen = prompt.ids[..from].iter().filter(|id| is_image(id)).count();
        let mut parts = Vec::new();
        for run in prompt.ids[from..].chunk_by(|a, b| is_image(a) == is_image(b)) {
            if !is_image(&run[0]) {
                parts.push(self.decoder.embed(run));
                continue;
            }
            let mut left = run.len();
            while left > 0 {
                let (image, start) = (seen / self.image_tokens, seen % self.image_tokens);
                let count = left.min(self.image_tokens - start);
                parts.push(look(&prompt.images[image]).narrow(0, start, count));
                seen += count;
                left -= count;
            }
        }
        if parts.len() == 1 { parts.remove(0) } else { Tensor::cat(parts, 0) }
    }

    /// The logits after every token of a prompt, `[ids, answers]`.
    pub fn logits(&self, prompt: &Prompt) -> Tensor<2> {
        let count = prompt.ids.len();
        let sights = Sights::onward(0..count);
        let view = View::Mask(sights.mask(count, &self.device));
        let hidden = self.decoder.forward(self.rows(prompt, 0), 0..count, view, &[], count);
        self.decoder.logits(hidden)
    }
}
