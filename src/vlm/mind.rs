//! The model as the agent's [`Mind`].

use super::adapter::Adapter;
use super::folder::ModelError;
use super::{Vlm, VlmError};
use crate::mind::{
    self, Answer, Gradient, Lesson, Message, Mind, MindError, Objective, Policy, Purpose, Style,
};

impl Vlm {
    /// Reads a prompt and writes to the end.
    ///
    /// # Errors
    /// As [`Vlm::generate`].
    pub async fn answer(
        &mut self,
        purpose: Purpose,
        messages: &[Message],
        style: &Style,
    ) -> Result<Answer, VlmError> {
        let prompt = self.processor().prompt(messages)?;
        let completions = self.complete(purpose, &prompt, style).await?;
        Ok(Answer { completions, read: prompt.ids.len() })
    }

    /// Takes up an adapter that plain data stand for, in place of the last one, or none.
    ///
    /// # Errors
    /// If the adapter is another model's; then the last one stays.
    pub fn adopt_plain(&mut self, adapter: Option<&mind::Adapter>) -> Result<(), ModelError> {
        let adapter = adapter.map(|plain| Adapter::of(plain, &self.config().text)).transpose()?;
        self.adopt(adapter)
    }
}

impl Mind for Vlm {
    async fn vote(&mut self, prompt: &[Message], style: &Style, policy: Policy) -> Result<Answer, MindError> {
        Ok(self.answer(Purpose::Vote(policy), prompt, style).await?)
    }

    async fn write(&mut self, prompt: &[Message], style: &Style) -> Result<Answer, MindError> {
        Ok(self.answer(Purpose::Write, prompt, style).await?)
    }

    async fn learn(&mut self, lessons: &[Lesson], objective: Objective) -> Result<Vec<Gradient>, MindError> {
        Ok(vec![Vlm::learn(self, lessons, objective).await?])
    }

    async fn adopt(&mut self, adapter: Option<&mind::Adapter>) -> Result<(), MindError> {
        Ok(self.adopt_plain(adapter).map_err(VlmError::from)?)
    }
}

impl From<VlmError> for MindError {
    fn from(error: VlmError) -> Self {
        Self(error.to_string())
    }
}
